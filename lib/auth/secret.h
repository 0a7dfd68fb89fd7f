/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_AUTH_SECRET_H
#define TEL_AUTH_SECRET_H
/*
 * Bytes that must not stay in memory, and comparing them. What a server knows is compared as a keyed digest over its full
 * length: time tells neither where nor how much it differs (security.md S14, S15).
 */
#include <telemetry/slice.h>

#include "net/ctx_i.h"

TEL_PRIVATE_BEGIN

typedef struct tel__secret {
	char *bytes;
	size_t len, size;
} tel__secret;

/* The parts one behind the other; what was there is zeroed. On failure nothing changes. Parts may not overlap the secret. */
tel_err tel__secret_set(const tel_alloc *alloc, tel__secret *s, const tel_slice *parts, size_t count);
void tel__secret_fini(const tel_alloc *alloc, tel__secret *s); /* zeroes; an empty one is fine */

TEL_INLINE tel_slice tel__secret_get(const tel__secret *s)
{
	return (tel_slice){ s->bytes, s->len };
}

typedef struct tel__digest {
	unsigned char bytes[32];
} tel__digest;

typedef struct tel__digest_key {
	unsigned char bytes[32];
} tel__digest_key;

void tel__digest_key_init(tel_ctx *ctx, tel__digest_key *key);
/* HMAC-SHA256 over the lengths and bytes of the parts. false: OpenSSL has no memory. */
bool tel__digest_of(const tel__digest_key *key, const tel_slice *parts, size_t count, tel__digest *ret_digest);
bool tel__digest_same(const tel__digest *a, const tel__digest *b); /* in constant time */

TEL_PRIVATE_END
#endif
