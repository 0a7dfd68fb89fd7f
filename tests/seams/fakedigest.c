/* SPDX-License-Identifier: Apache-2.0 */
#include "seams/fakedigest.h"

static tel_err digest(void *user, tel_digest_kind kind, const tel_slice *parts, size_t count, uint8_t *ret_digest)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	(void)user;
	(void)kind;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < parts[i].len; k++)
			hash = (hash ^ (uint8_t)parts[i].ptr[k]) * UINT64_C(1099511628211);
	for (size_t i = 0; i < TEL_DIGEST_MAX; i++)
		ret_digest[i] = (uint8_t)(hash >> (i % 8 * 8));
	return TEL_OK;
}

const tel_crypto_ops *fakedigest(void)
{
	static const tel_crypto_ops ops = { sizeof(tel_crypto_ops), digest, NULL };

	return &ops;
}
