/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_RESOLVER_H
#define TEL_NET_RESOLVER_H
/* Names to addresses by c-ares, inside the context's loop. The host file and literals need no network. */
#include "net/address.h"
#include "net/ctx_i.h"

TEL_PRIVATE_BEGIN

typedef struct tel__resolve tel__resolve;

enum { TEL__RESOLVE_MAX = 16 }; /* addresses of a name that are used */

/* done runs once, from the loop, and not after tel__resolve_cancel(); the query is gone when it runs. Addresses are
 * ordered for Happy Eyeballs: families alternate. err: TEL_ERR_DNS, TEL_ERR_NOMEM. */
tel_err tel__resolve_start(tel_ctx *ctx, tel_slice host, uint16_t port,
                           void (*done)(void *user, const tel__address *addresses, size_t count, const tel_error *err),
                           void *user, tel__resolve **ret_query, tel_error *err);
void tel__resolve_cancel(tel__resolve *q);

TEL_PRIVATE_END
#endif
