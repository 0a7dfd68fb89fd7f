/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What certificates are, for the rules of lib/control. Kyma's manager is written in Go, so PEM is read as Go reads it: the
 * first block of a text counts whatever it is called, blocks that are damaged are passed over, and a pair is what
 * tls.X509KeyPair takes.
 */
#include <telemetry/certificate.h>

#include <string.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "base/error_i.h"
#include "base/limits.h"
#include "base/slice_i.h"

/* One block of PEM. */
typedef struct block {
	char *name, *header;
	unsigned char *der;
	long len;
} block;

static void block_free(block *b)
{
	OPENSSL_free(b->name);
	OPENSSL_free(b->header);
	OPENSSL_free(b->der);
	*b = (block){ NULL, NULL, NULL, 0 };
}

/* The next block that is whole; false: there is none. */
static bool next_block(BIO *in, block *b)
{
	*b = (block){ NULL, NULL, NULL, 0 };
	while (!BIO_eof(in)) {
		if (PEM_read_bio(in, &b->name, &b->header, &b->der, &b->len) == 1)
			return true;
		if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE)
			break;
	}
	ERR_clear_error();
	return false;
}

/* The first block for which wanted says yes. NULL text, or one that is too long, has none. TEL_OK also when there is none:
 * b->name is NULL then. */
static tel_err find_block(tel_slice text, bool (*wanted)(const char *name), block *b)
{
	BIO *in;

	*b = (block){ NULL, NULL, NULL, 0 };
	if (text.len == 0 || text.len > TEL_LIMIT_PEM_BYTES)
		return TEL_OK;
	in = BIO_new_mem_buf(text.ptr, (int)text.len);
	if (!in)
		return TEL_ERR_NOMEM;
	while (next_block(in, b) && !wanted(b->name))
		block_free(b);
	BIO_free(in);
	return TEL_OK;
}

static bool is_any(const char *name)
{
	(void)name;
	return true;
}

static bool is_certificate(const char *name)
{
	return strcmp(name, "CERTIFICATE") == 0;
}

static bool is_key(const char *name)
{
	tel_slice s = tel__slice_str(name);

	return tel__slice_is(s, "PRIVATE KEY") || tel__slice_ends(s, TEL_SLICE_LIT(" PRIVATE KEY"));
}

/* ---- certificates ---- */

static bool unix_seconds(const ASN1_TIME *time, int64_t *ret_s)
{
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days = 0, seconds = 0;
	bool ok = epoch && ASN1_TIME_diff(&days, &seconds, epoch, time) == 1;

	ASN1_TIME_free(epoch);
	if (ok)
		*ret_s = (int64_t)days * 86400 + seconds;
	return ok;
}

static void put_subject(X509 *cert, char *out, size_t cap)
{
	BIO *text = BIO_new(BIO_s_mem());
	char *data = NULL;
	long len = 0;

	if (text && X509_NAME_print_ex(text, X509_get_subject_name(cert), 0, XN_FLAG_RFC2253) >= 0)
		len = BIO_get_mem_data(text, &data);
	tel__slice_printable((tel_slice){ data ? data : "", len > 0 ? (size_t)len : 0 }, out, cap);
	BIO_free(text);
}

/* What one text of certificates says. */
typedef struct known {
	int64_t not_before_s, not_after_s;
	bool is_ca;
	char subject[sizeof(((tel_certificate_facts *)0)->cert_subject)];
} known;

/* Adds what one certificate says; false: Go would not take it. */
static bool look_at(X509 *cert, bool first, known *k)
{
	int64_t not_before_s, not_after_s;

	if (!unix_seconds(X509_get0_notBefore(cert), &not_before_s) || !unix_seconds(X509_get0_notAfter(cert), &not_after_s))
		return false;
	k->not_before_s = first || not_before_s > k->not_before_s ? not_before_s : k->not_before_s;
	k->not_after_s = first || not_after_s < k->not_after_s ? not_after_s : k->not_after_s;
	k->is_ca = (first || k->is_ca) && (X509_get_extension_flags(cert) & EXFLAG_CA) != 0;
	if (first)
		put_subject(cert, k->subject, sizeof(k->subject));
	return true;
}

/* The certificates of a block, one behind the other; most: how many there may be. */
static bool parse_block(const block *b, size_t most, known *k)
{
	const unsigned char *at = b->der, *end = b->der + b->len;
	size_t count = 0;
	bool ok = true;

	while (ok && at < end && count < most) {
		X509 *cert = d2i_X509(NULL, &at, end - at);

		ok = cert && look_at(cert, count++ == 0, k);
		X509_free(cert);
	}
	ERR_clear_error();
	return ok && at == end && count > 0;
}

static tel_err read_certificates(tel_slice text, size_t most, tel_pem_state *ret_state, known *k)
{
	block b;
	tel_err rc = find_block(text, is_any, &b);

	*ret_state = !text.ptr ? TEL_PEM_ABSENT : !b.name ? TEL_PEM_NO_BLOCK : parse_block(&b, most, k) ? TEL_PEM_READ
	                                                                                                 : TEL_PEM_NOT_PARSED;
	if (*ret_state != TEL_PEM_READ)
		*k = (known){ .is_ca = false }; /* nothing of a block of which only the start is good */
	block_free(&b);
	return rc;
}

/* ---- a key and its certificate ---- */

static EVP_PKEY *parse_key(const block *b)
{
	const unsigned char *at = b->der;
	EVP_PKEY *key = b->name ? d2i_AutoPrivateKey(NULL, &at, b->len) : NULL;
	int type = key ? EVP_PKEY_get_base_id(key) : 0;

	if (key && type != EVP_PKEY_RSA && type != EVP_PKEY_EC && type != EVP_PKEY_ED25519) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	return key;
}

static tel_err match_pair(tel_slice cert_text, tel_slice key_text, bool *ret_matches)
{
	block cert = { NULL, NULL, NULL, 0 }, key = { NULL, NULL, NULL, 0 };
	const unsigned char *at;
	EVP_PKEY *private_key;
	X509 *leaf;
	tel_err rc = find_block(cert_text, is_certificate, &cert);

	if (rc == TEL_OK)
		rc = find_block(key_text, is_key, &key);
	at = cert.der;
	leaf = rc == TEL_OK && cert.name ? d2i_X509(NULL, &at, cert.len) : NULL;
	private_key = leaf ? parse_key(&key) : NULL;
	*ret_matches = leaf && private_key && X509_check_private_key(leaf, private_key) == 1;
	ERR_clear_error();
	EVP_PKEY_free(private_key);
	X509_free(leaf);
	OPENSSL_cleanse(key.der, key.der ? (size_t)key.len : 0);
	block_free(&cert);
	block_free(&key);
	return rc;
}

tel_err tel_certificates_read(void *user, tel_slice cert, tel_slice key, tel_slice ca, tel_certificate_facts *facts)
{
	tel_certificate_facts f = TEL_CERTIFICATE_FACTS_INIT;
	known of_cert = { 0 }, of_ca = { 0 };
	tel_err rc = read_certificates(cert, 1, &f.cert, &of_cert);
	block first = { NULL, NULL, NULL, 0 };

	(void)user;
	if (rc == TEL_OK)
		rc = read_certificates(ca, SIZE_MAX, &f.ca, &of_ca);
	if (rc == TEL_OK)
		rc = find_block(key, is_any, &first);
	f.key = !key.ptr ? TEL_PEM_ABSENT : first.name ? TEL_PEM_READ : TEL_PEM_NO_BLOCK;
	OPENSSL_cleanse(first.der, first.der ? (size_t)first.len : 0);
	block_free(&first);
	if (rc == TEL_OK && f.cert == TEL_PEM_READ && f.key == TEL_PEM_READ)
		rc = match_pair(cert, key, &f.key_matches);
	if (rc != TEL_OK)
		return rc;
	f.size = facts->size;
	f.ca_is_ca = of_ca.is_ca;
	f.cert_not_before_s = of_cert.not_before_s;
	f.cert_not_after_s = of_cert.not_after_s;
	f.ca_not_before_s = of_ca.not_before_s;
	f.ca_not_after_s = of_ca.not_after_s;
	memcpy(f.cert_subject, of_cert.subject, sizeof(f.cert_subject));
	memcpy(f.ca_subject, of_ca.subject, sizeof(f.ca_subject));
	memcpy(facts, &f, f.size < sizeof(f) ? f.size : sizeof(f));
	return TEL_OK;
}
