/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error_i.h"
#include "base/limits.h"
#include "base/log_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "graph/compiled.h"

/* From a configuration to a graph: instances per pipeline, connectors resolved, a send group per pipeline and exporter. */

typedef struct builder {
	tel_graph *g;
	const tel__graph_env *env;
	const tel_config *config;
	uint32_t *numbers; /* by component: number of the exporter */
	tel_error *err;
} builder;

static const tel__config_component *component_of(const builder *b, uint32_t index)
{
	return &b->config->components[index];
}

static void *take(builder *b, size_t count, size_t size)
{
	void *p = tel__arena_array(b->g->arena, count ? count : 1, size);
	if (p)
		memset(p, 0, (count ? count : 1) * size);
	return p;
}

static bool lists(const uint32_t *items, uint32_t count, uint32_t value)
{
	for (uint32_t i = 0; i < count; i++)
		if (items[i] == value)
			return true;
	return false;
}

static tel_err fail_create(builder *b, tel_err code, const tel__config_component *c, tel_slice pipeline, const char *why)
{
	/* Ids are checked by the loader: no control characters. */
	return tel__fail(b->err, code, "failed to build pipelines: failed to create \"" TEL_SLICE_FMT "\" %s, in pipeline \""
	                 TEL_SLICE_FMT "\": %s", TEL_SLICE_ARG(c->id), c->kind == TEL__KIND_CONNECTOR ? "connector" :
	                 "processor", TEL_SLICE_ARG(pipeline), why);
}

/* Exporters */

static tel_err number_exporters(builder *b)
{
	b->numbers = take(b, b->config->component_count, sizeof(*b->numbers));
	if (!b->numbers)
		return TEL_ERR_NOMEM;
	uint32_t *groups = take(b, b->config->component_count, sizeof(*groups));
	if (!groups)
		return TEL_ERR_NOMEM;
	uint32_t count = 0;
	for (size_t p = 0; p < b->config->pipeline_count; p++)
		for (uint32_t i = 0; i < b->config->pipelines[p].exporter_count; i++)
			groups[b->config->pipelines[p].exporters[i]]++;
	for (uint32_t c = 0; c < b->config->component_count; c++)
		if (groups[c] && component_of(b, c)->kind == TEL__KIND_EXPORTER)
			b->numbers[c] = count++;
	b->g->exporters = take(b, count, sizeof(*b->g->exporters));
	if (!b->g->exporters)
		return TEL_ERR_NOMEM;
	b->g->exporter_count = count;
	for (uint32_t c = 0; c < b->config->component_count; c++) {
		if (!groups[c] || component_of(b, c)->kind != TEL__KIND_EXPORTER)
			continue;
		tel__graph_exporter *x = &b->g->exporters[b->numbers[c]];
		x->id = component_of(b, c)->id;
		x->component = component_of(b, c);
		x->groups = take(b, groups[c], sizeof(*x->groups));
		if (!x->groups)
			return TEL_ERR_NOMEM;
	}
	return TEL_OK;
}

/* Processors */

static tel__processor_env env_of(const builder *b, tel_slice id, tel_slice pipeline)
{
	return (tel__processor_env){
		.alloc = &b->g->alloc,
		.log = b->env->log,
		.budget = b->env->budget,
		.total_memory_bytes = b->env->total_memory_bytes,
		.baseline_bytes = b->env->baseline_bytes,
		.crypto = b->env->crypto,
		.unix_ns = b->env->unix_ns,
		.kube = b->env->kube,
		.id = id,
		.pipeline = pipeline,
	};
}

static tel_err make_instance(builder *b, const tel__config_component *c, const tel__processor_ops *ops, uint32_t number)
{
	tel_graph *g = b->g;
	for (uint32_t i = 0; ops->shared && i < number; i++) {
		if (g->instances[i] && tel__slice_eq(g->processors[i].id, c->id)) {
			g->instances[number] = g->instances[i];
			return TEL_OK;
		}
	}
	tel__processor_env env = env_of(b, c->id, ops->shared ? (tel_slice){ NULL, 0 } : g->processors[number].pipeline);
	tel_error why = TEL_ERROR_INIT;
	tel_err e = ops->make(&env, c->options, &g->instances[number], &why);
	if (e == TEL_ERR_NOMEM)
		return e;
	if (e)
		return fail_create(b, TEL_ERR_CONFIG, c, g->processors[number].pipeline, why.msg);
	g->instances[number]->ops = ops;
	g->instance_owned[number] = true;
	return TEL_OK;
}

/* A batch that is not folded everywhere behind it: the numbers of a file that expects it are not met there. */
static void say_pass_through(builder *b, const tel__config_component *c, const tel__config_pipeline *p, bool last)
{
	bool connects = false;
	for (uint32_t i = 0; last && i < p->exporter_count; i++)
		connects = connects || component_of(b, p->exporters[i])->kind == TEL__KIND_CONNECTOR;
	if (last && !connects)
		return;
	tel__log_source source = { c->id, TEL_SLICE_LIT("processor"), p->id };
	tel__log(b->env->log, TEL_LOG_WARN, &source, last ? "Batches for a connector pass through unchanged." :
	         "Not the last processor of its pipeline: batches pass through unchanged.", NULL, 0);
}

/* Nothing that reads metadata behind a batch exists here, so all of it goes into one batch: said, not silent. */
static void say_one_batch(builder *b, const tel__config_component *c, const tel__config_pipeline *p,
                          const tel__batch_options *options)
{
	tel__log_source source = { c->id, TEL_SLICE_LIT("processor"), p->id };
	if (options->metadata_keys.count)
		tel__log(b->env->log, TEL_LOG_WARN, &source, "metadata_keys are not used: batches are not kept apart by them.",
		         NULL, 0);
}

static tel_err build_processor(builder *b, const tel__config_pipeline *p, uint32_t at, uint32_t number)
{
	const tel__config_component *c = component_of(b, p->processors[at]);
	tel__graph_processor *out = &b->g->processors[number];
	const tel__processor_ops *ops = c->row->impl;
	out->id = c->id;
	out->pipeline = p->id;
	out->row = c->row;
	out->items_counters = ops->items_counters;
	out->points_counters = ops->points_counters;
	out->filtered_counter = ops->filtered_counter;
	if (!ops->folds)
		return make_instance(b, c, ops, number);
	say_pass_through(b, c, p, at + 1 == p->processor_count);
	say_one_batch(b, c, p, ops->folds(c->options));
	return TEL_OK;
}

static tel_err build_processors(builder *b)
{
	size_t count = 0;
	for (size_t p = 0; p < b->config->pipeline_count; p++)
		count += b->config->pipelines[p].processor_count;
	b->g->processors = take(b, count, sizeof(*b->g->processors));
	b->g->instances = take(b, count, sizeof(*b->g->instances));
	b->g->instance_owned = take(b, count, sizeof(*b->g->instance_owned));
	b->g->pipelines = take(b, b->config->pipeline_count, sizeof(*b->g->pipelines));
	if (!b->g->processors || !b->g->instances || !b->g->instance_owned || !b->g->pipelines)
		return TEL_ERR_NOMEM;
	b->g->processor_count = (uint32_t)count;
	b->g->pipeline_count = (uint32_t)b->config->pipeline_count;
	uint32_t number = 0;
	for (size_t i = 0; i < b->config->pipeline_count; i++) {
		const tel__config_pipeline *p = &b->config->pipelines[i];
		b->g->pipelines[i].id = p->id;
		b->g->pipelines[i].first_processor = number;
		b->g->pipelines[i].processor_count = p->processor_count;
		for (uint32_t k = 0; k < p->processor_count; k++) {
			tel_err e = build_processor(b, p, k, number++);
			if (e)
				return e;
		}
	}
	return TEL_OK;
}

/* Targets */

/* The folded batch of a pipeline, or NULL. */
static const tel__config_component *folded(const builder *b, const tel__config_pipeline *p)
{
	if (!p->processor_count)
		return NULL;
	const tel__config_component *c = component_of(b, p->processors[p->processor_count - 1]);
	const tel__processor_ops *ops = c->row->impl;
	return ops->folds ? c : NULL;
}

static uint32_t count_receivers(const builder *b, uint32_t component)
{
	uint32_t count = 0;
	for (size_t p = 0; p < b->config->pipeline_count; p++)
		count += lists(b->config->pipelines[p].receivers, b->config->pipelines[p].receiver_count, component);
	return count;
}

static void add_pipelines(const builder *b, uint32_t component, tel__graph_targets *targets)
{
	for (uint32_t p = 0; p < b->config->pipeline_count; p++)
		if (lists(b->config->pipelines[p].receivers, b->config->pipelines[p].receiver_count, component))
			targets->items[targets->count++] = (tel__graph_target){ .kind = TEL__TARGET_PIPELINE, .index = p };
}

static void add_exporter(builder *b, uint32_t component, const tel__config_pipeline *p, tel__graph_targets *targets)
{
	tel__graph_exporter *x = &b->g->exporters[b->numbers[component]];
	const tel__config_component *batch = folded(b, p);
	tel__graph_group *group = &x->groups[x->group_count];
	group->pipeline = p->id;
	if (batch) {
		group->batch_id = batch->id;
		group->batch = ((const tel__processor_ops *)batch->row->impl)->folds(batch->options);
	}
	targets->items[targets->count++] = (tel__graph_target){ .kind = TEL__TARGET_EXPORTER,
	                                                        .index = b->numbers[component], .group = x->group_count++ };
}

static tel_err check_connector(builder *b, const tel__config_component *c, const tel__config_pipeline *p,
                               uint32_t receivers)
{
	if (!receivers)
		return tel__fail(b->err, TEL_ERR_CONFIG, "failed to build pipelines: connector \"" TEL_SLICE_FMT "\" used as exporter "
		                 "in [" TEL_SLICE_FMT "] pipeline but not used in any supported receiver pipeline",
		                 TEL_SLICE_ARG(c->id), TEL_SLICE_ARG(p->id));
	return TEL_OK;
}

/* The number of a connector that sorts, which is made when it is first met. */
static tel_err find_connector(builder *b, uint32_t component, const tel__config_pipeline *p, uint32_t *ret_number)
{
	const tel__config_component *c = component_of(b, component);
	const tel__connector_ops *ops = c->row->impl;
	tel__graph_connector *x;
	tel_slice *names;
	tel_error why = TEL_ERROR_INIT;
	for (uint32_t i = 0; i < b->g->connector_count; i++)
		if (tel__slice_eq(b->g->connectors[i].id, c->id)) {
			*ret_number = i;
			return TEL_OK;
		}
	x = &b->g->connectors[b->g->connector_count];
	x->id = c->id;
	x->count = 0;
	x->pipelines = take(b, count_receivers(b, component), sizeof(*x->pipelines));
	names = take(b, count_receivers(b, component), sizeof(*names));
	if (!x->pipelines || !names)
		return TEL_ERR_NOMEM;
	for (uint32_t i = 0; i < b->config->pipeline_count; i++)
		if (lists(b->config->pipelines[i].receivers, b->config->pipelines[i].receiver_count, component)) {
			names[x->count] = b->config->pipelines[i].id;
			x->pipelines[x->count++] = i;
		}
	tel__processor_env env = env_of(b, c->id, (tel_slice){ NULL, 0 });
	tel_err e = ops->make(&env, c->options, names, x->count, &x->instance, &why);
	if (e)
		return e == TEL_ERR_NOMEM ? e : fail_create(b, TEL_ERR_CONFIG, c, p->id, why.msg);
	x->instance->ops = ops;
	*ret_number = b->g->connector_count++;
	return TEL_OK;
}

static tel_err add_connector(builder *b, uint32_t component, const tel__config_pipeline *p, tel__graph_targets *targets)
{
	const tel__connector_ops *ops = component_of(b, component)->row->impl;
	uint32_t number = 0;
	if (ops->forwards) {
		add_pipelines(b, component, targets);
		return TEL_OK;
	}
	tel_err e = find_connector(b, component, p, &number);
	if (!e)
		targets->items[targets->count++] = (tel__graph_target){ .kind = TEL__TARGET_CONNECTOR, .index = number };
	return e;
}

static tel_err build_target_list(builder *b, const tel__config_pipeline *p, tel__graph_targets *targets)
{
	uint32_t count = 0;
	for (uint32_t i = 0; i < p->exporter_count; i++) {
		const tel__config_component *c = component_of(b, p->exporters[i]);
		uint32_t n = c->kind == TEL__KIND_CONNECTOR ? count_receivers(b, p->exporters[i]) : 1;
		tel_err e = c->kind == TEL__KIND_CONNECTOR ? check_connector(b, c, p, n) : TEL_OK;
		if (e)
			return e;
		count += n;
	}
	targets->items = take(b, count, sizeof(*targets->items));
	if (!targets->items)
		return TEL_ERR_NOMEM;
	for (uint32_t i = 0; i < p->exporter_count; i++) {
		if (lists(p->exporters, i, p->exporters[i]))
			continue; /* listed twice */
		tel_err e = TEL_OK;
		if (component_of(b, p->exporters[i])->kind == TEL__KIND_CONNECTOR)
			e = add_connector(b, p->exporters[i], p, targets);
		else
			add_exporter(b, p->exporters[i], p, targets);
		if (e)
			return e;
	}
	return targets->count ? TEL_OK : tel__fail(b->err, TEL_ERR_CONFIG, "pipeline \"" TEL_SLICE_FMT "\" has no exporter",
	                                           TEL_SLICE_ARG(p->id));
}

static tel_err build_targets(builder *b)
{
	b->g->targets = take(b, b->config->pipeline_count, sizeof(*b->g->targets));
	b->g->connectors = take(b, b->config->component_count, sizeof(*b->g->connectors));
	if (!b->g->targets || !b->g->connectors)
		return TEL_ERR_NOMEM;
	for (size_t i = 0; i < b->config->pipeline_count; i++) {
		tel_err e = build_target_list(b, &b->config->pipelines[i], &b->g->targets[i]);
		if (e)
			return e;
	}
	return TEL_OK;
}

/* A run follows connectors by recursion: chains are bounded, and cycles refused. */
static tel_err lengthen(builder *b, uint32_t *depth, uint32_t from, uint32_t to, bool *changed)
{
	if (depth[to] > depth[from])
		return TEL_OK;
	depth[to] = depth[from] + 1;
	*changed = true;
	if (depth[to] < TEL_LIMIT_PIPELINE_CHAIN)
		return TEL_OK;
	return tel__fail(b->err, TEL_ERR_CONFIG, "failed to build pipelines: pipeline \"" TEL_SLICE_FMT "\" is part of a cycle, or "
	                 "of a chain of more than %d pipelines", TEL_SLICE_ARG(b->g->pipelines[to].id), TEL_LIMIT_PIPELINE_CHAIN);
}

static tel_err follow(builder *b, uint32_t *depth, uint32_t from, const tel__graph_target *t, bool *changed)
{
	tel_err e = TEL_OK;
	if (t->kind == TEL__TARGET_PIPELINE)
		return lengthen(b, depth, from, t->index, changed);
	if (t->kind == TEL__TARGET_CONNECTOR)
		for (uint32_t i = 0; !e && i < b->g->connectors[t->index].count; i++)
			e = lengthen(b, depth, from, b->g->connectors[t->index].pipelines[i], changed);
	return e;
}

static tel_err check_chains(builder *b)
{
	uint32_t *depth = take(b, b->g->pipeline_count, sizeof(*depth));
	bool changed = true;
	tel_err e = depth ? TEL_OK : TEL_ERR_NOMEM;
	while (!e && changed) {
		changed = false;
		for (uint32_t p = 0; !e && p < b->g->pipeline_count; p++)
			for (uint32_t i = 0; !e && i < b->g->targets[p].count; i++)
				e = follow(b, depth, p, &b->g->targets[p].items[i], &changed);
	}
	return e;
}

/* Receivers */

static tel_err build_entries(builder *b)
{
	const tel_config *config = b->config;
	b->g->entries = take(b, config->component_count, sizeof(*b->g->entries));
	if (!b->g->entries)
		return TEL_ERR_NOMEM;
	for (uint32_t c = 0; c < config->component_count; c++) {
		uint32_t count = component_of(b, c)->kind == TEL__KIND_RECEIVER ? count_receivers(b, c) : 0;
		if (!count)
			continue;
		tel__graph_entry *entry = &b->g->entries[b->g->entry_count++];
		entry->receiver = component_of(b, c)->id;
		entry->pipelines = take(b, count, sizeof(*entry->pipelines));
		if (!entry->pipelines)
			return TEL_ERR_NOMEM;
		for (uint32_t p = 0; p < config->pipeline_count; p++)
			if (lists(config->pipelines[p].receivers, config->pipelines[p].receiver_count, c))
				entry->pipelines[entry->count++] = p;
	}
	return TEL_OK;
}

static tel_err build(builder *b)
{
	tel_err e = tel__arena_new(&b->g->alloc, 0, NULL, &b->g->arena);
	if (!e)
		e = number_exporters(b);
	if (!e)
		e = build_processors(b);
	if (!e)
		e = build_targets(b);
	if (!e)
		e = check_chains(b);
	if (!e)
		e = build_entries(b);
	return e == TEL_ERR_NOMEM ? tel__fail_nomem(b->err) : e;
}

tel_err tel__graph_new(tel_config *config, const tel__graph_env *env, tel_graph **ret_graph, tel_error *err)
{
	tel_graph *g = tel__mem_zero(env->alloc, 1, sizeof(*g));
	if (!g)
		return tel__fail_nomem(err);
	g->alloc = *tel__alloc_or_default(env->alloc);
	g->refs = 1;
	g->config = tel_config_ref(config);
	builder b = { .g = g, .env = env, .config = config, .err = err };
	tel_err e = tel__config_runnable(config, TEL__RUNS(TEL__KIND_PROCESSOR) | TEL__RUNS(TEL__KIND_CONNECTOR), err);
	e = e ? e : build(&b);
	if (e) {
		tel_graph_free(g);
		return e;
	}
	*ret_graph = g;
	return TEL_OK;
}

tel_err tel_graph_new(tel_config *config, const tel_graph_opts *opts, tel_graph **ret_graph, tel_error *err)
{
	if (!config || !ret_graph)
		return tel__fail(err, TEL_ERR_ARG, "a graph needs a configuration");
	tel_graph_opts o = TEL_GRAPH_OPTS_INIT;
	if (opts)
		memcpy(&o, opts, opts->size < sizeof(o) ? opts->size : sizeof(o));
	tel__graph_env env = { .alloc = o.alloc, .log = o.log, .total_memory_bytes = o.total_memory_bytes,
	                        .crypto = o.crypto, .unix_ns = o.unix_ns, .kube = o.kube };
	return tel__graph_new(config, &env, ret_graph, err);
}

void tel__graph_unref(tel_graph *graph)
{
	if (--graph->refs)
		return;
	for (uint32_t i = 0; i < graph->processor_count; i++)
		if (graph->instance_owned[i])
			graph->instances[i]->ops->free(graph->instances[i]);
	for (uint32_t i = 0; i < graph->connector_count; i++)
		graph->connectors[i].instance->ops->free(graph->connectors[i].instance);
	tel__arena_unref(graph->arena);
	tel_config_free(graph->config);
	tel_alloc alloc = graph->alloc;
	tel__mem_free(&alloc, graph, 1, sizeof(*graph));
}

void tel_graph_free(tel_graph *graph)
{
	if (graph)
		tel__graph_unref(graph);
}

size_t tel_graph_exporter_count(const tel_graph *graph)
{
	return graph ? graph->exporter_count : 0;
}

tel_slice tel_graph_exporter(const tel_graph *graph, size_t index)
{
	return graph && index < graph->exporter_count ? graph->exporters[index].id : (tel_slice){ NULL, 0 };
}

const tel__graph_exporter *tel__graph_exporter_get(const tel_graph *graph, size_t index)
{
	return index < graph->exporter_count ? &graph->exporters[index] : NULL;
}

size_t tel__graph_processor_count(const tel_graph *graph)
{
	return graph->processor_count;
}

const tel__graph_processor *tel__graph_processor_get(const tel_graph *graph, size_t index)
{
	return index < graph->processor_count ? &graph->processors[index] : NULL;
}

size_t tel__graph_pipeline_count(const tel_graph *graph)
{
	return graph->pipeline_count;
}

const tel__graph_pipeline *tel__graph_pipeline_get(const tel_graph *graph, size_t index)
{
	return index < graph->pipeline_count ? &graph->pipelines[index] : NULL;
}
