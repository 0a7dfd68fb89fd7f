/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_OTTL_RESOLVE_H
#define TEL_PROCESS_OTTL_RESOLVE_H
/* What the names in a tree stand for in a context, and which context a group of trees needs. */
#include "base/dynbuf.h"
#include "process/ottl/ast.h"
#include "process/ottl/names.h"

typedef struct tel__ottl_scope_rules {
	tel__ottl_view view;
	bool prefix_optional; /* paths belong to the context unless they name another */
	bool add_prefix;      /* the context was configured: it stands before paths that have none, or an unknown one */
} tel__ottl_scope_rules;

TEL_PRIVATE_BEGIN

/* The row of a path; NULL: message holds the reason. */
const tel__ottl_path *tel__ottl_path_find(const tel__ottl_scope_rules *rules, const tel__ottl_node *path, tel__dynbuf *message);
/* replacement_format and replacementFormat are the same one. */
bool tel__ottl_same_parameter(tel_slice given, const char *name);
/* Every function, argument, path and enum of a tree. False: message holds the reason, without naming the text. */
bool tel__ottl_resolve(const tel__ottl_scope_rules *rules, const tel__ottl_tree *tree, tel__dynbuf *message);

typedef enum tel__ottl_inferred {
	TEL__OTTL_INFERRED,
	TEL__OTTL_NO_CONTEXT,     /* no path names one */
	TEL__OTTL_BAD_CONTEXT,    /* the best one is none of metrics; message says which, or is empty when nothing but paths is there */
	TEL__OTTL_BAD_NAME        /* no context knows all functions and enums; message names the one that the best lacks */
} tel__ottl_inferred;

/* otel-processing.md 1.3. *ret_word is the context that was best, for messages. */
tel__ottl_inferred tel__ottl_infer(tel_ottl_place place, const tel__ottl_tree *trees, size_t n, tel_ottl_context *ret_context,
                                   tel_slice *ret_word, tel__dynbuf *message);

TEL_PRIVATE_END
#endif
