/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/value.h"

#include <math.h>
#include <stdlib.h>

#include "base/hex64.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "base/utf8.h"
#include "model/value.h"
#include "wire/pb.h"

typedef tel__ottl_value value;

/* As OTLP. */

void tel__ottl_write_text(tel__dynbuf *out, tel_slice text)
{
	while (text.len) {
		size_t good = tel__utf8_ok((const uint8_t *)text.ptr, text.len) ? text.len : tel__utf8_error(text);

		tel__dynbuf_put(out, text.ptr, good);
		if (good == text.len)
			return;
		tel__dynbuf_puts(out, "\xef\xbf\xbd");
		text = tel__slice_sub(text, good + 1, text.len - good - 1);
	}
}

static void add_text(tel__dynbuf *out, uint32_t field, tel_slice text)
{
	size_t opened;

	if (!text.len || tel__utf8_ok((const uint8_t *)text.ptr, text.len)) {
		tel__pb_add_bytes(out, field, text);
		return;
	}
	opened = tel__pb_add_open(out, field);
	tel__ottl_write_text(out, text);
	tel__pb_add_close(out, opened);
}

static bool write_any(tel__dynbuf *out, uint32_t field, const value *v, unsigned depth);

static bool write_pair(tel__dynbuf *out, uint32_t field, tel_slice key, const value *v, unsigned depth)
{
	size_t pair = tel__pb_add_open(out, field);

	add_text(out, TEL__KV_KEY, key);
	if (!write_any(out, TEL__KV_VALUE, v, depth))
		return false;
	tel__pb_add_close(out, pair);
	return true;
}

static bool write_elements(tel__dynbuf *out, const value *v, unsigned depth)
{
	bool map = v->type == TEL__OTTL_V_MAP;
	size_t list = tel__pb_add_open(out, map ? TEL_VALUE_KVLIST : TEL_VALUE_ARRAY);
	tel__ottl_iter it = tel__ottl_iterate(v);
	tel_slice key;
	value item;

	while (map ? tel__ottl_next_pair(&it, &key, &item) : tel__ottl_next_item(&it, &item))
		if (!(map ? write_pair(out, TEL__LIST_VALUES, key, &item, depth - 1) : write_any(out, TEL__LIST_VALUES, &item, depth - 1)))
			return false;
	tel__pb_add_close(out, list);
	return true;
}

/* Bounds are a list of doubles to an attribute; counts, which are not signed, are none. */
static void write_doubles(tel__dynbuf *out, tel_slice numbers)
{
	size_t list = tel__pb_add_open(out, TEL_VALUE_ARRAY);

	for (size_t i = 0; i + 8 <= numbers.len; i += 8) {
		size_t any = tel__pb_add_open(out, TEL__LIST_VALUES);

		tel__pb_add_double(out, TEL_VALUE_DOUBLE, tel__pb_load_double(numbers.ptr + i));
		tel__pb_add_close(out, any);
	}
	tel__pb_add_close(out, list);
}

static bool write_any(tel__dynbuf *out, uint32_t field, const value *v, unsigned depth)
{
	size_t any;

	if (!depth)
		return false;
	any = tel__pb_add_open(out, field);
	switch ((tel__ottl_type)v->type) {
	case TEL__OTTL_V_BOOL:
		tel__pb_add_uint(out, TEL_VALUE_BOOL, v->u.truth);
		break;
	case TEL__OTTL_V_INT:
		tel__pb_add_uint(out, TEL_VALUE_INT, (uint64_t)v->u.i64);
		break;
	case TEL__OTTL_V_FLOAT:
		tel__pb_add_double(out, TEL_VALUE_DOUBLE, v->u.f64);
		break;
	case TEL__OTTL_V_STR:
		add_text(out, TEL_VALUE_STRING, v->u.text);
		break;
	case TEL__OTTL_V_BYTES:
		tel__pb_add_bytes(out, TEL_VALUE_BYTES, v->u.text);
		break;
	case TEL__OTTL_V_MAP:
	case TEL__OTTL_V_LIST:
		if (!write_elements(out, v, depth))
			return false;
		break;
	case TEL__OTTL_V_OPAQUE:
		if (v->form == TEL__OTTL_BOUNDS)
			write_doubles(out, v->u.text);
		break;
	default: /* nil, and what an attribute cannot hold */
		break;
	}
	tel__pb_add_close(out, any);
	return true;
}

bool tel__ottl_write_any(tel__dynbuf *out, uint32_t field, const value *v)
{
	return write_any(out, field, v, TEL_LIMIT_VALUE_DEPTH);
}

bool tel__ottl_write_pair(tel__dynbuf *out, uint32_t field, tel_slice key, const value *v)
{
	return write_pair(out, field, key, v, TEL_LIMIT_VALUE_DEPTH);
}

/* As JSON: what jsoniter makes of it. */

void tel__ottl_json_double(tel__dynbuf *out, double v)
{
	char text[TEL__NUM_DOUBLE_MAX];
	size_t len = tel__num_format_double(v, text);
	double size = fabs(v);

	if (size >= 1e-6 && size < 1e-4) { /* 1.5e-05 is 0.000015 here */
		tel_slice s = { text, len };
		size_t e = tel__slice_find(s, 'e');
		bool minus = text[0] == '-';

		tel__dynbuf_puts(out, minus ? "-0.0000" : "0.0000");
		if (size < 1e-5)
			tel__dynbuf_byte(out, '0');
		for (size_t i = minus; i < e; i++)
			if (text[i] != '.')
				tel__dynbuf_byte(out, text[i]);
		return;
	}
	tel__dynbuf_put(out, text, len);
}

void tel__ottl_json_quote(tel__dynbuf *out, tel_slice text)
{
	static const char plain[] = "\"\\\n\r\t", letters[] = "\"\\nrt";

	tel__dynbuf_byte(out, '"');
	for (size_t i = 0; i < text.len;) {
		size_t step = tel__utf8_step((const uint8_t *)text.ptr + i, text.len - i);
		char c = text.ptr[i];
		const char *named = c ? memchr(plain, c, sizeof plain - 1) : NULL;

		if (!step) {
			tel__dynbuf_puts(out, "\\ufffd");
		} else if (named) {
			tel__dynbuf_byte(out, '\\');
			tel__dynbuf_byte(out, letters[named - plain]);
		} else if ((unsigned char)c < 0x20 || c == '<' || c == '>' || c == '&') {
			tel__dynbuf_fmt(out, "\\u%04x", (unsigned)(unsigned char)c);
		} else if (step == 3 && memcmp(text.ptr + i, "\xe2\x80", 2) == 0 && ((unsigned char)text.ptr[i + 2] & 0xfe) == 0xa8) {
			tel__dynbuf_puts(out, text.ptr[i + 2] & 1 ? "\\u2029" : "\\u2028");
		} else {
			tel__dynbuf_put(out, text.ptr + i, step);
		}
		i += step ? step : 1;
	}
	tel__dynbuf_byte(out, '"');
}

typedef struct json_pair {
	tel_slice key;
	value v;
	uint32_t at;
} json_pair;

/* By key; the later one of two that are equal comes first. */
static int by_key(const void *a, const void *b)
{
	const json_pair *x = a, *y = b;
	int order = tel__slice_cmp(x->key, y->key);

	return order ? order : (y->at > x->at) - (y->at < x->at);
}

static bool json_pairs(tel__dynbuf *out, const value *map, json_pair *pairs)
{
	tel__ottl_iter it = tel__ottl_iterate(map);
	uint32_t n = 0;
	bool first = true;

	while (tel__ottl_next_pair(&it, &pairs[n].key, &pairs[n].v)) {
		pairs[n].at = n;
		n++;
	}
	if (n > 1)
		qsort(pairs, n, sizeof *pairs, by_key);
	tel__dynbuf_byte(out, '{');
	for (uint32_t i = 0; i < n; i++) {
		if (i && tel__slice_eq(pairs[i].key, pairs[i - 1].key))
			continue;
		if (!first)
			tel__dynbuf_byte(out, ',');
		first = false;
		tel__ottl_json_quote(out, pairs[i].key);
		tel__dynbuf_byte(out, ':');
		if (!tel__ottl_json(out, &pairs[i].v))
			return false;
	}
	tel__dynbuf_byte(out, '}');
	return true;
}

static bool json_map(tel__dynbuf *out, const value *map)
{
	uint32_t n = tel__ottl_count(map) + 1;
	json_pair few[8], *pairs = n <= 8 ? few : tel__mem_new(out->alloc, n, sizeof *pairs);
	bool ok;

	if (!pairs) {
		out->error = TEL_ERR_NOMEM;
		return true;
	}
	ok = json_pairs(out, map, pairs);
	if (pairs != few)
		tel__mem_free(out->alloc, pairs, n, sizeof *pairs);
	return ok;
}

static bool json_list(tel__dynbuf *out, const value *list)
{
	tel__ottl_iter it = tel__ottl_iterate(list);
	bool first = true;
	value v;

	tel__dynbuf_byte(out, '[');
	for (; tel__ottl_next_item(&it, &v); first = false) {
		if (!first)
			tel__dynbuf_byte(out, ',');
		if (!tel__ottl_json(out, &v))
			return false;
	}
	tel__dynbuf_byte(out, ']');
	return true;
}

bool tel__ottl_json(tel__dynbuf *out, const value *v)
{
	switch ((tel__ottl_type)v->type) {
	case TEL__OTTL_V_NIL:
		tel__dynbuf_puts(out, "null");
		return true;
	case TEL__OTTL_V_BOOL:
		tel__dynbuf_puts(out, v->u.truth ? "true" : "false");
		return true;
	case TEL__OTTL_V_INT:
	case TEL__OTTL_V_DURATION:
		tel__dynbuf_i64(out, v->u.i64);
		return true;
	case TEL__OTTL_V_FLOAT:
		if (!isfinite(v->u.f64))
			return false;
		tel__ottl_json_double(out, v->u.f64);
		return true;
	case TEL__OTTL_V_STR:
		tel__ottl_json_quote(out, v->u.text);
		return true;
	case TEL__OTTL_V_TIME:
		tel__dynbuf_byte(out, '"');
		tel__ottl_rfc3339(out, v->u.i64);
		tel__dynbuf_byte(out, '"');
		return true;
	case TEL__OTTL_V_MAP:
		return json_map(out, v);
	case TEL__OTTL_V_LIST:
		return json_list(out, v);
	default:
		tel__dynbuf_byte(out, '"');
		tel__base64_encode(v->u.text, out);
		tel__dynbuf_byte(out, '"');
		return true;
	}
}

/* As Go prints it. */

static void go_elements(tel__dynbuf *out, const value *v)
{
	bool map = v->type == TEL__OTTL_V_MAP, first = true;
	tel__ottl_iter it = tel__ottl_iterate(v);
	tel_slice key;
	value item;

	tel__dynbuf_puts(out, map ? "map[" : "[");
	for (; map ? tel__ottl_next_pair(&it, &key, &item) : tel__ottl_next_item(&it, &item); first = false) {
		if (!first)
			tel__dynbuf_byte(out, ' ');
		if (map) {
			tel__dynbuf_slice(out, key);
			tel__dynbuf_byte(out, ':');
		}
		tel__ottl_go_text(out, &item);
	}
	tel__dynbuf_byte(out, ']');
}

static void go_duration(tel__dynbuf *out, int64_t ns)
{
	uint64_t left = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns;
	static const struct { uint64_t ns; const char *unit; } units[] = { { 1000000, "ms" }, { 1000, "\xc2\xb5s" }, { 1, "ns" } };

	if (ns < 0)
		tel__dynbuf_byte(out, '-');
	if (!left) {
		tel__dynbuf_puts(out, "0s");
		return;
	}
	if (left < 1000000000) {
		size_t i = 0;

		while (left < units[i].ns)
			i++;
		tel__ottl_json_double(out, (double)left / (double)units[i].ns);
		tel__dynbuf_puts(out, units[i].unit);
		return;
	}
	if (left >= 3600000000000)
		tel__dynbuf_fmt(out, "%lluh", (unsigned long long)(left / 3600000000000));
	if (left >= 60000000000)
		tel__dynbuf_fmt(out, "%llum", (unsigned long long)(left / 60000000000 % 60));
	tel__ottl_json_double(out, (double)(left % 60000000000) / 1e9);
	tel__dynbuf_byte(out, 's');
}

void tel__ottl_go_text(tel__dynbuf *out, const value *v)
{
	switch ((tel__ottl_type)v->type) {
	case TEL__OTTL_V_NIL:
		tel__dynbuf_puts(out, "<nil>");
		break;
	case TEL__OTTL_V_BOOL:
		tel__dynbuf_puts(out, v->u.truth ? "true" : "false");
		break;
	case TEL__OTTL_V_INT:
		tel__dynbuf_i64(out, v->u.i64);
		break;
	case TEL__OTTL_V_FLOAT:
		tel__dynbuf_double(out, v->u.f64);
		break;
	case TEL__OTTL_V_STR:
		tel__dynbuf_slice(out, v->u.text);
		break;
	case TEL__OTTL_V_TIME:
		tel__ottl_rfc3339(out, v->u.i64);
		break;
	case TEL__OTTL_V_DURATION:
		go_duration(out, v->u.i64);
		break;
	case TEL__OTTL_V_MAP:
	case TEL__OTTL_V_LIST:
		go_elements(out, v);
		break;
	default:
		tel__dynbuf_byte(out, '[');
		for (size_t i = 0; i < v->u.text.len; i++)
			tel__dynbuf_fmt(out, "%s%u", i ? " " : "", (unsigned)(unsigned char)v->u.text.ptr[i]);
		tel__dynbuf_byte(out, ']');
	}
}
