/* SPDX-License-Identifier: Apache-2.0 */
/* Why a collector configuration is what it is: who runs a component, and which of its keys are not as they are by default. */
#include <telemetry/explain.h>

#include "base/dynbuf.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "config/emit.h"
#include "config/explanation.h"
#include "config/loader.h"
#include "config/same.h"

enum { PATH_MAX_BYTES = 512 };

/* The walk over the keys of one component, beside the same component as it is by default. */
typedef struct walk {
	const tel_config *config;
	tel_explanation *e;
	tel__explained *c;
	const tel__config_component *component;
	tel__dynbuf path, value, def;
} walk;

static void walk_table(walk *w, const tel__key_table *table, const char *base, const char *def, const tel__node *node);

static bool is_scalar(tel__key_type type)
{
	return type < TEL__KEY_STRINGS;
}

/* Where the key stands, else where the component does. */
static void set_place(const walk *w, const tel__node_entry *entry, tel_reason *r)
{
	r->written = entry != NULL;
	r->source = entry ? tel__config_source_name(w->config, entry->source) : w->component->source;
	r->line = entry ? entry->line : w->component->line;
	r->column = entry ? entry->column : w->component->column;
}

static void put_count(tel__dynbuf *out, size_t count, const char *one, const char *many)
{
	tel__dynbuf_fmt(out, "set (%zu %s)", count, count == 1 ? one : many);
}

static tel_slice value_of(tel__dynbuf *out, const tel__key *row, const void *field)
{
	tel__emitter emitter = { .out = out };

	tel__dynbuf_reset(out);
	if (is_scalar(row->type))
		tel__emit_field(&emitter, row, field);
	else if (row->type == TEL__KEY_STRINGS)
		put_count(out, ((const tel__key_strings *)field)->count, "text", "texts");
	else if (row->type == TEL__KEY_STRING_MAP || row->type == TEL__KEY_SECRET_MAP)
		put_count(out, ((const tel__key_pairs *)field)->count, "entry", "entries");
	else if (row->type == TEL__KEY_SECTIONS)
		put_count(out, ((const tel__key_list *)field)->count, "section", "sections");
	return tel__dynbuf_get(out);
}

static void report(walk *w, const tel__node_entry *entry, tel_slice value, tel_slice def)
{
	tel_reason r = TEL_REASON_INIT;

	r.kind = TEL_REASON_SHAPED;
	r.field = tel__dynbuf_get(&w->path);
	r.value = value;
	r.def = def;
	set_place(w, entry, &r);
	tel__explain_reason(w->e, w->c, &r);
}

/* One row whose value is not a section. */
static bool is_same(const tel__key *row, const void *field, const void *def)
{
	tel__key one = *row;
	tel__key_table table = { .keys = &one, .key_count = 1 };

	one.offset = 0;
	one.seen = 0;
	return tel__options_same(&table, field, def);
}

/* A section that may be absent: that it is there or not, and what is in it. */
static void walk_optional(walk *w, const tel__key *row, const char *base, const char *def, const tel__node_entry *entry)
{
	const char *section = *(char *const *)(const void *)(base + row->offset);
	const char *as_default = *(char *const *)(const void *)(def + row->offset);

	if (!section && as_default && (row->flags & TEL__KEY_PRESENT))
		report(w, entry, TEL_SLICE_LIT("off"), TEL_SLICE_LIT("on"));
	else if (section && !(row->flags & TEL__KEY_PRESENT))
		report(w, entry, TEL_SLICE_LIT("on"), TEL_SLICE_LIT("off"));
	if (section && as_default)
		walk_table(w, row->section, section, as_default, entry ? entry->value : NULL);
}

static void walk_row(walk *w, const tel__key *row, const char *base, const char *def, const tel__node *node)
{
	size_t before = w->path.len;
	const tel__node_entry *entry;

	if (row->type == TEL__KEY_SQUASH) {
		walk_table(w, row->section, base + row->offset, def + row->offset, node);
		return;
	}
	entry = node ? tel__node_find(node, tel__slice_str(row->name)) : NULL;
	tel__dynbuf_puts(&w->path, before ? "::" : "");
	tel__dynbuf_puts(&w->path, row->name);
	if (row->type == TEL__KEY_SECTION)
		walk_table(w, row->section, base + row->offset, def + row->offset, entry ? entry->value : NULL);
	else if (row->type == TEL__KEY_OPTIONAL)
		walk_optional(w, row, base, def, entry);
	else if (!is_same(row, base + row->offset, def + row->offset))
		report(w, entry, value_of(&w->value, row, base + row->offset),
		       is_scalar(row->type) ? value_of(&w->def, row, def + row->offset) : TEL_SLICE_LIT(""));
	w->path.len = before;
}

static void walk_table(walk *w, const tel__key_table *table, const char *base, const char *def, const tel__node *node)
{
	for (size_t i = 0; i < table->key_count; i++)
		walk_row(w, &table->keys[i], base, def, node);
}

/* A map with nothing but the sections that may be absent and are there: decoded, it gives their defaults. NULL: no memory. */
static tel__node *skeleton(tel__arena *arena, const tel__key_table *table, const tel__node *node, tel__node *into)
{
	tel__node *map = into ? into : tel__node_new(arena, TEL__NODE_MAP, NULL);

	for (size_t i = 0; map && i < table->key_count; i++) {
		const tel__key *row = &table->keys[i];
		const tel__node *child = row->type == TEL__KEY_SQUASH ? node : tel__node_get(node, row->name);
		tel__node_entry entry = { .key = tel__slice_str(row->name) };

		if (row->type == TEL__KEY_SQUASH) {
			map = skeleton(arena, row->section, node, map);
		} else if (child && (row->type == TEL__KEY_SECTION || row->type == TEL__KEY_OPTIONAL)) {
			entry.value = skeleton(arena, row->section, child, NULL);
			if (!entry.value || !tel__node_map_add(arena, map, &entry))
				return NULL;
		}
	}
	return map;
}

/* The options that a component has when its file says nothing but which sections there are. */
static tel_err defaults_of(walk *w, const tel__config_component *c, void **ret_options)
{
	tel__arena *arena = tel__explanation_arena(w->e);
	tel_config scratch = { .arena = arena, .alloc = w->config->alloc };
	tel__loader l = { .config = &scratch };
	tel__path path = { .name = c->id };
	tel__node *node = skeleton(arena, c->row->keys, c->node, NULL);
	char *options = tel__arena_array(arena, 1, c->row->keys->size);
	bool clean;
	tel_err rc;

	if (!node || !options)
		return TEL_ERR_NOMEM;
	memset(options, 0, c->row->keys->size);
	rc = tel__decode(&l, c->row->keys, node, &path, options, &clean);
	*ret_options = options;
	return rc != TEL_OK ? rc : l.fatal;
}

static tel_err explain_component(walk *w, const tel__config_component *c)
{
	void *def = NULL;
	tel_err rc;

	w->component = c;
	w->c = tel__explain(w->e, (tel_component_kind)c->kind, c->id, tel__slice_str(c->row && c->row->help ? c->row->help : ""));
	if (!w->c)
		return TEL_ERR_NOMEM;
	w->c->about.source = c->source;
	w->c->about.line = c->line;
	w->c->about.column = c->column;
	if (!tel__arena_copy(tel__explanation_arena(w->e), c->source, &w->c->about.source))
		return TEL_ERR_NOMEM;
	if (!c->row)
		return TEL_OK;
	rc = defaults_of(w, c, &def);
	if (rc == TEL_OK)
		walk_table(w, c->row->keys, c->options, def, c->node);
	return rc;
}

static void put_uses(walk *w, const uint32_t *indexes, uint32_t count, tel_slice pipeline)
{
	for (uint32_t i = 0; i < count; i++) {
		const tel__config_component *c = &w->config->components[indexes[i]];

		tel__explain_use(w->e, tel__explain(w->e, (tel_component_kind)c->kind, c->id, TEL_SLICE_LIT("")), pipeline);
	}
}

static tel_err explain_all(walk *w)
{
	const tel_config *config = w->config;
	tel_err rc = TEL_OK;

	for (size_t i = 0; i < config->component_count && rc == TEL_OK; i++)
		rc = explain_component(w, &config->components[i]);
	for (size_t i = 0; i < config->pipeline_count && rc == TEL_OK; i++) {
		const tel__config_pipeline *p = &config->pipelines[i];

		put_uses(w, p->receivers, p->receiver_count, p->id);
		put_uses(w, p->processors, p->processor_count, p->id);
		put_uses(w, p->exporters, p->exporter_count, p->id);
	}
	if (rc == TEL_OK)
		put_uses(w, config->extensions, (uint32_t)config->extension_count, TEL_SLICE_LIT("service::extensions"));
	rc = rc == TEL_OK ? tel__dynbuf_error(&w->value) : rc;
	return rc == TEL_OK ? tel__dynbuf_error(&w->def) : rc;
}

tel_err tel_config_explain(const tel_config *config, const tel_alloc *alloc, tel_explanation **ret_explanation)
{
	const tel_alloc *a = tel__alloc_or_default(alloc);
	walk w = { .config = config };
	tel_err rc = tel__explanation_new(a, &w.e);

	if (rc != TEL_OK)
		return rc;
	tel__dynbuf_init(&w.path, a, PATH_MAX_BYTES);
	tel__dynbuf_init(&w.value, a, TEL_LIMIT_PRINT_BYTES);
	tel__dynbuf_init(&w.def, a, TEL_LIMIT_PRINT_BYTES);
	rc = explain_all(&w);
	if (rc == TEL_OK)
		rc = tel__dynbuf_error(&w.path);
	tel__dynbuf_fini(&w.def);
	tel__dynbuf_fini(&w.value);
	tel__dynbuf_fini(&w.path);
	if (rc == TEL_OK)
		return tel__explanation_finish(w.e, ret_explanation);
	tel_explanation_free(w.e);
	return rc == TEL_ERR_CONFIG ? TEL_ERR_NOMEM : rc;
}
