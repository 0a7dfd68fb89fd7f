/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_WIRE_FORM_H
#define TEL_WIRE_FORM_H
/* application/x-www-form-urlencoded. */
#include "base/dynbuf.h"

TEL_PRIVATE_BEGIN

/* One name or value: letters, digits and -._~ stay, a blank is '+', all else %XX. */
void tel__form_encode(tel_slice text, tel__dynbuf *out);
/* name=value, with '&' in front when out holds something already. */
void tel__form_add(tel_slice name, tel_slice value, tel__dynbuf *out);
/* The other way; TEL_ERR_MALFORMED for a '%' without two hex digits (out may hold a part), or the error of out. */
tel_err tel__form_decode(tel_slice text, tel__dynbuf *out);

TEL_PRIVATE_END
#endif
