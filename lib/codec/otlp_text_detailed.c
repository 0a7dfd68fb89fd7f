/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex64.h"
#include "base/slice_i.h"
#include "codec/otlp_text_i.h"
#include "model/fields.h"
#include "model/metrics_i.h"
#include "wire/json_text.h"

static void head(tel__dynbuf *out, unsigned level, const char *name)
{
	tel__text_indent(out, level);
	tel__dynbuf_puts(out, name);
}

static void write_message(tel__dynbuf *out, unsigned level, tel_slice bytes, tel__shape_id shape);

/* Attributes are short enough for a line each. */
static void write_pair(tel__dynbuf *out, unsigned level, const char *name, tel_slice bytes)
{
	tel_pair pair;

	tel__pair_read(bytes, &pair);
	head(out, level, name);
	tel__dynbuf_byte(out, ' ');
	tel__text_name(out, pair.key);
	tel__dynbuf_puts(out, ": ");
	tel__text_value(out, &pair.value);
	tel__dynbuf_byte(out, '\n');
}

static void write_elements(tel__dynbuf *out, unsigned level, const char *name, tel_fields run, tel__shape_id sub)
{
	tel_slice bytes;

	for (unsigned i = 0; !tel__dynbuf_error(out) && tel__fields_next(&run, &bytes); i++) {
		if (sub == TEL__SHAPE_KEY_VALUE) {
			write_pair(out, level, name, bytes);
			continue;
		}
		head(out, level, name);
		if (sub == TEL__SHAPE_NONE) {
			tel__dynbuf_puts(out, ": ");
			tel__json_string(out, bytes);
			tel__dynbuf_byte(out, '\n');
			continue;
		}
		tel__dynbuf_fmt(out, " #%u\n", i);
		write_message(out, level + 1, bytes, sub);
	}
}

static bool is_time(const tel__field_info *info)
{
	return info->rep == TEL__REP_UINT64 && tel__slice_ends(tel__slice_str(info->name), TEL_SLICE_LIT("UnixNano"));
}

static void write_number(tel__dynbuf *out, uint64_t value, tel__rep rep)
{
	switch (rep) {
	case TEL__REP_BOOL:
		tel__dynbuf_puts(out, value ? "true" : "false");
		break;
	case TEL__REP_DOUBLE:
		tel__dynbuf_double(out, tel__pb_load_double(&value));
		break;
	case TEL__REP_UINT32:
	case TEL__REP_UINT64:
		tel__dynbuf_u64(out, value);
		break;
	default:
		tel__dynbuf_i64(out, (int64_t)value);
	}
}

static void write_scalar(tel__dynbuf *out, const tel__pb_field *f, const tel__field_info *info)
{
	uint64_t value = tel__scalar(f, (tel__rep)info->rep);

	if (info->rep == TEL__REP_TEXT) {
		tel__json_string(out, f->bytes);
	} else if (f->wire == TEL__PB_LEN) {
		tel__dynbuf_puts(out, "0x");
		tel__hex_encode(f->bytes, out);
	} else {
		write_number(out, value, (tel__rep)info->rep);
		if (is_time(info)) {
			tel__dynbuf_byte(out, ' ');
			tel__text_time(out, value);
		}
	}
}

static void write_numbers(tel__dynbuf *out, tel_numbers n, tel__kind kind, tel__rep rep)
{
	const char *between = "";
	uint64_t value;

	tel__dynbuf_byte(out, '[');
	while (kind == TEL__KIND_FIXED64S ? tel__number_next_fixed(&n, &value) : tel__number_next_varint(&n, &value)) {
		tel__dynbuf_puts(out, between);
		write_number(out, value, rep);
		between = ", ";
	}
	tel__dynbuf_byte(out, ']');
}

static void write_field(tel__dynbuf *out, unsigned level, const tel__message *m, tel__shape_id shape, uint32_t number)
{
	const tel__field_info *info = &tel__field_infos[shape][number];
	tel__kind kind = (tel__kind)tel__shapes[shape].kind[number];
	tel__shape_id sub = (tel__shape_id)tel__shapes[shape].sub[number];
	tel__pb_field f;

	if (kind == TEL__KIND_MESSAGES || kind == TEL__KIND_TEXTS) {
		write_elements(out, level, info->name, tel__message_fields(m, number), sub);
		return;
	}
	if (!tel__message_get(m, number, &f))
		return;
	head(out, level, info->name);
	if (kind == TEL__KIND_MESSAGE) {
		tel__dynbuf_byte(out, '\n');
		write_message(out, level + 1, f.bytes, sub);
		return;
	}
	tel__dynbuf_puts(out, ": ");
	if (kind == TEL__KIND_FIXED64S || kind == TEL__KIND_VARINTS)
		write_numbers(out, tel__message_numbers(m, number), kind, (tel__rep)info->rep);
	else
		write_scalar(out, &f, info);
	tel__dynbuf_byte(out, '\n');
}

static void write_unknown(tel__dynbuf *out, unsigned level, const tel__message *m, tel__shape_id shape)
{
	tel__pb_field f;
	size_t at = 0;

	while (tel__message_unknown(m, shape, &at, &f)) {
		head(out, level, "unknown field ");
		tel__dynbuf_fmt(out, "%u: 0x", f.number);
		tel__hex_encode(f.raw, out);
		tel__dynbuf_byte(out, '\n');
	}
}

static void write_message(tel__dynbuf *out, unsigned level, tel_slice bytes, tel__shape_id shape)
{
	tel__message m;

	tel__message_split(bytes, shape, &m);
	for (uint32_t number = 1; number < TEL__SHAPE_FIELDS; number++)
		if (m.fields[number].count)
			write_field(out, level, &m, shape, number);
	write_unknown(out, level, &m, shape);
}

/* The data message of a metric that was cut stands apart from it. */
static void write_cut_data(tel__dynbuf *out, unsigned level, const tel__metric *metric)
{
	tel__shape_id shape = tel__shape_of_data(metric->type);

	if (!metric->cut || metric->type == TEL__METRIC_EMPTY)
		return;
	head(out, level, tel__field_infos[TEL__SHAPE_METRIC][metric->type].name);
	tel__dynbuf_byte(out, '\n');
	write_elements(out, level + 1, tel__field_infos[shape][TEL__DATA_POINTS].name, tel__metric_points(metric),
	               tel__shape_of_point(metric->type));
	write_message(out, level + 1, tel__metric_data(metric), shape);
}

static void write_envelope(tel__dynbuf *out, unsigned level, const tel__envelope *e, tel__shape_id shape,
                           const char *name)
{
	if (e->self.ptr) {
		head(out, level, name);
		tel__dynbuf_byte(out, '\n');
		write_message(out, level + 1, e->self, shape);
	}
	if (e->schema_url.len) {
		head(out, level, "schemaUrl: ");
		tel__json_string(out, e->schema_url);
		tel__dynbuf_byte(out, '\n');
	}
}

static void write_scope(tel__dynbuf *out, const tel__scope *scope, unsigned index)
{
	head(out, 1, "scopeMetrics");
	tel__dynbuf_fmt(out, " #%u\n", index);
	write_envelope(out, 2, &scope->e, TEL__SHAPE_SCOPE, "scope");
	for (uint32_t i = 0; i < scope->e.count && !tel__dynbuf_error(out); i++) {
		head(out, 2, "metric");
		tel__dynbuf_fmt(out, " #%u\n", i);
		write_message(out, 3, scope->metrics[i].raw, TEL__SHAPE_METRIC);
		write_cut_data(out, 3, &scope->metrics[i]);
	}
}

void tel__text_detailed(tel__dynbuf *out, const tel_metrics *metrics)
{
	for (uint32_t i = 0; i < metrics->count && !tel__dynbuf_error(out); i++) {
		const tel__resource *resource = &metrics->resources[i];

		tel__dynbuf_fmt(out, "resourceMetrics #%u\n", i);
		write_envelope(out, 1, &resource->e, TEL__SHAPE_RESOURCE, "resource");
		for (uint32_t k = 0; k < resource->e.count; k++)
			write_scope(out, &resource->scopes[k], k);
	}
}
