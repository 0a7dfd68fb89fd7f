/* SPDX-License-Identifier: Apache-2.0 */
/* security.md S65; otel-processing.md 9.5, sampling. */
#include "base/log_sampler.h"

#include "base/slice_i.h"
#include "seams/cm.h"

#define SECOND 1000000000ull

static tel__log_sampler S;

static int set_up(void **state)
{
	(void)state;
	memset(&S, 0, sizeof(S));
	return 0;
}

static bool says(const char *id, tel_log_level level, const char *msg, uint64_t mono_ns)
{
	tel_log_entry e = { .size = sizeof(e), .level = level, .msg = tel__slice_str(msg), .component_id = tel__slice_str(id) };
	return tel__log_sampler_pass(&S, &e, mono_ns);
}

static unsigned passes(unsigned times, uint64_t mono_ns)
{
	unsigned n = 0;
	for (unsigned i = 0; i < times; i++)
		n += says("a", TEL_LOG_WARN, "m", mono_ns);
	return n;
}

static void without_a_tick_everything_passes(void **state)
{
	(void)state;
	assert_int_equal(passes(10000, 5), 10000);
	assert_true(S.suppressed == 0);
}

static void first_ones_pass_and_then_every_nth(void **state)
{
	(void)state;
	tel__log_sampler_set(&S, 10, 100, 10 * SECOND);
	assert_int_equal(passes(10, SECOND), 10);
	assert_int_equal(passes(99, SECOND), 0);
	assert_int_equal(passes(1, SECOND), 1);
	assert_int_equal(passes(100, SECOND), 1);
	assert_true(S.suppressed == 198);
}

static void a_new_tick_begins_anew(void **state)
{
	(void)state;
	tel__log_sampler_set(&S, 2, 0, 10 * SECOND);
	assert_int_equal(passes(5, SECOND), 2);
	assert_int_equal(passes(5, 11 * SECOND - 1), 0);
	assert_int_equal(passes(5, 11 * SECOND), 2);
	tel__log_sampler_set(&S, 2, 0, 10 * SECOND); /* the same rules: a reload is no new tick */
	assert_int_equal(passes(5, 12 * SECOND), 0);
	assert_int_equal(passes(5, 0), 2); /* a clock that stands somewhere else */
}

static void thereafter_zero_lets_nothing_more_pass(void **state)
{
	(void)state;
	tel__log_sampler_set(&S, 1, 0, SECOND);
	assert_int_equal(passes(100000, 7), 1);
	tel__log_sampler_set(&S, 0, 0, SECOND);
	assert_int_equal(passes(1000, 7), 0);
	tel__log_sampler_set(&S, 0, 3, SECOND);
	assert_int_equal(passes(9, 7), 3);
}

static void levels_texts_and_components_are_counted_apart(void **state)
{
	(void)state;
	tel__log_sampler_set(&S, 1, 0, SECOND);
	assert_true(says("a", TEL_LOG_WARN, "m", 1));
	assert_false(says("a", TEL_LOG_WARN, "m", 1));
	assert_true(says("a", TEL_LOG_ERROR, "m", 1));
	assert_true(says("a", TEL_LOG_WARN, "other", 1));
	assert_true(says("b", TEL_LOG_WARN, "m", 1));
	assert_true(says("", TEL_LOG_WARN, "m", 1));
	assert_false(says("b", TEL_LOG_WARN, "m", 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(without_a_tick_everything_passes, set_up),
		cmocka_unit_test_setup(first_ones_pass_and_then_every_nth, set_up),
		cmocka_unit_test_setup(a_new_tick_begins_anew, set_up),
		cmocka_unit_test_setup(thereafter_zero_lets_nothing_more_pass, set_up),
		cmocka_unit_test_setup(levels_texts_and_components_are_counted_apart, set_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
