/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_world.h"

#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint64_t S = 1000000000u;
static http_world W;

#define EXCHANGE(text, step, closed) http_world_exchange(&W, (text), sizeof(text) - 1, (step), (closed))

static void starts(const char *text, const char *prefix)
{
	if (strncmp(text, prefix, strlen(prefix)) != 0)
		fail_msg("answer \"%.200s\" does not start with \"%s\"", text, prefix);
}

static unsigned count(const char *text, const char *what)
{
	unsigned n = 0;
	for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
		n++;
	return n;
}

static void a_request_is_answered_and_the_connection_stays(void **state)
{
	(void)state;
	bool closed;
	http_world_init(&W, NULL, NULL);
	const char *out = EXCHANGE("POST /echo?a=1&b HTTP/1.1\r\nHost: h\r\nX-Two:  spaced \t\r\nContent-Length: 5\r\n\r\nhello",
	                           SIZE_MAX, &closed);
	starts(out, "HTTP/1.1 200 OK\r\n");
	assert_non_null(strstr(out, "\r\nContent-Length: 5\r\n"));
	assert_non_null(strstr(out, "\r\n\r\nhello"));
	assert_null(strstr(out, "Connection"));
	assert_false(closed);
	assert_string_equal(W.seen, "POST /echo?a=1&b v11 Host=h; X-Two=spaced; Content-Length=5;\n");
	http_world_fini(&W);
}

static void a_request_cut_at_every_byte_gives_the_same_answer(void **state)
{
	(void)state;
	static const char two[] = "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 11\r\n\r\nhello world"
	                          "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
	                          "3;x=y\r\nabc\r\n4\r\ndefg\r\n0\r\nTrailer: t\r\n\r\n"
	                          "GET /later2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
	bool closed;
	http_world_init(&W, NULL, NULL);
	char whole[4096];
	snprintf(whole, sizeof(whole), "%s", EXCHANGE(two, SIZE_MAX, &closed));
	assert_true(closed);
	assert_int_equal(count(whole, "HTTP/1.1 200 OK"), 3);
	assert_non_null(strstr(whole, "hello world"));
	assert_non_null(strstr(whole, "abcdefg"));
	assert_string_equal(EXCHANGE(two, 1, &closed), whole);
	for (size_t cut = 1; cut < sizeof(two) - 1; cut++) {
		int fd = http_world_connect(&W);
		char out[4096];
		size_t got = 0;
		closed = false;
		assert_int_equal(http_world_send(&W, fd, two, cut), cut);
		assert_int_equal(http_world_send(&W, fd, two + cut, sizeof(two) - 1 - cut), sizeof(two) - 1 - cut);
		got = http_world_receive(&W, fd, out, got, sizeof(out) - 1, &closed);
		out[got] = 0;
		assert_string_equal(out, whole);
		close(fd);
	}
	http_world_fini(&W);
}

static void a_held_answer_keeps_pipelined_requests_waiting(void **state)
{
	(void)state;
	static const char three[] = "POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab"
	                            "GET /later HTTP/1.1\r\nHost: h\r\n\r\n"
	                            "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n";
	char out[4096];
	bool closed = false;
	http_world_init(&W, NULL, NULL);
	int fd = http_world_connect(&W);
	http_world_send(&W, fd, three, sizeof(three) - 1);
	assert_int_equal(W.heads, 1);
	assert_int_equal(tel__http_server_open(W.server), 1);
	assert_int_equal(http_world_receive(&W, fd, out, 0, sizeof(out), &closed), 0);
	http_world_respond(&W, 200, TEL_SLICE_LIT("one"));
	size_t got = http_world_receive(&W, fd, out, 0, sizeof(out), &closed);
	assert_int_equal(W.heads, 2);
	assert_non_null(W.held);
	http_world_respond(&W, 503, TEL_SLICE_LIT("two"));
	got = http_world_receive(&W, fd, out, got, sizeof(out) - 1, &closed);
	out[got] = 0;
	assert_int_equal(W.heads, 3);
	assert_int_equal(count(out, "HTTP/1.1 "), 3);
	assert_true(strstr(out, "one") < strstr(out, "two"));
	assert_int_equal(tel__http_server_open(W.server), 0);
	assert_false(closed);
	close(fd);
	http_world_fini(&W);
}

static void a_head_may_be_decided_later_and_the_body_taken_then(void **state)
{
	(void)state;
	char out[4096];
	bool closed = false;
	http_world_init(&W, NULL, NULL);
	int fd = http_world_connect(&W);
	static const char req[] = "POST /later HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab";
	http_world_send(&W, fd, req, sizeof(req) - 1);
	assert_non_null(W.held);
	tel__http_take_body(W.held, TEL__BODY_PLAIN, 100);
	W.held = NULL;
	http_world_send(&W, fd, "cd", 2);
	size_t got = http_world_receive(&W, fd, out, 0, sizeof(out) - 1, &closed);
	out[got] = 0;
	assert_non_null(strstr(out, "\r\n\r\nabcd"));
	close(fd);
	http_world_fini(&W);
}

static void peer_that_has_shut_down_gets_its_answer_but_is_not_waited_for_for_ever(void **state)
{
	static const char *const requests[] = { "GET /later HTTP/1.1\r\nHost: h\r\n\r\n", /* held before and after the body */
		                                "POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nab" };
	(void)state;
	for (int in_time = 0; in_time < 2; in_time++) {
		for (size_t i = 0; i < 2; i++) {
			char out[4096];
			bool closed = false;
			http_world_init(&W, NULL, NULL);
			int fd = http_world_connect(&W);
			http_world_send(&W, fd, requests[i], strlen(requests[i]));
			shutdown(fd, SHUT_WR);
			ctx_settle(W.ctx);
			assert_non_null(W.held);
			fake_clock_advance(&W.clock, 29 * UINT64_C(1000000000));
			ctx_settle(W.ctx);
			if (in_time)
				http_world_respond(&W, 200, TEL_SLICE_LIT("at last"));
			else
				fake_clock_advance(&W.clock, 2 * UINT64_C(1000000000));
			size_t got = http_world_receive(&W, fd, out, 0, sizeof(out) - 1, &closed);
			out[got] = 0;
			assert_true(closed);
			assert_int_equal(count(out, "HTTP/1.1 200 OK"), in_time);
			assert_int_equal(W.aborts, !in_time);
			close(fd);
			http_world_fini(&W);
		}
	}
}

static void a_short_body_that_nobody_wants_is_skipped(void **state)
{
	(void)state;
	bool closed;
	http_world_init(&W, NULL, NULL);
	for (size_t step = 1; step < 200; step += 99) {
		const char *out = EXCHANGE("POST /deny HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nGET /"
		                           "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n", step, &closed);
		starts(out, "HTTP/1.1 404 Not Found\r\n");
		assert_int_equal(count(out, "HTTP/1.1 200 OK"), 1);
		assert_false(closed);
	}
	assert_int_equal(W.heads, 6);
	http_world_fini(&W);
}

static void a_long_body_that_nobody_wants_costs_the_connection_but_not_the_answer(void **state)
{
	(void)state;
	static char req[300000];
	bool closed;
	http_world_init(&W, NULL, NULL);
	int n = snprintf(req, sizeof(req), "POST /deny HTTP/1.1\r\nHost: h\r\nContent-Length: 299000\r\n\r\n");
	memset(req + n, 'x', 200000);
	const char *out = http_world_exchange(&W, req, (size_t)n + 200000, 50000, &closed);
	starts(out, "HTTP/1.1 404 Not Found\r\n");
	assert_non_null(strstr(out, "Connection: close\r\n"));
	assert_true(closed);
	http_world_fini(&W);
}

static void a_big_body_arrives_whole(void **state)
{
	(void)state;
	static char req[1 << 20];
	http_world_init(&W, NULL, NULL);
	int n = snprintf(req, sizeof(req), "POST /big HTTP/1.1\r\nHost: h\r\nContent-Length: 900000\r\n\r\n");
	for (size_t i = 0; i < 900000; i++)
		req[(size_t)n + i] = (char)(i * 7 % 251);
	starts(http_world_exchange(&W, req, (size_t)n + 900000, SIZE_MAX, NULL), "HTTP/1.1 200");
	assert_int_equal(W.body_len, 900000);
	assert_memory_equal(W.body, req + n, 900000);
	http_world_fini(&W);
}

static void the_methods_of_a_page_work(void **state)
{
	(void)state;
	bool closed;
	http_world_init(&W, NULL, NULL);
	W.big_bytes = 10;
	const char *out = EXCHANGE("HEAD /big HTTP/1.1\r\nHost: h\r\n\r\n", SIZE_MAX, &closed);
	assert_non_null(strstr(out, "Content-Length: 10\r\n"));
	assert_null(strstr(out, "bbb"));
	assert_false(closed);
	out = EXCHANGE("GET http://example.test:80/big?x HTTP/1.1\r\nHost: h\r\n\r\n", SIZE_MAX, &closed);
	assert_non_null(strstr(out, "\r\n\r\nbbbbbbbbbb"));
	assert_non_null(strstr(W.seen, "GET /big?x v11"));
	out = EXCHANGE("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", SIZE_MAX, &closed);
	starts(out, "HTTP/1.1 200");
	out = EXCHANGE("GET /big HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", SIZE_MAX, &closed);
	starts(out, "HTTP/1.1 200"); /* the wish is ignored */
	assert_false(closed);
	out = EXCHANGE("CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n", SIZE_MAX, &closed);
	starts(out, "HTTP/1.1 501");
	assert_true(closed);
	out = EXCHANGE("GET /big HTTP/1.0\r\n\r\n", SIZE_MAX, &closed);
	assert_non_null(strstr(out, "Connection: close\r\n"));
	assert_true(closed);
	out = EXCHANGE("GET /big HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", SIZE_MAX, &closed);
	assert_non_null(strstr(out, "Connection: keep-alive\r\n"));
	assert_false(closed);
	out = EXCHANGE("\r\n\r\nGET /big HTTP/1.1\r\nHost: h\r\n\r\n", SIZE_MAX, &closed);
	starts(out, "HTTP/1.1 200");
	http_world_fini(&W);
}

static void expect_100_continue_is_answered_when_the_body_is_taken(void **state)
{
	(void)state;
	static const char head[] = "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
	static const char denied[] = "POST /deny HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
	char out[4096];
	bool closed = false;
	http_world_init(&W, NULL, NULL);
	int fd = http_world_connect(&W);
	http_world_send(&W, fd, head, sizeof(head) - 1);
	size_t got = http_world_receive(&W, fd, out, 0, sizeof(out) - 1, &closed);
	out[got] = 0;
	assert_string_equal(out, "HTTP/1.1 100 Continue\r\n\r\n");
	http_world_send(&W, fd, "abc", 3);
	got = http_world_receive(&W, fd, out, 0, sizeof(out) - 1, &closed);
	out[got] = 0;
	starts(out, "HTTP/1.1 200");
	close(fd);
	const char *answer = http_world_exchange(&W, denied, sizeof(denied) - 1, SIZE_MAX, &closed);
	starts(answer, "HTTP/1.1 404"); /* and no 100: the body will not be read */
	assert_true(closed);
	http_world_fini(&W);
}

static void bodies_over_the_limit_are_refused_before_they_are_read(void **state)
{
	(void)state;
	static char chunked[4096] = "POST /grow HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n";
	bool closed;
	http_world_init(&W, NULL, NULL);
	starts(EXCHANGE("POST /grow HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n", SIZE_MAX, &closed),
	       "HTTP/1.1 413 ");
	assert_int_equal(W.last_error, TEL_ERR_LIMIT);
	assert_int_equal(W.bodies, 0);
	size_t n = strlen(chunked);
	memset(chunked + n, 'x', 1001);
	starts(http_world_exchange(&W, chunked, n + 1001, SIZE_MAX, &closed), "HTTP/1.1 413 ");
	assert_int_equal(W.last_error, TEL_ERR_LIMIT);
	assert_true(closed);
	http_world_fini(&W);
}

static void a_body_without_budget_is_refused(void **state)
{
	(void)state;
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	bool closed;
	opts.memory_limit_bytes = 200000;
	http_world_init(&W, &opts, NULL);
	starts(EXCHANGE("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 180000\r\n\r\n", SIZE_MAX, &closed), "HTTP/1.1 503");
	assert_int_equal(W.last_error, TEL_ERR_BUDGET);
	/* Two connections take half of the limit: the third is turned away. */
	int a = http_world_connect(&W), b = http_world_connect(&W), c = http_world_connect(&W);
	char out[64];
	closed = false;
	http_world_receive(&W, a, out, 0, sizeof(out), &closed);
	assert_false(closed);
	http_world_receive(&W, c, out, 0, sizeof(out), &closed);
	assert_true(closed);
	close(a);
	close(b);
	close(c);
	http_world_fini(&W);
}

static void a_full_house_closes_the_peer_that_stalls_longest(void **state)
{
	(void)state;
	static const char half[] = "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n";
	static const char held[] = "POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx";
	tel__http_server_opts opts = { .proto = TEL__HTTP_1, .max_connections = 2 };
	bool closed = false;
	char out[64];
	http_world_init(&W, NULL, &opts);
	int busy = http_world_connect(&W), stalled = http_world_connect(&W);
	http_world_send(&W, busy, held, sizeof(held) - 1);
	http_world_send(&W, stalled, half, sizeof(half) - 1);
	int early = http_world_connect(&W); /* nobody stalls yet */
	http_world_receive(&W, early, out, 0, sizeof(out), &closed);
	assert_true(closed);
	fake_clock_advance(&W.clock, 2 * S);
	int late = http_world_connect(&W);
	closed = false;
	http_world_receive(&W, late, out, 0, sizeof(out), &closed);
	assert_false(closed);
	http_world_receive(&W, busy, out, 0, sizeof(out), &closed);
	assert_false(closed);
	http_world_receive(&W, stalled, out, 0, sizeof(out), &closed);
	assert_true(closed);
	assert_int_equal(W.aborts, 1);
	close(busy);
	close(stalled);
	close(early);
	close(late);
	http_world_fini(&W);
}

static void the_date_is_told(void **state)
{
	(void)state;
	static const struct {
		uint64_t s;
		const char *text;
	} dates[] = { { 784111777, "Sun, 06 Nov 1994 08:49:37 GMT" }, { 951782400, "Tue, 29 Feb 2000 00:00:00 GMT" },
		      { 1735689599, "Tue, 31 Dec 2024 23:59:59 GMT" }, { 1740787200, "Sat, 01 Mar 2025 00:00:00 GMT" },
		      { 1700000000, "Tue, 14 Nov 2023 22:13:20 GMT" } };
	http_world_init(&W, NULL, NULL);
	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		W.clock.unix_ns = dates[i].s * S;
		assert_non_null(strstr(EXCHANGE("GET /echo HTTP/1.1\r\nHost: h\r\n\r\n", SIZE_MAX, NULL), dates[i].text));
	}
	http_world_fini(&W);
}

static void the_framing_of_a_chunked_body_is_bounded(void **state)
{
	(void)state;
	static char req[200000] = "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1;";
	bool closed;
	http_world_init(&W, NULL, NULL);
	size_t n = strlen(req);
	memset(req + n, 'e', 150000); /* an extension without end */
	starts(http_world_exchange(&W, req, n + 150000, 10000, &closed), "HTTP/1.1 413");
	assert_int_equal(W.last_error, TEL_ERR_LIMIT);
	http_world_fini(&W);
}

static void heads_over_the_limits_are_refused(void **state)
{
	(void)state;
	static char req[40000];
	bool closed;
	http_world_init(&W, NULL, NULL);
	int n = snprintf(req, sizeof(req), "GET /%020000d HTTP/1.1\r\nHost: h\r\n\r\n", 1);
	starts(http_world_exchange(&W, req, (size_t)n, 1000, &closed), "HTTP/1.1 414");
	n = snprintf(req, sizeof(req), "GET / HTTP/1.1\r\nHost: h\r\nX: %030000d\r\n\r\n", 1);
	starts(http_world_exchange(&W, req, (size_t)n, 1000, &closed), "HTTP/1.1 431");
	n = snprintf(req, sizeof(req), "GET / HTTP/1.1\r\nHost: h\r\n");
	for (int i = 0; i < 128; i++)
		n += snprintf(req + n, sizeof(req) - (size_t)n, "a: b\r\n");
	n += snprintf(req + n, sizeof(req) - (size_t)n, "\r\n");
	starts(http_world_exchange(&W, req, (size_t)n, SIZE_MAX, &closed), "HTTP/1.1 431");
	n = snprintf(req, sizeof(req), "GET / HTTP/1.1\r\nHost: h\r\nX: %016380d\r\n\r\n", 1);
	starts(http_world_exchange(&W, req, (size_t)n, SIZE_MAX, &closed), "HTTP/1.1 431"); /* with the 32 of each field */
	assert_int_equal(W.heads, 0);
	assert_true(closed);
	http_world_fini(&W);
}

static void slow_peers_are_closed_and_say_why_when_they_can_hear(void **state)
{
	(void)state;
	char out[4096];
	bool closed = false;
	http_world_init(&W, NULL, NULL);
	int fd = http_world_connect(&W); /* sends nothing: closed after the idle timeout */
	fake_clock_advance(&W.clock, 59 * S);
	http_world_receive(&W, fd, out, 0, sizeof(out), &closed);
	assert_false(closed);
	fake_clock_advance(&W.clock, 1 * S);
	http_world_receive(&W, fd, out, 0, sizeof(out), &closed);
	assert_true(closed);
	close(fd);

	fd = http_world_connect(&W); /* security.md S27: a byte now and then does not move the deadline of the head */
	closed = false;
	for (int i = 0; i < 2; i++) {
		http_world_send(&W, fd, "G", 1);
		fake_clock_advance(&W.clock, 5 * S - 1);
	}
	assert_int_equal(http_world_receive(&W, fd, out, 0, sizeof(out), &closed), 0);
	assert_false(closed);
	fake_clock_advance(&W.clock, 2);
	size_t got = http_world_receive(&W, fd, out, 0, sizeof(out) - 1, &closed);
	out[got] = 0;
	starts(out, "HTTP/1.1 408");
	close(fd);

	static const char head[] = "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n";
	fd = http_world_connect(&W); /* a body that drips */
	closed = false;
	http_world_send(&W, fd, head, sizeof(head) - 1);
	for (int i = 0; i < 30; i++) {
		http_world_send(&W, fd, "x", 1);
		fake_clock_advance(&W.clock, S);
	}
	got = http_world_receive(&W, fd, out, 0, sizeof(out) - 1, &closed);
	out[got] = 0;
	starts(out, "HTTP/1.1 408");
	assert_int_equal(W.aborts, 1);
	close(fd);
	ctx_settle(W.ctx);

	fd = http_world_connect(&W); /* one that is slow but moves */
	closed = false;
	http_world_send(&W, fd, head, sizeof(head) - 1);
	char block[5000];
	memset(block, 'y', sizeof(block));
	for (int i = 0; i < 20; i++) {
		http_world_send(&W, fd, block, sizeof(block));
		fake_clock_advance(&W.clock, 29 * S);
	}
	assert_int_equal(W.bodies, 1);
	close(fd);
	http_world_fini(&W);
}

static void a_peer_that_does_not_read_is_closed(void **state)
{
	(void)state;
	static const char req[] = "GET /big HTTP/1.1\r\nHost: h\r\n\r\n";
	static char out[9 << 20];
	bool closed = false;
	http_world_init(&W, NULL, NULL);
	W.big_bytes = 8 << 20;
	int fd = http_world_connect(&W);
	http_world_send(&W, fd, req, sizeof(req) - 1);
	fake_clock_advance(&W.clock, 31 * S);
	ctx_settle(W.ctx);
	size_t got = http_world_receive(&W, fd, out, 0, sizeof(out), &closed);
	assert_true(closed);
	assert_true(got < W.big_bytes);
	close(fd);
	fd = http_world_connect(&W); /* one that reads gets everything, in many pieces */
	closed = false;
	http_world_send(&W, fd, req, sizeof(req) - 1);
	got = http_world_receive(&W, fd, out, 0, sizeof(out), &closed);
	assert_true(got > W.big_bytes);
	assert_false(closed);
	close(fd);
	http_world_fini(&W);
}

static void a_peer_that_goes_away_aborts_its_request(void **state)
{
	(void)state;
	static const char half[] = "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nhalf";
	static const char held[] = "POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx";
	struct linger reset = { 1, 0 };
	char out[1024];
	bool closed = false;
	http_world_init(&W, NULL, NULL);
	int fd = http_world_connect(&W);
	http_world_send(&W, fd, half, sizeof(half) - 1);
	close(fd);
	ctx_settle(W.ctx);
	assert_int_equal(W.aborts, 1);
	assert_int_equal(tel__http_server_open(W.server), 0);

	fd = http_world_connect(&W); /* a reset while the service works */
	http_world_send(&W, fd, held, sizeof(held) - 1);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)), 0);
	close(fd);
	ctx_settle(W.ctx);
	assert_int_equal(W.aborts, 2);
	assert_null(W.held);
	tel_buf_unref(W.held_body);
	W.held_body = NULL;

	fd = http_world_connect(&W); /* half a close is none: the peer still listens */
	http_world_send(&W, fd, held, sizeof(held) - 1);
	shutdown(fd, SHUT_WR);
	ctx_settle(W.ctx);
	assert_int_equal(W.aborts, 2);
	http_world_respond(&W, 200, TEL_SLICE_LIT("still here"));
	size_t got = http_world_receive(&W, fd, out, 0, sizeof(out) - 1, &closed);
	out[got] = 0;
	assert_non_null(strstr(out, "still here"));
	assert_true(closed);
	close(fd);
	http_world_fini(&W);
}

static void draining_finishes_what_is_open_and_takes_nothing_new(void **state)
{
	(void)state;
	static const char held[] = "POST /slow HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nx";
	char out[1024];
	bool idle_closed = false, closed = false;
	http_world_init(&W, NULL, NULL);
	int idle = http_world_connect(&W), busy = http_world_connect(&W);
	http_world_send(&W, busy, held, sizeof(held) - 1);
	tel__http_server_drain(W.server);
	http_world_receive(&W, idle, out, 0, sizeof(out), &idle_closed);
	assert_true(idle_closed);
	assert_int_equal(tel__http_server_open(W.server), 1);
	http_world_respond(&W, 200, TEL_SLICE_LIT("done"));
	size_t got = http_world_receive(&W, busy, out, 0, sizeof(out) - 1, &closed);
	out[got] = 0;
	assert_non_null(strstr(out, "Connection: close"));
	assert_non_null(strstr(out, "done"));
	assert_true(closed);
	assert_int_equal(tel__http_server_open(W.server), 0);
	close(idle);
	close(busy);
	http_world_fini(&W);
}

static void freeing_the_server_aborts_what_is_open(void **state)
{
	(void)state;
	static const char held[] = "POST /later HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\nxGET";
	http_world_init(&W, NULL, NULL);
	int fd = http_world_connect(&W);
	http_world_send(&W, fd, held, sizeof(held) - 1);
	assert_non_null(W.held);
	http_world_fini(&W);
	assert_int_equal(W.aborts, 1);
	close(fd);
}

static void header_values_cannot_split_an_answer(void **state)
{
	(void)state;
	static const tel__http_header evil[] = { { { "X-A", 3 }, { "a\r\nX-Evil: 1", 12 } }, { { "X-B", 3 }, { "ok", 2 } } };
	tel__http_response rsp = { .status = 200, .headers = evil, .header_count = 2 };
	static const char req[] = "GET /later HTTP/1.1\r\nHost: h\r\n\r\n";
	char out[1024];
	bool closed = false;
	http_world_init(&W, NULL, NULL);
	int fd = http_world_connect(&W);
	http_world_send(&W, fd, req, sizeof(req) - 1);
	tel__http_respond(W.held, &rsp);
	size_t got = http_world_receive(&W, fd, out, 0, sizeof(out) - 1, &closed);
	out[got] = 0;
	assert_null(strstr(out, "X-Evil"));
	assert_non_null(strstr(out, "X-B: ok\r\n"));
	close(fd);
	http_world_fini(&W);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_is_answered_and_the_connection_stays),
		cmocka_unit_test(a_request_cut_at_every_byte_gives_the_same_answer),
		cmocka_unit_test(a_held_answer_keeps_pipelined_requests_waiting),
		cmocka_unit_test(a_head_may_be_decided_later_and_the_body_taken_then),
		cmocka_unit_test(peer_that_has_shut_down_gets_its_answer_but_is_not_waited_for_for_ever),
		cmocka_unit_test(a_short_body_that_nobody_wants_is_skipped),
		cmocka_unit_test(a_long_body_that_nobody_wants_costs_the_connection_but_not_the_answer),
		cmocka_unit_test(a_big_body_arrives_whole),
		cmocka_unit_test(the_methods_of_a_page_work),
		cmocka_unit_test(expect_100_continue_is_answered_when_the_body_is_taken),
		cmocka_unit_test(bodies_over_the_limit_are_refused_before_they_are_read),
		cmocka_unit_test(a_body_without_budget_is_refused),
		cmocka_unit_test(a_full_house_closes_the_peer_that_stalls_longest),
		cmocka_unit_test(the_date_is_told),
		cmocka_unit_test(the_framing_of_a_chunked_body_is_bounded),
		cmocka_unit_test(heads_over_the_limits_are_refused),
		cmocka_unit_test(slow_peers_are_closed_and_say_why_when_they_can_hear),
		cmocka_unit_test(a_peer_that_does_not_read_is_closed),
		cmocka_unit_test(a_peer_that_goes_away_aborts_its_request),
		cmocka_unit_test(draining_finishes_what_is_open_and_takes_nothing_new),
		cmocka_unit_test(freeing_the_server_aborts_what_is_open),
		cmocka_unit_test(header_values_cannot_split_an_answer),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
