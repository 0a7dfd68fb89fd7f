/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SINK_SIGN_H
#define TEL_SINK_SIGN_H
/*
 * Attempts that carry credentials: asks the authenticator of `auth` before each one, waits for a token that is on its way,
 * and when the backend refuses the credentials asks for others once and tries once more (protocols.md 2.5). Shared by
 * otlp_http and otlp_grpc, which only differ in how a request is launched.
 */
#include "net/auth.h"
#include "sink/calls.h"

/* Sends the request of c. grant NULL: without credentials. */
typedef tel_err tel__sign_launch(tel__export_call *c, const tel__auth_grant *grant, tel_error *err);

typedef struct tel__sign {
	const tel__auth *auth; /* NULL: no credentials */
	tel__sign_launch *launch;
	tel__export_calls *calls;
} tel__sign;

TEL_PRIVATE_BEGIN

/* First attempt of c, whose exporter, batch, done and user are set. On failure the call is back in its pool. */
tel_err tel__sign_send(const tel__sign *s, tel__export_call *c, tel_error *err);
/* What the backend says, without the credentials of the attempt and the values of count configured headers. */
void tel__sign_mask(const tel__sign *s, const tel__http_header *headers, size_t count, char *text);
/* The backend has answered: another attempt with other credentials, or the end of the call. */
void tel__sign_answered(const tel__sign *s, tel__export_call *c, const tel__export_outcome *outcome);
/* true: c waited for credentials, and is back in its pool. false: it is at its client. */
bool tel__sign_cancel(const tel__sign *s, tel__export_call *c);

/* The headers of the configuration, cleaned (net/auth.h), into out, which has room for all; a value that lost a line end is
 * logged. TEL_ERR_ARG: one is no header. */
tel_err tel__sign_headers(const tel__exporter_env *env, const tel__key_pairs *headers, tel__http_header *out, tel_error *err);
/* The count headers into out, then the grant's, which replaces one of its name. out has room for one more than count.
 * Returns how many there are. */
size_t tel__sign_merge(const tel__http_header *headers, size_t count, const tel__auth_grant *grant, tel__http_header *out);

TEL_PRIVATE_END
#endif
