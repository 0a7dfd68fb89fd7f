/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_WIRE_ZSTD_FRAME_H
#define TEL_WIRE_ZSTD_FRAME_H
/* The outside of zstd frames (RFC 8878 section 3.1): enough to know where a frame ends and what it can unpack to. */
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/visibility.h"

typedef struct tel__zstd_frame {
	size_t len;      /* bytes of the body that it takes */
	uint64_t bound;  /* it cannot unpack to more */
	uint64_t size;   /* what it says, UINT64_MAX when it does not say */
	bool skippable;  /* no content */
} tel__zstd_frame;

/* The frame that begins at in[at], which must be there whole. TEL_ERR_MALFORMED. Reads headers only. */
tel_err tel__zstd_frame_read(tel_slice in, size_t at, tel__zstd_frame *ret_frame, tel_error *err);

#endif
