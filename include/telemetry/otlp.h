/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_OTLP_H
#define TELEMETRY_OTLP_H
/**
 * @defgroup tel_otlp OTLP codec
 * Converts between OTLP payloads and tel_metrics. No I/O, no global state.
 *
 * Typical use: bytes, tel_otlp_decode(), processors, tel_otlp_encode(), bytes.
 * @{
 */
#include <telemetry/budget.h>
#include <telemetry/buf.h>
#include <telemetry/metrics.h>

TEL_BEGIN_DECLS

/** Flags of tel_otlp_decode_opts. */
enum {
	TEL_OTLP_FORWARD_BAD_UTF8 = 1, /**< pass text that is not UTF-8 on, as the Collector does */
	TEL_OTLP_TRUSTED = 2,          /**< the bytes were validated before: index them, skip the content of points */
	TEL_OTLP_STRICT_JSON = 4       /**< JSON only: refuse what the specification forbids and the Collector takes */
};

/** Decoding options. Zero-initialise through TEL_OTLP_DECODE_OPTS_INIT; only ever grows at the end. */
typedef struct tel_otlp_decode_opts {
	size_t size;            /**< sizeof of the caller's view; set by the INIT macro */
	uint32_t flags;         /**< TEL_OTLP_FORWARD_BAD_UTF8, ... */
	uint32_t max_depth;     /**< nesting of AnyValue, at most 64; 0 = 64 */
	size_t max_bytes;       /**< memory the index may take; 0 = 16 x payload + 64 KiB, no ceiling for trusted bytes */
	const tel_alloc *alloc; /**< NULL for the C library's */
	tel_budget *budget;     /**< charged until the batch goes: the index, later edits, bytes made from JSON; NULL = none */
} tel_otlp_decode_opts;
/** Initial value of tel_otlp_decode_opts. */
#define TEL_OTLP_DECODE_OPTS_INIT { sizeof(tel_otlp_decode_opts), 0, 0, 0, NULL, NULL }

/** What decoding cut out; filled on success. */
typedef struct tel_otlp_report {
	size_t size;              /**< sizeof of the caller's view */
	uint64_t rejected_points; /**< data points cut out because their metric or resource holds bad UTF-8 */
	uint64_t rejected_nodes;  /**< metrics, scopes and resources cut out */
	uint64_t merged_nodes;    /**< messages normalised by proto3's merge rule */
	uint64_t unknown_fields;  /**< kept as they are; counted outside points only */
	char message[256];        /**< for partial success: first reason and where; empty when nothing was cut */
} tel_otlp_report;
/** Initial value of tel_otlp_report. */
#define TEL_OTLP_REPORT_INIT { sizeof(tel_otlp_report), 0, 0, 0, 0, { 0 } }

/**
 * Decode an ExportMetricsServiceRequest (or MetricsData, which is the same on the wire).
 *
 * @param[in]  payload      protobuf bytes; *ret_metrics keeps a reference, nothing is copied
 * @param[in]  opts         NULL for defaults; read during the call only
 * @param[out] ret_metrics  new batch, owned by the caller, free with tel_metrics_free(); untouched on failure
 * @param[out] ret_report   optional; what was cut out or normalised
 * @param[out] err          optional; on failure code, message and byte offset in payload
 * @return TEL_OK; TEL_ERR_MALFORMED (truncated, bad tag, group, wrong wire type); TEL_ERR_LIMIT (depth or memory);
 *         TEL_ERR_BUDGET; TEL_ERR_NOMEM; TEL_ERR_ARG. No other value.
 *
 * Shape:   payload is one message, without gRPC prefix and not compressed.
 * Unknown fields are kept and counted, never an error. A metric or resource whose text is not UTF-8 is cut out alone.
 * Cost:    one pass; allocations O(arena blocks), not O(points).
 * Threads: reentrant; the batch belongs to one thread at a time.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, collector/metrics/v1/metrics_service.proto; protocols.md 2.1.
 */
TEL_API tel_err tel_otlp_decode(tel_buf *payload, const tel_otlp_decode_opts *opts, tel_metrics **ret_metrics,
                                tel_otlp_report *ret_report, tel_error *err);

/**
 * Encode a batch as one contiguous ExportMetricsServiceRequest.
 *
 * @param[in]  metrics  batch
 * @param[out] ret_buf  new buffer with one reference, drop with tel_buf_unref(); when the batch is one untouched
 *                      input, a reference to that input
 * @param[out] err      optional
 * @return TEL_OK; TEL_ERR_ARG; TEL_ERR_STATE (edited, and not ended by tel_edit_finish()); TEL_ERR_NOMEM; TEL_ERR_LIMIT (more
 *         than 2 GiB). No other value.
 *
 * Cost:    one copy of the live bytes; none for an untouched batch.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    opentelemetry-proto, collector/metrics/v1/metrics_service.proto.
 */
TEL_API tel_err tel_otlp_encode(const tel_metrics *metrics, tel_buf **ret_buf, tel_error *err);

/**
 * Decode an ExportMetricsServiceRequest in OTLP/JSON.
 *
 * @param[in]  text         one JSON text in UTF-8; read during the call only
 * @param[in]  opts         NULL for defaults; the only flag is TEL_OTLP_STRICT_JSON, max_bytes bounds the protobuf bytes and
 *                          the index together
 * @param[out] ret_metrics  new batch, owned by the caller, free with tel_metrics_free(); untouched on failure
 * @param[out] ret_report   optional; merged_nodes counts keys that came twice, unknown keys are not counted
 * @param[out] err          optional; on failure code, message, line, column and byte offset in text
 * @return TEL_OK; TEL_ERR_MALFORMED (no JSON, or a member of the wrong type or range); TEL_ERR_LIMIT (depth or memory);
 *         TEL_ERR_BUDGET; TEL_ERR_NOMEM; TEL_ERR_ARG. No other value.
 *
 * Shape:   keys in lowerCamelCase or snake_case, enums as numbers or names, 64-bit integers as strings or numbers,
 *          ids in hex, bytes in base64; null is an absent member; unknown keys are skipped. The batch holds OTLP bytes.
 *          TEL_OTLP_STRICT_JSON refuses snake_case, names of enums and keys that come twice.
 * Cost:    one pass over the text, one over the bytes; two allocations and those of the index.
 * Threads: reentrant; the batch belongs to one thread at a time.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    OTLP specification, "JSON Protobuf Encoding"; RFC 8259; protocols.md 2.4.
 */
TEL_API tel_err tel_otlp_json_decode(tel_slice text, const tel_otlp_decode_opts *opts, tel_metrics **ret_metrics,
                                     tel_otlp_report *ret_report, tel_error *err);

TEL_END_DECLS
/** @} */
#endif
