/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/parser_i.h"

#include "base/limits.h"
#include "base/num.h"
#include "base/slice_i.h"

/* Leaves no match behind at token at. */
tel__ottl_node *tel__ottl_p_miss_at(tel__ottl_parser *p, size_t at, const char *words)
{
	if (p->rc != TEL_OK)
		return NULL;
	p->miss = at;
	p->miss_words = words;
	if (!p->has_deepest || at >= p->deepest) {
		p->has_deepest = true;
		p->deepest = at;
		p->deepest_words = words;
	}
	return NULL;
}

tel__ottl_node *tel__ottl_p_miss(tel__ottl_parser *p, const char *words)
{
	return tel__ottl_p_miss_at(p, p->cur, words);
}

void *tel__ottl_p_stop(tel__ottl_parser *p, tel_err rc)
{
	if (p->rc == TEL_OK) {
		p->rc = rc;
		p->failed_at = p->cur;
	}
	return NULL;
}

void *tel__ottl_p_take(tel__ottl_parser *p, size_t size)
{
	void *room = p->rc == TEL_OK ? tel__arena_alloc(p->arena, size) : NULL;

	return room ? memset(room, 0, size) : tel__ottl_p_stop(p, tel__arena_error(p->arena));
}

tel__ottl_node *tel__ottl_p_make(tel__ottl_parser *p, tel__ottl_kind kind, size_t first_token)
{
	tel__ottl_node *n = tel__ottl_p_take(p, sizeof *n);

	if (n) {
		n->kind = (uint8_t)kind;
		n->at = p->tokens[first_token].at;
	}
	return n;
}

/* Ends n at the token before the current one. */
tel__ottl_node *tel__ottl_p_done(tel__ottl_parser *p, tel__ottl_node *n)
{
	if (n && p->cur > 0)
		n->end = p->tokens[p->cur - 1].end;
	return n;
}

/* What stands in brackets of any kind. */
tel__ottl_node *tel__ottl_p_nested(tel__ottl_parser *p, tel__ottl_node *(*inside)(tel__ottl_parser *))
{
	tel__ottl_node *n;

	if (p->depth == TEL_LIMIT_OTTL_DEPTH)
		return tel__ottl_p_stop(p, TEL_ERR_LIMIT);
	p->depth++;
	n = inside(p);
	p->depth--;
	return p->rc == TEL_OK ? n : NULL;
}

bool tel__ottl_p_expect(tel__ottl_parser *p, char c, const char *words)
{
	if (!tel__ottl_p_punct(p, c)) {
		tel__ottl_p_miss(p, words);
		return false;
	}
	p->cur++;
	return true;
}

/* Tokens of a function's name: Uppercase and Lowercase ones in a row. */
size_t tel__ottl_p_name(const tel__ottl_parser *p)
{
	size_t n = 0;

	if (p->rc == TEL_OK)
		while (p->tokens[p->cur + n].kind == TEL__OTTL_T_UPPER || p->tokens[p->cur + n].kind == TEL__OTTL_T_LOWER)
			n++;
	return n;
}

/* The name out of n tokens, glued: "Is Match" is IsMatch, 1.1. */
tel_slice tel__ottl_p_glue(tel__ottl_parser *p, size_t n)
{
	const tel__ottl_token *first = &p->tokens[p->cur], *last = first + n - 1;
	tel_slice name = tel__slice_sub(p->text, first->at, last->end - first->at);
	size_t len = 0;
	char *out;

	for (size_t i = 0; i < n; i++)
		len += first[i].value.len;
	if (len == name.len)
		return name;
	out = tel__ottl_p_take(p, len);
	if (!out)
		return (tel_slice){ NULL, 0 };
	name = (tel_slice){ out, len };
	for (size_t i = 0; i < n; i++) {
		memcpy(out, first[i].value.ptr, first[i].value.len);
		out += first[i].value.len;
	}
	return name;
}

/* Literals. */

tel__ottl_node *tel__ottl_p_text(tel__ottl_parser *p, tel__ottl_kind kind)
{
	tel__ottl_node *n = tel__ottl_p_make(p, kind, p->cur);

	if (n) {
		n->u.text = tel__ottl_p_peek(p)->value;
		p->cur++;
	}
	return tel__ottl_p_done(p, n);
}

tel__ottl_node *tel__ottl_p_bytes(tel__ottl_parser *p)
{
	static const char hex[] = "0123456789abcdef";
	tel_slice digits = tel__slice_sub(tel__ottl_p_peek(p)->value, 2, tel__ottl_p_peek(p)->value.len - 2);
	tel__ottl_node *n;
	char *out;

	if (digits.len % 2)
		return tel__ottl_p_miss(p, "an even number of hex digits"); /* the Collector: encoding/hex: odd length hex string */
	n = tel__ottl_p_make(p, TEL__OTTL_BYTES, p->cur);
	out = tel__ottl_p_take(p, digits.len / 2);
	if (!n || !out)
		return NULL;
	for (size_t i = 0; i < digits.len; i++) {
		unsigned nibble = (unsigned)((const char *)memchr(hex, digits.ptr[i] | (digits.ptr[i] >= 'A' ? 0x20 : 0), 16) - hex);

		out[i / 2] = (char)(i % 2 ? (unsigned char)out[i / 2] | nibble : nibble << 4);
	}
	n->u.text = (tel_slice){ out, digits.len / 2 };
	p->cur++;
	return tel__ottl_p_done(p, n);
}

tel__ottl_node *tel__ottl_p_bool(tel__ottl_parser *p)
{
	tel__ottl_node *n = tel__ottl_p_make(p, TEL__OTTL_BOOL, p->cur);

	if (n) {
		n->u.truth = tel__ottl_p_peek(p)->value.len == 4;
		p->cur++;
	}
	return tel__ottl_p_done(p, n);
}

tel__ottl_node *tel__ottl_p_int(tel__ottl_parser *p)
{
	uint64_t number;
	tel__ottl_node *n;

	if (tel__num_parse_u64(tel__ottl_p_peek(p)->value, &number) != TEL_OK || number > INT64_MAX)
		return tel__ottl_p_miss(p, "an integer below 2^63"); /* before the sign, 1.1 */
	n = tel__ottl_p_make(p, TEL__OTTL_INT, p->cur);
	if (n) {
		n->u.i64 = (int64_t)number;
		p->cur++;
	}
	return tel__ottl_p_done(p, n);
}

/* OTTL writes 007., .5 and 1.e3; numbers of base/num.h have a digit on both sides and no zeros before it. */
tel__ottl_node *tel__ottl_p_float(tel__ottl_parser *p)
{
	tel_slice s = tel__ottl_p_peek(p)->value;
	size_t dot = tel__slice_find(s, '.'), from = 0, len = 0;
	char *out = tel__ottl_p_take(p, s.len + 2);
	tel__ottl_node *n;

	if (!out)
		return NULL;
	while (from + 1 < dot && s.ptr[from] == '0')
		from++;
	if (dot == 0)
		out[len++] = '0';
	for (size_t i = from; i < s.len; i++) {
		out[len++] = s.ptr[i];
		if (i == dot && (i + 1 == s.len || s.ptr[i + 1] == 'e' || s.ptr[i + 1] == 'E'))
			out[len++] = '0';
	}
	n = tel__ottl_p_make(p, TEL__OTTL_FLOAT, p->cur);
	if (!n)
		return NULL;
	if (tel__num_parse_double((tel_slice){ out, len }, &n->u.f64) != TEL_OK || n->u.f64 - n->u.f64 != 0)
		return tel__ottl_p_miss(p, "a number that a double can hold");
	p->cur++;
	return tel__ottl_p_done(p, n);
}
