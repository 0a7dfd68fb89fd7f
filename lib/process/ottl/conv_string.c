/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/functions_i.h"

#include <stdio.h>

#include "base/num.h"
#include "process/ottl/lexer.h"
#include "process/ottl/text.h"

typedef tel__ottl_call call;
typedef tel__ottl_compiler compiler;
typedef tel__ottl_machine machine;
typedef tel__ottl_value value;

/* String converters, otel-processing.md 3.4. */

static bool eval_concat(machine *m, const call *c, value *ret)
{
	tel__ottl_iter it;
	tel_slice delimiter, *texts;
	uint32_t n = 0;
	value list, v;
	size_t from;

	if (!tel__ottl_arg(m, c, 0, &list) || !tel__ottl_arg_str(m, c, 1, &delimiter))
		return false;
	texts = tel__ottl_take(m, list.count * sizeof *texts);
	if (!texts)
		return false;
	for (it = tel__ottl_iterate(&list); tel__ottl_next_item(&it, &v);) {
		if (!tel__ottl_like(m, TEL__OTTL_LIKE_STR, &v, &v))
			return false;
		texts[n++] = v.type == TEL__OTTL_V_NIL ? TEL_SLICE_LIT("<nil>") : v.u.text;
	}
	from = m->out.len;
	for (uint32_t i = 0; i < n; i++) {
		if (i)
			tel__dynbuf_slice(&m->out, delimiter);
		tel__dynbuf_slice(&m->out, texts[i]);
	}
	return tel__ottl_end_str(m, from, ret);
}

static bool two_strings(machine *m, const call *c, tel_slice *a, tel_slice *b)
{
	return tel__ottl_arg_str(m, c, 0, a) && tel__ottl_arg_str(m, c, 1, b);
}

static bool eval_has_prefix(machine *m, const call *c, value *ret)
{
	tel_slice text, prefix;

	if (!two_strings(m, c, &text, &prefix))
		return false;
	*ret = tel__ottl_bool(tel__slice_starts(text, prefix));
	return true;
}

static bool eval_has_suffix(machine *m, const call *c, value *ret)
{
	tel_slice text, suffix;

	if (!two_strings(m, c, &text, &suffix))
		return false;
	*ret = tel__ottl_bool(tel__slice_ends(text, suffix));
	return true;
}

static bool eval_split(machine *m, const call *c, value *ret)
{
	tel_slice text, by;
	value *items;
	uint32_t n = 0;
	size_t at = 0, start = 0;

	if (!two_strings(m, c, &text, &by))
		return false;
	items = tel__ottl_take(m, (by.len ? text.len / by.len + 1 : text.len) * sizeof *items);
	if (!items)
		return false;
	while (!by.len && at < text.len) { /* runes */
		uint32_t rune;
		size_t used = tel__ottl_rune(text.ptr + at, text.len - at, &rune);

		items[n++] = tel__ottl_str(tel__slice_sub(text, at, used));
		at += used;
	}
	while (by.len && at + by.len <= text.len) {
		const char *found = memchr(text.ptr + at, by.ptr[0], text.len - by.len + 1 - at);

		if (!found)
			break;
		at = (size_t)(found - text.ptr);
		if (memcmp(found, by.ptr, by.len) != 0) {
			at++;
			continue;
		}
		items[n++] = tel__ottl_str(tel__slice_sub(text, start, at - start));
		start = at += by.len;
	}
	if (by.len)
		items[n++] = tel__ottl_str(tel__slice_sub(text, start, text.len - start));
	*ret = tel__ottl_raw(items, n);
	return true;
}

static bool eval_substring(machine *m, const call *c, value *ret)
{
	int64_t start, length;
	tel_slice text;

	if (!tel__ottl_arg_int(m, c, 1, &start))
		return false;
	if (start < 0)
		return tel__ottl_fail_fmt(m, "invalid start for substring function, %lld cannot be negative", (long long)start);
	if (!tel__ottl_arg_int(m, c, 2, &length))
		return false;
	if (length <= 0)
		return tel__ottl_fail_fmt(m, "invalid length for substring function, %lld cannot be negative or zero", (long long)length);
	if (!tel__ottl_arg_str(m, c, 0, &text))
		return false;
	if ((uint64_t)start + (uint64_t)length > text.len)
		return tel__ottl_fail_fmt(m, "invalid range for substring function, %lld cannot be greater than the length of target "
		                          "string(%zu)", (long long)((uint64_t)start + (uint64_t)length), text.len);
	*ret = tel__ottl_str(tel__slice_sub(text, (size_t)start, (size_t)length));
	return true;
}

static bool in_cutset(tel_slice cutset, uint32_t rune)
{
	uint32_t c;

	for (size_t i = 0; i < cutset.len;) {
		i += tel__ottl_rune(cutset.ptr + i, cutset.len - i, &c);
		if (c == rune)
			return true;
	}
	return false;
}

static bool eval_trim(machine *m, const call *c, value *ret)
{
	tel_slice text, cutset = tel__ottl_lit_str(c, 1, " ");
	uint32_t rune;
	size_t from = 0, end, last;

	if (!tel__ottl_arg_str(m, c, 0, &text))
		return false;
	while (from < text.len) {
		size_t used = tel__ottl_rune(text.ptr + from, text.len - from, &rune);

		if (!in_cutset(cutset, rune))
			break;
		from += used;
	}
	for (end = text.len; end > from; end = last) {
		for (last = end - 1; last > from && ((unsigned char)text.ptr[last] & 0xc0) == 0x80; last--)
			;
		(void)tel__ottl_rune(text.ptr + last, end - last, &rune);
		if (!in_cutset(cutset, rune))
			break;
	}
	*ret = tel__ottl_str(tel__slice_sub(text, from, end - from));
	return true;
}

static bool eval_trim_prefix(machine *m, const call *c, value *ret)
{
	tel_slice text, prefix;

	if (!two_strings(m, c, &text, &prefix))
		return false;
	if (tel__slice_starts(text, prefix))
		text = tel__slice_sub(text, prefix.len, text.len - prefix.len);
	*ret = tel__ottl_str(text);
	return true;
}

static bool eval_trim_suffix(machine *m, const call *c, value *ret)
{
	tel_slice text, suffix;

	if (!two_strings(m, c, &text, &suffix))
		return false;
	if (tel__slice_ends(text, suffix))
		text.len -= suffix.len;
	*ret = tel__ottl_str(text);
	return true;
}

/* IsMatch */

static bool make_is_match(compiler *c, call *made)
{
	/* attributes, names and the like always have a text */
	made->safe = tel__ottl_literal(made->args[1]) && made->args[0]->op == TEL__OTTL_X_PATH;
	return tel__ottl_make_pattern(c, made, 1, "IsMatch");
}

static bool eval_is_match(machine *m, const call *c, value *ret)
{
	bool mine, ok, yes = false;
	tel__regex *re;
	value v;

	re = tel__ottl_pattern(m, c, 1, "IsMatch", &mine);
	if (!re)
		return false;
	ok = tel__ottl_arg_like(m, c, 0, &v) && (v.type == TEL__OTTL_V_NIL || tel__ottl_matches(m, re, v.u.text, &yes));
	if (mine)
		tel__regex_free(re);
	*ret = tel__ottl_bool(yes);
	return ok;
}

/* Index */

static bool eval_index(machine *m, const call *c, value *ret)
{
	value of, item, v;
	tel__ottl_iter it;
	int64_t at = 0;

	if (!tel__ottl_arg(m, c, 0, &of) || !tel__ottl_arg(m, c, 1, &item))
		return false;
	*ret = tel__ottl_int(-1);
	if (of.type == TEL__OTTL_V_LIST) {
		for (it = tel__ottl_iterate(&of); tel__ottl_next_item(&it, &v); at++)
			if (tel__ottl_equal(&v, &item, false)) {
				*ret = tel__ottl_int(at);
				return true;
			}
		return true;
	}
	if (of.type != TEL__OTTL_V_STR)
		return tel__ottl_fail(m, "invalid source type for Index function, source must be a string or an array");
	if (item.type != TEL__OTTL_V_STR)
		return tel__ottl_fail(m, "invalid value type for Index function, value must be a string");
	for (size_t i = 0; i + item.u.text.len <= of.u.text.len; i++)
		if (item.u.text.len == 0 || memcmp(of.u.text.ptr + i, item.u.text.ptr, item.u.text.len) == 0) {
			*ret = tel__ottl_int((int64_t)i);
			return true;
		}
	return true;
}

/* ParseInt: strconv.ParseInt. */

static int digit_of(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'z' ? c - 'a' + 10 : c >= 'A' && c <= 'Z' ? c - 'A' + 10 : 99;
}

static bool bad_int(machine *m, tel_slice text, const char *why)
{
	tel_slice shown = tel__slice_cut(text, 128);

	return tel__ottl_fail_fmt(m, "strconv.ParseInt: parsing \"" TEL_SLICE_FMT "\": %s", TEL_SLICE_ARG(shown), why);
}

static bool parse_int(machine *m, tel_slice text, int64_t base, int64_t *ret)
{
	tel_slice s = text;
	bool minus = s.len && s.ptr[0] == '-', underscores = base == 0, digits = false;
	uint64_t v = 0, max = minus ? (uint64_t)INT64_MAX + 1 : INT64_MAX;

	if (s.len && (s.ptr[0] == '-' || s.ptr[0] == '+'))
		s = tel__slice_sub(s, 1, s.len - 1);
	if (base == 0) {
		char p = s.len > 1 && s.ptr[0] == '0' ? (char)(s.ptr[1] | 0x20) : 0;

		base = p == 'x' ? 16 : p == 'b' ? 2 : p == 'o' || p ? 8 : 10;
		if (p)
			s = tel__slice_sub(s, p == 'x' || p == 'b' || p == 'o' ? 2 : 1, s.len - (p == 'x' || p == 'b' || p == 'o' ? 2 : 1));
	}
	for (size_t i = 0; i < s.len; i++) {
		int d = digit_of(s.ptr[i]);

		if (underscores && s.ptr[i] == '_' && i + 1 < s.len)
			continue;
		if (d >= base)
			return bad_int(m, text, "invalid syntax");
		if (v > (max - (uint64_t)d) / (uint64_t)base)
			return bad_int(m, text, "value out of range");
		v = v * (uint64_t)base + (uint64_t)d;
		digits = true;
	}
	*ret = (int64_t)(minus ? 0 - v : v);
	return digits || bad_int(m, text, "invalid syntax");
}

static bool eval_parse_int(machine *m, const call *c, value *ret)
{
	int64_t base, v = 0;
	tel_slice text;

	if (!tel__ottl_arg_str(m, c, 0, &text))
		return false;
	if (!text.len)
		return tel__ottl_fail(m, "invalid target value for ParseInt function, target cannot be empty");
	if (!tel__ottl_arg_int(m, c, 1, &base))
		return false;
	if (base < 0)
		return tel__ottl_fail_fmt(m, "invalid base value: %lld for ParseInt function, base cannot be negative", (long long)base);
	if (base == 1 || base > 36) {
		char why[64];
		size_t n = 0;

		memcpy(why, "invalid base ", 13);
		n = 13 + (size_t)tel__num_format_i64(base, why + 13);
		why[n] = '\0';
		return bad_int(m, text, why);
	}
	if (!parse_int(m, text, base, &v))
		return false;
	*ret = tel__ottl_int(v);
	return true;
}

/* Format: the verbs of Go's fmt that make sense here. */

typedef struct directive {
	char verb;
	bool zero, minus, plus, space, sharp;
	int width, precision; /* -1: none */
} directive;

static size_t read_directive(tel_slice s, directive *ret)
{
	size_t i = 0;

	*ret = (directive){ .width = -1, .precision = -1 };
	for (; i < s.len && strchr("0-+ #", s.ptr[i]) && s.ptr[i]; i++) {
		ret->zero |= s.ptr[i] == '0';
		ret->minus |= s.ptr[i] == '-';
		ret->plus |= s.ptr[i] == '+';
		ret->space |= s.ptr[i] == ' ';
		ret->sharp |= s.ptr[i] == '#';
	}
	for (; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++)
		ret->width = (ret->width < 0 ? 0 : ret->width > 9999 ? 9999 : ret->width) * 10 + (s.ptr[i] - '0');
	if (i < s.len && s.ptr[i] == '.') {
		ret->precision = 0;
		for (i++; i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9'; i++)
			ret->precision = (ret->precision > 99 ? 99 : ret->precision) * 10 + (s.ptr[i] - '0');
	}
	ret->verb = i < s.len ? s.ptr[i] : 0;
	return i < s.len ? i + 1 : i;
}

static const char *fmt_type(const value *v)
{
	static const char *const names[] = { "<nil>", "bool", "int64", "float64", "string", "[]uint8", "time.Time", "time.Duration",
		                                 "map[string]interface {}", "[]interface {}", "[]uint8" };

	return names[v->type];
}

static void put_bad_verb(tel__dynbuf *out, const directive *d, const value *v)
{
	if (v->type == TEL__OTTL_V_NIL) {
		tel__dynbuf_fmt(out, "%%!%c(<nil>)", d->verb);
		return;
	}
	tel__dynbuf_fmt(out, "%%!%c(%s=", d->verb, fmt_type(v));
	tel__ottl_go_text(out, v);
	tel__dynbuf_byte(out, ')');
}

/* Fixed digits of a double: through the C library, which is exact, in a locale that has no comma. */
static void put_fixed(tel__dynbuf *out, double v, int precision)
{
	char text[512];
	int n;

	if (v != v || v - v != 0) {
		tel__dynbuf_puts(out, v != v ? "NaN" : v < 0 ? "-Inf" : "+Inf");
		return;
	}
	n = snprintf(text, sizeof text, "%.*f", precision < 0 ? 6 : precision > 100 ? 100 : precision, v);
	for (int i = 0; i < n; i++)
		tel__dynbuf_byte(out, text[i] == ',' ? '.' : text[i]);
}

static bool put_hex(tel__dynbuf *out, const directive *d, const value *v)
{
	const char *digits = d->verb == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";

	if (v->type == TEL__OTTL_V_INT) {
		tel__dynbuf_fmt(out, d->verb == 'X' ? "%s%llX" : "%s%llx", v->u.i64 < 0 ? "-" : "",
		                (unsigned long long)(v->u.i64 < 0 ? 0 - (uint64_t)v->u.i64 : (uint64_t)v->u.i64));
		return true;
	}
	if (v->type != TEL__OTTL_V_STR && v->type != TEL__OTTL_V_BYTES)
		return false;
	for (size_t i = 0; i < v->u.text.len; i++) {
		tel__dynbuf_byte(out, digits[(unsigned char)v->u.text.ptr[i] >> 4]);
		tel__dynbuf_byte(out, digits[(unsigned char)v->u.text.ptr[i] & 15]);
	}
	return true;
}

static void put_directive(tel__dynbuf *out, const directive *d, const value *v)
{
	bool ok = true;

	switch (d->verb) {
	case 's':
		if (v->type != TEL__OTTL_V_STR && v->type != TEL__OTTL_V_BYTES)
			ok = v->type == TEL__OTTL_V_DURATION || v->type == TEL__OTTL_V_TIME;
		if (ok && (v->type == TEL__OTTL_V_STR || v->type == TEL__OTTL_V_BYTES))
			tel__dynbuf_slice(out, v->u.text);
		else if (ok)
			tel__ottl_go_text(out, v);
		break;
	case 'v':
		tel__ottl_go_text(out, v);
		break;
	case 'd':
		ok = v->type == TEL__OTTL_V_INT || v->type == TEL__OTTL_V_DURATION;
		if (ok && d->plus && v->u.i64 >= 0)
			tel__dynbuf_byte(out, '+');
		if (ok)
			tel__dynbuf_i64(out, v->u.i64);
		break;
	case 'f':
	case 'F':
		ok = v->type == TEL__OTTL_V_FLOAT;
		if (ok)
			put_fixed(out, v->u.f64, d->precision);
		break;
	case 'g':
		ok = v->type == TEL__OTTL_V_FLOAT;
		if (ok)
			tel__dynbuf_double(out, v->u.f64);
		break;
	case 't':
		ok = v->type == TEL__OTTL_V_BOOL;
		if (ok)
			tel__ottl_go_text(out, v);
		break;
	case 'q':
		ok = v->type == TEL__OTTL_V_STR;
		if (ok)
			tel__ottl_quote(out, v->u.text);
		break;
	case 'x':
	case 'X':
		ok = put_hex(out, d, v);
		break;
	default:
		ok = false;
	}
	if (!ok)
		put_bad_verb(out, d, v);
}

/* Blanks or zeros up to the width. */
static void pad(tel__dynbuf *out, size_t from, const directive *d)
{
	size_t len = 0, missing, sign;

	for (size_t i = from; i < out->len; i++)
		len += ((unsigned char)out->ptr[i] & 0xc0) != 0x80;
	if (d->width < 0 || len >= (size_t)d->width || out->error)
		return;
	missing = (size_t)d->width - len;
	if (!tel__dynbuf_room(out, missing))
		return;
	sign = d->zero && !d->minus && (out->ptr[from] == '-' || out->ptr[from] == '+');
	if (!d->minus)
		memmove(out->ptr + from + sign + missing, out->ptr + from + sign, out->len - from - sign);
	memset(d->minus ? out->ptr + out->len : out->ptr + from + sign, d->zero && !d->minus ? '0' : ' ', missing);
	tel__dynbuf_advance(out, missing);
}

static bool eval_format(machine *m, const call *c, value *ret)
{
	tel_slice format = tel__ottl_lit_str(c, 0, "");
	size_t from;
	tel__ottl_iter it;
	value list, v;
	bool extra = false;

	if (!tel__ottl_arg(m, c, 1, &list))
		return false;
	it = tel__ottl_iterate(&list);
	from = m->out.len;
	for (size_t i = 0; i < format.len;) {
		directive d;
		size_t start = m->out.len;

		if (format.ptr[i] != '%') {
			tel__dynbuf_byte(&m->out, format.ptr[i++]);
			continue;
		}
		i += 1 + read_directive(tel__slice_sub(format, i + 1, format.len - i - 1), &d);
		if (!d.verb) {
			tel__dynbuf_puts(&m->out, "%!(NOVERB)");
		} else if (d.verb == '%') {
			tel__dynbuf_byte(&m->out, '%');
		} else if (!tel__ottl_next_item(&it, &v)) {
			tel__dynbuf_fmt(&m->out, "%%!%c(MISSING)", d.verb);
		} else {
			put_directive(&m->out, &d, &v);
			pad(&m->out, start, &d);
		}
	}
	for (; tel__ottl_next_item(&it, &v); extra = true) {
		tel__dynbuf_puts(&m->out, extra ? ", " : "%!(EXTRA ");
		if (v.type != TEL__OTTL_V_NIL)
			tel__dynbuf_fmt(&m->out, "%s=", fmt_type(&v));
		tel__ottl_go_text(&m->out, &v);
	}
	if (extra)
		tel__dynbuf_byte(&m->out, ')');
	return tel__ottl_end_str(m, from, ret);
}

static const tel__ottl_impl rows[] = {
	{ "Concat", eval_concat, NULL, 0, 0, 0 }, { "HasPrefix", eval_has_prefix, NULL, 0, 0, 0 },
	{ "HasSuffix", eval_has_suffix, NULL, 0, 0, 0 }, { "Split", eval_split, NULL, 0, 0, 0 },
	{ "Substring", eval_substring, NULL, 0, 0, 0 }, { "Trim", eval_trim, NULL, 0, 0, 0 },
	{ "TrimPrefix", eval_trim_prefix, NULL, 0, 0, 0 }, { "TrimSuffix", eval_trim_suffix, NULL, 0, 0, 0 },
	{ "IsMatch", eval_is_match, make_is_match, TEL__OTTL_LIKE_STR, 0, 0 }, { "Index", eval_index, NULL, 0, 0, 0 },
	{ "ParseInt", eval_parse_int, NULL, 0, 0, 0 }, { "Format", eval_format, NULL, 0, 0, 0 },
};

TEL__OTTL_IMPLS(tel__ottl_string_converters);
