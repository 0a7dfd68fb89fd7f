/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_HTTP1_CONN_H
#define TEL_NET_HTTP1_CONN_H
/* An HTTP/1 server connection, shared by http1_server.c (input), http1_parse.c (head and framing), http1_write.c. */
#include <llhttp.h>

#include "base/dynbuf.h"
#include "net/http1_head.h"
#include "net/http_conn.h"

TEL_PRIVATE_BEGIN

typedef enum tel__http1_phase {
	TEL__HTTP1_HEAD,    /* collecting a request head, or idle */
	TEL__HTTP1_HELD,    /* the service was told the head and decides */
	TEL__HTTP1_BODY,    /* collecting the body */
	TEL__HTTP1_ANSWER,  /* the service owes the answer */
	TEL__HTTP1_WRITE,   /* the peer does not take the answer as fast as we give it */
	TEL__HTTP1_DISCARD, /* answered before a short body: skip it, keep the connection */
	TEL__HTTP1_LINGER   /* answered and shut down: wait for the peer to see it before the close */
} tel__http1_phase;

typedef struct tel__http1_conn {
	tel__http_conn base;
	tel__http_request req; /* one at a time; pipelined ones wait in pending */
	llhttp_t parser;
	tel__http1_head scan;
	tel__http1_chunks chunks;
	tel__timer timer;
	uint64_t deadline_mono_ns; /* the timer may be armed earlier: it looks here */
	tel__deferred resume;
	char *head; /* bytes of the request head; slices of req point into it */
	size_t head_len, head_cap;
	tel__http_header *headers;
	size_t header_cap;
	char *pending; /* received behind the current request */
	size_t pending_len;
	tel__dynbuf out; /* answer that is being written */
	size_t out_at;
	const char *direct;   /* where the body is being received without a copy */
	tel_error *feed_error; /* while llhttp runs over a body */
	size_t body_bytes, wire_bytes; /* of the current body: decoded, and as received */
	size_t window_bytes;  /* moved by the peer since progress_ns */
	uint64_t progress_ns; /* when it had last moved TEL__HTTP_PROGRESS_BYTES, or the phase began */
	uint8_t phase;
	bool keep_alive, chunked, expects_continue, complete, body_begun, must_close;
	bool has_head_method;
	bool closing;    /* close as soon as nobody is on the stack */
	bool eof;        /* the peer sends no more */
	bool processing; /* input is being processed further up the stack */
} tel__http1_conn;

/* http1_parse.c. 0, or the status to refuse with; fills req and the framing members. */
unsigned tel__http1_parse_head(tel__http1_conn *c);
/* Takes body bytes off *in. TEL_OK (look at complete), or the error for on_body_error. */
tel_err tel__http1_parse_body(tel__http1_conn *c, tel_slice *in, tel_error *err);

/* http1_write.c */
extern const tel__http_request_ops tel__http1_request_ops;
void tel__http1_write_status(tel__http1_conn *c, unsigned status); /* no request: answer and close */
void tel__http1_write_continue(tel__http1_conn *c);
void tel__http1_write_more(tel__http1_conn *c);

/* http1_server.c */
void tel__http1_answered(tel__http1_conn *c); /* the last byte of the answer went out */
void tel__http1_take_body(tel__http_request *req);
void tel__http1_enter(tel__http1_conn *c, tel__http1_phase phase);
void tel__http1_moved(tel__http1_conn *c, size_t bytes); /* by the peer, of a body or an answer */
void tel__http1_settle(tel__http1_conn *c); /* interest after a change from outside; closes later when due */

TEL_PRIVATE_END
#endif
