/* SPDX-License-Identifier: Apache-2.0 */
#include "net/grpc_conn.h"

#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"

static const uint64_t second_ns = 1000000000;
enum {
	REFUSALS_MAX = 5,              /* connections in a row that go away before they look at a call */
	HANDSHAKE_S = 20,              /* until the server's SETTINGS */
	SKIPPED_BYTES = 64 * 1024 * 1024 /* of an answer that is not kept; then its trailers are not worth the wait */
};

static tel_ctx *ctx_of(const tel__grpc_conn *conn)
{
	return conn->h2.ctx;
}

/* ---- calls ---- */

static void add(tel__grpc_conn *conn, tel__grpc_pending *p)
{
	p->conn = conn;
	p->prev = NULL;
	p->next = conn->calls;
	if (p->next)
		p->next->prev = p;
	conn->calls = p;
	conn->active++;
}

static void unlink_call(tel__grpc_conn *conn, tel__grpc_pending *p)
{
	tel__grpc_conn_stop_body(p);
	if (p->prev)
		p->prev->next = p->next;
	else
		conn->calls = p->next;
	if (p->next)
		p->next->prev = p->prev;
	p->prev = p->next = NULL;
	p->conn = NULL;
	p->stream_id = 0;
	conn->active--;
}

static void leave(tel__grpc_conn *conn, tel__grpc_pending *p)
{
	unlink_call(conn, p);
	conn->ops->left(conn->owner, p);
}

/* The stream is not ours any more, or the host's slices are not: nothing of the body may be read from here on. */
void tel__grpc_conn_stop_body(tel__grpc_pending *p)
{
	if (p->conn && p->stream_id)
		tel__h2_detach(&p->conn->h2, (uint32_t)p->stream_id);
	p->source.slices = NULL;
}

void tel__grpc_conn_abandon(tel__grpc_pending *p)
{
	tel__h2 *h;

	if (!p->conn)
		return;
	h = &p->conn->h2;
	tel__h2_check(h, nghttp2_submit_rst_stream(h->ng, NGHTTP2_FLAG_NONE, p->stream_id, NGHTTP2_CANCEL));
	tel__h2_schedule(h);
}

bool tel__grpc_conn_has_room(const tel__grpc_conn *conn)
{
	return conn->ready && tel__grpc_conn_lives(conn) &&
		conn->active < nghttp2_session_get_remote_settings(conn->h2.ng, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

static void arm_keepalive(tel__grpc_conn *conn)
{
	uint64_t time = conn->keepalive->time_ns;

	if (time && conn->active && !conn->ping_ns)
		tel__ctx_arm(ctx_of(conn), &conn->timer, tel__ctx_mono_ns(ctx_of(conn)) + time);
}

const char *tel__grpc_conn_start(tel__grpc_conn *conn, tel__grpc_pending *p)
{
	nghttp2_nv head[TEL__GRPC_HEAD_FIELDS];
	char timeout[TEL__GRPC_TIMEOUT_LEN];
	nghttp2_data_provider provider = tel__h2_provider(&p->source);
	size_t n = tel__grpc_pending_head(p, tel__ctx_mono_ns(ctx_of(conn)), timeout, head);
	int32_t id = nghttp2_submit_request(conn->h2.ng, NULL, head, n, &provider, p);

	if (!tel__h2_check(&conn->h2, id)) {
		if (id == NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE)
			conn->going_away = true; /* 2^30 calls: the next connection goes on */
		return nghttp2_strerror(id);
	}
	p->stream_id = id;
	p->source.owner = (uint32_t)id;
	add(conn, p);
	if (conn->active == 1)
		arm_keepalive(conn);
	return NULL;
}

void tel__grpc_conn_flush(tel__grpc_conn *conn)
{
	tel__h2_schedule(&conn->h2);
}

/* The answer is complete, or what is left of it does not matter. */
static void finish(tel__grpc_conn *conn, tel__grpc_pending *p)
{
	if (p->from_peer && p->status >= 0) {
		conn->ops->answered(conn->owner);
		tel__h2_progress(&conn->h2);
	}
	conn->ops->settled(conn->owner, p);
}

/* ---- what the peer says ---- */

static int on_header(nghttp2_session *ng, const nghttp2_frame *frame, nghttp2_rcbuf *name, nghttp2_rcbuf *value,
                     uint8_t flags, void *user)
{
	tel__grpc_pending *p = nghttp2_session_get_stream_user_data(ng, frame->hd.stream_id);
	nghttp2_vec n = nghttp2_rcbuf_get_buf(name), v = nghttp2_rcbuf_get_buf(value);

	(void)flags, (void)user;
	if (p)
		tel__grpc_pending_header(p, (tel_slice){ (char *)n.base, n.len }, (tel_slice){ (char *)v.base, v.len });
	return 0;
}

static void on_answer_head(tel__grpc_conn *conn, tel__grpc_pending *p)
{
	/* Not a gRPC answer, and no hope that trailers make it one: the HTTP status decides, the body is not read. */
	if (!p->settled && p->status < 0 && p->http_status >= 200 && (p->http_status != 200 || !p->grpc_type))
		tel__grpc_pending_complete(p, NGHTTP2_NO_ERROR);
	if (p->settled) {
		finish(conn, p);
		tel__grpc_conn_abandon(p);
	}
}

static void on_goaway(tel__grpc_conn *conn, const nghttp2_goaway *goaway)
{
	tel__grpc_keepalive *k = conn->keepalive;

	conn->going_away = true;
	if (goaway->error_code == NGHTTP2_ENHANCE_YOUR_CALM) { /* too_many_pings: gRPC proposal A8 */
		k->time_ns = k->time_ns > UINT64_MAX / 2 ? k->time_ns : 2 * k->time_ns;
		conn->ops->calm(conn->owner);
	}
}

static int on_message_frame(tel__grpc_conn *conn, const nghttp2_frame *frame)
{
	tel__grpc_pending *p = nghttp2_session_get_stream_user_data(conn->h2.ng, frame->hd.stream_id);

	if (!p || p->settled)
		return 0;
	if (frame->hd.type == NGHTTP2_DATA && !tel__h2_return_padding(&conn->h2, frame))
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) {
		tel__grpc_pending_complete(p, NGHTTP2_NO_ERROR);
		finish(conn, p);
		if (p->source.left)
			tel__grpc_conn_abandon(p);
	} else if (frame->hd.type == NGHTTP2_HEADERS) {
		on_answer_head(conn, p);
	}
	return 0;
}

static int on_frame(nghttp2_session *ng, const nghttp2_frame *frame, void *user)
{
	tel__grpc_conn *conn = user;

	(void)ng;
	switch (frame->hd.type) {
	case NGHTTP2_SETTINGS:
		if (!conn->ready && !(frame->hd.flags & NGHTTP2_FLAG_ACK)) {
			conn->ready = true;
			tel__ctx_disarm(ctx_of(conn), &conn->timer);
		}
		conn->ops->changed(conn->owner);
		return 0;
	case NGHTTP2_PING:
		if (frame->hd.flags & NGHTTP2_FLAG_ACK) {
			conn->ping_ns = 0;
			arm_keepalive(conn);
		}
		return 0;
	case NGHTTP2_GOAWAY:
		on_goaway(conn, &frame->goaway);
		conn->ops->changed(conn->owner);
		return 0;
	case NGHTTP2_HEADERS:
	case NGHTTP2_DATA:
		return on_message_frame(conn, frame);
	default:
		return 0;
	}
}

/* What is not kept is read on all the same: the trailers tell whether the data was taken. */
static void skip(tel__grpc_conn *conn, tel__grpc_pending *p, size_t len)
{
	p->skipped += len;
	if (p->skipped <= SKIPPED_BYTES) {
		tel__h2_check(&conn->h2, nghttp2_session_consume_stream(conn->h2.ng, p->stream_id, len));
		return;
	}
	tel__grpc_pending_settle(p, TEL__GRPC_RESOURCE_EXHAUSTED, "the response message has no end", NULL);
	finish(conn, p);
	tel__grpc_conn_abandon(p);
}

static int on_data(nghttp2_session *ng, uint8_t flags, int32_t id, const uint8_t *data, size_t len, void *user)
{
	tel__grpc_conn *conn = user;
	tel__grpc_pending *p = nghttp2_session_get_stream_user_data(ng, id);
	size_t need;

	(void)flags;
	if (!tel__h2_check(&conn->h2, nghttp2_session_consume_connection(ng, len)))
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	if (!p || p->settled)
		return 0;
	if (!tel__grpc_pending_data(p, (tel_slice){ (const char *)data, len })) {
		skip(conn, p, len);
		return 0;
	}
	need = p->body.want + TEL__GRPC_PREFIX_LEN;
	if (p->body.prefix_len == TEL__GRPC_PREFIX_LEN && !p->widened && need > TEL__H2_WINDOW && need <= INT32_MAX) {
		p->widened = true;
		tel__h2_check(&conn->h2, nghttp2_session_set_local_window_size(ng, NGHTTP2_FLAG_NONE, id, (int32_t)need));
	}
	return 0;
}

static int on_stream_close(nghttp2_session *ng, int32_t id, uint32_t error, void *user)
{
	tel__grpc_conn *conn = user;
	tel__grpc_pending *p = nghttp2_session_get_stream_user_data(ng, id);

	if (!p)
		return 0;
	/* RFC 9113 section 8.7, gRPC proposal A6: a call behind the last one of a GOAWAY was not processed. A server that is
	 * reloaded or moved costs nobody a request. */
	if (error == NGHTTP2_REFUSED_STREAM && conn->going_away && p->done && p->refusals < REFUSALS_MAX &&
	    tel__grpc_pending_untouched(p)) {
		unlink_call(conn, p);
		tel__grpc_pending_rewind(p);
		conn->ops->again(conn->owner, p);
		conn->ops->changed(conn->owner);
		return 0;
	}
	tel__grpc_pending_complete(p, error);
	finish(conn, p);
	leave(conn, p);
	conn->ops->changed(conn->owner);
	return 0;
}

/* ---- life ---- */

static void on_over(void *user, const tel_error *why)
{
	tel__grpc_conn *conn = user;
	const tel__grpc_conn_ops *ops = conn->ops;
	void *owner = conn->owner;
	bool ready = conn->ready;
	tel_error copy = *why;

	while (conn->calls) {
		tel__grpc_pending_settle(conn->calls, TEL__GRPC_UNAVAILABLE, "the connection was lost", why->msg);
		leave(conn, conn->calls);
	}
	tel__grpc_conn_free(conn);
	ops->over(owner, ready, &copy);
}

/* A connection that only finished its calls has none left. */
static void on_turn(void *user)
{
	tel__grpc_conn *conn = user;

	if (conn->going_away && conn->active == 0)
		tel__h2_fail(&conn->h2, TEL_ERR_CLOSED, "the peer said GOAWAY");
}

static void on_timer(void *user)
{
	static const uint8_t ping[8] = "alive?";
	tel__grpc_conn *conn = user;
	const tel__grpc_keepalive *k = conn->keepalive;
	uint64_t now = tel__ctx_mono_ns(ctx_of(conn));

	if (!conn->ready) {
		tel__h2_fail(&conn->h2, TEL_ERR_TIMEOUT, "the peer sent no HTTP/2 SETTINGS in time");
	} else if (conn->ping_ns) {
		if (conn->h2.received_ns < conn->ping_ns)
			tel__h2_fail(&conn->h2, TEL_ERR_TIMEOUT, "the peer did not answer a keepalive PING");
		conn->ping_ns = 0;
		arm_keepalive(conn);
	} else if (conn->active && now - conn->h2.received_ns < k->time_ns) {
		tel__ctx_arm(ctx_of(conn), &conn->timer, conn->h2.received_ns + k->time_ns);
	} else if (conn->active) {
		conn->ping_ns = now;
		tel__h2_check(&conn->h2, nghttp2_submit_ping(conn->h2.ng, NGHTTP2_FLAG_NONE, ping));
		tel__h2_schedule(&conn->h2);
		tel__ctx_arm(ctx_of(conn), &conn->timer, now + k->timeout_ns);
	}
}

static int submit_settings(tel__grpc_conn *conn)
{
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, TEL_LIMIT_HEADER_LIST_BYTES },
	};

	return nghttp2_submit_settings(conn->h2.ng, NGHTTP2_FLAG_NONE, settings, sizeof(settings) / sizeof(settings[0]));
}

static tel_err open_h2(tel__grpc_conn *conn, tel__stream *s)
{
	nghttp2_session_callbacks *callbacks;
	tel_err code;

	if (nghttp2_session_callbacks_new(&callbacks) != 0)
		return TEL_ERR_NOMEM;
	nghttp2_session_callbacks_set_on_header_callback2(callbacks, on_header);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_stream_close);
	code = tel__h2_init(&conn->h2, s, callbacks, false, NULL);
	nghttp2_session_callbacks_del(callbacks);
	if (code == TEL_OK && submit_settings(conn) != 0) {
		tel__h2_fini(&conn->h2);
		code = TEL_ERR_NOMEM;
	}
	return code;
}

tel_err tel__grpc_conn_new(tel_ctx *ctx, tel__stream *s, const tel__grpc_conn_ops *ops, void *owner,
                           tel__grpc_keepalive *keepalive, tel__grpc_conn **list)
{
	const tel_alloc *alloc = tel__ctx_alloc(ctx);
	tel__grpc_conn *conn = tel__mem_zero(alloc, 1, sizeof(*conn));
	tel_err code = conn ? open_h2(conn, s) : TEL_ERR_NOMEM;

	if (code == TEL_OK && tel__ctx_timer_init(ctx, &conn->timer, on_timer, conn) != TEL_OK) {
		tel__h2_fini(&conn->h2);
		code = TEL_ERR_NOMEM;
	}
	if (code != TEL_OK) {
		tel__mem_free(alloc, conn, 1, sizeof(*conn));
		return code;
	}
	conn->ops = ops;
	conn->owner = owner;
	conn->keepalive = keepalive;
	conn->h2.user = conn;
	conn->h2.on_over = on_over;
	conn->h2.on_turn = on_turn;
	conn->next = *list;
	conn->list = list;
	*list = conn;
	tel__ctx_arm(ctx, &conn->timer, tel__ctx_mono_ns(ctx) + HANDSHAKE_S * second_ns);
	return TEL_OK;
}

void tel__grpc_conn_free(tel__grpc_conn *conn)
{
	tel_ctx *ctx = ctx_of(conn);
	tel__grpc_conn **link = conn->list;

	while (*link != conn)
		link = &(*link)->next;
	*link = conn->next;
	tel__ctx_timer_fini(ctx, &conn->timer);
	tel__h2_fini(&conn->h2);
	tel__stream_free(conn->h2.stream);
	tel__mem_free(tel__ctx_alloc(ctx), conn, 1, sizeof(*conn));
}
