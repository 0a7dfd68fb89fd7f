/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/otlp_options.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/error_i.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "net/address.h"

#define HTTP_AT(field) offsetof(tel__http_client_options, field)
#define GRPC_AT(field) offsetof(tel__grpc_client_options, field)

#define COMPRESSION_BAD "unsupported compression type \"{}\""

/* ---- otlp_http ---- */

static const tel__key params_keys[] = {
	{ .name = "level", .type = TEL__KEY_INT, .offset = offsetof(struct tel__compression_params, level),
	  .help = "effort of the compressor" },
};
static const tel__key_table params_table = { "configcompression.CompressionParams",
	                                     sizeof(struct tel__compression_params), params_keys,
	                                     TEL__KEY_COUNT(params_keys), NULL };

static const tel__key http_client_keys[] = {
	{ .name = "endpoint", .type = TEL__KEY_STRING, .offset = HTTP_AT(endpoint),
	  .help = "base URL of the backend; v1/metrics is appended" },
	{ .name = "proxy_url", .type = TEL__KEY_STRING, .offset = HTTP_AT(proxy_url), .help = "proxy for requests" },
	{ .name = "tls", .type = TEL__KEY_SECTION, .offset = HTTP_AT(tls), .section = &tel__tls_keys,
	  .help = "TLS of https endpoints" },
	{ .name = "read_buffer_size", .type = TEL__KEY_INT, .offset = HTTP_AT(read_buffer_size),
	  .help = "accepted; buffers size themselves" },
	{ .name = "write_buffer_size", .type = TEL__KEY_INT, .offset = HTTP_AT(write_buffer_size), .def = "524288",
	  .help = "accepted; buffers size themselves" },
	{ .name = "timeout", .type = TEL__KEY_DURATION, .offset = HTTP_AT(timeout), .def = "30s",
	  .help = "limit of one exchange; 0 = none" },
	{ .name = "headers", .type = TEL__KEY_SECRET_MAP, .offset = HTTP_AT(headers), .help = "headers of each request" },
	{ .name = "auth", .type = TEL__KEY_OPTIONAL, .offset = HTTP_AT(auth), .section = &tel__auth_http_client_keys,
	  .help = "who signs requests" },
	{ .name = "compression", .type = TEL__KEY_ENUM, .offset = HTTP_AT(compression), .def = "gzip",
	  .words = tel__compression_words, .bad = COMPRESSION_BAD, .help = "how bodies are compressed" },
	{ .name = "compression_params", .type = TEL__KEY_SECTION, .offset = HTTP_AT(compression_params),
	  .section = &params_table, .help = "how hard bodies are compressed" },
	{ .name = "max_idle_conns", .type = TEL__KEY_INT, .offset = HTTP_AT(max_idle_conns), .def = "100",
	  .help = "connections kept open" },
	{ .name = "max_idle_conns_per_host", .type = TEL__KEY_INT, .offset = HTTP_AT(max_idle_conns_per_host),
	  .help = "connections kept open per host" },
	{ .name = "max_conns_per_host", .type = TEL__KEY_INT, .offset = HTTP_AT(max_conns_per_host),
	  .help = "connections per host; 0 = no limit" },
	{ .name = "idle_conn_timeout", .type = TEL__KEY_DURATION, .offset = HTTP_AT(idle_conn_timeout), .def = "90s",
	  .help = "how long an idle connection is kept" },
	{ .name = "disable_keep_alives", .type = TEL__KEY_BOOL, .offset = HTTP_AT(disable_keep_alives),
	  .help = "a connection per request" },
	{ .name = "http2_read_idle_timeout", .type = TEL__KEY_DURATION, .offset = HTTP_AT(http2_read_idle_timeout),
	  .help = "accepted; a connection whose request timed out is closed" },
	{ .name = "http2_ping_timeout", .type = TEL__KEY_DURATION, .offset = HTTP_AT(http2_ping_timeout),
	  .help = "accepted; see http2_read_idle_timeout" },
	{ .name = "force_attempt_http2", .type = TEL__KEY_BOOL, .offset = HTTP_AT(force_attempt_http2), .def = "true",
	  .seen = TEL__KEY_SEEN(tel__http_client_options, http2_is_asked_for),
	  .help = "offer HTTP/2 over TLS; only when it is written" },
	{ .name = "cookies", .type = TEL__KEY_IGNORED, .help = "accepted; cookies are not kept" },
	{ .name = "middlewares", .type = TEL__KEY_IGNORED, .help = "accepted; there are none" },
};

/* Levels that mean something; configcompression's rules. zstd takes any. */
static void http_client_check(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	enum { HUFFMAN_ONLY = -2, BEST = 9 };
	const tel__http_client_options *o = options;
	const char *coding = tel__compression_coding(o->compression);
	int64_t level = o->compression_params.level;
	tel_slice name = tel__slice_str(coding);
	char text[160];
	bool zlib = coding && (tel__slice_is(name, "gzip") || tel__slice_is(name, "zlib") || tel__slice_is(name, "deflate"));
	if (!coding || level == 0 || tel__slice_is(name, "zstd") || (zlib && level >= HUFFMAN_ONLY && level <= BEST))
		return;
	snprintf(text, sizeof text, "unsupported parameters {Level:%" PRId64 " _:{}} for compression type \"%s\"", level,
	         coding);
	report(user, "", text);
}

static const tel__key_table http_client_table = { "confighttp.ClientConfig", sizeof(tel__http_client_options),
	                                          http_client_keys, TEL__KEY_COUNT(http_client_keys), http_client_check };

static const char *const encoding_words[] = { "proto", "json", NULL };

#define OH_AT(field) offsetof(tel__otlp_http_exporter_options, field)
static const tel__key otlp_http_keys[] = {
	{ .name = "clientconfig", .type = TEL__KEY_SQUASH, .offset = OH_AT(client), .section = &http_client_table },
	{ .name = "sending_queue", .type = TEL__KEY_OPTIONAL, .offset = OH_AT(queue), .section = &tel__queue_keys,
	  .flags = TEL__KEY_PRESENT, .help = "queue in front of the backend" },
	{ .name = "retry_on_failure", .type = TEL__KEY_SECTION, .offset = OH_AT(retry), .section = &tel__retry_keys,
	  .help = "what happens to requests that failed" },
	{ .name = "metrics_endpoint", .type = TEL__KEY_STRING, .offset = OH_AT(metrics_endpoint),
	  .help = "whole URL for metrics" },
	{ .name = "traces_endpoint", .type = TEL__KEY_IGNORED, .help = "accepted; only metrics are sent" },
	{ .name = "logs_endpoint", .type = TEL__KEY_IGNORED, .help = "accepted; only metrics are sent" },
	{ .name = "profiles_endpoint", .type = TEL__KEY_IGNORED, .help = "accepted; only metrics are sent" },
	{ .name = "encoding", .type = TEL__KEY_ENUM, .offset = OH_AT(encoding), .def = "proto", .words = encoding_words,
	  .bad = "invalid encoding type: {}", .help = "proto or json" },
};

bool tel__http_endpoint_is_url(tel_slice url)
{
	bool https = tel__slice_starts(url, TEL_SLICE_LIT("https://"));
	size_t scheme = https ? 8 : 7;
	if (!https && !tel__slice_starts(url, TEL_SLICE_LIT("http://")))
		return false;
	for (size_t i = 0; i < url.len; i++)
		if ((unsigned char)url.ptr[i] <= ' ' || url.ptr[i] == 0x7f || url.ptr[i] == '"' || url.ptr[i] == '\\')
			return false;
	return url.len > scheme && url.ptr[scheme] != '/';
}

/* A file that is only looked at keeps its references. */
static bool is_endpoint(tel_slice endpoint)
{
	return endpoint.len == 0 || tel__http_endpoint_is_url(endpoint) || tel__slice_find(endpoint, '$') < endpoint.len;
}

static void otlp_http_check(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__otlp_http_exporter_options *o = options;
	if (o->client.endpoint.len == 0 && o->metrics_endpoint.len == 0)
		report(user, "", "at least one endpoint must be specified");
	if (!is_endpoint(o->client.endpoint))
		report(user, "endpoint", "endpoint must be a valid URL that starts with http:// or https://");
	if (!is_endpoint(o->metrics_endpoint))
		report(user, "metrics_endpoint", "metrics_endpoint must be a valid URL that starts with http:// or https://");
}

const tel__key_table tel__otlp_http_exporter_keys = { "otlphttpexporter.Config", sizeof(tel__otlp_http_exporter_options),
	                                              otlp_http_keys, TEL__KEY_COUNT(otlp_http_keys), otlp_http_check };

/* ---- otlp_grpc ---- */

static const tel__key timeout_keys[] = {
	{ .name = "timeout", .type = TEL__KEY_DURATION, .offset = offsetof(struct tel__timeout_options, timeout),
	  .def = "5s", .help = "limit of one attempt; 0 = none" },
};

static void timeout_check(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const struct tel__timeout_options *o = options;
	if (o->timeout < 0)
		report(user, "|timeout", "'timeout' must be non-negative");
}

static const tel__key_table timeout_table = { "exporterhelper.TimeoutConfig", sizeof(struct tel__timeout_options),
	                                      timeout_keys, TEL__KEY_COUNT(timeout_keys), timeout_check };

static const tel__key keepalive_keys[] = {
	{ .name = "time", .type = TEL__KEY_DURATION, .offset = offsetof(struct tel__keepalive_options, time), .def = "10s",
	  .help = "ping a silent connection after this time" },
	{ .name = "timeout", .type = TEL__KEY_DURATION, .offset = offsetof(struct tel__keepalive_options, timeout),
	  .def = "10s", .help = "close a connection whose ping is not answered" },
	{ .name = "permit_without_stream", .type = TEL__KEY_BOOL,
	  .offset = offsetof(struct tel__keepalive_options, permit_without_stream),
	  .help = "ping although no request is open" },
};
static const tel__key_table keepalive_table = { "configgrpc.KeepaliveClientConfig",
	                                        sizeof(struct tel__keepalive_options), keepalive_keys,
	                                        TEL__KEY_COUNT(keepalive_keys), NULL };

static const tel__key grpc_client_keys[] = {
	{ .name = "endpoint", .type = TEL__KEY_STRING, .offset = GRPC_AT(endpoint), .help = "host:port of the backend" },
	{ .name = "compression", .type = TEL__KEY_ENUM, .offset = GRPC_AT(compression), .def = "gzip",
	  .words = tel__compression_words, .bad = COMPRESSION_BAD, .help = "how messages are compressed" },
	{ .name = "tls", .type = TEL__KEY_SECTION, .offset = GRPC_AT(tls), .section = &tel__tls_keys,
	  .help = "TLS of the connection; insecure: true switches it off" },
	{ .name = "keepalive", .type = TEL__KEY_OPTIONAL, .offset = GRPC_AT(keepalive), .section = &keepalive_table,
	  .help = "pings that find dead connections" },
	{ .name = "read_buffer_size", .type = TEL__KEY_INT, .offset = GRPC_AT(read_buffer_size),
	  .help = "accepted; buffers size themselves" },
	{ .name = "write_buffer_size", .type = TEL__KEY_INT, .offset = GRPC_AT(write_buffer_size), .def = "524288",
	  .help = "accepted; buffers size themselves" },
	{ .name = "wait_for_ready", .type = TEL__KEY_BOOL, .offset = GRPC_AT(wait_for_ready),
	  .help = "requests wait for a connection until their timeout (always so)" },
	{ .name = "headers", .type = TEL__KEY_SECRET_MAP, .offset = GRPC_AT(headers), .help = "metadata of each request" },
	{ .name = "balancer_name", .type = TEL__KEY_STRING, .offset = GRPC_AT(balancer_name), .def = "round_robin",
	  .help = "how addresses of a name are used" },
	{ .name = "authority", .type = TEL__KEY_STRING, .offset = GRPC_AT(authority), .help = "value of :authority" },
	{ .name = "auth", .type = TEL__KEY_OPTIONAL, .offset = GRPC_AT(auth), .section = &tel__auth_grpc_client_keys,
	  .help = "who signs requests" },
	{ .name = "middlewares", .type = TEL__KEY_IGNORED, .help = "accepted; there are none" },
};

static void grpc_client_check(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__grpc_client_options *o = options;
	tel_error text = TEL_ERROR_INIT;
	char word[64];
	if (o->balancer_name.len == 0 || tel__slice_is(o->balancer_name, "round_robin") ||
	    tel__slice_is(o->balancer_name, "pick_first"))
		return;
	(void)tel__fail(&text, TEL_ERR_CONFIG, "invalid balancer_name: %s",
	                tel__slice_printable(o->balancer_name, word, sizeof word));
	report(user, "|balancer_name", text.msg);
}

static const tel__key_table grpc_client_table = { "configgrpc.ClientConfig", sizeof(tel__grpc_client_options),
	                                          grpc_client_keys, TEL__KEY_COUNT(grpc_client_keys),
	                                          grpc_client_check };

#define OG_AT(field) offsetof(tel__otlp_grpc_exporter_options, field)
static const tel__key otlp_grpc_keys[] = {
	{ .name = "timeoutconfig", .type = TEL__KEY_SQUASH, .offset = OG_AT(timeout), .section = &timeout_table },
	{ .name = "sending_queue", .type = TEL__KEY_OPTIONAL, .offset = OG_AT(queue), .section = &tel__queue_keys,
	  .flags = TEL__KEY_PRESENT, .help = "queue in front of the backend" },
	{ .name = "retry_on_failure", .type = TEL__KEY_SECTION, .offset = OG_AT(retry), .section = &tel__retry_keys,
	  .help = "what happens to requests that failed" },
	{ .name = "clientconfig", .type = TEL__KEY_SQUASH, .offset = OG_AT(client), .section = &grpc_client_table },
};

tel_slice tel__grpc_endpoint_strip(tel_slice endpoint, bool *ret_https)
{
	static const char *const schemes[] = { "http://", "https://" };
	*ret_https = tel__slice_starts(endpoint, tel__slice_str(schemes[1]));
	for (size_t i = 0; i < 2; i++) {
		tel_slice prefix = tel__slice_str(schemes[i]);
		if (tel__slice_starts(endpoint, prefix))
			return tel__slice_sub(endpoint, prefix.len, endpoint.len - prefix.len);
	}
	if (tel__slice_starts(endpoint, TEL_SLICE_LIT("dns://"))) { /* dns://resolver/host:port */
		tel_slice rest = tel__slice_sub(endpoint, 6, endpoint.len - 6);
		size_t slash = tel__slice_find(rest, '/');
		if (slash < rest.len)
			return tel__slice_sub(rest, slash + 1, rest.len - slash - 1);
	}
	return endpoint;
}

/* Go's net.SplitHostPort, and the Collector's check of the port; an IPv6 address needs no brackets. */
tel_err tel__grpc_endpoint_split(tel_slice endpoint, tel_slice *ret_host, uint16_t *ret_port, tel_error *err)
{
	char text[128];
	uint64_t number;
	size_t colon = endpoint.len;
	const char *shown = tel__slice_printable(endpoint, text, sizeof text);
	while (colon > 0 && endpoint.ptr[colon - 1] != ':')
		colon--;
	if (colon == 0)
		return tel__fail(err, TEL_ERR_ARG, "address %s: missing port in address", shown);
	tel_slice host = tel__slice_sub(endpoint, 0, colon - 1);
	tel_slice port = tel__slice_sub(endpoint, colon, endpoint.len - colon);
	if (host.len && host.ptr[0] == '[') {
		if (host.ptr[host.len - 1] != ']') {
			bool closed = tel__slice_find(host, ']') < host.len;
			return tel__fail(err, TEL_ERR_ARG, closed || endpoint.ptr[endpoint.len - 1] == ']'
			                                              ? "address %s: missing port in address"
			                                              : "address %s: missing ']' in address", shown);
		}
		host = tel__slice_sub(host, 1, host.len - 2);
	} else if (tel__slice_find(host, ':') < host.len && !tel__address_is_v6_text(host)) {
		return tel__fail(err, TEL_ERR_ARG, "address %s: too many colons in address", shown);
	}
	if (tel__num_parse_u64(port, &number) != TEL_OK || number > UINT16_MAX)
		return tel__fail(err, TEL_ERR_ARG, "invalid port \"%s\"", tel__slice_printable(port, text, sizeof text));
	*ret_host = host;
	*ret_port = (uint16_t)number;
	return TEL_OK;
}

static void otlp_grpc_check(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__otlp_grpc_exporter_options *o = options;
	tel_error text = TEL_ERROR_INIT;
	tel_slice host;
	uint16_t port;
	bool https;
	tel_slice endpoint = tel__grpc_endpoint_strip(o->client.endpoint, &https);
	if (endpoint.len == 0)
		report(user, "", "requires a non-empty \"endpoint\"");
	else if (tel__grpc_endpoint_split(endpoint, &host, &port, &text) != TEL_OK)
		report(user, "|endpoint", text.msg);
}

const tel__key_table tel__otlp_grpc_exporter_keys = { "otlpexporter.Config", sizeof(tel__otlp_grpc_exporter_options),
	                                              otlp_grpc_keys, TEL__KEY_COUNT(otlp_grpc_keys), otlp_grpc_check };
