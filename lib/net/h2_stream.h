/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_H2_STREAM_H
#define TEL_NET_H2_STREAM_H
/* One request of the HTTP/2 server: its header fields (references into the HPACK decoder's buffers, no copies) and its
 * answer until it is sent. h2_server.c runs it; this is its storage. */
#include "base/limits.h"
#include "net/h2_session.h"
#include "net/http_conn.h"

TEL_PRIVATE_BEGIN

enum {
	TEL__H2_INLINE_HEADERS = 12,
	TEL__H2_PSEUDO_HEADERS = 4,
	TEL__H2_TRAILERS = 8,
	TEL__H2_INLINE_ANSWER = 192
};

typedef struct tel__h2_stream {
	tel__http_request req; /* first */
	struct tel__h2_stream *prev, *next;
	int32_t id;
	bool begun;     /* req is known to the service */
	bool answered;  /* or refused, or aborted: the service is done with it */
	bool ended;     /* the peer said END_STREAM */
	bool failed;    /* the body could not be taken: further bytes are ignored */
	bool widened;   /* the window covers the whole message */
	bool too_large; /* header list over the limit */
	bool has_early; /* early is initialised: bytes came before the service took the body */
	bool peer_reset;
	bool feeding;   /* its body is being fed further up the stack */
	uint64_t since_ns; /* when the peer had last moved TEL__HTTP_PROGRESS_BYTES, or what it owes changed */
	size_t moved;      /* bytes since then */
	size_t header_bytes, header_limit;
	size_t charged;    /* to the budget, beyond what the connection is */
	tel_slice method, target;
	tel__body early;

	tel__http_header *headers;
	nghttp2_rcbuf **bufs;
	size_t header_count, header_cap, buf_count;
	tel__http_header inline_headers[TEL__H2_INLINE_HEADERS];
	nghttp2_rcbuf *inline_bufs[2 * TEL__H2_INLINE_HEADERS + TEL__H2_PSEUDO_HEADERS];

	char *answer; /* body, then the texts of the trailers */
	size_t answer_size, body_len, body_sent, trailer_count;
	nghttp2_nv trailers[TEL__H2_TRAILERS];
	char inline_answer[TEL__H2_INLINE_ANSWER];
} tel__h2_stream;

void tel__h2_stream_init(tel__h2_stream *st, int32_t id, size_t header_limit);
void tel__h2_stream_fini(tel__h2_stream *st, const tel_alloc *alloc);
/* One field of the request head. TEL_OK (also when the head is too large: st says so) or TEL_ERR_NOMEM. */
tel_err tel__h2_stream_header(tel__h2_stream *st, const tel_alloc *alloc, nghttp2_rcbuf *name, nghttp2_rcbuf *value);
/* The request was answered: nobody looks at its fields any more. */
void tel__h2_stream_drop_headers(tel__h2_stream *st, const tel_alloc *alloc);
/* Keeps body and trailers of an answer. TEL_OK or TEL_ERR_NOMEM. */
tel_err tel__h2_stream_answer(tel__h2_stream *st, const tel_alloc *alloc, const tel__http_response *rsp);
nghttp2_nv tel__h2_nv(tel_slice name, tel_slice value);

TEL_PRIVATE_END
#endif
