/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json_number.h"

/* A decimal number taken apart: digits from first to last (with a point among them), times 10^exponent. */
struct decimal {
	const char *digits, *point, *end; /* point = end of the digits when there is none */
	int64_t exponent;
	bool negative;
};

enum { EXPONENT_MAX = 1 << 30, U64_DIGITS = 20 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* [+-]digits, with a sign and at least one digit; saturates. */
static bool read_exponent(const char *p, const char *end, int64_t *ret_value)
{
	int64_t v = 0;
	bool negative = p < end && *p == '-';

	if (p < end && (*p == '-' || *p == '+'))
		p++;
	if (p == end)
		return false;
	for (; p < end && is_digit(*p); p++)
		v = v < EXPONENT_MAX ? v * 10 + (*p - '0') : v;
	*ret_value = negative ? -v : v;
	return p == end;
}

static bool take_apart(tel_slice text, struct decimal *d)
{
	const char *p = text.ptr, *end = p + text.len;

	*d = (struct decimal){ .negative = text.len && *p == '-' };
	if (text.len && (*p == '-' || *p == '+'))
		p++;
	d->digits = p;
	while (p < end && is_digit(*p))
		p++;
	if (p == d->digits)
		return false;
	d->point = d->end = p;
	if (p < end && *p == '.') {
		for (p++; p < end && is_digit(*p); p++)
			;
		if (p == d->point + 1)
			return false;
		d->end = p;
	}
	if (p == end)
		return true;
	return (*p | 0x20) == 'e' && read_exponent(p + 1, end, &d->exponent);
}

/* Drops zeros that do not matter at both ends, the point with them; the exponent is then that of the last digit. */
static void trim(struct decimal *d)
{
	d->exponent -= d->end > d->point ? d->end - d->point - 1 : 0;
	while (d->end > d->digits && (d->end[-1] == '0' || d->end[-1] == '.')) {
		d->exponent += d->end[-1] == '0';
		d->end--;
	}
	while (d->digits < d->end && (*d->digits == '0' || *d->digits == '.'))
		d->digits++;
}

tel_err tel__json_integer(tel_slice text, bool *ret_negative, uint64_t *ret_magnitude)
{
	struct decimal d;
	uint64_t v = 0;

	if (!take_apart(text, &d))
		return TEL_ERR_MALFORMED;
	trim(&d);
	if (d.digits < d.end && d.exponent < 0)
		return TEL_ERR_MALFORMED;
	for (const char *p = d.digits; p < d.end; p++)
		if (*p != '.' && (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, (uint64_t)(*p - '0'), &v)))
			return TEL_ERR_RANGE;
	if (v && d.exponent > U64_DIGITS)
		return TEL_ERR_RANGE;
	for (int64_t i = 0; v && i < d.exponent; i++)
		if (__builtin_mul_overflow(v, 10, &v))
			return TEL_ERR_RANGE;
	*ret_negative = d.negative && v;
	*ret_magnitude = v;
	return TEL_OK;
}

tel_err tel__json_i64(tel_slice text, int64_t *ret_value)
{
	uint64_t magnitude;
	bool negative;
	tel_err e = tel__json_integer(text, &negative, &magnitude);

	if (e)
		return e;
	if (magnitude > (uint64_t)INT64_MAX + negative)
		return TEL_ERR_RANGE;
	*ret_value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return TEL_OK;
}

tel_err tel__json_u64(tel_slice text, uint64_t *ret_value)
{
	bool negative;
	uint64_t magnitude;
	tel_err e = tel__json_integer(text, &negative, &magnitude);

	if (e)
		return e;
	if (negative)
		return TEL_ERR_RANGE;
	*ret_value = magnitude;
	return TEL_OK;
}
