/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/functions_i.h"

#include "process/ottl/lexer.h"

typedef tel__ottl_call call;
typedef tel__ottl_machine machine;
typedef tel__ottl_value value;

const tel__ottl_impl *tel__ottl_impl_of(const char *name)
{
	static const tel__ottl_impls *const tables[] = {
		&tel__ottl_map_editors, &tel__ottl_replace_editors, &tel__ottl_metric_editors, &tel__ottl_aggregate_editors,
		&tel__ottl_string_converters, &tel__ottl_type_converters, &tel__ottl_list_converters, &tel__ottl_parse_converters,
		&tel__ottl_hash_converters, &tel__ottl_time_converters, &tel__ottl_case_converters,
	};

	for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++)
		for (size_t i = 0; i < tables[t]->count; i++)
			if (strcmp(tables[t]->rows[i].name, name) == 0)
				return &tables[t]->rows[i];
	return NULL;
}

/* Patterns. */

static bool bad_pattern(machine *m, const char *function, tel_slice pattern, const char *why)
{
	tel__dynbuf_reset(&m->message);
	tel__dynbuf_fmt(&m->message, "the regex pattern supplied to %s '", function);
	tel__ottl_quote(&m->message, tel__slice_cut(pattern, 256));
	tel__dynbuf_fmt(&m->message, "' is not a valid pattern: %s", why);
	return false;
}

tel__regex *tel__ottl_pattern(machine *m, const call *c, unsigned i, const char *function, bool *ret_mine)
{
	tel_error err = TEL_ERROR_INIT;
	tel_slice pattern;
	tel__regex *re;
	tel_err rc;

	*ret_mine = false;
	if (c->data)
		return (tel__regex *)(uintptr_t)c->data;
	if (!tel__ottl_arg_str(m, c, i, &pattern))
		return NULL;
	m->steps -= m->steps < pattern.len ? m->steps : pattern.len;
	rc = tel__regex_new(&m->alloc, pattern, 0, &re, &err);
	if (rc == TEL_ERR_NOMEM)
		return tel__ottl_fail_nomem(m), NULL;
	if (rc != TEL_OK)
		return bad_pattern(m, function, pattern, err.msg), NULL;
	*ret_mine = true;
	return re;
}

bool tel__ottl_make_pattern(tel__ottl_compiler *c, call *made, unsigned i, const char *function)
{
	const value *v = tel__ottl_literal(made->args[i]);

	if (!v || v->type != TEL__OTTL_V_STR)
		return true;
	made->data = tel__ottl_prepare_pattern(c, function, v->u.text);
	return made->data != NULL;
}

bool tel__ottl_matches(machine *m, const tel__regex *re, tel_slice text, bool *ret_yes)
{
	tel_error err = TEL_ERROR_INIT;
	tel_err rc = tel__regex_test(m->regex, re, text, ret_yes, &err);

	if (rc == TEL_OK)
		return true;
	return rc == TEL_ERR_NOMEM ? tel__ottl_fail_nomem(m) : tel__ottl_fail(m, err.msg);
}

bool tel__ottl_apply_function(machine *m, const tel__ottl_expr *function, const value *v, value *ret)
{
	value before = m->hole;
	bool ok;

	m->hole = *v;
	ok = tel__ottl_get(m, function, ret);
	m->hole = before;
	return ok;
}

/* Results. */

bool tel__ottl_end_str(machine *m, size_t from, value *ret)
{
	tel_slice text;

	if (!tel__ottl_keep(m, from, &text))
		return false;
	*ret = tel__ottl_str(text);
	return true;
}

bool tel__ottl_end_list(machine *m, size_t from, tel_value_type type, value *ret)
{
	tel_slice bytes;

	if (!tel__ottl_keep(m, from, &bytes))
		return false;
	*ret = tel__ottl_from_list(type, bytes);
	return true;
}
