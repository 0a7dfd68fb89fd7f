/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_HTTP_CONN_H
#define TEL_NET_HTTP_CONN_H
/*
 * What an HTTP version (http1_server.c, h2_server.c) shares with http_server.c: the common parts of a connection and of
 * a request, which the versions embed as the first member of their own structs, and the ops that they implement.
 */
#include "base/map.h"
#include "net/http_server.h"

TEL_PRIVATE_BEGIN

typedef enum tel__http_state {
	TEL__HTTP_HEAD,     /* head not delivered yet, or on_head ran and neither take_body nor respond was called */
	TEL__HTTP_BODY,     /* take_body was called */
	TEL__HTTP_COMPLETE, /* on_body or on_body_error ran: the service owes the answer */
	TEL__HTTP_ENDED     /* answered or aborted */
} tel__http_state;

typedef struct tel__http_request_ops {
	/* Sends the answer. The version calls tel__http_request_end() and frees or reuses req. Called from inside on_head,
	 * on_body, on_body_error, or later from anywhere: the connection must not be freed inside (defer it). */
	void (*respond)(tel__http_request *req, const tel__http_response *rsp);
	/* req->body is initialised (kind, max). The version calls tel__body_expect() when it knows the length, feeds it,
	 * and ends with tel__http_emit_body(), maybe from the loop, maybe inside this call. */
	void (*take_body)(tel__http_request *req);
	void (*deadline)(tel__http_request *req); /* req->late was set; NULL = nobody looks at deadlines */
} tel__http_request_ops;

struct tel__http_request {
	const tel__http_request_ops *ops;
	tel__http_conn *conn;
	tel_slice method, path, query;   /* borrowed from the version until the end */
	const tel__http_header *headers; /* without pseudo-headers; :authority comes as "host" */
	size_t header_count;
	tel__body body;
	void *data; /* the service's */
	uint64_t deadline_ns;                 /* when late is set */
	void (*late)(tel__http_request *req); /* answers instead of the service */
	unsigned version;
	tel__http_state state;
	bool body_open; /* body was initialised */
};

typedef struct tel__http_conn_ops {
	/* Finish what is open, take nothing new; the connection frees itself when it is done, maybe at once. */
	void (*drain)(tel__http_conn *conn);
	/* Now: aborts open requests (tel__http_emit_abort), then tel__http_conn_fini(), then its own memory. */
	void (*free)(tel__http_conn *conn);
	/* Since when the peer has not moved 4 KiB of what we wait for; UINT64_MAX = it does not stall. NULL = never. */
	uint64_t (*stalled_since)(const tel__http_conn *conn);
	/* The same for the body that has stalled longest; NULL = it has no bodies. shed_body gives that body up, and maybe the
	 * connection: its bytes are back in the budget at return. */
	uint64_t (*body_stalled_since)(const tel__http_conn *conn);
	void (*shed_body)(tel__http_conn *conn);
} tel__http_conn_ops;

/* How an address is counted; len 0 = not known. */
typedef struct tel__http_who {
	uint8_t bytes[8], len;
} tel__http_who;

enum { TEL__HTTP_PROGRESS_BYTES = 4096 }; /* what a peer has to move to count as moving (security.md S27, minimum rate) */

struct tel__http_conn {
	const tel__http_conn_ops *ops;
	tel__http_server *server;
	tel__stream *stream;
	tel__http_conn *prev, *next;
	tel__http_who who;
};

struct tel__http_server {
	tel_ctx *ctx;
	tel__http_server_opts opts; /* zeros replaced by the defaults */
	tel__http_service service;
	tel__listener *listener; /* NULL while draining, or as long as it is the predecessor's */
	tel__http_server *heir;  /* who takes the listener over; NULL = nobody */
	tel__http_server *heir_of;
	unsigned port;
	tel__http_server *prev, *next; /* of the context */
	tel__http_conn *conns;
	size_t conn_count;
	tel__map *by_peer; /* connections per network, when they are limited */
	uint64_t nobody_until;
	tel__http_stats stats;
	size_t open; /* requests */
	bool draining;
	bool retiring; /* draining, but connections may finish what they are about to ask */
	uint64_t tls_failures, tls_logged_ns;
	uint64_t date_s; /* what date says */
	char date[32];
};

/* Connection: called by the version's conn_new (after success nothing may fail any more) and by its free. fini unlinks
 * the connection and frees the stream. When conn_new fails, the stream stays the caller's. */
void tel__http_conn_init(tel__http_conn *conn, const tel__http_conn_ops *ops, tel__http_server *srv, tel__stream *s);
/* Why the server is about to close a connection; not for what is usual. */
void tel__http_conn_why(tel__http_conn *conn, tel__http_closed why);
void tel__http_conn_fini(tel__http_conn *conn);

/* A stream that is ready to speak HTTP: admits it and takes it over; it is closed when there is no room. */
void tel__http_server_adopt(tel__http_server *srv, tel__stream *s, tel__http_proto proto);
/* A stream that has to prove itself first, admitted already. Takes s over, also on failure. */
tel_err tel__http_tls_conn_new(tel__http_server *srv, tel__stream *s, const tel__http_who *who);

/* Request: begin sets the common part to zero and counts it, end uncounts it and drops the body. */
void tel__http_request_begin(tel__http_request *req, const tel__http_request_ops *ops, tel__http_conn *conn,
                             unsigned version);
void tel__http_request_end(tel__http_request *req);
/* path and query out of a request target (origin or absolute form). */
void tel__http_request_target(tel__http_request *req, tel_slice target);

/* Into the service. After emit_head, emit_body and emit_body_error the request may be gone (it was answered): look at
 * the version's own state, not at req. */
void tel__http_emit_head(tel__http_request *req);
void tel__http_emit_body(tel__http_request *req); /* finishes req->body: on_body, or on_body_error when it is truncated */
void tel__http_emit_body_error(tel__http_request *req, const tel_error *err);
void tel__http_emit_late(tel__http_request *req);  /* on_abort, then req->late answers */
void tel__http_emit_abort(tel__http_request *req); /* on_abort, then tel__http_request_end() */

/* RFC 9110 section 5.6.7, for the Date header; formatted once per second. */
const char *tel__http_date(tel__http_server *srv);
/* Reason phrase of a status; "" when unknown. */
const char *tel__http_reason(unsigned status);

TEL_PRIVATE_END
#endif
