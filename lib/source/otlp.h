/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SOURCE_OTLP_H
#define TEL_SOURCE_OTLP_H
/* The otlp receiver: OTLP/gRPC and OTLP/HTTP servers in front of one decoder. otel-processing.md 9.1. */
#include "net/tls_options.h"
#include "source/receiver.h"

TEL_PRIVATE_BEGIN

/* configgrpc.KeepaliveServerConfig; 0 = grpc-go's default. */
typedef struct tel__otlp_keepalive_params {
	int64_t max_idle_ns, max_age_ns, age_grace_ns, time_ns, timeout_ns;
} tel__otlp_keepalive_params;

typedef struct tel__otlp_keepalive_policy {
	int64_t min_time_ns;
	bool permit_without_stream;
} tel__otlp_keepalive_policy;

typedef struct tel__otlp_keepalive {
	tel__otlp_keepalive_params server_parameters;
	tel__otlp_keepalive_policy enforcement_policy;
} tel__otlp_keepalive;

/* tls: NULL = plaintext. */
typedef struct tel__otlp_grpc_options {
	tel_slice endpoint, transport;
	uint64_t max_recv_msg_size_mib;
	uint32_t max_concurrent_streams;
	tel__otlp_keepalive keepalive;
	tel__tls_options *tls;
	tel__auth_options *auth; /* NULL = everybody may send */
} tel__otlp_grpc_options;

typedef struct tel__otlp_http_options {
	tel_slice endpoint, transport, metrics_url_path;
	int64_t max_request_body_size;
	int64_t read_timeout_ns, read_header_timeout_ns, write_timeout_ns, idle_timeout_ns;
	tel__key_strings compression_algorithms;
	tel__key_pairs response_headers;
	tel__tls_options *tls;
	tel__auth_options *auth; /* NULL = everybody may send */
} tel__otlp_http_options;

typedef struct tel__otlp_protocols {
	tel__otlp_grpc_options *grpc; /* NULL = off */
	tel__otlp_http_options *http;
} tel__otlp_protocols;

typedef struct tel__otlp_options {
	tel__otlp_protocols protocols;
} tel__otlp_options;

extern const tel__component tel__otlp_receiver_component;

TEL_PRIVATE_END
#endif
