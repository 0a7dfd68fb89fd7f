/* SPDX-License-Identifier: Apache-2.0 */
#include "config/same.h"

#include <string.h>

#include "base/slice_i.h"

static bool strings_same(const tel__key_strings *a, const tel__key_strings *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!tel__slice_eq(a->items[i], b->items[i]))
			return false;
	return true;
}

static bool pairs_same(const tel__key_pairs *a, const tel__key_pairs *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!tel__slice_eq(a->items[i].key, b->items[i].key) || !tel__slice_eq(a->items[i].value, b->items[i].value))
			return false;
	return true;
}

static bool lists_same(const tel__key_table *table, const tel__key_list *a, const tel__key_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!tel__options_same(table, (const char *)a->items + i * table->size, (const char *)b->items + i * table->size))
			return false;
	return true;
}

/* Both there and the same, or neither. */
static bool optional_same(const tel__key_table *table, const void *a, const void *b)
{
	return a && b ? tel__options_same(table, a, b) : !a && !b;
}

static bool trees_same(const tel__node *a, const tel__node *b)
{
	return a && b ? tel__node_equal(a, b) : !a && !b;
}

static size_t scalar_size(tel__key_type type)
{
	switch (type) {
	case TEL__KEY_BOOL:
		return sizeof(bool);
	case TEL__KEY_UINT32:
	case TEL__KEY_ENUM:
		return sizeof(uint32_t);
	default:
		return sizeof(uint64_t);
	}
}

static bool row_same(const tel__key *row, const char *a, const char *b)
{
	const void *x = a + row->offset, *y = b + row->offset;

	/* whether the file has the key may matter to who reads it */
	if (row->seen && *(const bool *)(a + row->seen - 1) != *(const bool *)(b + row->seen - 1))
		return false;
	switch (row->type) {
	case TEL__KEY_STRING:
	case TEL__KEY_SECRET:
		return tel__slice_eq(*(const tel_slice *)x, *(const tel_slice *)y);
	case TEL__KEY_STRINGS:
		return strings_same(x, y);
	case TEL__KEY_STRING_MAP:
	case TEL__KEY_SECRET_MAP:
		return pairs_same(x, y);
	case TEL__KEY_SECTION:
	case TEL__KEY_SQUASH:
		return tel__options_same(row->section, x, y);
	case TEL__KEY_OPTIONAL:
		return optional_same(row->section, *(void *const *)x, *(void *const *)y);
	case TEL__KEY_SECTIONS:
		return lists_same(row->section, x, y);
	case TEL__KEY_ANY:
		return trees_same(*(const tel__node *const *)x, *(const tel__node *const *)y);
	case TEL__KEY_IGNORED:
		return true;
	default:
		return memcmp(x, y, scalar_size(row->type)) == 0;
	}
}

bool tel__options_same(const tel__key_table *table, const void *a, const void *b)
{
	for (size_t i = 0; i < table->key_count; i++)
		if (!row_same(&table->keys[i], a, b))
			return false;
	return true;
}

bool tel__component_same(const tel__config_component *a, const tel__config_component *b)
{
	return a->kind == b->kind && a->row == b->row && a->row && tel__slice_eq(a->id, b->id) &&
	       tel__options_same(a->row->keys, a->options, b->options);
}
