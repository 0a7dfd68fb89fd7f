/* SPDX-License-Identifier: Apache-2.0 */
/* Exporters, the variables that they refer to, OAuth2 (kyma-metrics.md 3.6 to 3.8). */
#include "base/slice_i.h"
#include "control/pipeline_set.h"
#include "control/render.h"

enum { QUEUE_SLOTS = 256 }; /* shared by all exporters */

static char variable_character(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c == '.' || c == '-' ? '_' : c;
}

tel_slice tel__variable(tel__doc *d, const char *prefix, tel_slice pipeline, tel_slice header)
{
	tel_slice name = tel__doc_fmt(d, "%s_%.*s%s%.*s", prefix, (int)pipeline.len, pipeline.ptr, header.len ? "_" : "",
	                              (int)header.len, header.ptr ? header.ptr : "");
	char *text = (char *)(uintptr_t)name.ptr; /* ours, just made */

	for (size_t i = strlen(prefix); i < name.len; i++)
		text[i] = variable_character(text[i]);
	return name;
}

/* Adds key: ${PREFIX_PIPELINE}. */
static void put_variable(tel__render *r, tel__node *map, const char *key, const char *prefix, tel_slice pipeline)
{
	tel_slice name = tel__variable(&r->doc, prefix, pipeline, (tel_slice){ NULL, 0 });

	tel__doc_slice(&r->doc, map, key, tel__doc_fmt(&r->doc, "${%.*s}", (int)name.len, name.ptr));
}

static void put_headers(tel__render *r, tel__node *options, const tel__otlp_output *o, tel_slice pipeline)
{
	const tel__basic_auth *basic = o->authentication ? o->authentication->basic : NULL;
	tel__node *headers = tel__doc_new_map(&r->doc);

	if (basic && tel__value_is_set(basic->user) && tel__value_is_set(basic->password))
		put_variable(r, headers, "Authorization", "BASIC_AUTH_HEADER", pipeline);
	for (size_t i = 0; i < o->headers.count; i++) {
		const tel__header *header = (const tel__header *)o->headers.items + i;
		tel_slice name = tel__variable(&r->doc, "HEADER", pipeline, header->name);
		tel__node *value = tel__node_new(r->doc.arena, TEL__NODE_STRING, NULL);

		if (value)
			value->text = tel__doc_fmt(&r->doc, "${%.*s}", (int)name.len, name.ptr);
		if (!headers || !tel__node_find(headers, header->name))
			tel__doc_add_slice(&r->doc, headers, header->name, value);
	}
	tel__doc_sort(headers);
	if (headers && headers->v.map.count > 0)
		tel__doc_add(&r->doc, options, "headers", headers);
}

static void put_tls(tel__render *r, tel__node *options, const tel__otlp_output *o, tel_slice pipeline)
{
	const tel__output_tls *tls = o->tls;
	tel__node *map = tel__doc_new_map(&r->doc);
	tel_slice endpoint = tel__value_text(r->set, o->endpoint);

	if (tel__slice_starts(endpoint, TEL_SLICE_LIT("http://")) || (tls && tls->insecure == TEL__YES))
		tel__doc_bool(&r->doc, map, "insecure", true);
	if (tls && tls->insecure_skip_verify == TEL__YES)
		tel__doc_bool(&r->doc, map, "insecure_skip_verify", true);
	if (tls && tel__value_is_set(tls->cert))
		put_variable(r, map, "cert_pem", "OTLP_TLS_CERT_PEM", pipeline);
	if (tls && tel__value_is_set(tls->key))
		put_variable(r, map, "key_pem", "OTLP_TLS_KEY_PEM", pipeline);
	if (tls && tel__value_is_set(tls->ca))
		put_variable(r, map, "ca_pem", "OTLP_TLS_CA_PEM", pipeline);
	if (map && map->v.map.count > 0)
		tel__doc_add(&r->doc, options, "tls", map);
}

static void put_delivery(tel__render *r, tel__node *options)
{
	tel__doc *d = &r->doc;
	tel__node *queue = tel__doc_map(d, options, "sending_queue"), *retry;

	tel__doc_bool(d, queue, "enabled", true);
	tel__doc_int(d, queue, "queue_size", QUEUE_SLOTS / (int64_t)(r->count ? r->count : 1));
	retry = tel__doc_map(d, options, "retry_on_failure");
	tel__doc_bool(d, retry, "enabled", true);
	tel__doc_text(d, retry, "initial_interval", "5s");
	tel__doc_text(d, retry, "max_interval", "30s");
	tel__doc_text(d, retry, "max_elapsed_time", "300s");
}

static tel__node *make_exporter(tel__render *r, const tel__metric_pipeline *p)
{
	const tel__otlp_output *o = tel__pipeline_backend(p);
	tel__node *options = tel__doc_new_map(&r->doc);
	tel_slice name = tel__pipeline_name(p);

	put_variable(r, options, o->path.len ? "metrics_endpoint" : "endpoint", "OTLP_ENDPOINT", name);
	put_headers(r, options, o, name);
	put_tls(r, options, o, name);
	tel__doc_slice(&r->doc, options, "compression", o->compression.len ? o->compression : TEL_SLICE_LIT("gzip"));
	put_delivery(r, options);
	if (o->authentication && o->authentication->oauth2)
		tel__doc_slice(&r->doc, tel__doc_map(&r->doc, options, "auth"), "authenticator",
		               tel__doc_fmt(&r->doc, "oauth2client/%.*s", (int)name.len, name.ptr));
	return options;
}

static bool speaks_http(const tel__metric_pipeline *p)
{
	return tel__slice_is(tel__pipeline_backend(p)->protocol, "http");
}

static tel__node *make_grpc(tel__render *r, const tel__metric_pipeline *p)
{
	return tel__pipeline_backend(p) && !speaks_http(p) ? make_exporter(r, p) : NULL;
}

static tel__node *make_http(tel__render *r, const tel__metric_pipeline *p)
{
	return tel__pipeline_backend(p) && speaks_http(p) ? make_exporter(r, p) : NULL;
}

#define OUTPUT "spec.output.otlp"
#define SAID_OF_EXPORTER OUTPUT ".endpoint " OUTPUT ".path " OUTPUT ".compression " OUTPUT ".headers " OUTPUT ".tls " \
	OUTPUT ".authentication"
#define SENDS "sends to the backend, with a queue and retries; all exporters share 256 slots"
const tel__part tel__exporter_parts[] = {
	{ "otlp_grpc/%", make_grpc, OUTPUT ".protocol", SENDS, SAID_OF_EXPORTER },
	{ "otlp_http/%", make_http, OUTPUT ".protocol", SENDS, SAID_OF_EXPORTER },
	TEL__PARTS_END
};

static tel__node *make_oauth2(tel__render *r, const tel__oauth2 *o, tel_slice pipeline)
{
	tel__doc *d = &r->doc;
	tel__node *options = tel__doc_new_map(d), *map;
	const tel__key_pair *params = o->params.items;

	put_variable(r, options, "token_url", "OAUTH2_TOKEN_URL", pipeline);
	put_variable(r, options, "client_id", "OAUTH2_CLIENT_ID", pipeline);
	put_variable(r, options, "client_secret", "OAUTH2_CLIENT_SECRET", pipeline);
	if (o->scopes.count)
		tel__doc_append_slices(d, tel__doc_list(d, options, "scopes"), o->scopes.items, o->scopes.count);
	if (o->params.count == 0)
		return options;
	map = tel__doc_map(d, options, "endpoint_params");
	for (size_t i = 0; i < o->params.count; i++) {
		tel__node *value = tel__node_new(d->arena, TEL__NODE_STRING, NULL);

		if (value)
			value->text = params[i].value;
		tel__doc_add_slice(d, map, params[i].key, value);
	}
	tel__doc_sort(map);
	return options;
}

void tel__render_oauth2(tel__render *r)
{
	static const tel__part part = { "oauth2client/%", NULL, OUTPUT ".authentication.oauth2",
		                            "gets the tokens that the exporter shows", NULL };

	for (size_t i = 0; i < r->count; i++) {
		const tel__otlp_output *o = tel__pipeline_backend(r->pipelines[i]);
		const tel__oauth2 *oauth2 = o && o->authentication ? o->authentication->oauth2 : NULL;
		tel_slice name = tel__pipeline_name(r->pipelines[i]), id;

		if (!oauth2)
			continue;
		id = tel__doc_fmt(&r->doc, "oauth2client/%.*s", (int)name.len, name.ptr);
		tel__doc_add_slice(&r->doc, r->extensions, id, make_oauth2(r, oauth2, name));
		tel__doc_append_slice(&r->doc, r->service_extensions, id);
		tel__render_note(r, TEL_COMPONENT_EXTENSION, id, TEL_SLICE_LIT("service::extensions"), &part, r->pipelines[i]);
	}
}
