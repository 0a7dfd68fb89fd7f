/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the control plane costs: reading, checking and rendering five pipelines with every input and credential, with the
 * heap that each step takes, and what one megabyte that is meant to hurt costs at most. Times are medians of CPU time, gated
 * loosely; bytes are exact. Exit 1 when a gate is missed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <telemetry/pipeline.h>
#include <telemetry/render.h>

#include "bench/measure.h"
#include "control/bombs.h"
#include "seams/failalloc.h"

static const double RENDER_AIM_MS = 1, RENDER_GATE = 3, BOMB_AIM_MS = 10, BOMB_GATE = 5;
enum { HEAP_GATE = 1 << 20, PIPELINES = 5, TEXT_CAP = 65536 };

#define REF(key) "{valueFrom: {secretKeyRef: {name: s, namespace: apps, key: " key "}}}"
static const char one[] =
	"---\napiVersion: telemetry.kyma-project.io/v1beta1\nkind: MetricPipeline\nmetadata: {name: backend-%u}\nspec:\n"
	"  input:\n"
	"    otlp: {enabled: true, namespaces: {include: [apps, team-a, team-b]}}\n"
	"    prometheus: {enabled: true, namespaces: {exclude: [kube-system]}, diagnosticMetrics: {enabled: true}}\n"
	"    istio: {enabled: true, namespaces: {include: [apps]}, diagnosticMetrics: {enabled: true}, envoyMetrics: {enabled: true}}\n"
	"    runtime: {enabled: true, namespaces: {include: [apps]}, resources: {pod: {enabled: true}, node: {enabled: false}}}\n"
	"  transform:\n"
	"    - conditions: ['resource.attributes[\"k8s.namespace.name\"] == \"apps\"']\n"
	"      statements: ['set(resource.attributes[\"env\"], \"prod\")', 'delete_key(resource.attributes, \"host.id\")']\n"
	"    - statements: ['set(datapoint.attributes[\"seen\"], \"true\")']\n"
	"  filter:\n"
	"    - conditions: ['metric.type == METRIC_DATA_TYPE_SUMMARY', 'IsMatch(metric.name, \"^go_.*\")']\n"
	"  output:\n    otlp:\n"
	"      protocol: http\n      endpoint: " REF("url") "\n      path: /v1/custom\n      compression: zstd\n"
	"      authentication: {oauth2: {tokenURL: {value: 'https://auth.example.com/token'}, clientID: " REF("id") ", clientSecret: "
	REF("secret") ", scopes: [a, b], params: {tenant: t}}}\n"
	"      headers: [{name: X-Tenant, value: t1}, {name: X-Key, prefix: Bearer, valueFrom: {secretKeyRef: {name: s, namespace: apps, key: k}}}]\n"
	"      tls: {ca: " REF("ca") ", cert: " REF("cert") ", key: " REF("key") "}\n";
static const char around[] =
	"---\napiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: apps}\n"
	"stringData: {url: 'https://backend.example.com', id: i, secret: s, k: x, ca: c, cert: c, key: k}\n"
	"---\nkind: RenderFacts\ncluster: {name: c, uid: u, cloudProvider: p}\nnamespace: kyma-system\nistioActive: true\n";

/* ---- steps ---- */

static tel_pipeline_set *parsed;
static const tel_alloc *use;

static tel_pipeline_set *read_set(tel_buf *text)
{
	tel_config_source source = { TEL_SLICE_LIT("bench"), tel_buf_get(text) };
	tel_pipeline_opts opts = TEL_PIPELINE_OPTS_INIT;
	tel_pipeline_set *set = NULL;

	opts.alloc = use;
	opts.strict = true;
	if (tel_pipeline_parse(&source, 1, &opts, &set, NULL) || tel_pipeline_default(set) || tel_pipeline_validate(set, NULL)) {
		fprintf(stderr, "bench_pipelines: the pipelines are refused\n");
		exit(1);
	}
	return set;
}

static void read_step(tel_buf *text)
{
	tel_pipeline_free(read_set(text));
}

static void render_step(tel_buf *text)
{
	tel_render_facts facts = TEL_RENDER_FACTS_INIT;
	tel_buf *gateway = NULL, *agent = NULL;

	(void)text;
	if (tel_render_facts_of(parsed, &facts) || tel_render_gateway(parsed, &facts, use, &gateway) ||
	    tel_render_agent(parsed, &facts, use, &agent))
		abort();
	tel_buf_unref(gateway);
	tel_buf_unref(agent);
}

static void write_step(tel_buf *text)
{
	tel_pipeline_format_opts opts = TEL_PIPELINE_FORMAT_OPTS_INIT;
	tel_buf *out = NULL;

	(void)text;
	opts.alloc = use;
	for (size_t i = 0; i < tel_pipeline_count(parsed); i++) {
		if (tel_pipeline_format(parsed, i, &opts, &out))
			abort();
		tel_buf_unref(out);
	}
}

/* Median and heap of one step; false: a gate was missed. gate_ms 0: none. */
static bool row(const char *name, tel_buf *text, void (*step)(tel_buf *), double gate_ms)
{
	failalloc counting;
	double ms = bench_measure(step, text).median * 1e3;
	bool ok;

	failalloc_init(&counting);
	use = &counting.alloc;
	step(text);
	use = NULL;
	ok = (gate_ms == 0 || ms <= gate_ms) && counting.peak_bytes <= HEAP_GATE;
	printf("%-34s %8.3f ms %8zu bytes of heap%s\n", name, ms, counting.peak_bytes, ok ? "" : "  MISSED");
	return ok;
}

static tel_buf *pipelines(void)
{
	static char text[TEXT_CAP];
	tel_buf *buf = NULL;
	size_t n = 0;

	for (unsigned i = 0; i < PIPELINES; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, one, i);
	n += (size_t)snprintf(text + n, sizeof(text) - n, "%s", around);
	if (tel_buf_copy(NULL, (tel_slice){ text, n }, &buf))
		abort();
	return buf;
}

/* ---- bombs ---- */

static void bomb_step(tel_buf *text)
{
	tel_config_source source = { TEL_SLICE_LIT("bomb"), tel_buf_get(text) };
	tel_pipeline_set *set = NULL;
	tel_findings *findings;

	if (tel_findings_new(NULL, &findings))
		abort();
	if (tel_pipeline_parse(&source, 1, NULL, &set, findings) == TEL_OK && tel_pipeline_default(set) == TEL_OK)
		tel_pipeline_validate(set, findings);
	tel_pipeline_free(set);
	tel_findings_free(findings);
}

static bool bomb_rows(void)
{
	const char *worst_name = "";
	double worst = 0;
	bool ok;

	for (size_t i = 0; i < bombs_count; i++) {
		size_t len;
		char *text = bomb_new(&bombs[i], &len);
		tel_buf *buf = NULL;
		double ms;

		if (tel_buf_copy(NULL, (tel_slice){ text, len }, &buf))
			abort();
		ms = bench_measure_once(bomb_step, buf) * 1e3;
		if (getenv("TEL_BENCH_ALL"))
			printf("  %-40s %8.3f ms\n", bombs[i].name, ms);
		if (ms > worst) {
			worst = ms;
			worst_name = bombs[i].name;
		}
		tel_buf_unref(buf);
		free(text);
	}
	ok = worst <= BOMB_AIM_MS * BOMB_GATE;
	printf("%-34s %8.3f ms (%s; aim %g)%s\n", "worst bomb of 1 MB", worst, worst_name, BOMB_AIM_MS, ok ? "" : "  MISSED");
	return ok;
}

int main(void)
{
	tel_buf *text = pipelines();
	bool ok;

	ok = row("read, fill in, check 5 pipelines", text, read_step, 0);
	parsed = read_set(text);
	ok = row("render gateway and agent", text, render_step, RENDER_AIM_MS * RENDER_GATE) && ok;
	ok = row("write 5 pipelines", text, write_step, 0) && ok;
	tel_pipeline_free(parsed);
	tel_buf_unref(text);
	ok = bomb_rows() && ok;
	return ok ? 0 : 1;
}
