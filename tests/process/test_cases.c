/* SPDX-License-Identifier: Apache-2.0 */
/* conformance/processors: what the Collector's components did with recorded inputs, and ours. */
#include <stdio.h>

#include "process/cases.h"
#include "seams/cm.h"

static void component_does_what_the_collectors_did(void **state)
{
	const char *component = *state;
	char folder[128];
	cases_result r;

	snprintf(folder, sizeof folder, "processors/%s", component);
	if (!cases_run(folder, &r)) {
		print_message("no conformance/%s\n", folder);
		skip();
	}
	print_message("%s: %zu of %zu cases as recorded", component, r.passed, r.seen);
	if (r.refused)
		print_message(", %zu refused on purpose", r.refused);
	if (r.missing)
		print_message(", %zu not run, no code here for%s", r.missing, r.lacking);
	print_message("\n");
	assert_int_equal(r.failed, 0);
	assert_int_equal(r.passed + r.refused + r.missing, r.seen);
}

#define COMPONENT(name) { name, component_does_what_the_collectors_did, NULL, NULL, (void *)(uintptr_t)name }

int main(void)
{
	const struct CMUnitTest tests[] = {
		COMPONENT("attributes"),
		COMPONENT("batch"),
		COMPONENT("cumulativetodelta"),
		COMPONENT("filter"),
		COMPONENT("forward"),
		COMPONENT("groupbyattrs"),
		COMPONENT("istio_noise_filter"),
		COMPONENT("metricstransform"),
		COMPONENT("pipeline"),
		COMPONENT("resource"),
		COMPONENT("routing"),
		COMPONENT("service_enrichment"),
		COMPONENT("transform"),
		COMPONENT("transform-invalid"),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
