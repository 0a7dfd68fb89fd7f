/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_WIRE_CODING_H
#define TEL_WIRE_CODING_H
/*
 * Content codings by name: one interface over gzip, zlib, zstd and snappy for whole bodies. A coder keeps the state that
 * a coding needs from the first body that uses it on; it has no memory of what the bodies held (security.md S3).
 * doc/internals/coding.md.
 */
#include <telemetry/alloc.h>
#include <telemetry/buf.h>
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

struct tel_budget;

typedef enum tel__coding {
	TEL__CODING_NONE,
	TEL__CODING_GZIP,
	TEL__CODING_ZLIB,
	TEL__CODING_DEFLATE,       /* the same as zlib, as in the Collector and in RFC 9110 */
	TEL__CODING_ZSTD,
	TEL__CODING_SNAPPY,        /* reads a block or a stream, writes a block */
	TEL__CODING_SNAPPY_FRAMED, /* "x-snappy-framed": a stream */
	TEL__CODING_LZ4,           /* known by name, not offered */
	TEL__CODING_COUNT
} tel__coding;

enum { TEL__CODING_LEVEL_AUTO = 0 };

/* By name; "", "none" and "identity" are NONE. False = never heard of. */
bool tel__coding_find(tel_slice name, tel__coding *ret_coding);
const char *tel__coding_name(tel__coding coding); /* as in Content-Encoding; "none" for NONE */
/* False for lz4, and for snappy in a build without libsnappy. */
bool tel__coding_is_offered(tel__coding coding);
/* TEL_OK, or TEL_ERR_ARG (lz4: in the Collector's words) or TEL_ERR_UNSUPPORTED (not in this build) with the reason. */
tel_err tel__coding_check(tel__coding coding, tel_error *err);

typedef struct tel__coder tel__coder; /* one per thread */

/* TEL_ERR_NOMEM. A few words: state is taken when a coding is first used. */
tel_err tel__coder_new(const tel_alloc *alloc, tel__coder **ret_coder);
void tel__coder_free(tel__coder *coder);
/* Takes what a coding needs now instead of with its first body: who was told of a coding in a configuration wants to
 * know at once. TEL_ERR_NOMEM, TEL_ERR_ARG and TEL_ERR_UNSUPPORTED as tel__coding_check; libsnappy cannot be loaded. */
tel_err tel__coder_prepare(tel__coder *coder, tel__coding coding, tel_error *err);

/*
 * Unpacks one body; NONE is not a coding. Output is reserved in budget (may be NULL) before it is written; sizes that
 * a body declares are checked against max_out and against what its length can hold before that.
 * TEL_ERR_MALFORMED (damage, wrong checksum, cut short, bytes behind the end; offset says where), TEL_ERR_LIMIT (more
 * than max_out bytes), TEL_ERR_BUDGET, TEL_ERR_NOMEM, TEL_ERR_ARG and TEL_ERR_UNSUPPORTED as tel__coding_check.
 */
tel_err tel__coder_inflate(tel__coder *coder, tel__coding coding, struct tel_budget *budget, tel_slice in,
                           size_t max_out, tel_buf **ret_buf, tel_error *err);
/* Packs the joined slices. level: zlib's for gzip and zlib, zstd's for zstd, without meaning for snappy; what is out of
 * range counts as LEVEL_AUTO (too high: as the highest). TEL_ERR_LIMIT (4 GiB and more), _BUDGET, _NOMEM, _ARG,
 * _UNSUPPORTED. */
tel_err tel__coder_deflate(tel__coder *coder, tel__coding coding, struct tel_budget *budget, const tel_slice *in,
                           size_t count, int level, tel_buf **ret_buf, tel_error *err);

TEL_PRIVATE_END
#endif
