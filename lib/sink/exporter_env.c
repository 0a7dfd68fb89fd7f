/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/exporter_env.h"

#include <stdio.h>

#include "base/error_i.h"
#include "base/num.h"
#include "base/slice_i.h"

enum { NAME_MAX_LEN = 64, TIMEOUT_MAX_MS = 1 << 30 };

typedef struct reader {
	const tel_exporter_env *env;
	tel__arena *arena;
	tel_error *err;
	char name[NAME_MAX_LEN]; /* of the variable that was found last */
	bool specific;           /* it was the METRICS_ form */
	bool nomem;
} reader;

static bool lookup(reader *r, bool metrics, const char *suffix, tel_slice *ret_value)
{
	snprintf(r->name, sizeof r->name, "OTEL_EXPORTER_OTLP_%s%s", metrics ? "METRICS_" : "", suffix);
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
	r->specific = lookup(r, true, suffix, ret_value);
	return r->specific || (!r->nomem && lookup(r, false, suffix, ret_value));
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

static tel_err read_insecure(reader *r, tel_exporter_opts *o)
{
	tel_slice v;
	if (!get(r, "INSECURE", &v))
		return TEL_OK;
	/* Only "true", in any case, is true: OpenTelemetry environment variable specification. */
	o->insecure = tel__slice_eq_nocase(v, TEL_SLICE_LIT("true"));
	if (!o->insecure && !tel__slice_eq_nocase(v, TEL_SLICE_LIT("false")))
		return bad(r, TEL_ERR_ARG, v, "is neither true nor false");
	return TEL_OK;
}

static tel_err read_timeout(reader *r, tel_exporter_opts *o)
{
	tel_slice v;
	uint64_t ms;
	if (!get(r, "TIMEOUT", &v))
		return TEL_OK;
	if (tel__num_parse_u64(v, &ms) != TEL_OK || ms > TIMEOUT_MAX_MS)
		return bad(r, TEL_ERR_ARG, v, "is not a number of milliseconds");
	o->timeout_ns = ms * 1000000;
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

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Percent-decodes in place. false = a broken escape, or a character that a header cannot carry. */
static bool decode(tel_slice *text)
{
	char *p = (char *)(uintptr_t)text->ptr; /* our own copy in the arena */
	size_t n = 0;
	for (size_t i = 0; i < text->len; i++) {
		char c = p[i];
		if (c == '%') {
			int high = i + 2 < text->len ? hex(p[i + 1]) : -1, low = high < 0 ? -1 : hex(p[i + 2]);
			if (low < 0)
				return false;
			c = (char)(high * 16 + low);
			i += 2;
		}
		if ((unsigned char)c < ' ' || c == 0x7f)
			return false;
		p[n++] = c;
	}
	text->len = n;
	return true;
}

static bool read_header(tel_slice pair, tel_exporter_header *h)
{
	pair = tel__slice_sub(pair, 0, tel__slice_find(pair, ';')); /* W3C baggage properties mean nothing here */
	size_t eq = tel__slice_find(pair, '=');
	if (eq == pair.len)
		return false;
	h->name = tel__slice_trim(tel__slice_sub(pair, 0, eq));
	h->value = tel__slice_trim(tel__slice_sub(pair, eq + 1, pair.len - eq - 1));
	return decode(&h->name) && decode(&h->value) && h->name.len;
}

static tel_err read_headers(reader *r, tel_exporter_opts *o)
{
	tel_slice v, pair, rest;
	size_t count = 1, n = 0;
	if (!get(r, "HEADERS", &v))
		return TEL_OK;
	for (size_t i = 0; i < v.len; i++)
		count += v.ptr[i] == ',';
	tel_exporter_header *headers = tel__arena_array(r->arena, count, sizeof *headers);
	if (!headers)
		return tel__fail_nomem(r->err);
	rest = v;
	while (tel__slice_next(&rest, ',', &pair)) {
		if (tel__slice_trim(pair).len == 0)
			continue;
		/* The value may be a secret: the message names the variable only. */
		if (!read_header(pair, &headers[n++]))
			return tel__fail(r->err, TEL_ERR_ARG, "%s: entry %zu is not name=value with valid percent-encoding",
			                 r->name, n);
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

tel_err tel__exporter_env_read(const tel_exporter_env *env, tel__arena *arena, tel_exporter_opts *ret_opts, tel_error *err)
{
	reader r = { .env = env, .arena = arena, .err = err };
	tel_exporter_opts o = TEL_EXPORTER_OPTS_INIT;
	tel_err (*const steps[])(reader *, tel_exporter_opts *) = { read_protocol, read_insecure, read_timeout,
		                                                     read_compression, read_headers,
		                                                     read_certificates };
	tel_err e = TEL_OK;
	for (size_t i = 0; e == TEL_OK && i < sizeof steps / sizeof steps[0]; i++)
		e = steps[i](&r, &o);
	if (e == TEL_OK && get(&r, "ENDPOINT", &o.endpoint))
		o.endpoint_is_whole = r.specific;
	if (r.nomem)
		return tel__fail_nomem(err);
	if (e == TEL_OK)
		*ret_opts = o;
	return e;
}
