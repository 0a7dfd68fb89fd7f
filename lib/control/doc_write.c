/* SPDX-License-Identifier: Apache-2.0 */
/* A document as Go's YAML library writes it: where a scalar needs quotes, which ones, and where lines start. */
#include <math.h>

#include "base/num.h"
#include "base/slice_i.h"
#include "base/utf8.h"
#include "control/doc.h"

enum { INDENT = 4 };

typedef enum style { STYLE_PLAIN, STYLE_SINGLE, STYLE_DOUBLE, STYLE_LITERAL } style;

/* Where a scalar is going to stand. */
typedef enum place { PLACE_BLOCK, PLACE_FLOW, PLACE_KEY } place;

/* ---- what a text looks like to the emitter ---- */

typedef struct looks {
	bool block_indicator, flow_indicator; /* a character that means something there */
	bool line_break, special, tab;
	bool edge_space, edge_break;          /* at the start or the end */
	bool trailing_space, break_space, space_break;
} looks;

static bool is_blank(tel_slice s, size_t i)
{
	return i >= s.len || s.ptr[i] == ' ' || s.ptr[i] == '\t' || s.ptr[i] == '\n' || s.ptr[i] == '\r';
}

/* The code point at i, and its length. The text is UTF-8. */
static uint32_t code_at(tel_slice s, size_t i, size_t *ret_len)
{
	const unsigned char *p = (const unsigned char *)s.ptr + i;
	size_t len = tel__utf8_step((const uint8_t *)p, s.len - i);

	*ret_len = len ? len : 1;
	switch (len) {
	case 2: return (uint32_t)(p[0] & 31) << 6 | (p[1] & 63u);
	case 3: return (uint32_t)(p[0] & 15) << 12 | (uint32_t)(p[1] & 63) << 6 | (p[2] & 63u);
	case 4: return (uint32_t)(p[0] & 7) << 18 | (uint32_t)(p[1] & 63) << 12 | (uint32_t)(p[2] & 63) << 6 | (p[3] & 63u);
	default: return p[0];
	}
}

static bool is_break(uint32_t code)
{
	return code == '\n' || code == '\r' || code == 0x85 || code == 0x2028 || code == 0x2029;
}

static bool is_printable(uint32_t code)
{
	return code == '\n' || (code >= 0x20 && code <= 0x7e) || (code >= 0xa0 && code < 0xd800) ||
	       (code >= 0xe000 && code < 0xfffe && code != 0xfeff);
}

static void look_at_indicator(looks *l, tel_slice s, size_t i, size_t len)
{
	char c = s.ptr[i];
	bool before_blank = is_blank(s, i + len), after_blank = i == 0 || is_blank(s, i - 1);
	bool first = i == 0, block = false, flow = false;

	if (first && memchr("#,[]{}&*!|>'\"%@`", c, 16))
		block = flow = true;
	else if (first && c == '-')
		block = flow = before_blank;
	else if (c == ':' || (first && c == '?'))
		flow = true, block = before_blank;
	else if (!first && memchr(",?[]{}", c, 6))
		flow = true;
	else if (!first && c == '#')
		block = flow = after_blank;
	l->block_indicator = l->block_indicator || block;
	l->flow_indicator = l->flow_indicator || flow;
}

static looks look_at(tel_slice s)
{
	bool after_space = false, after_break = false;
	looks l = { .block_indicator = false };
	size_t len;

	if (s.len >= 3 && (memcmp(s.ptr, "---", 3) == 0 || memcmp(s.ptr, "...", 3) == 0))
		l.block_indicator = l.flow_indicator = true;
	for (size_t i = 0; i < s.len; i += len) {
		uint32_t code = code_at(s, i, &len);
		bool edge = i == 0 || i + len == s.len;

		look_at_indicator(&l, s, i, len);
		l.tab = l.tab || code == '\t';
		l.special = l.special || (code != '\t' && !is_printable(code));
		if (code == ' ') {
			l.edge_space = l.edge_space || edge;
			l.trailing_space = l.trailing_space || i + len == s.len;
			l.break_space = l.break_space || after_break;
		} else if (is_break(code)) {
			l.line_break = true;
			l.edge_break = l.edge_break || edge;
			l.space_break = l.space_break || after_space;
		}
		after_space = code == ' ';
		after_break = is_break(code);
	}
	return l;
}

/* ---- which style ---- */

static bool is_old_bool(tel_slice s)
{
	static const char *const words[] = { "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off",
		                                 "Off", "OFF", NULL };

	for (const char *const *word = words; *word; word++)
		if (tel__slice_is(s, *word))
			return true;
	return false;
}

static size_t skip_digits(tel_slice s, size_t i, bool underscores)
{
	while (i < s.len && ((s.ptr[i] >= '0' && s.ptr[i] <= '9') || (underscores && s.ptr[i] == '_')))
		i++;
	return i;
}

/* YAML 1.1's numbers to the base of 60, such as 1:30. */
static bool is_sexagesimal(tel_slice s)
{
	size_t i = s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+') ? 1 : 0, end = skip_digits(s, i, true);
	unsigned parts = 0;

	if (end == i || s.ptr[i] == '_')
		return false;
	for (i = end; i < s.len && s.ptr[i] == ':'; i = end, parts++) {
		end = skip_digits(s, i + 1, false);
		if (end == i + 1 || end > i + 3 || (end == i + 3 && s.ptr[i + 1] > '5'))
			return false;
	}
	if (i < s.len && s.ptr[i] == '.')
		i = skip_digits(s, i + 1, true);
	return parts > 0 && i == s.len;
}

/* YYYY-M-D, alone or followed by a time: Go would read it back as one. */
static bool is_timestamp(tel_slice s)
{
	size_t month, day, end;

	if (s.len < 8 || skip_digits(s, 0, false) != 4 || s.ptr[4] != '-')
		return false;
	month = skip_digits(s, 5, false);
	if (month == 5 || month > 7 || month >= s.len || s.ptr[month] != '-')
		return false;
	day = month + 1;
	end = skip_digits(s, day, false);
	if (end == day || end > day + 2)
		return false;
	return end == s.len || ((s.ptr[end] == 'T' || s.ptr[end] == 't' || s.ptr[end] == ' ') &&
	                        skip_digits(s, end + 1, false) > end + 1 && tel__slice_find(s, ':') < s.len);
}

static bool reads_back_as_text(tel_slice s)
{
	tel__node node;

	tel__yaml_resolve(s, &node);
	return node.type == TEL__NODE_STRING && !is_old_bool(s) && !is_sexagesimal(s) && !is_timestamp(s);
}

static style choose(tel_slice s, place where)
{
	looks l = look_at(s);
	bool damaged = l.space_break || l.special;
	bool plain = !l.edge_space && !l.edge_break && !l.break_space && !l.tab && !damaged && !l.line_break;
	bool single = !l.break_space && !l.tab && !damaged;
	bool literal = s.len > 0 && !l.trailing_space && !damaged && where == PLACE_BLOCK;

	if (tel__slice_find(s, '\n') < s.len)
		return literal ? STYLE_LITERAL : STYLE_DOUBLE;
	if (!reads_back_as_text(s) || (where == PLACE_KEY && tel__slice_is(s, "<<"))) /* the key that merges */
		return STYLE_DOUBLE;
	if (plain && !(where == PLACE_FLOW ? l.flow_indicator : l.block_indicator))
		return STYLE_PLAIN;
	return single ? STYLE_SINGLE : STYLE_DOUBLE;
}

/* ---- writing ---- */

static void put_indent(tel__dynbuf *out, size_t column)
{
	for (size_t i = 0; i < column; i++)
		tel__dynbuf_byte(out, ' ');
}

static void put_single(tel__dynbuf *out, tel_slice s)
{
	tel__dynbuf_byte(out, '\'');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\'')
			tel__dynbuf_byte(out, '\'');
		tel__dynbuf_byte(out, s.ptr[i]);
	}
	tel__dynbuf_byte(out, '\'');
}

static void put_escape(tel__dynbuf *out, uint32_t code)
{
	static const struct {
		uint32_t code;
		char letter;
	} short_ones[] = { { 0, '0' }, { 7, 'a' }, { 8, 'b' }, { 9, 't' }, { 10, 'n' }, { 11, 'v' }, { 12, 'f' }, { 13, 'r' },
		               { 0x1b, 'e' }, { '"', '"' }, { '\\', '\\' }, { 0x85, 'N' }, { 0xa0, '_' }, { 0x2028, 'L' },
		               { 0x2029, 'P' } };

	tel__dynbuf_byte(out, '\\');
	for (size_t i = 0; i < sizeof(short_ones) / sizeof(short_ones[0]); i++)
		if (short_ones[i].code == code) {
			tel__dynbuf_byte(out, short_ones[i].letter);
			return;
		}
	tel__dynbuf_fmt(out, code <= 0xff ? "x%02X" : code <= 0xffff ? "u%04X" : "U%08X", code);
}

static void put_double(tel__dynbuf *out, tel_slice s)
{
	bool marked = tel__slice_starts(s, TEL_SLICE_LIT("\xef\xbb\xbf")); /* such a text is escaped throughout there */
	size_t len;

	tel__dynbuf_byte(out, '"');
	for (size_t i = 0; i < s.len; i += len) {
		uint32_t code = code_at(s, i, &len);

		if (marked || !is_printable(code) || is_break(code) || code == '"' || code == '\\')
			put_escape(out, code);
		else
			tel__dynbuf_put(out, s.ptr + i, len);
	}
	tel__dynbuf_byte(out, '"');
}

/* Where a first line starts with a blank, the indent must be told; Go tells its own, even where lines start elsewhere. */
static void put_literal(tel__dynbuf *out, tel_slice s, size_t parent, size_t column)
{
	bool ends = s.ptr[s.len - 1] == '\n';
	tel_slice line;

	tel__dynbuf_byte(out, '|');
	if (s.ptr[0] == ' ' || s.ptr[0] == '\n')
		tel__dynbuf_fmt(out, "%zu", column - parent);
	if (!ends)
		tel__dynbuf_byte(out, '-');
	else if (s.len == 1 || s.ptr[s.len - 2] == '\n')
		tel__dynbuf_byte(out, '+');
	if (ends)
		s.len--;
	for (bool more = tel__slice_next(&s, '\n', &line); more; more = tel__slice_next(&s, '\n', &line)) {
		tel__dynbuf_byte(out, '\n');
		if (line.len)
			put_indent(out, column);
		tel__dynbuf_slice(out, line);
	}
}

/* column: where the lines of a literal start; parent: where those of the map or list start that it stands in. */
static void put_text(tel__dynbuf *out, tel_slice s, place where, size_t parent, size_t column)
{
	switch (choose(s, where)) {
	case STYLE_PLAIN: tel__dynbuf_slice(out, s); break;
	case STYLE_SINGLE: put_single(out, s); break;
	case STYLE_DOUBLE: put_double(out, s); break;
	case STYLE_LITERAL: put_literal(out, s, parent, column); break;
	}
}

static void put_double_value(tel__dynbuf *out, double v)
{
	if (isfinite(v))
		tel__dynbuf_double(out, v);
	else
		tel__dynbuf_puts(out, isnan(v) ? ".nan" : v < 0 ? "-.inf" : ".inf");
}

static void put_scalar(tel__dynbuf *out, const tel__node *node, place where, size_t parent, size_t column)
{
	switch (node->type) {
	case TEL__NODE_BOOL: tel__dynbuf_puts(out, node->v.b ? "true" : "false"); break;
	case TEL__NODE_INT: tel__dynbuf_i64(out, node->v.i); break;
	case TEL__NODE_UINT: tel__dynbuf_u64(out, node->v.u); break;
	case TEL__NODE_FLOAT: put_double_value(out, node->v.d); break;
	case TEL__NODE_STRING: put_text(out, node->text, where, parent, column); break;
	default: tel__dynbuf_puts(out, "null"); break;
	}
}

static size_t count_of(const tel__node *node)
{
	return node->type == TEL__NODE_MAP ? node->v.map.count : node->type == TEL__NODE_LIST ? node->v.list.count : 0;
}

static bool is_flat_list(const tel__node *node)
{
	for (uint32_t i = 0; node->type == TEL__NODE_LIST && i < node->v.list.count; i++)
		if (node->v.list.items[i]->type >= TEL__NODE_MAP)
			return false;
	return node->type == TEL__NODE_LIST;
}

static void put_flow_list(tel__dynbuf *out, const tel__node *list)
{
	tel__dynbuf_byte(out, '[');
	for (uint32_t i = 0; i < list->v.list.count; i++) {
		tel__dynbuf_puts(out, i ? ", " : "");
		put_scalar(out, list->v.list.items[i], PLACE_FLOW, 0, 0);
	}
	tel__dynbuf_byte(out, ']');
}

static void put_block(tel__dynbuf *out, const tel__node *node, size_t column, bool first_inline);

/* What stands behind "key:" or "-" in column parent. column: where a block below it starts; first_inline: on this line. */
static void put_value(tel__dynbuf *out, const tel__node *node, size_t parent, size_t column, bool first_inline)
{
	if (node->type < TEL__NODE_MAP) {
		tel__dynbuf_byte(out, ' ');
		put_scalar(out, node, PLACE_BLOCK, parent, column);
		tel__dynbuf_byte(out, '\n');
	} else if (count_of(node) == 0) {
		tel__dynbuf_puts(out, node->type == TEL__NODE_MAP ? " {}\n" : " []\n");
	} else {
		tel__dynbuf_byte(out, first_inline ? ' ' : '\n');
		put_block(out, node, column, first_inline);
	}
}

static size_t column_below(size_t column)
{
	return INDENT * ((column + INDENT) / INDENT);
}

/* A map or list that is not empty. Depth is that of what was rendered. */
static void put_block(tel__dynbuf *out, const tel__node *node, size_t column, bool first_inline)
{
	for (size_t i = 0; i < count_of(node); i++) {
		if (i > 0 || !first_inline)
			put_indent(out, column);
		if (node->type == TEL__NODE_LIST) {
			tel__dynbuf_byte(out, '-');
			put_value(out, node->v.list.items[i], column, column + 2, true);
			continue;
		}
		put_text(out, node->v.map.entries[i].key, PLACE_KEY, 0, 0);
		tel__dynbuf_byte(out, ':');
		if (tel__slice_is(node->v.map.entries[i].key, "source_labels") && is_flat_list(node->v.map.entries[i].value)) {
			tel__dynbuf_byte(out, ' ');
			put_flow_list(out, node->v.map.entries[i].value);
			tel__dynbuf_byte(out, '\n');
		} else {
			put_value(out, node->v.map.entries[i].value, column, column_below(column), false);
		}
	}
}

void tel__doc_write(const tel__node *root, tel__dynbuf *out)
{
	if (count_of(root) == 0)
		tel__dynbuf_puts(out, "{}\n");
	else
		put_block(out, root, 0, false);
}
