/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/prom_text.h"

#include "base/slice_i.h"
#include "seams/cm.h"

static tel__dynbuf out;
static tel__prom_writer w;

static int set_up(void **state)
{
	(void)state;
	tel__dynbuf_init(&out, NULL, 1 << 20);
	w = (tel__prom_writer){ .out = &out };
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tel__dynbuf_fini(&out);
	return 0;
}

static const tel__prom_family points = { "points", NULL, TEL__PROM_COUNTER, "Data points. [Alpha]", "scope/x" };
static const tel__prom_family memory = { "memory", "bytes", TEL__PROM_GAUGE, "Memory.", "scope/x" };
static const tel__prom_family uptime = { "uptime", "seconds", TEL__PROM_COUNTER, "Time.", NULL };

static void family_without_samples_is_not_written(void **state)
{
	(void)state;
	tel__prom_begin(&w, &points);
	tel__prom_begin(&w, &memory);
	tel__prom_begin(&w, &uptime);
	tel__prom_sample(&w, NULL, 0, 2.5);
	assert_slice(tel__dynbuf_get(&out),
	             "# HELP uptime_seconds_total Time.\n# TYPE uptime_seconds_total counter\nuptime_seconds_total 2.5\n");
}

static void labels_stand_in_order_with_those_of_the_scope(void **state)
{
	(void)state;
	const tel__prom_label labels[] = { { "receiver", TEL_SLICE_LIT("otlp") }, { "a", TEL_SLICE_LIT("1") } };
	tel__prom_begin(&w, &points);
	tel__prom_sample(&w, labels, 2, 3);
	tel__prom_sample(&w, labels + 1, 1, 4);
	assert_slice(tel__dynbuf_get(&out),
		"# HELP points_total Data points. [Alpha]\n# TYPE points_total counter\n"
		"points_total{a=\"1\",otel_scope_name=\"scope/x\",otel_scope_schema_url=\"\",otel_scope_version=\"\","
		"receiver=\"otlp\"} 3\n"
		"points_total{a=\"1\",otel_scope_name=\"scope/x\",otel_scope_schema_url=\"\",otel_scope_version=\"\"} 4\n");
}

static void suffixes_and_scope_follow_the_reader(void **state)
{
	(void)state;
	w.without_units = w.without_type_suffix = w.without_scope = true;
	tel__prom_begin(&w, &memory);
	tel__prom_sample(&w, NULL, 0, 1048576);
	tel__prom_begin(&w, &uptime);
	tel__prom_sample(&w, NULL, 0, 1);
	assert_slice(tel__dynbuf_get(&out), "# HELP memory Memory.\n# TYPE memory gauge\nmemory 1048576\n"
	                                    "# HELP uptime Time.\n# TYPE uptime counter\nuptime 1\n");
}

static void values_are_escaped(void **state)
{
	(void)state;
	const tel__prom_label label = { "l", TEL_SLICE_LIT("a\"b\\c\nd\xc3\xbc") };
	w.without_scope = true;
	tel__prom_begin(&w, &memory);
	tel__prom_sample(&w, &label, 1, -0.5);
	assert_slice(tel__dynbuf_get(&out), "# HELP memory_bytes Memory.\n# TYPE memory_bytes gauge\n"
	                                    "memory_bytes{l=\"a\\\"b\\\\c\\nd\xc3\xbc\"} -0.5\n");
}

static void histogram_is_cumulative_and_ends_with_infinity(void **state)
{
	(void)state;
	static const tel__prom_family family = { "size", NULL, TEL__PROM_HISTOGRAM, "Sizes.", NULL };
	const uint32_t bounds[] = { 10, 25, 1000000 };
	const uint64_t counts[] = { 1, 0, 4, 2 };
	const tel__prom_label label = { "processor", TEL_SLICE_LIT("batch") };
	tel__prom_begin(&w, &family);
	tel__prom_histogram(&w, &label, 1, bounds, 3, counts, 123);
	assert_slice(tel__dynbuf_get(&out),
		"# HELP size Sizes.\n# TYPE size histogram\n"
		"size_bucket{processor=\"batch\",le=\"10\"} 1\n"
		"size_bucket{processor=\"batch\",le=\"25\"} 1\n"
		"size_bucket{processor=\"batch\",le=\"1000000\"} 5\n"
		"size_bucket{processor=\"batch\",le=\"+Inf\"} 7\n"
		"size_sum{processor=\"batch\"} 123\n"
		"size_count{processor=\"batch\"} 7\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(family_without_samples_is_not_written),
		TEST(labels_stand_in_order_with_those_of_the_scope),
		TEST(suffixes_and_scope_follow_the_reader),
		TEST(values_are_escaped),
		TEST(histogram_is_cumulative_and_ends_with_infinity),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
