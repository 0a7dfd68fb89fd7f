/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How fast OTLP/JSON is cut into tokens, becomes a batch, and is written. Rows: work, text, MB per CPU second and ns per
 * point; median of 5. Figures are said, not gated. Usage: bench_json [request.json ...]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <telemetry/builder.h>
#include <telemetry/format.h>
#include <telemetry/otlp.h>

#include "bench/measure.h"
#include "wire/json.h"

enum { POINTS = 1000, ATTRIBUTES = 10, FILE_MAX = 1 << 24 };

static void tokens(tel_buf *text)
{
	tel__json j;

	tel__json_init(&j, tel_buf_get(text));
	while (tel__json_next(&j) > TEL__JSON_END)
		;
	if (j.code)
		abort();
}

static tel_metrics *read_text(tel_buf *text)
{
	tel_error err = TEL_ERROR_INIT;
	tel_metrics *m = NULL;

	if (tel_otlp_json_decode(tel_buf_get(text), NULL, &m, NULL, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	return m;
}

static void decode(tel_buf *text)
{
	tel_metrics_free(read_text(text));
}

static const tel_metrics *batch;

static void format(tel_buf *text)
{
	tel_buf *out = NULL;

	(void)text;
	if (tel_metrics_format(batch, TEL_FORMAT_JSON, &out, NULL))
		abort();
	tel_buf_unref(out);
}

static void row(const char *work, const char *name, tel_buf *text, double points, void (*run)(tel_buf *))
{
	double seconds = bench_measure(run, text).median, bytes = (double)tel_buf_get(text).len;

	printf("%-7s %-24s %8.0f MB/s %8.1f ns/point\n", work, name, bytes / seconds / 1e6, seconds * 1e9 / points);
}

static void report(const char *name, tel_buf *text)
{
	tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;
	tel_metrics *m = read_text(text);
	double points;

	tel_metrics_count(m, &counts);
	points = counts.points ? (double)counts.points : 1;
	batch = m;
	row("tokens", name, text, points, tokens);
	row("decode", name, text, points, decode);
	row("format", name, text, points, format);
	tel_metrics_free(m);
}

/* Points of one gauge with ATTRIBUTES attributes each. */
static tel_buf *synthetic(void)
{
	tel_builder *b = NULL;
	tel_metrics *m = NULL;
	tel_buf *text = NULL;
	char key[32], value[32];

	if (tel_builder_new(NULL, 0, &b))
		abort();
	tel_builder_resource(b, NULL);
	tel_builder_scope(b, "scope", "1.0", NULL);
	tel_builder_gauge(b, "http.server.request.duration", "s", "");
	for (unsigned i = 0; i < POINTS; i++) {
		tel_builder_times(b, 1700000000000000000u, 1700000010000000000u + i);
		tel_builder_point_double(b, (double)(i * 7919 % 100000) / 64, NULL);
		for (unsigned k = 0; k < ATTRIBUTES; k++) {
			snprintf(key, sizeof key, "attribute.number.%u", k);
			snprintf(value, sizeof value, "value-%x", i * 2654435761u >> (k * 2));
			tel_builder_attr_str(b, key, value);
		}
	}
	if (tel_builder_finish(b, &m, NULL) || tel_metrics_format(m, TEL_FORMAT_JSON, &text, NULL))
		abort();
	tel_metrics_free(m);
	tel_builder_free(b);
	return text;
}

static tel_buf *load(const char *path)
{
	static char bytes[FILE_MAX];
	FILE *f = fopen(path, "rb");
	tel_buf *buf = NULL;
	size_t n;

	if (!f)
		return NULL;
	n = fread(bytes, 1, sizeof bytes, f);
	fclose(f);
	return tel_buf_copy(NULL, (tel_slice){ bytes, n }, &buf) == TEL_OK ? buf : NULL;
}

int main(int argc, char **argv)
{
	tel_buf *text = synthetic();

	report("1000 points, 10 attr", text);
	tel_buf_unref(text);
	for (int i = 1; i < argc; i++) {
		const char *slash = strrchr(argv[i], '/');
		text = load(argv[i]);
		if (!text) {
			fprintf(stderr, "cannot read %s\n", argv[i]);
			return 1;
		}
		report(slash ? slash + 1 : argv[i], text);
		tel_buf_unref(text);
	}
	return 0;
}
