/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/functions_i.h"

#include "wire/pb.h"

typedef tel__ottl_call call;
typedef tel__ottl_compiler compiler;
typedef tel__ottl_machine machine;
typedef tel__ottl_value value;

/* Editors of values, maps and lists, otel-processing.md 3.2. A node is opened only when there is something to change. */

static const tel__ottl_target *target_of(const call *c)
{
	return &c->args[0]->u.target;
}

static bool target_map(machine *m, const call *c, value *ret)
{
	if (!tel__ottl_target_get(m, target_of(c), ret))
		return false;
	return ret->type == TEL__OTTL_V_MAP || tel__ottl_fail_type(m, "pcommon.Map", ret);
}

static bool eval_set(machine *m, const call *c, value *ret)
{
	value v;

	(void)ret;
	if (!tel__ottl_arg(m, c, 1, &v))
		return false;
	return v.type == TEL__OTTL_V_NIL || tel__ottl_target_set(m, target_of(c), &v);
}

static bool eval_route(machine *m, const call *c, value *ret)
{
	(void)m;
	(void)c;
	(void)ret;
	return true;
}

/* Removing keys: what a predicate wants gone. */

typedef struct sieve {
	machine *m;
	const call *c;
	const tel__regex *re;
	const tel_slice *keys;
	uint32_t count;
	bool keep;     /* what is found stays, the rest goes */
	bool first;    /* one at most */
} sieve;

static bool goes(sieve *s, tel_slice key, bool *ret_goes)
{
	bool found = false;

	if (s->re) {
		if (!tel__ottl_matches(s->m, s->re, key, &found))
			return false;
	} else {
		for (uint32_t i = 0; i < s->count && !found; i++)
			found = tel__slice_eq(s->keys[i], key);
	}
	*ret_goes = found != s->keep;
	return true;
}

static bool remove_keys(sieve *s)
{
	const tel__ottl_target *t = target_of(s->c);
	tel__ottl_iter it;
	value map, v;
	bool gone = false;
	tel_slice key;
	tel__kvs *kvs;
	uint32_t kept = 0, i = 0;

	if (!target_map(s->m, s->c, &map))
		return false;
	for (it = tel__ottl_iterate(&map); !gone && tel__ottl_next_pair(&it, &key, &v);)
		if (!goes(s, key, &gone))
			return false;
	if (!gone)
		return true;
	kvs = tel__ottl_target_open(s->m, t);
	if (!kvs)
		return false;
	for (gone = false; i < kvs->count; i++) {
		bool go = false;

		if (!(s->first && gone) && !goes(s, kvs->at[i].key, &go))
			return false;
		gone |= go;
		if (!go)
			kvs->at[kept++] = kvs->at[i];
	}
	kvs->changed |= kept != kvs->count;
	kvs->count = kept;
	return tel__ottl_target_put(s->m, t, kvs);
}

static bool eval_delete_key(machine *m, const call *c, value *ret)
{
	tel_slice key;
	sieve s = { .m = m, .c = c, .keys = &key, .count = 1, .first = true };

	(void)ret;
	return tel__ottl_arg_str(m, c, 1, &key) && remove_keys(&s);
}

static bool remove_matching(machine *m, const call *c, const char *function, bool keep)
{
	bool mine, ok;
	tel__regex *re = tel__ottl_pattern(m, c, 1, function, &mine);
	sieve s = { .m = m, .c = c, .re = re, .keep = keep };

	if (!re)
		return false;
	ok = remove_keys(&s);
	if (mine)
		tel__regex_free(re);
	return ok;
}

static bool eval_delete_matching(machine *m, const call *c, value *ret)
{
	(void)ret;
	return remove_matching(m, c, "delete_matching_keys", false);
}

static bool eval_keep_matching(machine *m, const call *c, value *ret)
{
	(void)ret;
	return remove_matching(m, c, "keep_matching_keys", true);
}

static bool make_delete_matching(compiler *c, call *made)
{
	return tel__ottl_make_pattern(c, made, 1, "delete_matching_keys");
}

static bool make_keep_matching(compiler *c, call *made)
{
	return tel__ottl_make_pattern(c, made, 1, "keep_matching_keys");
}

static bool eval_keep_keys(machine *m, const call *c, value *ret)
{
	value list, v;
	tel__ottl_iter it;
	tel_slice *keys;
	sieve s = { .m = m, .c = c, .keep = true };

	(void)ret;
	if (!tel__ottl_arg(m, c, 1, &list))
		return false;
	keys = tel__ottl_take(m, list.count * sizeof *keys);
	if (!keys)
		return false;
	for (it = tel__ottl_iterate(&list); tel__ottl_next_item(&it, &v);) {
		if (v.type != TEL__OTTL_V_STR)
			return tel__ottl_fail_type(m, "string", &v);
		keys[s.count++] = v.u.text;
	}
	s.keys = keys;
	return remove_keys(&s);
}

/* limit */

static bool make_limit(compiler *c, call *made)
{
	int64_t limit = tel__ottl_lit_int(made, 1, 0);
	const value *keys = tel__ottl_literal(made->args[2]);

	if (limit < 0)
		return tel__ottl_refuse(c, "invalid limit for limit function, %lld cannot be negative", (long long)limit);
	if (keys && limit < keys->count)
		return tel__ottl_refuse(c, "invalid limit for limit function, %lld cannot be less than number of priority attributes %u",
		                        (long long)limit, (unsigned)keys->count);
	return true;
}

static bool has_priority(const value *keys, tel_slice key)
{
	for (uint32_t i = 0; i < keys->count; i++)
		if (tel__slice_eq(keys->u.items[i].u.text, key))
			return true;
	return false;
}

static bool eval_limit(machine *m, const call *c, value *ret)
{
	int64_t limit = tel__ottl_lit_int(c, 1, 0), room;
	const value *keys = tel__ottl_literal(c->args[2]);
	uint32_t kept = 0, priority = 0;
	tel__kvs *kvs;
	value map;

	(void)ret;
	if (!target_map(m, c, &map))
		return false;
	if (tel__ottl_count(&map) <= limit)
		return true;
	kvs = tel__ottl_target_open(m, target_of(c));
	if (!kvs)
		return false;
	for (uint32_t i = 0; i < kvs->count; i++)
		priority += has_priority(keys, kvs->at[i].key);
	room = limit - priority;
	for (uint32_t i = 0; i < kvs->count; i++)
		if (has_priority(keys, kvs->at[i].key) || room-- > 0)
			kvs->at[kept++] = kvs->at[i];
	kvs->count = kept;
	kvs->changed = true;
	return tel__ottl_target_put(m, target_of(c), kvs);
}

/* Changing the values of a map. */

static bool put_at(machine *m, tel__kvs *kvs, uint32_t i, const value *v)
{
	tel_slice field, key = kvs->at[i].key;
	size_t from = m->out.len;
	tel__pb_reader r;
	tel__pb_field f;

	if (!tel__ottl_write_any(&m->out, 1, v)) {
		m->out.len = from;
		return tel__ottl_fail(m, "a value nested too deep");
	}
	if (!tel__ottl_keep_in_batch(m, from, &field))
		return false;
	r = tel__pb_read(field);
	(void)tel__pb_next(&r, &f);
	kvs->at[i] = (tel__kv){ .key = key, .value = f.bytes.ptr ? f.bytes : TEL_SLICE_LIT("") };
	return kvs->changed = true;
}

bool tel__ottl_change_values(machine *m, const tel__ottl_target *t, bool (*change)(void *user, value *v, bool *ret_changed), void *user)
{
	tel__ottl_iter it;
	tel__kvs *kvs;
	tel_slice key;
	value map, v;
	bool any = false;

	if (!tel__ottl_target_get(m, t, &map))
		return false;
	if (map.type != TEL__OTTL_V_MAP)
		return tel__ottl_fail_type(m, "pcommon.Map", &map);
	for (it = tel__ottl_iterate(&map); !any && tel__ottl_next_pair(&it, &key, &v);)
		if (!change(user, &v, &any))
			return false;
	if (!any)
		return true;
	kvs = tel__ottl_target_open(m, t);
	if (!kvs)
		return false;
	for (uint32_t i = 0; i < kvs->count; i++) {
		tel_value stored;
		bool changed = false;

		tel__kv_get(&kvs->at[i], &stored);
		v = tel__ottl_from(&stored);
		if (!change(user, &v, &changed) || (changed && !put_at(m, kvs, i, &v)))
			return false;
	}
	return tel__ottl_target_put(m, t, kvs);
}

static bool truncate(void *user, value *v, bool *ret_changed)
{
	const call *c = user;
	size_t limit = (size_t)tel__ottl_lit_int(c, 1, 0);

	if (v->type != TEL__OTTL_V_STR || v->u.text.len <= limit)
		return true;
	*ret_changed = true;
	v->u.text.len = limit;
	while (tel__ottl_lit_bool(c, 2, true) && v->u.text.len && ((unsigned char)v->u.text.ptr[v->u.text.len] & 0xc0) == 0x80)
		v->u.text.len--;
	return true;
}

static bool make_truncate(compiler *c, call *made)
{
	int64_t limit = tel__ottl_lit_int(made, 1, 0);

	return limit >= 0 || tel__ottl_refuse(c, "invalid limit for truncate_all function, %lld cannot be negative", (long long)limit);
}

static bool eval_truncate(machine *m, const call *c, value *ret)
{
	(void)ret;
	return tel__ottl_change_values(m, target_of(c), truncate, (void *)(uintptr_t)c);
}

/* merge_maps */

enum { INSERT = 1, UPDATE = 2 };

static unsigned strategy_of(const call *c)
{
	tel_slice word = tel__ottl_lit_str(c, 2, "");

	return tel__slice_is(word, "insert") ? INSERT : tel__slice_is(word, "update") ? UPDATE : tel__slice_is(word, "upsert") ? INSERT | UPDATE : 0;
}

static bool make_merge(compiler *c, call *made)
{
	tel_slice word = tel__slice_cut(tel__ottl_lit_str(made, 2, ""), 128);

	return strategy_of(made) || tel__ottl_refuse(c, "invalid value for strategy, " TEL_SLICE_FMT ", must be 'insert', 'update' or 'upsert'",
	                                             TEL_SLICE_ARG(word));
}

/* Key and value behind the others. */
static bool add_pair(machine *m, tel__kvs *kvs, tel_slice key, const value *v)
{
	size_t from = m->out.len;
	tel__arena *arena;
	tel_slice kept;

	tel__ottl_write_text(&m->out, key);
	return tel__ottl_keep_in_batch(m, from, &kept) && tel__ottl_model(m, tel__metrics_arena(m->item->batch, &arena)) &&
	       tel__ottl_model(m, tel__kvs_set_encoded(arena, kvs, kept, TEL_SLICE_LIT(""))) &&
	       put_at(m, kvs, tel__kvs_find(kvs, kept), v);
}

static bool eval_merge(machine *m, const call *c, value *ret)
{
	unsigned strategy = strategy_of(c);
	value map, source, v;
	tel__ottl_iter it;
	tel_slice key;
	tel__kvs *kvs;

	(void)ret;
	if (!target_map(m, c, &map) || !tel__ottl_arg_map(m, c, 1, &source))
		return false;
	kvs = tel__ottl_target_open(m, target_of(c));
	if (!kvs)
		return false;
	for (it = tel__ottl_iterate(&source); tel__ottl_next_pair(&it, &key, &v);) {
		uint32_t at = tel__kvs_find(kvs, key);

		if (!tel__ottl_step(m))
			return false;
		if (at == TEL__KV_NONE ? !(strategy & INSERT) : !(strategy & UPDATE))
			continue;
		if (!(at == TEL__KV_NONE ? add_pair(m, kvs, key, &v) : put_at(m, kvs, at, &v)))
			return false;
	}
	return tel__ottl_target_put(m, target_of(c), kvs);
}

/* flatten */

typedef struct flattening {
	machine *m;
	tel__kvs *out;
	int64_t depth;
	bool resolve;
} flattening;

static bool flat(flattening *f, tel_slice key, const value *v, int64_t level);

static bool flat_elements(flattening *f, tel_slice prefix, const value *v, int64_t level)
{
	bool map = v->type == TEL__OTTL_V_MAP;
	tel__ottl_iter it = tel__ottl_iterate(v);
	uint32_t i = 0;
	tel_slice key;
	value item;

	for (; map ? tel__ottl_next_pair(&it, &key, &item) : tel__ottl_next_item(&it, &item); i++) {
		size_t from = f->m->out.len;

		tel__dynbuf_slice(&f->m->out, prefix);
		if (map) {
			if (prefix.len)
				tel__dynbuf_byte(&f->m->out, '.');
			tel__dynbuf_slice(&f->m->out, key);
		} else if (!f->resolve) { /* else all have the same key, and get their numbers from that */
			tel__dynbuf_byte(&f->m->out, '.');
			tel__dynbuf_u64(&f->m->out, i);
		}
		if (!tel__ottl_keep(f->m, from, &key) || !flat(f, key, &item, level))
			return false;
	}
	return true;
}

/* A key that is not there yet: a.0, a.1, ... */
static bool free_key(flattening *f, tel_slice *key)
{
	tel_slice wanted = *key;

	for (unsigned n = 0; tel__kvs_find(f->out, *key) != TEL__KV_NONE; n++) {
		size_t from = f->m->out.len;

		tel__dynbuf_slice(&f->m->out, wanted);
		tel__dynbuf_fmt(&f->m->out, ".%u", n);
		if (!tel__ottl_step(f->m) || !tel__ottl_keep(f->m, from, key))
			return false;
	}
	return true;
}

static bool flat(flattening *f, tel_slice key, const value *v, int64_t level)
{
	if (!tel__ottl_step(f->m))
		return false;
	if ((v->type == TEL__OTTL_V_MAP || v->type == TEL__OTTL_V_LIST) && level < f->depth)
		return flat_elements(f, key, v, level + 1);
	return (!f->resolve || free_key(f, &key)) && add_pair(f->m, f->out, key, v);
}

static bool make_flatten(compiler *c, call *made)
{
	int64_t depth = tel__ottl_lit_int(made, 2, 1);

	return depth > 0 || tel__ottl_refuse(c, "invalid depth '%lld' for flatten function, must be greater than 0", (long long)depth);
}

static bool eval_flatten(machine *m, const call *c, value *ret)
{
	tel__kvs fresh = { NULL, 0, 0, false };
	flattening f = { m, &fresh, tel__ottl_lit_int(c, 2, INT64_MAX), tel__ottl_lit_bool(c, 3, false) };
	value map, all;

	(void)ret;
	if (!target_map(m, c, &map))
		return false;
	if (!flat_elements(&f, tel__ottl_lit_str(c, 1, ""), &map, 0))
		return false;
	all = tel__ottl_map_of_kvs(&fresh);
	return tel__ottl_target_set(m, target_of(c), &all);
}

/* Lists. */

static bool make_append(compiler *c, call *made)
{
	return made->args[1] || made->args[2] ||
	       tel__ottl_refuse(c, "at least one of the optional arguments ('value' or 'values') must be provided");
}

static bool eval_append(machine *m, const call *c, value *ret)
{
	value old, one, more, all, *items;
	uint32_t n = 0;
	tel__ottl_iter it;

	(void)ret;
	one = more = tel__ottl_nil();
	if (!tel__ottl_target_get(m, target_of(c), &old) || (c->args[1] && !tel__ottl_arg(m, c, 1, &one)) ||
	    (c->args[2] && !tel__ottl_arg(m, c, 2, &more)))
		return false;
	if (old.type == TEL__OTTL_V_MAP || old.type == TEL__OTTL_V_OPAQUE)
		return tel__ottl_fail_fmt(m, "unsupported type for append: %s", tel__ottl_type_name(&old));
	items = tel__ottl_take(m, ((old.type == TEL__OTTL_V_LIST ? tel__ottl_count(&old) : 1) + 1 + (c->args[2] ? more.count : 0)) * sizeof *items);
	if (!items)
		return false;
	if (old.type == TEL__OTTL_V_LIST)
		for (it = tel__ottl_iterate(&old); tel__ottl_next_item(&it, &items[n]);)
			n++;
	else if (old.type != TEL__OTTL_V_NIL)
		items[n++] = old;
	if (c->args[1])
		items[n++] = one;
	if (c->args[2])
		for (it = tel__ottl_iterate(&more); tel__ottl_next_item(&it, &items[n]);)
			n++;
	all = tel__ottl_raw(items, n);
	return tel__ottl_target_set(m, target_of(c), &all);
}

static bool eval_delete_index(machine *m, const call *c, value *ret)
{
	int64_t start, end;
	uint32_t count, n = 0, i = 0;
	value old, all, *items;
	tel__ottl_iter it;

	(void)ret;
	if (!tel__ottl_target_get(m, target_of(c), &old))
		return false;
	if (old.type != TEL__OTTL_V_LIST)
		return tel__ottl_fail_type(m, "pcommon.Slice", &old);
	count = tel__ottl_count(&old);
	if (!tel__ottl_arg_int(m, c, 1, &start))
		return false;
	if (start < 0 || start >= count)
		return tel__ottl_fail_fmt(m, "startIndex %lld out of bounds for slice of length %u", (long long)start, (unsigned)count);
	end = start + 1;
	if (c->args[2] && !tel__ottl_arg_int(m, c, 2, &end))
		return false;
	if (end < start)
		return tel__ottl_fail_fmt(m, "endIndex %lld cannot be less than startIndex %lld", (long long)end, (long long)start);
	if (end > count)
		return tel__ottl_fail_fmt(m, "deletion range [%lld:%lld] out of bounds for slice of length %u", (long long)start, (long long)end,
		                          (unsigned)count);
	items = tel__ottl_take(m, count * sizeof *items);
	if (!items)
		return false;
	for (it = tel__ottl_iterate(&old); tel__ottl_next_item(&it, &items[n]); i++)
		n += i < start || i >= end;
	all = tel__ottl_raw(items, n);
	return tel__ottl_target_set(m, target_of(c), &all);
}

static const tel__ottl_impl rows[] = {
	{ "set", eval_set, NULL, 0, 0, 0 },
	{ "route", eval_route, NULL, 0, 0, 0 },
	{ "delete_key", eval_delete_key, NULL, 0, 0, 0 },
	{ "delete_matching_keys", eval_delete_matching, make_delete_matching, 0, 0, 0 },
	{ "keep_keys", eval_keep_keys, NULL, 0, 0, 0 },
	{ "keep_matching_keys", eval_keep_matching, make_keep_matching, 0, 0, 0 },
	{ "limit", eval_limit, make_limit, 0, 0, 0 },
	{ "truncate_all", eval_truncate, make_truncate, 0, 0, 0 },
	{ "merge_maps", eval_merge, make_merge, 0, 0, 0 },
	{ "flatten", eval_flatten, make_flatten, 0, 0, 0 },
	{ "append", eval_append, make_append, 0, 0, 0 },
	{ "delete_index", eval_delete_index, NULL, 0, 0, 0 },
};

TEL__OTTL_IMPLS(tel__ottl_map_editors);
