/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/error_i.h"
#include "base/dynbuf.h"
#include "base/limits.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "config/hint.h"
#include "config/loader.h"

enum { SHOWN = 256, VALID_MAX = 4096 };
#define ARENA_CAP ((size_t)512 << 20)

/* Types of a kind, sorted, for the text of an unknown one. */
static void put_types(const tel__loader *l, tel__component_kind kind, tel__dynbuf *out)
{
	tel_slice last = { "", 0 };

	for (;;) {
		const char *best = NULL;

		for (const tel_components *c = l->components; c; c = c->parent)
			for (size_t i = 0; i < c->count; i++) {
				tel_slice type = tel__slice_str(c->rows[i]->type);

				if (c->rows[i]->kind == kind && tel__slice_cmp(type, last) > 0 &&
				    (!best || tel__slice_cmp(type, tel__slice_str(best)) < 0))
					best = c->rows[i]->type;
			}
		if (!best)
			return;
		tel__dynbuf_fmt(out, "%s%s", last.len ? " " : "", best);
		last = tel__slice_str(best);
	}
}

static void report_unknown_type(tel__loader *l, const tel__config_component *c, tel__position at, const tel__path *path)
{
	char type[SHOWN], id[SHOWN];
	tel__dynbuf valid;

	tel__dynbuf_init(&valid, &l->config->alloc, VALID_MAX);
	put_types(l, c->kind, &valid);
	if (tel__dynbuf_error(&valid) == TEL_ERR_NOMEM)
		l->fatal = TEL_ERR_NOMEM;
	tel__hint_type(l, c->kind, c->type);
	tel__loader_error(l, at, path, "'%s' unknown type: \"%s\" for id: \"%s\" (valid values: [%.*s])",
	                  tel__kind_section(c->kind), tel__slice_printable(c->type, type, sizeof(type)),
	                  tel__slice_printable(c->id, id, sizeof(id)), TEL_SLICE_ARG(tel__dynbuf_get(&valid)));
	tel__dynbuf_fini(&valid);
}

static tel_err decode_component(tel__loader *l, tel__config_component *c, tel__position at, const tel__path *path)
{
	const tel__key_table *table = c->row->keys;
	void *options = tel__arena_alloc(l->config->arena, table->size ? table->size : 1);
	bool clean, forms;
	tel_err rc;

	if (!options)
		return tel__loader_arena_error(l);
	memset(options, 0, table->size ? table->size : 1);
	c->options = options;
	rc = tel__decode_forms(l, table, &c->node, path, &forms);
	if (rc == TEL_OK)
		rc = tel__decode(l, table, c->node, path, options, &clean);
	if (rc == TEL_OK && clean && forms)
		tel__decode_check(l, table, c->node, at, path, options);
	return rc;
}

/* The component that is next in the array becomes known by its id. */
static tel_err index_component(tel_config *config)
{
	const tel__config_component *c = &config->components[config->component_count];

	return tel__map_put(config->by_id[c->kind], c->id, (void *)(uintptr_t)(config->component_count + 1), NULL);
}

/* *ret_keep false: the entry is no component (bad id, or left out). */
static tel_err read_component(tel__loader *l, const tel__node *root, tel__component_kind kind,
                              const tel__node_entry *entry, const tel__path *parent, bool *ret_keep)
{
	tel_config *config = l->config;
	tel__config_component *c = &config->components[config->component_count];
	tel__position at = tel__position_key(entry);
	tel__path path = { .parent = parent };
	char msg[SHOWN * 2], shown[SHOWN], raw[SHOWN];
	tel_slice type;

	*ret_keep = false;
	if (!tel__id_clean(l, entry->key, &path.name))
		return tel__loader_arena_error(l);
	*c = (tel__config_component){ .id = path.name, .kind = kind, .node = entry->value, .line = entry->line,
		                          .column = entry->column };
	c->source = tel__config_source_name(l->config, entry->source);
	if (!tel__id_parse(entry->key, &c->type, &c->name, msg, sizeof(msg))) {
		type = tel__slice_sub(path.name, 0, tel__slice_find(path.name, '/'));
		if (!tel__components_find(l->components, kind, type))
			tel__hint_type(l, kind, type);
		tel__loader_error(l, at, parent, "'%s' %s", tel__kind_section(kind), msg);
		return TEL_OK;
	}
	if (tel__load_index(config, kind, c->id) != UINT32_MAX) {
		tel__loader_error(l, at, &path, "duplicate name \"%s\" after unmarshaling %s",
		                  tel__slice_printable(entry->key, raw, sizeof(raw)),
		                  tel__slice_printable(c->id, shown, sizeof(shown)));
		return TEL_OK;
	}
	*ret_keep = true;
	if (!l->components)
		return index_component(config);
	c->row = tel__components_find(l->components, kind, c->type);
	if (c->row) {
		tel_err rc = index_component(config);

		return rc == TEL_OK ? decode_component(l, c, at, &path) : rc;
	}
	*ret_keep = !l->opts.ignore_other_signals || tel__load_is_needed(root, kind, c->id);
	if (*ret_keep) {
		report_unknown_type(l, c, at, parent);
		return index_component(config);
	}
	tel__loader_warn(l, at, &path, "component of unknown type is left out: no metrics pipeline uses it");
	return TEL_OK;
}

static tel_err read_section(tel__loader *l, const tel__node *root, tel__component_kind kind)
{
	tel__path path = { .name = tel__slice_str(tel__kind_section(kind)) };
	const tel__node *section = tel__node_get(root, tel__kind_section(kind));
	tel_err rc = TEL_OK;
	bool keep;

	if (!section || section->type == TEL__NODE_NULL)
		return TEL_OK;
	if (section->type != TEL__NODE_MAP) {
		tel__loader_hint(l, "expected one key per %s below it", tel__kind_name(kind));
		tel__loader_error(l, tel__position_of(section), &path, "'%s' expected a map or struct, got \"%s\"",
		                  tel__kind_section(kind), tel__node_go_type(section));
		return TEL_OK;
	}
	for (uint32_t i = 0; i < section->v.map.count && rc == TEL_OK; i++) {
		rc = read_component(l, root, kind, &section->v.map.entries[i], &path, &keep);
		l->config->component_count += keep;
	}
	return rc;
}

/* The same id as connector and as receiver or exporter. */
static void check_ambiguous(tel__loader *l)
{
	const tel_config *config = l->config;

	for (size_t i = 0; i < config->component_count; i++) {
		const tel__config_component *c = &config->components[i];
		const char *other = NULL;
		tel__path section = { .name = TEL_SLICE_LIT("connectors") };
		tel__path path = { .parent = &section, .name = c->id };
		char id[SHOWN];

		if (c->kind != TEL__KIND_CONNECTOR)
			continue;
		if (tel__config_find(config, TEL__KIND_EXPORTER, c->id))
			other = "exporter";
		else if (tel__config_find(config, TEL__KIND_RECEIVER, c->id))
			other = "receiver";
		if (!other)
			continue;
		tel__slice_printable(c->id, id, sizeof(id));
		tel__loader_error(l, ((tel__position){ c->node->source, c->line, c->column }), &path,
		                  "ambiguous ID: Found both \"%s\" %s and \"%s\" connector. Change one of the components' IDs to "
		                  "eliminate ambiguity (e.g. rename \"%s\" connector to \"%s/connector\")", id, other, id, id, id);
	}
}

tel_err tel__load_components(tel__loader *l, const tel__node *root)
{
	static const tel__component_kind order[] = { TEL__KIND_RECEIVER, TEL__KIND_PROCESSOR, TEL__KIND_EXPORTER,
		                                         TEL__KIND_CONNECTOR, TEL__KIND_EXTENSION };
	size_t count = 1, entries[TEL__KIND_EXTENSION + 1];
	tel_err rc = TEL_OK;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		const tel__node *section = tel__node_get(root, tel__kind_section(order[i]));

		/* A section of another kind was meant to hold something, and has its own finding. */
		entries[i] = !section || section->type == TEL__NODE_NULL ? 0 : section->type == TEL__NODE_MAP ? section->v.map.count : 1;
		count += entries[i];
	}
	l->config->components = tel__arena_array(l->config->arena, count, sizeof(*l->config->components));
	if (!l->config->components)
		return tel__loader_arena_error(l);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]) && rc == TEL_OK; i++)
		rc = read_section(l, root, order[i]);
	if (rc != TEL_OK)
		return rc;
	if (entries[0] == 0)
		tel__loader_error(l, tel__position_of(root), NULL, "no receiver configuration specified in config");
	if (entries[2] == 0)
		tel__loader_error(l, tel__position_of(root), NULL, "no exporter configuration specified in config");
	check_ambiguous(l);
	return TEL_OK;
}

static void check_root(tel__loader *l, const tel__node *root)
{
	static const char *const known[] = { "receivers", "processors", "exporters", "connectors", "extensions", "service",
		                                 NULL };
	char shown[SHOWN];

	for (uint32_t i = 0; i < root->v.map.count; i++) {
		const tel__node_entry *entry = &root->v.map.entries[i];
		size_t k = 0;

		while (known[k] && !tel__slice_is(entry->key, known[k]))
			k++;
		if (known[k])
			continue;
		tel__hint_section(l, entry->key);
		tel__loader_error(l, tel__position_key(entry), NULL, "'otelcol.configSettings' has invalid keys: %s",
		                  tel__slice_printable(entry->key, shown, sizeof(shown)));
	}
}

static tel_err read_tree(tel__loader *l, const tel__node *root)
{
	const tel__node *service = tel__node_get(root, "service");
	tel_err rc;

	if (root->v.map.count == 0) {
		tel__loader_error(l, tel__position_of(root), NULL, "empty configuration file");
		return TEL_OK;
	}
	check_root(l, root);
	rc = tel__load_components(l, root);
	if (rc == TEL_OK)
		rc = tel__load_service(l, service);
	if (rc == TEL_OK)
		rc = tel__load_pipelines(l, service && service->type == TEL__NODE_MAP ? service : NULL);
	if (rc == TEL_OK)
		tel__load_check_roles(l);
	return rc == TEL_OK ? tel__load_check_connectors(l) : rc;
}

static tel_err load(tel__loader *l)
{
	tel__node *root;
	tel_err rc = tel__load_merge(l, &root);

	if (rc == TEL_OK && l->errors > 0)
		return TEL_ERR_CONFIG; /* half a text would only give follow-up findings */
	if (rc == TEL_OK && l->env) {
		l->config->expanded = true;
		rc = tel__load_expand(l, &root);
	}
	if (rc == TEL_OK && root->type != TEL__NODE_MAP)
		return TEL_ERR_CONFIG;
	if (rc == TEL_OK) {
		l->config->root = root;
		rc = read_tree(l, root);
	}
	if (rc == TEL_OK && l->fatal != TEL_OK)
		rc = l->fatal;
	return rc == TEL_OK && l->errors > 0 ? TEL_ERR_CONFIG : rc;
}

static void free_config(tel_config *config)
{
	tel_alloc alloc = config->alloc;

	for (size_t i = 0; i <= TEL__KIND_EXTENSION; i++)
		tel__map_free(config->by_id[i]);
	tel__arena_unref(config->arena);
	tel__mem_free(&alloc, config, 1, sizeof(*config));
}

tel_slice tel__config_source_name(const tel_config *config, uint16_t source)
{
	return source < config->source_count ? config->source_names[source] : TEL_SLICE_LIT("");
}

/* The sources may go after the load, the places that a configuration tells stay. */
static tel_err keep_names(tel_config *config, const tel_config_source *sources, size_t n)
{
	tel_slice *names = tel__arena_array(config->arena, n, sizeof(*names));

	for (size_t i = 0; names && i < n; i++)
		if (!tel__arena_copy(config->arena, sources[i].name, &names[i]))
			return TEL_ERR_NOMEM;
	config->source_names = names;
	config->source_count = n;
	return names ? TEL_OK : TEL_ERR_NOMEM;
}

tel_err tel_config_load(const tel_config_source *sources, size_t n, const tel_components *components,
                        const tel_config_env *env, const tel_config_opts *opts, tel_config **ret_config,
                        tel_findings *findings)
{
	tel__loader l = { .sources = sources, .source_count = n, .components = components, .env = env,
		              .opts = TEL_CONFIG_OPTS_INIT, .findings = findings };
	const tel_alloc *alloc;
	tel_err rc;

	if (n == 0 || n > TEL_LIMIT_CONFIG_SOURCES || !sources)
		return TEL_ERR_ARG;
	if (opts)
		memcpy(&l.opts, opts, opts->size < sizeof(l.opts) ? opts->size : sizeof(l.opts));
	alloc = tel__alloc_or_default(l.opts.alloc);
	l.config = tel__mem_zero(alloc, 1, sizeof(*l.config));
	if (!l.config)
		return TEL_ERR_NOMEM;
	l.config->alloc = *alloc;
	l.config->refs = 1;
	rc = tel__arena_new(&l.config->alloc, ARENA_CAP, NULL, &l.config->arena);
	/* Ids outlive the maps: they stand in the arena. The seed is nothing that a file can know. */
	for (size_t i = 0; i <= TEL__KIND_EXTENSION && rc == TEL_OK; i++)
		rc = tel__map_new(&l.config->alloc, TEL__MAP_BORROW_KEYS, (uint64_t)(uintptr_t)l.config, &l.config->by_id[i]);
	if (rc == TEL_OK)
		rc = keep_names(l.config, sources, n);
	if (rc == TEL_OK) {
		tel__arena_set_wipe(l.config->arena);
		rc = load(&l);
	}
	if (rc != TEL_OK) {
		free_config(l.config);
		return l.fatal != TEL_OK ? l.fatal : rc;
	}
	*ret_config = l.config;
	return TEL_OK;
}

tel_config *tel_config_ref(tel_config *config)
{
	if (config)
		__atomic_add_fetch(&config->refs, 1, __ATOMIC_RELAXED);
	return config;
}

void tel_config_free(tel_config *config)
{
	if (config && __atomic_sub_fetch(&config->refs, 1, __ATOMIC_ACQ_REL) == 0)
		free_config(config);
}

/* In single quotes nothing but the quote itself is special. */
static void put_quoted(tel__dynbuf *out, tel_slice text)
{
	tel__dynbuf_byte(out, '\'');
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\'')
			tel__dynbuf_byte(out, '\'');
		tel__dynbuf_byte(out, text.ptr[i]);
	}
	tel__dynbuf_byte(out, '\'');
}

tel_err tel_config_set_source(tel_slice setting, const tel_alloc *alloc, tel_buf **ret_text, tel_error *err)
{
	size_t equal = tel__slice_find(setting, '=');
	tel_slice key = tel__slice_trim(tel__slice_sub(setting, 0, equal)), part;
	const tel_alloc *a = tel__alloc_or_default(alloc);
	tel__dynbuf path, text;
	tel_err rc;

	if (equal == setting.len || key.len == 0)
		return tel__fail(err, TEL_ERR_ARG, "missing equal sign, expected key=value");
	tel__dynbuf_init(&path, a, TEL_LIMIT_CONFIG_BYTES);
	tel__dynbuf_init(&text, a, TEL_LIMIT_CONFIG_BYTES);
	for (bool more = tel__slice_next(&key, '.', &part); more; more = tel__slice_next(&key, '.', &part)) {
		tel__dynbuf_puts(&path, path.len ? "::" : "");
		tel__dynbuf_slice(&path, part);
	}
	put_quoted(&text, tel__dynbuf_get(&path));
	tel__dynbuf_puts(&text, ": ");
	tel__dynbuf_slice(&text, tel__slice_sub(setting, equal + 1, setting.len - equal - 1));
	tel__dynbuf_byte(&text, '\n');
	rc = tel__dynbuf_error(&path) != TEL_OK ? tel__dynbuf_error(&path) : tel__dynbuf_take(&text, ret_text);
	tel__dynbuf_fini(&path);
	tel__dynbuf_fini(&text);
	return rc == TEL_OK ? rc : tel__fail(err, rc == TEL_ERR_LIMIT ? TEL_ERR_ARG : rc, "setting is too long");
}
