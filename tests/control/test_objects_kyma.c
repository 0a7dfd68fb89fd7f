/* SPDX-License-Identifier: Apache-2.0 */
/* Kyma's form of objects: the recorded ones as YAML values (kyma-metrics.md 13.3), and the checksums of 5.8. */
#include "control/rendered.h"

#include "seams/cm.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/slice_i.h"
#include "seams/conformance.h"

#define PIPELINE "apiVersion: telemetry.kyma-project.io/v1beta1\nkind: MetricPipeline\nmetadata: {name: test}\n" \
	"spec: {input: {runtime: {enabled: true}}, output: {otlp: {endpoint: {value: 'http://localhost:4317'}}}}\n"
#define FACTS "---\nkind: RenderFacts\nobjects: kyma\nnamespace: kyma-system\nconfigText: dummy\nresourceMultiplier: 0\n" \
	"images: {gateway: 'opentelemetry/collector:dummy', agent: 'opentelemetry/collector:dummy'}\npriorityClass: normal\n"
#define GLOBALS "imagePullSecret: mySecret\nclusterTrustBundle: trustBundle\nlabels: {test-label-key: test-label-value}\n" \
	"annotations: {test-anno-key: test-anno-value}\n"

/* What a part of a file's name adds to the facts. */
static const struct {
	const char *part, *facts;
} parts[] = {
	{ "-istio", "istioActive: true\nbackendPorts: [9090, 4317]\n" },
	{ "-fips-enabled", "fips: true\n" },
	{ "-vpa", "vpaActive: true\nvpaInstalled: true\n" },
};

static void print_facts(const char *name, char *text, size_t cap)
{
	bool gateway = strstr(name, "gateway") != NULL;
	size_t n = (size_t)snprintf(text, cap, PIPELINE FACTS "env: %s\n%s", gateway ? "{DUMMY_ENV_VAR: foo}" : "{}",
	                            strstr(name, "-fips-enabled") ? "" : GLOBALS);

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (strstr(name, parts[i].part))
			n += (size_t)snprintf(text + n, cap - n, "%s", parts[i].facts);
	if (strstr(name, "-vpa.yaml")) /* 30 % of it are 1Gi */
		n += (size_t)snprintf(text + n, cap - n, "nodeMemory: '3579139414'\n");
	assert_true(n < cap);
}

static bool is_of(const tel__node *object, const char *workload)
{
	const tel__node *labels = tel__node_get(tel__node_get(object, "metadata"), "labels");

	return tel__slice_is(tel__node_get(labels, "app.kubernetes.io/name")->text, workload);
}

/* Every recorded object is rendered, and nothing beside them. */
static void compare(const char *file, const rendered *r, const tel__node *recorded, const char *workload)
{
	uint32_t others = 0;

	for (uint32_t i = 0; i < r->documents->v.list.count; i++)
		others += !is_of(r->documents->v.list.items[i], workload);
	assert_int_equal(r->documents->v.list.count - others, recorded->v.list.count);
	for (uint32_t i = 0; i < recorded->v.list.count; i++) {
		const tel__node *wanted = recorded->v.list.items[i], *got;
		char name[256];

		snprintf(name, sizeof(name), TEL_SLICE_FMT "/" TEL_SLICE_FMT, TEL_SLICE_ARG(tel__node_get(wanted, "kind")->text),
		         TEL_SLICE_ARG(tel__node_get(tel__node_get(wanted, "metadata"), "name")->text));
		got = rendered_find(r, name);
		if (!got)
			fail_msg("%s: %s is missing", file, name);
		if (!tel__node_equal(got, wanted))
			fail_msg("%s: %s is\n%s", file, name, rendered_value(r, name, "metadata"));
	}
}

static void recorded_objects_are_rendered(void **state)
{
	conformance c;
	size_t objects = 0;

	(void)state;
	if (!conformance_open(&c, "kyma-resources")) {
		print_message("# %s is not there\n", c.dir);
		skip();
	}
	for (size_t i = 0; i < c.count; i++) {
		conformance_file file = conformance_read(&c, c.names[i]);
		tel__node *recorded = NULL;
		char text[4096];
		rendered r;

		print_facts(c.names[i], text, sizeof(text));
		rendered_init(&r, text, RENDERED_OBJECTS);
		assert_ok(tel__yaml_parse_all(r.arena, NULL, (tel_slice){ file.ptr, file.len }, 0, &recorded, NULL));
		compare(c.names[i], &r, recorded,
		        strstr(c.names[i], "gateway") ? "telemetry-metric-gateway" : "telemetry-metric-agent");
		objects += recorded->v.list.count;
		rendered_fini(&r);
		free(file.ptr);
	}
	print_message("# %zu objects of %zu files, as values\n", objects, c.count);
	conformance_close(&c);
}

static void the_checksum_is_that_of_configuration_and_variables(void **state)
{
	static const struct {
		const char *data, *checksum;
	} rows[] = {
		{ "configText: dummy\nenv: {DUMMY_ENV_VAR: foo}\n",
		  "\"1d8e9f768e6b24485bbdd6b9aa417d37fec897a7dafc8321355abc0d45259c9e\"" },
		{ "configText: dummy\n", "\"6a334c19c8f1698c843d1c40ef9c228c222b0c04f9945a359a3e932c2aa11ac7\"" },
		/* of "relay.confcAbbbab": keys in order, whatever the order of the input */
		{ "configText: c\nenv: {b: ab, Ab: b}\n", "\"110f69c064977acf55050c9c4b90fa4ff682be5d0f52ee4f97fa6e566c30ab0e\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[1024];
		rendered r;

		snprintf(text, sizeof(text), PIPELINE "---\nkind: RenderFacts\nobjects: kyma\nimages: {gateway: g, agent: a}\n%s",
		         rows[i].data);
		rendered_init(&r, text, RENDERED_OBJECTS);
		rendered_expect(&r, rows[i].data, "Deployment/telemetry-metric-gateway",
		                "spec|template|metadata|annotations|checksum/config", rows[i].checksum);
		rendered_expect(&r, rows[i].data, "DaemonSet/telemetry-metric-agent",
		                "spec|template|metadata|annotations|checksum/config", rows[i].checksum);
		rendered_fini(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recorded_objects_are_rendered),
		cmocka_unit_test(the_checksum_is_that_of_configuration_and_variables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
