/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_CTX_STATE_H
#define TEL_NET_CTX_STATE_H
/* The context itself, shared by the ctx*.c files and nobody else. */
#include <sys/epoll.h>
#include <sys/types.h>

#include "base/log_sampler.h"
#include "base/pool.h"
#include "net/ctx_i.h"
#include "net/proxy.h"

TEL_PRIVATE_BEGIN

enum {
	TEL__CTX_EVENTS = 64,        /* descriptors served per turn */
	TEL__CTX_QUIET_TURNS = 10000 /* turns without any event after which a context on the host's clock gives up */
};

struct tel_ctx {
	tel_alloc alloc; /* the host's, or that of the pool */
	tel__pool *pool; /* NULL: the host has an allocator of its own */
	tel_clock clock;
	tel_random random;
	tel_log_sink log;      /* writes through ctx_log.c */
	tel_log_sink host_log;
	tel__log_sampler sampler;
	tel_loop_ops loop; /* host_loop only */
	void *loop_user;
	int (*offload)(void *user, void (*fn)(void *arg), void *arg);
	void *offload_user;
	tel__budget *budget;
	const tel__sock_ops *sock;
	const tel__fs_ops *fs;
	const tel__crash_ops *crash;
	const char *dns_servers;
	tel__proxies *proxies;
	struct tel__renewal *renewals;
	size_t renewal_count;
	char *scratch;
	tel__ctx_server_list servers;
	struct tel__tls_ctx *tls;

	pid_t pid;
	const uint32_t *fork_mark; /* a page that is zero in a child; NULL = ask for the process id each time */
	bool host_loop;  /* descriptors and deadlines go to the host's callbacks */
	bool host_clock; /* time is the host's: never sleep on the system's clock */
	bool freeing;    /* tel_ctx_free ran inside a callback */
	unsigned depth;  /* callbacks on the stack */
	int host_errno;  /* what errno was when the turn began, and is again when it ends */
	uint64_t now_mono_ns; /* of this turn */
	size_t busy;
	uint64_t turn_events; /* callbacks that the turn made */

	tel__timer **heap; /* from index 1 */
	size_t heap_len, heap_cap, timer_count;
	tel__deferred deferred, running, disposed; /* heads of rings */
	uint64_t told_deadline; /* what the host or the timer descriptor knows */
	bool told_valid;

	int wake_fd, epoll_fd, timer_fd;
	tel__watch wake_watch;
	tel__watch **by_fd; /* host_loop: watcher of each descriptor */
	size_t by_fd_cap;
	struct epoll_event events[TEL__CTX_EVENTS];
	int event_at, event_count;
	_Atomic(tel__offload *) offloaded; /* finished on other threads, newest first */
};

/* ctx_poll.c: where interest goes, the host's loop or our epoll. */
tel_err tel__ctx_poll_open(tel_ctx *ctx, tel_error *err);
void tel__ctx_poll_close(tel_ctx *ctx);
tel_err tel__ctx_poll_wait(tel_ctx *ctx, uint64_t max_wait_ns);
void tel__ctx_poll_deadline(tel_ctx *ctx); /* tells a changed earliest deadline */
/* ctx_timer.c */
void tel__ctx_timers_fire(tel_ctx *ctx);
void tel__ctx_timers_close(tel_ctx *ctx);
/* ctx_log.c: what components of the context write to. */
tel_log_sink tel__ctx_log_sink(tel_ctx *ctx);
/* ctx_offload.c */
void tel__ctx_offload_collect(tel_ctx *ctx);
/* ctx.c: everything that calls back runs between these two. */
void tel__ctx_enter(tel_ctx *ctx);
void tel__ctx_leave(tel_ctx *ctx); /* ctx may be gone afterwards */

TEL_PRIVATE_END
#endif
