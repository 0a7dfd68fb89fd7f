/* SPDX-License-Identifier: Apache-2.0 */
/* Explanations: components, who runs them, and the reasons that they have. */
#include "config/explanation.h"

#include <stdlib.h>

#include "base/map.h"
#include "base/mem.h"
#include "base/slice_i.h"

struct tel_explanation {
	tel_alloc alloc;
	tel__arena *arena;
	tel__map *by_id[TEL_COMPONENT_EXTENSION + 1]; /* while it is built */
	tel__explained **items;
	size_t count, cap;
	bool failed;
};

tel_err tel__explanation_new(const tel_alloc *alloc, tel_explanation **ret_explanation)
{
	const tel_alloc *a = tel__alloc_or_default(alloc);
	tel_explanation *e = tel__mem_zero(a, 1, sizeof(*e));
	tel_err rc;

	if (!e)
		return TEL_ERR_NOMEM;
	e->alloc = *a;
	rc = tel__arena_new(&e->alloc, 0, NULL, &e->arena);
	for (size_t i = 0; i <= TEL_COMPONENT_EXTENSION && rc == TEL_OK; i++)
		rc = tel__map_new(&e->alloc, TEL__MAP_BORROW_KEYS, (uint64_t)(uintptr_t)e, &e->by_id[i]);
	if (rc != TEL_OK) {
		tel_explanation_free(e);
		return rc;
	}
	*ret_explanation = e;
	return TEL_OK;
}

static void free_maps(tel_explanation *e)
{
	for (size_t i = 0; i <= TEL_COMPONENT_EXTENSION; i++) {
		tel__map_free(e->by_id[i]);
		e->by_id[i] = NULL;
	}
}

void tel_explanation_free(tel_explanation *explanation)
{
	tel_alloc alloc;

	if (!explanation)
		return;
	alloc = explanation->alloc;
	free_maps(explanation);
	tel__arena_unref(explanation->arena);
	tel__mem_free(&alloc, explanation, 1, sizeof(*explanation));
}

tel__arena *tel__explanation_arena(tel_explanation *e)
{
	return e->arena;
}

static void copy(tel_explanation *e, tel_slice *text)
{
	if (text->len == 0)
		*text = TEL_SLICE_LIT("");
	else if (!tel__arena_copy(e->arena, *text, text))
		e->failed = true;
}

/* Room for one more element; NULL: no memory. */
static void *grow(tel_explanation *e, void *items, size_t count, size_t *cap, size_t size)
{
	size_t more = *cap ? *cap * 2 : 4;
	void *grown;

	if (count < *cap)
		return items;
	grown = items ? tel__arena_grow(e->arena, items, *cap * size, more * size) : tel__arena_array(e->arena, more, size);
	if (grown)
		*cap = more;
	else
		e->failed = true;
	return grown;
}

tel__explained *tel__explain(tel_explanation *e, tel_component_kind kind, tel_slice id, tel_slice help)
{
	tel__explained *c, **items;
	void *known;

	if (tel__map_get(e->by_id[kind], id, &known))
		return known;
	items = grow(e, e->items, e->count, &e->cap, sizeof(*items));
	c = items ? tel__arena_alloc(e->arena, sizeof(*c)) : NULL;
	if (!c) {
		e->failed = true;
		return NULL;
	}
	*c = (tel__explained){ .about = TEL_EXPLAINED_INIT };
	c->about.kind = kind;
	c->about.id = id;
	c->about.help = help;
	copy(e, &c->about.id);
	copy(e, &c->about.help);
	e->items = items;
	if (e->failed || tel__map_put(e->by_id[kind], c->about.id, c, NULL) != TEL_OK) {
		e->failed = true;
		return NULL;
	}
	items[e->count++] = c;
	return c;
}

void tel__explain_use(tel_explanation *e, tel__explained *c, tel_slice pipeline)
{
	tel_slice *uses = c ? grow(e, c->uses, c->about.use_count, &c->use_cap, sizeof(*uses)) : NULL;

	if (!uses)
		return;
	copy(e, &pipeline);
	c->uses = uses;
	c->uses[c->about.use_count++] = pipeline;
}

void tel__explain_reason(tel_explanation *e, tel__explained *c, const tel_reason *reason)
{
	tel_reason *reasons = c ? grow(e, c->reasons, c->about.reason_count, &c->reason_cap, sizeof(*reasons)) : NULL, *r;

	if (!reasons)
		return;
	c->reasons = reasons;
	r = &reasons[c->about.reason_count++];
	*r = *reason;
	r->size = sizeof(*r);
	copy(e, &r->resource);
	copy(e, &r->field);
	copy(e, &r->value);
	copy(e, &r->def);
	copy(e, &r->source);
}

/* ---- order ---- */

static int compare_numbers(uint32_t a, uint32_t b)
{
	return (a > b) - (a < b);
}

static int compare_components(const void *a, const void *b)
{
	const tel_explained *x = &(*(tel__explained *const *)a)->about, *y = &(*(tel__explained *const *)b)->about;

	return x->kind != y->kind ? compare_numbers(x->kind, y->kind) : tel__slice_cmp(x->id, y->id);
}

static int compare_texts(const void *a, const void *b)
{
	return tel__slice_cmp(*(const tel_slice *)a, *(const tel_slice *)b);
}

static int compare_reasons(const void *a, const void *b)
{
	const tel_reason *x = a, *y = b;
	int rc = compare_numbers(x->kind, y->kind);

	rc = rc ? rc : tel__slice_cmp(x->resource, y->resource);
	rc = rc ? rc : tel__slice_cmp(x->field, y->field);
	rc = rc ? rc : tel__slice_cmp(x->value, y->value);
	rc = rc ? rc : tel__slice_cmp(x->source, y->source);
	rc = rc ? rc : compare_numbers(x->line, y->line);
	return rc ? rc : compare_numbers(x->column, y->column);
}

/* Sorts, equal elements become one. Returns how many are left. */
static size_t sort_unique(void *items, size_t count, size_t size, int (*compare)(const void *a, const void *b))
{
	char *at = items;
	size_t kept = 0;

	if (count == 0)
		return 0;
	qsort(items, count, size, compare);
	for (size_t i = 1; i < count; i++)
		if (compare(at + kept * size, at + i * size) != 0 && ++kept != i)
			memcpy(at + kept * size, at + i * size, size);
	return kept + 1;
}

tel_err tel__explanation_finish(tel_explanation *e, tel_explanation **ret_explanation)
{
	if (e->failed) {
		tel_explanation_free(e);
		return TEL_ERR_NOMEM;
	}
	free_maps(e);
	e->count = sort_unique(e->items, e->count, sizeof(tel__explained *), compare_components);
	for (size_t i = 0; i < e->count; i++) {
		tel__explained *c = e->items[i];

		c->about.use_count = sort_unique(c->uses, c->about.use_count, sizeof(tel_slice), compare_texts);
		c->about.reason_count = sort_unique(c->reasons, c->about.reason_count, sizeof(tel_reason), compare_reasons);
	}
	*ret_explanation = e;
	return TEL_OK;
}

/* ---- reading ---- */

size_t tel_explanation_count(const tel_explanation *explanation)
{
	return explanation->count;
}

tel_err tel_explanation_get(const tel_explanation *explanation, size_t index, tel_explained *ret_explained)
{
	tel_explained about;

	if (index >= explanation->count)
		return TEL_ERR_NOT_FOUND;
	about = explanation->items[index]->about;
	about.size = ret_explained->size;
	memcpy(ret_explained, &about, ret_explained->size < sizeof(about) ? ret_explained->size : sizeof(about));
	return TEL_OK;
}

tel_slice tel_explanation_use(const tel_explanation *explanation, size_t index, size_t use)
{
	if (index >= explanation->count || use >= explanation->items[index]->about.use_count)
		return TEL_SLICE_LIT("");
	return explanation->items[index]->uses[use];
}

tel_err tel_explanation_reason(const tel_explanation *explanation, size_t index, size_t reason, tel_reason *ret_reason)
{
	tel_reason r;

	if (index >= explanation->count || reason >= explanation->items[index]->about.reason_count)
		return TEL_ERR_NOT_FOUND;
	r = explanation->items[index]->reasons[reason];
	r.size = ret_reason->size;
	memcpy(ret_reason, &r, ret_reason->size < sizeof(r) ? ret_reason->size : sizeof(r));
	return TEL_OK;
}
