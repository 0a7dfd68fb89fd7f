/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CODEC_OTLP_JSON_READ_H
#define TEL_CODEC_OTLP_JSON_READ_H
/*
 * OTLP/JSON written as OTLP bytes (design.md 2: there is one representation). One pass over the tokens, a fixed stack of
 * frames instead of recursion. What is liberal, and what is not: doc/internals/json.md.
 */
#include <telemetry/buf.h>
#include <telemetry/error.h>

#include "base/visibility.h"

struct tel_budget;

typedef struct tel__json_read_opts {
	unsigned max_depth;         /* levels of AnyValue, 1 to TEL_LIMIT_VALUE_DEPTH */
	size_t max_bytes;           /* of the result */
	const tel_alloc *alloc;
	struct tel_budget *budget; /* charged for the result before it is written; may be NULL */
	bool strict;                /* refuse what the specification forbids and the Collector takes */
} tel__json_read_opts;

TEL_PRIVATE_BEGIN

/* TEL_OK; TEL_ERR_MALFORMED, TEL_ERR_LIMIT (depth, max_bytes): err tells line, column and offset; TEL_ERR_BUDGET;
 * TEL_ERR_NOMEM. */
tel_err tel__otlp_json_read(tel_slice text, const tel__json_read_opts *opts, tel_buf **ret_buf, tel_error *err);

TEL_PRIVATE_END
#endif
