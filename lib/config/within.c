/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A place in the text of a scalar -> a place in the file. The scalar is walked in the source beside its text; both must
 * agree up to the place. Where they do not (the text came out of ${...}, or is written in a way that is not followed
 * here), the place is the start of the scalar.
 */
#include "base/slice_i.h"
#include "config/loader.h"

typedef struct cursor {
	const char *at, *end;
	uint32_t line, column; /* of at, in characters */
} cursor;

static bool is_break(char c)
{
	return c == '\n' || c == '\r';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || is_break(c);
}

static void step(cursor *c)
{
	char was = *c->at++;

	if (was == '\n' || (was == '\r' && (c->at == c->end || *c->at != '\n'))) {
		c->line++;
		c->column = 1;
	} else if (was != '\r') {
		while (c->at < c->end && ((unsigned char)*c->at & 0xc0) == 0x80)
			c->at++;
		c->column++;
	}
}

/* Writes where lines start, to offsets unless NULL; how many there are. */
static size_t list_lines(tel_slice text, uint32_t *offsets)
{
	cursor c = { text.ptr, text.ptr + text.len, 1, 1 };

	for (uint32_t line = 0; c.at < c.end; step(&c))
		if (c.line != line) {
			line = c.line;
			if (offsets)
				offsets[line - 1] = (uint32_t)(c.at - text.ptr);
		}
	return c.line;
}

static void *take(tel__loader *l, size_t count, size_t size)
{
	void *p = tel__arena_array(l->config->arena, count, size);

	if (p)
		memset(p, 0, count * size);
	else if (tel__arena_error(l->config->arena) == TEL_ERR_NOMEM)
		l->fatal = TEL_ERR_NOMEM;
	return p;
}

/* Where the lines of a source start, made when first asked for. */
static const uint32_t *line_table(tel__loader *l, uint16_t source, size_t *ret_count)
{
	tel_slice text = l->sources[source].text;
	size_t count;
	uint32_t *offsets;

	if (!l->lines)
		l->lines = take(l, l->source_count, sizeof(*l->lines));
	if (!l->lines)
		return NULL;
	if (!l->lines[source].offsets) {
		count = list_lines(text, NULL);
		offsets = take(l, count, sizeof(*offsets));
		if (!offsets)
			return NULL;
		list_lines(text, offsets);
		l->lines[source].offsets = offsets;
		l->lines[source].count = count;
	}
	*ret_count = l->lines[source].count;
	return l->lines[source].offsets;
}

/* The start of node in its source. */
static bool find_node(tel__loader *l, const tel__node *node, cursor *ret_cursor)
{
	const uint32_t *lines;
	tel_slice text;
	size_t count;

	if (node->source >= l->source_count || node->line == 0)
		return false;
	lines = line_table(l, node->source, &count);
	if (!lines || node->line > count)
		return false;
	text = l->sources[node->source].text;
	*ret_cursor = (cursor){ text.ptr + lines[node->line - 1], text.ptr + text.len, node->line, 1 };
	while (ret_cursor->at < ret_cursor->end && ret_cursor->column < node->column && ret_cursor->line == node->line)
		step(ret_cursor);
	return ret_cursor->at < ret_cursor->end && ret_cursor->line == node->line;
}

/* Blanks of both sides, when those of the source hold a line break: folding makes one of them out of many. */
static bool skip_break(cursor *s, tel_slice text, size_t *at)
{
	cursor ahead = *s;
	bool broken = false;

	while (ahead.at < ahead.end && is_blank(*ahead.at)) {
		broken = broken || is_break(*ahead.at);
		step(&ahead);
	}
	if (!broken)
		return false;
	while (*at < text.len && is_blank(text.ptr[*at]))
		++*at;
	*s = ahead;
	return true;
}

/* An escape of a double quoted scalar stands for one character, or for nothing before a line break. */
static bool skip_escape(cursor *s, tel_slice text, size_t *at)
{
	unsigned digits;

	step(s);
	if (s->at == s->end || *at >= text.len)
		return false;
	if (is_break(*s->at)) {
		while (s->at < s->end && is_blank(*s->at))
			step(s);
		return true;
	}
	digits = *s->at == 'x' ? 2 : *s->at == 'u' ? 4 : *s->at == 'U' ? 8 : 0;
	for (unsigned i = 0; i <= digits && s->at < s->end; i++)
		step(s);
	do
		++*at;
	while (*at < text.len && ((unsigned char)text.ptr[*at] & 0xc0) == 0x80);
	return true;
}

static size_t offset_of(tel_slice text, uint64_t line, uint64_t column)
{
	size_t at = 0;

	for (; line > 1 && at < text.len; at++)
		line -= text.ptr[at] == '\n';
	return column > 0 && column - 1 < text.len - at ? at + (size_t)(column - 1) : text.len;
}

/* Walks both to the byte wanted of text; false: they are not the same. */
static bool walk_to(cursor *s, char quote, bool expanded, tel_slice text, size_t wanted)
{
	size_t at = 0;

	while (at < wanted && s->at < s->end) {
		if (is_blank(*s->at) && skip_break(s, text, &at))
			continue;
		if (quote == '"' && *s->at == '\\') {
			if (!skip_escape(s, text, &at))
				return false;
			continue;
		}
		if (*s->at != text.ptr[at])
			return false;
		if ((quote == '\'' && *s->at == '\'') || (expanded && *s->at == '$' && s->at + 1 < s->end && s->at[1] == '$'))
			step(s);
		if (s->at == s->end)
			return false;
		step(s);
		do
			at++;
		while (at < text.len && ((unsigned char)text.ptr[at] & 0xc0) == 0x80);
	}
	return at >= wanted;
}

tel__position tel__position_within(tel__loader *l, const tel__node *node, uint64_t line, uint64_t column)
{
	tel__position start = tel__position_of(node);
	tel_slice text = node->text;
	char quote = 0;
	cursor s;

	if (node->type >= TEL__NODE_MAP || node->whole || !find_node(l, node, &s))
		return start;
	if (node->quoted) {
		quote = *s.at;
		if (quote == '|' || quote == '>')
			while (s.at < s.end && !is_break(*s.at))
				step(&s);
		else if (quote == '"' || quote == '\'')
			step(&s);
		else
			return start; /* an anchor or a tag stands before it */
		while ((quote == '|' || quote == '>') && s.at < s.end && is_blank(*s.at) && text.len && !is_blank(text.ptr[0]))
			step(&s);
	}
	if (!walk_to(&s, quote, l->config->expanded, text, offset_of(text, line, column)))
		return start;
	return (tel__position){ node->source, s.line, s.column };
}
