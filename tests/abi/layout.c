/* SPDX-License-Identifier: Apache-2.0 */
/* Prints size and offsets of the structs that a caller allocates, for the bindings to compare with theirs. */
#include <stddef.h>
#include <stdio.h>

#include <telemetry/columns.h>
#include <telemetry/otlp.h>

#define STRUCT(s) printf("%s %zu\n", #s, sizeof(s))
#define FIELD(s, f) printf("%s.%s %zu %zu\n", #s, #f, offsetof(s, f), sizeof(((s *)NULL)->f))

static void common(void)
{
	STRUCT(tel_slice);
	FIELD(tel_slice, ptr);
	FIELD(tel_slice, len);
	STRUCT(tel_error);
	FIELD(tel_error, size);
	FIELD(tel_error, code);
	FIELD(tel_error, detail);
	FIELD(tel_error, line);
	FIELD(tel_error, column);
	FIELD(tel_error, offset);
	FIELD(tel_error, msg);
	STRUCT(tel_metrics_counts);
	FIELD(tel_metrics_counts, size);
	FIELD(tel_metrics_counts, resources);
	FIELD(tel_metrics_counts, scopes);
	FIELD(tel_metrics_counts, metrics);
	FIELD(tel_metrics_counts, points);
	FIELD(tel_metrics_counts, live_bytes);
	FIELD(tel_metrics_counts, pinned_bytes);
	STRUCT(tel_otlp_decode_opts);
	FIELD(tel_otlp_decode_opts, size);
	FIELD(tel_otlp_decode_opts, flags);
	FIELD(tel_otlp_decode_opts, max_depth);
	FIELD(tel_otlp_decode_opts, max_bytes);
	FIELD(tel_otlp_decode_opts, alloc);
	STRUCT(tel_otlp_report);
	FIELD(tel_otlp_report, size);
	FIELD(tel_otlp_report, rejected_points);
	FIELD(tel_otlp_report, rejected_nodes);
	FIELD(tel_otlp_report, merged_nodes);
	FIELD(tel_otlp_report, unknown_fields);
	FIELD(tel_otlp_report, message);
	STRUCT(tel_text_ref);
	FIELD(tel_text_ref, offset);
	FIELD(tel_text_ref, len);
}

static void columns(void)
{
	STRUCT(tel_columns);
#define C(f) FIELD(tel_columns, f)
	C(size);
	C(resource_room);
	C(resource_count);
	C(resource_first_attribute);
	C(scope_room);
	C(scope_count);
	C(scope_resource);
	C(scope_name);
	C(scope_version);
	C(scope_first_attribute);
	C(metric_room);
	C(metric_count);
	C(metric_scope);
	C(metric_type);
	C(metric_temporality);
	C(metric_monotonic);
	C(metric_name);
	C(metric_unit);
	C(metric_first_point);
	C(point_room);
	C(point_count);
	C(point_metric);
	C(point_has);
	C(point_flags);
	C(point_start);
	C(point_time);
	C(point_int);
	C(point_double);
	C(point_total);
	C(point_sum);
	C(point_min);
	C(point_max);
	C(point_first_attribute);
	C(point_first_bucket);
	C(point_first_bound);
	C(attribute_room);
	C(attribute_count);
	C(attribute_key);
	C(attribute_type);
	C(attribute_int);
	C(attribute_double);
	C(attribute_text);
	C(bucket_room);
	C(bucket_count);
	C(bucket_counts);
	C(bound_room);
	C(bound_count);
	C(bounds);
	C(text_room);
	C(text_count);
	C(text);
}

int main(void)
{
	common();
	columns();
	return 0;
}
