/* SPDX-License-Identifier: Apache-2.0 */
#include "model/random_otlp.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model/metrics_i.h"
#include "model/otlp_fields.h"
#include "wire/pb.h"

enum { REQUEST_MAX = 1 << 24, UNKNOWN_FIELD = 40 };

uint32_t random_below(random_otlp *r, uint32_t bound)
{
	r->state ^= r->state << 13;
	r->state ^= r->state >> 7;
	r->state ^= r->state << 17;
	return (uint32_t)((r->state * 0x2545f4914f6cdd1du) >> 32) % bound;
}

static bool odd(random_otlp *r)
{
	return !r->plain && random_below(r, 8) == 0;
}

static void word(random_otlp *r, tel__dynbuf *b, uint32_t field)
{
	static const char *const words[] = { "", "a", "service.name", "http.request.method", "GET", "\xc3\xbc" "ber",
		                                 "\xe6\x97\xa5\xe6\x9c\xac", "a long word that is meant to exceed the sixty-four "
		                                 "bytes which the inline check handles itself", "k8s.pod.name", "x\ty" };
	const char *w = words[random_below(r, sizeof words / sizeof words[0])];
	tel__pb_add_bytes(b, field, (tel_slice){ w, strlen(w) });
}

static void unknown(random_otlp *r, tel__dynbuf *b)
{
	if (!odd(r))
		return;
	switch (random_below(r, 4)) {
	case 0:
		tel__pb_add_uint(b, UNKNOWN_FIELD, random_below(r, 1u << 30));
		break;
	case 1:
		tel__pb_add_fixed64(b, UNKNOWN_FIELD, random_below(r, 1u << 30));
		break;
	case 2:
		tel__pb_add_fixed32(b, UNKNOWN_FIELD, random_below(r, 1u << 30));
		break;
	default:
		tel__pb_add_bytes(b, UNKNOWN_FIELD, TEL_SLICE_LIT("\xff\xfe unknown"));
	}
}

static void attribute(random_otlp *r, tel__dynbuf *b, uint32_t field, unsigned depth);

static void any_value(random_otlp *r, tel__dynbuf *b, uint32_t field, unsigned depth)
{
	size_t value = tel__pb_add_open(b, field), list;
	uint32_t kind = r->plain ? 1 : random_below(r, depth < 3 ? 9 : 5);

	switch (kind) {
	case 0:
		break;
	case 2:
		tel__pb_add_uint(b, 2, random_below(r, 2));
		break;
	case 3:
		tel__pb_add_uint(b, 3, (uint64_t)-(int64_t)random_below(r, 1000));
		break;
	case 4:
		tel__pb_add_double(b, 4, random_below(r, 1000) / 8.0);
		break;
	case 5:
	case 6:
		list = tel__pb_add_open(b, kind);
		for (uint32_t n = random_below(r, 4); n; n--) {
			if (kind == 5)
				any_value(r, b, 1, depth + 1);
			else
				attribute(r, b, 1, depth + 1);
		}
		tel__pb_add_close(b, list);
		break;
	case 7:
		tel__pb_add_bytes(b, 7, TEL_SLICE_LIT("\x00\xff\x80"));
		break;
	default:
		word(r, b, 1);
	}
	unknown(r, b);
	tel__pb_add_close(b, value);
}

static void attribute(random_otlp *r, tel__dynbuf *b, uint32_t field, unsigned depth)
{
	size_t kv = tel__pb_add_open(b, field);

	word(r, b, 1);
	if (!odd(r))
		any_value(r, b, 2, depth);
	unknown(r, b);
	tel__pb_add_close(b, kv);
}

static void attributes(random_otlp *r, tel__dynbuf *b, uint32_t field)
{
	for (uint32_t n = random_below(r, r->plain ? 11 : 5); n; n--)
		attribute(r, b, field, 0);
}

static void exemplar(random_otlp *r, tel__dynbuf *b, uint32_t field)
{
	size_t e;

	if (!odd(r))
		return;
	e = tel__pb_add_open(b, field);
	tel__pb_add_fixed64(b, TEL__EXEMPLAR_TIME, random_below(r, 1u << 30));
	tel__pb_add_double(b, TEL__EXEMPLAR_DOUBLE, 1.5);
	tel__pb_add_bytes(b, TEL__EXEMPLAR_TRACE_ID, TEL_SLICE_LIT("0123456789abcdef"));
	attributes(r, b, TEL__EXEMPLAR_ATTRIBUTES);
	tel__pb_add_close(b, e);
}

static void packed64(random_otlp *r, tel__dynbuf *b, uint32_t field, uint32_t n)
{
	uint64_t numbers[8];

	for (uint32_t i = 0; i < n; i++)
		numbers[i] = random_below(r, 1u << 30);
	if (odd(r)) {
		for (uint32_t i = 0; i < n; i++)
			tel__pb_add_fixed64(b, field, numbers[i]);
	} else {
		tel__pb_add_bytes(b, field, (tel_slice){ (const char *)numbers, n * sizeof *numbers });
	}
}

static void buckets(random_otlp *r, tel__dynbuf *b, uint32_t field)
{
	size_t m, packed;

	if (odd(r))
		return;
	m = tel__pb_add_open(b, field);
	tel__pb_add_uint(b, TEL__BUCKETS_OFFSET, random_below(r, 100));
	packed = tel__pb_add_open(b, TEL__BUCKETS_COUNTS);
	for (uint32_t n = random_below(r, 5); n; n--)
		tel__pb_add_varint(b, random_below(r, 1000));
	tel__pb_add_close(b, packed);
	tel__pb_add_close(b, m);
}

static void number_rest(random_otlp *r, tel__dynbuf *b)
{
	if (odd(r))
		return;
	if (random_below(r, 2))
		tel__pb_add_double(b, TEL__NUMBER_DOUBLE, random_below(r, 1000) / 16.0);
	else
		tel__pb_add_fixed64(b, TEL__NUMBER_INT, random_below(r, 1000));
	exemplar(r, b, TEL__NUMBER_EXEMPLARS);
	attributes(r, b, TEL__NUMBER_ATTRIBUTES);
	if (odd(r))
		tel__pb_add_uint(b, TEL__NUMBER_FLAGS, 1);
}

static void histogram_rest(random_otlp *r, tel__dynbuf *b)
{
	uint32_t n = random_below(r, 6);

	tel__pb_add_fixed64(b, TEL__HIST_COUNT, random_below(r, 1000));
	if (!odd(r))
		tel__pb_add_double(b, TEL__HIST_SUM, 0);
	packed64(r, b, TEL__HIST_BUCKET_COUNTS, n + 1);
	packed64(r, b, TEL__HIST_BOUNDS, n);
	exemplar(r, b, TEL__HIST_EXEMPLARS);
	attributes(r, b, TEL__HIST_ATTRIBUTES);
	if (random_below(r, 2))
		tel__pb_add_double(b, TEL__HIST_MIN, 1);
}

static void exponential_rest(random_otlp *r, tel__dynbuf *b)
{
	tel__pb_add_fixed64(b, TEL__EXP_COUNT, random_below(r, 1000));
	tel__pb_add_double(b, TEL__EXP_SUM, 12.5);
	tel__pb_add_uint(b, TEL__EXP_SCALE, tel__pb_zigzag((int64_t)random_below(r, 20) - 10));
	tel__pb_add_fixed64(b, TEL__EXP_ZERO_COUNT, random_below(r, 3));
	buckets(r, b, TEL__EXP_POSITIVE);
	buckets(r, b, TEL__EXP_NEGATIVE);
	exemplar(r, b, TEL__EXP_EXEMPLARS);
	attributes(r, b, TEL__EXP_ATTRIBUTES);
}

static void summary_rest(random_otlp *r, tel__dynbuf *b)
{
	size_t q;

	tel__pb_add_fixed64(b, TEL__SUMMARY_COUNT, random_below(r, 1000));
	tel__pb_add_double(b, TEL__SUMMARY_SUM, 7);
	for (uint32_t n = random_below(r, 3); n; n--) {
		q = tel__pb_add_open(b, TEL__SUMMARY_QUANTILES);
		tel__pb_add_double(b, TEL__QUANTILE_QUANTILE, 0.5);
		tel__pb_add_double(b, TEL__QUANTILE_VALUE, n);
		tel__pb_add_close(b, q);
	}
	attributes(r, b, TEL__SUMMARY_ATTRIBUTES);
}

static void point(random_otlp *r, tel__dynbuf *b, uint32_t type)
{
	size_t p = tel__pb_add_open(b, TEL__DATA_POINTS);

	tel__pb_add_fixed64(b, TEL__POINT_START, random_below(r, 1u << 30));
	tel__pb_add_fixed64(b, TEL__POINT_TIME, random_below(r, 1u << 30));
	switch (type) {
	case TEL__METRIC_HISTOGRAM:
		histogram_rest(r, b);
		break;
	case TEL__METRIC_EXP_HISTOGRAM:
		exponential_rest(r, b);
		break;
	case TEL__METRIC_SUMMARY:
		summary_rest(r, b);
		break;
	default:
		number_rest(r, b);
	}
	unknown(r, b);
	tel__pb_add_close(b, p);
}

static void data_fields(random_otlp *r, tel__dynbuf *b, uint32_t type)
{
	if (type != TEL__METRIC_GAUGE && type != TEL__METRIC_SUMMARY)
		tel__pb_add_uint(b, TEL__DATA_TEMPORALITY, 1 + random_below(r, 2));
	if (type == TEL__METRIC_SUM)
		tel__pb_add_uint(b, TEL__DATA_MONOTONIC, 1);
	unknown(r, b);
}

static void data(random_otlp *r, tel__dynbuf *b)
{
	static const uint8_t types[] = { 5, 7, 9, 10, 11 };
	uint32_t type = types[random_below(r, sizeof types)];
	size_t d;
	bool early = odd(r);

	if (odd(r))
		return; /* a metric without data */
	d = tel__pb_add_open(b, type);
	if (early)
		data_fields(r, b, type);
	for (uint32_t n = random_below(r, 7); n; n--) {
		point(r, b, type);
		unknown(r, b);
	}
	if (!early)
		data_fields(r, b, type);
	tel__pb_add_close(b, d);
}

static void metric(random_otlp *r, tel__dynbuf *b)
{
	size_t m = tel__pb_add_open(b, TEL__SM_METRICS);
	bool early = odd(r);

	if (early)
		data(r, b);
	word(r, b, TEL__METRIC_NAME);
	word(r, b, TEL__METRIC_DESCRIPTION);
	word(r, b, TEL__METRIC_UNIT);
	if (!early)
		data(r, b);
	if (odd(r))
		attribute(r, b, TEL__METRIC_METADATA, 0);
	unknown(r, b);
	tel__pb_add_close(b, m);
}

static void self(random_otlp *r, tel__dynbuf *b, bool scope)
{
	size_t s;

	if (odd(r))
		return;
	s = tel__pb_add_open(b, TEL__RM_RESOURCE);
	if (scope) {
		word(r, b, TEL__SCOPE_NAME);
		word(r, b, TEL__SCOPE_VERSION);
	}
	attributes(r, b, scope ? TEL__SCOPE_ATTRIBUTES : TEL__RESOURCE_ATTRIBUTES);
	if (odd(r))
		tel__pb_add_uint(b, scope ? TEL__SCOPE_DROPPED : TEL__RESOURCE_DROPPED, 3);
	unknown(r, b);
	tel__pb_add_close(b, s);
}

static void scope(random_otlp *r, tel__dynbuf *b)
{
	size_t s = tel__pb_add_open(b, TEL__RM_SCOPE_METRICS);
	bool late = odd(r);

	if (!late)
		self(r, b, true);
	for (uint32_t n = random_below(r, 7); n; n--) {
		metric(r, b);
		unknown(r, b);
	}
	if (late)
		self(r, b, true);
	if (random_below(r, 2))
		word(r, b, TEL__SM_SCHEMA_URL);
	tel__pb_add_close(b, s);
}

static void resource(random_otlp *r, tel__dynbuf *b)
{
	size_t s = tel__pb_add_open(b, 1);
	bool late = odd(r);

	if (!late)
		self(r, b, false);
	for (uint32_t n = random_below(r, 5); n; n--) {
		scope(r, b);
		unknown(r, b);
	}
	if (late)
		self(r, b, false);
	if (random_below(r, 2))
		word(r, b, TEL__RM_SCHEMA_URL);
	tel__pb_add_close(b, s);
}

tel_buf *random_request(random_otlp *r)
{
	tel__dynbuf b;
	tel_buf *buf = NULL;

	tel__dynbuf_init(&b, &tel__alloc_libc, REQUEST_MAX);
	for (uint32_t n = random_below(r, 5); n; n--) {
		resource(r, &b);
		unknown(r, &b);
	}
	if (tel__dynbuf_take(&b, &buf) != TEL_OK)
		abort();
	return buf;
}

/* ---- flattening ---- */

static void add(tel__dynbuf *out, tel_slice s)
{
	uint64_t len = s.len;

	tel__dynbuf_put(out, &len, sizeof len);
	tel__dynbuf_slice(out, s);
}

/* Fields of a message but the repeated one, in the order of the wire. */
static void add_fields(tel__dynbuf *out, tel_slice message, uint32_t but)
{
	tel__pb_reader r = tel__pb_read(message);
	tel__pb_field f;

	while (tel__pb_next(&r, &f)) {
		if (f.number != but || f.wire != TEL__PB_LEN)
			tel__dynbuf_slice(out, f.raw);
	}
	tel__dynbuf_byte(out, '|');
}

static void add_envelope(tel__dynbuf *out, const tel__envelope *e)
{
	add(out, e->self);
	add(out, e->schema_url);
}

static void add_metric(tel__dynbuf *out, const tel__envelope *resource_e, const tel__envelope *scope_e,
                       const tel__metric *m)
{
	tel__pb_reader r = tel__pb_read(m->type ? tel__metric_run(m) : (tel_slice){ NULL, 0 });
	tel__pb_field f;

	while (tel__pb_next(&r, &f)) {
		if (f.number != TEL__DATA_POINTS || f.wire != TEL__PB_LEN)
			continue;
		add_envelope(out, resource_e);
		add_envelope(out, scope_e);
		add(out, m->name);
		add_fields(out, m->raw, m->type);
		add_fields(out, tel__metric_data(m), TEL__DATA_POINTS);
		tel__dynbuf_byte(out, (char)m->type);
		add(out, f.bytes);
	}
}

void flatten_points(const tel_metrics *m, tel__dynbuf *out)
{
	tel__dynbuf_init(out, &tel__alloc_libc, (size_t)REQUEST_MAX * 64);
	for (uint32_t i = 0; i < m->count; i++) {
		const tel__resource *res = &m->resources[i];

		for (uint32_t j = 0; j < res->e.count; j++) {
			const tel__scope *sc = &res->scopes[j];

			for (uint32_t k = 0; k < sc->e.count; k++)
				add_metric(out, &res->e, &sc->e, &sc->metrics[k]);
		}
	}
	if (tel__dynbuf_error(out))
		abort();
}
