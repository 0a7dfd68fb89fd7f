/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_GRAPH_GRAPH_I_H
#define TEL_GRAPH_GRAPH_I_H
/* What floors above may know of a graph: its exporters with their send groups, and everybody's counters. */
#include <telemetry/graph.h>

#include "base/budget.h"
#include "config/config_i.h"
#include "process/batch.h"

typedef struct tel__graph_env {
	const tel_alloc *alloc;
	const tel_log_sink *log;   /* may be NULL; must outlive the graph */
	tel__budget *budget;       /* may be NULL */
	size_t total_memory_bytes; /* 0 = unknown */
	size_t baseline_bytes;
	const tel_crypto_ops *crypto; /* may be NULL; must outlive the graph */
	uint64_t unix_ns;          /* now; 0 = unknown */
	tel_kube *kube;            /* may be NULL */
} tel__graph_env;

/* A send group: what one pipeline sends to one exporter. Its number is its position. */
typedef struct tel__graph_group {
	tel_slice pipeline;
	tel_slice batch_id;              /* processor id for otelcol_processor_batch_*, or empty */
	const tel__batch_options *batch; /* folded into the group; NULL = none */
} tel__graph_group;

typedef struct tel__graph_exporter {
	tel_slice id;
	const tel__config_component *component;
	tel__graph_group *groups;
	uint32_t group_count;            /* at least 1 */
} tel__graph_exporter;

/* Data points. Of committed plans only, but for refused, which is counted when the run fails. */
typedef struct tel__graph_counts {
	uint64_t incoming, outgoing;
	uint64_t created, removed;       /* incoming + created = outgoing + removed */
	uint64_t refused;
} tel__graph_counts;

/* A processor in a pipeline, batch included (it counts, but changes nothing). */
typedef struct tel__graph_processor {
	tel_slice id, pipeline;
	const tel__component *row;
	bool items_counters, points_counters, filtered_counter; /* which of the Collector's counters it feeds: process/processor.h */
	tel__graph_counts counts;
} tel__graph_processor;

/* The ledger of a pipeline (design.md 5): received + created = outgoing + removed, summed over its processors; outgoing
 * goes to each of its exporters and connectors. */
typedef struct tel__graph_pipeline {
	tel_slice id;
	uint32_t first_processor, processor_count; /* tel__graph_processor_get() */
	tel__graph_counts counts;        /* incoming is received */
} tel__graph_pipeline;

TEL_PRIVATE_BEGIN

/* As tel_graph_new(), with what only libtelemetry-io has. */
tel_err tel__graph_new(tel_config *config, const tel__graph_env *env, tel_graph **ret_graph, tel_error *err);

const tel__graph_exporter *tel__graph_exporter_get(const tel_graph *graph, size_t index);
size_t tel__graph_processor_count(const tel_graph *graph);
const tel__graph_processor *tel__graph_processor_get(const tel_graph *graph, size_t index);
size_t tel__graph_pipeline_count(const tel_graph *graph);
const tel__graph_pipeline *tel__graph_pipeline_get(const tel_graph *graph, size_t index);

/* Moves the counts of a graph that was replaced to its successor, by id: a processor that is in another pipeline now keeps
 * them, what has no place any more is added to ret_gone (of pipelines) or forgotten (of processors). from is zero then. */
void tel__graph_inherit(tel_graph *to, tel_graph *from, tel__graph_counts *ret_gone);
/* Whether the graph knows a receiver. */
bool tel__graph_has_receiver(const tel_graph *graph, tel_slice id);

/* What the plan would add at commit, by the indexes above. */
void tel__plan_processor_counts(const tel_plan *plan, size_t processor, tel__graph_counts *ret_counts);
void tel__plan_pipeline_counts(const tel_plan *plan, size_t pipeline, tel__graph_counts *ret_counts);

TEL_PRIVATE_END
#endif
