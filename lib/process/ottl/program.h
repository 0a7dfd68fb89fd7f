/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_OTTL_PROGRAM_H
#define TEL_PROCESS_OTTL_PROGRAM_H
/*
 * Compiled OTTL: expressions as nodes in the program's arena, names resolved to the functions that read, write and compute,
 * literals converted, patterns compiled. A program is the statements and conditions of one entry; nothing in it changes
 * after compiling.
 */
#include "process/ottl/ast.h"
#include "process/ottl/machine.h"
#include "base/log_i.h"
#include "process/ottl/names.h"

typedef struct tel__ottl_expr tel__ottl_expr;
typedef struct tel__ottl_call tel__ottl_call;
typedef struct tel__ottl_compiler tel__ottl_compiler;

/* Reads or writes what a path names. set: false = failed, message says why; a value that does not fit may be ignored, 2. */
typedef struct tel__ottl_access {
	uint8_t context;
	const char *name, *second, *third;
	bool (*get)(tel__ottl_machine *m, tel__ottl_value *ret);
	bool (*set)(tel__ottl_machine *m, const tel__ottl_value *v);
	tel__kvs *(*open)(tel__ottl_machine *m); /* of maps: for writing */
} tel__ottl_access;

typedef struct tel__ottl_place_key {
	const tel__ottl_expr *dynamic; /* NULL: text, or index when is_index */
	tel_slice text;
	int64_t index;
	bool is_index;
} tel__ottl_place_key;

/* A path with its keys: what can be assigned to. */
typedef struct tel__ottl_target {
	const tel__ottl_access *access;
	const tel__ottl_place_key *keys;
	uint32_t key_count;
	uint32_t memo; /* 1 + place of the first key's value among the program's memos; 0: none */
} tel__ottl_target;

/* How a parameter of kind TEL__OTTL_P_LIKE converts. */
typedef enum tel__ottl_like_kind {
	TEL__OTTL_LIKE_ANY, TEL__OTTL_LIKE_STR, TEL__OTTL_LIKE_INT, TEL__OTTL_LIKE_FLOAT, TEL__OTTL_LIKE_BOOL, TEL__OTTL_LIKE_BYTES
} tel__ottl_like_kind;

enum { /* of a function */
	TEL__OTTL_VARIES = 1,  /* gives another value each time */
	TEL__OTTL_SAFE = 2     /* fails only when an argument does */
};

/* One row per function: what it does. What it is called with stands in names.h. */
typedef struct tel__ottl_impl {
	const char *name;
	bool (*eval)(tel__ottl_machine *m, const tel__ottl_call *call, tel__ottl_value *ret); /* of an editor: ret is not written */
	/* Looks at literal arguments and prepares call->data; false: message holds the reason, "couldn't create function: " stands
	 * there already. May be NULL. */
	bool (*make)(tel__ottl_compiler *c, tel__ottl_call *call);
	uint8_t like;          /* of its parameters of kind TEL__OTTL_P_LIKE */
	uint8_t flags;
	uint8_t reads;         /* the highest context that it reads beside its arguments; 0: none */
} tel__ottl_impl;

struct tel__ottl_call {
	const tel__ottl_impl *impl;
	const tel__ottl_expr *args[TEL__OTTL_PARAMS_MAX]; /* in the order of the parameters; NULL: not given */
	const void *data;      /* what make prepared */
	bool safe;             /* as TEL__OTTL_SAFE, with these arguments; set by make */
};

typedef enum tel__ottl_expr_op {
	TEL__OTTL_X_CONST,   /* constant */
	TEL__OTTL_X_PATH,    /* target */
	TEL__OTTL_X_CALL,    /* call */
	TEL__OTTL_X_INDEX,   /* items: a call, then its keys */
	TEL__OTTL_X_LIST,    /* items */
	TEL__OTTL_X_MAP,     /* items, keys */
	TEL__OTTL_X_MATH,    /* items: two; sub: the operator */
	TEL__OTTL_X_NEGATE,  /* items: one */
	TEL__OTTL_X_HOLE,    /* the argument that a function gets from an editor */
	TEL__OTTL_X_COMPARE, /* items: two; sub: the operator */
	TEL__OTTL_X_AND, TEL__OTTL_X_OR,
	TEL__OTTL_X_TRUTH    /* items: one, a converter whose value is the condition */
} tel__ottl_expr_op;

struct tel__ottl_expr {
	uint8_t op, sub;
	uint8_t level;      /* the highest context that it reads; 0: none */
	bool may_fail;
	bool varies;        /* not the same twice */
	bool negated;       /* of a condition */
	uint16_t memo;      /* 1 + place among the program's memos; 0: none */
	uint32_t count;     /* of items */
	union {
		tel__ottl_value constant;
		tel__ottl_target target;
		const tel__ottl_call *call;
		struct { const tel__ottl_expr *const *items; const tel_slice *keys; } list;
	} u;
};

typedef struct tel__ottl_statement {
	tel_slice text;
	const tel__ottl_call *editor;
	const tel__ottl_expr *where; /* NULL: always */
} tel__ottl_statement;

typedef struct tel__ottl_condition {
	tel_slice text;
	const tel__ottl_expr *expr;
} tel__ottl_condition;

/* An attribute that the program reads. */
typedef struct tel__ottl_lookup {
	const tel__ottl_access *access;
	tel_slice key;
	uint32_t memo;
	struct tel__ottl_lookup *next;
} tel__ottl_lookup;

struct tel_ottl_program {
	tel_alloc alloc;
	uint32_t refs;
	tel__arena *arena;
	tel__regex **patterns;       /* to be freed */
	uint32_t pattern_count, pattern_cap;
	tel_ottl_context context;
	tel_ottl_place place;
	tel__ottl_statement *statements;
	tel__ottl_condition *conditions;
	uint32_t statement_count, condition_count, memo_count;
	tel__ottl_lookup *lookups;   /* those that have a memo */
	uint32_t lookup_count;
};

/* While compiling. */
struct tel__ottl_compiler {
	struct tel_ottl_program *program;
	tel__arena *arena;           /* the program's */
	const tel__ottl_view *view;
	const struct tel__ottl_scope_rules *rules;
	tel__dynbuf *message;
	const tel_crypto_ops *crypto;
	bool only_check;             /* nobody will run it: what the environment lacks does not matter */
	tel_err rc;                  /* memory */
};

TEL_PRIVATE_BEGIN

/* A resolved tree; false: message holds the reason, or rc is set. */
bool tel__ottl_compile_statement(tel__ottl_compiler *c, const tel__ottl_tree *tree, tel__ottl_statement *ret);
bool tel__ottl_compile_condition(tel__ottl_compiler *c, const tel__ottl_tree *tree, tel__ottl_condition *ret);
bool tel__ottl_compile_value(tel__ottl_compiler *c, const tel__ottl_node *n, const tel__ottl_expr **ret);

/* Counts one step; false: there are none left. */
bool tel__ottl_step(tel__ottl_machine *m);
/* Evaluates. False: failed, m->message says why. */
bool tel__ottl_get(tel__ottl_machine *m, const tel__ottl_expr *e, tel__ottl_value *ret);
/* A condition. Never TEL__OTTL_UNKNOWN unless m->limit is below the context. */
tel__ottl_answer tel__ottl_test(tel__ottl_machine *m, const tel__ottl_expr *e);
/* Reads and writes what a path with keys names. */
bool tel__ottl_target_get(tel__ottl_machine *m, const tel__ottl_target *t, tel__ottl_value *ret);
bool tel__ottl_target_set(tel__ottl_machine *m, const tel__ottl_target *t, const tel__ottl_value *v);
/* A map target, opened to be changed: *ret_kvs is the set itself, or a copy of one inside of another, which
 * tel__ottl_target_put() writes back. */
tel__kvs *tel__ottl_target_open(tel__ottl_machine *m, const tel__ottl_target *t);
bool tel__ottl_target_put(tel__ottl_machine *m, const tel__ottl_target *t, const tel__kvs *kvs);

/* Arguments as values of one type, 1.5; i is the parameter. */
bool tel__ottl_arg(tel__ottl_machine *m, const tel__ottl_call *c, unsigned i, tel__ottl_value *ret);
bool tel__ottl_arg_str(tel__ottl_machine *m, const tel__ottl_call *c, unsigned i, tel_slice *ret);
bool tel__ottl_arg_int(tel__ottl_machine *m, const tel__ottl_call *c, unsigned i, int64_t *ret);
bool tel__ottl_arg_time(tel__ottl_machine *m, const tel__ottl_call *c, unsigned i, int64_t *ret);
bool tel__ottl_arg_duration(tel__ottl_machine *m, const tel__ottl_call *c, unsigned i, int64_t *ret);
bool tel__ottl_arg_map(tel__ottl_machine *m, const tel__ottl_call *c, unsigned i, tel__ottl_value *ret);
bool tel__ottl_arg_list(tel__ottl_machine *m, const tel__ottl_call *c, unsigned i, tel__ottl_value *ret);
/* By the conversions of ...Like; nil stays nil. */
bool tel__ottl_like(tel__ottl_machine *m, unsigned like, const tel__ottl_value *v, tel__ottl_value *ret);
bool tel__ottl_arg_like(tel__ottl_machine *m, const tel__ottl_call *c, unsigned i, tel__ottl_value *ret);
/* Literal arguments; what stands there when they are not given. */
tel_slice tel__ottl_lit_str(const tel__ottl_call *c, unsigned i, const char *otherwise);
int64_t tel__ottl_lit_int(const tel__ottl_call *c, unsigned i, int64_t otherwise);
double tel__ottl_lit_float(const tel__ottl_call *c, unsigned i);
bool tel__ottl_lit_bool(const tel__ottl_call *c, unsigned i, bool otherwise);
/* A literal argument at compile time: NULL when it is not given, or no literal. */
const tel__ottl_value *tel__ottl_literal(const tel__ottl_expr *e);

/* For make: fails with words; takes memory that lives as long as the program; compiles a pattern. */
bool tel__ottl_refuse(tel__ottl_compiler *c, const char *fmt, ...) TEL_PRINTF(2, 3);
void *tel__ottl_prepare(tel__ottl_compiler *c, size_t size);
tel__regex *tel__ottl_prepare_pattern(tel__ottl_compiler *c, const char *function, tel_slice pattern);

/* Replaces the content of an opened set by that of a map. */
bool tel__ottl_replace_map(tel__ottl_machine *m, tel__kvs *kvs, const tel__ottl_value *map);
/* Those of data points. */
const tel__ottl_access *tel__ottl_point_accesses(size_t *ret_n);
/* Paths and functions by name; NULL: not in this build. */
const tel__ottl_access *tel__ottl_access_of(const tel__ottl_path *row);
const tel__ottl_impl *tel__ottl_impl_of(const char *name);

/* resource.schema_url of the scope context is the scope's, 2.2. */
extern const tel__ottl_access tel__ottl_scope_schema_url;

/*
 * Runs statements on where the item stands; conditions first. The mode is that of otel-processing.md 1.9. False: stop, message
 * says what failed (m->rc: memory).
 */
typedef enum tel__ottl_error_mode { TEL__OTTL_PROPAGATE, TEL__OTTL_IGNORE, TEL__OTTL_SILENT } tel__ottl_error_mode;
bool tel__ottl_run_statements(tel__ottl_machine *m, const struct tel_ottl_program *program, tel__ottl_error_mode mode,
                              const tel__log_source *source);
/* OR over the conditions; TEL__OTTL_FAILED only under TEL__OTTL_PROPAGATE or without memory. */
tel__ottl_answer tel__ottl_run_conditions(tel__ottl_machine *m, const struct tel_ottl_program *program,
                                          tel__ottl_error_mode mode, const tel__log_source *source);
/* The same as far as what is not above limit tells: TEL__OTTL_UNKNOWN when it does not. */
tel__ottl_answer tel__ottl_foresee_conditions(tel__ottl_machine *m, const struct tel_ottl_program *program, unsigned limit);
/* Whether nothing of the program can run on what is below the item, decided without looking there. */
bool tel__ottl_is_idle(tel__ottl_machine *m, const struct tel_ottl_program *program, unsigned limit);

TEL_PRIVATE_END
#endif
