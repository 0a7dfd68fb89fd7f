/* SPDX-License-Identifier: Apache-2.0 */
#include "control/rules.h"

#include "base/slice_i.h"
#include "control/go_url.h"
#include "control/metric_pipeline.h"

bool tel__rule_one_selector(const void *namespaces)
{
	const tel__namespaces *n = namespaces;

	return !(n->include.present && n->exclude.present);
}

bool tel__rule_one_value(const void *value)
{
	const tel__value *v = value;

	return (v->value.ptr != NULL) != (v->value_from != NULL);
}

bool tel__rule_not_both_values(const void *value)
{
	const tel__value *v = value;

	return !(v->value.len > 0 && v->value_from);
}

bool tel__rule_some_value(const void *value)
{
	const tel__value *v = value;

	return v->value.len > 0 || v->value_from;
}

/* url.ParseRequestURI of Go: with a scheme, whatever stands behind it, or a path from the root. */
static bool is_request_uri(tel_slice text)
{
	char reason[256];
	tel__go_url url;

	if (!tel__go_url_parse(text, &url, reason, sizeof(reason)))
		return false;
	return text.ptr[0] == '/' || url.scheme.len > 0 || tel__slice_is(text, "*");
}

bool tel__rule_url(const void *value)
{
	const tel__value *v = value;

	return v->value.len == 0 || is_request_uri(v->value);
}

bool tel__rule_one_method(const void *authentication)
{
	const tel__authentication *a = authentication;

	return !(a->basic && a->oauth2);
}

bool tel__rule_cert_and_key(const void *tls)
{
	const tel__output_tls *t = tls;

	return (t->cert != NULL) == (t->key != NULL);
}

bool tel__rule_path(const void *otlp_output)
{
	const tel__otlp_output *o = otlp_output;

	return o->path.len == 0 || tel__slice_is(o->protocol, "http");
}

bool tel__rule_oauth2_tls(const void *otlp_output)
{
	const tel__otlp_output *o = otlp_output;

	return !(o->authentication && o->authentication->oauth2 && (!o->protocol.ptr || tel__slice_is(o->protocol, "grpc")) &&
	         o->tls && o->tls->insecure == TEL__YES);
}

bool tel__is_dns_label(tel_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');

		if (!word && (c != '-' || i == 0 || i + 1 == text.len))
			return false;
	}
	return text.len > 0;
}
