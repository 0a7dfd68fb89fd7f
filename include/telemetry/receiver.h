/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_RECEIVER_H
#define TELEMETRY_RECEIVER_H
/**
 * @defgroup tel_receiver Receiver
 * Takes OTLP over gRPC and HTTP and hands decoded batches to the host together with a receipt. The client is answered
 * when the receipt is settled, now or later: that is how "accepted" keeps its meaning.
 * @{
 */
#include <telemetry/ctx.h>
#include <telemetry/graph.h>
#include <telemetry/metrics.h>

TEL_BEGIN_DECLS

/** Receives OTLP. */
typedef struct tel_receiver tel_receiver;
/** One request that waits for its answer. */
typedef struct tel_receipt tel_receipt;

/** What became of a request. */
typedef enum tel_verdict {
	TEL_VERDICT_OK = 0,                 /**< taken, as safely as the queue promises */
	TEL_VERDICT_FILTERED = 1,           /**< nothing was left to take; the client sees success */
	TEL_VERDICT_RETRY = 2,              /**< not taken; the same request may succeed later */
	TEL_VERDICT_PERMANENT = 3,          /**< not taken, and never will be */
	TEL_VERDICT_ABORT = 4,              /**< no answer: the connection is closed (HTTP/2: the stream is cancelled); clients retry */
	TEL_VERDICT_FORCE32 = 0x7fffffff    /**< keeps the enum 32 bits wide */
} tel_verdict;

/** Outcome of a request. Zero-initialise through TEL_OUTCOME_INIT. */
typedef struct tel_outcome {
	size_t size;             /**< sizeof of the caller's view */
	tel_verdict verdict;     /**< what became of it */
	int32_t grpc_status;     /**< 0 to 16; 0 = by the verdict: UNAVAILABLE for RETRY, INTERNAL for PERMANENT */
	uint64_t retry_after_ns; /**< hint for RETRY; 0 = none */
	uint64_t rejected_points; /**< partial success of OK: points that were not taken and must not be sent again; more than the
	                               batch held counts as all of them */
	tel_slice message;       /**< reason, read during the call only */
} tel_outcome;
/** Initial value of tel_outcome. */
#define TEL_OUTCOME_INIT { sizeof(tel_outcome), TEL_VERDICT_OK, 0, 0, 0, { NULL, 0 } }

/** Options of a receiver. Zero-initialise through TEL_RECEIVER_OPTS_INIT. */
typedef struct tel_receiver_opts {
	size_t size;               /**< sizeof of the caller's view */
	tel_slice grpc_endpoint;   /**< "host:port", port 0 = any; empty = no gRPC */
	tel_slice http_endpoint;   /**< "host:port", port 0 = any; empty = no HTTP */
	size_t grpc_max_bytes;     /**< message limit after decompression; 0 = 4 MiB */
	size_t http_max_bytes;     /**< body limit before and after decompression; 0 = 20 MiB */
	bool forward_bad_utf8;     /**< pass text that is not UTF-8 on instead of cutting it out */
	tel_slice http_path;       /**< path of requests; empty = /v1/metrics */
	tel_slice cert_file;       /**< TLS: PEM file of our certificate and its chain; empty = plaintext */
	tel_slice key_file;        /**< TLS: its private key */
	tel_slice client_ca_file;  /**< TLS: clients must show a certificate of these authorities; empty = they need none */
	uint64_t tls_reload_ns;    /**< TLS: look at the files again after so long; 0 = never */
	bool strict_json;          /**< refuse JSON that the specification forbids and the Collector takes: TEL_OTLP_STRICT_JSON */
} tel_receiver_opts;
/** Initial value of tel_receiver_opts. */
#define TEL_RECEIVER_OPTS_INIT { sizeof(tel_receiver_opts), { NULL, 0 }, { NULL, 0 }, 0, 0, false, \
	{ NULL, 0 }, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, 0, false }

/**
 * Open the listeners of a receiver.
 *
 * @param[in]  ctx           context; outlives the receiver
 * @param[in]  opts          read during the call only; at least one endpoint
 * @param[in]  on_metrics    called from the loop for each request that holds points: receipt is to be settled exactly
 *                           once, metrics is the callee's to free
 * @param[in]  user          handed to on_metrics
 * @param[out] ret_receiver  new receiver, free with tel_receiver_free()
 * @param[out] err           optional
 * @return TEL_OK; TEL_ERR_ARG (also an endpoint that is no address); TEL_ERR_IO (an address cannot be opened, detail holds
 *         errno); TEL_ERR_CONFIG (a TLS file); TEL_ERR_FORKED; TEL_ERR_NOMEM.
 *
 * Cost:    two listening sockets at most.
 * Threads: the context's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    OTLP/gRPC and OTLP/HTTP; protocols.md 2.1-2.3.
 */
TEL_API tel_err tel_receiver_new(tel_ctx *ctx, const tel_receiver_opts *opts,
                                 void (*on_metrics)(tel_receipt *receipt, tel_metrics *metrics, void *user), void *user,
                                 tel_receiver **ret_receiver, tel_error *err);

/**
 * Ports that the receiver listens on, for endpoints with port 0.
 *
 * @param[in]  receiver       receiver
 * @param[out] ret_grpc_port  optional; 0 = no gRPC
 * @param[out] ret_http_port  optional; 0 = no HTTP
 *
 * Cost:    constant.
 * Threads: the context's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_receiver_ports(const tel_receiver *receiver, unsigned *ret_grpc_port, unsigned *ret_http_port);

/**
 * Take no new connections and finish what is open: gRPC clients are told to go elsewhere (GOAWAY), HTTP connections end
 * with their next answer. Settle what is open, look at tel_receiver_open_count(), then free.
 *
 * @param[in] receiver  receiver
 *
 * Cost:    O(connections).
 * Threads: the context's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    RFC 9113, 6.8.
 */
TEL_API void tel_receiver_drain(tel_receiver *receiver);

/**
 * How many receipts are not settled.
 *
 * @param[in] receiver  receiver
 * @return number of open receipts.
 *
 * Cost:    constant.
 * Threads: the context's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API size_t tel_receiver_open_count(const tel_receiver *receiver);

/**
 * Stop accepting and close. Requests whose receipt is still open are aborted (clients send them again); their receipts
 * stay valid, are still to be settled, and settling them answers nobody.
 *
 * @param[in] receiver  may be NULL; not to be used any more, also where the call is made inside a callback and memory and
 *                      connections go when that returns to the loop
 *
 * In a child after fork it closes the child's copies of descriptors; the connections of the parent stay as they are.
 * Cost:    O(connections).
 * Threads: the context's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_receiver_free(tel_receiver *receiver);

/**
 * Where the request of a receipt came from.
 *
 * @param[in] receipt  open receipt
 * @return origin, borrowed until the receipt is settled.
 *
 * Cost:    constant.
 * Threads: the context's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API const tel_origin *tel_receipt_origin(const tel_receipt *receipt);

/**
 * Be told when waiting for the host has lost its point: the client went away, or the deadline that it gave passed.
 *
 * @param[in] receipt  open receipt
 * @param[in] on_lost  called at most once, from the loop, with TEL_ERR_CLOSED (nobody reads the answer) or TEL_ERR_TIMEOUT
 *                     (the deadline passed, and the client is told so); the receipt is still to be settled, which on_lost
 *                     may do. NULL = do not call
 * @param[in] user     handed to on_lost
 * @return TEL_OK; TEL_ERR_ARG (receipt NULL); TEL_ERR_STATE (settled already, see tel_receipt_settle()); TEL_ERR_CLOSED (the
 *         client is gone already, or the receiver was freed; on_lost will not run); TEL_ERR_FORKED.
 *
 * What was taken from the batch stays taken: a client that gave up sends the batch again. A client over HTTP/1 that goes
 * away is noticed by the answer only.
 * Cost:    constant.
 * Threads: the context's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    gRPC over HTTP/2, "grpc-timeout".
 */
TEL_API tel_err tel_receipt_watch(tel_receipt *receipt, void (*on_lost)(void *user, tel_err why), void *user);

/**
 * Answer the client. The receipt is gone after the call, unless it fails with TEL_ERR_ARG or TEL_ERR_FORKED.
 *
 * @param[in] receipt  open receipt
 * @param[in] outcome  NULL = TEL_VERDICT_OK; read during the call only
 * @return TEL_OK; TEL_ERR_CLOSED (settled, but nobody hears it: the client is gone, its deadline passed, or the
 *         receiver was freed);
 *         TEL_ERR_ARG (receipt NULL, an outcome that was not initialised, an unknown verdict or status); TEL_ERR_STATE
 *         (settled before); TEL_ERR_FORKED.
 *
 * Settling twice is a bug of the host. It is noticed while the receiver lives and up to 16 receipts of it were settled
 * since; after that the receipt is another one.
 * Cost:    one small write.
 * Threads: the context's.
 * Callback-safe: yes, also inside on_metrics.   Since: 0.1
 * Spec:    protocols.md 2.2, 2.3; otel-processing.md 9.1.
 */
TEL_API tel_err tel_receipt_settle(tel_receipt *receipt, const tel_outcome *outcome);

TEL_END_DECLS
/** @} */
#endif
