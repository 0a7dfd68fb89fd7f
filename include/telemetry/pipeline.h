/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_PIPELINE_H
#define TELEMETRY_PIPELINE_H
/**
 * @defgroup tel_pipeline Pipelines
 * Reads Kubernetes resources: MetricPipeline and Telemetry in both of their versions, the Secrets that they refer to, and
 * the facts about a cluster that rendering needs. Nothing here talks to a cluster.
 * @{
 */
#include <telemetry/alloc.h>
#include <telemetry/config.h>
#include <telemetry/error.h>
#include <telemetry/slice.h>

TEL_BEGIN_DECLS

/** Resources that were read together. */
typedef struct tel_pipeline_set tel_pipeline_set;

/** Choices of tel_pipeline_parse(). Zero-initialise through TEL_PIPELINE_OPTS_INIT. */
typedef struct tel_pipeline_opts {
	size_t size;            /**< sizeof of the caller's view */
	const tel_alloc *alloc; /**< for the set; NULL for the C library's */
	bool strict;            /**< unknown fields are errors, as kubectl's strict validation has them, instead of warnings */
} tel_pipeline_opts;
/** Initial value of tel_pipeline_opts. */
#define TEL_PIPELINE_OPTS_INIT { sizeof(tel_pipeline_opts), NULL, false }

/**
 * Read resources from YAML or JSON, any number of documents in each source, lists included.
 *
 * @param[in] sources  read during the call only
 * @param[in] n  number of sources
 * @param[in] opts  NULL for defaults; read during the call only
 * @param[out] ret_set  new set, free with tel_pipeline_free(); untouched on failure
 * @param[out] findings  what the API server would say of the schema, each with field path and position; may be NULL
 * @return TEL_OK; TEL_ERR_CONFIG (findings say why); TEL_ERR_ARG (n is 0 or above 1000); TEL_ERR_LIMIT (more memory than a
 *         set may have); TEL_ERR_NOMEM.
 *
 * MetricPipelines of v1alpha1 become v1beta1. Documents of other kinds are left out with a warning.
 *
 * Cost:    one pass over the text; memory within a small multiple of it.
 * Threads: reentrant; a set belongs to one thread at a time.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    kyma-metrics.md 1.2, 1.5, 1.6, 2.2.
 */
TEL_API tel_err tel_pipeline_parse(const tel_config_source *sources, size_t n, const tel_pipeline_opts *opts,
                                   tel_pipeline_set **ret_set, tel_findings *findings);

/**
 * Free a set.
 *
 * @param[in] set  may be NULL
 *
 * Cost:    constant.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_pipeline_free(tel_pipeline_set *set);

/**
 * Fill in what the mutating webhook fills in. Calling it again changes nothing.
 *
 * @param[in,out] set  set
 * @return TEL_OK; TEL_ERR_LIMIT, TEL_ERR_NOMEM (some pipelines may have been completed).
 *
 * Cost:    linear in the pipelines.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    kyma-metrics.md 1.7.
 */
TEL_API tel_err tel_pipeline_default(tel_pipeline_set *set);

/**
 * Check the rules that the schema states over several fields. All findings, not the first.
 *
 * @param[in] set  set, normally after tel_pipeline_default(), as the API server has it
 * @param[out] findings  may be NULL
 * @return TEL_OK; TEL_ERR_CONFIG (findings say why); TEL_ERR_NOMEM.
 *
 * Cost:    linear in the pipelines.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    kyma-metrics.md 1.4, 1.5.
 */
TEL_API tel_err tel_pipeline_validate(const tel_pipeline_set *set, tel_findings *findings);

/**
 * Number of MetricPipelines.
 *
 * @param[in] set  set
 * @return how many.
 *
 * Cost:    constant.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API size_t tel_pipeline_count(const tel_pipeline_set *set);

/**
 * Name of a MetricPipeline. They are in byte order of their names.
 *
 * @param[in] set  set
 * @param[in] index  0 to count - 1
 * @return the name, borrowed from the set; empty when there is no such pipeline.
 *
 * Cost:    constant.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    kyma-metrics.md 3.1.
 */
TEL_API tel_slice tel_pipeline_name(const tel_pipeline_set *set, size_t index);

/** @} */

TEL_END_DECLS
#endif
