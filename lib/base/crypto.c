/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crypto.h"

#include <stddef.h>
#include <string.h>

#include "base/error_i.h"

static const struct {
	const char *name;
	size_t size;
} kinds[] = {
	[TEL_DIGEST_MD5] = { "MD5", 16 },
	[TEL_DIGEST_SHA1] = { "SHA-1", 20 },
	[TEL_DIGEST_SHA256] = { "SHA-256", 32 },
	[TEL_DIGEST_SHA512] = { "SHA-512", 64 },
};

static bool is_known(tel_digest_kind kind)
{
	return (size_t)kind < sizeof(kinds) / sizeof(kinds[0]);
}

size_t tel__digest_size(tel_digest_kind kind)
{
	return is_known(kind) ? kinds[kind].size : 0;
}

const char *tel__digest_name(tel_digest_kind kind)
{
	return is_known(kind) ? kinds[kind].name : "unknown";
}

tel_err tel__digest(const tel_crypto_ops *ops, tel_digest_kind kind, const tel_slice *parts, size_t count,
                    uint8_t *ret_digest, tel_error *err)
{
	size_t known = offsetof(tel_crypto_ops, user) + sizeof(ops->user);
	uint8_t digest[TEL_DIGEST_MAX];
	tel_err rc = TEL_ERR_UNSUPPORTED;

	if (!ops || ops->size < known || !ops->digest)
		return tel__fail(err, TEL_ERR_UNSUPPORTED, "%s is needed, and no cryptography was given (tel_crypto_ops)",
		                 tel__digest_name(kind));
	if (is_known(kind))
		rc = ops->digest(ops->user, kind, parts, count, digest);
	if (rc == TEL_OK)
		memcpy(ret_digest, digest, kinds[kind].size);
	else if (rc == TEL_ERR_NOMEM)
		tel__fail_nomem(err);
	else
		rc = tel__fail(err, TEL_ERR_UNSUPPORTED, "%s is not offered here", tel__digest_name(kind));
	return rc;
}
