/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/slice_i.h"
#include "seams/cm.h"
#include "seams/conformance.h"
#include "wire/json.h"
#include "wire/json_number.h"

/* All tokens of a text as one letter each. */
static const char *tokens_of(tel_slice text, tel__json *j)
{
	static const char letters[] = "!.{}[]ksntf0";
	static char seen[4096];
	tel__json_token t;
	size_t n = 0;

	tel__json_init(j, text);
	do {
		t = tel__json_next(j);
		if (n < sizeof seen - 1)
			seen[n++] = letters[t];
	} while (t > TEL__JSON_END);
	seen[n] = '\0';
	assert_int_equal(tel__json_next(j), t);
	return seen;
}

static void texts_are_cut_into_tokens(void **state)
{
	static const struct {
		const char *text, *tokens;
	} rows[] = {
		{ "{}", "{}." },
		{ " [ ] ", "[]." },
		{ "7", "n." },
		{ "\"\"", "s." },
		{ "null", "0." },
		{ "{\"a\":[1,-2.5e3,true,false,null,\"x\"],\"b\":{\"c\":{}}}", "{k[nntf0s]k{k{}}}." },
		{ "[[],[[{}]],{\"\":[]}]", "[[][[{}]]{k[]}]." },
		{ "", "!" },
		{ "  ", "!" },
		{ "{", "{!" },
		{ "[1,]", "[n!" },
		{ "{\"a\":1,}", "{kn!" },
		{ "{\"a\" 1}", "{!" },
		{ "[1}", "[n!" },
		{ "{} x", "{}!" },
		{ "\xef\xbb\xbf{}", "!" },
		{ "\"\x1f\"", "!" },
		{ "\"\\x\"", "!" },
		{ "\"\\u12g4\"", "!" },
		{ "\"\xc3(\"", "!" },
		{ "\"\xed\xa0\x80\"", "!" },
		{ "01", "!" },
		{ "-", "!" },
		{ "1.e1", "!" },
		{ "tru", "!" },
		{ "NaN", "!" },
	};
	tel__json j;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		if (strcmp(tokens_of(tel__slice_str(rows[i].text), &j), rows[i].tokens) != 0)
			fail_msg("row %zu: %s has tokens %s", i, rows[i].text, tokens_of(tel__slice_str(rows[i].text), &j));
}

/* Every position of every special byte in words of eight. */
static void strings_end_at_their_quote_wherever_it_stands(void **state)
{
	char text[64];
	tel__json j;

	(void)state;
	for (size_t len = 0; len < 40; len++) {
		memset(text, 'a', sizeof text);
		text[0] = '"';
		text[len + 1] = '"';
		tel__json_init(&j, (tel_slice){ text, len + 2 });
		assert_int_equal(tel__json_next(&j), TEL__JSON_STRING);
		assert_int_equal(j.text.len, len);
		assert_false(j.escaped);
		assert_int_equal(tel__json_next(&j), TEL__JSON_END);
		for (size_t at = 0; at < len; at++) {
			static const char bad[] = { 0, 0x1f, '\n', (char)0x80, (char)0xff };
			for (size_t b = 0; b < sizeof bad; b++) {
				text[at + 1] = bad[b];
				tel__json_init(&j, (tel_slice){ text, len + 2 });
				assert_int_equal(tel__json_next(&j), TEL__JSON_BAD);
				assert_ptr_equal(j.start, text + at + 1);
			}
			text[at + 1] = 'a';
		}
	}
}

static void escapes_read_as_what_they_mean(void **state)
{
	static const struct {
		const char *escaped, *plain;
	} rows[] = {
		{ "plain", "plain" },
		{ "\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t" },
		{ "a\\u0041b", "aAb" },
		{ "\\u00e9\\u20AC", "\xc3\xa9\xe2\x82\xac" },
		{ "\\ud83d\\ude00", "\xf0\x9f\x98\x80" },
		{ "\\ud800", "\xef\xbf\xbd" },
		{ "\\udc00x", "\xef\xbf\xbdx" },
		{ "\\ud800\\u0041", "\xef\xbf\xbd" "A" },
		{ "\\ud800\\ud83d\\ude00", "\xef\xbf\xbd\xf0\x9f\x98\x80" },
		{ "\\ud800\\n", "\xef\xbf\xbd\n" },
		{ "\\ude00\\ud83d", "\xef\xbf\xbd\xef\xbf\xbd" },
	};
	char out[64];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		size_t n = tel__json_unescape(tel__slice_str(rows[i].escaped), out);
		assert_int_equal(n, strlen(rows[i].plain));
		assert_memory_equal(out, rows[i].plain, n);
	}
	assert_int_equal(tel__json_unescape(TEL_SLICE_LIT("\\u0000"), out), 1);
	assert_int_equal(out[0], 0);
}

static void errors_tell_line_column_and_offset(void **state)
{
	tel_error err = TEL_ERROR_INIT;
	tel__json j;

	(void)state;
	assert_string_equal(tokens_of(TEL_SLICE_LIT("{\n \"a\": 1,\n  \"b\": x}"), &j), "{knk!");
	assert_int_equal(tel__json_fail(&j, &err), TEL_ERR_MALFORMED);
	assert_int_equal(err.line, 3);
	assert_int_equal(err.column, 8);
	assert_int_equal(err.offset, 18);
	assert_string_equal(err.msg, "JSON: no value at line 3, column 8");
}

static void nesting_ends_at_its_limit(void **state)
{
	char text[2 * TEL_LIMIT_JSON_DEPTH + 2];
	tel_error err = TEL_ERROR_INIT;
	tel__json j;

	(void)state;
	memset(text, '[', TEL_LIMIT_JSON_DEPTH);
	memset(text + TEL_LIMIT_JSON_DEPTH, ']', TEL_LIMIT_JSON_DEPTH);
	tel__json_init(&j, (tel_slice){ text, 2 * TEL_LIMIT_JSON_DEPTH });
	assert_true(tel__json_skip(&j, tel__json_next(&j)));
	assert_int_equal(tel__json_next(&j), TEL__JSON_END);
	memset(text, '[', TEL_LIMIT_JSON_DEPTH + 1);
	tel__json_init(&j, (tel_slice){ text, TEL_LIMIT_JSON_DEPTH + 1 });
	assert_false(tel__json_skip(&j, tel__json_next(&j)));
	assert_int_equal(tel__json_fail(&j, &err), TEL_ERR_LIMIT);
	assert_int_equal(err.offset, TEL_LIMIT_JSON_DEPTH);
}

static void skipping_stands_behind_the_value(void **state)
{
	tel__json j;

	(void)state;
	tel__json_init(&j, TEL_SLICE_LIT("[{\"a\":[1,{\"b\":[]}]},\"s\",7]"));
	assert_int_equal(tel__json_next(&j), TEL__JSON_ARRAY);
	assert_true(tel__json_skip(&j, tel__json_next(&j)));
	assert_true(tel__json_skip(&j, tel__json_next(&j)));
	assert_int_equal(tel__json_next(&j), TEL__JSON_NUMBER);
	assert_true(tel__slice_is(j.text, "7"));
	assert_int_equal(tel__json_next(&j), TEL__JSON_ARRAY_END);
	assert_int_equal(tel__json_next(&j), TEL__JSON_END);
}

static void integers_are_exact_in_every_spelling(void **state)
{
	static const struct {
		const char *text;
		tel_err code;
		int64_t value;
	} rows[] = {
		{ "0", TEL_OK, 0 },
		{ "-0", TEL_OK, 0 },
		{ "-0.0e9", TEL_OK, 0 },
		{ "0e999999999999", TEL_OK, 0 },
		{ "1e3", TEL_OK, 1000 },
		{ "1E+3", TEL_OK, 1000 },
		{ "1.0", TEL_OK, 1 },
		{ "10.50e1", TEL_OK, 105 },
		{ "1200e-2", TEL_OK, 12 },
		{ "0.007e3", TEL_OK, 7 },
		{ "007", TEL_OK, 7 },
		{ "+5", TEL_OK, 5 },
		{ "9223372036854775807", TEL_OK, INT64_MAX },
		{ "-9223372036854775808", TEL_OK, INT64_MIN },
		{ "-922337203685477580.8e1", TEL_OK, INT64_MIN },
		{ "9223372036854775808", TEL_ERR_RANGE, 0 },
		{ "-9223372036854775809", TEL_ERR_RANGE, 0 },
		{ "99999999999999999999", TEL_ERR_RANGE, 0 },
		{ "1e300", TEL_ERR_RANGE, 0 },
		{ "1e99999999999999999999", TEL_ERR_RANGE, 0 },
		{ "1.5", TEL_ERR_MALFORMED, 0 },
		{ "1e-1", TEL_ERR_MALFORMED, 0 },
		{ "1e-99999999999999999999", TEL_ERR_MALFORMED, 0 },
		{ "", TEL_ERR_MALFORMED, 0 },
		{ "-", TEL_ERR_MALFORMED, 0 },
		{ ".5", TEL_ERR_MALFORMED, 0 },
		{ "5.", TEL_ERR_MALFORMED, 0 },
		{ "5e", TEL_ERR_MALFORMED, 0 },
		{ "5e+", TEL_ERR_MALFORMED, 0 },
		{ "0x5", TEL_ERR_MALFORMED, 0 },
		{ " 5", TEL_ERR_MALFORMED, 0 },
		{ "5 ", TEL_ERR_MALFORMED, 0 },
		{ "--5", TEL_ERR_MALFORMED, 0 },
	};
	uint64_t u = 7;
	int64_t v;

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		v = 0;
		if (tel__json_i64(tel__slice_str(rows[i].text), &v) != rows[i].code || v != rows[i].value)
			fail_msg("\"%s\" is not read as it should", rows[i].text);
	}
	assert_int_equal(tel__json_u64(TEL_SLICE_LIT("18446744073709551615"), &u), TEL_OK);
	assert_true(u == UINT64_MAX);
	assert_int_equal(tel__json_u64(TEL_SLICE_LIT("18446744073709551616"), &u), TEL_ERR_RANGE);
	assert_int_equal(tel__json_u64(TEL_SLICE_LIT("1.8446744073709551615e19"), &u), TEL_OK);
	assert_int_equal(tel__json_u64(TEL_SLICE_LIT("-1"), &u), TEL_ERR_RANGE);
	assert_int_equal(tel__json_u64(TEL_SLICE_LIT("-0"), &u), TEL_OK);
	assert_true(u == 0);
}

static bool accepts(tel_slice text)
{
	tel__json j;
	const char *seen = tokens_of(text, &j);

	return strchr(seen, '!') == NULL && j.code == TEL_OK;
}

/* y_ must be accepted, n_ refused, i_ is free; every file of the folder is one of them. */
static void the_minefield_is_crossed(void **state)
{
	unsigned yes = 0, no = 0, free_ = 0, taken = 0;
	conformance set;

	(void)state;
	if (!conformance_open(&set, "json"))
		skip();
	for (size_t i = 0; i < set.count; i++) {
		const char *name = set.names[i];
		conformance_file text = conformance_read(&set, name);
		bool accepted = accepts((tel_slice){ text.ptr, text.len });

		free(text.ptr);
		yes += name[0] == 'y';
		no += name[0] == 'n';
		free_ += name[0] == 'i';
		taken += name[0] == 'i' && accepted;
		if (name[0] != 'i' && accepted != (name[0] == 'y'))
			fail_msg("%s is %s", name, accepted ? "accepted" : "refused");
	}
	assert_int_equal(yes + no + free_, set.count);
	assert_true(yes >= 71 && no >= 140);
	print_message("# json: %u of %u y_ accepted, %u of %u n_ refused; of %u i_ %u accepted\n", yes, yes, no, no, free_, taken);
	conformance_close(&set);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_cut_into_tokens),
		cmocka_unit_test(strings_end_at_their_quote_wherever_it_stands),
		cmocka_unit_test(escapes_read_as_what_they_mean),
		cmocka_unit_test(errors_tell_line_column_and_offset),
		cmocka_unit_test(nesting_ends_at_its_limit),
		cmocka_unit_test(skipping_stands_behind_the_value),
		cmocka_unit_test(integers_are_exact_in_every_spelling),
		cmocka_unit_test(the_minefield_is_crossed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
