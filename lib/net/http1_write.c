/* SPDX-License-Identifier: Apache-2.0 */
/* Answers: head and body in one call of the system when the peer keeps up. */
#include <string.h>

#include "net/http1_conn.h"

/* S29: a value of the configuration must not end a header. */
static bool is_clean(tel_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < 0x20 && s.ptr[i] != '\t')
			return false;
	return true;
}

static void put_head(tel__http1_conn *c, const tel__http_response *rsp, unsigned version)
{
	tel__dynbuf *b = &c->out;
	tel__dynbuf_reset(b);
	c->out_at = 0;
	tel__dynbuf_puts(b, "HTTP/1.1 ");
	tel__dynbuf_u64(b, rsp->status);
	tel__dynbuf_byte(b, ' ');
	tel__dynbuf_puts(b, tel__http_reason(rsp->status));
	tel__dynbuf_puts(b, "\r\nDate: ");
	tel__dynbuf_puts(b, tel__http_date(c->base.server));
	tel__dynbuf_puts(b, "\r\n");
	for (size_t i = 0; i < rsp->header_count; i++) {
		const tel__http_header *h = &rsp->headers[i];
		if (!is_clean(h->name) || !is_clean(h->value))
			continue;
		tel__dynbuf_slice(b, h->name);
		tel__dynbuf_puts(b, ": ");
		tel__dynbuf_slice(b, h->value);
		tel__dynbuf_puts(b, "\r\n");
	}
	if (rsp->status >= 200 && rsp->status != 204 && rsp->status != 304) {
		tel__dynbuf_puts(b, "Content-Length: ");
		tel__dynbuf_u64(b, rsp->body.len);
		tel__dynbuf_puts(b, "\r\n");
	}
	if (c->must_close)
		tel__dynbuf_puts(b, "Connection: close\r\n");
	else if (version == 10)
		tel__dynbuf_puts(b, "Connection: keep-alive\r\n");
	tel__dynbuf_puts(b, "\r\n");
}

static void fail(tel__http1_conn *c)
{
	c->closing = true;
	tel__http1_settle(c);
}

/* Keeps what the socket did not take: sent bytes of the head and the body are gone. */
static bool keep_rest(tel__http1_conn *c, tel_slice body, size_t sent)
{
	size_t head = tel__dynbuf_get(&c->out).len;
	if (sent < head) {
		c->out_at = sent;
	} else {
		tel__dynbuf_reset(&c->out);
		body = tel__slice_sub(body, sent - head, body.len - (sent - head));
	}
	tel__dynbuf_slice(&c->out, body);
	return tel__dynbuf_error(&c->out) == TEL_OK;
}

static void send_first(tel__http1_conn *c, tel_slice body)
{
	tel_slice head = tel__dynbuf_get(&c->out);
	struct iovec iov[2] = { { (void *)(uintptr_t)head.ptr, head.len }, { (void *)(uintptr_t)body.ptr, body.len } };
	size_t sent = 0;
	tel_err rc = tel__dynbuf_error(&c->out);
	if (rc == TEL_OK)
		rc = tel__stream_writev(c->base.stream, iov, body.len ? 2 : 1, &sent);
	if (rc != TEL_OK && rc != TEL_ERR_AGAIN) {
		fail(c);
	} else if (sent == head.len + body.len) {
		tel__http1_answered(c);
	} else if (!keep_rest(c, body, sent)) {
		fail(c);
	} else {
		tel__http1_enter(c, TEL__HTTP1_WRITE);
		tel__http1_settle(c);
	}
}

/* A short body that the service did not want is skipped, a long one costs the connection. */
static bool can_discard(const tel__http1_conn *c)
{
	return c->complete || (!c->chunked && !c->expects_continue && c->parser.content_length <= TEL__CTX_SCRATCH_BYTES);
}

static void respond(tel__http_request *req, const tel__http_response *rsp)
{
	tel__http1_conn *c = (tel__http1_conn *)req->conn;
	if (rsp->reset) {
		tel__http_request_end(req);
		fail(c);
		return;
	}
	tel_slice body = c->has_head_method || rsp->status == 204 || rsp->status == 304 ? (tel_slice){ NULL, 0 } : rsp->body;
	c->must_close |= !c->keep_alive || rsp->close || c->eof || c->base.server->draining ||
	                 c->base.server->retiring || !can_discard(c);
	put_head(c, rsp, req->version);
	tel__http_request_end(req);
	send_first(c, body);
}

const tel__http_request_ops tel__http1_request_ops = { respond, tel__http1_take_body, NULL };

void tel__http1_write_status(tel__http1_conn *c, unsigned status)
{
	tel__http_response rsp = { .status = status, .body = tel__slice_str(tel__http_reason(status)) };
	static const tel__http_header text = { { "Content-Type", 12 }, { "text/plain; charset=utf-8", 25 } };
	rsp.headers = &text;
	rsp.header_count = 1;
	c->must_close = true;
	c->complete = false; /* whatever follows is not understood */
	put_head(c, &rsp, 11);
	send_first(c, rsp.body);
}

void tel__http1_write_continue(tel__http1_conn *c)
{
	static const char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
	struct iovec iov = { (void *)(uintptr_t)text, sizeof(text) - 1 };
	size_t sent = 0;
	/* Nothing of ours is in flight, so the socket has room; a peer for which that is not true is broken. */
	if (tel__stream_writev(c->base.stream, &iov, 1, &sent) != TEL_OK || sent != iov.iov_len)
		fail(c);
}

void tel__http1_write_more(tel__http1_conn *c)
{
	tel_slice out = tel__dynbuf_get(&c->out);
	struct iovec iov = { (void *)(uintptr_t)(out.ptr + c->out_at), out.len - c->out_at };
	size_t sent = 0;
	tel_err rc = tel__stream_writev(c->base.stream, &iov, 1, &sent);
	if (rc != TEL_OK && rc != TEL_ERR_AGAIN) {
		c->closing = true;
		return;
	}
	c->out_at += sent;
	tel__http1_moved(c, sent);
	if (c->out_at == out.len)
		tel__http1_answered(c);
}
