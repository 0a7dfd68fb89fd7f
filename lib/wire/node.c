/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/yaml.h"

#include "base/limits.h"
#include "base/slice_i.h"

tel__node *tel__node_new(tel__arena *arena, tel__node_type type, const tel__node *position)
{
	tel__node *node = tel__arena_alloc(arena, sizeof(*node));

	if (!node)
		return NULL;
	*node = (tel__node){ .type = type, .total = 1 };
	if (position) {
		node->source = position->source;
		node->line = position->line;
		node->column = position->column;
	}
	return node;
}

/* Room for one more element of size bytes; capacities double. */
static void *grow(tel__arena *arena, void *items, uint32_t count, uint32_t *cap, size_t size)
{
	uint32_t new_cap = *cap ? *cap * 2 : 4;
	void *grown;

	if (count < *cap)
		return items;
	if (count > TEL_LIMIT_YAML_NODES)
		return NULL;
	grown = items ? tel__arena_grow(arena, items, *cap * size, new_cap * size) : tel__arena_array(arena, new_cap, size);
	if (grown)
		*cap = new_cap;
	return grown;
}

void tel__node_count_in(tel__node *parent, const tel__node *child)
{
	parent->total = child->total > UINT32_MAX - parent->total ? UINT32_MAX : parent->total + child->total;
}

bool tel__node_map_add(tel__arena *arena, tel__node *map, const tel__node_entry *entry)
{
	tel__node_entry *entries = grow(arena, map->v.map.entries, map->v.map.count, &map->v.map.cap, sizeof(*entry));

	if (!entries)
		return false;
	map->v.map.entries = entries;
	entries[map->v.map.count++] = *entry;
	tel__node_count_in(map, entry->value);
	return true;
}

bool tel__node_list_add(tel__arena *arena, tel__node *list, tel__node *item)
{
	tel__node **items = grow(arena, list->v.list.items, list->v.list.count, &list->v.list.cap, sizeof(item));

	if (!items)
		return false;
	list->v.list.items = items;
	items[list->v.list.count++] = item;
	tel__node_count_in(list, item);
	return true;
}

tel__node_entry *tel__node_find(const tel__node *node, tel_slice key)
{
	if (!node || node->type != TEL__NODE_MAP)
		return NULL;
	for (uint32_t i = 0; i < node->v.map.count; i++)
		if (tel__slice_eq(node->v.map.entries[i].key, key))
			return &node->v.map.entries[i];
	return NULL;
}

const tel__node *tel__node_get(const tel__node *node, const char *key)
{
	const tel__node_entry *entry = tel__node_find(node, tel__slice_str(key));

	return entry ? entry->value : NULL;
}

const char *tel__node_go_type(const tel__node *node)
{
	switch (node->type) {
	case TEL__NODE_NULL:
		return "<nil>";
	case TEL__NODE_BOOL:
		return "bool";
	case TEL__NODE_INT:
		return "int";
	case TEL__NODE_UINT:
		return "uint64";
	case TEL__NODE_FLOAT:
		return "float64";
	case TEL__NODE_STRING:
		return "string";
	case TEL__NODE_MAP:
		return "map[string]interface {}";
	case TEL__NODE_LIST:
		return "[]interface {}";
	}
	return "unknown";
}

bool tel__node_string(const tel__node *node, tel_slice *ret_text)
{
	if (node->type != TEL__NODE_STRING && !node->whole)
		return false;
	*ret_text = node->text;
	return true;
}

static bool lists_equal(const tel__node *a, const tel__node *b)
{
	if (a->v.list.count != b->v.list.count)
		return false;
	for (uint32_t i = 0; i < a->v.list.count; i++)
		if (!tel__node_equal(a->v.list.items[i], b->v.list.items[i]))
			return false;
	return true;
}

static bool maps_equal(const tel__node *a, const tel__node *b)
{
	if (a->v.map.count != b->v.map.count)
		return false;
	for (uint32_t i = 0; i < a->v.map.count; i++) {
		const tel__node_entry *other = tel__node_find(b, a->v.map.entries[i].key);

		if (!other || !tel__node_equal(a->v.map.entries[i].value, other->value))
			return false;
	}
	return true;
}

bool tel__node_equal(const tel__node *a, const tel__node *b)
{
	if (a->type != b->type)
		return false;
	switch (a->type) {
	case TEL__NODE_NULL:
		return true;
	case TEL__NODE_BOOL:
		return a->v.b == b->v.b;
	case TEL__NODE_INT:
		return a->v.i == b->v.i;
	case TEL__NODE_UINT:
		return a->v.u == b->v.u;
	case TEL__NODE_FLOAT:
		return memcmp(&a->v.d, &b->v.d, sizeof(a->v.d)) == 0;
	case TEL__NODE_STRING:
		return tel__slice_eq(a->text, b->text);
	case TEL__NODE_MAP:
		return maps_equal(a, b);
	case TEL__NODE_LIST:
		return lists_equal(a, b);
	}
	return false;
}
