/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_STREAM_H
#define TEL_NET_STREAM_H
/*
 * A connection as a stack of filters: a socket at the bottom, TLS (net/tls.h) on top of it, one interface above. Non-blocking.
 * The owner asks for readiness with tel__stream_want(), is called back, and reads or writes until TEL_ERR_AGAIN.
 */
#include "base/slice_i.h"
#include "net/ctx_i.h"

TEL_PRIVATE_BEGIN

typedef struct tel__stream tel__stream;

typedef struct tel__stream_ops {
	const char *name;
	/* TEL_OK with *ret_n > 0; TEL_ERR_AGAIN; TEL_ERR_CLOSED (end of stream); TEL_ERR_TRANSPORT; TEL_ERR_TLS. */
	tel_err (*read)(tel__stream *s, void *buf, size_t len, size_t *ret_n);
	/* After TEL_ERR_AGAIN the same bytes come first in the next call: a filter may have begun to send them. */
	tel_err (*writev)(tel__stream *s, const struct iovec *iov, int count, size_t *ret_n);
	tel_err (*want)(tel__stream *s, unsigned want);
	tel_err (*shutdown)(tel__stream *s); /* no more writes */
	void (*free)(tel__stream *s);        /* closes */
} tel__stream_ops;

struct tel__stream {
	const tel__stream_ops *ops;
	tel__stream *below; /* next filter down, NULL for the socket */
	tel_ctx *ctx;
	void (*on_ready)(void *user, unsigned got);
	void *user;
	char peer[64]; /* "10.0.0.1:4711", "[::1]:4711" */
	int last_errno;
	const char *error; /* why it failed, in words, when the filter knows; NULL otherwise */
};

void tel__stream_set_handler(tel__stream *s, void (*on_ready)(void *user, unsigned got), void *user);
tel_err tel__stream_read(tel__stream *s, void *buf, size_t len, size_t *ret_n);
tel_err tel__stream_writev(tel__stream *s, const struct iovec *iov, int count, size_t *ret_n);
tel_err tel__stream_want(tel__stream *s, unsigned want);
tel_err tel__stream_shutdown(tel__stream *s);
void tel__stream_free(tel__stream *s); /* NULL is fine; never from inside its own on_ready without returning at once */

/* The socket at the bottom; takes fd over, also on failure. */
tel_err tel__stream_from_fd(tel_ctx *ctx, int fd, const char *peer, tel__stream **ret_stream, tel_error *err);

/* Listening. endpoint "address:port", "[::1]:port", "localhost:port" (both families), ":port", "[::]:port" and
 * "0.0.0.0:port" (all addresses of both families), port 0 = any. */
typedef struct tel__listener tel__listener;
tel_err tel__listener_new(tel_ctx *ctx, tel_slice endpoint, void (*on_accept)(void *user, tel__stream *s), void *user,
                          tel__listener **ret_listener, tel_error *err);
unsigned tel__listener_port(const tel__listener *l); /* the real one */
void tel__listener_pause(tel__listener *l, bool paused);
void tel__listener_free(tel__listener *l);

/* For a reload, where the next owner of an address is made while the old one goes on. beside are listeners that it
 * will replace: an address that overlaps with theirs (0.0.0.0:1 and 127.0.0.1:1) is not in use then. */
tel_err tel__listener_new_beside(tel_ctx *ctx, tel_slice endpoint, tel__listener *const *beside, size_t count,
                                 void (*on_accept)(void *user, tel__stream *s), void *user,
                                 tel__listener **ret_listener, tel_error *err);
/* Whether endpoint asks for the address that l has; port 0 asks for any port, which is had only if any_port. */
bool tel__listener_serves(const tel__listener *l, tel_slice endpoint, bool any_port);
/* Who gets connections from now on. */
void tel__listener_give(tel__listener *l, void (*on_accept)(void *user, tel__stream *s), void *user);
/* Takes what the kernel has accepted already: closing would reset it. Not from inside of on_accept. */
void tel__listener_accept_all(tel__listener *l);

/* Connecting: resolves by c-ares, tries all addresses (Happy Eyeballs, 250 ms apart). done runs once, not inside the
 * call; after tel__dial_cancel it does not run. */
typedef struct tel__dial tel__dial;
tel_err tel__dial_start(tel_ctx *ctx, tel_slice host, uint16_t port, uint64_t deadline_mono_ns,
                        void (*done)(void *user, tel__stream *s, const tel_error *err), void *user, tel__dial **ret_dial,
                        tel_error *err);
void tel__dial_cancel(tel__dial *d);

TEL_PRIVATE_END
#endif
