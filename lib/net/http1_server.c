/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP/1 server connection: input and its phases. One request at a time; what is pipelined behind it waits, bounded by
 * one receive buffer, and then stays in the socket. An idle connection holds no receive buffer: all share the scratch of
 * the context, and a body with a known length is received where it will stay.
 */
#include <string.h>

#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "net/http1_conn.h"

enum {
	READS_PER_TURN = 8,         /* so that one fast peer does not starve the others */
	HEAD_READ_BYTES = 16 * 1024,
	REQUEST_LINE_BYTES = 8192,
	KEEP_HEAD_BYTES = 4096,     /* buffers up to these sizes stay with an idle connection */
	KEEP_HEADERS = 32,
	KEEP_OUT_BYTES = 4096,
	OUT_BYTES = 256 << 20,      /* one answer */
};
static const uint64_t LINGER_NS = 2000000000u;

static const tel_alloc *alloc_of(const tel__http1_conn *c)
{
	return tel__ctx_alloc(c->base.server->ctx);
}

static void set_timeout(tel__http1_conn *c, uint64_t after_ns)
{
	tel_ctx *ctx = c->base.server->ctx;
	c->window_bytes = 0;
	c->progress_ns = tel__ctx_mono_ns(ctx);
	c->deadline_mono_ns = after_ns == UINT64_MAX ? UINT64_MAX : tel__ctx_mono_ns(ctx) + after_ns;
	/* A later deadline is found when the armed one passes: the heap is left alone on a busy connection. */
	if (!c->timer.heap_index || c->timer.deadline_mono_ns > c->deadline_mono_ns)
		tel__ctx_arm(ctx, &c->timer, c->deadline_mono_ns);
}

void tel__http1_enter(tel__http1_conn *c, tel__http1_phase phase)
{
	const tel__http_server_opts *o = &c->base.server->opts;
	c->phase = (uint8_t)phase;
	switch (phase) {
	case TEL__HTTP1_HEAD:
		set_timeout(c, o->idle_timeout_ns);
		break;
	case TEL__HTTP1_HELD:
	case TEL__HTTP1_ANSWER:
		set_timeout(c, UINT64_MAX);
		break;
	case TEL__HTTP1_LINGER:
		set_timeout(c, LINGER_NS);
		break;
	case TEL__HTTP1_BODY:
	case TEL__HTTP1_WRITE:
	case TEL__HTTP1_DISCARD:
		set_timeout(c, o->body_timeout_ns);
		break;
	}
}

void tel__http1_moved(tel__http1_conn *c, size_t bytes)
{
	c->window_bytes += bytes;
	if (c->window_bytes < TEL__HTTP_PROGRESS_BYTES)
		return;
	c->window_bytes = 0;
	c->progress_ns = tel__ctx_mono_ns(c->base.server->ctx);
}

/* What is pipelined behind a head fits into what a connection is charged; what came with the end of a body may be more. */
static size_t pending_charge(size_t len)
{
	return len > HEAD_READ_BYTES ? len : 0;
}

static void free_pending(tel__http1_conn *c, char *pending, size_t len)
{
	if (!pending)
		return;
	tel__mem_free(alloc_of(c), pending, len, 1);
	tel__budget_release(tel__ctx_budget(c->base.server->ctx), pending_charge(len));
}

static void conn_close(tel__http1_conn *c)
{
	tel_ctx *ctx = c->base.server->ctx;
	const tel_alloc *alloc = alloc_of(c);
	tel__http_emit_abort(&c->req);
	tel__ctx_undefer(ctx, &c->resume);
	tel__ctx_timer_fini(ctx, &c->timer);
	tel__http_conn_fini(&c->base);
	tel__dynbuf_fini(&c->out);
	if (c->head)
		tel__mem_free(alloc, c->head, c->head_cap, 1);
	if (c->headers)
		tel__mem_free(alloc, c->headers, c->header_cap, sizeof(*c->headers));
	free_pending(c, c->pending, c->pending_len);
	tel__mem_free(alloc, c, 1, sizeof(*c));
}

static bool wants_read(const tel__http1_conn *c)
{
	return !c->eof && !c->closing && !c->pending_len && c->phase != TEL__HTTP1_WRITE;
}

/* Input that is held back and may go on now. */
static bool can_resume(const tel__http1_conn *c)
{
	switch (c->phase) {
	case TEL__HTTP1_HEAD:
	case TEL__HTTP1_DISCARD:
		return c->pending_len > 0 || c->eof;
	case TEL__HTTP1_BODY:
		return c->pending_len > 0 || c->complete || !c->body_begun || c->eof;
	default:
		return false;
	}
}

void tel__http1_settle(tel__http1_conn *c)
{
	if (c->processing)
		return; /* whoever processes settles at the end */
	if (c->closing || can_resume(c)) {
		tel__ctx_defer(c->base.server->ctx, &c->resume);
		return;
	}
	unsigned want = (wants_read(c) ? TEL_WANT_READ : 0u) | (c->phase == TEL__HTTP1_WRITE ? TEL_WANT_WRITE : 0u);
	if (tel__stream_want(c->base.stream, want) != TEL_OK) {
		c->closing = true;
		tel__ctx_defer(c->base.server->ctx, &c->resume);
	}
}

static void release_big(tel__http1_conn *c)
{
	const tel_alloc *alloc = alloc_of(c);
	if (c->head_cap > KEEP_HEAD_BYTES) {
		tel__mem_free(alloc, c->head, c->head_cap, 1);
		c->head = NULL;
		c->head_cap = 0;
	}
	if (c->header_cap > KEEP_HEADERS) {
		tel__mem_free(alloc, c->headers, c->header_cap, sizeof(*c->headers));
		c->headers = NULL;
		c->header_cap = 0;
	}
	if (c->out.cap > KEEP_OUT_BYTES) {
		tel__dynbuf_fini(&c->out);
		tel__dynbuf_init(&c->out, alloc, OUT_BYTES);
	}
}

static void start_head(tel__http1_conn *c)
{
	c->head_len = 0;
	c->must_close = false;
	tel__http1_head_reset(&c->scan);
	release_big(c);
	tel__http1_enter(c, TEL__HTTP1_HEAD);
}

void tel__http1_answered(tel__http1_conn *c)
{
	if (!c->must_close) {
		if (c->complete)
			start_head(c);
		else
			tel__http1_enter(c, TEL__HTTP1_DISCARD);
	} else if (c->eof || (c->complete && !c->pending_len) || tel__stream_shutdown(c->base.stream) != TEL_OK) {
		c->closing = true;
	} else {
		/* Closing with unread input would reset the connection and take the answer with it. */
		tel__http1_enter(c, TEL__HTTP1_LINGER);
	}
	tel__http1_settle(c);
}

static bool head_append(tel__http1_conn *c, tel_slice bytes)
{
	size_t need = c->head_len + bytes.len;
	if (need > c->head_cap) {
		size_t cap = c->head_cap ? c->head_cap : 1024;
		while (cap < need)
			cap *= 2;
		char *head = tel__mem_resize(alloc_of(c), c->head, c->head_cap, cap, 1);
		if (!head)
			return false;
		c->head = head;
		c->head_cap = cap;
	}
	memcpy(c->head + c->head_len, bytes.ptr, bytes.len);
	c->head_len = need;
	return true;
}

static void head_complete(tel__http1_conn *c)
{
	unsigned status = tel__http1_parse_head(c);
	if (status) {
		if (status != 503)
			tel__http_conn_why(&c->base, TEL__CLOSED_MALFORMED);
		tel__http1_write_status(c, status);
		return;
	}
	c->has_head_method = tel__slice_is(c->req.method, "HEAD");
	c->body_begun = false;
	c->body_bytes = c->wire_bytes = 0;
	tel__http1_enter(c, TEL__HTTP1_HELD);
	tel__http_emit_head(&c->req);
}

static void take_head(tel__http1_conn *c, tel_slice *in)
{
	const tel__http_server_opts *o = &c->base.server->opts;
	bool was_empty = tel__http1_head_is_empty(&c->scan);
	size_t used = 0, limit = o->header_list_bytes + REQUEST_LINE_BYTES;
	tel__http1_scan scan = tel__http1_head_feed(&c->scan, *in, &used);
	if (scan == TEL__HTTP1_BAD) {
		tel__http_conn_why(&c->base, TEL__CLOSED_MALFORMED);
		tel__http1_write_status(c, 400);
		return;
	}
	bool in_line = tel__http1_head_in_request_line(&c->scan);
	if (c->head_len + used > (in_line ? REQUEST_LINE_BYTES : limit)) {
		tel__http_conn_why(&c->base, TEL__CLOSED_MALFORMED);
		tel__http1_write_status(c, in_line ? 414 : 431);
		return;
	}
	if (!head_append(c, tel__slice_sub(*in, 0, used))) {
		tel__http1_write_status(c, 503);
		return;
	}
	*in = tel__slice_sub(*in, used, in->len - used);
	if (scan == TEL__HTTP1_END)
		head_complete(c);
	else if (was_empty && !tel__http1_head_is_empty(&c->scan))
		set_timeout(c, o->header_timeout_ns); /* not moved by further bytes: security.md S27 */
}

static void body_failed(tel__http1_conn *c, const tel_error *err)
{
	c->must_close = true;
	if (err->code == TEL_ERR_MALFORMED)
		tel__http_conn_why(&c->base, TEL__CLOSED_MALFORMED);
	tel__http1_enter(c, TEL__HTTP1_ANSWER);
	tel__http_emit_body_error(&c->req, err);
}

/* The service took the body: reserve, and tell a peer that asked. */
static void begin_body(tel__http1_conn *c, tel_slice in)
{
	tel_error err = TEL_ERROR_INIT;
	c->body_begun = true;
	if (c->complete)
		return;
	if (!c->chunked && tel__body_expect(&c->req.body, c->parser.content_length, &err) != TEL_OK)
		body_failed(c, &err);
	else if (c->expects_continue && in.len == 0 && c->req.version == 11)
		tel__http1_write_continue(c);
}

static void take_body_bytes(tel__http1_conn *c, tel_slice *in)
{
	tel_error err = TEL_ERROR_INIT;
	if (!c->body_begun) {
		begin_body(c, *in);
		return;
	}
	if (!c->complete) {
		size_t before = in->len;
		if (tel__http1_parse_body(c, in, &err) != TEL_OK) {
			body_failed(c, &err);
			return;
		}
		tel__http1_moved(c, before - in->len);
	}
	if (c->complete) {
		tel__http1_enter(c, TEL__HTTP1_ANSWER);
		tel__http_emit_body(&c->req);
	}
}

static void discard_bytes(tel__http1_conn *c, tel_slice *in)
{
	tel_error err = TEL_ERROR_INIT;
	if (tel__http1_parse_body(c, in, &err) != TEL_OK) {
		tel__http_conn_why(&c->base, TEL__CLOSED_MALFORMED);
		c->closing = true;
	} else if (c->complete) {
		start_head(c);
	}
}

static void stash(tel__http1_conn *c, tel_slice in)
{
	if (!in.len || c->must_close)
		return; /* nothing behind a last request is looked at */
	bool room = !pending_charge(in.len) || tel__budget_reserve(tel__ctx_budget(c->base.server->ctx), pending_charge(in.len));
	c->pending = room ? tel__mem_new(alloc_of(c), in.len, 1) : NULL;
	if (!c->pending) {
		if (room)
			tel__budget_release(tel__ctx_budget(c->base.server->ctx), pending_charge(in.len));
		c->closing = true;
		return;
	}
	memcpy(c->pending, in.ptr, in.len);
	c->pending_len = in.len;
}

static void process(tel__http1_conn *c, tel_slice in)
{
	bool outer = c->processing;
	c->processing = true;
	while (!c->closing) {
		bool idle_body = c->phase == TEL__HTTP1_BODY && (c->complete || !c->body_begun);
		if (!in.len && !idle_body)
			break;
		if (c->phase == TEL__HTTP1_HEAD) {
			take_head(c, &in);
		} else if (c->phase == TEL__HTTP1_BODY) {
			take_body_bytes(c, &in);
		} else if (c->phase == TEL__HTTP1_DISCARD) {
			discard_bytes(c, &in);
		} else if (c->phase == TEL__HTTP1_LINGER) {
			break;
		} else {
			stash(c, in);
			break;
		}
	}
	c->direct = NULL;
	c->processing = outer;
}

/* Where the next bytes go: the place of a body of known length, or the scratch. */
static char *read_room(tel__http1_conn *c, size_t *ret_cap)
{
	size_t room = 0;
	c->direct = NULL;
	if (c->phase == TEL__HTTP1_BODY && c->body_begun && !c->chunked && c->req.body.kind == TEL__BODY_PLAIN) {
		char *at = tel__body_room(&c->req.body, &room);
		if (room > c->parser.content_length)
			room = (size_t)c->parser.content_length;
		if (room) {
			*ret_cap = room;
			return at;
		}
	}
	/* A head with the start of a long body: what fits here is copied, the rest is received in its place. */
	*ret_cap = c->phase == TEL__HTTP1_BODY ? TEL__CTX_SCRATCH_BYTES : HEAD_READ_BYTES;
	return tel__ctx_scratch(c->base.server->ctx);
}

static void on_eof(tel__http1_conn *c)
{
	c->eof = true;
	/* A peer that has shut down its side still waits for the answer to what it sent; one that is gone looks the same, so
	 * the wait has an end. */
	if (c->phase == TEL__HTTP1_HELD || c->phase == TEL__HTTP1_ANSWER)
		set_timeout(c, c->base.server->opts.body_timeout_ns);
	else if (c->phase != TEL__HTTP1_WRITE)
		c->closing = true;
}

/* false: nothing more to read now. */
static bool read_some(tel__http1_conn *c)
{
	size_t cap, n = 0;
	char *at = read_room(c, &cap);
	tel_err rc = at ? tel__stream_read(c->base.stream, at, cap, &n) : TEL_ERR_NOMEM;
	if (rc == TEL_ERR_AGAIN)
		return false;
	if (rc == TEL_ERR_CLOSED) {
		on_eof(c);
		return false;
	}
	if (rc != TEL_OK) {
		c->closing = true;
		return false;
	}
	bool direct = at != tel__ctx_scratch(c->base.server->ctx);
	c->direct = direct ? at : NULL;
	process(c, (tel_slice){ at, n });
	/* A short read has emptied the socket, and a body that is complete ends what the peer had to say: ask the loop. */
	return n == cap && !direct;
}

static void on_ready(void *user, unsigned got)
{
	tel__http1_conn *c = user;
	c->processing = true;
	if ((got & TEL_WANT_WRITE) && c->phase == TEL__HTTP1_WRITE)
		tel__http1_write_more(c);
	if (got & TEL_WANT_READ)
		for (int i = 0; i < READS_PER_TURN && wants_read(c) && read_some(c); i++)
			;
	c->processing = false;
	if (c->closing)
		conn_close(c);
	else
		tel__http1_settle(c);
}

static void on_resume(void *user)
{
	tel__http1_conn *c = user;
	char *pending = c->pending;
	size_t len = c->pending_len;
	c->pending = NULL;
	c->pending_len = 0;
	if (!c->closing)
		process(c, (tel_slice){ pending, len });
	free_pending(c, pending, len);
	if (c->eof && !c->pending_len)
		on_eof(c);
	if (c->closing)
		conn_close(c);
	else
		tel__http1_settle(c);
}

void tel__http1_take_body(tel__http_request *req)
{
	tel__http1_conn *c = (tel__http1_conn *)req->conn;
	tel__http1_enter(c, TEL__HTTP1_BODY);
	tel__http1_settle(c);
}

static void give_up(tel__http1_conn *c, bool answer)
{
	tel__http_conn_why(&c->base, TEL__CLOSED_TIMEOUT);
	if (answer)
		tel__http1_write_status(c, 408);
	else
		c->closing = true;
}

static void on_timeout(tel__http1_conn *c)
{
	uint64_t patience = c->base.server->opts.body_timeout_ns, now = tel__ctx_mono_ns(c->base.server->ctx);
	switch (c->phase) {
	case TEL__HTTP1_HEAD:
		if (tel__http1_head_is_empty(&c->scan))
			c->closing = true;
		else
			give_up(c, true);
		break;
	case TEL__HTTP1_BODY:
	case TEL__HTTP1_DISCARD:
	case TEL__HTTP1_WRITE:
		if (now - c->progress_ns < patience) { /* the peer moved since */
			c->deadline_mono_ns = c->progress_ns + patience;
			tel__ctx_arm(c->base.server->ctx, &c->timer, c->deadline_mono_ns);
			break;
		}
		if (c->phase == TEL__HTTP1_BODY)
			tel__http_emit_abort(&c->req);
		give_up(c, c->phase == TEL__HTTP1_BODY);
		break;
	default:
		c->closing = true;
		break;
	}
}

static void on_timer(void *user)
{
	tel__http1_conn *c = user;
	tel_ctx *ctx = c->base.server->ctx;
	if (tel__ctx_mono_ns(ctx) < c->deadline_mono_ns) {
		tel__ctx_arm(ctx, &c->timer, c->deadline_mono_ns);
		return;
	}
	on_timeout(c);
	if (c->closing)
		conn_close(c);
}

static void conn_drain(tel__http_conn *conn)
{
	tel__http1_conn *c = (tel__http1_conn *)conn;
	if (conn->server->retiring)
		return; /* idle as it may be: the client must not find it closed under the request that it sends now */
	c->keep_alive = false;
	if (c->phase != TEL__HTTP1_HEAD || !tel__http1_head_is_empty(&c->scan) || c->pending_len)
		return; /* the answer will say close */
	c->closing = true;
	if (!c->processing)
		conn_close(c);
}

static void conn_free(tel__http_conn *conn)
{
	conn_close((tel__http1_conn *)conn);
}

static uint64_t conn_stalled_since(const tel__http_conn *conn)
{
	const tel__http1_conn *c = (const tel__http1_conn *)conn;
	/* The service owes the answer, or the connection is further up the stack. */
	if (c->processing || c->phase == TEL__HTTP1_HELD || c->phase == TEL__HTTP1_ANSWER)
		return UINT64_MAX;
	return c->progress_ns;
}

static uint64_t conn_body_stalled_since(const tel__http_conn *conn)
{
	const tel__http1_conn *c = (const tel__http1_conn *)conn;
	return c->phase == TEL__HTTP1_BODY && c->req.body_open && c->req.body.buf ? conn_stalled_since(conn) : UINT64_MAX;
}

static const tel__http_conn_ops conn_ops = { conn_drain, conn_free, conn_stalled_since, conn_body_stalled_since, conn_free };

tel_err tel__http1_conn_new(tel__http_server *srv, tel__stream *s, tel__http_conn **ret_conn)
{
	const tel_alloc *alloc = tel__ctx_alloc(srv->ctx);
	tel__http1_conn *c = tel__mem_zero(alloc, 1, sizeof(*c));
	if (!c)
		return TEL_ERR_NOMEM;
	tel_err rc = tel__ctx_timer_init(srv->ctx, &c->timer, on_timer, c);
	if (rc == TEL_OK) {
		tel__stream_set_handler(s, on_ready, c);
		rc = tel__stream_want(s, TEL_WANT_READ);
	}
	if (rc != TEL_OK) {
		tel__ctx_timer_fini(srv->ctx, &c->timer);
		tel__mem_free(alloc, c, 1, sizeof(*c));
		return rc;
	}
	c->req.state = TEL__HTTP_ENDED;
	c->resume = (tel__deferred){ .run = on_resume, .user = c };
	tel__dynbuf_init(&c->out, alloc, OUT_BYTES);
	tel__http_conn_init(&c->base, &conn_ops, srv, s);
	start_head(c);
	*ret_conn = &c->base;
	return TEL_OK;
}
