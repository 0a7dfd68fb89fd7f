/* SPDX-License-Identifier: Apache-2.0 */
/* The public receiver: the otlp component without a configuration file. */
#include <string.h>

#include "base/arena.h"
#include "base/error_i.h"
#include "base/mem.h"
#include "source/otlp_i.h"

enum { ARENA_MAX = 64 * 1024 };

struct tel_receiver {
	tel_ctx *ctx;
	tel__arena *arena;    /* names of the files of tls */
	tel__tls_options tls; /* read again when they change */
	tel__receiver_impl *impl;
	tel__deferred disposal;
};

static tel_err view_opts(const tel_receiver_opts *opts, tel_receiver_opts *ret_view, tel_error *err)
{
	tel_receiver_opts view = TEL_RECEIVER_OPTS_INIT;

	if (opts->size < sizeof(view.size) || opts->size > 4096)
		return tel__fail(err, TEL_ERR_ARG, "tel_receiver_new: options were not initialised with TEL_RECEIVER_OPTS_INIT");
	memcpy(&view, opts, opts->size < sizeof(view) ? opts->size : sizeof(view));
	if (view.grpc_endpoint.len == 0 && view.http_endpoint.len == 0)
		return tel__fail(err, TEL_ERR_ARG, "tel_receiver_new: neither grpc_endpoint nor http_endpoint is set");
	if (view.http_max_bytes > INT64_MAX)
		view.http_max_bytes = INT64_MAX;
	*ret_view = view;
	return TEL_OK;
}

static bool keep(tel_receiver *r, tel_slice text, tel_slice *ret_copy)
{
	*ret_copy = (tel_slice){ NULL, 0 };
	return text.len == 0 || tel__arena_copy(r->arena, text, ret_copy);
}

/* *ret_tls: NULL = plaintext. */
static tel_err take_tls(tel_receiver *r, const tel_receiver_opts *o, tel__tls_options **ret_tls, tel_error *err)
{
	*ret_tls = NULL;
	if (!o->cert_file.len && !o->key_file.len && !o->client_ca_file.len)
		return TEL_OK;
	if (tel__arena_new(tel__ctx_alloc(r->ctx), ARENA_MAX, NULL, &r->arena) || !keep(r, o->cert_file, &r->tls.cert_file) ||
	    !keep(r, o->key_file, &r->tls.key_file) || !keep(r, o->client_ca_file, &r->tls.client_ca_file))
		return tel__fail_nomem(err);
	if (o->tls_reload_ns)
		r->tls.reload_interval = o->tls_reload_ns > INT64_MAX ? INT64_MAX : (int64_t)o->tls_reload_ns;
	r->tls.client_ca_file_reload = o->tls_reload_ns != 0;
	*ret_tls = &r->tls;
	return TEL_OK;
}

static tel_err make(tel_receiver *r, const tel_receiver_opts *o, const tel__receiver_env *env, tel_error *err)
{
	tel__otlp_grpc_options grpc = { .endpoint = o->grpc_endpoint };
	tel__otlp_http_options http = { .endpoint = o->http_endpoint, .metrics_url_path = TEL_SLICE_LIT("/v1/metrics") };
	tel__otlp_options options = { { o->grpc_endpoint.len ? &grpc : NULL, o->http_endpoint.len ? &http : NULL } };
	tel_err rc = take_tls(r, o, &grpc.tls, err);

	http.tls = grpc.tls;
	if (o->http_path.len)
		http.metrics_url_path = o->http_path;
	http.max_request_body_size = (int64_t)o->http_max_bytes;
	if (!rc)
		rc = tel__otlp_receiver_ops.make(env, &options, &r->impl, err);
	if (!rc && o->grpc_max_bytes) /* the file's key counts MiB, ours bytes */
		((tel__otlp_receiver *)r->impl)->grpc.max_bytes = o->grpc_max_bytes;
	return rc;
}

static void destroy(void *user)
{
	tel_receiver *r = user;

	tel__otlp_receiver_ops.free(r->impl);
	tel__arena_unref(r->arena);
	tel__mem_free(tel__ctx_alloc(r->ctx), r, 1, sizeof(*r));
}

tel_err tel_receiver_new(tel_ctx *ctx, const tel_receiver_opts *opts,
                         void (*on_metrics)(tel_receipt *receipt, tel_metrics *metrics, void *user), void *user,
                         tel_receiver **ret_receiver, tel_error *err)
{
	tel_receiver_opts view = TEL_RECEIVER_OPTS_INIT;
	tel_receiver *r;
	tel_err rc;

	if (!ctx || !opts || !on_metrics || !ret_receiver)
		return tel__fail(err, TEL_ERR_ARG, "tel_receiver_new: ctx, opts, on_metrics and ret_receiver are needed");
	rc = tel__ctx_check(ctx, err);
	if (!rc)
		rc = view_opts(opts, &view, err);
	if (rc)
		return rc;
	r = tel__mem_zero(tel__ctx_alloc(ctx), 1, sizeof(*r));
	if (!r)
		return tel__fail_nomem(err);
	r->ctx = ctx;
	r->disposal = (tel__deferred){ .run = destroy, .user = r };
	tel__receiver_env env = { .ctx = ctx, .id = TEL_SLICE_LIT("otlp"), .forward_bad_utf8 = view.forward_bad_utf8,
		                      .strict_json = view.strict_json,
		                      .on_metrics = on_metrics, .user = user };
	rc = make(r, &view, &env, err);
	if (rc) {
		destroy(r);
		return rc;
	}
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

void tel_receiver_drain(tel_receiver *receiver)
{
	if (!tel__ctx_check(receiver->ctx, NULL))
		tel__otlp_receiver_ops.drain(receiver->impl);
}

size_t tel_receiver_open_count(const tel_receiver *receiver)
{
	return ((const tel__otlp_receiver *)receiver->impl)->open_count;
}

/* A request that arrives between a free inside a callback and the end of the turn. */
static void turn_away(tel_receipt *receipt, tel_metrics *metrics, void *user)
{
	tel_outcome abort = TEL_OUTCOME_INIT;

	(void)user;
	tel_metrics_free(metrics);
	abort.verdict = TEL_VERDICT_ABORT;
	(void)tel_receipt_settle(receipt, &abort);
}

void tel_receiver_free(tel_receiver *receiver)
{
	tel__otlp_receiver *impl;

	if (!receiver)
		return;
	impl = (tel__otlp_receiver *)receiver->impl;
	impl->env.on_metrics = turn_away;
	tel__receipts_orphan(impl);
	tel__ctx_dispose(receiver->ctx, &receiver->disposal);
}
