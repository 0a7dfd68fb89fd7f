/* SPDX-License-Identifier: Apache-2.0 */
/* Every key of otel-processing.md 9.2 - 9.4 loads, has its default, and is refused with the Collector's words. */
#include "seams/cm.h"

#include <stdio.h>

#include "base/slice_i.h"
#include "config/config_i.h"
#include "sink/exporters.h"
#include "sink/otlp_options.h"

static const tel__key_table none = { .go_name = "none", .size = 1 };
static const tel__component in = { .type = "in", .kind = TEL__KIND_RECEIVER, .keys = &none, .help = "none" };
static unsigned signs(const void *options)
{
	(void)options;
	return TEL__ROLE_AUTH_CLIENT;
}
static const tel__component signer = { .type = "signer", .kind = TEL__KIND_EXTENSION, .keys = &none, .help = "none",
	                               .roles = signs };
static const tel__component *const rows[] = { &in, &signer, &tel__otlp_http_exporter, &tel__otlp_grpc_exporter,
	                                      &tel__debug_exporter, &tel__file_exporter, &tel__nop_exporter };
static const tel_components table = { .rows = rows, .count = sizeof rows / sizeof rows[0] };

typedef struct loaded {
	tel_config *config;
	tel_findings *findings;
	char text[2048]; /* "path: message\n" per finding */
} loaded;

static void load(loaded *l, const char *id, const char *body)
{
	char text[4096];
	size_t n = 0;
	snprintf(text, sizeof text, "extensions: {signer: }\nreceivers: {in: }\nexporters:\n  %s: %s\nservice:\n  extensions: [signer]\n  pipelines:\n    metrics: "
	         "{receivers: [in], exporters: [%s]}\n", id, body, id);
	tel_config_source source = { TEL_SLICE_LIT("t"), tel__slice_str(text) };
	l->config = NULL;
	l->text[0] = '\0';
	assert_ok(tel_findings_new(NULL, &l->findings));
	(void)tel_config_load(&source, 1, &table, NULL, NULL, &l->config, l->findings);
	for (size_t i = 0; i < tel_findings_count(l->findings); i++) {
		tel_finding f;
		assert_ok(tel_findings_get(l->findings, i, &f));
		n += (size_t)snprintf(l->text + n, sizeof l->text - n, TEL_SLICE_FMT ": " TEL_SLICE_FMT "\n",
		                      TEL_SLICE_ARG(f.path), TEL_SLICE_ARG(f.message));
	}
}

static void unload(loaded *l)
{
	tel_config_free(l->config);
	tel_findings_free(l->findings);
}

static const void *options_of(const loaded *l, const char *id)
{
	if (!l->config)
		fail_msg("%s", l->text);
	return tel__config_find(l->config, TEL__KIND_EXPORTER, tel__slice_str(id))->options;
}

static void assert_retry_defaults(const tel__retry_options *r)
{
	assert_true(r->enabled);
	assert_int_equal(r->initial_interval, 5000000000);
	assert_true(r->randomization_factor == 0.5);
	assert_true(r->multiplier == 1.5);
	assert_int_equal(r->max_interval, 30000000000);
	assert_int_equal(r->max_elapsed_time, 300000000000);
}

static void assert_queue_defaults(const tel__queue_options *q)
{
	assert_non_null(q);
	assert_true(q->enabled);
	assert_int_equal(q->num_consumers, 10);
	assert_int_equal(q->queue_size, 1000);
	assert_int_equal(q->sizer, TEL__SIZER_REQUESTS);
	assert_false(q->block_on_overflow);
	assert_false(q->wait_for_result);
	assert_null(q->batch);
}

static void otlp_http_has_the_collectors_defaults(void **state)
{
	(void)state;
	loaded l;
	tel__sender_settings s;
	load(&l, "otlphttp", "{endpoint: 'http://b:4318'}"); /* the old name */
	const tel__otlp_http_exporter_options *o = options_of(&l, "otlphttp");
	const tel__exporter_ops *ops = tel__otlp_http_exporter.impl;
	assert_int_equal(o->client.timeout, 30000000000);
	assert_int_equal(o->client.max_idle_conns, 100);
	assert_int_equal(o->client.idle_conn_timeout, 90000000000);
	assert_int_equal(o->client.write_buffer_size, 524288);
	assert_true(o->client.force_attempt_http2);
	assert_int_equal(o->encoding, 0);
	assert_retry_defaults(&o->retry);
	assert_queue_defaults(o->queue);
	ops->settings(o, &s);
	assert_string_equal(s.coding, "gzip");
	assert_ptr_equal(s.queue, o->queue);
	unload(&l);
}

static void otlp_grpc_has_the_collectors_defaults(void **state)
{
	(void)state;
	loaded l;
	tel__sender_settings s;
	load(&l, "otlp/x", "{endpoint: 'b:4317', tls: {insecure: true}}");
	const tel__otlp_grpc_exporter_options *o = options_of(&l, "otlp/x");
	const tel__exporter_ops *ops = tel__otlp_grpc_exporter.impl;
	assert_int_equal(o->timeout.timeout, 5000000000);
	assert_slice(o->client.balancer_name, "round_robin");
	assert_null(o->client.keepalive);
	assert_true(o->client.tls.insecure);
	assert_retry_defaults(&o->retry);
	assert_queue_defaults(o->queue);
	ops->settings(o, &s);
	assert_string_equal(s.coding, "gzip");
	unload(&l);
}

static void every_key_is_taken(void **state)
{
	(void)state;
	static const struct {
		const char *id, *body;
	} cases[] = {
		{ "otlp_http",
		  "{endpoint: 'http://b', metrics_endpoint: 'http://m/x', traces_endpoint: t, logs_endpoint: l, "
		  "profiles_endpoint: p, encoding: json, timeout: 1s, compression: zstd, compression_params: {level: 3}, "
		  "headers: {a: b}, auth: {authenticator: signer}, proxy_url: 'http://p', max_idle_conns: 1, "
		  "max_idle_conns_per_host: 2, max_conns_per_host: 3, idle_conn_timeout: 1s, disable_keep_alives: true, "
		  "http2_read_idle_timeout: 1s, http2_ping_timeout: 1s, force_attempt_http2: false, read_buffer_size: 1, "
		  "write_buffer_size: 1, cookies: {enabled: true}, middlewares: [], retry_on_failure: {enabled: true, "
		  "initial_interval: 1s, randomization_factor: 0.1, multiplier: 2, max_interval: 3s, max_elapsed_time: 0}, "
		  "sending_queue: {enabled: true, num_consumers: 2, queue_size: 9000, sizer: items, block_on_overflow: true, "
		  "wait_for_result: true, batch: {flush_timeout: 1s, sizer: bytes, min_size: 10, max_size: 20, partition: "
		  "{metadata_keys: [k]}}}, tls: {ca_file: a, include_system_ca_certs_pool: true, cert_file: c, key_file: k, "
		  "min_version: '1.2', max_version: '1.3', cipher_suites: [x], curve_preferences: [y], reload_interval: 1h, "
		  "insecure: true, insecure_skip_verify: true, server_name_override: s}}" },
		{ "otlp_http", "{endpoint: 'http://b', headers: [{name: a, value: b}]}" },
		{ "otlp_http", "{endpoint: 'http://b', sending_queue: {enabled: false}}" },
		{ "otlp_http", "{endpoint: 'http://b', sending_queue: {queue_size: 9000, batch: {}}}" },
		{ "otlp_grpc", "{endpoint: 'dns:///b:4317', timeout: 0, compression: snappy, tls: {ca_pem: x}, headers: {a: b}, "
		               "keepalive: {time: 1s, timeout: 2s, permit_without_stream: true}, balancer_name: round_robin, "
		               "read_buffer_size: 1, write_buffer_size: 2, wait_for_ready: true, authority: x, auth: "
		               "{authenticator: signer}, sending_queue: {storage: file_storage}, retry_on_failure: {enabled: false}, "
		               "middlewares: []}" },
		{ "debug", "{verbosity: detailed, sampling_initial: 5, sampling_thereafter: 200, use_internal_logger: false, "
		           "output_paths: [stderr], sending_queue: {}}" },
		{ "file", "{path: /tmp/x, format: proto, append: true, flush_interval: 2s, create_directory: true, "
		          "directory_permissions: '0700'}" },
		{ "file", "{path: /tmp/x, rotation: {max_megabytes: 1, max_days: 2, max_backups: 3, localtime: true}, "
		          "compression: zstd, encoding: x, group_by: {enabled: true, resource_attribute: a, max_open_files: 3}}" },
		{ "nop", "" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		loaded l;
		load(&l, cases[i].id, cases[i].body);
		if (!l.config)
			fail_msg("%s: %s\n%s", cases[i].id, cases[i].body, l.text);
		unload(&l);
	}
}

static void mistakes_are_told_in_the_collectors_words(void **state)
{
	(void)state;
#define H "endpoint: 'http://b', "
	static const struct {
		const char *id, *body, *text;
	} cases[] = {
		{ "otlp_http", "{}", "exporters::otlp_http: at least one endpoint must be specified" },
		{ "otlp_grpc", "{}", "exporters::otlp_grpc: requires a non-empty \"endpoint\"" },
		{ "otlp_grpc", "{endpoint: 'http://'}", "exporters::otlp_grpc: requires a non-empty \"endpoint\"" },
		{ "otlp_grpc", "{endpoint: a}", "exporters::otlp_grpc: address a: missing port in address" },
		{ "otlp_grpc", "{endpoint: 'a:x'}", "exporters::otlp_grpc: invalid port \"x\"" },
		{ "otlp_grpc", "{endpoint: 'a:1', balancer_name: foo}", "exporters::otlp_grpc::clientconfig: invalid balancer_name: foo" },
		{ "otlp_grpc", "{endpoint: 'a:1', timeout: -1s}",
		  "exporters::otlp_grpc::timeoutconfig: 'timeout' must be non-negative" },
		{ "otlp_http", "{" H "encoding: xml}", "invalid encoding type: xml" },
		{ "otlp_http", "{" H "compression: brotli}", "unsupported compression type \"brotli\"" },
		{ "otlp_http", "{" H "compression: snappy, compression_params: {level: 5}}",
		  "unsupported parameters {Level:5 _:{}} for compression type \"snappy\"" },
		{ "otlp_http", "{" H "compression: zlib, compression_params: {level: 10}}",
		  "unsupported parameters {Level:10 _:{}} for compression type \"zlib\"" },
		{ "otlp_http", "{" H "retry_on_failure: {initial_interval: -1s}}",
		  "exporters::otlp_http::retry_on_failure: 'initial_interval' must be non-negative" },
		{ "otlp_http", "{" H "retry_on_failure: {randomization_factor: 2}}",
		  "exporters::otlp_http::retry_on_failure: 'randomization_factor' must be within [0, 1]" },
		{ "otlp_http", "{" H "retry_on_failure: {max_elapsed_time: 1s}}",
		  "exporters::otlp_http::retry_on_failure: 'max_elapsed_time' must not be less than 'initial_interval'" },
		{ "otlp_http", "{" H "retry_on_failure: {max_elapsed_time: 6s}}",
		  "exporters::otlp_http::retry_on_failure: 'max_elapsed_time' must not be less than 'max_interval'" },
		{ "otlp_http", "{" H "sending_queue: {num_consumers: 0}}",
		  "exporters::otlp_http::sending_queue: `num_consumers` must be positive" },
		{ "otlp_http", "{" H "sending_queue: {queue_size: 0}}",
		  "exporters::otlp_http::sending_queue: `queue_size` must be positive" },
		{ "otlp_http", "{" H "sending_queue: {sizer: x}}", "invalid sizer: \"x\"" },
		{ "otlp_http", "{" H "sending_queue: {storage: s, wait_for_result: true}}",
		  "exporters::otlp_http::sending_queue: `wait_for_result` is not supported with a persistent queue configured "
		  "with `storage`" },
		{ "otlp_http", "{" H "sending_queue: {sizer: items, batch: {}}}",
		  "`min_size` must be less than or equal to `queue_size`" },
		{ "otlp_http", "{" H "sending_queue: {batch: {sizer: requests}}}",
		  "exporters::otlp_http::sending_queue::batch: `batch` supports only `items` or `bytes` sizer, found "
		  "\"requests\"" },
		{ "otlp_http", "{" H "sending_queue: {batch: {flush_timeout: 0}}}",
		  "exporters::otlp_http::sending_queue::batch: `flush_timeout` must be positive, found 0" },
		{ "otlp_http", "{" H "sending_queue: {batch: {min_size: 20, max_size: 10}}}",
		  "exporters::otlp_http::sending_queue::batch: `max_size` (10) must be greater or equal to `min_size` (20)" },
		{ "otlp_http", "{" H "tls: {ca_file: a, ca_pem: b}}",
		  "exporters::otlp_http::clientconfig::tls: provide either a CA file or the PEM-encoded string, but not both" },
		{ "otlp_grpc", "{endpoint: 'a:1', tls: {cert_file: a}}",
		  "exporters::otlp_grpc::clientconfig::tls: TLS configuration must include both certificate and key "
		  "(CertFile/CertPem and KeyFile/KeyPem)" },
		{ "otlp_grpc", "{endpoint: 'a:1', tls: {min_version: '1.9'}}",
		  "exporters::otlp_grpc::clientconfig::tls: invalid TLS min_version: unsupported TLS version: \"1.9\"" },
		{ "otlp_grpc", "{endpoint: 'a:1', tls: {min_version: '1.3', max_version: '1.2'}}",
		  "exporters::otlp_grpc::clientconfig::tls: invalid TLS configuration: min_version cannot be greater than "
		  "max_version" },
		{ "file", "{}", "exporters::file: path must be non-empty" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		loaded l;
		load(&l, cases[i].id, cases[i].body);
		if (l.config || !strstr(l.text, cases[i].text))
			fail_msg("%s: %s\nsays:  %s\nwants: %s", cases[i].id, cases[i].body, l.text, cases[i].text);
		unload(&l);
	}
}

#define OLD "min_version: '1.0', max_version: '1.1'"

static void what_this_release_cannot_do_is_said_when_it_runs(void **state)
{
	(void)state;
	static const struct {
		const char *id, *body;
		tel_err code;
		const char *text;
	} cases[] = {
		{ "otlp_http", "{" H "headers: {X-Key: \"a\\r\\nX-Evil: 1\"}}", TEL_ERR_ARG,
		  "the value of header \"X-Key\" holds a control character at byte 1" },
		{ "otlp_grpc", "{endpoint: 'b:4317', tls: {insecure: true}, headers: {'x y': a}}", TEL_ERR_ARG,
		  "\"x y\" is not the name of a header" },
		{ "otlp_http", "{" H "proxy_url: 'https://p'}", TEL_ERR_UNSUPPORTED, "its scheme is none of http, socks5 and socks5h" },
		{ "otlp_http", "{endpoint: 'https://b', tls: {ca_file: /nowhere/a}}", TEL_ERR_CONFIG,
		  "failed to load cert /nowhere/a: open /nowhere/a: no such file or directory" },
		{ "otlp_http", "{endpoint: '${b}:4318'}", TEL_ERR_ARG, "endpoint must be a valid URL" },
		/* TLS without the key insecure, in spite of it with https://, and with an authority */
		{ "otlp_grpc", "{endpoint: 'http://b:4317', tls: {" OLD "}}", TEL_ERR_UNSUPPORTED, "before 1.2" },
		{ "otlp_grpc", "{endpoint: 'https://b:4317', tls: {insecure: true, " OLD "}}", TEL_ERR_UNSUPPORTED, "before 1.2" },
		{ "otlp_grpc", "{endpoint: 'b:4317', tls: {insecure: true, ca_pem: x}}", TEL_ERR_CONFIG,
		  "failed to load CA CertPool PEM: failed to parse cert" },
		{ "otlp_grpc", "{endpoint: 'b:4317', compression: lz4, tls: {insecure: true}}", TEL_ERR_ARG,
		  "unsupported compression type \"lz4\"" },
		{ "file", "{path: /nowhere/at/all, rotation: {}}", TEL_ERR_UNSUPPORTED, "rotation is not offered" },
		{ "file", "{path: /nowhere/at/all}", TEL_ERR_IO, "open /nowhere/at/all" },
	};
	tel_ctx *ctx;
	assert_ok(tel_ctx_new(NULL, &ctx, NULL));
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		loaded l;
		tel_error err = TEL_ERROR_INIT;
		tel__exporter_impl *impl = NULL;
		load(&l, cases[i].id, cases[i].body);
		const void *options = options_of(&l, cases[i].id);
		const tel__exporter_ops *ops =
			tel__config_find(l.config, TEL__KIND_EXPORTER, tel__slice_str(cases[i].id))->row->impl;
		tel__exporter_env env = { .ctx = ctx, .id = tel__slice_str(cases[i].id) };
		tel_err code = ops->make(&env, options, &impl, &err);
		if (code != cases[i].code || impl || !strstr(err.msg, cases[i].text))
			fail_msg("%s: %s: %s %s", cases[i].id, cases[i].body, tel_err_name(code), err.msg);
		unload(&l);
	}
	tel_ctx_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(otlp_http_has_the_collectors_defaults),
		cmocka_unit_test(otlp_grpc_has_the_collectors_defaults),
		cmocka_unit_test(every_key_is_taken),
		cmocka_unit_test(mistakes_are_told_in_the_collectors_words),
		cmocka_unit_test(what_this_release_cannot_do_is_said_when_it_runs),
	};
	return cmocka_run_group_tests_name("sink/keys", tests, NULL, NULL);
}
