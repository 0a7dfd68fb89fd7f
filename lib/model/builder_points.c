/* SPDX-License-Identifier: Apache-2.0 */
#include "model/attrs.h"
#include "model/builder_i.h"

enum {
	HEAD_MAX = 1 + 2,         /* tag and length of a point as it is first written */
	SCALAR = 1 + 8,           /* a fixed64 field below 16 */
	TIMES_MAX = 2 * SCALAR,
	ONE_BYTE_LENGTH = 0x80
};

/* Makes room for a point of at most body bytes plus attributes behind the message that is open, opens it and writes what
 * all points share. NULL when the builder has failed. */
static uint8_t *open_point(tel_builder *b, size_t body, const tel_attrs *attrs)
{
	size_t attr_len = attrs ? attrs->bytes.len : 0;
	uint8_t *p, *payload;
	uint8_t reserved;

	if (TEL_UNLIKELY(tel__builder_failed(b)))
		return NULL;
	tel__builder_unwind(b, DATA);
	if (TEL_UNLIKELY(tel__builder_top(b) != DATA)) {
		if (tel__builder_failed(b))
			return NULL;
		if (tel__builder_top(b) != METRIC) {
			tel__builder_refuse(b, TEL_ERR_STATE, "a point needs a metric");
			return NULL;
		}
		tel__builder_open_data(b);
	}
	body += TIMES_MAX + attr_len;
	p = (uint8_t *)tel__dynbuf_room(&b->out, HEAD_MAX + body);
	if (TEL_UNLIKELY(!p))
		return NULL;
	reserved = body >= ONE_BYTE_LENGTH ? 2 : 1;
	*p = (uint8_t)TEL__PB_TAG(TEL__DATA_POINTS, TEL__PB_LEN);
	payload = p + 1 + reserved;
	b->frames[b->depth++] = (struct tel__builder_frame){ b->out.len + 1u + reserved, POINT, reserved };
	p = payload;
	if (b->start_ns)
		p = tel__pb_put_fixed64(p, TEL__POINT_START, b->start_ns);
	if (b->time_ns)
		p = tel__pb_put_fixed64(p, TEL__POINT_TIME, b->time_ns);
	if (attr_len) {
		tel__attrs_copy(attrs, tel__builder_point_attributes(b->metric.type), p);
		p += attr_len;
	}
	return p;
}

static void commit(tel_builder *b, const uint8_t *end)
{
	tel__dynbuf_advance(&b->out, (size_t)((const char *)end - b->out.ptr) - b->out.len);
}

/* Whether the open metric takes points of this kind; a builder without a metric is refused by open_point(). */
static bool fits(tel_builder *b, tel_metric_type type, const char *complaint)
{
	if (TEL_LIKELY(b->metric.type == type || b->metric.type == TEL_METRIC_NONE))
		return true;
	tel__builder_refuse(b, TEL_ERR_STATE, complaint);
	return false;
}

static bool is_number(tel_builder *b)
{
	return b->metric.type == TEL_METRIC_GAUGE ||
	       fits(b, TEL_METRIC_SUM, "a number goes into a gauge or sum, this metric is neither");
}

void tel_builder_point_int(tel_builder *b, int64_t value, const tel_attrs *attrs)
{
	uint8_t *p = is_number(b) ? open_point(b, SCALAR, attrs) : NULL;

	if (p)
		commit(b, tel__pb_put_fixed64(p, TEL__NUMBER_INT, (uint64_t)value));
}

void tel_builder_point_double(tel_builder *b, double value, const tel_attrs *attrs)
{
	uint8_t *p = is_number(b) ? open_point(b, SCALAR, attrs) : NULL;

	if (p)
		commit(b, tel__pb_put_double(p, TEL__NUMBER_DOUBLE, value));
}

void tel_builder_point_stale(tel_builder *b, const tel_attrs *attrs)
{
	uint8_t *p = open_point(b, 0, attrs);

	if (!p)
		return;
	commit(b, p);
	tel_builder_flags(b, TEL_FLAG_NO_RECORDED_VALUE);
}

/* A field of packed 8-byte elements. */
static uint8_t *put_packed(uint8_t *p, uint32_t field, const void *items, size_t count)
{
	if (count == 0)
		return p;
	p = tel__pb_put_head(p, field, count * 8);
	memcpy(p, items, count * 8);
	return p + count * 8;
}

static const char *histogram_complaint(const tel_histogram *h)
{
	if (!h || h->size < sizeof *h)
		return "a histogram was not initialised";
	if (h->bound_count && (!h->bounds || !h->bucket_counts))
		return "a histogram has bounds, but no counts or no array of bounds";
	/* "The values in the explicit_bounds array must be strictly increasing": metrics.proto */
	for (uint32_t i = 0; i < h->bound_count; i++)
		if (h->bounds[i] != h->bounds[i] || (i && h->bounds[i] <= h->bounds[i - 1]))
			return "the bounds of a histogram are not strictly increasing";
	return NULL;
}

/* sum, min and max, which are written whenever they are set. */
static uint8_t *put_optional(uint8_t *p, uint32_t field, uint32_t has, uint32_t bit, double v)
{
	return has & bit ? tel__pb_put_double(p, field, v) : p;
}

void tel_builder_point_histogram(tel_builder *b, const tel_histogram *h, const tel_attrs *attrs)
{
	const char *complaint = histogram_complaint(h);
	size_t buckets;
	uint8_t *p;

	if (!fits(b, TEL_METRIC_HISTOGRAM, "a histogram point goes into a histogram, this metric is none"))
		return;
	if (complaint) {
		tel__builder_refuse(b, TEL_ERR_ARG, complaint);
		return;
	}
	buckets = h->bucket_counts ? (size_t)h->bound_count + 1 : 0;
	p = open_point(b, 4 * SCALAR + 2 * (1 + TEL__PB_VARINT_MAX) + 8 * (buckets + h->bound_count), attrs);
	if (!p)
		return;
	p = tel__pb_put_fixed64(p, TEL__HIST_COUNT, h->count);
	p = put_optional(p, TEL__HIST_SUM, h->has, TEL_HAS_SUM, h->sum);
	p = put_packed(p, TEL__HIST_BUCKET_COUNTS, h->bucket_counts, buckets);
	p = put_packed(p, TEL__HIST_BOUNDS, h->bounds, h->bound_count);
	p = put_optional(p, TEL__HIST_MIN, h->has, TEL_HAS_MIN, h->min);
	p = put_optional(p, TEL__HIST_MAX, h->has, TEL_HAS_MAX, h->max);
	commit(b, p);
}

static size_t buckets_size(const tel_exp_buckets *e)
{
	return (size_t)e->count * TEL__PB_VARINT_MAX + 4 * (1 + TEL__PB_VARINT_MAX);
}

/* Counts are packed varints: lengths are known after a look at each. */
static uint8_t *put_buckets(uint8_t *p, uint32_t field, const tel_exp_buckets *e)
{
	size_t counts = 0, offset = 0;

	if (e->count == 0 && e->offset == 0)
		return p;
	for (uint32_t i = 0; i < e->count; i++)
		counts += tel__pb_varint_size(e->counts[i]);
	if (e->offset)
		offset = 1 + tel__pb_varint_size(tel__pb_zigzag(e->offset));
	p = tel__pb_put_head(p, field, offset + (counts ? tel__pb_len_size(TEL__BUCKETS_COUNTS, counts) : 0));
	if (e->offset)
		p = tel__pb_put_uint(p, TEL__BUCKETS_OFFSET, tel__pb_zigzag(e->offset));
	if (counts)
		p = tel__pb_put_head(p, TEL__BUCKETS_COUNTS, counts);
	for (uint32_t i = 0; i < e->count; i++)
		p = tel__pb_put_varint(p, e->counts[i]);
	return p;
}

void tel_builder_point_exp_histogram(tel_builder *b, const tel_exp_histogram *h, const tel_attrs *attrs)
{
	uint8_t *p;

	if (!fits(b, TEL_METRIC_EXP_HISTOGRAM, "an exponential histogram point goes into such a metric, this is none"))
		return;
	if (!h || h->size < sizeof *h || (h->positive.count && !h->positive.counts) || (h->negative.count && !h->negative.counts)) {
		tel__builder_refuse(b, TEL_ERR_ARG, "an exponential histogram was not initialised or lacks its counts");
		return;
	}
	p = open_point(b, 7 * SCALAR + buckets_size(&h->positive) + buckets_size(&h->negative), attrs);
	if (!p)
		return;
	p = tel__pb_put_fixed64(p, TEL__EXP_COUNT, h->count);
	p = put_optional(p, TEL__EXP_SUM, h->has, TEL_HAS_SUM, h->sum);
	if (h->scale)
		p = tel__pb_put_uint(p, TEL__EXP_SCALE, tel__pb_zigzag(h->scale));
	if (h->zero_count)
		p = tel__pb_put_fixed64(p, TEL__EXP_ZERO_COUNT, h->zero_count);
	p = put_buckets(p, TEL__EXP_POSITIVE, &h->positive);
	p = put_buckets(p, TEL__EXP_NEGATIVE, &h->negative);
	p = put_optional(p, TEL__EXP_MIN, h->has, TEL_HAS_MIN, h->min);
	p = put_optional(p, TEL__EXP_MAX, h->has, TEL_HAS_MAX, h->max);
	if (h->zero_threshold != 0)
		p = tel__pb_put_double(p, TEL__EXP_ZERO_THRESHOLD, h->zero_threshold);
	commit(b, p);
}

void tel_builder_point_summary(tel_builder *b, uint64_t count, double sum, const tel_quantile *quantiles, size_t n,
                               const tel_attrs *attrs)
{
	enum { QUANTILE = 2 + 2 * SCALAR };
	uint8_t *p;

	if (!fits(b, TEL_METRIC_SUMMARY, "a summary point goes into a summary, this metric is none"))
		return;
	if (n && !quantiles) {
		tel__builder_refuse(b, TEL_ERR_ARG, "a summary lacks its quantiles");
		return;
	}
	if (n > b->out.max / QUANTILE) {
		tel__builder_refuse(b, TEL_ERR_LIMIT, "a summary has too many quantiles");
		return;
	}
	p = open_point(b, 2 * SCALAR + n * QUANTILE, attrs);
	if (!p)
		return;
	p = tel__pb_put_fixed64(p, TEL__SUMMARY_COUNT, count);
	p = tel__pb_put_double(p, TEL__SUMMARY_SUM, sum);
	for (size_t i = 0; i < n; i++) {
		p = tel__pb_put_head(p, TEL__SUMMARY_QUANTILES, 2 * SCALAR);
		p = tel__pb_put_double(p, TEL__QUANTILE_QUANTILE, quantiles[i].quantile);
		p = tel__pb_put_double(p, TEL__QUANTILE_VALUE, quantiles[i].value);
	}
	commit(b, p);
}

static uint32_t flags_field(tel_metric_type type)
{
	return type == TEL_METRIC_HISTOGRAM || type == TEL_METRIC_EXP_HISTOGRAM ? TEL__HIST_FLAGS : TEL__NUMBER_FLAGS;
}

void tel_builder_flags(tel_builder *b, uint32_t flags)
{
	tel__builder_unwind(b, POINT);
	if (tel__builder_failed(b))
		return;
	if (tel__builder_top(b) != POINT)
		tel__builder_refuse(b, TEL_ERR_STATE, "flags need an open point");
	else
		tel__pb_add_uint(&b->out, flags_field(b->metric.type), flags);
}

static uint32_t exemplars_field(tel_metric_type type)
{
	switch (type) {
	case TEL_METRIC_HISTOGRAM:
		return TEL__HIST_EXEMPLARS;
	case TEL_METRIC_EXP_HISTOGRAM:
		return TEL__EXP_EXEMPLARS;
	case TEL_METRIC_SUMMARY:
		return 0;
	default:
		return TEL__NUMBER_EXEMPLARS;
	}
}

void tel_builder_exemplar(tel_builder *b, uint64_t time_unix_ns, const tel_value *value, const uint8_t *trace_id,
                          const uint8_t *span_id)
{
	uint32_t field = exemplars_field(b->metric.type);

	tel__builder_unwind(b, POINT);
	if (tel__builder_failed(b))
		return;
	if (tel__builder_top(b) != POINT || !field) {
		tel__builder_refuse(b, TEL_ERR_STATE, "an exemplar needs an open point that is not of a summary");
		return;
	}
	if (!value || (value->type != TEL_VALUE_INT && value->type != TEL_VALUE_DOUBLE)) {
		tel__builder_refuse(b, TEL_ERR_ARG, "the value of an exemplar is an integer or a double");
		return;
	}
	tel__builder_enter(b, EXEMPLAR, field, 1);
	if (time_unix_ns)
		tel__pb_add_fixed64(&b->out, TEL__EXEMPLAR_TIME, time_unix_ns);
	if (value->type == TEL_VALUE_INT)
		tel__pb_add_fixed64(&b->out, TEL__EXEMPLAR_INT, (uint64_t)value->u.integer);
	else
		tel__pb_add_double(&b->out, TEL__EXEMPLAR_DOUBLE, value->u.real);
	if (span_id)
		tel__pb_add_bytes(&b->out, TEL__EXEMPLAR_SPAN_ID, (tel_slice){ (const char *)span_id, 8 });
	if (trace_id)
		tel__pb_add_bytes(&b->out, TEL__EXEMPLAR_TRACE_ID, (tel_slice){ (const char *)trace_id, 16 });
}
