/* SPDX-License-Identifier: Apache-2.0 */
/* The effective configuration: options structs back to YAML by their key tables. */
#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "config/emit.h"
#include "config/service.h"

static void put_table(tel__emitter *e, unsigned level, const tel__key_table *table, const char *base,
                      const tel__node *node);

static void put_line(tel__emitter *e, tel_slice text)
{
	tel__emit_string(e, text);
	tel__dynbuf_byte(e->out, '\n');
}

/* A section after its key: nothing printed means {}. */
static void put_section(tel__emitter *e, unsigned level, const tel__key_table *table, const char *base,
                        const tel__node *node)
{
	size_t before = e->out->len, after;

	tel__dynbuf_byte(e->out, '\n');
	after = e->out->len;
	put_table(e, level + 1, table, base, node);
	if (e->out->len == after && tel__dynbuf_error(e->out) == TEL_OK) {
		e->out->len = before;
		tel__dynbuf_puts(e->out, " {}\n");
	}
}

static void put_strings(tel__emitter *e, unsigned level, const tel__key_strings *strings, bool masked)
{
	tel__dynbuf_puts(e->out, strings->count ? "\n" : " []\n");
	for (size_t i = 0; i < strings->count; i++) {
		tel__emit_indent(e, level + 1);
		tel__dynbuf_puts(e->out, "- ");
		if (masked) {
			tel__emit_masked(e, strings->items[i]);
			tel__dynbuf_byte(e->out, '\n');
		} else {
			put_line(e, strings->items[i]);
		}
	}
}

/* Names that a map cannot hold: twice the same, or with the separator of paths in it. */
static bool needs_list(const tel__key_pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		tel_slice key = pairs->items[i].key;

		for (size_t j = 0; j + 1 < key.len; j++)
			if (key.ptr[j] == ':' && key.ptr[j + 1] == ':')
				return true;
		for (size_t j = i + 1; j < pairs->count; j++)
			if (tel__slice_eq(key, pairs->items[j].key))
				return true;
	}
	return false;
}

static void put_pair_value(tel__emitter *e, tel_slice value, bool secret)
{
	tel__dynbuf_byte(e->out, ' ');
	if (secret)
		tel__emit_masked(e, value);
	else
		tel__emit_string(e, value);
	tel__dynbuf_byte(e->out, '\n');
}

/* A map, or a list of name and value when it has to be (or there are too many to look). */
static void put_pairs(tel__emitter *e, unsigned level, const tel__key_pairs *pairs, bool secret)
{
	bool list = pairs->count > TEL_LIMIT_HEADER_COUNT || needs_list(pairs);

	tel__dynbuf_puts(e->out, pairs->count ? "\n" : " {}\n");
	for (size_t i = 0; i < pairs->count; i++) {
		if (!list) {
			tel__emit_key(e, level + 1, pairs->items[i].key);
			put_pair_value(e, pairs->items[i].value, secret);
			continue;
		}
		tel__emit_indent(e, level + 1);
		tel__dynbuf_puts(e->out, "- name: ");
		put_line(e, pairs->items[i].key);
		tel__emit_key(e, level + 2, TEL_SLICE_LIT("value"));
		put_pair_value(e, pairs->items[i].value, secret);
	}
}

static void put_sections(tel__emitter *e, unsigned level, const tel__key_table *table, const tel__key_list *list,
                         const tel__node *node)
{
	tel__dynbuf_puts(e->out, list->count ? "\n" : " []\n");
	for (size_t i = 0; i < list->count; i++) {
		tel__emit_indent(e, level + 1);
		tel__dynbuf_byte(e->out, '-');
		put_section(e, level + 1, table, (const char *)list->items + i * table->size,
		            node && node->type == TEL__NODE_LIST && i < node->v.list.count ? node->v.list.items[i] : NULL);
	}
}

static void put_scalar(tel__emitter *e, const tel__key *row, const void *field)
{
	tel__dynbuf_byte(e->out, ' ');
	tel__emit_field(e, row, field);
	tel__dynbuf_byte(e->out, '\n');
}

static void put_optional(tel__emitter *e, unsigned level, const tel__key *row, const char *section,
                         const tel__node *node)
{
	if (!section && ((!node && !(row->flags & TEL__KEY_PRESENT)) || e->go_yaml))
		return;
	tel__emit_key(e, level, tel__slice_str(row->name));
	if (section)
		put_section(e, level, row->section, section, node);
	else
		tel__dynbuf_puts(e->out, "\n");
	if (!section) {
		tel__emit_key(e, level + 1, TEL_SLICE_LIT("enabled"));
		tel__dynbuf_puts(e->out, " false\n");
	}
}

/* An empty word or id stands for an absent key. */
static bool is_nothing(const tel__key *row, const void *field)
{
	if (row->type == TEL__KEY_ENUM)
		return !row->words[*(const int32_t *)field][0];
	return row->type == TEL__KEY_STRING && row->flags & TEL__KEY_NOT_EMPTY && ((const tel_slice *)field)->len == 0;
}

static bool is_empty(const tel__key *row, const void *field)
{
	switch (row->type) {
	case TEL__KEY_STRING:
	case TEL__KEY_SECRET:
		return ((const tel_slice *)field)->len == 0;
	case TEL__KEY_STRINGS:
		return ((const tel__key_strings *)field)->count == 0;
	case TEL__KEY_STRING_MAP:
	case TEL__KEY_SECRET_MAP:
		return ((const tel__key_pairs *)field)->count == 0;
	case TEL__KEY_SECTIONS:
		return ((const tel__key_list *)field)->count == 0;
	default:
		return false;
	}
}

/* A key that says something by being there is not made up. */
static void put_written(tel__emitter *e, unsigned level, const tel__key *row, const char *base, const tel__node *node)
{
	const void *field = base + row->offset;
	const tel__node *child = row->name ? tel__node_get(node, row->name) : NULL, *tree;

	if ((row->seen && !*(const bool *)(base + row->seen - 1)) || is_nothing(row, field) ||
	    (e->go_yaml && !row->seen && is_empty(row, field)))
		return;
	switch (row->type) {
	case TEL__KEY_SQUASH:
		put_table(e, level, row->section, field, node);
		return;
	case TEL__KEY_OPTIONAL:
		put_optional(e, level, row, *(char *const *)field, child);
		return;
	case TEL__KEY_ANY:
	case TEL__KEY_IGNORED:
		tree = row->type == TEL__KEY_ANY ? *(const tel__node *const *)field : child;
		if (!tree)
			return;
		tel__emit_key(e, level, tel__slice_str(row->name));
		tel__emit_node(e, level, tree, row->flags & TEL__KEY_MASKED);
		return;
	default:
		break;
	}
	tel__emit_key(e, level, tel__slice_str(row->name));
	if (row->type == TEL__KEY_SECTION)
		put_section(e, level, row->section, field, child);
	else if (row->type == TEL__KEY_SECTIONS)
		put_sections(e, level, row->section, field, child);
	else if (row->type == TEL__KEY_STRINGS)
		put_strings(e, level, field, row->flags & TEL__KEY_MASKED);
	else if (row->type == TEL__KEY_STRING_MAP || row->type == TEL__KEY_SECRET_MAP)
		put_pairs(e, level, field, row->type == TEL__KEY_SECRET_MAP);
	else
		put_scalar(e, row, field);
}

static void put_row(tel__emitter *e, unsigned level, const tel__key *row, const char *base, const tel__node *node)
{
	bool outside = e->go_yaml;

	e->go_yaml = outside || (row->flags & TEL__KEY_GO_YAML);
	put_written(e, level, row, base, node);
	e->go_yaml = outside;
}

static void put_table(tel__emitter *e, unsigned level, const tel__key_table *table, const char *base,
                      const tel__node *node)
{
	for (size_t i = 0; i < table->key_count; i++)
		put_row(e, level, &table->keys[i], base, node);
}

static void put_components(tel__emitter *e, const tel_config *config, tel__component_kind kind)
{
	bool any = false;

	for (size_t i = 0; i < config->component_count; i++) {
		const tel__config_component *c = &config->components[i];

		if (c->kind != kind)
			continue;
		if (!any)
			tel__emit_key(e, 0, tel__slice_str(tel__kind_section(kind)));
		if (!any)
			tel__dynbuf_byte(e->out, '\n');
		any = true;
		tel__emit_key(e, 1, c->id);
		if (c->row)
			put_section(e, 1, c->row->keys, c->options, c->node);
		else
			tel__emit_node(e, 1, c->node, false);
	}
}

tel_err tel_config_print(const tel_config *config, const tel_alloc *alloc, tel_buf **ret_text)
{
	static const tel__component_kind order[] = { TEL__KIND_RECEIVER, TEL__KIND_PROCESSOR, TEL__KIND_EXPORTER,
		                                         TEL__KIND_CONNECTOR, TEL__KIND_EXTENSION };
	tel__dynbuf out;
	tel__emitter e = { .out = &out, .dollars = config->expanded };
	tel_err rc;

	tel__dynbuf_init(&out, tel__alloc_or_default(alloc), TEL_LIMIT_PRINT_BYTES);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		put_components(&e, config, order[i]);
	tel__emit_key(&e, 0, TEL_SLICE_LIT("service"));
	put_section(&e, 0, &tel__service_keys, (const char *)config->service, tel__node_get(config->root, "service"));
	rc = tel__dynbuf_take(&out, ret_text);
	tel__dynbuf_fini(&out);
	return rc;
}
