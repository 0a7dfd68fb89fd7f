/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "base/log_i.h"
#include "base/num.h"
#include "base/utf8.h"

enum { MIN_LINE = 64, TAIL = 2 };

/*
 * A line under construction. A put that does not fit writes nothing and sets full, and so do all after it: what is there
 * ends at a border (of a character, of an escape). Members of an object are written whole or taken back.
 */
typedef struct line {
	char *out;
	size_t len, cap;
	bool first; /* no JSON member was written in this object yet */
	bool wide;  /* a blank behind commas and colons, as the Collector's console lines have it */
	bool full;
} line;

static void put(line *l, const char *bytes, size_t n)
{
	l->full = l->full || n > l->cap - l->len;
	if (l->full)
		return;
	memcpy(l->out + l->len, bytes, n);
	l->len += n;
}

static void puts_(line *l, const char *text)
{
	put(l, text, strlen(text));
}

static void put_escape(line *l, unsigned c)
{
	char escape[8];

	snprintf(escape, sizeof(escape), "\\u%04x", c);
	puts_(l, escape);
}

/* Separators that some readers take for the end of a line, and marks that turn the order of what follows around; 0 = none. */
static unsigned steering_mark(const char *p, size_t len)
{
	unsigned code = len == 3 ? ((unsigned char)p[0] & 15u) << 12 | ((unsigned char)p[1] & 63u) << 6 | ((unsigned char)p[2] & 63u) : 0;

	return (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ? code : 0;
}

/* One character of at most n bytes; returns its length. */
static size_t put_char(line *l, const char *p, size_t n)
{
	size_t len = tel__utf8_step((const uint8_t *)p, n);
	unsigned char c = (unsigned char)*p;

	if (len == 0)
		puts_(l, "\xef\xbf\xbd");
	else if (c == '"' || c == '\\')
		put(l, (char[]){ '\\', (char)c }, 2);
	else if (c < 0x20 || c == 0x7f)
		put_escape(l, c);
	else if (len == 2 && c == 0xc2 && (unsigned char)p[1] < 0xa0) /* C1 control characters steer terminals, too */
		put_escape(l, (unsigned char)p[1]);
	else if (steering_mark(p, len))
		put_escape(l, steering_mark(p, len));
	else
		put(l, p, len);
	return len ? len : 1;
}

/* Foreign text: quotes and backslashes escaped, control characters as \u00NN, bytes that are not UTF-8 as U+FFFD. */
static void put_escaped(line *l, tel_slice s)
{
	size_t limit = tel__slice_cut(s, TEL_LIMIT_LOG_FIELD_BYTES).len;

	for (size_t i = 0; i < limit && !l->full;)
		i += put_char(l, s.ptr + i, limit - i);
	if (limit < s.len)
		puts_(l, "...");
}

static void put_key(line *l, tel_slice key)
{
	puts_(l, l->first ? "\"" : l->wide ? ", \"" : ",\"");
	l->first = false;
	put_escaped(l, key);
	puts_(l, l->wide ? "\": " : "\":");
}

static void put_quoted(line *l, tel_slice value)
{
	puts_(l, "\"");
	put_escaped(l, value);
	puts_(l, "\"");
}

/* A member is there whole or not at all. */
static void keep_or_take_back(line *l, const line *before)
{
	if (l->full)
		*l = *before;
}

static void put_text(line *l, const char *key, tel_slice value)
{
	line before = *l;

	put_key(l, tel__slice_str(key));
	put_quoted(l, value);
	keep_or_take_back(l, &before);
}

/* The message is the one text that is cut where the line ends instead of left out. */
static void put_cut(line *l, tel_slice text, size_t keep_back)
{
	l->cap -= keep_back;
	put_escaped(l, text);
	l->cap += keep_back;
	l->full = false;
}

static void put_number(line *l, double value)
{
	char text[TEL__NUM_DOUBLE_MAX];
	size_t n = tel__num_format_double(value, text);
	bool finite = value - value == 0;

	if (!finite)
		puts_(l, "\"");
	put(l, text, n);
	if (!finite)
		puts_(l, "\"");
}

static void put_field(line *l, const tel_log_field *f)
{
	line before = *l;

	put_key(l, f->key);
	if (f->is_number)
		put_number(l, f->number);
	else
		put_quoted(l, f->text);
	keep_or_take_back(l, &before);
}

static void put_time(line *l, uint64_t unix_ns)
{
	time_t seconds = (time_t)(unix_ns / 1000000000u);
	char text[48];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%03uZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
	         tm.tm_hour, tm.tm_min, tm.tm_sec, (unsigned)(unix_ns / 1000000u % 1000u));
	puts_(l, text);
}

static void put_resource(line *l, const tel_log_style *style)
{
	line before = *l;

	if (!style->service_name.ptr && !style->service_version.ptr && !style->instance_id.ptr && !style->resource_count)
		return;
	put_key(l, TEL_SLICE_LIT("resource"));
	puts_(l, "{");
	l->first = true;
	if (style->instance_id.ptr)
		put_text(l, "service.instance.id", style->instance_id);
	if (style->service_name.ptr)
		put_text(l, "service.name", style->service_name);
	if (style->service_version.ptr)
		put_text(l, "service.version", style->service_version);
	for (size_t i = 0; i < style->resource_count; i++)
		put_field(l, &style->resource[i]);
	puts_(l, "}");
	l->first = false;
	keep_or_take_back(l, &before);
}

static void put_initial_fields(line *l, const tel_log_style *style)
{
	for (size_t i = 0; i < style->field_count; i++)
		put_field(l, &style->fields[i]);
}

static void put_fields(line *l, const tel_log_entry *entry)
{
	if (entry->component_id.len)
		put_text(l, "otelcol.component.id", entry->component_id);
	if (entry->component_kind.len)
		put_text(l, "otelcol.component.kind", entry->component_kind);
	if (entry->pipeline_id.len)
		put_text(l, "otelcol.pipeline.id", entry->pipeline_id);
	/* Receivers and extensions serve every signal, and so have none. */
	if (entry->pipeline_id.len || tel__slice_is(entry->component_kind, "exporter"))
		put_text(l, "otelcol.signal", TEL_SLICE_LIT("metrics"));
	for (size_t i = 0; i < entry->field_count; i++)
		put_field(l, &entry->fields[i]);
}

static const char *level_name(tel_log_level level)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };
	return level >= TEL_LOG_DEBUG && level <= TEL_LOG_ERROR ? names[level] : "error";
}

static void format_json(line *l, const tel_log_style *style, const tel_log_entry *entry)
{
	puts_(l, "{");
	l->first = true;
	put_text(l, "level", tel__slice_str(level_name(entry->level)));
	put_key(l, TEL_SLICE_LIT("ts"));
	puts_(l, "\"");
	put_time(l, entry->unix_ns);
	puts_(l, "\"");
	put_key(l, TEL_SLICE_LIT("msg"));
	puts_(l, "\"");
	put_cut(l, entry->msg, 1);
	puts_(l, "\"");
	put_initial_fields(l, style);
	put_resource(l, style);
	put_fields(l, entry);
	l->cap += TAIL;
	puts_(l, "}\n");
}

static void format_console(line *l, const tel_log_style *style, const tel_log_entry *entry)
{
	line before;

	put_time(l, entry->unix_ns);
	puts_(l, "\t");
	puts_(l, level_name(entry->level));
	puts_(l, "\t");
	put_cut(l, entry->msg, 0);
	before = *l;
	puts_(l, "\t{");
	l->first = l->wide = true;
	put_initial_fields(l, style);
	put_fields(l, entry);
	l->cap += TAIL;
	if (l->first) { /* no field, or none that fits */
		*l = before;
		l->cap += TAIL;
		puts_(l, "\n");
	} else {
		puts_(l, "}\n");
	}
}

size_t tel_log_format(const tel_log_style *style, const tel_log_entry *entry, char *out, size_t cap)
{
	line l = { .out = out, .cap = cap - TAIL, .first = true };
	tel_log_style full = TEL_LOG_STYLE_INIT; /* callers that were built before knew less of it */

	if (cap < MIN_LINE)
		return 0;
	memcpy(&full, style, style->size >= sizeof(full) ? sizeof(full) : offsetof(tel_log_style, resource));
	style = &full;
	if (style->encoding == TEL_LOG_JSON)
		format_json(&l, style, entry);
	else
		format_console(&l, style, entry);
	return l.len;
}
