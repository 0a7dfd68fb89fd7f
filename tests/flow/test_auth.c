/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials in a whole flow: who may send, before anything else is looked at; and who we are to a backend. */
#include <stdio.h>
#include <unistd.h>

#include "flow/flow_rig.h"

#include "base/slice_i.h"

#define TEST(f) cmocka_unit_test(f)
#define MATCHES "provided authorization does not match expected scheme or token"
#define BCRYPT "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW" /* of "secret" */
#define AUTH "auth: {authenticator: "
#define GUARDED(extension, id) \
	"extensions: {" extension "}\n" \
	"receivers: {otlp: {protocols: {grpc: {endpoint: '127.0.0.1:0', " AUTH id "}}, http: {endpoint: '127.0.0.1:0', " AUTH id \
	"}}}}}\n" \
	"exporters:\n" FLOW_EXPORTER("a", "A", "") \
	"service:\n" \
	"  extensions: [" id "]\n" \
	"  telemetry: {metrics: {level: none}}\n" \
	"  pipelines: {metrics: {receivers: [otlp], exporters: [otlp_http/a]}}\n"

static void say(flow_rig *r, const char *name, const char *value)
{
	r->client.extra[0] = (tel__http_header){ tel__slice_str(name), tel__slice_str(value) };
	r->client.extra_count = value ? 1 : 0;
}

/* Both protocols answer alike. */
static void expect(flow_rig *r, const char *value, bool pass, const char *why)
{
	otlp_answer http, grpc;

	say(r, "authorization", value);
	http = flow_rig_post(r, 1);
	grpc = flow_rig_export(r, 1);
	if (value && value[0] && value[strlen(value) - 1] == ' ') { /* HTTP/2 has no such value */
		assert_int_equal(http.status, 401);
		assert_int_equal(grpc.grpc, 13);
		return;
	}
	if (http.status != (pass ? 200u : 401u) || grpc.grpc != (pass ? 0 : 16))
		fail_msg("%s: HTTP %u, gRPC %d", value ? value : "nothing", http.status, grpc.grpc);
	if (pass)
		return;
	assert_string_equal(http.type, "application/x-protobuf");
	assert_int_equal(http.code, 16);
	assert_string_equal(http.message, why);
	assert_string_equal(grpc.message, why);
}

static void a_token_opens_both_doors_and_nothing_else_does(void **state)
{
	static const struct {
		const char *value, *why;
	} wrong[] = {
		{ NULL, "missing or empty authorization header: Authorization" },
		{ "", MATCHES },
		{ "Bearer", MATCHES },
		{ "Bearer ", MATCHES },
		{ "Bearer toke", MATCHES },
		{ "Bearer token1", MATCHES },
		{ "Bearer  token", MATCHES },
		{ "bearer token", MATCHES },
		{ "token", MATCHES },
		{ "Basic dG9rZW4=", MATCHES },
	};
	flow_rig r;
	(void)state;
	flow_rig_init(&r, NULL);
	flow_rig_start(&r, GUARDED("bearertokenauth: {tokens: [other, token]}", "bearertokenauth"), NULL);
	expect(&r, "Bearer token", true, NULL);
	expect(&r, "Bearer other", true, NULL);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		expect(&r, wrong[i].value, false, wrong[i].why);
	flow_rig_pass(&r, 1000000000u);
	assert_int_equal(r.backends[FLOW_A].points, 4);
	flow_rig_read(&r);
	assert_true(flow_rig_value(&r, "telemetry_receiver_refused_requests_total", "unauthenticated") == 19);
	flow_rig_fini(&r);
}

/* Peers disagree about which of two counts. */
static void credentials_that_come_twice_are_refused(void **state)
{
	flow_rig r;
	otlp_answer a;
	(void)state;
	flow_rig_init(&r, NULL);
	flow_rig_start(&r, GUARDED("bearertokenauth: {token: token}", "bearertokenauth"), NULL);
	say(&r, "authorization", "Bearer token");
	r.client.extra[1] = r.client.extra[0];
	r.client.extra_count = 2;
	a = flow_rig_export(&r, 1);
	assert_int_equal(a.grpc, 16);
	assert_string_equal(a.message, "the credentials occur more than once");
	assert_int_equal(flow_rig_post(&r, 1).status, 401);
	flow_rig_fini(&r);
}

/* security.md S14: one gate before any parsing. What would be refused for itself is refused for its sender first. */
static void nothing_of_a_request_is_looked_at_before_its_credentials(void **state)
{
	static char big[24 << 20];
	static const struct {
		const char *path, *type, *encoding;
		tel_slice body;
		unsigned with_credentials;
	} cases[] = {
		{ "/nowhere", "application/x-protobuf", NULL, TEL_SLICE_LIT("x"), 404 },
		{ "/v1/metrics", "text/html", NULL, TEL_SLICE_LIT("x"), 415 },
		{ "/v1/metrics", "application/x-protobuf", "gzip", TEL_SLICE_LIT("not gzip"), 400 },
		{ "/v1/metrics", "application/x-protobuf", "br", TEL_SLICE_LIT("x"), 400 },
		{ "/v1/metrics", "application/x-protobuf", NULL, { big, sizeof(big) }, 413 },
		{ "/v1/metrics", "application/x-protobuf", NULL, TEL_SLICE_LIT("\377\377"), 400 },
	};
	flow_rig r;
	(void)state;
	flow_rig_init(&r, NULL);
	flow_rig_start(&r, GUARDED("bearertokenauth: {token: token}", "bearertokenauth"), NULL);
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		otlp_answer a;
		say(&r, "authorization", i % 2 ? "Bearer token" : "Bearer tokem");
		otlp_post_start(&r.client, cases[i / 2].path, cases[i / 2].type, cases[i / 2].encoding, &cases[i / 2].body, &a);
		otlp_wait(&r.client, &a);
		assert_int_equal(a.status, i % 2 ? cases[i / 2].with_credentials : 401);
	}
	flow_rig_read(&r);
	assert_true(flow_rig_value(&r, "otelcol_receiver_refused_metric_points_total", "http") >= 4);
	flow_rig_fini(&r);
}

static void a_refusal_has_the_type_of_the_request(void **state)
{
	static const tel_slice body = TEL_SLICE_LIT("{}");
	flow_rig r;
	otlp_answer a;
	(void)state;
	flow_rig_init(&r, NULL);
	flow_rig_start(&r, GUARDED("bearertokenauth: {token: token}", "bearertokenauth"), NULL);
	say(&r, "authorization", NULL);
	(void)flow_rig_post(&r, 1);
	otlp_post_start(&r.client, "/v1/metrics", "application/json", NULL, &body, &a);
	otlp_wait(&r.client, &a);
	assert_int_equal(a.status, 401);
	assert_string_equal(a.type, "application/json");
	assert_string_equal(a.body, "{\"code\":16,\"message\":\"missing or empty authorization header: Authorization\"}");
	flow_rig_fini(&r);
}

static void names_and_passwords_of_every_form_open_the_doors(void **state)
{
	flow_rig r;
	(void)state;
	flow_rig_init(&r, NULL);
	flow_rig_start(&r, GUARDED("basicauth: {htpasswd: {inline: \"alice:" BCRYPT "\\nbob:secret\\n"
	                           "carol:{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\\ndave:$$apr1$$saltsalt$$LrttParrLPdxvgutaSXWJ0\\n\"}}",
	                           "basicauth"), NULL);
	expect(&r, "Basic YWxpY2U6c2VjcmV0", true, NULL); /* alice:secret, through the slow line */
	expect(&r, "basic YWxpY2U6c2VjcmV0", true, NULL); /* verified already */
	expect(&r, "Basic Ym9iOnNlY3JldA==", true, NULL);
	expect(&r, "Basic Y2Fyb2w6c2VjcmV0", true, NULL);
	expect(&r, "Basic ZGF2ZTpzZWNyZXQ=", true, NULL);
	expect(&r, "Basic YWxpY2U6c2VjcmV1", false, "invalid credentials");
	expect(&r, "Basic YWxpY2U6c2VjcmV0AA==", false, "invalid credentials"); /* a zero byte behind it */
	expect(&r, "Basic YWxpY2U6", false, "invalid credentials");
	expect(&r, "Basic OnNlY3JldA==", false, "invalid credentials");
	expect(&r, "Basic ZXZlOnNlY3JldA==", false, "invalid credentials"); /* nobody of that name */
	expect(&r, "Basic YWxpY2U=", false, "invalid authorization format");
	expect(&r, "Basic !", false, "invalid authorization format");
	expect(&r, "Basic ", false, "invalid authorization format");
	expect(&r, "Bearer YWxpY2U6c2VjcmV0", false, "invalid authorization scheme prefix");
	expect(&r, NULL, false, "no basic auth provided");
	flow_rig_pass(&r, 1000000000u);
	assert_int_equal(r.backends[FLOW_A].points, 10);
	flow_rig_fini(&r);
}

/* The client leaves while its password waits to be checked; the flow goes while another one does. */
static void who_waits_at_the_gate_may_leave(void **state)
{
	flow_rig r;
	otlp_answer a, b;
	tel_buf *body = otlp_points("s", 1);
	tel_slice bytes = tel_buf_get(body);
	(void)state;
	flow_rig_init(&r, NULL);
	flow_rig_start(&r, GUARDED("basicauth: {htpasswd: {inline: 'alice:" BCRYPT "'}}", "basicauth"), NULL);
	say(&r, "authorization", "Basic YWxpY2U6c2VjcmV0");
	(void)flow_rig_export(&r, 1); /* the connection is open now, alice is known */
	say(&r, "authorization", "Basic YWxpY2U6eA==");
	otlp_export_start(&r.client, OTLP_METHOD, NULL, &bytes, 0, &a);
	for (int i = 0; i < 3; i++)
		(void)tel_ctx_run_once(r.ctx, 0);
	tel__grpc_client_cancel(r.client.grpc, r.client.id);
	say(&r, "authorization", "Basic YWxpY2U6eQ==");
	otlp_export_start(&r.client, OTLP_METHOD, NULL, &bytes, 0, &b);
	for (int i = 0; i < 3; i++)
		(void)tel_ctx_run_once(r.ctx, 0);
	flow_rig_fini(&r);
	tel_buf_unref(body);
}

/* ---- exporters ---- */

/* A second flow in the same context that guards what the first sends to. */
typedef struct pair {
	flow_rig r;
	tel_flow *guard;
	char path[64], port[8];
} pair;

static void write_file(const pair *p, const char *text)
{
	FILE *f = fopen(p->path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void pair_init(pair *p)
{
	char text[2048];
	tel_config *config;
	int fd;

	flow_rig_init(&p->r, NULL);
	snprintf(p->path, sizeof(p->path), "%s/tel-auth-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	fd = mkstemp(p->path);
	assert_true(fd >= 0);
	close(fd);
	write_file(p, "first\n");
	config = flow_rig_load(&p->r, GUARDED("bearertokenauth: {token: second}", "bearertokenauth"));
	assert_ok(tel_flow_new(p->r.ctx, config, NULL, &p->guard, NULL));
	tel_config_free(config);
	snprintf(text, sizeof(text), "extensions: {bearertokenauth: {filename: %s}}\n" FLOW_RECEIVER
	         "exporters: {otlp_http: {endpoint: 'http://127.0.0.1:%u', compression: none, " AUTH "bearertokenauth}, "
	         "headers: {authorization: 'Bearer static', x-a: b}, %s}}\n"
	         "service:\n  extensions: [bearertokenauth]\n  telemetry: {metrics: {level: none}}\n"
	         "  pipelines: {metrics: {receivers: [otlp], exporters: [otlp_http]}}\n",
	         p->path, tel_flow_port(p->guard, TEL_SLICE_LIT("otlp/http")), FLOW_RETRY);
	flow_rig_start(&p->r, text, NULL);
}

static void pair_fini(pair *p)
{
	unlink(p->path);
	if (p->r.client.http)
		otlp_client_fini(&p->r.client);
	p->r.client.http = NULL;
	tel_flow_free(p->r.flow);
	p->r.flow = p->guard;
	flow_rig_fini(&p->r);
}

static double failed(pair *p)
{
	flow_rig_read(&p->r);
	return flow_rig_value(&p->r, "otelcol_exporter_send_failed_metric_points_total", "otlp_http");
}

/* protocols.md 2.5: refresh once, retry once. */
static void a_refused_token_is_read_again_and_the_batch_arrives(void **state)
{
	pair p;
	(void)state;
	pair_init(&p);
	write_file(&p, "second\n"); /* within the second in which the file is not looked at by itself */
	assert_int_equal(flow_rig_post(&p.r, 3).status, 200);
	flow_rig_pass(&p.r, 500000000u);
	assert_int_equal(p.r.backends[FLOW_A].points, 3);
	assert_true(failed(&p) <= 0);
	pair_fini(&p);
}

static void a_token_that_stays_wrong_costs_one_attempt_and_the_batch(void **state)
{
	pair p;
	(void)state;
	pair_init(&p);
	assert_int_equal(flow_rig_post(&p.r, 3).status, 200);
	flow_rig_pass(&p.r, 500000000u);
	assert_int_equal(p.r.backends[FLOW_A].points, 0);
	assert_true(failed(&p) == 3);
	flow_rig_read(&p.r);
	assert_true(flow_rig_value(&p.r, "telemetry_exporter_dropped_points_total", "permanent") == 3);
	pair_fini(&p);
}

/* ---- reload ---- */

static void a_reload_changes_the_lock_of_both_doors(void **state)
{
	flow_rig r;
	(void)state;
	flow_rig_init(&r, NULL);
	flow_rig_start(&r, GUARDED("bearertokenauth: {token: first}", "bearertokenauth"), NULL);
	expect(&r, "Bearer first", true, NULL);
	flow_rig_must_reload(&r, GUARDED("bearertokenauth: {token: second}", "bearertokenauth"));
	flow_rig_dial(&r); /* the ports are others */
	expect(&r, "Bearer second", true, NULL);
	expect(&r, "Bearer first", false, MATCHES);
	flow_rig_fini(&r);
}

/* A slow password that was checked is known to the next generation: the extension is the same one. */
static void a_reload_keeps_what_did_not_change(void **state)
{
	static const char *const text = GUARDED("basicauth: {htpasswd: {inline: 'alice:" BCRYPT "'}}", "basicauth");
	flow_rig r;
	(void)state;
	flow_rig_init(&r, NULL);
	flow_rig_start(&r, text, NULL);
	expect(&r, "Basic YWxpY2U6c2VjcmV0", true, NULL);
	flow_rig_must_reload(&r, text);
	expect(&r, "Basic YWxpY2U6c2VjcmV0", true, NULL); /* over the connections that it had */
	flow_rig_fini(&r);
}

/* The exporter of the pair signs with another token from the next request on. */
static void a_reload_changes_who_an_exporter_is(void **state)
{
	pair p;
	char text[2048];
	(void)state;
	pair_init(&p);
	snprintf(text, sizeof(text), "extensions: {bearertokenauth: {token: second}}\n" FLOW_RECEIVER
	         "exporters: {otlp_http: {endpoint: 'http://127.0.0.1:%u', compression: none, " AUTH "bearertokenauth}, "
	         "headers: {authorization: 'Bearer static', x-a: b}, %s}}\n"
	         "service:\n  extensions: [bearertokenauth]\n  telemetry: {metrics: {level: none}}\n"
	         "  pipelines: {metrics: {receivers: [otlp], exporters: [otlp_http]}}\n",
	         tel_flow_port(p.guard, TEL_SLICE_LIT("otlp/http")), FLOW_RETRY);
	flow_rig_must_reload(&p.r, text);
	assert_int_equal(flow_rig_post(&p.r, 3).status, 200);
	flow_rig_pass(&p.r, 500000000u);
	assert_int_equal(p.r.backends[FLOW_A].points, 3);
	pair_fini(&p);
}

/* ---- configuration ---- */

static void refuse(const char *extensions, const char *listed, const char *receiver, const char *exporter, const char *wants)
{
	char text[2048], got[1024];
	const tel_config_source source = { TEL_SLICE_LIT("f.yaml"), { text, 0 } };
	tel_config_source copy = source;
	tel_findings *findings = NULL;
	tel_config *config = NULL;
	tel_finding f;

	snprintf(text, sizeof(text), "extensions: {%s}\nreceivers: {otlp: {protocols: {http: {%s}}}}\n"
	         "exporters: {otlp_http: {endpoint: 'http://b', %s}, otlp_grpc/unused: {endpoint: 'b:1', auth: {authenticator: z}}}\n"
	         "service: {extensions: [%s], pipelines: {metrics: {receivers: [otlp], exporters: [otlp_http]}}}\n",
	         extensions, receiver, exporter, listed);
	copy.text = tel__slice_str(text);
	assert_ok(tel_findings_new(NULL, &findings));
	assert_err(tel_config_load(&copy, 1, tel_components_all(), NULL, NULL, &config, findings), TEL_ERR_CONFIG);
	assert_int_equal(tel_findings_count(findings), 1);
	assert_ok(tel_findings_get(findings, 0, &f));
	snprintf(got, sizeof(got), TEL_SLICE_FMT ":%u:%u: " TEL_SLICE_FMT ": " TEL_SLICE_FMT, TEL_SLICE_ARG(f.source), f.line,
	         f.column, TEL_SLICE_ARG(f.path), TEL_SLICE_ARG(f.message));
	assert_string_equal(got, wants);
	tel_findings_free(findings);
}

static void an_authenticator_is_there_and_does_what_it_is_wanted_for(void **state)
{
	(void)state;
	refuse("", "", "", AUTH "no/such}", "f.yaml:3:69: exporters::otlp_http::auth::authenticator: failed to resolve authenticator "
	       "\"no/such\": authenticator not found");
	refuse("bearertokenauth: {token: t}", "", AUTH "bearertokenauth}", "", "f.yaml:2:61: "
	       "receivers::otlp::protocols::http::auth::authenticator: failed to resolve authenticator \"bearertokenauth\": "
	       "authenticator not found (the extension is configured, but not listed in service::extensions)");
	refuse("basicauth: {client_auth: {username: u}}", "basicauth", AUTH "basicauth}", "", "f.yaml:2:61: "
	       "receivers::otlp::protocols::http::auth::authenticator: requested authenticator is not a server authenticator");
	refuse("basicauth: {htpasswd: {inline: 'a:b'}}", "basicauth", "", AUTH "basicauth}", "f.yaml:3:69: "
	       "exporters::otlp_http::auth::authenticator: requested authenticator is not a HTTP client authenticator");
	refuse("health_check: ", "health_check", "", AUTH "health_check}", "f.yaml:3:69: "
	       "exporters::otlp_http::auth::authenticator: requested authenticator is not a HTTP client authenticator");
}

static void credentials_do_not_go_over_plaintext_grpc(void **state)
{
	flow_rig r;
	tel_error err = TEL_ERROR_INIT;
	(void)state;
	flow_rig_init(&r, NULL);
	assert_err(flow_rig_try(&r, "extensions: {basicauth: {client_auth: {username: u, password: p}}}\n" FLOW_RECEIVER
	                            "exporters: {otlp_grpc: {endpoint: 'b:4317', tls: {insecure: true}, " AUTH "basicauth}}}\n"
	                            "service: {extensions: [basicauth], pipelines: {metrics: {receivers: [otlp], "
	                            "exporters: [otlp_grpc]}}}\n", NULL, &err), TEL_ERR_CONFIG);
	assert_string_equal(err.msg, "failed to start \"otlp_grpc\" exporter: grpc: the credentials require transport level security");
	flow_rig_fini(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_token_opens_both_doors_and_nothing_else_does),
		TEST(credentials_that_come_twice_are_refused),
		TEST(nothing_of_a_request_is_looked_at_before_its_credentials),
		TEST(a_refusal_has_the_type_of_the_request),
		TEST(names_and_passwords_of_every_form_open_the_doors),
		TEST(who_waits_at_the_gate_may_leave),
		TEST(a_refused_token_is_read_again_and_the_batch_arrives),
		TEST(a_token_that_stays_wrong_costs_one_attempt_and_the_batch),
		TEST(a_reload_changes_the_lock_of_both_doors),
		TEST(a_reload_keeps_what_did_not_change),
		TEST(a_reload_changes_who_an_exporter_is),
		TEST(an_authenticator_is_there_and_does_what_it_is_wanted_for),
		TEST(credentials_do_not_go_over_plaintext_grpc),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
