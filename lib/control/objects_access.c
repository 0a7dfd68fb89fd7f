/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may do what (kyma-metrics.md 5.5): roles of gateway and agent as tables of rules, and the roles of a manager, which
 * must hold all of it. Our own rules are what our programs use, and only while some pipeline makes them use it.
 */
#include "control/objects.h"

#include "base/slice_i.h"

#define ACCESS "rbac.authorization.k8s.io"
#define READ "get,list,watch"
#define FOLLOW "list,watch"
#define LEASES "coordination.k8s.io"

/* Words have commas between. */
typedef struct access_rule {
	unsigned workloads;
	const char *groups, *resources, *verbs;
	const char *names;         /* NULL: all */
	const char *urls;          /* instead of groups and resources */
	bool (*wanted)(const tel__object_render *r); /* NULL: always */
} access_rule;

#define RULE(workloads_, groups_, resources_, verbs_) { .workloads = workloads_, .groups = groups_, .resources = resources_, \
	.verbs = verbs_ }
#define RULE_IF(wanted_, workloads_, groups_, resources_, verbs_) { .workloads = workloads_, .groups = groups_, \
	.resources = resources_, .verbs = verbs_, .wanted = wanted_ }
#define END_OF_RULES { .workloads = 0 }

/* ---- Kyma's ---- */

static const access_rule kyma_cluster[] = {
	RULE(TEL__GATEWAY, "", "namespaces,pods,nodes", READ),
	RULE(TEL__GATEWAY, "apps", "replicasets", READ),
	RULE(TEL__GATEWAY, "operator.kyma-project.io", "telemetries", READ),
	RULE(TEL__GATEWAY, "telemetry.kyma-project.io", "metricpipelines", READ),
	RULE(TEL__GATEWAY, "telemetry.kyma-project.io", "tracepipelines", READ),
	RULE(TEL__GATEWAY, "telemetry.kyma-project.io", "logpipelines", READ),
	RULE(TEL__AGENT, "", "nodes,nodes/stats,nodes/proxy", READ),
	RULE(TEL__AGENT, "", "nodes,nodes/metrics,services,endpoints,pods", READ),
	{ .workloads = TEL__AGENT, .urls = "/metrics,/metrics/cadvisor", .verbs = "get" },
	RULE(TEL__AGENT, "", "events,namespaces,namespaces/status,nodes,nodes/spec,pods,pods/status,replicationcontrollers,"
	     "replicationcontrollers/status,resourcequotas,services", READ),
	RULE(TEL__AGENT, "apps", "daemonsets,deployments,replicasets,statefulsets", READ),
	RULE(TEL__AGENT, "extensions", "daemonsets,deployments,replicasets", READ),
	RULE(TEL__AGENT, "batch", "jobs,cronjobs", READ),
	RULE(TEL__AGENT, "autoscaling", "horizontalpodautoscalers", READ),
	END_OF_RULES,
};
static const access_rule kyma_space[] = {
	RULE(TEL__BOTH, LEASES, "leases", "get,list,watch,create,update,patch,delete"),
	END_OF_RULES,
};

/* ---- ours ---- */

static bool scrapes_services(const tel__object_render *r)
{
	return tel__render_any(&r->base, tel__pipeline_prometheus);
}

static bool reads_kubelets(const tel__object_render *r)
{
	return tel__render_any(&r->base, tel__pipeline_runtime);
}

static bool counts(const tel__object_render *r, tel__runtime_resource resource)
{
	return tel__render_any_resource(&r->base, resource);
}

static bool counts_daemonsets(const tel__object_render *r)
{
	return counts(r, TEL__RUNTIME_DAEMONSET);
}

static bool counts_deployments(const tel__object_render *r)
{
	return counts(r, TEL__RUNTIME_DEPLOYMENT);
}

static bool counts_statefulsets(const tel__object_render *r)
{
	return counts(r, TEL__RUNTIME_STATEFULSET);
}

static bool counts_jobs(const tel__object_render *r)
{
	return counts(r, TEL__RUNTIME_JOB);
}

static const access_rule own_cluster[] = {
	/* k8s_attributes */
	RULE(TEL__BOTH, "", "namespaces,nodes,pods", FOLLOW),
	RULE(TEL__BOTH, "apps", "replicasets", FOLLOW),
	/* kymastats */
	RULE(TEL__GATEWAY, "operator.kyma-project.io", "telemetries", FOLLOW),
	RULE(TEL__GATEWAY, "telemetry.kyma-project.io", "logpipelines,metricpipelines,tracepipelines", FOLLOW),
	/* discovery of services; pods are there already */
	RULE_IF(scrapes_services, TEL__AGENT, "", "endpoints,services", FOLLOW),
	/* kubeletstats: /stats/summary and /pods of the kubelet */
	RULE_IF(reads_kubelets, TEL__AGENT, "", "nodes/pods,nodes/stats", "get"),
	/* k8s_cluster */
	RULE_IF(counts_daemonsets, TEL__AGENT, "apps", "daemonsets", FOLLOW),
	RULE_IF(counts_deployments, TEL__AGENT, "apps", "deployments", FOLLOW),
	RULE_IF(counts_statefulsets, TEL__AGENT, "apps", "statefulsets", FOLLOW),
	RULE_IF(counts_jobs, TEL__AGENT, "batch", "jobs", FOLLOW),
	END_OF_RULES,
};
static const access_rule own_space[] = { /* k8s_leader_elector; creation cannot be bound to a name */
	RULE(TEL__BOTH, LEASES, "leases", "create"),
	{ .workloads = TEL__GATEWAY, .groups = LEASES, .resources = "leases", .verbs = "get,update",
	  .names = "telemetry-metric-gateway-kymastats" },
	{ .workloads = TEL__AGENT, .groups = LEASES, .resources = "leases", .verbs = "get,update",
	  .names = "telemetry-metric-agent-k8scluster" },
	END_OF_RULES,
};

static void put_rule(tel__doc *d, tel__node *rules, const access_rule *rule)
{
	tel__node *map = tel__doc_append_map(d, rules);

	if (rule->urls) {
		tel__doc_words(d, map, "nonResourceURLs", rule->urls);
	} else {
		tel__doc_words(d, map, "apiGroups", rule->groups);
		tel__doc_words(d, map, "resources", rule->resources);
	}
	if (rule->names)
		tel__doc_words(d, map, "resourceNames", rule->names);
	tel__doc_words(d, map, "verbs", rule->verbs);
}

static void put_rules(tel__object_render *r, tel__node *object, const access_rule *rule)
{
	tel__node *rules = tel__doc_list(&r->base.doc, object, "rules");

	for (; rule->workloads; rule++)
		if ((rule->workloads & r->workload) && (!rule->wanted || rule->wanted(r)))
			put_rule(&r->base.doc, rules, rule);
}

/* ---- objects ---- */

void tel__fill_account(tel__object_render *r, tel__node *object, tel__node *metadata)
{
	(void)r;
	(void)object;
	(void)metadata;
}

void tel__fill_cluster_role(tel__object_render *r, tel__node *object, tel__node *metadata)
{
	(void)metadata;
	put_rules(r, object, r->ours ? own_cluster : kyma_cluster);
}

void tel__fill_role(tel__object_render *r, tel__node *object, tel__node *metadata)
{
	(void)metadata;
	put_rules(r, object, r->ours ? own_space : kyma_space);
}

static void put_binding(tel__object_render *r, tel__node *object, const char *kind)
{
	tel__doc *d = &r->base.doc;
	tel__node *ref = tel__doc_map(d, object, "roleRef"), *subject;

	tel__doc_text(d, ref, "apiGroup", ACCESS);
	tel__doc_text(d, ref, "kind", kind);
	tel__doc_text(d, ref, "name", tel__workload_name(r->workload));
	subject = tel__doc_append_map(d, tel__doc_list(d, object, "subjects"));
	tel__doc_text(d, subject, "kind", "ServiceAccount");
	tel__doc_text(d, subject, "name", tel__workload_name(r->workload));
	tel__doc_slice(d, subject, "namespace", r->base.facts->target_namespace);
}

void tel__fill_cluster_role_binding(tel__object_render *r, tel__node *object, tel__node *metadata)
{
	(void)metadata;
	put_binding(r, object, "ClusterRole");
}

void tel__fill_role_binding(tel__object_render *r, tel__node *object, tel__node *metadata)
{
	(void)metadata;
	put_binding(r, object, "Role");
}

/* ---- a manager's ---- */

/*
 * What the rows of objects take: looking at all, for watches cannot be bound to several names, and server-side apply and
 * deletion of those names. An API server lets create be bound to a name where an object is created by applying it.
 */
#define APPLY "get,create,patch,delete"

static bool is_row_of(const tel__object_row *row, const char *api_version, bool cluster)
{
	return row->of_cluster == cluster && strcmp(row->api_version, api_version) == 0;
}

static bool is_resource_before(const tel__object_row *row)
{
	for (const tel__object_row *before = tel__object_rows; before < row; before++)
		if (strcmp(before->resource, row->resource) == 0)
			return true;
	return false;
}

static bool is_name_before(const tel__object_row *row)
{
	for (const tel__object_row *before = tel__object_rows; before < row; before++)
		if (is_row_of(before, row->api_version, row->of_cluster) && strcmp(before->name, row->name) == 0 &&
		    (before->workloads & row->workloads) == row->workloads)
			return true;
	return false;
}

static bool is_group_before(const tel__object_row *row)
{
	for (const tel__object_row *before = tel__object_rows; before < row; before++)
		if (is_row_of(before, row->api_version, row->of_cluster))
			return true;
	return false;
}

/* A rule for the resources of row's group at its level, without verbs. */
static tel__node *put_group(tel__doc *d, tel__node *rules, const tel__object_row *row)
{
	tel__node *map = tel__doc_append_map(d, rules), *list = tel__doc_list(d, map, "apiGroups");
	size_t slash = strcspn(row->api_version, "/");

	tel__doc_append_slice(d, list, row->api_version[slash] ? (tel_slice){ row->api_version, slash } : TEL_SLICE_LIT(""));
	list = tel__doc_list(d, map, "resources");
	for (const tel__object_row *other = row; other->kind; other++)
		if (is_row_of(other, row->api_version, row->of_cluster) && !is_resource_before(other))
			tel__doc_append_text(d, list, other->resource);
	return map;
}

static void put_names(tel__doc *d, tel__node *map, const tel__object_row *row)
{
	tel__node *list = tel__doc_list(d, map, "resourceNames");

	for (const tel__object_row *other = row; other->kind; other++)
		for (tel__workload w = TEL__GATEWAY; w <= TEL__AGENT; w++)
			if (is_row_of(other, row->api_version, row->of_cluster) && !is_name_before(other) && (other->workloads & w))
				tel__doc_append_slice(d, list, tel__object_name(d, other, w));
}

void tel__put_manager_rules(tel__doc *d, tel__node *rules, tel_object_form form, bool cluster)
{
	bool kyma = form == TEL_OBJECTS_KYMA;
	const access_rule *granted = cluster ? (kyma ? kyma_cluster : own_cluster) : (kyma ? kyma_space : own_space);

	for (const tel__object_row *row = tel__object_rows; row->kind; row++) {
		tel__node *map;

		if (row->of_cluster != cluster || is_group_before(row))
			continue;
		tel__doc_words(d, put_group(d, rules, row), "verbs", FOLLOW);
		map = put_group(d, rules, row);
		put_names(d, map, row);
		tel__doc_words(d, map, "verbs", APPLY);
	}
	for (; granted->workloads; granted++)
		put_rule(d, rules, granted);
}
