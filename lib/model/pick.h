/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_MODEL_PICK_H
#define TEL_MODEL_PICK_H
/* Picking fields out of a message: as a slice of it when they stand together, else as a copy in the arena. */
#include "base/arena.h"
#include "model/shape.h"

TEL_PRIVATE_BEGIN

/* Fields with their tags. TEL_OK or TEL_ERR_NOMEM. */
tel_err tel__pick_unknown(tel__arena *arena, const tel__shape *shape, tel_slice message, tel_slice *ret_fields);
/* The unknown ones, and those with one known number; 0 = none. */
tel_err tel__pick_other(tel__arena *arena, tel__shape_id shape, tel_slice message, uint32_t number,
                          tel_slice *ret_fields);
/* Those with one number and length-delimited. */
tel_err tel__pick_numbered(tel__arena *arena, tel_slice message, uint32_t number, tel_slice *ret_fields);
/* All but those with one tag. */
tel_err tel__pick_without(tel__arena *arena, tel_slice message, uint32_t tag, tel_slice *ret_fields);
/* The numbers of a repeated fixed64 or double, packed or not, without tags: 8 bytes each. */
tel_err tel__pick_fixed64s(tel__arena *arena, tel_slice message, uint32_t number, tel_slice *ret_numbers);
/* Two runs as one. */
tel_err tel__pick_join(tel__arena *arena, tel_slice a, tel_slice b, tel_slice *ret_joined);

TEL_PRIVATE_END
#endif
