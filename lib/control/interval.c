/* SPDX-License-Identifier: Apache-2.0 */
#include "control/interval.h"

#include "base/num.h"
#include "base/slice_i.h"
#include "config/duration.h"

#define SECOND_NS INT64_C(1000000000)

/* Its names; whatever starts with the last one is meant too. */
static const struct {
	const char *names[3], *start;
	int64_t ns;
} units[] = {
	{ { "ns" }, "nano", 1 },
	{ { "us", "\xc2\xb5s" }, "micro", 1000 },
	{ { "ms" }, "milli", 1000000 },
	{ { "s" }, "sec", SECOND_NS },
	{ { "m" }, "min", 60 * SECOND_NS },
	{ { "h", "hr" }, "hour", 3600 * SECOND_NS },
	{ { "d" }, "day", 24 * 3600 * SECOND_NS },
	{ { "w", "wk" }, "week", 7 * 24 * 3600 * SECOND_NS },
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r' && c != '\v');
}

/* Letters of ASCII and the micro sign; their length. */
static size_t letters_at(tel_slice s, size_t i)
{
	size_t start = i;

	while (i < s.len) {
		char c = (char)(s.ptr[i] | 0x20);

		if (c >= 'a' && c <= 'z')
			i++;
		else if (i + 1 < s.len && memcmp(s.ptr + i, "\xc2\xb5", 2) == 0)
			i += 2;
		else
			break;
	}
	return i - start;
}

/* 0: there is no such unit. */
static int64_t unit_ns(tel_slice word)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		tel_slice start = tel__slice_str(units[i].start);

		if (word.len >= start.len && tel__slice_eq_nocase(tel__slice_sub(word, 0, start.len), start))
			return units[i].ns;
		for (size_t n = 0; n < 3 && units[i].names[n]; n++)
			if (tel__slice_eq_nocase(word, tel__slice_str(units[i].names[n])))
				return units[i].ns;
	}
	return 0;
}

/* Adds count units to a sum that stays within 64 bits. */
static bool add(int64_t *sum, uint64_t count, int64_t ns)
{
	if (count > (uint64_t)(INT64_MAX - *sum) / (uint64_t)ns)
		return false;
	*sum += (int64_t)count * ns;
	return true;
}

static bool parse_parts(tel_slice s, int64_t *ret_ns)
{
	int64_t sum = 0;
	bool found = false;

	for (size_t i = 0; i < s.len;) {
		size_t digits = i, blanks, letters;
		uint64_t count = 0;
		int64_t ns;

		while (digits < s.len && is_digit(s.ptr[digits]))
			digits++;
		if (digits == i) {
			i++;
			continue;
		}
		for (blanks = digits; blanks < s.len && is_blank(s.ptr[blanks]);)
			blanks++;
		letters = letters_at(s, blanks);
		if (letters && tel__num_parse_u64(tel__slice_sub(s, i, digits - i), &count) != TEL_OK)
			return false;
		ns = letters ? unit_ns(tel__slice_sub(s, blanks, letters)) : 0;
		if (ns && !add(&sum, count, ns))
			return false;
		found = found || ns;
		i = letters ? blanks + letters : digits;
	}
	*ret_ns = sum;
	return found;
}

bool tel__interval_parse(tel_slice text, int64_t *ret_ns)
{
	return tel__duration_parse(text, ret_ns, NULL) == TEL_OK || parse_parts(text, ret_ns);
}
