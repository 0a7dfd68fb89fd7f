/* SPDX-License-Identifier: Apache-2.0 */
/* The sender against a scripted backend: requests, batches, retry, circuit. The rig checks the ledger after every turn. */
#include "sink/sender_rig.h"

/* ---- requests ---- */

static void a_record_is_a_request_without_batching(void **state)
{
	(void)state;
	rig_start(&R);
	assert_int_equal(rig_push(&R, 3, 7), 3);
	assert_int_equal(R.settled_ok, 3); /* safe in the queue, before anything is sent */
	assert_int_equal(R.backend.call_count, 0);
	rig_settle(&R);
	assert_int_equal(R.backend.call_count, 3);
	assert_int_equal(R.backend.calls[0].points, 7);
	assert_int_equal(rig_check(&R).sent_points, 21);
	rig_all_seen_once(&R);
}

static void consumers_bound_the_requests_in_flight(void **state)
{
	(void)state;
	R.backend.script = fake_hang;
	R.queue.num_consumers = 4;
	rig_start(&R);
	rig_push(&R, 20, 1);
	rig_settle(&R);
	assert_int_equal(R.backend.pending, 4);
	R.backend.script = fake_ok;
	rig_settle(&R);
	assert_int_equal(R.backend.most_pending, 4);
	assert_int_equal(R.backend.delivered, 20);
}

static void a_full_queue_refuses_and_recovers(void **state)
{
	(void)state;
	R.backend.script = fake_hang;
	R.queue.queue_size = 3;
	rig_start(&R);
	assert_int_equal(rig_push(&R, 2, 5), 2);
	rig_settle(&R); /* in flight counts too */
	assert_int_equal(rig_push(&R, 2, 5), 1);
	assert_int_equal(rig_check(&R).enqueue_failed_points, 5);
	R.backend.script = fake_ok;
	rig_settle(&R);
	assert_int_equal(rig_push(&R, 3, 5), 3);
	rig_settle(&R);
	assert_int_equal(rig_check(&R).sent_points, 30);
}

/* ---- batches ---- */

static void batches_go_out_when_they_reach_their_size(void **state)
{
	(void)state;
	tel__group_stats st;
	rig_fold(&R, 1024, 1024, 200 * MS);
	rig_start(&R);
	rig_push(&R, 2100, 1);
	rig_settle(&R);
	assert_int_equal(R.backend.call_count, 2);
	assert_int_equal(R.backend.calls[0].points, 1024);
	assert_int_equal(R.backend.calls[1].points, 1024);
	assert_int_equal(rig_check(&R).queued_points, 52);
	rig_advance(&R, 201 * MS);
	assert_int_equal(R.backend.call_count, 3);
	assert_int_equal(R.backend.calls[2].points, 52);
	tel__sender_get_group_stats(R.sender, 0, &st);
	assert_int_equal(st.size_triggers, 2);
	assert_int_equal(st.timeout_triggers, 1);
	assert_int_equal(st.batches, 3);
	assert_int_equal(st.batch_points, 2100);
	assert_int_equal(st.histogram[9], 2); /* 1000 < 1024 <= 2000 */
	assert_int_equal(st.histogram[3], 1); /* 50 < 52 <= 75 */
	rig_all_seen_once(&R);
}

static void a_batch_waits_for_its_timeout(void **state)
{
	(void)state;
	rig_fold(&R, 1000, 0, 200 * MS);
	rig_start(&R);
	rig_push(&R, 3, 10);
	rig_advance(&R, 150 * MS);
	assert_int_equal(R.backend.call_count, 0);
	rig_advance(&R, 51 * MS);
	assert_int_equal(R.backend.call_count, 1);
	assert_int_equal(R.backend.calls[0].points, 30);
}

static void a_large_record_is_cut_into_batches(void **state)
{
	(void)state;
	rig_fold(&R, 2000, 2000, 200 * MS);
	rig_start(&R);
	rig_push(&R, 1, 5500);
	rig_settle(&R);
	assert_int_equal(R.backend.call_count, 2);
	assert_int_equal(rig_check(&R).queued_points, 1500); /* settled in parts, exact in parts */
	rig_advance(&R, 201 * MS);
	assert_int_equal(R.backend.call_count, 3);
	assert_int_equal(R.backend.calls[2].points, 1500);
	assert_int_equal(rig_check(&R).queue.records, 0);
	rig_all_seen_once(&R);
}

static void records_at_the_border_are_cut_and_nothing_is_lost(void **state)
{
	(void)state;
	rig_fold(&R, 1024, 1024, 200 * MS);
	R.queue.num_consumers = 1;
	rig_start(&R);
	rig_push(&R, 10, 700);
	rig_settle(&R);
	rig_advance(&R, 201 * MS);
	assert_int_equal(R.backend.call_count, 7); /* 7000 = 6 x 1024 + 856 */
	for (size_t i = 0; i < 6; i++)
		assert_int_equal(R.backend.calls[i].points, 1024);
	assert_int_equal(R.backend.out_of_order, 0);
	rig_all_seen_once(&R);
}

static void a_batch_without_maximum_takes_the_record_that_reaches_its_size(void **state)
{
	(void)state;
	rig_fold(&R, 1000, 0, 200 * MS);
	rig_start(&R);
	rig_push(&R, 4, 600);
	rig_settle(&R);
	assert_int_equal(R.backend.call_count, 2);
	assert_int_equal(R.backend.calls[0].points, 1200);
}

static void a_batch_of_size_zero_sends_every_arrival_cut_to_its_maximum(void **state)
{
	(void)state;
	rig_fold(&R, 0, 40, 200 * MS);
	rig_start(&R);
	rig_push(&R, 2, 100);
	rig_settle(&R);
	assert_int_equal(R.backend.delivered, 200);
	assert_int_equal(R.backend.call_count, 6);
	for (size_t i = 0; i < R.backend.call_count; i++)
		assert_true(R.backend.calls[i].points <= 40);
	rig_all_seen_once(&R);
}

static void the_queue_s_own_batch_wins(void **state)
{
	(void)state;
	rig_fold(&R, 10, 10, 200 * MS);
	R.batch.min_size = 50;
	R.queue.batch = &R.batch;
	rig_start(&R);
	rig_push(&R, 100, 1);
	rig_settle(&R);
	assert_int_equal(R.backend.call_count, 2);
	assert_int_equal(R.backend.calls[0].points, 50);
}

static void batches_may_count_bytes(void **state)
{
	(void)state;
	R.batch = (tel__queue_batch_options){ .flush_timeout = 200000000, .min_size = 1000, .max_size = 2000,
		                              .sizer = TEL__SIZER_BYTES, .sizer_seen = true };
	R.queue.batch = &R.batch;
	rig_start(&R);
	rig_push(&R, 1, 500);
	rig_push(&R, 30, 1);
	rig_settle(&R);
	rig_advance(&R, 201 * MS);
	assert_int_equal(R.backend.delivered, 530);
	assert_true(R.backend.call_count >= 5);
	rig_all_seen_once(&R);
}

static void groups_are_never_mixed(void **state)
{
	(void)state;
	tel__sender_group g[2] = { { true, false, 100, 0, 200 * MS }, { true, false, 100, 0, 200 * MS } };
	R.opts.groups = g;
	R.opts.group_count = 2;
	rig_start(&R);
	for (int i = 0; i < 90; i++) {
		assert_ok(rig_push_group(&R, 0, 1, UINT64_MAX));
		assert_ok(rig_push_group(&R, 1, 1, UINT64_MAX));
	}
	rig_settle(&R);
	assert_int_equal(R.backend.call_count, 0);
	rig_advance(&R, 201 * MS);
	assert_int_equal(R.backend.call_count, 2);
	assert_int_equal(R.backend.calls[0].points, 90);
}

static void requests_above_the_byte_limit_are_cut(void **state)
{
	(void)state;
	R.settings.max_request_bytes = 1000;
	rig_start(&R);
	rig_push(&R, 1, 400);
	rig_settle(&R);
	assert_int_equal(R.backend.delivered, 400);
	assert_true(R.backend.call_count > 1);
	rig_all_seen_once(&R);
}

/* ---- answers ---- */

static void retries_follow_the_backoff(void **state)
{
	(void)state;
	R.backend.script = fake_unavailable;
	R.retry.randomization_factor = 0;
	R.queue.num_consumers = 1;
	rig_start(&R);
	rig_push(&R, 1, 3);
	rig_settle(&R);
	assert_int_equal(R.backend.call_count, 1);
	assert_int_equal(R.logs[TEL_LOG_INFO], 1);
	rig_advance(&R, 4999 * MS);
	assert_int_equal(R.backend.call_count, 1);
	rig_advance(&R, 1 * MS);
	assert_int_equal(R.backend.call_count, 2);
	assert_int_equal(R.backend.calls[1].attempt, 2);
	rig_advance(&R, 7499 * MS);
	assert_int_equal(R.backend.call_count, 2);
	R.backend.script = fake_ok;
	rig_advance(&R, 1 * MS);
	assert_int_equal(R.backend.call_count, 3);
	assert_int_equal(rig_check(&R).sent_points, 3);
	assert_int_equal(rig_check(&R).retries, 2);
}

static void data_is_dropped_when_no_retries_are_left(void **state)
{
	(void)state;
	R.backend.script = fake_unavailable;
	rig_start(&R);
	rig_push(&R, 1, 3);
	for (int i = 0; i < 302; i++)
		rig_advance(&R, 1 * SECOND);
	tel__sender_stats st = rig_check(&R);
	assert_int_equal(st.dropped_points[TEL__DROP_ELAPSED], 3);
	assert_int_equal(st.send_failed_points, 3);
	assert_int_equal(st.queued_points, 0);
	assert_int_equal(R.logs[TEL_LOG_ERROR], 1);
}

static void nothing_is_dropped_without_an_elapsed_limit(void **state)
{
	(void)state;
	R.backend.script = fake_unavailable;
	R.retry.max_elapsed_time = 0;
	rig_start(&R);
	rig_push(&R, 30, 3);
	for (int i = 0; i < 88 * 60; i++) /* delivery.md issue 2: 88 hours */
		rig_advance(&R, 60 * SECOND);
	assert_int_equal(rig_check(&R).queued_points, 90);
	assert_true(R.backend.call_count < FAKE_EXPORTER_CALLS);
	R.backend.script = fake_ok;
	rig_advance(&R, 60 * SECOND);
	assert_int_equal(rig_check(&R).sent_points, 90);
	rig_all_seen_once(&R);
}

static void permanent_errors_drop_at_once(void **state)
{
	(void)state;
	R.backend.script = fake_permanent;
	rig_start(&R);
	rig_push(&R, 2, 4);
	rig_settle(&R);
	assert_int_equal(R.backend.call_count, 2);
	assert_int_equal(rig_check(&R).dropped_points[TEL__DROP_PERMANENT], 8);
}

static void without_retry_one_failure_drops(void **state)
{
	(void)state;
	R.backend.script = fake_unavailable;
	R.retry.enabled = false;
	rig_start(&R);
	rig_push(&R, 1, 4);
	rig_settle(&R);
	assert_int_equal(rig_check(&R).dropped_points[TEL__DROP_NO_RETRY], 4);
}

static void rejected_points_are_clamped_to_the_request(void **state)
{
	(void)state;
	R.backend.script = fake_partial;
	rig_start(&R);
	R.backend.state = 3;
	rig_push(&R, 1, 10);
	rig_settle(&R);
	assert_int_equal(rig_check(&R).sent_points, 7);
	assert_int_equal(rig_check(&R).rejected_points, 3);
	R.backend.state = 1000000;
	rig_push(&R, 1, 10);
	rig_settle(&R);
	assert_int_equal(rig_check(&R).rejected_points, 13);
	assert_string_equal(rig_check(&R).first_rejection, "too old");
	assert_int_equal(R.logs[TEL_LOG_WARN], 2);
}

static void a_request_that_is_too_big_is_halved(void **state)
{
	(void)state;
	R.backend.script = fake_413;
	R.backend.state = 10;
	rig_start(&R);
	rig_push(&R, 1, 100);
	rig_settle(&R);
	assert_int_equal(rig_check(&R).sent_points, 100);
	assert_int_equal(rig_check(&R).queue.records, 0);
	rig_all_seen_once(&R);
}

static void one_point_that_is_too_big_is_dropped(void **state)
{
	(void)state;
	R.backend.script = fake_413;
	R.backend.state = 0;
	rig_start(&R);
	rig_push(&R, 1, 9);
	rig_settle(&R);
	assert_int_equal(rig_check(&R).dropped_points[TEL__DROP_TOO_LARGE], 9);
	assert_int_equal(rig_check(&R).queue.records, 0);
}

static void a_send_that_cannot_start_is_tried_again(void **state)
{
	(void)state;
	rig_start(&R);
	R.backend.refuse_sends = 2;
	rig_push(&R, 1, 5);
	rig_settle(&R);
	rig_advance(&R, 10 * SECOND);
	rig_advance(&R, 15 * SECOND);
	assert_int_equal(rig_check(&R).sent_points, 5);
}

/* ---- circuit ---- */

static void a_dead_backend_gets_one_probe_at_a_time(void **state)
{
	(void)state;
	R.backend.script = fake_unavailable;
	rig_start(&R);
	rig_push(&R, 500, 1);
	rig_settle(&R);
	assert_true(rig_check(&R).circuit_open);
	size_t calls = R.backend.call_count;
	R.backend.most_pending = R.backend.pending;
	for (int i = 0; i < 120; i++) {
		rig_advance(&R, 1 * SECOND);
		assert_true(R.backend.most_pending <= 1);
	}
	/* one probe per backoff interval, not one per consumer: 5 + 7.5 + 11.25 + ... with jitter */
	assert_in_range(R.backend.call_count - calls, 4, 14);
}

static void a_backend_that_comes_back_gets_everything_at_once(void **state)
{
	(void)state;
	R.backend.script = fake_unavailable;
	rig_start(&R);
	rig_push(&R, 500, 1);
	for (int i = 0; i < 60; i++)
		rig_advance(&R, 1 * SECOND);
	R.backend.script = fake_ok;
	for (int i = 0; i < 46; i++)
		rig_advance(&R, 1 * SECOND);
	assert_int_equal(rig_check(&R).sent_points, 500);
	assert_false(rig_check(&R).circuit_open);
	rig_all_seen_once(&R);
}

static bool poison_first(fake_exporter *x, const fake_call *call, tel__export_outcome *o)
{
	return call->points == 13 ? fake_unavailable(x, call, o) : fake_ok(x, call, o);
}

static void a_poisoned_batch_does_not_hold_the_others(void **state)
{
	(void)state;
	R.backend.script = poison_first;
	R.retry.max_elapsed_time = 0;
	rig_start(&R);
	rig_push(&R, 1, 13);
	for (int i = 0; i < 100; i++)
		rig_advance(&R, 1 * SECOND);
	assert_true(rig_check(&R).circuit_open);
	rig_push(&R, 50, 1);
	for (int i = 0; i < 100; i++)
		rig_advance(&R, 1 * SECOND);
	assert_int_equal(rig_check(&R).sent_points, 50);
	assert_int_equal(rig_check(&R).queued_points, 13);
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
	R.backend.script = unauthenticated;
	rig_start(&R);
	rig_push(&R, 10, 1);
	rig_settle(&R);
	R.backend.most_pending = 0;
	rig_push(&R, 100, 1);
	rig_settle(&R);
	assert_int_equal(R.backend.most_pending, 1);
	assert_int_equal(rig_check(&R).dropped_points[TEL__DROP_PERMANENT], 110);
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
	R.backend.script = hinting;
	rig_start(&R);
	rig_push(&R, 1, 1);
	rig_settle(&R);
	rig_advance(&R, 19999 * MS);
	assert_int_equal(R.backend.call_count, 1);
	rig_advance(&R, 1 * MS);
	assert_int_equal(R.backend.call_count, 2);
}

/* ---- birth ---- */

static void storage_and_unknown_codings_are_refused_clearly(void **state)
{
	(void)state;
	tel__sender *s = NULL;
	tel_error err = TEL_ERROR_INIT;
	rig_start(&R);
	R.queue.storage = TEL_SLICE_LIT("file_storage");
	assert_err(tel__sender_new(&R.opts, &s, &err), TEL_ERR_UNSUPPORTED);
	assert_non_null(strstr(err.msg, "no storage client extension found"));
	R.queue.storage.len = 0;
	R.settings.coding = "lz4";
	assert_err(tel__sender_new(&R.opts, &s, &err), TEL_ERR_ARG);
	assert_non_null(strstr(err.msg, "unsupported compression type \"lz4\""));
	assert_null(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_CASE(a_record_is_a_request_without_batching),
		RIG_CASE(consumers_bound_the_requests_in_flight),
		RIG_CASE(a_full_queue_refuses_and_recovers),
		RIG_CASE(batches_go_out_when_they_reach_their_size),
		RIG_CASE(a_batch_waits_for_its_timeout),
		RIG_CASE(a_large_record_is_cut_into_batches),
		RIG_CASE(records_at_the_border_are_cut_and_nothing_is_lost),
		RIG_CASE(a_batch_without_maximum_takes_the_record_that_reaches_its_size),
		RIG_CASE(a_batch_of_size_zero_sends_every_arrival_cut_to_its_maximum),
		RIG_CASE(the_queue_s_own_batch_wins),
		RIG_CASE(batches_may_count_bytes),
		RIG_CASE(groups_are_never_mixed),
		RIG_CASE(requests_above_the_byte_limit_are_cut),
		RIG_CASE(retries_follow_the_backoff),
		RIG_CASE(data_is_dropped_when_no_retries_are_left),
		RIG_CASE(nothing_is_dropped_without_an_elapsed_limit),
		RIG_CASE(permanent_errors_drop_at_once),
		RIG_CASE(without_retry_one_failure_drops),
		RIG_CASE(rejected_points_are_clamped_to_the_request),
		RIG_CASE(a_request_that_is_too_big_is_halved),
		RIG_CASE(one_point_that_is_too_big_is_dropped),
		RIG_CASE(a_send_that_cannot_start_is_tried_again),
		RIG_CASE(a_dead_backend_gets_one_probe_at_a_time),
		RIG_CASE(a_backend_that_comes_back_gets_everything_at_once),
		RIG_CASE(a_poisoned_batch_does_not_hold_the_others),
		RIG_CASE(a_backend_that_refuses_our_credentials_sees_one_request_at_a_time),
		RIG_CASE(a_hint_of_the_server_is_honoured),
		RIG_CASE(storage_and_unknown_codings_are_refused_clearly),
	};
	return cmocka_run_group_tests_name("sink/sender", tests, NULL, NULL);
}
