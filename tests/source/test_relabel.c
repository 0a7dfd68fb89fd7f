/* SPDX-License-Identifier: Apache-2.0 */
/* Relabeling against what Prometheus recorded: conformance/relabel, through the keys of a scrape job. */
#include "seams/cm.h"

#include <stdio.h>
#include <stdlib.h>

#include <telemetry/config.h>
#include <telemetry/crypto.h>
#include <telemetry/flow.h>

#include "base/dynbuf.h"
#include "base/slice_i.h"
#include "config/config_i.h"
#include "process/relabel/relabel.h"
#include "seams/conformance.h"
#include "source/prometheus/options.h"
#include "torture/torture.h"
#include "wire/yaml.h"

#define TEST(f) cmocka_unit_test(f)

enum { TEXT_MAX = 1 << 20 };

static tel_slice member(const tel__node *c, const char *key)
{
	const tel__node *node = tel__node_get(c, key);

	return node ? node->text : TEL_SLICE_LIT("");
}

/* The rules below a job. Without variables there is no expansion: a dollar is one. */
static tel_err load_rules(const tel__node *c, tel_config **ret_config, tel_findings *findings)
{
	tel_slice rules = member(c, "configs"), line;
	tel_config_source source = { TEL_SLICE_LIT("case"), { NULL, 0 } };
	tel__dynbuf text;
	tel_err rc;

	tel__dynbuf_init(&text, NULL, TEXT_MAX);
	tel__dynbuf_puts(&text, "exporters: {nop: }\nservice: {pipelines: {metrics: {receivers: [prometheus], exporters: [nop]}}}\n"
	                        "receivers:\n  prometheus:\n    config:\n      scrape_configs:\n        - job_name: a\n");
	if (tel__slice_is(member(c, "scheme"), "legacy"))
		tel__dynbuf_puts(&text, "          metric_name_validation_scheme: legacy\n");
	tel__dynbuf_puts(&text, "          relabel_configs:\n");
	while (tel__slice_next(&rules, '\n', &line)) {
		tel__dynbuf_puts(&text, "            ");
		tel__dynbuf_slice(&text, line);
		tel__dynbuf_byte(&text, '\n');
	}
	source.text = tel__dynbuf_get(&text);
	rc = tel_config_load(&source, 1, tel_components_all(), NULL, NULL, ret_config, findings);
	tel__dynbuf_fini(&text);
	return rc;
}

static const tel__prometheus_options *options_of(const tel_config *config)
{
	for (size_t i = 0; i < config->component_count; i++)
		if (tel__slice_is(config->components[i].id, "prometheus"))
			return config->components[i].options;
	fail();
	return NULL;
}

static bool same_labels(const tel__labels *l, const tel__node *out)
{
	uint32_t count = out ? out->v.map.count : 0;

	if (l->count != count)
		return false;
	for (uint32_t i = 0; i < count; i++)
		if (!tel__slice_eq(tel__labels_get(l, out->v.map.entries[i].key), out->v.map.entries[i].value->text))
			return false;
	return true;
}

static bool apply_case(const tel__node *c, const tel_config *config, tel__arena *arena)
{
	const tel__scrape_job *job = options_of(config)->config.scrape_configs.items;
	const tel__node *labels = tel__node_get(c, "labels"), *dropped = tel__node_get(c, "dropped");
	tel__relabel *relabel = NULL;
	tel__relabel_run *run = NULL;
	tel_error err = TEL_ERROR_INIT;
	tel__labels set;
	size_t at = 0;
	bool good;

	if (tel__relabel_new(NULL, &job->relabel_configs, job->common.validation == TEL__NAMES_LEGACY, tel_crypto_openssl(),
	                     &relabel, &err) != TEL_OK)
		fail_msg("%.*s: %s", TEL_SLICE_ARG(member(c, "name")), err.msg);
	assert_ok(tel__relabel_run_new(NULL, &run));
	tel__labels_init(&set, arena);
	for (uint32_t i = 0; i < labels->v.map.count; i++)
		assert_true(tel__labels_set(&set, labels->v.map.entries[i].key, labels->v.map.entries[i].value->text));
	assert_ok(tel__relabel_apply(relabel, run, &set, &at, &err));
	good = (at != TEL__RELABEL_KEPT) == (dropped && dropped->v.b);
	if (at == TEL__RELABEL_KEPT)
		good = good && same_labels(&set, tel__node_get(c, "out"));
	for (size_t i = 0; !good && i < set.count; i++)
		print_error("  %.*s=%.*s\n", TEL_SLICE_ARG(set.items[i].name), TEL_SLICE_ARG(set.items[i].value));
	tel__relabel_run_free(run);
	tel__relabel_free(relabel);
	return good;
}

/* true: as recorded. */
static bool check_case(const tel__node *c, tel__arena *arena)
{
	bool refused = tel__node_get(c, "error") != NULL, good;
	tel_config *config = NULL;
	tel_findings *findings = NULL;
	tel_err rc;

	assert_ok(tel_findings_new(NULL, &findings));
	rc = load_rules(c, &config, findings);
	if (rc != TEL_OK && !refused) {
		tel_finding f;
		assert_ok(tel_findings_get(findings, 0, &f));
		print_error("%.*s: %.*s\n", TEL_SLICE_ARG(member(c, "name")), TEL_SLICE_ARG(f.message));
	}
	good = refused ? rc == TEL_ERR_CONFIG : rc == TEL_OK && apply_case(c, config, arena);
	tel_config_free(config);
	tel_findings_free(findings);
	return good;
}

static void recorded_cases_come_out_as_in_prometheus(void **state)
{
	size_t cases = 0, wrong = 0;
	conformance_file file;
	tel_slice rest, line;
	conformance c;
	(void)state;

	if (!conformance_open(&c, "relabel"))
		skip();
	assert_int_equal(c.count, 1);
	file = conformance_read(&c, "relabel.jsonl");
	for (rest = (tel_slice){ file.ptr, file.len }; tel__slice_next(&rest, '\n', &line);) {
		tel__arena *arena = NULL;
		tel__node *node;
		if (!line.len)
			continue;
		assert_ok(tel__arena_new(NULL, 0, NULL, &arena));
		assert_ok(tel__yaml_parse(arena, NULL, line, 0, &node, NULL));
		cases++;
		if (!check_case(node, arena)) {
			print_error("%.*s: %.*s\n", TEL_SLICE_ARG(member(node, "name")), TEL_SLICE_ARG(member(node, "configs")));
			wrong++;
		}
		tel__arena_unref(arena);
	}
	free(file.ptr);
	conformance_close(&c);
	assert_int_equal(wrong, 0);
	assert_true(cases >= 150);
}

static tel_err scenario(const tel_alloc *alloc, void *user)
{
	tel_slice sources[] = { TEL_SLICE_LIT("a"), TEL_SLICE_LIT("b") };
	tel__relabel_options rules[] = {
		{ .source_labels = { sources, 2 }, .separator = TEL_SLICE_LIT(";"), .regex = TEL_SLICE_LIT("(.*);([x-z]+)"),
		  .target_label = TEL_SLICE_LIT("t_$2"), .replacement = TEL_SLICE_LIT("$1") },
		{ .separator = TEL_SLICE_LIT(";"), .regex = TEL_SLICE_LIT("t_(.+)"), .replacement = TEL_SLICE_LIT("u_$1"),
		  .action = TEL__RELABEL_LABEL_MAP },
	};
	tel__key_list list = { rules, 2 };
	tel__relabel *relabel = NULL;
	tel__relabel_run *run = NULL;
	tel__arena *arena = NULL;
	tel__labels set;
	size_t at;
	tel_err rc = tel__relabel_new(alloc, &list, false, NULL, &relabel, NULL);

	(void)user;
	if (rc == TEL_OK)
		rc = tel__relabel_run_new(alloc, &run);
	if (rc == TEL_OK)
		rc = tel__arena_new(alloc, 0, NULL, &arena);
	if (rc == TEL_OK) {
		tel__labels_init(&set, arena);
		if (!tel__labels_set(&set, TEL_SLICE_LIT("b"), TEL_SLICE_LIT("y")) ||
		    !tel__labels_set(&set, TEL_SLICE_LIT("a"), TEL_SLICE_LIT("1")))
			rc = TEL_ERR_NOMEM;
	}
	if (rc == TEL_OK)
		rc = tel__relabel_apply(relabel, run, &set, &at, NULL);
	if (rc == TEL_OK) {
		assert_int_equal(at, TEL__RELABEL_KEPT);
		assert_slice(tel__labels_get(&set, TEL_SLICE_LIT("u_y")), "1");
	}
	tel__arena_unref(arena);
	tel__relabel_run_free(run);
	tel__relabel_free(relabel);
	return rc;
}

static void memory_may_run_out(void **state)
{
	(void)state;
	torture_alloc(scenario, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(recorded_cases_come_out_as_in_prometheus),
		TEST(memory_may_run_out),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
