/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_GRPC_CONN_H
#define TEL_NET_GRPC_CONN_H
/*
 * One connection of grpc_client.c: an HTTP/2 session, the calls that have a stream on it, keepalive. It never connects
 * again: when it is over the owner decides what comes next.
 */
#include "net/grpc_call.h"

TEL_PRIVATE_BEGIN

typedef struct tel__grpc_conn tel__grpc_conn;

/* Told from inside nghttp2: they may submit and defer, never free. Only over may free everything. */
typedef struct tel__grpc_conn_ops {
	void (*settled)(void *owner, tel__grpc_pending *p); /* the outcome is final, the stream still open */
	void (*left)(void *owner, tel__grpc_pending *p);    /* final, and the connection does not know the call any more */
	void (*again)(void *owner, tel__grpc_pending *p);   /* it left without having been looked at: for the next connection */
	void (*answered)(void *owner);                      /* the server itself decided a call */
	void (*calm)(void *owner);                          /* GOAWAY with ENHANCE_YOUR_CALM */
	void (*changed)(void *owner);                       /* it may take calls now, or none any more */
	/* The connection is gone, its calls have left. ready: it was good once. */
	void (*over)(void *owner, bool ready, const tel_error *why);
} tel__grpc_conn_ops;

typedef struct tel__grpc_keepalive {
	uint64_t time_ns, timeout_ns; /* time 0 = no PING */
} tel__grpc_keepalive;

struct tel__grpc_conn {
	tel__h2 h2; /* first */
	const tel__grpc_conn_ops *ops;
	void *owner;
	tel__grpc_keepalive *keepalive; /* the owner's; doubled when the peer wants calm */
	tel__grpc_conn *next;           /* the owner's list */
	tel__grpc_conn **list;
	tel__grpc_pending *calls;       /* with an open stream, some of them settled already */
	size_t active;
	tel__timer timer;               /* handshake, then keepalive */
	uint64_t ping_ns;               /* when the keepalive went out, 0: none is out */
	bool ready, going_away;
};

/* On an open stream, which is taken over on success; becomes the first of *list. TEL_ERR_NOMEM. */
tel_err tel__grpc_conn_new(tel_ctx *ctx, tel__stream *s, const tel__grpc_conn_ops *ops, void *owner,
                           tel__grpc_keepalive *keepalive, tel__grpc_conn **list);
/* Not from inside nghttp2. Leaves the list, not the calls: they are the owner's to free. */
void tel__grpc_conn_free(tel__grpc_conn *conn);
/* Room for one more call now. */
bool tel__grpc_conn_has_room(const tel__grpc_conn *conn);
/* New calls may wait for it. */
static inline bool tel__grpc_conn_lives(const tel__grpc_conn *conn)
{
	return conn && !conn->going_away && conn->h2.over == TEL_OK;
}
/* The call must be in no list. NULL: it has its stream; else why it has none. */
const char *tel__grpc_conn_start(tel__grpc_conn *conn, tel__grpc_pending *p);
/* Sends what was started. */
void tel__grpc_conn_flush(tel__grpc_conn *conn);
/* The outcome of a call with a stream is final: its stream goes, its slices are not read any more. */
void tel__grpc_conn_abandon(tel__grpc_pending *p);
void tel__grpc_conn_stop_body(tel__grpc_pending *p);

TEL_PRIVATE_END
#endif
