/* SPDX-License-Identifier: Apache-2.0 */
/* Receives OTLP in a program's own poll loop: listens on free ports, waits a moment, stops.
 * Introduces tel_ctx_new, tel_ctx_fd, tel_ctx_run_once, tel_receiver_new, tel_receipt_settle. */
#include <poll.h>
#include <stdio.h>
#include <telemetry/ctx.h>
#include <telemetry/receiver.h>

static void on_metrics(tel_receipt *receipt, tel_metrics *metrics, void *user)
{
	unsigned long *points = user;
	tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;

	tel_metrics_count(metrics, &counts);
	*points += (unsigned long)counts.points;
	tel_metrics_free(metrics);
	tel_receipt_settle(receipt, NULL);
}

int main(void)
{
	tel_receiver_opts opts = TEL_RECEIVER_OPTS_INIT;
	tel_error err = TEL_ERROR_INIT;
	tel_receiver *receiver = NULL;
	tel_ctx *ctx = NULL;
	unsigned long points = 0;
	unsigned grpc = 0, http = 0;
	struct pollfd p;

	opts.grpc_endpoint = opts.http_endpoint = TEL_SLICE_LIT("127.0.0.1:0");
	if (tel_ctx_new(NULL, &ctx, &err) || tel_receiver_new(ctx, &opts, on_metrics, &points, &receiver, &err)) {
		fprintf(stderr, "%s: %s\n", tel_err_name(err.code), err.msg);
		return 1;
	}
	tel_receiver_ports(receiver, &grpc, &http);
	p.fd = tel_ctx_fd(ctx);
	p.events = POLLIN;
	if (poll(&p, 1, 100) > 0)
		tel_ctx_run_once(ctx, 0);
	printf("listened on gRPC and HTTP: %s, %lu points\n", grpc && http ? "yes" : "no", points);
	tel_receiver_free(receiver);
	tel_ctx_free(ctx);
	return grpc && http ? 0 : 1;
}
