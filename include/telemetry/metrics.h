/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_METRICS_H
#define TELEMETRY_METRICS_H
/**
 * @defgroup tel_metrics Batches
 * A batch of metrics is an index over OTLP protobuf bytes: resources, scopes and metrics are slices of the
 * reference-counted buffers that they arrived in, and data points are not decoded until somebody reads them.
 *
 * A batch is owned (it may be edited) or frozen. tel_metrics_share() freezes; editing a frozen batch copies the
 * path from the root to the edited node only, so branches that share a batch never see each other's edits.
 * @{
 */
#include <telemetry/alloc.h>
#include <telemetry/error.h>
#include <telemetry/slice.h>

TEL_BEGIN_DECLS

/** A batch of metrics. */
typedef struct tel_metrics tel_metrics;

/** What a batch holds. */
typedef struct tel_metrics_counts {
	size_t size;          /**< sizeof of the caller's view */
	uint64_t resources;   /**< ResourceMetrics */
	uint64_t scopes;      /**< ScopeMetrics */
	uint64_t metrics;     /**< Metric */
	uint64_t points;      /**< data points of all types */
	uint64_t live_bytes;  /**< length of the batch when encoded */
	uint64_t pinned_bytes; /**< memory that the batch keeps alive: input buffers and arenas */
} tel_metrics_counts;
/** Initial value of tel_metrics_counts. */
#define TEL_METRICS_COUNTS_INIT { sizeof(tel_metrics_counts), 0, 0, 0, 0, 0, 0 }

/**
 * Free a batch and drop its references.
 *
 * @param[in] metrics  may be NULL
 *
 * Cost:    O(inputs), not O(points).
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_metrics_free(tel_metrics *metrics);

/**
 * Count what a batch holds.
 *
 * @param[in]  metrics     batch
 * @param[out] ret_counts  filled up to its size member
 *
 * Cost:    constant for resources to points; O(nodes below what changed) for live_bytes.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_metrics_count(const tel_metrics *metrics, tel_metrics_counts *ret_counts);

/**
 * Make another handle to the same content.
 *
 * @param[in]  metrics    batch; frozen by the call (stays usable, and can still be edited: by copying the path)
 * @param[out] ret_other  new frozen handle, free with tel_metrics_free()
 * @return TEL_OK; TEL_ERR_ARG; TEL_ERR_NOMEM.
 *
 * Cost:    one small allocation, nothing is copied.
 * Threads: the batch's; the two handles may then live on different threads.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_metrics_share(tel_metrics *metrics, tel_metrics **ret_other);

/**
 * Append the resources of one batch to another. Nothing is merged by equality.
 *
 * @param[in] into  batch that grows
 * @param[in] from  emptied by the call on success (free it); untouched on failure
 * @return TEL_OK; TEL_ERR_ARG (NULL, or the same batch twice); TEL_ERR_NOMEM.
 *
 * Cost:    O(resources) of from.
 * Threads: the batches'.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    OTLP: concatenated requests are one request.
 */
TEL_API tel_err tel_metrics_merge(tel_metrics *into, tel_metrics *from);

/**
 * Take points off the front of a batch: whole resources, scopes and metrics first; what lies at the border is cut and
 * keeps resource, scope, schema URLs, name, description, unit, metadata and type fields on both sides.
 *
 * @param[in]  metrics     batch; keeps the rest
 * @param[in]  max_points  how many points to take, at least 1
 * @param[out] ret_head    new batch with min(max_points, all) points; free with tel_metrics_free()
 * @return TEL_OK; TEL_ERR_ARG; TEL_ERR_NOMEM. On failure metrics is untouched.
 *
 * Cost:    O(resources + scopes + metrics taken); points of the cut metric are skipped by length.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    the Collector's batch processor; its loss of metadata in the first part is mended.
 */
TEL_API tel_err tel_metrics_split(tel_metrics *metrics, uint64_t max_points, tel_metrics **ret_head);

/**
 * Copy the live bytes into one run and let go of everything else.
 *
 * @param[in] metrics  batch
 * @return TEL_OK; TEL_ERR_ARG; TEL_ERR_NOMEM; TEL_ERR_LIMIT (more than 2 GiB). On failure the batch is untouched.
 *
 * Cost:    one copy of live_bytes.
 * Threads: the batch's.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    doc/internals/model.md.
 */
TEL_API tel_err tel_metrics_compact(tel_metrics *metrics);

/**
 * Compare two batches by value: same resources, scopes, metrics and points in the same order, doubles by bits, unknown
 * fields byte for byte, whatever the field order and the encoding of lengths.
 *
 * @param[in]  a           batch
 * @param[in]  b           batch
 * @param[out] difference  optional, at least 256 bytes: where the first difference is, as a path; empty when equal
 * @return true when equal.
 *
 * Cost:    one pass over both.
 * Threads: the batches'.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API bool tel_metrics_equal(const tel_metrics *a, const tel_metrics *b, char *difference);

TEL_END_DECLS
/** @} */
#endif
