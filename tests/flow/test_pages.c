/* SPDX-License-Identifier: Apache-2.0 */
/* The pages: which form a request gets, and what the documents say. doc/pages.md. */
#include "flow/pages.h"

#include <stdio.h>

#include "flow/flow_rig.h"
#include "wire/json.h"

static flow_rig R;

#define SECOND 1000000000ull

static int set_up(void **state)
{
	(void)state;
	flow_rig_init(&R, NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	flow_rig_fini(&R);
	return 0;
}

typedef struct got {
	unsigned status;
	const char *type, *policy;
	char body[65536];
} got;

static const char *header(const tel__endpoint_answer *a, const char *name)
{
	for (size_t i = 0; i < a->header_count; i++)
		if (tel__slice_is(a->headers[i].name, name))
			return a->headers[i].value.ptr;
	return "";
}

static const got *ask(const char *path, const char *query, const char *accept)
{
	static got g;
	tel__endpoint_request request = { tel__slice_str(path), tel__slice_str(query), tel__slice_str(accept) };
	tel__dynbuf body;
	tel__endpoint_answer answer = { 404, "text/plain", &body, NULL, 0 };

	tel__dynbuf_init(&body, NULL, sizeof(g.body) - 1);
	tel__pages_serve(R.flow, &request, &answer);
	assert_int_equal(tel__dynbuf_error(&body), TEL_OK);
	tel_slice s = tel__dynbuf_get(&body);
	if (s.len)
		memcpy(g.body, s.ptr, s.len);
	g.body[s.len] = '\0';
	tel__dynbuf_fini(&body);
	g.status = answer.status;
	g.type = answer.content_type;
	g.policy = header(&answer, "content-security-policy");
	assert_true(answer.header_count <= TEL__ENDPOINT_HEADERS);
	return &g;
}

/* The document, after checking that it is one JSON object and a line. */
static const char *json(const char *path)
{
	const got *g = ask(path, "format=json", "");
	size_t len = strlen(g->body);
	tel__json j;

	assert_int_equal(g->status, 200);
	assert_string_equal(g->type, "application/json");
	assert_int_equal(g->body[len - 1], '\n');
	tel__json_init(&j, (tel_slice){ g->body, len });
	assert_int_equal(tel__json_next(&j), TEL__JSON_OBJECT);
	assert_true(tel__json_skip(&j, TEL__JSON_OBJECT));
	assert_int_equal(tel__json_next(&j), TEL__JSON_END);
	return g->body;
}

#define assert_says(text, part) \
	do { \
		if (!strstr(text, part)) \
			fail_msg("no %s in %s", part, text); \
	} while (0)

static void browsers_get_html_and_others_json(void **state)
{
	(void)state;
	static const char *const json_type = "application/json", *const html_type = "text/html; charset=utf-8";
	static const char *const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
	const struct {
		const char *path, *query, *accept;
		unsigned status;
		const char *type;
	} rows[] = {
		{ "/", "", "", 200, json_type },
		{ "/", "", "*/*", 200, json_type }, /* curl */
		{ "/", "", browser, 200, html_type },
		{ "/pipelines", "", "", 200, json_type },
		{ "/pipelines", "", browser, 200, html_type },
		{ "/pipelines", "format=json", browser, 200, json_type },
		{ "/pipelines", "format=html", "", 200, html_type },
		{ "/pipelines", "x=1&format=html&y", "", 200, html_type },
		{ "/pipelines", "format=pdf", "", 200, json_type },
		{ "/pipelines", "format=html&format=json", "", 200, json_type },
		{ "/queues", "", "TEXT/HTML", 200, html_type },
		{ "/queues", "", "application/json", 200, json_type },
		{ "/debug/pipelinez", "", browser, 200, html_type }, /* the Collector's zpages */
		{ "/debug/servicez", "", "", 200, json_type },
		{ "/debug/tracez", "", browser, 404, "text/plain" },
		{ "/pipelines/", "", "", 404, "text/plain" },
		{ "/../pipelines", "", "", 404, "text/plain" },
		{ "", "", "", 404, "text/plain" },
	};

	flow_rig_start(&R, FLOW_ONE("", "", ""), NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const got *g = ask(rows[i].path, rows[i].query, rows[i].accept);
		if (g->status != rows[i].status || strcmp(g->type, rows[i].type) != 0)
			fail_msg("row %zu: %u %s", i, g->status, g->type);
		if (g->status == 200)
			assert_says(g->policy, "default-src 'none'; ");
	}
}

static void html_holds_no_data_and_nothing_from_elsewhere(void **state)
{
	(void)state;
	static const char *const paths[] = { "/", "/pipelines", "/queues" };

	flow_rig_start(&R, FLOW_ONE("", "", ""), NULL);
	for (size_t i = 0; i < 3; i++) {
		const got *g = ask(paths[i], "format=html", "");
		assert_null(strstr(g->body, "metrics/a"));
		assert_null(strstr(g->body, "://"));
		assert_null(strstr(g->body, "innerHTML"));
		assert_null(strstr(g->body, " onclick"));
		assert_null(strstr(g->policy, "unsafe"));
	}
}

static void pipelines_say_what_came_and_where_it_went(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_TWO("", "", "test/one: {action: keep_one}", "test/one", ""), NULL);
	assert_int_equal(flow_rig_post(&R, 5).status, 200);
	flow_rig_pass(&R, SECOND / 5);
	const char *text = json("/pipelines");
	assert_says(text, "\"state\":\"ready\"");
	assert_says(text, "{\"id\":\"metrics/a\",\"receivers\":[\"otlp\"],\"exporters\":[\"otlp_http/a\"],"
	                  "\"points\":{\"received\":5,\"created\":0,\"removed\":4,\"outgoing\":1,\"refused\":0},"
	                  "\"processors\":[{\"id\":\"test/one\",\"incoming\":5,\"created\":0,\"removed\":4,\"outgoing\":1,"
	                  "\"refused\":0}]}");
	assert_says(text, "\"points\":{\"received\":5,\"created\":0,\"removed\":0,\"outgoing\":5,\"refused\":0},"
	                  "\"processors\":[]}");
	assert_says(text, "{\"id\":\"otlp\",\"transport\":\"http\",\"requests\":1,\"received_bytes\":");
	assert_says(text, "\"accepted_points\":5,\"refused_points\":0,\"cut_points\":0,");
	assert_says(text, "\"refused_points\":{\"queue_full\":0,");
	assert_says(text, "{\"id\":\"otlp_http/a\",\"sent\":1,\"queued\":0,\"rejected\":0,");
}

static void queues_say_how_full_they_are_and_why_nothing_moves(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_TWO("queue_size: 2, num_consumers: 1", "enabled: false", "", "", ""), NULL);
	R.backends[FLOW_A].hold = true;
	for (int i = 0; i < 4; i++)
		assert_int_equal(flow_rig_post(&R, 3).status, 200);
	flow_rig_pass(&R, 2 * SECOND);
	const char *text = json("/queues");
	assert_says(text, "{\"exporter\":\"otlp_http/a\",\"state\":\"sending\",\"queue\":true,\"unit\":\"requests\",\"size\":2,"
	                  "\"capacity\":2,\"points\":6,\"bytes\":");
	assert_says(text, "\"in_flight\":1,\"backing_off\":0,\"requests\":1,\"retries\":0,\"sent\":0,");
	assert_says(text, "\"enqueue_failed\":6,\"isolated\":6,\"dropped\":{\"permanent\":0,");
	assert_says(text, "\"last_success\":null,\"last_error\":\"\"");
	assert_says(text, "{\"exporter\":\"otlp_http/b\",\"state\":\"idle\",\"queue\":false,\"points\":0,");
}

static void words_of_a_backend_are_shown_as_text(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_ONE("", "", ""), NULL);
	R.backends[FLOW_A].outcome.rejected_points = 2;
	R.backends[FLOW_A].outcome.message = TEL_SLICE_LIT("</script><img src=x onerror=\"alert(1)\">\x1b[31m");
	assert_int_equal(flow_rig_post(&R, 5).status, 200);
	flow_rig_pass(&R, SECOND / 5);
	const char *text = json("/queues");
	assert_says(text, "\"sent\":3,\"rejected\":2,");
	assert_says(text, "onerror=\\\"alert(1)\\\"");
	assert_null(strchr(text, 0x1b));
	assert_null(strstr(ask("/queues", "format=html", "")->body, "onerror"));
}

static void index_says_who_it_is(void **state)
{
	(void)state;
	tel_flow_opts opts = TEL_FLOW_OPTS_INIT;
	opts.service_name = TEL_SLICE_LIT("a \"name\"");
	opts.instance_id = TEL_SLICE_LIT("one");
	flow_rig_start(&R, FLOW_ONE("", "", ""), &opts);
	flow_rig_pass(&R, SECOND);
	const char *text = json("/");
	assert_says(text, "\"service\":{\"name\":\"a \\\"name\\\"\",\"version\":\"");
	assert_says(text, "\"instance_id\":\"one\",\"started\":\"");
	assert_says(text, "\"pages\":[\"/pipelines\",\"/queues\"]");
	assert_null(strstr(text, "\"uptime_seconds\":0,"));
}

/* ---- where they are ---- */

#define PAGES TEL_SLICE_LIT("pages")

static void pages_are_where_the_host_or_the_configuration_says(void **state)
{
	(void)state;
	tel_flow_opts opts = TEL_FLOW_OPTS_INIT;
	flow_rig_start(&R, FLOW_ONE("", "", ""), NULL);
	assert_int_equal(tel_flow_port(R.flow, PAGES), 0); /* a library opens nothing unasked */
	tel_flow_free(R.flow);
	opts.pages_endpoint = TEL_SLICE_LIT("127.0.0.1:0");
	flow_rig_start(&R, FLOW_ONE("", "", ""), &opts);
	assert_int_not_equal(tel_flow_port(R.flow, PAGES), 0);
}

static void pages_of_the_configuration_win(void **state)
{
	(void)state;
	tel_flow_opts opts = TEL_FLOW_OPTS_INIT;
	opts.pages_endpoint = TEL_SLICE_LIT("not an address"); /* is not even looked at */
	flow_rig_start(&R, FLOW_RECEIVER "exporters: {nop: {}}\nextensions: {zpages: {endpoint: '127.0.0.1:0', expvar: "
	               "{enabled: true}}}\nservice: {extensions: [zpages], telemetry: {metrics: {level: none}}, pipelines: "
	               "{metrics: {receivers: [otlp], exporters: [nop]}}}\n", &opts);
	assert_int_not_equal(tel_flow_port(R.flow, PAGES), 0);
	assert_null(R.flow->pages);
}

static void address_that_is_taken_costs_the_pages_only(void **state)
{
	(void)state;
	tel_flow_opts opts = TEL_FLOW_OPTS_INIT;
	char address[32];
	snprintf(address, sizeof(address), "127.0.0.1:%s", R.backends[FLOW_A].port);
	opts.pages_endpoint = tel__slice_str(address);
	flow_rig_start(&R, FLOW_ONE("", "", ""), &opts);
	assert_int_equal(tel_flow_port(R.flow, PAGES), 0);
	assert_int_equal(flow_rig_post(&R, 5).status, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(browsers_get_html_and_others_json, set_up, tear_down),
		cmocka_unit_test_setup_teardown(html_holds_no_data_and_nothing_from_elsewhere, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pipelines_say_what_came_and_where_it_went, set_up, tear_down),
		cmocka_unit_test_setup_teardown(queues_say_how_full_they_are_and_why_nothing_moves, set_up, tear_down),
		cmocka_unit_test_setup_teardown(words_of_a_backend_are_shown_as_text, set_up, tear_down),
		cmocka_unit_test_setup_teardown(index_says_who_it_is, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pages_are_where_the_host_or_the_configuration_says, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pages_of_the_configuration_win, set_up, tear_down),
		cmocka_unit_test_setup_teardown(address_that_is_taken_costs_the_pages_only, set_up, tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
