/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_PROXY_H
#define TEL_NET_PROXY_H
/*
 * Which proxy a connection takes: URLs of proxies and the list of names that go without one, as Go's
 * ProxyFromEnvironment reads HTTP_PROXY, HTTPS_PROXY and NO_PROXY. Nothing is read from the environment here.
 */
#include <telemetry/ctx.h>

#include "base/slice_i.h"
#include "net/address.h"

TEL_PRIVATE_BEGIN

typedef enum tel__proxy_kind {
	TEL__PROXY_HTTP,  /* CONNECT; requests of http:// in absolute form */
	TEL__PROXY_SOCKS5 /* names are resolved by the proxy */
} tel__proxy_kind;

typedef struct tel__proxy {
	tel__proxy_kind kind;
	tel_slice host;            /* name or address, without brackets */
	uint16_t port;
	tel_slice user, password;  /* decoded; user NULL = no credentials. All are followed by a NUL */
	const char *url;           /* scheme, host and port, for curl */
	/* The texts above, one allocation. */
	char *text;
	size_t text_size;
} tel__proxy;

typedef struct tel__proxies tel__proxies;

/* "http://user:password@proxy:3128", "socks5://proxy", "proxy:3128". An empty text is no proxy: user and host are empty.
 * TEL_ERR_ARG, TEL_ERR_UNSUPPORTED (scheme), TEL_ERR_NOMEM. No text of err shows the password. */
tel_err tel__proxy_init(tel__proxy *p, const tel_alloc *alloc, tel_slice url, tel_error *err);
void tel__proxy_fini(tel__proxy *p, const tel_alloc *alloc);

/* NULL in *ret: there is no proxy at all. Errors as above, with the name of the variable. */
tel_err tel__proxies_new(const tel_alloc *alloc, const tel_proxies *texts, tel__proxies **ret, tel_error *err);
void tel__proxies_free(tel__proxies *p); /* NULL is fine */
/* NULL: the connection goes directly. p may be NULL. host without brackets. */
const tel__proxy *tel__proxies_for(const tel__proxies *p, bool https, tel_slice host, uint16_t port);
/* The same for a URL of http or https; what is no such URL goes directly. */
const tel__proxy *tel__proxies_for_url(const tel__proxies *p, tel_slice url);

TEL_PRIVATE_END
#endif
