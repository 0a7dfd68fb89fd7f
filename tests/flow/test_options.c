/* SPDX-License-Identifier: Apache-2.0 */
/* The table of options: read, set, listed. */
#include "seams/cm.h"

#include <stdio.h>

#include <telemetry/flow.h>

#include "base/slice_i.h"

#define TEST(f) cmocka_unit_test(f)

static const char *value_of(const tel_flow_opts *opts, const char *name)
{
	static tel_flow_option o;

	o = (tel_flow_option)TEL_FLOW_OPTION_INIT;
	for (size_t i = 0; tel_flow_option_get(opts, i, &o) == TEL_OK; i++)
		if (tel__slice_is(o.name, name))
			return o.value;
	fail_msg("there is no option %s", name);
	return "";
}

static void set(tel_flow_opts *opts, const char *setting)
{
	tel_error err = TEL_ERROR_INIT;

	if (tel_flow_option_set(opts, tel__slice_str(setting), &err))
		fail_msg("%s: %s", setting, err.msg);
}

static void every_option_is_set_by_name_and_shown_again(void **state)
{
	tel_flow_opts o = TEL_FLOW_OPTS_INIT;
	(void)state;
	set(&o, "auth_failure=drop");
	set(&o, "connections.per_peer=7");
	set(&o, "drain=1500ms");
	set(&o, "fanout=all");
	set(&o, "otlp.utf8=forward");
	set(&o, "pages.endpoint=[::1]:1");
	assert_true(o.drop_auth_failures && o.fanout_all && o.forward_bad_utf8);
	assert_int_equal(o.connections_per_peer, 7);
	assert_int_equal(o.drain_ns, 1500000000);
	assert_slice(o.pages_endpoint, "[::1]:1");
	assert_string_equal(value_of(&o, "auth_failure"), "drop");
	assert_string_equal(value_of(&o, "drain"), "1.5s");
	assert_string_equal(value_of(&o, "pages.endpoint"), "[::1]:1");
	set(&o, "auth_failure=hold");
	set(&o, "drain=3");
	set(&o, "pages.endpoint=none");
	assert_false(o.drop_auth_failures);
	assert_int_equal(o.drain_ns, 3000000000);
	assert_string_equal(value_of(&o, "pages.endpoint"), "none");
}

static void every_default_is_a_value_of_its_option(void **state)
{
	tel_flow_opts o = TEL_FLOW_OPTS_INIT;
	tel_flow_option row = TEL_FLOW_OPTION_INIT;
	char setting[200];
	size_t n = 0;
	(void)state;
	for (; tel_flow_option_get(NULL, n, &row) == TEL_OK; n++) {
		snprintf(setting, sizeof(setting), TEL_SLICE_FMT "=" TEL_SLICE_FMT, TEL_SLICE_ARG(row.name), TEL_SLICE_ARG(row.def));
		set(&o, setting);
		assert_string_equal(value_of(&o, row.name.len ? strtok(setting, "=") : ""), row.value);
		assert_true(row.help.len > 10);
	}
	assert_true(n >= 6);
	assert_err(tel_flow_option_get(NULL, n, &row), TEL_ERR_NOT_FOUND);
}

static void what_is_none_is_refused_by_name(void **state)
{
	static const struct {
		const char *setting, *says;
	} bad[] = {
		{ "auth_failure", "option \"auth_failure\": missing equal sign, expected NAME=VALUE" },
		{ "auth_failure=keep", "option auth_failure: \"keep\" is not hold|drop" },
		{ "auth_failure=", "option auth_failure: \"\" is not hold|drop" },
		{ "connections.per_peer=-1", "option connections.per_peer: \"-1\" is not NUMBER" },
		{ "connections.per_peer=4294967296", "option connections.per_peer: \"4294967296\" is not NUMBER" },
		{ "drain=-1s", "option drain: \"-1s\" is not DURATION" },
		{ "drain=soon\n", "option drain: \"soon\\x0a\" is not DURATION" },
		{ "pages.endpoint=", "option pages.endpoint: \"\" is not ADDRESS|none" },
		{ "auth.failure=hold", "there is no option \"auth.failure\"; there are auth_failure, connections.per_peer, drain, fanout, "
		  "otlp.json, otlp.utf8 and pages.endpoint" },
	};
	tel_flow_opts o = TEL_FLOW_OPTS_INIT, before = o;
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		tel_error err = TEL_ERROR_INIT;
		assert_err(tel_flow_option_set(&o, tel__slice_str(bad[i].setting), &err), TEL_ERR_ARG);
		assert_string_equal(err.msg, bad[i].says);
	}
	assert_memory_equal(&o, &before, sizeof(o));
	assert_err(tel_flow_option_set(NULL, TEL_SLICE_LIT("fanout=all"), NULL), TEL_ERR_ARG);
	assert_err(tel_flow_option_get(&o, 0, NULL), TEL_ERR_ARG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_option_is_set_by_name_and_shown_again),
		TEST(every_default_is_a_value_of_its_option),
		TEST(what_is_none_is_refused_by_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
