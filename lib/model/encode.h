/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_MODEL_ENCODE_H
#define TEL_MODEL_ENCODE_H
/* From a batch to bytes: as one run, or as slices of what the batch holds, so that nothing untouched is copied. */
#include <telemetry/buf.h>
#include <telemetry/metrics.h>

#include "base/arena.h"
#include "base/visibility.h"

/* An encoded batch that stands on its own: it holds references, and outlives the batch. Fits tel__queue_record. */
typedef struct tel__encoded {
	tel_slice *slices;   /* in order; neighbours in memory are one slice */
	size_t slice_count;
	tel_buf **bufs;      /* what the slices point into: the inputs, and one buffer per arena that it keeps alive */
	size_t buf_count;
	size_t bytes;        /* sum of the slices */
	size_t pinned_bytes; /* memory behind bufs */
	uint64_t points;
	tel__arena *arena;   /* of the arrays above; one of bufs holds it too when slices point into it */
} tel__encoded;

TEL_PRIVATE_BEGIN

/* Nothing is open and nothing dropped waits to be removed. */
bool tel__metrics_is_closed(const tel_metrics *m);

/* m is closed. TEL_OK; TEL_ERR_NOMEM. */
tel_err tel__metrics_slices(const tel_metrics *m, tel__encoded *ret_encoded);
/* A queue that keeps slices takes its own references first. */
void tel__encoded_fini(tel__encoded *encoded);

/* The whole batch as one new buffer, or a reference to its only input when that is the encoding.
 * TEL_OK; TEL_ERR_NOMEM; TEL_ERR_LIMIT (more than 2 GiB). */
tel_err tel__metrics_bytes(const tel_metrics *m, tel_buf **ret_buf);

TEL_PRIVATE_END
#endif
