/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/error_i.h"
#include "base/mem.h"
#include "graph/compiled.h"

enum { PLAN_FIRST_CAP = 4 };

static void counts_add(tel__graph_counts *into, const tel__graph_counts *from)
{
	into->incoming += from->incoming;
	into->outgoing += from->outgoing;
	into->created += from->created;
	into->removed += from->removed;
	into->refused += from->refused;
}

tel_err tel_plan_new(tel_graph *graph, tel_plan **ret_plan, tel_error *err)
{
	if (!graph || !ret_plan)
		return tel__fail(err, TEL_ERR_ARG, "a plan needs a graph");
	tel_plan *plan = tel__mem_zero(&graph->alloc, 1, sizeof(*plan));
	if (!plan)
		return tel__fail_nomem(err);
	plan->graph = graph;
	plan->outcome = TEL_PLAN_FILTERED;
	graph->refs++;
	size_t pipelines = graph->pipeline_count, processors = graph->processor_count;
	plan->pipelines = tel__mem_zero(&graph->alloc, pipelines + 1, sizeof(*plan->pipelines));
	plan->processors = tel__mem_zero(&graph->alloc, processors + 1, sizeof(*plan->processors));
	plan->touched = tel__mem_zero(&graph->alloc, pipelines + 1, sizeof(*plan->touched));
	plan->is_touched = tel__mem_zero(&graph->alloc, pipelines + 1, sizeof(*plan->is_touched));
	if (!plan->pipelines || !plan->processors || !plan->touched || !plan->is_touched ||
	    tel__arena_new(&graph->alloc, 0, NULL, &plan->arena)) {
		tel_plan_free(plan);
		return tel__fail_nomem(err);
	}
	*ret_plan = plan;
	return TEL_OK;
}

void tel_plan_free(tel_plan *plan)
{
	if (!plan)
		return;
	tel_graph *graph = plan->graph;
	size_t pipelines = (size_t)graph->pipeline_count + 1, processors = (size_t)graph->processor_count + 1;
	tel_plan_reset(plan);
	tel__arena_unref(plan->arena);
	if (plan->entries)
		tel__mem_free(&graph->alloc, plan->entries, plan->cap, sizeof(*plan->entries));
	if (plan->pipelines)
		tel__mem_free(&graph->alloc, plan->pipelines, pipelines, sizeof(*plan->pipelines));
	if (plan->processors)
		tel__mem_free(&graph->alloc, plan->processors, processors, sizeof(*plan->processors));
	if (plan->touched)
		tel__mem_free(&graph->alloc, plan->touched, pipelines, sizeof(*plan->touched));
	if (plan->is_touched)
		tel__mem_free(&graph->alloc, plan->is_touched, pipelines, sizeof(*plan->is_touched));
	tel__mem_free(&graph->alloc, plan, 1, sizeof(*plan));
	tel__graph_unref(graph);
}

static void counts_clear(tel_plan *plan)
{
	for (uint32_t i = 0; i < plan->touched_count; i++) {
		uint32_t n = plan->touched[i];
		const tel__graph_pipeline *p = &plan->graph->pipelines[n];
		memset(plan->processors + p->first_processor, 0, p->processor_count * sizeof(*plan->processors));
		memset(&plan->pipelines[n], 0, sizeof(*plan->pipelines));
		plan->is_touched[n] = false;
	}
	plan->touched_count = 0;
}

void tel_plan_reset(tel_plan *plan)
{
	if (!plan)
		return;
	for (size_t i = 0; i < plan->count; i++)
		tel_metrics_free(plan->entries[i].metrics);
	plan->count = 0;
	counts_clear(plan);
	for (tel__staged *s = plan->committed ? NULL : plan->staged, *next; s; s = next) {
		next = s->next;
		if (s->drop)
			s->drop(s->processor, s);
	}
	if (plan->arena)
		tel__arena_reset(plan->arena);
	plan->staged = NULL;
	plan->outcome = TEL_PLAN_FILTERED;
	plan->component = (tel_slice){ NULL, 0 };
	plan->committed = false;
}

size_t tel_plan_count(const tel_plan *plan)
{
	return plan ? plan->count : 0;
}

const tel_plan_entry *tel_plan_get(const tel_plan *plan, size_t index)
{
	return plan && index < plan->count ? &plan->entries[index] : NULL;
}

tel_plan_outcome tel_plan_outcome_get(const tel_plan *plan)
{
	return plan ? plan->outcome : TEL_PLAN_FILTERED;
}

tel_slice tel_plan_component(const tel_plan *plan)
{
	return plan ? plan->component : (tel_slice){ NULL, 0 };
}

static void counts_apply(tel_plan *plan)
{
	for (uint32_t i = 0; i < plan->touched_count; i++) {
		uint32_t n = plan->touched[i];
		tel__graph_pipeline *p = &plan->graph->pipelines[n];
		counts_add(&p->counts, &plan->pipelines[n]);
		for (uint32_t k = p->first_processor; k < p->first_processor + p->processor_count; k++)
			counts_add(&plan->graph->processors[k].counts, &plan->processors[k]);
	}
}

static tel__staged *staged_reverse(tel__staged *list)
{
	tel__staged *out = NULL;
	while (list) {
		tel__staged *next = list->next;
		list->next = out;
		out = list;
		list = next;
	}
	return out;
}

void tel_plan_commit(tel_plan *plan)
{
	if (!plan || plan->committed)
		return;
	plan->committed = true;
	counts_apply(plan);
	plan->staged = staged_reverse(plan->staged);
	for (tel__staged *s = plan->staged, *next; s; s = next) {
		next = s->next;
		s->apply(s->processor, s);
	}
}

void tel__plan_touch(tel_plan *plan, uint32_t pipeline)
{
	if (plan->is_touched[pipeline])
		return;
	plan->is_touched[pipeline] = true;
	plan->touched[plan->touched_count++] = pipeline;
}

tel_err tel__plan_add(tel_plan *plan, const tel_plan_entry *entry)
{
	if (plan->count == plan->cap) {
		size_t cap = plan->cap ? plan->cap * 2 : PLAN_FIRST_CAP;
		tel_plan_entry *entries = tel__mem_resize(&plan->graph->alloc, plan->entries, plan->cap, cap, sizeof(*entries));
		if (!entries)
			return TEL_ERR_NOMEM;
		plan->entries = entries;
		plan->cap = cap;
	}
	plan->entries[plan->count++] = *entry;
	return TEL_OK;
}

void tel__plan_refuse(tel_plan *plan, tel_plan_outcome outcome, tel_slice component)
{
	for (uint32_t i = 0; i < plan->touched_count; i++) {
		const tel__graph_pipeline *p = &plan->graph->pipelines[plan->touched[i]];
		for (uint32_t k = p->first_processor; k < p->first_processor + p->processor_count; k++)
			plan->graph->processors[k].counts.refused += plan->processors[k].refused;
	}
	tel_plan_reset(plan);
	plan->outcome = outcome;
	plan->component = component;
	plan->committed = true; /* there is nothing to commit */
}

void tel__plan_processor_counts(const tel_plan *plan, size_t processor, tel__graph_counts *ret_counts)
{
	*ret_counts = plan->processors[processor];
}

void tel__plan_pipeline_counts(const tel_plan *plan, size_t pipeline, tel__graph_counts *ret_counts)
{
	*ret_counts = plan->pipelines[pipeline];
}
