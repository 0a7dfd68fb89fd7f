/* SPDX-License-Identifier: Apache-2.0 */
/* Pipelines that Kyma's own tests want refused: field of the first cause, and what its message contains (kyma-metrics.md 11.6). */
#include "control/parsed.h"

#include "seams/cm.h"

#include <stdio.h>
#include <string.h>

#define OTLP(output) "spec: {output: {otlp: {endpoint: {value: 'https://b'}" output "}}}\n"
#define INPUT(input) "spec: {input: {" input "}, output: {otlp: {endpoint: {value: 'https://b'}}}}\n"
#define ENDPOINT(endpoint) "spec: {output: {otlp: {endpoint: " endpoint "}}}\n"
#define OAUTH2(token, client) "authentication: {oauth2: {tokenURL: {value: '" token "'}, clientID: " client ", clientSecret: {value: s}}}"
#define BASIC(user, password) "authentication: {basic: {user: " user ", password: " password "}}"
#define FROM(name, namespace, key) "{valueFrom: {secretKeyRef: {name: '" name "', namespace: '" namespace "', key: '" key "'}}}"

static const struct {
	const char *name, *text, *path, *contains;
} rows[] = {
	{ "no output", "spec: {output: {otlp: null}}\n", "spec.output.otlp", "must be of type object" },
	{ "endpoint with value and valueFrom", ENDPOINT("{value: x, valueFrom: {secretKeyRef: {name: n, namespace: d, key: k}}}"),
	  "spec.output.otlp.endpoint", "Exactly one of 'value' or 'valueFrom' must be set" },
	{ "no key", ENDPOINT(FROM("n", "d", "")), "spec.output.otlp.endpoint.valueFrom.secretKeyRef.key", "should be at least 1 chars long" },
	{ "no namespace", ENDPOINT(FROM("n", "", "k")), "spec.output.otlp.endpoint.valueFrom.secretKeyRef.namespace",
	  "should be at least 1 chars long" },
	{ "no name", ENDPOINT(FROM("", "d", "k")), "spec.output.otlp.endpoint.valueFrom.secretKeyRef.name",
	  "should be at least 1 chars long" },
	{ "path with the default protocol", OTLP(", path: /v1"), "spec.output.otlp", "Path is only available with HTTP protocol" },
	{ "path with grpc", OTLP(", protocol: grpc, path: /v1"), "spec.output.otlp", "Path is only available with HTTP protocol" },
	{ "a protocol of fancy", OTLP(", protocol: icke"), "spec.output.otlp.protocol", "Unsupported value" },
	{ "no key of the password", OTLP(", " BASIC("{value: u}", FROM("n", "d", ""))),
	  "spec.output.otlp.authentication.basic.password.valueFrom.secretKeyRef.key", "should be at least 1 chars long" },
	{ "no key of the user", OTLP(", " BASIC(FROM("n", "d", ""), "{value: p}")),
	  "spec.output.otlp.authentication.basic.user.valueFrom.secretKeyRef.key", "should be at least 1 chars long" },
	{ "certificate without key", OTLP(", tls: {ca: {value: a}, cert: {value: b}}"), "spec.output.otlp.tls",
	  "Can define either both 'cert' and 'key', or neither" },
	{ "key without certificate", OTLP(", tls: {ca: {value: a}, key: {value: b}}"), "spec.output.otlp.tls",
	  "Can define either both 'cert' and 'key', or neither" },
	{ "no URL", OTLP(", " OAUTH2("../not-a-url", "{value: i}")), "spec.output.otlp.authentication.oauth2.tokenURL",
	  "Invalid value: \"object\": 'tokenURL' must be a valid URL" },
	{ "no client", OTLP(", " OAUTH2("https://t", "{}")), "spec.output.otlp.authentication.oauth2.clientID",
	  "Invalid value: \"object\": Exactly one of 'value' or 'valueFrom' must be set" },
	{ "a token in plaintext", OTLP(", tls: {insecure: true}, " OAUTH2("https://t", "{value: i}")), "spec.output.otlp",
	  "OAuth2 authentication requires TLS when using gRPC protocol" },
	{ "include and exclude", INPUT("otlp: {namespaces: {include: [a], exclude: [b]}}"), "spec.input.otlp.namespaces",
	  "Only one of 'include' or 'exclude' can be defined" },
	{ "otlp, included", INPUT("otlp: {namespaces: {include: ['aa!']}}"), "spec.input.otlp.namespaces.include[0]", "should match" },
	{ "otlp, excluded", INPUT("otlp: {namespaces: {exclude: ['aa!']}}"), "spec.input.otlp.namespaces.exclude[0]", "should match" },
	{ "prometheus, included", INPUT("prometheus: {namespaces: {include: ['aa-']}}"), "spec.input.prometheus.namespaces.include[0]",
	  "should match" },
	{ "prometheus, excluded", INPUT("prometheus: {namespaces: {exclude: ['-aa']}}"), "spec.input.prometheus.namespaces.exclude[0]",
	  "should match" },
	{ "istio, included", INPUT("istio: {namespaces: {include: ['#']}}"), "spec.input.istio.namespaces.include[0]", "should match" },
	{ "istio, excluded", INPUT("istio: {namespaces: {exclude: ['/']}}"), "spec.input.istio.namespaces.exclude[0]", "should match" },
	{ "runtime, included", INPUT("runtime: {namespaces: {include: [aa, bb, '?']}}"), "spec.input.runtime.namespaces.include[2]",
	  "should match" },
	{ "runtime, excluded", INPUT("runtime: {namespaces: {exclude: ['\xc3\xb6\xc3\xb6', aa, bb]}}"),
	  "spec.input.runtime.namespaces.exclude[0]", "should match" },
};

static void what_kyma_wants_refused_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[1024], path[128];
		const char *first;
		parsed p;

		snprintf(text, sizeof(text), "apiVersion: telemetry.kyma-project.io/v1beta1\nkind: MetricPipeline\nmetadata: {name: p}\n%s",
		         rows[i].text);
		snprintf(path, sizeof(path), " %s: ", rows[i].path);
		parsed_init(&p, text, true);
		parsed_validate(&p, true);
		first = strstr(p.text, path);
		if (p.rc == TEL_OK || !first || first > strchr(p.text, '\n') || !strstr(first, rows[i].contains))
			fail_msg("%s: %s", rows[i].name, p.text);
		parsed_fini(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(what_kyma_wants_refused_is_refused) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
