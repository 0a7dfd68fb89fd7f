/* SPDX-License-Identifier: Apache-2.0 */
/* Conditions of pipelines and of Telemetry (kyma-metrics.md 2.4, 7). */
#include "seams/cm.h"

#include <stdio.h>

#include "base/slice_i.h"
#include "control/judged.h"
#include "control/status.h"
#include "torture/torture.h"

#define HEAD "apiVersion: telemetry.kyma-project.io/v1beta1\nkind: MetricPipeline\n"
#define NAMED(name, more, spec) HEAD "metadata: {name: " name ", generation: 3" more "}\nspec: {" spec "output: {otlp: {endpoint: {value: 'https://b:1'}}}}\n"
#define PLAIN NAMED("p", "", "")
#define WITH_AGENT NAMED("p", "", "input: {runtime: {enabled: true}}, ")
#define TELEMETRY(more) "---\napiVersion: operator.kyma-project.io/v1beta1\nkind: Telemetry\nmetadata: {name: default, namespace: kyma-system, " \
	"generation: 2" more "}\n"
#define HELP "https://kyma-project.io/external-content/telemetry-manager/docs/user/troubleshooting.html"
#define NOT_RUNNING(container, why) "Pod is in the pending state because container: " container " is not running due to: " why \
	". Please check the container: " container " logs."

/* ---- workloads ---- */

typedef struct workload_row {
	const char *name;
	tel_workload_state state;
	const char *error;
	int64_t desired, ready, updated;
	tel_pod_facts pods[3];
	const char *status, *reason, *message; /* reason without "Gateway" or "Agent" where it has one */
} workload_row;

#define S(text) { text, sizeof(text) - 1 }
#define NO_PODS { { .phase = { NULL, 0 } } }
#define CONTAINERS(...) .containers = (const tel_container_facts[]){ __VA_ARGS__ }, \
	.container_count = sizeof((const tel_container_facts[]){ __VA_ARGS__ }) / sizeof(tel_container_facts)
#define POD(phase_, ...) { .phase = S(phase_), __VA_ARGS__ }
#define WAITING(name_, reason_, message_) { .name = S(name_), .waiting = true, .waiting_reason = S(reason_), \
	.waiting_message = S(message_) }
#define CRASHED(name_, reason_) { .name = S(name_), .waiting = true, .waiting_reason = S("CrashLoopBackOff"), \
	.waiting_message = S("back-off 5m0s restarting"), .terminated_before = true, .terminated_reason = S(reason_) }
#define RUNS { .name = S("collector") }
#define ROLLOUT "True", "RolloutInProgress", "Pods are being started/updated"

static const workload_row workloads[] = {
	{ "all are ready", TEL_WORKLOAD_FOUND, "", 2, 2, 2, NO_PODS, "True", "Ready", NULL },
	{ "more than wanted", TEL_WORKLOAD_FOUND, "", 2, 3, 2, NO_PODS, "True", "Ready", NULL },
	{ "none wanted", TEL_WORKLOAD_FOUND, "", 0, 0, 0, NO_PODS, "True", "Ready", NULL },
	{ "not created", TEL_WORKLOAD_MISSING, "", 0, 0, 0, NO_PODS, "False", "NotReady", "% is not yet created" },
	{ "unreadable", TEL_WORKLOAD_UNREADABLE, "", 0, 0, 0, NO_PODS, "False", "NotReady", "Failed to get %" },
	{ "no ReplicaSet", TEL_WORKLOAD_NO_REVISION, "", 0, 0, 0, NO_PODS, "False", "NotReady", "Failed to get latest ReplicaSets" },
	{ "an error", TEL_WORKLOAD_ERROR, "pods is forbidden", 0, 0, 0, NO_PODS, "False", "NotReady", "Pods is forbidden" },
	{ "an error without a text", TEL_WORKLOAD_ERROR, "", 0, 0, 0, NO_PODS, "False", "NotReady", "Failed to get %" },
	{ "no Pods", TEL_WORKLOAD_FOUND, "", 2, 1, 2, NO_PODS, "False", "NotReady", "No Pods deployed" },
	{ "running, not ready yet", TEL_WORKLOAD_FOUND, "", 2, 1, 2, { POD("Running", .ready = true), POD("Running", CONTAINERS(RUNS)) }, ROLLOUT },
	{ "unschedulable", TEL_WORKLOAD_FOUND, "", 1, 0, 1,
	  { POD("Pending", .unscheduled = true, .unscheduled_message = S("0/3 nodes are available")) }, "False", "NotReady",
	  NOT_RUNNING("", "0/3 nodes are available") },
	{ "containers are created", TEL_WORKLOAD_FOUND, "", 1, 0, 1, { POD("Pending", CONTAINERS(WAITING("collector", "ContainerCreating", ""))) }, ROLLOUT },
	{ "a Pod starts, one container of two", TEL_WORKLOAD_FOUND, "", 1, 0, 1,
	  { POD("Pending", CONTAINERS(WAITING("proxy", "ErrImagePull", ""), WAITING("collector", "PodInitializing", ""))) }, ROLLOUT },
	{ "no image", TEL_WORKLOAD_FOUND, "", 1, 0, 1, { POD("Pending", CONTAINERS(RUNS, WAITING("collector", "ImagePullBackOff", "Back-off"))) },
	  "False", "NotReady", NOT_RUNNING("collector", "ImagePullBackOff") },
	{ "a reason in words only", TEL_WORKLOAD_FOUND, "", 1, 0, 1, { POD("Pending", CONTAINERS(WAITING("collector", "", "no volume"))) },
	  "False", "NotReady", NOT_RUNNING("collector", "no volume") },
	{ "pending and nothing known", TEL_WORKLOAD_FOUND, "", 1, 0, 1, { POD("Pending", .ready = false) }, ROLLOUT },
	{ "evicted", TEL_WORKLOAD_FOUND, "", 1, 0, 1, { POD("Failed", .message = S("The node was low on resource: memory.")) },
	  "False", "NotReady", "Pod is in the failed state due to: The node was low on resource: memory." },
	{ "crashes", TEL_WORKLOAD_FOUND, "", 1, 0, 1, { POD("Running", CONTAINERS(CRASHED("collector", "Error"))) }, "False", "NotReady",
	  NOT_RUNNING("collector", "Error") },
	{ "out of memory", TEL_WORKLOAD_FOUND, "", 1, 0, 1, { POD("Running", CONTAINERS(CRASHED("collector", "OOMKilled"))) }, "False", "NotReady",
	  NOT_RUNNING("collector", "OOMKilled") },
	{ "waits after it ran", TEL_WORKLOAD_FOUND, "", 1, 0, 1, { POD("Running", CONTAINERS(WAITING("collector", "Backoff", "in a minute"))) },
	  "False", "NotReady", NOT_RUNNING("collector", "in a minute") },
	{ "the first finding wins", TEL_WORKLOAD_FOUND, "", 3, 1, 3,
	  { POD("Running", .ready = true, CONTAINERS(CRASHED("proxy", "Error"))), POD("Failed", .message = S("first")),
	    POD("Failed", .message = S("second")) }, "False", "NotReady", "Pod is in the failed state due to: first" },
	{ "a Pod that has ended", TEL_WORKLOAD_FOUND, "", 1, 0, 1, { POD("Succeeded", .ready = false) }, ROLLOUT },
};

/* '%' of a message is the kind of the workload. */
static void fill_in(const char *message, const char *kind, char *out, size_t cap)
{
	const char *mark = strchr(message, '%');

	if (mark)
		snprintf(out, cap, "%.*s%s%s", (int)(mark - message), message, kind, mark + 1);
	else
		snprintf(out, cap, "%s", message);
}

static void expect_workload(const workload_row *row, bool agent)
{
	tel_workload_facts workload = TEL_WORKLOAD_FACTS_INIT;
	tel_status_facts facts = judged_facts();
	char reason[64], message[512];
	judged j;

	workload.state = row->state;
	workload.error = tel__slice_str(row->error);
	workload.desired = row->desired;
	workload.ready = row->ready;
	workload.updated = row->updated;
	workload.pods = row->pods;
	while (workload.pod_count < 3 && row->pods[workload.pod_count].phase.len)
		workload.pod_count++;
	*(agent ? &facts.agent : &facts.gateway) = &workload;
	snprintf(reason, sizeof(reason), "%s%s", strcmp(row->reason, "RolloutInProgress") == 0 ? "" : agent ? "Agent" : "Gateway", row->reason);
	fill_in(row->message ? row->message : agent ? "Metric agent % is ready" : "Metric gateway % is ready",
	        agent ? "DaemonSet" : "Deployment", message, sizeof(message));
	judged_init(&j, WITH_AGENT, &facts);
	judged_expect(&j, 0, agent ? "AgentHealthy" : "GatewayHealthy", row->status, reason, message, row->name);
	judged_fini(&j);
}

static void workloads_are_ready_or_say_why_not(void **state)
{
	static const workload_row old_pods = { "agents of the old template", TEL_WORKLOAD_FOUND, "", 2, 2, 1,
		                                   { POD("Running", .ready = true) }, ROLLOUT };

	(void)state;
	for (size_t i = 0; i < sizeof(workloads) / sizeof(workloads[0]); i++) {
		expect_workload(&workloads[i], false);
		expect_workload(&workloads[i], true);
	}
	expect_workload(&old_pods, true);
	print_message("# %zu workloads\n", 2 * sizeof(workloads) / sizeof(workloads[0]) + 1);
}

static void an_agent_is_asked_for_only_where_it_is_needed(void **state)
{
	tel_workload_facts gone = TEL_WORKLOAD_FACTS_INIT;
	tel_status_facts facts = judged_facts();
	judged j;

	(void)state;
	gone.state = TEL_WORKLOAD_MISSING;
	facts.agent = &gone;
	judged_init(&j, PLAIN, &facts);
	judged_expect(&j, 0, "AgentHealthy", "True", "AgentNotRequired", "", "plain");
	judged_fini(&j);
	facts.agent = facts.gateway = NULL;
	facts.agent_flow = facts.gateway_flow = NULL;
	judged_init(&j, WITH_AGENT, &facts); /* nobody looked: nothing is said */
	assert_int_equal(judged_pipeline(&j, 0).condition_count, 1);
	judged_expect(&j, 0, "ConfigurationGenerated", "True", NULL, NULL, "unknown");
	judged_fini(&j);
}

/* ---- flow ---- */

#define ALL_DROPPED "Backend is not reachable or rejecting metrics. All metrics are dropped. See troubleshooting: " HELP "#no-data-arrive-at-the-backend"
#define SOME_DROPPED "Backend is reachable, but rejecting metrics. Some metrics are dropped. See troubleshooting: " HELP "#not-all-data-arrive-at-the-backend"
#define THROTTLING "Metric gateway is unable to receive metrics at current rate. See troubleshooting: " HELP "#gateway-throttling"
#define STALLED(what) "Backend is not reachable or rejecting metrics. Nothing was delivered for 5 minutes or more, " what \
	". See troubleshooting: " HELP "#no-data-arrive-at-the-backend"
#define FINE "No problems detected in the telemetry flow"
#define P(bits) { TEL_SLICE_LIT("p"), bits, 0, { NULL, 0 } }
#define EVERYBODY(bits) { { NULL, 0 }, bits, 0, { NULL, 0 } }
#define OTHER(bits) { TEL_SLICE_LIT("q"), bits, 0, { NULL, 0 } }
#define STALL(points, where) { TEL_SLICE_LIT("p"), TEL_FLOW_STALLED, points, TEL_SLICE_LIT(where) }
enum { ALL = TEL_FLOW_ALL_DROPPED, SOME = TEL_FLOW_SOME_DROPPED, THROTTLED = TEL_FLOW_THROTTLING, FULL = TEL_FLOW_FILLING };

static const struct {
	const char *name;
	bool gateway_failed, agent_failed;
	tel_flow_finding gateway[2], agent[2];
	const char *status, *reason, *message;
} flows[] = {
	{ "healthy", false, false, { P(0) }, { P(0) }, "True", "FlowHealthy", FINE },
	{ "gateway unknown", true, true, { P(ALL) }, { P(ALL) }, "Unknown", "GatewayProbingFailed",
	  "Could not determine the health of the telemetry flow because the self monitor probing of gateway failed" },
	{ "agent unknown", false, true, { P(ALL) }, { P(0) }, "Unknown", "AgentProbingFailed",
	  "Could not determine the health of the telemetry flow because the self monitor probing of agent failed" },
	{ "gateway all", false, false, { P(ALL | SOME | THROTTLED) }, { P(ALL) }, "False", "GatewayAllTelemetryDataDropped", ALL_DROPPED },
	{ "gateway some", false, false, { P(SOME | THROTTLED) }, { P(ALL) }, "False", "GatewaySomeTelemetryDataDropped", SOME_DROPPED },
	{ "throttling", false, false, { EVERYBODY(THROTTLED) }, { P(ALL) }, "False", "GatewayThrottling", THROTTLING },
	{ "agent all", false, false, { P(0) }, { P(ALL | SOME) }, "False", "AgentAllTelemetryDataDropped", ALL_DROPPED },
	{ "agent some", false, false, { P(0) }, { P(SOME) }, "False", "AgentSomeTelemetryDataDropped", SOME_DROPPED },
	{ "an agent that refuses has no reason", false, false, { P(0) }, { P(THROTTLED) }, "True", "FlowHealthy", FINE },
	{ "a queue that is nearly full has none either", false, false, { P(FULL) }, { P(FULL) }, "True", "FlowHealthy", FINE },
	{ "another pipeline's trouble", false, false, { OTHER(ALL) }, { OTHER(ALL) }, "True", "FlowHealthy", FINE },
	{ "everybody's trouble", false, false, { OTHER(SOME), EVERYBODY(ALL) }, { P(0) }, "False", "GatewayAllTelemetryDataDropped", ALL_DROPPED },
	{ "waiting", false, false, { STALL(7, "gw-0 (otlp_grpc/p)") }, { P(0) }, "False", "GatewayAllTelemetryDataDropped",
	  STALLED("7 data points wait in gw-0 (otlp_grpc/p)") },
	{ "waiting in two places", false, false, { STALL(7, "gw-0 (otlp_grpc/p)"), STALL(129999, "gw-1 (otlp_grpc/p)") }, { P(0) }, "False",
	  "GatewayAllTelemetryDataDropped", STALLED("about 120000 data points wait in gw-1 (otlp_grpc/p)") },
	{ "nobody knows how much", false, false, { P(0) }, { STALL(0, "agent-x (otlp_http/p)") }, "False", "AgentAllTelemetryDataDropped",
	  STALLED("data waits in agent-x (otlp_http/p)") },
	{ "nor where", false, false, { P(0) }, { P(TEL_FLOW_STALLED) }, "False", "AgentAllTelemetryDataDropped", STALLED("data waits in the queue") },
	{ "dropped goes before waiting", false, false, { STALL(7, "x"), P(ALL) }, { P(0) }, "False", "GatewayAllTelemetryDataDropped", ALL_DROPPED },
};

static void the_flow_is_told_in_order_of_weight(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(flows) / sizeof(flows[0]); i++) {
		tel_flow_facts gateway = TEL_FLOW_FACTS_INIT, agent = TEL_FLOW_FACTS_INIT;
		tel_status_facts facts = judged_facts();
		judged j;

		gateway.failed = flows[i].gateway_failed;
		agent.failed = flows[i].agent_failed;
		gateway.findings = flows[i].gateway;
		agent.findings = flows[i].agent;
		gateway.count = flows[i].gateway[1].problems ? 2 : 1;
		agent.count = 1;
		facts.gateway_flow = &gateway;
		facts.agent_flow = &agent;
		judged_init(&j, PLAIN, &facts);
		judged_expect(&j, 0, "TelemetryFlowHealthy", flows[i].status, flows[i].reason, flows[i].message, flows[i].name);
		judged_fini(&j);
		facts.lock = TEL_LOCK_OWNED; /* nobody holds it: what is not configured delivers nothing */
		judged_init(&j, PLAIN, &facts);
		judged_expect(&j, 0, "TelemetryFlowHealthy", "False", "ConfigurationNotGenerated",
		              "No metrics delivered to backend because MetricPipeline specification is not applied to the configuration of "
		              "Metric gateway. Check the 'ConfigurationGenerated' condition for more details", flows[i].name);
		judged_fini(&j);
	}
	print_message("# %zu flows, each with and without configuration\n", sizeof(flows) / sizeof(flows[0]));
}

/* ---- transitions ---- */

#define OLD "2025-05-05T05:05:05Z"
#define HAD(type, status, reason, message, generation) "  - {type: " type ", status: '" status "', reason: " reason ", message: '" message \
	"', observedGeneration: " generation ", lastTransitionTime: '" OLD "'}\n"
#define APPLIED "MetricPipeline specification is successfully applied to the configuration of Metric gateway"

static void expect_conditions(const char *text, const char *wanted, bool changed)
{
	tel_status_facts facts = judged_facts();
	tel_condition c;
	char got[2048] = "";
	judged j;

	judged_init(&j, text, &facts);
	for (size_t i = 0; tel_status_condition(j.status, 0, i, &c) == TEL_OK; i++)
		snprintf(got + strlen(got), sizeof(got) - strlen(got), "%.*s=%.*s@%s#%lld ", TEL_SLICE_ARG(c.type), TEL_SLICE_ARG(c.status),
		         tel__slice_is(c.last_transition_time, OLD) ? "old" : tel__slice_is(c.last_transition_time, JUDGED_NOW_TEXT) ? "now" : "?",
		         (long long)c.observed_generation);
	if (strcmp(got, wanted) != 0 || judged_pipeline(&j, 0).changed != changed)
		fail_msg("%s\ngives %s(changed: %d)\ninstead of %s", text, got, judged_pipeline(&j, 0).changed, wanted);
	judged_fini(&j);
}

static void the_time_of_a_condition_changes_with_its_status_only(void **state)
{
	(void)state;
	expect_conditions(PLAIN, "AgentHealthy=True@now#3 GatewayHealthy=True@now#3 ConfigurationGenerated=True@now#3 "
	                         "TelemetryFlowHealthy=True@now#3 ", true);
	/* places, times and what others wrote stay; a reason that changes is a change, and no transition */
	expect_conditions(PLAIN "status:\n  conditions:\n" HAD("TelemetryFlowHealthy", "Unknown", "GatewayProbingFailed", "m", "3")
	                  HAD("Theirs", "False", "Reason", "m", "1") HAD("GatewayHealthy", "True", "RolloutInProgress", "m", "2"),
	                  "TelemetryFlowHealthy=True@now#3 Theirs=False@old#1 GatewayHealthy=True@old#3 AgentHealthy=True@now#3 "
	                  "ConfigurationGenerated=True@now#3 ", true);
	/* nothing new */
	expect_conditions(PLAIN "status:\n  conditions:\n" HAD("AgentHealthy", "True", "AgentNotRequired", "", "3")
	                  HAD("GatewayHealthy", "True", "GatewayReady", "Metric gateway Deployment is ready", "3")
	                  HAD("ConfigurationGenerated", "True", "GatewayConfigured", APPLIED, "3")
	                  HAD("TelemetryFlowHealthy", "True", "FlowHealthy", FINE, "3"),
	                  "AgentHealthy=True@old#3 GatewayHealthy=True@old#3 ConfigurationGenerated=True@old#3 TelemetryFlowHealthy=True@old#3 ", false);
	/* a new generation was looked at */
	expect_conditions(PLAIN "status:\n  conditions:\n" HAD("AgentHealthy", "True", "AgentNotRequired", "", "2")
	                  HAD("GatewayHealthy", "True", "GatewayReady", "Metric gateway Deployment is ready", "3")
	                  HAD("ConfigurationGenerated", "True", "GatewayConfigured", APPLIED, "3")
	                  HAD("TelemetryFlowHealthy", "True", "FlowHealthy", FINE, "3"),
	                  "AgentHealthy=True@old#3 GatewayHealthy=True@old#3 ConfigurationGenerated=True@old#3 TelemetryFlowHealthy=True@old#3 ", true);
	/* a type that stands there twice, one without a time, and things that are no condition */
	expect_conditions(PLAIN "status:\n  conditions:\n" HAD("AgentHealthy", "False", "X", "", "2") HAD("AgentHealthy", "True", "X", "", "2")
	                  "  - {type: GatewayHealthy, status: 'True'}\n  - 7\n  - {status: 'True'}\n  - null\n  - {type: [a]}\n",
	                  "AgentHealthy=True@now#3 GatewayHealthy=True@now#3 ConfigurationGenerated=True@now#3 TelemetryFlowHealthy=True@now#3 ", true);
	expect_conditions(PLAIN "status: {conditions: text}\n", "AgentHealthy=True@now#3 GatewayHealthy=True@now#3 "
	                  "ConfigurationGenerated=True@now#3 TelemetryFlowHealthy=True@now#3 ", true);
	/* what is being deleted is left alone */
	expect_conditions(NAMED("p", ", deletionTimestamp: '" OLD "'", "") "status:\n  conditions:\n" HAD("AgentHealthy", "False", "X", "", "2"),
	                  "AgentHealthy=False@old#2 ", false);
}

static void a_message_is_never_longer_than_the_schema_allows(void **state)
{
	enum { MANY = 40000 };
	tel_workload_facts workload = TEL_WORKLOAD_FACTS_INIT;
	tel_status_facts facts = judged_facts();
	char *error = malloc(MANY);
	tel_condition c;
	judged j;

	(void)state;
	assert_non_null(error);
	for (size_t i = 0; i < MANY; i += 2)
		memcpy(error + i, "\xc3\xb6", 2);
	workload.state = TEL_WORKLOAD_ERROR;
	workload.error = (tel_slice){ error, MANY };
	facts.gateway = &workload;
	judged_init(&j, PLAIN, &facts);
	c = judged_condition(&j, 0, "GatewayHealthy");
	assert_true(c.message.len <= 32768 && c.message.len > 32000);
	assert_true(tel__slice_ends(c.message, TEL_SLICE_LIT("\xc3\xb6...")));
	judged_fini(&j);
	free(error);
}

/* Conditions of others beyond a number are left out; ours are found behind them. */
static void long_lists_of_conditions_end(void **state)
{
	static char text[65536];
	tel_status_facts facts = judged_facts();
	size_t n = (size_t)snprintf(text, sizeof(text), "%sstatus:\n  conditions:\n", PLAIN);
	judged j;

	(void)state;
	for (size_t i = 0; i < 500; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "  - {type: T%zu, status: 'True'}\n", i);
	snprintf(text + n, sizeof(text) - n, "%s", HAD("AgentHealthy", "True", "AgentNotRequired", "", "3"));
	judged_init(&j, text, &facts);
	assert_int_equal(judged_pipeline(&j, 0).condition_count, TEL__CONDITIONS_KEPT + 4);
	assert_slice(judged_condition(&j, 0, "AgentHealthy").last_transition_time, OLD);
	judged_fini(&j);
}

/* ---- Telemetry ---- */

static const struct {
	const char *name, *text;
	tel_pipeline_verdict lock; /* LIMIT: nobody holds the lock */
	bool stalled;
	const char *status, *reason, *message, *state;
} telemetries[] = {
	{ "no pipelines", TELEMETRY(""), TEL_PIPELINE_VERDICT_OK, false, "True", "NoPipelineDeployed", "No pipelines have been deployed", "Ready" },
	{ "running", PLAIN TELEMETRY(""), TEL_PIPELINE_VERDICT_OK, false, "True", "ComponentsRunning", "All metric components are running", "Ready" },
	{ "an invalid one", PLAIN TELEMETRY(""), TEL_PIPELINE_VERDICT_LIMIT, false, "False", "MaxPipelinesExceeded", "Maximum pipeline count limit exceeded", "Warning" },
	{ "configuration goes before flow", "" NAMED("a", "", "") "---\n" NAMED("z", "", "filter: [{conditions: [x]}], ") TELEMETRY(""), TEL_PIPELINE_VERDICT_OK, true,
	  "False", "OTTLSpecInvalid", NULL, "Warning" },
	{ "flow", PLAIN TELEMETRY(""), TEL_PIPELINE_VERDICT_OK, true, "False", "GatewayAllTelemetryDataDropped", NULL, "Warning" },
	{ "deletion is blocked", NAMED("b", "", "") "---\n" NAMED("a", "", "") TELEMETRY(", deletionTimestamp: '" OLD "'"), TEL_PIPELINE_VERDICT_OK, false, "False",
	  "ResourceBlocksDeletion", "The deletion of the module is blocked. To unblock the deletion, delete the following resources: "
	  "MetricPipelines (a,b)", "Warning" },
	{ "deletion goes on", TELEMETRY(", deletionTimestamp: '" OLD "'"), TEL_PIPELINE_VERDICT_OK, false, "True", "NoPipelineDeployed",
	  "No pipelines have been deployed", "Deleting" },
	{ "a pipeline that is being deleted still tells", NAMED("p", ", deletionTimestamp: '" OLD "'", "") "status:\n  conditions:\n"
	  HAD("GatewayHealthy", "False", "GatewayNotReady", "still there", "2") TELEMETRY(""), TEL_PIPELINE_VERDICT_OK, false, "False", "GatewayNotReady", "still there",
	  "Warning" },
	{ "certificates", HEAD "metadata: {name: p}\nspec: {output: {otlp: {endpoint: {value: 'https://b:1'}, tls: {ca: {value: a3}}}}}\n" TELEMETRY(""),
	  TEL_PIPELINE_VERDICT_OK, false, "True", "TLSCertificateAboutToExpire",
	  "TLS CA certificate is about to expire, configured certificate is valid until 2026-01-04", "Warning" },
	{ "a failure goes before a warning", HEAD "metadata: {name: p}\nspec: {output: {otlp: {endpoint: {value: 'https://b:1'}, tls: {ca: {value: a3}}}}}\n"
	  TELEMETRY(""), TEL_PIPELINE_VERDICT_OK, true, "False", "GatewayAllTelemetryDataDropped", NULL, "Warning" },
	{ "what is unknown is no warning", PLAIN TELEMETRY("") "status: {state: Ready, conditions: [{type: LogComponentsHealthy, status: Unknown}]}\n",
	  TEL_PIPELINE_VERDICT_OK, false, "True", "ComponentsRunning", NULL, "Ready" },
	{ "logs are unwell", PLAIN TELEMETRY("") "status: {state: Ready, conditions: [{type: LogComponentsHealthy, status: 'False', reason: X}]}\n",
	  TEL_PIPELINE_VERDICT_OK, false, "True", "ComponentsRunning", NULL, "Warning" },
};

static void telemetry_tells_of_the_worst_pipeline(void **state)
{
	static const tel_flow_finding stall[] = { EVERYBODY(TEL_FLOW_STALLED) };

	(void)state;
	for (size_t i = 0; i < sizeof(telemetries) / sizeof(telemetries[0]); i++) {
		tel_flow_facts flow = TEL_FLOW_FACTS_INIT;
		tel_status_facts facts = judged_facts();
		tel_telemetry_status t = TEL_TELEMETRY_STATUS_INIT;
		tel_condition c = { .observed_generation = 0 };
		judged j;

		flow.findings = stall;
		flow.count = telemetries[i].stalled;
		facts.gateway_flow = &flow;
		facts.lock = telemetries[i].lock == TEL_PIPELINE_VERDICT_LIMIT ? TEL_LOCK_OWNED : TEL_LOCK_BY_AGE;
		judged_init(&j, telemetries[i].text, &facts);
		assert_ok(tel_status_telemetry(j.status, 0, &t));
		for (size_t k = 0; k < t.condition_count && !tel__slice_is(c.type, "MetricComponentsHealthy"); k++)
			assert_ok(tel_status_telemetry_condition(j.status, 0, k, &c));
		if (!tel__slice_is(c.status, telemetries[i].status) || !tel__slice_is(c.reason, telemetries[i].reason) ||
		    (telemetries[i].message && !tel__slice_is(c.message, telemetries[i].message)) || !tel__slice_is(t.state, telemetries[i].state) ||
		    c.observed_generation != 2)
			fail_msg("%s: %.*s %.*s \"%.*s\", %.*s", telemetries[i].name, TEL_SLICE_ARG(c.status), TEL_SLICE_ARG(c.reason),
			         TEL_SLICE_ARG(c.message), TEL_SLICE_ARG(t.state));
		assert_true(t.changed);
		judged_fini(&j);
	}
	print_message("# %zu rows of Telemetry\n", sizeof(telemetries) / sizeof(telemetries[0]));
}

static void endpoints_are_told_where_there_are_any(void **state)
{
	tel_telemetry_status t = TEL_TELEMETRY_STATUS_INIT;
	tel_status_facts facts = judged_facts();
	judged j;

	(void)state;
	facts.target_namespace = (tel_slice){ NULL, 0 };
	judged_init(&j, TELEMETRY("") "---\n{kind: RenderFacts, namespace: there}\n", &facts);
	assert_ok(tel_status_telemetry(j.status, 0, &t));
	assert_slice(t.grpc_endpoint, "http://telemetry-otlp-metrics.there:4317");
	assert_slice(t.http_endpoint, "http://telemetry-otlp-metrics.there:4318");
	judged_fini(&j);
	facts.grpc_endpoint = TEL_SLICE_LIT("http://localhost:4317");
	facts.has_service = false;
	judged_init(&j, TELEMETRY(""), &facts);
	assert_ok(tel_status_telemetry(j.status, 0, &t));
	assert_slice(t.grpc_endpoint, "http://localhost:4317");
	assert_slice(t.http_endpoint, "");
	judged_fini(&j);
}

/* ---- writing ---- */

static void expect_text(const judged *j, tel_status_part part, size_t index, tel_status_format format, const char *wanted)
{
	tel_buf *text = NULL;

	assert_ok(tel_status_write(j->status, part, index, format, NULL, &text));
	assert_slice(tel_buf_get(text), wanted);
	tel_buf_unref(text);
}

static void a_status_is_written_as_the_api_takes_it(void **state)
{
	static const char text[] = HEAD "metadata: {name: p}\nspec: {output: {otlp: {endpoint: {value: b}}}}\n"
		TELEMETRY("") "status: {state: Ready, endpoints: {logs: {grpc: 'http://logs:4317'}}}\n";
	tel_status_facts facts = judged_facts();
	tel_buf *none = NULL;
	judged j;

	(void)state;
	facts.gateway = facts.agent = NULL;
	facts.gateway_flow = facts.agent_flow = NULL;
	judged_init(&j, text, &facts);
	expect_text(&j, TEL_STATUS_PIPELINE, 0, TEL_STATUS_JSON,
	            "{\"apiVersion\":\"telemetry.kyma-project.io/v1beta1\",\"kind\":\"MetricPipeline\",\"metadata\":{\"name\":\"p\"},\"status\":{\"conditions\":["
	            "{\"lastTransitionTime\":\"" JUDGED_NOW_TEXT "\",\"message\":\"\",\"reason\":\"AgentNotRequired\",\"status\":\"True\",\"type\":\"AgentHealthy\"},"
	            "{\"lastTransitionTime\":\"" JUDGED_NOW_TEXT "\",\"message\":\"OTLP output endpoint invalid: missing port\",\"reason\":\"EndpointInvalid\","
	            "\"status\":\"False\",\"type\":\"ConfigurationGenerated\"},"
	            "{\"lastTransitionTime\":\"" JUDGED_NOW_TEXT "\",\"message\":\"No metrics delivered to backend because MetricPipeline specification is not "
	            "applied to the configuration of Metric gateway. Check the 'ConfigurationGenerated' condition for more details\","
	            "\"reason\":\"ConfigurationNotGenerated\",\"status\":\"False\",\"type\":\"TelemetryFlowHealthy\"}]}}");
	expect_text(&j, TEL_STATUS_TELEMETRY, 0, TEL_STATUS_YAML,
	            "apiVersion: operator.kyma-project.io/v1beta1\nkind: Telemetry\nmetadata:\n    name: default\n    namespace: kyma-system\nstatus:\n"
	            "    conditions:\n        - lastTransitionTime: \"" JUDGED_NOW_TEXT "\"\n          message: 'OTLP output endpoint invalid: missing port'\n"
	            "          observedGeneration: 2\n          reason: EndpointInvalid\n          status: \"False\"\n          type: MetricComponentsHealthy\n"
	            "    endpoints:\n        metrics:\n            grpc: http://telemetry-otlp-metrics.kyma-system:4317\n"
	            "            http: http://telemetry-otlp-metrics.kyma-system:4318\n        logs:\n            grpc: http://logs:4317\n    state: Warning\n");
	assert_err(tel_status_write(j.status, TEL_STATUS_PIPELINE, 1, TEL_STATUS_JSON, NULL, &none), TEL_ERR_NOT_FOUND);
	assert_err(tel_status_write(j.status, TEL_STATUS_TELEMETRY, 1, TEL_STATUS_JSON, NULL, &none), TEL_ERR_NOT_FOUND);
	assert_err(tel_status_write(j.status, (tel_status_part)9, 0, TEL_STATUS_JSON, NULL, &none), TEL_ERR_ARG);
	assert_err(tel_status_write(j.status, TEL_STATUS_ALL, 0, (tel_status_format)9, NULL, &none), TEL_ERR_ARG);
	assert_null(none);
	judged_fini(&j);
}

/* What was written is read back, and then there is nothing to change. */
static void a_written_status_is_a_fixed_point(void **state)
{
	static const tel_status_format formats[] = { TEL_STATUS_YAML, TEL_STATUS_JSON };
	tel_status_facts facts = judged_facts();

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		static char text[16384];
		tel_buf *written = NULL;
		tel_slice status;
		judged j;

		judged_init(&j, PLAIN TELEMETRY(""), &facts);
		assert_ok(tel_status_write(j.status, TEL_STATUS_PIPELINE, 0, formats[i], NULL, &written));
		status = tel_buf_get(written);
		/* the two documents as one: JSON is YAML, "status" is a key of both */
		if (formats[i] == TEL_STATUS_JSON) {
			const char *from = strstr(status.ptr, "\"status\":{\"cond");

			snprintf(text, sizeof(text), "%s%.*s\n", PLAIN, (int)(status.ptr + status.len - from - 1), from);
			memmove(strstr(text, "\"status\":{\"cond"), "status : ", 9);
		} else {
			const char *from = strstr(status.ptr, "status:\n");

			snprintf(text, sizeof(text), "%s%.*s", PLAIN, (int)(status.ptr + status.len - from), from);
		}
		tel_buf_unref(written);
		judged_fini(&j);
		facts.now_unix_ns += UINT64_C(3600000000000);
		judged_init(&j, text, &facts);
		assert_false(judged_pipeline(&j, 0).changed);
		assert_slice(judged_condition(&j, 0, "GatewayHealthy").last_transition_time, JUDGED_NOW_TEXT);
		judged_fini(&j);
		facts.now_unix_ns -= UINT64_C(3600000000000);
	}
}

/* ---- the interface ---- */

static void questions_without_an_answer_are_refused(void **state)
{
	tel_status_facts facts = judged_facts();
	tel_workload_facts odd = TEL_WORKLOAD_FACTS_INIT;
	tel_pipeline_status p = TEL_PIPELINE_STATUS_INIT;
	tel_telemetry_status t = TEL_TELEMETRY_STATUS_INIT;
	tel_status *none = NULL;
	tel_condition c;
	judged j;

	(void)state;
	judged_init(&j, PLAIN, &facts);
	assert_err(tel_status_pipeline(j.status, 1, &p), TEL_ERR_NOT_FOUND);
	assert_err(tel_status_condition(j.status, 0, 4, &c), TEL_ERR_NOT_FOUND);
	assert_err(tel_status_condition(j.status, 1, 0, &c), TEL_ERR_NOT_FOUND);
	assert_err(tel_status_telemetry(j.status, 0, &t), TEL_ERR_NOT_FOUND);
	assert_err(tel_status_telemetry_condition(j.status, 0, 0, &c), TEL_ERR_NOT_FOUND);
	assert_err(tel_status_judge(j.parsed.set, NULL, NULL, &none), TEL_ERR_ARG);
	assert_err(tel_status_judge(NULL, &facts, NULL, &none), TEL_ERR_ARG);
	facts.lock = (tel_lock_state)7;
	assert_err(tel_status_judge(j.parsed.set, &facts, NULL, &none), TEL_ERR_ARG);
	facts.lock = TEL_LOCK_BY_AGE;
	odd.state = (tel_workload_state)9;
	facts.agent = &odd;
	assert_err(tel_status_judge(j.parsed.set, &facts, NULL, &none), TEL_ERR_ARG);
	assert_null(none);
	tel_status_free(NULL);
	judged_fini(&j);
}

static void an_older_caller_knows_fewer_facts(void **state)
{
	tel_status_facts facts = judged_facts();
	tel_pipeline_status p = { .size = offsetof(tel_pipeline_status, active) };
	judged j;

	(void)state;
	facts.size = offsetof(tel_status_facts, gateway); /* so nothing of workloads and flow is read */
	memset(&facts.gateway, 0x5a, sizeof(facts) - facts.size);
	judged_init(&j, PLAIN, &facts);
	p.needs_agent = true;
	assert_ok(tel_status_pipeline(j.status, 0, &p));
	assert_int_equal(p.verdict, TEL_PIPELINE_VERDICT_OK);
	assert_true(p.needs_agent); /* not written */
	judged_expect(&j, 0, "ConfigurationGenerated", "True", NULL, NULL, "older");
	judged_fini(&j);
}

static tel_err judge_scenario(const tel_alloc *alloc, void *user)
{
	tel_status_facts facts = judged_facts();
	tel_status *status = NULL;
	tel_buf *text = NULL;
	tel_err rc = tel_status_judge(user, &facts, alloc, &status);

	assert_true((rc == TEL_OK) == (status != NULL));
	if (rc == TEL_OK)
		rc = tel_status_write(status, TEL_STATUS_ALL, 0, TEL_STATUS_YAML, alloc, &text);
	assert_true((rc == TEL_OK) == (text != NULL));
	tel_buf_unref(text);
	tel_status_free(status);
	return rc;
}

static void judging_survives_every_failed_allocation(void **state)
{
	static const char text[] = WITH_AGENT "---\n" NAMED("q", "", "filter: [{conditions: ['metric.name == \"x\"']}], ") "---\n"
		NAMED("r", "", "transform: [{statements: ['set(x)']}], ") "---\n"
		HEAD "metadata: {name: t}\nspec: {output: {otlp: {endpoint: {value: 'https://b:1'}, tls: {ca: {value: a3}}}}}\n"
		"status: {conditions: [{type: AgentHealthy, status: 'True'}]}\n" TELEMETRY("");
	parsed p;

	(void)state;
	parsed_init(&p, text, true);
	parsed_expect(&p, text, "");
	torture_alloc(judge_scenario, p.set);
	parsed_fini(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(workloads_are_ready_or_say_why_not),
		cmocka_unit_test(an_agent_is_asked_for_only_where_it_is_needed),
		cmocka_unit_test(the_flow_is_told_in_order_of_weight),
		cmocka_unit_test(the_time_of_a_condition_changes_with_its_status_only),
		cmocka_unit_test(a_message_is_never_longer_than_the_schema_allows),
		cmocka_unit_test(long_lists_of_conditions_end),
		cmocka_unit_test(telemetry_tells_of_the_worst_pipeline),
		cmocka_unit_test(endpoints_are_told_where_there_are_any),
		cmocka_unit_test(a_status_is_written_as_the_api_takes_it),
		cmocka_unit_test(a_written_status_is_a_fixed_point),
		cmocka_unit_test(questions_without_an_answer_are_refused),
		cmocka_unit_test(an_older_caller_knows_fewer_facts),
		cmocka_unit_test(judging_survives_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
