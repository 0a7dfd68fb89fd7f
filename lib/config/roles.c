/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What components name outside of themselves. Ids of extensions (base/keys.h, role): does service::extensions run one of
 * that id, and does it do that? Ids of pipelines of a connector: do they receive from it?
 */
#include "base/error_i.h"
#include "base/map.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "config/hint.h"
#include "config/loader.h"

enum { SHOWN = 128 };

/* Whose options are walked. */
typedef struct walker {
	tel__loader *l;
	const tel__config_component *component;
	struct routes *routes;
} walker;

static void walk(const walker *w, const tel__key_table *table, const tel__node *node, tel__position at,
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

/* Pipelines by their ids, and by which connectors they receive from; made for the first connector that names one. */
struct routes {
	tel__map *pipelines, *takers;
	uint64_t seed; /* nothing that a file can know */
};

/* Who takes from whom, as a key. */
typedef struct taker {
	uint32_t pipeline, connector;
} taker;

static tel_slice taker_key(const taker *t)
{
	return (tel_slice){ (const char *)t, sizeof(*t) };
}

static tel_err list_takers(const tel_config *config, uint32_t pipeline, tel__map *takers)
{
	const tel__config_pipeline *p = &config->pipelines[pipeline];
	tel_err rc = TEL_OK;

	for (uint32_t i = 0; i < p->receiver_count && rc == TEL_OK; i++) {
		const taker t = { pipeline, p->receivers[i] };

		if (config->components[p->receivers[i]].kind == TEL__KIND_CONNECTOR)
			rc = tel__map_put(takers, taker_key(&t), NULL, NULL);
	}
	return rc;
}

static tel_err make_routes(const tel_config *config, struct routes *r)
{
	tel_err rc = tel__map_new(&config->alloc, TEL__MAP_BORROW_KEYS, r->seed, &r->pipelines);

	if (rc == TEL_OK)
		rc = tel__map_new(&config->alloc, 0, r->seed, &r->takers);
	for (uint32_t i = 0; i < config->pipeline_count && rc == TEL_OK; i++) {
		rc = tel__map_put(r->pipelines, config->pipelines[i].id, (void *)(uintptr_t)i, NULL);
		if (rc == TEL_OK)
			rc = list_takers(config, i, r->takers);
	}
	return rc;
}

static void check_pipeline(const walker *w, tel__position at, const tel__path *path, tel_slice text)
{
	const tel_config *config = w->l->config;
	taker t = { 0, (uint32_t)(w->component - config->components) };
	char shown[SHOWN], own[SHOWN];
	void *index = NULL;
	tel_slice id;
	bool known;

	if (!tel__id_clean(w->l, text, &id)) {
		w->l->fatal = TEL_ERR_NOMEM;
		return;
	}
	known = tel__map_get(w->routes->pipelines, id, &index);
	t.pipeline = (uint32_t)(uintptr_t)index;
	if (known && tel__map_get(w->routes->takers, taker_key(&t), &index))
		return;
	tel__slice_printable(id, shown, sizeof(shown));
	if (known)
		tel__loader_hint(w->l, "\"%s\" does not list \"%s\" among its receivers", shown,
		                 tel__slice_printable(w->component->id, own, sizeof(own)));
	else
		tel__hint_pipeline(w->l, id);
	tel__loader_error(w->l, at, path, "pipeline not found: missing consumer: \"%s\"", shown);
}

static void check_pipelines(const walker *w, const tel__node *node, tel__position at, const tel__path *path,
                            const tel__key_strings *ids)
{
	if (!w->routes->pipelines && make_routes(w->l->config, w->routes) != TEL_OK)
		w->l->fatal = TEL_ERR_NOMEM;
	for (size_t i = 0; i < ids->count && w->l->fatal == TEL_OK; i++) {
		bool written = node && node->type == TEL__NODE_LIST && i < node->v.list.count;

		check_pipeline(w, written ? tel__position_of(node->v.list.items[i]) : at, path, ids->items[i]);
	}
}

static void walk_sections(const walker *w, const tel__key *row, const tel__node *node, tel__position at,
                          const tel__path *path, const tel__key_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		char number[TEL__NUM_INT_MAX];
		tel__path element = { .parent = path, .name = { number, tel__num_format_u64(i, number) }, .is_index = true };
		bool written = node && node->type == TEL__NODE_LIST && i < node->v.list.count;
		const tel__node *item = written ? node->v.list.items[i] : NULL;

		walk(w, row->section, item, at, &element, (const char *)list->items + i * row->section->size);
	}
}

static void walk_row(const walker *w, const tel__key *row, const tel__node *node, tel__position at, const tel__path *parent,
                     const char *field)
{
	tel__path path = { .parent = parent, .name = tel__slice_str(row->name) };
	const tel__node_entry *entry = row->type == TEL__KEY_SQUASH ? NULL : tel__node_find(node, path.name);
	const tel__node *child = row->type == TEL__KEY_SQUASH ? node : entry ? entry->value : NULL;

	if (entry)
		at = row->role ? tel__position_of(entry->value) : tel__position_key(entry);
	if (row->type == TEL__KEY_SECTION || row->type == TEL__KEY_SQUASH)
		walk(w, row->section, child, at, row->type == TEL__KEY_SQUASH ? parent : &path, field);
	else if (row->type == TEL__KEY_OPTIONAL && *(char *const *)(const void *)field)
		walk(w, row->section, child, at, &path, *(char *const *)(const void *)field);
	else if (row->type == TEL__KEY_SECTIONS)
		walk_sections(w, row, child, at, &path, (const tel__key_list *)(const void *)field);
	else if (row->flags & TEL__KEY_PIPELINES)
		check_pipelines(w, child, at, &path, (const tel__key_strings *)(const void *)field);
	else if (row->role)
		check_id(w->l, row, at, &path, *(const tel_slice *)(const void *)field);
}

static void walk(const walker *w, const tel__key_table *table, const tel__node *node, tel__position at,
                 const tel__path *path, const char *options)
{
	for (size_t i = 0; i < table->key_count; i++)
		walk_row(w, &table->keys[i], node, at, path, options + table->keys[i].offset);
}

void tel__load_check_roles(tel__loader *l)
{
	struct routes routes = { .seed = (uint64_t)(uintptr_t)l->config };

	for (size_t i = 0; i < l->config->component_count; i++) {
		const tel__config_component *c = &l->config->components[i];
		const walker w = { l, c, &routes };
		tel__path section = { .name = tel__slice_str(tel__kind_section(c->kind)) };
		tel__path path = { .parent = &section, .name = c->id };
		tel__position at = { c->node ? c->node->source : 0, c->line, c->column };

		if (c->used && c->row && c->options)
			walk(&w, c->row->keys, c->node, at, &path, c->options);
	}	tel__map_free(routes.pipelines);
	tel__map_free(routes.takers);
}
