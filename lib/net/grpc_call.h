/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_GRPC_CALL_H
#define TEL_NET_GRPC_CALL_H
/*
 * One unary call of grpc_client.c: its request head, and what is known of its answer. A call lives until its outcome was
 * delivered (or it was cancelled) and its stream is closed, whichever comes last.
 */
#include "net/body.h"
#include "net/grpc_client.h"
#include "net/h2_session.h"

TEL_PRIVATE_BEGIN

struct tel__grpc_conn;

enum {
	TEL__GRPC_MESSAGE_BYTES = 8 * 1024,  /* grpc-message as kept; the rest is cut */
	TEL__GRPC_DETAILS_BYTES = 64 * 1024
};

typedef struct tel__grpc_pending {
	struct tel__grpc_pending *prev, *next;
	uint64_t id;
	tel__grpc_client *client;
	struct tel__grpc_conn *conn; /* while the stream is open */
	int32_t stream_id;
	void (*done)(void *user, const tel__grpc_answer *answer); /* NULL: delivered or cancelled */
	void *user;
	tel__timer timer;
	uint64_t deadline_ns; /* UINT64_MAX = none */

	tel__h2_source source;
	tel__h2_source start;     /* as source was before anything was sent */
	unsigned refusals;        /* connections that were going away and did not look at the call */
	char *head; /* one allocation: nghttp2_nv, then their texts */
	size_t head_size, head_count;

	bool settled;             /* answer is final */
	bool from_peer;
	bool grpc_type;           /* content-type */
	bool widened;
	unsigned http_status;
	int32_t status;           /* -1: none yet */
	size_t header_bytes;
	tel__body body;
	tel_buf *message_buf;
	tel__dynbuf message, details;
	tel_err body_err;         /* the message is not kept any more, and body_why */
	tel__dynbuf body_why;
	size_t skipped;           /* bytes of it since then */
	char encoding[16];
	size_t encoding_len;
} tel__grpc_pending;

/* Whom the calls of a client go to. */
typedef struct tel__grpc_peer {
	tel_slice authority, user_agent;
	bool secure;
} tel__grpc_peer;

/* Checks the call and copies everything but the body. TEL_ERR_ARG (path, metadata), TEL_ERR_LIMIT (message of 4 GiB),
 * TEL_ERR_NOMEM. */
tel_err tel__grpc_pending_new(tel_ctx *ctx, const tel__grpc_call *call, const tel__grpc_peer *peer,
                              tel__grpc_pending **ret_call, tel_error *err);
void tel__grpc_pending_free(tel__grpc_pending *call, tel_ctx *ctx);
/* The head as it goes out now: adds grpc-timeout by the time that is left into *timeout. */
size_t tel__grpc_pending_head(const tel__grpc_pending *call, uint64_t now_ns, char timeout[TEL__GRPC_TIMEOUT_LEN],
                              nghttp2_nv *out);
enum { TEL__GRPC_HEAD_FIELDS = 64 }; /* of out */

/* One field of the answer's head or trailers. */
void tel__grpc_pending_header(tel__grpc_pending *call, tel_slice name, tel_slice value);
/* Bytes of the message. false: it is not kept (too long, no memory, damaged); the trailers still count. */
bool tel__grpc_pending_data(tel__grpc_pending *call, tel_slice bytes);
/* The answer is complete, or the stream was closed with an HTTP/2 error code: decides the status. */
void tel__grpc_pending_complete(tel__grpc_pending *call, uint32_t h2_error);
/* Whether nothing of an answer has come: the peer may not even have seen the call. */
bool tel__grpc_pending_untouched(const tel__grpc_pending *call);
void tel__grpc_pending_rewind(tel__grpc_pending *call); /* to be sent once more */
/* A status that is made here. The first one stays. */
void tel__grpc_pending_settle(tel__grpc_pending *call, int32_t status, const char *text, const char *more);
void tel__grpc_pending_answer(const tel__grpc_pending *call, tel__grpc_answer *ret_answer);

TEL_PRIVATE_END
#endif
