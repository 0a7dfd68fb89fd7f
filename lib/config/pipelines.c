/* SPDX-License-Identifier: Apache-2.0 */
/* service::pipelines: ids, references, what a pipeline needs (otel-processing.md 10.4). */
#include <stdio.h>

#include "base/error_i.h"
#include "base/map.h"
#include "base/slice_i.h"
#include "config/hint.h"
#include "config/loader.h"

enum { SHOWN = 256 };

typedef struct pipeline_options {
	tel__key_strings receivers, processors, exporters;
} pipeline_options;

static const tel__key pipeline_rows[] = {
	{ .name = "receivers", .type = TEL__KEY_STRINGS, .offset = offsetof(pipeline_options, receivers),
	  .help = "receivers, or connectors that other pipelines export to" },
	{ .name = "processors", .type = TEL__KEY_STRINGS, .offset = offsetof(pipeline_options, processors),
	  .help = "processors in their order" },
	{ .name = "exporters", .type = TEL__KEY_STRINGS, .offset = offsetof(pipeline_options, exporters),
	  .help = "exporters, or connectors that other pipelines receive from" },
};
static const tel__key_table pipeline_keys = { "pipelines.PipelineConfig", sizeof(pipeline_options), pipeline_rows,
	                                          TEL__KEY_COUNT(pipeline_rows), NULL };

/* One pipeline while it is being read. */
typedef struct pipeline_reader {
	tel__loader *l;
	const tel__node_entry *entry;
	const tel__path *path;
	uint32_t *marks, *stamp; /* by component: number of the list that named it last; of the newest list */
} pipeline_reader;

uint32_t tel__load_index(const tel_config *config, tel__component_kind kind, tel_slice id)
{
	void *number;

	return tel__map_get(config->by_id[kind], id, &number) ? (uint32_t)((uintptr_t)number - 1) : UINT32_MAX;
}

const tel__config_component *tel__config_find(const tel_config *config, tel__component_kind kind, tel_slice id)
{
	uint32_t index = tel__load_index(config, kind, id);

	return index == UINT32_MAX ? NULL : &config->components[index];
}

/* Position of element i of list name in the file. */
static tel__position reference_position(const pipeline_reader *r, const char *name, size_t i)
{
	const tel__node *list = tel__node_get(r->entry->value, name);

	if (list && list->type == TEL__NODE_LIST && i < list->v.list.count)
		list = list->v.list.items[i];
	return list ? tel__position_of(list) : tel__position_key(r->entry);
}

/* Names of one list -> indexes. Connectors stand in for receivers and exporters. */
static tel_err resolve(const pipeline_reader *r, tel__component_kind kind, const tel__key_strings *names,
                       const uint32_t **ret_indexes, uint32_t *ret_count)
{
	tel_config *config = r->l->config;
	uint32_t *indexes = tel__arena_array(config->arena, names->count + 1, sizeof(*indexes)), count = 0;
	const char *section = tel__kind_section(kind), *noun = tel__kind_name(kind);
	char shown[SHOWN], msg[SHOWN * 2];
	tel_slice type, name;

	if (!indexes)
		return tel__loader_arena_error(r->l);
	++*r->stamp;
	for (size_t i = 0; i < names->count; i++) {
		tel__position at = reference_position(r, section, i);
		uint32_t index;
		tel_slice id;

		if (!tel__id_clean(r->l, names->items[i], &id))
			return tel__loader_arena_error(r->l);
		index = tel__load_index(config, kind, id);
		if (index == UINT32_MAX && kind != TEL__KIND_PROCESSOR)
			index = tel__load_index(config, TEL__KIND_CONNECTOR, id);
		tel__slice_printable(id, shown, sizeof(shown));
		if (index == UINT32_MAX && !tel__id_parse(id, &type, &name, msg, sizeof(msg))) {
			tel__loader_error(r->l, at, r->path, "'%s[%zu]' %s", section, i, msg);
		} else if (index == UINT32_MAX) {
			tel__hint_reference(r->l, kind, id);
			tel__loader_error(r->l, at, r->path, "references %s \"%s\" which is not configured", noun, shown);
		} else if (r->marks[index] == *r->stamp) {
			tel__loader_report(r->l, kind == TEL__KIND_PROCESSOR ? TEL_FINDING_ERROR : TEL_FINDING_WARNING, at, r->path,
			                   "references %s \"%s\" multiple times", noun, shown);
		} else {
			config->components[index].used = true;
			r->marks[index] = *r->stamp;
			indexes[count++] = index;
		}
	}
	*ret_indexes = indexes;
	*ret_count = count;
	return TEL_OK;
}

static tel_err read_pipeline(tel__loader *l, const tel__node_entry *entry, const tel__path *parent, uint32_t *marks,
                             uint32_t *stamp, tel__config_pipeline *out)
{
	tel__path path = { .parent = parent, .name = entry->key };
	pipeline_reader r = { l, entry, &path, marks, stamp };
	pipeline_options options = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
	bool clean;
	tel_err rc = tel__decode(l, &pipeline_keys, entry->value, &path, &options, &clean);

	*out = (tel__config_pipeline){ .line = entry->line, .column = entry->column };
	out->source = tel__config_source_name(l->config, entry->source);
	if (!tel__id_clean(l, entry->key, &out->id))
		return tel__loader_arena_error(l);
	if (rc != TEL_OK || !clean)
		return rc;
	if (options.receivers.count == 0)
		tel__loader_error(l, tel__position_key(entry), &path, "must have at least one receiver");
	if (options.exporters.count == 0)
		tel__loader_error(l, tel__position_key(entry), &path, "must have at least one exporter");
	rc = resolve(&r, TEL__KIND_RECEIVER, &options.receivers, &out->receivers, &out->receiver_count);
	if (rc == TEL_OK)
		rc = resolve(&r, TEL__KIND_PROCESSOR, &options.processors, &out->processors, &out->processor_count);
	if (rc == TEL_OK)
		rc = resolve(&r, TEL__KIND_EXPORTER, &options.exporters, &out->exporters, &out->exporter_count);
	return rc;
}

static const char *const signals[] = { "metrics", "traces", "logs", "profiles", NULL };

static bool is_other_signal(tel_slice type)
{
	return tel__slice_is(type, "traces") || tel__slice_is(type, "logs") || tel__slice_is(type, "profiles");
}

/* *ret_metrics: the entry is a metrics pipeline with a good id. */
static void check_id(tel__loader *l, const tel__node_entry *entry, const tel__path *parent, bool *ret_metrics)
{
	tel__path path = { .parent = parent, .name = entry->key };
	tel__position at = tel__position_key(entry);
	char msg[SHOWN * 2], shown[SHOWN], shown_type[SHOWN];
	tel_slice type, name;

	*ret_metrics = false;
	if (!tel__id_parse(entry->key, &type, &name, msg, sizeof(msg))) {
		tel__loader_error(l, at, parent, "%s", msg);
		return;
	}
	tel__slice_printable(entry->key, shown, sizeof(shown));
	tel__slice_printable(type, shown_type, sizeof(shown_type));
	*ret_metrics = tel__slice_is(type, "metrics");
	if (*ret_metrics)
		return;
	if (!is_other_signal(type)) {
		tel__hint_word(l, type, signals);
		tel__loader_error(l, at, parent, "in \"%s\" id: unknown pipeline signal: \"%s\"", shown, shown_type);
	} else if (l->opts.ignore_other_signals) {
		tel__loader_warn(l, at, &path, "pipeline of %s is left out: only metrics pipelines run here", shown_type);
	} else {
		tel__loader_error(l, at, &path, "pipeline of %s cannot run: only metrics pipelines do", shown_type);
	}
}

tel_err tel__load_pipelines(tel__loader *l, const tel__node *service)
{
	tel__path root = { .name = TEL_SLICE_LIT("service") };
	tel__path path = { .parent = &root, .name = TEL_SLICE_LIT("pipelines") };
	const tel__node *node = tel__node_get(service, "pipelines");
	tel_config *config = l->config;
	uint32_t count = node && node->type == TEL__NODE_MAP ? node->v.map.count : 0;
	uint32_t *marks, stamp = 0;
	tel_err rc = TEL_OK;
	bool metrics;

	if (node && node->type != TEL__NODE_MAP && node->type != TEL__NODE_NULL) {
		tel__loader_hint(l, "expected one key per pipeline below it, such as \"metrics\"");
		tel__loader_error(l, tel__position_of(node), &path, "'pipelines' expected a map or struct, got \"%s\"",
		                  tel__node_go_type(node));
		return TEL_OK;
	}
	config->pipelines = tel__arena_array(config->arena, count + 1, sizeof(*config->pipelines));
	marks = tel__arena_array(config->arena, config->component_count + 1, sizeof(*marks));
	if (!config->pipelines || !marks)
		return tel__loader_arena_error(l);
	memset(marks, 0, (config->component_count + 1) * sizeof(*marks));
	for (uint32_t i = 0; i < count && rc == TEL_OK; i++) {
		check_id(l, &node->v.map.entries[i], &path, &metrics);
		if (metrics)
			rc = read_pipeline(l, &node->v.map.entries[i], &path, marks, &stamp, &config->pipelines[config->pipeline_count++]);
	}
	if (rc == TEL_OK && config->pipeline_count == 0 && (count == 0 || l->opts.ignore_other_signals))
		tel__loader_error(l, tel__position_in(service ? service : config->root, path.name), &path,
		                  "service must have at least one pipeline");
	return rc;
}

static bool list_has(const tel__node *list, tel_slice id)
{
	tel_slice text;

	if (!list || list->type != TEL__NODE_LIST)
		return false;
	for (uint32_t i = 0; i < list->v.list.count; i++)
		if (tel__node_string(list->v.list.items[i], &text) && tel__id_same(text, id))
			return true;
	return false;
}

bool tel__load_is_needed(const tel__node *root, tel__component_kind kind, tel_slice id)
{
	const tel__node *service = tel__node_get(root, "service"), *pipelines = tel__node_get(service, "pipelines");

	if (kind == TEL__KIND_EXTENSION)
		return list_has(tel__node_get(service, "extensions"), id);
	for (uint32_t i = 0; pipelines && pipelines->type == TEL__NODE_MAP && i < pipelines->v.map.count; i++) {
		const tel__node_entry *entry = &pipelines->v.map.entries[i];
		tel_slice key = tel__slice_trim(entry->key);

		if (!tel__slice_is(tel__slice_trim(tel__slice_sub(key, 0, tel__slice_find(key, '/'))), "metrics"))
			continue;
		if (kind != TEL__KIND_CONNECTOR && list_has(tel__node_get(entry->value, tel__kind_section(kind)), id))
			return true;
		if (kind == TEL__KIND_CONNECTOR && (list_has(tel__node_get(entry->value, "receivers"), id) ||
		                                    list_has(tel__node_get(entry->value, "exporters"), id)))
			return true;
	}
	return false;
}
