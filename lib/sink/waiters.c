/* SPDX-License-Identifier: Apache-2.0 */
/* Who waits for the result of which record. The queue numbers the records of a group one by one (store/queue.h), and the
 * memory queue, the only one that a waiting sender uses, takes them in commit order: a ring indexed by id needs no search. */
#include "base/mem.h"
#include "sink/sender_i.h"

tel__waiter *tel__waiters_nth(tel__waiters *w, size_t i)
{
	return &w->ring[(w->head + i) & (w->cap - 1)];
}

bool tel__waiters_push(tel__sender *s, tel__waiters *w, const tel__waiter *waiter)
{
	if (w->count == w->cap) {
		size_t cap = w->cap ? 2 * w->cap : 16;
		tel__waiter *ring = tel__mem_new(s->alloc, cap, sizeof *ring);
		if (!ring)
			return false;
		for (size_t i = 0; i < w->count; i++)
			ring[i] = *tel__waiters_nth(w, i);
		tel__mem_free(s->alloc, w->ring, w->cap, sizeof *ring);
		w->ring = ring;
		w->cap = cap;
		w->head = 0;
	}
	*tel__waiters_nth(w, w->count++) = *waiter;
	return true;
}

void tel__waiters_pop_last(tel__waiters *w)
{
	w->count--;
}

tel__waiter *tel__waiters_at(tel__waiters *w, uint64_t id)
{
	if (!w->known) { /* the first record that is lent is the first that was committed */
		w->known = true;
		w->first_id = id;
	}
	uint64_t i = id - w->first_id;
	return i < w->count ? tel__waiters_nth(w, (size_t)i) : NULL;
}

void tel__waiters_trim(tel__waiters *w)
{
	while (w->count && w->known && tel__waiters_nth(w, 0)->done) {
		w->head = (w->head + 1) & (w->cap - 1);
		w->first_id++;
		w->count--;
	}
}

void tel__waiters_fini(tel__sender *s, tel__waiters *w)
{
	tel__mem_free(s->alloc, w->ring, w->cap, sizeof *w->ring);
}
