/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex64.h"

#include "base/mem.h"

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void tel__base64_encode(tel_slice bytes, tel__dynbuf *out)
{
	const uint8_t *p = (const uint8_t *)bytes.ptr;
	size_t left = bytes.len, room_len;
	char *room;

	if (left == 0)
		return;
	/* a size that overflows is over every ceiling, and the buffer says so */
	if (!tel__size_mul(left / 3 + (left % 3 != 0), 4, &room_len))
		room_len = SIZE_MAX;
	room = tel__dynbuf_room(out, room_len);
	if (!room)
		return;
	for (; left; p += 3, room += 4) {
		uint32_t b1 = left > 1 ? p[1] : 0, b2 = left > 2 ? p[2] : 0;
		uint32_t word = (uint32_t)p[0] << 16 | b1 << 8 | b2;

		room[0] = letters[word >> 18];
		room[1] = letters[word >> 12 & 63];
		room[2] = left > 1 ? letters[word >> 6 & 63] : '=';
		room[3] = left > 2 ? letters[word & 63] : '=';
		left -= left < 3 ? left : 3;
	}
	tel__dynbuf_advance(out, room_len);
}

/* Value of a letter of either alphabet, 64 for anything else. */
static uint32_t letter_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return (uint32_t)(c - 'A');
	if (c >= 'a' && c <= 'z')
		return (uint32_t)(c - 'a') + 26;
	if (c >= '0' && c <= '9')
		return (uint32_t)(c - '0') + 52;
	if (c == '+' || c == '-')
		return 62;
	return c == '/' || c == '_' ? 63 : 64;
}

/* Drops correct padding; false when there is padding that does not fit. */
static bool without_padding(tel_slice *text)
{
	size_t len = text->len, pad = 0;

	while (pad < 2 && pad < len && text->ptr[len - pad - 1] == '=')
		pad++;
	if (pad && len % 4 != 0)
		return false;
	text->len = len - pad;
	return text->len % 4 != 1;
}

tel_err tel__base64_decode(tel_slice text, tel__dynbuf *out)
{
	const char *p;
	char *room;
	size_t i, at = 0;
	uint32_t word = 0;
	unsigned bits = 0;

	if (!without_padding(&text))
		return TEL_ERR_MALFORMED;
	if (text.len == 0)
		return tel__dynbuf_error(out);
	p = text.ptr;
	room = tel__dynbuf_room(out, text.len / 4 * 3 + (text.len % 4 ? text.len % 4 - 1 : 0));
	if (!room)
		return tel__dynbuf_error(out);
	for (i = 0; i < text.len; i++) {
		uint32_t v = letter_value(p[i]);

		if (v == 64)
			return TEL_ERR_MALFORMED;
		word = word << 6 | v;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			room[at++] = (char)(word >> bits & 0xff);
		}
	}
	tel__dynbuf_advance(out, at);
	return TEL_OK;
}

void tel__hex_encode(tel_slice bytes, tel__dynbuf *out)
{
	static const char digits[] = "0123456789abcdef";
	size_t room_len, i;
	char *room;

	if (bytes.len == 0)
		return;
	if (!tel__size_mul(bytes.len, 2, &room_len))
		room_len = SIZE_MAX;
	room = tel__dynbuf_room(out, room_len);
	if (!room)
		return;
	for (i = 0; i < bytes.len; i++) {
		uint8_t b = (uint8_t)bytes.ptr[i];

		room[2 * i] = digits[b >> 4];
		room[2 * i + 1] = digits[b & 15];
	}
	tel__dynbuf_advance(out, room_len);
}

/* 16 for anything that is not a hexadecimal digit. */
static unsigned digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if (c >= 'a' && c <= 'f')
		return (unsigned)(c - 'a') + 10;
	return c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10 : 16;
}

tel_err tel__hex_decode(tel_slice text, tel__dynbuf *out)
{
	char *room;
	size_t i;

	if (text.len % 2)
		return TEL_ERR_MALFORMED;
	if (text.len == 0)
		return tel__dynbuf_error(out);
	room = tel__dynbuf_room(out, text.len / 2);
	if (!room)
		return tel__dynbuf_error(out);
	for (i = 0; i < text.len / 2; i++) {
		unsigned high = digit_value(text.ptr[2 * i]), low = digit_value(text.ptr[2 * i + 1]);

		if (high > 15 || low > 15)
			return TEL_ERR_MALFORMED;
		room[i] = (char)(high << 4 | low);
	}
	tel__dynbuf_advance(out, text.len / 2);
	return TEL_OK;
}
