/* SPDX-License-Identifier: Apache-2.0 */
/* What OTLP/JSON may look like and what it means: protocols.md 2.4. Each row is what comes in, and the canonical form of
 * what was understood or the reason of a refusal. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <telemetry/format.h>
#include <telemetry/otlp.h>

#include "base/budget.h"
#include "base/dynbuf.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "codec/otlp_json_read.h"
#include "seams/cm.h"
#include "torture/torture.h"

#define POINT(members) \
	"{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"gauge\":{\"dataPoints\":[{" members "}]}}]}]}]}"
#define VALUE(value) "{\"resourceMetrics\":[{\"resource\":{\"attributes\":[{\"key\":\"k\",\"value\":" value "}]}}]}"
#define METRIC(members) "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{" members "}]}]}]}"

struct row {
	const char *in, *out; /* out: canonical, or the start of the message */
};

static const char *canonical(const char *in, char *out, size_t cap)
{
	tel_error err = TEL_ERROR_INIT;
	tel_metrics *m = NULL;
	tel_buf *buf = NULL;

	if (tel_otlp_json_decode(tel__slice_str(in), NULL, &m, NULL, &err)) {
		assert_null(m);
		snprintf(out, cap, "%s", err.msg);
		return out;
	}
	assert_int_equal(tel_metrics_format(m, TEL_FORMAT_JSON, &buf, NULL), TEL_OK);
	snprintf(out, cap, TEL_SLICE_FMT, TEL_SLICE_ARG(tel_buf_get(buf)));
	tel_buf_unref(buf);
	tel_metrics_free(m);
	return out;
}

static void check_rows(const struct row *rows, size_t count)
{
	char got[2048];

	for (size_t i = 0; i < count; i++) {
		const char *wanted = rows[i].out ? rows[i].out : rows[i].in;
		canonical(rows[i].in, got, sizeof got);
		if (wanted[0] == '{' ? strcmp(got, wanted) != 0 : strncmp(got, wanted, strlen(wanted)) != 0)
			fail_msg("%s\n  gives  %s\n  wanted %s", rows[i].in, got, wanted);
	}
}

#define CHECK(rows) check_rows(rows, sizeof(rows) / sizeof((rows)[0]))

static void empty_and_null_members_are_absent(void **state)
{
	static const struct row rows[] = {
		{ "{}", NULL },
		{ " \n{ } ", "{}" },
		{ "{\"resourceMetrics\":[]}", "{}" },
		{ "{\"resourceMetrics\":null}", "{}" },
		{ "{\"resourceMetrics\":[{}]}", NULL },
		{ "{\"resourceMetrics\":[null]}", "{\"resourceMetrics\":[{}]}" },
		{ "{\"resourceMetrics\":[{\"resource\":null,\"scopeMetrics\":null,\"schemaUrl\":null}]}",
		  "{\"resourceMetrics\":[{}]}" },
		{ POINT("\"asDouble\":null,\"attributes\":null,\"flags\":0,\"exemplars\":[],\"timeUnixNano\":\"0\""), POINT("") },
		{ VALUE("null"), "{\"resourceMetrics\":[{\"resource\":{\"attributes\":[{\"key\":\"k\"}]}}]}" },
		{ VALUE("{}"), NULL },
		{ VALUE("{\"arrayValue\":{\"values\":[null,{\"intValue\":1}]}}"),
		  VALUE("{\"arrayValue\":{\"values\":[{},{\"intValue\":\"1\"}]}}") },
	};
	(void)state;
	CHECK(rows);
}

static void keys_are_camel_case_or_snake_case(void **state)
{
	static const struct row rows[] = {
		{ "{\"resource_metrics\":[{\"scope_metrics\":[{\"schema_url\":\"u\"}]}]}",
		  "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"schemaUrl\":\"u\"}]}]}" },
		{ POINT("\"time_unix_nano\":\"5\",\"as_int\":\"1\""), POINT("\"timeUnixNano\":\"5\",\"asInt\":\"1\"") },
		{ POINT("\"\\u0061sInt\":1"), POINT("\"asInt\":\"1\"") },
		{ POINT("\"as_Int\":1,\"AsInt\":2,\"as__int\":3,\"_asInt\":4,\"asInt_\":5,\"as_in\":6,\"asIntt\":7,\"\":8"), POINT("") },
	};
	(void)state;
	CHECK(rows);
}

static void unknown_keys_are_skipped(void **state)
{
	static const struct row rows[] = {
		{ "{\"x\":[{\"y\":[1,[2,{}]]}],\"resourceMetrics\":[{\"z\":null}],\"w\":\"s\"}", "{\"resourceMetrics\":[{}]}" },
		{ "{\"x\":[1,}", "JSON: no value at line 1, column 9" },
		{ "{\"x\":\"\\q\"}", "JSON: bad escape in a string at line 1, column 7" },
	};
	(void)state;
	CHECK(rows);
}

static void integers_are_strings_or_numbers(void **state)
{
	static const struct row rows[] = {
		{ POINT("\"asInt\":-9223372036854775808"), POINT("\"asInt\":\"-9223372036854775808\"") },
		{ POINT("\"asInt\":\"9223372036854775807\""), NULL },
		{ POINT("\"asInt\":1e3"), POINT("\"asInt\":\"1000\"") },
		{ POINT("\"asInt\":\"1e3\""), POINT("\"asInt\":\"1000\"") },
		{ POINT("\"asInt\":1.0"), POINT("\"asInt\":\"1\"") },
		{ POINT("\"asInt\":\"007\""), POINT("\"asInt\":\"7\"") },
		{ POINT("\"asInt\":0"), POINT("\"asInt\":\"0\"") },
		{ POINT("\"timeUnixNano\":18446744073709551615"), POINT("\"timeUnixNano\":\"18446744073709551615\"") },
		{ POINT("\"flags\":4294967295"), NULL },
		{ POINT("\"flags\":\"1\""), POINT("\"flags\":1") },
		{ POINT("\"asInt\":1.5"), "JSON: asInt: wants an integer at line 1, column 83" },
		{ POINT("\"asInt\":\"\""), "JSON: asInt: wants an integer" },
		{ POINT("\"asInt\":\"x\""), "JSON: asInt: wants an integer" },
		{ POINT("\"asInt\":true"), "JSON: asInt: wants a number" },
		{ POINT("\"asInt\":{}"), "JSON: asInt: wants a number" },
		{ POINT("\"asInt\":9223372036854775808"), "JSON: asInt: integer out of range" },
		{ POINT("\"timeUnixNano\":-1"), "JSON: timeUnixNano: integer out of range" },
		{ POINT("\"flags\":4294967296"), "JSON: flags: integer out of range" },
		{ POINT("\"flags\":-1"), "JSON: flags: integer out of range" },
		{ METRIC("\"exponentialHistogram\":{\"dataPoints\":[{\"scale\":-2147483648,\"positive\":{\"offset\":\"2147483647\"}}]}"),
		  METRIC("\"exponentialHistogram\":{\"dataPoints\":[{\"scale\":-2147483648,\"positive\":{\"offset\":2147483647}}]}") },
		{ METRIC("\"exponentialHistogram\":{\"dataPoints\":[{\"scale\":2147483648}]}"), "JSON: scale: integer out of range" },
	};
	(void)state;
	CHECK(rows);
}

static void doubles_are_numbers_or_words(void **state)
{
	static const struct row rows[] = {
		{ POINT("\"asDouble\":1"), NULL },
		{ POINT("\"asDouble\":-0.0"), POINT("\"asDouble\":-0") },
		{ POINT("\"asDouble\":0"), NULL },
		{ POINT("\"asDouble\":\"2.5\""), POINT("\"asDouble\":2.5") },
		{ POINT("\"asDouble\":\"NaN\""), NULL },
		{ POINT("\"asDouble\":\"Infinity\""), NULL },
		{ POINT("\"asDouble\":\"-Infinity\""), NULL },
		{ POINT("\"asDouble\":\"-inf\""), POINT("\"asDouble\":\"-Infinity\"") },
		{ POINT("\"asDouble\":5e-324"), NULL },
		{ POINT("\"asDouble\":1e309"), "JSON: asDouble: number out of range" },
		{ POINT("\"asDouble\":\"-NaN\""), "JSON: asDouble: wants a number, NaN, Infinity or -Infinity" },
		{ POINT("\"asDouble\":\"\""), "JSON: asDouble: wants a number, NaN, Infinity or -Infinity" },
		{ POINT("\"asDouble\":false"), "JSON: asDouble: wants a number" },
		{ POINT("\"asDouble\":NaN"), "JSON: no value" },
	};
	(void)state;
	CHECK(rows);
}

static void enums_are_numbers_or_names(void **state)
{
	static const struct row rows[] = {
		{ METRIC("\"sum\":{\"aggregationTemporality\":2,\"isMonotonic\":true}"), NULL },
		{ METRIC("\"sum\":{\"aggregationTemporality\":\"AGGREGATION_TEMPORALITY_DELTA\",\"isMonotonic\":false}"),
		  METRIC("\"sum\":{\"aggregationTemporality\":1}") },
		{ METRIC("\"sum\":{\"aggregationTemporality\":-7}"), NULL },
		{ METRIC("\"sum\":{\"aggregationTemporality\":\"DELTA\"}"), "JSON: aggregationTemporality: wants an integer" },
		{ METRIC("\"sum\":{\"isMonotonic\":1}"), "JSON: isMonotonic: wants true or false" },
	};
	(void)state;
	CHECK(rows);
}

static void ids_are_hex_and_bytes_are_base64(void **state)
{
#define EXEMPLAR(members) POINT("\"exemplars\":[{" members "}]")
	static const struct row rows[] = {
		{ EXEMPLAR("\"spanId\":\"0102030405060708\",\"traceId\":\"000102030405060708090a0b0c0d0e0f\""), NULL },
		{ EXEMPLAR("\"traceId\":\"ABCDEFabcdef00000000000000000000\""),
		  EXEMPLAR("\"traceId\":\"abcdefabcdef00000000000000000000\"") },
		{ EXEMPLAR("\"traceId\":\"\",\"spanId\":\"\""), EXEMPLAR("") },
		{ EXEMPLAR("\"traceId\":\"0102\""), "JSON: traceId: wants 32 hex digits" },
		{ EXEMPLAR("\"spanId\":\"01020304050607\""), "JSON: spanId: wants 16 hex digits" },
		{ EXEMPLAR("\"spanId\":\"010203040506070g\""), "JSON: spanId: has a character that is no hex digit" },
		{ VALUE("{\"bytesValue\":\"AAH\\/\"}"), VALUE("{\"bytesValue\":\"AAH/\"}") },
		{ VALUE("{\"bytesValue\":\"\"}"), NULL },
		{ VALUE("{\"bytesValue\":\"a\"}"), "JSON: bytesValue: is not base64" },
	};
	(void)state;
	CHECK(rows);
}

static void text_is_utf8_and_escapes_are_read(void **state)
{
	static const struct row rows[] = {
		{ VALUE("{\"stringValue\":\"k\xc3\xbc" "che\"}"), NULL },
		{ VALUE("{\"stringValue\":\"\\u0000\\u00e9\\ud83d\\ude00\"}"),
		  VALUE("{\"stringValue\":\"\\u0000\xc3\xa9\xf0\x9f\x98\x80\"}") },
		{ VALUE("{\"stringValue\":\"a\\ud800b\"}"), VALUE("{\"stringValue\":\"a\xef\xbf\xbd" "b\"}") },
		{ VALUE("{\"stringValue\":\"\"}"), NULL },
		{ VALUE("{\"stringValue\":\"\xff\"}"), "JSON: text that is not UTF-8 at line 1, column 83" },
		{ VALUE("{\"stringValue\":5}"), "JSON: stringValue: wants a string" },
		{ "\xef\xbb\xbf{}", "JSON: byte order mark at line 1, column 1" },
		{ "{}{}", "JSON: something behind the value" },
		{ "", "JSON: empty text" },
		{ "null", "JSON: request: wants an object" },
		{ "[]", "JSON: request: wants an object" },
		{ "{\"resourceMetrics\":{}}", "JSON: resourceMetrics: wants an array" },
		{ "{\"resourceMetrics\":[1]}", "JSON: resourceMetrics: wants objects" },
		{ "{\"resourceMetrics\":[{\"resource\":[]}]}", "JSON: resource: wants an object" },
	};
	(void)state;
	CHECK(rows);
}

/* A key that comes twice is a protobuf field that comes twice: the last scalar counts, messages merge, lists grow. */
static void keys_that_come_twice_follow_protobufs_rule(void **state)
{
	static const struct row rows[] = {
		{ POINT("\"flags\":3,\"flags\":1"), POINT("\"flags\":1") },
		{ POINT("\"flags\":3,\"flags\":0"), POINT("") },
		{ POINT("\"flags\":3,\"flags\":null"), POINT("\"flags\":3") },
		{ POINT("\"asInt\":1,\"asDouble\":2"), POINT("\"asDouble\":2") },
		{ METRIC("\"name\":\"a\",\"name\":\"\""), METRIC("") },
		{ METRIC("\"sum\":{\"isMonotonic\":true},\"sum\":{\"aggregationTemporality\":1}"),
		  METRIC("\"sum\":{\"aggregationTemporality\":1,\"isMonotonic\":true}") },
		{ "{\"resourceMetrics\":[{}],\"resourceMetrics\":[{}]}", "{\"resourceMetrics\":[{},{}]}" },
		{ METRIC("\"histogram\":{\"dataPoints\":[{\"bucketCounts\":[1],\"bucketCounts\":[\"2\",3]}]}"),
		  METRIC("\"histogram\":{\"dataPoints\":[{\"bucketCounts\":[\"1\",\"2\",\"3\"]}]}") },
	};
	(void)state;
	CHECK(rows);
}

static void lists_hold_what_they_are_lists_of(void **state)
{
	static const struct row rows[] = {
		{ METRIC("\"histogram\":{\"dataPoints\":[{\"bucketCounts\":[],\"explicitBounds\":[0.5,\"Infinity\"]}]}"),
		  METRIC("\"histogram\":{\"dataPoints\":[{\"explicitBounds\":[0.5,\"Infinity\"]}]}") },
		{ METRIC("\"histogram\":{\"dataPoints\":[{\"bucketCounts\":[null]}]}"), "JSON: bucketCounts: wants a number" },
		{ METRIC("\"histogram\":{\"dataPoints\":[{\"bucketCounts\":5}]}"), "JSON: bucketCounts: wants an array" },
		{ "{\"resourceMetrics\":[{\"resource\":{\"entityRefs\":[{\"type\":\"t\",\"idKeys\":[\"a\",\"\"]}]}}]}", NULL },
		{ "{\"resourceMetrics\":[{\"resource\":{\"entityRefs\":[{\"idKeys\":[1]}]}}]}", "JSON: idKeys: wants strings" },
	};
	(void)state;
	CHECK(rows);
}

/* n values in one another, lists or maps in turn. */
static void write_nested(tel__dynbuf *out, unsigned n)
{
	tel__dynbuf_reset(out);
	tel__dynbuf_puts(out, "{\"resourceMetrics\":[{\"resource\":{\"attributes\":[{\"value\":");
	for (unsigned i = 1; i < n; i++)
		tel__dynbuf_puts(out, i % 2 ? "{\"arrayValue\":{\"values\":[" : "{\"kvlistValue\":{\"values\":[{\"value\":");
	tel__dynbuf_puts(out, "{\"intValue\":\"1\"}");
	for (unsigned i = n; i-- > 1;)
		tel__dynbuf_puts(out, i % 2 ? "]}}" : "}]}}");
	tel__dynbuf_puts(out, "}]}}]}");
}

static void values_nest_as_deep_as_in_protobuf(void **state)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_error err = TEL_ERROR_INIT;
	tel_metrics *m = NULL;
	tel__dynbuf text;

	(void)state;
	tel__dynbuf_init(&text, &tel__alloc_libc, 1 << 20);
	for (unsigned max = 1; max <= 64; max = max == 1 ? 3 : max == 3 ? 64 : 65) {
		opts.max_depth = max;
		write_nested(&text, max);
		assert_int_equal(tel_otlp_json_decode(tel__dynbuf_get(&text), &opts, &m, NULL, &err), TEL_OK);
		tel_metrics_free(m);
		m = NULL;
		write_nested(&text, max + 1);
		assert_int_equal(tel_otlp_json_decode(tel__dynbuf_get(&text), &opts, &m, NULL, &err), TEL_ERR_LIMIT);
		assert_null(m);
		assert_non_null(strstr(err.msg, "values are nested too deeply"));
	}
	/* unknown keys: no deeper than the tokenizer */
	tel__dynbuf_reset(&text);
	tel__dynbuf_puts(&text, "{\"x\":");
	for (unsigned i = 0; i < 100000; i++)
		tel__dynbuf_byte(&text, '[');
	assert_int_equal(tel_otlp_json_decode(tel__dynbuf_get(&text), NULL, &m, NULL, &err), TEL_ERR_LIMIT);
	tel__dynbuf_fini(&text);
}

static void memory_is_bounded_by_max_bytes_and_the_budget(void **state)
{
	tel__json_read_opts read = { .max_depth = 64, .max_bytes = 1 << 20, .alloc = &tel__alloc_libc };
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_error err = TEL_ERROR_INIT;
	tel_metrics *m = NULL;
	tel__budget *budget;
	tel__budget_stats stats;
	tel_buf *buf = NULL;
	tel__dynbuf text;

	(void)state;
	tel__dynbuf_init(&text, &tel__alloc_libc, 1 << 20);
	tel__dynbuf_puts(&text, "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"histogram\":{\"dataPoints\":[{\"explicitBounds\":[0");
	for (unsigned i = 1; i < 1000; i++)
		tel__dynbuf_puts(&text, ",0");
	tel__dynbuf_puts(&text, "]}]}}]}]}]}");
	/* 2 KB of zeros become 8 KB */
	assert_int_equal(tel_otlp_json_decode(tel__dynbuf_get(&text), NULL, &m, NULL, &err), TEL_OK);
	tel_metrics_free(m);
	m = NULL;
	opts.max_bytes = 4096;
	assert_int_equal(tel_otlp_json_decode(tel__dynbuf_get(&text), &opts, &m, NULL, &err), TEL_ERR_LIMIT);
	assert_string_equal(err.msg, "JSON: needs more than 4096 bytes as protobuf");
	assert_null(m);
	/* the budget is charged for what the result keeps, and refuses before memory is taken */
	assert_int_equal(tel__budget_new(NULL, 16384, &budget), TEL_OK);
	read.budget = budget;
	assert_int_equal(tel__otlp_json_read(tel__dynbuf_get(&text), &read, &buf, &err), TEL_OK);
	tel__budget_get(budget, &stats);
	assert_int_equal(stats.reserved, tel_buf_get(buf).len);
	tel_buf_unref(buf);
	tel__budget_set_limit(budget, 4096);
	assert_int_equal(tel__otlp_json_read(tel__dynbuf_get(&text), &read, &buf, &err), TEL_ERR_BUDGET);
	tel__budget_get(budget, &stats);
	assert_int_equal(stats.reserved, 0);
	tel__budget_unref(budget);
	tel__dynbuf_fini(&text);
}

static void bad_arguments_are_refused(void **state)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_metrics *m = NULL;

	(void)state;
	assert_int_equal(tel_otlp_json_decode((tel_slice){ NULL, 1 }, NULL, &m, NULL, NULL), TEL_ERR_ARG);
	assert_int_equal(tel_otlp_json_decode(TEL_SLICE_LIT("{}"), NULL, NULL, NULL, NULL), TEL_ERR_ARG);
	assert_int_equal(tel_otlp_json_decode((tel_slice){ NULL, 0 }, NULL, &m, NULL, NULL), TEL_ERR_MALFORMED);
	opts.flags = TEL_OTLP_TRUSTED;
	assert_int_equal(tel_otlp_json_decode(TEL_SLICE_LIT("{}"), &opts, &m, NULL, NULL), TEL_ERR_ARG);
	opts.flags = 0;
	opts.max_depth = 65;
	assert_int_equal(tel_otlp_json_decode(TEL_SLICE_LIT("{}"), &opts, &m, NULL, NULL), TEL_ERR_ARG);
	assert_null(m);
}

static void strict_json_is_what_the_specification_allows(void **state)
{
	static const struct {
		const char *text, *why; /* NULL: taken in either mode */
	} rows[] = {
		{ "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"a\",\"unknown_key\":1}]}]}]}", NULL },
		{ "{\"resource_metrics\":[]}", "JSON: resourceMetrics: keys are lowerCamelCase at line 1, column 2" },
		{ "{\"resourceMetrics\":[{\"schema_url\":\"u\"}]}", "JSON: schemaUrl: keys are lowerCamelCase at line 1, column 22" },
		{ "{\"resourceMetrics\":[],\"resourceMetrics\":[]}", "JSON: resourceMetrics: the key comes twice at line 1, column 23" },
		{ "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"sum\":{\"aggregationTemporality\":"
		  "\"AGGREGATION_TEMPORALITY_DELTA\"}}]}]}]}", "JSON: aggregationTemporality: enums are numbers at line 1, column 83" },
		{ "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"sum\":{\"aggregationTemporality\":1}}]}]}]}", NULL },
		{ "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"gauge\":{\"dataPoints\":[{\"timeUnixNano\":\"5\","
		  "\"asInt\":\"7\",\"attributes\":[{\"key\":\"k\",\"value\":{\"stringValue\":null}}]}]}}]}]}]}", NULL },
	};
	tel_otlp_decode_opts strict = TEL_OTLP_DECODE_OPTS_INIT;

	(void)state;
	strict.flags = TEL_OTLP_STRICT_JSON;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		tel_error err = TEL_ERROR_INIT;
		tel_metrics *m = NULL;
		tel_err code = tel_otlp_json_decode(tel__slice_str(rows[i].text), &strict, &m, NULL, &err);

		if (code != (rows[i].why ? TEL_ERR_MALFORMED : TEL_OK) || (rows[i].why && strcmp(err.msg, rows[i].why) != 0))
			fail_msg("row %zu: %s", i, err.msg);
		tel_metrics_free(m);
		m = NULL;
		assert_int_equal(tel_otlp_json_decode(tel__slice_str(rows[i].text), NULL, &m, NULL, NULL), TEL_OK);
		tel_metrics_free(m);
	}
}

static void what_is_decoded_is_charged_until_it_goes(void **state)
{
	static const char text[] = "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"a metric with some name\"}]}]}]}";
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_budget_state b = TEL_BUDGET_STATE_INIT;
	tel_metrics *m = NULL, *binary = NULL;
	tel_error err = TEL_ERROR_INIT;
	tel_buf *bytes;

	(void)state;
	assert_int_equal(tel_budget_new(NULL, 64 * 1024, &opts.budget), TEL_OK);
	assert_int_equal(tel_otlp_json_decode(TEL_SLICE_LIT(text), &opts, &m, NULL, &err), TEL_OK);
	assert_int_equal(tel_budget_get(opts.budget, &b), TEL_OK);
	assert_true(b.reserved_bytes > 0 && b.limit_bytes == 64 * 1024);
	assert_int_equal(tel_otlp_encode(m, &bytes, NULL), TEL_OK);
	assert_int_equal(tel_otlp_decode(bytes, &opts, &binary, NULL, NULL), TEL_OK);
	size_t one = b.reserved_bytes;
	assert_int_equal(tel_budget_get(opts.budget, &b), TEL_OK);
	assert_true(b.reserved_bytes > one);
	tel_metrics_free(binary);
	tel_metrics_free(m);
	tel_buf_unref(bytes);
	assert_int_equal(tel_budget_get(opts.budget, &b), TEL_OK);
	assert_int_equal(b.reserved_bytes, 0);
	assert_true(b.peak_bytes > 0 && b.refused == 0);
	tel_budget_unref(opts.budget);
	/* no room: nothing is kept, and the caller is told */
	assert_int_equal(tel_budget_new(NULL, 16, &opts.budget), TEL_OK);
	m = NULL;
	assert_int_equal(tel_otlp_json_decode(TEL_SLICE_LIT(text), &opts, &m, NULL, &err), TEL_ERR_BUDGET);
	assert_null(m);
	assert_int_equal(tel_budget_get(opts.budget, &b), TEL_OK);
	assert_int_equal(b.reserved_bytes, 0);
	assert_true(b.refused > 0);
	assert_int_equal(tel_budget_get(opts.budget, NULL), TEL_ERR_ARG);
	b.size = 0;
	assert_int_equal(tel_budget_get(opts.budget, &b), TEL_ERR_ARG);
	assert_int_equal(tel_budget_new(NULL, 0, NULL), TEL_ERR_ARG);
	tel_budget_unref(opts.budget);
	tel_budget_unref(tel_budget_ref(NULL));
}

static void errors_tell_where_they_are(void **state)
{
	tel_error err = TEL_ERROR_INIT;
	tel_metrics *m = NULL;

	(void)state;
	assert_int_equal(tel_otlp_json_decode(TEL_SLICE_LIT("{\n\"resourceMetrics\": [\n  {\"schemaUrl\": 7}]}"), NULL, &m, NULL, &err),
	                 TEL_ERR_MALFORMED);
	assert_int_equal(err.line, 3);
	assert_int_equal(err.column, 17);
	assert_int_equal(err.offset, 39);
	assert_string_equal(err.msg, "JSON: schemaUrl: wants a string at line 3, column 17");
}

static tel_err decode_escaped(const tel_alloc *alloc, void *user)
{
	static const char text[] = VALUE("{\"stringValue\":\"\\n\\u00e9\"}");
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_metrics *m = NULL;
	tel_err e;

	(void)user;
	opts.alloc = alloc;
	e = tel_otlp_json_decode(TEL_SLICE_LIT(text), &opts, &m, NULL, NULL);
	assert_true(e == TEL_OK ? m != NULL : m == NULL);
	tel_metrics_free(m);
	return e;
}

static void each_allocation_may_fail(void **state)
{
	(void)state;
	torture_alloc(decode_escaped, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_and_null_members_are_absent),
		cmocka_unit_test(keys_are_camel_case_or_snake_case),
		cmocka_unit_test(unknown_keys_are_skipped),
		cmocka_unit_test(integers_are_strings_or_numbers),
		cmocka_unit_test(doubles_are_numbers_or_words),
		cmocka_unit_test(enums_are_numbers_or_names),
		cmocka_unit_test(ids_are_hex_and_bytes_are_base64),
		cmocka_unit_test(text_is_utf8_and_escapes_are_read),
		cmocka_unit_test(keys_that_come_twice_follow_protobufs_rule),
		cmocka_unit_test(lists_hold_what_they_are_lists_of),
		cmocka_unit_test(values_nest_as_deep_as_in_protobuf),
		cmocka_unit_test(memory_is_bounded_by_max_bytes_and_the_budget),
		cmocka_unit_test(bad_arguments_are_refused),
		cmocka_unit_test(strict_json_is_what_the_specification_allows),
		cmocka_unit_test(what_is_decoded_is_charged_until_it_goes),
		cmocka_unit_test(errors_tell_where_they_are),
		cmocka_unit_test(each_allocation_may_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
