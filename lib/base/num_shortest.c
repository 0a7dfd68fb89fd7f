/* SPDX-License-Identifier: Apache-2.0 */
/* Shortest decimal text of a double. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

/* Digits d1 d2 ... dn with the value 0.d1d2...dn * 10^point, without trailing zeros. */
typedef struct shortest {
	char digits[40];
	size_t count;
	int point;
} shortest;

static void drop_zeros(shortest *s)
{
	while (s->count > 1 && s->digits[s->count - 1] == '0')
		s->count--;
}

/*
 * Most metrics are counts or were decimals of a few digits. When some m < 10^15 gives m / 10^k == v, the division of two
 * exact numbers rounds as reading the text does, and the smallest such k has the fewest digits: two numbers of at most
 * 15 digits never share a double.
 */
static bool from_scaled(double v, shortest *s)
{
#if FLT_EVAL_METHOD == 0
	static const double tens[] = { 1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
		                       1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
	int k;

	if (v < 1e-5)
		return false;
	for (k = 0; k < 16; k++) {
		double scaled = v * tens[k];
		uint64_t m;

		if (scaled >= 1e15)
			return false;
		m = (uint64_t)(scaled + 0.5);
		if ((double)m / tens[k] != v)
			continue;
		s->count = tel__num_format_u64(m, s->digits);
		s->point = (int)s->count - k;
		drop_zeros(s);
		return true;
	}
#else
	(void)v, (void)s;
#endif
	return false;
}

/* 31 correctly rounded digits; the locale's decimal point, whatever it is, is skipped. */
static void exact_digits(double v, shortest *s)
{
	char text[64];
	const char *p;
	int exponent = 0;
	bool minus = false;

	(void)snprintf(text, sizeof(text), "%.30e", v);
	s->count = 0;
	for (p = text; *p && *p != 'e'; p++)
		if (*p >= '0' && *p <= '9')
			s->digits[s->count++] = *p;
	if (*p == 'e')
		minus = *++p == '-';
	for (; *p; p++)
		if (*p >= '0' && *p <= '9')
			exponent = exponent * 10 + (*p - '0');
	s->point = 1 + (minus ? -exponent : exponent);
}

/* Whether the digits from at on are more than half of the last place before them; a tie goes to the even digit. */
static bool rounds_up(const shortest *exact, size_t at)
{
	size_t i;

	if (exact->digits[at] != '5')
		return exact->digits[at] > '5';
	for (i = at + 1; i < exact->count; i++)
		if (exact->digits[i] != '0')
			return true;
	return (exact->digits[at - 1] - '0') % 2 != 0;
}

/* Cut to want digits; up adds one in the last place. */
static shortest rounded(const shortest *exact, size_t want, bool up)
{
	shortest s = *exact;
	size_t i = want;

	s.count = want;
	if (!up)
		return s;
	while (i && s.digits[i - 1] == '9')
		s.digits[--i] = '0';
	if (i) {
		s.digits[i - 1]++;
	} else { /* 999 became 000: it is 1000, of which the last zero is dropped */
		s.digits[0] = '1';
		s.point++;
	}
	return s;
}

static bool reads_back(const shortest *s, double v)
{
	char text[TEL__NUM_DOUBLE_MAX + 16];
	size_t len = s->count;
	double back;

	memcpy(text, s->digits, len);
	text[len++] = 'e';
	len += tel__num_format_i64(s->point - (int)s->count, text + len);
	return tel__num_parse_double((tel_slice){ text, len }, &back) == TEL_OK && back == v;
}

/*
 * The nearest number of n digits decides, except for a power of two: its lower neighbour is twice as near as the upper
 * one, so that the nearest may miss while the next one above hits.
 */
static bool try_digits(const shortest *exact, size_t n, double v, shortest *s)
{
	bool up = rounds_up(exact, n);

	*s = rounded(exact, n, up);
	if (reads_back(s, v))
		return true;
	if (up)
		return false;
	*s = rounded(exact, n, true);
	return reads_back(s, v);
}

static void search_digits(double v, shortest *s)
{
	shortest exact;
	size_t n;

	exact_digits(v, &exact);
	/* A normal double keeps every number of 15 digits apart, so 15 that hit contain the shorter ones as trailing
	 * zeros; a denormal has fewer, and the search starts from 1. */
	for (n = v < DBL_MIN ? 1 : 15; n < 17; n++) {
		if (try_digits(&exact, n, v, s)) {
			drop_zeros(s);
			return;
		}
	}
	*s = rounded(&exact, 17, rounds_up(&exact, 17)); /* 17 always identify a double */
	drop_zeros(s);
}

static size_t put_exponent_form(const shortest *s, char *out)
{
	int exponent = s->point - 1;
	size_t at = 0;

	out[at++] = s->digits[0];
	if (s->count > 1) {
		out[at++] = '.';
		memcpy(out + at, s->digits + 1, s->count - 1);
		at += s->count - 1;
	}
	out[at++] = 'e';
	out[at++] = exponent < 0 ? '-' : '+';
	if (exponent < 0)
		exponent = -exponent;
	if (exponent < 10) /* two digits at least, as Go and C write it */
		out[at++] = '0';
	return at + tel__num_format_u64((uint64_t)exponent, out + at);
}

static size_t put_plain_form(const shortest *s, char *out)
{
	size_t at = 0, whole = s->point > 0 ? (size_t)s->point : 0, zeros = s->point < 0 ? (size_t)-s->point : 0;

	if (whole == 0) {
		memcpy(out, "0.0000", 2 + zeros); /* zeros <= 3: an exponent below -4 takes the other form */
		memcpy(out + 2 + zeros, s->digits, s->count);
		return 2 + zeros + s->count;
	}
	for (; at < whole; at++)
		out[at] = at < s->count ? s->digits[at] : '0';
	if (s->count > whole) {
		out[at++] = '.';
		memcpy(out + at, s->digits + whole, s->count - whole);
		at += s->count - whole;
	}
	return at;
}

size_t tel__num_format_double(double v, char *out)
{
	shortest s;
	size_t at = 0;

	if (isnan(v)) {
		memcpy(out, "NaN", 3);
		return 3;
	}
	if (isinf(v)) {
		memcpy(out, v < 0 ? "-Inf" : "+Inf", 4);
		return 4;
	}
	if (signbit(v)) {
		out[at++] = '-';
		v = -v;
	}
	if (v < 9007199254740992.0 && v == (double)(uint64_t)v) /* 2^53: every integer below is its own shortest text */
		return at + tel__num_format_u64((uint64_t)v, out + at);
	if (!from_scaled(v, &s))
		search_digits(v, &s);
	if (s.point - 1 < -4 || s.point - 1 >= 21)
		return at + put_exponent_form(&s, out + at);
	return at + put_plain_form(&s, out + at);
}
