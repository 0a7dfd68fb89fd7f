/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_MODEL_WALK_H
#define TEL_MODEL_WALK_H
/*
 * The one walker over OTLP bytes: points, attributes, values, numbers. Inline, so that the cursor, columns, equality,
 * text and JSON pay for what they read only. The bytes were validated when they entered; reads are bounded all the same
 * and a damaged message ends where the damage begins.
 *
 * proto3's rules hold: the last of a repeated scalar or oneof member wins. Singular messages that occur twice were
 * merged when the batch was decoded.
 */
#include <telemetry/cursor.h>

#include "model/metrics_i.h"
#include "model/otlp_fields.h"
#include "model/plain.h"
#include "model/value.h"
#include "wire/pb.h"

#define TEL__LEN_TAG(field) TEL__PB_TAG(field, TEL__PB_LEN)

TEL_INLINE void tel__fields_add(tel_fields *f, uint32_t field, const uint8_t *tag, const uint8_t *end)
{
	if (!f->next) {
		f->next = (const char *)tag;
		f->field = field;
	}
	f->end = (const char *)end;
	f->count++;
}

/* The payload of the next element. */
TEL_INLINE bool tel__fields_next(tel_fields *f, tel_slice *ret_bytes)
{
	const uint8_t *p = (const uint8_t *)f->next, *end = (const uint8_t *)f->end;
	uint32_t tag, want = TEL__LEN_TAG(f->field);
	size_t len;

	/* one-byte tag and length, which is nearly every element */
	if (TEL_LIKELY(end - p >= 2 && p[0] == want && p[1] < 0x80 && p[1] <= end - p - 2)) {
		*ret_bytes = (tel_slice){ (const char *)p + 2, p[1] };
		f->next = (const char *)p + 2 + p[1];
		return true;
	}
	while (p < end) {
		p = tel__pb_tag(p, end, &tag);
		if (TEL_UNLIKELY(!p))
			break;
		if (TEL_LIKELY(tag == want)) {
			p = tel__pb_len(p, end, &len);
			if (TEL_UNLIKELY(!p))
				break;
			*ret_bytes = (tel_slice){ (const char *)p, len };
			f->next = (const char *)p + len;
			return true;
		}
		p = tel__pb_skip(p, end, tag);
		if (TEL_UNLIKELY(!p))
			break;
	}
	f->next = f->end;
	return false;
}

/* Elements of a message that has nothing else to say: ArrayValue, KeyValueList. */
TEL_INLINE tel_fields tel__fields_of(tel_slice message, uint32_t field)
{
	tel_fields f = { NULL, NULL, field, 0 };
	tel__pb_reader r = tel__pb_read(message);
	tel__pb_field e;

	while (tel__pb_next(&r, &e))
		if (e.number == field && e.wire == TEL__PB_LEN)
			tel__fields_add(&f, field, (const uint8_t *)e.raw.ptr, r.p);
	return f;
}

TEL_PRIVATE_BEGIN
/* The members of AnyValue one by one, when it is not the one that fills it. */
void tel__value_read_slow(tel_slice bytes, tel_value *ret_value);
void tel__pair_read_slow(tel_slice bytes, tel_pair *ret_pair);
/* Any attribute, plain or not. */
bool tel__attr_next_slow(tel_fields *attributes, tel_pair *ret_attr);
TEL_PRIVATE_END

/* AnyValue: almost always one field that fills it. */
TEL_INLINE void tel__value_read(tel_slice bytes, tel_value *ret_value)
{
	const uint8_t *p = (const uint8_t *)bytes.ptr, *end = p + bytes.len;
	uint64_t v;

	ret_value->count = 0;
	if (TEL_UNLIKELY(bytes.len < 2)) {
		tel__value_read_slow(bytes, ret_value);
		return;
	}
	switch (*p) {
	case TEL__LEN_TAG(TEL_VALUE_STRING):
	case TEL__LEN_TAG(TEL_VALUE_BYTES):
	case TEL__LEN_TAG(TEL_VALUE_ARRAY):
	case TEL__LEN_TAG(TEL_VALUE_KVLIST):
		if (TEL_LIKELY(p[1] < 0x80 && p[1] == bytes.len - 2)) {
			ret_value->type = (tel_value_type)(*p >> 3);
			ret_value->u.bytes = (tel_slice){ (const char *)p + 2, bytes.len - 2 };
			return;
		}
		break;
	case TEL__PB_TAG(TEL_VALUE_INT, TEL__PB_VARINT):
		if (TEL_LIKELY(tel__pb_varint(p + 1, end, &v) == end)) {
			ret_value->type = TEL_VALUE_INT;
			ret_value->u.integer = (int64_t)v;
			return;
		}
		break;
	case TEL__PB_TAG(TEL_VALUE_DOUBLE, TEL__PB_FIXED64):
		if (TEL_LIKELY(bytes.len == 9)) {
			ret_value->type = TEL_VALUE_DOUBLE;
			ret_value->u.real = tel__pb_load_double(p + 1);
			return;
		}
		break;
	default:
		break;
	}
	tel__value_read_slow(bytes, ret_value);
}

/* KeyValue: almost always a short key followed by a short value. */
TEL_INLINE void tel__pair_read(tel_slice bytes, tel_pair *ret_pair)
{
	const uint8_t *p = (const uint8_t *)bytes.ptr;
	size_t key_len, value_at;

	if (TEL_LIKELY(bytes.len >= 4 && p[0] == TEL__LEN_TAG(TEL__KV_KEY) && p[1] < 0x80)) {
		key_len = p[1];
		value_at = key_len + 4;
		if (TEL_LIKELY(value_at <= bytes.len && p[key_len + 2] == TEL__LEN_TAG(TEL__KV_VALUE) &&
		               p[key_len + 3] < 0x80 && p[key_len + 3] == bytes.len - value_at)) {
			ret_pair->key = (tel_slice){ (const char *)p + 2, key_len };
			tel__value_read((tel_slice){ (const char *)p + value_at, bytes.len - value_at }, &ret_pair->value);
			return;
		}
	}
	tel__pair_read_slow(bytes, ret_pair);
}

TEL_INLINE bool tel__attr_next(tel_fields *attributes, tel_pair *ret_attr)
{
	const uint8_t *p = (const uint8_t *)attributes->next, *value, *next;

	next = tel__plain_pair(p, (const uint8_t *)attributes->end, (uint8_t)TEL__LEN_TAG(attributes->field), &value);
	if (TEL_UNLIKELY(!next || !tel__plain_text(value, next)))
		return tel__attr_next_slow(attributes, ret_attr);
	ret_attr->key = (tel_slice){ (const char *)p + 4, p[3] };
	ret_attr->value.type = TEL_VALUE_STRING;
	ret_attr->value.count = 0;
	ret_attr->value.u.bytes = (tel_slice){ (const char *)value + 4, value[3] };
	attributes->next = (const char *)next;
	return true;
}

/* Adds one field of numbers, packed or single, of wire type TEL__PB_FIXED64 or TEL__PB_VARINT. */
TEL_INLINE void tel__numbers_add(tel_numbers *n, uint32_t field, uint32_t wire, const uint8_t *tag, const uint8_t *payload,
                                 const uint8_t *end, bool packed)
{
	if (!n->next) {
		n->next = (const char *)tag;
		n->field = field;
	}
	n->end = (const char *)end;
	if (!packed)
		n->count++;
	else if (wire == TEL__PB_FIXED64)
		n->count += (uint32_t)((size_t)(end - payload) / 8);
	else
		for (const uint8_t *p = payload; p < end; p++)
			n->count += *p < 0x80;
}

/* Steps into the next field of numbers; false at the end. Afterwards next is at a number, and run_end behind its field. */
TEL_INLINE bool tel__numbers_enter(tel_numbers *n, uint32_t wire)
{
	const uint8_t *p = (const uint8_t *)n->next, *end = (const uint8_t *)n->end;
	uint32_t tag;
	size_t len;

	while (p && p < end) {
		p = tel__pb_tag(p, end, &tag);
		if (!p)
			break;
		if (tag == TEL__LEN_TAG(n->field)) {
			p = tel__pb_len(p, end, &len);
			if (!p)
				break;
			if (len) {
				n->next = (const char *)p;
				n->run_end = n->next + len;
				return true;
			}
			continue;
		}
		if (tag == TEL__PB_TAG(n->field, wire)) {
			const uint8_t *after = tel__pb_skip(p, end, tag);

			if (!after)
				break;
			n->next = (const char *)p;
			n->run_end = (const char *)after;
			return true;
		}
		p = tel__pb_skip(p, end, tag);
	}
	n->next = n->end;
	n->run_end = NULL;
	return false;
}

TEL_INLINE bool tel__number_next_fixed(tel_numbers *n, uint64_t *ret_value)
{
	if (!n->run_end || n->run_end - n->next < 8)
		if (!tel__numbers_enter(n, TEL__PB_FIXED64) || n->run_end - n->next < 8)
			return false;
	*ret_value = tel__pb_load64(n->next);
	n->next += 8;
	if (n->next == n->run_end)
		n->run_end = NULL;
	return true;
}

TEL_INLINE bool tel__number_next_varint(tel_numbers *n, uint64_t *ret_value)
{
	const uint8_t *p;

	if (!n->run_end && !tel__numbers_enter(n, TEL__PB_VARINT))
		return false;
	p = tel__pb_varint((const uint8_t *)n->next, (const uint8_t *)n->run_end, ret_value);
	if (!p) {
		n->next = n->end;
		n->run_end = NULL;
		return false;
	}
	n->next = (const char *)p;
	if (n->next == n->run_end)
		n->run_end = NULL;
	return true;
}

TEL_PRIVATE_BEGIN
/* Everything but numbers. */
void tel__point_read_histogram(tel_slice bytes, tel_point_view *view);
void tel__point_read_exp(tel_slice bytes, tel_point_view *view);
void tel__point_read_summary(tel_slice bytes, tel_point_view *view);
void tel__exemplar_read(tel_slice bytes, tel_exemplar_view *ret_view);
void tel__quantile_read(tel_slice bytes, tel_quantile *ret_quantile);
void tel__entity_read(tel_slice bytes, tel_entity_view *ret_view);
void tel__metric_read(const tel__metric *metric, tel_metric_view *ret_view);
void tel__scope_read(const tel__envelope *e, tel_scope_view *ret_view);
void tel__resource_read(const tel__envelope *e, tel_resource_view *ret_view);
TEL_PRIVATE_END

/* Start, time, value, attributes with one-byte lengths: how every SDK writes a NumberDataPoint. Returns what is left. */
TEL_INLINE const uint8_t *tel__point_read_usual(const uint8_t *p, const uint8_t *end, tel_point_view *view)
{
	const uint8_t *first;
	uint32_t count = 0;

	if (TEL_UNLIKELY(end - p < 27 || p[0] != TEL__PB_TAG(TEL__POINT_START, TEL__PB_FIXED64) ||
	                 p[9] != TEL__PB_TAG(TEL__POINT_TIME, TEL__PB_FIXED64)))
		return p;
	if (p[18] == TEL__PB_TAG(TEL__NUMBER_DOUBLE, TEL__PB_FIXED64)) {
		view->as_double = tel__pb_load_double(p + 19);
		view->has = TEL_HAS_DOUBLE;
	} else if (p[18] == TEL__PB_TAG(TEL__NUMBER_INT, TEL__PB_FIXED64)) {
		view->as_int = (int64_t)tel__pb_load64(p + 19);
		view->has = TEL_HAS_INT;
	} else {
		return p;
	}
	view->start_unix_ns = tel__pb_load64(p + 1);
	view->time_unix_ns = tel__pb_load64(p + 10);
	first = p += 27;
	while (end - p >= 2 && p[0] == TEL__LEN_TAG(TEL__NUMBER_ATTRIBUTES) && p[1] < 0x80 && p[1] <= end - p - 2) {
		p += 2 + p[1];
		count++;
	}
	if (count)
		view->attributes = (tel_fields){ (const char *)first, (const char *)p, TEL__NUMBER_ATTRIBUTES, count };
	return p;
}

/* NumberDataPoint, the hot one. view is zeroed but for type and raw. */
TEL_INLINE void tel__point_read_number(tel_slice bytes, tel_point_view *view)
{
	const uint8_t *p = (const uint8_t *)bytes.ptr, *end = p + bytes.len, *start;
	uint32_t tag;
	uint64_t v;
	size_t len;

	p = tel__point_read_usual(p, end, view);
	while (p < end) {
		start = p;
		p = tel__pb_tag(p, end, &tag);
		if (TEL_UNLIKELY(!p))
			return;
		switch (tag) {
		case TEL__LEN_TAG(TEL__NUMBER_ATTRIBUTES):
			p = tel__pb_len(p, end, &len);
			if (TEL_UNLIKELY(!p))
				return;
			p += len;
			tel__fields_add(&view->attributes, TEL__NUMBER_ATTRIBUTES, start, p);
			for (start = p; end - p >= 2 && p[0] == (uint8_t)tag && p[1] < 0x80 && p[1] <= end - p - 2; p += 2 + p[1])
				view->attributes.count++;
			view->attributes.end = (const char *)p;
			continue;
		case TEL__PB_TAG(TEL__POINT_START, TEL__PB_FIXED64):
		case TEL__PB_TAG(TEL__POINT_TIME, TEL__PB_FIXED64):
		case TEL__PB_TAG(TEL__NUMBER_DOUBLE, TEL__PB_FIXED64):
		case TEL__PB_TAG(TEL__NUMBER_INT, TEL__PB_FIXED64):
			if (TEL_UNLIKELY(end - p < 8))
				return;
			v = tel__pb_load64(p);
			p += 8;
			if (tag >> 3 == TEL__POINT_START) {
				view->start_unix_ns = v;
			} else if (tag >> 3 == TEL__POINT_TIME) {
				view->time_unix_ns = v;
			} else if (tag >> 3 == TEL__NUMBER_DOUBLE) {
				memcpy(&view->as_double, &v, sizeof v);
				view->as_int = 0;
				view->has = TEL_HAS_DOUBLE;
			} else {
				view->as_int = (int64_t)v;
				view->as_double = 0;
				view->has = TEL_HAS_INT;
			}
			continue;
		case TEL__PB_TAG(TEL__NUMBER_FLAGS, TEL__PB_VARINT):
			p = tel__pb_varint(p, end, &v);
			if (TEL_UNLIKELY(!p))
				return;
			view->flags = (uint32_t)v;
			continue;
		default:
			p = tel__pb_skip(p, end, tag);
			if (TEL_UNLIKELY(!p))
				return;
			if (tag == TEL__LEN_TAG(TEL__NUMBER_EXEMPLARS))
				tel__fields_add(&view->exemplars, TEL__NUMBER_EXEMPLARS, start, p);
		}
	}
}

/* The points of a metric, for tel__fields_next() and tel__point_read(). */
TEL_INLINE tel_fields tel__metric_points(const tel__metric *m)
{
	tel_slice data = tel__metric_run(m);

	if (m->type == TEL__METRIC_EMPTY)
		return (tel_fields){ NULL, NULL, TEL__DATA_POINTS, 0 };
	return (tel_fields){ data.ptr, data.ptr + data.len, TEL__DATA_POINTS, m->points };
}

/* memset() of this size becomes "rep stos", which takes longer than reading the point does. */
TEL_INLINE void tel__point_clear(tel_point_view *view)
{
	typedef uint64_t lane __attribute__((vector_size(16), aligned(8), may_alias));
	lane zero = { 0, 0 }, *to = (lane *)(void *)view;

#if defined(__x86_64__)
	__asm__("" : "+x"(zero)); /* keeps the compiler from seeing a memset() again */
#endif
	for (size_t i = 0; i < sizeof *view / sizeof zero; i++)
		to[i] = zero;
	memset((char *)view + sizeof *view / sizeof zero * sizeof zero, 0, sizeof *view % sizeof zero);
}

TEL_INLINE void tel__point_read(tel_slice bytes, uint32_t type, tel_point_view *ret_view)
{
	tel__point_clear(ret_view);
	ret_view->type = (tel_metric_type)type;
	ret_view->raw = bytes;
	switch (type) {
	case TEL_METRIC_GAUGE:
	case TEL_METRIC_SUM:
		tel__point_read_number(bytes, ret_view);
		break;
	case TEL_METRIC_HISTOGRAM:
		tel__point_read_histogram(bytes, ret_view);
		break;
	case TEL_METRIC_EXP_HISTOGRAM:
		tel__point_read_exp(bytes, ret_view);
		break;
	case TEL_METRIC_SUMMARY:
		tel__point_read_summary(bytes, ret_view);
		break;
	default:
		break;
	}
}
#endif
