/* SPDX-License-Identifier: Apache-2.0 */
#include "process/ottl/functions_i.h"

#include <math.h>

#include "model/metrics_i.h"
#include "model/otlp_fields.h"
#include "model/walk.h"

typedef tel__ottl_call call;
typedef tel__ottl_compiler compiler;
typedef tel__ottl_machine machine;
typedef tel__ottl_value value;

/* Transform's metric functions, otel-processing.md 3.3. */

static bool is_number_type(unsigned type)
{
	return type == TEL_METRIC_GAUGE || type == TEL_METRIC_SUM;
}

static bool eval_sum_to_gauge(machine *m, const call *c, value *ret)
{
	tel__metric_edit *edit;

	(void)c;
	(void)ret;
	if (tel__ottl_metric_type_of(m->item) != TEL_METRIC_SUM)
		return true;
	edit = tel__ottl_edit_metric(m);
	if (!edit)
		return false;
	edit->type = TEL_METRIC_GAUGE;
	edit->temporality = 0;
	edit->monotonic = false;
	return edit->changed = true;
}

static uint32_t temporality_of(tel_slice word)
{
	return tel__slice_is(word, "delta") ? TEL_DELTA : tel__slice_is(word, "cumulative") ? TEL_CUMULATIVE : 0;
}

static bool make_temporality(compiler *c, call *made)
{
	tel_slice word = tel__slice_cut(tel__ottl_lit_str(made, 0, ""), 128);

	return temporality_of(word) || tel__ottl_refuse(c, "unknown aggregation temporality: " TEL_SLICE_FMT, TEL_SLICE_ARG(word));
}

static bool eval_gauge_to_sum(machine *m, const call *c, value *ret)
{
	tel__metric_edit *edit;

	(void)ret;
	if (tel__ottl_metric_type_of(m->item) != TEL_METRIC_GAUGE)
		return true;
	edit = tel__ottl_edit_metric(m);
	if (!edit)
		return false;
	edit->type = TEL_METRIC_SUM;
	edit->temporality = temporality_of(tel__ottl_lit_str(c, 0, ""));
	edit->monotonic = tel__ottl_lit_bool(c, 1, false);
	return edit->changed = true;
}

/* New metrics. */

/* Text with another behind it, in the batch. */
static bool join(machine *m, tel_slice a, tel_slice b, tel_slice *ret)
{
	size_t from = m->out.len;

	tel__ottl_write_text(&m->out, a);
	tel__ottl_write_text(&m->out, b);
	return tel__ottl_keep_in_batch(m, from, ret);
}

/* A metric behind the others of the scope. */
static tel__metric_edit *add_metric(machine *m, tel_slice name, tel_slice suffix, tel_slice description, tel_slice unit)
{
	tel__metric_edit *edit;
	tel_slice full;

	if (!tel__ottl_step(m) || !join(m, name, suffix, &full))
		return NULL;
	if (!tel__ottl_model(m, tel__metrics_add_metric(m->item->batch, m->item->r, m->item->s, &edit, NULL)))
		return NULL;
	edit->name = full;
	edit->description = description;
	edit->unit = unit;
	tel__ottl_touch(m->item, TEL_OTTL_METRIC);
	return edit;
}

/* A point like another, without its values. */
static tel__point *add_point(machine *m, tel__metric_edit *to, const tel__point *like)
{
	tel__point *point;
	tel__arena *arena;

	if (!tel__ottl_model(m, tel__metric_add_point(m->item->batch, to, &point)))
		return NULL;
	point->start_unix_ns = like->start_unix_ns;
	point->time_unix_ns = like->time_unix_ns;
	point->flags = 0;
	if (like->attributes.count) { /* its own entries: a later edit of one must not show in the other */
		if (!tel__ottl_model(m, tel__metrics_arena(m->item->batch, &arena)))
			return NULL;
		point->attributes.at = tel__arena_array(arena, like->attributes.count, sizeof(tel__kv));
		if (!point->attributes.at)
			return tel__ottl_model(m, TEL_ERR_NOMEM), NULL;
		memcpy(point->attributes.at, like->attributes.at, like->attributes.count * sizeof(tel__kv));
		point->attributes.count = point->attributes.cap = like->attributes.count;
	}
	m->created++;
	return point;
}

typedef enum part { PART_SUM, PART_COUNT } part;

static void set_part(tel__point *to, const tel__point *from, part p)
{
	to->has = p == PART_SUM ? TEL_HAS_DOUBLE : TEL_HAS_INT;
	to->as_double = p == PART_SUM ? from->sum : 0;
	to->as_int = p == PART_COUNT ? (int64_t)from->count : 0;
}

static const char *type_word(unsigned type)
{
	return type == TEL_METRIC_GAUGE ? "Gauge" : type == TEL_METRIC_SUM ? "Sum" : type == TEL_METRIC_HISTOGRAM ? "Histogram" :
	       type == TEL_METRIC_EXP_HISTOGRAM ? "ExponentialHistogram" : type == TEL_METRIC_SUMMARY ? "Summary" : "Empty";
}

/* A sum out of sum or count of every point that has it. */
static bool extract(machine *m, part p, uint32_t temporality, bool monotonic, tel_slice suffix, bool all)
{
	tel__metric_edit *from = tel__ottl_edit_points(m), *to = NULL;
	uint32_t type = from ? from->type : 0;

	if (!from)
		return false;
	for (uint32_t i = 0; i < from->count; i++) {
		const tel__point *point = &from->points[i];
		tel__point *fresh;

		if (p == PART_SUM && !all && type != TEL_METRIC_SUMMARY && !(point->has & TEL_HAS_SUM))
			continue;
		if (!to) {
			to = add_metric(m, from->name, suffix, from->description, p == PART_COUNT && !all ? TEL_SLICE_LIT("1") : from->unit);
			if (!to)
				return false;
			to->type = TEL_METRIC_SUM;
			to->temporality = temporality;
			to->monotonic = monotonic;
		}
		fresh = add_point(m, to, point);
		if (!fresh)
			return false;
		set_part(fresh, point, p);
	}
	return true;
}

static bool eval_extract(machine *m, const call *c, part p, const char *function, const char *suffix)
{
	unsigned type = tel__ottl_metric_type_of(m->item);
	value temporality = tel__ottl_int(TEL_CUMULATIVE);
	const tel__metric_edit *edit = tel__ottl_open_of_metric(m->item);

	if (type == TEL_METRIC_HISTOGRAM || type == TEL_METRIC_EXP_HISTOGRAM)
		temporality = tel__ottl_int(edit ? (int64_t)edit->temporality : (int64_t)tel__ottl_metric_view(m->item)->temporality);
	else if (type != TEL_METRIC_SUMMARY)
		return tel__ottl_fail_fmt(m, "%s requires an input metric of type Histogram, ExponentialHistogram or Summary, got %s",
		                          function, type_word(type));
	if (temporality.u.i64 != TEL_DELTA && temporality.u.i64 != TEL_CUMULATIVE)
		return tel__ottl_fail_fmt(m, "%s requires an input metric with aggregation temporality, got Unspecified", function);
	return extract(m, p, (uint32_t)temporality.u.i64, tel__ottl_lit_bool(c, 0, false), tel__ottl_lit_str(c, 1, suffix), false);
}

static bool eval_extract_sum(machine *m, const call *c, value *ret)
{
	(void)ret;
	return eval_extract(m, c, PART_SUM, "extract_sum_metric", "_sum");
}

static bool eval_extract_count(machine *m, const call *c, value *ret)
{
	(void)ret;
	return eval_extract(m, c, PART_COUNT, "extract_count_metric", "_count");
}

static bool eval_summary(machine *m, const call *c, part p, const char *suffix)
{
	if (tel__ottl_metric_type_of(m->item) != TEL_METRIC_SUMMARY)
		return true;
	return extract(m, p, temporality_of(tel__ottl_lit_str(c, 0, "")), tel__ottl_lit_bool(c, 1, false),
	               tel__ottl_lit_str(c, 2, suffix), true);
}

static bool eval_summary_sum(machine *m, const call *c, value *ret)
{
	(void)ret;
	return eval_summary(m, c, PART_SUM, "_sum");
}

static bool eval_summary_count(machine *m, const call *c, value *ret)
{
	(void)ret;
	return eval_summary(m, c, PART_COUNT, "_count");
}

static bool add_quantiles(machine *m, const call *c, tel__metric_edit *to, const tel__point *from)
{
	tel__pb_reader r = tel__pb_read(from->quantiles);
	tel__pb_field f;

	while (tel__pb_next(&r, &f)) {
		size_t start = m->out.len;
		tel__point *fresh;
		tel_quantile q;
		tel_slice key, encoded;
		tel__arena *arena;
		value quantile;

		tel__quantile_read(f.bytes, &q);
		fresh = add_point(m, to, from);
		if (!fresh || !join(m, tel__ottl_lit_str(c, 0, "quantile"), TEL_SLICE_LIT(""), &key))
			return false;
		fresh->has = TEL_HAS_DOUBLE;
		fresh->as_double = q.value;
		quantile = tel__ottl_float(q.quantile);
		tel__pb_add_double(&m->out, TEL_VALUE_DOUBLE, quantile.u.f64);
		if (!tel__ottl_keep_in_batch(m, start, &encoded) || !tel__ottl_model(m, tel__metrics_arena(m->item->batch, &arena)) ||
		    !tel__ottl_model(m, tel__kvs_set_encoded(arena, &fresh->attributes, key, encoded)))
			return false;
	}
	return true;
}

static bool eval_summary_quantiles(machine *m, const call *c, value *ret)
{
	tel__metric_edit *from, *to;

	(void)ret;
	if (tel__ottl_metric_type_of(m->item) != TEL_METRIC_SUMMARY)
		return true;
	from = tel__ottl_edit_points(m);
	if (!from)
		return false;
	to = add_metric(m, from->name, tel__ottl_lit_str(c, 1, ".quantiles"), from->description, from->unit);
	if (!to)
		return false;
	to->type = TEL_METRIC_GAUGE;
	for (uint32_t i = 0; i < from->count; i++)
		if (!add_quantiles(m, c, to, &from->points[i]))
			return false;
	return true;
}

/* copy_metric: a deep copy that later statements of the pass see. */
static bool eval_copy(machine *m, const call *c, value *ret)
{
	tel_slice given[3] = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };
	tel__metric_edit *from, *to;
	tel__arena *arena;

	(void)ret;
	for (unsigned i = 0; i < 3; i++)
		if (c->args[i] && !tel__ottl_arg_str(m, c, i, &given[i]))
			return false;
	from = tel__ottl_metric_type_of(m->item) == TEL_METRIC_NONE ? tel__ottl_edit_metric(m) : tel__ottl_edit_points(m);
	if (!from || !tel__ottl_model(m, tel__metrics_arena(m->item->batch, &arena)))
		return false;
	to = add_metric(m, given[0].ptr ? given[0] : from->name, TEL_SLICE_LIT(""), from->description, from->unit);
	if (!to || (given[1].ptr && !join(m, given[1], TEL_SLICE_LIT(""), &to->description)) ||
	    (given[2].ptr && !join(m, given[2], TEL_SLICE_LIT(""), &to->unit)))
		return false;
	to->type = from->type;
	to->temporality = from->temporality;
	to->monotonic = from->monotonic;
	to->rest = from->rest;
	to->data_rest = from->data_rest;
	for (uint32_t i = 0; i < from->metadata.count; i++) {
		const tel__kv *kv = &from->metadata.at[i];

		if (!tel__ottl_model(m, tel__kvs_set_encoded(arena, &to->metadata, kv->key, kv->value)))
			return false;
	}
	for (uint32_t i = 0; from->points_open && i < from->count; i++) {
		tel__point *fresh = add_point(m, to, &from->points[i]);
		tel__kvs attributes;

		if (!fresh)
			return false;
		attributes = fresh->attributes;
		*fresh = from->points[i];
		fresh->attributes = attributes;
		fresh->field = (tel_slice){ NULL, 0 };
		fresh->changed = true;
	}
	return true;
}

/* scale_metric */

static bool scale_numbers(machine *m, tel_slice *bytes, double by)
{
	size_t from = m->out.len;

	for (size_t i = 0; i + 8 <= bytes->len; i += 8) {
		double v = tel__pb_load_double(bytes->ptr + i) * by;

		tel__dynbuf_put(&m->out, &v, sizeof v);
	}
	return tel__ottl_keep_in_batch(m, from, bytes);
}

/* Messages of one field whose doubles in one member are multiplied: quantile values, values of exemplars. */
static bool scale_members(machine *m, tel_slice *fields, uint32_t number, double by)
{
	tel__pb_reader r = tel__pb_read(*fields);
	size_t from = m->out.len;
	tel__pb_field f, member;

	while (tel__pb_next(&r, &f)) {
		size_t opened = tel__pb_add_open(&m->out, f.number);
		tel__pb_reader inner = tel__pb_read(f.bytes);

		while (tel__pb_next(&inner, &member)) {
			if (member.number == number && member.wire == TEL__PB_FIXED64)
				tel__pb_add_double(&m->out, number, tel__pb_load_double(&member.value) * by);
			else if (number == TEL__EXEMPLAR_DOUBLE && member.number == TEL__EXEMPLAR_INT && member.wire == TEL__PB_FIXED64)
				tel__pb_add_fixed64(&m->out, TEL__EXEMPLAR_INT, (uint64_t)(int64_t)((double)(int64_t)member.value * by));
			else
				tel__dynbuf_slice(&m->out, member.raw);
		}
		tel__pb_add_close(&m->out, opened);
	}
	return tel__ottl_keep_in_batch(m, from, fields);
}

static int64_t truncated(double v)
{
	return v >= -0x1p63 && v < 0x1p63 ? (int64_t)v : INT64_MIN;
}

static bool scale_point(machine *m, uint32_t type, tel__point *p, double by)
{
	p->changed = true;
	if (is_number_type(type)) {
		p->as_double *= by;
		p->as_int = truncated((double)p->as_int * by);
		return true;
	}
	p->sum *= by;
	if (type == TEL_METRIC_SUMMARY)
		return scale_members(m, &p->quantiles, TEL__QUANTILE_VALUE, by);
	p->min *= by;
	p->max *= by;
	return scale_numbers(m, &p->bounds, by) && scale_members(m, &p->exemplars, TEL__EXEMPLAR_DOUBLE, by);
}

static bool eval_scale(machine *m, const call *c, value *ret)
{
	unsigned type = tel__ottl_metric_type_of(m->item);
	double by = tel__ottl_lit_float(c, 0);
	tel_slice unit = { NULL, 0 };
	tel__metric_edit *edit;

	(void)ret;
	if (c->args[1] && !tel__ottl_arg_str(m, c, 1, &unit))
		return false;
	if (type == TEL_METRIC_EXP_HISTOGRAM)
		return tel__ottl_fail(m, "exponential histograms are not supported by the 'scale_metric' function");
	if (type == TEL_METRIC_NONE)
		return tel__ottl_fail(m, "unsupported metric type: 'Empty'");
	edit = tel__ottl_edit_points(m);
	if (!edit)
		return false;
	if (unit.ptr) {
		if (!join(m, unit, TEL_SLICE_LIT(""), &edit->unit))
			return false;
		edit->changed = true;
	}
	for (uint32_t i = 0; i < edit->count; i++)
		if (!tel__ottl_step(m) || !scale_point(m, type, &edit->points[i], by))
			return false;
	return true;
}

/* merge_histogram_buckets */

static bool eval_merge_buckets(machine *m, const call *c, value *ret)
{
	double bound = tel__ottl_lit_float(c, 0);
	tel__point *p;
	size_t n, at = 0, from;
	uint64_t both;

	(void)ret;
	if (tel__ottl_metric_type_of(m->item) != TEL_METRIC_HISTOGRAM)
		return true;
	p = tel__ottl_edit_point(m);
	if (!p)
		return false;
	n = p->bounds.len / 8;
	if (p->bucket_counts.len / 8 != n + 1)
		return true;
	while (at < n && !(fabs(tel__pb_load_double(p->bounds.ptr + 8 * at) - bound) < 1e-12))
		at++;
	if (at == n)
		return true;
	from = m->out.len;
	tel__dynbuf_put(&m->out, p->bounds.ptr, 8 * at);
	tel__dynbuf_put(&m->out, p->bounds.ptr + 8 * (at + 1), 8 * (n - at - 1));
	if (!tel__ottl_keep_in_batch(m, from, &p->bounds))
		return false;
	both = tel__pb_load64(p->bucket_counts.ptr + 8 * at) + tel__pb_load64(p->bucket_counts.ptr + 8 * (at + 1));
	tel__dynbuf_put(&m->out, p->bucket_counts.ptr, 8 * at);
	tel__dynbuf_put(&m->out, &both, sizeof both);
	tel__dynbuf_put(&m->out, p->bucket_counts.ptr + 8 * (at + 2), 8 * (n - at - 1));
	return tel__ottl_keep_in_batch(m, from, &p->bucket_counts) && (p->changed = true);
}

/* HasAttr... */

/* The first point that has the key. */
static bool find_on_points(machine *m, tel_slice key, value *ret_value, bool *ret_found)
{
	const tel__metric *metric = &m->item->batch->resources[m->item->r].scopes[m->item->s].metrics[m->item->k];
	const tel__metric_edit *edit = metric->edit;
	tel_fields points = tel__metric_points(metric);
	tel_point_view view;
	tel_slice payload;
	tel_value v;

	*ret_found = false;
	if (tel__ottl_metric_type_of(m->item) == TEL_METRIC_NONE)
		return tel__ottl_fail(m, "unknown metric type");
	for (uint32_t i = 0; edit && edit->points_open && i < edit->count; i++) {
		if (!tel__point_open(m->item->batch, edit, &edit->points[i])) {
			uint32_t at = tel__kvs_find(&edit->points[i].attributes, key);

			if (at == TEL__KV_NONE)
				continue;
			tel__kv_get(&edit->points[i].attributes.at[at], &v);
			*ret_value = tel__ottl_from(&v);
			return *ret_found = true;
		}
	}
	if (edit && edit->points_open)
		return true;
	while (points.next != points.end && tel__fields_next(&points, &payload)) {
		if (!tel__ottl_step(m))
			return false;
		tel__point_read(payload, metric->type, &view);
		if (view.attributes.next && tel_attr_find(&view.attributes, key, &v)) {
			*ret_value = tel__ottl_from(&v);
			return *ret_found = true;
		}
	}
	return true;
}

static bool eval_has_attr_key(machine *m, const call *c, value *ret)
{
	bool found;
	value v;

	if (!find_on_points(m, tel__ottl_lit_str(c, 0, ""), &v, &found))
		return false;
	*ret = tel__ottl_bool(found);
	return true;
}

static bool eval_has_attr(machine *m, const call *c, value *ret)
{
	bool found;
	value v;

	if (!find_on_points(m, tel__ottl_lit_str(c, 0, ""), &v, &found))
		return false;
	*ret = tel__ottl_bool(found && v.type == TEL__OTTL_V_STR && tel__slice_eq(v.u.text, tel__ottl_lit_str(c, 1, "")));
	return true;
}

static const tel__ottl_impl rows[] = {
	{ "convert_sum_to_gauge", eval_sum_to_gauge, NULL, 0, 0, 0 },
	{ "convert_gauge_to_sum", eval_gauge_to_sum, make_temporality, 0, 0, 0 },
	{ "extract_sum_metric", eval_extract_sum, NULL, 0, 0, 0 },
	{ "extract_count_metric", eval_extract_count, NULL, 0, 0, 0 },
	{ "convert_summary_sum_val_to_sum", eval_summary_sum, make_temporality, 0, 0, 0 },
	{ "convert_summary_count_val_to_sum", eval_summary_count, make_temporality, 0, 0, 0 },
	{ "convert_summary_quantile_val_to_gauge", eval_summary_quantiles, NULL, 0, 0, 0 },
	{ "copy_metric", eval_copy, NULL, 0, 0, 0 },
	{ "scale_metric", eval_scale, NULL, 0, 0, 0 },
	{ "merge_histogram_buckets", eval_merge_buckets, NULL, 0, 0, 0 },
	{ "HasAttrKeyOnDatapoint", eval_has_attr_key, NULL, 0, 0, TEL_OTTL_METRIC },
	{ "HasAttrOnDatapoint", eval_has_attr, NULL, 0, 0, TEL_OTTL_METRIC },
};

TEL__OTTL_IMPLS(tel__ottl_metric_editors);
