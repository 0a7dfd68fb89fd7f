/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_WIRE_SNAPPY_H
#define TEL_WIRE_SNAPPY_H
/*
 * snappy of whole bodies, by libsnappy, only where it is built in: one block (the format's own length in front), or a
 * stream of framed chunks with checksums. Both name their sizes, which are checked before memory is taken.
 * The library is loaded with the context, not with the process: its C++ runtime costs 1.3 MiB of memory, and few peers
 * speak snappy.
 */
#include <telemetry/alloc.h>
#include <telemetry/buf.h>
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

struct tel_budget;
typedef struct tel__snappy_ctx tel__snappy_ctx; /* any thread, one at a time */

/* TEL_ERR_UNSUPPORTED (libsnappy.so.1 cannot be loaded), TEL_ERR_NOMEM. */
tel_err tel__snappy_new(const tel_alloc *alloc, tel__snappy_ctx **ret_ctx, tel_error *err);
void tel__snappy_free(tel__snappy_ctx *ctx);

/* Unpacks one body; a stream is known by its first ten bytes, anything else is a block (otel-processing.md 9.1).
 * framed: only a stream will do. TEL_ERR_MALFORMED (damage, wrong checksum, cut short, bytes behind the end), TEL_ERR_LIMIT
 * (more than max_out bytes), TEL_ERR_BUDGET, TEL_ERR_NOMEM. A stream has no end mark: one that is cut between two
 * chunks is a shorter stream. */
tel_err tel__snappy_inflate(tel__snappy_ctx *ctx, bool framed, struct tel_budget *budget, tel_slice in,
                            size_t max_out, tel_buf **ret_buf, tel_error *err);
/* Packs the joined slices into a block or a stream. TEL_ERR_BUDGET, TEL_ERR_NOMEM, TEL_ERR_LIMIT (4 GiB and more). */
tel_err tel__snappy_deflate(tel__snappy_ctx *ctx, bool framed, struct tel_budget *budget, const tel_slice *in,
                            size_t count, tel_buf **ret_buf, tel_error *err);

TEL_PRIVATE_END
#endif
