/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_WIRE_PACKED_H
#define TEL_WIRE_PACKED_H
/* Output buffers of the compressors and decompressors: reserved in the budget before they are written. */
#include <telemetry/buf.h>
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/visibility.h"

struct tel_budget;

TEL_PRIVATE_BEGIN

/* What OTLP packs to at first guess: a tenth and less, and room for the frame of a small body. */
size_t tel__packed_guess(size_t bytes);
/* TEL_ERR_BUDGET, TEL_ERR_NOMEM. */
tel_err tel__packed_new(const tel_alloc *alloc, struct tel_budget *budget, size_t cap, tel_buf **ret_buf, tel_error *err);
/* Makes room for cap bytes; what was written stays. TEL_ERR_BUDGET, TEL_ERR_NOMEM. */
tel_err tel__packed_grow(tel_buf **buf, size_t cap, tel_error *err);
/* The buffer holds len bytes: gives back what it has too much, when that is worth a call. */
void tel__packed_finish(tel_buf **buf, size_t len);
/* Sum of the lengths; TEL_ERR_LIMIT at 4 GiB. */
tel_err tel__packed_sum(const tel_slice *in, size_t count, const char *coding, size_t *ret_bytes, tel_error *err);

TEL_PRIVATE_END
#endif
