/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/program.h"

#include "base/slice_i.h"

typedef tel__ottl_expr expr;
typedef tel__ottl_machine machine;
typedef tel__ottl_value value;

/* Mathematics, 1.8. */

static bool not_math(machine *m, const value *v, const char *words)
{
	size_t from = m->out.len;
	tel_slice text;

	tel__ottl_go_text(&m->out, v);
	if (!tel__ottl_keep(m, from, &text))
		return false;
	text = tel__slice_cut(text, 256);
	return tel__ottl_fail_fmt(m, TEL_SLICE_FMT " must be %s", TEL_SLICE_ARG(text), words);
}

static bool divided(machine *m)
{
	return tel__ottl_fail(m, "attempted to divide by 0");
}

static bool int_math(machine *m, unsigned op, int64_t a, int64_t b, value *ret)
{
	uint64_t x = (uint64_t)a, y = (uint64_t)b;

	if (op == TEL__OTTL_DIV) {
		if (b == 0)
			return divided(m);
		*ret = tel__ottl_int(b == -1 ? (int64_t)(0 - x) : a / b);
		return true;
	}
	*ret = tel__ottl_int((int64_t)(op == TEL__OTTL_ADD ? x + y : op == TEL__OTTL_SUB ? x - y : x * y));
	return true;
}

static bool float_math(machine *m, unsigned op, double a, double b, value *ret)
{
	if (op == TEL__OTTL_DIV && b == 0)
		return divided(m);
	*ret = tel__ottl_float(op == TEL__OTTL_ADD ? a + b : op == TEL__OTTL_SUB ? a - b : op == TEL__OTTL_MUL ? a * b : a / b);
	return true;
}

/* time - time, time + duration, duration + time, duration + duration */
static bool time_math(machine *m, unsigned op, const value *a, const value *b, value *ret)
{
	bool left_time = a->type == TEL__OTTL_V_TIME, right_time = b->type == TEL__OTTL_V_TIME, add = op == TEL__OTTL_ADD;
	uint64_t x = (uint64_t)a->u.i64, y = (uint64_t)b->u.i64;
	int64_t i;

	if (op != TEL__OTTL_ADD && op != TEL__OTTL_SUB)
		return tel__ottl_fail(m, "only addition and subtraction supported for time.Time and time.Duration");
	if (b->type != TEL__OTTL_V_DURATION && !(right_time && left_time != add)) {
		size_t from = m->out.len;
		tel_slice text;

		tel__ottl_go_text(&m->out, b);
		if (!tel__ottl_keep(m, from, &text))
			return false;
		text = tel__slice_cut(text, 256);
		return tel__ottl_fail_fmt(m, "%s must be %s %s; found " TEL_SLICE_FMT " instead", tel__ottl_type_name(a), add ? "added to" :
		                          "subtracted by", left_time && add ? "time.Duration" : "time.Time or time.Duration",
		                          TEL_SLICE_ARG(text));
	}
	i = (int64_t)(add ? x + y : x - y);
	*ret = left_time != right_time ? tel__ottl_time(i) : tel__ottl_duration(i);
	return true;
}

static bool math(machine *m, unsigned op, const value *a, const value *b, value *ret)
{
	bool right = b->type == TEL__OTTL_V_INT || b->type == TEL__OTTL_V_FLOAT;

	switch ((tel__ottl_type)a->type) {
	case TEL__OTTL_V_INT:
		if (!right)
			return not_math(m, b, "int64 or float64");
		if (b->type == TEL__OTTL_V_INT)
			return int_math(m, op, a->u.i64, b->u.i64, ret);
		return float_math(m, op, (double)a->u.i64, b->u.f64, ret);
	case TEL__OTTL_V_FLOAT:
		if (!right)
			return not_math(m, b, "int64 or float64");
		return float_math(m, op, a->u.f64, b->type == TEL__OTTL_V_INT ? (double)b->u.i64 : b->u.f64, ret);
	case TEL__OTTL_V_TIME:
	case TEL__OTTL_V_DURATION:
		return time_math(m, op, a, b, ret);
	default:
		return not_math(m, a, "int64, float64, time.Time or time.Duration");
	}
}

static bool negate(machine *m, value *v)
{
	switch ((tel__ottl_type)v->type) {
	case TEL__OTTL_V_INT:
	case TEL__OTTL_V_DURATION:
		v->u.i64 = (int64_t)(0 - (uint64_t)v->u.i64);
		return true;
	case TEL__OTTL_V_FLOAT:
		v->u.f64 = -v->u.f64;
		return true;
	default:
		return tel__ottl_fail_fmt(m, "unsupported unary minus operation on type %s", tel__ottl_type_name(v));
	}
}

/* Lists, maps and what is in them. */

static bool get_list(machine *m, const expr *e, value *ret)
{
	value *items = tel__ottl_take(m, e->count * sizeof *items);

	if (!items)
		return false;
	for (uint32_t i = 0; i < e->count; i++)
		if (!tel__ottl_get(m, e->u.list.items[i], &items[i]))
			return false;
	*ret = tel__ottl_raw(items, e->count);
	return true;
}

static bool get_map(machine *m, const expr *e, value *ret)
{
	size_t from = m->out.len;
	tel_slice bytes;

	for (uint32_t i = 0; i < e->count; i++) {
		bool repeated = false;
		value v;

		for (uint32_t k = i + 1; k < e->count; k++)
			repeated |= tel__slice_eq(e->u.list.keys[i], e->u.list.keys[k]);
		if (!tel__ottl_get(m, e->u.list.items[i], &v))
			goto failed;
		if (!repeated && !tel__ottl_write_pair(&m->out, 1, e->u.list.keys[i], &v)) {
			(void)tel__ottl_fail(m, "a value nested too deep");
			goto failed;
		}
	}
	if (!tel__ottl_keep(m, from, &bytes))
		return false;
	*ret = tel__ottl_from_list(TEL_VALUE_KVLIST, bytes);
	return true;
failed:
	m->out.len = from;
	return false;
}

/* A key on the result of a converter, 1.6. */
static bool index_result(machine *m, value *v, const value *key)
{
	value found;

	if (key->type == TEL__OTTL_V_STR) {
		if (v->type != TEL__OTTL_V_MAP)
			return tel__ottl_fail_fmt(m, "type, %s, does not support string indexing", tel__ottl_type_name(v));
		if (!tel__ottl_find(v, key->u.text, &found))
			return tel__ottl_fail(m, "key not found in map");
	} else {
		if (v->type != TEL__OTTL_V_LIST)
			return tel__ottl_fail_fmt(m, "type, %s, does not support int indexing", tel__ottl_type_name(v));
		if (key->u.i64 < 0 || !tel__ottl_item_at(v, (uint64_t)key->u.i64, &found))
			return tel__ottl_fail_fmt(m, "index %lld out of bounds", (long long)key->u.i64);
	}
	*v = found;
	return true;
}

static bool get_index(machine *m, const expr *e, value *ret)
{
	value v;

	if (!tel__ottl_get(m, e->u.list.items[0], &v))
		return false;
	for (uint32_t i = 1; i < e->count; i++) {
		const expr *key = e->u.list.items[i];

		if (key->op != TEL__OTTL_X_CONST || (key->u.constant.type != TEL__OTTL_V_STR && key->u.constant.type != TEL__OTTL_V_INT))
			return tel__ottl_fail(m, "neither map nor slice index were set; this is an error in OTTL");
		if (!index_result(m, &v, &key->u.constant))
			return false;
	}
	*ret = v;
	return true;
}

static bool get_pair(machine *m, const expr *e, value *ret_a, value *ret_b)
{
	return tel__ottl_get(m, e->u.list.items[0], ret_a) && tel__ottl_get(m, e->u.list.items[1], ret_b);
}

bool tel__ottl_step(machine *m)
{
	if (m->steps) {
		m->steps--;
		return true;
	}
	return tel__ottl_fail(m, "the statements take more steps than one batch may");
}

bool tel__ottl_get(machine *m, const expr *e, value *ret)
{
	tel__ottl_answer answer;
	value a, b;

	if (e->op == TEL__OTTL_X_CONST) {
		*ret = e->u.constant;
		return true;
	}
	if (e->op == TEL__OTTL_X_PATH)
		return tel__ottl_target_get(m, &e->u.target, ret);
	if (!tel__ottl_step(m))
		return false;
	switch ((tel__ottl_expr_op)e->op) {
	case TEL__OTTL_X_CALL:
		return e->u.call->impl->eval(m, e->u.call, ret);
	case TEL__OTTL_X_INDEX:
		return get_index(m, e, ret);
	case TEL__OTTL_X_LIST:
		return get_list(m, e, ret);
	case TEL__OTTL_X_MAP:
		return get_map(m, e, ret);
	case TEL__OTTL_X_MATH:
		return get_pair(m, e, &a, &b) && math(m, e->sub, &a, &b, ret);
	case TEL__OTTL_X_NEGATE:
		return tel__ottl_get(m, e->u.list.items[0], ret) && negate(m, ret);
	case TEL__OTTL_X_HOLE:
		*ret = m->hole;
		return true;
	default:
		answer = tel__ottl_test(m, e);
		*ret = tel__ottl_bool(answer == TEL__OTTL_YES);
		return answer == TEL__OTTL_YES || answer == TEL__OTTL_NO;
	}
}

/* Conditions. */

/* AND and OR, left to right, until one decides. What cannot be decided yet does not keep a later one from deciding, as
 * long as it cannot fail: then nobody would have looked at the later one. */
static tel__ottl_answer test_chain(machine *m, const expr *e)
{
	tel__ottl_answer decides = e->op == TEL__OTTL_X_OR ? TEL__OTTL_YES : TEL__OTTL_NO;
	bool unknown = false, may_fail = false;

	for (uint32_t i = 0; i < e->count; i++) {
		const expr *item = e->u.list.items[i];
		tel__ottl_answer answer = tel__ottl_test(m, item);

		if (answer == decides)
			return may_fail ? TEL__OTTL_UNKNOWN : decides;
		if (answer == TEL__OTTL_FAILED)
			return unknown ? TEL__OTTL_UNKNOWN : TEL__OTTL_FAILED;
		if (answer == TEL__OTTL_UNKNOWN) {
			unknown = true;
			may_fail |= item->may_fail;
		}
	}
	return unknown ? TEL__OTTL_UNKNOWN : decides == TEL__OTTL_YES ? TEL__OTTL_NO : TEL__OTTL_YES;
}

static tel__ottl_answer test_leaf(machine *m, const expr *e)
{
	value a, b;

	if (!tel__ottl_step(m))
		return TEL__OTTL_FAILED;
	if (e->op == TEL__OTTL_X_CONST)
		return e->u.constant.u.truth ? TEL__OTTL_YES : TEL__OTTL_NO;
	if (e->op == TEL__OTTL_X_COMPARE) {
		if (!get_pair(m, e, &a, &b))
			return TEL__OTTL_FAILED;
		return tel__ottl_compare(&a, e->sub, &b) ? TEL__OTTL_YES : TEL__OTTL_NO;
	}
	if (!tel__ottl_get(m, e->u.list.items[0], &a))
		return TEL__OTTL_FAILED;
	if (a.type != TEL__OTTL_V_BOOL) {
		(void)tel__ottl_fail_fmt(m, "value returned from Converter in constant expression must be bool but got %s",
		                         a.type == TEL__OTTL_V_NIL ? "<nil>" : tel__ottl_type_name(&a));
		return TEL__OTTL_FAILED;
	}
	return a.u.truth ? TEL__OTTL_YES : TEL__OTTL_NO;
}

static tel__ottl_answer test(machine *m, const expr *e)
{
	bool chain = e->op == TEL__OTTL_X_AND || e->op == TEL__OTTL_X_OR;
	tel__ottl_answer answer;

	if (e->level > m->limit && !chain)
		return TEL__OTTL_UNKNOWN;
	answer = chain ? test_chain(m, e) : test_leaf(m, e);
	if (e->negated && answer <= TEL__OTTL_YES)
		answer = answer == TEL__OTTL_YES ? TEL__OTTL_NO : TEL__OTTL_YES;
	return answer;
}

tel__ottl_answer tel__ottl_test(machine *m, const expr *e)
{
	tel__ottl_memo_slot *memo;
	tel__ottl_answer answer;

	if (!e->memo)
		return test(m, e);
	memo = &m->memos[e->memo - 1];
	if (memo->stamp == m->item->stamp[e->level])
		return (tel__ottl_answer)memo->answer;
	answer = test(m, e);
	if (answer <= TEL__OTTL_YES)
		*memo = (tel__ottl_memo_slot){ .stamp = m->item->stamp[e->level], .answer = (uint8_t)answer };
	return answer;
}
