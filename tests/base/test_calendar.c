/* SPDX-License-Identifier: Apache-2.0 */
/* Dates of the Gregorian calendar. */
#include "seams/cm.h"

#include <stdio.h>

#include "base/calendar.h"

static void known_moments_have_their_dates(void **state)
{
	static const struct {
		int64_t unix_s;
		const char *text;
	} rows[] = {
		{ 0, "1970-01-01 00:00:00" },
		{ -1, "1969-12-31 23:59:59" },
		{ 951782400, "2000-02-29 00:00:00" },
		{ 951868799, "2000-02-29 23:59:59" },
		{ 4107542400, "2100-03-01 00:00:00" },
		{ 1767225600, "2026-01-01 00:00:00" },
		{ 253402300799, "9999-12-31 23:59:59" },
		{ -62135596800, "1-01-01 00:00:00" },
		{ -62167219200, "0-01-01 00:00:00" },
		{ -62167219201, "-1-12-31 23:59:59" },
		{ INT64_MAX, "292277026596-12-04 15:30:07" },
		{ INT64_MIN, "-292277022657-01-27 08:29:52" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tel__date d = tel__date_of(rows[i].unix_s);
		char text[64];

		snprintf(text, sizeof(text), "%lld-%02u-%02u %02u:%02u:%02u", (long long)d.year, d.month, d.day, d.hour, d.minute,
		         d.second);
		assert_string_equal(text, rows[i].text);
	}
}

static void days_follow_each_other(void **state)
{
	static const unsigned months[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int64_t year = 1600, s = -11676096000;
	unsigned month = 1, day = 1;

	(void)state;
	for (; year < 2401; s += 86400) {
		bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
		tel__date d = tel__date_of(s);

		if (d.year != year || d.month != month || d.day != day)
			fail_msg("%lld is %lld-%u-%u", (long long)s, (long long)d.year, d.month, d.day);
		if (++day > months[month - 1] + (month == 2 && leap)) {
			day = 1;
			year += month == 12;
			month = month % 12 + 1;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_moments_have_their_dates),
		cmocka_unit_test(days_follow_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
