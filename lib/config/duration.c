/* SPDX-License-Identifier: Apache-2.0 */
#include "config/duration.h"

#include "base/num.h"
#include "base/slice_i.h"

#define SECOND UINT64_C(1000000000)
#define MAX_NS (UINT64_C(1) << 63)

static const struct {
	const char *name;
	uint64_t ns;
} units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "\xc2\xb5s", 1000 }, /* micro sign */
	{ "\xce\xbcs", 1000 }, /* Greek mu */
	{ "ms", 1000000 },
	{ "s", SECOND },
	{ "m", 60 * SECOND },
	{ "h", 3600 * SECOND },
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static uint64_t unit_ns(tel_slice name)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (tel__slice_is(name, units[i].name))
			return units[i].ns;
	return 0;
}

static tel_err fail(const char **ret_msg, tel_err code, const char *msg)
{
	if (ret_msg)
		*ret_msg = msg;
	return code;
}

/* Digits after the point as value/scale; what does not fit is dropped, as in Go. */
static void parse_fraction(tel_slice *text, uint64_t *ret_value, double *ret_scale)
{
	bool overflow = false;

	*ret_value = 0;
	*ret_scale = 1;
	for (; text->len > 0 && is_digit(text->ptr[0]); text->ptr++, text->len--) {
		uint64_t digit = (uint64_t)(text->ptr[0] - '0');

		if (overflow || *ret_value > (MAX_NS - 1) / 10 || *ret_value * 10 + digit > MAX_NS) {
			overflow = true;
			continue;
		}
		*ret_value = *ret_value * 10 + digit;
		*ret_scale *= 10;
	}
}

/* One "12.5ms"; adds to *sum. */
static tel_err parse_part(tel_slice *text, uint64_t *sum, const char **ret_msg)
{
	uint64_t value = 0, fraction = 0, unit;
	double scale = 1;
	size_t digits = 0, len = 0;
	bool point;

	for (; digits < text->len && is_digit(text->ptr[digits]); digits++)
		if (value > MAX_NS / 10 || (value = value * 10 + (uint64_t)(text->ptr[digits] - '0')) > MAX_NS)
			return fail(ret_msg, TEL_ERR_RANGE, "time: invalid duration");
	*text = tel__slice_sub(*text, digits, text->len - digits);
	point = text->len > 0 && text->ptr[0] == '.';
	if (point) {
		const char *start = text->ptr + 1;

		*text = tel__slice_sub(*text, 1, text->len - 1);
		parse_fraction(text, &fraction, &scale);
		digits += (size_t)(text->ptr - start);
	}
	if (digits == 0)
		return fail(ret_msg, TEL_ERR_MALFORMED, "time: invalid duration");
	while (len < text->len && text->ptr[len] != '.' && !is_digit(text->ptr[len]))
		len++;
	if (len == 0)
		return fail(ret_msg, TEL_ERR_MALFORMED, "time: missing unit in duration");
	unit = unit_ns(tel__slice_sub(*text, 0, len));
	if (unit == 0)
		return fail(ret_msg, TEL_ERR_MALFORMED, "time: unknown unit in duration");
	*text = tel__slice_sub(*text, len, text->len - len);
	if (value > MAX_NS / unit)
		return fail(ret_msg, TEL_ERR_RANGE, "time: invalid duration");
	value *= unit;
	if (fraction > 0)
		value += (uint64_t)((double)fraction * ((double)unit / scale));
	if (value > MAX_NS || *sum + value > MAX_NS)
		return fail(ret_msg, TEL_ERR_RANGE, "time: invalid duration");
	*sum += value;
	return TEL_OK;
}

tel_err tel__duration_parse(tel_slice text, int64_t *ret_ns, const char **ret_msg)
{
	bool negative = text.len > 0 && text.ptr[0] == '-';
	uint64_t sum = 0;

	if (text.len > 0 && (text.ptr[0] == '-' || text.ptr[0] == '+'))
		text = tel__slice_sub(text, 1, text.len - 1);
	if (tel__slice_is(text, "0")) {
		*ret_ns = 0;
		return TEL_OK;
	}
	if (text.len == 0)
		return fail(ret_msg, TEL_ERR_MALFORMED, "time: invalid duration");
	while (text.len > 0) {
		tel_err rc = parse_part(&text, &sum, ret_msg);

		if (rc != TEL_OK)
			return rc;
	}
	if (!negative && sum > INT64_MAX)
		return fail(ret_msg, TEL_ERR_RANGE, "time: invalid duration");
	*ret_ns = negative ? (int64_t)(0 - sum) : (int64_t)sum;
	return TEL_OK;
}

/* value / unit with as many decimals as needed, without trailing zeros. */
static size_t put_decimal(char *out, uint64_t value, uint64_t unit)
{
	size_t n = tel__num_format_u64(value / unit, out);
	uint64_t rest = value % unit;

	if (rest > 0) {
		out[n++] = '.';
		for (uint64_t digit = unit / 10; rest > 0; digit /= 10) {
			out[n++] = (char)('0' + rest / digit);
			rest %= digit;
		}
	}
	return n;
}

static size_t put_unit(char *out, size_t n, const char *unit)
{
	size_t len = strlen(unit);

	memcpy(out + n, unit, len);
	return n + len;
}

size_t tel__duration_format(int64_t ns, char *out)
{
	uint64_t value = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
	uint64_t seconds = value / SECOND;
	size_t n = 0;

	if (ns < 0)
		out[n++] = '-';
	if (value == 0)
		return put_unit(out, n, "0s");
	if (value < 1000) {
		n += put_decimal(out + n, value, 1);
		return put_unit(out, n, "ns");
	}
	if (value < 1000000) {
		n += put_decimal(out + n, value, 1000);
		return put_unit(out, n, "\xc2\xb5s");
	}
	if (value < SECOND) {
		n += put_decimal(out + n, value, 1000000);
		return put_unit(out, n, "ms");
	}
	if (seconds >= 3600) {
		n += tel__num_format_u64(seconds / 3600, out + n);
		out[n++] = 'h';
	}
	if (seconds >= 60) {
		n += tel__num_format_u64(seconds / 60 % 60, out + n);
		out[n++] = 'm';
	}
	n += put_decimal(out + n, value % (60 * SECOND), SECOND);
	return put_unit(out, n, "s");
}
