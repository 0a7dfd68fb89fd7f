/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONTROL_QUANTITY_H
#define TEL_CONTROL_QUANTITY_H
/* Amounts of bytes as Kubernetes writes them: "512Mi", "1500k", "1.5Gi", "2e9", "128974848". */
#include <telemetry/slice.h>

#include "base/visibility.h"

enum { TEL__QUANTITY_MAX = 24 };

TEL_PRIVATE_BEGIN

/* false: not a quantity, negative, or beyond 64 bits. Parts of a byte are rounded up, as the API server does. */
bool tel__quantity_parse(tel_slice text, uint64_t *ret_bytes);
/* Canonical text with the largest binary suffix that leaves a whole number; at most TEL__QUANTITY_MAX bytes with the NUL.
 * Returns the length. */
size_t tel__quantity_format(uint64_t bytes, char *out);

TEL_PRIVATE_END
#endif
