/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/exporter_env.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error_i.h"
#include "base/log_i.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/pairs.h"
#include "base/slice_i.h"
#include "model/builder_i.h"

#define OTLP "OTEL_EXPORTER_OTLP_"

enum { NAME_MAX_LEN = 80, TIMEOUT_MAX_MS = 1 << 30 };

typedef struct reader {
	const tel_exporter_env *env;
	tel__arena *arena;
	tel_error *err;
	char name[NAME_MAX_LEN]; /* of the variable that was found last */
	bool specific;           /* it was the METRICS_ form */
	bool nomem;
} reader;

static bool lookup(reader *r, const char *prefix, const char *suffix, tel_slice *ret_value)
{
	snprintf(r->name, sizeof r->name, "%s%s", prefix, suffix);
	tel_slice value = tel__slice_trim(tel__slice_str(r->env->lookup(r->env->user, r->name)));
	if (value.len == 0) /* empty counts as unset */
		return false;
	if (!tel__arena_copy(r->arena, value, ret_value)) {
		r->nomem = true;
		return false;
	}
	return true;
}

/* The METRICS form wins. */
static bool get(reader *r, const char *suffix, tel_slice *ret_value)
{
	r->specific = lookup(r, OTLP "METRICS_", suffix, ret_value);
	return r->specific || (!r->nomem && lookup(r, OTLP, suffix, ret_value));
}

static tel_err bad(const reader *r, tel_err code, tel_slice value, const char *why)
{
	char text[96];
	return tel__fail(r->err, code, "%s: \"%s\" %s", r->name, tel__slice_printable(value, text, sizeof text), why);
}

static tel_err read_protocol(reader *r, tel_exporter_opts *o)
{
	tel_slice v;
	if (!get(r, "PROTOCOL", &v) || tel__slice_is(v, "http/protobuf"))
		return TEL_OK;
	if (tel__slice_is(v, "http/json"))
		o->protocol = TEL_EXPORTER_HTTP_JSON;
	else if (tel__slice_is(v, "grpc"))
		o->protocol = TEL_EXPORTER_GRPC;
	else
		return bad(r, TEL_ERR_ARG, v, "is not a protocol, use http/protobuf, http/json or grpc");
	return TEL_OK;
}

/* Only "true", in any case, is true: OpenTelemetry environment variable specification. */
static tel_err read_bool(reader *r, tel_slice v, bool *ret_value)
{
	*ret_value = tel__slice_eq_nocase(v, TEL_SLICE_LIT("true"));
	if (!*ret_value && !tel__slice_eq_nocase(v, TEL_SLICE_LIT("false")))
		return bad(r, TEL_ERR_ARG, v, "is neither true nor false");
	return TEL_OK;
}

static tel_err read_insecure(reader *r, tel_exporter_opts *o)
{
	tel_slice v;
	return get(r, "INSECURE", &v) ? read_bool(r, v, &o->insecure) : TEL_OK;
}

static tel_err read_timeout(reader *r, tel_exporter_opts *o)
{
	tel_slice v;
	uint64_t ms;
	if (!get(r, "TIMEOUT", &v))
		return TEL_OK;
	if (tel__num_parse_u64(v, &ms) != TEL_OK || ms > TIMEOUT_MAX_MS)
		return bad(r, TEL_ERR_ARG, v, "is not a number of milliseconds");
	o->timeout_ns = ms ? ms * 1000000 : UINT64_MAX; /* 0 = no limit */
	return TEL_OK;
}

static tel_err read_compression(reader *r, tel_exporter_opts *o)
{
	tel_slice v;
	if (!get(r, "COMPRESSION", &v))
		return TEL_OK;
	if (!tel__slice_is(v, "gzip") && !tel__slice_is(v, "none"))
		return bad(r, TEL_ERR_ARG, v, "is not a compression, use gzip or none");
	o->compression = v;
	return TEL_OK;
}

static tel_err read_headers(reader *r, tel_exporter_opts *o)
{
	tel_slice list, entry;
	size_t n = 0;
	if (!get(r, "HEADERS", &list))
		return TEL_OK;
	tel_exporter_header *headers = tel__arena_array(r->arena, tel__pairs_max(list), sizeof *headers);
	char *out = tel__arena_alloc(r->arena, list.len);
	if (!headers || !out)
		return tel__fail_nomem(r->err);
	while (tel__pairs_next(&list, &entry)) {
		/* The value may be a secret: the message names the variable only. */
		if (!tel__pairs_read(entry, out, &headers[n].name, &headers[n].value))
			return tel__fail(r->err, TEL_ERR_ARG, "%s: entry %zu is not name=value with valid percent-encoding",
			                 r->name, n + 1);
		out += entry.len;
		n++;
	}
	o->headers = headers;
	o->header_count = n;
	return TEL_OK;
}

static tel_err read_certificates(reader *r, tel_exporter_opts *o)
{
	(void)get(r, "CERTIFICATE", &o->ca_file);
	(void)get(r, "CLIENT_CERTIFICATE", &o->client_cert_file);
	(void)get(r, "CLIENT_KEY", &o->client_key_file);
	return TEL_OK;
}

/* One of words, by its place. */
static tel_err read_word(reader *r, tel_slice v, const char *const *words, const char *why, int *ret_index)
{
	for (int i = 0; words[i]; i++) {
		if (!tel__slice_eq_nocase(v, tel__slice_str(words[i])))
			continue;
		*ret_index = i;
		return TEL_OK;
	}
	return bad(r, TEL_ERR_ARG, v, why);
}

static tel_err read_preference(reader *r, tel_exporter_opts *o)
{
	static const char *const temporality[] = { "cumulative", "delta", "lowmemory", NULL };
	static const char *const histogram[] = { "explicit_bucket_histogram", "base2_exponential_bucket_histogram", NULL };
	tel_err e = TEL_OK;
	tel_slice v;
	int index;
	if (lookup(r, OTLP "METRICS_", "TEMPORALITY_PREFERENCE", &v)) {
		e = read_word(r, v, temporality, "is not a preference, use cumulative, delta or lowmemory", &index);
		if (e == TEL_OK)
			o->temporality = (tel_temporality_preference)index;
	}
	if (e == TEL_OK && !r->nomem && lookup(r, OTLP "METRICS_", "DEFAULT_HISTOGRAM_AGGREGATION", &v)) {
		e = read_word(r, v, histogram,
		              "is not an aggregation, use explicit_bucket_histogram or base2_exponential_bucket_histogram", &index);
		if (e == TEL_OK)
			o->exponential_histograms = index == 1;
	}
	return e;
}

/* What switches everything off is read first: nothing else matters then. */
static tel_err read_switches(reader *r, tel_exporter_opts *o)
{
	tel_err e = TEL_OK;
	tel_slice v;
	if (lookup(r, "OTEL_SDK_DISABLED", "", &v))
		e = read_bool(r, v, &o->disabled);
	if (e || r->nomem || o->disabled || !lookup(r, "OTEL_METRICS_EXPORTER", "", &v))
		return e;
	o->disabled = tel__slice_is(v, "none");
	if (!o->disabled && !tel__slice_is(v, "otlp"))
		return bad(r, TEL_ERR_UNSUPPORTED, v, "is not offered, use otlp or none");
	return TEL_OK;
}

static tel_err read_endpoint(reader *r, tel_exporter_opts *o)
{
	if (get(r, "ENDPOINT", &o->endpoint))
		o->endpoint_is_whole = r->specific;
	return TEL_OK;
}

static void warn_of_obsolete(reader *r, const tel_log_sink *log)
{
	tel_slice v;
	if (!lookup(r, OTLP, "METRIC_INSECURE", &v))
		return;
	tel_log_field fields[] = { TEL__LOG_STR("variable", tel__slice_str(r->name)),
		                   TEL__LOG_STR("use", TEL_SLICE_LIT(OTLP "METRICS_INSECURE")) };
	tel__log(log, TEL_LOG_WARN, NULL, "An obsolete environment variable is ignored.", fields, 2);
}

/* As Go's ProxyFromEnvironment: upper case first; where a web server has made us, HTTP_PROXY is a client's header. */
static tel_err read_proxies(reader *r, tel_exporter_opts *o)
{
	tel_slice method;
	bool cgi = lookup(r, "REQUEST_METHOD", "", &method);
	if (cgi || !lookup(r, "HTTP_PROXY", "", &o->proxies.http))
		(void)lookup(r, "http_proxy", "", &o->proxies.http);
	if (!lookup(r, "HTTPS_PROXY", "", &o->proxies.https))
		(void)lookup(r, "https_proxy", "", &o->proxies.https);
	if (!lookup(r, "NO_PROXY", "", &o->proxies.none))
		(void)lookup(r, "no_proxy", "", &o->proxies.none);
	return TEL_OK;
}

tel_err tel__exporter_env_read(const tel_exporter_env *env, tel__arena *arena, const tel_log_sink *log,
                               tel_exporter_opts *ret_opts, tel_error *err)
{
	reader r = { .env = env, .arena = arena, .err = err };
	tel_exporter_opts o = TEL_EXPORTER_OPTS_INIT;
	tel_err (*const steps[])(reader *, tel_exporter_opts *) = { read_switches, read_protocol, read_insecure,
		                                                     read_timeout, read_compression, read_headers,
		                                                     read_certificates, read_preference,
		                                                     read_endpoint, read_proxies };
	tel_err e = TEL_OK;
	for (size_t i = 0; e == TEL_OK && !r.nomem && !o.disabled && i < sizeof steps / sizeof steps[0]; i++)
		e = steps[i](&r, &o);
	if (r.nomem)
		return tel__fail_nomem(err);
	if (e)
		return e;
	warn_of_obsolete(&r, log);
	if (r.nomem)
		return tel__fail_nomem(err);
	*ret_opts = o;
	return TEL_OK;
}

/* ---- resource ---- */

static const char *process_env(void *user, const char *name)
{
	(void)user;
	return getenv(name);
}

const tel_exporter_env tel__exporter_env_process = { sizeof tel__exporter_env_process, process_env, NULL };

void tel_exporter_env_resource(const tel_exporter_env *env, tel_builder *builder)
{
	char *copy = NULL;
	size_t size = 0;
	if (!env)
		env = &tel__exporter_env_process;
	const char *name = env->lookup(env->user, "OTEL_SERVICE_NAME");
	if (name) { /* valid until the next lookup */
		size = strlen(name) + 1;
		copy = tel__mem_new(&builder->alloc, size, 1);
		if (!copy) {
			tel__builder_refuse(builder, TEL_ERR_NOMEM, "no memory for the service name");
			return;
		}
		memcpy(copy, name, size);
	}
	tel_builder_resource_text(builder, copy, env->lookup(env->user, "OTEL_RESOURCE_ATTRIBUTES"));
	if (copy)
		tel__mem_free(&builder->alloc, copy, size, 1);
}
