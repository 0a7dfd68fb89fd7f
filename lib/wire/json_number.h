/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_WIRE_JSON_NUMBER_H
#define TEL_WIRE_JSON_NUMBER_H
/*
 * Integers out of JSON numbers, exact over 64 bits. A number is an integer by its value, not by its spelling: 1e3, 1.0
 * and 10.50e1 are (ProtoJSON). The text may come from a string, so leading zeros and a leading + are taken, too.
 */
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

/* TEL_OK; TEL_ERR_MALFORMED (no number, or it has a fraction); TEL_ERR_RANGE. -0 is not negative. */
tel_err tel__json_integer(tel_slice text, bool *ret_negative, uint64_t *ret_magnitude);
tel_err tel__json_i64(tel_slice text, int64_t *ret_value);
tel_err tel__json_u64(tel_slice text, uint64_t *ret_value);

TEL_PRIVATE_END
#endif
