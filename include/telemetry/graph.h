/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_GRAPH_H
#define TELEMETRY_GRAPH_H
/**
 * @defgroup tel_graph Graph
 * The pipelines of a configuration as one executable graph of processors and connectors, from receivers to exporters.
 * Running it has no effect outside of a plan; committing the plan makes its counters and state real.
 *
 * Typical use: tel_graph_run(), then reserve room for each entry of the plan, then tel_plan_commit() and send the
 * entries; or drop the plan with tel_plan_reset() and nothing has happened.
 * @{
 */
#include <telemetry/config.h>
#include <telemetry/crypto.h>
#include <telemetry/kube.h>
#include <telemetry/log.h>
#include <telemetry/metrics.h>

TEL_BEGIN_DECLS

/** Compiled pipelines. */
typedef struct tel_graph tel_graph;
/** What a run of a graph would do. */
typedef struct tel_plan tel_plan;

/** Where a batch comes from. Zero-initialise through TEL_ORIGIN_INIT. */
typedef struct tel_origin {
	size_t size;               /**< sizeof of the caller's view */
	tel_slice peer;            /**< address of the client's connection, or empty */
	tel_slice transport;       /**< "grpc", "http", or empty */
	uint64_t deadline_mono_ns; /**< when the client gives up; UINT64_MAX = never */
} tel_origin;
/** Initial value of tel_origin. */
#define TEL_ORIGIN_INIT { sizeof(tel_origin), { NULL, 0 }, { NULL, 0 }, UINT64_MAX }

/** One share of a plan: what one exporter gets from one pipeline. Slices and metrics are borrowed from the plan. */
typedef struct tel_plan_entry {
	tel_slice exporter;      /**< component id */
	tel_slice pipeline;      /**< pipeline id that leads to it */
	uint32_t exporter_index; /**< position in tel_graph_exporter() */
	uint32_t group;          /**< send group of that exporter: one per pipeline that leads to it */
	tel_metrics *metrics;    /**< what to send; other shares may hold the same content */
	uint64_t points;         /**< its data points, at least 1 */
} tel_plan_entry;

/** What a run came to. */
typedef enum tel_plan_outcome {
	TEL_PLAN_OK = 0,                     /**< there is something to send */
	TEL_PLAN_FILTERED = 1,               /**< nothing was left in any branch, or the plan is empty: the request is done */
	TEL_PLAN_RETRY = 2,                  /**< refused for now: the same request may pass later */
	TEL_PLAN_PERMANENT = 3,              /**< refused for good */
	TEL_PLAN_OUTCOME_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_plan_outcome;

/** Choices of tel_graph_new(). Zero-initialise through TEL_GRAPH_OPTS_INIT. */
typedef struct tel_graph_opts {
	size_t size;               /**< sizeof of the caller's view */
	const tel_alloc *alloc;    /**< NULL for the C library's */
	const tel_log_sink *log;   /**< where processors log; NULL discards; must outlive the graph */
	size_t total_memory_bytes; /**< what limit_percentage of memory_limiter is taken of; 0 = such a limit is an error */
	const tel_crypto_ops *crypto; /**< for statements and actions that hash; NULL: those are refused; must outlive the graph */
	uint64_t unix_ns;          /**< now: what cumulativetodelta takes for its start; 0 = the time of the first run */
	tel_kube *kube;            /**< cluster that k8s_attributes looks pods up in; NULL = nothing is known; kept by the graph */
} tel_graph_opts;
/** Initial value of tel_graph_opts. */
#define TEL_GRAPH_OPTS_INIT { sizeof(tel_graph_opts), NULL, NULL, 0, NULL, 0, NULL }

/**
 * The processors and connectors of this library, for tel_config_load().
 *
 * @return constant table, never NULL. Receivers and exporters are not in it: tel_components_all() of libtelemetry-io.
 *
 * Cost:    constant.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API const tel_components *tel_components_core(void);

/**
 * Compile the pipelines of a configuration.
 *
 * @param[in]  config     loaded with components; the graph takes a reference
 * @param[in]  opts       NULL for defaults; read during the call only
 * @param[out] ret_graph  new graph, free with tel_graph_free(); untouched on failure
 * @param[out] err        optional
 * @return TEL_OK; TEL_ERR_ARG; TEL_ERR_CONFIG (a processor refused its options, the configuration was loaded without
 *         components, connectors form a cycle); TEL_ERR_UNSUPPORTED (a component that this build cannot run);
 *         TEL_ERR_NOMEM.
 *
 * Receivers and exporters are names to the graph: they may be of types that cannot run here.
 * Cost:    linear in the configuration.
 * Threads: a graph, with its plans, belongs to one thread at a time.
 * Callback-safe: no.   Since: 0.1
 * Spec:    otel-processing.md 10.4, 10.5.
 */
TEL_API tel_err tel_graph_new(tel_config *config, const tel_graph_opts *opts, tel_graph **ret_graph, tel_error *err);

/**
 * Free a graph. Plans that were made for it stay usable until they are freed.
 *
 * @param[in] graph  may be NULL
 *
 * Cost:    linear in the graph.
 * Threads: the graph's.
 * Callback-safe: no.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_graph_free(tel_graph *graph);

/**
 * Number of exporters that pipelines lead to.
 *
 * @param[in] graph  graph
 * @return how many.
 *
 * Cost:    constant.
 * Threads: the graph's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API size_t tel_graph_exporter_count(const tel_graph *graph);

/**
 * Id of an exporter.
 *
 * @param[in] graph  graph
 * @param[in] index  0 to count - 1, in the order of the configuration file
 * @return the component id, borrowed from the graph; empty when index is out of range.
 *
 * Cost:    constant.
 * Threads: the graph's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_slice tel_graph_exporter(const tel_graph *graph, size_t index);

/**
 * Run a batch through all pipelines that a receiver leads to.
 *
 * @param[in]     graph     graph
 * @param[in]     receiver  component id; or the id of a pipeline, to enter that one alone
 * @param[in]     batch     taken over, also on failure
 * @param[in]     origin    NULL = nothing is known; read during the call only
 * @param[in]     unix_ns   now
 * @param[in]     mono_ns   now
 * @param[in,out] plan      reset first; a plan of this graph
 * @param[out]    err       optional; message of the component that decided
 * @return TEL_OK, also when nothing is left to send; TEL_ERR_REFUSED (a component refuses the request, it may pass
 *         later), TEL_ERR_NOMEM, TEL_ERR_BUDGET (likewise); TEL_ERR_REJECTED (refused for good);
 *         TEL_ERR_NOT_FOUND (no pipeline has that receiver, or that id); TEL_ERR_ARG.
 *
 * All branches run even when one fails, and a permanent failure decides before a retryable one. On failure the plan is
 * empty, and only the count of what a component refused is real.
 * Cost:    that of the processors, plus one small allocation per further branch.
 * Threads: the graph's.
 * Callback-safe: no.   Since: 0.1
 * Spec:    otel-processing.md 10.5; design.md 5.
 */
TEL_API tel_err tel_graph_run(tel_graph *graph, tel_slice receiver, tel_metrics *batch, const tel_origin *origin,
                              uint64_t unix_ns, uint64_t mono_ns, tel_plan *plan, tel_error *err);

/**
 * Make a plan, to be reused from run to run.
 *
 * @param[in]  graph     graph that will run into it
 * @param[out] ret_plan  new empty plan, free with tel_plan_free(); untouched on failure
 * @param[out] err       optional
 * @return TEL_OK; TEL_ERR_ARG; TEL_ERR_NOMEM.
 *
 * Cost:    linear in the number of processors.
 * Threads: the graph's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_plan_new(tel_graph *graph, tel_plan **ret_plan, tel_error *err);

/**
 * Free a plan. What was not committed has not happened.
 *
 * @param[in] plan  may be NULL
 *
 * Cost:    linear in its entries.
 * Threads: the graph's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_plan_free(tel_plan *plan);

/**
 * Empty a plan and let go of its batches. What was not committed has not happened.
 *
 * @param[in] plan  plan
 *
 * Cost:    linear in its entries.
 * Threads: the graph's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_plan_reset(tel_plan *plan);

/**
 * Number of entries.
 *
 * @param[in] plan  plan
 * @return how many shares there are to send; 0 after a run that failed or left nothing.
 *
 * Cost:    constant.
 * Threads: the graph's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API size_t tel_plan_count(const tel_plan *plan);

/**
 * One entry.
 *
 * @param[in] plan   plan
 * @param[in] index  0 to count - 1
 * @return the entry, borrowed until the plan is reset, run into or freed; NULL when index is out of range.
 *
 * Cost:    constant.
 * Threads: the graph's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API const tel_plan_entry *tel_plan_get(const tel_plan *plan, size_t index);

/**
 * Make real what the components counted and changed during the run. The entries stay until the plan is reset. A second
 * call does nothing.
 *
 * @param[in] plan  plan
 *
 * Cost:    linear in the components that ran.
 * Threads: the graph's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    design.md 5.
 */
TEL_API void tel_plan_commit(tel_plan *plan);

/**
 * What the last run came to.
 *
 * @param[in] plan  plan
 * @return the outcome; TEL_PLAN_FILTERED for a plan that was reset.
 *
 * Cost:    constant.
 * Threads: the graph's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    design.md 5.
 */
TEL_API tel_plan_outcome tel_plan_outcome_get(const tel_plan *plan);

/**
 * Who refused the request of the last run.
 *
 * @param[in] plan  plan
 * @return id of the component whose failure decided, borrowed from the graph; empty when nobody refused, or when it was
 *         for lack of memory between components.
 *
 * Cost:    constant.
 * Threads: the graph's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    commands.md, "process".
 */
TEL_API tel_slice tel_plan_component(const tel_plan *plan);

TEL_END_DECLS
/** @} */
#endif
