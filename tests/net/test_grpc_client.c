/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/slice_i.h"
#include "net/grpc_client.h"
#include "net/h2_peer.h"
#include "net/h2_session.h"
#include "net/h2_world.h"
#include "seams/cm.h"
#include "torture/torture.h"

/* What a call came to. */
typedef struct outcome {
	uint64_t id;
	unsigned count; /* how often done ran */
	int32_t status;
	bool from_peer, compressed;
	tel_err body_err;
	char message[256], details[256], body[256], encoding[32];
	size_t body_len;
	tel__grpc_client *free_me; /* done frees the client */
} outcome;

static void copy_text(char *to, size_t cap, tel_slice s)
{
	size_t n = s.len < cap - 1 ? s.len : cap - 1;

	if (n)
		memcpy(to, s.ptr, n);
	to[n] = '\0';
}

static void on_done(void *user, const tel__grpc_answer *a)
{
	outcome *o = user;

	o->count++;
	o->status = a->status;
	o->from_peer = a->from_peer;
	o->compressed = a->body_compressed;
	o->body_err = a->body_err;
	o->body_len = a->body.len;
	copy_text(o->message, sizeof(o->message), a->message);
	copy_text(o->details, sizeof(o->details), a->details);
	copy_text(o->body, sizeof(o->body), a->body);
	copy_text(o->encoding, sizeof(o->encoding), a->body_encoding);
	if (o->free_me)
		tel__grpc_client_free(o->free_me);
}

static const uint64_t second_ns = 1000000000;

static tel__grpc_call simple_call(const tel_slice *body, size_t count)
{
	return (tel__grpc_call){ .path = TEL_SLICE_LIT("/svc/Method"), .body = body, .body_count = count,
		.timeout_ns = 10 * second_ns };
}

static void call(tel__grpc_client *c, const tel__grpc_call *what, outcome *o)
{
	unsigned before = o->count;

	assert_ok(tel__grpc_client_call(c, what, on_done, o, &o->id, NULL));
	assert_int_equal(o->count, before);
}

static tel__grpc_client *new_client(h2_world *w, unsigned port)
{
	const tel__grpc_client_opts opts = { .host = TEL_SLICE_LIT("127.0.0.1"), .port = (uint16_t)port,
		.user_agent = TEL_SLICE_LIT("test/1"), .keepalive_time_ns = 30 * second_ns,
		.keepalive_timeout_ns = 5 * second_ns };
	tel__grpc_client *c;

	assert_ok(tel__grpc_client_new(w->ctx, &opts, &c, NULL));
	return c;
}

/* ---- against our own server ---- */

typedef struct pair {
	h2_world w;
	tel__grpc_client *c;
} pair;

static void pair_open(pair *t)
{
	world_init(&t->w, 0, NULL);
	t->c = new_client(&t->w, tel__http_server_port(t->w.server));
}

static void pair_close(pair *t)
{
	tel__grpc_client_free(t->c);
	ctx_settle(t->w.ctx);
	world_fini(&t->w);
}

static void settle_long(h2_world *w, const outcome *o)
{
	int i;

	for (i = 0; i < 4000 && (!o || !o->count); i++)
		(void)tel_ctx_run_once(w->ctx, 0);
}

static void message_in_slices_arrives_as_one_and_the_reply_comes_back(void **state)
{
	static char bytes[3 << 20];
	tel_slice slices[600];
	tel__grpc_call what = simple_call(slices, 600);
	size_t i, at = 0;
	pair t;
	outcome o = { 0 };

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7 + (i >> 8));
	for (i = 0; i < 600; i++) { /* empty, tiny and large ones */
		size_t n = i % 5 == 0 ? 0 : i % 5 == 1 ? 1 : i % 5 == 2 ? 255 : i % 5 == 3 ? 256 : 20000;

		slices[i] = (tel_slice){ bytes + at, n };
		at += n;
	}
	pair_open(&t);
	t.w.reply = TEL_SLICE_LIT("thank you");
	call(t.c, &what, &o);
	settle_long(&t.w, &o);
	assert_int_equal(o.count, 1);
	assert_int_equal(o.status, 0);
	assert_true(o.from_peer);
	assert_string_equal(o.body, "thank you");
	assert_int_equal(tel_buf_get(t.w.last_body).len, at);
	assert_memory_equal(tel_buf_get(t.w.last_body).ptr, bytes, at);
	assert_true(t.w.last_timeout_ns <= 10 * second_ns && t.w.last_timeout_ns > 9 * second_ns);
	pair_close(&t);
}

static void answer_is_read_when_the_budget_is_used_up(void **state)
{
	tel__grpc_call what = simple_call(&(tel_slice){ "x", 1 }, 1);
	tel__budget *budget;
	outcome o = { 0 }, again = { 0 };
	pair t;

	(void)state;
	pair_open(&t);
	budget = tel__ctx_budget(t.w.ctx);
	t.w.reply = TEL_SLICE_LIT("partial success");
	t.w.hold = true;
	call(t.c, &what, &o);
	ctx_settle(t.w.ctx);
	assert_int_equal(t.w.held_count, 1);
	tel__budget_set_limit(budget, 1);
	world_release(&t.w);
	settle_long(&t.w, &o);
	assert_int_equal(o.status, 0);
	assert_string_equal(o.body, "partial success");
	/* A long one is charged. */
	tel__budget_set_limit(budget, 0);
	t.w.reply = (tel_slice){ calloc(1, 20000), 20000 };
	call(t.c, &what, &again);
	ctx_settle(t.w.ctx);
	tel__budget_set_limit(budget, 1);
	world_release(&t.w);
	settle_long(&t.w, &again);
	assert_int_equal(again.status, 0);
	assert_int_equal(again.body_err, TEL_ERR_BUDGET);
	assert_int_equal(again.body_len, 0);
	free((void *)(uintptr_t)t.w.reply.ptr);
	pair_close(&t);
}

static void every_status_comes_back_with_message_and_details(void **state)
{
	static const tel_slice details[] = { { NULL, 0 }, { "\x08\x03\x12\x01x", 5 } };
	const tel_slice body = TEL_SLICE_LIT("b");
	tel__grpc_call what = simple_call(&body, 1);
	int32_t status;
	size_t i;
	pair t;

	(void)state;
	pair_open(&t);
	t.w.message = TEL_SLICE_LIT("50% \xc3\xa4\n");
	for (status = 1; status <= 16; status++)
		for (i = 0; i < 2; i++) {
			outcome o = { 0 };

			t.w.status = status;
			t.w.details = details[i];
			call(t.c, &what, &o);
			settle_long(&t.w, &o);
			assert_int_equal(o.count, 1);
			assert_int_equal(o.status, status);
			assert_true(o.from_peer);
			assert_string_equal(o.message, "50% \xc3\xa4\n");
			assert_string_equal(o.details, i ? "\x08\x03\x12\x01x" : "");
		}
	assert_int_equal(t.w.sock.plan.calls[FAKESOCK_CONNECT], 1);
	pair_close(&t);
}

static void many_calls_share_one_connection_and_wait_for_streams(void **state)
{
	enum { CALLS = 350 };
	static outcome o[CALLS];
	const tel_slice body = TEL_SLICE_LIT("0123456789");
	tel__grpc_call what = simple_call(&body, 1);
	size_t i;
	pair t;

	(void)state;
	memset(o, 0, sizeof(o));
	pair_open(&t);
	for (i = 0; i < CALLS; i++)
		call(t.c, &what, &o[i]);
	settle_long(&t.w, &o[CALLS - 1]);
	ctx_settle(t.w.ctx);
	for (i = 0; i < CALLS; i++) {
		assert_int_equal(o[i].count, 1);
		assert_int_equal(o[i].status, 0);
	}
	assert_int_equal(t.w.bodies, CALLS);
	assert_int_equal(t.w.sock.plan.calls[FAKESOCK_CONNECT], 1);
	pair_close(&t);
}

static void cancelled_calls_stay_silent_wherever_they_are(void **state)
{
	static char big[2 << 20];
	const tel_slice body = { big, sizeof(big) };
	tel__grpc_call what = simple_call(&body, 1);
	outcome waiting = { 0 }, sending = { 0 }, answered = { 0 }, last = { 0 };
	int turns;

	(void)state;
	for (turns = 0; turns < 40; turns++) { /* at every stage of the exchange */
		pair t;
		int i;

		pair_open(&t);
		t.w.sock.send_most = 50000;
		call(t.c, &what, &sending);
		call(t.c, &what, &waiting);
		tel__grpc_client_cancel(t.c, waiting.id);
		for (i = 0; i < turns; i++)
			(void)tel_ctx_run_once(t.w.ctx, 0);
		if (sending.count) {
			pair_close(&t);
			break;
		}
		tel__grpc_client_cancel(t.c, sending.id);
		tel__grpc_client_cancel(t.c, sending.id);
		memset(big, turns, sizeof(big)); /* the host's again */
		call(t.c, &what, &last);
		settle_long(&t.w, &last);
		assert_int_equal(last.status, 0);
		assert_int_equal(waiting.count + sending.count + answered.count, 0);
		assert_int_equal(tel__http_server_open(t.w.server), 0);
		last.count = 0;
		pair_close(&t);
	}
	assert_true(turns > 5);
}

static void cancel_between_outcome_and_delivery_is_silent(void **state)
{
	const tel_slice body = TEL_SLICE_LIT("x");
	tel__grpc_call what = simple_call(&body, 1);
	outcome o = { 0 };
	pair t;

	(void)state;
	pair_open(&t);
	t.w.hold = true;
	call(t.c, &what, &o);
	ctx_settle(t.w.ctx);
	assert_int_equal(t.w.held_count, 1);
	tel__grpc_client_cancel(t.c, o.id);
	ctx_settle(t.w.ctx);
	assert_int_equal(t.w.aborts, 1);
	assert_int_equal(o.count, 0);
	pair_close(&t);
}

static void slow_answer_is_a_timeout_and_resets_the_stream(void **state)
{
	const tel_slice body = TEL_SLICE_LIT("x");
	tel__grpc_call what = simple_call(&body, 1);
	outcome o = { 0 };
	pair t;

	(void)state;
	pair_open(&t);
	t.w.hold = true;
	call(t.c, &what, &o);
	ctx_settle(t.w.ctx);
	fake_clock_advance(&t.w.clock, 10 * second_ns);
	ctx_settle(t.w.ctx);
	assert_int_equal(o.count, 1);
	assert_int_equal(o.status, TEL__GRPC_DEADLINE_EXCEEDED);
	assert_false(o.from_peer);
	assert_int_equal(t.w.aborts, 1);
	pair_close(&t);
}

static void freeing_the_client_is_silent_even_inside_done(void **state)
{
	const tel_slice body = TEL_SLICE_LIT("x");
	tel__grpc_call what = simple_call(&body, 1);
	outcome a = { 0 }, b = { 0 };
	pair t;

	(void)state;
	pair_open(&t);
	call(t.c, &what, &a);
	call(t.c, &what, &b);
	a.free_me = t.c;
	settle_long(&t.w, &a);
	ctx_settle(t.w.ctx);
	assert_int_equal(a.count, 1);
	assert_int_equal(b.count, 0);
	t.c = NULL;
	pair_close(&t);

	pair_open(&t);
	t.w.hold = true;
	a.count = 0;
	a.free_me = NULL;
	call(t.c, &what, &a);
	call(t.c, &what, &b);
	ctx_settle(t.w.ctx);
	tel__grpc_client_free(t.c);
	t.c = NULL;
	ctx_settle(t.w.ctx);
	assert_int_equal(a.count + b.count, 0);
	assert_int_equal(t.w.aborts, 2);
	pair_close(&t);
}

static void draining_server_finishes_calls_and_the_next_one_waits_for_another(void **state)
{
	const tel_slice body = TEL_SLICE_LIT("x");
	tel__grpc_call what = simple_call(&body, 1);
	outcome a = { 0 }, b = { 0 };
	pair t;

	(void)state;
	pair_open(&t);
	t.w.hold = true;
	call(t.c, &what, &a);
	ctx_settle(t.w.ctx);
	tel__http_server_drain(t.w.server);
	ctx_settle(t.w.ctx);
	call(t.c, &what, &b);
	ctx_settle(t.w.ctx);
	world_release(&t.w);
	settle_long(&t.w, &a);
	assert_int_equal(a.status, 0);
	assert_int_equal(b.count, 0);
	fake_clock_advance(&t.w.clock, 10 * second_ns);
	ctx_settle(t.w.ctx);
	assert_int_equal(b.count, 1);
	assert_int_equal(b.status, TEL__GRPC_DEADLINE_EXCEEDED);
	pair_close(&t);
}

static void short_reads_and_writes_change_nothing(void **state)
{
	static char bytes[30000];
	const tel_slice body = { bytes, sizeof(bytes) };
	tel__grpc_call what = simple_call(&body, 1);
	static const size_t most[] = { 1, 7, 1000 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 13);
	for (i = 0; i < 3; i++) {
		outcome o = { 0 };
		int k;
		pair t;

		pair_open(&t);
		t.w.sock.send_most = t.w.sock.recv_most = most[i];
		t.w.sock.again_every = 3;
		t.w.reply = TEL_SLICE_LIT("r");
		call(t.c, &what, &o);
		for (k = 0; k < 100; k++)
			settle_long(&t.w, &o);
		assert_int_equal(o.count, 1);
		assert_int_equal(o.status, 0);
		assert_memory_equal(tel_buf_get(t.w.last_body).ptr, bytes, sizeof(bytes));
		pair_close(&t);
	}
}

static void reset_at_any_call_ends_in_an_outcome(void **state)
{
	static char bytes[100000];
	const tel_slice body = { bytes, sizeof(bytes) };
	tel__grpc_call what = simple_call(&body, 1);
	static const unsigned ops[] = { FAKESOCK_CONNECT, FAKESOCK_RECV, FAKESOCK_SEND };
	bool some_failed = false;
	uint64_t nth;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		for (nth = 1; nth < 25; nth++) {
			const fault faults[] = { { ops[i], nth, false, ECONNRESET, 0 } };
			outcome o = { 0 };
			int k;
			pair t;

			pair_open(&t);
			t.w.sock.send_most = 20000;
			fakesock_plan(&t.w.sock, faults, 1);
			call(t.c, &what, &o);
			for (k = 0; k < 30 && !o.count; k++) {
				ctx_settle(t.w.ctx);
				fake_clock_advance(&t.w.clock, second_ns / 2);
			}
			assert_int_equal(o.count, 1);
			assert_true(o.status == 0 || o.status == TEL__GRPC_UNAVAILABLE);
			if (o.status)
				some_failed = true;
			pair_close(&t);
		}
	assert_true(some_failed);
}

/* ---- against a peer that the test plays ---- */

typedef struct play {
	h2_world w; /* its server is not used */
	tel__grpc_client *c;
	h2_peer p;
	int listener;
	unsigned port;
} play;

static int listen_any(unsigned *ret_port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET };
	socklen_t len = sizeof(addr);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 16), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
	*ret_port = ntohs(addr.sin_port);
	return fd;
}

static void play_open(play *y)
{
	world_init(&y->w, 0, NULL);
	y->listener = listen_any(&y->port);
	y->c = new_client(&y->w, y->port);
	y->p.fd = -1;
}

static void play_close(play *y)
{
	tel__grpc_client_free(y->c);
	if (y->p.fd >= 0)
		peer_fini(&y->p);
	close(y->listener);
	world_fini(&y->w);
}

static void settle(play *y)
{
	peer_settle(&y->p, y->w.ctx);
}

/* The client connects and gets the SETTINGS (six bytes each). */
static void play_accept(play *y, const uint8_t *settings, size_t len)
{
	int fd;

	ctx_settle(y->w.ctx);
	fd = accept(y->listener, NULL, NULL);
	assert_true(fd >= 0);
	peer_init(&y->p, fd, true);
	peer_frame(&y->p, NGHTTP2_SETTINGS, 0, 0, settings, len);
	settle(y);
	assert_true(y->p.preface && y->p.settings);
}

static void play_start(play *y, const tel__grpc_call *what, outcome *o)
{
	memset(o, 0, sizeof(*o));
	play_open(y);
	call(y->c, what, o);
	play_accept(y, NULL, 0);
}

static void request_head_is_what_grpc_wants(void **state)
{
	const tel_slice body = TEL_SLICE_LIT("hello");
	tel__grpc_call what = simple_call(&body, 1);
	outcome o;
	peer_stream *st;
	play y;

	(void)state;
	what.encoding = TEL_SLICE_LIT("gzip");
	play_start(&y, &what, &o);
	st = peer_get(&y.p, 1);
	assert_string_equal(st->path, "/svc/Method");
	assert_string_equal(st->te, "trailers");
	assert_string_equal(st->timeout, "10000000u");
	assert_true(strncmp(st->authority, "127.0.0.1:", 10) == 0);
	assert_int_equal(st->data_len, 10);
	assert_memory_equal(st->data, "\1\0\0\0\5hello", 10);
	assert_true(st->ended);
	play_close(&y);
}

static void answers_without_status_follow_the_http_status(void **state)
{
	static const struct {
		const char *http;
		int32_t status;
	} rows[] = { { "200", 2 }, { "400", 13 }, { "401", 16 }, { "403", 7 }, { "404", 12 }, { "429", 14 }, { "502", 14 },
		{ "503", 14 }, { "504", 14 }, { "500", 2 } };
	size_t i, end;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (end = 0; end < 2; end++) {
			const char *const head[] = { ":status", rows[i].http, "content-type", "text/html", NULL };
			tel__grpc_call what = simple_call(NULL, 0);
			outcome o;
			play y;

			play_start(&y, &what, &o);
			peer_headers(&y.p, 1, end ? NGHTTP2_FLAG_END_STREAM : 0, head);
			settle(&y);
			assert_int_equal(o.count, 1);
			assert_int_equal(o.status, rows[i].status);
			assert_non_null(strstr(o.message, rows[i].http));
			assert_true(end || peer_get(&y.p, 1)->reset);
			play_close(&y);
		}
}

static void resets_follow_the_table(void **state)
{
	uint32_t code;

	(void)state;
	for (code = 1; code <= 13; code++) {
		tel__grpc_call what = simple_call(NULL, 0);
		outcome o;
		play y;

		play_start(&y, &what, &o);
		peer_u32(&y.p, NGHTTP2_RST_STREAM, 1, code);
		settle(&y);
		assert_int_equal(o.count, 1);
		assert_int_equal(o.status, tel__grpc_status_from_reset(code));
		assert_false(o.from_peer);
		play_close(&y);
	}
}

static const char *const grpc_head[] = { ":status", "200", "content-type", "application/grpc", NULL };
static const char *const ok_trailers[] = { "grpc-status", "0", NULL };

static void trailers_decide_and_their_texts_are_decoded(void **state)
{
	static const struct {
		const char *status, *message, *details;
		int32_t want;
		const char *want_message, *want_details;
	} rows[] = {
		{ "8", "slow%20down", "aGk", 8, "slow down", "hi" },
		{ "14", "100%", "aGk=", 14, "100%", "hi" },
		{ "14", "%zz%41", "aGk=, YQ==", 14, "%zzA", "hi" },
		{ "3", "", "!!", 3, "", "" },
		{ "17", "odd", "", 2, "odd", "" },
		{ "x", "odd", "", 2, "odd", "" },
		{ "-1", "odd", "", 2, "odd", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const trailers[] = { "grpc-status", rows[i].status, "grpc-message", rows[i].message,
			"grpc-status-details-bin", rows[i].details, NULL };
		const char *const only[] = { ":status", "200", "content-type", "application/grpc", "grpc-status", rows[i].status,
			"grpc-message", rows[i].message, "grpc-status-details-bin", rows[i].details, NULL };
		int form;

		for (form = 0; form < 2; form++) {
			tel__grpc_call what = simple_call(NULL, 0);
			outcome o;
			play y;

			play_start(&y, &what, &o);
			if (form) {
				peer_headers(&y.p, 1, NGHTTP2_FLAG_END_STREAM, only);
			} else {
				peer_headers(&y.p, 1, 0, grpc_head);
				peer_headers(&y.p, 1, NGHTTP2_FLAG_END_STREAM, trailers);
			}
			settle(&y);
			assert_int_equal(o.count, 1);
			assert_int_equal(o.status, rows[i].want);
			assert_true(o.from_peer);
			assert_string_equal(o.message, rows[i].want_message);
			assert_string_equal(o.details, rows[i].want_details);
			play_close(&y);
		}
	}
}

static void accepted_data_stays_accepted_when_the_answer_is_damaged(void **state)
{
	static const struct {
		const char *data;
		size_t len;
		tel_err body_err;
		const char *why;
	} rows[] = {
		{ "\0\0\0\0\2hi", 7, TEL_OK, "" },
		{ "", 0, TEL_OK, "" }, /* taken for an empty message */
		{ "\0\0\0\0\3hi", 7, TEL_ERR_MALFORMED, "gRPC message: truncated after 7 bytes" },
		{ "\0\0\0\0\1hi", 7, TEL_ERR_MALFORMED, "gRPC message: bytes after the message of a unary call" },
		{ "\2\0\0\0\2hi", 7, TEL_ERR_MALFORMED, "gRPC message: compressed flag is 2" },
		{ "\1\0\0\0\2hi", 7, TEL_ERR_MALFORMED, "gRPC message: compressed, but no grpc-encoding is named" },
		{ "\0\xff\xff\xff\xffx", 6, TEL_ERR_LIMIT, "" }, /* over any limit */
		{ "\0\0\0\1\1", 5, TEL_ERR_LIMIT, "" }, /* over this call's limit of 256 bytes */
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tel__grpc_call what = simple_call(NULL, 0);
		outcome o;
		play y;

		what.max_response_bytes = 256;
		play_start(&y, &what, &o);
		peer_headers(&y.p, 1, 0, grpc_head);
		peer_frame(&y.p, NGHTTP2_DATA, 0, 1, rows[i].data, rows[i].len);
		peer_headers(&y.p, 1, NGHTTP2_FLAG_END_STREAM, ok_trailers);
		settle(&y);
		assert_int_equal(o.count, 1);
		assert_true(o.from_peer);
		if (o.status != 0 || o.body_err != rows[i].body_err || (rows[i].why[0] && strcmp(o.message, rows[i].why) != 0))
			fail_msg("row %zu: status %d, error %d, %s", i, o.status, (int)o.body_err, o.message);
		assert_int_equal(o.body_len, i == 0 ? 2 : 0);
		play_close(&y);
	}
}

static void refusal_behind_an_answer_over_the_limit_is_heard(void **state)
{
	static const char *const busy[] = { "grpc-status", "14", "grpc-message", "busy", NULL };
	static char big[16000];
	tel__grpc_call what = simple_call(NULL, 0);
	outcome o;
	play y;
	int i;

	(void)state;
	what.max_response_bytes = 256;
	play_start(&y, &what, &o);
	peer_headers(&y.p, 1, 0, grpc_head);
	peer_frame(&y.p, NGHTTP2_DATA, 0, 1, "\0\0\4\0\0", 5);
	for (i = 0; i < 16; i++) { /* more than a window of 64 KiB: what is thrown away is given back */
		peer_frame(&y.p, NGHTTP2_DATA, 0, 1, big, sizeof(big));
		settle(&y);
	}
	assert_int_equal(o.count, 0);
	assert_true(peer_get(&y.p, 1)->window > 150000);
	peer_headers(&y.p, 1, NGHTTP2_FLAG_END_STREAM, busy);
	settle(&y);
	assert_int_equal(o.count, 1);
	assert_int_equal(o.status, TEL__GRPC_UNAVAILABLE);
	assert_string_equal(o.message, "busy");
	play_close(&y);
}

static void answer_without_end_is_given_up(void **state)
{
	static char big[16000];
	tel__grpc_call what = simple_call(NULL, 0);
	outcome o;
	play y;
	int i;

	(void)state;
	what.max_response_bytes = 256;
	play_start(&y, &what, &o);
	peer_headers(&y.p, 1, 0, grpc_head);
	peer_frame(&y.p, NGHTTP2_DATA, 0, 1, "\0\xff\xff\xff\xff", 5);
	for (i = 0; i < 5000 && !o.count; i++) {
		peer_frame(&y.p, NGHTTP2_DATA, 0, 1, big, sizeof(big));
		settle(&y);
	}
	assert_int_equal(i, (64 << 20) / 16000 + 1);
	assert_int_equal(o.status, TEL__GRPC_RESOURCE_EXHAUSTED);
	assert_false(o.from_peer);
	assert_true(peer_get(&y.p, 1)->reset);
	play_close(&y);
}

static void goaway_spares_the_calls_below_its_last_stream_and_the_others_take_the_next_connection(void **state)
{
	static const uint8_t payload[8] = { 0, 0, 0, 1, 0, 0, 0, 0 };
	tel__grpc_call what = simple_call(NULL, 0);
	outcome a, b = { 0 }, c = { 0 };
	h2_peer first;
	play y;

	(void)state;
	play_start(&y, &what, &a);
	call(y.c, &what, &b);
	settle(&y);
	peer_frame(&y.p, NGHTTP2_GOAWAY, 0, 0, payload, sizeof(payload));
	settle(&y);
	assert_int_equal(b.count, 0); /* the peer says that it did not look at it */
	assert_int_equal(a.count, 0);
	/* It and the next call take a new connection while the old one finishes. */
	call(y.c, &what, &c);
	fake_clock_advance(&y.w.clock, 2 * second_ns);
	first = y.p;
	play_accept(&y, NULL, 0);
	peer_headers(&first, 1, 0, grpc_head);
	peer_headers(&first, 1, NGHTTP2_FLAG_END_STREAM, ok_trailers);
	peer_settle(&first, y.w.ctx);
	assert_int_equal(a.count, 1);
	assert_int_equal(a.status, 0);
	assert_true(first.closed);
	for (int stream = 1; stream <= 3; stream += 2) {
		peer_headers(&y.p, stream, 0, grpc_head);
		peer_headers(&y.p, stream, NGHTTP2_FLAG_END_STREAM, ok_trailers);
	}
	settle(&y);
	assert_int_equal(b.status, 0);
	assert_int_equal(b.count, 1);
	assert_int_equal(c.status, 0);
	assert_int_equal(c.count, 1);
	peer_fini(&first);
	play_close(&y);
}

static void call_that_no_connection_looks_at_fails_after_a_few(void **state)
{
	static const uint8_t nothing[8] = { 0 };
	tel__grpc_call what = simple_call(NULL, 0);
	outcome a;
	h2_peer gone[8];
	unsigned i;
	play y;

	(void)state;
	play_start(&y, &what, &a);
	for (i = 0; i < 8; i++) {
		peer_frame(&y.p, NGHTTP2_GOAWAY, 0, 0, nothing, sizeof(nothing));
		settle(&y);
		if (a.count)
			break;
		gone[i] = y.p;
		fake_clock_advance(&y.w.clock, second_ns * 13 / 10);
		play_accept(&y, NULL, 0);
	}
	assert_int_equal(i, 5);
	assert_int_equal(a.status, TEL__GRPC_UNAVAILABLE);
	for (i = 0; i < 5; i++)
		peer_fini(&gone[i]);
	play_close(&y);
}

static void lost_connection_is_unavailable_for_all(void **state)
{
	tel__grpc_call what = simple_call(NULL, 0);
	outcome a, b = { 0 };
	play y;

	(void)state;
	play_start(&y, &what, &a);
	call(y.c, &what, &b);
	settle(&y);
	shutdown(y.p.fd, SHUT_RDWR);
	ctx_settle(y.w.ctx);
	assert_int_equal(a.count, 1);
	assert_int_equal(a.status, TEL__GRPC_UNAVAILABLE);
	assert_int_equal(b.status, TEL__GRPC_UNAVAILABLE);
	assert_false(a.from_peer);
	play_close(&y);
}

static void peers_limits_are_respected(void **state)
{
	static const uint8_t settings[] = { 0, 3, 0, 0, 0, 1, /* one stream */ 0, 4, 0, 0, 0, 100, /* window of 100 bytes */
		0, 5, 0, 0x10, 0, 0 /* frames of 1 MiB */ };
	static char big[400000];
	const tel_slice body = { big, sizeof(big) };
	tel__grpc_call what = simple_call(&body, 1);
	outcome a = { 0 }, b = { 0 };
	play y;

	(void)state;
	play_open(&y);
	call(y.c, &what, &a);
	call(y.c, &what, &b);
	play_accept(&y, settings, sizeof(settings));
	assert_int_equal(peer_get(&y.p, 1)->data_len, 100);
	assert_int_equal(peer_get(&y.p, 3)->header_blocks, 0);
	peer_u32(&y.p, NGHTTP2_WINDOW_UPDATE, 0, 1 << 20);
	peer_u32(&y.p, NGHTTP2_WINDOW_UPDATE, 1, 1 << 20);
	settle(&y);
	assert_int_equal(peer_get(&y.p, 1)->data_len, sizeof(big) + 5);
	assert_true(peer_get(&y.p, 1)->largest_frame > 65536);
	assert_true(peer_get(&y.p, 1)->ended);
	peer_headers(&y.p, 1, 0, grpc_head);
	peer_headers(&y.p, 1, NGHTTP2_FLAG_END_STREAM, ok_trailers);
	settle(&y);
	assert_int_equal(a.status, 0);
	assert_int_equal(a.count, 1);
	assert_int_equal(peer_get(&y.p, 3)->header_blocks, 1);
	play_close(&y);
}

static void answer_before_the_message_is_sent_stops_sending(void **state)
{
	static const char *const refused[] = { ":status", "200", "content-type", "application/grpc", "grpc-status", "8", NULL };
	static char big[400000];
	const tel_slice body = { big, sizeof(big) };
	tel__grpc_call what = simple_call(&body, 1);
	outcome o;
	play y;

	(void)state;
	play_start(&y, &what, &o);
	assert_int_equal(peer_get(&y.p, 1)->data_len, 65535);
	peer_headers(&y.p, 1, NGHTTP2_FLAG_END_STREAM, refused);
	settle(&y);
	assert_int_equal(o.status, 8);
	assert_true(peer_get(&y.p, 1)->reset);
	peer_u32(&y.p, NGHTTP2_WINDOW_UPDATE, 0, 1 << 20);
	settle(&y);
	assert_int_equal(peer_get(&y.p, 1)->data_len, 65535);
	play_close(&y);
}

static void keepalive_finds_a_dead_connection(void **state)
{
	tel__grpc_call what = simple_call(NULL, 0);
	outcome o;
	play y;

	(void)state;
	what.timeout_ns = 0;
	play_start(&y, &what, &o);
	fake_clock_advance(&y.w.clock, 30 * second_ns);
	settle(&y);
	assert_int_equal(y.p.pings, 1);
	peer_frame(&y.p, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, y.p.ping, 8);
	settle(&y);
	fake_clock_advance(&y.w.clock, 30 * second_ns);
	settle(&y);
	assert_int_equal(y.p.pings, 2);
	assert_int_equal(o.count, 0);
	fake_clock_advance(&y.w.clock, 5 * second_ns);
	settle(&y);
	assert_int_equal(o.count, 1);
	assert_int_equal(o.status, TEL__GRPC_UNAVAILABLE);
	assert_true(y.p.closed);
	play_close(&y);
}

static void peer_without_settings_is_given_up(void **state)
{
	tel__grpc_call what = simple_call(NULL, 0);
	outcome o = { 0 };
	play y;
	int fd;

	(void)state;
	what.timeout_ns = 30 * second_ns;
	play_open(&y);
	call(y.c, &what, &o);
	ctx_settle(y.w.ctx);
	fd = accept(y.listener, NULL, NULL);
	assert_true(fd >= 0);
	fake_clock_advance(&y.w.clock, 19 * second_ns);
	ctx_settle(y.w.ctx);
	assert_int_equal(o.count, 0);
	fake_clock_advance(&y.w.clock, 2 * second_ns);
	ctx_settle(y.w.ctx);
	assert_int_equal(o.count, 1);
	assert_int_equal(o.status, TEL__GRPC_UNAVAILABLE);
	assert_string_equal(o.message, "no connection: the peer sent no HTTP/2 SETTINGS in time");
	close(fd);
	play_close(&y);
}

static void refused_connection_fails_the_calls_that_wait_at_once(void **state)
{
	tel__grpc_call what = simple_call(NULL, 0);
	outcome a = { 0 }, b = { 0 };
	play y;

	(void)state;
	play_open(&y);
	close(y.listener);
	y.listener = -1;
	call(y.c, &what, &a);
	call(y.c, &what, &b);
	ctx_settle(y.w.ctx);
	assert_int_equal(y.w.sock.plan.calls[FAKESOCK_CONNECT], 1);
	assert_int_equal(a.count, 1);
	assert_int_equal(b.count, 1);
	assert_int_equal(a.status, TEL__GRPC_UNAVAILABLE);
	assert_false(a.from_peer);
	assert_non_null(strstr(a.message, "no connection: connect to 127.0.0.1:"));
	assert_non_null(strstr(a.message, "refused"));
	play_close(&y);
}

static void each_call_sees_an_attempt_of_its_own_and_attempts_are_a_second_apart(void **state)
{
	tel__grpc_call what = simple_call(NULL, 0);
	const uint64_t *connects;
	uint64_t last = 0;
	unsigned answered = 0;
	play y;
	int tick;

	(void)state;
	play_open(&y);
	close(y.listener);
	y.listener = -1;
	connects = &y.w.sock.plan.calls[FAKESOCK_CONNECT];
	for (tick = 0; tick < 3000; tick++) { /* five minutes of a backend that is down, a call every tenth of a second */
		outcome o = { 0 };
		int waited;

		call(y.c, &what, &o);
		for (waited = 0; !o.count && waited < 13; waited++) {
			ctx_settle(y.w.ctx);
			if (!o.count)
				fake_clock_advance(&y.w.clock, second_ns / 10);
		}
		assert_int_equal(o.count, 1);
		assert_int_equal(o.status, TEL__GRPC_UNAVAILABLE);
		assert_true(*connects > last);
		last = *connects;
		answered++;
		tick += waited;
		fake_clock_advance(&y.w.clock, second_ns / 10);
	}
	assert_in_range(*connects, 3000 / 13, 3000 / 7);
	assert_int_equal(*connects, answered);
	play_close(&y);
}

static void calm_that_the_peer_wants_delays_the_next_connection(void **state)
{
	static const uint8_t calm[] = { 0, 0, 0, 1, 0, 0, 0, NGHTTP2_ENHANCE_YOUR_CALM, 't', 'o', 'o' };
	tel__grpc_call what = simple_call(NULL, 0);
	outcome a, b = { 0 };
	play y;

	(void)state;
	play_start(&y, &what, &a);
	peer_frame(&y.p, NGHTTP2_GOAWAY, 0, 0, calm, sizeof(calm));
	settle(&y);
	call(y.c, &what, &b);
	settle(&y);
	assert_int_equal(y.w.sock.plan.calls[FAKESOCK_CONNECT], 1);
	fake_clock_advance(&y.w.clock, second_ns * 13 / 10);
	settle(&y);
	assert_int_equal(y.w.sock.plan.calls[FAKESOCK_CONNECT], 2);
	play_close(&y);
}

static void calls_that_cannot_be_sent_are_refused(void **state)
{
	static const struct {
		tel__http_header field;
		bool ok;
	} rows[] = {
		{ { TEL_SLICE_LIT("x-token"), TEL_SLICE_LIT("abc def") }, true },
		{ { TEL_SLICE_LIT("x-data-bin"), TEL_SLICE_LIT("\0\1\2\n") }, true },
		{ { TEL_SLICE_LIT("X-Token"), TEL_SLICE_LIT("abc") }, false },
		{ { TEL_SLICE_LIT("x token"), TEL_SLICE_LIT("abc") }, false },
		{ { TEL_SLICE_LIT(""), TEL_SLICE_LIT("abc") }, false },
		{ { TEL_SLICE_LIT(":path"), TEL_SLICE_LIT("abc") }, false },
		{ { TEL_SLICE_LIT("grpc-status"), TEL_SLICE_LIT("0") }, false },
		{ { TEL_SLICE_LIT("content-type"), TEL_SLICE_LIT("abc") }, false },
		{ { TEL_SLICE_LIT("x-token"), TEL_SLICE_LIT("abc\r\nx-evil: 1") }, false },
		{ { TEL_SLICE_LIT("x-token"), TEL_SLICE_LIT("abc\n") }, false },
		{ { TEL_SLICE_LIT("x-token"), TEL_SLICE_LIT("a\0c") }, false },
	};
	tel__grpc_call what = simple_call(NULL, 0);
	size_t i;
	pair t;

	(void)state;
	pair_open(&t);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tel_error err = TEL_ERROR_INIT;
		outcome o = { 0 };

		what.metadata = &rows[i].field;
		what.metadata_count = 1;
		if (rows[i].ok) {
			call(t.c, &what, &o);
			settle_long(&t.w, &o);
			assert_int_equal(o.status, 0);
			continue;
		}
		assert_err(tel__grpc_client_call(t.c, &what, on_done, &o, &o.id, &err), TEL_ERR_ARG);
		assert_null(strstr(err.msg, "evil"));
		assert_true(err.msg[0]);
	}
	what.metadata_count = 0;
	what.path = TEL_SLICE_LIT("no slash");
	assert_err(tel__grpc_client_call(t.c, &what, on_done, NULL, NULL, NULL), TEL_ERR_ARG);
	pair_close(&t);
}

static tel_err exchange(const tel_alloc *alloc, void *user)
{
	const tel_slice body[] = { TEL_SLICE_LIT("hello"), TEL_SLICE_LIT(" world") };
	const tel__grpc_call what = simple_call(body, 2);
	tel__grpc_client_opts opts = { .host = TEL_SLICE_LIT("127.0.0.1") };
	tel__grpc_client *c = NULL;
	outcome o = { .status = -1 };
	h2_world w;
	tel_err code;
	int i;

	(void)user;
	memset(&w, 0, sizeof(w));
	w.mem.alloc = *alloc;
	w.reply = TEL_SLICE_LIT("reply");
	fakesock_init(&w.sock, &tel__sock_system);
	fakerandom_init(&w.random, 1);
	code = world_start(&w, 0, NULL);
	if (code != TEL_OK)
		return code;
	opts.port = (uint16_t)tel__http_server_port(w.server);
	code = tel__grpc_client_new(w.ctx, &opts, &c, NULL);
	if (code == TEL_OK)
		code = tel__grpc_client_call(c, &what, on_done, &o, &o.id, NULL);
	for (i = 0; code == TEL_OK && i < 30 && !o.count; i++) {
		ctx_settle(w.ctx);
		fake_clock_advance(&w.clock, second_ns / 2);
	}
	if (code == TEL_OK) {
		assert_int_equal(o.count, 1);
		if (o.status == 0 && o.body_err == TEL_OK)
			assert_string_equal(o.body, "reply");
		else
			code = TEL_ERR_NOMEM;
	}
	tel__grpc_client_free(c);
	world_stop(&w);
	return code;
}

static void unary_exchange_survives_the_loss_of_any_allocation(void **state)
{
	(void)state;
	torture_alloc(exchange, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(message_in_slices_arrives_as_one_and_the_reply_comes_back),
		cmocka_unit_test(answer_is_read_when_the_budget_is_used_up),
		cmocka_unit_test(every_status_comes_back_with_message_and_details),
		cmocka_unit_test(many_calls_share_one_connection_and_wait_for_streams),
		cmocka_unit_test(cancelled_calls_stay_silent_wherever_they_are),
		cmocka_unit_test(cancel_between_outcome_and_delivery_is_silent),
		cmocka_unit_test(slow_answer_is_a_timeout_and_resets_the_stream),
		cmocka_unit_test(freeing_the_client_is_silent_even_inside_done),
		cmocka_unit_test(draining_server_finishes_calls_and_the_next_one_waits_for_another),
		cmocka_unit_test(short_reads_and_writes_change_nothing),
		cmocka_unit_test(reset_at_any_call_ends_in_an_outcome),
		cmocka_unit_test(request_head_is_what_grpc_wants),
		cmocka_unit_test(answers_without_status_follow_the_http_status),
		cmocka_unit_test(resets_follow_the_table),
		cmocka_unit_test(trailers_decide_and_their_texts_are_decoded),
		cmocka_unit_test(accepted_data_stays_accepted_when_the_answer_is_damaged),
		cmocka_unit_test(refusal_behind_an_answer_over_the_limit_is_heard),
		cmocka_unit_test(answer_without_end_is_given_up),
		cmocka_unit_test(goaway_spares_the_calls_below_its_last_stream_and_the_others_take_the_next_connection),
		cmocka_unit_test(call_that_no_connection_looks_at_fails_after_a_few),
		cmocka_unit_test(lost_connection_is_unavailable_for_all),
		cmocka_unit_test(peers_limits_are_respected),
		cmocka_unit_test(answer_before_the_message_is_sent_stops_sending),
		cmocka_unit_test(keepalive_finds_a_dead_connection),
		cmocka_unit_test(peer_without_settings_is_given_up),
		cmocka_unit_test(refused_connection_fails_the_calls_that_wait_at_once),
		cmocka_unit_test(each_call_sees_an_attempt_of_its_own_and_attempts_are_a_second_apart),
		cmocka_unit_test(calm_that_the_peer_wants_delays_the_next_connection),
		cmocka_unit_test(calls_that_cannot_be_sent_are_refused),
		cmocka_unit_test(unary_exchange_survives_the_loss_of_any_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
