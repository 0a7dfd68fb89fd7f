/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include <telemetry/graph.h>

#include "base/slice_i.h"
#include "graph/graph_i.h"
#include "process/memory_limiter.h"
#include "process/test_processor.h"
#include "seams/cm.h"

/* The core components with the real loader; receivers and exporters are names without options. */

typedef struct no_options {
	char none;
} no_options;

static const tel__key_table no_keys = { .go_name = "Config", .size = sizeof(no_options) };
static const tel__component otlp = { .type = "otlp", .kind = TEL__KIND_RECEIVER, .keys = &no_keys, .help = "in" };
static const tel__component nop = { .type = "nop", .kind = TEL__KIND_EXPORTER, .keys = &no_keys, .help = "out" };
static const tel__component *const rows[] = { &otlp, &nop, &test_processor };

/* Loads text over the table; *findings is "PATH: MESSAGE" per line. */
static tel_config *load(const char *text, char *findings, size_t cap)
{
	tel_components table = { .rows = rows, .count = 3, .parent = tel_components_core() };
	tel_config_source source = { TEL_SLICE_LIT("t"), tel__slice_str(text) };
	tel_findings *list = NULL;
	tel_config *config = NULL;
	size_t at = 0;
	assert_ok(tel_findings_new(NULL, &list));
	(void)tel_config_load(&source, 1, &table, NULL, NULL, &config, list);
	findings[0] = 0;
	for (size_t i = 0; i < tel_findings_count(list); i++) {
		tel_finding f;
		assert_ok(tel_findings_get(list, i, &f));
		at += (size_t)snprintf(findings + at, cap - at, TEL_SLICE_FMT ": " TEL_SLICE_FMT "\n", TEL_SLICE_ARG(f.path),
		                       TEL_SLICE_ARG(f.message));
	}
	tel_findings_free(list);
	return config;
}

#define KYMA_LIKE(processors) \
	"receivers: {otlp: {}}\n" \
	"exporters: {nop/a: {}, nop/b: {}}\n" \
	"connectors: {forward/enrichment: {}}\n" \
	"processors: {" processors "}\n" \
	"service:\n" \
	"  pipelines:\n" \
	"    metrics/input: {receivers: [otlp], processors: [memory_limiter], exporters: [forward/enrichment]}\n" \
	"    metrics/a: {receivers: [forward/enrichment], processors: [batch/a], exporters: [nop/a]}\n" \
	"    metrics/b: {receivers: [forward/enrichment], processors: [test/one, batch/b], exporters: [nop/b]}\n"

static void loaded_configuration_becomes_a_graph(void **state)
{
	(void)state;
	char findings[4096];
	tel_config *config = load(KYMA_LIKE(
		"memory_limiter: {check_interval: 1s, limit_percentage: 75, spike_limit_percentage: 15},"
		"batch/a: {send_batch_size: 1024, timeout: 10s, send_batch_max_size: 1024},"
		"batch/b: , test/one: {action: keep_one}"), findings, sizeof(findings));
	assert_string_equal(findings, "");
	assert_non_null(config);
	tel_graph *graph = NULL;
	tel_graph_opts opts = TEL_GRAPH_OPTS_INIT;
	opts.total_memory_bytes = 1 << 30;
	assert_ok(tel_graph_new(config, &opts, &graph, NULL));
	tel_config_free(config); /* the graph holds it */
	assert_int_equal(tel_graph_exporter_count(graph), 2);
	const tel__graph_group *a = tel__graph_exporter_get(graph, 0)->groups, *b = tel__graph_exporter_get(graph, 1)->groups;
	assert_slice(a->batch_id, "batch/a");
	assert_int_equal(a->batch->timeout_ns, 10000000000);
	assert_int_equal(tel__batch_points(a->batch), 1024);
	assert_int_equal(b->batch->timeout_ns, 200000000);
	assert_int_equal(b->batch->send_batch_size, 8192);
	assert_int_equal(b->batch->send_batch_max_size, 0);
	assert_int_equal(b->batch->metadata_cardinality_limit, 1000);
	assert_int_equal(tel__graph_pipeline_count(graph), 3);
	assert_slice(tel__graph_processor_get(graph, 2)->id, "test/one");
	tel_graph_free(graph);
}

static void options_are_refused_in_the_collectors_words(void **state)
{
	(void)state;
	char findings[4096];
	assert_null(load(KYMA_LIKE("memory_limiter: {limit_mib: 10, spike_limit_mib: 10},"
	                           "batch/a: {send_batch_size: 10, send_batch_max_size: 9}, batch/b: {timeout: -1s},"
	                           "test/one: {}"), findings, sizeof(findings)));
	assert_string_equal(findings,
		"processors::memory_limiter: 'check_interval' must be greater than zero\n"
		"processors::memory_limiter: 'spike_limit_mib' must be smaller than 'limit_mib'\n"
		"processors::batch/a: send_batch_max_size must be greater or equal to send_batch_size\n"
		"processors::batch/b: timeout must be greater or equal to 0\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loaded_configuration_becomes_a_graph),
		cmocka_unit_test(options_are_refused_in_the_collectors_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
