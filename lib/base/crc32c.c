/* SPDX-License-Identifier: Apache-2.0 */
#include "base/crc32c.h"

#include <string.h>

#include "base/crc32c_table.h"

static uint32_t crc_table(uint32_t crc, const uint8_t *p, size_t n)
{
	for (; n; n--)
		crc = crc >> 8 ^ tel__crc32c_table[(crc ^ *p++) & 0xff];
	return crc;
}

#if defined(__x86_64__)
#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t crc_sse42(uint32_t crc, const uint8_t *p, size_t n)
{
	uint64_t wide = crc, word;

	for (; n >= 8; n -= 8, p += 8) {
		memcpy(&word, p, 8);
		wide = _mm_crc32_u64(wide, word);
	}
	crc = (uint32_t)wide;
	for (; n; n--)
		crc = _mm_crc32_u8(crc, *p++);
	return crc;
}
#endif

uint32_t tel__crc32c(uint32_t crc, tel_slice bytes)
{
	const uint8_t *p = (const uint8_t *)bytes.ptr;

#if defined(__x86_64__)
	if (__builtin_cpu_supports("sse4.2"))
		return ~crc_sse42(~crc, p, bytes.len);
#endif
	return ~crc_table(~crc, p, bytes.len);
}

uint32_t tel__crc32c_portable(uint32_t crc, tel_slice bytes)
{
	return ~crc_table(~crc, (const uint8_t *)bytes.ptr, bytes.len);
}
