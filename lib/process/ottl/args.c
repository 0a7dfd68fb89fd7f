/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/program.h"

#include <math.h>

#include "base/num.h"
#include "base/slice_i.h"
#include "process/ottl/text.h"

typedef tel__ottl_call call;
typedef tel__ottl_machine machine;
typedef tel__ottl_value value;

bool tel__ottl_arg(machine *m, const call *c, unsigned i, value *ret)
{
	return tel__ottl_get(m, c->args[i], ret);
}

/* A value of one type, otherwise "expected int64 but got string". */
static bool typed(machine *m, const call *c, unsigned i, uint8_t type, const char *expected, value *ret)
{
	if (!tel__ottl_get(m, c->args[i], ret))
		return false;
	return ret->type == type || tel__ottl_fail_type(m, expected, ret);
}

bool tel__ottl_arg_str(machine *m, const call *c, unsigned i, tel_slice *ret)
{
	value v;

	if (!typed(m, c, i, TEL__OTTL_V_STR, "string", &v))
		return false;
	*ret = v.u.text;
	return true;
}

bool tel__ottl_arg_int(machine *m, const call *c, unsigned i, int64_t *ret)
{
	value v;

	if (!typed(m, c, i, TEL__OTTL_V_INT, "int64", &v))
		return false;
	*ret = v.u.i64;
	return true;
}

bool tel__ottl_arg_time(machine *m, const call *c, unsigned i, int64_t *ret)
{
	value v;

	if (!typed(m, c, i, TEL__OTTL_V_TIME, "time", &v))
		return false;
	*ret = v.u.i64;
	return true;
}

bool tel__ottl_arg_duration(machine *m, const call *c, unsigned i, int64_t *ret)
{
	value v;

	if (!typed(m, c, i, TEL__OTTL_V_DURATION, "duration", &v))
		return false;
	*ret = v.u.i64;
	return true;
}

bool tel__ottl_arg_map(machine *m, const call *c, unsigned i, value *ret)
{
	return typed(m, c, i, TEL__OTTL_V_MAP, "pcommon.Map", ret);
}

bool tel__ottl_arg_list(machine *m, const call *c, unsigned i, value *ret)
{
	return typed(m, c, i, TEL__OTTL_V_LIST, "pcommon.Slice", ret);
}

/* Conversions of the ...Like kinds, 1.5. */

static bool unsupported(machine *m, const value *v)
{
	return tel__ottl_fail_fmt(m, "unsupported type: %s", tel__ottl_type_name(v));
}

static bool like_str(machine *m, const value *v, value *ret)
{
	size_t from = m->out.len;
	tel_slice text;
	bool ok = true;

	switch ((tel__ottl_type)v->type) {
	case TEL__OTTL_V_NIL:
	case TEL__OTTL_V_STR:
		*ret = *v;
		return true;
	case TEL__OTTL_V_BYTES:
		for (size_t i = 0; i < v->u.text.len; i++)
			tel__dynbuf_fmt(&m->out, "%02x", (unsigned)(unsigned char)v->u.text.ptr[i]);
		break;
	case TEL__OTTL_V_OPAQUE:
		return unsupported(m, v);
	default:
		ok = tel__ottl_json(&m->out, v);
	}
	if (!ok) {
		m->out.len = from;
		return tel__ottl_fail(m, "json: unsupported value: NaN or an infinity");
	}
	if (!tel__ottl_keep(m, from, &text))
		return false;
	*ret = tel__ottl_str(text);
	return true;
}

static bool like_int(machine *m, const value *v, value *ret)
{
	int64_t i;

	switch ((tel__ottl_type)v->type) {
	case TEL__OTTL_V_NIL:
	case TEL__OTTL_V_INT:
		*ret = *v;
		return true;
	case TEL__OTTL_V_STR:
		*ret = tel__num_parse_i64(v->u.text, &i) == TEL_OK ? tel__ottl_int(i) : tel__ottl_nil();
		return true;
	case TEL__OTTL_V_FLOAT:
		*ret = tel__ottl_int(v->u.f64 >= -0x1p63 && v->u.f64 < 0x1p63 ? (int64_t)v->u.f64 : INT64_MIN);
		return true;
	case TEL__OTTL_V_BOOL:
		*ret = tel__ottl_int(v->u.truth);
		return true;
	default:
		return unsupported(m, v);
	}
}

static bool like_float(machine *m, const value *v, value *ret)
{
	double d;

	switch ((tel__ottl_type)v->type) {
	case TEL__OTTL_V_NIL:
	case TEL__OTTL_V_FLOAT:
		*ret = *v;
		return true;
	case TEL__OTTL_V_STR:
		if (!tel__ottl_parse_go_float(v->u.text, &d)) {
			tel_slice shown = tel__slice_cut(v->u.text, 128);

			return tel__ottl_fail_fmt(m, "strconv.ParseFloat: parsing \"" TEL_SLICE_FMT "\": invalid syntax", TEL_SLICE_ARG(shown));
		}
		*ret = tel__ottl_float(d);
		return true;
	case TEL__OTTL_V_INT:
		*ret = tel__ottl_float((double)v->u.i64);
		return true;
	case TEL__OTTL_V_BOOL:
		*ret = tel__ottl_float(v->u.truth);
		return true;
	default:
		return unsupported(m, v);
	}
}

static bool like_bool(machine *m, const value *v, value *ret)
{
	static const char *const words[] = { "0", "f", "F", "FALSE", "false", "False", "1", "t", "T", "TRUE", "true", "True" };

	switch ((tel__ottl_type)v->type) {
	case TEL__OTTL_V_NIL:
	case TEL__OTTL_V_BOOL:
		*ret = *v;
		return true;
	case TEL__OTTL_V_INT:
		*ret = tel__ottl_bool(v->u.i64 != 0);
		return true;
	case TEL__OTTL_V_FLOAT:
		*ret = tel__ottl_bool(v->u.f64 != 0);
		return true;
	case TEL__OTTL_V_STR:
		for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
			if (tel__slice_is(v->u.text, words[i])) {
				*ret = tel__ottl_bool(i >= 6);
				return true;
			}
		{
			tel_slice shown = tel__slice_cut(v->u.text, 128);

			return tel__ottl_fail_fmt(m, "strconv.ParseBool: parsing \"" TEL_SLICE_FMT "\": invalid syntax", TEL_SLICE_ARG(shown));
		}
	default:
		return unsupported(m, v);
	}
}

static bool like_bytes(machine *m, const value *v, value *ret)
{
	uint64_t bits;
	char *out;

	switch ((tel__ottl_type)v->type) {
	case TEL__OTTL_V_NIL:
		*ret = *v;
		return true;
	case TEL__OTTL_V_STR:
	case TEL__OTTL_V_BYTES:
		*ret = tel__ottl_bytes(v->u.text);
		return true;
	case TEL__OTTL_V_BOOL:
		*ret = tel__ottl_bytes(v->u.truth ? TEL_SLICE_LIT("\1") : TEL_SLICE_LIT("\0"));
		return true;
	case TEL__OTTL_V_INT:
	case TEL__OTTL_V_FLOAT:
		memcpy(&bits, &v->u, sizeof bits);
		out = tel__ottl_take(m, 8);
		if (!out)
			return false;
		for (unsigned i = 0; i < 8; i++)
			out[i] = (char)(unsigned char)(bits >> (56 - 8 * i));
		*ret = tel__ottl_bytes((tel_slice){ out, 8 });
		return true;
	default:
		return unsupported(m, v);
	}
}

bool tel__ottl_like(machine *m, unsigned like, const value *v, value *ret)
{
	switch (like) {
	case TEL__OTTL_LIKE_STR:
		return like_str(m, v, ret);
	case TEL__OTTL_LIKE_INT:
		return like_int(m, v, ret);
	case TEL__OTTL_LIKE_FLOAT:
		return like_float(m, v, ret);
	case TEL__OTTL_LIKE_BOOL:
		return like_bool(m, v, ret);
	case TEL__OTTL_LIKE_BYTES:
		return like_bytes(m, v, ret);
	default:
		*ret = *v;
		return true;
	}
}

bool tel__ottl_arg_like(machine *m, const call *c, unsigned i, value *ret)
{
	value v;

	return tel__ottl_get(m, c->args[i], &v) && tel__ottl_like(m, c->impl->like, &v, ret);
}

/* Literals. */

const value *tel__ottl_literal(const tel__ottl_expr *e)
{
	return e && e->op == TEL__OTTL_X_CONST ? &e->u.constant : NULL;
}

tel_slice tel__ottl_lit_str(const call *c, unsigned i, const char *otherwise)
{
	const value *v = tel__ottl_literal(c->args[i]);

	return v ? v->u.text : tel__slice_str(otherwise);
}

int64_t tel__ottl_lit_int(const call *c, unsigned i, int64_t otherwise)
{
	const value *v = tel__ottl_literal(c->args[i]);

	return v ? v->u.i64 : otherwise;
}

double tel__ottl_lit_float(const call *c, unsigned i)
{
	const value *v = tel__ottl_literal(c->args[i]);

	return v ? v->u.f64 : 0;
}

bool tel__ottl_lit_bool(const call *c, unsigned i, bool otherwise)
{
	const value *v = tel__ottl_literal(c->args[i]);

	return v ? v->u.truth : otherwise;
}
