/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/buf_i.h"
#include "base/mem.h"
#include "model/edit.h"
#include "model/metrics_i.h"

tel_err tel__metrics_new(const tel_alloc *alloc, tel_metrics **ret_metrics)
{
	tel_metrics *m = tel__mem_zero(alloc, 1, sizeof *m);

	if (!m)
		return TEL_ERR_NOMEM;
	m->alloc = *tel__alloc_or_default(alloc);
	m->pins = m->pins_few;
	m->pin_cap = sizeof m->pins_few / sizeof m->pins_few[0];
	m->swept = true;
	*ret_metrics = m;
	return TEL_OK;
}

tel_err tel__metrics_new_like(const tel_metrics *like, tel_metrics **ret_metrics)
{
	tel_err e = tel__metrics_new(&like->alloc, ret_metrics);

	if (!e)
		(*ret_metrics)->budget = tel__budget_ref(like->budget);
	return e;
}

/* The struct was copied to another place: what pointed into itself follows. */
void tel__metrics_moved(tel_metrics *m)
{
	if (m->pin_cap <= sizeof m->pins_few / sizeof m->pins_few[0])
		m->pins = m->pins_few;
}

static void unpin(tel__pin pin)
{
	tel_buf_unref(pin.buf);
	tel__arena_unref(pin.arena);
}

void tel_metrics_free(tel_metrics *metrics)
{
	tel_alloc alloc;

	if (!metrics)
		return;
	tel__arena_unref(metrics->arena);
	for (uint32_t i = 0; i < metrics->pin_count; i++)
		unpin(metrics->pins[i]);
	tel__budget_unref(metrics->budget);
	alloc = metrics->alloc;
	if (metrics->pins != metrics->pins_few)
		tel__mem_free(&alloc, metrics->pins, metrics->pin_cap, sizeof *metrics->pins);
	tel__mem_free(&alloc, metrics, 1, sizeof *metrics);
}

tel_err tel__metrics_arena(tel_metrics *m, tel__arena **ret_arena)
{
	if (!m->arena) {
		tel_err e = tel__arena_new(&m->alloc, 0, m->budget, &m->arena);

		if (e)
			return e;
	}
	*ret_arena = m->arena;
	return TEL_OK;
}

static tel_err reserve_pins(tel_metrics *m, uint32_t more)
{
	uint32_t cap = m->pin_cap;
	tel__pin *pins;

	if (more <= cap - m->pin_count)
		return TEL_OK;
	if (more > UINT32_MAX / 2 - m->pin_count)
		return TEL_ERR_NOMEM;
	cap = m->pin_count + more > 2 * cap ? m->pin_count + more : 2 * cap;
	if (m->pins == m->pins_few) {
		pins = tel__mem_new(&m->alloc, cap, sizeof *pins);
		if (pins)
			memcpy(pins, m->pins, m->pin_count * sizeof *pins);
	} else {
		pins = tel__mem_resize(&m->alloc, m->pins, m->pin_cap, cap, sizeof *pins);
	}
	if (!pins)
		return TEL_ERR_NOMEM;
	m->pins = pins;
	m->pin_cap = cap;
	return TEL_OK;
}

/* Few inputs are searched through; a batch that was merged from many may hold one twice, which is harmless. */
static bool is_pinned(const tel_metrics *m, tel__pin pin)
{
	uint32_t n = m->pin_count < 8 ? m->pin_count : 8;

	for (uint32_t i = 0; i < n; i++) {
		const tel__pin *known = &m->pins[m->pin_count - 1 - i];

		if (known->buf == pin.buf && known->arena == pin.arena)
			return true;
	}
	return false;
}

static void add_pin(tel_metrics *m, tel__pin pin)
{
	if (is_pinned(m, pin))
		return;
	tel_buf_ref(pin.buf);
	tel__arena_ref(pin.arena);
	m->pins[m->pin_count++] = pin;
}

static tel_err pin_one(tel_metrics *m, tel__pin pin)
{
	tel_err e = reserve_pins(m, 1);

	if (!e)
		add_pin(m, pin);
	return e;
}

tel_err tel__metrics_pin_buf(tel_metrics *m, tel_buf *buf)
{
	return pin_one(m, (tel__pin){ buf, NULL });
}

tel_err tel__metrics_pin_arena(tel_metrics *m, tel__arena *arena)
{
	return pin_one(m, (tel__pin){ NULL, arena });
}

tel_err tel__metrics_pin_all(tel_metrics *m, const tel_metrics *from)
{
	tel_err e = reserve_pins(m, from->pin_count);

	for (uint32_t i = 0; !e && i < from->pin_count; i++)
		add_pin(m, from->pins[i]);
	return e;
}

tel_err tel__metrics_freeze(tel_metrics *m)
{
	tel_err e = tel__metrics_close(m);

	if (e || !m->arena)
		return e;
	e = tel__metrics_pin_arena(m, m->arena);
	if (e)
		return e;
	tel__arena_unref(m->arena);
	m->arena = NULL;
	return TEL_OK;
}

/* A copy of count nodes with room for cap, in the open arena. */
static tel_err own(tel_metrics *m, void *nodes, uint32_t count, uint32_t cap, size_t size, void *ret_copy)
{
	tel__arena *arena;
	void *copy;
	tel_err e = tel__metrics_arena(m, &arena);

	if (e)
		return e;
	copy = tel__arena_array(arena, cap ? cap : 1, size);
	if (!copy)
		return TEL_ERR_NOMEM;
	if (count)
		memcpy(copy, nodes, count * size);
	*(void **)ret_copy = copy;
	return TEL_OK;
}

tel_err tel__metrics_own_resources(tel_metrics *m)
{
	tel_err e;

	if (m->arena && m->resources_arena == m->arena)
		return TEL_OK;
	e = own(m, m->resources, m->count, m->count, sizeof *m->resources, &m->resources);
	if (e)
		return e;
	m->resources_arena = m->arena;
	m->cap = m->count;
	return TEL_OK;
}

tel_err tel__metrics_own_scopes(tel_metrics *m, tel__resource *resource)
{
	tel_err e;

	if (m->arena && resource->e.arena == m->arena)
		return TEL_OK;
	e = own(m, resource->scopes, resource->e.count, resource->e.count, sizeof *resource->scopes, &resource->scopes);
	if (!e)
		resource->e.arena = m->arena;
	return e;
}

tel_err tel__metrics_own_metrics(tel_metrics *m, tel__scope *scope)
{
	tel_err e;

	if (m->arena && scope->e.arena == m->arena)
		return TEL_OK;
	e = own(m, scope->metrics, scope->e.count, scope->e.count, sizeof *scope->metrics, &scope->metrics);
	if (e)
		return e;
	scope->e.arena = m->arena;
	scope->cap = scope->e.count;
	return TEL_OK;
}

uint64_t tel__metrics_pinned_bytes(const tel_metrics *m)
{
	uint64_t bytes = m->arena ? tel__arena_bytes(m->arena) : 0;

	for (uint32_t i = 0; i < m->pin_count; i++)
		bytes += m->pins[i].buf ? tel__buf_cap(m->pins[i].buf) : tel__arena_bytes(m->pins[i].arena);
	return bytes;
}

void tel_metrics_count(const tel_metrics *metrics, tel_metrics_counts *ret_counts)
{
	tel_metrics_counts c = TEL_METRICS_COUNTS_INIT;
	size_t size = ret_counts->size < sizeof c ? ret_counts->size : sizeof c;

	c.size = ret_counts->size;
	c.resources = metrics->count;
	c.scopes = metrics->scopes;
	c.metrics = metrics->metrics;
	c.points = metrics->points;
	c.live_bytes = tel__metrics_live_bytes(metrics);
	c.pinned_bytes = tel__metrics_pinned_bytes(metrics);
	memcpy(ret_counts, &c, size);
}

tel_err tel_metrics_share(tel_metrics *metrics, tel_metrics **ret_other)
{
	tel_metrics *other;
	tel_err e;

	if (!metrics || !ret_other)
		return TEL_ERR_ARG;
	e = tel__metrics_freeze(metrics);
	if (!e)
		e = tel__metrics_new_like(metrics, &other);
	if (e)
		return e;
	e = tel__metrics_pin_all(other, metrics);
	if (e) {
		tel_metrics_free(other);
		return e;
	}
	other->resources = metrics->resources;
	other->resources_arena = metrics->resources_arena;
	other->count = other->cap = metrics->count;
	other->whole = metrics->whole;
	other->rest = metrics->rest;
	other->scopes = metrics->scopes;
	other->metrics = metrics->metrics;
	other->points = metrics->points;
	*ret_other = other;
	return TEL_OK;
}

/* Room behind the resources, writable. Grows by halves so that merging many batches into one stays linear. */
static tel_err reserve_resources(tel_metrics *m, uint32_t more)
{
	uint32_t cap;
	tel_err e;

	if (more > UINT32_MAX / 2 - m->count)
		return TEL_ERR_NOMEM;
	if (m->arena && m->resources_arena == m->arena && more <= m->cap - m->count)
		return TEL_OK;
	cap = m->count + more + m->count / 2;
	e = own(m, m->resources, m->count, cap, sizeof *m->resources, &m->resources);
	if (e)
		return e;
	m->resources_arena = m->arena;
	m->cap = cap;
	return TEL_OK;
}

/* Room behind the unknown fields, by halves as well. Nobody else sees what is behind rest.len. */
static tel_err merge_rest(tel_metrics *into, const tel_metrics *from, tel_slice *ret_rest)
{
	size_t len = into->rest.len + from->rest.len, cap = len + len / 2;
	char *joined;

	if (!into->rest.len || !from->rest.len) {
		*ret_rest = into->rest.len ? into->rest : from->rest;
		return TEL_OK;
	}
	if (into->rest_arena != into->arena || len > into->rest_cap) {
		joined = tel__arena_alloc(into->arena, cap);
		if (!joined)
			return TEL_ERR_NOMEM;
		memcpy(joined, into->rest.ptr, into->rest.len);
		into->rest.ptr = joined;
		into->rest_arena = into->arena;
		into->rest_cap = cap;
	}
	joined = (char *)(uintptr_t)into->rest.ptr;
	memcpy(joined + into->rest.len, from->rest.ptr, from->rest.len);
	*ret_rest = (tel_slice){ joined, len };
	return TEL_OK;
}

static bool holds_arena(const tel_metrics *m, const tel__arena *arena)
{
	for (uint32_t i = 0; arena && i < m->pin_count; i++)
		if (m->pins[i].arena == arena)
			return true;
	return false;
}

static void clear(tel_metrics *m)
{
	m->resources = NULL;
	m->resources_arena = NULL;
	m->count = m->cap = 0;
	m->whole = NULL;
	m->rest = (tel_slice){ NULL, 0 };
	m->rest_arena = NULL;
	m->rest_cap = 0;
	m->scopes = m->metrics = m->points = 0;
}

tel_err tel_metrics_merge(tel_metrics *into, tel_metrics *from)
{
	tel_slice rest;
	bool empty;
	tel_err e;

	if (!into || !from || into == from)
		return TEL_ERR_ARG;
	e = tel__metrics_close(into);
	if (!e)
		e = tel__metrics_freeze(from);
	/* What was split off this batch comes back: its nodes lie in the open arena, but somebody may share them by now. */
	if (!e && holds_arena(from, into->arena))
		e = tel__metrics_freeze(into);
	if (!e)
		e = reserve_resources(into, from->count);
	if (!e)
		e = merge_rest(into, from, &rest);
	if (!e)
		e = tel__metrics_pin_all(into, from);
	if (e)
		return e;
	if (from->count)
		memcpy(into->resources + into->count, from->resources, from->count * sizeof *from->resources);
	empty = !into->count && !into->rest.len;
	if (empty)
		into->whole = from->whole;
	else if (from->count || from->rest.len)
		into->whole = NULL;
	into->rest = rest;
	into->count += from->count;
	into->scopes += from->scopes;
	into->metrics += from->metrics;
	into->points += from->points;
	clear(from);
	for (uint32_t i = 0; i < from->pin_count; i++)
		unpin(from->pins[i]);
	from->pin_count = 0;
	return TEL_OK;
}
