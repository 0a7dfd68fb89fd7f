/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/value.h"

#include "base/slice_i.h"
#include "model/walk.h"
#include "process/ottl/ast.h"

typedef tel__ottl_value value;

tel__ottl_value tel__ottl_from_list(tel_value_type type, tel_slice bytes)
{
	tel_fields run = { bytes.ptr, bytes.len ? bytes.ptr + bytes.len : bytes.ptr, TEL__LIST_VALUES, 0 };

	return (value){ .type = type == TEL_VALUE_KVLIST ? TEL__OTTL_V_MAP : TEL__OTTL_V_LIST, .form = TEL__OTTL_RUN, .u.run = run };
}

tel__ottl_value tel__ottl_from(const tel_value *v)
{
	switch (v->type) {
	case TEL_VALUE_STRING:
		return tel__ottl_str(v->u.bytes);
	case TEL_VALUE_BOOL:
		return tel__ottl_bool(v->u.boolean);
	case TEL_VALUE_INT:
		return tel__ottl_int(v->u.integer);
	case TEL_VALUE_DOUBLE:
		return tel__ottl_float(v->u.real);
	case TEL_VALUE_BYTES:
		return tel__ottl_bytes(v->u.bytes);
	case TEL_VALUE_ARRAY:
	case TEL_VALUE_KVLIST:
		return tel__ottl_from_list(v->type, v->u.bytes);
	default:
		return tel__ottl_nil();
	}
}

const char *tel__ottl_type_name(const value *v)
{
	static const char *const names[] = { "nil", "bool", "int64", "float64", "string", "[]uint8", "time.Time", "time.Duration",
		                                 "pcommon.Map", "pcommon.Slice", "" };
	static const char *const opaque[] = { [TEL__OTTL_POINTS] = "pmetric.NumberDataPointSlice",
		[TEL__OTTL_EXEMPLARS] = "pmetric.ExemplarSlice", [TEL__OTTL_QUANTILES] = "pmetric.SummaryDataPointValueAtQuantileSlice",
		[TEL__OTTL_COUNTS] = "pcommon.UInt64Slice", [TEL__OTTL_BOUNDS] = "pcommon.Float64Slice",
		[TEL__OTTL_BUCKETS] = "pmetric.ExponentialHistogramDataPointBuckets", [TEL__OTTL_ID] = "[]uint8" };

	if (v->type == TEL__OTTL_V_OPAQUE)
		return opaque[v->form];
	return v->type == TEL__OTTL_V_LIST && v->form == TEL__OTTL_RAW ? "[]interface {}" : names[v->type];
}

const char *tel__ottl_value_type_name(const value *v)
{
	static const char *const names[] = { "Empty", "Bool", "Int", "Double", "Str", "Bytes", "Time", "Duration", "Map", "Slice", "Bytes" };

	return names[v->type];
}

/* Reading maps and lists. */

tel__ottl_iter tel__ottl_iterate(const value *of)
{
	return (tel__ottl_iter){ .of = of, .run = of->form == TEL__OTTL_RUN ? of->u.run : (tel_fields){ NULL, NULL, 0, 0 } };
}

bool tel__ottl_next_pair(tel__ottl_iter *it, tel_slice *ret_key, value *ret_value)
{
	tel_pair pair;

	if (it->of->form == TEL__OTTL_KVS) {
		const tel__kvs *kvs = it->of->u.kvs;

		if (it->at == kvs->count)
			return false;
		*ret_key = kvs->at[it->at].key;
		tel__kv_get(&kvs->at[it->at++], &pair.value);
	} else {
		if (it->run.next == it->run.end || !tel__attr_next(&it->run, &pair))
			return false;
		*ret_key = pair.key;
	}
	*ret_value = tel__ottl_from(&pair.value);
	return true;
}

bool tel__ottl_next_item(tel__ottl_iter *it, value *ret_value)
{
	tel_slice bytes;
	tel_value v;

	if (it->of->form == TEL__OTTL_RAW) {
		if (it->at == it->of->count)
			return false;
		*ret_value = it->of->u.items[it->at++];
		return true;
	}
	if (it->run.next == it->run.end || !tel__fields_next(&it->run, &bytes))
		return false;
	tel__value_read(bytes, &v);
	*ret_value = tel__ottl_from(&v);
	return true;
}

uint32_t tel__ottl_count(const value *of)
{
	tel__ottl_iter it;
	tel_slice bytes;
	uint32_t n = 0;

	if (of->form == TEL__OTTL_RAW)
		return of->count;
	if (of->form == TEL__OTTL_KVS)
		return of->u.kvs->count;
	it = tel__ottl_iterate(of);
	while (it.run.next != it.run.end && tel__fields_next(&it.run, &bytes))
		n++;
	return n;
}

bool tel__ottl_find(const value *map, tel_slice key, value *ret_value)
{
	tel_value v;

	if (map->form == TEL__OTTL_KVS) {
		uint32_t i = tel__kvs_find(map->u.kvs, key);

		if (i == TEL__KV_NONE)
			return false;
		tel__kv_get(&map->u.kvs->at[i], &v);
	} else if (map->u.run.next == map->u.run.end || !tel_attr_find(&map->u.run, key, &v)) {
		return false;
	}
	*ret_value = tel__ottl_from(&v);
	return true;
}

bool tel__ottl_item_at(const value *list, uint64_t index, value *ret_value)
{
	tel__ottl_iter it = tel__ottl_iterate(list);

	if (list->form == TEL__OTTL_RAW) {
		if (index >= list->count)
			return false;
		*ret_value = list->u.items[index];
		return true;
	}
	do {
		if (!tel__ottl_next_item(&it, ret_value))
			return false;
	} while (index--);
	return true;
}

/* Comparing, 1.7. */

static bool equal_maps(const value *a, const value *b)
{
	tel__ottl_iter it = tel__ottl_iterate(a), beside = tel__ottl_iterate(b);
	tel_slice key, other;
	value x, y;

	if (tel__ottl_count(a) != tel__ottl_count(b))
		return false;
	while (tel__ottl_next_pair(&it, &key, &x)) {
		/* nearly always in the same order */
		bool same = tel__ottl_next_pair(&beside, &other, &y) && tel__slice_eq(key, other);

		if ((!same && !tel__ottl_find(b, key, &y)) || !tel__ottl_equal(&x, &y, true))
			return false;
	}
	return true;
}

static bool equal_lists(const value *a, const value *b)
{
	tel__ottl_iter i = tel__ottl_iterate(a), k = tel__ottl_iterate(b);
	value x, y;

	for (;;) {
		bool more = tel__ottl_next_item(&i, &x);

		if (more != tel__ottl_next_item(&k, &y))
			return false;
		if (!more)
			return true;
		if (!tel__ottl_equal(&x, &y, true))
			return false;
	}
}

static bool is_number(const value *v)
{
	return v->type == TEL__OTTL_V_INT || v->type == TEL__OTTL_V_FLOAT;
}

static double as_double(const value *v)
{
	return v->type == TEL__OTTL_V_INT ? (double)v->u.i64 : v->u.f64;
}

bool tel__ottl_equal(const value *a, const value *b, bool deep)
{
	if (a->type != b->type)
		return !deep && is_number(a) && is_number(b) && as_double(a) == as_double(b);
	switch ((tel__ottl_type)a->type) {
	case TEL__OTTL_V_NIL:
		return true;
	case TEL__OTTL_V_BOOL:
		return a->u.truth == b->u.truth;
	case TEL__OTTL_V_INT:
	case TEL__OTTL_V_TIME:
	case TEL__OTTL_V_DURATION:
		return a->u.i64 == b->u.i64;
	case TEL__OTTL_V_FLOAT:
		return a->u.f64 == b->u.f64;
	case TEL__OTTL_V_STR:
	case TEL__OTTL_V_BYTES:
		return tel__slice_eq(a->u.text, b->u.text);
	case TEL__OTTL_V_MAP:
		return equal_maps(a, b);
	case TEL__OTTL_V_LIST:
		return equal_lists(a, b);
	default: /* opaque: only itself */
		return a->form == b->form && a->form != TEL__OTTL_COUNTS && a->form != TEL__OTTL_BOUNDS && a->count == b->count &&
		       a->u.text.ptr == b->u.text.ptr;
	}
}

static bool decide(unsigned op, int order)
{
	switch (op) {
	case TEL__OTTL_EQ:
		return order == 0;
	case TEL__OTTL_NE:
		return order != 0;
	case TEL__OTTL_LT:
		return order < 0;
	case TEL__OTTL_LE:
		return order <= 0;
	case TEL__OTTL_GT:
		return order > 0;
	default:
		return order >= 0;
	}
}

static bool decide_double(unsigned op, double a, double b)
{
	if (a != a || b != b)
		return op == TEL__OTTL_NE;
	return decide(op, a < b ? -1 : a > b);
}

bool tel__ottl_compare(const value *a, unsigned op, const value *b)
{
	if (a->type != b->type)
		return is_number(a) && is_number(b) ? decide_double(op, as_double(a), as_double(b)) : op == TEL__OTTL_NE;
	switch ((tel__ottl_type)a->type) {
	case TEL__OTTL_V_NIL:
		return decide(op, 0);
	case TEL__OTTL_V_BOOL:
		return decide(op, (int)a->u.truth - (int)b->u.truth);
	case TEL__OTTL_V_INT:
	case TEL__OTTL_V_TIME:
	case TEL__OTTL_V_DURATION:
		return decide(op, a->u.i64 < b->u.i64 ? -1 : a->u.i64 > b->u.i64);
	case TEL__OTTL_V_FLOAT:
		return decide_double(op, a->u.f64, b->u.f64);
	case TEL__OTTL_V_STR:
	case TEL__OTTL_V_BYTES:
		if (op == TEL__OTTL_EQ || op == TEL__OTTL_NE)
			return tel__slice_eq(a->u.text, b->u.text) == (op == TEL__OTTL_EQ);
		return decide(op, tel__slice_cmp(a->u.text, b->u.text));
	default:
		if (op != TEL__OTTL_EQ && op != TEL__OTTL_NE)
			return false;
		return tel__ottl_equal(a, b, true) == (op == TEL__OTTL_EQ);
	}
}
