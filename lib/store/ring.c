/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "base/mem.h"
#include "store/ring.h"

enum { RING_FIRST_CAP = 4, RING_AGE_SHIFT = 20 };

static size_t slot_of(const tel__ring *ring, uint64_t segment)
{
	return (size_t)segment & (ring->cap - 1);
}

static tel__ring_segment *segment_of(const tel__ring *ring, uint64_t seq)
{
	return ring->segments[slot_of(ring, seq / TEL__RING_SEGMENT)];
}

void tel__ring_init(tel__ring *ring, const tel_alloc *alloc)
{
	*ring = (tel__ring){ .alloc = alloc };
}

static void segment_free(tel__ring *ring, size_t slot)
{
	if (!ring->segments[slot])
		return;
	tel__mem_free(ring->alloc, ring->segments[slot], 1, sizeof(tel__ring_segment));
	ring->segments[slot] = NULL;
	ring->bytes -= sizeof(tel__ring_segment);
}

void tel__ring_fini(tel__ring *ring)
{
	for (size_t i = 0; i < ring->cap; i++)
		segment_free(ring, i);
	if (ring->segments)
		tel__mem_free(ring->alloc, ring->segments, ring->cap, sizeof(ring->segments[0]));
	*ring = (tel__ring){ .alloc = ring->alloc };
}

static tel_err array_grow(tel__ring *ring)
{
	size_t cap = ring->cap ? ring->cap * 2 : RING_FIRST_CAP;
	tel__ring_segment **segments = tel__mem_zero(ring->alloc, cap, sizeof(*segments));
	if (!segments)
		return TEL_ERR_NOMEM;
	for (uint64_t s = ring->first / TEL__RING_SEGMENT; ring->cap && s * TEL__RING_SEGMENT < ring->end; s++)
		segments[(size_t)s & (cap - 1)] = ring->segments[slot_of(ring, s)];
	if (ring->segments)
		tel__mem_free(ring->alloc, ring->segments, ring->cap, sizeof(*segments));
	ring->bytes += (cap - ring->cap) * sizeof(*segments);
	ring->segments = segments;
	ring->cap = cap;
	return TEL_OK;
}

tel_err tel__ring_room(tel__ring *ring)
{
	uint64_t segment = ring->end / TEL__RING_SEGMENT;
	if (segment - ring->first / TEL__RING_SEGMENT >= ring->cap) {
		tel_err e = array_grow(ring);
		if (e)
			return e;
	}
	tel__ring_segment **slot = &ring->segments[slot_of(ring, segment)];
	if (*slot)
		return TEL_OK;
	*slot = tel__mem_zero(ring->alloc, 1, sizeof(tel__ring_segment));
	if (!*slot)
		return TEL_ERR_NOMEM;
	ring->bytes += sizeof(tel__ring_segment);
	return TEL_OK;
}

void tel__ring_push(tel__ring *ring, const tel__ring_record *record, uint64_t mono_ns)
{
	uint64_t seq = ring->end;
	size_t at = seq % TEL__RING_SEGMENT;
	tel__ring_segment *s = segment_of(ring, seq);
	if (s->live == 0)
		s->base_mono_ns = mono_ns;
	uint64_t age = mono_ns > s->base_mono_ns ? (mono_ns - s->base_mono_ns) >> RING_AGE_SHIFT : 0;
	s->records[at] = *record;
	s->records[at].age = age < UINT32_MAX ? (uint32_t)age : UINT32_MAX;
	s->states[at] = TEL__RING_WAITING;
	s->live++;
	s->waiting++;
	ring->end++;
}

tel__ring_state tel__ring_state_of(const tel__ring *ring, uint64_t seq)
{
	if (seq < ring->first || seq >= ring->end)
		return TEL__RING_GONE;
	const tel__ring_segment *s = segment_of(ring, seq);
	return s ? (tel__ring_state)s->states[seq % TEL__RING_SEGMENT] : TEL__RING_GONE;
}

tel__ring_record *tel__ring_get(tel__ring *ring, uint64_t seq)
{
	assert(tel__ring_state_of(ring, seq) != TEL__RING_GONE);
	return &segment_of(ring, seq)->records[seq % TEL__RING_SEGMENT];
}

uint64_t tel__ring_mono_ns(const tel__ring *ring, uint64_t seq)
{
	const tel__ring_segment *s = segment_of(ring, seq);
	return s->base_mono_ns + ((uint64_t)s->records[seq % TEL__RING_SEGMENT].age << RING_AGE_SHIFT);
}

/* First number of the next segment. */
static uint64_t after_segment(uint64_t seq)
{
	return (seq / TEL__RING_SEGMENT + 1) * TEL__RING_SEGMENT;
}

bool tel__ring_find(tel__ring *ring, uint64_t *ret_seq)
{
	uint64_t seq = ring->scan > ring->first ? ring->scan : ring->first;
	while (seq < ring->end) {
		const tel__ring_segment *s = segment_of(ring, seq);
		if (!s || s->waiting == 0)
			seq = after_segment(seq);
		else if (s->states[seq % TEL__RING_SEGMENT] != TEL__RING_WAITING)
			seq++;
		else
			break;
	}
	ring->scan = seq < ring->end ? seq : ring->end;
	if (seq >= ring->end)
		return false;
	*ret_seq = seq;
	return true;
}

void tel__ring_lend(tel__ring *ring, uint64_t seq)
{
	assert(tel__ring_state_of(ring, seq) == TEL__RING_WAITING);
	tel__ring_segment *s = segment_of(ring, seq);
	s->states[seq % TEL__RING_SEGMENT] = TEL__RING_LENT;
	s->waiting--;
}

void tel__ring_return(tel__ring *ring, uint64_t seq)
{
	assert(tel__ring_state_of(ring, seq) == TEL__RING_LENT);
	tel__ring_segment *s = segment_of(ring, seq);
	s->states[seq % TEL__RING_SEGMENT] = TEL__RING_WAITING;
	s->waiting++;
	if (seq < ring->scan)
		ring->scan = seq;
}

/* Moves first over what is gone. A segment is freed as soon as nothing lives in it and nothing more can come. */
static void advance(tel__ring *ring)
{
	while (ring->first < ring->end) {
		const tel__ring_segment *s = segment_of(ring, ring->first);
		if (!s || (s->live == 0 && after_segment(ring->first) <= ring->end))
			ring->first = after_segment(ring->first);
		else if (s->states[ring->first % TEL__RING_SEGMENT] == TEL__RING_GONE)
			ring->first++;
		else
			break;
	}
	if (ring->first > ring->end)
		ring->first = ring->end;
}

void tel__ring_drop(tel__ring *ring, uint64_t seq)
{
	assert(tel__ring_state_of(ring, seq) == TEL__RING_LENT);
	tel__ring_segment *s = segment_of(ring, seq);
	s->states[seq % TEL__RING_SEGMENT] = TEL__RING_GONE;
	s->live--;
	if (s->live == 0 && after_segment(seq) <= ring->end)
		segment_free(ring, slot_of(ring, seq / TEL__RING_SEGMENT));
	advance(ring);
}
