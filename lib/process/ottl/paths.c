/* SPDX-License-Identifier: Apache-2.0 */
#include "base/nearest.h"
#include "base/slice_i.h"
#include "process/ottl/names.h"

#define PATH(context, name) { TEL_OTTL_##context, name, NULL, NULL, false }
#define INDEXED(context, name) { TEL_OTTL_##context, name, NULL, NULL, true }

/* otel-processing.md 2 */
static const tel__ottl_path paths[] = {
	INDEXED(RESOURCE, "attributes"), PATH(RESOURCE, "dropped_attributes_count"), PATH(RESOURCE, "schema_url"),
	INDEXED(RESOURCE, "cache"),
	PATH(SCOPE, "name"), PATH(SCOPE, "version"), INDEXED(SCOPE, "attributes"), PATH(SCOPE, "dropped_attributes_count"),
	PATH(SCOPE, "schema_url"), INDEXED(SCOPE, "cache"),
	PATH(METRIC, "name"), PATH(METRIC, "description"), PATH(METRIC, "unit"), PATH(METRIC, "type"),
	PATH(METRIC, "aggregation_temporality"), PATH(METRIC, "is_monotonic"), PATH(METRIC, "data_points"), INDEXED(METRIC, "metadata"),
	INDEXED(METRIC, "cache"),
	INDEXED(DATAPOINT, "attributes"), PATH(DATAPOINT, "start_time_unix_nano"), PATH(DATAPOINT, "time_unix_nano"),
	PATH(DATAPOINT, "start_time"), PATH(DATAPOINT, "time"), PATH(DATAPOINT, "value_double"), PATH(DATAPOINT, "value_int"),
	PATH(DATAPOINT, "flags"), PATH(DATAPOINT, "exemplars"), PATH(DATAPOINT, "count"), PATH(DATAPOINT, "sum"),
	PATH(DATAPOINT, "bucket_counts"), PATH(DATAPOINT, "explicit_bounds"), PATH(DATAPOINT, "scale"), PATH(DATAPOINT, "zero_count"),
	PATH(DATAPOINT, "positive"), PATH(DATAPOINT, "negative"),
	{ TEL_OTTL_DATAPOINT, "positive", "offset", NULL, false }, { TEL_OTTL_DATAPOINT, "positive", "bucket_counts", NULL, false },
	{ TEL_OTTL_DATAPOINT, "negative", "offset", NULL, false }, { TEL_OTTL_DATAPOINT, "negative", "bucket_counts", NULL, false },
	PATH(DATAPOINT, "quantile_values"), INDEXED(DATAPOINT, "cache"),
	{ TEL__OTTL_OTELCOL, "client", "addr", NULL, false }, { TEL__OTTL_OTELCOL, "client", "metadata", NULL, true },
	{ TEL__OTTL_OTELCOL, "client", "auth", "attributes", true }, { TEL__OTTL_OTELCOL, "grpc", "metadata", NULL, true },
};

/* 2.4 */
static const tel__ottl_enum enums[] = {
	{ "METRIC_DATA_TYPE_NONE", 0, false }, { "METRIC_DATA_TYPE_GAUGE", 1, false }, { "METRIC_DATA_TYPE_SUM", 2, false },
	{ "METRIC_DATA_TYPE_HISTOGRAM", 3, false }, { "METRIC_DATA_TYPE_EXPONENTIAL_HISTOGRAM", 4, false },
	{ "METRIC_DATA_TYPE_SUMMARY", 5, false }, { "AGGREGATION_TEMPORALITY_UNSPECIFIED", 0, false },
	{ "AGGREGATION_TEMPORALITY_DELTA", 1, false }, { "AGGREGATION_TEMPORALITY_CUMULATIVE", 2, false }, { "FLAG_NONE", 0, true },
	{ "FLAG_NO_RECORDED_VALUE", 1, true },
};

enum { PATHS = sizeof paths / sizeof paths[0], ENUMS = sizeof enums / sizeof enums[0] };

static const char *const names[] = { "", "resource", "scope", "metric", "datapoint", "otelcol" };

const tel__ottl_path *tel__ottl_paths(size_t *ret_n)
{
	*ret_n = PATHS;
	return paths;
}

const char *tel__ottl_context_name(unsigned context)
{
	return names[context];
}

unsigned tel__ottl_prefix(tel_slice word)
{
	for (unsigned i = TEL_OTTL_RESOURCE; i <= TEL__OTTL_OTELCOL; i++)
		if (tel__slice_is(word, names[i]))
			return i;
	return tel__slice_is(word, "instrumentation_scope") ? (unsigned)TEL_OTTL_SCOPE : 0;
}

bool tel__ottl_accepts(tel_ottl_context context, tel_slice prefix)
{
	unsigned named = tel__ottl_prefix(prefix);

	if (named == TEL_OTTL_SCOPE && context == TEL_OTTL_SCOPE)
		return tel__slice_is(prefix, "scope");
	return named == TEL__OTTL_OTELCOL || (named && named <= (unsigned)context);
}

static bool has_enum(tel_ottl_context context, const tel__ottl_enum *e)
{
	return context == TEL_OTTL_DATAPOINT || (context == TEL_OTTL_METRIC && !e->datapoint_only);
}

const tel__ottl_enum *tel__ottl_enum_find(tel_ottl_context context, tel_slice name)
{
	for (size_t i = 0; i < ENUMS; i++)
		if (has_enum(context, &enums[i]) && tel__slice_is(name, enums[i].name))
			return &enums[i];
	return NULL;
}

tel_slice tel__ottl_enum_near(tel_ottl_context context, tel_slice name)
{
	tel__nearest near = tel__nearest_to(name);

	for (size_t i = 0; i < ENUMS; i++)
		if (has_enum(context, &enums[i]))
			tel__nearest_offer(&near, tel__slice_str(enums[i].name));
	return near.best;
}

tel_slice tel__ottl_path_near(unsigned context, tel_slice name)
{
	tel__nearest near = tel__nearest_to(name);

	for (size_t i = 0; i < PATHS; i++)
		if (paths[i].context == context)
			tel__nearest_offer(&near, tel__slice_str(paths[i].name));
	return near.best;
}
