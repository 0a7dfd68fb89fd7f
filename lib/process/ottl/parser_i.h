/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_OTTL_PARSER_I_H
#define TEL_PROCESS_OTTL_PARSER_I_H
/* What the files of the parser share: where it stands, what it missed, nodes. */
#include "process/ottl/lexer.h"
#include "process/ottl/parser.h"

/*
 * A function that returns NULL has not matched; p->miss then names the token where it gave up. Who can do without that
 * part puts p->cur back. deepest is the furthest token that any attempt missed: it is what an error names when all that
 * is wrong is that text is left over, and what helps to explain the others.
 */
typedef struct tel__ottl_memo { /* what a call at this token came to: tried again after a step back, it costs nothing */
	tel__ottl_node *call;         /* NULL: none there */
	size_t end, miss;
	const char *miss_words;
	bool known;
} tel__ottl_memo;

typedef struct tel__ottl_parser {
	tel__arena *arena;
	tel_slice text;
	const char *what;
	tel__ottl_token *tokens;
	tel__ottl_memo *calls; /* one of each token */
	size_t cur, miss, deepest;
	const char *miss_words, *deepest_words; /* what would have been right there */
	tel__ottl_node *arguments_of;  /* the call whose arguments come next */
	unsigned depth;
	tel_err rc;          /* not TEL_OK: memory or depth; every peek answers the end then */
	size_t failed_at;    /* token where rc was set */
	bool has_deepest;
} tel__ottl_parser;

TEL_INLINE const tel__ottl_token *tel__ottl_p_peek(const tel__ottl_parser *p)
{
	static const tel__ottl_token stopped = { .kind = TEL__OTTL_T_END };

	return p->rc == TEL_OK ? &p->tokens[p->cur] : &stopped;
}

TEL_INLINE bool tel__ottl_p_is(const tel__ottl_parser *p, uint8_t kind)
{
	return tel__ottl_p_peek(p)->kind == kind;
}

TEL_INLINE bool tel__ottl_p_punct(const tel__ottl_parser *p, char c)
{
	const tel__ottl_token *t = tel__ottl_p_peek(p);

	return t->kind == TEL__OTTL_T_PUNCT && t->value.ptr[0] == c;
}

TEL_PRIVATE_BEGIN

/* Leaves no match behind at a token, or at the current one; always NULL. */
tel__ottl_node *tel__ottl_p_miss_at(tel__ottl_parser *p, size_t at, const char *words);
tel__ottl_node *tel__ottl_p_miss(tel__ottl_parser *p, const char *words);
/* Ends everything; always NULL. */
void *tel__ottl_p_stop(tel__ottl_parser *p, tel_err rc);
/* Zeroed memory; NULL: stopped. */
void *tel__ottl_p_take(tel__ottl_parser *p, size_t size);
tel__ottl_node *tel__ottl_p_make(tel__ottl_parser *p, tel__ottl_kind kind, size_t first_token);
/* What stands in brackets of any kind. */
tel__ottl_node *tel__ottl_p_nested(tel__ottl_parser *p, tel__ottl_node *(*inside)(tel__ottl_parser *));
/* Ends n at the token before the current one. */
tel__ottl_node *tel__ottl_p_done(tel__ottl_parser *p, tel__ottl_node *n);
bool tel__ottl_p_expect(tel__ottl_parser *p, char c, const char *words);
/* Tokens of a function's name: Uppercase and Lowercase ones in a row; and the name out of them, glued. */
size_t tel__ottl_p_name(const tel__ottl_parser *p);
tel_slice tel__ottl_p_glue(tel__ottl_parser *p, size_t n);
/* Literals at the current token. */
tel__ottl_node *tel__ottl_p_text(tel__ottl_parser *p, tel__ottl_kind kind);
tel__ottl_node *tel__ottl_p_bytes(tel__ottl_parser *p);
tel__ottl_node *tel__ottl_p_bool(tel__ottl_parser *p);
tel__ottl_node *tel__ottl_p_int(tel__ottl_parser *p);
tel__ottl_node *tel__ottl_p_float(tel__ottl_parser *p);

TEL_PRIVATE_END
#endif
