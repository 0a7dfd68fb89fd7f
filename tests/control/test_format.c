/* SPDX-License-Identifier: Apache-2.0 */
/* Writing resources back: what is written reads back as the same, in both versions and both forms. */
#include "control/parsed.h"

#include "seams/cm.h"

#include <stdio.h>

#include "base/dynbuf.h"
#include "base/slice_i.h"
#include "control/pipelines.h"
#include "control/same.h"
#include "seams/conformance.h"
#include "torture/torture.h"

#define BETA "apiVersion: telemetry.kyma-project.io/v1beta1\nkind: MetricPipeline\nmetadata: {name: p}\n"
#define ALPHA "apiVersion: telemetry.kyma-project.io/v1alpha1\nkind: MetricPipeline\nmetadata: {name: p}\n"

static tel_pipeline_format_opts opts_of(unsigned way)
{
	tel_pipeline_format_opts opts = TEL_PIPELINE_FORMAT_OPTS_INIT;

	opts.version = way & 1 ? TEL_PIPELINE_V1ALPHA1 : TEL_PIPELINE_V1BETA1;
	opts.form = way & 2 ? TEL_PIPELINE_JSON : TEL_PIPELINE_YAML;
	return opts;
}

/* Every resource of a set as one stream; NUL-terminated, free() it. */
static char *write_all(const tel_pipeline_set *set, unsigned way)
{
	tel_pipeline_format_opts opts = opts_of(way);
	size_t first = tel_pipeline_count(set), all = first + tel_telemetry_count(set);
	tel__dynbuf out;
	char *text;

	tel__dynbuf_init(&out, NULL, 64 << 20);
	for (size_t i = 0; i < all; i++) {
		tel_buf *one = NULL;

		assert_ok(i < first ? tel_pipeline_format(set, i, &opts, &one) : tel_telemetry_format(set, i - first, &opts, &one));
		tel__dynbuf_puts(&out, "---\n");
		tel__dynbuf_slice(&out, tel_buf_get(one));
		tel__dynbuf_puts(&out, way & 2 ? "\n" : "");
		tel_buf_unref(one);
	}
	tel__dynbuf_byte(&out, 0);
	assert_ok(tel__dynbuf_error(&out));
	text = strdup(out.ptr);
	assert_non_null(text);
	tel__dynbuf_fini(&out);
	return text;
}

/* What v1alpha1 cannot say is left out of the comparison. */
static void forget_compression(tel_pipeline_set *set)
{
	for (size_t i = 0; i < set->pipeline_count; i++) {
		tel__metric_pipeline *p = set->pipelines[i];

		if (p->spec && p->spec->output && p->spec->output->otlp)
			p->spec->output->otlp->compression = (tel_slice){ NULL, 0 };
		if (p->spec && p->spec->input && p->spec->input->otlp && p->spec->input->otlp->enabled == TEL__UNSET)
			p->spec->input->otlp->enabled = TEL__YES;
	}
}

static void expect_same(const char *name, unsigned way, const tel_pipeline_set *a, const tel_pipeline_set *b, const char *text)
{
	const char *where = "";

	assert_int_equal(a->pipeline_count, b->pipeline_count);
	assert_int_equal(a->telemetry_count, b->telemetry_count);
	for (size_t i = 0; i < a->pipeline_count; i++)
		if (!same_pipeline(a->pipelines[i], b->pipelines[i], &where))
			fail_msg("%s, way %u, pipeline %zu: %s differs in\n%s", name, way, i, where, text);
	for (size_t i = 0; i < a->telemetry_count; i++)
		if (!same_telemetry(a->telemetries[i], b->telemetries[i], &where))
			fail_msg("%s, way %u, Telemetry %zu: %s differs in\n%s", name, way, i, where, text);
}

/* Returns how many resources were compared. */
static size_t check_round_trip(const char *name, const char *text)
{
	size_t count = 0;

	for (unsigned way = 0; way < 4; way++) {
		parsed first, second;
		char *written, *again;

		parsed_init(&first, text, false);
		assert_ok(first.rc);
		count = first.set->pipeline_count + first.set->telemetry_count;
		written = write_all(first.set, way);
		if (count) {
			parsed_init(&second, written, true);
			if (second.rc != TEL_OK)
				fail_msg("%s, way %u: %s\n%s", name, way, second.text, written);
			if (way & 1)
				forget_compression(first.set);
			expect_same(name, way, first.set, second.set, written);
			again = write_all(second.set, way);
			assert_string_equal(again, written);
			free(again);
			parsed_fini(&second);
		}
		free(written);
		parsed_fini(&first);
	}
	return count;
}

/* ---- tables ---- */

static void a_pipeline_is_written_as_it_was_meant(void **state)
{
	static const struct {
		const char *name, *in;
		unsigned way;
		const char *out;
	} rows[] = {
		{ "absent is not empty", BETA "spec: {filter: [], output: {otlp: {path: '', endpoint: {value: x}, headers: []}}}\n", 0,
		  "apiVersion: telemetry.kyma-project.io/v1beta1\nkind: MetricPipeline\nmetadata:\n    name: p\nspec:\n    filter: []\n"
		  "    output:\n        otlp:\n            endpoint:\n                value: x\n            headers: []\n            path: \"\"\n" },
		{ "as JSON", BETA "spec: {output: {otlp: {endpoint: {value: \"x\\\"\\n\"}}}}\n", 2,
		  "{\"apiVersion\":\"telemetry.kyma-project.io/v1beta1\",\"kind\":\"MetricPipeline\",\"metadata\":{\"name\":\"p\"},"
		  "\"spec\":{\"output\":{\"otlp\":{\"endpoint\":{\"value\":\"x\\\"\\n\"}}}}}\n" },
		{ "v1beta1 in v1alpha1", BETA "spec: {input: {otlp: {enabled: false}}, output: {otlp: {compression: zstd, endpoint: {value: x}}}}\n", 3,
		  "{\"apiVersion\":\"telemetry.kyma-project.io/v1alpha1\",\"kind\":\"MetricPipeline\",\"metadata\":{\"name\":\"p\"},"
		  "\"spec\":{\"input\":{\"otlp\":{\"disabled\":true}},\"output\":{\"otlp\":{\"endpoint\":{\"value\":\"x\"}}}}}\n" },
		{ "v1alpha1 in v1beta1", ALPHA "spec: {input: {otlp: {}}, output: {otlp: {endpoint: {}}}}\n", 2,
		  "{\"apiVersion\":\"telemetry.kyma-project.io/v1beta1\",\"kind\":\"MetricPipeline\",\"metadata\":{\"name\":\"p\"},"
		  "\"spec\":{\"input\":{\"otlp\":{\"enabled\":true}},\"output\":{\"otlp\":{\"endpoint\":{}}}}}\n" },
		{ "unknown fields go, metadata and status stay",
		  "{kind: MetricPipeline, apiVersion: telemetry.kyma-project.io/v1beta1, what: is this, metadata: {zoo: [1, {a: null}], name: p, "
		  "generation: 3, labels: {a: b}}, spec: {output: {otlp: {no: 1, endpoint: {value: x}}}}, status: {conditions: [{type: A}]}}\n", 2,
		  "{\"apiVersion\":\"telemetry.kyma-project.io/v1beta1\",\"kind\":\"MetricPipeline\",\"metadata\":{\"generation\":3,"
		  "\"labels\":{\"a\":\"b\"},\"name\":\"p\",\"zoo\":[1,{\"a\":null}]},\"spec\":{\"output\":{\"otlp\":{\"endpoint\":{\"value\":\"x\"}}}},"
		  "\"status\":{\"conditions\":[{\"type\":\"A\"}]}}\n" },
		{ "an interval of nothing stays written", "apiVersion: operator.kyma-project.io/v1alpha1\nkind: Telemetry\nmetadata: {name: d}\n"
		  "spec: {metric: {collectionInterval: 0s, istio: {collectionInterval: 90s}}, log: {gateway: {scaling: {}}}}\nstatus: {a: .5}\n", 2,
		  "{\"apiVersion\":\"operator.kyma-project.io/v1beta1\",\"kind\":\"Telemetry\",\"metadata\":{\"name\":\"d\"},\"spec\":{\"log\":"
		  "{\"gateway\":{\"scaling\":{}}},\"metric\":{\"collectionInterval\":\"0s\",\"istio\":{\"collectionInterval\":\"1m30s\"}}},"
		  "\"status\":{\"a\":0.5}}\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		parsed p;
		char *text;

		parsed_init(&p, rows[i].in, false);
		assert_ok(p.rc);
		text = write_all(p.set, rows[i].way);
		if (strcmp(text + 4, rows[i].out) != 0)
			fail_msg("%s:\n%sinstead of\n%s", rows[i].name, text + 4, rows[i].out);
		free(text);
		parsed_fini(&p);
	}
}

static void odd_values_survive(void **state)
{
	static const char *const rows[] = {
		BETA "spec: {transform: [{statements: [' a\\n b', \"\\n\", \"x\\n\\n\", '- a', '', \"\\t\", \"a \\n\", 'null', '1e3', \"\\u2028\"]}], "
		     "output: {otlp: {endpoint: {value: x}}}}\n",
		BETA "spec: {filter: [{}, {conditions: []}, {conditions: [\"\\n\\n a\", \"  x\\ny\"]}], output: {otlp: {endpoint: {value: x}}}}\n",
		BETA "status: {source_labels: [{a: [b]}, [c]], x: .nan, y: -.inf, z: 1.0e+300, i: 18446744073709551615, o: 0x10, "
		     "? '1:2' : ~, 'a: b': [[[], {}], [x]]}\n",
		BETA "status: [[1, [2, [3, {a: [{b: c, d: \"  \\n x\\n\"}]}]]]]\n",
		BETA "status: 'text'\n",
		BETA "status: {'<<': 1, a: ['<<']}\n",
		BETA "status: {a: &a [x, y], b: *a, c: {d: *a}}\n",
		"{apiVersion: operator.kyma-project.io/v1beta1, kind: Telemetry, metadata: {name: d, annotations: {a: ''}}, "
		"spec: {metric: {gateway: {scaling: {static: {}, type: Static}}}, enrichments: {extractPodLabels: []}}}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(check_round_trip(rows[i], rows[i]), 1);
}

static void generated_sets_survive(void **state)
{
	enum { SETS = 150 };

	(void)state;
	for (uint64_t seed = 1000; seed < 1000 + SETS; seed++) {
		char name[32], *text;
		pipelines p;

		pipelines_init(&p, seed, NULL);
		snprintf(name, sizeof(name), "seed %llu", (unsigned long long)seed);
		text = pipelines_join(&p, 0);
		assert_true(check_round_trip(name, text) >= p.pipeline_count);
		free(text);
		pipelines_fini(&p);
	}
}

static void what_does_not_exist_cannot_be_written(void **state)
{
	tel_pipeline_format_opts opts = TEL_PIPELINE_FORMAT_OPTS_INIT;
	tel_buf *text = NULL;
	parsed p;

	(void)state;
	parsed_init(&p, BETA, false);
	assert_err(tel_pipeline_format(p.set, 1, NULL, &text), TEL_ERR_ARG);
	assert_err(tel_telemetry_format(p.set, 0, NULL, &text), TEL_ERR_ARG);
	opts.form = (tel_pipeline_form)2;
	assert_err(tel_pipeline_format(p.set, 0, &opts, &text), TEL_ERR_ARG);
	opts.form = TEL_PIPELINE_YAML;
	opts.version = (tel_pipeline_version)2;
	assert_err(tel_pipeline_format(p.set, 0, &opts, &text), TEL_ERR_ARG);
	assert_null(text);
	parsed_fini(&p);
}

/* ---- recorded resources ---- */

static void check_folder(const char *folder, const char *suffix)
{
	size_t resources = 0, files = 0;
	conformance c;

	if (!conformance_open(&c, folder))
		skip();
	for (size_t i = 0; i < c.count; i++) {
		conformance_file file;

		if (!conformance_ends(c.names[i], suffix))
			continue;
		file = conformance_read(&c, c.names[i]);
		if (strncmp(file.ptr, "{\"type\"", 7) == 0) { /* events of a watch are no documents */
			free(file.ptr);
			continue;
		}
		resources += check_round_trip(c.names[i], file.ptr);
		free(file.ptr);
		files++;
	}
	print_message("# %s: %zu resources of %zu files\n", folder, resources, files);
	conformance_close(&c);
	assert_true(resources > 0);
}

static void inputs_of_the_recorded_gateways_survive(void **state)
{
	(void)state;
	check_folder("kyma-config/gateway", ".input.yaml");
}

static void inputs_of_the_recorded_agents_survive(void **state)
{
	(void)state;
	check_folder("kyma-config/agent", ".input.yaml");
}

/* What an API server answered: objects and lists in both versions, with everything that it adds to metadata. */
static void recorded_custom_resources_survive(void **state)
{
	(void)state;
	check_folder("kubernetes/custom", ".json");
}

/* ---- memory ---- */

static tel_err write_scenario(const tel_alloc *alloc, void *user)
{
	for (unsigned way = 0; way < 4; way++) {
		tel_pipeline_format_opts opts = opts_of(way);
		tel_buf *text = NULL;
		tel_err rc;

		opts.alloc = alloc;
		rc = tel_pipeline_format(user, 0, &opts, &text);
		assert_true((rc == TEL_OK) == (text != NULL));
		tel_buf_unref(text);
		text = NULL;
		if (rc == TEL_OK)
			rc = tel_telemetry_format(user, 0, &opts, &text);
		tel_buf_unref(text);
		if (rc != TEL_OK)
			return rc;
	}
	return TEL_OK;
}

static void writing_survives_every_failed_allocation(void **state)
{
	parsed p;

	(void)state;
	parsed_init(&p, BETA "spec: {input: {otlp: {enabled: true, namespaces: {include: [a, b]}}}, filter: [{conditions: [x]}], output: {otlp: "
	            "{endpoint: {value: x}, headers: [{name: a, value: b}], authentication: {oauth2: {params: {a: b}, tokenURL: {value: 'https://x'}, "
	            "clientID: {value: x}, clientSecret: {value: x}}}}}}\nstatus: {a: b}\n---\napiVersion: operator.kyma-project.io/v1beta1\n"
	            "kind: Telemetry\nspec: {metric: {collectionInterval: 10s}}\n", true);
	assert_ok(p.rc);
	torture_alloc(write_scenario, p.set);
	parsed_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pipeline_is_written_as_it_was_meant),
		cmocka_unit_test(odd_values_survive),
		cmocka_unit_test(generated_sets_survive),
		cmocka_unit_test(what_does_not_exist_cannot_be_written),
		cmocka_unit_test(inputs_of_the_recorded_gateways_survive),
		cmocka_unit_test(inputs_of_the_recorded_agents_survive),
		cmocka_unit_test(recorded_custom_resources_survive),
		cmocka_unit_test(writing_survives_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
