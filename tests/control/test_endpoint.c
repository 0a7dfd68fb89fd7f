/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets, endpoints and variables of a pipeline (kyma-metrics.md 6.2, 6.3, 3.7). */
#include "control/parsed.h"

#include "seams/cm.h"

#include <stdio.h>

#include "base/slice_i.h"
#include "control/endpoint.h"

#define PIPELINE(output) "apiVersion: telemetry.kyma-project.io/v1beta1\nkind: MetricPipeline\nmetadata: {name: cls-1.x}\n" \
	"spec: {output: {otlp: {" output "}}}\n"
#define SECRET "---\n{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: n}, stringData: {url: 'https://b', pw: 'p w', empty: ''}}\n"
#define REF(name, key) "{valueFrom: {secretKeyRef: {name: " name ", namespace: n, key: " key "}}}"

/* "" = taken. */
static void expect_endpoint(const tel__otlp_output *o, const char *endpoint, const char *wanted)
{
	char message[1024] = "";
	bool ok = tel__endpoint_check(o, tel__slice_str(endpoint), message, sizeof(message));

	if (ok != (wanted[0] == 0) || strcmp(message, wanted) != 0)
		fail_msg("%.*s %s: \"%s\" instead of \"%s\"", (int)o->protocol.len, o->protocol.ptr, endpoint, message, wanted);
}

#define NO_PORT "missing port"
#define NO_SCHEME "missing or unsupported protocol scheme"
#define NO_PATH "gRPC endpoints cannot contain paths"
#define NO_VALUE "failed to resolve value"

static void endpoints_are_judged_by_the_protocol(void **state)
{
	static const struct {
		const char *endpoint, *grpc, *http;
	} rows[] = {
		{ "https://foo.bar:4317/", NO_PATH, "" },
		{ "https://foo.bar:4317/foo/bar", NO_PATH, "" },
		{ "https://foo.bar:4317/ingest?token=abc&query=param", NO_PATH, "" },
		{ "https://10.108.183.198:4317/foo/bar", NO_PATH, "" },
		{ "https://[2001:0db8:85a3:0000:0000:8a2e:0370:7334]:4317/foo/bar", NO_PATH, "" },
		{ "", NO_VALUE, NO_VALUE },
		{ "'example.com:8080'", "parse \"'example.com:8080'\": first path segment in URL cannot contain colon",
		  "parse \"'example.com:8080'\": first path segment in URL cannot contain colon" },
		{ "'https://example.com:8080'", "parse \"'https://example.com:8080'\": first path segment in URL cannot contain colon",
		  "parse \"'https://example.com:8080'\": first path segment in URL cannot contain colon" },
		{ "'example.com'", NO_PORT, NO_SCHEME },
		{ "'https://example.com'", "parse \"'https://example.com'\": first path segment in URL cannot contain colon",
		  "parse \"'https://example.com'\": first path segment in URL cannot contain colon" },
		{ "example.com", NO_PORT, NO_SCHEME },
		{ "example.com:/", NO_PORT, NO_SCHEME },
		{ "example.com:", NO_PORT, NO_SCHEME },
		{ "http://example.com", NO_PORT, "" },
		{ "http://example.com:/", NO_PORT, "" },
		{ "http://example.com:", NO_PORT, "" },
		{ "example.com:8080", "", NO_SCHEME },
		{ "http://example.com:8080", "", "" },
		{ "example.com:8o8o", "parse \"example.com:8o8o\": invalid port \":8o8o\" after host",
		  "parse \"example.com:8o8o\": invalid port \":8o8o\" after host" },
		{ "http://example.com:8o8o", "parse \"http://example.com:8o8o\": invalid port \":8o8o\" after host",
		  "parse \"http://example.com:8o8o\": invalid port \":8o8o\" after host" },
		{ "example.com:80:80", "address example.com:80:80: too many colons in address",
		  "address example.com:80:80: too many colons in address" },
		{ "http://example.com:80:80", "parse \"http://example.com:80:80\": invalid port \":80:80\" after host",
		  "parse \"http://example.com:80:80\": invalid port \":80:80\" after host" },
		{ "https://example.com:8080", "", "" },
		{ "https://example.com", NO_PORT, "" },
		{ "grpc://example.com", NO_PORT, NO_SCHEME },
		{ "rand://example.com:8080", "", NO_SCHEME },
		{ "rand://example.com", NO_PORT, NO_SCHEME },
		/* beyond the table of the original */
		{ "https://[::1]:4317", "", "" },
		{ "https://[::1", "parse \"https://[::1\": missing ']' in host", "parse \"https://[::1\": missing ']' in host" },
		{ "https://a b:1", "parse \"https://a b:1\": invalid character \" \" in host name",
		  "parse \"https://a b:1\": invalid character \" \" in host name" },
		{ "https://a:1/%zz", "parse \"https://a:1/%zz\": invalid URL escape \"%zz\"",
		  "parse \"https://a:1/%zz\": invalid URL escape \"%zz\"" },
		{ ":4317", "parse \":4317\": missing protocol scheme", "parse \":4317\": missing protocol scheme" },
		{ "HTTPS://b:1", "", "" },
	};
	tel__otlp_output grpc = { .protocol = TEL_SLICE_LIT("grpc") }, http = { .protocol = TEL_SLICE_LIT("http") };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expect_endpoint(&grpc, rows[i].endpoint, rows[i].grpc);
		expect_endpoint(&http, rows[i].endpoint, rows[i].http);
	}
}

static void oauth2_wants_tls(void **state)
{
	tel__oauth2 oauth2 = { .at = NULL };
	tel__authentication auth = { .oauth2 = &oauth2 };
	tel__value ca = { .value = TEL_SLICE_LIT("x") };
	tel__output_tls plain = { .insecure = TEL__YES }, tls = { .ca = &ca };
	tel__otlp_output grpc = { .protocol = TEL_SLICE_LIT("grpc"), .authentication = &auth };
	tel__otlp_output http = { .protocol = TEL_SLICE_LIT("http"), .authentication = &auth };

	(void)state;
	expect_endpoint(&grpc, "https://b:1", "");
	expect_endpoint(&grpc, "http://b:1", "OAuth2 requires TLS when using gRPC protocol: HTTP scheme not allowed");
	grpc.tls = &plain;
	expect_endpoint(&grpc, "https://b:1", "OAuth2 requires TLS when using gRPC protocol");
	expect_endpoint(&http, "http://b:1", "");
	http.tls = &plain;
	expect_endpoint(&http, "http://b:1", "");
	http.tls = &tls;
	expect_endpoint(&http, "http://b:1", "HTTP scheme with TLS not allowed");
	expect_endpoint(&http, "https://b:1", "");
}

static void the_first_reference_that_leads_nowhere_is_named(void **state)
{
	static const struct {
		const char *text;
		tel__secret_problem problem;
		const char *message;
	} rows[] = {
		{ PIPELINE("endpoint: " REF("s", "url")) SECRET, TEL__SECRET_OK, "" },
		{ PIPELINE("endpoint: " REF("s", "empty")) SECRET, TEL__SECRET_OK, "" },
		{ PIPELINE("endpoint: " REF("t", "url")) SECRET, TEL__SECRET_MISSING,
		  "one or more referenced Secrets are missing: Secret 't' of Namespace 'n'" },
		{ PIPELINE("endpoint: " REF("s", "uri")) SECRET, TEL__SECRET_KEY_MISSING,
		  "one or more keys in a referenced Secret are missing: Key 'uri' in Secret 's' of Namespace 'n'" },
		{ PIPELINE("endpoint: {value: x}, headers: [{name: a, value: x}, {name: b, valueFrom: {secretKeyRef: {name: s, namespace: n, "
		           "key: gone}}}], tls: {ca: " REF("t", "ca") "}") SECRET, TEL__SECRET_KEY_MISSING,
		  "one or more keys in a referenced Secret are missing: Key 'gone' in Secret 's' of Namespace 'n'" },
		{ PIPELINE("endpoint: {value: x}, tls: {ca: " REF("t", "ca") "}") SECRET, TEL__SECRET_MISSING,
		  "one or more referenced Secrets are missing: Secret 't' of Namespace 'n'" },
		{ PIPELINE("endpoint: {value: x}, tls: {insecure: true, ca: " REF("t", "ca") "}") SECRET, TEL__SECRET_OK, "" },
		{ PIPELINE("endpoint: {value: x}, authentication: {basic: {user: {value: u}, password: " REF("s", "gone") "}}") SECRET,
		  TEL__SECRET_KEY_MISSING, "one or more keys in a referenced Secret are missing: Key 'gone' in Secret 's' of Namespace 'n'" },
	};
	tel__secret_ref empty = { .space = TEL_SLICE_LIT("n") };
	tel__value_from from = { .secret_key_ref = &empty };
	char message[1024];
	parsed p;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		message[0] = 0;
		parsed_init(&p, rows[i].text, true);
		parsed_expect(&p, rows[i].text, "");
		assert_int_equal(tel__pipeline_secrets(p.set, NULL, 0, p.set->pipelines[0], message, sizeof(message)), rows[i].problem);
		if (rows[i].problem != TEL__SECRET_OK)
			assert_string_equal(message, rows[i].message);
		parsed_fini(&p);
	}
	parsed_init(&p, PIPELINE("endpoint: {value: x}") SECRET, true);
	p.set->pipelines[0]->spec->output->otlp->endpoint->value = (tel_slice){ NULL, 0 };
	p.set->pipelines[0]->spec->output->otlp->endpoint->value_from = &from;
	assert_int_equal(tel__pipeline_secrets(p.set, NULL, 0, p.set->pipelines[0], message, sizeof(message)), TEL__SECRET_FIELDS_MISSING);
	assert_string_equal(message, "secret reference is missing field/s: Name, Key");
	parsed_fini(&p);
}

/* The variables as lines NAME=VALUE, in their order. */
static void expect_variables(const char *text, const char *wanted)
{
	char got[4096] = "";
	tel__doc d = { NULL, false };
	tel__node *map;
	size_t n = 0;
	parsed p;

	parsed_init(&p, text, true);
	parsed_expect(&p, text, "");
	assert_ok(tel__arena_new(NULL, 0, NULL, &d.arena));
	map = tel__doc_new_map(&d);
	tel__pipeline_variables(&d, p.set, p.set->pipelines[0], map);
	tel__doc_sort_bytes(map);
	assert_false(d.failed);
	for (uint32_t i = 0; i < map->v.map.count; i++)
		n += (size_t)snprintf(got + n, sizeof(got) - n, TEL_SLICE_FMT "=" TEL_SLICE_FMT "\n",
		                      TEL_SLICE_ARG(map->v.map.entries[i].key), TEL_SLICE_ARG(map->v.map.entries[i].value->text));
	assert_string_equal(got, wanted);
	tel__arena_unref(d.arena);
	parsed_fini(&p);
}

static void a_pipeline_gives_its_variables(void **state)
{
	(void)state;
	expect_variables(PIPELINE("endpoint: " REF("s", "url")) SECRET, "OTLP_ENDPOINT_CLS_1_X=https://b\n");
	expect_variables(PIPELINE("endpoint: {value: b}, authentication: {basic: {user: {value: u}, password: " REF("s", "pw") "}}, headers: "
	                          "[{name: X-Api-Key, prefix: ' Bearer ', value: k}, {name: x_api.key, value: later}, {name: Z, value: z}]") SECRET,
	                 "BASIC_AUTH_HEADER_CLS_1_X=Basic dTpwIHc=\nHEADER_CLS_1_X_X_API_KEY=later\nHEADER_CLS_1_X_Z=z\nOTLP_ENDPOINT_CLS_1_X=b\n");
	expect_variables(PIPELINE("endpoint: {value: b}, tls: {ca: {value: 'a\\nb'}, cert: {value: 'c\\nd'}, key: {value: 'e\\n'}}"),
	                 "OTLP_ENDPOINT_CLS_1_X=b\nOTLP_TLS_CA_PEM_CLS_1_X=a\\nb\nOTLP_TLS_CERT_PEM_CLS_1_X=c\nd\nOTLP_TLS_KEY_PEM_CLS_1_X=e\n\n");
	expect_variables(PIPELINE("endpoint: {value: b}, authentication: {oauth2: {tokenURL: {value: 'https://t'}, clientID: {value: i}, "
	                          "clientSecret: {value: s}}}"),
	                 "OAUTH2_CLIENT_ID_CLS_1_X=i\nOAUTH2_CLIENT_SECRET_CLS_1_X=s\nOAUTH2_TOKEN_URL_CLS_1_X=https://t\n"
	                 "OTLP_ENDPOINT_CLS_1_X=b\n");
}

/* Secrets are found whatever their order; of one that stands there twice the first that has the key. */
static void secrets_are_found_by_namespace_and_name(void **state)
{
	static const char text[] = PIPELINE("endpoint: {value: x}") "---\n{apiVersion: v1, kind: Secret, metadata: {name: z, namespace: b}, stringData: {k: zb}}\n"
		SECRET "---\n{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: m}, stringData: {url: sm}}\n"
		"---\n{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: z}, stringData: {k: az}}\n"
		"---\n{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: n}, stringData: {url: second, more: there}}\n";
	static const struct {
		const char *space, *name, *key, *value; /* value NULL: there is none */
	} rows[] = {
		{ "n", "s", "url", "https://b" }, { "n", "s", "more", "there" }, { "m", "s", "url", "sm" }, { "b", "z", "k", "zb" },
		{ "z", "a", "k", "az" }, { "n", "s", "none", NULL }, { "n", "t", "url", NULL }, { "a", "a", "k", NULL }, { "zz", "z", "k", NULL },
		{ "", "", "", NULL },
	};
	parsed p;

	(void)state;
	parsed_init(&p, text, true);
	parsed_expect(&p, text, "");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tel__secret_ref ref = { .space = tel__slice_str(rows[i].space), .name = tel__slice_str(rows[i].name),
			                    .key = tel__slice_str(rows[i].key) };
		tel_slice found = tel__secret_get(p.set, &ref);

		assert_true((found.ptr == NULL) == (rows[i].value == NULL));
		if (rows[i].value)
			assert_slice(found, rows[i].value);
	}
	assert_null(tel__secret_find(NULL, TEL_SLICE_LIT("n"), TEL_SLICE_LIT("s")));
	parsed_fini(&p);
}

static void endpoint_and_path_become_one_url(void **state)
{
	static const struct {
		const char *endpoint, *path, *url;
	} rows[] = {
		{ "otlp-endpoint", "/v1/test", "otlp-endpoint/v1/test" },
		{ "http://localhost:4317", "v2/otlp/v1/metrics", "http://localhost:4317/v2/otlp/v1/metrics" },
		{ "http://b/", "/x", "http://b/x" },
		{ "http://b/a/b", "../x/./y", "http://b/a/x/y" },
		{ "http://b/a?gone=1", "x?q=2", "http://b/a/x?q=2" },
		{ "http://b/a", "../../../x", "http://b/x" },
		{ "http://b", "", "http://b" },
	};
	tel__doc d = { NULL, false };

	(void)state;
	assert_ok(tel__arena_new(NULL, 0, NULL, &d.arena));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_slice(tel__endpoint_join(&d, tel__slice_str(rows[i].endpoint), tel__slice_str(rows[i].path)), rows[i].url);
	tel__arena_unref(d.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endpoints_are_judged_by_the_protocol),
		cmocka_unit_test(oauth2_wants_tls),
		cmocka_unit_test(the_first_reference_that_leads_nowhere_is_named),
		cmocka_unit_test(a_pipeline_gives_its_variables),
		cmocka_unit_test(secrets_are_found_by_namespace_and_name),
		cmocka_unit_test(endpoint_and_path_become_one_url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
