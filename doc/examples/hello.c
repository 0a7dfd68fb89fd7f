/* SPDX-License-Identifier: Apache-2.0 */
/* Sends a gauge, a counter and a histogram to the backend that OTEL_EXPORTER_OTLP_ENDPOINT names. */
#include <stdio.h>
#include <time.h>
#include <telemetry/builder.h>
#include <telemetry/exporter.h>
static void done(void *answer, const tel_export_result *result) { *(tel_err *)answer = result->code; }
int main(void)
{
	const uint64_t now = (uint64_t)time(NULL) * 1000000000u, counts[] = { 3, 9, 1 };
	const double bounds[] = { 10, 100 };
	const tel_histogram latency = { sizeof latency, 13, TEL_HAS_SUM, 2, 421.5, 0, 0, bounds, counts };
	tel_ctx *ctx = NULL; tel_exporter *exporter = NULL; tel_builder *b = NULL; tel_metrics *batch = NULL;
	tel_err answer = TEL_ERR_TIMEOUT; tel_error err = TEL_ERROR_INIT;
	if (tel_ctx_new(NULL, &ctx, &err) || tel_exporter_new_env(ctx, NULL, &exporter, &err) || tel_builder_new(NULL, 0, &b))
		return fprintf(stderr, "%s\n", err.msg), 1;
	tel_builder_times(b, now - 60000000000u, now);
	tel_builder_gauge(b, "room.temperature", "Cel", "air temperature");
	tel_builder_point_double(b, 21.5, NULL);
	tel_builder_attr_str(b, "room", "kitchen");
	tel_builder_counter(b, "requests", "1", "requests served", TEL_CUMULATIVE);
	tel_builder_point_int(b, 42, NULL);
	tel_builder_histogram(b, "latency", "ms", "time to answer", TEL_CUMULATIVE);
	tel_builder_point_histogram(b, &latency, NULL);
	if (tel_builder_finish(b, &batch, &err) || tel_export_submit(exporter, batch, done, &answer, NULL, &err))
		return fprintf(stderr, "%s\n", err.msg), 1;
	tel_ctx_run_until_idle(ctx, 10000000000u);
	tel_builder_free(b), tel_exporter_free(exporter), tel_ctx_free(ctx);
	return printf("%s\n", tel_err_name(answer)), answer != TEL_OK;
}
