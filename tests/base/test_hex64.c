/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex64.h"
#include "seams/cm.h"
#include "seams/fakerandom.h"

static void base64_matches_the_vectors_of_the_rfc(void **state)
{
	static const char *const rows[][2] = { { "", "" },           { "f", "Zg==" },         { "fo", "Zm8=" },
		                               { "foo", "Zm9v" },    { "foob", "Zm9vYg==" },  { "fooba", "Zm9vYmE=" },
		                               { "foobar", "Zm9vYmFy" } };
	tel__dynbuf out;
	size_t i;

	(void)state;
	tel__dynbuf_init(&out, NULL, 100);
	for (i = 0; i < 7; i++) {
		tel_slice text = { rows[i][1], strlen(rows[i][1]) }, bare = text;

		tel__dynbuf_reset(&out);
		tel__base64_encode((tel_slice){ rows[i][0], strlen(rows[i][0]) }, &out);
		assert_slice(tel__dynbuf_get(&out), rows[i][1]);
		tel__dynbuf_reset(&out);
		assert_ok(tel__base64_decode(text, &out));
		assert_slice(tel__dynbuf_get(&out), rows[i][0]);
		while (bare.len && bare.ptr[bare.len - 1] == '=')
			bare.len--;
		tel__dynbuf_reset(&out);
		assert_ok(tel__base64_decode(bare, &out));
		assert_slice(tel__dynbuf_get(&out), rows[i][0]);
	}
	tel__dynbuf_reset(&out);
	assert_ok(tel__base64_decode(TEL_SLICE_LIT("-_+/"), &out));
	assert_slice(tel__dynbuf_get(&out), "\xfb\xff\xbf");
	tel__dynbuf_fini(&out);
}

static void base64_refuses_damage_and_leaves_the_output(void **state)
{
	static const char *const rows[] = { "Z", "Zg=", "Zg===", "Z===", "=", "====", "Zm9v=", "Zm 9v", "Zm9\n", "Zg==Zg==",
		                            "Zm9v\x80", "Zm8=X" };
	tel__dynbuf out;
	size_t i;

	(void)state;
	tel__dynbuf_init(&out, NULL, 100);
	tel__dynbuf_puts(&out, "kept");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (tel__base64_decode((tel_slice){ rows[i], strlen(rows[i]) }, &out) != TEL_ERR_MALFORMED)
			fail_msg("row %zu (%s) was taken", i, rows[i]);
		assert_slice(tel__dynbuf_get(&out), "kept");
	}
	tel__dynbuf_fini(&out);
}

static void hex_takes_any_case_and_even_length(void **state)
{
	tel__dynbuf out;

	(void)state;
	tel__dynbuf_init(&out, NULL, 100);
	assert_ok(tel__hex_decode(TEL_SLICE_LIT("00fFA5"), &out));
	assert_int_equal(tel__dynbuf_get(&out).len, 3);
	assert_memory_equal(tel__dynbuf_get(&out).ptr, "\x00\xff\xa5", 3);
	assert_err(tel__hex_decode(TEL_SLICE_LIT("0"), &out), TEL_ERR_MALFORMED);
	assert_err(tel__hex_decode(TEL_SLICE_LIT("0g"), &out), TEL_ERR_MALFORMED);
	assert_int_equal(tel__dynbuf_get(&out).len, 3);
	tel__dynbuf_reset(&out);
	tel__hex_encode(TEL_SLICE_LIT("\x00\xff\xa5"), &out);
	assert_slice(tel__dynbuf_get(&out), "00ffa5");
	tel__dynbuf_fini(&out);
}

static void both_come_back_for_random_bytes(void **state)
{
	tel__dynbuf text, back;
	uint64_t seed = 3;
	char bytes[100];
	size_t len, i;

	(void)state;
	tel__dynbuf_init(&text, NULL, 1000);
	tel__dynbuf_init(&back, NULL, 1000);
	for (len = 0; len < sizeof(bytes); len++) {
		tel_slice in = { bytes, len };

		for (i = 0; i < len; i++)
			bytes[i] = (char)splitmix64(&seed);
		tel__dynbuf_reset(&text);
		tel__dynbuf_reset(&back);
		tel__base64_encode(in, &text);
		assert_ok(tel__base64_decode(tel__dynbuf_get(&text), &back));
		assert_int_equal(tel__dynbuf_get(&back).len, len);
		if (len)
			assert_memory_equal(tel__dynbuf_get(&back).ptr, bytes, len);
		tel__dynbuf_reset(&text);
		tel__dynbuf_reset(&back);
		tel__hex_encode(in, &text);
		assert_ok(tel__hex_decode(tel__dynbuf_get(&text), &back));
		assert_int_equal(tel__dynbuf_get(&back).len, len);
		if (len)
			assert_memory_equal(tel__dynbuf_get(&back).ptr, bytes, len);
	}
	tel__dynbuf_fini(&text);
	tel__dynbuf_fini(&back);
}

static void both_report_a_full_buffer(void **state)
{
	tel__dynbuf out;

	(void)state;
	tel__dynbuf_init(&out, NULL, 3);
	tel__base64_encode(TEL_SLICE_LIT("foo"), &out);
	assert_err(tel__dynbuf_error(&out), TEL_ERR_LIMIT);
	tel__dynbuf_reset(&out);
	assert_err(tel__base64_decode(TEL_SLICE_LIT("Zm9vYg=="), &out), TEL_ERR_LIMIT);
	tel__dynbuf_reset(&out);
	assert_err(tel__hex_decode(TEL_SLICE_LIT("00112233"), &out), TEL_ERR_LIMIT);
	tel__dynbuf_fini(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(base64_matches_the_vectors_of_the_rfc),
		cmocka_unit_test(base64_refuses_damage_and_leaves_the_output),
		cmocka_unit_test(hex_takes_any_case_and_even_length),
		cmocka_unit_test(both_come_back_for_random_bytes),
		cmocka_unit_test(both_report_a_full_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
