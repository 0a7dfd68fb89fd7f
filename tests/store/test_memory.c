/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf_i.h"
#include "base/limits.h"
#include "store/late_queue.h"
#include "store/queue.h"
#include "torture/torture.h"

enum { MS = 1000000 };

/* Counts what is allocated, and fails at the n-th allocation from now (0 = never). */
typedef struct meter {
	size_t held, peak;
	uint64_t fail_in;
} meter;

static void *meter_resize(void *user, void *ptr, size_t old_size, size_t new_size)
{
	meter *m = user;
	if (new_size > old_size && m->fail_in && --m->fail_in == 0)
		return NULL;
	m->held = m->held - (ptr ? old_size : 0) + new_size;
	m->peak = m->held > m->peak ? m->held : m->peak;
	if (new_size)
		return realloc(ptr, new_size);
	free(ptr);
	return NULL;
}

static uint64_t rnd(uint64_t *state)
{
	uint64_t x = *state;
	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}

static void keep_err(void *user, tel_err err)
{
	*(tel_err *)user = err;
}

static tel_err put_at(tel__queue *q, tel_slice bytes, uint64_t points, uint32_t group, uint64_t mono_ns)
{
	tel__queue_room room = { 0 };
	tel_err e = q->ops->reserve(q, bytes.len, points, group, &room);
	if (e)
		return e;
	tel__queue_record record = { .slices = &bytes, .slice_count = 1, .bytes = bytes.len, .must_copy = true,
	                             .points = points, .group = group, .mono_ns = mono_ns };
	e = TEL_ERR_FATAL;
	q->ops->commit(q, &room, &record, keep_err, &e);
	assert_false(room.held);
	return e;
}

static tel_err put(tel__queue *q, const char *text, uint64_t points)
{
	return put_at(q, tel__slice_str(text), points, 0, 1);
}

static tel__queue *queue_new(tel__queue_sizer sizer, uint64_t capacity)
{
	tel__queue *q = NULL;
	tel__queue_opts opts = { .sizer = sizer, .capacity = capacity, .groups = 1 };
	assert_int_equal(tel__queue_memory_new(&opts, &q, NULL), TEL_OK);
	return q;
}

static const tel__queue_want all = { 0 };

static void item_is(const tel__queue_item *item, const char *text)
{
	size_t count, at = 0;
	const tel_slice *slices = tel__queue_item_slices(item, &count);
	assert_int_equal(item->bytes, strlen(text));
	for (size_t i = 0; i < count; i++) {
		assert_memory_equal(slices[i].ptr, text + at, slices[i].len);
		at += slices[i].len;
	}
	assert_int_equal(at, item->bytes);
}

static void neighbours_are_lent_as_one_run(void **state)
{
	(void)state;
	tel__queue *q = queue_new(TEL__SIZER_REQUESTS, 10);
	assert_int_equal(put(q, "ab", 1), TEL_OK);
	assert_int_equal(put(q, "cd", 2), TEL_OK);
	assert_int_equal(put(q, "ef", 4), TEL_OK);
	tel__queue_item item;
	assert_true(q->ops->next(q, 0, &all, &item));
	item_is(&item, "abcdef");
	assert_int_equal(item.records, 3);
	assert_int_equal(item.points, 7);
	assert_false(q->ops->next(q, 0, &all, &item));
	tel__queue_free(q);
}

static void want_bounds_a_run_but_one_record_is_always_lent(void **state)
{
	(void)state;
	tel__queue *q = queue_new(TEL__SIZER_REQUESTS, 10);
	assert_int_equal(put(q, "ab", 5), TEL_OK);
	assert_int_equal(put(q, "cd", 2), TEL_OK);
	assert_int_equal(put(q, "ef", 2), TEL_OK);
	assert_int_equal(put(q, "gh", 2), TEL_OK);
	tel__queue_item item;
	assert_true(q->ops->next(q, 0, &(tel__queue_want){ .points = 4 }, &item));
	item_is(&item, "ab");
	assert_true(q->ops->next(q, 0, &(tel__queue_want){ .points = 4 }, &item));
	item_is(&item, "cdef");
	assert_true(q->ops->next(q, 0, NULL, &item));
	item_is(&item, "gh");
	tel__queue_free(q);
}

static void nacked_records_come_first_again(void **state)
{
	(void)state;
	tel__queue *q = queue_new(TEL__SIZER_REQUESTS, 10);
	for (const char *t = "abcd"; *t; t++)
		assert_int_equal(put_at(q, (tel_slice){ t, 1 }, 1, 0, 1), TEL_OK);
	tel__queue_item item, again;
	assert_true(q->ops->next(q, 0, &(tel__queue_want){ .records = 3 }, &item));
	q->ops->nack(q, item.first_id + 1, 1);
	assert_true(q->ops->next(q, 0, &all, &again));
	item_is(&again, "b");
	q->ops->nack(q, again.first_id, 1);
	q->ops->ack(q, item.first_id, 1);
	q->ops->nack(q, item.first_id + 2, 1);
	assert_true(q->ops->next(q, 0, &all, &again));
	item_is(&again, "bcd");
	tel__queue_free(q);
}

static void records_in_flight_count_until_acked(void **state)
{
	(void)state;
	tel__queue *q = queue_new(TEL__SIZER_REQUESTS, 2);
	assert_int_equal(put(q, "a", 1), TEL_OK);
	assert_int_equal(put(q, "b", 1), TEL_OK);
	tel__queue_item item;
	assert_true(q->ops->next(q, 0, &all, &item));
	assert_int_equal(put(q, "c", 1), TEL_ERR_FULL);
	tel__queue_stats s;
	q->ops->stats(q, &s);
	assert_int_equal(s.size, 2);
	assert_int_equal(s.refused_records, 1);
	q->ops->ack(q, item.first_id, 1);
	assert_int_equal(put(q, "c", 1), TEL_OK);
	tel__queue_free(q);
}

static void room_that_is_held_counts_and_comes_back(void **state)
{
	(void)state;
	tel__queue *q = queue_new(TEL__SIZER_REQUESTS, 1);
	tel__queue_room room = { 0 };
	assert_int_equal(q->ops->reserve(q, 10, 1, 0, &room), TEL_OK);
	assert_int_equal(put(q, "a", 1), TEL_ERR_FULL);
	q->ops->unreserve(q, &room);
	assert_false(room.held);
	q->ops->unreserve(q, &room);
	assert_int_equal(put(q, "a", 1), TEL_OK);
	tel__queue_free(q);
}

static void items_and_bytes_refuse_what_never_fits(void **state)
{
	(void)state;
	tel__queue *q = queue_new(TEL__SIZER_ITEMS, 10);
	assert_int_equal(put(q, "a", 11), TEL_ERR_LIMIT);
	assert_int_equal(put(q, "a", 6), TEL_OK);
	assert_int_equal(put(q, "a", 5), TEL_ERR_FULL);
	assert_int_equal(put(q, "a", 4), TEL_OK);
	tel__queue_stats s;
	q->ops->stats(q, &s);
	assert_int_equal(s.size, 10);
	assert_int_equal(s.capacity, 10);
	tel__queue_free(q);
	q = queue_new(TEL__SIZER_BYTES, 4);
	assert_int_equal(put(q, "abcde", 1), TEL_ERR_LIMIT);
	assert_int_equal(put(q, "abcd", 1), TEL_OK);
	assert_int_equal(put(q, "a", 1), TEL_ERR_FULL);
	tel__queue_free(q);
}

static void folded_group_holds_capacity_times_batch_points(void **state)
{
	(void)state;
	tel__queue *q = NULL;
	const uint64_t batch[] = { 1024, 0 };
	tel__queue_opts opts = { .sizer = TEL__SIZER_REQUESTS, .capacity = 256, .groups = 2, .batch_points = batch };
	assert_int_equal(tel__queue_memory_new(&opts, &q, NULL), TEL_OK);
	for (unsigned i = 0; i < 256 * 1024; i++)
		assert_int_equal(put(q, "x", 1), TEL_OK);
	assert_int_equal(put(q, "x", 1), TEL_ERR_FULL);
	assert_int_equal(put_at(q, TEL_SLICE_LIT("y"), 1, 1, 1), TEL_OK);
	tel__queue_stats s;
	q->ops->stats(q, &s);
	assert_int_equal(s.size, 257);
	assert_int_equal(s.capacity, 512);
	tel__queue_item item;
	assert_true(q->ops->next(q, 0, &all, &item));
	q->ops->ack(q, item.first_id, 1);
	q->ops->stats(q, &s);
	assert_int_equal(s.size, 257); /* 262143 points are still 256 requests */
	tel__queue_free(q);
}

static void folded_group_takes_one_record_of_any_size_when_empty(void **state)
{
	(void)state;
	tel__queue *q = NULL;
	const uint64_t batch[] = { 10 };
	tel__queue_opts opts = { .sizer = TEL__SIZER_REQUESTS, .capacity = 2, .groups = 1, .batch_points = batch };
	assert_int_equal(tel__queue_memory_new(&opts, &q, NULL), TEL_OK);
	assert_int_equal(put(q, "x", 50), TEL_OK);
	assert_int_equal(put(q, "x", 1), TEL_ERR_FULL);
	tel__queue_free(q);
}

static void resize(tel__queue *q, tel__queue_sizer sizer, uint64_t capacity, const uint64_t *batch)
{
	tel__queue_size size = { sizer, capacity, batch };
	q->ops->resize(q, &size);
}

static uint64_t size_of(tel__queue *q, uint64_t *ret_capacity)
{
	tel__queue_stats s;
	q->ops->stats(q, &s);
	*ret_capacity = s.capacity;
	return s.size;
}

static void smaller_capacity_keeps_what_is_held_and_takes_nothing_until_it_fits(void **state)
{
	(void)state;
	tel__queue *q = queue_new(TEL__SIZER_REQUESTS, 5);
	tel__queue_item item;
	uint64_t capacity;
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(put(q, "x", 1), TEL_OK);
	resize(q, TEL__SIZER_REQUESTS, 2, NULL);
	assert_int_equal(size_of(q, &capacity), 5);
	assert_int_equal(capacity, 2);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(put(q, "x", 1), TEL_ERR_FULL);
		assert_true(q->ops->next(q, 0, NULL, &item));
		q->ops->ack(q, item.first_id, 1);
	}
	assert_int_equal(put(q, "x", 1), TEL_ERR_FULL);
	assert_true(q->ops->next(q, 0, NULL, &item));
	q->ops->ack(q, item.first_id, 1);
	assert_int_equal(put(q, "x", 1), TEL_OK);
	assert_int_equal(put(q, "x", 1), TEL_ERR_FULL);
	tel__queue_free(q);
}

static void another_sizer_counts_what_is_held_and_reserved_anew(void **state)
{
	(void)state;
	static const uint64_t folded[] = { 10 };
	tel__queue *q = queue_new(TEL__SIZER_REQUESTS, 10);
	tel__queue_room room = { 0 };
	uint64_t capacity;
	assert_int_equal(put(q, "abc", 7), TEL_OK);
	assert_int_equal(put(q, "", 0), TEL_OK);
	assert_int_equal(q->ops->reserve(q, 5, 20, 0, &room), TEL_OK);
	resize(q, TEL__SIZER_ITEMS, 30, NULL);
	assert_int_equal(size_of(q, &capacity), 27);
	resize(q, TEL__SIZER_BYTES, 8, NULL);
	assert_int_equal(size_of(q, &capacity), 8);
	assert_int_equal(put(q, "x", 1), TEL_ERR_FULL);
	resize(q, TEL__SIZER_REQUESTS, 3, folded); /* 28 points, the empty record as one: 3 batches of 10 */
	assert_int_equal(size_of(q, &capacity), 3);
	assert_int_equal(capacity, 3);
	assert_int_equal(put(q, "x", 3), TEL_ERR_FULL);
	assert_int_equal(put(q, "x", 2), TEL_OK);
	q->ops->unreserve(q, &room);
	resize(q, TEL__SIZER_REQUESTS, 10, NULL);
	assert_int_equal(size_of(q, &capacity), 3);
	tel__queue_free(q);
}

static void groups_come_and_retire(void **state)
{
	(void)state;
	static const uint64_t plan[] = { TEL__QUEUE_RETIRED, 0, 100 };
	tel__queue *q = queue_new(TEL__SIZER_REQUESTS, 2);
	tel__queue_item item;
	uint64_t capacity;
	assert_int_equal(put(q, "old", 1), TEL_OK);
	assert_int_equal(q->ops->grow(q, 3), TEL_OK);
	assert_int_equal(q->ops->grow(q, 2), TEL_OK); /* never less */
	assert_int_equal(size_of(q, &capacity), 1);
	assert_int_equal(capacity, 2); /* nothing has changed yet */
	resize(q, TEL__SIZER_REQUESTS, 3, plan);
	assert_int_equal(size_of(q, &capacity), 1);
	assert_int_equal(capacity, 6); /* of the group that is folded, and of the one that is not */
	assert_int_equal(put_at(q, TEL_SLICE_LIT("new"), 1, 1, 1), TEL_OK);
	assert_int_equal(put_at(q, TEL_SLICE_LIT("big"), 250, 2, 1), TEL_OK);
	assert_true(q->ops->next(q, 0, NULL, &item));
	item_is(&item, "old");
	q->ops->ack(q, item.first_id, 1);
	assert_true(q->ops->next(q, 1, NULL, &item));
	item_is(&item, "new");
	q->ops->ack(q, item.first_id, 1);
	assert_int_equal(size_of(q, &capacity), 3);
	tel__queue_free(q);
}

static void groups_are_never_merged(void **state)
{
	(void)state;
	tel__queue *q = NULL;
	tel__queue_opts opts = { .sizer = TEL__SIZER_REQUESTS, .capacity = 9, .groups = 2 };
	assert_int_equal(tel__queue_memory_new(&opts, &q, NULL), TEL_OK);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(put_at(q, TEL_SLICE_LIT("a"), 1, 0, 1), TEL_OK);
		assert_int_equal(put_at(q, TEL_SLICE_LIT("b"), 1, 1, 1), TEL_OK);
	}
	tel__queue_item a, b;
	assert_true(q->ops->next(q, 0, &all, &a));
	assert_true(q->ops->next(q, 1, &all, &b));
	item_is(&a, "aaa");
	item_is(&b, "bbb");
	q->ops->ack(q, b.first_id, 3);
	q->ops->nack(q, a.first_id, 3);
	tel__queue_waiting w;
	q->ops->waiting(q, 0, &w);
	assert_int_equal(w.records, 3);
	q->ops->waiting(q, 1, &w);
	assert_int_equal(w.records, 0);
	tel__queue_free(q);
}

static void ages_are_kept(void **state)
{
	(void)state;
	tel__queue *q = queue_new(TEL__SIZER_REQUESTS, 9);
	tel__queue_stats s;
	q->ops->stats(q, &s);
	assert_int_equal(s.oldest_mono_ns, 0);
	assert_int_equal(put_at(q, TEL_SLICE_LIT("a"), 1, 0, 7000ULL * MS), TEL_OK);
	assert_int_equal(put_at(q, TEL_SLICE_LIT("b"), 1, 0, 9000ULL * MS), TEL_OK);
	tel__queue_item item;
	assert_true(q->ops->next(q, 0, NULL, &item));
	assert_int_equal(item.mono_ns, 7000ULL * MS);
	tel__queue_waiting w;
	q->ops->waiting(q, 0, &w);
	assert_in_range(w.oldest_mono_ns, 8998ULL * MS, 9000ULL * MS);
	q->ops->stats(q, &s);
	assert_int_equal(s.oldest_mono_ns, 7000ULL * MS);
	q->ops->ack(q, item.first_id, 1);
	q->ops->stats(q, &s);
	assert_in_range(s.oldest_mono_ns, 8998ULL * MS, 9000ULL * MS);
	tel__queue_free(q);
}

static void big_records_keep_references_and_let_go_at_ack(void **state)
{
	(void)state;
	tel__budget *budget = NULL;
	tel__queue *q = NULL;
	tel_buf *buf = NULL;
	assert_int_equal(tel__budget_new(NULL, 0, &budget), TEL_OK);
	tel__queue_opts opts = { .budget = budget, .sizer = TEL__SIZER_REQUESTS, .capacity = 9, .groups = 1 };
	assert_int_equal(tel__queue_memory_new(&opts, &q, NULL), TEL_OK);
	assert_int_equal(tel__buf_new(NULL, 100000, budget, &buf), TEL_OK);
	memset(tel__buf_room(buf), 'x', 100000);
	tel__buf_set_len(buf, 100000);
	tel_slice slices[2] = { { tel_buf_get(buf).ptr, 40000 }, { tel_buf_get(buf).ptr + 50000, 50000 } };
	tel__queue_room room = { 0 };
	assert_int_equal(q->ops->reserve(q, 90000, 3, 0, &room), TEL_OK);
	tel__queue_record record = { .slices = slices, .slice_count = 2, .bufs = &buf, .buf_count = 1, .bytes = 90000,
	                             .pinned_bytes = 100000, .charged_bytes = 100000, .points = 3, .mono_ns = 1 };
	tel_err e = TEL_ERR_FATAL;
	q->ops->commit(q, &room, &record, keep_err, &e);
	assert_int_equal(e, TEL_OK);
	assert_true(tel__buf_is_shared(buf));
	tel__queue_stats s;
	q->ops->stats(q, &s);
	assert_in_range(s.charged_bytes, 1, 16 * 1024); /* bookkeeping only: the buffer is charged already */
	tel__queue_item item;
	assert_true(q->ops->next(q, 0, &all, &item));
	size_t count;
	const tel_slice *lent = tel__queue_item_slices(&item, &count);
	assert_int_equal(count, 2);
	assert_ptr_equal(lent[1].ptr, slices[1].ptr);
	q->ops->ack(q, item.first_id, 1);
	assert_false(tel__buf_is_shared(buf));
	tel_buf_unref(buf);
	tel__queue_free(q);
	tel__budget_stats b;
	tel__budget_get(budget, &b);
	assert_int_equal(b.reserved, 0);
	tel__budget_unref(budget);
}

static void a_small_part_of_a_big_buffer_is_copied_out(void **state)
{
	(void)state;
	tel__queue *q = queue_new(TEL__SIZER_REQUESTS, 9);
	tel_buf *buf = NULL;
	assert_int_equal(tel__buf_new(NULL, 4 << 20, NULL, &buf), TEL_OK);
	tel__buf_set_len(buf, 4 << 20);
	memset(tel__buf_room(buf), 'x', 4 << 20);
	for (size_t bytes = 100; bytes <= 1000000; bytes *= 100) {
		tel_slice part = { tel_buf_get(buf).ptr, bytes };
		tel__queue_room room = { 0 };
		assert_int_equal(q->ops->reserve(q, bytes, 1, 0, &room), TEL_OK);
		tel__queue_record record = { .slices = &part, .slice_count = 1, .bufs = &buf, .buf_count = 1, .bytes = bytes,
		                             .pinned_bytes = 4 << 20, .points = 1, .mono_ns = 1 };
		tel_err e = TEL_ERR_FATAL;
		q->ops->commit(q, &room, &record, keep_err, &e);
		assert_int_equal(e, TEL_OK);
		assert_false(tel__buf_is_shared(buf));
	}
	tel_buf_unref(buf);
	tel__queue_free(q);
}

static void million_one_point_requests_cost_at_most_a_third_more(void **state)
{
	(void)state;
	static char body[200];
	meter m = { 0 };
	tel_alloc alloc = { meter_resize, &m };
	tel__queue *q = NULL;
	tel__queue_opts opts = { .alloc = &alloc, .sizer = TEL__SIZER_REQUESTS, .capacity = 2000000, .groups = 1 };
	assert_int_equal(tel__queue_memory_new(&opts, &q, NULL), TEL_OK);
	for (unsigned i = 0; i < 1000000; i++)
		assert_int_equal(put_at(q, (tel_slice){ body, sizeof(body) }, 1, 0, i), TEL_OK);
	assert_in_range(m.peak, 200000000, 260000000);
	print_message("# 10^6 records of 200 bytes take %zu bytes, %zu per record beside the bytes\n", m.held,
	              (m.held - 200000000) / 1000000);
	tel__queue_item item;
	size_t calls = 0;
	while (q->ops->next(q, 0, &(tel__queue_want){ .points = 1024 }, &item)) {
		q->ops->ack(q, item.first_id, item.records);
		calls++;
	}
	assert_in_range(calls, 1000, 10000);
	assert_in_range(m.held, 1, 1280 * 1024); /* spare chunks are kept for a while */
	tel__queue_free(q);
	assert_int_equal(m.held, 0);
}

static void budget_refuses_and_gets_everything_back(void **state)
{
	(void)state;
	static char body[1000];
	tel__budget *budget = NULL;
	tel__queue *q = NULL;
	assert_int_equal(tel__budget_new(NULL, 1 << 20, &budget), TEL_OK);
	tel__queue_opts opts = { .budget = budget, .sizer = TEL__SIZER_REQUESTS, .capacity = 1000000, .groups = 1 };
	assert_int_equal(tel__queue_memory_new(&opts, &q, NULL), TEL_OK);
	unsigned taken = 0;
	tel_err e;
	while ((e = put_at(q, (tel_slice){ body, sizeof(body) }, 1, 0, 1)) == TEL_OK)
		taken++;
	assert_int_equal(e, TEL_ERR_BUDGET);
	assert_in_range(taken, 800, 1048);
	tel__queue_free(q);
	tel__budget_stats b;
	tel__budget_get(budget, &b);
	assert_int_equal(b.reserved, 0);
	tel__budget_unref(budget);
}

static void commit_without_memory_leaves_no_trace(void **state)
{
	(void)state;
	static char body[1000];
	meter m = { 0 };
	tel_alloc alloc = { meter_resize, &m };
	for (uint64_t fail = 1; fail < 8; fail++) {
		tel__budget *budget = NULL;
		tel__queue *q = NULL;
		assert_int_equal(tel__budget_new(NULL, 0, &budget), TEL_OK);
		tel__queue_opts opts = { .alloc = &alloc, .budget = budget, .sizer = TEL__SIZER_REQUESTS, .capacity = 1000000,
		                         .groups = 1 };
		assert_int_equal(tel__queue_memory_new(&opts, &q, NULL), TEL_OK);
		m.fail_in = fail;
		uint64_t held = 0, failed = 0;
		while (held < 2000) {
			if (put_at(q, (tel_slice){ body, sizeof(body) }, 2, 0, 1) == TEL_OK)
				held++;
			else
				failed++;
			tel__queue_stats s;
			q->ops->stats(q, &s);
			assert_int_equal(s.records, held);
			assert_int_equal(s.points, 2 * held);
			assert_int_equal(s.size, held);
		}
		assert_int_equal(failed, 1);
		m.fail_in = 0;
		tel__queue_free(q);
		tel__budget_stats b;
		tel__budget_get(budget, &b);
		assert_int_equal(b.reserved, 0);
		tel__budget_unref(budget);
		assert_int_equal(m.held, 0);
	}
}

/* Every kind of chunk, and a chunk that is copied into a smaller one. */
static tel_err queue_life(const tel_alloc *alloc, void *user)
{
	static char body[100000];
	static const size_t lens[] = { 9000, 9000, 9000, 9000, 9000, 9000, 9000, 40000, 90000, 100 };
	tel__queue *q = NULL;
	tel_buf *buf = NULL;
	(void)user;
	tel__queue_opts opts = { .alloc = alloc, .sizer = TEL__SIZER_REQUESTS, .capacity = 100, .groups = 1 };
	tel_err first = tel__queue_memory_new(&opts, &q, NULL);
	if (first)
		return first;
	tel_err e = tel_buf_copy(NULL, (tel_slice){ body, sizeof(body) }, &buf);
	assert_int_equal(e, TEL_OK);
	uint64_t taken = 0;
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		tel_slice part = { tel_buf_get(buf).ptr, lens[i] };
		tel__queue_room room = { 0 };
		assert_int_equal(q->ops->reserve(q, part.len, 1, 0, &room), TEL_OK);
		tel__queue_record record = { .slices = &part, .slice_count = 1, .bufs = &buf, .buf_count = 1, .bytes = part.len,
		                             .pinned_bytes = sizeof(body), .points = 1, .mono_ns = 1 };
		q->ops->commit(q, &room, &record, keep_err, &e);
		taken += e == TEL_OK;
		first = first ? first : e;
	}
	tel__queue_item item;
	tel__queue_stats s;
	q->ops->stats(q, &s);
	assert_int_equal(s.records, taken);
	assert_int_equal(s.size, taken);
	while (q->ops->next(q, 0, &(tel__queue_want){ .records = 2 }, &item)) {
		q->ops->nack(q, item.first_id, item.records);
		assert_true(q->ops->next(q, 0, NULL, &item));
		q->ops->ack(q, item.first_id, 1);
		taken--;
	}
	assert_int_equal(taken, 0);
	tel_buf_unref(buf);
	tel__queue_free(q);
	return first;
}

static void queue_survives_refused_allocations(void **state)
{
	(void)state;
	torture_alloc(queue_life, NULL);
}

static uint64_t filled_and_drained(tel__queue *q, unsigned records, uint64_t mono_ns)
{
	static char body[10000];
	tel__queue_item item;
	tel__queue_stats s;
	for (unsigned i = 0; i < records; i++)
		assert_int_equal(put_at(q, (tel_slice){ body, sizeof(body) }, 1, 0, mono_ns), TEL_OK);
	while (q->ops->next(q, 0, &all, &item))
		q->ops->ack(q, item.first_id, item.records);
	q->ops->stats(q, &s);
	assert_int_equal(s.records, 0);
	return s.charged_bytes;
}

static void empty_chunks_are_kept_for_a_second_of_use(void **state)
{
	(void)state;
	tel__queue *q = queue_new(TEL__SIZER_REQUESTS, 10000);
	uint64_t after_burst = filled_and_drained(q, 1000, 5000ULL * MS);
	assert_in_range(after_burst, 16 * TEL_LIMIT_CHUNK_BYTES, 18 * TEL_LIMIT_CHUNK_BYTES);
	/* One chunk is enough for a while: the others go at the end of a whole second without need. */
	assert_in_range(filled_and_drained(q, 1, 5500ULL * MS), 16 * TEL_LIMIT_CHUNK_BYTES, after_burst);
	(void)filled_and_drained(q, 1, 6600ULL * MS);
	assert_in_range(filled_and_drained(q, 1, 7700ULL * MS), 1, 3 * TEL_LIMIT_CHUNK_BYTES);
	tel__queue_free(q);
}

static void empty_chunks_make_room_when_the_budget_is_short(void **state)
{
	(void)state;
	tel__budget *budget = NULL;
	tel__queue *q = NULL;
	assert_int_equal(tel__budget_new(NULL, 2 << 20, &budget), TEL_OK);
	tel__queue_opts opts = { .budget = budget, .sizer = TEL__SIZER_REQUESTS, .capacity = 10000, .groups = 1 };
	assert_int_equal(tel__queue_memory_new(&opts, &q, NULL), TEL_OK);
	uint64_t kept = filled_and_drained(q, 150, 1);
	assert_in_range(kept, 1 << 20, 2 << 20);
	tel__queue_room room = { 0 };
	assert_int_equal(q->ops->reserve(q, (2 << 20) - 200000, 1, 0, &room), TEL_OK);
	q->ops->unreserve(q, &room);
	tel__queue_stats s;
	q->ops->stats(q, &s);
	assert_in_range(s.charged_bytes, 1, 2 * TEL_LIMIT_CHUNK_BYTES);
	tel__queue_free(q);
	tel__budget_unref(budget);
}

/* The model: what the queue should hold, as plain arrays. */

enum { MODEL_MAX = 4096, MODEL_GROUPS = 3 };

typedef struct model_record {
	uint64_t id; /* known once it was lent */
	uint32_t tag, len, points;
	enum { MODEL_WAITING, MODEL_LENT, MODEL_GONE } at;
} model_record;

typedef struct model_group {
	model_record records[MODEL_MAX];
	size_t count;
	uint64_t first_id;
	bool known;
} model_group;

typedef struct model {
	model_group groups[MODEL_GROUPS];
	uint64_t seed;
	tel__queue *q;
	char *scratch;
	tel_buf *big;
} model;

/* The bytes of a record follow from its tag. */
static char byte_of(uint32_t tag, size_t i)
{
	return (char)(tag * 31 + i * 7 + (i >> 8));
}

static void model_put(model *m)
{
	static const size_t lens[] = { 0, 1, 50, 900, 5000, 31000, 33000, 70000 };
	uint32_t g = (uint32_t)(rnd(&m->seed) % MODEL_GROUPS);
	model_group *mg = &m->groups[g];
	if (mg->count == MODEL_MAX)
		return;
	model_record r = { .tag = (uint32_t)rnd(&m->seed), .points = (uint32_t)(rnd(&m->seed) % 5),
	                   .len = (uint32_t)(lens[rnd(&m->seed) % 8] + rnd(&m->seed) % 3) };
	bool by_reference = rnd(&m->seed) % 2;
	tel_buf *buf = NULL;
	assert_int_equal(tel__buf_new(NULL, r.len + 1, NULL, &buf), TEL_OK);
	for (size_t i = 0; i < r.len; i++)
		tel__buf_room(buf)[i] = byte_of(r.tag, i);
	tel__buf_set_len(buf, r.len);
	size_t cut = r.len ? rnd(&m->seed) % r.len : 0;
	tel_slice slices[2] = { { tel_buf_get(buf).ptr, cut }, { tel_buf_get(buf).ptr + cut, r.len - cut } };
	tel__queue_room room = { 0 };
	if (m->q->ops->reserve(m->q, r.len, r.points, g, &room) == TEL_OK) {
		tel__queue_record record = { .slices = slices, .slice_count = 2, .bufs = &buf, .buf_count = 1, .bytes = r.len,
		                             .pinned_bytes = r.len + 1, .must_copy = !by_reference, .points = r.points,
		                             .group = g, .mono_ns = 5 };
		if (rnd(&m->seed) % 8 == 0) {
			m->q->ops->unreserve(m->q, &room);
		} else {
			tel_err e = TEL_ERR_FATAL;
			m->q->ops->commit(m->q, &room, &record, keep_err, &e);
			assert_int_equal(e, TEL_OK);
			mg->records[mg->count++] = r;
		}
	}
	tel_buf_unref(buf);
}

static void model_next(model *m)
{
	uint32_t g = (uint32_t)(rnd(&m->seed) % MODEL_GROUPS);
	model_group *mg = &m->groups[g];
	tel__queue_want want = { .points = rnd(&m->seed) % 20, .bytes = rnd(&m->seed) % 2 ? 0 : 3000,
	                         .records = (uint32_t)(rnd(&m->seed) % 6) };
	tel__queue_item item;
	size_t first = 0;
	while (first < mg->count && mg->records[first].at != MODEL_WAITING)
		first++;
	bool got = m->q->ops->next(m->q, g, &want, &item);
	assert_int_equal(got, first < mg->count);
	if (!got)
		return;
	if (!mg->known)
		mg->first_id = item.first_id - first;
	mg->known = true;
	assert_int_equal(item.first_id, mg->first_id + first);
	size_t count, at = 0;
	uint64_t points = 0;
	const tel_slice *slices = tel__queue_item_slices(&item, &count);
	for (size_t i = 0; i < count; i++) {
		if (slices[i].len)
			memcpy(m->scratch + at, slices[i].ptr, slices[i].len);
		at += slices[i].len;
	}
	assert_int_equal(at, item.bytes);
	at = 0;
	for (size_t i = first; i < first + item.records; i++) {
		model_record *r = &mg->records[i];
		assert_int_equal(r->at, MODEL_WAITING);
		for (size_t b = 0; b < r->len; b++)
			if (m->scratch[at + b] != byte_of(r->tag, b))
				fail_msg("byte %zu of record %zu differs", b, i);
		r->at = MODEL_LENT;
		at += r->len;
		points += r->points;
	}
	assert_int_equal(at, item.bytes);
	assert_int_equal(points, item.points);
	assert_true(item.records == 1 || ((!want.points || points <= want.points) && (!want.bytes || at <= want.bytes)));
}

/* Acks or nacks a run that starts at a random lent record. */
static void model_answer(model *m)
{
	model_group *mg = &m->groups[rnd(&m->seed) % MODEL_GROUPS];
	if (!mg->count)
		return;
	size_t first = rnd(&m->seed) % mg->count;
	while (first < mg->count && mg->records[first].at != MODEL_LENT)
		first++;
	size_t end = first, most = 1 + rnd(&m->seed) % 10;
	while (end < mg->count && end - first < most && mg->records[end].at == MODEL_LENT)
		end++;
	if (end == first)
		return;
	bool ack = rnd(&m->seed) % 4 != 0;
	for (size_t i = first; i < end; i++)
		mg->records[i].at = ack ? MODEL_GONE : MODEL_WAITING;
	if (ack)
		m->q->ops->ack(m->q, mg->first_id + first, (uint32_t)(end - first));
	else
		m->q->ops->nack(m->q, mg->first_id + first, (uint32_t)(end - first));
}

static void model_check(model *m)
{
	tel__queue_stats s, want = { 0 };
	m->q->ops->stats(m->q, &s);
	for (uint32_t g = 0; g < MODEL_GROUPS; g++) {
		tel__queue_waiting w, ww = { 0 };
		m->q->ops->waiting(m->q, g, &w);
		for (size_t i = 0; i < m->groups[g].count; i++) {
			const model_record *r = &m->groups[g].records[i];
			if (r->at == MODEL_GONE)
				continue;
			want.records++;
			want.points += r->points;
			want.bytes += r->len;
			want.lent_records += r->at == MODEL_LENT;
			ww.records += r->at == MODEL_WAITING;
			ww.points += r->at == MODEL_WAITING ? r->points : 0;
			ww.bytes += r->at == MODEL_WAITING ? r->len : 0;
		}
		assert_int_equal(w.records, ww.records);
		assert_int_equal(w.points, ww.points);
		assert_int_equal(w.bytes, ww.bytes);
	}
	assert_int_equal(s.records, want.records);
	assert_int_equal(s.points, want.points);
	assert_int_equal(s.bytes, want.bytes);
	assert_int_equal(s.size, want.records);
	assert_int_equal(s.lent_records, want.lent_records);
}

static void queue_agrees_with_a_model(void **state)
{
	(void)state;
	char *scratch = malloc(1 << 20);
	assert_non_null(scratch);
	for (uint64_t seed = 1; seed <= 20; seed++) {
		meter mm = { 0 };
		tel_alloc alloc = { meter_resize, &mm };
		tel__budget *budget = NULL;
		assert_int_equal(tel__budget_new(NULL, 0, &budget), TEL_OK);
		model *m = calloc(1, sizeof(*m));
		assert_non_null(m);
		m->seed = seed * 0x9e3779b97f4a7c15ULL;
		m->scratch = scratch;
		tel__queue_opts opts = { .alloc = &alloc, .budget = budget, .sizer = TEL__SIZER_REQUESTS, .capacity = 300,
		                         .groups = MODEL_GROUPS };
		assert_int_equal(tel__queue_memory_new(&opts, &m->q, NULL), TEL_OK);
		/* Seeds differ in whether the queue tends to run full or empty. */
		for (unsigned step = 0; step < 3000; step++) {
			uint64_t what = rnd(&m->seed) % 100;
			if (what < 30 + seed)
				model_put(m);
			else if (what < 60)
				model_next(m);
			else
				model_answer(m);
			if (step % 97 == 0) { /* a reload in between, there and back, leaves no trace */
				static const uint64_t some[MODEL_GROUPS + 8] = { 7, TEL__QUEUE_RETIRED };
				resize(m->q, step % 2 ? TEL__SIZER_BYTES : TEL__SIZER_ITEMS, 1, some);
				resize(m->q, TEL__SIZER_REQUESTS, 2, some);
				assert_int_equal(m->q->ops->grow(m->q, MODEL_GROUPS + step / 500), TEL_OK);
				resize(m->q, TEL__SIZER_REQUESTS, 300, NULL);
			}
			if (step % 64 == 0)
				model_check(m);
		}
		model_check(m);
		tel__queue_free(m->q);
		assert_int_equal(mm.held, 0);
		tel__budget_stats b;
		tel__budget_get(budget, &b);
		assert_int_equal(b.reserved, 0);
		tel__budget_unref(budget);
		free(m);
	}
	free(scratch);
}

static void late_queue_completes_when_told(void **state)
{
	(void)state;
	tel__queue_opts opts = { .sizer = TEL__SIZER_REQUESTS, .capacity = 3, .groups = 1 };
	tel__queue *q = late_queue_new(&opts);
	assert_non_null(q);
	tel_slice bytes = TEL_SLICE_LIT("abc");
	tel_err e[3] = { TEL_ERR_FATAL, TEL_ERR_FATAL, TEL_ERR_FATAL };
	for (unsigned i = 0; i < 3; i++) {
		tel__queue_room room = { 0 };
		assert_int_equal(q->ops->reserve(q, 3, 1 + i, 0, &room), TEL_OK);
		tel__queue_record record = { .slices = &bytes, .slice_count = 1, .bytes = 3, .must_copy = true, .points = 1 + i,
		                             .mono_ns = 1 };
		q->ops->commit(q, &room, &record, keep_err, &e[i]);
	}
	tel__queue_item item;
	assert_int_equal(late_queue_pending(q), 3);
	assert_false(q->ops->next(q, 0, &all, &item));
	assert_int_equal(put(q, "x", 1), TEL_ERR_FULL);
	late_queue_step(q, 2, TEL_OK);
	late_queue_step(q, 0, TEL_ERR_IO);
	assert_int_equal(e[0], TEL_ERR_IO);
	assert_int_equal(e[1], TEL_ERR_FATAL);
	assert_int_equal(e[2], TEL_OK);
	assert_true(q->ops->next(q, 0, &all, &item));
	assert_int_equal(item.points, 3);
	tel__queue_free(q);
	assert_int_equal(e[1], TEL_ERR_CANCELLED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(neighbours_are_lent_as_one_run),
		cmocka_unit_test(want_bounds_a_run_but_one_record_is_always_lent),
		cmocka_unit_test(nacked_records_come_first_again),
		cmocka_unit_test(records_in_flight_count_until_acked),
		cmocka_unit_test(room_that_is_held_counts_and_comes_back),
		cmocka_unit_test(items_and_bytes_refuse_what_never_fits),
		cmocka_unit_test(folded_group_holds_capacity_times_batch_points),
		cmocka_unit_test(folded_group_takes_one_record_of_any_size_when_empty),
		cmocka_unit_test(smaller_capacity_keeps_what_is_held_and_takes_nothing_until_it_fits),
		cmocka_unit_test(another_sizer_counts_what_is_held_and_reserved_anew),
		cmocka_unit_test(groups_come_and_retire),
		cmocka_unit_test(groups_are_never_merged),
		cmocka_unit_test(ages_are_kept),
		cmocka_unit_test(big_records_keep_references_and_let_go_at_ack),
		cmocka_unit_test(a_small_part_of_a_big_buffer_is_copied_out),
		cmocka_unit_test(million_one_point_requests_cost_at_most_a_third_more),
		cmocka_unit_test(budget_refuses_and_gets_everything_back),
		cmocka_unit_test(commit_without_memory_leaves_no_trace),
		cmocka_unit_test(empty_chunks_are_kept_for_a_second_of_use),
		cmocka_unit_test(empty_chunks_make_room_when_the_budget_is_short),
		cmocka_unit_test(queue_survives_refused_allocations),
		cmocka_unit_test(queue_agrees_with_a_model),
		cmocka_unit_test(late_queue_completes_when_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
