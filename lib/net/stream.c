/* SPDX-License-Identifier: Apache-2.0 */
/* The filter stack's entry points, and the socket at its bottom. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "base/error_i.h"
#include "base/mem.h"
#include "net/stream.h"

enum { MAX_IOV = 1024 }; /* what Linux takes at once */

typedef struct sock_stream {
	tel__stream base;
	tel__watch watch;
	int fd;
	bool watched;
} sock_stream;

static tel_err sock_fail(tel__stream *s, int errnum)
{
	s->last_errno = errnum;
	return TEL_ERR_TRANSPORT;
}

static tel_err sock_read(tel__stream *s, void *buf, size_t len, size_t *ret_n)
{
	sock_stream *ss = (sock_stream *)s;
	const tel__sock_ops *ops = tel__ctx_sock(s->ctx);
	ssize_t n;
	do
		n = ops->recv(ops->user, ss->fd, buf, len);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return TEL_ERR_CLOSED;
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? TEL_ERR_AGAIN : sock_fail(s, errno);
	*ret_n = (size_t)n;
	return TEL_OK;
}

static tel_err sock_writev(tel__stream *s, const struct iovec *iov, int count, size_t *ret_n)
{
	sock_stream *ss = (sock_stream *)s;
	const tel__sock_ops *ops = tel__ctx_sock(s->ctx);
	ssize_t n;
	do
		n = ops->sendv(ops->user, ss->fd, iov, count < MAX_IOV ? count : MAX_IOV);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN || errno == EWOULDBLOCK ? TEL_ERR_AGAIN : sock_fail(s, errno);
	*ret_n = (size_t)n;
	return TEL_OK;
}

static void sock_ready(void *user, unsigned got)
{
	tel__stream *s = user;
	if (s->on_ready)
		s->on_ready(s->user, got); /* may free s */
}

static tel_err sock_want(tel__stream *s, unsigned want)
{
	sock_stream *ss = (sock_stream *)s;
	if (ss->watched)
		return tel__ctx_want(s->ctx, &ss->watch, want);
	if (!want)
		return TEL_OK;
	tel_err rc = tel__ctx_watch(s->ctx, &ss->watch, ss->fd, want, sock_ready, s);
	ss->watched = rc == TEL_OK;
	return rc;
}

static tel_err sock_shutdown(tel__stream *s)
{
	sock_stream *ss = (sock_stream *)s;
	const tel__sock_ops *ops = tel__ctx_sock(s->ctx);
	return ops->shutdown(ops->user, ss->fd, SHUT_WR) == 0 ? TEL_OK : sock_fail(s, errno);
}

static void sock_free(tel__stream *s)
{
	sock_stream *ss = (sock_stream *)s;
	const tel__sock_ops *ops = tel__ctx_sock(s->ctx);
	if (ss->watched)
		tel__ctx_unwatch(s->ctx, &ss->watch);
	ops->close(ops->user, ss->fd);
	tel__mem_free(tel__ctx_alloc(s->ctx), ss, 1, sizeof(*ss));
}

static const tel__stream_ops sock_ops = { "socket", sock_read, sock_writev, sock_want, sock_shutdown, sock_free };

tel_err tel__stream_from_fd(tel_ctx *ctx, int fd, const char *peer, tel__stream **ret_stream, tel_error *err)
{
	const tel__sock_ops *ops = tel__ctx_sock(ctx);
	sock_stream *ss = tel__mem_zero(tel__ctx_alloc(ctx), 1, sizeof(*ss));
	if (!ss) {
		ops->close(ops->user, fd);
		return tel__fail_nomem(err);
	}
	ss->base.ops = &sock_ops;
	ss->base.ctx = ctx;
	ss->fd = fd;
	snprintf(ss->base.peer, sizeof(ss->base.peer), "%s", peer ? peer : "");
	*ret_stream = &ss->base;
	return TEL_OK;
}

void tel__stream_set_handler(tel__stream *s, void (*on_ready)(void *user, unsigned got), void *user)
{
	s->on_ready = on_ready;
	s->user = user;
}

tel_err tel__stream_read(tel__stream *s, void *buf, size_t len, size_t *ret_n)
{
	assert(len > 0); /* 0 bytes would look like the end of the stream */
	return s->ops->read(s, buf, len, ret_n);
}

tel_err tel__stream_writev(tel__stream *s, const struct iovec *iov, int count, size_t *ret_n)
{
	return s->ops->writev(s, iov, count, ret_n);
}

tel_err tel__stream_want(tel__stream *s, unsigned want)
{
	return s->ops->want(s, want);
}

tel_err tel__stream_shutdown(tel__stream *s)
{
	return s->ops->shutdown(s);
}

void tel__stream_free(tel__stream *s)
{
	if (s)
		s->ops->free(s);
}
