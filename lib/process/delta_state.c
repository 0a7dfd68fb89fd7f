/* SPDX-License-Identifier: Apache-2.0 */
#include "process/delta_state.h"

#include "base/mem.h"
#include "base/slice_i.h"

enum { PAGE_SHIFT = 8, PAGE = 1 << PAGE_SHIFT, FIRST_SLOTS = 64 };

struct tel__delta_state {
	tel_alloc alloc;
	tel__delta_series **pages;
	uint32_t *slots;      /* number + 1 of a series; 0: free */
	size_t page_count, page_cap, slot_count;
	uint32_t count, used, max;
	uint32_t free_first;  /* numbers that may be used again, by newer */
	uint32_t oldest, newest;
};

_Static_assert(sizeof(tel__delta_series) == 48, "a series and its slots are at most 64 bytes");

static tel__delta_series *at(const tel__delta_state *s, uint32_t number)
{
	return &s->pages[number >> PAGE_SHIFT][number & (PAGE - 1)];
}

static tel_slice key_of(const tel__delta_series *x)
{
	uint32_t len;

	memcpy(&len, x->key, sizeof(len));
	return (tel_slice){ x->key + sizeof(len), len };
}

tel_err tel__delta_state_new(const tel_alloc *alloc, size_t max_series, tel__delta_state **ret_state)
{
	tel__delta_state *s = tel__mem_zero(alloc, 1, sizeof(*s));

	if (!s)
		return TEL_ERR_NOMEM;
	s->alloc = *tel__alloc_or_default(alloc);
	s->max = (uint32_t)max_series;
	s->free_first = s->oldest = s->newest = TEL__DELTA_NONE;
	s->slots = tel__mem_zero(&s->alloc, FIRST_SLOTS, sizeof(*s->slots));
	s->slot_count = FIRST_SLOTS;
	if (!s->slots) {
		tel__mem_free(alloc, s, 1, sizeof(*s));
		return TEL_ERR_NOMEM;
	}
	*ret_state = s;
	return TEL_OK;
}

static void release(tel__delta_state *s, tel__delta_series *x)
{
	tel__mem_free(&s->alloc, x->key, key_of(x).len + sizeof(uint32_t), 1);
	if (x->buckets)
		tel__delta_buckets_free(&s->alloc, x->value.buckets);
}

void tel__delta_state_free(tel__delta_state *state)
{
	tel_alloc alloc;

	if (!state)
		return;
	for (uint32_t n = state->oldest; n != TEL__DELTA_NONE; n = at(state, n)->newer)
		release(state, at(state, n));
	for (size_t i = 0; i < state->page_count; i++)
		tel__mem_free(&state->alloc, state->pages[i], PAGE, sizeof(tel__delta_series));
	if (state->pages)
		tel__mem_free(&state->alloc, state->pages, state->page_cap, sizeof(*state->pages));
	tel__mem_free(&state->alloc, state->slots, state->slot_count, sizeof(*state->slots));
	alloc = state->alloc;
	tel__mem_free(&alloc, state, 1, sizeof(*state));
}

/* ---- the table: linear probing, holes are closed ---- */

static size_t slot_of(const tel__delta_state *s, uint32_t hash, tel_slice key)
{
	size_t i = hash & (s->slot_count - 1);

	for (; s->slots[i]; i = (i + 1) & (s->slot_count - 1)) {
		const tel__delta_series *x = at(s, s->slots[i] - 1);

		if (x->hash == hash && tel__slice_eq(key_of(x), key))
			break;
	}
	return i;
}

static bool grow_slots(tel__delta_state *s)
{
	size_t count = s->slot_count * 2;
	uint32_t *slots;

	if ((s->count + 1) * (size_t)4 <= s->slot_count * 3)
		return true;
	slots = tel__mem_zero(&s->alloc, count, sizeof(*slots));
	if (!slots)
		return false;
	for (uint32_t n = s->oldest; n != TEL__DELTA_NONE; n = at(s, n)->newer) {
		size_t i = at(s, n)->hash & (count - 1);

		while (slots[i])
			i = (i + 1) & (count - 1);
		slots[i] = n + 1;
	}
	tel__mem_free(&s->alloc, s->slots, s->slot_count, sizeof(*s->slots));
	s->slots = slots;
	s->slot_count = count;
	return true;
}

static void close_slot(tel__delta_state *s, size_t hole)
{
	size_t mask = s->slot_count - 1;

	s->slots[hole] = 0;
	for (size_t i = (hole + 1) & mask; s->slots[i]; i = (i + 1) & mask) {
		size_t home = at(s, s->slots[i] - 1)->hash & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue; /* its way does not lead over the hole */
		s->slots[hole] = s->slots[i];
		s->slots[i] = 0;
		hole = i;
	}
}

/* ---- numbers and ages ---- */

static bool new_number(tel__delta_state *s, uint32_t *ret_number)
{
	if (s->free_first != TEL__DELTA_NONE) {
		*ret_number = s->free_first;
		s->free_first = at(s, s->free_first)->newer;
		return true;
	}
	if (s->used == s->page_count << PAGE_SHIFT) {
		if (s->page_count == s->page_cap) {
			size_t cap = s->page_cap ? s->page_cap * 2 : 4;
			tel__delta_series **pages = tel__mem_resize(&s->alloc, s->pages, s->page_cap, cap, sizeof(*pages));

			if (!pages)
				return false;
			s->pages = pages;
			s->page_cap = cap;
		}
		s->pages[s->page_count] = tel__mem_new(&s->alloc, PAGE, sizeof(tel__delta_series));
		if (!s->pages[s->page_count])
			return false;
		s->page_count++;
	}
	*ret_number = s->used++;
	return true;
}

static uint32_t number_of(const tel__delta_state *s, const tel__delta_series *x)
{
	return s->slots[slot_of(s, x->hash, key_of(x))] - 1;
}

static void unlink_age(tel__delta_state *s, const tel__delta_series *x)
{
	if (x->older != TEL__DELTA_NONE)
		at(s, x->older)->newer = x->newer;
	else
		s->oldest = x->newer;
	if (x->newer != TEL__DELTA_NONE)
		at(s, x->newer)->older = x->older;
	else
		s->newest = x->older;
}

static void link_newest(tel__delta_state *s, tel__delta_series *x, uint32_t number)
{
	x->older = s->newest;
	x->newer = TEL__DELTA_NONE;
	if (s->newest != TEL__DELTA_NONE)
		at(s, s->newest)->newer = number;
	else
		s->oldest = number;
	s->newest = number;
}

void tel__delta_remove(tel__delta_state *state, tel__delta_series *series)
{
	size_t slot = slot_of(state, series->hash, key_of(series));
	uint32_t number = state->slots[slot] - 1;

	close_slot(state, slot);
	unlink_age(state, series);
	release(state, series);
	series->newer = state->free_first;
	state->free_first = number;
	state->count--;
}

void tel__delta_touch(tel__delta_state *state, tel__delta_series *series, uint32_t second)
{
	uint32_t number = number_of(state, series);

	series->seen = second & 0x3fffffff;
	unlink_age(state, series);
	link_newest(state, series, number);
}

/* Makes room for one more. */
static bool evict(tel__delta_state *s)
{
	uint32_t n = s->oldest;

	while (n != TEL__DELTA_NONE && at(s, n)->pending)
		n = at(s, n)->newer;
	if (n == TEL__DELTA_NONE)
		return false;
	tel__delta_remove(s, at(s, n));
	return true;
}

void tel__delta_expire(tel__delta_state *state, uint32_t second)
{
	uint32_t n = state->oldest;

	while (n != TEL__DELTA_NONE && at(state, n)->seen < second) {
		uint32_t newer = at(state, n)->newer;

		if (!at(state, n)->pending)
			tel__delta_remove(state, at(state, n));
		n = newer;
	}
}

static char *copy_key(tel__delta_state *s, tel_slice key)
{
	char *copy = tel__mem_new(&s->alloc, key.len + sizeof(uint32_t), 1);
	uint32_t len = (uint32_t)key.len;

	if (copy) {
		memcpy(copy, &len, sizeof(len));
		memcpy(copy + sizeof(len), key.ptr, key.len);
	}
	return copy;
}

tel_err tel__delta_get(tel__delta_state *state, tel_slice key, tel__delta_series **ret_series)
{
	uint32_t hash = (uint32_t)tel__slice_hash(key, 0), number;
	size_t slot = slot_of(state, hash, key);
	tel__delta_series *x;
	char *copy;

	if (state->slots[slot]) {
		*ret_series = at(state, state->slots[slot] - 1);
		return TEL_OK;
	}
	if (state->count >= state->max && !evict(state))
		return TEL_ERR_REFUSED;
	copy = copy_key(state, key);
	if (!copy)
		return TEL_ERR_NOMEM;
	if (!grow_slots(state) || !new_number(state, &number)) {
		tel__mem_free(&state->alloc, copy, key.len + sizeof(uint32_t), 1);
		return TEL_ERR_NOMEM;
	}
	x = at(state, number);
	memset(x, 0, sizeof(*x));
	x->key = copy;
	x->hash = hash;
	x->seen = state->newest != TEL__DELTA_NONE ? at(state, state->newest)->seen : 0;
	state->slots[slot_of(state, hash, key)] = number + 1;
	link_newest(state, x, number);
	state->count++;
	*ret_series = x;
	return TEL_OK;
}

size_t tel__delta_count(const tel__delta_state *state)
{
	return state->count;
}

size_t tel__delta_bytes(const tel__delta_state *state)
{
	return state->page_count * PAGE * sizeof(tel__delta_series) + state->page_cap * sizeof(*state->pages) +
	       state->slot_count * sizeof(*state->slots);
}

/* ---- histograms ---- */

static size_t buckets_bytes(size_t counts)
{
	return sizeof(tel__delta_buckets) + counts * sizeof(uint64_t);
}

tel__delta_buckets *tel__delta_buckets_new(const tel_alloc *alloc, size_t counts)
{
	return tel__mem_zero(alloc, buckets_bytes(counts), 1);
}

void tel__delta_buckets_free(const tel_alloc *alloc, tel__delta_buckets *buckets)
{
	if (buckets)
		tel__mem_free(alloc, buckets, buckets_bytes((size_t)buckets->positive + buckets->negative), 1);
}
