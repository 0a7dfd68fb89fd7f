/* SPDX-License-Identifier: Apache-2.0 */
#include "config/prom_units.h"

#include <stdio.h>
#include <string.h>

#include "base/error_i.h"
#include "base/num.h"
#include "base/slice_i.h"

enum { SHOWN = 100 };

#define MS 1000000
static const struct {
	const char *name;
	int64_t ns;
} duration_units[] = {
	{ "y", 365 * 86400 * INT64_C(1000) * MS }, { "w", 7 * 86400 * INT64_C(1000) * MS }, { "d", 86400 * INT64_C(1000) * MS },
	{ "h", 3600 * INT64_C(1000) * MS },        { "m", 60 * INT64_C(1000) * MS },        { "s", INT64_C(1000) * MS },
	{ "ms", MS },
};
enum { DURATION_UNITS = sizeof(duration_units) / sizeof(duration_units[0]) };

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Bytes of text that are digits, or are not, from the start. */
static size_t run_of(tel_slice text, bool digits)
{
	size_t n = 0;

	while (n < text.len && digit(text.ptr[n]) == digits)
		n++;
	return n;
}

static tel_err bad_duration(tel_slice text, tel_error *err)
{
	char shown[SHOWN];

	return tel__fail(err, TEL_ERR_MALFORMED, "not a valid duration string: \"%s\"",
	                 tel__slice_printable(text, shown, sizeof(shown)));
}

static tel_err unknown_unit(tel_slice unit, tel_slice text, tel_error *err)
{
	char shown[SHOWN], name[SHOWN];

	return tel__fail(err, TEL_ERR_MALFORMED, "unknown unit \"%s\" in duration \"%s\"",
	                 tel__slice_printable(unit, name, sizeof(name)), tel__slice_printable(text, shown, sizeof(shown)));
}

tel_err tel__prom_duration_parse(tel_slice text, int64_t *ret_ns, tel_error *err)
{
	tel_slice rest = text, unit;
	uint64_t count, total = 0;
	size_t next = 0, n, u;

	if (text.len == 0)
		return tel__fail(err, TEL_ERR_MALFORMED, "empty duration string");
	if (tel__slice_is(text, "0"))
		rest.len = 0;
	while (rest.len > 0) {
		n = run_of(rest, true);
		if (n == 0 || n == rest.len || tel__num_parse_u64(tel__slice_sub(rest, 0, n), &count) != TEL_OK)
			return bad_duration(text, err);
		rest = tel__slice_sub(rest, n, rest.len - n);
		unit = tel__slice_sub(rest, 0, run_of(rest, false));
		rest = tel__slice_sub(rest, unit.len, rest.len - unit.len);
		for (u = 0; u < DURATION_UNITS && !tel__slice_is(unit, duration_units[u].name);)
			u++;
		if (u == DURATION_UNITS)
			return unknown_unit(unit, text, err);
		if (u < next)
			return bad_duration(text, err);
		next = u + 1;
		if (count > (uint64_t)INT64_MAX / (uint64_t)duration_units[u].ns)
			return tel__fail(err, TEL_ERR_RANGE, "duration out of range");
		total += count * (uint64_t)duration_units[u].ns;
		if (total > (uint64_t)INT64_MAX)
			return tel__fail(err, TEL_ERR_RANGE, "duration out of range");
	}
	*ret_ns = (int64_t)total;
	return TEL_OK;
}

size_t tel__prom_duration_format(int64_t ns, char *out)
{
	size_t len = 0;

	ns -= ns % MS;
	for (size_t u = 0; u < DURATION_UNITS && ns > 0; u++) {
		int64_t count = ns / duration_units[u].ns;
		/* years and weeks only where nothing is left, as Prometheus does it */
		if (count == 0 || (u < 2 && ns % duration_units[u].ns != 0))
			continue;
		len += (size_t)snprintf(out + len, TEL__PROM_DURATION_MAX - len, "%lld%s", (long long)count, duration_units[u].name);
		ns -= count * duration_units[u].ns;
	}
	if (len == 0)
		len = (size_t)snprintf(out, TEL__PROM_DURATION_MAX, "0s");
	return len;
}

/* Power of 1024 of a unit's name; -1: unknown. */
static int size_unit(tel_slice name)
{
	static const char prefixes[] = "KMGTPE";
	const char *at = name.len ? memchr(prefixes, name.ptr[0], sizeof(prefixes) - 1) : NULL;

	if (tel__slice_is(name, "B"))
		return 0;
	if (!at || !(tel__slice_is(tel__slice_sub(name, 1, name.len - 1), "B") ||
	             tel__slice_is(tel__slice_sub(name, 1, name.len - 1), "iB")))
		return -1;
	return (int)(at - prefixes) + 1;
}

static tel_err bad_size(tel_slice text, tel_error *err)
{
	char shown[SHOWN];

	return tel__fail(err, TEL_ERR_MALFORMED, "units: invalid %s", tel__slice_printable(text, shown, sizeof(shown)));
}

/* One "<decimal><unit>" off the start of rest, added to *total. */
static tel_err take_size(tel_slice *rest, tel_slice text, double *total, tel_error *err)
{
	char shown[SHOWN], name[SHOWN];
	size_t n = 0, dots = 0, u;
	double value = 0, scale = 1;
	int power;

	for (; n < rest->len && (digit(rest->ptr[n]) || (rest->ptr[n] == '.' && dots == 0)); n++) {
		if (rest->ptr[n] == '.') {
			dots++;
			continue;
		}
		scale = dots ? scale / 10 : 1;
		value = dots ? value + scale * (rest->ptr[n] - '0') : value * 10 + (rest->ptr[n] - '0');
	}
	if (n == dots)
		return bad_size(text, err);
	for (u = n; u < rest->len && rest->ptr[u] != '.' && !digit(rest->ptr[u]);)
		u++;
	power = size_unit(tel__slice_sub(*rest, n, u - n));
	if (power < 0)
		return tel__fail(err, TEL_ERR_MALFORMED, "units: unknown unit %s in %s",
		                 tel__slice_printable(tel__slice_sub(*rest, n, u - n), name, sizeof(name)),
		                 tel__slice_printable(text, shown, sizeof(shown)));
	for (; power > 0; power--)
		value *= 1024;
	*total += value;
	*rest = tel__slice_sub(*rest, u, rest->len - u);
	return TEL_OK;
}

tel_err tel__prom_size_parse(tel_slice text, int64_t *ret_bytes, tel_error *err)
{
	tel_slice rest = text;
	double total = 0;
	bool minus = false;
	tel_err rc;

	if (rest.len && (rest.ptr[0] == '-' || rest.ptr[0] == '+')) {
		minus = rest.ptr[0] == '-';
		rest = tel__slice_sub(rest, 1, rest.len - 1);
	}
	if (rest.len == 0)
		return bad_size(text, err);
	if (tel__slice_is(rest, "0"))
		rest.len = 0;
	while (rest.len > 0) {
		rc = take_size(&rest, text, &total, err);
		if (rc != TEL_OK)
			return rc;
	}
	if (total >= 9223372036854775808.0)
		return tel__fail(err, TEL_ERR_RANGE, "units: overflow parsing unit");
	*ret_bytes = minus ? -(int64_t)total : (int64_t)total;
	return TEL_OK;
}
