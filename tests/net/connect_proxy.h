/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_NET_CONNECT_PROXY_H
#define TESTS_NET_CONNECT_PROXY_H
/* An HTTP proxy on loopback, in the test's context: CONNECT, and requests in absolute form. Every name leads to the same
 * port of this machine. */
#include "net/stream.h"

enum { PROXY_LINKS = 64 };

typedef struct proxy_link {
	struct connect_proxy *proxy;
	tel__stream *client, *origin;
	tel__dial *dial;
	char head[64 * 1024]; /* of the request, then what the client sent behind it */
	size_t head_len;
} proxy_link;

typedef struct connect_proxy {
	tel_ctx *ctx;
	tel__listener *listener;
	unsigned port;        /* where it listens */
	unsigned to_port;     /* where everything goes */
	const char *refuse;   /* status line and head instead of a tunnel; "" = close; NULL = tunnel */
	bool hang;            /* reads, and says nothing */
	const char *password; /* base64 of user:password that it wants; NULL = none */
	char seen[2048];      /* head of the last request */
	unsigned requests, tunnels;
	proxy_link *links[PROXY_LINKS];
	size_t link_count;
} connect_proxy;

void connect_proxy_open(connect_proxy *p, tel_ctx *ctx, unsigned to_port);
void connect_proxy_close(connect_proxy *p);
#endif
