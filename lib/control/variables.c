/* SPDX-License-Identifier: Apache-2.0 */
/* The variables that rendered configurations refer to (kyma-metrics.md 3.7). */
#include "base/hex64.h"
#include "base/slice_i.h"
#include "control/endpoint.h"
#include "control/render.h"

enum { HEADER_MAX = 1 << 20 };

/* path.Join: one slash between the parts, "." and ".." resolved. */
static tel_slice join_paths(tel__doc *d, tel_slice a, tel_slice b)
{
	tel_slice whole = tel__doc_fmt(d, "%.*s/%.*s", (int)a.len, a.ptr ? a.ptr : "", (int)b.len, b.ptr), rest = whole, part;
	char *out = tel__arena_alloc(d->arena, whole.len + 2);
	size_t n = 0;

	if (!out) {
		d->failed = true;
		return whole;
	}
	for (bool more = tel__slice_next(&rest, '/', &part); more; more = tel__slice_next(&rest, '/', &part)) {
		if (part.len == 0 || tel__slice_is(part, "."))
			continue;
		if (tel__slice_is(part, "..")) {
			while (n > 0 && out[--n] != '/')
				;
			continue;
		}
		out[n++] = '/';
		memcpy(out + n, part.ptr, part.len);
		n += part.len;
	}
	return (tel_slice){ out, n };
}

tel_slice tel__endpoint_join(tel__doc *d, tel_slice endpoint, tel_slice path)
{
	size_t scheme, cut = tel__slice_find(path, '?'), authority;
	tel_slice query, base, joined;

	if (path.len == 0)
		return endpoint;
	query = tel__slice_sub(path, cut, path.len - cut);
	endpoint = tel__slice_sub(endpoint, 0, tel__slice_find(endpoint, '?'));
	for (scheme = 0; scheme + 2 < endpoint.len && memcmp(endpoint.ptr + scheme, "://", 3) != 0; scheme++)
		;
	authority = scheme + 2 < endpoint.len ? scheme + 3 : 0;
	base = tel__slice_sub(endpoint, authority, endpoint.len - authority);
	authority += tel__slice_find(base, '/');
	joined = join_paths(d, tel__slice_sub(endpoint, authority, endpoint.len - authority), tel__slice_sub(path, 0, cut));
	return tel__doc_fmt(d, "%.*s%.*s%.*s", (int)authority, endpoint.ptr, (int)joined.len, joined.ptr, (int)query.len,
	                   query.ptr);
}

/* Names that differ only in case or punctuation are equal: the later one wins, as in Kyma, when the map is sorted. */
static void put(tel__doc *d, tel__node *map, const char *prefix, tel_slice pipeline, tel_slice header, tel_slice value)
{
	tel__doc_add_slice(d, map, tel__variable(d, prefix, pipeline, header), tel__doc_new_text(d, value));
}

static void put_value(tel__doc *d, const tel_pipeline_set *set, tel__node *map, const char *prefix, tel_slice pipeline,
                      const tel__value *v)
{
	if (tel__value_is_set(v))
		put(d, map, prefix, pipeline, (tel_slice){ NULL, 0 }, tel__value_text(set, v));
}

tel_slice tel__break_lines(tel__doc *d, tel_slice text)
{
	char *out = tel__arena_alloc(d->arena, text.len + 1);
	size_t n = 0;

	if (!out) {
		d->failed = true;
		return text;
	}
	for (size_t i = 0; i < text.len; i++) {
		bool is_break = text.ptr[i] == '\\' && i + 1 < text.len && text.ptr[i + 1] == 'n';

		out[n++] = is_break ? '\n' : text.ptr[i];
		i += is_break;
	}
	return (tel_slice){ out, n };
}

static tel_slice basic_header(tel__doc *d, const tel_alloc *alloc, tel_slice user, tel_slice password)
{
	tel_slice both = tel__doc_fmt(d, "%.*s:%.*s", (int)user.len, user.ptr, (int)password.len, password.ptr);
	tel_slice text;
	tel__dynbuf out;

	tel__dynbuf_init(&out, alloc, HEADER_MAX);
	tel__base64_encode(both, &out);
	text = tel__dynbuf_get(&out);
	d->failed = d->failed || tel__dynbuf_error(&out) != TEL_OK;
	text = tel__doc_fmt(d, "Basic %.*s", (int)text.len, text.ptr);
	tel__dynbuf_fini(&out);
	return text;
}

static void put_header(tel__doc *d, const tel_pipeline_set *set, tel__node *map, tel_slice pipeline, const tel__header *h)
{
	tel_slice value = tel__value_text(set, &h->value), prefix = tel__slice_trim(h->prefix);

	if (prefix.len)
		value = tel__doc_fmt(d, "%.*s %.*s", (int)prefix.len, prefix.ptr, (int)value.len, value.ptr);
	put(d, map, "HEADER", pipeline, h->name, value);
}

void tel__pipeline_variables(tel__doc *d, const tel_pipeline_set *set, const tel__metric_pipeline *p, tel__node *map)
{
	const tel__otlp_output *o = tel__pipeline_backend(p);
	const tel__basic_auth *basic = o && o->authentication ? o->authentication->basic : NULL;
	const tel__oauth2 *oauth2 = o && o->authentication ? o->authentication->oauth2 : NULL;
	tel_slice name = tel__pipeline_name(p), none = { NULL, 0 };

	if (!o)
		return;
	put(d, map, "OTLP_ENDPOINT", name, none, tel__endpoint_join(d, tel__value_text(set, o->endpoint), o->path));
	if (basic && tel__value_is_set(basic->user) && tel__value_is_set(basic->password))
		put(d, map, "BASIC_AUTH_HEADER", name, none,
		    basic_header(d, &set->alloc, tel__value_text(set, basic->user), tel__value_text(set, basic->password)));
	for (size_t i = 0; i < o->headers.count; i++)
		put_header(d, set, map, name, (const tel__header *)o->headers.items + i);
	if (o->tls)
		put_value(d, set, map, "OTLP_TLS_CA_PEM", name, o->tls->ca);
	if (o->tls && tel__value_is_set(o->tls->cert) && tel__value_is_set(o->tls->key)) {
		put(d, map, "OTLP_TLS_CERT_PEM", name, none, tel__break_lines(d, tel__value_text(set, o->tls->cert)));
		put(d, map, "OTLP_TLS_KEY_PEM", name, none, tel__break_lines(d, tel__value_text(set, o->tls->key)));
	}
	if (oauth2) {
		put_value(d, set, map, "OAUTH2_TOKEN_URL", name, oauth2->token_url);
		put_value(d, set, map, "OAUTH2_CLIENT_ID", name, oauth2->client_id);
		put_value(d, set, map, "OAUTH2_CLIENT_SECRET", name, oauth2->client_secret);
	}
}
