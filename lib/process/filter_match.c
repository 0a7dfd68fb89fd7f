/* SPDX-License-Identifier: Apache-2.0 */
#include "process/filter_match.h"

#include "base/error_i.h"
#include "base/hex64.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "wire/yaml.h"

struct tel__filter_matcher {
	tel_alloc alloc;
	const tel__filter_match *match;
	tel__regex **names, **values; /* of regexp; of values NULL where any will do */
	tel__regex_run *run;
	tel__dynbuf text;
};

static void free_patterns(tel__filter_matcher *m, tel__regex **patterns, size_t count)
{
	for (size_t i = 0; patterns && i < count; i++)
		tel__regex_free(patterns[i]);
	if (patterns)
		tel__mem_free(&m->alloc, patterns, count + 1, sizeof(tel__regex *));
}

void tel__filter_matcher_free(tel__filter_matcher *m)
{
	tel_alloc alloc;

	if (!m)
		return;
	alloc = m->alloc;
	free_patterns(m, m->names, m->match->metric_names.count);
	free_patterns(m, m->values, m->match->resource_attributes.count);
	tel__regex_run_free(m->run);
	tel__dynbuf_fini(&m->text);
	tel__mem_free(&alloc, m, 1, sizeof *m);
}

static tel_err compile(tel__filter_matcher *m, tel_slice pattern, tel__regex **ret, tel_error *err)
{
	tel_error why = TEL_ERROR_INIT;
	tel_err rc = tel__regex_new(&m->alloc, pattern, 0, ret, &why);

	if (rc == TEL_OK)
		return rc;
	return rc == TEL_ERR_NOMEM ? tel__fail_nomem(err) : tel__fail(err, TEL_ERR_CONFIG, "%s", why.msg);
}

static tel_err compile_all(tel__filter_matcher *m, tel_error *err)
{
	const tel__filter_attribute *attributes = m->match->resource_attributes.items;
	tel_err rc = TEL_OK;

	m->names = tel__mem_zero(&m->alloc, m->match->metric_names.count + 1, sizeof(tel__regex *));
	m->values = tel__mem_zero(&m->alloc, m->match->resource_attributes.count + 1, sizeof(tel__regex *));
	if (!m->names || !m->values)
		return tel__fail_nomem(err);
	for (size_t i = 0; rc == TEL_OK && i < m->match->metric_names.count; i++)
		rc = compile(m, m->match->metric_names.items[i], &m->names[i], err);
	for (size_t i = 0; rc == TEL_OK && i < m->match->resource_attributes.count; i++) {
		if (!attributes[i].value)
			continue;
		if (attributes[i].value->type != TEL__NODE_STRING)
			return tel__fail(err, TEL_ERR_CONFIG, "match_type=regexp for \"" TEL_SLICE_FMT "\" only supports Str, but found another "
			                 "type", TEL_SLICE_ARG(attributes[i].key));
		rc = compile(m, attributes[i].value->text, &m->values[i], err);
	}
	return rc;
}

tel_err tel__filter_matcher_new(const tel_alloc *alloc, const tel__filter_match *match, tel__filter_matcher **ret_matcher,
                                tel_error *err)
{
	tel__filter_matcher *m = tel__mem_zero(alloc, 1, sizeof *m);
	tel_err rc = TEL_OK;

	if (!m)
		return tel__fail_nomem(err);
	m->alloc = *tel__alloc_or_default(alloc);
	m->match = match;
	tel__dynbuf_init(&m->text, &m->alloc, TEL_LIMIT_OTTL_VALUE_BYTES);
	if (match->match_type == TEL__MATCH_REGEXP)
		rc = compile_all(m, err);
	if (rc == TEL_OK && tel__regex_run_new(&m->alloc, &m->run) != TEL_OK)
		rc = tel__fail_nomem(err);
	if (rc != TEL_OK) {
		tel__filter_matcher_free(m);
		return rc;
	}
	*ret_matcher = m;
	return TEL_OK;
}

bool tel__filter_matcher_has_attributes(const tel__filter_matcher *m)
{
	return m && m->match->resource_attributes.count;
}

bool tel__filter_matcher_has_names(const tel__filter_matcher *m)
{
	return m && m->match->metric_names.count;
}

/* The value of a configuration beside that of an attribute: type and content. */
static bool same(const tel__node *node, const tel__ottl_value *v)
{
	switch (node->type) {
	case TEL__NODE_BOOL:
		return v->type == TEL__OTTL_V_BOOL && v->u.truth == node->v.b;
	case TEL__NODE_INT:
		return v->type == TEL__OTTL_V_INT && v->u.i64 == node->v.i;
	case TEL__NODE_FLOAT:
		return v->type == TEL__OTTL_V_FLOAT && v->u.f64 == node->v.d;
	case TEL__NODE_STRING:
		return v->type == TEL__OTTL_V_STR && tel__slice_eq(v->u.text, node->text);
	default:
		return false;
	}
}

/* The attribute as text. */
static bool text_of(tel__filter_matcher *m, const tel__ottl_value *v, tel_slice *ret)
{
	if (v->type == TEL__OTTL_V_STR) {
		*ret = v->u.text;
		return true;
	}
	tel__dynbuf_reset(&m->text);
	if (v->type == TEL__OTTL_V_BYTES)
		tel__base64_encode(v->u.text, &m->text);
	else if (v->type != TEL__OTTL_V_NIL)
		(void)tel__ottl_json(&m->text, v);
	*ret = tel__dynbuf_get(&m->text);
	return tel__dynbuf_error(&m->text) == TEL_OK;
}

tel_err tel__filter_matcher_resource(tel__filter_matcher *m, const tel__ottl_value *attributes, bool *ret_yes, tel_error *err)
{
	const tel__filter_attribute *wanted = m->match->resource_attributes.items;
	tel_err rc = TEL_OK;

	*ret_yes = tel__ottl_count(attributes) > 0;
	for (size_t i = 0; rc == TEL_OK && *ret_yes && i < m->match->resource_attributes.count; i++) {
		tel__ottl_value v;
		tel_slice text;

		*ret_yes = tel__ottl_find(attributes, wanted[i].key, &v);
		if (!*ret_yes || !wanted[i].value)
			continue;
		if (m->match->match_type != TEL__MATCH_REGEXP)
			*ret_yes = same(wanted[i].value, &v);
		else
			rc = text_of(m, &v, &text) ? tel__regex_test(m->run, m->values[i], text, ret_yes, err) : tel__fail_nomem(err);
	}
	return rc;
}

tel_err tel__filter_matcher_name(tel__filter_matcher *m, tel_slice name, bool *ret_yes, tel_error *err)
{
	tel_err rc = TEL_OK;

	*ret_yes = false;
	for (size_t i = 0; rc == TEL_OK && !*ret_yes && i < m->match->metric_names.count; i++) {
		if (m->match->match_type == TEL__MATCH_REGEXP)
			rc = tel__regex_test(m->run, m->names[i], name, ret_yes, err);
		else
			*ret_yes = tel__slice_eq(m->match->metric_names.items[i], name);
	}
	return rc;
}
