/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_grpc: OTLP over gRPC. Keys: sink/otlp_options.c; what answers mean: sink/otlp_answer.c. */
#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "net/grpc_client.h"
#include "sink/calls.h"
#include "sink/exporters.h"
#include "sink/otlp_answer.h"
#include "sink/otlp_options.h"
#include "sink/sign.h"

/* What gRPC peers call snappy is the framed format, which HTTP calls by another name. */
#define FRAMED_SNAPPY "x-snappy-framed"

struct tel__exporter_impl {
	tel_ctx *ctx;
	tel__grpc_client *client;
	tel__tls_ctx *tls;         /* NULL = plaintext */
	tel__export_calls calls;
	tel__sign sign;
	tel__http_header *metadata; /* behind metadata_count as many again and one more, for a request with credentials */
	size_t metadata_count;
	char *names;               /* lower case, as HTTP/2 wants them */
	size_t names_len;
	uint64_t timeout_ns;
};

static tel__sign_launch launch;

/* ---- making ---- */

/* Of the array: see metadata. */
static size_t metadata_room(const tel__exporter_impl *x)
{
	return 2 * x->metadata_count + 1;
}

static tel_err make_metadata(tel__exporter_impl *x, const tel__exporter_env *env, const tel__key_pairs *headers, tel_error *err)
{
	const tel_alloc *alloc = x->calls.alloc;
	x->names_len = 1;
	for (size_t i = 0; i < headers->count; i++)
		x->names_len += headers->items[i].key.len;
	x->metadata_count = headers->count;
	x->metadata = tel__mem_zero(alloc, metadata_room(x), sizeof *x->metadata);
	char *to = x->names = tel__mem_new(alloc, x->names_len, 1);
	if (!x->metadata || !x->names)
		return tel__fail_nomem(err);
	tel_err e = tel__sign_headers(env, headers, x->metadata, err);
	for (size_t i = 0; i < headers->count && e == TEL_OK; i++) {
		tel_slice name = headers->items[i].key;
		x->metadata[i].name = (tel_slice){ to, name.len };
		for (size_t k = 0; k < name.len; k++) {
			char c = name.ptr[k];
			*to++ = c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
		}
	}
	return e;
}

/* What is not compiled into gRPC (otel-processing.md 9.2), and what comes with a later release. */
static tel_err check_offered(const tel__otlp_grpc_exporter_options *o, tel_error *err)
{
	tel_slice word = tel__slice_str(tel__compression_words[o->client.compression]);
	if (tel__slice_is(word, "zlib") || tel__slice_is(word, "deflate") || tel__slice_is(word, "lz4") ||
	    tel__slice_is(word, "x-snappy-framed"))
		return tel__fail(err, TEL_ERR_ARG, "unsupported compression type \"" TEL_SLICE_FMT "\"", TEL_SLICE_ARG(word));
	return TEL_OK;
}

/* otel-processing.md 9.2: plaintext only when it is asked for, without an authority and without https://. */
static bool wants_tls(const tel__tls_options *tls, bool https)
{
	return !tls->insecure || https || tls->ca_file.len || tls->ca_pem.len;
}

static void free_impl(tel__exporter_impl *x)
{
	const tel_alloc *alloc = x->calls.alloc;
	if (x->client)
		tel__grpc_client_free(x->client);
	tel__tls_free(x->tls);
	tel__export_calls_fini(&x->calls);
	tel__mem_free(alloc, x->metadata, metadata_room(x), sizeof *x->metadata);
	tel__mem_free(alloc, x->names, x->names_len, 1);
	tel__mem_free(alloc, x, 1, sizeof *x);
}

static uint64_t ns_of(int64_t ns)
{
	return ns > 0 ? (uint64_t)ns : 0;
}

static tel_err make(const tel__exporter_env *env, const void *options, tel__exporter_impl **ret_impl, tel_error *err)
{
	const tel__otlp_grpc_exporter_options *o = options;
	tel__grpc_client_opts opts = { .user_agent = env->user_agent, .authority = o->client.authority };
	bool https;
	tel_slice endpoint = tel__grpc_endpoint_strip(o->client.endpoint, &https);
	tel_err e = check_offered(o, err);
	if (e == TEL_OK)
		e = tel__grpc_endpoint_split(endpoint, &opts.host, &opts.port, err);
	if (e)
		return e;
	if (o->client.keepalive) {
		opts.keepalive_time_ns = ns_of(o->client.keepalive->time);
		opts.keepalive_timeout_ns = ns_of(o->client.keepalive->timeout);
	}
	tel__exporter_impl *x = tel__mem_zero(tel__ctx_alloc(env->ctx), 1, sizeof *x);
	if (!x)
		return tel__fail_nomem(err);
	x->ctx = env->ctx;
	x->calls.alloc = tel__ctx_alloc(env->ctx);
	x->timeout_ns = ns_of(o->timeout.timeout);
	e = make_metadata(x, env, &o->client.headers, err);
	if (e == TEL_OK && wants_tls(&o->client.tls, https)) {
		e = tel__tls_client_new(env->ctx, &o->client.tls, &x->tls, err);
		opts.tls = x->tls;
		if (e == TEL_OK)
			tel__tls_set_source(x->tls, &(tel__log_source){ env->id, TEL_SLICE_LIT("exporter"), { NULL, 0 } });
		/* grpc-go asks for the name that it verifies */
		if (!opts.authority.len)
			opts.authority = o->client.tls.server_name_override;
	}
	x->sign = (tel__sign){ .launch = launch, .calls = &x->calls };
	if (e == TEL_OK)
		e = tel__auth_for_client(env->auth, o->client.auth, true, x->tls != NULL, &x->sign.auth, err);
	/* grpc-go asks for the proxy of https, encrypted or not */
	opts.proxy = tel__proxies_for(env->proxies, true, opts.host, opts.port);
	if (e == TEL_OK)
		e = tel__grpc_client_new(env->ctx, &opts, &x->client, err);
	if (e) {
		free_impl(x);
		return e;
	}
	*ret_impl = x;
	return TEL_OK;
}

/* ---- sending ---- */

static void on_answer(void *user, const tel__grpc_answer *answer)
{
	tel__export_call *c = user;
	char text[TEL__ANSWER_TEXT] = "";
	tel__export_outcome outcome;
	tel__otlp_answer_grpc(answer, text, &outcome);
	tel__sign_mask(&c->exporter->sign, c->exporter->metadata, c->exporter->metadata_count, text);
	tel__sign_answered(&c->exporter->sign, c, &outcome);
}

static tel_err launch(tel__export_call *c, const tel__auth_grant *grant, tel_error *err)
{
	tel__exporter_impl *x = c->exporter;
	const tel__export_batch *batch = c->batch;
	bool framed = batch->coding && tel__slice_is(tel__slice_str(batch->coding), FRAMED_SNAPPY);
	const char *encoding = framed ? "snappy" : batch->coding;
	tel__grpc_call call = {
		.path = TEL_SLICE_LIT("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"),
		.metadata = x->metadata,
		.metadata_count = x->metadata_count,
		.encoding = tel__slice_str(encoding),
		.body = batch->slices,
		.body_count = batch->slice_count,
		.timeout_ns = tel__export_timeout(x->ctx, x->timeout_ns, batch->deadline_mono_ns),
	};
	if (grant) { /* the client copies it */
		call.metadata = x->metadata + x->metadata_count;
		call.metadata_count = tel__sign_merge(x->metadata, x->metadata_count, grant, x->metadata + x->metadata_count);
	}
	return tel__grpc_client_call(x->client, &call, on_answer, c, &c->client_id, err);
}

static tel_err send_batch(tel__exporter_impl *x, const tel__export_batch *batch,
                          void (*done)(void *user, const tel__export_outcome *outcome), void *user, uint64_t *ret_id,
                          tel_error *err)
{
	tel__export_call *c = tel__export_calls_get(&x->calls);
	if (!c)
		return tel__fail_nomem(err);
	*c = (tel__export_call){ .exporter = x, .done = done, .user = user, .batch = batch };
	*ret_id = tel__export_call_id(c);
	return tel__sign_send(&x->sign, c, err);
}

static void cancel(tel__exporter_impl *x, uint64_t id)
{
	tel__export_call *c = tel__export_call_of(id);
	if (tel__sign_cancel(&x->sign, c))
		return;
	tel__grpc_client_cancel(x->client, c->client_id);
	tel__export_calls_put(&x->calls, c);
}

static void settings(const void *options, tel__sender_settings *ret_settings)
{
	const tel__otlp_grpc_exporter_options *o = options;
	const char *coding = tel__compression_coding(o->client.compression);
	if (coding && tel__slice_is(tel__slice_str(coding), "snappy"))
		coding = FRAMED_SNAPPY;
	*ret_settings = (tel__sender_settings){ &o->retry, o->queue, coding, TEL_LIMIT_EXPORT_BYTES, 0, false };
}

static const tel__exporter_ops ops = { make, send_batch, cancel, free_impl, settings };
static const char *const old_names[] = { "otlp", NULL };

const tel__component tel__otlp_grpc_exporter = {
	.type = "otlp_grpc",
	.old_names = old_names,
	.kind = TEL__KIND_EXPORTER,
	.keys = &tel__otlp_grpc_exporter_keys,
	.help = "sends OTLP over gRPC",
	.impl = &ops,
};
