/* SPDX-License-Identifier: Apache-2.0 */
/* The gateway's configuration (kyma-metrics.md 3.3 to 3.5): no routing, every pipeline filters what it does not want. */
#include "control/render.h"

#define KYMASTATS "github.com/kyma-project/opentelemetry-collector-components/receiver/kymastatsreceiver"

static tel__node *make_otlp(tel__render *r, const tel__metric_pipeline *p)
{
	tel__doc *d = &r->doc;
	tel__node *options = tel__doc_new_map(d), *protocols = tel__doc_map(d, options, "protocols");

	(void)p;
	tel__doc_text(d, tel__doc_map(d, protocols, "http"), "endpoint", "${MY_POD_IP}:4318");
	tel__doc_text(d, tel__doc_map(d, protocols, "grpc"), "endpoint", "${MY_POD_IP}:4317");
	return options;
}

static tel__node *make_kymastats(tel__render *r, const tel__metric_pipeline *p)
{
	static const char *const resources[][2] = { { "operator.kyma-project.io", "telemetries" },
		                                        { "telemetry.kyma-project.io", "logpipelines" },
		                                        { "telemetry.kyma-project.io", "tracepipelines" },
		                                        { "telemetry.kyma-project.io", "metricpipelines" } };
	tel__doc *d = &r->doc;
	tel__node *options = tel__doc_new_map(d), *list;

	(void)p;
	tel__doc_text(d, options, "auth_type", "serviceAccount");
	tel__doc_text(d, options, "collection_interval", "30s");
	list = tel__doc_list(d, options, "resources");
	for (size_t i = 0; i < sizeof(resources) / sizeof(resources[0]); i++) {
		tel__node *resource = tel__doc_append_map(d, list);

		tel__doc_text(d, resource, "group", resources[i][0]);
		tel__doc_text(d, resource, "version", "v1beta1");
		tel__doc_text(d, resource, "resource", resources[i][1]);
	}
	tel__doc_text(d, options, "k8s_leader_elector", "k8s_leader_elector");
	return options;
}

static tel__node *make_input_otlp(tel__render *r, const tel__metric_pipeline *p)
{
	(void)p;
	return tel__make_input_name(r, "otlp");
}

static tel__node *make_input_kyma(tel__render *r, const tel__metric_pipeline *p)
{
	(void)p;
	return tel__make_input_name(r, "kyma");
}

static tel__node *make_scope_kyma(tel__render *r, const tel__metric_pipeline *p)
{
	tel_slice statements[2];

	(void)p;
	tel__put_scope_statements(r, statements, KYMASTATS, "kyma");
	return tel__make_transform(r, statements, 2);
}

static tel__node *make_drop_otlp(tel__render *r, const tel__metric_pipeline *p)
{
	tel_slice condition = TEL_SLICE_LIT("resource.attributes[\"kyma.input.name\"] == \"otlp\"");

	return tel__pipeline_otlp(p) ? NULL : tel__make_filter(r, &condition, 1);
}

static tel__node *make_namespaces_otlp(tel__render *r, const tel__metric_pipeline *p)
{
	const tel__pipeline_input *input = p->spec ? p->spec->input : NULL;

	if (!tel__pipeline_otlp(p) || !input || !input->otlp)
		return NULL;
	return tel__make_namespace_filter(r, input->otlp->namespaces, "not(resource.attributes[\"kyma.input.name\"] == \"kyma\")");
}

#define OTLP "spec.input.otlp"
static const tel__part forward_input[] = {
	{ "forward/input", tel__make_empty, NULL, "brings what all inputs took to the enrichment", NULL }, TEL__PARTS_END
};
static const tel__part forward_enrichment[] = {
	{ "forward/enrichment", tel__make_empty, NULL, "brings enriched data to the output of each pipeline", NULL }, TEL__PARTS_END
};
static const tel__part otlp_receivers[] = {
	{ "otlp", make_otlp, NULL, "takes OTLP from applications on ports 4317 and 4318", NULL }, TEL__PARTS_END
};
static const tel__part otlp_processors[] = {
	{ "transform/set-kyma-input-name-otlp", make_input_otlp, NULL, "notes that data came over OTLP", NULL }, TEL__PARTS_END
};
static const tel__part kyma_receivers[] = {
	{ "kymastats", make_kymastats, NULL, "metrics about the status of Kyma's own resources", NULL }, TEL__PARTS_END
};
static const tel__part kyma_processors[] = {
	{ "transform/set-kyma-input-name-kyma", make_input_kyma, NULL, "notes that data is about Kyma", NULL }, TEL__PARTS_END
};
static const tel__part enrichment_processors[] = {
	{ "memory_limiter", tel__make_memory_limiter, NULL, "refuses data before memory runs out", NULL },
	{ "transform/set-instrumentation-scope-kyma", make_scope_kyma, NULL, "names the scope of Kyma's own metrics", NULL },
	{ "transform/drop-unknown-service-name", tel__make_drop_unknown_service, TEL__FIELD_ENRICHMENT,
	  "deletes service names that an SDK made up", NULL },
	{ "k8s_attributes", tel__make_k8s_attributes, NULL, "adds attributes of pod, node and owner", TEL__SAID_OF_ATTRIBUTES },
	{ "service_enrichment", tel__make_service_enrichment, TEL__FIELD_ENRICHMENT, "finds service.name by Kyma's rules", NULL },
	{ "transform/insert-cluster-attributes", tel__make_cluster_attributes, NULL, "adds name and UID of the cluster",
	  TEL__SAID_OF_CLUSTER },
	TEL__PARTS_END
};
static const tel__part output_processors[] = {
	{ "filter/drop-if-input-source-otlp", make_drop_otlp, OTLP ".enabled", "drops what came over OTLP", NULL },
	{ "filter/%-filter-by-namespace-otlp-input", make_namespaces_otlp, OTLP ".namespaces",
	  "drops what came over OTLP from namespaces that are not wanted", NULL },
	{ "transform/drop-kyma-attributes", tel__make_drop_kyma, NULL, "deletes the attributes that routed the data", NULL },
	{ "transform/user-defined-%", tel__make_user_transform, "spec.transform", "the pipeline's own statements", NULL },
	{ "filter/user-defined-%", tel__make_user_filter, "spec.filter", "drops what the pipeline's own conditions match", NULL },
	{ "batch", tel__make_batch, NULL, "joins data to requests of 1024 points", NULL },
	TEL__PARTS_END
};

static const tel__chain shared_chains[] = {
	{ "metrics/input-otlp", otlp_receivers, otlp_processors, forward_input },
	{ "metrics/input-kyma-stats", kyma_receivers, kyma_processors, forward_input },
	{ "metrics/enrichment", forward_input, enrichment_processors, forward_enrichment },
};
static const tel__chain output_chain = { "metrics/%-output", forward_enrichment, output_processors, tel__exporter_parts };

void tel__render_gateway(tel__render *r)
{
	static const tel__render_base base = { "telemetry-metric-gateway-kymastats", true };

	tel__render_begin(r, &base);
	tel__render_oauth2(r);
	for (size_t i = 0; i < sizeof(shared_chains) / sizeof(shared_chains[0]); i++)
		tel__render_chain(r, &shared_chains[i], NULL);
	for (size_t i = 0; i < r->count; i++)
		tel__render_chain(r, &output_chain, r->pipelines[i]);
	tel__render_end(r);
}
