/* SPDX-License-Identifier: Apache-2.0 */
/* Which objects there are, and their common part: names, labels, owners. */
#include "control/objects.h"

#include "base/slice_i.h"

static const char *const common_labels[] = {
	"app.kubernetes.io/managed-by", "telemetry-manager", "app.kubernetes.io/part-of", "telemetry",
	"kyma-project.io/module", "telemetry", NULL,
};

const char *tel__workload_name(tel__workload workload)
{
	return workload == TEL__AGENT ? "telemetry-metric-agent" : "telemetry-metric-gateway";
}

const char *tel__workload_component(tel__workload workload)
{
	return workload == TEL__AGENT ? "agent" : "gateway";
}

tel_slice tel__object_name(tel__doc *d, const tel__object_row *row, tel__workload workload)
{
	const char *hole = strchr(row->name, '%');

	if (!hole)
		return tel__slice_str(row->name);
	return tel__doc_fmt(d, "%.*s%s%s", (int)(hole - row->name), row->name, tel__workload_name(workload), hole + 1);
}

/* ---- shared by all builders ---- */

void tel__put_texts(tel__object_render *r, tel__node *map, const char *const *pairs)
{
	for (; *pairs; pairs += 2)
		tel__doc_text(&r->base.doc, map, pairs[0], pairs[1]);
}

void tel__put_pairs(tel__object_render *r, tel__node *map, const tel_render_pair *pairs, size_t count)
{
	for (size_t i = 0; pairs && i < count; i++)
		tel__doc_add_slice(&r->base.doc, map, pairs[i].key, tel__doc_new_text(&r->base.doc, pairs[i].value));
}

void tel__put_selector(tel__object_render *r, tel__node *map, const char *key)
{
	tel__node *labels = tel__doc_map(&r->base.doc, map, key);

	tel__doc_text(&r->base.doc, labels, "app.kubernetes.io/name", tel__workload_name(r->workload));
}

void tel__put_match_labels(tel__object_render *r, tel__node *map, const char *key)
{
	tel__put_selector(r, tel__doc_map(&r->base.doc, map, key), "matchLabels");
}

void tel__put_default_labels(tel__object_render *r, tel__node *map)
{
	tel__doc_text(&r->base.doc, map, "app.kubernetes.io/name", tel__workload_name(r->workload));
	tel__doc_text(&r->base.doc, map, "app.kubernetes.io/component", tel__workload_component(r->workload));
	tel__put_texts(r, map, common_labels);
}

/* ---- when an object is wanted ---- */

static bool istio(const tel__object_render *r)
{
	return r->base.facts->istio_active;
}

static bool scaled(const tel__object_render *r)
{
	return r->base.facts->vpa_active;
}

static bool own(const tel__object_render *r)
{
	return r->ours;
}

/* The agent's is left out when it is empty, as in Kyma. */
static bool has_variables(const tel__object_render *r)
{
	return r->workload == TEL__GATEWAY || (r->variables && r->variables->v.map.count > 0);
}

/* What earlier releases of Kyma's manager made. */
static bool never(const tel__object_render *r)
{
	(void)r;
	return false;
}

/* ---- all of them, in the order in which they are applied (5.2, 5.4) ---- */

#define ACCESS "rbac.authorization.k8s.io/v1"
#define NETWORK "networking.k8s.io/v1"
const tel__object_row tel__object_rows[] = {
	{ "v1", "ServiceAccount", "serviceaccounts", "%", false, TEL__BOTH, NULL, tel__fill_account },
	{ ACCESS, "ClusterRole", "clusterroles", "%", true, TEL__BOTH, NULL, tel__fill_cluster_role },
	{ ACCESS, "ClusterRoleBinding", "clusterrolebindings", "%", true, TEL__BOTH, NULL, tel__fill_cluster_role_binding },
	{ ACCESS, "Role", "roles", "%", false, TEL__BOTH, NULL, tel__fill_role },
	{ ACCESS, "RoleBinding", "rolebindings", "%", false, TEL__BOTH, NULL, tel__fill_role_binding },
	{ "v1", "Service", "services", "%-metrics", false, TEL__BOTH, NULL, tel__fill_metrics_service },
	{ NETWORK, "NetworkPolicy", "networkpolicies", "%", false, TEL__BOTH, never, NULL },
	{ "v1", "Secret", "secrets", "%", false, TEL__BOTH, has_variables, tel__fill_secret },
	{ "v1", "ConfigMap", "configmaps", "%", false, TEL__BOTH, NULL, tel__fill_config_map },
	{ NETWORK, "NetworkPolicy", "networkpolicies", "kyma-project.io--%", false, TEL__BOTH, NULL, tel__fill_policy },
	{ NETWORK, "NetworkPolicy", "networkpolicies", "kyma-project.io--%-metrics", false, TEL__BOTH, NULL,
	  tel__fill_metrics_policy },
	{ "policy/v1", "PodDisruptionBudget", "poddisruptionbudgets", "%", false, TEL__GATEWAY, own, tel__fill_disruption_budget },
	{ "apps/v1", "Deployment", "deployments", "%", false, TEL__GATEWAY, NULL, tel__fill_deployment },
	{ "v1", "Service", "services", "telemetry-otlp-metrics", false, TEL__GATEWAY, NULL, tel__fill_otlp_service },
	{ "security.istio.io/v1", "PeerAuthentication", "peerauthentications", "%", false, TEL__GATEWAY, istio,
	  tel__fill_peer_authentication },
	{ "apps/v1", "DaemonSet", "daemonsets", "%", false, TEL__AGENT, NULL, tel__fill_daemon_set },
	{ "autoscaling.k8s.io/v1", "VerticalPodAutoscaler", "verticalpodautoscalers", "%", false, TEL__AGENT, scaled,
	  tel__fill_autoscaler },
	{ NULL, NULL, NULL, NULL, false, 0, NULL, NULL },
};
