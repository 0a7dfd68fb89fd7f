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
#include <telemetry/buf.h>
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

/** Versions of the resources; both kinds have the same two. */
typedef enum tel_pipeline_version {
	TEL_PIPELINE_V1BETA1 = 0,  /**< the one that is stored */
	TEL_PIPELINE_V1ALPHA1 = 1, /**< the older one */
	TEL_PIPELINE_VERSION_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_pipeline_version;

/** Forms of a document. */
typedef enum tel_pipeline_form {
	TEL_PIPELINE_YAML = 0, /**< for people */
	TEL_PIPELINE_JSON = 1, /**< one line, for the API server */
	TEL_PIPELINE_FORM_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_pipeline_form;

/** Choices of tel_pipeline_format() and tel_telemetry_format(). Zero-initialise through TEL_PIPELINE_FORMAT_OPTS_INIT. */
typedef struct tel_pipeline_format_opts {
	size_t size;                  /**< sizeof of the caller's view */
	const tel_alloc *alloc;       /**< for the text; NULL for the C library's */
	tel_pipeline_version version; /**< in which version it is written, whatever it was read in */
	tel_pipeline_form form;       /**< YAML or JSON */
} tel_pipeline_format_opts;
/** Initial value of tel_pipeline_format_opts: v1beta1, YAML. */
#define TEL_PIPELINE_FORMAT_OPTS_INIT { sizeof(tel_pipeline_format_opts), NULL, TEL_PIPELINE_V1BETA1, TEL_PIPELINE_YAML }

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
 * Is a text one of Kubernetes resources, or something else, such as a collector configuration?
 *
 * @param[in] text  YAML or JSON
 * @param[in] alloc  for the work; NULL for the C library's
 * @param[out] ret_resources  true: some document has a key apiVersion, kind, metadata or spec; false also when the text
 *             cannot be read at all
 * @return TEL_OK; TEL_ERR_NOMEM.
 *
 * Cost:    one pass over the text.
 * Threads: reentrant.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    commands.md, validate.
 */
TEL_API tel_err tel_pipeline_recognise(tel_slice text, const tel_alloc *alloc, bool *ret_resources);

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

/**
 * Write a MetricPipeline as the document that reads back as it: what defaulting filled in included, metadata and status as
 * they stood, fields that the schema does not know left out, as the API server prunes them.
 *
 * @param[in] set  set
 * @param[in] index  0 to tel_pipeline_count() - 1
 * @param[in] opts  NULL for defaults; read during the call only
 * @param[out] ret_text  new buffer, drop with tel_buf_unref()
 * @return TEL_OK; TEL_ERR_ARG (no such pipeline, or an enum out of range); TEL_ERR_LIMIT (text above 64 MiB); TEL_ERR_NOMEM.
 *
 * v1alpha1 has no compression: it is dropped. In JSON a number that is not finite becomes null.
 *
 * Cost:    linear in the text.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    kyma-metrics.md 1.2, 1.5, 1.6.
 */
TEL_API tel_err tel_pipeline_format(const tel_pipeline_set *set, size_t index, const tel_pipeline_format_opts *opts,
                                    tel_buf **ret_text);

/**
 * Number of Telemetry resources.
 *
 * @param[in] set  set
 * @return how many.
 *
 * Cost:    constant.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API size_t tel_telemetry_count(const tel_pipeline_set *set);

/**
 * Write a Telemetry resource, as tel_pipeline_format() does with a MetricPipeline. Its two versions have the same fields.
 *
 * @param[in] set  set
 * @param[in] index  0 to tel_telemetry_count() - 1, in the order in which they were read
 * @param[in] opts  NULL for defaults; read during the call only
 * @param[out] ret_text  new buffer, drop with tel_buf_unref()
 * @return TEL_OK; TEL_ERR_ARG (no such resource, or an enum out of range); TEL_ERR_LIMIT (text above 64 MiB); TEL_ERR_NOMEM.
 *
 * Cost:    linear in the text.
 * Threads: the set's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    kyma-metrics.md 2.2.
 */
TEL_API tel_err tel_telemetry_format(const tel_pipeline_set *set, size_t index, const tel_pipeline_format_opts *opts,
                                     tel_buf **ret_text);

/** @} */

TEL_END_DECLS
#endif
