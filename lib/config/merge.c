/* SPDX-License-Identifier: Apache-2.0 */
/* Sources -> one tree: maps merge deeply, everything else replaces, null too; "::" in a key is a path separator
 * (otel-processing.md 10.1). */
#include "base/error_i.h"
#include "base/limits.h"
#include "base/slice_i.h"
#include "config/hint.h"

static tel_err merge_map(tel__loader *l, tel__node *to, const tel__node *from, const tel__path *path, unsigned depth);

/* Position of "::" in key, or its length. An empty part does not separate. */
static size_t find_separator(tel_slice key)
{
	for (size_t i = 1; i + 2 < key.len; i++)
		if (key.ptr[i] == ':' && key.ptr[i + 1] == ':')
			return i;
	return key.len;
}

/* A key of the merged tree is looked up one by one, which is quadratic: the sum is bounded. */
static bool charge(tel__loader *l, const tel__node *to, const tel__node_entry *entry)
{
	l->merge_work += to->v.map.count;
	if (l->merge_work <= TEL_LIMIT_MERGE_WORK)
		return true;
	tel__loader_error(l, tel__position_key(entry), NULL, "the configuration has too many keys in its maps");
	return false;
}

/* A map that belongs to the merged tree alone, at key of to. */
static tel_err own_map(tel__loader *l, tel__node *to, const tel__node_entry *like, tel_slice key, tel__node **ret_map)
{
	tel__arena *arena = l->config->arena;
	tel__node_entry *old, entry = *like;

	if (!charge(l, to, like))
		return TEL_ERR_CONFIG;
	old = tel__node_find(to, key);
	if (old && old->value->type == TEL__NODE_MAP) {
		*ret_map = old->value;
		return TEL_OK;
	}
	entry.key = key;
	entry.flags = 0;
	entry.value = tel__node_new(arena, TEL__NODE_MAP, like->value);
	if (!entry.value)
		return tel__loader_arena_error(l);
	if (old)
		*old = entry;
	else if (!tel__node_map_add(arena, to, &entry))
		return tel__loader_arena_error(l);
	*ret_map = entry.value;
	return TEL_OK;
}

static tel_err set_value(tel__loader *l, tel__node *to, const tel__node_entry *like, tel_slice key)
{
	tel__node_entry *old, entry = *like;

	if (!charge(l, to, like))
		return TEL_ERR_CONFIG;
	old = tel__node_find(to, key);
	entry.key = key;
	entry.flags = 0;
	if (old)
		*old = entry;
	else if (!tel__node_map_add(l->config->arena, to, &entry))
		return tel__loader_arena_error(l);
	return TEL_OK;
}

static tel_err merge_entry(tel__loader *l, tel__node *to, const tel__node_entry *entry, const tel__path *parent,
                           unsigned depth)
{
	tel__path path = { .parent = parent, .name = entry->key };
	tel_slice key = entry->key;
	tel_err rc;

	for (size_t cut = find_separator(key); cut < key.len; cut = find_separator(key)) {
		tel__node *map;

		if (++depth >= TEL_LIMIT_YAML_DEPTH)
			break;
		rc = own_map(l, to, entry, tel__slice_sub(key, 0, cut), &map);
		if (rc != TEL_OK)
			return rc;
		to = map;
		key = tel__slice_sub(key, cut + 2, key.len - cut - 2);
	}
	if (depth + 1 >= TEL_LIMIT_YAML_DEPTH) {
		tel__loader_error(l, tel__position_key(entry), NULL, "nesting is deeper than %d", TEL_LIMIT_YAML_DEPTH);
		return TEL_OK;
	}
	if (to->v.map.count >= TEL_LIMIT_YAML_KEYS) {
		tel__loader_error(l, tel__position_key(entry), parent, "more than %d keys in a map", TEL_LIMIT_YAML_KEYS);
		return TEL_ERR_CONFIG;
	}
	if (entry->value->type != TEL__NODE_MAP)
		return set_value(l, to, entry, key);
	rc = own_map(l, to, entry, key, &to);
	return rc == TEL_OK ? merge_map(l, to, entry->value, &path, depth + 1) : rc;
}

static tel_err merge_map(tel__loader *l, tel__node *to, const tel__node *from, const tel__path *path, unsigned depth)
{
	tel_err rc = TEL_OK;

	for (uint32_t i = 0; i < from->v.map.count && rc == TEL_OK; i++)
		rc = merge_entry(l, to, &from->v.map.entries[i], path, depth);
	return rc;
}

tel_err tel__load_split(tel__loader *l, const tel__node *map, const tel__path *path, unsigned depth, tel__node **ret_map)
{
	tel__node *split = tel__node_new(l->config->arena, TEL__NODE_MAP, map);

	if (!split)
		return tel__loader_arena_error(l);
	*ret_map = split;
	return merge_map(l, split, map, path, depth);
}

static tel_err parse_source(tel__loader *l, size_t index, tel__node **ret_root)
{
	tel_error err = TEL_ERROR_INIT;
	tel_err rc = tel__yaml_parse(l->config->arena, &l->config->alloc, l->sources[index].text, (uint16_t)index, ret_root,
	                             &err);

	*ret_root = rc == TEL_OK ? *ret_root : NULL;
	if (rc == TEL_ERR_NOMEM)
		return rc;
	if (rc != TEL_OK)
		tel__hint_yaml(l, l->sources[index].text, &err);
	if (rc != TEL_OK)
		tel__loader_error(l, ((tel__position){ (uint16_t)index, err.line ? err.line : 1, err.column ? err.column : 1 }),
		                  NULL, "retrieved value (type=string) cannot be used as a Conf: assuming string type since "
		                  "contents are not valid YAML: %s", err.msg);
	return TEL_OK;
}

static void report_no_map(tel__loader *l, const tel__node *tree)
{
	tel__loader_hint(l, "expected the keys receivers, exporters and service, each with a colon");
	tel__loader_error(l, tel__position_of(tree), NULL, "retrieved value (type=%s) cannot be used as a Conf",
	                  tel__node_go_type(tree));
}

tel_err tel__load_merge(tel__loader *l, tel__node **ret_root)
{
	tel__node *root = tel__node_new(l->config->arena, TEL__NODE_MAP, NULL), *tree;

	if (!root)
		return tel__loader_arena_error(l);
	root->line = root->column = 1;
	for (size_t i = 0; i < l->source_count; i++) {
		tel_err rc = parse_source(l, i, &tree);

		if (rc == TEL_OK && tree && tree->type == TEL__NODE_MAP)
			rc = merge_map(l, root, tree, NULL, 0);
		else if (rc == TEL_OK && tree && tree->type != TEL__NODE_NULL)
			report_no_map(l, tree);
		if (rc != TEL_OK)
			return rc;
	}
	*ret_root = root;
	return TEL_OK;
}
