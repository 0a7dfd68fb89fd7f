/* SPDX-License-Identifier: Apache-2.0 */
/* One connection: the handshake, then a filter over the stream below. OpenSSL reads and writes through a BIO that is
 * that stream, so nothing is buffered twice. */
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>

#include "base/error_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "net/tls_i.h"

static const uint64_t HANDSHAKE_NS = 10000000000u; /* faults.md G4 */
enum {
	RECORD_BYTES = 16384,
	NAME_BYTES = 256,
	DRAIN_READS = 8 /* before closing after a failure, so that the peer gets our alert and no reset */
};

typedef struct tel__tls_stream {
	tel__stream base;
	SSL *ssl;
	BIO_METHOD *method;
	tel_err below_code; /* why the stream below ended; TEL_OK = it has not */
	tel_err ended;      /* what reads and writes answer from now on */
	unsigned want, alpn;
	size_t owed;        /* bytes of the record that the stream below did not take yet; the owner presents them again */
	bool reading_writes, writing_reads; /* what the other direction waits for */
	tel__deferred again; /* more may be inside OpenSSL than the socket shows */
	char error[224];
	/* until it is done */
	bool shaking;
	tel__tls_done *done;
	void *user;
	tel__timer timer;
	char name[NAME_BYTES]; /* whom a client wants to see */
} tls_stream;

unsigned tel__tls_stream_alpn(const tel__tls_handshake *s)
{
	return s->alpn;
}

/* ---- OpenSSL's way down ---- */

static int bio_read(BIO *b, char *buf, int len)
{
	tls_stream *t = BIO_get_data(b);
	size_t n = 0;
	BIO_clear_retry_flags(b);
	if (len <= 0)
		return 0;
	if (t->below_code == TEL_OK)
		t->below_code = tel__stream_read(t->base.below, buf, (size_t)len, &n);
	if (t->below_code == TEL_OK)
		return (int)n;
	if (t->below_code == TEL_ERR_AGAIN) {
		t->below_code = TEL_OK;
		BIO_set_retry_read(b);
	}
	return t->below_code == TEL_ERR_CLOSED ? 0 : -1;
}

static int bio_write(BIO *b, const char *buf, int len)
{
	tls_stream *t = BIO_get_data(b);
	struct iovec iov = { (void *)(uintptr_t)buf, (size_t)len };
	size_t n = 0;
	BIO_clear_retry_flags(b);
	if (len <= 0)
		return 0;
	tel_err rc = tel__stream_writev(t->base.below, &iov, 1, &n);
	if (rc == TEL_OK)
		return (int)n;
	if (rc == TEL_ERR_AGAIN)
		BIO_set_retry_write(b);
	else if (t->below_code == TEL_OK)
		t->below_code = rc;
	return -1;
}

static long bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	const tls_stream *t = BIO_get_data(b);
	(void)num, (void)ptr;
	switch (cmd) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_EOF:
		return t->below_code == TEL_ERR_CLOSED;
	default:
		return 0;
	}
}

/* A method per connection: one for all would be a global that nobody may free. */
static bool open_bio(tls_stream *t)
{
	t->method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "stream");
	if (!t->method || BIO_meth_set_read(t->method, bio_read) != 1 || BIO_meth_set_write(t->method, bio_write) != 1 ||
	    BIO_meth_set_ctrl(t->method, bio_ctrl) != 1)
		return false;
	BIO *bio = BIO_new(t->method);
	if (!bio)
		return false;
	BIO_set_data(bio, t);
	BIO_set_init(bio, 1);
	SSL_set_bio(t->ssl, bio, bio);
	return true;
}

/* ---- what went wrong ---- */

/* Notes which certificate was refused; the verdict stays OpenSSL's. */
static int on_verify(int ok, X509_STORE_CTX *store)
{
	const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	tls_stream *t = SSL_get_app_data(ssl);
	X509 *cert = X509_STORE_CTX_get_current_cert(store);
	char subject[64] = "", shown[64];
	if (ok || t->error[0])
		return ok;
	if (cert)
		X509_NAME_oneline(X509_get_subject_name(cert), subject, (int)sizeof(subject));
	int code = X509_STORE_CTX_get_error(store);
	bool name = code == X509_V_ERR_HOSTNAME_MISMATCH || code == X509_V_ERR_IP_ADDRESS_MISMATCH;
	snprintf(t->error, sizeof(t->error), "certificate %s: %.60s%s%.60s",
	         tel__slice_printable(tel__slice_str(subject), shown, sizeof(shown)), X509_verify_cert_error_string(code),
	         name ? ", wanted " : "", name ? t->name : "");
	return ok;
}

static void describe(tls_stream *t)
{
	unsigned long e = ERR_peek_error();
	const char *text = ERR_reason_error_string(e);
	int reason = ERR_GET_LIB(e) == ERR_LIB_SSL ? ERR_GET_REASON(e) : 0;
	if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST || reason == SSL_R_HTTPS_PROXY_REQUEST)
		text = "the peer does not speak TLS";
	if (t->error[0] && reason == SSL_R_CERTIFICATE_VERIFY_FAILED)
		return;
	snprintf(t->error, sizeof(t->error), "%s", text ? text : "protocol error");
}

/* Result of a call of OpenSSL that did not succeed. */
static tel_err failed(tls_stream *t, int rc)
{
	switch (SSL_get_error(t->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return TEL_ERR_AGAIN;
	case SSL_ERROR_ZERO_RETURN:
		t->ended = TEL_ERR_CLOSED;
		break;
	default:
		/* An end without close_notify is an end: what HTTP carries tells its own length. */
		t->ended = t->below_code != TEL_OK ? t->below_code : TEL_ERR_TLS;
		t->base.last_errno = t->base.below->last_errno;
		if (t->ended == TEL_ERR_TLS) {
			describe(t);
			t->base.error = t->error;
		}
		break;
	}
	ERR_clear_error();
	return t->ended;
}

/* ---- filter ---- */

static tel_err update_want(tls_stream *t)
{
	unsigned below = 0;
	if (t->want & TEL_WANT_READ)
		below |= TEL_WANT_READ | (t->reading_writes ? TEL_WANT_WRITE : 0);
	if (t->want & TEL_WANT_WRITE)
		below |= t->writing_reads ? TEL_WANT_READ : TEL_WANT_WRITE;
	return tel__stream_want(t->base.below, below);
}

static tel_err tls_read(tel__stream *s, void *buf, size_t len, size_t *ret_n)
{
	tls_stream *t = (tls_stream *)s;
	size_t got = 0, n;
	tel_err code = t->ended;
	/* As much as there is, record by record: to the owners a short read means that the socket is empty. */
	while (code == TEL_OK && got < len) {
		ERR_clear_error();
		int rc = SSL_read_ex(t->ssl, (char *)buf + got, len - got, &n);
		if (rc == 1)
			got += n;
		else
			code = failed(t, rc);
	}
	bool writes = code == TEL_ERR_AGAIN && SSL_want_write(t->ssl);
	if (writes != t->reading_writes) {
		t->reading_writes = writes;
		(void)update_want(t);
	}
	if (got && code != TEL_ERR_AGAIN)
		tel__ctx_defer(s->ctx, &t->again);
	if (!got)
		return code;
	*ret_n = got;
	return TEL_OK;
}

/* What the next record carries: at most most bytes behind the first skip ones, in one piece. */
static tel_slice gather(const struct iovec *iov, int count, size_t skip, size_t most, char *copy)
{
	size_t n = 0;
	int i = 0;
	while (i < count && skip >= iov[i].iov_len)
		skip -= iov[i++].iov_len;
	if (i == count)
		return (tel_slice){ NULL, 0 };
	if (iov[i].iov_len - skip >= most || i + 1 == count) {
		size_t len = iov[i].iov_len - skip;
		return (tel_slice){ (const char *)iov[i].iov_base + skip, len < most ? len : most };
	}
	for (; i < count && n < most; i++, skip = 0) {
		size_t len = iov[i].iov_len - skip;
		len = len < most - n ? len : most - n;
		memcpy(copy + n, (const char *)iov[i].iov_base + skip, len);
		n += len;
	}
	return (tel_slice){ copy, n };
}

static tel_err tls_writev(tel__stream *s, const struct iovec *iov, int count, size_t *ret_n)
{
	tls_stream *t = (tls_stream *)s;
	char copy[RECORD_BYTES];
	size_t sent = 0, n;
	tel_err code = t->ended == TEL_ERR_CLOSED ? TEL_OK : t->ended; /* a peer that finished may still listen */
	while (code == TEL_OK) {
		tel_slice piece = gather(iov, count, sent, t->owed ? t->owed : RECORD_BYTES, copy);
		if (piece.len == 0)
			break;
		ERR_clear_error();
		int rc = SSL_write_ex(t->ssl, piece.ptr, piece.len, &n);
		if (rc == 1) {
			sent += n;
			t->owed = 0;
			continue;
		}
		code = failed(t, rc);
		t->owed = code == TEL_ERR_AGAIN ? piece.len : 0;
		t->writing_reads = code == TEL_ERR_AGAIN && SSL_want_read(t->ssl);
	}
	if (!sent && code != TEL_OK)
		return code;
	*ret_n = sent;
	return TEL_OK;
}

static tel_err tls_want(tel__stream *s, unsigned want)
{
	tls_stream *t = (tls_stream *)s;
	t->want = want;
	if ((want & TEL_WANT_READ) && (t->ended != TEL_OK || SSL_has_pending(t->ssl)))
		tel__ctx_defer(s->ctx, &t->again);
	return update_want(t);
}

static void on_again(void *user)
{
	tls_stream *t = user;
	if ((t->want & TEL_WANT_READ) && t->base.on_ready)
		t->base.on_ready(t->base.user, TEL_WANT_READ); /* may free t */
}

static tel_err tls_shutdown(tel__stream *s)
{
	tls_stream *t = (tls_stream *)s;
	if (t->ended == TEL_OK || t->ended == TEL_ERR_CLOSED) {
		ERR_clear_error();
		(void)SSL_shutdown(t->ssl); /* close_notify, as far as the socket takes it */
		ERR_clear_error();
	}
	return tel__stream_shutdown(s->below);
}

static void tls_free(tel__stream *s)
{
	tls_stream *t = (tls_stream *)s;
	const tel_alloc *alloc = tel__ctx_alloc(s->ctx);
	if (t->ssl && !t->shaking && t->ended == TEL_OK) {
		ERR_clear_error();
		(void)SSL_shutdown(t->ssl);
		ERR_clear_error();
	}
	tel__ctx_undefer(s->ctx, &t->again);
	if (t->shaking)
		tel__ctx_timer_fini(s->ctx, &t->timer);
	SSL_free(t->ssl);
	BIO_meth_free(t->method);
	tel__stream_free(s->below);
	tel__mem_free(alloc, t, 1, sizeof(*t));
}

static const tel__stream_ops tls_ops = { "tls", tls_read, tls_writev, tls_want, tls_shutdown, tls_free };

/* ---- handshake ---- */

static void give_up(tls_stream *t, tel_err code)
{
	tel__tls_done *done = t->done;
	void *user = t->user;
	tel_error error = TEL_ERROR_INIT;
	char rest[512];
	size_t n;
	const char *why = code == TEL_ERR_TIMEOUT ? "no answer in 10 s"
		: code == TEL_ERR_CLOSED ? "the peer closed the connection"
		: code == TEL_ERR_TLS ? t->error : "the connection was lost";
	(void)tel__fail(&error, code, "TLS handshake with %s failed: %s", t->base.peer, why);
	if (code == TEL_ERR_TLS)
		for (int i = 0; i < DRAIN_READS && tel__stream_read(t->base.below, rest, sizeof(rest), &n) == TEL_OK; i++)
			;
	tls_free(&t->base);
	done(user, NULL, 0, &error);
}

static void succeed(tls_stream *t)
{
	const unsigned char *alpn;
	unsigned len, agreed = 0;
	t->shaking = false;
	tel__ctx_timer_fini(t->base.ctx, &t->timer);
	SSL_get0_alpn_selected(t->ssl, &alpn, &len);
	if (len == 2 && memcmp(alpn, "h2", 2) == 0)
		agreed = TEL__TLS_H2;
	else if (len == 8 && memcmp(alpn, "http/1.1", 8) == 0)
		agreed = TEL__TLS_HTTP1;
	(void)tel__stream_want(t->base.below, 0);
	t->done(t->user, &t->base, agreed, NULL);
}

static void shake(tls_stream *t)
{
	ERR_clear_error();
	int rc = SSL_do_handshake(t->ssl);
	tel_err code = rc == 1 ? TEL_OK : failed(t, rc);
	if (code == TEL_ERR_AGAIN &&
	    tel__stream_want(t->base.below, SSL_want_write(t->ssl) ? TEL_WANT_WRITE : TEL_WANT_READ) == TEL_OK)
		return;
	if (code == TEL_OK)
		succeed(t);
	else
		give_up(t, code == TEL_ERR_AGAIN ? TEL_ERR_TRANSPORT : code);
}

static void on_start_or_again(void *user)
{
	tls_stream *t = user;
	if (t->shaking)
		shake(t);
	else
		on_again(user);
}

static void on_timeout(void *user)
{
	give_up(user, TEL_ERR_TIMEOUT);
}

static void on_ready(void *user, unsigned got)
{
	tls_stream *t = user;
	unsigned pass = 0;
	if (t->shaking) {
		shake(t);
		return;
	}
	if ((got & TEL_WANT_READ) || (t->reading_writes && (got & TEL_WANT_WRITE)))
		pass |= t->want & TEL_WANT_READ;
	if ((got & TEL_WANT_WRITE) || (t->writing_reads && (got & TEL_WANT_READ)))
		pass |= t->want & TEL_WANT_WRITE;
	if (pass && t->base.on_ready)
		t->base.on_ready(t->base.user, pass); /* may free t */
}

static tel_err offer_alpn(SSL *ssl, unsigned alpn)
{
	unsigned char list[16];
	unsigned n = 0;
	if (alpn & TEL__TLS_H2) {
		memcpy(list + n, "\x02h2", 3);
		n += 3;
	}
	if (alpn & TEL__TLS_HTTP1) {
		memcpy(list + n, "\x08http/1.1", 9);
		n += 9;
	}
	return n == 0 || SSL_set_alpn_protos(ssl, list, n) == 0 ? TEL_OK : TEL_ERR_NOMEM;
}

static tel_err prepare_client(const tel__tls_ctx *tls, tls_stream *t, tel_slice host, tel_error *err)
{
	bool is_name;
	char shown[128];
	host = tel__tls_name(tls, host);
	tel_err rc = tel__tls_expect_name(SSL_get0_param(t->ssl), host, &is_name, t->name, sizeof(t->name));
	if (rc == TEL_ERR_ARG)
		return tel__fail(err, rc, "\"%s\" is not a name that a certificate can carry",
		                 tel__slice_printable(host, shown, sizeof(shown)));
	if (rc == TEL_OK && is_name && SSL_set_tlsext_host_name(t->ssl, t->name) != 1)
		rc = TEL_ERR_NOMEM;
	if (rc == TEL_OK)
		rc = offer_alpn(t->ssl, t->alpn);
	SSL_set_connect_state(t->ssl);
	return rc == TEL_OK ? rc : tel__fail_nomem(err);
}

static tel_err prepare(const tel__tls_ctx *tls, tls_stream *t, tel_slice host, tel_error *err)
{
	t->ssl = SSL_new(tls->ssl);
	if (!t->ssl || !open_bio(t))
		return tel__fail_nomem(err);
	SSL_set_app_data(t->ssl, t);
	X509_VERIFY_PARAM_set_time(SSL_get0_param(t->ssl), (time_t)(tel__ctx_unix_ns(tls->ctx) / 1000000000u));
	SSL_set_verify(t->ssl, SSL_get_verify_mode(t->ssl), on_verify);
	if (tls->server) {
		SSL_set_accept_state(t->ssl);
		return TEL_OK;
	}
	return prepare_client(tls, t, host, err);
}

tel_err tel__tls_start(tel__tls_ctx *tls, tel__stream *below, tel_slice host, unsigned alpn, tel__tls_done *done,
                       void *user, tel__tls_handshake **ret_handshake, tel_error *err)
{
	tls_stream *t = tel__mem_zero(tel__ctx_alloc(tls->ctx), 1, sizeof(*t));
	if (!t || tel__ctx_timer_init(tls->ctx, &t->timer, on_timeout, t) != TEL_OK) {
		tel__mem_free(tel__ctx_alloc(tls->ctx), t, 1, sizeof(*t));
		tel__stream_free(below);
		return tel__fail_nomem(err);
	}
	t->base.ops = &tls_ops;
	t->base.below = below;
	t->base.ctx = tls->ctx;
	memcpy(t->base.peer, below->peer, sizeof(t->base.peer));
	t->alpn = alpn;
	t->shaking = true;
	t->done = done;
	t->user = user;
	t->again.run = on_start_or_again;
	t->again.user = t;
	tel_err rc = prepare(tls, t, host, err);
	ERR_clear_error();
	if (rc != TEL_OK) {
		tls_free(&t->base);
		return rc;
	}
	tel__stream_set_handler(below, on_ready, t);
	tel__ctx_arm(tls->ctx, &t->timer, tel__ctx_mono_ns(tls->ctx) + HANDSHAKE_NS);
	tel__ctx_defer(tls->ctx, &t->again);
	*ret_handshake = t;
	return TEL_OK;
}

void tel__tls_cancel(tel__tls_handshake *handshake)
{
	if (handshake)
		tls_free(&handshake->base);
}
