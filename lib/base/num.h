/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_NUM_H
#define TEL_BASE_NUM_H
/* Numbers <-> text, exact and the same in every locale. Never strtod, atoi or printf %g elsewhere. */
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

enum { TEL__NUM_DOUBLE_MAX = 32, TEL__NUM_INT_MAX = 24 };

/* The whole slice must be the number. TEL_OK, TEL_ERR_MALFORMED, TEL_ERR_RANGE. */
tel_err tel__num_parse_u64(tel_slice s, uint64_t *ret_value);                /* digits only */
tel_err tel__num_parse_i64(tel_slice s, int64_t *ret_value);                 /* optional sign */
tel_err tel__num_parse_double(tel_slice s, double *ret_value);               /* JSON's grammar plus leading + */
/* Shortest decimal that reads back to the same bits; NaN, +Inf and -Inf by those names. Returns the length, at most
 * TEL__NUM_DOUBLE_MAX; exponent form as Go's strconv 'g' with exponent thresholds -4 and 21. */
size_t tel__num_format_double(double v, char *out);
size_t tel__num_format_u64(uint64_t v, char *out);
size_t tel__num_format_i64(int64_t v, char *out);

TEL_PRIVATE_END
#endif
