/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error_i.h"
#include "base/slice_i.h"
#include "graph/compiled.h"
#include "model/metrics_i.h"

/* One run: a batch on its way through the pipelines. */
typedef struct walk {
	tel_graph *graph;
	tel_plan *plan;
	tel__run run;
	tel_err worst; /* what decides for the request so far */
	tel_slice component; /* that said so */
	tel_error *err;
} walk;

static bool is_retryable(tel_err code)
{
	return code == TEL_ERR_REFUSED || code == TEL_ERR_NOMEM || code == TEL_ERR_BUDGET;
}

/* A permanent failure decides before a retryable one, the first of a kind before later ones (otel-processing.md 10.5). */
static void walk_fail(walk *w, tel_err code, tel_slice component, const tel_error *why)
{
	if (w->worst && (is_retryable(code) || !is_retryable(w->worst)))
		return;
	w->worst = is_retryable(code) ? code : TEL_ERR_REJECTED;
	w->component = component;
	if (code == TEL_ERR_NOMEM)
		(void)tel__fail_nomem(w->err);
	else
		(void)tel__fail(w->err, w->worst, "%s", why->msg[0] ? why->msg : tel_err_name(code));
}

static void count_step(tel__graph_counts *counts, uint64_t before, uint64_t created, uint64_t after)
{
	/* What a processor does not report it has at least made, if there is more than before. */
	if (before + created < after)
		created = after - before;
	counts->incoming += before;
	counts->outgoing += after;
	counts->created += created;
	counts->removed += before + created - after;
}

/* Runs the processors; false when one failed. The counts of a processor are also the pipeline's. */
static bool run_processors(walk *w, uint32_t pipeline, tel_metrics *batch)
{
	const tel__graph_pipeline *p = &w->graph->pipelines[pipeline];
	tel__graph_counts *total = &w->plan->pipelines[pipeline];
	total->incoming += batch->points;
	for (uint32_t i = p->first_processor; i < p->first_processor + p->processor_count && batch->points; i++) {
		tel__processor *processor = w->graph->instances[i];
		uint64_t before = batch->points;
		tel_error why = TEL_ERROR_INIT;
		if (!processor) { /* a folded batch: works behind the queue */
			count_step(&w->plan->processors[i], before, 0, before);
			continue;
		}
		w->run.created = 0;
		tel_err e = processor->ops->run(processor, batch, &w->run, &why);
		if (e) {
			w->plan->processors[i].refused += before;
			walk_fail(w, e, w->graph->processors[i].id, &why);
			return false;
		}
		tel__graph_counts step = { 0 };
		count_step(&step, before, w->run.created, batch->points);
		count_step(&w->plan->processors[i], before, w->run.created, batch->points);
		total->created += step.created;
		total->removed += step.removed;
	}
	total->outgoing += batch->points;
	return true;
}

static void run_pipeline(walk *w, uint32_t pipeline, tel_metrics *batch);

/* Parts of a batch that a connector sorted: handed on once all of them are there. */
typedef struct part {
	struct part *next;
	uint32_t pipeline;
	tel_metrics *batch;
} part;

typedef struct collected {
	tel__parts parts;
	walk *w;
	part *first, **last;
} collected;

static tel_err collect(tel__parts *self, uint32_t pipeline, tel_metrics *batch)
{
	collected *c = (collected *)(void *)self;
	part *p = tel__arena_alloc(c->w->plan->arena, sizeof(*p));
	if (!p) {
		tel_metrics_free(batch);
		return TEL_ERR_NOMEM;
	}
	*p = (part){ NULL, pipeline, batch };
	*c->last = p;
	c->last = &p->next;
	return TEL_OK;
}

static void run_connector(walk *w, const tel__graph_connector *x, tel_metrics *batch)
{
	collected c = { .parts = { collect }, .w = w, .last = &c.first };
	tel_error why = TEL_ERROR_INIT;
	tel_err e = x->instance->ops->route(x->instance, batch, &w->run, &c.parts, &why);
	if (e)
		walk_fail(w, e, x->id, &why);
	for (part *p = c.first, *next; p; p = next) {
		next = p->next;
		if (e)
			tel_metrics_free(p->batch);
		else
			run_pipeline(w, x->pipelines[p->pipeline], p->batch);
	}
}

static void reach(walk *w, uint32_t pipeline, const tel__graph_target *target, tel_metrics *batch)
{
	if (target->kind == TEL__TARGET_PIPELINE) {
		run_pipeline(w, target->index, batch);
		return;
	}
	if (target->kind == TEL__TARGET_CONNECTOR) {
		run_connector(w, &w->graph->connectors[target->index], batch);
		return;
	}
	tel_plan_entry entry = { .exporter = w->graph->exporters[target->index].id,
	                         .pipeline = w->graph->pipelines[pipeline].id, .exporter_index = target->index,
	                         .group = target->group, .metrics = batch, .points = batch->points };
	if (tel__plan_add(w->plan, &entry)) {
		walk_fail(w, TEL_ERR_NOMEM, (tel_slice){ NULL, 0 }, NULL);
		tel_metrics_free(batch);
	}
}

/* Another handle for all receivers of a batch but the last, which gets the batch itself; NULL = no memory. */
static tel_metrics *share_unless_last(walk *w, tel_metrics *batch, bool last)
{
	tel_metrics *other = batch;
	if (!last && tel_metrics_share(batch, &other)) {
		walk_fail(w, TEL_ERR_NOMEM, (tel_slice){ NULL, 0 }, NULL);
		return NULL;
	}
	return other;
}

static void run_pipeline(walk *w, uint32_t pipeline, tel_metrics *batch)
{
	tel__plan_touch(w->plan, pipeline);
	if (!run_processors(w, pipeline, batch) || batch->points == 0) {
		tel_metrics_free(batch);
		return;
	}
	const tel__graph_targets *targets = &w->graph->targets[pipeline];
	for (uint32_t i = 0; i < targets->count; i++) {
		bool last = i + 1 == targets->count;
		tel_metrics *share = share_unless_last(w, batch, last);
		if (!share) {
			tel_metrics_free(batch);
			return;
		}
		reach(w, pipeline, &targets->items[i], share);
	}
}

static const tel__graph_entry *entry_find(const tel_graph *graph, tel_slice receiver)
{
	for (uint32_t i = 0; i < graph->entry_count; i++)
		if (tel__slice_eq(graph->entries[i].receiver, receiver))
			return &graph->entries[i];
	return NULL;
}

/* A pipeline may be entered without its receivers. */
static bool pipeline_find(const tel_graph *graph, tel_slice id, uint32_t *ret_pipeline)
{
	for (uint32_t i = 0; i < graph->pipeline_count; i++) {
		if (tel__slice_eq(graph->pipelines[i].id, id)) {
			*ret_pipeline = i;
			return true;
		}
	}
	return false;
}

static void run_entry(walk *w, const tel__graph_entry *entry, tel_metrics *batch)
{
	for (uint32_t i = 0; i < entry->count; i++) {
		tel_metrics *share = share_unless_last(w, batch, i + 1 == entry->count);
		if (!share) {
			tel_metrics_free(batch);
			return;
		}
		run_pipeline(w, entry->pipelines[i], share);
	}
}

tel_err tel_graph_run(tel_graph *graph, tel_slice receiver, tel_metrics *batch, const tel_origin *origin,
                      uint64_t unix_ns, uint64_t mono_ns, tel_plan *plan, tel_error *err)
{
	static const tel_origin nowhere = TEL_ORIGIN_INIT;
	if (!graph || !batch || !plan || plan->graph != graph) {
		tel_metrics_free(batch);
		return tel__fail(err, TEL_ERR_ARG, "a run needs a graph, a batch, and a plan that was made for the graph");
	}
	tel_plan_reset(plan);
	tel__graph_entry pipeline = { .count = 1 };
	uint32_t number = 0;
	const tel__graph_entry *entry = entry_find(graph, receiver);
	if (!entry && pipeline_find(graph, receiver, &number)) {
		pipeline.pipelines = &number;
		entry = &pipeline;
	}
	if (!entry) {
		char id[64];
		tel_metrics_free(batch);
		return tel__fail(err, TEL_ERR_NOT_FOUND, "no pipeline has the receiver \"%s\"",
		                 tel__slice_printable(receiver, id, sizeof(id)));
	}
	walk w = { .graph = graph, .plan = plan, .err = err,
	           .run = { .arena = plan->arena, .unix_ns = unix_ns, .mono_ns = mono_ns,
	                    .origin = origin ? origin : &nowhere } };
	run_entry(&w, entry, batch);
	plan->staged = w.run.staged;
	if (w.worst) {
		tel__plan_refuse(plan, is_retryable(w.worst) ? TEL_PLAN_RETRY : TEL_PLAN_PERMANENT, w.component);
		return w.worst;
	}
	plan->outcome = plan->count ? TEL_PLAN_OK : TEL_PLAN_FILTERED;
	return TEL_OK;
}
