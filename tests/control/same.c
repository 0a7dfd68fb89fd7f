/* SPDX-License-Identifier: Apache-2.0 */
#include "control/same.h"

#include "base/slice_i.h"

static bool same_text(tel_slice a, tel_slice b)
{
	return (a.ptr != NULL) == (b.ptr != NULL) && tel__slice_eq(a, b);
}

static double number_of(const tel__node *node)
{
	return node->type == TEL__NODE_INT ? (double)node->v.i : node->type == TEL__NODE_UINT ? (double)node->v.u : node->v.d;
}

static bool is_number(const tel__node *node)
{
	return node->type == TEL__NODE_INT || node->type == TEL__NODE_UINT || node->type == TEL__NODE_FLOAT;
}

/* As values: 1 and 1.0 are one number, NaN is NaN, and JSON's null stands for what is not finite. */
static bool same_node(const tel__node *a, const tel__node *b)
{
	if (!a || !b)
		return a == b;
	if (a->type == TEL__NODE_FLOAT && b->type == TEL__NODE_NULL)
		return !(number_of(a) - number_of(a) == 0);
	if (is_number(a) && is_number(b))
		return number_of(a) == number_of(b) || (number_of(a) != number_of(a) && number_of(b) != number_of(b));
	if (a->type != b->type)
		return false;
	if (a->type == TEL__NODE_LIST) {
		for (uint32_t i = 0; i < a->v.list.count && a->v.list.count == b->v.list.count; i++)
			if (!same_node(a->v.list.items[i], b->v.list.items[i]))
				return false;
		return a->v.list.count == b->v.list.count;
	}
	if (a->type == TEL__NODE_MAP) {
		for (uint32_t i = 0; i < a->v.map.count && a->v.map.count == b->v.map.count; i++)
			if (!tel__slice_eq(a->v.map.entries[i].key, b->v.map.entries[i].key) ||
			    !same_node(a->v.map.entries[i].value, b->v.map.entries[i].value))
				return false;
		return a->v.map.count == b->v.map.count;
	}
	return tel__node_equal(a, b);
}

static bool same_pairs(const tel__list *a, const tel__list *b)
{
	const tel__key_pair *x = a->items, *y = b->items;

	for (size_t i = 0; i < a->count; i++)
		if (!tel__slice_eq(x[i].key, y[i].key) || !tel__slice_eq(x[i].value, y[i].value))
			return false;
	return true;
}

static bool same_texts(const tel__list *a, const tel__list *b)
{
	for (size_t i = 0; i < a->count; i++)
		if (!tel__slice_eq(((const tel_slice *)a->items)[i], ((const tel_slice *)b->items)[i]))
			return false;
	return true;
}

static bool same_objects(const tel__object *object, const tel__list *a, const tel__list *b, const char **where)
{
	for (size_t i = 0; i < a->count; i++)
		if (!same_struct(object, (const char *)a->items + i * object->size, (const char *)b->items + i * object->size, where))
			return false;
	return true;
}

static bool same_field(const tel__field *f, const void *a, const void *b, const char **where)
{
	const tel__list *x = a, *y = b;
	const void *p, *q;

	switch (f->type) {
	case TEL__FIELD_BOOL: return *(const tel__maybe *)a == *(const tel__maybe *)b;
	case TEL__FIELD_INT:
	case TEL__FIELD_DURATION: return *(const int64_t *)a == *(const int64_t *)b;
	case TEL__FIELD_STRING: return same_text(*(const tel_slice *)a, *(const tel_slice *)b);
	case TEL__FIELD_ANY: return same_node(*(const tel__node *const *)a, *(const tel__node *const *)b);
	case TEL__FIELD_INLINE: return same_struct(f->object, a, b, where);
	case TEL__FIELD_OBJECT:
		p = *(const void *const *)a;
		q = *(const void *const *)b;
		return p && q ? same_struct(f->object, p, q, where) : p == q;
	default: break;
	}
	if (x->present != y->present || x->count != y->count)
		return false;
	return f->type == TEL__FIELD_STRINGS      ? same_texts(x, y)
	       : f->type == TEL__FIELD_STRING_MAP ? same_pairs(x, y)
	                                          : same_objects(f->object, x, y, where);
}

/* What an open object has beside its table, every key of a in b. */
static bool same_rest(const tel__object *object, const tel__node *a, const tel__node *b, const char **where)
{
	for (uint32_t i = 0; a && a->type == TEL__NODE_MAP && i < a->v.map.count; i++) {
		const tel__node_entry *entry = &a->v.map.entries[i], *other = tel__node_find(b, entry->key);
		size_t offset = 0;

		*where = "a field of no row";
		if (!tel__schema_field(object, entry->key, &offset) && (!other || !same_node(entry->value, other->value)))
			return false;
	}
	return true;
}

bool same_struct(const tel__object *object, const void *a, const void *b, const char **where)
{
	for (size_t i = 0; i < object->field_count; i++) {
		const tel__field *f = &object->fields[i];

		*where = f->name;
		if (!same_field(f, (const char *)a + f->offset, (const char *)b + f->offset, where))
			return false;
	}
	return !object->open || same_rest(object, *(const tel__node *const *)a, *(const tel__node *const *)b, where);
}

/* The version that they were read in is no difference. */
bool same_pipeline(const tel__metric_pipeline *a, const tel__metric_pipeline *b, const char **where)
{
	tel__metric_pipeline x = *a, y = *b;

	x.api_version = y.api_version = TEL_SLICE_LIT("");
	return same_struct(&tel__metric_pipeline_beta, &x, &y, where);
}

bool same_telemetry(const tel__telemetry *a, const tel__telemetry *b, const char **where)
{
	tel__telemetry x = *a, y = *b;

	x.api_version = y.api_version = TEL_SLICE_LIT("");
	return same_struct(&tel__telemetry_object, &x, &y, where);
}
