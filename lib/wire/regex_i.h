/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_WIRE_REGEX_I_H
#define TEL_WIRE_REGEX_I_H
/*
 * How an expression is compiled: regex_syntax.c reads Go's syntax (regex_class.c its escapes and classes), writes the
 * pattern anew for PCRE2 and notes the pieces of simple expressions; regex_shape.c makes of these pieces what is answered
 * without the engine; regex.c owns both.
 */
#include <telemetry/alloc.h>
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/dynbuf.h"
#include "base/visibility.h"

TEL_PRIVATE_BEGIN

/* Flags in force while reading; those of Go's (?imsU). */
enum { TEL__RX_FOLD = 1, TEL__RX_MULTI_LINE = 2, TEL__RX_DOT_ALL = 4, TEL__RX_UNGREEDY = 8 };

/* Pieces of a simple expression. */
typedef enum tel__rx_piece_kind {
	TEL__RX_TEXT,    /* bytes of the expression's text buffer */
	TEL__RX_ANY,     /* one character: "." */
	TEL__RX_GAP,     /* ".*" or ".+" */
	TEL__RX_BEGIN,   /* ^ or \A */
	TEL__RX_END,     /* $ or \z */
	TEL__RX_OPEN,    /* "(" or "(?:" */
	TEL__RX_CLOSE,
	TEL__RX_OR
} tel__rx_piece_kind;

typedef struct tel__rx_piece {
	uint8_t kind;
	bool newline;       /* ANY, GAP: a newline counts too */
	bool some;          /* GAP: at least one character */
	uint32_t group;     /* OPEN: number, 0 = not captured */
	uint32_t from, len; /* TEXT */
} tel__rx_piece;

typedef struct tel__rx_name {
	uint32_t group, from, len; /* where in the pattern */
} tel__rx_name;

/* What the expression is, as a tree; for the matcher of regex_linear.c. */
typedef enum tel__rx_op {
	TEL__RX_RUNE,    /* a: character */
	TEL__RX_CLASS,   /* a: where its text for PCRE2 starts in the class texts, b: length, flag: folded */
	TEL__RX_DOT,     /* flag: a newline counts too */
	TEL__RX_ASSERT,  /* a: tel__rx_assert */
	TEL__RX_GROUP,   /* a: first branch, b: number, 0 = not captured */
	TEL__RX_BRANCH,  /* a: first item, 0 = none */
	TEL__RX_REPEAT   /* a: item, b: least, c: most, -1 = any; flag: as few as possible */
} tel__rx_op;

typedef enum tel__rx_assert {
	TEL__RX_AT_BEGIN,
	TEL__RX_AT_END,
	TEL__RX_AT_BEGIN_LINE,
	TEL__RX_AT_END_LINE,
	TEL__RX_AT_WORD,
	TEL__RX_AT_NO_WORD
} tel__rx_assert;

/* Nodes refer to each other by index; 0 is none. */
typedef struct tel__rx_node {
	uint8_t op;
	bool flag, nullable; /* nullable: it may match nothing */
	uint32_t a, b, next; /* next: in the list of items or branches */
	int32_t c;
} tel__rx_node;

/* Open group while reading; level 0 is the expression itself. */
typedef struct tel__rx_level {
	uint8_t flags, out_fold; /* to restore when it closes */
	bool item, quantified;   /* the branch has an item that a repetition may follow; it carries one already */
	bool noted;              /* the item is the newest piece */
	size_t at, item_at;      /* where the group, the item starts in out */
	uint64_t size, item_size; /* instructions, by Go's rough count */
	uint32_t first, last;       /* items of the branch */
	uint32_t branches, branch;  /* its branches so far, the newest */
	uint32_t group;             /* 0: not captured */
	bool nullable;              /* one of its branches is */
	uint32_t times, item_times; /* nested repeat counts multiplied, at most */
} tel__rx_level;

/* One reading of one pattern. */
typedef struct tel__rx {
	const tel_alloc *alloc;
	tel_slice text;       /* what is read: the pattern, with Prometheus' anchors around it */
	size_t pos;
	size_t lead;          /* bytes of text in front of the pattern */
	unsigned flags;       /* TEL__RX_* now */
	bool out_fold;        /* what the output says now */
	bool simple;          /* pieces tell all */
	tel__dynbuf out;      /* for PCRE2 */
	tel__dynbuf texts;    /* of TEXT pieces */
	tel__dynbuf pieces;   /* tel__rx_piece */
	tel__dynbuf levels;   /* tel__rx_level */
	tel__dynbuf names;    /* tel__rx_name, of named groups in order */
	tel__dynbuf nodes;    /* tel__rx_node; the first is none, the last the whole */
	tel__dynbuf classes;  /* texts of CLASS nodes */
	uint32_t groups;      /* captured, without the whole */
	tel_error *err;
} tel__rx;

/* Reads all of rx->text. rx is initialised by tel__rx_init() and released by tel__rx_fini() in any case. */
void tel__rx_init(tel__rx *rx, const tel_alloc *alloc, tel_slice text, size_t lead, tel_error *err);
void tel__rx_fini(tel__rx *rx);
tel_err tel__rx_read(tel__rx *rx);

/* "error parsing regexp: what: `fragment`", the fragment being len bytes of the text at from. */
tel_err tel__rx_fail(tel__rx *rx, const char *what, size_t from, size_t len);
/* The character at pos; moves behind it. Fails on what is not UTF-8. */
tel_err tel__rx_rune(tel__rx *rx, uint32_t *ret_c);
/* Appends one literal character, quoted, to the output. */
void tel__rx_put_rune(tel__rx *rx, uint32_t c);
/* Writes what switches case folding where the output does not stand as the flags do. */
void tel__rx_sync_fold(tel__rx *rx);

/* At "\": one character. Moves behind it. */
tel_err tel__rx_escape(tel__rx *rx, uint32_t *ret_c);
/* At "\": \d \D \s \S \w \W \p \P as a class of its own into the output; *ret_taken false: it is something else. */
tel_err tel__rx_class_escape(tel__rx *rx, bool inside, bool *ret_taken);
/* At "[": a bracket class into the output. */
tel_err tel__rx_class(tel__rx *rx);

/* A program that takes all alternatives and places at once: its time is the length of the subject times that of the program. */
typedef struct tel__rx_linear tel__rx_linear;

/* What a run keeps for it. */
typedef struct tel__rx_threads {
	const tel_alloc *alloc;
	void *block;
	size_t size;
} tel__rx_threads;

/* From the tree of a finished reading. *ret_linear NULL: it would be too long. TEL_ERR_NOMEM. */
tel_err tel__rx_linear_new(const tel_alloc *alloc, tel_slice nodes, tel_slice classes, uint32_t groups,
                           tel__rx_linear **ret_linear);
void tel__rx_linear_free(tel__rx_linear *linear);
/* The leftmost match of subject (UTF-8) at or behind from. pairs: two for each group and the whole, SIZE_MAX where there is
 * none; NULL: only whether. data: a pcre2_match_data, for classes. TEL_ERR_LIMIT (steps, memory), TEL_ERR_NOMEM. */
tel_err tel__rx_linear_find(const tel__rx_linear *linear, tel__rx_threads *threads, tel_slice subject, size_t from,
                            size_t *pairs, void *data, bool *ret_found);
void tel__rx_threads_fini(tel__rx_threads *threads);

/* One alternative of a simple expression: front, then perhaps a gap and a text behind it. */
typedef struct tel__rx_branch {
	uint32_t front, front_count; /* pieces TEXT and ANY */
	uint32_t back_from, back_len; /* TEXT behind the gap */
	bool begin, end, gap, some, newline;
} tel__rx_branch;

/* Where a group begins or ends in a match: bytes behind its start, or before its end. */
typedef struct tel__rx_mark {
	uint32_t offset;
	bool from_end;
} tel__rx_mark;

/* A simple expression. */
typedef struct tel__rx_shape {
	const tel_alloc *alloc;
	char *text;
	tel__rx_piece *pieces;
	tel__rx_branch *branches;
	tel__rx_mark *marks;      /* two per group, from group 1 */
	size_t text_len, piece_count, branch_count, mark_count;
	uint32_t *sorted;         /* whole literals by bytes: the choice is a search; NULL: branches are tried in turn */
	bool finds;               /* it tells where it matches, groups too; else only whether */
} tel__rx_shape;

/* TEL_OK and *ret_shape, NULL when the pieces are not simple; TEL_ERR_NOMEM. */
tel_err tel__rx_shape_new(const tel__rx *rx, tel__rx_shape **ret_shape);
void tel__rx_shape_free(tel__rx_shape *shape);
bool tel__rx_shape_test(const tel__rx_shape *shape, tel_slice subject);
/* The leftmost match at or behind from; only if shape->finds. */
bool tel__rx_shape_find(const tel__rx_shape *shape, tel_slice subject, size_t from, size_t *ret_from, size_t *ret_to);
/* All of it is one text, anchored at both ends or at none. */
bool tel__rx_shape_literal(const tel__rx_shape *shape, tel_slice *ret_text);

TEL_PRIVATE_END
#endif
