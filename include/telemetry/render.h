/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_RENDER_H
#define TELEMETRY_RENDER_H
/**
 * @defgroup tel_render Rendering
 * From pipelines to the configuration of a collector, byte for byte as Kyma's manager writes it. Pure functions.
 * @{
 */
#include <telemetry/alloc.h>
#include <telemetry/buf.h>
#include <telemetry/error.h>
#include <telemetry/explain.h>
#include <telemetry/pipeline.h>
#include <telemetry/slice.h>
#include <telemetry/status.h>

TEL_BEGIN_DECLS

/** A label of pods that becomes a resource attribute; one of the two is set. */
typedef struct tel_render_pod_label {
	tel_slice key;        /**< exact key of the label */
	tel_slice key_prefix; /**< start of the keys of the labels */
} tel_render_pod_label;

/** What rendering must know of the cluster. Slices are borrowed. Zero-initialise through TEL_RENDER_FACTS_INIT. */
typedef struct tel_render_facts {
	size_t size;                  /**< sizeof of the caller's view */
	tel_slice cluster_name;       /**< k8s.cluster.name; ptr NULL: the API server's host, from the environment */
	tel_slice cluster_uid;        /**< UID of namespace kube-system */
	tel_slice cloud_provider;     /**< empty: no such attribute */
	tel_slice scope_version;      /**< version that our scopes carry */
	tel_slice target_namespace;   /**< where the leases are; empty: not written */
	tel_slice istio_cert_path;    /**< Istio's certificates; ptr NULL: /etc/istio-output-certs */
	bool otel_service_enrichment; /**< service.* by OpenTelemetry's rules instead of Kyma's older ones */
	bool istio_active;            /**< the cluster has Istio */
	bool vpa_active;              /**< the agent is scaled by a VerticalPodAutoscaler */
	int64_t runtime_interval_ns;    /**< between two collections of the runtime input; 0: 30 s */
	int64_t prometheus_interval_ns; /**< between two scrapes of pods and services; 0: 30 s */
	int64_t istio_interval_ns;      /**< between two scrapes of sidecars; 0: 30 s */
	const tel_render_pod_label *pod_labels; /**< borrowed */
	size_t pod_label_count;       /**< number of pod_labels */
	const tel_status *status;     /**< of the same set: only what is active is rendered; NULL: everything */
} tel_render_facts;
/** Initial value of tel_render_facts: nothing is known. */
#define TEL_RENDER_FACTS_INIT { sizeof(tel_render_facts), { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, \
	{ NULL, 0 }, false, false, false, 0, 0, 0, NULL, 0, NULL }

/**
 * Facts that a set itself holds: its Telemetry resource named "default", then its RenderFacts document.
 *
 * @param[in] set  lends its texts: the facts live as long as the set
 * @param[in,out] facts  initialised; what the set does not say stays
 * @return TEL_OK; TEL_ERR_NOMEM.
 *
 * Cost:    linear in the labels.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    kyma-metrics.md 2.2, 2.3; commands.md, RenderFacts.
 */
TEL_API tel_err tel_render_facts_of(tel_pipeline_set *set, tel_render_facts *facts);

/**
 * Render the gateway's configuration from all pipelines of a set.
 *
 * @param[in] set  validated pipelines, and the Secrets that decide whether an endpoint is plaintext
 * @param[in] facts  NULL for defaults; read during the call only
 * @param[in] alloc  for the text; NULL for the C library's
 * @param[out] ret_text  new buffer, drop with tel_buf_unref()
 * @return TEL_OK; TEL_ERR_LIMIT (text above 64 MiB); TEL_ERR_NOMEM.
 *
 * Independent of the order in which the pipelines were read.
 *
 * Cost:    linear in the text.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    kyma-metrics.md 3.
 */
TEL_API tel_err tel_render_gateway(const tel_pipeline_set *set, const tel_render_facts *facts, const tel_alloc *alloc,
                                   tel_buf **ret_text);

/**
 * Render the agent's configuration from the pipelines of a set that have a pull input. A set without any gives one
 * pipeline per MetricPipeline that nothing flows into, as Kyma's does.
 *
 * @param[in] set  validated pipelines, and the Secrets that decide whether an endpoint is plaintext
 * @param[in] facts  NULL for defaults; read during the call only
 * @param[in] alloc  for the text; NULL for the C library's
 * @param[out] ret_text  new buffer, drop with tel_buf_unref()
 * @return TEL_OK; TEL_ERR_LIMIT (text above 64 MiB); TEL_ERR_NOMEM.
 *
 * Cost:    linear in the text.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    kyma-metrics.md 4.
 */
TEL_API tel_err tel_render_agent(const tel_pipeline_set *set, const tel_render_facts *facts, const tel_alloc *alloc,
                                 tel_buf **ret_text);

/** Which configuration is rendered. */
typedef enum tel_render_target {
	TEL_RENDER_GATEWAY = 0,                /**< tel_render_gateway() */
	TEL_RENDER_AGENT = 1,                  /**< tel_render_agent() */
	TEL_RENDER_TARGET_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_render_target;

/**
 * Explain the configuration that tel_render_gateway() or tel_render_agent() writes of the same arguments: for each of its
 * components what asked for it.
 *
 * @param[in] set  validated pipelines
 * @param[in] facts  NULL for defaults; read during the call only
 * @param[in] target  which configuration
 * @param[in] alloc  for the explanation; NULL for the C library's
 * @param[out] ret_explanation  new explanation, free with tel_explanation_free(); untouched on failure
 * @return TEL_OK; TEL_ERR_ARG (target); TEL_ERR_NOMEM.
 *
 * Independent of the order in which the pipelines were read. A component that several pipelines ask for has a reason for
 * each. Fields that are not written are reported with the default that counts and the place of what stands above them.
 *
 * Cost:    linear in the configuration.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    kyma-metrics.md 3, 4; commands.md, explain.
 */
TEL_API tel_err tel_render_explain(const tel_pipeline_set *set, const tel_render_facts *facts, tel_render_target target,
                                   const tel_alloc *alloc, tel_explanation **ret_explanation);

/** @} */

TEL_END_DECLS
#endif
