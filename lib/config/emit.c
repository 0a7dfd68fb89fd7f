/* SPDX-License-Identifier: Apache-2.0 */
#include "config/emit.h"

#include <math.h>

#include "base/num.h"
#include "base/slice_i.h"
#include "base/utf8.h"
#include "config/duration.h"

void tel__emit_indent(tel__emitter *e, unsigned level)
{
	for (unsigned i = 0; i < level; i++)
		tel__dynbuf_puts(e->out, "  ");
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '/';
}

/* May stand without quotes: reads back as this string in any place. */
static bool is_plain(tel_slice text)
{
	tel__node node;

	if (text.len == 0 || !is_word(text.ptr[0]))
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (!is_word(text.ptr[i]) && (text.ptr[i] < '0' || text.ptr[i] > '9') && text.ptr[i] != '.' && text.ptr[i] != '-')
			return false;
	tel__yaml_resolve(text, &node);
	return node.type == TEL__NODE_STRING;
}

/* Length of the character at p that must not stand as it is: controls, line breaks and the like beyond ASCII. */
static size_t special_length(tel_slice text, size_t at)
{
	static const struct {
		char bytes[3];
		size_t len;
	} specials[] = { { { '\xe2', '\x80', '\xa8' }, 3 }, { { '\xe2', '\x80', '\xa9' }, 3 }, { { '\xef', '\xbb', '\xbf' }, 3 },
		             { { '\xef', '\xbf', '\xbe' }, 3 }, { { '\xef', '\xbf', '\xbf' }, 3 } };

	if (text.ptr[at] == '\xc2' && at + 1 < text.len && (unsigned char)text.ptr[at + 1] < 0xa0)
		return 2;
	for (size_t i = 0; i < sizeof(specials) / sizeof(specials[0]); i++)
		if (text.len - at >= 3 && memcmp(text.ptr + at, specials[i].bytes, 3) == 0)
			return 3;
	return 0;
}

static void put_code(tel__emitter *e, unsigned code)
{
	tel__dynbuf_fmt(e->out, code < 0x100 ? "\\x%02x" : "\\u%04x", code);
}

/* Inside of double quotes. Bytes that are not UTF-8, which a file cannot hold, come out as Latin-1. */
static void put_escaped(tel__emitter *e, tel_slice text, bool dollars)
{
	bool valid = tel__utf8_valid(text);

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		size_t special = valid && c >= 0x80 ? special_length(text, i) : 0;

		if (c == '"' || c == '\\') {
			tel__dynbuf_byte(e->out, '\\');
			tel__dynbuf_byte(e->out, (char)c);
		} else if (c == '\n') {
			tel__dynbuf_puts(e->out, "\\n");
		} else if (c < 0x20 || c == 0x7f || (c >= 0x80 && !valid)) {
			put_code(e, c);
		} else if (special == 2) {
			put_code(e, (unsigned char)text.ptr[++i]);
		} else if (special == 3) {
			put_code(e, (c & 15u) << 12 | ((unsigned char)text.ptr[i + 1] & 63u) << 6 |
			         ((unsigned char)text.ptr[i + 2] & 63u));
			i += 2;
		} else {
			if (c == '$' && dollars)
				tel__dynbuf_byte(e->out, '$');
			tel__dynbuf_byte(e->out, (char)c);
		}
	}
}

void tel__emit_key(tel__emitter *e, unsigned level, tel_slice key)
{
	tel__emit_indent(e, level);
	if (is_plain(key)) {
		tel__dynbuf_slice(e->out, key);
	} else {
		tel__dynbuf_byte(e->out, '"');
		put_escaped(e, key, false);
		tel__dynbuf_byte(e->out, '"');
	}
	tel__dynbuf_byte(e->out, ':');
}

/* Start and end of "user:password" in "scheme://user:password@host"; false when there is none. */
static bool find_userinfo(tel_slice text, size_t *ret_from, size_t *ret_to)
{
	size_t from = 0, at = 0;

	while (from + 2 < text.len && memcmp(text.ptr + from, "://", 3) != 0)
		from++;
	if (from + 2 >= text.len)
		return false;
	from += 3;
	for (size_t i = from; i < text.len && !memchr("/?# ", text.ptr[i], 4); i++)
		if (text.ptr[i] == '@')
			at = i;
	*ret_from = from;
	*ret_to = at;
	return at > from;
}

/* Where the query of a URL starts, behind its '?'; text.len when text is no URL, or has none. Queries hold keys, too. */
static size_t find_query(tel_slice text)
{
	size_t mark = tel__slice_find(text, '?'), scheme = 0;

	while (scheme + 2 < mark && memcmp(text.ptr + scheme, "://", 3) != 0)
		scheme++;
	if (scheme + 2 >= mark || mark + 1 >= text.len || tel__slice_find(text, ' ') < text.len)
		return text.len;
	return mark + 1;
}

void tel__emit_string(tel__emitter *e, tel_slice text)
{
	size_t from, to, query;
	bool hidden;

	if (is_plain(text)) {
		tel__dynbuf_slice(e->out, text);
		return;
	}
	tel__dynbuf_byte(e->out, '"');
	query = find_query(text);
	hidden = query < text.len;
	text.len = query;
	if (find_userinfo(text, &from, &to)) {
		put_escaped(e, tel__slice_sub(text, 0, from), e->dollars);
		tel__dynbuf_puts(e->out, "[REDACTED]");
		text = tel__slice_sub(text, to, text.len - to);
	}
	put_escaped(e, text, e->dollars);
	if (hidden)
		tel__dynbuf_puts(e->out, "[REDACTED]");
	tel__dynbuf_byte(e->out, '"');
}

void tel__emit_double(tel__emitter *e, double value)
{
	char text[TEL__NUM_DOUBLE_MAX];
	size_t len = tel__num_format_double(value, text);
	bool whole = true;

	if (isnan(value) || isinf(value)) {
		tel__dynbuf_puts(e->out, isnan(value) ? ".nan" : value > 0 ? ".inf" : "-.inf");
		return;
	}
	for (size_t i = 0; i < len; i++)
		whole = whole && text[i] != '.' && text[i] != 'e';
	tel__dynbuf_put(e->out, text, len);
	tel__dynbuf_puts(e->out, whole ? ".0" : "");
}

void tel__emit_masked(tel__emitter *e, tel_slice secret)
{
	tel__dynbuf_puts(e->out, secret.len ? "\"[REDACTED]\"" : "\"\"");
}

void tel__emit_field(tel__emitter *e, const tel__key *row, const void *field)
{
	char text[TEL__DURATION_MAX];

	switch (row->type) {
	case TEL__KEY_BOOL:
		tel__dynbuf_puts(e->out, *(const bool *)field ? "true" : "false");
		break;
	case TEL__KEY_INT:
		tel__dynbuf_i64(e->out, *(const int64_t *)field);
		break;
	case TEL__KEY_UINT32:
		tel__dynbuf_u64(e->out, *(const uint32_t *)field);
		break;
	case TEL__KEY_UINT64:
		tel__dynbuf_u64(e->out, *(const uint64_t *)field);
		break;
	case TEL__KEY_DOUBLE:
		tel__emit_double(e, *(const double *)field);
		break;
	case TEL__KEY_DURATION:
		tel__dynbuf_put(e->out, text, tel__duration_format(*(const int64_t *)field, text));
		break;
	case TEL__KEY_ENUM:
		tel__emit_string(e, tel__slice_str(row->words[*(const int32_t *)field]));
		break;
	case TEL__KEY_SECRET:
		tel__emit_masked(e, *(const tel_slice *)field);
		break;
	default:
		tel__emit_string(e, *(const tel_slice *)field);
		break;
	}
}

static bool ends_nocase(tel_slice text, const char *end)
{
	tel_slice e = tel__slice_str(end);

	return text.len >= e.len && tel__slice_eq_nocase(tel__slice_sub(text, text.len - e.len, e.len), e);
}

/* Keys of trees without a table (Prometheus configurations and the like) that hold secrets. */
static bool is_secret_key(tel_slice key)
{
	static const char *const ends[] = { "password", "secret", "token", "credentials", "key_pem", "api_key",
		                                "authorization", NULL };

	for (const char *const *end = ends; *end; end++)
		if (ends_nocase(key, *end))
			return true;
	return false;
}

static void put_scalar(tel__emitter *e, const tel__node *node)
{
	switch (node->type) {
	case TEL__NODE_BOOL:
		tel__dynbuf_puts(e->out, node->v.b ? "true" : "false");
		break;
	case TEL__NODE_INT:
		tel__dynbuf_i64(e->out, node->v.i);
		break;
	case TEL__NODE_UINT:
		tel__dynbuf_u64(e->out, node->v.u);
		break;
	case TEL__NODE_FLOAT:
		tel__emit_double(e, node->v.d);
		break;
	case TEL__NODE_STRING:
		tel__emit_string(e, node->text);
		break;
	default:
		tel__dynbuf_puts(e->out, "null");
		break;
	}
	tel__dynbuf_byte(e->out, '\n');
}

/* Depth is bounded by the depth of a document. */
static void put_node(tel__emitter *e, unsigned level, const tel__node *node, bool secret)
{
	bool map = node->type == TEL__NODE_MAP;
	uint32_t count = map ? node->v.map.count : node->type == TEL__NODE_LIST ? node->v.list.count : 0;

	if (node->type < TEL__NODE_MAP && secret && node->type != TEL__NODE_NULL) {
		tel__dynbuf_byte(e->out, ' ');
		tel__emit_masked(e, node->type == TEL__NODE_STRING ? node->text : TEL_SLICE_LIT("x"));
		tel__dynbuf_byte(e->out, '\n');
	} else if (node->type < TEL__NODE_MAP) {
		tel__dynbuf_byte(e->out, ' ');
		put_scalar(e, node);
	} else if (count == 0) {
		tel__dynbuf_puts(e->out, map ? " {}\n" : " []\n");
	} else {
		tel__dynbuf_byte(e->out, '\n');
	}
	for (uint32_t i = 0; i < count; i++) {
		tel_slice key = map ? node->v.map.entries[i].key : (tel_slice){ NULL, 0 };

		if (map) {
			tel__emit_key(e, level + 1, key);
			put_node(e, level + 1, node->v.map.entries[i].value, secret || is_secret_key(key) ||
			         tel__slice_is(key, "headers"));
		} else {
			tel__emit_indent(e, level + 1);
			tel__dynbuf_byte(e->out, '-');
			put_node(e, level + 1, node->v.list.items[i], secret);
		}
	}
}

void tel__emit_node(tel__emitter *e, unsigned level, const tel__node *node, bool secret)
{
	put_node(e, level, node, secret);
}
