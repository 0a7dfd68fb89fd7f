/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of strings or maps, findings within a text, and pipelines that connectors name (tests/config/table.h, "routes"). */
#include "seams/cm.h"

#include "base/slice_i.h"
#include "config/loaded.h"
#include "torture/torture.h"

#define AROUND(body) "receivers: {in: }\nexporters: {out: }\nservice:\n  pipelines:\n" \
	"    metrics/a: {receivers: [in], exporters: [routes]}\n    metrics/b: {receivers: [routes], exporters: [out]}\n" \
	"    metrics/c: {receivers: [in], exporters: [out]}\nconnectors:\n  routes:\n" body

static const table_routes *routes_of(const loaded *l)
{
	assert_string_equal(l->text, "");
	return tel__config_find(l->config, TEL__KIND_CONNECTOR, TEL_SLICE_LIT("routes"))->options;
}

static void strings_become_one_section_at_the_end(void **state)
{
	const table_routes *options;
	const table_group *groups;
	loaded l;

	(void)state;
	loaded_one(&l, AROUND("    groups:\n      - {name: x, texts: [a]}\n      - b\n      - c\n    strict: [d]\n"));
	options = routes_of(&l);
	groups = options->groups.items;
	assert_int_equal(options->groups.count, 2);
	assert_slice(groups[0].name, "x");
	assert_int_equal(groups[1].texts.count, 2);
	assert_slice(groups[1].texts.items[0], "b");
	assert_slice(groups[1].texts.items[1], "c");
	assert_int_equal(options->strict.count, 1);
	assert_slice(((const table_group *)options->strict.items)->texts.items[0], "d");
	loaded_fini(&l);

	loaded_one(&l, AROUND("    groups: []\n    strict:\n"));
	assert_int_equal(routes_of(&l)->groups.count, 0);
	loaded_fini(&l);
	loaded_one(&l, AROUND("    groups: [{name: y}]\n    strict: [{texts: a}]\n"));
	assert_int_equal(routes_of(&l)->groups.count, 1);
	loaded_fini(&l);
}

#define MIXED ": configuring multiple configuration styles is not supported, please use only Basic configuration or only " \
	"Advanced configuration\n"

static void mixed_and_empty_elements_are_refused(void **state)
{
	static const loaded_case cases[] = {
		CASE(AROUND("    groups: [a, {name: x}]\n"), "E a:10:17 connectors::routes::groups" MIXED),
		CASE(AROUND("    strict: [{name: x}, a]\n"), "E a:10:25 connectors::routes::strict" MIXED),
		CASE(AROUND("    groups: [a, ~]\n"), "E a:10:17 connectors::routes::groups: text cannot be empty\n"),
		CASE(AROUND("    groups: a\n"),
		     "E a:10:13 connectors::routes::groups: invalid groups type, expected: array, got: string\n"),
		CASE(AROUND("    groups: [a, [b]]\n"), "E a:10:17 connectors::routes::groups" MIXED),
		CASE(AROUND("    groups: [[b]]\n"), "E a:10:14 connectors::routes::groups::0: 'groups[0]' expected a map or struct, "
		     "got \"[]interface {}\"\n"),
		CASE(AROUND("    groups: [{nome: x}, b]\n"),
		     "E a:10:15 connectors::routes::groups::0: 'groups[0]' has invalid keys: nome\n"),
		CASE(AROUND("    groups: [5]\n"), "E a:10:14 connectors::routes::groups::0: 'groups[0]' expected a map or struct, got "
		     "\"int\"\n"),
		CASE(AROUND("    groups: {a: b}\n    nothing: 1\n"),
		     "E a:10:13 connectors::routes::groups: invalid groups type, expected: array, got: map[string]interface {}\n"
		     "E a:11:5 connectors::routes: 'routes.Config' has invalid keys: nothing\n"),
	};

	(void)state;
	LOADED_RUN(cases);
}

#define MARK " connectors::routes: mark\n"

static void places_within_texts_are_places_in_the_file(void **state)
{
	static const loaded_case cases[] = {
		CASE(AROUND("    groups: [ab!c, d!]\n"), "E a:10:16" MARK "E a:10:21" MARK),
		CASE(AROUND("    groups: [{texts: [a, 'b!']}]\n"), "E a:10:28" MARK),
		CASE(AROUND("    groups:\n      - plain text\n        over lines! and?\n"), "E a:12:19" MARK "W a:12:24" MARK),
		CASE(AROUND("    groups: ['it''s! \xc3\xa4!']\n"), "E a:10:20" MARK "E a:10:23" MARK),
		CASE(AROUND("    groups: ['a\n\n\n      b!']\n"), "E a:13:8" MARK),
		CASE(AROUND("    groups: [\"a\\\"b\\u00e4\\x41!\\n!\"]\n"), "E a:10:29" MARK "E a:10:32" MARK),
		CASE(AROUND("    groups: [\"a\\\n      b!\"]\n"), "E a:11:8" MARK),
		CASE(AROUND("    groups:\n    - |\n      one\n        two!\n      !\n"), "E a:13:12" MARK "E a:14:7" MARK),
		CASE(AROUND("    groups:\n    - >-\n      one\n      two!\n\n      three!\n"), "E a:13:10" MARK "E a:15:12" MARK),
		CASE(AROUND("    groups:\n    - |+2\n       one!\n"), "E a:12:11" MARK),
		CASE(AROUND("    groups: [$$x!, a$$$$!, '$1!']\r\n    strict: [a]\r\n"),
		     "E a:10:17" MARK "E a:10:25" MARK "E a:10:31" MARK),
		CASE(AROUND("    groups: [&x a!, !!str b!, *x]\n"), "E a:10:14" MARK "E a:10:21" MARK "E a:10:14" MARK),
		CASE(AROUND("    groups: ['${TEXT}!', '${ATEXT}']\n"), "E a:10:14" MARK),
	};

	(void)state;
	LOADED_RUN(cases);
}

#define LOST " connectors::routes::pipelines: pipeline not found: missing consumer: "

static void pipelines_of_a_connector_receive_from_it(void **state)
{
	static const loaded_case cases[] = {
		CASE(AROUND("    pipelines: [metrics/b, ' metrics / b ']\n"), ""),
		CASE(AROUND("    pipelines: [metrics/b, metrics/bb, metrics/c]\n"), "E a:10:28" LOST "\"metrics/bb\"\nE a:10:40" LOST
		     "\"metrics/c\"\n"),
		CASE(AROUND("    pipelines: metrics/x\n"), "E a:10:5" LOST "\"metrics/x\"\n"),
		CASE(AROUND("  routes/unused: {pipelines: [metrics/x]}\n"), ""),
	};
	tel_finding f;
	loaded l;

	(void)state;
	LOADED_RUN(cases);
	loaded_one(&l, AROUND("    pipelines: [metrics/bb, metrics/c]\n"));
	assert_ok(tel_findings_get(l.findings, 0, &f));
	assert_slice(f.hint, "did you mean \"metrics/b\"?");
	assert_ok(tel_findings_get(l.findings, 1, &f));
	assert_slice(f.hint, "\"metrics/c\" does not list \"routes\" among its receivers");
	loaded_fini(&l);
}

static tel_err load_scenario(const tel_alloc *alloc, void *user)
{
	tel_config_source source = { TEL_SLICE_LIT("a"), tel__slice_str(user) };
	tel_config_opts opts = TEL_CONFIG_OPTS_INIT;
	tel_findings *findings = NULL;
	tel_config *config = NULL;
	tel_err rc = tel_findings_new(alloc, &findings);

	opts.alloc = alloc;
	if (rc == TEL_OK)
		rc = tel_config_load(&source, 1, &table_components, &loaded_env, &opts, &config, findings);
	assert_true((config != NULL) == (rc == TEL_OK));
	tel_config_free(config);
	tel_findings_free(findings);
	return rc == TEL_ERR_CONFIG ? TEL_OK : rc;
}

static void every_failed_allocation_is_survived(void **state)
{
	static char fine[] = AROUND("    groups: [{name: x}, a?, b]\n    pipelines: [metrics/b]\n");
	static char wrong[] = AROUND("    groups: [{name: x}, a, b!]\n    pipelines: [metrics/c, metrics/d]\n");

	(void)state;
	torture_alloc(load_scenario, fine);
	torture_alloc(load_scenario, wrong);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(strings_become_one_section_at_the_end),
		cmocka_unit_test(mixed_and_empty_elements_are_refused),
		cmocka_unit_test(places_within_texts_are_places_in_the_file),
		cmocka_unit_test(pipelines_of_a_connector_receive_from_it),
		cmocka_unit_test(every_failed_allocation_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
