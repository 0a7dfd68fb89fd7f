/* SPDX-License-Identifier: Apache-2.0 */
/* A context in loops that a host writes with poll(): two callbacks, one descriptor, or no loop at all. */
#include "abi/embed_scenario.h"

#include <poll.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

enum { HOST_FDS = 64 };

typedef struct host {
	struct pollfd fds[HOST_FDS];
	int count;
	uint64_t deadline;
	unsigned waits;
} host;

static int host_watch(void *user, int fd, unsigned want, void **slot)
{
	host *h = user;
	struct pollfd *p = *slot ? &h->fds[(intptr_t)*slot - 1] : NULL;
	for (int i = 0; i < HOST_FDS && !p; i++)
		if (h->fds[i].fd < 0)
			p = &h->fds[i];
	assert_non_null(p);
	p->fd = want ? fd : -1;
	p->events = (short)((want & TEL_WANT_READ ? POLLIN : 0) | (want & TEL_WANT_WRITE ? POLLOUT : 0));
	p->revents = 0;
	*slot = want ? (void *)(intptr_t)(p - h->fds + 1) : NULL;
	return 0;
}

static void host_deadline(void *user, uint64_t mono_ns)
{
	((host *)user)->deadline = mono_ns;
}

static uint64_t mono_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int host_timeout(const host *h)
{
	uint64_t now = mono_ns();
	if (h->deadline == UINT64_MAX)
		return -1;
	return h->deadline <= now ? 0 : (int)((h->deadline - now + 999999u) / 1000000u);
}

static void a_host_with_two_callbacks(void **state)
{
	(void)state;
	host h = { .deadline = UINT64_MAX };
	tel_loop_ops loop = { sizeof(loop), host_watch, host_deadline };
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	tel_ctx *ctx;
	scenario s;
	for (int i = 0; i < HOST_FDS; i++)
		h.fds[i].fd = -1;
	opts.loop = &loop;
	opts.loop_user = &h;
	assert_ok(tel_ctx_new(&opts, &ctx, NULL));
	scenario_start(&s, ctx);
	while (!s.done) {
		assert_true(poll(h.fds, HOST_FDS, host_timeout(&h)) >= 0);
		assert_true(++h.waits < 10000); /* sleeps, and does not spin */
		for (int i = 0; i < HOST_FDS; i++) {
			short got = h.fds[i].revents;
			h.fds[i].revents = 0;
			if (h.fds[i].fd >= 0 && got)
				assert_ok(tel_ctx_on_fd(ctx, h.fds[i].fd, got & (POLLERR | POLLHUP)
				                                                  ? TEL_WANT_READ | TEL_WANT_WRITE
				                                                  : (got & POLLIN ? TEL_WANT_READ : 0u) |
				                                                            (got & POLLOUT ? TEL_WANT_WRITE : 0u)));
		}
		if (h.deadline <= mono_ns())
			assert_ok(tel_ctx_on_deadline(ctx));
	}
	scenario_end(&s);
	tel_ctx_free(ctx);
	for (int i = 0; i < HOST_FDS; i++)
		assert_int_equal(h.fds[i].fd, -1); /* everything was forgotten before it was closed */
}

static void a_host_that_polls_one_descriptor(void **state)
{
	(void)state;
	tel_ctx *ctx;
	scenario s;
	unsigned waits = 0;
	assert_ok(tel_ctx_new(NULL, &ctx, NULL));
	struct pollfd p = { .fd = tel_ctx_fd(ctx), .events = POLLIN };
	scenario_start(&s, ctx);
	while (!s.done) {
		assert_int_equal(poll(&p, 1, -1), 1); /* timers wake it too */
		assert_ok(tel_ctx_run_once(ctx, 0));
		assert_true(++waits < 10000);
	}
	scenario_end(&s);
	tel_ctx_free(ctx);
}

static void a_host_without_a_loop(void **state)
{
	(void)state;
	tel_ctx *ctx;
	scenario s;
	assert_ok(tel_ctx_new(NULL, &ctx, NULL));
	scenario_start(&s, ctx);
	while (!s.done)
		assert_ok(tel_ctx_run_once(ctx, UINT64_MAX));
	scenario_end(&s);
	scenario_start(&s, ctx);
	assert_ok(tel_ctx_run_until_idle(ctx, 60000000000u));
	scenario_end(&s);
	tel_ctx_free(ctx);
}

/* Blocking work on a thread of the host, in the loop that polls one descriptor. */
typedef struct helper {
	tel_ctx *ctx;
	void (*fn)(void *arg);
	void *arg;
	pthread_t thread;
} helper;

static void *helper_main(void *arg)
{
	helper *h = arg;
	h->fn(h->arg);
	tel_ctx_wakeup(h->ctx);
	return NULL;
}

static int helper_offload(void *user, void (*fn)(void *arg), void *arg)
{
	helper *h = user;
	h->fn = fn;
	h->arg = arg;
	return pthread_create(&h->thread, NULL, helper_main, h);
}

static void a_host_with_a_thread_for_blocking_work(void **state)
{
	(void)state;
	helper h = { 0 };
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	scenario s;
	opts.offload = helper_offload;
	opts.offload_user = &h;
	assert_ok(tel_ctx_new(&opts, &h.ctx, NULL));
	struct pollfd p = { .fd = tel_ctx_fd(h.ctx), .events = POLLIN };
	scenario_start(&s, h.ctx);
	while (!s.done) {
		assert_int_equal(poll(&p, 1, -1), 1);
		assert_ok(tel_ctx_run_once(h.ctx, 0));
	}
	pthread_join(h.thread, NULL);
	scenario_end(&s);
	tel_ctx_free(h.ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_with_two_callbacks),
		cmocka_unit_test(a_host_that_polls_one_descriptor),
		cmocka_unit_test(a_host_without_a_loop),
		cmocka_unit_test(a_host_with_a_thread_for_blocking_work),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
