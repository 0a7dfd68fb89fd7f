/* SPDX-License-Identifier: Apache-2.0 */
/* Connectors join pipelines: each needs both sides, and there must be no way back (otel-processing.md 10.4). */
#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/slice_i.h"
#include "config/loader.h"

enum { CYCLE_MAX = 4096, SHOWN = 256 };

static bool has(const uint32_t *indexes, uint32_t count, uint32_t index)
{
	for (uint32_t i = 0; i < count; i++)
		if (indexes[i] == index)
			return true;
	return false;
}

static void check_sides(tel__loader *l, uint32_t connector)
{
	const tel_config *config = l->config;
	const tel__config_component *c = &config->components[connector];
	const tel__config_pipeline *from = NULL, *to = NULL;
	char id[SHOWN], pipeline[SHOWN];

	for (size_t i = 0; i < config->pipeline_count; i++) {
		const tel__config_pipeline *p = &config->pipelines[i];

		if (!from && has(p->exporters, p->exporter_count, connector))
			from = p;
		if (!to && has(p->receivers, p->receiver_count, connector))
			to = p;
	}
	if (!!from == !!to)
		return;
	tel__slice_printable(c->id, id, sizeof(id));
	tel__slice_printable(from ? from->id : to->id, pipeline, sizeof(pipeline));
	tel__loader_error(l, ((tel__position){ c->node->source, c->line, c->column }), NULL,
	                  from ? "failed to build pipelines: connector \"%s\" used as exporter in [%s] pipeline but not used "
	                         "in any supported receiver pipeline"
	                       : "failed to build pipelines: connector \"%s\" used as receiver in [%s] pipeline but not used "
	                         "in any supported exporter pipeline", id, pipeline);
}

/* Walk over pipelines; state per pipeline: 0 new, 1 on the way, 2 done. */
typedef struct walker {
	tel__loader *l;
	uint8_t *state;
	uint32_t *way;       /* pipelines on the way, outermost first */
	uint32_t *way_by;    /* connector through which each was entered */
	uint32_t *next_edge; /* where each goes on: exporter * pipelines + pipeline */
	uint32_t depth;
} walker;

static void put_connector(tel__dynbuf *out, const tel__config_component *c)
{
	tel__dynbuf_fmt(out, "connector \"%.*s\" (metrics to metrics)", TEL_SLICE_ARG(c->id));
}

static void report_cycle(const walker *w, uint32_t to, uint32_t by)
{
	const tel_config *config = w->l->config;
	const tel__config_component *last = &config->components[by];
	uint32_t start = 0;
	tel__dynbuf text;

	while (w->way[start] != to)
		start++;
	tel__dynbuf_init(&text, &config->alloc, CYCLE_MAX);
	put_connector(&text, last);
	for (uint32_t i = start; i < w->depth; i++) {
		const tel__config_pipeline *p = &config->pipelines[w->way[i]];

		for (uint32_t j = 0; j < p->processor_count; j++)
			tel__dynbuf_fmt(&text, " -> processor \"%.*s\" in pipeline \"%.*s\"",
			                TEL_SLICE_ARG(config->components[p->processors[j]].id), TEL_SLICE_ARG(p->id));
		tel__dynbuf_puts(&text, " -> ");
		put_connector(&text, &config->components[i + 1 < w->depth ? w->way_by[i + 1] : by]);
	}
	if (tel__dynbuf_error(&text) == TEL_ERR_NOMEM)
		w->l->fatal = TEL_ERR_NOMEM;
	tel__loader_error(w->l, ((tel__position){ last->node->source, last->line, last->column }), NULL,
	                  "failed to build pipelines: cycle detected: %.*s", TEL_SLICE_ARG(tel__dynbuf_get(&text)));
	tel__dynbuf_fini(&text);
}

/* Next pipeline that p reaches through a connector; *edge is where the search goes on. */
static bool next_pipeline(const tel_config *config, const tel__config_pipeline *p, uint32_t *edge, uint32_t *ret_to,
                          uint32_t *ret_by)
{
	uint32_t pipelines = (uint32_t)config->pipeline_count;

	for (; *edge < p->exporter_count * pipelines; ++*edge) {
		uint32_t by = p->exporters[*edge / pipelines];
		const tel__config_pipeline *to = &config->pipelines[*edge % pipelines];

		if (config->components[by].kind == TEL__KIND_CONNECTOR && has(to->receivers, to->receiver_count, by)) {
			*ret_to = *edge % pipelines;
			*ret_by = by;
			++*edge;
			return true;
		}
	}
	return false;
}

static void enter(walker *w, uint32_t pipeline, uint32_t by)
{
	w->state[pipeline] = 1;
	w->next_edge[pipeline] = 0;
	w->way[w->depth] = pipeline;
	w->way_by[w->depth++] = by;
}

/* One cycle is enough: reports the first found from start. */
static bool walk(walker *w, uint32_t start)
{
	enter(w, start, 0);
	while (w->depth > 0) {
		uint32_t at = w->way[w->depth - 1], to, by;

		if (!next_pipeline(w->l->config, &w->l->config->pipelines[at], &w->next_edge[at], &to, &by)) {
			w->state[at] = 2;
			w->depth--;
		} else if (w->state[to] == 1) {
			report_cycle(w, to, by);
			return true;
		} else if (w->state[to] == 0) {
			enter(w, to, by);
		}
	}
	return false;
}

tel_err tel__load_check_connectors(tel__loader *l)
{
	const tel_config *config = l->config;
	size_t count = config->pipeline_count;
	walker w = { .l = l };

	for (size_t i = 0; i < config->component_count; i++)
		if (config->components[i].kind == TEL__KIND_CONNECTOR && config->components[i].used)
			check_sides(l, (uint32_t)i);
	w.state = tel__arena_array(config->arena, count + 1, sizeof(*w.state));
	w.way = tel__arena_array(config->arena, count + 1, sizeof(*w.way));
	w.way_by = tel__arena_array(config->arena, count + 1, sizeof(*w.way_by));
	w.next_edge = tel__arena_array(config->arena, count + 1, sizeof(*w.next_edge));
	if (!w.state || !w.way || !w.way_by || !w.next_edge)
		return tel__loader_arena_error(l);
	memset(w.state, 0, count + 1);
	for (uint32_t i = 0; i < count; i++)
		if (w.state[i] == 0 && walk(&w, i))
			break;
	return TEL_OK;
}
