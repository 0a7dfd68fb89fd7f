/* SPDX-License-Identifier: Apache-2.0 */
/* Loading with the tables of all components when memory is short: what loads, and what is refused with many findings. */
#include "seams/cm.h"

#include <telemetry/flow.h>

#include "base/mem.h"
#include "base/slice_i.h"
#include "config/corpus.h"
#include "config/kyma.h"
#include "torture/torture.h"

#define AROUND(processors, connectors, pipelines) \
	"receivers:\n  otlp: {protocols: {grpc: , http: }}\n  kymastats:\n    resources: [{group: a, version: v1, resource: b}]\n" \
	"    k8s_leader_elector: k8s_leader_elector\n" \
	"exporters:\n  otlp: {endpoint: 'a:1', sending_queue: {batch: , queue_size: 10000}, headers: {x: y}}\n" \
	"extensions:\n  k8s_leader_elector: {lease_name: a, lease_namespace: b}\n  pprof:\n" \
	"processors:\n  transform:\n" processors "connectors:\n  routing:\n" connectors \
	"service:\n  extensions: [k8s_leader_elector, pprof]\n  pipelines:\n" \
	"    metrics/in: {receivers: [otlp, kymastats], processors: [transform], exporters: [routing]}\n" pipelines

static const char good[] = AROUND(
	"    metric_statements:\n      - set(metric.name, \"a\")\n      - 'set(metric.unit, \"s\") where metric.type == 1'\n"
	"  filter: {metric_conditions: [{context: metric, conditions: ['name == \"x\"']}]}\n"
	"  filter/old: {metrics: {exclude: {match_type: strict, metric_names: [a], resource_attributes: [{key: a, value: 1}]}}}\n",
	"    default_pipelines: [metrics/out]\n    table:\n      - {condition: 'attributes[\"a\"] == \"b\"', pipelines: [metrics/out]}\n"
	"      - {statement: 'route() where attributes[\"a\"] == \"b\"', pipelines: [metrics/out]}\n",
	"    metrics/out: {receivers: [routing], processors: [filter, filter/old], exporters: [otlp]}\n");

static const char wrong[] = AROUND(
	"    metric_statements:\n      - set(metric.name, \"a\"\n      - set(x)\n"
	"  transform/2: {metric_statements: [{statements: ['sett(metric.name, 1)', 'set(metric.name, \"a\")']}]}\n"
	"  transform/3: {metric_statements: ['set(metric.name, \"a\")', 'set(name, 1)', 'set(attributes, 2)']}\n"
	"  transform/4: {metric_statements: [{context: log, statements: [a, b]}]}\n"
	"  filter: {metric_conditions: ['metric.name = 1', 'nam == 2']}\n  filter/2: {metric_conditions: [a, {context: metric}]}\n",
	"    default_pipelines: [metrics/gone]\n    table:\n      - {condition: 'attributes[\"a\"] = \"b\"', pipelines: [metrics/out]}\n"
	"      - {statement: 'route()', pipelines: [metrics/in]}\n      - {statement: 'route()', pipelines: [metrics/in]}\n",
	"    metrics/out: {receivers: [routing], processors: [filter], exporters: [otlp, nothing]}\n");

static tel_err load_scenario(const tel_alloc *alloc, void *user)
{
	kyma k;
	tel_err rc;

	kyma_load(&k, tel__slice_str(user), (tel_slice){ NULL, 0 }, alloc);
	rc = k.rc;
	if (rc == TEL_OK && user == (const void *)wrong)
		fail_msg("loaded");
	if (rc == TEL_ERR_CONFIG && user == (const void *)good)
		fail_msg("%s", k.text.ptr);
	kyma_fini(&k);
	return rc == TEL_ERR_CONFIG ? TEL_OK : rc;
}

static void loading_survives_every_failed_allocation(void **state)
{
	(void)state;
	torture_alloc(load_scenario, (void *)(uintptr_t)good);
}

static void refusing_survives_every_failed_allocation(void **state)
{
	(void)state;
	torture_alloc(load_scenario, (void *)(uintptr_t)wrong);
}

static tel_err print_scenario(const tel_alloc *alloc, void *user)
{
	tel_buf *text = NULL, *table = NULL;
	tel_err rc = tel_config_print(user, alloc, &text);

	if (rc == TEL_OK)
		rc = tel_components_print(tel_components_all(), TEL_COMPONENTS_JSON, alloc, &table);
	tel_buf_unref(text);
	tel_buf_unref(table);
	return rc;
}

static void printing_survives_every_failed_allocation(void **state)
{
	kyma k;

	(void)state;
	kyma_load(&k, tel__slice_str(good), (tel_slice){ NULL, 0 }, NULL);
	assert_ok(k.rc);
	torture_alloc(print_scenario, k.config);
	kyma_fini(&k);
}

/* Every row has what lists and manuals need. */
static int check_key(const tel_component_key *key, void *user)
{
	unsigned *keys = user;

	++*keys;
	if (key->path.len == 0 || key->type.len == 0)
		fail_msg("a key without a name or type");
	if (key->help.len == 0)
		fail_msg(TEL_SLICE_FMT ": no help", TEL_SLICE_ARG(key->path));
	return 0;
}

static void every_key_of_every_component_is_explained(void **state)
{
	const tel_components *all = tel_components_all();
	unsigned keys = 0;

	(void)state;
	for (size_t i = 0; i < tel_components_count(all); i++) {
		tel_component_info info = TEL_COMPONENT_INFO_INIT;

		assert_ok(tel_components_get(all, i, &info));
		assert_true(info.type.len > 0 && info.help.len > 0);
		assert_ok(tel_components_keys(all, i, check_key, &keys));
	}
	print_message("# %zu components, %u keys\n", tel_components_count(all), keys);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_of_every_component_is_explained),
		cmocka_unit_test(loading_survives_every_failed_allocation),
		cmocka_unit_test(refusing_survives_every_failed_allocation),
		cmocka_unit_test(printing_survives_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
