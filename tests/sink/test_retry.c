/* SPDX-License-Identifier: Apache-2.0 */
/* The status tables row by row, backoff by seed, Retry-After, texts: protocols.md 2.2, 2.3, 2.5; otel-processing.md 9.3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/slice_i.h"
#include "sink/retry.h"

#define SECOND UINT64_C(1000000000)

static const tel__retry_options defaults = { true, 5000000000, 30000000000, 300000000000, 0.5, 1.5 };

static void grpc_codes_follow_the_table(void **state)
{
	(void)state;
	static const struct {
		int32_t code;
		tel__export_verdict bare, hinted;
		const char *name;
	} rows[] = {
		{ 0, TEL__EXPORT_OK, TEL__EXPORT_OK, "OK" },
		{ 1, TEL__EXPORT_RETRY, TEL__EXPORT_RETRY, "Canceled" },
		{ 2, TEL__EXPORT_PERMANENT, TEL__EXPORT_PERMANENT, "Unknown" },
		{ 3, TEL__EXPORT_PERMANENT, TEL__EXPORT_PERMANENT, "InvalidArgument" },
		{ 4, TEL__EXPORT_RETRY, TEL__EXPORT_RETRY, "DeadlineExceeded" },
		{ 5, TEL__EXPORT_PERMANENT, TEL__EXPORT_PERMANENT, "NotFound" },
		{ 6, TEL__EXPORT_PERMANENT, TEL__EXPORT_PERMANENT, "AlreadyExists" },
		{ 7, TEL__EXPORT_PERMANENT, TEL__EXPORT_PERMANENT, "PermissionDenied" },
		{ 8, TEL__EXPORT_PERMANENT, TEL__EXPORT_RETRY, "ResourceExhausted" },
		{ 9, TEL__EXPORT_PERMANENT, TEL__EXPORT_PERMANENT, "FailedPrecondition" },
		{ 10, TEL__EXPORT_RETRY, TEL__EXPORT_RETRY, "Aborted" },
		{ 11, TEL__EXPORT_RETRY, TEL__EXPORT_RETRY, "OutOfRange" },
		{ 12, TEL__EXPORT_PERMANENT, TEL__EXPORT_PERMANENT, "Unimplemented" },
		{ 13, TEL__EXPORT_PERMANENT, TEL__EXPORT_PERMANENT, "Internal" },
		{ 14, TEL__EXPORT_RETRY, TEL__EXPORT_RETRY, "Unavailable" },
		{ 15, TEL__EXPORT_RETRY, TEL__EXPORT_RETRY, "DataLoss" },
		{ 16, TEL__EXPORT_PERMANENT, TEL__EXPORT_PERMANENT, "Unauthenticated" },
		{ 17, TEL__EXPORT_PERMANENT, TEL__EXPORT_PERMANENT, "Unknown" },
		{ -1, TEL__EXPORT_PERMANENT, TEL__EXPORT_PERMANENT, "Unknown" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(tel__retry_grpc(rows[i].code, false), rows[i].bare);
		assert_int_equal(tel__retry_grpc(rows[i].code, true), rows[i].hinted);
		assert_string_equal(tel__retry_grpc_name(rows[i].code), rows[i].name);
	}
}

static void http_statuses_follow_the_table(void **state)
{
	(void)state;
	for (unsigned status = 100; status <= 599; status++) {
		tel__export_verdict want = TEL__EXPORT_PERMANENT;
		if (status >= 200 && status < 300)
			want = TEL__EXPORT_OK;
		else if (status == 429 || status == 502 || status == 503 || status == 504)
			want = TEL__EXPORT_RETRY;
		else if (status == 413)
			want = TEL__EXPORT_TOO_BIG;
		assert_int_equal(tel__retry_http(status), want);
		assert_int_equal(tel__retry_http_honours_hint(status), status == 429 || status == 503);
	}
}

static void http_statuses_stand_for_grpc_codes(void **state)
{
	(void)state;
	static const struct {
		unsigned status;
		int32_t code;
	} rows[] = { { 200, 0 }, { 400, 3 }, { 401, 16 }, { 403, 7 }, { 404, 12 }, { 429, 8 }, { 500, 2 },
		     { 502, 14 }, { 503, 14 }, { 504, 14 }, { 413, 2 }, { 418, 2 } };
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(tel__retry_grpc_of_http(rows[i].status), rows[i].code);
}

static void backoff_grows_to_its_maximum(void **state)
{
	(void)state;
	/* the middle of the range: no jitter */
	static const double want[] = { 5, 7.5, 11.25, 16.875, 25.3125, 30, 30 };
	tel__backoff b = { 0, false };
	for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
		assert_int_equal(tel__backoff_next(&b, &defaults, UINT64_C(1) << 63), (uint64_t)(want[i] * 1e9));
}

static void backoff_jitter_stays_within_the_factor(void **state)
{
	(void)state;
	tel__backoff low = { 0, false }, high = { 0, false };
	assert_int_equal(tel__backoff_next(&low, &defaults, 0), 2500000000);
	uint64_t top = tel__backoff_next(&high, &defaults, UINT64_MAX);
	assert_in_range(top, 7499999990, 7500000000);
}

static void backoff_survives_extreme_options(void **state)
{
	(void)state;
	tel__retry_options o = { true, INT64_MAX, INT64_MAX, 0, 1, 1e300 };
	tel__backoff b = { 0, false };
	for (int i = 0; i < 5; i++)
		assert_true(tel__backoff_next(&b, &o, UINT64_MAX) <= UINT64_C(9000000000000000000));
	tel__retry_options zero = { .enabled = true };
	tel__backoff z = { 0, false };
	assert_int_equal(tel__backoff_next(&z, &zero, UINT64_MAX), 0);
}

static void retry_waits_for_the_longer_of_backoff_and_hint(void **state)
{
	(void)state;
	tel__backoff b = { 0, false };
	uint64_t when = 0, half = UINT64_C(1) << 63;
	assert_true(tel__retry_when(&b, &defaults, 60 * SECOND, 0, 100 * SECOND, UINT64_MAX, half, &when));
	assert_int_equal(when, 160 * SECOND);
	assert_true(tel__retry_when(&b, &defaults, 1 * SECOND, 0, 100 * SECOND, UINT64_MAX, half, &when));
	assert_int_equal(when, 107500000000);
}

static void retry_gives_up_when_the_next_attempt_would_be_too_late(void **state)
{
	(void)state;
	uint64_t when = 7, half = UINT64_C(1) << 63;
	tel__backoff b = { 0, false };
	assert_true(tel__retry_when(&b, &defaults, 0, 10 * SECOND, 305 * SECOND, UINT64_MAX, half, &when));
	b.started = false;
	assert_false(tel__retry_when(&b, &defaults, 0, 10 * SECOND, 305 * SECOND + 1, UINT64_MAX, half, &when));
	b.started = false;
	assert_false(tel__retry_when(&b, &defaults, 0, 10 * SECOND, 20 * SECOND, 25 * SECOND - 1, half, &when));
	b.started = false;
	assert_true(tel__retry_when(&b, &defaults, 0, 10 * SECOND, 20 * SECOND, 25 * SECOND, half, &when));
}

static void retry_never_gives_up_without_a_limit(void **state)
{
	(void)state;
	tel__retry_options o = defaults;
	tel__backoff b = { 0, false };
	uint64_t when = 0;
	o.max_elapsed_time = 0;
	assert_true(tel__retry_when(&b, &o, 0, 0, UINT64_MAX - 1, UINT64_MAX, 1, &when));
	assert_int_equal(when, UINT64_MAX);
}

static void retry_after_is_read_in_all_forms(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool ok;
		uint64_t seconds;
	} rows[] = {
		/* now = Sun, 06 Nov 1994 08:49:37 GMT */
		{ "0", true, 0 },
		{ "5", true, 5 },
		{ "  120 ", true, 120 },
		{ "-3", true, 0 },
		{ "3600", true, 3600 },
		{ "3601", true, 3600 },
		{ "1000000000", true, 3600 },
		{ "99999999999999999999999", true, 3600 },
		{ "-99999999999999999999999", true, 0 },
		{ "Sun, 06 Nov 1994 08:49:47 GMT", true, 10 },
		{ "Sunday, 06-Nov-94 08:49:47 GMT", true, 10 },
		{ "Sun Nov  6 08:49:47 1994", true, 10 },
		{ "Sun, 06 Nov 1994 08:49:37 GMT", true, 0 },
		{ "Sun, 06 Nov 1994 08:49:36 GMT", true, 0 },
		{ "Mon, 07 Nov 1994 08:49:37 GMT", true, 3600 },
		{ "Thu, 01 Jan 1970 00:00:00 GMT", true, 0 },
		{ "", false, 0 },
		{ "soon", false, 0 },
		{ "1.5", false, 0 },
		{ "5s", false, 0 },
		{ "Sun, 06 Now 1994 08:49:37 GMT", false, 0 },
		{ "Sun, 32 Nov 1994 08:49:37 GMT", false, 0 },
		{ "Sun, 00 Nov 1994 08:49:37 GMT", false, 0 },
		{ "Sun, 06 Nov 1994 24:49:37 GMT", false, 0 },
		{ "Sun, 06 Nov 1994 08:49:37 CET", false, 0 },
		{ "Sun, 06 Nov 1994 08:49:37", false, 0 },
		{ "Sun, 06 Nov 99999 08:49:37 GMT", false, 0 },
	};
	const uint64_t now = UINT64_C(784111777) * SECOND;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		uint64_t ns = 77;
		bool ok = tel__retry_after_parse(tel__slice_str(rows[i].text), now, &ns);
		if (ok != rows[i].ok || ns != (ok ? rows[i].seconds * SECOND : 77))
			fail_msg("'%s': %d, %llu ns", rows[i].text, ok, (unsigned long long)ns);
	}
}

static void leap_days_count(void **state)
{
	(void)state;
	uint64_t ns;
	/* 2024-02-29 23:59:50 -> 2024-03-01 00:00:00 */
	assert_true(tel__retry_after_parse(tel__slice_str("Fri, 01 Mar 2024 00:00:00 GMT"), UINT64_C(1709251190) * SECOND, &ns));
	assert_int_equal(ns, 10 * SECOND);
}

static void assert_text(tel_slice got, const char *want)
{
	assert_int_equal(got.len, strlen(want));
	assert_memory_equal(got.ptr, want, got.len);
}

static void texts_are_the_collectors(void **state)
{
	(void)state;
	char out[1024];
	tel_slice url = TEL_SLICE_LIT("http://b:4318/v1/metrics");
	assert_text(tel__retry_text_grpc(out, sizeof out, 14, TEL_SLICE_LIT("busy")),
	            "rpc error: code = Unavailable desc = busy");
	assert_text(tel__retry_text_http(out, sizeof out, url, 503, false, (tel_slice){ NULL, 0 }),
	            "rpc error: code = Unavailable desc = error exporting items, request to http://b:4318/v1/metrics "
	            "responded with HTTP Status Code 503");
	assert_text(tel__retry_text_http(out, sizeof out, url, 400, true, TEL_SLICE_LIT("bad")),
	            "rpc error: code = InvalidArgument desc = error exporting items, request to http://b:4318/v1/metrics "
	            "responded with HTTP Status Code 400, Message=bad, Details=[]");
	assert_text(tel__retry_text_network(out, sizeof out, url, TEL_SLICE_LIT("refused")),
	            "failed to make an HTTP request: Post \"http://b:4318/v1/metrics\": refused");
}

static void texts_are_cut_to_fit(void **state)
{
	(void)state;
	char out[16];
	tel_slice t = tel__retry_text_grpc(out, sizeof out, 14, TEL_SLICE_LIT("busy"));
	assert_text(t, "rpc error: code");
	assert_int_equal(out[15], '\0');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grpc_codes_follow_the_table),
		cmocka_unit_test(http_statuses_follow_the_table),
		cmocka_unit_test(http_statuses_stand_for_grpc_codes),
		cmocka_unit_test(backoff_grows_to_its_maximum),
		cmocka_unit_test(backoff_jitter_stays_within_the_factor),
		cmocka_unit_test(backoff_survives_extreme_options),
		cmocka_unit_test(retry_waits_for_the_longer_of_backoff_and_hint),
		cmocka_unit_test(retry_gives_up_when_the_next_attempt_would_be_too_late),
		cmocka_unit_test(retry_never_gives_up_without_a_limit),
		cmocka_unit_test(retry_after_is_read_in_all_forms),
		cmocka_unit_test(leap_days_count),
		cmocka_unit_test(texts_are_the_collectors),
		cmocka_unit_test(texts_are_cut_to_fit),
	};
	return cmocka_run_group_tests_name("sink/retry", tests, NULL, NULL);
}
