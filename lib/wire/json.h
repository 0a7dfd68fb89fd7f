/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_WIRE_JSON_H
#define TEL_WIRE_JSON_H
/*
 * Pull tokenizer for one JSON text (RFC 8259, strict: no BOM, no comments, nothing behind the value). Nothing is copied
 * and nothing is allocated: a token is a slice of the input. Numbers stay text, so that 64 bits are exact. Every byte of
 * the text is UTF-8 or the text is refused; an escaped surrogate without its other half is U+FFFD. Keys are handed out
 * as they come: what a key that comes twice means is the reader's rule. Nesting is a bit per level, never a C frame.
 */
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/limits.h"
#include "base/visibility.h"

typedef enum tel__json_token {
	TEL__JSON_BAD = 0,    /* why and where: tel__json_fail() */
	TEL__JSON_END,        /* behind the value, and ever after */
	TEL__JSON_OBJECT,
	TEL__JSON_OBJECT_END,
	TEL__JSON_ARRAY,
	TEL__JSON_ARRAY_END,
	TEL__JSON_KEY,        /* text as of a string; its value follows */
	TEL__JSON_STRING,
	TEL__JSON_NUMBER,
	TEL__JSON_TRUE,
	TEL__JSON_FALSE,
	TEL__JSON_NULL
} tel__json_token;

typedef struct tel__json {
	const char *base, *p, *end;
	const char *start;    /* first byte of the current token */
	tel_slice text;       /* of a key or string without its quotes, still escaped; of a number */
	bool escaped;         /* text holds a backslash */
	uint8_t expect;       /* what may come next */
	tel_err code;         /* of TEL__JSON_BAD: TEL_ERR_MALFORMED or TEL_ERR_LIMIT */
	const char *why;
	uint32_t depth;       /* objects and arrays that are open */
	uint64_t objects[TEL_LIMIT_JSON_DEPTH / 64]; /* bit per level: it is an object */
} tel__json;

TEL_PRIVATE_BEGIN

/* text must outlive j. */
void tel__json_init(tel__json *j, tel_slice text);
tel__json_token tel__json_next(tel__json *j);
/* Past the value whose first token was just returned; false = TEL__JSON_BAD. */
bool tel__json_skip(tel__json *j, tel__json_token first);
/* Unescapes text, which came from a key or string, into out, which has room for text.len bytes. Returns the length. */
size_t tel__json_unescape(tel_slice text, char *out);
/* Line and column (bytes), from 1, of a position in the text. */
void tel__json_where(const tel__json *j, const char *at, uint32_t *ret_line, uint32_t *ret_column);
/* Fills err from a TEL__JSON_BAD. */
tel_err tel__json_fail(const tel__json *j, tel_error *err);

TEL_PRIVATE_END
#endif
