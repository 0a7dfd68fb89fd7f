/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_HTTP_SOCKETS_H
#define TEL_NET_HTTP_SOCKETS_H
/* The sockets that libcurl has open for a client, idle ones included, so that a forked child can take its hands off them:
 * libcurl ends TLS connections with a message when it is cleaned up, and in a child that would end the parent's. */
#include <curl/curl.h>

#include "net/ctx_i.h"

typedef struct tel__http_sockets {
	const tel_alloc *alloc;
	int *fds;
	size_t count, cap;
} tel__http_sockets;

/* For each handle, after every reset. */
void tel__http_sockets_use(tel__http_sockets *s, CURL *easy);
/* In a child: what is written to the sockets from here on goes nowhere. */
void tel__http_sockets_detach(tel__http_sockets *s);
void tel__http_sockets_fini(tel__http_sockets *s);

#endif
