/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <telemetry/builder.h>
#include <telemetry/cursor.h>
#include <telemetry/otlp.h>

#include "base/slice_i.h"
#include "model/sample.h"
#include "torture/torture.h"

static tel_builder *new_builder(void)
{
	tel_builder *b = NULL;

	assert_int_equal(tel_builder_new(NULL, 0, &b), TEL_OK);
	return b;
}

static tel_metrics *finish(tel_builder *b)
{
	tel_metrics *m = NULL;
	tel_error err = TEL_ERROR_INIT;

	if (tel_builder_finish(b, &m, &err) != TEL_OK)
		fail_msg("%s: %s", tel_err_name(err.code), err.msg);
	return m;
}

static void expect_failure(tel_builder *b, tel_err code, const char *part)
{
	tel_metrics *m = NULL;
	tel_error err = TEL_ERROR_INIT;

	assert_int_equal(tel_builder_finish(b, &m, &err), code);
	assert_null(m);
	assert_int_equal(err.code, code);
	if (!strstr(err.msg, part))
		fail_msg("\"%s\" does not say \"%s\"", err.msg, part);
}

static void an_empty_builder_makes_an_empty_batch(void **state)
{
	tel_builder *b = new_builder();
	tel_metrics *m = finish(b);
	tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;

	(void)state;
	tel_metrics_count(m, &counts);
	assert_int_equal(counts.resources, 0);
	assert_int_equal(counts.live_bytes, 0);
	tel_metrics_free(m);
	tel_builder_free(b);
}

static void counts_are_those_of_what_was_built(void **state)
{
	tel_builder *b = new_builder();
	tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;
	tel_metrics *m;

	(void)state;
	sample_build(b);
	m = finish(b);
	tel_metrics_count(m, &counts);
	assert_int_equal(counts.resources, 2);
	assert_int_equal(counts.scopes, 3);
	assert_int_equal(counts.metrics, 8);
	assert_int_equal(counts.points, SAMPLE_POINTS);
	tel_metrics_free(m);
	tel_builder_free(b);
}

static void what_is_built_passes_the_decoder(void **state)
{
	tel_builder *b = new_builder();
	tel_otlp_report report = TEL_OTLP_REPORT_INIT;
	tel_metrics *m, *again = NULL;
	tel_buf *buf = NULL;
	char difference[256];

	(void)state;
	sample_build(b);
	m = finish(b);
	assert_int_equal(tel_otlp_encode(m, &buf, NULL), TEL_OK);
	assert_int_equal(tel_otlp_decode(buf, NULL, &again, &report, NULL), TEL_OK);
	assert_int_equal(report.rejected_nodes, 0);
	assert_int_equal(report.merged_nodes, 0);
	assert_int_equal(report.unknown_fields, 0);
	assert_true(tel_metrics_equal(m, again, difference));
	tel_buf_unref(buf);
	tel_metrics_free(again);
	tel_metrics_free(m);
	tel_builder_free(b);
}

static void a_builder_can_be_used_again(void **state)
{
	tel_builder *b = new_builder();
	tel_metrics *first, *second;
	char difference[256];

	(void)state;
	sample_build(b);
	first = finish(b);
	tel_builder_point_int(b, 1, NULL);
	expect_failure(b, TEL_ERR_STATE, "a point needs a metric");
	sample_build(b);
	second = finish(b);
	assert_true(tel_metrics_equal(first, second, difference));
	tel_metrics_free(first);
	tel_metrics_free(second);
	tel_builder_free(b);
}

static void lengths_of_any_size_are_minimal(void **state)
{
	tel_builder *b = new_builder();
	char text[400];
	tel_cursor c;
	tel_point_view point;
	tel_value v;
	tel_metrics *m;

	(void)state;
	memset(text, 'x', sizeof text);
	for (size_t n = 0; n < sizeof text; n++) {
		tel_value value = { TEL_VALUE_STRING, 0, { .bytes = { text, n } } };

		tel_builder_gauge(b, "g", NULL, NULL);
		tel_builder_point_int(b, (int64_t)n, NULL);
		tel_builder_attr(b, TEL_SLICE_LIT("k"), &value);
		m = finish(b);
		tel_cursor_init(&c, m);
		assert_true(tel_cursor_next_resource(&c, NULL));
		assert_true(tel_cursor_next_scope(&c, NULL));
		assert_true(tel_cursor_next_metric(&c, NULL));
		assert_true(tel_cursor_next_point(&c, &point));
		assert_int_equal(point.as_int, n);
		assert_true(tel_attr_find(&point.attributes, TEL_SLICE_LIT("k"), &v));
		assert_int_equal(v.u.bytes.len, n);
		/* the length stands right before the point: one byte below 128, two from there on */
		if (point.raw.len < 128)
			assert_int_equal((unsigned char)point.raw.ptr[-1], point.raw.len);
		else
			assert_int_equal((unsigned char)point.raw.ptr[-1], point.raw.len >> 7);
		tel_metrics_free(m);
	}
	tel_builder_free(b);
}

static void a_metric_without_points_keeps_its_type(void **state)
{
	tel_builder *b = new_builder();
	tel_metric_view view;
	tel_cursor c;
	tel_metrics *m;

	(void)state;
	tel_builder_counter(b, "c", "1", NULL, TEL_DELTA);
	m = finish(b);
	tel_cursor_init(&c, m);
	assert_true(tel_cursor_next_resource(&c, NULL));
	assert_true(tel_cursor_next_scope(&c, NULL));
	assert_true(tel_cursor_next_metric(&c, &view));
	assert_int_equal(view.type, TEL_METRIC_SUM);
	assert_int_equal(view.temporality, TEL_DELTA);
	assert_true(view.monotonic);
	assert_int_equal(view.points, 0);
	tel_metrics_free(m);
	tel_builder_free(b);
}

static void misplaced_calls_are_refused_with_the_metrics_name(void **state)
{
	static const double bounds[] = { 1, 1 };
	static const uint64_t buckets[] = { 1, 2, 3 };
	static const uint8_t id[16] = { 1 };
	tel_value one = { TEL_VALUE_INT, 0, { .integer = 1 } }, text = { TEL_VALUE_STRING, 0, { .bytes = { "x", 1 } } };
	tel_histogram h = TEL_HISTOGRAM_INIT;
	tel_builder *b = new_builder();

	(void)state;
	tel_builder_attr_str(b, "k", "v");
	expect_failure(b, TEL_ERR_STATE, "an attribute needs");
	tel_builder_gauge(b, "room.temperature", NULL, NULL);
	tel_builder_attr_str(b, "k", "v");
	expect_failure(b, TEL_ERR_STATE, "\"room.temperature\"");
	tel_builder_gauge(b, "g", NULL, NULL);
	tel_builder_point_histogram(b, &h, NULL);
	expect_failure(b, TEL_ERR_STATE, "histogram point");
	tel_builder_histogram(b, "h", NULL, NULL, TEL_DELTA);
	tel_builder_point_int(b, 1, NULL);
	expect_failure(b, TEL_ERR_STATE, "gauge or sum");
	tel_builder_histogram(b, "h", NULL, NULL, TEL_DELTA);
	h.bound_count = 2;
	h.bounds = bounds;
	h.bucket_counts = buckets;
	tel_builder_point_histogram(b, &h, NULL);
	expect_failure(b, TEL_ERR_ARG, "strictly increasing");
	tel_builder_gauge(b, "g", NULL, NULL);
	tel_builder_point_int(b, 1, NULL);
	tel_builder_metadata(b, TEL_SLICE_LIT("k"), &one);
	expect_failure(b, TEL_ERR_STATE, "metadata");
	tel_builder_exemplar(b, 1, &one, id, id);
	expect_failure(b, TEL_ERR_STATE, "exemplar");
	tel_builder_gauge(b, "g", NULL, NULL);
	tel_builder_point_int(b, 1, NULL);
	tel_builder_exemplar(b, 1, &text, id, id);
	expect_failure(b, TEL_ERR_ARG, "value of an exemplar");
	tel_builder_gauge(b, "", NULL, NULL);
	expect_failure(b, TEL_ERR_ARG, "no name");
	tel_builder_counter(b, "c", NULL, NULL, TEL_TEMPORALITY_UNSPECIFIED);
	expect_failure(b, TEL_ERR_ARG, "TEL_DELTA");
	tel_builder_flags(b, 1);
	expect_failure(b, TEL_ERR_STATE, "flags");
	tel_builder_dropped_attributes(b, 1);
	expect_failure(b, TEL_ERR_STATE, "dropped");
	tel_builder_free(b);
}

static void missing_arguments_are_refused(void **state)
{
	tel_builder *b = new_builder();

	(void)state;
	tel_builder_metric(b, NULL);
	expect_failure(b, TEL_ERR_ARG, "description");
	tel_builder_resource(b, NULL);
	tel_builder_attr(b, TEL_SLICE_LIT("k"), NULL);
	expect_failure(b, TEL_ERR_ARG, "missing");
	tel_builder_histogram(b, "h", NULL, NULL, TEL_DELTA);
	tel_builder_point_histogram(b, NULL, NULL);
	expect_failure(b, TEL_ERR_ARG, "not initialised");
	tel_builder_gauge(b, "g", NULL, NULL);
	tel_builder_point_int(b, 1, NULL);
	tel_builder_exemplar(b, 1, NULL, NULL, NULL);
	expect_failure(b, TEL_ERR_ARG, "exemplar");
	tel_builder_free(b);
}

static void the_first_failure_sticks(void **state)
{
	tel_builder *b = new_builder();

	(void)state;
	tel_builder_gauge(b, "", NULL, NULL);
	tel_builder_flags(b, 1);
	tel_builder_gauge(b, "fine", NULL, NULL);
	tel_builder_point_int(b, 1, NULL);
	expect_failure(b, TEL_ERR_ARG, "no name");
	tel_builder_free(b);
}

static void text_that_is_not_utf8_is_refused(void **state)
{
	tel_builder *b = new_builder();

	(void)state;
	tel_builder_resource(b, NULL);
	tel_builder_attr_str(b, "k", "\xff");
	expect_failure(b, TEL_ERR_ARG, "not UTF-8");
	tel_builder_gauge(b, "\xc0\x80", NULL, NULL);
	expect_failure(b, TEL_ERR_ARG, "not UTF-8");
	tel_builder_resource(b, "\xff");
	expect_failure(b, TEL_ERR_ARG, "schema URL");
	tel_builder_free(b);
}

static void nesting_is_limited_to_64_levels(void **state)
{
	enum { LEVELS = 64 };
	tel_value chain[LEVELS + 1];
	tel_builder *b = new_builder();

	(void)state;
	memset(chain, 0, sizeof chain);
	for (size_t i = 0; i < LEVELS; i++)
		chain[i] = (tel_value){ TEL_VALUE_ITEMS, 1, { .items = &chain[i + 1] } };
	chain[LEVELS] = (tel_value){ TEL_VALUE_INT, 0, { .integer = 7 } };
	tel_builder_resource(b, NULL);
	tel_builder_attr(b, TEL_SLICE_LIT("deep"), &chain[1]);
	tel_metrics_free(finish(b));
	tel_builder_resource(b, NULL);
	tel_builder_attr(b, TEL_SLICE_LIT("deeper"), &chain[0]);
	expect_failure(b, TEL_ERR_LIMIT, "too deeply");
	tel_builder_free(b);
}

static void encoded_lists_are_taken_over_when_they_are_sound(void **state)
{
	tel_value good = { TEL_VALUE_ARRAY, 0, { .bytes = TEL_SLICE_LIT("\x0a\x03\x0a\x01x") } };
	tel_value cut = { TEL_VALUE_ARRAY, 0, { .bytes = TEL_SLICE_LIT("\x0a\x09\x0a\x01x") } };
	tel_value text = { TEL_VALUE_KVLIST, 0, { .bytes = TEL_SLICE_LIT("\x0a\x03\x0a\x01\xff") } };
	tel_builder *b = new_builder();

	(void)state;
	tel_builder_resource(b, NULL);
	tel_builder_attr(b, TEL_SLICE_LIT("list"), &good);
	tel_metrics_free(finish(b));
	tel_builder_resource(b, NULL);
	tel_builder_attr(b, TEL_SLICE_LIT("list"), &cut);
	expect_failure(b, TEL_ERR_ARG, "damaged list");
	tel_builder_resource(b, NULL);
	tel_builder_attr(b, TEL_SLICE_LIT("list"), &text);
	expect_failure(b, TEL_ERR_ARG, "damaged list");
	tel_builder_free(b);
}

static void the_ceiling_is_kept(void **state)
{
	tel_builder *b = NULL;

	(void)state;
	assert_int_equal(tel_builder_new(NULL, SIZE_MAX, &b), TEL_ERR_ARG);
	assert_int_equal(tel_builder_new(NULL, 4096, &b), TEL_OK);
	tel_builder_gauge(b, "g", NULL, NULL);
	for (int i = 0; i < 1000; i++)
		tel_builder_point_int(b, i, NULL);
	expect_failure(b, TEL_ERR_LIMIT, "4096");
	tel_builder_free(b);
}

static void a_prepared_set_refuses_a_second_value_of_a_key(void **state)
{
	tel_attrs *attrs = NULL;

	(void)state;
	assert_int_equal(tel_attrs_new(NULL, &attrs), TEL_OK);
	assert_int_equal(tel_attrs_put_str(attrs, "a", "1"), TEL_OK);
	assert_int_equal(tel_attrs_put_str(attrs, "a", "2"), TEL_ERR_EXISTS);
	assert_int_equal(tel_attrs_put_str(attrs, "b", "\xff"), TEL_ERR_ARG);
	assert_int_equal(tel_attrs_put_str(attrs, "b", "2"), TEL_OK);
	tel_attrs_free(attrs);
}

static void prepared_attributes_fit_points_of_every_type(void **state)
{
	tel_builder *b = new_builder();
	tel_metric_desc desc = TEL_METRIC_DESC_INIT;
	tel_exp_histogram e = TEL_EXP_HISTOGRAM_INIT;
	tel_histogram h = TEL_HISTOGRAM_INIT;
	tel_attrs *attrs = NULL;
	tel_point_view point;
	tel_value v;
	tel_cursor c;
	tel_metrics *m;
	unsigned seen = 0;

	(void)state;
	assert_int_equal(tel_attrs_new(NULL, &attrs), TEL_OK);
	assert_int_equal(tel_attrs_put_str(attrs, "host.name", "h"), TEL_OK);
	assert_int_equal(tel_attrs_put_str(attrs, "region", "r"), TEL_OK);
	tel_builder_gauge(b, "g", NULL, NULL);
	tel_builder_point_double(b, 0.5, attrs);
	tel_builder_histogram(b, "h", NULL, NULL, TEL_DELTA);
	tel_builder_point_histogram(b, &h, attrs);
	desc.name = TEL_SLICE_LIT("e");
	desc.type = TEL_METRIC_EXP_HISTOGRAM;
	desc.temporality = TEL_DELTA;
	tel_builder_metric(b, &desc);
	tel_builder_point_exp_histogram(b, &e, attrs);
	desc.type = TEL_METRIC_SUMMARY;
	desc.temporality = TEL_TEMPORALITY_UNSPECIFIED;
	tel_builder_metric(b, &desc);
	tel_builder_point_summary(b, 1, 2, NULL, 0, attrs);
	m = finish(b);
	tel_attrs_free(attrs);
	tel_cursor_init(&c, m);
	assert_true(tel_cursor_next_resource(&c, NULL));
	assert_true(tel_cursor_next_scope(&c, NULL));
	while (tel_cursor_next_metric(&c, NULL)) {
		assert_true(tel_cursor_next_point(&c, &point));
		assert_int_equal(point.attributes.count, 2);
		assert_true(tel_attr_find(&point.attributes, TEL_SLICE_LIT("region"), &v));
		assert_true(tel__slice_is(v.u.bytes, "r"));
		seen++;
	}
	assert_int_equal(seen, 4);
	tel_metrics_free(m);
	tel_builder_free(b);
}

static tel_err build_under_failure(const tel_alloc *alloc, void *user)
{
	tel_builder *b = NULL;
	tel_metrics *m = NULL;
	tel_attrs *attrs = NULL;
	tel_err code = tel_builder_new(alloc, 0, &b);

	(void)user;
	if (code)
		return code;
	code = tel_attrs_new(alloc, &attrs);
	if (!code)
		code = tel_attrs_put_str(attrs, "k", "v");
	if (!code) {
		sample_build(b);
		tel_builder_gauge(b, "more", NULL, NULL);
		for (int i = 0; i < 100; i++)
			tel_builder_point_int(b, i, attrs);
		code = tel_builder_finish(b, &m, NULL);
		if (code)
			assert_null(m);
	}
	tel_metrics_free(m);
	tel_attrs_free(attrs);
	tel_builder_free(b);
	return code;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	torture_alloc(build_under_failure, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_builder_makes_an_empty_batch),
		cmocka_unit_test(counts_are_those_of_what_was_built),
		cmocka_unit_test(what_is_built_passes_the_decoder),
		cmocka_unit_test(a_builder_can_be_used_again),
		cmocka_unit_test(lengths_of_any_size_are_minimal),
		cmocka_unit_test(a_metric_without_points_keeps_its_type),
		cmocka_unit_test(misplaced_calls_are_refused_with_the_metrics_name),
		cmocka_unit_test(missing_arguments_are_refused),
		cmocka_unit_test(the_first_failure_sticks),
		cmocka_unit_test(text_that_is_not_utf8_is_refused),
		cmocka_unit_test(nesting_is_limited_to_64_levels),
		cmocka_unit_test(encoded_lists_are_taken_over_when_they_are_sound),
		cmocka_unit_test(the_ceiling_is_kept),
		cmocka_unit_test(a_prepared_set_refuses_a_second_value_of_a_key),
		cmocka_unit_test(prepared_attributes_fit_points_of_every_type),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
