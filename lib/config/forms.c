/* SPDX-License-Identifier: Apache-2.0 */
/* Lists that hold strings or maps (base/keys.h, basic): the strings become one map, so that a table can decode the list. */
#include "base/slice_i.h"
#include "config/loader.h"

/* The strings of list as one more map at its end; NULL: the arena refused. */
static tel__node *regroup(tel__loader *l, const tel__key *row, const tel__node *list)
{
	tel__arena *arena = l->config->arena;
	tel__node *out = tel__node_new(arena, TEL__NODE_LIST, list), *group = NULL, *strings = NULL;
	tel_slice text;

	for (uint32_t i = 0; out && i < list->v.list.count; i++) {
		tel__node *item = list->v.list.items[i];

		if (!tel__node_string(item, &text)) {
			if (!tel__node_list_add(arena, out, item))
				return NULL;
			continue;
		}
		if (!strings) {
			group = tel__node_new(arena, TEL__NODE_MAP, item);
			strings = tel__node_new(arena, TEL__NODE_LIST, item);
		}
		if (!group || !strings || !tel__node_list_add(arena, strings, item))
			return NULL;
	}
	if (out && strings) {
		tel__node_entry entry = { .key = tel__slice_str(row->basic), .value = strings, .line = strings->line,
			                      .column = strings->column, .source = strings->source };

		if (!tel__node_map_add(arena, group, &entry) || !tel__node_list_add(arena, out, group))
			return NULL;
	}
	return out;
}

/* Is the list one that can be regrouped? */
static bool check_forms(tel__loader *l, const tel__key *row, const tel__node *list, const tel__path *path, bool *any)
{
	const char *mixed = "configuring multiple configuration styles is not supported, please use only Basic configuration or "
	                    "only Advanced configuration";
	bool maps = false;
	tel_slice text;

	if (list->type != TEL__NODE_LIST) {
		tel__loader_hint(l, "expected a list: each element starts with \"- \"");
		tel__loader_error(l, tel__position_of(list), path, "invalid %s type, expected: array, got: %s", row->name,
		                  tel__node_go_type(list));
		return false;
	}
	for (uint32_t i = 0; i < list->v.list.count; i++) {
		const tel__node *item = list->v.list.items[i];
		bool string = tel__node_string(item, &text);

		if (item->type == TEL__NODE_NULL && !string) {
			tel__loader_error(l, tel__position_of(item), path, "%s", row->bad);
			return false;
		}
		if ((!string && *any) || (string && maps && row->flags & TEL__KEY_ONE_FORM)) {
			tel__loader_error(l, tel__position_of(item), path, "%s", mixed);
			return false;
		}
		*any = *any || string;
		maps = maps || !string;
	}
	return true;
}

/* node with another value of entry i, as a new map. */
static tel__node *with_value(tel__loader *l, const tel__node *node, uint32_t at, tel__node *value)
{
	tel__node *out = tel__node_new(l->config->arena, TEL__NODE_MAP, node);

	for (uint32_t i = 0; out && i < node->v.map.count; i++) {
		tel__node_entry entry = node->v.map.entries[i];

		if (i == at)
			entry.value = value;
		if (!tel__node_map_add(l->config->arena, out, &entry))
			return NULL;
	}
	return out;
}

static tel_err one_form(tel__loader *l, const tel__key *row, const tel__node **node, const tel__path *parent, bool *clean)
{
	tel__path path = { .parent = parent, .name = tel__slice_str(row->name) };
	const tel__node_entry *entry = tel__node_find(*node, path.name);
	tel__node *value, *map;
	bool any = false;

	if (!entry || entry->value->type == TEL__NODE_NULL)
		return TEL_OK;
	if (check_forms(l, row, entry->value, &path, &any)) {
		if (!any)
			return TEL_OK;
		value = regroup(l, row, entry->value);
	} else {
		*clean = false;
		value = tel__node_new(l->config->arena, TEL__NODE_NULL, entry->value);
	}
	map = value ? with_value(l, *node, (uint32_t)(entry - (*node)->v.map.entries), value) : NULL;
	if (!map)
		return tel__loader_arena_error(l);
	*node = map;
	return TEL_OK;
}

tel_err tel__decode_forms(tel__loader *l, const tel__key_table *table, const tel__node **node, const tel__path *path,
                          bool *ret_clean)
{
	tel_err rc = TEL_OK;

	*ret_clean = true;
	for (size_t i = 0; i < table->key_count && rc == TEL_OK; i++)
		if (table->keys[i].basic)
			rc = one_form(l, &table->keys[i], node, path, ret_clean);
	return rc;
}
