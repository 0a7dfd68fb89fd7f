/* SPDX-License-Identifier: Apache-2.0 */
#include "control/doc.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/slice_i.h"
#include "base/utf8.h"
#include "config/duration.h"

static tel__node *new_node(tel__doc *d, tel__node_type type)
{
	tel__node *node = tel__node_new(d->arena, type, NULL);

	d->failed = d->failed || !node;
	return node;
}

tel__node *tel__doc_new_map(tel__doc *d)
{
	return new_node(d, TEL__NODE_MAP);
}

tel__node *tel__doc_new_list(tel__doc *d)
{
	return new_node(d, TEL__NODE_LIST);
}

void tel__doc_add_slice(tel__doc *d, tel__node *map, tel_slice key, tel__node *value)
{
	tel__node_entry entry = { .key = key, .value = value };

	if (!map || !value || !tel__node_map_add(d->arena, map, &entry))
		d->failed = true;
}

void tel__doc_add(tel__doc *d, tel__node *map, const char *key, tel__node *value)
{
	tel__doc_add_slice(d, map, tel__slice_str(key), value);
}

tel__node *tel__doc_map(tel__doc *d, tel__node *map, const char *key)
{
	tel__node *child = tel__doc_new_map(d);

	tel__doc_add(d, map, key, child);
	return child;
}

tel__node *tel__doc_list(tel__doc *d, tel__node *map, const char *key)
{
	tel__node *child = tel__doc_new_list(d);

	tel__doc_add(d, map, key, child);
	return child;
}

tel__node *tel__doc_at(tel__node *map, const char *key)
{
	tel__node_entry *entry = map ? tel__node_find(map, tel__slice_str(key)) : NULL;

	return entry ? entry->value : NULL;
}

tel__node *tel__doc_new_text(tel__doc *d, tel_slice text)
{
	tel__node *node = new_node(d, TEL__NODE_STRING);

	if (node)
		node->text = text;
	return node;
}

void tel__doc_slice(tel__doc *d, tel__node *map, const char *key, tel_slice text)
{
	tel__doc_add(d, map, key, tel__doc_new_text(d, text));
}

void tel__doc_text(tel__doc *d, tel__node *map, const char *key, const char *text)
{
	tel__doc_slice(d, map, key, tel__slice_str(text));
}

void tel__doc_bool(tel__doc *d, tel__node *map, const char *key, bool value)
{
	tel__node *node = new_node(d, TEL__NODE_BOOL);

	if (node)
		node->v.b = value;
	tel__doc_add(d, map, key, node);
}

void tel__doc_int(tel__doc *d, tel__node *map, const char *key, int64_t value)
{
	tel__node *node = new_node(d, TEL__NODE_INT);

	if (node)
		node->v.i = value;
	tel__doc_add(d, map, key, node);
}

void tel__doc_double(tel__doc *d, tel__node *map, const char *key, double value)
{
	tel__node *node = new_node(d, TEL__NODE_FLOAT);

	if (node)
		node->v.d = value;
	tel__doc_add(d, map, key, node);
}

void tel__doc_duration(tel__doc *d, tel__node *map, const char *key, int64_t ns)
{
	char text[TEL__DURATION_MAX];
	size_t n = tel__duration_format(ns, text);

	tel__doc_slice(d, map, key, tel__doc_fmt(d, "%.*s", (int)n, text));
}

void tel__doc_append(tel__doc *d, tel__node *list, tel__node *item)
{
	if (!list || !item || !tel__node_list_add(d->arena, list, item))
		d->failed = true;
}

void tel__doc_append_slice(tel__doc *d, tel__node *list, tel_slice text)
{
	tel__doc_append(d, list, tel__doc_new_text(d, text));
}

void tel__doc_append_text(tel__doc *d, tel__node *list, const char *text)
{
	tel__doc_append_slice(d, list, tel__slice_str(text));
}

void tel__doc_append_slices(tel__doc *d, tel__node *list, const tel_slice *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		tel__doc_append_slice(d, list, texts[i]);
}

void tel__doc_words(tel__doc *d, tel__node *map, const char *key, const char *words)
{
	tel__node *list = tel__doc_list(d, map, key);
	tel_slice rest = tel__slice_str(words), word;

	while (tel__slice_next(&rest, ',', &word))
		tel__doc_append_slice(d, list, word);
}

tel__node *tel__doc_append_map(tel__doc *d, tel__node *list)
{
	tel__node *child = tel__doc_new_map(d);

	tel__doc_append(d, list, child);
	return child;
}

tel_slice tel__doc_copy(tel__doc *d, tel_slice text)
{
	tel_slice copy = TEL_SLICE_LIT("");

	if (text.len && !tel__arena_copy(d->arena, text, &copy))
		d->failed = true;
	return copy;
}

tel_slice tel__doc_fmt(tel__doc *d, const char *fmt, ...)
{
	va_list args, again;
	char *text;
	int n;

	va_start(args, fmt);
	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, args);
	va_end(args);
	text = n < 0 ? NULL : tel__arena_alloc(d->arena, (size_t)n + 1);
	if (text)
		vsnprintf(text, (size_t)n + 1, fmt, again);
	va_end(again);
	if (!text) {
		d->failed = true;
		return TEL_SLICE_LIT("");
	}
	return (tel_slice){ text, (size_t)n };
}

/* ---- order of keys ---- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Letters of ASCII, and everything beyond it. */
static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (unsigned char)c >= 0x80;
}

/* The number that starts at i, where an earlier digit of the same run made it longer; *ret_end is behind it. */
static uint64_t number_at(tel_slice s, size_t i, bool longer, size_t *ret_end)
{
	uint64_t n = longer ? 1 : 0;

	for (; i < s.len && is_digit(s.ptr[i]); i++)
		n = n * 10 + (uint64_t)(s.ptr[i] - '0'); /* wraps for longer runs, as it does there */
	*ret_end = i;
	return n;
}

/* Is there a digit other than 0 in the run of digits that ends before i? */
static bool is_within_number(tel_slice s, size_t i)
{
	while (i > 0 && is_digit(s.ptr[i - 1]))
		if (s.ptr[--i] != '0')
			return true;
	return false;
}

/* Neither character at i is a letter. */
static int compare_numbers(tel_slice a, tel_slice b, size_t i)
{
	bool longer = (a.ptr[i] == '0' || b.ptr[i] == '0') && is_within_number(a, i);
	size_t a_end, b_end;
	uint64_t x = number_at(a, i, longer, &a_end), y = number_at(b, i, longer, &b_end);

	if (x != y)
		return x < y ? -1 : 1;
	if (a_end != b_end)
		return a_end < b_end ? -1 : 1;
	return (unsigned char)a.ptr[i] < (unsigned char)b.ptr[i] ? -1 : 1;
}

int tel__doc_compare_keys(tel_slice a, tel_slice b)
{
	bool digits = false;

	for (size_t i = 0; i < a.len && i < b.len; i++) {
		bool a_letter, b_letter;

		if (a.ptr[i] == b.ptr[i]) {
			digits = is_digit(a.ptr[i]);
			continue;
		}
		a_letter = is_letter(a.ptr[i]);
		b_letter = is_letter(b.ptr[i]);
		if (a_letter && b_letter)
			return (unsigned char)a.ptr[i] < (unsigned char)b.ptr[i] ? -1 : 1;
		if (a_letter || b_letter)
			return (digits ? a_letter : b_letter) ? -1 : 1;
		return compare_numbers(a, b, i);
	}
	return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

static int compare_entries(const void *a, const void *b)
{
	return tel__doc_compare_keys(((const tel__node_entry *)a)->key, ((const tel__node_entry *)b)->key);
}

void tel__doc_sort(tel__node *map)
{
	if (map && map->v.map.count > 1)
		qsort(map->v.map.entries, map->v.map.count, sizeof(*map->v.map.entries), compare_entries);
}

/* Equal keys stay in their order: line holds it meanwhile. */
static int compare_bytes(const void *a, const void *b)
{
	const tel__node_entry *x = a, *y = b;
	int order = tel__slice_cmp(x->key, y->key);

	return order ? order : x->line < y->line ? -1 : 1;
}

void tel__doc_sort_bytes(tel__node *map)
{
	tel__node_entry *entries = map ? map->v.map.entries : NULL;
	uint32_t kept = 0;

	if (!map || map->v.map.count < 2)
		return;
	for (uint32_t i = 0; i < map->v.map.count; i++)
		entries[i].line = i;
	qsort(entries, map->v.map.count, sizeof(*entries), compare_bytes);
	for (uint32_t i = 0; i < map->v.map.count; i++)
		if (i + 1 == map->v.map.count || !tel__slice_eq(entries[i].key, entries[i + 1].key))
			entries[kept++] = entries[i];
	map->v.map.count = kept;
}
