/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_OTTL_LEXER_H
#define TEL_PROCESS_OTTL_LEXER_H
/* The tokens of an OTTL text, otel-processing.md 1.1: the first rule that matches wins. White space is gone. */
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/arena.h"
#include "base/dynbuf.h"

typedef enum tel__ottl_token_kind {
	TEL__OTTL_T_END,
	TEL__OTTL_T_BYTES, TEL__OTTL_T_FLOAT, TEL__OTTL_T_INT, TEL__OTTL_T_STRING, TEL__OTTL_T_NIL, TEL__OTTL_T_NOT,
	TEL__OTTL_T_OR, TEL__OTTL_T_AND, TEL__OTTL_T_COMPARE, TEL__OTTL_T_ADDSUB, TEL__OTTL_T_MULDIV, TEL__OTTL_T_BOOL,
	TEL__OTTL_T_PUNCT, /* one of = ( ) { } : , . [ ] */
	TEL__OTTL_T_UPPER, TEL__OTTL_T_LOWER
} tel__ottl_token_kind;

typedef struct tel__ottl_token {
	tel_slice value; /* as written; strings unescaped; "<EOF>" of the end */
	uint32_t at, end;
	uint8_t kind;
} tel__ottl_token;

typedef struct tel__ottl_tokens {
	tel__ottl_token *at; /* the last one is the end */
	size_t n;
} tel__ottl_tokens;

TEL_PRIVATE_BEGIN

/* what: "statement" or the like, for the message. TEL_ERR_MALFORMED, TEL_ERR_LIMIT, TEL_ERR_NOMEM, or TEL_ERR_BUDGET. */
tel_err tel__ottl_lex(tel__arena *arena, tel_slice text, const char *what, tel__ottl_tokens *ret_tokens, tel_error *err);
/* Line and column from 1, the column in characters as the Collector has it, or in bytes. */
void tel__ottl_where(tel_slice text, size_t at, bool bytes, uint32_t *ret_line, uint32_t *ret_column);
/* text as Go's %q prints it. */
void tel__ottl_quote(tel__dynbuf *out, tel_slice text);
/* "statement has invalid syntax: 1:5: " and the words, with the position in err. */
tel_err tel__ottl_syntax_error(tel_slice text, size_t at, tel_err code, const char *what, const char *words, tel_error *err);

TEL_PRIVATE_END
#endif
