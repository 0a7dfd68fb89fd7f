/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_H2_SESSION_H
#define TEL_NET_H2_SESSION_H
/*
 * One HTTP/2 connection, either role: an nghttp2 session between a stream and the callbacks of the role. It reads, writes,
 * limits floods and decides when the connection is over; the role (h2_server.c, grpc_client.c) deals in requests.
 *
 * The session is fed and drained only from the loop. Inside a callback, or from outside, the role submits to ng and calls
 * tel__h2_schedule(). When the connection is over, on_over runs once, from the loop, as the last thing: the role may free
 * everything inside.
 */
#include "net/h2_mem.h"
#include "net/h2_out.h"

TEL_PRIVATE_BEGIN

enum {
	TEL__H2_WINDOW = 65535,                 /* of a stream before its message is announced, design.md 6 */
	TEL__H2_CONNECTION_WINDOW = 1 << 30,    /* the streams' windows and the budget are the limits */
	TEL__H2_FRAME_BYTES = 1 << 20,          /* frames that we take */
	TEL__H2_SEND_BYTES = 128 * 1024,        /* frames that we send, if the peer takes them */
	TEL__H2_QUEUE_STOP = 256,               /* frames waiting behind a full socket: reading stops */
	TEL__H2_QUEUE_MAX = 5000,               /* and the connection ends */
	TEL__H2_GLITCH_BURST = 10000,           /* odd frames at once, */
	TEL__H2_GLITCH_PER_S = 330,             /* and in the long run (nghttp2 1.67's limiter) */
	TEL__H2_RESET_COST = 10                 /* odd frames that a reset or an invalid frame counts for */
};

typedef struct tel__h2 {
	nghttp2_session *ng;
	tel_ctx *ctx;
	tel__stream *stream; /* the role's */
	const tel_alloc *alloc;
	nghttp2_mem mem;
	tel__h2_rest rest;
	tel__h2_batch *batch; /* while sending */
	tel__deferred turn;
	tel__timer stall;
	uint64_t glitch_at_ns;
	uint64_t received_ns; /* the peer's last bytes */
	uint32_t glitches;    /* left */
	unsigned want;
	tel_err over;         /* not TEL_OK: why the connection ends; nothing is fed any more */
	bool full;            /* the batch had no room: more to send */
	char why[224];
	/* Sees each frame before ng does; may be NULL. */
	void (*on_frame_head)(void *user, uint8_t type, int32_t id);
	size_t frame_left;    /* of the frame that is being received */
	uint8_t head[9], head_len;
	/* Settles what depends on the outcome of the turn; may be NULL. Nothing is written after it but what it schedules. */
	void (*on_turn)(void *user);
	void (*on_over)(void *user, const tel_error *why);
	void *user;
} tel__h2;

/* What to send on a stream, piece by piece; nghttp2's data source. */
typedef struct tel__h2_source {
	const tel_slice *slices;
	size_t count, index, offset; /* offset in slices[index] */
	size_t left;
	uint8_t head[8];             /* goes first */
	unsigned head_len;
	uint32_t owner;              /* of the slices, not 0: tel__h2_detach() */
	/* slices set to NULL before left is 0: the stream is reset when it is its turn to send */
} tel__h2_source;

/* callbacks are completed here (sending, floods). *h is zeroed first. On failure the stream stays the caller's.
 * TEL_ERR_NOMEM. */
tel_err tel__h2_init(tel__h2 *h, tel__stream *s, nghttp2_session_callbacks *callbacks, bool server, tel_error *err);
/* Not from inside a callback of ng. The stream stays the role's. */
void tel__h2_fini(tel__h2 *h);
/* A turn (send what was submitted, see whether it is over) from the loop. */
void tel__h2_schedule(tel__h2 *h);
/* Ends the connection at the next turn. The first reason stays. */
void tel__h2_fail(tel__h2 *h, tel_err code, const char *why);
/* For ng's return values in the role: fatal ones end the connection; true = rv is not an error. */
bool tel__h2_check(tel__h2 *h, int rv);
/* Charges an odd frame; false = too many, the callback returns NGHTTP2_ERR_CALLBACK_FAILURE. */
bool tel__h2_glitch(tel__h2 *h, unsigned cost);
/* Work got done: what was charged for frames around it comes back. */
void tel__h2_progress(tel__h2 *h);
/* For DATA frames, from on_frame_recv: padding fills the stream's window, which is as large as the message, so it is given
 * back at once. false: the callback returns NGHTTP2_ERR_CALLBACK_FAILURE. */
bool tel__h2_return_padding(tel__h2 *h, const nghttp2_frame *frame);
/* Sends source by reference. */
nghttp2_data_provider tel__h2_provider(tel__h2_source *source);
/* The slices of owner go away. */
void tel__h2_detach(tel__h2 *h, uint32_t owner);

TEL_PRIVATE_END
#endif
