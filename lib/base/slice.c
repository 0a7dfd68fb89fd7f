/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slice_i.h"

int tel__slice_cmp(tel_slice a, tel_slice b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n ? memcmp(a.ptr, b.ptr, n) : 0;

	if (order)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

bool tel__slice_starts(tel_slice s, tel_slice prefix)
{
	return s.len >= prefix.len && tel__slice_eq((tel_slice){ s.ptr, prefix.len }, prefix);
}

bool tel__slice_ends(tel_slice s, tel_slice suffix)
{
	return s.len >= suffix.len &&
	       (suffix.len == 0 || memcmp(s.ptr + (s.len - suffix.len), suffix.ptr, suffix.len) == 0);
}

static unsigned char lower(char c)
{
	unsigned char u = (unsigned char)c;

	return u >= 'A' && u <= 'Z' ? (unsigned char)(u | 0x20) : u;
}

bool tel__slice_eq_nocase(tel_slice a, tel_slice b)
{
	size_t i;

	if (a.len != b.len)
		return false;
	for (i = 0; i < a.len; i++)
		if (lower(a.ptr[i]) != lower(b.ptr[i]))
			return false;
	return true;
}

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

tel_slice tel__slice_trim(tel_slice s)
{
	while (s.len && is_space(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	while (s.len && is_space(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

tel_slice tel__slice_cut(tel_slice text, size_t max)
{
	size_t len = max;

	if (text.len <= max)
		return text;
	/* A character has at most three bytes behind its first; more of them are no text, and cut anywhere. */
	for (int i = 0; i < 3 && len && ((unsigned char)text.ptr[len] & 0xc0u) == 0x80; i++)
		len--;
	return (tel_slice){ text.ptr, len };
}

size_t tel__slice_find(tel_slice s, char c)
{
	const char *hit = s.len ? memchr(s.ptr, c, s.len) : NULL;

	return hit ? (size_t)(hit - s.ptr) : s.len;
}

size_t tel__slice_rfind(tel_slice s, char c)
{
	for (size_t i = s.len; i > 0; i--)
		if (s.ptr[i - 1] == c)
			return i - 1;
	return s.len;
}

bool tel__slice_next(tel_slice *rest, char sep, tel_slice *ret_field)
{
	size_t at;

	if (!rest->ptr)
		return false;
	at = tel__slice_find(*rest, sep);
	*ret_field = (tel_slice){ rest->ptr, at };
	if (at == rest->len)
		*rest = (tel_slice){ NULL, 0 }; /* an empty field after a last separator is still a field */
	else
		*rest = (tel_slice){ rest->ptr + at + 1, rest->len - at - 1 };
	return true;
}

static uint64_t fold(uint64_t a, uint64_t b)
{
#ifdef __SIZEOF_INT128__
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
#else
	uint64_t cross = (a >> 32) * (b & 0xffffffffu) ^ (a & 0xffffffffu) * (b >> 32);

	return (a * b) ^ (a >> 32) * (b >> 32) ^ cross;
#endif
}

static uint64_t load(const char *p, size_t n)
{
	uint64_t word = 0;

	memcpy(&word, p, n);
	return word;
}

/* Multiply-and-fold over 8-byte words. The seed keys every step, so that a table with a random seed cannot be made to
 * collide by somebody who does not know it. */
uint64_t tel__slice_hash(tel_slice s, uint64_t seed)
{
	const uint64_t k1 = 0x9e3779b97f4a7c15u, k2 = 0xd6e8feb86659fd93u;
	uint64_t h = fold(seed ^ k1, (uint64_t)s.len ^ k2);
	const char *p = s.ptr;
	size_t left = s.len;

	for (; left >= 8; left -= 8, p += 8)
		h = fold(h ^ load(p, 8) ^ k1, seed ^ k2);
	if (left)
		h = fold(h ^ load(p, left) ^ k2, seed ^ k1);
	return fold(h ^ k1, k2 ^ (uint64_t)s.len);
}
