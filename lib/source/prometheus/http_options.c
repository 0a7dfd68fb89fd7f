/* SPDX-License-Identifier: Apache-2.0 */
#include "source/prometheus/http_options.h"

#include <stddef.h>
#include <stdio.h>

#include "base/error_i.h"
#include "base/slice_i.h"
#include "wire/yaml.h"

typedef void report_fn(void *user, const char *path, const char *msg);

/* ---- tls_config ---- */

#define TLS(field) .offset = offsetof(tel__prom_tls_options, field)
static const tel__key tls_keys[] = {
	{ .name = "ca", .type = TEL__KEY_SECRET, TLS(ca), .help = "the authorities to trust, as PEM text" },
	{ .name = "ca_file", .type = TEL__KEY_STRING, TLS(ca_file), .help = "file with the authorities to trust" },
	{ .name = "cert", .type = TEL__KEY_SECRET, TLS(cert), .help = "our certificate, as PEM text" },
	{ .name = "cert_file", .type = TEL__KEY_STRING, TLS(cert_file), .help = "file with our certificate" },
	{ .name = "key", .type = TEL__KEY_SECRET, TLS(key), .help = "our private key, as PEM text" },
	{ .name = "key_file", .type = TEL__KEY_STRING, TLS(key_file), .help = "file with our private key" },
	{ .name = "server_name", .type = TEL__KEY_STRING, TLS(server_name), .help = "name that the certificate must carry" },
	{ .name = "insecure_skip_verify", .type = TEL__KEY_BOOL, TLS(insecure_skip_verify),
	  .help = "do not verify the target's certificate" },
	{ .name = "min_version", .type = TEL__KEY_STRING, TLS(min_version), .help = "oldest TLS version: TLS10 to TLS13" },
	{ .name = "max_version", .type = TEL__KEY_STRING, TLS(max_version), .help = "newest TLS version: TLS10 to TLS13" },
};

/* 0 for an absent version, -1 for an unknown one. */
static int tls_version(tel_slice v)
{
	static const char *const names[] = { "TLS10", "TLS11", "TLS12", "TLS13" };

	for (int i = 0; i < 4; i++)
		if (tel__slice_is(v, names[i]))
			return i + 1;
	return v.len ? -1 : 0;
}

static void check_tls_version(const char *path, tel_slice v, report_fn *report, void *user)
{
	char msg[128], shown[64];

	if (tls_version(v) >= 0)
		return;
	snprintf(msg, sizeof(msg), "unknown TLS version: %s", tel__slice_printable(v, shown, sizeof(shown)));
	report(user, path, msg);
}

static void check_tls(const void *options, report_fn *report, void *user)
{
	const tel__prom_tls_options *o = options;
	bool cert = o->cert.len || o->cert_file.len, key = o->key.len || o->key_file.len;
	int min = tls_version(o->min_version), max = tls_version(o->max_version);

	if (o->ca.len && o->ca_file.len)
		report(user, "|ca_file", "at most one of ca, ca_file & ca_ref must be configured");
	if (o->cert.len && o->cert_file.len)
		report(user, "|cert_file", "at most one of cert, cert_file & cert_ref must be configured");
	if (o->key.len && o->key_file.len)
		report(user, "|key_file", "at most one of key and key_file must be configured");
	if (cert && !key)
		report(user, o->cert.len ? "|cert" : "|cert_file",
		       "exactly one of key or key_file must be configured when a client certificate is configured");
	if (key && !cert)
		report(user, o->key.len ? "|key" : "|key_file",
		       "exactly one of cert or cert_file must be configured when a client key is configured");
	check_tls_version("min_version", o->min_version, report, user);
	check_tls_version("max_version", o->max_version, report, user);
	if (min > 0 && max > 0 && min > max)
		report(user, "|min_version",
			"tls_config.max_version must be greater than or equal to tls_config.min_version if both are "
		                             "specified");
}

static const tel__key_table tls_table = { "config.TLSConfig", sizeof(tel__prom_tls_options), tls_keys,
	                                  TEL__KEY_COUNT(tls_keys), check_tls };

/* ---- proxies ---- */

#define PROXY(field) .offset = offsetof(tel__prom_proxy, field)
static const tel__key proxy_keys[] = {
	{ .name = "proxy_url", .type = TEL__KEY_STRING, PROXY(proxy_url), .help = "proxy for requests" },
	{ .name = "no_proxy", .type = TEL__KEY_STRING, PROXY(no_proxy), .help = "hosts that are reached without it" },
	{ .name = "proxy_from_environment", .type = TEL__KEY_BOOL, PROXY(proxy_from_environment),
	  .help = "take the proxy that HTTP_PROXY, HTTPS_PROXY and NO_PROXY say" },
	{ .name = "proxy_connect_header", .type = TEL__KEY_ANY, PROXY(proxy_connect_header), .flags = TEL__KEY_MASKED,
	  .help = "headers for the proxy itself: name: [value]" },
};

static void check_proxy(const void *options, report_fn *report, void *user)
{
	const tel__prom_proxy *o = options;
	bool headers = o->proxy_connect_header && o->proxy_connect_header->type == TEL__NODE_MAP &&
	               o->proxy_connect_header->v.map.count > 0;

	if (headers && !o->proxy_from_environment && !o->proxy_url.len)
		report(user, "|proxy_connect_header",
		       "if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured");
	if (o->proxy_from_environment && o->proxy_url.len)
		report(user, "|proxy_url", "if proxy_from_environment is configured, proxy_url must not be configured");
	if (o->proxy_from_environment && o->no_proxy.len)
		report(user, "|no_proxy", "if proxy_from_environment is configured, no_proxy must not be configured");
	else if (!o->proxy_url.len && o->no_proxy.len)
		report(user, "|no_proxy", "if no_proxy is configured, proxy_url must also be configured");
}

static const tel__key_table proxy_table = { "config.ProxyConfig", sizeof(tel__prom_proxy), proxy_keys,
	                                    TEL__KEY_COUNT(proxy_keys), check_proxy };

/* ---- who we are ---- */

#define BASIC(field) .offset = offsetof(tel__prom_basic_auth, field)
static const tel__key basic_keys[] = {
	{ .name = "username", .type = TEL__KEY_STRING, BASIC(username), .help = "user" },
	{ .name = "username_file", .type = TEL__KEY_STRING, BASIC(username_file), .help = "file with the user" },
	{ .name = "username_ref", .type = TEL__KEY_STRING, BASIC(username_ref), .help = "accepted; there are no secret managers" },
	{ .name = "password", .type = TEL__KEY_SECRET, BASIC(password), .help = "password" },
	{ .name = "password_file", .type = TEL__KEY_STRING, BASIC(password_file), .help = "file with the password" },
	{ .name = "password_ref", .type = TEL__KEY_STRING, BASIC(password_ref), .help = "accepted; there are no secret managers" },
};
static const tel__key_table basic_table = { "config.BasicAuth", sizeof(tel__prom_basic_auth), basic_keys,
	                                    TEL__KEY_COUNT(basic_keys), NULL };

#define AUTH(field) .offset = offsetof(tel__prom_authorization, field)
static const tel__key authorization_keys[] = {
	{ .name = "type", .type = TEL__KEY_STRING, AUTH(type), .help = "scheme of the Authorization header; none = Bearer" },
	{ .name = "credentials", .type = TEL__KEY_SECRET, AUTH(credentials), .help = "what follows it" },
	{ .name = "credentials_file", .type = TEL__KEY_STRING, AUTH(credentials_file), .help = "file with it" },
	{ .name = "credentials_ref", .type = TEL__KEY_STRING, AUTH(credentials_ref),
	  .help = "accepted; there are no secret managers" },
};
static const tel__key_table authorization_table = { "config.Authorization", sizeof(tel__prom_authorization),
	                                            authorization_keys, TEL__KEY_COUNT(authorization_keys), NULL };

#define OAUTH(field) .offset = offsetof(tel__prom_oauth2, field)
static const tel__key oauth2_keys[] = {
	{ .name = "client_id", .type = TEL__KEY_STRING, OAUTH(client_id), .help = "id of this client" },
	{ .name = "client_secret", .type = TEL__KEY_SECRET, OAUTH(client_secret), .help = "its secret" },
	{ .name = "client_secret_file", .type = TEL__KEY_STRING, OAUTH(client_secret_file), .help = "file with it" },
	{ .name = "client_secret_ref", .type = TEL__KEY_STRING, OAUTH(client_secret_ref),
	  .help = "accepted; there are no secret managers" },
	{ .name = "client_certificate_key_id", .type = TEL__KEY_STRING, OAUTH(client_certificate_key_id),
	  .help = "id of the key that signs assertions" },
	{ .name = "client_certificate_key", .type = TEL__KEY_SECRET, OAUTH(client_certificate_key),
	  .help = "key that signs assertions, as PEM text" },
	{ .name = "client_certificate_key_file", .type = TEL__KEY_STRING, OAUTH(client_certificate_key_file),
	  .help = "file with it" },
	{ .name = "client_certificate_key_ref", .type = TEL__KEY_STRING, OAUTH(client_certificate_key_ref),
	  .help = "accepted; there are no secret managers" },
	{ .name = "grant_type", .type = TEL__KEY_STRING, OAUTH(grant_type), .help = "none = client_credentials" },
	{ .name = "signature_algorithm", .type = TEL__KEY_STRING, OAUTH(signature_algorithm), .help = "of assertions" },
	{ .name = "iss", .type = TEL__KEY_STRING, OAUTH(iss), .help = "issuer of assertions" },
	{ .name = "audience", .type = TEL__KEY_STRING, OAUTH(audience), .help = "audience of assertions" },
	{ .name = "claims", .type = TEL__KEY_ANY, OAUTH(claims), .help = "further claims of assertions" },
	{ .name = "scopes", .type = TEL__KEY_STRINGS, OAUTH(scopes), .help = "scopes to ask for" },
	{ .name = "token_url", .type = TEL__KEY_STRING, OAUTH(token_url), .help = "where tokens are fetched" },
	{ .name = "endpoint_params", .type = TEL__KEY_STRING_MAP, OAUTH(endpoint_params),
	  .help = "further parameters of that request" },
	{ .name = "tls_config", .type = TEL__KEY_SECTION, OAUTH(tls_config), .section = &tls_table,
	  .help = "TLS of the token endpoint" },
	{ .type = TEL__KEY_SQUASH, OAUTH(proxy), .section = &proxy_table },
};

static void check_oauth2(const void *options, report_fn *report, void *user)
{
	static const char jwt[] = "urn:ietf:params:oauth:grant-type:jwt-bearer";
	const tel__prom_oauth2 *o = options;
	char msg[160], shown[64];

	if (!o->client_id.len)
		report(user, "", "oauth2 client_id must be configured");
	if (!o->token_url.len)
		report(user, "", "oauth2 token_url must be configured");
	if (o->client_secret.len && o->client_secret_file.len)
		report(user, "|client_secret_file",
		       "at most one of oauth2 client_secret, client_secret_file & client_secret_ref must be configured");
	if (tel__slice_is(o->grant_type, jwt))
		report(user, "grant_type", "the grant type jwt-bearer is not supported, only client_credentials is");
	else if (o->grant_type.len && !tel__slice_is(o->grant_type, "client_credentials")) {
		snprintf(msg, sizeof(msg), "unsupported oauth2 grant_type \"%s\"", tel__slice_printable(o->grant_type, shown,
			sizeof(shown)));
		report(user, "grant_type", msg);
	}
}

static const tel__key_table oauth2_table = { "config.OAuth2", sizeof(tel__prom_oauth2), oauth2_keys,
	                                     TEL__KEY_COUNT(oauth2_keys), check_oauth2 };

/* ---- http_headers ---- */

static bool is_reserved(tel_slice name)
{
	static const char *const names[] = {
		"Authorization", "Host", "Content-Encoding", "Content-Length", "Content-Type", "User-Agent", "Connection",
		"Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Www-Authenticate", "Accept-Encoding",
		"X-Prometheus-Remote-Write-Version", "X-Prometheus-Remote-Read-Version", "X-Prometheus-Scrape-Timeout-Seconds",
		"X-Amz-Date", "X-Amz-Security-Token", "X-Amz-Content-Sha256",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (tel__slice_eq_nocase(name, tel__slice_str(names[i])))
			return true;
	return false;
}

/* "X-Scope-Orgid": as Go writes the name of a header. */
static void canonical_header(tel_slice name, char *out, size_t cap)
{
	bool start = true;
	size_t i;

	tel__slice_printable(name, out, cap);
	for (i = 0; out[i]; i++) {
		if (start && out[i] >= 'a' && out[i] <= 'z')
			out[i] = (char)(out[i] - 32);
		else if (!start && out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] + 32);
		start = out[i] == '-';
	}
}

/* One header: {values: [], secrets: [], files: []}. */
static void verify_header(const tel__key_check *c, tel_slice name, const tel__node *node)
{
	static const char *const keys[] = { "values", "secrets", "files" };
	char path[200], msg[200], shown[100];

	canonical_header(name, shown, sizeof(shown));
	snprintf(path, sizeof(path), "http_headers::%.*s", (int)(name.len < 100 ? name.len : 100), name.ptr);
	if (is_reserved(name)) {
		snprintf(msg, sizeof(msg), "setting header \"%s\" is not allowed", shown);
		c->report(c, false, path, tel__slice_str(msg));
	}
	if (node->type != TEL__NODE_MAP && node->type != TEL__NODE_NULL)
		c->report(c, false, path, TEL_SLICE_LIT("a header is a map with values, secrets and files"));
	for (uint32_t i = 0; node->type == TEL__NODE_MAP && i < node->v.map.count; i++) {
		const tel__node_entry *e = &node->v.map.entries[i];
		if (!tel__slice_is(e->key, keys[0]) && !tel__slice_is(e->key, keys[1]) && !tel__slice_is(e->key, keys[2])) {
			snprintf(msg, sizeof(msg), "field %s not found in type config.Header", tel__slice_printable(e->key, shown,
				sizeof(shown)));
			c->report(c, false, path, tel__slice_str(msg));
		} else if (e->value->type != TEL__NODE_LIST && e->value->type != TEL__NODE_NULL) {
			snprintf(msg, sizeof(msg), "%.*s is a list", (int)e->key.len, e->key.ptr);
			c->report(c, false, path, tel__slice_str(msg));
		}
	}
}

static tel_err verify_headers(const tel__key_check *c)
{
	const tel__prom_http_options *o = c->options;
	const tel__node *node = o->http_headers;

	if (!node || node->type == TEL__NODE_NULL)
		return TEL_OK;
	if (node->type != TEL__NODE_MAP)
		c->report(c, false, "http_headers", TEL_SLICE_LIT("expected a map of headers"));
	for (uint32_t i = 0; node->type == TEL__NODE_MAP && i < node->v.map.count; i++)
		verify_header(c, node->v.map.entries[i].key, node->v.map.entries[i].value);
	return TEL_OK;
}

/* ---- all together ---- */

#define HTTP(field) .offset = offsetof(tel__prom_http_options, field)
#define SEEN(field) .seen = TEL__KEY_SEEN(tel__prom_http_options, field)
static const tel__key http_keys[] = {
	{ .name = "basic_auth", .type = TEL__KEY_OPTIONAL, HTTP(basic_auth), .section = &basic_table, .help = "user and password" },
	{ .name = "authorization", .type = TEL__KEY_OPTIONAL, HTTP(authorization), .section = &authorization_table,
	  .help = "the Authorization header" },
	{ .name = "oauth2", .type = TEL__KEY_OPTIONAL, HTTP(oauth2), .section = &oauth2_table,
	  .help = "tokens by client credentials" },
	{ .name = "bearer_token", .type = TEL__KEY_SECRET, HTTP(bearer_token), .help = "older form of authorization::credentials" },
	{ .name = "bearer_token_file", .type = TEL__KEY_STRING, HTTP(bearer_token_file),
	  .help = "older form of authorization::credentials_file" },
	{ .name = "tls_config", .type = TEL__KEY_SECTION, HTTP(tls_config), .section = &tls_table, .help = "TLS of https URLs" },
	{ .name = "follow_redirects", .type = TEL__KEY_BOOL, HTTP(follow_redirects), SEEN(wants_redirects), .def = "true",
	  .help = "follow up to 10 redirects" },
	{ .name = "enable_http2", .type = TEL__KEY_BOOL, HTTP(enable_http2), SEEN(wants_http2), .def = "true",
	  .help = "offer HTTP/2 over TLS" },
	{ .type = TEL__KEY_SQUASH, HTTP(proxy), .section = &proxy_table },
	{ .name = "http_headers", .type = TEL__KEY_ANY, HTTP(http_headers), .verify = verify_headers, .flags = TEL__KEY_MASKED,
	  .help = "headers of each request: name: {values, secrets, files}" },
};

static void check_credentials(const tel__prom_http_options *o, report_fn *report, void *user)
{
	const tel__prom_basic_auth *b = o->basic_auth;
	const tel__prom_authorization *a = o->authorization;

	if (b && (b->username.len != 0) + (b->username_file.len != 0) + (b->username_ref.len != 0) > 1)
		report(user, "|basic_auth", "at most one of basic_auth username, username_file & username_ref must be configured");
	if (b && (b->password.len != 0) + (b->password_file.len != 0) + (b->password_ref.len != 0) > 1)
		report(user, "|basic_auth", "at most one of basic_auth password, password_file & password_ref must be configured");
	if (o->bearer_token.len && o->bearer_token_file.len)
		report(user, "|bearer_token_file", "at most one of bearer_token & bearer_token_file must be configured");
	if (a && (o->bearer_token.len || o->bearer_token_file.len))
		report(user, "|authorization", "authorization is not compatible with bearer_token & bearer_token_file");
	if (a && (a->credentials.len != 0) + (a->credentials_file.len != 0) + (a->credentials_ref.len != 0) > 1)
		report(user, "|authorization", "at most one of authorization credentials & credentials_file must be configured");
	if (a && tel__slice_eq_nocase(tel__slice_trim(a->type), TEL_SLICE_LIT("basic")))
		report(user, "|authorization::type", "authorization type cannot be set to \"basic\", use \"basic_auth\" instead");
	if ((b && (b->username_ref.len || b->password_ref.len)) || (a && a->credentials_ref.len) ||
	    (o->oauth2 && (o->oauth2->client_secret_ref.len || o->oauth2->client_certificate_key_ref.len)))
		report(user, b ? "|basic_auth" : a ? "|authorization" : "|oauth2", "references to secret managers are not supported");
}

static void check_http(const void *options, report_fn *report, void *user)
{
	const tel__prom_http_options *o = options;
	bool bearer = o->bearer_token.len || o->bearer_token_file.len;

	check_credentials(o, report, user);
	if (o->basic_auth && bearer)
		report(user, "|basic_auth", "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured");
	else if (o->oauth2 && bearer)
		report(user, "|oauth2", "at most one of basic_auth, oauth2, bearer_token & bearer_token_file must be configured");
	else if ((o->basic_auth != NULL) + (o->oauth2 != NULL) + (o->authorization != NULL) > 1)
		report(user, o->oauth2 ? "|oauth2" : "|basic_auth",
			"at most one of basic_auth, oauth2 & authorization must be configured");
}

const tel__key_table tel__prom_http_keys = { "config.HTTPClientConfig", sizeof(tel__prom_http_options), http_keys,
	                                     TEL__KEY_COUNT(http_keys), check_http };

bool tel__prom_http_is_custom(const tel__prom_http_options *o)
{
	const tel__prom_tls_options *t = &o->tls_config;

	return o->basic_auth || o->authorization || o->oauth2 || o->bearer_token.len || o->bearer_token_file.len ||
	       !o->follow_redirects || !o->enable_http2 || o->proxy.proxy_url.len || o->proxy.no_proxy.len ||
	       o->proxy.proxy_from_environment || o->http_headers || t->ca.len || t->ca_file.len || t->cert.len ||
	       t->cert_file.len || t->key.len || t->key_file.len || t->server_name.len || t->min_version.len ||
	       t->max_version.len || t->insecure_skip_verify;
}
