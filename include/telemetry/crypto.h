/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_CRYPTO_H
#define TELEMETRY_CRYPTO_H
/**
 * @defgroup tel_crypto Cryptography for the core
 * libtelemetry contains no cryptography. What needs a digest (checksums of rendered objects, hash functions of OTTL)
 * takes these operations; libtelemetry-io fills them with OpenSSL, a host may fill them with what it has.
 * @{
 */
#include <telemetry/api.h>
#include <telemetry/error.h>
#include <telemetry/slice.h>

TEL_BEGIN_DECLS

/** Digests by name. */
typedef enum tel_digest_kind {
	TEL_DIGEST_MD5 = 0,    /**< 16 bytes; not for security */
	TEL_DIGEST_SHA1 = 1,   /**< 20 bytes; not for security */
	TEL_DIGEST_SHA256 = 2, /**< 32 bytes */
	TEL_DIGEST_SHA512 = 3, /**< 64 bytes */
	TEL_DIGEST_FORCE32 = 0x7fffffff /**< keeps the enum 32 bits wide */
} tel_digest_kind;

/** Room that any digest fits into. */
#define TEL_DIGEST_MAX 64

/** Operations. Zero-initialise through TEL_CRYPTO_OPS_INIT; only ever grows at the end. */
typedef struct tel_crypto_ops {
	size_t size; /**< sizeof of the caller's view */
	/**
	 * Digest of count parts, one behind the other, into ret_digest (TEL_DIGEST_MAX bytes). TEL_OK; TEL_ERR_UNSUPPORTED
	 * (this kind is not offered, as MD5 under a FIPS policy); TEL_ERR_NOMEM.
	 */
	tel_err (*digest)(void *user, tel_digest_kind kind, const tel_slice *parts, size_t count, uint8_t *ret_digest);
	void *user; /**< handed to digest */
} tel_crypto_ops;
/** Initial value of tel_crypto_ops: nothing is offered. */
#define TEL_CRYPTO_OPS_INIT { sizeof(tel_crypto_ops), NULL, NULL }

/**
 * The operations of libtelemetry-io, on OpenSSL as the system configures it.
 *
 * @return operations that live as long as the library.
 *
 * Cost:    constant.
 * Threads: any; so do the operations.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API const tel_crypto_ops *tel_crypto_openssl(void);

TEL_END_DECLS
/** @} */
#endif
