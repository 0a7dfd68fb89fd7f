/* SPDX-License-Identifier: Apache-2.0 */
/* Callers that wait: for the result of a sender without queue, for their deadline, for room in a queue that blocks. */
#include "sink/sender_rig.h"

static void without_a_queue_the_status_travels_back(void **state)
{
	(void)state;
	R.backend.script = fake_permanent;
	R.settings.queue = NULL;
	rig_start(&R);
	assert_true(tel__sender_waits(R.sender));
	rig_push(&R, 1, 4);
	assert_int_equal(R.settled_ok + R.settled_permanent, 0);
	rig_settle(&R);
	assert_int_equal(R.settled_permanent, 1);
	assert_int_equal(R.last_status, 3);
	assert_int_equal(rig_check(&R).returned_points, 4);
	R.backend.script = fake_ok;
	rig_push(&R, 2, 4);
	rig_settle(&R);
	assert_int_equal(R.settled_ok, 2);
}

static void behind_a_batch_nobody_waits(void **state)
{
	(void)state;
	R.backend.script = fake_permanent;
	rig_fold(&R, 10, 10, 200 * MS);
	R.settings.queue = NULL;
	rig_start(&R);
	rig_push(&R, 1, 4);
	assert_int_equal(R.settled_ok, 1);
	rig_advance(&R, 200 * MS);
	assert_int_equal(rig_check(&R).dropped_points[TEL__DROP_PERMANENT], 4);
}

static void a_cut_record_is_answered_once_with_its_worst_result(void **state)
{
	(void)state;
	R.backend.script = fake_hang;
	rig_fold(&R, 10, 10, 200 * MS);
	R.queue.wait_for_result = true;
	R.retry.enabled = false;
	rig_start(&R);
	rig_push(&R, 1, 30);
	rig_settle(&R);
	assert_int_equal(R.backend.pending, 3);
	tel__export_outcome ok = { TEL__EXPORT_OK, 0, 0, 0, { NULL, 0 } };
	tel__export_outcome bad = { TEL__EXPORT_PERMANENT, 0, 0, 3, TEL_SLICE_LIT("bad") };
	for (size_t i = 0; i < 3; i++) {
		fake_call *c = &R.backend.calls[i];
		c->pending = false;
		R.backend.pending--;
		R.backend.delivered += i == 1 ? 0 : 10;
		c->done(c->user, i == 1 ? &bad : &ok);
		rig_check(&R);
		assert_int_equal(R.settled_permanent, i == 2 ? 1 : 0);
	}
	assert_int_equal(R.settled_ok, 0);
}

static void callers_deadline_ends_the_retries(void **state)
{
	(void)state;
	R.backend.script = fake_unavailable;
	R.settings.queue = NULL;
	rig_start(&R);
	assert_ok(rig_push_group(&R, 0, 4, R.clock.mono_ns + 20 * SECOND));
	for (int i = 0; i < 21; i++)
		rig_advance(&R, 1 * SECOND);
	assert_int_equal(R.settled_retry, 1);
	assert_int_equal(R.last_status, 14);
}

static void callers_behind_a_dead_backend_hear_at_their_deadline(void **state)
{
	(void)state;
	R.backend.script = fake_hang;
	R.queue.wait_for_result = true;
	R.queue.num_consumers = 1;
	rig_start(&R);
	for (int i = 0; i < 5; i++)
		assert_ok(rig_push_group(&R, 0, 4, R.clock.mono_ns + 2 * SECOND));
	assert_ok(rig_push_group(&R, 0, 4, R.clock.mono_ns + 9 * SECOND));
	rig_settle(&R);
	rig_advance(&R, 1999 * MS);
	assert_int_equal(R.settled_retry, 0);
	rig_advance(&R, 1 * MS);
	assert_int_equal(R.settled_retry, 4); /* the first is at the backend */
	assert_int_equal(rig_check(&R).queue.records, 2);
	rig_advance(&R, 7 * SECOND);
	assert_int_equal(R.settled_retry, 5);
	assert_int_equal(rig_check(&R).returned_points, 20);
}

static void silent(void *user, tel_err err, const tel__export_outcome *outcome)
{
	(void)user, (void)err, (void)outcome;
	fail_msg("settled after cancel");
}

static void what_is_taken_back_is_never_sent_nor_answered(void **state)
{
	(void)state;
	int name;
	R.queue.wait_for_result = true;
	rig_start(&R);
	assert_ok(fake_commit(R.sender, 0, 0, 6, R.clock.mono_ns, UINT64_MAX, silent, &name));
	assert_true(tel__sender_cancel(R.sender, 0, silent, &name));
	assert_false(tel__sender_cancel(R.sender, 0, silent, &name));
	rig_settle(&R);
	assert_int_equal(R.backend.call_count, 0);
	assert_int_equal(rig_check(&R).dropped_points[TEL__DROP_CANCELLED], 6);
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
	R.backend.script = fake_hang;
	R.queue.queue_size = 2;
	R.queue.block_on_overflow = true;
	rig_start(&R);
	rig_push(&R, 2, 1);
	assert_err(rig_push_group(&R, 0, 1, UINT64_MAX), TEL_ERR_AGAIN);
	blocked b[3];
	for (size_t i = 0; i < 3; i++) {
		b[i] = (blocked){ .r = &R, .w = { .on_room = on_room, .user = &b[i] } };
		tel__sender_wait_room(R.sender, &b[i].w);
	}
	tel__sender_unwait_room(R.sender, &b[1].w);
	rig_settle(&R);
	assert_int_equal(b[0].called, 0);
	R.backend.script = fake_ok;
	rig_settle(&R);
	assert_int_equal(b[0].called, 1);
	assert_int_equal(b[1].called, 0);
	assert_int_equal(b[2].called, 1);
	assert_int_equal(b[0].result, TEL_OK);
	assert_int_equal(rig_check(&R).sent_points, 4);
	assert_int_equal(rig_check(&R).enqueue_failed_points, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_CASE(room_is_waited_for_when_the_queue_blocks),
		RIG_CASE(without_a_queue_the_status_travels_back),
		RIG_CASE(behind_a_batch_nobody_waits),
		RIG_CASE(a_cut_record_is_answered_once_with_its_worst_result),
		RIG_CASE(callers_deadline_ends_the_retries),
		RIG_CASE(callers_behind_a_dead_backend_hear_at_their_deadline),
		RIG_CASE(what_is_taken_back_is_never_sent_nor_answered),
	};
	return cmocka_run_group_tests_name("sink/sender_waiting", tests, NULL, NULL);
}
