/* SPDX-License-Identifier: Apache-2.0 */
#include "model/value.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "model/check.h"
#include "wire/pb.h"

static bool text_ok(tel_slice s)
{
	return s.len == 0 || tel__utf8_ok((const uint8_t *)s.ptr, s.len);
}

/* An encoded list is taken over as it is when it is what a decoder would take, too. */
static tel_err check_list(const tel_value *value, unsigned depth)
{
	tel__check c = { .max_depth = depth };
	const uint8_t *p = (const uint8_t *)value->u.bytes.ptr;
	tel__shape_id shape = value->type == TEL_VALUE_ARRAY ? TEL__SHAPE_ARRAY : TEL__SHAPE_KVLIST;

	if (value->u.bytes.len == 0)
		return TEL_OK;
	if (!p)
		return TEL_ERR_ARG;
	if (!tel__check_message(&c, shape, p, p + value->u.bytes.len))
		return c.error == TEL_ERR_LIMIT ? TEL_ERR_LIMIT : TEL_ERR_ARG;
	return c.bad_text || c.again ? TEL_ERR_ARG : TEL_OK;
}

static tel_err add_pair(tel__dynbuf *out, uint32_t field, tel_slice key, const tel_value *value, unsigned depth);

/* AnyValue as the given field; depth is what is left. */
static tel_err add_any(tel__dynbuf *out, uint32_t field, const tel_value *value, unsigned depth)
{
	size_t any, list;
	tel_err code = TEL_OK;

	if (depth == 0)
		return TEL_ERR_LIMIT;
	any = tel__pb_add_open(out, field);
	switch (value->type) {
	case TEL_VALUE_EMPTY:
		break;
	case TEL_VALUE_BOOL:
		tel__pb_add_uint(out, TEL_VALUE_BOOL, value->u.boolean);
		break;
	case TEL_VALUE_INT:
		tel__pb_add_uint(out, TEL_VALUE_INT, (uint64_t)value->u.integer);
		break;
	case TEL_VALUE_DOUBLE:
		tel__pb_add_double(out, TEL_VALUE_DOUBLE, value->u.real);
		break;
	case TEL_VALUE_STRING:
		if (!text_ok(value->u.bytes))
			return TEL_ERR_ARG;
		tel__pb_add_bytes(out, TEL_VALUE_STRING, value->u.bytes);
		break;
	case TEL_VALUE_BYTES:
		tel__pb_add_bytes(out, TEL_VALUE_BYTES, value->u.bytes);
		break;
	case TEL_VALUE_ARRAY:
	case TEL_VALUE_KVLIST:
		code = check_list(value, depth - 1);
		tel__pb_add_bytes(out, (uint32_t)value->type, value->u.bytes);
		break;
	case TEL_VALUE_ITEMS:
		list = tel__pb_add_open(out, TEL_VALUE_ARRAY);
		for (uint32_t i = 0; i < value->count && !code; i++)
			code = add_any(out, TEL__LIST_VALUES, &value->u.items[i], depth - 1);
		tel__pb_add_close(out, list);
		break;
	case TEL_VALUE_PAIRS:
		list = tel__pb_add_open(out, TEL_VALUE_KVLIST);
		for (uint32_t i = 0; i < value->count && !code; i++)
			code = add_pair(out, TEL__LIST_VALUES, value->u.pairs[i].key, &value->u.pairs[i].value, depth - 1);
		tel__pb_add_close(out, list);
		break;
	default:
		return TEL_ERR_ARG;
	}
	tel__pb_add_close(out, any);
	return code;
}

static tel_err add_pair(tel__dynbuf *out, uint32_t field, tel_slice key, const tel_value *value, unsigned depth)
{
	size_t pair = tel__pb_add_open(out, field);
	tel_err code;

	if (!text_ok(key))
		return TEL_ERR_ARG;
	tel__pb_add_bytes(out, TEL__KV_KEY, key);
	code = add_any(out, TEL__KV_VALUE, value, depth);
	tel__pb_add_close(out, pair);
	return code;
}

tel_err tel__value_add_pair(tel__dynbuf *out, uint32_t field, tel_slice key, const tel_value *value)
{
	size_t start = out->len;
	tel_err code = add_pair(out, field, key, value, TEL_LIMIT_VALUE_DEPTH);

	if (tel__dynbuf_error(out))
		return tel__dynbuf_error(out);
	if (code)
		out->len = start;
	return code;
}
