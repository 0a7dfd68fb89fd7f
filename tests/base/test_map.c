/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/map.h"
#include "seams/cm.h"
#include "seams/failalloc.h"
#include "seams/fakerandom.h"
#include "torture/torture.h"

static tel_slice key_of(unsigned n, char *out)
{
	return (tel_slice){ out, (size_t)sprintf(out, "key%u", n) };
}

static void map_keeps_keys_in_insertion_order(void **state)
{
	static int values[4];
	tel__map *m;
	tel_slice key;
	void *value;
	size_t cursor = 0;

	(void)state;
	assert_ok(tel__map_new(NULL, 0, 1, &m));
	assert_ok(tel__map_put(m, TEL_SLICE_LIT("b"), &values[0], NULL));
	assert_ok(tel__map_put(m, TEL_SLICE_LIT("a"), &values[1], NULL));
	assert_ok(tel__map_put(m, TEL_SLICE_LIT(""), &values[2], &value));
	assert_null(value);
	assert_ok(tel__map_put(m, TEL_SLICE_LIT("b"), &values[3], &value));
	assert_ptr_equal(value, &values[0]);
	assert_int_equal(tel__map_count(m), 3);
	assert_true(tel__map_remove(m, TEL_SLICE_LIT("a"), &value));
	assert_ptr_equal(value, &values[1]);
	assert_false(tel__map_remove(m, TEL_SLICE_LIT("a"), NULL));
	assert_false(tel__map_get(m, TEL_SLICE_LIT("a"), &value));
	assert_true(tel__map_next(m, &cursor, &key, &value));
	assert_slice(key, "b");
	assert_ptr_equal(value, &values[3]);
	assert_true(tel__map_next(m, &cursor, &key, NULL));
	assert_slice(key, "");
	assert_false(tel__map_next(m, &cursor, &key, &value));
	tel__map_free(m);
	tel__map_free(NULL);
}

static void map_copies_keys_unless_they_are_borrowed(void **state)
{
	char text[] = "key";
	tel__map *m;
	tel_slice key = { text, 3 };
	size_t cursor = 0;

	(void)state;
	assert_ok(tel__map_new(NULL, 0, 1, &m));
	assert_ok(tel__map_put(m, key, text, NULL));
	text[0] = 'x';
	assert_true(tel__map_get(m, TEL_SLICE_LIT("key"), NULL));
	tel__map_free(m);
	assert_ok(tel__map_new(NULL, TEL__MAP_BORROW_KEYS, 1, &m));
	assert_ok(tel__map_put(m, key, text, NULL));
	assert_true(tel__map_next(m, &cursor, &key, NULL));
	assert_ptr_equal(key.ptr, text);
	tel__map_free(m);
}

/* Against a plain array: put, replace, remove and get at random, 100000 steps over 500 keys. */
static void map_agrees_with_an_array(void **state)
{
	uintptr_t model[500] = { 0 };
	uint64_t seed = 7;
	size_t live = 0, step;
	char text[16];
	tel__map *m;
	void *value;

	(void)state;
	assert_ok(tel__map_new(NULL, 0, 99, &m));
	for (step = 1; step <= 100000; step++) {
		unsigned n = (unsigned)(splitmix64(&seed) % 500);
		tel_slice key = key_of(n, text);

		assert_int_equal(tel__map_get(m, key, &value), model[n] != 0);
		if (model[n])
			assert_true((uintptr_t)value == model[n]);
		if (splitmix64(&seed) % 5 < 2) {
			assert_int_equal(tel__map_remove(m, key, NULL), model[n] != 0);
			live -= model[n] != 0;
			model[n] = 0;
		} else {
			assert_ok(tel__map_put(m, key, (void *)(uintptr_t)step, &value));
			assert_true((uintptr_t)value == model[n]);
			live += model[n] == 0;
			model[n] = step;
		}
		assert_int_equal(tel__map_count(m), live);
	}
	tel__map_free(m);
}

static void map_does_not_grow_by_turnover(void **state)
{
	failalloc f;
	tel__map *m;
	char text[16];
	unsigned i;

	(void)state;
	failalloc_init(&f);
	assert_ok(tel__map_new(&f.alloc, 0, 1, &m));
	for (i = 0; i < 10000; i++) {
		assert_ok(tel__map_put(m, key_of(i, text), NULL, NULL));
		if (i >= 10)
			assert_true(tel__map_remove(m, key_of(i - 10, text), NULL));
	}
	assert_true(f.peak_bytes < 8192);
	tel__map_free(m);
	assert_true(failalloc_is_clean(&f));
}

static tel_err fill_a_map(const tel_alloc *alloc, void *user)
{
	tel__map *m;
	char text[16];
	size_t put = 0;
	unsigned i;
	tel_err rc = tel__map_new(alloc, 0, 1, &m);

	(void)user;
	if (rc != TEL_OK)
		return rc;
	for (i = 0; i < 40 && rc == TEL_OK; i++) {
		rc = tel__map_put(m, key_of(i, text), NULL, NULL);
		put += rc == TEL_OK;
	}
	assert_int_equal(tel__map_count(m), put);
	for (i = 0; i < put; i++)
		assert_true(tel__map_get(m, key_of(i, text), NULL));
	tel__map_free(m);
	return rc;
}

static void map_survives_every_allocation_failing(void **state)
{
	(void)state;
	torture_alloc(fill_a_map, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(map_keeps_keys_in_insertion_order),
		cmocka_unit_test(map_copies_keys_unless_they_are_borrowed),
		cmocka_unit_test(map_agrees_with_an_array),
		cmocka_unit_test(map_does_not_grow_by_turnover),
		cmocka_unit_test(map_survives_every_allocation_failing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
