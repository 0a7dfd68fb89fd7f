/* SPDX-License-Identifier: Apache-2.0 */
/* Forms there and back, and URLs as they may be shown. */
#include "seams/cm.h"

#include "base/mem.h"
#include "base/slice_i.h"
#include "wire/form.h"

#define TEST(f) cmocka_unit_test(f)

static void names_and_values_are_encoded(void **state)
{
	tel__dynbuf b;
	(void)state;
	tel__dynbuf_init(&b, &tel__alloc_libc, 1000);
	tel__form_add(TEL_SLICE_LIT("a b"), TEL_SLICE_LIT("x&y=z/%\n\303\244"), &b);
	tel__form_add(TEL_SLICE_LIT("-._~"), TEL_SLICE_LIT(""), &b);
	assert_slice(tel__dynbuf_get(&b), "a+b=x%26y%3Dz%2F%25%0A%C3%A4&-._~=");
	tel__dynbuf_fini(&b);
}

static void every_byte_comes_back(void **state)
{
	char all[256];
	tel__dynbuf coded, plain;
	(void)state;
	for (int i = 0; i < 256; i++)
		all[i] = (char)i;
	tel__dynbuf_init(&coded, &tel__alloc_libc, 1000);
	tel__dynbuf_init(&plain, &tel__alloc_libc, 1000);
	tel__form_encode((tel_slice){ all, sizeof(all) }, &coded);
	assert_ok(tel__form_decode(tel__dynbuf_get(&coded), &plain));
	assert_int_equal(plain.len, sizeof(all));
	assert_memory_equal(plain.ptr, all, sizeof(all));
	tel__dynbuf_fini(&coded);
	tel__dynbuf_fini(&plain);
}

static void a_percent_sign_wants_two_digits(void **state)
{
	static const char *const bad[] = { "%", "a%4", "%g0", "%0g", "x%" };
	tel__dynbuf b;
	(void)state;
	tel__dynbuf_init(&b, &tel__alloc_libc, 1000);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_err(tel__form_decode(tel__slice_str(bad[i]), &b), TEL_ERR_MALFORMED);
	tel__dynbuf_fini(&b);
}

static void a_url_is_shown_without_its_secrets(void **state)
{
	static const struct {
		const char *url, *shown;
	} rows[] = {
		{ "https://host:4318/v1/metrics", "https://host:4318/v1/metrics" },
		{ "https://user:pass@host/path?key=secret#frag", "https://host/path" },
		{ "https://u@p@host", "https://host" },
		{ "http://host?key=secret", "http://host" },
		{ "http://host/a@b", "http://host/a@b" },
		{ "user:pass@host:4317", "host:4317" },
		{ "host:4317", "host:4317" },
		{ "http://h\n/x", "http://h\\x0a/x" },
		{ "", "" },
	};
	char out[200];
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(tel__url_shown(tel__slice_str(rows[i].url), out, sizeof(out)), rows[i].shown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_and_values_are_encoded),
		TEST(every_byte_comes_back),
		TEST(a_percent_sign_wants_two_digits),
		TEST(a_url_is_shown_without_its_secrets),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
