/* SPDX-License-Identifier: Apache-2.0 */
/* Exporters behind a proxy: what it is told, and what becomes of the data when it does not do its work. */
#include <stdio.h>

#include <telemetry/builder.h>
#include <telemetry/exporter.h>

#include "net/connect_proxy.h"
#include "sink/exporters.h"
#include "sink/otlp_options.h"
#include "sink/otlp_world.h"

typedef struct rig {
	otlp_world w;
	connect_proxy proxy;
	tel_exporter *x;
	bool grpc;
	unsigned calls;
	tel_err code;
	char message[512];
} rig;

static void on_done(void *user, const tel_export_result *r)
{
	rig *t = user;
	t->calls++;
	t->code = r->code;
	snprintf(t->message, sizeof t->message, TEL_SLICE_FMT, TEL_SLICE_ARG(r->message));
}

static bool is_done(void *user)
{
	return ((rig *)user)->calls != 0;
}

static void rig_open(rig *t, bool grpc)
{
	memset(t, 0, sizeof *t);
	otlp_world_init(&t->w);
	t->grpc = grpc;
	connect_proxy_open(&t->proxy, t->w.ctx, tel__http_server_port(grpc ? t->w.grpc : t->w.http));
}

/* user: "me:secret@" or "". A name that no resolver knows: only the proxy can reach it. */
static void make(rig *t, const char *user, bool no_retry)
{
	tel_exporter_opts o = TEL_EXPORTER_OPTS_INIT;
	tel_error err = TEL_ERROR_INIT;
	char url[128];
	snprintf(url, sizeof url, "http://%s127.0.0.1:%u", user, t->proxy.port);
	o.protocol = t->grpc ? TEL_EXPORTER_GRPC : TEL_EXPORTER_HTTP_PROTOBUF;
	o.endpoint = t->grpc ? TEL_SLICE_LIT("http://backend.test:4317") : TEL_SLICE_LIT("http://backend.test:4318");
	o.no_retry = no_retry;
	*(t->grpc ? &o.proxies.https : &o.proxies.http) = tel__slice_str(url);
	if (tel_exporter_new(t->w.ctx, &o, &t->x, &err) != TEL_OK)
		fail_msg("%s", err.msg);
}

static void submit(rig *t, unsigned points)
{
	tel_builder *b;
	tel_metrics *m;
	assert_ok(tel_builder_new(NULL, 0, &b));
	tel_builder_resource(b, NULL);
	tel_builder_scope(b, "scope", NULL, NULL);
	tel_builder_gauge(b, "g", "", "1");
	for (unsigned i = 0; i < points; i++)
		tel_builder_point_int(b, (int64_t)i, NULL);
	assert_ok(tel_builder_finish(b, &m, NULL));
	tel_builder_free(b);
	t->calls = 0;
	assert_ok(tel_export_submit(t->x, m, on_done, t, NULL, NULL));
}

static void deliver(rig *t, unsigned points)
{
	submit(t, points);
	if (!otlp_world_run(&t->w, is_done, t))
		fail_msg("no answer");
}

static void rig_close(rig *t)
{
	tel_exporter_free(t->x);
	connect_proxy_close(&t->proxy);
	otlp_world_spin(&t->w, 5);
	otlp_world_fini(&t->w);
}

static void data_goes_through_the_proxy_that_resolves_the_name(void **state)
{
	(void)state;
	for (int grpc = 0; grpc < 2; grpc++) {
		rig t;
		rig_open(&t, grpc);
		t.proxy.password = "bWU6czNjcmV0"; /* me:s3cret */
		make(&t, "me:s3cret@", true);
		for (unsigned n = 1; n <= 10000; n *= 100)
			deliver(&t, n);
		assert_int_equal(t.code, TEL_OK);
		assert_int_equal(t.w.points, 10101);
		if (grpc) {
			assert_int_equal(t.proxy.tunnels, 1); /* one connection for all */
			assert_non_null(strstr(t.proxy.seen, "CONNECT backend.test:4317 HTTP/1.1\r\nHost: backend.test:4317\r\n"));
			assert_non_null(strstr(t.proxy.seen, "\r\nUser-Agent: libtelemetry/"));
		} else {
			assert_int_equal(t.proxy.tunnels, 0); /* http:// needs none */
			assert_non_null(strstr(t.proxy.seen, "POST http://backend.test:4318/v1/metrics HTTP/1.1\r\n"));
			assert_null(strstr(t.w.head, "s3cret"));
		}
		rig_close(&t);
	}
}

static void proxy_that_does_not_do_its_work_is_named_and_the_data_waits(void **state)
{
	static char huge[40 * 1024];
	static const struct {
		const char *refuse;
		bool only_grpc;
		const char *grpc, *http; /* in the message */
	} rows[] = {
		{ "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", true, "CONNECT backend.test:4317: 403 Forbidden", "" },
		{ "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n", false,
		  "CONNECT backend.test:4317: 407 Proxy Authentication Required", "407 Proxy Authentication Required (through the proxy " },
		{ "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", false, "502 Bad Gateway", "HTTP Status Code 502" },
		{ "HTTP/1.0 503 Service Unavailable\n\n", false, "503 Service Unavailable", "HTTP Status Code 503" },
		{ "HTTP/1.1 301 Moved\r\nLocation: http://evil.test/\r\n\r\n", true, "301 Moved", "" },
		{ "SSH-2.0-OpenSSH_9.2\r\n\r\n", false, "the answer is not HTTP", "(through the proxy " },
		{ "HTTP/1.1 2x0 Odd\r\n\r\n", true, "2x0 Odd", "" },
		{ "\r\n\r\n", true, "the answer is not HTTP", "" },
		{ "", false, "the proxy closed the connection", "(through the proxy " },
		{ huge, true, "the head of the answer is larger than 16 KiB", "" },
	};
	(void)state;
	int at = snprintf(huge, sizeof huge, "HTTP/1.1 200 OK\r\n");
	while (at < (int)sizeof huge - 100)
		at += snprintf(huge + at, sizeof huge - (size_t)at, "X-Filler: %060d\r\n", at);
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		for (int grpc = 0; grpc < 2; grpc++) {
			rig t;
			if (rows[i].only_grpc && !grpc)
				continue;
			rig_open(&t, grpc);
			t.proxy.refuse = rows[i].refuse;
			make(&t, "", true);
			deliver(&t, 1);
			if (t.code != TEL_ERR_REFUSED || !strstr(t.message, grpc ? rows[i].grpc : rows[i].http))
				fail_msg("row %zu, gRPC %d: %d, %s", i, grpc, (int)t.code, t.message);
			tel_exporter_free(t.x);
			/* With retry the same is only a delay. */
			make(&t, "", false);
			submit(&t, 3);
			otlp_world_spin(&t.w, 500);
			assert_int_equal(t.calls, 0);
			t.proxy.refuse = NULL;
			assert_true(otlp_world_run(&t.w, is_done, &t));
			assert_int_equal(t.code, TEL_OK);
			assert_int_equal(t.w.points, 3);
			rig_close(&t);
		}
	}
}

static void proxy_that_hangs_or_is_down_costs_the_timeout_and_not_the_data(void **state)
{
	(void)state;
	for (int grpc = 0; grpc < 2; grpc++) {
		rig t;
		rig_open(&t, grpc);
		t.proxy.hang = true;
		make(&t, "", true);
		deliver(&t, 1);
		assert_int_equal(t.code, TEL_ERR_REFUSED);
		assert_true(t.message[0] != 0);
		tel_exporter_free(t.x);
		t.proxy.hang = false;
		unsigned port = t.proxy.port, to = t.proxy.to_port;
		connect_proxy_close(&t.proxy);
		t.proxy.port = port;
		make(&t, "", true);
		deliver(&t, 1);
		assert_int_equal(t.code, TEL_ERR_REFUSED);
		if (!strstr(t.message, grpc ? "proxy: connect to 127.0.0.1:" : "(through the proxy http://127.0.0.1:"))
			fail_msg("%s", t.message);
		connect_proxy_open(&t.proxy, t.w.ctx, to);
		rig_close(&t);
	}
}

static void wrong_password_is_a_reason_to_wait(void **state)
{
	(void)state;
	for (int grpc = 0; grpc < 2; grpc++) {
		rig t;
		rig_open(&t, grpc);
		t.proxy.password = "bWU6czNjcmV0";
		make(&t, "me:canary@", true);
		deliver(&t, 1);
		assert_int_equal(t.code, TEL_ERR_REFUSED);
		assert_non_null(strstr(t.message, "407 Proxy Authentication Required"));
		assert_null(strstr(t.message, "canary"));
		rig_close(&t);
	}
}

static void proxy_url_goes_also_for_addresses_that_the_environment_spares(void **state)
{
	const tel__exporter_ops *ops = tel__otlp_http_exporter.impl;
	char url[64];
	rig t;
	(void)state;
	rig_open(&t, false);
	snprintf(url, sizeof url, "http://127.0.0.1:%u", t.proxy.port);
	tel__otlp_http_exporter_options o = { .client = { .endpoint = tel__slice_str(t.w.http_url), .proxy_url = tel__slice_str(url) } };
	tel__exporter_env env = { .ctx = t.w.ctx, .id = TEL_SLICE_LIT("otlp_http") };
	tel__exporter_impl *x;
	tel_error err = TEL_ERROR_INIT;
	assert_ok(ops->make(&env, &o, &x, &err));
	tel_slice body = { NULL, 0 };
	tel__export_batch batch = { .slices = &body, .slice_count = 1, .deadline_mono_ns = UINT64_MAX };
	uint64_t id;
	assert_ok(ops->send(x, &batch, NULL, NULL, &id, NULL));
	for (int i = 0; i < 100 && !t.proxy.requests; i++)
		otlp_world_spin(&t.w, 1);
	assert_int_equal(t.proxy.requests, 1);
	ops->cancel(x, id);
	ops->free(x);
	o.client.proxy_url = TEL_SLICE_LIT("https://me:canary@gate.test");
	assert_err(ops->make(&env, &o, &x, &err), TEL_ERR_UNSUPPORTED);
	assert_null(strstr(err.msg, "canary"));
	t.x = NULL;
	rig_close(&t);
}

static void library_does_not_look_at_the_environment_by_itself(void **state)
{
	(void)state;
	setenv("http_proxy", "http://127.0.0.1:1", 1);
	setenv("all_proxy", "http://127.0.0.1:1", 1);
	setenv("HTTPS_PROXY", "http://127.0.0.1:1", 1);
	for (int grpc = 0; grpc < 2; grpc++) {
		rig t;
		tel_exporter_opts o = TEL_EXPORTER_OPTS_INIT;
		rig_open(&t, grpc);
		o.protocol = grpc ? TEL_EXPORTER_GRPC : TEL_EXPORTER_HTTP_PROTOBUF;
		o.endpoint = tel__slice_str(grpc ? t.w.grpc_endpoint : t.w.http_url);
		assert_ok(tel_exporter_new(t.w.ctx, &o, &t.x, NULL));
		deliver(&t, 5);
		assert_int_equal(t.code, TEL_OK);
		rig_close(&t);
	}
	unsetenv("http_proxy");
	unsetenv("all_proxy");
	unsetenv("HTTPS_PROXY");
}

typedef struct variables {
	const char *const *pairs; /* name, value, ..., NULL */
} variables;

static const char *look_up(void *user, const char *name)
{
	for (const char *const *p = ((variables *)user)->pairs; *p; p += 2)
		if (strcmp(*p, name) == 0)
			return p[1];
	return NULL;
}

static void environment_of_a_program_names_its_proxies(void **state)
{
	char proxy[64];
	const struct {
		const char *pairs[9];
		bool grpc, through;
	} rows[] = {
		{ { "HTTP_PROXY", proxy }, false, true },
		{ { "http_proxy", proxy }, false, true },
		{ { "HTTP_PROXY", proxy, "http_proxy", "http://127.0.0.1:1" }, false, true },
		{ { "REQUEST_METHOD", "GET", "HTTP_PROXY", "http://127.0.0.1:1", "http_proxy", proxy }, false, true },
		{ { "HTTPS_PROXY", proxy }, true, true },
		{ { "https_proxy", proxy }, true, true },
		{ { "HTTPS_PROXY", proxy, "NO_PROXY", "backend.test" }, true, false },
		{ { "HTTPS_PROXY", proxy, "no_proxy", ".test" }, true, false },
		{ { "HTTP_PROXY", proxy }, true, false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const char *pairs[16];
		size_t n = 0;
		rig t;
		rig_open(&t, rows[i].grpc);
		snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", t.proxy.port);
		while (rows[i].pairs[n]) {
			pairs[n] = rows[i].pairs[n];
			n++;
		}
		pairs[n++] = "OTEL_EXPORTER_OTLP_ENDPOINT";
		pairs[n++] = "http://backend.test:4318";
		pairs[n++] = "OTEL_EXPORTER_OTLP_PROTOCOL";
		pairs[n++] = rows[i].grpc ? "grpc" : "http/protobuf";
		pairs[n] = NULL;
		variables v = { pairs };
		tel_exporter_env env = { sizeof env, look_up, &v };
		tel__ctx_set_dns_servers(t.w.ctx, "127.0.0.1:1"); /* nobody */
		assert_ok(tel_exporter_new_env(t.w.ctx, &env, &t.x, NULL));
		submit(&t, 5);
		for (int ms = 0; ms < 2000 && !t.calls; ms++)
			otlp_world_spin(&t.w, 1);
		if ((t.w.points == 5) != rows[i].through || (t.proxy.requests != 0) != rows[i].through)
			fail_msg("row %zu: %u calls, %u requests at the proxy", i, t.calls, t.proxy.requests);
		rig_close(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(data_goes_through_the_proxy_that_resolves_the_name),
		cmocka_unit_test(proxy_that_does_not_do_its_work_is_named_and_the_data_waits),
		cmocka_unit_test(proxy_that_hangs_or_is_down_costs_the_timeout_and_not_the_data),
		cmocka_unit_test(wrong_password_is_a_reason_to_wait),
		cmocka_unit_test(proxy_url_goes_also_for_addresses_that_the_environment_spares),
		cmocka_unit_test(library_does_not_look_at_the_environment_by_itself),
		cmocka_unit_test(environment_of_a_program_names_its_proxies),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
