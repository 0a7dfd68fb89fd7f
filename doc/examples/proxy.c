/* SPDX-License-Identifier: Apache-2.0 */
/* Receives OTLP over HTTP, edits what it gets and sends it on to OTEL_EXPORTER_OTLP_ENDPOINT; the client is answered when
 * the backend has answered. Introduces tel_edit_*, tel_export_submit and receipts that are settled later. */
#include <stdio.h>
#include <string.h>
#include <telemetry/edit.h>
#include <telemetry/exporter.h>
#include <telemetry/receiver.h>

/* Adds a resource attribute, removes one, renames one metric and drops those that are for debugging. */
static tel_err edit(tel_metrics *m)
{
	const tel_value us = { TEL_VALUE_STRING, 0, { .bytes = TEL_SLICE_LIT("example") } };
	tel_metric_view metric;
	tel_cursor c;
	tel_err e = TEL_OK;
	for (tel_cursor_init(&c, m); !e && tel_cursor_next_resource(&c, NULL);) {
		e = tel_edit_resource_attr(m, &c, TEL_SLICE_LIT("proxy"), &us);
		e = e ? e : tel_edit_resource_attr(m, &c, TEL_SLICE_LIT("host.name"), NULL);
		while (!e && tel_cursor_next_scope(&c, NULL))
			while (!e && tel_cursor_next_metric(&c, &metric))
				if (metric.name.len == 8 && memcmp(metric.name.ptr, "requests", 8) == 0)
					e = tel_edit_metric_name(m, &c, TEL_SLICE_LIT("http.requests"));
				else if (metric.name.len > 6 && memcmp(metric.name.ptr, "debug.", 6) == 0)
					e = tel_edit_drop_metric(m, &c);
	}
	return e ? e : tel_edit_finish(m);
}
static void on_sent(void *receipt, const tel_export_result *r)
{
	tel_outcome o = TEL_OUTCOME_INIT;
	o.verdict = r->code == TEL_OK || r->code == TEL_ERR_PARTIAL ? TEL_VERDICT_OK
	            : r->code == TEL_ERR_REJECTED                   ? TEL_VERDICT_PERMANENT : TEL_VERDICT_RETRY;
	o.rejected_points = r->rejected_points;
	o.message = r->message;
	tel_receipt_settle(receipt, &o);
}
static void on_metrics(tel_receipt *receipt, tel_metrics *metrics, void *exporter)
{
	tel_outcome later = { sizeof later, TEL_VERDICT_RETRY, 0, 1000000000u, 0, TEL_SLICE_LIT("no room here") };
	if (edit(metrics) == TEL_OK && tel_export_submit(exporter, metrics, on_sent, receipt, NULL, NULL) == TEL_OK)
		return;
	tel_metrics_free(metrics); /* still ours, and the client is told to come back in a second */
	tel_receipt_settle(receipt, &later);
}
int main(void)
{
	tel_receiver_opts opts = TEL_RECEIVER_OPTS_INIT;
	tel_error err = TEL_ERROR_INIT;
	tel_exporter *exporter = NULL; tel_receiver *receiver = NULL; tel_ctx *ctx = NULL;
	unsigned port;
	opts.http_endpoint = TEL_SLICE_LIT("127.0.0.1:0");
	if (tel_ctx_new(NULL, &ctx, &err) || tel_exporter_new_env(ctx, NULL, &exporter, &err) ||
	    tel_receiver_new(ctx, &opts, on_metrics, exporter, &receiver, &err))
		return fprintf(stderr, "%s: %s\n", tel_err_name(err.code), err.msg), 1;
	tel_receiver_ports(receiver, NULL, &port);
	printf("listening on port %u (HTTP)\n", port), fflush(stdout);
	while (tel_ctx_run_once(ctx, UINT64_MAX) == TEL_OK);
	return 1;
}
