/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC client: calls that wait, their delivery, and when to connect. The connection: net/grpc_conn.c, one call:
 * net/grpc_call.c. doc/internals/http2.md. */
#include "net/grpc_client.h"

#include "base/error_i.h"
#include "base/mem.h"
#include "base/num.h"
#include "net/connect.h"
#include "net/grpc_conn.h"

static const uint64_t second_ns = 1000000000;
enum {
	SPACING_S = 1,  /* between attempts to connect: gRPC doc/connection-backoff.md, INITIAL_BACKOFF */
	CONNECT_S = 20
};

struct tel__grpc_client {
	tel_ctx *ctx;
	const tel_alloc *alloc;
	char *texts; /* host, authority, user agent */
	size_t texts_size;
	tel_slice host, authority, user_agent;
	uint16_t port;
	tel__grpc_keepalive keepalive;

	tel__grpc_pending *waiting, *waiting_last; /* for a connection, in order */
	tel__grpc_pending *settled, *settled_last; /* for delivery */
	uint64_t next_id;
	tel__grpc_conn *conns; /* the newest first; older ones only finish their calls */
	tel__tls_ctx *tls; /* NULL = plaintext */
	const tel__proxy *proxy;
	tel__connect *connect; /* under way */
	tel__timer retry;
	bool retry_armed;
	uint64_t next_attempt_ns;
	char last_error[160]; /* of connecting */
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

/* ---- outcome of a call ---- */

static void pending_drop(tel__grpc_client *c, tel__grpc_pending *p)
{
	tel__ctx_timer_fini(c->ctx, &p->timer);
	tel__grpc_pending_free(p, c->ctx);
}

/* The outcome is final and wants delivery. While its stream is open the call stays with its connection; deliver() looks
 * there too. */
static void on_settled(void *owner, tel__grpc_pending *p)
{
	tel__grpc_client *c = owner;

	tel__ctx_disarm(c->ctx, &p->timer);
	tel__grpc_conn_stop_body(p);
	tel__ctx_defer(c->ctx, &c->deliver);
}

/* After the settled call has left its connection (or never had one). */
static void to_delivery(void *owner, tel__grpc_pending *p)
{
	tel__grpc_client *c = owner;

	if (!p->done) {
		pending_drop(c, p);
		return;
	}
	push(&c->settled, &c->settled_last, p);
	on_settled(c, p);
}

/* It came before those that wait. */
static void on_again(void *owner, tel__grpc_pending *p)
{
	tel__grpc_client *c = owner;

	p->prev = NULL;
	p->next = c->waiting;
	if (p->next)
		p->next->prev = p;
	else
		c->waiting_last = p;
	c->waiting = p;
}

static bool deliver_one(tel__grpc_client *c, tel__grpc_pending *p)
{
	void (*done)(void *, const tel__grpc_answer *) = p->done;
	bool freed = false;
	tel__grpc_answer answer;

	tel__grpc_pending_answer(p, &answer);
	tel__grpc_conn_stop_body(p);
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
	tel__grpc_conn *conn;
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

/* ---- connections ---- */

/* Sends what waits, as far as the peer takes it. */
static void pump(void *owner)
{
	tel__grpc_client *c = owner;
	tel__grpc_conn *conn = c->conns;

	while (c->waiting && conn && tel__grpc_conn_has_room(conn)) {
		tel__grpc_pending *p = c->waiting;
		const char *why;

		take(&c->waiting, &c->waiting_last, p);
		why = tel__grpc_conn_start(conn, p);
		if (why) {
			tel__grpc_pending_settle(p, TEL__GRPC_UNAVAILABLE, "the call could not be sent", why);
			to_delivery(c, p);
		}
	}
	if (!tel__grpc_conn_lives(conn))
		connect_if_needed(c);
	else if (conn->ready)
		tel__grpc_conn_flush(conn);
}

/* This server answers: the next connection need not wait. */
static void on_answered(void *owner)
{
	tel__grpc_client *c = owner;

	c->next_attempt_ns = 0;
}

static uint64_t spacing(tel__grpc_client *c)
{
	/* +-20 %, gRPC doc/connection-backoff.md */
	return (SPACING_S * second_ns) / 5 * 4 + tel__ctx_random(c->ctx) % (SPACING_S * second_ns / 5 * 2 + 1);
}

static void on_calm(void *owner)
{
	tel__grpc_client *c = owner;

	c->next_attempt_ns = tel__ctx_mono_ns(c->ctx) + spacing(c);
}

/* Nobody waits longer than the attempt lasted (gRPC doc/wait-for-ready.md: calls fail in TRANSIENT_FAILURE). */
static void attempt_failed(tel__grpc_client *c, const tel_error *err)
{
	size_t n = strlen(err->msg);
	tel__grpc_pending *p;

	if (n >= sizeof(c->last_error))
		n = sizeof(c->last_error) - 1;
	memcpy(c->last_error, err->msg, n);
	c->last_error[n] = '\0';
	while ((p = c->waiting)) {
		take(&c->waiting, &c->waiting_last, p);
		tel__grpc_pending_settle(p, TEL__GRPC_UNAVAILABLE, "no connection", c->last_error);
		to_delivery(c, p);
	}
}

static void on_over(void *owner, bool ready, const tel_error *why)
{
	if (ready)
		connect_if_needed(owner);
	else
		attempt_failed(owner, why);
}

static const tel__grpc_conn_ops conn_ops = { on_settled, to_delivery, on_again, on_answered, on_calm, pump, on_over };

static void on_connected(void *user, tel__stream *s, unsigned alpn, const tel_error *err)
{
	tel__grpc_client *c = user;
	tel_error local = TEL_ERROR_INIT;

	c->connect = NULL;
	if (s && c->tls && alpn != TEL__TLS_H2) { /* grpc-go's rule since 1.67 */
		tel__fail(&local, TEL_ERR_TLS, "TLS with %s: the server did not choose h2 (ALPN)", s->peer);
		err = &local;
	} else if (s && tel__grpc_conn_new(c->ctx, s, &conn_ops, c, &c->keepalive, &c->conns) != TEL_OK) {
		tel__fail_nomem(&local);
		err = &local;
	}
	if (err) {
		tel__stream_free(s);
		attempt_failed(c, err);
	}
}

static void connect_now(tel__grpc_client *c)
{
	uint64_t now = tel__ctx_mono_ns(c->ctx);
	const tel__connect_opts opts = { c->host, c->port, c->proxy, c->user_agent, c->tls, TEL__TLS_H2,
		now + CONNECT_S * second_ns };
	tel_error err = TEL_ERROR_INIT;

	c->next_attempt_ns = now + spacing(c);
	if (tel__connect_start(c->ctx, &opts, on_connected, c, &c->connect, &err) != TEL_OK) {
		c->connect = NULL;
		attempt_failed(c, &err);
	}
}

/* A connection is made when a call waits for one, and not sooner than a second after the last attempt began. The spacing
 * does not grow: who sends has a backoff of its own, and its next attempt shall be one here too. */
static void connect_if_needed(tel__grpc_client *c)
{
	if (!c->waiting || c->connect || c->retry_armed || tel__grpc_conn_lives(c->conns))
		return;
	c->retry_armed = true;
	tel__ctx_arm(c->ctx, &c->retry, c->next_attempt_ns);
}

static void on_retry(void *user)
{
	tel__grpc_client *c = user;

	c->retry_armed = false;
	if (c->waiting)
		connect_now(c);
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

/* Authority defaults to host:port, with brackets around an IPv6 address and without its zone, which means nothing to
 * the peer (RFC 6874 section 4). */
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
	put_text(&to, tel__slice_sub(opts->host, 0, v6 ? tel__slice_find(opts->host, '%') : opts->host.len));
	put_text(&to, v6 ? TEL_SLICE_LIT("]:") : TEL_SLICE_LIT(":"));
	put_text(&to, (tel_slice){ port, n });
	c->authority.len = (size_t)(to - c->authority.ptr);
	return TEL_OK;
}

static tel_err check_opts(const tel__grpc_client_opts *opts, tel_error *err)
{
	if (!opts->host.len || !opts->port)
		return tel__fail(err, TEL_ERR_ARG, "a host and a port are needed");
	if (opts->proxy && opts->proxy->kind != TEL__PROXY_HTTP)
		return tel__fail(err, TEL_ERR_UNSUPPORTED, "gRPC goes through HTTP proxies only, not through SOCKS");
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
	c->proxy = opts->proxy;
	c->keepalive.time_ns = opts->keepalive_time_ns;
	c->keepalive.timeout_ns = opts->keepalive_timeout_ns ? opts->keepalive_timeout_ns : 20 * second_ns;
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
	tel__connect_cancel(c->connect);
	while (c->conns) {
		tel__grpc_conn *conn = c->conns;
		tel__grpc_pending *calls = conn->calls;

		tel__grpc_conn_free(conn);
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
	on_settled(c, p);
	tel__grpc_conn_abandon(p);
}

tel_err tel__grpc_client_call(tel__grpc_client *c, const tel__grpc_call *call,
                              void (*done)(void *user, const tel__grpc_answer *answer), void *user, uint64_t *ret_id,
                              tel_error *err)
{
	tel__grpc_pending *p;
	tel_err code = tel__ctx_check(c->ctx, err);

	if (code == TEL_OK)
		code = tel__grpc_pending_new(c->ctx, call, &(tel__grpc_peer){ c->authority, c->user_agent, c->tls != NULL }, &p, err);
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
	tel__grpc_conn *conn;

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
		tel__grpc_conn_abandon(p);
	silence(c, p);
	tel__grpc_conn_stop_body(p);
}
