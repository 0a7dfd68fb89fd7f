/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/form.h"

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
