/* SPDX-License-Identifier: Apache-2.0 */
#include "seams/cm.h"

#include <stdio.h>

#include "base/dynbuf.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "config/loaded.h"
#include "torture/torture.h"

/* A configuration around one exporter "full", whose body is what the case gives. */
#define WITH(body) "receivers: {in: }\nexporters:\n  full: " body "\nservice:\n  pipelines:\n    metrics: {receivers: [in], " \
	"exporters: [full]}\n"

static void defaults_fill_what_the_file_leaves_out(void **state)
{
	const table_full *o;
	loaded l;

	(void)state;
	loaded_one(&l, WITH(""));

	o = loaded_full(&l, "full");
	assert_string_equal(l.text, "");
	assert_false(o->b);
	assert_int_equal(o->i, -3);
	assert_true(o->d == 1.5);
	assert_int_equal(o->duration_ns, 200000000);
	assert_slice(o->s, "text");
	assert_int_equal(o->e, 1);
	assert_int_equal(o->strings.count, 2);
	assert_slice(o->strings.items[1], "b");
	assert_slice(o->client.endpoint, "here:1");
	assert_int_equal(o->client.timeout_ns, 5000000000);
	assert_non_null(o->queue);
	assert_int_equal(o->queue->queue_size, 1000);
	assert_false(o->queue->sizer_seen);
	assert_null(o->queue->batch);
	assert_null(o->maybe);
	assert_true(o->section.insecure);
	assert_null(o->any);
	loaded_fini(&l);
}

static void every_key_type_takes_its_values(void **state)
{
	const table_full *o;
	loaded l;

	(void)state;
	loaded_one(&l, WITH("\n    b: true\n    i: 0x10\n    u32: 4294967295\n    u64: 18446744073709551615\n    d: 2\n"
	                    "    duration: 1h2m\n    s: \"5\"\n    secret: x\n    e: bytes\n    strings: a,b,c\n"
	                    "    map: {x: y, z: }\n    headers: [{name: n, value: v}]\n    endpoint: a:2\n"
	                    "    tls: {ca_file: f}\n    sending_queue: {sizer: items, queue_size: 9000, batch: }\n"
	                    "    maybe:\n    section: {insecure: false}\n    rules: [{name: r}, {weight: 2}, ]\n"
	                    "    any: {k: [1]}\n    old: {whatever: 1}"));

	o = loaded_full(&l, "full");
	assert_true(o->b);
	assert_int_equal(o->i, 16);
	assert_true(o->u32 == UINT32_MAX && o->u64 == UINT64_MAX && o->d == 2.0);
	assert_int_equal(o->duration_ns, 3720000000000);
	assert_slice(o->s, "5");
	assert_int_equal(o->e, 2);
	assert_int_equal(o->strings.count, 3);
	assert_int_equal(o->map.count, 2);
	assert_slice(o->map.items[0].value, "y");
	assert_slice(o->map.items[1].value, "");
	assert_slice(o->headers.items[0].key, "n");
	assert_slice(o->headers.items[0].value, "v");
	assert_slice(o->client.endpoint, "a:2");
	assert_int_equal(o->client.timeout_ns, 5000000000);
	assert_slice(o->client.tls.ca_file, "f");
	assert_true(o->queue->sizer_seen && o->queue->sizer == 1 && o->queue->batch->min_size == 8192);
	assert_slice(o->maybe->note, "theirs");
	assert_false(o->section.insecure);
	assert_int_equal(o->rules.count, 2);
	assert_slice(((const table_rule *)o->rules.items)[1].name, "nobody");
	assert_slice(tel__node_get(o->any, "k")->v.list.items[0]->text, "1");
	loaded_fini(&l);
}

static void section_that_is_switched_off_is_as_if_absent(void **state)
{
	loaded l;

	(void)state;
	loaded_one(&l, WITH("{sending_queue: {enabled: false, queue_size: -1}}"));

	assert_null(loaded_full(&l, "full")->queue);
	loaded_fini(&l);
}

#define P "exporters::full"
static void wrong_values_are_reported_as_the_collector_does(void **state)
{
	static const loaded_case cases[] = {
		CASE(WITH("{s: 5}"), "E a:3:13 " P "::s: 's' expected type 'string', got unconvertible type 'int'\n"),
		CASE(WITH("{secret: true}"),
		     "E a:3:18 " P "::secret: 'secret' expected type 'configopaque.String', got unconvertible type 'bool'\n"),
		CASE(WITH("{headers: {a: 5}}"), "E a:3:23 " P "::headers::a: '[a]' expected type 'configopaque.String', got "
		     "unconvertible type 'int'\n"),
		CASE(WITH("{tls: {insecure: 5}}"),
		     "E a:3:26 " P "::tls::insecure: 'tls.insecure' expected type 'bool', got unconvertible type 'int'\n"),
		CASE(WITH("{sending_queue: {queue_size: \"5\"}}"), "E a:3:38 " P "::sending_queue::queue_size: 'queue_size' "
		     "expected type 'int64', got unconvertible type 'string'\n"),
		CASE(WITH("{b: yes}"), "E a:3:13 " P "::b: 'b' expected type 'bool', got unconvertible type 'string'\n"),
		CASE(WITH("{sending_queue: 5}"),
		     "E a:3:25 " P "::sending_queue: 'sending_queue' expected a map or struct, got \"int\"\n"),
		CASE(WITH("{tls: x}"), "E a:3:15 " P "::tls: 'tls' expected a map or struct, got \"string\"\n"),
		CASE(WITH("5"), "E a:3:9 " P ": 'fullexporter.Config' expected a map or struct, got \"int\"\n"),
		CASE(WITH("{duration: x}"), "E a:3:20 " P "::duration: 'duration' time: invalid duration\n"),
		CASE(WITH("{u32: -1}"), "E a:3:15 " P "::u32: 'u32' cannot parse value as 'uint32': -1 overflows uint\n"),
		CASE(WITH("{u32: 4294967296}"),
		     "E a:3:15 " P "::u32: 'u32' cannot parse value as 'uint32': 4294967296 overflows uint32\n"),
		CASE(WITH("{strings: {a: b}}"),
		     "E a:3:19 " P "::strings: 'strings' source data must be an array or slice, got map\n"),
		CASE(WITH("{strings: [a, 5]}"),
		     "E a:3:23 " P "::strings::1: 'strings[1]' expected type 'string', got unconvertible type 'int'\n"),
		CASE(WITH("{sending_queue: {sizer: x}}"), "E a:3:33 " P "::sending_queue::sizer: 'sizer' invalid sizer: \"x\"\n"),
		CASE(WITH("{e: x}"), "E a:3:13 " P "::e: 'e' invalid value \"x\" (valid values: [requests items bytes])\n"),
		CASE(WITH("{foo: 1, bar: 2}"), "E a:3:10 " P ": 'fullexporter.Config' has invalid keys: bar, foo\n"),
		CASE(WITH("{tls: {x: 1}}"), "E a:3:16 " P "::tls: 'tls' has invalid keys: x\n"),
		CASE(WITH("{sending_queue: {x: 1}}"), "E a:3:26 " P "::sending_queue: 'sending_queue' has invalid keys: x\n"),
		CASE(WITH("{B: true}"), "E a:3:10 " P ": 'fullexporter.Config' has invalid keys: B\n"),
		CASE(WITH("{rules: [{weight: x}]}"), "E a:3:27 " P "::rules::0::weight: 'rules[0].weight' expected type 'float64', "
		     "got unconvertible type 'string'\n"),
	};

	(void)state;
	LOADED_RUN(cases);
}

static void quirks_of_the_collector_are_kept(void **state)
{
	const table_full *o;
	loaded l;

	(void)state;
	loaded_one(&l, WITH("{i: 5.5, duration: 5, s: , b: , tls: }"));

	o = loaded_full(&l, "full");
	assert_int_equal(o->i, 5);
	assert_int_equal(o->duration_ns, 5);
	assert_slice(o->s, "text");
	assert_slice(o->client.endpoint, "here:1");
	loaded_fini(&l);
}

static void checks_report_path_and_position(void **state)
{
	static const loaded_case cases[] = {
		CASE(WITH("{endpoint: a}"), "E a:3:10 " P "::clientconfig::endpoint: address a: missing port in address\n"),
		CASE(WITH("{i: 1, timeout: -1s}"), "E a:3:16 " P "::clientconfig: 'timeout' must be non-negative\n"),
		CASE(WITH("{tls: {insecure: true, ca_file: f}}"),
		     "E a:3:10 " P "::clientconfig::tls::config: insecure with ca_file\n"),
		CASE(WITH("{section: {ca_file: f}}"), "E a:3:10 " P "::section::config: insecure with ca_file\n"),
		CASE(WITH("{sending_queue: {queue_size: 1, batch: }}"),
		     "E a:3:41 " P "::sending_queue::batch: `min_size` must be less than or equal to `queue_size`\n"),
		CASE("receivers: {in: }\nexporters: {full: {section: {ca_file: x}, endpoint: 'x:1'}, full/2: {map: {}}, full/3: }\n"
		     "service: {pipelines: {metrics: {receivers: [in], exporters: [full]}}}\n",
		     "E a:2:20 " P "::section::config: insecure with ca_file\n"),
		CASE(WITH("{sending_queue: {queue_size: -1}}"),
		     "E a:3:26 " P "::sending_queue: `queue_size` must be positive\n"),
		CASE(WITH("{sending_queue: {batch: {min_size: 2000}}}"),
		     "E a:3:34 " P "::sending_queue::batch: `min_size` must be less than or equal to `queue_size`\n"),
		CASE(WITH("{rules: [{}, {weight: -1}]}"), "E a:3:23 " P "::rules::1: weight must not be negative\n"),
		CASE(WITH("{endpoint: a, timeout: -1s, sending_queue: {queue_size: 0}}"),
		     "E a:3:10 " P "::clientconfig::endpoint: address a: missing port in address\n"
		     "E a:3:23 " P "::clientconfig: 'timeout' must be non-negative\n"
		     "E a:3:53 " P "::sending_queue: `queue_size` must be positive\n"),
	};

	(void)state;
	LOADED_RUN(cases);
}

/* The line of each ${...} case: what key s (a string) and key any (whatever it is) become. */
typedef struct expand_case {
	const char *text;   /* written in single quotes */
	const char *string; /* NULL = error */
	tel__node_type type;
	const char *findings; /* for the key s alone, NULL = none */
	int line;
} expand_case;
#define EXP(t, s, y, f) { t, s, y, f, __LINE__ }

static const expand_case expansions[] = {
	EXP("${TEXT}", "hello", TEL__NODE_STRING, NULL),
	EXP("${env:TEXT}", "hello", TEL__NODE_STRING, NULL),
	EXP("a${TEXT}b", "ahellob", TEL__NODE_STRING, NULL),
	EXP("${EMPTY}", "", TEL__NODE_NULL, NULL),
	EXP("${UNSET}", "", TEL__NODE_NULL, "W a:3:13 " P "::s: Configuration references unset environment variable \"UNSET\"\n"),
	EXP("${env:UNSET:-d}", "d", TEL__NODE_STRING, NULL),
	EXP("${env:UNSET:-5}", "5", TEL__NODE_INT, NULL),
	EXP("${env:EMPTY:-d}", "", TEL__NODE_NULL, NULL),
	EXP("${OCTAL}", "0123", TEL__NODE_INT, NULL),
	EXP("${FLOAT}", "1.50", TEL__NODE_FLOAT, NULL),
	EXP("${TRUE}", "true", TEL__NODE_BOOL, NULL),
	EXP("${QUOTED}", "\"q\"", TEL__NODE_STRING, NULL),
	EXP("${LIST}", "[a, b]", TEL__NODE_LIST, NULL),
	EXP("${MAP}", "{a: 1, b: two}", TEL__NODE_MAP, NULL),
	EXP("${COLON}", "a: b: c", TEL__NODE_STRING, NULL),
	EXP("${INDIRECT}", "hello", TEL__NODE_STRING, NULL),
	EXP("${env:A${B}}", "deep", TEL__NODE_STRING, NULL),
	EXP("${LISTREF}", "- hello\n- 0123", TEL__NODE_LIST, NULL),
	EXP("${yaml:[1, 2]}", "[1, 2]", TEL__NODE_LIST, NULL),
	EXP("x${OCTAL}", "x0123", TEL__NODE_STRING, NULL),
	EXP("${OCTAL}${OCTAL}", "01230123", TEL__NODE_STRING, NULL),
	EXP("$TEXT", "$TEXT", TEL__NODE_STRING, NULL),
	EXP("$1", "$1", TEL__NODE_STRING, NULL),
	EXP("$", "$", TEL__NODE_STRING, NULL),
	EXP("$$", "$", TEL__NODE_STRING, NULL),
	EXP("$$$", "$$", TEL__NODE_STRING, NULL),
	EXP("$${TEXT}", "${TEXT}", TEL__NODE_STRING, NULL),
	EXP("$$${TEXT}", "$hello", TEL__NODE_STRING, NULL),
	EXP("$$$${TEXT}", "$${TEXT}", TEL__NODE_STRING, NULL),
	EXP("$$$$${TEXT}", "$$hello", TEL__NODE_STRING, NULL),
	EXP("$${TEXT} ${TEXT}", "${TEXT} hello", TEL__NODE_STRING, NULL),
	EXP("${TEXT", "${TEXT", TEL__NODE_STRING, NULL),
	EXP("}${", "}${", TEL__NODE_STRING, NULL),
	EXP("${DOLLAR}", "a$b", TEL__NODE_STRING, NULL),
	EXP("${1}", "${1}", TEL__NODE_STRING, "W a:3:13 " P "::s: a reference such as ${1} is kept as it stands; the Collector "
	    "refuses it, write $${1}\n"),
	EXP("$${1}", "${1}", TEL__NODE_STRING, NULL),
	EXP("${}", NULL, 0, "E a:3:13 " P "::s: environment variable \"\" has invalid name: must match regex "
	    "^[a-zA-Z_][a-zA-Z0-9_]*$\n"),
	EXP("${a-b}", NULL, 0, "E a:3:13 " P "::s: environment variable \"a-b\" has invalid name: must match regex "
	    "^[a-zA-Z_][a-zA-Z0-9_]*$\n"),
	EXP("${foo:bar}", NULL, 0, "E a:3:13 " P "::s: scheme \"foo\" is not supported for uri \"foo:bar\"\n"),
	EXP("${X:-d}", NULL, 0, "E a:3:13 " P "::s: scheme \"X\" is not supported for uri \"X:-d\"\n"),
	EXP("${file:gone}", NULL, 0, "E a:3:13 " P "::s: unable to read the file file:gone\n"),
	EXP("${LOOP}", NULL, 0, "E a:3:13 " P "::s: too many recursive expansions\n"),
	EXP("${GROW}", NULL, 0, "E a:3:13 " P "::s: too many recursive expansions\n"),
};

static void references_expand_by_the_rules(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof(expansions) / sizeof(expansions[0]); k++) {
		const expand_case *c = &expansions[k];
		const char *wanted = c->findings ? c->findings : "";
		char text[1024];
		loaded l;

		snprintf(text, sizeof(text), WITH("{s: '%s'}"), c->text);
		loaded_one(&l, text);
		if (strcmp(l.text, wanted) != 0) {
			print_error("row at line %d:\n%sinstead of\n%s", c->line, l.text, wanted);
			fail();
		}
		if (c->string)
			assert_slice(loaded_full(&l, "full")->s, c->string);
		loaded_fini(&l);
		snprintf(text, sizeof(text), WITH("{any: '%s'}"), c->text);
		loaded_one(&l, text);
		if (c->string && (loaded_full(&l, "full")->any ? loaded_full(&l, "full")->any->type : TEL__NODE_NULL) != c->type) {
			print_error("row at line %d: not of type %d\n", c->line, (int)c->type);
			fail();
		}
		loaded_fini(&l);
	}
}

static void expansion_bombs_are_refused(void **state)
{
	loaded l;

	(void)state;
	loaded_one(&l, WITH("{any: '${NEST}'}"));
	assert_err(l.rc, TEL_ERR_CONFIG);
	loaded_fini(&l);
	loaded_one(&l, WITH("{any: '${BOMB}'}"));
	assert_err(l.rc, TEL_ERR_CONFIG);
	loaded_fini(&l);
}

/* Merging looks each key up in the map that it goes to: full maps, a file of them, would take minutes. */
static void masses_of_keys_are_refused(void **state)
{
	enum { MAPS = 4, KEYS = 16000 };
	tel__dynbuf text;
	loaded l;

	(void)state;
	tel__dynbuf_init(&text, tel__alloc_or_default(NULL), 1 << 20);
	for (int map = 0; map < MAPS; map++) {
		tel__dynbuf_fmt(&text, "m%d:\n", map);
		for (int key = 0; key < KEYS; key++)
			tel__dynbuf_fmt(&text, " k%d:\n", key);
	}
	tel__dynbuf_byte(&text, '\0');
	assert_err(tel__dynbuf_error(&text), TEL_OK);
	loaded_one(&l, text.ptr);
	assert_err(l.rc, TEL_ERR_CONFIG);
	assert_string_equal(l.text, "E a:36994:2 : the configuration has too many keys in its maps\n");
	loaded_fini(&l);
	tel__dynbuf_fini(&text);
}

static void expanded_map_elements_have_no_text_of_their_own(void **state)
{
	static const loaded_case cases[] = {
		CASE(WITH("{map: '${MAP}'}"),
		     "E a:3:15 " P "::map::a: 'map[a]' expected type 'string', got unconvertible type 'int'\n"),
		CASE(WITH("{map: {a: '${OCTAL}'}}"), ""),
		CASE(WITH("{strings: '${LIST}', i: '${OCTAL}', b: '${TRUE}', d: '${FLOAT}'}"), ""),
	};

	(void)state;
	LOADED_RUN(cases);
}

static void strict_environment_makes_unset_variables_errors(void **state)
{
	static const char *const texts[] = { WITH("{s: '${UNSET}'}") };
	tel_config_opts opts = TEL_CONFIG_OPTS_INIT;
	loaded l;

	(void)state;
	opts.strict_env = true;
	loaded_init(&l, texts, 1, &table_components, &opts);

	assert_err(l.rc, TEL_ERR_CONFIG);
	assert_string_equal(l.text,
	                    "E a:3:13 " P "::s: Configuration references unset environment variable \"UNSET\"\n");
	loaded_fini(&l);
}

static void later_sources_win_and_maps_merge(void **state)
{
	static const char *const texts[] = {
		WITH("{i: 1, strings: [x, y, z], tls: {ca_file: f, insecure: false}, sending_queue: {queue_size: 5}}"),
		"exporters: {full: {i: 2, strings: [q], tls: {ca_file: g}, sending_queue: }}\n",
		"exporters::full::s: \"::\"\n'exporters::full::map': {a: c}\n",
		"",
	};
	const table_full *o;
	loaded l;

	(void)state;
	loaded_init(&l, texts, 4, &table_components, NULL);

	assert_string_equal(l.text, "");
	o = loaded_full(&l, "full");
	assert_int_equal(o->i, 2);
	assert_int_equal(o->strings.count, 1);
	assert_slice(o->client.tls.ca_file, "g");
	assert_int_equal(o->queue->queue_size, 1000);
	assert_slice(o->s, "::");
	loaded_fini(&l);
}

static void findings_name_the_source_of_the_value(void **state)
{
	static const char *const texts[] = { WITH("{i: 1}"), "exporters:\n  full:\n    i: x\n", "exporters::full::b: 7\n" };
	loaded l;

	(void)state;
	loaded_init(&l, texts, 3, &table_components, NULL);

	assert_string_equal(l.text, "E b:3:8 " P "::i: 'i' expected type 'int64', got unconvertible type 'string'\n"
	                            "E c:1:21 " P "::b: 'b' expected type 'bool', got unconvertible type 'int'\n");
	loaded_fini(&l);
}

static void broken_sources_are_all_reported(void **state)
{
	static const char *const texts[] = { "a: [", "- x\n", "just text", "a: 1\na: 2\n" };
	loaded l;

	(void)state;
	loaded_init(&l, texts, 4, NULL, NULL);

	assert_err(l.rc, TEL_ERR_CONFIG);
	assert_string_equal(l.text,
	                    "E a:2:1 : retrieved value (type=string) cannot be used as a Conf: assuming string type since "
	                    "contents are not valid YAML: yaml: line 2: did not find expected node content\n"
	                    "E b:1:1 : retrieved value (type=[]interface {}) cannot be used as a Conf\n"
	                    "E c:1:1 : retrieved value (type=string) cannot be used as a Conf\n"
	                    "E d:2:1 : retrieved value (type=string) cannot be used as a Conf: assuming string type since "
	                    "contents are not valid YAML: yaml: line 2: mapping key \"a\" already defined at line 1, column 1\n");
	loaded_fini(&l);
}

static void settings_become_sources(void **state)
{
	tel_error err = TEL_ERROR_INIT;
	tel_buf *text = NULL;

	(void)state;
	assert_ok(tel_config_set_source(TEL_SLICE_LIT("processors.batch.timeout=2s"), NULL, &text, &err));
	assert_slice(tel_buf_get(text), "'processors::batch::timeout': 2s\n");
	tel_buf_unref(text);
	assert_ok(tel_config_set_source(TEL_SLICE_LIT("a=b=c"), NULL, &text, &err));
	assert_slice(tel_buf_get(text), "'a': b=c\n");
	tel_buf_unref(text);
	assert_err(tel_config_set_source(TEL_SLICE_LIT("ab"), NULL, &text, &err), TEL_ERR_ARG);
	assert_err(tel_config_set_source(TEL_SLICE_LIT(" =b"), NULL, &text, &err), TEL_ERR_ARG);
}

static void load_wants_at_least_one_source(void **state)
{
	tel_config *config = NULL;

	(void)state;
	assert_err(tel_config_load(NULL, 0, NULL, NULL, NULL, &config, NULL), TEL_ERR_ARG);
}

static void findings_are_optional(void **state)
{
	tel_config_source source = { TEL_SLICE_LIT("a"), TEL_SLICE_LIT(WITH("{s: 5}")) };
	tel_config *config = NULL;

	(void)state;
	assert_err(tel_config_load(&source, 1, &table_components, NULL, NULL, &config, NULL), TEL_ERR_CONFIG);
	assert_null(config);
	source.text = TEL_SLICE_LIT(WITH(""));
	assert_ok(tel_config_load(&source, 1, &table_components, NULL, NULL, &config, NULL));
	tel_config_free(tel_config_ref(config));
	assert_int_equal(config->pipeline_count, 1);
	tel_config_free(config);
	tel_config_free(NULL);
	tel_findings_free(NULL);
}

static void more_findings_than_fit_are_said_to_be_missing(void **state)
{
	static char text[65536];
	tel_findings *findings = NULL;
	tel_config_source source = { TEL_SLICE_LIT("a"), { text, 0 } };
	tel_config *config = NULL;
	tel_finding last;

	(void)state;
	for (unsigned i = 0; i < 1500; i++)
		source.text.len += (size_t)snprintf(text + source.text.len, sizeof(text) - source.text.len, "key%u: 1\n", i);
	assert_ok(tel_findings_new(NULL, &findings));
	assert_err(tel_config_load(&source, 1, NULL, NULL, NULL, &config, findings), TEL_ERR_CONFIG);

	assert_int_equal(tel_findings_count(findings), 1000);
	assert_ok(tel_findings_get(findings, 999, &last));
	assert_slice(last.message, "more findings are not shown");
	assert_err(tel_findings_get(findings, 1000, &last), TEL_ERR_NOT_FOUND);
	tel_findings_free(findings);
}

static void messages_are_one_clean_line(void **state)
{
	loaded l;

	(void)state;
	loaded_one(&l, "\"a\\nb\\x1b[31m\": 1\n");

	assert_true(strstr(l.text, "E a:1:1 : 'otelcol.configSettings' has invalid keys: a\\x0ab\\x1b[31m\n") == l.text);
	loaded_fini(&l);
}

static tel_err set_scenario(const tel_alloc *alloc, void *user)
{
	tel_buf *text = NULL;
	tel_err rc = tel_config_set_source(*(const tel_slice *)user, alloc, &text, NULL);

	assert_true((rc == TEL_OK) == (text != NULL));
	tel_buf_unref(text);
	return rc;
}

static void settings_survive_every_failed_allocation(void **state)
{
	tel_slice setting = TEL_SLICE_LIT("a.b.c=some value");

	(void)state;
	torture_alloc(set_scenario, &setting);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_fill_what_the_file_leaves_out),
		cmocka_unit_test(every_key_type_takes_its_values),
		cmocka_unit_test(section_that_is_switched_off_is_as_if_absent),
		cmocka_unit_test(wrong_values_are_reported_as_the_collector_does),
		cmocka_unit_test(quirks_of_the_collector_are_kept),
		cmocka_unit_test(checks_report_path_and_position),
		cmocka_unit_test(references_expand_by_the_rules),
		cmocka_unit_test(expansion_bombs_are_refused),
		cmocka_unit_test(masses_of_keys_are_refused),
		cmocka_unit_test(expanded_map_elements_have_no_text_of_their_own),
		cmocka_unit_test(strict_environment_makes_unset_variables_errors),
		cmocka_unit_test(later_sources_win_and_maps_merge),
		cmocka_unit_test(findings_name_the_source_of_the_value),
		cmocka_unit_test(broken_sources_are_all_reported),
		cmocka_unit_test(settings_become_sources),
		cmocka_unit_test(load_wants_at_least_one_source),
		cmocka_unit_test(findings_are_optional),
		cmocka_unit_test(more_findings_than_fit_are_said_to_be_missing),
		cmocka_unit_test(messages_are_one_clean_line),
		cmocka_unit_test(settings_survive_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
