/* SPDX-License-Identifier: Apache-2.0 */
/* The sender against a scripted backend: requests, batches, retry, circuit. The rig checks the ledger after every turn. */
#include "sink/sender_rig.h"

static void fold(rig *r, tel__sender_group *g, uint64_t min, uint64_t max, uint64_t timeout_ns)
{
	*g = (tel__sender_group){ .batches = true, .min_size = min, .max_size = max, .timeout_ns = timeout_ns };
	r->opts.groups = g;
	r->opts.group_count = 1;
}

static void assert_all_seen_once(const rig *r)
{
	for (uint64_t v = 0; v < r->next_value; v++)
		if (r->backend.seen[v] != 1)
			fail_msg("point %llu was delivered %u times", (unsigned long long)v, r->backend.seen[v]);
}

/* ---- requests ---- */

static void a_record_is_a_request_without_batching(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_ok);
	rig_start(&r);
	assert_int_equal(rig_push(&r, 3, 7), 3);
	assert_int_equal(r.settled_ok, 3); /* safe in the queue, before anything is sent */
	assert_int_equal(r.backend.call_count, 0);
	rig_settle(&r);
	assert_int_equal(r.backend.call_count, 3);
	assert_int_equal(r.backend.calls[0].points, 7);
	assert_int_equal(rig_check(&r).sent_points, 21);
	assert_all_seen_once(&r);
	rig_fini(&r);
}

static void consumers_bound_the_requests_in_flight(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_hang);
	r.queue.num_consumers = 4;
	rig_start(&r);
	rig_push(&r, 20, 1);
	rig_settle(&r);
	assert_int_equal(r.backend.pending, 4);
	r.backend.script = fake_ok;
	rig_settle(&r);
	assert_int_equal(r.backend.most_pending, 4);
	assert_int_equal(r.backend.delivered, 20);
	rig_fini(&r);
}

static void a_full_queue_refuses_and_recovers(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_hang);
	r.queue.queue_size = 3;
	rig_start(&r);
	assert_int_equal(rig_push(&r, 2, 5), 2);
	rig_settle(&r); /* in flight counts too */
	assert_int_equal(rig_push(&r, 2, 5), 1);
	assert_int_equal(rig_check(&r).enqueue_failed_points, 5);
	r.backend.script = fake_ok;
	rig_settle(&r);
	assert_int_equal(rig_push(&r, 3, 5), 3);
	rig_settle(&r);
	assert_int_equal(rig_check(&r).sent_points, 30);
	rig_fini(&r);
}

/* ---- batches ---- */

static void batches_go_out_when_they_reach_their_size(void **state)
{
	(void)state;
	rig r;
	tel__sender_group g;
	tel__group_stats st;
	rig_init(&r, fake_ok);
	fold(&r, &g, 1024, 1024, 200 * MS);
	rig_start(&r);
	rig_push(&r, 2100, 1);
	rig_settle(&r);
	assert_int_equal(r.backend.call_count, 2);
	assert_int_equal(r.backend.calls[0].points, 1024);
	assert_int_equal(r.backend.calls[1].points, 1024);
	assert_int_equal(rig_check(&r).queued_points, 52);
	rig_advance(&r, 201 * MS);
	assert_int_equal(r.backend.call_count, 3);
	assert_int_equal(r.backend.calls[2].points, 52);
	tel__sender_get_group_stats(r.sender, 0, &st);
	assert_int_equal(st.size_triggers, 2);
	assert_int_equal(st.timeout_triggers, 1);
	assert_int_equal(st.batches, 3);
	assert_int_equal(st.batch_points, 2100);
	assert_int_equal(st.histogram[9], 2); /* 1000 < 1024 <= 2000 */
	assert_int_equal(st.histogram[3], 1); /* 50 < 52 <= 75 */
	assert_all_seen_once(&r);
	rig_fini(&r);
}

static void a_batch_waits_for_its_timeout(void **state)
{
	(void)state;
	rig r;
	tel__sender_group g;
	rig_init(&r, fake_ok);
	fold(&r, &g, 1000, 0, 200 * MS);
	rig_start(&r);
	rig_push(&r, 3, 10);
	rig_advance(&r, 150 * MS);
	assert_int_equal(r.backend.call_count, 0);
	rig_advance(&r, 51 * MS);
	assert_int_equal(r.backend.call_count, 1);
	assert_int_equal(r.backend.calls[0].points, 30);
	rig_fini(&r);
}

static void a_large_record_is_cut_into_batches(void **state)
{
	(void)state;
	rig r;
	tel__sender_group g;
	rig_init(&r, fake_ok);
	fold(&r, &g, 2000, 2000, 200 * MS);
	rig_start(&r);
	rig_push(&r, 1, 5500);
	rig_settle(&r);
	assert_int_equal(r.backend.call_count, 2);
	assert_int_equal(rig_check(&r).queued_points, 1500); /* settled in parts, exact in parts */
	rig_advance(&r, 201 * MS);
	assert_int_equal(r.backend.call_count, 3);
	assert_int_equal(r.backend.calls[2].points, 1500);
	assert_int_equal(rig_check(&r).queue.records, 0);
	assert_all_seen_once(&r);
	rig_fini(&r);
}

static void records_at_the_border_are_cut_and_nothing_is_lost(void **state)
{
	(void)state;
	rig r;
	tel__sender_group g;
	rig_init(&r, fake_ok);
	fold(&r, &g, 1024, 1024, 200 * MS);
	r.queue.num_consumers = 1;
	rig_start(&r);
	rig_push(&r, 10, 700);
	rig_settle(&r);
	rig_advance(&r, 201 * MS);
	assert_int_equal(r.backend.call_count, 7); /* 7000 = 6 x 1024 + 856 */
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(r.backend.calls[i].points, 1024);
	assert_int_equal(r.backend.out_of_order, 0);
	assert_all_seen_once(&r);
	rig_fini(&r);
}

static void a_batch_without_maximum_takes_the_record_that_reaches_its_size(void **state)
{
	(void)state;
	rig r;
	tel__sender_group g;
	rig_init(&r, fake_ok);
	fold(&r, &g, 1000, 0, 200 * MS);
	rig_start(&r);
	rig_push(&r, 4, 600);
	rig_settle(&r);
	assert_int_equal(r.backend.call_count, 2);
	assert_int_equal(r.backend.calls[0].points, 1200);
	rig_fini(&r);
}

static void a_batch_of_size_zero_sends_every_arrival_cut_to_its_maximum(void **state)
{
	(void)state;
	rig r;
	tel__sender_group g;
	rig_init(&r, fake_ok);
	fold(&r, &g, 0, 40, 200 * MS);
	rig_start(&r);
	rig_push(&r, 2, 100);
	rig_settle(&r);
	assert_int_equal(r.backend.delivered, 200);
	assert_int_equal(r.backend.call_count, 6);
	for (size_t i = 0; i < r.backend.call_count; i++)
		assert_true(r.backend.calls[i].points <= 40);
	assert_all_seen_once(&r);
	rig_fini(&r);
}

static void the_queue_s_own_batch_wins(void **state)
{
	(void)state;
	rig r;
	tel__sender_group g;
	rig_init(&r, fake_ok);
	fold(&r, &g, 10, 10, 200 * MS);
	r.batch.min_size = 50;
	r.queue.batch = &r.batch;
	rig_start(&r);
	rig_push(&r, 100, 1);
	rig_settle(&r);
	assert_int_equal(r.backend.call_count, 2);
	assert_int_equal(r.backend.calls[0].points, 50);
	rig_fini(&r);
}

static void batches_may_count_bytes(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_ok);
	r.batch = (tel__queue_batch_options){ .flush_timeout = 200000000, .min_size = 1000, .max_size = 2000,
		                              .sizer = TEL__SIZER_BYTES, .sizer_seen = true };
	r.queue.batch = &r.batch;
	rig_start(&r);
	rig_push(&r, 1, 500);
	rig_push(&r, 30, 1);
	rig_settle(&r);
	rig_advance(&r, 201 * MS);
	assert_int_equal(r.backend.delivered, 530);
	assert_true(r.backend.call_count >= 5);
	assert_all_seen_once(&r);
	rig_fini(&r);
}

static void groups_are_never_mixed(void **state)
{
	(void)state;
	rig r;
	tel__sender_group g[2] = { { true, false, 100, 0, 200 * MS }, { true, false, 100, 0, 200 * MS } };
	rig_init(&r, fake_ok);
	r.opts.groups = g;
	r.opts.group_count = 2;
	rig_start(&r);
	for (int i = 0; i < 90; i++) {
		assert_ok(rig_push_group(&r, 0, 1, UINT64_MAX));
		assert_ok(rig_push_group(&r, 1, 1, UINT64_MAX));
	}
	rig_settle(&r);
	assert_int_equal(r.backend.call_count, 0);
	rig_advance(&r, 201 * MS);
	assert_int_equal(r.backend.call_count, 2);
	assert_int_equal(r.backend.calls[0].points, 90);
	rig_fini(&r);
}

static void requests_above_the_byte_limit_are_cut(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_ok);
	r.settings.max_request_bytes = 1000;
	rig_start(&r);
	rig_push(&r, 1, 400);
	rig_settle(&r);
	assert_int_equal(r.backend.delivered, 400);
	assert_true(r.backend.call_count > 1);
	assert_all_seen_once(&r);
	rig_fini(&r);
}

/* ---- answers ---- */

static void retries_follow_the_backoff(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_unavailable);
	r.retry.randomization_factor = 0;
	r.queue.num_consumers = 1;
	rig_start(&r);
	rig_push(&r, 1, 3);
	rig_settle(&r);
	assert_int_equal(r.backend.call_count, 1);
	assert_int_equal(r.logs[TEL_LOG_INFO], 1);
	rig_advance(&r, 4999 * MS);
	assert_int_equal(r.backend.call_count, 1);
	rig_advance(&r, 1 * MS);
	assert_int_equal(r.backend.call_count, 2);
	assert_int_equal(r.backend.calls[1].attempt, 2);
	rig_advance(&r, 7499 * MS);
	assert_int_equal(r.backend.call_count, 2);
	r.backend.script = fake_ok;
	rig_advance(&r, 1 * MS);
	assert_int_equal(r.backend.call_count, 3);
	assert_int_equal(rig_check(&r).sent_points, 3);
	assert_int_equal(rig_check(&r).retries, 2);
	rig_fini(&r);
}

static void data_is_dropped_when_no_retries_are_left(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_unavailable);
	rig_start(&r);
	rig_push(&r, 1, 3);
	for (int i = 0; i < 302; i++)
		rig_advance(&r, 1 * SECOND);
	tel__sender_stats st = rig_check(&r);
	assert_int_equal(st.dropped_points[TEL__DROP_ELAPSED], 3);
	assert_int_equal(st.send_failed_points, 3);
	assert_int_equal(st.queued_points, 0);
	assert_int_equal(r.logs[TEL_LOG_ERROR], 1);
	rig_fini(&r);
}

static void nothing_is_dropped_without_an_elapsed_limit(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_unavailable);
	r.retry.max_elapsed_time = 0;
	rig_start(&r);
	rig_push(&r, 30, 3);
	for (int i = 0; i < 88 * 60; i++) /* delivery.md issue 2: 88 hours */
		rig_advance(&r, 60 * SECOND);
	assert_int_equal(rig_check(&r).queued_points, 90);
	assert_true(r.backend.call_count < FAKE_EXPORTER_CALLS);
	r.backend.script = fake_ok;
	rig_advance(&r, 60 * SECOND);
	assert_int_equal(rig_check(&r).sent_points, 90);
	assert_all_seen_once(&r);
	rig_fini(&r);
}

static void permanent_errors_drop_at_once(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_permanent);
	rig_start(&r);
	rig_push(&r, 2, 4);
	rig_settle(&r);
	assert_int_equal(r.backend.call_count, 2);
	assert_int_equal(rig_check(&r).dropped_points[TEL__DROP_PERMANENT], 8);
	rig_fini(&r);
}

static void without_retry_one_failure_drops(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_unavailable);
	r.retry.enabled = false;
	rig_start(&r);
	rig_push(&r, 1, 4);
	rig_settle(&r);
	assert_int_equal(rig_check(&r).dropped_points[TEL__DROP_NO_RETRY], 4);
	rig_fini(&r);
}

static void rejected_points_are_clamped_to_the_request(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_partial);
	rig_start(&r);
	r.backend.state = 3;
	rig_push(&r, 1, 10);
	rig_settle(&r);
	assert_int_equal(rig_check(&r).sent_points, 7);
	assert_int_equal(rig_check(&r).rejected_points, 3);
	r.backend.state = 1000000;
	rig_push(&r, 1, 10);
	rig_settle(&r);
	assert_int_equal(rig_check(&r).rejected_points, 13);
	assert_string_equal(rig_check(&r).first_rejection, "too old");
	assert_int_equal(r.logs[TEL_LOG_WARN], 2);
	rig_fini(&r);
}

static void a_request_that_is_too_big_is_halved(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_413);
	r.backend.state = 10;
	rig_start(&r);
	rig_push(&r, 1, 100);
	rig_settle(&r);
	assert_int_equal(rig_check(&r).sent_points, 100);
	assert_int_equal(rig_check(&r).queue.records, 0);
	assert_all_seen_once(&r);
	rig_fini(&r);
}

static void one_point_that_is_too_big_is_dropped(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_413);
	r.backend.state = 0;
	rig_start(&r);
	rig_push(&r, 1, 9);
	rig_settle(&r);
	assert_int_equal(rig_check(&r).dropped_points[TEL__DROP_TOO_LARGE], 9);
	assert_int_equal(rig_check(&r).queue.records, 0);
	rig_fini(&r);
}

static void a_send_that_cannot_start_is_tried_again(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_ok);
	rig_start(&r);
	r.backend.refuse_sends = 2;
	rig_push(&r, 1, 5);
	rig_settle(&r);
	rig_advance(&r, 10 * SECOND);
	rig_advance(&r, 15 * SECOND);
	assert_int_equal(rig_check(&r).sent_points, 5);
	rig_fini(&r);
}

/* ---- circuit ---- */

static void a_dead_backend_gets_one_probe_at_a_time(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_unavailable);
	rig_start(&r);
	rig_push(&r, 500, 1);
	rig_settle(&r);
	assert_true(rig_check(&r).circuit_open);
	size_t calls = r.backend.call_count;
	r.backend.most_pending = r.backend.pending;
	for (int i = 0; i < 120; i++) {
		rig_advance(&r, 1 * SECOND);
		assert_true(r.backend.most_pending <= 1);
	}
	/* one probe per backoff interval, not one per consumer: 5 + 7.5 + 11.25 + ... with jitter */
	assert_in_range(r.backend.call_count - calls, 4, 14);
	rig_fini(&r);
}

static void a_backend_that_comes_back_gets_everything_at_once(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_unavailable);
	rig_start(&r);
	rig_push(&r, 500, 1);
	for (int i = 0; i < 60; i++)
		rig_advance(&r, 1 * SECOND);
	r.backend.script = fake_ok;
	for (int i = 0; i < 46; i++)
		rig_advance(&r, 1 * SECOND);
	assert_int_equal(rig_check(&r).sent_points, 500);
	assert_false(rig_check(&r).circuit_open);
	assert_all_seen_once(&r);
	rig_fini(&r);
}

static bool poison_first(fake_exporter *x, const fake_call *call, tel__export_outcome *o)
{
	return call->points == 13 ? fake_unavailable(x, call, o) : fake_ok(x, call, o);
}

static void a_poisoned_batch_does_not_hold_the_others(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, poison_first);
	r.retry.max_elapsed_time = 0;
	rig_start(&r);
	rig_push(&r, 1, 13);
	for (int i = 0; i < 100; i++)
		rig_advance(&r, 1 * SECOND);
	assert_true(rig_check(&r).circuit_open);
	rig_push(&r, 50, 1);
	for (int i = 0; i < 100; i++)
		rig_advance(&r, 1 * SECOND);
	assert_int_equal(rig_check(&r).sent_points, 50);
	assert_int_equal(rig_check(&r).queued_points, 13);
	rig_fini(&r);
}

static bool unauthenticated(fake_exporter *x, const fake_call *call, tel__export_outcome *o)
{
	(void)x, (void)call;
	*o = (tel__export_outcome){ TEL__EXPORT_PERMANENT, 0, 0, 16, TEL_SLICE_LIT("401") };
	return true;
}

static void a_backend_that_refuses_our_credentials_sees_one_request_at_a_time(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, unauthenticated);
	rig_start(&r);
	rig_push(&r, 10, 1);
	rig_settle(&r);
	r.backend.most_pending = 0;
	rig_push(&r, 100, 1);
	rig_settle(&r);
	assert_int_equal(r.backend.most_pending, 1);
	assert_int_equal(rig_check(&r).dropped_points[TEL__DROP_PERMANENT], 110);
	rig_fini(&r);
}

static bool hinting(fake_exporter *x, const fake_call *call, tel__export_outcome *o)
{
	fake_unavailable(x, call, o);
	o->retry_after_ns = 20 * SECOND;
	return true;
}

static void a_hint_of_the_server_is_honoured(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, hinting);
	rig_start(&r);
	rig_push(&r, 1, 1);
	rig_settle(&r);
	rig_advance(&r, 19999 * MS);
	assert_int_equal(r.backend.call_count, 1);
	rig_advance(&r, 1 * MS);
	assert_int_equal(r.backend.call_count, 2);
	rig_fini(&r);
}

/* ---- waiting senders ---- */

static void without_a_queue_the_status_travels_back(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_permanent);
	r.settings.queue = NULL;
	rig_start(&r);
	assert_true(tel__sender_waits(r.sender));
	rig_push(&r, 1, 4);
	assert_int_equal(r.settled_ok + r.settled_permanent, 0);
	rig_settle(&r);
	assert_int_equal(r.settled_permanent, 1);
	assert_int_equal(r.last_status, 3);
	assert_int_equal(rig_check(&r).returned_points, 4);
	r.backend.script = fake_ok;
	rig_push(&r, 2, 4);
	rig_settle(&r);
	assert_int_equal(r.settled_ok, 2);
	rig_fini(&r);
}

static void behind_a_batch_nobody_waits(void **state)
{
	(void)state;
	rig r;
	tel__sender_group g;
	rig_init(&r, fake_permanent);
	fold(&r, &g, 10, 10, 200 * MS);
	r.settings.queue = NULL;
	rig_start(&r);
	rig_push(&r, 1, 4);
	assert_int_equal(r.settled_ok, 1);
	rig_advance(&r, 200 * MS);
	assert_int_equal(rig_check(&r).dropped_points[TEL__DROP_PERMANENT], 4);
	rig_fini(&r);
}

static void a_cut_record_is_answered_once_with_its_worst_result(void **state)
{
	(void)state;
	rig r;
	tel__sender_group g;
	rig_init(&r, fake_hang);
	fold(&r, &g, 10, 10, 200 * MS);
	r.queue.wait_for_result = true;
	r.retry.enabled = false;
	rig_start(&r);
	rig_push(&r, 1, 30);
	rig_settle(&r);
	assert_int_equal(r.backend.pending, 3);
	tel__export_outcome ok = { TEL__EXPORT_OK, 0, 0, 0, { NULL, 0 } };
	tel__export_outcome bad = { TEL__EXPORT_PERMANENT, 0, 0, 3, TEL_SLICE_LIT("bad") };
	for (size_t i = 0; i < 3; i++) {
		fake_call *c = &r.backend.calls[i];
		c->pending = false;
		r.backend.pending--;
		r.backend.delivered += i == 1 ? 0 : 10;
		c->done(c->user, i == 1 ? &bad : &ok);
		rig_check(&r);
		assert_int_equal(r.settled_permanent, i == 2 ? 1 : 0);
	}
	assert_int_equal(r.settled_ok, 0);
	rig_fini(&r);
}

static void callers_deadline_ends_the_retries(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_unavailable);
	r.settings.queue = NULL;
	rig_start(&r);
	assert_ok(rig_push_group(&r, 0, 4, r.clock.mono_ns + 20 * SECOND));
	for (int i = 0; i < 21; i++)
		rig_advance(&r, 1 * SECOND);
	assert_int_equal(r.settled_retry, 1);
	assert_int_equal(r.last_status, 14);
	rig_fini(&r);
}

static void callers_behind_a_dead_backend_hear_at_their_deadline(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_hang);
	r.queue.wait_for_result = true;
	r.queue.num_consumers = 1;
	rig_start(&r);
	for (int i = 0; i < 5; i++)
		assert_ok(rig_push_group(&r, 0, 4, r.clock.mono_ns + 2 * SECOND));
	assert_ok(rig_push_group(&r, 0, 4, r.clock.mono_ns + 9 * SECOND));
	rig_settle(&r);
	rig_advance(&r, 1999 * MS);
	assert_int_equal(r.settled_retry, 0);
	rig_advance(&r, 1 * MS);
	assert_int_equal(r.settled_retry, 4); /* the first is at the backend */
	assert_int_equal(rig_check(&r).queue.records, 2);
	rig_advance(&r, 7 * SECOND);
	assert_int_equal(r.settled_retry, 5);
	assert_int_equal(rig_check(&r).returned_points, 20);
	rig_fini(&r);
}

static void silent(void *user, tel_err err, const tel__export_outcome *outcome)
{
	(void)user, (void)err, (void)outcome;
	fail_msg("settled after cancel");
}

static void what_is_taken_back_is_never_sent_nor_answered(void **state)
{
	(void)state;
	rig r;
	int name;
	rig_init(&r, fake_ok);
	r.queue.wait_for_result = true;
	rig_start(&r);
	tel_buf *buf = fake_request(0, 6);
	tel_slice bytes = tel_buf_get(buf);
	tel__queue_room room = { 0 };
	tel__queue_record record = { .slices = &bytes, .slice_count = 1, .bufs = &buf, .buf_count = 1, .bytes = bytes.len,
		                     .pinned_bytes = bytes.len, .points = 6, .mono_ns = r.clock.mono_ns };
	assert_ok(tel__sender_reserve(r.sender, 0, bytes.len, 6, &room));
	tel__sender_commit(r.sender, &room, &record, UINT64_MAX, silent, &name);
	assert_true(tel__sender_cancel(r.sender, 0, silent, &name));
	assert_false(tel__sender_cancel(r.sender, 0, silent, &name));
	rig_settle(&r);
	assert_int_equal(r.backend.call_count, 0);
	assert_int_equal(rig_check(&r).dropped_points[TEL__DROP_CANCELLED], 6);
	tel_buf_unref(buf);
	rig_fini(&r);
}

static void storage_and_unknown_codings_are_refused_clearly(void **state)
{
	(void)state;
	rig r;
	tel__sender *s = NULL;
	tel_error err = TEL_ERROR_INIT;
	rig_init(&r, fake_ok);
	rig_start(&r);
	r.queue.storage = TEL_SLICE_LIT("file_storage");
	assert_err(tel__sender_new(&r.opts, &s, &err), TEL_ERR_UNSUPPORTED);
	assert_non_null(strstr(err.msg, "no storage client extension found"));
	r.queue.storage.len = 0;
	r.settings.coding = "lz4";
	assert_err(tel__sender_new(&r.opts, &s, &err), TEL_ERR_ARG);
	assert_non_null(strstr(err.msg, "unsupported compression type \"lz4\""));
	assert_null(s);
	rig_fini(&r);
}

/* ---- room ---- */

typedef struct blocked {
	rig *r;
	tel__room_waiter w;
	unsigned called;
	tel_err result;
} blocked;

static void on_room(void *user)
{
	blocked *b = user;
	b->called++;
	b->result = rig_push_group(b->r, 0, 1, UINT64_MAX);
	if (b->result == TEL_ERR_AGAIN)
		tel__sender_wait_room(b->r->sender, &b->w);
}

static void room_is_waited_for_when_the_queue_blocks(void **state)
{
	(void)state;
	rig r;
	rig_init(&r, fake_hang);
	r.queue.queue_size = 2;
	r.queue.block_on_overflow = true;
	rig_start(&r);
	rig_push(&r, 2, 1);
	assert_err(rig_push_group(&r, 0, 1, UINT64_MAX), TEL_ERR_AGAIN);
	blocked b[3];
	for (size_t i = 0; i < 3; i++) {
		b[i] = (blocked){ .r = &r, .w = { .on_room = on_room, .user = &b[i] } };
		tel__sender_wait_room(r.sender, &b[i].w);
	}
	tel__sender_unwait_room(r.sender, &b[1].w);
	rig_settle(&r);
	assert_int_equal(b[0].called, 0);
	r.backend.script = fake_ok;
	rig_settle(&r);
	assert_int_equal(b[0].called, 1);
	assert_int_equal(b[1].called, 0);
	assert_int_equal(b[2].called, 1);
	assert_int_equal(b[0].result, TEL_OK);
	assert_int_equal(rig_check(&r).sent_points, 4);
	assert_int_equal(rig_check(&r).enqueue_failed_points, 0);
	rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_is_a_request_without_batching),
		cmocka_unit_test(consumers_bound_the_requests_in_flight),
		cmocka_unit_test(a_full_queue_refuses_and_recovers),
		cmocka_unit_test(room_is_waited_for_when_the_queue_blocks),
		cmocka_unit_test(batches_go_out_when_they_reach_their_size),
		cmocka_unit_test(a_batch_waits_for_its_timeout),
		cmocka_unit_test(a_large_record_is_cut_into_batches),
		cmocka_unit_test(records_at_the_border_are_cut_and_nothing_is_lost),
		cmocka_unit_test(a_batch_without_maximum_takes_the_record_that_reaches_its_size),
		cmocka_unit_test(a_batch_of_size_zero_sends_every_arrival_cut_to_its_maximum),
		cmocka_unit_test(the_queue_s_own_batch_wins),
		cmocka_unit_test(batches_may_count_bytes),
		cmocka_unit_test(groups_are_never_mixed),
		cmocka_unit_test(requests_above_the_byte_limit_are_cut),
		cmocka_unit_test(retries_follow_the_backoff),
		cmocka_unit_test(data_is_dropped_when_no_retries_are_left),
		cmocka_unit_test(nothing_is_dropped_without_an_elapsed_limit),
		cmocka_unit_test(permanent_errors_drop_at_once),
		cmocka_unit_test(without_retry_one_failure_drops),
		cmocka_unit_test(rejected_points_are_clamped_to_the_request),
		cmocka_unit_test(a_request_that_is_too_big_is_halved),
		cmocka_unit_test(one_point_that_is_too_big_is_dropped),
		cmocka_unit_test(a_send_that_cannot_start_is_tried_again),
		cmocka_unit_test(a_dead_backend_gets_one_probe_at_a_time),
		cmocka_unit_test(a_backend_that_comes_back_gets_everything_at_once),
		cmocka_unit_test(a_poisoned_batch_does_not_hold_the_others),
		cmocka_unit_test(a_backend_that_refuses_our_credentials_sees_one_request_at_a_time),
		cmocka_unit_test(a_hint_of_the_server_is_honoured),
		cmocka_unit_test(without_a_queue_the_status_travels_back),
		cmocka_unit_test(behind_a_batch_nobody_waits),
		cmocka_unit_test(a_cut_record_is_answered_once_with_its_worst_result),
		cmocka_unit_test(callers_deadline_ends_the_retries),
		cmocka_unit_test(callers_behind_a_dead_backend_hear_at_their_deadline),
		cmocka_unit_test(storage_and_unknown_codings_are_refused_clearly),
		cmocka_unit_test(what_is_taken_back_is_never_sent_nor_answered),
	};
	return cmocka_run_group_tests_name("sink/sender", tests, NULL, NULL);
}
