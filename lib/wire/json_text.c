/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json_text.h"

#include <math.h>

#include "base/slice_i.h"
#include "base/utf8.h"

static void escape(tel__dynbuf *out, char c)
{
	static const char digits[] = "0123456789abcdef";
	char code[] = "\\u0000";

	switch (c) {
	case '"':
		tel__dynbuf_puts(out, "\\\"");
		return;
	case '\\':
		tel__dynbuf_puts(out, "\\\\");
		return;
	case '\n':
		tel__dynbuf_puts(out, "\\n");
		return;
	case '\r':
		tel__dynbuf_puts(out, "\\r");
		return;
	case '\t':
		tel__dynbuf_puts(out, "\\t");
		return;
	default:
		code[4] = digits[((unsigned char)c >> 4) & 15];
		code[5] = digits[(unsigned char)c & 15];
		tel__dynbuf_puts(out, code);
	}
}

static bool plain(char c)
{
	return (unsigned char)c >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
}

/* s is UTF-8: what follows C2 is there. */
static void put_valid(tel__dynbuf *out, tel_slice s)
{
	size_t from = 0;

	for (size_t i = 0; i < s.len; i++) {
		/* U+0080 to U+009F are control characters, too: C2 80 to C2 9F */
		size_t wide = (unsigned char)s.ptr[i] == 0xc2 && (unsigned char)s.ptr[i + 1] < 0xa0;

		if (!wide && plain(s.ptr[i]))
			continue;
		tel__dynbuf_put(out, s.ptr + from, i - from);
		escape(out, s.ptr[i + wide]);
		i += wide;
		from = i + 1;
	}
	tel__dynbuf_put(out, s.ptr + from, s.len - from);
}

void tel__json_string(tel__dynbuf *out, tel_slice s)
{
	size_t good;

	tel__dynbuf_byte(out, '"');
	while (s.len) {
		good = tel__utf8_error(s);
		put_valid(out, tel__slice_sub(s, 0, good));
		if (good == s.len)
			break;
		tel__dynbuf_puts(out, "\\ufffd");
		s = tel__slice_sub(s, good + 1, s.len - good - 1);
	}
	tel__dynbuf_byte(out, '"');
}

void tel__json_double(tel__dynbuf *out, double v)
{
	if (isnan(v))
		tel__dynbuf_puts(out, "\"NaN\"");
	else if (isinf(v))
		tel__dynbuf_puts(out, v > 0 ? "\"Infinity\"" : "\"-Infinity\"");
	else
		tel__dynbuf_double(out, v);
}
