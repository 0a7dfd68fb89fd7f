/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC client: the connection, its calls and when to try again. One call: net/grpc_call.c. doc/internals/http2.md. */
#include "net/grpc_client.h"

#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/num.h"
#include "net/grpc_call.h"

static const uint64_t second_ns = 1000000000;
enum {
	FIRST_BACKOFF_S = 1, /* gRPC doc/connection-backoff.md */
	MAX_BACKOFF_S = 120,
	CONNECT_S = 20,
	HANDSHAKE_S = 20     /* until the server's SETTINGS */
};

typedef struct tel__grpc_conn {
	tel__h2 h2; /* first */
	tel__grpc_client *client;
	struct tel__grpc_conn *next;
	tel__grpc_pending *calls; /* with an open stream, some of them settled already */
	size_t active;
	tel__timer timer;         /* handshake, then keepalive */
	uint64_t ping_ns;         /* when the keepalive went out, 0: none is out */
	bool ready, going_away;
} grpc_conn;

struct tel__grpc_client {
	tel_ctx *ctx;
	const tel_alloc *alloc;
	char *texts; /* host, authority, user agent */
	size_t texts_size;
	tel_slice host, authority, user_agent;
	uint16_t port;
	uint64_t keepalive_time_ns, keepalive_timeout_ns;

	tel__grpc_pending *waiting, *waiting_last; /* for a connection, in order */
	tel__grpc_pending *settled, *settled_last; /* for delivery */
	uint64_t next_id;
	grpc_conn *conns; /* the newest first; older ones only finish their calls */
	tel__tls_ctx *tls; /* NULL = plaintext */
	tel__dial *dial;
	tel__tls_handshake *handshake; /* after the dial */
	tel__timer retry;
	bool retry_armed;
	uint64_t backoff_ns, next_attempt_ns;
	char last_error[128]; /* of connecting */
	tel__deferred deliver;
	bool *freed; /* set while callbacks run */
};

static void connect_if_needed(tel__grpc_client *c);

/* ---- lists of calls ---- */

static void push(tel__grpc_pending **first, tel__grpc_pending **last, tel__grpc_pending *p)
{
	p->next = NULL;
	p->prev = *last;
	if (*last)
		(*last)->next = p;
	else
		*first = p;
	*last = p;
}

static void take(tel__grpc_pending **first, tel__grpc_pending **last, tel__grpc_pending *p)
{
	if (p->prev)
		p->prev->next = p->next;
	else
		*first = p->next;
	if (p->next)
		p->next->prev = p->prev;
	else if (last)
		*last = p->prev;
	p->prev = p->next = NULL;
}

static void conn_add(grpc_conn *conn, tel__grpc_pending *p)
{
	p->conn = conn;
	p->prev = NULL;
	p->next = conn->calls;
	if (p->next)
		p->next->prev = p;
	conn->calls = p;
	conn->active++;
}

/* ---- outcome of a call ---- */

static void pending_drop(tel__grpc_client *c, tel__grpc_pending *p)
{
	tel__ctx_timer_fini(c->ctx, &p->timer);
	tel__grpc_pending_free(p, c->ctx);
}

/* The stream is not ours any more, or the host's slices are not: nothing of the body may be read from here on. */
static void stop_body(tel__grpc_pending *p)
{
	if (p->conn && p->stream_id)
		tel__h2_detach(&p->conn->h2, (uint32_t)p->stream_id);
	p->source.slices = NULL;
}

static void abandon_stream(tel__grpc_pending *p, uint32_t error)
{
	if (!p->conn)
		return;
	tel__h2_check(&p->conn->h2, nghttp2_submit_rst_stream(p->conn->h2.ng, NGHTTP2_FLAG_NONE, p->stream_id, error));
	tel__h2_schedule(&p->conn->h2);
}

/* The outcome is final and wants delivery. While its stream is open the call stays with its connection; deliver() looks
 * there too. */
static void settled(tel__grpc_client *c, tel__grpc_pending *p)
{
	tel__ctx_disarm(c->ctx, &p->timer);
	stop_body(p);
	tel__ctx_defer(c->ctx, &c->deliver);
}

/* After the settled call has left its connection (or never had one). */
static void to_delivery(tel__grpc_client *c, tel__grpc_pending *p)
{
	p->conn = NULL;
	p->stream_id = 0;
	if (!p->done) {
		pending_drop(c, p);
		return;
	}
	push(&c->settled, &c->settled_last, p);
	settled(c, p);
}

static void leave_conn(grpc_conn *conn, tel__grpc_pending *p)
{
	stop_body(p);
	take(&conn->calls, NULL, p);
	conn->active--;
}

static bool deliver_one(tel__grpc_client *c, tel__grpc_pending *p)
{
	void (*done)(void *, const tel__grpc_answer *) = p->done;
	bool freed = false;
	tel__grpc_answer answer;

	tel__grpc_pending_answer(p, &answer);
	stop_body(p);
	p->done = NULL;
	tel__ctx_busy(c->ctx, -1);
	c->freed = &freed;
	done(p->user, &answer);
	if (freed)
		return false;
	c->freed = NULL;
	return true;
}

static tel__grpc_pending *next_on_conns(tel__grpc_client *c)
{
	grpc_conn *conn;
	tel__grpc_pending *p;

	for (conn = c->conns; conn; conn = conn->next)
		for (p = conn->calls; p; p = p->next)
			if (p->settled && p->done)
				return p;
	return NULL;
}

static void deliver(void *user)
{
	tel__grpc_client *c = user;
	tel__grpc_pending *p;
	tel_ctx *ctx = c->ctx;

	while ((p = c->settled)) {
		take(&c->settled, &c->settled_last, p);
		if (!deliver_one(c, p)) {
			tel__ctx_timer_fini(ctx, &p->timer);
			tel__grpc_pending_free(p, ctx);
			return;
		}
		pending_drop(c, p);
	}
	while ((p = next_on_conns(c)))
		if (!deliver_one(c, p))
			return;
}

/* ---- calls on a connection ---- */

static size_t stream_limit(grpc_conn *conn)
{
	return nghttp2_session_get_remote_settings(conn->h2.ng, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

static void start_call(grpc_conn *conn, tel__grpc_pending *p)
{
	tel__grpc_client *c = conn->client;
	nghttp2_nv head[TEL__GRPC_HEAD_FIELDS];
	char timeout[TEL__GRPC_TIMEOUT_LEN];
	nghttp2_data_provider provider = tel__h2_provider(&p->source);
	size_t n = tel__grpc_pending_head(p, tel__ctx_mono_ns(c->ctx), timeout, head);
	int32_t id = nghttp2_submit_request(conn->h2.ng, NULL, head, n, &provider, p);

	take(&c->waiting, &c->waiting_last, p);
	if (tel__h2_check(&conn->h2, id)) {
		p->stream_id = id;
		p->source.owner = (uint32_t)id;
		conn_add(conn, p);
		return;
	}
	if (id == NGHTTP2_ERR_STREAM_ID_NOT_AVAILABLE)
		conn->going_away = true; /* 2^30 calls: the next connection goes on */
	tel__grpc_pending_settle(p, TEL__GRPC_UNAVAILABLE, "the call could not be sent", nghttp2_strerror(id));
	to_delivery(c, p);
}

static void arm_keepalive(grpc_conn *conn)
{
	uint64_t time = conn->client->keepalive_time_ns;

	if (time && conn->active && !conn->ping_ns)
		tel__ctx_arm(conn->client->ctx, &conn->timer, tel__ctx_mono_ns(conn->client->ctx) + time);
}

/* Sends what waits, as far as the peer takes it. */
static void pump(tel__grpc_client *c)
{
	grpc_conn *conn = c->conns;
	bool idle = conn && conn->active == 0;

	if (!conn || conn->going_away || conn->h2.over != TEL_OK) {
		connect_if_needed(c);
		return;
	}
	if (!conn->ready)
		return;
	while (c->waiting && conn->active < stream_limit(conn) && !conn->going_away && conn->h2.over == TEL_OK)
		start_call(conn, c->waiting);
	if (idle)
		arm_keepalive(conn);
	tel__h2_schedule(&conn->h2);
}

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

/* The answer is complete, or what is left of it does not matter. */
static void finish(grpc_conn *conn, tel__grpc_pending *p)
{
	tel__grpc_client *c = conn->client;

	if (p->from_peer && p->status >= 0) { /* this server answers: the next connection need not wait */
		c->backoff_ns = c->next_attempt_ns = 0;
		tel__h2_progress(&conn->h2);
	}
	settled(c, p);
}

static void on_answer_head(grpc_conn *conn, tel__grpc_pending *p)
{
	/* Not a gRPC answer, and no hope that trailers make it one: the HTTP status decides, the body is not read. */
	if (!p->settled && p->status < 0 && p->http_status >= 200 && (p->http_status != 200 || !p->grpc_type))
		tel__grpc_pending_complete(p, NGHTTP2_NO_ERROR);
	if (p->settled) {
		finish(conn, p);
		abandon_stream(p, NGHTTP2_CANCEL);
	}
}

static void on_goaway(grpc_conn *conn, const nghttp2_goaway *goaway)
{
	tel__grpc_client *c = conn->client;

	conn->going_away = true;
	if (goaway->error_code == NGHTTP2_ENHANCE_YOUR_CALM) { /* too_many_pings: gRPC proposal A8 */
		c->keepalive_time_ns = c->keepalive_time_ns > UINT64_MAX / 2 ? c->keepalive_time_ns : 2 * c->keepalive_time_ns;
		if (c->backoff_ns == 0)
			c->backoff_ns = FIRST_BACKOFF_S * second_ns;
		c->next_attempt_ns = tel__ctx_mono_ns(c->ctx) + c->backoff_ns;
	}
}

static int on_frame(nghttp2_session *ng, const nghttp2_frame *frame, void *user)
{
	grpc_conn *conn = user;
	tel__grpc_pending *p;

	switch (frame->hd.type) {
	case NGHTTP2_SETTINGS:
		if (!conn->ready && !(frame->hd.flags & NGHTTP2_FLAG_ACK)) {
			conn->ready = true;
			tel__ctx_disarm(conn->client->ctx, &conn->timer);
		}
		pump(conn->client);
		break;
	case NGHTTP2_PING:
		if (frame->hd.flags & NGHTTP2_FLAG_ACK) {
			conn->ping_ns = 0;
			arm_keepalive(conn);
		}
		break;
	case NGHTTP2_GOAWAY:
		on_goaway(conn, &frame->goaway);
		pump(conn->client);
		break;
	case NGHTTP2_HEADERS:
	case NGHTTP2_DATA:
		p = nghttp2_session_get_stream_user_data(ng, frame->hd.stream_id);
		if (!p || p->settled)
			break;
		if (frame->hd.type == NGHTTP2_DATA && !tel__h2_return_padding(&conn->h2, frame))
			return NGHTTP2_ERR_CALLBACK_FAILURE;
		if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) {
			tel__grpc_pending_complete(p, NGHTTP2_NO_ERROR);
			finish(conn, p);
			if (p->source.left)
				abandon_stream(p, NGHTTP2_CANCEL);
		} else if (frame->hd.type == NGHTTP2_HEADERS) {
			on_answer_head(conn, p);
		}
		break;
	default:
		break;
	}
	return 0;
}

static int on_data(nghttp2_session *ng, uint8_t flags, int32_t id, const uint8_t *data, size_t len, void *user)
{
	grpc_conn *conn = user;
	tel__grpc_pending *p = nghttp2_session_get_stream_user_data(ng, id);
	tel_error err = TEL_ERROR_INIT;
	size_t need;

	(void)flags;
	if (!tel__h2_check(&conn->h2, nghttp2_session_consume_connection(ng, len)))
		return NGHTTP2_ERR_CALLBACK_FAILURE;
	if (!p || p->settled)
		return 0;
	if (tel__body_feed(&p->body, (tel_slice){ (const char *)data, len }, &err) != TEL_OK) {
		tel__grpc_pending_settle(p, err.code == TEL_ERR_MALFORMED ? TEL__GRPC_INTERNAL : TEL__GRPC_RESOURCE_EXHAUSTED,
		                         "the response message", err.msg);
		finish(conn, p);
		abandon_stream(p, NGHTTP2_CANCEL);
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
	grpc_conn *conn = user;
	tel__grpc_client *c = conn->client;
	tel__grpc_pending *p = nghttp2_session_get_stream_user_data(ng, id);

	if (!p)
		return 0;
	tel__grpc_pending_complete(p, error);
	finish(conn, p);
	leave_conn(conn, p);
	to_delivery(c, p);
	pump(c);
	return 0;
}

/* ---- connections ---- */

static void conn_free(grpc_conn *conn)
{
	tel__grpc_client *c = conn->client;
	grpc_conn **link = &c->conns;

	while (*link != conn)
		link = &(*link)->next;
	*link = conn->next;
	tel__ctx_timer_fini(c->ctx, &conn->timer);
	tel__h2_fini(&conn->h2);
	tel__stream_free(conn->h2.stream);
	tel__mem_free(c->alloc, conn, 1, sizeof(*conn));
}

static void note_error(tel__grpc_client *c, const tel_error *err)
{
	size_t n = strlen(err->msg);

	if (n >= sizeof(c->last_error))
		n = sizeof(c->last_error) - 1;
	memcpy(c->last_error, err->msg, n);
	c->last_error[n] = '\0';
}

static void on_over(void *user, const tel_error *why)
{
	grpc_conn *conn = user;
	tel__grpc_client *c = conn->client;
	tel__grpc_pending *p;

	note_error(c, why);
	while ((p = conn->calls)) {
		tel__grpc_pending_settle(p, TEL__GRPC_UNAVAILABLE, "the connection was lost", why->msg);
		leave_conn(conn, p);
		to_delivery(c, p);
	}
	conn_free(conn);
	connect_if_needed(c);
}

/* A connection that only finished its calls has none left. */
static void on_turn(void *user)
{
	grpc_conn *conn = user;

	if (conn->going_away && conn->active == 0)
		tel__h2_fail(&conn->h2, TEL_ERR_CLOSED, "the peer said GOAWAY");
}

static void on_conn_timer(void *user)
{
	static const uint8_t ping[8] = "alive?";
	grpc_conn *conn = user;
	tel__grpc_client *c = conn->client;
	uint64_t now = tel__ctx_mono_ns(c->ctx);

	if (!conn->ready) {
		tel__h2_fail(&conn->h2, TEL_ERR_TIMEOUT, "the peer sent no HTTP/2 SETTINGS in time");
	} else if (conn->ping_ns) {
		if (conn->h2.received_ns < conn->ping_ns)
			tel__h2_fail(&conn->h2, TEL_ERR_TIMEOUT, "the peer did not answer a keepalive PING");
		conn->ping_ns = 0;
		arm_keepalive(conn);
	} else if (conn->active && now - conn->h2.received_ns < c->keepalive_time_ns) {
		tel__ctx_arm(c->ctx, &conn->timer, conn->h2.received_ns + c->keepalive_time_ns);
	} else if (conn->active) {
		conn->ping_ns = now;
		tel__h2_check(&conn->h2, nghttp2_submit_ping(conn->h2.ng, NGHTTP2_FLAG_NONE, ping));
		tel__h2_schedule(&conn->h2);
		tel__ctx_arm(c->ctx, &conn->timer, now + c->keepalive_timeout_ns);
	}
}

static int submit_settings(grpc_conn *conn)
{
	const nghttp2_settings_entry settings[] = {
		{ NGHTTP2_SETTINGS_ENABLE_PUSH, 0 },
		{ NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, TEL_LIMIT_HEADER_LIST_BYTES },
	};

	return nghttp2_submit_settings(conn->h2.ng, NGHTTP2_FLAG_NONE, settings, sizeof(settings) / sizeof(settings[0]));
}

static tel_err open_h2(grpc_conn *conn, tel__stream *s)
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

static tel_err conn_open(tel__grpc_client *c, tel__stream *s)
{
	grpc_conn *conn = tel__mem_zero(c->alloc, 1, sizeof(*conn));
	tel_err code = conn ? open_h2(conn, s) : TEL_ERR_NOMEM;

	if (code == TEL_OK && tel__ctx_timer_init(c->ctx, &conn->timer, on_conn_timer, conn) != TEL_OK) {
		tel__h2_fini(&conn->h2);
		code = TEL_ERR_NOMEM;
	}
	if (code != TEL_OK) {
		if (conn)
			tel__mem_free(c->alloc, conn, 1, sizeof(*conn));
		return code;
	}
	conn->client = c;
	conn->h2.user = conn;
	conn->h2.on_over = on_over;
	conn->h2.on_turn = on_turn;
	conn->next = c->conns;
	c->conns = conn;
	tel__ctx_arm(c->ctx, &conn->timer, tel__ctx_mono_ns(c->ctx) + HANDSHAKE_S * second_ns);
	return TEL_OK;
}

/* A stream that speaks HTTP/2, or why there is none. */
static void on_connected(tel__grpc_client *c, tel__stream *s, const tel_error *err)
{
	tel_error local = TEL_ERROR_INIT;

	if (s && conn_open(c, s) != TEL_OK) {
		tel__fail_nomem(&local);
		tel__stream_free(s);
		s = NULL;
		err = &local;
	}
	if (!s) {
		note_error(c, err);
		connect_if_needed(c);
	}
}

static void on_encrypted(void *user, tel__stream *s, unsigned alpn, const tel_error *err)
{
	tel__grpc_client *c = user;
	tel_error local = TEL_ERROR_INIT;

	c->handshake = NULL;
	if (s && alpn != TEL__TLS_H2) { /* grpc-go's rule since 1.67 */
		tel__fail(&local, TEL_ERR_TLS, "TLS with %s: the server did not choose h2 (ALPN)", s->peer);
		tel__stream_free(s);
		s = NULL;
		err = &local;
	}
	on_connected(c, s, err);
}

static void on_dialed(void *user, tel__stream *s, const tel_error *err)
{
	tel__grpc_client *c = user;
	tel_error local = TEL_ERROR_INIT;

	c->dial = NULL;
	if (!s || !c->tls)
		on_connected(c, s, err);
	else if (tel__tls_start(c->tls, s, c->host, TEL__TLS_H2, on_encrypted, c, &c->handshake, &local) != TEL_OK)
		on_connected(c, NULL, &local);
}

static uint64_t jitter(tel__grpc_client *c, uint64_t ns)
{
	/* +-20 %, gRPC doc/connection-backoff.md */
	return ns - ns / 5 + tel__ctx_random(c->ctx) % (2 * (ns / 5) + 1);
}

static void dial(tel__grpc_client *c)
{
	uint64_t now = tel__ctx_mono_ns(c->ctx);
	tel_error err = TEL_ERROR_INIT;

	c->backoff_ns = c->backoff_ns ? c->backoff_ns * 8 / 5 : FIRST_BACKOFF_S * second_ns;
	if (c->backoff_ns > MAX_BACKOFF_S * second_ns)
		c->backoff_ns = MAX_BACKOFF_S * second_ns;
	c->next_attempt_ns = now + jitter(c, c->backoff_ns);
	if (tel__dial_start(c->ctx, c->host, c->port, now + CONNECT_S * second_ns, on_dialed, c, &c->dial, &err) != TEL_OK) {
		c->dial = NULL;
		note_error(c, &err);
		connect_if_needed(c);
	}
}

/* A connection is made when a call waits for one, and not before the backoff since the last attempt is over. */
static void connect_if_needed(tel__grpc_client *c)
{
	const grpc_conn *conn = c->conns;

	if (!c->waiting || c->dial || c->handshake || c->retry_armed || (conn && !conn->going_away && conn->h2.over == TEL_OK))
		return;
	c->retry_armed = true;
	tel__ctx_arm(c->ctx, &c->retry, c->next_attempt_ns);
}

static void on_retry(void *user)
{
	tel__grpc_client *c = user;

	c->retry_armed = false;
	if (c->waiting)
		dial(c);
}

/* ---- the client ---- */

static tel_slice put_text(char **to, tel_slice s)
{
	tel_slice copy = { *to, s.len };

	if (s.len)
		memcpy(*to, s.ptr, s.len);
	*to += s.len;
	return copy;
}

/* Authority defaults to host:port, with brackets around an IPv6 address. */
static tel_err copy_texts(tel__grpc_client *c, const tel__grpc_client_opts *opts)
{
	bool v6 = tel__slice_find(opts->host, ':') < opts->host.len;
	char port[TEL__NUM_INT_MAX], *to;
	size_t n = tel__num_format_u64(opts->port, port);

	c->texts_size = 2 * opts->host.len + opts->authority.len + opts->user_agent.len + n + 4;
	c->texts = to = tel__mem_new(c->alloc, c->texts_size, 1);
	if (!to)
		return TEL_ERR_NOMEM;
	c->host = put_text(&to, opts->host);
	c->user_agent = put_text(&to, opts->user_agent);
	c->authority = put_text(&to, opts->authority);
	if (c->authority.len)
		return TEL_OK;
	put_text(&to, v6 ? TEL_SLICE_LIT("[") : TEL_SLICE_LIT(""));
	put_text(&to, opts->host);
	put_text(&to, v6 ? TEL_SLICE_LIT("]:") : TEL_SLICE_LIT(":"));
	put_text(&to, (tel_slice){ port, n });
	c->authority.len = (size_t)(to - c->authority.ptr);
	return TEL_OK;
}

static tel_err check_opts(const tel__grpc_client_opts *opts, tel_error *err)
{
	if (!opts->host.len || !opts->port)
		return tel__fail(err, TEL_ERR_ARG, "a host and a port are needed");
	if (!nghttp2_check_authority((const uint8_t *)opts->authority.ptr, opts->authority.len))
		return tel__fail(err, TEL_ERR_ARG, "the authority has characters that are not allowed");
	if (!nghttp2_check_header_value((const uint8_t *)opts->user_agent.ptr, opts->user_agent.len))
		return tel__fail(err, TEL_ERR_ARG, "the user agent has control characters");
	return TEL_OK;
}

tel_err tel__grpc_client_new(tel_ctx *ctx, const tel__grpc_client_opts *opts, tel__grpc_client **ret_client, tel_error *err)
{
	const tel_alloc *alloc = tel__ctx_alloc(ctx);
	tel_err code = check_opts(opts, err);
	tel__grpc_client *c;

	if (code != TEL_OK)
		return code;
	c = tel__mem_zero(alloc, 1, sizeof(*c));
	if (!c)
		return tel__fail_nomem(err);
	c->ctx = ctx;
	c->alloc = alloc;
	c->port = opts->port;
	c->tls = opts->tls;
	c->keepalive_time_ns = opts->keepalive_time_ns;
	c->keepalive_timeout_ns = opts->keepalive_timeout_ns ? opts->keepalive_timeout_ns : 20 * second_ns;
	c->next_id = 1;
	c->deliver.run = deliver;
	c->deliver.user = c;
	if (tel__ctx_timer_init(ctx, &c->retry, on_retry, c) != TEL_OK)
		goto fail_client;
	if (copy_texts(c, opts) != TEL_OK)
		goto fail_timer;
	*ret_client = c;
	return TEL_OK;
fail_timer:
	tel__ctx_timer_fini(ctx, &c->retry);
fail_client:
	tel__mem_free(alloc, c, 1, sizeof(*c));
	return tel__fail_nomem(err);
}

static void drop_list(tel__grpc_client *c, tel__grpc_pending **list)
{
	tel__grpc_pending *p;

	while ((p = *list)) {
		*list = p->next;
		if (p->done)
			tel__ctx_busy(c->ctx, -1);
		pending_drop(c, p);
	}
}

void tel__grpc_client_free(tel__grpc_client *c)
{
	if (!c)
		return;
	if (c->freed)
		*c->freed = true;
	tel__dial_cancel(c->dial);
	tel__tls_cancel(c->handshake);
	while (c->conns) {
		grpc_conn *conn = c->conns;
		tel__grpc_pending *calls = conn->calls;

		conn_free(conn);
		drop_list(c, &calls);
	}
	drop_list(c, &c->waiting);
	drop_list(c, &c->settled);
	tel__ctx_undefer(c->ctx, &c->deliver);
	tel__ctx_timer_fini(c->ctx, &c->retry);
	tel__mem_free(c->alloc, c->texts, c->texts_size, 1);
	tel__mem_free(c->alloc, c, 1, sizeof(*c));
}

static void on_timeout(void *user)
{
	tel__grpc_pending *p = user;
	tel__grpc_client *c = p->client;

	if (p->settled)
		return;
	if (!p->conn) {
		bool connected = c->conns && c->conns->ready && !c->conns->going_away;

		take(&c->waiting, &c->waiting_last, p);
		tel__grpc_pending_settle(p, TEL__GRPC_DEADLINE_EXCEEDED,
		                         connected ? "the peer had no stream free in time" : "no connection in time",
		                         !connected && c->last_error[0] ? c->last_error : NULL);
		to_delivery(c, p);
		return;
	}
	tel__grpc_pending_settle(p, TEL__GRPC_DEADLINE_EXCEEDED, "no answer in time", NULL);
	settled(c, p);
	abandon_stream(p, NGHTTP2_CANCEL);
}

tel_err tel__grpc_client_call(tel__grpc_client *c, const tel__grpc_call *call,
                              void (*done)(void *user, const tel__grpc_answer *answer), void *user, uint64_t *ret_id,
                              tel_error *err)
{
	tel__grpc_pending *p;
	tel_err code = tel__ctx_check(c->ctx, err);

	if (code == TEL_OK)
		code = tel__grpc_pending_new(c->ctx, call, c->authority, c->user_agent, &p, err);
	if (code != TEL_OK)
		return code;
	if (tel__ctx_timer_init(c->ctx, &p->timer, on_timeout, p) != TEL_OK) {
		tel__grpc_pending_free(p, c->ctx);
		return tel__fail_nomem(err);
	}
	p->client = c;
	p->id = c->next_id++;
	p->done = done;
	p->user = user;
	p->deadline_ns = UINT64_MAX;
	if (call->timeout_ns && call->timeout_ns < UINT64_MAX - tel__ctx_mono_ns(c->ctx)) {
		p->deadline_ns = tel__ctx_mono_ns(c->ctx) + call->timeout_ns;
		tel__ctx_arm(c->ctx, &p->timer, p->deadline_ns);
	}
	push(&c->waiting, &c->waiting_last, p);
	tel__ctx_busy(c->ctx, 1);
	*ret_id = p->id;
	pump(c);
	return TEL_OK;
}

static tel__grpc_pending *find(tel__grpc_pending *list, uint64_t id)
{
	while (list && list->id != id)
		list = list->next;
	return list;
}

static void silence(tel__grpc_client *c, tel__grpc_pending *p)
{
	if (p->done)
		tel__ctx_busy(c->ctx, -1);
	p->done = NULL;
	p->settled = true;
	tel__ctx_disarm(c->ctx, &p->timer);
}

void tel__grpc_client_cancel(tel__grpc_client *c, uint64_t id)
{
	tel__grpc_pending *p = find(c->waiting, id);
	grpc_conn *conn;

	if (p) {
		take(&c->waiting, &c->waiting_last, p);
		silence(c, p);
		pending_drop(c, p);
		return;
	}
	p = find(c->settled, id);
	if (p) {
		take(&c->settled, &c->settled_last, p);
		silence(c, p);
		pending_drop(c, p);
		return;
	}
	for (conn = c->conns; conn && !p; conn = conn->next)
		p = find(conn->calls, id);
	if (!p || !p->done)
		return;
	if (!p->settled)
		abandon_stream(p, NGHTTP2_CANCEL);
	silence(c, p);
	stop_body(p);
}
