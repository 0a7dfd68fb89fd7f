/* SPDX-License-Identifier: Apache-2.0 */
#include "model/walk.h"

/* Tag of a field as one number to switch on. */
static uint32_t tag_of(const tel__pb_field *f)
{
	return TEL__PB_TAG(f->number, f->wire);
}

static double as_double(const tel__pb_field *f)
{
	return tel__pb_load_double(&f->value);
}

static const uint8_t *start_of(const tel__pb_field *f)
{
	return (const uint8_t *)f->raw.ptr;
}

void tel__value_read_slow(tel_slice bytes, tel_value *ret_value)
{
	tel__pb_reader r = tel__pb_read(bytes);
	tel__pb_field f;

	memset(ret_value, 0, sizeof *ret_value);
	while (tel__pb_next(&r, &f)) {
		switch (tag_of(&f)) {
		case TEL__LEN_TAG(TEL_VALUE_STRING):
		case TEL__LEN_TAG(TEL_VALUE_ARRAY):
		case TEL__LEN_TAG(TEL_VALUE_KVLIST):
		case TEL__LEN_TAG(TEL_VALUE_BYTES):
			ret_value->u.bytes = f.bytes;
			break;
		case TEL__PB_TAG(TEL_VALUE_BOOL, TEL__PB_VARINT):
			ret_value->u.boolean = f.value != 0;
			break;
		case TEL__PB_TAG(TEL_VALUE_INT, TEL__PB_VARINT):
			ret_value->u.integer = (int64_t)f.value;
			break;
		case TEL__PB_TAG(TEL_VALUE_DOUBLE, TEL__PB_FIXED64):
			ret_value->u.real = as_double(&f);
			break;
		default:
			continue;
		}
		ret_value->type = (tel_value_type)f.number;
	}
}

void tel__pair_read_slow(tel_slice bytes, tel_pair *ret_pair)
{
	tel__pb_reader r = tel__pb_read(bytes);
	tel_slice value = { NULL, 0 };
	tel__pb_field f;

	ret_pair->key = (tel_slice){ NULL, 0 };
	while (tel__pb_next(&r, &f)) {
		if (tag_of(&f) == TEL__LEN_TAG(TEL__KV_KEY))
			ret_pair->key = f.bytes;
		else if (tag_of(&f) == TEL__LEN_TAG(TEL__KV_VALUE))
			value = f.bytes;
	}
	tel__value_read_slow(value, &ret_pair->value);
}

static void set_optional(tel_point_view *view, uint32_t bit, double *member, const tel__pb_field *f)
{
	*member = as_double(f);
	view->has |= bit;
}

static void add_numbers(tel_numbers *n, const tel__pb_field *f, uint32_t wire, const uint8_t *after)
{
	if (f->wire == TEL__PB_LEN)
		tel__numbers_add(n, f->number, wire, start_of(f), (const uint8_t *)f->bytes.ptr, after, true);
	else
		tel__numbers_add(n, f->number, wire, start_of(f), NULL, after, false);
}

void tel__point_read_histogram(tel_slice bytes, tel_point_view *view)
{
	tel__pb_reader r = tel__pb_read(bytes);
	tel__pb_field f;

	while (tel__pb_next(&r, &f)) {
		switch (tag_of(&f)) {
		case TEL__PB_TAG(TEL__POINT_START, TEL__PB_FIXED64):
			view->start_unix_ns = f.value;
			break;
		case TEL__PB_TAG(TEL__POINT_TIME, TEL__PB_FIXED64):
			view->time_unix_ns = f.value;
			break;
		case TEL__PB_TAG(TEL__HIST_COUNT, TEL__PB_FIXED64):
			view->count = f.value;
			break;
		case TEL__PB_TAG(TEL__HIST_SUM, TEL__PB_FIXED64):
			set_optional(view, TEL_HAS_SUM, &view->sum, &f);
			break;
		case TEL__PB_TAG(TEL__HIST_MIN, TEL__PB_FIXED64):
			set_optional(view, TEL_HAS_MIN, &view->min, &f);
			break;
		case TEL__PB_TAG(TEL__HIST_MAX, TEL__PB_FIXED64):
			set_optional(view, TEL_HAS_MAX, &view->max, &f);
			break;
		case TEL__LEN_TAG(TEL__HIST_BUCKET_COUNTS):
		case TEL__PB_TAG(TEL__HIST_BUCKET_COUNTS, TEL__PB_FIXED64):
			add_numbers(&view->bucket_counts, &f, TEL__PB_FIXED64, r.p);
			break;
		case TEL__LEN_TAG(TEL__HIST_BOUNDS):
		case TEL__PB_TAG(TEL__HIST_BOUNDS, TEL__PB_FIXED64):
			add_numbers(&view->bounds, &f, TEL__PB_FIXED64, r.p);
			break;
		case TEL__LEN_TAG(TEL__HIST_EXEMPLARS):
			tel__fields_add(&view->exemplars, TEL__HIST_EXEMPLARS, start_of(&f), r.p);
			break;
		case TEL__LEN_TAG(TEL__HIST_ATTRIBUTES):
			tel__fields_add(&view->attributes, TEL__HIST_ATTRIBUTES, start_of(&f), r.p);
			break;
		case TEL__PB_TAG(TEL__HIST_FLAGS, TEL__PB_VARINT):
			view->flags = (uint32_t)f.value;
			break;
		default:
			break;
		}
	}
}

static void read_buckets(tel_slice bytes, tel_buckets_view *view)
{
	tel__pb_reader r = tel__pb_read(bytes);
	tel__pb_field f;

	view->present = true;
	while (tel__pb_next(&r, &f)) {
		if (tag_of(&f) == TEL__PB_TAG(TEL__BUCKETS_OFFSET, TEL__PB_VARINT))
			/* sint32: the low 32 bits count, as protobuf truncates */
			view->offset = (int32_t)tel__pb_unzigzag((uint32_t)f.value);
		else if (f.number == TEL__BUCKETS_COUNTS && (f.wire == TEL__PB_LEN || f.wire == TEL__PB_VARINT))
			add_numbers(&view->counts, &f, TEL__PB_VARINT, r.p);
	}
}

void tel__point_read_exp(tel_slice bytes, tel_point_view *view)
{
	tel__pb_reader r = tel__pb_read(bytes);
	tel__pb_field f;

	while (tel__pb_next(&r, &f)) {
		switch (tag_of(&f)) {
		case TEL__LEN_TAG(TEL__EXP_ATTRIBUTES):
			tel__fields_add(&view->attributes, TEL__EXP_ATTRIBUTES, start_of(&f), r.p);
			break;
		case TEL__PB_TAG(TEL__POINT_START, TEL__PB_FIXED64):
			view->start_unix_ns = f.value;
			break;
		case TEL__PB_TAG(TEL__POINT_TIME, TEL__PB_FIXED64):
			view->time_unix_ns = f.value;
			break;
		case TEL__PB_TAG(TEL__EXP_COUNT, TEL__PB_FIXED64):
			view->count = f.value;
			break;
		case TEL__PB_TAG(TEL__EXP_SUM, TEL__PB_FIXED64):
			set_optional(view, TEL_HAS_SUM, &view->sum, &f);
			break;
		case TEL__PB_TAG(TEL__EXP_SCALE, TEL__PB_VARINT):
			view->scale = (int32_t)tel__pb_unzigzag((uint32_t)f.value);
			break;
		case TEL__PB_TAG(TEL__EXP_ZERO_COUNT, TEL__PB_FIXED64):
			view->zero_count = f.value;
			break;
		case TEL__LEN_TAG(TEL__EXP_POSITIVE):
			read_buckets(f.bytes, &view->positive);
			break;
		case TEL__LEN_TAG(TEL__EXP_NEGATIVE):
			read_buckets(f.bytes, &view->negative);
			break;
		case TEL__PB_TAG(TEL__EXP_FLAGS, TEL__PB_VARINT):
			view->flags = (uint32_t)f.value;
			break;
		case TEL__LEN_TAG(TEL__EXP_EXEMPLARS):
			tel__fields_add(&view->exemplars, TEL__EXP_EXEMPLARS, start_of(&f), r.p);
			break;
		case TEL__PB_TAG(TEL__EXP_MIN, TEL__PB_FIXED64):
			set_optional(view, TEL_HAS_MIN, &view->min, &f);
			break;
		case TEL__PB_TAG(TEL__EXP_MAX, TEL__PB_FIXED64):
			set_optional(view, TEL_HAS_MAX, &view->max, &f);
			break;
		case TEL__PB_TAG(TEL__EXP_ZERO_THRESHOLD, TEL__PB_FIXED64):
			view->zero_threshold = as_double(&f);
			break;
		default:
			break;
		}
	}
}

void tel__point_read_summary(tel_slice bytes, tel_point_view *view)
{
	tel__pb_reader r = tel__pb_read(bytes);
	tel__pb_field f;

	while (tel__pb_next(&r, &f)) {
		switch (tag_of(&f)) {
		case TEL__PB_TAG(TEL__POINT_START, TEL__PB_FIXED64):
			view->start_unix_ns = f.value;
			break;
		case TEL__PB_TAG(TEL__POINT_TIME, TEL__PB_FIXED64):
			view->time_unix_ns = f.value;
			break;
		case TEL__PB_TAG(TEL__SUMMARY_COUNT, TEL__PB_FIXED64):
			view->count = f.value;
			break;
		case TEL__PB_TAG(TEL__SUMMARY_SUM, TEL__PB_FIXED64):
			view->sum = as_double(&f);
			break;
		case TEL__LEN_TAG(TEL__SUMMARY_QUANTILES):
			tel__fields_add(&view->quantiles, TEL__SUMMARY_QUANTILES, start_of(&f), r.p);
			break;
		case TEL__LEN_TAG(TEL__SUMMARY_ATTRIBUTES):
			tel__fields_add(&view->attributes, TEL__SUMMARY_ATTRIBUTES, start_of(&f), r.p);
			break;
		case TEL__PB_TAG(TEL__SUMMARY_FLAGS, TEL__PB_VARINT):
			view->flags = (uint32_t)f.value;
			break;
		default:
			break;
		}
	}
}

void tel__exemplar_read(tel_slice bytes, tel_exemplar_view *ret_view)
{
	tel__pb_reader r = tel__pb_read(bytes);
	tel__pb_field f;

	memset(ret_view, 0, sizeof *ret_view);
	while (tel__pb_next(&r, &f)) {
		switch (tag_of(&f)) {
		case TEL__PB_TAG(TEL__EXEMPLAR_TIME, TEL__PB_FIXED64):
			ret_view->time_unix_ns = f.value;
			break;
		case TEL__PB_TAG(TEL__EXEMPLAR_DOUBLE, TEL__PB_FIXED64):
			ret_view->as_double = as_double(&f);
			ret_view->as_int = 0;
			ret_view->has = TEL_HAS_DOUBLE;
			break;
		case TEL__PB_TAG(TEL__EXEMPLAR_INT, TEL__PB_FIXED64):
			ret_view->as_int = (int64_t)f.value;
			ret_view->as_double = 0;
			ret_view->has = TEL_HAS_INT;
			break;
		case TEL__LEN_TAG(TEL__EXEMPLAR_SPAN_ID):
			ret_view->span_id = f.bytes;
			break;
		case TEL__LEN_TAG(TEL__EXEMPLAR_TRACE_ID):
			ret_view->trace_id = f.bytes;
			break;
		case TEL__LEN_TAG(TEL__EXEMPLAR_ATTRIBUTES):
			tel__fields_add(&ret_view->attributes, TEL__EXEMPLAR_ATTRIBUTES, start_of(&f), r.p);
			break;
		default:
			break;
		}
	}
}

void tel__quantile_read(tel_slice bytes, tel_quantile *ret_quantile)
{
	tel__pb_reader r = tel__pb_read(bytes);
	tel__pb_field f;

	memset(ret_quantile, 0, sizeof *ret_quantile);
	while (tel__pb_next(&r, &f)) {
		if (tag_of(&f) == TEL__PB_TAG(TEL__QUANTILE_QUANTILE, TEL__PB_FIXED64))
			ret_quantile->quantile = as_double(&f);
		else if (tag_of(&f) == TEL__PB_TAG(TEL__QUANTILE_VALUE, TEL__PB_FIXED64))
			ret_quantile->value = as_double(&f);
	}
}

void tel__entity_read(tel_slice bytes, tel_entity_view *ret_view)
{
	tel__pb_reader r = tel__pb_read(bytes);
	tel__pb_field f;

	memset(ret_view, 0, sizeof *ret_view);
	while (tel__pb_next(&r, &f)) {
		switch (tag_of(&f)) {
		case TEL__LEN_TAG(TEL__ENTITY_SCHEMA_URL):
			ret_view->schema_url = f.bytes;
			break;
		case TEL__LEN_TAG(TEL__ENTITY_TYPE):
			ret_view->type = f.bytes;
			break;
		case TEL__LEN_TAG(TEL__ENTITY_ID_KEYS):
			tel__fields_add(&ret_view->id_keys, TEL__ENTITY_ID_KEYS, start_of(&f), r.p);
			break;
		case TEL__LEN_TAG(TEL__ENTITY_DESCRIPTION_KEYS):
			tel__fields_add(&ret_view->description_keys, TEL__ENTITY_DESCRIPTION_KEYS, start_of(&f), r.p);
			break;
		default:
			break;
		}
	}
}

/* The fields of Sum and its kin that are not points. Writers put them behind the points. */
static void read_data(tel_slice data, tel_metric_view *view)
{
	const uint8_t *p = (const uint8_t *)data.ptr, *end = p + data.len;
	uint32_t tag;
	uint64_t v;

	while (p && p < end) {
		p = tel__pb_tag(p, end, &tag);
		if (!p)
			return;
		if (tag == TEL__PB_TAG(TEL__DATA_TEMPORALITY, TEL__PB_VARINT)) {
			p = tel__pb_varint(p, end, &v);
			if (p)
				view->temporality = (tel_temporality)(int32_t)v;
		} else if (tag == TEL__PB_TAG(TEL__DATA_MONOTONIC, TEL__PB_VARINT) && view->type == TEL_METRIC_SUM) {
			p = tel__pb_varint(p, end, &v);
			if (p)
				view->monotonic = v != 0;
		} else {
			p = tel__pb_skip(p, end, tag);
		}
	}
}

void tel__metric_read(const tel__metric *metric, tel_metric_view *ret_view)
{
	tel__pb_reader r = tel__pb_read(metric->raw);
	tel__pb_field f;

	memset(ret_view, 0, sizeof *ret_view);
	ret_view->type = (tel_metric_type)metric->type;
	ret_view->name = metric->name;
	ret_view->points = metric->points;
	while (tel__pb_next(&r, &f)) {
		switch (tag_of(&f)) {
		case TEL__LEN_TAG(TEL__METRIC_DESCRIPTION):
			ret_view->description = f.bytes;
			break;
		case TEL__LEN_TAG(TEL__METRIC_UNIT):
			ret_view->unit = f.bytes;
			break;
		case TEL__LEN_TAG(TEL__METRIC_METADATA):
			tel__fields_add(&ret_view->metadata, TEL__METRIC_METADATA, start_of(&f), r.p);
			break;
		default:
			break;
		}
	}
	if (metric->type != TEL__METRIC_EMPTY && metric->type != TEL__METRIC_GAUGE && metric->type != TEL__METRIC_SUMMARY)
		read_data(tel__metric_data(metric), ret_view);
}

void tel__scope_read(const tel__envelope *e, tel_scope_view *ret_view)
{
	tel__pb_reader r = tel__pb_read(e->self);
	tel__pb_field f;

	memset(ret_view, 0, sizeof *ret_view);
	ret_view->schema_url = e->schema_url;
	ret_view->metrics = e->count;
	while (tel__pb_next(&r, &f)) {
		switch (tag_of(&f)) {
		case TEL__LEN_TAG(TEL__SCOPE_NAME):
			ret_view->name = f.bytes;
			break;
		case TEL__LEN_TAG(TEL__SCOPE_VERSION):
			ret_view->version = f.bytes;
			break;
		case TEL__LEN_TAG(TEL__SCOPE_ATTRIBUTES):
			tel__fields_add(&ret_view->attributes, TEL__SCOPE_ATTRIBUTES, start_of(&f), r.p);
			break;
		case TEL__PB_TAG(TEL__SCOPE_DROPPED, TEL__PB_VARINT):
			ret_view->dropped_attributes = (uint32_t)f.value;
			break;
		default:
			break;
		}
	}
}

void tel__resource_read(const tel__envelope *e, tel_resource_view *ret_view)
{
	tel__pb_reader r = tel__pb_read(e->self);
	tel__pb_field f;

	memset(ret_view, 0, sizeof *ret_view);
	ret_view->schema_url = e->schema_url;
	ret_view->scopes = e->count;
	while (tel__pb_next(&r, &f)) {
		switch (tag_of(&f)) {
		case TEL__LEN_TAG(TEL__RESOURCE_ATTRIBUTES):
			tel__fields_add(&ret_view->attributes, TEL__RESOURCE_ATTRIBUTES, start_of(&f), r.p);
			break;
		case TEL__PB_TAG(TEL__RESOURCE_DROPPED, TEL__PB_VARINT):
			ret_view->dropped_attributes = (uint32_t)f.value;
			break;
		case TEL__LEN_TAG(TEL__RESOURCE_ENTITY_REFS):
			tel__fields_add(&ret_view->entities, TEL__RESOURCE_ENTITY_REFS, start_of(&f), r.p);
			break;
		default:
			break;
		}
	}
}

bool tel__attr_next_slow(tel_fields *attributes, tel_pair *ret_attr)
{
	tel_slice bytes;

	if (!tel__fields_next(attributes, &bytes))
		return false;
	tel__pair_read(bytes, ret_attr);
	return true;
}
