/* SPDX-License-Identifier: Apache-2.0 */
#include "model/value_text.h"

#include <math.h>
#include <stdlib.h>

#include "base/hex64.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "model/walk.h"

/* ES6's number: digits between 1e-6 and 1e21, else an exponent without padding. */
static void put_double(tel__dynbuf *out, double v)
{
	char text[TEL__NUM_DOUBLE_MAX];
	size_t len = tel__num_format_double(v, text), e = tel__slice_find((tel_slice){ text, len }, 'e');
	size_t sign = text[0] == '-', zeros;

	if (e == len || fabs(v) >= 1e21) {
		tel__dynbuf_put(out, text, len);
		return;
	}
	/* the shortest form changes over at 1e-4: D.DDDe-0N */
	zeros = (size_t)(text[len - 1] - '0') + 10 * (size_t)(text[len - 2] - '0');
	if (fabs(v) < 1e-6) {
		if (text[len - 3] == '-' && text[len - 2] == '0') {
			text[len - 2] = text[len - 1];
			len--;
		}
		tel__dynbuf_put(out, text, len);
		return;
	}
	tel__dynbuf_puts(out, sign ? "-0." : "0.");
	while (--zeros)
		tel__dynbuf_byte(out, '0');
	for (size_t i = sign; i < e; i++)
		if (text[i] != '.')
			tel__dynbuf_byte(out, text[i]);
}

/* encoding/json: what HTML minds is escaped too. */
static void put_string(tel__dynbuf *out, tel_slice s)
{
	static const char hex[] = "0123456789abcdef", shorts[] = "\bb\ff\nn\rr\tt\"\"\\\\";
	size_t from = 0, i;

	tel__dynbuf_byte(out, '"');
	for (i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		bool line = c == 0xe2 && i + 2 < s.len && (unsigned char)s.ptr[i + 1] == 0x80 &&
		            ((unsigned char)s.ptr[i + 2] & 0xfe) == 0xa8; /* U+2028, U+2029 */

		if (!line && c >= 0x20 && c != '"' && c != '\\' && c != '<' && c != '>' && c != '&')
			continue;
		tel__dynbuf_put(out, s.ptr + from, i - from);
		from = i + 1;
		if (line) {
			tel__dynbuf_fmt(out, "\\u202%c", s.ptr[i + 2] & 1 ? '9' : '8');
			i += 2;
			from = i + 1;
			continue;
		}
		for (size_t k = 0; k < sizeof(shorts) - 1; k += 2) {
			if (shorts[k] == (char)c) {
				char two[2] = { '\\', shorts[k + 1] };

				tel__dynbuf_put(out, two, 2);
				c = 0xff;
				break;
			}
		}
		if (c != 0xff) {
			char six[6] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };

			tel__dynbuf_put(out, six, 6);
		}
	}
	if (from < s.len)
		tel__dynbuf_put(out, s.ptr + from, s.len - from);
	tel__dynbuf_byte(out, '"');
}

static bool put_json(tel__dynbuf *out, const tel_value *v, unsigned depth);

static bool put_list(tel__dynbuf *out, tel_slice list, unsigned depth)
{
	tel_fields items = tel__fields_of(list, TEL__LIST_VALUES);
	tel_slice item;
	bool ok = true;

	tel__dynbuf_byte(out, '[');
	for (bool first = true; ok && tel__fields_next(&items, &item); first = false) {
		tel_value v;

		if (!first)
			tel__dynbuf_byte(out, ',');
		tel__value_read(item, &v);
		ok = put_json(out, &v, depth - 1);
	}
	tel__dynbuf_byte(out, ']');
	return ok;
}

/* One entry of a map and where it stood: the last of equal keys wins. */
typedef struct ordered {
	tel_pair pair;
	size_t at;
} ordered;

static int by_key(const void *a, const void *b)
{
	const ordered *x = a, *y = b;
	int order = tel__slice_cmp(x->pair.key, y->pair.key);

	return order ? order : (x->at > y->at) - (x->at < y->at);
}

static bool put_map(tel__dynbuf *out, tel_slice map, unsigned depth)
{
	tel_fields fields = tel__fields_of(map, TEL__LIST_VALUES);
	size_t cap = (size_t)fields.count + 1, n = 0;
	ordered *all = tel__mem_new(out->alloc, cap, sizeof(*all));
	bool ok = true, first = true;
	tel_slice raw;

	if (!all) {
		out->error = TEL_ERR_NOMEM;
		return false;
	}
	while (n + 1 < cap && tel__fields_next(&fields, &raw)) {
		tel__pair_read(raw, &all[n].pair);
		all[n].at = n;
		n++;
	}
	qsort(all, n, sizeof(*all), by_key);
	tel__dynbuf_byte(out, '{');
	for (size_t i = 0; ok && i < n; i++) {
		if (i + 1 < n && tel__slice_eq(all[i].pair.key, all[i + 1].pair.key))
			continue;
		if (!first)
			tel__dynbuf_byte(out, ',');
		first = false;
		put_string(out, all[i].pair.key);
		tel__dynbuf_byte(out, ':');
		ok = put_json(out, &all[i].pair.value, depth - 1);
	}
	tel__dynbuf_byte(out, '}');
	tel__mem_free(out->alloc, all, cap, sizeof(*all));
	return ok;
}

/* False: this has no JSON, as a NaN. */
static bool put_json(tel__dynbuf *out, const tel_value *v, unsigned depth)
{
	if (depth == 0 || tel__dynbuf_error(out))
		return false;
	switch (v->type) {
	case TEL_VALUE_STRING:
		put_string(out, v->u.bytes);
		return true;
	case TEL_VALUE_BYTES:
		tel__dynbuf_byte(out, '"');
		tel__base64_encode(v->u.bytes, out);
		tel__dynbuf_byte(out, '"');
		return true;
	case TEL_VALUE_DOUBLE:
		if (!isfinite(v->u.real))
			return false;
		put_double(out, v->u.real);
		return true;
	case TEL_VALUE_ARRAY:
		return put_list(out, v->u.bytes, depth);
	case TEL_VALUE_KVLIST:
		return put_map(out, v->u.bytes, depth);
	case TEL_VALUE_EMPTY:
		tel__dynbuf_puts(out, "null");
		return true;
	default:
		tel__value_put_text(out, v);
		return true;
	}
}

void tel__value_put_text(tel__dynbuf *out, const tel_value *v)
{
	size_t start = out->len;

	switch (v->type) {
	case TEL_VALUE_STRING:
		tel__dynbuf_slice(out, v->u.bytes);
		break;
	case TEL_VALUE_BOOL:
		tel__dynbuf_puts(out, v->u.boolean ? "true" : "false");
		break;
	case TEL_VALUE_INT:
		tel__dynbuf_i64(out, v->u.integer);
		break;
	case TEL_VALUE_DOUBLE:
		if (isfinite(v->u.real)) {
			put_double(out, v->u.real);
		} else {
			tel__dynbuf_puts(out, "json: unsupported value: ");
			tel__dynbuf_double(out, v->u.real);
		}
		break;
	case TEL_VALUE_BYTES:
		tel__base64_encode(v->u.bytes, out);
		break;
	case TEL_VALUE_ARRAY:
	case TEL_VALUE_KVLIST:
		if (!put_json(out, v, TEL_LIMIT_VALUE_DEPTH + 1) && !tel__dynbuf_error(out))
			out->len = start; /* a value without JSON leaves no text, as there */
		break;
	default:
		break;
	}
}
