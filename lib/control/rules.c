/* SPDX-License-Identifier: Apache-2.0 */
#include "control/rules.h"

#include "base/slice_i.h"
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

static bool is_scheme(tel_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.')))
			return false;
	}
	return text.len > 0;
}

/* url.ParseRequestURI of Go, as far as it can refuse: no controls or blanks in the host, percent signs with two digits. */
static bool is_request_uri(tel_slice text)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	size_t colon = tel__slice_find(text, ':'), slash = tel__slice_find(text, '/');

	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
			return false;
		if (text.ptr[i] == '%' && (i + 2 >= text.len || !memchr(hex, text.ptr[i + 1], sizeof(hex) - 1) ||
		                           !memchr(hex, text.ptr[i + 2], sizeof(hex) - 1)))
			return false;
	}
	if (text.len > 0 && text.ptr[0] == '/')
		return true;
	if (colon >= slash || !is_scheme(tel__slice_sub(text, 0, colon)))
		return false;
	return colon + 1 == slash && slash < text.len; /* an opaque part is no URL of a request */
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

	return !(o->authentication && o->authentication->oauth2 && tel__slice_is(o->protocol, "grpc") && o->tls &&
	         o->tls->insecure == TEL__YES);
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
