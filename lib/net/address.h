/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_ADDRESS_H
#define TEL_NET_ADDRESS_H
/* Socket addresses <-> text. Literals only: names go through net/resolver.h. */
#include <netinet/in.h>
#include <sys/socket.h>

#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

enum { TEL__ADDRESS_TEXT_MAX = 64 };

typedef struct tel__address {
	union {
		struct sockaddr sa;
		struct sockaddr_in in4;
		struct sockaddr_in6 in6;
	} u;
	socklen_t len;
} tel__address;

/* false: host is not an IPv4 or IPv6 literal (without brackets), or its zone ("fe80::1%eth0") is no interface here. */
bool tel__address_literal(tel_slice host, uint16_t port, tel__address *ret_address);
/* "10.0.0.1:4711", "[::1]:4711"; an IPv4 address mapped into IPv6 is printed as IPv4. */
void tel__address_format(const struct sockaddr *sa, char out[TEL__ADDRESS_TEXT_MAX]);
/* Does the text have the form of an IPv6 address (with or without a zone)? */
bool tel__address_is_v6_text(tel_slice host);
/* Cuts "host:port", "[IPv6]:port" or "IPv6:port" (the last colon goes before the port: "fd00::1:4317"); the host may be
 * empty. TEL_ERR_ARG. */
tel_err tel__address_split(tel_slice endpoint, tel_slice *ret_host, uint16_t *ret_port, tel_error *err);

TEL_PRIVATE_END
#endif
