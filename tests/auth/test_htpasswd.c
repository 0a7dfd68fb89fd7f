/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of users: what is read, what is refused and where, without memory, and what a newer table keeps. */
#include "seams/cm.h"
#include "torture/torture.h"

#include "auth/htpasswd.h"
#include "base/mem.h"
#include "base/slice_i.h"

#define TEST(f) cmocka_unit_test(f)
#define SHA "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ="

static tel_err parse(const char *first, const char *second, tel__htpasswd *t, tel_error *err)
{
	const tel_slice texts[2] = { tel__slice_str(first), tel__slice_str(second) };
	size_t which;

	return tel__htpasswd_parse(&tel__alloc_libc, texts, 2, t, &which, err);
}

static void users_are_found_and_the_last_line_of_a_name_wins(void **state)
{
	tel__htpasswd t = { NULL, { NULL, 0, 0 }, NULL, 0, 0 };
	(void)state;
	assert_ok(parse("# people\nbob:one\r\n\n  alice:" SHA "\nbob:two\n", "carol:a:b\nalice:three", &t, NULL));
	assert_int_equal(t.count, 3);
	assert_slice(tel__htpasswd_find(&t, TEL_SLICE_LIT("bob"))->stored, "two");
	assert_slice(tel__htpasswd_find(&t, TEL_SLICE_LIT("alice"))->stored, "three");
	assert_slice(tel__htpasswd_find(&t, TEL_SLICE_LIT("carol"))->stored, "a:b");
	assert_null(tel__htpasswd_find(&t, TEL_SLICE_LIT("bo")));
	assert_null(tel__htpasswd_find(&t, TEL_SLICE_LIT("bobb")));
	assert_null(tel__htpasswd_find(&t, TEL_SLICE_LIT("")));
	tel__htpasswd_fini(&t);
}

static void a_line_that_cannot_be_used_is_named_without_its_content(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{ "", "no user in it" },
		{ "# nothing\n\n", "no user in it" },
		{ "bob:one\nhunter2", "line 2: no colon" },
		{ "bob:$7$hunter2", "line 1: the digest is of an unknown kind" },
		{ "\n\nbob:", "line 3: the password is empty" },
		{ "bob:$2b$20$hunter2hunter2hunter2hunter2hunter2hunter2hunter2hunter", "line 1: the bcrypt" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		tel__htpasswd t;
		tel_error err = TEL_ERROR_INIT;
		assert_err(parse("", bad[i].text, &t, &err), TEL_ERR_CONFIG);
		if (!strstr(err.msg, bad[i].says) || strstr(err.msg, "hunter2"))
			fail_msg("%s says %s", bad[i].text, err.msg);
	}
}

static void what_was_verified_stays_as_long_as_the_stored_password(void **state)
{
	tel__htpasswd old, fresh;
	(void)state;
	assert_ok(parse("alice:one\nbob:two\n", "", &old, NULL));
	tel__htpasswd_find(&old, TEL_SLICE_LIT("alice"))->is_verified = true;
	tel__htpasswd_find(&old, TEL_SLICE_LIT("bob"))->is_verified = true;
	assert_ok(parse("alice:one\nbob:other\n", "", &fresh, NULL));
	tel__htpasswd_inherit(&fresh, &old);
	assert_true(tel__htpasswd_find(&fresh, TEL_SLICE_LIT("alice"))->is_verified);
	assert_false(tel__htpasswd_find(&fresh, TEL_SLICE_LIT("bob"))->is_verified);
	tel__htpasswd_fini(&old);
	tel__htpasswd_fini(&fresh);
}

static tel_err parse_scenario(const tel_alloc *alloc, void *user)
{
	static const tel_slice texts[2] = { TEL_SLICE_LIT("alice:" SHA "\nbob:{SSHA}UgCJjM+VJJYduihDuk0aPpDtY9RzYWx0eQ==\n"),
		                                TEL_SLICE_LIT("carol:plain\n") };
	tel__htpasswd t;
	size_t which;
	tel_err rc = tel__htpasswd_parse(alloc, texts, 2, &t, &which, NULL);

	(void)user;
	if (rc != TEL_OK)
		return rc;
	assert_int_equal(t.count, 3);
	tel__htpasswd_fini(&t);
	return TEL_OK;
}

static void each_allocation_may_fail(void **state)
{
	(void)state;
	torture_alloc(parse_scenario, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(users_are_found_and_the_last_line_of_a_name_wins),
		TEST(a_line_that_cannot_be_used_is_named_without_its_content),
		TEST(what_was_verified_stays_as_long_as_the_stored_password),
		TEST(each_allocation_may_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
