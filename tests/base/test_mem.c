/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/mem.h"
#include "seams/cm.h"
#include "seams/failalloc.h"

static void mem_sizes_are_checked_for_overflow(void **state)
{
	size_t n = 7;

	(void)state;
	assert_false(tel__size_mul(SIZE_MAX / 2, 3, &n));
	assert_false(tel__size_add(SIZE_MAX, 1, &n));
	assert_int_equal(n, 7);
	assert_true(tel__size_mul(6, 7, &n));
	assert_int_equal(n, 42);
	assert_null(tel__mem_new(NULL, SIZE_MAX / 4, 8));
	assert_null(tel__mem_new(NULL, 1, SIZE_MAX / 2 + 1));
}

static void mem_content_survives_every_crossing_of_the_mapping_border(void **state)
{
	static const size_t sizes[] = { 1, 4096, TEL_LIMIT_MAP_BYTES - 1, TEL_LIMIT_MAP_BYTES, TEL_LIMIT_MAP_BYTES + 1,
		                        1 << 20 };
	size_t count = sizeof(sizes) / sizeof(sizes[0]), i, j, k;

	(void)state;
	for (i = 0; i < count; i++) {
		for (j = 0; j < count; j++) {
			size_t both = sizes[i] < sizes[j] ? sizes[i] : sizes[j];
			unsigned char *p = tel__mem_new(NULL, sizes[i], 1);

			assert_non_null(p);
			for (k = 0; k < sizes[i]; k++)
				p[k] = (unsigned char)(k * 31);
			p = tel__mem_resize(NULL, p, sizes[i], sizes[j], 1);
			assert_non_null(p);
			for (k = 0; k < both; k++)
				assert_int_equal(p[k], (unsigned char)(k * 31));
			memset(p, 1, sizes[j]);
			tel__mem_free(NULL, p, sizes[j], 1);
		}
	}
}

static void mem_zero_gives_zeros(void **state)
{
	unsigned char *p = tel__mem_zero(NULL, 1000, 100);
	size_t i;

	(void)state;
	assert_non_null(p);
	for (i = 0; i < 100000; i++)
		assert_int_equal(p[i], 0);
	tel__mem_free(NULL, p, 1000, 100);
	tel__mem_free(NULL, NULL, 1000, 100);
}

static void failalloc_fails_the_call_it_was_told(void **state)
{
	failalloc f;
	void *a, *b;

	(void)state;
	failalloc_init(&f);
	failalloc_fail_at(&f, 2, false);
	a = tel__mem_new(&f.alloc, 1, 8);
	assert_null(tel__mem_new(&f.alloc, 1, 8));
	b = tel__mem_new(&f.alloc, 1, 8);
	assert_non_null(a);
	assert_non_null(b);
	assert_int_equal(f.failed, 1);
	assert_false(failalloc_is_clean(&f));
	tel__mem_free(&f.alloc, a, 1, 8);
	tel__mem_free(&f.alloc, b, 1, 8);
	assert_true(failalloc_is_clean(&f));
	assert_int_equal(f.peak_bytes, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mem_sizes_are_checked_for_overflow),
		cmocka_unit_test(mem_content_survives_every_crossing_of_the_mapping_border),
		cmocka_unit_test(mem_zero_gives_zeros),
		cmocka_unit_test(failalloc_fails_the_call_it_was_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
