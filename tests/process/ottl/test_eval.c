/* SPDX-License-Identifier: Apache-2.0 */
/* What statements make of a point: values of expressions, errors and bounds. The recorded cases are in test_cases. */
#include <telemetry/otlp.h>
#include <telemetry/ottl.h>

#include "seams/cm.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dynbuf.h"
#include "base/slice_i.h"
#include "codec/otlp_json_write.h"

#define POINT(n) "{\"timeUnixNano\":\"1\",\"asInt\":\"" #n "\",\"attributes\":[{\"key\":\"s\",\"value\":{\"stringValue\":\"a-b-c\"}}," \
	"{\"key\":\"n\",\"value\":{\"intValue\":\"7\"}}]}"
#define BATCH "{\"resourceMetrics\":[{\"resource\":{\"attributes\":[{\"key\":\"r\",\"value\":{\"stringValue\":\"one\"}}]},\"scopeMetrics\":[{" \
	"\"metrics\":[{\"name\":\"m\",\"gauge\":{\"dataPoints\":[" POINT(1) "," POINT(2) "]}}]}]}]}"

static tel_metrics *batch(const char *json)
{
	tel_metrics *m = NULL;
	tel_error err = TEL_ERROR_INIT;

	if (tel_otlp_json_decode(tel__slice_str(json), NULL, &m, NULL, &err))
		fail_msg("%s", err.msg);
	return m;
}

/* Runs one statement, and gives the batch as JSON. */
static tel_err run(const char *statement, const char *condition, tel_ottl_error_mode mode, tel__dynbuf *json,
                   tel_ottl_result *ret_result, tel_error *err)
{
	tel_ottl_eval_opts opts = TEL_OTTL_EVAL_OPTS_INIT;
	tel_slice s = tel__slice_str(statement), c = condition ? tel__slice_str(condition) : s;
	tel_ottl_program *program = NULL;
	tel_metrics *m = batch(BATCH);
	tel_err rc;

	opts.error_mode = mode;
	opts.unix_ns = 1700000000000000000u;
	if (tel_ottl_compile(&s, 1, condition ? &c : NULL, condition ? 1 : 0, NULL, &program, NULL, err))
		fail_msg("%s: %s", statement, err->msg);
	rc = tel_ottl_eval(program, m, &opts, ret_result, err);
	tel_ottl_program_unref(program);
	assert_ok(tel__otlp_json_write(m, json));
	tel__dynbuf_byte(json, '\0');
	tel_metrics_free(m);
	return rc;
}

/* What stands under "x" after set(attributes["x"], expression), as OTLP/JSON. */
static void expressions_have_the_values_of_the_collector(void **state)
{
	static const struct {
		const char *expression, *value;
	} rows[] = {
		{ "1 + 2 * 3", "{\"intValue\":\"7\"}" },
		{ "(1 + 2) * 3", "{\"intValue\":\"9\"}" },
		{ "7 / 2", "{\"intValue\":\"3\"}" },
		{ "7.0 / 2.0", "{\"doubleValue\":3.5}" },
		{ "datapoint.attributes[\"n\"]", "{\"intValue\":\"7\"}" },
		{ "resource.attributes[\"r\"]", "{\"stringValue\":\"one\"}" },
		{ "metric.name", "{\"stringValue\":\"m\"}" },
		{ "Concat([\"a\", 1, true, 2.5], \"/\")", "{\"stringValue\":\"a/1/true/2.5\"}" },
		{ "ConvertCase(\"some name\", \"upper\")", "{\"stringValue\":\"SOME NAME\"}" },
		{ "Split(datapoint.attributes[\"s\"], \"-\")", "{\"arrayValue\":{\"values\":[{\"stringValue\":\"a\"},{\"stringValue\":\"b\"},{\"stringValue\":\"c\"}]}}" },
		{ "Split(datapoint.attributes[\"s\"], \"-\")[1]", "{\"stringValue\":\"b\"}" },
		{ "Len(datapoint.attributes[\"s\"])", "{\"intValue\":\"5\"}" },
		{ "Substring(datapoint.attributes[\"s\"], 2, 3)", "{\"stringValue\":\"b-c\"}" },
		{ "Int(\"0012\")", "{\"intValue\":\"12\"}" },
		{ "Double(\"1e3\")", "{\"doubleValue\":1000}" },
		{ "IsMatch(datapoint.attributes[\"s\"], \"^a-.-c$\")", "{\"boolValue\":true}" },
		{ "IsMatch(datapoint.attributes[\"s\"], \"^b\")", "{\"boolValue\":false}" },
		{ "HasPrefix(datapoint.attributes[\"s\"], \"a-\")", "{\"boolValue\":true}" },
		{ "UnixSeconds(Now())", "{\"intValue\":\"1700000000\"}" },
		{ "ParseJSON(\"{\\\"k\\\": [1, null]}\")",
		  "{\"kvlistValue\":{\"values\":[{\"key\":\"k\",\"value\":{\"arrayValue\":{\"values\":[{\"doubleValue\":1},{}]}}}]}}" },
		/* a key that comes again: the last one, wherever it stands */
		{ "ParseJSON(\"{\\\"k\\\": 1, \\\"l\\\": {\\\"i\\\": 1, \\\"i\\\": 2}, \\\"k\\\": 3}\")",
		  "{\"kvlistValue\":{\"values\":[{\"key\":\"l\",\"value\":{\"kvlistValue\":{\"values\":[{\"key\":\"i\",\"value\":{\"doubleValue\":2}}]}}},"
		  "{\"key\":\"k\",\"value\":{\"doubleValue\":3}}]}}" },
		{ "ParseKeyValue(\"a=1 b=2 a=3\")",
		  "{\"kvlistValue\":{\"values\":[{\"key\":\"b\",\"value\":{\"stringValue\":\"2\"}},{\"key\":\"a\",\"value\":{\"stringValue\":\"3\"}}]}}" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char statement[512], expected[512];
		tel_error err = TEL_ERROR_INIT;
		tel__dynbuf json;

		snprintf(statement, sizeof(statement), "set(datapoint.attributes[\"x\"], %s)", rows[i].expression);
		tel__dynbuf_init(&json, NULL, 1 << 20);
		if (run(statement, NULL, TEL_OTTL_PROPAGATE, &json, NULL, &err))
			fail_msg("%s: %s", statement, err.msg);
		snprintf(expected, sizeof(expected), "{\"key\":\"x\",\"value\":%s}", rows[i].value);
		if (!strstr(tel__dynbuf_get(&json).ptr, expected))
			fail_msg("%s: %s", statement, tel__dynbuf_get(&json).ptr);
		tel__dynbuf_fini(&json);
	}
}

/* What was looked up before an edit is not what stands there after it, within a statement and from one to the next. */
static void what_is_read_twice_is_what_stands_there(void **state)
{
	static const char *const statements[] = {
		"set(datapoint.attributes[\"t\"], datapoint.attributes[\"s\"])",
		"set(datapoint.attributes[\"s\"], \"z\") where datapoint.attributes[\"s\"] == \"a-b-c\"",
		"set(datapoint.attributes[\"x\"], Concat([datapoint.attributes[\"s\"], datapoint.attributes[\"t\"]], \"\"))",
		"delete_key(datapoint.attributes, \"t\") where datapoint.attributes[\"s\"] == \"z\" and resource.attributes[\"r\"] == \"one\"",
		"set(resource.attributes[\"r\"], \"two\") where datapoint.attributes[\"t\"] == nil",
		"set(datapoint.attributes[\"y\"], resource.attributes[\"r\"])",
	};
	static const char *const expected[] = {
		"{\"key\":\"s\",\"value\":{\"stringValue\":\"z\"}}", "{\"key\":\"x\",\"value\":{\"stringValue\":\"za-b-c\"}}",
		"{\"key\":\"y\",\"value\":{\"stringValue\":\"two\"}}",
	};
	enum { COUNT = sizeof(statements) / sizeof(statements[0]) };
	tel_slice texts[COUNT];
	tel_ottl_program *program = NULL;
	tel_error err = TEL_ERROR_INIT;
	tel_metrics *m = batch(BATCH);
	tel__dynbuf json;

	(void)state;
	for (size_t i = 0; i < COUNT; i++)
		texts[i] = tel__slice_str(statements[i]);
	assert_ok(tel_ottl_compile(texts, COUNT, NULL, 0, NULL, &program, NULL, &err));
	if (tel_ottl_eval(program, m, NULL, NULL, &err))
		fail_msg("%s", err.msg);
	tel__dynbuf_init(&json, NULL, 1 << 20);
	assert_ok(tel__otlp_json_write(m, &json));
	tel__dynbuf_byte(&json, '\0');
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		const char *first = strstr(tel__dynbuf_get(&json).ptr, expected[i]);

		if (!first || !strstr(first + 1, expected[i])) /* in the second point, too */
			fail_msg("%s in %s", expected[i], tel__dynbuf_get(&json).ptr);
	}
	tel__dynbuf_fini(&json);
	tel_ottl_program_unref(program);
	tel_metrics_free(m);
}

/* A statement that fails says which and why; the error mode decides what becomes of the rest. */
static void failures_follow_the_error_mode(void **state)
{
	static const char statement[] = "set(datapoint.attributes[\"x\"], Int(\"a\") + 1)";
	static const struct {
		tel_ottl_error_mode mode;
		tel_err rc;
		uint64_t failed;
	} rows[] = { { TEL_OTTL_PROPAGATE, TEL_ERR_REFUSED, 0 }, { TEL_OTTL_IGNORE, TEL_OK, 2 }, { TEL_OTTL_SILENT, TEL_OK, 2 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tel_ottl_result result = TEL_OTTL_RESULT_INIT;
		tel_error err = TEL_ERROR_INIT;
		tel__dynbuf json;

		tel__dynbuf_init(&json, NULL, 1 << 20);
		assert_int_equal(run(statement, NULL, rows[i].mode, &json, &result, &err), rows[i].rc);
		assert_true((rows[i].rc != TEL_OK) == (strstr(err.msg, statement) != NULL));
		assert_null(strstr(tel__dynbuf_get(&json).ptr, "\"x\""));
		if (rows[i].rc == TEL_OK)
			assert_int_equal(result.failed, rows[i].failed);
		tel__dynbuf_fini(&json);
	}
}

/* A text that is put between all letters of itself, again and again: an error of the statement before memory is gone, and the
 * point keeps what it had. */
static void growth_is_bounded(void **state)
{
	static char filler[4096], statement[8192];
	tel_ottl_eval_opts opts = TEL_OTTL_EVAL_OPTS_INIT;
	tel_ottl_program *program = NULL;
	tel_error err = TEL_ERROR_INIT;
	tel_metrics *m = batch(BATCH);
	tel_err rc = TEL_OK;
	unsigned rounds = 0;
	tel__dynbuf json;
	tel_slice s;

	(void)state;
	memset(filler, 'y', sizeof(filler) - 1);
	snprintf(statement, sizeof(statement), "replace_pattern(datapoint.attributes[\"s\"], \"\", \"%s\")", filler);
	s = tel__slice_str(statement);
	assert_ok(tel_ottl_compile(&s, 1, NULL, 0, NULL, &program, NULL, &err));
	while (rc == TEL_OK && rounds++ < 64)
		rc = tel_ottl_eval(program, m, &opts, NULL, &err);
	assert_true(rc == TEL_ERR_REFUSED && rounds == 2 && strstr(err.msg, "MiB"));
	tel__dynbuf_init(&json, NULL, 1 << 20);
	assert_ok(tel__otlp_json_write(m, &json));
	assert_true(json.len > 6 * sizeof(filler) && json.len < 20 * sizeof(filler));
	tel__dynbuf_fini(&json);
	tel_ottl_program_unref(program);
	tel_metrics_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expressions_have_the_values_of_the_collector),
		cmocka_unit_test(what_is_read_twice_is_what_stands_there),
		cmocka_unit_test(failures_follow_the_error_mode),
		cmocka_unit_test(growth_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
