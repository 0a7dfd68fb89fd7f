/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONTROL_SCHEMA_H
#define TEL_CONTROL_SCHEMA_H
/*
 * Schemas of Kubernetes resources, one table per object. The same rows parse a document into structs, check it with the
 * API server's words, write it back, and give the schema of the CustomResourceDefinition, so that none of them can drift.
 *
 * How an object is declared:
 *
 *	typedef struct tel__tls { TEL__OBJECT_HEAD; tel__maybe insecure; tel__value *ca; } tel__tls;
 *	static const tel__field tls_fields[] = {
 *		{ .name = "insecure", .type = TEL__FIELD_BOOL, .offset = offsetof(tel__tls, insecure), .help = "..." },
 *		{ .name = "ca", .type = TEL__FIELD_OBJECT, .offset = offsetof(tel__tls, ca), .object = &value_object, .help = "..." },
 *	};
 *	static const tel__object tls_object = TEL__RULED_OBJECT(tel__tls, tls_fields, tls_rules);
 */
#include <telemetry/config.h>

#include "base/arena.h"
#include "base/keys.h"
#include "base/visibility.h"
#include "control/doc.h"
#include "wire/yaml.h"

/* A bool that may be absent. */
typedef enum tel__maybe { TEL__UNSET, TEL__NO, TEL__YES } tel__maybe;

/* Every struct that a table fills starts with the document's node, for positions; NULL where code made it. */
#define TEL__OBJECT_HEAD const tel__node *at

/* An array that may be absent, and then is not the same as an empty one. */
typedef struct tel__list {
	void *items;
	size_t count;
	bool present;
} tel__list;

/* What a field holds, and the C type that it fills. */
typedef enum tel__field_type {
	TEL__FIELD_BOOL,        /* tel__maybe */
	TEL__FIELD_INT,         /* int64_t, 0 = absent; minimum of the row holds */
	TEL__FIELD_STRING,      /* tel_slice, ptr NULL = absent */
	TEL__FIELD_STRINGS,     /* tel__list of tel_slice; the row's lengths and pattern hold for each */
	TEL__FIELD_STRING_MAP,  /* tel__list of tel__key_pair, in the order of the document */
	TEL__FIELD_OBJECT,      /* pointer to a struct of the row's object, NULL = absent */
	TEL__FIELD_OBJECTS,     /* tel__list of such structs */
	TEL__FIELD_INLINE,      /* struct in place whose fields stand at the level of the row; name is unused */
	TEL__FIELD_DURATION,    /* int64_t nanoseconds, 0 = absent; written as Go does */
	TEL__FIELD_ANY          /* const tel__node *, NULL = absent: kept as it stands; the row's object is for the schema alone */
} tel__field_type;

/* What a string has to look like. */
typedef struct tel__pattern {
	const char *regex;                 /* for the schema and the message */
	bool (*matches)(tel_slice text);   /* NULL in what is never read */
} tel__pattern;

/* A rule over a whole object, or over one value: CEL in the schema, C here. */
typedef struct tel__rule {
	const char *cel, *message;
	bool (*holds)(const void *object); /* the struct, or the field in it */
} tel__rule;

typedef struct tel__field {
	const char *name;
	tel__field_type type;
	size_t offset;
	const char *help;                  /* description in the schema, one sentence */
	const struct tel__object *object;
	const char *const *words;          /* STRING: enum, NULL-terminated */
	const tel__pattern *pattern;
	const tel__rule *rule;             /* DURATION: over the value, where it is there; or NULL */
	const char *format;                /* for the schema, or NULL */
	uint32_t min_length, max_length;   /* in characters; 0 = no limit */
	int64_t minimum;                   /* INT, when has_minimum */
	bool has_minimum, required, nullable;
} tel__field;

typedef struct tel__object {
	size_t size;
	const tel__field *fields;
	size_t field_count;
	const tel__rule *rules;
	size_t rule_count;
	bool open;                         /* fields that the table does not know are nobody's business (metadata) */
} tel__object;

#define TEL__FIELDS(array) (array), sizeof(array) / sizeof((array)[0])
#define TEL__NO_RULES NULL, 0
/* Objects in one line, without and with rules. */
#define TEL__PLAIN_OBJECT(type, array) { sizeof(type), TEL__FIELDS(array), TEL__NO_RULES, false }
#define TEL__RULED_OBJECT(type, array, rules) { sizeof(type), TEL__FIELDS(array), TEL__FIELDS(rules), false }

/* Where in a document something stands; lives on the C stack of whoever walks. */
typedef struct tel__field_path {
	const struct tel__field_path *parent;
	tel_slice name;
	size_t index;
	bool is_index;
} tel__field_path;

/* What reading documents shares. A refused allocation sticks in fatal. */
typedef struct tel__schema_reader {
	tel__arena *arena;
	const tel_config_source *sources;
	size_t source_count;
	tel_findings *findings; /* may be NULL */
	bool strict;            /* unknown fields are errors, otherwise warnings */
	size_t errors;
	tel_err fatal;
} tel__schema_reader;

TEL_PRIVATE_BEGIN

/* Fills a struct (zeroed by the caller) from a map; findings carry path, line and column. */
void tel__schema_read(tel__schema_reader *r, const tel__object *object, const tel__node *node, const tel__field_path *path,
                      void *out);
/* The rules of a filled struct and of all structs below it. */
void tel__schema_check(tel__schema_reader *r, const tel__object *object, const void *in, const tel__field_path *path);
/* One finding; at may be NULL. */
void tel__schema_report(tel__schema_reader *r, tel_finding_level level, const tel__node *at, const tel__field_path *path,
                        const char *fmt, ...) TEL_PRINTF(5, 6);
/* A struct of that object, zeroed, in the arena; NULL: fatal is set. */
void *tel__schema_new(tel__schema_reader *r, const tel__object *object, size_t count);
/* The row of a name, inlined objects included; *offset, of the struct, becomes that of the one that the row is for. */
const tel__field *tel__schema_field(const tel__object *object, tel_slice name, size_t *offset);
/* A number of 0 means absent, unless the document that the struct was read from has it. */
bool tel__schema_has_number(const void *in, const tel__field *f);
/* The schema of an object, as a CustomResourceDefinition states it (openAPIV3Schema). */
tel__node *tel__schema_describe(tel__doc *d, const tel__object *object, const char *help);
/* A struct as the map that reads back as it, keys in byte order. Texts and kept nodes are borrowed from the struct. */
tel__node *tel__schema_write(tel__doc *d, const tel__object *object, const void *in);

TEL_PRIVATE_END
#endif
