/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONTROL_INTERVAL_H
#define TEL_CONTROL_INTERVAL_H
/* Texts that an API server takes for "format: duration": Go's, and otherwise sums of numbers with a unit, such as
 * "1 day 12 hours". What stands between them is skipped there, and here, so that what is stored can be read. */
#include <stdbool.h>
#include <stdint.h>

#include <telemetry/slice.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

bool tel__interval_parse(tel_slice text, int64_t *ret_ns);

TEL_PRIVATE_END
#endif
