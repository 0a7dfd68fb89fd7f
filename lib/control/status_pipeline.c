/* SPDX-License-Identifier: Apache-2.0 */
/* The conditions of a MetricPipeline (kyma-metrics.md 7.2 to 7.6). Reasons and messages are Kyma's, byte for byte. */
#include "base/slice_i.h"
#include "control/status.h"

#define HELP "https://kyma-project.io/external-content/telemetry-manager/docs/user/troubleshooting.html"
#define ALL_DROPPED "Backend is not reachable or rejecting metrics. All metrics are dropped. See troubleshooting: " \
	HELP "#no-data-arrive-at-the-backend"
#define SOME_DROPPED "Backend is reachable, but rejecting metrics. Some metrics are dropped. See troubleshooting: " \
	HELP "#not-all-data-arrive-at-the-backend"

const char *const tel__pipeline_condition_types[] = { "ConfigurationGenerated", "GatewayHealthy", "AgentHealthy",
	                                                  "TelemetryFlowHealthy", NULL };

static void set(tel__doc *d, tel__judged_pipeline *p, const char *type, const char *status, const char *reason,
                tel_slice message)
{
	tel__conditions_set(d, &p->conditions, type, status, tel__slice_str(reason), message);
}

/* ---- gateway and agent ---- */

static void set_health(tel__doc *d, tel__judged_pipeline *p, const tel_workload_facts *facts, bool agent)
{
	const char *type = agent ? "AgentHealthy" : "GatewayHealthy";
	tel_slice message;

	switch (tel__workload_judge(d, facts, agent, &message)) {
	case TEL__HEALTH_READY:
		set(d, p, type, "True", agent ? "AgentReady" : "GatewayReady",
		    tel__slice_str(agent ? "Metric agent DaemonSet is ready" : "Metric gateway Deployment is ready"));
		break;
	case TEL__HEALTH_ROLLOUT:
		set(d, p, type, "True", "RolloutInProgress", TEL_SLICE_LIT("Pods are being started/updated"));
		break;
	default:
		set(d, p, type, "False", agent ? "AgentNotReady" : "GatewayNotReady", message);
		break;
	}
}

/* ---- configuration ---- */

static void set_configuration(tel__doc *d, tel__judged_pipeline *p)
{
	static const struct {
		const char *status, *reason, *before, *behind; /* before NULL: the reason as a sentence */
	} rows[] = {
		[TEL_PIPELINE_VERDICT_OK] = { "True", "GatewayConfigured",
		                     "MetricPipeline specification is successfully applied to the configuration of Metric gateway", "" },
		[TEL_PIPELINE_VERDICT_EXPIRING] = { "True", "TLSCertificateAboutToExpire", NULL, "" },
		[TEL_PIPELINE_VERDICT_LIMIT] = { "False", "MaxPipelinesExceeded", NULL, "" },
		[TEL_PIPELINE_VERDICT_SECRET] = { "False", "ReferencedSecretMissing", NULL, "" },
		[TEL_PIPELINE_VERDICT_ENDPOINT] = { "False", "EndpointInvalid", "OTLP output endpoint invalid: ", "" },
		[TEL_PIPELINE_VERDICT_OTTL] = { "False", "OTTLSpecInvalid", "OTTL specification is invalid, ",
		                       ". Fix the syntax error indicated by the message or see troubleshooting: " HELP
		                       "#ottl-spec-invalid-with-unspecific-error-message" },
		[TEL_PIPELINE_VERDICT_API] = { "False", "ValidationFailed",
		                      "Pipeline validation failed due to an error from the Kubernetes API server", "" },
		[TEL_PIPELINE_VERDICT_EXPIRED] = { "False", "TLSCertificateExpired", NULL, "" },
		[TEL_PIPELINE_VERDICT_TLS] = { "False", "TLSConfigurationInvalid", "TLS configuration invalid: ", "" },
	};
	tel_pipeline_verdict verdict = p->judgement.verdict;
	bool told = verdict != TEL_PIPELINE_VERDICT_OK && verdict != TEL_PIPELINE_VERDICT_API;
	tel_slice reason = told ? p->judgement.reason : TEL_SLICE_LIT("");

	set(d, p, "ConfigurationGenerated", rows[verdict].status, rows[verdict].reason,
	    rows[verdict].before ? tel__doc_fmt(d, "%s%.*s%s", rows[verdict].before, TEL_SLICE_ARG(reason), rows[verdict].behind)
	                         : tel__capitalised(d, reason));
}

/* ---- flow ---- */

/* The first finding whose pipeline does not come before name. */
static size_t find_pipeline(const tel_flow_facts *flow, tel_slice name)
{
	size_t low = 0, high = flow->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (tel__slice_cmp(flow->findings[middle].pipeline, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void gather_of(const tel_flow_facts *flow, tel_slice name, tel_flow_finding *all)
{
	for (size_t i = find_pipeline(flow, name); i < flow->count && tel__slice_eq(flow->findings[i].pipeline, name); i++) {
		const tel_flow_finding *f = &flow->findings[i];

		all->problems |= f->problems;
		if ((f->problems & TEL_FLOW_STALLED) && (!all->where.ptr || f->waiting_points > all->waiting_points)) {
			all->waiting_points = f->waiting_points;
			all->where = f->where;
		}
	}
}

/* Everything that was found about one pipeline in one workload; findings are sorted. */
static tel_flow_finding gather(const tel_flow_facts *flow, tel_slice pipeline)
{
	tel_flow_finding all = { .pipeline = pipeline };

	if (flow)
		gather_of(flow, TEL_SLICE_LIT(""), &all);
	if (flow && pipeline.len)
		gather_of(flow, pipeline, &all);
	return all;
}

/* Two digits are enough, and keep the message from changing with every look. */
static uint64_t rounded(uint64_t n)
{
	uint64_t unit = 1;

	while (n / unit >= 100)
		unit *= 10;
	return n / unit * unit;
}

static tel_slice stalled_message(tel__doc *d, const tel_flow_finding *f)
{
	tel_slice where = f->where.len ? f->where : TEL_SLICE_LIT("the queue"), count;

	count = f->waiting_points == 0 ? TEL_SLICE_LIT("data waits")
	                               : tel__doc_fmt(d, "%s%llu data points wait", f->waiting_points >= 100 ? "about " : "",
	                                              (unsigned long long)rounded(f->waiting_points));
	return tel__doc_fmt(d, "Backend is not reachable or rejecting metrics. Nothing was delivered for 5 minutes or more, %.*s in "
	                       "%.*s. See troubleshooting: " HELP "#no-data-arrive-at-the-backend",
	                    TEL_SLICE_ARG(count), TEL_SLICE_ARG(where));
}

static bool set_problem(tel__doc *d, tel__judged_pipeline *p, const tel_flow_finding *f, bool agent)
{
	const char *type = "TelemetryFlowHealthy";

	if (f->problems & (TEL_FLOW_ALL_DROPPED | TEL_FLOW_STALLED))
		set(d, p, type, "False", agent ? "AgentAllTelemetryDataDropped" : "GatewayAllTelemetryDataDropped",
		    f->problems & TEL_FLOW_ALL_DROPPED ? TEL_SLICE_LIT(ALL_DROPPED) : stalled_message(d, f));
	else if (f->problems & TEL_FLOW_SOME_DROPPED)
		set(d, p, type, "False", agent ? "AgentSomeTelemetryDataDropped" : "GatewaySomeTelemetryDataDropped",
		    TEL_SLICE_LIT(SOME_DROPPED));
	else if (!agent && (f->problems & TEL_FLOW_THROTTLING))
		set(d, p, type, "False", "GatewayThrottling",
		    TEL_SLICE_LIT("Metric gateway is unable to receive metrics at current rate. See troubleshooting: " HELP
		                  "#gateway-throttling"));
	else
		return false;
	return true;
}

static void set_flow(tel__doc *d, const tel_status_facts *facts, tel__judged_pipeline *p)
{
	tel_flow_finding gateway = gather(facts->gateway_flow, tel__pipeline_name(p->pipeline));
	tel_flow_finding agent = gather(facts->agent_flow, tel__pipeline_name(p->pipeline));
	const char *type = "TelemetryFlowHealthy";

	if (p->judgement.verdict != TEL_PIPELINE_VERDICT_OK && p->judgement.verdict != TEL_PIPELINE_VERDICT_EXPIRING)
		set(d, p, type, "False", "ConfigurationNotGenerated",
		    TEL_SLICE_LIT("No metrics delivered to backend because MetricPipeline specification is not applied to the "
		                  "configuration of Metric gateway. Check the 'ConfigurationGenerated' condition for more details"));
	else if (!facts->gateway_flow && !facts->agent_flow)
		return;
	else if (facts->gateway_flow && facts->gateway_flow->failed)
		set(d, p, type, "Unknown", "GatewayProbingFailed",
		    TEL_SLICE_LIT("Could not determine the health of the telemetry flow because the self monitor probing of gateway "
		                  "failed"));
	else if (facts->agent_flow && facts->agent_flow->failed)
		set(d, p, type, "Unknown", "AgentProbingFailed",
		    TEL_SLICE_LIT("Could not determine the health of the telemetry flow because the self monitor probing of agent "
		                  "failed"));
	else if (!set_problem(d, p, &gateway, false) && !set_problem(d, p, &agent, true))
		set(d, p, type, "True", "FlowHealthy", TEL_SLICE_LIT("No problems detected in the telemetry flow"));
}

void tel__pipeline_conditions(tel__doc *d, const tel_status_facts *facts, tel__judged_pipeline *p)
{
	if (!p->needs_agent)
		set(d, p, "AgentHealthy", "True", "AgentNotRequired", TEL_SLICE_LIT(""));
	else if (facts->agent)
		set_health(d, p, facts->agent, true);
	if (facts->gateway)
		set_health(d, p, facts->gateway, false);
	set_configuration(d, p);
	set_flow(d, facts, p);
}
