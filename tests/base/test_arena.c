/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"
#include "base/budget.h"
#include "seams/cm.h"
#include "seams/failalloc.h"
#include "seams/fakerandom.h"
#include "torture/torture.h"

static size_t reserved(tel__budget *b)
{
	tel__budget_stats s;

	tel__budget_get(b, &s);
	return s.reserved;
}

static void arena_blocks_start_small_and_grow(void **state)
{
	failalloc f;
	tel__arena *a;
	size_t i;

	(void)state;
	failalloc_init(&f);
	assert_ok(tel__arena_new(&f.alloc, 0, NULL, &a));
	assert_int_equal(tel__arena_bytes(a), 0);
	assert_non_null(tel__arena_alloc(a, 100));
	assert_int_equal(tel__arena_bytes(a), 4096);
	for (i = 0; i < 10000; i++)
		assert_non_null(tel__arena_alloc(a, 100));
	assert_int_equal(f.largest, 65536);
	assert_true(tel__arena_bytes(a) < 1200000);
	tel__arena_unref(a);
	assert_true(failalloc_is_clean(&f));
}

static void arena_memory_is_aligned_and_apart(void **state)
{
	tel__arena *a;
	unsigned char *got[2000];
	size_t size[2000], i, k;
	uint64_t seed = 42;

	(void)state;
	assert_ok(tel__arena_new(NULL, 0, NULL, &a));
	for (i = 0; i < 2000; i++) {
		size[i] = splitmix64(&seed) % (i % 100 == 0 ? 100000 : 300);
		got[i] = tel__arena_alloc(a, size[i]);
		assert_non_null(got[i]);
		assert_int_equal((uintptr_t)got[i] % 8, 0);
		memset(got[i], (int)(i & 0xff), size[i]);
	}
	for (i = 0; i < 2000; i++)
		for (k = 0; k < size[i]; k++)
			if (got[i][k] != (i & 0xff))
				fail_msg("allocation %zu was overwritten at %zu", i, k);
	tel__arena_unref(a);
}

static void arena_grows_the_newest_in_place(void **state)
{
	tel__arena *a;
	char *p, *q, *r;

	(void)state;
	assert_ok(tel__arena_new(NULL, 0, NULL, &a));
	p = tel__arena_grow(a, NULL, 0, 10);
	memcpy(p, "0123456789", 10);
	assert_ptr_equal(tel__arena_grow(a, p, 10, 1000), p);
	q = tel__arena_alloc(a, 8);
	r = tel__arena_grow(a, p, 1000, 2000);
	assert_ptr_not_equal(r, p);
	assert_memory_equal(r, "0123456789", 10);
	assert_true(q >= p + 1000);
	r = tel__arena_grow(a, r, 2000, 200000);
	assert_memory_equal(r, "0123456789", 10);
	tel__arena_unref(a);
}

static void arena_cap_holds_and_uses_what_is_left(void **state)
{
	tel__arena *a;

	(void)state;
	assert_ok(tel__arena_new(NULL, 5000, NULL, &a));
	assert_non_null(tel__arena_alloc(a, 4000));
	assert_non_null(tel__arena_alloc(a, 800)); /* no room for an ordinary block, but for an exact one */
	assert_null(tel__arena_alloc(a, 800));
	assert_err(tel__arena_error(a), TEL_ERR_LIMIT);
	assert_true(tel__arena_bytes(a) <= 5000);
	tel__arena_reset(a);
	assert_err(tel__arena_error(a), TEL_OK);
	assert_non_null(tel__arena_alloc(a, 4000));
	assert_null(tel__arena_array(a, SIZE_MAX / 8, 16));
	assert_null(tel__arena_alloc(a, SIZE_MAX - 3));
	assert_null(tel__arena_grow(a, tel__arena_alloc(a, 8), 8, SIZE_MAX - 3));
	tel__arena_unref(a);
}

static void arena_blocks_are_charged_until_they_go(void **state)
{
	tel__budget *b;
	tel__arena *a;

	(void)state;
	assert_ok(tel__budget_new(NULL, 10000, &b));
	assert_ok(tel__arena_new(NULL, 0, b, &a));
	assert_int_equal(reserved(b), 0);
	assert_non_null(tel__arena_alloc(a, 1));
	assert_non_null(tel__arena_alloc(a, 5000));
	assert_int_equal(reserved(b), tel__arena_bytes(a));
	assert_null(tel__arena_alloc(a, 9000));
	assert_err(tel__arena_error(a), TEL_ERR_BUDGET);
	tel__arena_reset(a);
	assert_int_equal(reserved(b), tel__arena_bytes(a));
	assert_in_range(reserved(b), 5000, 5100);
	tel__budget_set_limit(b, 0);
	assert_non_null(tel__arena_alloc(a, 1 << 20));
	tel__arena_reset(a); /* what one large request took is not held for the next ones */
	assert_int_equal(reserved(b), tel__arena_bytes(a));
	assert_true(reserved(b) <= 64 << 10);
	assert_non_null(tel__arena_alloc(a, 100));
	assert_ptr_equal(tel__arena_ref(a), a);
	tel__arena_unref(a);
	assert_true(reserved(b) > 0);
	tel__arena_unref(a);
	assert_int_equal(reserved(b), 0);
	tel__budget_unref(b);
}

static tel_err fill_an_arena(const tel_alloc *alloc, void *user)
{
	tel__arena *a;
	tel_slice copy = { NULL, 0 };
	tel_err rc = tel__arena_new(alloc, 0, user, &a);
	size_t i;

	if (rc != TEL_OK)
		return rc;
	for (i = 0; i < 50; i++) {
		if (!tel__arena_copy(a, TEL_SLICE_LIT("some text"), &copy) || !tel__arena_array(a, i, 100))
			break;
		assert_slice(copy, "some text");
	}
	rc = tel__arena_error(a);
	assert_int_equal(rc == TEL_OK, i == 50);
	assert_int_equal(reserved(user), tel__arena_bytes(a));
	tel__arena_unref(a);
	assert_int_equal(reserved(user), 0);
	return rc;
}

static void arena_survives_every_allocation_failing(void **state)
{
	tel__budget *b;

	(void)state;
	assert_ok(tel__budget_new(NULL, 0, &b));
	torture_alloc(fill_an_arena, b);
	tel__budget_unref(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_blocks_start_small_and_grow),
		cmocka_unit_test(arena_memory_is_aligned_and_apart),
		cmocka_unit_test(arena_grows_the_newest_in_place),
		cmocka_unit_test(arena_cap_holds_and_uses_what_is_left),
		cmocka_unit_test(arena_blocks_are_charged_until_they_go),
		cmocka_unit_test(arena_survives_every_allocation_failing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
