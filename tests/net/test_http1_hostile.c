/* SPDX-License-Identifier: Apache-2.0 */
/* security.md S10 and S28: what two parsers may frame differently is refused, and the connection ends there. */
#include "net/http_world.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/system.h"
#include "seams/failalloc.h"
#include "seams/fakesock.h"

static http_world W;

#define POST "POST /echo HTTP/1.1\r\nHost: h\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define T(text) { (text), sizeof(text) - 1 }

/* Each would let what follows it pass as part of another request somewhere. */
static const tel_slice prefixes[] = {
	/* length: signs, lists, bases, blanks, repetition, size */
	T(POST "Content-Length: -1\r\n\r\n"),
	T(POST "Content-Length: +5\r\n\r\nhello"),
	T(POST "Content-Length: 5,5\r\n\r\nhello"),
	T(POST "Content-Length: 5, 6\r\n\r\nhello"),
	T(POST "Content-Length: 0x10\r\n\r\n"),
	T(POST "Content-Length: 1e1\r\n\r\n"),
	T(POST "Content-Length: 5 5\r\n\r\nhello"),
	T(POST "Content-Length: 5;q=1\r\n\r\nhello"),
	T(POST "Content-Length: 5.0\r\n\r\nhello"),
	T(POST "Content-Length: \"5\"\r\n\r\nhello"),
	T(POST "Content-Length:\r\n\r\n"),
	T(POST "Content-Length: \r\n\r\n"),
	T(POST "Content-Length: five\r\n\r\n"),
	T(POST "Content-Length: 5_0\r\n\r\n"),
	T(POST "Content-Length: 9223372036854775808\r\n\r\n"),
	T(POST "Content-Length: 18446744073709551617\r\n\r\n"),
	T(POST "Content-Length: 99999999999999999999999\r\n\r\n"),
	T(POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello"),
	T(POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
	T(POST "Content-Length: 0\r\ncontent-length: 44\r\n\r\n"),
	T(POST "Content-Length: \xc2\xb2\r\n\r\n"),
	/* both framings */
	T(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	T(POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
	T(POST "Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nhello"),
	/* codings */
	T(POST "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
	T(POST "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n"),
	T(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
	T(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	T(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
	T(POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
	T(POST "Transfer-Encoding: \x0b" "chunked\r\n\r\n0\r\n\r\n"),
	T(POST "Transfer-Encoding: \x0c" "chunked\r\n\r\n0\r\n\r\n"),
	T(POST "Transfer-Encoding: chunked\0\r\n\r\n0\r\n\r\n"),
	T(POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
	T(POST "Transfer-Encoding: chunkedx\r\n\r\n0\r\n\r\n"),
	T(POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"),
	T(POST "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n"),
	T(POST "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
	T(POST "Transfer-Encoding:\r\n\r\n0\r\n\r\n"),
	T(POST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
	T(POST "Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n"),
	T(POST " Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	T(POST "\tTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	T(POST "Foo: bar\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	T(POST "Transfer Encoding: chunked\r\n\r\n0\r\n\r\n"),
	T(POST "Transfer-Encoding: chunked\n\r\n0\r\n\r\n"),
	T(POST "Foo: bar\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	T(POST "Foo: bar\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	T(POST "Foo: bar\r\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	T(POST "Foo: bar\0Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	T("POST /echo HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
	/* chunks */
	T(CHUNKED "FFFFFFFFFFFFFFFFF\r\n"),
	T(CHUNKED "10000000000000000\r\n"),
	T(CHUNKED "-1\r\n"),
	T(CHUNKED "+1\r\na\r\n0\r\n\r\n"),
	T(CHUNKED "0x1\r\na\r\n0\r\n\r\n"),
	T(CHUNKED " 1\r\na\r\n0\r\n\r\n"),
	T(CHUNKED "1 1\r\na\r\n0\r\n\r\n"),
	T(CHUNKED "g\r\n"),
	T(CHUNKED "\r\n0\r\n\r\n"),
	T(CHUNKED "1\na\n0\n\n"),
	T(CHUNKED "1\r\nab\r\n0\r\n\r\n"),
	T(CHUNKED "1\r\na0\r\n\r\n"),
	T(CHUNKED "1\r\na\n0\r\n\r\n"),
	T(CHUNKED "1\ra\r\n0\r\n\r\n"),
	T(CHUNKED "1;a\rb\r\nx\r\n0\r\n\r\n"),
	T(CHUNKED "1;a\nb\r\nx\r\n0\r\n\r\n"),
	T(CHUNKED "1\r\na\r\n0\r\nX : y\r\n\r\n"),
	T(CHUNKED "1\r\na\r\n0\r\n x\r\n\r\n"),
	T(CHUNKED "1\r\na\r\n0\r\nX: y\n\r\n"),
	/* line ends, control characters, folding */
	T("POST /echo HTTP/1.1\nHost: h\n\n"),
	T("POST /echo HTTP/1.1\rHost: h\r\r"),
	T(POST "Foo: a\r\n b\r\n\r\n"),
	T(POST "Foo: a\r\n\tb\r\n\r\n"),
	T(POST "Foo: a\x01\r\n\r\n"),
	T(POST "Foo: a\x7f\r\n\r\n"),
	T(POST "Fo\0o: a\r\n\r\n"),
	T(POST "F(o)o: a\r\n\r\n"),
	T(POST "Foo\r\n\r\n"),
	T(POST ": a\r\n\r\n"),
	T(POST "Foo:a\r\n\n"),
	/* request line */
	T("POST  /echo HTTP/1.1\r\nHost: h\r\n\r\n"),
	T("POST /echo  HTTP/1.1\r\nHost: h\r\n\r\n"),
	T("POST\t/echo\tHTTP/1.1\r\nHost: h\r\n\r\n"),
	T(" POST /echo HTTP/1.1\r\nHost: h\r\n\r\n"),
	T("POST /echo HTTP/1.1 \r\nHost: h\r\n\r\n"),
	T("POST /echo\r\nHost: h\r\n\r\n"),
	T("POST /echo HTTP/0.9\r\nHost: h\r\n\r\n"),
	T("POST /echo HTTP/1.2\r\nHost: h\r\n\r\n"),
	T("POST /echo HTTP/2.0\r\nHost: h\r\n\r\n"),
	T("POST /echo HTTP/11\r\nHost: h\r\n\r\n"),
	T("POST /echo http/1.1\r\nHost: h\r\n\r\n"),
	T("POST /ec\x80ho HTTP/1.1\r\nHost: h\r\n\r\n"),
	T("PO\0ST /echo HTTP/1.1\r\nHost: h\r\n\r\n"),
	T("P(ST /echo HTTP/1.1\r\nHost: h\r\n\r\n"),
	T("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
	T("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
	T("\r\n\r\n\r\n\r\nPOST /echo HTTP/1.1\r\nHost: h\r\n\r\n"),
	/* host */
	T("POST /echo HTTP/1.1\r\nContent-Length: 0\r\n\r\n"),
	T("POST /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
	/* expectation that nobody knows */
	T(POST "Expect: 200-ok\r\nContent-Length: 1\r\n\r\nx"),
};

static const char follower[] = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";

static void refuse(tel_slice prefix, size_t step, size_t number)
{
	char text[1024];
	bool closed;
	memcpy(text, prefix.ptr, prefix.len);
	memcpy(text + prefix.len, follower, sizeof(follower) - 1);
	const char *out = http_world_exchange(&W, text, prefix.len + sizeof(follower) - 1, step, &closed);
	bool refused = strncmp(out, "HTTP/1.1 4", 10) == 0 || strncmp(out, "HTTP/1.1 5", 10) == 0;
	const char *second = strstr(out + 1, "HTTP/1.1 ");
	if (!refused || !closed || second || strstr(W.seen, "/smuggled?") || W.bodies)
		fail_msg("prefix %zu in steps of %zu: answer \"%.60s\", closed %d, heads \"%s\"", number, step, out, closed, W.seen);
	W.seen_len = 0;
	W.seen[0] = 0;
}

static void framing_that_parsers_disagree_about_ends_the_connection(void **state)
{
	(void)state;
	size_t count = sizeof(prefixes) / sizeof(prefixes[0]);
	assert_true(count >= 60);
	http_world_init(&W, NULL, NULL);
	for (size_t i = 0; i < count; i++) {
		refuse(prefixes[i], SIZE_MAX, i);
		refuse(prefixes[i], 1, i);
	}
	assert_int_equal(tel__http_server_open(W.server), 0);
	http_world_fini(&W);
}

/* What must keep working, next to what is refused. */
static void unusual_framing_that_is_sound_is_taken(void **state)
{
	(void)state;
	static const tel_slice good[] = {
		T(POST "Content-Length:5\r\n\r\nhello"),
		T(POST "Content-Length:   5 \r\n\r\nhello"),
		T(POST "content-length: 00005\r\n\r\nhello"),
		T(POST "TRANSFER-ENCODING: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"),
		T(POST "Transfer-Encoding: chunked\r\n\r\n00005\r\nhello\r\n000\r\n\r\n"),
		T(POST "Transfer-Encoding: chunked\r\n\r\n5;name=value\r\nhello\r\n0;x\r\nTrailer: x\r\n\r\n"),
		T(POST "Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"),
		T(POST "Foo: caf\xc3\xa9\r\nBar:\r\nContent-Length: 5\r\n\r\nhello"),
	};
	http_world_init(&W, NULL, NULL);
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		for (size_t step = 1; step < 300; step += 298) {
			bool closed;
			const char *out = http_world_exchange(&W, good[i].ptr, good[i].len, step, &closed);
			if (strncmp(out, "HTTP/1.1 200", 12) != 0 || !strstr(out, "\r\n\r\nhello") || closed)
				fail_msg("request %zu: \"%s\"", i, out);
		}
	}
	http_world_fini(&W);
}

static void sockets_that_give_one_byte_or_nothing_change_no_answer(void **state)
{
	(void)state;
	static const char two[] = POST "Content-Length: 11\r\n\r\nhello world" CHUNKED "3\r\nabc\r\n0\r\n\r\n";
	char plain[4096];
	http_world_init(&W, NULL, NULL);
	snprintf(plain, sizeof(plain), "%s", http_world_exchange(&W, two, sizeof(two) - 1, SIZE_MAX, NULL));
	http_world_fini(&W);
	for (unsigned again = 0; again < 4; again++) {
		fakesock sock;
		char out[4096];
		size_t got = 0;
		bool closed = false;
		fakesock_init(&sock, &tel__sock_system);
		sock.recv_most = sock.send_most = 1;
		sock.again_every = again;
		if (again == 1)
			sock.again_every = 5;
		http_world_init(&W, NULL, NULL);
		tel__ctx_set_seams(W.ctx, &sock.ops, NULL, NULL);
		int fd = http_world_connect(&W);
		http_world_send(&W, fd, two, sizeof(two) - 1);
		for (int i = 0; i < 400; i++)
			got = http_world_receive(&W, fd, out, got, sizeof(out) - 1, &closed);
		out[got] = 0;
		assert_string_equal(out, plain);
		close(fd);
		ctx_settle(W.ctx);
		http_world_fini(&W);
	}
}

static void a_reset_at_any_call_costs_only_its_connection(void **state)
{
	(void)state;
	static const char two[] = POST "Content-Length: 11\r\n\r\nhello world" CHUNKED "3\r\nabc\r\n0\r\n\r\n";
	static const struct {
		unsigned op;
		int errnum;
	} kinds[] = { { FAKESOCK_RECV, ECONNRESET }, { FAKESOCK_SEND, EPIPE }, { FAKESOCK_SEND, ECONNRESET }, { FAKESOCK_RECV, EIO } };
	for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
		for (uint64_t nth = 1; nth < 200; nth++) {
			fault f = { .op = kinds[k].op, .nth = nth, .errnum = kinds[k].errnum };
			fakesock sock;
			char out[4096];
			bool closed = false;
			fakesock_init(&sock, &tel__sock_system);
			sock.recv_most = 20;
			sock.send_most = 20;
			fakesock_plan(&sock, &f, 1);
			http_world_init(&W, NULL, NULL);
			tel__ctx_set_seams(W.ctx, &sock.ops, NULL, NULL);
			int fd = http_world_connect(&W);
			http_world_send(&W, fd, two, sizeof(two) - 1);
			for (int i = 0; i < 20; i++)
				http_world_receive(&W, fd, out, 0, sizeof(out), &closed);
			assert_int_equal(W.heads, W.bodies + W.errors + W.aborts); /* nothing is left hanging */
			close(fd);
			ctx_settle(W.ctx);
			assert_int_equal(tel__http_server_open(W.server), 0);
			uint64_t hits = sock.plan.hits;
			http_world_fini(&W);
			if (!hits)
				break;
		}
	}
}

static void a_request_survives_each_allocation_that_fails(void **state)
{
	(void)state;
	static const char two[] = POST "Content-Length: 11\r\n\r\nhello world" CHUNKED "3\r\nabc\r\n0\r\n\r\n";
	unsigned full = 0, failures = 0;
	for (uint64_t nth = 1;; nth++) {
		failalloc f;
		tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
		char out[4096];
		bool closed = false;
		failalloc_init(&f);
		opts.alloc = f.alloc;
		http_world_init(&W, &opts, NULL);
		failalloc_fail_at(&f, nth, false);
		int fd = http_world_connect(&W);
		for (size_t at = 0; at < sizeof(two) - 1; at += 25) /* in pieces, so that more than one path allocates */
			http_world_send(&W, fd, two + at, sizeof(two) - 1 - at < 25 ? sizeof(two) - 1 - at : 25);
		size_t got = http_world_receive(&W, fd, out, 0, sizeof(out) - 1, &closed);
		out[got] = 0;
		assert_int_equal(W.heads, W.bodies + W.errors + W.aborts);
		close(fd);
		ctx_settle(W.ctx);
		bool last = f.failed == 0;
		failures += !last;
		full += W.bodies == 2;
		http_world_fini(&W);
		assert_true(failalloc_is_clean(&f));
		if (last) {
			assert_non_null(strstr(out, "hello world"));
			assert_non_null(strstr(out, "abc"));
			break;
		}
	}
	assert_true(failures >= 4);
	assert_true(full >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(framing_that_parsers_disagree_about_ends_the_connection),
		cmocka_unit_test(unusual_framing_that_is_sound_is_taken),
		cmocka_unit_test(sockets_that_give_one_byte_or_nothing_change_no_answer),
		cmocka_unit_test(a_reset_at_any_call_costs_only_its_connection),
		cmocka_unit_test(a_request_survives_each_allocation_that_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
