/* SPDX-License-Identifier: Apache-2.0 */
/* The life of HTTP/2 connections and calls on the server: deadlines, keepalive both ways, frames on streams that are over.
 * protocols.md 2.2, RFC 9113 section 5.1. */
#include <stdio.h>

#include "net/h2_closed.h"
#include "net/h2_keeper.h"
#include "net/h2_peer.h"
#include "net/h2_world.h"
#include "seams/cm.h"

#define S 1000000000ull

typedef struct scene {
	h2_world w;
	h2_peer p;
} scene;

static const char *const patient_head[] = { ":method", "POST", ":scheme", "http", ":path", "/svc/Method", ":authority", "a",
	"content-type", "application/grpc", "te", "trailers", NULL };
static const uint8_t whole[] = { 0, 0, 0, 0, 1, 'x' };

static void settle(scene *s)
{
	peer_settle(&s->p, s->w.ctx);
}

static void scene_open(scene *s, const tel__http_keepalive *keepalive)
{
	tel__http_server_opts opts = { 0 };
	if (keepalive)
		opts.keepalive = *keepalive;
	world_init(&s->w, 0, &opts);
	peer_init(&s->p, peer_connect(tel__http_server_port(s->w.server)), false);
	peer_hello(&s->p);
	settle(s);
}

static void scene_close(scene *s)
{
	world_release(&s->w);
	peer_fini(&s->p);
	world_fini(&s->w);
}

static void advance(scene *s, uint64_t ns)
{
	fake_clock_advance(&s->w.clock, ns);
	settle(s);
}

static void call(scene *s, int32_t id, const char *const *head, bool complete)
{
	peer_headers(&s->p, id, 0, head);
	peer_frame(&s->p, NGHTTP2_DATA, complete ? NGHTTP2_FLAG_END_STREAM : 0, id, whole, complete ? sizeof(whole) : 3);
	settle(s);
}

static void call_within(scene *s, int32_t id, const char *timeout, bool complete)
{
	const char *const head[] = { ":method", "POST", ":scheme", "http", ":path", "/svc/Method", ":authority", "a", "content-type",
		"application/grpc", "te", "trailers", "grpc-timeout", timeout, NULL };
	call(s, id, head, complete);
}

static uint64_t closed_for(const scene *s, tel__http_closed why)
{
	tel__http_stats stats;
	tel__http_server_stats(s->w.server, &stats);
	return stats.closed[why];
}

/* ---- deadlines ---- */

static void a_call_is_answered_at_its_deadline_when_the_service_is_not_done(void **state)
{
	(void)state;
	scene s;
	scene_open(&s, NULL);
	s.w.hold = true;
	call_within(&s, 1, "1500m", true);
	call_within(&s, 3, "4S", true);
	assert_int_equal(s.w.held_count, 2);
	advance(&s, S);
	assert_int_equal(peer_get(&s.p, 1)->grpc_status, -1);
	advance(&s, S / 2);
	assert_int_equal(peer_get(&s.p, 1)->grpc_status, TEL__GRPC_DEADLINE_EXCEEDED);
	assert_string_equal(peer_get(&s.p, 1)->grpc_message, "context deadline exceeded");
	assert_true(peer_get(&s.p, 1)->ended && !peer_get(&s.p, 1)->reset);
	/* The service has heard that nobody waits; the other call goes on. */
	assert_int_equal(s.w.aborts, 1);
	assert_int_equal(s.w.held_count, 1);
	assert_int_equal(tel__http_server_open(s.w.server), 1);
	s.w.hold = false;
	world_release(&s.w);
	settle(&s);
	assert_int_equal(peer_get(&s.p, 3)->grpc_status, 0);
	assert_false(s.p.closed);
	scene_close(&s);
}

static void a_body_that_does_not_come_in_time_is_not_waited_for(void **state)
{
	(void)state;
	scene s;
	scene_open(&s, NULL);
	call_within(&s, 1, "2S", false);
	advance(&s, 2 * S);
	peer_stream *st = peer_get(&s.p, 1);
	assert_int_equal(st->grpc_status, TEL__GRPC_DEADLINE_EXCEEDED);
	assert_true(st->reset);
	assert_int_equal(st->reset_code, NGHTTP2_NO_ERROR);
	assert_int_equal(s.w.aborts, 1);
	assert_int_equal(s.w.bodies, 0);
	call_within(&s, 3, "2S", true);
	assert_int_equal(peer_get(&s.p, 3)->grpc_status, 0);
	scene_close(&s);
}

static void a_deadline_of_now_has_passed(void **state)
{
	(void)state;
	scene s;
	scene_open(&s, NULL);
	s.w.hold = true;
	call_within(&s, 1, "0n", true);
	advance(&s, 1);
	assert_int_equal(peer_get(&s.p, 1)->grpc_status, TEL__GRPC_DEADLINE_EXCEEDED);
	scene_close(&s);
}

/* ---- keepalive ---- */

static void ping(scene *s)
{
	static const uint8_t payload[8] = "peer";
	peer_frame(&s->p, NGHTTP2_PING, 0, 0, payload, sizeof(payload));
	settle(s);
}

static void who_asks_too_often_is_told_to_calm_down(void **state)
{
	static const struct {
		const char *what;
		tel__http_keepalive opts;
		uint64_t gap_ns;
		bool stream, answers, cut_off;
	} rows[] = {
		{ "as often as allowed, a call open", { .min_time_ns = 10 * S }, 10 * S, true, false, false },
		{ "too often, a call open", { .min_time_ns = 10 * S }, 9 * S, true, false, true },
		{ "too often, but each between answers", { .min_time_ns = 10 * S }, S, false, true, false },
		{ "as often as allowed, but no call", { .min_time_ns = 10 * S }, 10 * S, false, false, true },
		{ "the same where that is permitted", { .min_time_ns = 10 * S, .permit_without_stream = true }, 10 * S, false, false,
		  false },
		{ "every two hours, no call", { .min_time_ns = 10 * S }, 7200 * S, false, false, false },
		{ "nobody minds", { 0 }, S, false, false, false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		scene s;
		scene_open(&s, &rows[i].opts);
		s.w.hold = rows[i].stream;
		if (rows[i].stream)
			call(&s, 1, patient_head, true);
		for (int n = 0; n < 6; n++) {
			if (rows[i].answers)
				call(&s, 2 * n + 1, patient_head, true);
			ping(&s);
			/* Two strikes are forgiven: the fourth PING is the third that comes too early. */
			if (s.p.closed != (rows[i].cut_off && n >= 3))
				fail_msg("%s: after %d pings", rows[i].what, n + 1);
			if (!s.p.closed)
				advance(&s, rows[i].gap_ns);
		}
		assert_int_equal(s.p.goaway_code, rows[i].cut_off ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_NO_ERROR);
		assert_int_equal(closed_for(&s, TEL__CLOSED_FLOOD), rows[i].cut_off);
		s.w.hold = false;
		scene_close(&s);
	}
}

static void an_idle_connection_is_drained(void **state)
{
	(void)state;
	const tel__http_keepalive opts = { .max_idle_ns = 10 * S };
	scene s;
	scene_open(&s, &opts);
	s.w.hold = true;
	call(&s, 1, patient_head, true);
	advance(&s, 20 * S);
	assert_int_equal(s.p.goaways, 0); /* a request is open */
	world_release(&s.w);
	settle(&s);
	advance(&s, 9 * S);
	assert_int_equal(s.p.goaways, 0);
	advance(&s, S);
	assert_int_equal(s.p.goaways, 1);
	advance(&s, S);
	assert_int_equal(s.p.goaways, 2);
	assert_true(s.p.closed);
	assert_int_equal(s.p.goaway_code, NGHTTP2_NO_ERROR);
	scene_close(&s);
}

static void an_old_connection_is_drained_and_ends_after_its_grace(void **state)
{
	(void)state;
	const tel__http_keepalive opts = { .max_age_ns = 100 * S, .age_grace_ns = 30 * S };
	scene s;
	scene_open(&s, &opts);
	s.w.hold = true;
	advance(&s, 89 * S);
	assert_int_equal(s.p.goaways, 0);
	call(&s, 1, patient_head, true);
	advance(&s, 21 * S); /* +-10 % */
	assert_int_equal(s.p.goaways, 1);
	advance(&s, S);
	assert_int_equal(s.p.goaways, 2);
	advance(&s, 20 * S);
	assert_false(s.p.closed);
	advance(&s, 10 * S);
	assert_true(s.p.closed);
	assert_int_equal(s.w.aborts, 1);
	assert_int_equal(s.w.held_count, 0);
	scene_close(&s);
}

static void a_silent_peer_is_asked_and_given_up(void **state)
{
	(void)state;
	const tel__http_keepalive opts = { .time_ns = 60 * S, .timeout_ns = 20 * S };
	scene s;
	scene_open(&s, &opts);
	advance(&s, 60 * S);
	assert_int_equal(s.p.pings, 1);
	peer_frame(&s.p, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, s.p.ping, 8);
	advance(&s, 1); /* later than the PING */
	advance(&s, 30 * S);
	assert_int_equal(s.p.pings, 1);
	advance(&s, 30 * S);
	assert_int_equal(s.p.pings, 2);
	advance(&s, 19 * S);
	assert_false(s.p.closed);
	advance(&s, S);
	assert_true(s.p.closed);
	assert_int_equal(closed_for(&s, TEL__CLOSED_TIMEOUT), 1);
	scene_close(&s);
}

/* ---- frames on streams that are over ---- */

enum { GOES_ON = 0xffff };

static void frames_on_streams_that_are_over_are_judged_by_how_they_ended(void **state)
{
	static const struct {
		const char *what;
		bool ended, reset, refused; /* by the peer, by the peer, by us */
		uint8_t frame;
		uint32_t goaway, rst; /* GOES_ON: none */
	} rows[] = {
		{ "DATA after END_STREAM", true, false, false, NGHTTP2_DATA, NGHTTP2_STREAM_CLOSED, GOES_ON },
		{ "HEADERS after END_STREAM", true, false, false, NGHTTP2_HEADERS, NGHTTP2_STREAM_CLOSED, GOES_ON },
		{ "DATA after RST_STREAM", false, true, false, NGHTTP2_DATA, GOES_ON, NGHTTP2_STREAM_CLOSED },
		{ "HEADERS after RST_STREAM", false, true, false, NGHTTP2_HEADERS, GOES_ON, NGHTTP2_STREAM_CLOSED },
		{ "DATA on its way when we reset", false, false, true, NGHTTP2_DATA, GOES_ON, NGHTTP2_NO_ERROR },
		{ "WINDOW_UPDATE after END_STREAM", true, false, false, NGHTTP2_WINDOW_UPDATE, GOES_ON, GOES_ON },
		{ "RST_STREAM after END_STREAM", true, false, false, NGHTTP2_RST_STREAM, GOES_ON, GOES_ON },
		{ "PRIORITY after END_STREAM", true, false, false, NGHTTP2_PRIORITY, GOES_ON, GOES_ON },
	};
	static const char *const get[] = { ":method", "GET", ":scheme", "http", ":path", "/x", ":authority", "a", NULL };
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		scene s;
		scene_open(&s, NULL);
		s.w.hold = rows[i].reset;
		if (rows[i].refused) {
			peer_headers(&s.p, 5, 0, get);
			settle(&s);
		} else {
			call(&s, 5, patient_head, true);
		}
		if (rows[i].reset)
			peer_u32(&s.p, NGHTTP2_RST_STREAM, 5, NGHTTP2_CANCEL);
		settle(&s);
		if (rows[i].frame == NGHTTP2_HEADERS)
			peer_headers(&s.p, 5, NGHTTP2_FLAG_END_STREAM, patient_head);
		else
			peer_frame(&s.p, rows[i].frame, 0, 5, "\0\0\0\x01\0", rows[i].frame == NGHTTP2_PRIORITY ? 5 : 4);
		settle(&s);
		const peer_stream *st = peer_get(&s.p, 5);
		uint32_t rst = st->reset ? st->reset_code : GOES_ON, goaway = s.p.goaway ? s.p.goaway_code : GOES_ON;
		if (rst != rows[i].rst || goaway != rows[i].goaway || s.p.closed != (rows[i].goaway != GOES_ON))
			fail_msg("%s: goaway %u, rst %u, closed %d", rows[i].what, goaway, rst, s.p.closed);
		if (!s.p.closed) {
			s.w.hold = false;
			call(&s, 7, patient_head, true);
			assert_int_equal(peer_get(&s.p, 7)->grpc_status, 0);
		}
		scene_close(&s);
	}
}

static void a_smaller_stream_number_is_an_error_as_long_as_it_can_be_told(void **state)
{
	(void)state;
	for (int before = 1; before <= 40; before += 39) {
		scene s;
		int32_t id = 5;
		scene_open(&s, NULL);
		for (int i = 0; i < before; i++, id += 2)
			call(&s, id, patient_head, true);
		peer_headers(&s.p, 3, NGHTTP2_FLAG_END_STREAM, patient_head);
		settle(&s);
		/* With more streams than are remembered, number 3 may have been used: it is ignored, not punished. */
		assert_int_equal(s.p.closed, before <= TEL__H2_CLOSED_KEPT);
		assert_int_equal(s.p.goaway_code, s.p.closed ? NGHTTP2_PROTOCOL_ERROR : NGHTTP2_NO_ERROR);
		scene_close(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_call_is_answered_at_its_deadline_when_the_service_is_not_done),
		cmocka_unit_test(a_body_that_does_not_come_in_time_is_not_waited_for),
		cmocka_unit_test(a_deadline_of_now_has_passed),
		cmocka_unit_test(who_asks_too_often_is_told_to_calm_down),
		cmocka_unit_test(an_idle_connection_is_drained),
		cmocka_unit_test(an_old_connection_is_drained_and_ends_after_its_grace),
		cmocka_unit_test(a_silent_peer_is_asked_and_given_up),
		cmocka_unit_test(frames_on_streams_that_are_over_are_judged_by_how_they_ended),
		cmocka_unit_test(a_smaller_stream_number_is_an_error_as_long_as_it_can_be_told),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
