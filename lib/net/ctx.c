/* SPDX-License-Identifier: Apache-2.0 */
/* Life of a context, its turns, and the accessors of its seams. */
#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/error_i.h"
#include "base/mem.h"
#include "net/ctx_state.h"
#include "net/renewals.h"
#include "net/system.h"

static void ring_init(tel__deferred *head)
{
	head->prev = head->next = head;
}

static void ring_append(tel__deferred *head, tel__deferred *d)
{
	d->prev = head->prev;
	d->next = head;
	head->prev->next = d;
	head->prev = d;
}

static void ring_remove(tel__deferred *d)
{
	d->prev->next = d->next;
	d->next->prev = d->prev;
	d->prev = d->next = NULL;
}

static tel_err read_opts(const tel_ctx_opts *opts, tel_ctx_opts *ret_opts, tel_error *err)
{
	*ret_opts = (tel_ctx_opts)TEL_CTX_OPTS_INIT;
	if (!opts)
		return TEL_OK;
	if (opts->size < sizeof(size_t))
		return tel__fail(err, TEL_ERR_ARG, "options were not initialised: size is %zu", opts->size);
	memcpy(ret_opts, opts, opts->size < sizeof(*ret_opts) ? opts->size : sizeof(*ret_opts));
	const tel_loop_ops *loop = ret_opts->loop;
	if (loop && (loop->size < sizeof(*loop) || !loop->watch || !loop->deadline))
		return tel__fail(err, TEL_ERR_ARG, "the loop needs both callbacks, watch and deadline");
	if (ret_opts->clock.mono_ns && !ret_opts->clock.unix_ns)
		return tel__fail(err, TEL_ERR_ARG, "the clock needs both mono_ns and unix_ns");
	return TEL_OK;
}

static void fill(tel_ctx *ctx, const tel_ctx_opts *o, const tel_alloc *alloc)
{
	ctx->alloc = *alloc;
	ctx->host_clock = o->clock.mono_ns != NULL;
	ctx->clock = ctx->host_clock ? o->clock : tel__clock_system;
	ctx->random = o->random.next ? o->random : tel__random_system;
	ctx->host_log = o->log;
	ctx->log = tel__ctx_log_sink(ctx);
	ctx->host_loop = o->loop != NULL;
	if (o->loop)
		ctx->loop = *o->loop;
	ctx->loop_user = o->loop_user;
	ctx->offload = o->offload;
	ctx->offload_user = o->offload_user;
	ctx->sock = &tel__sock_system;
	ctx->fs = &tel__fs_system;
	ctx->dns_servers = "";
	ctx->pid = getpid();
	ctx->wake_fd = ctx->epoll_fd = ctx->timer_fd = -1;
	ring_init(&ctx->deferred);
	ring_init(&ctx->running);
	ring_init(&ctx->disposed);
}

/* A page that the kernel empties in a child: asking it costs no system call. */
static void mark_process(tel_ctx *ctx)
{
	long page = sysconf(_SC_PAGESIZE);
	uint32_t *mark = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mark == MAP_FAILED)
		return;
	if (madvise(mark, (size_t)page, MADV_WIPEONFORK) != 0) {
		munmap(mark, (size_t)page);
		return;
	}
	*mark = 1;
	ctx->fork_mark = mark;
}

static void run_disposed(tel_ctx *ctx)
{
	while (ctx->disposed.next != &ctx->disposed) {
		tel__deferred *d = ctx->disposed.next;
		ring_remove(d);
		d->run(d->user);
	}
}

static void destroy(tel_ctx *ctx)
{
	/* What another thread has done for an owner that is gone is still to be given back. */
	ctx->depth++;
	tel__ctx_offload_collect(ctx);
	run_disposed(ctx);
	ctx->depth--;
	tel_alloc alloc = ctx->alloc;
	tel__pool *pool = ctx->pool;
	tel__ctx_poll_close(ctx);
	tel__ctx_timers_close(ctx);
	tel__proxies_free(ctx->proxies);
	tel__renewals_free(ctx);
	tel__budget_unref(ctx->budget);
	if (ctx->scratch)
		tel__mem_free(&alloc, ctx->scratch, 1, TEL__CTX_SCRATCH_BYTES);
	if (ctx->fork_mark)
		munmap((void *)(uintptr_t)ctx->fork_mark, (size_t)sysconf(_SC_PAGESIZE));
	tel__mem_free(&alloc, ctx, 1, sizeof(*ctx));
	tel__pool_unref(pool);
}

tel_err tel_ctx_new(const tel_ctx_opts *opts, tel_ctx **ret_ctx, tel_error *err)
{
	tel_ctx_opts o;
	if (!ret_ctx)
		return tel__fail(err, TEL_ERR_ARG, "ret_ctx is NULL");
	tel_err rc = read_opts(opts, &o, err);
	if (rc != TEL_OK)
		return rc;
	tel__pool *pool = NULL;
	tel_alloc alloc = o.alloc;
	if (!alloc.resize) {
		if (tel__pool_new(&pool) != TEL_OK)
			return tel__fail_nomem(err);
		alloc = tel__pool_alloc(pool);
	}
	tel_ctx *ctx = tel__mem_zero(&alloc, 1, sizeof(*ctx));
	if (!ctx) {
		tel__pool_unref(pool);
		return tel__fail_nomem(err);
	}
	fill(ctx, &o, &alloc);
	ctx->pool = pool;
	mark_process(ctx);
	if (o.budget)
		ctx->budget = tel__budget_ref(o.budget);
	else
		rc = tel__budget_new(&ctx->alloc, o.memory_limit_bytes, &ctx->budget);
	rc = rc == TEL_OK ? tel__ctx_poll_open(ctx, err) : tel__fail_nomem(err);
	if (rc == TEL_OK)
		rc = tel__proxies_new(&ctx->alloc, &o.proxies, &ctx->proxies, err);
	if (rc != TEL_OK) {
		destroy(ctx);
		return rc;
	}
	*ret_ctx = ctx;
	return TEL_OK;
}

void tel_ctx_free(tel_ctx *ctx)
{
	if (!ctx)
		return;
	if (ctx->depth)
		ctx->freeing = true;
	else
		destroy(ctx);
}

void tel__ctx_enter(tel_ctx *ctx)
{
	assert(ctx->depth == 0);
	ctx->depth++;
	ctx->host_errno = errno;
	ctx->turn_events = 0;
	ctx->now_mono_ns = ctx->clock.mono_ns(ctx->clock.user);
}

void tel__ctx_leave(tel_ctx *ctx)
{
	run_disposed(ctx);
	int kept = ctx->host_errno;
	ctx->depth--;
	if (ctx->freeing)
		destroy(ctx);
	else
		tel__ctx_poll_deadline(ctx);
	errno = kept;
}

/* Calls that are deferred while this runs wait for the next turn. */
static void run_deferred(tel_ctx *ctx)
{
	tel__deferred *head = &ctx->running;
	if (ctx->deferred.next == &ctx->deferred)
		return;
	*head = ctx->deferred;
	head->next->prev = head->prev->next = head;
	ring_init(&ctx->deferred);
	while (head->next != head) {
		tel__deferred *d = head->next;
		ring_remove(d);
		d->queued = false;
		ctx->turn_events++;
		d->run(d->user);
	}
}

static tel_err enter_checked(tel_ctx *ctx, bool host_loop)
{
	if (!ctx)
		return TEL_ERR_ARG;
	tel_err rc = tel__ctx_check(ctx, NULL);
	if (rc != TEL_OK)
		return rc;
	if (ctx->depth || ctx->host_loop != host_loop)
		return TEL_ERR_STATE;
	tel__ctx_enter(ctx);
	return TEL_OK;
}

tel_err tel_ctx_on_fd(tel_ctx *ctx, int fd, unsigned got)
{
	tel_err rc = enter_checked(ctx, true);
	if (rc != TEL_OK)
		return rc;
	tel__watch *w = fd >= 0 && (size_t)fd < ctx->by_fd_cap ? ctx->by_fd[fd] : NULL;
	if (w && (got & w->want)) /* an event that the host fetched before we forgot the descriptor is stale */
		w->on_ready(w->user, got & w->want);
	tel__ctx_timers_fire(ctx);
	run_deferred(ctx);
	tel__ctx_leave(ctx);
	return TEL_OK;
}

tel_err tel_ctx_on_deadline(tel_ctx *ctx)
{
	tel_err rc = enter_checked(ctx, true);
	if (rc != TEL_OK)
		return rc;
	ctx->told_valid = false; /* the host's timer is spent: tell the next deadline even when it is the same */
	tel__ctx_timers_fire(ctx);
	run_deferred(ctx);
	tel__ctx_leave(ctx);
	return TEL_OK;
}

static tel_err turn(tel_ctx *ctx, uint64_t max_wait_ns, bool *ret_quiet)
{
	tel_err rc = enter_checked(ctx, false);
	if (rc != TEL_OK)
		return rc;
	rc = tel__ctx_poll_wait(ctx, max_wait_ns);
	tel__ctx_timers_fire(ctx);
	run_deferred(ctx);
	*ret_quiet = ctx->turn_events == 0;
	if (ctx->freeing)
		rc = TEL_ERR_CLOSED;
	tel__ctx_leave(ctx);
	return rc;
}

tel_err tel_ctx_run_once(tel_ctx *ctx, uint64_t max_wait_ns)
{
	bool quiet;
	tel_err rc = turn(ctx, max_wait_ns, &quiet);
	return rc == TEL_ERR_CLOSED ? TEL_OK : rc;
}

tel_err tel_ctx_run_until_idle(tel_ctx *ctx, uint64_t timeout_ns)
{
	if (!ctx)
		return TEL_ERR_ARG;
	tel_err rc = tel__ctx_check(ctx, NULL);
	if (rc == TEL_OK && (ctx->depth || ctx->host_loop))
		return TEL_ERR_STATE;
	uint64_t now = ctx->clock.mono_ns(ctx->clock.user);
	uint64_t end = timeout_ns < UINT64_MAX - now ? now + timeout_ns : UINT64_MAX;
	unsigned quiet_turns = 0;
	while (rc == TEL_OK && ctx->busy) {
		bool quiet = false;
		now = ctx->clock.mono_ns(ctx->clock.user);
		if (now >= end || quiet_turns > TEL__CTX_QUIET_TURNS)
			return TEL_ERR_TIMEOUT;
		rc = turn(ctx, end == UINT64_MAX ? UINT64_MAX : end - now, &quiet);
		quiet_turns = quiet && ctx->host_clock ? quiet_turns + 1 : 0;
	}
	return rc == TEL_ERR_CLOSED ? TEL_OK : rc;
}

void tel_ctx_wakeup(tel_ctx *ctx)
{
	uint64_t one = 1;
	int kept = errno; /* a signal handler of the host may call this */
	if (!ctx || tel__ctx_check(ctx, NULL) != TEL_OK)
		return;
	/* EAGAIN: the counter is full, so the context wakes anyway. */
	while (write(ctx->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	errno = kept;
}

void tel__ctx_defer(tel_ctx *ctx, tel__deferred *d)
{
	if (d->queued)
		return;
	d->queued = true;
	ring_append(&ctx->deferred, d);
	tel__ctx_poll_deadline(ctx);
}

void tel__ctx_undefer(tel_ctx *ctx, tel__deferred *d)
{
	if (!d->queued)
		return;
	d->queued = false;
	ring_remove(d);
	tel__ctx_poll_deadline(ctx);
}

void tel__ctx_dispose(tel_ctx *ctx, tel__deferred *d)
{
	if (!ctx->depth) {
		d->run(d->user); /* d is gone */
	} else if (!d->queued) {
		d->queued = true;
		ring_append(&ctx->disposed, d);
	}
}

void tel__ctx_busy(tel_ctx *ctx, int delta)
{
	assert(delta >= 0 || ctx->busy >= (size_t)-delta);
	ctx->busy = delta < 0 ? ctx->busy - (size_t)-delta : ctx->busy + (size_t)delta;
}

tel_err tel__ctx_check(const tel_ctx *ctx, tel_error *err)
{
	if (ctx->fork_mark ? *ctx->fork_mark != 0 : ctx->pid == getpid())
		return TEL_OK;
	return tel__fail(err, TEL_ERR_FORKED, "the context was created in process %ld, before fork", (long)ctx->pid);
}

uint64_t tel__ctx_next_deadline(const tel_ctx *ctx)
{
	if (ctx->deferred.next != &ctx->deferred)
		return 0;
	return ctx->heap_len ? ctx->heap[1]->deadline_mono_ns : UINT64_MAX;
}

char *tel__ctx_scratch(tel_ctx *ctx)
{
	if (!ctx->scratch)
		ctx->scratch = tel__mem_new(&ctx->alloc, 1, TEL__CTX_SCRATCH_BYTES);
	return ctx->scratch;
}

uint64_t tel__ctx_mono_ns(const tel_ctx *ctx)
{
	return ctx->depth ? ctx->now_mono_ns : ctx->clock.mono_ns(ctx->clock.user);
}

uint64_t tel__ctx_unix_ns(const tel_ctx *ctx)
{
	return ctx->clock.unix_ns(ctx->clock.user);
}

uint64_t tel__ctx_random(tel_ctx *ctx)
{
	return ctx->random.next(ctx->random.user);
}

const tel_alloc *tel__ctx_alloc(const tel_ctx *ctx)
{
	return &ctx->alloc;
}

struct tel__tls_ctx **tel__ctx_tls(tel_ctx *ctx)
{
	return &ctx->tls;
}

tel__ctx_server_list *tel__ctx_servers(tel_ctx *ctx)
{
	return &ctx->servers;
}

tel__budget *tel__ctx_budget(tel_ctx *ctx)
{
	return ctx->budget;
}

const tel_log_sink *tel__ctx_log(const tel_ctx *ctx)
{
	return &ctx->log;
}

/* In a child the sockets are still the parent's: what is freed there may close descriptors, but neither send nor shut down. */
static ssize_t forked_sendv(void *user, int fd, const struct iovec *iov, int count)
{
	(void)user, (void)fd, (void)iov, (void)count;
	errno = EPIPE;
	return -1;
}

static ssize_t forked_recv(void *user, int fd, void *buf, size_t len)
{
	(void)user, (void)fd, (void)buf, (void)len;
	errno = ECONNRESET;
	return -1;
}

static int forked_shutdown(void *user, int fd, int how)
{
	(void)user, (void)fd, (void)how;
	errno = ENOTCONN;
	return -1;
}

static int forked_close(void *user, int fd)
{
	(void)user;
	return close(fd);
}

/* Nothing is opened in a child: every way there asks tel__ctx_check() first. */
static const tel__sock_ops forked_sock = {
	NULL, NULL, NULL, forked_recv, forked_sendv, forked_shutdown, forked_close, NULL,
};

const tel__sock_ops *tel__ctx_sock(const tel_ctx *ctx)
{
	return tel__ctx_check(ctx, NULL) == TEL_OK ? ctx->sock : &forked_sock;
}

const tel__fs_ops *tel__ctx_fs(const tel_ctx *ctx)
{
	return ctx->fs;
}

const tel__crash_ops *tel__ctx_crash(const tel_ctx *ctx)
{
	return ctx->crash;
}

void tel__ctx_set_seams(tel_ctx *ctx, const tel__sock_ops *sock, const tel__fs_ops *fs, const tel__crash_ops *crash)
{
	ctx->sock = sock ? sock : ctx->sock;
	ctx->fs = fs ? fs : ctx->fs;
	ctx->crash = crash ? crash : ctx->crash;
}

void tel__ctx_set_dns_servers(tel_ctx *ctx, const char *csv)
{
	ctx->dns_servers = csv;
}

const tel__proxies *tel__ctx_proxies(const tel_ctx *ctx)
{
	return ctx->proxies;
}

const char *tel__ctx_dns_servers(const tel_ctx *ctx)
{
	return ctx->dns_servers;
}
