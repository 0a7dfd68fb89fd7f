/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <string.h>

static bool is_tail(uint8_t c)
{
	return (c & 0xc0) == 0x80;
}

/* RFC 3629 section 4, one row of the grammar per branch. */
size_t tel__utf8_step(const uint8_t *p, size_t n)
{
	if (n == 0)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2) /* a tail byte, or an overlong form of ASCII */
		return 0;
	if (p[0] < 0xe0)
		return n >= 2 && is_tail(p[1]) ? 2 : 0;
	if (p[0] < 0xf0) {
		if (n < 3 || !is_tail(p[1]) || !is_tail(p[2]))
			return 0;
		if (p[0] == 0xe0 && p[1] < 0xa0) /* overlong */
			return 0;
		return p[0] == 0xed && p[1] > 0x9f ? 0 : 3; /* surrogates */
	}
	if (p[0] > 0xf4 || n < 4 || !is_tail(p[1]) || !is_tail(p[2]) || !is_tail(p[3]))
		return 0;
	if (p[0] == 0xf0 && p[1] < 0x90) /* overlong */
		return 0;
	return p[0] == 0xf4 && p[1] > 0x8f ? 0 : 4; /* above U+10FFFF */
}

/* Each of these returns how many bytes from p on are ASCII, possibly rounded down to its step. */
typedef size_t ascii_run(const uint8_t *p, size_t n);

static size_t ascii_words(const uint8_t *p, size_t n)
{
	size_t at = 0;
	uint64_t word;

	for (; n - at >= 8; at += 8) {
		memcpy(&word, p + at, 8);
		if (word & 0x8080808080808080u)
			break;
	}
	return at;
}

#if defined(__x86_64__)
#include <immintrin.h>

static size_t ascii_sse2(const uint8_t *p, size_t n)
{
	size_t at = 0;

	for (; n - at >= 16; at += 16) {
		int mask = _mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)(p + at)));

		if (mask)
			return at + (size_t)__builtin_ctz((unsigned)mask);
	}
	return at;
}

__attribute__((target("avx2"))) static size_t ascii_avx2(const uint8_t *p, size_t n)
{
	size_t at = 0;

	for (; n - at >= 32; at += 32) {
		int mask = _mm256_movemask_epi8(_mm256_loadu_si256((const __m256i *)(const void *)(p + at)));

		if (mask)
			return at + (size_t)__builtin_ctz((unsigned)mask);
	}
	return at;
}

__attribute__((target("avx512bw"))) static size_t ascii_avx512(const uint8_t *p, size_t n)
{
	size_t at = 0;

	for (; n - at >= 64; at += 64) {
		uint64_t mask = _mm512_movepi8_mask(_mm512_loadu_si512((const void *)(p + at)));

		if (mask)
			return at + (size_t)__builtin_ctzll(mask);
	}
	return at;
}

static ascii_run *best_run(size_t n)
{
	if (n >= 64 && __builtin_cpu_supports("avx512bw"))
		return ascii_avx512;
	if (n >= 32 && __builtin_cpu_supports("avx2"))
		return ascii_avx2;
	return n >= 16 ? ascii_sse2 : ascii_words;
}
#else
static ascii_run *best_run(size_t n)
{
	(void)n;
	return ascii_words;
}
#endif

/* ASCII runs are skipped by the widest registers; text in other scripts is stepped through, and looked at for a new run
 * only after a few ASCII bytes in a row, so that mixed text does not pay for failed starts. */
static size_t first_bad(const uint8_t *p, size_t n)
{
	ascii_run *run = best_run(n);
	size_t at = run(p, n), ascii = 0, len;

	while (at < n) {
		len = tel__utf8_step(p + at, n - at);
		if (len == 0)
			return at;
		at += len;
		ascii = len == 1 ? ascii + 1 : 0;
		if (ascii == 8) {
			at += run(p + at, n - at);
			ascii = 0;
		}
	}
	return n;
}

bool tel__utf8_valid_slow(const uint8_t *p, size_t n)
{
	return first_bad(p, n) == n;
}

bool tel__utf8_valid(tel_slice s)
{
	return tel__utf8_ok((const uint8_t *)s.ptr, s.len);
}

size_t tel__utf8_error(tel_slice s)
{
	return first_bad((const uint8_t *)s.ptr, s.len);
}
