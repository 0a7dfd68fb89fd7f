/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_TUNNEL_H
#define TEL_NET_TUNNEL_H
/* HTTP CONNECT (RFC 9110 section 9.3.6): a stream to a proxy becomes one to whom the proxy connects to. */
#include "net/proxy.h"
#include "net/stream.h"

TEL_PRIVATE_BEGIN

typedef struct tel__tunnel tel__tunnel;

typedef struct tel__tunnel_opts {
	const tel__proxy *proxy;    /* its credentials */
	tel_slice host;             /* whom to reach, without brackets; a name is resolved by the proxy */
	uint16_t port;
	tel_slice user_agent;       /* may be empty */
	uint64_t deadline_mono_ns;
} tel__tunnel_opts;

/* s is taken over, also on failure; opts are read during the call. done runs once, from the loop, with the stream behind
 * the proxy's answer, or with an error: TEL_ERR_TRANSPORT (refused, with the proxy's status), _CLOSED, _TIMEOUT. After
 * tel__tunnel_cancel it does not run. TEL_ERR_ARG (host), TEL_ERR_NOMEM. */
tel_err tel__tunnel_start(tel_ctx *ctx, tel__stream *s, const tel__tunnel_opts *opts,
                          void (*done)(void *user, tel__stream *s, const tel_error *err), void *user,
                          tel__tunnel **ret_tunnel, tel_error *err);
void tel__tunnel_cancel(tel__tunnel *t); /* NULL is fine; closes the stream */

TEL_PRIVATE_END
#endif
