/* SPDX-License-Identifier: Apache-2.0 */
/* Why a component is in a rendered configuration, and what a schema does not see of a pipeline. */
#include "control/parsed.h"

#include "seams/cm.h"

#include <stdio.h>
#include <stdlib.h>

#include <telemetry/render.h>
#include <telemetry/status.h>

#include "base/slice_i.h"
#include "control/pipelines.h"
#include "torture/torture.h"

#define BETA "apiVersion: telemetry.kyma-project.io/v1beta1\nkind: MetricPipeline\n"
#define ALPHA "apiVersion: telemetry.kyma-project.io/v1alpha1\nkind: MetricPipeline\n"
#define OUTPUT "  output: {otlp: {endpoint: {value: 'https://b:4317'}}}\n"

/* Everything that is told of a topic, as text; free() it. */
static char *explain(const char *text, tel_render_target target, const char *topic)
{
	tel_render_facts facts = TEL_RENDER_FACTS_INIT;
	tel_explanation *e = NULL;
	tel_buf *out = NULL;
	tel_slice s;
	char *copy;
	parsed p;

	parsed_init(&p, text, true);
	parsed_validate(&p, true);
	parsed_expect(&p, topic, "");
	assert_ok(tel_render_facts_of(p.set, &facts));
	assert_ok(tel_render_explain(p.set, &facts, target, NULL, &e));
	assert_ok(tel_explanation_print(e, tel__slice_str(topic), TEL_EXPLANATION_TEXT, NULL, &out));
	s = tel_buf_get(out);
	copy = malloc(s.len + 1);
	assert_non_null(copy);
	memcpy(copy, s.ptr, s.len);
	copy[s.len] = 0;
	tel_buf_unref(out);
	tel_explanation_free(e);
	parsed_fini(&p);
	return copy;
}

static void every_component_tells_the_field_that_asked_for_it(void **state)
{
	static const struct {
		tel_render_target target;
		const char *text, *topic, *told;
	} rows[] = {
		{ TEL_RENDER_GATEWAY, BETA "metadata: {name: a}\nspec:\n" OUTPUT, "otlp",
		  "receiver otlp: takes OTLP from applications on ports 4317 and 4318\n    in metrics/input-otlp\n    always there\n" },
		{ TEL_RENDER_GATEWAY, BETA "metadata: {name: a}\nspec:\n  input:\n    otlp:\n      enabled: false\n" OUTPUT, "filter",
		  "processor filter/drop-if-input-source-otlp: drops what came over OTLP\n    in metrics/a-output\n"
		  "    in.yaml:7:7: MetricPipeline a: spec.input.otlp.enabled is false\n" },
		{ TEL_RENDER_GATEWAY, ALPHA "metadata: {name: a}\nspec:\n  input: {otlp: {disabled: true}}\n" OUTPUT, "filter",
		  "processor filter/drop-if-input-source-otlp: drops what came over OTLP\n    in metrics/a-output\n"
		  "    in.yaml:5:18: MetricPipeline a: spec.input.otlp.disabled is true\n" },
		{ TEL_RENDER_GATEWAY, BETA "metadata: {name: a}\nspec:\n  filter:\n  - conditions: ['metric.name == \"x\"']\n" OUTPUT, "filter",
		  "processor filter/user-defined-a: drops what the pipeline's own conditions match\n    in metrics/a-output\n"
		  "    in.yaml:5:3: MetricPipeline a: spec.filter\n" },
		{ TEL_RENDER_GATEWAY, BETA "metadata: {name: a}\nspec:\n  output: {otlp: {endpoint: {value: 'http://b'}, protocol: http, headers: "
		  "[{name: x, value: y}]}}\n", "otlp_http/a",
		  "exporter otlp_http/a: sends to the backend, with a queue and retries; all exporters share 256 slots\n"
		  "    in metrics/a-output\n    in.yaml:5:50: MetricPipeline a: spec.output.otlp.protocol is http\n"
		  "    in.yaml:5:19: MetricPipeline a: spec.output.otlp.endpoint\n"
		  "    in.yaml:5:66: MetricPipeline a: spec.output.otlp.headers\n" },
		{ TEL_RENDER_AGENT, BETA "metadata: {name: a}\nspec:\n  input: {istio: {enabled: true}}\n" OUTPUT,
		  "filter/drop-envoy-metrics-if-disabled",
		  "processor filter/drop-envoy-metrics-if-disabled: drops Envoy's own metrics\n    in metrics/output-a\n"
		  "    in.yaml:5:11: MetricPipeline a: spec.input.istio.envoyMetrics.enabled is false by default\n" },
		{ TEL_RENDER_AGENT, BETA "metadata: {name: a}\nspec:\n  input: {runtime: {enabled: true, resources: {pod: {enabled: false}}}}\n" OUTPUT
		  "---\n" BETA "metadata: {name: b}\nspec:\n  input:\n    runtime: {enabled: true}\n" OUTPUT
		  "---\n{apiVersion: operator.kyma-project.io/v1beta1, kind: Telemetry, metadata: {name: default},\n"
		  " spec: {metric: {collectionInterval: 90s}}}\n", "kubeletstats",
		  "receiver kubeletstats: reads pods, containers, node and volumes from the kubelet\n    in metrics/input-runtime\n"
		  "    in.yaml:5:21: MetricPipeline a: spec.input.runtime.enabled is true\n"
		  "    in.yaml:13:15: MetricPipeline b: spec.input.runtime.enabled is true\n"
		  "    in.yaml:5:36: MetricPipeline a: spec.input.runtime.resources\n"
		  "    in.yaml:17:18: Telemetry default: spec.metric.collectionInterval is 90s\n" },
		{ TEL_RENDER_AGENT, BETA "metadata: {name: a}\nspec:\n  input: {prometheus: {enabled: true}}\n" OUTPUT
		  "---\n{apiVersion: operator.kyma-project.io/v1beta1, kind: Telemetry, metadata: {name: default, annotations:\n"
		  " {telemetry.kyma-project.io/service-enrichment: otel}}}\n", "transform/restore-otel-service-attrs",
		  "processor transform/restore-otel-service-attrs: lets annotations of a pod say its service name and version\n"
		  "    in metrics/enrichment-conditional\n    in.yaml:9:3: Telemetry default: "
		  "metadata.annotations.telemetry.kyma-project.io/service-enrichment is otel\n" },
		{ TEL_RENDER_GATEWAY, BETA "metadata: {name: a}\nspec:\n" OUTPUT "---\n{kind: RenderFacts, serviceEnrichment: otel}\n",
		  "transform/drop-unknown-service-name",
		  "processor transform/drop-unknown-service-name: deletes service names that an SDK made up\n    in metrics/enrichment\n"
		  "    in.yaml:7:21: RenderFacts: serviceEnrichment is otel\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *told = explain(rows[i].text, rows[i].target, rows[i].topic);

		if (strcmp(told, rows[i].told) != 0)
			fail_msg("row %zu tells\n%sinstead of\n%s", i, told, rows[i].told);
		free(told);
	}
}

static void a_topic_is_a_component_a_type_a_pipeline_or_a_resource(void **state)
{
	static const char text[] = BETA "metadata: {name: a}\nspec:\n  input: {otlp: {enabled: false}}\n" OUTPUT;
	static const char *const rows[][2] = {
		{ "filter/drop-if-input-source-otlp", "processor filter/" }, { "batch", "processor batch" },
		{ "metrics/input-otlp", "receiver otlp" }, { "a", "processor filter/" }, { "MetricPipeline/a", "processor filter/" },
		{ "", "receiver kymastats" },
	};
	tel_explanation *e = NULL;
	tel_buf *out = NULL;
	parsed p;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char *told = explain(text, TEL_RENDER_GATEWAY, rows[i][0]);

		if (strncmp(told, rows[i][1], strlen(rows[i][1])) != 0)
			fail_msg("%s: %s", rows[i][0], told);
		free(told);
	}
	parsed_init(&p, text, true);
	assert_ok(tel_render_explain(p.set, NULL, TEL_RENDER_GATEWAY, NULL, &e));
	assert_int_equal(tel_explanation_print(e, TEL_SLICE_LIT("nobody"), TEL_EXPLANATION_JSON, NULL, &out), TEL_ERR_NOT_FOUND);
	assert_int_equal(tel_render_explain(p.set, NULL, (tel_render_target)7, NULL, &e), TEL_ERR_ARG);
	tel_explanation_free(e);
	parsed_fini(&p);
}

/* ---- what holds for every set ---- */

static void check_same_uses(const tel_explanation *a, const tel_explanation *b, size_t i, uint64_t seed)
{
	tel_explained x = TEL_EXPLAINED_INIT, y = TEL_EXPLAINED_INIT;

	assert_ok(tel_explanation_get(a, i, &x));
	assert_ok(tel_explanation_get(b, i, &y));
	if (x.kind != y.kind || !tel__slice_eq(x.id, y.id) || x.use_count != y.use_count)
		fail_msg("seed %llu: " TEL_SLICE_FMT " is explained, " TEL_SLICE_FMT " is rendered", (unsigned long long)seed,
		         TEL_SLICE_ARG(x.id), TEL_SLICE_ARG(y.id));
	for (size_t k = 0; k < x.use_count; k++)
		assert_true(tel__slice_eq(tel_explanation_use(a, i, k), tel_explanation_use(b, i, k)));
	if (x.reason_count == 0 || x.help.len == 0)
		fail_msg("seed %llu: " TEL_SLICE_FMT " has no reason", (unsigned long long)seed, TEL_SLICE_ARG(x.id));
}

/* What is rendered, loaded again, has exactly the components and uses that the explanation has. */
static void check_complete(const tel_pipeline_set *set, const tel_render_facts *facts, tel_render_target target, uint64_t seed)
{
	tel_explanation *told = NULL, *there = NULL;
	tel_config_source source = { TEL_SLICE_LIT("rendered"), { NULL, 0 } };
	tel_config *config = NULL;
	tel_buf *text = NULL;

	assert_ok((target == TEL_RENDER_AGENT ? tel_render_agent : tel_render_gateway)(set, facts, NULL, &text));
	source.text = tel_buf_get(text);
	if (tel_config_load(&source, 1, NULL, NULL, NULL, &config, NULL) == TEL_OK) { /* not: an agent without inputs */
		assert_ok(tel_config_explain(config, NULL, &there));
		assert_ok(tel_render_explain(set, facts, target, NULL, &told));
		assert_int_equal(tel_explanation_count(told), tel_explanation_count(there));
		for (size_t i = 0; i < tel_explanation_count(told); i++)
			check_same_uses(told, there, i, seed);
	} else {
		assert_int_equal(target, TEL_RENDER_AGENT);
	}
	tel_explanation_free(told);
	tel_explanation_free(there);
	tel_config_free(config);
	tel_buf_unref(text);
}

static tel_buf *printed(const tel_pipeline_set *set, const tel_render_facts *facts, tel_render_target target)
{
	tel_explanation *e = NULL;
	tel_buf *out = NULL;

	assert_ok(tel_render_explain(set, facts, target, NULL, &e));
	assert_ok(tel_explanation_print(e, TEL_SLICE_LIT(""), TEL_EXPLANATION_JSON, NULL, &out));
	tel_explanation_free(e);
	return out;
}

/* Documents from sources of their own, from the first or from the last; named alike. */
static tel_pipeline_set *parse(const pipelines *p, bool backwards)
{
	tel_config_source sources[PIPELINES_DOCUMENTS];
	char names[PIPELINES_DOCUMENTS][32];
	tel_pipeline_set *set = NULL;

	for (size_t i = 0; i < p->count; i++) {
		size_t at = backwards ? p->count - 1 - i : i;

		snprintf(names[i], sizeof(names[i]), "%zu.yaml", at);
		sources[i] = (tel_config_source){ tel__slice_str(names[i]), pipelines_document(p, at) };
	}
	assert_ok(tel_pipeline_parse(sources, p->count, NULL, &set, NULL));
	assert_ok(tel_pipeline_default(set));
	return set;
}

static void explanations_are_complete_and_know_no_order(void **state)
{
	enum { SETS = 150 };

	(void)state;
	for (uint64_t seed = 0; seed < SETS; seed++) {
		tel_pipeline_set *sets[2];
		pipelines p;

		pipelines_init(&p, seed, NULL);
		for (size_t i = 0; i < 2; i++)
			sets[i] = parse(&p, i == 1);
		for (size_t t = 0; t < 2; t++) {
			tel_render_target target = t ? TEL_RENDER_AGENT : TEL_RENDER_GATEWAY;
			tel_render_facts facts = TEL_RENDER_FACTS_INIT;
			tel_buf *texts[2];

			assert_ok(tel_render_facts_of(sets[0], &facts));
			check_complete(sets[0], &facts, target, seed);
			for (size_t i = 0; i < 2; i++)
				texts[i] = printed(sets[i], &facts, target);
			if (!tel__slice_eq(tel_buf_get(texts[0]), tel_buf_get(texts[1])))
				fail_msg("seed %llu: the order of the documents shows", (unsigned long long)seed);
			tel_buf_unref(texts[0]);
			tel_buf_unref(texts[1]);
		}
		for (size_t i = 0; i < 2; i++)
			assert_ok(tel_status_check(sets[i], NULL, NULL));
		tel_pipeline_free(sets[0]);
		tel_pipeline_free(sets[1]);
		pipelines_fini(&p);
	}
}

/* ---- checks ---- */

static void what_the_schema_does_not_see_is_found_with_its_place(void **state)
{
	static const struct {
		const char *spec, *findings;
	} rows[] = {
		{ OUTPUT, "" },
		{ "  output: {otlp: {endpoint: {value: 'b'}}}\n", "E 5:29 spec.output.otlp.endpoint: missing port\n" },
		{ "  output: {otlp: {endpoint: {value: ''}}}\n", "E 5:29 spec.output.otlp.endpoint: failed to resolve value\n" },
		{ "  output: {otlp: {endpoint: {valueFrom: {secretKeyRef: {name: elsewhere, namespace: n, key: k}}}}}\n", "" },
		{ "  output: {otlp: {endpoint: {valueFrom: {secretKeyRef: {name: s, namespace: n, key: url}}}}}\n",
		  "E 5:29 spec.output.otlp.endpoint: gRPC endpoints cannot contain paths\n" },
		{ "  output: {otlp: {endpoint: {value: 'b:1'}, headers: [{name: x, valueFrom: {secretKeyRef: {name: s, namespace: n, key: k}}}]}}\n",
		  "E 5:91 spec.output.otlp.headers[0].valueFrom.secretKeyRef: one or more keys in a referenced Secret are missing: "
		  "Key 'k' in Secret 's' of Namespace 'n'\n" },
		{ "  filter:\n  - conditions: ['metric.name == \"a\"', 'metric.nam == 1']\n" OUTPUT,
		  "E 6:40 spec.filter[0].conditions[1]: ?\n" },
		{ "  transform:\n  - statements: ['convert_sum_to_gauge()', 'limit(datapoint.attributes, 100, [\"host.name\"])']\n" OUTPUT,
		  "E 6:5 spec.transform[0]: ?\n" },
		{ "  transform:\n  - statements: ['convert_sum_to_gauge()', 'set(metric.nam, \"\")']\n" OUTPUT,
		  "E 6:44 spec.transform[0].statements[1]: ?\n" },
		{ "  transform:\n  - statements: ['nonsense(', 'sset(metric.name, \"\")']\n    conditions: ['a b']\n" OUTPUT,
		  "E 6:18 spec.transform[0].statements[0]: ?\nE 6:31 spec.transform[0].statements[1]: ?\n"
		  "E 7:18 spec.transform[0].conditions[0]: ?\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *wanted = rows[i].findings;
		char text[2048];
		parsed p;

		snprintf(text, sizeof(text), BETA "metadata: {name: a}\nspec:\n%s---\n{apiVersion: v1, kind: Secret, metadata: {name: s, "
		         "namespace: n}, stringData: {url: 'http://b:1/x'}}\n", rows[i].spec);
		parsed_init(&p, text, true);
		parsed_validate(&p, true);
		parsed_expect(&p, "before the check", "");
		assert_int_equal(tel_status_check(p.set, NULL, p.findings), wanted[0] ? TEL_ERR_CONFIG : TEL_OK);
		for (size_t k = 0; k < tel_findings_count(p.findings); k++) {
			char line[4096];
			const char *end = strchr(wanted, '\n'), *open = strstr(wanted, ": ?\n");
			tel_finding f;

			assert_ok(tel_findings_get(p.findings, k, &f));
			snprintf(line, sizeof(line), "E %u:%u " TEL_SLICE_FMT ": " TEL_SLICE_FMT "\n", f.line, f.column, TEL_SLICE_ARG(f.path),
			         TEL_SLICE_ARG(f.message));
			/* "?": the words are those of OTTL's own tests */
			if (!end || strncmp(line, wanted, open && open < end ? (size_t)(open + 2 - wanted) : (size_t)(end + 1 - wanted)) != 0)
				fail_msg("row %zu: %sinstead of %s", i, line, wanted);
			wanted = end + 1;
		}
		if (wanted[0])
			fail_msg("row %zu: not found: %s", i, wanted);
		parsed_fini(&p);
	}
}

static tel_err read_certificates(void *user, tel_slice cert, tel_slice key, tel_slice ca, tel_certificate_facts *facts)
{
	(void)cert;
	(void)key;
	(void)ca;
	facts->cert = facts->key = TEL_PEM_READ;
	facts->key_matches = true;
	facts->cert_not_after_s = *(const int64_t *)user;
	return TEL_OK;
}

static void certificates_are_judged_where_somebody_reads_them(void **state)
{
#define TLS(how) BETA "metadata: {name: a}\nspec: {output: {otlp: {endpoint: {value: 'b:1'}, tls: {cert: {" how "}, key: {value: k}}}}}\n"
	static const struct {
		const char *text;
		int64_t not_after_s;
		bool told;
		const char *findings;
	} rows[] = {
		{ TLS("value: c"), 100 * 86400, true, "" },
		{ TLS("value: c"), 5 * 86400, false, "" },
		{ TLS("value: c"), 5 * 86400, true, "E 4:55 spec.output.otlp.tls: TLS certificate expired on 1970-01-06\n" },
		{ TLS("value: c"), 20 * 86400, true, "W 4:55 spec.output.otlp.tls: TLS certificate is about to expire, configured certificate "
		  "is valid until 1970-01-21\n" },
		{ TLS("valueFrom: {secretKeyRef: {name: elsewhere, namespace: n, key: k}}"), 5 * 86400, true, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tel_status_facts facts = TEL_STATUS_FACTS_INIT;
		tel_finding f = { .level = TEL_FINDING_ERROR };
		char line[512] = "";
		parsed p;

		facts.now_unix_ns = UINT64_C(10) * 86400 * 1000000000;
		facts.read_certificates = read_certificates;
		facts.read_certificates_user = (void *)(uintptr_t)&rows[i].not_after_s;
		parsed_init(&p, rows[i].text, true);
		parsed_validate(&p, true);
		parsed_expect(&p, "before the check", "");
		assert_int_equal(tel_status_check(p.set, rows[i].told ? &facts : NULL, p.findings),
		                 rows[i].findings[0] == 'E' ? TEL_ERR_CONFIG : TEL_OK);
		if (tel_findings_get(p.findings, 0, &f) == TEL_OK)
			snprintf(line, sizeof(line), "%c %u:%u " TEL_SLICE_FMT ": " TEL_SLICE_FMT "\n", f.level == TEL_FINDING_ERROR ? 'E' : 'W',
			         f.line, f.column, TEL_SLICE_ARG(f.path), TEL_SLICE_ARG(f.message));
		assert_string_equal(line, rows[i].findings);
		parsed_fini(&p);
	}
}

static void resources_are_told_from_configurations(void **state)
{
	static const struct {
		const char *text;
		bool resources;
	} rows[] = {
		{ "kind: MetricPipeline\n", true }, { "---\n---\na: b\n---\napiVersion: v1\n", true }, { "{\"spec\": {}}", true },
		{ "metadata: {}\n", true }, { "receivers: {}\nservice: {kind: x}\n", false }, { "", false }, { "- kind: x\n", false },
		{ "kind", false }, { "kind: [\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool resources = !rows[i].resources;

		assert_ok(tel_pipeline_recognise(tel__slice_str(rows[i].text), NULL, &resources));
		if (resources != rows[i].resources)
			fail_msg("%s", rows[i].text);
	}
}

/* ---- torture ---- */

static tel_err scenario(const tel_alloc *alloc, void *user)
{
	static const char text[] = BETA "metadata: {name: a}\nspec:\n  input: {runtime: {enabled: true}}\n  filter:\n"
		"  - conditions: ['metric.name == \"x\"', 'y']\n" OUTPUT;
	tel_config_source source = { TEL_SLICE_LIT("in.yaml"), tel__slice_str(text) };
	tel_pipeline_opts opts = TEL_PIPELINE_OPTS_INIT;
	tel_findings *findings = NULL;
	tel_pipeline_set *set = NULL;
	tel_explanation *e = NULL;
	tel_buf *out = NULL;
	bool resources;
	tel_err rc;

	(void)user;
	opts.alloc = alloc;
	rc = tel_pipeline_recognise(source.text, alloc, &resources);
	if (rc == TEL_OK)
		rc = tel_findings_new(alloc, &findings);
	if (rc == TEL_OK)
		rc = tel_pipeline_parse(&source, 1, &opts, &set, findings);
	if (rc == TEL_OK)
		rc = tel_status_check(set, NULL, findings) == TEL_ERR_NOMEM ? TEL_ERR_NOMEM : TEL_OK;
	if (rc == TEL_OK)
		rc = tel_findings_print(findings, alloc, &out);
	tel_buf_unref(out);
	out = NULL;
	if (rc == TEL_OK)
		rc = tel_render_explain(set, NULL, TEL_RENDER_AGENT, alloc, &e);
	if (rc == TEL_OK)
		rc = tel_explanation_print(e, TEL_SLICE_LIT(""), TEL_EXPLANATION_JSON, alloc, &out);
	assert_true((rc == TEL_OK) == (out != NULL));
	tel_buf_unref(out);
	tel_explanation_free(e);
	tel_pipeline_free(set);
	tel_findings_free(findings);
	return rc;
}

static void explaining_survives_every_failed_allocation(void **state)
{
	(void)state;
	torture_alloc(scenario, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_component_tells_the_field_that_asked_for_it),
		cmocka_unit_test(a_topic_is_a_component_a_type_a_pipeline_or_a_resource),
		cmocka_unit_test(explanations_are_complete_and_know_no_order),
		cmocka_unit_test(what_the_schema_does_not_see_is_found_with_its_place),
		cmocka_unit_test(certificates_are_judged_where_somebody_reads_them),
		cmocka_unit_test(resources_are_told_from_configurations),
		cmocka_unit_test(explaining_survives_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
