/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_BODY_H
#define TEL_NET_BODY_H
/*
 * Collects the body of one message under the budget: bytes are reserved before they are stored. Shared by HTTP/1,
 * HTTP/2 and gRPC, servers and clients.
 */
#include "base/budget.h"
#include "base/buf_i.h"
#include "base/slice_i.h"

TEL_PRIVATE_BEGIN

struct tel_ctx;

typedef enum tel__body_kind {
	TEL__BODY_PLAIN, /* everything is the message */
	TEL__BODY_GRPC   /* one message behind a 5-byte prefix; a second message is an error (unary) */
} tel__body_kind;

typedef struct tel__body {
	tel_buf *buf;
	const tel_alloc *alloc;
	tel__budget *budget;
	tel__body_kind kind;
	size_t max;            /* of the message */
	size_t free_bytes;     /* messages up to here are not charged: tel__body_init_answer() */
	uint8_t prefix[5];
	unsigned prefix_len;
	size_t want;           /* length that the prefix promises */
	bool compressed;       /* gRPC flag */
	/* The budget has no room for so many bytes: true = it has now. NULL = nothing can be done. */
	bool (*make_room)(struct tel_ctx *ctx, size_t bytes);
	struct tel_ctx *ctx;   /* handed to make_room */
	size_t held;           /* noted in the budget, with make_room */
} tel__body;

/* known_len: Content-Length, or 0. Nothing is reserved yet. */
void tel__body_init(tel__body *b, const tel_alloc *alloc, tel__budget *budget, tel__body_kind kind, size_t max);
/* For the answer to what we sent. A short one is always read, also when the budget is used up: a queue in front of the
 * peer is what used it, and an answer that cannot be read would keep the queue as it is. */
void tel__body_init_answer(tel__body *b, const tel_alloc *alloc, tel__budget *budget, tel__body_kind kind, size_t max);
/* TEL_ERR_LIMIT (known_len above max), TEL_ERR_BUDGET, TEL_ERR_NOMEM. */
tel_err tel__body_expect(tel__body *b, size_t known_len, tel_error *err);
/* Where the next bytes may be received directly; *ret_cap 0 = use tel__body_feed (prefix not complete). */
void *tel__body_room(tel__body *b, size_t *ret_cap);
void tel__body_advance(tel__body *b, size_t n);
/* TEL_ERR_LIMIT (too long), TEL_ERR_BUDGET, TEL_ERR_NOMEM, TEL_ERR_MALFORMED (gRPC flag not 0/1, second message). */
tel_err tel__body_feed(tel__body *b, tel_slice bytes, tel_error *err);
/* End of the message: hands the buffer over (never NULL; empty body = empty buffer). TEL_ERR_MALFORMED: truncated. */
tel_err tel__body_finish(tel__body *b, tel_buf **ret_buf, tel_error *err);
void tel__body_fini(tel__body *b);

TEL_PRIVATE_END
#endif
