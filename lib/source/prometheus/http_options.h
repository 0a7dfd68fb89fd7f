/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SOURCE_PROMETHEUS_HTTP_OPTIONS_H
#define TEL_SOURCE_PROMETHEUS_HTTP_OPTIONS_H
/* Prometheus' HTTP client keys: of a scrape job, of service discovery, of the token endpoint. otel-scraping.md 1.6. */
#include "base/keys.h"

typedef struct tel__prom_tls_options {
	tel_slice ca, ca_file, cert, cert_file, key, key_file, server_name, min_version, max_version;
	bool insecure_skip_verify;
} tel__prom_tls_options;

typedef struct tel__prom_basic_auth {
	tel_slice username, username_file, username_ref, password, password_file, password_ref;
} tel__prom_basic_auth;

typedef struct tel__prom_authorization {
	tel_slice type, credentials, credentials_file, credentials_ref;
} tel__prom_authorization;

typedef struct tel__prom_proxy {
	tel_slice proxy_url, no_proxy;
	bool proxy_from_environment;
	const struct tel__node *proxy_connect_header; /* name: list of secrets */
} tel__prom_proxy;

typedef struct tel__prom_oauth2 {
	tel_slice client_id, client_secret, client_secret_file, client_secret_ref, token_url, grant_type;
	tel_slice client_certificate_key_id, client_certificate_key, client_certificate_key_file, client_certificate_key_ref;
	tel_slice signature_algorithm, iss, audience;
	tel__key_strings scopes;
	tel__key_pairs endpoint_params;
	const struct tel__node *claims;
	tel__prom_tls_options tls_config;
	tel__prom_proxy proxy;
} tel__prom_oauth2;

typedef struct tel__prom_http_options {
	tel__prom_basic_auth *basic_auth; /* NULL: none */
	tel__prom_authorization *authorization;
	tel__prom_oauth2 *oauth2;
	tel_slice bearer_token, bearer_token_file;
	tel__prom_tls_options tls_config;
	tel__prom_proxy proxy;
	bool follow_redirects, enable_http2;
	bool wants_redirects, wants_http2; /* the keys are written */
	const struct tel__node *http_headers; /* name: {values, secrets, files} */
} tel__prom_http_options;

TEL_PRIVATE_BEGIN

extern const tel__key_table tel__prom_http_keys; /* to be squashed */

/* Whether any of the keys says something other than its default. */
bool tel__prom_http_is_custom(const tel__prom_http_options *o);

TEL_PRIVATE_END
#endif
