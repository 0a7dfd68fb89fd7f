/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "base/error_i.h"
#include "base/utf8.h"

/* Bytes of the next character that may stand in a message as they are; 0 = the first byte has to be escaped. */
static size_t plain_len(const uint8_t *p, size_t n)
{
	size_t len = tel__utf8_step(p, n);

	if (len == 1 && (p[0] < 0x20 || p[0] == 0x7f))
		return 0;
	if (len == 2 && p[0] == 0xc2 && p[1] < 0xa0) /* C1 control characters steer terminals too */
		return 0;
	return len;
}

const char *tel__slice_printable(tel_slice text, char *out, size_t cap)
{
	static const char hex[] = "0123456789abcdef";
	const uint8_t *p = (const uint8_t *)text.ptr;
	size_t left = text.len, at = 0, fits = 0, len;

	assert(cap > 4);
	while (left) {
		size_t width;

		len = plain_len(p, left);
		width = len ? len : 4;
		if (at + width > cap - 1) {
			memcpy(out + fits, "...", 4);
			return out;
		}
		if (len) {
			memcpy(out + at, p, len);
		} else {
			len = 1;
			memcpy(out + at, "\\x", 2);
			out[at + 2] = hex[*p >> 4];
			out[at + 3] = hex[*p & 15];
		}
		at += width;
		if (at <= cap - 4)
			fits = at; /* up to here the dots would still fit */
		p += len;
		left -= len;
	}
	out[at] = '\0';
	return out;
}
