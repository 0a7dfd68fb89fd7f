/* SPDX-License-Identifier: Apache-2.0 */
#include "base/num.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/num_table.h"

/* Powers of ten that a double holds exactly. */
static const double tens[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
	                       1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
enum { TENS_MOST = 22 };

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

tel_err tel__num_parse_u64(tel_slice s, uint64_t *ret_value)
{
	uint64_t value = 0;
	bool fits = true;
	size_t i;

	if (s.len == 0)
		return TEL_ERR_MALFORMED;
	for (i = 0; i < s.len; i++) {
		if (!is_digit(s.ptr[i]))
			return TEL_ERR_MALFORMED;
		fits = fits && !__builtin_mul_overflow(value, 10u, &value) &&
		       !__builtin_add_overflow(value, (uint64_t)(s.ptr[i] - '0'), &value);
	}
	if (!fits)
		return TEL_ERR_RANGE;
	*ret_value = value;
	return TEL_OK;
}

tel_err tel__num_parse_i64(tel_slice s, int64_t *ret_value)
{
	bool minus = s.len && s.ptr[0] == '-';
	uint64_t magnitude;
	tel_err rc;

	if (s.len && (minus || s.ptr[0] == '+')) {
		s.ptr++;
		s.len--;
	}
	rc = tel__num_parse_u64(s, &magnitude);
	if (rc != TEL_OK)
		return rc;
	if (magnitude > (uint64_t)INT64_MAX + minus)
		return TEL_ERR_RANGE;
	*ret_value = minus ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return TEL_OK;
}

/*
 * A decimal number taken apart: digits * 10^exp10. No double has more than 767 significant digits, nor a point halfway
 * between two doubles more than 768; what follows counts only as "something more", which a last digit 1 stands for.
 */
enum { DIGITS_MOST = 770 };

typedef struct decimal {
	char digits[DIGITS_MOST + 1 + 32]; /* without leading zeros; room for 'e' and an exponent behind */
	size_t count;
	uint64_t head; /* value of the first digits, exact while count <= 19 */
	int64_t exp10;
	bool minus, more;
} decimal;

static void add_digit(decimal *d, char c)
{
	if (d->count == 0 && c == '0')
		return;
	if (d->count >= DIGITS_MOST) {
		d->more = d->more || c != '0';
		d->exp10++;
		return;
	}
	if (d->count < 19)
		d->head = d->head * 10 + (uint64_t)(c - '0');
	d->digits[d->count++] = c;
}

/* Reads the exponent at s[*at]; saturates far outside of every double. */
static bool read_exponent(tel_slice s, size_t *at, int64_t *ret_exponent)
{
	size_t i = *at;
	bool minus = false;
	int64_t value = 0;

	if (i < s.len && (s.ptr[i] == '+' || s.ptr[i] == '-'))
		minus = s.ptr[i++] == '-';
	if (i >= s.len || !is_digit(s.ptr[i]))
		return false;
	for (; i < s.len && is_digit(s.ptr[i]); i++)
		if (value < INT64_MAX / 100)
			value = value * 10 + (s.ptr[i] - '0');
	*at = i;
	*ret_exponent = minus ? -value : value;
	return true;
}

/* RFC 8259 section 6, and a leading plus. */
static bool read_decimal(tel_slice s, decimal *d)
{
	size_t i = 0, start;
	int64_t exponent = 0;

	d->count = 0;
	d->head = 0;
	d->exp10 = 0;
	d->minus = s.len && s.ptr[0] == '-';
	d->more = false;
	if (s.len && (s.ptr[0] == '-' || s.ptr[0] == '+'))
		i++;
	start = i;
	for (; i < s.len && is_digit(s.ptr[i]); i++)
		add_digit(d, s.ptr[i]);
	if (i == start || (s.ptr[start] == '0' && i > start + 1))
		return false;
	if (i < s.len && s.ptr[i] == '.') {
		start = ++i;
		for (; i < s.len && is_digit(s.ptr[i]); i++) {
			d->exp10--;
			add_digit(d, s.ptr[i]);
		}
		if (i == start)
			return false;
	}
	if (i < s.len && (s.ptr[i] == 'e' || s.ptr[i] == 'E')) {
		i++;
		if (!read_exponent(s, &i, &exponent))
			return false;
	}
	d->exp10 += exponent;
	return i == s.len;
}

/* Both factors are exact, so the one rounding is the right one (Clinger 1990). */
static bool exact_product(uint64_t m, int64_t exp10, double *ret_value)
{
#if FLT_EVAL_METHOD == 0
	if (m > UINT64_C(1) << 53 || exp10 < -TENS_MOST || exp10 > TENS_MOST)
		return false;
	*ret_value = exp10 < 0 ? (double)m / tens[-exp10] : (double)m * tens[exp10];
	return true;
#else
	(void)m, (void)exp10, (void)ret_value;
	return false;
#endif
}

#ifdef __SIZEOF_INT128__
/* v * 2^exp2, v over 2^125, rounded to the nearest double, a tie to the even one. Far from both ends of the range. */
static double nearest(unsigned __int128 v, int exp2)
{
	enum { REST = 75 }; /* bits of the 128 that a double has no room for */
	unsigned __int128 rest, half = (unsigned __int128)1 << (REST - 1);
	uint64_t mantissa, bits;
	double value;

	while (!(v >> 127)) {
		v <<= 1;
		exp2--;
	}
	mantissa = (uint64_t)(v >> REST);
	rest = v & ((half << 1) - 1);
	mantissa += rest > half || (rest == half && (mantissa & 1));
	/* the leading bit adds 1 to the exponent, and so does a mantissa that was rounded up to 2^53 */
	bits = ((uint64_t)(exp2 + 127 + 1023 - 1) << 52) + mantissa;
	memcpy(&value, &bits, sizeof(value));
	return value;
}

/*
 * m * 10^exp10 by 128 bits of the power: what the cut-off bits of power and product could add is less than 2. When the
 * ends of that interval round to the same double, so does the number; else the answer is false.
 */
static bool wide_product(uint64_t m, int64_t exp10, double *ret_value)
{
	const uint64_t *ten;
	unsigned __int128 product;
	int shift, exp2;

	if (exp10 < -TEL__NUM_TENS_MOST || exp10 > TEL__NUM_TENS_MOST)
		return false;
	ten = tel__num_tens[exp10 + TEL__NUM_TENS_MOST];
	shift = __builtin_clzll(m);
	m <<= shift;
	product = (unsigned __int128)m * ten[0] + (((unsigned __int128)m * ten[1]) >> 64);
	exp2 = ((217706 * (int)exp10) >> 16) - 127 + 64 - shift; /* 217706 / 65536 is log2(10), near enough for the floor */
	*ret_value = nearest(product, exp2);
	return *ret_value == nearest(product + 2, exp2);
}
#else
static bool wide_product(uint64_t m, int64_t exp10, double *ret_value)
{
	(void)m, (void)exp10, (void)ret_value;
	return false;
}
#endif

static double clamped_strtod(decimal *d)
{
	int saved = errno;
	int64_t exp10 = d->exp10;
	double value;
	size_t at;

	if (d->more) {
		d->digits[d->count++] = '1';
		exp10--;
	}
	if (exp10 > 100000)
		exp10 = 100000;
	else if (exp10 < -100000)
		exp10 = -100000;
	d->digits[d->count] = 'e';
	at = d->count + 1;
	at += tel__num_format_i64(exp10, d->digits + at);
	d->digits[at] = '\0';
	value = strtod(d->digits, NULL); /* no decimal point in the text: the locale has no say */
	errno = saved;
	return value;
}

tel_err tel__num_parse_double(tel_slice s, double *ret_value)
{
	double value = 0;
	decimal d;

	if (!read_decimal(s, &d))
		return TEL_ERR_MALFORMED;
	if (d.count && (d.count > 19 || (!exact_product(d.head, d.exp10, &value) &&
	                                 !wide_product(d.head, d.exp10, &value))))
		value = clamped_strtod(&d);
	if (isinf(value))
		return TEL_ERR_RANGE;
	*ret_value = d.minus ? -value : value;
	return TEL_OK;
}

size_t tel__num_format_u64(uint64_t v, char *out)
{
	char text[TEL__NUM_INT_MAX];
	size_t at = sizeof(text);

	do {
		text[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v);
	memcpy(out, text + at, sizeof(text) - at);
	return sizeof(text) - at;
}

size_t tel__num_format_i64(int64_t v, char *out)
{
	if (v >= 0)
		return tel__num_format_u64((uint64_t)v, out);
	*out = '-';
	return 1 + tel__num_format_u64(0 - (uint64_t)v, out + 1);
}
