/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json.h"

#include <string.h>

#include "base/error_i.h"
#include "base/slice_i.h"
#include "base/utf8.h"

enum { EXPECT_VALUE, EXPECT_VALUE_OR_END, EXPECT_KEY, EXPECT_KEY_OR_END, EXPECT_MORE, EXPECT_NOTHING, EXPECT_BROKEN };

void tel__json_init(tel__json *j, tel_slice text)
{
	*j = (tel__json){ .base = text.ptr, .p = text.ptr, .end = text.len ? text.ptr + text.len : text.ptr };
	j->start = j->p;
}

static tel__json_token bad(tel__json *j, const char *at, const char *why)
{
	j->start = at;
	j->why = why;
	j->code = TEL_ERR_MALFORMED;
	j->expect = EXPECT_BROKEN;
	return TEL__JSON_BAD;
}

static void skip_blanks(tel__json *j)
{
	const char *p = j->p;

	while (p < j->end && (*p == ' ' || *p == '\n' || *p == '\r' || *p == '\t'))
		p++;
	j->p = p;
}

/* ---- nesting ---- */

static bool in_object(const tel__json *j)
{
	uint32_t level = j->depth - 1;

	return (j->objects[level / 64] >> (level % 64)) & 1;
}

static tel__json_token open_level(tel__json *j, bool object)
{
	uint64_t bit = (uint64_t)1 << (j->depth % 64);

	if (j->depth == TEL_LIMIT_JSON_DEPTH) {
		bad(j, j->p, "nested too deeply");
		j->code = TEL_ERR_LIMIT;
		return TEL__JSON_BAD;
	}
	if (object)
		j->objects[j->depth / 64] |= bit;
	else
		j->objects[j->depth / 64] &= ~bit;
	j->depth++;
	j->p++;
	j->expect = object ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END;
	return object ? TEL__JSON_OBJECT : TEL__JSON_ARRAY;
}

static void value_done(tel__json *j)
{
	j->expect = j->depth ? EXPECT_MORE : EXPECT_NOTHING;
}

static tel__json_token close_level(tel__json *j)
{
	bool object = in_object(j);

	j->p++;
	j->depth--;
	value_done(j);
	return object ? TEL__JSON_OBJECT_END : TEL__JSON_ARRAY_END;
}

/* ---- scalars ---- */

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'f');
}

/* Behind the escape sequence at p, which points to the backslash; NULL = it is none. */
static const char *past_escape(const char *p, const char *end)
{
	if (end - p < 2)
		return NULL;
	if (p[1] != 'u')
		return memchr("\"\\/bfnrt", p[1], 8) ? p + 2 : NULL;
	if (end - p < 6 || !is_hex(p[2]) || !is_hex(p[3]) || !is_hex(p[4]) || !is_hex(p[5]))
		return NULL;
	return p + 6;
}

#define EACH(byte) (0x0101010101010101u * (uint64_t)(byte))

/* The top bit of each of eight bytes that is a quote, a backslash or a control character; exact for the lowest one. */
static uint64_t specials(uint64_t w)
{
	uint64_t quote = w ^ EACH('"'), slash = w ^ EACH('\\');

	return (((quote - EACH(1)) & ~quote) | ((slash - EACH(1)) & ~slash) | ((w - EACH(0x20)) & ~w)) & EACH(0x80);
}

/* The first byte from p on that is a quote, a backslash or a control character; *high gathers all bytes before it. */
static const char *find_special(const char *p, const char *end, uint64_t *high)
{
	uint64_t w, found;
	unsigned at;

	for (; end - p >= 8; p += 8) {
		memcpy(&w, p, 8);
		found = specials(w);
		if (found) {
			at = (unsigned)__builtin_ctzll(found) & ~7u; /* bits before that byte */
			*high |= w & (((uint64_t)1 << at) - 1);
			return p + at / 8;
		}
		*high |= w;
	}
	for (; p < end && (unsigned char)*p >= 0x20 && *p != '"' && *p != '\\'; p++)
		*high |= (unsigned char)*p;
	return p;
}

/* A string from its opening quote on; sets text and leaves p behind the closing quote. */
static bool read_string(tel__json *j)
{
	const char *from = j->p + 1, *p = from, *next;
	uint64_t high = 0;
	size_t good;

	j->escaped = false;
	for (;;) {
		p = find_special(p, j->end, &high);
		if (p == j->end)
			return bad(j, j->p, "string does not end"), false;
		if (*p == '"')
			break;
		if (*p != '\\')
			return bad(j, p, "control character in a string"), false;
		next = past_escape(p, j->end);
		if (!next)
			return bad(j, p, "bad escape in a string"), false;
		j->escaped = true;
		p = next;
	}
	j->text = (tel_slice){ from, (size_t)(p - from) };
	if ((high & EACH(0x80)) && !tel__utf8_ok((const uint8_t *)from, j->text.len)) {
		good = tel__utf8_error(j->text);
		return bad(j, from + good, "text that is not UTF-8"), false;
	}
	j->p = p + 1;
	return true;
}

static const char *past_digits(const char *p, const char *end)
{
	while (p < end && *p >= '0' && *p <= '9')
		p++;
	return p;
}

static tel__json_token read_number(tel__json *j)
{
	const char *p = j->p, *digits;

	if (*p == '-')
		p++;
	digits = p;
	p = past_digits(p, j->end);
	if (p == digits || (*digits == '0' && p - digits > 1))
		return bad(j, j->p, p == digits ? "number without digits" : "number with a leading zero");
	if (p < j->end && *p == '.') {
		digits = ++p;
		p = past_digits(p, j->end);
		if (p == digits)
			return bad(j, j->p, "number without digits after its point");
	}
	if (p < j->end && (*p | 0x20) == 'e') {
		p++;
		if (p < j->end && (*p == '+' || *p == '-'))
			p++;
		digits = p;
		p = past_digits(p, j->end);
		if (p == digits)
			return bad(j, j->p, "number without digits in its exponent");
	}
	j->text = (tel_slice){ j->p, (size_t)(p - j->p) };
	j->p = p;
	value_done(j);
	return TEL__JSON_NUMBER;
}

static tel__json_token read_word(tel__json *j, const char *word, size_t len, tel__json_token token)
{
	if ((size_t)(j->end - j->p) < len || memcmp(j->p, word, len) != 0)
		return bad(j, j->p, "unknown word");
	j->p += len;
	value_done(j);
	return token;
}

static tel__json_token read_value(tel__json *j)
{
	switch (*j->p) {
	case '{':
		return open_level(j, true);
	case '[':
		return open_level(j, false);
	case '"':
		if (!read_string(j))
			return TEL__JSON_BAD;
		value_done(j);
		return TEL__JSON_STRING;
	case 't':
		return read_word(j, "true", 4, TEL__JSON_TRUE);
	case 'f':
		return read_word(j, "false", 5, TEL__JSON_FALSE);
	case 'n':
		return read_word(j, "null", 4, TEL__JSON_NULL);
	case '-':
	case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
		return read_number(j);
	default:
		return bad(j, j->p, (unsigned char)*j->p == 0xef && j->p == j->base ? "byte order mark" : "no value");
	}
}

static tel__json_token read_key(tel__json *j)
{
	if (*j->p != '"')
		return bad(j, j->p, "no key in quotes");
	if (!read_string(j))
		return TEL__JSON_BAD;
	skip_blanks(j);
	if (j->p == j->end || *j->p != ':')
		return bad(j, j->p, "no colon behind a key");
	j->p++;
	j->expect = EXPECT_VALUE;
	return TEL__JSON_KEY;
}

/* Behind an element: the comma and what it announces, or the end of the level. */
static tel__json_token read_more(tel__json *j)
{
	bool object = in_object(j);

	if (*j->p == (object ? '}' : ']'))
		return close_level(j);
	if (*j->p != ',')
		return bad(j, j->p, object ? "neither a comma nor } behind a member" : "neither a comma nor ] behind an element");
	j->p++;
	skip_blanks(j);
	if (j->p == j->end)
		return bad(j, j->p, "text ends early");
	j->start = j->p;
	return object ? read_key(j) : read_value(j);
}

tel__json_token tel__json_next(tel__json *j)
{
	if (j->expect == EXPECT_BROKEN)
		return TEL__JSON_BAD;
	skip_blanks(j);
	j->start = j->p;
	if (j->expect == EXPECT_NOTHING)
		return j->p == j->end ? TEL__JSON_END : bad(j, j->p, "something behind the value");
	if (j->p == j->end)
		return bad(j, j->p, j->p == j->base ? "empty text" : "text ends early");
	switch (j->expect) {
	case EXPECT_VALUE_OR_END:
		return *j->p == ']' ? close_level(j) : read_value(j);
	case EXPECT_KEY_OR_END:
		return *j->p == '}' ? close_level(j) : read_key(j);
	case EXPECT_MORE:
		return read_more(j);
	default:
		return read_value(j);
	}
}

bool tel__json_skip(tel__json *j, tel__json_token first)
{
	uint32_t outside = j->depth - 1;

	if (first != TEL__JSON_OBJECT && first != TEL__JSON_ARRAY)
		return first != TEL__JSON_BAD;
	while (j->depth > outside)
		if (tel__json_next(j) == TEL__JSON_BAD)
			return false;
	return true;
}

/* ---- text ---- */

static uint32_t hex4(const char *p)
{
	uint32_t v = 0;

	for (size_t i = 0; i < 4; i++)
		v = v << 4 | (uint32_t)(p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
	return v;
}

static char *put_utf8(char *out, uint32_t c)
{
	if (c < 0x80) {
		*out++ = (char)c;
	} else if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
		*out++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*out++ = (char)(0xe0 | c >> 12);
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	} else {
		*out++ = (char)(0xf0 | c >> 18);
		*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
		*out++ = (char)(0x80 | (c & 0x3f));
	}
	return out;
}

/* The character of \uXXXX at *p, with its other half when it is a surrogate. A half alone is U+FFFD: what Go reads,
 * and so the Collector. */
static uint32_t unescape_unicode(const char **p, const char *end)
{
	uint32_t c = hex4(*p + 2), low;

	*p += 6;
	if (c < 0xd800 || c > 0xdfff)
		return c;
	if (c >= 0xdc00 || end - *p < 6 || (*p)[0] != '\\' || (*p)[1] != 'u')
		return 0xfffd;
	low = hex4(*p + 2);
	if (low < 0xdc00 || low > 0xdfff)
		return 0xfffd;
	*p += 6;
	return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

static char unescape_letter(char c)
{
	switch (c) {
	case 'b':
		return '\b';
	case 'f':
		return '\f';
	case 'n':
		return '\n';
	case 'r':
		return '\r';
	case 't':
		return '\t';
	default: /* " \ and / */
		return c;
	}
}

size_t tel__json_unescape(tel_slice text, char *out)
{
	const char *p = text.ptr, *end = text.ptr + text.len, *plain;
	char *to = out;
	size_t n;

	while (p < end) {
		plain = memchr(p, '\\', (size_t)(end - p));
		n = (size_t)((plain ? plain : end) - p);
		memcpy(to, p, n);
		to += n;
		p += n;
		if (p == end)
			break;
		if (p[1] == 'u') {
			to = put_utf8(to, unescape_unicode(&p, end));
		} else {
			*to++ = unescape_letter(p[1]);
			p += 2;
		}
	}
	return (size_t)(to - out);
}

/* ---- positions ---- */

void tel__json_where(const tel__json *j, const char *at, uint32_t *ret_line, uint32_t *ret_column)
{
	const char *line = j->base, *next;
	uint32_t n = 1;

	while (line < at && (next = memchr(line, '\n', (size_t)(at - line)))) {
		line = next + 1;
		n++;
	}
	*ret_line = n;
	*ret_column = (uint32_t)(at - line) + 1;
}

tel_err tel__json_fail(const tel__json *j, tel_error *err)
{
	uint32_t line, column;

	tel__json_where(j, j->start, &line, &column);
	tel__fail_text(err, j->code, line, column, "JSON: %s at line %u, column %u", j->why, line, column);
	if (err)
		err->offset = (uint64_t)(j->start - j->base);
	return j->code;
}
