/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_WIRE_GZIP_ENGINE_H
#define TEL_WIRE_GZIP_ENGINE_H
/* What gzip.c needs of a compression library. Framing, growth and limits are gzip.c's, so that they are the same with
 * both engines. */
#include <telemetry/alloc.h>
#include <telemetry/error.h>

#include "base/visibility.h"
#include "wire/gzip.h"

typedef enum tel__gzip_status {
	TEL__GZIP_DONE,    /* the stream ended; in stands behind it */
	TEL__GZIP_ROOM,    /* out is full, there is more */
	TEL__GZIP_INPUT,   /* in is used up, the stream is not at its end */
	TEL__GZIP_DAMAGED, /* not a deflate stream */
	TEL__GZIP_NOMEM
} tel__gzip_status;

/* Moved forward by each call; at most 4 GiB - 1 are used of either side. */
typedef struct tel__gzip_io {
	const uint8_t *in;
	size_t in_len;
	uint8_t *out;
	size_t out_len;
	uint32_t crc; /* inflate: of everything that came out, valid when done */
} tel__gzip_io;

typedef struct tel__gzip_engine_ops {
	/* alloc outlives the state. NULL = no memory. */
	void *(*inflate_new)(const tel_alloc *alloc);
	void (*inflate_free)(const tel_alloc *alloc, void *state);
	/* Begins a raw deflate stream (RFC 1951). whole: out is believed to hold everything. */
	void (*inflate_start)(void *state, bool whole);
	tel__gzip_status (*inflate)(void *state, tel__gzip_io *io);
	void *(*deflate_new)(const tel_alloc *alloc);
	void (*deflate_free)(const tel_alloc *alloc, void *state);
	/* Begins a gzip member or a zlib stream (with header and trailer) for bytes of input. */
	bool (*deflate_start)(const tel_alloc *alloc, void *state, tel__gzip_frame frame, int level, size_t bytes);
	/* TEL__GZIP_INPUT: took everything, give more. Done is answered only after last. */
	tel__gzip_status (*deflate)(void *state, tel__gzip_io *io, bool last);
} tel__gzip_engine_ops;

TEL_PRIVATE_BEGIN
extern const tel__gzip_engine_ops tel__gzip_zlib;
extern const tel__gzip_engine_ops tel__gzip_isal; /* only where ISA-L is built in */
uint32_t tel__gzip_adler32(const uint8_t *bytes, size_t len);
TEL_PRIVATE_END
#endif
