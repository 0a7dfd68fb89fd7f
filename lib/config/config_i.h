/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONFIG_CONFIG_I_H
#define TEL_CONFIG_CONFIG_I_H
/*
 * What a loaded configuration is to the floors above: typed options per component, pipelines as indexes. Immutable.
 *
 * How a component declares its table (see base/keys.h for the row types):
 *
 *	typedef struct tel__x_options { int64_t timeout_ns; tel_slice endpoint; tel__tls_options tls; } tel__x_options;
 *	static const tel__key x_keys[] = {
 *		{ .name = "timeout", .type = TEL__KEY_DURATION, .offset = offsetof(tel__x_options, timeout_ns), .def = "5s",
 *		  .help = "time limit of one attempt" },
 *		{ .name = "endpoint", .type = TEL__KEY_STRING, .offset = offsetof(tel__x_options, endpoint), .help = "..." },
 *		{ .name = "tls", .type = TEL__KEY_SECTION, .offset = offsetof(tel__x_options, tls),
 *		  .section = &tel__tls_keys, .help = "..." },
 *	};
 *	const tel__key_table tel__x_keys = { .go_name = "xexporter.Config", .size = sizeof(tel__x_options),
 *		.keys = x_keys, .key_count = TEL__KEY_COUNT(x_keys), .check = x_check };
 *	const tel__component tel__x = { .type = "x", .kind = TEL__KIND_EXPORTER, .keys = &tel__x_keys, .help = "...",
 *		.impl = &x_ops };
 */
#include <telemetry/config.h>
#include <telemetry/log.h>

#include "base/arena.h"
#include "base/keys.h"
#include "wire/yaml.h"

typedef struct tel__config_component {
	tel_slice id;                /* as the file writes it: "otlp_http/x" */
	tel_slice type, name;        /* the two parts of it */
	tel__component_kind kind;
	const tel__component *row;   /* NULL when loaded without components */
	const void *options;         /* struct of row->keys, filled; NULL without row */
	const tel__node *node;       /* the body after merge and expansion */
	tel_slice source;            /* name of the source that holds the key */
	uint32_t line, column;
	bool used;                   /* some pipeline or service::extensions refers to it */
} tel__config_component;

/* Indexes into tel_config.components. Connectors stand among the receivers and the exporters. */
typedef struct tel__config_pipeline {
	tel_slice id;                /* "metrics/x" */
	const uint32_t *receivers, *processors, *exporters;
	uint32_t receiver_count, processor_count, exporter_count;
	tel_slice source;
	uint32_t line, column;
} tel__config_pipeline;

typedef enum tel__metrics_level {
	TEL__METRICS_NONE,
	TEL__METRICS_BASIC,
	TEL__METRICS_NORMAL,
	TEL__METRICS_DETAILED
} tel__metrics_level;

typedef enum tel__logs_level { TEL__LOGS_DEBUG, TEL__LOGS_INFO, TEL__LOGS_WARN, TEL__LOGS_ERROR } tel__logs_level;
typedef enum tel__logs_encoding { TEL__LOGS_CONSOLE, TEL__LOGS_JSON } tel__logs_encoding;

/* One pull reader of service::telemetry::metrics. */
typedef struct tel__config_reader {
	tel_slice host;
	int64_t port;
	bool without_scope_info, without_type_suffix, without_units;
} tel__config_reader;

/* service::telemetry, otel-processing.md 9.5. */
typedef struct tel__config_telemetry {
	int32_t metrics_level;       /* tel__metrics_level */
	const tel__config_reader *readers;
	size_t reader_count;
	int32_t logs_level;          /* tel__logs_level */
	int32_t logs_encoding;       /* tel__logs_encoding */
	bool sampling;               /* per tick and message: the first ones, then every n-th */
	int64_t sampling_initial, sampling_thereafter, sampling_tick_ns;
	tel__key_pairs resource;     /* added to the own resource; value.ptr NULL = attribute is removed */
	const tel_log_field *log_resource; /* resource without service.name, .version, .instance.id, for log lines */
	size_t log_resource_count;
	const tel_log_field *log_fields; /* initial_fields: added to each log line, in the order of their names */
	size_t log_field_count;
} tel__config_telemetry;

struct tel_config {
	tel__config_component *components; /* receivers, processors, exporters, connectors, extensions; file order in each */
	size_t component_count;
	tel__config_pipeline *pipelines;   /* metrics only, in the order of the file */
	size_t pipeline_count;
	const uint32_t *extensions;        /* service::extensions, in their order */
	size_t extension_count;
	tel__config_telemetry telemetry;
	const tel__node *root;             /* merged and expanded */
	const tel_slice *source_names;     /* by the index that nodes carry */
	size_t source_count;
	/* private to lib/config */
	struct tel__map *by_id[TEL__KIND_EXTENSION + 1]; /* index + 1 of a component */
	struct tel__service_options *service;
	bool expanded;                     /* ${...} were replaced: a dollar is to be doubled when printed */
	tel__arena *arena;
	tel_alloc alloc;
	uint32_t refs;                     /* atomic */
};

TEL_PRIVATE_BEGIN

/* Name of the source that a node carries; empty for what stands in none. */
tel_slice tel__config_source_name(const tel_config *config, uint16_t source);
/* NULL when there is none of that kind and id. */
const tel__config_component *tel__config_find(const tel_config *config, tel__component_kind kind, tel_slice id);
/*
 * TEL_ERR_UNSUPPORTED, with names of components and pipelines, when the configuration uses a component of the given kinds
 * that has a row but no code (impl NULL). Such a row loads, validates and prints like any other. TEL_ERR_CONFIG when the
 * configuration was loaded without components.
 */
tel_err tel__config_runnable(const tel_config *config, unsigned kinds, tel_error *err);
#define TEL__RUNS(kind) (1u << (kind))
#define TEL__RUNS_ALL (~0u)

TEL_PRIVATE_END
#endif
