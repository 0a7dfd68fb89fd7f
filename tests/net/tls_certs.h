/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_NET_TLS_CERTS_H
#define TESTS_NET_TLS_CERTS_H
/* Certificates made while the test runs, for the test's time. */
#include <openssl/x509v3.h>

#include <telemetry/slice.h>

typedef struct tls_pair {
	X509 *cert;
	EVP_PKEY *key;
	char *cert_pem, *key_pem; /* NUL-terminated */
} tls_pair;

typedef struct tls_spec {
	const char *cn, *san;         /* san: "DNS:localhost,IP:127.0.0.1", NULL = none */
	const char *eku;              /* NULL = "serverAuth,clientAuth" */
	const tls_pair *issuer;       /* NULL = itself */
	bool ca, rsa1024;
	long from_s, until_s;         /* relative to now; both 0 = an hour around */
	const EVP_MD *digest;         /* NULL = SHA-256 */
} tls_spec;

void tls_pair_make(tls_pair *p, const tls_spec *spec, uint64_t now_unix_s);
void tls_pair_free(tls_pair *p);
#endif
