/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_GRAPH_COMPILED_H
#define TEL_GRAPH_COMPILED_H
/* The inside of a graph and of a plan. Pipelines, processors and exporters are numbered; everything refers by number. */
#include "base/arena.h"
#include "graph/graph_i.h"
#include "process/processor.h"

typedef enum tel__graph_target_kind { TEL__TARGET_EXPORTER, TEL__TARGET_PIPELINE, TEL__TARGET_CONNECTOR } tel__graph_target_kind;

/* Where the outcome of a pipeline goes. Connectors that only forward are resolved to the pipelines behind them. */
typedef struct tel__graph_target {
	tel__graph_target_kind kind;
	uint32_t index;
	uint32_t group; /* of the exporter */
} tel__graph_target;

typedef struct tel__graph_targets {
	tel__graph_target *items;
	uint32_t count;
} tel__graph_targets;

/* A connector that sorts. */
typedef struct tel__graph_connector {
	tel_slice id;
	tel__connector *instance;
	uint32_t *pipelines;   /* that list it */
	uint32_t count;
} tel__graph_connector;

typedef struct tel__graph_entry {
	tel_slice receiver;
	uint32_t *pipelines;
	uint32_t count;
} tel__graph_entry;

struct tel_graph {
	tel_alloc alloc;
	uint32_t refs;                   /* the owner and the plans, all on one thread */
	tel_config *config;
	tel__arena *arena;               /* holds the arrays below */
	tel__graph_exporter *exporters;
	tel__graph_processor *processors; /* pipeline by pipeline */
	tel__processor **instances;      /* by processor number; NULL = passes through */
	bool *instance_owned;            /* false: a shared instance made for an earlier processor */
	tel__graph_pipeline *pipelines;
	tel__graph_targets *targets;     /* by pipeline number */
	tel__graph_entry *entries;
	tel__graph_connector *connectors;
	uint32_t connector_count;
	uint32_t exporter_count, processor_count, pipeline_count, entry_count;
};

struct tel_plan {
	tel_graph *graph;
	tel__arena *arena;               /* staged state */
	tel_plan_entry *entries;
	size_t count, cap;
	tel__graph_counts *processors;   /* by number: what commit adds */
	tel__graph_counts *pipelines;
	uint32_t *touched;               /* pipelines that ran, each once */
	bool *is_touched;
	uint32_t touched_count;
	tel__staged *staged;
	tel_plan_outcome outcome;
	tel_slice component;             /* that refused; borrowed from the graph */
	bool committed;
};

TEL_PRIVATE_BEGIN

void tel__graph_unref(tel_graph *graph);
/* Marks the pipeline as one whose counts are not zero. */
void tel__plan_touch(tel_plan *plan, uint32_t pipeline);
/* Adds a share; takes entry->metrics over on success. */
tel_err tel__plan_add(tel_plan *plan, const tel_plan_entry *entry);
/* Forgets everything but the refusals, which become real. component may be empty. */
void tel__plan_refuse(tel_plan *plan, tel_plan_outcome outcome, tel_slice component);

TEL_PRIVATE_END
#endif
