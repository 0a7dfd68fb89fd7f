/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_CRYPTO_H
#define TEL_BASE_CRYPTO_H
/* Digests for who may have been given no operations. */
#include <telemetry/crypto.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

/* Bytes of a digest; 0: there is no such kind. */
size_t tel__digest_size(tel_digest_kind kind);
const char *tel__digest_name(tel_digest_kind kind); /* "SHA-256" */
/*
 * Digest of the parts, one behind the other. TEL_ERR_UNSUPPORTED: ops is NULL, without a digest, or does not offer this
 * one; err says so. TEL_ERR_NOMEM. ret_digest has room for TEL_DIGEST_MAX bytes and is untouched on failure.
 */
tel_err tel__digest(const tel_crypto_ops *ops, tel_digest_kind kind, const tel_slice *parts, size_t count,
                    uint8_t *ret_digest, tel_error *err);

TEL_PRIVATE_END
#endif
