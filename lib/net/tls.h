/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_TLS_H
#define TEL_NET_TLS_H
/*
 * TLS as a filter of net/stream.h. A tel__tls_ctx holds certificates and rules of one endpoint; a handshake turns the
 * stream below into one that is encrypted and whose peer is verified. TLS 1.2 and 1.3. doc/internals/tls.md.
 */
#include "net/stream.h"
#include "net/tls_options.h"

TEL_PRIVATE_BEGIN

typedef struct tel__tls_ctx tel__tls_ctx;

/* Reads the files; options are borrowed until free. TEL_ERR_CONFIG with the Collector's texts, TEL_ERR_UNSUPPORTED,
 * TEL_ERR_NOMEM. With a reload_interval the files are read again; what cannot be used is logged and the last good
 * material stays. */
tel_err tel__tls_client_new(tel_ctx *ctx, const tel__tls_options *options, tel__tls_ctx **ret_tls, tel_error *err);
tel_err tel__tls_server_new(tel_ctx *ctx, const tel__tls_options *options, tel__tls_ctx **ret_tls, tel_error *err);
void tel__tls_free(tel__tls_ctx *tls); /* NULL is fine; handshakes and streams live on */
/* Whose files they are, for log lines and counters; kind and pipeline of source are literals or outlive tls, the id is
 * copied. Once. */
void tel__tls_set_source(tel__tls_ctx *tls, const tel__log_source *source);
/* Reads the files now. TEL_OK also when nothing changed. */
tel_err tel__tls_reload(tel__tls_ctx *tls, tel_error *err);
/* The files of all of a context, whatever their reload_interval: an operator asked for it. */
void tel__tls_reload_all(tel_ctx *ctx);

/* Application protocols, as bits. */
enum { TEL__TLS_HTTP1 = 1, TEL__TLS_H2 = 2 };

/*
 * Starts on an open stream, which is taken over, also on failure. host: whom a client wants to see (name or address,
 * without brackets; server_name_override goes before it); ignored by servers. alpn: what is offered or accepted. done
 * runs once, not inside the call, at the latest after 10 s: with the encrypted stream and the protocol agreed on (0 =
 * none), or with an error (TEL_ERR_TLS, _TIMEOUT, _TRANSPORT, _CLOSED). After tel__tls_cancel it does not run.
 */
typedef struct tel__tls_stream tel__tls_handshake;
typedef void tel__tls_done(void *user, tel__stream *s, unsigned alpn, const tel_error *err);
tel_err tel__tls_start(tel__tls_ctx *tls, tel__stream *below, tel_slice host, unsigned alpn, tel__tls_done *done,
                       void *user, tel__tls_handshake **ret_handshake, tel_error *err);
void tel__tls_cancel(tel__tls_handshake *handshake); /* NULL is fine; closes the stream below */

bool tel__tls_verifies(const tel__tls_ctx *tls); /* false: insecure_skip_verify */

/* For libcurl, whose contexts of OpenSSL are made per connection: the same material and rules for ssl_ctx (SSL_CTX *). */
tel_err tel__tls_apply(const tel__tls_ctx *tls, void *ssl_ctx, tel_slice host);

TEL_PRIVATE_END
#endif
