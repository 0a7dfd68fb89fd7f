/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_OTTL_NAMES_H
#define TEL_PROCESS_OTTL_NAMES_H
/*
 * The names that OTTL knows: functions with their parameters, paths, enums. otel-processing.md 1.3, 2, 3. The evaluator keeps
 * a table of its own, by index: what a row says about the language stands here once.
 */
#include <telemetry/ottl.h>

#include "base/visibility.h"

typedef enum tel__ottl_param_kind {
	TEL__OTTL_P_PATH,      /* something to assign to */
	TEL__OTTL_P_ANY,       /* any value */
	TEL__OTTL_P_STR, TEL__OTTL_P_INT, TEL__OTTL_P_FLOAT, TEL__OTTL_P_BOOL, TEL__OTTL_P_MAP, TEL__OTTL_P_LIST, TEL__OTTL_P_TIME,
	TEL__OTTL_P_DURATION,  /* values of one type; a literal of another one is an error */
	TEL__OTTL_P_LIKE,      /* StrLike and the others: converted when evaluated */
	TEL__OTTL_P_LIT_STRING, TEL__OTTL_P_LIT_INT, TEL__OTTL_P_LIT_FLOAT, TEL__OTTL_P_LIT_BOOL, /* literals of exactly that kind */
	TEL__OTTL_P_LIST_STR, TEL__OTTL_P_LIST_LIKE, TEL__OTTL_P_LIST_ANY, TEL__OTTL_P_LIST_LIT_STRING,
	TEL__OTTL_P_LIST_LIT_FLOAT, /* list literals */
	TEL__OTTL_P_FUNCTION   /* the name of a converter */
} tel__ottl_param_kind;

typedef struct tel__ottl_param {
	const char *name;
	uint8_t kind; /* tel__ottl_param_kind */
	bool optional;
} tel__ottl_param;

typedef enum tel__ottl_family {
	TEL__OTTL_F_CONVERTER,      /* everywhere */
	TEL__OTTL_F_LIST_EDITOR,    /* append, delete_index: editors that are registered with the converters */
	TEL__OTTL_F_EDITOR,         /* transform */
	TEL__OTTL_F_ROUTING_EDITOR, /* transform and routing */
	TEL__OTTL_F_ROUTE,          /* routing */
	TEL__OTTL_F_METRIC, TEL__OTTL_F_DATAPOINT, /* transform, in that context */
	TEL__OTTL_F_HAS_ATTR        /* conditions in the metric context */
} tel__ottl_family;

enum { TEL__OTTL_PARAMS_MAX = 6 };

typedef struct tel__ottl_function {
	const char *name;
	tel__ottl_param params[TEL__OTTL_PARAMS_MAX]; /* ends early with a NULL name */
	uint8_t family;
} tel__ottl_function;

/* Contexts of paths beyond those of tel_ottl_context. */
enum { TEL__OTTL_OTELCOL = TEL_OTTL_DATAPOINT + 1 };

typedef struct tel__ottl_path {
	uint8_t context;
	const char *name, *second; /* second: NULL, or the next segment: positive.offset */
	const char *third;
	bool keys;                 /* may be indexed */
} tel__ottl_path;

typedef struct tel__ottl_enum {
	const char *name;
	int32_t value;
	bool datapoint_only;
} tel__ottl_enum;

/* Who looks: a place, a context, and whether it is an explicit context's condition. */
typedef struct tel__ottl_view {
	tel_ottl_place place;
	tel_ottl_context context;
	bool explicit_condition; /* a condition of transform with a configured context, 3.1 */
} tel__ottl_view;

TEL_PRIVATE_BEGIN

/* NULL: not known here. */
const tel__ottl_function *tel__ottl_function_find(const tel__ottl_view *view, tel_slice name);
size_t tel__ottl_param_count(const tel__ottl_function *f);
const tel__ottl_enum *tel__ottl_enum_find(tel_ottl_context context, tel_slice name);
/* All rows; the index of a row stays the same while the process runs. */
const tel__ottl_function *tel__ottl_functions(size_t *ret_n);
const tel__ottl_path *tel__ottl_paths(size_t *ret_n);
/* The name of a context, "otelcol" included. */
const char *tel__ottl_context_name(unsigned context);
/* The context whose paths a prefix names, instrumentation_scope included; 0: none. */
unsigned tel__ottl_prefix(tel_slice word);
/* Does the parser of context take this prefix? 1.3 */
bool tel__ottl_accepts(tel_ottl_context context, tel_slice prefix);
/* The word that was probably meant; empty: none. */
tel_slice tel__ottl_function_near(const tel__ottl_view *view, tel_slice name);
tel_slice tel__ottl_path_near(unsigned context, tel_slice name);
tel_slice tel__ottl_enum_near(tel_ottl_context context, tel_slice name);

TEL_PRIVATE_END
#endif
