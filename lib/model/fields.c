/* SPDX-License-Identifier: Apache-2.0 */
#include "model/fields.h"

#define SCALAR(n, r) { n, r, false }
#define PRESENT(n, r) { n, r, true }
#define NODE(n) { n, TEL__REP_NONE, false }
#define START_AND_TIME \
	[2] = SCALAR("startTimeUnixNano", TEL__REP_UINT64), [3] = SCALAR("timeUnixNano", TEL__REP_UINT64)

/* Field names and types of opentelemetry-proto 1.x; OTLP/JSON writes lowerCamelCase, ids in hex (OTLP specification,
 * "JSON Protobuf Encoding"). */
const tel__field_info tel__field_infos[TEL__SHAPE_COUNT][TEL__SHAPE_FIELDS] = {
	[TEL__SHAPE_ANY_VALUE] = {
		[1] = PRESENT("stringValue", TEL__REP_TEXT),
		[2] = PRESENT("boolValue", TEL__REP_BOOL),
		[3] = PRESENT("intValue", TEL__REP_INT64),
		[4] = PRESENT("doubleValue", TEL__REP_DOUBLE),
		[5] = NODE("arrayValue"),
		[6] = NODE("kvlistValue"),
		[7] = PRESENT("bytesValue", TEL__REP_BASE64),
	},
	[TEL__SHAPE_ARRAY] = { [1] = NODE("values") },
	[TEL__SHAPE_KVLIST] = { [1] = NODE("values") },
	[TEL__SHAPE_KEY_VALUE] = { [1] = SCALAR("key", TEL__REP_TEXT), [2] = NODE("value") },
	[TEL__SHAPE_ENTITY_REF] = {
		[1] = SCALAR("schemaUrl", TEL__REP_TEXT),
		[2] = SCALAR("type", TEL__REP_TEXT),
		[3] = SCALAR("idKeys", TEL__REP_TEXT),
		[4] = SCALAR("descriptionKeys", TEL__REP_TEXT),
	},
	[TEL__SHAPE_RESOURCE] = {
		[1] = NODE("attributes"),
		[2] = SCALAR("droppedAttributesCount", TEL__REP_UINT32),
		[3] = NODE("entityRefs"),
	},
	[TEL__SHAPE_SCOPE] = {
		[1] = SCALAR("name", TEL__REP_TEXT),
		[2] = SCALAR("version", TEL__REP_TEXT),
		[3] = NODE("attributes"),
		[4] = SCALAR("droppedAttributesCount", TEL__REP_UINT32),
	},
	[TEL__SHAPE_EXEMPLAR] = {
		[2] = SCALAR("timeUnixNano", TEL__REP_UINT64),
		[3] = PRESENT("asDouble", TEL__REP_DOUBLE),
		[4] = SCALAR("spanId", TEL__REP_HEX),
		[5] = SCALAR("traceId", TEL__REP_HEX),
		[6] = PRESENT("asInt", TEL__REP_INT64),
		[7] = NODE("filteredAttributes"),
	},
	[TEL__SHAPE_NUMBER_POINT] = {
		START_AND_TIME,
		[4] = PRESENT("asDouble", TEL__REP_DOUBLE),
		[5] = NODE("exemplars"),
		[6] = PRESENT("asInt", TEL__REP_INT64),
		[7] = NODE("attributes"),
		[8] = SCALAR("flags", TEL__REP_UINT32),
	},
	[TEL__SHAPE_HISTOGRAM_POINT] = {
		START_AND_TIME,
		[4] = SCALAR("count", TEL__REP_UINT64),
		[5] = PRESENT("sum", TEL__REP_DOUBLE),
		[6] = SCALAR("bucketCounts", TEL__REP_UINT64),
		[7] = SCALAR("explicitBounds", TEL__REP_DOUBLE),
		[8] = NODE("exemplars"),
		[9] = NODE("attributes"),
		[10] = SCALAR("flags", TEL__REP_UINT32),
		[11] = PRESENT("min", TEL__REP_DOUBLE),
		[12] = PRESENT("max", TEL__REP_DOUBLE),
	},
	[TEL__SHAPE_BUCKETS] = {
		[1] = SCALAR("offset", TEL__REP_SINT32),
		[2] = SCALAR("bucketCounts", TEL__REP_UINT64),
	},
	[TEL__SHAPE_EXP_POINT] = {
		[1] = NODE("attributes"),
		START_AND_TIME,
		[4] = SCALAR("count", TEL__REP_UINT64),
		[5] = PRESENT("sum", TEL__REP_DOUBLE),
		[6] = SCALAR("scale", TEL__REP_SINT32),
		[7] = SCALAR("zeroCount", TEL__REP_UINT64),
		[8] = NODE("positive"),
		[9] = NODE("negative"),
		[10] = SCALAR("flags", TEL__REP_UINT32),
		[11] = NODE("exemplars"),
		[12] = PRESENT("min", TEL__REP_DOUBLE),
		[13] = PRESENT("max", TEL__REP_DOUBLE),
		[14] = SCALAR("zeroThreshold", TEL__REP_DOUBLE),
	},
	[TEL__SHAPE_QUANTILE] = {
		[1] = SCALAR("quantile", TEL__REP_DOUBLE),
		[2] = SCALAR("value", TEL__REP_DOUBLE),
	},
	[TEL__SHAPE_SUMMARY_POINT] = {
		START_AND_TIME,
		[4] = SCALAR("count", TEL__REP_UINT64),
		[5] = SCALAR("sum", TEL__REP_DOUBLE),
		[6] = NODE("quantileValues"),
		[7] = NODE("attributes"),
		[8] = SCALAR("flags", TEL__REP_UINT32),
	},
	[TEL__SHAPE_GAUGE] = { [1] = NODE("dataPoints") },
	[TEL__SHAPE_SUM] = {
		[1] = NODE("dataPoints"),
		[2] = SCALAR("aggregationTemporality", TEL__REP_ENUM),
		[3] = SCALAR("isMonotonic", TEL__REP_BOOL),
	},
	[TEL__SHAPE_HISTOGRAM] = { [1] = NODE("dataPoints"), [2] = SCALAR("aggregationTemporality", TEL__REP_ENUM) },
	[TEL__SHAPE_EXP_HISTOGRAM] = { [1] = NODE("dataPoints"), [2] = SCALAR("aggregationTemporality", TEL__REP_ENUM) },
	[TEL__SHAPE_SUMMARY] = { [1] = NODE("dataPoints") },
	[TEL__SHAPE_METRIC] = {
		[1] = SCALAR("name", TEL__REP_TEXT),
		[2] = SCALAR("description", TEL__REP_TEXT),
		[3] = SCALAR("unit", TEL__REP_TEXT),
		[5] = NODE("gauge"),
		[7] = NODE("sum"),
		[9] = NODE("histogram"),
		[10] = NODE("exponentialHistogram"),
		[11] = NODE("summary"),
		[12] = NODE("metadata"),
	},
};

/* 0 for what the shape does not know. */
static uint32_t known(const tel__pb_field *f, tel__shape_id shape)
{
	if (f->number >= TEL__SHAPE_FIELDS)
		return 0;
	switch (tel__shapes[shape].kind[f->number]) {
	case TEL__KIND_UNKNOWN:
		return 0;
	case TEL__KIND_VARINT:
		return f->wire == TEL__PB_VARINT ? f->number : 0;
	case TEL__KIND_FIXED64:
		return f->wire == TEL__PB_FIXED64 ? f->number : 0;
	case TEL__KIND_FIXED64S:
		return f->wire == TEL__PB_FIXED64 || f->wire == TEL__PB_LEN ? f->number : 0;
	case TEL__KIND_VARINTS:
		return f->wire == TEL__PB_VARINT || f->wire == TEL__PB_LEN ? f->number : 0;
	default:
		return f->wire == TEL__PB_LEN ? f->number : 0;
	}
}

void tel__message_split(tel_slice bytes, tel__shape_id shape, tel__message *ret_message)
{
	tel__pb_reader r = tel__pb_read(bytes);
	tel__pb_field f;
	tel__span *span;

	memset(ret_message, 0, sizeof *ret_message);
	ret_message->bytes = bytes;
	while (tel__pb_next(&r, &f)) {
		span = &ret_message->fields[known(&f, shape)];
		span->last = (uint32_t)(f.raw.ptr - bytes.ptr);
		span->end = span->last + (uint32_t)f.raw.len;
		if (span->count++ == 0)
			span->first = span->last;
	}
}

bool tel__message_get(const tel__message *m, uint32_t number, tel__pb_field *ret_field)
{
	const tel__span *span = &m->fields[number];
	tel__pb_reader r;

	if (span->count == 0)
		return false;
	r = tel__pb_read((tel_slice){ m->bytes.ptr + span->last, span->end - span->last });
	return tel__pb_next(&r, ret_field);
}

tel_fields tel__message_fields(const tel__message *m, uint32_t number)
{
	const tel__span *span = &m->fields[number];

	if (span->count == 0)
		return (tel_fields){ NULL, NULL, number, 0 };
	return (tel_fields){ m->bytes.ptr + span->first, m->bytes.ptr + span->end, number, span->count };
}

tel_numbers tel__message_numbers(const tel__message *m, uint32_t number)
{
	const tel__span *span = &m->fields[number];

	if (span->count == 0)
		return (tel_numbers){ NULL, NULL, NULL, number, 0 };
	return (tel_numbers){ m->bytes.ptr + span->first, NULL, m->bytes.ptr + span->end, number, 0 };
}

bool tel__message_unknown(const tel__message *m, tel__shape_id shape, size_t *at, tel__pb_field *ret_field)
{
	tel__pb_reader r;

	if (m->fields[0].count == 0)
		return false;
	r = tel__pb_read((tel_slice){ m->bytes.ptr + *at, m->bytes.len - *at });
	while (tel__pb_next(&r, ret_field)) {
		*at = (size_t)((const char *)r.p - m->bytes.ptr);
		if (known(ret_field, shape) == 0)
			return true;
	}
	return false;
}

uint64_t tel__scalar(const tel__pb_field *field, tel__rep rep)
{
	switch (rep) {
	case TEL__REP_BOOL:
		return field->value != 0;
	case TEL__REP_UINT32:
		return (uint32_t)field->value;
	case TEL__REP_ENUM:
		return (uint64_t)(int64_t)(int32_t)field->value;
	case TEL__REP_SINT32:
		return (uint64_t)tel__pb_unzigzag((uint32_t)field->value);
	default:
		return field->value;
	}
}

bool tel__message_has(const tel__message *m, tel__shape_id shape, uint32_t number)
{
	const tel__field_info *info = &tel__field_infos[shape][number];
	tel__pb_field f;

	if (!tel__message_get(m, number, &f))
		return false;
	switch (tel__shapes[shape].kind[number]) {
	case TEL__KIND_VARINT:
	case TEL__KIND_FIXED64:
		return info->presence || tel__scalar(&f, (tel__rep)info->rep) != 0;
	case TEL__KIND_TEXT:
	case TEL__KIND_BYTES:
		return info->presence || f.bytes.len != 0;
	default:
		return true;
	}
}
