/* SPDX-License-Identifier: Apache-2.0 */
#include "source/otlp_i.h"

#include <string.h>

#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "codec/otlp_decode.h"
#include "codec/otlp_json_read.h"
#include "codec/otlp_response.h"
#include "net/grpc_server.h"

void tel__receiver_stats_add(tel__receiver_stats *to, const tel__receiver_stats *from)
{
	to->requests += from->requests;
	to->accepted_points += from->accepted_points;
	to->refused_points += from->refused_points;
	to->failed_points += from->failed_points;
	to->cut_points += from->cut_points;
	for (size_t i = 0; i < TEL__REFUSAL_COUNT; i++)
		to->refused_requests[i] += from->refused_requests[i];
	to->received_bytes += from->received_bytes;
	to->connections.accepted += from->connections.accepted;
	for (size_t i = 0; i < TEL__CLOSED_COUNT; i++)
		to->connections.closed[i] += from->connections.closed[i];
	to->connections.open += from->connections.open;
	to->seen |= from->seen;
}

const char *tel__refusal_name(tel__refusal reason)
{
	static const char *const names[TEL__REFUSAL_COUNT] = {
		[TEL__REFUSED_TOO_LARGE] = "too_large",     [TEL__REFUSED_BUDGET] = "memory",
		[TEL__REFUSED_MALFORMED] = "malformed",     [TEL__REFUSED_UNSUPPORTED] = "unsupported",
		[TEL__REFUSED_ABORTED] = "aborted",         [TEL__REFUSED_UNAUTHENTICATED] = "unauthenticated",
		[TEL__REFUSED_AUTH_BUSY] = "auth_busy",
	};
	return names[reason];
}

/* ---- bodies of answers ---- */

void tel__otlp_encode_success(uint64_t cut_points, const char *cut_message, tel__dynbuf *out)
{
	tel__otlp_response response = { cut_points > 0, (int64_t)cut_points, tel__slice_str(cut_message) };

	if (cut_points)
		tel__otlp_response_encode(&response, TEL__OTLP_ANSWER_BYTES, out);
}

void tel__otlp_encode_status(int32_t code, tel_slice message, uint64_t retry_after_ns, tel__dynbuf *out)
{
	tel__rpc_status status = { .code = code, .message = message, .has_retry = retry_after_ns > 0,
		                       .retry_delay_ns = retry_after_ns };

	tel__rpc_status_encode(&status, TEL__OTLP_ANSWER_BYTES, out);
}

/* ---- from a body to a batch ---- */

tel__refusal tel__otlp_refusal_of(tel_err code)
{
	switch (code) {
	case TEL_ERR_LIMIT:
		return TEL__REFUSED_TOO_LARGE;
	case TEL_ERR_BUDGET:
	case TEL_ERR_NOMEM:
		return TEL__REFUSED_BUDGET;
	case TEL_ERR_UNSUPPORTED:
		return TEL__REFUSED_UNSUPPORTED;
	default:
		return TEL__REFUSED_MALFORMED;
	}
}

void tel__otlp_refused(tel__otlp_door *door, tel__http_request *req, tel__refusal reason, const tel_error *err)
{
	door->stats.refused_requests[reason]++;
	/* The Collector cannot know how many points a body held that it did not read: it counts one (design.md 5). */
	door->stats.refused_points++;
	door->stats.seen = true;
	door->ops->refuse(door, req, reason, err);
}

bool tel__otlp_coding(const tel__otlp_door *door, tel_slice name, tel__coding *ret_coding)
{
	tel__coding coding;

	/* "none" is the configuration's word, no header's */
	if (tel__slice_is(name, "none") || !tel__coding_find(name, &coding) || !tel__coding_is_offered(coding) || !(door->codings & 1u << coding))
		return false;
	*ret_coding = coding;
	return true;
}

/* The body as it is, or unpacked; either way a reference. */
static tel_err unpack(tel__otlp_door *door, tel_buf *body, tel__coding coding, tel_buf **ret_plain, tel_error *err)
{
	tel__otlp_receiver *r = door->receiver;
	tel_err rc;

	if (coding == TEL__CODING_NONE) {
		*ret_plain = tel_buf_ref(body);
		return TEL_OK;
	}
	rc = tel__coder_inflate(r->coder, coding, tel__ctx_budget(r->ctx), tel_buf_get(body), door->max_bytes, ret_plain, err);
	if (rc == TEL_ERR_LIMIT) /* grpc-go's words; HTTP has one text for all sizes */
		tel__fail(err, rc, "grpc: received message after decompression larger than max %zu", door->max_bytes);
	return rc;
}

/* Replaces the JSON text in *body by the OTLP bytes that it stands for. */
static tel_err read_json(tel__otlp_door *door, tel_buf **body, tel_error *err)
{
	tel_ctx *ctx = door->receiver->ctx;
	tel__json_read_opts opts = { TEL_LIMIT_VALUE_DEPTH, TEL_LIMIT_REQUEST_BYTES, tel__ctx_alloc(ctx), tel__ctx_budget(ctx),
		                         door->receiver->env.strict_json };
	tel_buf *bytes;
	tel_err rc = tel__otlp_json_read(tel_buf_get(*body), &opts, &bytes, err);

	if (rc)
		return rc;
	tel_buf_unref(*body);
	*body = bytes;
	return TEL_OK;
}

/* On failure *ret_reason is set. A limit inside of a message (depth) is a fault of the message, not of its size. */
static tel_err decode(tel__otlp_door *door, tel_buf *body, tel__coding coding, bool json, tel_metrics **ret_metrics,
                      tel_otlp_report *report, tel__refusal *ret_reason, tel_error *err)
{
	tel__otlp_receiver *r = door->receiver;
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_buf *plain = NULL;
	tel_err rc = unpack(door, body, coding, &plain, err);

	if (rc) {
		*ret_reason = tel__otlp_refusal_of(rc);
		return rc;
	}
	opts.alloc = tel__ctx_alloc(r->ctx);
	if (r->env.forward_bad_utf8)
		opts.flags |= TEL_OTLP_FORWARD_BAD_UTF8;
	if (json)
		rc = read_json(door, &plain, err);
	if (!rc)
		rc = tel__otlp_decode(plain, &opts, tel__ctx_budget(r->ctx), ret_metrics, report, err);
	if (rc)
		*ret_reason = rc == TEL_ERR_LIMIT ? TEL__REFUSED_MALFORMED : tel__otlp_refusal_of(rc);
	tel_buf_unref(plain);
	return rc;
}

static void hand_over(tel__otlp_door *door, tel__http_request *req, tel_metrics *metrics, uint64_t points,
                      const tel_otlp_report *report)
{
	tel_receipt *receipt = tel__receipt_open(door, req);

	if (!receipt) {
		tel_error err = TEL_ERROR_INIT;
		tel_metrics_free(metrics);
		tel__fail_nomem(&err);
		tel__otlp_refused(door, req, TEL__REFUSED_BUDGET, &err);
		return;
	}
	receipt->points = points;
	receipt->cut_points = report->rejected_points;
	memcpy(receipt->cut_message, report->message, sizeof(receipt->cut_message));
	door->receiver->env.on_metrics(receipt, metrics, door->receiver->env.user);
}

/* The client is told by partial success, which few clients show: whoever runs the gateway reads it here. */
static void say_cut(const tel__otlp_door *door, const tel_otlp_report *report)
{
	const tel__otlp_receiver *r = door->receiver;
	const tel__log_source source = { r->env.id, TEL_SLICE_LIT("receiver"), { NULL, 0 } };
	const tel_log_field fields[] = {
		TEL__LOG_STR("transport", tel__slice_str(door->stats.transport)),
		TEL__LOG_STR("message", tel__slice_str(report->message)),
		TEL__LOG_NUM("dropped_data_points", report->rejected_points),
	};

	tel__log(tel__ctx_log(r->ctx), TEL_LOG_WARN, &source, "Data points were cut out of a request", fields, 3);
}

void tel__otlp_take(tel__otlp_door *door, tel__http_request *req, tel_buf *body, tel__coding coding, bool json)
{
	tel_outcome outcome = TEL_OUTCOME_INIT;
	tel_otlp_report report = TEL_OTLP_REPORT_INIT;
	tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;
	tel_error err = TEL_ERROR_INIT;
	tel_metrics *metrics = NULL;
	tel__refusal reason;

	door->stats.received_bytes += tel_buf_get(body).len;
	if (decode(door, body, coding, json, &metrics, &report, &reason, &err)) {
		tel__otlp_refused(door, req, reason, &err);
		return;
	}
	tel_metrics_count(metrics, &counts);
	door->stats.cut_points += report.rejected_points;
	if (report.rejected_points)
		say_cut(door, &report);
	if (counts.points == 0) { /* acknowledged, not counted, not forwarded: otel-processing.md 9.1 */
		tel_metrics_free(metrics);
		door->ops->answer(door, req, &outcome, report.rejected_points, report.message);
		return;
	}
	door->stats.seen = true;
	hand_over(door, req, metrics, counts.points, &report);
}

void tel__otlp_on_body_error(void *user, tel__http_request *req, const tel_error *err)
{
	tel__otlp_door *door = user;
	tel__otlp_refused(door, req, tel__otlp_refusal_of(err->code), err);
}

void tel__otlp_on_head(void *user, tel__http_request *req)
{
	tel__otlp_door *door = user;

	door->stats.requests++;
	if (door->auth)
		tel__otlp_gate_enter(door, req);
	else
		door->ops->proceed(door, req);
}

void tel__otlp_on_abort(void *user, tel__http_request *req)
{
	tel__otlp_door *door = user;
	tel_receipt *receipt = tel__http_data(req);

	if (receipt) {
		tel__receipt_lost(receipt);
	} else {
		(void)tel__otlp_gate_leave(door, req);
		door->stats.refused_requests[TEL__REFUSED_ABORTED]++;
	}
}

/* ---- life ---- */

static void otlp_free(tel__receiver_impl *impl)
{
	tel__otlp_receiver *r = (tel__otlp_receiver *)impl;
	const tel_alloc *alloc;

	if (!r)
		return;
	alloc = tel__ctx_alloc(r->ctx);
	tel__http_server_free(r->grpc.server);
	tel__http_server_free(r->http.server);
	tel__otlp_gate_fini(&r->grpc);
	tel__otlp_gate_fini(&r->http);
	tel__tls_free(r->grpc.tls);
	tel__tls_free(r->http.tls);
	tel__receipts_orphan(r);
	tel__receipts_free(r);
	tel__coder_free(r->coder);
	if (r->path)
		tel__mem_free(alloc, r->path, r->path_size, 1);
	tel__mem_free(alloc, r, 1, sizeof(*r));
}

static void say_listening(const tel__otlp_receiver *r, const char *msg, tel_slice endpoint)
{
	const tel__log_source source = { r->env.id, TEL_SLICE_LIT("receiver"), { NULL, 0 } };
	const tel_log_field field = TEL__LOG_STR("endpoint", endpoint);

	tel__log(tel__ctx_log(r->ctx), TEL_LOG_INFO, &source, msg, &field, 1);
}

/* Offsets within a request are 32 bits wide: a higher limit of the file means that one. */
static size_t limit_of(uint64_t units, unsigned shift, size_t def)
{
	if (units > (uint64_t)TEL_LIMIT_REQUEST_BYTES >> shift)
		return TEL_LIMIT_REQUEST_BYTES;
	return units ? (size_t)units << shift : def;
}

static uint64_t positive(int64_t ns, uint64_t def)
{
	return ns > 0 ? (uint64_t)ns : def;
}

/* 0 means what grpc-go takes then. */
static tel__http_keepalive keepalive_of(const tel__otlp_keepalive *o)
{
	const uint64_t s = 1000000000u;
	tel__http_keepalive k = {
		.max_idle_ns = positive(o->server_parameters.max_idle_ns, 0),
		.max_age_ns = positive(o->server_parameters.max_age_ns, 0),
		.age_grace_ns = positive(o->server_parameters.age_grace_ns, 0),
		.time_ns = positive(o->server_parameters.time_ns, 7200 * s),
		.timeout_ns = positive(o->server_parameters.timeout_ns, 20 * s),
		.min_time_ns = positive(o->enforcement_policy.min_time_ns, 300 * s),
		.permit_without_stream = o->enforcement_policy.permit_without_stream,
	};

	k.time_ns = k.time_ns < s ? s : k.time_ns;
	return k;
}

/* The same door of the receiver that has had the id, if that one goes. */
static tel__http_server *predecessor_of(const tel__otlp_door *door)
{
	tel__otlp_receiver *old = (tel__otlp_receiver *)door->receiver->env.predecessor;

	return !old ? NULL : door == &door->receiver->grpc ? old->grpc.server : old->http.server;
}

static tel_err open_door(tel__otlp_door *door, tel_slice endpoint, const tel__tls_options *tls,
                         const tel__http_server_opts *base, const tel__otlp_http_options *http,
                         const tel__http_service *service, tel_error *err)
{
	tel__http_server_opts opts = *base;
	tel__http_before before;

	if (door->receiver->env.before) {
		before = *door->receiver->env.before;
		before.same = predecessor_of(door);
		opts.before = &before;
	}
	door->endpoint = endpoint;
	if (tls) {
		tel_err rc = tel__tls_server_new(door->receiver->ctx, tls, &door->tls, err);
		if (rc)
			return rc;
		tel__tls_set_source(door->tls, &(tel__log_source){ door->receiver->env.id, TEL_SLICE_LIT("receiver"), { NULL, 0 } });
		opts.tls = door->tls;
	}
	opts.max_per_peer = door->receiver->env.connections_per_peer;
	if (http && http->read_header_timeout_ns > 0)
		opts.header_timeout_ns = (uint64_t)http->read_header_timeout_ns;
	if (http && http->idle_timeout_ns > 0)
		opts.idle_timeout_ns = (uint64_t)http->idle_timeout_ns;
	if (http && http->read_timeout_ns > 0)
		opts.body_timeout_ns = (uint64_t)http->read_timeout_ns;
	return tel__http_server_new(door->receiver->ctx, endpoint, &opts, service, &door->server, err);
}

static void door_init(tel__otlp_door *door, tel__otlp_receiver *r, const tel__otlp_door_ops *ops, const char *transport)
{
	door->ops = ops;
	door->receiver = r;
	door->stats.transport = transport;
}

static tel_err take_path(tel__otlp_receiver *r, tel_slice path, tel_error *err)
{
	bool slash = path.len > 0 && path.ptr[0] == '/';

	r->path_size = path.len + 1;
	r->path = tel__mem_new(tel__ctx_alloc(r->ctx), r->path_size, 1);
	if (!r->path)
		return tel__fail_nomem(err);
	r->path[0] = '/';
	memcpy(r->path + (slash ? 0 : 1), path.ptr, path.len);
	r->http.path = (tel_slice){ r->path, path.len + (slash ? 0 : 1) };
	return TEL_OK;
}

static bool is_tcp(tel_slice transport)
{
	return transport.len == 0 || tel__slice_is(transport, "tcp") || tel__slice_is(transport, "tcp4") ||
	       tel__slice_is(transport, "tcp6");
}

/* A header that could end itself, or the head, is no header. */
static bool header_is_safe(const tel__key_pair *h)
{
	for (size_t i = 0; i < h->key.len; i++)
		if ((unsigned char)h->key.ptr[i] <= ' ' || (unsigned char)h->key.ptr[i] >= 0x7f || h->key.ptr[i] == ':')
			return false;
	for (size_t i = 0; i < h->value.len; i++)
		if (((unsigned char)h->value.ptr[i] < ' ' && h->value.ptr[i] != '\t') || h->value.ptr[i] == 0x7f)
			return false;
	return h->key.len > 0;
}

/* Codings that are known but not offered may be listed: a request in them is refused by name, as one that is not
 * listed is. "" stands for bodies that are not packed. */
static tel_err take_codings(tel__otlp_door *door, const tel__key_strings *names, tel_error *err)
{
	char text[64];

	door->codings = names->count ? 0 : UINT32_MAX;
	for (size_t i = 0; i < names->count; i++) {
		tel__coding coding;

		if (!tel__coding_find(names->items[i], &coding))
			return tel__fail(err, TEL_ERR_ARG, "otlp receiver: compression_algorithms: unsupported compression type \"%s\"",
			                 tel__slice_printable(names->items[i], text, sizeof(text)));
		door->codings |= 1u << coding;
	}
	return TEL_OK;
}

static tel_err take_http_options(tel__otlp_door *door, const tel__otlp_http_options *o, tel_error *err)
{
	char name[64];

	if (o->response_headers.count > TEL__OTLP_RESPONSE_HEADERS)
		return tel__fail(err, TEL_ERR_ARG, "otlp receiver: more than %d response_headers", TEL__OTLP_RESPONSE_HEADERS);
	for (size_t i = 0; i < o->response_headers.count; i++)
		if (!header_is_safe(&o->response_headers.items[i]))
			return tel__fail(err, TEL_ERR_ARG, "otlp receiver: response_headers: \"%s\" is not a header",
			                 tel__slice_printable(o->response_headers.items[i].key, name, sizeof(name)));
	door->response_headers = o->response_headers;
	return take_codings(door, &o->compression_algorithms, err);
}

static tel_err refuse_later_features(const tel__otlp_options *o, tel_error *err)
{
	const tel__otlp_grpc_options *grpc = o->protocols.grpc;
	const tel__otlp_http_options *http = o->protocols.http;

	if ((grpc && !is_tcp(grpc->transport)) || (http && !is_tcp(http->transport)))
		return tel__fail(err, TEL_ERR_UNSUPPORTED, "otlp receiver: the only transport of this release is tcp");
	return TEL_OK;
}

static tel_err open_grpc(tel__otlp_receiver *r, const tel__otlp_grpc_options *o, tel_error *err)
{
	const tel__http_server_opts opts = { .proto = TEL__HTTP_2, .max_streams = o->max_concurrent_streams,
		                                 .keepalive = keepalive_of(&o->keepalive) };
	tel__http_service service;
	tel_err rc = tel__auth_for_server(r->env.auth, o->auth, &r->grpc.auth, err);

	if (rc)
		return rc;
	r->grpc.max_bytes = limit_of(o->max_recv_msg_size_mib, 20, TEL_LIMIT_GRPC_RECV_BYTES);
	tel__otlp_grpc_service(&r->grpc, &service);
	return open_door(&r->grpc, o->endpoint, o->tls, &opts, NULL, &service, err);
}

static tel_err open_http(tel__otlp_receiver *r, const tel__otlp_http_options *o, tel_error *err)
{
	const tel__http_server_opts opts = { .proto = TEL__HTTP_1 };
	tel__http_service service;
	tel_err rc = take_path(r, o->metrics_url_path, err);

	if (!rc)
		rc = take_http_options(&r->http, o, err);
	if (!rc)
		rc = tel__auth_for_server(r->env.auth, o->auth, &r->http.auth, err);
	if (rc)
		return rc;
	r->http.max_bytes = limit_of(o->max_request_body_size > 0 ? (uint64_t)o->max_request_body_size : 0, 0,
	                             TEL_LIMIT_HTTP_BODY_BYTES);
	tel__otlp_http_service(&r->http, &service);
	return open_door(&r->http, o->endpoint, o->tls, &opts, o, &service, err);
}

static void otlp_start(tel__receiver_impl *impl);

static tel_err otlp_make(const tel__receiver_env *env, const void *options, tel__receiver_impl **ret_impl, tel_error *err)
{
	const tel__otlp_options *o = options;
	tel__otlp_receiver *r;
	tel_err rc = refuse_later_features(o, err);

	if (rc)
		return rc;
	r = tel__mem_zero(tel__ctx_alloc(env->ctx), 1, sizeof(*r));
	if (!r)
		return tel__fail_nomem(err);
	r->ctx = env->ctx;
	r->env = *env;
	door_init(&r->grpc, r, &tel__otlp_grpc_door, "grpc");
	door_init(&r->http, r, &tel__otlp_http_door, "http");
	rc = tel__coder_new(tel__ctx_alloc(env->ctx), &r->coder);
	if (rc)
		tel__fail_nomem(err);
	if (!rc && o->protocols.grpc)
		rc = open_grpc(r, o->protocols.grpc, err);
	if (!rc && o->protocols.http)
		rc = open_http(r, o->protocols.http, err);
	if (rc) {
		otlp_free((tel__receiver_impl *)r);
		return rc;
	}
	*ret_impl = (tel__receiver_impl *)r;
	if (!env->before)
		otlp_start(*ret_impl);
	r->env.before = NULL; /* read during the call only */
	r->env.predecessor = NULL;
	return TEL_OK;
}

static void start_door(tel__otlp_door *door, tel_slice endpoint, const char *msg)
{
	if (!door->server)
		return;
	tel__http_server_start(door->server);
	say_listening(door->receiver, msg, endpoint);
}

static void otlp_start(tel__receiver_impl *impl)
{
	tel__otlp_receiver *r = (tel__otlp_receiver *)impl;

	start_door(&r->grpc, r->grpc.endpoint, "Starting GRPC server");
	start_door(&r->http, r->http.endpoint, "Starting HTTP server");
}

static void otlp_retire(tel__receiver_impl *impl)
{
	tel__otlp_receiver *r = (tel__otlp_receiver *)impl;

	if (r->grpc.server)
		tel__http_server_retire(r->grpc.server);
	if (r->http.server)
		tel__http_server_retire(r->http.server);
}

static size_t otlp_servers(const tel__receiver_impl *impl, tel__http_server **ret_servers, size_t cap)
{
	const tel__otlp_receiver *r = (const tel__otlp_receiver *)impl;
	size_t n = 0;

	if (r->grpc.server && n < cap)
		ret_servers[n++] = r->grpc.server;
	if (r->http.server && n < cap)
		ret_servers[n++] = r->http.server;
	return n;
}

static void otlp_drain(tel__receiver_impl *impl)
{
	tel__otlp_receiver *r = (tel__otlp_receiver *)impl;

	if (r->grpc.server)
		tel__http_server_drain(r->grpc.server);
	if (r->http.server)
		tel__http_server_drain(r->http.server);
}

static size_t otlp_open(const tel__receiver_impl *impl)
{
	const tel__otlp_receiver *r = (const tel__otlp_receiver *)impl;
	size_t n = r->open_count;

	if (r->grpc.server)
		n += tel__http_server_open(r->grpc.server);
	if (r->http.server)
		n += tel__http_server_open(r->http.server);
	return n;
}

static void read_stats(const tel__otlp_door *door, tel__receiver_stats *ret_stats)
{
	*ret_stats = door->stats;
	tel__http_server_stats(door->server, &ret_stats->connections);
}

static size_t otlp_stats(const tel__receiver_impl *impl, tel__receiver_stats *ret_stats, size_t cap)
{
	const tel__otlp_receiver *r = (const tel__otlp_receiver *)impl;
	size_t n = 0;

	if (r->grpc.server && n < cap)
		read_stats(&r->grpc, &ret_stats[n++]);
	if (r->http.server && n < cap)
		read_stats(&r->http, &ret_stats[n++]);
	return n;
}

static unsigned otlp_port(const tel__receiver_impl *impl, const char *transport)
{
	const tel__otlp_receiver *r = (const tel__otlp_receiver *)impl;
	const tel__otlp_door *door = strcmp(transport, "grpc") == 0 ? &r->grpc : &r->http;

	return door->server ? tel__http_server_port(door->server) : 0;
}

const tel__receiver_ops tel__otlp_receiver_ops = {
	.make = otlp_make,
	.start = otlp_start,
	.drain = otlp_drain,
	.retire = otlp_retire,
	.servers = otlp_servers,
	.open = otlp_open,
	.stats = otlp_stats,
	.port = otlp_port,
	.free = otlp_free,
};
