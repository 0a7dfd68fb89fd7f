/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_MODEL_VALUE_TEXT_H
#define TEL_MODEL_VALUE_TEXT_H
/*
 * An attribute value as the Collector's text form of it (pcommon.Value.AsString): strings as they are, numbers and booleans
 * as JSON has them, bytes as base64, lists and maps as JSON with sorted keys; nothing is the empty text.
 */
#include <telemetry/value.h>

#include "base/dynbuf.h"
#include "base/visibility.h"

TEL_PRIVATE_BEGIN

/* Failures stick to out. Values of a batch only, not those for the builder. */
void tel__value_put_text(tel__dynbuf *out, const tel_value *v);

TEL_PRIVATE_END
#endif
