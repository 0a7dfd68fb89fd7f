/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_MODEL_PLAIN_H
#define TEL_MODEL_PLAIN_H
/* The shape that nearly all attributes have: one-byte lengths, key, value, nothing else. */
#include <telemetry/slice.h>

#include "base/visibility.h"

/*
 * A field `tag` (one byte) at p that is a KeyValue of one-byte lengths with its key first: returns the next field. The
 * key is p + 4, p[3] long; *ret_value is what follows it, at least four bytes. NULL = look closer.
 */
TEL_INLINE const uint8_t *tel__plain_pair(const uint8_t *p, const uint8_t *end, uint8_t tag, const uint8_t **ret_value)
{
	uint32_t word;
	int len, value_len;

	/* the shortest: two bytes of head, two of an empty key, four of an empty value */
	if (TEL_UNLIKELY(end - p < 8))
		return NULL;
	/* tag, length below 0x80, 0A, length of the key: four bytes, one comparison */
	__builtin_memcpy(&word, p, sizeof word);
	if (TEL_UNLIKELY((word & 0x00ff80ffu) != (0x000a0000u | tag)))
		return NULL;
	len = (int)(word >> 8 & 0x7f);
	value_len = len - 2 - (int)(word >> 24);
	if (TEL_UNLIKELY(value_len < 4 || len > end - p - 2))
		return NULL;
	*ret_value = p + 2 + len - value_len;
	return p + 2 + len;
}

/* Whether what follows the key is a string and nothing else; it is value + 4, value[3] long. */
TEL_INLINE bool tel__plain_text(const uint8_t *value, const uint8_t *next)
{
	uint32_t word, len = (uint32_t)(next - value);

	/* 12, len - 2, 0A, len - 4 */
	__builtin_memcpy(&word, value, sizeof word);
	return word == len * 0x01000100u + (0x000a0012u - (2u << 8) - (4u << 24));
}
#endif
