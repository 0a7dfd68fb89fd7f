/* SPDX-License-Identifier: Apache-2.0 */
/* Timers: a binary heap whose room is reserved when a timer is initialised, so that arming one cannot fail. */
#include <assert.h>

#include "base/error_i.h"
#include "base/mem.h"
#include "net/ctx_state.h"

static void heap_put(tel_ctx *ctx, size_t i, tel__timer *t)
{
	ctx->heap[i] = t;
	t->heap_index = i;
}

static void heap_up(tel_ctx *ctx, size_t i, tel__timer *t)
{
	while (i > 1 && ctx->heap[i / 2]->deadline_mono_ns > t->deadline_mono_ns) {
		heap_put(ctx, i, ctx->heap[i / 2]);
		i /= 2;
	}
	heap_put(ctx, i, t);
}

static void heap_down(tel_ctx *ctx, size_t i, tel__timer *t)
{
	for (size_t child; (child = 2 * i) <= ctx->heap_len; i = child) {
		if (child < ctx->heap_len &&
		    ctx->heap[child + 1]->deadline_mono_ns < ctx->heap[child]->deadline_mono_ns)
			child++;
		if (ctx->heap[child]->deadline_mono_ns >= t->deadline_mono_ns)
			break;
		heap_put(ctx, i, ctx->heap[child]);
	}
	heap_put(ctx, i, t);
}

static void heap_move(tel_ctx *ctx, size_t i, tel__timer *t)
{
	if (i > 1 && ctx->heap[i / 2]->deadline_mono_ns > t->deadline_mono_ns)
		heap_up(ctx, i, t);
	else
		heap_down(ctx, i, t);
}

static void heap_remove(tel_ctx *ctx, tel__timer *t)
{
	size_t i = t->heap_index;
	tel__timer *last = ctx->heap[ctx->heap_len--];
	t->heap_index = 0;
	if (last != t)
		heap_move(ctx, i, last);
}

tel_err tel__ctx_timer_init(tel_ctx *ctx, tel__timer *t, void (*on_fire)(void *), void *user)
{
	if (ctx->timer_count + 2 > ctx->heap_cap) {
		size_t cap = ctx->heap_cap ? 2 * ctx->heap_cap : 32;
		tel__timer **heap = tel__mem_resize(&ctx->alloc, ctx->heap, ctx->heap_cap, cap, sizeof(*heap));
		if (!heap)
			return TEL_ERR_NOMEM;
		ctx->heap = heap;
		ctx->heap_cap = cap;
	}
	ctx->timer_count++;
	*t = (tel__timer){ .on_fire = on_fire, .user = user };
	return TEL_OK;
}

void tel__ctx_timer_fini(tel_ctx *ctx, tel__timer *t)
{
	if (!t->on_fire)
		return; /* never initialised */
	tel__ctx_disarm(ctx, t);
	t->on_fire = NULL;
	ctx->timer_count--;
}

void tel__ctx_arm(tel_ctx *ctx, tel__timer *t, uint64_t deadline_mono_ns)
{
	assert(t->on_fire);
	if (deadline_mono_ns == UINT64_MAX) {
		tel__ctx_disarm(ctx, t);
		return;
	}
	if (t->heap_index && t->deadline_mono_ns == deadline_mono_ns)
		return;
	t->deadline_mono_ns = deadline_mono_ns;
	if (t->heap_index)
		heap_move(ctx, t->heap_index, t);
	else
		heap_up(ctx, ++ctx->heap_len, t);
	tel__ctx_poll_deadline(ctx);
}

void tel__ctx_disarm(tel_ctx *ctx, tel__timer *t)
{
	if (!t->heap_index)
		return;
	heap_remove(ctx, t);
	tel__ctx_poll_deadline(ctx);
}

/* A timer that is armed again for now waits for the next turn: descriptors are never starved. */
void tel__ctx_timers_fire(tel_ctx *ctx)
{
	for (size_t n = ctx->heap_len; n > 0 && ctx->heap_len > 0; n--) {
		tel__timer *t = ctx->heap[1];
		if (t->deadline_mono_ns > ctx->now_mono_ns)
			return;
		heap_remove(ctx, t);
		ctx->turn_events++;
		t->on_fire(t->user);
	}
}

void tel__ctx_timers_close(tel_ctx *ctx)
{
	tel__mem_free(&ctx->alloc, ctx->heap, ctx->heap_cap, sizeof(tel__timer *));
}
