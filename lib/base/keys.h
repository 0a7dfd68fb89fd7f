/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_KEYS_H
#define TEL_BASE_KEYS_H
/*
 * Key tables: what a component can be told, in one table per options struct. The same rows drive loading, defaults,
 * validation, `telemetryctl components`, the printed configuration and the manual. A table stands beside the options
 * struct and the code of its component; config/decode.c fills the struct from a YAML tree by the offsets.
 */
#include <telemetry/alloc.h>
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
	TEL__KEY_STRING_MAP,  /* tel__key_pairs; a list of name/value maps is accepted too */
	TEL__KEY_SECRET_MAP,  /* tel__key_pairs, values masked; a list of name/value maps is accepted too */
	TEL__KEY_SECTION,     /* struct in place, described by section */
	/* Pointer to a struct, NULL while the key is absent (unless TEL__KEY_PRESENT); a key without a body switches the
	 * section on with its defaults. A section with a bool key "enabled" that says false is as if absent. */
	TEL__KEY_OPTIONAL,
	TEL__KEY_SECTIONS,    /* tel__key_list of structs described by section */
	/* Struct in place whose keys stand at the level of this row (shared rows, such as tls or retry, written once).
	 * name is only the element in validation paths ("clientconfig"), NULL = none. */
	TEL__KEY_SQUASH,
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

/* What a component may use an extension for; bits. */
enum { TEL__ROLE_AUTH_CLIENT = 1, TEL__ROLE_AUTH_SERVER = 2, TEL__ROLE_LEADER = 4 };

enum { /* flags */
	TEL__KEY_PRESENT = 1,   /* an OPTIONAL section that exists while its key is absent */
	TEL__KEY_NO_CASE = 2,   /* an ENUM whose words may be written in any letters */
	TEL__KEY_MASKED = 4,    /* STRINGS or ANY that hold secrets, masked when printed */
	TEL__KEY_PIPELINES = 8, /* STRINGS of a connector: ids of pipelines that list it as a receiver */
	TEL__KEY_ONE_FORM = 16, /* a SECTIONS row with basic: maps and strings are not mixed, in whatever order */
	TEL__KEY_NOT_EMPTY = 32, /* a STRING that the Collector does not take empty: such a one is not printed */
	/* A section of Prometheus' own, with all below it, which go-yaml reads strictly: texts take any scalar as it is written,
	 * null is the empty text, lists are not written with commas, and failures have its words. */
	TEL__KEY_GO_YAML = 64
};

struct tel__node;

/* What a row's verify works with. */
typedef struct tel__key_check {
	const tel_alloc *alloc;       /* for its work */
	const void *options;          /* the struct that the row's table fills */
	const struct tel__node *node; /* its section as it is written, or NULL */
	/* One finding. path as in a table's check; behind its '|' an element of a list is its number, and at the end
	 * "@LINE:COLUMN" (bytes, from 1) is a place in the text of a scalar: "|statements::2@1:17". */
	void (*report)(const struct tel__key_check *c, bool warning, const char *path, tel_slice msg);
	/* Stands beside the next finding. */
	void (*hint)(const struct tel__key_check *c, tel_slice text);
	void *user;                   /* theirs */
} tel__key_check;

typedef struct tel__key {
	const char *name;
	tel__key_type type;
	size_t offset;                        /* of the field in the options struct */
	/* Default as YAML text; NULL = zero value. For SECTION, OPTIONAL, SQUASH a flow map that overrides defaults of the
	 * shared section: "{endpoint: localhost:4317}". A key that is null in the file keeps its default. */
	const char *def;
	const char *help;                     /* one line */
	const char *const *words;             /* ENUM: names, NULL-terminated */
	const struct tel__key_table *section; /* SECTION, OPTIONAL, SECTIONS, SQUASH */
	/* Checks one decoded value (field points at it), also the default; fills msg of err only. The loader adds the
	 * position and the path of the key ("exporters::x::endpoint"). Not for sections: they have a table check. */
	tel_err (*check)(const void *field, tel_error *err);
	const char *bad;                      /* ENUM: text for an unknown word, {} = the word: "invalid sizer: \"{}\"" */
	/* TEL__KEY_SEEN(options, field): a bool set when the file has the key. Without it the key is not printed. */
	size_t seen;
	unsigned flags;                       /* TEL__KEY_PRESENT, ... */
	/* STRING: the value is the id of an extension of service::extensions that has this TEL__ROLE_; bad is the text when it
	 * has not. Checked once everything is decoded, for components that are used. Empty names none, but for authenticators. */
	unsigned role;
	/* SECTIONS of a component itself: name of a STRINGS key of its section. Elements that are strings make one section more, at
	 * the end, with all of them below that key; bad is the text for a null among the elements. */
	const char *basic;
	/* A check that needs memory, long texts, warnings, other keys or places within a text; of any row, after its table's check,
	 * with the struct that the table fills. TEL_OK or TEL_ERR_NOMEM. */
	tel_err (*verify)(const tel__key_check *c);
} tel__key;

#define TEL__KEY_SEEN(type, field) (offsetof(type, field) + 1)
#define TEL__KEY_COUNT(keys) (sizeof(keys) / sizeof((keys)[0]))

typedef struct tel__key_table {
	const char *go_name; /* name in the Collector's messages, e.g. "batchprocessor.Config" */
	size_t size;         /* of the options struct */
	const tel__key *keys;
	size_t key_count;
	/* Checks the filled struct as a whole, after all its rows were decoded without an error (sections first). Calls
	 * report once per finding; path is relative to this section: "", "a::b". What follows a '|' in it tells the position
	 * but does not appear: "|timeout" blames the section, as the Collector does, and points at its key timeout. */
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
	/* NULL: no code yet. It loads, validates and prints like any other; tel__config_runnable() (config/config_i.h) tells who
	 * wants to run it. */
	const void *impl;
	unsigned (*roles)(const void *options); /* extension: TEL__ROLE_ bits that it has as configured; NULL = none */
} tel__component;

/* What tel_components_core() and tel_components_all() return. */
struct tel_components {
	const tel__component *const *rows;
	size_t count;
	const struct tel_components *parent; /* further rows, or NULL */
};

#endif
