/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_SLICE_I_H
#define TEL_BASE_SLICE_I_H
/* Text helpers over slices. Use these instead of the str* family. */
#include <string.h>

#include <telemetry/slice.h>

#include "base/visibility.h"

TEL_INLINE bool tel__slice_eq(tel_slice a, tel_slice b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

TEL_INLINE bool tel__slice_is(tel_slice a, const char *text)
{
	size_t n = strlen(text);
	return a.len == n && (n == 0 || memcmp(a.ptr, text, n) == 0);
}

TEL_INLINE tel_slice tel__slice_str(const char *text)
{
	return (tel_slice){ text, text ? strlen(text) : 0 };
}

TEL_INLINE tel_slice tel__slice_sub(tel_slice s, size_t from, size_t len)
{
	return (tel_slice){ from ? s.ptr + from : s.ptr, len }; /* NULL may not be moved, not even by nothing */
}

TEL_PRIVATE_BEGIN

int tel__slice_cmp(tel_slice a, tel_slice b); /* bytewise, shorter first */
bool tel__slice_starts(tel_slice s, tel_slice prefix);
bool tel__slice_ends(tel_slice s, tel_slice suffix);
bool tel__slice_eq_nocase(tel_slice a, tel_slice b); /* ASCII only, whatever the locale */
tel_slice tel__slice_trim(tel_slice s);              /* blanks, tabs, CR, LF at both ends */
/* At most max bytes of text, and no part of a character. */
tel_slice tel__slice_cut(tel_slice text, size_t max);
/* Position of the first byte c, or s.len. */
size_t tel__slice_find(tel_slice s, char c);
/* Position of the last byte c, or s.len. */
size_t tel__slice_rfind(tel_slice s, char c);
/* Cuts the next field off *rest at sep; false when *rest was exhausted before the call. */
bool tel__slice_next(tel_slice *rest, char sep, tel_slice *ret_field);
uint64_t tel__slice_hash(tel_slice s, uint64_t seed); /* 64-bit, seeded, not cryptographic */

TEL_PRIVATE_END
#endif
