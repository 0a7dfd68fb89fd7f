/* SPDX-License-Identifier: Apache-2.0 */
#include "auth/oauth2_options.h"

#include <stdio.h>

#include "base/error_i.h"
#include "base/slice_i.h"
#include "wire/form.h"
#include "wire/yaml.h"

#define CLIENT_CREDENTIALS "client_credentials"
#define JWT_BEARER "urn:ietf:params:oauth:grant-type:jwt-bearer"
#define AT(field) offsetof(tel__oauth2_options, field)
#define OF_JWT "accepted; belongs to a grant type that is not offered"

static const tel__key keys[] = {
	{ .name = "client_id", .type = TEL__KEY_STRING, .offset = AT(client_id), .help = "name of the client" },
	{ .name = "client_id_file", .type = TEL__KEY_STRING, .offset = AT(client_id_file),
	  .help = "file with the name, read for each token; goes before client_id" },
	{ .name = "client_secret", .type = TEL__KEY_SECRET, .offset = AT(client_secret), .help = "secret of the client" },
	{ .name = "client_secret_file", .type = TEL__KEY_STRING, .offset = AT(client_secret_file),
	  .help = "file with the secret, read for each token; goes before client_secret" },
	{ .name = "token_url", .type = TEL__KEY_STRING, .offset = AT(token_url), .help = "where tokens are asked for" },
	{ .name = "scopes", .type = TEL__KEY_STRINGS, .offset = AT(scopes), .help = "permissions that are asked for" },
	{ .name = "endpoint_params", .type = TEL__KEY_ANY, .offset = AT(endpoint_params),
	  .help = "further parameters of the request for a token: names to texts or lists of texts" },
	{ .name = "timeout", .type = TEL__KEY_DURATION, .offset = AT(timeout), .help = "of a request for a token; 0 = 30s" },
	{ .name = "expiry_buffer", .type = TEL__KEY_DURATION, .offset = AT(expiry_buffer), .def = "5m",
	  .help = "a token is renewed when less than this is left, or half of its life" },
	{ .name = "tls", .type = TEL__KEY_SECTION, .offset = AT(tls), .section = &tel__tls_keys, .help = "TLS of token_url" },
	{ .name = "grant_type", .type = TEL__KEY_STRING, .offset = AT(grant_type), .help = CLIENT_CREDENTIALS },
	{ .name = "client_certificate_key", .type = TEL__KEY_SECRET, .offset = AT(certificate_key), .help = OF_JWT },
	{ .name = "client_certificate_key_file", .type = TEL__KEY_IGNORED, .help = OF_JWT },
	{ .name = "client_certificate_key_id", .type = TEL__KEY_IGNORED, .help = OF_JWT },
	{ .name = "signature_algorithm", .type = TEL__KEY_IGNORED, .help = OF_JWT },
	{ .name = "iss", .type = TEL__KEY_IGNORED, .help = OF_JWT },
	{ .name = "audience", .type = TEL__KEY_IGNORED, .help = OF_JWT },
	{ .name = "claims", .type = TEL__KEY_IGNORED, .help = OF_JWT },
};

typedef void reporter(void *user, const char *path, const char *msg);

static bool is_text(const tel__node *node)
{
	tel_slice text;

	return tel__node_string(node, &text);
}

/* What can be sent, and overwrites nothing but grant_type. */
static void check_param(const tel__oauth2_options *o, const tel__node_entry *e, reporter *report, void *user)
{
	char name[80], text[200], path[128];
	bool texts = is_text(e->value) || e->value->type == TEL__NODE_LIST;

	for (uint32_t i = 0; texts && e->value->type == TEL__NODE_LIST && i < e->value->v.list.count; i++)
		texts = is_text(e->value->v.list.items[i]);
	snprintf(path, sizeof(path), "|endpoint_params|%s", tel__slice_printable(e->key, name, sizeof(name)));
	snprintf(text, sizeof(text), "'endpoint_params[%s]' expected a text or a list of texts", name);
	if (!texts)
		report(user, path, text);
	if (o->scopes.count && tel__slice_is(e->key, "scope"))
		report(user, path, "oauth2: cannot overwrite parameter \"scope\"");
}

static void check_params(const tel__oauth2_options *o, reporter *report, void *user)
{
	const tel__node *params = o->endpoint_params;

	if (!params || params->type == TEL__NODE_NULL)
		return;
	if (params->type != TEL__NODE_MAP) {
		report(user, "|endpoint_params", "'endpoint_params' expected a map");
		return;
	}
	for (uint32_t i = 0; i < params->v.map.count; i++)
		check_param(o, &params->v.map.entries[i], report, user);
}

static bool is_url(tel_slice url)
{
	bool https = tel__slice_starts(url, TEL_SLICE_LIT("https://"));

	for (size_t i = 0; i < url.len; i++)
		if ((unsigned char)url.ptr[i] <= ' ' || url.ptr[i] == 0x7f)
			return false;
	return https ? url.len > 8 : tel__slice_starts(url, TEL_SLICE_LIT("http://")) && url.len > 7;
}

static void check(const void *opts, reporter *report, void *user)
{
	const tel__oauth2_options *o = opts;
	char text[160], word[80];

	if (!o->client_id.len && !o->client_id_file.len)
		report(user, "", "no ClientID provided in the OAuth2 exporter configuration");
	if (tel__slice_is(o->grant_type, JWT_BEARER)) {
		report(user, "|grant_type", "the grant type " JWT_BEARER " is not offered by this release");
	} else if (o->grant_type.len && !tel__slice_is(o->grant_type, CLIENT_CREDENTIALS)) {
		snprintf(text, sizeof(text), "unknown grant type \"%s\"", tel__slice_printable(o->grant_type, word, sizeof(word)));
		report(user, "|grant_type", text);
	} else if (!o->client_secret.len && !o->client_secret_file.len) {
		report(user, "", "no ClientSecret provided in OAuth Client Credentials configuration");
	}
	if (!o->token_url.len)
		report(user, "", "no TokenURL provided in OAuth Client Credentials configuration");
	else if (!is_url(o->token_url))
		report(user, "|token_url", "token_url must be a valid URL");
	if (o->timeout < 0)
		report(user, "|timeout", "'timeout' must be non-negative");
	check_params(o, report, user);
}

const tel__key_table tel__oauth2_keys = { "oauth2clientauthextension.Config", sizeof(tel__oauth2_options), keys,
	                                      TEL__KEY_COUNT(keys), check };

/* ---- the form ---- */

static void add_texts(tel_slice name, const tel__node *value, tel__dynbuf *out)
{
	tel_slice text, part;

	if (tel__node_string(value, &text)) { /* a list may be written "a,b" (otel-processing.md 10.3) */
		while (tel__slice_next(&text, ',', &part))
			tel__form_add(name, part, out);
		return;
	}
	for (uint32_t i = 0; value->type == TEL__NODE_LIST && i < value->v.list.count; i++)
		if (tel__node_string(value->v.list.items[i], &text))
			tel__form_add(name, text, out);
}

void tel__oauth2_form(const tel__oauth2_options *o, tel__dynbuf *out)
{
	const tel__node *params = o->endpoint_params && o->endpoint_params->type == TEL__NODE_MAP ? o->endpoint_params : NULL;
	size_t from = 0;

	if (!tel__node_find(params, TEL_SLICE_LIT("grant_type")))
		tel__form_add(TEL_SLICE_LIT("grant_type"), TEL_SLICE_LIT(CLIENT_CREDENTIALS), out);
	for (uint32_t i = 0; params && i < params->v.map.count; i++)
		add_texts(params->v.map.entries[i].key, params->v.map.entries[i].value, out);
	if (!o->scopes.count)
		return;
	tel__dynbuf_puts(out, "&scope=");
	for (; from < o->scopes.count; from++) {
		tel__dynbuf_puts(out, from ? "+" : "");
		tel__form_encode(o->scopes.items[from], out);
	}
}
