/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_WIRE_YAML_H
#define TEL_WIRE_YAML_H
/*
 * YAML text -> tree of nodes with positions. One document; depth, aliases, nodes and size are limited (security.md S63),
 * duplicate keys and tags other than the core ones are refused. Scalars keep their text and carry the type that the
 * Collector's YAML library (go-yaml v3) gives them. A finished tree is immutable; aliases share nodes.
 */
#include <telemetry/alloc.h>
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/arena.h"
#include "base/visibility.h"

typedef enum tel__node_type {
	TEL__NODE_NULL,
	TEL__NODE_BOOL,
	TEL__NODE_INT,    /* fits int64_t */
	TEL__NODE_UINT,   /* above INT64_MAX */
	TEL__NODE_FLOAT,
	TEL__NODE_STRING,
	TEL__NODE_MAP,
	TEL__NODE_LIST
} tel__node_type;

struct tel__node;

typedef struct tel__node_entry {
	tel_slice key;             /* text of the key, whatever it looks like */
	struct tel__node *value;   /* never NULL; absent values are NULL nodes */
	uint32_t line, column;     /* of the key */
	uint16_t source;           /* of the key */
	uint16_t flags;
} tel__node_entry;

typedef struct tel__node {
	tel__node_type type;
	uint16_t source;           /* index that the caller gave to tel__yaml_parse() */
	bool quoted;               /* scalar written in quotes or as a block */
	bool whole;                /* the whole value was one ${...}: text is what it stood for, whatever the type */
	uint32_t line, column;     /* 1-based, columns in characters */
	uint32_t total;            /* nodes in this tree, aliases counted each time, saturating */
	/* Scalars: the text as written, without quotes. When whole, what a string target takes (otel-processing.md 10.2). */
	tel_slice text;
	union {
		bool b;
		int64_t i;
		uint64_t u;
		double d;
		struct {
			tel__node_entry *entries; /* in the order of the file */
			uint32_t count, cap;
		} map;
		struct {
			struct tel__node **items;
			uint32_t count, cap;
		} list;
	} v;
} tel__node;

TEL_PRIVATE_BEGIN

/*
 * Parse one document. Nodes and texts live in arena; text may go away. alloc serves short-lived tables (NULL = libc);
 * libyaml allocates its own buffers from the C library, bounded by the size of text. An empty document is a NULL node.
 * TEL_ERR_MALFORMED, TEL_ERR_LIMIT (depth, aliases, nodes, size, arena), TEL_ERR_UNSUPPORTED (tags), TEL_ERR_EXISTS
 * (duplicate key), TEL_ERR_NOMEM, TEL_ERR_BUDGET; err gets line and column, the message starts "yaml: ".
 */
tel_err tel__yaml_parse(tel__arena *arena, const tel_alloc *alloc, tel_slice text, uint16_t source,
                        tel__node **ret_root, tel_error *err);

/* The same for a stream of documents: a list of those that are not empty. The limits hold for all of them together. */
tel_err tel__yaml_parse_all(tel__arena *arena, const tel_alloc *alloc, tel_slice text, uint16_t source,
                            tel__node **ret_documents, tel_error *err);
/* And with a limit of its own on the nodes. */
tel_err tel__yaml_parse_within(tel__arena *arena, const tel_alloc *alloc, tel_slice text, uint16_t source, uint32_t max_nodes,
                               tel__node **ret_documents, tel_error *err);

/* Type and value that a plain scalar has, into node->type and node->v; text is not kept. */
void tel__yaml_resolve(tel_slice text, tel__node *node);

/* Building trees. NULL or false: the arena refused. */
tel__node *tel__node_new(tel__arena *arena, tel__node_type type, const tel__node *position);
/* Appends without looking for an equal key. */
bool tel__node_map_add(tel__arena *arena, tel__node *map, const tel__node_entry *entry);
bool tel__node_list_add(tel__arena *arena, tel__node *list, tel__node *item);
void tel__node_count_in(tel__node *parent, const tel__node *child); /* for who replaces an element by hand */

/* NULL when node is not a map or has no such key. */
tel__node_entry *tel__node_find(const tel__node *node, tel_slice key);
const tel__node *tel__node_get(const tel__node *node, const char *key);
/* What Go's %T calls the value: "string", "int", "map[string]interface {}", ... */
const char *tel__node_go_type(const tel__node *node);
/* The text of a value for a string target: strings, and values that were one whole ${...}. */
bool tel__node_string(const tel__node *node, tel_slice *ret_text);
/* Equal content; positions, quotes and the spelling of numbers do not count. */
bool tel__node_equal(const tel__node *a, const tel__node *b);

TEL_PRIVATE_END
#endif
