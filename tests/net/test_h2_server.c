/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/limits.h"
#include "net/h2_peer.h"
#include "net/h2_session.h"
#include "net/h2_world.h"
#include "net/http_conn.h"
#include "seams/cm.h"

typedef struct scene {
	h2_world w;
	h2_peer p;
} scene;

static void scene_open(scene *s, size_t limit_bytes, const tel__http_server_opts *opts)
{
	world_init(&s->w, limit_bytes, opts);
	peer_init(&s->p, peer_connect(tel__http_server_port(s->w.server)), false);
}

static void scene_close(scene *s)
{
	peer_fini(&s->p);
	world_fini(&s->w);
}

/* A call without a deadline. */
static const char *const patient_head[] = { ":method", "POST", ":scheme", "http", ":path", "/svc/Method", ":authority", "a",
	"content-type", "application/grpc", "te", "trailers", NULL };

static void settle(scene *s)
{
	peer_settle(&s->p, s->w.ctx);
}

static void hello(scene *s)
{
	peer_hello(&s->p);
	settle(s);
	assert_true(s->p.settings && s->p.settings_ack);
}

/* A gRPC message of len bytes as one DATA frame after another of at most most bytes. */
static void send_message(scene *s, int32_t id, uint8_t flag, uint32_t announced, size_t len, size_t most, bool end)
{
	uint8_t *bytes = calloc(1, 5 + len);
	size_t at, n;

	tel__grpc_prefix_write(false, announced, bytes);
	bytes[0] = flag;
	for (at = 0; at < 5 + len; at += n) {
		n = 5 + len - at < most ? 5 + len - at : most;
		peer_frame(&s->p, NGHTTP2_DATA, end && at + n == 5 + len ? NGHTTP2_FLAG_END_STREAM : 0, id, bytes + at, n);
	}
	free(bytes);
}

static void unary_call_is_answered_by_headers_message_and_trailers(void **state)
{
	scene s;
	peer_stream *st;

	(void)state;
	scene_open(&s, 0, NULL);
	s.w.reply = TEL_SLICE_LIT("reply");
	hello(&s);
	peer_grpc_head(&s.p, 1, 0);
	send_message(&s, 1, 0, 10, 10, 16384, true);
	settle(&s);

	st = peer_get(&s.p, 1);
	assert_int_equal(s.w.bodies, 1);
	assert_int_equal(tel_buf_get(s.w.last_body).len, 10);
	assert_string_equal(s.w.last_path, "/svc/Method");
	assert_int_equal(s.w.last_timeout_ns, 10000000000);
	assert_int_equal(st->status, 200);
	assert_int_equal(st->grpc_status, 0);
	assert_int_equal(st->header_blocks, 2);
	assert_int_equal(st->data_len, 10);
	assert_memory_equal(st->data, "\0\0\0\0\5reply", 10);
	assert_true(st->ended);
	assert_false(st->reset);
	assert_int_equal(s.p.max_frame, TEL__H2_FRAME_BYTES);
	assert_int_equal(s.p.max_streams, 100);
	assert_int_equal(s.p.max_header_list, 16384);
	assert_int_equal(tel__http_server_open(s.w.server), 0);
	scene_close(&s);
}

static void every_status_is_sent_as_trailers_only(void **state)
{
	static const tel_slice details[] = { { NULL, 0 }, { "\x08\x03\x12\x01x", 5 } };
	scene s;
	int32_t status, id = 1;
	size_t i;

	(void)state;
	scene_open(&s, 0, NULL);
	s.w.message = TEL_SLICE_LIT("50% \xc3\xa4");
	hello(&s);
	for (status = 1; status <= 16; status++)
		for (i = 0; i < 2; i++, id += 2) {
			peer_stream *st = peer_get(&s.p, id);

			s.w.status = status;
			s.w.details = details[i];
			peer_grpc_head(&s.p, id, 0);
			send_message(&s, id, 0, 1, 1, 16384, true);
			settle(&s);
			assert_int_equal(st->status, 200);
			assert_int_equal(st->grpc_status, status);
			assert_string_equal(st->grpc_message, "50%25 %C3%A4");
			assert_string_equal(st->details, i ? "CAMSAXg" : "");
			assert_int_equal(st->header_blocks, 1);
			assert_int_equal(st->data_len, 0);
			assert_true(st->ended && !st->reset);
		}
	scene_close(&s);
}

static void heads_that_are_not_grpc_are_refused(void **state)
{
	static const struct {
		const char *method, *type;
		unsigned status;
	} rows[] = {
		{ "GET", "application/grpc", 405 },        { "POST", "application/json", 415 },
		{ "POST", "application/grpcx", 415 },      { "POST", "application/grpc+json", 415 },
		{ "POST", "application/grpc-web", 415 },   { "POST", "application/grpc+proto", 200 },
		{ "POST", "application/grpc;a=b", 200 },   { "POST", "Application/GRPC+proto; a=b", 200 },
	};
	scene s;
	size_t i;

	(void)state;
	scene_open(&s, 0, NULL);
	hello(&s);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *const head[] = { ":method", rows[i].method, ":scheme", "http", ":path", "/x", ":authority", "a", "content-type",
			rows[i].type, NULL };
		int32_t id = (int32_t)(2 * i + 1);

		peer_headers(&s.p, id, 0, head);
		send_message(&s, id, 0, 0, 0, 16384, true);
		settle(&s);
		if (peer_get(&s.p, id)->status != rows[i].status)
			fail_msg("row %zu: status %u", i, peer_get(&s.p, id)->status);
		assert_true(peer_get(&s.p, id)->ended);
	}
	assert_int_equal(s.w.refused_heads, 5);
	scene_close(&s);
}

static void length_over_the_limit_is_refused_before_anything_is_reserved(void **state)
{
	scene s;
	peer_stream *st;
	size_t before;

	(void)state;
	scene_open(&s, 64 << 20, NULL);
	hello(&s);
	before = world_reserved(&s.w);
	peer_grpc_head(&s.p, 1, 0);
	send_message(&s, 1, 0, UINT32_MAX, 10, 16384, false);
	settle(&s);

	st = peer_get(&s.p, 1);
	assert_int_equal(s.w.last_error, TEL_ERR_LIMIT);
	assert_int_equal(st->grpc_status, TEL__GRPC_RESOURCE_EXHAUSTED);
	assert_true(st->ended && st->reset);
	assert_int_equal(st->reset_code, NGHTTP2_NO_ERROR);
	assert_int_equal(st->window, 0);
	assert_int_equal(world_reserved(&s.w), before);
	assert_true(s.w.mem.largest < 1 << 20);
	scene_close(&s);
}

static void damaged_messages_are_refused_and_the_connection_lives(void **state)
{
	static const struct {
		uint8_t flag;
		uint32_t announced;
		size_t sent;
	} rows[] = { { 2, 4, 4 }, { 255, 0, 0 }, { 0, 10, 9 }, { 0, 4, 14 }, { 0, 0, 5 } };
	scene s;
	size_t i;

	(void)state;
	scene_open(&s, 0, NULL);
	hello(&s);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int32_t id = (int32_t)(2 * i + 1);

		peer_grpc_head(&s.p, id, 0);
		send_message(&s, id, rows[i].flag, rows[i].announced, rows[i].sent, 16384, true);
		settle(&s);
		assert_int_equal(s.w.last_error, TEL_ERR_MALFORMED);
		assert_int_equal(peer_get(&s.p, id)->grpc_status, TEL__GRPC_INTERNAL);
	}
	assert_int_equal(s.w.body_errors, 5);
	assert_int_equal(s.w.bodies, 0);
	peer_grpc_head(&s.p, 101, 0);
	send_message(&s, 101, 1, 3, 3, 1, true);
	settle(&s);
	assert_int_equal(peer_get(&s.p, 101)->grpc_status, 0);
	assert_true(s.w.last_compressed);
	scene_close(&s);
}

static void request_without_any_body_is_a_truncated_message(void **state)
{
	scene s;

	(void)state;
	scene_open(&s, 0, NULL);
	hello(&s);
	peer_grpc_head(&s.p, 1, NGHTTP2_FLAG_END_STREAM);
	settle(&s);
	assert_int_equal(s.w.last_error, TEL_ERR_MALFORMED);
	assert_int_equal(peer_get(&s.p, 1)->grpc_status, TEL__GRPC_INTERNAL);
	scene_close(&s);
}

static void window_grows_to_the_message_once_its_bytes_are_reserved(void **state)
{
	scene s;
	peer_stream *st;
	const uint32_t len = 1 << 20;

	(void)state;
	scene_open(&s, 4 << 20, NULL);
	hello(&s);
	st = peer_get(&s.p, 1);
	peer_grpc_head(&s.p, 1, 0);
	peer_frame(&s.p, NGHTTP2_DATA, 0, 1, "\0\0\x10\0", 4);
	settle(&s);
	assert_int_equal(st->window, 0);
	assert_true(world_reserved(&s.w) < len);
	peer_frame(&s.p, NGHTTP2_DATA, 0, 1, "\0", 1);
	settle(&s);
	assert_int_equal(st->window, len + 5 - TEL__H2_WINDOW);
	assert_true(world_reserved(&s.w) >= len);
	scene_close(&s);
}

static void message_without_room_in_the_budget_is_refused(void **state)
{
	scene s;
	peer_stream *st;

	(void)state;
	scene_open(&s, 1 << 20, NULL);
	hello(&s);
	st = peer_get(&s.p, 1);
	peer_grpc_head(&s.p, 1, 0);
	send_message(&s, 1, 0, 2 << 20, 100, 16384, false);
	settle(&s);
	assert_int_equal(s.w.last_error, TEL_ERR_BUDGET);
	assert_int_equal(st->grpc_status, TEL__GRPC_UNAVAILABLE);
	assert_int_equal(st->window, 0);
	scene_close(&s);
}

static void big_frames_arrive_whole(void **state)
{
	scene s;

	(void)state;
	scene_open(&s, 0, NULL);
	hello(&s);
	peer_grpc_head(&s.p, 1, 0);
	send_message(&s, 1, 0, 3 << 20, 0, 16384, false);
	settle(&s);
	/* The prefix is there: now the window covers the rest, in frames of 1 MiB. */
	{
		uint8_t *bytes = calloc(3, 1 << 20);
		int i;

		for (i = 0; i < 3; i++)
			peer_frame(&s.p, NGHTTP2_DATA, i == 2 ? NGHTTP2_FLAG_END_STREAM : 0, 1, bytes, 1 << 20);
		free(bytes);
	}
	settle(&s);
	assert_int_equal(peer_get(&s.p, 1)->grpc_status, 0);
	assert_int_equal(tel_buf_get(s.w.last_body).len, 3 << 20);
	scene_close(&s);
}

static void padding_does_not_use_up_the_window_of_a_message(void **state)
{
	enum { LEN = 300000, PAD = 255, PIECE = 1000 };
	uint8_t piece[1 + PIECE + PAD] = { PAD };
	scene s;
	peer_stream *st;
	size_t sent, n, used = 0;

	(void)state;
	scene_open(&s, 0, NULL);
	hello(&s);
	st = peer_get(&s.p, 1);
	peer_grpc_head(&s.p, 1, 0);
	for (sent = 0; sent < LEN + 5; sent += n) {
		bool last = LEN + 5 - sent <= PIECE;

		n = last ? LEN + 5 - sent : PIECE;
		memset(piece + 1, 0, PIECE);
		if (sent == 0)
			tel__grpc_prefix_write(false, LEN, piece + 1);
		/* The window ends with the message: padding fits as long as more than its size is to come. */
		if (LEN + 5 - sent - n > PAD) {
			used += 1 + n + PAD;
			peer_frame(&s.p, NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, piece, 1 + n + PAD);
		} else {
			used += n;
			peer_frame(&s.p, NGHTTP2_DATA, last ? NGHTTP2_FLAG_END_STREAM : 0, 1, piece + 1, n);
		}
		if (used > TEL__H2_WINDOW + st->window)
			fail_msg("no window after %zu bytes", sent);
		settle(&s);
	}
	assert_int_equal(st->grpc_status, 0);
	assert_int_equal(tel_buf_get(s.w.last_body).len, LEN);
	scene_close(&s);
}

static void plain_body_of_unknown_length_grows_its_window_as_it_is_stored(void **state)
{
	static const char *const head[] = { ":method", "POST", ":scheme", "http", ":path", "/plain?q=1", ":authority", "a", NULL };
	const uint8_t block[16384] = { 0 };
	scene s;
	size_t sent;

	(void)state;
	scene_open(&s, 0, NULL);
	s.w.plain = true;
	s.w.reply = TEL_SLICE_LIT("ok");
	hello(&s);
	peer_headers(&s.p, 1, 0, head);
	for (sent = 0; sent < 20 * sizeof(block); sent += sizeof(block)) {
		assert_true(sent + sizeof(block) <= TEL__H2_WINDOW + peer_get(&s.p, 1)->window);
		peer_frame(&s.p, NGHTTP2_DATA, 0, 1, block, sizeof(block));
		settle(&s);
	}
	peer_frame(&s.p, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, NULL, 0);
	settle(&s);
	assert_int_equal(tel_buf_get(s.w.last_body).len, sent);
	assert_string_equal(s.w.last_path, "/plain");
	assert_int_equal(peer_get(&s.p, 1)->status, 200);
	assert_int_equal(peer_get(&s.p, 1)->data_len, 2);
	scene_close(&s);
}

static void bytes_before_the_service_decides_are_kept(void **state)
{
	scene s;

	(void)state;
	scene_open(&s, 0, NULL);
	s.w.late_body = true;
	hello(&s);
	peer_grpc_head(&s.p, 1, 0);
	send_message(&s, 1, 0, 60000, 60000, 16384, true);
	settle(&s);
	assert_int_equal(s.w.bodies, 0);
	world_take(&s.w);
	settle(&s);
	assert_int_equal(s.w.bodies, 1);
	assert_int_equal(tel_buf_get(s.w.last_body).len, 60000);
	assert_int_equal(peer_get(&s.p, 1)->grpc_status, 0);
	scene_close(&s);
}

static void streams_over_the_limit_are_refused_until_a_handler_answers(void **state)
{
	const tel__http_server_opts opts = { .max_streams = 3 };
	scene s;
	int32_t id;

	(void)state;
	scene_open(&s, 0, &opts);
	s.p.no_ack = true; /* after the ACK more streams are an error of the connection */
	s.w.hold = true;
	hello(&s);
	for (id = 1; id <= 9; id += 2) {
		peer_grpc_head(&s.p, id, 0);
		send_message(&s, id, 0, 1, 1, 16384, true);
		settle(&s);
	}
	assert_int_equal(s.w.held_count, 3);
	assert_true(peer_get(&s.p, 7)->reset && peer_get(&s.p, 9)->reset);
	assert_int_equal(peer_get(&s.p, 9)->reset_code, NGHTTP2_REFUSED_STREAM);
	world_release(&s.w);
	settle(&s);
	peer_grpc_head(&s.p, 11, 0);
	send_message(&s, 11, 0, 1, 1, 16384, true);
	settle(&s);
	world_release(&s.w);
	settle(&s);
	assert_int_equal(peer_get(&s.p, 11)->grpc_status, 0);
	scene_close(&s);
}

static void service_hears_when_the_peer_goes_away(void **state)
{
	scene s;

	(void)state;
	scene_open(&s, 0, NULL);
	s.w.hold = true;
	hello(&s);
	peer_grpc_head(&s.p, 1, 0);
	send_message(&s, 1, 0, 1, 1, 16384, true);
	peer_grpc_head(&s.p, 3, 0);
	send_message(&s, 3, 0, 1, 1, 16384, true);
	settle(&s);
	peer_u32(&s.p, NGHTTP2_RST_STREAM, 1, NGHTTP2_CANCEL);
	settle(&s);
	assert_int_equal(s.w.aborts, 1);
	assert_int_equal(s.w.held_count, 1);
	close(s.p.fd);
	s.p.fd = -1;
	ctx_settle(s.w.ctx);
	assert_int_equal(s.w.aborts, 2);
	assert_int_equal(s.w.held_count, 0);
	assert_int_equal(tel__http_server_open(s.w.server), 0);
	scene_close(&s);
}

static void drain_says_goaway_twice_and_finishes_what_is_open(void **state)
{
	scene s;
	uint8_t pong[8];

	(void)state;
	scene_open(&s, 0, NULL);
	s.w.hold = true;
	hello(&s);
	peer_grpc_head(&s.p, 1, 0);
	send_message(&s, 1, 0, 1, 1, 16384, true);
	settle(&s);
	tel__http_server_drain(s.w.server);
	settle(&s);
	assert_int_equal(s.p.goaways, 1);
	assert_int_equal(s.p.goaway_last, INT32_MAX);
	assert_int_equal(s.p.pings, 1);
	memcpy(pong, s.p.ping, sizeof(pong));
	peer_frame(&s.p, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, pong, sizeof(pong));
	settle(&s);
	assert_int_equal(s.p.goaways, 2);
	assert_int_equal(s.p.goaway_last, 1);
	assert_false(s.p.closed);
	world_release(&s.w);
	settle(&s);
	assert_int_equal(peer_get(&s.p, 1)->grpc_status, 0);
	assert_true(s.p.closed);
	scene_close(&s);
}

static void drain_does_not_wait_for_a_peer_that_does_not_answer(void **state)
{
	scene s;

	(void)state;
	scene_open(&s, 0, NULL);
	hello(&s);
	tel__http_server_drain(s.w.server);
	settle(&s);
	assert_int_equal(s.p.goaways, 1);
	fake_clock_advance(&s.w.clock, 1000000000);
	settle(&s);
	assert_int_equal(s.p.goaways, 2);
	assert_true(s.p.closed);
	scene_close(&s);
}

static void silent_peers_are_closed_and_stalled_bodies_are_reset(void **state)
{
	static const uint8_t block[TEL__HTTP_PROGRESS_BYTES];
	scene s;

	(void)state;
	scene_open(&s, 0, NULL);
	settle(&s);
	fake_clock_advance(&s.w.clock, 10000000000);
	settle(&s);
	assert_true(s.p.closed);
	scene_close(&s);

	scene_open(&s, 0, NULL);
	hello(&s);
	peer_headers(&s.p, 1, 0, patient_head);
	send_message(&s, 1, 0, 8000, 10, 16384, false);
	settle(&s);
	fake_clock_advance(&s.w.clock, 20000000000);
	peer_frame(&s.p, NGHTTP2_DATA, 0, 1, block, sizeof(block)); /* progress is 4 KiB */
	settle(&s);
	fake_clock_advance(&s.w.clock, 20000000000);
	peer_frame(&s.p, NGHTTP2_DATA, 0, 1, block, 1000); /* and this is not */
	settle(&s);
	assert_false(peer_get(&s.p, 1)->reset);
	fake_clock_advance(&s.w.clock, 10000000000);
	settle(&s);
	assert_true(peer_get(&s.p, 1)->reset);
	assert_int_equal(peer_get(&s.p, 1)->reset_code, NGHTTP2_CANCEL);
	assert_int_equal(s.w.aborts, 1);
	assert_false(s.p.closed);
	scene_close(&s);
}

static void answer_that_the_peer_never_takes_is_reset(void **state)
{
	static const uint8_t no_window[6] = { 0, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0, 0, 0, 0 };
	scene s;

	(void)state;
	scene_open(&s, 0, NULL);
	hello(&s);
	peer_frame(&s.p, NGHTTP2_SETTINGS, 0, 0, no_window, sizeof(no_window));
	peer_grpc_head(&s.p, 1, 0);
	send_message(&s, 1, 0, 100, 100, 16384, true);
	settle(&s);
	assert_int_equal(s.w.bodies, 1);
	fake_clock_advance(&s.w.clock, 20000000000);
	settle(&s);
	assert_false(peer_get(&s.p, 1)->ended || peer_get(&s.p, 1)->reset);
	for (int i = 0; i < 3; i++) {
		fake_clock_advance(&s.w.clock, 10000000000);
		settle(&s);
	}
	assert_true(peer_get(&s.p, 1)->reset);
	assert_int_equal(s.w.aborts, 0);
	assert_false(s.p.closed);
	scene_close(&s);
}

static void idle_connection_makes_room_for_a_new_one_and_a_busy_one_does_not(void **state)
{
	static const tel__http_server_opts one = { .max_connections = 1 };
	scene s;
	h2_peer other;

	(void)state;
	for (int busy = 0; busy < 2; busy++) {
		scene_open(&s, 0, &one);
		hello(&s);
		s.w.hold = busy;
		peer_grpc_head(&s.p, 1, 0);
		send_message(&s, 1, 0, 100, 100, 16384, true);
		settle(&s);
		fake_clock_advance(&s.w.clock, 2000000000);
		settle(&s);
		peer_init(&other, peer_connect(tel__http_server_port(s.w.server)), false);
		peer_hello(&other);
		peer_settle(&other, s.w.ctx);
		settle(&s);
		assert_int_equal(s.p.closed, !busy);
		assert_int_equal(other.closed, busy);
		world_release(&s.w);
		peer_fini(&other);
		scene_close(&s);
	}
}

static void header_list_over_the_limit_is_answered_with_431(void **state)
{
	static char big[4001];
	const char *const head[] = { ":method", "POST", ":scheme", "http", ":path", "/x", ":authority", "a", "content-type", "application/grpc",
		"a", big, "b", big, "c", big, "d", big, "e", big, NULL };
	scene s;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	scene_open(&s, 0, NULL);
	hello(&s);
	peer_headers(&s.p, 1, 0, head);
	settle(&s);
	assert_int_equal(peer_get(&s.p, 1)->status, 431);
	assert_int_equal(s.w.heads, 0);
	peer_grpc_head(&s.p, 3, 0);
	send_message(&s, 3, 0, 1, 1, 16384, true);
	settle(&s);
	assert_int_equal(peer_get(&s.p, 3)->grpc_status, 0);
	scene_close(&s);
}

static void hpack_bomb_costs_no_memory(void **state)
{
	/* Literal with indexing, name "x", value of 4,000 bytes; then 16,000 references to it: 64 MiB decoded from 20 KB. */
	static uint8_t block[3 + 3 + 4000 + 16000];
	scene s;
	size_t n = 0, before;

	(void)state;
	block[n++] = 0x40;
	block[n++] = 1;
	block[n++] = 'x';
	block[n++] = 0x7f; /* 4000 = 127 + 3873 */
	block[n++] = (3873 & 0x7f) | 0x80;
	block[n++] = 3873 >> 7;
	memset(block + n, 'v', 4000);
	n += 4000;
	memset(block + n, 0x80 | 62, 16000);
	n += 16000;
	scene_open(&s, 0, NULL);
	hello(&s);
	before = s.w.mem.live_bytes;
	s.w.mem.peak_bytes = before;
	peer_frame(&s.p, NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS, 1, block, n);
	settle(&s);
	assert_true(s.w.mem.peak_bytes - before < 128 * 1024);
	assert_int_equal(s.w.heads, 0);
	scene_close(&s);
}

static void connection_costs_little_even_after_many_requests(void **state)
{
	scene s;
	size_t before, idle;
	int i;

	(void)state;
	world_init(&s.w, 0, NULL);
	ctx_settle(s.w.ctx);
	before = s.w.mem.live_bytes;
	peer_init(&s.p, peer_connect(tel__http_server_port(s.w.server)), false);
	hello(&s);
	idle = s.w.mem.live_bytes - before;
	for (i = 0; i < 400; i++) {
		peer_grpc_head(&s.p, 2 * i + 1, 0);
		send_message(&s, 2 * i + 1, 0, 1000, 1000, 16384, true);
		settle(&s);
	}
	tel_buf_unref(s.w.last_body);
	s.w.last_body = NULL;
	/* design.md 6: 48 KiB are charged for a connection, and the kernel has its share. */
	if (idle > 28 * 1024 || s.w.mem.live_bytes - before > 40 * 1024)
		fail_msg("%zu bytes, then %zu", idle, s.w.mem.live_bytes - before);
	scene_close(&s);
}

/* ---- floods: the peer is cut off, memory stays bounded, the server lives ---- */

static void check_alive(scene *s)
{
	scene other = { .w = { .ctx = NULL } };

	peer_init(&other.p, peer_connect(tel__http_server_port(s->w.server)), false);
	peer_hello(&other.p);
	peer_grpc_head(&other.p, 1, 0);
	peer_frame(&other.p, NGHTTP2_DATA, NGHTTP2_FLAG_END_STREAM, 1, "\0\0\0\0\0", 5);
	peer_settle(&other.p, s->w.ctx);
	assert_int_equal(peer_get(&other.p, 1)->grpc_status, 0);
	peer_fini(&other.p);
}

static void check_cut_off(scene *s, size_t peak_bytes)
{
	if (!s->p.closed)
		fail_msg("still connected after %zu frames", s->p.frames);
	if (s->w.mem.peak_bytes > peak_bytes)
		fail_msg("peak of %zu bytes", s->w.mem.peak_bytes);
	check_alive(s);
	scene_close(s);
}

static void rapid_reset_is_cut_off(void **state)
{
	scene s;
	int i;

	(void)state;
	scene_open(&s, 0, NULL);
	hello(&s);
	for (i = 0; i < 20000 && !s.p.closed; i++) {
		peer_grpc_head(&s.p, 2 * i + 1, 0);
		peer_u32(&s.p, NGHTTP2_RST_STREAM, 2 * i + 1, NGHTTP2_CANCEL);
		if (i % 100 == 0)
			settle(&s);
	}
	settle(&s);
	assert_true(s.w.heads < 2000);
	assert_int_equal(s.w.aborts, s.w.heads);
	check_cut_off(&s, 1 << 20);
}

static void resets_that_the_peer_provokes_are_cut_off_too(void **state)
{
	scene s;
	int i;

	(void)state;
	scene_open(&s, 0, NULL);
	hello(&s);
	for (i = 0; i < 2000 && !s.p.closed; i++) {
		peer_grpc_head(&s.p, 2 * i + 1, 0);
		peer_u32(&s.p, NGHTTP2_WINDOW_UPDATE, 2 * i + 1, 0);
		settle(&s);
	}
	assert_true(s.w.heads < 1500);
	check_cut_off(&s, 1 << 20);
}

static void continuation_flood_is_cut_off(void **state)
{
	scene s;
	int i;

	(void)state;
	scene_open(&s, 0, NULL);
	hello(&s);
	peer_frame(&s.p, NGHTTP2_HEADERS, 0, 1, NULL, 0);
	for (i = 0; i < 100000 && !s.p.closed; i++) {
		peer_frame(&s.p, NGHTTP2_CONTINUATION, 0, 1, NULL, 0);
		if (i % 1000 == 0)
			settle(&s);
	}
	settle(&s);
	check_cut_off(&s, 1 << 20);
}

static void settings_flood_is_cut_off(void **state)
{
	static const uint8_t entries[2400 * 6];
	scene s;

	(void)state;
	scene_open(&s, 0, NULL);
	hello(&s);
	peer_frame(&s.p, NGHTTP2_SETTINGS, 0, 0, entries, sizeof(entries));
	settle(&s);
	check_cut_off(&s, 1 << 20);
}

static void frames_without_use_are_cut_off(void **state)
{
	static const struct {
		uint8_t type, flags;
		size_t len;
		int32_t id;
	} rows[] = {
		{ NGHTTP2_PING, 0, 8, 0 }, { NGHTTP2_SETTINGS, 0, 0, 0 }, { NGHTTP2_PRIORITY, 0, 5, 1 }, { NGHTTP2_DATA, 0, 0, 1 },
	};
	static const uint8_t payload[8] = { 0, 0, 0, 0 };
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		scene s;

		scene_open(&s, 0, NULL);
		hello(&s);
		peer_grpc_head(&s.p, 1, 0);
		for (k = 0; k < 20000 && !s.p.closed; k++) {
			peer_frame(&s.p, rows[i].type, rows[i].flags, rows[i].id, payload, rows[i].len);
			if (k % 500 == 0)
				settle(&s);
		}
		settle(&s);
		if (!s.p.closed)
			fail_msg("row %zu", i);
		check_cut_off(&s, 1 << 20);
	}
}

static void peer_that_reads_nothing_is_cut_off(void **state)
{
	static const fault full[] = { { FAKESOCK_SEND, 1, true, EAGAIN, 0 } };
	static const uint8_t payload[8];
	scene s;
	int i;

	(void)state;
	scene_open(&s, 0, NULL);
	hello(&s);
	s.w.mem.peak_bytes = 0;
	fakesock_plan(&s.w.sock, full, 1);
	for (i = 0; i < 9000; i++) {
		peer_frame(&s.p, NGHTTP2_PING, 0, 0, payload, sizeof(payload));
		if (i % 100 == 0)
			settle(&s);
	}
	settle(&s);
	fake_clock_advance(&s.w.clock, 31000000000);
	settle(&s);
	fakesock_plan(&s.w.sock, NULL, 0);
	check_cut_off(&s, 4 << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unary_call_is_answered_by_headers_message_and_trailers),
		cmocka_unit_test(every_status_is_sent_as_trailers_only),
		cmocka_unit_test(heads_that_are_not_grpc_are_refused),
		cmocka_unit_test(length_over_the_limit_is_refused_before_anything_is_reserved),
		cmocka_unit_test(damaged_messages_are_refused_and_the_connection_lives),
		cmocka_unit_test(request_without_any_body_is_a_truncated_message),
		cmocka_unit_test(window_grows_to_the_message_once_its_bytes_are_reserved),
		cmocka_unit_test(message_without_room_in_the_budget_is_refused),
		cmocka_unit_test(big_frames_arrive_whole),
		cmocka_unit_test(padding_does_not_use_up_the_window_of_a_message),
		cmocka_unit_test(plain_body_of_unknown_length_grows_its_window_as_it_is_stored),
		cmocka_unit_test(bytes_before_the_service_decides_are_kept),
		cmocka_unit_test(streams_over_the_limit_are_refused_until_a_handler_answers),
		cmocka_unit_test(service_hears_when_the_peer_goes_away),
		cmocka_unit_test(drain_says_goaway_twice_and_finishes_what_is_open),
		cmocka_unit_test(drain_does_not_wait_for_a_peer_that_does_not_answer),
		cmocka_unit_test(silent_peers_are_closed_and_stalled_bodies_are_reset),
		cmocka_unit_test(answer_that_the_peer_never_takes_is_reset),
		cmocka_unit_test(idle_connection_makes_room_for_a_new_one_and_a_busy_one_does_not),
		cmocka_unit_test(header_list_over_the_limit_is_answered_with_431),
		cmocka_unit_test(hpack_bomb_costs_no_memory),
		cmocka_unit_test(connection_costs_little_even_after_many_requests),
		cmocka_unit_test(rapid_reset_is_cut_off),
		cmocka_unit_test(resets_that_the_peer_provokes_are_cut_off_too),
		cmocka_unit_test(continuation_flood_is_cut_off),
		cmocka_unit_test(settings_flood_is_cut_off),
		cmocka_unit_test(frames_without_use_are_cut_off),
		cmocka_unit_test(peer_that_reads_nothing_is_cut_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
