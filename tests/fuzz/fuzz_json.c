/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens lie in the input, one after the other; what opens closes; unescaped text is UTF-8 and no longer than its
 * escaped form; skipping a value ends where reading it ends; an error's offset lies in the input. An integer is the
 * number that the reader of doubles sees.
 */
#include <string.h>

#include "base/error_i.h"
#include "base/num.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"
#include "wire/json.h"
#include "wire/json_number.h"

static void check_text(const tel__json *j, tel__json_token t, const char *behind)
{
	char *plain;
	size_t n;

	fuzz_check(j->text.ptr >= behind && j->text.ptr + j->text.len <= j->p);
	if (t == TEL__JSON_NUMBER)
		return;
	plain = malloc(j->text.len + 1);
	fuzz_check(plain);
	n = tel__json_unescape(j->text, plain);
	fuzz_check(n <= j->text.len && tel__utf8_valid((tel_slice){ plain, n }));
	fuzz_check(j->escaped || (n == j->text.len && memcmp(plain, j->text.ptr, n) == 0));
	free(plain);
}

static void check_integer(tel_slice text)
{
	double d;
	int64_t v;
	tel_err e = tel__num_parse_double(text, &d);

	if (tel__json_i64(text, &v) == TEL_OK && v < 1ll << 53 && v > -(1ll << 53))
		fuzz_check(e == TEL_OK && d >= (double)v && d <= (double)v);
}

static void check_error(const tel__json *j, size_t size)
{
	tel_error err = TEL_ERROR_INIT;
	tel_err e = tel__json_fail(j, &err);

	fuzz_check(e == TEL_ERR_MALFORMED || e == TEL_ERR_LIMIT);
	fuzz_check(err.offset <= size && err.line >= 1 && err.column >= 1 && err.msg[0]);
}

static bool is_text(tel__json_token t)
{
	return t == TEL__JSON_KEY || t == TEL__JSON_STRING || t == TEL__JSON_NUMBER;
}

/* Reads all tokens; true when the text is whole. */
static bool read_all(tel_slice text)
{
	const char *behind = text.ptr;
	tel__json_token t;
	tel__json j;

	tel__json_init(&j, text);
	while ((t = tel__json_next(&j)) > TEL__JSON_END) {
		fuzz_check(j.start >= behind && j.p > j.start && j.p <= j.end);
		if (is_text(t))
			check_text(&j, t, behind);
		if (t == TEL__JSON_NUMBER)
			check_integer(j.text);
		behind = j.p;
	}
	fuzz_check(tel__json_next(&j) == t);
	if (t == TEL__JSON_BAD)
		check_error(&j, text.len);
	else
		fuzz_check(j.depth == 0 && j.p == j.end);
	return t == TEL__JSON_END;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	tel_slice text = fuzz_slice(data, size);
	bool whole = read_all(text), skipped;
	tel__json j;

	tel__json_init(&j, text);
	skipped = tel__json_skip(&j, tel__json_next(&j)) && tel__json_next(&j) == TEL__JSON_END;
	fuzz_check(skipped == whole);
	return 0;
}
