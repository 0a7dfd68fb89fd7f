/* SPDX-License-Identifier: Apache-2.0 */
/* The behaviour matrix (kyma-metrics.md 6.8), row by row: what is done with gateway and agent, what is rendered into them,
 * and what the status says. */
#include "seams/cm.h"

#include <stdio.h>

#include <telemetry/render.h>

#include "base/slice_i.h"
#include "control/judged.h"

#define PIPE(name, more, input, output) "---\napiVersion: telemetry.kyma-project.io/v1beta1\nkind: MetricPipeline\nmetadata: {name: " name more \
	"}\nspec: {" input "output: {otlp: {" output "}}}\n"
#define GOOD "endpoint: {value: 'https://b:1'}"
#define FINE(name) PIPE(name, "", "", GOOD)
#define PULLS(name) PIPE(name, "", "input: {prometheus: {enabled: true}}, ", GOOD)
#define STOPPED(name) PIPE(name, "", "input: {prometheus: {enabled: false}}, ", GOOD)
#define LOST(name) PIPE(name, "", "input: {runtime: {enabled: true}}, ", "endpoint: {valueFrom: {secretKeyRef: {name: gone, namespace: n, key: k}}}")
#define CERT(name, until) PIPE(name, "", "input: {istio: {enabled: true}}, ", GOOD ", tls: {cert: {value: '" until "'}, key: {value: k}}")
#define SIX FINE("a") FINE("b") FINE("c") FINE("d") PULLS("e") PULLS("f")
#define TELEMETRY "---\napiVersion: operator.kyma-project.io/v1beta1\nkind: Telemetry\nmetadata: {name: default}\n"

typedef struct setting {
	tel_status_facts facts;
	tel_workload_facts gone;
} setting;

static void nothing_runs(setting *s)
{
	s->gone = (tel_workload_facts)TEL_WORKLOAD_FACTS_INIT;
	s->gone.state = TEL_WORKLOAD_MISSING;
	s->facts.gateway = s->facts.agent = &s->gone;
}

static void secret_fails(setting *s)
{
	static const tel_secret_failure failure = { TEL_SLICE_LIT("gone"), TEL_SLICE_LIT("n") };

	s->facts.secret_failures = &failure;
	s->facts.secret_failure_count = 1;
}

static void pause_all(setting *s)
{
	s->facts.paused = true;
}

static void cluster_fails(setting *s)
{
	s->facts.cluster_unreadable = true;
}

/* Expectations are words: "a:Type=Status/Reason", "a:-" for a pipeline whose status is not updated. */
static const struct {
	const char *name, *text;
	void (*set)(setting *s);
	tel_workload_action gateway, agent;
	const char *in_gateway, *in_agent; /* names, sorted; NULL: nothing is applied */
	const char *status;
} rows[] = {
	{ "first valid pipeline, only OTLP", FINE("a") TELEMETRY, NULL, TEL_WORKLOAD_APPLY, TEL_WORKLOAD_DELETE, "a", NULL,
	  "a:ConfigurationGenerated=True/GatewayConfigured a:GatewayHealthy=True/GatewayReady a:AgentHealthy=True/AgentNotRequired" },
	{ "pull input enabled", FINE("a") PULLS("b") TELEMETRY, NULL, TEL_WORKLOAD_APPLY, TEL_WORKLOAD_APPLY, "a b", "b",
	  "a:AgentHealthy=True/AgentNotRequired b:AgentHealthy=True/AgentReady" },
	{ "pull input disabled again", STOPPED("a") TELEMETRY, NULL, TEL_WORKLOAD_APPLY, TEL_WORKLOAD_DELETE, "a", NULL,
	  "a:AgentHealthy=True/AgentNotRequired" },
	{ "Secret missing, only pipeline", LOST("a") TELEMETRY, nothing_runs, TEL_WORKLOAD_DELETE, TEL_WORKLOAD_DELETE, NULL, NULL,
	  "a:ConfigurationGenerated=False/ReferencedSecretMissing a:TelemetryFlowHealthy=False/ConfigurationNotGenerated "
	  "a:GatewayHealthy=False/GatewayNotReady a:AgentHealthy=False/AgentNotReady" },
	{ "Secret missing, other valid pipelines exist", LOST("a") FINE("b") TELEMETRY, NULL, TEL_WORKLOAD_APPLY, TEL_WORKLOAD_DELETE, "b", NULL,
	  "a:ConfigurationGenerated=False/ReferencedSecretMissing b:ConfigurationGenerated=True/GatewayConfigured "
	  "b:TelemetryFlowHealthy=True/FlowHealthy" },
	{ "Secret missing, another one pulls", LOST("a") PULLS("b") TELEMETRY, NULL, TEL_WORKLOAD_APPLY, TEL_WORKLOAD_APPLY, "b", "b",
	  "a:ConfigurationGenerated=False/ReferencedSecretMissing b:ConfigurationGenerated=True/GatewayConfigured" },
	{ "certificate about to expire", CERT("a", "c10") FINE("b") TELEMETRY, NULL, TEL_WORKLOAD_APPLY, TEL_WORKLOAD_APPLY, "a b", "a",
	  "a:ConfigurationGenerated=True/TLSCertificateAboutToExpire a:TelemetryFlowHealthy=True/FlowHealthy" },
	{ "certificate expired", CERT("a", "c-10") FINE("b") TELEMETRY, NULL, TEL_WORKLOAD_APPLY, TEL_WORKLOAD_DELETE, "b", NULL,
	  "a:ConfigurationGenerated=False/TLSCertificateExpired a:TelemetryFlowHealthy=False/ConfigurationNotGenerated" },
	{ "certificate invalid", CERT("a", "junk") FINE("b") TELEMETRY, NULL, TEL_WORKLOAD_APPLY, TEL_WORKLOAD_DELETE, "b", NULL,
	  "a:ConfigurationGenerated=False/TLSConfigurationInvalid a:TelemetryFlowHealthy=False/ConfigurationNotGenerated" },
	{ "sixth pipeline", SIX TELEMETRY, NULL, TEL_WORKLOAD_APPLY, TEL_WORKLOAD_APPLY, "a b c d e", "e",
	  "e:ConfigurationGenerated=True/GatewayConfigured f:ConfigurationGenerated=False/MaxPipelinesExceeded "
	  "f:TelemetryFlowHealthy=False/ConfigurationNotGenerated" },
	{ "API error while validating any pipeline", LOST("a") FINE("b") TELEMETRY, secret_fails, TEL_WORKLOAD_LEAVE, TEL_WORKLOAD_LEAVE, NULL, NULL,
	  "a:ConfigurationGenerated=False/ValidationFailed b:ConfigurationGenerated=True/GatewayConfigured" },
	{ "pipeline being deleted", PIPE("a", ", deletionTimestamp: '2026-01-01T00:00:00Z'", "", GOOD) FINE("b") TELEMETRY, NULL, TEL_WORKLOAD_APPLY,
	  TEL_WORKLOAD_DELETE, "b", NULL, "a:- b:ConfigurationGenerated=True/GatewayConfigured" },
	{ "the last pipeline being deleted", PIPE("a", ", deletionTimestamp: '2026-01-01T00:00:00Z'", "", GOOD) TELEMETRY, NULL, TEL_WORKLOAD_DELETE,
	  TEL_WORKLOAD_DELETE, NULL, NULL, "a:-" },
	{ "metrics.paused", PULLS("a") TELEMETRY, pause_all, TEL_WORKLOAD_LEAVE, TEL_WORKLOAD_LEAVE, NULL, NULL, "a:-" },
	{ "Telemetry missing", PULLS("a"), NULL, TEL_WORKLOAD_APPLY, TEL_WORKLOAD_APPLY, "a", "a", "a:ConfigurationGenerated=True/GatewayConfigured" },
	{ "namespace kube-system unreadable", PULLS("a") TELEMETRY, cluster_fails, TEL_WORKLOAD_LEAVE, TEL_WORKLOAD_LEAVE, NULL, NULL,
	  "a:ConfigurationGenerated=True/GatewayConfigured" },
	{ "no pipeline at all", TELEMETRY, NULL, TEL_WORKLOAD_DELETE, TEL_WORKLOAD_DELETE, NULL, NULL, "" },
};

static bool mentions(tel_slice text, const char *what)
{
	size_t n = strlen(what);

	for (size_t i = 0; i + n <= text.len; i++)
		if (memcmp(text.ptr + i, what, n) == 0)
			return true;
	return false;
}

/* Exporters of exactly these pipelines are in the configuration. */
static void expect_rendered(const judged *j, bool agent, const char *names, const char *row)
{
	tel_render_facts facts = TEL_RENDER_FACTS_INIT;
	tel_buf *text = NULL;

	facts.status = j->status;
	assert_ok((agent ? tel_render_agent : tel_render_gateway)(j->parsed.set, &facts, NULL, &text));
	for (size_t i = 0; i < tel_pipeline_count(j->parsed.set); i++) {
		tel_slice name = tel_pipeline_name(j->parsed.set, i);
		char exporter[64];

		snprintf(exporter, sizeof(exporter), "otlp_grpc/%.*s:", TEL_SLICE_ARG(name));
		if (mentions(tel_buf_get(text), exporter) != (strchr(names, name.ptr[0]) != NULL))
			fail_msg("%s: %s of %s", row, exporter, agent ? "the agent" : "the gateway");
	}
	tel_buf_unref(text);
}

static void expect_words(const judged *j, tel_slice words, const char *row)
{
	tel_slice word;

	while (tel__slice_next(&words, ' ', &word)) {
		size_t colon = tel__slice_find(word, ':'), eq = tel__slice_find(word, '='), slash = tel__slice_find(word, '/');
		char type[64], status[16], reason[64];
		size_t index = 0;

		while (!tel__slice_eq(tel_pipeline_name(j->parsed.set, index), tel__slice_sub(word, 0, colon)))
			assert_true(++index < tel_pipeline_count(j->parsed.set));
		if (eq == word.len) {
			if (!judged_pipeline(j, index).untouched || judged_pipeline(j, index).condition_count)
				fail_msg("%s: pipeline %zu is touched", row, index);
			continue;
		}
		snprintf(type, sizeof(type), "%.*s", (int)(eq - colon - 1), word.ptr + colon + 1);
		snprintf(status, sizeof(status), "%.*s", (int)(slash - eq - 1), word.ptr + eq + 1);
		snprintf(reason, sizeof(reason), "%.*s", (int)(word.len - slash - 1), word.ptr + slash + 1);
		judged_expect(j, index, type, status, reason, NULL, row);
	}
}

static void the_matrix_holds_row_by_row(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		setting s = { .facts = judged_facts() };
		tel_status_actions actions;
		judged j;

		if (rows[i].set)
			rows[i].set(&s);
		judged_init(&j, rows[i].text, &s.facts);
		actions = judged_actions(&j);
		if (actions.gateway != rows[i].gateway || actions.agent != rows[i].agent)
			fail_msg("%s: gateway %d, agent %d", rows[i].name, (int)actions.gateway, (int)actions.agent);
		assert_int_equal(actions.retry, rows[i].gateway == TEL_WORKLOAD_LEAVE && !s.facts.paused);
		if (rows[i].in_gateway)
			expect_rendered(&j, false, rows[i].in_gateway, rows[i].name);
		if (rows[i].in_agent)
			expect_rendered(&j, true, rows[i].in_agent, rows[i].name);
		if (rows[i].status[0])
			expect_words(&j, tel__slice_str(rows[i].status), rows[i].name);
		judged_fini(&j);
	}
	print_message("# %zu rows of the matrix\n", sizeof(rows) / sizeof(rows[0]));
}

/* Where there is no Telemetry resource, its defaults hold. */
static void without_telemetry_the_defaults_are_rendered(void **state)
{
	tel_status_facts facts = judged_facts();
	tel_render_facts render = TEL_RENDER_FACTS_INIT;
	tel_buf *gateway = NULL, *agent = NULL;
	judged j;

	(void)state;
	judged_init(&j, PULLS("a"), &facts);
	assert_ok(tel_render_facts_of(j.parsed.set, &render));
	render.status = j.status;
	assert_ok(tel_render_gateway(j.parsed.set, &render, NULL, &gateway));
	assert_ok(tel_render_agent(j.parsed.set, &render, NULL, &agent));
	assert_true(mentions(tel_buf_get(gateway), "${KUBERNETES_SERVICE_HOST}"));
	assert_true(mentions(tel_buf_get(gateway), "service_enrichment"));
	assert_true(mentions(tel_buf_get(agent), "scrape_interval: 30s"));
	tel_buf_unref(gateway);
	tel_buf_unref(agent);
	judged_fini(&j);
}

/* A certificate is looked at again when time has changed what it means: the earliest of all pipelines. */
static void the_earliest_certificate_says_when_to_look_again(void **state)
{
	tel_status_facts facts = judged_facts();
	judged j;

	(void)state;
	judged_init(&j, CERT("a", "c400") CERT("b", "c10") FINE("c"), &facts);
	assert_int_equal(judged_actions(&j).recheck_s, JUDGED_NOW_S + 10 * 86400 + 1);
	assert_int_equal(judged_pipeline(&j, 0).recheck_s, JUDGED_NOW_S + 386 * 86400);
	judged_fini(&j);
	judged_init(&j, FINE("c"), &facts);
	assert_int_equal(judged_actions(&j).recheck_s, 0);
	judged_fini(&j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_matrix_holds_row_by_row),
		cmocka_unit_test(without_telemetry_the_defaults_are_rendered),
		cmocka_unit_test(the_earliest_certificate_says_when_to_look_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
