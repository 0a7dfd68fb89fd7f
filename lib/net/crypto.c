/* SPDX-License-Identifier: Apache-2.0 */
/* The digests of the core on OpenSSL, fetched by the system's properties: a policy that has none of a name is obeyed. */
#include <telemetry/crypto.h>

#include <openssl/err.h>
#include <openssl/evp.h>

static const EVP_MD *algorithm(tel_digest_kind kind)
{
	switch (kind) {
	case TEL_DIGEST_MD5: return EVP_md5();
	case TEL_DIGEST_SHA1: return EVP_sha1();
	case TEL_DIGEST_SHA256: return EVP_sha256();
	case TEL_DIGEST_SHA512: return EVP_sha512();
	case TEL_DIGEST_FORCE32: break;
	}
	return NULL;
}

static tel_err digest(void *user, tel_digest_kind kind, const tel_slice *parts, size_t count, uint8_t *ret_digest)
{
	const EVP_MD *md = algorithm(kind);
	EVP_MD_CTX *hash;
	bool ok;

	(void)user;
	if (!md)
		return TEL_ERR_UNSUPPORTED;
	hash = EVP_MD_CTX_new();
	if (!hash)
		return TEL_ERR_NOMEM;
	ok = EVP_DigestInit_ex(hash, md, NULL) == 1;
	for (size_t i = 0; i < count && ok; i++)
		ok = parts[i].len == 0 || EVP_DigestUpdate(hash, parts[i].ptr, parts[i].len) == 1;
	ok = ok && EVP_DigestFinal_ex(hash, ret_digest, NULL) == 1;
	EVP_MD_CTX_free(hash);
	if (!ok)
		ERR_clear_error();
	return ok ? TEL_OK : TEL_ERR_UNSUPPORTED;
}

const tel_crypto_ops *tel_crypto_openssl(void)
{
	static const tel_crypto_ops ops = { sizeof(tel_crypto_ops), digest, NULL };

	return &ops;
}
