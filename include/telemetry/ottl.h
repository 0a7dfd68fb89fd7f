/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_OTTL_H
#define TELEMETRY_OTTL_H
/**
 * @defgroup tel_ottl OTTL
 * Checks, compiles and runs texts of the OpenTelemetry Transformation Language as the Collector does: syntax, names of
 * functions with their arguments, paths and enums, and the context that a group of statements runs in.
 *
 * Typical use: tel_ottl_compile() once, tel_ottl_eval() for each batch. The processors transform and filter and the connector
 * routing are made of the same programs.
 * @{
 */
#include <telemetry/alloc.h>
#include <telemetry/buf.h>
#include <telemetry/crypto.h>
#include <telemetry/error.h>
#include <telemetry/metrics.h>
#include <telemetry/slice.h>

TEL_BEGIN_DECLS

/** What a text is. */
typedef enum tel_ottl_kind {
	TEL_OTTL_STATEMENT = 0, /**< an editor, perhaps with where */
	TEL_OTTL_CONDITION = 1, /**< a boolean expression */
	TEL_OTTL_VALUE = 2,     /**< a value */
	TEL_OTTL_KIND_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_ottl_kind;

/** What a text works on. */
typedef enum tel_ottl_context {
	TEL_OTTL_INFER = 0,     /**< find out from the paths, which need their context as a prefix */
	TEL_OTTL_RESOURCE = 1,  /**< a resource */
	TEL_OTTL_SCOPE = 2,     /**< an instrumentation scope */
	TEL_OTTL_METRIC = 3,    /**< a metric */
	TEL_OTTL_DATAPOINT = 4, /**< a data point */
	TEL_OTTL_CONTEXT_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_ottl_context;

/** Whose text it is, which decides what functions it may use. */
typedef enum tel_ottl_place {
	TEL_OTTL_TRANSFORM = 0,       /**< processor transform, spec.transform: one context for a group */
	TEL_OTTL_FILTER = 1,          /**< processor filter: no editors; a context for each condition */
	TEL_OTTL_PIPELINE_FILTER = 2, /**< spec.filter of a MetricPipeline: as filter, without HasAttrOnDatapoint and -Key- */
	TEL_OTTL_ROUTING = 3,         /**< connector routing: converters, route, delete_key, delete_matching_keys */
	TEL_OTTL_PLACE_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_ottl_place;

/** Choices of a check. Zero-initialise through TEL_OTTL_OPTS_INIT. */
typedef struct tel_ottl_opts {
	size_t size;              /**< sizeof of the caller's view */
	const tel_alloc *alloc;   /**< for the work; NULL for the C library's */
	tel_ottl_place place;     /**< whose text it is */
	tel_ottl_context context; /**< TEL_OTTL_INFER, or the one that was configured */
	bool prefix_optional;     /**< paths belong to context unless they name another one (routing, filter's metrics.*) */
	const tel_crypto_ops *crypto; /**< for SHA256() and its kin; NULL: a program that needs it is refused. Outlives the program */
} tel_ottl_opts;
/** Initial value of tel_ottl_opts. */
#define TEL_OTTL_OPTS_INIT { sizeof(tel_ottl_opts), NULL, TEL_OTTL_TRANSFORM, TEL_OTTL_INFER, false, NULL }

/**
 * Check one text.
 *
 * @param[in]  text  read during the call only
 * @param[in]  kind  what it is
 * @param[in]  opts  NULL for a text of transform whose context is inferred; read during the call only
 * @param[out] err  optional; on failure what is wrong, with line and column (bytes, from 1) of a syntax error
 * @return TEL_OK; TEL_ERR_MALFORMED (the text is wrong); TEL_ERR_LIMIT (longer than 256 KiB, or brackets deeper than 64);
 *         TEL_ERR_ARG (an enum out of range, or prefix_optional without a context); TEL_ERR_NOMEM.
 *
 * Cost:    linear in the text.
 * Threads: reentrant.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    otel-processing.md 1; kyma-metrics.md 6.6.
 */
TEL_API tel_err tel_ottl_check(tel_slice text, tel_ottl_kind kind, const tel_ottl_opts *opts, tel_error *err);

/**
 * Check the statements and conditions of one entry, which share a context (those of a filter do not).
 *
 * @param[in]  statements  n_statements texts, read during the call only; may be NULL when there are none
 * @param[in]  n_statements  their number
 * @param[in]  conditions  n_conditions texts, read during the call only; may be NULL when there are none
 * @param[in]  n_conditions  their number
 * @param[in]  opts  NULL for transform with an inferred context; read during the call only
 * @param[out] ret_context  the context of the group, of the last condition in a filter; may be NULL
 * @param[out] reterr_message  the whole message, of which err may hold only the start, drop with tel_buf_unref(); written
 *             on failure only, and only where there is memory for it; may be NULL
 * @param[out] err  optional; on failure what is wrong, several texts separated by line breaks
 * @return TEL_OK; TEL_ERR_MALFORMED (a text is wrong, or no context suits all); TEL_ERR_LIMIT (a text longer than 256 KiB,
 *         brackets deeper than 64, or trees of more than 256 MiB); TEL_ERR_ARG (an enum out of range, prefix_optional without a
 *         context, a list that is NULL but not empty); TEL_ERR_NOMEM.
 *
 * Cost:    linear in the texts.
 * Threads: reentrant.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    otel-processing.md 1.3; kyma-metrics.md 6.6.
 */
TEL_API tel_err tel_ottl_check_group(const tel_slice *statements, size_t n_statements, const tel_slice *conditions,
                                     size_t n_conditions, const tel_ottl_opts *opts, tel_ottl_context *ret_context,
                                     tel_buf **reterr_message, tel_error *err);

/** Compiled statements and conditions that share a context. Immutable and reference-counted: any thread may run it. */
typedef struct tel_ottl_program tel_ottl_program;

/**
 * Compile the statements and conditions of one entry.
 *
 * @param[in]  statements  n_statements texts, copied; may be NULL when there are none
 * @param[in]  n_statements  their number
 * @param[in]  conditions  n_conditions texts, copied; may be NULL when there are none. Statements run where one of them is true
 * @param[in]  n_conditions  their number
 * @param[in]  opts  NULL for transform with an inferred context; read during the call only. opts->alloc outlives the program
 * @param[out] ret_program  new program, drop with tel_ottl_program_unref(); untouched on failure
 * @param[out] reterr_message  the whole message, of which err may hold only the start, drop with tel_buf_unref(); written
 *             on failure only, and only where there is memory for it; may be NULL
 * @param[out] err  optional; on failure what is wrong, several texts separated by line breaks
 * @return TEL_OK; TEL_ERR_MALFORMED (a text is wrong, needs what this build has not, or no context suits all);
 *         TEL_ERR_LIMIT; TEL_ERR_ARG; TEL_ERR_NOMEM. As tel_ottl_check_group().
 *
 * Cost:    linear in the texts.
 * Threads: reentrant.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    otel-processing.md 1, 2, 3.
 */
TEL_API tel_err tel_ottl_compile(const tel_slice *statements, size_t n_statements, const tel_slice *conditions,
                                 size_t n_conditions, const tel_ottl_opts *opts, tel_ottl_program **ret_program,
                                 tel_buf **reterr_message, tel_error *err);

/**
 * Take another reference to a program.
 *
 * @param[in] program  may be NULL
 * @return program.
 *
 * Cost:    constant.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_ottl_program *tel_ottl_program_ref(tel_ottl_program *program);

/**
 * Give a reference back; the last one frees the program.
 *
 * @param[in] program  may be NULL
 *
 * Cost:    constant, or linear in the program.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_ottl_program_unref(tel_ottl_program *program);

/**
 * What a program runs on.
 *
 * @param[in] program  program
 * @return the context that was configured or inferred.
 *
 * Cost:    constant.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    otel-processing.md 1.3.
 */
TEL_API tel_ottl_context tel_ottl_program_context(const tel_ottl_program *program);

/** What happens when a statement or condition fails. */
typedef enum tel_ottl_error_mode {
	TEL_OTTL_PROPAGATE = 0, /**< stop: the batch is refused */
	TEL_OTTL_IGNORE = 1,    /**< say so, go on with the next one */
	TEL_OTTL_SILENT = 2,    /**< go on with the next one */
	TEL_OTTL_ERROR_MODE_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_ottl_error_mode;

/** Choices of a run. Zero-initialise through TEL_OTTL_EVAL_OPTS_INIT. */
typedef struct tel_ottl_eval_opts {
	size_t size;                    /**< sizeof of the caller's view */
	const tel_alloc *alloc;         /**< for temporaries; NULL for the C library's */
	tel_ottl_error_mode error_mode; /**< what a failure means */
	uint64_t unix_ns;               /**< what Now() answers */
} tel_ottl_eval_opts;
/** Initial value of tel_ottl_eval_opts. */
#define TEL_OTTL_EVAL_OPTS_INIT { sizeof(tel_ottl_eval_opts), NULL, TEL_OTTL_PROPAGATE, 0 }

/** What a run came to. Zero-initialise through TEL_OTTL_RESULT_INIT. */
typedef struct tel_ottl_result {
	size_t size;      /**< sizeof of the caller's view */
	uint64_t items;   /**< resources, scopes, metrics or points that were looked at one by one */
	uint64_t matched; /**< those of which the conditions are true, or which have none */
	uint64_t failed;  /**< statements and conditions that failed and were passed over */
	uint64_t created; /**< data points that statements made */
} tel_ottl_result;
/** Initial value of tel_ottl_result. */
#define TEL_OTTL_RESULT_INIT { sizeof(tel_ottl_result), 0, 0, 0, 0 }

/**
 * Run a program on each resource, scope, metric or point of a batch, as its context says.
 *
 * @param[in]     program  program
 * @param[in,out] metrics  batch; changed by the statements. After a failure it holds what was changed until then
 * @param[in]     opts     NULL for defaults; read during the call only
 * @param[out]    ret_result  optional; what it came to
 * @param[out]    err      optional; the statement or condition that failed, shortened in the middle where it must be, and why
 * @return TEL_OK; TEL_ERR_REFUSED (one failed, with TEL_OTTL_PROPAGATE); TEL_ERR_ARG; TEL_ERR_NOMEM; TEL_ERR_BUDGET.
 *
 * What a condition reads decides how often it is evaluated: one that reads only the resource once per resource.
 * Cost:    what the statements touch; points of a metric are opened only when a statement changes one of them.
 * Threads: the batch's; several threads may run one program.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    otel-processing.md 1.5 to 1.9, 4.2.
 */
TEL_API tel_err tel_ottl_eval(const tel_ottl_program *program, tel_metrics *metrics, const tel_ottl_eval_opts *opts,
                              tel_ottl_result *ret_result, tel_error *err);

TEL_END_DECLS
/** @} */
#endif
