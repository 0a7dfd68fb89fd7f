/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/slice_i.h"
#include "wire/grpc.h"

static void check_text(tel__dynbuf *b, const char *want)
{
	tel_slice got = tel__dynbuf_get(b);

	assert_int_equal(tel__dynbuf_error(b), TEL_OK);
	assert_int_equal(got.len, strlen(want));
	assert_memory_equal(got.ptr, want, got.len);
	tel__dynbuf_reset(b);
}

static void prefix_is_a_flag_and_a_big_endian_length(void **state)
{
	uint8_t bytes[TEL__GRPC_PREFIX_LEN];
	bool compressed = false;
	uint32_t len = 0;

	(void)state;
	tel__grpc_prefix_write(true, 0x01020304, bytes);
	assert_memory_equal(bytes, "\1\1\2\3\4", sizeof(bytes));
	assert_int_equal(tel__grpc_prefix_read(bytes, &compressed, &len), TEL_OK);
	assert_true(compressed);
	assert_int_equal(len, 0x01020304);
}

static void prefix_with_another_flag_is_malformed(void **state)
{
	const uint8_t bytes[TEL__GRPC_PREFIX_LEN] = { 2, 0, 0, 0, 0 };
	bool compressed = true;
	uint32_t len = 7;

	(void)state;
	assert_int_equal(tel__grpc_prefix_read(bytes, &compressed, &len), TEL_ERR_MALFORMED);
	assert_true(compressed);
	assert_int_equal(len, 7);
}

static void message_escapes_all_but_printable_ascii(void **state)
{
	tel__dynbuf b;

	(void)state;
	tel__dynbuf_init(&b, NULL, 1024);
	tel__grpc_message_encode(TEL_SLICE_LIT("50% of \xc3\xa4\n~"), &b);
	check_text(&b, "50%25 of %C3%A4%0A~");
	tel__dynbuf_fini(&b);
}

static void message_decoding_never_drops_anything(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "" },       { "plain", "plain" },     { "a%20b", "a b" },    { "%c3%A4", "\xc3\xa4" },
		{ "%", "%" },     { "%4", "%4" },           { "%4g!", "%4g!" },    { "%%41", "%A" },
		{ "%zz%41", "%zzA" }, { "100%", "100%" },   { "%C3", "\xc3" },
	};
	tel__dynbuf b;
	size_t i;

	(void)state;
	tel__dynbuf_init(&b, NULL, 1024);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tel__grpc_message_decode(tel__slice_str(rows[i].in), &b);
		check_text(&b, rows[i].out);
	}
	tel__dynbuf_fini(&b);
}

static void timeout_has_at_most_eight_digits_and_rounds_up(void **state)
{
	static const struct {
		uint64_t ns;
		const char *text;
	} rows[] = {
		{ 0, "0n" },
		{ 99999999, "99999999n" },
		{ 100000001, "100001u" },
		{ 10000000000, "10000000u" },
		{ 99999999000001, "100000S" },
		{ UINT64_MAX, "5124096H" },
	};
	char out[TEL__GRPC_TIMEOUT_LEN];
	size_t i, n;
	uint64_t back;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		n = tel__grpc_timeout_format(rows[i].ns, out);
		assert_true(n <= sizeof(out));
		assert_int_equal(tel__grpc_timeout_parse((tel_slice){ out, n }, &back), TEL_OK);
		assert_true(back >= rows[i].ns);
		assert_int_equal(n, strlen(rows[i].text));
		assert_memory_equal(out, rows[i].text, n);
	}
}

static void timeout_reads_what_the_sdks_send_and_nothing_else(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = {
		{ "10S", 10000000000 }, { "9930m", 9930000000 },          { "9992555u", 9992555000 },
		{ "0n", 0 },            { "99999999H", UINT64_MAX },      { "1M", 60000000000 },
	};
	static const char *const bad[] = { "", "S", "1", "1s", "-1S", "1.5S", "123456789n", "1 S", "0x1S", "1SS" };
	uint64_t ns;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_int_equal(tel__grpc_timeout_parse(tel__slice_str(good[i].text), &ns), TEL_OK);
		assert_int_equal(ns, good[i].ns);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (tel__grpc_timeout_parse(tel__slice_str(bad[i]), &ns) != TEL_ERR_MALFORMED)
			fail_msg("accepted \"%s\"", bad[i]);
}

static void bin_headers_are_written_unpadded_and_read_either_way(void **state)
{
	tel__dynbuf b;

	(void)state;
	tel__dynbuf_init(&b, NULL, 1024);
	tel__grpc_bin_encode(TEL_SLICE_LIT("a"), &b);
	check_text(&b, "YQ");
	tel__grpc_bin_encode(TEL_SLICE_LIT("abc"), &b);
	check_text(&b, "YWJj");
	assert_int_equal(tel__grpc_bin_decode(TEL_SLICE_LIT("YQ"), &b), TEL_OK);
	check_text(&b, "a");
	assert_int_equal(tel__grpc_bin_decode(TEL_SLICE_LIT("YQ=="), &b), TEL_OK);
	check_text(&b, "a");
	assert_int_equal(tel__grpc_bin_decode(TEL_SLICE_LIT("YWJj, YQ=="), &b), TEL_OK);
	check_text(&b, "abc");
	assert_int_equal(tel__grpc_bin_decode(TEL_SLICE_LIT("!!"), &b), TEL_ERR_MALFORMED);
	check_text(&b, "");
	tel__dynbuf_fini(&b);
}

static void statuses_of_answers_without_grpc_status_follow_the_table(void **state)
{
	static const struct {
		unsigned http;
		int32_t status;
	} rows[] = { { 200, 2 }, { 400, 13 }, { 401, 16 }, { 403, 7 }, { 404, 12 }, { 418, 2 }, { 429, 14 }, { 431, 13 },
		{ 500, 2 }, { 502, 14 }, { 503, 14 }, { 504, 14 } };
	static const int32_t resets[] = { 13, 13, 13, 13, 13, 13, 13, 14, 1, 13, 13, 8, 7, 13, 13 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(tel__grpc_status_from_http(rows[i].http), rows[i].status);
	for (i = 0; i < sizeof(resets) / sizeof(resets[0]); i++)
		assert_int_equal(tel__grpc_status_from_reset((uint32_t)i), resets[i]);
	assert_string_equal(tel__grpc_status_name(0), "OK");
	assert_string_equal(tel__grpc_status_name(1), "Canceled");
	assert_string_equal(tel__grpc_status_name(16), "Unauthenticated");
	assert_string_equal(tel__grpc_status_name(17), "Unknown");
	assert_string_equal(tel__grpc_status_name(-1), "Unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefix_is_a_flag_and_a_big_endian_length),
		cmocka_unit_test(prefix_with_another_flag_is_malformed),
		cmocka_unit_test(message_escapes_all_but_printable_ascii),
		cmocka_unit_test(message_decoding_never_drops_anything),
		cmocka_unit_test(timeout_has_at_most_eight_digits_and_rounds_up),
		cmocka_unit_test(timeout_reads_what_the_sdks_send_and_nothing_else),
		cmocka_unit_test(bin_headers_are_written_unpadded_and_read_either_way),
		cmocka_unit_test(statuses_of_answers_without_grpc_status_follow_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
