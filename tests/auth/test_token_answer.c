/* SPDX-License-Identifier: Apache-2.0 */
/* What token endpoints answer, and what is made of it. */
#include "seams/cm.h"
#include "torture/torture.h"

#include "auth/token_answer.h"
#include "base/mem.h"
#include "base/slice_i.h"

#define TEST(f) cmocka_unit_test(f)
#define JSON "application/json"
#define FORM "application/x-www-form-urlencoded"
#define S 1000000000ull
#define EVER UINT64_MAX

static tel_err read(unsigned status, const char *type, tel_slice body, tel__token_answer *a, tel_error *err)
{
	return tel__token_answer_read(&tel__alloc_libc, status, tel__slice_str(type), body, TEL_SLICE_LIT("hunter2"), a, err);
}

static void tokens_are_read_from_json_and_forms(void **state)
{
	static const struct {
		const char *type, *body, *header;
		uint64_t lifetime_ns;
	} rows[] = {
		{ JSON, "{\"access_token\":\"t\",\"token_type\":\"bearer\",\"expires_in\":3600}", "Bearer t", 3600 * S },
		{ JSON "; charset=utf-8", "{\"access_token\":\"t\",\"expires_in\":\"60\"}", "Bearer t", 60 * S },
		{ "", "{\"token_type\":\"mac\",\"access_token\":\"t\"}", "MAC t", EVER },
		{ JSON, "{\"token_type\":\"BASIC\",\"access_token\":\"t\",\"expires_in\":null}", "Basic t", EVER },
		{ JSON, "{\"token_type\":\"DPoP\",\"access_token\":\"t\",\"expires_in\":0}", "DPoP t", EVER },
		{ JSON, "{\"access_token\":\"\\u0061\\/b\",\"scope\":[{\"x\":1}],\"expires_in\":-1}", "Bearer a/b", EVER },
		{ JSON, "{\"access_token\":\"a\",\"access_token\":\"b\",\"expires_in\":1e300}", "Bearer b", 2147483647 * S },
		{ JSON, "{\"access_token\":\"t\",\"expires_in\":1.5}", "Bearer t", 3 * S / 2 },
		{ JSON, "{\"access_token\":\"t\",\"expires_in\":\"soon\"}", "Bearer t", EVER },
		{ JSON, "{\"access_\\u0074oken\":\"t\",\"error\":\"\"}", "Bearer t", EVER },
		{ FORM, "access_token=a%2Fb+c&token_type=bearer&expires_in=7", "Bearer a/b c", 7 * S },
		{ "text/plain; charset=utf-8", "x=y&access_token=t&access_token=u", "Bearer t", EVER },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tel__token_answer a;
		tel_error err = TEL_ERROR_INIT;
		if (read(200, rows[i].type, tel__slice_str(rows[i].body), &a, &err) != TEL_OK)
			fail_msg("%s: %s", rows[i].body, err.msg);
		assert_slice(tel__secret_get(&a.header), rows[i].header);
		assert_int_equal(a.lifetime_ns, rows[i].lifetime_ns);
		tel__secret_fini(&tel__alloc_libc, &a.header);
	}
}

static void refusals_say_why_and_never_show_the_body(void **state)
{
	static const struct {
		unsigned status;
		const char *type, *body;
		tel_err code;
		const char *text;
	} rows[] = {
		{ 401, JSON, "{\"error\":\"invalid_client\",\"error_description\":\"no\\nsuch\"}", TEL_ERR_REFUSED,
		  "oauth2: \"invalid_client\" \"no\\x0asuch\"" },
		{ 200, JSON, "{\"error\":\"invalid_scope\"}", TEL_ERR_REFUSED, "oauth2: \"invalid_scope\"" },
		{ 400, FORM, "error=bad+request", TEL_ERR_REFUSED, "oauth2: \"bad request\"" },
		{ 401, JSON, "{\"error\":\"e\",\"error_description\":\"wrong secret hunter2!\"}", TEL_ERR_REFUSED,
		  "oauth2: \"e\" \"[REDACTED]\"" },
		{ 401, JSON, "{\"error\":\"hunter2\"}", TEL_ERR_REFUSED, "oauth2: \"[REDACTED]\"" },
		{ 500, "text/html", "<html>hunter2", TEL_ERR_REFUSED, "oauth2: cannot fetch token: HTTP status 500" },
		{ 302, "", "", TEL_ERR_REFUSED, "oauth2: cannot fetch token: HTTP status 302" },
		{ 500, JSON, "{\"access_token\":\"t\"}", TEL_ERR_REFUSED, "oauth2: cannot fetch token: HTTP status 500" },
		{ 200, JSON, "{}", TEL_ERR_MALFORMED, "oauth2: server response missing access_token" },
		{ 200, JSON, "{\"access_token\":\"\"}", TEL_ERR_MALFORMED, "oauth2: server response missing access_token" },
		{ 200, JSON, "{\"access_token\":null}", TEL_ERR_MALFORMED, "oauth2: server response missing access_token" },
		{ 200, JSON, "{\"access_token\":7}", TEL_ERR_MALFORMED, "oauth2: cannot parse json: access_token has a wrong type" },
		{ 200, JSON, "{\"access_token\":{}}", TEL_ERR_MALFORMED, "oauth2: cannot parse json: access_token has a wrong type" },
		{ 200, JSON, "{\"access_token\":\"a\\r\\nX-Evil: 1\"}", TEL_ERR_MALFORMED,
		  "oauth2: the token holds bytes that a header may not hold" },
		{ 200, JSON, "{\"access_token\":\"a\\n\"}", TEL_ERR_MALFORMED, "oauth2: the token holds bytes that a header may not hold" },
		{ 200, JSON, "{\"access_token\":\"a\\u0000b\"}", TEL_ERR_MALFORMED,
		  "oauth2: the token holds bytes that a header may not hold" },
		{ 200, JSON, "[]", TEL_ERR_MALFORMED, "oauth2: cannot parse json: it is no object" },
		{ 200, JSON, "", TEL_ERR_MALFORMED, "oauth2: cannot parse json: it is no object" },
		{ 200, FORM, "access_token=%zz", TEL_ERR_MALFORMED, "oauth2: cannot parse response: access_token is not percent-encoded" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tel__token_answer a;
		tel_error err = TEL_ERROR_INIT;
		assert_err(read(rows[i].status, rows[i].type, tel__slice_str(rows[i].body), &a, &err), rows[i].code);
		assert_string_equal(err.msg, rows[i].text);
	}
}

static void damaged_json_is_placed(void **state)
{
	tel__token_answer a;
	tel_error err = TEL_ERROR_INIT;
	(void)state;
	assert_err(read(200, JSON, TEL_SLICE_LIT("{\"access_token\":\"t\" \"x\"}"), &a, &err), TEL_ERR_MALFORMED);
	assert_non_null(strstr(err.msg, "oauth2: cannot parse json: "));
	assert_err(read(200, JSON, TEL_SLICE_LIT("{\"access_token\":\"t\"} x"), &a, &err), TEL_ERR_MALFORMED);
	assert_err(read(200, JSON, TEL_SLICE_LIT("{\"access_token\":\"t\""), &a, &err), TEL_ERR_MALFORMED);
}

static tel_err scenario(const tel_alloc *alloc, void *user)
{
	tel__token_answer a;
	tel_slice json = TEL_SLICE_LIT("{\"access_token\":\"a\\u0062c\",\"token_type\":\"bearer\",\"expires_in\":\"12\"}");
	tel_slice form = TEL_SLICE_LIT("access_token=a%62c&expires_in=12");
	tel_err rc = tel__token_answer_read(alloc, 200, user ? TEL_SLICE_LIT(FORM) : TEL_SLICE_LIT(JSON), user ? form : json,
	                                    TEL_SLICE_LIT("x"), &a, NULL);

	if (rc != TEL_OK)
		return rc;
	assert_slice(tel__secret_get(&a.header), "Bearer abc");
	assert_int_equal(a.lifetime_ns, 12 * S);
	tel__secret_fini(alloc, &a.header);
	return TEL_OK;
}

static void each_allocation_may_fail(void **state)
{
	static char form;
	(void)state;
	torture_alloc(scenario, NULL);
	torture_alloc(scenario, &form);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tokens_are_read_from_json_and_forms),
		TEST(refusals_say_why_and_never_show_the_body),
		TEST(damaged_json_is_placed),
		TEST(each_allocation_may_fail),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
