/* SPDX-License-Identifier: Apache-2.0 */
#include "seams/cm.h"

#include "base/mem.h"
#include "base/slice_i.h"
#include "control/doc.h"

static tel__doc doc;

static int setup(void **state)
{
	(void)state;
	doc.failed = false;
	assert_ok(tel__arena_new(NULL, 0, NULL, &doc.arena));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	tel__arena_unref(doc.arena);
	return 0;
}

static void expect_written(const tel__node *root, const char *text)
{
	tel__dynbuf out;

	assert_false(doc.failed);
	tel__dynbuf_init(&out, tel__alloc_or_default(NULL), 1 << 20);
	tel__doc_write(root, &out);
	assert_slice(tel__dynbuf_get(&out), text);
	tel__dynbuf_fini(&out);
}

/* A text behind a key, an element of a list, an element of a list in one line, and a key. */
static void quotes_stand_only_where_a_text_would_read_back_as_something_else(void **state)
{
	static const struct {
		const char *text, *block, *flow;
	} cases[] = {
		{ "plain", "plain", "plain" },
		{ "", "\"\"", "\"\"" },
		{ "true", "\"true\"", "\"true\"" }, { "yes", "\"yes\"", "\"yes\"" }, { "off", "\"off\"", "\"off\"" },
		{ "null", "\"null\"", "\"null\"" }, { "~", "\"~\"", "\"~\"" }, { "12", "\"12\"", "\"12\"" },
		{ "1.50", "\"1.50\"", "\"1.50\"" }, { "0x1f", "\"0x1f\"", "\"0x1f\"" }, { "1:30", "\"1:30\"", "\"1:30\"" },
		{ "<<", "<<", "<<" }, { "2026-11-22", "\"2026-11-22\"", "\"2026-11-22\"" },
		{ "v1", "v1", "v1" }, { "1.2.3", "1.2.3", "1.2.3" }, { "10s", "10s", "10s" },
		{ "a: b", "'a: b'", "'a: b'" }, { "a:b", "a:b", "'a:b'" }, { "a, b", "a, b", "'a, b'" },
		{ "a #b", "'a #b'", "'a #b'" }, { "a#b", "a#b", "a#b" }, { "#a", "'#a'", "'#a'" },
		{ "- a", "'- a'", "'- a'" }, { "-a", "-a", "-a" }, { "---", "'---'", "'---'" }, { "? a", "'? a'", "'? a'" },
		{ "?a", "?a", "'?a'" }, { "[a]", "'[a]'", "'[a]'" }, { "a[0]", "a[0]", "'a[0]'" }, { "{a}", "'{a}'", "'{a}'" },
		{ "${A}", "${A}", "'${A}'" }, { "*a", "'*a'", "'*a'" }, { "&a", "'&a'", "'&a'" }, { "!a", "'!a'", "'!a'" },
		{ "|a", "'|a'", "'|a'" }, { ">a", "'>a'", "'>a'" }, { "%a", "'%a'", "'%a'" }, { "@a", "'@a'", "'@a'" },
		{ "`a", "'`a'", "'`a'" }, { "'a'", "'''a'''", "'''a'''" }, { "\"a\"", "'\"a\"'", "'\"a\"'" },
		{ "it's", "it's", "it's" }, { " a", "' a'", "' a'" }, { "a ", "'a '", "'a '" }, { "a  b", "a  b", "a  b" },
		{ "a\tb", "\"a\\tb\"", "\"a\\tb\"" }, { "a\rb", "\"a\\rb\"", "\"a\\rb\"" }, { "\x01", "\"\\x01\"", "\"\\x01\"" },
		{ "\xc3\xa4", "\xc3\xa4", "\xc3\xa4" }, { "\xc2\x85", "\"\\N\"", "\"\\N\"" },
		{ "\xe2\x80\xa8", "'\xe2\x80\xa8'", "'\xe2\x80\xa8'" }, { "\xef\xbb\xbfz", "\"\\uFEFF\\x7A\"", "\"\\uFEFF\\x7A\"" },
		{ "route() where attributes[\"a\"] == \"b\"", "route() where attributes[\"a\"] == \"b\"",
		  "'route() where attributes[\"a\"] == \"b\"'" },
		{ "(^k8s.*)|(^x)", "(^k8s.*)|(^x)", "(^k8s.*)|(^x)" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tel__node *root = tel__doc_new_map(&doc), *list = tel__doc_list(&doc, root, "list"), *flow;
		tel_slice wanted;

		tel__doc_append_text(&doc, list, cases[i].text);
		flow = tel__doc_list(&doc, root, "source_labels");
		tel__doc_append_text(&doc, flow, cases[i].text);
		tel__doc_text(&doc, root, "key", cases[i].text);
		wanted = tel__doc_fmt(&doc, "list:\n    - %s\nsource_labels: [%s]\nkey: %s\n", cases[i].block, cases[i].flow,
		                      cases[i].block);
		expect_written(root, wanted.ptr);
	}
}

static void texts_of_several_lines_are_blocks(void **state)
{
	static const struct {
		const char *text, *written;
	} cases[] = {
		{ "a\nb\n", "key: |\n    a\n    b\n" },
		{ "a\nb", "key: |-\n    a\n    b\n" },
		{ "a\n\n", "key: |+\n    a\n\n" },
		{ " a\nb\n", "key: |4\n     a\n    b\n" },
		{ "a\n\nb\n", "key: |\n    a\n\n    b\n" },
		{ "a \nb", "key: \"a \\nb\"\n" }, /* a blank before the break would get lost */
		{ "a\nb ", "key: \"a\\nb \"\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tel__node *root = tel__doc_new_map(&doc);

		tel__doc_text(&doc, root, "key", cases[i].text);
		expect_written(root, cases[i].written);
	}
}

/* Go tells an indent of four there, which is not what it writes: its own reader takes such a text for another. */
static void the_indent_that_a_block_tells_is_its_own(void **state)
{
	tel__node *root = tel__doc_new_map(&doc), *item;

	(void)state;
	tel__doc_append_text(&doc, tel__doc_list(&doc, root, "list"), " a\nb");
	item = tel__doc_append_map(&doc, tel__doc_list(&doc, root, "maps"));
	tel__doc_text(&doc, item, "key", "\na\n");
	expect_written(root, "list:\n    - |2-\n       a\n      b\nmaps:\n    - key: |2\n\n        a\n");
}

static void lines_start_at_multiples_of_four_and_two_beyond_a_dash(void **state)
{
	tel__node *root = tel__doc_new_map(&doc), *a = tel__doc_map(&doc, root, "a"), *list = tel__doc_list(&doc, a, "list");
	tel__node *item = tel__doc_append_map(&doc, list), *inner;

	(void)state;
	tel__doc_text(&doc, item, "x", "1s");
	inner = tel__doc_append_map(&doc, tel__doc_list(&doc, item, "rules"));
	tel__doc_bool(&doc, inner, "on", true);
	tel__doc_int(&doc, tel__doc_map(&doc, inner, "deep"), "num", -3);
	tel__doc_map(&doc, item, "empty");
	tel__doc_list(&doc, item, "none");
	tel__doc_double(&doc, root, "ratio", 0.8);
	tel__doc_duration(&doc, root, "every", 90000000000);
	expect_written(root, "a:\n"
	                     "    list:\n"
	                     "        - x: 1s\n"
	                     "          rules:\n"
	                     "            - \"on\": true\n"
	                     "              deep:\n"
	                     "                num: -3\n"
	                     "          empty: {}\n"
	                     "          none: []\n"
	                     "ratio: 0.8\n"
	                     "every: 1m30s\n");
	expect_written(tel__doc_new_map(&doc), "{}\n");
}

static void keys_are_sorted_as_people_count(void **state)
{
	static const char *const sorted[] = { "a", "a-b", "a/b", "a1", "a2", "a10", "a10b", "aB", "ab", "b", "otlp_grpc/a-1",
		                                  "otlp_grpc/a-2", "otlp_grpc/a-02", "otlp_grpc/a-10", "otlp_grpc/aa" };
	enum { COUNT = sizeof(sorted) / sizeof(sorted[0]) };

	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		for (size_t j = 0; j < COUNT; j++) {
			int got = tel__doc_compare_keys(tel__slice_str(sorted[i]), tel__slice_str(sorted[j]));

			if ((got > 0) != (i > j) || (got < 0) != (i < j))
				fail_msg("%s and %s: %d", sorted[i], sorted[j], got);
		}
}

static void a_refused_allocation_sticks(void **state)
{
	tel__doc small = { NULL, false };
	tel__node *root;

	(void)state;
	assert_ok(tel__arena_new(NULL, 4096, NULL, &small.arena));
	root = tel__doc_new_map(&small);
	for (int i = 0; i < 1000; i++)
		tel__doc_text(&small, tel__doc_map(&small, root, "k"), "k", "v");
	assert_true(small.failed);
	assert_int_equal(tel__doc_fmt(&small, "%05000d", 1).len, 0);
	tel__arena_unref(small.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(quotes_stand_only_where_a_text_would_read_back_as_something_else, setup, teardown),
		cmocka_unit_test_setup_teardown(texts_of_several_lines_are_blocks, setup, teardown),
		cmocka_unit_test_setup_teardown(the_indent_that_a_block_tells_is_its_own, setup, teardown),
		cmocka_unit_test_setup_teardown(lines_start_at_multiples_of_four_and_two_beyond_a_dash, setup, teardown),
		cmocka_unit_test(keys_are_sorted_as_people_count),
		cmocka_unit_test(a_refused_allocation_sticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
