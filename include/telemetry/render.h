/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_RENDER_H
#define TELEMETRY_RENDER_H
/**
 * @defgroup tel_render Rendering
 * From pipelines to the configuration of a collector, byte for byte as Kyma's manager writes it, and to the objects that
 * run it in a cluster. Pure functions.
 * @{
 */
#include <telemetry/alloc.h>
#include <telemetry/buf.h>
#include <telemetry/crypto.h>
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

/** A label, an annotation or a variable. */
typedef struct tel_render_pair {
	tel_slice key;   /**< name */
	tel_slice value; /**< text */
} tel_render_pair;

/** Which form objects take. */
typedef enum tel_object_form {
	TEL_OBJECTS_OWN = 0,  /**< ours: for our images */
	TEL_OBJECTS_KYMA = 1, /**< what Kyma's manager applies, for an OpenTelemetry Collector */
	TEL_OBJECTS_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_object_form;

/** What only objects need. Slices and arrays are borrowed. Zero-initialise through TEL_OBJECT_FACTS_INIT. */
typedef struct tel_object_facts {
	size_t size;                   /**< sizeof of the caller's view */
	const tel_crypto_ops *crypto;  /**< for the checksum on pods; needed */
	tel_object_form form;          /**< which form */
	tel_slice gateway_image;       /**< ptr NULL: the other one, or "telemetry" in our version; needed by Kyma's form */
	tel_slice agent_image;         /**< ptr NULL: the other one */
	uint32_t replicas;             /**< of the gateway; 0: 2 */
	uint32_t resource_multiplier;  /**< times 512Mi more memory for the gateway; UINT32_MAX: the number of pipelines */
	bool fips;                     /**< FIPS mode */
	bool vpa_installed;            /**< the cluster knows VerticalPodAutoscaler */
	uint64_t node_memory_bytes;    /**< allocatable on the smallest node; 0: unknown */
	tel_slice image_pull_secret;   /**< name; empty: none */
	tel_slice priority_class;      /**< of the gateway; empty: none */
	tel_slice high_priority_class; /**< of the agent; ptr NULL: as the gateway */
	tel_slice cluster_trust_bundle; /**< name; empty: none */
	tel_slice storage_size;        /**< own form: limit of the volume that queues are on; ptr NULL: 1Gi; "0": no storage */
	tel_slice storage_claim;       /**< own form: PersistentVolumeClaim that queues are on instead; empty: none */
	const tel_render_pair *labels; /**< of Deployment and DaemonSet */
	size_t label_count;            /**< number of labels */
	const tel_render_pair *annotations; /**< of Deployment and DaemonSet */
	size_t annotation_count;       /**< number of annotations */
	const tel_render_pair *pod_labels; /**< of their pods; app.kubernetes.io/name is refused, it selects them */
	size_t pod_label_count;        /**< number of pod_labels */
	const tel_render_pair *pod_annotations; /**< of their pods */
	size_t pod_annotation_count;   /**< number of pod_annotations */
	const uint16_t *backend_ports; /**< ports that the agent sends to; NULL: those of the pipelines */
	size_t backend_port_count;     /**< number of backend_ports */
	tel_slice config_text;         /**< instead of both rendered configurations; ptr NULL: rendered */
	const tel_render_pair *env;    /**< instead of the variables of the pipelines; NULL: those, or none with config_text */
	size_t env_count;              /**< number of env */
} tel_object_facts;
/** Initial value of tel_object_facts: defaults, and no crypto. */
#define TEL_OBJECT_FACTS_INIT { sizeof(tel_object_facts), NULL, TEL_OBJECTS_OWN, { NULL, 0 }, { NULL, 0 }, 0, UINT32_MAX, \
	false, false, 0, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, NULL, 0, NULL, 0, NULL, 0, \
	NULL, 0, NULL, 0, { NULL, 0 }, NULL, 0 }

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
	const tel_object_facts *objects; /**< borrowed; NULL: TEL_OBJECT_FACTS_INIT */
} tel_render_facts;
/** Initial value of tel_render_facts: nothing is known. */
#define TEL_RENDER_FACTS_INIT { sizeof(tel_render_facts), { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, \
	{ NULL, 0 }, false, false, false, 0, 0, 0, NULL, 0, NULL, NULL }

/**
 * Facts that a set itself holds: its Telemetry resource named "default", then its RenderFacts document.
 *
 * @param[in] set  lends its texts: the facts live as long as the set
 * @param[in,out] facts  initialised; what the set does not say stays. objects is replaced by a copy that the set completed
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
/** Kubernetes objects, or names of some. */
typedef struct tel_objects tel_objects;

/** Which object. Slices are borrowed from the tel_objects. */
typedef struct tel_object_id {
	size_t size;                /**< sizeof of the caller's view */
	tel_slice api_version;      /**< group and version, as "apps/v1" */
	tel_slice kind;             /**< as "Deployment" */
	tel_slice resource;         /**< its name in paths, as "deployments" */
	tel_slice target_namespace; /**< empty: the object belongs to the cluster */
	tel_slice name;             /**< name */
} tel_object_id;
/** Initial value of tel_object_id. */
#define TEL_OBJECT_ID_INIT { sizeof(tel_object_id), { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, { NULL, 0 } }

/**
 * Render the objects that run gateway and agent, with their configurations inside, in the order in which they are applied.
 * No pipeline: none. No pipeline with a pull input: none of the agent's.
 *
 * @param[in] set  validated pipelines with their Secrets
 * @param[in] facts  read during the call only; facts->objects->crypto is needed
 * @param[in] alloc  for the objects; NULL for the C library's
 * @param[out] ret_objects  new objects, free with tel_objects_free(); untouched on failure
 * @param[out] err  optional; what is missing or not acceptable
 * @return TEL_OK; TEL_ERR_ARG (a fact that cannot be: err says which); TEL_ERR_UNSUPPORTED (no SHA-256); TEL_ERR_LIMIT (a
 *         configuration above 64 MiB); TEL_ERR_NOMEM.
 *
 * Independent of the order in which the pipelines were read. The objects hold Secrets; their memory is wiped when they go.
 *
 * Cost:    linear in the text.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    kyma-metrics.md 5.
 */
TEL_API tel_err tel_render_objects(const tel_pipeline_set *set, const tel_render_facts *facts, const tel_alloc *alloc,
                                   tel_objects **ret_objects, tel_error *err);

/**
 * Name what must not exist beside the objects that tel_render_objects() renders from the same input: what an earlier
 * set, other facts, the other form or an earlier release of Kyma's manager may have left, in the order in which it is
 * deleted. Whether any of it exists is for the caller to see; so is whether the cluster knows the kind.
 *
 * @param[in] set  validated pipelines
 * @param[in] facts  NULL for defaults; read during the call only
 * @param[in] alloc  for the names; NULL for the C library's
 * @param[out] ret_objects  new objects without content, free with tel_objects_free(); untouched on failure
 * @return TEL_OK; TEL_ERR_NOMEM.
 *
 * Cost:    constant.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    kyma-metrics.md 5.2, 5.4.
 */
TEL_API tel_err tel_render_unwanted(const tel_pipeline_set *set, const tel_render_facts *facts, const tel_alloc *alloc,
                                    tel_objects **ret_objects);

/**
 * Free objects.
 *
 * @param[in] objects  may be NULL
 *
 * Cost:    linear in the memory, which is wiped.
 * Threads: the objects'.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_objects_free(tel_objects *objects);

/**
 * Number of objects.
 *
 * @param[in] objects  objects
 * @return how many.
 *
 * Cost:    constant.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API size_t tel_objects_count(const tel_objects *objects);

/**
 * Say which object one is.
 *
 * @param[in] objects  objects
 * @param[in] index  0 to count - 1
 * @param[in,out] id  initialised; slices are borrowed
 * @return TEL_OK; TEL_ERR_NOT_FOUND (index).
 *
 * Cost:    constant.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_objects_get(const tel_objects *objects, size_t index, tel_object_id *id);

/**
 * Write one object as JSON, as an API server takes it.
 *
 * @param[in] objects  objects
 * @param[in] index  0 to count - 1
 * @param[in] alloc  for the text; NULL for the C library's
 * @param[out] ret_text  new buffer, drop with tel_buf_unref()
 * @return TEL_OK; TEL_ERR_NOT_FOUND (index); TEL_ERR_LIMIT; TEL_ERR_NOMEM.
 *
 * Cost:    linear in the text.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_objects_json(const tel_objects *objects, size_t index, const tel_alloc *alloc, tel_buf **ret_text);

/**
 * Write all objects as one stream of YAML documents. The same objects give the same bytes.
 *
 * @param[in] objects  objects
 * @param[in] alloc  for the text; NULL for the C library's
 * @param[out] ret_text  new buffer, drop with tel_buf_unref()
 * @return TEL_OK; TEL_ERR_LIMIT; TEL_ERR_NOMEM.
 *
 * Cost:    linear in the text.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_objects_yaml(const tel_objects *objects, const tel_alloc *alloc, tel_buf **ret_text);

/** @} */

TEL_END_DECLS
#endif
