/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_TLS_I_H
#define TEL_NET_TLS_I_H
/* Inside of TLS: what was read from files (tls_material.c), contexts made of it (tls.c), connections (tls_stream.c). */
#include <openssl/ssl.h>

#include "net/tls.h"

TEL_PRIVATE_BEGIN

typedef struct tel__tls_material {
	X509_STORE *roots; /* whom we trust; NULL = a server that asks for no certificate */
	X509 *cert;        /* ours, NULL = none */
	EVP_PKEY *key;
	STACK_OF(X509) *chain;
	STACK_OF(X509_NAME) *client_names; /* what a server says that it trusts */
	unsigned char digest[32];          /* of everything read */
} tel__tls_material;

/* OpenSSL refused: a property of the system's configuration (FIPS), or no memory. TEL_ERR_UNSUPPORTED, TEL_ERR_NOMEM. */
tel_err tel__tls_not_offered(const char *what, tel_error *err);
/* *ret is filled on success only. */
tel_err tel__tls_material_load(tel_ctx *ctx, const tel__tls_options *o, bool server, tel__tls_material *ret, tel_error *err);
void tel__tls_material_fini(tel__tls_material *m);

struct tel__tls_ctx {
	tel_ctx *ctx;
	tel__tls_ctx *prev, *next; /* of the context's */
	const tel__tls_options *options;
	bool server, has_timer;
	bool stale;               /* the files cannot be used now */
	uint64_t stale_why;       /* hash of the reason that was logged */
	tel__log_source source;   /* who logs; the id is ours */
	char *id;
	tel__tls_material material;
	SSL_CTX *ssl;
	tel__timer timer; /* of reloading */
};

/* Sets rules for the peer's name on p. TEL_ERR_ARG: host is neither a name nor an address. */
tel_err tel__tls_expect_name(X509_VERIFY_PARAM *p, tel_slice host, bool *ret_is_name, char *name, size_t cap);
/* Whom to expect: server_name_override, else host. */
tel_slice tel__tls_name(const tel__tls_ctx *tls, tel_slice host);

/* What the connection accepts, as bits of TEL__TLS_. */
unsigned tel__tls_stream_alpn(const struct tel__tls_stream *s);

TEL_PRIVATE_END
#endif
