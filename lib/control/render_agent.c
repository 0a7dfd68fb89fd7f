/* SPDX-License-Identifier: Apache-2.0 */
/* The agent's configuration (kyma-metrics.md 4): inputs, one enrichment, an output per pipeline, routing between them. */
#include "base/slice_i.h"
#include "control/render.h"

#define KUBELET "github.com/open-telemetry/opentelemetry-collector-contrib/receiver/kubeletstatsreceiver"
#define CLUSTER "github.com/open-telemetry/opentelemetry-collector-contrib/receiver/k8sclusterreceiver"
#define PROMETHEUS "github.com/open-telemetry/opentelemetry-collector-contrib/receiver/prometheusreceiver"
#define INPUT_IS(name) "resource.attributes[\"kyma.input.name\"] == \"" name "\""
#define ANNOTATED "resource.attributes[\"kyma.otel.annotation.%s\"]"
#define SKIP "io.kyma-project.telemetry.skip_enrichment"

typedef bool wants(const tel__metric_pipeline *p);

/* ---- receivers of the runtime input ---- */

static void put_switch(tel__doc *d, tel__node *map, const char *name, bool enabled)
{
	tel__doc_bool(d, tel__doc_map(d, map, name), "enabled", enabled);
}

static tel__node *make_kubelet(tel__render *r, const tel__metric_pipeline *p)
{
	static const struct {
		tel__runtime_resource resource;
		const char *name;
	} groups[] = { { TEL__RUNTIME_CONTAINER, "container" }, { TEL__RUNTIME_POD, "pod" }, { TEL__RUNTIME_NODE, "node" },
		           { TEL__RUNTIME_VOLUME, "volume" } };
	static const char *const on[] = { "container.cpu.usage", "k8s.pod.cpu.usage", "k8s.node.cpu.usage", NULL };
	static const char *const off[] = { "k8s.node.cpu.time", "k8s.node.memory.major_page_faults",
		                               "k8s.node.memory.page_faults", NULL };
	static const char *const attributes[] = { "aws.volume.id", "fs.type", "gce.pd.name", "glusterfs.endpoints.name",
		                                      "glusterfs.path", "partition", NULL };
	tel__doc *d = &r->doc;
	tel__node *options = tel__doc_new_map(d), *child;

	(void)p;
	tel__doc_duration(d, options, "collection_interval", r->facts->runtime_interval_ns);
	tel__doc_text(d, options, "auth_type", "serviceAccount");
	tel__doc_text(d, options, "endpoint", "https://${MY_NODE_NAME}:10250");
	tel__doc_bool(d, options, "insecure_skip_verify", true);
	child = tel__doc_list(d, options, "metric_groups");
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (tel__render_any_resource(r, groups[i].resource))
			tel__doc_append_text(d, child, groups[i].name);
	child = tel__doc_map(d, options, "metrics");
	for (const char *const *name = on; *name; name++)
		put_switch(d, child, *name, true);
	for (const char *const *name = off; *name; name++)
		put_switch(d, child, *name, false);
	child = tel__doc_map(d, options, "resource_attributes");
	for (const char *const *name = attributes; *name; name++)
		put_switch(d, child, *name, false);
	tel__doc_append_text(d, tel__doc_list(d, options, "extra_metadata_labels"), "k8s.volume.type");
	tel__doc_bool(d, tel__doc_map(d, options, "collect_all_network_interfaces"), "node", true);
	return options;
}

/* Metrics of the cluster receiver that are switched off while nobody wants their resource. */
typedef struct cluster_block {
	tel__runtime_resource resource; /* TEL__RUNTIME_RESOURCES: always off */
	const char *const *names;
} cluster_block;

static const char *const never[] = {
	"k8s.container.storage_request", "k8s.container.storage_limit", "k8s.container.ephemeralstorage_request",
	"k8s.container.ephemeralstorage_limit", "k8s.container.ready", "k8s.namespace.phase", "k8s.hpa.current_replicas",
	"k8s.hpa.desired_replicas", "k8s.hpa.min_replicas", "k8s.hpa.max_replicas", "k8s.replicaset.available",
	"k8s.replicaset.desired", "k8s.replication_controller.available", "k8s.replication_controller.desired",
	"k8s.resource_quota.hard_limit", "k8s.resource_quota.used", "k8s.cronjob.active_jobs", NULL
};
static const char *const of_pods[] = { "k8s.pod.phase", NULL };
static const char *const of_containers[] = { "k8s.container.cpu_request", "k8s.container.cpu_limit",
	                                         "k8s.container.memory_request", "k8s.container.memory_limit",
	                                         "k8s.container.restarts", NULL };
static const char *const of_statefulsets[] = { "k8s.statefulset.current_pods", "k8s.statefulset.desired_pods",
	                                           "k8s.statefulset.ready_pods", "k8s.statefulset.updated_pods", NULL };
static const char *const of_jobs[] = { "k8s.job.active_pods", "k8s.job.desired_successful_pods", "k8s.job.failed_pods",
	                                   "k8s.job.max_parallel_pods", "k8s.job.successful_pods", NULL };
static const char *const of_deployments[] = { "k8s.deployment.available", "k8s.deployment.desired", NULL };
static const char *const of_daemonsets[] = { "k8s.daemonset.current_scheduled_nodes", "k8s.daemonset.desired_scheduled_nodes",
	                                         "k8s.daemonset.misscheduled_nodes", "k8s.daemonset.ready_nodes", NULL };
static const cluster_block cluster_blocks[] = {
	{ TEL__RUNTIME_RESOURCES, never }, { TEL__RUNTIME_POD, of_pods }, { TEL__RUNTIME_CONTAINER, of_containers },
	{ TEL__RUNTIME_STATEFULSET, of_statefulsets }, { TEL__RUNTIME_JOB, of_jobs }, { TEL__RUNTIME_DEPLOYMENT, of_deployments },
	{ TEL__RUNTIME_DAEMONSET, of_daemonsets },
};

static tel__node *make_cluster(tel__render *r, const tel__metric_pipeline *p)
{
	tel__doc *d = &r->doc;
	tel__node *options = tel__doc_new_map(d), *metrics;

	(void)p;
	tel__doc_text(d, options, "auth_type", "serviceAccount");
	tel__doc_duration(d, options, "collection_interval", r->facts->runtime_interval_ns);
	tel__doc_list(d, options, "node_conditions_to_report");
	metrics = tel__doc_map(d, options, "metrics");
	for (size_t i = 0; i < sizeof(cluster_blocks) / sizeof(cluster_blocks[0]); i++) {
		const cluster_block *b = &cluster_blocks[i];

		if (b->resource != TEL__RUNTIME_RESOURCES && tel__render_any_resource(r, b->resource))
			continue;
		for (const char *const *name = b->names; *name; name++)
			put_switch(d, metrics, *name, false);
	}
	tel__doc_text(d, options, "k8s_leader_elector", "k8s_leader_elector");
	return options;
}

/* ---- processors of the inputs ---- */

static tel__node *one_statement(tel__render *r, const char *statement)
{
	tel_slice text = tel__slice_str(statement);

	return tel__make_transform(r, &text, 1);
}

static tel__node *one_condition(tel__render *r, const char *condition)
{
	tel_slice text = tel__slice_str(condition);

	return tel__make_filter(r, &text, 1);
}

static tel__node *make_drop_other_volumes(tel__render *r, const tel__metric_pipeline *p)
{
	(void)p;
	return !tel__render_any_resource(r, TEL__RUNTIME_VOLUME) ? NULL :
		one_condition(r, "resource.attributes[\"k8s.volume.name\"] != nil and "
		              "resource.attributes[\"k8s.volume.type\"] != \"persistentVolumeClaim\"");
}

static tel__node *make_drop_virtual_interfaces(tel__render *r, const tel__metric_pipeline *p)
{
	(void)p;
	return one_condition(r, "IsMatch(metric.name, \"^k8s.node.network.*\") and "
	                     "not(IsMatch(datapoint.attributes[\"interface\"], \"^(eth|en).*\"))");
}

static tel__node *make_drop_service_name(tel__render *r, const tel__metric_pipeline *p)
{
	(void)p;
	return one_statement(r, "delete_key(resource.attributes, \"service.name\")");
}

static tel__node *make_insert_skip(tel__render *r, const tel__metric_pipeline *p)
{
	static const char *const kinds[] = { "node", "statefulset", "daemonset", "deployment", "job", NULL };
	tel__node *options = one_statement(r, "set(resource.attributes[\"" SKIP "\"], \"true\")"), *list, *group;

	(void)p;
	list = options ? (tel__node *)(uintptr_t)tel__node_get(options, "metric_statements") : NULL;
	group = list && list->v.list.count ? list->v.list.items[0] : NULL;
	list = tel__doc_list(&r->doc, group, "conditions");
	for (const char *const *kind = kinds; *kind; kind++)
		tel__doc_append_slice(&r->doc, list, tel__doc_fmt(&r->doc, "IsMatch(metric.name, \"^k8s.%s.*\")", *kind));
	return options;
}

static tel__node *make_drop_skip(tel__render *r, const tel__metric_pipeline *p)
{
	(void)p;
	return one_statement(r, "delete_key(resource.attributes, \"" SKIP "\")");
}

static tel__node *make_scope_runtime(tel__render *r, const tel__metric_pipeline *p)
{
	tel_slice statements[4];

	(void)p;
	tel__put_scope_statements(r, statements, KUBELET, "runtime");
	tel__put_scope_statements(r, statements + 2, CLUSTER, "runtime");
	return tel__make_transform(r, statements, 4);
}

static tel__node *make_scope(tel__render *r, const char *name)
{
	tel_slice statements[2];

	tel__put_scope_statements(r, statements, PROMETHEUS, name);
	return tel__make_transform(r, statements, 2);
}

static tel__node *make_scope_prometheus(tel__render *r, const tel__metric_pipeline *p)
{
	(void)p;
	return make_scope(r, "prometheus");
}

static tel__node *make_scope_istio(tel__render *r, const tel__metric_pipeline *p)
{
	(void)p;
	return make_scope(r, "istio");
}

static tel__node *make_name_runtime(tel__render *r, const tel__metric_pipeline *p)
{
	(void)p;
	return tel__make_input_name(r, "runtime");
}

static tel__node *make_name_prometheus(tel__render *r, const tel__metric_pipeline *p)
{
	(void)p;
	return tel__make_input_name(r, "prometheus");
}

static tel__node *make_name_istio(tel__render *r, const tel__metric_pipeline *p)
{
	(void)p;
	return tel__make_input_name(r, "istio");
}

static tel__node *make_restore_service(tel__render *r, const tel__metric_pipeline *p)
{
	static const char *const names[] = { "service.name", "service.version" };
	tel_slice statements[4];

	(void)p;
	if (!r->facts->otel_service_enrichment)
		return NULL;
	for (size_t i = 0; i < 2; i++) {
		const char *name = names[i];

		statements[2 * i] = tel__doc_fmt(&r->doc, "set(resource.attributes[\"%s\"], " ANNOTATED ") where " ANNOTATED
		                                 " != nil and " ANNOTATED " != \"\"", name, name, name, name);
		statements[2 * i + 1] = tel__doc_fmt(&r->doc, "delete_key(resource.attributes, \"kyma.otel.annotation.%s\")", name);
	}
	return tel__make_transform(r, statements, 4);
}

/* ---- processors of an output ---- */

/* Drops the metrics of a runtime resource that this pipeline does not want, though another may. */
#define DROP_RUNTIME(name, resource, regex) \
	static tel__node *name(tel__render *r, const tel__metric_pipeline *p) \
	{ \
		if (!tel__pipeline_runtime(p) || tel__pipeline_runtime_of(p, resource)) \
			return NULL; \
		return one_condition(r, INPUT_IS("runtime") " and IsMatch(metric.name, \"" regex "\")"); \
	}
DROP_RUNTIME(make_drop_pod, TEL__RUNTIME_POD, "^k8s.pod.*")
DROP_RUNTIME(make_drop_container, TEL__RUNTIME_CONTAINER, "(^k8s.container.*)|(^container.*)")
DROP_RUNTIME(make_drop_node, TEL__RUNTIME_NODE, "^k8s.node.*")
DROP_RUNTIME(make_drop_volume, TEL__RUNTIME_VOLUME, "^k8s.volume.*")
DROP_RUNTIME(make_drop_deployment, TEL__RUNTIME_DEPLOYMENT, "^k8s.deployment.*")
DROP_RUNTIME(make_drop_daemonset, TEL__RUNTIME_DAEMONSET, "^k8s.daemonset.*")
DROP_RUNTIME(make_drop_statefulset, TEL__RUNTIME_STATEFULSET, "^k8s.statefulset.*")
DROP_RUNTIME(make_drop_job, TEL__RUNTIME_JOB, "^k8s.job.*")

#define DIAGNOSTICS " and (metric.name == \"up\" or metric.name == \"scrape_duration_seconds\" or metric.name == " \
	"\"scrape_samples_scraped\" or metric.name == \"scrape_samples_post_metric_relabeling\" or metric.name == " \
	"\"scrape_series_added\")"

static tel__node *make_drop_diagnostics_prometheus(tel__render *r, const tel__metric_pipeline *p)
{
	if (!tel__pipeline_prometheus(p) || tel__pipeline_diagnostics_prometheus(p))
		return NULL;
	return one_condition(r, INPUT_IS("prometheus") DIAGNOSTICS);
}

static tel__node *make_drop_diagnostics_istio(tel__render *r, const tel__metric_pipeline *p)
{
	if (!tel__pipeline_istio(p) || tel__pipeline_diagnostics_istio(p))
		return NULL;
	return one_condition(r, INPUT_IS("istio") DIAGNOSTICS);
}

static tel__node *make_drop_envoy(tel__render *r, const tel__metric_pipeline *p)
{
	return tel__pipeline_envoy(p) ? NULL : one_condition(r, "IsMatch(metric.name, \"^envoy_.*\") and " INPUT_IS("istio"));
}

static tel__node *make_namespaces_runtime(tel__render *r, const tel__metric_pipeline *p)
{
	return !tel__pipeline_runtime(p) ? NULL :
		tel__make_namespace_filter(r, p->spec->input->runtime->namespaces, INPUT_IS("runtime"));
}

static tel__node *make_namespaces_prometheus(tel__render *r, const tel__metric_pipeline *p)
{
	return !tel__pipeline_prometheus(p) ? NULL :
		tel__make_namespace_filter(r, p->spec->input->prometheus->namespaces, INPUT_IS("prometheus"));
}

static tel__node *make_namespaces_istio(tel__render *r, const tel__metric_pipeline *p)
{
	return !tel__pipeline_istio(p) ? NULL :
		tel__make_namespace_filter(r, p->spec->input->istio->namespaces, INPUT_IS("istio"));
}

/* ---- routing ---- */

static void put_outputs(tel__render *r, tel__node *entry, wants *want)
{
	tel__node *list = tel__doc_list(&r->doc, entry, "pipelines");

	for (size_t i = 0; i < r->count; i++) {
		tel_slice name = tel__pipeline_name(r->pipelines[i]);

		if (want(r->pipelines[i]))
			tel__doc_append_slice(&r->doc, list, tel__doc_fmt(&r->doc, "metrics/output-%.*s", (int)name.len, name.ptr));
	}
}

/* Behind an input: what needs no enrichment goes straight to the outputs. */
static tel__node *make_input_routing(tel__render *r, const tel__metric_pipeline *p, wants *want)
{
	tel__doc *d = &r->doc;
	tel__node *options, *entry;

	if (p) /* an output only names what stands there already */
		return want(p) ? tel__doc_new_map(d) : NULL;
	if (!tel__render_any(r, want))
		return NULL;
	options = tel__doc_new_map(d);
	tel__doc_append_text(d, tel__doc_list(d, options, "default_pipelines"), "metrics/enrichment-conditional");
	tel__doc_text(d, options, "error_mode", "ignore");
	entry = tel__doc_append_map(d, tel__doc_list(d, options, "table"));
	tel__doc_text(d, entry, "statement", "route() where attributes[\"" SKIP "\"] == \"true\"");
	put_outputs(r, entry, want);
	return options;
}

static tel__node *make_routing_runtime(tel__render *r, const tel__metric_pipeline *p)
{
	return make_input_routing(r, p, tel__pipeline_runtime);
}

static tel__node *make_routing_prometheus(tel__render *r, const tel__metric_pipeline *p)
{
	return make_input_routing(r, p, tel__pipeline_prometheus);
}

static tel__node *make_routing_istio(tel__render *r, const tel__metric_pipeline *p)
{
	return make_input_routing(r, p, tel__pipeline_istio);
}

/* Behind the enrichment: to the outputs that want the input which the data came from. */
static tel__node *make_routing_enrichment(tel__render *r, const tel__metric_pipeline *p)
{
	static const struct {
		const char *name;
		wants *want;
	} inputs[] = { { "runtime", tel__pipeline_runtime }, { "prometheus", tel__pipeline_prometheus },
		           { "istio", tel__pipeline_istio } };
	tel__doc *d = &r->doc;
	tel__node *options, *table;

	if (p)
		return tel__pipeline_needs_agent(p) ? tel__doc_new_map(d) : NULL;
	options = tel__doc_new_map(d);
	tel__doc_list(d, options, "default_pipelines");
	tel__doc_text(d, options, "error_mode", "ignore");
	table = tel__doc_list(d, options, "table");
	for (size_t i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++) {
		tel__node *entry;

		if (!tel__render_any(r, inputs[i].want))
			continue;
		entry = tel__doc_append_map(d, table);
		tel__doc_slice(d, entry, "statement", tel__doc_fmt(d, "route() where " INPUT_IS("%s"), inputs[i].name));
		put_outputs(r, entry, inputs[i].want);
		tel__doc_text(d, entry, "context", "metric");
	}
	return options;
}

/* ---- service pipelines ---- */

#define RUNTIME "spec.input.runtime"
#define SCRAPED "spec.input.prometheus"
#define ISTIO "spec.input.istio"
#define RESOURCE(name) RUNTIME ".resources." name ".enabled"
#define INTERVALS(input) "Telemetry:spec.metric." input ".collectionInterval|Telemetry:spec.metric.collectionInterval"
#define REFUSES "refuses data before memory runs out"
#define NO_SERVICE_NAME "deletes the service name that a scraper makes up"
#define NAMES_SCOPE "names the scope of the metrics"
#define ROUTES "brings data to the enrichment, or right to the outputs when it needs none"

static const tel__part runtime_receivers[] = {
	{ "kubeletstats", make_kubelet, RUNTIME ".enabled", "reads pods, containers, node and volumes from the kubelet",
	  INTERVALS("runtime") " " RUNTIME ".resources" },
	{ "k8s_cluster", make_cluster, RUNTIME ".enabled", "reads workloads of the cluster from the API server",
	  INTERVALS("runtime") " " RUNTIME ".resources" },
	TEL__PARTS_END
};
static const tel__part runtime_processors[] = {
	{ "memory_limiter", tel__make_memory_limiter, RUNTIME ".enabled", REFUSES, NULL },
	{ "filter/drop-non-pvc-volumes-metrics", make_drop_other_volumes, RESOURCE("volume"),
	  "drops volumes that are no persistent volume claims", NULL },
	{ "filter/drop-virtual-network-interfaces", make_drop_virtual_interfaces, RUNTIME ".enabled",
	  "drops network interfaces that are not eth or en", NULL },
	{ "transform/drop-service-name", make_drop_service_name, RUNTIME ".enabled", NO_SERVICE_NAME, NULL },
	{ "transform/insert-skip-enrichment-attribute", make_insert_skip, RUNTIME ".enabled", "marks data that is of no pod", NULL },
	{ "transform/set-instrumentation-scope-runtime", make_scope_runtime, RUNTIME ".enabled", NAMES_SCOPE, NULL },
	{ "transform/set-kyma-input-name-runtime", make_name_runtime, RUNTIME ".enabled", "notes the input of the data", NULL },
	TEL__PARTS_END
};
static const tel__part runtime_routing[] = {
	{ "routing/runtime-input", make_routing_runtime, RUNTIME ".enabled", ROUTES, NULL }, TEL__PARTS_END
};

static const tel__part prometheus_receivers[] = {
	{ "prometheus/app-pods", tel__make_app_pods, SCRAPED ".enabled", "scrapes annotated pods", INTERVALS("prometheus") },
	{ "prometheus/app-services", tel__make_app_services, SCRAPED ".enabled", "scrapes annotated services",
	  INTERVALS("prometheus") },
	TEL__PARTS_END
};
static const tel__part prometheus_processors[] = {
	{ "memory_limiter", tel__make_memory_limiter, SCRAPED ".enabled", REFUSES, NULL },
	{ "transform/drop-service-name", make_drop_service_name, SCRAPED ".enabled", NO_SERVICE_NAME, NULL },
	{ "transform/set-instrumentation-scope-prometheus", make_scope_prometheus, SCRAPED ".enabled", NAMES_SCOPE, NULL },
	{ "transform/set-kyma-input-name-prometheus", make_name_prometheus, SCRAPED ".enabled", "notes the input of the data", NULL },
	TEL__PARTS_END
};
static const tel__part prometheus_routing[] = {
	{ "routing/prometheus-input", make_routing_prometheus, SCRAPED ".enabled", ROUTES, NULL }, TEL__PARTS_END
};

static const tel__part istio_receivers[] = {
	{ "prometheus/istio", tel__make_istio_proxies, ISTIO ".enabled", "scrapes Istio's sidecars",
	  INTERVALS("istio") " " ISTIO ".envoyMetrics.enabled" },
	TEL__PARTS_END
};
static const tel__part istio_processors[] = {
	{ "memory_limiter", tel__make_memory_limiter, ISTIO ".enabled", REFUSES, NULL },
	{ "transform/drop-service-name", make_drop_service_name, ISTIO ".enabled", NO_SERVICE_NAME, NULL },
	{ "istio_noise_filter", tel__make_empty, ISTIO ".enabled", "drops what sidecars measure of telemetry itself", NULL },
	{ "transform/set-instrumentation-scope-istio", make_scope_istio, ISTIO ".enabled", NAMES_SCOPE, NULL },
	{ "transform/set-kyma-input-name-istio", make_name_istio, ISTIO ".enabled", "notes the input of the data", NULL },
	TEL__PARTS_END
};
static const tel__part istio_routing[] = {
	{ "routing/istio-input", make_routing_istio, ISTIO ".enabled", ROUTES, NULL }, TEL__PARTS_END
};

static const tel__part enrichment_receivers[] = {
	{ "routing/runtime-input", make_routing_runtime, RUNTIME ".enabled", ROUTES, NULL },
	{ "routing/prometheus-input", make_routing_prometheus, SCRAPED ".enabled", ROUTES, NULL },
	{ "routing/istio-input", make_routing_istio, ISTIO ".enabled", ROUTES, NULL },
	TEL__PARTS_END
};
static const tel__part enrichment_processors[] = {
	{ "transform/drop-unknown-service-name", tel__make_drop_unknown_service, TEL__FIELD_ENRICHMENT,
	  "deletes service names that an SDK made up", NULL },
	{ "k8s_attributes", tel__make_k8s_attributes, NULL, "adds attributes of pod, node and owner", TEL__SAID_OF_ATTRIBUTES },
	{ "transform/restore-otel-service-attrs", make_restore_service, TEL__FIELD_ENRICHMENT,
	  "lets annotations of a pod say its service name and version", NULL },
	{ "service_enrichment", tel__make_service_enrichment, TEL__FIELD_ENRICHMENT, "finds service.name by Kyma's rules", NULL },
	TEL__PARTS_END
};
static const tel__part enrichment_routing[] = {
	{ "routing/enrichment", make_routing_enrichment, NULL, "brings enriched data to the outputs that want its input", NULL },
	TEL__PARTS_END
};

static const tel__part output_receivers[] = {
	{ "routing/enrichment", make_routing_enrichment, NULL, "brings enriched data to the outputs that want its input", NULL },
	{ "routing/runtime-input", make_routing_runtime, RUNTIME ".enabled", ROUTES, NULL },
	{ "routing/prometheus-input", make_routing_prometheus, SCRAPED ".enabled", ROUTES, NULL },
	{ "routing/istio-input", make_routing_istio, ISTIO ".enabled", ROUTES, NULL },
	TEL__PARTS_END
};

#define DROPS_UNWANTED(name, make) \
	{ "filter/drop-runtime-" name "-metrics", make, RESOURCE(name), "drops metrics of each " name, NULL }
#define NAMESPACES(name, make, input) \
	{ "filter/%-filter-by-namespace-" name "-input", make, input ".namespaces", \
	  "drops what the " name " input took from namespaces that are not wanted", NULL }
static const tel__part output_processors[] = {
	DROPS_UNWANTED("pod", make_drop_pod),
	DROPS_UNWANTED("container", make_drop_container),
	DROPS_UNWANTED("node", make_drop_node),
	DROPS_UNWANTED("volume", make_drop_volume),
	DROPS_UNWANTED("deployment", make_drop_deployment),
	DROPS_UNWANTED("daemonset", make_drop_daemonset),
	DROPS_UNWANTED("statefulset", make_drop_statefulset),
	DROPS_UNWANTED("job", make_drop_job),
	{ "filter/drop-diagnostic-metrics-if-input-source-prometheus", make_drop_diagnostics_prometheus,
	  SCRAPED ".diagnosticMetrics.enabled", "drops what the scraper measured of itself", NULL },
	{ "filter/drop-diagnostic-metrics-if-input-source-istio", make_drop_diagnostics_istio, ISTIO ".diagnosticMetrics.enabled",
	  "drops what the scraper measured of itself", NULL },
	{ "filter/drop-envoy-metrics-if-disabled", make_drop_envoy, ISTIO ".envoyMetrics.enabled", "drops Envoy's own metrics", NULL },
	NAMESPACES("runtime", make_namespaces_runtime, RUNTIME),
	NAMESPACES("prometheus", make_namespaces_prometheus, SCRAPED),
	NAMESPACES("istio", make_namespaces_istio, ISTIO),
	{ "transform/insert-cluster-attributes", tel__make_cluster_attributes, NULL, "adds name and UID of the cluster",
	  TEL__SAID_OF_CLUSTER },
	{ "transform/drop-skip-enrichment-attribute", make_drop_skip, NULL, "deletes the mark of data that is of no pod", NULL },
	{ "transform/drop-kyma-attributes", tel__make_drop_kyma, NULL, "deletes the attributes that routed the data", NULL },
	{ "transform/user-defined-%", tel__make_user_transform, "spec.transform", "the pipeline's own statements", NULL },
	{ "filter/user-defined-%", tel__make_user_filter, "spec.filter", "drops what the pipeline's own conditions match", NULL },
	{ "batch", tel__make_batch, NULL, "joins data to requests of 1024 points", NULL },
	TEL__PARTS_END
};

static const tel__chain runtime_chain = { "metrics/input-runtime", runtime_receivers, runtime_processors, runtime_routing };
static const tel__chain prometheus_chain = { "metrics/input-prometheus", prometheus_receivers, prometheus_processors,
	                                         prometheus_routing };
static const tel__chain istio_chain = { "metrics/input-istio", istio_receivers, istio_processors, istio_routing };
static const tel__chain enrichment_chain = { "metrics/enrichment-conditional", enrichment_receivers, enrichment_processors,
	                                         enrichment_routing };
static const tel__chain output_chain = { "metrics/output-%", output_receivers, output_processors, tel__exporter_parts };

void tel__render_agent(tel__render *r)
{
	tel__render_base base = { "telemetry-metric-agent-k8scluster", !r->facts->vpa_active };

	tel__render_begin(r, &base);
	tel__render_oauth2(r);
	if (tel__render_any(r, tel__pipeline_runtime))
		tel__render_chain(r, &runtime_chain, NULL);
	if (tel__render_any(r, tel__pipeline_prometheus))
		tel__render_chain(r, &prometheus_chain, NULL);
	if (tel__render_any(r, tel__pipeline_istio))
		tel__render_chain(r, &istio_chain, NULL);
	tel__render_chain(r, &enrichment_chain, NULL);
	for (size_t i = 0; i < r->count; i++)
		tel__render_chain(r, &output_chain, r->pipelines[i]);
	tel__render_end(r);
}
