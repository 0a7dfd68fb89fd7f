/* SPDX-License-Identifier: Apache-2.0 */
/* Every processor without memory: each allocation of loading, making and running fails in turn. A run either fails, and
 * the same input passes later, or gives what it gives with memory. */
#include <stdio.h>

#include <telemetry/format.h>
#include <telemetry/offline.h>
#include <telemetry/otlp.h>

#include "base/mem.h"
#include "base/slice_i.h"
#include "model/metrics_i.h"
#include "process/ends.h"
#include "seams/cm.h"
#include "torture/torture.h"

enum { MAX_TEXT = 8192 };
static const uint64_t NOW_NS = 1700000000000000000;

/* A processor with what it works on. */
typedef struct scenario {
	const char *name, *processor;
	const char *attributes; /* of the resource */
	const char *metric;     /* @: the value */
	char text[MAX_TEXT];    /* what comes out with memory */
	tel_config *config;
} scenario;

static void hear(char *text, const tel_metrics *metrics)
{
	tel_metrics reader = *metrics; /* writing it down is not what is tested */
	tel_buf *json = NULL;
	reader.alloc = tel__alloc_libc;
	assert_ok(tel_metrics_format(&reader, TEL_FORMAT_JSON, &json, NULL));
	size_t at = strlen(text);
	snprintf(text + at, MAX_TEXT - at, TEL_SLICE_FMT "\n", TEL_SLICE_ARG(tel_buf_get(json)));
	tel_buf_unref(json);
}

static int on_batch(const tel_plan_entry *entry, void *user)
{
	hear(user, entry->metrics);
	return 0;
}

static tel_config *load(const char *processor)
{
	char text[4096], why[512];
	snprintf(text, sizeof text, "receivers: {in: {}}\nexporters: {out: {}}\nprocessors:\n  %s\nservice:\n  pipelines:\n"
	         "    metrics: {receivers: [in], processors: [%.*s], exporters: [out]}\n", processor,
	         (int)strcspn(processor, ":"), processor);
	tel_config *config = ends_load(text, strlen(text), why, sizeof why);
	if (!config)
		fail_msg("%s", why);
	return config;
}

static tel_err input_of(const tel_alloc *alloc, const scenario *s, int value, tel_metrics **ret_metrics)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	char text[4096];
	tel_error err = TEL_ERROR_INIT;
	int before = (int)strcspn(s->metric, "@");
	snprintf(text, sizeof text, "{\"resourceMetrics\":[{\"resource\":{\"attributes\":[%s]},\"scopeMetrics\":[{\"metrics\":["
	         "%.*s%d%s]}]}]}", s->attributes, before, s->metric, value, s->metric + before + 1);
	opts.alloc = alloc;
	tel_err e = tel_otlp_json_decode(tel__slice_str(text), &opts, ret_metrics, NULL, &err);
	if (e && e != TEL_ERR_NOMEM)
		fail_msg("%s", err.msg);
	return e;
}

/* Three inputs; an input that fails for lack of memory comes again. */
static tel_err run(const tel_alloc *alloc, void *user)
{
	const scenario *s = user;
	tel_graph_opts opts = TEL_GRAPH_OPTS_INIT;
	tel_offline *offline = NULL;
	char text[MAX_TEXT] = "";
	tel_err first = TEL_OK;
	opts.alloc = alloc;
	opts.crypto = tel_crypto_openssl();
	opts.unix_ns = NOW_NS;
	tel_err e = tel_offline_new(s->config, &opts, on_batch, text, &offline, NULL);
	if (e)
		return e;
	for (int i = 1; i <= 3; i++) {
		tel_metrics *batch = NULL;
		e = input_of(alloc, s, 10 * i, &batch);
		if (!e)
			e = tel_offline_run(offline, (tel_slice){ NULL, 0 }, batch, NULL, NOW_NS + (uint64_t)i, NULL);
		if (!e)
			continue;
		assert_int_equal(e, TEL_ERR_NOMEM);
		if (first)
			break; /* the memory does not come back */
		first = e;
		i--;
	}
	tel_offline_free(offline);
	if (!e)
		assert_string_equal(text, s->text);
	return first ? first : e;
}

static void survives(void **state)
{
	scenario *s = *state;
	tel_graph_opts opts = TEL_GRAPH_OPTS_INIT;
	tel_offline *offline = NULL;
	opts.crypto = tel_crypto_openssl();
	opts.unix_ns = NOW_NS;
	s->config = load(s->processor);
	assert_ok(tel_offline_new(s->config, &opts, on_batch, s->text, &offline, NULL));
	for (int i = 1; i <= 3; i++) {
		tel_metrics *batch = NULL;
		assert_ok(input_of(NULL, s, 10 * i, &batch));
		assert_ok(tel_offline_run(offline, (tel_slice){ NULL, 0 }, batch, NULL, NOW_NS + (uint64_t)i, NULL));
	}
	tel_offline_free(offline);
	assert_true(s->text[0] != 0);
	torture_alloc(run, s);
	tel_config_free(s->config);
}

#define TEXT(key, value) "{\"key\":\"" key "\",\"value\":{\"stringValue\":\"" value "\"}}"
#define GAUGE(attributes) "{\"name\":\"istio_x\",\"gauge\":{\"dataPoints\":[{\"asInt\":\"@\",\"attributes\":[" attributes "]}," \
	"{\"asDouble\":1}]}}"

#define HISTOGRAMS "{\"name\":\"h\",\"histogram\":{\"aggregationTemporality\":2,\"dataPoints\":[{\"count\":\"3\",\"sum\":1," \
	"\"bucketCounts\":[\"1\",\"2\"],\"explicitBounds\":[1]}]}},{\"name\":\"e\",\"exponentialHistogram\":{" \
	"\"aggregationTemporality\":2,\"dataPoints\":[{\"count\":\"3\",\"scale\":1,\"positive\":{\"bucketCounts\":[\"3\"]}}]}}"

static scenario scenarios[] = {
	{ "service_enrichment", "service_enrichment: {resource_attributes: [app]}",
	  "{\"key\":\"app\",\"value\":{\"kvlistValue\":{\"values\":[" TEXT("b", "c") "," TEXT("a", "c") "]}}}", GAUGE(""), "", NULL },
	{ "resource", "resource: {attributes: [{key: a, action: upsert, value: {x: [1, true, 2.5, y]}}, {key: b, action: hash}, "
	  "{key: c, pattern: '^(?P<d>.*)-(?P<e>.*)$', action: extract}, {pattern: '^z', action: delete}, "
	  "{key: f, action: convert, converted_type: string}, {key: g, from_attribute: d, action: insert}]}",
	  TEXT("b", "x") "," TEXT("c", "1-2") "," TEXT("zz", "x") ",{\"key\":\"f\",\"value\":{\"arrayValue\":{}}}", GAUGE(""),
	  "", NULL },
	{ "attributes", "attributes: {include: {match_type: regexp, metric_names: ['^istio.x$']}, actions: [{key: a, action: upsert, "
	  "value: 1}, {key: b, action: hash}, {key: c, action: delete}]}", "", GAUGE(TEXT("b", "x") "," TEXT("c", "y")), "", NULL },
	{ "cumulativetodelta", "cumulativetodelta: {initial_value: keep, include: {match_type: strict, metrics: [c, h, e]}}",
	  TEXT("b", "x") "," TEXT("a", "y"), "{\"name\":\"c\",\"sum\":{\"isMonotonic\":true,\"aggregationTemporality\":2,"
	  "\"dataPoints\":[{\"startTimeUnixNano\":\"1\",\"asInt\":\"@\",\"attributes\":[" TEXT("b", "x") "," TEXT("a", "y")
	  "]}]}}," HISTOGRAMS, "", NULL },
	{ "transform", "transform: {metric_statements: ['set(resource.attributes[\"n\"][\"m\"], [1, {\"k\": \"v\"}])', "
	  "'set(metric.description, Concat([metric.name, resource.attributes[\"b\"]], \"-\")) where IsMatch(metric.name, \"^i.*o_[x-z]$\")', "
	  "'replace_pattern(resource.attributes[\"b\"], \"(.)x?\", \"$$1y\")', 'merge_maps(resource.attributes, "
	  "ParseJSON(\"{\\\"j\\\":[1,{\\\"k\\\":null}]}\"), \"upsert\")', 'flatten(resource.attributes)', 'delete_matching_keys("
	  "resource.attributes, \"^z\")', 'copy_metric(name=\"copy\") where metric.name == \"istio_x\"', "
	  "'aggregate_on_attributes(\"sum\", []) where metric.name != \"copy\"', 'extract_sum_metric(true) where metric.name == \"h\"', "
	  "'set(scope.name, Format(\"%s %d\", [String(resource.attributes), 3]))']}",
	  TEXT("b", "axb") "," TEXT("zz", "x"), GAUGE(TEXT("b", "x")) "," HISTOGRAMS, "", NULL },
	{ "filter", "filter: {metric_conditions: ['IsMatch(resource.attributes[\"zz\"], \"^(a+b|c)$\")', 'metric.name == \"e\"', "
	  "'datapoint.attributes[\"b\"] == Concat([\"x\", resource.attributes[\"a\"]], \"\")']}",
	  TEXT("a", ""), GAUGE(TEXT("b", "x")) "," HISTOGRAMS, "", NULL },
	{ "filter_old", "filter/old: {metrics: {exclude: {match_type: regexp, metric_names: ['^(h|x)$'], resource_attributes: "
	  "[{key: a, value: '^b+c'}]}}}", TEXT("a", "x"), GAUGE(TEXT("b", "x")) "," HISTOGRAMS, "", NULL },
	{ "istio_noise_filter", "istio_noise_filter:", TEXT("a", "b"), GAUGE(TEXT("source_workload", "telemetry-metric-agent")), "",
	  NULL },
};

int main(void)
{
	enum { COUNT = sizeof(scenarios) / sizeof(scenarios[0]) };
	struct CMUnitTest tests[COUNT];
	for (size_t i = 0; i < COUNT; i++)
		tests[i] = (struct CMUnitTest){ scenarios[i].name, survives, NULL, NULL, &scenarios[i] };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
