/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/functions_i.h"

#include <math.h>
#include <stdlib.h>

#include "base/num.h"

typedef tel__ottl_call call;
typedef tel__ottl_compiler compiler;
typedef tel__ottl_machine machine;
typedef tel__ottl_value value;

/* Maps and lists, otel-processing.md 3.6. */

static bool pairs(machine *m, const call *c, bool keys, value *ret)
{
	tel__ottl_iter it;
	uint32_t n = 0;
	tel_slice key;
	value map, v, *items;

	if (!tel__ottl_arg_map(m, c, 0, &map))
		return false;
	items = tel__ottl_take(m, tel__ottl_count(&map) * sizeof *items);
	if (!items)
		return false;
	for (it = tel__ottl_iterate(&map); tel__ottl_next_pair(&it, &key, &v);)
		items[n++] = keys ? tel__ottl_str(key) : v;
	*ret = tel__ottl_raw(items, n);
	return true;
}

static bool eval_keys(machine *m, const call *c, value *ret)
{
	return pairs(m, c, true, ret);
}

static bool eval_values(machine *m, const call *c, value *ret)
{
	return pairs(m, c, false, ret);
}

static bool eval_contains(machine *m, const call *c, value *ret)
{
	tel__ottl_iter it;
	value list, item, v;

	if (!tel__ottl_arg_list(m, c, 0, &list) || !tel__ottl_arg(m, c, 1, &item))
		return false;
	*ret = tel__ottl_bool(false);
	for (it = tel__ottl_iterate(&list); !ret->u.truth && tel__ottl_next_item(&it, &v);)
		ret->u.truth = tel__ottl_equal(&v, &item, false);
	return true;
}

/* SliceToMap */

static bool along(machine *m, const value *path, value *v, const char *what)
{
	for (uint32_t i = 0; i < path->count; i++) {
		tel_slice key = tel__slice_cut(path->u.items[i].u.text, 128);
		value next;

		if (v->type != TEL__OTTL_V_MAP)
			return tel__ottl_fail_fmt(m, "could not extract %s: value is not a map", what);
		if (!tel__ottl_find(v, path->u.items[i].u.text, &next))
			return tel__ottl_fail_fmt(m, "could not extract %s: provided object does not contain the path %s" TEL_SLICE_FMT, what, "",
			                          TEL_SLICE_ARG(key));
		*v = next;
	}
	return true;
}

static bool eval_slice_to_map(machine *m, const call *c, value *ret)
{
	const value *key_path = tel__ottl_literal(c->args[1]), *value_path = tel__ottl_literal(c->args[2]);
	size_t from = m->out.len;
	tel__ottl_iter it;
	value list, item;

	if (!tel__ottl_arg_list(m, c, 0, &list))
		return false;
	it = tel__ottl_iterate(&list);
	for (uint64_t i = 0; tel__ottl_next_item(&it, &item); i++) {
		char number[24];
		value key = item, v = item;

		if ((key_path || value_path) && item.type != TEL__OTTL_V_MAP) {
			m->out.len = from;
			return tel__ottl_fail_fmt(m, "could not cast element '%s' to map", tel__ottl_type_name(&item));
		}
		if (!key_path)
			key = tel__ottl_str((tel_slice){ number, tel__num_format_u64(i, number) });
		else if (!along(m, key_path, &key, "key"))
			goto failed;
		if (value_path && !along(m, value_path, &v, "value"))
			goto failed;
		if (key.type != TEL__OTTL_V_STR) {
			(void)tel__ottl_fail(m, "extracted key attribute is not of type 'string'");
			goto failed;
		}
		if (!tel__ottl_write_pair(&m->out, 1, key.u.text, &v)) {
			(void)tel__ottl_fail(m, "a value nested too deep");
			goto failed;
		}
	}
	return tel__ottl_end_list(m, from, TEL_VALUE_KVLIST, ret);
failed:
	m->out.len = from;
	return false;
}

/* Sort */

typedef struct sorted {
	value v;
	tel_slice text;
	uint32_t at;
} sorted;

static int order_of(const sorted *x, const sorted *y)
{
	return x->at < y->at ? -1 : x->at > y->at;
}

static int by_int(const void *a, const void *b)
{
	const sorted *x = a, *y = b;

	return x->v.u.i64 < y->v.u.i64 ? -1 : x->v.u.i64 > y->v.u.i64 ? 1 : order_of(x, y);
}

static double number(const value *v)
{
	return v->type == TEL__OTTL_V_INT ? (double)v->u.i64 : v->u.f64;
}

/* NaN comes first, as in Go. */
static int by_number(const void *a, const void *b)
{
	const sorted *x = a, *y = b;
	double i = number(&x->v), k = number(&y->v);

	if (i != i || k != k)
		return i != i && k != k ? order_of(x, y) : i != i ? -1 : 1;
	return i < k ? -1 : i > k ? 1 : order_of(x, y);
}

static int by_text(const void *a, const void *b)
{
	const sorted *x = a, *y = b;
	int order = tel__slice_cmp(x->text, y->text);

	return order ? order : order_of(x, y);
}

static bool make_sort(compiler *c, call *made)
{
	tel_slice order = tel__slice_cut(tel__ottl_lit_str(made, 1, "asc"), 128);

	return tel__slice_is(order, "asc") || tel__slice_is(order, "desc") ||
	       tel__ottl_refuse(c, "invalid arguments: " TEL_SLICE_FMT ". Order should be either \"asc\" or \"desc\"", TEL_SLICE_ARG(order));
}

static bool sort_items(machine *m, sorted *items, uint32_t n, bool ints, bool numbers)
{
	for (uint32_t i = 0; i < n && !numbers; i++) {
		value text;

		if (!tel__ottl_like(m, TEL__OTTL_LIKE_STR, &items[i].v, &text))
			return false;
		items[i].text = text.type == TEL__OTTL_V_NIL ? TEL_SLICE_LIT("") : text.u.text;
	}
	if (n > 1)
		qsort(items, n, sizeof *items, ints ? by_int : numbers ? by_number : by_text);
	return true;
}

static bool eval_sort(machine *m, const call *c, value *ret)
{
	bool down = tel__slice_is(tel__ottl_lit_str(c, 1, "asc"), "desc"), ints = true, numbers = true;
	uint32_t n = 0, count;
	tel__ottl_iter it;
	sorted *items;
	value list, *out;

	if (!tel__ottl_arg(m, c, 0, &list))
		return false;
	if (list.type != TEL__OTTL_V_LIST)
		return tel__ottl_fail_fmt(m, "sort with unsupported type: '%s'. Target is not a list", tel__ottl_type_name(&list));
	count = tel__ottl_count(&list);
	items = tel__ottl_take(m, count * sizeof *items);
	out = tel__ottl_take(m, count * sizeof *out);
	if (!items || !out)
		return false;
	for (it = tel__ottl_iterate(&list); tel__ottl_next_item(&it, &items[n].v); n++) {
		items[n].at = n;
		if (items[n].v.type == TEL__OTTL_V_MAP || items[n].v.type == TEL__OTTL_V_LIST || items[n].v.type == TEL__OTTL_V_BYTES) {
			if (list.form == TEL__OTTL_RAW)
				return tel__ottl_fail_fmt(m, "sort with unsupported type: '%s'", tel__ottl_type_name(&items[n].v));
			*ret = list;
			return true;
		}
		ints &= items[n].v.type == TEL__OTTL_V_INT;
		numbers &= items[n].v.type == TEL__OTTL_V_INT || items[n].v.type == TEL__OTTL_V_FLOAT;
	}
	if (!sort_items(m, items, n, ints, numbers))
		return false;
	for (uint32_t i = 0; i < n; i++)
		out[i] = items[down ? n - 1 - i : i].v;
	*ret = tel__ottl_raw(out, n);
	return true;
}

static const tel__ottl_impl rows[] = {
	{ "Keys", eval_keys, NULL, 0, 0, 0 }, { "Values", eval_values, NULL, 0, 0, 0 },
	{ "ContainsValue", eval_contains, NULL, 0, 0, 0 }, { "SliceToMap", eval_slice_to_map, NULL, 0, 0, 0 },
	{ "Sort", eval_sort, make_sort, 0, 0, 0 },
};

TEL__OTTL_IMPLS(tel__ottl_list_converters);
