/* SPDX-License-Identifier: Apache-2.0 */
#include "base/limits.h"
#include "base/mem.h"
#include "base/pool.h"
#include "seams/cm.h"

#include <pthread.h>
#include <string.h>

enum { BODY = 364 * 1024 };

static void a_freed_block_is_given_out_again(void **state)
{
	tel__pool *pool;
	(void)state;
	assert_ok(tel__pool_new(&pool));
	tel_alloc alloc = tel__pool_alloc(pool);

	void *first = tel__mem_new(&alloc, BODY, 1);
	assert_non_null(first);
	tel__mem_free(&alloc, first, BODY, 1);
	assert_true(tel__pool_kept(pool) >= BODY);
	void *second = tel__mem_new(&alloc, BODY + 1, 1); /* the same room */

	assert_ptr_equal(first, second);
	assert_int_equal(tel__pool_kept(pool), 0);
	tel__mem_free(&alloc, second, BODY + 1, 1);
	tel__pool_unref(pool);
}

static void what_is_kept_has_a_ceiling(void **state)
{
	void *blocks[64];
	tel__pool *pool;
	(void)state;
	assert_ok(tel__pool_new(&pool));
	tel_alloc alloc = tel__pool_alloc(pool);

	for (size_t i = 0; i < 64; i++)
		assert_non_null(blocks[i] = tel__mem_new(&alloc, BODY + i * 1000, 1));
	for (size_t i = 0; i < 64; i++)
		tel__mem_free(&alloc, blocks[i], BODY + i * 1000, 1);

	assert_true(tel__pool_kept(pool) > 0);
	assert_true(tel__pool_kept(pool) <= TEL_LIMIT_POOL_BYTES);
	tel__pool_trim(pool);
	assert_int_equal(tel__pool_kept(pool), 0);
	tel__pool_unref(pool);
}

static void resizing_keeps_the_bytes_across_all_kinds_of_blocks(void **state)
{
	static const size_t sizes[] = { 100, 70000, 66000, 500000, 3000000, 200000, 64 * 1024, 64 * 1024 - 1, 1 << 20,
		                            (1 << 20) + 1, 10 };
	size_t size = 1;
	tel__pool *pool;
	(void)state;
	assert_ok(tel__pool_new(&pool));
	tel_alloc alloc = tel__pool_alloc(pool);
	char *block = tel__mem_new(&alloc, size, 1);

	assert_non_null(block);
	block[0] = 'x';
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t both = size < sizes[i] ? size : sizes[i];
		memset(block, 'a' + (int)i, size);
		block = tel__mem_resize(&alloc, block, size, sizes[i], 1);
		assert_non_null(block);
		for (size_t k = 0; k < both; k += both / 7 + 1)
			assert_int_equal(block[k], 'a' + (int)i);
		size = sizes[i];
		block[size - 1] = 'z';
	}
	tel__mem_free(&alloc, block, size, 1);
	tel__pool_unref(pool);
}

static void blocks_may_outlive_the_owner(void **state)
{
	tel__pool *pool;
	(void)state;
	assert_ok(tel__pool_new(&pool));
	tel_alloc alloc = tel__pool_alloc(pool);
	char *large = tel__mem_new(&alloc, BODY, 1), *small = tel__mem_new(&alloc, 10, 1);

	tel__pool_unref(pool);
	assert_non_null(large);
	assert_non_null(small);
	memset(large, 1, BODY);
	tel__mem_free(&alloc, large, BODY, 1);
	tel__mem_free(&alloc, small, 10, 1); /* the last one: the pool is gone now */
}

static void *churn(void *user)
{
	tel_alloc alloc = *(const tel_alloc *)user;

	for (int i = 0; i < 2000; i++) {
		size_t size = 60000 + (size_t)(i * 7919 % 900000);
		char *block = tel__mem_new(&alloc, size, 1);
		if (!block)
			return user;
		block[0] = block[size - 1] = 1;
		tel__mem_free(&alloc, block, size, 1);
	}
	return NULL;
}

static void threads_may_share_a_pool(void **state)
{
	pthread_t threads[4];
	tel__pool *pool;
	(void)state;
	assert_ok(tel__pool_new(&pool));
	tel_alloc alloc = tel__pool_alloc(pool);

	for (size_t i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, churn, &alloc), 0);
	for (size_t i = 0; i < 4; i++) {
		void *failed = NULL;
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	assert_true(tel__pool_kept(pool) <= TEL_LIMIT_POOL_BYTES);
	tel__pool_unref(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_freed_block_is_given_out_again),
		cmocka_unit_test(what_is_kept_has_a_ceiling),
		cmocka_unit_test(resizing_keeps_the_bytes_across_all_kinds_of_blocks),
		cmocka_unit_test(blocks_may_outlive_the_owner),
		cmocka_unit_test(threads_may_share_a_pool),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
