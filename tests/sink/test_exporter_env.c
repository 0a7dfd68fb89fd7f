/* SPDX-License-Identifier: Apache-2.0 */
/* OTEL_* variables as an exporter, a preference and a resource: each variable with good and bad values. */
#include <stdio.h>
#include <stdlib.h>

#include <telemetry/cursor.h>
#include <telemetry/exporter.h>

#include "base/mem.h"
#include "sink/exporter_env.h"
#include "sink/otlp_world.h"
#include "torture/torture.h"

#define P "OTEL_EXPORTER_OTLP_"
#define M "OTEL_EXPORTER_OTLP_METRICS_"

typedef struct variable {
	const char *name, *value;
} variable;

/* The value is gone when the next one is looked up, as the header says. */
static const char *lookup(void *user, const char *name)
{
	static char *last;
	free(last);
	last = NULL;
	for (const variable *v = user; v->name; v++)
		if (strcmp(v->name, name) == 0)
			last = strdup(v->value);
	return last;
}

static tel_exporter_env env_of(const variable *vars)
{
	return (tel_exporter_env){ sizeof(tel_exporter_env), lookup, (void *)(uintptr_t)vars };
}

/* ---- what the variables say ---- */

static size_t add_text(char *out, size_t n, size_t cap, const char *name, tel_slice value)
{
	return value.len ? n + (size_t)snprintf(out + n, cap - n, " %s=" TEL_SLICE_FMT, name, TEL_SLICE_ARG(value)) : n;
}

/* Every option that is not the default, in the order of the struct. */
static void describe(const tel_exporter_opts *o, char *out, size_t cap)
{
	static const char *const protocols[] = { "", " grpc", " http/json" };
	size_t n = (size_t)snprintf(out, cap, "%s", o->disabled ? " disabled" : protocols[o->protocol]);
	n = add_text(out, n, cap, o->endpoint_is_whole ? "whole" : "endpoint", o->endpoint);
	n += (size_t)snprintf(out + n, cap - n, "%s", o->insecure ? " insecure" : "");
	for (size_t i = 0; i < o->header_count; i++)
		n += (size_t)snprintf(out + n, cap - n, " [" TEL_SLICE_FMT ": " TEL_SLICE_FMT "]", TEL_SLICE_ARG(o->headers[i].name),
		                      TEL_SLICE_ARG(o->headers[i].value));
	n = add_text(out, n, cap, "compression", o->compression);
	if (o->timeout_ns)
		n += o->timeout_ns == UINT64_MAX ? (size_t)snprintf(out + n, cap - n, " unlimited")
		                                 : (size_t)snprintf(out + n, cap - n, " %lluns", (unsigned long long)o->timeout_ns);
	n = add_text(out, n, cap, "ca", o->ca_file);
	n = add_text(out, n, cap, "cert", o->client_cert_file);
	n = add_text(out, n, cap, "key", o->client_key_file);
	if (o->temporality)
		n += (size_t)snprintf(out + n, cap - n, o->temporality == TEL_PREFER_DELTA ? " delta" : " lowmemory");
	n += (size_t)snprintf(out + n, cap - n, "%s", o->exponential_histograms ? " exponential" : "");
	assert_true(n < cap);
}

static const struct {
	variable vars[4];
	const char *says; /* the options, or the whole text of the error */
	tel_err code;
} rows[] = {
	{ { { NULL, NULL } }, "", TEL_OK },
	/* the METRICS form wins, empty and blank ones are as if unset */
	{ { { P "ENDPOINT", "http://a:1" } }, " endpoint=http://a:1", TEL_OK },
	{ { { M "ENDPOINT", "http://a:1/x" } }, " whole=http://a:1/x", TEL_OK },
	{ { { M "ENDPOINT", "http://b" }, { P "ENDPOINT", "http://a" } }, " whole=http://b", TEL_OK },
	{ { { M "ENDPOINT", "" }, { P "ENDPOINT", " http://a " } }, " endpoint=http://a", TEL_OK },
	{ { { P "ENDPOINT", "  " } }, "", TEL_OK },
	{ { { P "PROTOCOL", "grpc" } }, " grpc", TEL_OK },
	{ { { P "PROTOCOL", "http/json" } }, " http/json", TEL_OK },
	{ { { P "PROTOCOL", "http/protobuf" } }, "", TEL_OK },
	{ { { M "PROTOCOL", "http/json" }, { P "PROTOCOL", "grpc" } }, " http/json", TEL_OK },
	{ { { M "PROTOCOL", "" }, { P "PROTOCOL", "grpc" } }, " grpc", TEL_OK },
	{ { { M "PROTOCOL", "carrier pigeon" } },
	  M "PROTOCOL: \"carrier pigeon\" is not a protocol, use http/protobuf, http/json or grpc", TEL_ERR_ARG },
	{ { { P "PROTOCOL", "http" } }, P "PROTOCOL: \"http\" is not a protocol, use http/protobuf, http/json or grpc",
	  TEL_ERR_ARG },
	{ { { P "INSECURE", "TRUE" } }, " insecure", TEL_OK },
	{ { { P "INSECURE", "true" }, { M "INSECURE", "False" } }, "", TEL_OK },
	{ { { P "INSECURE", "1" } }, P "INSECURE: \"1\" is neither true nor false", TEL_ERR_ARG },
	{ { { P "HEADERS", " a=b%20c , authorization=Basic%20eDp5 ,," } }, " [a: b c] [authorization: Basic eDp5]", TEL_OK },
	{ { { P "HEADERS", "a=b=c==,d=;property,e=f;g" } }, " [a: b=c==] [d: ] [e: f]", TEL_OK },
	{ { { M "HEADERS", "a=1" }, { P "HEADERS", "b=2" } }, " [a: 1]", TEL_OK },
	{ { { P "HEADERS", "%61=%62" } }, " [a: b]", TEL_OK },
	{ { { P "HEADERS", "," } }, "", TEL_OK },
	{ { { P "HEADERS", "a=b,secret" } }, P "HEADERS: entry 2 is not name=value with valid percent-encoding", TEL_ERR_ARG },
	{ { { P "HEADERS", "a=%zz" } }, P "HEADERS: entry 1 is not name=value with valid percent-encoding", TEL_ERR_ARG },
	{ { { P "HEADERS", "a=%4" } }, P "HEADERS: entry 1 is not name=value with valid percent-encoding", TEL_ERR_ARG },
	{ { { M "HEADERS", "a=%0d%0aevil" } }, M "HEADERS: entry 1 is not name=value with valid percent-encoding", TEL_ERR_ARG },
	{ { { P "HEADERS", "=v" } }, P "HEADERS: entry 1 is not name=value with valid percent-encoding", TEL_ERR_ARG },
	{ { { P "COMPRESSION", "gzip" } }, " compression=gzip", TEL_OK },
	{ { { P "COMPRESSION", "gzip" }, { M "COMPRESSION", "none" } }, " compression=none", TEL_OK },
	{ { { P "COMPRESSION", "zstd" } }, P "COMPRESSION: \"zstd\" is not a compression, use gzip or none", TEL_ERR_ARG },
	{ { { P "TIMEOUT", "1500" } }, " 1500000000ns", TEL_OK },
	{ { { P "TIMEOUT", "1500" }, { M "TIMEOUT", "7" } }, " 7000000ns", TEL_OK },
	{ { { P "TIMEOUT", "0" } }, " unlimited", TEL_OK },
	{ { { P "TIMEOUT", "1s" } }, P "TIMEOUT: \"1s\" is not a number of milliseconds", TEL_ERR_ARG },
	{ { { P "TIMEOUT", "-1" } }, P "TIMEOUT: \"-1\" is not a number of milliseconds", TEL_ERR_ARG },
	{ { { P "TIMEOUT", "1.5" } }, P "TIMEOUT: \"1.5\" is not a number of milliseconds", TEL_ERR_ARG },
	{ { { M "TIMEOUT", "99999999999" } }, M "TIMEOUT: \"99999999999\" is not a number of milliseconds", TEL_ERR_ARG },
	{ { { P "CERTIFICATE", "/a.pem" }, { P "CLIENT_CERTIFICATE", "/b.pem" }, { P "CLIENT_KEY", "/c.pem" } },
	  " ca=/a.pem cert=/b.pem key=/c.pem", TEL_OK },
	{ { { P "CERTIFICATE", "/a.pem" }, { M "CERTIFICATE", "/m.pem" }, { M "CLIENT_KEY", "/k.pem" } },
	  " ca=/m.pem key=/k.pem", TEL_OK },
	{ { { M "CLIENT_CERTIFICATE", "/m.pem" } }, " cert=/m.pem", TEL_OK },
	{ { { M "TEMPORALITY_PREFERENCE", "cumulative" } }, "", TEL_OK },
	{ { { M "TEMPORALITY_PREFERENCE", "Delta" } }, " delta", TEL_OK },
	{ { { M "TEMPORALITY_PREFERENCE", "lowmemory" } }, " lowmemory", TEL_OK },
	{ { { P "TEMPORALITY_PREFERENCE", "delta" } }, "", TEL_OK }, /* there is no general form */
	{ { { M "TEMPORALITY_PREFERENCE", "both" } },
	  M "TEMPORALITY_PREFERENCE: \"both\" is not a preference, use cumulative, delta or lowmemory", TEL_ERR_ARG },
	{ { { M "DEFAULT_HISTOGRAM_AGGREGATION", "base2_exponential_bucket_histogram" } }, " exponential", TEL_OK },
	{ { { M "DEFAULT_HISTOGRAM_AGGREGATION", "explicit_bucket_histogram" } }, "", TEL_OK },
	{ { { M "DEFAULT_HISTOGRAM_AGGREGATION", "summary" } },
	  M "DEFAULT_HISTOGRAM_AGGREGATION: \"summary\" is not an aggregation, use explicit_bucket_histogram or "
	    "base2_exponential_bucket_histogram", TEL_ERR_ARG },
	/* switched off, nothing else is read */
	{ { { "OTEL_SDK_DISABLED", "True" }, { P "PROTOCOL", "?" } }, " disabled", TEL_OK },
	{ { { "OTEL_SDK_DISABLED", "false" }, { P "PROTOCOL", "grpc" } }, " grpc", TEL_OK },
	{ { { "OTEL_SDK_DISABLED", "" } }, "", TEL_OK },
	{ { { "OTEL_SDK_DISABLED", "yes" } }, "OTEL_SDK_DISABLED: \"yes\" is neither true nor false", TEL_ERR_ARG },
	{ { { "OTEL_METRICS_EXPORTER", "none" }, { P "TIMEOUT", "?" } }, " disabled", TEL_OK },
	{ { { "OTEL_METRICS_EXPORTER", "otlp" } }, "", TEL_OK },
	{ { { "OTEL_METRICS_EXPORTER", "console" } }, "OTEL_METRICS_EXPORTER: \"console\" is not offered, use otlp or none",
	  TEL_ERR_UNSUPPORTED },
};

static void each_variable_is_an_option_or_an_error_that_names_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		tel_exporter_env env = env_of(rows[i].vars);
		tel_exporter_opts opts = TEL_EXPORTER_OPTS_INIT;
		tel_error err = TEL_ERROR_INIT;
		char text[1024];
		tel__arena *arena;
		assert_ok(tel__arena_new(&tel__alloc_libc, 1 << 20, NULL, &arena));
		tel_err code = tel__exporter_env_read(&env, arena, NULL, &opts, &err);
		if (code == TEL_OK)
			describe(&opts, text, sizeof text);
		if (code != rows[i].code || strcmp(code ? err.msg : text, rows[i].says) != 0)
			fail_msg("row %zu, %s=%s: %s \"%s\"", i, rows[i].vars[0].name, rows[i].vars[0].value, tel_err_name(code),
			         code ? err.msg : text);
		tel__arena_unref(arena);
	}
}

/* ---- exporters ---- */

typedef struct logged {
	char lines[2048];
	size_t len;
} logged;

static void on_log(void *user, const tel_log_entry *entry)
{
	logged *l = user;
	l->len += (size_t)snprintf(l->lines + l->len, sizeof l->lines - l->len, "%s" TEL_SLICE_FMT,
	                           entry->level == TEL_LOG_WARN ? "warn " : "", TEL_SLICE_ARG(entry->msg));
	for (size_t i = 0; i < entry->field_count; i++) {
		const tel_log_field *f = &entry->fields[i];
		l->len += f->is_number ? (size_t)snprintf(l->lines + l->len, sizeof l->lines - l->len, " " TEL_SLICE_FMT "=%.0f",
		                                          TEL_SLICE_ARG(f->key), f->number)
		                       : (size_t)snprintf(l->lines + l->len, sizeof l->lines - l->len,
		                                          " " TEL_SLICE_FMT "=" TEL_SLICE_FMT, TEL_SLICE_ARG(f->key),
		                                          TEL_SLICE_ARG(f->text));
	}
	l->len += (size_t)snprintf(l->lines + l->len, sizeof l->lines - l->len, "\n");
	assert_true(l->len < sizeof l->lines);
}

static tel_err make_env(tel_ctx *ctx, const variable *vars, tel_exporter **ret_x, tel_error *err)
{
	tel_exporter_env env = env_of(vars);
	return tel_exporter_new_env(ctx, &env, ret_x, err);
}

static void what_takes_effect_is_logged_once(void **state)
{
	(void)state;
	static const struct {
		variable vars[6];
		const char *lines;
	} said[] = {
		{ { { NULL, NULL } }, "Exporter is ready. protocol=http/protobuf endpoint=http://localhost:4318 tls=false "
		                      "compression=none headers=0 timeout_ms=10000\n" },
		{ { { P "PROTOCOL", "grpc" } }, "Exporter is ready. protocol=grpc endpoint=http://localhost:4317 tls=false "
		                                "compression=none headers=0 timeout_ms=10000\n" },
		{ { { P "PROTOCOL", "grpc" }, { P "ENDPOINT", "a:1" }, { P "INSECURE", "true" }, { P "HEADERS", "k=secret" },
		    { P "COMPRESSION", "gzip" } },
		  "Exporter is ready. protocol=grpc endpoint=a:1 tls=false compression=gzip headers=1 timeout_ms=10000\n" },
		{ { { P "PROTOCOL", "grpc" }, { P "ENDPOINT", "a" }, { P "TIMEOUT", "0" } },
		  "Exporter is ready. protocol=grpc endpoint=a:4317 tls=true compression=none headers=0\n" },
		{ { { P "PROTOCOL", "http/json" }, { M "ENDPOINT", "https://me:secret@a/x@y" } },
		  "Exporter is ready. protocol=http/json endpoint=https://me:xxxxx@a/x@y tls=true compression=none headers=0 "
		  "timeout_ms=10000\n" },
		{ { { "OTEL_SDK_DISABLED", "true" } }, "Exporter is disabled.\n" },
		{ { { P "METRIC_INSECURE", "true" }, { P "PROTOCOL", "grpc" }, { P "ENDPOINT", "a" } },
		  "warn An obsolete environment variable is ignored. variable=" P "METRIC_INSECURE use=" M "INSECURE\n"
		  "Exporter is ready. protocol=grpc endpoint=a:4317 tls=true compression=none headers=0 timeout_ms=10000\n" },
		{ { { P "METRIC_INSECURE", "" } }, "Exporter is ready. protocol=http/protobuf endpoint=http://localhost:4318 "
		                                   "tls=false compression=none headers=0 timeout_ms=10000\n" },
	};
	for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
		logged l = { .len = 0 };
		tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
		tel_error err = TEL_ERROR_INIT;
		tel_exporter *x;
		tel_ctx *ctx;
		opts.log = (tel_log_sink){ on_log, &l, TEL_LOG_INFO };
		assert_ok(tel_ctx_new(&opts, &ctx, NULL));
		if (make_env(ctx, said[i].vars, &x, &err) != TEL_OK)
			fail_msg("row %zu: %s", i, err.msg);
		assert_string_equal(l.lines, said[i].lines);
		tel_exporter_free(x);
		tel_ctx_free(ctx);
	}
}

static void what_an_exporter_cannot_use_is_an_error(void **state)
{
	(void)state;
	static const struct {
		variable vars[4];
		tel_err code;
		const char *text;
	} bad[] = {
		{ { { P "CERTIFICATE", "/no/ca.pem" }, { P "ENDPOINT", "https://a" } }, TEL_ERR_CONFIG, "open /no/ca.pem" },
		{ { { M "CERTIFICATE", "/no/ca.pem" }, { P "PROTOCOL", "grpc" }, { P "ENDPOINT", "https://a" } }, TEL_ERR_CONFIG,
		  "open /no/ca.pem" },
		{ { { P "CLIENT_CERTIFICATE", "/no/c.pem" }, { P "PROTOCOL", "grpc" }, { P "ENDPOINT", "a:1" } }, TEL_ERR_CONFIG,
		  "must include both certificate and key" },
		{ { { P "CLIENT_KEY", "/no/k.pem" }, { P "ENDPOINT", "https://a" } }, TEL_ERR_CONFIG,
		  "must include both certificate and key" },
		{ { { P "ENDPOINT", "localhost:4318" } }, TEL_ERR_ARG, "endpoint must be a valid URL" },
		{ { { M "ENDPOINT", "http://a b" } }, TEL_ERR_ARG, "metrics_endpoint must be a valid URL" },
		{ { { P "PROTOCOL", "grpc" }, { P "ENDPOINT", "http://a:b" } }, TEL_ERR_ARG, "invalid port \"b\"" },
	};
	otlp_world w;
	otlp_world_init(&w);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		tel_exporter *x = NULL;
		tel_error err = TEL_ERROR_INIT;
		tel_err code = make_env(w.ctx, bad[i].vars, &x, &err);
		if (code != bad[i].code || x || !strstr(err.msg, bad[i].text))
			fail_msg("%s=%s: %s %s", bad[i].vars[0].name, bad[i].vars[0].value, tel_err_name(code), err.msg);
	}
	otlp_world_fini(&w);
}

static void on_done(void *user, const tel_export_result *r)
{
	*(tel_err *)user = r->code;
}

static bool is_done(void *user)
{
	return *(tel_err *)user != TEL_ERR_AGAIN;
}

static tel_metrics *sample(void)
{
	tel_builder *b;
	tel_metrics *m;
	assert_ok(tel_builder_new(NULL, 0, &b));
	tel_builder_gauge(b, "value", "1", "");
	for (int64_t i = 0; i < 3; i++)
		tel_builder_point_int(b, i, NULL);
	assert_ok(tel_builder_finish(b, &m, NULL));
	tel_builder_free(b);
	return m;
}

/* Sends three points as the variables say; head: what the request began with. */
static void delivers(const variable *vars, otlp_world *w)
{
	tel_err code = TEL_ERR_AGAIN;
	tel_error err = TEL_ERROR_INIT;
	tel_exporter *x;
	if (make_env(w->ctx, vars, &x, &err) != TEL_OK)
		fail_msg("%s", err.msg);
	assert_ok(tel_export_submit(x, sample(), on_done, &code, NULL, NULL));
	assert_int_equal(code, TEL_ERR_AGAIN); /* never inside submit */
	assert_true(otlp_world_run(w, is_done, &code));
	assert_ok(code);
	tel_exporter_free(x);
}

static void batches_go_where_the_environment_says(void **state)
{
	(void)state;
	otlp_world w;
	char whole[128];
	otlp_world_init(&w);
	snprintf(whole, sizeof whole, "%s/custom", w.http_url);
	const variable http[] = { { P "ENDPOINT", "http://127.0.0.1:1" }, { M "ENDPOINT", whole }, { P "PROTOCOL", "grpc" },
		                  { M "PROTOCOL", "http/protobuf" }, { P "HEADERS", "ignored=1" },
		                  { M "HEADERS", "a=b%20c,authorization=Basic%20eDp5" }, { P "COMPRESSION", "gzip" },
		                  { M "COMPRESSION", "" }, { P "TIMEOUT", "0" }, { NULL, NULL } };
	delivers(http, &w);
	assert_non_null(strstr(w.head, "POST /custom "));
	assert_non_null(strstr(w.head, "a=b c;"));
	assert_non_null(strstr(w.head, "authorization=Basic eDp5;"));
	assert_non_null(strstr(w.head, "Content-Encoding=gzip;"));
	assert_null(strstr(w.head, "ignored"));
	const variable json[] = { { P "ENDPOINT", w.http_url }, { M "PROTOCOL", "http/json" }, { NULL, NULL } };
	delivers(json, &w);
	assert_non_null(strstr(w.head, "POST /v1/metrics "));
	assert_non_null(strstr(w.head, "Content-Type=application/json;"));
	const variable grpc[] = { { P "ENDPOINT", w.grpc_endpoint + 7 }, { P "PROTOCOL", "grpc" }, { P "INSECURE", "TRUE" },
		                  { NULL, NULL } };
	delivers(grpc, &w);
	assert_int_equal(w.points, 9);
	otlp_world_fini(&w);
}

static void a_disabled_exporter_takes_everything_and_sends_nothing(void **state)
{
	(void)state;
	otlp_world w;
	otlp_world_init(&w);
	const variable off[] = { { P "ENDPOINT", w.http_url }, { "OTEL_SDK_DISABLED", "true" }, { NULL, NULL } };
	delivers(off, &w);
	assert_int_equal(w.requests, 0);
	tel_exporter *x;
	uint64_t id;
	tel_err code = TEL_ERR_AGAIN;
	assert_ok(make_env(w.ctx, off, &x, NULL));
	assert_ok(tel_export_submit(x, sample(), on_done, &code, &id, NULL));
	tel_export_cancel(x, id);
	otlp_world_spin(&w, 5);
	assert_int_equal(code, TEL_ERR_AGAIN);
	assert_ok(tel_export_submit(x, sample(), on_done, &code, &id, NULL));
	tel_exporter_free(x);
	assert_int_equal(code, TEL_ERR_AGAIN);
	otlp_world_fini(&w);
}

static void the_environment_of_the_process_is_the_default(void **state)
{
	(void)state;
	otlp_world w;
	tel_exporter *x = NULL;
	tel_error err = TEL_ERROR_INIT;
	otlp_world_init(&w);
	assert_int_equal(setenv(M "PROTOCOL", "smoke signals", 1), 0);
	assert_err(tel_exporter_new_env(w.ctx, NULL, &x, &err), TEL_ERR_ARG);
	assert_non_null(strstr(err.msg, "smoke signals"));
	assert_null(x);
	assert_int_equal(unsetenv(M "PROTOCOL"), 0);
	otlp_world_fini(&w);
}

/* ---- preference ---- */

static void the_preference_tells_how_to_build_metrics(void **state)
{
	(void)state;
	static const struct {
		const char *word;
		tel_temporality counter, observed, up_down, histogram;
	} kinds[] = {
		{ "cumulative", TEL_CUMULATIVE, TEL_CUMULATIVE, TEL_CUMULATIVE, TEL_CUMULATIVE },
		{ "delta", TEL_DELTA, TEL_DELTA, TEL_CUMULATIVE, TEL_DELTA },
		{ "lowmemory", TEL_DELTA, TEL_CUMULATIVE, TEL_CUMULATIVE, TEL_DELTA },
	};
	otlp_world w;
	otlp_world_init(&w);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		const variable vars[] = { { M "TEMPORALITY_PREFERENCE", kinds[i].word },
			                  { M "DEFAULT_HISTOGRAM_AGGREGATION", i ? "base2_exponential_bucket_histogram" : "" },
			                  { NULL, NULL } };
		tel_exporter_preference p = TEL_EXPORTER_PREFERENCE_INIT;
		tel_exporter *x;
		assert_ok(make_env(w.ctx, vars, &x, NULL));
		assert_ok(tel_exporter_preference_get(x, &p));
		assert_int_equal(p.counter, kinds[i].counter);
		assert_int_equal(p.observed_counter, kinds[i].observed);
		assert_int_equal(p.up_down, kinds[i].up_down);
		assert_int_equal(p.histogram, kinds[i].histogram);
		assert_int_equal(p.histogram_type, i ? TEL_METRIC_EXP_HISTOGRAM : TEL_METRIC_HISTOGRAM);
		p.size = 0;
		assert_err(tel_exporter_preference_get(x, &p), TEL_ERR_ARG);
		assert_err(tel_exporter_preference_get(x, NULL), TEL_ERR_ARG);
		tel_exporter_free(x);
	}
	otlp_world_fini(&w);
}

/* ---- resource ---- */

static tel_err resource_of(const variable *vars, const tel_alloc *alloc, char *out, size_t cap, tel_error *err)
{
	tel_exporter_env env = env_of(vars);
	tel_cursor cursor;
	tel_resource_view resource;
	tel_fields rest;
	tel_pair pair;
	tel_builder *b;
	tel_metrics *m;
	size_t n = 0;
	tel_err e = tel_builder_new(alloc, 0, &b);
	if (e)
		return e;
	tel_exporter_env_resource(&env, b);
	tel_builder_gauge(b, "g", "", "");
	e = tel_builder_finish(b, &m, err);
	tel_builder_free(b);
	if (e)
		return e;
	tel_cursor_init(&cursor, m);
	assert_true(tel_cursor_next_resource(&cursor, &resource));
	rest = resource.attributes;
	while (tel_attr_next(&rest, &pair)) {
		assert_int_equal(pair.value.type, TEL_VALUE_STRING);
		n += (size_t)snprintf(out + n, cap - n, TEL_SLICE_FMT "=" TEL_SLICE_FMT "\n", TEL_SLICE_ARG(pair.key),
		                      TEL_SLICE_ARG(pair.value.u.bytes));
		assert_true(n < cap);
	}
	tel_metrics_free(m);
	return TEL_OK;
}

static void the_resource_of_a_batch_comes_from_two_variables(void **state)
{
	(void)state;
	static const char sdk[] = "telemetry.sdk.name=libtelemetry\ntelemetry.sdk.language=c\ntelemetry.sdk.version=";
	static const struct {
		const char *name, *list, *says;
		bool own_sdk;
	} resources[] = {
		{ NULL, NULL, "service.name=unknown_service\n", false },
		{ " ", "", "service.name=unknown_service\n", false },
		{ "shop", NULL, "service.name=shop\n", false },
		{ NULL, "service.name=cart, a=b%2Cc ,d=", "service.name=cart\na=b,c\nd=\n", false },
		{ "shop", "a=1,service.name=cart,b=2", "service.name=shop\na=1\nb=2\n", false },
		{ NULL, "a=1,b=2,a=3", "service.name=unknown_service\na=3\nb=2\n", false },
		{ NULL, "service.name=", "service.name=unknown_service\n", false },
		{ NULL, "k=%E2%82%AC", "service.name=unknown_service\nk=\xe2\x82\xac\n", false },
		{ "s", "telemetry.sdk.name=x,telemetry.sdk.language=y,telemetry.sdk.version=z",
		  "service.name=s\ntelemetry.sdk.name=x\ntelemetry.sdk.language=y\ntelemetry.sdk.version=z\n", true },
	};
	for (size_t i = 0; i < sizeof resources / sizeof resources[0]; i++) {
		variable vars[3] = { { "OTEL_RESOURCE_ATTRIBUTES", resources[i].list }, { NULL, NULL }, { NULL, NULL } };
		char text[1024], want[1024];
		tel_error err = TEL_ERROR_INIT;
		if (!resources[i].list)
			vars[0].name = "unset";
		vars[1] = (variable){ resources[i].name ? "OTEL_SERVICE_NAME" : NULL, resources[i].name };
		if (resource_of(vars, NULL, text, sizeof text, &err) != TEL_OK)
			fail_msg("row %zu: %s", i, err.msg);
		snprintf(want, sizeof want, "%s%s%s%s", resources[i].says, resources[i].own_sdk ? "" : sdk,
		         resources[i].own_sdk ? "" : tel_version(), resources[i].own_sdk ? "" : "\n");
		assert_string_equal(text, want);
	}
}

static void a_resource_that_cannot_be_read_fails_the_batch(void **state)
{
	(void)state;
	static const char *const lists[] = { "a", "a=1,b", "a=%", "a=%00", "=1", "a=1,%zz=2" };
	char text[64], many[2048];
	size_t n = 0;
	for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
		const variable vars[] = { { "OTEL_RESOURCE_ATTRIBUTES", lists[i] }, { NULL, NULL } };
		tel_error err = TEL_ERROR_INIT;
		assert_err(resource_of(vars, NULL, text, sizeof text, &err), TEL_ERR_ARG);
		assert_string_equal(err.msg, "builder: OTEL_RESOURCE_ATTRIBUTES: an entry is not name=value with valid percent-encoding");
	}
	for (unsigned i = 0; i < 129; i++)
		n += (size_t)snprintf(many + n, sizeof many - n, "k%u=v,", i);
	const variable vars[] = { { "OTEL_RESOURCE_ATTRIBUTES", many }, { NULL, NULL } };
	tel_error err = TEL_ERROR_INIT;
	assert_err(resource_of(vars, NULL, text, sizeof text, &err), TEL_ERR_LIMIT);
	assert_string_equal(err.msg, "builder: OTEL_RESOURCE_ATTRIBUTES: more than 128 attributes");
	const variable bad_utf8[] = { { "OTEL_SERVICE_NAME", "\xff" }, { NULL, NULL } };
	assert_err(resource_of(bad_utf8, NULL, text, sizeof text, NULL), TEL_ERR_ARG);
}

static tel_err resource_life(const tel_alloc *alloc, void *user)
{
	char text[1024];
	return resource_of(user, alloc, text, sizeof text, NULL);
}

static tel_err read_life(const tel_alloc *alloc, void *user)
{
	tel_exporter_env env = env_of(user);
	tel_exporter_opts opts;
	tel__arena *arena;
	tel_err e = tel__arena_new(alloc, 1 << 20, NULL, &arena);
	if (e)
		return e;
	e = tel__exporter_env_read(&env, arena, NULL, &opts, NULL);
	if (e == TEL_OK)
		assert_int_equal(opts.header_count, 2);
	tel__arena_unref(arena);
	return e;
}

static void every_allocation_may_fail(void **state)
{
	(void)state;
	static const variable resource[] = { { "OTEL_SERVICE_NAME", "s" }, { "OTEL_RESOURCE_ATTRIBUTES", "a=b,c=d" },
		                             { NULL, NULL } };
	static const variable all[] = { { P "ENDPOINT", "http://a:1" }, { P "HEADERS", "a=b,c=d" }, { P "CERTIFICATE", "/x" },
		                        { P "METRIC_INSECURE", "true" }, { NULL, NULL } };
	torture_alloc(resource_life, (void *)(uintptr_t)resource);
	torture_alloc(read_life, (void *)(uintptr_t)all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_variable_is_an_option_or_an_error_that_names_it),
		cmocka_unit_test(what_takes_effect_is_logged_once),
		cmocka_unit_test(what_an_exporter_cannot_use_is_an_error),
		cmocka_unit_test(batches_go_where_the_environment_says),
		cmocka_unit_test(a_disabled_exporter_takes_everything_and_sends_nothing),
		cmocka_unit_test(the_environment_of_the_process_is_the_default),
		cmocka_unit_test(the_preference_tells_how_to_build_metrics),
		cmocka_unit_test(the_resource_of_a_batch_comes_from_two_variables),
		cmocka_unit_test(a_resource_that_cannot_be_read_fails_the_batch),
		cmocka_unit_test(every_allocation_may_fail),
	};
	return cmocka_run_group_tests_name("sink/exporter_env", tests, NULL, NULL);
}
