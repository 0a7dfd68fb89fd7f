/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_TEXT_H
#define TELEMETRY_TEXT_H
/**
 * @defgroup tel_text Text forms
 * Batches for people and for tests.
 * @{
 */
#include <telemetry/buf.h>
#include <telemetry/metrics.h>

TEL_BEGIN_DECLS

/** Forms of tel_metrics_text(). */
typedef enum tel_text_form {
	TEL_TEXT_SUMMARY = 0,                 /**< counts of resources, scopes, metrics and points, one line each */
	TEL_TEXT_DEBUG = 1,                   /**< everything, indented */
	TEL_TEXT_JSON = 2,                    /**< OTLP/JSON, one line */
	TEL_TEXT_FORM_FORCE32 = 0x7fffffff    /**< keeps the enum 32 bits wide */
} tel_text_form;

/**
 * Find a form by its name.
 *
 * @param[in] name  "summary", "debug" or "json"
 * @return the tel_text_form; -1 when there is none of that name.
 *
 * Cost:    constant.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    commands.md.
 */
TEL_API int tel_text_form_by_name(tel_slice name);

/**
 * Print a batch.
 *
 * @param[in]  metrics   batch
 * @param[in]  form      how
 * @param[in]  alloc     for the text; NULL for the C library's
 * @param[out] ret_text  UTF-8 that ends with a newline, drop with tel_buf_unref()
 * @param[out] err       optional
 * @return TEL_OK; TEL_ERR_ARG; TEL_ERR_NOMEM; TEL_ERR_LIMIT (more than 1 GiB of text).
 *
 * Cost:    one pass over every field.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    commands.md; OTLP/JSON for TEL_TEXT_JSON.
 */
TEL_API tel_err tel_metrics_text(const tel_metrics *metrics, tel_text_form form, const tel_alloc *alloc, tel_buf **ret_text,
                                 tel_error *err);

TEL_END_DECLS
/** @} */
#endif
