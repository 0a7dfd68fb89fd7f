/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_world.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/address.h"
#include "net/http_client.h"
#include "seams/failalloc.h"
#include "net/tls_certs.h"

static http_world W;

typedef struct result {
	unsigned calls;
	tel_err err;
	unsigned status;
	char message[256];
	char type[64];
	size_t body_len;
	tel_buf *buf;
	tel__http_client *client; /* freed inside done when set */
	uint64_t cancel;          /* cancelled inside done when set */
} result;

static void on_done(void *user, const tel__http_answer *a)
{
	result *r = user;
	tel_slice type = { "", 0 };
	r->calls++;
	r->err = a->err;
	r->status = a->status;
	r->body_len = a->body.len;
	snprintf(r->message, sizeof(r->message), "%s", a->message);
	if (tel__http_answer_header(a, "content-type", &type))
		snprintf(r->type, sizeof(r->type), "%.*s", (int)type.len, type.ptr);
	if (r->cancel)
		tel__http_client_cancel(r->client, r->cancel);
	else if (r->client)
		tel__http_client_free(r->client);
	else
		r->buf = tel_buf_ref(a->buf);
}

static tel__http_client *new_client(void)
{
	tel__http_client_opts opts = { .user_agent = TEL_SLICE_LIT("test/1") };
	tel__http_client *c;
	assert_ok(tel__http_client_new(W.ctx, &opts, &c, NULL));
	return c;
}

static void run(result *r)
{
	for (int i = 0; i < 20000 && !r->calls; i++) {
		(void)tel_ctx_run_once(W.ctx, 0);
		fake_clock_advance(&W.clock, 1000000u); /* curl keeps its own time for its short timers */
	}
}

static const char *url(const char *path)
{
	static char text[128];
	snprintf(text, sizeof(text), "http://127.0.0.1:%u%s", tel__http_server_port(W.server), path);
	return text;
}

static uint64_t send_call(tel__http_client *c, const tel__http_call *call, result *r)
{
	uint64_t id = 0;
	tel_error err = TEL_ERROR_INIT;
	if (tel__http_client_send(c, call, on_done, r, &id, &err) != TEL_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(r->calls, 0); /* never inside send */
	return id;
}

static void get(tel__http_client *c, const char *path, result *r)
{
	tel__http_call call = { .method = TEL_SLICE_LIT("GET"), .url = tel__slice_str(url(path)) };
	*r = (result){ 0 };
	(void)send_call(c, &call, r);
	run(r);
	assert_int_equal(r->calls, 1);
}

static void a_post_of_slices_arrives_whole_on_one_connection(void **state)
{
	(void)state;
	static char big[900000];
	tel_slice parts[3] = { { "ab", 2 }, { "", 0 }, { big, sizeof(big) } };
	tel__http_header headers[] = { { TEL_SLICE_LIT("Content-Type"), TEL_SLICE_LIT("application/x-protobuf") },
		                       { TEL_SLICE_LIT("X-Empty"), { "", 0 } } };
	http_world_init(&W, NULL, NULL);
	tel__http_client *c = new_client();
	for (size_t i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 31 % 253);
	char peer[64] = "";
	for (int round = 0; round < 3; round++) {
		result r = { 0 };
		tel__http_call call = { TEL_SLICE_LIT("POST"), tel__slice_str(url("/echo?q=1")), headers, 2, parts, 3, 0, 0 };
		(void)send_call(c, &call, &r);
		run(&r);
		assert_int_equal(r.err, TEL_OK);
		assert_int_equal(r.status, 200);
		if (round > 0)
			assert_string_equal(W.peer, peer); /* the connection is kept */
		snprintf(peer, sizeof(peer), "%s", W.peer);
		assert_string_equal(r.type, "text/plain");
		assert_int_equal(W.body_len, sizeof(big) + 2);
		assert_memory_equal(W.body, "ab", 2);
		assert_memory_equal(W.body + 2, big, sizeof(big));
		assert_int_equal(r.body_len, W.body_len); /* echoed */
		assert_memory_equal(tel_buf_get(r.buf).ptr, W.body, W.body_len);
		tel_buf_unref(r.buf);
	}
	assert_non_null(strstr(W.seen, "POST /echo?q=1 v11 "));
	assert_non_null(strstr(W.seen, "User-Agent=test/1;"));
	assert_non_null(strstr(W.seen, "X-Empty=;"));
	assert_non_null(strstr(W.seen, "Content-Length=900002;"));
	assert_null(strstr(W.seen, "Expect"));
	tel__http_client_free(c);
	http_world_fini(&W);
}

static void a_short_body_of_slices_goes_out_in_their_order(void **state)
{
	(void)state;
	tel_slice parts[4] = { { "", 0 }, { "one ", 4 }, { "two ", 4 }, { "three", 5 } };
	http_world_init(&W, NULL, NULL);
	tel__http_client *c = new_client();
	for (size_t n = 0; n <= 4; n++) {
		static const char *const wanted[] = { "", "", "one ", "one two ", "one two three" };
		result r = { 0 };
		tel__http_call call = { .method = TEL_SLICE_LIT("POST"), .url = tel__slice_str(url("/echo")), .body = parts,
			                .body_count = n };
		(void)send_call(c, &call, &r);
		run(&r);
		assert_int_equal(r.err, TEL_OK);
		assert_int_equal(W.body_len, strlen(wanted[n]));
		assert_memory_equal(W.body, wanted[n], W.body_len);
		tel_buf_unref(r.buf);
	}
	tel__http_client_free(c);
	http_world_fini(&W);
}

static void methods_are_sent_as_they_are_and_redirects_are_not_followed(void **state)
{
	(void)state;
	result r;
	http_world_init(&W, NULL, NULL);
	W.big_bytes = 100;
	tel__http_client *c = new_client();
	get(c, "/deny", &r);
	assert_int_equal(r.err, TEL_OK); /* an answer is an answer */
	assert_int_equal(r.status, 404);
	tel_buf_unref(r.buf);
	static const char *const methods[] = { "HEAD", "DELETE", "PUT", "POST", "PATCH" };
	for (size_t i = 0; i < 5; i++) {
		tel__http_call call = { .method = tel__slice_str(methods[i]), .url = tel__slice_str(url("/big")) };
		char line[32];
		r = (result){ 0 };
		W.seen_len = 0;
		(void)send_call(c, &call, &r);
		run(&r);
		assert_int_equal(r.status, 200);
		assert_int_equal(r.body_len, i == 0 ? 0 : 100);
		snprintf(line, sizeof(line), "%s /big? v11", methods[i]);
		assert_non_null(strstr(W.seen, line));
		assert_null(strstr(W.seen, "Content-Type")); /* nothing that we did not ask for */
		tel_buf_unref(r.buf);
	}
	tel__http_client_free(c);
	http_world_fini(&W);
}

static void calls_that_would_split_the_request_are_refused(void **state)
{
	(void)state;
	http_world_init(&W, NULL, NULL);
	tel__http_client *c = new_client();
	static const struct {
		const char *method, *url, *name, *value;
	} bad[] = {
		{ "GET", "http://127.0.0.1:1/", "X", "a\r\nY: b" }, { "GET", "http://127.0.0.1:1/", "X", "a\n" },
		{ "GET", "http://127.0.0.1:1/", "X: y", "a" },       { "GET", "http://127.0.0.1:1/", "X\n", "a" },
		{ "GET", "http://127.0.0.1:1/", "", "a" },           { "G T", "http://127.0.0.1:1/", "X", "a" },
		{ "", "http://127.0.0.1:1/", "X", "a" },             { "GET", "http://127.0.0.1:1/ HTTP/1.1\r\n", "X", "a" },
		{ "GET", "ftp://127.0.0.1/", "X", "a" },             { "GET", "file:///etc/passwd", "X", "a" },
		{ "GET", "127.0.0.1:80", "X", "a" },                 { "GET", "", "X", "a" },
	};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		tel__http_header h = { tel__slice_str(bad[i].name), tel__slice_str(bad[i].value) };
		tel__http_call call = { .method = tel__slice_str(bad[i].method), .url = tel__slice_str(bad[i].url), .headers = &h,
			                .header_count = 1 };
		tel_error err = TEL_ERROR_INIT;
		uint64_t id = 77;
		assert_err(tel__http_client_send(c, &call, on_done, NULL, &id, &err), TEL_ERR_ARG);
		assert_true(err.msg[0] != 0);
		assert_int_equal(id, 77);
	}
	tel__http_client_free(c);
	http_world_fini(&W);
}

static void answers_over_the_limit_are_cut_off(void **state)
{
	(void)state;
	result r = { 0 };
	http_world_init(&W, NULL, NULL);
	tel__http_client *c = new_client();
	W.big_bytes = 50000;
	tel__http_call call = { .method = TEL_SLICE_LIT("GET"), .url = tel__slice_str(url("/big")), .max_response_bytes = 49999 };
	(void)send_call(c, &call, &r);
	run(&r);
	assert_int_equal(r.err, TEL_ERR_LIMIT);
	assert_int_equal(r.status, 200); /* the verdict stands: asking again would be a duplicate */
	assert_null(r.buf);
	assert_true(r.message[0] != 0);
	r = (result){ 0 };
	call.max_response_bytes = 50000;
	(void)send_call(c, &call, &r);
	run(&r);
	assert_int_equal(r.err, TEL_OK);
	assert_int_equal(r.body_len, 50000);
	tel_buf_unref(r.buf);
	tel__http_client_free(c);
	http_world_fini(&W);
}

static void an_answer_without_budget_is_not_read(void **state)
{
	(void)state;
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	result r = { 0 };
	opts.memory_limit_bytes = 150000;
	http_world_init(&W, &opts, NULL);
	tel__http_client *c = new_client();
	W.big_bytes = 120000;
	tel__http_call call = { .method = TEL_SLICE_LIT("GET"), .url = tel__slice_str(url("/big")) };
	(void)send_call(c, &call, &r);
	run(&r);
	assert_int_equal(r.err, TEL_ERR_BUDGET);
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(r.message, "120000"));
	tel__http_client_free(c);
	ctx_settle(W.ctx);
	http_world_fini(&W);
}

static void a_kept_connection_that_died_is_replaced_without_a_failure(void **state)
{
	(void)state;
	static char half[200000];
	tel_slice parts[2] = { { half, sizeof(half) }, { "end", 3 } };
	result r = { 0 };
	http_world_init(&W, NULL, NULL);
	tel__http_client *c = new_client();
	tel__http_call call = { .method = TEL_SLICE_LIT("POST"), .url = tel__slice_str(url("/echo")), .body = parts, .body_count = 2 };
	for (int round = 0; round < 3; round++) {
		r = (result){ 0 };
		(void)send_call(c, &call, &r);
		run(&r);
		assert_int_equal(r.err, TEL_OK);
		assert_int_equal(W.body_len, sizeof(half) + 3);
		tel_buf_unref(r.buf);
		fake_clock_advance(&W.clock, 61000000000u); /* the server closes what idles */
		ctx_settle(W.ctx);
	}
	tel__http_client_free(c);
	http_world_fini(&W);
}

static void silence_ends_at_the_timeout_and_the_server_is_told(void **state)
{
	(void)state;
	result r = { 0 };
	http_world_init(&W, NULL, NULL);
	tel__http_client *c = new_client();
	tel__http_call call = { .method = TEL_SLICE_LIT("GET"), .url = tel__slice_str(url("/later")), .timeout_ns = 3000000000u };
	(void)send_call(c, &call, &r);
	for (int i = 0; i < 100; i++)
		(void)tel_ctx_run_once(W.ctx, 0);
	assert_non_null(W.held);
	assert_int_equal(r.calls, 0);
	fake_clock_advance(&W.clock, 3000000000u);
	run(&r);
	assert_int_equal(r.err, TEL_ERR_TIMEOUT);
	ctx_settle(W.ctx);
	http_world_respond(&W, 200, TEL_SLICE_LIT("nobody listens"));
	ctx_settle(W.ctx);
	assert_int_equal(r.calls, 1);
	tel__http_client_free(c);
	http_world_fini(&W);
}

static void a_cancelled_call_is_silent(void **state)
{
	(void)state;
	result r = { 0 };
	http_world_init(&W, NULL, NULL);
	tel__http_client *c = new_client();
	tel__http_call call = { .method = TEL_SLICE_LIT("GET"), .url = tel__slice_str(url("/echo")) };
	for (int turns = 0; turns < 6; turns++) {
		uint64_t id = send_call(c, &call, &r);
		for (int i = 0; i < turns && !r.calls; i++)
			(void)tel_ctx_run_once(W.ctx, 0);
		tel__http_client_cancel(c, id);
		tel__http_client_cancel(c, id); /* once more does nothing */
		unsigned calls = r.calls;
		ctx_settle(W.ctx);
		assert_int_equal(r.calls, calls);
		if (r.calls)
			break;
	}
	tel_buf_unref(r.buf);
	tel__http_client_free(c);
	http_world_fini(&W);
}

static void done_may_cancel_others_and_free_the_client(void **state)
{
	(void)state;
	result first = { 0 }, second = { 0 }, last = { 0 };
	http_world_init(&W, NULL, NULL);
	tel__http_client *c = new_client();
	tel__http_call call = { .method = TEL_SLICE_LIT("GET"), .url = tel__slice_str(url("/echo")) };
	tel__http_call held = { .method = TEL_SLICE_LIT("GET"), .url = TEL_SLICE_LIT("http://127.0.0.1:9/") };
	first.client = last.client = c;
	char later[128];
	snprintf(later, sizeof(later), "%s", url("/later"));
	held.url = tel__slice_str(later);
	first.cancel = send_call(c, &held, &second);
	(void)send_call(c, &call, &first);
	run(&first);
	assert_int_equal(first.calls, 1);
	(void)send_call(c, &held, &second);
	(void)send_call(c, &call, &last); /* frees the client, and with it the call that is held */
	run(&last);
	assert_int_equal(last.calls, 1);
	ctx_settle(W.ctx);
	assert_int_equal(second.calls, 0);
	http_world_fini(&W);
}

/* ---- HTTP/2 ---- */

typedef struct secure {
	tls_pair pair;
	tel__tls_options server_options, client_options;
	tel__tls_ctx *server_tls, *client_tls;
	char url[128];
} secure;

/* The world's server again, on TLS with both protocols. */
static void secure_open(secure *s)
{
	tel__http_service service = http_world_service(&W);
	tel__http_server_opts opts = { .proto = TEL__HTTP_1 };
	tls_pair_make(&s->pair, &(tls_spec){ "backend", "IP:127.0.0.1", .ca = true }, W.clock.unix_ns / 1000000000u);
	s->server_options = (tel__tls_options){ .cert_pem = tel__slice_str(s->pair.cert_pem),
		                                .key_pem = tel__slice_str(s->pair.key_pem) };
	s->client_options = (tel__tls_options){ .ca_pem = tel__slice_str(s->pair.cert_pem) };
	assert_ok(tel__tls_server_new(W.ctx, &s->server_options, &s->server_tls, NULL));
	assert_ok(tel__tls_client_new(W.ctx, &s->client_options, &s->client_tls, NULL));
	tel__http_server_free(W.server);
	opts.tls = s->server_tls;
	assert_ok(tel__http_server_new(W.ctx, TEL_SLICE_LIT("127.0.0.1:0"), &opts, &service, &W.server, NULL));
}

static void secure_close(secure *s)
{
	ctx_settle(W.ctx);
	http_world_fini(&W);
	tls_pair_free(&s->pair);
}

static tel__http_client *secure_client(const secure *s, bool http2)
{
	tel__http_client_opts opts = { .user_agent = TEL_SLICE_LIT("test/1"), .tls = s->client_tls, .http2 = http2 };
	tel__http_client *c;
	assert_ok(tel__http_client_new(W.ctx, &opts, &c, NULL));
	return c;
}

static void http2_is_spoken_over_tls_when_it_is_asked_for(void **state)
{
	static char big[300000];
	const tel_slice parts[] = { { "ab", 2 }, { big, sizeof big } };
	const tel__http_header headers[] = { { TEL_SLICE_LIT("X-Key"), TEL_SLICE_LIT("one") } };
	(void)state;
	for (int http2 = 0; http2 < 2; http2++) {
		secure s;
		char peer[64] = "";
		http_world_init(&W, NULL, NULL);
		secure_open(&s);
		tel__http_client *c = secure_client(&s, http2);
		snprintf(s.url, sizeof s.url, "https://127.0.0.1:%u/echo", tel__http_server_port(W.server));
		for (int round = 0; round < 3; round++) {
			result r = { 0 };
			tel__http_call call = { .method = TEL_SLICE_LIT("POST"), .url = tel__slice_str(s.url), .headers = headers,
				                .header_count = 1, .body = parts, .body_count = 2 };
			(void)send_call(c, &call, &r);
			run(&r);
			if (r.err != TEL_OK)
				fail_msg("%s", r.message);
			assert_int_equal(r.status, 200);
			assert_int_equal(W.body_len, sizeof big + 2);
			assert_int_equal(r.body_len, W.body_len);
			if (round)
				assert_string_equal(W.peer, peer); /* the connection is kept */
			snprintf(peer, sizeof peer, "%s", W.peer);
			tel_buf_unref(r.buf);
		}
		assert_non_null(strstr(W.seen, http2 ? "POST /echo? v20 " : "POST /echo? v11 "));
		assert_null(strstr(W.seen, http2 ? " v11 " : " v20 "));
		assert_non_null(strstr(W.seen, http2 ? "x-key=one;" : "X-Key=one;"));
		tel__http_client_free(c);
		tel__tls_free(s.client_tls);
		tel__http_server_free(W.server);
		W.server = NULL;
		tel__tls_free(s.server_tls);
		secure_close(&s);
	}
}

static void connection_of_a_call_that_timed_out_is_not_used_again(void **state)
{
	(void)state;
	secure s;
	char first[64];
	http_world_init(&W, NULL, NULL);
	secure_open(&s);
	tel__http_client *c = secure_client(&s, true);
	for (int round = 0; round < 2; round++) {
		result r = { 0 };
		tel__http_call call = { .method = TEL_SLICE_LIT("POST"), .timeout_ns = 2000000000u };
		snprintf(s.url, sizeof s.url, "https://127.0.0.1:%u%s", tel__http_server_port(W.server), round ? "/echo" : "/slow");
		call.url = tel__slice_str(s.url);
		(void)send_call(c, &call, &r);
		run(&r);
		assert_int_equal(r.err, round ? TEL_OK : TEL_ERR_TIMEOUT);
		if (round)
			assert_string_not_equal(W.peer, first);
		snprintf(first, sizeof first, "%s", W.peer);
		tel_buf_unref(r.buf);
	}
	assert_non_null(strstr(W.seen, " v20 "));
	tel__http_client_free(c);
	tel__tls_free(s.client_tls);
	tel__http_server_free(W.server);
	W.server = NULL;
	tel__tls_free(s.server_tls);
	secure_close(&s);
}

static void plaintext_stays_http1(void **state)
{
	(void)state;
	result r = { 0 };
	tel__http_client_opts opts = { .http2 = true };
	tel__http_client *c;
	http_world_init(&W, NULL, NULL);
	assert_ok(tel__http_client_new(W.ctx, &opts, &c, NULL));
	tel__http_call call = { .method = TEL_SLICE_LIT("POST"), .url = tel__slice_str(url("/echo")) };
	(void)send_call(c, &call, &r);
	run(&r);
	assert_int_equal(r.err, TEL_OK);
	assert_non_null(strstr(W.seen, "POST /echo? v11 "));
	assert_null(strstr(W.seen, "Upgrade")); /* no h2c */
	tel_buf_unref(r.buf);
	tel__http_client_free(c);
	http_world_fini(&W);
}

static void failures_say_what_failed(void **state)
{
	(void)state;
	result r = { 0 };
	http_world_init(&W, NULL, NULL);
	tel__http_client *c = new_client();
	int spare = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); /* bound and not listening: refuses */
	tel__address a;
	char text[128], peer[TEL__ADDRESS_TEXT_MAX];
	assert_true(tel__address_literal(TEL_SLICE_LIT("127.0.0.1"), 0, &a));
	assert_int_equal(bind(spare, &a.u.sa, a.len), 0);
	a.len = sizeof(a.u);
	assert_int_equal(getsockname(spare, &a.u.sa, &a.len), 0);
	tel__address_format(&a.u.sa, peer);
	snprintf(text, sizeof(text), "http://%s/x", peer);
	tel__http_call call = { .method = TEL_SLICE_LIT("GET"), .url = tel__slice_str(text) };
	(void)send_call(c, &call, &r);
	run(&r);
	assert_int_equal(r.err, TEL_ERR_TRANSPORT);
	assert_non_null(strstr(r.message, "127.0.0.1"));
	close(spare);

	r = (result){ 0 }; /* TLS to a port that speaks plain HTTP */
	snprintf(text, sizeof(text), "https://127.0.0.1:%u/", tel__http_server_port(W.server));
	call.url = tel__slice_str(text);
	(void)send_call(c, &call, &r);
	run(&r);
	assert_int_equal(r.err, TEL_ERR_TLS);
	assert_true(r.message[0] != 0);
	tel__http_client_free(c);
	http_world_fini(&W);
}

/* A server of raw bytes: what it answers to the first request of each connection. */
static void raw_answer(const char *answer, size_t len, result *r)
{
	tel__address a;
	char text[128], peer[TEL__ADDRESS_TEXT_MAX], buf[4096];
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), fd = -1;
	assert_true(tel__address_literal(TEL_SLICE_LIT("127.0.0.1"), 0, &a));
	assert_int_equal(bind(listener, &a.u.sa, a.len), 0);
	assert_int_equal(listen(listener, 4), 0);
	a.len = sizeof(a.u);
	assert_int_equal(getsockname(listener, &a.u.sa, &a.len), 0);
	tel__address_format(&a.u.sa, peer);
	snprintf(text, sizeof(text), "http://%s/x", peer);
	tel__http_client *c = new_client();
	tel__http_call call = { .method = TEL_SLICE_LIT("GET"), .url = tel__slice_str(text) };
	(void)send_call(c, &call, r);
	for (int i = 0; i < 5000 && !r->calls; i++) {
		(void)tel_ctx_run_once(W.ctx, 0);
		fake_clock_advance(&W.clock, 1000000u);
		if (fd < 0)
			fd = accept(listener, NULL, NULL);
		else if (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0) {
			assert_int_equal(send(fd, answer, len, MSG_NOSIGNAL), len);
			shutdown(fd, SHUT_WR);
		}
	}
	assert_int_equal(r->calls, 1);
	tel__http_client_free(c);
	if (fd >= 0)
		close(fd);
	close(listener);
}

static void answers_that_are_no_http_or_end_early_are_transport_errors(void **state)
{
	(void)state;
	static const char *const bad[] = { "", "garbage\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
		                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
		                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n0\r\n\r\n" };
	http_world_init(&W, NULL, NULL);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		result r = { 0 };
		raw_answer(bad[i], strlen(bad[i]), &r);
		assert_int_equal(r.err, TEL_ERR_TRANSPORT);
		assert_true(r.message[0] != 0);
	}
	result r = { 0 };
	static const char redirect[] = "HTTP/1.1 100 Continue\r\nX: 1\r\n\r\nHTTP/1.1 307 T\r\nLocation: http://127.0.0.1:1/\r\n"
	                               "Content-Type:  text/x \r\nContent-Length: 0\r\n\r\n";
	raw_answer(redirect, sizeof(redirect) - 1, &r);
	assert_int_equal(r.err, TEL_OK);
	assert_int_equal(r.status, 307); /* told, not followed */
	assert_string_equal(r.type, "text/x");
	http_world_fini(&W);
}

static void headers_of_an_answer_are_bounded(void **state)
{
	(void)state;
	static char many[40000];
	http_world_init(&W, NULL, NULL);
	int n = snprintf(many, sizeof(many), "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 129; i++)
		n += snprintf(many + n, sizeof(many) - (size_t)n, "h%d: v\r\n", i);
	n += snprintf(many + n, sizeof(many) - (size_t)n, "\r\n");
	result r = { 0 };
	raw_answer(many, (size_t)n, &r);
	assert_int_equal(r.err, TEL_ERR_LIMIT);
	n = snprintf(many, sizeof(many), "HTTP/1.1 200 OK\r\nbig: %020000d\r\n\r\n", 1);
	r = (result){ 0 };
	raw_answer(many, (size_t)n, &r);
	assert_int_equal(r.err, TEL_ERR_LIMIT);
	http_world_fini(&W);
}

static void sending_survives_each_allocation_that_fails(void **state)
{
	(void)state;
	unsigned refused = 0;
	for (uint64_t nth = 1;; nth++) {
		failalloc f;
		tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
		tel__http_client_opts copts = { .user_agent = TEL_SLICE_LIT("test/1") };
		tel__http_client *c = NULL;
		tel__http_header h = { TEL_SLICE_LIT("X"), TEL_SLICE_LIT("y") };
		tel_slice parts[2] = { { "ab", 2 }, { "cd", 2 } };
		result r = { 0 };
		uint64_t id;
		failalloc_init(&f);
		opts.alloc = f.alloc;
		http_world_init(&W, &opts, NULL);
		tel__http_call call = { TEL_SLICE_LIT("POST"), tel__slice_str(url("/echo")), &h, 1, parts, 2, 0, 1000000000u };
		failalloc_fail_at(&f, nth, false);
		tel_err rc = tel__http_client_new(W.ctx, &copts, &c, NULL);
		if (rc == TEL_OK)
			rc = tel__http_client_send(c, &call, on_done, &r, &id, NULL);
		if (rc == TEL_OK) {
			run(&r);
			assert_int_equal(r.calls, 1);
		} else {
			assert_int_equal(rc, TEL_ERR_NOMEM);
			refused++;
		}
		bool last = f.failed == 0;
		tel_buf_unref(r.buf);
		tel__http_client_free(c);
		http_world_fini(&W);
		assert_true(failalloc_is_clean(&f));
		if (last) {
			assert_int_equal(r.status, 200);
			break;
		}
	}
	assert_true(refused > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_post_of_slices_arrives_whole_on_one_connection),
		cmocka_unit_test(a_short_body_of_slices_goes_out_in_their_order),
		cmocka_unit_test(methods_are_sent_as_they_are_and_redirects_are_not_followed),
		cmocka_unit_test(calls_that_would_split_the_request_are_refused),
		cmocka_unit_test(answers_over_the_limit_are_cut_off),
		cmocka_unit_test(an_answer_without_budget_is_not_read),
		cmocka_unit_test(a_kept_connection_that_died_is_replaced_without_a_failure),
		cmocka_unit_test(silence_ends_at_the_timeout_and_the_server_is_told),
		cmocka_unit_test(a_cancelled_call_is_silent),
		cmocka_unit_test(done_may_cancel_others_and_free_the_client),
		cmocka_unit_test(http2_is_spoken_over_tls_when_it_is_asked_for),
		cmocka_unit_test(connection_of_a_call_that_timed_out_is_not_used_again),
		cmocka_unit_test(plaintext_stays_http1),
		cmocka_unit_test(failures_say_what_failed),
		cmocka_unit_test(answers_that_are_no_http_or_end_early_are_transport_errors),
		cmocka_unit_test(headers_of_an_answer_are_bounded),
		cmocka_unit_test(sending_survives_each_allocation_that_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
