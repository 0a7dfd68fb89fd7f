/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_MODEL_NORMALISE_H
#define TEL_MODEL_NORMALISE_H
/*
 * Proto3's merge rule, applied to bytes: a singular message that occurs twice becomes one, of a oneof that is set
 * twice the last member stays. Rare; everything else relies on it having been done.
 * https://protobuf.dev/programming-guides/encoding/#last-one-wins
 */
#include "base/arena.h"
#include "model/shape.h"

/* *ret_bytes lies in arena. Order of the other fields and unknown fields are kept. bytes has been checked.
 * TEL_OK; TEL_ERR_NOMEM; TEL_ERR_LIMIT when messages that need joining are nested so that
 * copies of copies would be made. */
tel_err tel__normalise(const tel_alloc *alloc, tel__arena *arena, tel__shape_id shape, tel_slice bytes,
                       tel_slice *ret_bytes);

#endif
