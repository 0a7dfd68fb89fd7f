/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ip.h"

#include <arpa/inet.h>

#include "base/slice_i.h"

/* AF_INET or AF_INET6 with the bytes of the address; 0: neither. */
static int parse(tel_slice text, unsigned char ret_bytes[16])
{
	char host[TEL__IP_TEXT_MAX];

	if (!text.len || text.len >= sizeof(host) || memchr(text.ptr, '\0', text.len))
		return 0;
	memcpy(host, text.ptr, text.len);
	host[text.len] = '\0';
	if (inet_pton(AF_INET, host, ret_bytes) == 1)
		return AF_INET;
	return inet_pton(AF_INET6, host, ret_bytes) == 1 ? AF_INET6 : 0;
}

bool tel__ip_is(tel_slice text)
{
	unsigned char bytes[16];

	return parse(text, bytes) != 0;
}

/* Without port, brackets and zone. */
static tel_slice host_of(tel_slice peer)
{
	size_t colon = tel__slice_find(peer, ':');

	if (peer.len && peer.ptr[0] == '[') {
		peer = tel__slice_sub(peer, 1, peer.len - 1);
		peer.len = tel__slice_find(peer, ']');
	} else if (colon < peer.len && tel__slice_find(tel__slice_sub(peer, colon + 1, peer.len - colon - 1), ':') ==
	                               peer.len - colon - 1) {
		peer.len = colon; /* one colon only: a port */
	}
	peer.len = tel__slice_find(peer, '%');
	return peer;
}

size_t tel__ip_of_peer(tel_slice peer, char out[TEL__IP_TEXT_MAX])
{
	static const unsigned char mapped[12] = { [10] = 0xff, [11] = 0xff };
	unsigned char bytes[16];
	char text[TEL__IP_TEXT_MAX];
	int family = parse(host_of(peer), bytes);
	bool is_mapped = family == AF_INET6 && memcmp(bytes, mapped, sizeof(mapped)) == 0;

	if (!family || !inet_ntop(is_mapped ? AF_INET : family, is_mapped ? bytes + 12 : bytes, text, sizeof(text)))
		return 0;
	memcpy(out, text, strlen(text));
	return strlen(text);
}
