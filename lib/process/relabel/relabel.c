/* SPDX-License-Identifier: Apache-2.0 */
#include "process/relabel/relabel.h"

#include <string.h>

#include "base/crypto.h"
#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "process/ottl/text.h"
#include "wire/regex.h"

typedef struct rule {
	tel__regex *regex;
	tel_slice *sources;
	size_t source_count;
	tel_slice separator, target, replacement;
	uint64_t modulus;
	tel__relabel_action action;
} rule;

struct tel__relabel {
	const tel_alloc *alloc;
	const tel_crypto_ops *crypto;
	tel__arena *arena; /* texts and sources */
	rule *rules;
	size_t count;
	bool legacy;
};

struct tel__relabel_run {
	const tel_alloc *alloc;
	tel__regex_run *match;
	tel__dynbuf value, target, result;
};

/* ---- labels ---- */

void tel__labels_init(tel__labels *labels, tel__arena *arena)
{
	*labels = (tel__labels){ .arena = arena };
}

/* Where name stands or would stand. */
static size_t find_label(const tel__labels *l, tel_slice name, bool *ret_there)
{
	size_t lo = 0, hi = l->count;

	*ret_there = false;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = tel__slice_cmp(l->items[mid].name, name);

		if (order == 0) {
			*ret_there = true;
			return mid;
		}
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

tel_slice tel__labels_get(const tel__labels *l, tel_slice name)
{
	bool there;
	size_t at = find_label(l, name, &there);

	return there ? l->items[at].value : TEL_SLICE_LIT("");
}

static void remove_label(tel__labels *l, size_t at)
{
	memmove(&l->items[at], &l->items[at + 1], (l->count - at - 1) * sizeof(*l->items));
	l->count--;
}

static bool room_for_label(tel__labels *l)
{
	size_t cap = l->cap ? l->cap * 2 : 16;
	tel__label *grown;

	if (l->count < l->cap)
		return true;
	grown = tel__arena_array(l->arena, cap, sizeof(*grown));
	if (!grown)
		return false;
	if (l->count)
		memcpy(grown, l->items, l->count * sizeof(*grown));
	l->items = grown;
	l->cap = cap;
	return true;
}

bool tel__labels_set(tel__labels *l, tel_slice name, tel_slice value)
{
	bool there;
	size_t at = find_label(l, name, &there);
	tel__label label;

	if (value.len == 0) {
		if (there)
			remove_label(l, at);
		return true;
	}
	if (there)
		return tel__arena_copy(l->arena, value, &l->items[at].value);
	if (!room_for_label(l) || !tel__arena_copy(l->arena, name, &label.name) ||
	    !tel__arena_copy(l->arena, value, &label.value))
		return false;
	memmove(&l->items[at + 1], &l->items[at], (l->count - at) * sizeof(*l->items));
	l->items[at] = label;
	l->count++;
	return true;
}

/* ---- rules ---- */

void tel__relabel_free(tel__relabel *r)
{
	const tel_alloc *alloc;
	size_t i;

	if (!r)
		return;
	alloc = r->alloc;
	for (i = 0; i < r->count; i++)
		tel__regex_free(r->rules[i].regex);
	tel__mem_free(alloc, r->rules, r->count + 1, sizeof(*r->rules));
	tel__arena_unref(r->arena);
	tel__mem_free(alloc, r, 1, sizeof(*r));
}

static tel_err compile_rule(tel__relabel *r, const tel__relabel_options *o, rule *ret, tel_error *err)
{
	tel_err rc = tel__relabel_validate(o, r->legacy, NULL, err);
	uint8_t digest[TEL_DIGEST_MAX];
	size_t i;

	if (rc == TEL_OK && o->action == TEL__RELABEL_HASH_MOD) /* found out now rather than at every target */
		rc = tel__digest(r->crypto, TEL_DIGEST_MD5, NULL, 0, digest, err);
	if (rc == TEL_OK)
		rc = tel__regex_new(r->alloc, o->regex, TEL__REGEX_PROMETHEUS, &ret->regex, err);
	if (rc != TEL_OK)
		return rc;
	ret->action = (tel__relabel_action)o->action;
	ret->modulus = o->modulus;
	ret->sources = tel__arena_array(r->arena, o->source_labels.count + 1, sizeof(*ret->sources));
	if (!ret->sources || !tel__arena_copy(r->arena, o->separator, &ret->separator) ||
	    !tel__arena_copy(r->arena, o->target_label, &ret->target) ||
	    !tel__arena_copy(r->arena, o->replacement, &ret->replacement))
		return tel__fail_nomem(err);
	for (i = 0; i < o->source_labels.count; i++, ret->source_count++)
		if (!tel__arena_copy(r->arena, o->source_labels.items[i], &ret->sources[i]))
			return tel__fail_nomem(err);
	return TEL_OK;
}

tel_err tel__relabel_new(const tel_alloc *alloc, const tel__key_list *rules, bool legacy, const tel_crypto_ops *crypto,
                         tel__relabel **ret_relabel, tel_error *err)
{
	const tel__relabel_options *options = rules->items;
	tel__relabel *r;
	tel_err rc;

	alloc = tel__alloc_or_default(alloc);
	r = tel__mem_zero(alloc, 1, sizeof(*r));
	if (!r)
		return tel__fail_nomem(err);
	r->alloc = alloc;
	r->legacy = legacy;
	r->crypto = crypto;
	rc = tel__arena_new(alloc, 0, NULL, &r->arena);
	r->rules = rc == TEL_OK ? tel__mem_zero(alloc, rules->count + 1, sizeof(*r->rules)) : NULL;
	if (!r->rules) {
		tel__arena_unref(r->arena);
		tel__mem_free(alloc, r, 1, sizeof(*r));
		return tel__fail_nomem(err);
	}
	r->count = rules->count;
	for (size_t i = 0; rc == TEL_OK && i < r->count; i++)
		rc = compile_rule(r, &options[i], &r->rules[i], err);
	if (rc == TEL_OK)
		*ret_relabel = r;
	else
		tel__relabel_free(r);
	return rc;
}

/* ---- applying ---- */

tel_err tel__relabel_run_new(const tel_alloc *alloc, tel__relabel_run **ret_run)
{
	tel__relabel_run *run;

	alloc = tel__alloc_or_default(alloc);
	run = tel__mem_zero(alloc, 1, sizeof(*run));
	if (!run)
		return TEL_ERR_NOMEM;
	run->alloc = alloc;
	tel__dynbuf_init(&run->value, alloc, TEL_LIMIT_RELABEL_BYTES);
	tel__dynbuf_init(&run->target, alloc, TEL_LIMIT_RELABEL_BYTES);
	tel__dynbuf_init(&run->result, alloc, TEL_LIMIT_RELABEL_BYTES);
	if (tel__regex_run_new(alloc, &run->match) != TEL_OK) {
		tel__relabel_run_free(run);
		return TEL_ERR_NOMEM;
	}
	*ret_run = run;
	return TEL_OK;
}

void tel__relabel_run_free(tel__relabel_run *run)
{
	if (!run)
		return;
	tel__regex_run_free(run->match);
	tel__dynbuf_fini(&run->value);
	tel__dynbuf_fini(&run->target);
	tel__dynbuf_fini(&run->result);
	tel__mem_free(run->alloc, run, 1, sizeof(*run));
}

static tel_err buffer_error(const tel__dynbuf *b, tel_error *err)
{
	if (tel__dynbuf_error(b) == TEL_ERR_NOMEM)
		return tel__fail_nomem(err);
	return tel__dynbuf_error(b) == TEL_OK ? TEL_OK
	                                      : tel__fail(err, TEL_ERR_LIMIT, "a label would be longer than %zu bytes", b->max);
}

static tel_err set(tel__labels *l, tel_slice name, tel_slice value, tel_error *err)
{
	return tel__labels_set(l, name, value) ? TEL_OK : tel__fail_nomem(err);
}

/* The values of the source labels, joined. A single one needs no copy. */
static tel_err join_sources(const rule *r, tel__relabel_run *run, const tel__labels *l, tel_slice *ret, tel_error *err)
{
	size_t i;

	*ret = r->source_count ? tel__labels_get(l, r->sources[0]) : TEL_SLICE_LIT("");
	if (r->source_count < 2)
		return TEL_OK;
	tel__dynbuf_reset(&run->value);
	for (i = 0; i < r->source_count; i++) {
		if (i)
			tel__dynbuf_slice(&run->value, r->separator);
		tel__dynbuf_slice(&run->value, tel__labels_get(l, r->sources[i]));
	}
	*ret = tel__dynbuf_get(&run->value);
	return buffer_error(&run->value, err);
}

static tel_err replace(const tel__relabel *all, const rule *r, tel__relabel_run *run, tel__labels *l, tel_slice value,
                       tel_error *err)
{
	bool found;
	tel_err rc = tel__regex_find(run->match, r->regex, value, &found, err);

	if (rc != TEL_OK || !found)
		return rc;
	tel__dynbuf_reset(&run->target);
	tel__dynbuf_reset(&run->result);
	tel__regex_expand(run->match, r->regex, r->target, &run->target);
	tel__regex_expand(run->match, r->regex, r->replacement, &run->result);
	rc = buffer_error(&run->target, err);
	if (rc == TEL_OK)
		rc = buffer_error(&run->result, err);
	if (rc != TEL_OK || !tel__label_name_ok(tel__dynbuf_get(&run->target), all->legacy))
		return rc;
	return set(l, tel__dynbuf_get(&run->target), tel__dynbuf_get(&run->result), err);
}

static tel_err hash_mod(const tel__relabel *all, const rule *r, tel__labels *l, tel_slice value, tel_error *err)
{
	uint8_t digest[TEL_DIGEST_MAX];
	char text[TEL__NUM_INT_MAX];
	uint64_t hash = 0;
	tel_err rc = tel__digest(all->crypto, TEL_DIGEST_MD5, &value, 1, digest, err);

	if (rc != TEL_OK)
		return rc;
	for (size_t i = 8; i < 16; i++)
		hash = hash << 8 | digest[i];
	return set(l, r->target, (tel_slice){ text, tel__num_format_u64(hash % r->modulus, text) }, err);
}

static tel_err change_case(const rule *r, tel__relabel_run *run, tel__labels *l, tel_slice value, tel_error *err)
{
	uint32_t rune;
	tel_err rc;

	tel__dynbuf_reset(&run->result);
	for (size_t at = 0; at < value.len;) {
		at += tel__ottl_rune(value.ptr + at, value.len - at, &rune);
		rune = r->action == TEL__RELABEL_LOWERCASE ? tel__ottl_to_lower(rune) : tel__ottl_to_upper(rune);
		tel__ottl_put_rune(&run->result, rune);
	}
	rc = buffer_error(&run->result, err);
	return rc == TEL_OK ? set(l, r->target, tel__dynbuf_get(&run->result), err) : rc;
}

/* labelmap looks at the labels as they are before it, in order of names. */
static tel_err label_map(const rule *r, tel__relabel_run *run, tel__labels *l, tel_error *err)
{
	size_t count = l->count, replaced;
	tel__label *before = tel__arena_array(l->arena, count + 1, sizeof(*before));
	tel_err rc = before ? TEL_OK : tel__fail_nomem(err);
	bool yes;

	if (before && count)
		memcpy(before, l->items, count * sizeof(*before));
	for (size_t i = 0; rc == TEL_OK && i < count; i++) {
		rc = tel__regex_test(run->match, r->regex, before[i].name, &yes, err);
		if (rc != TEL_OK || !yes)
			continue;
		tel__dynbuf_reset(&run->result);
		rc = tel__regex_replace_all(run->match, r->regex, before[i].name, r->replacement, &run->result, &replaced, err);
		if (rc == TEL_OK)
			rc = set(l, tel__dynbuf_get(&run->result), before[i].value, err);
	}
	return rc;
}

static tel_err label_filter(const rule *r, tel__relabel_run *run, tel__labels *l, tel_error *err)
{
	size_t kept = 0;
	tel_err rc;
	bool yes;

	for (size_t i = 0; i < l->count; i++) {
		rc = tel__regex_test(run->match, r->regex, l->items[i].name, &yes, err);
		if (rc != TEL_OK)
			return rc;
		if (yes == (r->action == TEL__RELABEL_LABEL_KEEP))
			l->items[kept++] = l->items[i];
	}
	l->count = kept;
	return TEL_OK;
}

/* One rule; *ret_keep false: the set is dropped. */
static tel_err apply_rule(const tel__relabel *all, const rule *r, tel__relabel_run *run, tel__labels *l, bool *ret_keep,
                          tel_error *err)
{
	tel_slice value;
	tel_err rc = join_sources(r, run, l, &value, err);
	bool yes = true;

	*ret_keep = true;
	if (rc != TEL_OK)
		return rc;
	switch (r->action) {
	case TEL__RELABEL_KEEP:
	case TEL__RELABEL_DROP:
		rc = tel__regex_test(run->match, r->regex, value, &yes, err);
		*ret_keep = yes == (r->action == TEL__RELABEL_KEEP);
		return rc;
	case TEL__RELABEL_KEEP_EQUAL:
	case TEL__RELABEL_DROP_EQUAL:
		*ret_keep = tel__slice_eq(value, tel__labels_get(l, r->target)) == (r->action == TEL__RELABEL_KEEP_EQUAL);
		return TEL_OK;
	case TEL__RELABEL_HASH_MOD:
		return hash_mod(all, r, l, value, err);
	case TEL__RELABEL_LOWERCASE:
	case TEL__RELABEL_UPPERCASE:
		return change_case(r, run, l, value, err);
	case TEL__RELABEL_LABEL_MAP:
		return label_map(r, run, l, err);
	case TEL__RELABEL_LABEL_DROP:
	case TEL__RELABEL_LABEL_KEEP:
		return label_filter(r, run, l, err);
	default:
		return replace(all, r, run, l, value, err);
	}
}

tel_err tel__relabel_apply(const tel__relabel *relabel, tel__relabel_run *run, tel__labels *labels, size_t *ret_dropped,
                           tel_error *err)
{
	bool keep;
	tel_err rc;

	for (size_t i = 0; i < relabel->count; i++) {
		rc = apply_rule(relabel, &relabel->rules[i], run, labels, &keep, err);
		if (rc != TEL_OK)
			return rc;
		if (!keep) {
			*ret_dropped = i;
			return TEL_OK;
		}
	}
	*ret_dropped = TEL__RELABEL_KEPT;
	return TEL_OK;
}
