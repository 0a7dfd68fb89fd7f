/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection of the HTTP/2 server: whatever comes, each request that the service saw is answered or aborted, nothing
 * stays reserved, and as long as nothing is refused the requests do not depend on how the bytes were cut.
 */
#include <string.h>

#include "base/slice_i.h"
#include "fuzz/fuzz.h"
#include "net/grpc_server.h"
#include "net/http_conn.h"

/* A stream whose peer is the input. */
typedef struct input_stream {
	tel__stream s; /* first */
	tel_slice left;
	size_t cut;
	size_t written;
	bool freed;
} input_stream;

typedef struct seen {
	size_t heads, bodies, errors, aborts, answers;
	uint64_t hash;
	bool whole; /* everything was read and every request had a good body */
} seen;

static tel_err input_read(tel__stream *s, void *buf, size_t len, size_t *ret_n)
{
	input_stream *in = (input_stream *)s;
	size_t n = in->left.len < in->cut ? in->left.len : in->cut;

	n = n < len ? n : len;
	if (!n)
		return TEL_ERR_AGAIN;
	memcpy(buf, in->left.ptr, n);
	in->left = tel__slice_sub(in->left, n, in->left.len - n);
	*ret_n = n;
	return TEL_OK;
}

static tel_err input_writev(tel__stream *s, const struct iovec *iov, int count, size_t *ret_n)
{
	size_t n = 0;
	int i;

	for (i = 0; i < count; i++)
		n += iov[i].iov_len;
	((input_stream *)s)->written += n;
	*ret_n = n;
	return TEL_OK;
}

static tel_err input_want(tel__stream *s, unsigned want)
{
	(void)s, (void)want;
	return TEL_OK;
}

static tel_err input_shutdown(tel__stream *s)
{
	(void)s;
	return TEL_OK;
}

static void input_free(tel__stream *s)
{
	((input_stream *)s)->freed = true;
}

static const tel__stream_ops input_ops = { "input", input_read, input_writev, input_want, input_shutdown, input_free };

static void on_head(void *user, tel__http_request *req)
{
	seen *n = user;

	n->heads++;
	n->hash = tel__slice_hash(tel__http_path(req), n->hash);
	if (tel__grpc_check_head(req))
		tel__http_take_body(req, TEL__BODY_GRPC, 1 << 16);
	else
		n->answers++;
}

static void respond(seen *n, tel__http_request *req, int32_t status)
{
	const tel_slice none = { NULL, 0 };

	n->answers++;
	tel__grpc_respond(req, status, status ? TEL_SLICE_LIT("no") : none, none, none);
}

static void on_body(void *user, tel__http_request *req, tel_buf *body, bool compressed)
{
	seen *n = user;

	n->bodies++;
	n->hash = tel__slice_hash(tel_buf_get(body), n->hash + compressed);
	respond(n, req, 0);
}

static void on_body_error(void *user, tel__http_request *req, const tel_error *err)
{
	seen *n = user;

	n->errors++;
	fuzz_check(err->code && err->msg[0]);
	respond(n, req, TEL__GRPC_INTERNAL);
}

static void on_abort(void *user, tel__http_request *req)
{
	(void)req;
	((seen *)user)->aborts++;
}

static uint64_t fixed_clock(void *user)
{
	(void)user;
	return 1000000000;
}

static void serve(tel_ctx *ctx, tel__http_server *srv, input_stream *in, seen *n)
{
	size_t stuck;

	(void)tel_ctx_run_once(ctx, 0);
	while (!in->freed && in->left.len) {
		stuck = in->left.len;
		in->s.on_ready(in->s.user, TEL_WANT_READ);
		(void)tel_ctx_run_once(ctx, 0);
		if (in->left.len == stuck)
			break;
	}
	(void)tel_ctx_run_once(ctx, 0);
	n->whole = !in->freed && n->heads == n->bodies;
	if (!in->freed)
		srv->conns->ops->free(srv->conns);
	fuzz_check(in->freed && srv->conn_count == 0 && srv->open == 0);
}

static seen run(tel_slice bytes, size_t cut)
{
	const size_t conn_bytes = 1 << 20; /* what accepting charges, and more */
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	tel__http_server_opts server_opts = { .proto = TEL__HTTP_2 };
	seen n = { 0 };
	const tel__http_service service = { on_head, on_body, on_body_error, on_abort, &n };
	input_stream in = { .s = { .ops = &input_ops }, .left = bytes, .cut = cut };
	tel__budget_stats stats;
	tel__http_server *srv;
	tel__http_conn *conn;
	tel_ctx *ctx;

	opts.clock = (tel_clock){ fixed_clock, fixed_clock, NULL };
	fuzz_check(tel_ctx_new(&opts, &ctx, NULL) == TEL_OK);
	fuzz_check(tel__http_server_new(ctx, TEL_SLICE_LIT("127.0.0.1:0"), &server_opts, &service, &srv, NULL) == TEL_OK);
	in.s.ctx = ctx;
	fuzz_check(tel__budget_reserve(tel__ctx_budget(ctx), conn_bytes));
	fuzz_check(tel__h2_conn_new(srv, &in.s, &conn) == TEL_OK);
	serve(ctx, srv, &in, &n);
	fuzz_check(n.heads == n.answers + n.aborts);
	tel__budget_get(tel__ctx_budget(ctx), &stats);
	fuzz_check(stats.reserved < conn_bytes);
	tel__http_server_free(srv);
	tel_ctx_free(ctx);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char hello[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0";
	char *bytes = malloc(sizeof(hello) + size);
	size_t n = 0;
	seen whole, pieces;

	fuzz_check(bytes);
	/* Inputs that do not begin a connection themselves go behind a good beginning. */
	if (size == 0 || data[0] != 'P') {
		memcpy(bytes, hello, sizeof(hello) - 1);
		n = sizeof(hello) - 1;
	}
	if (size)
		memcpy(bytes + n, data, size);
	whole = run((tel_slice){ bytes, n + size }, SIZE_MAX);
	pieces = run((tel_slice){ bytes, n + size }, 1 + size % 13);
	if (whole.whole && pieces.whole)
		fuzz_check(whole.heads == pieces.heads && whole.hash == pieces.hash);
	free(bytes);
	return 0;
}
