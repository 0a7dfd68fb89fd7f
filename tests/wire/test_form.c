/* SPDX-License-Identifier: Apache-2.0 */
/* Forms there and back. */
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(names_and_values_are_encoded),
		TEST(every_byte_comes_back),
		TEST(a_percent_sign_wants_two_digits),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
