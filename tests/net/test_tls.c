/* SPDX-License-Identifier: Apache-2.0 */
/* TLS over a socket pair: the matrix of certificates in both directions, bytes in odd sizes, and what goes wrong. */
#include "seams/cm.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/slice_i.h"
#include "net/fake_clock.h"
#include "net/system.h"
#include "net/renewals.h"
#include "net/tls.h"
#include "net/tls_certs.h"
#include "seams/failalloc.h"
#include "seams/fakesock.h"
#include "torture/torture.h"

enum { NOW_S = 1700000000, DAY = 86400 };

static struct {
	tls_pair ca, other_ca, good, client;
	char ca_file[64];
} kit;

typedef struct end {
	tel__stream *s;
	tel__tls_ctx *tls;
	tel__tls_handshake *handshake;
	unsigned alpn;
	bool done;
	tel_error err;
	/* transfer */
	const char *out;
	size_t out_len, out_at;
	char *in;
	size_t in_len, in_cap;
	tel_err ended;
} end;

typedef struct world {
	tel_ctx *ctx;
	fake_clock clock;
	fakesock sock;
	end server, client;
	int raw; /* the other end when there is only one */
} world;

static void world_open(world *w, const tel_alloc *alloc)
{
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	*w = (world){ .raw = -1 };
	fakesock_init(&w->sock, &tel__sock_system);
	opts.clock = fake_clock_ops(&w->clock);
	if (alloc)
		opts.alloc = *alloc;
	if (tel_ctx_new(&opts, &w->ctx, NULL) == TEL_OK)
		tel__ctx_set_seams(w->ctx, &w->sock.ops, NULL, NULL);
}

static void end_close(end *e)
{
	tel__tls_cancel(e->handshake);
	tel__stream_free(e->s);
	tel__tls_free(e->tls);
}

static void world_close(world *w)
{
	end_close(&w->client);
	end_close(&w->server);
	if (w->raw >= 0)
		close(w->raw);
	tel_ctx_free(w->ctx);
}

static void on_done(void *user, tel__stream *s, unsigned alpn, const tel_error *err)
{
	end *e = user;
	assert_false(e->done);
	e->done = true;
	e->handshake = NULL;
	e->s = s;
	e->alpn = alpn;
	if (err)
		e->err = *err;
	assert_true((s != NULL) == (err == NULL));
}

static tel_err start(world *w, end *e, int fd, const char *host, unsigned alpn, tel_error *err)
{
	tel__stream *s;
	tel_err rc = tel__stream_from_fd(w->ctx, fd, "10.0.0.1:4317", &s, err);
	return rc ? rc : tel__tls_start(e->tls, s, tel__slice_str(host), alpn, on_done, e, &e->handshake, err);
}

static void run(world *w)
{
	for (int i = 0; i < 100000 && !(w->client.done && w->server.done); i++)
		(void)tel_ctx_run_once(w->ctx, 0);
	ctx_settle(w->ctx);
}

static tel_err connect_both(world *w, const tel__tls_options *so, const tel__tls_options *co, const char *host,
                            unsigned server_alpn, unsigned client_alpn, tel_error *err)
{
	int fds[2];
	tel_err rc = tel__tls_server_new(w->ctx, so, &w->server.tls, err);
	if (!rc)
		rc = tel__tls_client_new(w->ctx, co, &w->client.tls, err);
	if (rc)
		return rc;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	rc = start(w, &w->server, fds[0], "", server_alpn, err);
	if (rc) {
		close(fds[1]);
		return rc;
	}
	rc = start(w, &w->client, fds[1], host, client_alpn, err);
	if (!rc)
		run(w);
	return rc;
}

static tel__tls_options server_options(const tls_pair *p)
{
	return (tel__tls_options){ .cert_pem = tel__slice_str(p->cert_pem), .key_pem = tel__slice_str(p->key_pem) };
}

static tel__tls_options client_options(void)
{
	return (tel__tls_options){ .ca_pem = tel__slice_str(kit.ca.cert_pem) };
}

/* ---- matrix ---- */

typedef struct server_row {
	const char *name;
	tls_spec spec;
	const char *host, *fails; /* NULL = works */
} server_row;

static void client_verifies_the_server(void **state)
{
	const tls_pair *ca = &kit.ca;
	const server_row rows[] = {
		{ "good", { "x", "DNS:backend.test", .issuer = ca }, "backend.test", NULL },
		{ "trailing dot", { "x", "DNS:backend.test", .issuer = ca }, "backend.test.", NULL },
		{ "wildcard", { "x", "DNS:*.backend.test", .issuer = ca }, "a.backend.test", NULL },
		{ "address", { "x", "IP:127.0.0.1", .issuer = ca }, "127.0.0.1", NULL },
		{ "address v6", { "x", "IP:::1", .issuer = ca }, "::1", NULL },
		{ "address as name", { "x", "DNS:127.0.0.1", .issuer = ca }, "127.0.0.1", "IP address mismatch" },
		{ "expired", { "x", "DNS:backend.test", .issuer = ca, .from_s = -2 * DAY, .until_s = -DAY }, "backend.test",
		  "certificate has expired" },
		{ "expired a second ago", { "x", "DNS:backend.test", .issuer = ca, .from_s = -DAY, .until_s = -1 }, "backend.test",
		  "certificate has expired" },
		{ "not yet valid", { "x", "DNS:backend.test", .issuer = ca, .from_s = DAY, .until_s = 2 * DAY }, "backend.test",
		  "certificate is not yet valid" },
		{ "wrong name", { "x", "DNS:other.test", .issuer = ca }, "backend.test", "hostname mismatch, wanted backend.test" },
		{ "only a common name", { "backend.test", NULL, .issuer = ca }, "backend.test", "hostname mismatch" },
		{ "wildcard over two labels", { "x", "DNS:*.backend.test", .issuer = ca }, "a.b.backend.test", "hostname mismatch" },
		{ "part of a label", { "x", "DNS:a*.backend.test", .issuer = ca }, "ab.backend.test", "hostname mismatch" },
		{ "wildcard of everything", { "x", "DNS:*", .issuer = ca }, "backend.test", "hostname mismatch" },
		{ "signed by itself", { .cn = "x", .san = "DNS:backend.test" }, "backend.test", "self-signed certificate" },
		{ "unknown authority", { "x", "DNS:backend.test", .issuer = &kit.other_ca }, "backend.test",
		  "unable to get local issuer certificate" },
		{ "for clients only", { "x", "DNS:backend.test", .issuer = ca, .eku = "clientAuth" }, "backend.test",
		  "unsuitable certificate purpose" },
		{ "issuer is no authority", { "x", "DNS:backend.test", .issuer = &kit.good }, "backend.test",
		  "unable to get local issuer certificate" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world w;
		tls_pair p;
		tel_error err = TEL_ERROR_INIT;
		tls_pair_make(&p, &rows[i].spec, NOW_S);
		tel__tls_options so = server_options(&p), co = client_options();
		world_open(&w, NULL);
		if (connect_both(&w, &so, &co, rows[i].host, TEL__TLS_H2, TEL__TLS_H2, &err) != TEL_OK)
			fail_msg("%s: %s", rows[i].name, err.msg);
		if (!rows[i].fails) {
			if (!w.client.s || !w.server.s)
				fail_msg("%s: %s / %s", rows[i].name, w.client.err.msg, w.server.err.msg);
			assert_int_equal(w.client.alpn, TEL__TLS_H2);
		} else if (w.client.s || w.client.err.code != TEL_ERR_TLS || !strstr(w.client.err.msg, rows[i].fails) ||
		           !strstr(w.client.err.msg, "10.0.0.1:4317")) {
			fail_msg("%s: %s", rows[i].name, w.client.s ? "accepted" : w.client.err.msg);
		} else {
			assert_null(w.server.s);
		}
		world_close(&w);
		tls_pair_free(&p);
	}
}

static void weak_certificates_are_refused(void **state)
{
	const tls_spec weak[] = {
		{ "x", "DNS:backend.test", .issuer = &kit.ca, .rsa1024 = true },
		{ "x", "DNS:backend.test", .issuer = &kit.ca, .digest = EVP_sha1() },
	};
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		world w;
		tls_pair p;
		tel_error err = TEL_ERROR_INIT;
		tls_pair_make(&p, &weak[i], NOW_S);
		tel__tls_options so = server_options(&p), co = client_options();
		world_open(&w, NULL);
		/* our server does not even load it */
		assert_err(connect_both(&w, &so, &co, "backend.test", 0, 0, &err), TEL_ERR_CONFIG);
		assert_non_null(strstr(err.msg, "failed to load TLS cert and key"));
		world_close(&w);
		tls_pair_free(&p);
	}
}

static void server_verifies_the_client(void **state)
{
	const struct {
		const char *name;
		tls_spec spec; /* cn NULL = no certificate */
		const char *fails;
	} rows[] = {
		{ "good", { "c", .issuer = &kit.ca }, NULL },
		{ "none", { .cn = NULL }, "peer did not return a certificate" },
		{ "unknown authority", { "c", .issuer = &kit.other_ca }, "unable to get local issuer certificate" },
		{ "expired", { "c", .issuer = &kit.ca, .from_s = -2 * DAY, .until_s = -DAY }, "certificate has expired" },
		{ "for servers only", { "c", .issuer = &kit.ca, .eku = "serverAuth" }, "unsuitable certificate purpose" },
		{ "signed by itself", { .cn = "c" }, "self-signed certificate" },
	};
	static const char *const versions[] = { "1.2", "1.3" };
	(void)state;
	for (size_t k = 0; k < 2 * sizeof(rows) / sizeof(rows[0]); k++) {
		size_t i = k / 2;
		world w;
		tls_pair p = { 0 };
		tel_error err = TEL_ERROR_INIT;
		char byte;
		size_t n;
		tel__tls_options so = server_options(&kit.good), co = client_options();
		so.client_ca_file = tel__slice_str(kit.ca_file);
		co.max_version = co.min_version = tel__slice_str(versions[k % 2]);
		if (rows[i].spec.cn) {
			tls_pair_make(&p, &rows[i].spec, NOW_S);
			co.cert_pem = tel__slice_str(p.cert_pem);
			co.key_pem = tel__slice_str(p.key_pem);
		}
		world_open(&w, NULL);
		assert_ok(connect_both(&w, &so, &co, "backend.test", TEL__TLS_H2, TEL__TLS_H2, &err));
		if (!rows[i].fails) {
			if (!w.server.s)
				fail_msg("%s: %s", rows[i].name, w.server.err.msg);
		} else {
			if (w.server.s || w.server.err.code != TEL_ERR_TLS || !strstr(w.server.err.msg, rows[i].fails))
				fail_msg("%s: %s", rows[i].name, w.server.s ? "accepted" : w.server.err.msg);
			/* TLS 1.3: the client hears of it when it reads */
			if (w.client.s) {
				assert_err(tel__stream_read(w.client.s, &byte, 1, &n), TEL_ERR_TLS);
				assert_non_null(w.client.s->error);
				assert_non_null(strstr(w.client.s->error, "alert"));
			} else {
				assert_int_equal(w.client.err.code, TEL_ERR_TLS);
			}
		}
		world_close(&w);
		tls_pair_free(&p);
	}
}

static void rules_that_the_keys_change(void **state)
{
	static const tel_slice old_suite = { "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", 39 };
	static const tel_slice curve = { "P384", 4 };
	tel_error err = TEL_ERROR_INIT;
	tls_pair self;
	tls_pair_make(&self, &(tls_spec){ .cn = "x", .san = "DNS:other.test" }, NOW_S);
	const struct {
		const char *name;
		tel__tls_options server, client;
		const char *host;
		bool works;
	} rows[] = {
		{ "skip verify", server_options(&self), { .insecure_skip_verify = true }, "backend.test", true },
		{ "override", server_options(&kit.good), { .ca_pem = tel__slice_str(kit.ca.cert_pem),
		  .server_name_override = TEL_SLICE_LIT("backend.test") }, "10.1.2.3", true },
		{ "override that does not match", server_options(&kit.good), { .ca_pem = tel__slice_str(kit.ca.cert_pem),
		  .server_name_override = TEL_SLICE_LIT("nobody.test") }, "backend.test", false },
		{ "pinned leaf", server_options(&self), { .ca_pem = tel__slice_str(self.cert_pem) }, "other.test", true },
		{ "no common version", { .cert_pem = tel__slice_str(kit.good.cert_pem), .key_pem = tel__slice_str(kit.good.key_pem),
		  .min_version = TEL_SLICE_LIT("1.3") }, { .ca_pem = tel__slice_str(kit.ca.cert_pem),
		  .max_version = TEL_SLICE_LIT("1.2") }, "backend.test", false },
		{ "suite and curve", { .cert_pem = tel__slice_str(kit.good.cert_pem), .key_pem = tel__slice_str(kit.good.key_pem),
		  .max_version = TEL_SLICE_LIT("1.2"), .cipher_suites = { &old_suite, 1 }, .curve_preferences = { &curve, 1 } },
		  { .ca_pem = tel__slice_str(kit.ca.cert_pem) }, "backend.test", true },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world w;
		world_open(&w, NULL);
		if (connect_both(&w, &rows[i].server, &rows[i].client, rows[i].host, TEL__TLS_H2, TEL__TLS_H2, &err) != TEL_OK)
			fail_msg("%s: %s", rows[i].name, err.msg);
		if ((w.client.s != NULL) != rows[i].works)
			fail_msg("%s: %s", rows[i].name, w.client.err.msg);
		world_close(&w);
	}
	tls_pair_free(&self);
}

static void protocols_are_agreed_on(void **state)
{
	const struct {
		unsigned server, client, agreed;
		bool works;
	} rows[] = {
		{ TEL__TLS_H2 | TEL__TLS_HTTP1, TEL__TLS_H2 | TEL__TLS_HTTP1, TEL__TLS_H2, true },
		{ TEL__TLS_H2 | TEL__TLS_HTTP1, TEL__TLS_HTTP1, TEL__TLS_HTTP1, true },
		{ TEL__TLS_H2, 0, 0, true },
		{ TEL__TLS_H2, TEL__TLS_HTTP1, 0, false },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world w;
		tel_error err = TEL_ERROR_INIT;
		tel__tls_options so = server_options(&kit.good), co = client_options();
		world_open(&w, NULL);
		assert_ok(connect_both(&w, &so, &co, "backend.test", rows[i].server, rows[i].client, &err));
		assert_int_equal(w.client.s != NULL, rows[i].works);
		assert_int_equal(w.client.alpn, rows[i].agreed);
		assert_int_equal(w.server.alpn, rows[i].agreed);
		world_close(&w);
	}
}

/* ---- material ---- */

static void material_that_cannot_be_used_says_why(void **state)
{
	static const tel_slice bad_suite = { "TLS_NOTHING", 11 };
	static const tel_slice bad_curve = { "P1", 2 };
	tel_slice cert = tel__slice_str(kit.good.cert_pem), key = tel__slice_str(kit.good.key_pem);
	tel_slice garbage = TEL_SLICE_LIT("garbage"), absent = TEL_SLICE_LIT("/nonexistent/x.pem");
	const struct {
		tel__tls_options options;
		const char *text;
	} rows[] = {
		{ { .ca_file = absent }, "failed to load TLS config: failed to load CA CertPool File: failed to load cert "
		                         "/nonexistent/x.pem: open /nonexistent/x.pem: no such file or directory" },
		{ { .ca_pem = garbage }, "failed to load TLS config: failed to load CA CertPool PEM: failed to parse cert" },
		{ { .cert_pem = garbage, .key_pem = key }, "failed to load TLS config: failed to load TLS cert and key: failed to "
		  "load TLS cert and key PEMs: tls: failed to find any PEM data in certificate input" },
		{ { .cert_pem = cert, .key_pem = garbage }, "failed to load TLS config: failed to load TLS cert and key: failed to "
		  "load TLS cert and key PEMs: tls: failed to find any PEM data in key input" },
		{ { .cert_pem = cert, .key_pem = cert }, "failed to load TLS config: failed to load TLS cert and key: failed to "
		  "load TLS cert and key PEMs: tls: failed to parse private key" },
		{ { .cert_pem = cert, .key_pem = tel__slice_str(kit.client.key_pem) }, "failed to load TLS config: failed to load "
		  "TLS cert and key: failed to load TLS cert and key PEMs: tls: private key does not match public key" },
		{ { .cert_file = absent, .key_pem = key }, "failed to load TLS config: failed to load TLS cert and key: open "
		  "/nonexistent/x.pem: no such file or directory" },
		{ { .cert_pem = cert }, "failed to load TLS config: TLS configuration must include both certificate and key "
		  "(CertFile/CertPem and KeyFile/KeyPem)" },
		{ { .cipher_suites = { &bad_suite, 1 } }, "failed to load TLS config: invalid TLS cipher suite: \"TLS_NOTHING\"" },
		{ { .curve_preferences = { &bad_curve, 1 } }, "failed to load TLS config: invalid curve type: P1. Expected values "
		  "are [P256 P384 P521 X25519]" },
		{ { .max_version = TEL_SLICE_LIT("1.1") }, "failed to load TLS config: invalid TLS max_version: versions before "
		  "1.2 are not offered" },
	};
	world w;
	(void)state;
	world_open(&w, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tel__tls_ctx *tls = NULL;
		tel_error err = TEL_ERROR_INIT;
		tel_err code = tel__tls_client_new(w.ctx, &rows[i].options, &tls, &err);
		assert_true(code == TEL_ERR_CONFIG || code == TEL_ERR_UNSUPPORTED);
		assert_null(tls);
		assert_string_equal(err.msg, rows[i].text);
	}
	tel__tls_ctx *tls = NULL;
	tel__tls_options none = { .max_version = TEL_SLICE_LIT("1.3") };
	assert_err(tel__tls_server_new(w.ctx, &none, &tls, NULL), TEL_ERR_CONFIG);
	world_close(&w);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void on_log(void *user, const tel_log_entry *entry)
{
	if (entry->level == TEL_LOG_WARN)
		++*(unsigned *)user;
}

static void rotated_files_are_taken_and_broken_ones_are_not(void **state)
{
	char cert_file[] = "/tmp/tel-test-tls-XXXXXX", key_file[] = "/tmp/tel-test-tls-XXXXXX";
	unsigned warnings = 0;
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	fake_clock clock;
	tel_ctx *ctx;
	tel__tls_ctx *tls;
	tls_pair next;
	(void)state;
	close(mkstemp(cert_file));
	close(mkstemp(key_file));
	tls_pair_make(&next, &(tls_spec){ "next", "DNS:backend.test", .issuer = &kit.ca }, NOW_S);
	write_file(cert_file, kit.good.cert_pem);
	write_file(key_file, kit.good.key_pem);
	tel__tls_options so = { .cert_file = tel__slice_str(cert_file), .key_file = tel__slice_str(key_file),
		                .reload_interval = 1000000000 };
	opts.clock = fake_clock_ops(&clock);
	opts.log = (tel_log_sink){ .write = on_log, .user = &warnings };
	assert_ok(tel_ctx_new(&opts, &ctx, NULL));
	assert_ok(tel__tls_server_new(ctx, &so, &tls, NULL));
	tel__tls_set_source(tls, &(tel__log_source){ TEL_SLICE_LIT("otlp/x"), TEL_SLICE_LIT("receiver"), { NULL, 0 } });
	assert_ok(tel__tls_reload(tls, NULL));
	assert_null(tel__renewals(ctx)); /* nothing has changed */
	write_file(cert_file, next.cert_pem); /* half of a rotation */
	for (int i = 0; i < 3; i++) {
		fake_clock_advance(&clock, 1000000000u);
		ctx_settle(ctx);
	}
	assert_int_equal(warnings, 1);
	const tel__renewal *row = tel__renewals(ctx);
	assert_slice(row->id, "otlp/x");
	assert_null(row->next);
	assert_int_equal(row->failed, 3);
	assert_int_equal(row->stale, 1);
	write_file(cert_file, "nonsense"); /* a repair that is none is told */
	fake_clock_advance(&clock, 1000000000u);
	ctx_settle(ctx);
	assert_int_equal(warnings, 2);
	write_file(cert_file, next.cert_pem);
	fake_clock_advance(&clock, 1000000000u);
	ctx_settle(ctx);
	assert_int_equal(warnings, 3);
	assert_int_equal(row->failed, 5);
	tel_error err = TEL_ERROR_INIT;
	assert_err(tel__tls_reload(tls, &err), TEL_ERR_CONFIG);
	assert_non_null(strstr(err.msg, "private key does not match public key"));
	write_file(key_file, next.key_pem);
	fake_clock_advance(&clock, 1000000000u);
	ctx_settle(ctx);
	assert_int_equal(warnings, 3);
	assert_int_equal(row->renewed, 1);
	assert_int_equal(row->failed, 6);
	assert_int_equal(row->stale, 0);
	/* a client that knows only the new certificate is served */
	world w;
	tel__tls_options co = { .ca_pem = tel__slice_str(next.cert_pem) };
	int fds[2];
	world_open(&w, NULL);
	assert_ok(tel__tls_client_new(ctx, &co, &w.client.tls, NULL));
	tel_ctx *mine = w.ctx;
	w.ctx = ctx;
	w.server.tls = tls;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	assert_ok(start(&w, &w.server, fds[0], "", TEL__TLS_H2, NULL));
	assert_ok(start(&w, &w.client, fds[1], "backend.test", TEL__TLS_H2, NULL));
	run(&w);
	assert_string_equal(w.client.err.msg, "");
	assert_non_null(w.client.s);
	/* rotation again and again: what is open stays usable */
	for (int i = 0; i < 100; i++) {
		write_file(cert_file, i % 2 ? next.cert_pem : kit.good.cert_pem);
		write_file(key_file, i % 2 ? next.key_pem : kit.good.key_pem);
		assert_ok(tel__tls_reload(tls, NULL));
	}
	struct iovec iov = { (void *)(uintptr_t)"still", 5 };
	char got[8];
	size_t n = 0;
	assert_ok(tel__stream_writev(w.client.s, &iov, 1, &n));
	assert_ok(tel__stream_read(w.server.s, got, sizeof(got), &n));
	assert_memory_equal(got, "still", 5);
	world_close(&w);
	tel_ctx_free(mine);
	tls_pair_free(&next);
	unlink(cert_file);
	unlink(key_file);
}

/* ---- bytes ---- */

static void on_ready(void *user, unsigned got)
{
	end *e = user;
	size_t n = 0;
	if (got & TEL_WANT_READ)
		while (e->ended == TEL_OK && e->in_len < e->in_cap) {
			size_t most = e->in_cap - e->in_len < 700 ? e->in_cap - e->in_len : 700;
			tel_err code = tel__stream_read(e->s, e->in + e->in_len, most, &n);
			if (code != TEL_OK) {
				if (code != TEL_ERR_AGAIN)
					e->ended = code;
				break;
			}
			e->in_len += n;
			if (n == most)
				break; /* an owner that takes a bite per turn: the rest must not be forgotten */
		}
	while (e->out_at < e->out_len) {
		/* three pieces, of which one is empty */
		size_t left = e->out_len - e->out_at, first = left < 10 ? left : 10;
		char *at = (char *)(uintptr_t)(e->out + e->out_at);
		struct iovec iov[3] = { { at, first }, { at, 0 }, { at + first, left - first } };
		if (tel__stream_writev(e->s, iov, 3, &n) != TEL_OK)
			break;
		e->out_at += n;
	}
	(void)tel__stream_want(e->s, TEL_WANT_READ | (e->out_at < e->out_len ? TEL_WANT_WRITE : 0));
}

static void transfer(world *w, size_t bytes)
{
	end *ends[2] = { &w->client, &w->server };
	char *text[2];
	for (int k = 0; k < 2; k++) {
		text[k] = malloc(bytes);
		for (size_t i = 0; i < bytes; i++)
			text[k][i] = (char)(i * 31 + i / 251 + (size_t)k);
		ends[k]->out = text[k];
		ends[k]->out_len = ends[k]->in_cap = bytes;
		ends[k]->in = malloc(bytes);
		tel__stream_set_handler(ends[k]->s, on_ready, ends[k]);
		assert_ok(tel__stream_want(ends[k]->s, TEL_WANT_READ | TEL_WANT_WRITE));
	}
	for (int i = 0; i < 2000000 && (ends[0]->in_len < bytes || ends[1]->in_len < bytes); i++)
		(void)tel_ctx_run_once(w->ctx, 0);
	for (int k = 0; k < 2; k++) {
		assert_int_equal(ends[k]->in_len, bytes);
		assert_memory_equal(ends[k]->in, text[1 - k], bytes);
		ends[k]->in_cap++; /* what follows is the end */
	}
	assert_ok(tel__stream_shutdown(w->client.s));
	ctx_settle(w->ctx);
	assert_int_equal(w->server.ended, TEL_ERR_CLOSED);
	for (int k = 0; k < 2; k++) {
		free(text[k]);
		free(ends[k]->in);
	}
}

static void bytes_arrive_whatever_the_socket_does(void **state)
{
	const struct {
		size_t recv_most, send_most, bytes;
		unsigned again_every;
	} rows[] = {
		{ SIZE_MAX, SIZE_MAX, 1000000, 0 },
		{ SIZE_MAX, SIZE_MAX, 300000, 5 },
		{ 1, 1, 3000, 0 },
		{ 1, SIZE_MAX, 20000, 3 },
		{ SIZE_MAX, 7, 20000, 3 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		world w;
		tel_error err = TEL_ERROR_INIT;
		tel__tls_options so = server_options(&kit.good), co = client_options();
		world_open(&w, NULL);
		w.sock.recv_most = rows[i].recv_most;
		w.sock.send_most = rows[i].send_most;
		w.sock.again_every = rows[i].again_every;
		assert_ok(connect_both(&w, &so, &co, "backend.test", TEL__TLS_H2, TEL__TLS_H2, &err));
		assert_string_equal(w.client.err.msg, "");
		assert_string_equal(w.server.err.msg, "");
		transfer(&w, rows[i].bytes);
		world_close(&w);
	}
}

/* ---- peers that do not play along ---- */

static void open_one(world *w, bool server)
{
	static tel__tls_options so, co;
	int fds[2];
	so = server_options(&kit.good);
	co = client_options();
	world_open(w, NULL);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
	w->raw = fds[1];
	end *e = server ? &w->server : &w->client;
	assert_ok(server ? tel__tls_server_new(w->ctx, &so, &e->tls, NULL) : tel__tls_client_new(w->ctx, &co, &e->tls, NULL));
	assert_ok(start(w, e, fds[0], "backend.test", TEL__TLS_H2, NULL));
	assert_false(e->done);
	ctx_settle(w->ctx);
}

static void plaintext_peers_are_told_apart(void **state)
{
	static const char *const hello[] = { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "POST /v1/metrics HTTP/1.1\r\n\r\n" };
	world w;
	(void)state;
	for (int i = 0; i < 2; i++) {
		open_one(&w, true);
		assert_true(write(w.raw, hello[i], strlen(hello[i])) > 0);
		ctx_settle(w.ctx);
		assert_int_equal(w.server.err.code, TEL_ERR_TLS);
		assert_string_equal(w.server.err.msg, "TLS handshake with 10.0.0.1:4317 failed: the peer does not speak TLS");
		world_close(&w);
	}
	open_one(&w, false);
	assert_true(write(w.raw, "HTTP/1.1 400 Bad Request\r\n\r\n", 28) == 28);
	ctx_settle(w.ctx);
	assert_int_equal(w.client.err.code, TEL_ERR_TLS);
	assert_string_equal(w.client.err.msg, "TLS handshake with 10.0.0.1:4317 failed: the peer does not speak TLS");
	world_close(&w);
}

static void a_stalled_handshake_ends_after_ten_seconds(void **state)
{
	world w;
	(void)state;
	for (int server = 0; server < 2; server++) {
		open_one(&w, server);
		end *e = server ? &w.server : &w.client;
		assert_true(!server || write(w.raw, "\x16\x03\x01", 3) == 3);
		fake_clock_advance(&w.clock, 9999999999u);
		ctx_settle(w.ctx);
		assert_false(e->done);
		fake_clock_advance(&w.clock, 1);
		ctx_settle(w.ctx);
		assert_int_equal(e->err.code, TEL_ERR_TIMEOUT);
		assert_string_equal(e->err.msg, "TLS handshake with 10.0.0.1:4317 failed: no answer in 10 s");
		world_close(&w);
	}
}

static void a_peer_that_leaves_during_the_handshake_is_an_end(void **state)
{
	world w;
	(void)state;
	open_one(&w, true);
	close(w.raw);
	w.raw = -1;
	ctx_settle(w.ctx);
	assert_int_equal(w.server.err.code, TEL_ERR_CLOSED);
	world_close(&w);
}

static void a_cancelled_handshake_is_silent(void **state)
{
	world w;
	(void)state;
	open_one(&w, false);
	tel__tls_cancel(w.client.handshake);
	w.client.handshake = NULL;
	fake_clock_advance(&w.clock, 20000000000u);
	ctx_settle(w.ctx);
	assert_false(w.client.done);
	world_close(&w);
}

static void damaged_records_end_the_connection_with_words(void **state)
{
	world w;
	tel_error err = TEL_ERROR_INIT;
	tel__tls_options so = server_options(&kit.good), co = client_options();
	char junk[64] = "\x17\x03\x03\x00\x20", byte;
	struct iovec iov = { junk, 37 };
	size_t n;
	(void)state;
	world_open(&w, NULL);
	assert_ok(connect_both(&w, &so, &co, "backend.test", TEL__TLS_H2, TEL__TLS_H2, &err));
	assert_ok(tel__stream_writev(w.client.s->below, &iov, 1, &n)); /* past the filter */
	assert_err(tel__stream_read(w.server.s, &byte, 1, &n), TEL_ERR_TLS);
	assert_non_null(w.server.s->error);
	assert_err(tel__stream_read(w.server.s, &byte, 1, &n), TEL_ERR_TLS);
	assert_err(tel__stream_writev(w.server.s, &iov, 1, &n), TEL_ERR_TLS);
	world_close(&w);
}

/* ---- memory ---- */

static tel_err handshake_scenario(const tel_alloc *alloc, void *user)
{
	world w;
	tel__tls_options so = server_options(&kit.good), co = client_options();
	(void)user;
	so.client_ca_file = tel__slice_str(kit.ca_file);
	co.cert_pem = tel__slice_str(kit.client.cert_pem);
	co.key_pem = tel__slice_str(kit.client.key_pem);
	world_open(&w, alloc);
	if (!w.ctx)
		return TEL_ERR_NOMEM;
	tel_err rc = connect_both(&w, &so, &co, "backend.test", TEL__TLS_H2, TEL__TLS_H2, NULL);
	if (rc == TEL_OK && !w.client.s)
		rc = w.client.err.code;
	world_close(&w);
	return rc;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	torture_alloc(handshake_scenario, NULL);
}

static int make_kit(void **state)
{
	(void)state;
	tls_pair_make(&kit.ca, &(tls_spec){ "ca", .ca = true }, NOW_S);
	tls_pair_make(&kit.other_ca, &(tls_spec){ "other", .ca = true }, NOW_S);
	tls_pair_make(&kit.good, &(tls_spec){ "good", "DNS:backend.test", .issuer = &kit.ca }, NOW_S);
	tls_pair_make(&kit.client, &(tls_spec){ "client", .issuer = &kit.ca }, NOW_S);
	strcpy(kit.ca_file, "/tmp/tel-test-ca-XXXXXX");
	close(mkstemp(kit.ca_file));
	write_file(kit.ca_file, kit.ca.cert_pem);
	return 0;
}

static int drop_kit(void **state)
{
	(void)state;
	unlink(kit.ca_file);
	tls_pair_free(&kit.ca);
	tls_pair_free(&kit.other_ca);
	tls_pair_free(&kit.good);
	tls_pair_free(&kit.client);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(client_verifies_the_server),
		cmocka_unit_test(weak_certificates_are_refused),
		cmocka_unit_test(server_verifies_the_client),
		cmocka_unit_test(rules_that_the_keys_change),
		cmocka_unit_test(protocols_are_agreed_on),
		cmocka_unit_test(material_that_cannot_be_used_says_why),
		cmocka_unit_test(rotated_files_are_taken_and_broken_ones_are_not),
		cmocka_unit_test(bytes_arrive_whatever_the_socket_does),
		cmocka_unit_test(plaintext_peers_are_told_apart),
		cmocka_unit_test(a_stalled_handshake_ends_after_ten_seconds),
		cmocka_unit_test(a_peer_that_leaves_during_the_handshake_is_an_end),
		cmocka_unit_test(a_cancelled_handshake_is_silent),
		cmocka_unit_test(damaged_records_end_the_connection_with_words),
		cmocka_unit_test(every_allocation_may_fail),
	};
	return cmocka_run_group_tests(tests, make_kit, drop_kit);
}
