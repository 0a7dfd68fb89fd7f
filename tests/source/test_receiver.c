/* SPDX-License-Identifier: Apache-2.0 */
/* The public receiver: receipts settled now, later, twice, too late; TLS; freed at any moment. */
#include "source/otlp_rig.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include <telemetry/exporter.h>
#include <telemetry/otlp.h>
#include <telemetry/receiver.h>

#include "net/grpc_server.h"
#include "net/h2_peer.h"
#include "net/tls_files.h"
#include "seams/failalloc.h"
#include "torture/torture.h"

enum { HELD = 64 };

typedef struct world {
	fake_clock clock;
	failalloc mem;
	tel_ctx *ctx;
	tel_receiver *receiver;
	otlp_client client;
	tel_buf *body;
	tel_slice bytes; /* two points */
	bool hold, watch, free_inside, free_ctx_inside;
	tel_outcome outcome;
	tel_receipt *held[HELD];
	unsigned held_count, batches, lost;
	tel_err settled, why;
	tel_err settle_when_lost; /* TEL_ERR_AGAIN: leave it open */
} world;

static world W;

static void on_lost(void *user, tel_err why)
{
	world *w = user;

	w->lost++;
	w->why = why;
	if (w->settle_when_lost != TEL_ERR_AGAIN)
		w->settled = tel_receipt_settle(w->held[--w->held_count], NULL);
}

static void on_metrics(tel_receipt *receipt, tel_metrics *metrics, void *user)
{
	world *w = user;

	tel_metrics_free(metrics);
	w->batches++;
	if (w->free_inside) {
		tel_receiver_free(w->receiver);
		w->receiver = NULL;
		if (w->free_ctx_inside) {
			tel_ctx_free(w->ctx);
			w->ctx = NULL;
		}
	}
	if (w->hold) {
		assert_true(w->held_count < HELD);
		w->held[w->held_count++] = receipt;
		if (w->watch)
			assert_ok(tel_receipt_watch(receipt, on_lost, w));
	} else {
		w->settled = tel_receipt_settle(receipt, &w->outcome);
	}
}

static void open_receiver(world *w, const char *cert, const char *key, const char *client_ca)
{
	tel_receiver_opts opts = TEL_RECEIVER_OPTS_INIT;
	tel_error err = TEL_ERROR_INIT;

	opts.grpc_endpoint = opts.http_endpoint = TEL_SLICE_LIT("127.0.0.1:0");
	opts.cert_file = tel__slice_str(cert);
	opts.key_file = tel__slice_str(key);
	opts.client_ca_file = tel__slice_str(client_ca);
	if (tel_receiver_new(w->ctx, &opts, on_metrics, w, &w->receiver, &err))
		fail_msg("%s", err.msg);
}

static int set_up(void **state)
{
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	unsigned grpc, http;

	(void)state;
	memset(&W, 0, sizeof(W));
	failalloc_init(&W.mem);
	opts.clock = fake_clock_ops(&W.clock);
	W.clock.unix_ns = (uint64_t)time(NULL) * 1000000000u;
	opts.alloc = W.mem.alloc;
	W.outcome = (tel_outcome)TEL_OUTCOME_INIT;
	W.settle_when_lost = TEL_ERR_AGAIN;
	assert_ok(tel_ctx_new(&opts, &W.ctx, NULL));
	open_receiver(&W, NULL, NULL, NULL);
	tel_receiver_ports(W.receiver, &grpc, &http);
	otlp_client_init(&W.client, W.ctx, &W.clock, grpc, http);
	W.body = otlp_points("a", 2);
	W.bytes = tel_buf_get(W.body);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	if (W.ctx)
		otlp_client_fini(&W.client);
	tel_receiver_free(W.receiver);
	tel_buf_unref(W.body);
	tel_ctx_free(W.ctx);
	assert_int_equal(W.held_count, 0);
	assert_true(failalloc_is_clean(&W.mem));
	return 0;
}

static void hold_one(bool http, otlp_answer *a)
{
	unsigned want = W.held_count + 1;

	W.hold = true;
	if (http)
		otlp_post_start(&W.client, "/v1/metrics", "application/x-protobuf", NULL, &W.bytes, a);
	else
		otlp_export_start(&W.client, OTLP_METHOD, NULL, &W.bytes, 0, a);
	for (int i = 0; i < 200 && W.held_count < want; i++) {
		ctx_settle(W.ctx);
		fake_clock_advance(&W.clock, 1000000);
	}
	assert_int_equal(W.held_count, want);
}

/* ---- receipts ---- */

static void a_receipt_may_be_settled_hours_later(void **state)
{
	(void)state;
	for (int http = 0; http < 2; http++) {
		otlp_answer a;
		hold_one(http, &a);
		assert_int_equal(tel_receiver_open_count(W.receiver), 1);
		for (int hour = 0; hour < 5; hour++) {
			fake_clock_advance(&W.clock, 3600000000000u);
			for (int turn = 0; turn < 50; turn++) { /* PINGs are answered a moment later */
				assert_ok(tel_ctx_run_once(W.ctx, 0));
				fake_clock_advance(&W.clock, 1000u);
			}
		}
		assert_int_equal(a.calls, 0);
		assert_ok(tel_receipt_settle(W.held[--W.held_count], NULL));
		assert_int_equal(tel_receiver_open_count(W.receiver), 0);
		otlp_wait(&W.client, &a);
		assert_true(http ? a.status == 200 : a.grpc == TEL__GRPC_OK);
	}
}

static void settling_twice_is_an_error_and_answers_nobody_else(void **state)
{
	(void)state;
	tel_outcome no = TEL_OUTCOME_INIT;
	otlp_answer a, b;

	no.verdict = TEL_VERDICT_PERMANENT;
	hold_one(true, &a);
	tel_receipt *first = W.held[0];
	assert_ok(tel_receipt_settle(first, NULL));
	assert_err(tel_receipt_settle(first, &no), TEL_ERR_STATE);
	assert_err(tel_receipt_watch(first, on_lost, &W), TEL_ERR_STATE);
	otlp_wait(&W.client, &a);
	for (int i = 0; i < 15; i++) { /* others come and go */
		W.held_count = 0;
		hold_one(true, &b);
		assert_err(tel_receipt_settle(first, &no), TEL_ERR_STATE);
		assert_ok(tel_receipt_settle(W.held[0], NULL));
		otlp_wait(&W.client, &b);
		assert_int_equal(b.status, 200);
	}
	W.held_count = 0;
}

static void receipts_are_used_again_after_a_rest(void **state)
{
	(void)state;
	otlp_answer a;
	size_t blocks = 0;

	for (int i = 0; i < 100; i++) {
		hold_one(false, &a);
		assert_ok(tel_receipt_settle(W.held[--W.held_count], NULL));
		otlp_wait(&W.client, &a);
		assert_int_equal(a.grpc, TEL__GRPC_OK);
		if (i == 50)
			blocks = W.mem.live_blocks;
	}
	assert_int_equal(W.mem.live_blocks, blocks);
}

static void an_outcome_that_means_nothing_leaves_the_receipt_open(void **state)
{
	(void)state;
	otlp_answer a;
	tel_outcome bad = TEL_OUTCOME_INIT;

	hold_one(true, &a);
	bad.verdict = (tel_verdict)5;
	assert_err(tel_receipt_settle(W.held[0], &bad), TEL_ERR_ARG);
	bad = (tel_outcome)TEL_OUTCOME_INIT;
	bad.grpc_status = 17;
	assert_err(tel_receipt_settle(W.held[0], &bad), TEL_ERR_ARG);
	bad.grpc_status = -1;
	assert_err(tel_receipt_settle(W.held[0], &bad), TEL_ERR_ARG);
	bad.size = 0;
	assert_err(tel_receipt_settle(W.held[0], &bad), TEL_ERR_ARG);
	assert_err(tel_receipt_settle(NULL, NULL), TEL_ERR_ARG);
	assert_err(tel_receipt_watch(NULL, on_lost, NULL), TEL_ERR_ARG);
	assert_int_equal(a.calls, 0);
	assert_ok(tel_receipt_settle(W.held[--W.held_count], NULL));
	otlp_wait(&W.client, &a);
	assert_int_equal(a.status, 200);
}

static void every_outcome_reaches_both_protocols(void **state)
{
	(void)state;
	static const struct {
		tel_outcome outcome;
		int32_t grpc;
		unsigned http;
		const char *message, *retry_after;
		int64_t rejected;
	} rows[] = {
		{ { sizeof(tel_outcome), TEL_VERDICT_OK, 0, 0, 0, { NULL, 0 } }, 0, 200, "", "", 0 },
		{ { sizeof(tel_outcome), TEL_VERDICT_FILTERED, 0, 0, 0, { NULL, 0 } }, 0, 200, "", "", 0 },
		{ { sizeof(tel_outcome), TEL_VERDICT_OK, 0, 0, 1, TEL_SLICE_LIT("too old") }, 0, 200, "too old", "", 1 },
		{ { sizeof(tel_outcome), TEL_VERDICT_OK, 0, 0, 99, TEL_SLICE_LIT("all old") }, 0, 200, "all old", "", 2 },
		{ { sizeof(tel_outcome), TEL_VERDICT_RETRY, 0, 0, 0, TEL_SLICE_LIT("busy") }, TEL__GRPC_UNAVAILABLE, 503, "busy", "",
		  0 },
		{ { sizeof(tel_outcome), TEL_VERDICT_RETRY, 0, 6500000000u, 0, TEL_SLICE_LIT("busy") }, TEL__GRPC_UNAVAILABLE, 503,
		  "busy", "7", 0 },
		{ { sizeof(tel_outcome), TEL_VERDICT_RETRY, TEL__GRPC_RESOURCE_EXHAUSTED, 1000000000u, 0, TEL_SLICE_LIT("quota") },
		  TEL__GRPC_RESOURCE_EXHAUSTED, 429, "quota", "1", 0 },
		{ { sizeof(tel_outcome), TEL_VERDICT_PERMANENT, 0, 0, 0, TEL_SLICE_LIT("no") }, TEL__GRPC_INTERNAL, 500, "no", "", 0 },
		{ { sizeof(tel_outcome), TEL_VERDICT_PERMANENT, TEL__GRPC_INVALID_ARGUMENT, 0, 0, TEL_SLICE_LIT("bad \"name\"") },
		  TEL__GRPC_INVALID_ARGUMENT, 400, "bad \"name\"", "", 0 },
		{ { sizeof(tel_outcome), TEL_VERDICT_PERMANENT, TEL__GRPC_UNAUTHENTICATED, 0, 0, TEL_SLICE_LIT("who?") },
		  TEL__GRPC_UNAUTHENTICATED, 401, "who?", "", 0 },
		{ { sizeof(tel_outcome), TEL_VERDICT_PERMANENT, TEL__GRPC_PERMISSION_DENIED, 0, 0, TEL_SLICE_LIT("not you") },
		  TEL__GRPC_PERMISSION_DENIED, 403, "not you", "", 0 },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		W.outcome = rows[i].outcome;
		print_message("row %zu\n", i);
		otlp_answer grpc = otlp_export(&W.client, W.bytes), http = otlp_post(&W.client, W.bytes);
		assert_ok(W.settled);
		assert_int_equal(grpc.grpc, rows[i].grpc);
		assert_int_equal(http.status, rows[i].http);
		assert_int_equal(grpc.rejected, rows[i].rejected);
		assert_int_equal(http.rejected, rows[i].rejected);
		assert_string_equal(rows[i].rejected ? grpc.rejected_message : grpc.message, rows[i].message);
		assert_string_equal(rows[i].rejected ? http.rejected_message : http.message, rows[i].message);
		assert_string_equal(http.retry_after, rows[i].retry_after);
		assert_int_equal(grpc.has_retry, rows[i].outcome.retry_after_ns != 0);
		assert_true(grpc.retry_ns == rows[i].outcome.retry_after_ns);
	}
}

static void an_aborted_request_gets_no_answer(void **state)
{
	(void)state;
	W.outcome.verdict = TEL_VERDICT_ABORT;
	otlp_answer grpc = otlp_export(&W.client, W.bytes), http = otlp_post(&W.client, W.bytes);
	assert_ok(W.settled);
	assert_int_not_equal(grpc.grpc, 0);
	assert_int_not_equal(http.err, TEL_OK);
}

static void a_client_that_goes_away_is_told_of_and_settling_says_so(void **state)
{
	(void)state;
	otlp_answer a;
	W.watch = true;
	hold_one(false, &a);
	tel__grpc_client_cancel(W.client.grpc, W.client.id);
	ctx_settle(W.ctx);
	assert_int_equal(W.lost, 1);
	assert_int_equal(W.why, TEL_ERR_CLOSED);
	assert_int_equal(a.calls, 0);
	assert_int_equal(tel_receiver_open_count(W.receiver), 1);
	assert_err(tel_receipt_watch(W.held[0], on_lost, &W), TEL_ERR_CLOSED);
	assert_err(tel_receipt_settle(W.held[--W.held_count], NULL), TEL_ERR_CLOSED);
	assert_int_equal(tel_receiver_open_count(W.receiver), 0);
}

static void a_client_over_http1_that_goes_away_is_noticed_by_the_answer(void **state)
{
	(void)state;
	otlp_answer a;
	W.watch = true;
	hold_one(true, &a);
	tel__http_client_cancel(W.client.http, W.client.id);
	ctx_settle(W.ctx);
	assert_int_equal(W.lost, 0);
	assert_ok(tel_receipt_settle(W.held[--W.held_count], NULL));
	ctx_settle(W.ctx);
	assert_int_equal(a.calls, 0);
}

static void a_receipt_may_be_settled_where_the_loss_is_told(void **state)
{
	(void)state;
	otlp_answer a;
	W.watch = true;
	W.settle_when_lost = TEL_OK;
	hold_one(false, &a);
	tel__grpc_client_cancel(W.client.grpc, W.client.id);
	ctx_settle(W.ctx);
	assert_int_equal(W.lost, 1);
	assert_int_equal(W.settled, TEL_ERR_CLOSED);
	assert_int_equal(tel_receiver_open_count(W.receiver), 0);
}

static void one_who_does_not_watch_any_more_is_not_told(void **state)
{
	(void)state;
	otlp_answer a;
	W.watch = true;
	hold_one(false, &a);
	assert_ok(tel_receipt_watch(W.held[0], NULL, NULL));
	tel__grpc_client_cancel(W.client.grpc, W.client.id);
	ctx_settle(W.ctx);
	assert_int_equal(W.lost, 0);
	assert_err(tel_receipt_settle(W.held[--W.held_count], NULL), TEL_ERR_CLOSED);
}

/* A client by hand: one that sends its deadline and keeps the stream open all the same. */
static h2_peer *patient_client(const char *timeout)
{
	const char *const head[] = { ":method", "POST", ":scheme", "http", ":path", OTLP_METHOD, ":authority", "x", "te", "trailers",
		                         "content-type", "application/grpc", "grpc-timeout", timeout, NULL };
	uint8_t message[256] = { 0, 0, 0, 0, (uint8_t)W.bytes.len };
	h2_peer *p = calloc(1, sizeof(*p));
	unsigned port;

	assert_non_null(p);
	assert_true(W.bytes.len < sizeof(message) - 5);
	memcpy(message + 5, W.bytes.ptr, W.bytes.len);
	tel_receiver_ports(W.receiver, &port, NULL);
	peer_init(p, peer_connect(port), false);
	peer_hello(p);
	peer_headers(p, 1, 0, head);
	peer_frame(p, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, message, 5 + W.bytes.len);
	return p;
}

static void hang_up(h2_peer *p)
{
	peer_fini(p);
	free(p);
}

static void a_deadline_that_passes_is_told_once(void **state)
{
	(void)state;
	h2_peer *p = patient_client("5S");

	W.watch = W.hold = true;
	peer_settle(p, W.ctx);
	assert_int_equal(W.held_count, 1);
	assert_true(tel_receipt_origin(W.held[0])->deadline_mono_ns <= W.clock.mono_ns + 5000000000u);
	fake_clock_advance(&W.clock, 4900000000u);
	ctx_settle(W.ctx);
	assert_int_equal(W.lost, 0);
	fake_clock_advance(&W.clock, 200000000u);
	ctx_settle(W.ctx);
	assert_int_equal(W.lost, 1);
	assert_int_equal(W.why, TEL_ERR_TIMEOUT);
	fake_clock_advance(&W.clock, 10000000000u);
	ctx_settle(W.ctx);
	assert_int_equal(W.lost, 1);
	peer_settle(p, W.ctx);
	assert_int_equal(peer_get(p, 1)->grpc_status, TEL__GRPC_DEADLINE_EXCEEDED); /* the client was told */
	assert_err(tel_receipt_settle(W.held[--W.held_count], NULL), TEL_ERR_CLOSED);
	hang_up(p);
}

static void a_receipt_that_is_settled_in_time_leaves_no_timer(void **state)
{
	(void)state;
	h2_peer *p = patient_client("5S");

	W.watch = W.hold = true;
	peer_settle(p, W.ctx);
	assert_int_equal(W.held_count, 1);
	assert_ok(tel_receipt_settle(W.held[--W.held_count], NULL));
	fake_clock_advance(&W.clock, 6000000000u);
	peer_settle(p, W.ctx);
	assert_int_equal(peer_get(p, 1)->grpc_status, 0);
	assert_int_equal(W.lost, 0);
	hang_up(p);
}

/* ---- death ---- */

static void a_receiver_that_is_freed_leaves_its_receipts_usable(void **state)
{
	(void)state;
	otlp_answer a, b;
	W.watch = true;
	hold_one(false, &a);
	hold_one(true, &b);
	tel_receiver_free(W.receiver);
	W.receiver = NULL;
	otlp_wait(&W.client, &a);
	otlp_wait(&W.client, &b);
	assert_false(a.from_peer);
	assert_int_not_equal(b.err, TEL_OK);
	assert_int_equal(W.lost, 0);
	assert_true(tel_receipt_origin(W.held[0])->peer.len > 0);
	assert_err(tel_receipt_watch(W.held[0], on_lost, &W), TEL_ERR_CLOSED);
	while (W.held_count)
		assert_err(tel_receipt_settle(W.held[--W.held_count], NULL), TEL_ERR_CLOSED);
}

static void receipts_outlive_the_context(void **state)
{
	(void)state;
	static otlp_answer a;
	W.watch = true;
	hold_one(false, &a);
	otlp_client_fini(&W.client);
	tel_receiver_free(W.receiver);
	tel_ctx_free(W.ctx);
	W.receiver = NULL;
	W.ctx = NULL;
	assert_err(tel_receipt_settle(W.held[--W.held_count], NULL), TEL_ERR_CLOSED);
}

static void a_receiver_may_be_freed_inside_its_callback(void **state)
{
	(void)state;
	for (int http = 0; http < 2; http++) {
		for (int keep = 0; keep < 2; keep++) {
			otlp_answer a;
			unsigned ports[2];
			if (!W.receiver) {
				open_receiver(&W, NULL, NULL, NULL);
				tel_receiver_ports(W.receiver, &ports[0], &ports[1]);
				otlp_client_fini(&W.client);
				otlp_client_init(&W.client, W.ctx, &W.clock, ports[0], ports[1]);
			}
			W.free_inside = true;
			W.hold = keep;
			if (http)
				a = otlp_post(&W.client, W.bytes);
			else
				a = otlp_export(&W.client, W.bytes);
			assert_true(http ? a.err != TEL_OK : a.grpc != 0);
			assert_null(W.receiver);
			if (keep)
				assert_err(tel_receipt_settle(W.held[--W.held_count], NULL), TEL_ERR_CLOSED);
			else
				assert_int_equal(W.settled, TEL_ERR_CLOSED);
		}
	}
}

static void receiver_and_context_may_go_inside_a_callback(void **state)
{
	(void)state;
	h2_peer *p = patient_client("5S");
	tel_ctx *ctx = W.ctx;

	otlp_client_fini(&W.client);
	W.free_inside = W.free_ctx_inside = true;
	assert_int_equal(write(p->fd, p->out, p->out_len), (ssize_t)p->out_len);
	for (int i = 0; i < 100000 && W.ctx; i++)
		assert_ok(tel_ctx_run_once(ctx, 0)); /* the turn in which it goes, too */
	assert_null(W.ctx);
	assert_int_equal(W.batches, 1);
	assert_int_equal(W.settled, TEL_ERR_CLOSED);
	hang_up(p);
}

static void drain_finishes_what_is_open(void **state)
{
	(void)state;
	otlp_answer a, late;
	hold_one(false, &a);
	tel_receiver_drain(W.receiver);
	otlp_post_start(&W.client, "/v1/metrics", "application/x-protobuf", NULL, &W.bytes, &late);
	otlp_wait(&W.client, &late);
	assert_int_equal(late.err, TEL_ERR_TRANSPORT);
	assert_int_equal(tel_receiver_open_count(W.receiver), 1);
	assert_ok(tel_receipt_settle(W.held[--W.held_count], NULL));
	otlp_wait(&W.client, &a);
	assert_int_equal(a.grpc, TEL__GRPC_OK);
	assert_int_equal(tel_receiver_open_count(W.receiver), 0);
}

/* ---- options ---- */

static void options_are_read_as_far_as_the_caller_knows_them(void **state)
{
	(void)state;
	tel_receiver_opts opts = TEL_RECEIVER_OPTS_INIT;
	tel_receiver *r = NULL;
	tel_error err = TEL_ERROR_INIT;
	unsigned http;
	opts.http_endpoint = TEL_SLICE_LIT("127.0.0.1:0");
	opts.http_path = TEL_SLICE_LIT("custom");
	opts.size = 0;
	assert_err(tel_receiver_new(W.ctx, &opts, on_metrics, &W, &r, &err), TEL_ERR_ARG);
	assert_non_null(strstr(err.msg, "TEL_RECEIVER_OPTS_INIT"));
	opts.size = sizeof(opts);
	assert_ok(tel_receiver_new(W.ctx, &opts, on_metrics, &W, &r, NULL));
	tel_receiver_ports(r, NULL, &http);
	W.client.http_port = http;
	assert_int_equal(otlp_post(&W.client, W.bytes).status, 404);
	otlp_answer a;
	otlp_post_start(&W.client, "/custom", "application/x-protobuf", NULL, &W.bytes, &a);
	otlp_wait(&W.client, &a);
	assert_int_equal(a.status, 200);
	tel_receiver_free(r);
	opts.size = offsetof(tel_receiver_opts, http_path); /* a program of the release before */
	assert_ok(tel_receiver_new(W.ctx, &opts, on_metrics, &W, &r, NULL));
	tel_receiver_ports(r, NULL, &http);
	W.client.http_port = http;
	assert_int_equal(otlp_post(&W.client, W.bytes).status, 200);
	tel_receiver_free(r);
	r = NULL;
	opts.size = sizeof(opts);
	opts.cert_file = opts.key_file = TEL_SLICE_LIT("/no/such.pem");
	assert_err(tel_receiver_new(W.ctx, &opts, on_metrics, &W, &r, &err), TEL_ERR_CONFIG);
	assert_non_null(strstr(err.msg, "/no/such.pem"));
	opts.cert_file = (tel_slice){ NULL, 0 };
	assert_err(tel_receiver_new(W.ctx, &opts, on_metrics, &W, &r, &err), TEL_ERR_CONFIG);
	assert_null(r);
}

static tel_err life(const tel_alloc *alloc, void *user)
{
	tel_ctx_opts co = TEL_CTX_OPTS_INIT;
	tel_receiver_opts opts = TEL_RECEIVER_OPTS_INIT;
	tel_receiver *r = NULL;
	tel_ctx *ctx;
	(void)user;
	co.alloc = *alloc;
	opts.grpc_endpoint = opts.http_endpoint = TEL_SLICE_LIT("127.0.0.1:0");
	tel_err e = tel_ctx_new(&co, &ctx, NULL);
	if (e)
		return e;
	e = tel_receiver_new(ctx, &opts, on_metrics, &W, &r, NULL);
	assert_int_equal(e == TEL_OK, r != NULL);
	tel_receiver_free(r);
	tel_ctx_free(ctx);
	return e;
}

static void every_allocation_of_its_life_may_fail(void **state)
{
	(void)state;
	torture_alloc(life, NULL);
}

/* ---- TLS, between the library's own ends ---- */

typedef struct tls_env {
	const char *endpoint, *protocol, *ca, *cert, *key;
} tls_env;

static const char *tls_lookup(void *user, const char *name)
{
	const tls_env *e = user;
	static const char prefix[] = "OTEL_EXPORTER_OTLP_";
	if (strncmp(name, prefix, sizeof(prefix) - 1) != 0)
		return NULL;
	name += sizeof(prefix) - 1;
	return strcmp(name, "ENDPOINT") == 0             ? e->endpoint
	       : strcmp(name, "PROTOCOL") == 0           ? e->protocol
	       : strcmp(name, "CERTIFICATE") == 0        ? e->ca
	       : strcmp(name, "CLIENT_CERTIFICATE") == 0 ? e->cert
	       : strcmp(name, "CLIENT_KEY") == 0         ? e->key
	                                                 : NULL;
}

static void on_exported(void *user, const tel_export_result *result)
{
	*(tel_err *)user = result->code;
}

/* One batch by the environment's exporter; TEL_ERR_AGAIN: not answered within a minute of the test's time. */
static tel_err send_by_env(tls_env *e)
{
	tel_exporter_env env = { sizeof env, tls_lookup, e };
	tel_err code = TEL_ERR_AGAIN;
	tel_error err = TEL_ERROR_INIT;
	tel_exporter *x;
	tel_metrics *m;
	if (tel_exporter_new_env(W.ctx, &env, &x, &err))
		fail_msg("%s", err.msg);
	assert_ok(tel_otlp_decode(W.body, NULL, &m, NULL, NULL));
	assert_ok(tel_export_submit(x, m, on_exported, &code, NULL, NULL));
	for (int i = 0; i < 6000 && code == TEL_ERR_AGAIN; i++) {
		(void)tel_ctx_run_once(W.ctx, 0);
		if (i % 10 == 9)
			fake_clock_advance(&W.clock, 10000000u);
	}
	tel_exporter_free(x);
	return code;
}

static void certificates_of_the_environment_are_verified_both_ways(void **state)
{
	(void)state;
	static tls_files c;
	char urls[2][64];
	unsigned ports[2];
	tls_files_make(&c);
	tel_receiver_free(W.receiver);
	open_receiver(&W, c.cert_file, c.key_file, c.ca_file);
	tel_receiver_ports(W.receiver, &ports[0], &ports[1]);
	static const char *const protocols[] = { "grpc", "http/protobuf", "http/json" };
	for (int i = 0; i < 3; i++) {
		snprintf(urls[i > 0], sizeof(urls[0]), "https://127.0.0.1:%u", ports[i > 0]);
		tls_env good = { urls[i > 0], protocols[i], c.ca_file, c.client_file, c.client_key_file };
		tls_env wrong_ca = good, no_cert = good;
		wrong_ca.ca = c.other_file;
		no_cert.cert = no_cert.key = NULL;
		unsigned before = W.batches;
		assert_ok(send_by_env(&good));
		assert_int_equal(W.batches, before + 1);
		assert_int_equal(send_by_env(&wrong_ca), TEL_ERR_AGAIN); /* tried again and again */
		assert_int_equal(send_by_env(&no_cert), TEL_ERR_AGAIN);
		assert_int_equal(W.batches, before + 1);
	}
	tls_files_free(&c);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_receipt_may_be_settled_hours_later),
		TEST(settling_twice_is_an_error_and_answers_nobody_else),
		TEST(receipts_are_used_again_after_a_rest),
		TEST(an_outcome_that_means_nothing_leaves_the_receipt_open),
		TEST(every_outcome_reaches_both_protocols),
		TEST(an_aborted_request_gets_no_answer),
		TEST(a_client_that_goes_away_is_told_of_and_settling_says_so),
		TEST(a_client_over_http1_that_goes_away_is_noticed_by_the_answer),
		TEST(a_receipt_may_be_settled_where_the_loss_is_told),
		TEST(one_who_does_not_watch_any_more_is_not_told),
		TEST(a_deadline_that_passes_is_told_once),
		TEST(a_receipt_that_is_settled_in_time_leaves_no_timer),
		TEST(a_receiver_that_is_freed_leaves_its_receipts_usable),
		TEST(receipts_outlive_the_context),
		TEST(a_receiver_may_be_freed_inside_its_callback),
		TEST(receiver_and_context_may_go_inside_a_callback),
		TEST(drain_finishes_what_is_open),
		TEST(options_are_read_as_far_as_the_caller_knows_them),
		TEST(every_allocation_of_its_life_may_fail),
		TEST(certificates_of_the_environment_are_verified_both_ways),
	};
	return cmocka_run_group_tests_name("source/receiver", tests, NULL, NULL);
}
