/* SPDX-License-Identifier: Apache-2.0 */
#include "base/nearest.h"
#include "base/slice_i.h"
#include "process/ottl/names.h"

/* Parameters carry the names that a named argument uses. */
#define NEED(name, kind) { name, TEL__OTTL_P_##kind, false }
#define MAY(name, kind) { name, TEL__OTTL_P_##kind, true }
#define TARGET NEED("target", PATH)
#define REPLACING NEED("replacement", STR), MAY("function", FUNCTION), MAY("replacement_format", STR)

static const tel__ottl_function functions[] = {
	/* 3.2 */
	{ "set", { TARGET, NEED("value", ANY) }, TEL__OTTL_F_EDITOR },
	{ "delete_key", { TARGET, NEED("key", STR) }, TEL__OTTL_F_ROUTING_EDITOR },
	{ "delete_matching_keys", { TARGET, NEED("pattern", STR) }, TEL__OTTL_F_ROUTING_EDITOR },
	{ "keep_keys", { TARGET, NEED("keys", LIST_STR) }, TEL__OTTL_F_EDITOR },
	{ "keep_matching_keys", { TARGET, NEED("pattern", STR) }, TEL__OTTL_F_EDITOR },
	{ "limit", { TARGET, NEED("limit", LIT_INT), NEED("priority_keys", LIST_LIT_STRING) }, TEL__OTTL_F_EDITOR },
	{ "truncate_all", { TARGET, NEED("limit", LIT_INT), MAY("utf8_safe", LIT_BOOL) }, TEL__OTTL_F_EDITOR },
	{ "replace_pattern", { TARGET, NEED("regex_pattern", STR), REPLACING }, TEL__OTTL_F_EDITOR },
	{ "replace_all_patterns", { TARGET, NEED("mode", LIT_STRING), NEED("regex_pattern", STR), REPLACING }, TEL__OTTL_F_EDITOR },
	{ "replace_match", { TARGET, NEED("pattern", STR), REPLACING }, TEL__OTTL_F_EDITOR },
	{ "replace_all_matches", { TARGET, NEED("pattern", STR), REPLACING }, TEL__OTTL_F_EDITOR },
	{ "merge_maps", { TARGET, NEED("source", MAP), NEED("strategy", LIT_STRING) }, TEL__OTTL_F_EDITOR },
	{ "flatten", { TARGET, MAY("prefix", LIT_STRING), MAY("depth", LIT_INT), MAY("resolve_conflicts", LIT_BOOL) }, TEL__OTTL_F_EDITOR },
	{ "append", { TARGET, MAY("value", ANY), MAY("values", LIST_ANY) }, TEL__OTTL_F_LIST_EDITOR },
	{ "delete_index", { TARGET, NEED("start_index", INT), MAY("end_index", INT) }, TEL__OTTL_F_LIST_EDITOR },
	{ "route", { { 0 } }, TEL__OTTL_F_ROUTE },
	/* 3.3 */
	{ "convert_sum_to_gauge", { { 0 } }, TEL__OTTL_F_METRIC },
	{ "convert_gauge_to_sum", { NEED("string_agg_temp", LIT_STRING), NEED("monotonic", LIT_BOOL) }, TEL__OTTL_F_METRIC },
	{ "extract_sum_metric", { NEED("monotonic", LIT_BOOL), MAY("suffix", LIT_STRING) }, TEL__OTTL_F_METRIC },
	{ "extract_count_metric", { NEED("monotonic", LIT_BOOL), MAY("suffix", LIT_STRING) }, TEL__OTTL_F_METRIC },
	{ "convert_summary_quantile_val_to_gauge", { MAY("attribute_key", LIT_STRING), MAY("suffix", LIT_STRING) }, TEL__OTTL_F_METRIC },
	{ "copy_metric", { MAY("name", STR), MAY("description", STR), MAY("unit", STR) }, TEL__OTTL_F_METRIC },
	{ "scale_metric", { NEED("multiplier", LIT_FLOAT), MAY("unit", STR) }, TEL__OTTL_F_METRIC },
	{ "aggregate_on_attributes", { NEED("aggregation_function", LIT_STRING), MAY("attributes", LIST_LIT_STRING) }, TEL__OTTL_F_METRIC },
	{ "aggregate_on_attribute_value", { NEED("aggregation_function", LIT_STRING), NEED("attribute", LIT_STRING),
	  NEED("values", LIST_LIT_STRING), NEED("new_value", LIT_STRING) }, TEL__OTTL_F_METRIC },
	{ "convert_exponential_histogram_to_histogram", { NEED("distribution_fn", LIT_STRING), NEED("explicit_bounds", LIST_LIT_FLOAT) },
	  TEL__OTTL_F_METRIC },
	{ "convert_summary_sum_val_to_sum", { NEED("string_agg_temp", LIT_STRING), NEED("monotonic", LIT_BOOL), MAY("suffix", LIT_STRING) },
	  TEL__OTTL_F_DATAPOINT },
	{ "convert_summary_count_val_to_sum", { NEED("string_agg_temp", LIT_STRING), NEED("monotonic", LIT_BOOL), MAY("suffix", LIT_STRING) },
	  TEL__OTTL_F_DATAPOINT },
	{ "merge_histogram_buckets", { NEED("bound", LIT_FLOAT) }, TEL__OTTL_F_DATAPOINT },
	{ "HasAttrKeyOnDatapoint", { NEED("key", LIT_STRING) }, TEL__OTTL_F_HAS_ATTR },
	{ "HasAttrOnDatapoint", { NEED("key", LIT_STRING), NEED("value", LIT_STRING) }, TEL__OTTL_F_HAS_ATTR },
#define CONVERTER(name, ...) { name, { __VA_ARGS__ }, TEL__OTTL_F_CONVERTER }
#define OF(kind) NEED("target", kind)
	/* 3.4 */
	CONVERTER("Concat", NEED("vals", LIST_LIKE), NEED("delimiter", STR)),
	CONVERTER("HasPrefix", OF(STR), NEED("prefix", STR)),
	CONVERTER("HasSuffix", OF(STR), NEED("suffix", STR)),
	CONVERTER("Split", OF(STR), NEED("delimiter", STR)),
	CONVERTER("Substring", OF(STR), NEED("start", INT), NEED("length", INT)),
	CONVERTER("Trim", OF(STR), MAY("replacement", LIT_STRING)),
	CONVERTER("TrimPrefix", OF(STR), NEED("prefix", STR)),
	CONVERTER("TrimSuffix", OF(STR), NEED("suffix", STR)),
	CONVERTER("ToLowerCase", OF(STR)), CONVERTER("ToUpperCase", OF(STR)), CONVERTER("ToSnakeCase", OF(STR)),
	CONVERTER("ToCamelCase", OF(STR)), CONVERTER("ConvertCase", OF(STR), NEED("to_case", LIT_STRING)),
	CONVERTER("Format", NEED("format", LIT_STRING), NEED("vals", LIST_ANY)),
	CONVERTER("IsMatch", OF(LIKE), NEED("pattern", STR)),
	CONVERTER("Index", OF(ANY), NEED("value", ANY)),
	CONVERTER("ParseInt", OF(STR), NEED("base", INT)),
	CONVERTER("ToKeyValueString", OF(MAP), MAY("delimiter", LIT_STRING), MAY("pair_delimiter", LIT_STRING), MAY("sort_output", LIT_BOOL)),
	CONVERTER("UUID", { 0 }), CONVERTER("UUIDv7", { 0 }), CONVERTER("IsValidLuhn", OF(LIKE)),
	CONVERTER("IsInCIDR", OF(STR), NEED("networks", LIST_STR)),
	/* 3.5 */
	CONVERTER("String", OF(LIKE)), CONVERTER("Int", OF(LIKE)), CONVERTER("Double", OF(LIKE)), CONVERTER("Bool", OF(LIKE)),
	CONVERTER("IsString", OF(STR)), CONVERTER("IsInt", OF(INT)), CONVERTER("IsDouble", OF(FLOAT)), CONVERTER("IsBool", OF(BOOL)),
	CONVERTER("IsMap", OF(MAP)), CONVERTER("IsList", OF(ANY)), CONVERTER("Len", OF(ANY)), CONVERTER("Hex", OF(LIKE)),
	CONVERTER("Log", OF(LIKE)), CONVERTER("TraceID", OF(LIKE)), CONVERTER("SpanID", OF(LIKE)), CONVERTER("ProfileID", OF(LIKE)),
	/* 3.6 */
	CONVERTER("Keys", OF(MAP)), CONVERTER("Values", OF(MAP)), CONVERTER("ContainsValue", OF(LIST), NEED("item", ANY)),
	CONVERTER("SliceToMap", OF(LIST), MAY("key_path", LIST_LIT_STRING), MAY("value_path", LIST_LIT_STRING)),
	CONVERTER("Sort", OF(ANY), MAY("order", LIT_STRING)), CONVERTER("ParseJSON", OF(STR)),
	CONVERTER("ParseKeyValue", OF(STR), MAY("delimiter", LIT_STRING), MAY("pair_delimiter", LIT_STRING)),
	CONVERTER("ParseCSV", OF(STR), NEED("header", STR), MAY("delimiter", LIT_STRING), MAY("header_delimiter", LIT_STRING), MAY("mode", LIT_STRING)),
	CONVERTER("ExtractPatterns", OF(STR), NEED("pattern", STR)),
	CONVERTER("ExtractGrokPatterns", OF(STR), NEED("pattern", STR), MAY("named_captures_only", LIT_BOOL), MAY("pattern_definitions", LIST_LIT_STRING)),
	CONVERTER("ParseSeverity", OF(ANY), NEED("mapping", MAP)), CONVERTER("ParseXML", OF(STR)), CONVERTER("ParseSimplifiedXML", OF(STR)),
	CONVERTER("GetXML", OF(STR), NEED("x_path", LIT_STRING)), CONVERTER("InsertXML", OF(STR), NEED("x_path", LIT_STRING), NEED("sub_document", STR)),
	CONVERTER("RemoveXML", OF(STR), NEED("x_path", LIT_STRING)),
	CONVERTER("ConvertAttributesToElementsXML", OF(STR), MAY("x_path", LIT_STRING)),
	CONVERTER("ConvertTextToElementsXML", OF(STR), MAY("x_path", LIT_STRING), MAY("element_name", LIT_STRING)),
	CONVERTER("UserAgent", NEED("user_agent", STR)), CONVERTER("URL", NEED("uri", STR)),
	CONVERTER("CommunityID", NEED("source_ip", STR), NEED("source_port", INT), NEED("destination_ip", STR), NEED("destination_port", INT),
	          MAY("protocol", STR), MAY("seed", INT)),
	/* 3.7 */
	CONVERTER("SHA1", OF(STR)), CONVERTER("SHA256", OF(STR)), CONVERTER("SHA512", OF(STR)), CONVERTER("MD5", OF(STR)),
	CONVERTER("FNV", OF(STR)), CONVERTER("Murmur3Hash", OF(STR)), CONVERTER("Murmur3Hash128", OF(STR)), CONVERTER("XXH3", OF(STR)),
	CONVERTER("XXH128", OF(STR)), CONVERTER("Base64Decode", OF(STR)), CONVERTER("Base64Encode", OF(STR), MAY("variant", STR)),
	CONVERTER("Decode", OF(ANY), NEED("encoding", STR)),
	/* 3.8 */
#define TIME_OF NEED("time", TIME)
#define DURATION_OF NEED("duration", DURATION)
	CONVERTER("Now", { 0 }),
	CONVERTER("Time", NEED("time", STR), NEED("format", LIT_STRING), MAY("location", LIT_STRING), MAY("locale", LIT_STRING)),
	CONVERTER("FormatTime", TIME_OF, NEED("format", LIT_STRING)), CONVERTER("Duration", NEED("duration", STR)),
	CONVERTER("Hours", DURATION_OF), CONVERTER("Minutes", DURATION_OF), CONVERTER("Seconds", DURATION_OF),
	CONVERTER("Milliseconds", DURATION_OF), CONVERTER("Microseconds", DURATION_OF), CONVERTER("Nanoseconds", DURATION_OF),
	CONVERTER("Unix", NEED("seconds", INT), MAY("nanoseconds", INT)), CONVERTER("UnixSeconds", TIME_OF), CONVERTER("UnixMilli", TIME_OF),
	CONVERTER("UnixMicro", TIME_OF), CONVERTER("UnixNano", TIME_OF), CONVERTER("Year", TIME_OF), CONVERTER("Month", TIME_OF),
	CONVERTER("Day", TIME_OF), CONVERTER("Hour", TIME_OF), CONVERTER("Minute", TIME_OF), CONVERTER("Second", TIME_OF),
	CONVERTER("Nanosecond", TIME_OF), CONVERTER("Weekday", TIME_OF), CONVERTER("TruncateTime", TIME_OF, DURATION_OF),
};

enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

const tel__ottl_function *tel__ottl_functions(size_t *ret_n)
{
	*ret_n = FUNCTIONS;
	return functions;
}

/* 3.1 */
static bool known_here(const tel__ottl_function *f, const tel__ottl_view *view)
{
	bool transform = view->place == TEL_OTTL_TRANSFORM, routing = view->place == TEL_OTTL_ROUTING;

	switch ((tel__ottl_family)f->family) {
	case TEL__OTTL_F_CONVERTER:
	case TEL__OTTL_F_LIST_EDITOR:
		return true;
	case TEL__OTTL_F_EDITOR:
		return transform;
	case TEL__OTTL_F_ROUTING_EDITOR:
		return transform || routing;
	case TEL__OTTL_F_ROUTE:
		return routing;
	case TEL__OTTL_F_METRIC:
		return transform && view->context == TEL_OTTL_METRIC;
	case TEL__OTTL_F_DATAPOINT:
		return transform && view->context == TEL_OTTL_DATAPOINT;
	case TEL__OTTL_F_HAS_ATTR:
		return view->context == TEL_OTTL_METRIC && (view->place == TEL_OTTL_FILTER || view->explicit_condition);
	}
	return false;
}

const tel__ottl_function *tel__ottl_function_find(const tel__ottl_view *view, tel_slice name)
{
	for (size_t i = 0; i < FUNCTIONS; i++)
		if (tel__slice_is(name, functions[i].name) && known_here(&functions[i], view))
			return &functions[i];
	return NULL;
}

tel_slice tel__ottl_function_near(const tel__ottl_view *view, tel_slice name)
{
	tel__nearest near = tel__nearest_to(name);

	for (size_t i = 0; i < FUNCTIONS; i++)
		if (known_here(&functions[i], view))
			tel__nearest_offer(&near, tel__slice_str(functions[i].name));
	return near.best;
}

size_t tel__ottl_param_count(const tel__ottl_function *f)
{
	size_t n = 0;

	while (n < TEL__OTTL_PARAMS_MAX && f->params[n].name)
		n++;
	return n;
}
