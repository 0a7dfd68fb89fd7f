/* SPDX-License-Identifier: Apache-2.0 */
/* The exporter of applications: an otlp_http or otlp_grpc exporter behind a sender that waits for results. */
#include <string.h>

#include <telemetry/exporter.h>

#include "base/error_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "base/url.h"
#include "model/edit.h"
#include "model/encode.h"
#include "net/proxy.h"
#include "sink/exporter_env.h"
#include "sink/exporters.h"
#include "sink/later.h"
#include "sink/otlp_options.h"
#include "sink/sender.h"

static const int64_t SECOND_NS = 1000000000;
enum { QUEUE_BATCHES = 1000, IN_FLIGHT = 10, TIMEOUT_S = 10, ELAPSED_S = 300, ARENA_MAX = 1 << 20 };

typedef struct submission {
	struct submission *next, *prev;
	tel_exporter *exporter;
	void (*done)(void *user, const tel_export_result *result);
	void *user;
	uint64_t id;
	uint64_t later_id;
	bool empty;          /* no points, or disabled: answered by later, not by the sender */
	bool submitting;     /* inside tel_export_submit */
	tel_err failed;      /* what went wrong there */
} submission;

struct tel_exporter {
	tel_ctx *ctx;
	const tel_alloc *alloc;
	tel__arena *arena;   /* strings of the options */
	union {
		tel__otlp_http_exporter_options http;
		tel__otlp_grpc_exporter_options grpc;
	} options;
	tel__queue_options queue;
	tel__proxies *proxies; /* NULL: the context's */
	tel__sender *sender; /* NULL: disabled */
	tel_temporality_preference temporality;
	bool exponential_histograms;
	tel__later later;
	submission *open, *idle;
	uint64_t next_id;
	tel__deferred disposal;
};

/* ---- options ---- */

static bool keep(tel_exporter *x, tel_slice text, tel_slice *ret_copy)
{
	*ret_copy = (tel_slice){ NULL, 0 };
	return text.len == 0 || tel__arena_copy(x->arena, text, ret_copy);
}

/* RFC 9110 5.1 and 5.5: a name is a token, a value has no control characters. */
static tel_err check_header(const tel_exporter_header *h, tel_error *err)
{
	if (h->name.len == 0)
		return tel__fail(err, TEL_ERR_ARG, "a header has no name");
	for (size_t i = 0; i < h->name.len; i++)
		if (h->name.ptr[i] <= ' ' || h->name.ptr[i] > '~' || strchr("\"(),/:;<=>?@[\\]{}", h->name.ptr[i]))
			return tel__fail(err, TEL_ERR_ARG, "the name of a header holds a character that no name may hold, at byte %zu", i);
	for (size_t i = 0; i < h->value.len; i++)
		if (((unsigned char)h->value.ptr[i] < ' ' && h->value.ptr[i] != '\t') || h->value.ptr[i] == 127)
			return tel__fail(err, TEL_ERR_ARG, "header '" TEL_SLICE_FMT "': its value holds a control character",
			                 TEL_SLICE_ARG(h->name));
	return TEL_OK;
}

static tel_err keep_headers(tel_exporter *x, const tel_exporter_opts *o, tel__key_pairs *ret_pairs, tel_error *err)
{
	tel__key_pair *pairs = NULL;
	if (o->header_count && !(pairs = tel__arena_array(x->arena, o->header_count, sizeof *pairs)))
		return tel__fail_nomem(err);
	for (size_t i = 0; i < o->header_count; i++) {
		tel_err rc = check_header(&o->headers[i], err);
		if (rc != TEL_OK)
			return rc;
		if (!keep(x, o->headers[i].name, &pairs[i].key) || !keep(x, o->headers[i].value, &pairs[i].value))
			return tel__fail_nomem(err);
	}
	*ret_pairs = (tel__key_pairs){ pairs, o->header_count };
	return TEL_OK;
}

static tel_err compression_of(tel_slice word, int32_t *ret_index, tel_error *err)
{
	char text[64];
	for (int32_t i = 0; tel__compression_words[i]; i++) {
		if (!tel__slice_is(word, tel__compression_words[i]))
			continue;
		*ret_index = i;
		return TEL_OK;
	}
	return tel__fail(err, TEL_ERR_ARG, "unsupported compression type \"%s\"",
	                 tel__slice_printable(word, text, sizeof text));
}

static tel__retry_options retry_of(const tel_exporter_opts *o)
{
	int64_t elapsed = o->max_elapsed_ns == 0 ? ELAPSED_S * SECOND_NS
	                  : o->max_elapsed_ns > INT64_MAX ? 0 : (int64_t)o->max_elapsed_ns;
	return (tel__retry_options){ !o->no_retry, 5 * SECOND_NS, 30 * SECOND_NS, elapsed, 0.5, 1.5 };
}

static int64_t timeout_of(const tel_exporter_opts *o)
{
	return o->timeout_ns == 0 ? TIMEOUT_S * SECOND_NS : o->timeout_ns > INT64_MAX ? INT64_MAX : (int64_t)o->timeout_ns;
}

static tel_err keep_tls(tel_exporter *x, const tel_exporter_opts *o, tel__tls_options *tls, tel_error *err)
{
	bool kept = keep(x, o->ca_file, &tls->ca_file) && keep(x, o->client_cert_file, &tls->cert_file) &&
		keep(x, o->client_key_file, &tls->key_file) && keep(x, o->server_name, &tls->server_name_override);
	tls->insecure_skip_verify = o->insecure_skip_verify;
	return kept ? TEL_OK : tel__fail_nomem(err);
}

static tel_err set_http(tel_exporter *x, const tel_exporter_opts *o, tel_error *err)
{
	tel__otlp_http_exporter_options *h = &x->options.http;
	tel_slice endpoint = o->endpoint.len ? o->endpoint : TEL_SLICE_LIT("http://localhost:4318");
	if (!keep(x, endpoint, o->endpoint_is_whole && o->endpoint.len ? &h->metrics_endpoint : &h->client.endpoint))
		return tel__fail_nomem(err);
	h->encoding = o->protocol == TEL_EXPORTER_HTTP_JSON ? TEL__ENCODING_JSON : TEL__ENCODING_PROTO;
	h->client.timeout = timeout_of(o);
	h->retry = retry_of(o);
	h->queue = &x->queue;
	tel_err e = compression_of(o->compression, &h->client.compression, err);
	if (e == TEL_OK)
		e = keep_tls(x, o, &h->client.tls, err);
	return e ? e : keep_headers(x, o, &h->client.headers, err);
}

/* A URL's path means nothing to gRPC; without a port it is OTLP's. */
static tel_err set_grpc_endpoint(tel_exporter *x, tel_slice endpoint, tel_error *err)
{
	bool https;
	tel_slice authority = tel__grpc_endpoint_strip(endpoint, &https);
	size_t prefix = endpoint.len - authority.len;
	authority = tel__slice_sub(authority, 0, tel__slice_find(authority, '/'));
	size_t bracket = tel__slice_find(authority, ']'), from = bracket < authority.len ? bracket : 0;
	tel_slice tail = tel__slice_sub(authority, from, authority.len - from);
	bool has_port = tel__slice_find(tail, ':') < tail.len;
	tel_slice port = has_port ? (tel_slice){ "", 0 } : TEL_SLICE_LIT(":4317");
	size_t len = prefix + authority.len + port.len;
	char *text = tel__arena_alloc(x->arena, len);
	if (!text)
		return tel__fail_nomem(err);
	memcpy(text, endpoint.ptr, prefix);
	memcpy(text + prefix, authority.ptr, authority.len);
	memcpy(text + prefix + authority.len, port.ptr, port.len);
	x->options.grpc.client.endpoint = (tel_slice){ text, len };
	return TEL_OK;
}

static tel_err set_grpc(tel_exporter *x, const tel_exporter_opts *o, tel_error *err)
{
	tel__otlp_grpc_exporter_options *g = &x->options.grpc;
	tel_slice endpoint = o->endpoint.len ? o->endpoint : TEL_SLICE_LIT("http://localhost:4317");
	bool http = tel__slice_starts(endpoint, TEL_SLICE_LIT("http://"));
	g->client.tls.insecure = http || (o->insecure && !tel__slice_starts(endpoint, TEL_SLICE_LIT("https://")));
	tel_err e = set_grpc_endpoint(x, endpoint, err);
	if (e == TEL_OK && !g->client.tls.insecure)
		e = keep_tls(x, o, &g->client.tls, err);
	g->timeout.timeout = timeout_of(o);
	g->retry = retry_of(o);
	g->queue = &x->queue;
	if (e == TEL_OK)
		e = compression_of(o->compression, &g->client.compression, err);
	return e ? e : keep_headers(x, o, &g->client.headers, err);
}

/* ---- birth and death ---- */

static tel_err make_sender(tel_exporter *x, const tel__component *row, tel_slice user_agent, tel_error *err)
{
	const tel__exporter_ops *ops = row->impl;
	tel__exporter_env env = { .ctx = x->ctx, .id = tel__slice_str(row->type), .user_agent = user_agent };
	env.proxies = x->proxies ? x->proxies : tel__ctx_proxies(x->ctx);
	tel__sender_settings settings;
	tel__exporter_impl *impl;
	tel_err e = ops->make(&env, &x->options, &impl, err);
	if (e)
		return e;
	ops->settings(&x->options, &settings);
	tel__sender_opts opts = { .ctx = x->ctx, .exporter = ops, .impl = impl, .settings = &settings };
	opts.source = (tel__log_source){ env.id, TEL_SLICE_LIT("exporter"), { NULL, 0 } };
	e = tel__sender_new(&opts, &x->sender, err);
	if (e)
		ops->free(impl);
	return e;
}

static tel_slice default_agent(void)
{
#define VERSION_TEXT_(a, b, c) #a "." #b "." #c
#define VERSION_TEXT(a, b, c) VERSION_TEXT_(a, b, c)
	return TEL_SLICE_LIT("libtelemetry/" VERSION_TEXT(TEL_VERSION_MAJOR, TEL_VERSION_MINOR, TEL_VERSION_PATCH));
}

static tel_err init(tel_exporter *x, const tel_exporter_opts *o, tel_error *err)
{
	tel_slice agent;
	bool grpc = o->protocol == TEL_EXPORTER_GRPC;
	x->temporality = o->temporality;
	x->exponential_histograms = o->exponential_histograms;
	if (o->disabled)
		return TEL_OK;
	if ((unsigned)o->temporality > TEL_PREFER_LOW_MEMORY)
		return tel__fail(err, TEL_ERR_ARG, "temporality preference %d is not known", (int)o->temporality);
	if (!grpc && o->protocol != TEL_EXPORTER_HTTP_PROTOBUF && o->protocol != TEL_EXPORTER_HTTP_JSON)
		return tel__fail(err, TEL_ERR_ARG, "protocol %d is not known", (int)o->protocol);
	x->queue = (tel__queue_options){
		.enabled = true,
		.num_consumers = o->in_flight ? o->in_flight : IN_FLIGHT,
		.queue_size = o->queue_batches == 0 ? QUEUE_BATCHES : o->queue_batches > UINT32_MAX ? UINT32_MAX
		                                                                                  : (int64_t)o->queue_batches,
		.wait_for_result = true,
	};
	if (!keep(x, o->user_agent.len ? o->user_agent : default_agent(), &agent))
		return tel__fail_nomem(err);
	tel_err e = tel__proxies_new(x->alloc, &o->proxies, &x->proxies, err);
	if (e == TEL_OK)
		e = grpc ? set_grpc(x, o, err) : set_http(x, o, err);
	return e ? e : make_sender(x, grpc ? &tel__otlp_grpc_exporter : &tel__otlp_http_exporter, agent, err);
}

static void log_effective(const tel_exporter *x, const tel_exporter_opts *o)
{
	static const tel_slice names[] = { [TEL_EXPORTER_HTTP_PROTOBUF] = TEL_SLICE_LIT("http/protobuf"),
		                           [TEL_EXPORTER_GRPC] = TEL_SLICE_LIT("grpc"),
		                           [TEL_EXPORTER_HTTP_JSON] = TEL_SLICE_LIT("http/json") };
	char text[512];
	if (o->disabled) {
		tel__log(tel__ctx_log(x->ctx), TEL_LOG_INFO, NULL, "Exporter is disabled.", NULL, 0);
		return;
	}
	bool grpc = o->protocol == TEL_EXPORTER_GRPC;
	tel_slice url = x->options.http.metrics_endpoint.len ? x->options.http.metrics_endpoint
	                                                     : x->options.http.client.endpoint;
	bool tls = grpc ? !x->options.grpc.client.tls.insecure : tel__slice_starts(url, TEL_SLICE_LIT("https://"));
	int64_t timeout_ns = timeout_of(o);
	tel_log_field fields[] = {
		TEL__LOG_STR("protocol", names[o->protocol]),
		TEL__LOG_STR("endpoint", tel__url_redacted(grpc ? x->options.grpc.client.endpoint : url, text, sizeof text)),
		TEL__LOG_STR("tls", tls ? TEL_SLICE_LIT("true") : TEL_SLICE_LIT("false")),
		TEL__LOG_STR("compression", o->compression.len ? o->compression : TEL_SLICE_LIT("none")),
		TEL__LOG_NUM("headers", o->header_count),
		TEL__LOG_NUM("timeout_ms", timeout_ns / 1000000),
	};
	size_t count = sizeof fields / sizeof fields[0];
	tel__log(tel__ctx_log(x->ctx), TEL_LOG_INFO, NULL, "Exporter is ready.", fields,
	         timeout_ns == INT64_MAX ? count - 1 : count);
}

/* What the caller knows of the options; the rest is default. */
static tel_err view_opts(const tel_exporter_opts *opts, tel_exporter_opts *ret_view, tel_error *err)
{
	tel_exporter_opts view = TEL_EXPORTER_OPTS_INIT;
	if (opts) {
		if (opts->size < sizeof view.size || opts->size > 4096)
			return tel__fail(err, TEL_ERR_ARG, "options were not initialised with TEL_EXPORTER_OPTS_INIT");
		memcpy(&view, opts, opts->size < sizeof view ? opts->size : sizeof view);
	}
	*ret_view = view;
	return TEL_OK;
}

static void exporter_free(tel_exporter *x)
{
	tel__arena_unref(x->arena);
	tel__proxies_free(x->proxies);
	tel__mem_free(x->alloc, x, 1, sizeof *x);
}

static tel_err alloc_exporter(tel_ctx *ctx, tel_exporter **ret_exporter, tel_error *err)
{
	if (!ctx || !ret_exporter)
		return tel__fail(err, TEL_ERR_ARG, "no context");
	tel_err e = tel__ctx_check(ctx, err);
	if (e)
		return e;
	const tel_alloc *alloc = tel__ctx_alloc(ctx);
	tel_exporter *x = tel__mem_zero(alloc, 1, sizeof *x);
	if (!x)
		return tel__fail_nomem(err);
	x->ctx = ctx;
	x->alloc = alloc;
	x->next_id = 1;
	if (tel__arena_new(alloc, ARENA_MAX, NULL, &x->arena) != TEL_OK) {
		tel__mem_free(alloc, x, 1, sizeof *x);
		return tel__fail_nomem(err);
	}
	tel__arena_set_wipe(x->arena); /* headers among it */
	*ret_exporter = x;
	return TEL_OK;
}

static tel_err start(tel_exporter *x, const tel_exporter_opts *opts, tel_exporter **ret_exporter, tel_error *err)
{
	tel_err e = init(x, opts, err);
	if (e) {
		exporter_free(x);
		return e;
	}
	tel__later_init(&x->later, x->ctx);
	log_effective(x, opts);
	*ret_exporter = x;
	return TEL_OK;
}

tel_err tel_exporter_new(tel_ctx *ctx, const tel_exporter_opts *opts, tel_exporter **ret_exporter, tel_error *err)
{
	tel_exporter_opts view;
	tel_exporter *x;
	tel_err e = view_opts(opts, &view, err);
	if (e == TEL_OK)
		e = alloc_exporter(ctx, &x, err);
	return e ? e : start(x, &view, ret_exporter, err);
}

tel_err tel_exporter_new_env(tel_ctx *ctx, const tel_exporter_env *env, tel_exporter **ret_exporter, tel_error *err)
{
	tel_exporter_opts opts;
	tel_exporter *x;
	if (env && (env->size < sizeof *env || !env->lookup))
		return tel__fail(err, TEL_ERR_ARG, "env has no lookup");
	tel_err e = alloc_exporter(ctx, &x, err);
	if (e)
		return e;
	e = tel__exporter_env_read(env ? env : &tel__exporter_env_process, x->arena, tel__ctx_log(ctx), &opts, err);
	if (e) {
		exporter_free(x);
		return e;
	}
	return start(x, &opts, ret_exporter, err);
}

tel_err tel_exporter_preference_get(const tel_exporter *exporter, tel_exporter_preference *ret_preference)
{
	tel_exporter_preference p = TEL_EXPORTER_PREFERENCE_INIT;
	if (!exporter || !ret_preference || ret_preference->size < sizeof p.size)
		return TEL_ERR_ARG;
	bool delta = exporter->temporality == TEL_PREFER_DELTA;
	if (exporter->temporality != TEL_PREFER_CUMULATIVE)
		p.counter = p.histogram = TEL_DELTA;
	if (delta)
		p.observed_counter = TEL_DELTA;
	if (exporter->exponential_histograms)
		p.histogram_type = TEL_METRIC_EXP_HISTOGRAM;
	p.size = ret_preference->size;
	memcpy(ret_preference, &p, p.size < sizeof p ? p.size : sizeof p);
	return TEL_OK;
}

static submission *sub_get(tel_exporter *x)
{
	submission *s = x->idle;
	if (s)
		x->idle = s->next;
	else
		s = tel__mem_new(x->alloc, 1, sizeof *s);
	if (!s)
		return NULL;
	*s = (submission){ .next = x->open, .exporter = x, .id = x->next_id++ };
	if (s->next)
		s->next->prev = s;
	x->open = s;
	tel__ctx_busy(x->ctx, 1);
	return s;
}

static void sub_put(submission *s)
{
	tel_exporter *x = s->exporter;
	*(s->prev ? &s->prev->next : &x->open) = s->next;
	if (s->next)
		s->next->prev = s->prev;
	s->next = x->idle;
	x->idle = s;
	tel__ctx_busy(x->ctx, -1);
}

static void dispose(void *user)
{
	tel_exporter *x = user;
	tel__sender_free(x->sender);
	tel__later_fini(&x->later);
	while (x->open)
		sub_put(x->open);
	while (x->idle) {
		submission *s = x->idle;
		x->idle = s->next;
		tel__mem_free(x->alloc, s, 1, sizeof *s);
	}
	exporter_free(x);
}

void tel_exporter_free(tel_exporter *exporter)
{
	if (!exporter)
		return;
	for (submission *s = exporter->open; s; s = s->next)
		s->done = NULL;
	exporter->disposal.run = dispose;
	exporter->disposal.user = exporter;
	tel__ctx_dispose(exporter->ctx, &exporter->disposal);
}

/* ---- submissions ---- */

static void answer(submission *s, tel_err code, const tel__export_outcome *o)
{
	submission copy = *s;
	tel_export_result result = { .size = sizeof result, .code = code };
	if (o) {
		result.rejected_points = o->rejected_points;
		result.grpc_status = o->grpc_status;
		result.message = o->message;
		if (code == TEL_OK && o->rejected_points)
			result.code = TEL_ERR_PARTIAL;
	}
	sub_put(s);
	if (copy.done)
		copy.done(copy.user, &result);
}

static void on_settled(void *user, tel_err err, const tel__export_outcome *outcome)
{
	submission *s = user;
	if (s->submitting)
		s->failed = err;
	else
		answer(s, err, outcome);
}

static void on_empty(void *user, const tel__export_outcome *outcome)
{
	(void)outcome;
	answer(user, TEL_OK, NULL);
}

static tel_err refused(tel_err e, tel_error *err)
{
	switch (e) {
	case TEL_ERR_FULL:
		return tel__fail(err, e, "sending queue is full");
	case TEL_ERR_LIMIT:
		return tel__fail(err, e, "element size too large");
	case TEL_ERR_BUDGET:
		return tel__fail(err, e, "no room in the memory budget");
	default:
		return tel__fail(err, TEL_ERR_NOMEM, "no memory for the batch");
	}
}

static tel_err commit(tel_exporter *x, submission *s, const tel__encoded *m, tel_error *err)
{
	tel__queue_room room = { 0 };
	tel_err e = tel__sender_reserve(x->sender, 0, m->bytes, m->points, &room);
	if (e)
		return refused(e, err);
	tel__queue_record record = { .slices = m->slices, .slice_count = m->slice_count, .bufs = m->bufs,
		                     .buf_count = m->buf_count, .bytes = m->bytes, .pinned_bytes = m->pinned_bytes,
		                     .points = m->points, .mono_ns = tel__ctx_mono_ns(x->ctx) };
	s->submitting = true;
	tel__sender_commit(x->sender, &room, &record, UINT64_MAX, on_settled, s);
	s->submitting = false;
	return s->failed ? refused(s->failed, err) : TEL_OK;
}

static tel_err submit(tel_exporter *x, submission *s, tel_metrics *metrics, tel_error *err)
{
	static const tel__export_outcome ok = { .verdict = TEL__EXPORT_OK };
	tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;
	tel__encoded encoded;
	tel_err closed = tel__metrics_close(metrics);
	if (closed)
		return refused(closed, err);
	tel_metrics_count(metrics, &counts);
	s->empty = counts.points == 0 || !x->sender;
	if (s->empty)
		return tel__later_push(&x->later, &ok, on_empty, s, &s->later_id, err);
	if (tel__metrics_slices(metrics, &encoded) != TEL_OK)
		return tel__fail_nomem(err);
	tel_err e = commit(x, s, &encoded, err);
	tel__encoded_fini(&encoded);
	return e;
}

tel_err tel_export_submit(tel_exporter *exporter, tel_metrics *metrics,
                          void (*done)(void *user, const tel_export_result *result), void *user, uint64_t *ret_id,
                          tel_error *err)
{
	if (!exporter || !metrics)
		return tel__fail(err, TEL_ERR_ARG, "no %s", exporter ? "metrics" : "exporter");
	tel_err e = tel__ctx_check(exporter->ctx, err);
	if (e)
		return e;
	submission *s = sub_get(exporter);
	if (!s)
		return tel__fail_nomem(err);
	s->done = done;
	s->user = user;
	e = submit(exporter, s, metrics, err);
	if (e) {
		sub_put(s);
		return e;
	}
	tel_metrics_free(metrics);
	if (ret_id)
		*ret_id = s->id;
	return TEL_OK;
}

void tel_export_cancel(tel_exporter *exporter, uint64_t id)
{
	submission *s = exporter ? exporter->open : NULL;
	while (s && s->id != id)
		s = s->next;
	if (!s)
		return;
	if (s->empty)
		tel__later_cancel(&exporter->later, s->later_id);
	else
		tel__sender_cancel(exporter->sender, 0, on_settled, s);
	sub_put(s);
}
