/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_OTTL_AST_H
#define TEL_PROCESS_OTTL_AST_H
/*
 * What an OTTL text says, as nodes in an arena. Names and literals point into the text where they can, else into the
 * arena; both must outlive the tree. The depth is bounded by TEL_LIMIT_OTTL_DEPTH nestings of the text (a nesting makes at
 * most three levels: sum, product, operand), so walkers may recurse; lists of any length are chains through next.
 */
#include <telemetry/slice.h>

#include "base/visibility.h"

typedef enum tel__ottl_kind {
	TEL__OTTL_NIL,
	TEL__OTTL_BOOL,     /* truth */
	TEL__OTTL_INT,      /* i64; the text has no sign, see sign */
	TEL__OTTL_FLOAT,    /* f64 */
	TEL__OTTL_STRING,   /* text, unescaped */
	TEL__OTTL_BYTES,    /* text, the bytes */
	TEL__OTTL_ENUM,     /* text: METRIC_DATA_TYPE_SUM. Upper-case names of functions look the same: SHA256 */
	TEL__OTTL_FUNCTION, /* text: a bare name of a converter as argument */
	TEL__OTTL_PATH,     /* path */
	TEL__OTTL_CALL,     /* call: editor or converter */
	TEL__OTTL_LIST,     /* items */
	TEL__OTTL_MAP,      /* items, each with its key in name */
	TEL__OTTL_SUM,      /* items, from the second on joined by TEL__OTTL_ADD or _SUB; one item: a signed number in parentheses */
	TEL__OTTL_PRODUCT,  /* items, from the second on joined by TEL__OTTL_MUL or _DIV */
	TEL__OTTL_COMPARE,  /* pair, op */
	TEL__OTTL_AND,      /* items; one item: a negation in parentheses */
	TEL__OTTL_OR        /* items */
} tel__ottl_kind;

typedef enum tel__ottl_op {
	TEL__OTTL_NO_OP,
	TEL__OTTL_ADD, TEL__OTTL_SUB, TEL__OTTL_MUL, TEL__OTTL_DIV,
	TEL__OTTL_EQ, TEL__OTTL_NE, TEL__OTTL_LT, TEL__OTTL_LE, TEL__OTTL_GT, TEL__OTTL_GE
} tel__ottl_op;

typedef struct tel__ottl_node tel__ottl_node;

/* One segment of a path with its keys: attributes["a"][0]. */
typedef struct tel__ottl_field {
	struct tel__ottl_field *next;
	tel_slice name;
	tel__ottl_node *keys;
	uint32_t at;
} tel__ottl_field;

struct tel__ottl_node {
	tel__ottl_node *next;   /* the next one of items, args or keys */
	tel_slice name;         /* of a named argument, or the key in a map; ptr NULL: none */
	uint32_t at, end;       /* bytes of the text */
	uint8_t kind;           /* tel__ottl_kind */
	uint8_t op;             /* of COMPARE */
	uint8_t join;           /* operator between this operand of SUM or PRODUCT and the one before */
	uint8_t sign;           /* TEL__OTTL_ADD or _SUB written before this operand, outside its parentheses */
	bool grouped;           /* in parentheses: (1) is no literal */
	bool negated;           /* not, outside its parentheses */
	union {
		bool truth;
		int64_t i64;
		double f64;
		tel_slice text;
		tel__ottl_node *items;
		struct { tel__ottl_node *left, *right; } pair;
		struct { tel_slice context; tel__ottl_field *fields; } path; /* context empty: only one segment, or keys on the first */
		struct { tel_slice name; tel__ottl_node *args, *keys; bool editor; } call; /* editor: written with a lower-case letter */
	} u;
};

/* One statement, condition or value. */
typedef struct tel__ottl_tree {
	tel_slice text;
	tel__ottl_node *root;  /* the editor's call, the boolean expression or the value */
	tel__ottl_node *where; /* of a statement; NULL: none */
} tel__ottl_tree;

#endif
