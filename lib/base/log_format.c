/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/limits.h"
#include "base/log_i.h"
#include "base/num.h"
#include "base/utf8.h"

enum { MIN_LINE = 64, TAIL = 8 };

/* A line under construction. Room for the closing text is kept back, so that a cut line still ends as it should. */
typedef struct line {
	char *out;
	size_t len, cap;
	bool first; /* no JSON member was written in this object yet */
} line;

static void put(line *l, const char *bytes, size_t n)
{
	if (n > l->cap - l->len)
		n = l->cap - l->len;
	memcpy(l->out + l->len, bytes, n);
	l->len += n;
}

static void puts_(line *l, const char *text)
{
	put(l, text, strlen(text));
}

/* Foreign text: quotes and backslashes escaped, control characters as \u00NN, bytes that are not UTF-8 as U+FFFD. */
static void put_escaped(line *l, tel_slice s)
{
	char escape[8];
	size_t limit = s.len < TEL_LIMIT_LOG_FIELD_BYTES ? s.len : TEL_LIMIT_LOG_FIELD_BYTES;
	size_t bad = tel__utf8_error(tel__slice_sub(s, 0, limit));

	for (size_t i = 0; i < limit; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		if (i == bad) {
			puts_(l, "\xef\xbf\xbd");
			bad = i + 1 + tel__utf8_error(tel__slice_sub(s, i + 1, limit - i - 1));
		} else if (c == '"' || c == '\\') {
			put(l, (char[]){ '\\', (char)c }, 2);
		} else if (c < 0x20 || c == 0x7f) {
			snprintf(escape, sizeof(escape), "\\u%04x", c);
			puts_(l, escape);
		} else {
			put(l, s.ptr + i, 1);
		}
	}
	if (limit < s.len)
		puts_(l, "...");
}

static void put_key(line *l, tel_slice key)
{
	puts_(l, l->first ? "\"" : ",\"");
	l->first = false;
	put_escaped(l, key);
	puts_(l, "\":");
}

static void put_text(line *l, const char *key, tel_slice value)
{
	put_key(l, tel__slice_str(key));
	puts_(l, "\"");
	put_escaped(l, value);
	puts_(l, "\"");
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
	put_key(l, f->key);
	if (f->is_number) {
		put_number(l, f->number);
	} else {
		puts_(l, "\"");
		put_escaped(l, f->text);
		puts_(l, "\"");
	}
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
	if (style->service_name.len == 0)
		return;
	put_key(l, TEL_SLICE_LIT("resource"));
	puts_(l, "{");
	l->first = true;
	put_text(l, "service.instance.id", style->instance_id);
	put_text(l, "service.name", style->service_name);
	put_text(l, "service.version", style->service_version);
	puts_(l, "}");
	l->first = false;
}

/* A field is written whole or not at all: each byte may take six when escaped. */
static bool fits(const line *l, const tel_log_field *f)
{
	size_t key = f->key.len < TEL_LIMIT_LOG_FIELD_BYTES ? f->key.len : TEL_LIMIT_LOG_FIELD_BYTES;
	size_t text = f->text.len < TEL_LIMIT_LOG_FIELD_BYTES ? f->text.len : TEL_LIMIT_LOG_FIELD_BYTES;

	return l->cap - l->len >= 6 * (key + (f->is_number ? 0 : text)) + TEL__NUM_DOUBLE_MAX + 16;
}

static void put_fields(line *l, const tel_log_entry *entry)
{
	if (entry->component_id.len)
		put_text(l, "otelcol.component.id", entry->component_id);
	if (entry->component_kind.len)
		put_text(l, "otelcol.component.kind", entry->component_kind);
	if (entry->pipeline_id.len) {
		put_text(l, "otelcol.pipeline.id", entry->pipeline_id);
		put_text(l, "otelcol.signal", TEL_SLICE_LIT("metrics"));
	}
	for (size_t i = 0; i < entry->field_count; i++)
		if (fits(l, &entry->fields[i]))
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
	put_text(l, "msg", entry->msg);
	put_resource(l, style);
	put_fields(l, entry);
}

static void format_console(line *l, const tel_log_entry *entry)
{
	put_time(l, entry->unix_ns);
	puts_(l, "\t");
	puts_(l, level_name(entry->level));
	puts_(l, "\t");
	put_escaped(l, entry->msg);
	if (entry->component_id.len || entry->component_kind.len || entry->pipeline_id.len || entry->field_count) {
		puts_(l, "\t{");
		l->first = true;
		put_fields(l, entry);
	}
}

size_t tel_log_format(const tel_log_style *style, const tel_log_entry *entry, char *out, size_t cap)
{
	line l = { out, 0, cap - TAIL, true };
	bool object;
	bool full;

	if (cap < MIN_LINE)
		return 0;
	if (style->encoding == TEL_LOG_JSON) {
		format_json(&l, style, entry);
		object = true;
	} else {
		size_t fields = entry->component_id.len + entry->component_kind.len + entry->pipeline_id.len + entry->field_count;
		format_console(&l, entry);
		object = fields > 0;
	}
	full = l.len == l.cap;
	l.cap = cap;
	if (full && object)
		puts_(&l, "\"}\n"); /* a cut line: close the text it was cut in */
	else
		puts_(&l, object ? "}\n" : "\n");
	return l.len;
}
