/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2 server connections: requests of net/http_server.h on a session of net/h2_session.h. doc/internals/http2.md. */
#include "net/h2_session.h"

#include <assert.h>

#include "base/error_i.h"
#include "base/mem.h"
#include "base/num.h"
#include "net/h2_closed.h"
#include "net/h2_keeper.h"
#include "net/h2_stream.h"

enum {
	SPARE_STREAMS = 4,    /* stream objects that a connection keeps */
	COVERED_STREAMS = 8,  /* what a connection is charged covers so many, with heads of */
	COVERED_HEAD = 2048,
	STREAM_BYTES = 3072,  /* one more, without its head */
	ANSWER_HEADERS = 64,
	DRAIN_NOTICE_S = 1    /* the peer has as long to answer the first GOAWAY */
};
static const uint64_t second_ns = 1000000000;

typedef struct h2_conn {
	tel__http_conn common; /* first */
	tel__h2 h2;
	tel__h2_stream *streams, *spare;
	size_t spare_count, stream_count;
	size_t open; /* requests that the service owes an answer, or whose head is not complete */
	tel__timer timer;
	bool timer_on, greeted, draining, said_goodbye;
	bool broke_rules; /* we said so in a GOAWAY */
	bool flooded;     /* too many PINGs */
	uint64_t since_ns;       /* accepted, then: last request opened or closed */
	uint64_t drain_since_ns;
	tel__h2_keeper keeper;
	tel__h2_closed closed;
	int32_t last_id;         /* highest stream that was begun */
} h2_conn;

static h2_conn *conn_of(void *h2)
{
	return ((tel__h2 *)h2)->user;
}

static tel__h2_stream *stream_of(tel__http_request *req)
{
	return (tel__h2_stream *)req;
}

static h2_conn *stream_conn(const tel__h2_stream *st)
{
	return (h2_conn *)st->req.conn;
}

/* ---- timeouts ---- */

/* The peer has to move: to send the rest of its request, or to take the answer (its window may be shut for ever). */
static bool peer_owes(const tel__h2_stream *st)
{
	return st->answered || (!st->ended && st->req.state == TEL__HTTP_BODY);
}

static bool has_deadline(const tel__h2_stream *st)
{
	return st->begun && !st->answered && st->req.late;
}

static uint64_t idle_since(const h2_conn *c)
{
	return c->streams ? UINT64_MAX : c->since_ns;
}

/* When it ends if no request comes; UINT64_MAX = never. */
static uint64_t idle_limit(const h2_conn *c)
{
	const tel__http_server_opts *opts = &c->common.server->opts;
	uint64_t idle = opts->keepalive.max_idle_ns && !c->draining ? opts->keepalive.max_idle_ns : UINT64_MAX;

	if (opts->idle_timeout_ns && opts->idle_timeout_ns < idle)
		idle = opts->idle_timeout_ns;
	return idle < UINT64_MAX - c->since_ns ? c->since_ns + idle : UINT64_MAX;
}

/* When the connection has to be looked at again; UINT64_MAX = never. */
static uint64_t next_check(const h2_conn *c)
{
	const tel__http_server_opts *opts = &c->common.server->opts;
	const tel__h2_stream *st;
	uint64_t next = c->greeted ? UINT64_MAX : c->since_ns + opts->header_timeout_ns;
	uint64_t keeper = tel__h2_keeper_next(&c->keeper, idle_since(c), c->h2.received_ns, c->draining);

	if (keeper < next)
		next = keeper;

	if (c->draining && !c->said_goodbye)
		next = c->drain_since_ns + DRAIN_NOTICE_S * second_ns;
	if (!c->streams && idle_limit(c) < next)
		next = idle_limit(c);
	for (st = c->streams; st; st = st->next) {
		uint64_t at = UINT64_MAX;

		if (!st->begun && !st->answered)
			at = st->since_ns + opts->header_timeout_ns;
		else if (peer_owes(st))
			at = st->since_ns + opts->body_timeout_ns;
		if (has_deadline(st) && st->req.deadline_ns < at)
			at = st->req.deadline_ns;
		if (at < next)
			next = at;
	}
	return next;
}

static void arm(h2_conn *c)
{
	uint64_t next = next_check(c);

	c->timer_on = next != UINT64_MAX;
	if (c->timer_on)
		tel__ctx_arm(c->h2.ctx, &c->timer, next);
	else
		tel__ctx_disarm(c->h2.ctx, &c->timer);
}

/* The timer fires then at the latest; it looks for the real deadline itself, so a busy connection leaves it alone. */
static void arm_by(h2_conn *c, uint64_t at)
{
	if (!c->timer_on || c->timer.deadline_mono_ns > at)
		tel__ctx_arm(c->h2.ctx, &c->timer, at);
	c->timer_on = true;
}

static void say_goodbye(h2_conn *c)
{
	c->said_goodbye = true;
	tel__h2_check(&c->h2, nghttp2_submit_goaway(c->h2.ng, NGHTTP2_FLAG_NONE,
	                                            nghttp2_session_get_last_proc_stream_id(c->h2.ng), NGHTTP2_NO_ERROR, NULL,
	                                            0));
	tel__h2_schedule(&c->h2);
}

static void give_up(h2_conn *c, tel__h2_stream *st, tel__http_closed why)
{
	tel__http_conn_why(&c->common, why);
	tel__h2_check(&c->h2, nghttp2_submit_rst_stream(c->h2.ng, NGHTTP2_FLAG_NONE, st->id, NGHTTP2_CANCEL));
}

static void check_streams(h2_conn *c, uint64_t now)
{
	const tel__http_server_opts *opts = &c->common.server->opts;
	tel__h2_stream *st;

	for (st = c->streams; st; st = st->next) {
		if (has_deadline(st) && now >= st->req.deadline_ns)
			tel__http_emit_late(&st->req);
		else if (!st->begun && !st->answered && now >= st->since_ns + opts->header_timeout_ns)
			tel__h2_fail(&c->h2, TEL_ERR_TIMEOUT, "the peer did not complete a request head in time");
		else if (peer_owes(st) && now >= st->since_ns + opts->body_timeout_ns)
			/* CANCEL is CANCELLED in gRPC: the client tries again. on_stream_close tells the service. */
			give_up(c, st, TEL__CLOSED_TIMEOUT);
		else
			continue;
		st->since_ns = now;
	}
}

static void conn_drain(tel__http_conn *conn);

static void keep(h2_conn *c, uint64_t now)
{
	static const uint8_t ping[8] = "alive?";

	switch (tel__h2_keeper_check(&c->keeper, now, idle_since(c), c->h2.received_ns, c->draining)) {
	case TEL__H2_KEEP:
		break;
	case TEL__H2_KEEP_PING:
		tel__h2_keeper_pinged(&c->keeper, now);
		tel__h2_check(&c->h2, nghttp2_submit_ping(c->h2.ng, NGHTTP2_FLAG_NONE, ping));
		break;
	case TEL__H2_KEEP_DRAIN:
		conn_drain(&c->common);
		break;
	case TEL__H2_KEEP_CLOSE:
		tel__h2_fail(&c->h2, TEL_ERR_CLOSED, "the connection is too old");
		break;
	case TEL__H2_KEEP_GONE:
		tel__h2_fail(&c->h2, TEL_ERR_TIMEOUT, "the peer does not answer");
		break;
	}
}

static void on_timer(void *user)
{
	h2_conn *c = user;
	uint64_t now = tel__ctx_mono_ns(c->h2.ctx), idle = c->common.server->opts.idle_timeout_ns;

	if (!c->greeted && now >= c->since_ns + c->common.server->opts.header_timeout_ns)
		tel__h2_fail(&c->h2, TEL_ERR_TIMEOUT, "the peer sent no HTTP/2 preface in time");
	if (c->draining && !c->said_goodbye && now >= c->drain_since_ns + DRAIN_NOTICE_S * second_ns)
		say_goodbye(c);
	if (!c->streams && !c->said_goodbye && idle && now - c->since_ns >= idle)
		say_goodbye(c);
	check_streams(c, now);
	keep(c, now);
	if (c->said_goodbye && !c->streams)
		c->since_ns = now;
	arm(c);
	tel__h2_schedule(&c->h2);
}

/* ---- streams ---- */

static tel__h2_stream *stream_new(h2_conn *c, int32_t id)
{
	tel__h2_stream *st = c->spare;

	if (st) {
		c->spare = st->next;
		c->spare_count--;
	} else {
		st = tel__mem_new(c->h2.alloc, 1, sizeof(*st));
		if (!st)
			return NULL;
	}
	tel__h2_stream_init(st, id, c->common.server->opts.header_list_bytes);
	st->req.conn = &c->common;
	st->since_ns = c->since_ns = tel__ctx_mono_ns(c->h2.ctx);
	st->next = c->streams;
	if (st->next)
		st->next->prev = st;
	c->streams = st;
	c->stream_count++;
	c->open++;
	arm_by(c, st->since_ns + c->common.server->opts.header_timeout_ns);
	return st;
}

static void stream_done(h2_conn *c, tel__h2_stream *st)
{
	if (!st->answered)
		c->open--;
	st->answered = true;
}

/* Tells the service when it still waits for something, and takes st back. */
static void stream_free(h2_conn *c, tel__h2_stream *st)
{
	if (st->begun && !st->answered) {
		stream_done(c, st);
		tel__http_emit_abort(&st->req);
	}
	stream_done(c, st);
	if (st->prev)
		st->prev->next = st->next;
	else
		c->streams = st->next;
	if (st->next)
		st->next->prev = st->prev;
	c->stream_count--;
	tel__budget_release(tel__ctx_budget(c->h2.ctx), st->charged);
	tel__h2_stream_fini(st, c->h2.alloc);
	c->since_ns = tel__ctx_mono_ns(c->h2.ctx);
	if (!c->streams && idle_limit(c) != UINT64_MAX)
		arm_by(c, idle_limit(c));
	if (c->spare_count == SPARE_STREAMS) {
		tel__mem_free(c->h2.alloc, st, 1, sizeof(*st));
		return;
	}
	st->next = c->spare;
	c->spare = st;
	c->spare_count++;
}

/* ---- bodies ---- */

static void body_failed(tel__h2_stream *st, const tel_error *err)
{
	st->failed = true;
	tel__http_emit_body_error(&st->req, err);
}

/* The window grows to the whole message once its bytes are reserved (design.md 6), by one WINDOW_UPDATE. */
static void widen(h2_conn *c, tel__h2_stream *st, size_t message)
{
	if (st->widened)
		return;
	st->widened = true;
	if (message > TEL__H2_WINDOW && message <= INT32_MAX)
		tel__h2_check(&c->h2, nghttp2_session_set_local_window_size(c->h2.ng, NGHTTP2_FLAG_NONE, st->id,
		                                                            (int32_t)message));
}

static void feed(h2_conn *c, tel__h2_stream *st, tel_slice bytes)
{
	tel__body *body = &st->req.body;
	tel_error err = TEL_ERROR_INIT;

	st->feeding = true;
	tel_err code = tel__body_feed(body, bytes, &err);
	st->feeding = false;
	if (code != TEL_OK) {
		body_failed(st, &err);
		return;
	}
	if (body->kind == TEL__BODY_GRPC && body->prefix_len == sizeof(body->prefix))
		widen(c, st, body->want + sizeof(body->prefix));
	else if (body->kind == TEL__BODY_PLAIN && !st->widened) /* no length known: as far as it is stored */
		tel__h2_check(&c->h2, nghttp2_session_consume_stream(c->h2.ng, st->id, bytes.len));
}

static void op_take_body(tel__http_request *req)
{
	tel__h2_stream *st = stream_of(req);
	h2_conn *c = stream_conn(st);
	tel_error err = TEL_ERROR_INIT;
	tel_slice length;
	uint64_t n;

	if (st->failed) {
		tel__fail(&err, TEL_ERR_BUDGET, "the memory budget has no room for the body");
		body_failed(st, &err);
		return;
	}
	st->since_ns = tel__ctx_mono_ns(c->h2.ctx);
	st->moved = 0;
	if (tel__http_header_get(req, "content-length", &length) && tel__num_parse_u64(length, &n) == TEL_OK) {
		if (tel__body_expect(&req->body, n, &err) != TEL_OK) {
			body_failed(st, &err);
			return;
		}
		if (req->body.kind == TEL__BODY_PLAIN)
			widen(c, st, n);
	}
	if (st->has_early) {
		tel_buf *early;
		tel_err code = tel__body_finish(&st->early, &early, &err);

		if (code != TEL_OK) {
			body_failed(st, &err);
			return;
		}
		feed(c, st, tel_buf_get(early));
		tel_buf_unref(early);
	}
	if (st->ended && !st->answered && !st->failed)
		tel__http_emit_body(req);
	tel__h2_schedule(&c->h2);
}

/* Bytes before the service decided: what fits into the first window waits, charged to the budget. */
static void feed_early(h2_conn *c, tel__h2_stream *st, tel_slice bytes)
{
	if (!st->has_early)
		tel__body_init(&st->early, c->h2.alloc, tel__ctx_budget(c->h2.ctx), TEL__BODY_PLAIN, TEL__H2_WINDOW);
	st->has_early = true;
	if (tel__body_feed(&st->early, bytes, NULL) != TEL_OK)
		st->failed = true;
}

static void peer_ended(tel__h2_stream *st)
{
	st->ended = true;
	if (st->begun && !st->answered && !st->failed && st->req.state == TEL__HTTP_BODY)
		tel__http_emit_body(&st->req);
}

/* ---- answers ---- */

static ssize_t answer_read(nghttp2_session *ng, int32_t id, uint8_t *buf, size_t len, uint32_t *flags,
                           nghttp2_data_source *source, void *user)
{
	tel__h2_stream *st = source->ptr;
	size_t n = st->body_len - st->body_sent;
	int rv;

	if (n > len)
		n = len;
	if (n)
		memcpy(buf, st->answer + st->body_sent, n);
	st->body_sent += n;
	st->since_ns = tel__ctx_mono_ns(((tel__h2 *)user)->ctx);
	if (st->body_sent < st->body_len)
		return (ssize_t)n;
	*flags |= NGHTTP2_DATA_FLAG_EOF;
	if (st->trailer_count) {
		*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
		rv = nghttp2_submit_trailer(ng, id, st->trailers, st->trailer_count);
		if (!tel__h2_check(user, rv))
			return NGHTTP2_ERR_CALLBACK_FAILURE;
	}
	return (ssize_t)n;
}

static int submit_answer(h2_conn *c, tel__h2_stream *st, const tel__http_response *rsp)
{
	nghttp2_nv nva[ANSWER_HEADERS + 2];
	nghttp2_data_provider provider = { { .ptr = st }, answer_read };
	char status[TEL__NUM_INT_MAX], length[TEL__NUM_INT_MAX];
	bool has_content = (rsp->body.len || rsp->trailer_count) && !tel__slice_is(st->method, "HEAD");
	size_t n = 0, i;

	assert(rsp->header_count <= ANSWER_HEADERS);
	if (tel__h2_stream_answer(st, c->h2.alloc, rsp) != TEL_OK)
		return NGHTTP2_ERR_NOMEM;
	nva[n++] = tel__h2_nv(TEL_SLICE_LIT(":status"), (tel_slice){ status, tel__num_format_u64(rsp->status, status) });
	for (i = 0; i < rsp->header_count; i++)
		nva[n++] = tel__h2_nv(rsp->headers[i].name, rsp->headers[i].value);
	if (rsp->body.len && !rsp->trailer_count)
		nva[n++] = tel__h2_nv(TEL_SLICE_LIT("content-length"),
		                      (tel_slice){ length, tel__num_format_u64(rsp->body.len, length) });
	return nghttp2_submit_response(c->h2.ng, st->id, nva, n, has_content ? &provider : NULL);
}

static void answer(h2_conn *c, tel__h2_stream *st, const tel__http_response *rsp)
{
	stream_done(c, st);
	st->since_ns = tel__ctx_mono_ns(c->h2.ctx);
	arm_by(c, st->since_ns + c->common.server->opts.body_timeout_ns);
	if (rsp->reset)
		tel__h2_check(&c->h2, nghttp2_submit_rst_stream(c->h2.ng, NGHTTP2_FLAG_NONE, st->id, NGHTTP2_CANCEL));
	else
		tel__h2_check(&c->h2, submit_answer(c, st, rsp));
	tel__h2_stream_drop_headers(st, c->h2.alloc);
	tel__h2_progress(&c->h2);
	tel__h2_schedule(&c->h2);
}

static void op_respond(tel__http_request *req, const tel__http_response *rsp)
{
	tel__h2_stream *st = stream_of(req);

	answer(stream_conn(st), st, rsp);
	tel__http_request_end(req);
}

static void op_deadline(tel__http_request *req)
{
	h2_conn *c = stream_conn(stream_of(req));

	arm_by(c, req->deadline_ns);
}

static const tel__http_request_ops request_ops = { op_respond, op_take_body, op_deadline };

/* ---- callbacks of the session ---- */

static int on_begin_headers(nghttp2_session *ng, const nghttp2_frame *frame, void *user)
{
	h2_conn *c = conn_of(user);
	tel__h2_stream *st;

	if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
		return 0;
	c->last_id = frame->hd.stream_id;
	/* Our own count: until the handler has answered, not until the peer has reset (security.md S20). */
	if (c->open >= c->common.server->opts.max_streams)
		return tel__h2_check(&c->h2, nghttp2_submit_rst_stream(ng, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
		                                                       NGHTTP2_REFUSED_STREAM))
			? 0 : NGHTTP2_ERR_CALLBACK_FAILURE;
	st = stream_new(c, frame->hd.stream_id);
	if (!st)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
	nghttp2_session_set_stream_user_data(ng, frame->hd.stream_id, st);
	return 0;
}

static int on_header(nghttp2_session *ng, const nghttp2_frame *frame, nghttp2_rcbuf *name, nghttp2_rcbuf *value,
                     uint8_t flags, void *user)
{
	h2_conn *c = conn_of(user);
	tel__h2_stream *st = nghttp2_session_get_stream_user_data(ng, frame->hd.stream_id);

	(void)flags;
	if (!st || st->begun || frame->hd.type != NGHTTP2_HEADERS) /* refused, or trailers */
		return 0;
	return tel__h2_stream_header(st, c->h2.alloc, name, value) == TEL_OK ? 0 : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
}

/* Streams cost the peer a few bytes, and us more than a connection is charged when there are many or their heads are long. */
static bool charge(h2_conn *c, tel__h2_stream *st)
{
	size_t bytes = st->header_bytes > COVERED_HEAD ? st->header_bytes : 0;

	if (c->stream_count > COVERED_STREAMS)
		bytes = STREAM_BYTES + st->header_bytes;
	if (bytes && !tel__budget_reserve(tel__ctx_budget(c->h2.ctx), bytes))
		return false;
	st->charged = bytes;
	return true;
}

static void head_complete(h2_conn *c, tel__h2_stream *st)
{
	if (st->too_large) {
		const tel__http_response rsp = { .status = 431 };

		answer(c, st, &rsp);
		return;
	}
	tel__http_request_begin(&st->req, &request_ops, &c->common, 20);
	st->begun = true;
	if (!charge(c, st))
		st->failed = true; /* the service hears when it takes the body */
	st->req.method = st->method;
	st->req.headers = st->headers;
	st->req.header_count = st->header_count;
	tel__http_request_target(&st->req, st->target);
	tel__http_emit_head(&st->req);
}

static void take_ping(h2_conn *c)
{
	static const char why[] = "too_many_pings"; /* gRPC clients ask less often then */

	if (tel__h2_keeper_take_ping(&c->keeper, tel__ctx_mono_ns(c->h2.ctx), c->streams != NULL))
		return;
	c->flooded = true;
	tel__h2_check(&c->h2, nghttp2_submit_goaway(c->h2.ng, NGHTTP2_FLAG_NONE, c->last_id, NGHTTP2_ENHANCE_YOUR_CALM,
	                                            (const uint8_t *)why, sizeof(why) - 1));
	tel__h2_check(&c->h2, nghttp2_session_terminate_session(c->h2.ng, NGHTTP2_ENHANCE_YOUR_CALM));
}

/* Frames on streams that are over: RFC 9113 sections 5.1 and 5.1.1. The session ignores them. */
static void on_frame_head(void *user, uint8_t type, int32_t id)
{
	h2_conn *c = user;
	tel__h2_end end;

	if (type > NGHTTP2_CONTINUATION && !tel__h2_glitch(&c->h2, 1)) /* unknown ones are ignored by the session */
		return;
	if ((type != NGHTTP2_DATA && type != NGHTTP2_HEADERS) || id > c->last_id || id % 2 == 0 ||
	    nghttp2_session_find_stream(c->h2.ng, id) || !tel__h2_glitch(&c->h2, 1))
		return;
	end = tel__h2_closed_find(&c->closed, id);
	if (end == TEL__H2_END_PEER)
		tel__h2_check(&c->h2, nghttp2_session_terminate_session(c->h2.ng, NGHTTP2_STREAM_CLOSED));
	else if (end == TEL__H2_END_RESET)
		tel__h2_check(&c->h2, nghttp2_submit_rst_stream(c->h2.ng, NGHTTP2_FLAG_NONE, id, NGHTTP2_STREAM_CLOSED));
	else if (end == TEL__H2_END_NEVER && type == NGHTTP2_HEADERS)
		tel__h2_check(&c->h2, nghttp2_session_terminate_session(c->h2.ng, NGHTTP2_PROTOCOL_ERROR));
}

static int on_frame(nghttp2_session *ng, const nghttp2_frame *frame, void *user)
{
	h2_conn *c = conn_of(user);
	tel__h2_stream *st;

	switch (frame->hd.type) {
	case NGHTTP2_SETTINGS:
		c->greeted = true;
		break;
	case NGHTTP2_PING:
		if (!(frame->hd.flags & NGHTTP2_FLAG_ACK))
			take_ping(c);
		else if (c->draining && !c->said_goodbye)
			say_goodbye(c);
		break;
	case NGHTTP2_RST_STREAM:
		st = nghttp2_session_get_stream_user_data(ng, frame->hd.stream_id);
		if (st)
			st->peer_reset = true;
		break;
	case NGHTTP2_HEADERS:
	case NGHTTP2_DATA:
		st = nghttp2_session_get_stream_user_data(ng, frame->hd.stream_id);
		if (!st)
			break;
		if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
			head_complete(c, st);
		if (frame->hd.type == NGHTTP2_DATA && !tel__h2_return_padding(&c->h2, frame))
			return NGHTTP2_ERR_CALLBACK_FAILURE;
		if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM)
			peer_ended(st);
		break;
	default:
		break;
	}
	return 0;
}

static int on_data(nghttp2_session *ng, uint8_t flags, int32_t id, const uint8_t *data, size_t len, void *user)
{
	h2_conn *c = conn_of(user);
	tel__h2_stream *st = nghttp2_session_get_stream_user_data(ng, id);
	tel_slice bytes = { (const char *)data, len };

	(void)flags;
	/* The windows of the streams hold the peer back; the connection's only says how much is on the way. */
	if (!tel__h2_check(&c->h2, nghttp2_session_consume_connection(ng, len)))
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	if (!st || st->answered || st->failed)
		return 0;
	st->moved += len;
	if (st->moved >= TEL__HTTP_PROGRESS_BYTES) {
		st->moved = 0;
		st->since_ns = tel__ctx_mono_ns(c->h2.ctx);
	}
	if (st->req.state == TEL__HTTP_BODY)
		feed(c, st, bytes);
	else if (st->req.state == TEL__HTTP_HEAD)
		feed_early(c, st, bytes);
	return 0;
}

static int on_stream_close(nghttp2_session *ng, int32_t id, uint32_t error, void *user)
{
	h2_conn *c = conn_of(user);
	tel__h2_stream *st = nghttp2_session_get_stream_user_data(ng, id);

	(void)error;
	tel__h2_closed_add(&c->closed, id, !st ? TEL__H2_END_OURS : st->peer_reset ? TEL__H2_END_RESET
	                                   : st->ended ? TEL__H2_END_PEER : TEL__H2_END_OURS);
	if (st)
		stream_free(c, st);
	return 0;
}

static int on_frame_sent(nghttp2_session *ng, const nghttp2_frame *frame, void *user)
{
	h2_conn *c = conn_of(user);
	const tel__h2_stream *st;

	if (frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA)
		c->keeper.answered = true;
	if (frame->hd.type == NGHTTP2_RST_STREAM)
		tel__h2_closed_add(&c->closed, frame->hd.stream_id, TEL__H2_END_OURS);
	if (frame->hd.type == NGHTTP2_GOAWAY && frame->goaway.error_code != NGHTTP2_NO_ERROR)
		c->broke_rules = true;
	/* Resets that the peer provokes count like its own (MadeYouReset, security.md S21). */
	if (frame->hd.type == NGHTTP2_RST_STREAM && frame->rst_stream.error_code != NGHTTP2_NO_ERROR &&
	    !tel__h2_glitch(&c->h2, TEL__H2_RESET_COST))
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	if ((frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) ||
	    !(frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		return 0;
	st = nghttp2_session_get_stream_user_data(ng, frame->hd.stream_id);
	/* Answered before the request was complete: the rest is not wanted, RFC 9113 section 8.1. */
	if (st && !st->ended &&
	    !tel__h2_check(&c->h2, nghttp2_submit_rst_stream(ng, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR)))
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	return 0;
}

/* ---- life ---- */

static void conn_free(tel__http_conn *conn)
{
	h2_conn *c = (h2_conn *)conn;
	const tel_alloc *alloc = c->h2.alloc;

	while (c->streams)
		stream_free(c, c->streams);
	tel__ctx_timer_fini(c->h2.ctx, &c->timer);
	tel__h2_fini(&c->h2);
	while (c->spare) {
		tel__h2_stream *st = c->spare;

		c->spare = st->next;
		tel__mem_free(alloc, st, 1, sizeof(*st));
	}
	tel__http_conn_fini(conn);
	tel__mem_free(alloc, c, 1, sizeof(*c));
}

static void on_over(void *user, const tel_error *why)
{
	h2_conn *c = user;

	if (c->flooded)
		tel__http_conn_why(&c->common, TEL__CLOSED_FLOOD);
	else if (c->broke_rules || why->code == TEL_ERR_MALFORMED)
		tel__http_conn_why(&c->common, TEL__CLOSED_MALFORMED);
	else if (why->code == TEL_ERR_LIMIT)
		tel__http_conn_why(&c->common, TEL__CLOSED_FLOOD);
	else if (why->code == TEL_ERR_TIMEOUT)
		tel__http_conn_why(&c->common, TEL__CLOSED_TIMEOUT);
	conn_free(user);
}

static void conn_drain(tel__http_conn *conn)
{
	static const uint8_t ping[8] = "drain";
	h2_conn *c = (h2_conn *)conn;

	if (c->draining)
		return;
	/* First that no more is wanted, then, when that has arrived, which request was the last: RFC 9113 section 6.8. */
	c->draining = true;
	c->drain_since_ns = tel__ctx_mono_ns(c->h2.ctx);
	if (tel__h2_check(&c->h2, nghttp2_submit_shutdown_notice(c->h2.ng)))
		tel__h2_check(&c->h2, nghttp2_submit_ping(c->h2.ng, NGHTTP2_FLAG_NONE, ping));
	arm(c);
	tel__h2_schedule(&c->h2);
}

static uint64_t conn_stalled_since(const tel__http_conn *conn)
{
	const h2_conn *c = (const h2_conn *)conn;
	uint64_t since = UINT64_MAX;

	if (!c->streams)
		return c->since_ns;
	for (const tel__h2_stream *st = c->streams; st; st = st->next) {
		if (st->begun && !peer_owes(st))
			return UINT64_MAX; /* a request of it is being served */
		since = st->since_ns < since ? st->since_ns : since;
	}
	return since;
}

static bool has_body(const tel__h2_stream *st)
{
	return st->begun && !st->answered && !st->ended && !st->feeding && st->req.body_open && st->req.body.buf;
}

static tel__h2_stream *stalled_body(const h2_conn *c)
{
	tel__h2_stream *oldest = NULL;

	for (tel__h2_stream *st = c->streams; st; st = st->next)
		if (has_body(st) && (!oldest || st->since_ns < oldest->since_ns))
			oldest = st;
	return oldest;
}

static uint64_t conn_body_stalled_since(const tel__http_conn *conn)
{
	const tel__h2_stream *st = stalled_body((const h2_conn *)conn);

	return st ? st->since_ns : UINT64_MAX;
}

/* The service and the budget have it back at once, the peer hears of it with the next turn. */
static void conn_shed_body(tel__http_conn *conn)
{
	h2_conn *c = (h2_conn *)conn;
	tel__h2_stream *st = stalled_body(c);

	stream_done(c, st);
	tel__http_emit_abort(&st->req);
	st->since_ns = tel__ctx_mono_ns(c->h2.ctx);
	tel__h2_check(&c->h2, nghttp2_submit_rst_stream(c->h2.ng, NGHTTP2_FLAG_NONE, st->id, NGHTTP2_CANCEL));
	tel__h2_schedule(&c->h2);
}

static const tel__http_conn_ops conn_ops = { conn_drain, conn_free, conn_stalled_since, conn_body_stalled_since,
	                                         conn_shed_body };

static int submit_settings(h2_conn *c)
{
	const tel__http_server_opts *opts = &c->common.server->opts;
	/* Without NO_RFC7540_PRIORITIES: in that mode nghttp2 1.52 frees an item twice when its queue of streams cannot grow. */
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, opts->max_streams },
		{ NGHTTP2_SETTINGS_MAX_FRAME_SIZE, TEL__H2_FRAME_BYTES },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, (uint32_t)opts->header_list_bytes },
	};

	return nghttp2_submit_settings(c->h2.ng, NGHTTP2_FLAG_NONE, settings, sizeof(settings) / sizeof(settings[0]));
}

static tel_err open_h2(h2_conn *c, tel__stream *s)
{
	nghttp2_session_callbacks *callbacks;
	tel_err code;

	if (nghttp2_session_callbacks_new(&callbacks) != 0)
		return TEL_ERR_NOMEM;
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin_headers);
	nghttp2_session_callbacks_set_on_header_callback2(callbacks, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_frame_sent);
	code = tel__h2_init(&c->h2, s, callbacks, true, NULL);
	nghttp2_session_callbacks_del(callbacks);
	return code;
}

tel_err tel__h2_conn_new(tel__http_server *srv, tel__stream *s, tel__http_conn **ret_conn)
{
	const tel_alloc *alloc = tel__ctx_alloc(s->ctx);
	h2_conn *c = tel__mem_zero(alloc, 1, sizeof(*c));
	tel_err code;

	if (!c)
		return TEL_ERR_NOMEM;
	c->common.server = srv;
	code = open_h2(c, s);
	if (code != TEL_OK)
		goto fail_conn;
	c->h2.user = c;
	c->h2.on_over = on_over;
	c->h2.on_frame_head = on_frame_head;
	tel__h2_keeper_init(&c->keeper, &srv->opts.keepalive, tel__ctx_mono_ns(s->ctx), tel__ctx_random(s->ctx));
	code = tel__ctx_timer_init(s->ctx, &c->timer, on_timer, c);
	if (code != TEL_OK)
		goto fail_h2;
	if (submit_settings(c) != 0) {
		code = TEL_ERR_NOMEM;
		goto fail_timer;
	}
	tel__http_conn_init(&c->common, &conn_ops, srv, s);
	c->since_ns = tel__ctx_mono_ns(s->ctx);
	arm(c);
	*ret_conn = &c->common;
	return TEL_OK;
fail_timer:
	tel__ctx_timer_fini(s->ctx, &c->timer);
fail_h2:
	tel__h2_fini(&c->h2);
fail_conn:
	tel__mem_free(alloc, c, 1, sizeof(*c));
	return code;
}
