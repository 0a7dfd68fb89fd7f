/* SPDX-License-Identifier: Apache-2.0 */
/* otlp_http: OTLP over HTTP, protobuf or JSON bodies. Keys: sink/otlp_options.c; what answers mean: sink/otlp_answer.c. */
#include <limits.h>

#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/hex64.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "base/url.h"
#include "net/address.h"
#include "net/http_client.h"
#include "sink/calls.h"
#include "sink/exporters.h"
#include "sink/otlp_answer.h"
#include "sink/otlp_options.h"
#include "sink/sign.h"

enum { OWN_HEADERS = 2 }; /* in front of the configured ones */

struct tel__exporter_impl {
	tel_ctx *ctx;
	tel__http_client *client;
	tel__tls_ctx *tls;         /* NULL: the URL is http:// */
	tel__proxy proxy;          /* proxy_url */
	tel__export_calls calls;
	char *url;                 /* url_cap bytes */
	size_t url_len, url_cap;
	tel__sign sign;
	/* [0] is Content-Encoding, left out of requests that are not compressed; behind header_count as many again and one
	 * more, for a request with credentials */
	tel__http_header *headers;
	size_t header_count, configured_count;
	uint64_t timeout_ns;
};

static tel__sign_launch launch;

/* ---- making ---- */

/* How much of url goes before and how much belongs to an IPv6 address that lacks its brackets: "http://fd00::1:4318/x",
 * as "http://${MY_POD_IP}:4318" becomes. false: there is none. */
static bool is_bare_v6(tel_slice url, size_t *ret_before, size_t *ret_len)
{
	size_t scheme = tel__slice_starts(url, TEL_SLICE_LIT("https://")) ? 8 : 7;
	tel_slice authority = tel__slice_sub(url, scheme, url.len - scheme), host;
	uint16_t port;
	for (size_t i = 0; i < authority.len; i++)
		if (strchr("/?#", authority.ptr[i]))
			authority.len = i;
	if (authority.ptr[0] == '[' || tel__address_split(authority, &host, &port, NULL) != TEL_OK ||
	    !tel__address_is_v6_text(host))
		return false;
	*ret_before = scheme;
	*ret_len = host.len;
	return true;
}

/* endpoint, a slash unless it ends so, v1/metrics; metrics_endpoint is used as it is. */
static tel_err make_url(tel__exporter_impl *x, const tel__otlp_http_exporter_options *o, tel_error *err)
{
	tel_slice whole = o->metrics_endpoint, base = o->client.endpoint, path = { NULL, 0 };
	if (whole.len == 0) {
		if (!tel__http_endpoint_is_url(base))
			return tel__fail(err, TEL_ERR_ARG, "endpoint must be a valid URL");
		path = base.ptr[base.len - 1] == '/' ? TEL_SLICE_LIT("v1/metrics") : TEL_SLICE_LIT("/v1/metrics");
		whole = base;
	} else if (!tel__http_endpoint_is_url(whole)) {
		return tel__fail(err, TEL_ERR_ARG, "metrics_endpoint must be a valid URL");
	}
	size_t before = 0, bare = 0, brackets = is_bare_v6(whole, &before, &bare) ? 2 : 0;
	x->url_cap = whole.len + path.len + brackets + 1;
	x->url = tel__mem_new(x->calls.alloc, x->url_cap, 1);
	if (!x->url)
		return tel__fail_nomem(err);
	char *to = x->url;
	memcpy(to, whole.ptr, before + bare);
	to += before + bare;
	if (brackets) {
		memmove(x->url + before + 1, x->url + before, bare);
		x->url[before] = '[';
		to[1] = ']';
		to += 2;
	}
	memcpy(to, whole.ptr + before + bare, whole.len - before - bare);
	to += whole.len - before - bare;
	if (path.len)
		memcpy(to, path.ptr, path.len);
	x->url_len = x->url_cap - 1;
	x->url[x->url_len] = '\0';
	return TEL_OK;
}

/* Of the array: see headers. */
static size_t header_room(const tel__exporter_impl *x)
{
	return 2 * x->header_count + 1;
}

static tel_err make_headers(tel__exporter_impl *x, const tel__exporter_env *env, const tel__http_client_options *o, bool json,
                            tel_error *err)
{
	size_t n = OWN_HEADERS + o->headers.count;
	x->header_count = n + (o->disable_keep_alives ? 1 : 0);
	x->headers = tel__mem_zero(x->calls.alloc, header_room(x), sizeof *x->headers);
	if (!x->headers)
		return tel__fail_nomem(err);
	x->headers[0] = (tel__http_header){ TEL_SLICE_LIT("Content-Encoding"), tel__slice_str(tel__compression_coding(o->compression)) };
	x->headers[1] = (tel__http_header){ TEL_SLICE_LIT("Content-Type"), json ? TEL_SLICE_LIT("application/json") : TEL_SLICE_LIT("application/x-protobuf") };
	if (o->disable_keep_alives)
		x->headers[n] = (tel__http_header){ TEL_SLICE_LIT("Connection"), TEL_SLICE_LIT("close") };
	x->configured_count = o->headers.count;
	return tel__sign_headers(env, &o->headers, x->headers + OWN_HEADERS, err);
}

static void free_impl(tel__exporter_impl *x)
{
	const tel_alloc *alloc = x->calls.alloc;
	if (x->client)
		tel__http_client_free(x->client);
	tel__tls_free(x->tls);
	tel__proxy_fini(&x->proxy, alloc);
	tel__export_calls_fini(&x->calls);
	tel__mem_free(alloc, x->headers, header_room(x), sizeof *x->headers);
	tel__mem_free(alloc, x->url, x->url_cap, 1);
	tel__mem_free(alloc, x, 1, sizeof *x);
}

/* proxy_url goes for everything, also for addresses that the environment's rules spare. */
static tel_err choose_proxy(tel__exporter_impl *x, tel_slice proxy_url, const tel__proxies *env,
                            const tel__proxy **ret_proxy, tel_error *err)
{
	tel_err e = tel__proxy_init(&x->proxy, x->calls.alloc, proxy_url, err);
	*ret_proxy = proxy_url.len ? &x->proxy : tel__proxies_for_url(env, (tel_slice){ x->url, x->url_len });
	return e;
}

static tel_err make(const tel__exporter_env *env, const void *options, tel__exporter_impl **ret_impl, tel_error *err)
{
	const tel__otlp_http_exporter_options *o = options;
	tel__http_client_opts opts = { .user_agent = env->user_agent };
	tel__exporter_impl *x = tel__mem_zero(tel__ctx_alloc(env->ctx), 1, sizeof *x);
	if (!x)
		return tel__fail_nomem(err);
	x->ctx = env->ctx;
	x->calls.alloc = tel__ctx_alloc(env->ctx);
	x->timeout_ns = o->client.timeout > 0 ? (uint64_t)o->client.timeout : 0;
	if (o->client.max_conns_per_host > 0 && o->client.max_conns_per_host <= UINT32_MAX)
		opts.max_connections = (uint32_t)o->client.max_conns_per_host;
	tel_err e = make_url(x, o, err);
	if (e == TEL_OK)
		e = make_headers(x, env, &o->client, o->encoding == TEL__ENCODING_JSON, err);
	if (e == TEL_OK && tel__slice_starts((tel_slice){ x->url, x->url_len }, TEL_SLICE_LIT("https://")))
		e = tel__tls_client_new(env->ctx, &o->client.tls, &x->tls, err);
	if (x->tls)
		tel__tls_set_source(x->tls, &(tel__log_source){ env->id, TEL_SLICE_LIT("exporter"), { NULL, 0 } });
	opts.tls = x->tls;
	/* Not by default: libcurl 7.88 asks for writability while the peer's window is closed, and the loop spins. */
	opts.http2 = o->client.http2_is_asked_for && o->client.force_attempt_http2 && !o->client.disable_keep_alives;
	x->sign = (tel__sign){ .launch = launch, .calls = &x->calls };
	if (e == TEL_OK)
		e = tel__auth_for_client(env->auth, o->client.auth, false, x->tls != NULL, &x->sign.auth, err);
	if (e == TEL_OK)
		e = choose_proxy(x, o->client.proxy_url, env->proxies, &opts.proxy, err);
	if (e == TEL_OK)
		e = tel__http_client_new(env->ctx, &opts, &x->client, err);
	if (e) {
		free_impl(x);
		return e;
	}
	*ret_impl = x;
	return TEL_OK;
}

/* ---- sending ---- */

/* user:password of the URL, as HTTP's basic authentication sends them. */
static void mask_userinfo(const tel__exporter_impl *x, char text[TEL__ANSWER_TEXT])
{
	tel_slice url = { x->url, x->url_len };
	size_t scheme = tel__slice_starts(url, TEL_SLICE_LIT("https://")) ? 8 : 7;
	tel_slice authority = tel__slice_sub(url, scheme, url.len - scheme);
	tel__dynbuf sent;

	authority.len = tel__slice_find(authority, '/');
	while (authority.len && authority.ptr[authority.len - 1] != '@')
		authority.len--;
	if (authority.len < 2)
		return;
	tel__dynbuf_init(&sent, x->calls.alloc, 2 * url.len + 4);
	tel__base64_encode(tel__slice_sub(authority, 0, authority.len - 1), &sent);
	if (tel__dynbuf_error(&sent) == TEL_OK)
		tel__text_mask(text, strlen(text), tel__dynbuf_get(&sent));
	else
		memset(text, '*', strlen(text)); /* no memory: better nothing than everything */
	tel__dynbuf_fini(&sent);
}

static void on_answer(void *user, const tel__http_answer *answer)
{
	tel__export_call *c = user;
	tel__exporter_impl *x = c->exporter;
	char text[TEL__ANSWER_TEXT] = "", url[1024];
	tel_slice shown = tel__url_redacted((tel_slice){ x->url, x->url_len }, url, sizeof url);
	shown.len = tel__slice_find(shown, '?'); /* a query may hold a key */
	tel__export_outcome outcome;
	tel__otlp_answer_http(answer, shown, tel__ctx_unix_ns(x->ctx), text, &outcome);
	tel__sign_mask(&x->sign, x->headers + OWN_HEADERS, x->configured_count, text);
	mask_userinfo(x, text);
	tel__sign_answered(&x->sign, c, &outcome);
}

static tel_err launch(tel__export_call *c, const tel__auth_grant *grant, tel_error *err)
{
	tel__exporter_impl *x = c->exporter;
	const tel__export_batch *batch = c->batch;
	size_t skip = batch->coding ? 0 : 1;
	tel__http_call call = {
		.method = TEL_SLICE_LIT("POST"),
		.url = { x->url, x->url_len },
		.headers = x->headers + skip,
		.header_count = x->header_count - skip,
		.body = batch->slices,
		.body_count = batch->slice_count,
		.timeout_ns = tel__export_timeout(x->ctx, x->timeout_ns, batch->deadline_mono_ns),
	};
	if (grant) { /* the client copies them */
		call.header_count = tel__sign_merge(call.headers, call.header_count, grant, x->headers + x->header_count);
		call.headers = x->headers + x->header_count;
	}
	return tel__http_client_send(x->client, &call, on_answer, c, &c->client_id, err);
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
	tel__http_client_cancel(x->client, c->client_id);
	tel__export_calls_put(&x->calls, c);
}

static void settings(const void *options, tel__sender_settings *ret_settings)
{
	const tel__otlp_http_exporter_options *o = options;
	int64_t level = o->client.compression_params.level;
	*ret_settings = (tel__sender_settings){ &o->retry, o->queue, tel__compression_coding(o->client.compression),
		                                TEL_LIMIT_EXPORT_BYTES, level <= 0 ? 0 : level < INT_MAX ? (int)level : INT_MAX,
		                                o->encoding == TEL__ENCODING_JSON };
}

static const tel__exporter_ops ops = { make, send_batch, cancel, free_impl, settings };
static const char *const old_names[] = { "otlphttp", NULL };

const tel__component tel__otlp_http_exporter = {
	.type = "otlp_http",
	.old_names = old_names,
	.kind = TEL__KIND_EXPORTER,
	.keys = &tel__otlp_http_exporter_keys,
	.help = "sends OTLP over HTTP",
	.impl = &ops,
};
