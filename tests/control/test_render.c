/* SPDX-License-Identifier: Apache-2.0 */
/* Rendering: the recorded configurations byte for byte, and what they do not show. */
#include "control/parsed.h"

#include "seams/cm.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include <telemetry/render.h>

#include "base/slice_i.h"
#include "torture/torture.h"

#define PIPELINE(name) "apiVersion: telemetry.kyma-project.io/v1beta1\nkind: MetricPipeline\nmetadata: {name: " name "}\n"

typedef tel_err render_call(const tel_pipeline_set *set, const tel_render_facts *facts, const tel_alloc *alloc,
                            tel_buf **ret_text);

/* The text that a document renders to; free with tel_buf_unref(). */
static tel_buf *render(render_call *call, const char *text)
{
	tel_render_facts facts = TEL_RENDER_FACTS_INIT;
	tel_buf *out = NULL;
	parsed p;

	parsed_init(&p, text, true);
	parsed_expect(&p, "rendered", "");
	assert_ok(tel_render_facts_of(p.set, &facts));
	assert_ok(call(p.set, &facts, NULL, &out));
	parsed_fini(&p);
	return out;
}

static void expect_part(render_call *call, const char *text, const char *part, bool there)
{
	tel_buf *out = render(call, text);
	tel_slice s = tel_buf_get(out);
	char *copy = malloc(s.len + 1);

	assert_non_null(copy);
	memcpy(copy, s.ptr, s.len);
	copy[s.len] = 0;
	if ((strstr(copy, part) != NULL) != there)
		fail_msg("%s%s\n%s", there ? "missing: " : "unwanted: ", part, copy);
	free(copy);
	tel_buf_unref(out);
}

static void every_recorded_configuration_is_rendered(render_call *call, const char *folder)
{
	const char *shared = getenv("TEL_SHARED");
	char path[1024], file[2048];
	unsigned count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/conformance/kyma-config/%s", shared ? shared : "", folder);
	dir = opendir(path);
	if (!dir) {
		print_message("# %s is not there\n", path);
		skip();
	}
	for (struct dirent *e = readdir(dir); e; e = readdir(dir)) {
		const char *end = strstr(e->d_name, ".input.yaml");
		char *input, *wanted;
		tel_buf *got;

		if (!end)
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		input = parsed_read_file(file);
		snprintf(file, sizeof(file), "%s/%.*s.yaml", path, (int)(end - e->d_name), e->d_name);
		wanted = parsed_read_file(file);
		got = render(call, input);
		if (!tel__slice_is(tel_buf_get(got), wanted))
			fail_msg("%s: differs", file);
		tel_buf_unref(got);
		free(wanted);
		free(input);
		count++;
	}
	closedir(dir);
	print_message("# %u configurations of the %s, byte for byte\n", count, folder);
	assert_true(count > 0);
}

static void gateways_are_rendered_as_recorded(void **state)
{
	(void)state;
	every_recorded_configuration_is_rendered(tel_render_gateway, "gateway");
}

static void agents_are_rendered_as_recorded(void **state)
{
	(void)state;
	every_recorded_configuration_is_rendered(tel_render_agent, "agent");
}

/* What a field of the output becomes in the exporter. */
static void each_field_of_an_output_has_its_place(void **state)
{
	static const struct {
		const char *output, *part;
		bool there;
	} rows[] = {
		{ "endpoint: {value: 'https://b'}", "        tls:\n", false },
		{ "endpoint: {value: 'http://b'}", "        tls:\n            insecure: true\n        compression: gzip\n", true },
		{ "endpoint: {value: b}, tls: {insecure: true, insecureSkipVerify: true}",
		  "        tls:\n            insecure: true\n            insecure_skip_verify: true\n", true },
		{ "endpoint: {value: b}, tls: {ca: {value: x}, cert: {value: y}, key: {value: z}}",
		  "            cert_pem: ${OTLP_TLS_CERT_PEM_CLS_1_X}\n            key_pem: ${OTLP_TLS_KEY_PEM_CLS_1_X}\n"
		  "            ca_pem: ${OTLP_TLS_CA_PEM_CLS_1_X}\n", true },
		{ "endpoint: {value: b}, tls: {ca: {value: ''}}", "ca_pem", false },
		{ "endpoint: {value: b}, compression: zstd", "        compression: zstd\n", true },
		{ "endpoint: {value: b}", "    otlp_grpc/cls-1.x:\n        endpoint: ${OTLP_ENDPOINT_CLS_1_X}\n", true },
		{ "endpoint: {value: b}, protocol: http", "    otlp_http/cls-1.x:\n        endpoint: ${OTLP_ENDPOINT_CLS_1_X}\n", true },
		{ "endpoint: {value: b}, protocol: http, path: v1/x",
		  "    otlp_http/cls-1.x:\n        metrics_endpoint: ${OTLP_ENDPOINT_CLS_1_X}\n        compression", true },
		{ "endpoint: {value: b}, headers: [{name: X-Api-Key, value: x}, {name: A, prefix: Bearer, value: y}]",
		  "        headers:\n            A: ${HEADER_CLS_1_X_A}\n            X-Api-Key: ${HEADER_CLS_1_X_X_API_KEY}\n", true },
		{ "endpoint: {value: b}, authentication: {basic: {user: {value: u}, password: {value: p}}}",
		  "        headers:\n            Authorization: ${BASIC_AUTH_HEADER_CLS_1_X}\n", true },
		{ "endpoint: {value: b}, authentication: {basic: {user: {value: u}, password: {}}}", "headers", false },
		{ "endpoint: {value: b}, authentication: {oauth2: {tokenURL: {value: 'https://t'}, clientID: {value: i}, clientSecret: "
		  "{value: s}, scopes: [b, a], params: {z: '1', a: x}}}",
		  "    oauth2client/cls-1.x:\n        token_url: ${OAUTH2_TOKEN_URL_CLS_1_X}\n        client_id: ${OAUTH2_CLIENT_ID_CLS_1_X}\n"
		  "        client_secret: ${OAUTH2_CLIENT_SECRET_CLS_1_X}\n        scopes:\n            - b\n            - a\n"
		  "        endpoint_params:\n            a: x\n            z: \"1\"\n", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[1024];

		snprintf(text, sizeof(text), PIPELINE("cls-1.x") "spec: {output: {otlp: {%s}}}\n", rows[i].output);
		expect_part(tel_render_gateway, text, rows[i].part, rows[i].there);
	}
}

/* The text of a Secret decides, not where it stands. */
static void an_endpoint_in_a_secret_tells_whether_it_is_plaintext(void **state)
{
	static const char reference[] = PIPELINE("p") "spec: {output: {otlp: {endpoint: {valueFrom: {secretKeyRef: {name: s, "
		"namespace: n, key: url}}}}}}\n";
	char text[1024];

	(void)state;
	expect_part(tel_render_gateway, reference, "insecure: true", false);
	snprintf(text, sizeof(text), "%s---\n{apiVersion: v1, kind: Secret, metadata: {name: s, namespace: n}, stringData: {url: 'http://b'}}\n",
	         reference);
	expect_part(tel_render_gateway, text, "            insecure: true\n", true);
}

static void an_empty_list_of_filters_is_a_filter_without_conditions(void **state)
{
	(void)state;
	expect_part(tel_render_gateway, PIPELINE("p") "spec: {filter: [], transform: [], output: {otlp: {endpoint: {value: b}}}}\n",
	            "    filter/user-defined-p:\n        error_mode: ignore\n", true);
	expect_part(tel_render_gateway, PIPELINE("p") "spec: {filter: [], transform: [], output: {otlp: {endpoint: {value: b}}}}\n",
	            "transform/user-defined-p", false);
}

static void the_telemetry_resource_says_how_often_and_what_is_added(void **state)
{
#define DEFAULT(spec) "---\n{apiVersion: operator.kyma-project.io/v1beta1, kind: Telemetry, metadata: {name: default, annotations: " \
	"{telemetry.kyma-project.io/service-enrichment: otel}}, spec: {" spec "}}\n"
	static const char all[] = PIPELINE("p") "spec: {input: {prometheus: {enabled: true}, istio: {enabled: true}, runtime: {enabled: true}}, "
		"output: {otlp: {endpoint: {value: b}}}}\n"
		DEFAULT("metric: {collectionInterval: 90s, istio: {collectionInterval: 1h}}, enrichments: {cluster: {name: here}, "
		        "extractPodLabels: [{key: app}, {keyPrefix: team/}]}");

	(void)state;
	expect_part(tel_render_agent, all, "        collection_interval: 1m30s\n", true);
	expect_part(tel_render_agent, all, "                - job_name: istio-proxy\n                  sample_limit: 50000\n"
	                                   "                  scrape_interval: 1h0m0s\n", true);
	expect_part(tel_render_agent, all, "set(resource.attributes[\"k8s.cluster.name\"], \"here\")", true);
	expect_part(tel_render_agent, all, "                - from: pod\n                  tag_name: k8s.pod.label.$0\n"
	                                   "                  key_regex: (^app$)\n"
	                                   "                - from: pod\n                  tag_name: k8s.pod.label.$0\n"
	                                   "                  key_regex: (team/.*)\n", true);
	expect_part(tel_render_agent, all, "service_enrichment:", false);
	expect_part(tel_render_agent, all, "transform/restore-otel-service-attrs:", true);
}

static void facts_stand_where_they_belong(void **state)
{
	static const char text[] = PIPELINE("p") "spec: {output: {otlp: {endpoint: {value: b}}}}\n"
		"---\n{kind: RenderFacts, namespace: kyma-system, scopeVersion: '1.62.1', cluster: {name: c, uid: u, cloudProvider: sap}}\n";

	(void)state;
	expect_part(tel_render_gateway, text, "        lease_namespace: kyma-system\n", true);
	expect_part(tel_render_gateway, text, "set(scope.version, \"1.62.1\")", true);
	expect_part(tel_render_gateway, text, "set(resource.attributes[\"cloud.provider\"], \"sap\")", true);
	expect_part(tel_render_gateway, PIPELINE("p") "spec: {output: {otlp: {endpoint: {value: b}}}}\n",
	            "set(resource.attributes[\"k8s.cluster.name\"], \"${KUBERNETES_SERVICE_HOST}\")", true);
}

static void slots_of_the_queue_are_shared(void **state)
{
	static const int slots[] = { 0, 256, 128, 85, 64, 51 };
	char text[4096], part[64];

	(void)state;
	for (size_t count = 1; count <= 5; count++) {
		size_t n = 0;

		for (size_t i = 0; i < count; i++)
			n += (size_t)snprintf(text + n, sizeof(text) - n, "---\n" PIPELINE("p%zu") "spec: {output: {otlp: {endpoint: {value: b}}}}\n", i);
		snprintf(part, sizeof(part), "            queue_size: %d\n", slots[count]);
		expect_part(tel_render_gateway, text, part, true);
	}
}

static void the_order_of_the_input_does_not_matter(void **state)
{
	static const char *const pipelines[] = {
		PIPELINE("calm-sandbox") "spec: {input: {runtime: {enabled: true}}, output: {otlp: {protocol: http, endpoint: {value: b}}}}\n",
		PIPELINE("calm-france") "spec: {input: {istio: {enabled: true}}, output: {otlp: {endpoint: {value: 'http://b'}}}}\n",
		PIPELINE("a10") "spec: {input: {prometheus: {enabled: true}}, output: {otlp: {endpoint: {value: c}}}}\n",
	};
	static const int orders[][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 }, { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
	render_call *calls[] = { tel_render_gateway, tel_render_agent };

	(void)state;
	for (size_t c = 0; c < 2; c++) {
		tel_buf *first = NULL;

		for (size_t i = 0; i < 6; i++) {
			char text[2048];
			tel_buf *got;

			snprintf(text, sizeof(text), "%s---\n%s---\n%s", pipelines[orders[i][0]], pipelines[orders[i][1]], pipelines[orders[i][2]]);
			got = render(calls[c], text);
			if (first)
				assert_true(tel__slice_eq(tel_buf_get(first), tel_buf_get(got)));
			else
				first = tel_buf_ref(got);
			tel_buf_unref(got);
		}
		tel_buf_unref(first);
	}
}

static tel_err render_scenario(const tel_alloc *alloc, void *user)
{
	tel_render_facts facts = TEL_RENDER_FACTS_INIT;
	tel_buf *out = NULL;
	parsed p;
	tel_err rc;

	(void)user;
	parsed_init(&p, PIPELINE("p") "spec: {input: {prometheus: {enabled: true}, runtime: {enabled: true}}, transform: [{statements: [a]}], "
	            "output: {otlp: {endpoint: {value: b}}}}\n", true);
	rc = tel_render_agent(p.set, &facts, alloc, &out);
	assert_true((rc == TEL_OK) == (out != NULL));
	tel_buf_unref(out);
	parsed_fini(&p);
	return rc;
}

static void rendering_survives_every_failed_allocation(void **state)
{
	(void)state;
	torture_alloc(render_scenario, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gateways_are_rendered_as_recorded),
		cmocka_unit_test(agents_are_rendered_as_recorded),
		cmocka_unit_test(each_field_of_an_output_has_its_place),
		cmocka_unit_test(an_endpoint_in_a_secret_tells_whether_it_is_plaintext),
		cmocka_unit_test(an_empty_list_of_filters_is_a_filter_without_conditions),
		cmocka_unit_test(the_telemetry_resource_says_how_often_and_what_is_added),
		cmocka_unit_test(facts_stand_where_they_belong),
		cmocka_unit_test(slots_of_the_queue_are_shared),
		cmocka_unit_test(the_order_of_the_input_does_not_matter),
		cmocka_unit_test(rendering_survives_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
