/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <telemetry/format.h>
#include <telemetry/otlp.h>

#include "base/mem.h"
#include "base/slice_i.h"
#include "codec/otlp_text.h"
#include "model/sample.h"
#include "torture/torture.h"

enum { TEXT_MAX = 1 << 20 };

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

static tel__dynbuf text_of(const tel_metrics *m, tel__text_level level)
{
	tel__dynbuf out;

	tel__dynbuf_init(&out, &tel__alloc_libc, TEXT_MAX);
	assert_int_equal(tel__otlp_text_write(m, level, &out), TEL_OK);
	tel__dynbuf_byte(&out, '\0');
	return out;
}

static void expect_parts(const char *text, const char *const *parts)
{
	for (; *parts; parts++) {
		const char *found = strstr(text, *parts);

		if (!found)
			fail_msg("no \"%s\" in:\n%s", *parts, text);
		text = found + strlen(*parts); /* parts come in order */
	}
}

static void basic_is_one_line_of_counts(void **state)
{
	tel__dynbuf out = text_of(*state, TEL__TEXT_BASIC);

	assert_string_equal(out.ptr, "resources 2, scopes 3, metrics 8, points 10\n");
	tel__dynbuf_fini(&out);
}

static void summary_has_a_line_for_each_node(void **state)
{
	static const char *const parts[] = {
		"resource {service.name=\"sample\", map={inner=true, list=[-1, \"two\", (empty)]}} schema https://schema/1\n"
		"  scope scope.one version 1.0 {verified=true} schema https://schema/2\n"
		"    metric room.temperature gauge unit Cel points 3\n"
		"      point 1970-01-01T00:00:00.000002000Z 21.5 exemplars=1 {room=\"k\xc3\xbc" "che\\n\", floor=-2, area=12.25}\n"
		"      point 1970-01-01T00:00:00.000002000Z -0 flags=0x2\n"
		"      point 1970-01-01T00:00:00.000002000Z (no value) stale\n"
		"    metric requests sum monotonic cumulative unit 1 points 1\n",
		"  scope\n"
		"    metric latency histogram delta unit ms points 1\n"
		"      point 1970-01-01T00:00:00.000002000Z count=301 sum=12.5 min=",
		" le0.5=1 le1=0 le10=300 leInf=1099511627776 exemplars=1 {path=\"/\"}\n",
		"exponential histogram cumulative points 1\n",
		"scale=-3 buckets=0+4",
		"count=4 sum=9.5 q0.5=2 q0.99=3.25\n",
		"resource {service.name=\"other\"}\n",
		"metric empty gauge points 0\n",
		NULL,
	};
	tel__dynbuf out = text_of(*state, TEL__TEXT_SUMMARY);
	size_t lines = 0;

	for (const char *p = out.ptr; *p; p++)
		lines += *p == '\n';
	assert_int_equal(lines, 2 + 3 + 8 + SAMPLE_POINTS);
	expect_parts(out.ptr, parts);
	tel__dynbuf_fini(&out);
}

static void normal_has_a_line_for_each_point(void **state)
{
	static const char *const parts[] = {
		"room.temperature{room=\"k\xc3\xbc" "che\\n\", floor=-2, area=12.25} 21.5\n",
		"requests -9223372036854775808\n",
		NULL,
	};
	tel__dynbuf out = text_of(*state, TEL__TEXT_NORMAL);

	expect_parts(out.ptr, parts);
	tel__dynbuf_fini(&out);
}

static void detailed_has_every_field(void **state)
{
	static const char *const parts[] = {
		"resourceMetrics #0\n  resource\n    attributes service.name: \"sample\"\n    attributes map: {inner=true, ",
		"    droppedAttributesCount: 3\n  schemaUrl: \"https://schema/1\"\n  scopeMetrics #0\n    scope\n",
		"    metric #0\n      name: \"room.temperature\"\n",
		"          startTimeUnixNano: 1000 1970-01-01T00:00:00.000001000Z\n",
		"          exemplars #0\n",
		"            spanId: 0x0102030405060708\n",
		"      metadata source: 0x0001ff\n",
		"          bucketCounts: [1, 0, 300, 1099511627776]\n          explicitBounds: [0.5, 1, 10]\n",
		NULL,
	};
	tel__dynbuf out = text_of(*state, TEL__TEXT_DETAILED);

	expect_parts(out.ptr, parts);
	tel__dynbuf_fini(&out);
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

static void foreign_text_cannot_break_a_line_or_a_terminal(void **state)
{
	static const char bytes[] = "\x0a\x1a\x0a\x18\x0a\x16\x0a\x06" "a\n\x1b[2J" "\x12\x0c\x0a\x0a" "\xc2\x9b" "31m\r\b\x7f\"}";
	tel_metrics *m = decode(bytes, sizeof bytes - 1);

	(void)state;
	for (int level = TEL__TEXT_BASIC; level <= TEL__TEXT_DETAILED; level++) {
		tel__dynbuf out = text_of(m, (tel__text_level)level);

		for (size_t i = 0; i + 1 < out.len; i++)
			assert_true((out.ptr[i] >= ' ' && out.ptr[i] != 0x7f) || out.ptr[i] == '\n');
		tel__dynbuf_fini(&out);
	}
	tel_metrics_free(m);
}

static void unknown_fields_are_shown_in_detail(void **state)
{
	static const char bytes[] = "\x0a\x06\x0a\x04\xfa\x01\x01z";
	static const char *const parts[] = { "    unknown field 31: 0xfa01017a\n", NULL };
	tel_metrics *m = decode(bytes, sizeof bytes - 1);
	tel__dynbuf out = text_of(m, TEL__TEXT_DETAILED);

	(void)state;
	expect_parts(out.ptr, parts);
	tel__dynbuf_fini(&out);
	tel_metrics_free(m);
}

static void the_ceiling_is_kept(void **state)
{
	for (int level = TEL__TEXT_BASIC; level <= TEL__TEXT_DETAILED; level++) {
		tel__dynbuf out;

		tel__dynbuf_init(&out, &tel__alloc_libc, 40);
		assert_int_equal(tel__otlp_text_write(*state, (tel__text_level)level, &out), TEL_ERR_LIMIT);
		assert_true(out.len <= 40);
		tel__dynbuf_fini(&out);
	}
}

static void every_format_has_a_name_in_the_public_call(void **state)
{
	tel_error err = TEL_ERROR_INIT;
	tel_buf *buf = NULL;

	for (int format = TEL_FORMAT_BASIC; format <= TEL_FORMAT_JSON; format++) {
		assert_int_equal(tel_metrics_format(*state, (tel_format)format, &buf, NULL), TEL_OK);
		assert_true(tel_buf_get(buf).len > 40);
		tel_buf_unref(buf);
	}
	buf = NULL;
	assert_int_equal(tel_metrics_format(*state, (tel_format)17, &buf, &err), TEL_ERR_ARG);
	assert_non_null(strstr(err.msg, "17"));
	assert_null(buf);
}

static tel_err write_under_failure(const tel_alloc *alloc, void *user)
{
	tel__dynbuf out;
	tel_err code;

	tel__dynbuf_init(&out, alloc, TEXT_MAX);
	code = tel__otlp_text_write(user, TEL__TEXT_DETAILED, &out);
	tel__dynbuf_fini(&out);
	return code;
}

static void every_allocation_may_fail(void **state)
{
	torture_alloc(write_under_failure, *state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(basic_is_one_line_of_counts),
		cmocka_unit_test(summary_has_a_line_for_each_node),
		cmocka_unit_test(normal_has_a_line_for_each_point),
		cmocka_unit_test(detailed_has_every_field),
		cmocka_unit_test(foreign_text_cannot_break_a_line_or_a_terminal),
		cmocka_unit_test(unknown_fields_are_shown_in_detail),
		cmocka_unit_test(the_ceiling_is_kept),
		cmocka_unit_test(every_format_has_a_name_in_the_public_call),
		cmocka_unit_test(every_allocation_may_fail),
	};

	return cmocka_run_group_tests(tests, make_sample, free_sample);
}
