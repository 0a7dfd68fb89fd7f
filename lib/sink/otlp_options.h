/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SINK_OTLP_OPTIONS_H
#define TEL_SINK_OTLP_OPTIONS_H
/* Options of otlp_http and otlp_grpc: otel-processing.md 9.2. */
#include "net/auth.h"
#include "sink/options.h"

typedef struct tel__http_client_options {
	tel_slice endpoint, proxy_url;
	int64_t timeout;
	int32_t compression;       /* index into tel__compression_words */
	struct tel__compression_params {
		int64_t level;
	} compression_params;
	tel__key_pairs headers;
	tel__tls_options tls;
	tel__auth_options *auth;
	int64_t max_idle_conns, max_idle_conns_per_host, max_conns_per_host;
	int64_t read_buffer_size, write_buffer_size;
	int64_t idle_conn_timeout, http2_read_idle_timeout, http2_ping_timeout;
	bool disable_keep_alives, force_attempt_http2;
	bool http2_is_asked_for; /* the configuration names force_attempt_http2 */
} tel__http_client_options;

enum { TEL__ENCODING_PROTO, TEL__ENCODING_JSON };

typedef struct tel__otlp_http_exporter_options {
	tel__http_client_options client;
	tel_slice metrics_endpoint;
	int32_t encoding;          /* TEL__ENCODING_PROTO, ... */
	tel__retry_options retry;
	tel__queue_options *queue;
} tel__otlp_http_exporter_options;

typedef struct tel__grpc_client_options {
	tel_slice endpoint, authority, balancer_name;
	int32_t compression;
	tel__key_pairs headers;
	tel__tls_options tls;
	tel__auth_options *auth;
	struct tel__keepalive_options {
		int64_t time, timeout;
		bool permit_without_stream;
	} *keepalive;
	int64_t read_buffer_size, write_buffer_size;
	bool wait_for_ready;
} tel__grpc_client_options;

typedef struct tel__otlp_grpc_exporter_options {
	struct tel__timeout_options {
		int64_t timeout;
	} timeout;
	tel__grpc_client_options client;
	tel__retry_options retry;
	tel__queue_options *queue;
} tel__otlp_grpc_exporter_options;

TEL_PRIVATE_BEGIN

extern const tel__key_table tel__otlp_http_exporter_keys, tel__otlp_grpc_exporter_keys;

/* http:// or https:// with a host, no blanks or controls. */
bool tel__http_endpoint_is_url(tel_slice url);
/* host:port without the prefixes that the Collector cuts. *ret_tls: the prefix was https://. */
tel_slice tel__grpc_endpoint_strip(tel_slice endpoint, bool *ret_https);
/* Cuts "host:port"; the texts are Go's. TEL_ERR_ARG. */
tel_err tel__grpc_endpoint_split(tel_slice endpoint, tel_slice *ret_host, uint16_t *ret_port, tel_error *err);

TEL_PRIVATE_END
#endif
