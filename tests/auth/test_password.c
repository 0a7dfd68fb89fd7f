/* SPDX-License-Identifier: Apache-2.0 */
/* Stored passwords in every form; the stored ones are from openssl passwd and crypt(3). */
#include "seams/cm.h"

#include "auth/password.h"
#include "base/mem.h"
#include "base/slice_i.h"

#define TEST(f) cmocka_unit_test(f)

#define LONG "a much longer password than sixteen bytes"

typedef struct row {
	const char *stored, *password;
	tel__password_form form;
} row;

static const row rows[] = {
	{ "secret", "secret", TEL__PASSWORD_PLAIN },
	{ "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=", "secret", TEL__PASSWORD_SHA },
	{ "{SSHA}UgCJjM+VJJYduihDuk0aPpDtY9RzYWx0eQ==", "secret", TEL__PASSWORD_SSHA },
	{ "$1$saltsalt$9xy1btjgzLYfb7hivXtC//", "secret", TEL__PASSWORD_MD5 },
	{ "$1$ab$ZTj46kRB5W/DcsgaphZJd/", LONG, TEL__PASSWORD_MD5 },
	{ "$apr1$saltsalt$LrttParrLPdxvgutaSXWJ0", "secret", TEL__PASSWORD_MD5 },
	{ "$apr1$ab$ZgbyBttfAvWjwKDroS41O1", LONG, TEL__PASSWORD_MD5 },
	{ "$apr1$x$tMwYqBfQwi3FYAr0aJc8M/", "", TEL__PASSWORD_MD5 },
	{ "$5$saltsalt$0IyaXrmV7.sGNS6tirgqHLqX/G.FBvgkYA.lpPdS5sA", "secret", TEL__PASSWORD_CRYPT },
	{ "$6$ab$D/b1ED5JCsDv2eK28mwRj/Xh3KhpOUWrmfQPp8h2viBQsci9iVe4olHXNCkc2hyg2qGDlbZAsYEpWUnOGvDZA.", LONG,
	  TEL__PASSWORD_CRYPT },
	{ "$6$rounds=1000$saltsalt$LAV5VE5Y7w1d73x1mFNspYWUpazfmwv2SoepNXNKJ/otop/Zok96Hr8Q13LEv0DRY/x8v0/crpIjl8NJSAqXV/",
	  "secret", TEL__PASSWORD_CRYPT },
	{ "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", "secret", TEL__PASSWORD_CRYPT },
	{ "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a", "secret", TEL__PASSWORD_CRYPT },
};

/* The password with its zero byte, as slow forms want it. */
static bool matches(tel__password_form form, tel_slice stored, tel_slice password)
{
	char text[256] = "";
	void *scratch = tel__mem_zero(&tel__alloc_libc, tel__password_scratch_bytes(), 1);
	bool same;

	assert_non_null(scratch);
	assert_true(password.len < sizeof(text));
	memcpy(text, password.ptr, password.len);
	password.ptr = text;
	same = tel__password_is_slow(form) ? tel__password_matches_slowly(form, stored, password, scratch)
	                                   : tel__password_matches(&tel__alloc_libc, form, stored, password);
	tel__mem_free(&tel__alloc_libc, scratch, tel__password_scratch_bytes(), 1);
	return same;
}

static void every_form_is_recognised_and_matches_its_password(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tel__password_form form;
		assert_ok(tel__password_form_of(&tel__alloc_libc, tel__slice_str(rows[i].stored), &form, NULL));
		assert_int_equal(form, rows[i].form);
		if (!matches(form, tel__slice_str(rows[i].stored), tel__slice_str(rows[i].password)))
			fail_msg("%s does not match %s", rows[i].password, rows[i].stored);
	}
}

static void another_password_never_matches(void **state)
{
	static const tel_slice wrong[] = { TEL_SLICE_LIT("Secret"), TEL_SLICE_LIT("secre"), TEL_SLICE_LIT("secrets"),
		                               TEL_SLICE_LIT("secret\0"), TEL_SLICE_LIT("secret\0x"), TEL_SLICE_LIT("a much longer") };
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (size_t k = 0; k < sizeof(wrong) / sizeof(wrong[0]); k++)
			if (matches(rows[i].form, tel__slice_str(rows[i].stored), wrong[k]))
				fail_msg("password %zu matches %s", k, rows[i].stored);
}

/* The stored text itself, and a part of a digest, are no way in. */
static void what_is_stored_is_no_password(void **state)
{
	(void)state;
	for (size_t i = 1; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tel_slice stored = tel__slice_str(rows[i].stored);
		assert_false(matches(rows[i].form, stored, stored));
		assert_false(matches(rows[i].form, stored, tel__slice_sub(stored, 0, 8)));
	}
}

static void damaged_and_unknown_forms_are_refused_without_showing_them(void **state)
{
	static const struct {
		const char *stored, *text;
	} bad[] = {
		{ "", "empty" },
		{ "$7$CU..../....abc", "unknown kind" },
		{ "$argon2id$v=19$m=65536", "unknown kind" },
		{ "{MD5}abc", "unknown kind" },
		{ "{SHA}5en6G6MezRroT3XKqkdPOmY/Bf", "wrong length" },
		{ "{SHA}!!!", "not base64" },
		{ "{SSHA}AAAA", "wrong length" },
		{ "$1$saltsaltsalt$9xy1btjgzLYfb7hivXtC//", "damaged" },
		{ "$apr1$salt$short", "damaged" },
		{ "$2b$04$short", "damaged" },
		{ "$2b$03$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", "damaged" },
		{ "$2b$31$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW", "above 15" },
		{ "$6$rounds=999999999$saltsalt$LAV5VE5Y7w1d73x1mFNspYWUpazfmwv2SoepNXNKJ", "above 1000000" },
		{ "$6$saltsalt$short", "damaged" },
		{ "$5$", "damaged" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		tel__password_form form;
		tel_error err = TEL_ERROR_INIT;
		assert_err(tel__password_form_of(&tel__alloc_libc, tel__slice_str(bad[i].stored), &form, &err), TEL_ERR_CONFIG);
		if (!strstr(err.msg, bad[i].text) || (bad[i].stored[0] && strstr(err.msg, bad[i].stored)))
			fail_msg("%s says %s", bad[i].stored, err.msg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_form_is_recognised_and_matches_its_password),
		TEST(another_password_never_matches),
		TEST(what_is_stored_is_no_password),
		TEST(damaged_and_unknown_forms_are_refused_without_showing_them),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
