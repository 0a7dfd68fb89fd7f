/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/lexer.h"

#include "base/error_i.h"
#include "base/limits.h"
#include "base/slice_i.h"
#include "base/utf8.h"

enum { INVALID_RUNES = 16 };

typedef struct lexer {
	tel__arena *arena;
	tel_slice text;
	const char *what;
	size_t at;
	tel__ottl_token *tokens;
	size_t n, cap;
} lexer;

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_word(char c)
{
	return is_digit(c) || is_lower(c) || is_upper(c) || c == '_';
}

static int hex_digit(char c)
{
	return is_digit(c) ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

void tel__ottl_where(tel_slice text, size_t at, bool bytes, uint32_t *ret_line, uint32_t *ret_column)
{
	uint32_t line = 1, column = 1;

	for (size_t i = 0; i < at && i < text.len; i++) {
		if (text.ptr[i] == '\n') {
			line++;
			column = 1;
		} else if (bytes || ((unsigned char)text.ptr[i] & 0xc0) != 0x80) {
			column++;
		}
	}
	*ret_line = line;
	*ret_column = column;
}

void tel__ottl_quote(tel__dynbuf *out, tel_slice text)
{
	static const char plain[] = "\a\b\f\n\r\t\v\\\"", letters[] = "abfnrtv\\\"";

	tel__dynbuf_byte(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		const char *named = c ? memchr(plain, c, sizeof plain - 1) : NULL;

		if (named) {
			tel__dynbuf_byte(out, '\\');
			tel__dynbuf_byte(out, letters[named - plain]);
		} else if ((unsigned char)c < 0x20 || c == 0x7f) {
			tel__dynbuf_fmt(out, "\\x%02x", (unsigned)(unsigned char)c);
		} else {
			tel__dynbuf_byte(out, c);
		}
	}
	tel__dynbuf_byte(out, '"');
}

tel_err tel__ottl_syntax_error(tel_slice text, size_t at, tel_err code, const char *what, const char *words, tel_error *err)
{
	uint32_t line, column, byte_column;

	tel__ottl_where(text, at, false, &line, &column);
	tel__ottl_where(text, at, true, &line, &byte_column);
	return tel__fail_text(err, code, line, byte_column, "%s has invalid syntax: %u:%u: %s", what, (unsigned)line,
	                      (unsigned)column, words);
}

/* The words of a message that quotes foreign text stand in the arena: the message may be long, the error cuts it. */
static tel_err refuse(lexer *l, size_t at, const char *before, tel_slice quoted, const char *after, tel_error *err)
{
	char room[256];
	tel_alloc none = { NULL, NULL };
	tel__dynbuf words = { room, 0, sizeof room - 1, sizeof room - 1, &none, TEL_OK }; /* never grows: full is enough */

	tel__dynbuf_puts(&words, before);
	tel__ottl_quote(&words, quoted);
	tel__dynbuf_puts(&words, after);
	room[words.len] = '\0';
	return tel__ottl_syntax_error(l->text, at, TEL_ERR_MALFORMED, l->what, room, err);
}

static tel_err invalid_text(lexer *l, tel_error *err)
{
	tel_slice rest = tel__slice_sub(l->text, l->at, l->text.len - l->at);
	size_t runes = 0, cut = 0;

	while (cut < rest.len && runes < INVALID_RUNES) {
		cut++;
		while (cut < rest.len && ((unsigned char)rest.ptr[cut] & 0xc0) == 0x80)
			cut++;
		runes++;
	}
	/* The dots stand inside the quotes. */
	if (cut < rest.len) {
		char shown[4 * INVALID_RUNES + 4];

		memcpy(shown, rest.ptr, cut);
		memcpy(shown + cut, "...", 3);
		return refuse(l, l->at, "lexer: invalid input text ", (tel_slice){ shown, cut + 3 }, "", err);
	}
	return refuse(l, l->at, "lexer: invalid input text ", rest, "", err);
}

static size_t digits(tel_slice s, size_t from)
{
	while (from < s.len && is_digit(s.ptr[from]))
		from++;
	return from;
}

/* Length of 0x1f, 1.5e3, .5 or 12 at the start of s; 0 when no number starts there. */
static size_t number(tel_slice s, uint8_t *ret_kind)
{
	size_t i = 0, whole = digits(s, 0), after;

	if (s.len > 2 && s.ptr[0] == '0' && s.ptr[1] == 'x' && hex_digit(s.ptr[2]) >= 0) {
		for (i = 2; i < s.len && hex_digit(s.ptr[i]) >= 0;)
			i++;
		*ret_kind = TEL__OTTL_T_BYTES;
		return i;
	}
	if (whole < s.len && s.ptr[whole] == '.') {
		i = digits(s, whole + 1);
		if (whole > 0 || i > whole + 1) {
			if (i < s.len && (s.ptr[i] == 'e' || s.ptr[i] == 'E')) {
				size_t sign = i + 1 < s.len && (s.ptr[i + 1] == '-' || s.ptr[i + 1] == '+');

				after = digits(s, i + 1 + sign);
				if (after > i + 1 + sign)
					i = after;
			}
			*ret_kind = TEL__OTTL_T_FLOAT;
			return i;
		}
	}
	*ret_kind = TEL__OTTL_T_INT;
	return whole;
}

/* Length of the string with its quotes; 0 when it does not end or holds a backslash before a line break. */
static size_t quoted(tel_slice s)
{
	for (size_t i = 1; i < s.len; i++) {
		if (s.ptr[i] == '"')
			return i + 1;
		if (s.ptr[i] == '\\' && (++i == s.len || s.ptr[i] == '\n'))
			return 0;
	}
	return 0;
}

static size_t put_rune(char *out, uint32_t rune)
{
	if (rune < 0x80) {
		out[0] = (char)rune;
		return 1;
	}
	if (rune < 0x800) {
		out[0] = (char)(0xc0 | rune >> 6);
		out[1] = (char)(0x80 | (rune & 0x3f));
		return 2;
	}
	if (rune < 0x10000) {
		out[0] = (char)(0xe0 | rune >> 12);
		out[1] = (char)(0x80 | (rune >> 6 & 0x3f));
		out[2] = (char)(0x80 | (rune & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | rune >> 18);
	out[1] = (char)(0x80 | (rune >> 12 & 0x3f));
	out[2] = (char)(0x80 | (rune >> 6 & 0x3f));
	out[3] = (char)(0x80 | (rune & 0x3f));
	return 4;
}

/* The digits of \x, \u, \U and \OOO after the backslash; bytes read, 0 = not valid. \xff is the code point U+00FF, 1.1. */
static size_t escaped_rune(tel_slice s, uint32_t *ret_rune)
{
	size_t n = s.ptr[0] == 'x' ? 2 : s.ptr[0] == 'u' ? 4 : s.ptr[0] == 'U' ? 8 : 0, from = n ? 1 : 0;
	uint64_t rune = 0;
	unsigned base = n ? 16 : 8;

	if (!n)
		n = 3;
	if (s.len < from + n)
		return 0;
	for (size_t i = from; i < from + n; i++) {
		int digit = hex_digit(s.ptr[i]);

		if (digit < 0 || (unsigned)digit >= base)
			return 0;
		rune = rune * base + (unsigned)digit;
	}
	if ((base == 8 && rune > 255) || rune > 0x10ffff || (rune >= 0xd800 && rune < 0xe000))
		return 0;
	*ret_rune = (uint32_t)rune;
	return from + n;
}

/* body without its quotes; the text is never longer than what is written. */
static bool unescape(tel_slice body, char *out, size_t *ret_len)
{
	static const char letters[] = "abfnrtv\\\"", plain[] = "\a\b\f\n\r\t\v\\\"";
	size_t len = 0;

	for (size_t i = 0; i < body.len; i++) {
		const char *named;
		uint32_t rune;
		size_t used;

		if (body.ptr[i] != '\\') {
			out[len++] = body.ptr[i];
			continue;
		}
		i++; /* the lexer saw to it that something follows */
		named = body.ptr[i] ? memchr(letters, body.ptr[i], sizeof letters - 1) : NULL;
		if (named) {
			out[len++] = plain[named - letters];
			continue;
		}
		used = escaped_rune(tel__slice_sub(body, i, body.len - i), &rune);
		if (!used)
			return false;
		len += put_rune(out + len, rune);
		i += used - 1;
	}
	*ret_len = len;
	return true;
}

static tel_err unquote(lexer *l, tel__ottl_token *token, tel_error *err)
{
	tel_slice body = tel__slice_sub(token->value, 1, token->value.len - 2);
	char *out;

	if (tel__slice_find(body, '\\') == body.len) {
		token->value = body;
		return TEL_OK;
	}
	out = tel__arena_alloc(l->arena, body.len);
	if (!out)
		return tel__fail(err, tel__arena_error(l->arena), "no memory for the text");
	if (!unescape(body, out, &body.len))
		return refuse(l, token->at, "invalid quoted string ", token->value, ": invalid syntax", err);
	token->value = (tel_slice){ out, body.len };
	return TEL_OK;
}

static bool word(tel_slice s, const char *text)
{
	size_t n = strlen(text);

	return s.len >= n && memcmp(s.ptr, text, n) == 0 && (s.len == n || !is_word(s.ptr[n]));
}

static size_t reserved(tel_slice s, uint8_t *ret_kind)
{
	static const struct { const char *text; uint8_t kind; } words[] = {
		{ "nil", TEL__OTTL_T_NIL }, { "not", TEL__OTTL_T_NOT }, { "or", TEL__OTTL_T_OR }, { "and", TEL__OTTL_T_AND },
		{ "true", TEL__OTTL_T_BOOL }, { "false", TEL__OTTL_T_BOOL },
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (word(s, words[i].text)) {
			*ret_kind = words[i].kind;
			return strlen(words[i].text);
		}
	return 0;
}

static size_t symbol(tel_slice s, uint8_t *ret_kind)
{
	char c = s.ptr[0], next = s.len > 1 ? s.ptr[1] : 0;

	if (next == '=' && (c == '=' || c == '!' || c == '>' || c == '<')) {
		*ret_kind = TEL__OTTL_T_COMPARE;
		return 2;
	}
	if (!c || !memchr("><+-/*=(){}:,.[]", c, 16))
		return 0;
	*ret_kind = c == '<' || c == '>' ? TEL__OTTL_T_COMPARE : c == '+' || c == '-' ? TEL__OTTL_T_ADDSUB :
	            c == '/' || c == '*' ? TEL__OTTL_T_MULDIV : TEL__OTTL_T_PUNCT;
	return 1;
}

/* Length of the token at the start of s, which is not empty; 0 when none starts there. */
static size_t measure(tel_slice s, uint8_t *ret_kind)
{
	char c = s.ptr[0];
	size_t i = 1;

	if (is_digit(c) || (c == '.' && s.len > 1 && is_digit(s.ptr[1])))
		return number(s, ret_kind);
	if (c == '"') {
		*ret_kind = TEL__OTTL_T_STRING;
		return quoted(s);
	}
	if (is_upper(c)) {
		while (i < s.len && (is_upper(s.ptr[i]) || is_digit(s.ptr[i]) || s.ptr[i] == '_'))
			i++;
		*ret_kind = TEL__OTTL_T_UPPER;
		return i;
	}
	if (!is_lower(c))
		return symbol(s, ret_kind);
	i = reserved(s, ret_kind);
	if (i)
		return i;
	while (i < s.len && (is_lower(s.ptr[i]) || is_digit(s.ptr[i]) || s.ptr[i] == '_'))
		i++;
	*ret_kind = TEL__OTTL_T_LOWER;
	return i;
}

static tel_err push(lexer *l, uint8_t kind, tel_slice value, size_t end, tel_error *err)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 32;
		tel__ottl_token *grown = tel__arena_grow(l->arena, l->tokens, l->cap * sizeof *grown, cap * sizeof *grown);

		if (!grown)
			return tel__fail(err, tel__arena_error(l->arena), "no memory for the text");
		l->tokens = grown;
		l->cap = cap;
	}
	l->tokens[l->n] = (tel__ottl_token){ .value = value, .at = (uint32_t)l->at, .end = (uint32_t)end, .kind = kind };
	if (kind == TEL__OTTL_T_STRING) {
		tel_err rc = unquote(l, &l->tokens[l->n], err);

		if (rc != TEL_OK)
			return rc;
	}
	l->n++;
	l->at = end;
	return TEL_OK;
}

tel_err tel__ottl_lex(tel__arena *arena, tel_slice text, const char *what, tel__ottl_tokens *ret_tokens, tel_error *err)
{
	lexer l = { .arena = arena, .text = text, .what = what };
	tel_err rc;

	if (text.len > TEL_LIMIT_OTTL_BYTES)
		return tel__fail(err, TEL_ERR_LIMIT, "%s of %zu bytes is longer than %d", what, text.len, TEL_LIMIT_OTTL_BYTES);
	if (!tel__utf8_valid(text))
		return tel__ottl_syntax_error(text, tel__utf8_error(text), TEL_ERR_MALFORMED, what, "not UTF-8", err);
	while (l.at < text.len) {
		char c = text.ptr[l.at];
		uint8_t kind = TEL__OTTL_T_END;
		size_t len;

		if (c == ' ' || (c >= '\t' && c <= '\r' && c != '\v')) {
			l.at++;
			continue;
		}
		len = measure(tel__slice_sub(text, l.at, text.len - l.at), &kind);
		if (len == 0)
			return invalid_text(&l, err);
		rc = push(&l, kind, tel__slice_sub(text, l.at, len), l.at + len, err);
		if (rc != TEL_OK)
			return rc;
	}
	rc = push(&l, TEL__OTTL_T_END, TEL_SLICE_LIT("<EOF>"), l.at, err);
	if (rc == TEL_OK)
		*ret_tokens = (tel__ottl_tokens){ l.tokens, l.n };
	return rc;
}
