/* SPDX-License-Identifier: Apache-2.0 */
/* The grammar of OTTL: what a text becomes, printed again, and what is said of texts that are none. */
#include "process/ottl/parser.h"

#include "seams/cm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "torture/torture.h"

/* What text becomes: printed, or the message. */
static const char *parsed(tel__ottl_text kind, tel_slice text)
{
	static char shown[1024];
	tel__arena *arena = NULL;
	tel__ottl_tree tree;
	tel_error err = TEL_ERROR_INIT;
	tel__dynbuf out;

	assert_int_equal(tel__arena_new(NULL, TEL_LIMIT_OTTL_MEMORY_BYTES, NULL, &arena), TEL_OK);
	tel__dynbuf_init(&out, NULL, 1 << 20);
	if (tel__ottl_parse(arena, text, kind, &tree, &err) == TEL_OK)
		tel__ottl_print(&out, &tree);
	else
		tel__dynbuf_puts(&out, err.msg);
	snprintf(shown, sizeof shown, "%.*s", (int)out.len, out.ptr ? out.ptr : "");
	tel__dynbuf_fini(&out);
	tel__arena_unref(arena);
	return shown;
}

typedef struct row {
	const char *text, *result;
} row;

static void check_rows(tel__ottl_text kind, const row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *shown = parsed(kind, tel__slice_str(rows[i].text));

		/* Messages are compared up to what was expected there, which is free text. */
		if (strncmp(shown, rows[i].result, strlen(rows[i].result)) != 0 ||
		    (!strstr(shown, "invalid syntax") && strcmp(shown, rows[i].result) != 0))
			fail_msg("%s\n  became   %s\n  and not  %s", rows[i].text, shown, rows[i].result);
	}
}

#define CHECK(kind, rows) check_rows(kind, rows, sizeof(rows) / sizeof(rows)[0])
#define BAD "statement has invalid syntax: "
#define BAD_C "condition has invalid syntax: "
#define BAD_V "value has invalid syntax: "

static void literals_are_read_by_the_first_rule_that_matches(void **state)
{
	static const row rows[] = {
		{ "1", "1" }, { "007", "7" }, { "9223372036854775807", "9223372036854775807" }, { "1.", "1.0" }, { ".5", "0.5" },
		{ "1.5e3", "1500.0" }, { "1.e3", "1000.0" }, { "1.0e22", "1.0e+22" }, { "007.50", "7.5" }, { "000.5", "0.5" },
		{ "0.0", "0.0" }, { "5.0E-3", "0.005" }, { "0x1F", "0x1f" }, { "0xABcd", "0xabcd" }, { "nil", "nil" }, { "true", "true" },
		{ "\"a\\tb\\\"\"", "\"a\\tb\\\"\"" }, { "\"\\xff\\377\\u00e9\\U0001F600\"", "\"\xc3\xbf\xc3\xbf\xc3\xa9\xf0\x9f\x98\x80\"" },
		{ "\"a\nb\"", "\"a\\nb\"" }, { "\"\"", "\"\"" }, { "METRIC_DATA_TYPE_SUM", "METRIC_DATA_TYPE_SUM" },
		{ "-1", "-1" }, { "+1.5", "+1.5" }, { "[1 2, 3]", "[1, 2, 3]" }, { "[,1]", "[1]" }, { "[]", "[]" },
		{ "{\"a\":1 \"b\":[{}],}", "{\"a\": 1, \"b\": [{}]}" }, { "{}", "{}" },
		{ "nil_x", "nil_x" }, { "order", "order" }, { "notes", "notes" },
		{ "1e3", BAD_V "1:2: unexpected token \"e3\"" },
		{ "9223372036854775808", BAD_V "1:1: unexpected token \"9223372036854775808\"" },
		{ "-9223372036854775808", BAD_V "1:2: unexpected token \"9223372036854775808\"" },
		{ "1.0e999", BAD_V "1:1: unexpected token \"1.0e999\" (expected a number that a double can hold" },
		{ "0xabc", BAD_V "1:1: unexpected token \"0xabc\" (expected an even number of hex digits" },
		{ "0X1f", BAD_V "1:2: unexpected token \"X1\"" },
		{ "\"\\q\"", BAD_V "1:1: invalid quoted string \"\\\"\\\\q\\\"\": invalid syntax" },
		{ "\"\\400\"", BAD_V "1:1: invalid quoted string" }, { "\"\\ud800\"", BAD_V "1:1: invalid quoted string" },
		{ "\"\\U00110000\"", BAD_V "1:1: invalid quoted string" }, { "\"\\'\"", BAD_V "1:1: invalid quoted string" },
		{ "\"\\0\"", BAD_V "1:1: invalid quoted string" }, { "\"\\x1\"", BAD_V "1:1: invalid quoted string" },
		{ "\"a\\\nb\"", BAD_V "1:1: lexer: invalid input text \"\\\"a\\\\\\nb\\\"\"" },
		{ "\"abc", BAD_V "1:1: lexer: invalid input text \"\\\"abc\"" },
		{ "1 # a long comment here", BAD_V "1:3: lexer: invalid input text \"# a long comment...\"" },
		{ "a\n  ;", BAD_V "2:3: lexer: invalid input text \";\"" },
		{ "\xc3\xa9 == 1", BAD_V "1:1: lexer: invalid input text \"\xc3\xa9 == 1\"" },
		{ "[1,]", BAD_V "1:3: unexpected token \",\"" }, { "[1, 2 3]", BAD_V "1:7: unexpected token \"3\"" },
		{ "{\"a\" 1}", BAD_V "1:2: unexpected token \"a\"" }, { "{1: 2}", BAD_V "1:2: unexpected token \"1\"" },
		{ "", BAD_V "1:1: unexpected token \"<EOF>\"" }, { "\xff", BAD_V "1:1: not UTF-8" },
	};

	(void)state;
	CHECK(TEL__OTTL_VALUE, rows);
}

static void math_binds_as_it_is_written(void **state)
{
	static const row rows[] = {
		{ "1+2*3-4/5", "1 + 2 * 3 - 4 / 5" }, { "(1+2)*3", "(1 + 2) * 3" }, { "((1))", "(1)" }, { "1 - -1", "1 - -1" },
		{ "-(a.b+1)", "-(a.b + 1)" }, { "-(-1)", "-(-1)" }, { "(((-1)))", "(-1)" }, { "+(Len(x) * 2)", "+(Len(x) * 2)" },
		{ "a.b-1", "a.b - 1" }, { "[1 -1]", "[1 - 1]" },
		{ "--1", BAD_V "1:2: unexpected token \"-\"" }, { "- -1", BAD_V "1:3: unexpected token \"-\"" },
		{ "-\"a\"", BAD_V "1:2: unexpected token \"a\"" }, { "\"a\" + \"b\"", BAD_V "1:5: unexpected token \"+\"" },
		{ "1 + nil", BAD_V "1:5: unexpected token \"nil\"" }, { "0x01 + 1", BAD_V "1:6: unexpected token \"+\"" },
		{ "FOO + 1", BAD_V "1:5: unexpected token \"+\"" }, { "(1", BAD_V "1:3: unexpected token \"<EOF>\"" },
	};

	(void)state;
	CHECK(TEL__OTTL_VALUE, rows);
}

static void paths_have_a_context_when_another_field_follows(void **state)
{
	static const row rows[] = {
		{ "name", "name" }, { "metric . name", "metric.name" }, { "resource.attributes[\"a\"][0][x.y]", "resource.attributes[\"a\"][0][x.y]" },
		{ "attributes[\"a\"].b", "attributes[\"a\"].b" }, { "metric.na-me", "metric.na - me" }, { "a[1.5]", "a[1.5]" },
		{ "a[(1)]", "a[(1)]" }, { "a[-1]", "a[-1]" }, { "[a [1, 2]]", "[a, [1, 2]]" }, { "Is Match(x, y)[\"k\"]", "IsMatch(x, y)[\"k\"]" },
		{ "x[nil]", BAD_V "1:3: unexpected token \"nil\"" }, { "x[true]", BAD_V "1:3: unexpected token \"true\"" },
		{ "x[0x01]", BAD_V "1:3: unexpected token \"0x01\"" }, { "x[1+1]", BAD_V "1:4: unexpected token \"+\"" },
		{ "a.", BAD_V "1:3: unexpected token \"<EOF>\"" }, { "a.not", BAD_V "1:3: unexpected token \"not\"" },
	};

	(void)state;
	CHECK(TEL__OTTL_VALUE, rows);
}

static void not_binds_to_one_value_and_and_before_or(void **state)
{
	static const row rows[] = {
		{ "not a == b and c == d", "not a == b and c == d" }, { "a==1 or b==2 and c!=3", "a == 1 or b == 2 and c != 3" },
		{ "(a==1 or b==2) and c>=3", "(a == 1 or b == 2) and c >= 3" }, { "not (not true)", "not (not true)" },
		{ "((true))", "(true)" }, { "IsMatch(a, \"b\")", "IsMatch(a, \"b\")" }, { "(1+2)*3 == 9", "(1 + 2) * 3 == 9" },
		{ "((a.b)) < 1", "(a.b) < 1" }, { "not IsString(x) == false", "not IsString(x) == false" }, { "(((a)) > 1)", "((a) > 1)" },
		{ "F(x, n=1, G)[\"a\"] <= [1] or false", "F(x, n = 1, G)[\"a\"] <= [1] or false" },
		{ "nil == nil", "nil == nil" },
		{ "not not true", BAD_C "1:5: unexpected token \"not\"" },
		{ "metric.is_monotonic", BAD_C "1:20: unexpected token \"<EOF>\"" },
		{ "FLAG_NONE", BAD_C "1:10: unexpected token \"<EOF>\"" }, { "1", BAD_C "1:2: unexpected token \"<EOF>\"" },
		{ "a = b", BAD_C "1:3: unexpected token \"=\"" }, { "a && b", BAD_C "1:3: lexer: invalid input text \"&& b\"" },
		{ "name == ", BAD_C "1:9: unexpected token \"<EOF>\"" }, { "set(name, \"a\")", BAD_C "1:15: unexpected token \"<EOF>\"" },
		{ "metric.name = \"b\"", BAD_C "1:13: unexpected token \"=\"" },
		{ "where metric.name == \"a\"", BAD_C "1:7: unexpected token \"metric\"" },
		{ "true and", BAD_C "1:9: unexpected token \"<EOF>\"" }, { "true AND true", BAD_C "1:6: unexpected token \"AND\"" },
		{ "isMatch(x)", BAD_C "1:11: unexpected token \"<EOF>\"" }, { "", BAD_C "1:1: unexpected token \"<EOF>\"" },
		{ "isMatch(x) == true", "converter names must start with an uppercase letter but got 'isMatch'" },
		{ "a(x) == b(y)", "converter names must start with an uppercase letter but got 'a'; converter names must start with an "
		                  "uppercase letter but got 'b'" },
	};

	(void)state;
	CHECK(TEL__OTTL_CONDITION, rows);
}

/* The texts of conformance/processors/transform-invalid that syntax decides. */
static void statements_are_an_editor_and_where(void **state)
{
	static const row rows[] = {
		{ "set(metric.name, \"x\") where metric.type==1", "set(metric.name, \"x\") where metric.type == 1" },
		{ "convert_sum_to_gauge()", "convert_sum_to_gauge()" }, { " drop ( ) ", "drop()" },
		{ "set(target=a.b, value = Concat([\"a\"], \"\"))", "set(target = a.b, value = Concat([\"a\"], \"\"))" },
		{ "replace_pattern(metric.name, \"a\", \"b\", SHA256)", "replace_pattern(metric.name, \"a\", \"b\", SHA256)" },
		{ "f(Concat)", "f(Concat)" },
		{ "set(a, -1.) where not (a.b == nil or true)", "set(a, -1.0) where not (a.b == nil or true)" },
		{ "set(metric.name, \"x\") where datapoint.attributes[\"t\"]", BAD "1:54: unexpected token \"<EOF>\"" },
		{ "set(metric.name, \"x\") where not datapoint.attributes[\"t\"]", BAD "1:58: unexpected token \"<EOF>\"" },
		{ "set(datapoint.attributes[], \"x\")", BAD "1:25: unexpected token \"[\"" },
		{ "", BAD "1:1: unexpected token \"<EOF>\"" },
		{ "set(datapoint.attributes[\"x\"], 0xabc)", BAD "1:30: unexpected token \",\"" },
		{ "set(metric.name, \"x\") if true", BAD "1:23: unexpected token \"if\"" },
		{ "set(datapoint.attributes[\"x\"], 9223372036854775808)", BAD "1:30: unexpected token \",\"" },
		{ "set(datapoint.attributes[\"a\", \"x\")", BAD "1:25: unexpected token \"[\"" },
		{ "set(datapoint.attributes[\"x\"], [1, 2)", BAD "1:30: unexpected token \",\"" },
		{ "set(datapoint.attributes[\"x\"], [1, 2,])", BAD "1:30: unexpected token \",\"" },
		{ "set(datapoint.attributes[\"x\"], {1: \"a\"})", BAD "1:30: unexpected token \",\"" },
		{ "set(datapoint.attributes[\"x\"], {\"a\" 1})", BAD "1:30: unexpected token \",\"" },
		{ "set(datapoint.attributes[\"x\"], 1 +)", BAD "1:34: unexpected token \"+\"" },
		{ "set(datapoint.attributes[\"x\"], true + 1)", BAD "1:37: unexpected token \"+\"" },
		{ "set(datapoint.attributes[\"x\"], \"a\" + \"b\")", BAD "1:36: unexpected token \"+\"" },
		{ "set(metric.name \"x\")", BAD "1:17: unexpected token \"x\"" },
		{ "set metric.name, \"x\")", BAD "1:11: unexpected token \".\"" },
		{ "set(datapoint.attributes[\"x\"], 1) where \xc3\xa9 == 1", BAD "1:41: lexer: invalid input text \"\xc3\xa9 == 1\"" },
		{ "set(metric.name, \"x\") where not", BAD "1:32: unexpected token \"<EOF>\"" },
		{ "set(metric.name,, \"b\")", BAD "1:16: unexpected token \",\"" },
		{ "set(metric.name, \"x\");", BAD "1:22: lexer: invalid input text \";\"" },
		{ "set(metric.name, 'x')", BAD "1:18: lexer: invalid input text \"'x')\"" },
		{ "set(metric.name, \"\\q\")", BAD "1:18: invalid quoted string \"\\\"\\\\q\\\"\": invalid syntax" },
		{ "set(metric.name, \"x\") set(metric.unit, \"y\")", BAD "1:23: unexpected token \"set\"" },
		{ "set(metric.name, \"x)", BAD "1:18: lexer: invalid input text \"\\\"x)\"" },
		{ "set(metric.name, \"x\") where 1 < 2 < 3", BAD "1:35: unexpected token \"<\"" },
		{ "set(metric.name, \"x\") where true && false", BAD "1:34: lexer: invalid input text \"&& false\"" },
		{ "set(metric.name, \"x\") where set(metric.unit, \"1\")", BAD "1:50: unexpected token \"<EOF>\"" },
		{ "set(metric.name, \"x\") where !true", BAD "1:29: lexer: invalid input text \"!true\"" },
		{ "set(metric.name, \"x\") where 1", BAD "1:30: unexpected token \"<EOF>\"" },
		{ "set(metric.name, \"x\") where metric.unit = \"1\"", BAD "1:41: unexpected token \"=\"" },
		{ "set(metric.name, \"x\") where true where true", BAD "1:34: unexpected token \"where\"" },
		{ "set(metric.name, \"x\") where (true or false", BAD "1:43: unexpected token \"<EOF>\"" },
		{ "set(metric.name, \"x\") where", BAD "1:28: unexpected token \"<EOF>\"" },
		{ "Concat([\"a\"], \"\")", "editor names must start with a lowercase letter but got 'Concat'" },
		{ "Set(metric.name, concat(1))", "editor names must start with a lowercase letter but got 'Set'; converter names must "
		                                "start with an uppercase letter but got 'concat'" },
		{ "set(a)[\"a\"]", "only paths and converters may be indexed, not editors, but got set[a]" },
	};

	(void)state;
	CHECK(TEL__OTTL_STATEMENT, rows);
}

/* count times open, then inside, then count times close. */
static char *wrapped(const char *open, const char *inside, const char *close, size_t count)
{
	size_t size = (strlen(open) + strlen(close)) * count + strlen(inside) + 1;
	char *text = malloc(size), *at = text;

	assert_non_null(text);
	for (size_t i = 0; i < count; i++)
		at = stpcpy(at, open);
	at = stpcpy(at, inside);
	for (size_t i = 0; i < count; i++)
		at = stpcpy(at, close);
	return text;
}

static tel_err parse_wrapped(tel__ottl_text kind, const char *open, const char *inside, const char *close, size_t count)
{
	char *text = wrapped(open, inside, close, count);
	tel__arena *arena = NULL;
	tel__ottl_tree tree;
	tel_error err = TEL_ERROR_INIT;
	tel_err rc;

	assert_int_equal(tel__arena_new(NULL, 8 << 20, NULL, &arena), TEL_OK);
	rc = tel__ottl_parse(arena, tel__slice_str(text), kind, &tree, &err);
	tel__arena_unref(arena);
	free(text);
	return rc;
}

static void nesting_ends_at_64_brackets_of_any_kind(void **state)
{
	static const struct { tel__ottl_text kind; const char *open, *inside, *close; } rows[] = {
		{ TEL__OTTL_VALUE, "(", "1", ")" }, { TEL__OTTL_VALUE, "[", "1", "]" }, { TEL__OTTL_VALUE, "F(", "1", ")" },
		{ TEL__OTTL_VALUE, "{\"a\":", "1", "}" }, { TEL__OTTL_VALUE, "a[", "b", "]" }, { TEL__OTTL_CONDITION, "(", "true", ")" },
		{ TEL__OTTL_CONDITION, "not (", "a == 1", ")" }, { TEL__OTTL_CONDITION, "(", "1 == 1", ")" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(parse_wrapped(rows[i].kind, rows[i].open, rows[i].inside, rows[i].close, 64), TEL_OK);
		assert_int_equal(parse_wrapped(rows[i].kind, rows[i].open, rows[i].inside, rows[i].close, 65), TEL_ERR_LIMIT);
		assert_int_equal(parse_wrapped(rows[i].kind, rows[i].open, rows[i].inside, rows[i].close, 20000), TEL_ERR_LIMIT);
	}
	assert_string_equal(parsed(TEL__OTTL_VALUE, TEL_SLICE_LIT("((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((("
	                                                          "1")), BAD_V "1:66: nested deeper than 64 levels");
}

/* Each step back would double the work of the level below if calls were not remembered. */
static void steps_back_cost_no_more_than_their_text(void **state)
{
	(void)state;
	assert_int_equal(parse_wrapped(TEL__OTTL_VALUE, "[a [F(", "1", "), 2]]", 21), TEL_OK);
	assert_int_equal(parse_wrapped(TEL__OTTL_VALUE, "[a (a(", "1", "", 21), TEL_ERR_MALFORMED);
	assert_int_equal(parse_wrapped(TEL__OTTL_CONDITION, "(F(a) == 1 and (", "true", "))", 32), TEL_OK);
}

static void lists_of_any_length_are_no_nesting(void **state)
{
	(void)state;
	assert_int_equal(parse_wrapped(TEL__OTTL_VALUE, "1 + ", "1", "", 10000), TEL_OK);
	assert_int_equal(parse_wrapped(TEL__OTTL_CONDITION, "true or ", "true", "", 10000), TEL_OK);
	assert_int_equal(parse_wrapped(TEL__OTTL_VALUE, "a.", "a", "", 10000), TEL_OK);
}

static void texts_end_at_their_limits(void **state)
{
	(void)state;
	assert_int_equal(parse_wrapped(TEL__OTTL_VALUE, " ", "1", "", TEL_LIMIT_OTTL_BYTES - 1), TEL_OK);
	assert_int_equal(parse_wrapped(TEL__OTTL_VALUE, " ", "1", "", TEL_LIMIT_OTTL_BYTES), TEL_ERR_LIMIT);
	/* The arena's cap. */
	assert_int_equal(parse_wrapped(TEL__OTTL_VALUE, "1 + ", "1", "", 60000), TEL_ERR_LIMIT);
}

static void every_node_knows_its_place(void **state)
{
	tel_slice text = TEL_SLICE_LIT("set(metric.name, -(1 + 2)) where not IsMatch(x, \"a\")");
	tel__arena *arena = NULL;
	tel__ottl_tree tree;
	const tel__ottl_node *path, *sum;

	(void)state;
	assert_int_equal(tel__arena_new(NULL, 0, NULL, &arena), TEL_OK);
	assert_int_equal(tel__ottl_parse(arena, text, TEL__OTTL_STATEMENT, &tree, NULL), TEL_OK);
	path = tree.root->u.call.args;
	sum = path->next;
	assert_true(tree.root->at == 0 && tree.root->end == 26);
	assert_true(path->at == 4 && path->end == 15 && path->u.path.fields->at == 11);
	assert_true(sum->at == 17 && sum->end == 25 && sum->kind == TEL__OTTL_SUM && sum->sign == TEL__OTTL_SUB && sum->grouped);
	assert_true(tree.where->at == 33 && tree.where->end == text.len && tree.where->negated);
	tel__arena_unref(arena);
}

static tel_err parse_scenario(const tel_alloc *alloc, void *user)
{
	tel_slice text = TEL_SLICE_LIT("set(resource.attributes[\"a\\n\"], {\"b\": [1, 2.5, 0x01, Con cat([SHA256], x = -(1 + 2 * 3))]}) "
	                               "where not (a.b == nil or [x [1, F(1)]] != nil) and IsMatch(x, \"y\")");
	tel__arena *arena = NULL;
	tel__ottl_tree tree = { .text = text };
	tel_err rc = tel__arena_new(alloc, 0, NULL, &arena);

	(void)user;
	if (rc != TEL_OK)
		return rc;
	rc = tel__ottl_parse(arena, text, TEL__OTTL_STATEMENT, &tree, NULL);
	assert_true(rc == TEL_OK ? tree.where != NULL : tree.root == NULL);
	tel__arena_unref(arena);
	return rc;
}

static void parsing_survives_each_lost_allocation(void **state)
{
	(void)state;
	torture_alloc(parse_scenario, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(literals_are_read_by_the_first_rule_that_matches),
		cmocka_unit_test(math_binds_as_it_is_written),
		cmocka_unit_test(paths_have_a_context_when_another_field_follows),
		cmocka_unit_test(not_binds_to_one_value_and_and_before_or),
		cmocka_unit_test(statements_are_an_editor_and_where),
		cmocka_unit_test(nesting_ends_at_64_brackets_of_any_kind),
		cmocka_unit_test(steps_back_cost_no_more_than_their_text),
		cmocka_unit_test(lists_of_any_length_are_no_nesting),
		cmocka_unit_test(texts_end_at_their_limits),
		cmocka_unit_test(every_node_knows_its_place),
		cmocka_unit_test(parsing_survives_each_lost_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
