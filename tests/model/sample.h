/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MODEL_SAMPLE_H
#define TESTS_MODEL_SAMPLE_H
/* One batch with everything that OTLP metrics have, for the tests of builder, cursor, columns, equality and text. */
#include <telemetry/builder.h>

enum { SAMPLE_POINTS = 10 };

/* Two resources, three scopes, eight metrics, SAMPLE_POINTS points. */
static inline void sample_build(tel_builder *b)
{
	static const tel_value items[] = {
		{ TEL_VALUE_INT, 0, { .integer = -1 } },
		{ TEL_VALUE_STRING, 0, { .bytes = { "two", 3 } } },
		{ TEL_VALUE_EMPTY, 0, { .integer = 0 } },
	};
	static const tel_pair pairs[] = {
		{ { "inner", 5 }, { TEL_VALUE_BOOL, 0, { .boolean = true } } },
		{ { "list", 4 }, { TEL_VALUE_ITEMS, 3, { .items = items } } },
	};
	static const tel_value map = { TEL_VALUE_PAIRS, 2, { .pairs = pairs } }, blob = { TEL_VALUE_BYTES, 0, { .bytes = { "\0\1\377", 3 } } },
	                       real = { TEL_VALUE_DOUBLE, 0, { .real = 1.5 } }, whole = { TEL_VALUE_INT, 0, { .integer = -9 } };
	static const double bounds[] = { 0.5, 1, 10 };
	static const uint64_t buckets[] = { 1, 0, 300, UINT64_C(1) << 40 };
	static const uint8_t trace[16] = "0123456789abcdef", span[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	static const tel_quantile quantiles[] = { { 0.5, 2 }, { 0.99, 3.25 } };
	tel_histogram h = TEL_HISTOGRAM_INIT;
	tel_exp_histogram e = TEL_EXP_HISTOGRAM_INIT;
	tel_metric_desc desc = TEL_METRIC_DESC_INIT;

	tel_builder_times(b, 1000, 2000);
	tel_builder_resource(b, "https://schema/1");
	tel_builder_attr_str(b, "service.name", "sample");
	tel_builder_attr(b, (tel_slice){ "map", 3 }, &map);
	tel_builder_dropped_attributes(b, 3);
	tel_builder_scope(b, "scope.one", "1.0", "https://schema/2");
	tel_builder_attr_bool(b, "verified", true);
	tel_builder_gauge(b, "room.temperature", "Cel", "Temperature \"now\"");
	tel_builder_metadata(b, (tel_slice){ "source", 6 }, &blob);
	tel_builder_point_double(b, 21.5, NULL);
	tel_builder_attr_str(b, "room", "k\xc3\xbc" "che\n");
	tel_builder_attr_int(b, "floor", -2);
	tel_builder_attr_double(b, "area", 12.25);
	tel_builder_exemplar(b, 1500, &real, trace, span);
	tel_builder_attr_str(b, "who", "me");
	tel_builder_point_double(b, -0.0, NULL);
	tel_builder_flags(b, 2);
	tel_builder_point_stale(b, NULL);
	tel_builder_counter(b, "requests", "1", NULL, TEL_CUMULATIVE);
	tel_builder_point_int(b, INT64_MIN, NULL);
	tel_builder_exemplar(b, 0, &whole, NULL, NULL);

	tel_builder_scope(b, NULL, NULL, NULL);
	tel_builder_histogram(b, "latency", "ms", NULL, TEL_DELTA);
	h.count = 301;
	h.has = TEL_HAS_SUM | TEL_HAS_MIN;
	h.sum = 12.5;
	h.bound_count = 3;
	h.bounds = bounds;
	h.bucket_counts = buckets;
	tel_builder_point_histogram(b, &h, NULL);
	tel_builder_attr_str(b, "path", "/");
	tel_builder_exemplar(b, 1, &real, trace, span);
	desc.type = TEL_METRIC_EXP_HISTOGRAM;
	desc.temporality = TEL_CUMULATIVE;
	desc.name = (tel_slice){ "sizes", 5 };
	tel_builder_metric(b, &desc);
	e.count = 7;
	e.has = TEL_HAS_MAX;
	e.max = 1e300;
	e.scale = -3;
	e.zero_count = 2;
	e.zero_threshold = 1e-9;
	e.positive = (tel_exp_buckets){ buckets, 4, -11 };
	e.negative = (tel_exp_buckets){ NULL, 0, 5 };
	tel_builder_point_exp_histogram(b, &e, NULL);
	tel_builder_attr_str(b, "path", "/x");
	desc.type = TEL_METRIC_SUMMARY;
	desc.temporality = TEL_TEMPORALITY_UNSPECIFIED;
	desc.name = (tel_slice){ "old", 3 };
	tel_builder_metric(b, &desc);
	tel_builder_point_summary(b, 4, 9.5, quantiles, 2, NULL);

	tel_builder_resource(b, NULL);
	tel_builder_attr_str(b, "service.name", "other");
	tel_builder_gauge(b, "empty", NULL, NULL);
	tel_builder_times(b, 0, 3000);
	tel_builder_gauge(b, "g", NULL, NULL);
	tel_builder_point_int(b, 1, NULL);
	tel_builder_point_double(b, 1e21, NULL);
	desc.type = TEL_METRIC_SUM;
	desc.temporality = TEL_CUMULATIVE;
	desc.name = (tel_slice){ "updown", 6 };
	tel_builder_metric(b, &desc);
	tel_builder_point_int(b, -5, NULL);
}
#endif
