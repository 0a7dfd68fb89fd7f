/* SPDX-License-Identifier: Apache-2.0 */
/* The tables backwards: structs -> a document. */
#include "base/slice_i.h"
#include "control/schema.h"

static tel__node *write_strings(tel__doc *d, const tel__list *list)
{
	tel__node *out = tel__doc_new_list(d);

	tel__doc_append_slices(d, out, list->items, list->count);
	return out;
}

static tel__node *write_pairs(tel__doc *d, const tel__list *list)
{
	const tel__key_pair *pairs = list->items;
	tel__node *out = tel__doc_new_map(d);

	for (size_t i = 0; i < list->count; i++)
		tel__doc_add_slice(d, out, pairs[i].key, tel__doc_new_text(d, pairs[i].value));
	return out;
}

static tel__node *write_objects(tel__doc *d, const tel__object *object, const tel__list *list)
{
	tel__node *out = tel__doc_new_list(d);

	for (size_t i = 0; i < list->count; i++)
		tel__doc_append(d, out, tel__schema_write(d, object, (const char *)list->items + i * object->size));
	return out;
}

/* Adds what the field holds, if it holds anything. */
static void write_field(tel__doc *d, const tel__field *f, const void *in, tel__node *map)
{
	const void *field = (const char *)in + f->offset;
	const tel__list *list = field;

	switch (f->type) {
	case TEL__FIELD_BOOL:
		if (*(const tel__maybe *)field != TEL__UNSET)
			tel__doc_bool(d, map, f->name, *(const tel__maybe *)field == TEL__YES);
		break;
	case TEL__FIELD_INT:
		if (tel__schema_has_number(in, f))
			tel__doc_int(d, map, f->name, *(const int64_t *)field);
		break;
	case TEL__FIELD_DURATION:
		if (tel__schema_has_number(in, f))
			tel__doc_duration(d, map, f->name, *(const int64_t *)field);
		break;
	case TEL__FIELD_STRING:
		if (((const tel_slice *)field)->ptr)
			tel__doc_slice(d, map, f->name, *(const tel_slice *)field);
		break;
	case TEL__FIELD_STRINGS:
		if (list->present)
			tel__doc_add(d, map, f->name, write_strings(d, list));
		break;
	case TEL__FIELD_STRING_MAP:
		if (list->present)
			tel__doc_add(d, map, f->name, write_pairs(d, list));
		break;
	case TEL__FIELD_OBJECTS:
		if (list->present)
			tel__doc_add(d, map, f->name, write_objects(d, f->object, list));
		break;
	case TEL__FIELD_OBJECT:
		if (*(const void *const *)field)
			tel__doc_add(d, map, f->name, tel__schema_write(d, f->object, *(const void *const *)field));
		break;
	case TEL__FIELD_ANY:
		if (*(tel__node *const *)field)
			tel__doc_add(d, map, f->name, *(tel__node *const *)field);
		break;
	case TEL__FIELD_INLINE:
		for (size_t i = 0; i < f->object->field_count; i++)
			write_field(d, &f->object->fields[i], field, map);
		break;
	}
}

/* What the document has beside the table's fields, where that is allowed. */
static void write_rest(tel__doc *d, const tel__object *object, const tel__node *at, tel__node *map)
{
	for (uint32_t i = 0; at && at->type == TEL__NODE_MAP && i < at->v.map.count; i++) {
		size_t offset = 0;

		if (!tel__schema_field(object, at->v.map.entries[i].key, &offset))
			tel__doc_add_slice(d, map, at->v.map.entries[i].key, at->v.map.entries[i].value);
	}
}

tel__node *tel__schema_write(tel__doc *d, const tel__object *object, const void *in)
{
	tel__node *map = tel__doc_new_map(d);

	for (size_t i = 0; i < object->field_count; i++)
		write_field(d, &object->fields[i], in, map);
	if (object->open)
		write_rest(d, object, *(const tel__node *const *)in, map);
	tel__doc_sort_bytes(map);
	return map;
}
