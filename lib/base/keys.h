/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_KEYS_H
#define TEL_BASE_KEYS_H
/*
 * Key tables: what a component can be told, in one table per options struct. The same rows drive loading, defaults,
 * validation, `telemetryctl components`, the printed configuration and the manual. A table stands beside the options
 * struct and the code of its component; config/decode.c fills the struct from a YAML tree by the offsets.
 */
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/visibility.h"

/* C type of the field that a row fills. */
typedef enum tel__key_type {
	TEL__KEY_BOOL,        /* bool */
	TEL__KEY_INT,         /* int64_t */
	TEL__KEY_UINT32,      /* uint32_t */
	TEL__KEY_UINT64,      /* uint64_t */
	TEL__KEY_DOUBLE,      /* double */
	TEL__KEY_DURATION,    /* int64_t nanoseconds; a bare number is nanoseconds, as in the Collector */
	TEL__KEY_STRING,      /* tel_slice */
	TEL__KEY_SECRET,      /* tel_slice, masked when printed */
	TEL__KEY_ENUM,        /* int32_t, index into words */
	TEL__KEY_STRINGS,     /* tel__key_strings; "a,b" splits at commas */
	TEL__KEY_STRING_MAP,  /* tel__key_pairs */
	TEL__KEY_SECRET_MAP,  /* tel__key_pairs, values masked; a list of name/value maps is accepted too */
	TEL__KEY_SECTION,     /* struct in place, described by section */
	TEL__KEY_OPTIONAL,    /* pointer to struct, NULL while the key is absent; null = defaults */
	TEL__KEY_SECTIONS,    /* tel__key_list of structs described by section */
	TEL__KEY_ANY,         /* const struct tel__node *: the tree as it stands, for the component to read */
	TEL__KEY_IGNORED      /* accepted and validated for shape only; no field */
} tel__key_type;

typedef struct tel__key_strings {
	const tel_slice *items;
	size_t count;
} tel__key_strings;

typedef struct tel__key_pair {
	tel_slice key, value;
} tel__key_pair;

typedef struct tel__key_pairs {
	const tel__key_pair *items;
	size_t count;
} tel__key_pairs;

typedef struct tel__key_list {
	void *items; /* array of section->size bytes each */
	size_t count;
} tel__key_list;

struct tel__key_table;

typedef struct tel__key {
	const char *name;
	tel__key_type type;
	size_t offset;                        /* of the field in the options struct */
	const char *def;                      /* default as YAML text; NULL = zero value */
	const char *help;                     /* one line */
	const char *const *words;             /* ENUM: names, NULL-terminated */
	const struct tel__key_table *section; /* SECTION, OPTIONAL, SECTIONS */
	/* Checks one decoded value (field points at it); fills msg of err only, the loader adds path and position. */
	tel_err (*check)(const void *field, tel_error *err);
} tel__key;

typedef struct tel__key_table {
	const char *go_name; /* name in the Collector's messages, e.g. "batchprocessor.Config" */
	size_t size;         /* of the options struct */
	const tel__key *keys;
	size_t key_count;
	/* Checks the filled struct as a whole. Calls report once per finding: path is relative ("" or "a::b"). */
	void (*check)(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user);
} tel__key_table;

typedef enum tel__component_kind {
	TEL__KIND_RECEIVER,
	TEL__KIND_PROCESSOR,
	TEL__KIND_EXPORTER,
	TEL__KIND_CONNECTOR,
	TEL__KIND_EXTENSION
} tel__component_kind;

/* One row per component. impl points to the ops struct of the kind: process/processor.h, sink/exporter.h, ... */
typedef struct tel__component {
	const char *type;
	const char *const *old_names; /* NULL-terminated, or NULL */
	tel__component_kind kind;
	const tel__key_table *keys;
	const char *help;             /* one line for `telemetryctl components` */
	const void *impl;             /* NULL: loads and validates, running it says that it is missing */
} tel__component;

/* What tel_components_core() and tel_components_all() return. */
struct tel_components {
	const tel__component *const *rows;
	size_t count;
	const struct tel_components *parent; /* further rows, or NULL */
};

#endif
