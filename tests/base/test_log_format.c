/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdio.h>

#include "base/json_check.h"
#include "base/limits.h"
#include "base/log_i.h"
#include "base/utf8.h"
#include "seams/cm.h"

enum { LINE = 16384 };

static char out[LINE];

static tel_log_entry entry(const char *msg)
{
	tel_log_entry e = { .size = sizeof(e), .level = TEL_LOG_INFO, .unix_ns = 1700000000123456789u };
	e.msg = tel__slice_str(msg);
	return e;
}

static tel_log_style style(tel_log_encoding encoding)
{
	tel_log_style s = TEL_LOG_STYLE_INIT;
	s.encoding = encoding;
	return s;
}

static tel_slice format(const tel_log_style *s, const tel_log_entry *e, size_t cap)
{
	memset(out, '#', sizeof(out));
	size_t n = tel_log_format(s, e, out, cap);
	assert_true(n <= cap);
	assert_true(cap == sizeof(out) || out[cap] == '#');
	return (tel_slice){ out, n };
}

static void lines_look_like_the_collectors(void **state)
{
	(void)state;
	const tel_log_field fields[] = { TEL__LOG_STR("error", TEL_SLICE_LIT("sending queue is full")),
		                             TEL__LOG_NUM("rejected_items", 17), TEL__LOG_NUM("interval", 0.25) };
	tel_log_style json = style(TEL_LOG_JSON), console = style(TEL_LOG_CONSOLE);
	tel_log_entry e = entry("Exporting failed.");
	e.level = TEL_LOG_ERROR;
	e.component_id = TEL_SLICE_LIT("otlp/x");
	e.component_kind = TEL_SLICE_LIT("exporter");
	e.pipeline_id = TEL_SLICE_LIT("metrics/x");
	e.fields = fields;
	e.field_count = 3;
	json.service_name = TEL_SLICE_LIT("gateway");
	json.service_version = TEL_SLICE_LIT("1.0");
	json.instance_id = TEL_SLICE_LIT("id");
	assert_slice(format(&json, &e, LINE),
		"{\"level\":\"error\",\"ts\":\"2023-11-14T22:13:20.123Z\",\"msg\":\"Exporting failed.\",\"resource\":"
		"{\"service.instance.id\":\"id\",\"service.name\":\"gateway\",\"service.version\":\"1.0\"},"
		"\"otelcol.component.id\":\"otlp/x\",\"otelcol.component.kind\":\"exporter\",\"otelcol.pipeline.id\":\"metrics/x\","
		"\"otelcol.signal\":\"metrics\",\"error\":\"sending queue is full\",\"rejected_items\":17,\"interval\":0.25}\n");
	assert_slice(format(&console, &e, LINE),
		"2023-11-14T22:13:20.123Z\terror\tExporting failed.\t{\"otelcol.component.id\": \"otlp/x\", "
		"\"otelcol.component.kind\": \"exporter\", \"otelcol.pipeline.id\": \"metrics/x\", \"otelcol.signal\": \"metrics\", "
		"\"error\": \"sending queue is full\", \"rejected_items\": 17, \"interval\": 0.25}\n");
	e = entry("plain");
	assert_slice(format(&console, &e, LINE), "2023-11-14T22:13:20.123Z\tinfo\tplain\n");
	assert_slice(format(&(tel_log_style){ .encoding = TEL_LOG_JSON }, &e, LINE),
		"{\"level\":\"info\",\"ts\":\"2023-11-14T22:13:20.123Z\",\"msg\":\"plain\"}\n");
}

static void signal_is_said_of_what_has_one(void **state)
{
	(void)state;
	const tel_log_style console = style(TEL_LOG_CONSOLE);
	tel_log_entry e = entry("m");
	e.component_id = TEL_SLICE_LIT("otlp");
	e.component_kind = TEL_SLICE_LIT("receiver");
	assert_null(memmem(out, format(&console, &e, LINE).len, "otelcol.signal", 14));
	e.component_kind = TEL_SLICE_LIT("exporter");
	assert_slice(format(&console, &e, LINE), "2023-11-14T22:13:20.123Z\tinfo\tm\t{\"otelcol.component.id\": \"otlp\", "
	             "\"otelcol.component.kind\": \"exporter\", \"otelcol.signal\": \"metrics\"}\n");
}

static void fields_of_every_line_and_of_the_resource_are_printed(void **state)
{
	(void)state;
	const tel_log_field fields[] = { TEL__LOG_NUM("n", 5), TEL__LOG_STR("team", TEL_SLICE_LIT("a")) };
	const tel_log_field resource[] = { TEL__LOG_STR("x.y", TEL_SLICE_LIT("1\n")) };
	tel_log_style s = style(TEL_LOG_JSON);
	tel_log_entry e = entry("m");
	s.fields = fields;
	s.field_count = 2;
	s.resource = resource;
	s.resource_count = 1;
	s.instance_id = TEL_SLICE_LIT("");
	assert_slice(format(&s, &e, LINE), "{\"level\":\"info\",\"ts\":\"2023-11-14T22:13:20.123Z\",\"msg\":\"m\",\"n\":5,\"team\":\"a\","
	             "\"resource\":{\"service.instance.id\":\"\",\"x.y\":\"1\\u000a\"}}\n");
	s.encoding = TEL_LOG_CONSOLE;
	assert_slice(format(&s, &e, LINE), "2023-11-14T22:13:20.123Z\tinfo\tm\t{\"n\": 5, \"team\": \"a\"}\n");
	s.size = offsetof(tel_log_style, resource); /* a caller of before */
	assert_slice(format(&s, &e, LINE), "2023-11-14T22:13:20.123Z\tinfo\tm\n");
}

static void hostile_text_cannot_leave_its_place(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
		{ "\",\"level\":\"debug", "\\\",\\\"level\\\":\\\"debug" },
		{ "a\nb\r\tc", "a\\u000ab\\u000d\\u0009c" },
		{ "\x1b[31mred\x7f", "\\u001b[31mred\\u007f" },
		{ "back\\slash", "back\\\\slash" },
		{ "bad \xff\xfe byte", "bad \xef\xbf\xbd\xef\xbf\xbd byte" },
		{ "half \xe2\x82", "half \xef\xbf\xbd\xef\xbf\xbd" },
		{ "c1 \xc2\x9b" "2J", "c1 \\u009b2J" },
		{ "ls \xe2\x80\xa8 rlo \xe2\x80\xae pdi \xe2\x81\xa9", "ls \\u2028 rlo \\u202e pdi \\u2069" },
		{ "dash \xe2\x80\x93 \xe2\x80\xaf \xe2\x82\xac", "dash \xe2\x80\x93 \xe2\x80\xaf \xe2\x82\xac" },
		{ "k\xc3\xbc" "che \xf0\x9f\x98\x80", "k\xc3\xbc" "che \xf0\x9f\x98\x80" },
	};
	tel_log_style json = style(TEL_LOG_JSON);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char want[256];
		tel_log_field field = { tel__slice_str(rows[i][0]), tel__slice_str(rows[i][0]), 0, false };
		tel_log_entry e = entry(rows[i][0]);
		e.fields = &field;
		e.field_count = 1;
		snprintf(want, sizeof(want), "{\"level\":\"info\",\"ts\":\"2023-11-14T22:13:20.123Z\",\"msg\":\"%s\",\"%s\":\"%s\"}\n",
		         rows[i][1], rows[i][1], rows[i][1]);
		assert_slice(format(&json, &e, LINE), want);
		assert_true(json_line(out, strlen(want)));
	}
}

static void numbers_that_json_does_not_know_are_quoted(void **state)
{
	(void)state;
	const tel_log_field fields[] = { TEL__LOG_NUM("a", 1.0 / 0.0), TEL__LOG_NUM("b", -1.0 / 0.0), TEL__LOG_NUM("c", 1e300) };
	tel_log_style json = style(TEL_LOG_JSON);
	tel_log_entry e = entry("m");
	e.fields = fields;
	e.field_count = 3;
	tel_slice line = format(&json, &e, LINE);
	assert_true(json_line(line.ptr, line.len));
	assert_true(memmem(line.ptr, line.len, "\"a\":\"+Inf\",\"b\":\"-Inf\",\"c\":1e+300", 32) != NULL);
}

static void long_fields_are_cut_at_a_character(void **state)
{
	(void)state;
	char text[3 * TEL_LIMIT_LOG_FIELD_BYTES];
	tel_log_style json = style(TEL_LOG_JSON);
	for (size_t shift = 0; shift < 4; shift++) { /* the limit falls on each byte of a four-byte character */
		for (size_t i = 0; i < sizeof(text); i++)
			text[i] = i < shift ? 'x' : "\xf0\x9f\x98\x80"[(i - shift) % 4];
		tel_log_field field = { TEL_SLICE_LIT("k"), { text, sizeof(text) - 4 + shift }, 0, false };
		tel_log_entry e = entry("m");
		e.fields = &field;
		e.field_count = 1;
		tel_slice line = format(&json, &e, LINE);
		assert_true(json_line(line.ptr, line.len));
		assert_null(memmem(line.ptr, line.len, "\xef\xbf\xbd", 3));
		assert_memory_equal(line.ptr + line.len - 6, "...\"}\n", 6);
	}
}

/* Everything that a line can hold. */
static tel_log_entry full_entry(tel_log_field fields[4])
{
	static const char nasty[] = "\"\\\n\x1b\xff k\xc3\xbc";
	fields[0] = TEL__LOG_STR("first", tel__slice_str(nasty));
	fields[1] = TEL__LOG_NUM("number", 123456.789);
	fields[2] = (tel_log_field){ tel__slice_str(nasty), TEL_SLICE_LIT("last"), 0, false };
	fields[3] = TEL__LOG_STR("end", TEL_SLICE_LIT("."));
	tel_log_entry e = entry("message \"with\" \xe2\x82\xac and \n");
	e.component_id = TEL_SLICE_LIT("otlp_http/\"x\"");
	e.component_kind = TEL_SLICE_LIT("exporter");
	e.pipeline_id = TEL_SLICE_LIT("metrics/x");
	e.fields = fields;
	e.field_count = 4;
	return e;
}

static void line_of_any_size_is_valid(void **state)
{
	(void)state;
	tel_log_field fields[4];
	tel_log_entry e = full_entry(fields);
	tel_log_style json = style(TEL_LOG_JSON), console = style(TEL_LOG_CONSOLE);
	json.service_name = TEL_SLICE_LIT("telemetry-gateway");
	json.instance_id = json.service_version = TEL_SLICE_LIT("v");
	assert_int_equal(tel_log_format(&json, &e, out, 63), 0);
	size_t longest = format(&json, &e, LINE).len, before = 0;
	for (size_t cap = 64; cap <= longest + 2; cap++) {
		tel_slice line = format(&json, &e, cap);
		if (!json_line(line.ptr, line.len) || !tel__utf8_valid(line))
			fail_msg("%zu bytes: %.*s", cap, (int)line.len, line.ptr);
		assert_true(cap > 400 || line.len + 64 > before);
		before = line.len;
		line = format(&console, &e, cap);
		assert_true(line.len > 0 && line.ptr[line.len - 1] == '\n' && tel__utf8_valid(line));
		assert_ptr_equal(memchr(line.ptr, '\n', line.len), line.ptr + line.len - 1);
	}
	assert_int_equal(before, longest);
}

static void field_that_does_not_fit_makes_way_for_later_ones(void **state)
{
	(void)state;
	char text[500];
	tel_log_style json = style(TEL_LOG_JSON);
	memset(text, 'x', sizeof(text));
	const tel_log_field fields[] = { { TEL_SLICE_LIT("big"), { text, sizeof(text) }, 0, false }, TEL__LOG_NUM("n", 1) };
	tel_log_entry e = entry("m");
	e.fields = fields;
	e.field_count = 2;
	assert_slice(format(&json, &e, 128), "{\"level\":\"info\",\"ts\":\"2023-11-14T22:13:20.123Z\",\"msg\":\"m\",\"n\":1}\n");
}

static void message_is_cut_where_the_line_ends(void **state)
{
	(void)state;
	tel_log_style json = style(TEL_LOG_JSON);
	tel_log_entry e = entry("a message that is longer than the line");
	assert_slice(format(&json, &e, 64), "{\"level\":\"info\",\"ts\":\"2023-11-14T22:13:20.123Z\",\"msg\":\"a mess\"}\n");
}

static void unknown_level_is_an_error(void **state)
{
	(void)state;
	tel_log_style console = style(TEL_LOG_CONSOLE);
	tel_log_entry e = entry("m");
	e.level = (tel_log_level)77;
	assert_slice(format(&console, &e, LINE), "2023-11-14T22:13:20.123Z\terror\tm\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_look_like_the_collectors),
		cmocka_unit_test(signal_is_said_of_what_has_one),
		cmocka_unit_test(fields_of_every_line_and_of_the_resource_are_printed),
		cmocka_unit_test(hostile_text_cannot_leave_its_place),
		cmocka_unit_test(numbers_that_json_does_not_know_are_quoted),
		cmocka_unit_test(long_fields_are_cut_at_a_character),
		cmocka_unit_test(line_of_any_size_is_valid),
		cmocka_unit_test(field_that_does_not_fit_makes_way_for_later_ones),
		cmocka_unit_test(message_is_cut_where_the_line_ends),
		cmocka_unit_test(unknown_level_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
