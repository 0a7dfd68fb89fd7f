/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_TLS_OPTIONS_H
#define TEL_NET_TLS_OPTIONS_H
/* The keys of `tls`, for both ends of a connection. otel-processing.md 9.4. */
#include "base/keys.h"

typedef struct tel__tls_options {
	tel_slice ca_file, ca_pem, cert_file, cert_pem, key_file, key_pem;
	bool include_system_ca_certs_pool;
	tel_slice min_version, max_version;
	tel__key_strings cipher_suites, curve_preferences;
	int64_t reload_interval;
	/* clients */
	bool insecure, insecure_skip_verify;
	tel_slice server_name_override;
	/* servers */
	tel_slice client_ca_file; /* a certificate of the client becomes mandatory */
	bool client_ca_file_reload;
} tel__tls_options;

TEL_PRIVATE_BEGIN

extern const tel__key_table tel__tls_shared_keys; /* configtls.Config alone, to be squashed */
extern const tel__key_table tel__tls_keys;        /* of clients */
extern const tel__key_table tel__tls_server_keys;

TEL_PRIVATE_END
#endif
