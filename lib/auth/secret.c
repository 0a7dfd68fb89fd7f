/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/secret.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/error_i.h"
#include "base/mem.h"

tel_err tel__secret_set(const tel_alloc *alloc, tel__secret *s, const tel_slice *parts, size_t count)
{
	tel__secret fresh = { NULL, 0, 1 };

	for (size_t i = 0; i < count; i++)
		if (!tel__size_add(fresh.size, parts[i].len, &fresh.size))
			return TEL_ERR_NOMEM;
	fresh.bytes = tel__mem_new(alloc, fresh.size, 1);
	if (!fresh.bytes)
		return TEL_ERR_NOMEM;
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len)
			memcpy(fresh.bytes + fresh.len, parts[i].ptr, parts[i].len);
		fresh.len += parts[i].len;
	}
	tel__secret_fini(alloc, s);
	*s = fresh;
	return TEL_OK;
}

void tel__secret_fini(const tel_alloc *alloc, tel__secret *s)
{
	if (!s->bytes)
		return;
	OPENSSL_cleanse(s->bytes, s->size);
	tel__mem_free(alloc, s->bytes, s->size, 1);
	*s = (tel__secret){ NULL, 0, 0 };
}

void tel__digest_key_init(tel_ctx *ctx, tel__digest_key *key)
{
	for (size_t i = 0; i < sizeof(key->bytes); i += sizeof(uint64_t)) {
		uint64_t random = tel__ctx_random(ctx);
		memcpy(key->bytes + i, &random, sizeof(random));
	}
}

/* The parts are digested one by one and their digests together, so that no border can be moved. */
bool tel__digest_of(const tel__digest_key *key, const tel_slice *parts, size_t count, tel__digest *ret_digest)
{
	enum { PARTS = 4 };
	unsigned char inner[PARTS * sizeof(tel__digest)];
	unsigned int len;

	if (count > PARTS)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!HMAC(EVP_sha256(), key->bytes, sizeof(key->bytes), (const unsigned char *)(parts[i].len ? parts[i].ptr : ""),
		          parts[i].len, inner + i * sizeof(tel__digest), &len))
			return false;
	return HMAC(EVP_sha256(), key->bytes, sizeof(key->bytes), inner, count * sizeof(tel__digest), ret_digest->bytes, &len);
}

bool tel__digest_same(const tel__digest *a, const tel__digest *b)
{
	return CRYPTO_memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}
