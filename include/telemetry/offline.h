/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_OFFLINE_H
#define TELEMETRY_OFFLINE_H
/**
 * @defgroup tel_offline Offline run
 * A configuration without its world: batches go in where receivers would stand, and come out as the requests that each
 * exporter would send. A batch processor that is folded into a send group sizes its requests here too.
 *
 * Typical use: tel_offline_run() per input, in time order, then tel_offline_flush(). What comes out goes to a callback.
 * @{
 */
#include <telemetry/graph.h>

TEL_BEGIN_DECLS

/** Pipelines with their send groups, without queues and exporters. */
typedef struct tel_offline tel_offline;

/**
 * Compile a configuration for running it off line.
 *
 * @param[in]  config       loaded with components; a reference is taken
 * @param[in]  opts         NULL for defaults; read during the call only
 * @param[in]  emit         gets each request that an exporter would send, borrowed during the call, from tel_offline_run()
 *                          and tel_offline_flush(); a value other than 0 stops the run that it came out of
 * @param[in]  user         handed to emit
 * @param[out] ret_offline  new, free with tel_offline_free(); untouched on failure
 * @param[out] err          optional
 * @return TEL_OK; TEL_ERR_ARG; TEL_ERR_CONFIG; TEL_ERR_UNSUPPORTED; TEL_ERR_NOMEM, as tel_graph_new().
 *
 * Cost:    linear in the configuration.
 * Threads: the object belongs to one thread at a time.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    commands.md, "process".
 */
TEL_API tel_err tel_offline_new(tel_config *config, const tel_graph_opts *opts,
                                int (*emit)(const tel_plan_entry *entry, void *user), void *user,
                                tel_offline **ret_offline, tel_error *err);

/**
 * Free it. What a batch still holds is dropped.
 *
 * @param[in] offline  may be NULL
 *
 * Cost:    linear in what it holds.
 * Threads: the object's.
 * Callback-safe: no.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_offline_free(tel_offline *offline);

/**
 * Run one batch through and commit it.
 *
 * @param[in]  offline  pipelines
 * @param[in]  entry    id of a receiver or of a pipeline; empty = the first pipeline of the configuration
 * @param[in]  batch    taken over, also on failure
 * @param[in]  origin   NULL = nothing is known; read during the call only
 * @param[in]  unix_ns  now; batch timers run by it
 * @param[out] err      optional; message of the component that decided
 * @return TEL_OK, also when nothing is left; TEL_ERR_REFUSED, TEL_ERR_NOMEM, TEL_ERR_BUDGET (the same batch may pass
 *         later); TEL_ERR_REJECTED (refused for good); TEL_ERR_NOT_FOUND (no such entry); TEL_ERR_CANCELLED (emit said
 *         stop; err->detail has its answer); TEL_ERR_ARG.
 *
 * Cost:    that of the processors.
 * Threads: the object's.
 * Callback-safe: no.   Since: 0.1
 * Spec:    otel-processing.md 7.1; commands.md, "process".
 */
TEL_API tel_err tel_offline_run(tel_offline *offline, tel_slice entry, tel_metrics *batch, const tel_origin *origin,
                                uint64_t unix_ns, tel_error *err);

/**
 * Let out what batches still hold.
 *
 * @param[in]  offline  pipelines
 * @param[out] err      optional
 * @return TEL_OK; TEL_ERR_NOMEM; TEL_ERR_CANCELLED (emit said stop); TEL_ERR_ARG.
 *
 * Cost:    linear in what they hold.
 * Threads: the object's.
 * Callback-safe: no.   Since: 0.1
 * Spec:    otel-processing.md 7.1.
 */
TEL_API tel_err tel_offline_flush(tel_offline *offline, tel_error *err);

/**
 * Who refused the last batch.
 *
 * @param[in] offline  pipelines
 * @return id of the component, borrowed until the next run; empty when nobody did.
 *
 * Cost:    constant.
 * Threads: the object's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    commands.md, "process".
 */
TEL_API tel_slice tel_offline_component(const tel_offline *offline);

TEL_END_DECLS
/** @} */
#endif
