/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_STATUS_H
#define TELEMETRY_STATUS_H
/**
 * @defgroup tel_status Status
 * What the status of MetricPipelines and Telemetry resources says: conditions with Kyma's types, reasons and messages, as a
 * pure function of the resources and of facts about locks, certificates, workloads and the flow of data.
 *
 * Typical use: tel_pipeline_parse() -> fill a tel_status_facts -> tel_status_judge() -> tel_status_write(). What is not told
 * is not judged: without a cluster there is still everything that the resources themselves decide.
 * @{
 */
#include <telemetry/alloc.h>
#include <telemetry/buf.h>
#include <telemetry/error.h>
#include <telemetry/pipeline.h>
#include <telemetry/slice.h>

TEL_BEGIN_DECLS

/** Status of all resources of a set. */
typedef struct tel_status tel_status;

/** How far a text of PEM could be read. */
typedef enum tel_pem_state {
	TEL_PEM_ABSENT = 0,     /**< not configured */
	TEL_PEM_UNRESOLVED = 1, /**< configured, and no text was found for it */
	TEL_PEM_NO_BLOCK = 2,   /**< no PEM block */
	TEL_PEM_NOT_PARSED = 3, /**< the first block is no certificate */
	TEL_PEM_READ = 4,       /**< what follows is known */
	TEL_PEM_STATE_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_pem_state;

/** What the certificates of one pipeline are. Zero-initialise through TEL_CERTIFICATE_FACTS_INIT. */
typedef struct tel_certificate_facts {
	size_t size;               /**< sizeof of the caller's view */
	tel_pem_state cert;        /**< the certificate */
	tel_pem_state key;         /**< its key; READ: there is a PEM block */
	tel_pem_state ca;          /**< the authorities */
	bool key_matches;          /**< certificate and key belong together */
	bool ca_is_ca;             /**< every authority of the first block may issue certificates */
	int64_t cert_not_before_s; /**< Unix seconds, may be negative */
	int64_t cert_not_after_s;  /**< Unix seconds */
	int64_t ca_not_before_s;   /**< Unix seconds, the latest of the authorities */
	int64_t ca_not_after_s;    /**< Unix seconds, the earliest of the authorities */
	char cert_subject[256];    /**< NUL-terminated, for people */
	char ca_subject[256];      /**< NUL-terminated, of the first authority */
} tel_certificate_facts;
/** Initial value of tel_certificate_facts: nothing is configured. */
#define TEL_CERTIFICATE_FACTS_INIT { sizeof(tel_certificate_facts), TEL_PEM_ABSENT, TEL_PEM_ABSENT, TEL_PEM_ABSENT, false, \
	false, 0, 0, 0, 0, { 0 }, { 0 } }

/** What validation makes of a pipeline. */
typedef enum tel_pipeline_verdict {
	TEL_PIPELINE_VERDICT_OK = 0,       /**< it is part of the configuration */
	TEL_PIPELINE_VERDICT_EXPIRING = 1, /**< so it is, and a certificate expires within 14 days */
	TEL_PIPELINE_VERDICT_LIMIT = 2,    /**< there are too many pipelines */
	TEL_PIPELINE_VERDICT_SECRET = 3,   /**< a Secret or a key in it is missing */
	TEL_PIPELINE_VERDICT_ENDPOINT = 4, /**< the endpoint cannot be used */
	TEL_PIPELINE_VERDICT_OTTL = 5,     /**< a transform or filter is wrong */
	TEL_PIPELINE_VERDICT_API = 6,      /**< the API server could not be asked: nothing of this set is to be applied */
	TEL_PIPELINE_VERDICT_EXPIRED = 7,  /**< a certificate is over */
	TEL_PIPELINE_VERDICT_TLS = 8,      /**< certificates or keys cannot be used */
	TEL_PIPELINE_VERDICT_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_pipeline_verdict;

/** What is known of the lock that limits the number of pipelines. */
typedef enum tel_lock_state {
	TEL_LOCK_BY_AGE = 0,     /**< nobody asked: the oldest pipelines hold it */
	TEL_LOCK_OWNED = 1,      /**< the owners are told */
	TEL_LOCK_UNREADABLE = 2, /**< the API server could not be asked */
	TEL_LOCK_STATE_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_lock_state;

/** An owner reference of the lock. */
typedef struct tel_lock_owner {
	tel_slice name; /**< of the pipeline */
	tel_slice uid;  /**< of the pipeline */
} tel_lock_owner;

/** A Secret that the API server failed to give, other than because there is none. */
typedef struct tel_secret_failure {
	tel_slice name;            /**< of the Secret */
	tel_slice space;           /**< its namespace */
} tel_secret_failure;

/** One container of a Pod. */
typedef struct tel_container_facts {
	tel_slice name;             /**< of the container */
	bool waiting;               /**< its state is waiting */
	bool terminated_before;     /**< lastState.terminated is there */
	tel_slice waiting_reason;   /**< state.waiting.reason */
	tel_slice waiting_message;  /**< state.waiting.message */
	tel_slice terminated_reason; /**< lastState.terminated.reason */
} tel_container_facts;

/** One Pod of a workload. */
typedef struct tel_pod_facts {
	tel_slice name;                /**< of the Pod */
	tel_slice phase;               /**< "Pending", "Running", "Failed", ... */
	tel_slice message;             /**< status.message */
	tel_slice unscheduled_message; /**< message of the condition PodScheduled */
	bool ready;                    /**< condition Ready is True */
	bool unscheduled;              /**< condition PodScheduled is False */
	const tel_container_facts *containers; /**< in the order of the status, borrowed */
	size_t container_count;        /**< number of containers */
} tel_pod_facts;

/** How looking at a workload ended. */
typedef enum tel_workload_state {
	TEL_WORKLOAD_FOUND = 0,       /**< numbers and Pods are known */
	TEL_WORKLOAD_MISSING = 1,     /**< there is none */
	TEL_WORKLOAD_UNREADABLE = 2,  /**< the API server failed */
	TEL_WORKLOAD_NO_REVISION = 3, /**< a Deployment without the ReplicaSet of its template */
	TEL_WORKLOAD_ERROR = 4,       /**< another request failed; error says how */
	TEL_WORKLOAD_STATE_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_workload_state;

/** Gateway or agent as they run. Zero-initialise through TEL_WORKLOAD_FACTS_INIT. */
typedef struct tel_workload_facts {
	size_t size;              /**< sizeof of the caller's view */
	tel_workload_state state; /**< how looking ended */
	tel_slice error;          /**< text of the failure, borrowed */
	int64_t desired;          /**< spec.replicas; desiredNumberScheduled of an agent */
	int64_t ready;            /**< readyReplicas; numberReady of an agent */
	int64_t updated;          /**< updatedNumberScheduled; of an agent only */
	const tel_pod_facts *pods; /**< in the order of the list, borrowed */
	size_t pod_count;         /**< number of pods */
} tel_workload_facts;
/** Initial value of tel_workload_facts: the workload is there and wants nothing. */
#define TEL_WORKLOAD_FACTS_INIT { sizeof(tel_workload_facts), TEL_WORKLOAD_FOUND, { NULL, 0 }, 0, 0, 0, NULL, 0 }

/** What can be wrong with the flow, as bits. */
typedef enum tel_flow_problem {
	TEL_FLOW_ALL_DROPPED = 1,  /**< data is given up, and none is delivered */
	TEL_FLOW_SOME_DROPPED = 2, /**< data is given up, and some is delivered */
	TEL_FLOW_THROTTLING = 4,   /**< receivers refuse data */
	TEL_FLOW_STALLED = 8,      /**< nothing is delivered for minutes while data waits */
	TEL_FLOW_FILLING = 16,     /**< a queue is nearly full; no condition tells of it */
	TEL_FLOW_PROBLEM_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_flow_problem;

/** What is wrong with the flow of one pipeline in one workload. */
typedef struct tel_flow_finding {
	tel_slice pipeline;      /**< name of the MetricPipeline; empty: of all of them */
	uint32_t problems;       /**< bits of tel_flow_problem */
	uint64_t waiting_points; /**< STALLED: how many data points wait */
	tel_slice where;         /**< STALLED: the instance and exporter where most of them wait */
} tel_flow_finding;

/** The flow through one workload. Zero-initialise through TEL_FLOW_FACTS_INIT. */
typedef struct tel_flow_facts {
	size_t size;                      /**< sizeof of the caller's view */
	bool failed;                      /**< its metrics could not be read */
	const tel_flow_finding *findings; /**< borrowed */
	size_t count;                     /**< number of findings */
} tel_flow_facts;
/** Initial value of tel_flow_facts: all is well. */
#define TEL_FLOW_FACTS_INIT { sizeof(tel_flow_facts), false, NULL, 0 }

/** What judging must know beside the resources. Borrowed during the call. Zero-initialise through TEL_STATUS_FACTS_INIT. */
typedef struct tel_status_facts {
	size_t size;                       /**< sizeof of the caller's view */
	uint64_t now_unix_ns;              /**< now: for certificates and lastTransitionTime */
	/**
	 * Reads certificates; tel_certificates_read() is one. NULL: they are not looked at. Texts are PEM; one that is not
	 * configured has ptr NULL. Writes facts up to their size. TEL_OK also where a text is damaged, for the facts say so;
	 * TEL_ERR_NOMEM.
	 */
	tel_err (*read_certificates)(void *user, tel_slice cert, tel_slice key, tel_slice ca, tel_certificate_facts *facts);
	void *read_certificates_user;      /**< handed to read_certificates */
	tel_lock_state lock;               /**< where the holders of the limit lock are known from */
	int32_t max_pipelines;             /**< 0: 5, as Kyma has it; below 0: no limit */
	const tel_lock_owner *owners;      /**< TEL_LOCK_OWNED: who holds it */
	size_t owner_count;                /**< number of owners */
	const tel_secret_failure *secret_failures; /**< Secrets that could not be read */
	size_t secret_failure_count;       /**< number of secret_failures */
	const tel_workload_facts *gateway; /**< NULL: not looked at, GatewayHealthy stays as it was */
	const tel_workload_facts *agent;   /**< NULL: not looked at, as above where an agent is needed */
	const tel_flow_facts *gateway_flow; /**< NULL: not looked at; with agent_flow NULL, too, TelemetryFlowHealthy stays */
	const tel_flow_facts *agent_flow;  /**< NULL: not looked at */
	tel_slice target_namespace;        /**< where the OTLP Service is; empty: the one of RenderFacts, else kyma-system */
	bool has_service;                  /**< the OTLP Service is there: endpoints are told */
	tel_slice grpc_endpoint;           /**< instead of the Service's, local mode; empty: the Service's */
	tel_slice http_endpoint;           /**< instead of the Service's, local mode; empty: the Service's */
	bool paused;                       /**< overrides say that pipelines are left alone */
	bool cluster_unreadable;           /**< what rendering must know of the cluster could not be read: nothing is applied */
} tel_status_facts;
/** Initial value of tel_status_facts: nothing is known. */
#define TEL_STATUS_FACTS_INIT { sizeof(tel_status_facts), 0, NULL, NULL, TEL_LOCK_BY_AGE, 0, NULL, 0, NULL, 0, NULL, NULL, \
	NULL, NULL, { NULL, 0 }, false, { NULL, 0 }, { NULL, 0 }, false, false }

/** One condition; slices are borrowed from the status. */
typedef struct tel_condition {
	tel_slice type;                 /**< "ConfigurationGenerated", ... */
	tel_slice status;               /**< "True", "False", "Unknown" */
	tel_slice reason;               /**< one word */
	tel_slice message;              /**< for people; may be empty */
	tel_slice last_transition_time; /**< RFC 3339 */
	int64_t observed_generation;    /**< of the resource that was judged */
} tel_condition;

/** What became of one MetricPipeline; slices are borrowed. Zero-initialise through TEL_PIPELINE_STATUS_INIT. */
typedef struct tel_pipeline_status {
	size_t size;           /**< sizeof of the caller's view */
	tel_slice name;        /**< of the pipeline */
	tel_pipeline_verdict verdict; /**< what validation says; meaningless when untouched */
	tel_slice reason;      /**< in Kyma's words, empty for TEL_PIPELINE_VERDICT_OK */
	bool active;           /**< it is part of the configuration */
	bool needs_agent;      /**< it has a pull input */
	bool untouched;        /**< it is being deleted, or all are paused: its conditions stay as they are */
	bool changed;          /**< the conditions differ from those that the resource has */
	int64_t recheck_s;     /**< Unix seconds when a certificate will change the verdict; 0: never */
	size_t condition_count; /**< for tel_status_condition() */
} tel_pipeline_status;
/** Initial value of tel_pipeline_status. */
#define TEL_PIPELINE_STATUS_INIT { sizeof(tel_pipeline_status), { NULL, 0 }, TEL_PIPELINE_VERDICT_OK, \
	{ NULL, 0 }, false, false, false, false, 0, 0 }

/** What became of one Telemetry resource; slices are borrowed. Zero-initialise through TEL_TELEMETRY_STATUS_INIT. */
typedef struct tel_telemetry_status {
	size_t size;            /**< sizeof of the caller's view */
	tel_slice name;         /**< of the resource */
	tel_slice state;        /**< "Ready", "Warning", "Deleting" */
	tel_slice grpc_endpoint; /**< where OTLP is taken; empty: nowhere yet */
	tel_slice http_endpoint; /**< where OTLP is taken; empty: nowhere yet */
	bool changed;           /**< the status differs from the one that the resource has */
	size_t condition_count; /**< for tel_status_telemetry_condition() */
} tel_telemetry_status;
/** Initial value of tel_telemetry_status. */
#define TEL_TELEMETRY_STATUS_INIT { sizeof(tel_telemetry_status), { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, false, 0 }

/** What is to be done with a workload and its objects. */
typedef enum tel_workload_action {
	TEL_WORKLOAD_LEAVE = 0,  /**< nothing: paused, or the API server failed, and all of it is tried again */
	TEL_WORKLOAD_APPLY = 1,  /**< rendered from the active pipelines, and applied */
	TEL_WORKLOAD_DELETE = 2, /**< nobody needs it */
	TEL_WORKLOAD_ACTION_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_workload_action;

/** What follows from a status. Zero-initialise through TEL_STATUS_ACTIONS_INIT. */
typedef struct tel_status_actions {
	size_t size;                 /**< sizeof of the caller's view */
	tel_workload_action gateway; /**< wanted by every active pipeline */
	tel_workload_action agent;   /**< wanted by active pipelines with a pull input */
	bool retry;                  /**< the API server failed: try again, with back-off */
	int64_t recheck_s;           /**< Unix seconds when a certificate will change a verdict; 0: never */
} tel_status_actions;
/** Initial value of tel_status_actions. */
#define TEL_STATUS_ACTIONS_INIT { sizeof(tel_status_actions), TEL_WORKLOAD_LEAVE, TEL_WORKLOAD_LEAVE, false, 0 }

/** What tel_status_write() writes. */
typedef enum tel_status_part {
	TEL_STATUS_ALL = 0,       /**< every resource but the untouched pipelines */
	TEL_STATUS_PIPELINE = 1,  /**< one MetricPipeline */
	TEL_STATUS_TELEMETRY = 2, /**< one Telemetry resource */
	TEL_STATUS_PART_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_status_part;

/** How tel_status_write() writes. */
typedef enum tel_status_format {
	TEL_STATUS_YAML = 0, /**< documents */
	TEL_STATUS_JSON = 1, /**< an object, a List for TEL_STATUS_ALL */
	TEL_STATUS_FORMAT_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_status_format;

/**
 * Judge every MetricPipeline and Telemetry resource of a set.
 *
 * @param[in] set  as tel_pipeline_default() left it; must outlive the status, which borrows its texts
 * @param[in] facts  what else is known; read during the call only
 * @param[in] alloc  for the status; NULL for the C library's
 * @param[out] ret_status  new status, free with tel_status_free()
 * @return TEL_OK; TEL_ERR_ARG (facts or an array in them missing, or an enum out of range); TEL_ERR_LIMIT (above 256 MiB);
 *         TEL_ERR_NOMEM.
 *
 * The checks are Kyma's, in its order: Secrets, endpoint, certificates, limit, OTTL. A certificate that is about to expire
 * hides nothing that is worse. Conditions keep their lastTransitionTime while their status is the same.
 *
 * Cost:    linear in the resources and in their OTTL; certificates are read once per pipeline.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    kyma-metrics.md 2.4, 6, 7.
 */
TEL_API tel_err tel_status_judge(const tel_pipeline_set *set, const tel_status_facts *facts, const tel_alloc *alloc,
                                 tel_status **ret_status);

/**
 * What tel_status_judge() would refuse pipelines for, all of it and each with its place: keys of Secrets, endpoints,
 * certificates and OTTL. To tell a user before a cluster does.
 *
 * @param[in] set  set, normally after tel_pipeline_default() and tel_pipeline_validate()
 * @param[in] facts  NULL: certificates are not looked at; read during the call only
 * @param[out] findings  may be NULL
 * @return TEL_OK; TEL_ERR_CONFIG (findings say why); TEL_ERR_NOMEM.
 *
 * Secrets that are not in the set may be elsewhere: what they hold is not checked. A certificate that is about to expire is a
 * warning.
 *
 * Cost:    linear in the resources and in their OTTL.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    kyma-metrics.md 6.2 to 6.4, 6.6.
 */
TEL_API tel_err tel_status_check(const tel_pipeline_set *set, const tel_status_facts *facts, tel_findings *findings);

/**
 * Free a status.
 *
 * @param[in] status  may be NULL
 *
 * Cost:    constant.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_status_free(tel_status *status);

/**
 * What became of one MetricPipeline.
 *
 * @param[in] status  status
 * @param[in] index  0 to tel_pipeline_count() - 1
 * @param[out] ret_pipeline  filled up to its size member
 * @return TEL_OK; TEL_ERR_NOT_FOUND (index).
 *
 * Cost:    constant.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    kyma-metrics.md 6.
 */
TEL_API tel_err tel_status_pipeline(const tel_status *status, size_t index, tel_pipeline_status *ret_pipeline);

/**
 * What is to be done with gateway and agent.
 *
 * @param[in] status  status
 * @param[out] ret_actions  filled up to its size member
 * @return TEL_OK. No other value.
 *
 * Cost:    linear in the pipelines.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    kyma-metrics.md 0.3, 6.8.
 */
TEL_API tel_err tel_status_plan(const tel_status *status, tel_status_actions *ret_actions);

/**
 * One condition of a MetricPipeline. Those that it had come first, in their order, then the new ones in Kyma's.
 *
 * @param[in] status  status
 * @param[in] index  of the pipeline
 * @param[in] number  of the condition, 0 to condition_count - 1
 * @param[out] ret_condition  borrowed from the status
 * @return TEL_OK; TEL_ERR_NOT_FOUND (index or number).
 *
 * Cost:    constant.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    kyma-metrics.md 7.1 to 7.6.
 */
TEL_API tel_err tel_status_condition(const tel_status *status, size_t index, size_t number, tel_condition *ret_condition);

/**
 * What became of one Telemetry resource, in the order in which they were read.
 *
 * @param[in] status  status
 * @param[in] index  from 0
 * @param[out] ret_telemetry  filled up to its size member
 * @return TEL_OK; TEL_ERR_NOT_FOUND (index).
 *
 * Cost:    constant.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    kyma-metrics.md 2.4.
 */
TEL_API tel_err tel_status_telemetry(const tel_status *status, size_t index, tel_telemetry_status *ret_telemetry);

/**
 * One condition of a Telemetry resource.
 *
 * @param[in] status  status
 * @param[in] index  of the resource
 * @param[in] number  of the condition, 0 to condition_count - 1
 * @param[out] ret_condition  borrowed from the status
 * @return TEL_OK; TEL_ERR_NOT_FOUND (index or number).
 *
 * Cost:    constant.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    kyma-metrics.md 2.4, 7.7.
 */
TEL_API tel_err tel_status_telemetry_condition(const tel_status *status, size_t index, size_t number,
                                               tel_condition *ret_condition);

/**
 * Write resources with apiVersion, kind, name and status, as the status subresource takes them.
 *
 * @param[in] status  status
 * @param[in] part  which of them
 * @param[in] index  of the resource; not read for TEL_STATUS_ALL
 * @param[in] format  YAML or JSON
 * @param[in] alloc  for the text; NULL for the C library's
 * @param[out] ret_text  new buffer, drop with tel_buf_unref()
 * @return TEL_OK; TEL_ERR_ARG (an enum out of range); TEL_ERR_NOT_FOUND (index); TEL_ERR_LIMIT (text above 64 MiB);
 *         TEL_ERR_NOMEM.
 *
 * Cost:    linear in the text.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    kyma-metrics.md 1.3, 2.4.
 */
TEL_API tel_err tel_status_write(const tel_status *status, tel_status_part part, size_t index, tel_status_format format,
                                 const tel_alloc *alloc, tel_buf **ret_text);

TEL_END_DECLS
/** @} */
#endif
