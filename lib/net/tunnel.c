/* SPDX-License-Identifier: Apache-2.0 */
#include "net/tunnel.h"

#include <string.h>

#include "base/error_i.h"
#include "base/hex64.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"

enum { REQUEST_BYTES = 8 * 1024, HOST_BYTES = 255, LINE_BYTES = 256 };

struct tel__tunnel {
	tel_ctx *ctx;
	tel__stream *stream;
	tel__dynbuf request;
	size_t sent;
	char line[LINE_BYTES];   /* the status line, as far as it fits */
	size_t line_len, head_len;
	unsigned line_feeds;     /* at the end of what came, blanks aside */
	bool in_first_line;
	char target[HOST_BYTES + 16];
	tel__timer timer;
	tel__deferred begin;
	void (*done)(void *user, tel__stream *s, const tel_error *err);
	void *user;
};

/* Everything but the stream. */
static void tunnel_free(tel__tunnel *t)
{
	if (t->request.ptr)
		memset(t->request.ptr, 0, t->request.cap); /* credentials */
	tel__dynbuf_fini(&t->request);
	tel__ctx_undefer(t->ctx, &t->begin);
	tel__ctx_timer_fini(t->ctx, &t->timer);
	tel__mem_free(tel__ctx_alloc(t->ctx), t, 1, sizeof(*t));
}

void tel__tunnel_cancel(tel__tunnel *t)
{
	if (!t)
		return;
	tel__stream_free(t->stream);
	tunnel_free(t);
}

/* t is gone. err NULL: the tunnel stands. */
static void finish(tel__tunnel *t, const tel_error *err)
{
	void (*done)(void *, tel__stream *, const tel_error *) = t->done;
	void *user = t->user;
	tel__stream *s = t->stream;
	if (err) {
		tel__stream_free(s);
		s = NULL;
	} else {
		(void)tel__stream_want(s, 0);
	}
	tunnel_free(t);
	done(user, s, err);
}

static void give_up(tel__tunnel *t, tel_err code, const char *why)
{
	tel_error err = TEL_ERROR_INIT;
	char shown[LINE_BYTES];
	(void)tel__fail(&err, code, "proxy %s, CONNECT %s: %.100s", t->stream->peer,
	                tel__slice_printable(tel__slice_str(t->target), shown, sizeof(shown) / 2), why);
	finish(t, &err);
}

static void on_deadline(void *user)
{
	give_up(user, TEL_ERR_TIMEOUT, "no answer in time");
}

/* RFC 9112 section 4. Any 2xx is a tunnel. */
static void judge(tel__tunnel *t)
{
	tel_slice line = tel__slice_trim((tel_slice){ t->line, t->line_len }), status;
	char shown[LINE_BYTES];
	uint64_t code;
	if (line.len < 12 || !tel__slice_starts(line, TEL_SLICE_LIT("HTTP/1.")) || line.ptr[8] != ' ') {
		give_up(t, TEL_ERR_TRANSPORT, "the answer is not HTTP");
		return;
	}
	status = tel__slice_sub(line, 9, line.len - 9);
	if (tel__num_parse_u64(tel__slice_sub(status, 0, 3), &code) == TEL_OK && code / 100 == 2 &&
	    (status.len == 3 || status.ptr[3] == ' '))
		finish(t, NULL);
	else
		give_up(t, TEL_ERR_TRANSPORT, tel__slice_printable(status, shown, sizeof(shown)));
}

/* true: the head is complete. */
static bool take(tel__tunnel *t, char c)
{
	t->head_len++;
	if (c == '\n')
		t->line_feeds++;
	else if (c != '\r')
		t->line_feeds = 0;
	if (c == '\n')
		t->in_first_line = false;
	else if (t->in_first_line && t->line_len < sizeof(t->line))
		t->line[t->line_len++] = c;
	return t->line_feeds == 2;
}

static void read_answer(tel__tunnel *t)
{
	for (;;) {
		char c;
		size_t n = 0;
		/* Byte by byte: what follows the head is the tunnel's, and there is nowhere to put it back. */
		tel_err rc = tel__stream_read(t->stream, &c, 1, &n);
		if (rc == TEL_ERR_AGAIN)
			break;
		if (rc != TEL_OK) {
			give_up(t, rc == TEL_ERR_CLOSED ? rc : TEL_ERR_TRANSPORT,
			        rc == TEL_ERR_CLOSED ? "the proxy closed the connection" : "the connection was lost");
			return;
		}
		if (take(t, c)) {
			judge(t);
			return;
		}
		if (t->head_len == TEL_LIMIT_HEADER_LIST_BYTES) {
			give_up(t, TEL_ERR_TRANSPORT, "the head of the answer is larger than 16 KiB");
			return;
		}
	}
	if (tel__stream_want(t->stream, TEL_WANT_READ) != TEL_OK)
		give_up(t, TEL_ERR_TRANSPORT, "the connection was lost");
}

static void go_on(tel__tunnel *t)
{
	tel_slice request = tel__dynbuf_get(&t->request);
	while (t->sent < request.len) {
		struct iovec iov = { (void *)(uintptr_t)(request.ptr + t->sent), request.len - t->sent };
		size_t n = 0;
		tel_err rc = tel__stream_writev(t->stream, &iov, 1, &n);
		if (rc == TEL_ERR_AGAIN && tel__stream_want(t->stream, TEL_WANT_WRITE) == TEL_OK)
			return;
		if (rc != TEL_OK) {
			give_up(t, TEL_ERR_TRANSPORT, "the connection was lost");
			return;
		}
		t->sent += n;
	}
	read_answer(t);
}

static void on_ready(void *user, unsigned got)
{
	(void)got;
	go_on(user);
}

static void on_begin(void *user)
{
	go_on(user);
}

static tel_err put_credentials(tel__tunnel *t, const tel__proxy *proxy)
{
	tel__dynbuf pair;
	if (!proxy->user.ptr)
		return TEL_OK;
	tel__dynbuf_init(&pair, tel__ctx_alloc(t->ctx), REQUEST_BYTES);
	tel__dynbuf_slice(&pair, proxy->user);
	tel__dynbuf_byte(&pair, ':');
	tel__dynbuf_slice(&pair, proxy->password);
	tel__dynbuf_puts(&t->request, "Proxy-Authorization: Basic ");
	tel__base64_encode(tel__dynbuf_get(&pair), &t->request);
	tel__dynbuf_puts(&t->request, "\r\n");
	tel_err rc = tel__dynbuf_error(&pair);
	if (pair.ptr)
		memset(pair.ptr, 0, pair.cap);
	tel__dynbuf_fini(&pair);
	return rc;
}

static tel_err make_request(tel__tunnel *t, const tel__tunnel_opts *o, tel_error *err)
{
	bool v6 = tel__slice_find(o->host, ':') < o->host.len;
	tel__dynbuf *b = &t->request;
	tel__dynbuf target;
	if (o->host.len > HOST_BYTES)
		return tel__fail(err, TEL_ERR_ARG, "the host name is longer than %d bytes", HOST_BYTES);
	for (size_t i = 0; i < o->host.len; i++)
		if ((unsigned char)o->host.ptr[i] <= ' ' || o->host.ptr[i] == 0x7f)
			return tel__fail(err, TEL_ERR_ARG, "the host name holds blanks or control characters");
	tel__dynbuf_init(&target, tel__ctx_alloc(t->ctx), sizeof(t->target));
	tel__dynbuf_fmt(&target, v6 ? "[" TEL_SLICE_FMT "]:%u" : TEL_SLICE_FMT ":%u", TEL_SLICE_ARG(o->host), o->port);
	tel__dynbuf_byte(&target, '\0');
	if (tel__dynbuf_error(&target) == TEL_OK)
		memcpy(t->target, target.ptr, target.len);
	tel_err rc = tel__dynbuf_error(&target);
	tel__dynbuf_fini(&target);
	tel__dynbuf_fmt(b, "CONNECT %s HTTP/1.1\r\nHost: %s\r\n", t->target, t->target);
	if (o->user_agent.len) {
		tel__dynbuf_puts(b, "User-Agent: ");
		tel__dynbuf_slice(b, o->user_agent);
		tel__dynbuf_puts(b, "\r\n");
	}
	if (rc == TEL_OK)
		rc = put_credentials(t, o->proxy);
	tel__dynbuf_puts(b, "\r\n");
	if (rc == TEL_OK)
		rc = tel__dynbuf_error(b);
	return rc == TEL_ERR_LIMIT ? tel__fail(err, TEL_ERR_ARG, "the request to the proxy is larger than %d bytes", REQUEST_BYTES)
		: rc == TEL_OK ? TEL_OK : tel__fail_nomem(err);
}

tel_err tel__tunnel_start(tel_ctx *ctx, tel__stream *s, const tel__tunnel_opts *opts,
                          void (*done)(void *user, tel__stream *s, const tel_error *err), void *user,
                          tel__tunnel **ret_tunnel, tel_error *err)
{
	tel__tunnel *t = tel__mem_zero(tel__ctx_alloc(ctx), 1, sizeof(*t));
	if (!t || tel__ctx_timer_init(ctx, &t->timer, on_deadline, t) != TEL_OK) {
		tel__mem_free(tel__ctx_alloc(ctx), t, 1, sizeof(*t));
		tel__stream_free(s);
		return tel__fail_nomem(err);
	}
	t->ctx = ctx;
	t->stream = s;
	t->in_first_line = true;
	t->done = done;
	t->user = user;
	t->begin = (tel__deferred){ .run = on_begin, .user = t };
	tel__dynbuf_init(&t->request, tel__ctx_alloc(ctx), REQUEST_BYTES);
	tel_err rc = make_request(t, opts, err);
	if (rc != TEL_OK) {
		tel__tunnel_cancel(t);
		return rc;
	}
	tel__stream_set_handler(s, on_ready, t);
	tel__ctx_arm(ctx, &t->timer, opts->deadline_mono_ns);
	tel__ctx_defer(ctx, &t->begin);
	*ret_tunnel = t;
	return TEL_OK;
}
