/* SPDX-License-Identifier: Apache-2.0 */
#include "seams/cm.h"

#include <math.h>
#include <stdio.h>

#include "base/dynbuf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "torture/torture.h"
#include "wire/yaml.h"

static tel__arena *arena;

static int setup(void **state)
{
	(void)state;
	assert_ok(tel__arena_new(NULL, 0, NULL, &arena));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tel__arena_unref(arena);
	return 0;
}

static tel__node *parse(const char *text)
{
	tel_error err = TEL_ERROR_INIT;
	tel__node *root = NULL;
	tel_err rc = tel__yaml_parse(arena, NULL, tel__slice_str(text), 3, &root, &err);

	if (rc != TEL_OK)
		print_error("%s: %s\n", text, err.msg);
	assert_int_equal(rc, TEL_OK);
	return root;
}

/* One plain scalar and the value that go-yaml v3 gives it. */
typedef struct scalar_case {
	const char *text;
	tel__node_type type;
	int64_t i;
	double d;
	int line;
} scalar_case;
#define INT(t, v) { t, TEL__NODE_INT, v, 0, __LINE__ }
#define DBL(t, v) { t, TEL__NODE_FLOAT, 0, v, __LINE__ }
#define STR(t) { t, TEL__NODE_STRING, 0, 0, __LINE__ }
#define NUL(t) { t, TEL__NODE_NULL, 0, 0, __LINE__ }
#define BOO(t, v) { t, TEL__NODE_BOOL, v, 0, __LINE__ }

static const scalar_case scalars[] = {
	INT("0", 0), INT("42", 42), INT("-7", -7), INT("+7", 7), INT("0123", 83), INT("0o17", 15), INT("0x1F", 31),
	INT("-0x10", -16), INT("0b101", 5), INT("1_000", 1000), INT("9223372036854775807", INT64_MAX),
	INT("-9223372036854775808", INT64_MIN), DBL("08", 8), DBL("1.5", 1.5), DBL("1.50", 1.5), DBL(".5", 0.5),
	DBL("5.", 5), DBL("1e3", 1000), DBL("-1.5E-1", -0.15), DBL("007.25", 7.25), DBL("+1.25", 1.25),
	DBL(".inf", (double)INFINITY), DBL("-.INF", -(double)INFINITY), DBL("+.inf", (double)INFINITY),
	DBL("18446744073709551616", 18446744073709551616.0), DBL("-9223372036854775809", -9223372036854775808.0),
	STR("1.2.3"), STR("1:30"), STR("0x"), STR("0xg"), STR("1e"), STR("-"), STR("+"), STR("."), STR("--1"), STR("5s"),
	STR("yes"), STR("on"), STR("y"), STR("tRue"), STR("nil"), STR("1e999"), STR("infinity"), STR("nan"), STR("0.0.0.0"),
	NUL("~"), NUL("null"), NUL("Null"), NUL("NULL"), NUL(""), BOO("true", 1), BOO("True", 1), BOO("FALSE", 0),
	BOO("false", 0), STR("_1"), STR("1e5_0x"), STR("-_"), STR("$1"),
};

static void plain_scalars_resolve_as_in_go_yaml(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof(scalars) / sizeof(scalars[0]); k++) {
		const scalar_case *c = &scalars[k];
		tel__node node = { .type = TEL__NODE_MAP };

		tel__yaml_resolve(tel__slice_str(c->text), &node);
		if (node.type != c->type || (c->type == TEL__NODE_INT && node.v.i != c->i) ||
		    (c->type == TEL__NODE_FLOAT && memcmp(&node.v.d, &c->d, sizeof(c->d)) != 0) ||
		    (c->type == TEL__NODE_BOOL && node.v.b != c->i)) {
			print_error("row at line %d: %s is of type %d\n", c->line, c->text, (int)node.type);
			fail();
		}
	}
}

static void unsigned_above_int64_keep_their_value(void **state)
{
	tel__node node = { .type = TEL__NODE_NULL };

	(void)state;
	tel__yaml_resolve(TEL_SLICE_LIT("18446744073709551615"), &node);

	assert_int_equal(node.type, TEL__NODE_UINT);
	assert_true(node.v.u == UINT64_MAX);
}

static void tree_keeps_order_text_and_positions(void **state)
{
	const tel__node *root, *b, *item;

	(void)state;
	root = parse("a: 0123\nb:\n  - x\n  - \"0123\"\nc: {d: e}\n");
	if (root->type != TEL__NODE_MAP)
		fail();
	assert_int_equal(root->v.map.count, 3);
	assert_slice(root->v.map.entries[0].key, "a");
	assert_slice(tel__node_get(root, "a")->text, "0123");
	assert_int_equal(tel__node_get(root, "a")->v.i, 83);
	b = tel__node_get(root, "b");
	assert_int_equal(root->v.map.entries[1].line, 2);
	assert_int_equal(root->v.map.entries[1].column, 1);
	assert_int_equal(b->v.list.count, 2);
	item = b->v.list.items[1];
	assert_int_equal(item->type, TEL__NODE_STRING);
	assert_true(item->quoted);
	assert_int_equal(item->line, 4);
	assert_int_equal(item->column, 5);
	assert_int_equal(item->source, 3);
}

static void empty_document_is_null(void **state)
{
	(void)state;
	assert_int_equal(parse("")->type, TEL__NODE_NULL);
	assert_int_equal(parse("# nothing\n")->type, TEL__NODE_NULL);
	assert_int_equal(parse("---\n")->type, TEL__NODE_NULL);
}

static void byte_order_mark_is_skipped(void **state)
{
	const tel__node *root;

	(void)state;
	root = parse("\xef\xbb\xbf" "a: 1\n");
	assert_int_equal(root->v.map.entries[0].column, 1);
	assert_slice(root->v.map.entries[0].key, "a");
	assert_int_equal(parse("\xef\xbb\xbf")->type, TEL__NODE_NULL);
}

static void merge_keys_fill_in_what_is_absent(void **state)
{
	(void)state;
	assert_true(tel__node_equal(parse("base: &b {x: 1, y: 2}\nc: {<<: *b, y: 3}\n"),
	                            parse("base: {x: 1, y: 2}\nc: {x: 1, y: 3}\n")));
	assert_true(tel__node_equal(parse("a: &a {x: 1}\nb: &b {x: 2, z: 4}\nc: {x: 9, <<: [*a, *b]}\n"),
	                            parse("a: {x: 1}\nb: {x: 2, z: 4}\nc: {x: 9, z: 4}\n")));
	assert_true(tel__node_equal(parse("a: &a {x: 1}\nb: &b {x: 2, z: 4}\nc: {<<: [*a, *b], x: 7}\n"),
	                            parse("a: {x: 1}\nb: {x: 2, z: 4}\nc: {x: 7, z: 4}\n")));
	assert_true(tel__node_equal(parse("{\"<<\": 1}"), parse("{'<<': 1}")));
}

static void core_tags_force_types(void **state)
{
	(void)state;
	assert_int_equal(parse("!!str 12")->type, TEL__NODE_STRING);
	assert_int_equal(parse("! 12")->type, TEL__NODE_STRING);
	assert_int_equal(parse("!!int \"12\"")->type, TEL__NODE_INT);
	assert_int_equal(parse("!!float 12")->type, TEL__NODE_FLOAT);
	assert_int_equal(parse("!!null ~")->type, TEL__NODE_NULL);
	assert_int_equal(parse("!!map {}")->type, TEL__NODE_MAP);
}

typedef struct bad_case {
	const char *text;
	tel_err code;
	uint32_t line, column;
	const char *msg;
	int row;
} bad_case;
#define BAD(t, c, l, col, m) { t, c, l, col, m, __LINE__ }

static const bad_case bad[] = {
	BAD("a: 1\nb: 2\n a: 3\n", TEL_ERR_MALFORMED, 3, 3, "yaml: line 3: mapping values are not allowed in this context"),
	BAD("a: 1\nb: 2\na: 3\n", TEL_ERR_EXISTS, 3, 1,
	    "yaml: line 3: mapping key \"a\" already defined at line 1, column 1"),
	BAD("a: *x\n", TEL_ERR_MALFORMED, 1, 4, "yaml: line 1: unknown anchor 'x' referenced"),
	BAD("a: &x [*x]\n", TEL_ERR_MALFORMED, 1, 8, "yaml: line 1: anchor 'x' value contains itself"),
	BAD("a: &x {<<: *x}\n", TEL_ERR_MALFORMED, 1, 12, "yaml: line 1: anchor 'x' value contains itself"),
	BAD("a: {<<: 3}\n", TEL_ERR_MALFORMED, 1, 9, "yaml: line 1: map merge requires map or sequence of maps as the value"),
	BAD("a: !!binary aGk=\n", TEL_ERR_UNSUPPORTED, 1, 4,
	    "yaml: line 1: tag tag:yaml.org,2002:binary is not supported"),
	BAD("a: !go {}\n", TEL_ERR_UNSUPPORTED, 1, 4, "yaml: line 1: tag !go is not supported"),
	BAD("a: !!int x\n", TEL_ERR_MALFORMED, 1, 4, "yaml: line 1: value is not a !!int"),
	BAD("a: !!seq {}\n", TEL_ERR_MALFORMED, 1, 4, "yaml: line 1: value is not a !!seq"),
	BAD("a: 1\n---\nb: 2\n", TEL_ERR_MALFORMED, 2, 1, "yaml: line 2: more than one document"),
	BAD("? [a]\n: b\n", TEL_ERR_MALFORMED, 1, 3, "yaml: line 1: map keys must be scalars"),
	BAD("a: [", TEL_ERR_MALFORMED, 2, 1, "yaml: line 2: did not find expected node content"),
	BAD("a: \"\xff\"", TEL_ERR_MALFORMED, 1, 1, "yaml: offset 4: invalid leading UTF-8 octet"),
	BAD("\ta: b", TEL_ERR_MALFORMED, 1, 1, "yaml: line 1: found character that cannot start any token"),
};

static void damage_is_refused_with_its_position(void **state)
{
	(void)state;
	for (size_t k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
		const bad_case *c = &bad[k];
		tel_error err = TEL_ERROR_INIT;
		tel__node *root = NULL;
		tel_err rc = tel__yaml_parse(arena, NULL, tel__slice_str(c->text), 0, &root, &err);

		if (rc != c->code || err.line != c->line || err.column != c->column || strcmp(err.msg, c->msg) != 0 || root) {
			print_error("row at line %d: %s at %u:%u: %s\n", c->row, tel_err_name(rc), err.line, err.column, err.msg);
			fail();
		}
	}
}

static tel_err parse_repeated(const char *head, const char *piece, size_t count, const char *tail, tel_error *err)
{
	tel__node *root = NULL;
	tel__dynbuf text;
	tel_err rc;

	tel__dynbuf_init(&text, &tel__alloc_libc, (size_t)32 << 20);
	tel__dynbuf_puts(&text, head);
	for (size_t i = 0; i < count; i++)
		tel__dynbuf_puts(&text, piece);
	tel__dynbuf_puts(&text, tail);
	assert_ok(tel__dynbuf_error(&text));
	rc = tel__yaml_parse(arena, NULL, tel__dynbuf_get(&text), 0, &root, err);
	tel__dynbuf_fini(&text);
	return rc;
}

static void nesting_is_limited(void **state)
{
	tel_error err = TEL_ERROR_INIT;

	(void)state;
	assert_ok(parse_repeated("", "[", 64, "", &err) == TEL_ERR_MALFORMED ? TEL_OK : TEL_ERR_STATE);
	assert_err(parse_repeated("", "[", 10 << 20, "", &err), TEL_ERR_LIMIT);
	assert_string_equal(err.msg, "yaml: line 1: nesting is deeper than 64");
	assert_int_equal(err.column, 65);
	assert_err(parse_repeated("", "- ", 100000, "x", &err), TEL_ERR_LIMIT);
	assert_err(parse_repeated("", "{a: ", 65, "", &err), TEL_ERR_LIMIT);
}

static void aliases_are_limited(void **state)
{
	tel_error err = TEL_ERROR_INIT;

	(void)state;
	assert_ok(parse_repeated("- &a 1\n", "- *a\n", 100, "", &err));
	assert_err(parse_repeated("- &a 1\n", "- *a\n", 101, "", &err), TEL_ERR_LIMIT);
	assert_string_equal(err.msg, "yaml: line 102: more than 100 aliases");
}

static void billion_laughs_stay_small(void **state)
{
	static const char laughs[] = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
		"c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\n"
		"f: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\nh: &h [*g,*g,*g,*g,*g,*g,*g,*g,*g]\n"
		"i: &i [*h,*h,*h,*h,*h,*h,*h,*h,*h]\n";
	tel_error err = TEL_ERROR_INIT;
	tel__node *root = NULL;

	(void)state;
	assert_err(tel__yaml_parse(arena, NULL, TEL_SLICE_LIT(laughs), 0, &root, &err), TEL_ERR_LIMIT);
	assert_string_equal(err.msg, "yaml: more than 1048576 nodes");
	assert_true(tel__arena_bytes(arena) < 1 << 20);
}

static void size_and_keys_are_limited(void **state)
{
	tel_error err = TEL_ERROR_INIT;
	tel__dynbuf text;
	tel__node *root = NULL;

	(void)state;
	assert_err(parse_repeated("# ", "x", TEL_LIMIT_CONFIG_BYTES, "", &err), TEL_ERR_LIMIT);
	tel__dynbuf_init(&text, &tel__alloc_libc, (size_t)4 << 20);
	for (unsigned i = 0; i <= TEL_LIMIT_YAML_KEYS; i++)
		tel__dynbuf_fmt(&text, "k%u: 1\n", i);
	assert_err(tel__yaml_parse(arena, NULL, tel__dynbuf_get(&text), 0, &root, &err), TEL_ERR_LIMIT);
	assert_int_equal(err.line, TEL_LIMIT_YAML_KEYS + 1);
	tel__dynbuf_fini(&text);
}

static void duplicates_are_found_in_large_maps(void **state)
{
	tel_error err = TEL_ERROR_INIT;
	tel__node *root = NULL;
	tel__dynbuf text;

	(void)state;
	tel__dynbuf_init(&text, &tel__alloc_libc, 1 << 20);
	for (unsigned i = 0; i < 100; i++)
		tel__dynbuf_fmt(&text, "k%u: 1\n", i);
	tel__dynbuf_puts(&text, "k57: 2\n");

	assert_err(tel__yaml_parse(arena, NULL, tel__dynbuf_get(&text), 0, &root, &err), TEL_ERR_EXISTS);
	assert_string_equal(err.msg, "yaml: line 101: mapping key \"k57\" already defined at line 58, column 1");
	tel__dynbuf_fini(&text);
}

static tel_err parse_scenario(const tel_alloc *alloc, void *user)
{
	tel_slice text = *(const tel_slice *)user;
	tel__arena *own = NULL;
	tel__node *root = NULL;
	tel_err rc = tel__arena_new(alloc, 0, NULL, &own);

	if (rc == TEL_OK)
		rc = tel__yaml_parse(own, alloc, text, 0, &root, NULL);
	if (rc == TEL_OK)
		assert_int_equal(root->v.map.count, 40);
	else
		assert_null(root);
	tel__arena_unref(own);
	return rc;
}

static void every_allocation_may_fail(void **state)
{
	tel__dynbuf text;
	tel_slice s;

	(void)state;
	tel__dynbuf_init(&text, &tel__alloc_libc, 1 << 20);
	tel__dynbuf_puts(&text, "a: &a {x: [1, 2, {y: z}]}\n");
	for (unsigned i = 1; i < 40; i++)
		tel__dynbuf_fmt(&text, "k%u: &n%u {<<: *a, v: \"%0100u\"}\n", i, i, i);
	s = tel__dynbuf_get(&text);
	torture_alloc(parse_scenario, &s);
	tel__dynbuf_fini(&text);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(plain_scalars_resolve_as_in_go_yaml, setup, teardown),
		cmocka_unit_test_setup_teardown(unsigned_above_int64_keep_their_value, setup, teardown),
		cmocka_unit_test_setup_teardown(tree_keeps_order_text_and_positions, setup, teardown),
		cmocka_unit_test_setup_teardown(empty_document_is_null, setup, teardown),
		cmocka_unit_test_setup_teardown(byte_order_mark_is_skipped, setup, teardown),
		cmocka_unit_test_setup_teardown(merge_keys_fill_in_what_is_absent, setup, teardown),
		cmocka_unit_test_setup_teardown(core_tags_force_types, setup, teardown),
		cmocka_unit_test_setup_teardown(damage_is_refused_with_its_position, setup, teardown),
		cmocka_unit_test_setup_teardown(nesting_is_limited, setup, teardown),
		cmocka_unit_test_setup_teardown(aliases_are_limited, setup, teardown),
		cmocka_unit_test_setup_teardown(billion_laughs_stay_small, setup, teardown),
		cmocka_unit_test_setup_teardown(size_and_keys_are_limited, setup, teardown),
		cmocka_unit_test_setup_teardown(duplicates_are_found_in_large_maps, setup, teardown),
		cmocka_unit_test_setup_teardown(every_allocation_may_fail, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
