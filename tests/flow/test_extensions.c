/* SPDX-License-Identifier: Apache-2.0 */
/* What a configuration names beside OTLP: extensions with nothing to do, and components that this build cannot run. */
#include "flow/flow_rig.h"

#define AROUND(extensions, receivers) \
	"receivers: {otlp: {protocols: {http: {endpoint: '127.0.0.1:0'}}}, absent/x: }\nexporters: {nop: }\n" \
	"extensions: {pprof: {endpoint: '127.0.0.1:1777'}, cgroup_runtime: {gomemlimit: {ratio: 0.8}}}\n" \
	"service: {extensions: [" extensions "], telemetry: {metrics: {level: none}}, " \
	"pipelines: {metrics/p: {receivers: [" receivers "], exporters: [nop]}}}\n"

static flow_rig R;

static void extensions_of_the_go_runtime_have_nothing_to_do(void **state)
{
	(void)state;
	flow_rig_init(&R, NULL);
	flow_rig_start(&R, AROUND("pprof, cgroup_runtime", "otlp"), NULL);
	assert_int_equal(flow_rig_post(&R, 3).status, 200);
	flow_rig_must_reload(&R, AROUND("cgroup_runtime", "otlp"));
	flow_rig_dial(&R);
	assert_int_equal(flow_rig_post(&R, 3).status, 200);
	flow_rig_fini(&R);
}

static void components_without_code_are_named_when_they_are_to_run(void **state)
{
	static const char reason[] = "this build loads but cannot run receiver \"absent/x\" in pipeline \"metrics/p\"";
	tel_error err = TEL_ERROR_INIT;

	(void)state;
	flow_rig_init(&R, NULL);
	assert_err(flow_rig_try(&R, AROUND("", "otlp, absent/x"), NULL, &err), TEL_ERR_UNSUPPORTED);
	assert_string_equal(err.msg, reason);
	assert_null(R.flow);
	flow_rig_start(&R, AROUND("", "otlp"), NULL);
	assert_err(flow_rig_reload(&R, AROUND("", "otlp, absent/x"), &err), TEL_ERR_UNSUPPORTED);
	assert_string_equal(err.msg, reason);
	assert_int_equal(flow_rig_post(&R, 3).status, 200);
	flow_rig_fini(&R);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(extensions_of_the_go_runtime_have_nothing_to_do),
		cmocka_unit_test(components_without_code_are_named_when_they_are_to_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
