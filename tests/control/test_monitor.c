/* SPDX-License-Identifier: Apache-2.0 */
/* Flow health out of counters (kyma-metrics.md 8.3, design.md 5). */
#include "seams/cm.h"

#include <stdio.h>

#include "base/slice_i.h"
#include "control/flow_lines.h"
#include "torture/torture.h"

#define START FLOW_START
#define SECOND FLOW_SECOND

static tel_err run_line(tel__monitor *m, tel_slice line, const char *name)
{
	char got[1024];
	tel_slice wanted;
	tel_err rc = flow_line(m, line, got, sizeof(got), &wanted);

	if (rc == TEL_OK && wanted.ptr && !tel__slice_is(wanted, got))
		fail_msg("%s: %.*s: found \"%s\"", name, TEL_SLICE_ARG(line), got);
	return rc;
}

static tel_err run(const tel_alloc *alloc, const char *text, const char *name)
{
	tel_slice rest = tel__slice_str(text), line;
	tel__monitor *m = NULL;
	tel_err rc = tel__monitor_new(alloc, &m);

	while (rc == TEL_OK && tel__slice_next(&rest, '\n', &line))
		if (line.len)
			rc = run_line(m, line, name);
	tel__monitor_free(m);
	return rc;
}

#define E " gw-0 otlp_grpc/p "

static const struct {
	const char *name, *text;
} scenarios[] = {
	{ "nothing was ever scraped", "0 ? failed\n" },
	{ "nothing was scraped for long", "0" E "sent=1\n10 ? \n299 ? \n300 ? failed\n" },
	{ "data flows", "0" E "sent=0\n30" E "sent=9\n30 ? \n60" E "sent=20\n90 ? \n" },
	{ "all is dropped, for a minute",
	  "0" E "sent=5 failed=0\n30" E "sent=5 failed=3\n30 ? \n60" E "sent=5 failed=3\n60 ? \n89 ? \n90 ? p:all,\n" },
	{ "a queue that is full drops, too", "0" E "full=0\n30" E "full=1\n30 ? \n90 ? p:all,\n" },
	{ "some is dropped", "0" E "sent=5 failed=0\n30" E "sent=9 failed=3\n30 ? \n90 ? p:some,\n" },
	{ "one sample is no rate", "0" E "failed=100\n0 ? \n60 ? \n120 ? \n" },
	{ "a counter that stands still is no problem", "0" E "failed=7\n30" E "failed=7\n30 ? \n90 ? \n" },
	{ "the window ends five minutes behind the earlier sample",
	  "0" E "failed=0\n30" E "failed=3\n60" E "failed=3\n90" E "failed=3\n30 ? \n90 ? p:all,\n240" E "failed=3\n299 ? p:all,\n300 ? \n"
	  "330" E "failed=4\n330 ? \n390 ? p:all,\n" },
	{ "a counter that starts anew counts from nothing",
	  "0" E "failed=10\n30" E "failed=4\n30 ? \n90 ? p:all,\n" },
	{ "a counter that starts anew at nothing has not grown", "0" E "failed=10\n30" E "failed=0\n30 ? \n90 ? \n" },
	{ "an interruption begins the minute again",
	  "0" E "failed=0 sent=0\n30" E "failed=1 sent=0\n30 ? \n60" E "failed=1 sent=1\n60 ? \n90 ? \n120 ? p:some,\n" },
	{ "instances are one pipeline together",
	  "0" E "sent=0 failed=0\n0 gw-1 otlp_grpc/p sent=0 failed=0\n30" E "sent=0 failed=5\n30 gw-1 otlp_grpc/p sent=5 failed=0\n30 ? \n"
	  "90 ? p:some,\n" },
	{ "pipelines are told apart, and found by name",
	  "0" E "failed=0\n0 gw-0 otlp_http/a failed=0\n0 gw-0 otlp_http/fine sent=0\n30" E "failed=5\n30 gw-0 otlp_http/a failed=1\n"
	  "30 gw-0 otlp_http/fine sent=1\n30 ? \n90 ? a:all, p:all,\n" },
	{ "a dot in a name is a letter like others", "0 g otlp_grpc/a.b failed=0\n30 g otlp_grpc/a.b failed=1\n30 ? \n90 ? a.b:all,\n" },
	{ "an exporter without a name concerns everybody", "0 g debug failed=0\n30 g debug failed=1\n30 ? \n90 ? :all,\n" },
	{ "receivers refuse",
	  "0 g otlp refused=0\n30 g otlp refused=9\n30 ? \n60 g otlp refused=9\n90 ? :throttling,\n299 ? :throttling,\n300 ? \n" },
	{ "instances that are gone are forgotten",
	  "0" E "failed=0\n30" E "failed=1\n30 ? \n90 ? p:all,\n700 gw-1 otlp_grpc/q sent=1\n700 ? \n" },
	/* gauges of our own programs */
	{ "nothing was delivered for five minutes while data waits",
	  "0" E "sent=7 points=40 oldest=10 success=1\n0 ? \n290" E "sent=7 points=900 oldest=299 success=1\n290 ? \n"
	  "301" E "sent=7 points=1000 oldest=310 success=1\n301 ? p:stalled,1000 in gw-0 (otlp_grpc/p)\n"
	  "330" E "sent=8 points=900 oldest=330 success=329\n330 ? \n" },
	{ "it never was", "0" E "points=12 oldest=400 success=0\n0 ? p:stalled,12 in gw-0 (otlp_grpc/p)\n" },
	{ "old data beside data that is delivered is no stall", "0" E "points=12 oldest=4000 success=-0\n0 ? p:stalled,12 in gw-0 (otlp_grpc/p)\n"
	  "30" E "points=12 oldest=4000 success=29\n30 ? \n" },
	{ "an empty queue does not stall", "0" E "points=0 oldest=0 success=0\n400" E "points=0 oldest=0 success=0\n400 ? \n" },
	{ "most of it waits there",
	  "0 gw-0 otlp_grpc/p points=5 oldest=400 success=0\n0 gw-1 otlp_grpc/p points=50 oldest=400 success=0\n"
	  "0 ? p:stalled,55 in gw-1 (otlp_grpc/p)\n" },
	{ "another instance delivers", "0 gw-0 otlp_grpc/p points=5 oldest=400 success=0 sent=0\n0 gw-1 otlp_grpc/p sent=0\n"
	  "30 gw-1 otlp_grpc/p sent=5\n30 ? \n" },
	/* the Collector's gauges */
	{ "a queue of the Collector that nobody empties",
	  "0" E "size=3 sent=1\n30" E "size=3 sent=1\n270" E "size=9 sent=1\n299 ? \n300 ? p:stalled,0 in gw-0 (otlp_grpc/p)\n"
	  "310" E "size=9 sent=2\n310 ? \n" },
	{ "a queue that was empty meanwhile", "0" E "size=3\n150" E "size=0\n200" E "size=3\n400 ? \n" },
	{ "a queue is nearly full for a minute",
	  "0" E "size=799 capacity=1000 sent=0\n0 ? \n30" E "size=800 capacity=1000 sent=1\n30 ? \n60" E "size=900 capacity=1000 sent=2\n"
	  "90 ? p:filling,\n120" E "size=10 capacity=1000 sent=9\n120 ? \n" },
	{ "a queue without capacity is not full", "0" E "size=5 capacity=0 sent=0\n30" E "size=5 capacity=0 sent=1\n30 ? \n100 ? \n" },
	{ "numbers below zero are no samples", "0" E "failed=0\n30" E "failed=-1\n60" E "failed=0\n60 ? \n120 ? \n" },
	{ "a clock that steps back is no problem", "100" E "failed=0\n90" E "failed=1\n80 ? \n60 ? \n200 ? p:all,\n" },
};

static void rules_hold_as_long_as_they_say(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		assert_ok(run(NULL, scenarios[i].text, scenarios[i].name));
	print_message("# %zu scenarios of the flow\n", sizeof(scenarios) / sizeof(scenarios[0]));
}

static void metrics_are_known_by_their_names(void **state)
{
	static const struct {
		const char *name;
		int metric;
	} names[] = {
		{ "otelcol_exporter_sent_metric_points_total", TEL__FLOW_SENT },
		{ "otelcol_exporter_sent_metric_points", TEL__FLOW_SENT },
		{ "otelcol_exporter_send_failed_metric_points_total", TEL__FLOW_SEND_FAILED },
		{ "otelcol_exporter_enqueue_failed_metric_points_total", TEL__FLOW_ENQUEUE_FAILED },
		{ "otelcol_receiver_refused_metric_points_total", TEL__FLOW_REFUSED },
		{ "otelcol_exporter_queue_size", TEL__FLOW_QUEUE_SIZE },
		{ "otelcol_exporter_queue_capacity", TEL__FLOW_QUEUE_CAPACITY },
		{ "telemetry_exporter_queue_points", TEL__FLOW_QUEUE_POINTS },
		{ "telemetry_exporter_oldest_unsent_seconds", TEL__FLOW_OLDEST_UNSENT },
		{ "telemetry_exporter_last_success_seconds", TEL__FLOW_LAST_SUCCESS },
		{ "otelcol_exporter_sent_spans_total", -1 },
		{ "_total", -1 },
		{ "", -1 },
	};
	tel__flow_metric metric;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		bool known = tel__flow_metric_named(tel__slice_str(names[i].name), &metric);

		if (known != (names[i].metric >= 0) || (known && (int)metric != names[i].metric))
			fail_msg("%s", names[i].name);
	}
}

static void there_is_a_limit_to_series(void **state)
{
	tel__monitor *m = NULL;
	tel_flow_facts flow;
	char id[64], big[8192];
	tel__flow_sample one = { TEL__FLOW_SEND_FAILED, { id, 0 }, { NULL, 0 }, 1 };

	(void)state;
	assert_ok(tel__monitor_new(NULL, &m));
	for (size_t i = 0; i < 65536; i++) {
		one.component.len = (size_t)snprintf(id, sizeof(id), "otlp_grpc/%zu", i);
		assert_ok(tel__monitor_add(m, START * SECOND, TEL_SLICE_LIT("g"), &one, 1));
	}
	one.component.len = (size_t)snprintf(id, sizeof(id), "otlp_grpc/more");
	assert_err(tel__monitor_add(m, START * SECOND, TEL_SLICE_LIT("g"), &one, 1), TEL_ERR_LIMIT);
	one.component.len = (size_t)snprintf(id, sizeof(id), "otlp_grpc/5");
	one.value = 2;
	assert_ok(tel__monitor_add(m, (START + 30) * SECOND, TEL_SLICE_LIT("g"), &one, 1));
	assert_ok(tel__monitor_judge(m, (START + 30) * SECOND, &flow));
	assert_ok(tel__monitor_judge(m, (START + 90) * SECOND, &flow));
	assert_int_equal(flow.count, 1);
	assert_slice(flow.findings[0].pipeline, "5");
	memset(big, 'x', sizeof(big));
	one.component = (tel_slice){ big, sizeof(big) };
	assert_err(tel__monitor_add(m, START * SECOND, TEL_SLICE_LIT("g"), &one, 1), TEL_ERR_LIMIT);
	assert_ok(tel__monitor_judge(m, (START + 700) * SECOND, &flow)); /* everything is forgotten: there is room */
	one.component = TEL_SLICE_LIT("otlp_grpc/more");
	assert_ok(tel__monitor_add(m, (START + 700) * SECOND, TEL_SLICE_LIT("g"), &one, 1));
	tel__monitor_free(m);
}

static tel_err monitor_scenario(const tel_alloc *alloc, void *user)
{
	return run(alloc, user, "torture");
}

static void watching_survives_every_failed_allocation(void **state)
{
	static char text[] = "0 gw-0 otlp_grpc/p failed=0 points=5 oldest=400 success=0\n0 gw-0 otlp refused=1\n"
		"30 gw-0 otlp_grpc/p failed=1 points=5 oldest=400 success=0\n30 ? p:stalled,5 in gw-0 (otlp_grpc/p)\n"
		"90 ? p:all,stalled,5 in gw-0 (otlp_grpc/p)\n";

	(void)state;
	torture_alloc(monitor_scenario, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_hold_as_long_as_they_say),
		cmocka_unit_test(metrics_are_known_by_their_names),
		cmocka_unit_test(there_is_a_limit_to_series),
		cmocka_unit_test(watching_survives_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
