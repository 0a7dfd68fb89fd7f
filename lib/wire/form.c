/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/form.h"

#include <stdio.h>

#include "base/error_i.h"
#include "base/slice_i.h"

static bool is_plain(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

void tel__form_encode(tel_slice text, tel__dynbuf *out)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		const char escaped[3] = { '%', hex[c >> 4], hex[c & 15] };
		if (is_plain(c) || c == ' ')
			tel__dynbuf_byte(out, c == ' ' ? '+' : (char)c);
		else
			tel__dynbuf_put(out, escaped, sizeof(escaped));
	}
}

void tel__form_add(tel_slice name, tel_slice value, tel__dynbuf *out)
{
	if (out->len)
		tel__dynbuf_byte(out, '&');
	tel__form_encode(name, out);
	tel__dynbuf_byte(out, '=');
	tel__form_encode(value, out);
}

static int hex_value(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

tel_err tel__form_decode(tel_slice text, tel__dynbuf *out)
{
	for (size_t i = 0; i < text.len; i++) {
		int high, low;
		if (text.ptr[i] != '%') {
			tel__dynbuf_byte(out, text.ptr[i] == '+' ? ' ' : text.ptr[i]);
			continue;
		}
		if (text.len - i < 3 || (high = hex_value(text.ptr[i + 1])) < 0 || (low = hex_value(text.ptr[i + 2])) < 0)
			return TEL_ERR_MALFORMED;
		tel__dynbuf_byte(out, (char)(high << 4 | low));
		i += 2;
	}
	return tel__dynbuf_error(out);
}

/* Up to the first of the bytes in stop, or all. */
static size_t until(tel_slice s, size_t from, const char *stop)
{
	while (from < s.len && !(s.ptr[from] && strchr(stop, s.ptr[from])))
		from++;
	return from;
}

const char *tel__url_shown(tel_slice url, char *out, size_t cap)
{
	size_t scheme = until(url, 0, ":/"), host, end, at;
	char tail[512];

	host = url.len - scheme >= 3 && memcmp(url.ptr + scheme, "://", 3) == 0 ? scheme + 3 : 0;
	end = until(url, host, "/?#");
	for (at = end; at > host && url.ptr[at - 1] != '@'; at--)
		;
	tel__slice_printable(tel__slice_sub(url, at, until(url, end, "?#") - at), tail, sizeof(tail));
	char head[32];
	tel__slice_printable(tel__slice_sub(url, 0, host), head, sizeof(head));
	snprintf(out, cap, "%s%s", head, tail);
	return out;
}
