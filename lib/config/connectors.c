/* SPDX-License-Identifier: Apache-2.0 */
/* Connectors join pipelines: each needs both sides, and there must be no way back (otel-processing.md 10.4). */
#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/slice_i.h"
#include "config/loader.h"

enum { CYCLE_MAX = 4096, SHOWN = 256 };

enum { NOBODY = UINT32_MAX };

/* Who stands on the two sides of each connector, by the number of the component. */
typedef struct sides {
	uint32_t *from;   /* the first pipeline that exports to it, or NOBODY */
	uint32_t *takers; /* pipelines that receive: of component i those from starts[i] to starts[i + 1] */
	uint32_t *starts;
} sides;

static bool is_connector(const tel_config *config, uint32_t component)
{
	return config->components[component].kind == TEL__KIND_CONNECTOR;
}

/* Fills takers; next holds where the next one of each component goes, starts at first. */
static void list_takers(const tel_config *config, sides *s, uint32_t *next)
{
	for (uint32_t p = 0; p < config->pipeline_count; p++)
		for (uint32_t i = 0; i < config->pipelines[p].receiver_count; i++) {
			uint32_t c = config->pipelines[p].receivers[i];

			s->takers[next[c]++] = p;
		}
}

static tel_err make_sides(tel__loader *l, sides *s)
{
	const tel_config *config = l->config;
	size_t n = config->component_count + 1, links = 1;
	uint32_t *next = tel__arena_array(config->arena, n, sizeof(*next)), total = 0;

	for (size_t p = 0; p < config->pipeline_count; p++)
		links += config->pipelines[p].receiver_count;
	s->from = tel__arena_array(config->arena, n, sizeof(*s->from));
	s->starts = tel__arena_array(config->arena, n, sizeof(*s->starts));
	s->takers = tel__arena_array(config->arena, links, sizeof(*s->takers));
	if (!next || !s->from || !s->starts || !s->takers)
		return tel__loader_arena_error(l);
	memset(next, 0, n * sizeof(*next));
	for (size_t i = 0; i < n; i++)
		s->from[i] = NOBODY;
	for (size_t p = config->pipeline_count; p-- > 0;) {
		const tel__config_pipeline *pipeline = &config->pipelines[p];

		for (uint32_t i = 0; i < pipeline->exporter_count; i++)
			s->from[pipeline->exporters[i]] = (uint32_t)p;
		for (uint32_t i = 0; i < pipeline->receiver_count; i++)
			next[pipeline->receivers[i]]++;
	}
	for (size_t i = 0; i < n; i++) {
		uint32_t count = next[i];

		s->starts[i] = next[i] = total;
		total += count;
	}
	list_takers(config, s, next);
	return TEL_OK;
}

static void check_sides(tel__loader *l, const sides *s, uint32_t connector)
{
	const tel_config *config = l->config;
	const tel__config_component *c = &config->components[connector];
	bool from = s->from[connector] != NOBODY, to = s->starts[connector] < s->starts[connector + 1];
	char id[SHOWN], pipeline[SHOWN];

	if (from == to)
		return;
	tel__slice_printable(c->id, id, sizeof(id));
	tel__slice_printable(config->pipelines[from ? s->from[connector] : s->takers[s->starts[connector]]].id, pipeline,
	                     sizeof(pipeline));
	tel__loader_error(l, ((tel__position){ c->node->source, c->line, c->column }), NULL,
	                  from ? "failed to build pipelines: connector \"%s\" used as exporter in [%s] pipeline but not used "
	                         "in any supported receiver pipeline"
	                       : "failed to build pipelines: connector \"%s\" used as receiver in [%s] pipeline but not used "
	                         "in any supported exporter pipeline", id, pipeline);
}

/* Walk over pipelines; state per pipeline: 0 new, 1 on the way, 2 done. */
typedef struct edge {
	uint32_t exporter, taker;
} edge;

typedef struct walker {
	tel__loader *l;
	sides sides;
	uint8_t *state;
	uint32_t *way;    /* pipelines on the way, outermost first */
	uint32_t *way_by; /* connector through which each was entered */
	edge *next_edge;  /* where each goes on */
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

/* Next pipeline that p reaches through a connector; *e is where the search goes on. */
static bool next_pipeline(const walker *w, const tel__config_pipeline *p, edge *e, uint32_t *ret_to, uint32_t *ret_by)
{
	const sides *s = &w->sides;

	for (; e->exporter < p->exporter_count; e->exporter++, e->taker = 0) {
		uint32_t by = p->exporters[e->exporter];

		if (is_connector(w->l->config, by) && e->taker < s->starts[by + 1] - s->starts[by]) {
			*ret_to = s->takers[s->starts[by] + e->taker++];
			*ret_by = by;
			return true;
		}
	}
	return false;
}

static void enter(walker *w, uint32_t pipeline, uint32_t by)
{
	w->state[pipeline] = 1;
	w->next_edge[pipeline] = (edge){ 0, 0 };
	w->way[w->depth] = pipeline;
	w->way_by[w->depth++] = by;
}

/* One cycle is enough: reports the first found from start. */
static bool walk(walker *w, uint32_t start)
{
	enter(w, start, 0);
	while (w->depth > 0) {
		uint32_t at = w->way[w->depth - 1], to, by;

		if (!next_pipeline(w, &w->l->config->pipelines[at], &w->next_edge[at], &to, &by)) {
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
	tel_err rc = make_sides(l, &w.sides);

	if (rc != TEL_OK)
		return rc;
	for (uint32_t i = 0; i < config->component_count; i++)
		if (is_connector(config, i) && config->components[i].used)
			check_sides(l, &w.sides, i);
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
