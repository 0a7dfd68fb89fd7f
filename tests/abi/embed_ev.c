/* SPDX-License-Identifier: Apache-2.0 */
/* A context in libev, through the adapter of the daemons. */
#include "abi/embed_scenario.h"

#include "common/evloop.h"

static void the_adapter_carries_the_whole_scenario(void **state)
{
	(void)state;
	struct ev_loop *loop = ev_loop_new(EVFLAG_AUTO);
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	tel_ctx *ctx;
	scenario s;
	evloop *adapter = evloop_new(loop, &opts);
	assert_non_null(adapter);
	assert_ok(tel_ctx_new(&opts, &ctx, NULL));
	assert_int_equal(evloop_attach(adapter, ctx), 0);
	assert_int_equal(evloop_attach(adapter, ctx), -1);
	scenario_start(&s, ctx);
	for (unsigned turns = 0; !s.done; turns++) {
		assert_true(turns < 10000); /* sleeps, and does not spin */
		ev_run(loop, EVRUN_ONCE);
	}
	scenario_end(&s);
	tel_ctx_free(ctx);
	evloop_free(adapter);
	assert_false(ev_run(loop, 0)); /* nothing of ours is left in the loop: returns at once */
	ev_loop_destroy(loop);
}

static void deadlines_are_rounded_up(void **state)
{
	(void)state;
	assert_true(evloop_delay(5, 5) == 0);
	assert_true(evloop_delay(0, 5) == 0);
	for (uint64_t ns = 1; ns < (uint64_t)1 << 60; ns = ns * 3 + 1) {
		double delay = evloop_delay(1000 + ns, 1000);
		assert_true(delay > 0);
		assert_true(delay * 1e9 >= (double)ns * (1 - 1e-15));
	}
	assert_true(evloop_delay(500000000, 0) >= 0.5); /* curl's example makes this 0 */
}

static void an_adapter_needs_a_loop(void **state)
{
	(void)state;
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	assert_null(evloop_new(NULL, &opts));
	assert_int_equal(evloop_attach(NULL, NULL), -1);
	evloop_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_adapter_carries_the_whole_scenario),
		cmocka_unit_test(deadlines_are_rounded_up),
		cmocka_unit_test(an_adapter_needs_a_loop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
