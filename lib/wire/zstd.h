/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_WIRE_ZSTD_H
#define TEL_WIRE_ZSTD_H
/*
 * zstd (RFC 8878) of whole bodies, by libzstd. A body is walked block by block before memory is taken for it, so that
 * its output has a bound that the body has paid for, whatever its frame headers claim; no window is ever allocated.
 */
#include <telemetry/alloc.h>
#include <telemetry/buf.h>
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

struct tel_budget;
typedef struct tel__zstd_ctx tel__zstd_ctx; /* one per thread; no memory of earlier bodies */

enum {
	TEL__ZSTD_LEVEL_AUTO = 0,
	TEL__ZSTD_LEVEL_MOST = 11,   /* about the strongest that the Collector's encoder has */
	TEL__ZSTD_WINDOW_MOST = 1 << 27 /* larger windows are refused, as the zstd tool does */
};

/* TEL_ERR_NOMEM. State is taken when it is first needed. */
tel_err tel__zstd_new(const tel_alloc *alloc, tel__zstd_ctx **ret_ctx);
void tel__zstd_free(tel__zstd_ctx *ctx);

/*
 * Unpacks one body: frames in a row, whose contents are joined; skippable frames are skipped.
 * TEL_ERR_MALFORMED (damage, wrong checksum, cut short, dictionary, too large a window, bytes behind the last frame),
 * TEL_ERR_LIMIT (more than max_out bytes), TEL_ERR_BUDGET, TEL_ERR_NOMEM.
 */
tel_err tel__zstd_inflate(tel__zstd_ctx *ctx, struct tel_budget *budget, tel_slice in, size_t max_out,
                          tel_buf **ret_buf, tel_error *err);

/* Packs the joined slices into one frame with size and checksum. level is zstd's, cut to 1-11, or AUTO: the fastest.
 * TEL_ERR_BUDGET, TEL_ERR_NOMEM, TEL_ERR_LIMIT (4 GiB and more). */
tel_err tel__zstd_deflate(tel__zstd_ctx *ctx, struct tel_budget *budget, const tel_slice *in, size_t count, int level,
                          tel_buf **ret_buf, tel_error *err);

TEL_PRIVATE_END
#endif
