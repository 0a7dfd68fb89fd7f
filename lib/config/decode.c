/* SPDX-License-Identifier: Apache-2.0 */
/* Key tables -> options structs: defaults, the file's keys, then checks. */
#include "config/decode.h"

#include <stdio.h>

#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "config/hint.h"

enum {
	NAME_CAP = 512,
	LIST_MAX = 8192,
	HINTED_MAX = 3, /* unknown keys of a level that get a hint */
	OF_TABLE = UINT16_MAX /* source of nodes that are defaults */
};

static tel_err fill_defaults(tel__loader *l, const tel__key_table *table, const tel__path *path, char *base, bool *clean);
static tel_err fill_entries(tel__loader *l, const tel__key_table *table, const tel__node *node, const tel__path *path,
                            char *base, bool *clean);

const tel__key *tel__table_row(const tel__key_table *table, tel_slice key, size_t *offset)
{
	for (size_t i = 0; i < table->key_count; i++) {
		const tel__key *row = &table->keys[i], *found;
		size_t inner = *offset + row->offset;

		if (row->type != TEL__KEY_SQUASH) {
			if (tel__slice_is(key, row->name))
				return row;
			continue;
		}
		found = tel__table_row(row->section, key, &inner);
		if (found) {
			*offset = inner;
			return found;
		}
	}
	return NULL;
}

/* A default in the form of YAML text; tables are ours, so an error in one is reported like any other. */
static tel_err parse_default(tel__loader *l, const char *text, tel__node **ret_node)
{
	tel_slice s = tel__slice_str(text);
	tel_error err = TEL_ERROR_INIT;
	tel_err rc;

	if (text[0] != '{' && text[0] != '[' && text[0] != '"') {
		tel__node *node = tel__node_new(l->config->arena, TEL__NODE_NULL, NULL);

		if (!node)
			return tel__loader_arena_error(l);
		node->text = s;
		tel__yaml_resolve(s, node);
		node->source = OF_TABLE;
		*ret_node = node;
		return TEL_OK;
	}
	rc = tel__yaml_parse(l->config->arena, &l->config->alloc, s, OF_TABLE, ret_node, &err);
	if (rc != TEL_OK && rc != TEL_ERR_NOMEM) {
		tel__loader_error(l, tel__position_of(NULL), NULL, "default %s: %s", text, err.msg);
		return TEL_ERR_CONFIG;
	}
	return rc;
}

static tel_err decode_sections(tel__loader *l, const tel__key *row, const tel__node *node, const tel__path *path,
                               tel__key_list *field, bool *clean);

static tel_err apply_default(tel__loader *l, const tel__key *row, const tel__path *path, void *field, bool *clean)
{
	tel__node *node;
	tel_err rc;

	if (!row->def)
		return TEL_OK;
	rc = parse_default(l, row->def, &node);
	if (rc != TEL_OK)
		return rc;
	if (row->type == TEL__KEY_SECTION || row->type == TEL__KEY_OPTIONAL || row->type == TEL__KEY_SQUASH)
		return fill_entries(l, row->section, node, path, field, clean);
	if (row->type == TEL__KEY_SECTIONS)
		return decode_sections(l, row, node, path, field, clean);
	return tel__decode_value(l, row, node, path, field, clean);
}

static tel_err new_struct(tel__loader *l, const tel__key_table *table, size_t count, char **ret_struct)
{
	*ret_struct = tel__arena_array(l->config->arena, count, table->size);
	if (!*ret_struct)
		return tel__loader_arena_error(l);
	memset(*ret_struct, 0, count * table->size);
	return TEL_OK;
}

/* A section with "enabled: false" is as if absent. */
static bool is_switched_off(const tel__key_table *table, const char *section)
{
	size_t offset = 0;
	const tel__key *row = tel__table_row(table, TEL_SLICE_LIT("enabled"), &offset);

	return row && row->type == TEL__KEY_BOOL && !*(const bool *)(section + offset + row->offset);
}

/* node NULL: the key is absent. */
static tel_err decode_optional(tel__loader *l, const tel__key *row, const tel__node *node, const tel__path *path,
                               char *field, bool *clean)
{
	char *section = *(char **)field;
	tel_err rc = TEL_OK;

	if (!section) {
		rc = new_struct(l, row->section, 1, &section);
		if (rc == TEL_OK)
			rc = fill_defaults(l, row->section, path, section, clean);
		if (rc == TEL_OK)
			rc = apply_default(l, row, path, section, clean);
	}
	if (rc == TEL_OK && node)
		rc = fill_entries(l, row->section, node, path, section, clean);
	if (rc == TEL_OK)
		*(char **)field = is_switched_off(row->section, section) ? NULL : section;
	return rc;
}

static tel_err decode_sections(tel__loader *l, const tel__key *row, const tel__node *node, const tel__path *path,
                               tel__key_list *field, bool *clean)
{
	size_t count = node->v.list.count;
	char *items = NULL;
	tel_err rc;

	if (node->type == TEL__NODE_NULL)
		return TEL_OK;
	if (node->type != TEL__NODE_LIST) {
		tel__loader_hint(l, "expected a list: each element starts with \"- \"");
		if (l->go_yaml) {
			char type[NAME_CAP];

			snprintf(type, sizeof(type), "[]%s", row->section->go_name);
			tel__decode_mismatch(l, node, path, clean, type);
			return TEL_OK;
		}
		tel__decode_fail(l, node, path, clean, "source data must be an array or slice, got %s",
		                 node->type == TEL__NODE_MAP ? "map" : tel__node_go_type(node));
		return TEL_OK;
	}
	if (count && (rc = new_struct(l, row->section, count, &items)) != TEL_OK)
		return rc;
	for (size_t i = 0; i < count; i++) {
		char number[TEL__NUM_INT_MAX], *item = items + i * row->section->size;
		tel__path element = { .parent = path, .name = { number, tel__num_format_u64(i, number) }, .is_index = true };

		rc = fill_defaults(l, row->section, &element, item, clean);
		if (rc == TEL_OK)
			rc = fill_entries(l, row->section, node->v.list.items[i], &element, item, clean);
		if (rc != TEL_OK)
			return rc;
	}
	*field = (tel__key_list){ items, count };
	return TEL_OK;
}

static tel_err decode_known(tel__loader *l, const tel__key *row, const tel__node *node, const tel__path *parent, char *base,
                            bool *clean)
{
	tel__path path = { .parent = parent, .name = tel__slice_str(row->name) };
	tel__path scope = { .parent = &path, .is_scope = true };
	char *field = base + row->offset;

	if (row->seen && node->source != OF_TABLE)
		*(bool *)(base + row->seen - 1) = true;
	switch (row->type) {
	case TEL__KEY_SECTION:
		return fill_entries(l, row->section, node, &path, field, clean);
	case TEL__KEY_OPTIONAL:
		if (l->go_yaml && node->type == TEL__NODE_NULL)
			return TEL_OK;
		if (node->type != TEL__NODE_MAP && node->type != TEL__NODE_NULL && !l->go_yaml) {
			tel__hint_below(l, row->section, node);
			tel__decode_fail(l, node, &path, clean, "expected a map or struct, got \"%s\"", tel__node_go_type(node));
			return TEL_OK;
		}
		/* Sections of this kind decode themselves in the original: names start anew. */
		return decode_optional(l, row, node, &scope, field, clean);
	case TEL__KEY_SECTIONS:
		return decode_sections(l, row, node, &path, (tel__key_list *)(void *)field, clean);
	case TEL__KEY_IGNORED:
		return TEL_OK;
	default:
		return tel__decode_value(l, row, node, &path, field, clean);
	}
}

static tel_err decode_row(tel__loader *l, const tel__key *row, const tel__node *node, const tel__path *parent, char *base,
                          bool *clean)
{
	bool outside = l->go_yaml;
	tel_err rc;

	l->go_yaml = outside || (row->flags & TEL__KEY_GO_YAML);
	rc = decode_known(l, row, node, parent, base, clean);
	l->go_yaml = outside;
	return rc;
}

static tel_err fill_defaults(tel__loader *l, const tel__key_table *table, const tel__path *parent, char *base, bool *clean)
{
	tel_err rc = TEL_OK;

	for (size_t i = 0; i < table->key_count && rc == TEL_OK; i++) {
		const tel__key *row = &table->keys[i];
		tel__path path = { .parent = parent, .name = tel__slice_str(row->name) };
		char *field = base + row->offset;

		if (row->type == TEL__KEY_SECTION || row->type == TEL__KEY_SQUASH)
			rc = fill_defaults(l, row->section, &path, field, clean);
		if (rc == TEL_OK && row->type == TEL__KEY_OPTIONAL) {
			if (row->flags & TEL__KEY_PRESENT)
				rc = decode_optional(l, row, NULL, &path, field, clean);
		} else if (rc == TEL_OK) {
			rc = apply_default(l, row, &path, field, clean);
		}
	}
	return rc;
}

/* Index of the unknown key that is next after *last in byte order, or count. */
static uint32_t next_unknown(const tel__key_table *table, const tel__node *node, const tel_slice *last)
{
	uint32_t best = node->v.map.count;

	for (uint32_t i = 0; i < node->v.map.count; i++) {
		tel_slice key = node->v.map.entries[i].key;
		size_t offset = 0;

		if ((last && tel__slice_cmp(key, *last) <= 0) ||
		    (best < node->v.map.count && tel__slice_cmp(key, node->v.map.entries[best].key) >= 0))
			continue;
		if (!tel__table_row(table, key, &offset))
			best = i;
	}
	return best;
}

/* All unknown keys of a level in one finding, sorted, as the original lists them; it points at the first in the file. */
static void report_unknown(tel__loader *l, const tel__key_table *table, const tel__node *node, const tel__path *path,
                           uint32_t first)
{
	char name[NAME_CAP], shown[128];
	tel_slice last = { NULL, 0 };
	tel__dynbuf list;
	unsigned listed = 0;
	bool several;

	tel__decode_name(path, name, sizeof(name));
	if (!name[0] && path && path->is_scope && path->parent && path->name.len == 0)
		tel__decode_name(path->parent, name, sizeof(name));
	tel__dynbuf_init(&list, &l->config->alloc, LIST_MAX);
	several = next_unknown(table, node, &node->v.map.entries[next_unknown(table, node, NULL)].key) < node->v.map.count;
	for (uint32_t i = next_unknown(table, node, NULL); i < node->v.map.count && listed < 32;
	     i = next_unknown(table, node, &last), listed++) {
		last = node->v.map.entries[i].key;
		if (listed < HINTED_MAX)
			tel__hint_key(l, table, last, several);
		tel__dynbuf_puts(&list, listed ? ", " : "");
		tel__dynbuf_puts(&list, tel__slice_printable(last, shown, sizeof(shown)));
	}
	if (tel__dynbuf_error(&list) == TEL_ERR_NOMEM)
		l->fatal = TEL_ERR_NOMEM;
	if (l->hint_len == 0)
		tel__hint_known(l, table);
	if (l->go_yaml)
		tel__loader_error(l, tel__position_key(&node->v.map.entries[first]), path, "field%s %.*s not found in type %s",
		                  listed > 1 ? "s" : "", TEL_SLICE_ARG(tel__dynbuf_get(&list)), table->go_name);
	else
		tel__loader_error(l, tel__position_key(&node->v.map.entries[first]), path, "'%s' has invalid keys: %.*s",
		                  name[0] ? name : table->go_name, TEL_SLICE_ARG(tel__dynbuf_get(&list)));
	tel__dynbuf_fini(&list);
}

static tel_err fill_entries(tel__loader *l, const tel__key_table *table, const tel__node *node, const tel__path *path,
                            char *base, bool *clean)
{
	uint32_t first_unknown = UINT32_MAX;
	tel_err rc = TEL_OK;

	if (!node || node->type == TEL__NODE_NULL)
		return TEL_OK;
	if (node->type != TEL__NODE_MAP) {
		char name[NAME_CAP];

		if (l->go_yaml) {
			tel__hint_below(l, table, node);
			tel__decode_mismatch(l, node, path, clean, table->go_name);
			return TEL_OK;
		}
		*clean = false;
		tel__decode_name(path, name, sizeof(name));
		tel__hint_below(l, table, node);
		tel__loader_error(l, tel__position_of(node), path, "'%s' expected a map or struct, got \"%s\"",
		                  name[0] ? name : table->go_name, tel__node_go_type(node));
		return TEL_OK;
	}
	for (uint32_t i = 0; i < node->v.map.count && rc == TEL_OK; i++) {
		size_t offset = 0;
		const tel__key *row = tel__table_row(table, node->v.map.entries[i].key, &offset);

		if (row)
			rc = decode_row(l, row, node->v.map.entries[i].value, path, base + offset, clean);
		else if (first_unknown == UINT32_MAX)
			first_unknown = i;
	}
	if (rc == TEL_OK && first_unknown != UINT32_MAX) {
		*clean = false;
		report_unknown(l, table, node, path, first_unknown);
	}
	return rc;
}

tel_err tel__decode(tel__loader *l, const tel__key_table *table, const tel__node *node, const tel__path *path,
                    void *options, bool *ret_clean)
{
	tel__path scope = *path;
	tel_err rc;

	scope.is_scope = true;
	*ret_clean = true;
	rc = fill_defaults(l, table, &scope, options, ret_clean);
	l->table = table;
	return rc == TEL_OK ? fill_entries(l, table, node, &scope, options, ret_clean) : rc;
}

/* What the checks of a table report to. */
typedef struct check_target {
	tel__loader *l;
	const tel__path *path;
	const tel__node *node;
	tel__position at;
} check_target;

static const tel__node *list_item(const tel__node *list, tel_slice number)
{
	uint64_t i;

	return tel__num_parse_u64(number, &i) == TEL_OK && i < list->v.list.count ? list->v.list.items[i] : NULL;
}

/* Takes "@LINE:COLUMN" off the end of path. */
static bool take_place(tel_slice *path, uint64_t *ret_line, uint64_t *ret_column)
{
	size_t cut = tel__slice_find(*path, '|'), colon;
	tel_slice place;

	while (cut < path->len && path->ptr[cut] != '@')
		cut++;
	if (cut == path->len)
		return false;
	place = tel__slice_sub(*path, cut + 1, path->len - cut - 1);
	*path = tel__slice_sub(*path, 0, cut);
	colon = tel__slice_find(place, ':');
	return colon < place.len && tel__num_parse_u64(tel__slice_sub(place, 0, colon), ret_line) == TEL_OK &&
	       tel__num_parse_u64(tel__slice_sub(place, colon + 1, place.len - colon - 1), ret_column) == TEL_OK;
}

/* Position of the element that path names below node, as deep as it exists; at is node's own. */
static tel__position locate(tel__loader *l, const tel__node *node, tel__position at, tel_slice path)
{
	uint64_t line = 0, column = 0;
	bool within = take_place(&path, &line, &column);

	while (node && path.len > 0) {
		size_t cut = 0;
		const tel__node_entry *entry;
		const tel__node *item;
		tel_slice name;

		while (cut < path.len && path.ptr[cut] != ':' && path.ptr[cut] != '|')
			cut++;
		name = tel__slice_sub(path, 0, cut);
		entry = tel__node_find(node, name);
		item = node->type == TEL__NODE_LIST ? list_item(node, name) : NULL;
		if (entry)
			at = tel__position_key(entry);
		if (item)
			at = tel__position_of(item);
		if (cut > 0)
			node = entry ? entry->value : item;
		while (cut < path.len && (path.ptr[cut] == ':' || path.ptr[cut] == '|'))
			cut++;
		path = tel__slice_sub(path, cut, path.len - cut);
	}
	return within && node ? tel__position_within(l, node, line, column) : at;
}

static void report_finding(const check_target *target, tel_finding_level level, const char *path, tel_slice msg)
{
	tel_slice text = tel__slice_str(path);
	tel__path below = { .parent = target->path, .name = tel__slice_sub(text, 0, tel__slice_find(text, '|')) };

	tel__loader_report(target->l, level, locate(target->l, target->node, target->at, text), &below, "%.*s", TEL_SLICE_ARG(msg));
}

static void report_check(void *user, const char *path, const char *msg)
{
	report_finding(user, TEL_FINDING_ERROR, path, tel__slice_str(msg));
}

static void report_verify(const tel__key_check *c, bool warning, const char *path, tel_slice msg)
{
	report_finding(c->user, warning ? TEL_FINDING_WARNING : TEL_FINDING_ERROR, path, msg);
}

static void hint_verify(const tel__key_check *c, tel_slice text)
{
	const check_target *target = c->user;

	tel__loader_hint(target->l, "%.*s", TEL_SLICE_ARG(text));
}

static void check_field(tel__loader *l, const tel__key *row, tel__position at, const tel__path *path, const void *field)
{
	tel_error err = TEL_ERROR_INIT;
	tel_err rc = row->check(field, &err);

	if (rc == TEL_ERR_NOMEM)
		l->fatal = rc;
	else if (rc != TEL_OK)
		tel__loader_error(l, at, path, "%s", err.msg);
}

static void check_sections(tel__loader *l, const tel__key *row, const tel__node *node, tel__position at,
                           const tel__path *path, const tel__key_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		char number[TEL__NUM_INT_MAX];
		tel__path element = { .parent = path, .name = { number, tel__num_format_u64(i, number) }, .is_index = true };
		bool written = node && node->type == TEL__NODE_LIST && i < node->v.list.count;
		const tel__node *item = written ? node->v.list.items[i] : NULL;

		tel__decode_check(l, row->section, item, written ? tel__position_of(item) : at, &element,
		                  (const char *)list->items + i * row->section->size);
	}
}

static void check_row(tel__loader *l, const tel__key *row, const tel__node *node, tel__position at,
                      const tel__path *parent, const char *field)
{
	tel__path path = { .parent = parent, .name = tel__slice_str(row->name) };
	const tel__node_entry *entry = row->type == TEL__KEY_SQUASH ? NULL : tel__node_find(node, path.name);
	const tel__node *child = row->type == TEL__KEY_SQUASH ? node : entry ? entry->value : NULL;

	if (entry)
		at = tel__position_key(entry);
	if (row->type == TEL__KEY_SECTION || row->type == TEL__KEY_SQUASH)
		tel__decode_check(l, row->section, child, at, &path, field);
	else if (row->type == TEL__KEY_OPTIONAL && *(char *const *)(const void *)field)
		tel__decode_check(l, row->section, child, at, &path, *(char *const *)(const void *)field);
	else if (row->type == TEL__KEY_SECTIONS)
		check_sections(l, row, child, at, &path, (const tel__key_list *)(const void *)field);
	else if (row->check)
		check_field(l, row, at, &path, field);
}

void tel__decode_check(tel__loader *l, const tel__key_table *table, const tel__node *node, tel__position at,
                       const tel__path *path, const void *options)
{
	check_target target = { l, path, node, at };
	tel__key_check verify = { &l->config->alloc, options, node, report_verify, hint_verify, &target };

	for (size_t i = 0; i < table->key_count; i++)
		check_row(l, &table->keys[i], node, at, path, (const char *)options + table->keys[i].offset);
	if (table->check)
		table->check(options, report_check, &target);
	for (size_t i = 0; i < table->key_count; i++)
		if (table->keys[i].verify && table->keys[i].verify(&verify) != TEL_OK)
			l->fatal = TEL_ERR_NOMEM;
}
