/* SPDX-License-Identifier: Apache-2.0 */
#include "base/url.h"

#include <string.h>

#include "base/slice_i.h"

tel_slice tel__url_redacted(tel_slice url, char *out, size_t cap)
{
	static const char mask[] = ":xxxxx";
	size_t scheme = 0, at, colon, head;
	tel_slice rest, tail;

	for (size_t i = 0; i + 3 <= url.len && !scheme; i++)
		if (memcmp(url.ptr + i, "://", 3) == 0)
			scheme = i + 3;
	if (url.len == 0)
		return url;
	for (size_t i = scheme; i < url.len; i++)
		if (url.ptr[i] == '?')
			url.len = i;
	rest = tel__slice_sub(url, scheme, url.len - scheme);
	at = tel__slice_find(rest, '/');
	while (at && rest.ptr[at - 1] != '@')
		at--;
	colon = at ? tel__slice_find(tel__slice_sub(rest, 0, at - 1), ':') : 0;
	if (at < 2 || colon + 2 >= at) /* no '@', no colon in front of it, or nothing between the two */
		return url;
	tail = tel__slice_sub(rest, at - 1, rest.len - (at - 1)); /* from the '@' */
	head = scheme + colon;
	if (head + sizeof(mask) - 1 + tail.len > cap)
		return TEL_SLICE_LIT("...");
	memcpy(out, url.ptr, head);
	memcpy(out + head, mask, sizeof(mask) - 1);
	memcpy(out + head + sizeof(mask) - 1, tail.ptr, tail.len);
	return (tel_slice){ out, head + sizeof(mask) - 1 + tail.len };
}
