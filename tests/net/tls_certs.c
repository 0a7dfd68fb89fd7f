/* SPDX-License-Identifier: Apache-2.0 */
#include "seams/cm.h"

#include "net/tls_certs.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>

static void add_ext(X509 *cert, const tls_pair *issuer, int nid, const char *value)
{
	X509V3_CTX v3;
	X509V3_set_ctx(&v3, issuer ? issuer->cert : cert, cert, NULL, NULL, 0);
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &v3, nid, value);
	assert_non_null(ext);
	assert_int_equal(X509_add_ext(cert, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

static char *pem_text(X509 *cert, EVP_PKEY *key)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *data;
	assert_int_equal(cert ? PEM_write_bio_X509(out, cert) : PEM_write_bio_PrivateKey(out, key, NULL, NULL, 0, NULL, NULL), 1);
	long len = BIO_get_mem_data(out, &data);
	char *text = malloc((size_t)len + 1);
	assert_non_null(text);
	memcpy(text, data, (size_t)len);
	text[len] = '\0';
	BIO_free(out);
	return text;
}

void tls_pair_make(tls_pair *p, const tls_spec *spec, uint64_t now_unix_s)
{
	static long serial = 1;
	bool range = spec->from_s || spec->until_s;
	p->key = spec->rsa1024 ? EVP_RSA_gen(1024) : EVP_EC_gen("P-256");
	p->cert = X509_new();
	assert_non_null(p->key);
	X509_set_version(p->cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(p->cert), serial++);
	ASN1_TIME_set(X509_getm_notBefore(p->cert), (time_t)now_unix_s + (range ? spec->from_s : -3600));
	ASN1_TIME_set(X509_getm_notAfter(p->cert), (time_t)now_unix_s + (range ? spec->until_s : 3600));
	X509_set_pubkey(p->cert, p->key);
	X509_NAME *name = X509_get_subject_name(p->cert);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)spec->cn, -1, -1, 0);
	X509_set_issuer_name(p->cert, spec->issuer ? X509_get_subject_name(spec->issuer->cert) : name);
	add_ext(p->cert, spec->issuer, NID_basic_constraints, spec->ca ? "critical,CA:TRUE" : "CA:FALSE");
	if (!spec->ca)
		add_ext(p->cert, spec->issuer, NID_ext_key_usage, spec->eku ? spec->eku : "serverAuth,clientAuth");
	if (spec->san)
		add_ext(p->cert, spec->issuer, NID_subject_alt_name, spec->san);
	assert_true(X509_sign(p->cert, spec->issuer ? spec->issuer->key : p->key,
	                      spec->digest ? spec->digest : EVP_sha256()) > 0);
	p->cert_pem = pem_text(p->cert, NULL);
	p->key_pem = pem_text(NULL, p->key);
}

void tls_pair_free(tls_pair *p)
{
	X509_free(p->cert);
	EVP_PKEY_free(p->key);
	free(p->cert_pem);
	free(p->key_pem);
}
