/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/num.h"
#include "seams/cm.h"
#include "seams/fakerandom.h"

static tel_slice text_of(double v, char *out)
{
	return (tel_slice){ out, tel__num_format_double(v, out) };
}

static double from_bits(uint64_t bits)
{
	double v;

	memcpy(&v, &bits, sizeof(v));
	return v;
}

static void num_parses_integers_to_the_last_value(void **state)
{
	static const struct {
		const char *text;
		tel_err rc;
		uint64_t value;
	} rows[] = {
		{ "0", TEL_OK, 0 },
		{ "007", TEL_OK, 7 },
		{ "18446744073709551615", TEL_OK, UINT64_MAX },
		{ "18446744073709551616", TEL_ERR_RANGE, 0 },
		{ "99999999999999999999999", TEL_ERR_RANGE, 0 },
		{ "99999999999999999999999x", TEL_ERR_MALFORMED, 0 },
		{ "", TEL_ERR_MALFORMED, 0 },
		{ "+1", TEL_ERR_MALFORMED, 0 },
		{ "-1", TEL_ERR_MALFORMED, 0 },
		{ " 1", TEL_ERR_MALFORMED, 0 },
		{ "1.0", TEL_ERR_MALFORMED, 0 },
	};
	int64_t i64 = 5;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t value = 5;
		tel_err rc = tel__num_parse_u64((tel_slice){ rows[i].text, strlen(rows[i].text) }, &value);

		if (rc != rows[i].rc || value != (rc == TEL_OK ? rows[i].value : 5))
			fail_msg("row %zu (%s): %s", i, rows[i].text, tel_err_name(rc));
	}
	assert_ok(tel__num_parse_i64(TEL_SLICE_LIT("-9223372036854775808"), &i64));
	assert_true(i64 == INT64_MIN);
	assert_ok(tel__num_parse_i64(TEL_SLICE_LIT("+9223372036854775807"), &i64));
	assert_true(i64 == INT64_MAX);
	assert_err(tel__num_parse_i64(TEL_SLICE_LIT("9223372036854775808"), &i64), TEL_ERR_RANGE);
	assert_err(tel__num_parse_i64(TEL_SLICE_LIT("-9223372036854775809"), &i64), TEL_ERR_RANGE);
	assert_err(tel__num_parse_i64(TEL_SLICE_LIT("-"), &i64), TEL_ERR_MALFORMED);
	assert_err(tel__num_parse_i64(TEL_SLICE_LIT("+-1"), &i64), TEL_ERR_MALFORMED);
	assert_true(i64 == INT64_MAX);
}

static void num_parses_doubles_to_the_nearest(void **state)
{
	static const struct {
		const char *text;
		double value;
	} rows[] = {
		{ "0", 0.0 },
		{ "-0", -0.0 },
		{ "1", 1.0 },
		{ "+1.5", 1.5 },
		{ "1e3", 1000.0 },
		{ "1E+3", 1000.0 },
		{ "123.456e-2", 1.23456 },
		{ "0.1", 0x1.999999999999ap-4 },
		{ "9007199254740993", 9007199254740992.0 },
		{ "9007199254740993.00000000000000000000000001", 9007199254740994.0 },
		{ "1.7976931348623157e308", DBL_MAX },
		{ "2.2250738585072011e-308", 0x0.fffffffffffffp-1022 },
		{ "4.9406564584124654e-324", 0x1p-1074 },
		{ "2.4703282292062327e-324", 0.0 },
		{ "2.4703282292062328e-324", 0x1p-1074 },
		{ "1e-99999999999999999999999", 0.0 },
		{ "0e99999999999999999999999", 0.0 },
		{ "0.000000000000000000000000000000000000000000000001e48", 1.0 },
		{ "1000000000000000000000000000000000000000000000000e-48", 1.0 },
		{ "8.5e22", 8.5e22 },
		{ "3.0e23", 3.0e23 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		double v = 5;
		tel_err rc = tel__num_parse_double((tel_slice){ rows[i].text, strlen(rows[i].text) }, &v);

		if (rc != TEL_OK || memcmp(&v, &rows[i].value, sizeof(v)) != 0)
			fail_msg("row %zu (%s): %s %a", i, rows[i].text, tel_err_name(rc), v);
	}
}

static void num_refuses_what_is_not_a_number(void **state)
{
	static const char *const rows[] = { "", "-", "+", ".5", "5.", "01", "-01", "1e", "1e+", "1.e3", "0x10", "NaN",
		                            "inf", "Infinity", " 1", "1 ", "1,5", "1_000", "--1", "1e5.0", "1.2.3" };
	double v = 5;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (tel__num_parse_double((tel_slice){ rows[i], strlen(rows[i]) }, &v) != TEL_ERR_MALFORMED)
			fail_msg("row %zu (%s) was taken", i, rows[i]);
	assert_err(tel__num_parse_double(TEL_SLICE_LIT("1.7976931348623159e308"), &v), TEL_ERR_RANGE);
	assert_err(tel__num_parse_double(TEL_SLICE_LIT("-1e99999999999999999999999"), &v), TEL_ERR_RANGE);
	assert_true(v == 5);
}

/* A point halfway between two doubles has up to 768 digits, and one digit far behind them decides. */
static void num_sees_digits_far_behind_the_halfway_point(void **state)
{
	static const char half[] = "9007199254740993.";
	char text[3000];
	double v;

	(void)state;
	memset(text, '0', sizeof(text));
	memcpy(text, half, sizeof(half) - 1);
	assert_ok(tel__num_parse_double((tel_slice){ text, sizeof(text) }, &v));
	assert_true(v == 9007199254740992.0);
	text[sizeof(text) - 1] = '1';
	assert_ok(tel__num_parse_double((tel_slice){ text, sizeof(text) }, &v));
	assert_true(v == 9007199254740994.0);
}

static void num_agrees_with_the_c_library(void **state)
{
	uint64_t seed = 23;
	char text[80];
	double v;
	int i;

	(void)state;
	for (i = 0; i < 200000; i++) {
		uint64_t bits = (splitmix64(&seed) >> 12) | (uint64_t)(1023 + splitmix64(&seed) % 64) << 52;

		switch (i % 4) {
		case 0: /* any 64 bits, any exponent around the table of powers */
			(void)snprintf(text, sizeof(text), "%llue%d", (unsigned long long)(splitmix64(&seed) >> i % 20),
			               (int)(splitmix64(&seed) % 140) - 70);
			break;
		case 1: /* what other programs print */
			(void)snprintf(text, sizeof(text), "%.17g", from_bits(bits));
			break;
		case 2: /* 54 bits and odd: halfway between two doubles, and a tenth and ten times of it */
			(void)snprintf(text, sizeof(text), "%llue%d",
			               (unsigned long long)(splitmix64(&seed) >> 11 | 1) | 1ull << 53, i % 3 - 1);
			break;
		default: /* close to a double, 19 digits */
			(void)snprintf(text, sizeof(text), "%.18e", from_bits(bits));
		}
		assert_ok(tel__num_parse_double((tel_slice){ text, strlen(text) }, &v));
		if (v != strtod(text, NULL))
			fail_msg("%s is %a, not %a", text, v, strtod(text, NULL));
	}
}

static void num_formats_doubles_as_short_as_possible(void **state)
{
	static const struct {
		double value;
		const char *text;
	} rows[] = {
		{ 0.0, "0" },
		{ -0.0, "-0" },
		{ 1.0, "1" },
		{ -42.0, "-42" },
		{ 0.1, "0.1" },
		{ 0.3, "0.3" },
		{ 0.1 + 0.2, "0.30000000000000004" },
		{ 100.25, "100.25" },
		{ 1e15, "1000000000000000" },
		{ 9007199254740991.0, "9007199254740991" },
		{ 9007199254740992.0, "9007199254740992" },
		{ 1e17, "100000000000000000" },
		{ 1e20, "100000000000000000000" },
		{ 123456789012345680000.0, "123456789012345680000" },
		{ 1e21, "1e+21" },
		{ 1.5e21, "1.5e+21" },
		{ 0.0001, "0.0001" },
		{ 0.00012345, "0.00012345" },
		{ 0.00001, "1e-05" },
		{ 1.2345e-7, "1.2345e-07" },
		{ 1e100, "1e+100" },
		{ DBL_MAX, "1.7976931348623157e+308" },
		{ -DBL_MAX, "-1.7976931348623157e+308" },
		{ DBL_MIN, "2.2250738585072014e-308" },
		{ 0x1p-1074, "5e-324" },
		{ 0x1.fffffffffffffp-1, "0.9999999999999999" },
		{ 0x1p-44, "5.684341886080802e-14" },
		{ 5e-324 * 3, "1.5e-323" },
		{ 9.5, "9.5" },
		{ 1113178120592002.25, "1113178120592002.2" },
	};
	char out[TEL__NUM_DOUBLE_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_slice(text_of(rows[i].value, out), rows[i].text);
	assert_slice(text_of((double)NAN, out), "NaN");
	assert_slice(text_of((double)INFINITY, out), "+Inf");
	assert_slice(text_of(-(double)INFINITY, out), "-Inf");
}

static void round_trip(double v)
{
	char out[TEL__NUM_DOUBLE_MAX];
	tel_slice text = text_of(v, out);
	double back;

	assert_true(text.len <= TEL__NUM_DOUBLE_MAX);
	if (tel__num_parse_double(text, &back) != TEL_OK || memcmp(&v, &back, sizeof(v)) != 0)
		fail_msg("%a came back as %.*s", v, (int)text.len, text.ptr);
}

static void num_reads_back_every_double_that_it_writes(void **state)
{
	uint64_t seed = 2, bits;
	int i;

	(void)state;
	for (i = 0; i < 30000; i++) {
		bits = splitmix64(&seed);
		if ((bits >> 52 & 0x7ff) != 0x7ff)
			round_trip(from_bits(bits));
		round_trip((double)(int64_t)splitmix64(&seed) / 1000.0);
		round_trip((double)(splitmix64(&seed) % 100000000) / 100.0);
	}
	/* powers of two and their neighbours */
	for (bits = 1; bits < (uint64_t)0x7ff << 52; bits += (uint64_t)1 << 51) {
		round_trip(from_bits(bits - 1));
		round_trip(from_bits(bits));
		round_trip(from_bits(bits + 1));
	}
}

static void num_formats_integers(void **state)
{
	char out[TEL__NUM_INT_MAX];

	(void)state;
	assert_slice(((tel_slice){ out, tel__num_format_u64(0, out) }), "0");
	assert_slice(((tel_slice){ out, tel__num_format_u64(UINT64_MAX, out) }), "18446744073709551615");
	assert_slice(((tel_slice){ out, tel__num_format_i64(INT64_MIN, out) }), "-9223372036854775808");
	assert_slice(((tel_slice){ out, tel__num_format_i64(-1, out) }), "-1");
}

static bool has_comma(const char *name)
{
	return setlocale(LC_ALL, name) && strcmp(localeconv()->decimal_point, ".") != 0;
}

/* An installed locale whose decimal point is a comma, or one that is compiled into folder. */
static bool use_comma_locale(const char *folder)
{
	char command[200];

	if (has_comma("de_DE.UTF-8") || has_comma("fr_FR.UTF-8"))
		return true;
	(void)snprintf(command, sizeof(command), "localedef --no-archive -i de_DE -f UTF-8 %s/de_DE.UTF-8 2>/dev/null",
	               folder);
	return system(command) == 0 && setenv("LOCPATH", folder, 1) == 0 && has_comma("de_DE.UTF-8");
}

static void remove_folder(const char *folder)
{
	char command[100];

	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	assert_int_equal(system(command), 0);
}

static void num_is_the_same_under_a_comma_locale(void **state)
{
	char out[TEL__NUM_DOUBLE_MAX], folder[] = "/tmp/test_num-XXXXXX";
	bool found;
	double v;

	(void)state;
	assert_non_null(mkdtemp(folder));
	found = use_comma_locale(folder);
	remove_folder(folder);
	if (!found)
		skip();
	assert_slice(text_of(0.30000000000000004, out), "0.30000000000000004");
	assert_slice(text_of(1.2345678901234567e-200, out), "1.2345678901234567e-200");
	assert_ok(tel__num_parse_double(TEL_SLICE_LIT("1.2345678901234567890123e-200"), &v));
	assert_true(v == 1.2345678901234567890123e-200);
	assert_err(tel__num_parse_double(TEL_SLICE_LIT("1,5"), &v), TEL_ERR_MALFORMED);
	(void)setlocale(LC_ALL, "C");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(num_parses_integers_to_the_last_value),
		cmocka_unit_test(num_parses_doubles_to_the_nearest),
		cmocka_unit_test(num_refuses_what_is_not_a_number),
		cmocka_unit_test(num_sees_digits_far_behind_the_halfway_point),
		cmocka_unit_test(num_agrees_with_the_c_library),
		cmocka_unit_test(num_formats_doubles_as_short_as_possible),
		cmocka_unit_test(num_reads_back_every_double_that_it_writes),
		cmocka_unit_test(num_formats_integers),
		cmocka_unit_test(num_is_the_same_under_a_comma_locale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
