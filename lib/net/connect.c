/* SPDX-License-Identifier: Apache-2.0 */
#include "net/connect.h"

#include "base/error_i.h"
#include "base/mem.h"
#include "net/tunnel.h"

struct tel__connect {
	tel_ctx *ctx;
	tel__connect_opts opts;
	tel__dial *dial;
	tel__tunnel *tunnel;
	tel__tls_handshake *handshake;
	tel__tls_done *done;
	void *user;
};

void tel__connect_cancel(tel__connect *c)
{
	if (!c)
		return;
	tel__dial_cancel(c->dial);
	tel__tunnel_cancel(c->tunnel);
	tel__tls_cancel(c->handshake);
	tel__mem_free(tel__ctx_alloc(c->ctx), c, 1, sizeof(*c));
}

/* c is gone. */
static void finish(tel__connect *c, tel__stream *s, unsigned alpn, const tel_error *err)
{
	tel__tls_done *done = c->done;
	void *user = c->user;
	tel__connect_cancel(c);
	done(user, s, alpn, err);
}

static void on_encrypted(void *user, tel__stream *s, unsigned alpn, const tel_error *err)
{
	tel__connect *c = user;
	c->handshake = NULL;
	finish(c, s, alpn, err);
}

/* A stream that ends where the peer is. */
static void on_reached(void *user, tel__stream *s, const tel_error *err)
{
	tel__connect *c = user;
	tel_error local = TEL_ERROR_INIT;
	c->tunnel = NULL;
	if (!s || !c->opts.tls)
		finish(c, s, 0, err);
	else if (tel__tls_start(c->opts.tls, s, c->opts.host, c->opts.alpn, on_encrypted, c, &c->handshake, &local) != TEL_OK)
		finish(c, NULL, 0, &local);
}

static void on_dialed(void *user, tel__stream *s, const tel_error *err)
{
	tel__connect *c = user;
	const tel__connect_opts *o = &c->opts;
	tel__tunnel_opts way = { o->proxy, o->host, o->port, o->user_agent, o->deadline_mono_ns };
	tel_error local = TEL_ERROR_INIT;
	c->dial = NULL;
	if (!o->proxy) {
		on_reached(c, s, err);
		return;
	}
	if (!s)
		(void)tel__fail(&local, err->code, "proxy: %.240s", err->msg);
	else if (tel__tunnel_start(c->ctx, s, &way, on_reached, c, &c->tunnel, &local) == TEL_OK)
		return;
	finish(c, NULL, 0, &local);
}

tel_err tel__connect_start(tel_ctx *ctx, const tel__connect_opts *opts, tel__tls_done *done, void *user,
                           tel__connect **ret_connect, tel_error *err)
{
	tel__connect *c = tel__mem_zero(tel__ctx_alloc(ctx), 1, sizeof(*c));
	if (!c)
		return tel__fail_nomem(err);
	c->ctx = ctx;
	c->opts = *opts;
	c->done = done;
	c->user = user;
	tel_err rc = tel__dial_start(ctx, opts->proxy ? opts->proxy->host : opts->host, opts->proxy ? opts->proxy->port : opts->port,
	                             opts->deadline_mono_ns, on_dialed, c, &c->dial, err);
	if (rc != TEL_OK) {
		c->dial = NULL;
		tel__connect_cancel(c);
		return rc;
	}
	*ret_connect = c;
	return TEL_OK;
}
