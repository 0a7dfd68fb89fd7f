/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/prom_text.h"

#include <stdio.h>

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
static const tel__prom_family heap = { "heap_bytes", "bytes", TEL__PROM_GAUGE, "Heap.", "scope/x" };
static const tel__prom_family own = { "telemetry_x", "bytes", TEL__PROM_COUNTER, "Ours.", TEL__PROM_SCOPE_OWN };
static const tel__prom_family target = { "target_info", NULL, TEL__PROM_GAUGE, "Target.", NULL };

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
	w.without_suffixes = w.without_scope = true;
	tel__prom_begin(&w, &memory);
	tel__prom_sample(&w, NULL, 0, 1048576);
	tel__prom_begin(&w, &points);
	tel__prom_sample(&w, NULL, 0, 1);
	assert_slice(tel__dynbuf_get(&out), "# HELP memory Memory.\n# TYPE memory gauge\nmemory 1048576\n"
	                                    "# HELP points Data points. [Alpha]\n# TYPE points counter\npoints 1\n");
}

static void unit_in_the_metrics_own_name_is_not_repeated_and_stays(void **state)
{
	(void)state;
	tel__prom_begin(&w, &heap);
	w.without_scope = true;
	tel__prom_sample(&w, NULL, 0, 1);
	w.without_suffixes = true;
	tel__prom_sample(&w, NULL, 0, 2);
	assert_slice(tel__dynbuf_get(&out),
	             "# HELP heap_bytes Heap.\n# TYPE heap_bytes gauge\nheap_bytes 1\nheap_bytes 2\n");
}

static void our_own_names_are_the_same_for_every_reader(void **state)
{
	(void)state;
	w.without_suffixes = w.without_scope = true;
	tel__prom_begin(&w, &own);
	tel__prom_sample(&w, NULL, 0, 1);
	tel__prom_begin(&w, &uptime);
	tel__prom_sample(&w, NULL, 0, 2);
	assert_slice(tel__dynbuf_get(&out),
	             "# HELP telemetry_x_bytes_total Ours.\n# TYPE telemetry_x_bytes_total counter\ntelemetry_x_bytes_total 1\n"
	             "# HELP uptime_seconds_total Time.\n# TYPE uptime_seconds_total counter\nuptime_seconds_total 2\n");
}

static void check_info(const tel__key_pair *attrs, size_t count, const char *line)
{
	char want[512];

	snprintf(want, sizeof(want), "# HELP target_info Target.\n# TYPE target_info gauge\ntarget_info%s\n", line);
	tel__dynbuf_reset(&out);
	tel__prom_begin(&w, &target);
	tel__prom_info(&w, attrs, count);
	assert_slice(tel__dynbuf_get(&out), want);
}

#define ATTR(k, v) { TEL_SLICE_LIT(k), TEL_SLICE_LIT(v) }

static void attributes_become_labels(void **state)
{
	(void)state;
	const tel__key_pair attrs[] = { ATTR("9x", "y"), ATTR("a.b", "1"), ATTR("a_b", "2\n"), ATTR("A9_", ""), ATTR("", "none"),
		                            ATTR("\xc3\xbc-", "\"z"), ATTR("\xff", "bad") };
	check_info(NULL, 0, " 1");
	check_info(attrs + 1, 1, "{a_b=\"1\"} 1");
	check_info(attrs, 7, "{_x=\"y\",a_b=\"1;2\\n\",A9_=\"\",__=\"\\\"z\",_=\"bad\"} 1");
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
		TEST(unit_in_the_metrics_own_name_is_not_repeated_and_stays),
		TEST(our_own_names_are_the_same_for_every_reader),
		TEST(attributes_become_labels),
		TEST(values_are_escaped),
		TEST(histogram_is_cumulative_and_ends_with_infinity),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
