/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a configuration of one megabyte takes to load: 250 gateway pipelines with filters, transforms, routes and
 * exporters. Rows: work, size, CPU milliseconds; median of 5. Aim: 50 ms with all components and checks; the gate is three
 * times that. Usage: bench_config [FILE.yaml ...]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <telemetry/config.h>
#include <telemetry/flow.h>

#include "base/arena.h"
#include "base/dynbuf.h"
#include "base/mem.h"
#include "bench/measure.h"
#include "wire/yaml.h"

enum { BYTES = 1000 * 1000, FILE_MAX = 10 << 20, GATE_MS = 150, AIM_MS = 50 };

static void parse(tel_buf *text)
{
	tel__arena *arena = NULL;
	tel__node *root;
	tel_error err = TEL_ERROR_INIT;

	if (tel__arena_new(NULL, 0, NULL, &arena) || tel__yaml_parse(arena, NULL, tel_buf_get(text), 0, &root, &err)) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	tel__arena_unref(arena);
}

static void say_findings(const tel_findings *findings)
{
	tel_finding f;

	for (size_t i = 0; i < 5 && tel_findings_get(findings, i, &f) == TEL_OK; i++)
		fprintf(stderr, "%u:%u: " TEL_SLICE_FMT ": " TEL_SLICE_FMT "\n", f.line, f.column, TEL_SLICE_ARG(f.path),
		        TEL_SLICE_ARG(f.message));
}

static tel_config *load_with(tel_buf *text, const tel_components *components, bool must)
{
	tel_config_source source = { TEL_SLICE_LIT("bench"), tel_buf_get(text) };
	tel_findings *findings = NULL;
	tel_config *config = NULL;

	if (tel_findings_new(NULL, &findings))
		abort();
	if (tel_config_load(&source, 1, components, NULL, NULL, &config, findings) && must) {
		say_findings(findings);
		exit(1);
	}
	tel_findings_free(findings);
	return config;
}

static bool must = true; /* the configuration is ours */

static void load_shape(tel_buf *text)
{
	tel_config_free(load_with(text, NULL, must));
}

static void load_all(tel_buf *text)
{
	tel_config_free(load_with(text, tel_components_all(), must));
}

static const tel_config *loaded;

static void print(tel_buf *text)
{
	tel_buf *out = NULL;

	(void)text;
	if (tel_config_print(loaded, NULL, &out))
		abort();
	tel_buf_unref(out);
}

static double row(const char *work, tel_buf *text, void (*run)(tel_buf *))
{
	double ms = bench_measure(run, text).median * 1e3;

	printf("config  %-32s %8zu bytes %8.2f ms\n", work, tel_buf_get(text).len, ms);
	return ms;
}

/* ---- the configuration ---- */

static void put_processors(tel__dynbuf *out, unsigned i)
{
	tel__dynbuf_fmt(out, "  filter/namespaces-%u:\n    error_mode: ignore\n    metric_conditions:\n      - conditions:\n", i);
	for (unsigned k = 0; k < 6; k++)
		tel__dynbuf_fmt(out, "          - resource.attributes[\"kyma.input.name\"] == \"runtime\" and "
		                "(resource.attributes[\"k8s.namespace.name\"] == \"shop-%u\" or "
		                "resource.attributes[\"k8s.namespace.name\"] == \"team-%u\")\n", k, i);
	tel__dynbuf_fmt(out, "  transform/attributes-%u:\n    error_mode: ignore\n    metric_statements:\n", i);
	for (unsigned k = 0; k < 4; k++)
		tel__dynbuf_fmt(out, "      - statements:\n          - set(resource.attributes[\"team.%u\"], \"shop-%u\") where "
		                "resource.attributes[\"team.%u\"] == nil or resource.attributes[\"team.%u\"] == \"\"\n"
		                "          - delete_matching_keys(resource.attributes, \"kyma.*\")\n        conditions:\n"
		                "          - IsMatch(metric.name, \"^http.*\") and metric.unit == \"s\"\n", k, i, k, k);
	tel__dynbuf_fmt(out, "  batch/%u:\n    send_batch_size: 1024\n    timeout: 10s\n    send_batch_max_size: 1024\n", i);
}

static void put_exporter(tel__dynbuf *out, unsigned i)
{
	tel__dynbuf_fmt(out, "  otlp_http/%u:\n    endpoint: https://backend-%u.example:4318\n    compression: gzip\n"
	                "    headers:\n      authorization: Bearer token-%u\n    sending_queue:\n      enabled: true\n"
	                "      queue_size: 256\n    retry_on_failure:\n      enabled: true\n      initial_interval: 5s\n"
	                "      max_interval: 30s\n      max_elapsed_time: 300s\n    tls:\n      insecure: false\n", i, i, i);
}

static void put_connector(tel__dynbuf *out, unsigned i)
{
	tel__dynbuf_fmt(out, "  routing/%u:\n    default_pipelines: [metrics/out-%u]\n    error_mode: ignore\n    table:\n", i, i);
	for (unsigned k = 0; k < 3; k++)
		tel__dynbuf_fmt(out, "      - statement: route() where attributes[\"skip.%u\"] == \"true\"\n"
		                "        pipelines: [metrics/out-%u]\n", k, i);
}

static void put_pipeline(tel__dynbuf *out, unsigned i)
{
	tel__dynbuf_fmt(out, "    metrics/in-%u:\n      receivers: [otlp]\n      processors: [memory_limiter]\n"
	                "      exporters: [routing/%u]\n    metrics/out-%u:\n      receivers: [routing/%u]\n"
	                "      processors: [filter/namespaces-%u, transform/attributes-%u, batch/%u]\n"
	                "      exporters: [otlp_http/%u]\n", i, i, i, i, i, i, i, i);
}

static void put_section(tel__dynbuf *out, const char *head, void (*put)(tel__dynbuf *, unsigned), unsigned count)
{
	tel__dynbuf_puts(out, head);
	for (unsigned i = 0; i < count; i++)
		put(out, i);
}

static tel_buf *made(unsigned count)
{
	tel__dynbuf out;
	tel_buf *text = NULL;

	tel__dynbuf_init(&out, tel__alloc_or_default(NULL), FILE_MAX);
	tel__dynbuf_puts(&out, "receivers:\n  otlp:\n    protocols:\n      grpc:\n      http:\n");
	put_section(&out, "processors:\n  memory_limiter:\n    check_interval: 1s\n    limit_mib: 400\n", put_processors, count);
	put_section(&out, "exporters:\n", put_exporter, count);
	put_section(&out, "connectors:\n", put_connector, count);
	put_section(&out, "service:\n  pipelines:\n", put_pipeline, count);
	if (tel__dynbuf_take(&out, &text))
		abort();
	tel__dynbuf_fini(&out);
	return text;
}

static tel_buf *sized(void)
{
	unsigned count = 1;
	tel_buf *text = made(count);

	while (tel_buf_get(text).len < BYTES) {
		count += (unsigned)(count * (BYTES - tel_buf_get(text).len) / tel_buf_get(text).len) + 1;
		tel_buf_unref(text);
		text = made(count);
	}
	return text;
}

static tel_buf *read_file(const char *path)
{
	static char bytes[FILE_MAX];
	FILE *f = fopen(path, "rb");
	tel_buf *buf = NULL;
	size_t n;

	if (!f)
		return NULL;
	n = fread(bytes, 1, sizeof(bytes), f);
	fclose(f);
	return tel_buf_copy(NULL, (tel_slice){ bytes, n }, &buf) == TEL_OK ? buf : NULL;
}

static double report(tel_buf *text)
{
	double ms;

	row("YAML alone", text, parse);
	row("load, shape only", text, load_shape);
	ms = row("load with components", text, load_all);
	loaded = load_with(text, tel_components_all(), must);
	if (loaded)
		row("print", text, print);
	tel_config_free((tel_config *)(uintptr_t)loaded);
	return ms;
}

int main(int argc, char **argv)
{
	tel_buf *text = sized();
	double ms = report(text);

	printf("config  one megabyte: %.1f ms, aim %d ms, gate %d ms\n", ms, AIM_MS, GATE_MS);
	tel_buf_unref(text);
	must = false;
	for (int i = 1; i < argc; i++) {
		text = read_file(argv[i]);
		if (!text) {
			fprintf(stderr, "cannot read %s\n", argv[i]);
			return 1;
		}
		report(text);
		tel_buf_unref(text);
	}
	if (ms > GATE_MS) {
		fprintf(stderr, "bench_config: loading one megabyte took %.1f ms, more than %d\n", ms, GATE_MS);
		return 1;
	}
	return 0;
}
