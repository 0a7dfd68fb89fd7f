/* SPDX-License-Identifier: Apache-2.0 */
#include "model/encode.h"

#include <assert.h>
#include <string.h>

#include "base/buf_i.h"
#include "base/limits.h"
#include "model/metrics_i.h"
#include "wire/pb.h"

enum { HEAD_MAX = 1 + TEL__PB_VARINT_MAX, SCRATCH_BYTES = 512 };

/* ---- sizes ---- */

static size_t field_size(size_t len)
{
	return 1 + tel__pb_varint_size(len) + len;
}

static size_t cut_data(const tel__metric *metric)
{
	return metric->cut->fields.len + metric->cut->points.len;
}

/* Payload of a cut metric: raw, and the data field made anew. */
static size_t cut_payload(const tel__metric *metric)
{
	return metric->raw.len + field_size(cut_data(metric));
}

static size_t metric_size(const tel__metric *metric)
{
	if (metric->cut)
		return field_size(cut_payload(metric));
	return metric->lead ? metric->lead + metric->raw.len : field_size(metric->raw.len);
}

/* Payload of ScopeMetrics. */
static size_t scope_payload(const tel__scope *scope)
{
	size_t size = scope->e.head.len + scope->e.tail.len;

	if (scope->e.whole)
		return scope->e.raw.len;
	for (uint32_t i = 0; i < scope->e.count; i++)
		size += metric_size(&scope->metrics[i]);
	return size;
}

static size_t envelope_size(const tel__envelope *e, size_t payload)
{
	return e->whole && e->lead ? e->lead + payload : field_size(payload);
}

static size_t resource_payload(const tel__resource *resource)
{
	size_t size = resource->e.head.len + resource->e.tail.len;

	if (resource->e.whole)
		return resource->e.raw.len;
	for (uint32_t i = 0; i < resource->e.count; i++)
		size += envelope_size(&resource->scopes[i].e, scope_payload(&resource->scopes[i]));
	return size;
}

uint64_t tel__metrics_live_bytes(const tel_metrics *m)
{
	uint64_t size = m->rest.len;

	if (m->whole)
		return tel_buf_get(m->whole).len;
	for (uint32_t i = 0; i < m->count; i++)
		size += envelope_size(&m->resources[i].e, resource_payload(&m->resources[i]));
	return size;
}

/* ---- emission ---- */

/* Where bytes go: into one run, or into a list of slices whose tags and lengths are made in an arena. */
typedef struct {
	char *out;
	tel__encoded *list;
	size_t cap;
	char *scratch, *scratch_end;
	bool failed;
} emitter;

static void push(emitter *em, tel_slice s)
{
	tel__encoded *l = em->list;
	tel_slice *last = l->slice_count ? &l->slices[l->slice_count - 1] : NULL, *grown;
	size_t cap;

	if (last && last->ptr + last->len == s.ptr) {
		last->len += s.len;
		return;
	}
	if (l->slice_count == em->cap) {
		cap = em->cap ? 2 * em->cap : 16;
		grown = tel__arena_array(l->arena, cap, sizeof *grown);
		if (!grown) {
			em->failed = true;
			return;
		}
		if (l->slice_count)
			memcpy(grown, l->slices, l->slice_count * sizeof *grown);
		l->slices = grown;
		em->cap = cap;
	}
	l->slices[l->slice_count++] = s;
}

static void emit(emitter *em, tel_slice s)
{
	if (!s.len || em->failed)
		return;
	if (!em->list) {
		memcpy(em->out, s.ptr, s.len);
		em->out += s.len;
		return;
	}
	em->list->bytes += s.len;
	push(em, s);
}

static void emit_head(emitter *em, uint32_t field, size_t len)
{
	uint8_t head[HEAD_MAX];
	size_t n = (size_t)(tel__pb_put_head(head, field, len) - head);

	if (em->failed)
		return;
	if (!em->list) {
		memcpy(em->out, head, n);
		em->out += n;
		return;
	}
	if ((size_t)(em->scratch_end - em->scratch) < n) {
		em->scratch = tel__arena_alloc(em->list->arena, SCRATCH_BYTES);
		if (!em->scratch) {
			em->scratch_end = NULL;
			em->failed = true;
			return;
		}
		em->scratch_end = em->scratch + SCRATCH_BYTES;
	}
	memcpy(em->scratch, head, n);
	emit(em, (tel_slice){ em->scratch, n });
	em->scratch += n;
}

/* A field whose tag and length may stand right before its payload. */
static void emit_field(emitter *em, uint32_t field, tel_slice payload, uint8_t lead)
{
	if (lead) {
		emit(em, (tel_slice){ payload.ptr - lead, payload.len + lead });
		return;
	}
	emit_head(em, field, payload.len);
	emit(em, payload);
}

static void emit_metric(emitter *em, const tel__metric *metric)
{
	if (!metric->cut) {
		emit_field(em, 2, metric->raw, metric->lead);
		return;
	}
	emit_head(em, 2, cut_payload(metric));
	emit(em, metric->raw);
	emit_head(em, metric->type, cut_data(metric));
	emit(em, metric->cut->points);
	emit(em, metric->cut->fields);
}

static void emit_scope(emitter *em, const tel__scope *scope)
{
	if (scope->e.whole) {
		emit_field(em, 2, scope->e.raw, scope->e.lead);
		return;
	}
	emit_head(em, 2, scope_payload(scope));
	emit(em, scope->e.head);
	for (uint32_t i = 0; i < scope->e.count; i++)
		emit_metric(em, &scope->metrics[i]);
	emit(em, scope->e.tail);
}

static void emit_resource(emitter *em, const tel__resource *resource)
{
	if (resource->e.whole) {
		emit_field(em, 1, resource->e.raw, resource->e.lead);
		return;
	}
	emit_head(em, 1, resource_payload(resource));
	emit(em, resource->e.head);
	for (uint32_t i = 0; i < resource->e.count; i++)
		emit_scope(em, &resource->scopes[i]);
	emit(em, resource->e.tail);
}

bool tel__metrics_is_closed(const tel_metrics *m)
{
	return m->swept && !m->open_metrics && !m->open_envelopes;
}

static void emit_batch(emitter *em, const tel_metrics *m)
{
	assert(tel__metrics_is_closed(m));
	if (m->whole) {
		emit(em, tel_buf_get(m->whole));
		return;
	}
	for (uint32_t i = 0; i < m->count; i++)
		emit_resource(em, &m->resources[i]);
	emit(em, m->rest);
}

tel_err tel__metrics_bytes(const tel_metrics *m, tel_buf **ret_buf)
{
	uint64_t size;
	emitter em = { 0 };
	tel_buf *buf;
	tel_err e;

	if (m->whole) {
		*ret_buf = tel_buf_ref(m->whole);
		return TEL_OK;
	}
	size = tel__metrics_live_bytes(m);
	if (size > TEL_LIMIT_REQUEST_BYTES)
		return TEL_ERR_LIMIT;
	e = tel__buf_new(&m->alloc, (size_t)size, NULL, &buf);
	if (e)
		return e;
	em.out = tel__buf_room(buf);
	emit_batch(&em, m);
	tel__buf_set_len(buf, (size_t)size);
	*ret_buf = buf;
	return TEL_OK;
}

/* ---- slices that hold what they point into ---- */

static void release_arena(void *user, const void *ptr, size_t len)
{
	(void)ptr;
	(void)len;
	tel__arena_unref(user);
}

/* A buffer without bytes that keeps an arena alive. */
static tel_err wrap_arena(tel__encoded *l, const tel_alloc *alloc, tel__arena *arena)
{
	tel_err e = tel_buf_wrap(alloc, NULL, 0, release_arena, arena, &l->bufs[l->buf_count]);

	if (e)
		return e;
	tel__arena_ref(arena);
	l->buf_count++;
	return TEL_OK;
}

static tel_err hold(tel__encoded *l, const tel_metrics *m)
{
	tel_err e = TEL_OK;

	l->bufs = tel__arena_array(l->arena, (size_t)m->pin_count + 2, sizeof(tel_buf *));
	if (!l->bufs)
		return TEL_ERR_NOMEM;
	if (m->whole) { /* nothing is in the arenas */
		l->bufs[l->buf_count++] = tel_buf_ref(m->whole);
		l->pinned_bytes = tel__buf_cap(m->whole);
		return TEL_OK;
	}
	for (uint32_t i = 0; !e && i < m->pin_count; i++) {
		if (m->pins[i].buf)
			l->bufs[l->buf_count++] = tel_buf_ref(m->pins[i].buf);
		else
			e = wrap_arena(l, &m->alloc, m->pins[i].arena);
	}
	if (!e && m->arena)
		e = wrap_arena(l, &m->alloc, m->arena);
	if (!e)
		e = wrap_arena(l, &m->alloc, l->arena);
	l->pinned_bytes = (size_t)tel__metrics_pinned_bytes(m) + tel__arena_bytes(l->arena);
	return e;
}

tel_err tel__metrics_slices(const tel_metrics *m, tel__encoded *ret_encoded)
{
	tel__encoded l = { 0 };
	emitter em = { .list = &l };
	tel_err e = tel__arena_new(&m->alloc, 0, NULL, &l.arena);

	if (e)
		return e;
	l.points = m->points;
	emit_batch(&em, m);
	e = em.failed ? TEL_ERR_NOMEM : hold(&l, m);
	if (e) {
		tel__encoded_fini(&l);
		return e;
	}
	*ret_encoded = l;
	return TEL_OK;
}

void tel__encoded_fini(tel__encoded *encoded)
{
	tel__arena *arena = encoded->arena;

	for (size_t i = 0; i < encoded->buf_count; i++)
		tel_buf_unref(encoded->bufs[i]);
	memset(encoded, 0, sizeof *encoded);
	tel__arena_unref(arena);
}
