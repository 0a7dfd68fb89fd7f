/* SPDX-License-Identifier: Apache-2.0 */
#include "seams/cm.h"

#include <stdio.h>

#include "base/slice_i.h"
#include "config/duration.h"
#include "config/loaded.h"
#include "torture/torture.h"

#define AROUND(body) "receivers: {in: }\nexporters:\n  full: " body "\nservice:\n  pipelines:\n    metrics: {receivers: " \
	"[in], exporters: [full]}\n"

static char *print(const tel_config *config)
{
	static char texts[2][65536];
	static unsigned turn;
	char *out = texts[turn++ % 2];
	tel_buf *text = NULL;

	assert_ok(tel_config_print(config, NULL, &text));
	assert_true(tel_buf_get(text).len < sizeof(texts[0]));
	memcpy(out, tel_buf_get(text).ptr, tel_buf_get(text).len);
	out[tel_buf_get(text).len] = 0;
	tel_buf_unref(text);
	return out;
}

static void defaults_are_filled_in(void **state)
{
	loaded l;

	(void)state;
	loaded_one(&l, AROUND(""));

	assert_string_equal(print(l.config),
	                    "receivers:\n  in: {}\nexporters:\n  full:\n    b: false\n    i: -3\n    u32: 0\n    u64: 0\n"
	                    "    d: 1.5\n    duration: 200ms\n    s: text\n    secret: \"\"\n    e: items\n    strings:\n"
	                    "      - a\n      - b\n    map: {}\n    headers: {}\n    endpoint: \"here:1\"\n    timeout: 5s\n"
	                    "    tls:\n      insecure: false\n      ca_file: \"\"\n    sending_queue:\n      enabled: true\n"
	                    "      queue_size: 1000\n    section:\n      insecure: true\n"
	                    "      ca_file: \"\"\n    rules: []\nservice:\n  extensions: []\n  pipelines:\n    metrics:\n"
	                    "      receivers:\n        - in\n      exporters:\n        - full\n  telemetry:\n    metrics:\n"
	                    "      level: normal\n      readers:\n        -\n          pull:\n            exporter:\n"
	                    "              prometheus:\n                host: localhost\n                port: 8888\n"
	                    "                without_scope_info: true\n                without_type_suffix: true\n"
	                    "                without_units: true\n    logs:\n      level: info\n      encoding: console\n"
	                    "      sampling:\n        enabled: true\n        initial: 10\n        thereafter: 100\n"
	                    "        tick: 10s\n");
	loaded_fini(&l);
}

static void printed_configuration_loads_equal(void **state)
{
	static const char *const bodies[] = {
		"{}", "{sending_queue: {enabled: false}, maybe: , any: }",
		"{b: true, i: 7, u64: 18446744073709551615, d: .inf, duration: 1h2m3.5s, s: \"a: 'b' \\\"c\\\" \\n\\t\\x01 $$x $${y}\"}",
		"{s: '${TEXT}', strings: ['1', '', 'null', 'a b', '${OCTAL}'], map: {'1': '2', 'a b': '#'}}",
		"{headers: [{name: a, value: \"\"}, {name: a, value: \"\"}], rules: [{}, {name: x, weight: 3}]}",
		"{any: {list: [[1, [2]], {}, [], {a: [b]}, 1.5, 2.0, ~, true, 18446744073709551615, 'x y', -.inf]}, old: [1]}",
		"{headers: [{name: 'a::b', value: \"\"}], any: '${yaml:a::b: c}', map: '${yaml:x: y}'}",
		"{any: [{'a::b': c}, '${yaml:a::b: c}']}",
		"{any: '${MAP}', s: \"\\u2028\\x85\\uFEFF\\xe9\"}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		const tel__node *any;
		char text[4096], *first, *second;
		loaded l, again;

		snprintf(text, sizeof(text), AROUND("%s"), bodies[i]);
		loaded_one(&l, text);
		if (!l.config)
			print_error("%s", l.text);
		assert_non_null(l.config);
		first = print(l.config);
		loaded_one(&again, first);
		if (!again.config)
			print_error("%s\n%s", first, again.text);
		assert_non_null(again.config);
		second = print(again.config);

		assert_string_equal(first, second);
		assert_true(tel__slice_eq(loaded_full(&l, "full")->s, loaded_full(&again, "full")->s));
		any = loaded_full(&l, "full")->any;
		assert_true(any ? tel__node_equal(any, loaded_full(&again, "full")->any) : !loaded_full(&again, "full")->any);
		loaded_fini(&l);
		loaded_fini(&again);
	}
}

static void secrets_are_masked_everywhere(void **state)
{
	static const char *const texts[] = { AROUND("{secret: CANARY, headers: {a: CANARY}, endpoint: 'http://CANARY:CANARY@h:1/x?key=CANARY', "
		"any: {basic_auth: {username: u, password: CANARY}, bearer_token: CANARY, client_Secret: [CANARY], headers: {x: "
		"CANARY}, proxy_url: 'http://CANARY@h', n: {key_pem: 5}}}") };
	const tel_components *components[] = { &table_components, NULL };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char *text;
		loaded l;

		loaded_init(&l, texts, 1, components[i], NULL);
		text = print(l.config);
		assert_null(strstr(text, "CANARY"));
		assert_non_null(strstr(text, "\"http://[REDACTED]@h:1/x?[REDACTED]\""));
		assert_non_null(strstr(text, "username: u"));
		assert_non_null(strstr(text, "key_pem: \"[REDACTED]\""));
		loaded_fini(&l);
	}
}

static void text_without_expansion_keeps_its_dollars(void **state)
{
	tel_config_source source = { TEL_SLICE_LIT("a"), TEL_SLICE_LIT(AROUND("{s: '${TEXT} $$'}")) };
	tel_config *config = NULL;

	(void)state;
	assert_ok(tel_config_load(&source, 1, &table_components, NULL, NULL, &config, NULL));
	assert_non_null(strstr(print(config), "s: \"${TEXT} $$\"\n"));
	tel_config_free(config);
}

typedef struct duration_case {
	const char *text;
	int64_t ns;
	const char *msg, *back; /* back: how it is written, NULL = as read */
	int line;
} duration_case;
#define DUR(t, n, b) { t, n, NULL, b, __LINE__ }
#define BAD(t, m) { t, 0, m, NULL, __LINE__ }

static void durations_are_gos(void **state)
{
	static const duration_case cases[] = {
		DUR("0", 0, "0s"), DUR("0s", 0, NULL), DUR("5s", 5000000000, NULL), DUR("1m0s", 60000000000, NULL),
		DUR("300s", 300000000000, "5m0s"), DUR("1.5h", 5400000000000, "1h30m0s"), DUR("-2ms", -2000000, NULL),
		DUR("+1h15m30.918s", 4530918000000, "1h15m30.918s"), DUR(".5s", 500000000, "500ms"), DUR("1us", 1000, "1\xc2\xb5s"),
		DUR("1\xc2\xb5s", 1000, NULL), DUR("1\xce\xbcs", 1000, "1\xc2\xb5s"), DUR("7ns", 7, NULL), DUR("1.5ns", 1, "1ns"),
		DUR("9223372036854775807ns", INT64_MAX, "2562047h47m16.854775807s"),
		DUR("-9223372036854775808ns", INT64_MIN, "-2562047h47m16.854775808s"), DUR("1h1ns", 3600000000001, "1h0m0.000000001s"),
		BAD("", "time: invalid duration"), BAD("x", "time: invalid duration"), BAD("-", "time: invalid duration"),
		BAD("5", "time: missing unit in duration"), BAD("1.", "time: missing unit in duration"),
		BAD(".s", "time: invalid duration"), BAD("5d", "time: unknown unit in duration"),
		BAD("1 s", "time: unknown unit in duration"), BAD("9223372036854775808ns", "time: invalid duration"),
		BAD("99999999999999999999s", "time: invalid duration"), BAD("3000000h", "time: invalid duration"),
		BAD("5s5", "time: missing unit in duration"), BAD("--1s", "time: invalid duration"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const duration_case *c = &cases[i];
		const char *msg = NULL, *back = c->back ? c->back : c->text;
		char text[TEL__DURATION_MAX + 1];
		int64_t ns = 42;
		tel_err rc = tel__duration_parse(tel__slice_str(c->text), &ns, &msg);

		if (c->msg ? rc == TEL_OK || strcmp(msg, c->msg) != 0 || ns != 42 : rc != TEL_OK || ns != c->ns) {
			print_error("row at line %d: %s gives %lld, %s\n", c->line, c->text, (long long)ns, msg ? msg : "no error");
			fail();
		}
		if (!c->msg) {
			text[tel__duration_format(ns, text)] = 0;
			assert_string_equal(text, back);
		}
	}
}

static int count_key(const tel_component_key *key, void *user)
{
	char *out = user;

	snprintf(out + strlen(out), 4096 - strlen(out), TEL_SLICE_FMT "|" TEL_SLICE_FMT "|" TEL_SLICE_FMT "\n",
	         TEL_SLICE_ARG(key->path), TEL_SLICE_ARG(key->type), TEL_SLICE_ARG(key->def));
	return 0;
}

static int stop(const tel_component_key *key, void *user)
{
	(void)key;
	(void)user;
	return 1;
}

static void components_tell_their_keys(void **state)
{
	tel_component_info info = TEL_COMPONENT_INFO_INIT;
	char keys[4096] = "";

	(void)state;
	assert_int_equal(tel_components_count(NULL), 0);
	assert_int_equal(tel_components_count(&table_components), 8);
	assert_ok(tel_components_get(&table_components, 5, &info));
	assert_slice(info.type, "proc");
	assert_true(info.runs);
	assert_ok(tel_components_get(&table_components, 6, &info));
	assert_false(info.runs);
	assert_err(tel_components_get(&table_components, 8, &info), TEL_ERR_NOT_FOUND);
	assert_ok(tel_components_keys(&table_components, 1, count_key, keys));
	assert_non_null(strstr(keys, "\nendpoint|string|here:1\ntimeout|duration|5s\ntls|section|\ntls::insecure|bool|\n"));
	assert_non_null(strstr(keys, "\nsending_queue::batch::min_size|int|8192\n"));
	assert_non_null(strstr(keys, "\nmaybe::note|string|theirs\n"));
	assert_non_null(strstr(keys, "\nrules[]::weight|float|0.5\n"));
	assert_err(tel_components_keys(&table_components, 1, stop, NULL), TEL_ERR_CANCELLED);
	assert_err(tel_components_keys(&table_components, 9, stop, NULL), TEL_ERR_NOT_FOUND);
}

static void components_print_as_text_and_json(void **state)
{
	tel_buf *text = NULL;

	(void)state;
	assert_ok(tel_components_print(&table_components, TEL_COMPONENTS_TEXT, NULL, &text));
	assert_slice(tel_buf_get(text), "receiver   in                       takes\nprocessor  proc                     changes\n"
	                                "processor  batch                    collects (not in this build)\n"
	                                "exporter   out                      gives\nexporter   full                     has all\n"
	                                "connector  routes                   sends\nconnector  forward                  joins\n"
	                                "extension  ext                      stands beside\n");
	tel_buf_unref(text);
	assert_ok(tel_components_print(&table_components, TEL_COMPONENTS_JSON, NULL, &text));
	assert_true(tel__slice_starts(tel_buf_get(text), TEL_SLICE_LIT("[\n  {\"kind\": \"receiver\", \"type\": \"in\", "
	            "\"old_names\": [], \"help\": \"takes\", \"runs\": true, \"keys\": []},\n")));
	tel_buf_unref(text);
	assert_err(tel_components_print(&table_components, (tel_components_format)7, NULL, &text), TEL_ERR_ARG);
}

static tel_err print_scenario(const tel_alloc *alloc, void *user)
{
	tel_buf *text = NULL, *table = NULL;
	tel_err rc = tel_config_print(user, alloc, &text);

	if (rc == TEL_OK)
		rc = tel_components_print(&table_components, TEL_COMPONENTS_JSON, alloc, &table);
	if (rc != TEL_OK)
		assert_null(table);
	tel_buf_unref(text);
	tel_buf_unref(table);
	return rc;
}

static void printing_survives_every_failed_allocation(void **state)
{
	loaded l;

	(void)state;
	loaded_one(&l, AROUND("{headers: {a: b}, any: {x: [1, 2]}, maybe: }"));
	torture_alloc(print_scenario, l.config);
	loaded_fini(&l);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_filled_in),
		cmocka_unit_test(printed_configuration_loads_equal),
		cmocka_unit_test(secrets_are_masked_everywhere),
		cmocka_unit_test(text_without_expansion_keeps_its_dollars),
		cmocka_unit_test(durations_are_gos),
		cmocka_unit_test(components_tell_their_keys),
		cmocka_unit_test(components_print_as_text_and_json),
		cmocka_unit_test(printing_survives_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
