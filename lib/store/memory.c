/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "store/chunk.h"
#include "store/queue.h"
#include "store/ring.h"

/* The memory queue: level L0 of design.md 5. Per group a ring of records and one open chunk for small ones. */

enum {
	ID_GROUP_SHIFT = 44, /* id = group, number in the ring */
	/* Touching a fresh 64 KiB costs more than filling it, so empty chunks are kept: a MiB at most, what was idle for a
	 * second is given back, and all of it when the budget is short. */
	SPARES_MAX = 16,
	SPARES_WINDOW_NS = 1000000000
};

typedef struct group {
	tel__ring ring;
	tel__chunk *tail;      /* open for small records, or NULL */
	uint64_t batch_points; /* folded: > 0 */
	bool retired;          /* not part of what the capacity is shared by */
	/* held and reserved; empties are records without points */
	uint64_t taken_records, taken_points, taken_bytes, taken_empties;
	uint64_t records, points, bytes;
	uint64_t lent_records, lent_points, lent_bytes;
} group;

typedef struct memory {
	tel__queue q;
	tel_alloc alloc;
	tel__budget *budget;
	tel__queue_sizer sizer;
	uint64_t capacity;
	uint64_t units;         /* of groups that are not folded: held and reserved, in the sizer's unit */
	uint64_t refused_records, refused_points;
	tel__chunk *chunks;     /* all, newest first */
	tel__chunk *spares;     /* empty small chunks */
	uint32_t spare_count;
	uint32_t spare_low;     /* fewest since spare_since */
	uint64_t spare_since_mono_ns;
	size_t pinned_bytes;    /* sum over chunks */
	size_t live_bytes;      /* sum over records */
	size_t charged;         /* what the budget was told */
	uint32_t group_count;
	group *groups;
} memory;

static memory *memory_of(tel__queue *q)
{
	return (memory *)(void *)q;
}

/* Admission */

static uint64_t units_of(const memory *m, const group *g, size_t bytes, uint64_t points)
{
	if (g->batch_points)
		return points ? points : 1;
	switch (m->sizer) {
	case TEL__SIZER_ITEMS:
		return points;
	case TEL__SIZER_BYTES:
		return bytes;
	default:
		return 1;
	}
}

static uint64_t mul_saturated(uint64_t a, uint64_t b)
{
	return b && a > UINT64_MAX / b ? UINT64_MAX : a * b;
}

static uint64_t group_units(const memory *m, const group *g)
{
	if (g->batch_points)
		return g->taken_points + g->taken_empties;
	return m->sizer == TEL__SIZER_ITEMS ? g->taken_points : m->sizer == TEL__SIZER_BYTES ? g->taken_bytes : g->taken_records;
}

/* Room for one record is taken, or comes back. */
static void take(memory *m, group *g, size_t bytes, uint64_t points)
{
	g->taken_records++;
	g->taken_points += points;
	g->taken_bytes += bytes;
	g->taken_empties += points == 0;
	if (!g->batch_points)
		m->units += units_of(m, g, bytes, points);
}

static void give(memory *m, group *g, size_t bytes, uint64_t points)
{
	g->taken_records--;
	g->taken_points -= points;
	g->taken_bytes -= bytes;
	g->taken_empties -= points == 0;
	if (!g->batch_points)
		m->units -= units_of(m, g, bytes, points);
}

static tel_err admit(memory *m, group *g, size_t bytes, uint64_t points)
{
	if (bytes > UINT32_MAX || points > UINT32_MAX)
		return TEL_ERR_LIMIT;
	uint64_t unit = units_of(m, g, bytes, points);
	uint64_t used = g->batch_points ? group_units(m, g) : m->units; /* above the capacity after it was reduced */
	if (g->batch_points) {
		/* A single request of any size is one element of the Collector's queue: an empty group takes it. */
		uint64_t capacity = mul_saturated(m->capacity, g->batch_points);
		return used && (used >= capacity || unit > capacity - used) ? TEL_ERR_FULL : TEL_OK;
	}
	if (unit > m->capacity)
		return TEL_ERR_LIMIT; /* `element size too large`, otel-processing.md 9.3 */
	return used >= m->capacity || unit > m->capacity - used ? TEL_ERR_FULL : TEL_OK;
}

static void charge(memory *m, size_t bytes)
{
	tel__budget_force(m->budget, bytes);
	m->charged += bytes;
}

static void discharge(memory *m, size_t bytes)
{
	tel__budget_release(m->budget, bytes);
	m->charged -= bytes;
}

static tel__chunk *spares_take(memory *m)
{
	tel__chunk *c = m->spares;
	if (!c)
		return NULL;
	m->spares = c->next;
	m->spare_count--;
	m->spare_low = m->spare_low < m->spare_count ? m->spare_low : m->spare_count;
	discharge(m, c->charge);
	return c;
}

/* Returns whether there was something to drop. */
static bool spares_drop(memory *m, uint32_t count)
{
	bool dropped = count && m->spares;
	while (count-- && m->spares)
		tel__chunk_free(&m->alloc, spares_take(m));
	return dropped;
}

/* Gives back what was not needed for a second. */
static void spares_trim(memory *m, uint64_t mono_ns)
{
	if (mono_ns - m->spare_since_mono_ns < SPARES_WINDOW_NS)
		return;
	spares_drop(m, m->spare_low);
	m->spare_low = m->spare_count;
	m->spare_since_mono_ns = mono_ns;
}

static bool budget_reserve(memory *m, size_t bytes)
{
	return tel__budget_reserve(m->budget, bytes) ||
	       (spares_drop(m, UINT32_MAX) && tel__budget_reserve(m->budget, bytes));
}

static tel_err reserve(memory *m, size_t bytes, uint64_t points, uint32_t group_no, bool over, tel__queue_room *ret_room)
{
	assert(group_no < m->group_count);
	group *g = &m->groups[group_no];
	tel_err e = admit(m, g, bytes, points);
	if (e == TEL_ERR_FULL && over)
		e = TEL_OK;
	if (!e && !budget_reserve(m, bytes))
		e = TEL_ERR_BUDGET;
	if (e) {
		m->refused_records++;
		m->refused_points += points;
		return e;
	}
	m->charged += bytes;
	take(m, g, bytes, points);
	*ret_room = (tel__queue_room){ .bytes = bytes, .points = points, .group = group_no, .held = true };
	return TEL_OK;
}

static tel_err memory_reserve(tel__queue *q, size_t bytes, uint64_t points, uint32_t group_no, tel__queue_room *ret_room)
{
	return reserve(memory_of(q), bytes, points, group_no, false, ret_room);
}

static tel_err memory_reserve_over(tel__queue *q, size_t bytes, uint64_t points, uint32_t group_no,
                                   tel__queue_room *ret_room)
{
	return reserve(memory_of(q), bytes, points, group_no, true, ret_room);
}

static void memory_unreserve(tel__queue *q, tel__queue_room *room)
{
	memory *m = memory_of(q);
	if (!room->held)
		return;
	group *g = &m->groups[room->group];
	give(m, g, room->bytes, room->points);
	discharge(m, room->bytes);
	room->held = false;
}

/* Chunks */

static void chunk_link(memory *m, tel__chunk *c)
{
	c->prev = NULL;
	c->next = m->chunks;
	if (m->chunks)
		m->chunks->prev = c;
	m->chunks = c;
	m->pinned_bytes += c->pinned_bytes;
	charge(m, c->charge);
}

static void chunk_unlink(memory *m, tel__chunk *c)
{
	if (c->next)
		c->next->prev = c->prev;
	if (c->prev)
		c->prev->next = c->next;
	else
		m->chunks = c->next;
	m->pinned_bytes -= c->pinned_bytes;
	discharge(m, c->charge);
}

static void chunk_drop(memory *m, tel__chunk *c)
{
	chunk_unlink(m, c);
	if (c->slice_count || c->alloc_bytes != TEL_LIMIT_CHUNK_BYTES || m->spare_count == SPARES_MAX) {
		tel__chunk_free(&m->alloc, c);
		return;
	}
	c->used = c->live_bytes = 0;
	c->live = 0;
	c->next = m->spares;
	m->spares = c;
	m->spare_count++;
	charge(m, c->charge);
}

/* The promise of design.md 2: data costs at most twice the live bytes plus one chunk per group, spares aside. What is
 * lent cannot be moved, and a copy may find no memory: both are outside of the promise until they go. */
static void check_promise(const memory *m)
{
#ifndef NDEBUG
	size_t exempt = 0;
	for (const tel__chunk *c = m->chunks; c; c = c->next)
		if (c->lent || c->first_seq == UINT64_MAX)
			exempt += c->pinned_bytes;
	assert(m->pinned_bytes <= 2 * m->live_bytes + (size_t)m->group_count * TEL_LIMIT_CHUNK_BYTES + exempt);
#else
	(void)m;
#endif
}

/* Copies the records that are left of a half-empty chunk into one that fits. */
static void chunk_shrink(memory *m, group *g, tel__chunk *old)
{
	tel__chunk *fit;
	if (tel__chunk_new(&m->alloc, old->live_bytes, &fit)) {
		old->first_seq = UINT64_MAX; /* stays as it is; the mark is for check_promise() */
		return;
	}
	bool first = true;
	for (uint64_t seq = old->first_seq; seq <= old->last_seq; seq++) {
		if (tel__ring_state_of(&g->ring, seq) == TEL__RING_GONE)
			continue;
		tel__ring_record *r = tel__ring_get(&g->ring, seq);
		if (r->chunk != old)
			continue;
		tel_slice bytes = { tel__chunk_data(old) + r->offset, r->bytes };
		r->offset = (uint32_t)tel__chunk_append(fit, &bytes, 1);
		r->chunk = fit;
		fit->first_seq = first ? seq : fit->first_seq;
		fit->last_seq = seq;
		fit->live++;
		first = false;
	}
	fit->live_bytes = old->live_bytes;
	chunk_link(m, fit);
	chunk_drop(m, old);
}

/* After records of a chunk were acked, nacked, or the chunk was closed. */
static void chunk_settle(memory *m, group *g, tel__chunk *c)
{
	if (c->live == 0 && c == g->tail) {
		c->used = 0;
	} else if (c->live == 0) {
		chunk_drop(m, c);
	} else if (c != g->tail && !c->slice_count && !c->lent && c->cap - c->live_bytes > c->live_bytes &&
	           c->first_seq != UINT64_MAX) {
		chunk_shrink(m, g, c);
	}
}

static void tail_close(memory *m, group *g)
{
	tel__chunk *c = g->tail;
	g->tail = NULL;
	if (c)
		chunk_settle(m, g, c);
}

/* The open chunk with room for bytes, or NULL without memory. */
static tel__chunk *tail_room(memory *m, group *g, size_t bytes)
{
	if (g->tail && g->tail->cap - g->tail->used >= bytes)
		return g->tail;
	tel__chunk *c = spares_take(m);
	if (!c && tel__chunk_new(&m->alloc, tel__chunk_small_cap(), &c))
		return NULL;
	tail_close(m, g);
	chunk_link(m, c);
	g->tail = c;
	return c;
}

/* Commit */

static tel_err chunk_for(memory *m, group *g, const tel__queue_record *record, tel__chunk **ret_chunk, size_t *ret_offset)
{
	tel__chunk *c = NULL;
	size_t offset = 0;
	if (!tel__chunk_copies(record)) {
		tel_err e = tel__chunk_new_refs(&m->alloc, record, &c);
		if (e)
			return e;
		chunk_link(m, c);
	} else if (record->bytes >= TEL_LIMIT_COMPACT_BYTES) {
		tel_err e = tel__chunk_new(&m->alloc, record->bytes, &c);
		if (e)
			return e;
		tel__chunk_append(c, record->slices, record->slice_count);
		chunk_link(m, c);
	} else {
		c = tail_room(m, g, record->bytes);
		if (!c)
			return TEL_ERR_NOMEM;
		offset = tel__chunk_append(c, record->slices, record->slice_count);
	}
	if (c->live == 0)
		c->first_seq = g->ring.end;
	c->last_seq = g->ring.end;
	c->live++;
	c->live_bytes += record->bytes;
	*ret_chunk = c;
	*ret_offset = offset;
	return TEL_OK;
}

static tel_err group_push(memory *m, group *g, const tel__queue_record *record)
{
	size_t before = g->ring.bytes;
	tel_err e = tel__ring_room(&g->ring);
	charge(m, g->ring.bytes - before);
	if (e)
		return e;
	tel__chunk *c;
	size_t offset;
	e = chunk_for(m, g, record, &c, &offset);
	if (e)
		return e;
	tel__ring_push(&g->ring,
	               &(tel__ring_record){ .chunk = c, .offset = (uint32_t)offset, .bytes = (uint32_t)record->bytes,
	                                    .points = (uint32_t)record->points }, record->mono_ns);
	g->records++;
	g->points += record->points;
	g->bytes += record->bytes;
	m->live_bytes += record->bytes;
	if (c->used == record->bytes)
		check_promise(m); /* once per chunk: it walks all of them */
	return TEL_OK;
}

static void memory_commit(tel__queue *q, tel__queue_room *room, const tel__queue_record *record,
                          void (*done)(void *user, tel_err err), void *user)
{
	memory *m = memory_of(q);
	assert(room->held && room->group == record->group);
	assert(record->bytes <= room->bytes && record->points <= room->points);
	group *g = &m->groups[record->group];
	memory_unreserve(q, room);
	spares_trim(m, record->mono_ns);
	tel_err e = group_push(m, g, record);
	if (!e)
		take(m, g, record->bytes, record->points);
	done(user, e);
}

/* Lending */

static uint64_t id_of(uint32_t group_no, uint64_t seq)
{
	return (uint64_t)group_no << ID_GROUP_SHIFT | seq;
}

static bool fits(const tel__queue_want *want, const tel__queue_item *item, const tel__ring_record *r)
{
	return (!want->points || item->points + r->points <= want->points) &&
	       (!want->bytes || item->bytes + r->bytes <= want->bytes) &&
	       (!want->records || item->records < want->records);
}

static void item_add(group *g, tel__queue_item *item, const tel__ring_record *r, uint64_t seq)
{
	tel__ring_lend(&g->ring, seq);
	item->records++;
	item->points += r->points;
	item->bytes += r->bytes;
}

static bool memory_next(tel__queue *q, uint32_t group_no, const tel__queue_want *want, tel__queue_item *ret_item)
{
	static const tel__queue_want one = { .records = 1 };
	memory *m = memory_of(q);
	assert(group_no < m->group_count);
	group *g = &m->groups[group_no];
	uint64_t seq;
	if (!tel__ring_find(&g->ring, &seq))
		return false;
	want = want ? want : &one;
	const tel__ring_record *r = tel__ring_get(&g->ring, seq);
	tel__chunk *c = r->chunk;
	tel__queue_item item = { .first_id = id_of(group_no, seq), .group = group_no,
	                         .mono_ns = tel__ring_mono_ns(&g->ring, seq) };
	uint32_t at = r->offset;
	item_add(g, &item, r, seq);
	if (c->slice_count) {
		item.slices = tel__chunk_slices(c);
		item.slice_count = c->slice_count;
	} else {
		while (tel__ring_state_of(&g->ring, ++seq) == TEL__RING_WAITING) {
			r = tel__ring_get(&g->ring, seq);
			if (r->chunk != c || r->offset != at + item.bytes || !fits(want, &item, r))
				break;
			item_add(g, &item, r, seq);
		}
		item.run = (tel_slice){ tel__chunk_data(c) + at, item.bytes };
	}
	c->lent += item.records;
	g->lent_records += item.records;
	g->lent_points += item.points;
	g->lent_bytes += item.bytes;
	*ret_item = item;
	return true;
}

static void memory_waiting(tel__queue *q, uint32_t group_no, tel__queue_waiting *ret_waiting)
{
	memory *m = memory_of(q);
	assert(group_no < m->group_count);
	group *g = &m->groups[group_no];
	uint64_t seq;
	*ret_waiting = (tel__queue_waiting){ .records = g->records - g->lent_records, .points = g->points - g->lent_points,
	                                     .bytes = g->bytes - g->lent_bytes };
	if (tel__ring_find(&g->ring, &seq))
		ret_waiting->oldest_mono_ns = tel__ring_mono_ns(&g->ring, seq);
}

static group *group_of_id(memory *m, uint64_t id, uint64_t *ret_seq)
{
	assert(id >> ID_GROUP_SHIFT < m->group_count);
	*ret_seq = id & (((uint64_t)1 << ID_GROUP_SHIFT) - 1);
	return &m->groups[id >> ID_GROUP_SHIFT];
}

/* One record out of the sender's hands. */
static tel__chunk *unlend(group *g, uint64_t seq)
{
	const tel__ring_record *r = tel__ring_get(&g->ring, seq);
	r->chunk->lent--;
	g->lent_records--;
	g->lent_points -= r->points;
	g->lent_bytes -= r->bytes;
	return r->chunk;
}

static void record_forget(memory *m, group *g, uint64_t seq)
{
	const tel__ring_record *r = tel__ring_get(&g->ring, seq);
	r->chunk->live--;
	r->chunk->live_bytes -= r->bytes;
	g->records--;
	g->points -= r->points;
	g->bytes -= r->bytes;
	m->live_bytes -= r->bytes;
	give(m, g, r->bytes, r->points);
	tel__ring_drop(&g->ring, seq);
}

static void memory_ack(tel__queue *q, uint64_t first_id, uint32_t records)
{
	memory *m = memory_of(q);
	uint64_t seq;
	group *g = group_of_id(m, first_id, &seq);
	size_t before = g->ring.bytes;
	tel__chunk *last = NULL;
	for (uint64_t end = seq + records; seq < end; seq++) {
		tel__chunk *c = unlend(g, seq);
		record_forget(m, g, seq);
		if (last && last != c)
			chunk_settle(m, g, last);
		last = c;
	}
	discharge(m, before - g->ring.bytes);
	if (last)
		chunk_settle(m, g, last);
}

static void memory_nack(tel__queue *q, uint64_t first_id, uint32_t records)
{
	memory *m = memory_of(q);
	uint64_t seq;
	group *g = group_of_id(m, first_id, &seq);
	tel__chunk *last = NULL;
	for (uint64_t end = seq + records; seq < end; seq++) {
		tel__chunk *c = unlend(g, seq);
		tel__ring_return(&g->ring, seq);
		if (last && last != c)
			chunk_settle(m, g, last);
		last = c;
	}
	if (last)
		chunk_settle(m, g, last);
}

/* The rest */

static void memory_stats(tel__queue *q, tel__queue_stats *ret_stats)
{
	memory *m = memory_of(q);
	tel__queue_stats s = { .size = m->units, .charged_bytes = m->charged, .refused_records = m->refused_records,
	                       .refused_points = m->refused_points };
	bool shared = false;
	for (uint32_t i = 0; i < m->group_count; i++) {
		group *g = &m->groups[i];
		s.records += g->records;
		s.points += g->points;
		s.bytes += g->bytes;
		s.lent_records += g->lent_records;
		s.lent_points += g->lent_points;
		if (g->batch_points) {
			uint64_t units = group_units(m, g);
			s.size += units / g->batch_points + (units % g->batch_points != 0);
			s.capacity += m->capacity;
		}
		shared = shared || (!g->batch_points && !g->retired);
		if (!g->records)
			continue;
		uint64_t oldest = tel__ring_mono_ns(&g->ring, g->ring.first);
		if (!s.oldest_mono_ns || oldest < s.oldest_mono_ns)
			s.oldest_mono_ns = oldest;
	}
	s.capacity += shared ? m->capacity : 0;
	*ret_stats = s;
}

static void group_init(memory *m, group *g)
{
	*g = (group){ .batch_points = 0 };
	tel__ring_init(&g->ring, &m->alloc);
}

static tel_err memory_grow(tel__queue *q, uint32_t count)
{
	memory *m = memory_of(q);
	if (count <= m->group_count)
		return TEL_OK;
	group *groups = tel__mem_resize(&m->alloc, m->groups, m->group_count, count, sizeof(*groups));
	if (!groups)
		return TEL_ERR_NOMEM;
	for (uint32_t i = m->group_count; i < count; i++) {
		group_init(m, &groups[i]);
		groups[i].retired = true; /* until somebody says what it is for */
	}
	m->groups = groups;
	m->group_count = count;
	return TEL_OK;
}

static void memory_resize(tel__queue *q, const tel__queue_size *size)
{
	memory *m = memory_of(q);
	m->sizer = size->sizer;
	m->capacity = size->capacity;
	m->units = 0;
	for (uint32_t i = 0; i < m->group_count; i++) {
		group *g = &m->groups[i];
		g->retired = size->batch_points && size->batch_points[i] == TEL__QUEUE_RETIRED;
		g->batch_points = size->batch_points && !g->retired && size->sizer == TEL__SIZER_REQUESTS ? size->batch_points[i] : 0;
		if (!g->batch_points)
			m->units += group_units(m, g);
	}
}

static void memory_free(tel__queue *q)
{
	memory *m = memory_of(q);
	tel_alloc alloc = m->alloc;
	for (tel__chunk *c = m->chunks, *next; c; c = next) {
		next = c->next;
		tel__chunk_free(&m->alloc, c);
	}
	spares_drop(m, UINT32_MAX);
	for (uint32_t i = 0; i < m->group_count; i++)
		tel__ring_fini(&m->groups[i].ring);
	tel__budget_release(m->budget, m->charged);
	tel__budget_unref(m->budget);
	tel__mem_free(&alloc, m->groups, m->group_count, sizeof(m->groups[0]));
	tel__mem_free(&alloc, m, 1, sizeof(*m));
}

static const tel__queue_ops memory_ops = {
	.reserve = memory_reserve,
	.reserve_over = memory_reserve_over,
	.unreserve = memory_unreserve,
	.commit = memory_commit,
	.next = memory_next,
	.waiting = memory_waiting,
	.ack = memory_ack,
	.nack = memory_nack,
	.stats = memory_stats,
	.grow = memory_grow,
	.resize = memory_resize,
	.free = memory_free,
};

tel_err tel__queue_memory_new(const tel__queue_opts *opts, tel__queue **ret_queue, tel_error *err)
{
	if (!opts->capacity || !opts->groups || opts->groups >= 1u << 20)
		return tel__fail(err, TEL_ERR_ARG, "a queue needs a capacity and between 1 and 2^20 groups");
	const tel_alloc *alloc = tel__alloc_or_default(opts->alloc);
	tel__queue_size size = { opts->sizer, opts->capacity, opts->batch_points };
	memory *m = tel__mem_zero(alloc, 1, sizeof(*m));
	if (!m)
		return tel__fail_nomem(err);
	m->q.ops = &memory_ops;
	m->alloc = *alloc;
	if (memory_grow(&m->q, opts->groups) != TEL_OK) {
		tel__mem_free(alloc, m, 1, sizeof(*m));
		return tel__fail_nomem(err);
	}
	m->budget = tel__budget_ref(opts->budget);
	memory_resize(&m->q, &size);
	*ret_queue = &m->q;
	return TEL_OK;
}
