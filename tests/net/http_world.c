/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_world.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/address.h"

static void answer(http_world *w, tel__http_request *req, unsigned status, tel_slice body)
{
	static const tel__http_header type = { { "Content-Type", 12 }, { "text/plain", 10 } };
	tel__http_response rsp = { .status = status, .headers = &type, .header_count = 1, .body = body, .close = w->close };
	tel__http_respond(req, &rsp);
}

static void note(http_world *w, const char *before, tel_slice s, const char *after)
{
	int n = snprintf(w->seen + w->seen_len, sizeof(w->seen) - w->seen_len, "%s%.*s%s", before, (int)s.len, s.ptr, after);
	assert_true(n >= 0);
	w->seen_len += (size_t)n < sizeof(w->seen) - w->seen_len ? (size_t)n : 0;
}

static void note_head(http_world *w, const tel__http_request *req)
{
	size_t count;
	const tel__http_header *h = tel__http_headers(req, &count);
	note(w, "", tel__http_method(req), " ");
	note(w, "", tel__http_path(req), "?");
	note(w, "", tel__http_query(req),
	     tel__http_version(req) == 10 ? " v10" : tel__http_version(req) == 11 ? " v11" : " v20");
	for (size_t i = 0; i < count; i++) {
		note(w, " ", h[i].name, "=");
		note(w, "", h[i].value, ";");
	}
	note(w, "", TEL_SLICE_LIT("\n"), "");
}

static void on_head(void *user, tel__http_request *req)
{
	http_world *w = user;
	tel_slice path = tel__http_path(req);
	w->heads++;
	snprintf(w->peer, sizeof(w->peer), "%s", tel__http_peer(req));
	note_head(w, req);
	tel__http_set_data(req, w);
	if (tel__slice_is(path, "/deny"))
		answer(w, req, 404, TEL_SLICE_LIT("no such page"));
	else if (tel__slice_is(path, "/later"))
		w->held = req;
	else
		tel__http_take_body(req, TEL__BODY_PLAIN, tel__slice_is(path, "/grow") ? 1000 : sizeof(w->body));
}

static void on_body(void *user, tel__http_request *req, tel_buf *body, bool compressed)
{
	http_world *w = user;
	tel_slice b = tel_buf_get(body);
	assert_false(compressed);
	assert_ptr_equal(tel__http_data(req), w);
	w->bodies++;
	w->body_len = b.len;
	if (b.len)
		memcpy(w->body, b.ptr, b.len);
	if (tel__slice_is(tel__http_path(req), "/slow")) {
		w->held = req;
		w->held_body = tel_buf_ref(body);
	} else if (tel__slice_is(tel__http_path(req), "/big")) {
		static char big[8 << 20];
		memset(big, 'b', sizeof(big));
		answer(w, req, 200, (tel_slice){ big, w->big_bytes });
	} else {
		answer(w, req, 200, b);
	}
}

static void on_body_error(void *user, tel__http_request *req, const tel_error *err)
{
	http_world *w = user;
	w->errors++;
	w->last_error = err->code;
	assert_true(err->msg[0] != 0);
	answer(w, req, err->code == TEL_ERR_LIMIT ? 413 : err->code == TEL_ERR_MALFORMED ? 400 : 503, tel__slice_str(err->msg));
}

static void on_abort(void *user, tel__http_request *req)
{
	http_world *w = user;
	w->aborts++;
	if (w->held == req)
		w->held = NULL;
}

tel__http_service http_world_service(http_world *w)
{
	return (tel__http_service){ on_head, on_body, on_body_error, on_abort, w };
}

void http_world_init(http_world *w, const tel_ctx_opts *ctx_opts, const tel__http_server_opts *opts)
{
	tel_ctx_opts o = TEL_CTX_OPTS_INIT;
	tel__http_server_opts so = { .proto = TEL__HTTP_1 };
	tel__http_service service = http_world_service(w);
	memset(w, 0, sizeof(*w));
	if (ctx_opts)
		o = *ctx_opts;
	o.clock = fake_clock_ops(&w->clock);
	assert_int_equal(tel_ctx_new(&o, &w->ctx, NULL), TEL_OK);
	assert_int_equal(tel__http_server_new(w->ctx, TEL_SLICE_LIT("127.0.0.1:0"), opts ? opts : &so, &service, &w->server,
	                                      NULL), TEL_OK);
}

void http_world_fini(http_world *w)
{
	tel__budget_stats stats;
	tel_buf_unref(w->held_body);
	tel__http_server_free(w->server);
	tel__budget_get(tel__ctx_budget(w->ctx), &stats);
	assert_int_equal(stats.reserved, 0);
	assert_true(tel__ctx_next_deadline(w->ctx) == UINT64_MAX); /* no timer is left behind */
	tel_ctx_free(w->ctx);
}

int http_world_connect(http_world *w)
{
	tel__address a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(tel__address_literal(TEL_SLICE_LIT("127.0.0.1"), (uint16_t)tel__http_server_port(w->server), &a));
	assert_int_equal(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int)), 0); /* each piece by itself */
	assert_int_equal(connect(fd, &a.u.sa, a.len), 0);
	ctx_settle(w->ctx);
	return fd;
}

static void settle(http_world *w)
{
	for (int i = 0; i < 4; i++)
		(void)tel_ctx_run_once(w->ctx, 0);
}

size_t http_world_send(http_world *w, int fd, const char *bytes, size_t len)
{
	ssize_t n = send(fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	settle(w);
	return n < 0 ? 0 : (size_t)n;
}

size_t http_world_receive(http_world *w, int fd, char *out, size_t len, size_t cap, bool *ret_closed)
{
	for (;;) {
		settle(w);
		ssize_t n = recv(fd, out + len, cap - len, MSG_DONTWAIT);
		if (n == 0 || (n < 0 && errno != EAGAIN)) {
			*ret_closed = true;
			return len;
		}
		if (n < 0)
			return len;
		len += (size_t)n;
		assert_true(len < cap);
	}
}

const char *http_world_exchange(http_world *w, const char *bytes, size_t len, size_t step, bool *ret_closed)
{
	static char out[1 << 20];
	size_t got = 0, at = 0;
	bool closed = false;
	int fd = http_world_connect(w);
	while (at < len && !closed) {
		size_t n = len - at < step ? len - at : step;
		at += http_world_send(w, fd, bytes + at, n);
		got = http_world_receive(w, fd, out, got, sizeof(out) - 1, &closed);
	}
	got = http_world_receive(w, fd, out, got, sizeof(out) - 1, &closed);
	out[got] = 0;
	close(fd);
	ctx_settle(w->ctx);
	if (ret_closed)
		*ret_closed = closed;
	return out;
}

void http_world_respond(http_world *w, unsigned status, tel_slice body)
{
	tel__http_request *req = w->held;
	assert_non_null(req);
	w->held = NULL;
	answer(w, req, status, body);
	tel_buf_unref(w->held_body);
	w->held_body = NULL;
}
