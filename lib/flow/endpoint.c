/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/endpoint.h"

#include <assert.h>
#include <string.h>

#include "base/error_i.h"
#include "base/mem.h"
#include "base/slice_i.h"

enum { MAX_CONNECTIONS = 32, MAX_ANSWER_BYTES = 16 << 20 };

struct tel__endpoint {
	tel_ctx *ctx;
	tel__http_server *server;
	tel__tls_ctx *tls;
	tel__endpoint_serve *serve;
	void *user;
	bool any_method;
	bool local_names_only;
};

static void respond(tel__http_request *req, unsigned status, const char *type, tel_slice body)
{
	tel__http_header header = { TEL_SLICE_LIT("content-type"), tel__slice_str(type) };
	tel__http_response rsp = { .status = status, .headers = &header, .header_count = 1, .body = body };

	tel__http_respond(req, &rsp);
}

static void respond_all(tel__http_request *req, const tel__endpoint_answer *answer)
{
	tel__http_header headers[TEL__ENDPOINT_HEADERS + 1] = { { TEL_SLICE_LIT("content-type"),
		                                                      tel__slice_str(answer->content_type) } };
	tel__http_response rsp = { .status = answer->status, .headers = headers, .header_count = 1 + answer->header_count,
		                       .body = tel__dynbuf_get(answer->body) };

	assert(answer->header_count <= TEL__ENDPOINT_HEADERS);
	for (size_t i = 0; i < answer->header_count; i++)
		headers[i + 1] = answer->headers[i];
	tel__http_respond(req, &rsp);
}

/* ---- names that mean this machine whatever a name server says ---- */

static tel_slice host_of(tel_slice address)
{
	if (address.len && address.ptr[0] == '[')
		return tel__slice_sub(address, 0, tel__slice_find(address, ']'));
	return tel__slice_sub(address, 0, tel__slice_find(address, ':'));
}

static bool is_local_name(tel_slice host)
{
	static const char name[] = "localhost";
	size_t len = sizeof(name) - 1;

	if (host.len > len && host.ptr[host.len - len - 1] == '.')
		host = tel__slice_sub(host, host.len - len, len);
	return tel__slice_eq_nocase(host, (tel_slice){ name, len });
}

static bool is_address(tel_slice host)
{
	for (size_t i = 0; i < host.len; i++)
		if (host.ptr[0] != '[' && host.ptr[i] != '.' && (host.ptr[i] < '0' || host.ptr[i] > '9'))
			return false;
	return host.len > 0;
}

static bool is_loopback(tel_slice address)
{
	tel_slice host = host_of(address);

	return is_local_name(host) || tel__slice_is(host, "[::1") || (host.len > 4 && memcmp(host.ptr, "127.", 4) == 0);
}

static bool is_asked_for(const tel__endpoint *e, const tel__http_request *req)
{
	tel_slice host;

	if (!e->local_names_only || !tel__http_header_get(req, "host", &host))
		return true;
	host = host_of(host);
	return is_local_name(host) || is_address(host);
}

static void on_head(void *user, tel__http_request *req)
{
	tel__endpoint *e = user;
	tel_slice method = tel__http_method(req);
	tel__endpoint_request request = { tel__http_path(req), tel__http_query(req), { NULL, 0 } };
	tel__endpoint_answer answer = { 404, "text/plain; charset=utf-8", NULL, NULL, 0 };
	tel__dynbuf body;

	if (!e->any_method && !tel__slice_is(method, "GET") && !tel__slice_is(method, "HEAD")) {
		respond(req, 405, "text/plain; charset=utf-8", TEL_SLICE_LIT("405 method not allowed, supported: [GET]\n"));
		return;
	}
	if (!is_asked_for(e, req)) {
		respond(req, 421, "text/plain; charset=utf-8", TEL_SLICE_LIT("421 this port answers to localhost and to addresses only\n"));
		return;
	}
	tel__dynbuf_init(&body, tel__ctx_alloc(e->ctx), MAX_ANSWER_BYTES);
	answer.body = &body;
	tel__http_header_get(req, "accept", &request.accept);
	e->serve(e->user, &request, &answer);
	if (tel__dynbuf_error(&body))
		respond(req, 500, "text/plain; charset=utf-8", TEL_SLICE_LIT("out of memory\n"));
	else if (answer.status == 404)
		respond(req, 404, answer.content_type, TEL_SLICE_LIT("404 page not found\n"));
	else
		respond_all(req, &answer);
	tel__dynbuf_fini(&body);
}

/* on_head always answers: no body is taken, and nothing can be aborted in between. */
static void on_body(void *user, tel__http_request *req, tel_buf *body, bool grpc_compressed)
{
	(void)user, (void)req, (void)body, (void)grpc_compressed;
}

static void on_body_error(void *user, tel__http_request *req, const tel_error *err)
{
	(void)user, (void)err;
	respond(req, 400, "text/plain; charset=utf-8", TEL_SLICE_LIT("400 bad request\n"));
}

static void on_abort(void *user, tel__http_request *req)
{
	(void)user, (void)req;
}

tel_err tel__endpoint_new(tel_ctx *ctx, const tel__endpoint_opts *o, tel__endpoint_serve *serve, void *user,
                          tel__endpoint **ret_endpoint, tel_error *err)
{
	/* A full queue in front of a dead backend uses the budget up: a liveness probe that is refused then costs its data. */
	tel__http_server_opts opts = { .proto = TEL__HTTP_1, .max_connections = MAX_CONNECTIONS, .vital = true,
	                           .before = o->before };
	tel__http_service service = { on_head, on_body, on_body_error, on_abort, NULL };
	tel__endpoint *e = tel__mem_zero(tel__ctx_alloc(ctx), 1, sizeof(*e));
	tel_err rc = TEL_OK;

	if (!e)
		return tel__fail_nomem(err);
	e->ctx = ctx;
	e->serve = serve;
	e->user = user;
	e->any_method = o->any_method;
	e->local_names_only = o->guards_loopback && is_loopback(o->address);
	service.user = e;
	if (o->tls)
		rc = tel__tls_server_new(ctx, o->tls, &e->tls, err);
	if (e->tls)
		tel__tls_set_source(e->tls, &(tel__log_source){ o->id, TEL_SLICE_LIT("extension"), { NULL, 0 } });
	opts.tls = e->tls;
	if (!rc)
		rc = tel__http_server_new(ctx, o->address, &opts, &service, &e->server, err);
	if (rc) {
		tel__tls_free(e->tls);
		tel__mem_free(tel__ctx_alloc(ctx), e, 1, sizeof(*e));
		return rc;
	}
	*ret_endpoint = e;
	return TEL_OK;
}

tel__http_server *tel__endpoint_server(const tel__endpoint *e)
{
	return e->server;
}

unsigned tel__endpoint_port(const tel__endpoint *e)
{
	return tel__http_server_port(e->server);
}

void tel__endpoint_free(tel__endpoint *e)
{
	if (!e)
		return;
	tel__http_server_free(e->server);
	tel__tls_free(e->tls);
	tel__mem_free(tel__ctx_alloc(e->ctx), e, 1, sizeof(*e));
}
