/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_UTF8_H
#define TEL_BASE_UTF8_H
/* UTF-8 validation by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
#include <telemetry/slice.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

bool tel__utf8_valid(tel_slice s);
/* Offset of the first byte of the first bad sequence, s.len when all is valid. */
size_t tel__utf8_error(tel_slice s);
/* Bytes of the valid sequence that p starts with, 1 to 4; 0 when it is not valid or n is 0. */
size_t tel__utf8_step(const uint8_t *p, size_t n);
/* Called by the inline fast path for anything that is not short ASCII; picks AVX-512, AVX2, SSE or scalar at run time. */
bool tel__utf8_valid_slow(const uint8_t *p, size_t n);

TEL_PRIVATE_END

/* The hot check of the OTLP walker: most strings are short ASCII, decided by a few 8-byte loads without a call. */
TEL_INLINE bool tel__utf8_ok(const uint8_t *p, size_t n)
{
	const uint8_t *q = p;
	size_t left = n;
	uint64_t word, bits = 0;

	if (TEL_UNLIKELY(n > 64))
		return tel__utf8_valid_slow(p, n);
	for (; left >= 8; left -= 8, q += 8) {
		__builtin_memcpy(&word, q, 8);
		bits |= word;
	}
	if (n >= 8 && left) { /* overlap with bytes already seen */
		__builtin_memcpy(&word, q + left - 8, 8);
		bits |= word;
	} else {
		for (; left; left--)
			bits |= (uint64_t)*q++;
	}
	return TEL_LIKELY((bits & 0x8080808080808080u) == 0) || tel__utf8_valid_slow(p, n);
}
#endif
