/* SPDX-License-Identifier: Apache-2.0 */
/* The otlp receiver on loopback: protocols.md 2.1-2.3, otel-processing.md 9.1. */
#include "source/otlp_rig.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <telemetry/otlp.h>

#include "net/address.h"
#include "net/grpc_server.h"
#include "seams/failalloc.h"
#include "source/otlp_i.h"

enum { HELD = 8 };

/* A receiver whose host keeps receipts until the test settles them, or settles at once. */
typedef struct world {
	fake_clock clock;
	failalloc mem;
	tel_ctx *ctx;
	tel__receiver_impl *receiver;
	otlp_client client;
	bool hold;
	tel_outcome outcome;
	tel_receipt *held[HELD];
	unsigned held_count, batches;
	uint64_t points;
	char transport[8];
	uint64_t deadline_mono_ns;
} world;

static world W;
static const tel__receiver_ops *const OPS = &tel__otlp_receiver_ops;

static void on_metrics(tel_receipt *receipt, tel_metrics *metrics, void *user)
{
	world *w = user;
	tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;
	const tel_origin *origin = tel_receipt_origin(receipt);

	tel_metrics_count(metrics, &counts);
	tel_metrics_free(metrics);
	w->batches++;
	w->points += counts.points;
	w->deadline_mono_ns = origin->deadline_mono_ns;
	assert_true(origin->peer.len > strlen("127.0.0.1:"));
	snprintf(w->transport, sizeof(w->transport), "%.*s", (int)origin->transport.len, origin->transport.ptr);
	if (!w->hold)
		tel_receipt_settle(receipt, &w->outcome);
	else if (w->held_count < HELD)
		w->held[w->held_count++] = receipt;
}

static void open_receiver(world *w, size_t grpc_mib, int64_t http_max)
{
	tel__otlp_grpc_options grpc = { .endpoint = TEL_SLICE_LIT("127.0.0.1:0"), .max_recv_msg_size_mib = grpc_mib };
	tel__otlp_http_options http = { .endpoint = TEL_SLICE_LIT("127.0.0.1:0"), .metrics_url_path = TEL_SLICE_LIT("v1/metrics"),
		                            .max_request_body_size = http_max };
	tel__otlp_options options = { { &grpc, &http } };
	tel__receiver_env env = { .ctx = w->ctx, .id = TEL_SLICE_LIT("otlp"), .on_metrics = on_metrics, .user = w };
	tel_error err = TEL_ERROR_INIT;

	if (OPS->make(&env, &options, &w->receiver, &err))
		fail_msg("%s", err.msg);
}

static int set_up(void **state)
{
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;

	(void)state;
	memset(&W, 0, sizeof(W));
	failalloc_init(&W.mem);
	opts.clock = fake_clock_ops(&W.clock);
	opts.alloc = W.mem.alloc;
	W.outcome = (tel_outcome)TEL_OUTCOME_INIT;
	assert_ok(tel_ctx_new(&opts, &W.ctx, NULL));
	open_receiver(&W, 1, 1 << 20);
	otlp_client_init(&W.client, W.ctx, &W.clock, OPS->port(W.receiver, "grpc"), OPS->port(W.receiver, "http"));
	return 0;
}

static int tear_down(void **state)
{
	tel__budget_stats budget;

	(void)state;
	otlp_client_fini(&W.client);
	OPS->free(W.receiver);
	for (unsigned i = 0; i < W.held_count; i++) /* late, and after the receiver */
		tel_receipt_settle(W.held[i], NULL);
	tel__budget_get(tel__ctx_budget(W.ctx), &budget);
	assert_int_equal(budget.reserved, 0);
	tel_ctx_free(W.ctx);
	assert_true(failalloc_is_clean(&W.mem));
	return 0;
}

static tel__receiver_stats stats(const char *transport)
{
	tel__receiver_stats rows[2];
	assert_int_equal(OPS->stats(W.receiver, rows, 2), 2);
	return strcmp(rows[0].transport, transport) == 0 ? rows[0] : rows[1];
}

static tel_slice body_of(tel_buf *buf)
{
	return tel_buf_get(buf);
}

static otlp_answer post_with(const char *path, const char *type, const char *encoding, tel_slice body)
{
	otlp_answer a;
	otlp_post_start(&W.client, path, type, encoding, &body, &a);
	otlp_wait(&W.client, &a);
	return a;
}

static otlp_answer export_with(const char *method, const char *encoding, tel_slice body)
{
	otlp_answer a;
	otlp_export_start(&W.client, method, encoding, &body, 0, &a);
	otlp_wait(&W.client, &a);
	return a;
}

/* ---- success ---- */

static void success_is_an_empty_message_on_both_protocols(void **state)
{
	(void)state;
	tel_buf *body = otlp_points("a", 3);

	otlp_answer http = otlp_post(&W.client, body_of(body));
	assert_string_equal(W.transport, "http");
	assert_true(W.deadline_mono_ns == UINT64_MAX);
	otlp_answer grpc = otlp_export(&W.client, body_of(body));
	assert_string_equal(W.transport, "grpc");

	assert_int_equal(http.status, 200);
	assert_string_equal(http.type, "application/x-protobuf");
	assert_int_equal(http.body_len, 0);
	assert_int_equal(grpc.grpc, TEL__GRPC_OK);
	assert_int_equal(grpc.body_len, 0);
	assert_int_equal(W.batches, 2);
	assert_int_equal(W.points, 6);
	assert_int_equal(stats("http").accepted_points, 3);
	assert_int_equal(stats("grpc").accepted_points, 3);
	assert_int_equal(stats("http").received_bytes, body_of(body).len);
	tel_buf_unref(body);
}

static void request_without_points_is_acknowledged_and_not_counted(void **state)
{
	(void)state;
	tel_buf *pointless = otlp_points("a", 0);
	tel_slice empty = { NULL, 0 };

	assert_int_equal(otlp_post(&W.client, empty).status, 200);
	assert_int_equal(otlp_post(&W.client, body_of(pointless)).status, 200);
	assert_int_equal(otlp_export(&W.client, empty).grpc, TEL__GRPC_OK);
	assert_int_equal(otlp_export(&W.client, body_of(pointless)).grpc, TEL__GRPC_OK);

	assert_int_equal(W.batches, 0);
	assert_false(stats("http").seen);
	assert_false(stats("grpc").seen);
	assert_int_equal(stats("http").accepted_points, 0);
	assert_int_equal(stats("http").requests, 2);
	tel_buf_unref(pointless);
}

static void gzip_is_unpacked_on_both_protocols(void **state)
{
	(void)state;
	tel_buf *body = otlp_padded(50, 100), *packed = otlp_packed(TEL__CODING_GZIP, body_of(body));

	assert_int_equal(post_with("/v1/metrics", "application/x-protobuf", "gzip", body_of(packed)).status, 200);
	assert_int_equal(export_with(OTLP_METHOD, "gzip", body_of(packed)).grpc, TEL__GRPC_OK);
	assert_int_equal(post_with("/v1/metrics", "application/x-protobuf", "identity", body_of(body)).status, 200);
	assert_int_equal(W.points, 150);
	tel_buf_unref(body);
	tel_buf_unref(packed);
}

/* HTTP takes what compression_algorithms has by default, gRPC what the Collector has compiled in; otel-processing.md 9.1. */
static void codings_are_unpacked(void **state)
{
	static const struct {
		const char *name;
		tel__coding coding;
		bool grpc;
	} rows[] = {
		{ "gzip", TEL__CODING_GZIP, true },       { "zlib", TEL__CODING_ZLIB, false },
		{ "deflate", TEL__CODING_ZLIB, false },   { "zstd", TEL__CODING_ZSTD, true },
		{ "snappy", TEL__CODING_SNAPPY, true },   { "snappy", TEL__CODING_SNAPPY_FRAMED, true },
		{ "x-snappy-framed", TEL__CODING_SNAPPY_FRAMED, false },
	};
	(void)state;
	tel_buf *body = otlp_padded(50, 100);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!tel__coding_is_offered(rows[i].coding))
			continue;
		tel_buf *packed = otlp_packed(rows[i].coding, body_of(body));
		uint64_t before = W.points;
		assert_int_equal(post_with("/v1/metrics", "application/x-protobuf", rows[i].name, body_of(packed)).status, 200);
		assert_int_equal(W.points, before + 50);
		assert_int_equal(export_with(OTLP_METHOD, rows[i].name, body_of(packed)).grpc,
		                 rows[i].grpc ? TEL__GRPC_OK : TEL__GRPC_UNIMPLEMENTED);
		/* cut in the middle: the client's fault, and nothing that comes later suffers */
		tel_slice half = tel__slice_sub(body_of(packed), 0, body_of(packed).len / 2);
		assert_int_equal(post_with("/v1/metrics", "application/x-protobuf", rows[i].name, half).status, 400);
		tel_buf_unref(packed);
	}
	tel_buf_unref(body);
}

static void media_type_is_compared_without_case_and_parameters(void **state)
{
	(void)state;
	tel_slice empty = { NULL, 0 };
	assert_int_equal(post_with("/v1/metrics", "Application/X-Protobuf; charset=utf-8", NULL, empty).status, 200);
}

/* Two requests one behind the other are one; the metric of the first has a name that is not UTF-8. */
static tel_buf *half_broken(unsigned bad_points, unsigned good_points)
{
	tel_buf *bad = otlp_points("a", bad_points), *good = otlp_points("b", good_points), *both = NULL;
	tel_slice b = body_of(bad), g = body_of(good);
	char *bytes = malloc(b.len + g.len), *name;

	assert_non_null(bytes);
	memcpy(bytes, b.ptr, b.len);
	memcpy(bytes + b.len, g.ptr, g.len);
	name = memmem(bytes, b.len, "\x0a\x01m", 3); /* Metric.name = "m" */
	assert_non_null(name);
	name[2] = '\xff';
	assert_ok(tel_buf_copy(NULL, (tel_slice){ bytes, b.len + g.len }, &both));
	free(bytes);
	tel_buf_unref(bad);
	tel_buf_unref(good);
	return both;
}

static void points_with_bad_text_are_cut_out_and_reported_by_partial_success(void **state)
{
	(void)state;
	tel_buf *body = half_broken(2, 3), *all_bad = half_broken(4, 0);

	otlp_answer http = otlp_post(&W.client, body_of(body)), grpc = otlp_export(&W.client, body_of(body));
	assert_int_equal(http.status, 200);
	assert_int_equal(http.rejected, 2);
	assert_true(strstr(http.rejected_message, "UTF-8") != NULL);
	assert_int_equal(grpc.grpc, TEL__GRPC_OK);
	assert_int_equal(grpc.rejected, 2);
	assert_string_equal(grpc.rejected_message, http.rejected_message);
	assert_int_equal(W.points, 6);
	assert_int_equal(stats("grpc").cut_points, 2);

	otlp_answer none = otlp_post(&W.client, body_of(all_bad));
	assert_int_equal(none.rejected, 4);
	assert_int_equal(W.batches, 2);
	tel_buf_unref(body);
	tel_buf_unref(all_bad);
}

static void partial_success_is_encoded_as_the_specification_says(void **state)
{
	(void)state;
	tel_buf *body = otlp_points("a", 3);
	W.outcome.rejected_points = 2;
	W.outcome.message = TEL_SLICE_LIT("why");

	otlp_answer a = otlp_post(&W.client, body_of(body));
	/* partial_success (1) { rejected_data_points (1) = 2; error_message (2) = "why" } */
	assert_int_equal(a.body_len, 9);
	assert_memory_equal(a.body, "\x0a\x07\x08\x02\x12\x03why", 9);
	assert_int_equal(otlp_export(&W.client, body_of(body)).rejected, 2);
	assert_int_equal(stats("http").accepted_points, 1);
	assert_int_equal(stats("http").refused_points, 2);
	tel_buf_unref(body);
}

static void what_was_cut_and_what_the_host_rejected_are_one_number(void **state)
{
	(void)state;
	tel_buf *body = half_broken(2, 3);
	W.outcome.rejected_points = 1;
	W.outcome.message = TEL_SLICE_LIT("ours");
	otlp_answer a = otlp_export(&W.client, body_of(body));
	assert_int_equal(a.rejected, 3);
	assert_true(strstr(a.rejected_message, "UTF-8") != NULL); /* the first reason */
	tel_buf_unref(body);
}

/* ---- OTLP/JSON ---- */

#define JSON_POINTS \
	"{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"m\",\"gauge\":{\"dataPoints\":[{\"asInt\":1},{\"asDouble\":2}]}}]}]}]}"

static otlp_answer post_json(tel_slice body)
{
	otlp_answer a = post_with("/v1/metrics", "application/json", NULL, body);

	assert_string_equal(a.type, "application/json");
	return a;
}

static void json_is_taken_and_answered_in_json(void **state)
{
	(void)state;
	tel_slice body = TEL_SLICE_LIT(JSON_POINTS);
	otlp_answer a = post_json(body);
	assert_int_equal(a.status, 200);
	assert_string_equal(a.body, "{\"partialSuccess\":{}}");
	assert_int_equal(stats("http").accepted_points, 2);
	a = post_with("/v1/metrics", "Application/JSON ; charset=utf-8", NULL, body);
	assert_int_equal(a.status, 200);
	tel_buf *packed = otlp_packed(TEL__CODING_GZIP, body);
	a = post_with("/v1/metrics", "application/json", "gzip", body_of(packed));
	assert_int_equal(a.status, 200);
	tel_buf_unref(packed);
	assert_int_equal(stats("http").accepted_points, 6);
	a = post_json(TEL_SLICE_LIT("{}"));
	assert_string_equal(a.body, "{\"partialSuccess\":{}}");
	assert_int_equal(stats("http").accepted_points, 6);
}

static void outcomes_of_json_requests_are_json(void **state)
{
	(void)state;
	W.outcome.rejected_points = 1;
	W.outcome.message = TEL_SLICE_LIT("half \"of\" it");
	otlp_answer a = post_json(TEL_SLICE_LIT(JSON_POINTS));
	assert_string_equal(a.body, "{\"partialSuccess\":{\"rejectedDataPoints\":\"1\",\"errorMessage\":\"half \\\"of\\\" it\"}}");
	W.outcome = (tel_outcome)TEL_OUTCOME_INIT;
	W.outcome.verdict = TEL_VERDICT_RETRY;
	W.outcome.message = TEL_SLICE_LIT("sending queue is full");
	W.outcome.retry_after_ns = 2500000000u;
	a = post_json(TEL_SLICE_LIT(JSON_POINTS));
	assert_int_equal(a.status, 503);
	assert_string_equal(a.retry_after, "3");
	assert_string_equal(a.body, "{\"code\":14,\"message\":\"sending queue is full\"}");
}

static void bad_json_is_the_clients_fault(void **state)
{
	(void)state;
	otlp_answer a = post_json(TEL_SLICE_LIT("{\n \"resourceMetrics\": 5}"));
	assert_int_equal(a.status, 400);
	assert_string_equal(a.body, "{\"code\":3,\"message\":\"JSON: resourceMetrics: wants an array at line 2, column 21\"}");
	a = post_json(TEL_SLICE_LIT(""));
	assert_int_equal(a.status, 400);
	assert_string_equal(a.body, "{\"code\":3,\"message\":\"JSON: empty text at line 1, column 1\"}");
	a = post_with("/v1/metrics", "application/json", "br", TEL_SLICE_LIT("{}"));
	assert_int_equal(a.status, 400);
	assert_string_equal(a.body, "{\"code\":3,\"message\":\"unsupported Content-Encoding: br\"}");
	assert_int_equal(stats("http").refused_requests[TEL__REFUSED_MALFORMED], 2);
}

/* ---- refusals before the body ---- */

static void other_paths_methods_and_types_are_refused_in_the_collectors_words(void **state)
{
	(void)state;
	static const struct {
		const char *path, *type;
		unsigned status;
		const char *text;
	} rows[] = {
		{ "/v1/metrics/", "application/x-protobuf", 404, "404 page not found" },
		{ "/v1/traces", "application/x-protobuf", 404, "404 page not found" },
		{ "/", "application/x-protobuf", 404, "404 page not found" },
		{ "/v1/metrics", "text/plain", 415,
		  "415 unsupported media type, supported: [application/json, application/x-protobuf]" },
		{ "/v1/metrics", "", 415, "415 unsupported media type, supported: [application/json, application/x-protobuf]" },
		{ "/v1/metrics", "application/x-protobuffer", 415,
		  "415 unsupported media type, supported: [application/json, application/x-protobuf]" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		otlp_answer a = post_with(rows[i].path, rows[i].type, NULL, TEL_SLICE_LIT("body"));
		assert_int_equal(a.status, rows[i].status);
		assert_string_equal(a.body, rows[i].text);
		assert_string_equal(a.type, "text/plain");
	}
	assert_int_equal(stats("http").refused_requests[TEL__REFUSED_UNSUPPORTED], 6);
}

/* One request over a raw socket; everything that came back. */
static const char *raw(const char *request)
{
	static char out[4096];
	tel__address to;
	size_t len = 0;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(tel__address_literal(TEL_SLICE_LIT("127.0.0.1"), (uint16_t)W.client.http_port, &to));
	assert_int_equal(connect(fd, &to.u.sa, to.len), 0);
	assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
	for (int i = 0; i < 50; i++) {
		ctx_settle(W.ctx);
		ssize_t n = recv(fd, out + len, sizeof(out) - 1 - len, MSG_DONTWAIT);
		len += n > 0 ? (size_t)n : 0;
	}
	out[len] = '\0';
	close(fd);
	ctx_settle(W.ctx);
	return out;
}

static void other_methods_are_refused_with_405(void **state)
{
	(void)state;
	const char *got = raw("GET /v1/metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_true(strncmp(got, "HTTP/1.1 405 ", 13) == 0);
	assert_true(strstr(got, "\r\n\r\n405 method not allowed, supported: [POST]") != NULL);
	got = raw("OPTIONS /v1/metrics HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_true(strncmp(got, "HTTP/1.1 405 ", 13) == 0);
}

static void unknown_methods_and_services_are_unimplemented(void **state)
{
	(void)state;
	tel_slice empty = { NULL, 0 };
	otlp_answer a = export_with("/opentelemetry.proto.collector.metrics.v1.MetricsService/Other", NULL, empty);
	assert_int_equal(a.grpc, TEL__GRPC_UNIMPLEMENTED);
	assert_string_equal(a.message,
	                    "unknown method for service opentelemetry.proto.collector.metrics.v1.MetricsService");
	a = export_with("/opentelemetry.proto.collector.trace.v1.TraceService/Export", NULL, empty);
	assert_int_equal(a.grpc, TEL__GRPC_UNIMPLEMENTED);
	assert_string_equal(a.message, "unknown service");
	assert_int_equal(stats("grpc").refused_requests[TEL__REFUSED_UNSUPPORTED], 2);
}

static void unknown_codings_are_refused(void **state)
{
	(void)state;
	tel_slice body = TEL_SLICE_LIT("x");
	otlp_answer http = post_with("/v1/metrics", "application/x-protobuf", "br", body);
	assert_int_equal(http.status, 400);
	assert_string_equal(http.type, "application/x-protobuf");
	assert_int_equal(http.code, TEL__GRPC_INVALID_ARGUMENT);
	assert_string_equal(http.message, "unsupported Content-Encoding: br");
	http = post_with("/v1/metrics", "application/x-protobuf", "lz4", body);
	assert_string_equal(http.message, "unsupported Content-Encoding: lz4");
	http = post_with("/v1/metrics", "application/x-protobuf", "none", body);
	assert_string_equal(http.message, "unsupported Content-Encoding: none");
	otlp_answer grpc = export_with(OTLP_METHOD, "br", body);
	assert_int_equal(grpc.grpc, TEL__GRPC_UNIMPLEMENTED);
	assert_string_equal(grpc.message, "grpc: Decompressor is not installed for grpc-encoding \"br\"");
}

/* ---- refusals of the body ---- */

static void damaged_protobuf_is_the_clients_fault(void **state)
{
	(void)state;
	tel_slice body = TEL_SLICE_LIT("\x0a\x7f nothing like that");
	otlp_answer http = otlp_post(&W.client, body), grpc = otlp_export(&W.client, body);
	assert_int_equal(http.status, 400);
	assert_int_equal(http.code, TEL__GRPC_INVALID_ARGUMENT);
	assert_true(strlen(http.message) > 0);
	assert_int_equal(grpc.grpc, TEL__GRPC_INVALID_ARGUMENT);
	assert_string_equal(grpc.message, http.message);
	assert_int_equal(stats("http").refused_requests[TEL__REFUSED_MALFORMED], 1);
	assert_int_equal(stats("http").refused_points, 1); /* the Collector counts an unread body as one */
	assert_true(stats("grpc").seen);
}

/* Puts tag and length before what stands at the end of a buffer of 4096 bytes. */
static size_t wrap(char *body, size_t at, char tag)
{
	size_t len = 4096 - at;

	body[--at] = (char)(len >> 7);
	body[--at] = (char)((len & 127u) | 128u);
	body[--at] = tag;
	return at;
}

static void nesting_over_the_limit_is_malformed_and_not_too_large(void **state)
{
	(void)state;
	static const char outer[] = { 0x12, 0x0a, 0x0a, 0x0a }; /* value, attributes, resource, resource_metrics */
	char body[4096];
	size_t at = sizeof(body);
	for (int i = 0; i < 200; i++) {
		at = wrap(body, at, 0x0a); /* ArrayValue.values */
		at = wrap(body, at, 0x2a); /* AnyValue.array_value */
	}
	for (size_t i = 0; i < sizeof(outer); i++)
		at = wrap(body, at, outer[i]);
	size_t len = sizeof(body) - at;
	otlp_answer a = otlp_post(&W.client, (tel_slice){ body + at, len });
	assert_int_equal(a.status, 400);
	assert_int_equal(stats("http").refused_requests[TEL__REFUSED_MALFORMED], 1);
	assert_int_equal(stats("http").refused_requests[TEL__REFUSED_TOO_LARGE], 0);
}

static void damaged_gzip_is_the_clients_fault(void **state)
{
	(void)state;
	tel_slice body = TEL_SLICE_LIT("this is not gzip at all");
	otlp_answer http = post_with("/v1/metrics", "application/x-protobuf", "gzip", body);
	assert_int_equal(http.status, 400);
	assert_int_equal(http.code, TEL__GRPC_INVALID_ARGUMENT);
	assert_string_equal(http.message, "gzip: invalid header");
	otlp_answer grpc = export_with(OTLP_METHOD, "gzip", body);
	assert_int_equal(grpc.grpc, TEL__GRPC_INVALID_ARGUMENT);
	assert_true(strstr(grpc.message, "gzip: invalid header") != NULL);
}

static void message_over_the_limit_is_refused_before_it_is_read(void **state)
{
	(void)state;
	tel_buf *body = otlp_padded(40, 40000);
	char text[128];
	otlp_answer grpc = otlp_export(&W.client, body_of(body));
	snprintf(text, sizeof(text), "grpc: received message larger than max (%zu vs. 1048576)", body_of(body).len);
	assert_int_equal(grpc.grpc, TEL__GRPC_RESOURCE_EXHAUSTED);
	assert_string_equal(grpc.message, text);
	assert_false(grpc.has_retry);
	otlp_answer http = otlp_post(&W.client, body_of(body));
	assert_int_equal(http.status, 413);
	assert_int_equal(http.code, TEL__GRPC_INVALID_ARGUMENT);
	assert_string_equal(http.message, "http: request body too large");
	assert_int_equal(stats("grpc").refused_requests[TEL__REFUSED_TOO_LARGE], 1);
	assert_int_equal(stats("http").refused_requests[TEL__REFUSED_TOO_LARGE], 1);
	assert_int_equal(W.batches, 0);
	tel_buf_unref(body);
}

static void bomb_is_refused_and_costs_the_limit_at_most(void **state)
{
	(void)state;
	tel_buf *body = otlp_padded(256, 64 << 10), *packed = otlp_packed(TEL__CODING_GZIP, body_of(body)); /* 16 MiB in some KiB */
	assert_true(body_of(packed).len < 256 << 10);
	tel_buf_unref(body);
	W.mem.peak_bytes = W.mem.live_bytes;
	size_t before = W.mem.live_bytes;
	otlp_answer grpc = export_with(OTLP_METHOD, "gzip", body_of(packed));
	assert_int_equal(grpc.grpc, TEL__GRPC_RESOURCE_EXHAUSTED);
	assert_string_equal(grpc.message, "grpc: received message after decompression larger than max 1048576");
	otlp_answer http = post_with("/v1/metrics", "application/x-protobuf", "gzip", body_of(packed));
	assert_int_equal(http.status, 413);
	assert_true(W.mem.peak_bytes - before < 3 << 20);
	assert_int_equal(stats("grpc").refused_requests[TEL__REFUSED_TOO_LARGE], 1);
	tel_buf_unref(packed);
}

static void without_memory_the_client_is_told_to_come_back(void **state)
{
	(void)state;
	tel_buf *body = otlp_padded(10, 30000), *small = otlp_points("a", 1);
	tel__budget *budget = tel__ctx_budget(W.ctx);
	tel__budget_set_limit(budget, 200 << 10);

	otlp_answer grpc = otlp_export(&W.client, body_of(body)), http = otlp_post(&W.client, body_of(body));
	assert_int_equal(grpc.grpc, TEL__GRPC_UNAVAILABLE);
	assert_string_equal(grpc.message, "data refused due to high memory usage");
	assert_true(grpc.has_retry && grpc.retry_ns == TEL__RETRY_HINT_NS);
	assert_int_equal(http.status, 503);
	assert_int_equal(http.code, TEL__GRPC_UNAVAILABLE);
	assert_string_equal(http.message, "data refused due to high memory usage");
	assert_string_equal(http.retry_after, "1");
	assert_int_equal(stats("grpc").refused_requests[TEL__REFUSED_BUDGET], 1);
	assert_int_equal(stats("http").refused_requests[TEL__REFUSED_BUDGET], 1);

	assert_int_equal(otlp_export(&W.client, body_of(small)).grpc, TEL__GRPC_OK); /* the receiver goes on */
	assert_int_equal(otlp_post(&W.client, body_of(small)).status, 200);
	tel__budget_set_limit(budget, 0);
	tel_buf_unref(body);
	tel_buf_unref(small);
}

static void packed_body_that_does_not_fit_into_the_budget_is_refused_retryably(void **state)
{
	(void)state;
	tel_buf *body = otlp_padded(20, 30000), *packed = otlp_packed(TEL__CODING_GZIP, body_of(body));
	tel__budget_set_limit(tel__ctx_budget(W.ctx), 200 << 10);
	assert_int_equal(post_with("/v1/metrics", "application/x-protobuf", "gzip", body_of(packed)).status, 503);
	assert_int_equal(export_with(OTLP_METHOD, "gzip", body_of(packed)).grpc, TEL__GRPC_UNAVAILABLE);
	tel__budget_set_limit(tel__ctx_budget(W.ctx), 0);
	tel_buf_unref(body);
	tel_buf_unref(packed);
}

/* ---- verdicts ---- */

static void verdicts_are_told_as_each_protocol_words_them(void **state)
{
	(void)state;
	static const struct {
		tel_verdict verdict;
		int32_t status, grpc;
		unsigned http;
		uint64_t retry_ns;
		const char *after;
	} rows[] = {
		{ TEL_VERDICT_FILTERED, 0, 0, 200, 0, "" },
		{ TEL_VERDICT_RETRY, 0, TEL__GRPC_UNAVAILABLE, 503, 0, "" },
		{ TEL_VERDICT_RETRY, 0, TEL__GRPC_UNAVAILABLE, 503, 1500000000, "2" },
		{ TEL_VERDICT_RETRY, TEL__GRPC_RESOURCE_EXHAUSTED, TEL__GRPC_RESOURCE_EXHAUSTED, 429, 1, "1" },
		{ TEL_VERDICT_RETRY, TEL__GRPC_ABORTED, TEL__GRPC_ABORTED, 503, 0, "" },
		{ TEL_VERDICT_RETRY, TEL__GRPC_DATA_LOSS, TEL__GRPC_DATA_LOSS, 503, 0, "" },
		{ TEL_VERDICT_PERMANENT, 0, TEL__GRPC_INTERNAL, 500, 0, "" },
		{ TEL_VERDICT_PERMANENT, TEL__GRPC_RESOURCE_EXHAUSTED, TEL__GRPC_RESOURCE_EXHAUSTED, 429, 0, "" },
		{ TEL_VERDICT_PERMANENT, TEL__GRPC_INVALID_ARGUMENT, TEL__GRPC_INVALID_ARGUMENT, 400, 0, "" },
		{ TEL_VERDICT_PERMANENT, TEL__GRPC_UNAUTHENTICATED, TEL__GRPC_UNAUTHENTICATED, 401, 0, "" },
		{ TEL_VERDICT_PERMANENT, TEL__GRPC_PERMISSION_DENIED, TEL__GRPC_PERMISSION_DENIED, 403, 0, "" },
		{ TEL_VERDICT_PERMANENT, TEL__GRPC_UNIMPLEMENTED, TEL__GRPC_UNIMPLEMENTED, 404, 0, "" },
	};
	tel_buf *body = otlp_points("a", 1);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		W.outcome = (tel_outcome)TEL_OUTCOME_INIT;
		W.outcome.verdict = rows[i].verdict;
		W.outcome.grpc_status = rows[i].status;
		W.outcome.retry_after_ns = rows[i].retry_ns;
		W.outcome.message = TEL_SLICE_LIT("because");
		otlp_answer http = otlp_post(&W.client, body_of(body)), grpc = otlp_export(&W.client, body_of(body));
		print_message("# row %zu\n", i);
		assert_int_equal(http.status, rows[i].http);
		assert_string_equal(http.retry_after, rows[i].after);
		assert_int_equal(grpc.grpc, rows[i].grpc);
		assert_int_equal(grpc.has_retry, rows[i].retry_ns != 0);
		assert_true(grpc.retry_ns == rows[i].retry_ns);
		if (rows[i].grpc) {
			assert_int_equal(http.code, rows[i].grpc);
			assert_string_equal(http.message, "because");
			assert_string_equal(grpc.message, "because");
		}
	}
	assert_int_equal(stats("grpc").accepted_points, 1);
	assert_int_equal(stats("grpc").refused_points, 11);
	tel_buf_unref(body);
}

static void abort_resets_without_an_answer(void **state)
{
	(void)state;
	tel_buf *body = otlp_points("a", 1);
	W.outcome.verdict = TEL_VERDICT_ABORT;
	assert_int_not_equal(otlp_post(&W.client, body_of(body)).err, TEL_OK);
	otlp_answer grpc = otlp_export(&W.client, body_of(body));
	assert_false(grpc.from_peer);
	assert_int_equal(grpc.grpc, TEL__GRPC_CANCELLED); /* which clients retry */
	assert_int_equal(OPS->open(W.receiver), 0);
	W.outcome.verdict = TEL_VERDICT_OK;
	assert_int_equal(otlp_export(&W.client, body_of(body)).grpc, TEL__GRPC_OK); /* the connection lives */
	tel_buf_unref(body);
}

/* ---- time ---- */

static void late_settle_answers_the_right_request(void **state)
{
	(void)state;
	tel_buf *body = otlp_points("a", 1);
	tel_slice bytes = body_of(body);
	tel_outcome no = TEL_OUTCOME_INIT;
	otlp_answer first, second, third;
	W.hold = true;
	otlp_export_start(&W.client, OTLP_METHOD, NULL, &bytes, 0, &first);
	otlp_export_start(&W.client, OTLP_METHOD, NULL, &bytes, 0, &second);
	otlp_post_start(&W.client, "/v1/metrics", "application/x-protobuf", NULL, &bytes, &third);
	for (int i = 0; i < 200 && W.held_count < 3; i++) {
		ctx_settle(W.ctx);
		fake_clock_advance(&W.clock, 1000000);
	}
	assert_int_equal(W.held_count, 3);
	assert_true(OPS->open(W.receiver) >= 3);
	assert_int_equal(first.calls + second.calls + third.calls, 0);
	/* the gRPC requests came in order, wherever the HTTP one stands */
	no.verdict = TEL_VERDICT_PERMANENT;
	tel_receipt *grpc[2];
	unsigned n = 0;
	tel_receipt *http = NULL;
	for (unsigned i = 0; i < 3; i++) {
		if (tel_receipt_origin(W.held[i])->transport.ptr[0] == 'g')
			grpc[n++] = W.held[i];
		else
			http = W.held[i];
	}
	W.held_count = 0;
	tel_receipt_settle(grpc[1], &no);
	otlp_wait(&W.client, &second);
	assert_int_equal(second.grpc, TEL__GRPC_INTERNAL);
	assert_int_equal(first.calls, 0);
	tel_receipt_settle(http, NULL);
	tel_receipt_settle(grpc[0], NULL);
	otlp_wait(&W.client, &first);
	otlp_wait(&W.client, &third);
	assert_int_equal(first.grpc, TEL__GRPC_OK);
	assert_int_equal(third.status, 200);
	assert_int_equal(OPS->open(W.receiver), 0);
	tel_buf_unref(body);
}

static void hold_one(const tel_slice *bytes, bool http, otlp_answer *a)
{
	W.hold = true;
	if (http)
		otlp_post_start(&W.client, "/v1/metrics", "application/x-protobuf", NULL, bytes, a);
	else
		otlp_export_start(&W.client, OTLP_METHOD, NULL, bytes, 0, a);
	unsigned want = W.held_count + 1;
	for (int i = 0; i < 200 && W.held_count < want; i++) {
		ctx_settle(W.ctx);
		fake_clock_advance(&W.clock, 1000000);
	}
	assert_int_equal(W.held_count, want);
}

static void settle_after_the_client_went_away_counts_and_answers_nobody(void **state)
{
	(void)state;
	tel_buf *body = otlp_points("a", 2);
	tel_slice bytes = body_of(body);
	otlp_answer a, b;
	hold_one(&bytes, false, &a);
	tel__grpc_client_cancel(W.client.grpc, W.client.id);
	hold_one(&bytes, true, &b);
	tel__http_client_cancel(W.client.http, W.client.id);
	ctx_settle(W.ctx);
	tel_receipt_settle(W.held[0], NULL);
	tel_receipt_settle(W.held[1], NULL);
	W.held_count = 0;
	assert_int_equal(a.calls + b.calls, 0);
	assert_int_equal(stats("grpc").accepted_points, 2); /* the batch is safe all the same */
	assert_int_equal(stats("http").accepted_points, 2);
	assert_int_equal(OPS->open(W.receiver), 0);
	tel_buf_unref(body);
}

static void receiver_may_be_freed_before_its_receipts(void **state)
{
	(void)state;
	tel_buf *body = otlp_points("a", 2);
	tel_slice bytes = body_of(body);
	static otlp_answer a, b;
	hold_one(&bytes, false, &a);
	hold_one(&bytes, true, &b);
	OPS->free(W.receiver);
	W.receiver = NULL;
	otlp_wait(&W.client, &a);
	otlp_wait(&W.client, &b);
	assert_false(a.from_peer);
	assert_int_not_equal(b.err, TEL_OK);
	assert_true(tel_receipt_origin(W.held[0])->peer.len > 0); /* still readable */
	open_receiver(&W, 1, 1 << 20); /* for tear_down, which settles what is held */
	tel_buf_unref(body);
}

static void deadline_of_a_grpc_client_travels_with_the_batch(void **state)
{
	(void)state;
	tel_buf *body = otlp_points("a", 1);
	tel_slice bytes = body_of(body);
	otlp_answer a;
	uint64_t now = tel__ctx_mono_ns(W.ctx);
	otlp_export_start(&W.client, OTLP_METHOD, NULL, &bytes, 5000000000u, &a);
	otlp_wait(&W.client, &a);
	assert_true(W.deadline_mono_ns > now + 4000000000u && W.deadline_mono_ns <= W.clock.mono_ns + 5000000000u);
	tel_buf_unref(body);
}

static void drain_refuses_new_connections_and_finishes_open_requests(void **state)
{
	(void)state;
	tel_buf *body = otlp_points("a", 1);
	tel_slice bytes = body_of(body);
	otlp_answer a, late;
	hold_one(&bytes, false, &a);
	OPS->drain(W.receiver);
	ctx_settle(W.ctx);
	otlp_post_start(&W.client, "/v1/metrics", "application/x-protobuf", NULL, &bytes, &late);
	otlp_wait(&W.client, &late);
	assert_int_equal(late.err, TEL_ERR_TRANSPORT);
	tel_receipt_settle(W.held[0], NULL);
	W.held_count = 0;
	otlp_wait(&W.client, &a);
	assert_int_equal(a.grpc, TEL__GRPC_OK);
	tel_buf_unref(body);
}

static void options_of_http_are_followed(void **state)
{
	(void)state;
	static const tel__key_pair headers[] = { { TEL_SLICE_LIT("X-Site"), TEL_SLICE_LIT("north") },
		                                     { TEL_SLICE_LIT("X-Tier"), TEL_SLICE_LIT("a b") } };
	static const tel__key_pair evil = { TEL_SLICE_LIT("X-A"), TEL_SLICE_LIT("b\r\nSet-Cookie: c") };
	static const tel_slice only_zstd = TEL_SLICE_LIT("zstd"), unheard_of = TEL_SLICE_LIT("br"), later = TEL_SLICE_LIT("lz4");
	tel__otlp_http_options http = { .endpoint = TEL_SLICE_LIT("127.0.0.1:0"), .metrics_url_path = TEL_SLICE_LIT("/in"),
		                            .response_headers = { headers, 2 }, .compression_algorithms = { &only_zstd, 1 } };
	tel__otlp_options options = { { NULL, &http } };
	tel__receiver_env env = { .ctx = W.ctx, .id = TEL_SLICE_LIT("otlp"), .on_metrics = on_metrics, .user = &W };
	tel__receiver_impl *r = NULL;
	unsigned before = W.client.http_port;
	assert_ok(OPS->make(&env, &options, &r, NULL));
	W.client.http_port = OPS->port(r, "http");
	const char *got = raw("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
	assert_true(strstr(got, "\r\nX-Site: north\r\nX-Tier: a b\r\n") || strstr(got, "\r\nx-site: north\r\nx-tier: a b\r\n"));
	otlp_answer a = post_with("/in", "application/x-protobuf", "gzip", TEL_SLICE_LIT("x"));
	assert_int_equal(a.status, 400);
	assert_string_equal(a.message, "unsupported Content-Encoding: gzip");
	a = post_with("/in", "application/x-protobuf", NULL, TEL_SLICE_LIT("x")); /* "" is not in the list */
	assert_string_equal(a.message, "unsupported Content-Encoding: ");
	tel_buf *body = otlp_padded(5, 10), *packed = otlp_packed(TEL__CODING_ZSTD, body_of(body));
	assert_int_equal(post_with("/in", "application/x-protobuf", "zstd", body_of(packed)).status, 200);
	tel_buf_unref(body);
	tel_buf_unref(packed);
	W.client.http_port = before;
	OPS->free(r);
	http.compression_algorithms = (tel__key_strings){ &unheard_of, 1 };
	assert_err(OPS->make(&env, &options, &r, NULL), TEL_ERR_ARG);
	http.compression_algorithms = (tel__key_strings){ &later, 1 }; /* known, not offered: requests are refused, not the list */
	assert_ok(OPS->make(&env, &options, &r, NULL));
	OPS->free(r);
	http.response_headers = (tel__key_pairs){ &evil, 1 };
	assert_err(OPS->make(&env, &options, &r, NULL), TEL_ERR_ARG);
	http.response_headers = (tel__key_pairs){ NULL, 0 };
	http.transport = TEL_SLICE_LIT("unix");
	assert_err(OPS->make(&env, &options, &r, NULL), TEL_ERR_UNSUPPORTED);
}

/* ---- public door ---- */

static void public_receiver_has_limits_in_bytes(void **state)
{
	(void)state;
	tel_receiver_opts opts = TEL_RECEIVER_OPTS_INIT;
	tel_receiver *r = NULL;
	tel_error err = TEL_ERROR_INIT;
	unsigned grpc = 1, http = 0;
	assert_err(tel_receiver_new(W.ctx, &opts, on_metrics, &W, &r, &err), TEL_ERR_ARG);
	opts.http_endpoint = TEL_SLICE_LIT("127.0.0.1:0");
	opts.http_max_bytes = 100;
	assert_ok(tel_receiver_new(W.ctx, &opts, on_metrics, &W, &r, &err));
	tel_receiver_ports(r, &grpc, &http);
	assert_int_equal(grpc, 0);
	unsigned before = W.client.http_port;
	W.client.http_port = http;
	tel_buf *body = otlp_points("a", 20), *small = otlp_points("a", 1);
	assert_int_equal(otlp_post(&W.client, body_of(small)).status, 200);
	assert_int_equal(otlp_post(&W.client, body_of(body)).status, 413);
	W.client.http_port = before;
	tel_receiver_free(r);
	tel_receiver_free(NULL);
	tel_buf_unref(body);
	tel_buf_unref(small);
}

static void address_that_cannot_be_opened_is_an_error_that_names_it(void **state)
{
	(void)state;
	tel_receiver_opts opts = TEL_RECEIVER_OPTS_INIT;
	tel_receiver *r = NULL;
	tel_error err = TEL_ERROR_INIT;
	char taken[32];
	snprintf(taken, sizeof(taken), "127.0.0.1:%u", W.client.http_port);
	opts.grpc_endpoint = TEL_SLICE_LIT("127.0.0.1:0");
	opts.http_endpoint = tel__slice_str(taken);
	assert_err(tel_receiver_new(W.ctx, &opts, on_metrics, &W, &r, &err), TEL_ERR_IO);
	assert_true(strstr(err.msg, taken) != NULL);
	assert_null(r);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(success_is_an_empty_message_on_both_protocols),
		TEST(request_without_points_is_acknowledged_and_not_counted),
		TEST(gzip_is_unpacked_on_both_protocols),
		TEST(codings_are_unpacked),
		TEST(media_type_is_compared_without_case_and_parameters),
		TEST(points_with_bad_text_are_cut_out_and_reported_by_partial_success),
		TEST(partial_success_is_encoded_as_the_specification_says),
		TEST(what_was_cut_and_what_the_host_rejected_are_one_number),
		TEST(json_is_taken_and_answered_in_json),
		TEST(outcomes_of_json_requests_are_json),
		TEST(bad_json_is_the_clients_fault),
		TEST(other_paths_methods_and_types_are_refused_in_the_collectors_words),
		TEST(other_methods_are_refused_with_405),
		TEST(unknown_methods_and_services_are_unimplemented),
		TEST(unknown_codings_are_refused),
		TEST(damaged_protobuf_is_the_clients_fault),
		TEST(nesting_over_the_limit_is_malformed_and_not_too_large),
		TEST(damaged_gzip_is_the_clients_fault),
		TEST(message_over_the_limit_is_refused_before_it_is_read),
		TEST(bomb_is_refused_and_costs_the_limit_at_most),
		TEST(without_memory_the_client_is_told_to_come_back),
		TEST(packed_body_that_does_not_fit_into_the_budget_is_refused_retryably),
		TEST(verdicts_are_told_as_each_protocol_words_them),
		TEST(abort_resets_without_an_answer),
		TEST(late_settle_answers_the_right_request),
		TEST(settle_after_the_client_went_away_counts_and_answers_nobody),
		TEST(receiver_may_be_freed_before_its_receipts),
		TEST(deadline_of_a_grpc_client_travels_with_the_batch),
		TEST(drain_refuses_new_connections_and_finishes_open_requests),
		TEST(options_of_http_are_followed),
		TEST(public_receiver_has_limits_in_bytes),
		TEST(address_that_cannot_be_opened_is_an_error_that_names_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
