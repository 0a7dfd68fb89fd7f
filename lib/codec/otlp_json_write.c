/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/otlp_json_write.h"

#include <telemetry/otlp.h>

#include "base/error_i.h"
#include "base/hex64.h"
#include "base/limits.h"
#include "base/slice_i.h"
#include "model/fields.h"
#include "model/metrics_i.h"
#include "wire/json_text.h"

/* Name of a member with its colon, and the comma before it unless it is the first. */
static void key(tel__dynbuf *out, const char *name, bool *first)
{
	if (!*first)
		tel__dynbuf_byte(out, ',');
	*first = false;
	tel__dynbuf_byte(out, '"');
	tel__dynbuf_puts(out, name);
	tel__dynbuf_puts(out, "\":");
}

static void comma(tel__dynbuf *out, size_t index)
{
	if (index)
		tel__dynbuf_byte(out, ',');
}

static void write_number(tel__dynbuf *out, uint64_t value, tel__rep rep)
{
	switch (rep) {
	case TEL__REP_BOOL:
		tel__dynbuf_puts(out, value ? "true" : "false");
		break;
	case TEL__REP_DOUBLE:
		tel__json_double(out, tel__pb_load_double(&value));
		break;
	case TEL__REP_UINT64:
		tel__dynbuf_byte(out, '"');
		tel__dynbuf_u64(out, value);
		tel__dynbuf_byte(out, '"');
		break;
	case TEL__REP_INT64:
		tel__dynbuf_byte(out, '"');
		tel__dynbuf_i64(out, (int64_t)value);
		tel__dynbuf_byte(out, '"');
		break;
	case TEL__REP_UINT32:
		tel__dynbuf_u64(out, value);
		break;
	default:
		tel__dynbuf_i64(out, (int64_t)value);
	}
}

static void write_bytes(tel__dynbuf *out, tel_slice bytes, tel__rep rep)
{
	if (rep == TEL__REP_TEXT) {
		tel__json_string(out, bytes);
		return;
	}
	tel__dynbuf_byte(out, '"');
	if (rep == TEL__REP_HEX)
		tel__hex_encode(bytes, out);
	else
		tel__base64_encode(bytes, out);
	tel__dynbuf_byte(out, '"');
}

static void write_message(tel__dynbuf *out, tel_slice bytes, tel__shape_id shape);

static void write_list(tel__dynbuf *out, tel_fields list, tel__shape_id sub)
{
	tel_slice bytes;

	tel__dynbuf_byte(out, '[');
	for (size_t i = 0; tel__fields_next(&list, &bytes); i++) {
		comma(out, i);
		if (sub == TEL__SHAPE_NONE)
			tel__json_string(out, bytes);
		else
			write_message(out, bytes, sub);
	}
	tel__dynbuf_byte(out, ']');
}

static bool next_number(tel_numbers *n, tel__kind kind, uint64_t *value)
{
	return kind == TEL__KIND_FIXED64S ? tel__number_next_fixed(n, value) : tel__number_next_varint(n, value);
}

/* An empty list is not there. */
static void write_numbers(tel__dynbuf *out, tel_numbers n, tel__kind kind, const tel__field_info *info, bool *first)
{
	uint64_t value;
	size_t i;

	for (i = 0; next_number(&n, kind, &value); i++) {
		if (i == 0) {
			key(out, info->name, first);
			tel__dynbuf_byte(out, '[');
		}
		comma(out, i);
		write_number(out, value, (tel__rep)info->rep);
	}
	if (i)
		tel__dynbuf_byte(out, ']');
}

static void write_field(tel__dynbuf *out, const tel__message *m, tel__shape_id shape, uint32_t number, bool *first)
{
	const tel__field_info *info = &tel__field_infos[shape][number];
	tel__kind kind = (tel__kind)tel__shapes[shape].kind[number];
	tel__shape_id sub = (tel__shape_id)tel__shapes[shape].sub[number];
	tel__pb_field f;

	if (kind == TEL__KIND_FIXED64S || kind == TEL__KIND_VARINTS) {
		write_numbers(out, tel__message_numbers(m, number), kind, info, first);
		return;
	}
	if (!tel__message_has(m, shape, number))
		return;
	key(out, info->name, first);
	if (kind == TEL__KIND_MESSAGES || kind == TEL__KIND_TEXTS) {
		write_list(out, tel__message_fields(m, number), sub);
		return;
	}
	tel__message_get(m, number, &f);
	if (kind == TEL__KIND_MESSAGE)
		write_message(out, f.bytes, sub);
	else if (f.wire == TEL__PB_LEN)
		write_bytes(out, f.bytes, (tel__rep)info->rep);
	else
		write_number(out, tel__scalar(&f, (tel__rep)info->rep), (tel__rep)info->rep);
}

/* Recursion is as deep as the decoder lets values nest. */
static void write_message(tel__dynbuf *out, tel_slice bytes, tel__shape_id shape)
{
	tel__message m;
	bool first = true;

	tel__message_split(bytes, shape, &m);
	tel__dynbuf_byte(out, '{');
	for (uint32_t number = 1; number < TEL__SHAPE_FIELDS; number++)
		if (m.fields[number].count)
			write_field(out, &m, shape, number, &first);
	tel__dynbuf_byte(out, '}');
}

/* The data message of a metric that was cut: points first, then what else it says. */
static void write_cut_data(tel__dynbuf *out, const tel__metric *metric)
{
	tel__shape_id shape = tel__shape_of_data(metric->type);
	bool first = true;
	tel__message m;

	tel__message_split(tel__metric_data(metric), shape, &m);
	tel__dynbuf_byte(out, '{');
	if (metric->points) {
		key(out, tel__field_infos[shape][TEL__DATA_POINTS].name, &first);
		write_list(out, tel__metric_points(metric), tel__shape_of_point(metric->type));
	}
	for (uint32_t number = TEL__DATA_POINTS + 1; number < TEL__SHAPE_FIELDS; number++)
		if (m.fields[number].count)
			write_field(out, &m, shape, number, &first);
	tel__dynbuf_byte(out, '}');
}

static void write_metric(tel__dynbuf *out, const tel__metric *metric)
{
	bool first = true;
	tel__message m;

	if (!metric->cut) {
		write_message(out, metric->raw, TEL__SHAPE_METRIC);
		return;
	}
	tel__message_split(metric->raw, TEL__SHAPE_METRIC, &m);
	tel__dynbuf_byte(out, '{');
	for (uint32_t number = 1; number < TEL__SHAPE_FIELDS; number++) {
		if (number == metric->type) {
			key(out, tel__field_infos[TEL__SHAPE_METRIC][number].name, &first);
			write_cut_data(out, metric);
		} else if (m.fields[number].count) {
			write_field(out, &m, TEL__SHAPE_METRIC, number, &first);
		}
	}
	tel__dynbuf_byte(out, '}');
}

/* The members that ResourceMetrics and ScopeMetrics share, but for the children, which stand between them. */
static void open_envelope(tel__dynbuf *out, const tel__envelope *e, tel__shape_id self, const char *name, bool *first)
{
	tel__dynbuf_byte(out, '{');
	if (!e->self.ptr)
		return;
	key(out, name, first);
	write_message(out, e->self, self);
}

static void close_envelope(tel__dynbuf *out, const tel__envelope *e, bool *first)
{
	if (e->schema_url.len) {
		key(out, "schemaUrl", first);
		tel__json_string(out, e->schema_url);
	}
	tel__dynbuf_byte(out, '}');
}

static void write_scope(tel__dynbuf *out, const tel__scope *scope)
{
	bool first = true;

	open_envelope(out, &scope->e, TEL__SHAPE_SCOPE, "scope", &first);
	if (scope->e.count) {
		key(out, "metrics", &first);
		tel__dynbuf_byte(out, '[');
		for (uint32_t i = 0; i < scope->e.count; i++) {
			comma(out, i);
			write_metric(out, &scope->metrics[i]);
		}
		tel__dynbuf_byte(out, ']');
	}
	close_envelope(out, &scope->e, &first);
}

static void write_resource(tel__dynbuf *out, const tel__resource *resource)
{
	bool first = true;

	open_envelope(out, &resource->e, TEL__SHAPE_RESOURCE, "resource", &first);
	if (resource->e.count) {
		key(out, "scopeMetrics", &first);
		tel__dynbuf_byte(out, '[');
		for (uint32_t i = 0; i < resource->e.count; i++) {
			comma(out, i);
			write_scope(out, &resource->scopes[i]);
		}
		tel__dynbuf_byte(out, ']');
	}
	close_envelope(out, &resource->e, &first);
}

tel_err tel__otlp_json_write(const tel_metrics *metrics, tel__dynbuf *out)
{
	tel__dynbuf_byte(out, '{');
	if (metrics->count) {
		tel__dynbuf_puts(out, "\"resourceMetrics\":[");
		for (uint32_t i = 0; i < metrics->count; i++) {
			comma(out, i);
			write_resource(out, &metrics->resources[i]);
		}
		tel__dynbuf_byte(out, ']');
	}
	tel__dynbuf_byte(out, '}');
	return tel__dynbuf_error(out);
}

static tel_err join(const tel_slice *slices, size_t count, const tel_alloc *alloc, tel_buf **ret_buf)
{
	tel__dynbuf joined;
	tel_err e;

	tel__dynbuf_init(&joined, alloc, TEL_LIMIT_REQUEST_BYTES);
	for (size_t i = 0; i < count; i++)
		tel__dynbuf_slice(&joined, slices[i]);
	e = tel__dynbuf_take(&joined, ret_buf);
	tel__dynbuf_fini(&joined);
	return e;
}

tel_err tel__otlp_json_write_bytes(const tel_slice *slices, size_t count, tel__dynbuf *out, tel_error *err)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_metrics *m;
	tel_buf *buf;
	tel_err e = join(slices, count, out->alloc, &buf);

	if (e)
		return tel__fail(err, e, "no memory for a request in JSON");
	opts.alloc = out->alloc;
	opts.flags = TEL_OTLP_TRUSTED;
	e = tel_otlp_decode(buf, &opts, &m, NULL, err);
	tel_buf_unref(buf);
	if (e)
		return e;
	e = tel__otlp_json_write(m, out);
	tel_metrics_free(m);
	return e ? tel__fail(err, e, "no memory for a request in JSON") : TEL_OK;
}
