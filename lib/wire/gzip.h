/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_WIRE_GZIP_H
#define TEL_WIRE_GZIP_H
/*
 * gzip (RFC 1952) and zlib (RFC 1950) of whole bodies, by ISA-L where it is built in, else by zlib. A context keeps the 100-400 KiB of
 * state that a stream needs, so that a body costs no allocation but its own output. One context per thread; it has no
 * memory of earlier bodies.
 */
#include <telemetry/alloc.h>
#include <telemetry/buf.h>
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

struct tel_budget;
typedef struct tel__gzip_ctx tel__gzip_ctx;

typedef enum tel__gzip_engine {
	TEL__GZIP_BEST, /* ISA-L where it is built in */
	TEL__GZIP_ISAL,
	TEL__GZIP_ZLIB
} tel__gzip_engine;

typedef enum tel__gzip_frame {
	TEL__GZIP_FRAME_GZIP,
	TEL__GZIP_FRAME_ZLIB /* what HTTP calls deflate, too */
} tel__gzip_frame;

enum { TEL__GZIP_LEVEL_AUTO = 0 };

/* TEL_ERR_NOMEM. State is taken when it is first needed. */
tel_err tel__gzip_new(const tel_alloc *alloc, tel__gzip_ctx **ret_ctx);
/* As tel__gzip_new with one engine, for tests; TEL_ERR_UNSUPPORTED when it is not built in. */
tel_err tel__gzip_new_engine(const tel_alloc *alloc, tel__gzip_engine engine, tel__gzip_ctx **ret_ctx);
void tel__gzip_free(tel__gzip_ctx *ctx);
/* Refuses bodies that unpack to more than ratio times their size, looked at after the first MiB of output
 * (security.md S1). 0, the default, is no such limit: max_out alone bounds the output. */
void tel__gzip_set_ratio(tel__gzip_ctx *ctx, uint32_t ratio);

/*
 * Unpacks one body: one member or several in a row, whose contents are joined. Output is reserved in budget (may be
 * NULL) before it is written, starting from the size that the trailer names when that is believable.
 * TEL_ERR_MALFORMED (bad header, damage, wrong checksum, cut short, bytes behind the last member; offset says where),
 * TEL_ERR_LIMIT (more than max_out bytes, or the ratio), TEL_ERR_BUDGET, TEL_ERR_NOMEM. Texts are the Collector's.
 */
tel_err tel__gzip_inflate(tel__gzip_ctx *ctx, struct tel_budget *budget, tel_slice in, size_t max_out,
                          tel_buf **ret_buf, tel_error *err);
/* As tel__gzip_inflate in either frame. A zlib body is one stream: nothing may stand behind it. */
tel_err tel__gzip_inflate_frame(tel__gzip_ctx *ctx, tel__gzip_frame frame, struct tel_budget *budget, tel_slice in,
                                size_t max_out, tel_buf **ret_buf, tel_error *err);

/*
 * Packs the joined slices into one member. level 1-9 as in zlib, or TEL__GZIP_LEVEL_AUTO: the fastest that suits the
 * size. TEL_ERR_BUDGET, TEL_ERR_NOMEM, TEL_ERR_LIMIT (4 GiB and more).
 */
tel_err tel__gzip_deflate(tel__gzip_ctx *ctx, struct tel_budget *budget, const tel_slice *in, size_t count, int level,
                          tel_buf **ret_buf, tel_error *err);
tel_err tel__gzip_deflate_frame(tel__gzip_ctx *ctx, tel__gzip_frame frame, struct tel_budget *budget,
                                const tel_slice *in, size_t count, int level, tel_buf **ret_buf, tel_error *err);

TEL_PRIVATE_END
#endif
