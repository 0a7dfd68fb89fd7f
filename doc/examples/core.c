/* SPDX-License-Identifier: Apache-2.0 */
/* Builds a batch, encodes it, decodes it again and walks it: the core library alone, no I/O.
 * Introduces tel_builder_*, tel_otlp_encode, tel_otlp_decode, tel_cursor_*. */
#include <stdio.h>
#include <telemetry/builder.h>
#include <telemetry/cursor.h>
#include <telemetry/otlp.h>

static int fail(const tel_error *err)
{
	fprintf(stderr, "%s: %s\n", tel_err_name(err->code), err->msg);
	return 1;
}

int main(void)
{
	tel_error err = TEL_ERROR_INIT;
	tel_builder *builder = NULL;
	tel_metrics *made = NULL, *read = NULL;
	tel_buf *bytes = NULL;
	tel_resource_view resource;
	tel_scope_view scope;
	tel_metric_view metric;
	tel_point_view point;
	tel_cursor cursor;

	if (tel_builder_new(NULL, 0, &builder))
		return 1;
	tel_builder_resource(builder, NULL);
	tel_builder_attr_str(builder, "service.name", "core-example");
	tel_builder_scope(builder, "example", "1.0", NULL);
	tel_builder_times(builder, 0, 1700000000000000000u);
	tel_builder_gauge(builder, "room.temperature", "Cel", "air temperature");
	tel_builder_point_double(builder, 21.5, NULL);
	tel_builder_attr_str(builder, "room", "kitchen");
	if (tel_builder_finish(builder, &made, &err) || tel_otlp_encode(made, &bytes, &err) ||
	    tel_otlp_decode(bytes, NULL, &read, NULL, &err))
		return fail(&err);
	tel_cursor_init(&cursor, read);
	while (tel_cursor_next_resource(&cursor, &resource))
		while (tel_cursor_next_scope(&cursor, &scope))
			while (tel_cursor_next_metric(&cursor, &metric))
				while (tel_cursor_next_point(&cursor, &point))
					printf(TEL_SLICE_FMT " = %.1f " TEL_SLICE_FMT "\n", TEL_SLICE_ARG(metric.name), point.as_double,
					       TEL_SLICE_ARG(metric.unit));
	tel_metrics_free(read);
	tel_metrics_free(made);
	tel_buf_unref(bytes);
	tel_builder_free(builder);
	return 0;
}
