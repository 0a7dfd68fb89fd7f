/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random configurations, one after the other, while requests come and backends take, refuse and hold: after each step the
 * ledger is exact over everything that is and everything that was, and in the end what was sent has arrived.
 */
#include "flow/flow_rig.h"

#include <stdio.h>

#include "flow/flow_i.h"
#include "seams/fakerandom.h"

#define SECOND 1000000000ull

enum { SEEDS = 12, STEPS = 40 };

static flow_rig R;
static uint64_t Seed, Committed; /* points that pipelines gave to exporters, each exporter counted */

static uint64_t dice(uint64_t sides)
{
	return splitmix64(&Seed) % sides;
}

/* ---- configurations ---- */

typedef struct shape {
	bool has[3][2]; /* pipeline to exporter */
} shape;

static shape Shape;
static const char *Last; /* text */

static const char *pick(const char *const *words, uint64_t count)
{
	return words[dice(count)];
}

static size_t put_exporter(char *out, size_t cap, char name)
{
	static const char *const queues[] = { "", "queue_size: 3, num_consumers: 1", "queue_size: 40, sizer: items", "enabled: false",
		                                  "queue_size: 1, num_consumers: 1, block_on_overflow: true", "wait_for_result: true" };
	static const char *const codings[] = { "none", "gzip", "zstd" };

	return (size_t)snprintf(out, cap, "  otlp_http/%c: {endpoint: 'http://127.0.0.1:${env:%c}', compression: %s, headers: {x: '%u'}, "
	                        "timeout: 2s, retry_on_failure: {initial_interval: 100ms, max_interval: 200ms, max_elapsed_time: %s}, "
	                        "sending_queue: {%s}}\n", name, 'A' + (char)dice(2), pick(codings, 3), (unsigned)dice(3),
	                        dice(4) ? "0s" : "1s", pick(queues, 6));
}

static size_t put_pipeline(char *out, size_t cap, unsigned i)
{
	static const char *const processors[] = { "", "batch", "test", "test, batch", "batch/two", "test/drop" };
	char exporters[64] = "";

	for (int x = 0; x < 2; x++)
		if (Shape.has[i][x])
			snprintf(exporters + strlen(exporters), sizeof(exporters) - strlen(exporters), "%sotlp_http/%c",
			         exporters[0] ? ", " : "", 'a' + x);
	return (size_t)snprintf(out, cap, "    metrics/%u: {receivers: [otlp], processors: [%s], exporters: [%s]}\n", i,
	                        pick(processors, 6), exporters);
}

static const char *random_text(void)
{
	static char text[4096];
	size_t n = (size_t)snprintf(text, sizeof(text), "receivers: {otlp: {protocols: {http: {endpoint: '127.0.0.1:0', "
	                            "max_request_body_size: %u}}}}\nexporters:\n", 1000000 + (unsigned)dice(2));
	bool any = false;

	n += put_exporter(text + n, sizeof(text) - n, 'a');
	n += put_exporter(text + n, sizeof(text) - n, 'b');
	n += (size_t)snprintf(text + n, sizeof(text) - n, "processors: {batch: {send_batch_size: %u, timeout: 300ms}, batch/two: "
	                      "{send_batch_size: 5, send_batch_max_size: 5, timeout: 1s}, test: {action: double}, "
	                      "test/drop: {action: keep_one}}\nservice:\n  telemetry: {metrics: {level: none}}\n  pipelines:\n",
	                      1 + (unsigned)dice(30));
	for (unsigned i = 0; i < 3; i++)
		for (unsigned x = 0; x < 2; x++)
			Shape.has[i][x] = dice(2);
	Shape.has[dice(3)][dice(2)] = true;
	for (unsigned i = 0; i < 3; i++)
		if (Shape.has[i][0] || Shape.has[i][1])
			n += put_pipeline(text + n, sizeof(text) - n, i);
	for (unsigned i = 0; i < 3; i++)
		any = any || Shape.has[i][0] || Shape.has[i][1];
	assert_true(any && n < sizeof(text));
	return Last = text;
}

/* ---- the ledger ---- */

static double total(const char *family)
{
	double sum = flow_rig_value(&R, family, "");
	return sum < 0 ? 0 : sum;
}

static double event(const char *name, const char *pipeline)
{
	char label[160];
	double sum;

	snprintf(label, sizeof(label), "event=\"%s\",otel_scope_name=\"telemetry\",otel_scope_schema_url=\"\","
	         "otel_scope_version=\"\",pipeline=\"%s", name, pipeline);
	sum = flow_rig_value(&R, "telemetry_pipeline_points_total", label);
	return sum < 0 ? 0 : sum;
}

static void outgoing(double *ret)
{
	char name[16];

	flow_rig_read(&R);
	for (unsigned i = 0; i < 3; i++) {
		snprintf(name, sizeof(name), "metrics/%u", i);
		ret[i] = event("outgoing", name);
	}
}

static void check(const char *what)
{
	double given;

	flow_rig_read(&R);
	if (event("received", "") + event("created", "") != event("outgoing", "") + event("removed", ""))
		fail_msg("%s: pipelines received %g, created %g, gave %g, removed %g", what, event("received", ""),
		         event("created", ""), event("outgoing", ""), event("removed", ""));
	given = total("otelcol_exporter_sent_metric_points_total") + total("telemetry_exporter_queue_points") +
	        total("telemetry_exporter_dropped_points_total") + total("telemetry_exporter_returned_points_total") +
	        total("telemetry_exporter_isolated_points_total");
	/* what exporters that are gone had sent stands beside: their row has no otelcol_ series */
	given += (double)(R.flow->history.gone_exporters.sent_points + R.flow->history.gone_exporters.rejected_points);
	if (given != (double)Committed)
		fail_msg("%s: exporters account for %g points of %llu", what, given, (unsigned long long)Committed);
}

static void post(unsigned points)
{
	static otlp_answer a[8];
	static unsigned turn;
	double before[3], after[3];
	tel_buf *body = otlp_points("s", points);
	tel_slice bytes = tel_buf_get(body);
	otlp_answer *answer = &a[turn++ % 8];

	outgoing(before);
	memset(answer, 0, sizeof(*answer));
	otlp_post_start(&R.client, "/v1/metrics", "application/x-protobuf", NULL, &bytes, answer);
	for (uint64_t start = R.clock.mono_ns; !answer->calls && R.clock.mono_ns < start + 20 * SECOND;) {
		flow_rig_pass(&R, SECOND / 50);
		if (R.clock.mono_ns > start + 2 * SECOND) /* who waits for room would wait for ever */
			R.backends[FLOW_A].outcome.verdict = R.backends[FLOW_B].outcome.verdict = TEL_VERDICT_OK;
	}
	if (!answer->calls) {
		flow_rig_read(&R);
		fprintf(stderr, "# %s\n# %s", Last, R.page);
		fail_msg("a request was not answered");
	}
	if (answer->err || (answer->status != 200 && answer->status != 503 && answer->status != 429 && answer->status != 500))
		fail_msg("a request failed: %d, status %u %s", answer->err, answer->status, answer->message);
	outgoing(after);
	for (unsigned i = 0; i < 3; i++)
		for (unsigned x = 0; x < 2; x++)
			Committed += Shape.has[i][x] ? (uint64_t)(after[i] - before[i]) : 0;
	tel_buf_unref(body);
}

static void set_backends(void)
{
	for (int i = 0; i < 2; i++) {
		static const tel_verdict verdicts[] = { TEL_VERDICT_OK, TEL_VERDICT_OK, TEL_VERDICT_RETRY, TEL_VERDICT_PERMANENT };
		R.backends[i].outcome.verdict = verdicts[dice(4)];
	}
}

static void run_seed(uint64_t seed)
{
	char what[64];

	Seed = seed;
	Committed = 0;
	flow_rig_init(&R, NULL);
	flow_rig_start(&R, random_text(), NULL);
	for (unsigned step = 0; step < STEPS; step++) {
		set_backends();
		for (uint64_t n = dice(5); n; n--)
			post(1 + (unsigned)dice(12));
		flow_rig_pass(&R, dice(3) * SECOND / 10);
		snprintf(what, sizeof(what), "seed %llu, step %u", (unsigned long long)seed, step);
		check(what);
		flow_rig_must_reload(&R, random_text());
		check(what);
	}
	R.backends[FLOW_A].outcome.verdict = R.backends[FLOW_B].outcome.verdict = TEL_VERDICT_OK;
	flow_rig_pass(&R, 40 * SECOND);
	check("at the end");
	assert_true(total("telemetry_exporter_queue_points") == 0);
	assert_true(total("otelcol_exporter_sent_metric_points_total") + (double)R.flow->history.gone_exporters.sent_points ==
	            (double)(R.backends[FLOW_A].points + R.backends[FLOW_B].points));
	assert_true(Committed > 100);
	flow_rig_fini(&R);
}

static void ledger_is_exact_across_any_reloads(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= SEEDS; seed++)
		run_seed(seed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ledger_is_exact_across_any_reloads),
	};
	return cmocka_run_group_tests_name("flow/reload_random", tests, NULL, NULL);
}
