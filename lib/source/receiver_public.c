/* SPDX-License-Identifier: Apache-2.0 */
/* The public receiver: the otlp component without a configuration file. */
#include "base/error_i.h"
#include "base/mem.h"
#include "source/otlp_i.h"

struct tel_receiver {
	tel_ctx *ctx;
	tel__receiver_impl *impl;
};

tel_err tel_receiver_new(tel_ctx *ctx, const tel_receiver_opts *opts,
                         void (*on_metrics)(tel_receipt *receipt, tel_metrics *metrics, void *user), void *user,
                         tel_receiver **ret_receiver, tel_error *err)
{
	tel__otlp_grpc_options grpc = { 0 };
	tel__otlp_http_options http = { 0 };
	tel__otlp_options options = { { NULL, NULL } };
	tel__receiver_env env = { 0 };
	tel_receiver *r;
	tel_err rc;

	if (!ctx || !opts || !on_metrics || !ret_receiver)
		return tel__fail(err, TEL_ERR_ARG, "tel_receiver_new: ctx, opts, on_metrics and ret_receiver are needed");
	if (opts->grpc_endpoint.len == 0 && opts->http_endpoint.len == 0)
		return tel__fail(err, TEL_ERR_ARG, "tel_receiver_new: neither grpc_endpoint nor http_endpoint is set");
	grpc.endpoint = opts->grpc_endpoint;
	http.endpoint = opts->http_endpoint;
	http.metrics_url_path = TEL_SLICE_LIT("/v1/metrics");
	http.max_request_body_size = (int64_t)opts->http_max_bytes;
	if (opts->grpc_endpoint.len)
		options.protocols.grpc = &grpc;
	if (opts->http_endpoint.len)
		options.protocols.http = &http;
	r = tel__mem_zero(tel__ctx_alloc(ctx), 1, sizeof(*r));
	if (!r)
		return tel__fail_nomem(err);
	r->ctx = ctx;
	env.ctx = ctx;
	env.id = TEL_SLICE_LIT("otlp");
	env.forward_bad_utf8 = opts->forward_bad_utf8;
	env.on_metrics = on_metrics;
	env.user = user;
	rc = tel__otlp_receiver_ops.make(&env, &options, &r->impl, err);
	if (rc) {
		tel__mem_free(tel__ctx_alloc(ctx), r, 1, sizeof(*r));
		return rc;
	}
	if (opts->grpc_max_bytes) /* the file's key counts MiB, ours bytes */
		((tel__otlp_receiver *)r->impl)->grpc.max_bytes = opts->grpc_max_bytes;
	*ret_receiver = r;
	return TEL_OK;
}

void tel_receiver_ports(const tel_receiver *receiver, unsigned *ret_grpc_port, unsigned *ret_http_port)
{
	if (ret_grpc_port)
		*ret_grpc_port = tel__otlp_receiver_ops.port(receiver->impl, "grpc");
	if (ret_http_port)
		*ret_http_port = tel__otlp_receiver_ops.port(receiver->impl, "http");
}

void tel_receiver_free(tel_receiver *receiver)
{
	if (!receiver)
		return;
	tel__otlp_receiver_ops.free(receiver->impl);
	tel__mem_free(tel__ctx_alloc(receiver->ctx), receiver, 1, sizeof(*receiver));
}
