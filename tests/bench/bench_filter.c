/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What OTTL conditions cost that match nothing: 1, 10, 100, 300 of a kind over 1000 points of 10 attributes in 100 metrics. Rows:
 * what they read, how many, ns per point, ns per point and condition; best of 5. Said, with a loose gate at ten times the aim.
 */
#include <stdio.h>
#include <stdlib.h>

#include <telemetry/builder.h>
#include <telemetry/ottl.h>

#include "base/slice_i.h"
#include "bench/measure.h"

enum { METRICS = 100, POINTS = 10, ATTRIBUTES = 10, RULES_MAX = 300, TEXT_MAX = 128, GATE_NS = 60 };

typedef struct kind {
	const char *name, *before, *after; /* a condition has its number between the two */
	tel_ottl_context context;
} kind;

static tel_metrics *batch;
static tel_ottl_program *program;

static void run(tel_buf *unused)
{
	tel_ottl_result result = TEL_OTTL_RESULT_INIT;

	(void)unused;
	if (tel_ottl_eval(program, batch, NULL, &result, NULL) || result.matched)
		abort();
}

static tel_metrics *synthetic(void)
{
	tel_builder *b = NULL;
	tel_metrics *m = NULL;
	char key[48], value[32];

	if (tel_builder_new(NULL, 0, &b))
		abort();
	tel_builder_resource_text(b, "checkout", NULL);
	tel_builder_scope(b, "bench", NULL, NULL);
	for (int i = 0; i < METRICS; i++) {
		snprintf(key, sizeof key, "http.server.requests.%d", i);
		tel_builder_gauge(b, key, NULL, NULL);
		for (int p = 0; p < POINTS; p++) {
			tel_builder_point_int(b, p, NULL);
			for (int a = 0; a < ATTRIBUTES; a++) {
				snprintf(key, sizeof key, "label.%d", a);
				snprintf(value, sizeof value, "value-%d", p * ATTRIBUTES + a);
				tel_builder_attr_str(b, key, value);
			}
		}
	}
	if (tel_builder_finish(b, &m, NULL))
		abort();
	tel_builder_free(b);
	return m;
}

static double measure(const kind *k, size_t rules)
{
	static char texts[RULES_MAX][TEXT_MAX];
	tel_slice conditions[RULES_MAX];
	tel_ottl_opts opts = TEL_OTTL_OPTS_INIT;
	tel_error err = TEL_ERROR_INIT;
	double best;

	for (size_t i = 0; i < rules; i++) {
		snprintf(texts[i], sizeof texts[i], "%s%zu%s", k->before, i, k->after);
		conditions[i] = tel__slice_str(texts[i]);
	}
	opts.place = TEL_OTTL_FILTER;
	opts.context = k->context;
	if (tel_ottl_compile(NULL, 0, conditions, rules, &opts, &program, NULL, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	best = bench_measure(run, NULL).best;
	tel_ottl_program_unref(program);
	return best * 1e9 / (METRICS * POINTS);
}

int main(void)
{
	static const kind kinds[] = {
		{ "resource attribute", "resource.attributes[\"service.name\"] == \"svc-", "\"", TEL_OTTL_DATAPOINT },
		{ "metric name", "metric.name == \"http.client.requests.", "\"", TEL_OTTL_METRIC },
		{ "metric name, prefix", "IsMatch(metric.name, \"^grpc", ".*\")", TEL_OTTL_METRIC },
		{ "attribute", "datapoint.attributes[\"label.7\"] == \"other-", "\"", TEL_OTTL_DATAPOINT },
		{ "attribute, pattern", "IsMatch(datapoint.attributes[\"label.7\"], \"^x[a-f]+", "$\")", TEL_OTTL_DATAPOINT },
	};
	static const size_t rules[] = { 1, 10, 100, 300 };
	int status = 0;

	batch = synthetic();
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		for (size_t n = 0; n < sizeof rules / sizeof rules[0]; n++) {
			double ns = measure(&kinds[i], rules[n]), each = ns / (double)rules[n];

			printf("%-22s %4zu conditions %10.1f ns/point %8.2f ns/point and condition\n", kinds[i].name, rules[n], ns, each);
			if (i < 4 && rules[n] == 10 && each > GATE_NS)
				status = 1;
		}
	tel_metrics_free(batch);
	return status;
}
