/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where interest in descriptors and deadlines goes: to the two callbacks of the host, or to an epoll descriptor of our
 * own, which the host may poll in its turn. Only changes are reported, and a descriptor is forgotten before it is closed.
 */
#include "config.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/error_i.h"
#include "base/mem.h"
#include "net/ctx_state.h"

static const uint64_t NS_PER_S = 1000000000u;
static const uint64_t NS_PER_MS = 1000000u;

static uint32_t to_epoll(unsigned want)
{
	return (want & TEL_WANT_READ ? EPOLLIN : 0u) | (want & TEL_WANT_WRITE ? EPOLLOUT : 0u);
}

static tel_err host_table_reserve(tel_ctx *ctx, int fd)
{
	size_t need = (size_t)fd + 1, cap = ctx->by_fd_cap ? ctx->by_fd_cap : 64;
	if (need <= ctx->by_fd_cap)
		return TEL_OK;
	while (cap < need)
		cap *= 2;
	tel__watch **table = tel__mem_resize(&ctx->alloc, ctx->by_fd, ctx->by_fd_cap, cap, sizeof(*table));
	if (!table)
		return TEL_ERR_NOMEM;
	for (size_t i = ctx->by_fd_cap; i < cap; i++)
		table[i] = NULL;
	ctx->by_fd = table;
	ctx->by_fd_cap = cap;
	return TEL_OK;
}

static tel_err host_change(tel_ctx *ctx, tel__watch *w, unsigned want)
{
	if (want && host_table_reserve(ctx, w->fd) != TEL_OK)
		return TEL_ERR_NOMEM;
	if (ctx->loop.watch(ctx->loop_user, w->fd, want, &w->slot) != 0 && want)
		return TEL_ERR_IO;
	if ((size_t)w->fd < ctx->by_fd_cap)
		ctx->by_fd[w->fd] = want ? w : NULL;
	return TEL_OK;
}

static tel_err epoll_change(tel_ctx *ctx, tel__watch *w, unsigned want)
{
	struct epoll_event ev = { .events = to_epoll(want), .data = { .ptr = w } };
	int op = !w->want ? EPOLL_CTL_ADD : want ? EPOLL_CTL_MOD : EPOLL_CTL_DEL;
	if (epoll_ctl(ctx->epoll_fd, op, w->fd, &ev) != 0 && want)
		return errno == ENOMEM || errno == ENOSPC ? TEL_ERR_NOMEM : TEL_ERR_IO;
	return TEL_OK;
}

tel_err tel__ctx_want(tel_ctx *ctx, tel__watch *w, unsigned want)
{
	if (w->want == want)
		return TEL_OK;
	tel_err rc = tel__ctx_check(ctx, NULL);
	if (rc != TEL_OK) { /* the parent shares our epoll set and keeps its interest; what the child frees, it only frees */
		w->want = want ? w->want : 0;
		return want ? rc : TEL_OK;
	}
	rc = ctx->host_loop ? host_change(ctx, w, want) : epoll_change(ctx, w, want);
	if (rc == TEL_OK)
		w->want = want;
	return rc;
}

tel_err tel__ctx_watch(tel_ctx *ctx, tel__watch *w, int fd, unsigned want, void (*on_ready)(void *, unsigned), void *user)
{
	*w = (tel__watch){ .fd = fd, .on_ready = on_ready, .user = user };
	return tel__ctx_want(ctx, w, want);
}

void tel__ctx_unwatch(tel_ctx *ctx, tel__watch *w)
{
	if (!w->on_ready)
		return;
	(void)tel__ctx_want(ctx, w, 0);
	/* Events of this turn that were fetched already must not reach a watcher that is gone. */
	for (int i = ctx->event_at; i < ctx->event_count; i++)
		if (ctx->events[i].data.ptr == w)
			ctx->events[i].data.ptr = NULL;
	*w = (tel__watch){ .fd = -1 };
}

static void on_wake(void *user, unsigned got)
{
	tel_ctx *ctx = user;
	uint64_t count;
	(void)got;
	if (read(ctx->wake_fd, &count, sizeof(count)) < 0)
		return; /* nothing there: somebody woke twice */
	tel__ctx_offload_collect(ctx);
}

tel_err tel__ctx_poll_open(tel_ctx *ctx, tel_error *err)
{
	ctx->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (ctx->wake_fd < 0)
		return tel__fail_errno(err, TEL_ERR_IO, errno, "eventfd");
	if (!ctx->host_loop) {
		ctx->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
		if (ctx->epoll_fd < 0)
			return tel__fail_errno(err, TEL_ERR_IO, errno, "epoll_create1");
	}
	tel_err rc = tel__ctx_watch(ctx, &ctx->wake_watch, ctx->wake_fd, TEL_WANT_READ, on_wake, ctx);
	return rc == TEL_OK ? rc : tel__fail(err, rc, "the wake-up descriptor could not be watched");
}

static void close_fd(int fd)
{
	if (fd >= 0)
		close(fd);
}

void tel__ctx_poll_close(tel_ctx *ctx)
{
	tel__ctx_unwatch(ctx, &ctx->wake_watch);
	close_fd(ctx->wake_fd);
	close_fd(ctx->timer_fd);
	close_fd(ctx->epoll_fd);
	tel__mem_free(&ctx->alloc, ctx->by_fd, ctx->by_fd_cap, sizeof(tel__watch *));
}

static void timer_fd_set(tel_ctx *ctx, uint64_t deadline)
{
	struct itimerspec at = { { 0, 0 }, { 0, 0 } };
	/* On the host's clock the descriptor can only say "now"; tel__ctx_next_deadline() tells the rest. */
	if (ctx->host_clock && deadline != UINT64_MAX)
		deadline = deadline <= ctx->clock.mono_ns(ctx->clock.user) ? 0 : UINT64_MAX;
	if (deadline != UINT64_MAX) {
		at.it_value.tv_sec = (time_t)(deadline / NS_PER_S);
		at.it_value.tv_nsec = (long)(deadline % NS_PER_S);
		if (deadline == 0)
			at.it_value.tv_nsec = 1; /* zero would disarm */
	}
	(void)timerfd_settime(ctx->timer_fd, TFD_TIMER_ABSTIME, &at, NULL);
}

void tel__ctx_poll_deadline(tel_ctx *ctx)
{
	if (ctx->depth || (!ctx->host_loop && ctx->timer_fd < 0))
		return; /* told once when the turn ends, or nobody asks */
	uint64_t deadline = tel__ctx_next_deadline(ctx);
	if ((ctx->told_valid && ctx->told_deadline == deadline) || tel__ctx_check(ctx, NULL) != TEL_OK)
		return;
	ctx->told_deadline = deadline;
	ctx->told_valid = true;
	if (ctx->host_loop)
		ctx->loop.deadline(ctx->loop_user, deadline);
	else
		timer_fd_set(ctx, deadline);
}

int tel_ctx_fd(tel_ctx *ctx)
{
	if (!ctx || ctx->host_loop || tel__ctx_check(ctx, NULL) != TEL_OK)
		return -1;
	if (ctx->timer_fd < 0) {
		/* Deadlines reach a host that polls one descriptor through a timer inside of it. */
		struct epoll_event ev = { .events = EPOLLIN, .data = { .ptr = &ctx->timer_fd } };
		int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
		if (fd < 0)
			return -1;
		if (epoll_ctl(ctx->epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0) {
			close(fd);
			return -1;
		}
		ctx->timer_fd = fd;
		ctx->told_valid = false;
		tel__ctx_poll_deadline(ctx);
	}
	return ctx->epoll_fd;
}

/* UINT64_MAX: for ever. */
static uint64_t wait_ns(const tel_ctx *ctx, uint64_t max_wait_ns)
{
	uint64_t deadline = tel__ctx_next_deadline(ctx), now = ctx->now_mono_ns;
	if (ctx->host_clock || deadline <= now)
		return 0;
	return deadline != UINT64_MAX && deadline - now < max_wait_ns ? deadline - now : max_wait_ns;
}

static int wait_for_events(tel_ctx *ctx, uint64_t wait)
{
#ifdef HAVE_EPOLL_PWAIT2
	/* Milliseconds would make every deadline late by half of one. */
	struct timespec at = { (time_t)(wait / NS_PER_S), (long)(wait % NS_PER_S) };
	int n = epoll_pwait2(ctx->epoll_fd, ctx->events, TEL__CTX_EVENTS, wait == UINT64_MAX ? NULL : &at, NULL);
	if (n >= 0 || errno != ENOSYS)
		return n;
#endif
	uint64_t ms = wait / NS_PER_MS + (wait % NS_PER_MS != 0); /* up: a deadline is never early */
	return epoll_wait(ctx->epoll_fd, ctx->events, TEL__CTX_EVENTS,
	                  wait == UINT64_MAX ? -1 : ms > INT32_MAX ? INT32_MAX : (int)ms);
}

static void serve_event(tel_ctx *ctx, const struct epoll_event *ev)
{
	if (ev->data.ptr == &ctx->timer_fd) {
		ctx->told_valid = false; /* expired: set again, or cleared, when the turn ends */
		return;
	}
	tel__watch *w = ev->data.ptr;
	if (!w)
		return;
	unsigned got = (ev->events & EPOLLIN ? TEL_WANT_READ : 0u) | (ev->events & EPOLLOUT ? TEL_WANT_WRITE : 0u);
	if (ev->events & (EPOLLERR | EPOLLHUP))
		got |= TEL_WANT_READ | TEL_WANT_WRITE; /* the next call tells what happened */
	got &= w->want;
	if (!got)
		return;
	ctx->turn_events++;
	w->on_ready(w->user, got);
}

tel_err tel__ctx_poll_wait(tel_ctx *ctx, uint64_t max_wait_ns)
{
	int n = wait_for_events(ctx, wait_ns(ctx, max_wait_ns));
	ctx->now_mono_ns = ctx->clock.mono_ns(ctx->clock.user);
	if (n < 0)
		return errno == EINTR ? TEL_OK : TEL_ERR_IO;
	ctx->event_count = n;
	for (ctx->event_at = 0; ctx->event_at < ctx->event_count;) {
		struct epoll_event ev = ctx->events[ctx->event_at++];
		serve_event(ctx, &ev);
	}
	ctx->event_at = ctx->event_count = 0;
	return TEL_OK;
}
