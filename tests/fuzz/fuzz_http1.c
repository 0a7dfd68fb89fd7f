/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes into an HTTP/1 server connection, over a stream in memory. Whatever they are: each request that the service saw
 * ends exactly once, the budget is empty afterwards, and how the bytes were cut does not change what the service saw or
 * what was answered. The first byte of the input is the length of the pieces.
 */
#include <string.h>

#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "net/fake_clock.h"
#include "net/http_conn.h"

enum { OUT_MOST = 1 << 16 };

typedef struct wire {
	tel__stream base;
	const uint8_t *in;
	size_t in_len, piece, given; /* given: bytes of this piece that may be read now */
	char out[OUT_MOST];
	size_t out_len;
	bool freed;
} wire;

typedef struct seen {
	uint64_t hash;
	unsigned heads, ends, aborts;
} seen;

static tel_err wire_read(tel__stream *s, void *buf, size_t len, size_t *ret_n)
{
	wire *w = (wire *)s;
	size_t n = w->given < len ? w->given : len;
	if (n == 0)
		return w->in_len ? TEL_ERR_AGAIN : TEL_ERR_CLOSED;
	memcpy(buf, w->in, n);
	w->in += n;
	w->in_len -= n;
	w->given -= n;
	*ret_n = n;
	return TEL_OK;
}

static tel_err wire_writev(tel__stream *s, const struct iovec *iov, int count, size_t *ret_n)
{
	wire *w = (wire *)s;
	*ret_n = 0;
	for (int i = 0; i < count; i++) {
		size_t room = OUT_MOST - w->out_len, n = iov[i].iov_len < room ? iov[i].iov_len : room;
		memcpy(w->out + w->out_len, iov[i].iov_base, n);
		w->out_len += n;
		*ret_n += iov[i].iov_len;
	}
	return TEL_OK;
}

static tel_err wire_want(tel__stream *s, unsigned want)
{
	(void)s;
	(void)want;
	return TEL_OK;
}

static tel_err wire_shutdown(tel__stream *s)
{
	(void)s;
	return TEL_OK;
}

static void wire_free(tel__stream *s)
{
	((wire *)s)->freed = true;
}

static const tel__stream_ops wire_ops = { "wire", wire_read, wire_writev, wire_want, wire_shutdown, wire_free };

static void mix(seen *s, tel_slice bytes)
{
	s->hash = tel__slice_hash(bytes, s->hash + bytes.len);
}

static void respond(seen *s, tel__http_request *req, unsigned status)
{
	tel__http_response rsp = { .status = status, .body = TEL_SLICE_LIT("x") };
	s->ends++;
	tel__http_respond(req, &rsp);
}

static void on_head(void *user, tel__http_request *req)
{
	seen *s = user;
	size_t count;
	const tel__http_header *h = tel__http_headers(req, &count);
	s->heads++;
	fuzz_check(count <= TEL_LIMIT_HEADER_COUNT);
	mix(s, tel__http_method(req));
	mix(s, tel__http_path(req));
	mix(s, tel__http_query(req));
	for (size_t i = 0; i < count; i++) {
		fuzz_check(h[i].name.len > 0);
		fuzz_check(memchr(h[i].name.ptr, '\n', h[i].name.len) == NULL);
		fuzz_check(h[i].value.len == 0 || memchr(h[i].value.ptr, '\n', h[i].value.len) == NULL);
		mix(s, h[i].name);
		mix(s, h[i].value);
	}
	if (tel__slice_ends(tel__http_path(req), TEL_SLICE_LIT("n")))
		respond(s, req, 404);
	else
		tel__http_take_body(req, tel__slice_ends(tel__http_path(req), TEL_SLICE_LIT("g")) ? TEL__BODY_GRPC : TEL__BODY_PLAIN,
		                    4096);
}

static void on_body(void *user, tel__http_request *req, tel_buf *body, bool compressed)
{
	(void)compressed;
	mix(user, tel_buf_get(body));
	respond(user, req, 200);
}

static void on_body_error(void *user, tel__http_request *req, const tel_error *err)
{
	fuzz_check(err->code == TEL_ERR_LIMIT || err->code == TEL_ERR_MALFORMED);
	respond(user, req, 400);
}

static void on_abort(void *user, tel__http_request *req)
{
	seen *s = user;
	(void)req;
	s->ends++;
	s->aborts++;
}

static void run(wire *w, seen *s, const uint8_t *data, size_t size, size_t piece)
{
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	fake_clock clock;
	tel_ctx *ctx;
	tel__http_conn *conn;
	tel__http_server srv = { 0 };
	tel__http_service service = { on_head, on_body, on_body_error, on_abort, s };
	tel__budget_stats stats;

	memset(w, 0, sizeof(*w));
	memset(s, 0, sizeof(*s));
	opts.clock = fake_clock_ops(&clock);
	fuzz_check(tel_ctx_new(&opts, &ctx, NULL) == TEL_OK);
	w->base.ops = &wire_ops;
	w->base.ctx = ctx;
	w->in = data;
	w->in_len = size;
	srv.ctx = ctx;
	srv.service = service;
	srv.opts = (tel__http_server_opts){ .proto = TEL__HTTP_1, .header_list_bytes = 1024, .max_streams = 1,
	                                    .max_connections = 1, .header_timeout_ns = 1000000000000u,
	                                    .idle_timeout_ns = 1000000000000u, .body_timeout_ns = 1000000000000u };
	tel__budget_force(tel__ctx_budget(ctx), 48 * 1024); /* what accepting would have charged */
	fuzz_check(tel__http1_conn_new(&srv, &w->base, &conn) == TEL_OK);
	while (!w->freed && w->in_len) {
		size_t before = w->in_len;
		w->given = w->in_len < piece ? w->in_len : piece;
		while (!w->freed && w->given && before) {
			before = w->given;
			w->base.on_ready(w->base.user, TEL_WANT_READ);
			(void)tel_ctx_run_once(ctx, 0);
			if (w->given == before)
				break; /* the connection does not want more now */
		}
		if (w->given && !w->freed)
			break;
	}
	if (!w->freed)
		conn->ops->free(conn);
	fuzz_check(w->freed);
	fuzz_check(srv.open == 0 && srv.conn_count == 0);
	fuzz_check(s->heads == s->ends);
	tel__budget_get(tel__ctx_budget(ctx), &stats);
	fuzz_check(stats.reserved == 0);
	tel_ctx_free(ctx);
}

/* Whether 100 is sent depends on whether the body was there already, rightly. */
static void drop_continue(wire *w)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
	size_t n = sizeof(text) - 1;
	for (size_t i = 0; i + n <= w->out_len;) {
		if (memcmp(w->out + i, text, n) != 0) {
			i++;
			continue;
		}
		memmove(w->out + i, w->out + i + n, w->out_len - i - n);
		w->out_len -= n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static wire whole, cut;
	seen s, t;

	if (size < 2)
		return 0;
	run(&whole, &s, data + 1, size - 1, SIZE_MAX);
	run(&cut, &t, data + 1, size - 1, data[0] ? data[0] : 1);
	drop_continue(&whole);
	drop_continue(&cut);
	fuzz_check(s.heads == t.heads && s.aborts == t.aborts);
	fuzz_check(s.hash == t.hash);
	fuzz_check(whole.out_len == cut.out_len && memcmp(whole.out, cut.out, whole.out_len) == 0);
	return 0;
}
