/* SPDX-License-Identifier: Apache-2.0 */
#include "control/crd.h"

#include "base/slice_i.h"
#include "control/metric_pipeline.h"
#include "control/telemetry.h"

#define CONDITION(type_) ".status.conditions[?(@.type==\"" type_ "\")].status"

const tel__crd tel__crds[TEL__CRDS] = {
	{ .group = "telemetry.kyma-project.io", .kind = "MetricPipeline", .plural = "metricpipelines", .singular = "metricpipeline",
	  .help = "Which metrics of a cluster go to which backend.",
	  .categories = { "kyma-telemetry", "kyma-telemetry-pipelines" },
	  .versions = { { "v1alpha1", &tel__metric_pipeline_alpha, true }, { "v1beta1", &tel__metric_pipeline_beta, false } },
	  .columns = { { "Configuration Generated", "string", CONDITION("ConfigurationGenerated") },
	               { "Gateway Healthy", "string", CONDITION("GatewayHealthy") },
	               { "Agent Healthy", "string", CONDITION("AgentHealthy") },
	               { "Flow Healthy", "string", CONDITION("TelemetryFlowHealthy") },
	               { "Age", "date", ".metadata.creationTimestamp" } },
	  .converted = true },
	{ .group = "operator.kyma-project.io", .kind = "Telemetry", .plural = "telemetries", .singular = "telemetry",
	  .help = "Settings of all pipelines of a cluster. The one that counts is called default, in the manager's namespace.",
	  .categories = { "kyma-modules", "kyma-telemetry" },
	  .versions = { { "v1alpha1", &tel__telemetry_object, true }, { "v1beta1", &tel__telemetry_object, false } },
	  .columns = { { "state", "string", ".status.state" }, { "age", "date", ".metadata.creationTimestamp" } },
	  .namespaced = true },
};

#define PATH(verb_, version_) "/" verb_ "-telemetry-kyma-project-io-" version_ "-metricpipeline"
const tel__webhook tel__webhooks[TEL__WEBHOOKS] = {
	{ "mutating-metricpipelines-v1beta1.kyma-project.io", PATH("mutate", "v1beta1"), "v1beta1", true },
	{ "mutating-metricpipelines-v1alpha1.kyma-project.io", PATH("mutate", "v1alpha1"), "v1alpha1", true },
	{ "validating-metricpipelines-v1beta1.kyma-project.io", PATH("validate", "v1beta1"), "v1beta1", false },
	{ "validating-metricpipelines.kyma-project.io", PATH("validate", "v1alpha1"), "v1alpha1", false },
};

void tel__doc_module_labels(tel__doc *d, tel__node *metadata)
{
	tel__node *labels = tel__doc_map(d, metadata, "labels");

	tel__doc_text(d, labels, "app.kubernetes.io/component", "controller");
	tel__doc_text(d, labels, "app.kubernetes.io/managed-by", "kyma");
	tel__doc_text(d, labels, "app.kubernetes.io/name", "telemetry-manager");
	tel__doc_text(d, labels, "app.kubernetes.io/part-of", "telemetry");
	tel__doc_text(d, labels, "kyma-project.io/module", "telemetry");
}

static tel__node *new_object(tel__doc *d, const char *api_version, const char *kind, tel_slice name)
{
	tel__node *root = tel__doc_new_map(d), *metadata;

	tel__doc_text(d, root, "apiVersion", api_version);
	tel__doc_text(d, root, "kind", kind);
	metadata = tel__doc_map(d, root, "metadata");
	tel__doc_module_labels(d, metadata);
	tel__doc_slice(d, metadata, "name", name);
	return root;
}

/* How the API server reaches the manager. Who checks its certificate is filled in by the manager itself. */
static void put_client(tel__doc *d, tel__node *parent, tel_slice space, const char *path)
{
	tel__node *service = tel__doc_map(d, tel__doc_map(d, parent, "clientConfig"), "service");

	tel__doc_text(d, service, "name", TEL__WEBHOOK_SERVICE);
	tel__doc_slice(d, service, "namespace", space);
	tel__doc_text(d, service, "path", path);
	tel__doc_int(d, service, "port", 443);
}

/* ---- CustomResourceDefinition ---- */

static void put_conversion(tel__doc *d, tel__node *spec, tel_slice space)
{
	tel__node *conversion = tel__doc_map(d, spec, "conversion"), *webhook;

	tel__doc_text(d, conversion, "strategy", "Webhook");
	webhook = tel__doc_map(d, conversion, "webhook");
	put_client(d, webhook, space, TEL__WEBHOOK_CONVERT);
	tel__doc_append_text(d, tel__doc_list(d, webhook, "conversionReviewVersions"), "v1");
}

static void put_names(tel__doc *d, tel__node *spec, const tel__crd *crd)
{
	tel__node *names = tel__doc_map(d, spec, "names"), *categories = tel__doc_list(d, names, "categories");

	for (size_t i = 0; i < TEL__CRD_CATEGORIES; i++)
		tel__doc_append_text(d, categories, crd->categories[i]);
	tel__doc_text(d, names, "kind", crd->kind);
	tel__doc_slice(d, names, "listKind", tel__doc_fmt(d, "%sList", crd->kind));
	tel__doc_text(d, names, "plural", crd->plural);
	tel__doc_text(d, names, "singular", crd->singular);
}

static void put_columns(tel__doc *d, tel__node *version, const tel__crd *crd)
{
	tel__node *columns = tel__doc_list(d, version, "additionalPrinterColumns");

	for (size_t i = 0; i < TEL__CRD_COLUMNS && crd->columns[i].name; i++) {
		tel__node *column = tel__doc_append_map(d, columns);

		tel__doc_text(d, column, "jsonPath", crd->columns[i].path);
		tel__doc_text(d, column, "name", crd->columns[i].name);
		tel__doc_text(d, column, "type", crd->columns[i].type);
	}
}

static void put_version(tel__doc *d, tel__node *versions, const tel__crd *crd, size_t index)
{
	const tel__crd_version *v = &crd->versions[index];
	tel__node *version = tel__doc_append_map(d, versions);

	put_columns(d, version, crd);
	if (v->deprecated) {
		tel__doc_bool(d, version, "deprecated", true);
		tel__doc_slice(d, version, "deprecationWarning",
		               tel__doc_fmt(d, "%s/%s %s is deprecated; use %s/%s", crd->group, v->name, crd->kind, crd->group,
		                            crd->versions[TEL__CRD_VERSIONS - 1].name));
	}
	tel__doc_text(d, version, "name", v->name);
	tel__doc_add(d, tel__doc_map(d, version, "schema"), "openAPIV3Schema", tel__schema_describe(d, v->object, crd->help));
	tel__doc_bool(d, version, "served", true);
	tel__doc_bool(d, version, "storage", index == TEL__CRD_VERSIONS - 1);
	tel__doc_map(d, tel__doc_map(d, version, "subresources"), "status");
}

tel__node *tel__crd_build(tel__doc *d, const tel__crd *crd, tel_slice space)
{
	tel__node *root = new_object(d, "apiextensions.k8s.io/v1", "CustomResourceDefinition",
	                             tel__doc_fmt(d, "%s.%s", crd->plural, crd->group));
	tel__node *spec = tel__doc_map(d, root, "spec"), *versions;

	if (crd->converted)
		put_conversion(d, spec, space);
	tel__doc_text(d, spec, "group", crd->group);
	put_names(d, spec, crd);
	tel__doc_text(d, spec, "scope", crd->namespaced ? "Namespaced" : "Cluster");
	versions = tel__doc_list(d, spec, "versions");
	for (size_t i = 0; i < TEL__CRD_VERSIONS; i++)
		put_version(d, versions, crd, i);
	return root;
}

/* ---- admission ---- */

static void put_rule(tel__doc *d, tel__node *webhook, const tel__webhook *w)
{
	tel__node *rule = tel__doc_append_map(d, tel__doc_list(d, webhook, "rules")), *operations;

	tel__doc_append_text(d, tel__doc_list(d, rule, "apiGroups"), tel__crds[0].group);
	tel__doc_append_text(d, tel__doc_list(d, rule, "apiVersions"), w->version);
	operations = tel__doc_list(d, rule, "operations");
	tel__doc_append_text(d, operations, "CREATE");
	tel__doc_append_text(d, operations, "UPDATE");
	tel__doc_append_text(d, tel__doc_list(d, rule, "resources"), tel__crds[0].plural);
	tel__doc_text(d, rule, "scope", "*");
}

static void put_webhook(tel__doc *d, tel__node *webhooks, const tel__webhook *w, tel_slice space)
{
	tel__node *webhook = tel__doc_append_map(d, webhooks), *versions = tel__doc_list(d, webhook, "admissionReviewVersions");

	tel__doc_append_text(d, versions, "v1beta1");
	tel__doc_append_text(d, versions, "v1");
	put_client(d, webhook, space, w->path);
	tel__doc_text(d, webhook, "failurePolicy", "Fail");
	tel__doc_text(d, webhook, "matchPolicy", "Exact");
	tel__doc_text(d, webhook, "name", w->name);
	put_rule(d, webhook, w);
	tel__doc_text(d, webhook, "sideEffects", "None");
	tel__doc_int(d, webhook, "timeoutSeconds", 15);
}

tel__node *tel__webhooks_build(tel__doc *d, bool mutating, tel_slice space)
{
	tel__node *root = new_object(d, "admissionregistration.k8s.io/v1",
	                             mutating ? "MutatingWebhookConfiguration" : "ValidatingWebhookConfiguration",
	                             mutating ? TEL_SLICE_LIT(TEL__WEBHOOKS_MUTATING) : TEL_SLICE_LIT(TEL__WEBHOOKS_VALIDATING));
	tel__node *webhooks = tel__doc_list(d, root, "webhooks");

	for (size_t i = 0; i < TEL__WEBHOOKS; i++)
		if (tel__webhooks[i].mutating == mutating)
			put_webhook(d, webhooks, &tel__webhooks[i], space);
	return root;
}
