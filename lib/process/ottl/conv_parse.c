/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/functions_i.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/num.h"
#include "process/ottl/text.h"
#include "wire/json.h"
#include "wire/pb.h"

typedef tel__ottl_call call;
typedef tel__ottl_compiler compiler;
typedef tel__ottl_machine machine;
typedef tel__ottl_value value;

/* Texts that hold values, otel-processing.md 3.4, 3.6. */

/* Keys that come again: the last one counts, as in a Go map, and stands where it stood. */

typedef struct member {
	tel_slice key;
	value v;
	uint32_t at;
	bool lost;
} member;

static int by_key_then_place(const void *a, const void *b)
{
	const member *x = a, *y = b;
	int order = tel__slice_cmp(x->key, y->key);

	return order ? order : (x->at > y->at) - (x->at < y->at);
}

static int by_place(const void *a, const void *b)
{
	const member *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

static bool last_wins(machine *m, value *map)
{
	uint32_t count = tel__ottl_count(map), n = 0, lost = 0;
	tel__ottl_iter it = tel__ottl_iterate(map);
	size_t from = m->out.len;
	member *all;

	if (count < 2)
		return true;
	all = tel__ottl_take(m, count * sizeof(*all));
	if (!all)
		return false;
	for (; tel__ottl_next_pair(&it, &all[n].key, &all[n].v); n++) {
		all[n].at = n;
		all[n].lost = false;
	}
	qsort(all, n, sizeof(*all), by_key_then_place);
	for (uint32_t i = 1; i < n; i++)
		lost += all[i - 1].lost = tel__slice_eq(all[i - 1].key, all[i].key);
	if (!lost)
		return true;
	qsort(all, n, sizeof(*all), by_place);
	for (uint32_t i = 0; i < n; i++)
		if (!all[i].lost && !tel__ottl_write_pair(&m->out, 1, all[i].key, &all[i].v))
			return tel__ottl_fail(m, "a value nested too deep");
	return tel__ottl_end_list(m, from, TEL_VALUE_KVLIST, map);
}

/* ParseJSON */

static bool read_json(machine *m, tel__json *j, tel__json_token t, value *ret, unsigned depth);

static bool bad_json(machine *m, tel__json *j)
{
	tel_error err = TEL_ERROR_INIT;

	(void)tel__json_fail(j, &err);
	return tel__ottl_fail_fmt(m, "invalid JSON: %s", err.msg);
}

static bool json_text(machine *m, const tel__json *j, tel_slice *ret)
{
	char *out;

	*ret = j->text;
	if (!j->escaped)
		return true;
	out = tel__ottl_take(m, j->text.len);
	if (!out)
		return false;
	*ret = (tel_slice){ out, tel__json_unescape(j->text, out) };
	return true;
}

/* The elements are read first and written then, so that what is nested is written by whoever holds it. */
static bool read_members(machine *m, tel__json *j, bool object, value *ret, unsigned depth)
{
	size_t from = m->out.len;
	tel__json_token t;
	tel_slice key = { NULL, 0 };
	value v;

	while ((t = tel__json_next(j)) != (object ? TEL__JSON_OBJECT_END : TEL__JSON_ARRAY_END)) {
		if (object) {
			if (t != TEL__JSON_KEY)
				return bad_json(m, j);
			if (!json_text(m, j, &key))
				return false;
			t = tel__json_next(j);
		}
		if (!tel__ottl_step(m) || !read_json(m, j, t, &v, depth + 1))
			return false;
		if (!(object ? tel__ottl_write_pair(&m->out, 1, key, &v) : tel__ottl_write_any(&m->out, 1, &v)))
			return tel__ottl_fail(m, "a value nested too deep");
	}
	return tel__ottl_end_list(m, from, object ? TEL_VALUE_KVLIST : TEL_VALUE_ARRAY, ret) && (!object || last_wins(m, ret));
}

static bool read_json(machine *m, tel__json *j, tel__json_token t, value *ret, unsigned depth)
{
	tel_slice text;
	double d;

	switch (t) {
	case TEL__JSON_OBJECT:
	case TEL__JSON_ARRAY:
		if (depth >= TEL_LIMIT_VALUE_DEPTH)
			return tel__ottl_fail(m, "a value nested too deep");
		return read_members(m, j, t == TEL__JSON_OBJECT, ret, depth);
	case TEL__JSON_STRING:
		if (!json_text(m, j, &text))
			return false;
		*ret = tel__ottl_str(text);
		return true;
	case TEL__JSON_NUMBER:
		if (tel__num_parse_double(j->text, &d) != TEL_OK)
			return tel__ottl_fail(m, "invalid JSON: a number out of range");
		*ret = tel__ottl_float(d);
		return true;
	case TEL__JSON_TRUE:
	case TEL__JSON_FALSE:
		*ret = tel__ottl_bool(t == TEL__JSON_TRUE);
		return true;
	case TEL__JSON_NULL:
		*ret = tel__ottl_nil();
		return true;
	default:
		return bad_json(m, j);
	}
}

static bool eval_parse_json(machine *m, const call *c, value *ret)
{
	static const char *const names[] = { "<nil>", "bool", "int64", "float64", "string" };
	size_t from = m->out.len;
	tel_slice text;
	tel__json j;

	if (!tel__ottl_arg_str(m, c, 0, &text))
		return false;
	tel__json_init(&j, text);
	if (!read_json(m, &j, tel__json_next(&j), ret, 0)) {
		m->out.len = from;
		return false;
	}
	if (tel__json_next(&j) != TEL__JSON_END)
		return bad_json(m, &j);
	if (ret->type == TEL__OTTL_V_MAP || ret->type == TEL__OTTL_V_LIST)
		return true;
	return tel__ottl_fail_fmt(m, "could not convert parsed value of type %s to JSON object", names[ret->type]);
}

/* ParseKeyValue */

static bool is_at(tel_slice s, size_t at, tel_slice what)
{
	return what.len && s.len - at >= what.len && memcmp(s.ptr + at, what.ptr, what.len) == 0;
}

/* Pieces of a text between delimiters; quotes protect. The last one may not be in open quotes. */
static bool next_piece(machine *m, tel_slice *rest, tel_slice delimiter, bool *more, tel_slice *ret)
{
	char quote = 0;
	size_t i = 0;

	for (; i < rest->len; i++) {
		char c = rest->ptr[i];

		if (c == '\\' && i + 1 < rest->len) {
			i++;
		} else if (quote) {
			if (c == quote)
				quote = 0;
		} else if (c == '"' || c == '\'') {
			quote = c;
		} else if (is_at(*rest, i, delimiter)) {
			break;
		}
	}
	if (quote)
		return tel__ottl_fail(m, "failed to parse the input: never reached the end of a quoted value");
	*ret = tel__slice_sub(*rest, 0, i);
	*more = i < rest->len;
	if (*more)
		i += delimiter.len;
	*rest = tel__slice_sub(*rest, i, rest->len - i);
	return true;
}

static tel_slice trimmed(tel_slice s)
{
	s = tel__slice_trim(s);
	if (s.len >= 2 && (s.ptr[0] == '"' || s.ptr[0] == '\'') && s.ptr[s.len - 1] == s.ptr[0])
		s = tel__slice_sub(s, 1, s.len - 2);
	return s;
}

static bool make_parse_key_value(compiler *c, call *made)
{
	tel_slice delimiter = tel__ottl_lit_str(made, 1, "="), pair = tel__ottl_lit_str(made, 2, " ");

	if (!delimiter.len)
		return tel__ottl_refuse(c, "delimiter cannot be set to an empty string");
	if (!pair.len)
		return tel__ottl_refuse(c, "pair delimiter cannot be set to an empty string");
	delimiter = tel__slice_cut(delimiter, 64);
	return !tel__slice_eq(delimiter, pair) ||
	       tel__ottl_refuse(c, "pair delimiter \"" TEL_SLICE_FMT "\" cannot be equal to delimiter \"" TEL_SLICE_FMT "\"",
	                        TEL_SLICE_ARG(delimiter), TEL_SLICE_ARG(delimiter));
}

static bool parse_pairs(machine *m, tel_slice text, tel_slice delimiter, tel_slice pair_delimiter, value *ret)
{
	size_t from = m->out.len;
	bool more = true;

	while (more) {
		tel_slice pair, key, shown;
		value v;
		bool has;

		if (!tel__ottl_step(m) || !next_piece(m, &text, pair_delimiter, &more, &pair))
			return false;
		if (!tel__slice_trim(pair).len)
			continue;
		shown = tel__slice_cut(pair, 128);
		if (!next_piece(m, &pair, delimiter, &has, &key))
			return false;
		if (!has) {
			m->out.len = from;
			return tel__ottl_fail_fmt(m, "failed to split pairs into key-values: cannot split \"" TEL_SLICE_FMT
			                          "\" into 2 items, got 1 item(s)", TEL_SLICE_ARG(shown));
		}
		v = tel__ottl_str(trimmed(pair));
		if (!tel__ottl_write_pair(&m->out, 1, trimmed(key), &v))
			return tel__ottl_fail(m, "a value nested too deep");
	}
	return tel__ottl_end_list(m, from, TEL_VALUE_KVLIST, ret) && last_wins(m, ret);
}

static bool eval_parse_key_value(machine *m, const call *c, value *ret)
{
	tel_slice text;

	if (!tel__ottl_arg_str(m, c, 0, &text))
		return false;
	if (!text.len)
		return tel__ottl_fail(m, "cannot parse from empty target");
	return parse_pairs(m, text, tel__ottl_lit_str(c, 1, "="), tel__ottl_lit_str(c, 2, " "), ret);
}

/* ToKeyValueString */

static void put_quoted(tel__dynbuf *out, tel_slice text, tel_slice delimiter, tel_slice pair)
{
	bool quote = !text.len;

	for (size_t i = 0; i < text.len; i++)
		quote |= is_at(text, i, delimiter) || is_at(text, i, pair);
	if (quote)
		tel__dynbuf_byte(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '"')
			tel__dynbuf_byte(out, '\\');
		tel__dynbuf_byte(out, text.ptr[i]);
	}
	if (quote)
		tel__dynbuf_byte(out, '"');
}

typedef struct pair {
	tel_slice key, text;
} pair;

static int by_key(const void *a, const void *b)
{
	return tel__slice_cmp(((const pair *)a)->key, ((const pair *)b)->key);
}

static bool eval_to_key_value(machine *m, const call *c, value *ret)
{
	tel_slice delimiter = tel__ottl_lit_str(c, 1, "="), between = tel__ottl_lit_str(c, 2, " "), key;
	uint32_t n = 0;
	tel__ottl_iter it;
	value map, v;
	pair *all;
	size_t from;

	if (!tel__ottl_arg_map(m, c, 0, &map))
		return false;
	all = tel__ottl_take(m, tel__ottl_count(&map) * sizeof *all);
	if (!all)
		return false;
	for (it = tel__ottl_iterate(&map); tel__ottl_next_pair(&it, &key, &v); n++) {
		if (!tel__ottl_like(m, TEL__OTTL_LIKE_STR, &v, &v))
			return false;
		all[n] = (pair){ key, v.type == TEL__OTTL_V_NIL ? TEL_SLICE_LIT("") : v.u.text };
	}
	if (tel__ottl_lit_bool(c, 3, false) && n > 1)
		qsort(all, n, sizeof *all, by_key);
	from = m->out.len;
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			tel__dynbuf_slice(&m->out, between);
		put_quoted(&m->out, all[i].key, delimiter, between);
		tel__dynbuf_slice(&m->out, delimiter);
		put_quoted(&m->out, all[i].text, delimiter, between);
	}
	return tel__ottl_end_str(m, from, ret);
}

/* ExtractPatterns */

static bool make_extract(compiler *c, call *made)
{
	return tel__ottl_make_pattern(c, made, 1, "ExtractPatterns");
}

static bool extract(machine *m, const tel__regex *re, tel_slice text, value *ret)
{
	tel_error err = TEL_ERROR_INIT;
	size_t from = m->out.len;
	bool found, named = false;
	tel_err rc;

	for (size_t g = 1; g < tel__regex_groups(re); g++)
		named |= tel__regex_group_name(re, g).len != 0;
	if (!named)
		return tel__ottl_fail(m, "at least 1 named capture group must be supplied in the given regex");
	rc = tel__regex_find(m->regex, re, text, &found, &err);
	if (rc != TEL_OK)
		return rc == TEL_ERR_NOMEM ? tel__ottl_fail_nomem(m) : tel__ottl_fail(m, err.msg);
	for (size_t g = 1; found && g < tel__regex_groups(re); g++) {
		value v = tel__ottl_str(tel__regex_group(m->regex, g));

		if (tel__regex_group_name(re, g).len)
			(void)tel__ottl_write_pair(&m->out, 1, tel__regex_group_name(re, g), &v);
	}
	return tel__ottl_end_list(m, from, TEL_VALUE_KVLIST, ret);
}

static bool eval_extract(machine *m, const call *c, value *ret)
{
	bool mine, ok;
	tel__regex *re;
	tel_slice text;

	if (!tel__ottl_arg_str(m, c, 0, &text))
		return false;
	re = tel__ottl_pattern(m, c, 1, "ExtractPatterns", &mine);
	if (!re)
		return false;
	ok = extract(m, re, text, ret);
	if (mine)
		tel__regex_free(re);
	return ok;
}

/* ParseCSV, one row. */

enum { CSV_FIELDS_MAX = 4096 };

typedef struct csv {
	tel_slice *fields;
	uint32_t count;
} csv;

static bool csv_add(machine *m, csv *row, tel_slice field)
{
	if (row->count == CSV_FIELDS_MAX)
		return tel__ottl_fail(m, "too many fields");
	row->fields[row->count++] = field;
	return true;
}

/* A field in quotes; strict: nothing but the delimiter may follow. */
static bool csv_quoted(machine *m, tel_slice s, size_t *at, char delimiter, bool lazy, tel_slice *ret)
{
	size_t from = m->out.len, i = *at + 1;

	for (; i < s.len; i++) {
		if (s.ptr[i] != '"') {
			tel__dynbuf_byte(&m->out, s.ptr[i]);
		} else if (i + 1 < s.len && s.ptr[i + 1] == '"') {
			tel__dynbuf_byte(&m->out, s.ptr[i++]);
		} else if (i + 1 == s.len || s.ptr[i + 1] == delimiter) {
			*at = i + 1;
			return tel__ottl_keep(m, from, ret);
		} else if (lazy) {
			tel__dynbuf_byte(&m->out, '"');
		} else {
			m->out.len = from;
			return tel__ottl_fail_fmt(m, "read csv line: parse error on line 1, column %zu: extraneous or missing \" in quoted-field", i + 1);
		}
	}
	if (!lazy) {
		m->out.len = from;
		return tel__ottl_fail_fmt(m, "read csv line: parse error on line 1, column %zu: extraneous or missing \" in quoted-field", s.len + 1);
	}
	*at = s.len;
	return tel__ottl_keep(m, from, ret);
}

static bool read_csv(machine *m, tel_slice s, char delimiter, tel_slice mode, csv *row)
{
	bool ignore = tel__slice_is(mode, "ignoreQuotes"), lazy = tel__slice_is(mode, "lazyQuotes");
	size_t at = 0;

	row->fields = tel__ottl_take(m, CSV_FIELDS_MAX * sizeof *row->fields);
	row->count = 0;
	if (!row->fields)
		return false;
	while (s.len && (s.ptr[s.len - 1] == '\n' || s.ptr[s.len - 1] == '\r'))
		s.len--;
	for (;;) {
		tel_slice field;
		size_t start = at;

		if (!ignore && at < s.len && s.ptr[at] == '"') {
			if (!csv_quoted(m, s, &at, delimiter, lazy, &field))
				return false;
		} else {
			for (; at < s.len && s.ptr[at] != delimiter; at++)
				if (!ignore && !lazy && s.ptr[at] == '"')
					return tel__ottl_fail_fmt(m, "read csv line: parse error on line 1, column %zu: bare \" in non-quoted-field", at + 1);
			field = tel__slice_sub(s, start, at - start);
		}
		if (!csv_add(m, row, field))
			return false;
		if (at >= s.len)
			return true;
		at++;
	}
}

static bool make_csv(compiler *c, call *made)
{
	tel_slice delimiter = tel__ottl_lit_str(made, 2, ","), header = made->args[3] ? tel__ottl_lit_str(made, 3, ",") : delimiter;
	tel_slice mode = tel__slice_cut(tel__ottl_lit_str(made, 4, "strict"), 64);

	if (delimiter.len != 1)
		return tel__ottl_refuse(c, "invalid arguments: delimiter must be a single character");
	if (header.len != 1)
		return tel__ottl_refuse(c, "invalid arguments: header_delimiter must be a single character");
	return tel__slice_is(mode, "strict") || tel__slice_is(mode, "lazyQuotes") || tel__slice_is(mode, "ignoreQuotes") ||
	       tel__ottl_refuse(c, "invalid arguments: unknown mode: " TEL_SLICE_FMT, TEL_SLICE_ARG(mode));
}

static bool eval_parse_csv(machine *m, const call *c, value *ret)
{
	tel_slice delimiter = tel__ottl_lit_str(c, 2, ","), mode = tel__ottl_lit_str(c, 4, "strict"), text, header;
	char between = c->args[3] ? tel__ottl_lit_str(c, 3, ",").ptr[0] : delimiter.ptr[0];
	csv names, row;
	size_t from;

	if (!tel__ottl_arg_str(m, c, 0, &text) || !tel__ottl_arg_str(m, c, 1, &header))
		return false;
	if (!header.len)
		return tel__ottl_fail(m, "header must not be an empty string");
	if (!read_csv(m, header, between, TEL_SLICE_LIT("ignoreQuotes"), &names) || !read_csv(m, text, delimiter.ptr[0], mode, &row))
		return false;
	if (names.count != row.count)
		return tel__ottl_fail_fmt(m, "map csv headers: wrong number of fields: expected %u, found %u", (unsigned)names.count,
		                          (unsigned)row.count);
	from = m->out.len;
	for (uint32_t i = 0; i < row.count; i++) {
		value v = tel__ottl_str(row.fields[i]);

		(void)tel__ottl_write_pair(&m->out, 1, names.fields[i], &v);
	}
	return tel__ottl_end_list(m, from, TEL_VALUE_KVLIST, ret);
}

/* IsValidLuhn */

static bool eval_luhn(machine *m, const call *c, value *ret)
{
	unsigned sum = 0, digits = 0;
	value v;

	if (!tel__ottl_arg_like(m, c, 0, &v))
		return false;
	*ret = tel__ottl_bool(false);
	if (v.type == TEL__OTTL_V_NIL)
		return tel__ottl_fail(m, "invalid input: <nil>");
	for (size_t i = v.u.text.len; i-- > 0;) {
		char ch = v.u.text.ptr[i];
		unsigned d = (unsigned)(ch - '0');

		if (ch == ' ')
			continue;
		if (d > 9)
			return tel__ottl_fail(m, "input must contain only digits");
		d *= 1 + digits++ % 2;
		sum = (sum + (d > 9 ? d - 9 : d)) % 10;
	}
	ret->u.truth = digits && sum == 0;
	return true;
}

/* IsInCIDR */

static bool parse_ipv4(tel_slice s, uint8_t *out)
{
	size_t i = 0;

	for (unsigned part = 0; part < 4; part++) {
		unsigned v = 0;
		size_t start = i;

		while (i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9' && i - start < 3)
			v = v * 10 + (unsigned)(s.ptr[i++] - '0');
		if (i == start || v > 255 || (i - start > 1 && s.ptr[start] == '0') || (part < 3 ? i >= s.len || s.ptr[i++] != '.' : i != s.len))
			return false;
		out[part] = (uint8_t)v;
	}
	return true;
}

static int hex_of(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

static bool parse_ipv6(tel_slice s, uint8_t *out)
{
	size_t i = 0, n = 0, gap = 17;

	memset(out, 0, 16);
	if (s.len >= 2 && s.ptr[0] == ':' && s.ptr[1] == ':') {
		gap = 0;
		i = 2;
	}
	while (i < s.len && n < 16) {
		size_t start = i;
		unsigned v = 0;

		while (i < s.len && hex_of(s.ptr[i]) >= 0 && i - start < 4)
			v = v << 4 | (unsigned)hex_of(s.ptr[i++]);
		if (i < s.len && s.ptr[i] == '.' && n <= 12) {
			if (!parse_ipv4(tel__slice_sub(s, start, s.len - start), out + n))
				return false;
			n += 4;
			i = s.len;
			break;
		}
		if (i == start)
			return false;
		out[n++] = (uint8_t)(v >> 8);
		out[n++] = (uint8_t)v;
		if (i == s.len)
			break;
		if (s.ptr[i++] != ':' || i == s.len)
			return false;
		if (s.ptr[i] == ':') {
			if (gap <= 16)
				return false;
			gap = n;
			i++;
		}
	}
	if (i != s.len || (gap > 16 ? n != 16 : n >= 16))
		return false;
	if (gap <= 16) {
		memmove(out + 16 - (n - gap), out + gap, n - gap);
		memset(out + gap, 0, 16 - n);
	}
	return true;
}

/* Both as 16 bytes; IPv4 in IPv6. Bits of the address family: 32 or 128; 0: no address. */
static unsigned parse_ip(tel_slice s, uint8_t out[16])
{
	static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

	if (parse_ipv4(s, out + 12)) {
		memcpy(out, mapped, 12);
		return 32;
	}
	if (!parse_ipv6(s, out))
		return 0;
	return memcmp(out, mapped, 12) == 0 ? 32 : 128;
}

static bool in_network(tel_slice network, const uint8_t ip[16], unsigned family, bool *ret_in)
{
	size_t slash = tel__slice_find(network, '/');
	uint64_t bits;
	uint8_t base[16];
	unsigned of = parse_ip(tel__slice_sub(network, 0, slash), base), whole;

	if (!of || slash + 1 >= network.len ||
	    tel__num_parse_u64(tel__slice_sub(network, slash + 1, network.len - slash - 1), &bits) != TEL_OK || bits > of)
		return false;
	*ret_in = of == family;
	bits += of == 32 ? 96 : 0;
	whole = (unsigned)bits / 8;
	if (memcmp(base, ip, whole) != 0 ||
	    (bits % 8 && (base[whole] >> (8 - bits % 8)) != (ip[whole] >> (8 - bits % 8))))
		*ret_in = false;
	return true;
}

static bool make_in_cidr(compiler *c, call *made)
{
	const value *list = tel__ottl_literal(made->args[1]);
	const tel__ottl_expr *e = made->args[1];
	static const uint8_t any[16];
	bool in;

	for (uint32_t i = 0; i < (list ? list->count : e->count); i++) {
		const value *v = list ? &list->u.items[i] : tel__ottl_literal(e->u.list.items[i]);

		if (v && !in_network(v->u.text, any, 128, &in)) {
			tel_slice shown = tel__slice_cut(v->u.text, 128);

			return tel__ottl_refuse(c, "invalid CIDR address: " TEL_SLICE_FMT, TEL_SLICE_ARG(shown));
		}
	}
	return true;
}

static bool eval_in_cidr(machine *m, const call *c, value *ret)
{
	tel__ottl_iter it;
	uint8_t ip[16];
	unsigned family;
	tel_slice text;
	value list, v;
	bool in = false;

	if (!tel__ottl_arg_str(m, c, 0, &text) || !tel__ottl_arg(m, c, 1, &list))
		return false;
	*ret = tel__ottl_bool(false);
	family = parse_ip(text, ip);
	if (!family)
		return true;
	for (it = tel__ottl_iterate(&list); !in && tel__ottl_next_item(&it, &v);) {
		if (v.type != TEL__OTTL_V_STR)
			return tel__ottl_fail_type(m, "string", &v);
		if (!in_network(v.u.text, ip, family, &in)) {
			text = tel__slice_cut(v.u.text, 128);
			return tel__ottl_fail_fmt(m, "invalid CIDR address: " TEL_SLICE_FMT, TEL_SLICE_ARG(text));
		}
	}
	ret->u.truth = in;
	return true;
}

static const tel__ottl_impl rows[] = {
	{ "ParseJSON", eval_parse_json, NULL, 0, 0, 0 },
	{ "ParseKeyValue", eval_parse_key_value, make_parse_key_value, 0, 0, 0 },
	{ "ToKeyValueString", eval_to_key_value, make_parse_key_value, 0, 0, 0 },
	{ "ExtractPatterns", eval_extract, make_extract, 0, 0, 0 },
	{ "ParseCSV", eval_parse_csv, make_csv, 0, 0, 0 },
	{ "IsValidLuhn", eval_luhn, NULL, TEL__OTTL_LIKE_STR, 0, 0 },
	{ "IsInCIDR", eval_in_cidr, make_in_cidr, 0, 0, 0 },
};

TEL__OTTL_IMPLS(tel__ottl_parse_converters);
