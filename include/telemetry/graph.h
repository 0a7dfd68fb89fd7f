/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_GRAPH_H
#define TELEMETRY_GRAPH_H
/**
 * @defgroup tel_graph Graph
 * The pipelines of a configuration as one executable graph of processors and connectors, from receivers to exporters.
 * Running it has no effect outside of a plan; committing the plan makes its counters and state real.
 * @{
 */
#include <telemetry/config.h>
#include <telemetry/metrics.h>

TEL_BEGIN_DECLS

typedef struct tel_graph tel_graph;
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
	tel_slice exporter;   /**< component id */
	tel_slice pipeline;   /**< pipeline id that leads to it */
	uint32_t exporter_index; /**< position in tel_graph_exporter() */
	uint32_t group;       /**< send group of that exporter (folded batch instance) */
	tel_metrics *metrics; /**< what to send, frozen */
	uint64_t points;      /**< its data points */
} tel_plan_entry;

TEL_END_DECLS
/** @} */
#endif
