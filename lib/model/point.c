/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "model/edit_i.h"
#include "model/pick.h"
#include "model/otlp_fields.h"
#include "model/point.h"
#include "model/walk.h"
#include "wire/pb.h"

/* Field numbers that differ by type of the metric; 0 = the type has none. */
typedef struct {
	uint8_t attributes, exemplars, flags;
} numbers;

static numbers numbers_of(uint32_t type)
{
	switch (type) {
	case TEL__METRIC_HISTOGRAM:
		return (numbers){ TEL__HIST_ATTRIBUTES, TEL__HIST_EXEMPLARS, TEL__HIST_FLAGS };
	case TEL__METRIC_EXP_HISTOGRAM:
		return (numbers){ TEL__EXP_ATTRIBUTES, TEL__EXP_EXEMPLARS, TEL__EXP_FLAGS };
	case TEL__METRIC_SUMMARY:
		return (numbers){ TEL__SUMMARY_ATTRIBUTES, 0, TEL__SUMMARY_FLAGS };
	default:
		return (numbers){ TEL__NUMBER_ATTRIBUTES, TEL__NUMBER_EXEMPLARS, TEL__NUMBER_FLAGS };
	}
}

/* Payload of a point field, behind its tag and length. */
static tel_slice payload_of(tel_slice field)
{
	tel__pb_reader r = tel__pb_read(field);
	tel__pb_field f;

	return tel__pb_next(&r, &f) ? f.bytes : (tel_slice){ NULL, 0 };
}

/* The last occurrence of a length-delimited field, with ptr NULL when there is none. */
static tel_slice last_of(tel_slice message, uint32_t number)
{
	tel__pb_reader r = tel__pb_read(message);
	tel__pb_field f;
	tel_slice last = { NULL, 0 };

	while (tel__pb_next(&r, &f)) {
		if (f.number == number && f.wire == TEL__PB_LEN)
			last = f.bytes;
	}
	return last;
}

static tel_err open_lists(tel__arena *arena, uint32_t type, tel_slice payload, tel__point *point)
{
	numbers n = numbers_of(type);
	tel_err e = tel__kvs_open(arena, &point->attributes, payload, n.attributes);

	if (!e && n.exemplars)
		e = tel__pick_numbered(arena, payload, n.exemplars, &point->exemplars);
	if (!e)
		e = tel__pick_unknown(arena, &tel__shapes[tel__shape_of_point(type)], payload, &point->rest);
	if (!e && type == TEL__METRIC_HISTOGRAM) {
		e = tel__pick_fixed64s(arena, payload, TEL__HIST_BUCKET_COUNTS, &point->bucket_counts);
		if (!e)
			e = tel__pick_fixed64s(arena, payload, TEL__HIST_BOUNDS, &point->bounds);
	}
	if (!e && type == TEL__METRIC_SUMMARY)
		e = tel__pick_numbered(arena, payload, TEL__SUMMARY_QUANTILES, &point->quantiles);
	if (type == TEL__METRIC_EXP_HISTOGRAM) {
		point->positive = last_of(payload, TEL__EXP_POSITIVE);
		point->negative = last_of(payload, TEL__EXP_NEGATIVE);
	}
	return e;
}

tel_err tel__point_open(tel_metrics *m, const tel__metric_edit *edit, tel__point *point)
{
	tel_slice payload = payload_of(point->field);
	tel__point opened = *point;
	tel_point_view view;
	tel_err e;

	if (point->open)
		return TEL_OK;
	e = open_lists(m->arena, edit->type, payload, &opened);
	if (e)
		return e;
	tel__point_read(payload, edit->type, &view);
	opened.start_unix_ns = view.start_unix_ns;
	opened.time_unix_ns = view.time_unix_ns;
	opened.flags = view.flags;
	opened.has = view.has;
	opened.as_int = view.as_int;
	opened.as_double = view.as_double;
	opened.count = view.count;
	opened.sum = view.sum;
	opened.min = view.min;
	opened.max = view.max;
	opened.scale = view.scale;
	opened.zero_count = view.zero_count;
	opened.zero_threshold = view.zero_threshold;
	opened.open = true;
	*point = opened;
	return TEL_OK;
}

static void add_fixed64(tel__dynbuf *out, uint32_t field, uint64_t v)
{
	if (v)
		tel__pb_add_fixed64(out, field, v);
}

/* Left out when all bits are zero: -0.0 is written. */
static void add_double(tel__dynbuf *out, uint32_t field, double v)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof bits);
	add_fixed64(out, field, bits);
}

static void add_present(tel__dynbuf *out, uint32_t field, double v, bool present)
{
	if (present)
		tel__pb_add_double(out, field, v);
}

static void add_run(tel__dynbuf *out, uint32_t field, tel_slice packed)
{
	if (packed.len)
		tel__pb_add_bytes(out, field, packed);
}

static void write_number(const tel__point *p, tel__dynbuf *out)
{
	if (p->has & TEL_HAS_INT)
		tel__pb_add_fixed64(out, TEL__NUMBER_INT, (uint64_t)p->as_int);
	else if (p->has & TEL_HAS_DOUBLE)
		tel__pb_add_double(out, TEL__NUMBER_DOUBLE, p->as_double);
}

static void write_histogram(const tel__point *p, tel__dynbuf *out)
{
	add_fixed64(out, TEL__HIST_COUNT, p->count);
	add_present(out, TEL__HIST_SUM, p->sum, p->has & TEL_HAS_SUM);
	add_run(out, TEL__HIST_BUCKET_COUNTS, p->bucket_counts);
	add_run(out, TEL__HIST_BOUNDS, p->bounds);
	add_present(out, TEL__HIST_MIN, p->min, p->has & TEL_HAS_MIN);
	add_present(out, TEL__HIST_MAX, p->max, p->has & TEL_HAS_MAX);
}

static void write_exponential(const tel__point *p, tel__dynbuf *out)
{
	add_fixed64(out, TEL__EXP_COUNT, p->count);
	add_present(out, TEL__EXP_SUM, p->sum, p->has & TEL_HAS_SUM);
	if (p->scale)
		tel__pb_add_uint(out, TEL__EXP_SCALE, (uint32_t)tel__pb_zigzag(p->scale));
	add_fixed64(out, TEL__EXP_ZERO_COUNT, p->zero_count);
	if (p->positive.ptr)
		tel__pb_add_bytes(out, TEL__EXP_POSITIVE, p->positive);
	if (p->negative.ptr)
		tel__pb_add_bytes(out, TEL__EXP_NEGATIVE, p->negative);
	add_present(out, TEL__EXP_MIN, p->min, p->has & TEL_HAS_MIN);
	add_present(out, TEL__EXP_MAX, p->max, p->has & TEL_HAS_MAX);
	add_double(out, TEL__EXP_ZERO_THRESHOLD, p->zero_threshold);
}

static void write_summary(const tel__point *p, tel__dynbuf *out)
{
	add_fixed64(out, TEL__SUMMARY_COUNT, p->count);
	add_double(out, TEL__SUMMARY_SUM, p->sum);
	tel__dynbuf_slice(out, p->quantiles);
}

void tel__point_write(const tel__point *p, uint32_t type, tel__dynbuf *out)
{
	numbers n = numbers_of(type);
	size_t opened = tel__pb_add_open(out, TEL__DATA_POINTS);

	add_fixed64(out, TEL__POINT_START, p->start_unix_ns);
	add_fixed64(out, TEL__POINT_TIME, p->time_unix_ns);
	switch (type) {
	case TEL__METRIC_HISTOGRAM:
		write_histogram(p, out);
		break;
	case TEL__METRIC_EXP_HISTOGRAM:
		write_exponential(p, out);
		break;
	case TEL__METRIC_SUMMARY:
		write_summary(p, out);
		break;
	default:
		write_number(p, out);
	}
	tel__kvs_write(&p->attributes, out, n.attributes);
	tel__dynbuf_slice(out, p->exemplars);
	if (p->flags)
		tel__pb_add_uint(out, n.flags, p->flags);
	tel__dynbuf_slice(out, p->rest);
	tel__pb_add_close(out, opened);
}
