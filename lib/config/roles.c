/* SPDX-License-Identifier: Apache-2.0 */
/* Ids of extensions in components (base/keys.h, role): does service::extensions run one of that id, and does it do that? */
#include "base/error_i.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "config/loader.h"

enum { SHOWN = 128 };

/* The component whose options are walked; the loader and where it stands go along. */
static void walk(tel__loader *l, const tel__key_table *table, const tel__node *node, tel__position at,
                 const tel__path *path, const char *options);

static const tel__config_component *running(const tel_config *config, tel_slice id)
{
	for (size_t i = 0; i < config->extension_count; i++) {
		const tel__config_component *c = &config->components[config->extensions[i]];
		if (tel__slice_eq(c->id, id))
			return c;
	}
	return NULL;
}

static void report_lost(tel__loader *l, const tel__key *row, tel__position at, const tel__path *path, tel_slice id)
{
	bool configured = tel__config_find(l->config, TEL__KIND_EXTENSION, id) != NULL;
	const char *why = configured ? " (the extension is configured, but not listed in service::extensions)" : "";
	char shown[SHOWN];

	tel__slice_printable(id, shown, sizeof(shown));
	if (row->role & TEL__ROLE_LEADER)
		tel__loader_error(l, at, path, "extension k8s leader elector not found: \"%s\"%s", shown, why);
	else
		tel__loader_error(l, at, path, "failed to resolve authenticator \"%s\": authenticator not found%s", shown, why);
}

static void check_id(tel__loader *l, const tel__key *row, tel__position at, const tel__path *path, tel_slice id)
{
	const tel__config_component *c = running(l->config, id);

	if (id.len == 0 && row->role & TEL__ROLE_LEADER)
		return;
	if (!c)
		report_lost(l, row, at, path, id);
	else if (c->row && c->options && (!c->row->roles || !(c->row->roles(c->options) & row->role)))
		tel__loader_error(l, at, path, "%s", row->bad);
}

static void walk_sections(tel__loader *l, const tel__key *row, const tel__node *node, tel__position at,
                          const tel__path *path, const tel__key_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		char number[TEL__NUM_INT_MAX];
		tel__path element = { .parent = path, .name = { number, tel__num_format_u64(i, number) }, .is_index = true };
		bool written = node && node->type == TEL__NODE_LIST && i < node->v.list.count;
		const tel__node *item = written ? node->v.list.items[i] : NULL;

		walk(l, row->section, item, at, &element, (const char *)list->items + i * row->section->size);
	}
}

static void walk_row(tel__loader *l, const tel__key *row, const tel__node *node, tel__position at, const tel__path *parent,
                     const char *field)
{
	tel__path path = { .parent = parent, .name = tel__slice_str(row->name) };
	const tel__node_entry *entry = row->type == TEL__KEY_SQUASH ? NULL : tel__node_find(node, path.name);
	const tel__node *child = row->type == TEL__KEY_SQUASH ? node : entry ? entry->value : NULL;

	if (entry)
		at = row->role ? tel__position_of(entry->value) : tel__position_key(entry);
	if (row->type == TEL__KEY_SECTION || row->type == TEL__KEY_SQUASH)
		walk(l, row->section, child, at, row->type == TEL__KEY_SQUASH ? parent : &path, field);
	else if (row->type == TEL__KEY_OPTIONAL && *(char *const *)(const void *)field)
		walk(l, row->section, child, at, &path, *(char *const *)(const void *)field);
	else if (row->type == TEL__KEY_SECTIONS)
		walk_sections(l, row, child, at, &path, (const tel__key_list *)(const void *)field);
	else if (row->role)
		check_id(l, row, at, &path, *(const tel_slice *)(const void *)field);
}

static void walk(tel__loader *l, const tel__key_table *table, const tel__node *node, tel__position at,
                 const tel__path *path, const char *options)
{
	for (size_t i = 0; i < table->key_count; i++)
		walk_row(l, &table->keys[i], node, at, path, options + table->keys[i].offset);
}

void tel__load_check_roles(tel__loader *l)
{
	for (size_t i = 0; i < l->config->component_count; i++) {
		const tel__config_component *c = &l->config->components[i];
		tel__path section = { .name = tel__slice_str(tel__kind_section(c->kind)) };
		tel__path path = { .parent = &section, .name = c->id };
		tel__position at = { c->node ? c->node->source : 0, c->line, c->column };

		if (c->used && c->row && c->options)
			walk(l, c->row->keys, c->node, at, &path, c->options);
	}
}
