/* SPDX-License-Identifier: Apache-2.0 */
#include "control/quantity.h"

#include <stdio.h>

#include "base/slice_i.h"

static const char *const binary[] = { "", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", NULL };
static const char *const decimal[] = { "", "k", "M", "G", "T", "P", "E", NULL };

/* A number of digits at *at; false: there are none, or too many. */
static bool read_digits(tel_slice text, size_t *at, uint64_t *ret)
{
	size_t start = *at;
	uint64_t n = 0;

	for (; *at < text.len && text.ptr[*at] >= '0' && text.ptr[*at] <= '9'; ++*at) {
		uint64_t digit = (uint64_t)(text.ptr[*at] - '0');

		if (n > (UINT64_MAX - digit) / 10)
			return false;
		n = n * 10 + digit;
	}
	*ret = n;
	return *at > start;
}

static bool power(uint64_t base, uint64_t exponent, uint64_t *ret)
{
	*ret = 1;
	for (; exponent > 0; exponent--) {
		if (*ret > UINT64_MAX / base)
			return false;
		*ret *= base;
	}
	return true;
}

/* What the digits are multiplied with. */
static bool read_suffix(tel_slice suffix, uint64_t *ret_factor)
{
	uint64_t exponent = 0;
	size_t at = 1;

	for (unsigned i = 0; binary[i]; i++)
		if (tel__slice_is(suffix, binary[i]))
			return power(1024, i, ret_factor);
	for (unsigned i = 0; decimal[i]; i++)
		if (tel__slice_is(suffix, decimal[i]))
			return power(1000, i, ret_factor);
	return suffix.len > 1 && (suffix.ptr[0] == 'e' || suffix.ptr[0] == 'E') && read_digits(suffix, &at, &exponent) &&
	       at == suffix.len && power(10, exponent, ret_factor);
}

bool tel__quantity_parse(tel_slice text, uint64_t *ret_bytes)
{
	uint64_t whole, part = 0, factor = 1, scale = 1, rest;
	size_t at = 0, point;

	if (!read_digits(text, &at, &whole))
		return false;
	if (at < text.len && text.ptr[at] == '.') {
		point = ++at;
		if (!read_digits(text, &at, &part) || !power(10, at - point, &scale))
			return false;
	}
	if (!read_suffix(tel__slice_sub(text, at, text.len - at), &factor))
		return false;
	if (whole > UINT64_MAX / factor || part > UINT64_MAX / factor)
		return false;
	rest = part * factor / scale + (part * factor % scale != 0);
	if (whole * factor > UINT64_MAX - rest)
		return false;
	*ret_bytes = whole * factor + rest;
	return true;
}

size_t tel__quantity_format(uint64_t bytes, char *out)
{
	unsigned suffix = 0;

	while (bytes >= 1024 && bytes % 1024 == 0 && binary[suffix + 1]) {
		bytes /= 1024;
		suffix++;
	}
	return (size_t)snprintf(out, TEL__QUANTITY_MAX, "%llu%s", (unsigned long long)bytes, binary[suffix]);
}
