/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/ctx_i.h"
#include "net/fake_clock.h"

static tel_ctx *new_fake(fake_clock *clock)
{
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	tel_ctx *ctx;
	opts.clock = fake_clock_ops(clock);
	assert_int_equal(tel_ctx_new(&opts, &ctx, NULL), TEL_OK);
	return ctx;
}

static void ctx_refuses_options_that_were_not_initialised(void **state)
{
	(void)state;
	tel_ctx *ctx = NULL;
	tel_error err = TEL_ERROR_INIT;
	tel_loop_ops half = { sizeof(half), NULL, NULL };
	tel_ctx_opts opts = { 0 };
	assert_int_equal(tel_ctx_new(&opts, &ctx, &err), TEL_ERR_ARG);
	opts = (tel_ctx_opts)TEL_CTX_OPTS_INIT;
	opts.loop = &half;
	assert_int_equal(tel_ctx_new(&opts, &ctx, &err), TEL_ERR_ARG);
	assert_non_null(strstr(err.msg, "watch"));
	assert_null(ctx);
	assert_int_equal(tel_ctx_new(NULL, NULL, &err), TEL_ERR_ARG);
	assert_int_equal(tel_ctx_run_once(NULL, 0), TEL_ERR_ARG);
	assert_int_equal(tel_ctx_fd(NULL), -1);
	tel_ctx_free(NULL);
	tel_ctx_wakeup(NULL);
}

typedef struct order {
	tel_ctx *ctx;
	int fired[64];
	int count;
} order;

typedef struct numbered {
	tel__timer timer;
	tel__deferred deferred;
	order *order;
	int number;
} numbered;

static void note(void *user)
{
	numbered *n = user;
	n->order->fired[n->order->count++] = n->number;
}

static void timers_fire_in_order_of_their_deadlines(void **state)
{
	(void)state;
	enum { N = 40 };
	fake_clock clock;
	tel_ctx *ctx = new_fake(&clock);
	order o = { .ctx = ctx };
	numbered n[N];
	uint32_t seed = 7;
	for (int i = 0; i < N; i++) {
		n[i] = (numbered){ .order = &o, .number = (i * 17) % N };
		assert_int_equal(tel__ctx_timer_init(ctx, &n[i].timer, note, &n[i]), TEL_OK);
	}
	for (int round = 0; round < 20; round++) { /* arm, move and disarm at random, then in the final place */
		seed = seed * 1664525u + 1013904223u;
		tel__ctx_arm(ctx, &n[seed % N].timer, clock.mono_ns + seed % 1000);
		tel__ctx_disarm(ctx, &n[(seed >> 8) % N].timer);
	}
	for (int i = 0; i < N; i++)
		tel__ctx_arm(ctx, &n[i].timer, clock.mono_ns + 10u + (uint64_t)n[i].number);
	assert_int_equal(tel__ctx_next_deadline(ctx), clock.mono_ns + 10u);
	fake_clock_advance(&clock, 9);
	tel_ctx_run_once(ctx, UINT64_MAX);
	assert_int_equal(o.count, 0); /* never early */
	fake_clock_advance(&clock, 1);
	tel_ctx_run_once(ctx, UINT64_MAX);
	assert_int_equal(o.count, 1);
	fake_clock_advance(&clock, N);
	tel_ctx_run_once(ctx, UINT64_MAX);
	assert_int_equal(o.count, N);
	for (int i = 0; i < N; i++) {
		assert_int_equal(o.fired[i], i);
		tel__ctx_timer_fini(ctx, &n[i].timer);
	}
	assert_true(tel__ctx_next_deadline(ctx) == UINT64_MAX);
	tel_ctx_free(ctx);
}

static void rearm_now(void *user)
{
	numbered *n = user;
	note(user);
	tel__ctx_arm(n->order->ctx, &n->timer, 0);
}

static void a_timer_that_rearms_itself_for_now_does_not_stop_the_loop(void **state)
{
	(void)state;
	fake_clock clock;
	tel_ctx *ctx = new_fake(&clock);
	order o = { .ctx = ctx };
	numbered n = { .order = &o };
	assert_int_equal(tel__ctx_timer_init(ctx, &n.timer, rearm_now, &n), TEL_OK);
	tel__ctx_arm(ctx, &n.timer, 0);
	tel_ctx_run_once(ctx, 0);
	tel_ctx_run_once(ctx, 0);
	assert_int_equal(o.count, 2);
	tel__ctx_timer_fini(ctx, &n.timer);
	tel_ctx_free(ctx);
}

static void defer_other(void *user)
{
	numbered *n = user;
	note(user);
	tel__ctx_undefer(n->order->ctx, &n[1].deferred);
	tel__ctx_defer(n->order->ctx, &n[2].deferred);
}

static void deferred_calls_run_once_and_can_be_taken_back(void **state)
{
	(void)state;
	fake_clock clock;
	tel_ctx *ctx = new_fake(&clock);
	order o = { .ctx = ctx };
	numbered n[3];
	for (int i = 0; i < 3; i++) {
		n[i] = (numbered){ .order = &o, .number = i };
		n[i].deferred = (tel__deferred){ .run = i == 0 ? defer_other : note, .user = &n[i] };
	}
	tel__ctx_defer(ctx, &n[0].deferred);
	tel__ctx_defer(ctx, &n[0].deferred);
	tel__ctx_defer(ctx, &n[1].deferred);
	assert_int_equal(o.count, 0); /* never inside the caller */
	assert_true(tel__ctx_next_deadline(ctx) == 0);
	tel_ctx_run_once(ctx, UINT64_MAX);
	assert_int_equal(o.count, 1);
	tel_ctx_run_once(ctx, UINT64_MAX);
	assert_int_equal(o.count, 2);
	assert_int_equal(o.fired[1], 2);
	tel_ctx_free(ctx);
}

typedef struct pair {
	tel_ctx *ctx;
	int fds[2];
	tel__watch a, b;
	int calls;
} pair;

static void drop_both(void *user, unsigned got)
{
	pair *p = user;
	(void)got;
	p->calls++;
	tel__ctx_unwatch(p->ctx, &p->a);
	tel__ctx_unwatch(p->ctx, &p->b);
}

static void an_event_of_a_watcher_that_is_gone_is_dropped(void **state)
{
	(void)state;
	fake_clock clock;
	pair p = { .ctx = new_fake(&clock) };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p.fds), 0);
	assert_int_equal(write(p.fds[0], "x", 1), 1);
	assert_int_equal(write(p.fds[1], "x", 1), 1);
	assert_int_equal(tel__ctx_watch(p.ctx, &p.a, p.fds[0], TEL_WANT_READ, drop_both, &p), TEL_OK);
	assert_int_equal(tel__ctx_watch(p.ctx, &p.b, p.fds[1], TEL_WANT_READ, drop_both, &p), TEL_OK);
	tel_ctx_run_once(p.ctx, 0); /* both are ready in the same turn */
	tel_ctx_run_once(p.ctx, 0);
	assert_int_equal(p.calls, 1);
	close(p.fds[0]);
	close(p.fds[1]);
	tel_ctx_free(p.ctx);
}

static void free_inside(void *user)
{
	numbered *n = user;
	note(user);
	tel_ctx_free(n->order->ctx);
	tel__ctx_timer_fini(n->order->ctx, &n->timer); /* still there */
}

static void freeing_inside_a_callback_waits_until_it_returns(void **state)
{
	(void)state;
	fake_clock clock;
	tel_ctx *ctx = new_fake(&clock);
	order o = { .ctx = ctx };
	numbered n = { .order = &o };
	assert_int_equal(tel__ctx_timer_init(ctx, &n.timer, free_inside, &n), TEL_OK);
	tel__ctx_arm(ctx, &n.timer, 0);
	assert_int_equal(tel_ctx_run_once(ctx, 0), TEL_OK);
	assert_int_equal(o.count, 1);
}

static void rerun(void *user)
{
	numbered *n = user;
	n->number = (int)tel_ctx_run_once(n->order->ctx, 0);
}

static void a_turn_inside_a_turn_is_refused(void **state)
{
	(void)state;
	fake_clock clock;
	tel_ctx *ctx = new_fake(&clock);
	order o = { .ctx = ctx };
	numbered n = { .order = &o, .deferred = { .run = rerun, .user = &n } };
	tel__ctx_defer(ctx, &n.deferred);
	tel_ctx_run_once(ctx, 0);
	assert_int_equal(n.number, TEL_ERR_STATE);
	tel_ctx_free(ctx);
}

static void run_until_idle_ends_when_nothing_is_in_flight_or_time_is_up(void **state)
{
	(void)state;
	fake_clock clock;
	tel_ctx *ctx = new_fake(&clock);
	assert_int_equal(tel_ctx_run_until_idle(ctx, UINT64_MAX), TEL_OK);
	tel__ctx_busy(ctx, 1);
	assert_int_equal(tel_ctx_run_until_idle(ctx, 0), TEL_ERR_TIMEOUT);
	assert_int_equal(tel_ctx_run_until_idle(ctx, UINT64_MAX), TEL_ERR_TIMEOUT); /* time stands still */
	tel__ctx_busy(ctx, -1);
	tel_ctx_free(ctx);
}

static void one_descriptor_wakes_for_deferred_calls_and_timers(void **state)
{
	(void)state;
	tel_ctx *ctx;
	assert_int_equal(tel_ctx_new(NULL, &ctx, NULL), TEL_OK);
	order o = { .ctx = ctx };
	numbered n = { .order = &o, .deferred = { .run = note, .user = &n } };
	assert_int_equal(tel__ctx_timer_init(ctx, &n.timer, note, &n), TEL_OK);
	struct pollfd p = { tel_ctx_fd(ctx), POLLIN, 0 };
	assert_true(p.fd >= 0);
	assert_int_equal(poll(&p, 1, 0), 0);
	tel__ctx_defer(ctx, &n.deferred);
	assert_int_equal(poll(&p, 1, -1), 1);
	tel_ctx_run_once(ctx, 0);
	assert_int_equal(o.count, 1);
	assert_int_equal(poll(&p, 1, 0), 0);
	tel__ctx_arm(ctx, &n.timer, tel__ctx_mono_ns(ctx) + 1000000u);
	while (o.count < 2) { /* the descriptor, not a timeout of poll, ends the wait */
		assert_int_equal(poll(&p, 1, -1), 1);
		tel_ctx_run_once(ctx, 0);
	}
	assert_int_equal(poll(&p, 1, 0), 0);
	tel__ctx_timer_fini(ctx, &n.timer);
	tel_ctx_free(ctx);
}

static void *wake(void *arg)
{
	tel_ctx_wakeup(arg);
	return NULL;
}

static void another_thread_wakes_a_context_that_waits(void **state)
{
	(void)state;
	tel_ctx *ctx;
	pthread_t thread;
	assert_int_equal(tel_ctx_new(NULL, &ctx, NULL), TEL_OK);
	assert_int_equal(pthread_create(&thread, NULL, wake, ctx), 0);
	assert_int_equal(tel_ctx_run_once(ctx, UINT64_MAX), TEL_OK); /* would wait for ever otherwise */
	pthread_join(thread, NULL);
	tel_ctx_free(ctx);
}

typedef struct work {
	tel__offload job;
	int ran, done;
} work;

static void work_run(void *user)
{
	((work *)user)->ran++;
}

static void work_done(void *user)
{
	((work *)user)->done++;
}

static void blocking_work_runs_inline_and_completes_from_the_loop(void **state)
{
	(void)state;
	fake_clock clock;
	tel_ctx *ctx = new_fake(&clock);
	work w = { .job = { .run = work_run, .done = work_done, .user = &w } };
	tel__ctx_offload(ctx, &w.job);
	assert_int_equal(w.ran, 1);
	assert_int_equal(w.done, 0);
	assert_int_equal(tel_ctx_run_until_idle(ctx, UINT64_MAX), TEL_OK);
	assert_int_equal(w.done, 1);
	tel_ctx_free(ctx);
}

typedef struct call {
	tel_ctx *ctx;
	void (*fn)(void *);
	void *arg;
	pthread_t thread;
} call;

static void *thread_main(void *arg)
{
	call *c = arg;
	c->fn(c->arg);
	tel_ctx_wakeup(c->ctx);
	return NULL;
}

static int offload_thread(void *user, void (*fn)(void *), void *arg)
{
	call *c = user;
	c->fn = fn;
	c->arg = arg;
	return pthread_create(&c->thread, NULL, thread_main, c);
}

static void blocking_work_runs_on_the_hosts_thread(void **state)
{
	(void)state;
	call c = { 0 };
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	opts.offload = offload_thread;
	opts.offload_user = &c;
	assert_int_equal(tel_ctx_new(&opts, &c.ctx, NULL), TEL_OK);
	work w = { .job = { .run = work_run, .done = work_done, .user = &w } };
	tel__ctx_offload(c.ctx, &w.job);
	assert_int_equal(tel_ctx_run_until_idle(c.ctx, UINT64_MAX), TEL_OK);
	pthread_join(c.thread, NULL);
	assert_int_equal(w.ran, 1);
	assert_int_equal(w.done, 1);
	tel_ctx_free(c.ctx);
}

/* A host's loop that only records. */
typedef struct host {
	int watches, forgets;
	uint64_t deadline;
	int deadlines;
} host;

static int host_watch(void *user, int fd, unsigned want, void **slot)
{
	host *h = user;
	(void)fd;
	if (want) {
		h->watches++;
		*slot = h;
	} else {
		assert_ptr_equal(*slot, h);
		h->forgets++;
	}
	return 0;
}

static void host_deadline(void *user, uint64_t mono_ns)
{
	host *h = user;
	h->deadline = mono_ns;
	h->deadlines++;
}

static void count_ready(void *user, unsigned got)
{
	pair *p = user;
	assert_int_equal(got, TEL_WANT_READ);
	p->calls++;
}

static void a_forked_child_is_told_so(void **state)
{
	(void)state;
	tel_ctx *ctx;
	int status = 0;
	assert_int_equal(tel_ctx_new(NULL, &ctx, NULL), TEL_OK);
	pair p = { .ctx = ctx };
	order o = { .ctx = ctx };
	numbered n = { .order = &o };
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p.fds), 0);
	assert_int_equal(tel__ctx_watch(ctx, &p.a, p.fds[0], TEL_WANT_READ, count_ready, &p), TEL_OK);
	assert_int_equal(tel__ctx_timer_init(ctx, &n.timer, note, &n), TEL_OK);
	assert_true(tel_ctx_fd(ctx) >= 0);
	tel__ctx_arm(ctx, &n.timer, 1);
	pid_t child = fork();
	if (child == 0) {
		bool good = tel_ctx_run_once(ctx, 0) == TEL_ERR_FORKED && tel_ctx_fd(ctx) == -1 &&
		            tel_ctx_run_until_idle(ctx, 0) == TEL_ERR_FORKED &&
		            tel__ctx_want(ctx, &p.a, TEL_WANT_WRITE) == TEL_ERR_FORKED;
		tel__ctx_unwatch(ctx, &p.a); /* in the epoll set that the parent shares */
		tel__ctx_disarm(ctx, &n.timer);
		tel_ctx_free(ctx);
		_exit(good ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(write(p.fds[1], "x", 1), 1);
	struct pollfd poller = { tel_ctx_fd(ctx), POLLIN, 0 };
	assert_int_equal(poll(&poller, 1, 0), 1);
	assert_int_equal(tel_ctx_run_once(ctx, 0), TEL_OK); /* the parent is untouched */
	assert_int_equal(p.calls, 1);
	assert_int_equal(o.count, 1);
	tel__ctx_unwatch(ctx, &p.a);
	tel__ctx_timer_fini(ctx, &n.timer);
	tel_ctx_free(ctx);
	close(p.fds[0]);
	close(p.fds[1]);
}

static void only_changes_are_reported_to_the_hosts_loop(void **state)
{
	(void)state;
	host h = { 0 };
	fake_clock clock;
	tel_loop_ops loop = { sizeof(loop), host_watch, host_deadline };
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	pair p = { 0 };
	opts.loop = &loop;
	opts.loop_user = &h;
	opts.clock = fake_clock_ops(&clock);
	assert_int_equal(tel_ctx_new(&opts, &p.ctx, NULL), TEL_OK);
	int before = h.watches;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, p.fds), 0);
	assert_int_equal(tel__ctx_watch(p.ctx, &p.a, p.fds[0], TEL_WANT_READ, count_ready, &p), TEL_OK);
	assert_int_equal(tel__ctx_want(p.ctx, &p.a, TEL_WANT_READ), TEL_OK);
	assert_int_equal(h.watches, before + 1);
	assert_int_equal(tel_ctx_on_fd(p.ctx, p.fds[0], TEL_WANT_READ | TEL_WANT_WRITE), TEL_OK);
	assert_int_equal(p.calls, 1);
	tel__ctx_unwatch(p.ctx, &p.a);
	assert_int_equal(tel_ctx_on_fd(p.ctx, p.fds[0], TEL_WANT_READ), TEL_OK);
	assert_int_equal(tel_ctx_on_fd(p.ctx, 1 << 20, TEL_WANT_READ), TEL_OK);
	assert_int_equal(tel_ctx_on_fd(p.ctx, -1, TEL_WANT_READ), TEL_OK);
	assert_int_equal(p.calls, 1);

	order o = { .ctx = p.ctx };
	numbered n = { .order = &o };
	assert_int_equal(tel__ctx_timer_init(p.ctx, &n.timer, note, &n), TEL_OK);
	tel__ctx_arm(p.ctx, &n.timer, clock.mono_ns + 50);
	int told = h.deadlines;
	tel__ctx_arm(p.ctx, &n.timer, clock.mono_ns + 50);
	assert_int_equal(h.deadlines, told);
	assert_int_equal(h.deadline, clock.mono_ns + 50);
	assert_int_equal(tel_ctx_on_deadline(p.ctx), TEL_OK); /* too early: told again, for the host's timer is spent */
	assert_int_equal(o.count, 0);
	assert_int_equal(h.deadlines, told + 1);
	fake_clock_advance(&clock, 50);
	assert_int_equal(tel_ctx_on_deadline(p.ctx), TEL_OK);
	assert_int_equal(o.count, 1);
	assert_true(h.deadline == UINT64_MAX);
	assert_int_equal(tel_ctx_run_once(p.ctx, 0), TEL_ERR_STATE);
	assert_int_equal(tel_ctx_fd(p.ctx), -1);
	tel__ctx_timer_fini(p.ctx, &n.timer);
	tel_ctx_free(p.ctx);
	assert_int_equal(h.forgets, h.watches);
	close(p.fds[0]);
	close(p.fds[1]);
}

typedef struct failing {
	int left;
} failing;

static void *failing_resize(void *user, void *ptr, size_t old_size, size_t new_size)
{
	failing *f = user;
	(void)old_size;
	if (new_size == 0) {
		free(ptr);
		return NULL;
	}
	return f->left-- > 0 ? realloc(ptr, new_size) : NULL;
}

static void ctx_new_survives_each_allocation_that_fails(void **state)
{
	(void)state;
	int failures = 0;
	for (int i = 0;; i++) {
		failing f = { i };
		tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
		tel_ctx *ctx = NULL;
		opts.alloc = (tel_alloc){ failing_resize, &f };
		if (tel_ctx_new(&opts, &ctx, NULL) == TEL_OK) {
			tel_ctx_free(ctx);
			break;
		}
		assert_null(ctx);
		failures++;
	}
	assert_true(failures > 0);
}

/* ---- log ---- */

typedef struct heard {
	unsigned lines;
	uint64_t unix_ns; /* of the last one */
} heard;

static void hear(void *user, const tel_log_entry *entry)
{
	heard *h = user;
	h->lines++;
	h->unix_ns = entry->unix_ns;
}

static void log_lines_are_stamped_and_thinned_by_the_contexts_clock(void **state)
{
	(void)state;
	fake_clock clock;
	heard h = { 0 };
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	tel_ctx *ctx;
	opts.clock = fake_clock_ops(&clock);
	opts.log = (tel_log_sink){ hear, &h, TEL_LOG_INFO };
	assert_int_equal(tel_ctx_new(&opts, &ctx, NULL), TEL_OK);
	for (int i = 0; i < 50; i++)
		tel__log(tel__ctx_log(ctx), TEL_LOG_WARN, NULL, "m", NULL, 0);
	assert_int_equal(h.lines, 50); /* unasked nothing is left out */
	assert_true(h.unix_ns == clock.unix_ns);
	tel__ctx_log_sampling(ctx, 3, 10, 1000000000u);
	for (int i = 0; i < 50; i++)
		tel__log(tel__ctx_log(ctx), TEL_LOG_WARN, NULL, "m", NULL, 0);
	assert_int_equal(h.lines, 50 + 3 + 4);
	assert_true(tel__ctx_log_suppressed(ctx) == 43);
	fake_clock_advance(&clock, 1000000000u);
	ctx_settle(ctx); /* time passes between turns */
	tel__log(tel__ctx_log(ctx), TEL_LOG_WARN, NULL, "m", NULL, 0);
	assert_int_equal(h.lines, 58);
	assert_true(h.unix_ns == clock.unix_ns);
	tel__log(tel__ctx_log(ctx), TEL_LOG_DEBUG, NULL, "below the host's level", NULL, 0);
	assert_int_equal(h.lines, 58);
	tel_ctx_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ctx_refuses_options_that_were_not_initialised),
		cmocka_unit_test(log_lines_are_stamped_and_thinned_by_the_contexts_clock),
		cmocka_unit_test(timers_fire_in_order_of_their_deadlines),
		cmocka_unit_test(a_timer_that_rearms_itself_for_now_does_not_stop_the_loop),
		cmocka_unit_test(deferred_calls_run_once_and_can_be_taken_back),
		cmocka_unit_test(an_event_of_a_watcher_that_is_gone_is_dropped),
		cmocka_unit_test(freeing_inside_a_callback_waits_until_it_returns),
		cmocka_unit_test(a_turn_inside_a_turn_is_refused),
		cmocka_unit_test(run_until_idle_ends_when_nothing_is_in_flight_or_time_is_up),
		cmocka_unit_test(one_descriptor_wakes_for_deferred_calls_and_timers),
		cmocka_unit_test(another_thread_wakes_a_context_that_waits),
		cmocka_unit_test(blocking_work_runs_inline_and_completes_from_the_loop),
		cmocka_unit_test(blocking_work_runs_on_the_hosts_thread),
		cmocka_unit_test(a_forked_child_is_told_so),
		cmocka_unit_test(only_changes_are_reported_to_the_hosts_loop),
		cmocka_unit_test(ctx_new_survives_each_allocation_that_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
