/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/program.h"

#include "base/slice_i.h"
#include "model/value.h"
#include "wire/pb.h"

typedef tel__ottl_machine machine;
typedef tel__ottl_target target;
typedef tel__ottl_value value;

/* Paths with keys, otel-processing.md 1.6. */

/* A key that is not written there, for a map or a list. */
static bool resolve_key(machine *m, const tel__ottl_place_key *key, tel__ottl_place_key *ret)
{
	value v;

	*ret = *key;
	if (!key->dynamic)
		return true;
	if (!tel__ottl_get(m, key->dynamic, &v))
		return false;
	ret->dynamic = NULL;
	if (v.type == TEL__OTTL_V_STR) {
		ret->text = v.u.text;
		ret->is_index = false;
		return true;
	}
	if (v.type == TEL__OTTL_V_INT) {
		ret->index = v.u.i64;
		ret->is_index = true;
		return true;
	}
	return tel__ottl_fail_fmt(m, "could not resolve key for map/slice, expecting 'string' but got '%s'", tel__ottl_type_name(&v));
}

static bool int_on_map(machine *m, const tel__ottl_place_key *written, bool first)
{
	const char *before = first ? "cannot get map value: " : "";

	if (written->dynamic)
		return tel__ottl_fail_fmt(m, "%sunable to resolve a string index in map: could not resolve key for map/slice, expecting "
		                          "'string' but got 'int64'", before);
	return tel__ottl_fail_fmt(m, "%sunable to resolve a string index in map: invalid key type", before);
}

static bool str_on_list(machine *m, const tel__ottl_place_key *written)
{
	if (written->dynamic)
		return tel__ottl_fail(m, "unable to resolve an integer index in slice: could not resolve key for map/slice, expecting "
		                      "'int64' but got 'string'");
	return tel__ottl_fail(m, "unable to resolve an integer index in slice: invalid key type");
}

static bool out_of_bounds(machine *m, int64_t index)
{
	return tel__ottl_fail_fmt(m, "index %lld out of bounds", (long long)index);
}

static bool no_indexing(machine *m, const value *v)
{
	return tel__ottl_fail_fmt(m, "type %s does not support string indexing", tel__ottl_value_type_name(v));
}

/* The value of the first key; *ret_there false: there is none. */
static bool look_up(machine *m, const target *t, bool *ret_there, value *ret)
{
	tel__ottl_memo_slot *memo = &m->memos[t->memo - 1];
	uint64_t stamp = m->item->stamp[t->access->context];
	value map;

	if (memo->stamp != stamp || m->item->edited != TEL__OTTL_LEVELS) {
		if (!t->access->get(m, &map))
			return false;
		memo->answer = tel__ottl_find(&map, t->keys[0].text, &memo->value);
		memo->stamp = m->item->edited == TEL__OTTL_LEVELS ? stamp : 0;
	}
	*ret_there = memo->answer;
	*ret = memo->value;
	return true;
}

bool tel__ottl_target_get(machine *m, const target *t, value *ret)
{
	uint32_t i = t->memo ? 1 : 0;
	bool there = true;
	value v;

	if (!t->key_count)
		return t->access->get(m, ret);
	if (!(t->memo ? look_up(m, t, &there, &v) : t->access->get(m, &v)))
		return false;
	if (!there) {
		*ret = tel__ottl_nil();
		return true;
	}
	for (; i < t->key_count; i++) {
		tel__ottl_place_key key;
		value next;

		if (v.type != TEL__OTTL_V_MAP && v.type != TEL__OTTL_V_LIST)
			return no_indexing(m, &v);
		if (!resolve_key(m, &t->keys[i], &key))
			return false;
		if (v.type == TEL__OTTL_V_MAP) {
			if (key.is_index)
				return int_on_map(m, &t->keys[i], i == 0);
			if (!tel__ottl_find(&v, key.text, &next)) {
				*ret = tel__ottl_nil();
				return true;
			}
		} else {
			if (!key.is_index)
				return str_on_list(m, &t->keys[i]);
			if (key.index < 0 || !tel__ottl_item_at(&v, (uint64_t)key.index, &next))
				return out_of_bounds(m, key.index);
		}
		v = next;
	}
	*ret = v;
	return true;
}

/* Writing. */

static bool arena_of(machine *m, tel__arena **ret_arena)
{
	return tel__ottl_model(m, tel__metrics_arena(m->item->batch, ret_arena));
}

/* AnyValue in the batch. */
static bool encode(machine *m, const value *v, tel_slice *ret)
{
	size_t from = m->out.len;
	tel__pb_reader r;
	tel__pb_field f;
	tel_slice field;

	if (!tel__ottl_write_any(&m->out, 1, v)) {
		m->out.len = from;
		return tel__ottl_fail(m, "a value nested too deep");
	}
	if (!tel__ottl_keep_in_batch(m, from, &field))
		return false;
	r = tel__pb_read(field);
	if (!tel__pb_next(&r, &f))
		return tel__ottl_fail(m, "a value that cannot be written");
	*ret = f.bytes.ptr ? f.bytes : TEL_SLICE_LIT("");
	return true;
}

static bool put(machine *m, tel__kvs *kvs, tel_slice key, const value *v)
{
	uint32_t at = tel__kvs_find(kvs, key);
	tel__arena *arena;
	tel_slice encoded;
	size_t from;

	if (!encode(m, v, &encoded) || !arena_of(m, &arena))
		return false;
	if (at != TEL__KV_NONE) {
		key = kvs->at[at].key;
	} else {
		from = m->out.len;
		tel__ottl_write_text(&m->out, key);
		if (!tel__ottl_keep_in_batch(m, from, &key))
			return false;
	}
	return tel__ottl_model(m, tel__kvs_set_encoded(arena, kvs, key, encoded));
}

static bool value_at(const tel__kvs *kvs, tel_slice key, value *ret)
{
	uint32_t at = tel__kvs_find(kvs, key);
	tel_value v;

	if (at == TEL__KV_NONE)
		return false;
	tel__kv_get(&kvs->at[at], &v);
	*ret = tel__ottl_from(&v);
	return true;
}

/* Keys that were looked up once; what is written. */
typedef struct assignment {
	const target *t;
	const tel__ottl_place_key *keys; /* resolved */
	const value *v;
} assignment;

static bool assigned(machine *m, const assignment *a, uint32_t depth, const value *old, value *ret);

/* The map old with one key changed. */
static bool assigned_map(machine *m, const assignment *a, uint32_t depth, const value *old, value *ret)
{
	const tel__ottl_place_key *key = &a->keys[depth];
	tel__kvs *kvs = tel__ottl_take(m, sizeof *kvs);
	value inner = tel__ottl_nil(), fresh;

	if (!kvs)
		return false;
	*kvs = (tel__kvs){ NULL, 0, 0, false };
	if (old->type == TEL__OTTL_V_MAP && !tel__ottl_replace_map(m, kvs, old))
		return false;
	(void)value_at(kvs, key->text, &inner);
	if (!assigned(m, a, depth + 1, &inner, &fresh) || !put(m, kvs, key->text, &fresh))
		return false;
	*ret = tel__ottl_map_of_kvs(kvs);
	return true;
}

enum { LIST_MAX = 1 << 20 };

static bool assigned_list(machine *m, const assignment *a, uint32_t depth, const value *old, value *ret)
{
	int64_t index = a->keys[depth].index;
	uint32_t n = old->type == TEL__OTTL_V_LIST ? tel__ottl_count(old) : 0, i = 0;
	bool fresh = old->type != TEL__OTTL_V_LIST;
	tel__ottl_iter it = tel__ottl_iterate(old);
	value *items;

	if (index < 0 || index >= LIST_MAX || (!fresh && index >= n))
		return out_of_bounds(m, index);
	if (fresh) /* as many empty ones before it */
		n = (uint32_t)index + 1;
	items = tel__ottl_take(m, n * sizeof *items);
	if (!items)
		return false;
	for (; !fresh && i < n && tel__ottl_next_item(&it, &items[i]); i++)
		;
	for (; i < n; i++)
		items[i] = tel__ottl_nil();
	if (!assigned(m, a, depth + 1, &items[index], &items[index]))
		return false;
	*ret = tel__ottl_raw(items, n);
	return true;
}

/* What stands at a depth after the assignment. */
static bool assigned(machine *m, const assignment *a, uint32_t depth, const value *old, value *ret)
{
	const tel__ottl_place_key *key = &a->keys[depth], *written = &a->t->keys[depth];

	if (depth == a->t->key_count) {
		*ret = *a->v;
		return true;
	}
	switch ((tel__ottl_type)old->type) {
	case TEL__OTTL_V_NIL:
		return key->is_index ? assigned_list(m, a, depth, old, ret) : assigned_map(m, a, depth, old, ret);
	case TEL__OTTL_V_MAP:
		return key->is_index ? int_on_map(m, written, false) : assigned_map(m, a, depth, old, ret);
	case TEL__OTTL_V_LIST:
		return key->is_index ? assigned_list(m, a, depth, old, ret) : str_on_list(m, written);
	default:
		return no_indexing(m, old);
	}
}

bool tel__ottl_target_set(machine *m, const target *t, const value *v)
{
	tel__ottl_place_key *keys;
	assignment a = { .t = t, .v = v };
	value old = tel__ottl_nil(), fresh;
	tel__kvs *kvs;

	if (!t->key_count)
		return t->access->set(m, v);
	if (!t->access->open)
		return t->access->set(m, v);
	keys = tel__ottl_take(m, t->key_count * sizeof *keys);
	if (!keys)
		return false;
	for (uint32_t i = 0; i < t->key_count; i++)
		if (!resolve_key(m, &t->keys[i], &keys[i]))
			return false;
	if (keys[0].is_index)
		return int_on_map(m, &t->keys[0], true);
	a.keys = keys;
	kvs = t->access->open(m);
	if (!kvs)
		return false;
	if (t->key_count == 1 && v->type == TEL__OTTL_V_MAP && v->form == TEL__OTTL_KVS && tel__kvs_find(kvs, keys[0].text) == TEL__KV_NONE &&
	    !put(m, kvs, keys[0].text, &old)) /* a map that is put into itself holds the new key already, 2.6 */
		return false;
	if (t->key_count == 1)
		return put(m, kvs, keys[0].text, v);
	if (!value_at(kvs, keys[0].text, &old) && !put(m, kvs, keys[0].text, &old)) /* is there even if the rest fails */
		return false;
	return assigned(m, &a, 1, &old, &fresh) && put(m, kvs, keys[0].text, &fresh);
}

/* Maps that editors change in place. */

tel__kvs *tel__ottl_target_open(machine *m, const target *t)
{
	tel__kvs *kvs;
	value v;

	if (!t->key_count && t->access->open)
		return t->access->open(m);
	if (!tel__ottl_target_get(m, t, &v))
		return NULL;
	if (v.type != TEL__OTTL_V_MAP)
		return tel__ottl_fail_type(m, "pcommon.Map", &v), NULL;
	kvs = tel__ottl_take(m, sizeof *kvs);
	if (!kvs)
		return NULL;
	*kvs = (tel__kvs){ NULL, 0, 0, false };
	if (!tel__ottl_replace_map(m, kvs, &v))
		return NULL;
	kvs->changed = false;
	return kvs;
}

bool tel__ottl_target_put(machine *m, const target *t, const tel__kvs *kvs)
{
	value v = tel__ottl_map_of_kvs(kvs);

	if ((!t->key_count && t->access->open) || !kvs->changed)
		return true;
	return tel__ottl_target_set(m, t, &v);
}
