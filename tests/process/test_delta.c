/* SPDX-License-Identifier: Apache-2.0 */
/* cumulativetodelta beside what is recorded: its memory, plans that are not committed, exponential histograms. */
#include <stdio.h>

#include <telemetry/format.h>
#include <telemetry/graph.h>
#include <telemetry/otlp.h>

#include "base/mem.h"
#include "base/slice_i.h"
#include "process/delta_state.h"
#include "process/ends.h"
#include "seams/cm.h"
#include "torture/torture.h"

/* ---- state ---- */

static tel_slice name_of(unsigned n, char out[32])
{
	return (tel_slice){ out, (size_t)snprintf(out, 32, "series-%u", n) };
}

static tel__delta_series *get(tel__delta_state *s, unsigned n)
{
	char text[32];
	tel__delta_series *x = NULL;
	assert_ok(tel__delta_get(s, name_of(n, text), &x));
	return x;
}

static void a_series_is_found_again_whatever_was_removed(void **state)
{
	(void)state;
	enum { COUNT = 2000 };
	static int64_t model[COUNT]; /* 0 = not there */
	tel__delta_state *s = NULL;
	uint64_t random = 42;
	size_t there = 0;
	memset(model, 0, sizeof model);
	assert_ok(tel__delta_state_new(NULL, COUNT, &s));
	for (int step = 1; step < 60000; step++) {
		random = random * 6364136223846793005ULL + 1442695040888963407ULL;
		unsigned n = (unsigned)(random >> 33) % COUNT;
		tel__delta_series *x = get(s, n);
		assert_int_equal(x->known ? x->value.integer : 0, model[n]);
		there += model[n] == 0;
		if (random >> 62 == 0) {
			tel__delta_remove(s, x);
			model[n] = 0;
			there--;
		} else {
			x->known = 1;
			x->value.integer = model[n] = step;
			tel__delta_touch(s, x, 1);
		}
		assert_int_equal(tel__delta_count(s), there);
	}
	tel__delta_state_free(s);
}

static void a_series_takes_at_most_64_bytes_beside_its_key(void **state)
{
	(void)state;
	const unsigned sizes[] = { 1000, 10000, 49152, 100000 };
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		tel__delta_state *s = NULL;
		assert_ok(tel__delta_state_new(NULL, 1 << 20, &s));
		for (unsigned n = 0; n < sizes[i]; n++)
			get(s, n);
		/* and what is left of the last page */
		assert_true(tel__delta_bytes(s) <= 64 * (size_t)sizes[i] + 16384);
		tel__delta_state_free(s);
	}
}

static void the_oldest_makes_room_unless_a_plan_has_it(void **state)
{
	(void)state;
	tel__delta_state *s = NULL;
	tel__delta_series *x = NULL;
	assert_ok(tel__delta_state_new(NULL, 3, &s));
	for (unsigned n = 0; n < 3; n++)
		get(s, n)->known = 1;
	tel__delta_touch(s, get(s, 0), 1); /* 1 is the oldest now, and 2 the next */
	get(s, 1)->pending = (struct tel__delta_change *)(void *)&s;
	assert_false(get(s, 3)->known);
	assert_int_equal(tel__delta_count(s), 3);
	assert_true(get(s, 0)->known && get(s, 1)->known);
	get(s, 0)->pending = get(s, 3)->pending = get(s, 1)->pending;
	assert_err(tel__delta_get(s, TEL_SLICE_LIT("one more"), &x), TEL_ERR_REFUSED);
	tel__delta_state_free(s);
}

static void what_was_not_seen_expires(void **state)
{
	(void)state;
	tel__delta_state *s = NULL;
	assert_ok(tel__delta_state_new(NULL, 10, &s));
	for (unsigned n = 0; n < 6; n++)
		tel__delta_touch(s, get(s, n), n);
	tel__delta_expire(s, 3);
	assert_int_equal(tel__delta_count(s), 3);
	tel__delta_expire(s, 100);
	assert_int_equal(tel__delta_count(s), 0);
	tel__delta_state_free(s);
}

/* ---- plans ---- */

static const uint64_t T0 = 1780000000000000000, STEP = 12000000000;

static tel_graph *graph_of(const char *options)
{
	char text[1024], why[512];
	tel_graph_opts opts = TEL_GRAPH_OPTS_INIT;
	tel_graph *graph = NULL;
	snprintf(text, sizeof text, "receivers: {in: {}}\nexporters: {out: {}}\nprocessors: {cumulativetodelta: %s}\nservice: "
	         "{pipelines: {metrics: {receivers: [in], processors: [cumulativetodelta], exporters: [out]}}}\n", options);
	tel_config *config = ends_load(text, strlen(text), why, sizeof why);
	if (!config)
		fail_msg("%s", why);
	opts.unix_ns = T0;
	assert_ok(tel_graph_new(config, &opts, &graph, NULL));
	tel_config_free(config);
	return graph;
}

static tel_metrics *batch(const char *metric)
{
	char text[2048];
	tel_metrics *m = NULL;
	tel_error err = TEL_ERROR_INIT;
	snprintf(text, sizeof text, "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[%s]}]}]}", metric);
	if (tel_otlp_json_decode(tel__slice_str(text), NULL, &m, NULL, &err))
		fail_msg("%s", err.msg);
	return m;
}

static tel_metrics *counter(int value, int second)
{
	char text[512];
	snprintf(text, sizeof text, "{\"name\":\"c\",\"sum\":{\"isMonotonic\":true,\"aggregationTemporality\":2,\"dataPoints\":["
	         "{\"startTimeUnixNano\":\"1\",\"timeUnixNano\":\"%d\",\"asInt\":\"%d\"}]}}", second, value);
	return batch(text);
}

static tel_err run(tel_graph *graph, tel_plan *plan, tel_metrics *m, uint64_t now)
{
	return tel_graph_run(graph, TEL_SLICE_LIT("in"), m, NULL, now, now, plan, NULL);
}

/* What comes out holds the text; NULL: nothing comes out. */
static void gives(const tel_plan *plan, const char *text)
{
	tel_buf *json = NULL;
	assert_int_equal(tel_plan_count(plan), text ? 1 : 0);
	if (!text)
		return;
	assert_ok(tel_metrics_format(tel_plan_get(plan, 0)->metrics, TEL_FORMAT_JSON, &json, NULL));
	char all[4096];
	snprintf(all, sizeof all, TEL_SLICE_FMT, TEL_SLICE_ARG(tel_buf_get(json)));
	if (!strstr(all, text))
		fail_msg("no %s in %s", text, all);
	tel_buf_unref(json);
}

static void a_plan_that_is_not_committed_has_not_happened(void **state)
{
	(void)state;
	tel_graph *graph = graph_of("{}");
	tel_plan *plan = NULL;
	assert_ok(tel_plan_new(graph, &plan, NULL));
	assert_ok(run(graph, plan, counter(10, 10), T0));
	tel_plan_reset(plan); /* not even the first point */
	assert_ok(run(graph, plan, counter(20, 20), T0));
	gives(plan, NULL);
	tel_plan_commit(plan);
	assert_ok(run(graph, plan, counter(50, 30), T0));
	gives(plan, "\"asInt\":\"30\"");
	tel_plan_reset(plan);
	assert_ok(run(graph, plan, counter(60, 40), T0));
	gives(plan, "\"asInt\":\"40\"");
	gives(plan, "\"startTimeUnixNano\":\"20\"");
	tel_plan_free(plan);
	tel_graph_free(graph);
}

static void a_series_in_an_open_plan_is_refused_for_now(void **state)
{
	(void)state;
	tel_graph *graph = graph_of("{}");
	tel_plan *first = NULL, *second = NULL;
	assert_ok(tel_plan_new(graph, &first, NULL));
	assert_ok(tel_plan_new(graph, &second, NULL));
	assert_ok(run(graph, first, counter(10, 10), T0));
	assert_err(run(graph, second, counter(20, 20), T0), TEL_ERR_REFUSED);
	tel_plan_commit(first);
	assert_ok(run(graph, second, counter(20, 20), T0));
	gives(second, "\"asInt\":\"10\"");
	tel_plan_free(first);
	tel_plan_free(second); /* dropped */
	tel_graph_free(graph);
}

static void points_of_one_request_follow_each_other(void **state)
{
	(void)state;
	tel_graph *graph = graph_of("{initial_value: drop}");
	tel_plan *plan = NULL;
	tel_metrics *m = counter(1, 1), *more = counter(4, 2), *last = counter(9, 3);
	assert_ok(tel_metrics_merge(m, more));
	assert_ok(tel_metrics_merge(m, last));
	tel_metrics_free(more);
	tel_metrics_free(last);
	assert_ok(tel_plan_new(graph, &plan, NULL));
	assert_ok(run(graph, plan, m, T0));
	gives(plan, "\"asInt\":\"3\"");
	gives(plan, "\"asInt\":\"5\"");
	tel_plan_commit(plan);
	assert_ok(run(graph, plan, counter(10, 4), T0));
	gives(plan, "\"asInt\":\"1\"");
	tel_plan_free(plan);
	tel_graph_free(graph);
}

static void a_series_that_stays_away_begins_anew(void **state)
{
	(void)state;
	tel_graph *graph = graph_of("{max_staleness: 10s, initial_value: keep}");
	tel_plan *plan = NULL;
	assert_ok(tel_plan_new(graph, &plan, NULL));
	for (int i = 0; i < 3; i++) {
		assert_ok(run(graph, plan, counter(10 + i, 10 + i), T0 + (uint64_t)i * STEP));
		gives(plan, i == 0 ? "\"asInt\":\"10\"" : i == 1 ? "\"asInt\":\"11\"" : "\"asInt\":\"12\"");
		tel_plan_commit(plan);
	}
	assert_ok(run(graph, plan, counter(15, 15), T0 + 2 * STEP + STEP / 2));
	gives(plan, "\"asInt\":\"3\"");
	tel_plan_free(plan);
	tel_graph_free(graph);
}

/* ---- exponential histograms ---- */

static tel_metrics *exponential(const char *fields, int second)
{
	char text[1024];
	snprintf(text, sizeof text, "{\"name\":\"e\",\"exponentialHistogram\":{\"aggregationTemporality\":2,\"dataPoints\":[{"
	         "\"startTimeUnixNano\":\"1\",\"timeUnixNano\":\"%d\",%s}]}}", second, fields);
	return batch(text);
}

static void exponential_histograms_are_subtracted_bucket_by_bucket(void **state)
{
	(void)state;
	const struct {
		const char *before, *now, *out;
	} rows[] = {
		{ "\"count\":\"3\",\"sum\":1,\"scale\":2,\"positive\":{\"offset\":4,\"bucketCounts\":[\"1\",\"2\"]}",
		  "\"count\":\"6\",\"sum\":3,\"scale\":2,\"positive\":{\"offset\":3,\"bucketCounts\":[\"0\",\"1\",\"4\",\"1\"]}",
		  "\"positive\":{\"offset\":5,\"bucketCounts\":[\"2\",\"1\"]}" },
		/* half the resolution: buckets 4, 5 are 2; -3 is -2 */
		{ "\"count\":\"3\",\"sum\":1,\"scale\":2,\"positive\":{\"offset\":4,\"bucketCounts\":[\"1\",\"2\"]}",
		  "\"count\":\"4\",\"sum\":3,\"scale\":1,\"positive\":{\"offset\":2,\"bucketCounts\":[\"4\"]}",
		  "\"positive\":{\"offset\":2,\"bucketCounts\":[\"1\"]}" },
		{ "\"count\":\"3\",\"sum\":1,\"scale\":2,\"negative\":{\"offset\":-3,\"bucketCounts\":[\"3\"]}",
		  "\"count\":\"9\",\"sum\":3,\"scale\":1,\"negative\":{\"offset\":-2,\"bucketCounts\":[\"9\"]}",
		  "\"negative\":{\"offset\":-2,\"bucketCounts\":[\"6\"]}" },
		/* a finer scale, fewer in all, fewer in one bucket: nothing comes out */
		{ "\"count\":\"3\",\"scale\":2", "\"count\":\"3\",\"scale\":3", NULL },
		{ "\"count\":\"3\"", "\"count\":\"2\"", NULL },
		{ "\"count\":\"3\",\"positive\":{\"bucketCounts\":[\"2\"]}", "\"count\":\"3\",\"positive\":{\"bucketCounts\":[\"1\"]}", NULL },
		{ "\"count\":\"3\",\"positive\":{\"offset\":9,\"bucketCounts\":[\"2\"]}",
		  "\"count\":\"3\",\"positive\":{\"bucketCounts\":[\"2\"]}", NULL },
		{ "\"count\":\"3\",\"zeroThreshold\":0.5", "\"count\":\"3\",\"zeroThreshold\":0.25", NULL },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tel_graph *graph = graph_of("{initial_value: drop}");
		tel_plan *plan = NULL;
		assert_ok(tel_plan_new(graph, &plan, NULL));
		assert_ok(run(graph, plan, exponential(rows[i].before, 2), T0));
		tel_plan_commit(plan);
		assert_ok(run(graph, plan, exponential(rows[i].now, 3), T0));
		gives(plan, rows[i].out);
		tel_plan_free(plan);
		tel_graph_free(graph);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_series_is_found_again_whatever_was_removed),
		cmocka_unit_test(a_series_takes_at_most_64_bytes_beside_its_key),
		cmocka_unit_test(the_oldest_makes_room_unless_a_plan_has_it),
		cmocka_unit_test(what_was_not_seen_expires),
		cmocka_unit_test(a_plan_that_is_not_committed_has_not_happened),
		cmocka_unit_test(a_series_in_an_open_plan_is_refused_for_now),
		cmocka_unit_test(points_of_one_request_follow_each_other),
		cmocka_unit_test(a_series_that_stays_away_begins_anew),
		cmocka_unit_test(exponential_histograms_are_subtracted_bucket_by_bucket),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
