/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <telemetry/columns.h>
#include <telemetry/cursor.h>
#include <telemetry/otlp.h>

#include "base/mem.h"
#include "base/slice_i.h"
#include "model/sample.h"
#include "wire/pb.h"

static int make_sample(void **state)
{
	tel_builder *b = NULL;
	tel_metrics *m = NULL;

	if (tel_builder_new(NULL, 0, &b))
		return -1;
	sample_build(b);
	if (tel_builder_finish(b, &m, NULL))
		return -1;
	tel_builder_free(b);
	*state = m;
	return 0;
}

static int free_sample(void **state)
{
	tel_metrics_free(*state);
	return 0;
}

/* A cursor before the points of the named metric. */
static tel_cursor find_metric(const tel_metrics *m, const char *name, tel_metric_view *view)
{
	tel_cursor c;

	tel_cursor_init(&c, m);
	while (tel_cursor_next_resource(&c, NULL))
		while (tel_cursor_next_scope(&c, NULL))
			while (tel_cursor_next_metric(&c, view))
				if (tel__slice_is(view->name, name))
					return c;
	fail_msg("no metric %s", name);
	return c;
}

static void expect_text(tel_slice s, const char *text)
{
	if (!tel__slice_is(s, text))
		fail_msg("\"%.*s\" is not \"%s\"", (int)s.len, s.ptr, text);
}

static void resources_and_scopes_are_read_with_all_they_say(void **state)
{
	tel_resource_view r;
	tel_scope_view s;
	tel_value v, inner;
	tel_fields list;
	tel_pair pair;
	tel_cursor c;

	tel_cursor_init(&c, *state);
	assert_false(tel_cursor_next_scope(&c, &s));
	assert_true(tel_cursor_next_resource(&c, &r));
	expect_text(r.schema_url, "https://schema/1");
	assert_int_equal(r.attributes.count, 2);
	assert_int_equal(r.dropped_attributes, 3);
	assert_int_equal(r.scopes, 2);
	assert_true(tel_attr_find(&r.attributes, TEL_SLICE_LIT("map"), &v));
	assert_int_equal(v.type, TEL_VALUE_KVLIST);
	tel_value_fields(&v, &list);
	assert_int_equal(list.count, 2);
	assert_true(tel_attr_next(&list, &pair));
	expect_text(pair.key, "inner");
	assert_int_equal(pair.value.type, TEL_VALUE_BOOL);
	assert_true(pair.value.u.boolean);
	assert_true(tel_attr_next(&list, &pair));
	expect_text(pair.key, "list");
	assert_false(tel_attr_next(&list, &pair));
	tel_value_fields(&pair.value, &list);
	assert_int_equal(list.count, 3);
	assert_true(tel_value_next(&list, &inner));
	assert_int_equal(inner.u.integer, -1);
	assert_true(tel_value_next(&list, &inner));
	expect_text(inner.u.bytes, "two");
	assert_true(tel_value_next(&list, &inner));
	assert_int_equal(inner.type, TEL_VALUE_EMPTY);
	assert_false(tel_value_next(&list, &inner));
	assert_true(tel_cursor_next_scope(&c, &s));
	expect_text(s.name, "scope.one");
	expect_text(s.version, "1.0");
	expect_text(s.schema_url, "https://schema/2");
	assert_int_equal(s.attributes.count, 1);
	assert_int_equal(s.metrics, 2);
	assert_true(tel_cursor_next_scope(&c, &s));
	assert_int_equal(s.name.len, 0);
	assert_false(tel_cursor_next_scope(&c, &s));
	assert_false(tel_cursor_next_metric(&c, NULL));
	assert_true(tel_cursor_next_resource(&c, &r));
	assert_false(tel_cursor_next_resource(&c, &r));
	assert_false(tel_cursor_next_resource(&c, &r));
}

static void numbers_are_read_with_attributes_and_exemplars(void **state)
{
	tel_metric_view m;
	tel_cursor c = find_metric(*state, "room.temperature", &m);
	tel_exemplar_view e;
	tel_point_view p;
	tel_pair pair;
	tel_value v;

	expect_text(m.unit, "Cel");
	expect_text(m.description, "Temperature \"now\"");
	assert_int_equal(m.type, TEL_METRIC_GAUGE);
	assert_int_equal(m.points, 3);
	assert_int_equal(m.metadata.count, 1);
	assert_true(tel_attr_next(&m.metadata, &pair));
	assert_int_equal(pair.value.type, TEL_VALUE_BYTES);
	assert_memory_equal(pair.value.u.bytes.ptr, "\0\1\377", 3);
	assert_true(tel_cursor_next_point(&c, &p));
	assert_int_equal(p.has, TEL_HAS_DOUBLE);
	assert_true(p.as_double == 21.5);
	assert_int_equal(p.start_unix_ns, 1000);
	assert_int_equal(p.time_unix_ns, 2000);
	assert_int_equal(p.attributes.count, 3);
	assert_true(tel_attr_find(&p.attributes, TEL_SLICE_LIT("floor"), &v));
	assert_int_equal(v.u.integer, -2);
	assert_true(tel_attr_find(&p.attributes, TEL_SLICE_LIT("area"), &v));
	assert_true(v.u.real == 12.25);
	assert_false(tel_attr_find(&p.attributes, TEL_SLICE_LIT("who"), &v));
	assert_true(tel_exemplar_next(&p.exemplars, &e));
	assert_int_equal(e.time_unix_ns, 1500);
	assert_true(e.as_double == 1.5);
	assert_int_equal(e.trace_id.len, 16);
	assert_int_equal(e.span_id.len, 8);
	assert_true(tel_attr_find(&e.attributes, TEL_SLICE_LIT("who"), &v));
	assert_false(tel_exemplar_next(&p.exemplars, &e));
	assert_true(tel_cursor_next_point(&c, &p));
	assert_true(signbit(p.as_double));
	assert_int_equal(p.flags, 2);
	assert_true(tel_cursor_next_point(&c, &p));
	assert_int_equal(p.has, 0);
	assert_int_equal(p.flags, TEL_FLAG_NO_RECORDED_VALUE);
	assert_false(tel_cursor_next_point(&c, &p));
}

static void histograms_are_read_with_buckets(void **state)
{
	tel_metric_view m;
	tel_cursor c = find_metric(*state, "latency", &m);
	tel_point_view p;
	uint64_t n;
	double d;

	assert_int_equal(m.temporality, TEL_DELTA);
	assert_true(tel_cursor_next_point(&c, &p));
	assert_int_equal(p.count, 301);
	assert_int_equal(p.has, TEL_HAS_SUM | TEL_HAS_MIN);
	assert_true(p.sum == 12.5);
	assert_int_equal(p.bucket_counts.count, 4);
	assert_int_equal(p.bounds.count, 3);
	for (unsigned i = 0; i < 4; i++)
		assert_true(tel_number_next_u64(&p.bucket_counts, &n));
	assert_true(n == UINT64_C(1) << 40);
	assert_false(tel_number_next_u64(&p.bucket_counts, &n));
	assert_true(tel_number_next_double(&p.bounds, &d));
	assert_true(d == 0.5);
}

static void exponential_histograms_are_read_with_both_signs(void **state)
{
	static const uint64_t expected[] = { 1, 0, 300, UINT64_C(1) << 40 };
	tel_metric_view m;
	tel_cursor c = find_metric(*state, "sizes", &m);
	tel_point_view p;
	uint64_t n;

	assert_int_equal(m.type, TEL_METRIC_EXP_HISTOGRAM);
	assert_true(tel_cursor_next_point(&c, &p));
	assert_int_equal(p.scale, -3);
	assert_int_equal(p.zero_count, 2);
	assert_true(p.zero_threshold == 1e-9);
	assert_int_equal(p.has, TEL_HAS_MAX);
	assert_true(p.positive.present);
	assert_int_equal(p.positive.offset, -11);
	assert_int_equal(p.positive.counts.count, 4);
	for (unsigned i = 0; i < 4; i++) {
		assert_true(tel_number_next_u64(&p.positive.counts, &n));
		assert_true(n == expected[i]);
	}
	assert_false(tel_number_next_u64(&p.positive.counts, &n));
	assert_true(p.negative.present);
	assert_int_equal(p.negative.offset, 5);
	assert_int_equal(p.negative.counts.count, 0);
	assert_false(tel_number_next_u64(&p.negative.counts, &n));
}

static void summaries_are_read_with_quantiles(void **state)
{
	tel_metric_view m;
	tel_cursor c = find_metric(*state, "old", &m);
	tel_point_view p;
	tel_quantile q;

	assert_true(tel_cursor_next_point(&c, &p));
	assert_int_equal(p.count, 4);
	assert_true(p.sum == 9.5);
	assert_int_equal(p.quantiles.count, 2);
	assert_true(tel_quantile_next(&p.quantiles, &q));
	assert_true(tel_quantile_next(&p.quantiles, &q));
	assert_true(q.quantile == 0.99 && q.value == 3.25);
	assert_false(tel_quantile_next(&p.quantiles, &q));
}

static tel_metrics *decode(const char *bytes, size_t len)
{
	tel_metrics *m = NULL;
	tel_buf *buf = NULL;

	assert_int_equal(tel_buf_copy(NULL, (tel_slice){ bytes, len }, &buf), TEL_OK);
	assert_int_equal(tel_otlp_decode(buf, NULL, &m, NULL, NULL), TEL_OK);
	tel_buf_unref(buf);
	return m;
}
#define DECODE(text) decode(text, sizeof(text) - 1)

/* A batch of one metric with one point whose bytes are given. */
static tel_metrics *decode_point(const char *name, tel_metric_type type, const char *bytes, size_t len)
{
	tel__dynbuf out;
	size_t resource, scope, metric, data;
	tel_metrics *m;

	tel__dynbuf_init(&out, &tel__alloc_libc, 4096);
	resource = tel__pb_add_open(&out, 1);
	scope = tel__pb_add_open(&out, 2);
	metric = tel__pb_add_open(&out, 2);
	tel__pb_add_bytes(&out, 1, tel__slice_str(name));
	data = tel__pb_add_open(&out, (uint32_t)type);
	tel__pb_add_bytes(&out, 1, (tel_slice){ bytes, len });
	tel__pb_add_close(&out, data);
	tel__pb_add_close(&out, metric);
	tel__pb_add_close(&out, scope);
	tel__pb_add_close(&out, resource);
	m = decode(out.ptr, out.len);
	tel__dynbuf_fini(&out);
	return m;
}
#define DECODE_POINT(name, type, text) decode_point(name, type, text, sizeof(text) - 1)

/* A histogram whose counts come one by one, packed, empty and packed again, between other fields. */
static void numbers_are_read_packed_or_not(void **state)
{
	static const char bytes[] = "\x31\x01\0\0\0\0\0\0\0" "\x50\x02" "\x32\x10\x02\0\0\0\0\0\0\0\x03\0\0\0\0\0\0\0" "\x32\0"
				    "\x39\0\0\0\0\0\0\xf0\x3f" "\x31\x04\0\0\0\0\0\0\0" "\xf8\x01\x07";
	tel_metrics *batch = DECODE_POINT("h", TEL_METRIC_HISTOGRAM, bytes);
	tel_metric_view m;
	tel_cursor c = find_metric(batch, "h", &m);
	tel_point_view p;
	uint64_t n;
	double d;

	(void)state;
	assert_true(tel_cursor_next_point(&c, &p));
	assert_int_equal(p.flags, 2);
	assert_int_equal(p.bucket_counts.count, 4);
	for (uint64_t i = 1; i <= 4; i++) {
		assert_true(tel_number_next_u64(&p.bucket_counts, &n));
		assert_int_equal(n, i);
	}
	assert_false(tel_number_next_u64(&p.bucket_counts, &n));
	assert_true(tel_number_next_double(&p.bounds, &d));
	assert_true(d == 1);
	assert_false(tel_number_next_double(&p.bounds, &d));
	tel_metrics_free(batch);
}

/* Attributes apart from each other, with fields in unusual order and padded lengths. */
static void attributes_are_found_wherever_they_stand(void **state)
{
	static const char bytes[] = "\x3a\x08\x0a\x01" "a" "\x12\x03\x0a\x01x"
				    "\x31\x05\0\0\0\0\0\0\0"
				    "\x3a\x88\x00\x12\x03\x0a\x01y\x0a\x01" "b"
				    "\x19\x07\0\0\0\0\0\0\0"
				    "\x3a\x05\x0a\x01" "c" "\x12\x00";
	tel_metrics *batch = DECODE_POINT("g", TEL_METRIC_GAUGE, bytes);
	tel_metric_view m;
	tel_cursor c = find_metric(batch, "g", &m);
	tel_point_view p;
	tel_value v;

	(void)state;
	assert_true(tel_cursor_next_point(&c, &p));
	assert_int_equal(p.as_int, 5);
	assert_int_equal(p.time_unix_ns, 7);
	assert_int_equal(p.attributes.count, 3);
	assert_true(tel_attr_find(&p.attributes, TEL_SLICE_LIT("a"), &v));
	expect_text(v.u.bytes, "x");
	assert_true(tel_attr_find(&p.attributes, TEL_SLICE_LIT("b"), &v));
	expect_text(v.u.bytes, "y");
	assert_true(tel_attr_find(&p.attributes, TEL_SLICE_LIT("c"), &v));
	assert_int_equal(v.type, TEL_VALUE_EMPTY);
	tel_metrics_free(batch);
}

static void *array(size_t rows, size_t size)
{
	void *p = calloc(rows + 1, size);

	assert_non_null(p);
	return p;
}

static void columns_are_counted_then_filled(void **state)
{
	const uint32_t mask = TEL_COLUMNS_ATTRIBUTES | TEL_COLUMNS_BUCKETS | TEL_COLUMNS_NAMES;
	tel_columns c = TEL_COLUMNS_INIT;
	size_t i;

	assert_int_equal(tel_metrics_columns(*state, mask, &c), TEL_OK);
	assert_int_equal(c.resource_count, 2);
	assert_int_equal(c.scope_count, 3);
	assert_int_equal(c.metric_count, 8);
	assert_int_equal(c.point_count, SAMPLE_POINTS);
	assert_int_equal(c.attribute_count, 3 + 1 + 5);
	assert_int_equal(c.bucket_count, 4);
	assert_int_equal(c.bound_count, 3);
	c.resource_first_attribute = array(c.resource_room = c.resource_count, sizeof(uint64_t));
	c.metric_room = c.metric_count;
	c.metric_name = array(c.metric_room, sizeof(tel_text_ref));
	c.metric_type = array(c.metric_room, 1);
	c.metric_scope = array(c.metric_room, sizeof(uint32_t));
	c.metric_first_point = array(c.metric_room, sizeof(uint64_t));
	c.point_room = c.point_count;
	c.point_double = array(c.point_room, sizeof(double));
	c.point_int = array(c.point_room, sizeof(int64_t));
	c.point_sum = array(c.point_room, sizeof(double));
	c.point_first_attribute = array(c.point_room, sizeof(uint64_t));
	c.attribute_room = c.attribute_count;
	c.attribute_key = array(c.attribute_room, sizeof(tel_text_ref));
	c.attribute_text = array(c.attribute_room, sizeof(tel_text_ref));
	c.bucket_counts = array(c.bucket_room = c.bucket_count, sizeof(uint64_t));
	c.text = array(c.text_room = c.text_count, 1);
	assert_int_equal(tel_metrics_columns(*state, mask, &c), TEL_OK);
	assert_int_equal(c.resource_first_attribute[1], 2);
	assert_int_equal(c.resource_first_attribute[2], 3);
	assert_int_equal(c.metric_first_point[8], SAMPLE_POINTS);
	assert_int_equal(c.metric_scope[7], 2);
	assert_int_equal(c.metric_type[3], TEL_METRIC_EXP_HISTOGRAM);
	assert_memory_equal(c.text + c.metric_name[0].offset, "room.temperature", c.metric_name[0].len);
	assert_true(c.point_double[0] == 21.5);
	assert_true(isnan(c.point_double[2]));
	assert_true(c.point_int[3] == INT64_MIN);
	assert_true(c.point_double[3] == (double)INT64_MIN);
	assert_true(c.point_sum[4] == 12.5);
	assert_true(isnan(c.point_sum[0]));
	assert_int_equal(c.point_first_attribute[SAMPLE_POINTS], c.attribute_count);
	i = c.point_first_attribute[4];
	assert_memory_equal(c.text + c.attribute_key[i].offset, "path", 4);
	assert_memory_equal(c.text + c.attribute_text[i].offset, "/", 1);
	assert_int_equal(c.bucket_counts[2], 300);
	c.point_room--;
	assert_int_equal(tel_metrics_columns(*state, mask, &c), TEL_ERR_LIMIT);
	assert_int_equal(c.point_count, SAMPLE_POINTS);
	free(c.resource_first_attribute);
	free(c.metric_name);
	free(c.metric_type);
	free(c.metric_scope);
	free(c.metric_first_point);
	free(c.point_double);
	free(c.point_int);
	free(c.point_sum);
	free(c.point_first_attribute);
	free(c.attribute_key);
	free(c.attribute_text);
	free(c.bucket_counts);
	free(c.text);
}

static void columns_need_an_initialised_struct(void **state)
{
	tel_columns c = { 0 };

	assert_int_equal(tel_metrics_columns(*state, 0, &c), TEL_ERR_ARG);
}

static void expect_difference(tel_metrics *a, tel_metrics *b, const char *path)
{
	char difference[256];

	assert_false(tel_metrics_equal(a, b, difference));
	assert_string_equal(difference, path);
	assert_false(tel_metrics_equal(b, a, NULL));
	tel_metrics_free(a);
	tel_metrics_free(b);
}

static void equality_names_the_first_difference(void **state)
{
	(void)state;
	expect_difference(DECODE_POINT("g", TEL_METRIC_GAUGE, "\x40\x01\x3a\x04\x0a\x02" "ab"), DECODE_POINT("g", TEL_METRIC_GAUGE, "\x40\x02\x3a\x04\x0a\x02" "ab"),
	                  "resources[0].scopes[0].metrics[0].g.gauge.dataPoints[0].flags");
	expect_difference(DECODE_POINT("g", TEL_METRIC_GAUGE, "\x40\x01\x3a\x04\x0a\x02" "ab"), DECODE_POINT("g", TEL_METRIC_GAUGE, "\x40\x01\x3a\x04\x0a\x02" "ac"),
	                  "resources[0].scopes[0].metrics[0].g.gauge.dataPoints[0].attributes[0].key");
	expect_difference(DECODE_POINT("g", TEL_METRIC_GAUGE, "\x40\x01\xfa\x01\x03" "abc"), DECODE_POINT("g", TEL_METRIC_GAUGE, "\x40\x01\xfa\x01\x03" "abd"),
	                  "resources[0].scopes[0].metrics[0].g.gauge.dataPoints[0].unknown field");
	expect_difference(DECODE_POINT("g", TEL_METRIC_GAUGE, "\x40\x01\x3a\x04\x0a\x02" "ab"), DECODE_POINT("g", TEL_METRIC_GAUGE, "\x40\x01\x3a\x00\x3a\x00\x3a\x00"),
	                  "resources[0].scopes[0].metrics[0].g.gauge.dataPoints[0].attributes[0].key");
	expect_difference(DECODE("\x0a\x02\x0a\x00"), DECODE("\x0a\x00"), "resources[0].resource");
	expect_difference(DECODE("\x0a\x00\x0a\x00"), DECODE("\x0a\x00"), "resources[1]");
}

static void equality_ignores_order_of_fields_and_padding(void **state)
{
	/* flags before or after the attribute, a zero flag written or not, a padded length */
	tel_metrics *a = DECODE_POINT("g", TEL_METRIC_GAUGE, "\x40\x01\x3a\x04\x0a\x02" "ab"), *b = DECODE_POINT("g", TEL_METRIC_GAUGE, "\x3a\x04\x0a\x02" "ab" "\x40\x01");
	tel_metrics *c = DECODE_POINT("g", TEL_METRIC_GAUGE, "\x3a\x84\x00\x0a\x02" "ab" "\x40\x81\x80\x00");

	(void)state;
	assert_true(tel_metrics_equal(a, b, NULL));
	assert_true(tel_metrics_equal(a, c, NULL));
	tel_metrics_free(a);
	tel_metrics_free(b);
	tel_metrics_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resources_and_scopes_are_read_with_all_they_say),
		cmocka_unit_test(numbers_are_read_with_attributes_and_exemplars),
		cmocka_unit_test(histograms_are_read_with_buckets),
		cmocka_unit_test(exponential_histograms_are_read_with_both_signs),
		cmocka_unit_test(summaries_are_read_with_quantiles),
		cmocka_unit_test(numbers_are_read_packed_or_not),
		cmocka_unit_test(attributes_are_found_wherever_they_stand),
		cmocka_unit_test(columns_are_counted_then_filled),
		cmocka_unit_test(columns_need_an_initialised_struct),
		cmocka_unit_test(equality_names_the_first_difference),
		cmocka_unit_test(equality_ignores_order_of_fields_and_padding),
	};

	return cmocka_run_group_tests(tests, make_sample, free_sample);
}
