/* SPDX-License-Identifier: Apache-2.0 */
#include "model/check.h"

#include "base/utf8.h"
#include "model/plain.h"
#include "wire/pb.h"

static bool check(tel__check *c, const tel__shape *shape, const uint8_t *p, const uint8_t *end, unsigned depth,
                  uint32_t seen);

bool tel__check_damage(tel__check *c, const uint8_t *p, const uint8_t *end)
{
	const char *why = tel__pb_why(p, end);

	c->error = TEL_ERR_MALFORMED;
	c->at = p;
	c->end = end;
	c->why = why ? why : "a packed field is damaged";
	return false;
}

static bool too_deep(tel__check *c, const uint8_t *p, const uint8_t *end)
{
	c->error = TEL_ERR_LIMIT;
	c->at = p;
	c->end = end;
	c->why = "an attribute value is nested too deeply";
	return false;
}

TEL_INLINE void text(tel__check *c, const uint8_t *p, size_t len)
{
	if (TEL_UNLIKELY(!tel__utf8_ok(p, len)) && !c->bad_text)
		c->bad_text = p;
}

/* True when no byte of the run has its high bit set. */
TEL_INLINE bool ascii(const uint8_t *p, const uint8_t *end)
{
	typedef uint64_t lane __attribute__((vector_size(16)));
	lane a, b, bits = { 0, 0 };

	for (; end - p >= 32; p += 32) {
		memcpy(&a, p, 16);
		memcpy(&b, p + 16, 16);
		bits |= a | b;
	}
	uint64_t rest = bits[0] | bits[1];
	for (; end - p >= 8; p += 8)
		rest |= tel__pb_load64(p);
	for (; p < end; p++)
		rest |= *p;
	return !(rest & 0x8080808080808080u);
}

/* The text of a run of plain attributes one by one: something in it is not ASCII. */
static void check_run(tel__check *c, const uint8_t *p, const uint8_t *end)
{
	const uint8_t *key, *value;

	for (; p < end; p += 2 + p[1]) {
		key = p + 2;
		value = key + 2 + key[1];
		text(c, key + 2, key[1]);
		if (value[2] == 0x0a)
			text(c, value + 4, value[3]);
	}
}

/* A value that is not text and fills its AnyValue: bool or int, up to 9 bytes, or double. */
TEL_INLINE bool plain_number(const uint8_t *value, const uint8_t *end)
{
	const uint8_t *p = value + 3;

	if (value[0] != 0x12 || value[1] != end - value - 2)
		return false;
	if (value[2] == 0x21)
		return end - p == 8;
	if ((value[2] != 0x18 && value[2] != 0x10) || end - p > 9)
		return false;
	while (p < end && *p >= 0x80)
		p++;
	return end - p == 1;
}

/*
 * A run of plain attributes. All tags and lengths are below 0x80, so that a stretch of them is UTF-8 when it is ASCII, and
 * that is one sweep instead of two checks per attribute; numbers end a stretch. Returns the first field that is not
 * plain.
 */
TEL_INLINE const uint8_t *plain_attributes(tel__check *c, const uint8_t *p, const uint8_t *end, uint8_t tag)
{
	const uint8_t *start = p, *stretch = p, *value, *next;
	bool all_ascii = true;

	for (; (next = tel__plain_pair(p, end, tag, &value)); p = next) {
		if (TEL_LIKELY(tel__plain_text(value, next)))
			continue;
		if (TEL_UNLIKELY(!plain_number(value, next)))
			break;
		if (next - value > 4) { /* one byte is below 0x80 and may stay in the stretch */
			all_ascii &= ascii(stretch, value);
			stretch = next;
		}
	}
	all_ascii &= ascii(stretch, p);
	if (TEL_UNLIKELY(!all_ascii))
		check_run(c, start, p);
	return p;
}

static bool packed_varints(tel__check *c, const uint8_t *p, const uint8_t *end)
{
	uint64_t value;
	const uint8_t *next;

	if (ascii(p, end)) /* every byte is a number */
		return true;
	for (; p < end; p = next) {
		next = tel__pb_varint(p, end, &value);
		if (!next) {
			tel__check_damage(c, p, end);
			c->why = "a packed varint is damaged";
			return false;
		}
	}
	return true;
}

/* A length-delimited field of known kind; p is its payload, field where its tag stands. */
static bool check_len(tel__check *c, unsigned kind, unsigned sub, const uint8_t *field, const uint8_t *p, size_t len,
                      unsigned depth)
{
	switch (kind) {
	case TEL__KIND_TEXT:
	case TEL__KIND_TEXTS:
		text(c, p, len);
		return true;
	case TEL__KIND_MESSAGE:
	case TEL__KIND_MESSAGES:
		if (sub == TEL__SHAPE_ANY_VALUE && ++depth > c->max_depth)
			return too_deep(c, field, p + len);
		return check(c, &tel__shapes[sub], p, p + len, depth, 0);
	case TEL__KIND_FIXED64S:
		return len % 8 == 0 || tel__check_damage(c, field, p + len);
	case TEL__KIND_VARINTS:
		return packed_varints(c, p, p + len);
	default:
		return true;
	}
}

/* Notes a field that may occur once, alone or as one of the oneof. */
TEL_INLINE void once(tel__check *c, const tel__shape *shape, uint32_t number, uint32_t *seen)
{
	uint32_t bit = 1u << number;
	uint32_t group = shape->oneof & bit ? shape->oneof : bit;

	c->again |= (*seen & group) != 0;
	*seen |= bit;
}

/* Recursion is bounded by max_depth levels of values, two messages each, plus what stands above them. */
static bool check(tel__check *c, const tel__shape *shape, const uint8_t *p, const uint8_t *end, unsigned depth,
                  uint32_t seen)
{
	const uint8_t *field, *next;
	uint32_t tag, number;
	unsigned kind;
	size_t len;

	while (p < end) {
		field = p;
		p = tel__pb_tag(p, end, &tag);
		if (TEL_UNLIKELY(!p))
			return tel__check_damage(c, field, end);
		number = tag >> 3 < TEL__SHAPE_FIELDS ? tag >> 3 : 0;
		kind = shape->kind[number];
		if ((tag & 7) != TEL__PB_LEN) {
			p = tel__pb_skip(p, end, tag);
			if (TEL_UNLIKELY(!p))
				return tel__check_damage(c, field, end);
			/* a known number with another wire type is an unknown field */
			if (shape->oneof & (1u << number) && ((kind == TEL__KIND_FIXED64 && (tag & 7) == TEL__PB_FIXED64) ||
			                                      (kind == TEL__KIND_VARINT && (tag & 7) == TEL__PB_VARINT)))
				once(c, shape, number, &seen);
			continue;
		}
		if (kind == TEL__KIND_MESSAGES && shape->sub[number] == TEL__SHAPE_KEY_VALUE && depth < c->max_depth) {
			next = plain_attributes(c, field, end, (uint8_t)tag);
			if (TEL_LIKELY(next != field)) {
				p = next;
				continue;
			}
		}
		p = tel__pb_len(p, end, &len);
		if (TEL_UNLIKELY(!p))
			return tel__check_damage(c, field, end);
		if (kind == TEL__KIND_MESSAGE || (kind >= TEL__KIND_TEXT && shape->oneof & (1u << number)))
			once(c, shape, number, &seen);
		if (TEL_UNLIKELY(!check_len(c, kind, shape->sub[number], field, p, len, depth)))
			return false;
		p += len;
	}
	return true;
}

bool tel__check_message(tel__check *c, tel__shape_id shape, const uint8_t *p, const uint8_t *end)
{
	return check(c, &tel__shapes[shape], p, end, 0, 0);
}

/* Start, time and value stand first in what every SDK sends. */
TEL_INLINE bool check_number_point(tel__check *c, const uint8_t *p, const uint8_t *end)
{
	uint32_t seen = 0;

	if (TEL_LIKELY(end - p >= 27 && p[0] == 0x11 && p[9] == 0x19 && (p[18] == 0x21 || p[18] == 0x31))) {
		seen = 1u << (p[18] >> 3);
		p = plain_attributes(c, p + 27, end, 0x3a);
		if (TEL_LIKELY(p == end))
			return true;
	}
	return check(c, &tel__shapes[TEL__SHAPE_NUMBER_POINT], p, end, 0, seen);
}

/* Tag 0A and a length of one or two bytes, which is nearly every point; NULL = look closer. */
TEL_INLINE const uint8_t *point_head(const uint8_t *p, const uint8_t *end, size_t *ret_len)
{
	size_t len;

	if (TEL_UNLIKELY(end - p < 3 || p[0] != 0x0a))
		return NULL;
	len = p[1];
	if (len >= 0x80) {
		if (TEL_UNLIKELY(p[2] >= 0x80))
			return NULL;
		len = (len & 0x7f) | (size_t)p[2] << 7;
		p++;
	}
	p += 2;
	if (TEL_UNLIKELY(len > (size_t)(end - p)))
		return NULL;
	*ret_len = len;
	return p;
}

bool tel__check_data(tel__check *c, uint32_t type, bool full, const uint8_t *p, const uint8_t *end,
                     uint32_t *ret_points)
{
	const tel__shape *shape = &tel__shapes[tel__shape_of_point(type)];
	bool number = shape == &tel__shapes[TEL__SHAPE_NUMBER_POINT];
	const uint8_t *field, *body;
	uint32_t points = 0, tag;
	size_t len;

	while (p < end) {
		body = point_head(p, end, &len);
		if (TEL_UNLIKELY(!body)) {
			field = p;
			p = tel__pb_tag(p, end, &tag);
			if (!p)
				return tel__check_damage(c, field, end);
			if (tag != TEL__PB_TAG(1, TEL__PB_LEN)) {
				p = tel__pb_skip(p, end, tag);
				if (!p)
					return tel__check_damage(c, field, end);
				continue;
			}
			body = tel__pb_len(p, end, &len);
			if (!body)
				return tel__check_damage(c, field, end);
		}
		p = body + len;
		points++;
		if (full && TEL_UNLIKELY(!(number ? check_number_point(c, body, p) : check(c, shape, body, p, 0, 0))))
			return false;
	}
	*ret_points = points;
	return true;
}
