/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONFIG_LOADER_H
#define TEL_CONFIG_LOADER_H
/* What the steps of a load share: parse -> merge -> expand -> decode -> validate. Each reports findings and goes on;
 * a tel_err from a step is fatal (memory), never a finding. */
#include "config/config_i.h"

/* Where in the configuration something stands; lives on the C stack of whoever walks. */
typedef struct tel__path {
	const struct tel__path *parent;
	tel_slice name;
	bool is_index;    /* element of a list: name is its number */
	bool is_scope;    /* names in decoding errors start below this element */
} tel__path;

typedef struct tel__loader {
	const tel_config_source *sources;
	size_t source_count;
	const tel_components *components;
	const tel_config_env *env;
	tel_config_opts opts;
	tel_findings *findings; /* may be NULL */
	tel_config *config;     /* being built; everything lives in its arena */
	size_t errors;          /* findings of level error */
	tel_err fatal;          /* first refused allocation while reporting */
	char hint[1024];        /* of the next finding, hint.h; cut when full */
	size_t hint_len;
	const tel__key_table *table;  /* being decoded: the component's own */
	const tel__key *row;          /* being decoded, or NULL */
	bool go_yaml;                 /* in a section of Prometheus, base/keys.h */
	uint64_t merge_work;    /* keys that merging has looked at */
	struct {
		const uint32_t *offsets;
		size_t count;
	} *lines;               /* where the lines of each source start, within.c */
} tel__loader;

typedef struct tel__position {
	uint16_t source;
	uint32_t line, column;
} tel__position;

TEL_PRIVATE_BEGIN

tel__position tel__position_of(const tel__node *node); /* NULL: unknown */
tel__position tel__position_key(const tel__node_entry *entry);
/* Position of key in node, else of node. */
tel__position tel__position_in(const tel__node *node, tel_slice key);

/* A place in the text of a scalar, in bytes from 1. */
tel__position tel__position_within(tel__loader *l, const tel__node *node, uint64_t line, uint64_t column);

void tel__loader_report(tel__loader *l, tel_finding_level level, tel__position at, const tel__path *path,
                        const char *fmt, ...) TEL_PRINTF(5, 6);
#define tel__loader_error(l, at, path, ...) tel__loader_report(l, TEL_FINDING_ERROR, at, path, __VA_ARGS__)
#define tel__loader_warn(l, at, path, ...) tel__loader_report(l, TEL_FINDING_WARNING, at, path, __VA_ARGS__)
/* Adds to the hint of the next finding. */
void tel__loader_hint(tel__loader *l, const char *fmt, ...) TEL_PRINTF(2, 3);
/* TEL_ERR_NOMEM, or a finding when the arena's cap was reached. Use after an arena call failed. */
tel_err tel__loader_arena_error(tel__loader *l);

/* Steps. */
tel_err tel__load_merge(tel__loader *l, tel__node **ret_root);
/* The map with "::" in its keys taken apart, as a new map; depth is where it stands. */
tel_err tel__load_split(tel__loader *l, const tel__node *map, const tel__path *path, unsigned depth, tel__node **ret_map);
tel_err tel__load_expand(tel__loader *l, tel__node **root);
tel_err tel__load_components(tel__loader *l, const tel__node *root);
tel_err tel__load_service(tel__loader *l, const tel__node *service);   /* telemetry and extensions */
tel_err tel__load_pipelines(tel__loader *l, const tel__node *service); /* decoded, resolved, checked */
/* Does a metrics pipeline of the file name this id in that role ("receivers", ...)? For components of unknown type. */
bool tel__load_is_needed(const tel__node *root, tel__component_kind kind, tel_slice id);
/* Connectors used on one side, loops. */
tel_err tel__load_check_connectors(tel__loader *l);
/* Extensions that components name are there and do what they are wanted for. */
void tel__load_check_roles(tel__loader *l);
/* Index of the component with that kind and id, or UINT32_MAX. */
uint32_t tel__load_index(const tel_config *config, tel__component_kind kind, tel_slice id);

/* Typed decoding, decode.c: fills options (zeroed by the caller, table->size bytes) from defaults and node (may be
 * NULL or a null). *ret_clean: no error was found. */
tel_err tel__decode(tel__loader *l, const tel__key_table *table, const tel__node *node, const tel__path *path,
                    void *options, bool *ret_clean);
/* Rows with basic (base/keys.h): *node becomes one where their lists hold maps only. */
tel_err tel__decode_forms(tel__loader *l, const tel__key_table *table, const tel__node **node, const tel__path *path,
                          bool *ret_clean);
/* Runs the checks of a table over decoded options, sections first. at: where the section stands (its key). */
void tel__decode_check(tel__loader *l, const tel__key_table *table, const tel__node *node, tel__position at,
                       const tel__path *path, const void *options);

/* Ids, ids.c. Text without blanks around; false: msg says what is wrong. */
bool tel__id_parse(tel_slice text, tel_slice *ret_type, tel_slice *ret_name, char *msg, size_t msg_cap);
/* The id without blanks around its parts, in the arena where that takes a copy; false: the arena refused. A text that is
 * no id comes back trimmed. */
bool tel__id_clean(tel__loader *l, tel_slice text, tel_slice *ret_id);
bool tel__id_same(tel_slice text, tel_slice clean_id);
const char *tel__kind_section(tel__component_kind kind); /* "receivers" */
const char *tel__kind_name(tel__component_kind kind);    /* "receiver" */
/* Row for a type (also an old name) of a kind; NULL = unknown. */
const tel__component *tel__components_find(const tel_components *components, tel__component_kind kind, tel_slice type);

TEL_PRIVATE_END
#endif
