/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_HTTP_SERVER_H
#define TEL_NET_HTTP_SERVER_H
/*
 * What a service sees of HTTP, whatever the version. net/http1_server.c and net/h2_server.c fill it (net/http_conn.h is
 * what they share); net/http_server.c owns the listener and the connections and chooses the version. Admission comes before the body: on_head answers, or states
 * how much body it takes; the bytes are then reserved in the budget as they come.
 */
#include "net/body.h"
#include "net/stream.h"
#include "net/tls.h"

TEL_PRIVATE_BEGIN

typedef struct tel__http_header {
	tel_slice name, value; /* name compared without case */
} tel__http_header;

typedef struct tel__http_request tel__http_request;

typedef struct tel__http_service {
	/* The head is complete. Must call tel__http_take_body or tel__http_respond (now or later). */
	void (*on_head)(void *user, tel__http_request *req);
	/* The body is complete (empty when there was none). body is borrowed: take a reference to keep it. Respond now or later. */
	void (*on_body)(void *user, tel__http_request *req, tel_buf *body, bool grpc_compressed);
	/* The body could not be taken: code TEL_ERR_LIMIT, _BUDGET, _MALFORMED, _NOMEM. Respond; the connection may close after. */
	void (*on_body_error)(void *user, tel__http_request *req, const tel_error *err);
	/* The peer went away, or reset the stream, before the answer. req is gone after return; never respond. */
	void (*on_abort)(void *user, tel__http_request *req);
	void *user;
} tel__http_service;

/* Everything borrowed until respond or abort. */
tel_slice tel__http_method(const tel__http_request *req);
tel_slice tel__http_path(const tel__http_request *req);  /* without query */
tel_slice tel__http_query(const tel__http_request *req); /* without '?' */
bool tel__http_header_get(const tel__http_request *req, const char *name, tel_slice *ret_value); /* first one */
const tel__http_header *tel__http_headers(const tel__http_request *req, size_t *ret_count);
const char *tel__http_peer(const tel__http_request *req);
unsigned tel__http_version(const tel__http_request *req); /* 10, 11, 20 */
tel_ctx *tel__http_ctx(const tel__http_request *req);
void tel__http_set_data(tel__http_request *req, void *data); /* the service's, per request */
void *tel__http_data(const tel__http_request *req);

void tel__http_take_body(tel__http_request *req, tel__body_kind kind, size_t max_bytes);

typedef struct tel__http_response {
	unsigned status;
	const tel__http_header *headers;  /* content-length is added */
	size_t header_count;
	tel_slice body;                   /* copied or sent before return */
	const tel__http_header *trailers; /* HTTP/2 only */
	size_t trailer_count;
	bool close;                       /* HTTP/1: close the connection after the answer */
	bool reset;                       /* no answer: HTTP/1 closes the connection, HTTP/2 resets the stream */
} tel__http_response;

/* req is gone after return. */
void tel__http_respond(tel__http_request *req, const tel__http_response *rsp);

/* HTTP/2: after mono_ns the answer is of no use to the peer. Then on_abort runs, and late answers instead of the service.
 * Before respond; ignored by HTTP/1. */
void tel__http_set_deadline(tel__http_request *req, uint64_t mono_ns, void (*late)(tel__http_request *req));
uint64_t tel__http_deadline(const tel__http_request *req); /* UINT64_MAX = none */

/* HTTP/2; net/h2_keeper.h. 0 = never, without limit. */
typedef struct tel__http_keepalive {
	uint64_t max_idle_ns, max_age_ns, age_grace_ns;
	uint64_t time_ns, timeout_ns; /* PING after so much silence; its answer within timeout_ns */
	uint64_t min_time_ns;         /* between PINGs of the peer */
	bool permit_without_stream;
} tel__http_keepalive;

typedef enum tel__http_proto { TEL__HTTP_1, TEL__HTTP_2 } tel__http_proto;

typedef struct tel__http_server_opts {
	tel__http_proto proto;           /* plaintext: one per port (protocols.md) */
	size_t header_list_bytes;        /* 0 = TEL_LIMIT_HEADER_LIST_BYTES */
	uint32_t max_streams;            /* HTTP/2; 0 = TEL_LIMIT_STREAMS_PER_CONNECTION */
	uint32_t max_connections;        /* 0 = TEL_LIMIT_CONNECTIONS */
	uint32_t max_per_peer;           /* connections of one address (IPv6: of one /64); 0 = no such limit */
	bool vital;                      /* a probe must get through when memory is short: charged, never refused for it */
	uint64_t header_timeout_ns;      /* 0 = 10 s */
	uint64_t idle_timeout_ns;        /* 0 = 60 s HTTP/1, none HTTP/2 */
	uint64_t body_timeout_ns;        /* for every 4 KiB; 0 = 30 s */
	tel__http_keepalive keepalive;
	/* NULL = plaintext; borrowed. With TLS a port for HTTP_1 speaks HTTP/2, too, as ALPN decides; HTTP_2 wants h2. */
	tel__tls_ctx *tls;
	const struct tel__http_before *before; /* NULL = nothing runs yet */
} tel__http_server_opts;

/* Why a server closed connections on its own. */
typedef enum tel__http_closed {
	TEL__CLOSED_LIMIT,     /* at accept: max_connections */
	TEL__CLOSED_PER_PEER,  /* at accept: max_per_peer */
	TEL__CLOSED_MEMORY,    /* at accept: connections have their half of the limit, or there is no room at all */
	TEL__CLOSED_STALLED,   /* made room for another: a connection, or a body of one (HTTP/2: its stream) */
	TEL__CLOSED_TIMEOUT,   /* head, body or answer not in time (HTTP/2: a stream, too) */
	TEL__CLOSED_MALFORMED, /* not HTTP, or against its rules */
	TEL__CLOSED_FLOOD,     /* frames without use, more pings than allowed, answers that are not read */
	TEL__CLOSED_TLS,       /* the handshake failed */
	TEL__CLOSED_COUNT
} tel__http_closed;

typedef struct tel__http_stats {
	uint64_t accepted, closed[TEL__CLOSED_COUNT];
	size_t open; /* connections */
} tel__http_stats;

const char *tel__http_closed_name(tel__http_closed why); /* as a label value */

typedef struct tel__http_server tel__http_server;

/*
 * For a reload: the servers that run while their successors are made. If one of them has the address of the new one, no
 * socket is opened: it goes on until tel__http_server_start() of the new one takes the listening socket over, with the
 * connections that wait in it.
 */
typedef struct tel__http_before {
	tel__http_server *const *servers; /* those that will go */
	size_t count;
	tel__http_server *same; /* who has the same place in the configuration: its port will do for port 0. NULL = nobody */
} tel__http_before;

tel_err tel__http_server_new(tel_ctx *ctx, tel_slice endpoint, const tel__http_server_opts *opts,
                             const tel__http_service *service, tel__http_server **ret_server, tel_error *err);
unsigned tel__http_server_port(const tel__http_server *srv);
size_t tel__http_server_open(const tel__http_server *srv); /* requests not answered yet */
void tel__http_server_stats(const tel__http_server *srv, tel__http_stats *ret_stats);
/* Stops accepting; HTTP/2 GOAWAY, HTTP/1 closes idle connections and says close on the rest. */
void tel__http_server_drain(tel__http_server *srv);
void tel__http_server_start(tel__http_server *srv); /* with before: takes over; cannot fail */
/* As drain, but unhurried, for a server that has a successor: a kept HTTP/1 connection is closed after its next answer, and
 * who waits in the listening socket is served. */
void tel__http_server_retire(tel__http_server *srv);
/* Closes everything; on_abort runs for each request that is open. Not from inside a callback of the service. */
void tel__http_server_free(tel__http_server *srv);

/* For the two connection implementations (http1_server.c, h2_server.c): */
typedef struct tel__http_conn tel__http_conn;
tel_err tel__http1_conn_new(tel__http_server *srv, tel__stream *s, tel__http_conn **ret_conn);
tel_err tel__h2_conn_new(tel__http_server *srv, tel__stream *s, tel__http_conn **ret_conn);

TEL_PRIVATE_END
#endif
