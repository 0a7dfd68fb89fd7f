/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_MODEL_VALUE_H
#define TEL_MODEL_VALUE_H
/* Attribute values <-> OTLP bytes (opentelemetry-proto, common.proto). */
#include <telemetry/value.h>

#include "base/dynbuf.h"
#include "base/visibility.h"

/* Fields of common.proto. */
enum { TEL__KV_KEY = 1, TEL__KV_VALUE = 2, TEL__LIST_VALUES = 1 };

TEL_PRIVATE_BEGIN

/* Appends a KeyValue as the given field. On failure out is as it was, unless out itself failed (its sticky error).
 * TEL_OK; TEL_ERR_ARG (not UTF-8, unknown type, damaged list); TEL_ERR_LIMIT (depth); out's error. */
tel_err tel__value_add_pair(tel__dynbuf *out, uint32_t field, tel_slice key, const tel_value *value);

TEL_PRIVATE_END
#endif
