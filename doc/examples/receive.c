/* SPDX-License-Identifier: Apache-2.0 */
/* Receives OTLP over gRPC and HTTP and prints every batch:  receive [GRPC_ENDPOINT HTTP_ENDPOINT [BATCHES]]
 * Introduces tel_receiver_new, tel_receipt_origin, tel_metrics_format, tel_receipt_settle, tel_receiver_drain. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <telemetry/ctx.h>
#include <telemetry/format.h>
#include <telemetry/receiver.h>

static void on_metrics(tel_receipt *receipt, tel_metrics *metrics, void *user)
{
	tel_slice transport = tel_receipt_origin(receipt)->transport;
	tel_outcome later = TEL_OUTCOME_INIT;
	tel_error err = TEL_ERROR_INIT;
	unsigned long *left = user;
	tel_buf *text = NULL;

	if (tel_metrics_format(metrics, TEL_FORMAT_NORMAL, &text, &err) == TEL_OK) {
		tel_slice s = tel_buf_get(text);
		printf("over " TEL_SLICE_FMT ":\n" TEL_SLICE_FMT, TEL_SLICE_ARG(transport), TEL_SLICE_ARG(s));
		fflush(stdout);
		tel_receipt_settle(receipt, NULL); /* only now does the client know that it may forget the batch */
	} else {
		later.verdict = TEL_VERDICT_RETRY;
		later.message.ptr = err.msg;
		later.message.len = strlen(err.msg);
		tel_receipt_settle(receipt, &later);
	}
	tel_buf_unref(text);
	tel_metrics_free(metrics);
	--*left;
}

int main(int argc, char **argv)
{
	const char *grpc = argc > 2 ? argv[1] : "127.0.0.1:4317", *http = argc > 2 ? argv[2] : "127.0.0.1:4318";
	unsigned long left = argc > 3 ? strtoul(argv[3], NULL, 10) : (unsigned long)-1;
	tel_receiver_opts opts = TEL_RECEIVER_OPTS_INIT;
	tel_error err = TEL_ERROR_INIT;
	tel_receiver *receiver = NULL;
	tel_ctx *ctx = NULL;
	unsigned grpc_port, http_port;
	opts.grpc_endpoint.ptr = grpc;
	opts.grpc_endpoint.len = strlen(grpc);
	opts.http_endpoint.ptr = http;
	opts.http_endpoint.len = strlen(http);
	if (tel_ctx_new(NULL, &ctx, &err) || tel_receiver_new(ctx, &opts, on_metrics, &left, &receiver, &err))
		return fprintf(stderr, "%s: %s\n", tel_err_name(err.code), err.msg), 1;
	tel_receiver_ports(receiver, &grpc_port, &http_port);
	printf("listening on ports %u (gRPC) and %u (HTTP)\n", grpc_port, http_port);
	fflush(stdout);
	while (left && tel_ctx_run_once(ctx, UINT64_MAX) == TEL_OK)
		;
	tel_receiver_drain(receiver);
	tel_ctx_run_once(ctx, 0); /* the last answer goes out */
	tel_receiver_free(receiver);
	tel_ctx_free(ctx);
	return left ? 1 : 0;
}
