/* SPDX-License-Identifier: Apache-2.0 */
/* A pattern, a zero byte, a subject. What compiles matches without harm, yes or no agrees with the search, spans lie in each
 * other, and the matcher without backtracking says the same as the engine; what does not compile says where. */
#include <string.h>

#include "base/dynbuf.h"
#include "base/slice_i.h"
#include "fuzz/fuzz.h"
#include "wire/regex.h"

enum { PATTERN_MAX = 300, SUBJECT_MAX = 400, OUT_MAX = 1 << 20 };

static void check_spans(const tel__regex *re, const tel__regex_run *run, tel_slice subject)
{
	tel__regex_span whole = tel__regex_span_get(run, 0);

	fuzz_check(whole.from <= whole.to && whole.to <= subject.len);
	for (size_t i = 1; i < tel__regex_groups(re); i++) {
		tel__regex_span s = tel__regex_span_get(run, i);
		fuzz_check((s.from == TEL__REGEX_UNSET) == (s.to == TEL__REGEX_UNSET));
		fuzz_check(s.from == TEL__REGEX_UNSET || (whole.from <= s.from && s.from <= s.to && s.to <= whole.to));
	}
}

static void same_spans(const tel__regex *re, const tel__regex_run *a, const tel__regex_run *b)
{
	for (size_t i = 0; i < tel__regex_groups(re); i++) {
		tel__regex_span x = tel__regex_span_get(a, i), y = tel__regex_span_get(b, i);
		fuzz_check(x.from == y.from && x.to == y.to);
	}
}

/* All matches, one after the other, by both. */
static void walk(const tel__regex *re, tel__regex_run *run, tel__regex_run *linear, tel_slice subject)
{
	bool found = false, other = false;
	tel_err rc = tel__regex_find(run, re, subject, &found, NULL);
	tel_err rc2 = tel__regex_find(linear, re, subject, &other, NULL);

	for (size_t rounds = 0; rc == TEL_OK && rc2 == TEL_OK; rounds++) {
		fuzz_check(found == other && rounds <= subject.len + 1);
		if (!found)
			return;
		check_spans(re, run, subject);
		same_spans(re, run, linear);
		rc = tel__regex_find_next(run, re, &found, NULL);
		rc2 = tel__regex_find_next(linear, re, &other, NULL);
	}
	fuzz_check((rc == TEL_OK || rc == TEL_ERR_LIMIT) && (rc2 == TEL_OK || rc2 == TEL_ERR_LIMIT));
}

static void match(const tel__regex *re, tel_slice subject)
{
	tel__regex_run *run = NULL, *linear = NULL;
	bool yes = false, found = false;
	tel__dynbuf out;
	size_t count;

	fuzz_check(tel__regex_run_new(NULL, &run) == TEL_OK && tel__regex_run_new(NULL, &linear) == TEL_OK);
	tel__regex_run_force_linear(linear);
	if (tel__regex_test(run, re, subject, &yes, NULL) == TEL_OK && tel__regex_find(run, re, subject, &found, NULL) == TEL_OK)
		fuzz_check(yes == found);
	walk(re, run, linear, subject);
	tel__dynbuf_init(&out, NULL, OUT_MAX);
	if (tel__regex_replace_all(run, re, subject, TEL_SLICE_LIT("$0"), &out, &count, NULL) == TEL_OK)
		fuzz_check(tel__slice_eq(tel__dynbuf_get(&out), subject));
	tel__dynbuf_reset(&out);
	tel__regex_replace_all(run, re, subject, subject, &out, &count, NULL);
	tel__dynbuf_fini(&out);
	tel__regex_run_free(run);
	tel__regex_run_free(linear);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned flags[] = { 0, 0, TEL__REGEX_PROMETHEUS, TEL__REGEX_WHOLE };
	tel_slice all = fuzz_slice(data, size), pattern, subject = { "", 0 };
	tel__regex *re = NULL;
	tel_error err = TEL_ERROR_INIT;
	unsigned flag = size ? flags[data[0] % 4] : 0;
	size_t cut = tel__slice_find(all, '\0');
	tel_err rc;

	pattern = tel__slice_sub(all, 0, cut < PATTERN_MAX ? cut : PATTERN_MAX);
	if (cut < size)
		subject = tel__slice_sub(all, cut + 1, size - cut - 1 < SUBJECT_MAX ? size - cut - 1 : SUBJECT_MAX);
	rc = tel__regex_new(NULL, pattern, flag, &re, &err);
	if (rc == TEL_OK)
		match(re, subject);
	else
		fuzz_check((rc == TEL_ERR_MALFORMED || rc == TEL_ERR_LIMIT) && err.offset <= pattern.len + 2 &&
		           strncmp(err.msg, "error parsing regexp: ", 22) == 0);
	tel__regex_free(re);
	return 0;
}
