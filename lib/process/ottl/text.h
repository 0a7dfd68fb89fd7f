/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_OTTL_TEXT_H
#define TEL_PROCESS_OTTL_TEXT_H
/* Texts as Go reads and writes them: numbers, times, letters. */
#include "base/dynbuf.h"

TEL_PRIVATE_BEGIN

/* strconv.ParseFloat: decimal and hexadecimal, inf, infinity, nan in any case; out of range is an infinity and false. */
bool tel__ottl_parse_go_float(tel_slice text, double *ret);
/* time.ParseDuration. */
bool tel__ottl_parse_go_duration(tel_slice text, int64_t *ret_ns);

/* A calendar date and time of day. */
typedef struct tel__ottl_civil {
	int64_t year;
	int month, day;           /* from 1 */
	int hour, minute, second, nanosecond;
	int weekday;              /* Sunday is 0 */
	int yday;                 /* from 1 */
} tel__ottl_civil;

tel__ottl_civil tel__ottl_civil_of(int64_t unix_ns);
/* Seconds since 1970; the day may be beyond its month. */
int64_t tel__ottl_unix_seconds(const tel__ottl_civil *c);

/* One code point in, its upper or lower form out; letters without one stay. */
uint32_t tel__ottl_to_upper(uint32_t rune);
uint32_t tel__ottl_to_lower(uint32_t rune);
/* The rune at p, and the bytes it takes; U+FFFD and 1 for a byte that is wrong. n is not 0. */
size_t tel__ottl_rune(const char *p, size_t n, uint32_t *ret_rune);
void tel__ottl_put_rune(tel__dynbuf *out, uint32_t rune);

TEL_PRIVATE_END
#endif
