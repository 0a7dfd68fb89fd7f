/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/slice_i.h"
#include "model/cut.h"
#include "model/edit.h"
#include "model/edit_i.h"

/*
 * The front of a batch as a new one. What lies wholly before the border is copied as records; on the path to the border
 * resource, scope and metric exist twice, and the batch's own arrays simply start later. Everything that can fail
 * happens before the first change to the batch.
 */
typedef struct {
	uint32_t resources, scopes, metrics; /* how many go whole, in the border resource, in the border scope */
	uint32_t points;                     /* of the border metric; 0 = the border is between metrics */
	bool in_resource, in_scope;          /* the border lies inside of one */
} border;

static border find_border(const tel_metrics *m, uint64_t max_points)
{
	border b = { 0 };
	const tel__resource *resource;
	const tel__scope *scope;

	while (b.resources < m->count && m->resources[b.resources].e.points <= max_points)
		max_points -= m->resources[b.resources++].e.points;
	if (!max_points || b.resources == m->count)
		return b;
	resource = &m->resources[b.resources];
	b.in_resource = true;
	while (resource->scopes[b.scopes].e.points <= max_points)
		max_points -= resource->scopes[b.scopes++].e.points;
	if (!max_points)
		return b;
	scope = &resource->scopes[b.scopes];
	b.in_scope = true;
	while (scope->metrics[b.metrics].points <= max_points)
		max_points -= scope->metrics[b.metrics++].points;
	b.points = (uint32_t)max_points;
	return b;
}

static void *copy_nodes(tel__arena *arena, const void *nodes, uint32_t count, size_t size)
{
	void *copy = tel__arena_array(arena, count, size);

	if (copy)
		memcpy(copy, nodes, count * size);
	return copy;
}

/* The front part of the border scope, whose record *front is a copy already. */
static tel_err front_scope(tel_metrics *head, tel_metrics *m, const border *b, tel__scope *front, tel__metric *ret_rest)
{
	uint32_t count = b->metrics + (b->points != 0);
	tel_err e = TEL_OK;

	front->metrics = copy_nodes(head->arena, front->metrics, count, sizeof *front->metrics);
	if (!front->metrics)
		return TEL_ERR_NOMEM;
	front->e.points = 0;
	if (b->points) {
		tel__metric *metric = &front->metrics[b->metrics], cut;

		e = tel__metric_cut_form(m->arena, metric, &cut);
		if (!e)
			e = tel__metric_cut_at(head->arena, m->arena, &cut, b->points, metric, ret_rest);
	}
	for (uint32_t i = 0; !e && i < count; i++)
		front->e.points += front->metrics[i].points;
	front->e.count = front->cap = count;
	front->e.arena = head->arena;
	front->e.whole = false;
	return e;
}

static tel_err front_resource(tel_metrics *head, tel_metrics *m, const border *b, tel__resource *front,
                              tel__metric *ret_rest)
{
	uint32_t count = b->scopes + b->in_scope;
	tel_err e = TEL_OK;

	front->scopes = copy_nodes(head->arena, front->scopes, count, sizeof *front->scopes);
	if (!front->scopes)
		return TEL_ERR_NOMEM;
	if (b->in_scope)
		e = front_scope(head, m, b, &front->scopes[b->scopes], ret_rest);
	front->e.points = front->metrics = 0;
	for (uint32_t i = 0; !e && i < count; i++) {
		front->e.points += front->scopes[i].e.points;
		front->metrics += front->scopes[i].e.count;
	}
	front->e.count = count;
	front->e.arena = head->arena;
	front->e.whole = false;
	return e;
}

/*
 * What a head keeps alive. Of few inputs all: looking costs more. Of many, as in a batch merged from small requests, only
 * those that its nodes point into; inputs follow each other as the nodes do, so each search starts where the last one ended.
 */
enum { PINS_ALL = 8 };

typedef struct {
	const tel_metrics *from;
	bool *used; /* per pin */
	uint32_t last;
} uses;

static bool pin_holds(const tel__pin *pin, const void *ptr)
{
	tel_slice bytes;

	if (pin->arena)
		return tel__arena_holds(pin->arena, ptr);
	bytes = tel_buf_get(pin->buf);
	return (uintptr_t)ptr >= (uintptr_t)bytes.ptr && (uintptr_t)ptr < (uintptr_t)bytes.ptr + bytes.len;
}

/* What no pin holds lies in an open arena. */
static void use(uses *u, const void *ptr)
{
	uint32_t n = u->from->pin_count, at = u->last ? u->last - 1 : n - 1; /* bytes and their index take turns */

	for (uint32_t i = 0; i < n; i++, at = at + 1 == n ? 0 : at + 1) {
		if (!pin_holds(&u->from->pins[at], ptr))
			continue;
		u->used[at] = true;
		u->last = at;
		return;
	}
}

static void use_slice(uses *u, tel_slice s)
{
	if (s.len) /* what is empty is not looked at, wherever it stands */
		use(u, s.ptr);
}

static void use_envelope(uses *u, const tel__envelope *e, const void *children)
{
	use_slice(u, e->raw);
	use_slice(u, e->head); /* what the decoder gathered lies in an arena */
	use_slice(u, e->tail);
	use_slice(u, e->self);
	use_slice(u, e->schema_url);
	if (e->count)
		use(u, children);
}

static void use_metric(uses *u, const tel__metric *metric)
{
	use_slice(u, metric->raw);
	if (!metric->cut)
		return;
	use(u, metric->cut);
	use_slice(u, metric->cut->fields);
	use_slice(u, metric->cut->points);
}

static void use_nodes(uses *u, const tel_metrics *head)
{
	for (uint32_t r = 0; r < head->count; r++) {
		const tel__resource *resource = &head->resources[r];

		use_envelope(u, &resource->e, resource->scopes);
		for (uint32_t i = 0; i < resource->e.count; i++) {
			const tel__scope *scope = &resource->scopes[i];

			use_envelope(u, &scope->e, scope->metrics);
			for (uint32_t k = 0; k < scope->e.count; k++)
				use_metric(u, &scope->metrics[k]);
		}
	}
}

/* After the nodes of the head are in their places. */
static tel_err pin_used(tel_metrics *head, const tel_metrics *m)
{
	uses u = { .from = m };
	tel_err e = TEL_OK;

	if (m->pin_count <= PINS_ALL)
		return tel__metrics_pin_all(head, m);
	u.used = tel__mem_zero(&m->alloc, m->pin_count, sizeof *u.used);
	if (!u.used)
		return TEL_ERR_NOMEM;
	use_nodes(&u, head);
	for (uint32_t i = 0; !e && i < m->pin_count; i++)
		if (u.used[i])
			e = m->pins[i].buf ? tel__metrics_pin_buf(head, m->pins[i].buf) : tel__metrics_pin_arena(head, m->pins[i].arena);
	tel__mem_free(&m->alloc, u.used, m->pin_count, sizeof *u.used);
	return e;
}

static tel_err fill_head(tel_metrics *head, tel_metrics *m, const border *b, tel__metric *ret_rest)
{
	uint32_t count = b->resources + b->in_resource;
	tel__arena *arena;
	tel_err e = tel__metrics_arena(head, &arena);

	/* nodes of the batch's open arena that go along; the batch goes on writing there, but never to them */
	if (!e && m->arena)
		e = tel__metrics_pin_arena(head, m->arena);
	if (e)
		return e;
	head->resources = copy_nodes(arena, m->resources, count, sizeof *m->resources);
	if (!head->resources)
		return TEL_ERR_NOMEM;
	head->resources_arena = arena;
	head->count = head->cap = count;
	if (b->in_resource)
		e = front_resource(head, m, b, &head->resources[b->resources], ret_rest);
	for (uint32_t i = 0; !e && i < count; i++) {
		head->points += head->resources[i].e.points;
		head->metrics += head->resources[i].metrics;
		head->scopes += head->resources[i].e.count;
	}
	return e ? e : pin_used(head, m);
}

/* Makes what will be changed writable. */
static tel_err own_border(tel_metrics *m, const border *b)
{
	tel__resource *resource;
	tel_err e;

	if (!b->in_resource)
		return TEL_OK;
	e = tel__metrics_own_resources(m);
	resource = &m->resources[b->resources];
	if (!e && b->in_scope)
		e = tel__metrics_own_scopes(m, resource);
	if (!e && b->points)
		e = tel__metrics_own_metrics(m, &resource->scopes[b->scopes]);
	return e;
}

static void cut_front_off(tel_metrics *m, const border *b, const tel_metrics *head, const tel__metric *rest)
{
	tel__resource *resource = &m->resources[b->resources];

	if (b->in_scope) {
		tel__scope *scope = &resource->scopes[b->scopes];
		const tel__scope *front = &head->resources[b->resources].scopes[b->scopes];

		if (b->points)
			scope->metrics[b->metrics] = *rest;
		scope->metrics += b->metrics;
		scope->e.count -= b->metrics;
		scope->cap -= b->metrics;
		scope->e.points -= front->e.points;
		scope->e.whole = false;
	}
	if (b->in_resource) {
		const tel__resource *front = &head->resources[b->resources];

		resource->metrics -= front->metrics - (b->points != 0);
		resource->e.points -= front->e.points;
		resource->scopes += b->scopes;
		resource->e.count -= b->scopes;
		resource->e.whole = false;
	}
	m->resources += b->resources;
	m->count -= b->resources;
	m->cap -= b->resources;
	m->scopes -= head->scopes - b->in_scope;
	m->metrics -= head->metrics - (b->points != 0);
	m->points -= head->points;
	m->whole = NULL;
}

tel_err tel_metrics_split(tel_metrics *metrics, uint64_t max_points, tel_metrics **ret_head)
{
	tel_metrics *head;
	tel__metric rest;
	tel__arena *arena;
	border b;
	tel_err e;

	if (!metrics || !ret_head || !max_points)
		return TEL_ERR_ARG;
	e = tel__metrics_close(metrics);
	if (!e)
		e = tel__metrics_new_like(metrics, &head);
	if (e)
		return e;
	if (max_points >= metrics->points) {
		e = tel_metrics_merge(head, metrics);
	} else {
		b = find_border(metrics, max_points);
		e = tel__metrics_arena(metrics, &arena);
		if (!e)
			e = own_border(metrics, &b);
		if (!e)
			e = fill_head(head, metrics, &b, &rest);
		if (!e)
			cut_front_off(metrics, &b, head, &rest);
	}
	if (e) {
		tel_metrics_free(head);
		return e;
	}
	*ret_head = head;
	return TEL_OK;
}
