/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_WIRE_FORM_H
#define TEL_WIRE_FORM_H
/* application/x-www-form-urlencoded, and URLs as they may be shown. */
#include "base/dynbuf.h"

TEL_PRIVATE_BEGIN

/* One name or value: letters, digits and -._~ stay, a blank is '+', all else %XX. */
void tel__form_encode(tel_slice text, tel__dynbuf *out);
/* name=value, with '&' in front when out holds something already. */
void tel__form_add(tel_slice name, tel_slice value, tel__dynbuf *out);
/* The other way; TEL_ERR_MALFORMED for a '%' without two hex digits (out may hold a part), or the error of out. */
tel_err tel__form_decode(tel_slice text, tel__dynbuf *out);

/* Copies url for a message, control characters escaped, user information and query (which may hold secrets) left out.
 * Returns out, which has room for cap bytes. */
const char *tel__url_shown(tel_slice url, char *out, size_t cap);

TEL_PRIVATE_END
#endif
