/* SPDX-License-Identifier: Apache-2.0 */
#include "base/budget.h"
#include "seams/cm.h"
#include "seams/failalloc.h"

static void budget_is_all_or_nothing(void **state)
{
	tel__budget *b;
	tel__budget_stats s;

	(void)state;
	assert_ok(tel__budget_new(NULL, 100, &b));
	assert_true(tel__budget_reserve(b, 60));
	assert_false(tel__budget_reserve(b, 41));
	assert_true(tel__budget_reserve(b, 40));
	assert_false(tel__budget_reserve(b, SIZE_MAX));
	tel__budget_release(b, 60);
	tel__budget_get(b, &s);
	assert_int_equal(s.limit, 100);
	assert_int_equal(s.reserved, 40);
	assert_int_equal(s.peak, 100);
	assert_int_equal(s.refused, 2);
	tel__budget_release(b, 40);
	tel__budget_unref(b);
}

static void budget_can_be_forced_and_moved(void **state)
{
	tel__budget *b;
	tel__budget_stats s;

	(void)state;
	assert_ok(tel__budget_new(NULL, 100, &b));
	tel__budget_force(b, 150);
	assert_false(tel__budget_reserve(b, 1));
	tel__budget_set_limit(b, 151);
	assert_true(tel__budget_reserve(b, 1));
	tel__budget_set_limit(b, 0);
	assert_true(tel__budget_reserve(b, 1 << 30));
	tel__budget_get(b, &s);
	assert_int_equal(s.reserved, 151 + (1 << 30));
	tel__budget_release(b, s.reserved);
	tel__budget_unref(b);
}

static void budget_null_has_room_for_everything(void **state)
{
	(void)state;
	assert_true(tel__budget_reserve(NULL, SIZE_MAX));
	tel__budget_force(NULL, 1);
	tel__budget_release(NULL, 1);
	assert_null(tel__budget_ref(NULL));
	tel__budget_unref(NULL);
}

static void budget_lives_until_its_last_reference(void **state)
{
	failalloc f;
	tel__budget *b = NULL;

	(void)state;
	failalloc_init(&f);
	failalloc_fail_at(&f, 1, false);
	assert_err(tel__budget_new(&f.alloc, 1, &b), TEL_ERR_NOMEM);
	assert_null(b);
	assert_ok(tel__budget_new(&f.alloc, 1, &b));
	assert_ptr_equal(tel__budget_ref(b), b);
	tel__budget_unref(b);
	assert_false(failalloc_is_clean(&f));
	tel__budget_unref(b);
	assert_true(failalloc_is_clean(&f));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(budget_is_all_or_nothing),
		cmocka_unit_test(budget_can_be_forced_and_moved),
		cmocka_unit_test(budget_null_has_room_for_everything),
		cmocka_unit_test(budget_lives_until_its_last_reference),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
