/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_CONNECT_H
#define TEL_NET_CONNECT_H
/* The whole way to a peer: dial it or its proxy, ask the proxy, shake hands. */
#include "net/proxy.h"
#include "net/tls.h"

TEL_PRIVATE_BEGIN

typedef struct tel__connect tel__connect;

typedef struct tel__connect_opts {
	tel_slice host;            /* without brackets */
	uint16_t port;
	const tel__proxy *proxy;   /* NULL = directly; TEL__PROXY_HTTP only */
	tel_slice user_agent;      /* what the proxy is told */
	tel__tls_ctx *tls;         /* NULL = plaintext */
	unsigned alpn;             /* TEL__TLS_*, with tls */
	uint64_t deadline_mono_ns; /* of dial and proxy; the handshake has its own 10 s */
} tel__connect_opts;

/* opts and what they point to must live until done or cancel. done runs once, from the loop: with an open stream and the
 * protocol agreed on, or with an error as tel__dial_start, tel__tunnel_start and tel__tls_start have them.
 * TEL_ERR_NOMEM and what tel__dial_start answers. */
tel_err tel__connect_start(tel_ctx *ctx, const tel__connect_opts *opts, tel__tls_done *done, void *user,
                           tel__connect **ret_connect, tel_error *err);
void tel__connect_cancel(tel__connect *c); /* NULL is fine */

TEL_PRIVATE_END
#endif
