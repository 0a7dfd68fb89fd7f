/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include <telemetry/graph.h>

#include "base/slice_i.h"
#include "process/batch.h"
#include "process/memory_limiter.h"
#include "seams/cm.h"
#include "torture/torture.h"

/* Collects what the check of a key table reports. */
typedef struct found {
	char text[1024];
} found;

static void report(void *user, const char *path, const char *msg)
{
	found *f = user;
	size_t at = strlen(f->text);
	snprintf(f->text + at, sizeof(f->text) - at, "%s=%s;", path, msg);
}

static void finds(const tel__key_table *table, const void *options, const char *text)
{
	found f = { { 0 } };
	table->check(options, report, &f);
	assert_string_equal(f.text, text);
}

static void batch_options_are_checked(void **state)
{
	(void)state;
	tel__batch_options o = { .send_batch_size = 100 };
	finds(&tel__batch_keys, &o, "");
	o.send_batch_max_size = 100;
	finds(&tel__batch_keys, &o, "");
	o.send_batch_max_size = 99;
	finds(&tel__batch_keys, &o,
	      "|send_batch_max_size=send_batch_max_size must be greater or equal to send_batch_size;");
	o.send_batch_max_size = 0;
	o.timeout_ns = -1;
	finds(&tel__batch_keys, &o, "|timeout=timeout must be greater or equal to 0;");
	o.timeout_ns = 0;
	const tel_slice keys[] = { TEL_SLICE_LIT("tenant"), TEL_SLICE_LIT("zone"), TEL_SLICE_LIT("Tenant") };
	o.metadata_keys = (tel__key_strings){ keys, 2 };
	finds(&tel__batch_keys, &o, "");
	o.metadata_keys.count = 3;
	finds(&tel__batch_keys, &o,
	      "|metadata_keys=duplicate entry in metadata_keys: \"Tenant\" (case-insensitive);");
}

static void batch_points_are_the_larger_of_both_sizes(void **state)
{
	(void)state;
	assert_int_equal(tel__batch_points(&(tel__batch_options){ .send_batch_size = 1024 }), 1024);
	assert_int_equal(tel__batch_points(&(tel__batch_options){ .send_batch_size = 10, .send_batch_max_size = 20 }), 20);
	assert_int_equal(tel__batch_points(&(tel__batch_options){ 0 }), 1);
}

static const tel__memory_limiter_options good = { .check_interval_ns = 1, .limit_mib = 100 };

static void memory_limiter_options_are_checked(void **state)
{
	(void)state;
	finds(&tel__memory_limiter_keys, &good, "");
	finds(&tel__memory_limiter_keys, &(tel__memory_limiter_options){ 0 },
	      "|check_interval='check_interval' must be greater than zero;"
	      "='limit_mib' or 'limit_percentage' must be greater than zero;");
	tel__memory_limiter_options o = good;
	o.spike_limit_mib = 100;
	finds(&tel__memory_limiter_keys, &o, "|spike_limit_mib='spike_limit_mib' must be smaller than 'limit_mib';");
	o = good;
	o.limit_percentage = 101;
	finds(&tel__memory_limiter_keys, &o, "|limit_percentage='limit_percentage' and 'spike_limit_percentage' must be "
	      "greater than zero and less than or equal to hundred;");
	o.limit_percentage = 50;
	o.spike_limit_percentage = 50;
	finds(&tel__memory_limiter_keys, &o,
	      "|spike_limit_percentage='spike_limit_percentage' must be smaller than 'limit_percentage';");
	o = good;
	o.min_gc_interval_hard_ns = 2;
	finds(&tel__memory_limiter_keys, &o, "|min_gc_interval_when_soft_limited='min_gc_interval_when_soft_limited' "
	      "should be larger than 'min_gc_interval_when_hard_limited';");
}

static void limits_are_taken_from_mib_or_percent(void **state)
{
	(void)state;
	size_t hard, soft;
	tel__memory_limiter_options o = { .limit_mib = 100, .limit_percentage = 1 };
	assert_int_equal(tel__memory_limiter_limits(&o, 0, &hard, &soft, NULL), TEL_OK);
	assert_int_equal(hard, 100 << 20);
	assert_int_equal(soft, 80 << 20);
	o = (tel__memory_limiter_options){ .limit_percentage = 75, .spike_limit_percentage = 15 };
	assert_int_equal(tel__memory_limiter_limits(&o, 1000, &hard, &soft, NULL), TEL_OK);
	assert_int_equal(hard, 750);
	assert_int_equal(soft, 600);
	tel_error err = TEL_ERROR_INIT;
	assert_int_equal(tel__memory_limiter_limits(&o, 0, &hard, &soft, &err), TEL_ERR_CONFIG);
	assert_string_equal(err.msg, "'limit_percentage' needs the total memory, which is not known");
}

static void keep_log(void *user, const tel_log_entry *entry)
{
	found *f = user;
	size_t at = strlen(f->text);
	snprintf(f->text + at, sizeof(f->text) - at, TEL_SLICE_FMT ";", TEL_SLICE_ARG(entry->msg));
}

static void memory_limiter_refuses_above_the_soft_limit(void **state)
{
	(void)state;
	found log = { { 0 } };
	tel_log_sink sink = { keep_log, &log, TEL_LOG_DEBUG };
	tel__budget *budget = NULL;
	assert_int_equal(tel__budget_new(NULL, 0, &budget), TEL_OK);
	const tel__processor_ops *ops = tel__memory_limiter.impl;
	tel__processor_env env = { .log = &sink, .budget = budget, .baseline_bytes = 10 << 20, .id = TEL_SLICE_LIT("m") };
	tel__processor *p = NULL;
	tel_error err = TEL_ERROR_INIT;
	tel__run run = { 0 };
	assert_int_equal(ops->make(&env, &good, &p, &err), TEL_OK);
	tel__budget_force(budget, (70 << 20) - 1);
	assert_int_equal(ops->run(p, NULL, &run, &err), TEL_OK);
	tel__budget_force(budget, 1);
	assert_int_equal(ops->run(p, NULL, &run, &err), TEL_ERR_REFUSED);
	assert_string_equal(err.msg, "data refused due to high memory usage");
	assert_int_equal(ops->run(p, NULL, &run, &err), TEL_ERR_REFUSED);
	/* What is held for messages that have not come completely keeps nobody out. */
	tel__budget_hold(budget, 1);
	assert_int_equal(ops->run(p, NULL, &run, &err), TEL_OK);
	tel__budget_unhold(budget, 1);
	assert_int_equal(ops->run(p, NULL, &run, &err), TEL_ERR_REFUSED);
	tel__budget_release(budget, 1);
	assert_int_equal(ops->run(p, NULL, &run, &err), TEL_OK);
	assert_string_equal(log.text, "Memory limiter configured;Memory usage is above soft limit. Refusing data.;"
	                              "Memory usage back within limits. Resuming normal operation.;"
	                              "Memory usage is above soft limit. Refusing data.;"
	                              "Memory usage back within limits. Resuming normal operation.;");
	tel__budget_release(budget, (70 << 20) - 1);
	ops->free(p);
	tel__budget_unref(budget);
}

static tel_err make_limiter(const tel_alloc *alloc, void *user)
{
	(void)user;
	const tel__processor_ops *ops = tel__memory_limiter.impl;
	tel__processor_env env = { .alloc = alloc, .id = TEL_SLICE_LIT("m") };
	tel__processor *p = NULL;
	tel_err e = ops->make(&env, &good, &p, NULL);
	assert_int_equal(e == TEL_OK, p != NULL);
	if (p)
		ops->free(p);
	return e;
}

static void memory_limiter_survives_a_refused_allocation(void **state)
{
	(void)state;
	torture_alloc(make_limiter, NULL);
}

static void core_components_have_distinct_types_and_keys(void **state)
{
	(void)state;
	const tel_components *core = tel_components_core();
	assert_true(core->count >= 3);
	for (size_t i = 0; i < core->count; i++) {
		assert_non_null(core->rows[i]->keys);
		for (size_t k = 0; k < i; k++)
			assert_true(core->rows[i]->kind != core->rows[k]->kind ||
			            strcmp(core->rows[i]->type, core->rows[k]->type) != 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batch_options_are_checked),
		cmocka_unit_test(batch_points_are_the_larger_of_both_sizes),
		cmocka_unit_test(memory_limiter_options_are_checked),
		cmocka_unit_test(limits_are_taken_from_mib_or_percent),
		cmocka_unit_test(memory_limiter_refuses_above_the_soft_limit),
		cmocka_unit_test(memory_limiter_survives_a_refused_allocation),
		cmocka_unit_test(core_components_have_distinct_types_and_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
