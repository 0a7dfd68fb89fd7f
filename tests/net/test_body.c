/* SPDX-License-Identifier: Apache-2.0 */
#include "seams/cm.h"

#include "net/body.h"
#include "seams/failalloc.h"
#include "torture/torture.h"

typedef struct fixture {
	failalloc alloc;
	tel__budget *budget;
	tel__body body;
} fixture;

static void fixture_init(fixture *f, tel__body_kind kind, size_t max, size_t limit)
{
	failalloc_init(&f->alloc);
	assert_ok(tel__budget_new(&f->alloc.alloc, limit, &f->budget));
	tel__body_init(&f->body, &f->alloc.alloc, f->budget, kind, max);
}

static size_t reserved(const fixture *f)
{
	tel__budget_stats stats;
	tel__budget_get(f->budget, &stats);
	return stats.reserved;
}

static void fixture_fini(fixture *f)
{
	tel__body_fini(&f->body);
	assert_int_equal(reserved(f), 0);
	tel__budget_unref(f->budget);
	assert_true(failalloc_is_clean(&f->alloc));
}

static void a_known_length_is_one_exact_allocation_that_is_filled_in_place(void **state)
{
	(void)state;
	fixture f;
	tel_buf *buf;
	size_t cap;
	fixture_init(&f, TEL__BODY_PLAIN, 1000, 0);
	assert_null(tel__body_room(&f.body, &cap));
	assert_int_equal(cap, 0);
	uint64_t before = f.alloc.calls;
	assert_ok(tel__body_expect(&f.body, 10, NULL));
	assert_int_equal(reserved(&f), 10); /* before a byte came */
	assert_ok(tel__body_feed(&f.body, TEL_SLICE_LIT("abc"), NULL));
	char *room = tel__body_room(&f.body, &cap);
	assert_int_equal(cap, 7);
	memcpy(room, "defghij", 7);
	tel__body_advance(&f.body, 7);
	(void)tel__body_room(&f.body, &cap);
	assert_int_equal(cap, 0);
	assert_ok(tel__body_finish(&f.body, &buf, NULL));
	assert_int_equal(f.alloc.calls, before + 1);
	assert_slice(tel_buf_get(buf), "abcdefghij");
	tel_buf_unref(buf);
	fixture_fini(&f);
}

static void an_unknown_length_grows_up_to_the_limit_and_not_further(void **state)
{
	(void)state;
	static char bytes[20000];
	fixture f;
	tel_buf *buf;
	tel_error err = TEL_ERROR_INIT;
	fixture_init(&f, TEL__BODY_PLAIN, 20000, 0);
	for (size_t i = 0; i < 20000; i += 100)
		assert_ok(tel__body_feed(&f.body, (tel_slice){ bytes, 100 }, NULL));
	assert_err(tel__body_feed(&f.body, TEL_SLICE_LIT("x"), &err), TEL_ERR_LIMIT);
	assert_non_null(strstr(err.msg, "20000"));
	assert_ok(tel__body_finish(&f.body, &buf, NULL));
	assert_int_equal(tel_buf_get(buf).len, 20000);
	assert_int_equal(reserved(&f), 20000);
	tel_buf_unref(buf);
	fixture_fini(&f);
}

static void what_growth_left_over_goes_back(void **state)
{
	(void)state;
	fixture f;
	tel_buf *buf;
	fixture_init(&f, TEL__BODY_PLAIN, 1 << 20, 0);
	assert_ok(tel__body_feed(&f.body, TEL_SLICE_LIT("abc"), NULL));
	assert_true(reserved(&f) >= 4096);
	assert_ok(tel__body_finish(&f.body, &buf, NULL));
	assert_int_equal(reserved(&f), 3);
	tel_buf_unref(buf);
	fixture_fini(&f);
}

static void an_empty_body_is_an_empty_buffer(void **state)
{
	(void)state;
	fixture f;
	tel_buf *buf = NULL;
	fixture_init(&f, TEL__BODY_PLAIN, 0, 0);
	assert_ok(tel__body_expect(&f.body, 0, NULL));
	assert_ok(tel__body_finish(&f.body, &buf, NULL));
	assert_non_null(buf);
	assert_int_equal(tel_buf_get(buf).len, 0);
	tel_buf_unref(buf);
	fixture_fini(&f);
}

static void without_budget_nothing_is_allocated(void **state)
{
	(void)state;
	fixture f;
	tel_error err = TEL_ERROR_INIT;
	fixture_init(&f, TEL__BODY_PLAIN, 1 << 20, 5000);
	assert_err(tel__body_expect(&f.body, 5001, &err), TEL_ERR_BUDGET);
	assert_int_equal(f.alloc.live_blocks, 1); /* the budget itself */
	assert_err(tel__body_expect(&f.body, (1 << 20) + 1, &err), TEL_ERR_LIMIT);
	assert_ok(tel__body_feed(&f.body, TEL_SLICE_LIT("abc"), NULL));
	static char more[5000];
	assert_err(tel__body_feed(&f.body, (tel_slice){ more, sizeof(more) }, &err), TEL_ERR_BUDGET);
	assert_true(err.msg[0] != 0);
	fixture_fini(&f);
}

static tel_err feed_grpc(fixture *f, const char *bytes, size_t len, size_t step, tel_buf **ret_buf)
{
	tel_error err = TEL_ERROR_INIT;
	for (size_t at = 0; at < len; at += step) {
		size_t n = len - at < step ? len - at : step;
		tel_err rc = tel__body_feed(&f->body, (tel_slice){ bytes + at, n }, &err);
		if (rc != TEL_OK)
			return rc;
	}
	return tel__body_finish(&f->body, ret_buf, &err);
}

static void one_message_behind_its_prefix_is_taken_however_it_is_cut(void **state)
{
	(void)state;
	static const char wire[] = "\1\0\0\0\5hello";
	for (size_t step = 1; step <= 10; step++) {
		fixture f;
		tel_buf *buf;
		fixture_init(&f, TEL__BODY_GRPC, 5, 0);
		assert_ok(feed_grpc(&f, wire, sizeof(wire) - 1, step, &buf));
		assert_true(f.body.compressed);
		assert_slice(tel_buf_get(buf), "hello");
		tel_buf_unref(buf);
		fixture_fini(&f);
	}
}

static void grpc_messages_that_are_not_one_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *bytes;
		size_t len;
		tel_err code;
	} bad[] = {
		{ "", 0, TEL_ERR_MALFORMED },                        /* no message */
		{ "\0\0\0\0", 4, TEL_ERR_MALFORMED },                /* half a prefix */
		{ "\0\0\0\0\5hell", 9, TEL_ERR_MALFORMED },          /* half a message */
		{ "\2\0\0\0\1x", 6, TEL_ERR_MALFORMED },             /* a flag that nobody knows */
		{ "\0\0\0\0\1xy", 7, TEL_ERR_MALFORMED },            /* more than the prefix says */
		{ "\0\0\0\0\0\0\0\0\0\0", 10, TEL_ERR_MALFORMED },   /* two messages */
		{ "\0\0\0\0\144x", 6, TEL_ERR_LIMIT },               /* 100 bytes where 50 are allowed */
		{ "\0\377\377\377\377x", 6, TEL_ERR_LIMIT },
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		fixture f;
		tel_buf *buf = NULL;
		fixture_init(&f, TEL__BODY_GRPC, 50, 0);
		assert_err(feed_grpc(&f, bad[i].bytes, bad[i].len, 3, &buf), bad[i].code);
		assert_null(buf);
		fixture_fini(&f);
	}
	fixture f;
	tel_buf *buf;
	fixture_init(&f, TEL__BODY_GRPC, 50, 0); /* an empty message is one */
	assert_ok(feed_grpc(&f, "\0\0\0\0\0", 5, 5, &buf));
	assert_int_equal(tel_buf_get(buf).len, 0);
	tel_buf_unref(buf);
	fixture_fini(&f);
}

static tel_err scenario(const tel_alloc *alloc, void *user)
{
	static char bytes[3000];
	tel__body b;
	tel_buf *buf;
	(void)user;
	tel__body_init(&b, alloc, NULL, TEL__BODY_PLAIN, 1 << 20);
	tel_err rc = TEL_OK;
	for (int i = 0; i < 10 && rc == TEL_OK; i++)
		rc = tel__body_feed(&b, (tel_slice){ bytes, sizeof(bytes) }, NULL);
	if (rc == TEL_OK)
		rc = tel__body_finish(&b, &buf, NULL);
	if (rc == TEL_OK) {
		assert_int_equal(tel_buf_get(buf).len, 30000);
		tel_buf_unref(buf);
	}
	tel__body_fini(&b);
	return rc;
}

static void growing_survives_each_allocation_that_fails(void **state)
{
	(void)state;
	torture_alloc(scenario, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_known_length_is_one_exact_allocation_that_is_filled_in_place),
		cmocka_unit_test(an_unknown_length_grows_up_to_the_limit_and_not_further),
		cmocka_unit_test(what_growth_left_over_goes_back),
		cmocka_unit_test(an_empty_body_is_an_empty_buffer),
		cmocka_unit_test(without_budget_nothing_is_allocated),
		cmocka_unit_test(one_message_behind_its_prefix_is_taken_however_it_is_cut),
		cmocka_unit_test(grpc_messages_that_are_not_one_are_refused),
		cmocka_unit_test(growing_survives_each_allocation_that_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
