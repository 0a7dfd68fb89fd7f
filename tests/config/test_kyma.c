/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every configuration that was recorded from Kyma's manager, and what our own renderer writes of random pipelines, loads
 * without a finding, prints, and loads again to the same.
 */
#include "seams/cm.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/slice_i.h"
#include "config/kyma.h"
#include "config/same.h"
#include "control/pipelines.h"
#include "seams/conformance.h"

/* The manager's tests leave the namespace of the lease open (observed.md). */
#define NAMESPACE "extensions: {k8s_leader_elector: {lease_namespace: kyma-system}}\n"
#define RULES "path's first segment must be a valid context name [\"metric\" \"datapoint\" \"resource\" \"scope\"], and at " \
	"least one context must be capable of parsing all statements\n"
#define LOGS(line, id, text) line ": processors::transform/user-defined-" id ": unable to infer context from statements " \
	"[\"set(attributes[\\\"log.level\\\"], \\\"error\\\")\" \"set(body, \\\"" text "\\\")\"] and conditions " \
	"[\"IsMatch(body, \\\".*error.*\\\")\"], " RULES

/* Those that the Collector refuses, too: they are renderings, but not running configurations (observed.md). */
static const struct {
	const char *folder, *name, *findings;
} refused[] = {
	{ "agent", "oauth2-authentication.yaml",
	  "149:9: connectors::routing/enrichment: invalid routing table: the routing table is empty\n"
	  "1:1: no receiver configuration specified in config\n"
	  "23:9: service::pipelines::metrics/enrichment-conditional: must have at least one receiver\n"
	  "30:9: service::pipelines::metrics/output-test: must have at least one receiver\n"
	  "146:5: failed to build pipelines: connector \"routing/enrichment\" used as exporter in "
	  "[metrics/enrichment-conditional] pipeline but not used in any supported receiver pipeline\n" },
	{ "agent", "setup-comprehensive.yaml",
	  "456:19: processors::transform/user-defined-test: unable to parse OTTL statement "
	  "\"set(attributes[\\\"environment\\\"], \\\"prod\\\")\": error while parsing arguments for call to \"set\": invalid "
	  "argument at position 0: missing context name for path \"attributes[environment]\", possibly valid options are: \"resource.attributes[environment]\", "
	  "\"otelcol.attributes[environment]\"\n" },
	{ "agent", "user-defined-transform-filter.yaml", LOGS("272:15", "test1", "transformed2") },
	{ "agent", "user-defined-transforms.yaml",
	  LOGS("279:15", "test1", "transformed1") LOGS("287:15", "test2", "transformed2") },
	{ "gateway", "user-defined-transforms.yaml",
	  LOGS("185:15", "cls", "transformed1") LOGS("193:15", "dynatrace", "transformed2") },
};
enum { REFUSED = sizeof(refused) / sizeof(refused[0]) };

static const char *expected_of(const char *folder, const char *name, unsigned *seen)
{
	for (size_t i = 0; i < REFUSED; i++)
		if (strcmp(refused[i].folder, folder) == 0 && strcmp(refused[i].name, name) == 0) {
			++*seen;
			return refused[i].findings;
		}
	return "";
}

static bool has_text(tel_slice text, const char *wanted)
{
	tel_slice w = tel__slice_str(wanted);

	for (size_t i = 0; i + w.len <= text.len; i++)
		if (tel__slice_eq(tel__slice_sub(text, i, w.len), w))
			return true;
	return false;
}

/* They are masked in what is printed, so who has some differs. */
static bool has_secrets(const tel__config_component *c)
{
	return tel__slice_is(c->type, "oauth2client") || tel__slice_starts(c->type, TEL_SLICE_LIT("otlp_"));
}

static void expect_same(const tel_config *a, const tel_config *b, tel_slice printed)
{
	assert_int_equal(a->component_count, b->component_count);
	assert_int_equal(a->pipeline_count, b->pipeline_count);
	for (size_t i = 0; i < a->component_count; i++) {
		const tel__config_component *x = &a->components[i];
		const tel__config_component *y = tel__config_find(b, x->kind, x->id);

		assert_non_null(y);
		if (!has_secrets(x) && !tel__component_same(x, y))
			fail_msg(TEL_SLICE_FMT " differs in\n" TEL_SLICE_FMT, TEL_SLICE_ARG(x->id), TEL_SLICE_ARG(printed));
	}
}

/* printing and loading again */
static void expect_round_trip(const kyma *k, const char *name)
{
	tel_buf *first = kyma_print(k->config), *second;
	kyma again;

	if (has_text(tel_buf_get(first), KYMA_SECRET))
		fail_msg("%s: a secret is printed", name);
	kyma_load(&again, tel_buf_get(first), (tel_slice){ NULL, 0 }, NULL);
	if (again.rc != TEL_OK || again.text.len > 0)
		fail_msg("%s: what is printed does not load:\n%s" TEL_SLICE_FMT, name, again.text.ptr,
		         TEL_SLICE_ARG(tel_buf_get(first)));
	second = kyma_print(again.config);
	if (!tel__slice_eq(tel_buf_get(first), tel_buf_get(second)))
		fail_msg("%s: printed again:\n" TEL_SLICE_FMT "\ninstead of\n" TEL_SLICE_FMT, name,
		         TEL_SLICE_ARG(tel_buf_get(second)), TEL_SLICE_ARG(tel_buf_get(first)));
	expect_same(k->config, again.config, tel_buf_get(first));
	tel_buf_unref(first);
	tel_buf_unref(second);
	kyma_fini(&again);
}

static void expect_recorded(const conformance *c, const char *folder, const char *name, unsigned *seen)
{
	const char *expected = expected_of(folder, name, seen);
	conformance_file file = conformance_read(c, name);
	kyma k;

	kyma_load(&k, (tel_slice){ file.ptr, file.len }, TEL_SLICE_LIT(NAMESPACE), NULL);
	if (strcmp(k.text.ptr, expected) != 0 || k.rc != (expected[0] ? TEL_ERR_CONFIG : TEL_OK))
		fail_msg("%s/%s: %s, the findings are\n%sinstead of\n%s", folder, name, tel_err_name(k.rc), k.text.ptr, expected);
	if (k.config)
		expect_round_trip(&k, name);
	kyma_fini(&k);
	free(file.ptr);
}

static void every_recorded_configuration_loads_or_is_refused_for_its_content(void **state)
{
	static const char *const folders[] = { "gateway", "agent" };
	unsigned files = 0, inputs = 0, seen = 0, loaded = 0;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char path[64];
		conformance c;

		snprintf(path, sizeof(path), "kyma-config/%s", folders[i]);
		if (!conformance_open(&c, path))
			skip();
		for (size_t n = 0; n < c.count; n++) {
			files++;
			if (conformance_ends(c.names[n], ".input.yaml")) {
				inputs++;
				continue;
			}
			expect_recorded(&c, folders[i], c.names[n], &seen);
			loaded++;
		}
		conformance_close(&c);
	}
	print_message("# %u configurations, %u of them refused\n", loaded, seen);
	assert_int_equal(seen, REFUSED);
	assert_int_equal(loaded, inputs);
	assert_int_equal(loaded + inputs, files);
}

enum { SETS = 60 };

static void every_rendered_configuration_loads_and_prints_the_same(void **state)
{
	unsigned loaded = 0;

	(void)state;
	for (uint64_t seed = 1; seed <= SETS; seed++) {
		pipelines p;
		char *text, name[64];

		pipelines_init(&p, seed, NULL);
		text = pipelines_join(&p, 0);
		for (int target = TEL_RENDER_GATEWAY; target <= TEL_RENDER_AGENT; target++) {
			tel_buf *rendered = kyma_render((tel_render_target)target, text, true);
			kyma k;

			snprintf(name, sizeof(name), "seed %u, %s", (unsigned)seed, target ? "agent" : "gateway");
			kyma_load(&k, tel_buf_get(rendered), TEL_SLICE_LIT(NAMESPACE), NULL);
			/* An agent that nobody asked for anything has no receivers. */
			if (target == TEL_RENDER_AGENT && has_text(tel_buf_get(rendered), "\nreceivers: {}\n")) {
				assert_err(k.rc, TEL_ERR_CONFIG);
				kyma_fini(&k);
				tel_buf_unref(rendered);
				continue;
			}
			loaded++;
			if (k.rc != TEL_OK || k.text.len > 0)
				fail_msg("%s:\n%s" TEL_SLICE_FMT, name, k.text.ptr, TEL_SLICE_ARG(tel_buf_get(rendered)));
			expect_round_trip(&k, name);
			kyma_fini(&k);
			tel_buf_unref(rendered);
		}
		free(text);
		pipelines_fini(&p);
	}
	print_message("# %u rendered configurations\n", loaded);
	assert_true(loaded > SETS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_recorded_configuration_loads_or_is_refused_for_its_content),
		cmocka_unit_test(every_rendered_configuration_loads_and_prints_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
