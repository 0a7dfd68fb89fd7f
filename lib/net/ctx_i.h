/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_CTX_I_H
#define TEL_NET_CTX_I_H
/*
 * Inside of a context: watchers, timers, deferred calls, and the seams that everything above net/ uses.
 * Callbacks run only from tel_ctx_on_fd / on_deadline / run_*. Structs live in their owners.
 */
#include <telemetry/ctx.h>

#include "base/budget.h"
#include "base/log_i.h"
#include "base/seams.h"

TEL_PRIVATE_BEGIN

typedef struct tel__watch {
	int fd;
	unsigned want;
	void (*on_ready)(void *user, unsigned got);
	void *user;
	void *slot; /* the host's */
} tel__watch;

typedef struct tel__timer {
	uint64_t deadline_mono_ns; /* valid while armed */
	size_t heap_index;         /* 0 = not armed */
	void (*on_fire)(void *user);
	void *user;
} tel__timer;

/* A call that runs from the loop, not from the caller's stack: how completion callbacks leave submit. */
typedef struct tel__deferred {
	void (*run)(void *user);
	void *user;
	struct tel__deferred *prev, *next;
	bool queued;
} tel__deferred;

/* Blocking work: run(user) on another thread when the host offers one, else inline; done(user) from the loop. */
typedef struct tel__offload {
	void (*run)(void *user);
	void (*done)(void *user);
	void *user;
	tel_ctx *ctx;
	struct tel__offload *next;
	tel__deferred inline_done;
} tel__offload;

tel_err tel__ctx_watch(tel_ctx *ctx, tel__watch *w, int fd, unsigned want, void (*on_ready)(void *, unsigned), void *user);
tel_err tel__ctx_want(tel_ctx *ctx, tel__watch *w, unsigned want); /* no system call when nothing changes */
void tel__ctx_unwatch(tel_ctx *ctx, tel__watch *w);                /* before close */
void tel__ctx_arm(tel_ctx *ctx, tel__timer *t, uint64_t deadline_mono_ns); /* cannot fail: room is kept per timer */
void tel__ctx_disarm(tel_ctx *ctx, tel__timer *t);
tel_err tel__ctx_timer_init(tel_ctx *ctx, tel__timer *t, void (*on_fire)(void *), void *user); /* reserves heap room */
void tel__ctx_timer_fini(tel_ctx *ctx, tel__timer *t);
void tel__ctx_defer(tel_ctx *ctx, tel__deferred *d);
void tel__ctx_undefer(tel_ctx *ctx, tel__deferred *d);
/* d->run frees something that callbacks may still come from: at once, or when the turn that is under way ends. */
void tel__ctx_dispose(tel_ctx *ctx, tel__deferred *d);
/* run_until_idle waits while the count is not 0: one per thing that the host waits for. */
void tel__ctx_busy(tel_ctx *ctx, int delta);
/* Fill run, done and user. It counts as busy; the struct must live until done ran. */
void tel__ctx_offload(tel_ctx *ctx, tel__offload *job);

/* TEL_ERR_FORKED in a child of the process that made the context. Every public entry of a higher floor asks first. */
tel_err tel__ctx_check(const tel_ctx *ctx, tel_error *err);
/* Earliest armed timer, 0 when a deferred call waits, UINT64_MAX when there is nothing: a test moves its clock there. */
uint64_t tel__ctx_next_deadline(const tel_ctx *ctx);
/* TEL__CTX_SCRATCH_BYTES shared by everything in the context that receives; its content is lost when the callback that
 * uses it returns. NULL: no memory. */
enum { TEL__CTX_SCRATCH_BYTES = 64 * 1024 };
char *tel__ctx_scratch(tel_ctx *ctx);

/* The HTTP servers of the context, which share one half of the budget: net/admission.h. */
struct tel__http_server;
typedef struct tel__ctx_server_list {
	struct tel__http_server *first;
	uint64_t no_conn_until, no_body_until; /* nobody can have stalled before */
} tel__ctx_server_list;
tel__ctx_server_list *tel__ctx_servers(tel_ctx *ctx);
struct tel__tls_ctx **tel__ctx_tls(tel_ctx *ctx); /* first of the list that net/tls.c keeps */

const tel_alloc *tel__ctx_alloc(const tel_ctx *ctx);
uint64_t tel__ctx_mono_ns(const tel_ctx *ctx); /* read once per loop turn, refreshed by the loop */
uint64_t tel__ctx_unix_ns(const tel_ctx *ctx);
uint64_t tel__ctx_random(tel_ctx *ctx);
tel__budget *tel__ctx_budget(tel_ctx *ctx);
const tel_log_sink *tel__ctx_log(const tel_ctx *ctx);
/* Repeated lines are thinned from now on (base/log_sampler.h); tick 0 = none is. */
void tel__ctx_log_sampling(tel_ctx *ctx, uint64_t initial, uint64_t thereafter, uint64_t tick_ns);
uint64_t tel__ctx_log_suppressed(const tel_ctx *ctx); /* lines that were left out, ever */
const tel__sock_ops *tel__ctx_sock(const tel_ctx *ctx);
const tel__fs_ops *tel__ctx_fs(const tel_ctx *ctx);
const tel__crash_ops *tel__ctx_crash(const tel_ctx *ctx);
/* Tests replace seams right after tel_ctx_new. NULL keeps what is there. */
void tel__ctx_set_seams(tel_ctx *ctx, const tel__sock_ops *sock, const tel__fs_ops *fs, const tel__crash_ops *crash);
/* "address:port,..." instead of the system's name servers; "" = the system's. Kept by reference. */
void tel__ctx_set_dns_servers(tel_ctx *ctx, const char *csv);
const char *tel__ctx_dns_servers(const tel_ctx *ctx);
/* NULL: every connection goes directly. */
const struct tel__proxies *tel__ctx_proxies(const tel_ctx *ctx);

TEL_PRIVATE_END
#endif
