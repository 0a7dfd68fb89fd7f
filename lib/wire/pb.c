/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/pb.h"

const uint8_t *tel__pb_varint_slow(const uint8_t *p, const uint8_t *end, uint64_t *ret_value)
{
	uint64_t value = 0;

	for (unsigned i = 0; i < TEL__PB_VARINT_MAX; i++) {
		if (p >= end)
			return NULL;
		/* the tenth byte carries bit 63 alone */
		if (i == TEL__PB_VARINT_MAX - 1 && *p > 1)
			return NULL;
		value |= (uint64_t)(*p & 0x7f) << (7 * i);
		if (*p++ < 0x80) {
			*ret_value = value;
			return p;
		}
	}
	return NULL;
}

const uint8_t *tel__pb_tag_slow(const uint8_t *p, const uint8_t *end, uint32_t *ret_tag)
{
	uint64_t tag;

	p = tel__pb_varint_slow(p, end, &tag);
	if (!p || tag >> 32 || tag >> 3 == 0 || !((0x27u >> (tag & 7)) & 1))
		return NULL;
	*ret_tag = (uint32_t)tag;
	return p;
}

const char *tel__pb_why(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *value;
	uint64_t tag, len;

	if (p >= end)
		return "a field is missing";
	value = tel__pb_varint_slow(p, end, &tag);
	if (!value)
		return end - p >= TEL__PB_VARINT_MAX ? "a tag is longer than 10 bytes" : "a tag is cut off";
	if (tag >> 3 == 0)
		return "field number 0";
	if (tag >> 32)
		return "a field number is above 2^29-1";
	switch (tag & 7) {
	case TEL__PB_LEN:
		p = tel__pb_varint_slow(value, end, &len);
		if (!p)
			return end - value >= TEL__PB_VARINT_MAX ? "a length is longer than 10 bytes" : "a length is cut off";
		return len > (uint64_t)(end - p) ? "a length reaches past the end" : NULL;
	case TEL__PB_FIXED64:
		return end - value < 8 ? "a fixed64 is cut off" : NULL;
	case TEL__PB_FIXED32:
		return end - value < 4 ? "a fixed32 is cut off" : NULL;
	case TEL__PB_VARINT:
		if (tel__pb_varint_slow(value, end, &len))
			return NULL;
		return end - value >= TEL__PB_VARINT_MAX ? "a varint is longer than 10 bytes" : "a varint is cut off";
	case 3:
	case 4:
		return "groups are not allowed";
	default:
		return "wire type 6 or 7";
	}
}

enum { SCALAR_MAX = 5 + TEL__PB_VARINT_MAX }; /* tag and the longest scalar */

static void advance(tel__dynbuf *b, const char *from, const uint8_t *to)
{
	tel__dynbuf_advance(b, (size_t)((const char *)to - from));
}

void tel__pb_add_varint(tel__dynbuf *b, uint64_t v)
{
	char *p = tel__dynbuf_room(b, TEL__PB_VARINT_MAX);

	if (p)
		advance(b, p, tel__pb_put_varint((uint8_t *)p, v));
}

void tel__pb_add_uint(tel__dynbuf *b, uint32_t field, uint64_t v)
{
	char *p = tel__dynbuf_room(b, SCALAR_MAX);

	if (p)
		advance(b, p, tel__pb_put_uint((uint8_t *)p, field, v));
}

void tel__pb_add_fixed64(tel__dynbuf *b, uint32_t field, uint64_t v)
{
	char *p = tel__dynbuf_room(b, SCALAR_MAX);

	if (p)
		advance(b, p, tel__pb_put_fixed64((uint8_t *)p, field, v));
}

void tel__pb_add_fixed32(tel__dynbuf *b, uint32_t field, uint32_t v)
{
	char *p = tel__dynbuf_room(b, SCALAR_MAX);

	if (p)
		advance(b, p, tel__pb_put_fixed32((uint8_t *)p, field, v));
}

void tel__pb_add_double(tel__dynbuf *b, uint32_t field, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof bits);
	tel__pb_add_fixed64(b, field, bits);
}

void tel__pb_add_bytes(tel__dynbuf *b, uint32_t field, tel_slice s)
{
	char *p;

	if (s.len > b->max) { /* the sum below must not wrap */
		p = tel__dynbuf_room(b, b->max + 1);
		return;
	}
	p = tel__dynbuf_room(b, SCALAR_MAX + s.len);
	if (p)
		advance(b, p, tel__pb_put_bytes((uint8_t *)p, field, s));
}

size_t tel__pb_add_open(tel__dynbuf *b, uint32_t field)
{
	char *p = tel__dynbuf_room(b, SCALAR_MAX);

	if (p)
		advance(b, p, tel__pb_put_head((uint8_t *)p, field, 0));
	return b->len;
}

void tel__pb_add_close(tel__dynbuf *b, size_t opened)
{
	size_t len, more;

	if (tel__dynbuf_error(b))
		return;
	len = b->len - opened;
	more = tel__pb_varint_size(len) - 1;
	if (more) {
		if (!tel__dynbuf_room(b, more))
			return;
		memmove(b->ptr + opened + more, b->ptr + opened, len);
		tel__dynbuf_advance(b, more);
	}
	tel__pb_put_varint((uint8_t *)b->ptr + opened - 1, len);
}
