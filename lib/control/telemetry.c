/* SPDX-License-Identifier: Apache-2.0 */
#include "control/telemetry.h"

#include "base/slice_i.h"
#include "control/status_schema.h"
#include "control/quantity.h"

#define AT(type_, field_) .offset = offsetof(type_, field_)
#define CHILD(name_, type_, field_, object_, help_) \
	{ .name = name_, .type = TEL__FIELD_OBJECT, AT(type_, field_), .object = &object_, .help = help_ }
#define TEXT(name_, type_, field_, help_) { .name = name_, .type = TEL__FIELD_STRING, AT(type_, field_), .help = help_ }

static bool is_positive(const void *duration)
{
	return *(const int64_t *)duration > 0;
}

static bool has_key(const void *object)
{
	const tel__pod_label *label = object;

	return label->key.ptr || label->key_prefix.ptr;
}

static bool has_one_key(const void *object)
{
	const tel__pod_label *label = object;

	return !(label->key.ptr && label->key_prefix.ptr);
}

static const tel__rule interval_rule = { "self > duration('0s')", "'collectionInterval' must be greater than 0", is_positive };
#define INTERVAL(type_, field_) \
	{ .name = "collectionInterval", .type = TEL__FIELD_DURATION, AT(type_, field_), .rule = &interval_rule, \
	  .help = "Time between two collections." }

static const char *const scaling_types[] = { "Static", NULL };
static const tel__field static_fields[] = {
	{ .name = "replicas", .type = TEL__FIELD_INT, AT(tel__static_scaling, replicas), .has_minimum = true, .minimum = 1,
	  .format = "int32", .help = "How many." },
};
static const tel__object static_object = TEL__PLAIN_OBJECT(tel__static_scaling, static_fields);
static const tel__field scaling_fields[] = {
	{ .name = "type", .type = TEL__FIELD_STRING, AT(tel__scaling, type), .words = scaling_types, .help = "Static." },
	CHILD("static", tel__scaling, fixed, static_object, "A fixed number of replicas."),
};
static const tel__object scaling_object = TEL__PLAIN_OBJECT(tel__scaling, scaling_fields);
static const tel__field gateway_fields[] = { CHILD("scaling", tel__gateway_spec, scaling, scaling_object, "How it scales.") };
static const tel__object gateway_object = TEL__PLAIN_OBJECT(tel__gateway_spec, gateway_fields);

static const tel__field signal_fields[] = { CHILD("gateway", tel__telemetry_signal, gateway, gateway_object, "The gateway.") };
static const tel__object signal_object = TEL__PLAIN_OBJECT(tel__telemetry_signal, signal_fields);

static const tel__field interval_fields[] = { INTERVAL(tel__interval, collection_ns) };
static const tel__object interval_object = TEL__PLAIN_OBJECT(tel__interval, interval_fields);
static const tel__field metric_fields[] = {
	INTERVAL(tel__telemetry_metric, collection_ns),
	CHILD("gateway", tel__telemetry_metric, gateway, gateway_object, "The gateway."),
	CHILD("istio", tel__telemetry_metric, istio, interval_object, "The istio input."),
	CHILD("prometheus", tel__telemetry_metric, prometheus, interval_object, "The prometheus input."),
	CHILD("runtime", tel__telemetry_metric, runtime, interval_object, "The runtime input."),
};
static const tel__object metric_object = TEL__PLAIN_OBJECT(tel__telemetry_metric, metric_fields);

static const tel__rule label_rules[] = {
	{ "has(self.key) || has(self.keyPrefix)", "Either 'key' or 'keyPrefix' must be specified", has_key },
	{ "!(has(self.key) && has(self.keyPrefix))", "Either 'key' or 'keyPrefix' must be specified", has_one_key },
};
static const tel__field label_fields[] = {
	TEXT("key", tel__pod_label, key, "Key of the label."),
	TEXT("keyPrefix", tel__pod_label, key_prefix, "Start of the keys of the labels."),
};
static const tel__object label_object = TEL__RULED_OBJECT(tel__pod_label, label_fields, label_rules);
static const tel__field cluster_name_fields[] = {
	TEXT("name", tel__cluster_name, name, "Resource attribute k8s.cluster.name."),
};
static const tel__object cluster_name_object = TEL__PLAIN_OBJECT(tel__cluster_name, cluster_name_fields);
static const tel__field enrichments_fields[] = {
	CHILD("cluster", tel__enrichments, cluster, cluster_name_object, "What is told of the cluster."),
	{ .name = "extractPodLabels", .type = TEL__FIELD_OBJECTS, AT(tel__enrichments, pod_labels), .object = &label_object,
	  .help = "Labels of pods that become resource attributes." },
};
static const tel__object enrichments_object = TEL__PLAIN_OBJECT(tel__enrichments, enrichments_fields);

static const tel__field spec_fields[] = {
	CHILD("enrichments", tel__telemetry_spec, enrichments, enrichments_object, "What is added to all data."),
	CHILD("log", tel__telemetry_spec, log, signal_object, "Logs; not ours."),
	CHILD("metric", tel__telemetry_spec, metric, metric_object, "Metrics."),
	CHILD("trace", tel__telemetry_spec, trace, signal_object, "Traces; not ours."),
};
static const tel__object spec_object = TEL__PLAIN_OBJECT(tel__telemetry_spec, spec_fields);
static const tel__field telemetry_fields[] = {
	TEXT("apiVersion", tel__telemetry, api_version, "Group and version."),
	TEXT("kind", tel__telemetry, kind, "Telemetry."),
	CHILD("metadata", tel__telemetry, metadata, tel__metadata_object, "Name, labels, annotations."),
	CHILD("spec", tel__telemetry, spec, spec_object, "What is wanted."),
	{ .name = "status", .type = TEL__FIELD_ANY, AT(tel__telemetry, status), .object = &tel__telemetry_status_object,
	  .help = "What is." },
};
const tel__object tel__telemetry_object = TEL__PLAIN_OBJECT(tel__telemetry, telemetry_fields);

/* ---- facts ---- */

static bool has_one_storage(const void *object)
{
	const tel__facts_storage *storage = object;

	return !(storage->size_limit.ptr && storage->claim.ptr);
}

static bool is_quantity(tel_slice text)
{
	uint64_t bytes;

	return !text.ptr || tel__quantity_parse(text, &bytes);
}

static bool size_is_quantity(const void *object)
{
	return is_quantity(((const tel__facts_storage *)object)->size_limit);
}

static bool memory_is_quantity(const void *object)
{
	return is_quantity(((const tel__render_facts_doc *)object)->node_memory);
}

static bool is_between(const tel__node *node, int64_t least, int64_t most)
{
	return node->type == TEL__NODE_INT && node->v.i >= least && node->v.i <= most;
}

static bool replicas_are_a_number(const void *object)
{
	const tel__node *node = ((const tel__render_facts_doc *)object)->replicas;

	return !node || is_between(node, 1, INT32_MAX);
}

static bool multiplier_is_a_number(const void *object)
{
	const tel__node *node = ((const tel__render_facts_doc *)object)->resource_multiplier;

	return !node || is_between(node, 0, UINT16_MAX);
}

static bool ports_are_ports(const void *object)
{
	const tel__node *list = ((const tel__render_facts_doc *)object)->backend_ports;

	if (list && list->type != TEL__NODE_LIST)
		return false;
	for (uint32_t i = 0; list && i < list->v.list.count; i++)
		if (!is_between(list->v.list.items[i], 1, UINT16_MAX))
			return false;
	return true;
}

static const char *const enrichment_words[] = { "legacy", "otel", NULL };
static const char *const object_words[] = { "own", "kyma", NULL };
static const tel__field cluster_fields[] = {
	TEXT("name", tel__facts_cluster, name, "k8s.cluster.name"),
	TEXT("uid", tel__facts_cluster, uid, "k8s.cluster.uid"),
	TEXT("cloudProvider", tel__facts_cluster, cloud_provider, "cloud.provider"),
};
static const tel__object cluster_object = TEL__PLAIN_OBJECT(tel__facts_cluster, cluster_fields);
static const tel__field intervals_fields[] = {
	{ .name = "runtime", .type = TEL__FIELD_DURATION, AT(tel__facts_intervals, runtime_ns) },
	{ .name = "prometheus", .type = TEL__FIELD_DURATION, AT(tel__facts_intervals, prometheus_ns) },
	{ .name = "istio", .type = TEL__FIELD_DURATION, AT(tel__facts_intervals, istio_ns) },
};
static const tel__object intervals_object = TEL__PLAIN_OBJECT(tel__facts_intervals, intervals_fields);
static const tel__field images_fields[] = {
	TEXT("gateway", tel__facts_images, gateway, "image of the gateway"),
	TEXT("agent", tel__facts_images, agent, "image of the agent"),
};
static const tel__object images_object = TEL__PLAIN_OBJECT(tel__facts_images, images_fields);
static const tel__field storage_fields[] = {
	TEXT("sizeLimit", tel__facts_storage, size_limit, "of a volume that lives as long as its pod; 0: no storage"),
	TEXT("claim", tel__facts_storage, claim, "name of a PersistentVolumeClaim"),
};
static const tel__rule storage_rules[] = {
	{ "!(has(self.sizeLimit) && has(self.claim))", "Only one of 'sizeLimit' and 'claim' can be defined", has_one_storage },
	{ "!has(self.sizeLimit) || isQuantity(self.sizeLimit)", "'sizeLimit' must be a quantity", size_is_quantity },
};
static const tel__object storage_object = TEL__RULED_OBJECT(tel__facts_storage, storage_fields, storage_rules);
#define FACT(name_, field_, help_) TEXT(name_, tel__render_facts_doc, field_, help_)
#define FACT_PAIRS(name_, field_, help_) \
	{ .name = name_, .type = TEL__FIELD_STRING_MAP, AT(tel__render_facts_doc, field_), .help = help_ }
#define FACT_NODE(name_, field_, help_) \
	{ .name = name_, .type = TEL__FIELD_ANY, AT(tel__render_facts_doc, field_), .help = help_ }
#define FACT_BOOL(name_, field_, help_) \
	{ .name = name_, .type = TEL__FIELD_BOOL, AT(tel__render_facts_doc, field_), .help = help_ }
static const tel__rule facts_rules[] = {
	{ "!has(self.replicas) || self.replicas >= 1", "'replicas' must be a number above 0", replicas_are_a_number },
	{ "!has(self.resourceMultiplier) || self.resourceMultiplier >= 0", "'resourceMultiplier' must be a number from 0 on",
	  multiplier_is_a_number },
	{ "!has(self.backendPorts) || self.backendPorts.all(p, p > 0 && p < 65536)", "'backendPorts' must be a list of ports",
	  ports_are_ports },
	{ "!has(self.nodeMemory) || isQuantity(self.nodeMemory)", "'nodeMemory' must be a quantity", memory_is_quantity },
};
static const tel__field facts_fields[] = {
	TEXT("kind", tel__render_facts_doc, kind, "RenderFacts"),
	CHILD("cluster", tel__render_facts_doc, cluster, cluster_object, "the cluster"),
	TEXT("scopeVersion", tel__render_facts_doc, scope_version, "version of our scopes"),
	TEXT("namespace", tel__render_facts_doc, space, "target namespace"),
	{ .name = "serviceEnrichment", .type = TEL__FIELD_STRING, AT(tel__render_facts_doc, service_enrichment),
	  .words = enrichment_words },
	{ .name = "istioActive", .type = TEL__FIELD_BOOL, AT(tel__render_facts_doc, istio_active) },
	{ .name = "vpaActive", .type = TEL__FIELD_BOOL, AT(tel__render_facts_doc, vpa_active) },
	TEXT("istioCertPath", tel__render_facts_doc, istio_cert_path, "where Istio's certificates are"),
	CHILD("collectionIntervals", tel__render_facts_doc, intervals, intervals_object, "times between collections"),
	{ .name = "objects", .type = TEL__FIELD_STRING, AT(tel__render_facts_doc, objects), .words = object_words },
	CHILD("images", tel__render_facts_doc, images, images_object, "images of the containers"),
	CHILD("storage", tel__render_facts_doc, storage, storage_object, "where queues are kept"),
	FACT_NODE("replicas", replicas, "of the gateway"),
	FACT_NODE("resourceMultiplier", resource_multiplier, "times that the gateway's memory is extended"),
	FACT_NODE("backendPorts", backend_ports, "ports that the agent sends to"),
	FACT_BOOL("fips", fips, "FIPS mode"),
	FACT_BOOL("vpaInstalled", vpa_installed, "the cluster knows VerticalPodAutoscaler"),
	FACT("nodeMemory", node_memory, "allocatable memory of the smallest node"),
	FACT_PAIRS("labels", labels, "of Deployment and DaemonSet"),
	FACT_PAIRS("annotations", annotations, "of Deployment and DaemonSet"),
	FACT_PAIRS("podLabels", pod_labels, "of their pods"),
	FACT_PAIRS("podAnnotations", pod_annotations, "of their pods"),
	FACT("imagePullSecret", image_pull_secret, "name of a Secret"),
	FACT("priorityClass", priority_class, "of the gateway, and of the agent unless highPriorityClass says another"),
	FACT("highPriorityClass", high_priority_class, "of the agent"),
	FACT("clusterTrustBundle", cluster_trust_bundle, "name of a ClusterTrustBundle"),
	FACT("configText", config_text, "instead of the rendered configurations"),
	FACT_PAIRS("env", env, "instead of the variables of the pipelines"),
};
const tel__object tel__render_facts_object = TEL__RULED_OBJECT(tel__render_facts_doc, facts_fields, facts_rules);

tel_slice tel__metadata_annotation(const tel__metadata *metadata, const char *name)
{
	const tel__key_pair *pairs = metadata ? metadata->annotations.items : NULL;

	for (size_t i = 0; pairs && i < metadata->annotations.count; i++)
		if (tel__slice_is(pairs[i].key, name))
			return pairs[i].value;
	return (tel_slice){ NULL, 0 };
}
