/* SPDX-License-Identifier: Apache-2.0 */
/* Blocking work on the host's threads. The only place of a context that another thread touches, besides the wake-up. */
#include <stdatomic.h>

#include "net/ctx_state.h"

static void job_finish(tel__offload *job)
{
	tel__ctx_busy(job->ctx, -1);
	job->done(job->user);
}

static void on_inline_done(void *user)
{
	job_finish(user);
}

/* Runs on the other thread; the host wakes the context after it. */
static void job_run(void *arg)
{
	tel__offload *job = arg;
	job->run(job->user);
	job->next = atomic_load_explicit(&job->ctx->offloaded, memory_order_relaxed);
	while (!atomic_compare_exchange_weak_explicit(&job->ctx->offloaded, &job->next, job, memory_order_release,
	                                              memory_order_relaxed))
		;
}

void tel__ctx_offload(tel_ctx *ctx, tel__offload *job)
{
	job->ctx = ctx;
	job->next = NULL;
	job->inline_done = (tel__deferred){ .run = on_inline_done, .user = job };
	tel__ctx_busy(ctx, 1);
	if (ctx->offload && ctx->offload(ctx->offload_user, job_run, job) == 0)
		return;
	job->run(job->user);
	tel__ctx_defer(ctx, &job->inline_done);
}

void tel__ctx_offload_collect(tel_ctx *ctx)
{
	tel__offload *list = atomic_exchange_explicit(&ctx->offloaded, NULL, memory_order_acquire), *oldest = NULL;
	while (list) {
		tel__offload *next = list->next;
		list->next = oldest;
		oldest = list;
		list = next;
	}
	while (oldest) {
		tel__offload *job = oldest;
		oldest = job->next; /* done may free or reuse the job */
		ctx->turn_events++;
		job_finish(job);
	}
}
