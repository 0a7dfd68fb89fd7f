/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_WIRE_PB_H
#define TEL_WIRE_PB_H
/*
 * Protobuf wire format, reader and writer. Inline, because OTLP is made of one-byte tags and one-byte lengths.
 *
 * The low reader is a family of functions from a position to the next position; NULL says that the bytes at the position
 * that was passed in are damaged, and tel__pb_why() then tells how. Refused everywhere: truncated fields, varints over
 * 10 bytes or 64 bits, tag 0, field numbers over 2^29-1, groups and the wire types 6 and 7.
 * https://protobuf.dev/programming-guides/encoding/
 */
#include <string.h>

#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/dynbuf.h"
#include "base/visibility.h"

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "fixed-width fields are read in place: this code needs a little-endian machine"
#endif

enum { TEL__PB_VARINT = 0, TEL__PB_FIXED64 = 1, TEL__PB_LEN = 2, TEL__PB_FIXED32 = 5 };
enum { TEL__PB_FIELD_MAX = (1 << 29) - 1, TEL__PB_VARINT_MAX = 10 };
/* Tag of a field as it stands on the wire. */
#define TEL__PB_TAG(field, wire) (((uint32_t)(field) << 3) | (uint32_t)(wire))

TEL_PRIVATE_BEGIN

const uint8_t *tel__pb_varint_slow(const uint8_t *p, const uint8_t *end, uint64_t *ret_value);
const uint8_t *tel__pb_tag_slow(const uint8_t *p, const uint8_t *end, uint32_t *ret_tag);
/* Why the field at p cannot be read, as a phrase for a message; NULL when it can. */
const char *tel__pb_why(const uint8_t *p, const uint8_t *end);

TEL_PRIVATE_END

TEL_INLINE const uint8_t *tel__pb_varint(const uint8_t *p, const uint8_t *end, uint64_t *ret_value)
{
	if (TEL_LIKELY(p < end && *p < 0x80)) {
		*ret_value = *p;
		return p + 1;
	}
	return tel__pb_varint_slow(p, end, ret_value);
}

/* A tag: field number 1 to 2^29-1, wire type 0, 1, 2 or 5. */
TEL_INLINE const uint8_t *tel__pb_tag(const uint8_t *p, const uint8_t *end, uint32_t *ret_tag)
{
	/* bit n: wire type n is allowed */
	if (TEL_LIKELY(p < end && *p < 0x80 && *p >= 8 && ((0x27u >> (*p & 7)) & 1))) {
		*ret_tag = *p;
		return p + 1;
	}
	return tel__pb_tag_slow(p, end, ret_tag);
}

/* A length that fits into what is left. */
TEL_INLINE const uint8_t *tel__pb_len(const uint8_t *p, const uint8_t *end, size_t *ret_len)
{
	uint64_t len;

	if (TEL_LIKELY(p < end && *p < 0x80)) {
		len = *p++;
	} else {
		p = tel__pb_varint_slow(p, end, &len);
		if (TEL_UNLIKELY(!p))
			return NULL;
	}
	if (TEL_UNLIKELY(len > (uint64_t)(end - p)))
		return NULL;
	*ret_len = (size_t)len;
	return p;
}

/* Past the value of a field whose tag was read. */
TEL_INLINE const uint8_t *tel__pb_skip(const uint8_t *p, const uint8_t *end, uint32_t tag)
{
	uint64_t value;
	size_t len;

	switch (tag & 7) {
	case TEL__PB_LEN:
		p = tel__pb_len(p, end, &len);
		return p ? p + len : NULL;
	case TEL__PB_FIXED64:
		return end - p >= 8 ? p + 8 : NULL;
	case TEL__PB_FIXED32:
		return end - p >= 4 ? p + 4 : NULL;
	default:
		return tel__pb_varint(p, end, &value);
	}
}

TEL_INLINE uint64_t tel__pb_load64(const void *p)
{
	uint64_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

TEL_INLINE uint32_t tel__pb_load32(const void *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

TEL_INLINE double tel__pb_load_double(const void *p)
{
	double v;
	memcpy(&v, p, sizeof v);
	return v;
}

/* The high reader: one field at a time, for whatever is not hot. */
typedef struct tel__pb_field {
	uint32_t number; /* field number */
	uint32_t wire;   /* TEL__PB_VARINT, ... */
	uint64_t value;  /* varint, fixed64 or fixed32 */
	tel_slice bytes; /* payload when wire is TEL__PB_LEN */
	tel_slice raw;   /* the whole field with its tag */
} tel__pb_field;

typedef struct tel__pb_reader {
	const uint8_t *p, *end;
	bool bad; /* the field at p is damaged */
} tel__pb_reader;

TEL_INLINE tel__pb_reader tel__pb_read(tel_slice message)
{
	const uint8_t *p = (const uint8_t *)message.ptr;
	return (tel__pb_reader){ p, p ? p + message.len : p, false };
}

/* False at the end, and when the bytes are damaged (r->bad; r->p stays at the damaged field). */
TEL_INLINE bool tel__pb_next(tel__pb_reader *r, tel__pb_field *ret_field)
{
	const uint8_t *p = r->p, *start = r->p;
	uint32_t tag;
	size_t len;

	if (p >= r->end)
		return false;
	p = tel__pb_tag(p, r->end, &tag);
	if (TEL_UNLIKELY(!p))
		goto bad;
	ret_field->number = tag >> 3;
	ret_field->wire = tag & 7;
	ret_field->value = 0;
	ret_field->bytes = (tel_slice){ NULL, 0 };
	switch (tag & 7) {
	case TEL__PB_LEN:
		p = tel__pb_len(p, r->end, &len);
		if (TEL_UNLIKELY(!p))
			goto bad;
		ret_field->bytes = (tel_slice){ (const char *)p, len };
		p += len;
		break;
	case TEL__PB_FIXED64:
		if (TEL_UNLIKELY(r->end - p < 8))
			goto bad;
		ret_field->value = tel__pb_load64(p);
		p += 8;
		break;
	case TEL__PB_FIXED32:
		if (TEL_UNLIKELY(r->end - p < 4))
			goto bad;
		ret_field->value = tel__pb_load32(p);
		p += 4;
		break;
	default:
		p = tel__pb_varint(p, r->end, &ret_field->value);
		if (TEL_UNLIKELY(!p))
			goto bad;
	}
	ret_field->raw = (tel_slice){ (const char *)start, (size_t)(p - start) };
	r->p = p;
	return true;
bad:
	r->bad = true;
	return false;
}

TEL_INLINE int64_t tel__pb_unzigzag(uint64_t v)
{
	return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

TEL_INLINE uint64_t tel__pb_zigzag(int64_t v)
{
	return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

/* Writers into storage that is known to be large enough; each returns the position behind what it wrote. */

TEL_INLINE size_t tel__pb_varint_size(uint64_t v)
{
	/* 9 of 64 bits per byte, rounded up, without a division */
	return (size_t)(9 * (64 - __builtin_clzll(v | 1)) + 64) / 64;
}

TEL_INLINE size_t tel__pb_tag_size(uint32_t field)
{
	return tel__pb_varint_size((uint64_t)field << 3);
}

/* Tag, length and payload of a field with len bytes. */
TEL_INLINE size_t tel__pb_len_size(uint32_t field, size_t len)
{
	return tel__pb_tag_size(field) + tel__pb_varint_size(len) + len;
}

TEL_INLINE uint8_t *tel__pb_put_varint(uint8_t *p, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		*p++ = (uint8_t)(v | 0x80);
	*p++ = (uint8_t)v;
	return p;
}

TEL_INLINE uint8_t *tel__pb_put_tag(uint8_t *p, uint32_t field, uint32_t wire)
{
	return tel__pb_put_varint(p, TEL__PB_TAG(field, wire));
}

TEL_INLINE uint8_t *tel__pb_put_fixed64(uint8_t *p, uint32_t field, uint64_t v)
{
	p = tel__pb_put_tag(p, field, TEL__PB_FIXED64);
	memcpy(p, &v, sizeof v);
	return p + sizeof v;
}

TEL_INLINE uint8_t *tel__pb_put_fixed32(uint8_t *p, uint32_t field, uint32_t v)
{
	p = tel__pb_put_tag(p, field, TEL__PB_FIXED32);
	memcpy(p, &v, sizeof v);
	return p + sizeof v;
}

TEL_INLINE uint8_t *tel__pb_put_double(uint8_t *p, uint32_t field, double v)
{
	p = tel__pb_put_tag(p, field, TEL__PB_FIXED64);
	memcpy(p, &v, sizeof v);
	return p + sizeof v;
}

TEL_INLINE uint8_t *tel__pb_put_uint(uint8_t *p, uint32_t field, uint64_t v)
{
	return tel__pb_put_varint(tel__pb_put_tag(p, field, TEL__PB_VARINT), v);
}

/* Tag and length; the payload is the caller's. */
TEL_INLINE uint8_t *tel__pb_put_head(uint8_t *p, uint32_t field, size_t len)
{
	return tel__pb_put_varint(tel__pb_put_tag(p, field, TEL__PB_LEN), len);
}

TEL_INLINE uint8_t *tel__pb_put_bytes(uint8_t *p, uint32_t field, tel_slice s)
{
	p = tel__pb_put_head(p, field, s.len);
	if (s.len)
		memcpy(p, s.ptr, s.len);
	return p + s.len;
}

TEL_PRIVATE_BEGIN

/* Writers into a growable buffer; a failure sticks in the buffer. */
void tel__pb_add_varint(tel__dynbuf *b, uint64_t v);
void tel__pb_add_uint(tel__dynbuf *b, uint32_t field, uint64_t v);
void tel__pb_add_fixed64(tel__dynbuf *b, uint32_t field, uint64_t v);
void tel__pb_add_fixed32(tel__dynbuf *b, uint32_t field, uint32_t v);
void tel__pb_add_double(tel__dynbuf *b, uint32_t field, double v);
void tel__pb_add_bytes(tel__dynbuf *b, uint32_t field, tel_slice s);
/* A message whose length is not known yet: open it, write its fields, close it with what open returned. The payload is
 * moved when its length needs more than one byte. */
size_t tel__pb_add_open(tel__dynbuf *b, uint32_t field);
void tel__pb_add_close(tel__dynbuf *b, size_t opened);

TEL_PRIVATE_END
#endif
