/* SPDX-License-Identifier: Apache-2.0 */
#include <telemetry/columns.h>

#include <math.h>

#include "base/slice_i.h"
#include "model/walk.h"

/* Writes one element when the column is wanted and the row fits. */
#define PUT(c, column, row, room, v)                          \
	do {                                                  \
		if ((c)->column && (size_t)(row) < (c)->room) \
			(c)->column[row] = (v);               \
	} while (0)
/* The same for a first_* column of a table with room, which has one element more. */
#define PUT_FIRST(c, column, row, room, v)                                  \
	do {                                                                \
		if ((c)->column && (c)->room && (size_t)(row) <= (c)->room) \
			(c)->column[row] = (v);                             \
	} while (0)

enum { RECENT = 256, SHARED_MAX = 256 };

struct fill {
	tel_columns *out;
	uint32_t mask;
	/* Texts repeat from point to point: those that were copied lately are shared. */
	struct {
		tel_slice text;
		uint64_t offset;
	} recent[RECENT];
};

static tel_text_ref add_text(struct fill *f, tel_slice text)
{
	tel_columns *c = f->out;
	uint64_t slot = text.len && text.len <= SHARED_MAX ? tel__slice_hash(text, 0) % RECENT : 0;
	tel_text_ref ref = { c->text_count, text.len };

	if (text.len == 0)
		return ref;
	if (tel__slice_eq(f->recent[slot].text, text)) {
		ref.offset = f->recent[slot].offset;
		return ref;
	}
	if (c->text && c->text_count <= c->text_room && text.len <= c->text_room - c->text_count)
		memcpy(c->text + c->text_count, text.ptr, text.len);
	c->text_count += text.len;
	f->recent[slot].text = text;
	f->recent[slot].offset = ref.offset;
	return ref;
}

static void add_attributes(struct fill *f, tel_fields attributes)
{
	tel_columns *c = f->out;
	tel_slice none = { NULL, 0 };
	tel_text_ref key, text;
	tel_pair pair;
	size_t row;
	bool has_text;

	if (!(f->mask & TEL_COLUMNS_ATTRIBUTES))
		return;
	while (tel__attr_next(&attributes, &pair)) {
		row = c->attribute_count++;
		has_text = pair.value.type == TEL_VALUE_STRING || pair.value.type >= TEL_VALUE_ARRAY;
		key = add_text(f, pair.key);
		text = add_text(f, has_text ? pair.value.u.bytes : none);
		PUT(c, attribute_key, row, attribute_room, key);
		PUT(c, attribute_type, row, attribute_room, (uint8_t)pair.value.type);
		PUT(c, attribute_int, row, attribute_room,
		    pair.value.type == TEL_VALUE_INT ? pair.value.u.integer :
		    pair.value.type == TEL_VALUE_BOOL ? pair.value.u.boolean : 0);
		PUT(c, attribute_double, row, attribute_room, pair.value.type == TEL_VALUE_DOUBLE ? pair.value.u.real : 0);
		PUT(c, attribute_text, row, attribute_room, text);
	}
}

static void add_resources(struct fill *f, const tel_metrics *m)
{
	tel_columns *c = f->out;
	tel_resource_view view;

	for (uint32_t i = 0; i < m->count; i++) {
		PUT_FIRST(c, resource_first_attribute, i, resource_room, c->attribute_count);
		tel__resource_read(&m->resources[i].e, &view);
		add_attributes(f, view.attributes);
	}
	c->resource_count = m->count;
	PUT_FIRST(c, resource_first_attribute, m->count, resource_room, c->attribute_count);
}

static void add_scope(struct fill *f, const tel__scope *scope, uint32_t resource)
{
	tel_columns *c = f->out;
	size_t row = c->scope_count++;
	tel_scope_view view;

	tel__scope_read(&scope->e, &view);
	PUT(c, scope_resource, row, scope_room, resource);
	PUT_FIRST(c, scope_first_attribute, row, scope_room, c->attribute_count);
	if (f->mask & TEL_COLUMNS_NAMES) {
		tel_text_ref name = add_text(f, view.name), version = add_text(f, view.version);

		PUT(c, scope_name, row, scope_room, name);
		PUT(c, scope_version, row, scope_room, version);
	}
	add_attributes(f, view.attributes);
}

static void add_scopes(struct fill *f, const tel_metrics *m)
{
	for (uint32_t i = 0; i < m->count; i++)
		for (uint32_t k = 0; k < m->resources[i].e.count; k++)
			add_scope(f, &m->resources[i].scopes[k], i);
	PUT_FIRST(f->out, scope_first_attribute, f->out->scope_count, scope_room, f->out->attribute_count);
}

static void add_buckets(struct fill *f, const tel_point_view *p)
{
	tel_numbers counts = p->bucket_counts, bounds = p->bounds;
	tel_columns *c = f->out;
	uint64_t bits;

	if (!(f->mask & TEL_COLUMNS_BUCKETS))
		return;
	while (tel__number_next_fixed(&counts, &bits)) {
		PUT(c, bucket_counts, c->bucket_count, bucket_room, bits);
		c->bucket_count++;
	}
	while (tel__number_next_fixed(&bounds, &bits)) {
		PUT(c, bounds, c->bound_count, bound_room, tel__pb_load_double(&bits));
		c->bound_count++;
	}
}

static double number_of(const tel_point_view *p)
{
	if (p->has & TEL_HAS_DOUBLE)
		return p->as_double;
	return p->has & TEL_HAS_INT ? (double)p->as_int : NAN;
}

static void add_point(struct fill *f, const tel_point_view *p, uint32_t metric)
{
	bool has_sum = (p->has & TEL_HAS_SUM) || p->type == TEL_METRIC_SUMMARY;
	tel_columns *c = f->out;
	size_t row = c->point_count++;

	PUT(c, point_metric, row, point_room, metric);
	PUT(c, point_has, row, point_room, p->has);
	PUT(c, point_flags, row, point_room, p->flags);
	PUT(c, point_start, row, point_room, p->start_unix_ns);
	PUT(c, point_time, row, point_room, p->time_unix_ns);
	PUT(c, point_int, row, point_room, p->as_int);
	PUT(c, point_double, row, point_room, number_of(p));
	PUT(c, point_total, row, point_room, p->count);
	PUT(c, point_sum, row, point_room, has_sum ? p->sum : NAN);
	PUT(c, point_min, row, point_room, p->has & TEL_HAS_MIN ? p->min : NAN);
	PUT(c, point_max, row, point_room, p->has & TEL_HAS_MAX ? p->max : NAN);
	PUT_FIRST(c, point_first_attribute, row, point_room, c->attribute_count);
	PUT_FIRST(c, point_first_bucket, row, point_room, c->bucket_count);
	PUT_FIRST(c, point_first_bound, row, point_room, c->bound_count);
	add_attributes(f, p->attributes);
	add_buckets(f, p);
}

static void add_metric(struct fill *f, const tel__metric *metric, uint32_t scope)
{
	tel_columns *c = f->out;
	size_t row = c->metric_count++;
	tel_fields points = tel__metric_points(metric);
	tel_metric_view view;
	tel_point_view point;
	tel_slice bytes;

	tel__metric_read(metric, &view);
	PUT(c, metric_scope, row, metric_room, scope);
	PUT(c, metric_type, row, metric_room, (uint8_t)view.type);
	PUT(c, metric_temporality, row, metric_room,
	    view.temporality >= 0 && view.temporality <= TEL_CUMULATIVE ? (uint8_t)view.temporality : UINT8_MAX);
	PUT(c, metric_monotonic, row, metric_room, view.monotonic);
	PUT_FIRST(c, metric_first_point, row, metric_room, c->point_count);
	if (f->mask & TEL_COLUMNS_NAMES) {
		tel_text_ref name = add_text(f, view.name), unit = add_text(f, view.unit);

		PUT(c, metric_name, row, metric_room, name);
		PUT(c, metric_unit, row, metric_room, unit);
	}
	while (tel__fields_next(&points, &bytes)) {
		tel__point_read(bytes, metric->type, &point);
		add_point(f, &point, (uint32_t)row);
	}
}

static void add_metrics(struct fill *f, const tel_metrics *m)
{
	tel_columns *c = f->out;
	uint32_t scope = 0;

	for (uint32_t i = 0; i < m->count; i++)
		for (uint32_t k = 0; k < m->resources[i].e.count; k++, scope++)
			for (uint32_t n = 0; n < m->resources[i].scopes[k].e.count; n++)
				add_metric(f, &m->resources[i].scopes[k].metrics[n], scope);
	PUT_FIRST(c, metric_first_point, c->metric_count, metric_room, c->point_count);
	PUT_FIRST(c, point_first_attribute, c->point_count, point_room, c->attribute_count);
	PUT_FIRST(c, point_first_bucket, c->point_count, point_room, c->bucket_count);
	PUT_FIRST(c, point_first_bound, c->point_count, point_room, c->bound_count);
}

static bool fits(size_t room, size_t count)
{
	return room == 0 || count <= room;
}

tel_err tel_metrics_columns(const tel_metrics *metrics, uint32_t mask, tel_columns *c)
{
	struct fill f = { .out = c, .mask = mask };

	if (!metrics || !c || c->size < sizeof *c)
		return TEL_ERR_ARG;
	c->resource_count = c->scope_count = c->metric_count = c->point_count = 0;
	c->attribute_count = c->bucket_count = c->bound_count = c->text_count = 0;
	add_resources(&f, metrics);
	add_scopes(&f, metrics);
	add_metrics(&f, metrics);
	if (fits(c->resource_room, c->resource_count) && fits(c->scope_room, c->scope_count) &&
	    fits(c->metric_room, c->metric_count) && fits(c->point_room, c->point_count) &&
	    fits(c->attribute_room, c->attribute_count) && fits(c->bucket_room, c->bucket_count) &&
	    fits(c->bound_room, c->bound_count) && fits(c->text_room, c->text_count))
		return TEL_OK;
	return TEL_ERR_LIMIT;
}
