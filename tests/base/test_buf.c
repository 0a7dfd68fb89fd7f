/* SPDX-License-Identifier: Apache-2.0 */
#include "base/budget.h"
#include "base/buf_i.h"
#include "base/mem.h"
#include "seams/cm.h"
#include "seams/failalloc.h"
#include "torture/torture.h"

static size_t reserved(tel__budget *b)
{
	tel__budget_stats s;

	tel__budget_get(b, &s);
	return s.reserved;
}

static void count_release(void *user, const void *ptr, size_t len)
{
	assert_memory_equal(ptr, "host", 4);
	assert_int_equal(len, 4);
	++*(int *)user;
}

static void buf_wrap_releases_once_with_the_last_reference(void **state)
{
	tel_buf *buf = NULL;
	int released = 0;

	(void)state;
	assert_ok(tel_buf_wrap(NULL, "host", 4, count_release, &released, &buf));
	assert_slice(tel_buf_get(buf), "host");
	assert_false(tel__buf_is_shared(buf));
	assert_ptr_equal(tel_buf_ref(buf), buf);
	assert_true(tel__buf_is_shared(buf));
	assert_err(tel__buf_resize(&buf, 10), TEL_ERR_STATE);
	tel_buf_unref(buf);
	assert_int_equal(released, 0);
	tel_buf_unref(buf);
	assert_int_equal(released, 1);
}

static void buf_wrap_refuses_bad_arguments_without_release(void **state)
{
	failalloc f;
	tel_buf *buf = NULL;
	int released = 0;

	(void)state;
	failalloc_init(&f);
	failalloc_fail_at(&f, 1, false);
	assert_err(tel_buf_wrap(NULL, NULL, 1, count_release, &released, &buf), TEL_ERR_ARG);
	assert_err(tel_buf_wrap(&f.alloc, "host", 4, count_release, &released, &buf), TEL_ERR_NOMEM);
	assert_err(tel_buf_copy(NULL, (tel_slice){ NULL, 3 }, &buf), TEL_ERR_ARG);
	assert_int_equal(released, 0);
	assert_null(buf);
	assert_null(tel_buf_ref(NULL));
	tel_buf_unref(NULL);
	assert_ok(tel_buf_copy(NULL, (tel_slice){ NULL, 0 }, &buf));
	assert_int_equal(tel_buf_get(buf).len, 0);
	tel_buf_unref(buf);
}

static void buf_charges_its_capacity_until_the_last_reference(void **state)
{
	tel__budget *b;
	tel_buf *buf = NULL, *second = NULL;

	(void)state;
	assert_ok(tel__budget_new(NULL, 1000, &b));
	assert_ok(tel__buf_new(NULL, 600, b, &buf));
	assert_err(tel__buf_new(NULL, 401, b, &second), TEL_ERR_BUDGET);
	assert_null(second);
	assert_int_equal(reserved(b), 600);
	assert_int_equal(tel__buf_cap(buf), 600);
	memcpy(tel__buf_room(buf), "0123456789", 10);
	tel__buf_set_len(buf, 10);
	assert_err(tel__buf_resize(&buf, 1001), TEL_ERR_BUDGET);
	assert_ok(tel__buf_resize(&buf, 1000));
	assert_int_equal(reserved(b), 1000);
	assert_slice(tel_buf_get(buf), "0123456789");
	assert_ok(tel__buf_resize(&buf, 4));
	assert_slice(tel_buf_get(buf), "0123");
	assert_int_equal(reserved(b), 4);
	tel_buf_ref(buf);
	tel_buf_unref(buf);
	assert_int_equal(reserved(b), 4);
	tel_buf_unref(buf);
	assert_int_equal(reserved(b), 0);
	tel__budget_unref(b);
}

static void buf_keeps_its_budget_alive(void **state)
{
	failalloc f;
	tel__budget *b;
	tel_buf *buf;

	(void)state;
	failalloc_init(&f);
	assert_ok(tel__budget_new(&f.alloc, 0, &b));
	assert_ok(tel__buf_new(&f.alloc, 10, b, &buf));
	tel__budget_unref(b);
	tel_buf_unref(buf);
	assert_true(failalloc_is_clean(&f));
}

static tel_err make_and_resize(const tel_alloc *alloc, void *user)
{
	tel_buf *buf = NULL, *adopted = NULL;
	char *block;
	tel_err rc = tel__buf_new(alloc, 100, user, &buf);

	if (rc != TEL_OK) {
		assert_null(buf);
		return rc;
	}
	memcpy(tel__buf_room(buf), "text", 4);
	tel__buf_set_len(buf, 4);
	rc = tel__buf_resize(&buf, 100000);
	if (rc == TEL_OK)
		rc = tel__buf_resize(&buf, 5);
	assert_slice(tel_buf_get(buf), "text");
	assert_int_equal(reserved(user), tel__buf_cap(buf));
	tel_buf_unref(buf);
	assert_int_equal(reserved(user), 0);
	if (rc != TEL_OK)
		return rc;
	block = tel__mem_new(alloc, 50, 1);
	if (!block)
		return TEL_ERR_NOMEM;
	memcpy(block, "more", 4);
	rc = tel__buf_adopt(alloc, block, 4, 50, &adopted);
	if (rc != TEL_OK) {
		tel__mem_free(alloc, block, 50, 1);
		return rc;
	}
	rc = tel__buf_resize(&adopted, 4);
	assert_slice(tel_buf_get(adopted), "more");
	tel_buf_unref(adopted);
	return rc;
}

static void buf_survives_every_allocation_failing(void **state)
{
	tel__budget *b;

	(void)state;
	assert_ok(tel__budget_new(NULL, 0, &b));
	torture_alloc(make_and_resize, b);
	tel__budget_unref(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(buf_wrap_releases_once_with_the_last_reference),
		cmocka_unit_test(buf_wrap_refuses_bad_arguments_without_release),
		cmocka_unit_test(buf_charges_its_capacity_until_the_last_reference),
		cmocka_unit_test(buf_keeps_its_budget_alive),
		cmocka_unit_test(buf_survives_every_allocation_failing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
