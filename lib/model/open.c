/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "model/edit_i.h"
#include "model/pick.h"
#include "model/otlp_fields.h"
#include "wire/pb.h"

/* An opened point takes about 350 bytes, one that says something 20 or more: ten million empty ones stay closed. */
enum { OPEN_FACTOR = 32, OPEN_FLOOR = 64 * 1024 };

/* ---- resource and scope ---- */

static void read_scope(tel_slice self, tel__envelope_edit *edit)
{
	tel__pb_reader r = tel__pb_read(self);
	tel__pb_field f;

	while (tel__pb_next(&r, &f)) {
		if (f.number == TEL__SCOPE_NAME && f.wire == TEL__PB_LEN)
			edit->name = f.bytes;
		else if (f.number == TEL__SCOPE_VERSION && f.wire == TEL__PB_LEN)
			edit->version = f.bytes;
		else if (f.number == TEL__SCOPE_DROPPED && f.wire == TEL__PB_VARINT)
			edit->dropped_attributes = (uint32_t)f.value;
	}
}

static void read_resource(tel_slice self, tel__envelope_edit *edit)
{
	tel__pb_reader r = tel__pb_read(self);
	tel__pb_field f;

	while (tel__pb_next(&r, &f)) {
		if (f.number == TEL__RESOURCE_DROPPED && f.wire == TEL__PB_VARINT)
			edit->dropped_attributes = (uint32_t)f.value;
	}
}

/* What is neither the self message nor the schema URL, from around the children. */
static tel_err envelope_rest(tel__arena *arena, const tel__envelope *e, tel_slice *ret_rest)
{
	static const tel__shape envelope = { .kind = { [1] = TEL__KIND_BYTES, [3] = TEL__KIND_TEXT } };
	tel_slice head, tail;
	tel_err code = tel__pick_unknown(arena, &envelope, e->head, &head);

	if (!code)
		code = tel__pick_unknown(arena, &envelope, e->tail, &tail);
	return code ? code : tel__pick_join(arena, head, tail, ret_rest);
}

static tel_err open_envelope(tel_metrics *m, tel__envelope *e, uint32_t r, uint32_t s, tel__envelope_edit **ret_edit)
{
	bool is_scope = s != TEL__NO_NODE;
	tel__envelope_edit *edit;
	tel__arena *arena = m->arena;
	tel_err code;

	if (e->edit) {
		*ret_edit = e->edit;
		return TEL_OK;
	}
	edit = tel__arena_alloc(arena, sizeof *edit);
	if (!edit)
		return TEL_ERR_NOMEM;
	memset(edit, 0, sizeof *edit);
	edit->r = r;
	edit->s = s;
	edit->schema_url = e->schema_url;
	code = tel__kvs_open(arena, &edit->attributes, e->self,
	                     is_scope ? TEL__SCOPE_ATTRIBUTES : TEL__RESOURCE_ATTRIBUTES);
	if (!code)
		code = tel__pick_other(arena, is_scope ? TEL__SHAPE_SCOPE : TEL__SHAPE_RESOURCE, e->self,
		                         is_scope ? 0 : TEL__RESOURCE_ENTITY_REFS, &edit->self_rest);
	if (!code)
		code = envelope_rest(arena, e, &edit->rest);
	if (code)
		return code;
	if (is_scope)
		read_scope(e->self, edit);
	else
		read_resource(e->self, edit);
	edit->next = m->open_envelopes;
	m->open_envelopes = e->edit = edit;
	*ret_edit = edit;
	return TEL_OK;
}

tel_err tel__metrics_open_resource(tel_metrics *m, uint32_t r, tel__envelope_edit **ret_edit)
{
	tel_err e = tel__metrics_path(m, r, TEL__NO_NODE);

	return e ? e : open_envelope(m, &m->resources[r].e, r, TEL__NO_NODE, ret_edit);
}

tel_err tel__metrics_open_scope(tel_metrics *m, uint32_t r, uint32_t s, tel__envelope_edit **ret_edit)
{
	tel_err e = tel__metrics_path(m, r, s);

	return e ? e : open_envelope(m, &m->resources[r].scopes[s].e, r, s, ret_edit);
}

/* ---- metric ---- */

static void read_metric(const tel__metric *metric, tel__metric_edit *edit)
{
	tel__pb_reader r = tel__pb_read(metric->raw);
	tel__pb_field f;

	edit->type = metric->type;
	edit->name = metric->name;
	while (tel__pb_next(&r, &f)) {
		if (f.number == TEL__METRIC_DESCRIPTION && f.wire == TEL__PB_LEN)
			edit->description = f.bytes;
		else if (f.number == TEL__METRIC_UNIT && f.wire == TEL__PB_LEN)
			edit->unit = f.bytes;
	}
	if (metric->type == TEL__METRIC_EMPTY)
		return;
	r = tel__pb_read(tel__metric_data(metric));
	while (tel__pb_next(&r, &f)) {
		if (f.wire != TEL__PB_VARINT)
			continue;
		if (f.number == TEL__DATA_TEMPORALITY)
			edit->temporality = (uint32_t)f.value;
		else if (f.number == TEL__DATA_MONOTONIC && metric->type == TEL__METRIC_SUM)
			edit->monotonic = f.value != 0;
	}
}

static tel__metric_edit *new_edit(tel__arena *arena, uint32_t r, uint32_t s, uint32_t k)
{
	tel__metric_edit *edit = tel__arena_alloc(arena, sizeof *edit);

	if (edit) {
		memset(edit, 0, sizeof *edit);
		edit->r = r;
		edit->s = s;
		edit->k = k;
	}
	return edit;
}

static void link_edit(tel_metrics *m, tel__metric *metric, tel__metric_edit *edit)
{
	edit->next = m->open_metrics;
	m->open_metrics = metric->edit = edit;
}

tel_err tel__metrics_open_metric(tel_metrics *m, uint32_t r, uint32_t s, uint32_t k, tel__metric_edit **ret_edit)
{
	tel_err e = tel__metrics_path(m, r, s);
	tel__metric_edit *edit;
	tel__metric *metric;

	if (e)
		return e;
	metric = &m->resources[r].scopes[s].metrics[k];
	if (metric->edit) {
		*ret_edit = metric->edit;
		return TEL_OK;
	}
	edit = new_edit(m->arena, r, s, k);
	if (!edit)
		return TEL_ERR_NOMEM;
	/* the data field is split off first: what close writes is the small part */
	edit->received = tel__arena_alloc(m->arena, sizeof *metric);
	if (!edit->received)
		return TEL_ERR_NOMEM;
	*edit->received = *metric;
	e = tel__metric_cut_form(m->arena, metric, metric);
	if (!e)
		e = tel__kvs_open(m->arena, &edit->metadata, metric->raw, TEL__METRIC_METADATA);
	if (!e)
		e = tel__pick_unknown(m->arena, &tel__shapes[TEL__SHAPE_METRIC], metric->raw, &edit->rest);
	if (!e && metric->type != TEL__METRIC_EMPTY)
		e = tel__pick_unknown(m->arena, &tel__shapes[tel__shape_of_data(metric->type)], tel__metric_data(metric),
		                        &edit->data_rest);
	if (e)
		return e;
	read_metric(metric, edit);
	link_edit(m, metric, edit);
	*ret_edit = edit;
	return TEL_OK;
}

/* Room for one more metric; capacities double. */
static tel_err reserve_metric(tel__arena *arena, tel__scope *scope)
{
	uint32_t cap = scope->e.count < 4 ? 8 : 2 * scope->e.count;
	tel__metric *metrics;

	if (scope->e.count < scope->cap)
		return TEL_OK;
	metrics = tel__arena_array(arena, cap, sizeof *metrics);
	if (!metrics)
		return TEL_ERR_NOMEM;
	if (scope->e.count)
		memcpy(metrics, scope->metrics, scope->e.count * sizeof *metrics);
	scope->metrics = metrics;
	scope->cap = cap;
	return TEL_OK;
}

tel_err tel__metrics_add_metric(tel_metrics *m, uint32_t r, uint32_t s, tel__metric_edit **ret_edit, uint32_t *ret_k)
{
	tel_err e = tel__metrics_path(m, r, s);
	tel__metric_edit *edit;
	tel__scope *scope;

	if (e)
		return e;
	scope = &m->resources[r].scopes[s];
	if (reserve_metric(m->arena, scope))
		return TEL_ERR_NOMEM;
	edit = new_edit(m->arena, r, s, scope->e.count);
	if (!edit)
		return TEL_ERR_NOMEM;
	memset(&scope->metrics[scope->e.count], 0, sizeof *scope->metrics);
	link_edit(m, &scope->metrics[scope->e.count], edit);
	edit->changed = true;
	scope->e.count++;
	tel__metrics_touched(m, r, s);
	if (ret_k)
		*ret_k = edit->k;
	*ret_edit = edit;
	return TEL_OK;
}

/* ---- points ---- */

static tel_err reserve_points(tel__arena *arena, tel__metric_edit *edit, uint32_t more)
{
	uint32_t cap = edit->count + more;
	tel__point *points;

	if (cap <= edit->cap)
		return TEL_OK;
	if (edit->cap)
		cap += edit->cap;
	points = tel__arena_grow(arena, edit->points, edit->cap * sizeof *points, cap * sizeof *points);
	if (!points)
		return TEL_ERR_NOMEM;
	edit->points = points;
	edit->cap = cap;
	return TEL_OK;
}

tel_err tel__metric_open_points(tel_metrics *m, tel__metric_edit *edit)
{
	const tel__metric *metric = &m->resources[edit->r].scopes[edit->s].metrics[edit->k];
	tel_slice run = metric->cut ? metric->cut->points : (tel_slice){ NULL, 0 };
	tel__pb_reader r = tel__pb_read(run);
	tel__pb_field f;
	tel_err e;

	if (edit->points_open)
		return TEL_OK;
	if (metric->points > (OPEN_FACTOR * run.len + OPEN_FLOOR) / sizeof(tel__point))
		return TEL_ERR_LIMIT;
	e = reserve_points(m->arena, edit, metric->points);
	if (e)
		return e;
	while (tel__pb_next(&r, &f)) {
		tel__point *point = &edit->points[edit->count++];

		memset(point, 0, sizeof *point);
		point->field = f.raw;
	}
	edit->points_open = true;
	return TEL_OK;
}

tel_err tel__metric_add_point(tel_metrics *m, tel__metric_edit *edit, tel__point **ret_point)
{
	tel_err e = tel__metric_open_points(m, edit);

	if (!e)
		e = reserve_points(m->arena, edit, 1);
	if (e)
		return e;
	*ret_point = &edit->points[edit->count++];
	memset(*ret_point, 0, sizeof **ret_point);
	(*ret_point)->open = (*ret_point)->changed = true;
	return TEL_OK;
}
