/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/functions_i.h"

#include "process/ottl/text.h"

typedef tel__ottl_call call;
typedef tel__ottl_compiler compiler;
typedef tel__ottl_machine machine;
typedef tel__ottl_value value;

/* Upper, lower, snake and camel case, otel-processing.md 3.4. */

static bool letters(machine *m, tel_slice text, uint32_t (*change)(uint32_t), value *ret)
{
	size_t from = m->out.len;
	uint32_t rune;

	for (size_t i = 0; i < text.len;) {
		i += tel__ottl_rune(text.ptr + i, text.len - i, &rune);
		tel__ottl_put_rune(&m->out, change(rune));
	}
	return tel__ottl_end_str(m, from, ret);
}

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_between(char c)
{
	return c == '_' || c == '-' || c == '.' || c == ' ';
}

/* A border before a capital, a digit or what follows one; a run of capitals is one word up to its last letter. */
static bool snake(machine *m, tel_slice s, value *ret)
{
	size_t from = m->out.len;

	s = tel__slice_trim(s);
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i], next = i + 1 < s.len ? s.ptr[i + 1] : 0;
		bool border = false;

		if (is_between(c)) {
			tel__dynbuf_byte(&m->out, '_');
			continue;
		}
		tel__dynbuf_byte(&m->out, is_upper(c) ? (char)(c | 32) : c);
		if (next) {
			border = (is_upper(c) && (is_digit(next) || (is_upper(next) && i + 2 < s.len && is_lower(s.ptr[i + 2])))) ||
			         (is_lower(c) && (is_upper(next) || is_digit(next))) || (is_digit(c) && (is_upper(next) || is_lower(next)));
		}
		if (border)
			tel__dynbuf_byte(&m->out, '_');
	}
	return tel__ottl_end_str(m, from, ret);
}

/* The first letter and each one behind a border is a capital. */
static bool camel(machine *m, tel_slice s, value *ret)
{
	size_t from = m->out.len;
	bool capital = true;

	s = tel__slice_trim(s);
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (is_between(c)) {
			capital = true;
			continue;
		}
		tel__dynbuf_byte(&m->out, capital && is_lower(c) ? (char)(c - 32) : c);
		capital = is_digit(c);
	}
	return tel__ottl_end_str(m, from, ret);
}

static bool eval_lower(machine *m, const call *c, value *ret)
{
	tel_slice text;

	return tel__ottl_arg_str(m, c, 0, &text) && letters(m, text, tel__ottl_to_lower, ret);
}

static bool eval_upper(machine *m, const call *c, value *ret)
{
	tel_slice text;

	return tel__ottl_arg_str(m, c, 0, &text) && letters(m, text, tel__ottl_to_upper, ret);
}

static bool eval_snake(machine *m, const call *c, value *ret)
{
	tel_slice text;

	return tel__ottl_arg_str(m, c, 0, &text) && snake(m, text, ret);
}

static bool eval_camel(machine *m, const call *c, value *ret)
{
	tel_slice text;

	return tel__ottl_arg_str(m, c, 0, &text) && camel(m, text, ret);
}

static const struct { const char *name; bool (*eval)(machine *, const call *, value *); } cases[] = {
	{ "lower", eval_lower }, { "upper", eval_upper }, { "snake", eval_snake }, { "camel", eval_camel },
};

static bool make_convert(compiler *c, call *made)
{
	tel_slice word = tel__slice_cut(tel__ottl_lit_str(made, 1, ""), 128);

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		if (tel__slice_is(word, cases[i].name)) {
			made->data = &cases[i];
			return true;
		}
	return tel__ottl_refuse(c, "invalid case: " TEL_SLICE_FMT ", allowed cases are: lower, upper, snake, camel", TEL_SLICE_ARG(word));
}

static bool eval_convert(machine *m, const call *c, value *ret)
{
	size_t i = 0;

	while (c->data != &cases[i])
		i++;
	return cases[i].eval(m, c, ret);
}

static const tel__ottl_impl rows[] = {
	{ "ToLowerCase", eval_lower, NULL, 0, 0, 0 }, { "ToUpperCase", eval_upper, NULL, 0, 0, 0 },
	{ "ToSnakeCase", eval_snake, NULL, 0, 0, 0 }, { "ToCamelCase", eval_camel, NULL, 0, 0, 0 },
	{ "ConvertCase", eval_convert, make_convert, 0, 0, 0 },
};

TEL__OTTL_IMPLS(tel__ottl_case_converters);
