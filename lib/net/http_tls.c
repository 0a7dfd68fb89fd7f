/* SPDX-License-Identifier: Apache-2.0 */
/* A connection of a server while its TLS handshake runs: admitted, charged and evicted like any other. When the
 * handshake is done, what was agreed on (ALPN) decides which HTTP it becomes. */
#include "base/log_i.h"
#include "base/mem.h"
#include "net/http_conn.h"

static const uint64_t LOG_EVERY_NS = 10000000000u;

typedef struct tls_conn {
	tel__http_conn base; /* without a stream */
	tel__tls_handshake *handshake;
	uint64_t since_ns;
} tls_conn;

static void conn_free(tel__http_conn *conn)
{
	tls_conn *c = (tls_conn *)conn;
	tel_ctx *ctx = conn->server->ctx;
	tel__tls_cancel(c->handshake);
	tel__http_conn_fini(conn);
	tel__mem_free(tel__ctx_alloc(ctx), c, 1, sizeof(*c));
}

static uint64_t stalled_since(const tel__http_conn *conn)
{
	return ((const tls_conn *)conn)->since_ns;
}

/* Nothing was asked yet: drained is closed. Who retires lets it become a connection first. */
static void conn_drain(tel__http_conn *conn)
{
	if (!conn->server->retiring)
		conn_free(conn);
}

static const tel__http_conn_ops conn_ops = { conn_drain, conn_free, stalled_since, NULL, NULL };

/* Anybody can make handshakes fail: one line for all of a while. */
static void log_failure(tel__http_server *srv, const char *why)
{
	uint64_t now = tel__ctx_mono_ns(srv->ctx);
	tel_log_field fields[2] = { TEL__LOG_STR("error", tel__slice_str(why)), TEL__LOG_NUM("handshakes", 0) };
	srv->tls_failures++;
	if (srv->tls_logged_ns && now - srv->tls_logged_ns < LOG_EVERY_NS)
		return;
	fields[1].number = (double)srv->tls_failures;
	tel__log(tel__ctx_log(srv->ctx), TEL_LOG_WARN, NULL, "TLS handshakes failed", fields, 2);
	srv->tls_failures = 0;
	srv->tls_logged_ns = now;
}

static void on_done(void *user, tel__stream *s, unsigned alpn, const tel_error *err)
{
	tls_conn *c = user;
	tel__http_server *srv = c->base.server;
	c->handshake = NULL;
	conn_free(&c->base);
	if (!s) {
		srv->stats.closed[TEL__CLOSED_TLS]++;
		log_failure(srv, err->msg);
		return;
	}
	/* grpc-go refuses peers without ALPN, too */
	if (srv->opts.proto == TEL__HTTP_2 && alpn != TEL__TLS_H2) {
		srv->stats.closed[TEL__CLOSED_TLS]++;
		log_failure(srv, "the client did not offer h2 (ALPN)");
		tel__stream_free(s);
		return;
	}
	srv->stats.accepted--; /* it is admitted a second time */
	tel__http_server_adopt(srv, s, alpn == TEL__TLS_H2 ? TEL__HTTP_2 : TEL__HTTP_1);
}

tel_err tel__http_tls_conn_new(tel__http_server *srv, tel__stream *s, const tel__http_who *who)
{
	static const tel_slice nobody;
	unsigned alpn = srv->opts.proto == TEL__HTTP_2 ? TEL__TLS_H2 : TEL__TLS_H2 | TEL__TLS_HTTP1;
	tls_conn *c = tel__mem_zero(tel__ctx_alloc(srv->ctx), 1, sizeof(*c));
	if (!c || tel__tls_start(srv->opts.tls, s, nobody, alpn, on_done, c, &c->handshake, NULL) != TEL_OK) {
		if (c)
			tel__mem_free(tel__ctx_alloc(srv->ctx), c, 1, sizeof(*c));
		else
			tel__stream_free(s);
		return TEL_ERR_NOMEM;
	}
	c->since_ns = tel__ctx_mono_ns(srv->ctx);
	tel__http_conn_init(&c->base, &conn_ops, srv, NULL);
	c->base.who = *who;
	return TEL_OK;
}
