/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/limits.h"
#include "model/edit_i.h"
#include "model/otlp_fields.h"
#include "model/point.h"
#include "wire/pb.h"

/* What was written to out, as a slice that lives in the arena; out is empty afterwards. */
static tel_err keep(tel__arena *arena, tel__dynbuf *out, tel_slice *ret_bytes)
{
	tel_err e = tel__dynbuf_error(out);

	if (!e && !tel__arena_copy(arena, tel__dynbuf_get(out), ret_bytes))
		e = TEL_ERR_NOMEM;
	tel__dynbuf_reset(out);
	return e;
}

static void add_text(tel__dynbuf *out, uint32_t field, tel_slice text)
{
	if (text.len)
		tel__pb_add_bytes(out, field, text);
}

/* ---- resource and scope ---- */

static void write_self(const tel__envelope_edit *edit, tel__dynbuf *out)
{
	bool scope = edit->s != TEL__NO_NODE;

	if (scope) {
		add_text(out, TEL__SCOPE_NAME, edit->name);
		add_text(out, TEL__SCOPE_VERSION, edit->version);
	}
	tel__kvs_write(&edit->attributes, out, scope ? TEL__SCOPE_ATTRIBUTES : TEL__RESOURCE_ATTRIBUTES);
	if (edit->dropped_attributes)
		tel__pb_add_uint(out, scope ? TEL__SCOPE_DROPPED : TEL__RESOURCE_DROPPED, edit->dropped_attributes);
	tel__dynbuf_slice(out, edit->self_rest);
}

static tel_err close_envelope(tel_metrics *m, tel__envelope *e, tel__envelope_edit *edit, tel__dynbuf *out)
{
	tel_slice head;
	size_t self, self_len;
	tel_err code;

	if (!edit->changed && !edit->attributes.changed)
		return TEL_OK;
	self = tel__pb_add_open(out, TEL__RM_RESOURCE);
	write_self(edit, out);
	self_len = out->len - self;
	tel__pb_add_close(out, self);
	if (!self_len && !e->self.ptr)
		tel__dynbuf_reset(out); /* there was none, and there is nothing to say */
	self = out->len - self_len;
	add_text(out, TEL__RM_SCHEMA_URL, edit->schema_url);
	tel__dynbuf_slice(out, edit->rest);
	code = keep(m->arena, out, &head);
	if (code)
		return code;
	e->head = head;
	e->tail = (tel_slice){ head.ptr + head.len, 0 };
	if (self)
		e->self = (tel_slice){ head.ptr + self, self_len };
	e->schema_url = edit->schema_url;
	tel__metrics_changed(m, edit->r, edit->s);
	return TEL_OK;
}

/* ---- metric ---- */

static bool has_temporality(uint32_t type)
{
	return type == TEL__METRIC_SUM || type == TEL__METRIC_HISTOGRAM || type == TEL__METRIC_EXP_HISTOGRAM;
}

static tel_err write_frame(tel_metrics *m, const tel__metric_edit *edit, tel__dynbuf *out, tel__metric *ret_metric,
                           tel_slice *ret_fields)
{
	tel_err e;

	add_text(out, TEL__METRIC_NAME, edit->name);
	add_text(out, TEL__METRIC_DESCRIPTION, edit->description);
	add_text(out, TEL__METRIC_UNIT, edit->unit);
	tel__kvs_write(&edit->metadata, out, TEL__METRIC_METADATA);
	tel__dynbuf_slice(out, edit->rest);
	e = keep(m->arena, out, &ret_metric->raw);
	if (e)
		return e;
	if (has_temporality(edit->type) && edit->temporality)
		tel__pb_add_uint(out, TEL__DATA_TEMPORALITY, edit->temporality);
	if (edit->type == TEL__METRIC_SUM && edit->monotonic)
		tel__pb_add_uint(out, TEL__DATA_MONOTONIC, 1);
	tel__dynbuf_slice(out, edit->data_rest);
	return keep(m->arena, out, ret_fields);
}

static bool points_changed(const tel__metric_edit *edit)
{
	for (uint32_t i = 0; edit->points_open && i < edit->count; i++) {
		const tel__point *p = &edit->points[i];

		if (p->dropped || p->changed || p->attributes.changed)
			return true;
	}
	return false;
}

/* All points that are left, those that nobody changed as they came. */
static tel_err write_points(tel_metrics *m, const tel__metric_edit *edit, tel__dynbuf *out, tel_slice *ret_points,
                            uint32_t *ret_count)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < edit->count; i++) {
		const tel__point *p = &edit->points[i];

		if (p->dropped)
			continue;
		count++;
		if (p->changed || p->attributes.changed)
			tel__point_write(p, edit->type, out);
		else
			tel__dynbuf_slice(out, p->field);
	}
	*ret_count = count;
	return keep(m->arena, out, ret_points);
}

/* Nobody changed anything: back to the form that it was received in. */
static void restore(tel__metric *metric, const tel__metric_edit *edit)
{
	bool dropped = metric->dropped, touched = metric->touched;

	if (!edit->received)
		return;
	*metric = *edit->received;
	metric->dropped = dropped;
	metric->touched = touched;
}

static tel_err close_metric(tel_metrics *m, tel__metric *metric, tel__metric_edit *edit, tel__dynbuf *out)
{
	tel__metric fresh = *metric;
	tel_slice points = metric->cut ? metric->cut->points : (tel_slice){ NULL, 0 }, fields;
	bool moved = points_changed(edit);
	tel__metric_cut *cut;
	tel_err e;

	if (!moved && !edit->changed && !edit->metadata.changed) {
		restore(metric, edit);
		return TEL_OK;
	}
	e = write_frame(m, edit, out, &fresh, &fields);
	if (!e && moved)
		e = write_points(m, edit, out, &points, &fresh.points);
	cut = e ? NULL : tel__arena_alloc(m->arena, sizeof *cut);
	if (!cut)
		return e ? e : TEL_ERR_NOMEM;
	cut->fields = fields;
	cut->points = points;
	fresh.cut = edit->type == TEL__METRIC_EMPTY ? NULL : cut;
	fresh.type = edit->type;
	fresh.data = fresh.data_len = 0;
	fresh.lead = 0;
	if (edit->type == TEL__METRIC_EMPTY)
		fresh.points = 0;
	/* the name is the first field of what write_frame() wrote */
	fresh.name = edit->name.len ? (tel_slice){ fresh.raw.ptr + tel__pb_len_size(TEL__METRIC_NAME, edit->name.len) -
	                                           edit->name.len, edit->name.len }
	                            : (tel_slice){ fresh.raw.ptr, 0 };
	if (metric->points && !fresh.points)
		fresh.touched = true;
	*metric = fresh;
	tel__metrics_touched(m, edit->r, edit->s);
	return TEL_OK;
}

tel_err tel__metrics_close_open(tel_metrics *m)
{
	tel__dynbuf out;
	tel_err e = TEL_OK;

	tel__dynbuf_init(&out, &m->alloc, TEL_LIMIT_REQUEST_BYTES);
	while (!e && m->open_metrics) {
		tel__metric_edit *edit = m->open_metrics;
		tel__metric *metric = &m->resources[edit->r].scopes[edit->s].metrics[edit->k];

		e = close_metric(m, metric, edit, &out);
		if (e)
			break;
		metric->edit = NULL;
		m->open_metrics = edit->next;
	}
	while (!e && m->open_envelopes) {
		tel__envelope_edit *edit = m->open_envelopes;
		tel__resource *resource = &m->resources[edit->r];
		tel__envelope *envelope = edit->s == TEL__NO_NODE ? &resource->e : &resource->scopes[edit->s].e;

		e = close_envelope(m, envelope, edit, &out);
		if (e)
			break;
		envelope->edit = NULL;
		m->open_envelopes = edit->next;
	}
	tel__dynbuf_fini(&out);
	return e;
}
