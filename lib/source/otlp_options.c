/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the otlp receiver, with the Collector's defaults. otel-processing.md 9.1. */
#include <stddef.h>

#include "source/otlp_i.h"

#define GRPC(field) offsetof(tel__otlp_grpc_options, field)
#define HTTP(field) offsetof(tel__otlp_http_options, field)

#define PARAMS(field) offsetof(tel__otlp_keepalive_params, field)
static const tel__key params_keys[] = {
	{ .name = "max_connection_idle", .type = TEL__KEY_DURATION, .offset = PARAMS(max_idle_ns), .def = "0s",
	  .help = "a connection without requests is drained after it; 0 = never" },
	{ .name = "max_connection_age", .type = TEL__KEY_DURATION, .offset = PARAMS(max_age_ns), .def = "0s",
	  .help = "a connection is drained after it, +-10 %; 0 = never" },
	{ .name = "max_connection_age_grace", .type = TEL__KEY_DURATION, .offset = PARAMS(age_grace_ns), .def = "0s",
	  .help = "time for its open requests then; 0 = any" },
	{ .name = "time", .type = TEL__KEY_DURATION, .offset = PARAMS(time_ns), .def = "0s",
	  .help = "silence after which the client is asked by PING, at least 1s; 0 = 2h" },
	{ .name = "timeout", .type = TEL__KEY_DURATION, .offset = PARAMS(timeout_ns), .def = "0s",
	  .help = "time for its answer; 0 = 20s" },
};
static const tel__key_table params_table = { "configgrpc.KeepaliveServerParameters", sizeof(tel__otlp_keepalive_params),
	                                         params_keys, TEL__KEY_COUNT(params_keys), NULL };

static const tel__key policy_keys[] = {
	{ .name = "min_time", .type = TEL__KEY_DURATION, .offset = offsetof(tel__otlp_keepalive_policy, min_time_ns), .def = "0s",
	  .help = "shortest time between PINGs of a client; 0 = 5m" },
	{ .name = "permit_without_stream", .type = TEL__KEY_BOOL, .def = "false",
	  .offset = offsetof(tel__otlp_keepalive_policy, permit_without_stream),
	  .help = "so often also without a request; else every 2 h" },
};
static const tel__key_table policy_table = { "configgrpc.KeepaliveEnforcementPolicy", sizeof(tel__otlp_keepalive_policy),
	                                         policy_keys, TEL__KEY_COUNT(policy_keys), NULL };

static const tel__key keepalive_keys[] = {
	{ .name = "server_parameters", .type = TEL__KEY_SECTION, .offset = offsetof(tel__otlp_keepalive, server_parameters),
	  .section = &params_table, .help = "what the receiver does" },
	{ .name = "enforcement_policy", .type = TEL__KEY_SECTION, .offset = offsetof(tel__otlp_keepalive, enforcement_policy),
	  .section = &policy_table, .help = "what clients may do" },
};
static const tel__key_table keepalive_table = { "configgrpc.KeepaliveServerConfig", sizeof(tel__otlp_keepalive), keepalive_keys,
	                                            TEL__KEY_COUNT(keepalive_keys), NULL };

static const tel__key grpc_keys[] = {
	{ .name = "endpoint", .type = TEL__KEY_STRING, .offset = GRPC(endpoint), .def = "localhost:4317",
	  .help = "address to listen on" },
	{ .name = "transport", .type = TEL__KEY_STRING, .offset = GRPC(transport), .def = "tcp", .help = "tcp" },
	{ .name = "max_recv_msg_size_mib", .type = TEL__KEY_UINT64, .offset = GRPC(max_recv_msg_size_mib),
	  .help = "limit of one message after decompression; 0 = 4" },
	{ .name = "max_concurrent_streams", .type = TEL__KEY_UINT32, .offset = GRPC(max_concurrent_streams),
	  .help = "open requests of one connection; 0 = 100" },
	{ .name = "read_buffer_size", .type = TEL__KEY_IGNORED, .help = "accepted; reads go straight into the message" },
	{ .name = "write_buffer_size", .type = TEL__KEY_IGNORED, .help = "accepted; answers are written at once" },
	{ .name = "keepalive", .type = TEL__KEY_SECTION, .offset = GRPC(keepalive), .section = &keepalive_table,
	  .help = "life of connections, and PINGs both ways" },
	{ .name = "include_metadata", .type = TEL__KEY_IGNORED, .help = "accepted; request metadata is not forwarded" },
	{ .name = "middlewares", .type = TEL__KEY_IGNORED, .help = "accepted; there are none" },
	{ .name = "tls", .type = TEL__KEY_OPTIONAL, .offset = GRPC(tls), .section = &tel__tls_server_keys,
	  .help = "server certificate and client CA" },
	{ .name = "auth", .type = TEL__KEY_OPTIONAL, .offset = GRPC(auth), .section = &tel__auth_grpc_server_keys,
	  .help = "who may send" },
};
static const tel__key_table grpc_table = { "configgrpc.ServerConfig", sizeof(tel__otlp_grpc_options), grpc_keys,
	                                       TEL__KEY_COUNT(grpc_keys), NULL };

static const tel__key http_keys[] = {
	{ .name = "endpoint", .type = TEL__KEY_STRING, .offset = HTTP(endpoint), .def = "localhost:4318",
	  .help = "address to listen on" },
	{ .name = "transport", .type = TEL__KEY_STRING, .offset = HTTP(transport), .def = "tcp", .help = "tcp" },
	{ .name = "metrics_url_path", .type = TEL__KEY_STRING, .offset = HTTP(metrics_url_path), .def = "/v1/metrics",
	  .help = "path of metric requests; a leading / is added" },
	{ .name = "traces_url_path", .type = TEL__KEY_IGNORED, .help = "accepted; this release receives metrics" },
	{ .name = "logs_url_path", .type = TEL__KEY_IGNORED, .help = "accepted; this release receives metrics" },
	{ .name = "max_request_body_size", .type = TEL__KEY_INT, .offset = HTTP(max_request_body_size),
	  .help = "limit of one body, before and after decompression; 0 = 20 MiB" },
	{ .name = "read_timeout", .type = TEL__KEY_DURATION, .offset = HTTP(read_timeout_ns), .def = "0s",
	  .help = "longest pause within a body; 0 = 30s" },
	{ .name = "read_header_timeout", .type = TEL__KEY_DURATION, .offset = HTTP(read_header_timeout_ns), .def = "0s",
	  .help = "time for a request head; 0 = 10s" },
	{ .name = "write_timeout", .type = TEL__KEY_DURATION, .offset = HTTP(write_timeout_ns), .def = "0s",
	  .help = "accepted; answers are small" },
	{ .name = "idle_timeout", .type = TEL__KEY_DURATION, .offset = HTTP(idle_timeout_ns), .def = "0s",
	  .help = "life of an idle connection; 0 = 60s" },
	{ .name = "compression_algorithms", .type = TEL__KEY_STRINGS, .offset = HTTP(compression_algorithms),
	  .help = "accepted content codings, \"\" is none; default: all of \"\", gzip, zstd, zlib, snappy, deflate, x-snappy-framed" },
	{ .name = "response_headers", .type = TEL__KEY_STRING_MAP, .offset = HTTP(response_headers),
	  .help = "headers added to each answer" },
	{ .name = "cors", .type = TEL__KEY_IGNORED, .help = "accepted; browsers are not served" },
	{ .name = "keep_alives_enabled", .type = TEL__KEY_IGNORED, .help = "accepted; connections are kept" },
	{ .name = "include_metadata", .type = TEL__KEY_IGNORED, .help = "accepted; request metadata is not forwarded" },
	{ .name = "middlewares", .type = TEL__KEY_IGNORED, .help = "accepted; there are none" },
	{ .name = "tls", .type = TEL__KEY_OPTIONAL, .offset = HTTP(tls), .section = &tel__tls_server_keys,
	  .help = "server certificate and client CA" },
	{ .name = "auth", .type = TEL__KEY_OPTIONAL, .offset = HTTP(auth), .section = &tel__auth_http_server_keys,
	  .help = "who may send" },
};
static const tel__key_table http_table = { "confighttp.ServerConfig", sizeof(tel__otlp_http_options), http_keys,
	                                       TEL__KEY_COUNT(http_keys), NULL };

static const tel__key protocol_keys[] = {
	{ .name = "grpc", .type = TEL__KEY_OPTIONAL, .offset = offsetof(tel__otlp_protocols, grpc), .section = &grpc_table,
	  .help = "OTLP/gRPC; the key alone switches it on" },
	{ .name = "http", .type = TEL__KEY_OPTIONAL, .offset = offsetof(tel__otlp_protocols, http), .section = &http_table,
	  .help = "OTLP/HTTP; the key alone switches it on" },
};
static const tel__key_table protocol_table = { "otlpreceiver.Protocols", sizeof(tel__otlp_protocols), protocol_keys,
	                                           TEL__KEY_COUNT(protocol_keys), NULL };

static const tel__key receiver_keys[] = {
	{ .name = "protocols", .type = TEL__KEY_SECTION, .offset = offsetof(tel__otlp_options, protocols),
	  .section = &protocol_table, .help = "grpc, http" },
};

static void check_receiver(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__otlp_options *o = options;

	if (!o->protocols.grpc && !o->protocols.http)
		report(user, "", "must specify at least one protocol when using the OTLP receiver");
}

static const tel__key_table receiver_table = { "otlpreceiver.Config", sizeof(tel__otlp_options), receiver_keys,
	                                           TEL__KEY_COUNT(receiver_keys), check_receiver };

const tel__component tel__otlp_receiver_component = {
	.type = "otlp",
	.kind = TEL__KIND_RECEIVER,
	.keys = &receiver_table,
	.help = "receives OTLP over gRPC and HTTP",
	.impl = &tel__otlp_receiver_ops,
};
