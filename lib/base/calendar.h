/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_CALENDAR_H
#define TEL_BASE_CALENDAR_H
/* Seconds since 1970 as a date in UTC, of the proleptic Gregorian calendar, whatever the locale and the C library. */
#include <stdint.h>

#include "base/visibility.h"

typedef struct tel__date {
	int64_t year;
	unsigned month, day, hour, minute, second; /* month and day from 1 */
} tel__date;

TEL_PRIVATE_BEGIN

tel__date tel__date_of(int64_t unix_s); /* any number */

TEL_PRIVATE_END
#endif
