/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets in, and who has to make room: net/admission.h, design.md 6, security.md S27, faults.md C7. */
#include "net/http_world.h"

#include <stdio.h>
#include <unistd.h>

#include "net/h2_peer.h"
#include "seams/failalloc.h"

#define S 1000000000ull

enum { KIB = 1024, CONN = 48 * KIB };

static http_world W;

static void open_world(size_t limit, const tel__http_server_opts *opts)
{
	tel_ctx_opts ctx_opts = TEL_CTX_OPTS_INIT;
	ctx_opts.memory_limit_bytes = limit;
	http_world_init(&W, &ctx_opts, opts);
}

/* A second server of the same context, for HTTP/2. */
static tel__http_server *open_second(void)
{
	const tel__http_server_opts opts = { .proto = TEL__HTTP_2 };
	tel__http_service service = http_world_service(&W);
	tel__http_server *srv = NULL;
	assert_ok(tel__http_server_new(W.ctx, TEL_SLICE_LIT("127.0.0.1:0"), &opts, &service, &srv, NULL));
	return srv;
}

static bool is_closed(int fd)
{
	char out[4096];
	bool closed = false;
	http_world_receive(&W, fd, out, 0, sizeof(out), &closed);
	return closed;
}

static uint64_t closed_for(const tel__http_server *srv, tel__http_closed why)
{
	tel__http_stats stats;
	tel__http_server_stats(srv, &stats);
	return stats.closed[why];
}

static size_t reserved(void)
{
	tel__budget_stats stats;
	tel__budget_get(tel__ctx_budget(W.ctx), &stats);
	return stats.reserved;
}

/* A connection that announces a body and sends the first part of it. */
static int hold_body(size_t announced, size_t sent)
{
	static char text[64 * KIB];
	int n = snprintf(text, sizeof(text), "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n", announced);
	int fd = http_world_connect(&W);
	memset(text + n, 'x', sent);
	http_world_send(&W, fd, text, (size_t)n + sent);
	return fd;
}

static const char *answer_to(size_t body)
{
	static char text[200 * KIB];
	int n = snprintf(text, sizeof(text), "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: %zu\r\n\r\n", body);
	memset(text + n, 'y', body);
	return http_world_exchange(&W, text, (size_t)n + body, SIZE_MAX, NULL);
}

static void connections_of_all_servers_share_one_half_of_the_limit(void **state)
{
	(void)state;
	h2_peer p, q;
	open_world(4 * CONN + 100, NULL);
	tel__http_server *second = open_second();
	int a = http_world_connect(&W);
	fake_clock_advance(&W.clock, S / 2);
	peer_init(&p, peer_connect(tel__http_server_port(second)), false);
	peer_hello(&p);
	peer_settle(&p, W.ctx);
	assert_false(is_closed(a) || p.closed);
	/* Two connections have the half; nobody has stalled for long enough. */
	int b = http_world_connect(&W);
	assert_true(is_closed(b));
	assert_int_equal(closed_for(W.server, TEL__CLOSED_MEMORY), 1);
	/* Later the one that is silent for longest goes, whatever server it belongs to. */
	fake_clock_advance(&W.clock, 2 * S);
	peer_init(&q, peer_connect(tel__http_server_port(second)), false);
	peer_hello(&q);
	peer_settle(&q, W.ctx);
	assert_true(is_closed(a));
	assert_false(p.closed || q.closed);
	assert_int_equal(closed_for(W.server, TEL__CLOSED_STALLED), 1);
	assert_int_equal(closed_for(second, TEL__CLOSED_STALLED), 0);
	close(a);
	close(b);
	peer_fini(&p);
	peer_fini(&q);
	tel__http_server_free(second);
	http_world_fini(&W);
}

static void a_body_takes_the_room_of_one_that_stalls(void **state)
{
	(void)state;
	open_world(500 * KIB, NULL);
	int older = hold_body(150 * KIB, 100);
	fake_clock_advance(&W.clock, S / 2);
	int newer = hold_body(150 * KIB, 100);
	/* No body has stalled for a second yet: who comes now has to come back. */
	assert_int_equal(strncmp(answer_to(150 * KIB), "HTTP/1.1 503", 12), 0);
	fake_clock_advance(&W.clock, S);
	assert_int_equal(strncmp(answer_to(150 * KIB), "HTTP/1.1 200", 12), 0);
	assert_true(is_closed(older));
	assert_false(is_closed(newer));
	assert_int_equal(W.aborts, 1);
	assert_int_equal(closed_for(W.server, TEL__CLOSED_STALLED), 1);
	close(older);
	close(newer);
	http_world_fini(&W);
}

static void bytes_that_drip_do_not_protect_a_body(void **state)
{
	(void)state;
	static char block[5000];
	open_world(500 * KIB, NULL);
	int drips = hold_body(150 * KIB, 100), moves = hold_body(150 * KIB, 100);
	fake_clock_advance(&W.clock, 2 * S);
	http_world_send(&W, drips, block, 10);
	http_world_send(&W, moves, block, sizeof(block));
	fake_clock_advance(&W.clock, S / 2);
	assert_int_equal(strncmp(answer_to(100 * KIB), "HTTP/1.1 200", 12), 0);
	assert_true(is_closed(drips));
	assert_false(is_closed(moves));
	close(drips);
	close(moves);
	http_world_fini(&W);
}

static void a_body_that_never_fits_costs_nobody_else(void **state)
{
	(void)state;
	open_world(500 * KIB, NULL);
	int half = hold_body(150 * KIB, 100);
	fake_clock_advance(&W.clock, 5 * S);
	int big = hold_body(600 * KIB, 10);
	char out[256] = "";
	bool closed = false;
	http_world_receive(&W, big, out, 0, sizeof(out) - 1, &closed);
	assert_int_equal(strncmp(out, "HTTP/1.1 503", 12), 0);
	assert_false(is_closed(half));
	close(half);
	close(big);
	http_world_fini(&W);
}

static void a_long_body_leaves_an_eighth_of_the_room_to_short_ones(void **state)
{
	(void)state;
	tel__budget_stats stats;
	open_world(1024 * KIB, NULL);
	int fits = hold_body(800 * KIB, 100); /* and 48 for its connection and 128 that stay free */
	tel__budget_get(tel__ctx_budget(W.ctx), &stats);
	assert_int_equal(stats.held, 800 * KIB);
	assert_int_equal(strncmp(answer_to(65 * KIB), "HTTP/1.1 503", 12), 0);
	assert_int_equal(strncmp(answer_to(64 * KIB), "HTTP/1.1 200", 12), 0);
	close(fits);
	ctx_settle(W.ctx);
	assert_int_equal(strncmp(answer_to(150 * KIB), "HTTP/1.1 200", 12), 0);
	tel__budget_get(tel__ctx_budget(W.ctx), &stats);
	assert_int_equal(stats.held, 0);
	http_world_fini(&W);
}

static void a_stalled_stream_is_reset_and_its_connection_stays(void **state)
{
	(void)state;
	static const char *const head[] = { ":method", "POST", ":scheme", "http", ":path", "/echo", ":authority", "h",
		                                "content-length", "153600", NULL };
	h2_peer p;
	open_world(500 * KIB, NULL);
	tel__http_server *second = open_second();
	peer_init(&p, peer_connect(tel__http_server_port(second)), false);
	peer_hello(&p);
	peer_headers(&p, 1, 0, head);
	peer_frame(&p, NGHTTP2_DATA, 0, 1, "x", 1);
	peer_headers(&p, 3, 0, head);
	peer_frame(&p, NGHTTP2_DATA, 0, 3, "x", 1);
	peer_settle(&p, W.ctx);
	size_t before = reserved();
	fake_clock_advance(&W.clock, 2 * S);
	assert_int_equal(strncmp(answer_to(150 * KIB), "HTTP/1.1 200", 12), 0);
	peer_settle(&p, W.ctx);
	assert_true(peer_get(&p, 1)->reset != peer_get(&p, 3)->reset);
	assert_false(p.closed);
	assert_int_equal(W.aborts, 1);
	assert_int_equal(before - reserved(), 150 * KIB);
	assert_int_equal(closed_for(second, TEL__CLOSED_STALLED), 1);
	peer_fini(&p);
	tel__http_server_free(second);
	http_world_fini(&W);
}

static void streams_beyond_what_a_connection_is_charged_for_need_room(void **state)
{
	(void)state;
	static const char *const head[] = { ":method", "POST", ":scheme", "http", ":path", "/slow", ":authority", "h",
		                                "x-filler", "0123456789012345678901234567890123456789012345678901234567890123456789", NULL };
	unsigned refused = 0;
	h2_peer p;
	open_world(2 * CONN + 20 * KIB, NULL);
	tel__http_server *second = open_second();
	peer_init(&p, peer_connect(tel__http_server_port(second)), false);
	peer_hello(&p);
	peer_settle(&p, W.ctx);
	for (int32_t id = 1; id < 100; id += 2) {
		peer_headers(&p, id, 0, head); /* the body never comes */
		peer_settle(&p, W.ctx);
	}
	for (int32_t id = 1; id < 100; id += 2)
		refused += peer_get(&p, id)->status == 503;
	/* 8 are covered, 68 KiB hold about 20 more, the rest is told to come back. */
	assert_true(refused >= 20 && refused <= 30);
	assert_int_equal(W.errors, refused);
	assert_int_equal(W.last_error, TEL_ERR_BUDGET);
	assert_true(reserved() <= 2 * CONN + 20 * KIB);
	peer_fini(&p);
	ctx_settle(W.ctx);
	assert_int_equal(reserved(), 0);
	tel__http_server_free(second);
	http_world_fini(&W);
}

static void requests_that_wait_behind_a_body_are_charged_when_they_are_many(void **state)
{
	(void)state;
	static char text[60 * KIB] = "POST /slow HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
	size_t head = strlen(text);
	open_world(0, NULL);
	int fd = http_world_connect(&W);
	http_world_send(&W, fd, text, head);
	memset(text, 'x', sizeof(text));
	memcpy(text, "1\r\na\r\n0\r\n\r\n", 11);
	http_world_send(&W, fd, text, sizeof(text)); /* the end of the body, and what nobody has read yet */
	assert_int_equal(W.bodies, 1);
	assert_true(reserved() > CONN + 32 * KIB);
	http_world_respond(&W, 200, TEL_SLICE_LIT(""));
	ctx_settle(W.ctx);
	close(fd);
	ctx_settle(W.ctx);
	assert_int_equal(reserved(), 0);
	http_world_fini(&W);
}

static void one_address_gets_as_many_connections_as_it_may(void **state)
{
	(void)state;
	const tel__http_server_opts opts = { .proto = TEL__HTTP_1, .max_per_peer = 2 };
	tel__http_stats stats;
	open_world(0, &opts);
	int a = http_world_connect(&W), b = http_world_connect(&W), c = http_world_connect(&W);
	assert_false(is_closed(a) || is_closed(b));
	assert_true(is_closed(c));
	close(a);
	ctx_settle(W.ctx);
	int d = http_world_connect(&W);
	assert_false(is_closed(d));
	tel__http_server_stats(W.server, &stats);
	assert_int_equal(stats.closed[TEL__CLOSED_PER_PEER], 1);
	assert_int_equal(stats.accepted, 3);
	assert_int_equal(stats.open, 2);
	close(b);
	close(c);
	close(d);
	http_world_fini(&W);
}

static void a_server_that_counts_peers_survives_each_allocation_that_fails(void **state)
{
	(void)state;
	const tel__http_server_opts opts = { .proto = TEL__HTTP_2, .max_per_peer = 1 };
	for (uint64_t nth = 1;; nth++) {
		failalloc mem;
		http_world w = { .heads = 0 };
		tel_ctx_opts ctx_opts = TEL_CTX_OPTS_INIT;
		tel__http_service service = http_world_service(&w);
		tel__http_server *srv = NULL;
		failalloc_init(&mem);
		ctx_opts.alloc = mem.alloc;
		assert_ok(tel_ctx_new(&ctx_opts, &w.ctx, NULL));
		failalloc_fail_at(&mem, nth, false);
		tel_err rc = tel__http_server_new(w.ctx, TEL_SLICE_LIT("127.0.0.1:0"), &opts, &service, &srv, NULL);
		int fd = rc == TEL_OK ? peer_connect(tel__http_server_port(srv)) : -1;
		ctx_settle(w.ctx); /* a peer that cannot be counted is not let in */
		bool last = mem.failed == 0;
		assert_true(rc == TEL_OK || rc == TEL_ERR_NOMEM);
		if (fd >= 0)
			close(fd);
		tel__http_server_free(srv);
		tel_ctx_free(w.ctx);
		assert_true(failalloc_is_clean(&mem));
		if (last)
			break;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(connections_of_all_servers_share_one_half_of_the_limit),
		cmocka_unit_test(a_body_takes_the_room_of_one_that_stalls),
		cmocka_unit_test(bytes_that_drip_do_not_protect_a_body),
		cmocka_unit_test(a_body_that_never_fits_costs_nobody_else),
		cmocka_unit_test(a_long_body_leaves_an_eighth_of_the_room_to_short_ones),
		cmocka_unit_test(a_stalled_stream_is_reset_and_its_connection_stays),
		cmocka_unit_test(streams_beyond_what_a_connection_is_charged_for_need_room),
		cmocka_unit_test(requests_that_wait_behind_a_body_are_charged_when_they_are_many),
		cmocka_unit_test(one_address_gets_as_many_connections_as_it_may),
		cmocka_unit_test(a_server_that_counts_peers_survives_each_allocation_that_fails),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
