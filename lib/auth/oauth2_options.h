/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_AUTH_OAUTH2_OPTIONS_H
#define TEL_AUTH_OAUTH2_OPTIONS_H
/* Options of oauth2client: otel-processing.md 9.8. */
#include "base/dynbuf.h"
#include "net/tls_options.h"

typedef struct tel__oauth2_options {
	tel_slice client_id, client_id_file, client_secret, client_secret_file, token_url;
	const struct tel__node *endpoint_params; /* a map of texts or lists of texts */
	tel__key_strings scopes;
	tel__tls_options tls;
	int64_t timeout, expiry_buffer;
	tel_slice grant_type, certificate_key; /* only the default grant is offered */
} tel__oauth2_options;

TEL_PRIVATE_BEGIN

extern const tel__key_table tel__oauth2_keys;

/* The form that asks for a token, without credentials. The options were checked. */
void tel__oauth2_form(const tel__oauth2_options *o, tel__dynbuf *out);

TEL_PRIVATE_END
#endif
