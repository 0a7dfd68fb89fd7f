/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "base/error_i.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "net/address.h"

/* RFC 4007 section 11: a name of an interface, or its number. 0 = there is no such thing. */
static uint32_t zone_index(tel_slice zone)
{
	char name[IF_NAMESIZE];
	uint64_t number;
	if (zone.len == 0 || zone.len >= sizeof(name) || memchr(zone.ptr, 0, zone.len))
		return 0;
	if (tel__num_parse_u64(zone, &number) == TEL_OK)
		return number <= UINT32_MAX ? (uint32_t)number : 0;
	memcpy(name, zone.ptr, zone.len);
	name[zone.len] = 0;
	return if_nametoindex(name);
}

static bool literal(tel_slice host, uint16_t port, bool look_up, tel__address *ret_address)
{
	char text[INET6_ADDRSTRLEN];
	tel__address a = { .len = 0 };
	size_t percent = tel__slice_find(host, '%');
	bool zoned = percent < host.len;
	tel_slice zone = zoned ? tel__slice_sub(host, percent + 1, host.len - percent - 1) : (tel_slice){ NULL, 0 };
	if (percent == 0 || percent >= sizeof(text) || memchr(host.ptr, 0, percent))
		return false;
	memcpy(text, host.ptr, percent);
	text[percent] = 0;
	if (!zoned && inet_pton(AF_INET, text, &a.u.in4.sin_addr) == 1) {
		a.u.in4.sin_family = AF_INET;
		a.u.in4.sin_port = htons(port);
		a.len = sizeof(a.u.in4);
	} else if (inet_pton(AF_INET6, text, &a.u.in6.sin6_addr) == 1) {
		a.u.in6.sin6_family = AF_INET6;
		a.u.in6.sin6_port = htons(port);
		a.len = sizeof(a.u.in6);
		if (zoned && (zone.len == 0 || (look_up && (a.u.in6.sin6_scope_id = zone_index(zone)) == 0)))
			return false;
	} else {
		return false;
	}
	*ret_address = a;
	return true;
}

bool tel__address_literal(tel_slice host, uint16_t port, tel__address *ret_address)
{
	return literal(host, port, true, ret_address);
}

bool tel__address_is_v6_text(tel_slice host)
{
	tel__address a;
	return tel__slice_find(host, ':') < host.len && literal(host, 0, false, &a);
}

void tel__address_format(const struct sockaddr *sa, char out[TEL__ADDRESS_TEXT_MAX])
{
	char text[INET6_ADDRSTRLEN] = "";
	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in4 = (const struct sockaddr_in *)(const void *)sa;
		inet_ntop(AF_INET, &in4->sin_addr, text, sizeof(text));
		snprintf(out, TEL__ADDRESS_TEXT_MAX, "%s:%u", text, ntohs(in4->sin_port));
	} else if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)sa;
		bool mapped = IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr);
		inet_ntop(mapped ? AF_INET : AF_INET6, in6->sin6_addr.s6_addr + (mapped ? 12 : 0), text, sizeof(text));
		snprintf(out, TEL__ADDRESS_TEXT_MAX, mapped ? "%s:%u" : "[%s]:%u", text, ntohs(in6->sin6_port));
	} else {
		snprintf(out, TEL__ADDRESS_TEXT_MAX, "local");
	}
}

tel_err tel__address_split(tel_slice endpoint, tel_slice *ret_host, uint16_t *ret_port, tel_error *err)
{
	char shown[128];
	uint64_t port;
	size_t colon = endpoint.len;
	while (colon > 0 && endpoint.ptr[colon - 1] != ':')
		colon--;
	if (colon == 0)
		return tel__fail(err, TEL_ERR_ARG, "endpoint \"%s\" has no port",
		                 tel__slice_printable(endpoint, shown, sizeof(shown)));
	tel_slice host = tel__slice_sub(endpoint, 0, colon - 1);
	tel_slice digits = tel__slice_sub(endpoint, colon, endpoint.len - colon);
	if (tel__num_parse_u64(digits, &port) != TEL_OK || port > UINT16_MAX)
		return tel__fail(err, TEL_ERR_ARG, "endpoint \"%s\": the port must be a number from 0 to 65535",
		                 tel__slice_printable(endpoint, shown, sizeof(shown)));
	bool brackets = host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
	if (brackets)
		host = tel__slice_sub(host, 1, host.len - 2);
	else if (tel__slice_find(host, ':') < host.len && !tel__address_is_v6_text(host))
		return tel__fail(err, TEL_ERR_ARG, "endpoint \"%s\": \"host:port\" or \"[IPv6 address]:port\" is needed",
		                 tel__slice_printable(endpoint, shown, sizeof(shown)));
	if (brackets && !tel__address_is_v6_text(host))
		return tel__fail(err, TEL_ERR_ARG, "endpoint \"%s\": what stands in the brackets is no IPv6 address",
		                 tel__slice_printable(endpoint, shown, sizeof(shown)));
	*ret_host = host;
	*ret_port = (uint16_t)port;
	return TEL_OK;
}
