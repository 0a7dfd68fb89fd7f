/* SPDX-License-Identifier: Apache-2.0 */
/* A sender across a reload: what it holds stays, what surrounds it changes, and a change that fails leaves no trace. */
#include "sink/sender_rig.h"

static fake_exporter Next;

static int set_up(void **state)
{
	rig_set_up(state);
	fake_exporter_init(&Next, NULL, fake_ok);
	return 0;
}

static int tear_down(void **state)
{
	rig_tear_down(state);
	fake_exporter_fini(&Next);
	return 0;
}

static void all_arrived_once(void)
{
	for (uint64_t v = 0; v < R.next_value; v++)
		if (R.backend.seen[v] + Next.seen[v] != 1)
			fail_msg("point %llu was delivered %u times", (unsigned long long)v, R.backend.seen[v] + Next.seen[v]);
}

static void requests_end_where_they_went_and_the_rest_goes_to_the_new_exporter(void **state)
{
	(void)state;
	R.backend.script = fake_hang;
	R.queue.num_consumers = 2;
	rig_start(&R);
	rig_push(&R, 5, 3);
	rig_settle(&R);
	assert_int_equal(R.backend.pending, 2);
	R.queue.num_consumers = 4;
	rig_renew(&R, &Next, NULL);
	rig_settle(&R);
	assert_int_equal(Next.delivered, 9); /* two slots more, one after the other */
	assert_int_equal(R.backend.pending, 2);
	assert_false(R.backend.freed);
	R.backend.script = fake_ok;
	rig_settle(&R);
	assert_true(R.backend.freed);
	assert_false(Next.freed);
	assert_int_equal(rig_check(&R).sent_points, 15);
	all_arrived_once();
	tel__sender_free(R.sender); /* frees the new one, too */
	R.sender = NULL;
	assert_true(Next.freed);
}

static void idle_exporter_goes_at_once(void **state)
{
	(void)state;
	rig_start(&R);
	rig_push(&R, 2, 1);
	rig_settle(&R);
	rig_renew(&R, &Next, NULL);
	assert_true(R.backend.freed);
	rig_push(&R, 2, 1);
	rig_settle(&R);
	assert_int_equal(Next.delivered, 2);
	assert_int_equal(rig_check(&R).sent_points, 4); /* counters go on */
}

static void new_destination_is_tried_at_once_whatever_the_old_one_had_done(void **state)
{
	(void)state;
	R.backend.script = fake_unavailable;
	rig_start(&R);
	rig_push(&R, 5, 1);
	for (int i = 0; i < 4; i++)
		rig_advance(&R, 20 * SECOND);
	assert_true(rig_check(&R).circuit_open);
	assert_int_equal(rig_check(&R).queued_points, 5);
	rig_renew(&R, &Next, NULL);
	assert_false(rig_check(&R).circuit_open);
	rig_settle(&R); /* no time passes */
	assert_int_equal(Next.delivered, 5);
	all_arrived_once();
}

static void same_exporter_keeps_its_backoff(void **state)
{
	(void)state;
	R.backend.script = fake_unavailable;
	R.retry.randomization_factor = 0;
	rig_start(&R);
	rig_push(&R, 1, 1);
	rig_settle(&R);
	size_t calls = R.backend.call_count;
	R.queue.num_consumers = 3;
	rig_renew(&R, NULL, NULL);
	rig_settle(&R);
	assert_int_equal(R.backend.call_count, calls);
	rig_advance(&R, 5 * SECOND);
	assert_int_equal(R.backend.call_count, calls + 1);
}

static void request_that_failed_on_the_old_exporter_is_tried_on_the_new_one(void **state)
{
	(void)state;
	R.backend.script = fake_hang;
	R.retry.randomization_factor = 0;
	rig_start(&R);
	rig_push(&R, 1, 4);
	rig_settle(&R);
	rig_renew(&R, &Next, NULL);
	R.backend.script = fake_unavailable;
	rig_settle(&R);
	assert_true(R.backend.freed);
	rig_advance(&R, 5 * SECOND);
	assert_int_equal(Next.delivered, 4);
	assert_int_equal(Next.calls[0].attempt, 2);
}

static void smaller_queue_keeps_its_content_and_takes_nothing_until_it_fits(void **state)
{
	(void)state;
	R.backend.script = fake_hang;
	R.queue.num_consumers = 1;
	rig_start(&R);
	rig_push(&R, 8, 1);
	R.queue.queue_size = 3;
	rig_renew(&R, NULL, NULL);
	assert_int_equal(rig_push(&R, 2, 1), 0);
	assert_int_equal(rig_check(&R).queued_points, 8);
	assert_int_equal(rig_check(&R).queue.capacity, 3);
	R.backend.script = fake_ok;
	rig_settle(&R);
	assert_int_equal(rig_check(&R).sent_points, 8);
	assert_int_equal(rig_push(&R, 5, 1), 3);
}

static void body_is_made_anew_for_another_compression(void **state)
{
	(void)state;
	R.backend.script = fake_unavailable;
	R.backend.packed = true;
	R.settings.coding = "gzip";
	rig_start(&R);
	rig_push(&R, 1, 50);
	rig_settle(&R);
	assert_string_equal(R.backend.last_coding, "gzip");
	R.settings.coding = NULL;
	rig_renew(&R, &Next, NULL); /* which reads what it gets */
	rig_settle(&R);
	assert_null(Next.last_coding);
	assert_int_equal(Next.delivered, 50);
}

static void request_in_flight_is_packed_anew_when_it_comes_back(void **state)
{
	(void)state;
	R.backend.script = fake_hang;
	rig_start(&R);
	rig_push(&R, 1, 50);
	rig_settle(&R);
	R.settings.coding = "gzip";
	Next.packed = true;
	rig_renew(&R, &Next, NULL);
	R.backend.script = fake_unavailable;
	rig_settle(&R);
	rig_advance(&R, 30 * SECOND);
	assert_string_equal(Next.last_coding, "gzip");
	assert_int_equal(Next.delivered, 50);
}

/* ---- groups ---- */

static tel__sender_group Groups[3];
static tel_slice Names[3];

static void groups(rig *r, const char *a, const char *b, uint64_t min)
{
	const char *names[] = { a, b };
	r->opts.group_count = 0;
	for (int i = 0; i < 2; i++) {
		if (!names[i])
			continue;
		Names[r->opts.group_count] = tel__slice_str(names[i]);
		Groups[r->opts.group_count++] = (tel__sender_group){ true, false, min, 0, 10 * SECOND };
	}
	r->opts.groups = Groups;
	r->opts.names = Names;
}

static void group_that_is_no_more_is_sent_at_once_and_its_number_used_again(void **state)
{
	uint32_t numbers[2] = { 9, 9 };

	(void)state;
	groups(&R, "a", "b", 100);
	rig_start(&R);
	assert_ok(rig_push_group(&R, 0, 4, UINT64_MAX));
	assert_ok(rig_push_group(&R, 0, 4, UINT64_MAX));
	assert_ok(rig_push_group(&R, 1, 6, UINT64_MAX));
	rig_settle(&R);
	assert_int_equal(R.backend.call_count, 0); /* they wait for more */
	groups(&R, "c", "b", 100);
	rig_renew(&R, NULL, numbers);
	assert_int_equal(numbers[0], 2); /* what is in a is still a's */
	assert_int_equal(numbers[1], 1);
	assert_ok(rig_push_group(&R, 2, 5, UINT64_MAX));
	rig_settle(&R);
	assert_int_equal(R.backend.call_count, 1);
	assert_int_equal(R.backend.calls[0].points, 8); /* one batch, not two */
	groups(&R, "b", "d", 100);
	rig_renew(&R, NULL, numbers);
	assert_int_equal(numbers[1], 3); /* somebody may still know a's number */
	R.opts.reuse_groups = true;
	groups(&R, "e", "b", 100);
	rig_renew(&R, NULL, numbers);
	assert_int_equal(numbers[0], 0);
	rig_settle(&R);
	groups(&R, "f", "b", 100);
	rig_renew(&R, NULL, numbers);
	assert_int_equal(numbers[0], 2);
	rig_advance(&R, 10 * SECOND);
	assert_int_equal(rig_check(&R).sent_points, 19);
	all_arrived_once();
}

static void group_keeps_what_it_holds_under_other_sizes(void **state)
{
	(void)state;
	groups(&R, "a", NULL, 100);
	rig_start(&R);
	for (int i = 0; i < 5; i++)
		assert_ok(rig_push_group(&R, 0, 4, UINT64_MAX));
	rig_settle(&R);
	assert_int_equal(R.backend.call_count, 0);
	groups(&R, "a", NULL, 8);
	rig_renew(&R, NULL, NULL);
	rig_settle(&R);
	assert_int_equal(R.backend.call_count, 2);
	assert_int_equal(rig_check(&R).sent_points, 16);
	assert_int_equal(rig_check(&R).queue.capacity, 1000);
}

/* ---- ends ---- */

static void draining_sender_is_back_in_service(void **state)
{
	(void)state;
	R.backend.script = fake_hang;
	rig_start(&R);
	rig_push(&R, 3, 1);
	rig_drain(&R, 10 * SECOND);
	assert_int_equal(rig_push(&R, 1, 1), 0);
	rig_renew(&R, NULL, NULL);
	assert_int_equal(rig_push(&R, 1, 1), 1);
	rig_advance(&R, 20 * SECOND);
	assert_false(R.drained); /* who asked for the end is not told of one */
	R.backend.script = fake_ok;
	rig_settle(&R);
	assert_int_equal(rig_check(&R).sent_points, 4);
}

static void callers_that_wait_are_answered_by_the_new_exporter(void **state)
{
	(void)state;
	R.backend.script = fake_unavailable;
	R.queue.wait_for_result = true;
	rig_start(&R);
	rig_push(&R, 3, 1);
	rig_settle(&R);
	assert_int_equal(R.settled_ok, 0);
	rig_renew(&R, &Next, NULL);
	rig_settle(&R);
	assert_int_equal(R.settled_ok, 3);
}

static void waiting_and_not_waiting_are_different_senders(void **state)
{
	(void)state;
	rig_start(&R);
	assert_true(tel__sender_suits(R.sender, &R.opts));
	R.queue.wait_for_result = true;
	assert_false(tel__sender_suits(R.sender, &R.opts));
}

/* ---- what fails ---- */

static void refused_change_leaves_no_trace(void **state)
{
	static const struct {
		const char *coding, *storage;
		tel_err err;
	} bad[] = { { "brotli", "", TEL_ERR_ARG }, { NULL, "file_storage", TEL_ERR_UNSUPPORTED } };
	uint32_t number;

	(void)state;
	R.backend.script = fake_hang;
	rig_start(&R);
	rig_push(&R, 3, 1);
	for (size_t i = 0; i < 2; i++) {
		tel__sender_change *change = NULL;
		tel_error err = TEL_ERROR_INIT;
		R.settings.coding = bad[i].coding;
		R.queue.storage = tel__slice_str(bad[i].storage);
		R.queue.queue_size = 1;
		assert_err(tel__sender_prepare(R.sender, &R.opts, &number, &change, &err), bad[i].err);
		assert_true(err.msg[0]);
		assert_null(change);
		assert_false(R.backend.freed);
	}
	assert_int_equal(rig_check(&R).queue.capacity, 1000);
	rig_settle(&R);
	assert_int_equal(R.backend.pending, 3);
}

static void each_allocation_of_a_change_may_fail(void **state)
{
	tel__sender_stats before, after;
	tel__sender_change *change = NULL;
	uint32_t numbers[2];

	(void)state;
	R.settings.coding = NULL;
	groups(&R, "a", NULL, 100);
	rig_start(&R);
	rig_push(&R, 3, 1);
	rig_settle(&R);
	groups(&R, "b", "c", 100);
	R.settings.coding = "gzip";
	R.backend.packed = Next.packed = true;
	Next.ctx = R.ctx;
	R.opts.impl = fake_exporter_impl(&Next);
	before = rig_check(&R);
	for (uint64_t n = 1; !change; n++) {
		failalloc_fail_at(&R.mem, n, false);
		tel_err e = tel__sender_prepare(R.sender, &R.opts, numbers, &change, NULL);
		bool failed = R.mem.failed > 0;
		failalloc_fail_at(&R.mem, 0, false);
		assert_int_equal(e, failed ? TEL_ERR_NOMEM : TEL_OK);
		assert_true(failed == !change);
		assert_false(Next.freed);
		after = rig_check(&R);
		assert_int_equal(after.queue.capacity, before.queue.capacity);
		assert_int_equal(after.queued_points, before.queued_points);
		assert_true(n < 100);
	}
	tel__sender_abandon(change);
	assert_true(Next.freed);
	rig_advance(&R, 10 * SECOND);
	assert_int_equal(R.backend.delivered, 3);
	assert_null(R.backend.last_coding);
}

/* ---- everything at once ---- */

static void wild_reloads_over_wild_backends_keep_the_ledger_exact(void **state)
{
	static const char *const names[] = { "a", "b", "c", "d", NULL };
	uint32_t numbers[2] = { 0, 1 };
	uint64_t seed = 77;

	(void)state;
	R.backend.script = fake_wild;
	R.backend.random = 11;
	R.retry.max_elapsed_time = 0;
	groups(&R, "a", "b", 20);
	rig_start(&R);
	for (int i = 0; i < 400; i++) {
		uint64_t dice = splitmix64(&seed);
		for (uint32_t k = 0; k < R.opts.group_count; k++)
			(void)rig_push_group(&R, numbers[k], 1 + dice % 30, UINT64_MAX);
		if (dice % 7 == 0) {
			R.queue.queue_size = 1 + (int64_t)(dice >> 8) % 50;
			R.queue.sizer = (int32_t)((dice >> 16) % 2); /* requests, items */
			R.queue.num_consumers = 1 + (int64_t)(dice >> 20) % 5;
			R.opts.reuse_groups = dice & 1 << 30;
			groups(&R, names[(dice >> 32) % 4], (dice >> 34) % 4 == (dice >> 32) % 4 ? NULL : names[(dice >> 34) % 4],
			       1 + (dice >> 40) % 40);
			rig_renew(&R, NULL, numbers);
		}
		fake_exporter_step(&R.backend);
		fakeclock_advance(&R.clock, (dice >> 50) % 4 * SECOND);
		rig_turn(&R);
	}
	R.backend.script = fake_ok;
	for (int i = 0; i < 120; i++)
		rig_advance(&R, 1 * SECOND);
	tel__sender_stats st = rig_check(&R);
	assert_int_equal(st.queued_points, 0);
	assert_int_equal(st.committed_points, R.committed);
	assert_int_equal(st.queue.size, 0);
	assert_true(st.sent_points > 1000);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(requests_end_where_they_went_and_the_rest_goes_to_the_new_exporter),
		CASE(idle_exporter_goes_at_once),
		CASE(new_destination_is_tried_at_once_whatever_the_old_one_had_done),
		CASE(same_exporter_keeps_its_backoff),
		CASE(request_that_failed_on_the_old_exporter_is_tried_on_the_new_one),
		CASE(smaller_queue_keeps_its_content_and_takes_nothing_until_it_fits),
		CASE(body_is_made_anew_for_another_compression),
		CASE(request_in_flight_is_packed_anew_when_it_comes_back),
		CASE(group_that_is_no_more_is_sent_at_once_and_its_number_used_again),
		CASE(group_keeps_what_it_holds_under_other_sizes),
		CASE(draining_sender_is_back_in_service),
		CASE(callers_that_wait_are_answered_by_the_new_exporter),
		CASE(waiting_and_not_waiting_are_different_senders),
		CASE(refused_change_leaves_no_trace),
		CASE(each_allocation_of_a_change_may_fail),
		CASE(wild_reloads_over_wild_backends_keep_the_ledger_exact),
	};
	return cmocka_run_group_tests_name("sink/renew", tests, NULL, NULL);
}
