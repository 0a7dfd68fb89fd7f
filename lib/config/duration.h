/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONFIG_DURATION_H
#define TEL_CONFIG_DURATION_H
/* Durations as Go writes them: "1h15m30.918s", "-2ms", "0". */
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/visibility.h"

enum { TEL__DURATION_MAX = 32 };

TEL_PRIVATE_BEGIN

/* time.ParseDuration: TEL_ERR_MALFORMED, TEL_ERR_RANGE; *ret_msg (may be NULL) says why as Go does, without the value. */
tel_err tel__duration_parse(tel_slice text, int64_t *ret_ns, const char **ret_msg);
/* time.Duration.String(); at most TEL__DURATION_MAX bytes. Returns the length. */
size_t tel__duration_format(int64_t ns, char *out);

TEL_PRIVATE_END
#endif
