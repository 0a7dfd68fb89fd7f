/* SPDX-License-Identifier: Apache-2.0 */
#include "model/attrs.h"

#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "model/value.h"
#include "wire/pb.h"

tel_err tel_attrs_new(const tel_alloc *alloc, tel_attrs **ret_attrs)
{
	tel_attrs *attrs;

	alloc = tel__alloc_or_default(alloc);
	attrs = tel__mem_zero(alloc, 1, sizeof *attrs);
	if (!attrs)
		return TEL_ERR_NOMEM;
	attrs->alloc = *alloc;
	tel__dynbuf_init(&attrs->bytes, &attrs->alloc, TEL_LIMIT_ATTRS_BYTES);
	*ret_attrs = attrs;
	return TEL_OK;
}

void tel_attrs_free(tel_attrs *attrs)
{
	tel_alloc alloc;

	if (!attrs)
		return;
	tel__dynbuf_fini(&attrs->bytes);
	if (attrs->starts)
		tel__mem_free(&attrs->alloc, attrs->starts, attrs->cap, sizeof *attrs->starts);
	alloc = attrs->alloc;
	tel__mem_free(&alloc, attrs, 1, sizeof *attrs);
}

static bool has_key(const tel_attrs *attrs, tel_slice key)
{
	tel__pb_reader r = tel__pb_read(tel__dynbuf_get(&attrs->bytes)), pair;
	tel__pb_field f, member;

	while (tel__pb_next(&r, &f)) {
		pair = tel__pb_read(f.bytes);
		while (tel__pb_next(&pair, &member))
			if (member.number == TEL__KV_KEY && tel__slice_eq(member.bytes, key))
				return true;
	}
	return false;
}

static tel_err grow(tel_attrs *attrs)
{
	uint32_t cap = attrs->cap ? attrs->cap * 2 : 8;
	uint32_t *starts = tel__mem_resize(&attrs->alloc, attrs->starts, attrs->cap, cap, sizeof *starts);

	if (!starts)
		return TEL_ERR_NOMEM;
	attrs->starts = starts;
	attrs->cap = cap;
	return TEL_OK;
}

tel_err tel_attrs_put(tel_attrs *attrs, tel_slice key, const tel_value *value)
{
	size_t start;
	tel_err code;

	if (!attrs || !value || (!key.ptr && key.len))
		return TEL_ERR_ARG;
	if (has_key(attrs, key))
		return TEL_ERR_EXISTS;
	if (attrs->count == attrs->cap && grow(attrs))
		return TEL_ERR_NOMEM;
	start = attrs->bytes.len;
	code = tel__value_add_pair(&attrs->bytes, TEL__ATTRS_FIELD, key, value);
	if (code) { /* a set stays usable after a refused attribute */
		attrs->bytes.len = start;
		attrs->bytes.error = TEL_OK;
		return code;
	}
	attrs->starts[attrs->count++] = (uint32_t)start;
	return TEL_OK;
}

tel_err tel_attrs_put_str(tel_attrs *attrs, const char *key, const char *value)
{
	tel_value v = { TEL_VALUE_STRING, 0, { .bytes = tel__slice_str(value) } };

	if (!key || !value)
		return TEL_ERR_ARG;
	return tel_attrs_put(attrs, tel__slice_str(key), &v);
}

void tel__attrs_copy(const tel_attrs *attrs, uint32_t field, uint8_t *out)
{
	memcpy(out, attrs->bytes.ptr, attrs->bytes.len);
	if (field == TEL__ATTRS_FIELD)
		return;
	for (uint32_t i = 0; i < attrs->count; i++)
		out[attrs->starts[i]] = (uint8_t)TEL__PB_TAG(field, TEL__PB_LEN);
}
