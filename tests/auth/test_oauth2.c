/* SPDX-License-Identifier: Apache-2.0 */
/* oauth2client against a token endpoint that the test scripts: what is asked, how often, and what becomes of the answers. */
#include "seams/cm.h"

#include <stdio.h>

#include "auth/auth.h"
#include "base/slice_i.h"
#include "config/config_i.h"
#include "net/fake_clock.h"
#include "net/http_server.h"
#include "seams/failalloc.h"

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
#define S 1000000000ull
#define GOOD(token, life) "{\"access_token\":\"" token "\",\"token_type\":\"bearer\",\"expires_in\":" life "}"

typedef struct asked {
	tel__auth_waiter waiter;
	unsigned calls;
	char header[128], error[256];
} asked;

static struct world {
	failalloc mem;
	fake_clock clock;
	tel_ctx *ctx;
	tel__http_server *server;
	unsigned requests;
	char form[1024], authorization[256];
	/* the script */
	unsigned status;
	const char *body, *location;
	bool hold, only_form;
	tel__http_request *held;
	tel_config *config;
	const tel__auth_ops *ops;
	tel__auth auth;
	char logged[4096];
} W;

/* ---- the endpoint ---- */

static void respond(tel__http_request *req)
{
	tel__http_header headers[2] = { { TEL_SLICE_LIT("content-type"), TEL_SLICE_LIT("application/json") },
		                            { TEL_SLICE_LIT("location"), tel__slice_str(W.location) } };
	bool wrong_way = W.only_form && W.authorization[0];
	tel__http_response rsp = { .status = wrong_way ? 401 : W.status, .headers = headers, .header_count = W.location ? 2 : 1,
		                       .body = tel__slice_str(wrong_way ? "{\"error\":\"invalid_client\"}" : W.body) };
	tel__http_respond(req, &rsp);
}

static void on_head(void *user, tel__http_request *req)
{
	tel_slice value = { "", 0 };

	(void)user;
	assert_true(tel__slice_is(tel__http_method(req), "POST"));
	tel__http_header_get(req, "authorization", &value);
	snprintf(W.authorization, sizeof(W.authorization), TEL_SLICE_FMT, TEL_SLICE_ARG(value));
	assert_true(tel__http_header_get(req, "content-type", &value));
	assert_slice(value, "application/x-www-form-urlencoded");
	tel__http_take_body(req, TEL__BODY_PLAIN, 4096);
}

static void on_body(void *user, tel__http_request *req, tel_buf *body, bool packed)
{
	(void)user, (void)packed;
	snprintf(W.form, sizeof(W.form), TEL_SLICE_FMT, TEL_SLICE_ARG(tel_buf_get(body)));
	W.requests++;
	if (W.hold)
		W.held = req;
	else
		respond(req);
}

static void on_body_error(void *user, tel__http_request *req, const tel_error *err)
{
	(void)user, (void)req;
	fail_msg("%s", err->msg);
}

static void on_abort(void *user, tel__http_request *req)
{
	(void)user;
	if (W.held == req)
		W.held = NULL;
}

/* ---- the world ---- */

static void write_log(void *user, const tel_log_entry *e)
{
	size_t n = strlen(W.logged);

	(void)user;
	n += (size_t)snprintf(W.logged + n, sizeof(W.logged) - n, TEL_SLICE_FMT ":", TEL_SLICE_ARG(e->msg));
	for (size_t i = 0; i < e->field_count && n < sizeof(W.logged); i++)
		n += (size_t)snprintf(W.logged + n, sizeof(W.logged) - n, " " TEL_SLICE_FMT, TEL_SLICE_ARG(e->fields[i].text));
	snprintf(W.logged + n, sizeof(W.logged) - n, "\n");
}

static int set_up(void **state)
{
	static const tel__http_service service = { on_head, on_body, on_body_error, on_abort, NULL };
	tel__http_server_opts server = { .proto = TEL__HTTP_1 };
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;

	(void)state;
	memset(&W, 0, sizeof(W));
	failalloc_init(&W.mem);
	opts.alloc = W.mem.alloc;
	opts.clock = fake_clock_ops(&W.clock);
	opts.log.write = write_log;
	opts.log.min_level = TEL_LOG_DEBUG;
	W.status = 200;
	W.body = GOOD("one", "600");
	assert_ok(tel_ctx_new(&opts, &W.ctx, NULL));
	assert_ok(tel__http_server_new(W.ctx, TEL_SLICE_LIT("127.0.0.1:0"), &server, &service, &W.server, NULL));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (W.auth.impl)
		W.ops->free(W.auth.impl);
	tel_config_free(W.config);
	tel__http_server_free(W.server);
	tel_ctx_free(W.ctx);
	return failalloc_is_clean(&W.mem) ? 0 : -1;
}

static tel_err lookup(void *user, tel_slice scheme, tel_slice name, tel_slice *ret_text)
{
	static char url[64];

	(void)user, (void)scheme, (void)name;
	snprintf(url, sizeof(url), "http://127.0.0.1:%u/token", tel__http_server_port(W.server));
	*ret_text = tel__slice_str(url);
	return TEL_OK;
}

static const tel__key_table none = { .go_name = "none", .size = 1 };
static const tel__component in = { .type = "in", .kind = TEL__KIND_RECEIVER, .keys = &none, .help = "in" };
static const tel__component out = { .type = "out", .kind = TEL__KIND_EXPORTER, .keys = &none, .help = "out" };
static const tel__component *const rows[] = { &in, &out, &tel__oauth2client };

/* Findings of a configuration, or "". */
static const char *load(const char *body)
{
	static char text[1024], said[512];
	const tel_components table = { rows, 3, NULL };
	const tel_config_env env = { .lookup = lookup };
	tel_config_source source = { TEL_SLICE_LIT("t"), { text, 0 } };
	tel_findings *findings = NULL;
	tel_finding f;

	snprintf(text, sizeof(text), "extensions: {oauth2client: {%s}}\nreceivers: {in: }\nexporters: {out: }\nservice: {extensions: "
	         "[oauth2client], pipelines: {metrics: {receivers: [in], exporters: [out]}}}\n", body);
	source.text = tel__slice_str(text);
	said[0] = '\0';
	assert_ok(tel_findings_new(NULL, &findings));
	if (tel_config_load(&source, 1, &table, &env, NULL, &W.config, findings)) {
		assert_ok(tel_findings_get(findings, 0, &f));
		snprintf(said, sizeof(said), TEL_SLICE_FMT, TEL_SLICE_ARG(f.message));
	}
	tel_findings_free(findings);
	return said;
}

static void start(const char *body)
{
	const tel__config_component *c;
	tel__auth_env env = { .ctx = W.ctx, .id = TEL_SLICE_LIT("oauth2client"), .user_agent = TEL_SLICE_LIT("test/1") };
	tel_error err = TEL_ERROR_INIT;

	assert_string_equal(load(body), "");
	c = tel__config_find(W.config, TEL__KIND_EXTENSION, TEL_SLICE_LIT("oauth2client"));
	W.ops = tel__auth_ops_of(c->row);
	if (W.ops->make(&env, c->options, &W.auth, &err))
		fail_msg("%s", err.msg);
}

#define CLIENT "client_id: me, client_secret: 'a b/c', token_url: '${env:URL}'"

static void on_grant(void *user, const tel__auth_grant *grant, const tel_error *err)
{
	asked *a = user;

	a->calls++;
	assert_true(!grant != !err);
	if (grant)
		snprintf(a->header, sizeof(a->header), TEL_SLICE_FMT, TEL_SLICE_ARG(grant->header.value));
	else
		snprintf(a->error, sizeof(a->error), "%s", err->msg);
}

/* true: the answer is there at once. */
static bool ask(asked *a)
{
	tel__auth_grant grant;
	tel_error err = TEL_ERROR_INIT;
	tel_err rc;

	*a = (asked){ .waiter = { .on_grant = on_grant, .user = a } };
	rc = W.auth.client->get(W.auth.impl, &a->waiter, &grant, &err);
	if (rc == TEL_OK)
		on_grant(a, &grant, NULL);
	else if (rc != TEL_ERR_AGAIN)
		on_grant(a, NULL, &err);
	return a->calls > 0;
}

static void pass(uint64_t ns)
{
	uint64_t end = W.clock.mono_ns + ns;

	do {
		for (int i = 0; i < 10; i++)
			(void)tel_ctx_run_once(W.ctx, 0);
		fake_clock_advance(&W.clock, ns < 1000000u ? ns : ns > 10 * S ? S : 1000000u);
	} while (W.clock.mono_ns < end);
	for (int i = 0; i < 10; i++)
		(void)tel_ctx_run_once(W.ctx, 0);
}

static const char *token(void)
{
	static asked a;

	if (!ask(&a))
		for (int i = 0; i < 2000 && !a.calls; i++)
			pass(1000000u);
	assert_int_equal(a.calls, 1);
	return a.error[0] ? a.error : a.header;
}

static uint64_t generation(void)
{
	tel__auth_grant grant;
	asked a = { .waiter = { .on_grant = on_grant, .user = &a } };

	assert_ok(W.auth.client->get(W.auth.impl, &a.waiter, &grant, NULL));
	return grant.generation;
}

/* ---- tests ---- */

static void the_request_is_the_one_of_the_standard(void **state)
{
	(void)state;
	start(CLIENT ", scopes: [a, 'b c'], endpoint_params: {audience: 'x&y', resource: [p, q]}");
	assert_int_equal(W.requests, 0); /* nothing is fetched before somebody asks */
	assert_string_equal(token(), "Bearer one");
	assert_string_equal(W.form, "grant_type=client_credentials&audience=x%26y&resource=p&resource=q&scope=a+b+c");
	assert_string_equal(W.authorization, "Basic bWU6YStiJTJGYw=="); /* me:a+b%2Fc */
	assert_int_equal(W.requests, 1);
}

static void everybody_waits_for_one_request(void **state)
{
	enum { MANY = 50 };
	static asked a[MANY];
	(void)state;
	start(CLIENT);
	W.hold = true;
	for (int i = 0; i < MANY; i++)
		assert_false(ask(&a[i]));
	pass(50000000);
	assert_int_equal(W.requests, 1);
	W.auth.client->forget(W.auth.impl, &a[7].waiter);
	respond(W.held);
	pass(50000000);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(a[i].calls, i != 7);
	assert_string_equal(a[MANY - 1].header, "Bearer one");
	assert_int_equal(W.requests, 1);
	assert_true(ask(&a[0])); /* now it is there */
}

static void a_token_is_renewed_before_its_end_while_the_old_one_serves(void **state)
{
	(void)state;
	start(CLIENT ", expiry_buffer: 1m");
	assert_string_equal(token(), "Bearer one");
	pass(530 * S);
	assert_string_equal(token(), "Bearer one");
	assert_int_equal(W.requests, 1);
	W.body = GOOD("two", "600");
	W.hold = true;
	pass(15 * S);
	assert_string_equal(token(), "Bearer one"); /* asks for the next one, beside */
	pass(50000000);
	assert_int_equal(W.requests, 2);
	assert_string_equal(token(), "Bearer one");
	respond(W.held);
	pass(50000000);
	assert_string_equal(token(), "Bearer two");
}

static void the_last_good_token_stays_while_the_endpoint_is_down(void **state)
{
	(void)state;
	start(CLIENT ", expiry_buffer: 1m");
	assert_string_equal(token(), "Bearer one");
	W.status = 500;
	W.body = "oops";
	pass(545 * S);
	for (int i = 0; i < 5; i++) {
		assert_string_equal(token(), "Bearer one");
		pass(50000000);
	}
	assert_int_equal(W.requests, 3); /* both ways once, not for every request */
	assert_non_null(strstr(W.logged, "The token could not be renewed."));
	pass(60 * S);
	assert_non_null(strstr(token(), "failed to get security token from token endpoint (endpoint \"http://127.0.0.1:"));
	assert_non_null(strstr(token(), "oauth2: cannot fetch token: HTTP status 500"));
	W.status = 200;
	W.body = GOOD("three", "600");
	assert_string_equal(token(), "Bearer three");
}

/* The Collector fetches such a token for every request. */
static void a_token_that_lives_shorter_than_the_buffer_is_used_for_half_its_life(void **state)
{
	(void)state;
	W.body = GOOD("short", "60");
	start(CLIENT);
	for (int i = 0; i < 10; i++)
		assert_string_equal(token(), "Bearer short");
	pass(20 * S);
	assert_string_equal(token(), "Bearer short");
	assert_int_equal(W.requests, 1);
	pass(20 * S);
	assert_string_equal(token(), "Bearer short");
	pass(50000000);
	assert_int_equal(W.requests, 2);
}

static void without_a_lifetime_a_token_is_for_ever(void **state)
{
	(void)state;
	W.body = GOOD("ever", "0");
	start(CLIENT);
	assert_string_equal(token(), "Bearer ever");
	pass(1000000 * S);
	assert_string_equal(token(), "Bearer ever");
	assert_int_equal(W.requests, 1);
}

static void the_way_that_the_endpoint_wants_is_found_and_remembered(void **state)
{
	(void)state;
	W.only_form = true;
	W.body = GOOD("one", "10");
	start(CLIENT);
	assert_string_equal(token(), "Bearer one");
	assert_int_equal(W.requests, 2);
	assert_string_equal(W.form, "grant_type=client_credentials&client_id=me&client_secret=a+b%2Fc");
	pass(11 * S);
	assert_string_equal(token(), "Bearer one");
	assert_int_equal(W.requests, 3);
}

static void a_refused_token_is_replaced_unless_it_is_young(void **state)
{
	uint64_t first;
	(void)state;
	start(CLIENT);
	assert_string_equal(token(), "Bearer one");
	first = generation();
	assert_false(W.auth.client->renew(W.auth.impl, first));
	pass(20 * S);
	W.body = GOOD("two", "600");
	assert_true(W.auth.client->renew(W.auth.impl, first));
	assert_string_equal(token(), "Bearer two");
	assert_true(W.auth.client->renew(W.auth.impl, first)); /* an older one: there is another already */
	assert_string_equal(token(), "Bearer two");
	assert_int_equal(W.requests, 2);
}

/* security.md S40, S47. */
static void a_hostile_endpoint_is_not_followed_and_not_believed(void **state)
{
	static char endless[80 * 1024];
	(void)state;
	memset(endless, 'x', sizeof(endless) - 1);
	start(CLIENT);
	W.status = 302;
	W.location = "http://127.0.0.1:1/elsewhere";
	W.body = "";
	assert_non_null(strstr(token(), "HTTP status 302"));
	W.location = NULL;
	W.status = 200;
	W.body = endless;
	assert_non_null(strstr(token(), "Maximum file size exceeded"));
	W.body = "<html>";
	assert_non_null(strstr(token(), "oauth2: cannot parse json"));
	W.body = GOOD("a\\r\\nX-Evil: 1", "1");
	assert_non_null(strstr(token(), "bytes that a header may not hold"));
	W.body = GOOD("fine", "-1");
	assert_string_equal(token(), "Bearer fine");
	assert_null(strstr(W.logged, "Evil"));
}

static void a_silent_endpoint_is_given_up_in_time(void **state)
{
	static asked a;
	(void)state;
	start(CLIENT ", timeout: 2s");
	W.hold = true;
	assert_false(ask(&a));
	pass(1900000000);
	assert_int_equal(a.calls, 0);
	pass(200000000);
	assert_int_equal(a.calls, 1);
	assert_non_null(strstr(a.error, "no answer in time"));
	assert_int_equal(W.requests, 1); /* no second way: nobody said no */
}

static void freeing_it_is_silent(void **state)
{
	static asked a;
	(void)state;
	start(CLIENT);
	W.hold = true;
	assert_false(ask(&a));
	pass(50000000);
	W.auth.client->forget(W.auth.impl, &a.waiter);
	W.ops->free(W.auth.impl);
	W.auth.impl = NULL;
	pass(50000000);
	assert_int_equal(a.calls, 0);
}

static void the_configuration_is_checked_with_the_collectors_words(void **state)
{
	static const struct {
		const char *body, *says;
	} rows_[] = {
		{ "client_secret: s, token_url: 'http://t'", "no ClientID provided in the OAuth2 exporter configuration" },
		{ "client_id: i, token_url: 'http://t'", "no ClientSecret provided in OAuth Client Credentials configuration" },
		{ "client_id: i, client_secret: s", "no TokenURL provided in OAuth Client Credentials configuration" },
		{ "client_id: i, client_secret: s, token_url: 'ftp://t'", "token_url must be a valid URL" },
		{ "client_id: i, client_secret: s, token_url: 'http://t', grant_type: x", "unknown grant type \"x\"" },
		{ "client_id: i, client_secret: s, token_url: 'http://t', scopes: [a], endpoint_params: {scope: b}",
		  "oauth2: cannot overwrite parameter \"scope\"" },
		{ "client_id: i, client_secret: s, token_url: 'http://t', endpoint_params: {a: {b: c}}",
		  "'endpoint_params[a]' expected a text or a list of texts" },
		{ "client_id: i, client_secret: s, token_url: 'http://t', endpoint_params: [a]", "'endpoint_params' expected a map" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows_) / sizeof(rows_[0]); i++)
		assert_string_equal(load(rows_[i].body), rows_[i].says);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_request_is_the_one_of_the_standard),
		TEST(everybody_waits_for_one_request),
		TEST(a_token_is_renewed_before_its_end_while_the_old_one_serves),
		TEST(the_last_good_token_stays_while_the_endpoint_is_down),
		TEST(a_token_that_lives_shorter_than_the_buffer_is_used_for_half_its_life),
		TEST(without_a_lifetime_a_token_is_for_ever),
		TEST(the_way_that_the_endpoint_wants_is_found_and_remembered),
		TEST(a_refused_token_is_replaced_unless_it_is_young),
		TEST(a_hostile_endpoint_is_not_followed_and_not_believed),
		TEST(a_silent_endpoint_is_given_up_in_time),
		TEST(freeing_it_is_silent),
		TEST(the_configuration_is_checked_with_the_collectors_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
