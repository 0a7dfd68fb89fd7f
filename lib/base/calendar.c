/* SPDX-License-Identifier: Apache-2.0 */
#include "base/calendar.h"

enum { DAY = 86400, ERA_DAYS = 146097, ERA_YEARS = 400, EPOCH_DAYS = 719468 /* from 0000-03-01 to 1970-01-01 */ };

/* Eras of 400 years that begin in March, so that the day that comes and goes is the last one of a year. */
tel__date tel__date_of(int64_t unix_s)
{
	int64_t days = unix_s / DAY - (unix_s % DAY < 0), rest = (unix_s % DAY + DAY) % DAY, shifted = days + EPOCH_DAYS;
	int64_t era = shifted / ERA_DAYS - (shifted % ERA_DAYS < 0), doe = shifted - era * ERA_DAYS;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	unsigned doy = (unsigned)(doe - (365 * yoe + yoe / 4 - yoe / 100)), mp = (5 * doy + 2) / 153;
	tel__date date;

	date.day = doy - (153 * mp + 2) / 5 + 1;
	date.month = mp < 10 ? mp + 3 : mp - 9;
	date.year = yoe + era * ERA_YEARS + (date.month <= 2);
	date.hour = (unsigned)(rest / 3600);
	date.minute = (unsigned)(rest / 60 % 60);
	date.second = (unsigned)(rest % 60);
	return date;
}
