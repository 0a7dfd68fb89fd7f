/* SPDX-License-Identifier: Apache-2.0 */
/* Names, arguments, paths and contexts of OTTL: what is taken, and what is said of the rest. */
#include <telemetry/ottl.h>

#include "seams/cm.h"

#include <stdio.h>
#include <string.h>

#include "base/slice_i.h"
#include "process/ottl/names.h"
#include "torture/torture.h"

enum { TEXTS_MAX = 4 };

typedef struct row {
	const char *statements[TEXTS_MAX], *conditions[TEXTS_MAX];
	tel_ottl_context context; /* that is found */
	const char *message;      /* NULL: taken */
} row;

static size_t slices(const char *const *texts, tel_slice *ret)
{
	size_t n = 0;

	for (; n < TEXTS_MAX && texts[n]; n++)
		ret[n] = tel__slice_str(texts[n]);
	return n;
}

static tel_err check(const row *r, const tel_ottl_opts *opts, tel_ottl_context *ret_context, char *ret_message, size_t cap)
{
	tel_slice statements[TEXTS_MAX], conditions[TEXTS_MAX];
	size_t n = slices(r->statements, statements), m = slices(r->conditions, conditions);
	tel_error err = TEL_ERROR_INIT;
	tel_buf *message = NULL;
	tel_err rc = tel_ottl_check_group(statements, n, conditions, m, opts, ret_context, &message, &err);

	snprintf(ret_message, cap, "%s", "taken");
	if (rc != TEL_OK) {
		tel_slice whole = tel_buf_get(message);

		assert_true(err.code == rc && strncmp(err.msg, whole.ptr, strlen(err.msg)) == 0);
		snprintf(ret_message, cap, TEL_SLICE_FMT, TEL_SLICE_ARG(whole));
		tel_buf_unref(message);
	}
	return rc;
}

static void check_rows(const row *rows, size_t n, const tel_ottl_opts *opts)
{
	for (size_t i = 0; i < n; i++) {
		tel_ottl_context context = TEL_OTTL_INFER;
		const char *text = rows[i].statements[0] ? rows[i].statements[0] : rows[i].conditions[0];
		char shown[2048];
		tel_err rc = check(&rows[i], opts, &context, shown, sizeof shown);

		if (!rows[i].message) {
			if (rc != TEL_OK || (rows[i].context && context != rows[i].context))
				fail_msg("%s is %s in context %d", text, shown, (int)context);
		} else if (rc != TEL_ERR_MALFORMED || !strstr(shown, rows[i].message)) {
			fail_msg("%s\n  is told   %s\n  and not   %s", text, shown, rows[i].message);
		}
	}
}

#define CHECK(rows, opts) check_rows(rows, sizeof(rows) / sizeof(rows)[0], opts)
#define S(...) .statements = { __VA_ARGS__ }
#define C(...) .conditions = { __VA_ARGS__ }
#define IN(c) .context = TEL_OTTL_##c
#define BAD(text) .message = text

static const tel_ottl_opts pipeline_filter = { sizeof pipeline_filter, NULL, TEL_OTTL_PIPELINE_FILTER, TEL_OTTL_INFER, false, NULL };
static const tel_ottl_opts filter = { sizeof filter, NULL, TEL_OTTL_FILTER, TEL_OTTL_INFER, false, NULL };

/* kyma-metrics.md 6.6 */
static void pipeline_vectors_of_filters_hold(void **state)
{
	static const row rows[] = {
		{ C("metric.name == \"http_requests_total\"", "metric.type == 1", "metric.unit == \"ms\""), IN(METRIC) },
		{ C("datapoint.value_int > 100", "datapoint.time_unix_nano != nil", "datapoint.exemplars != nil"), IN(DATAPOINT) },
		{ C("datapoint.attributes[\"service.name\"] == \"auth-service\""), IN(DATAPOINT) },
		{ C("metric.name == \"http_requests_total\" and datapoint.value_int > 100"), IN(DATAPOINT) },
		{ C("scope.name == \"io.opentelemetry.contrib.mongodb\""), IN(SCOPE) },
		{ C("resource.attributes[\"service.name\"] == \"auth-service\""), IN(RESOURCE) },
		{ C(NULL) },
		{ C("attributes[\"service.name\"] == \"auth-service\""),
		  BAD("unable to infer context from conditions, path's first segment must be a valid context name: [\"metric\" \"datapoint\" "
		      "\"resource\" \"scope\"], and at least one context must be capable of parsing all conditions: "
		      "[\"attributes[\\\"service.name\\\"] == \\\"auth-service\\\"\"]") },
		{ C("datapoint.value > 100"), BAD("segment \"value\" from path \"datapoint.value\" is not a valid path nor a valid OTTL keyword "
		  "for the datapoint context - review https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/pkg/ottl/"
		  "contexts/ottldatapoint to see all valid paths") },
		{ C("metric.invalid == \"value\""), BAD("unable to parse OTTL condition \"metric.invalid == \\\"value\\\"\": segment \"invalid\"") },
		{ C("datapoint.invalid == \"value\""), BAD("segment \"invalid\"") },
		{ C("resource.invalid[\"service.name\"] == \"x\""), BAD("segment \"invalid\" from path \"resource.invalid[service.name]\"") },
		{ C("invalid_func(metric.name) == \"x\""), BAD("converter names must start with an uppercase letter but got 'invalid_func'") },
		{ C("truncate_all(resource.attributes, 100)"), BAD("condition has invalid syntax: 1:39: unexpected token \"<EOF>\"") },
		{ C("replace_pattern(metric.name, \"a\", \"b\")"), BAD("condition has invalid syntax: ") },
		{ C("HasAttrOnDatapoint(metric, \"environment\", \"production\")"), BAD("unable to infer context from conditions") },
		{ C("HasAttrOnDatapoint(\"environment\", \"production\") and metric.name == \"a\""),
		  BAD("inferred context \"metric\" does not support the function \"HasAttrOnDatapoint\"") },
		{ C("metric.name == \"a"), BAD("condition has invalid syntax: 1:16: lexer: invalid input text \"\\\"a\"") },
		{ C("(metric.name == \"a\""), BAD("condition has invalid syntax: ") },
		{ C("log.body == \"a\""), BAD("context \"log\" inferred from the conditions [\"log.body == \\\"a\\\"\"] is not a supported context: ") },
		{ C("IsMatch(log.body, \"a\")"), BAD("inferred context \"log\" is not a valid candidate") },
		{ C("metric.nam == \"a\"", "metric.name = 1"), BAD("; did you mean \"name\"?\ncondition has invalid syntax: 1:13: unexpected token \"=\"") },
	};

	(void)state;
	CHECK(rows, &pipeline_filter);
}

static void pipeline_vectors_of_transforms_hold(void **state)
{
	static const row rows[] = {
		{ C("metric.name == \"a\""), S("set(metric.description, \"b\")"), IN(METRIC) },
		{ C("metric.name == \"a\""), IN(METRIC) }, { S("set(metric.description, \"b\")"), IN(METRIC) },
		{ C("datapoint.value_int > 100", "resource.attributes[\"environment\"] == \"prod\""),
		  S("set(datapoint.attributes[\"x\"], \"true\")"), IN(DATAPOINT) },
		{ S("set(log.attributes[\"x\"], \"true\")"),
		  BAD("unable to infer a valid context ([\"metric\" \"datapoint\" \"resource\" \"scope\"]) from statements "
		      "[\"set(log.attributes[\\\"x\\\"], \\\"true\\\")\"] and conditions []: inferred context \"log\" is not a valid candidate") },
		{ C("set(metric.description, \"b\")"), BAD("condition has invalid syntax: 1:29: unexpected token \"<EOF>\"") },
		{ S("metric.name == \"a\""), BAD("statement has invalid syntax: 1:7: unexpected token \".\"") },
		{ S("sset(metric.name, \"a\")"), BAD("inferred context \"metric\" does not support the function \"sset\"; did you mean \"set\"?") },
		{ C("len(metric.name) > 0"), BAD("converter names must start with an uppercase letter but got 'len'") },
		{ C("IisMatch(metric.name, \"a\")"), BAD("does not support the function \"IisMatch\"; did you mean \"IsMatch\"?") },
		{ S("convert_sum_to_gauge()", "limit(datapoint.attributes, 100, [\"host.name\"])"),
		  BAD("inferred context \"datapoint\" does not support the function \"convert_sum_to_gauge\"") },
	};

	(void)state;
	CHECK(rows, NULL);
}

/* otel-processing.md 1.3 */
static void a_group_gets_the_lowest_context_that_it_needs(void **state)
{
	static const row rows[] = {
		{ S("set(metric.name, \"a\") where datapoint.value_int > 1 and metric.name == \"a\""), IN(DATAPOINT) },
		{ S("set(resource.attributes[\"a\"], 1)"), C("resource.attributes[\"a\"] == nil"), IN(RESOURCE) },
		{ S("set(resource.attributes[\"a\"], 1)"), C("scope.name == \"a\""), IN(SCOPE) },
		{ S("set(resource.attributes[\"x\"], 1) where metric.type == METRIC_DATA_TYPE_SUM"), IN(METRIC) },
		{ S("set(resource.attributes[\"a\"], METRIC_DATA_TYPE_SUM)"), IN(DATAPOINT) },
		{ S("convert_sum_to_gauge() where metric.name == \"x\""), IN(METRIC) },
		{ S("convert_sum_to_gauge()"), C("metric.name == \"a\""), IN(METRIC) },
		{ S("convert_summary_sum_val_to_sum(\"delta\", true) where metric.name == \"x\""), IN(DATAPOINT) },
		{ S("set(instrumentation_scope.name, metric.name)"), IN(METRIC) },
		{ S("set(metric.name, otelcol.client.metadata[\"k\"][0]) where otelcol.client.auth.attributes[\"x\"] == nil"), IN(METRIC) },
		{ S("convert_sum_to_gauge() where metric.name == \"x\"", "set(datapoint.attributes[\"a\"], 1)"), BAD("inferred context \"datapoint\"") },
		{ S("convert_sum_to_gauge()"), BAD("unable to infer context from statements [\"convert_sum_to_gauge()\"] and conditions [], ") },
		{ S("set(name, \"a\")"), BAD("unable to infer context from statements ") },
		{ S(NULL), BAD("unable to infer context from statements [] and conditions []") },
		{ S("set(instrumentation_scope.name, \"y\")"), BAD("inferred context \"instrumentation_scope\" is not a valid candidate") },
		{ S("set(gauge.name, \"x\")"), BAD("inferred context \"gauge\" is not a valid candidate") },
		{ S("set(otelcol.client.addr, \"x\")"), BAD("inferred context \"otelcol\" is not a valid candidate") },
		{ C("HasAttrKeyOnDatapoint(\"a\") and metric.name == \"b\""), BAD("does not support the function \"HasAttrKeyOnDatapoint\"") },
		{ S("set(metric.description, \"x\") where metric.type == METRIC_DATA_TYPE_COUNTER"),
		  BAD("inferred context \"metric\" does not support the enum symbol \"METRIC_DATA_TYPE_COUNTER\"") },
		{ S("replace_pattern(datapoint.attributes[\"s\"], \"World\", \"x\", SHA256)"),
		  BAD("inferred context \"datapoint\" does not support the enum symbol \"SHA256\"") },
		{ S("set(metric.name, \"a\")", "set(metric.name,, \"b\")", "set(metric.name, \"c\")"),
		  BAD("and conditions []: statement has invalid syntax: 1:16: unexpected token \",\"") },
	};
	static const row filters[] = {
		{ C("HasAttrKeyOnDatapoint(\"a\") and metric.name == \"b\"", "resource.attributes[\"a\"] == 1"), IN(RESOURCE) },
		{ C("HasAttrKeyOnDatapoint(metric.name)"), BAD("error while parsing arguments for call to \"HasAttrKeyOnDatapoint\": invalid "
		  "argument at position 0: must be a string") },
		{ C("HasAttrOnDatapoint(\"a\")"), BAD("unable to infer context from conditions") },
		{ C("metric.name == \"a\"", "metric.name = \"b\""), BAD("condition has invalid syntax: 1:13: unexpected token \"=\"") },
	};

	(void)state;
	CHECK(rows, NULL);
	CHECK(filters, &filter);
}

/* conformance/processors/transform-invalid */
static void arguments_are_counted_named_and_typed(void **state)
{
	static const row rows[] = {
		{ S("set(target=datapoint.attributes[\"o1\"], value=\"x\")",
		    "replace_pattern(target=datapoint.attributes[\"s\"], regexPattern=\"World\", replacement=\"Moon\")",
		    "limit(target=datapoint.attributes, limit=3, priority_keys=[\"o1\"])", "set(datapoint.attributes[\"o2\"], value=5)") },
		{ S("append(datapoint.attributes[\"x\"], values=[1, \"a\", metric.name])", "set(datapoint.time, Now(1, 2))"), IN(DATAPOINT) },
		{ S("replace_pattern(metric.name, \"a\", \"b\", Sha256)"), BAD("call to \"replace_pattern\": undefined function Sha256; did you mean \"SHA256\"?") },
		{ S("replace_pattern(metric.name, \"a\", \"b\", \"SHA256\")"), BAD("call to \"replace_pattern\": invalid function name given") },
		{ S("set(target=metric.name, target=metric.unit)"), BAD("parameter given twice: target") },
		{ S("limit(target=datapoint.attributes, limit=3, limit=3)"), BAD("parameter given twice: limit") },
		{ S("extract_sum_metric(suffix=\"a\") where metric.name == \"a\""), BAD("parameter not given: monotonic") },
		{ S("set(target=metric.name, valeu=\"x\")"), BAD("error while parsing arguments for call to \"set\": no such parameter: valeu") },
		{ S("set(target=metric.name, \"x\")"), BAD("unnamed argument used after named argument") },
		{ S("replace_pattern(target=metric.name, regex=\"a\", replacement=\"b\")"), BAD("no such parameter: regex") },
		{ S("set(datapoint.attributes[\"x\"], Sort([1], orders=\"asc\"))"), BAD("invalid argument at position 1: error while parsing "
		  "arguments for call to \"Sort\": no such parameter: orders") },
		{ S("keep_keys(datapoint.attributes, \"a\")"), BAD("invalid argument at position 1: must be a list of type StringGetter") },
		{ S("keep_keys(datapoint.attributes, [\"a\", 1])"), BAD("error while parsing list argument at index 1: expected string but got int64") },
		{ S("limit(datapoint.attributes, 1.5, [])"), BAD("invalid argument at position 1: must be an int") },
		{ S("limit(datapoint.attributes, -1, [])"), BAD("invalid argument at position 1: must be an int") },
		{ S("limit(datapoint.attributes, (1), [])"), BAD("invalid argument at position 1: must be an int") },
		{ S("limit(datapoint.attributes, 1)"), BAD("incorrect number of arguments. Expected: 3 Received: 2") },
		{ S("set(datapoint.attributes[\"x\"], Substring(datapoint.attributes[\"s\"], 1, 2, true))"),
		  BAD("unable to parse OTTL statement \"set(datapoint.attributes[\\\"x\\\"], Substring(datapoint.attributes[\\\"s\\\"], 1, 2, true))\": "
		      "error while parsing arguments for call to \"set\": invalid argument at position 1: error while parsing arguments for call to "
		      "\"Substring\": incorrect number of arguments. Expected: 3 Received: 4") },
		{ S("set(\"x\", metric.name)"), BAD("invalid argument at position 0: must be a path") },
		{ S("scale_metric(2) where metric.name == \"a\""), BAD("invalid argument at position 0: must be a float") },
		{ S("convert_gauge_to_sum(\"delta\", \"true\") where metric.name == \"a\""), BAD("invalid argument at position 1: must be a bool") },
		{ S("set(metric.name, \"a\") where IsString(1)"), BAD("expected string but got int64") },
		{ S("set(metric.name, \"a\") where HasPrefix(nil, \"a\")"), BAD("expected string but got nil") },
		{ S("set(metric.name, Year(\"2020\"))"), BAD("expected time but got string") },
		{ S("set(metric.name, Keys([1]))"), BAD("expected pcommon.Map but got []interface {}") },
		{ S("set(metric.name, Concat)"), BAD("a function's name is no value") },
		{ S("set(metric.name, metric.unit) where Len(resource.attributes[cache[\"a\"]]) == 1"), BAD("missing context name for path \"cache[a]\", "
		  "possibly valid options are: \"metric.cache[a]\", \"scope.cache[a]\"") },
	};

	(void)state;
	CHECK(rows, NULL);
}

static void paths_are_looked_up_in_their_context(void **state)
{
	static const tel_ottl_opts metric = { sizeof metric, NULL, TEL_OTTL_TRANSFORM, TEL_OTTL_METRIC, false, NULL };
	static const tel_ottl_opts resource = { sizeof resource, NULL, TEL_OTTL_TRANSFORM, TEL_OTTL_RESOURCE, false, NULL };
	static const tel_ottl_opts routing = { sizeof routing, NULL, TEL_OTTL_ROUTING, TEL_OTTL_RESOURCE, true, NULL };
	static const row inferred[] = {
		{ S("set(datapoint.positive.offset, 1) where datapoint.positive != nil and datapoint.negative.bucket_counts != nil") },
		{ S("set(metric.name.first, \"x\")"), BAD("the path section \"first\" was not used by the context - this likely means you are using extra "
		  "path sections") },
		{ S("set(metric.name[\"x\"], \"x\")"), BAD("the keys indexing \"name\" were not used by the context") },
		{ S("set(datapoint.positive.scale, 1)"), BAD("segment \"scale\" from path \"datapoint.positive.scale\"") },
		{ S("set(metric.description, \"x\") where metric.type == metric_data_type_sum"),
		  BAD("missing context name for path \"metric_data_type_sum\", possibly valid options are: \"metric.metric_data_type_sum\"") },
		{ S("set(metric.name, log.body)"), BAD("inferred context \"log\"") },
		{ S("set(metric.name, gauge.body)"), BAD("context \"gauge\" from path \"gauge.body\" is not valid, it must be replaced by one of: \"metric\", "
		  "\"scope\", \"instrumentation_scope\", \"resource\", \"otelcol\"") },
	};
	static const row in_metric[] = {
		{ S("set(name, \"a\")", "set(metric.name, resource.attributes[\"a\"])", "set(cache[\"a\"], 1)", "convert_sum_to_gauge()"), IN(METRIC) },
		{ S("replace_pattern(name, \"a\", \"b\", SHA256)"), C("HasAttrKeyOnDatapoint(\"a\")"), IN(METRIC) },
		{ S("set(datapoint.attributes[\"a\"], 1)"), BAD("segment \"datapoint\" from path \"metric.datapoint.attributes[a]\" is not a valid path") },
		{ S("set(resource.cache[\"a\"], 1)"), BAD("access to cache must be performed using the same context, please replace \"resource.cache[a]\" "
		  "with \"metric.cache[a]\"") },
		{ S("merge_histogram_buckets(1.0)"), BAD("undefined function \"merge_histogram_buckets\"") },
		{ S("set(name, FLAG_NONE)"), BAD("enum symbol, FLAG_NONE, not found") },
		{ S("set()", "set(name,)"), BAD("unable to parse OTTL statement \"set()\": error while parsing arguments for call to \"set\": incorrect "
		  "number of arguments. Expected: 2 Received: 0\nunable to parse OTTL statement \"set(name,)\": statement has invalid syntax: 1:9: ") },
	};
	static const row in_resource[] = {
		{ S("set(attributes[\"a\"], metric.name)"), BAD("segment \"metric\" from path \"resource.metric.name\"") },
		{ S("set(attributes[\"a\"], FOO)"), BAD("resource context does not provide Enum support") },
	};
	static const row in_routing[] = {
		{ S("route() where attributes[\"a\"] == 1 and resource.attributes[\"b\"] == nil", "delete_key(attributes, \"a\")"), IN(RESOURCE) },
		{ S("route() where metric.name == \"a\""), BAD("segment \"metric\" from path \"metric.name\" is not a valid path") },
		{ S("set(attributes[\"a\"], 1)"), BAD("undefined function \"set\"") },
	};

	(void)state;
	CHECK(inferred, NULL);
	CHECK(in_metric, &metric);
	CHECK(in_resource, &resource);
	CHECK(in_routing, &routing);
}

static void one_text_is_checked_with_its_position(void **state)
{
	tel_ottl_opts opts = TEL_OTTL_OPTS_INIT;
	tel_error err = TEL_ERROR_INIT;

	(void)state;
	assert_int_equal(tel_ottl_check(TEL_SLICE_LIT("set(metric.name, \"a\")"), TEL_OTTL_STATEMENT, NULL, &err), TEL_OK);
	assert_int_equal(tel_ottl_check(TEL_SLICE_LIT("metric.name == 1"), TEL_OTTL_CONDITION, NULL, NULL), TEL_OK);
	assert_int_equal(tel_ottl_check(TEL_SLICE_LIT("Concat([metric.name], \"\")"), TEL_OTTL_VALUE, NULL, NULL), TEL_OK);
	assert_int_equal(tel_ottl_check(TEL_SLICE_LIT("metric.name ==\n  \"\xc3\xa9\" ,"), TEL_OTTL_CONDITION, NULL, &err), TEL_ERR_MALFORMED);
	assert_true(err.line == 2 && err.column == 8 && strstr(err.msg, ": 2:7: unexpected token \",\""));
	opts.prefix_optional = true;
	assert_int_equal(tel_ottl_check(TEL_SLICE_LIT("a == 1"), TEL_OTTL_CONDITION, &opts, &err), TEL_ERR_ARG);
	opts.context = TEL_OTTL_METRIC;
	assert_int_equal(tel_ottl_check(TEL_SLICE_LIT("name == 1"), TEL_OTTL_CONDITION, &opts, &err), TEL_OK);
	opts.place = (tel_ottl_place)9;
	assert_int_equal(tel_ottl_check(TEL_SLICE_LIT("name == 1"), TEL_OTTL_CONDITION, &opts, &err), TEL_ERR_ARG);
	assert_int_equal(tel_ottl_check(TEL_SLICE_LIT("name == 1"), (tel_ottl_kind)3, NULL, &err), TEL_ERR_ARG);
}

/* The evaluator and the check find rows by name: two of one name would hide one. */
static void every_function_and_path_stands_once(void **state)
{
	size_t functions, paths;
	const tel__ottl_function *f = tel__ottl_functions(&functions);
	const tel__ottl_path *p = tel__ottl_paths(&paths);

	(void)state;
	for (size_t i = 0; i < functions; i++) {
		bool optional = false;

		for (size_t k = 0; k < tel__ottl_param_count(&f[i]); k++) {
			assert_true(f[i].params[k].optional >= optional);
			optional = f[i].params[k].optional;
		}
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(f[i].name, f[k].name);
	}
	for (size_t i = 0; i < paths; i++)
		for (size_t k = 0; k < i; k++)
			assert_false(p[i].context == p[k].context && strcmp(p[i].name, p[k].name) == 0 && (!p[i].second || !p[k].second ||
			             strcmp(p[i].second, p[k].second) == 0) && !p[i].second == !p[k].second);
}

static tel_err group_scenario(const tel_alloc *alloc, void *user)
{
	const tel_slice statements[] = { TEL_SLICE_LIT("set(metric.name, Concat([metric.unit, \"\\n\"], \"-\"))"),
		                             TEL_SLICE_LIT("set(metric.nam, \"x\")") };
	const tel_slice conditions[] = { TEL_SLICE_LIT("IsMatch(metric.name, \"a\")") };
	bool *bad = user;
	tel_ottl_opts opts = TEL_OTTL_OPTS_INIT;
	tel_ottl_context context = TEL_OTTL_INFER;
	tel_buf *message = NULL;
	tel_err rc;

	opts.alloc = alloc;
	rc = tel_ottl_check_group(statements, *bad ? 2 : 1, conditions, 1, &opts, &context, &message, NULL);
	assert_true(rc == TEL_ERR_NOMEM || rc == (*bad ? TEL_ERR_MALFORMED : TEL_OK));
	assert_int_equal(context, rc == TEL_OK ? TEL_OTTL_METRIC : TEL_OTTL_INFER);
	tel_buf_unref(message);
	return rc == TEL_ERR_MALFORMED ? TEL_OK : rc;
}

static void a_check_survives_each_lost_allocation(void **state)
{
	bool bad = false;

	(void)state;
	torture_alloc(group_scenario, &bad);
	bad = true;
	torture_alloc(group_scenario, &bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pipeline_vectors_of_filters_hold),
		cmocka_unit_test(pipeline_vectors_of_transforms_hold),
		cmocka_unit_test(a_group_gets_the_lowest_context_that_it_needs),
		cmocka_unit_test(arguments_are_counted_named_and_typed),
		cmocka_unit_test(paths_are_looked_up_in_their_context),
		cmocka_unit_test(one_text_is_checked_with_its_position),
		cmocka_unit_test(every_function_and_path_stands_once),
		cmocka_unit_test(a_check_survives_each_lost_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
