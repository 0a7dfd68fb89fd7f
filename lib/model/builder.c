/* SPDX-License-Identifier: Apache-2.0 */
#include "model/builder_i.h"

#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "base/utf8.h"
#include "model/attrs.h"
#include "model/metrics_i.h"
#include "model/otlp_fields.h"
#include "model/value.h"

void tel__builder_refuse(tel_builder *b, tel_err code, const char *what)
{
	char name[96];

	if (tel__builder_failed(b))
		return;
	if (b->name_len) {
		tel__slice_printable((tel_slice){ b->out.ptr + b->name_at, b->name_len }, name, sizeof name);
		tel__fail(&b->error, code, "builder, metric \"%s\": %s", name, what);
	} else {
		tel__fail(&b->error, code, "builder: %s", what);
	}
}

void tel__builder_leave(tel_builder *b)
{
	struct tel__builder_frame f = b->frames[--b->depth];
	size_t len = b->out.len - f.start, need = tel__pb_varint_size(len);

	if (TEL_UNLIKELY(need != f.reserved)) {
		size_t start = f.start - f.reserved + need;

		if (need > f.reserved && !tel__dynbuf_room(&b->out, need - f.reserved))
			return;
		memmove(b->out.ptr + start, b->out.ptr + f.start, len);
		b->out.len = start + len;
	}
	tel__pb_put_varint((uint8_t *)b->out.ptr + f.start - f.reserved, len);
}

/* Optional text: absent when empty, as proto3 writes it. */
static void add_text(tel_builder *b, uint32_t field, tel_slice text, const char *complaint)
{
	if (text.len == 0)
		return;
	if (!tel__utf8_ok((const uint8_t *)text.ptr, text.len))
		tel__builder_refuse(b, TEL_ERR_ARG, complaint);
	else
		tel__pb_add_bytes(&b->out, field, text);
}

static void clear(tel_builder *b)
{
	tel__dynbuf_reset(&b->out);
	b->depth = 0;
	b->name_len = 0;
	b->start_ns = b->time_ns = 0;
	b->metric.type = TEL_METRIC_NONE;
	b->error = (tel_error)TEL_ERROR_INIT;
}

tel_err tel_builder_new(const tel_alloc *alloc, size_t max_bytes, tel_builder **ret_builder)
{
	tel_builder *b;

	if (max_bytes > TEL_LIMIT_BUILDER_MAX_BYTES)
		return TEL_ERR_ARG;
	alloc = tel__alloc_or_default(alloc);
	b = tel__mem_zero(alloc, 1, sizeof *b);
	if (!b)
		return TEL_ERR_NOMEM;
	b->alloc = *alloc;
	tel__dynbuf_init(&b->out, &b->alloc, max_bytes ? max_bytes : TEL_LIMIT_BUILDER_BYTES);
	clear(b);
	*ret_builder = b;
	return TEL_OK;
}

void tel_builder_free(tel_builder *b)
{
	tel_alloc alloc;

	if (!b)
		return;
	tel__dynbuf_fini(&b->out);
	alloc = b->alloc;
	tel__mem_free(&alloc, b, 1, sizeof *b);
}

static tel_err sticky(const tel_builder *b, tel_error *err)
{
	if (b->error.code)
		return tel__fail(err, b->error.code, "%s", b->error.msg);
	if (b->out.error == TEL_ERR_LIMIT)
		return tel__fail(err, TEL_ERR_LIMIT, "builder: the batch is larger than %zu bytes", b->out.max);
	return b->out.error ? tel__fail_nomem(err) : TEL_OK;
}

/* A metric without points keeps its type. */
static void close_metric(tel_builder *b)
{
	if (!tel__builder_failed(b) && tel__builder_top(b) == METRIC)
		tel__builder_open_data(b);
}

tel_err tel_builder_finish(tel_builder *b, tel_metrics **ret_metrics, tel_error *err)
{
	tel_buf *buf;
	tel_err code;

	if (!b || !ret_metrics)
		return tel__fail(err, TEL_ERR_ARG, "builder: finish needs a builder and a place for the batch");
	close_metric(b);
	tel__builder_unwind(b, ROOT);
	code = sticky(b, err);
	if (!code) {
		b->usual = b->out.len;
		code = tel__dynbuf_take(&b->out, &buf);
		if (code)
			tel__fail_nomem(err);
	}
	if (!code) {
		code = tel__metrics_index(&b->alloc, buf, ret_metrics, err);
		tel_buf_unref(buf);
	}
	clear(b);
	return code;
}

static void open_resource_metrics(tel_builder *b)
{
	if (b->out.len == 0 && b->usual)
		tel__dynbuf_room(&b->out, b->usual);
	tel__builder_enter(b, RESOURCE_METRICS, 1, 3);
}

void tel_builder_resource(tel_builder *b, const char *schema_url)
{
	if (tel__builder_failed(b))
		return;
	close_metric(b);
	tel__builder_unwind(b, ROOT);
	b->name_len = 0;
	open_resource_metrics(b);
	add_text(b, TEL__RM_SCHEMA_URL, tel__slice_str(schema_url), "the schema URL of a resource is not UTF-8");
	tel__builder_enter(b, RESOURCE, TEL__RM_RESOURCE, 2);
}

/* Closes down to the resource that metrics go to; an empty one when there is none. */
static void open_scope_metrics(tel_builder *b)
{
	close_metric(b);
	if (tel__builder_top(b) == ROOT)
		open_resource_metrics(b);
	tel__builder_unwind(b, RESOURCE_METRICS);
	b->name_len = 0;
	tel__builder_enter(b, SCOPE_METRICS, TEL__RM_SCOPE_METRICS, 3);
}

void tel_builder_scope(tel_builder *b, const char *name, const char *version, const char *schema_url)
{
	if (tel__builder_failed(b))
		return;
	open_scope_metrics(b);
	add_text(b, TEL__SM_SCHEMA_URL, tel__slice_str(schema_url), "the schema URL of a scope is not UTF-8");
	tel__builder_enter(b, SCOPE, TEL__SM_SCOPE, 1);
	add_text(b, TEL__SCOPE_NAME, tel__slice_str(name), "the name of a scope is not UTF-8");
	add_text(b, TEL__SCOPE_VERSION, tel__slice_str(version), "the version of a scope is not UTF-8");
}

void tel_builder_dropped_attributes(tel_builder *b, uint32_t count)
{
	if (tel__builder_failed(b))
		return;
	if (tel__builder_top(b) == RESOURCE)
		tel__pb_add_uint(&b->out, TEL__RESOURCE_DROPPED, count);
	else if (tel__builder_top(b) == SCOPE)
		tel__pb_add_uint(&b->out, TEL__SCOPE_DROPPED, count);
	else
		tel__builder_refuse(b, TEL_ERR_STATE, "dropped attributes are counted of a resource or scope, and none is open");
}

void tel_builder_times(tel_builder *b, uint64_t start_unix_ns, uint64_t time_unix_ns)
{
	b->start_ns = start_unix_ns;
	b->time_ns = time_unix_ns;
}

static const char *desc_complaint(const tel_metric_desc *d)
{
	if (!d || d->size < sizeof *d)
		return "a metric description was not initialised";
	if (d->name.len == 0)
		return "a metric has no name";
	switch (d->type) {
	case TEL_METRIC_GAUGE:
	case TEL_METRIC_SUMMARY:
		return d->temporality ? "a gauge or summary has no temporality" : d->monotonic ? "only a sum is monotonic" : NULL;
	case TEL_METRIC_SUM:
		break;
	case TEL_METRIC_HISTOGRAM:
	case TEL_METRIC_EXP_HISTOGRAM:
		if (d->monotonic)
			return "only a sum is monotonic";
		break;
	default:
		return "a metric has an unknown type";
	}
	/* "MUST not be used": metrics.proto, AGGREGATION_TEMPORALITY_UNSPECIFIED */
	return d->temporality == TEL_DELTA || d->temporality == TEL_CUMULATIVE
		? NULL : "a sum or histogram is TEL_DELTA or TEL_CUMULATIVE";
}

void tel_builder_metric(tel_builder *b, const tel_metric_desc *desc)
{
	const char *complaint = desc_complaint(desc);

	if (tel__builder_failed(b))
		return;
	close_metric(b);
	tel__builder_unwind(b, SCOPE_METRICS);
	if (!tel__builder_failed(b) && tel__builder_top(b) < SCOPE_METRICS)
		open_scope_metrics(b);
	b->name_len = 0;
	if (complaint) {
		tel__builder_refuse(b, TEL_ERR_ARG, complaint);
		return;
	}
	b->metric.type = desc->type;
	b->metric.temporality = desc->temporality;
	b->metric.monotonic = desc->monotonic;
	tel__builder_enter(b, METRIC, TEL__SM_METRICS, 2);
	add_text(b, TEL__METRIC_NAME, desc->name, "the name of a metric is not UTF-8");
	if (tel__builder_failed(b))
		return;
	b->name_at = b->out.len - desc->name.len;
	b->name_len = desc->name.len;
	add_text(b, TEL__METRIC_DESCRIPTION, desc->description, "the description is not UTF-8");
	add_text(b, TEL__METRIC_UNIT, desc->unit, "the unit is not UTF-8");
}

static void begin(tel_builder *b, tel_metric_type type, const char *name, const char *unit, const char *description,
                  tel_temporality temporality)
{
	tel_metric_desc desc = TEL_METRIC_DESC_INIT;

	desc.type = type;
	desc.temporality = temporality;
	desc.monotonic = type == TEL_METRIC_SUM;
	desc.name = tel__slice_str(name);
	desc.unit = tel__slice_str(unit);
	desc.description = tel__slice_str(description);
	tel_builder_metric(b, &desc);
}

void tel_builder_gauge(tel_builder *b, const char *name, const char *unit, const char *description)
{
	begin(b, TEL_METRIC_GAUGE, name, unit, description, TEL_TEMPORALITY_UNSPECIFIED);
}

void tel_builder_counter(tel_builder *b, const char *name, const char *unit, const char *description,
                         tel_temporality temporality)
{
	begin(b, TEL_METRIC_SUM, name, unit, description, temporality);
}

void tel_builder_histogram(tel_builder *b, const char *name, const char *unit, const char *description,
                           tel_temporality temporality)
{
	begin(b, TEL_METRIC_HISTOGRAM, name, unit, description, temporality);
}

void tel__builder_open_data(tel_builder *b)
{
	tel__builder_enter(b, DATA, (uint32_t)b->metric.type, 2);
	if (b->metric.temporality)
		tel__pb_add_uint(&b->out, TEL__DATA_TEMPORALITY, b->metric.temporality);
	if (b->metric.monotonic)
		tel__pb_add_uint(&b->out, TEL__DATA_MONOTONIC, 1);
}

static void add_pair(tel_builder *b, uint32_t field, tel_slice key, const tel_value *value)
{
	tel_err code = !value || (key.len && !key.ptr) ? TEL_ERR_ARG : tel__value_add_pair(&b->out, field, key, value);

	if (code == TEL_ERR_ARG)
		tel__builder_refuse(b, code, "an attribute is missing, not UTF-8, of unknown type or a damaged list");
	else if (code == TEL_ERR_LIMIT)
		tel__builder_refuse(b, code, "an attribute value is nested too deeply");
}

void tel_builder_metadata(tel_builder *b, tel_slice key, const tel_value *value)
{
	if (tel__builder_failed(b))
		return;
	if (tel__builder_top(b) != METRIC)
		tel__builder_refuse(b, TEL_ERR_STATE, "metadata stands between a metric and its first point");
	else
		add_pair(b, TEL__METRIC_METADATA, key, value);
}

/* Field of the attributes of the innermost message that has some; 0 = there is none. */
static uint32_t attributes_field(const tel_builder *b)
{
	switch (tel__builder_top(b)) {
	case RESOURCE:
		return TEL__RESOURCE_ATTRIBUTES;
	case SCOPE:
		return TEL__SCOPE_ATTRIBUTES;
	case EXEMPLAR:
		return TEL__EXEMPLAR_ATTRIBUTES;
	case POINT:
		return tel__builder_point_attributes(b->metric.type);
	default:
		return 0;
	}
}

static uint32_t open_attributes(tel_builder *b)
{
	uint32_t field;

	if (tel__builder_failed(b))
		return 0;
	field = attributes_field(b);
	if (!field)
		tel__builder_refuse(b, TEL_ERR_STATE, "an attribute needs an open resource, scope, point or exemplar");
	return field;
}

void tel_builder_attr(tel_builder *b, tel_slice key, const tel_value *value)
{
	uint32_t field = open_attributes(b);

	if (field)
		add_pair(b, field, key, value);
}

void tel_builder_attrs(tel_builder *b, const tel_attrs *attrs)
{
	uint32_t field = open_attributes(b);
	uint8_t *p;

	if (!field || !attrs || attrs->count == 0)
		return;
	p = (uint8_t *)tel__dynbuf_room(&b->out, attrs->bytes.len);
	if (!p)
		return;
	tel__attrs_copy(attrs, field, p);
	tel__dynbuf_advance(&b->out, attrs->bytes.len);
}

void tel_builder_attr_str(tel_builder *b, const char *key, const char *value)
{
	tel_value v = { TEL_VALUE_STRING, 0, { .bytes = tel__slice_str(value) } };

	tel_builder_attr(b, tel__slice_str(key), &v);
}

void tel_builder_attr_int(tel_builder *b, const char *key, int64_t value)
{
	tel_value v = { TEL_VALUE_INT, 0, { .integer = value } };

	tel_builder_attr(b, tel__slice_str(key), &v);
}

void tel_builder_attr_double(tel_builder *b, const char *key, double value)
{
	tel_value v = { TEL_VALUE_DOUBLE, 0, { .real = value } };

	tel_builder_attr(b, tel__slice_str(key), &v);
}

void tel_builder_attr_bool(tel_builder *b, const char *key, bool value)
{
	tel_value v = { TEL_VALUE_BOOL, 0, { .boolean = value } };

	tel_builder_attr(b, tel__slice_str(key), &v);
}
