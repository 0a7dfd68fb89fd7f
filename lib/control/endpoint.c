/* SPDX-License-Identifier: Apache-2.0 */
#include "control/endpoint.h"

#include <stdio.h>

#include "base/error_i.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "control/go_url.h"

#define PLACEHOLDER "plhd://"

enum { SHOWN = 512, REASON = 640, URL_MAX = 8192 };

/* ---- Secrets ---- */

/* Where references are looked up. */
typedef struct secrets {
	const tel_pipeline_set *set;
	const tel_secret_failure *failures;
	size_t failure_count;
} secrets;

static tel__secret_problem check_fields(const tel__secret_ref *ref, char *message, size_t cap)
{
	const tel_slice *fields[] = { &ref->name, &ref->space, &ref->key };
	static const char *const names[] = { "Name", "Namespace", "Key" };
	size_t n = (size_t)snprintf(message, cap, "secret reference is missing field/s: ");
	bool missing = false;

	for (size_t i = 0; i < 3; i++)
		if (fields[i]->len == 0 && n < cap) {
			n += (size_t)snprintf(message + n, cap - n, "%s%s", missing ? ", " : "", names[i]);
			missing = true;
		}
	return missing ? TEL__SECRET_FIELDS_MISSING : TEL__SECRET_OK;
}

static bool has_failed(const secrets *s, const tel__secret_ref *ref)
{
	for (size_t i = 0; i < s->failure_count; i++)
		if (tel__slice_eq(s->failures[i].name, ref->name) && tel__slice_eq(s->failures[i].space, ref->space))
			return true;
	return false;
}

static tel__secret_problem check_value(const secrets *s, const tel__value *v, char *message, size_t cap)
{
	const tel__secret_ref *ref = v && v->value.len == 0 && v->value_from ? v->value_from->secret_key_ref : NULL;
	char name[SHOWN], space[SHOWN], key[SHOWN];

	if (!ref)
		return TEL__SECRET_OK;
	if (check_fields(ref, message, cap) != TEL__SECRET_OK)
		return TEL__SECRET_FIELDS_MISSING;
	tel__slice_printable(ref->name, name, sizeof(name));
	tel__slice_printable(ref->space, space, sizeof(space));
	tel__slice_printable(ref->key, key, sizeof(key));
	if (has_failed(s, ref)) {
		snprintf(message, cap, "failed to get Secret '%s' of Namespace '%s'", name, space);
		return TEL__SECRET_UNREADABLE;
	}
	if (!tel__secret_find(s->set, ref->space, ref->name)) {
		snprintf(message, cap, "one or more referenced Secrets are missing: Secret '%s' of Namespace '%s'", name, space);
		return TEL__SECRET_MISSING;
	}
	if (tel__secret_get(s->set, ref).ptr)
		return TEL__SECRET_OK;
	snprintf(message, cap, "one or more keys in a referenced Secret are missing: Key '%s' in Secret '%s' of Namespace '%s'",
	         key, name, space);
	return TEL__SECRET_KEY_MISSING;
}

static tel__secret_problem check_values(const secrets *s, const tel__value *const *values, size_t count,
                                        char *message, size_t cap)
{
	tel__secret_problem problem = TEL__SECRET_OK;

	for (size_t i = 0; i < count && problem == TEL__SECRET_OK; i++)
		problem = check_value(s, values[i], message, cap);
	return problem;
}

tel__secret_problem tel__pipeline_secrets(const tel_pipeline_set *set, const tel_secret_failure *failures,
                                          size_t failure_count, const tel__metric_pipeline *p, char *message, size_t cap)
{
	const secrets s = { set, failures, failure_count };
	const tel__otlp_output *o = tel__pipeline_backend(p);
	const tel__basic_auth *basic = o && o->authentication ? o->authentication->basic : NULL;
	const tel__oauth2 *oauth2 = o && o->authentication ? o->authentication->oauth2 : NULL;
	const tel__output_tls *tls = o && o->tls && o->tls->insecure != TEL__YES ? o->tls : NULL;
	const tel__value *before[] = { o ? o->endpoint : NULL, basic ? basic->user : NULL, basic ? basic->password : NULL,
		                           oauth2 ? oauth2->token_url : NULL, oauth2 ? oauth2->client_id : NULL,
		                           oauth2 ? oauth2->client_secret : NULL };
	const tel__value *behind[] = { tls ? tls->ca : NULL, tls ? tls->cert : NULL, tls ? tls->key : NULL };
	tel__secret_problem problem = check_values(&s, before, sizeof(before) / sizeof(before[0]), message, cap);

	for (size_t i = 0; o && i < o->headers.count && problem == TEL__SECRET_OK; i++)
		problem = check_value(&s, &((const tel__header *)o->headers.items)[i].value, message, cap);
	return problem != TEL__SECRET_OK ? problem
	                                 : check_values(&s, behind, sizeof(behind) / sizeof(behind[0]), message, cap);
}

/* ---- endpoint ---- */

/* An endpoint without a scheme is read as one with a placeholder; scheme is then empty. */
static bool parse_endpoint(tel_slice endpoint, char *with_scheme, tel__go_url *url, char *message, size_t cap)
{
	char reason[REASON], shown[SHOWN];
	bool ok = tel__go_url_parse(endpoint, url, reason, sizeof(reason));

	if (ok && (url->opaque.len || url->scheme.len == 0 || url->host.len == 0)) {
		int n = snprintf(with_scheme, URL_MAX, PLACEHOLDER "%.*s", (int)endpoint.len, endpoint.ptr);

		ok = n > 0 && n < URL_MAX && tel__go_url_parse((tel_slice){ with_scheme, (size_t)n }, url, reason, sizeof(reason));
		url->scheme = (tel_slice){ "", 0 };
	}
	if (!ok)
		snprintf(message, cap, "parse \"%s\": %s", tel__slice_printable(endpoint, shown, sizeof(shown)), reason);
	return ok;
}

static bool is_number(tel_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] < '0' || text.ptr[i] > '9')
			return false;
	return text.len > 0;
}

static bool refuse(char *message, size_t cap, const char *text)
{
	snprintf(message, cap, "%s", text);
	return false;
}

static bool check_port(const tel__go_url *url, bool grpc, char *message, size_t cap)
{
	tel_slice host, port = { "", 0 };
	const char *reason = "";
	char shown[SHOWN];

	switch (tel__go_split_host_port(url->host, &host, &port, &reason)) {
	case TEL__GO_PORT_BAD:
		snprintf(message, cap, "address %s: %s", tel__slice_printable(url->host, shown, sizeof(shown)), reason);
		return false;
	case TEL__GO_PORT_MISSING:
		return !grpc || refuse(message, cap, "missing port");
	case TEL__GO_PORT_OK:
		break;
	}
	return !grpc || is_number(port) || refuse(message, cap, "missing port");
}

static bool check_oauth2(const tel__otlp_output *o, const tel__go_url *url, bool grpc, char *message, size_t cap)
{
	const tel__output_tls *tls = o->tls;
	bool http = tel__slice_eq_nocase(url->scheme, TEL_SLICE_LIT("http")), insecure = tls && tls->insecure == TEL__YES;

	if (!o->authentication || !o->authentication->oauth2)
		return true;
	if (grpc && insecure)
		return refuse(message, cap, "OAuth2 requires TLS when using gRPC protocol");
	if (grpc && http)
		return refuse(message, cap, "OAuth2 requires TLS when using gRPC protocol: HTTP scheme not allowed");
	if (!grpc && http && tls && !insecure && (tls->ca || tls->cert || tls->key))
		return refuse(message, cap, "HTTP scheme with TLS not allowed");
	return true;
}

bool tel__endpoint_check(const tel__otlp_output *o, tel_slice endpoint, char *message, size_t cap)
{
	bool http = tel__slice_is(o->protocol, "http");
	char with_scheme[URL_MAX];
	tel__go_url url;

	if (endpoint.len == 0)
		return refuse(message, cap, "failed to resolve value");
	if (!parse_endpoint(endpoint, with_scheme, &url, message, cap) || !check_port(&url, !http, message, cap))
		return false;
	if (http && !tel__slice_eq_nocase(url.scheme, TEL_SLICE_LIT("http")) &&
	    !tel__slice_eq_nocase(url.scheme, TEL_SLICE_LIT("https")))
		return refuse(message, cap, "missing or unsupported protocol scheme");
	if (!http && url.path.len > 0)
		return refuse(message, cap, "gRPC endpoints cannot contain paths");
	return check_oauth2(o, &url, !http, message, cap);
}

bool tel__endpoint_port(const tel_pipeline_set *set, const tel__metric_pipeline *p, bool in_truth, uint16_t *ret_port)
{
	const tel__otlp_output *o = tel__pipeline_backend(p);
	tel_slice endpoint = o ? tel__value_text(set, o->endpoint) : TEL_SLICE_LIT(""), host, port = { "", 0 };
	char with_scheme[URL_MAX], message[REASON + SHOWN];
	const char *reason = "";
	tel__go_url url;
	uint64_t number;

	if (endpoint.len == 0 || !parse_endpoint(endpoint, with_scheme, &url, message, sizeof(message)))
		return false;
	switch (tel__go_split_host_port(url.host, &host, &port, &reason)) {
	case TEL__GO_PORT_BAD:
		return false;
	case TEL__GO_PORT_MISSING:
		if (!tel__slice_is(o->protocol, "http"))
			return false;
		*ret_port = !in_truth ? 4318 : tel__slice_eq_nocase(url.scheme, TEL_SLICE_LIT("http")) ? 80 : 443;
		return true;
	case TEL__GO_PORT_OK:
		break;
	}
	if (!is_number(port) || tel__num_parse_u64(port, &number) != TEL_OK || number == 0 || number > UINT16_MAX)
		return false;
	*ret_port = (uint16_t)number;
	return true;
}
