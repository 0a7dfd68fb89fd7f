/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_H2_OUT_H
#define TEL_NET_H2_OUT_H
/*
 * Frames on their way into a stream. A batch is gathered on the stack and in the context's scratch and goes out with one
 * system call; what the socket does not take is kept: copied, except for slices of bodies, which stay references until
 * their owner says that they go away.
 */
#include "net/stream.h"

TEL_PRIVATE_BEGIN

enum {
	TEL__H2_OUT_PIECES = 128,         /* of one batch */
	TEL__H2_OUT_CHUNK = 16384 + 64,   /* largest thing put at once: one frame of the session */
	TEL__H2_OUT_COPY_BELOW = 256      /* slices below are copied rather than referenced */
};

/* What a previous batch left over. Zero-initialise. */
typedef struct tel__h2_rest {
	struct iovec *pieces; /* one allocation: pieces, owners, copied bytes */
	uint32_t *owners;     /* 0 = copied */
	size_t size;          /* of the allocation */
	int count, at;
} tel__h2_rest;

typedef struct tel__h2_batch {
	struct iovec pieces[TEL__H2_OUT_PIECES];
	uint32_t owners[TEL__H2_OUT_PIECES];
	int count;
	char *copy; /* scratch */
	size_t copy_len, copy_cap;
} tel__h2_batch;

void tel__h2_batch_init(tel__h2_batch *b, char *scratch, size_t cap);
/* Room for one more chunk and n more pieces. */
bool tel__h2_batch_room(const tel__h2_batch *b, int pieces);
void tel__h2_batch_copy(tel__h2_batch *b, const void *bytes, size_t len);
void tel__h2_batch_refer(tel__h2_batch *b, tel_slice bytes, uint32_t owner);

/* Writes the batch; what is left moves into rest, which must be empty. TEL_OK: all is gone. TEL_ERR_AGAIN, _CLOSED,
 * _TRANSPORT, _NOMEM. */
tel_err tel__h2_batch_write(tel__h2_batch *b, tel__stream *s, const tel_alloc *alloc, tel__h2_rest *rest);
/* Goes on with what is left. *ret_n: how many bytes went. */
tel_err tel__h2_rest_write(tel__h2_rest *rest, tel__stream *s, const tel_alloc *alloc, size_t *ret_n);
/* The slices of owner are about to go away: copies what is still referenced. TEL_ERR_NOMEM empties rest; the connection
 * is then broken in the middle of a frame. */
tel_err tel__h2_rest_detach(tel__h2_rest *rest, const tel_alloc *alloc, uint32_t owner);
bool tel__h2_rest_empty(const tel__h2_rest *rest);
void tel__h2_rest_fini(tel__h2_rest *rest, const tel_alloc *alloc);

TEL_PRIVATE_END
#endif
