/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/later.h"

#include "base/error_i.h"
#include "base/mem.h"

static tel__later_entry *at(tel__later *l, uint64_t id)
{
	return &l->ring[id & (l->cap - 1)];
}

static void run(void *user)
{
	tel__later *l = user;
	bool freed = false;
	uint64_t end = l->next_id; /* what is pushed meanwhile waits for the next turn */
	l->freed = &freed;
	while (l->first_id < end) {
		tel__later_entry e = *at(l, l->first_id++);
		if (e.done)
			e.done(e.user, &e.outcome);
		if (freed)
			return;
	}
	l->freed = NULL;
}

void tel__later_init(tel__later *l, tel_ctx *ctx)
{
	*l = (tel__later){ .ctx = ctx, .deferred = { .run = run, .user = l } };
}

static bool grow(tel__later *l)
{
	size_t cap = l->cap ? 2 * l->cap : 16;
	tel__later_entry *ring = tel__mem_new(tel__ctx_alloc(l->ctx), cap, sizeof *ring);
	if (!ring)
		return false;
	for (uint64_t id = l->first_id; id < l->next_id; id++)
		ring[id & (cap - 1)] = *at(l, id);
	tel__mem_free(tel__ctx_alloc(l->ctx), l->ring, l->cap, sizeof *ring);
	l->ring = ring;
	l->cap = cap;
	return true;
}

tel_err tel__later_push(tel__later *l, const tel__export_outcome *outcome,
                        void (*done)(void *user, const tel__export_outcome *outcome), void *user, uint64_t *ret_id,
                        tel_error *err)
{
	if (l->next_id - l->first_id == l->cap && !grow(l))
		return tel__fail_nomem(err);
	*at(l, l->next_id) = (tel__later_entry){ done, user, *outcome };
	*ret_id = l->next_id++;
	tel__ctx_defer(l->ctx, &l->deferred);
	return TEL_OK;
}

void tel__later_cancel(tel__later *l, uint64_t id)
{
	if (id >= l->first_id && id < l->next_id)
		at(l, id)->done = NULL;
}

void tel__later_fini(tel__later *l)
{
	if (l->freed)
		*l->freed = true;
	tel__ctx_undefer(l->ctx, &l->deferred);
	tel__mem_free(tel__ctx_alloc(l->ctx), l->ring, l->cap, sizeof *l->ring);
}
