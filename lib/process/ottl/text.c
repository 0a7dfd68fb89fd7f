/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/text.h"

#include <math.h>

#include "base/num.h"
#include "base/slice_i.h"
#include "base/utf8.h"

/* Numbers. */

static int hex_of(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* 0x1.8p3; the mantissa to 60 bits, which is more than a double holds. */
static bool parse_hex_float(tel_slice s, double *ret)
{
	uint64_t mantissa = 0;
	int64_t exponent = 0, given;
	bool dot = false, digits = false;
	size_t i = 0;

	for (; i < s.len && (s.ptr[i] | 32) != 'p'; i++) {
		int d = hex_of(s.ptr[i]);

		if (s.ptr[i] == '.' && !dot) {
			dot = true;
			continue;
		}
		if (d < 0)
			return false;
		digits = true;
		if (mantissa >> 56) {
			mantissa |= d != 0;
			exponent += dot ? 0 : 4;
		} else {
			mantissa = mantissa << 4 | (unsigned)d;
			exponent -= dot ? 4 : 0;
		}
	}
	if (!digits || i + 1 >= s.len || tel__num_parse_i64(tel__slice_sub(s, i + 1, s.len - i - 1), &given) != TEL_OK)
		return false;
	given = given > 100000 ? 100000 : given < -100000 ? -100000 : given;
	*ret = ldexp((double)mantissa, (int)(exponent + given));
	return isfinite(*ret);
}

/* 5. and .5 and 007 are numbers for Go; base/num.h wants a digit on both sides and no zeros before it. */
static bool parse_decimal(tel_slice s, double *ret)
{
	char text[512];
	size_t n = 0, i = 0;

	while (i + 1 < s.len && s.ptr[i] == '0' && s.ptr[i + 1] >= '0' && s.ptr[i + 1] <= '9')
		i++;
	if (i < s.len && s.ptr[i] == '.') {
		if (i + 1 == s.len || s.ptr[i + 1] < '0' || s.ptr[i + 1] > '9')
			return false;
		text[n++] = '0';
	}
	if (s.len - i > sizeof text - 4)
		return false;
	for (; i < s.len; i++) {
		text[n++] = s.ptr[i];
		if (s.ptr[i] == '.' && (i + 1 == s.len || s.ptr[i + 1] < '0' || s.ptr[i + 1] > '9'))
			text[n++] = '0';
	}
	return tel__num_parse_double((tel_slice){ text, n }, ret) == TEL_OK && isfinite(*ret);
}

bool tel__ottl_parse_go_float(tel_slice text, double *ret)
{
	static const char *const infinities[] = { "inf", "infinity" };
	tel_slice s = text;
	bool minus = s.len && s.ptr[0] == '-', ok;

	if (s.len && (s.ptr[0] == '-' || s.ptr[0] == '+'))
		s = tel__slice_sub(s, 1, s.len - 1);
	for (size_t i = 0; i < 2; i++)
		if (tel__slice_eq_nocase(s, tel__slice_str(infinities[i]))) {
			*ret = minus ? -(double)INFINITY : (double)INFINITY;
			return true;
		}
	if (tel__slice_eq_nocase(text, TEL_SLICE_LIT("nan"))) {
		*ret = (double)NAN;
		return true;
	}
	if (s.len > 2 && s.ptr[0] == '0' && (s.ptr[1] | 32) == 'x')
		ok = parse_hex_float(tel__slice_sub(s, 2, s.len - 2), ret);
	else
		ok = s.len && ((s.ptr[0] >= '0' && s.ptr[0] <= '9') || s.ptr[0] == '.') && parse_decimal(s, ret);
	if (ok && minus)
		*ret = -*ret;
	return ok;
}

static uint64_t unit_of(tel_slice s, size_t *ret_len)
{
	static const struct { const char *name; uint64_t ns; } units[] = {
		{ "ns", 1 }, { "us", 1000 }, { "\xc2\xb5s", 1000 }, { "\xce\xbcs", 1000 }, { "ms", 1000000 }, { "s", 1000000000 },
		{ "m", 60000000000 }, { "h", 3600000000000 },
	};
	size_t n = 0;

	while (n < s.len && s.ptr[n] != '.' && (s.ptr[n] < '0' || s.ptr[n] > '9'))
		n++;
	*ret_len = n;
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
		if (tel__slice_is(tel__slice_sub(s, 0, n), units[i].name))
			return units[i].ns;
	return 0;
}

bool tel__ottl_parse_go_duration(tel_slice s, int64_t *ret_ns)
{
	bool minus = s.len && s.ptr[0] == '-';
	uint64_t total = 0, max = (uint64_t)INT64_MAX + (minus ? 1 : 0);

	if (s.len && (s.ptr[0] == '-' || s.ptr[0] == '+'))
		s = tel__slice_sub(s, 1, s.len - 1);
	if (tel__slice_is(s, "0")) {
		*ret_ns = 0;
		return true;
	}
	if (!s.len)
		return false;
	while (s.len) {
		uint64_t whole = 0, unit;
		double fraction = 0, scale = 1;
		size_t i = 0, n;
		bool digits = false;

		for (; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++, digits = true) {
			if (whole > max / 10)
				return false;
			whole = whole * 10 + (uint64_t)(s.ptr[i] - '0');
		}
		if (i < s.len && s.ptr[i] == '.')
			for (i++; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++, digits = true)
				if (scale < 1e18) {
					fraction = fraction * 10 + (s.ptr[i] - '0');
					scale *= 10;
				}
		s = tel__slice_sub(s, i, s.len - i);
		unit = unit_of(s, &n);
		if (!digits || !unit || whole > max / unit)
			return false;
		s = tel__slice_sub(s, n, s.len - n);
		whole = whole * unit + (uint64_t)(fraction * ((double)unit / scale));
		if (whole > max - total)
			return false;
		total += whole;
	}
	*ret_ns = (int64_t)(minus ? 0 - total : total);
	return true;
}

/* The calendar: days from the year 0 on, March first, so that the leap day is the last of a year. */

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

tel__ottl_civil tel__ottl_civil_of(int64_t unix_ns)
{
	int64_t seconds = floor_div(unix_ns, 1000000000), days = floor_div(seconds, 86400), of_day = seconds - days * 86400;
	int64_t z = days + 719468, era = floor_div(z, 146097), doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	tel__ottl_civil c = { .day = (int)(doy - (153 * mp + 2) / 5 + 1), .month = (int)(mp < 10 ? mp + 3 : mp - 9) };
	tel__ottl_civil first;

	c.year = yoe + era * 400 + (c.month <= 2);
	c.hour = (int)(of_day / 3600);
	c.minute = (int)(of_day / 60 % 60);
	c.second = (int)(of_day % 60);
	c.nanosecond = (int)(unix_ns - seconds * 1000000000);
	c.weekday = (int)(((days + 4) % 7 + 7) % 7);
	first = (tel__ottl_civil){ .year = c.year, .month = 1, .day = 1 };
	c.yday = (int)(days - floor_div(tel__ottl_unix_seconds(&first), 86400)) + 1;
	return c;
}

int64_t tel__ottl_unix_seconds(const tel__ottl_civil *c)
{
	int64_t y = c->year - (c->month <= 2), era = floor_div(y, 400), yoe = y - era * 400;
	int64_t doy = (153 * (c->month + (c->month > 2 ? -3 : 9)) + 2) / 5 + c->day - 1, doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;

	return (era * 146097 + doe - 719468) * 86400 + c->hour * 3600 + c->minute * 60 + c->second;
}

/* Letters. */

size_t tel__ottl_rune(const char *p, size_t n, uint32_t *ret_rune)
{
	const uint8_t *s = (const uint8_t *)p;
	size_t step = tel__utf8_step(s, n);

	switch (step) {
	case 1:
		*ret_rune = s[0];
		break;
	case 2:
		*ret_rune = (s[0] & 0x1fu) << 6 | (s[1] & 0x3fu);
		break;
	case 3:
		*ret_rune = (s[0] & 0x0fu) << 12 | (s[1] & 0x3fu) << 6 | (s[2] & 0x3fu);
		break;
	case 4:
		*ret_rune = (s[0] & 0x07u) << 18 | (s[1] & 0x3fu) << 12 | (s[2] & 0x3fu) << 6 | (s[3] & 0x3fu);
		break;
	default:
		*ret_rune = 0xfffd;
		return 1;
	}
	return step;
}

void tel__ottl_put_rune(tel__dynbuf *out, uint32_t r)
{
	if (r < 0x80) {
		tel__dynbuf_byte(out, (char)r);
	} else if (r < 0x800) {
		tel__dynbuf_byte(out, (char)(0xc0 | r >> 6));
		tel__dynbuf_byte(out, (char)(0x80 | (r & 0x3f)));
	} else if (r < 0x10000) {
		tel__dynbuf_byte(out, (char)(0xe0 | r >> 12));
		tel__dynbuf_byte(out, (char)(0x80 | (r >> 6 & 0x3f)));
		tel__dynbuf_byte(out, (char)(0x80 | (r & 0x3f)));
	} else {
		tel__dynbuf_byte(out, (char)(0xf0 | r >> 18));
		tel__dynbuf_byte(out, (char)(0x80 | (r >> 12 & 0x3f)));
		tel__dynbuf_byte(out, (char)(0x80 | (r >> 6 & 0x3f)));
		tel__dynbuf_byte(out, (char)(0x80 | (r & 0x3f)));
	}
}

/* Ranges of capital letters: their small ones stand a fixed way behind, or right after each. */
static const struct { uint32_t from, to, way; } capitals[] = {
	{ 'A', 'Z', 32 }, { 0xc0, 0xd6, 32 }, { 0xd8, 0xde, 32 }, { 0x100, 0x12e, 1 }, { 0x132, 0x136, 1 }, { 0x139, 0x147, 1 },
	{ 0x14a, 0x176, 1 }, { 0x179, 0x17d, 1 }, { 0x1cd, 0x1db, 1 }, { 0x1de, 0x1ee, 1 }, { 0x1f8, 0x21e, 1 }, { 0x222, 0x232, 1 },
	{ 0x386, 0x386, 38 }, { 0x388, 0x38a, 37 }, { 0x38c, 0x38c, 64 }, { 0x38e, 0x38f, 63 }, { 0x391, 0x3a1, 32 }, { 0x3a3, 0x3ab, 32 },
	{ 0x400, 0x40f, 80 }, { 0x410, 0x42f, 32 }, { 0x460, 0x480, 1 }, { 0x48a, 0x4be, 1 }, { 0x4c1, 0x4cd, 1 }, { 0x4d0, 0x52e, 1 },
	{ 0x531, 0x556, 48 }, { 0x1e00, 0x1e94, 1 }, { 0x1ea0, 0x1efe, 1 }, { 0x2160, 0x216f, 16 }, { 0x24b6, 0x24cf, 26 },
	{ 0xff21, 0xff3a, 32 }, { 0x10400, 0x10427, 40 },
};

/* Letters that have a capital, a title and a small form, one behind the other; 0: r is none. */
static uint32_t digraph(uint32_t r)
{
	if (r >= 0x1c4 && r <= 0x1cc)
		return 0x1c4 + (r - 0x1c4) / 3 * 3;
	return r >= 0x1f1 && r <= 0x1f3 ? 0x1f1 : 0;
}

uint32_t tel__ottl_to_lower(uint32_t r)
{
	if (digraph(r))
		return digraph(r) + 2;
	for (size_t i = 0; i < sizeof capitals / sizeof capitals[0]; i++)
		if (r >= capitals[i].from && r <= capitals[i].to && (capitals[i].way != 1 || (r - capitals[i].from) % 2 == 0))
			return r + capitals[i].way;
	switch (r) {
	case 0x130: return 'i';
	case 0x178: return 0xff;
	case 0x2126: return 0x3c9; /* Ohm, Kelvin, Angstrom */
	case 0x212a: return 'k';
	case 0x212b: return 0xe5;
	default: return r;
	}
}

uint32_t tel__ottl_to_upper(uint32_t r)
{
	if (digraph(r))
		return digraph(r);
	for (size_t i = 0; i < sizeof capitals / sizeof capitals[0]; i++) {
		uint32_t capital = r - capitals[i].way;

		if (r >= capitals[i].way && capital >= capitals[i].from && capital <= capitals[i].to &&
		    (capitals[i].way != 1 || (capital - capitals[i].from) % 2 == 0))
			return capital;
	}
	return r == 0xff ? 0x178 : r == 0xb5 ? 0x39c : r == 0x131 ? 'I' : r == 0x3c2 ? 0x3a3 : r;
}
