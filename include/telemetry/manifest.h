/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_MANIFEST_H
#define TELEMETRY_MANIFEST_H
/**
 * @defgroup tel_manifest Manifests
 * Objects that an operator applies before the manager can run, made from the tables that resources are read with.
 * @{
 */
#include <telemetry/alloc.h>
#include <telemetry/buf.h>
#include <telemetry/error.h>
#include <telemetry/slice.h>

TEL_BEGIN_DECLS

/** Which objects. */
typedef enum tel_manifest {
	TEL_MANIFEST_CRDS = 0,     /**< CustomResourceDefinitions of MetricPipeline and Telemetry */
	TEL_MANIFEST_WEBHOOKS = 1, /**< what the API server asks the manager before it takes a MetricPipeline */
	TEL_MANIFEST_ROLES = 2,    /**< who the manager is and what it may do; what people may do with the resources */
	TEL_MANIFEST_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_manifest;

/** Choices of tel_manifest_format(). Zero-initialise through TEL_MANIFEST_OPTS_INIT. */
typedef struct tel_manifest_opts {
	size_t size;                /**< sizeof of the caller's view */
	const tel_alloc *alloc;     /**< for the text; NULL for the C library's */
	tel_slice target_namespace; /**< where the manager runs; empty: kyma-system */
} tel_manifest_opts;
/** Initial value of tel_manifest_opts. */
#define TEL_MANIFEST_OPTS_INIT { sizeof(tel_manifest_opts), NULL, { NULL, 0 } }

/**
 * Write objects as a stream of YAML documents.
 *
 * @param[in] which  which objects
 * @param[in] opts  NULL for defaults; read during the call only
 * @param[out] ret_text  new buffer, drop with tel_buf_unref()
 * @return TEL_OK; TEL_ERR_ARG (an enum out of range, or a namespace that is no label of DNS); TEL_ERR_NOMEM.
 *
 * Cost:    linear in the text.
 * Threads: reentrant.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    kyma-metrics.md 1.1, 1.7, 2.1.
 */
TEL_API tel_err tel_manifest_format(tel_manifest which, const tel_manifest_opts *opts, tel_buf **ret_text);

/** @} */

TEL_END_DECLS
#endif
