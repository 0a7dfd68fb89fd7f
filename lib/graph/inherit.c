/* SPDX-License-Identifier: Apache-2.0 */
/* Counters across a reload: a graph is compiled anew each time, what it counts goes on. */
#include "base/slice_i.h"
#include "graph/compiled.h"

static void move(tel__graph_counts *to, tel__graph_counts *from)
{
	to->incoming += from->incoming;
	to->outgoing += from->outgoing;
	to->created += from->created;
	to->removed += from->removed;
	to->refused += from->refused;
	*from = (tel__graph_counts){ 0 };
}

static tel__graph_counts *find_pipeline(tel_graph *g, tel_slice id)
{
	for (uint32_t i = 0; i < g->pipeline_count; i++)
		if (tel__slice_eq(g->pipelines[i].id, id))
			return &g->pipelines[i].counts;
	return NULL;
}

/* In the same pipeline, else anywhere: series of processors are summed by id. */
static tel__graph_counts *find_processor(tel_graph *g, const tel__graph_processor *like)
{
	tel__graph_processor *any = NULL;

	for (uint32_t i = 0; i < g->processor_count; i++) {
		tel__graph_processor *x = &g->processors[i];
		if (!tel__slice_eq(x->id, like->id))
			continue;
		if (tel__slice_eq(x->pipeline, like->pipeline))
			return &x->counts;
		any = any ? any : x;
	}
	return any ? &any->counts : NULL;
}

void tel__graph_inherit(tel_graph *to, tel_graph *from, tel__graph_counts *ret_gone)
{
	for (uint32_t i = 0; i < from->pipeline_count; i++) {
		tel__graph_counts *counts = find_pipeline(to, from->pipelines[i].id);
		move(counts ? counts : ret_gone, &from->pipelines[i].counts);
	}
	for (uint32_t i = 0; i < from->processor_count; i++) {
		tel__graph_counts nowhere = { 0 }, *counts = find_processor(to, &from->processors[i]);
		move(counts ? counts : &nowhere, &from->processors[i].counts);
	}
}

bool tel__graph_has_receiver(const tel_graph *graph, tel_slice id)
{
	for (uint32_t i = 0; i < graph->entry_count; i++)
		if (tel__slice_eq(graph->entries[i].receiver, id))
			return true;
	return false;
}
