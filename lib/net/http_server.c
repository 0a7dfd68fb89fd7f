/* SPDX-License-Identifier: Apache-2.0 */
/* What HTTP/1 and HTTP/2 share: listener, connections, admission, and a service's view of a request. */
#include <assert.h>
#include <stdio.h>

#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "net/admission.h"

static const uint64_t S_NS = 1000000000u;
static void set_defaults(tel__http_server_opts *o)
{
	bool http1 = o->proto == TEL__HTTP_1;
	o->header_list_bytes = o->header_list_bytes ? o->header_list_bytes : TEL_LIMIT_HEADER_LIST_BYTES;
	o->max_streams = o->max_streams ? o->max_streams : TEL_LIMIT_STREAMS_PER_CONNECTION;
	o->max_connections = o->max_connections ? o->max_connections : TEL_LIMIT_CONNECTIONS;
	o->header_timeout_ns = o->header_timeout_ns ? o->header_timeout_ns : 10 * S_NS; /* security.md S27 */
	o->idle_timeout_ns = o->idle_timeout_ns || !http1 ? o->idle_timeout_ns : 60 * S_NS;
	o->body_timeout_ns = o->body_timeout_ns ? o->body_timeout_ns : 30 * S_NS;
}

void tel__http_server_adopt(tel__http_server *srv, tel__stream *s, tel__http_proto proto)
{
	tel__http_conn *conn;
	tel__http_who who;
	if (!tel__admission_enter(srv, s->peer, &who)) {
		tel__stream_free(s);
		return;
	}
	tel_err rc = proto == TEL__HTTP_2 ? tel__h2_conn_new(srv, s, &conn) : tel__http1_conn_new(srv, s, &conn);
	if (rc == TEL_OK) {
		conn->who = who;
		if (srv->retiring)
			conn->ops->drain(conn);
		return;
	}
	tel__stream_free(s);
	tel__admission_leave(srv, &who);
}

static void on_accept(void *user, tel__stream *s)
{
	tel__http_server *srv = user;
	tel__http_who who;
	if (!srv->opts.tls)
		tel__http_server_adopt(srv, s, srv->opts.proto);
	else if (!tel__admission_enter(srv, s->peer, &who))
		tel__stream_free(s);
	else if (tel__http_tls_conn_new(srv, s, &who) != TEL_OK)
		tel__admission_leave(srv, &who);
}

static void link_server(tel__http_server *srv)
{
	tel__http_server **first = &tel__ctx_servers(srv->ctx)->first;
	srv->next = *first;
	if (*first)
		(*first)->prev = srv;
	*first = srv;
}

static void unlink_server(tel__http_server *srv)
{
	if (srv->prev)
		srv->prev->next = srv->next;
	else
		tel__ctx_servers(srv->ctx)->first = srv->next;
	if (srv->next)
		srv->next->prev = srv->prev;
}

/* Whose listening socket serves endpoint, and is not promised to another successor. */
static tel__http_server *find_heritage(const tel__http_before *before, tel_slice endpoint)
{
	tel__http_server *same = before->same;
	if (same && same->listener && !same->heir && tel__listener_serves(same->listener, endpoint, true))
		return same;
	for (size_t i = 0; i < before->count; i++) {
		tel__http_server *srv = before->servers[i];
		if (srv->listener && !srv->heir && tel__listener_serves(srv->listener, endpoint, false))
			return srv;
	}
	return NULL;
}

static tel_err open_beside(tel__http_server *srv, tel_slice endpoint, const tel__http_before *before, tel_error *err)
{
	const tel_alloc *alloc = tel__ctx_alloc(srv->ctx);
	tel__listener **beside = before->count ? tel__mem_new(alloc, before->count, sizeof(tel__listener *)) : NULL;
	size_t n = 0;
	if (before->count && !beside)
		return tel__fail_nomem(err);
	for (size_t i = 0; i < before->count; i++)
		if (before->servers[i]->listener && !before->servers[i]->heir) /* a socket that is handed over stays in the way */
			beside[n++] = before->servers[i]->listener;
	tel_err rc = tel__listener_new_beside(srv->ctx, endpoint, beside, n, on_accept, srv, &srv->listener, err);
	if (before->count)
		tel__mem_free(alloc, beside, before->count, sizeof(tel__listener *));
	return rc;
}

static tel_err open_listener(tel__http_server *srv, tel_slice endpoint, const tel__http_before *before, tel_error *err)
{
	if (!before)
		return tel__listener_new(srv->ctx, endpoint, on_accept, srv, &srv->listener, err);
	tel__http_server *heritage = find_heritage(before, endpoint);
	if (!heritage)
		return open_beside(srv, endpoint, before, err);
	heritage->heir = srv;
	srv->heir_of = heritage;
	return TEL_OK;
}

tel_err tel__http_server_new(tel_ctx *ctx, tel_slice endpoint, const tel__http_server_opts *opts,
                             const tel__http_service *service, tel__http_server **ret_server, tel_error *err)
{
	tel__http_server *srv = tel__mem_zero(tel__ctx_alloc(ctx), 1, sizeof(*srv));
	if (!srv)
		return tel__fail_nomem(err);
	srv->ctx = ctx;
	srv->opts = *opts;
	srv->opts.before = NULL; /* read during the call only */
	srv->service = *service;
	set_defaults(&srv->opts);
	link_server(srv);
	/* Taken now, so that a listener which is there can also receive. */
	tel_err rc = tel__ctx_scratch(ctx) ? TEL_OK : tel__fail_nomem(err);
	if (rc == TEL_OK && opts->max_per_peer &&
	    tel__map_new(tel__ctx_alloc(ctx), 0, tel__ctx_random(ctx), &srv->by_peer) != TEL_OK)
		rc = tel__fail_nomem(err);
	if (rc == TEL_OK)
		rc = open_listener(srv, endpoint, opts->before, err);
	if (rc != TEL_OK) {
		tel__http_server_free(srv);
		return rc;
	}
	srv->port = srv->heir_of ? srv->heir_of->port : tel__listener_port(srv->listener);
	*ret_server = srv;
	return TEL_OK;
}

void tel__http_server_start(tel__http_server *srv)
{
	tel__http_server *before = srv->heir_of;
	if (!before)
		return;
	srv->listener = before->listener;
	before->listener = NULL;
	before->heir = srv->heir_of = NULL;
	if (srv->listener)
		tel__listener_give(srv->listener, on_accept, srv);
}

unsigned tel__http_server_port(const tel__http_server *srv)
{
	return srv->port;
}

size_t tel__http_server_open(const tel__http_server *srv)
{
	return srv->open;
}

void tel__http_server_stats(const tel__http_server *srv, tel__http_stats *ret_stats)
{
	*ret_stats = srv->stats;
	ret_stats->open = srv->conn_count;
}

const char *tel__http_closed_name(tel__http_closed why)
{
	static const char *const names[TEL__CLOSED_COUNT] = {
		[TEL__CLOSED_LIMIT] = "limit",       [TEL__CLOSED_PER_PEER] = "per_peer",
		[TEL__CLOSED_MEMORY] = "memory",     [TEL__CLOSED_STALLED] = "stalled",
		[TEL__CLOSED_TIMEOUT] = "timeout",   [TEL__CLOSED_MALFORMED] = "malformed",
		[TEL__CLOSED_FLOOD] = "flood",       [TEL__CLOSED_TLS] = "tls",
	};
	return names[why];
}

static void drain_connections(tel__http_server *srv)
{
	for (tel__http_conn *conn = srv->conns, *next; conn; conn = next) {
		next = conn->next;
		conn->ops->drain(conn);
	}
}

void tel__http_server_drain(tel__http_server *srv)
{
	srv->draining = true;
	srv->retiring = false;
	/* Closed, not paused: who comes now is refused at once, instead of waiting in a backlog that nobody reads. */
	tel__listener_free(srv->listener);
	srv->listener = NULL;
	drain_connections(srv);
}

void tel__http_server_retire(tel__http_server *srv)
{
	if (srv->listener)
		tel__listener_accept_all(srv->listener);
	tel__listener_free(srv->listener);
	srv->listener = NULL;
	srv->retiring = true;
	drain_connections(srv);
}

void tel__http_server_free(tel__http_server *srv)
{
	if (!srv)
		return;
	if (srv->heir_of)
		srv->heir_of->heir = NULL;
	if (srv->heir)
		srv->heir->heir_of = NULL;
	tel__listener_free(srv->listener);
	while (srv->conns)
		srv->conns->ops->free(srv->conns);
	unlink_server(srv);
	tel__map_free(srv->by_peer);
	tel__mem_free(tel__ctx_alloc(srv->ctx), srv, 1, sizeof(*srv));
}

void tel__http_conn_init(tel__http_conn *conn, const tel__http_conn_ops *ops, tel__http_server *srv, tel__stream *s)
{
	conn->ops = ops;
	conn->server = srv;
	conn->stream = s;
	conn->who = (tel__http_who){ 0 };
	conn->prev = NULL;
	conn->next = srv->conns;
	if (srv->conns)
		srv->conns->prev = conn;
	srv->conns = conn;
	srv->conn_count++;
}

void tel__http_conn_fini(tel__http_conn *conn)
{
	tel__http_server *srv = conn->server;
	if (conn->prev)
		conn->prev->next = conn->next;
	else
		srv->conns = conn->next;
	if (conn->next)
		conn->next->prev = conn->prev;
	srv->conn_count--;
	tel__stream_free(conn->stream);
	tel__admission_leave(srv, &conn->who);
}

void tel__http_conn_why(tel__http_conn *conn, tel__http_closed why)
{
	conn->server->stats.closed[why]++;
}

void tel__http_request_begin(tel__http_request *req, const tel__http_request_ops *ops, tel__http_conn *conn,
                             unsigned version)
{
	*req = (tel__http_request){ .ops = ops, .conn = conn, .version = version, .state = TEL__HTTP_HEAD };
	conn->server->open++;
}

void tel__http_request_end(tel__http_request *req)
{
	if (req->state == TEL__HTTP_ENDED)
		return;
	req->state = TEL__HTTP_ENDED;
	req->conn->server->open--;
	if (req->body_open)
		tel__body_fini(&req->body);
	req->body_open = false;
}

void tel__http_request_target(tel__http_request *req, tel_slice target)
{
	size_t scheme = tel__slice_find(target, ':');
	if (target.len && target.ptr[0] != '/' && target.len - scheme > 3 && target.ptr[scheme + 1] == '/' &&
	    target.ptr[scheme + 2] == '/') {
		size_t path = scheme + 3; /* absolute form: what is behind the authority */
		while (path < target.len && target.ptr[path] != '/' && target.ptr[path] != '?')
			path++;
		target = tel__slice_sub(target, path, target.len - path);
	}
	size_t mark = tel__slice_find(target, '?');
	req->path = mark ? tel__slice_sub(target, 0, mark) : TEL_SLICE_LIT("/");
	req->query = mark < target.len ? tel__slice_sub(target, mark + 1, target.len - mark - 1) : (tel_slice){ NULL, 0 };
}

void tel__http_emit_head(tel__http_request *req)
{
	const tel__http_service *service = &req->conn->server->service;
	service->on_head(service->user, req);
}

void tel__http_emit_body_error(tel__http_request *req, const tel_error *err)
{
	const tel__http_service *service = &req->conn->server->service;
	tel__body_fini(&req->body); /* what was received is of no use and goes back to the budget */
	req->state = TEL__HTTP_COMPLETE;
	service->on_body_error(service->user, req, err);
}

void tel__http_emit_body(tel__http_request *req)
{
	const tel__http_service *service = &req->conn->server->service;
	tel_error err = TEL_ERROR_INIT;
	tel_buf *buf;
	if (tel__body_finish(&req->body, &buf, &err) != TEL_OK) {
		tel__http_emit_body_error(req, &err);
		return;
	}
	req->state = TEL__HTTP_COMPLETE;
	service->on_body(service->user, req, buf, req->body.compressed);
	tel_buf_unref(buf);
}

void tel__http_emit_abort(tel__http_request *req)
{
	if (req->state == TEL__HTTP_ENDED)
		return;
	const tel__http_service *service = &req->conn->server->service;
	service->on_abort(service->user, req);
	tel__http_request_end(req);
}

void tel__http_emit_late(tel__http_request *req)
{
	const tel__http_service *service = &req->conn->server->service;
	service->on_abort(service->user, req);
	req->late(req);
}

void tel__http_set_deadline(tel__http_request *req, uint64_t mono_ns, void (*late)(tel__http_request *req))
{
	req->deadline_ns = mono_ns;
	req->late = late;
	if (req->ops->deadline)
		req->ops->deadline(req);
}

uint64_t tel__http_deadline(const tel__http_request *req)
{
	return req->late && req->ops->deadline ? req->deadline_ns : UINT64_MAX;
}

void tel__http_take_body(tel__http_request *req, tel__body_kind kind, size_t max_bytes)
{
	tel_ctx *ctx = req->conn->server->ctx;
	assert(req->state == TEL__HTTP_HEAD);
	tel__body_init(&req->body, tel__ctx_alloc(ctx), tel__ctx_budget(ctx), kind, max_bytes);
	req->body.make_room = tel__admission_make_room;
	req->body.ctx = ctx;
	req->body_open = true;
	req->state = TEL__HTTP_BODY;
	req->ops->take_body(req);
}

void tel__http_respond(tel__http_request *req, const tel__http_response *rsp)
{
	assert(req->state != TEL__HTTP_ENDED);
	req->ops->respond(req, rsp);
}

tel_slice tel__http_method(const tel__http_request *req)
{
	return req->method;
}

tel_slice tel__http_path(const tel__http_request *req)
{
	return req->path;
}

tel_slice tel__http_query(const tel__http_request *req)
{
	return req->query;
}

bool tel__http_header_get(const tel__http_request *req, const char *name, tel_slice *ret_value)
{
	tel_slice wanted = tel__slice_str(name);
	for (size_t i = 0; i < req->header_count; i++) {
		if (tel__slice_eq_nocase(req->headers[i].name, wanted)) {
			*ret_value = req->headers[i].value;
			return true;
		}
	}
	return false;
}

const tel__http_header *tel__http_headers(const tel__http_request *req, size_t *ret_count)
{
	*ret_count = req->header_count;
	return req->headers;
}

const char *tel__http_peer(const tel__http_request *req)
{
	return req->conn->stream->peer;
}

unsigned tel__http_version(const tel__http_request *req)
{
	return req->version;
}

tel_ctx *tel__http_ctx(const tel__http_request *req)
{
	return req->conn->server->ctx;
}

void tel__http_set_data(tel__http_request *req, void *data)
{
	req->data = data;
}

void *tel__http_data(const tel__http_request *req)
{
	return req->data;
}

const char *tel__http_date(tel__http_server *srv)
{
	static const char days[] = "ThuFriSatSunMonTueWed", months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	uint64_t s = tel__ctx_unix_ns(srv->ctx) / S_NS;
	if (srv->date_s == s && srv->date[0])
		return srv->date;
	/* Days since 1970 to year, month and day, counting years from March. */
	unsigned z = (unsigned)(s / 86400) + 719468, era = z / 146097, doe = z % 146097;
	unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	unsigned day = doy - (153 * mp + 2) / 5 + 1, month = mp < 10 ? mp + 2 : mp - 10;
	unsigned year = yoe + era * 400 + (month < 2);
	snprintf(srv->date, sizeof(srv->date), "%.3s, %02u %.3s %04u %02u:%02u:%02u GMT", days + s / 86400 % 7 * 3,
	         day % 100, months + month % 12 * 3, year % 10000, (unsigned)(s / 3600 % 24), (unsigned)(s / 60 % 60),
	         (unsigned)(s % 60));
	srv->date_s = s;
	return srv->date;
}

const char *tel__http_reason(unsigned status)
{
	static const struct {
		unsigned status;
		const char *text;
	} reasons[] = {
		{ 200, "OK" }, { 204, "No Content" }, { 301, "Moved Permanently" }, { 304, "Not Modified" },
		{ 307, "Temporary Redirect" }, { 400, "Bad Request" }, { 401, "Unauthorized" }, { 403, "Forbidden" },
		{ 404, "Not Found" }, { 405, "Method Not Allowed" }, { 408, "Request Timeout" }, { 411, "Length Required" },
		{ 413, "Request Entity Too Large" }, { 414, "Request URI Too Long" }, { 415, "Unsupported Media Type" },
		{ 417, "Expectation Failed" }, { 429, "Too Many Requests" }, { 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" }, { 501, "Not Implemented" }, { 503, "Service Unavailable" },
		{ 504, "Gateway Timeout" }, { 505, "HTTP Version Not Supported" },
	};
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "";
}
