/* SPDX-License-Identifier: Apache-2.0 */
/* Durations and sizes as Prometheus' libraries take them; each row was answered by them. */
#include "seams/cm.h"

#include "base/slice_i.h"
#include "config/prom_units.h"

#define TEST(f) cmocka_unit_test(f)
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define S INT64_C(1000000000)

static void durations_are_units_that_fall(void **state)
{
	static const struct {
		const char *text;
		int64_t ns;
		const char *back;
	} rows[] = {
		{ "0", 0, "0s" },
		{ "0s", 0, "0s" },
		{ "15s", 15 * S, "15s" },
		{ "90s", 90 * S, "1m30s" },
		{ "1h30m", 5400 * S, "1h30m" },
		{ "900ms", 900000000, "900ms" },
		{ "1d12h", 129600 * S, "1d12h" },
		{ "7d", 604800 * S, "1w" },
		{ "8d", 691200 * S, "8d" },
		{ "1y", 31536000 * S, "1y" },
		{ "1y1ms", 31536000 * S + 1000000, "365d1ms" },
		{ "1y2w3d4h5m6s7ms", (31536000 + 14 * 86400 + 3 * 86400 + 4 * 3600 + 5 * 60 + 6) * S + 7000000, "382d4h5m6s7ms" },
		{ "007s", 7 * S, "7s" },
		{ "292y", INT64_C(292) * 31536000 * S, "292y" },
	};
	char out[TEL__PROM_DURATION_MAX];
	int64_t ns;
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_ok(tel__prom_duration_parse(tel__slice_str(rows[i].text), &ns, NULL));
		if (ns != rows[i].ns)
			fail_msg("%s: %lld", rows[i].text, (long long)ns);
		assert_slice(((tel_slice){ out, tel__prom_duration_format(ns, out) }), rows[i].back);
	}
}

static void other_durations_are_refused_in_prometheus_words(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "", "empty duration string" },
		{ "30", "not a valid duration string: \"30\"" },
		{ "s", "not a valid duration string: \"s\"" },
		{ "-1s", "not a valid duration string: \"-1s\"" },
		{ "30m1h", "not a valid duration string: \"30m1h\"" },
		{ "1s1s", "not a valid duration string: \"1s1s\"" },
		{ "1ms1s", "not a valid duration string: \"1ms1s\"" },
		{ "1h30", "not a valid duration string: \"1h30\"" },
		{ "99999999999999999999s", "not a valid duration string: \"99999999999999999999s\"" },
		{ "1.5s", "unknown unit \".\" in duration \"1.5s\"" },
		{ "1 h", "unknown unit \" h\" in duration \"1 h\"" },
		{ "1us", "unknown unit \"us\" in duration \"1us\"" },
		{ "1H", "unknown unit \"H\" in duration \"1H\"" },
		{ "293y", "duration out of range" },
		{ "292y292w", "duration out of range" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		tel_error err = TEL_ERROR_INIT;
		int64_t ns = 7;
		if (tel__prom_duration_parse(tel__slice_str(rows[i].text), &ns, &err) == TEL_OK || strcmp(err.msg,
			rows[i].message) != 0)
			fail_msg("\"%s\": %s", rows[i].text, err.msg);
		assert_int_equal(ns, 7);
	}
}

static void sizes_are_powers_of_1024(void **state)
{
	static const struct {
		const char *text;
		int64_t bytes;
	} rows[] = {
		{ "0", 0 },         { "20MB", 20971520 },    { "20MiB", 20971520 }, { "1.5MB", 1572864 }, { "1KB512B", 1536 },
		{ "+1B", 1 },       { "-1KiB", -1024 },      { ".5KB", 512 },       { "1.KB", 1024 },     { "1GB", 1 << 30 },
		{ "7EiB", INT64_C(7) << 60 }, { "0.1B", 0 }, { "2TB", INT64_C(2) << 40 },
	};
	int64_t bytes;
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_ok(tel__prom_size_parse(tel__slice_str(rows[i].text), &bytes, NULL));
		if (bytes != rows[i].bytes)
			fail_msg("%s: %lld", rows[i].text, (long long)bytes);
	}
}

static void other_sizes_are_refused(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "", "units: invalid " },
		{ "-", "units: invalid -" },
		{ "MB", "units: invalid MB" },
		{ ".MB", "units: invalid .MB" },
		{ "20000000", "units: unknown unit  in 20000000" },
		{ "20kB", "units: unknown unit kB in 20kB" },
		{ "1Mib", "units: unknown unit Mib in 1Mib" },
		{ "1 MB", "units: unknown unit  MB in 1 MB" },
		{ "1.2.3KB", "units: unknown unit  in 1.2.3KB" },
		{ "9EB", "units: overflow parsing unit" },
	};
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		tel_error err = TEL_ERROR_INIT;
		int64_t bytes = 7;
		if (tel__prom_size_parse(tel__slice_str(rows[i].text), &bytes, &err) == TEL_OK || strcmp(err.msg, rows[i].message) != 0)
			fail_msg("\"%s\": %s", rows[i].text, err.msg);
		assert_int_equal(bytes, 7);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(durations_are_units_that_fall),
		TEST(other_durations_are_refused_in_prometheus_words),
		TEST(sizes_are_powers_of_1024),
		TEST(other_sizes_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
