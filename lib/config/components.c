/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of components: lookup and what `telemetryctl components` shows. */
#include "base/dynbuf.h"
#include "base/keys.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "config/loader.h"

static bool has_type(const tel__component *row, tel_slice type)
{
	if (tel__slice_is(type, row->type))
		return true;
	for (const char *const *old = row->old_names; old && *old; old++)
		if (tel__slice_is(type, *old))
			return true;
	return false;
}

const tel__component *tel__components_find(const tel_components *components, tel__component_kind kind, tel_slice type)
{
	for (; components; components = components->parent)
		for (size_t i = 0; i < components->count; i++)
			if (components->rows[i]->kind == kind && has_type(components->rows[i], type))
				return components->rows[i];
	return NULL;
}

size_t tel_components_count(const tel_components *components)
{
	size_t count = 0;

	for (; components; components = components->parent)
		count += components->count;
	return count;
}

static const tel__component *row_at(const tel_components *components, size_t index)
{
	for (; components; components = components->parent) {
		if (index < components->count)
			return components->rows[index];
		index -= components->count;
	}
	return NULL;
}

tel_err tel_components_get(const tel_components *components, size_t index, tel_component_info *ret_info)
{
	const tel__component *row = row_at(components, index);
	tel_component_info info = TEL_COMPONENT_INFO_INIT;

	if (!row)
		return TEL_ERR_NOT_FOUND;
	info.size = ret_info->size;
	info.kind = (tel_component_kind)row->kind;
	info.type = tel__slice_str(row->type);
	info.help = tel__slice_str(row->help ? row->help : "");
	info.runs = row->impl != NULL;
	memcpy(ret_info, &info, ret_info->size < sizeof(info) ? ret_info->size : sizeof(info));
	return TEL_OK;
}

enum { OVERRIDES_MAX = 8, PATH_MAX_BYTES = 512 };

/* Defaults that outer rows give to keys of a shared section, outermost first. */
typedef struct overrides {
	const tel__node *nodes[OVERRIDES_MAX];
	unsigned count;
} overrides;

typedef struct key_walk {
	tel__arena *arena;
	tel__dynbuf path;
	int (*visit)(const tel_component_key *key, void *user);
	void *user;
} key_walk;

static const char *type_name(tel__key_type type)
{
	static const char *const names[] = { "bool", "int", "uint32", "uint64", "float", "duration", "string", "secret",
		                                 "word", "list of strings", "map of strings", "map of secrets", "section",
		                                 "optional section", "list of sections", "section", "any", "ignored" };

	return names[type];
}

static tel_slice default_of(const tel__key *row, const overrides *over)
{
	for (unsigned i = 0; i < over->count; i++) {
		const tel__node *node = tel__node_get(over->nodes[i], row->name);

		if (node && node->type < TEL__NODE_MAP)
			return node->text;
	}
	return tel__slice_str(row->def ? row->def : "");
}

/* What of the overrides holds inside the section of row, and what row adds. */
static tel_err descend(key_walk *w, const tel__key *row, const overrides *over, overrides *ret_inner)
{
	tel__node *own = NULL;
	tel_err rc = TEL_OK;

	ret_inner->count = 0;
	for (unsigned i = 0; i < over->count; i++) {
		const tel__node *node = row->type == TEL__KEY_SQUASH ? over->nodes[i] : tel__node_get(over->nodes[i], row->name);

		if (node)
			ret_inner->nodes[ret_inner->count++] = node;
	}
	if (row->def && row->def[0] == '{' && ret_inner->count < OVERRIDES_MAX) {
		rc = tel__yaml_parse(w->arena, NULL, tel__slice_str(row->def), 0, &own, NULL);
		if (rc == TEL_OK)
			ret_inner->nodes[ret_inner->count++] = own;
	}
	return rc;
}

static tel_err walk_table(key_walk *w, const tel__key_table *table, const overrides *over);

static tel_err walk_row(key_walk *w, const tel__key *row, const overrides *over)
{
	tel_component_key key = { .size = sizeof(key) };
	size_t before = w->path.len;
	overrides inner;
	tel_err rc = TEL_OK;

	if (row->type != TEL__KEY_SQUASH) {
		tel__dynbuf_puts(&w->path, before ? "::" : "");
		tel__dynbuf_puts(&w->path, row->name);
		if (row->type == TEL__KEY_SECTIONS)
			tel__dynbuf_puts(&w->path, "[]");
		if (tel__dynbuf_error(&w->path) != TEL_OK)
			return tel__dynbuf_error(&w->path);
		key.path = tel__dynbuf_get(&w->path);
		key.type = tel__slice_str(type_name(row->type));
		key.def = row->section ? TEL_SLICE_LIT("") : default_of(row, over);
		key.help = tel__slice_str(row->help ? row->help : "");
		if (w->visit(&key, w->user) != 0)
			return TEL_ERR_CANCELLED;
	}
	if (row->section) {
		rc = descend(w, row, over, &inner);
		if (rc == TEL_OK)
			rc = walk_table(w, row->section, &inner);
	}
	w->path.len = before;
	return rc;
}

static tel_err walk_table(key_walk *w, const tel__key_table *table, const overrides *over)
{
	tel_err rc = TEL_OK;

	for (size_t i = 0; i < table->key_count && rc == TEL_OK; i++)
		rc = walk_row(w, &table->keys[i], over);
	return rc;
}

static tel_err walk_component(const tel__component *row, const tel_alloc *alloc,
                              int (*visit)(const tel_component_key *key, void *user), void *user)
{
	key_walk w = { .visit = visit, .user = user };
	overrides none = { .count = 0 };
	tel_err rc = tel__arena_new(alloc, 0, NULL, &w.arena);

	if (rc != TEL_OK)
		return rc;
	tel__dynbuf_init(&w.path, tel__alloc_or_default(alloc), PATH_MAX_BYTES);
	rc = walk_table(&w, row->keys, &none);
	tel__dynbuf_fini(&w.path);
	tel__arena_unref(w.arena);
	return rc;
}

tel_err tel_components_keys(const tel_components *components, size_t index,
                            int (*visit)(const tel_component_key *key, void *user), void *user)
{
	const tel__component *row = row_at(components, index);

	return row ? walk_component(row, NULL, visit, user) : TEL_ERR_NOT_FOUND;
}

/* JSON string. Tables are ours: ASCII or valid UTF-8. */
static void put_json(tel__dynbuf *out, tel_slice text)
{
	tel__dynbuf_byte(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"' || text.ptr[i] == '\\')
			tel__dynbuf_byte(out, '\\');
		if ((unsigned char)text.ptr[i] < 0x20)
			tel__dynbuf_fmt(out, "\\u%04x", (unsigned)(unsigned char)text.ptr[i]);
		else
			tel__dynbuf_byte(out, text.ptr[i]);
	}
	tel__dynbuf_byte(out, '"');
}

static void put_member(tel__dynbuf *out, const char *name, tel_slice value)
{
	put_json(out, tel__slice_str(name));
	tel__dynbuf_puts(out, ": ");
	put_json(out, value);
}

typedef struct json_keys {
	tel__dynbuf *out;
	bool any;
} json_keys;

static int put_json_key(const tel_component_key *key, void *user)
{
	json_keys *keys = user;

	tel__dynbuf_puts(keys->out, keys->any ? ",\n      {" : "\n      {");
	keys->any = true;
	put_member(keys->out, "path", key->path);
	tel__dynbuf_puts(keys->out, ", ");
	put_member(keys->out, "type", key->type);
	tel__dynbuf_puts(keys->out, ", ");
	put_member(keys->out, "default", key->def);
	tel__dynbuf_puts(keys->out, ", ");
	put_member(keys->out, "help", key->help);
	tel__dynbuf_byte(keys->out, '}');
	return 0;
}

static tel_err put_json_row(const tel__component *row, const tel_alloc *alloc, bool first, tel__dynbuf *out)
{
	json_keys keys = { out, false };
	tel_err rc;

	tel__dynbuf_puts(out, first ? "\n  {" : ",\n  {");
	put_member(out, "kind", tel__slice_str(tel__kind_name(row->kind)));
	tel__dynbuf_puts(out, ", ");
	put_member(out, "type", tel__slice_str(row->type));
	tel__dynbuf_puts(out, ", \"old_names\": [");
	for (const char *const *old = row->old_names; old && *old; old++) {
		tel__dynbuf_puts(out, old == row->old_names ? "" : ", ");
		put_json(out, tel__slice_str(*old));
	}
	tel__dynbuf_puts(out, "], ");
	put_member(out, "help", tel__slice_str(row->help ? row->help : ""));
	tel__dynbuf_fmt(out, ", \"runs\": %s, \"keys\": [", row->impl ? "true" : "false");
	rc = walk_component(row, alloc, put_json_key, &keys);
	tel__dynbuf_puts(out, keys.any ? "\n    ]}" : "]}");
	return rc;
}

static void put_text_row(const tel__component *row, tel__dynbuf *out)
{
	tel__dynbuf_fmt(out, "%-10s %-24s %s%s\n", tel__kind_name(row->kind), row->type, row->help ? row->help : "",
	                row->impl ? "" : " (not in this build)");
}

tel_err tel_components_print(const tel_components *components, tel_components_format format, const tel_alloc *alloc,
                             tel_buf **ret_text)
{
	bool json = format == TEL_COMPONENTS_JSON, first = true;
	tel__dynbuf out;
	tel_err rc = TEL_OK;

	if (!json && format != TEL_COMPONENTS_TEXT)
		return TEL_ERR_ARG;
	tel__dynbuf_init(&out, tel__alloc_or_default(alloc), TEL_LIMIT_PRINT_BYTES);
	tel__dynbuf_puts(&out, json ? "[" : "");
	for (unsigned kind = TEL__KIND_RECEIVER; kind <= TEL__KIND_EXTENSION; kind++)
		for (size_t i = 0, n = tel_components_count(components); i < n && rc == TEL_OK; i++) {
			const tel__component *row = row_at(components, i);

			if (row->kind != kind)
				continue;
			if (json)
				rc = put_json_row(row, alloc, first, &out);
			else
				put_text_row(row, &out);
			first = false;
		}
	tel__dynbuf_puts(&out, json ? "\n]\n" : "");
	if (rc == TEL_OK)
		rc = tel__dynbuf_take(&out, ret_text);
	tel__dynbuf_fini(&out);
	return rc;
}
