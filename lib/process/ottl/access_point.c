/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/program.h"

#include "base/slice_i.h"
#include "model/otlp_fields.h"
#include "model/walk.h"

typedef tel__ottl_machine machine;
typedef tel__ottl_value value;

/* Paths of data points, otel-processing.md 2.4. A kind that a path does not belong to: nil, and nothing to set. */

enum { NUMBER = 1, HISTOGRAM = 2, EXPONENTIAL = 4, SUMMARY = 8 };

static unsigned kind_of(const machine *m)
{
	switch (tel__ottl_metric_type_of(m->item)) {
	case TEL_METRIC_GAUGE:
	case TEL_METRIC_SUM:
		return NUMBER;
	case TEL_METRIC_HISTOGRAM:
		return HISTOGRAM;
	case TEL_METRIC_EXP_HISTOGRAM:
		return EXPONENTIAL;
	case TEL_METRIC_SUMMARY:
		return SUMMARY;
	default:
		return 0;
	}
}

static bool get_attributes(machine *m, value *ret)
{
	const tel_point_view *view = tel__ottl_point_view(m->item);

	*ret = view ? tel__ottl_map_of(view->attributes) : tel__ottl_map_of_kvs(&m->item->opened->attributes);
	return true;
}

static tel__kvs *open_attributes(machine *m)
{
	tel__point *point = tel__ottl_edit_point(m);

	return point ? &point->attributes : NULL;
}

static bool set_attributes(machine *m, const value *v)
{
	tel__kvs *kvs;

	if (v->type != TEL__OTTL_V_MAP)
		return true;
	kvs = open_attributes(m);
	return kvs && tel__ottl_replace_map(m, kvs, v);
}

/* Members that the view and the opened point have under the same name. */
#define GET(path, kinds, member, make, type)                                                           \
	static bool get_##path(machine *m, value *ret)                                                     \
	{                                                                                                  \
		const tel_point_view *view = tel__ottl_point_view(m->item);                                    \
		*ret = kind_of(m) & (kinds) ? make((type)(view ? view->member : m->item->opened->member)) : tel__ottl_nil(); \
		return true;                                                                                   \
	}
#define SET(path, kinds, wanted, member, ctype, from)                                                  \
	static bool set_##path(machine *m, const value *v)                                                 \
	{                                                                                                  \
		tel__point *point;                                                                             \
		if (v->type != (wanted) || !(kind_of(m) & (kinds)))                                            \
			return true;                                                                               \
		point = tel__ottl_edit_point(m);                                                               \
		if (!point)                                                                                    \
			return false;                                                                              \
		point->member = (ctype)v->u.from;                                                              \
		return point->changed = true;                                                                  \
	}
#define ALL (NUMBER | HISTOGRAM | EXPONENTIAL | SUMMARY)
GET(start_nano, ALL, start_unix_ns, tel__ottl_int, int64_t)
SET(start_nano, ALL, TEL__OTTL_V_INT, start_unix_ns, uint64_t, i64)
GET(time_nano, ALL, time_unix_ns, tel__ottl_int, int64_t)
SET(time_nano, ALL, TEL__OTTL_V_INT, time_unix_ns, uint64_t, i64)
GET(start_time, ALL, start_unix_ns, tel__ottl_time, int64_t)
SET(start_time, ALL, TEL__OTTL_V_TIME, start_unix_ns, uint64_t, i64)
GET(time, ALL, time_unix_ns, tel__ottl_time, int64_t)
SET(time, ALL, TEL__OTTL_V_TIME, time_unix_ns, uint64_t, i64)
GET(flags, ALL, flags, tel__ottl_int, int64_t)
SET(flags, ALL, TEL__OTTL_V_INT, flags, uint32_t, i64)
GET(count, HISTOGRAM | EXPONENTIAL | SUMMARY, count, tel__ottl_int, int64_t)
SET(count, HISTOGRAM | EXPONENTIAL | SUMMARY, TEL__OTTL_V_INT, count, uint64_t, i64)
GET(sum, HISTOGRAM | EXPONENTIAL | SUMMARY, sum, tel__ottl_float, double)
GET(scale, EXPONENTIAL, scale, tel__ottl_int, int64_t)
SET(scale, EXPONENTIAL, TEL__OTTL_V_INT, scale, int32_t, i64)
GET(zero_count, EXPONENTIAL, zero_count, tel__ottl_int, int64_t)
SET(zero_count, EXPONENTIAL, TEL__OTTL_V_INT, zero_count, uint64_t, i64)

static uint32_t present(machine *m)
{
	const tel_point_view *view = tel__ottl_point_view(m->item);

	return view ? view->has : m->item->opened->has;
}

GET(any_double, NUMBER, as_double, tel__ottl_float, double)
GET(any_int, NUMBER, as_int, tel__ottl_int, int64_t)

static bool get_value_double(machine *m, value *ret)
{
	(void)get_any_double(m, ret);
	if (ret->type == TEL__OTTL_V_FLOAT && !(present(m) & TEL_HAS_DOUBLE))
		ret->u.f64 = 0;
	return true;
}

static bool get_value_int(machine *m, value *ret)
{
	(void)get_any_int(m, ret);
	if (ret->type == TEL__OTTL_V_INT && !(present(m) & TEL_HAS_INT))
		ret->u.i64 = 0;
	return true;
}

static bool set_number(machine *m, const value *v, uint8_t wanted)
{
	tel__point *point;

	if (v->type != wanted || kind_of(m) != NUMBER)
		return true;
	point = tel__ottl_edit_point(m);
	if (!point)
		return false;
	point->has = wanted == TEL__OTTL_V_INT ? TEL_HAS_INT : TEL_HAS_DOUBLE;
	point->as_int = wanted == TEL__OTTL_V_INT ? v->u.i64 : 0;
	point->as_double = wanted == TEL__OTTL_V_INT ? 0 : v->u.f64;
	return point->changed = true;
}

static bool set_value_double(machine *m, const value *v)
{
	return set_number(m, v, TEL__OTTL_V_FLOAT);
}

static bool set_value_int(machine *m, const value *v)
{
	return set_number(m, v, TEL__OTTL_V_INT);
}

static bool set_sum(machine *m, const value *v)
{
	tel__point *point;

	if (v->type != TEL__OTTL_V_FLOAT || !(kind_of(m) & (HISTOGRAM | EXPONENTIAL | SUMMARY)))
		return true;
	point = tel__ottl_edit_point(m);
	if (!point)
		return false;
	point->sum = v->u.f64;
	point->has |= TEL_HAS_SUM;
	return point->changed = true;
}

/* Opaque lists: their length, and what they are equal to. */

static value opaque(uint8_t form, const void *of, uint32_t count)
{
	return (value){ .type = TEL__OTTL_V_OPAQUE, .form = form, .count = count, .u.text = { of, 0 } };
}

static uint32_t count_fields(tel_slice fields)
{
	tel__pb_reader r = tel__pb_read(fields);
	tel__pb_field f;
	uint32_t n = 0;

	while (tel__pb_next(&r, &f))
		n++;
	return n;
}

static bool get_exemplars(machine *m, value *ret)
{
	const tel_point_view *view = tel__ottl_point_view(m->item);

	*ret = tel__ottl_nil();
	if (kind_of(m) & (NUMBER | HISTOGRAM | EXPONENTIAL))
		*ret = opaque(TEL__OTTL_EXEMPLARS, m->item, view ? view->exemplars.count : count_fields(m->item->opened->exemplars));
	return true;
}

static bool get_quantiles(machine *m, value *ret)
{
	const tel_point_view *view = tel__ottl_point_view(m->item);

	*ret = tel__ottl_nil();
	if (kind_of(m) == SUMMARY)
		*ret = opaque(TEL__OTTL_QUANTILES, m->item, view ? view->quantiles.count : count_fields(m->item->opened->quantiles));
	return true;
}

static bool set_nothing(machine *m, const value *v)
{
	(void)m;
	(void)v;
	return true;
}

/* Numbers as 8 bytes each, so that those of one kind of point fit another. */
static bool numbers(machine *m, uint8_t form, tel_numbers n, bool fixed, value *ret)
{
	size_t from = m->out.len;
	uint32_t count = 0;
	tel_slice bytes;
	uint64_t v;

	while (fixed ? tel__number_next_fixed(&n, &v) : tel__number_next_varint(&n, &v)) {
		tel__dynbuf_put(&m->out, &v, sizeof v);
		count++;
	}
	if (!tel__ottl_keep(m, from, &bytes))
		return false;
	*ret = (value){ .type = TEL__OTTL_V_OPAQUE, .form = form, .count = count, .u.text = bytes };
	return true;
}

static bool histogram_numbers(machine *m, bool bounds, value *ret)
{
	const tel_point_view *view = tel__ottl_point_view(m->item);
	uint8_t form = bounds ? TEL__OTTL_BOUNDS : TEL__OTTL_COUNTS;
	tel_slice bytes;

	*ret = tel__ottl_nil();
	if (kind_of(m) != HISTOGRAM)
		return true;
	if (view)
		return numbers(m, form, bounds ? view->bounds : view->bucket_counts, true, ret);
	bytes = bounds ? m->item->opened->bounds : m->item->opened->bucket_counts;
	*ret = (value){ .type = TEL__OTTL_V_OPAQUE, .form = form, .count = (uint32_t)(bytes.len / 8), .u.text = bytes };
	return true;
}

static bool get_bucket_counts(machine *m, value *ret)
{
	return histogram_numbers(m, false, ret);
}

static bool get_bounds(machine *m, value *ret)
{
	return histogram_numbers(m, true, ret);
}

static bool set_bucket_counts(machine *m, const value *v)
{
	size_t from = m->out.len;
	tel__point *point;

	if (v->type != TEL__OTTL_V_OPAQUE || v->form != TEL__OTTL_COUNTS || kind_of(m) != HISTOGRAM)
		return true;
	tel__dynbuf_slice(&m->out, v->u.text);
	point = tel__ottl_edit_point(m);
	if (!point)
		return false;
	return tel__ottl_keep_in_batch(m, from, &point->bucket_counts) && (point->changed = true);
}

/* Buckets of an exponential histogram. They are opened to be looked at: nobody does this for many. */
static tel_slice *buckets(machine *m, bool negative)
{
	tel__point *point = tel__ottl_edit_point(m);

	return point ? negative ? &point->negative : &point->positive : NULL;
}

static tel_numbers counts_in(tel_slice message, int32_t *ret_offset)
{
	tel_numbers n = { 0 };
	tel__pb_reader r = tel__pb_read(message);
	tel__pb_field f;

	*ret_offset = 0;
	while (tel__pb_next(&r, &f)) {
		if (f.number == TEL__BUCKETS_OFFSET && f.wire == TEL__PB_VARINT)
			*ret_offset = (int32_t)tel__pb_unzigzag((uint32_t)f.value);
		else if (f.number == TEL__BUCKETS_COUNTS && (f.wire == TEL__PB_LEN || f.wire == TEL__PB_VARINT))
			tel__numbers_add(&n, f.number, TEL__PB_VARINT, (const uint8_t *)f.raw.ptr, (const uint8_t *)f.bytes.ptr, r.p,
			                 f.wire == TEL__PB_LEN);
	}
	return n;
}

static bool write_buckets(machine *m, int32_t offset, tel_numbers counts, const value *v, tel_slice *ret)
{
	size_t from = m->out.len, opened;
	uint64_t n;

	if (offset)
		tel__pb_add_uint(&m->out, TEL__BUCKETS_OFFSET, (uint32_t)tel__pb_zigzag(offset));
	opened = tel__pb_add_open(&m->out, TEL__BUCKETS_COUNTS);
	if (v)
		for (size_t i = 0; i + 8 <= v->u.text.len; i += 8)
			tel__pb_add_varint(&m->out, tel__pb_load64(v->u.text.ptr + i));
	else
		while (tel__number_next_varint(&counts, &n))
			tel__pb_add_varint(&m->out, n);
	tel__pb_add_close(&m->out, opened);
	return tel__ottl_keep_in_batch(m, from, ret);
}

static bool get_buckets(machine *m, bool negative, value *ret)
{
	tel_slice *message;

	*ret = tel__ottl_nil();
	if (kind_of(m) != EXPONENTIAL)
		return true;
	message = buckets(m, negative);
	if (!message)
		return false;
	*ret = (value){ .type = TEL__OTTL_V_OPAQUE, .form = TEL__OTTL_BUCKETS, .u.text = *message };
	return true;
}

static bool set_buckets(machine *m, bool negative, const value *v)
{
	tel__point *point;
	size_t from = m->out.len;

	if (v->type != TEL__OTTL_V_OPAQUE || v->form != TEL__OTTL_BUCKETS || kind_of(m) != EXPONENTIAL)
		return true;
	tel__dynbuf_slice(&m->out, v->u.text);
	point = tel__ottl_edit_point(m);
	return point && tel__ottl_keep_in_batch(m, from, negative ? &point->negative : &point->positive) && (point->changed = true);
}

static bool get_offset(machine *m, bool negative, value *ret)
{
	const tel_point_view *view = tel__ottl_point_view(m->item);
	int32_t offset;

	*ret = tel__ottl_nil();
	if (kind_of(m) != EXPONENTIAL)
		return true;
	if (view)
		offset = negative ? view->negative.offset : view->positive.offset;
	else
		(void)counts_in(negative ? m->item->opened->negative : m->item->opened->positive, &offset);
	*ret = tel__ottl_int(offset);
	return true;
}

static bool set_offset(machine *m, bool negative, const value *v)
{
	tel__point *point;
	tel_slice *message;
	tel_numbers counts;
	int32_t offset;

	if (v->type != TEL__OTTL_V_INT || kind_of(m) != EXPONENTIAL)
		return true;
	point = tel__ottl_edit_point(m);
	if (!point)
		return false;
	message = negative ? &point->negative : &point->positive;
	counts = counts_in(*message, &offset);
	return write_buckets(m, (int32_t)v->u.i64, counts, NULL, message) && (point->changed = true);
}

static bool get_sign_counts(machine *m, bool negative, value *ret)
{
	const tel_point_view *view = tel__ottl_point_view(m->item);
	int32_t offset;

	*ret = tel__ottl_nil();
	if (kind_of(m) != EXPONENTIAL)
		return true;
	return numbers(m, TEL__OTTL_COUNTS, view ? (negative ? view->negative.counts : view->positive.counts) :
	               counts_in(negative ? m->item->opened->negative : m->item->opened->positive, &offset), false, ret);
}

static bool set_sign_counts(machine *m, bool negative, const value *v)
{
	tel__point *point;
	tel_slice *message;
	int32_t offset;

	if (v->type != TEL__OTTL_V_OPAQUE || v->form != TEL__OTTL_COUNTS || kind_of(m) != EXPONENTIAL)
		return true;
	point = tel__ottl_edit_point(m);
	if (!point)
		return false;
	message = negative ? &point->negative : &point->positive;
	(void)counts_in(*message, &offset);
	return write_buckets(m, offset, (tel_numbers){ 0 }, v, message) && (point->changed = true);
}

#define SIGN(of)                                                                                       \
	static bool get_positive_##of(machine *m, value *ret) { return get_##of(m, false, ret); }          \
	static bool get_negative_##of(machine *m, value *ret) { return get_##of(m, true, ret); }           \
	static bool set_positive_##of(machine *m, const value *v) { return set_##of(m, false, v); }        \
	static bool set_negative_##of(machine *m, const value *v) { return set_##of(m, true, v); }

SIGN(buckets)
SIGN(offset)
SIGN(sign_counts)

#define ROW(name, of) { TEL_OTTL_DATAPOINT, name, NULL, NULL, get_##of, set_##of, NULL }
#define SIGNED(sign, name, of) { TEL_OTTL_DATAPOINT, #sign, name, NULL, get_##sign##_##of, set_##sign##_##of, NULL }

static const tel__ottl_access rows[] = {
	{ TEL_OTTL_DATAPOINT, "attributes", NULL, NULL, get_attributes, set_attributes, open_attributes },
	ROW("start_time_unix_nano", start_nano), ROW("time_unix_nano", time_nano), ROW("start_time", start_time), ROW("time", time),
	ROW("value_double", value_double), ROW("value_int", value_int), ROW("flags", flags), ROW("count", count), ROW("sum", sum),
	ROW("scale", scale), ROW("zero_count", zero_count), ROW("bucket_counts", bucket_counts),
	{ TEL_OTTL_DATAPOINT, "exemplars", NULL, NULL, get_exemplars, set_nothing, NULL },
	{ TEL_OTTL_DATAPOINT, "quantile_values", NULL, NULL, get_quantiles, set_nothing, NULL },
	{ TEL_OTTL_DATAPOINT, "explicit_bounds", NULL, NULL, get_bounds, set_nothing, NULL },
	SIGNED(positive, NULL, buckets), SIGNED(negative, NULL, buckets),
	SIGNED(positive, "offset", offset), SIGNED(negative, "offset", offset),
	SIGNED(positive, "bucket_counts", sign_counts), SIGNED(negative, "bucket_counts", sign_counts),
};

const tel__ottl_access *tel__ottl_point_accesses(size_t *ret_n)
{
	*ret_n = sizeof rows / sizeof rows[0];
	return rows;
}
