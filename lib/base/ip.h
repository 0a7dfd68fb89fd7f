/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_IP_H
#define TEL_BASE_IP_H
/* IP addresses as text, for code without sockets. */
#include <telemetry/slice.h>

#include "base/visibility.h"

enum { TEL__IP_TEXT_MAX = 46 };

TEL_PRIVATE_BEGIN

/* The text is an IPv4 or IPv6 address and nothing else. */
bool tel__ip_is(tel_slice text);
/* The address of "ADDRESS", "ADDRESS:PORT", "[ADDRESS]:PORT" in its usual form, without a zone; an IPv4 address mapped into
 * IPv6 is written as IPv4. Returns its length; 0: there is none. Not NUL-terminated. */
size_t tel__ip_of_peer(tel_slice peer, char out[TEL__IP_TEXT_MAX]);

TEL_PRIVATE_END
#endif
