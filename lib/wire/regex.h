/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_WIRE_REGEX_H
#define TEL_WIRE_REGEX_H
/*
 * Regular expressions with the syntax, the meaning and the error texts of Go's package regexp (RE2), for configuration,
 * OTTL and relabeling. PCRE2 is the engine, never seen from outside: a pattern is parsed here by RE2's rules and written
 * anew for PCRE2, so that nothing that RE2 does not know can reach it, and `$`, `\s`, `.` or `(?U)` mean what they mean
 * there. No JIT. Patterns that are only literals, one gap (".*", ".+") or a choice of such are answered without it.
 *
 * A tel__regex is immutable and may be shared; a tel__regex_run is what one user needs while matching and may be used
 * with any number of expressions, one after the other.
 *
 * Subjects are any bytes: what is not UTF-8 counts as one U+FFFD per byte, as in Go. Positions are bytes of the subject.
 */
#include <telemetry/alloc.h>
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/visibility.h"

struct tel__dynbuf;

TEL_PRIVATE_BEGIN

typedef struct tel__regex tel__regex;
typedef struct tel__regex_run tel__regex_run;

enum {
	/* The whole subject has to match, and "." matches a newline: Prometheus' `^(?s:pattern)$`. Error texts quote that. */
	TEL__REGEX_PROMETHEUS = 1,
	/* The whole subject has to match: `^(?:pattern)$` of the Collector's key_regex. Error texts quote that. */
	TEL__REGEX_WHOLE = 2
};

/* A group that took no part in a match. */
#define TEL__REGEX_UNSET ((size_t)-1)

typedef struct tel__regex_span {
	size_t from, to; /* bytes of the subject; both TEL__REGEX_UNSET: no part in the match */
} tel__regex_span;

/* Compiles pattern. TEL_ERR_MALFORMED with Go's text ("error parsing regexp: missing closing ): `(a`") and the offset in
 * pattern; TEL_ERR_LIMIT (pattern over TEL_LIMIT_REGEX_BYTES, or larger than the engine can hold: "error parsing regexp:
 * expression too large: `...`"); TEL_ERR_NOMEM. alloc NULL = the C library's; it must outlive the expression. */
tel_err tel__regex_new(const tel_alloc *alloc, tel_slice pattern, unsigned flags, tel__regex **ret_re, tel_error *err);
void tel__regex_free(tel__regex *re);
/* Only looks whether tel__regex_new() would take it; the same errors. */
tel_err tel__regex_check(const tel_alloc *alloc, tel_slice pattern, unsigned flags, tel_error *err);

/* Groups including 0, the whole match. */
size_t tel__regex_groups(const tel__regex *re);
/* Name of a group, empty when it has none. Borrowed from re. */
tel_slice tel__regex_group_name(const tel__regex *re, size_t group);
/* The whole expression is this text and nothing else: equality decides (Prometheus), or the position (unanchored). */
bool tel__regex_literal(const tel__regex *re, tel_slice *ret_text);
/* How the expression is answered, for tests and explanations: "literal", "affixes", "choice" or "engine". */
const char *tel__regex_method(const tel__regex *re);

/* Makes run use the matcher without backtracking for all that is not a shape: for tests. */
void tel__regex_run_force_linear(tel__regex_run *run);

/* State of matching. TEL_ERR_NOMEM. */
tel_err tel__regex_run_new(const tel_alloc *alloc, tel__regex_run **ret_run);
void tel__regex_run_free(tel__regex_run *run);

/* Whether re matches somewhere in subject; cheaper than tel__regex_find(). TEL_OK and *ret_yes, or TEL_ERR_LIMIT
 * (matching took more steps or memory than base/limits.h allows), TEL_ERR_NOMEM; *ret_yes is then untouched. */
tel_err tel__regex_test(tel__regex_run *run, const tel__regex *re, tel_slice subject, bool *ret_yes, tel_error *err);

/* The leftmost match in subject; its groups are then read with tel__regex_span_get() and tel__regex_group() until run is
 * used again. Errors as tel__regex_test(). subject is borrowed until then. */
tel_err tel__regex_find(tel__regex_run *run, const tel__regex *re, tel_slice subject, bool *ret_found, tel_error *err);
/* The next match behind the last one, under the rules of Go's ReplaceAll: not an empty one directly behind a match. */
tel_err tel__regex_find_next(tel__regex_run *run, const tel__regex *re, bool *ret_found, tel_error *err);

tel__regex_span tel__regex_span_get(const tel__regex_run *run, size_t group);
/* Text of a group of the last match; empty when it took no part or does not exist. */
tel_slice tel__regex_group(const tel__regex_run *run, size_t group);

/* Go's Regexp.Expand: $1, ${1}, $name, ${name}, $$; the longest run of letters, digits and '_' is the name; unknown groups
 * are empty; a '$' that begins none of these stays. Appends to out, for the last match of run; failures stick to out. */
void tel__regex_expand(const tel__regex_run *run, const tel__regex *re, tel_slice template_text, struct tel__dynbuf *out);
/* The same with the expression's literal text and no match needed: whether template_text has a '$' at all. */
bool tel__regex_template_is_plain(tel_slice template_text);

/* Appends subject with every match replaced by the expansion of template_text (Go's ReplaceAllString).
 * *ret_count: matches. Errors as tel__regex_test() or what stuck to out. */
tel_err tel__regex_replace_all(tel__regex_run *run, const tel__regex *re, tel_slice subject, tel_slice template_text,
                               struct tel__dynbuf *out, size_t *ret_count, tel_error *err);

TEL_PRIVATE_END
#endif
