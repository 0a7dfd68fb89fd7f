/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of the receivers prometheus, kubeletstats and k8s_cluster: defaults, and what Kyma renders. tests/config/broken holds
 * what is refused. */
#include "seams/cm.h"

#include <stdio.h>
#include <stdlib.h>

#include <telemetry/config.h>
#include <telemetry/flow.h>

#include "base/slice_i.h"
#include "config/config_i.h"
#include "seams/conformance.h"
#include "source/k8s_cluster.h"
#include "source/kubeletstats.h"
#include "source/prometheus/options.h"

#define TEST(f) cmocka_unit_test(f)

static tel_err lookup(void *user, tel_slice scheme, tel_slice name, tel_slice *ret_text)
{
	(void)user;
	(void)scheme;
	if (tel__slice_is(name, "MY_NODE_NAME"))
		*ret_text = TEL_SLICE_LIT("node-1");
	else if (tel__slice_is(name, "MY_POD_IP"))
		*ret_text = TEL_SLICE_LIT("10.0.0.1");
	else
		*ret_text = TEL_SLICE_LIT("http://backend:4317");
	return TEL_OK;
}

typedef struct loaded {
	tel_config *config;
	tel_findings *findings;
} loaded;

static tel_err load(const char *text, size_t len, loaded *l)
{
	tel_config_source source = { TEL_SLICE_LIT("test"), { text, len } };
	tel_config_env env = { lookup, NULL };

	l->config = NULL;
	assert_ok(tel_findings_new(NULL, &l->findings));
	return tel_config_load(&source, 1, tel_components_all(), &env, NULL, &l->config, l->findings);
}

static void done(loaded *l)
{
	tel_config_free(l->config);
	tel_findings_free(l->findings);
}

/* Options of one receiver of a configuration without findings. receivers: text below "receivers:", flow style. */
static const void *receiver(loaded *l, const char *id, const char *receivers)
{
	char text[4096];

	snprintf(text, sizeof(text),
		"receivers: %s\nexporters: {nop: }\nservice: {pipelines: {metrics: {receivers: [%s], exporters: "
	         "[nop]}}}\n", receivers, id);
	if (load(text, strlen(text), l) != TEL_OK) {
		tel_finding f;
		assert_ok(tel_findings_get(l->findings, 0, &f));
		fail_msg("%s: %.*s: %.*s", id, TEL_SLICE_ARG(f.path), TEL_SLICE_ARG(f.message));
	}
	for (size_t i = 0; i < l->config->component_count; i++)
		if (tel__slice_is(l->config->components[i].id, id))
			return l->config->components[i].options;
	fail_msg("%s: not there", id);
	return NULL;
}

static const tel__scrape_job *job(const tel__prometheus_options *o, size_t i)
{
	assert_true(i < o->config.scrape_configs.count);
	return (const tel__scrape_job *)o->config.scrape_configs.items + i;
}

static void a_job_has_the_collectors_defaults(void **state)
{
	loaded l;
	const tel__prometheus_options *o = receiver(&l, "prometheus",
		"{prometheus: {config: {scrape_configs: [{job_name: 123, scheme: }]}}}");
	const tel__scrape_job *j = job(o, 0);
	int64_t interval, timeout;
	(void)state;
	assert_slice(j->job_name, "123");
	assert_slice(j->metrics_path, "/metrics");
	assert_slice(j->scheme, ""); /* null is the empty text, as go-yaml has it */
	assert_slice(j->fallback_scrape_protocol, "PrometheusText0.0.4");
	assert_true(j->honor_timestamps && j->enable_compression && j->http.follow_redirects && j->http.enable_http2);
	assert_false(j->honor_labels || j->track_timestamps_staleness || j->common.has_scrape_protocols);
	tel__scrape_times(&o->config.global, j, &interval, &timeout);
	assert_int_equal(interval, 60 * INT64_C(1000000000));
	assert_int_equal(timeout, 10 * INT64_C(1000000000));
	assert_false(tel__scrape_is_legacy(&o->config.global, j));
	done(&l);
}

static void times_of_a_job_follow_the_global_ones(void **state)
{
	static const struct {
		const char *global, *job;
		int64_t interval, timeout;
	} rows[] = {
		{ "", "", 60, 10 },
		{ "scrape_interval: 5s", "", 5, 5 },
		{ "scrape_interval: 5s, scrape_timeout: 3s", "", 5, 3 },
		{ "scrape_interval: 30s, scrape_timeout: 20s", "scrape_interval: 15s", 15, 15 },
		{ "scrape_interval: 30s, scrape_timeout: 20s", "scrape_timeout: 25s", 30, 25 },
		{ "scrape_interval: 30s", "scrape_interval: 1m, scrape_timeout: 1m", 60, 60 },
		{ "scrape_interval: 0", "scrape_interval: 0s, scrape_timeout: 0", 60, 10 },
	};
	char text[512];
	int64_t interval, timeout;
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		loaded l;
		const tel__prometheus_options *o;
		snprintf(text, sizeof(text), "{prometheus: {config: {global: {%s}, scrape_configs: [{job_name: a%s%s}]}}}",
			rows[i].global,
		         rows[i].job[0] ? ", " : "", rows[i].job);
		o = receiver(&l, "prometheus", text);
		tel__scrape_times(&o->config.global, job(o, 0), &interval, &timeout);
		assert_int_equal(interval, rows[i].interval * INT64_C(1000000000));
		assert_int_equal(timeout, rows[i].timeout * INT64_C(1000000000));
		done(&l);
	}
}

static void a_rule_keeps_what_is_written(void **state)
{
	loaded l;
	const tel__prometheus_options *o = receiver(&l, "prometheus",
		"{prometheus: {config: {scrape_configs: [{job_name: a, relabel_configs: [{source_labels: [a, b], separator: '', regex: true, "
		"target_label: $$1, replacement: '', action: REPLACE}, {action: keep}]}]}}}");
	const tel__relabel_options *r = job(o, 0)->relabel_configs.items;
	(void)state;
	assert_int_equal(job(o, 0)->relabel_configs.count, 2);
	assert_int_equal(r[0].source_labels.count, 2);
	assert_slice(r[0].separator, "");
	assert_slice(r[0].regex, "true");
	assert_slice(r[0].target_label, "$1");
	assert_slice(r[0].replacement, "");
	assert_int_equal(r[0].action, TEL__RELABEL_REPLACE);
	assert_true(r[0].has_replacement && r[0].has_separator && !r[1].has_regex);
	assert_slice(r[1].separator, ";");
	assert_slice(r[1].regex, "(.*)");
	assert_slice(r[1].replacement, "$1");
	assert_int_equal(r[1].action, TEL__RELABEL_KEEP);
	done(&l);
}

static void kubeletstats_has_the_collectors_defaults(void **state)
{
	loaded l;
	const tel__kubelet_options *o = receiver(&l, "kubeletstats", "{kubeletstats: }");
	size_t on = 0;
	(void)state;
	assert_int_equal(o->scraper.collection_interval_ns, 10 * INT64_C(1000000000));
	assert_int_equal(o->api.auth_type, TEL__KUBE_AUTH_TLS);
	assert_int_equal(tel__kubelet_groups(o), TEL__KUBELET_CONTAINER | TEL__KUBELET_POD | TEL__KUBELET_NODE);
	assert_null(o->k8s_api_config);
	assert_int_equal(TEL__KUBELET_METRIC_COUNT, 58);
	for (size_t i = 0; i < TEL__KUBELET_METRIC_COUNT; i++)
		on += o->metrics[i].enabled;
	assert_int_equal(on, 42);
	assert_true(o->resource_attributes[TEL__KUBELET_AT_CONTAINER_ID].enabled);
	done(&l);
}

static void lists_of_kubeletstats_replace(void **state)
{
	loaded l;
	const tel__kubelet_options *o = receiver(&l, "kubeletstats",
		"{kubeletstats: {metric_groups: [], node: n, k8s_api_config: {auth_type: none}, extra_metadata_labels: [container.id], "
		"metrics: {k8s.pod.cpu.node.utilization: {enabled: true}, container.cpu.time: {enabled: false}}}}");
	(void)state;
	assert_int_equal(tel__kubelet_groups(o), 0);
	assert_int_equal(o->k8s_api_config->auth_type, TEL__KUBE_AUTH_NONE);
	assert_true(o->metrics[TEL__KUBELET_K8S_POD_CPU_NODE_UTILIZATION].enabled);
	assert_false(o->metrics[TEL__KUBELET_CONTAINER_CPU_TIME].enabled);
	done(&l);
}

static void k8s_cluster_has_the_collectors_defaults(void **state)
{
	loaded l;
	const tel__cluster_options *o = receiver(&l, "k8s_cluster", "{k8s_cluster: }");
	size_t on = 0;
	(void)state;
	assert_int_equal(o->collection_interval_ns, 10 * INT64_C(1000000000));
	assert_int_equal(o->api.auth_type, TEL__KUBE_AUTH_SERVICE_ACCOUNT);
	assert_int_equal(o->node_conditions_to_report.count, 1);
	assert_slice(o->node_conditions_to_report.items[0], "Ready");
	assert_slice(o->distribution, "kubernetes");
	for (size_t i = 0; i < TEL__CLUSTER_METRIC_COUNT; i++)
		on += o->metrics[i].enabled;
	assert_int_equal(TEL__CLUSTER_METRIC_COUNT, 48);
	assert_int_equal(on, 42);
	assert_false(o->resource_attributes[TEL__CLUSTER_AT_K8S_POD_QOS_CLASS].enabled);
	done(&l);
}

static bool is_ours(tel_slice path)
{
	return tel__slice_starts(path, TEL_SLICE_LIT("receivers::prometheus")) ||
	       tel__slice_starts(path, TEL_SLICE_LIT("receivers::kubeletstats")) ||
	       tel__slice_starts(path, TEL_SLICE_LIT("receivers::k8s_cluster"));
}

static void what_kyma_renders_for_an_agent_is_taken(void **state)
{
	conformance c;
	size_t configs = 0, inputs = 0;
	(void)state;
	if (!conformance_open(&c, "kyma-config/agent"))
		skip();
	for (size_t i = 0; i < c.count; i++) {
		conformance_file file;
		loaded l;
		if (conformance_ends(c.names[i], ".input.yaml")) {
			inputs++;
			continue;
		}
		file = conformance_read(&c, c.names[i]);
		load(file.ptr, file.len, &l);
		for (size_t j = 0; j < tel_findings_count(l.findings); j++) {
			tel_finding f;
			assert_ok(tel_findings_get(l.findings, j, &f));
			if (is_ours(f.path))
				fail_msg("%s: %.*s: %.*s", c.names[i], TEL_SLICE_ARG(f.path), TEL_SLICE_ARG(f.message));
		}
		configs++;
		done(&l);
		free(file.ptr);
	}
	assert_int_equal(configs, inputs);
	assert_true(configs >= 20);
	conformance_close(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_job_has_the_collectors_defaults),
		TEST(times_of_a_job_follow_the_global_ones),
		TEST(a_rule_keeps_what_is_written),
		TEST(kubeletstats_has_the_collectors_defaults),
		TEST(lists_of_kubeletstats_replace),
		TEST(k8s_cluster_has_the_collectors_defaults),
		TEST(what_kyma_renders_for_an_agent_is_taken),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
