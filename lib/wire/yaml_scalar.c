/* SPDX-License-Identifier: Apache-2.0 */
/* Types of plain scalars as go-yaml v3 resolves them into Go's any: YAML 1.2 booleans, YAML 1.1 and Go integers. */
#include <math.h>

#include "base/num.h"
#include "base/slice_i.h"
#include "wire/yaml.h"

enum { NUMBER_MAX = 512 }; /* longer texts are strings */

static bool is_any(tel_slice text, const char *const *words)
{
	for (; *words; words++)
		if (tel__slice_is(text, *words))
			return true;
	return false;
}

static bool resolve_word(tel_slice text, tel__node *node)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
	static const char *const trues[] = { "true", "True", "TRUE", NULL };
	static const char *const falses[] = { "false", "False", "FALSE", NULL };
	static const char *const nans[] = { ".nan", ".NaN", ".NAN", NULL };
	static const char *const infs[] = { ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", NULL };
	static const char *const negative[] = { "-.inf", "-.Inf", "-.INF", NULL };

	if (is_any(text, nulls)) {
		node->type = TEL__NODE_NULL;
	} else if (is_any(text, trues) || is_any(text, falses)) {
		node->type = TEL__NODE_BOOL;
		node->v.b = is_any(text, trues);
	} else if (is_any(text, nans) || is_any(text, infs) || is_any(text, negative)) {
		node->type = TEL__NODE_FLOAT;
		node->v.d = is_any(text, nans) ? (double)NAN : is_any(text, infs) ? (double)INFINITY : -(double)INFINITY;
	} else {
		return false;
	}
	return true;
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 99;
}

static bool parse_digits(tel_slice digits, unsigned base, uint64_t *ret_value)
{
	uint64_t value = 0;

	if (digits.len == 0)
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		unsigned d = (unsigned)digit_of(digits.ptr[i]);

		if (d >= base || __builtin_mul_overflow(value, (uint64_t)base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)d, &value))
			return false;
	}
	*ret_value = value;
	return true;
}

/* Go's strconv.ParseInt and ParseUint with base 0: 0x, 0o, 0b, and 0 for octal. */
static bool resolve_int(tel_slice text, tel__node *node)
{
	bool negative = text.ptr[0] == '-';
	unsigned base = 10;
	size_t at = text.ptr[0] == '-' || text.ptr[0] == '+';
	uint64_t value;

	if (text.len - at >= 2 && text.ptr[at] == '0') {
		char mark = (char)(text.ptr[at + 1] | 0x20);

		base = mark == 'x' ? 16 : mark == 'b' ? 2 : 8;
		at += mark == 'x' || mark == 'b' || mark == 'o' ? 2 : 1;
	}
	if (!parse_digits(tel__slice_sub(text, at, text.len - at), base, &value))
		return false;
	if (value <= INT64_MAX || (negative && value == (uint64_t)INT64_MAX + 1)) {
		node->type = TEL__NODE_INT;
		node->v.i = negative ? (int64_t)(0 - value) : (int64_t)value;
	} else if (!negative && text.ptr[0] != '+') { /* ParseUint knows no sign */
		node->type = TEL__NODE_UINT;
		node->v.u = value;
	} else {
		return false;
	}
	return true;
}

/* [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?, rewritten to the grammar that base/num.h reads. */
static bool resolve_float(tel_slice text, tel__node *node)
{
	char out[NUMBER_MAX + 4];
	size_t n = 0, at = 0, whole, fraction = 0;
	double value;

	if (text.ptr[at] == '-' || text.ptr[at] == '+')
		out[n++] = text.ptr[at++];
	for (whole = 0; at + whole < text.len && digit_of(text.ptr[at + whole]) < 10; whole++)
		;
	while (whole > 1 && text.ptr[at] == '0') {
		at++;
		whole--;
	}
	if (whole == 0)
		out[n++] = '0';
	for (size_t i = 0; i < whole; i++)
		out[n++] = text.ptr[at++];
	if (at < text.len && text.ptr[at] == '.') {
		at++;
		out[n++] = '.';
		for (; at < text.len && digit_of(text.ptr[at]) < 10; fraction++)
			out[n++] = text.ptr[at++];
		if (fraction == 0)
			out[n++] = '0';
	}
	if (whole == 0 && fraction == 0)
		return false;
	while (at < text.len)
		out[n++] = text.ptr[at++];
	if (tel__num_parse_double((tel_slice){ out, n }, &value) != TEL_OK)
		return false;
	node->type = TEL__NODE_FLOAT;
	node->v.d = value;
	return true;
}

static bool resolve_number(tel_slice text, tel__node *node)
{
	char plain[NUMBER_MAX];
	tel_slice number = { plain, 0 };

	if (text.len > NUMBER_MAX)
		return false;
	if (text.ptr[0] == '.')
		return resolve_float(text, node);
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] != '_')
			plain[number.len++] = text.ptr[i];
	return number.len > 0 && (resolve_int(number, node) || resolve_float(number, node));
}

void tel__yaml_resolve(tel_slice text, tel__node *node)
{
	node->v.i = 0;
	if (resolve_word(text, node))
		return;
	if ((text.ptr[0] >= '0' && text.ptr[0] <= '9') || text.ptr[0] == '-' || text.ptr[0] == '+' || text.ptr[0] == '.')
		if (resolve_number(text, node))
			return;
	node->type = TEL__NODE_STRING;
}
