/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and keys, from files or text. Words of failures: otel-processing.md 9.4. */
#include <string.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "net/file.h"
#include "net/tls_i.h"

enum { WHERE = 192 };

/* PEM text: from a file (kept until free), or from the configuration (borrowed). */
typedef struct pem {
	tel_slice text;
	tel__file file;
} pem;

static tel_err pem_get(tel_ctx *ctx, tel_slice file, tel_slice text, EVP_MD_CTX *hash, pem *p, tel_error *err)
{
	*p = (pem){ .text = text };
	if (file.len) {
		tel_err rc = tel__file_read(ctx, file, TEL_LIMIT_PEM_BYTES, &p->file, err);
		if (rc != TEL_OK)
			return rc;
		p->text = (tel_slice){ p->file.bytes, p->file.len };
	}
	if (EVP_DigestUpdate(hash, &p->text.len, sizeof(p->text.len)) != 1 ||
	    EVP_DigestUpdate(hash, p->text.ptr, p->text.len) != 1) {
		tel__file_free(ctx, &p->file);
		return tel__fail_nomem(err);
	}
	return TEL_OK;
}

static BIO *open_text(tel_slice text)
{
	return text.len <= TEL_LIMIT_PEM_BYTES ? BIO_new_mem_buf(text.len ? text.ptr : "", (int)text.len) : NULL;
}

/* OpenSSL would ask at the terminal. */
static int no_passphrase(char *buf, int size, int rwflag, void *user)
{
	(void)buf, (void)size, (void)rwflag, (void)user;
	return -1;
}

/* All certificates of text; NULL: no memory. Blocks that are something else, or damaged, are passed over as Go does. */
static STACK_OF(X509) *read_certs(tel_slice text)
{
	STACK_OF(X509) *certs = sk_X509_new_null();
	BIO *in = open_text(text);
	while (certs && in && !BIO_eof(in)) {
		X509 *cert = PEM_read_bio_X509(in, NULL, no_passphrase, NULL);
		if (cert && !sk_X509_push(certs, cert)) {
			X509_free(cert);
			sk_X509_pop_free(certs, X509_free);
			certs = NULL;
		}
		if (!cert && ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE)
			break;
	}
	ERR_clear_error();
	BIO_free(in);
	if (!in && certs) {
		sk_X509_free(certs);
		certs = NULL;
	}
	return certs;
}

/* ---- authorities ---- */

static tel_err add_roots(X509_STORE *roots, tel_slice text, STACK_OF(X509_NAME) *names, size_t *ret_count)
{
	STACK_OF(X509) *certs = read_certs(text);
	tel_err rc = certs ? TEL_OK : TEL_ERR_NOMEM;
	*ret_count = 0;
	for (int i = 0; certs && rc == TEL_OK && i < sk_X509_num(certs); i++) {
		X509 *cert = sk_X509_value(certs, i);
		X509_NAME *name = names ? X509_NAME_dup(X509_get_subject_name(cert)) : NULL;
		if (X509_STORE_add_cert(roots, cert) != 1 || (names && (!name || !sk_X509_NAME_push(names, name)))) {
			X509_NAME_free(name);
			rc = TEL_ERR_NOMEM;
		}
		++*ret_count;
	}
	sk_X509_pop_free(certs, X509_free);
	return rc;
}

static tel_err load_roots(tel_ctx *ctx, tel_slice file, tel_slice text, EVP_MD_CTX *hash, const char *what,
                          tel__tls_material *m, tel_error *err)
{
	tel_error why = TEL_ERROR_INIT;
	char shown[WHERE];
	size_t count = 0;
	pem p;
	tel_err rc = pem_get(ctx, file, text, hash, &p, &why);
	if (rc != TEL_OK)
		return rc == TEL_ERR_NOMEM ? tel__fail_nomem(err)
		                           : tel__fail(err, rc, "failed to load TLS config: failed to load %s: failed to load "
		                                                "cert %s: %s", what,
		                                       tel__slice_printable(file, shown, sizeof(shown)), why.msg);
	rc = add_roots(m->roots, p.text, m->client_names, &count);
	tel__file_free(ctx, &p.file);
	if (rc != TEL_OK)
		return tel__fail_nomem(err);
	if (count)
		return TEL_OK;
	if (file.len)
		return tel__fail(err, TEL_ERR_CONFIG, "failed to load TLS config: failed to load %s: failed to load cert %s: "
		                                      "failed to parse cert", what,
		                 tel__slice_printable(file, shown, sizeof(shown)));
	return tel__fail(err, TEL_ERR_CONFIG, "failed to load TLS config: failed to load %s: failed to parse cert", what);
}

static tel_err load_client_trust(tel_ctx *ctx, const tel__tls_options *o, EVP_MD_CTX *hash, tel__tls_material *m,
                                 tel_error *err)
{
	bool own = o->ca_file.len || o->ca_pem.len;
	m->roots = X509_STORE_new();
	if (!m->roots)
		return tel__fail_nomem(err);
	if ((!own || o->include_system_ca_certs_pool) && X509_STORE_set_default_paths(m->roots) != 1)
		return tel__fail(err, TEL_ERR_CONFIG, "failed to load TLS config: the system's authorities could not be read");
	ERR_clear_error(); /* a system without any is no failure yet */
	return own ? load_roots(ctx, o->ca_file, o->ca_pem, hash, o->ca_file.len ? "CA CertPool File" : "CA CertPool PEM",
	                        m, err)
	           : TEL_OK;
}

static tel_err load_server_trust(tel_ctx *ctx, const tel__tls_options *o, EVP_MD_CTX *hash, tel__tls_material *m,
                                 tel_error *err)
{
	if (!o->client_ca_file.len)
		return TEL_OK;
	m->roots = X509_STORE_new();
	m->client_names = sk_X509_NAME_new_null();
	if (!m->roots || !m->client_names)
		return tel__fail_nomem(err);
	return load_roots(ctx, o->client_ca_file, (tel_slice){ NULL, 0 }, hash, "client CA CertPool", m, err);
}

/* ---- our own certificate ---- */

static bool has_pem(tel_slice text)
{
	static const char mark[] = "-----BEGIN ";
	for (size_t i = 0; i + sizeof(mark) - 1 <= text.len; i++)
		if (memcmp(text.ptr + i, mark, sizeof(mark) - 1) == 0)
			return true;
	return false;
}

static const char *parse_pair(tel_slice cert, tel_slice key, tel__tls_material *m)
{
	m->chain = read_certs(cert);
	BIO *in = open_text(key);
	if (!m->chain || !in) {
		BIO_free(in);
		return NULL;
	}
	m->key = PEM_read_bio_PrivateKey(in, NULL, no_passphrase, NULL);
	ERR_clear_error();
	BIO_free(in);
	m->cert = sk_X509_shift(m->chain);
	if (!m->cert)
		return has_pem(cert) ? "tls: failed to find \"CERTIFICATE\" PEM block in certificate input"
		                     : "tls: failed to find any PEM data in certificate input";
	if (!m->key)
		return has_pem(key) ? "tls: failed to parse private key" : "tls: failed to find any PEM data in key input";
	if (X509_check_private_key(m->cert, m->key) != 1) {
		ERR_clear_error();
		return "tls: private key does not match public key";
	}
	return "";
}

static tel_err load_pair(tel_ctx *ctx, const tel__tls_options *o, EVP_MD_CTX *hash, tel__tls_material *m,
                         tel_error *err)
{
	static const char intro[] = "failed to load TLS config: failed to load TLS cert and key";
	tel_error why = TEL_ERROR_INIT;
	pem cert, key = { .text = { NULL, 0 } };
	tel_err rc = pem_get(ctx, o->cert_file, o->cert_pem, hash, &cert, &why);
	if (rc == TEL_OK)
		rc = pem_get(ctx, o->key_file, o->key_pem, hash, &key, &why);
	if (rc == TEL_OK) {
		const char *text = parse_pair(cert.text, key.text, m);
		if (!text)
			rc = tel__fail_nomem(err);
		else if (text[0])
			rc = tel__fail(err, TEL_ERR_CONFIG, "%s: failed to load TLS cert and key PEMs: %s", intro, text);
	} else if (rc == TEL_ERR_NOMEM) {
		(void)tel__fail_nomem(err);
	} else {
		(void)tel__fail(err, rc, "%s: %s", intro, why.msg);
	}
	tel__file_free(ctx, &cert.file);
	tel__file_free(ctx, &key.file);
	return rc;
}

static tel_err check_pair_keys(const tel__tls_options *o, bool server, tel_error *err)
{
	bool cert = o->cert_file.len || o->cert_pem.len, key = o->key_file.len || o->key_pem.len;
	if (cert == key && (cert || !server))
		return TEL_OK;
	return tel__fail(err, TEL_ERR_CONFIG, "failed to load TLS config: TLS configuration must include both certificate and "
	                                      "key (CertFile/CertPem and KeyFile/KeyPem)");
}

tel_err tel__tls_material_load(tel_ctx *ctx, const tel__tls_options *o, bool server, tel__tls_material *ret,
                               tel_error *err)
{
	tel__tls_material m = { 0 };
	tel_err rc = check_pair_keys(o, server, err);
	if (rc != TEL_OK)
		return rc;
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	if (!hash)
		rc = tel__fail_nomem(err);
	else if (EVP_DigestInit_ex(hash, EVP_sha256(), NULL) != 1)
		rc = tel__tls_not_offered("SHA-256", err);
	if (rc == TEL_OK)
		rc = (server ? load_server_trust : load_client_trust)(ctx, o, hash, &m, err);
	if (rc == TEL_OK && (o->cert_file.len || o->cert_pem.len))
		rc = load_pair(ctx, o, hash, &m, err);
	if (rc == TEL_OK && EVP_DigestFinal_ex(hash, m.digest, NULL) != 1)
		rc = tel__fail_nomem(err);
	EVP_MD_CTX_free(hash);
	if (rc == TEL_OK)
		*ret = m;
	else
		tel__tls_material_fini(&m);
	return rc;
}

void tel__tls_material_fini(tel__tls_material *m)
{
	X509_STORE_free(m->roots);
	X509_free(m->cert);
	EVP_PKEY_free(m->key);
	sk_X509_pop_free(m->chain, X509_free);
	sk_X509_NAME_pop_free(m->client_names, X509_NAME_free);
	*m = (tel__tls_material){ 0 };
}
