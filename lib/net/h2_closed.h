/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_H2_CLOSED_H
#define TEL_NET_H2_CLOSED_H
/* How the last streams of a connection ended, so that frames on them are judged as RFC 9113 section 5.1 says without
 * keeping the streams: 164 bytes instead of nghttp2's 27 KiB. */
#include <stdbool.h>
#include <stdint.h>

enum { TEL__H2_CLOSED_KEPT = 32 };

typedef enum tel__h2_end {
	TEL__H2_END_UNKNOWN, /* too long ago */
	TEL__H2_END_NEVER,   /* there was no such stream */
	TEL__H2_END_PEER,    /* the peer had said END_STREAM: whatever follows is an error of the connection */
	TEL__H2_END_RESET,   /* the peer reset it: an error of the stream */
	TEL__H2_END_OURS     /* we reset it: the peer may not know yet */
} tel__h2_end;

typedef struct tel__h2_closed {
	int32_t ids[TEL__H2_CLOSED_KEPT];
	uint8_t ends[TEL__H2_CLOSED_KEPT];
	uint32_t total; /* wraps to a value above TEL__H2_CLOSED_KEPT */
} tel__h2_closed;

static inline tel__h2_end tel__h2_closed_find(const tel__h2_closed *c, int32_t id)
{
	uint32_t n = c->total < TEL__H2_CLOSED_KEPT ? c->total : TEL__H2_CLOSED_KEPT;
	for (uint32_t i = 0; i < n; i++)
		if (c->ids[i] == id)
			return (tel__h2_end)c->ends[i];
	return c->total > TEL__H2_CLOSED_KEPT ? TEL__H2_END_UNKNOWN : TEL__H2_END_NEVER;
}

/* A stream that is noted already keeps how it ended first. */
static inline void tel__h2_closed_add(tel__h2_closed *c, int32_t id, tel__h2_end end)
{
	if (tel__h2_closed_find(c, id) > TEL__H2_END_NEVER)
		return;
	c->ids[c->total % TEL__H2_CLOSED_KEPT] = id;
	c->ends[c->total % TEL__H2_CLOSED_KEPT] = (uint8_t)end;
	c->total = c->total == UINT32_MAX ? UINT32_MAX - TEL__H2_CLOSED_KEPT + 1 : c->total + 1;
}

#endif
