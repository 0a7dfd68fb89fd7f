/* SPDX-License-Identifier: Apache-2.0 */
#include "model/point_attrs.h"

#include "base/limits.h"
#include "model/cut.h"
#include "model/edit_i.h"
#include "model/otlp_fields.h"
#include "wire/pb.h"

static const uint32_t POINT_TAG = TEL__PB_TAG(TEL__DATA_POINTS, TEL__PB_LEN);

static uint32_t attributes_field(uint8_t type)
{
	switch (type) {
	case TEL__METRIC_HISTOGRAM:
		return TEL__HIST_ATTRIBUTES;
	case TEL__METRIC_EXP_HISTOGRAM:
		return TEL__EXP_ATTRIBUTES;
	case TEL__METRIC_SUMMARY:
		return TEL__SUMMARY_ATTRIBUTES;
	default:
		return TEL__NUMBER_ATTRIBUTES;
	}
}

/* The point with other attributes, at the end of its other fields. */
static void write_point(tel__dynbuf *out, tel_slice payload, uint32_t field, const tel__kvs *kvs)
{
	size_t opened = tel__pb_add_open(out, TEL__DATA_POINTS);
	tel__pb_reader r = tel__pb_read(payload);
	const char *from = payload.ptr;
	tel__pb_field f;

	while (tel__pb_next(&r, &f)) {
		if (f.number != field || f.wire != TEL__PB_LEN)
			continue;
		tel__dynbuf_put(out, from, (size_t)(f.raw.ptr - from));
		from = f.raw.ptr + f.raw.len;
	}
	if (payload.len)
		tel__dynbuf_put(out, from, (size_t)(payload.ptr + payload.len - from));
	tel__kvs_write(kvs, out, field);
	tel__pb_add_close(out, opened);
}

/* The points as one run of fields, from the first that changed on in out. */
static tel_err rewrite(const tel__metric *metric, tel__arena *scratch, tel__attrs_change *change, void *user,
                       tel__dynbuf *out, bool *ret_changed)
{
	uint32_t field = attributes_field(metric->type);
	tel_slice run = tel__metric_run(metric);
	tel__pb_reader r = tel__pb_read(run);
	tel__kvs kvs = { .at = NULL };
	tel__pb_field f;
	tel_err e = TEL_OK;

	*ret_changed = false;
	while (!e && tel__pb_next(&r, &f)) {
		if (TEL__PB_TAG(f.number, f.wire) != POINT_TAG)
			continue;
		kvs.count = 0;
		kvs.changed = false;
		e = tel__kvs_open(scratch, &kvs, f.bytes, field);
		if (!e)
			e = change(user, &kvs);
		if (!e && kvs.changed)
			write_point(out, f.bytes, field, &kvs);
		else if (!e)
			tel__dynbuf_slice(out, f.raw);
		*ret_changed |= kvs.changed;
	}
	return e ? e : tel__dynbuf_error(out);
}

tel_err tel__metrics_change_attributes(tel_metrics *m, uint32_t r, uint32_t s, uint32_t k, tel__arena *scratch,
                                       tel__attrs_change *change, void *user)
{
	const tel__metric *metric = &m->resources[r].scopes[s].metrics[k];
	tel__metric fresh;
	tel__metric_cut *cut;
	tel__arena *arena;
	tel__dynbuf out;
	tel_slice points;
	bool changed = false;
	tel_err e = TEL_OK;

	if (!metric->points)
		return TEL_OK;
	tel__dynbuf_init(&out, &m->alloc, TEL_LIMIT_REQUEST_BYTES);
	e = rewrite(metric, scratch, change, user, &out, &changed);
	if (!e && changed)
		e = tel__metrics_arena(m, &arena);
	if (!e && changed && !tel__arena_copy(arena, tel__dynbuf_get(&out), &points))
		e = TEL_ERR_NOMEM;
	tel__dynbuf_fini(&out);
	if (!e && changed) {
		e = tel__metric_cut_form(arena, metric, &fresh);
		cut = e ? NULL : tel__arena_alloc(arena, sizeof *cut);
		if (!e && !cut)
			e = TEL_ERR_NOMEM;
		if (!e)
			e = tel__metrics_path(m, r, s);
		if (e)
			return e;
		*cut = *fresh.cut;
		cut->points = points;
		fresh.cut = cut;
		m->resources[r].scopes[s].metrics[k] = fresh;
		tel__metrics_changed(m, r, s);
	}
	return e;
}
