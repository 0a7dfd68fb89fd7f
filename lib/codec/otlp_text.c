/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/otlp_text.h"

#include "base/calendar.h"
#include "base/hex64.h"
#include "base/slice_i.h"
#include "codec/otlp_text_i.h"
#include "model/metrics_i.h"
#include "wire/json_text.h"

void tel__text_indent(tel__dynbuf *out, unsigned level)
{
	while (level--)
		tel__dynbuf_puts(out, "  ");
}

void tel__text_name(tel__dynbuf *out, tel_slice name)
{
	bool plain = name.len != 0;

	for (size_t i = 0; i < name.len && plain; i++)
		plain = name.ptr[i] > ' ' && name.ptr[i] < 0x7f && !strchr("\"\\{}[]=,", name.ptr[i]);
	if (plain)
		tel__dynbuf_slice(out, name);
	else
		tel__json_string(out, name);
}

static void write_items(tel__dynbuf *out, tel_slice list)
{
	tel_fields run = tel__fields_of(list, TEL__LIST_VALUES);
	const char *between = "";
	tel_slice bytes;
	tel_value value;

	tel__dynbuf_byte(out, '[');
	while (tel__fields_next(&run, &bytes)) {
		tel__dynbuf_puts(out, between);
		tel__value_read(bytes, &value);
		tel__text_value(out, &value);
		between = ", ";
	}
	tel__dynbuf_byte(out, ']');
}

static void write_pairs(tel__dynbuf *out, tel_fields pairs)
{
	const char *between = "";
	tel_pair pair;

	tel__dynbuf_byte(out, '{');
	while (tel__attr_next(&pairs, &pair)) {
		tel__dynbuf_puts(out, between);
		tel__text_name(out, pair.key);
		tel__dynbuf_byte(out, '=');
		tel__text_value(out, &pair.value);
		between = ", ";
	}
	tel__dynbuf_byte(out, '}');
}

/* Recursion is as deep as the decoder lets values nest. */
void tel__text_value(tel__dynbuf *out, const tel_value *value)
{
	switch (value->type) {
	case TEL_VALUE_STRING:
		tel__json_string(out, value->u.bytes);
		break;
	case TEL_VALUE_BOOL:
		tel__dynbuf_puts(out, value->u.boolean ? "true" : "false");
		break;
	case TEL_VALUE_INT:
		tel__dynbuf_i64(out, value->u.integer);
		break;
	case TEL_VALUE_DOUBLE:
		tel__dynbuf_double(out, value->u.real);
		break;
	case TEL_VALUE_BYTES:
		tel__dynbuf_puts(out, "0x");
		tel__hex_encode(value->u.bytes, out);
		break;
	case TEL_VALUE_ARRAY:
		write_items(out, value->u.bytes);
		break;
	case TEL_VALUE_KVLIST:
		write_pairs(out, tel__fields_of(value->u.bytes, TEL__LIST_VALUES));
		break;
	default:
		tel__dynbuf_puts(out, "(empty)");
	}
}

void tel__text_attributes(tel__dynbuf *out, tel_fields attributes)
{
	if (attributes.count)
		write_pairs(out, attributes);
}

void tel__text_time(tel__dynbuf *out, uint64_t unix_ns)
{
	tel__date t = tel__date_of((int64_t)(unix_ns / 1000000000));

	if (unix_ns == 0) {
		tel__dynbuf_byte(out, '-');
		return;
	}
	tel__dynbuf_fmt(out, "%04u-%02u-%02uT%02u:%02u:%02u.%09uZ", (unsigned)t.year, t.month, t.day, t.hour, t.minute,
	                t.second, (unsigned)(unix_ns % 1000000000));
}

static const char *type_name(tel_metric_type type)
{
	switch (type) {
	case TEL_METRIC_GAUGE:
		return "gauge";
	case TEL_METRIC_SUM:
		return "sum";
	case TEL_METRIC_HISTOGRAM:
		return "histogram";
	case TEL_METRIC_EXP_HISTOGRAM:
		return "exponential histogram";
	case TEL_METRIC_SUMMARY:
		return "summary";
	default:
		return "no data";
	}
}

static void write_optional(tel__dynbuf *out, const tel_point_view *p, uint32_t bit, const char *name, double v)
{
	if (!(p->has & bit))
		return;
	tel__dynbuf_puts(out, name);
	tel__dynbuf_double(out, v);
}

static void write_buckets(tel__dynbuf *out, const tel_point_view *p)
{
	tel_numbers counts = p->bucket_counts, bounds = p->bounds;
	uint64_t count, bound;

	while (tel__number_next_fixed(&counts, &count)) {
		tel__dynbuf_puts(out, " le");
		if (tel__number_next_fixed(&bounds, &bound))
			tel__dynbuf_double(out, tel__pb_load_double(&bound));
		else
			tel__dynbuf_puts(out, "Inf");
		tel__dynbuf_byte(out, '=');
		tel__dynbuf_u64(out, count);
	}
}

static void write_quantiles(tel__dynbuf *out, const tel_point_view *p)
{
	tel_fields run = p->quantiles;
	tel_quantile q;
	tel_slice bytes;

	while (tel__fields_next(&run, &bytes)) {
		tel__quantile_read(bytes, &q);
		tel__dynbuf_puts(out, " q");
		tel__dynbuf_double(out, q.quantile);
		tel__dynbuf_byte(out, '=');
		tel__dynbuf_double(out, q.value);
	}
}

/* The value of a point on one line. */
static void write_number(tel__dynbuf *out, const tel_point_view *p)
{
	if (p->type == TEL_METRIC_GAUGE || p->type == TEL_METRIC_SUM) {
		if (p->has & TEL_HAS_INT)
			tel__dynbuf_i64(out, p->as_int);
		else if (p->has & TEL_HAS_DOUBLE)
			tel__dynbuf_double(out, p->as_double);
		else
			tel__dynbuf_puts(out, "(no value)");
		return;
	}
	tel__dynbuf_puts(out, "count=");
	tel__dynbuf_u64(out, p->count);
	if (p->type == TEL_METRIC_SUMMARY) {
		tel__dynbuf_puts(out, " sum=");
		tel__dynbuf_double(out, p->sum);
	}
	write_optional(out, p, TEL_HAS_SUM, " sum=", p->sum);
	write_optional(out, p, TEL_HAS_MIN, " min=", p->min);
	write_optional(out, p, TEL_HAS_MAX, " max=", p->max);
	if (p->type == TEL_METRIC_EXP_HISTOGRAM)
		tel__dynbuf_fmt(out, " scale=%d buckets=%u+%u", (int)p->scale, p->negative.counts.count, p->positive.counts.count);
	write_buckets(out, p);
	write_quantiles(out, p);
}

static void write_flags(tel__dynbuf *out, uint32_t flags)
{
	if (flags & TEL_FLAG_NO_RECORDED_VALUE)
		tel__dynbuf_puts(out, " stale");
	if (flags & ~TEL_FLAG_NO_RECORDED_VALUE)
		tel__dynbuf_fmt(out, " flags=0x%x", flags);
}

static void summary_point(tel__dynbuf *out, const tel_point_view *p)
{
	tel__text_indent(out, 3);
	tel__dynbuf_puts(out, "point ");
	tel__text_time(out, p->time_unix_ns);
	tel__dynbuf_byte(out, ' ');
	write_number(out, p);
	write_flags(out, p->flags);
	if (p->exemplars.count)
		tel__dynbuf_fmt(out, " exemplars=%u", p->exemplars.count);
	if (p->attributes.count)
		tel__dynbuf_byte(out, ' ');
	tel__text_attributes(out, p->attributes);
	tel__dynbuf_byte(out, '\n');
}

static void normal_point(tel__dynbuf *out, tel_slice name, const tel_point_view *p)
{
	tel__text_name(out, name);
	tel__text_attributes(out, p->attributes);
	tel__dynbuf_byte(out, ' ');
	write_number(out, p);
	write_flags(out, p->flags);
	tel__dynbuf_byte(out, '\n');
}

static void summary_metric(tel__dynbuf *out, const tel_metric_view *view)
{
	tel__text_indent(out, 2);
	tel__dynbuf_puts(out, "metric ");
	tel__text_name(out, view->name);
	tel__dynbuf_fmt(out, " %s", type_name(view->type));
	if (view->type == TEL_METRIC_SUM && view->monotonic)
		tel__dynbuf_puts(out, " monotonic");
	if (view->temporality == TEL_DELTA)
		tel__dynbuf_puts(out, " delta");
	else if (view->temporality == TEL_CUMULATIVE)
		tel__dynbuf_puts(out, " cumulative");
	if (view->unit.len) {
		tel__dynbuf_puts(out, " unit ");
		tel__text_name(out, view->unit);
	}
	tel__dynbuf_fmt(out, " points %u\n", view->points);
}

static void write_metric(tel__dynbuf *out, const tel__metric *metric, tel__text_level level)
{
	tel_fields points = tel__metric_points(metric);
	tel_metric_view view;
	tel_point_view point;
	tel_slice bytes;

	tel__metric_read(metric, &view);
	if (level == TEL__TEXT_SUMMARY)
		summary_metric(out, &view);
	while (!tel__dynbuf_error(out) && tel__fields_next(&points, &bytes)) {
		tel__point_read(bytes, metric->type, &point);
		if (level == TEL__TEXT_SUMMARY)
			summary_point(out, &point);
		else
			normal_point(out, view.name, &point);
	}
}

/* What the lines of resources and scopes end with. */
static void write_tail(tel__dynbuf *out, tel_fields attributes, tel_slice schema)
{
	if (attributes.count)
		tel__dynbuf_byte(out, ' ');
	tel__text_attributes(out, attributes);
	if (schema.len) {
		tel__dynbuf_puts(out, " schema ");
		tel__text_name(out, schema);
	}
	tel__dynbuf_byte(out, '\n');
}

static void write_scope(tel__dynbuf *out, const tel__scope *scope, tel__text_level level)
{
	tel_scope_view view;

	tel__scope_read(&scope->e, &view);
	tel__text_indent(out, level == TEL__TEXT_SUMMARY);
	tel__dynbuf_puts(out, "scope");
	if (view.name.len) {
		tel__dynbuf_byte(out, ' ');
		tel__text_name(out, view.name);
	}
	if (view.version.len) {
		tel__dynbuf_puts(out, " version ");
		tel__text_name(out, view.version);
	}
	write_tail(out, view.attributes, view.schema_url);
	for (uint32_t i = 0; i < scope->e.count && !tel__dynbuf_error(out); i++)
		write_metric(out, &scope->metrics[i], level);
}

static void write_resources(tel__dynbuf *out, const tel_metrics *m, tel__text_level level)
{
	tel_resource_view view;

	for (uint32_t i = 0; i < m->count && !tel__dynbuf_error(out); i++) {
		tel__resource_read(&m->resources[i].e, &view);
		tel__dynbuf_puts(out, "resource");
		write_tail(out, view.attributes, view.schema_url);
		for (uint32_t k = 0; k < m->resources[i].e.count; k++)
			write_scope(out, &m->resources[i].scopes[k], level);
	}
}

tel_err tel__otlp_text_write(const tel_metrics *metrics, tel__text_level level, tel__dynbuf *out)
{
	switch (level) {
	case TEL__TEXT_BASIC:
		tel__dynbuf_fmt(out, "resources %u, scopes %llu, metrics %llu, points %llu\n", metrics->count,
		                (unsigned long long)metrics->scopes, (unsigned long long)metrics->metrics,
		                (unsigned long long)metrics->points);
		break;
	case TEL__TEXT_DETAILED:
		tel__text_detailed(out, metrics);
		break;
	default:
		write_resources(out, metrics, level);
	}
	return tel__dynbuf_error(out);
}
