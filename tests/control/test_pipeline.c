/* SPDX-License-Identifier: Apache-2.0 */
/* MetricPipeline and Telemetry: schema, rules, defaults, conversion, absent values (kyma-metrics.md 1, 2, 11.6). */
#include "control/parsed.h"

#include "seams/cm.h"

#include <stdio.h>

#include "base/slice_i.h"
#include "control/pipeline_set.h"
#include "torture/torture.h"

#define BETA "apiVersion: telemetry.kyma-project.io/v1beta1\nkind: MetricPipeline\nmetadata: {name: p}\n"
#define ALPHA "apiVersion: telemetry.kyma-project.io/v1alpha1\nkind: MetricPipeline\nmetadata: {name: p}\n"
#define OTLP(output) "spec: {output: {otlp: {endpoint: {value: 'https://b'}" output "}}}\n"
#define INPUT(input) "spec: {input: {" input "}, output: {otlp: {endpoint: {value: 'https://b'}}}}\n"

typedef struct row {
	const char *name, *text, *findings;
	bool defaulting;
} row;

static void check(const row *rows, size_t count, bool strict)
{
	for (size_t i = 0; i < count; i++) {
		parsed p;

		parsed_init(&p, rows[i].text, strict);
		parsed_validate(&p, rows[i].defaulting);
		parsed_expect(&p, rows[i].name, rows[i].findings);
		parsed_fini(&p);
	}
}
#define CHECK(rows) check(rows, sizeof(rows) / sizeof((rows)[0]), true)

/* What the API server refuses by the schema alone, in its words. */
static void the_schema_is_checked_with_the_api_servers_words(void **state)
{
	static const row rows[] = {
		{ "nothing is wrong", BETA OTLP(""), "", false },
		{ "no output", BETA "spec: {}\n", "E 4:7 spec.output: Required value\n", false },
		{ "no backend", BETA "spec: {output: {}}\n", "E 4:16 spec.output.otlp: Required value\n", false },
		{ "a backend that is null", BETA "spec: {output: {otlp: }}\n",
		  "E 4:23 spec.output.otlp: Invalid value: \"null\": spec.output.otlp in body must be of type object: \"null\"\n", false },
		{ "no endpoint", BETA "spec: {output: {otlp: {}}}\n", "E 4:23 spec.output.otlp.endpoint: Required value\n", false },
		{ "a protocol that does not exist", BETA OTLP(", protocol: carrier-pigeon"),
		  "E 4:66 spec.output.otlp.protocol: Unsupported value: \"carrier-pigeon\": supported values: \"grpc\", \"http\"\n", false },
		{ "a compression that does not exist", BETA OTLP(", compression: lz4"),
		  "E 4:69 spec.output.otlp.compression: Unsupported value: \"lz4\": supported values: \"none\", \"gzip\", \"snappy\", "
		  "\"zstd\"\n", false },
		{ "a text where a switch belongs", BETA OTLP(", tls: {insecure: 'yes'}"),
		  "E 4:72 spec.output.otlp.tls.insecure: Invalid value: \"string\": spec.output.otlp.tls.insecure in body must be of "
		  "type boolean: \"string\"\n", false },
		{ "a text where a list belongs", BETA "spec: {output: {otlp: {endpoint: {value: x}}}, filter: x}\n",
		  "E 4:56 spec.filter: Invalid value: \"string\": spec.filter in body must be of type array: \"string\"\n", false },
		{ "a number where a text belongs", BETA OTLP(", path: 5"),
		  "E 4:62 spec.output.otlp.path: Invalid value: \"integer\": spec.output.otlp.path in body must be of type string: "
		  "\"integer\"\n", false },
		{ "parts of a reference to a Secret", BETA "spec: {output: {otlp: {endpoint: {valueFrom: {secretKeyRef: {name: s, key: ''}}}}}}\n",
		  "E 4:76 spec.output.otlp.endpoint.valueFrom.secretKeyRef.key: Invalid value: \"\": "
		  "spec.output.otlp.endpoint.valueFrom.secretKeyRef.key in body should be at least 1 chars long\n"
		  "E 4:61 spec.output.otlp.endpoint.valueFrom.secretKeyRef.namespace: Required value\n", false },
		{ "headers without a name, or with an empty one", BETA OTLP(", headers: [{value: x}, {name: '', value: x}]"),
		  "E 4:66 spec.output.otlp.headers[0].name: Required value\n"
		  "E 4:85 spec.output.otlp.headers[1].name: Invalid value: \"\": spec.output.otlp.headers[1].name in body should be at "
		  "least 1 chars long\n", false },
		{ "namespaces that are no labels", BETA INPUT("runtime: {namespaces: {include: [aa, bb, '?', -aa, aa-, '\xc3\xb6']}}"),
		  "E 4:57 spec.input.runtime.namespaces.include[2]: Invalid value: \"?\": spec.input.runtime.namespaces.include[2] in "
		  "body should match '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'\n"
		  "E 4:62 spec.input.runtime.namespaces.include[3]: Invalid value: \"-aa\": spec.input.runtime.namespaces.include[3] in "
		  "body should match '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'\n"
		  "E 4:67 spec.input.runtime.namespaces.include[4]: Invalid value: \"aa-\": spec.input.runtime.namespaces.include[4] in "
		  "body should match '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'\n"
		  "E 4:72 spec.input.runtime.namespaces.include[5]: Invalid value: \"\xc3\xb6\": spec.input.runtime.namespaces.include[5] "
		  "in body should match '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'\n", false },
		{ "a namespace that is too long",
		  BETA INPUT("otlp: {namespaces: {exclude: [aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggg]}}"),
		  "E 4:46 spec.input.otlp.namespaces.exclude[0]: Too long: may not be more than 63 bytes\n", false },
		{ "fields that nobody knows", BETA INPUT("otlp: {enable: true}, kubelet: {}"),
		  "E 4:23 spec.input.otlp.enable: unknown field \"enable\"; did you mean \"enabled\"?\n"
		  "E 4:38 spec.input.kubelet: unknown field \"kubelet\"\n", false },
		{ "compression in v1alpha1", ALPHA OTLP(", compression: gzip"),
		  "E 4:56 spec.output.otlp.compression: unknown field \"compression\"\n", false },
		{ "no name", "apiVersion: telemetry.kyma-project.io/v1beta1\nkind: MetricPipeline\n" OTLP(""),
		  "E 1:1 metadata.name: Required value: name or generateName is required\n", false },
		/* What follows was compared with an API server 1.33. */
		{ "null is absent", BETA OTLP(", protocol: null, path: ~, tls: {insecure: null, ca: null}, headers: null"), "", false },
		{ "null for a text that must be", BETA OTLP(", headers: [{name: null}, null]"),
		  "E 4:73 spec.output.otlp.headers[0].name: Invalid value: \"null\": spec.output.otlp.headers[0].name in body must be of type "
		  "string: \"null\"\nE 4:80 spec.output.otlp.headers[1]: Invalid value: \"null\": spec.output.otlp.headers[1] in body must be "
		  "of type object: \"null\"\n", false },
		{ "a number for a word", BETA OTLP(", protocol: 5"),
		  "E 4:66 spec.output.otlp.protocol: Invalid value: \"integer\": spec.output.otlp.protocol in body must be of type string: "
		  "\"integer\"\nE 4:66 spec.output.otlp.protocol: Unsupported value: 5: supported values: \"grpc\", \"http\"\n", false },
		{ "a name that is too long and of capitals", BETA INPUT("otlp: {namespaces: {include: ["
		  "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA]}}"),
		  "E 4:46 spec.input.otlp.namespaces.include[0]: Too long: may not be more than 63 bytes\n", false },
		{ "a parameter without a value", BETA OTLP(", authentication: {oauth2: {params: {a: null, b: c}, tokenURL: {value: 'https://t'}, "
		  "clientID: {value: x}, clientSecret: {value: x}}}"), "", false },
	};

	(void)state;
	CHECK(rows);
}

/* CEL-NS and its kin, after the defaults, as the API server has it. */
static void rules_over_several_fields_are_checked(void **state)
{
	static const row rows[] = {
		{ "include and exclude", BETA INPUT("otlp: {namespaces: {include: [], exclude: []}}"),
		  "E 4:35 spec.input.otlp.namespaces: Invalid value: \"object\": Only one of 'include' or 'exclude' can be defined\n", true },
		{ "value and valueFrom", BETA "spec: {output: {otlp: {endpoint: {value: x, valueFrom: {secretKeyRef: {name: s, namespace: n, key: k}}}}}}\n",
		  "E 4:34 spec.output.otlp.endpoint: Invalid value: \"object\": Exactly one of 'value' or 'valueFrom' must be set\n", true },
		{ "neither value nor valueFrom", BETA "spec: {output: {otlp: {endpoint: {}}}}\n",
		  "E 4:34 spec.output.otlp.endpoint: Invalid value: \"object\": Exactly one of 'value' or 'valueFrom' must be set\n", true },
		{ "a header without a value", BETA OTLP(", headers: [{name: a}]"),
		  "E 4:66 spec.output.otlp.headers[0]: Invalid value: \"object\": Exactly one of 'value' or 'valueFrom' must be set\n", true },
		{ "a path with the default protocol", BETA OTLP(", path: /x"),
		  "E 4:23 spec.output.otlp: Invalid value: \"object\": Path is only available with HTTP protocol\n", true },
		{ "a path with grpc", BETA OTLP(", path: /x, protocol: grpc"),
		  "E 4:23 spec.output.otlp: Invalid value: \"object\": Path is only available with HTTP protocol\n", true },
		{ "a path with http", BETA OTLP(", path: /x, protocol: http"), "", true },
		{ "a certificate without its key", BETA OTLP(", tls: {ca: {value: x}, cert: {value: x}}"),
		  "E 4:61 spec.output.otlp.tls: Invalid value: \"object\": Can define either both 'cert' and 'key', or neither\n", true },
		{ "two methods", BETA OTLP(", authentication: {basic: {user: {value: u}, password: {value: p}}, oauth2: {tokenURL: {value: "
		  "'https://t'}, clientID: {value: i}, clientSecret: {value: s}}}"),
		  "E 4:72 spec.output.otlp.authentication: Invalid value: \"object\": Only one authentication method can be specified\n", true },
		{ "a token URL that is none", BETA OTLP(", authentication: {oauth2: {tokenURL: {value: ../not-a-url}, clientID: {value: i}, "
		  "clientSecret: {value: s}}}"),
		  "E 4:92 spec.output.otlp.authentication.oauth2.tokenURL: Invalid value: \"object\": 'tokenURL' must be a valid URL\n", true },
		{ "a client without an id", BETA OTLP(", authentication: {oauth2: {tokenURL: {value: 'https://t'}, clientID: {}, "
		  "clientSecret: {value: s}}}"),
		  "E 4:124 spec.output.otlp.authentication.oauth2.clientID: Invalid value: \"object\": Exactly one of 'value' or "
		  "'valueFrom' must be set\n", true },
		{ "OAuth2 over plaintext gRPC", BETA OTLP(", tls: {insecure: true}, authentication: {oauth2: {tokenURL: {value: "
		  "'https://t'}, clientID: {value: i}, clientSecret: {value: s}}}"),
		  "E 4:23 spec.output.otlp: Invalid value: \"object\": OAuth2 authentication requires TLS when using gRPC protocol\n", true },
		{ "OAuth2 over plaintext HTTP", BETA OTLP(", protocol: http, tls: {insecure: true}, authentication: {oauth2: {tokenURL: "
		  "{value: 'https://t'}, clientID: {value: i}, clientSecret: {value: s}}}"), "", true },
		{ "v1alpha1 takes neither value nor valueFrom", ALPHA "spec: {output: {otlp: {endpoint: {}}}}\n", "", true },
		{ "v1alpha1 refuses both", ALPHA "spec: {output: {otlp: {endpoint: {value: x, valueFrom: {secretKeyRef: {name: s, "
		  "namespace: n, key: k}}}}}}\n",
		  "E 4:34 spec.output.otlp.endpoint: Invalid value: \"object\": Only one of 'value' or 'valueFrom' can be set\n", true },
		{ "v1alpha1 with parts of OAuth2 missing", ALPHA OTLP(", authentication: {oauth2: {tokenURL: {}, clientID: {}, clientSecret: {}}}"),
		  "E 4:106 spec.output.otlp.authentication.oauth2.clientID: Invalid value: \"object\": 'clientID' missing\n"
		  "E 4:124 spec.output.otlp.authentication.oauth2.clientSecret: Invalid value: \"object\": clientSecret' missing\n"
		  "E 4:92 spec.output.otlp.authentication.oauth2.tokenURL: Invalid value: \"object\": tokenURL' missing\n", true },
		{ "no spec: the webhook fills in an input, and the output is missed", BETA,
		  "E 1:1 spec.output: Required value\n", true },
		{ "no spec, and no webhook", BETA, "", false },
		{ "a token URL with nothing behind the scheme", BETA OTLP(", authentication: {oauth2: {tokenURL: {value: 'mailto:a'}, clientID: "
		  "{value: i}, clientSecret: {value: s}}}"), "", true },
		{ "OAuth2 over plaintext, no protocol and no webhook", BETA OTLP(", tls: {insecure: true}, authentication: {oauth2: {tokenURL: "
		  "{value: 'https://t'}, clientID: {value: i}, clientSecret: {value: s}}}"),
		  "E 4:23 spec.output.otlp: Invalid value: \"object\": OAuth2 authentication requires TLS when using gRPC protocol\n", false },
	};

	(void)state;
	CHECK(rows);
}

static void telemetry_is_checked_too(void **state)
{
#define TELEMETRY "apiVersion: operator.kyma-project.io/v1beta1\nkind: Telemetry\nmetadata: {name: default, namespace: n}\n"
	static const row rows[] = {
		{ "nothing is wrong", TELEMETRY "spec: {metric: {collectionInterval: 1m, gateway: {scaling: {type: Static, static: "
		  "{replicas: 3}}}}, enrichments: {extractPodLabels: [{key: a}, {keyPrefix: b}]}}\n", "", true },
		{ "no replicas", TELEMETRY "spec: {metric: {gateway: {scaling: {static: {replicas: -1}}}}}\n",
		  "E 4:56 spec.metric.gateway.scaling.static.replicas: Invalid value: -1: spec.metric.gateway.scaling.static.replicas in "
		  "body should be greater than or equal to 1\n", true },
		{ "an interval of nothing", TELEMETRY "spec: {metric: {collectionInterval: 0s, istio: {collectionInterval: 0s}}}\n",
		  "E 4:37 spec.metric.collectionInterval: Invalid value: \"string\": 'collectionInterval' must be greater than 0\n"
		  "E 4:69 spec.metric.istio.collectionInterval: Invalid value: \"string\": 'collectionInterval' must be greater than 0\n", true },
		{ "an interval that is none", TELEMETRY "spec: {metric: {collectionInterval: soon}}\n",
		  "E 4:37 spec.metric.collectionInterval: Invalid value: \"soon\": spec.metric.collectionInterval in body must be of type "
		  "duration: \"soon\"\n", true },
		{ "labels without a key, and with two", TELEMETRY "spec: {enrichments: {extractPodLabels: [{}, {key: a, keyPrefix: b}]}}\n",
		  "E 4:41 spec.enrichments.extractPodLabels[0]: Invalid value: \"object\": Either 'key' or 'keyPrefix' must be specified\n"
		  "E 4:45 spec.enrichments.extractPodLabels[1]: Invalid value: \"object\": Either 'key' or 'keyPrefix' must be specified\n",
		  true },
		{ "whole numbers, however they are written", TELEMETRY "spec: {metric: {gateway: {scaling: {static: {replicas: 2.0}}}}}\n", "", true },
		{ "an interval as an API server takes it too", TELEMETRY "spec: {metric: {collectionInterval: 1 day 2h}}\n", "", true },
		{ "half a replica", TELEMETRY "spec: {metric: {gateway: {scaling: {static: {replicas: 0.5}}}}}\n",
		  "E 4:56 spec.metric.gateway.scaling.static.replicas: Invalid value: \"number\": spec.metric.gateway.scaling.static.replicas "
		  "in body must be of type integer: \"number\"\nE 4:56 spec.metric.gateway.scaling.static.replicas: Invalid value: 0.5: "
		  "spec.metric.gateway.scaling.static.replicas in body should be greater than or equal to 1\n", true },
		{ "intervals that are no texts", TELEMETRY "spec: {metric: {collectionInterval: 5, istio: {collectionInterval: []}}}\n",
		  "E 4:37 spec.metric.collectionInterval: Invalid value: \"int64\": spec.metric.collectionInterval in body must be of type "
		  "duration: \"int64\"\nE 4:68 spec.metric.istio.collectionInterval: Invalid value: \"\": spec.metric.istio.collectionInterval in "
		  "body must be of type duration: \"\"\n", true },
		{ "scaling of what is not ours", TELEMETRY "spec: {log: {gateway: {scaling: {type: X}}}}\n",
		  "E 4:40 spec.log.gateway.scaling.type: Unsupported value: \"X\": supported values: \"Static\"\n", true },
	};

	(void)state;
	CHECK(rows);
}

static void documents_find_their_place_by_kind(void **state)
{
	static const char text[] =
		"# nothing\n---\n"
		"kind: List\nitems:\n"
		"- {apiVersion: telemetry.kyma-project.io/v1beta1, kind: MetricPipeline, metadata: {name: b}, spec: {output: {otlp: {endpoint: {value: x}}}}}\n"
		"- {apiVersion: telemetry.kyma-project.io/v1alpha1, kind: MetricPipeline, metadata: {name: a}, spec: {output: {otlp: {endpoint: {value: x}}}}}\n"
		"---\n{\"apiVersion\": \"v1\", \"kind\": \"Secret\", \"metadata\": {\"name\": \"s\", \"namespace\": \"n\"}, \"data\": {\"k\": \"dg==\"}, \"stringData\": {\"l\": \"w\"}}\n"
		"---\nkind: ConfigMap\n---\nkind: Deployment\n---\nkind: RenderFacts\nistioActive: true\n";
	tel__value from = { NULL, { NULL, 0 }, &(tel__value_from){ NULL, &(tel__secret_ref){ NULL, TEL_SLICE_LIT("s"), TEL_SLICE_LIT("n"),
	                    TEL_SLICE_LIT("k") } } };
	parsed p;

	(void)state;
	parsed_init(&p, text, false);
	assert_ok(p.rc);
	parsed_expect(&p, "documents", "W 12:1 : kind \"Deployment\" is left out\n");
	assert_int_equal(tel_pipeline_count(p.set), 2);
	assert_slice(tel_pipeline_name(p.set, 0), "a");
	assert_slice(tel_pipeline_name(p.set, 1), "b");
	assert_slice(tel_pipeline_name(p.set, 2), "");
	assert_true(p.set->was_alpha[0] && !p.set->was_alpha[1]);
	assert_slice(tel__value_text(p.set, &from), "v");
	from.value_from->secret_key_ref->key = TEL_SLICE_LIT("l");
	assert_slice(tel__value_text(p.set, &from), "w");
	from.value_from->secret_key_ref->key = TEL_SLICE_LIT("m");
	assert_slice(tel__value_text(p.set, &from), "");
	assert_int_equal(p.set->facts->istio_active, TEL__YES);
	parsed_fini(&p);
}

static void what_is_no_resource_is_refused(void **state)
{
	static const row rows[] = {
		{ "no kind", "a: b\n", "E 1:1 : Object 'Kind' is missing\n", false },
		{ "a word", "pipeline\n", "E 1:1 : Object 'Kind' is missing\n", false },
		{ "a version that does not exist", "apiVersion: telemetry.kyma-project.io/v1\nkind: MetricPipeline\n",
		  "E 1:1 : no matches for kind \"MetricPipeline\" in version \"telemetry.kyma-project.io/v1\"\n", false },
		{ "a group that does not exist", "apiVersion: v1beta1\nkind: Telemetry\n",
		  "E 1:1 : no matches for kind \"Telemetry\" in version \"v1beta1\"\n", false },
		{ "two of the same name", BETA OTLP("") "---\n" BETA OTLP(""),
		  "E 6:1 : metricpipelines.telemetry.kyma-project.io \"p\" already exists\n", false },
		{ "data that is not base64", "{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {k: '*'}}\n",
		  "E 1:63 data.k: illegal base64 data\n", false },
		{ "data that is no text", "{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {k: 5}}\n",
		  "E 1:63 data.k: expected a string\n", false },
		{ "a text that is no YAML", "kind: [\n", "E 2:1 : yaml: line 2: did not find expected node content\n", false },
		{ "a list of lists of lists", "{kind: List, items: [{kind: List, items: [{kind: List, items: []}]}]}\n", "W 1:43 : kind \"List\" is left out\n", false },
	};

	(void)state;
	CHECK(rows);
}

/* ---- defaults ---- */

static const tel__pipeline_input *input_of(const parsed *p)
{
	return p->set->pipelines[0]->spec->input;
}

static void expect_system_namespaces(const tel__namespaces *n)
{
	const tel_slice *names = n->exclude.items;

	assert_false(n->include.present);
	assert_int_equal(n->exclude.count, 3);
	assert_slice(names[0], "kyma-system");
	assert_slice(names[1], "kube-system");
	assert_slice(names[2], "istio-system");
}

static void absent_parts_of_enabled_inputs_are_filled_in(void **state)
{
	parsed p;

	(void)state;
	parsed_init(&p, BETA INPUT("prometheus: {enabled: true}, istio: {enabled: true}, runtime: {enabled: true, resources: {pod: {}, node: {enabled: false}}}"), true);
	assert_ok(tel_pipeline_default(p.set));
	expect_system_namespaces(input_of(&p)->prometheus->namespaces);
	expect_system_namespaces(input_of(&p)->istio->namespaces);
	expect_system_namespaces(input_of(&p)->runtime->namespaces);
	assert_int_equal(input_of(&p)->prometheus->diagnostic_metrics->enabled, TEL__NO);
	assert_int_equal(input_of(&p)->istio->diagnostic_metrics->enabled, TEL__NO);
	assert_int_equal(input_of(&p)->istio->envoy_metrics->enabled, TEL__NO);
	assert_int_equal(input_of(&p)->runtime->resources->of[TEL__RUNTIME_POD]->enabled, TEL__UNSET);
	assert_int_equal(input_of(&p)->runtime->resources->of[TEL__RUNTIME_NODE]->enabled, TEL__NO);
	assert_int_equal(input_of(&p)->runtime->resources->of[TEL__RUNTIME_JOB]->enabled, TEL__YES);
	assert_int_equal(input_of(&p)->otlp->enabled, TEL__YES);
	assert_false(tel__namespaces_filter(input_of(&p)->otlp->namespaces));
	assert_slice(p.set->pipelines[0]->spec->output->otlp->protocol, "grpc");
	parsed_fini(&p);
}

static void nothing_is_filled_in_below_what_is_off_or_given(void **state)
{
	parsed p;

	(void)state;
	parsed_init(&p, BETA INPUT("otlp: {enabled: false}, prometheus: {enabled: false}, istio: {}, runtime: {enabled: true, namespaces: {}}"), true);
	for (int twice = 0; twice < 2; twice++)
		assert_ok(tel_pipeline_default(p.set));
	assert_null(input_of(&p)->otlp->namespaces);
	assert_null(input_of(&p)->prometheus->namespaces);
	assert_null(input_of(&p)->istio->namespaces);
	assert_false(tel__namespaces_filter(input_of(&p)->runtime->namespaces));
	parsed_fini(&p);
}

static void v1alpha1_becomes_v1beta1_and_back(void **state)
{
	tel__metric_pipeline *pipeline, alpha;
	parsed p;

	(void)state;
	parsed_init(&p, ALPHA INPUT("otlp: {disabled: true}"), true);
	pipeline = p.set->pipelines[0];
	assert_int_equal(pipeline->spec->input->otlp->enabled, TEL__NO);
	assert_false(tel__pipeline_otlp(pipeline));
	pipeline->spec->output->otlp->compression = TEL_SLICE_LIT("zstd");
	assert_true(tel__metric_pipeline_to_alpha(p.set->arena, pipeline, &alpha));
	assert_int_equal(alpha.spec->input->otlp->disabled, TEL__YES);
	assert_null(alpha.spec->output->otlp->compression.ptr);
	assert_false(tel__pipeline_otlp(pipeline));
	assert_slice(pipeline->spec->output->otlp->compression, "zstd");
	parsed_fini(&p);
	parsed_init(&p, ALPHA INPUT("otlp: {}"), true);
	assert_int_equal(p.set->pipelines[0]->spec->input->otlp->enabled, TEL__YES);
	parsed_fini(&p);
}

/* ---- absent values ---- */

static void absent_values_mean_what_the_code_of_kyma_makes_of_them(void **state)
{
	static const struct {
		const char *input;
		bool otlp, prometheus, istio, runtime, pod, diagnostics_prometheus, diagnostics_istio, envoy, agent;
	} rows[] = {
		{ "", true, false, false, false, false, false, false, false, false },
		{ "otlp: {}", true, false, false, false, false, false, false, false, false },
		{ "otlp: {enabled: false}", false, false, false, false, false, false, false, false, false },
		{ "prometheus: {}", true, false, false, false, false, false, false, false, false },
		{ "prometheus: {enabled: true}", true, true, false, false, false, false, false, false, true },
		{ "prometheus: {enabled: true, diagnosticMetrics: {enabled: true}}", true, true, false, false, false, true, false, false, true },
		{ "prometheus: {enabled: false, diagnosticMetrics: {enabled: true}}", true, false, false, false, false, false, false, false, false },
		{ "istio: {enabled: true, diagnosticMetrics: {}, envoyMetrics: {enabled: true}}", true, false, true, false, false, false, false, true, true },
		{ "istio: {enabled: true, diagnosticMetrics: {enabled: true}}", true, false, true, false, false, false, true, false, true },
		{ "runtime: {enabled: true}", true, false, false, true, true, false, false, false, true },
		{ "runtime: {enabled: true, resources: {}}", true, false, false, true, true, false, false, false, true },
		{ "runtime: {enabled: true, resources: {pod: {}}}", true, false, false, true, true, false, false, false, true },
		{ "runtime: {enabled: true, resources: {pod: {enabled: false}}}", true, false, false, true, false, false, false, false, true },
		{ "runtime: {enabled: false, resources: {pod: {enabled: true}}}", true, false, false, false, false, false, false, false, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const tel__metric_pipeline *m;
		char text[512];
		parsed p;

		snprintf(text, sizeof(text), BETA INPUT("%s"), rows[i].input);
		parsed_init(&p, text, true);
		parsed_expect(&p, rows[i].input, "");
		m = p.set->pipelines[0];
		assert_int_equal(tel__pipeline_otlp(m), rows[i].otlp);
		assert_int_equal(tel__pipeline_prometheus(m), rows[i].prometheus);
		assert_int_equal(tel__pipeline_istio(m), rows[i].istio);
		assert_int_equal(tel__pipeline_runtime(m), rows[i].runtime);
		assert_int_equal(tel__pipeline_runtime_of(m, TEL__RUNTIME_POD), rows[i].pod);
		assert_int_equal(tel__pipeline_diagnostics_prometheus(m), rows[i].diagnostics_prometheus);
		assert_int_equal(tel__pipeline_diagnostics_istio(m), rows[i].diagnostics_istio);
		assert_int_equal(tel__pipeline_envoy(m), rows[i].envoy);
		assert_int_equal(tel__pipeline_needs_agent(m), rows[i].agent);
		parsed_fini(&p);
	}
}

/* ---- memory ---- */

static tel_err read_scenario(const tel_alloc *alloc, void *user)
{
	tel_config_source source = { TEL_SLICE_LIT("in.yaml"), tel__slice_str(user) };
	tel_pipeline_opts opts = TEL_PIPELINE_OPTS_INIT;
	tel_pipeline_set *set = NULL;
	tel_findings *findings;
	tel_err rc = tel_findings_new(alloc, &findings);

	if (rc != TEL_OK)
		return rc;
	opts.alloc = alloc;
	rc = tel_pipeline_parse(&source, 1, &opts, &set, findings);
	assert_true((rc == TEL_OK) == (set != NULL));
	if (rc == TEL_OK)
		rc = tel_pipeline_default(set);
	if (rc == TEL_OK)
		rc = tel_pipeline_validate(set, findings);
	tel_pipeline_free(set);
	tel_findings_free(findings);
	return rc;
}

static void reading_survives_every_failed_allocation(void **state)
{
	static char text[] = BETA INPUT("prometheus: {enabled: true}, runtime: {enabled: true}")
		"---\n{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: n}, data: {k: dg==}}\n"
		"---\n" "apiVersion: operator.kyma-project.io/v1beta1\nkind: Telemetry\nmetadata: {name: default}\n";

	(void)state;
	torture_alloc(read_scenario, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_schema_is_checked_with_the_api_servers_words),
		cmocka_unit_test(rules_over_several_fields_are_checked),
		cmocka_unit_test(telemetry_is_checked_too),
		cmocka_unit_test(documents_find_their_place_by_kind),
		cmocka_unit_test(what_is_no_resource_is_refused),
		cmocka_unit_test(absent_parts_of_enabled_inputs_are_filled_in),
		cmocka_unit_test(nothing_is_filled_in_below_what_is_off_or_given),
		cmocka_unit_test(v1alpha1_becomes_v1beta1_and_back),
		cmocka_unit_test(absent_values_mean_what_the_code_of_kyma_makes_of_them),
		cmocka_unit_test(reading_survives_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
