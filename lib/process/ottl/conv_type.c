/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/functions_i.h"

#include <math.h>

#include "base/hex64.h"

typedef tel__ottl_call call;
typedef tel__ottl_machine machine;
typedef tel__ottl_value value;

/* Type converters and predicates, otel-processing.md 3.5. */

static bool eval_like(machine *m, const call *c, value *ret)
{
	return tel__ottl_arg_like(m, c, 0, ret);
}

static bool is_type(machine *m, const call *c, uint8_t type, value *ret)
{
	value v;

	if (!tel__ottl_arg(m, c, 0, &v))
		return false;
	*ret = tel__ottl_bool(v.type == type);
	return true;
}

static bool eval_is_string(machine *m, const call *c, value *ret)
{
	return is_type(m, c, TEL__OTTL_V_STR, ret);
}

static bool eval_is_int(machine *m, const call *c, value *ret)
{
	return is_type(m, c, TEL__OTTL_V_INT, ret);
}

static bool eval_is_double(machine *m, const call *c, value *ret)
{
	return is_type(m, c, TEL__OTTL_V_FLOAT, ret);
}

static bool eval_is_bool(machine *m, const call *c, value *ret)
{
	return is_type(m, c, TEL__OTTL_V_BOOL, ret);
}

static bool eval_is_map(machine *m, const call *c, value *ret)
{
	return is_type(m, c, TEL__OTTL_V_MAP, ret);
}

static bool is_opaque_list(const value *v)
{
	return v->type == TEL__OTTL_V_OPAQUE && v->form != TEL__OTTL_BUCKETS && v->form != TEL__OTTL_ID;
}

static bool eval_is_list(machine *m, const call *c, value *ret)
{
	value v;

	if (!tel__ottl_arg(m, c, 0, &v))
		return false;
	*ret = tel__ottl_bool(v.type == TEL__OTTL_V_LIST || (is_opaque_list(&v) && v.form != TEL__OTTL_COUNTS && v.form != TEL__OTTL_BOUNDS));
	return true;
}

static bool eval_len(machine *m, const call *c, value *ret)
{
	value v;

	if (!tel__ottl_arg(m, c, 0, &v))
		return false;
	if (v.type == TEL__OTTL_V_STR || v.type == TEL__OTTL_V_BYTES)
		*ret = tel__ottl_int((int64_t)v.u.text.len);
	else if (v.type == TEL__OTTL_V_MAP || v.type == TEL__OTTL_V_LIST)
		*ret = tel__ottl_int(tel__ottl_count(&v));
	else if (is_opaque_list(&v))
		*ret = tel__ottl_int(v.count);
	else
		return tel__ottl_fail_fmt(m, "Len: unsupported target type %s. target arg must be of type string, []any, pcommon.Map, "
		                          "pcommon.Slice or another list", v.type == TEL__OTTL_V_NIL ? "<nil>" : tel__ottl_type_name(&v));
	return true;
}

static bool eval_hex(machine *m, const call *c, value *ret)
{
	size_t from = m->out.len;
	value v;

	if (!tel__ottl_arg_like(m, c, 0, &v))
		return false;
	if (v.type != TEL__OTTL_V_NIL)
		tel__hex_encode(v.u.text, &m->out);
	return tel__ottl_end_str(m, from, ret);
}

static bool eval_log(machine *m, const call *c, value *ret)
{
	value v;

	if (!tel__ottl_arg_like(m, c, 0, &v))
		return false;
	if (v.type == TEL__OTTL_V_NIL)
		return tel__ottl_fail(m, "invalid input: <nil>");
	if (v.u.f64 <= 0) {
		size_t from = m->out.len;
		tel_slice text;

		tel__ottl_go_text(&m->out, &v);
		return tel__ottl_keep(m, from, &text) && tel__ottl_fail_fmt(m, "invalid input: expected number greater than zero but got "
		                                                            TEL_SLICE_FMT, TEL_SLICE_ARG(text));
	}
	*ret = tel__ottl_float(log(v.u.f64));
	return true;
}

/* TraceID and its kin: opaque, equal only to itself. */
static bool eval_id(machine *m, const call *c, size_t size, const char *name, value *ret)
{
	size_t from = m->out.len;
	tel_slice bytes;
	value v;

	if (!tel__ottl_arg_like(m, c, 0, &v))
		return false;
	if (v.type == TEL__OTTL_V_NIL)
		v = tel__ottl_bytes(TEL_SLICE_LIT(""));
	bytes = v.u.text;
	if (bytes.len == 2 * size) {
		if (tel__hex_decode(bytes, &m->out) != TEL_OK)
			return tel__ottl_fail_fmt(m, "%s: could not decode ID: not hexadecimal", name);
		if (!tel__ottl_keep(m, from, &bytes))
			return false;
	}
	if (bytes.len != size)
		return tel__ottl_fail_fmt(m, "%s: could not decode ID: invalid length: expected %zu or %zu bytes, got %zu", name, size, 2 * size,
		                          bytes.len);
	*ret = (value){ .type = TEL__OTTL_V_OPAQUE, .form = TEL__OTTL_ID, .u.text = bytes };
	return true;
}

static bool eval_trace_id(machine *m, const call *c, value *ret)
{
	return eval_id(m, c, 16, "TraceID", ret);
}

static bool eval_span_id(machine *m, const call *c, value *ret)
{
	return eval_id(m, c, 8, "SpanID", ret);
}

static bool eval_profile_id(machine *m, const call *c, value *ret)
{
	return eval_id(m, c, 16, "ProfileID", ret);
}

static const tel__ottl_impl rows[] = {
	{ "String", eval_like, NULL, TEL__OTTL_LIKE_STR, 0, 0 }, { "Int", eval_like, NULL, TEL__OTTL_LIKE_INT, 0, 0 },
	{ "Double", eval_like, NULL, TEL__OTTL_LIKE_FLOAT, 0, 0 }, { "Bool", eval_like, NULL, TEL__OTTL_LIKE_BOOL, 0, 0 },
	{ "IsString", eval_is_string, NULL, 0, TEL__OTTL_SAFE, 0 }, { "IsInt", eval_is_int, NULL, 0, TEL__OTTL_SAFE, 0 },
	{ "IsDouble", eval_is_double, NULL, 0, TEL__OTTL_SAFE, 0 }, { "IsBool", eval_is_bool, NULL, 0, TEL__OTTL_SAFE, 0 },
	{ "IsMap", eval_is_map, NULL, 0, TEL__OTTL_SAFE, 0 }, { "IsList", eval_is_list, NULL, 0, TEL__OTTL_SAFE, 0 },
	{ "Len", eval_len, NULL, 0, 0, 0 }, { "Hex", eval_hex, NULL, TEL__OTTL_LIKE_BYTES, 0, 0 },
	{ "Log", eval_log, NULL, TEL__OTTL_LIKE_FLOAT, 0, 0 }, { "TraceID", eval_trace_id, NULL, TEL__OTTL_LIKE_BYTES, 0, 0 },
	{ "SpanID", eval_span_id, NULL, TEL__OTTL_LIKE_BYTES, 0, 0 }, { "ProfileID", eval_profile_id, NULL, TEL__OTTL_LIKE_BYTES, 0, 0 },
};

TEL__OTTL_IMPLS(tel__ottl_type_converters);
