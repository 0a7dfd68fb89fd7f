/* SPDX-License-Identifier: Apache-2.0 */
/* Retry-After: delay seconds, or one of the three date forms that RFC 9110 5.6.7 obliges a recipient to read. */
#include "base/num.h"
#include "base/slice_i.h"
#include "sink/retry.h"

typedef struct date {
	uint64_t year, month, day, hour, minute, second;
} date;

/* Days since 1970-01-01 of a proleptic Gregorian date from 1970 on. */
static uint64_t days_of(const date *d)
{
	static const uint16_t before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
	uint64_t y = d->year - 1, leaps = y / 4 - y / 100 + y / 400 - (1969 / 4 - 1969 / 100 + 1969 / 400);
	bool leap = (d->year % 4 == 0 && d->year % 100 != 0) || d->year % 400 == 0;
	return (d->year - 1970) * 365 + leaps + before[d->month - 1] + (leap && d->month > 2 ? 1 : 0) + d->day - 1;
}

static bool month_of(tel_slice s, uint64_t *ret_month)
{
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	for (size_t i = 0; s.len == 3 && i < 12; i++)
		if (memcmp(names + 3 * i, s.ptr, 3) == 0) {
			*ret_month = i + 1;
			return true;
		}
	return false;
}

static bool number(tel_slice s, uint64_t max, uint64_t *ret_value)
{
	return s.len > 0 && s.len <= 4 && tel__num_parse_u64(s, ret_value) == TEL_OK && *ret_value <= max;
}

/* 08:49:37; second 60 is a leap second. */
static bool time_of(tel_slice s, date *d)
{
	return s.len == 8 && s.ptr[2] == ':' && s.ptr[5] == ':' && number(tel__slice_sub(s, 0, 2), 23, &d->hour) &&
	       number(tel__slice_sub(s, 3, 2), 59, &d->minute) && number(tel__slice_sub(s, 6, 2), 60, &d->second);
}

/* Words between blanks (and the dashes of the RFC 850 form). */
static size_t words_of(tel_slice s, tel_slice *words, size_t cap)
{
	size_t n = 0, i = 0;
	while (i < s.len) {
		while (i < s.len && (s.ptr[i] == ' ' || s.ptr[i] == '-'))
			i++;
		size_t from = i;
		while (i < s.len && s.ptr[i] != ' ' && s.ptr[i] != '-')
			i++;
		if (i > from && n < cap)
			words[n] = tel__slice_sub(s, from, i - from);
		n += i > from;
	}
	return n;
}

static bool date_parse(tel_slice s, date *d)
{
	tel_slice w[6];
	size_t n = words_of(s, w, 6);
	if (n == 6 && tel__slice_is(w[5], "GMT")) { /* "Sun, 06 Nov 1994 ...", "Sunday, 06-Nov-94 ..." */
		if (w[0].ptr[w[0].len - 1] != ',' || !number(w[1], 31, &d->day) || !month_of(w[2], &d->month) ||
		    !number(w[3], 9999, &d->year) || !time_of(w[4], d))
			return false;
		if (w[3].len == 2) /* no date of an answer lies before 1970 */
			d->year += d->year < 70 ? 2000 : 1900;
	} else if (n == 5) { /* "Sun Nov  6 08:49:37 1994" */
		if (!month_of(w[1], &d->month) || !number(w[2], 31, &d->day) || !time_of(w[3], d) ||
		    !number(w[4], 9999, &d->year))
			return false;
	} else {
		return false;
	}
	return d->day >= 1;
}

static uint64_t clamp_seconds(uint64_t seconds)
{
	uint64_t max = TEL__RETRY_HINT_MAX_NS / 1000000000;
	return (seconds > max ? max : seconds) * 1000000000;
}

bool tel__retry_after_parse(tel_slice value, uint64_t unix_ns, uint64_t *ret_ns)
{
	int64_t seconds;
	tel_slice s = tel__slice_trim(value);
	tel_err e = tel__num_parse_i64(s, &seconds);
	if (e == TEL_OK) {
		*ret_ns = seconds > 0 ? clamp_seconds((uint64_t)seconds) : 0;
		return true;
	}
	if (e == TEL_ERR_RANGE) {
		*ret_ns = s.ptr[0] == '-' ? 0 : TEL__RETRY_HINT_MAX_NS;
		return true;
	}
	date d = { 0 };
	if (!date_parse(s, &d))
		return false;
	uint64_t at = d.year < 1970 ? 0 : days_of(&d) * 86400 + d.hour * 3600 + d.minute * 60 + d.second;
	uint64_t now = unix_ns / 1000000000;
	*ret_ns = at > now ? clamp_seconds(at - now) : 0;
	return true;
}
