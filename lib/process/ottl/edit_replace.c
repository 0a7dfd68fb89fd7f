/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/functions_i.h"

#include "process/ottl/glob.h"
#include "wire/pb.h"

typedef tel__ottl_call call;
typedef tel__ottl_compiler compiler;
typedef tel__ottl_machine machine;
typedef tel__ottl_value value;

/* replace_pattern and its kin, otel-processing.md 3.2, 3.10, 3.11. */

typedef struct replacing {
	machine *m;
	const call *c;
	const tel__regex *re;     /* patterns */
	tel_slice glob;           /* matches */
	tel_slice replacement;
	const tel__ottl_expr *function;
	tel_slice format;         /* ptr NULL: none */
	bool lenient;             /* a function that fails skips the item */
} replacing;

static const tel__ottl_target *target_of(const call *c)
{
	return &c->args[0]->u.target;
}

static bool failed_match(machine *m, tel_err rc, const tel_error *err)
{
	return rc == TEL_ERR_NOMEM ? tel__ottl_fail_nomem(m) : tel__ottl_fail(m, err->msg);
}

/* "prefix/%s": one %s and no other directive. */
static bool formatted(machine *m, tel_slice format, tel_slice text, tel_slice *ret)
{
	size_t at = tel__slice_find(format, '%'), from = m->out.len;
	tel_slice rest;

	if (at + 1 < format.len && format.ptr[at + 1] == 's') {
		rest = tel__slice_sub(format, at + 2, format.len - at - 2);
		if (tel__slice_find(rest, '%') == rest.len) {
			tel__dynbuf_put(&m->out, format.ptr, at);
			tel__dynbuf_slice(&m->out, text);
			tel__dynbuf_slice(&m->out, rest);
			return tel__ottl_keep(m, from, ret);
		}
	}
	return tel__ottl_fail(m, "replacementFormat must be format string containing a single %s and no other format specifiers");
}

/* What the function makes of a replacement, formatted. */
static bool through_function(replacing *r, tel_slice text, tel_slice *ret)
{
	value in = tel__ottl_str(text), out;

	if (!tel__ottl_apply_function(r->m, r->function, &in, &out))
		return false;
	if (out.type != TEL__OTTL_V_STR)
		return tel__ottl_fail(r->m, "the replacement value must be a string");
	*ret = out.u.text;
	return !r->format.ptr || formatted(r->m, r->format, out.u.text, ret);
}

/* All occurrences of old, as Go's strings.ReplaceAll. */
static bool replace_text(machine *m, tel_slice text, tel_slice old, tel_slice new, tel_slice *ret)
{
	size_t from = m->out.len, at = 0;

	while (old.len && at + old.len <= text.len) {
		if (memcmp(text.ptr + at, old.ptr, old.len) == 0) {
			tel__dynbuf_slice(&m->out, new);
			at += old.len;
		} else {
			tel__dynbuf_byte(&m->out, text.ptr[at++]);
		}
	}
	tel__dynbuf_put(&m->out, text.ptr + at, text.len - at);
	return tel__ottl_keep(m, from, ret);
}

/* With a function: each match is expanded, passed through it, and all of its text replaced. */
static bool replace_by_function(replacing *r, tel_slice text, tel_slice *ret)
{
	machine *m = r->m;
	tel_error err = TEL_ERROR_INIT;
	bool found;
	tel_err rc = tel__regex_find(m->regex, r->re, text, &found, &err);
	uint32_t n = 0, cap = 4;
	struct { tel_slice old, expanded; } *matches = tel__ottl_take(m, cap * sizeof *matches), *grown;

	if (!matches)
		return false;
	while (rc == TEL_OK && found) { /* all of them first: the function may use a pattern itself */
		size_t from = m->out.len;

		if (n == cap) {
			grown = tel__ottl_take(m, 2 * cap * sizeof *matches);
			if (!grown)
				return false;
			memcpy(grown, matches, cap * sizeof *matches);
			matches = grown;
			cap *= 2;
		}
		matches[n].old = tel__regex_group(m->regex, 0);
		tel__regex_expand(m->regex, r->re, r->replacement, &m->out);
		if (!tel__ottl_step(m) || !tel__ottl_keep(m, from, &matches[n++].expanded))
			return false;
		rc = tel__regex_find_next(m->regex, r->re, &found, &err);
	}
	if (rc != TEL_OK)
		return failed_match(m, rc, &err);
	*ret = text;
	for (uint32_t i = 0; i < n; i++) {
		tel_slice with;

		if (!through_function(r, matches[i].expanded, &with) || !replace_text(m, *ret, matches[i].old, with, ret))
			return false;
	}
	return true;
}

static bool replaced(replacing *r, tel_slice text, tel_slice *ret, bool *ret_changed)
{
	size_t from = r->m->out.len, count = 0;
	tel_error err = TEL_ERROR_INIT;
	tel_err rc;
	bool matches;

	if (!tel__ottl_matches(r->m, r->re, text, &matches) || !tel__ottl_step(r->m))
		return false;
	*ret_changed = matches;
	if (!matches)
		return true;
	if (r->function)
		return replace_by_function(r, text, ret);
	rc = tel__regex_replace_all(r->m->regex, r->re, text, r->replacement, &r->m->out, &count, &err);
	if (rc != TEL_OK && tel__dynbuf_error(&r->m->out) == TEL_OK) {
		r->m->out.len = from;
		return failed_match(r->m, rc, &err);
	}
	return tel__ottl_keep(r->m, from, ret);
}

static bool read_replacing(replacing *r, unsigned at)
{
	if (!tel__ottl_arg_str(r->m, r->c, at, &r->replacement))
		return false;
	r->function = r->c->args[at + 1];
	return !r->c->args[at + 2] || tel__ottl_arg_str(r->m, r->c, at + 2, &r->format);
}

static bool make_replacing(compiler *c, call *made, unsigned pattern, const char *function)
{
	return tel__ottl_make_pattern(c, made, pattern, function);
}

static bool make_pattern(compiler *c, call *made)
{
	return make_replacing(c, made, 1, "replace_pattern");
}

static bool eval_pattern(machine *m, const call *c, value *ret)
{
	replacing r = { .m = m, .c = c };
	bool mine, changed = false, ok;
	tel__regex *re;
	value v;

	(void)ret;
	if (!tel__ottl_target_get(m, target_of(c), &v) || !read_replacing(&r, 2))
		return false;
	if (v.type != TEL__OTTL_V_STR)
		return true;
	re = tel__ottl_pattern(m, c, 1, "replace_pattern", &mine);
	if (!re)
		return false;
	r.re = re;
	ok = replaced(&r, v.u.text, &v.u.text, &changed);
	if (mine)
		tel__regex_free(re);
	return ok && (!changed || tel__ottl_target_set(m, target_of(c), &v));
}

/* All values, or all keys. */

static bool change_by_pattern(void *user, value *v, bool *ret_changed)
{
	replacing *r = user;

	if (v->type != TEL__OTTL_V_STR || replaced(r, v->u.text, &v->u.text, ret_changed))
		return true;
	*ret_changed = false;
	return r->function && r->m->rc == TEL_OK; /* such an item is skipped */
}

static bool rename_keys(replacing *r)
{
	tel__kvs fresh = { NULL, 0, 0, false };
	tel__ottl_iter it;
	tel__arena *arena;
	tel_slice key;
	value map, v;
	bool any = false;

	if (!tel__ottl_target_get(r->m, target_of(r->c), &map))
		return false;
	if (map.type != TEL__OTTL_V_MAP)
		return tel__ottl_fail_type(r->m, "pcommon.Map", &map);
	for (it = tel__ottl_iterate(&map); tel__ottl_next_pair(&it, &key, &v);) {
		value pair[1];
		bool changed = false;
		tel_slice bytes;
		tel__pb_reader reader;
		tel__pb_field f;
		size_t from;

		if (!replaced(r, key, &key, &changed)) {
			if (!r->function || r->m->rc != TEL_OK)
				return false;
			any = true; /* the entry is lost */
			continue;
		}
		any |= changed;
		pair[0] = v;
		from = r->m->out.len;
		if (!tel__ottl_write_pair(&r->m->out, 1, key, pair) || !tel__ottl_keep_in_batch(r->m, from, &bytes) ||
		    !tel__ottl_model(r->m, tel__metrics_arena(r->m->item->batch, &arena)))
			return false;
		reader = tel__pb_read(bytes);
		(void)tel__pb_next(&reader, &f);
		reader = tel__pb_read(f.bytes);
		(void)tel__pb_next(&reader, &f);
		key = f.bytes.ptr ? f.bytes : TEL_SLICE_LIT("");
		(void)tel__pb_next(&reader, &f);
		if (!tel__ottl_step(r->m) || !tel__ottl_model(r->m, tel__kvs_set_encoded(arena, &fresh, key, f.bytes)))
			return false;
	}
	if (!any)
		return true;
	v = tel__ottl_map_of_kvs(&fresh);
	return tel__ottl_target_set(r->m, target_of(r->c), &v);
}

static bool make_all_patterns(compiler *c, call *made)
{
	tel_slice mode = tel__slice_cut(tel__ottl_lit_str(made, 1, ""), 128);

	if (!tel__slice_is(mode, "key") && !tel__slice_is(mode, "value"))
		return make_replacing(c, made, 2, "replace_all_patterns") &&
		       tel__ottl_refuse(c, "invalid mode " TEL_SLICE_FMT ", must be either 'key' or 'value'", TEL_SLICE_ARG(mode));
	return make_replacing(c, made, 2, "replace_all_patterns");
}

static bool eval_all_patterns(machine *m, const call *c, value *ret)
{
	replacing r = { .m = m, .c = c };
	bool mine, ok;
	tel__regex *re;

	(void)ret;
	if (!read_replacing(&r, 3))
		return false;
	re = tel__ottl_pattern(m, c, 2, "replace_all_patterns", &mine);
	if (!re)
		return false;
	r.re = re;
	if (tel__slice_is(tel__ottl_lit_str(c, 1, ""), "key"))
		ok = rename_keys(&r);
	else
		ok = tel__ottl_change_values(m, target_of(c), change_by_pattern, &r);
	if (mine)
		tel__regex_free(re);
	return ok;
}

/* Globs match a whole text. */

static bool make_glob(compiler *c, call *made, const char *function)
{
	const value *v = tel__ottl_literal(made->args[1]);
	const char *why = v && v->type == TEL__OTTL_V_STR ? tel__ottl_glob_check(v->u.text) : NULL;

	if (!why)
		return true;
	tel__dynbuf_fmt(c->message, "the pattern supplied to %s is not a valid pattern: %s", function, why);
	return false;
}

static bool make_match(compiler *c, call *made)
{
	return make_glob(c, made, "replace_match");
}

static bool make_all_matches(compiler *c, call *made)
{
	return make_glob(c, made, "replace_all_matches");
}

static bool read_glob(replacing *r)
{
	const char *why;

	if (!tel__ottl_arg_str(r->m, r->c, 1, &r->glob) || !read_replacing(r, 2))
		return false;
	why = tel__ottl_glob_check(r->glob);
	return !why || tel__ottl_fail(r->m, why);
}

static bool change_by_glob(void *user, value *v, bool *ret_changed)
{
	replacing *r = user;
	tel_slice with = r->replacement;

	if (v->type != TEL__OTTL_V_STR || !tel__ottl_glob(r->glob, v->u.text, &r->m->steps))
		return true;
	if (r->function && !through_function(r, r->replacement, &with))
		return false;
	*ret_changed = true;
	v->u.text = with;
	return true;
}

static bool eval_match(machine *m, const call *c, value *ret)
{
	replacing r = { .m = m, .c = c };
	bool changed = false;
	value v;

	(void)ret;
	if (!tel__ottl_target_get(m, target_of(c), &v) || !read_glob(&r) || !change_by_glob(&r, &v, &changed))
		return false;
	return !changed || tel__ottl_target_set(m, target_of(c), &v);
}

static bool eval_all_matches(machine *m, const call *c, value *ret)
{
	replacing r = { .m = m, .c = c };

	(void)ret;
	return read_glob(&r) && tel__ottl_change_values(m, target_of(c), change_by_glob, &r);
}

static const tel__ottl_impl rows[] = {
	{ "replace_pattern", eval_pattern, make_pattern, 0, 0, 0 },
	{ "replace_all_patterns", eval_all_patterns, make_all_patterns, 0, 0, 0 },
	{ "replace_match", eval_match, make_match, 0, 0, 0 },
	{ "replace_all_matches", eval_all_matches, make_all_matches, 0, 0, 0 },
};

TEL__OTTL_IMPLS(tel__ottl_replace_editors);
