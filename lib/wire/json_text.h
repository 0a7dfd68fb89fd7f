/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_WIRE_JSON_TEXT_H
#define TEL_WIRE_JSON_TEXT_H
/* Scalars as JSON text (RFC 8259), for writers that put the punctuation themselves. */
#include "base/dynbuf.h"

TEL_PRIVATE_BEGIN

/* A string with its quotes. Control characters are escaped; bytes that are not UTF-8 become U+FFFD, one for each. */
void tel__json_string(tel__dynbuf *out, tel_slice s);
/* Shortest round-trip number; NaN and infinities as the strings "NaN", "Infinity", "-Infinity" (ProtoJSON). */
void tel__json_double(tel__dynbuf *out, double v);

TEL_PRIVATE_END
#endif
