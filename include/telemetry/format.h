/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_FORMAT_H
#define TELEMETRY_FORMAT_H
/**
 * @defgroup tel_format Text forms
 * A batch as text: OTLP/JSON for programs, and four forms for people.
 * @{
 */
#include <telemetry/buf.h>
#include <telemetry/error.h>
#include <telemetry/metrics.h>

TEL_BEGIN_DECLS

/** Forms of text. All but TEL_FORMAT_JSON are for people and may change in any release. */
typedef enum tel_format {
	TEL_FORMAT_BASIC = 0,    /**< one line with the counts */
	TEL_FORMAT_SUMMARY = 1,  /**< one line per resource, scope, metric and point */
	TEL_FORMAT_NORMAL = 2,   /**< name{attributes} value per point, under its resource and scope */
	TEL_FORMAT_DETAILED = 3, /**< every field of every message */
	TEL_FORMAT_JSON = 4,     /**< OTLP/JSON on one line */
	TEL_FORMAT_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_format;

/**
 * Write a batch as text.
 *
 * @param[in]  metrics  batch
 * @param[in]  format   form of the text
 * @param[out] ret_buf  new buffer with one reference, drop with tel_buf_unref(); not NUL-terminated
 * @param[out] err      optional
 * @return TEL_OK; TEL_ERR_ARG (no batch, or unknown format); TEL_ERR_LIMIT (text over 1 GiB); TEL_ERR_NOMEM.
 *
 * Foreign text is quoted and escaped: it can break neither a line nor a terminal.
 * Cost:    one pass over the batch.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    OTLP specification, "JSON Protobuf Encoding", for TEL_FORMAT_JSON.
 */
TEL_API tel_err tel_metrics_format(const tel_metrics *metrics, tel_format format, tel_buf **ret_buf, tel_error *err);

TEL_END_DECLS
/** @} */
#endif
