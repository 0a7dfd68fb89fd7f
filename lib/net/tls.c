/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts: the rules of an endpoint, and reading its files again. security.md S45, S46. */
#include "net/tls_i.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/log_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "net/renewals.h"

enum { LIST_BYTES = 4096, NAME_BYTES = 256, MAX_CERT_LIST = 100 * 1024 };
static const uint64_t CLIENT_CA_RELOAD_NS = 10000000000u; /* the Collector watches the file; we look */

/* ---- rules ---- */

/* 1.0 and 1.1 mean the oldest that we speak: security.md S45. */
static tel_err set_versions(SSL_CTX *ssl, const tel__tls_options *o, tel_error *err)
{
	bool only_old = tel__slice_is(o->max_version, "1.0") || tel__slice_is(o->max_version, "1.1");
	if (only_old)
		return tel__fail(err, TEL_ERR_UNSUPPORTED, "failed to load TLS config: invalid TLS max_version: versions before "
		                                           "1.2 are not offered");
	int min = tel__slice_is(o->min_version, "1.3") ? TLS1_3_VERSION : TLS1_2_VERSION;
	int max = tel__slice_is(o->max_version, "1.2") ? TLS1_2_VERSION : TLS1_3_VERSION;
	return SSL_CTX_set_min_proto_version(ssl, min) == 1 && SSL_CTX_set_max_proto_version(ssl, max) == 1
		? TEL_OK : tel__fail(err, TEL_ERR_CONFIG, "failed to load TLS config: the TLS versions are not available");
}

/* Go's names are the registry's. Those of TLS 1.3 are accepted and change nothing, as there. */
static tel_err set_ciphers(tel_ctx *ctx, SSL_CTX *ssl, const tel__tls_options *o, tel_error *err)
{
	tel_err rc = TEL_OK;
	tel__dynbuf list;
	char name[64], shown[64];
	tel__dynbuf_init(&list, tel__ctx_alloc(ctx), LIST_BYTES);
	for (size_t i = 0; rc == TEL_OK && i < o->cipher_suites.count; i++) {
		tel_slice word = o->cipher_suites.items[i];
		const char *found = "(NONE)";
		if (word.len < sizeof(name)) {
			memcpy(name, word.ptr, word.len);
			name[word.len] = '\0';
			found = OPENSSL_cipher_name(name);
		}
		if (strcmp(found, "(NONE)") == 0)
			rc = tel__fail(err, TEL_ERR_CONFIG, "failed to load TLS config: invalid TLS cipher suite: \"%s\"",
			               tel__slice_printable(word, shown, sizeof(shown)));
		else if (strncmp(found, "TLS_", 4) != 0)
			tel__dynbuf_fmt(&list, "%s%s", tel__dynbuf_get(&list).len ? ":" : "", found);
	}
	tel__dynbuf_byte(&list, '\0');
	if (rc == TEL_OK && tel__dynbuf_error(&list) != TEL_OK)
		rc = tel__fail_nomem(err);
	if (rc == TEL_OK && tel__dynbuf_get(&list).len > 1 && SSL_CTX_set_cipher_list(ssl, tel__dynbuf_get(&list).ptr) != 1)
		rc = tel__fail(err, TEL_ERR_CONFIG, "failed to load TLS config: none of the TLS cipher suites is available");
	tel__dynbuf_fini(&list);
	return rc;
}

/* TLS 1.3 with AES-128-GCM first, as Go has it: a quarter cheaper than AES-256-GCM, which OpenSSL prefers, and as far out of
 * reach. What the system's configuration took out stays out. */
static tel_err prefer_fast_suites(SSL_CTX *ssl)
{
	static const char first[] = "TLS_AES_128_GCM_SHA256";
	const STACK_OF(SSL_CIPHER) *all = SSL_CTX_get_ciphers(ssl);
	char list[256] = "";

	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < sk_SSL_CIPHER_num(all); i++) {
			const SSL_CIPHER *c = sk_SSL_CIPHER_value(all, i);
			const char *name = SSL_CIPHER_get_name(c);
			if (strcmp(SSL_CIPHER_get_version(c), "TLSv1.3") != 0 || (strcmp(name, first) == 0) != (pass == 0))
				continue;
			if (strlen(list) + strlen(name) + 2 > sizeof(list))
				return TEL_OK; /* more than exist: the order stays */
			if (list[0])
				strcat(list, ":");
			strcat(list, name);
		}
	}
	return !list[0] || SSL_CTX_set_ciphersuites(ssl, list) == 1 ? TEL_OK : TEL_ERR_NOMEM;
}

static tel_err set_curves(SSL_CTX *ssl, const tel__tls_options *o, tel_error *err)
{
	static const struct {
		const char *go, *openssl;
	} curves[] = { { "P256", "P-256" }, { "P384", "P-384" }, { "P521", "P-521" }, { "X25519", "X25519" } };
	char list[64] = "", shown[64];
	for (size_t i = 0; i < o->curve_preferences.count; i++) {
		size_t k = 0;
		while (k < sizeof(curves) / sizeof(curves[0]) && !tel__slice_is(o->curve_preferences.items[i], curves[k].go))
			k++;
		if (k == sizeof(curves) / sizeof(curves[0]))
			return tel__fail(err, TEL_ERR_CONFIG, "failed to load TLS config: invalid curve type: %s. Expected values are "
			                                      "[P256 P384 P521 X25519]",
			                 tel__slice_printable(o->curve_preferences.items[i], shown, sizeof(shown)));
		if (strstr(list, curves[k].openssl))
			continue;
		if (list[0])
			strcat(list, ":");
		strcat(list, curves[k].openssl); /* all four fit */
	}
	return !list[0] || SSL_CTX_set1_groups_list(ssl, list) == 1
		? TEL_OK : tel__fail(err, TEL_ERR_CONFIG, "failed to load TLS config: the curves are not available");
}

static tel_err set_material(SSL_CTX *ssl, const tel__tls_material *m, tel_error *err)
{
	if (m->roots)
		SSL_CTX_set1_cert_store(ssl, m->roots);
	if (m->client_names) {
		STACK_OF(X509_NAME) *names = SSL_dup_CA_list(m->client_names);
		if (!names)
			return tel__fail_nomem(err);
		SSL_CTX_set_client_CA_list(ssl, names);
	}
	if (m->cert && SSL_CTX_use_cert_and_key(ssl, m->cert, m->key, m->chain, 1) != 1) {
		const char *why = ERR_reason_error_string(ERR_peek_last_error());
		return tel__fail(err, TEL_ERR_CONFIG, "failed to load TLS config: failed to load TLS cert and key: %s",
		                 why ? why : "not acceptable");
	}
	return TEL_OK;
}

static void set_verification(SSL_CTX *ssl, const tel__tls_ctx *t, const tel__tls_material *m)
{
	X509_VERIFY_PARAM *p = SSL_CTX_get0_param(ssl);
	int mode = SSL_VERIFY_NONE;
	if (t->server && m->roots)
		mode = SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT;
	else if (!t->server && !t->options->insecure_skip_verify)
		mode = SSL_VERIFY_PEER;
	SSL_CTX_set_verify(ssl, mode, NULL);
	/* As Go: names only from subjectAltName, "*" only as a whole label, and what is in the pool is trusted, also when it
	 * is not a root. */
	X509_VERIFY_PARAM_set_hostflags(p, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	X509_VERIFY_PARAM_set_flags(p, X509_V_FLAG_PARTIAL_CHAIN);
}

static tel_err set_rules(const tel__tls_ctx *t, const tel__tls_material *m, SSL_CTX *ssl, tel_error *err)
{
	tel_err rc = set_versions(ssl, t->options, err);
	if (SSL_CTX_get_security_level(ssl) < 2)
		SSL_CTX_set_security_level(ssl, 2); /* weak keys and hashes, security.md S45 */
	if (rc == TEL_OK && prefer_fast_suites(ssl) != TEL_OK)
		rc = tel__fail_nomem(err);
	if (rc == TEL_OK)
		rc = set_ciphers(t->ctx, ssl, t->options, err);
	if (rc == TEL_OK)
		rc = set_curves(ssl, t->options, err);
	if (rc == TEL_OK)
		rc = set_material(ssl, m, err);
	if (rc == TEL_OK)
		set_verification(ssl, t, m);
	ERR_clear_error();
	return rc;
}

tel_slice tel__tls_name(const tel__tls_ctx *tls, tel_slice host)
{
	return tls->options->server_name_override.len ? tls->options->server_name_override : host;
}

tel_err tel__tls_expect_name(X509_VERIFY_PARAM *p, tel_slice host, bool *ret_is_name, char *name, size_t cap)
{
	size_t zone = tel__slice_find(host, '%');
	if (zone < host.len)
		host.len = zone; /* of an IPv6 address: the certificate does not know our interfaces */
	if (host.len && host.ptr[host.len - 1] == '.')
		host.len--;
	if (host.len == 0 || host.len >= cap || memchr(host.ptr, 0, host.len))
		return TEL_ERR_ARG;
	memcpy(name, host.ptr, host.len);
	name[host.len] = '\0';
	*ret_is_name = X509_VERIFY_PARAM_set1_ip_asc(p, name) != 1;
	ERR_clear_error();
	if (*ret_is_name && X509_VERIFY_PARAM_set1_host(p, name, host.len) != 1)
		return TEL_ERR_NOMEM;
	return TEL_OK;
}

bool tel__tls_verifies(const tel__tls_ctx *tls)
{
	return !tls->options->insecure_skip_verify;
}

/* curl names the host of the URL; with an override the handshake must name another. */
static void on_info(const SSL *ssl, int where, int ret)
{
	(void)ret;
	if (where & SSL_CB_HANDSHAKE_START) {
		const tel__tls_ctx *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
		tel_slice o = t ? t->options->server_name_override : (tel_slice){ NULL, 0 };
		char name[NAME_BYTES];
		if (o.len == 0 || o.len >= sizeof(name))
			return;
		memcpy(name, o.ptr, o.len);
		name[o.len] = '\0';
		/* The handle is curl's, and not const there. */
		(void)SSL_set_tlsext_host_name((SSL *)(uintptr_t)ssl, name);
	}
}

tel_err tel__tls_apply(const tel__tls_ctx *tls, void *ssl_ctx, tel_slice host)
{
	SSL_CTX *ssl = ssl_ctx;
	X509_VERIFY_PARAM *p = SSL_CTX_get0_param(ssl);
	char name[NAME_BYTES];
	bool is_name;
	tel_err rc = set_rules(tls, &tls->material, ssl, NULL);
	X509_VERIFY_PARAM_set_time(p, (time_t)(tel__ctx_unix_ns(tls->ctx) / 1000000000u));
	if (rc == TEL_OK && !tls->options->insecure_skip_verify)
		rc = tel__tls_expect_name(p, tel__tls_name(tls, host), &is_name, name, sizeof(name));
	if (rc == TEL_OK && tls->options->server_name_override.len) {
		SSL_CTX_set_app_data(ssl, (void *)(uintptr_t)tls);
		SSL_CTX_set_info_callback(ssl, on_info);
	}
	return rc;
}

/* ---- contexts ---- */

/* A server takes the first of its own list that the peer offers; HTTP/2 goes first. */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
                   unsigned in_len, void *arg)
{
	static const struct {
		unsigned bit;
		const char *name;
	} known[] = { { TEL__TLS_H2, "h2" }, { TEL__TLS_HTTP1, "http/1.1" } };
	unsigned allowed = tel__tls_stream_alpn(SSL_get_app_data(ssl));
	(void)arg;
	for (size_t k = 0; k < 2; k++) {
		size_t len = strlen(known[k].name);
		for (unsigned i = 0; (allowed & known[k].bit) && i < in_len && i + 1u + in[i] <= in_len; i += 1u + in[i]) {
			if (in[i] == len && memcmp(in + i + 1, known[k].name, len) == 0) {
				*out = in + i + 1;
				*out_len = in[i];
				return SSL_TLSEXT_ERR_OK;
			}
		}
	}
	return SSL_TLSEXT_ERR_ALERT_FATAL; /* no_application_protocol, RFC 7301 section 3.2 */
}

tel_err tel__tls_not_offered(const char *what, tel_error *err)
{
	unsigned long code = ERR_peek_last_error();
	const char *why = ERR_reason_error_string(code);
	ERR_clear_error();
	if (ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
		return tel__fail_nomem(err);
	return tel__fail(err, TEL_ERR_UNSUPPORTED, "failed to load TLS config: OpenSSL as this system configures it does not offer %s: "
	                                           "%s", what, why ? why : "no reason is given");
}

static tel_err make_ssl(tel__tls_ctx *t, const tel__tls_material *m, SSL_CTX **ret_ssl, tel_error *err)
{
	SSL_CTX *ssl = SSL_CTX_new(t->server ? TLS_server_method() : TLS_client_method());
	if (!ssl)
		return tel__tls_not_offered("TLS", err);
	/* No resumption: a session must not outlive the certificate it was opened with (security.md S45). */
	SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
	                                 SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_num_tickets(ssl, 0);
	SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_read_ahead(ssl, 1);
	SSL_CTX_set_max_cert_list(ssl, MAX_CERT_LIST);
	if (t->server)
		SSL_CTX_set_alpn_select_cb(ssl, on_alpn, NULL);
	tel_err rc = set_rules(t, m, ssl, err);
	if (rc == TEL_OK)
		*ret_ssl = ssl;
	else
		SSL_CTX_free(ssl);
	return rc;
}

static tel_err load(tel__tls_ctx *t, tel_error *err)
{
	tel__tls_material m;
	SSL_CTX *ssl = NULL;
	tel_err rc = tel__tls_material_load(t->ctx, t->options, t->server, &m, err);
	if (rc != TEL_OK)
		return rc;
	if (t->ssl && memcmp(m.digest, t->material.digest, sizeof(m.digest)) == 0) {
		tel__tls_material_fini(&m);
		return TEL_OK;
	}
	rc = make_ssl(t, &m, &ssl, err);
	if (rc != TEL_OK) {
		tel__tls_material_fini(&m);
		return rc;
	}
	tel__tls_material_fini(&t->material);
	SSL_CTX_free(t->ssl); /* open connections hold a reference */
	t->material = m;
	t->ssl = ssl;
	return TEL_OK;
}

/* ---- reload ---- */

static uint64_t interval_ns(const tel__tls_options *o)
{
	if (o->reload_interval > 0)
		return (uint64_t)o->reload_interval;
	return o->client_ca_file_reload && o->client_ca_file.len ? CLIENT_CA_RELOAD_NS : 0;
}

static const tel__log_source *who(const tel__tls_ctx *tls)
{
	return tls->id ? &tls->source : NULL;
}

/* Once per reason, not once per look: a repair that is none says so. */
static void complain(tel__tls_ctx *tls, const char *why)
{
	const tel_log_field field = TEL__LOG_STR("error", tel__slice_str(why));
	uint64_t hash = tel__slice_hash(tel__slice_str(why), 0);
	if (!tls->stale || hash != tls->stale_why)
		tel__log(tel__ctx_log(tls->ctx), TEL_LOG_WARN, who(tls), "TLS files cannot be used, the last good ones stay",
		         &field, 1);
	tls->stale_why = hash;
}

tel_err tel__tls_reload(tel__tls_ctx *tls, tel_error *err)
{
	tel_error why = TEL_ERROR_INIT;
	SSL_CTX *before = tls->ssl;
	tel_err rc = load(tls, &why);
	if (rc != TEL_OK)
		complain(tls, why.msg);
	else if (tls->stale)
		tel__log(tel__ctx_log(tls->ctx), TEL_LOG_INFO, who(tls), "TLS files can be used again", NULL, 0);
	tel__renewal_note(tls->ctx, tls->source.id, TEL__RENEWAL_TLS, rc == TEL_OK, tls->ssl != before, tls->stale);
	tls->stale = rc != TEL_OK;
	if (rc != TEL_OK && err)
		*err = why;
	return rc;
}

void tel__tls_set_source(tel__tls_ctx *tls, const tel__log_source *source)
{
	if (tls->id || !source->id.len || !(tls->id = tel__mem_new(tel__ctx_alloc(tls->ctx), source->id.len, 1)))
		return; /* nameless, it works as well */
	memcpy(tls->id, source->id.ptr, source->id.len);
	tls->source = *source;
	tls->source.id.ptr = tls->id;
}

static void on_reload(void *user)
{
	tel__tls_ctx *t = user;
	(void)tel__tls_reload(t, NULL);
	tel__ctx_arm(t->ctx, &t->timer, tel__ctx_mono_ns(t->ctx) + interval_ns(t->options));
}

void tel__tls_reload_all(tel_ctx *ctx)
{
	for (tel__tls_ctx *t = *tel__ctx_tls(ctx); t; t = t->next)
		(void)tel__tls_reload(t, NULL);
}

static void link_ctx(tel__tls_ctx *t)
{
	tel__tls_ctx **first = tel__ctx_tls(t->ctx);
	t->next = *first;
	if (t->next)
		t->next->prev = t;
	*first = t;
}

static void unlink_ctx(tel__tls_ctx *t)
{
	*(t->prev ? &t->prev->next : tel__ctx_tls(t->ctx)) = t->next;
	if (t->next)
		t->next->prev = t->prev;
}

static tel_err ctx_new(tel_ctx *ctx, const tel__tls_options *options, bool server, tel__tls_ctx **ret_tls, tel_error *err)
{
	tel__tls_ctx *t = tel__mem_zero(tel__ctx_alloc(ctx), 1, sizeof(*t));
	if (!t)
		return tel__fail_nomem(err);
	t->ctx = ctx;
	t->options = options;
	t->server = server;
	link_ctx(t);
	tel_err rc = load(t, err);
	if (rc == TEL_OK && interval_ns(options)) {
		rc = tel__ctx_timer_init(ctx, &t->timer, on_reload, t);
		t->has_timer = rc == TEL_OK;
		if (t->has_timer)
			tel__ctx_arm(ctx, &t->timer, tel__ctx_mono_ns(ctx) + interval_ns(options));
		else
			(void)tel__fail_nomem(err);
	}
	if (rc != TEL_OK) {
		tel__tls_free(t);
		return rc;
	}
	*ret_tls = t;
	return TEL_OK;
}

tel_err tel__tls_client_new(tel_ctx *ctx, const tel__tls_options *options, tel__tls_ctx **ret_tls, tel_error *err)
{
	return ctx_new(ctx, options, false, ret_tls, err);
}

tel_err tel__tls_server_new(tel_ctx *ctx, const tel__tls_options *options, tel__tls_ctx **ret_tls, tel_error *err)
{
	return ctx_new(ctx, options, true, ret_tls, err);
}

void tel__tls_free(tel__tls_ctx *tls)
{
	if (!tls)
		return;
	unlink_ctx(tls);
	if (tls->has_timer)
		tel__ctx_timer_fini(tls->ctx, &tls->timer);
	if (tls->stale)
		tel__renewal_gone(tls->ctx, tls->source.id, TEL__RENEWAL_TLS);
	if (tls->id)
		tel__mem_free(tel__ctx_alloc(tls->ctx), tls->id, tls->source.id.len, 1);
	SSL_CTX_free(tls->ssl);
	tel__tls_material_fini(&tls->material);
	tel__mem_free(tel__ctx_alloc(tls->ctx), tls, 1, sizeof(*tls));
}
