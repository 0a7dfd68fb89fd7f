/* SPDX-License-Identifier: Apache-2.0 */
/* The public exporter over real sockets on loopback. */
#include <stdio.h>

#include <telemetry/builder.h>
#include <telemetry/exporter.h>

#include "codec/otlp_response.h"
#include "net/stream.h"
#include "sink/otlp_world.h"
#include "torture/torture.h"
#include "wire/coding.h"

typedef struct job {
	unsigned calls;
	tel_err code;
	uint64_t rejected;
	int32_t status;
	char message[1024];
} job;

static void on_done(void *user, const tel_export_result *r)
{
	job *j = user;
	j->calls++;
	j->code = r->code;
	j->rejected = r->rejected_points;
	j->status = r->grpc_status;
	snprintf(j->message, sizeof j->message, "%.*s", (int)r->message.len, r->message.len ? r->message.ptr : "");
}

static bool is_done(void *user)
{
	return ((job *)user)->calls > 0;
}

static tel_metrics *sample(unsigned points)
{
	tel_builder *b;
	tel_metrics *m;
	assert_ok(tel_builder_new(NULL, 0, &b));
	tel_builder_resource(b, NULL);
	tel_builder_attr_str(b, "service.name", "test");
	tel_builder_scope(b, "scope", NULL, NULL);
	tel_builder_gauge(b, "value", "1", "");
	for (unsigned i = 0; i < points; i++)
		tel_builder_point_int(b, (int64_t)i, NULL);
	assert_ok(tel_builder_finish(b, &m, NULL));
	tel_builder_free(b);
	return m;
}

static tel_exporter *make_protocol(otlp_world *w, tel_exporter_protocol protocol, const char *compression)
{
	tel_exporter_opts o = TEL_EXPORTER_OPTS_INIT;
	bool grpc = protocol == TEL_EXPORTER_GRPC;
	static const tel_exporter_header headers[] = { { TEL_SLICE_LIT("X-Token"), TEL_SLICE_LIT("abc") } };
	tel_exporter *x;
	tel_error err = TEL_ERROR_INIT;
	o.protocol = protocol;
	o.endpoint = (tel_slice){ grpc ? w->grpc_endpoint : w->http_url, strlen(grpc ? w->grpc_endpoint : w->http_url) };
	o.compression = (tel_slice){ compression, strlen(compression) };
	o.headers = headers;
	o.header_count = 1;
	if (tel_exporter_new(w->ctx, &o, &x, &err) != TEL_OK)
		fail_msg("%s", err.msg);
	return x;
}

static tel_exporter *make(otlp_world *w, bool grpc, const char *compression)
{
	return make_protocol(w, grpc ? TEL_EXPORTER_GRPC : TEL_EXPORTER_HTTP_PROTOBUF, compression);
}

static void deliver(otlp_world *w, tel_exporter *x, unsigned points, job *j)
{
	tel_error err = TEL_ERROR_INIT;
	*j = (job){ 0 };
	if (tel_export_submit(x, sample(points), on_done, j, NULL, &err) != TEL_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(j->calls, 0);
	if (!otlp_world_run(w, is_done, j))
		fail_msg("no answer");
}

static bool is_offered(const char *name)
{
	tel__coding coding;
	return tel__coding_find((tel_slice){ name, strlen(name) }, &coding) && tel__coding_is_offered(coding);
}

static void batches_arrive(tel_exporter_protocol protocol, const char *compression)
{
	bool grpc = protocol == TEL_EXPORTER_GRPC;
	otlp_world w;
	job j;
	otlp_world_init(&w);
	tel_exporter *x = make_protocol(&w, protocol, compression);
	for (unsigned n = 1; n <= 10000; n *= 10) {
		w.points = 0;
		deliver(&w, x, n, &j);
		assert_int_equal(j.code, TEL_OK);
		assert_int_equal(w.points, n);
	}
	if (grpc)
		assert_non_null(strstr(w.head, "POST /opentelemetry.proto.collector.metrics.v1.MetricsService/Export "));
	else
		assert_non_null(strstr(w.head, "POST /v1/metrics "));
	assert_non_null(strstr(w.head, "libtelemetry/0."));
	assert_non_null(strstr(w.head, grpc ? "x-token=abc;" : "X-Token=abc;"));
	tel_exporter_free(x);
	otlp_world_fini(&w);
}

static void batches_arrive_over_http(void **state)
{
	(void)state;
	static const char *const codings[] = { "none", "gzip", "zlib", "deflate", "zstd", "snappy", "x-snappy-framed" };
	for (size_t i = 0; i < sizeof codings / sizeof codings[0]; i++)
		if (is_offered(codings[i]))
			batches_arrive(TEL_EXPORTER_HTTP_PROTOBUF, codings[i]);
}

static void ipv6_backend_is_reached_with_and_without_brackets(void **state)
{
	static const struct {
		const char *host;
		bool grpc;
	} rows[] = {
		{ "[::1]", false }, { "::1", false },
		{ "0:0:0:0:0:0:0:1", false }, { "localhost", false }, { "[::1%1]", false },
		{ "[::1]", true }, { "::1", true }, { "localhost", true }, { "[::1%1]", true },
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		otlp_world w;
		job j;
		otlp_world_init(&w);
		tel__listener *probe;
		if (tel__listener_new(w.ctx, TEL_SLICE_LIT("[::1]:0"), NULL, NULL, &probe, NULL) != TEL_OK) {
			otlp_world_fini(&w);
			skip(); /* no IPv6 on this machine */
		}
		tel__listener_free(probe);
		char *endpoint = rows[i].grpc ? w.grpc_endpoint : w.http_url;
		unsigned port = tel__http_server_port(rows[i].grpc ? w.grpc : w.http);
		snprintf(endpoint, sizeof w.http_url, "http://%s:%u%s", rows[i].host, port, i % 2 ? "/" : "");
		tel_exporter *x = make(&w, rows[i].grpc, "none");
		deliver(&w, x, 7, &j);
		if (j.code != TEL_OK || w.points != 7)
			fail_msg("%s: %d", endpoint, (int)j.code);
		if (strchr(endpoint, '%') && strstr(w.head, "%1"))
			fail_msg("the zone went out: %s", w.head);
		tel_exporter_free(x);
		otlp_world_fini(&w);
	}
}

static void batches_arrive_in_json(void **state)
{
	(void)state;
	batches_arrive(TEL_EXPORTER_HTTP_JSON, "none");
	batches_arrive(TEL_EXPORTER_HTTP_JSON, "gzip");
	batches_arrive(TEL_EXPORTER_HTTP_JSON, "zstd");
}

static void answers_in_json_are_understood(void **state)
{
	(void)state;
	otlp_world w;
	job j;
	otlp_world_init(&w);
	w.content_type = "application/json; charset=utf-8";
	tel_exporter *x = make_protocol(&w, TEL_EXPORTER_HTTP_JSON, "none");
	w.body = TEL_SLICE_LIT("{\"partialSuccess\":{}}");
	deliver(&w, x, 3, &j);
	assert_int_equal(j.code, TEL_OK);
	assert_non_null(strstr(w.head, "Content-Type=application/json;"));
	w.body = TEL_SLICE_LIT("{\"partialSuccess\":{\"rejectedDataPoints\":\"2\",\"errorMessage\":\"too \\u006fld\"}}");
	deliver(&w, x, 3, &j);
	assert_int_equal(j.code, TEL_ERR_PARTIAL);
	assert_string_equal(j.message, "too old");
	w.body = TEL_SLICE_LIT("{\"partialSuccess\":");
	deliver(&w, x, 3, &j);
	assert_int_equal(j.code, TEL_OK); /* taken; only the answer is broken */
	w.status = 400;
	w.body = TEL_SLICE_LIT("{\"code\":3,\"message\":\"bad \\\"data\\\"\",\"details\":[{}]}");
	deliver(&w, x, 3, &j);
	assert_int_equal(j.code, TEL_ERR_REJECTED);
	assert_non_null(strstr(j.message, "HTTP Status Code 400, Message=bad \"data\", Details=[]"));
	tel_exporter_free(x);
	otlp_world_fini(&w);
}

static void batches_arrive_over_grpc(void **state)
{
	(void)state;
	static const char *const codings[] = { "none", "gzip", "zstd", "snappy" };
	for (size_t i = 0; i < sizeof codings / sizeof codings[0]; i++)
		if (is_offered(codings[i]))
			batches_arrive(TEL_EXPORTER_GRPC, codings[i]);
}

static void permanent_refusals_come_back(void **state)
{
	(void)state;
	otlp_world w;
	job j;
	otlp_world_init(&w);
	tel_exporter *x = make(&w, false, "");
	w.status = 400;
	w.content_type = "text/plain";
	deliver(&w, x, 3, &j);
	assert_int_equal(j.code, TEL_ERR_REJECTED);
	assert_int_equal(j.status, 3);
	assert_non_null(strstr(j.message, "not retryable error: Permanent error: rpc error: code = InvalidArgument"));
	assert_non_null(strstr(j.message, "responded with HTTP Status Code 400"));
	tel_exporter_free(x);
	x = make(&w, true, "");
	w.grpc_status = 7;
	w.message = TEL_SLICE_LIT("go away");
	deliver(&w, x, 3, &j);
	assert_int_equal(j.code, TEL_ERR_REJECTED);
	assert_string_equal(j.message, "not retryable error: Permanent error: rpc error: code = PermissionDenied desc = go away");
	tel_exporter_free(x);
	otlp_world_fini(&w);
}

static void partial_success_comes_back(void **state)
{
	(void)state;
	otlp_world w;
	job j;
	tel__dynbuf body;
	tel__otlp_response rsp = { true, 2, TEL_SLICE_LIT("too old") };
	otlp_world_init(&w);
	tel__dynbuf_init(&body, &w.mem.alloc, 1000);
	assert_ok(tel__otlp_response_encode(&rsp, 1000, &body));
	w.body = tel__dynbuf_get(&body);
	for (int grpc = 0; grpc < 2; grpc++) {
		tel_exporter *x = make(&w, grpc, "");
		deliver(&w, x, 3, &j);
		assert_int_equal(j.code, TEL_ERR_PARTIAL);
		assert_int_equal(j.rejected, 2);
		assert_string_equal(j.message, "too old");
		assert_int_equal(w.requests, grpc + 1);
		tel_exporter_free(x);
	}
	tel__dynbuf_fini(&body);
	otlp_world_fini(&w);
}

static void an_answer_that_cannot_be_read_is_success(void **state)
{
	(void)state;
	otlp_world w;
	job j;
	otlp_world_init(&w);
	w.body = TEL_SLICE_LIT("\xff\xff\xff");
	for (int grpc = 0; grpc < 2; grpc++) {
		tel_exporter *x = make(&w, grpc, "");
		deliver(&w, x, 3, &j);
		assert_int_equal(j.code, TEL_OK);
		tel_exporter_free(x);
	}
	otlp_world_fini(&w);
}

static void a_busy_backend_is_tried_again(void **state)
{
	(void)state;
	otlp_world w;
	job j = { 0 };
	otlp_world_init(&w);
	tel_exporter *x = make(&w, false, "");
	w.status = 503;
	w.retry_after = "9";
	assert_ok(tel_export_submit(x, sample(5), on_done, &j, NULL, NULL));
	otlp_world_spin(&w, 8900);
	assert_int_equal(w.requests, 1);
	w.status = 200;
	otlp_world_spin(&w, 300);
	assert_int_equal(w.requests, 2);
	assert_int_equal(j.calls, 1);
	assert_int_equal(j.code, TEL_OK);
	tel_exporter_free(x);
	otlp_world_fini(&w);
}

static void a_backend_that_does_not_listen_is_tried_until_it_does(void **state)
{
	(void)state;
	otlp_world w;
	job j = { 0 };
	otlp_world_init(&w);
	for (int grpc = 0; grpc < 2; grpc++) {
		tel_exporter_opts o = TEL_EXPORTER_OPTS_INIT;
		tel_exporter *x;
		o.protocol = grpc ? TEL_EXPORTER_GRPC : TEL_EXPORTER_HTTP_PROTOBUF;
		o.endpoint = TEL_SLICE_LIT("http://127.0.0.1:1");
		o.no_retry = true;
		o.timeout_ns = 1000000000;
		assert_ok(tel_exporter_new(w.ctx, &o, &x, NULL));
		deliver(&w, x, 5, &j);
		assert_int_equal(j.code, TEL_ERR_REFUSED);
		assert_int_equal(j.status, grpc ? j.status : 14);
		tel_exporter_free(x);
	}
	otlp_world_fini(&w);
}

static void a_backend_that_hangs_times_out(void **state)
{
	(void)state;
	otlp_world w;
	job j = { 0 };
	otlp_world_init(&w);
	w.hang = true;
	for (int grpc = 0; grpc < 2; grpc++) {
		tel_exporter_opts o = TEL_EXPORTER_OPTS_INIT;
		tel_exporter *x;
		o.protocol = grpc ? TEL_EXPORTER_GRPC : TEL_EXPORTER_HTTP_PROTOBUF;
		o.endpoint = grpc ? (tel_slice){ w.grpc_endpoint, strlen(w.grpc_endpoint) }
		                  : (tel_slice){ w.http_url, strlen(w.http_url) };
		o.no_retry = true;
		o.timeout_ns = 2000000000;
		assert_ok(tel_exporter_new(w.ctx, &o, &x, NULL));
		deliver(&w, x, 5, &j);
		assert_int_equal(j.code, TEL_ERR_REFUSED);
		tel_exporter_free(x);
	}
	otlp_world_fini(&w);
}

static void silent(void *user, const tel_export_result *result)
{
	(void)user, (void)result;
	fail_msg("called after cancel");
}

static void cancel_is_silent_at_every_stage(void **state)
{
	(void)state;
	otlp_world w;
	uint64_t id;
	otlp_world_init(&w);
	w.hang = true;
	for (int grpc = 0; grpc < 2; grpc++)
		for (unsigned stage = 0; stage < 30; stage++) {
			tel_exporter *x = make(&w, grpc, "");
			assert_ok(tel_export_submit(x, sample(stage % 2 * 3), silent, NULL, &id, NULL));
			otlp_world_spin(&w, stage % 2 ? stage : 0);
			tel_export_cancel(x, id);
			tel_export_cancel(x, id);
			otlp_world_spin(&w, 5);
			tel_exporter_free(x);
		}
	otlp_world_fini(&w);
}

static void a_batch_without_points_succeeds_unsent(void **state)
{
	(void)state;
	otlp_world w;
	job j;
	otlp_world_init(&w);
	tel_exporter *x = make(&w, false, "");
	deliver(&w, x, 0, &j);
	assert_int_equal(j.code, TEL_OK);
	assert_int_equal(w.requests, 0);
	tel_exporter_free(x);
	otlp_world_fini(&w);
}

static void a_full_queue_leaves_the_batch_with_the_caller(void **state)
{
	(void)state;
	otlp_world w;
	tel_exporter_opts o = TEL_EXPORTER_OPTS_INIT;
	tel_exporter *x;
	tel_error err = TEL_ERROR_INIT;
	otlp_world_init(&w);
	o.endpoint = (tel_slice){ w.http_url, strlen(w.http_url) };
	o.queue_batches = 1;
	assert_ok(tel_exporter_new(w.ctx, &o, &x, NULL));
	assert_ok(tel_export_submit(x, sample(1), NULL, NULL, NULL, NULL));
	tel_metrics *m = sample(1);
	assert_err(tel_export_submit(x, m, NULL, NULL, NULL, &err), TEL_ERR_FULL);
	assert_string_equal(err.msg, "sending queue is full");
	tel_metrics_free(m);
	tel_exporter_free(x);
	otlp_world_fini(&w);
}

static void run_until_idle_waits_for_the_answer(void **state)
{
	(void)state;
	otlp_world w;
	job j = { 0 };
	otlp_world_init(&w);
	tel_exporter *x = make(&w, false, "");
	assert_ok(tel_export_submit(x, sample(4), on_done, &j, NULL, NULL));
	for (int i = 0; i < 1000 && tel_ctx_run_until_idle(w.ctx, 1000000) != TEL_OK; i++)
		fake_clock_advance(&w.clock, 1000000);
	assert_int_equal(j.calls, 1);
	assert_int_equal(w.points, 4);
	tel_exporter_free(x);
	otlp_world_fini(&w);
}

static tel_err life(const tel_alloc *alloc, void *user)
{
	static const tel_exporter_header headers[] = { { TEL_SLICE_LIT("a"), TEL_SLICE_LIT("b") } };
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	tel_exporter_opts o = TEL_EXPORTER_OPTS_INIT;
	tel_exporter *x = NULL;
	tel_ctx *ctx;
	uint64_t id = 0;
	o.protocol = *(const tel_exporter_protocol *)user;
	o.headers = headers;
	o.header_count = 1;
	o.compression = TEL_SLICE_LIT("gzip");
	opts.alloc = *alloc;
	tel_err e = tel_ctx_new(&opts, &ctx, NULL);
	if (e)
		return e;
	e = tel_exporter_new(ctx, &o, &x, NULL);
	assert_int_equal(e == TEL_OK, x != NULL);
	for (unsigned points = 0; e == TEL_OK && points < 2; points++) {
		tel_metrics *m = sample(points);
		e = tel_export_submit(x, m, silent, NULL, &id, NULL);
		if (e)
			tel_metrics_free(m);
		else if (points == 0)
			tel_export_cancel(x, id);
	}
	tel_exporter_free(x);
	tel_ctx_free(ctx);
	return e;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	tel_exporter_protocol protocols[] = { TEL_EXPORTER_HTTP_PROTOBUF, TEL_EXPORTER_GRPC, TEL_EXPORTER_HTTP_JSON };
	for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++)
		torture_alloc(life, &protocols[i]);
}

static void options_are_checked(void **state)
{
	(void)state;
	otlp_world w;
	tel_exporter *x = NULL;
	tel_exporter_opts o = TEL_EXPORTER_OPTS_INIT;
	otlp_world_init(&w);
	assert_err(tel_exporter_new(NULL, &o, &x, NULL), TEL_ERR_ARG);
	o.size = 0;
	assert_err(tel_exporter_new(w.ctx, &o, &x, NULL), TEL_ERR_ARG);
	o = (tel_exporter_opts)TEL_EXPORTER_OPTS_INIT;
	o.protocol = (tel_exporter_protocol)7;
	assert_err(tel_exporter_new(w.ctx, &o, &x, NULL), TEL_ERR_ARG);
	o = (tel_exporter_opts)TEL_EXPORTER_OPTS_INIT;
	static const tel_slice refused[] = { TEL_SLICE_LIT("br"), TEL_SLICE_LIT("lz4"), TEL_SLICE_LIT("zlib") };
	for (size_t i = 0; i < 3; i++) {
		tel_error err = TEL_ERROR_INIT;
		o.compression = refused[i];
		o.insecure = true;
		o.protocol = i == 2 ? TEL_EXPORTER_GRPC : o.protocol; /* zlib is HTTP's */
		assert_err(tel_exporter_new(w.ctx, &o, &x, &err), TEL_ERR_ARG);
		assert_non_null(strstr(err.msg, "unsupported compression type \""));
	}
	assert_null(x);
	o = (tel_exporter_opts)TEL_EXPORTER_OPTS_INIT;
	o.header_count = 1;
	static const tel_exporter_header bad[] = { { TEL_SLICE_LIT(""), TEL_SLICE_LIT("b") }, { TEL_SLICE_LIT("a\n"), TEL_SLICE_LIT("b") },
		                                       { TEL_SLICE_LIT("a b"), TEL_SLICE_LIT("c") }, { TEL_SLICE_LIT("a:"), TEL_SLICE_LIT("c") },
		                                       { TEL_SLICE_LIT("a"), TEL_SLICE_LIT("b\r\nc: d") }, { TEL_SLICE_LIT("a"), TEL_SLICE_LIT("\0") } };
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		tel_error err = TEL_ERROR_INIT;
		o.headers = &bad[i];
		assert_err(tel_exporter_new(w.ctx, &o, &x, &err), TEL_ERR_ARG);
		assert_non_null(strstr(err.msg, "header"));
	}
	assert_err(tel_export_submit(NULL, NULL, NULL, NULL, NULL, NULL), TEL_ERR_ARG);
	tel_export_cancel(NULL, 1);
	tel_exporter_free(NULL);
	otlp_world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batches_arrive_over_http),
		cmocka_unit_test(batches_arrive_over_grpc),
		cmocka_unit_test(ipv6_backend_is_reached_with_and_without_brackets),
		cmocka_unit_test(batches_arrive_in_json),
		cmocka_unit_test(answers_in_json_are_understood),
		cmocka_unit_test(permanent_refusals_come_back),
		cmocka_unit_test(partial_success_comes_back),
		cmocka_unit_test(an_answer_that_cannot_be_read_is_success),
		cmocka_unit_test(a_busy_backend_is_tried_again),
		cmocka_unit_test(a_backend_that_does_not_listen_is_tried_until_it_does),
		cmocka_unit_test(a_backend_that_hangs_times_out),
		cmocka_unit_test(cancel_is_silent_at_every_stage),
		cmocka_unit_test(a_batch_without_points_succeeds_unsent),
		cmocka_unit_test(a_full_queue_leaves_the_batch_with_the_caller),
		cmocka_unit_test(run_until_idle_waits_for_the_answer),
		cmocka_unit_test(every_allocation_may_fail),
		cmocka_unit_test(options_are_checked),
	};
	return cmocka_run_group_tests_name("sink/exporter", tests, NULL, NULL);
}
