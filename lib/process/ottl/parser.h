/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_OTTL_PARSER_H
#define TEL_PROCESS_OTTL_PARSER_H
/*
 * Text -> tree by the grammar of otel-processing.md 1.2, and back. Alternatives are tried in the order of the grammar, as
 * the Collector's parser does, so that the same texts are taken and the token that an error names is the same.
 */
#include "base/arena.h"
#include "base/dynbuf.h"
#include "process/ottl/ast.h"

typedef enum tel__ottl_text { TEL__OTTL_STATEMENT, TEL__OTTL_CONDITION, TEL__OTTL_VALUE } tel__ottl_text;

TEL_PRIVATE_BEGIN

/* "statement", "condition" or "value". */
const char *tel__ottl_text_name(tel__ottl_text kind);
/* The text must outlive the tree. Syntax, literals, and that editors and converters stand where they may. TEL_ERR_MALFORMED
 * with the position in err; TEL_ERR_LIMIT (length, depth, the arena's cap); TEL_ERR_NOMEM; TEL_ERR_BUDGET. */
tel_err tel__ottl_parse(tel__arena *arena, tel_slice text, tel__ottl_text kind, tel__ottl_tree *ret_tree, tel_error *err);
/* The tree as text that parses to the same tree, in one line. */
void tel__ottl_print(tel__dynbuf *out, const tel__ottl_tree *tree);
/* A path as messages have it: keys without quotes, attributes[a]. */
void tel__ottl_print_path(tel__dynbuf *out, const tel__ottl_node *path);

/* Calls visit for root and every node below it, parents first, until one answers false. */
bool tel__ottl_walk(const tel__ottl_node *root, bool (*visit)(const tel__ottl_node *node, void *user), void *user);

TEL_PRIVATE_END
#endif
