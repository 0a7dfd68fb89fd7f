/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slice_i.h"
#include "model/metrics_i.h"
#include "model/walk.h"

void tel_cursor_init(tel_cursor *c, const tel_metrics *metrics)
{
	*c = (tel_cursor){ .metrics = metrics };
}

static const tel__resource *resource_at(const tel_cursor *c)
{
	return c->resource && c->resource <= c->metrics->count ? &c->metrics->resources[c->resource - 1] : NULL;
}

static const tel__scope *scope_at(const tel_cursor *c)
{
	const tel__resource *r = resource_at(c);

	return r && c->scope && c->scope <= r->e.count ? &r->scopes[c->scope - 1] : NULL;
}

/* Moves a position to the next of count nodes; stays behind the last. */
static bool step(uint32_t *position, uint32_t count)
{
	if (*position > count)
		return false;
	return ++*position <= count;
}

bool tel_cursor_next_resource(tel_cursor *c, tel_resource_view *ret_view)
{
	c->scope = c->metric = c->point = 0;
	c->points = (tel_fields){ 0 };
	if (!step(&c->resource, c->metrics->count))
		return false;
	if (ret_view)
		tel__resource_read(&resource_at(c)->e, ret_view);
	return true;
}

bool tel_cursor_next_scope(tel_cursor *c, tel_scope_view *ret_view)
{
	const tel__resource *r = resource_at(c);

	c->metric = c->point = 0;
	c->points = (tel_fields){ 0 };
	if (!r || !step(&c->scope, r->e.count))
		return false;
	if (ret_view)
		tel__scope_read(&scope_at(c)->e, ret_view);
	return true;
}

bool tel_cursor_next_metric(tel_cursor *c, tel_metric_view *ret_view)
{
	const tel__scope *s = scope_at(c);
	const tel__metric *m;

	c->point = 0;
	c->points = (tel_fields){ 0 };
	if (!s || !step(&c->metric, s->e.count))
		return false;
	m = &s->metrics[c->metric - 1];
	c->type = m->type;
	c->points = tel__metric_points(m);
	if (ret_view)
		tel__metric_read(m, ret_view);
	return true;
}

bool tel_cursor_next_point(tel_cursor *c, tel_point_view *ret_view)
{
	tel_slice bytes;

	if (!tel__fields_next(&c->points, &bytes)) {
		c->point = 0;
		return false;
	}
	c->point++;
	if (ret_view)
		tel__point_read(bytes, c->type, ret_view);
	return true;
}

bool tel_attr_next(tel_fields *attributes, tel_pair *ret_attr)
{
	return tel__attr_next(attributes, ret_attr);
}

bool tel_attr_find(const tel_fields *attributes, tel_slice key, tel_value *ret_value)
{
	tel_fields run = *attributes;
	tel_pair pair;

	while (tel__attr_next(&run, &pair)) {
		if (!tel__slice_eq(pair.key, key))
			continue;
		if (ret_value)
			*ret_value = pair.value;
		return true;
	}
	return false;
}

void tel_value_fields(const tel_value *list, tel_fields *ret_fields)
{
	tel_slice none = { NULL, 0 };
	bool is_list = list->type == TEL_VALUE_ARRAY || list->type == TEL_VALUE_KVLIST;

	*ret_fields = tel__fields_of(is_list ? list->u.bytes : none, TEL__LIST_VALUES);
}

bool tel_value_next(tel_fields *values, tel_value *ret_value)
{
	tel_slice bytes;

	if (!tel__fields_next(values, &bytes))
		return false;
	tel__value_read(bytes, ret_value);
	return true;
}

bool tel_exemplar_next(tel_fields *exemplars, tel_exemplar_view *ret_view)
{
	tel_slice bytes;

	if (!tel__fields_next(exemplars, &bytes))
		return false;
	tel__exemplar_read(bytes, ret_view);
	return true;
}

bool tel_quantile_next(tel_fields *quantiles, tel_quantile *ret_quantile)
{
	tel_slice bytes;

	if (!tel__fields_next(quantiles, &bytes))
		return false;
	tel__quantile_read(bytes, ret_quantile);
	return true;
}

bool tel_entity_next(tel_fields *entities, tel_entity_view *ret_view)
{
	tel_slice bytes;

	if (!tel__fields_next(entities, &bytes))
		return false;
	tel__entity_read(bytes, ret_view);
	return true;
}

bool tel_string_next(tel_fields *strings, tel_slice *ret_string)
{
	return tel__fields_next(strings, ret_string);
}

/* Fields of bucket counts: fixed64 6 in a histogram, varint 2 in the buckets of an exponential histogram. */
bool tel_number_next_u64(tel_numbers *numbers, uint64_t *ret_value)
{
	return numbers->field == TEL__BUCKETS_COUNTS ? tel__number_next_varint(numbers, ret_value)
	                                             : tel__number_next_fixed(numbers, ret_value);
}

bool tel_number_next_double(tel_numbers *numbers, double *ret_value)
{
	uint64_t bits;

	if (!tel__number_next_fixed(numbers, &bits))
		return false;
	*ret_value = tel__pb_load_double(&bits);
	return true;
}
