/* SPDX-License-Identifier: Apache-2.0 */
#include "model/cut.h"

#include <string.h>

#include "model/edit_i.h"
#include "model/pick.h"
#include "wire/pb.h"

static const uint32_t POINT_TAG = TEL__PB_TAG(1, TEL__PB_LEN);

/* The metric without its points. */
static tel_err frame(tel__arena *arena, const tel__metric *metric, tel__metric *ret_frame, tel_slice *ret_fields)
{
	tel__metric frame = *metric;
	tel__pb_reader r;
	tel__pb_field f;
	tel_err e;

	if (metric->cut) {
		*ret_frame = *metric;
		*ret_fields = metric->cut->fields;
		return TEL_OK;
	}
	e = tel__pick_without(arena, metric->raw, TEL__PB_TAG(metric->type, TEL__PB_LEN), &frame.raw);
	if (!e)
		e = tel__pick_without(arena, tel__metric_data(metric), POINT_TAG, ret_fields);
	if (e)
		return e;
	r = tel__pb_read(frame.raw);
	while (tel__pb_next(&r, &f)) {
		if (f.number == 1 && f.wire == TEL__PB_LEN)
			frame.name = f.bytes;
	}
	frame.data = frame.data_len = 0;
	frame.lead = 0;
	*ret_frame = frame;
	return TEL_OK;
}

static tel_err make_cut(tel__arena *arena, const tel__metric *frame, tel_slice fields, tel_slice points, uint32_t count,
                        tel__metric *ret_cut)
{
	tel__metric_cut *cut = tel__arena_alloc(arena, sizeof *cut);

	if (!cut)
		return TEL_ERR_NOMEM;
	cut->fields = fields;
	cut->points = points;
	*ret_cut = *frame;
	ret_cut->cut = cut;
	ret_cut->points = count;
	return TEL_OK;
}

/* The points that a predicate keeps, as one run: a slice as long as they stand together, then a copy. */
typedef struct {
	tel__arena *arena;
	tel_slice run;
	char *copy;   /* run lies here; room for all that may come */
	uint32_t points;
} keeper;

static bool keep_point(keeper *kept, tel_slice field, const char *end)
{
	tel_slice *run = &kept->run;

	if (!run->len)
		run->ptr = field.ptr;
	if (kept->copy) {
		memcpy(kept->copy + run->len, field.ptr, field.len);
	} else if (run->ptr + run->len != field.ptr) {
		kept->copy = tel__arena_alloc(kept->arena, run->len + (size_t)(end - field.ptr));
		if (!kept->copy)
			return false;
		memcpy(kept->copy, run->ptr, run->len);
		memcpy(kept->copy + run->len, field.ptr, field.len);
		run->ptr = kept->copy;
	}
	run->len += field.len;
	kept->points++;
	return true;
}

/* keep NULL = all. */
static tel_err sort_points(tel__arena *arena, const tel__metric *metric, tel__point_keep *keep, void *user,
                           keeper *ret_kept)
{
	tel_slice run = tel__metric_run(metric);
	tel__pb_reader r = tel__pb_read(run);
	tel__pb_field f;

	*ret_kept = (keeper){ .arena = arena, .run = { run.ptr, 0 } };
	while (tel__pb_next(&r, &f)) {
		if (TEL__PB_TAG(f.number, f.wire) == POINT_TAG && (!keep || keep(user, f.bytes)) &&
		    !keep_point(ret_kept, f.raw, run.ptr + run.len))
			return TEL_ERR_NOMEM;
	}
	return TEL_OK;
}

tel_err tel__metric_cut_form(tel__arena *arena, const tel__metric *metric, tel__metric *ret_cut)
{
	tel__metric framed;
	tel_slice fields;
	keeper all;
	tel_err e;

	if (metric->cut || metric->type == TEL__METRIC_EMPTY) {
		*ret_cut = *metric;
		return TEL_OK;
	}
	e = frame(arena, metric, &framed, &fields);
	if (!e)
		e = sort_points(arena, metric, NULL, NULL, &all);
	return e ? e : make_cut(arena, &framed, fields, all.run, all.points, ret_cut);
}

tel_err tel__metrics_keep_points(tel_metrics *m, uint32_t r, uint32_t s, uint32_t k, tel__point_keep *keep, void *user,
                                 uint32_t *ret_removed)
{
	const tel__metric *metric = &m->resources[r].scopes[s].metrics[k];
	tel__metric framed, cut;
	tel_slice fields;
	keeper kept;
	tel__arena *arena;
	uint32_t removed;
	tel_err e = tel__metrics_arena(m, &arena);

	if (!e)
		e = sort_points(arena, metric, keep, user, &kept);
	if (e)
		return e;
	removed = metric->points - kept.points;
	if (removed) {
		e = frame(arena, metric, &framed, &fields);
		if (!e)
			e = make_cut(arena, &framed, fields, kept.run, kept.points, &cut);
		if (!e)
			e = tel__metrics_path(m, r, s);
		if (e)
			return e;
		cut.touched = true;
		if (cut.edit)
			cut.edit->received = NULL;
		m->resources[r].scopes[s].metrics[k] = cut;
		tel__metrics_touched(m, r, s);
	}
	if (ret_removed)
		*ret_removed = removed;
	return TEL_OK;
}

/* Length of the first n points; all of them are known to be there. */
static size_t points_length(tel_slice run, uint32_t n)
{
	const uint8_t *p = (const uint8_t *)run.ptr, *end = p + run.len;
	size_t len = 0;
	uint32_t tag;

	for (; n; n--) {
		p = tel__pb_tag(p, end, &tag);
		p = tel__pb_len(p, end, &len);
		p += len;
	}
	return (size_t)(p - (const uint8_t *)run.ptr);
}

tel_err tel__metric_cut_at(tel__arena *head_arena, tel__arena *rest_arena, const tel__metric *metric, uint32_t n,
                           tel__metric *ret_head, tel__metric *ret_rest)
{
	const tel__metric_cut *cut = metric->cut;
	size_t len = points_length(cut->points, n);
	tel_slice front = { cut->points.ptr, len }, back = { cut->points.ptr + len, cut->points.len - len };
	tel__metric head;
	tel_err e = make_cut(head_arena, metric, cut->fields, front, n, &head);

	if (!e)
		e = make_cut(rest_arena, metric, cut->fields, back, metric->points - n, ret_rest);
	if (!e)
		*ret_head = head;
	return e;
}
