/* SPDX-License-Identifier: Apache-2.0 */
/* otel-processing.md 9.7. */
#include "flow/health.h"

#include "base/slice_i.h"
#include "seams/cm.h"

static const char *rfc3339(uint64_t unix_ns)
{
	static char text[64];
	tel__dynbuf out;

	tel__dynbuf_init(&out, NULL, sizeof(text) - 1);
	tel__rfc3339(unix_ns, &out);
	tel_slice s = tel__dynbuf_get(&out);
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	tel__dynbuf_fini(&out);
	return text;
}

static void times_are_written_as_go_writes_them(void **state)
{
	(void)state;
	assert_string_equal(rfc3339(1), "1970-01-01T00:00:00.000000001Z");
	assert_string_equal(rfc3339(1700000000000000000u), "2023-11-14T22:13:20Z");
	assert_string_equal(rfc3339(1700000000120000000u), "2023-11-14T22:13:20.12Z");
	assert_string_equal(rfc3339(1709164800999999999u), "2024-02-29T00:00:00.999999999Z");
	assert_string_equal(rfc3339(UINT64_MAX), "2554-07-21T23:34:33.709551615Z");
}

static void check(const tel__health_options *o, const char *path, uint64_t since, uint64_t up, unsigned status,
                  const char *type, const char *body)
{
	tel__dynbuf out;
	tel__endpoint_answer a = { 404, "text/plain; charset=utf-8", &out, NULL, 0 };

	tel__dynbuf_init(&out, NULL, 4096);
	tel__health_answer(o, tel__slice_str(path), since, up, &a);
	assert_int_equal(a.status, status);
	assert_string_equal(a.content_type, type);
	assert_slice(tel__dynbuf_get(&out), body);
	tel__dynbuf_fini(&out);
}

#define JSON "application/json"
#define TEXT "text/plain; charset=utf-8"

static void state_is_told_in_the_collectors_json(void **state)
{
	(void)state;
	const tel__health_options o = { .path = TEL_SLICE_LIT("/") };
	const uint64_t since = 1700000000500000000u;
	static const struct {
		uint64_t up;
		const char *text;
	} rows[] = { { 0, "0s" }, { 10, "10ns" }, { 1500, "1.5\xc2\xb5s" }, { 500000000, "500ms" }, { 5967886000, "5.967886s" },
		         { 60000000000, "1m0s" }, { 3723500000000, "1h2m3.5s" }, { 360000000000000, "100h0m0s" } };
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char want[256] = "{\"status\":\"Server available\",\"upSince\":\"2023-11-14T22:13:20.5Z\",\"uptime\":\"";
		strcat(strcat(want, rows[i].text), "\"}");
		check(&o, "/", since, rows[i].up, 200, JSON, want);
	}
	check(&o, "/", 0, 5, 503, JSON,
	      "{\"status\":\"Server not available\",\"upSince\":\"0001-01-01T00:00:00Z\",\"uptime\":\"\"}");
}

static void root_answers_every_path_and_another_only_itself(void **state)
{
	(void)state;
	const tel__health_options root = { .path = TEL_SLICE_LIT("/"),
		                               .response_body = { TEL_SLICE_LIT("up"), TEL_SLICE_LIT("down") } };
	const tel__health_options own = { .path = TEL_SLICE_LIT("/healthz"),
		                              .response_body = { TEL_SLICE_LIT("up"), { NULL, 0 } } };
	check(&root, "/any/thing", 1, 1, 200, TEXT, "up");
	check(&root, "/", 0, 0, 503, TEXT, "down");
	check(&own, "/healthz", 1, 1, 200, TEXT, "up");
	check(&own, "/", 1, 1, 404, TEXT, "");
	check(&own, "/healthz/", 1, 1, 404, TEXT, "");
	check(&own, "/healthz", 0, 0, 503, JSON,
	      "{\"status\":\"Server not available\",\"upSince\":\"0001-01-01T00:00:00Z\",\"uptime\":\"\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_written_as_go_writes_them),
		cmocka_unit_test(state_is_told_in_the_collectors_json),
		cmocka_unit_test(root_answers_every_path_and_another_only_itself),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
