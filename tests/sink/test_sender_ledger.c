/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger of sink/sender.h under trouble: wild backends by seed, late queues, drains, no memory. The rig checks the
 * identity after every turn; here every point is followed by its value to the end. */
#include "sink/sender_rig.h"
#include "store/late_queue.h"
#include "torture/torture.h"

static uint64_t dropped(const tel__sender_stats *st)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < TEL__DROP_COUNT; i++)
		sum += st->dropped_points[i];
	return sum;
}

static void random_group(rig *r, tel__sender_group *g)
{
	uint64_t min = splitmix64(&r->random.state) % 3 ? 1 + splitmix64(&r->random.state) % 200 : 0;
	uint64_t max = splitmix64(&r->random.state) % 2 ? min + splitmix64(&r->random.state) % 50 + 1 : 0;
	*g = (tel__sender_group){ .batches = splitmix64(&r->random.state) % 4 != 0, .min_size = min, .max_size = max,
		                  .timeout_ns = splitmix64(&r->random.state) % 3 * 100 * MS };
}

static void run_wild(uint64_t seed, bool waits)
{
	rig r;
	tel__sender_group g[3];
	rig_init(&r, fake_wild);
	fakerandom_init(&r.random, seed);
	r.backend.random = seed;
	r.queue.num_consumers = 1 + (int64_t)(seed % 7);
	r.queue.queue_size = 50;
	r.queue.wait_for_result = waits;
	for (int i = 0; i < 3; i++)
		random_group(&r, &g[i]);
	r.opts.groups = g;
	r.opts.group_count = 3;
	rig_start(&r);
	for (int i = 0; i < 120; i++) {
		for (uint64_t n = splitmix64(&r.random.state) % 6; n; n--)
			rig_push_group(&r, (uint32_t)(splitmix64(&r.random.state) % 3),
			               1 + splitmix64(&r.random.state) % 150, UINT64_MAX);
		if (splitmix64(&r.random.state) % 2)
			fake_exporter_step(&r.backend);
		fakeclock_advance(&r.clock, splitmix64(&r.random.state) % (4 * SECOND));
		rig_turn(&r);
	}
	r.backend.script = fake_ok;
	for (int i = 0; i < 200; i++)
		rig_advance(&r, 1 * SECOND);
	tel__sender_stats st = rig_check(&r);
	assert_int_equal(st.queued_points, 0);
	assert_int_equal(st.queue.records, 0);
	assert_int_equal(st.committed_points, r.committed);
	uint64_t missing = 0;
	for (uint64_t v = 0; v < r.next_value; v++) {
		assert_true(r.backend.seen[v] <= 1); /* this backend takes nothing that it does not confirm */
		missing += r.backend.seen[v] == 0;
	}
	assert_int_equal(missing, dropped(&st) + st.returned_points);
	rig_fini(&r);
}

static void wild_backends_keep_the_ledger_exact(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 30; seed++)
		run_wild(seed, false);
}

static void wild_backends_answer_every_waiting_caller(void **state)
{
	(void)state;
	for (uint64_t seed = 101; seed <= 115; seed++)
		run_wild(seed, true);
}

static void run_dead(fake_script *script)
{
	rig r;
	rig_init(&r, script);
	rig_start(&r);
	for (int i = 0; i < 400; i++) {
		rig_push(&r, 3, 5);
		rig_advance(&r, 1 * SECOND);
	}
	tel__sender_stats st = rig_check(&r);
	assert_int_equal(r.committed + r.refused, 400 * 15);
	assert_int_equal(st.enqueue_failed_points, r.refused);
	r.backend.script = fake_ok;
	for (int i = 0; i < 100; i++)
		rig_advance(&r, 1 * SECOND);
	st = rig_check(&r);
	assert_int_equal(st.queued_points, 0);
	assert_int_equal(r.committed, st.sent_points + dropped(&st));
	rig_fini(&r);
}

static void a_backend_that_refuses_keeps_the_ledger_exact(void **state)
{
	(void)state;
	run_dead(fake_unavailable);
}

static void a_backend_that_hangs_keeps_the_ledger_exact(void **state)
{
	(void)state;
	run_dead(fake_hang);
}

static void a_backend_that_flaps_keeps_the_ledger_exact(void **state)
{
	(void)state;
	run_dead(fake_flap);
}

/* ---- drain ---- */

static void drain_sends_what_is_queued(void **state)
{
	(void)state;
	rig r;
	tel__sender_group g = { true, false, 1000, 1000, 200 * MS };
	rig_init(&r, fake_ok);
	r.opts.groups = &g;
	r.opts.group_count = 1;
	rig_start(&r);
	rig_push(&r, 30, 50);
	rig_drain(&r, 5 * SECOND);
	assert_true(r.drained);
	assert_int_equal(rig_check(&r).sent_points, 1500);
	assert_err(rig_push_group(&r, 0, 1, UINT64_MAX), TEL_ERR_STATE);
	rig_fini(&r);
}

static void drain_ends_at_its_deadline_and_counts_the_rest(void **state)
{
	(void)state;
	rig r;
	tel__sender_group g = { true, false, 100, 100, 200 * MS };
	rig_init(&r, fake_hang);
	r.opts.groups = &g;
	r.opts.group_count = 1;
	r.queue.num_consumers = 2;
	rig_start(&r);
	rig_push(&r, 20, 45);
	rig_drain(&r, 5 * SECOND);
	rig_advance(&r, 4999 * MS);
	assert_false(r.drained);
	rig_advance(&r, 1 * MS);
	assert_true(r.drained);
	tel__sender_stats st = rig_check(&r);
	assert_int_equal(st.dropped_points[TEL__DROP_SHUTDOWN], 900);
	assert_int_equal(st.queued_points, 0);
	assert_true(r.backend.calls[0].cancelled);
	rig_fini(&r);
}

static void drain_does_not_wait_for_a_probe_that_comes_too_late(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_unavailable);
	rig_start(&r);
	rig_push(&r, 100, 1);
	rig_settle(&r);
	rig_drain(&r, 1 * SECOND);
	assert_true(r.drained);
	assert_int_equal(rig_check(&r).dropped_points[TEL__DROP_SHUTDOWN], 100);
	/* What stirs it afterwards must not leave a timer in the past: the loop would spin. */
	tel__sender_drain(r.sender, r.clock.mono_ns - SECOND, NULL, NULL);
	rig_settle(&r);
	assert_true(tel__ctx_next_deadline(r.ctx) == UINT64_MAX);
	rig_fini(&r);
}

static void drain_of_an_empty_sender_is_immediate(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_ok);
	rig_start(&r);
	rig_drain(&r, 5 * SECOND);
	assert_true(r.drained);
	rig_fini(&r);
}

static void free_in_the_middle_is_silent(void **state)
{
	(void)state;
	rig r;
	tel__sender_group g = { true, false, 100, 100, 200 * MS };
	rig_init(&r, fake_hang);
	r.opts.groups = &g;
	r.opts.group_count = 1;
	r.queue.wait_for_result = true;
	rig_start(&r);
	rig_push(&r, 10, 145);
	rig_settle(&r);
	rig_fini(&r);
	assert_int_equal(r.settled_ok + r.settled_retry + r.settled_permanent, 0);
}

/* ---- queues that answer late ---- */

static void a_late_queue_settles_when_it_is_safe(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_ok);
	tel__queue_opts qo = { .capacity = 100, .groups = 1 };
	tel__queue *q = late_queue_new(&qo);
	r.opts.queue = q;
	rig_start(&r);
	rig_push(&r, 4, 3);
	assert_int_equal(r.settled_ok, 0);
	rig_settle(&r);
	assert_int_equal(r.backend.call_count, 0);
	late_queue_step(q, 2, TEL_OK);
	late_queue_step(q, 0, TEL_ERR_IO);
	assert_int_equal(r.settled_ok, 1);
	assert_int_equal(r.settled_failed, 1);
	rig_settle(&r);
	assert_int_equal(r.backend.delivered, 3);
	late_queue_step_all(q, TEL_OK);
	rig_settle(&r);
	assert_int_equal(rig_check(&r).sent_points, 9);
	assert_int_equal(rig_check(&r).enqueue_failed_points, 3);
	rig_fini(&r);
}

static void drain_waits_for_commits_of_a_late_queue(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_ok);
	tel__queue_opts qo = { .capacity = 100, .groups = 1 };
	tel__queue *q = late_queue_new(&qo);
	r.opts.queue = q;
	rig_start(&r);
	rig_push(&r, 2, 3);
	rig_drain(&r, 5 * SECOND);
	assert_false(r.drained);
	late_queue_step_all(q, TEL_OK);
	rig_settle(&r);
	assert_true(r.drained);
	assert_int_equal(rig_check(&r).sent_points, 6);
	rig_fini(&r);
}

static void a_queue_that_survives_keeps_what_was_not_sent(void **state)
{
	(void)state;
	rig r;
	tel__sender_group g = { true, false, 10, 10, 200 * MS };
	rig_init(&r, fake_hang);
	tel__queue_opts qo = { .capacity = 100, .groups = 1 };
	r.opts.queue = late_queue_new(&qo);
	r.opts.keeps_queue = true;
	r.opts.groups = &g;
	r.opts.group_count = 1;
	rig_start(&r);
	rig_push(&r, 3, 13);
	late_queue_step_all(r.opts.queue, TEL_OK);
	rig_settle(&r);
	rig_drain(&r, 2 * SECOND);
	rig_advance(&r, 2 * SECOND);
	assert_true(r.drained);
	assert_int_equal(rig_check(&r).queued_points, 39);
	assert_int_equal(rig_check(&r).queue.lent_records, 0);
	rig_fini(&r);
}

/* ---- refused credentials: faults.md G7 ---- */

static bool fake_auth(fake_exporter *x, const fake_call *call, tel__export_outcome *ret_outcome)
{
	static const int32_t unauthenticated = 16;
	(void)call;
	*ret_outcome = (tel__export_outcome){ .verdict = x->state ? TEL__EXPORT_OK : TEL__EXPORT_PERMANENT,
		                              .grpc_status = x->state ? 0 : unauthenticated,
		                              .message = x->state ? (tel_slice){ "", 0 } : TEL_SLICE_LIT("no") };
	return true;
}

static void start_auth(rig *r, bool durable, bool drops)
{
	rig_init(r, fake_auth);
	r->opts.keeps_queue = durable;
	r->opts.drops_auth_failures = drops;
	r->retry.max_elapsed_time = (int64_t)SECOND;
	rig_start(r);
	rig_push(r, 20, 5);
	rig_settle(r);
}

static void a_durable_queue_holds_what_is_refused_for_its_credentials(void **state)
{
	(void)state;
	rig r;
	start_auth(&r, true, false);
	for (int i = 0; i < 60; i++)
		rig_advance(&r, 60 * SECOND);
	tel__sender_stats s = rig_check(&r);
	assert_true(s.auth_refused);
	assert_int_equal(s.queued_points, 100);
	assert_int_equal(s.dropped_points[TEL__DROP_PERMANENT] + s.dropped_points[TEL__DROP_ELAPSED], 0);
	assert_true(r.backend.call_count < 10 + 3600 / 15); /* one probe per backoff, which is at most 30 s +- half */
	assert_int_equal(r.logs[TEL_LOG_ERROR], 1);
	r.backend.state = 1; /* repaired */
	rig_advance(&r, 60 * SECOND);
	s = rig_check(&r);
	assert_false(s.auth_refused);
	assert_int_equal(s.sent_points, 100);
	rig_fini(&r);
}

static void a_memory_queue_drops_it_and_so_does_a_durable_one_that_is_told_to(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		rig r;
		start_auth(&r, i == 1, i == 1);
		rig_advance(&r, 10 * SECOND);
		assert_int_equal(rig_check(&r).dropped_points[TEL__DROP_PERMANENT], 100);
		assert_true(rig_check(&r).auth_refused);
		rig_fini(&r);
	}
}

static void what_is_held_is_kept_at_the_end(void **state)
{
	(void)state;
	rig r;
	start_auth(&r, true, false);
	rig_drain(&r, 2 * SECOND);
	rig_advance(&r, 3 * SECOND);
	assert_true(r.drained);
	assert_int_equal(rig_check(&r).queued_points, 100);
	rig_fini(&r);
}

/* ---- no memory ---- */

typedef struct oom {
	uint64_t fail_at;
	bool onwards;
} oom;

/* The sender works on while the n-th allocation (and those after it) fails, then memory comes back: whatever was committed
 * arrives, and the identity held all the time. */
static bool run_oom(const oom *o)
{
	rig r;
	tel__sender_group g = { true, false, 20, 20, 200 * MS };
	rig_init(&r, fake_wild);
	r.backend.random = 7;
	r.retry.max_elapsed_time = 0;
	r.opts.groups = &g;
	r.opts.group_count = 1;
	rig_start(&r);
	failalloc_fail_at(&r.mem, o->fail_at, o->onwards);
	for (int i = 0; i < 12; i++) {
		rig_push(&r, 2, 17);
		fake_exporter_step(&r.backend);
		fakeclock_advance(&r.clock, 3 * SECOND);
		rig_turn(&r);
	}
	bool failed = r.mem.failed > 0;
	failalloc_fail_at(&r.mem, 0, false);
	r.backend.script = fake_ok;
	for (int i = 0; i < 120; i++)
		rig_advance(&r, 1 * SECOND);
	tel__sender_stats st = rig_check(&r);
	assert_int_equal(st.queued_points, 0);
	assert_int_equal(st.committed_points, r.committed);
	assert_int_equal(st.sent_points + st.rejected_points + dropped(&st), r.committed);
	rig_fini(&r);
	return failed;
}

static void memory_may_run_out_at_any_point(void **state)
{
	(void)state;
	oom o = { 1, false };
	while (run_oom(&o))
		o.fail_at++;
	assert_true(o.fail_at > 10);
	for (uint64_t n = 1; n < o.fail_at; n += 3)
		assert_true(run_oom(&(oom){ n, true }));
}

static tel_err birth(const tel_alloc *alloc, void *user)
{
	(void)user;
	fake_exporter x;
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	tel_ctx *ctx;
	tel__sender *s = NULL;
	tel__retry_options retry = { true, 1, 1, 0, 0, 1 };
	tel__queue_options queue = { .enabled = true, .num_consumers = 1, .queue_size = 1 };
	tel__sender_settings set = { .retry = &retry, .queue = &queue, .coding = "gzip" };
	opts.alloc = *alloc;
	tel_err e = tel_ctx_new(&opts, &ctx, NULL);
	if (e)
		return e;
	fake_exporter_init(&x, ctx, fake_ok);
	tel__sender_opts so = { .ctx = ctx, .exporter = &fake_exporter_ops, .impl = fake_exporter_impl(&x), .settings = &set };
	e = tel__sender_new(&so, &s, NULL);
	assert_int_equal(e == TEL_OK, s != NULL);
	tel__sender_free(s);
	assert_int_equal(x.freed, s != NULL);
	tel_ctx_free(ctx);
	fake_exporter_fini(&x);
	return e;
}

static void a_sender_is_born_whole_or_not_at_all(void **state)
{
	(void)state;
	torture_alloc(birth, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wild_backends_keep_the_ledger_exact),
		cmocka_unit_test(wild_backends_answer_every_waiting_caller),
		cmocka_unit_test(a_backend_that_refuses_keeps_the_ledger_exact),
		cmocka_unit_test(a_backend_that_hangs_keeps_the_ledger_exact),
		cmocka_unit_test(a_backend_that_flaps_keeps_the_ledger_exact),
		cmocka_unit_test(drain_sends_what_is_queued),
		cmocka_unit_test(drain_ends_at_its_deadline_and_counts_the_rest),
		cmocka_unit_test(drain_does_not_wait_for_a_probe_that_comes_too_late),
		cmocka_unit_test(drain_of_an_empty_sender_is_immediate),
		cmocka_unit_test(free_in_the_middle_is_silent),
		cmocka_unit_test(a_late_queue_settles_when_it_is_safe),
		cmocka_unit_test(drain_waits_for_commits_of_a_late_queue),
		cmocka_unit_test(a_queue_that_survives_keeps_what_was_not_sent),
		cmocka_unit_test(a_durable_queue_holds_what_is_refused_for_its_credentials),
		cmocka_unit_test(a_memory_queue_drops_it_and_so_does_a_durable_one_that_is_told_to),
		cmocka_unit_test(what_is_held_is_kept_at_the_end),
		cmocka_unit_test(memory_may_run_out_at_any_point),
		cmocka_unit_test(a_sender_is_born_whole_or_not_at_all),
	};
	return cmocka_run_group_tests_name("sink/sender_ledger", tests, NULL, NULL);
}
