/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "base/error_i.h"
#include "base/utf8.h"
#include "seams/cm.h"

static void error_says_code_text_and_position(void **state)
{
	tel_error err = TEL_ERROR_INIT;

	(void)state;
	assert_err(tel__fail_text(&err, TEL_ERR_CONFIG, 3, 14, "key \"%s\" is not known", "x"), TEL_ERR_CONFIG);
	assert_int_equal(err.code, TEL_ERR_CONFIG);
	assert_int_equal(err.line, 3);
	assert_int_equal(err.column, 14);
	assert_string_equal(err.msg, "key \"x\" is not known");
	assert_err(tel__fail_at(&err, TEL_ERR_MALFORMED, 1234567890123u, "bad tag"), TEL_ERR_MALFORMED);
	assert_int_equal(err.line, 0);
	assert_true(err.offset == 1234567890123u);
	assert_err(tel__fail_errno(&err, TEL_ERR_IO, ENOSPC, "cannot write %s", "q/000001"), TEL_ERR_IO);
	assert_int_equal(err.detail, ENOSPC);
	assert_string_equal(err.msg, "cannot write q/000001: No space left on device");
	assert_err(tel__fail_nomem(&err), TEL_ERR_NOMEM);
	assert_int_equal(err.size, sizeof(err));
}

static void error_message_can_be_wrapped(void **state)
{
	tel_error err = TEL_ERROR_INIT;

	(void)state;
	(void)tel__fail(&err, TEL_ERR_MALFORMED, "bad tag");
	(void)tel__fail(&err, err.code, "%s in metric 3", err.msg);
	assert_string_equal(err.msg, "bad tag in metric 3");
	(void)tel__fail(&err, err.code, "resource 1: %s", err.msg);
	assert_string_equal(err.msg, "resource 1: bad tag in metric 3");
}

static void error_may_be_null(void **state)
{
	(void)state;
	assert_err(tel__fail(NULL, TEL_ERR_ARG, "%d", 1), TEL_ERR_ARG);
	assert_err(tel__fail_at(NULL, TEL_ERR_ARG, 1, "%d", 1), TEL_ERR_ARG);
	assert_err(tel__fail_text(NULL, TEL_ERR_ARG, 1, 1, "%d", 1), TEL_ERR_ARG);
	assert_err(tel__fail_errno(NULL, TEL_ERR_IO, EIO, "%d", 1), TEL_ERR_IO);
	assert_err(tel__fail_nomem(NULL), TEL_ERR_NOMEM);
}

static void error_text_is_cut_at_a_character_border(void **state)
{
	char text[400];
	size_t lead, i;
	tel_error err = TEL_ERROR_INIT;

	(void)state;
	for (lead = 240; lead < 260; lead++) {
		memset(text, 'a', lead);
		for (i = lead; i + 4 < sizeof(text); i += 4)
			memcpy(text + i, "\xf0\x9f\x98\x80", 5);
		(void)tel__fail(&err, TEL_ERR_ARG, "%s", text);
		assert_true(strlen(err.msg) >= 252);
		assert_true(tel__utf8_valid((tel_slice){ err.msg, strlen(err.msg) }));
		assert_memory_equal(err.msg, text, strlen(err.msg));
	}
}

static void printable_escapes_what_steers_a_terminal(void **state)
{
	static const struct {
		const char *in;
		size_t len;
		const char *out;
	} rows[] = {
		{ "plain", 5, "plain" },
		{ "a\nb\x1b[1m", 7, "a\\x0ab\\x1b[1m" },
		{ "\x7f\0", 2, "\\x7f\\x00" },
		{ "\xc2\x9b", 2, "\\xc2\\x9b" },
		{ "\xc3\xa9", 2, "\xc3\xa9" },
		{ "\xed\xa0\x80", 3, "\\xed\\xa0\\x80" },
		{ "\xe2\x82", 2, "\\xe2\\x82" },
		{ "", 0, "" },
	};
	char out[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(tel__slice_printable((tel_slice){ rows[i].in, rows[i].len }, out, sizeof(out)),
		                    rows[i].out);
}

static void printable_cuts_with_dots_within_its_room(void **state)
{
	char out[16], small[8];

	(void)state;
	assert_string_equal(tel__slice_printable(TEL_SLICE_LIT("123456789012345"), out, 16), "123456789012345");
	assert_string_equal(tel__slice_printable(TEL_SLICE_LIT("1234567890123456"), out, 16), "123456789012...");
	assert_string_equal(tel__slice_printable(TEL_SLICE_LIT("12\n45678"), small, 8), "12...");
}

static void every_code_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(tel_err_name(TEL_OK), "TEL_OK");
	assert_string_equal(tel_err_name(TEL_ERR_BUDGET), "TEL_ERR_BUDGET");
	assert_string_equal(tel_err_name(TEL_ERR_FATAL), "TEL_ERR_FATAL");
	assert_string_equal(tel_err_name((tel_err)555), "TEL_ERR_UNKNOWN");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(error_says_code_text_and_position),
		cmocka_unit_test(error_message_can_be_wrapped),
		cmocka_unit_test(error_may_be_null),
		cmocka_unit_test(error_text_is_cut_at_a_character_border),
		cmocka_unit_test(printable_escapes_what_steers_a_terminal),
		cmocka_unit_test(printable_cuts_with_dots_within_its_room),
		cmocka_unit_test(every_code_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
