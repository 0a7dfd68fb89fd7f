/* SPDX-License-Identifier: Apache-2.0 */
/* service::telemetry and service::extensions (otel-processing.md 9.5). */
#include "config/service.h"

#include <stdlib.h>

#include "base/error_i.h"
#include "base/limits.h"
#include "base/slice_i.h"
#include "config/hint.h"

#define ROW(type_, field_) .offset = offsetof(type_, field_)

typedef struct reader_exporter {
	tel__config_reader *prometheus;
} reader_exporter;

typedef struct reader_pull {
	reader_exporter exporter;
} reader_pull;

typedef struct reader_entry {
	reader_pull *pull;
	const tel__node *periodic;
} reader_entry;

static const tel__key prometheus_rows[] = {
	{ .name = "host", .type = TEL__KEY_STRING, ROW(tel__config_reader, host), .def = "localhost",
	  .help = "address to listen on" },
	{ .name = "port", .type = TEL__KEY_INT, ROW(tel__config_reader, port), .def = "8888", .help = "port to listen on" },
	{ .name = "without_scope_info", .type = TEL__KEY_BOOL, ROW(tel__config_reader, without_scope_info),
	  .help = "leave the otel_scope_ labels out" },
	{ .name = "without_type_suffix", .type = TEL__KEY_BOOL, ROW(tel__config_reader, without_type_suffix),
	  .help = "leave unit and _total out, together with without_units" },
	{ .name = "without_units", .type = TEL__KEY_BOOL, ROW(tel__config_reader, without_units),
	  .help = "leave unit and _total out, together with without_type_suffix" },
	{ .name = "with_resource_constant_labels", .type = TEL__KEY_IGNORED, .help = "accepted, not used" },
};

static void check_prometheus(const void *options, void (*report)(void *user, const char *path, const char *msg),
                             void *user)
{
	const tel__config_reader *reader = options;

	if (reader->port < 0 || reader->port > 65535)
		report(user, "|port", "port must be between 0 and 65535");
}

static const tel__key_table prometheus_keys = { "prometheus", sizeof(tel__config_reader), prometheus_rows,
	                                            TEL__KEY_COUNT(prometheus_rows), check_prometheus };

static const tel__key exporter_rows[] = {
	{ .name = "prometheus", .type = TEL__KEY_OPTIONAL, ROW(reader_exporter, prometheus), .section = &prometheus_keys,
	  .help = "exposition on a port" },
};
static const tel__key_table exporter_keys = { "exporter", sizeof(reader_exporter), exporter_rows,
	                                          TEL__KEY_COUNT(exporter_rows), NULL };

static const tel__key pull_rows[] = {
	{ .name = "exporter", .type = TEL__KEY_SECTION, ROW(reader_pull, exporter), .section = &exporter_keys,
	  .help = "what answers" },
};
static const tel__key_table pull_keys = { "pull", sizeof(reader_pull), pull_rows, TEL__KEY_COUNT(pull_rows), NULL };

static const tel__key reader_rows[] = {
	{ .name = "pull", .type = TEL__KEY_OPTIONAL, ROW(reader_entry, pull), .section = &pull_keys,
	  .help = "metrics that somebody fetches" },
	{ .name = "periodic", .type = TEL__KEY_ANY, ROW(reader_entry, periodic), .help = "accepted, not used" },
};
static const tel__key_table reader_keys = { "readers", sizeof(reader_entry), reader_rows, TEL__KEY_COUNT(reader_rows),
	                                        NULL };

static const char *const metrics_levels[] = { "none", "basic", "normal", "detailed", NULL };

static const tel__key metrics_rows[] = {
	{ .name = "level", .type = TEL__KEY_ENUM, ROW(tel__service_metrics, level), .def = "normal",
	  .words = metrics_levels, .bad = "unknown metrics level \"{}\"", .help = "how much is counted" },
	{ .name = "readers", .type = TEL__KEY_SECTIONS, ROW(tel__service_metrics, readers), .section = &reader_keys,
	  .def = "[{pull: {exporter: {prometheus: {without_scope_info: true, without_type_suffix: true, "
	         "without_units: true}}}}]",
	  .help = "where the metrics go; a written list replaces the default, switches included" },
	{ .name = "views", .type = TEL__KEY_ANY, ROW(tel__service_metrics, views), .help = "only with level detailed" },
};

static void check_metrics(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__service_metrics *metrics = options;

	if (metrics->level != TEL__METRICS_NONE && metrics->readers.count == 0)
		report(user, "|readers", "collector telemetry metrics reader should exist when metric level is not none");
	if (metrics->level != TEL__METRICS_DETAILED && metrics->views)
		report(user, "|views", "service::telemetry::metrics::views can only be set when service::telemetry::metrics::"
		       "level is detailed");
}

static const tel__key_table metrics_keys = { "service.telemetry.metrics", sizeof(tel__service_metrics), metrics_rows,
	                                         TEL__KEY_COUNT(metrics_rows), check_metrics };

static const tel__key sampling_rows[] = {
	{ .name = "enabled", .type = TEL__KEY_BOOL, ROW(tel__service_logs, sampling), .def = "true",
	  .help = "drop repeated lines" },
	{ .name = "initial", .type = TEL__KEY_INT, ROW(tel__service_logs, sampling_initial), .def = "10",
	  .help = "lines per tick and message that pass" },
	{ .name = "thereafter", .type = TEL__KEY_INT, ROW(tel__service_logs, sampling_thereafter), .def = "100",
	  .help = "then every n-th passes" },
	{ .name = "tick", .type = TEL__KEY_DURATION, ROW(tel__service_logs, sampling_tick_ns), .def = "10s",
	  .help = "length of a tick" },
};
/* Offsets count from the logs struct: the row below has offset 0. */
static const tel__key_table sampling_keys = { "sampling", sizeof(tel__service_logs), sampling_rows,
	                                          TEL__KEY_COUNT(sampling_rows), NULL };

/* zap's names. */
static const char *const log_levels[] = { "debug", "info", "warn", "warning", "error", "dpanic", "panic", "fatal", NULL };
static const int32_t log_level_of[] = { TEL__LOGS_DEBUG, TEL__LOGS_INFO, TEL__LOGS_WARN, TEL__LOGS_WARN, TEL__LOGS_ERROR,
	                                    TEL__LOGS_ERROR, TEL__LOGS_ERROR, TEL__LOGS_ERROR };
static const char *const log_encodings[] = { "console", "json", NULL };

static const tel__key logs_rows[] = {
	{ .name = "level", .type = TEL__KEY_ENUM, ROW(tel__service_logs, level), .def = "info", .words = log_levels,
	  .flags = TEL__KEY_NO_CASE,
	  .bad = "unrecognized level: \"{}\"", .help = "lines below are not written" },
	{ .name = "encoding", .type = TEL__KEY_ENUM, ROW(tel__service_logs, encoding), .def = "console",
	  .words = log_encodings, .bad = "no encoder registered for name \"{}\"", .help = "console or json" },
	{ .name = "sampling", .type = TEL__KEY_SECTION, .offset = 0, .section = &sampling_keys,
	  .help = "limit on repeated lines" },
	{ .name = "initial_fields", .type = TEL__KEY_ANY, ROW(tel__service_logs, initial_fields),
	  .help = "added to each line" },
	{ .name = "development", .type = TEL__KEY_IGNORED, .help = "accepted, not used" },
	{ .name = "disable_caller", .type = TEL__KEY_IGNORED, .help = "accepted, not used" },
	{ .name = "disable_stacktrace", .type = TEL__KEY_IGNORED, .help = "accepted, not used" },
	{ .name = "output_paths", .type = TEL__KEY_IGNORED, .help = "accepted; lines go to stderr" },
	{ .name = "error_output_paths", .type = TEL__KEY_IGNORED, .help = "accepted; lines go to stderr" },
	{ .name = "processors", .type = TEL__KEY_IGNORED, .help = "accepted, not used" },
	{ .name = "disable_zap_resource", .type = TEL__KEY_IGNORED, .help = "accepted, not used" },
};
static const tel__key_table logs_keys = { "service.telemetry.logs", sizeof(tel__service_logs), logs_rows,
	                                      TEL__KEY_COUNT(logs_rows), NULL };

static const tel__key telemetry_rows[] = {
	{ .name = "metrics", .type = TEL__KEY_SECTION, ROW(tel__service_telemetry, metrics), .section = &metrics_keys,
	  .help = "the program's own metrics" },
	{ .name = "logs", .type = TEL__KEY_SECTION, ROW(tel__service_telemetry, logs), .section = &logs_keys,
	  .help = "the program's own log" },
	{ .name = "resource", .type = TEL__KEY_ANY, ROW(tel__service_telemetry, resource),
	  .help = "attributes of the program itself; null removes one" },
	{ .name = "traces", .type = TEL__KEY_IGNORED, .help = "accepted, not used" },
};
static const tel__key_table telemetry_keys = { "service.telemetry", sizeof(tel__service_telemetry), telemetry_rows,
	                                           TEL__KEY_COUNT(telemetry_rows), NULL };

static const tel__key service_rows[] = {
	{ .name = "extensions", .type = TEL__KEY_STRINGS, ROW(tel__service_options, extensions),
	  .help = "extensions to start, in this order" },
	{ .name = "pipelines", .type = TEL__KEY_ANY, ROW(tel__service_options, pipelines), .help = "signal[/name] to lists" },
	{ .name = "telemetry", .type = TEL__KEY_SECTION, ROW(tel__service_options, telemetry), .section = &telemetry_keys,
	  .help = "what the program tells of itself" },
};
const tel__key_table tel__service_keys = { "service", sizeof(tel__service_options), service_rows,
	                                       TEL__KEY_COUNT(service_rows), NULL };

static tel_err make_readers(tel__loader *l, const tel__service_metrics *metrics, const tel__node *service)
{
	tel__config_telemetry *out = &l->config->telemetry;
	const reader_entry *entries = metrics->readers.items;
	tel__config_reader *readers;

	readers = tel__arena_array(l->config->arena, metrics->readers.count + 1, sizeof(*readers));
	if (!readers)
		return tel__loader_arena_error(l);
	out->readers = readers;
	for (size_t i = 0; i < metrics->readers.count; i++) {
		if (entries[i].pull && entries[i].pull->exporter.prometheus)
			readers[out->reader_count++] = *entries[i].pull->exporter.prometheus;
		else
			tel__loader_warn(l, tel__position_in(tel__node_get(tel__node_get(service, "telemetry"), "metrics"),
			                                     TEL_SLICE_LIT("readers")), NULL,
			                 "service::telemetry::metrics::readers: reader %zu is not used: only pull readers with "
			                 "exporter prometheus are", i);
	}
	return TEL_OK;
}

/* ---- sections that stay a tree: a map of scalars, in the order of its keys ---- */

/* False when the node is no map, which is said unless it is nothing. */
static bool is_map(tel__loader *l, const tel__node *node, const tel__path *path)
{
	if (!node || node->type == TEL__NODE_NULL)
		return false;
	if (node->type != TEL__NODE_MAP)
		tel__loader_error(l, tel__position_of(node), path, "expected a map, got '%s'", tel__node_go_type(node));
	return node->type == TEL__NODE_MAP;
}

static int by_key(const void *a, const void *b)
{
	return tel__slice_cmp((*(const tel__node_entry *const *)a)->key, (*(const tel__node_entry *const *)b)->key);
}

static const tel__node_entry **sorted_entries(tel__loader *l, const tel__node *map)
{
	const tel__node_entry **entries = tel__arena_array(l->config->arena, map->v.map.count + 1, sizeof(*entries));

	for (uint32_t i = 0; entries && i < map->v.map.count; i++)
		entries[i] = &map->v.map.entries[i];
	if (entries)
		qsort(entries, map->v.map.count, sizeof(*entries), by_key);
	return entries;
}

static bool is_own(tel_slice key)
{
	return tel__slice_is(key, "service.name") || tel__slice_is(key, "service.version") ||
	       tel__slice_is(key, "service.instance.id");
}

static tel_err make_log_resource(tel__loader *l)
{
	tel__config_telemetry *out = &l->config->telemetry;
	tel_log_field *fields = tel__arena_array(l->config->arena, out->resource.count + 1, sizeof(*fields));

	if (!fields)
		return tel__loader_arena_error(l);
	out->log_resource = fields;
	for (size_t i = 0; i < out->resource.count; i++)
		if (out->resource.items[i].value.ptr && !is_own(out->resource.items[i].key))
			fields[out->log_resource_count++] = (tel_log_field){ out->resource.items[i].key, out->resource.items[i].value, 0, false };
	return TEL_OK;
}

/* The Collector takes texts only, and what an expansion stood for; null takes an attribute away. */
static tel_err make_resource(tel__loader *l, const tel__node *node)
{
	tel__path path = { .name = TEL_SLICE_LIT("service::telemetry::resource") };
	const tel__node_entry **entries;
	tel__key_pair *items;
	uint32_t count;

	if (!is_map(l, node, &path))
		return TEL_OK;
	count = node->v.map.count;
	if (count > TEL_LIMIT_RESOURCE_ATTRS) {
		tel__loader_error(l, tel__position_of(node), &path, "more than %d attributes", TEL_LIMIT_RESOURCE_ATTRS);
		return TEL_OK;
	}
	entries = sorted_entries(l, node);
	items = tel__arena_array(l->config->arena, count + 1, sizeof(*items));
	if (!entries || !items)
		return tel__loader_arena_error(l);
	for (uint32_t i = 0; i < count; i++) {
		const tel__node *value = entries[i]->value;

		items[i] = (tel__key_pair){ entries[i]->key, value->text.ptr ? value->text : TEL_SLICE_LIT("") };
		if (value->type == TEL__NODE_NULL)
			items[i].value = (tel_slice){ NULL, 0 };
		else if (value->type != TEL__NODE_STRING && !value->whole)
			tel__loader_error(l, tel__position_key(entries[i]), &(tel__path){ .parent = &path, .name = entries[i]->key },
			                  "expected type 'string', got unconvertible type '%s'", tel__node_go_type(value));
	}
	l->config->telemetry.resource = (tel__key_pairs){ items, count };
	return make_log_resource(l);
}

static tel_log_field field_of(const tel__node_entry *entry)
{
	const tel__node *value = entry->value;
	tel_log_field field = { entry->key, value->text, 0, false };

	if (value->type == TEL__NODE_INT || value->type == TEL__NODE_UINT || value->type == TEL__NODE_FLOAT)
		field.is_number = true;
	if (field.is_number)
		field.number = value->type == TEL__NODE_INT ? (double)value->v.i :
		               value->type == TEL__NODE_UINT ? (double)value->v.u : value->v.d;
	return field;
}

static tel_err make_log_fields(tel__loader *l, const tel__node *node)
{
	tel__path path = { .name = TEL_SLICE_LIT("service::telemetry::logs::initial_fields") };
	tel__config_telemetry *out = &l->config->telemetry;
	const tel__node_entry **entries;
	tel_log_field *fields;

	if (!is_map(l, node, &path))
		return TEL_OK;
	entries = sorted_entries(l, node);
	fields = tel__arena_array(l->config->arena, node->v.map.count + 1, sizeof(*fields));
	if (!entries || !fields)
		return tel__loader_arena_error(l);
	out->log_fields = fields;
	for (uint32_t i = 0; i < node->v.map.count; i++) {
		if (entries[i]->value->type < TEL__NODE_MAP)
			fields[out->log_field_count++] = field_of(entries[i]);
		else
			tel__loader_warn(l, tel__position_key(entries[i]), &(tel__path){ .parent = &path, .name = entries[i]->key },
			                 "not printed: only scalars are, this is a '%s'", tel__node_go_type(entries[i]->value));
	}
	return TEL_OK;
}

static tel_err make_telemetry(tel__loader *l, const tel__service_telemetry *options, const tel__node *service)
{
	tel__config_telemetry *out = &l->config->telemetry;
	tel_err rc;

	out->metrics_level = options->metrics.level;
	out->logs_level = log_level_of[options->logs.level];
	out->logs_encoding = options->logs.encoding;
	out->sampling = options->logs.sampling;
	out->sampling_initial = options->logs.sampling_initial;
	out->sampling_thereafter = options->logs.sampling_thereafter;
	out->sampling_tick_ns = options->logs.sampling_tick_ns;
	rc = make_readers(l, &options->metrics, service);
	if (rc == TEL_OK)
		rc = make_resource(l, options->resource);
	if (rc == TEL_OK)
		rc = make_log_fields(l, options->logs.initial_fields);
	return rc;
}

static tel_err make_extensions(tel__loader *l, const tel__key_strings *names, const tel__node *service)
{
	tel__path section = { .name = TEL_SLICE_LIT("service") };
	tel__path path = { .parent = &section, .name = TEL_SLICE_LIT("extensions") };
	const tel__node *list = tel__node_get(service, "extensions");
	uint32_t *indexes;

	if (names->count == 0)
		return TEL_OK;
	indexes = tel__arena_array(l->config->arena, names->count, sizeof(*indexes));
	if (!indexes)
		return tel__loader_arena_error(l);
	for (size_t i = 0; i < names->count; i++) {
		char shown[256];
		uint32_t index;
		tel_slice id;

		if (!tel__id_clean(l, names->items[i], &id))
			return tel__loader_arena_error(l);
		index = tel__load_index(l->config, TEL__KIND_EXTENSION, id);
		if (index == UINT32_MAX) {
			tel__hint_reference(l, TEL__KIND_EXTENSION, id);
			tel__loader_error(l, tel__position_of(list && list->type == TEL__NODE_LIST ? list->v.list.items[i] : list),
			                  &path, "references extension \"%s\" which is not configured",
			                  tel__slice_printable(id, shown, sizeof(shown)));
			continue;
		}
		l->config->components[index].used = true;
		indexes[l->config->extension_count++] = index;
	}
	l->config->extensions = indexes;
	return TEL_OK;
}

tel_err tel__load_service(tel__loader *l, const tel__node *service)
{
	tel__path path = { .name = TEL_SLICE_LIT("service") };
	tel__service_options *options = tel__arena_alloc(l->config->arena, sizeof(*options));
	bool clean;
	tel_err rc;

	if (!options)
		return tel__loader_arena_error(l);
	memset(options, 0, sizeof(*options));
	l->config->service = options;
	rc = tel__decode(l, &tel__service_keys, service, &path, options, &clean);
	if (rc != TEL_OK)
		return rc;
	if (clean)
		tel__decode_check(l, &tel__service_keys, service, tel__position_in(l->config->root, path.name), &path, options);
	rc = make_telemetry(l, &options->telemetry, service);
	return rc == TEL_OK ? make_extensions(l, &options->extensions, service) : rc;
}
