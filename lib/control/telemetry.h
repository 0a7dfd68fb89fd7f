/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONTROL_TELEMETRY_H
#define TEL_CONTROL_TELEMETRY_H
/* The Telemetry resource of operator.kyma-project.io, as far as metrics are concerned (kyma-metrics.md 2.2), and the
 * document of kind RenderFacts that stands in for a cluster (commands.md). */
#include "control/metric_pipeline.h"
#include "control/schema.h"

typedef struct tel__static_scaling {
	TEL__OBJECT_HEAD;
	int64_t replicas;
} tel__static_scaling;

typedef struct tel__scaling {
	TEL__OBJECT_HEAD;
	tel_slice type;
	tel__static_scaling *fixed;
} tel__scaling;

typedef struct tel__gateway_spec {
	TEL__OBJECT_HEAD;
	tel__scaling *scaling;
} tel__gateway_spec;

/* What is told of logs and traces, which are not ours. */
typedef struct tel__telemetry_signal {
	TEL__OBJECT_HEAD;
	tel__gateway_spec *gateway;
} tel__telemetry_signal;

typedef struct tel__interval {
	TEL__OBJECT_HEAD;
	int64_t collection_ns; /* 0 = inherited */
} tel__interval;

typedef struct tel__telemetry_metric {
	TEL__OBJECT_HEAD;
	tel__gateway_spec *gateway;
	tel__interval *runtime, *prometheus, *istio;
	int64_t collection_ns;
} tel__telemetry_metric;

typedef struct tel__pod_label {
	TEL__OBJECT_HEAD;
	tel_slice key, key_prefix;
} tel__pod_label;

typedef struct tel__cluster_name {
	TEL__OBJECT_HEAD;
	tel_slice name;
} tel__cluster_name;

typedef struct tel__enrichments {
	TEL__OBJECT_HEAD;
	tel__cluster_name *cluster;
	tel__list pod_labels; /* tel__pod_label */
} tel__enrichments;

typedef struct tel__telemetry_spec {
	TEL__OBJECT_HEAD;
	tel__telemetry_metric *metric;
	tel__telemetry_signal *log, *trace;
	tel__enrichments *enrichments;
} tel__telemetry_spec;

typedef struct tel__telemetry {
	TEL__OBJECT_HEAD;
	tel_slice api_version, kind;
	tel__metadata *metadata;
	tel__telemetry_spec *spec;
	const tel__node *status;
} tel__telemetry;

typedef struct tel__facts_cluster {
	TEL__OBJECT_HEAD;
	tel_slice name, uid, cloud_provider;
} tel__facts_cluster;

typedef struct tel__facts_intervals {
	TEL__OBJECT_HEAD;
	int64_t runtime_ns, prometheus_ns, istio_ns;
} tel__facts_intervals;

typedef struct tel__facts_images {
	TEL__OBJECT_HEAD;
	tel_slice gateway, agent;
} tel__facts_images;

typedef struct tel__facts_storage {
	TEL__OBJECT_HEAD;
	tel_slice size_limit, claim;
} tel__facts_storage;

typedef struct tel__render_facts_doc {
	TEL__OBJECT_HEAD;
	tel_slice kind, scope_version, space, service_enrichment, istio_cert_path;
	tel__maybe istio_active, vpa_active;
	tel__facts_cluster *cluster;
	tel__facts_intervals *intervals;
	/* what only objects need */
	tel_slice objects, image_pull_secret, priority_class, high_priority_class, cluster_trust_bundle, node_memory, config_text;
	tel__maybe fips, vpa_installed;
	tel__facts_images *images;
	tel__facts_storage *storage;
	tel__list labels, annotations, pod_labels, pod_annotations, env; /* tel__key_pair */
	const tel__node *replicas, *resource_multiplier, *backend_ports; /* numbers: 0 is not absent */
} tel__render_facts_doc;

TEL_PRIVATE_BEGIN

extern const tel__object tel__telemetry_object, tel__render_facts_object;

/* "telemetry.kyma-project.io/service-enrichment" and the like; NULL ptr when the resource has no such annotation. */
tel_slice tel__metadata_annotation(const tel__metadata *metadata, const char *name);

TEL_PRIVATE_END
#endif
