/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_HEX64_H
#define TEL_BASE_HEX64_H
/* base64 (RFC 4648, standard and URL alphabet, padded or not on input) and hex. */
#include "base/dynbuf.h"

TEL_PRIVATE_BEGIN

void tel__base64_encode(tel_slice bytes, tel__dynbuf *out);       /* standard alphabet, padded */
tel_err tel__base64_decode(tel_slice text, tel__dynbuf *out);     /* TEL_ERR_MALFORMED leaves out as it was */
void tel__hex_encode(tel_slice bytes, tel__dynbuf *out);          /* lower case */
tel_err tel__hex_decode(tel_slice text, tel__dynbuf *out);        /* any case, even length */

TEL_PRIVATE_END
#endif
