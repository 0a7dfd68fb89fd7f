/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_EXPORTER_H
#define TELEMETRY_EXPORTER_H
/**
 * @defgroup tel_exporter Exporter
 * Sends batches to one OTLP backend: queue, compression, retry with backoff, one probe at a time while the backend is
 * dead. Every batch is answered once: delivered, delivered in part, or not.
 *
 * Typical use: tel_exporter_new_env(), build a batch, tel_export_submit(), tel_ctx_run_until_idle().
 * @{
 */
#include <telemetry/builder.h>
#include <telemetry/ctx.h>
#include <telemetry/error.h>
#include <telemetry/metrics.h>
#include <telemetry/slice.h>

TEL_BEGIN_DECLS

/** Sends batches to one backend. */
typedef struct tel_exporter tel_exporter;

/** How an exporter talks. */
typedef enum tel_exporter_protocol {
	TEL_EXPORTER_HTTP_PROTOBUF = 0,            /**< OTLP/HTTP with protobuf bodies */
	TEL_EXPORTER_GRPC = 1,                     /**< OTLP/gRPC */
	TEL_EXPORTER_HTTP_JSON = 2,                /**< OTLP/HTTP with JSON bodies */
	TEL_EXPORTER_PROTOCOL_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_exporter_protocol;

/** Which temporality the user of a program wants, as OpenTelemetry names the choices. */
typedef enum tel_temporality_preference {
	TEL_PREFER_CUMULATIVE = 0,                       /**< everything since the start */
	TEL_PREFER_DELTA = 1,                            /**< counters and histograms since the last report */
	TEL_PREFER_LOW_MEMORY = 2,                       /**< delta where that needs no memory of the past */
	TEL_TEMPORALITY_PREFERENCE_FORCE32 = 0x7fffffff  /**< keeps the enum 32 bits wide */
} tel_temporality_preference;

/** One header (HTTP) or metadata entry (gRPC) of every request. */
typedef struct tel_exporter_header {
	tel_slice name;  /**< case does not matter */
	tel_slice value; /**< as it goes out */
} tel_exporter_header;

/** Options of an exporter. Zero-initialise through TEL_EXPORTER_OPTS_INIT; only ever grows at the end. */
typedef struct tel_exporter_opts {
	size_t size;                        /**< sizeof of the caller's view */
	tel_exporter_protocol protocol;     /**< how to talk */
	tel_slice endpoint;                 /**< HTTP: URL; gRPC: URL or host:port; empty = localhost and OTLP's port */
	bool endpoint_is_whole;             /**< HTTP: use the URL as it is, do not append v1/metrics */
	bool insecure;                      /**< gRPC, endpoint without a scheme: plaintext */
	bool no_retry;                      /**< one attempt only */
	const tel_exporter_header *headers; /**< header_count of them */
	size_t header_count;                /**< number of headers */
	tel_slice compression;              /**< "gzip", "zstd", "snappy", HTTP: "zlib", "deflate"; "none" or empty = none */
	uint64_t timeout_ns;                /**< one attempt; 0 = 10 s */
	uint64_t max_elapsed_ns;            /**< give a batch up after so long; 0 = 5 min, UINT64_MAX = never */
	uint64_t queue_batches;             /**< batches that wait or are in flight; 0 = 1000 */
	uint32_t in_flight;                 /**< requests at once; 0 = 10 */
	tel_slice user_agent;               /**< empty = libtelemetry and its version */
	tel_slice ca_file;                  /**< TLS: PEM file of the authorities to trust; empty = the system's */
	tel_slice client_cert_file;         /**< TLS: our certificate; empty = none */
	tel_slice client_key_file;          /**< TLS: its private key */
	tel_temporality_preference temporality; /**< told by tel_exporter_preference_get(); batches go out as they are */
	bool exponential_histograms;        /**< likewise: the user prefers them to explicit bounds */
	bool disabled;                      /**< answer every batch with success and send nothing; no other option counts */
	tel_proxies proxies;                /**< without http and https: the context's */
	tel_slice server_name;              /**< TLS: the name that the server's certificate must carry; empty = the endpoint's */
	bool insecure_skip_verify;          /**< TLS: take any certificate: for tests only */
} tel_exporter_opts;
/** Initial value of tel_exporter_opts. */
#define TEL_EXPORTER_OPTS_INIT { sizeof(tel_exporter_opts), TEL_EXPORTER_HTTP_PROTOBUF, { NULL, 0 }, false, false, false, \
	NULL, 0, { NULL, 0 }, 0, 0, 0, 0, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, TEL_PREFER_CUMULATIVE, false, false, \
	{ { NULL, 0 }, { NULL, 0 }, { NULL, 0 } }, { NULL, 0 }, false }

/** How a program should build its metrics for an exporter. Zero-initialise through TEL_EXPORTER_PREFERENCE_INIT. */
typedef struct tel_exporter_preference {
	size_t size;                          /**< sizeof of the caller's view */
	tel_temporality counter;              /**< counters that the program adds to */
	tel_temporality observed_counter;     /**< counters whose sum is read from elsewhere */
	tel_temporality up_down;              /**< sums that go up and down */
	tel_temporality histogram;            /**< histograms of both kinds */
	tel_metric_type histogram_type;       /**< TEL_METRIC_HISTOGRAM or TEL_METRIC_EXP_HISTOGRAM */
} tel_exporter_preference;
/** Initial value of tel_exporter_preference. */
#define TEL_EXPORTER_PREFERENCE_INIT { sizeof(tel_exporter_preference), TEL_CUMULATIVE, TEL_CUMULATIVE, TEL_CUMULATIVE, \
	TEL_CUMULATIVE, TEL_METRIC_HISTOGRAM }

/** Where tel_exporter_new_env() reads variables from. */
typedef struct tel_exporter_env {
	size_t size;                                        /**< sizeof of the caller's view */
	const char *(*lookup)(void *user, const char *name); /**< value, or NULL when unset; valid until the next call */
	void *user;                                         /**< handed to lookup */
} tel_exporter_env;

/** What became of a batch; everything in it is borrowed during the callback. */
typedef struct tel_export_result {
	size_t size;              /**< sizeof as the library knows it */
	tel_err code;             /**< TEL_OK; TEL_ERR_PARTIAL; TEL_ERR_REFUSED (given up); TEL_ERR_REJECTED (for good) */
	uint64_t rejected_points; /**< with TEL_ERR_PARTIAL: points that the backend did not take */
	int32_t grpc_status;      /**< the backend's last word as a gRPC status; 0 = none */
	tel_slice message;        /**< its text; may be empty */
} tel_export_result;

/**
 * Make an exporter.
 *
 * @param[in]  ctx           context; outlives the exporter
 * @param[in]  opts          NULL for defaults; read during the call only
 * @param[out] ret_exporter  new exporter, free with tel_exporter_free()
 * @param[out] err           optional
 * @return TEL_OK; TEL_ERR_ARG (endpoint, protocol, compression, header); TEL_ERR_CONFIG (a TLS file);
 *         TEL_ERR_UNSUPPORTED (snappy in a build without it); TEL_ERR_FORKED; TEL_ERR_NOMEM.
 *
 * Cost:    allocations; no connection yet.
 * Threads: the context's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    OTLP exporter configuration; otel-processing.md 9.2, 9.3.
 */
TEL_API tel_err tel_exporter_new(tel_ctx *ctx, const tel_exporter_opts *opts, tel_exporter **ret_exporter, tel_error *err);

/**
 * Make an exporter as the environment says.
 *
 * OTEL_EXPORTER_OTLP_METRICS_* wins over OTEL_EXPORTER_OTLP_*; an empty variable is as if unset:
 * ENDPOINT (v1/metrics is appended to the general form, the METRICS form is used as it is), PROTOCOL (http/protobuf,
 * http/json, grpc), INSECURE (true, false; gRPC without a scheme), HEADERS (k=v,k2=v2, percent-decoded), COMPRESSION
 * (none, gzip), TIMEOUT (milliseconds, 0 = no limit), CERTIFICATE, CLIENT_CERTIFICATE and CLIENT_KEY (PEM files).
 * Only as OTEL_EXPORTER_OTLP_METRICS_*: TEMPORALITY_PREFERENCE (cumulative, delta, lowmemory) and
 * DEFAULT_HISTOGRAM_AGGREGATION, for tel_exporter_preference_get(). OTEL_SDK_DISABLED=true and
 * OTEL_METRICS_EXPORTER=none make an exporter that sends nothing. OTEL_EXPORTER_OTLP_METRIC_INSECURE is obsolete and
 * ignored with a warning. The resource is the program's: tel_exporter_env_resource().
 * What takes effect is logged once, without the values of headers.
 *
 * @param[in]  ctx           context; outlives the exporter
 * @param[in]  env           NULL for the environment of the process; read during the call only
 * @param[out] ret_exporter  new exporter, free with tel_exporter_free()
 * @param[out] err           optional; names the variable that cannot be used
 * @return TEL_OK; TEL_ERR_ARG (a variable cannot be read); TEL_ERR_UNSUPPORTED (OTEL_METRICS_EXPORTER is neither otlp nor
 *         none); TEL_ERR_CONFIG (a TLS file); TEL_ERR_FORKED; TEL_ERR_NOMEM.
 *
 * Cost:    as tel_exporter_new().
 * Threads: the context's; nobody may change the environment meanwhile.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    OpenTelemetry protocol exporter specification; conventions.md 4.3.
 */
TEL_API tel_err tel_exporter_new_env(tel_ctx *ctx, const tel_exporter_env *env, tel_exporter **ret_exporter,
                                     tel_error *err);

/**
 * Begin the resource of a batch as OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say, by tel_builder_resource_text().
 *
 * @param[in] env      NULL for the environment of the process; read during the call only
 * @param[in] builder  builder; a failure sticks in it
 *
 * Cost:    O(length of the variables).
 * Threads: the builder's; nobody may change the environment meanwhile.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    OpenTelemetry resource SDK, "Specifying resource information via an environment variable"; conventions.md 4.3.
 */
TEL_API void tel_exporter_env_resource(const tel_exporter_env *env, tel_builder *builder);

/**
 * How the user wants metrics to be built; an exporter never converts.
 *
 * @param[in]  exporter        exporter
 * @param[out] ret_preference  filled as far as its size goes
 * @return TEL_OK; TEL_ERR_ARG (NULL, or a size that is none).
 *
 * Cost:    constant.
 * Threads: the context's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    OpenTelemetry metrics exporter for OTLP, "Additional environment variable configuration".
 */
TEL_API tel_err tel_exporter_preference_get(const tel_exporter *exporter, tel_exporter_preference *ret_preference);

/**
 * Free an exporter. What was submitted and is not answered is lost, and its callbacks do not run.
 *
 * @param[in] exporter  may be NULL; not to be used any more, also where the call is made inside a callback and memory and
 *                      connections go when that returns to the loop
 *
 * In a child after fork it closes the child's copies of descriptors; the connections of the parent stay as they are.
 * Cost:    O(open batches).
 * Threads: the context's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_exporter_free(tel_exporter *exporter);

/**
 * Send a batch.
 *
 * @param[in]  exporter  exporter
 * @param[in]  metrics   taken by the call on success, still the caller's on failure
 * @param[in]  done      called once from the loop, never inside submit; may be NULL
 * @param[in]  user      handed to done
 * @param[out] ret_id    optional; names the batch for tel_export_cancel()
 * @param[out] err       optional
 * @return TEL_OK; TEL_ERR_ARG; TEL_ERR_FULL (the queue has no room: submit again later); TEL_ERR_BUDGET;
 *         TEL_ERR_LIMIT (larger than a queue can hold); TEL_ERR_FORKED; TEL_ERR_NOMEM.
 *
 * A batch without points is answered with success and not sent.
 * Cost:    a copy of small batches; references to large ones. Sending starts in the loop.
 * Threads: the context's.
 * Callback-safe: yes, done may submit and cancel.   Since: 0.1
 * Spec:    protocols.md 2.1 - 2.5.
 */
TEL_API tel_err tel_export_submit(tel_exporter *exporter, tel_metrics *metrics,
                                  void (*done)(void *user, const tel_export_result *result), void *user,
                                  uint64_t *ret_id, tel_error *err);

/**
 * Forget a batch: done will not run. What is not at the backend yet is not sent; a request that is on its way goes on, and
 * tel_ctx_run_until_idle() may wait for its answer.
 *
 * @param[in] exporter  exporter
 * @param[in] id        from tel_export_submit(); an id that was answered already is ignored
 *
 * Cost:    O(open batches).
 * Threads: the context's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_export_cancel(tel_exporter *exporter, uint64_t id);

TEL_END_DECLS
/** @} */
#endif
