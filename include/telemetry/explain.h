/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_EXPLAIN_H
#define TELEMETRY_EXPLAIN_H
/**
 * @defgroup tel_explain Explanations
 * Why a configuration is what it is: for each component what it does, which pipelines run it, and which field of which
 * document asked for it or says what is in it, with file, line and column. tel_render_explain() makes one of a
 * configuration that pipelines render to, tel_config_explain() one of a collector configuration.
 * @{
 */
#include <telemetry/alloc.h>
#include <telemetry/buf.h>
#include <telemetry/config.h>
#include <telemetry/error.h>
#include <telemetry/slice.h>

TEL_BEGIN_DECLS

/** An explanation; immutable. */
typedef struct tel_explanation tel_explanation;

/** What a reason says. */
typedef enum tel_reason_kind {
	TEL_REASON_ALWAYS = 0,                /**< every configuration of its kind has the component */
	TEL_REASON_ASKED = 1,                 /**< without the field the component would not be there */
	TEL_REASON_SHAPED = 2,                /**< the field says what is in the component */
	TEL_REASON_KIND_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_reason_kind;

/** One component; slices are borrowed from the explanation. Zero-initialise through TEL_EXPLAINED_INIT. */
typedef struct tel_explained {
	size_t size;             /**< sizeof of the caller's view */
	tel_component_kind kind; /**< where it stands */
	tel_slice id;            /**< "filter/user-defined-x" */
	tel_slice help;          /**< what it does, one line */
	size_t use_count;        /**< pipelines of the configuration that run it; 0: nobody does */
	size_t reason_count;     /**< reasons */
	tel_slice source;        /**< file that the component stands in; empty when it is rendered */
	uint32_t line;           /**< 1-based; 0 = unknown */
	uint32_t column;         /**< 1-based; 0 = unknown */
} tel_explained;
/** Initial value of tel_explained. */
#define TEL_EXPLAINED_INIT { sizeof(tel_explained), TEL_COMPONENT_RECEIVER, { NULL, 0 }, { NULL, 0 }, 0, 0, { NULL, 0 }, 0, 0 }

/** One reason; slices are borrowed from the explanation. Zero-initialise through TEL_REASON_INIT. */
typedef struct tel_reason {
	size_t size;          /**< sizeof of the caller's view */
	tel_reason_kind kind; /**< what it says */
	tel_slice resource;   /**< "MetricPipeline/x", "Telemetry/default"; empty in a collector configuration */
	tel_slice field;      /**< "spec.input.otlp.enabled", "sending_queue::queue_size"; empty when the reason is "always" */
	tel_slice value;      /**< what the field says, for single values; secrets are masked */
	tel_slice def;        /**< what it would be by default, where that is known */
	bool written;         /**< the document has the field; otherwise its default counts */
	tel_slice source;     /**< file of the field, or of what stands nearest above it; may be empty */
	uint32_t line;        /**< 1-based; 0 = unknown */
	uint32_t column;      /**< 1-based; 0 = unknown */
} tel_reason;
/** Initial value of tel_reason. */
#define TEL_REASON_INIT { sizeof(tel_reason), TEL_REASON_ALWAYS, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, { NULL, 0 }, false, \
	{ NULL, 0 }, 0, 0 }

/** How tel_explanation_print() writes. */
typedef enum tel_explanation_format {
	TEL_EXPLANATION_TEXT = 0,                   /**< some lines per component */
	TEL_EXPLANATION_JSON = 1,                   /**< one JSON array */
	TEL_EXPLANATION_FORMAT_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_explanation_format;

/**
 * Explain a loaded collector configuration: which pipelines run a component, and which keys differ from their defaults.
 *
 * @param[in] config  configuration, loaded with components
 * @param[in] alloc  for the explanation; NULL for the C library's
 * @param[out] ret_explanation  new explanation, free with tel_explanation_free(); untouched on failure
 * @return TEL_OK; TEL_ERR_NOMEM.
 *
 * The reasons are the keys whose effective value is not the default, each of kind TEL_REASON_SHAPED. A component of a
 * configuration that was loaded without components has none. Extensions run in "service::extensions".
 *
 * Cost:    linear in the configuration.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    commands.md, explain.
 */
TEL_API tel_err tel_config_explain(const tel_config *config, const tel_alloc *alloc, tel_explanation **ret_explanation);

/**
 * Free an explanation.
 *
 * @param[in] explanation  may be NULL
 *
 * Cost:    constant.
 * Threads: the explanation's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_explanation_free(tel_explanation *explanation);

/**
 * Number of components. They are in the order of their kinds, then by id.
 *
 * @param[in] explanation  explanation
 * @return how many.
 *
 * Cost:    constant.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API size_t tel_explanation_count(const tel_explanation *explanation);

/**
 * One component.
 *
 * @param[in] explanation  explanation
 * @param[in] index  0 to count - 1
 * @param[in,out] ret_explained  filled up to its size member
 * @return TEL_OK; TEL_ERR_NOT_FOUND (index).
 *
 * Cost:    constant.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_explanation_get(const tel_explanation *explanation, size_t index, tel_explained *ret_explained);

/**
 * One pipeline of the configuration that runs a component.
 *
 * @param[in] explanation  explanation
 * @param[in] index  0 to count - 1
 * @param[in] use  0 to use_count - 1 of the component
 * @return its id, borrowed from the explanation; empty when there is no such use.
 *
 * Cost:    constant.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_slice tel_explanation_use(const tel_explanation *explanation, size_t index, size_t use);

/**
 * One reason of a component. They are in the order of their kinds, then by resource and field.
 *
 * @param[in] explanation  explanation
 * @param[in] index  0 to count - 1
 * @param[in] reason  0 to reason_count - 1 of the component
 * @param[in,out] ret_reason  filled up to its size member
 * @return TEL_OK; TEL_ERR_NOT_FOUND (index or reason).
 *
 * Cost:    constant.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_explanation_reason(const tel_explanation *explanation, size_t index, size_t reason,
                                       tel_reason *ret_reason);

/**
 * Write an explanation for people or programs, as `telemetryctl explain` shows it.
 *
 * @param[in] explanation  explanation
 * @param[in] topic  empty for all; else the id of a component or its type, a pipeline that runs it, or the name of a
 *            resource ("x" or "MetricPipeline/x") that has to do with it
 * @param[in] format  text or JSON
 * @param[in] alloc  for the text; NULL for the C library's
 * @param[out] ret_text  new buffer, drop with tel_buf_unref()
 * @return TEL_OK; TEL_ERR_NOT_FOUND (nothing of that topic); TEL_ERR_ARG (format); TEL_ERR_LIMIT (text above 64 MiB);
 *         TEL_ERR_NOMEM.
 *
 * Cost:    linear in the text.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    commands.md, explain.
 */
TEL_API tel_err tel_explanation_print(const tel_explanation *explanation, tel_slice topic, tel_explanation_format format,
                                      const tel_alloc *alloc, tel_buf **ret_text);

TEL_END_DECLS
/** @} */
#endif
