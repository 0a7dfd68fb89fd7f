/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/otlp_json_read.h"

#include <assert.h>
#include <math.h>

#include "base/buf_i.h"
#include "base/error_i.h"
#include "base/hex64.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "codec/otlp_json_fields.h"
#include "model/otlp_fields.h"
#include "wire/json.h"
#include "wire/json_number.h"

/* Request, ResourceMetrics, ScopeMetrics, Metric, data, point, exemplar; then three messages for each level of a value:
 * AnyValue, KeyValueList, KeyValue. */
enum { FRAMES = 8 + 3 * TEL_LIMIT_VALUE_DEPTH };
/* "0," becomes 8 bytes: no text becomes more than four times as long. */
enum { GROWTH_MAX = 4, SLACK = 64 };

struct frame {
	size_t opened;   /* in out */
	uint16_t seen;   /* bit per field number */
	uint8_t shape;
	uint8_t list;    /* field whose array of messages is being read; 0 = between members */
	uint8_t values;  /* levels of AnyValue down to here */
};

struct reader {
	tel__json json;
	tel__dynbuf out;     /* writes into a buffer of fixed size */
	tel__dynbuf scratch; /* the current string, unescaped */
	unsigned max_values;
	bool strict;
	uint32_t depth;
	tel_err code;
	tel_error *err;
	struct frame frames[FRAMES];
};

static bool fail(struct reader *r, tel_err code, const char *name, const char *why)
{
	uint32_t line, column;

	tel__json_where(&r->json, r->json.start, &line, &column);
	tel__fail_text(r->err, code, line, column, "JSON: %s: %s at line %u, column %u", name, why, line, column);
	if (r->err)
		r->err->offset = (uint64_t)(r->json.start - r->json.base);
	r->code = code;
	return false;
}

static bool broken(struct reader *r)
{
	r->code = tel__json_fail(&r->json, r->err);
	return false;
}

static bool unfit(struct reader *r, tel__json_token t, const char *name, const char *why)
{
	return t == TEL__JSON_BAD ? broken(r) : fail(r, TEL_ERR_MALFORMED, name, why);
}

/* ---- scalars ---- */

/* The current string as it reads. */
static bool string_text(struct reader *r, tel_slice *ret_text)
{
	char *room;

	*ret_text = r->json.text;
	if (!r->json.escaped)
		return true;
	tel__dynbuf_reset(&r->scratch);
	room = tel__dynbuf_room(&r->scratch, r->json.text.len);
	if (!room) {
		r->code = tel__fail_nomem(r->err);
		return false;
	}
	*ret_text = (tel_slice){ room, tel__json_unescape(r->json.text, room) };
	return true;
}

static bool number_text(struct reader *r, tel__json_token t, const char *name, tel_slice *ret_text)
{
	if (t == TEL__JSON_NUMBER) {
		*ret_text = r->json.text;
		return true;
	}
	return t == TEL__JSON_STRING ? string_text(r, ret_text) : unfit(r, t, name, "wants a number");
}

/* The words that ProtoJSON and Go's ParseFloat know. */
static bool double_word(tel_slice text, double *ret_value)
{
	bool negative = text.len && text.ptr[0] == '-';
	size_t sign = negative || (text.len && text.ptr[0] == '+');
	tel_slice word = tel__slice_sub(text, sign, text.len - sign);

	if (tel__slice_eq_nocase(word, TEL_SLICE_LIT("Infinity")) || tel__slice_eq_nocase(word, TEL_SLICE_LIT("Inf"))) {
		*ret_value = negative ? -(double)INFINITY : (double)INFINITY;
		return true;
	}
	*ret_value = (double)NAN;
	return !sign && tel__slice_eq_nocase(word, TEL_SLICE_LIT("NaN"));
}

static bool double_bits(struct reader *r, tel_slice text, const char *name, uint64_t *ret_bits)
{
	double v;
	tel_err e = tel__num_parse_double(text, &v);

	if (e == TEL_ERR_RANGE)
		return fail(r, TEL_ERR_MALFORMED, name, "number out of range");
	if (e && !double_word(text, &v))
		return fail(r, TEL_ERR_MALFORMED, name, "wants a number, NaN, Infinity or -Infinity");
	memcpy(ret_bits, &v, sizeof v);
	return true;
}

/* An integer of one of the 32-bit or signed kinds. */
static bool integer_bits(struct reader *r, tel_slice text, tel__rep rep, const char *name, uint64_t *ret_bits)
{
	int64_t v = 0;
	tel_err e = rep == TEL__REP_UINT64 ? tel__json_u64(text, ret_bits) : tel__json_i64(text, &v);
	bool fits = rep == TEL__REP_UINT64 || rep == TEL__REP_INT64 ||
	            (rep == TEL__REP_UINT32 ? v >= 0 && v <= UINT32_MAX : v >= INT32_MIN && v <= INT32_MAX);

	if (e == TEL_ERR_MALFORMED)
		return fail(r, e, name, "wants an integer");
	if (e || !fits)
		return fail(r, TEL_ERR_MALFORMED, name, "integer out of range");
	if (rep != TEL__REP_UINT64)
		*ret_bits = rep == TEL__REP_SINT32 ? tel__pb_zigzag(v) : (uint64_t)v;
	return true;
}

/* A number as its bits on the wire. */
static bool number_bits(struct reader *r, tel__json_token t, const tel__field_info *info, uint64_t *ret_bits)
{
	tel_slice text;
	int32_t named;

	if (info->rep == TEL__REP_BOOL) {
		*ret_bits = t == TEL__JSON_TRUE;
		return t == TEL__JSON_TRUE || t == TEL__JSON_FALSE || unfit(r, t, info->name, "wants true or false");
	}
	if (!number_text(r, t, info->name, &text))
		return false;
	if (info->rep == TEL__REP_DOUBLE)
		return double_bits(r, text, info->name, ret_bits);
	if (info->rep == TEL__REP_ENUM && t == TEL__JSON_STRING && (named = tel__json_enum(text)) >= 0) {
		if (r->strict)
			return fail(r, TEL_ERR_MALFORMED, info->name, "enums are numbers");
		*ret_bits = (uint64_t)named;
		return true;
	}
	return integer_bits(r, text, (tel__rep)info->rep, info->name, ret_bits);
}

static bool write_number(struct reader *r, struct frame *f, uint32_t number, tel__json_token t, bool again)
{
	const tel__field_info *info = &tel__json_infos(f->shape)[number];
	uint64_t bits;

	if (!number_bits(r, t, info, &bits))
		return false;
	if (bits == 0 && !info->presence && !again)
		return true;
	if (tel__json_shape(f->shape)->kind[number] == TEL__KIND_FIXED64)
		tel__pb_add_fixed64(&r->out, number, bits);
	else
		tel__pb_add_uint(&r->out, number, bits);
	return true;
}

static bool write_id(struct reader *r, uint32_t number, tel_slice text, const char *name)
{
	size_t digits = number == TEL__EXEMPLAR_TRACE_ID ? 32 : 16, opened;

	if (text.len && text.len != digits)
		return fail(r, TEL_ERR_MALFORMED, name, digits == 32 ? "wants 32 hex digits" : "wants 16 hex digits");
	opened = tel__pb_add_open(&r->out, number);
	if (tel__hex_decode(text, &r->out) == TEL_ERR_MALFORMED)
		return fail(r, TEL_ERR_MALFORMED, name, "has a character that is no hex digit");
	tel__pb_add_close(&r->out, opened);
	return true;
}

static bool write_base64(struct reader *r, uint32_t number, tel_slice text, const char *name)
{
	size_t opened = tel__pb_add_open(&r->out, number);

	if (tel__base64_decode(text, &r->out) == TEL_ERR_MALFORMED)
		return fail(r, TEL_ERR_MALFORMED, name, "is not base64");
	tel__pb_add_close(&r->out, opened);
	return true;
}

static bool write_text(struct reader *r, const struct frame *f, uint32_t number, tel__json_token t, bool again)
{
	const tel__field_info *info = &tel__json_infos(f->shape)[number];
	tel_slice text;

	if (t != TEL__JSON_STRING)
		return unfit(r, t, info->name, "wants a string");
	if (!string_text(r, &text))
		return false;
	if (text.len == 0 && !info->presence && !again)
		return true;
	if (info->rep == TEL__REP_HEX)
		return write_id(r, number, text, info->name);
	if (info->rep == TEL__REP_BASE64)
		return write_base64(r, number, text, info->name);
	tel__pb_add_bytes(&r->out, number, text);
	return true;
}

/* ---- lists of scalars ---- */

static bool write_texts(struct reader *r, uint32_t number, const char *name)
{
	tel__json_token t;
	tel_slice text;

	while ((t = tel__json_next(&r->json)) != TEL__JSON_ARRAY_END) {
		if (t != TEL__JSON_STRING)
			return unfit(r, t, name, "wants strings");
		if (!string_text(r, &text))
			return false;
		tel__pb_add_bytes(&r->out, number, text);
	}
	return true;
}

/* Packed, as proto3 writes them. */
static bool write_numbers(struct reader *r, uint32_t number, tel__kind kind, const tel__field_info *info)
{
	size_t before = r->out.len, opened = tel__pb_add_open(&r->out, number);
	tel__json_token t;
	uint64_t bits;

	while ((t = tel__json_next(&r->json)) != TEL__JSON_ARRAY_END) {
		if (!number_bits(r, t, info, &bits))
			return false;
		if (kind == TEL__KIND_FIXED64S)
			tel__dynbuf_put(&r->out, &bits, sizeof bits);
		else
			tel__pb_add_varint(&r->out, bits);
	}
	if (r->out.len == opened)
		r->out.len = before; /* an empty list is not there */
	else
		tel__pb_add_close(&r->out, opened);
	return true;
}

/* ---- messages ---- */

/* A message begins. Its frame is the last thing that can be missing: values are counted before. */
static bool push(struct reader *r, const struct frame *parent, uint32_t number)
{
	uint8_t sub = tel__json_shape(parent->shape)->sub[number];
	uint8_t values = (uint8_t)(parent->values + (sub == TEL__SHAPE_ANY_VALUE));

	if (values > r->max_values)
		return fail(r, TEL_ERR_LIMIT, tel__json_infos(parent->shape)[number].name, "values are nested too deeply");
	assert(r->depth < FRAMES);
	r->frames[r->depth++] = (struct frame){ tel__pb_add_open(&r->out, number), 0, sub, 0, values };
	return true;
}

static void pop(struct reader *r)
{
	const struct frame *f = &r->frames[--r->depth];

	if (r->depth)
		tel__pb_add_close(&r->out, f->opened);
}

static bool read_list(struct reader *r, struct frame *f, uint32_t number, tel__kind kind, tel__json_token t)
{
	const tel__field_info *info = &tel__json_infos(f->shape)[number];

	if (t != TEL__JSON_ARRAY)
		return unfit(r, t, info->name, "wants an array");
	if (kind == TEL__KIND_TEXTS)
		return write_texts(r, number, info->name);
	if (kind != TEL__KIND_MESSAGES)
		return write_numbers(r, number, kind, info);
	f->list = (uint8_t)number;
	return true;
}

/* The number of the member whose key was just read; 0 = unknown. Keys with escapes are rare and short. */
static bool read_key(struct reader *r, const struct frame *f, uint32_t *ret_number)
{
	tel_slice key;

	if (!string_text(r, &key))
		return false;
	*ret_number = tel__json_member(f->shape, key);
	if (!r->strict || !*ret_number)
		return true;
	const char *name = tel__json_infos(f->shape)[*ret_number].name;
	if (!tel__slice_is(key, name))
		return fail(r, TEL_ERR_MALFORMED, name, "keys are lowerCamelCase");
	return !((f->seen >> *ret_number) & 1) || fail(r, TEL_ERR_MALFORMED, name, "the key comes twice");
}

static bool read_member(struct reader *r, struct frame *f)
{
	uint32_t number;
	tel__json_token t;
	tel__kind kind;
	bool again;

	if (!read_key(r, f, &number))
		return false;
	t = tel__json_next(&r->json);
	if (number == 0)
		return tel__json_skip(&r->json, t) || broken(r);
	if (t == TEL__JSON_NULL) /* as if it were not there (ProtoJSON) */
		return true;
	/* A key that comes twice is a protobuf field that comes twice: the last scalar counts, so its zero must be written. */
	again = (f->seen >> number) & 1;
	f->seen = (uint16_t)(f->seen | 1u << number);
	kind = (tel__kind)tel__json_shape(f->shape)->kind[number];
	switch (kind) {
	case TEL__KIND_TEXT:
	case TEL__KIND_BYTES:
		return write_text(r, f, number, t, again);
	case TEL__KIND_VARINT:
	case TEL__KIND_FIXED64:
		return write_number(r, f, number, t, again);
	case TEL__KIND_MESSAGE:
		if (t != TEL__JSON_OBJECT)
			return unfit(r, t, tel__json_infos(f->shape)[number].name, "wants an object");
		return push(r, f, number);
	default:
		return read_list(r, f, number, kind, t);
	}
}

/* An element of an array of messages. null holds a place: a list without it would be another list. */
static bool read_element(struct reader *r, struct frame *f)
{
	tel__json_token t = tel__json_next(&r->json);

	switch (t) {
	case TEL__JSON_OBJECT:
		return push(r, f, f->list);
	case TEL__JSON_NULL:
		if (!push(r, f, f->list))
			return false;
		pop(r);
		return true;
	case TEL__JSON_ARRAY_END:
		f->list = 0;
		return true;
	default:
		return unfit(r, t, tel__json_infos(f->shape)[f->list].name, "wants objects");
	}
}

static bool read_step(struct reader *r)
{
	struct frame *f = &r->frames[r->depth - 1];
	tel__json_token t;

	if (f->list)
		return read_element(r, f);
	t = tel__json_next(&r->json);
	if (t == TEL__JSON_KEY)
		return read_member(r, f);
	if (t != TEL__JSON_OBJECT_END)
		return broken(r);
	pop(r);
	return true;
}

static bool read_request(struct reader *r)
{
	tel__json_token t = tel__json_next(&r->json);

	if (t != TEL__JSON_OBJECT)
		return unfit(r, t, "request", "wants an object");
	r->frames[0] = (struct frame){ .shape = TEL__JSON_REQUEST };
	r->depth = 1;
	while (r->depth)
		if (!read_step(r) || tel__dynbuf_error(&r->out))
			return false;
	return tel__json_next(&r->json) == TEL__JSON_END || broken(r);
}

/* Writes into cap bytes. TEL_ERR_RANGE: they are too few. */
static tel_err read_into(tel_slice text, const tel__json_read_opts *opts, tel_buf *buf, tel_error *err)
{
	size_t cap = tel__buf_cap(buf);
	struct reader r;
	bool done;

	tel__json_init(&r.json, text);
	r.out = (tel__dynbuf){ tel__buf_room(buf), 0, cap, cap, opts->alloc, TEL_OK };
	tel__dynbuf_init(&r.scratch, opts->alloc, text.len);
	r.max_values = opts->max_depth;
	r.strict = opts->strict;
	r.code = TEL_OK;
	r.err = err;
	done = read_request(&r);
	tel__dynbuf_fini(&r.scratch);
	if (r.code)
		return r.code;
	if (tel__dynbuf_error(&r.out))
		return TEL_ERR_RANGE;
	assert(done);
	tel__buf_set_len(buf, r.out.len);
	return TEL_OK;
}

static tel_err read_within(tel_slice text, const tel__json_read_opts *opts, size_t cap, tel_buf **ret_buf, tel_error *err)
{
	tel_buf *buf;
	tel_err e = tel__buf_new(opts->alloc, cap, opts->budget, &buf);

	if (e == TEL_ERR_BUDGET)
		return tel__fail(err, e, "JSON: no room in the memory budget");
	if (e)
		return tel__fail_nomem(err);
	e = read_into(text, opts, buf, err);
	if (e) {
		tel_buf_unref(buf);
		return e;
	}
	/* what was not needed goes back; a refusal to shrink is no harm */
	(void)tel__buf_resize(&buf, tel_buf_get(buf).len);
	*ret_buf = buf;
	return TEL_OK;
}

tel_err tel__otlp_json_read(tel_slice text, const tel__json_read_opts *opts, tel_buf **ret_buf, tel_error *err)
{
	size_t most = text.len > (SIZE_MAX - SLACK) / GROWTH_MAX ? SIZE_MAX : text.len * GROWTH_MAX + SLACK;
	size_t first = text.len < SIZE_MAX - SLACK ? text.len + SLACK : SIZE_MAX;
	tel_err e;

	/* Texts that grow are rare (many zeros): the second pass is for them. */
	most = most < opts->max_bytes ? most : opts->max_bytes;
	e = read_within(text, opts, first < most ? first : most, ret_buf, err);
	if (e == TEL_ERR_RANGE && first < most)
		e = read_within(text, opts, most, ret_buf, err);
	if (e == TEL_ERR_RANGE)
		return tel__fail(err, TEL_ERR_LIMIT, "JSON: needs more than %zu bytes as protobuf", most);
	return e;
}
