/* SPDX-License-Identifier: Apache-2.0 */
/* Intervals as an API server reads them. */
#include "control/interval.h"

#include "seams/cm.h"

#include "base/slice_i.h"

#define SECOND INT64_C(1000000000)
#define HOUR (3600 * SECOND)

static void intervals_are_read_as_an_api_server_reads_them(void **state)
{
	static const struct {
		const char *text;
		int64_t ns; /* -1: refused */
	} rows[] = {
		/* Go's */
		{ "0", 0 }, { "0s", 0 }, { "90s", 90 * SECOND }, { "1h15m30.5s", HOUR + 930 * SECOND + SECOND / 2 }, { ".5m", 30 * SECOND },
		{ "+5m", 300 * SECOND }, { "-1m", -60 * SECOND }, { "7\xc2\xb5s", 7000 }, { "7\xce\xbcs", 7000 },
		/* and what Go does not take */
		{ "1d", 24 * HOUR }, { "1 day", 24 * HOUR }, { "2 Days", 48 * HOUR }, { "1w", 168 * HOUR }, { "3 weeks", 504 * HOUR },
		{ "90 seconds", 90 * SECOND }, { "2hr", 2 * HOUR }, { "1 day 12 hours", 36 * HOUR }, { "5 min", 300 * SECOND },
		{ "10 millis", SECOND / 100 }, { "10 microseconds", 10000 }, { "10 nanos", 10 }, { "1\td", 24 * HOUR },
		{ "every 4 Hours!", 4 * HOUR }, { "1.5d", 120 * HOUR }, { "1h 5 foo", HOUR }, { "1d2", 24 * HOUR }, { "-1d", 24 * HOUR },
		{ "", -1 }, { "soon", -1 }, { "5", -1 }, { "d", -1 }, { "5 foo", -1 }, { "3months", -1 }, { "1\vd", -1 }, { "7 \xce\xbcs", -1 },
		{ "5 \xc2\xb5", -1 }, { "99999999999999999999d", -1 }, { "99999999999d", -1 }, { "106752d 106752d", -1 }, { "1 d\xc2", 24 * HOUR },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int64_t ns = -1;
		bool read = tel__interval_parse(tel__slice_str(rows[i].text), &ns);

		if (read != (rows[i].ns != -1) || (read && ns != rows[i].ns))
			fail_msg("\"%s\": %s, %lld ns", rows[i].text, read ? "read" : "refused", (long long)ns);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intervals_are_read_as_an_api_server_reads_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
