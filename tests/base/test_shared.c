/* SPDX-License-Identifier: Apache-2.0 */
/* What threads share: budget and reference counts. Under the thread sanitizer this is also a race check. */
#include <pthread.h>

#include "base/arena.h"
#include "base/budget.h"
#include "base/buf_i.h"
#include "seams/cm.h"

enum { THREADS = 4, ROUNDS = 20000, LIMIT = 1000 };

typedef struct shared {
	tel__budget *budget;
	tel_buf *buf;
	tel__arena *arena;
	uint64_t refused[THREADS];
} shared;

typedef struct worker {
	shared *all;
	size_t number;
} worker;

static void *work(void *user)
{
	worker *w = user;
	size_t i, bytes;

	for (i = 0; i < ROUNDS; i++) {
		tel_buf *mine = tel_buf_ref(w->all->buf);
		tel__arena *arena = tel__arena_ref(w->all->arena);

		bytes = 1 + (i * 37 + w->number * 101) % 600;
		if (tel__budget_reserve(w->all->budget, bytes))
			tel__budget_release(w->all->budget, bytes);
		else
			w->all->refused[w->number]++;
		tel__arena_unref(arena);
		tel_buf_unref(mine);
	}
	return NULL;
}

static void shared_things_are_exact_after_all_threads(void **state)
{
	shared all = { 0 };
	worker workers[THREADS];
	pthread_t threads[THREADS];
	tel__budget_stats stats;
	uint64_t refused = 0;
	size_t i;

	(void)state;
	assert_ok(tel__budget_new(NULL, LIMIT, &all.budget));
	assert_ok(tel__buf_new(NULL, 100, all.budget, &all.buf));
	assert_ok(tel__arena_new(NULL, 0, NULL, &all.arena));
	for (i = 0; i < THREADS; i++) {
		workers[i] = (worker){ &all, i };
		assert_int_equal(pthread_create(&threads[i], NULL, work, &workers[i]), 0);
	}
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	for (i = 0; i < THREADS; i++)
		refused += all.refused[i];
	assert_false(tel__buf_is_shared(all.buf));
	tel__budget_get(all.budget, &stats);
	assert_int_equal(stats.reserved, 100);
	assert_true(stats.peak <= LIMIT);
	assert_true(stats.refused == refused);
	tel__arena_unref(all.arena);
	tel_buf_unref(all.buf);
	tel__budget_get(all.budget, &stats);
	assert_int_equal(stats.reserved, 0);
	tel__budget_unref(all.budget);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shared_things_are_exact_after_all_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
