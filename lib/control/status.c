/* SPDX-License-Identifier: Apache-2.0 */
/* tel_status_judge() and what is asked of its result. */
#include "control/status.h"

#include <stdlib.h>

#include "base/calendar.h"
#include "base/mem.h"
#include "base/slice_i.h"

enum { ARENA_CAP = 256 << 20, SECOND = 1000000000 };

/* ---- judging ---- */

static tel_slice time_text(tel__doc *d, uint64_t unix_ns)
{
	tel__date t = tel__date_of((int64_t)(unix_ns / SECOND));

	return tel__doc_fmt(d, "%04u-%02u-%02uT%02u:%02u:%02uZ", (unsigned)t.year, t.month, t.day, t.hour, t.minute, t.second);
}

static tel_err judge_pipeline(tel__doc *d, const tel_pipeline_set *set, const tel_status_facts *facts, bool holds,
                              tel__judged_pipeline *p)
{
	const tel__metadata *metadata = p->pipeline->metadata;
	tel_err rc = TEL_OK;

	p->untouched = facts->paused || (metadata && metadata->deletion_timestamp.len > 0);
	p->needs_agent = tel__pipeline_needs_agent(p->pipeline);
	p->conditions.generation = metadata ? metadata->generation : 0;
	tel__conditions_read(d, p->pipeline->status, tel__pipeline_condition_types, &p->conditions);
	if (d->failed || p->untouched)
		return TEL_OK;
	rc = tel__pipeline_judge(d, set, facts, p->pipeline, holds, &p->judgement);
	if (rc == TEL_OK)
		tel__pipeline_conditions(d, facts, p);
	return rc;
}

static tel_err judge_pipelines(tel__doc *d, const tel_pipeline_set *set, const tel_status_facts *facts, tel_slice now,
                               tel_status *status)
{
	bool *holds = tel__arena_array(d->arena, set->pipeline_count + 1, sizeof(*holds));
	tel_err rc = TEL_OK;

	status->pipelines = tel__arena_array(d->arena, set->pipeline_count + 1, sizeof(*status->pipelines));
	if (!holds || !status->pipelines || !tel__limit_judge(d->arena, set, facts, holds))
		return TEL_ERR_NOMEM;
	status->pipeline_count = set->pipeline_count;
	for (size_t i = 0; i < set->pipeline_count && rc == TEL_OK && !d->failed; i++) {
		status->pipelines[i] = (tel__judged_pipeline){ .pipeline = set->pipelines[i], .conditions.now = now };
		rc = judge_pipeline(d, set, facts, holds[i], &status->pipelines[i]);
	}
	return rc;
}

static tel_err judge_telemetries(tel__doc *d, const tel_pipeline_set *set, const tel_status_facts *facts, tel_slice now,
                                 tel_status *status)
{
	status->telemetries = tel__arena_array(d->arena, set->telemetry_count + 1, sizeof(*status->telemetries));
	if (!status->telemetries)
		return TEL_ERR_NOMEM;
	status->telemetry_count = set->telemetry_count;
	for (size_t i = 0; i < set->telemetry_count && !d->failed; i++) {
		status->telemetries[i] = (tel__judged_telemetry){ .telemetry = set->telemetries[i], .conditions.now = now };
		tel__telemetry_judge(d, status, set, facts, &status->telemetries[i]);
	}
	return TEL_OK;
}

static int compare_findings(const void *a, const void *b)
{
	const tel_flow_finding *x = a, *y = b;
	int order = tel__slice_cmp(x->pipeline, y->pipeline);

	return order ? order : tel__slice_cmp(x->where, y->where);
}

/* By pipeline, those of everybody first. */
static bool sort_findings(tel__arena *arena, tel_flow_facts *flow)
{
	tel_flow_finding *sorted;

	if (flow->count == 0)
		return true;
	sorted = tel__arena_array(arena, flow->count, sizeof(*sorted));
	if (!sorted)
		return false;
	memcpy(sorted, flow->findings, flow->count * sizeof(*sorted));
	qsort(sorted, flow->count, sizeof(*sorted), compare_findings);
	flow->findings = sorted;
	return true;
}

/* The facts of a caller who may know fewer members than we do. */
static void take_facts(const tel_status_facts *facts, tel_status_facts *out, tel_workload_facts workloads[2],
                       tel_flow_facts flows[2])
{
	const tel_workload_facts **workload_of[] = { &out->gateway, &out->agent };
	const tel_flow_facts **flow_of[] = { &out->gateway_flow, &out->agent_flow };

	memcpy(out, facts, facts->size < sizeof(*out) ? facts->size : sizeof(*out));
	for (size_t i = 0; i < 2; i++) {
		const tel_workload_facts *workload = *workload_of[i];
		const tel_flow_facts *flow = *flow_of[i];

		if (workload) {
			memcpy(&workloads[i], workload, workload->size < sizeof(*workload) ? workload->size : sizeof(*workload));
			*workload_of[i] = &workloads[i];
		}
		if (flow) {
			memcpy(&flows[i], flow, flow->size < sizeof(*flow) ? flow->size : sizeof(*flow));
			*flow_of[i] = &flows[i];
		}
	}
}

/* An array that is there when there is something in it. */
static bool is_array(const void *items, size_t count)
{
	return items || count == 0;
}

static bool in_range(const tel_status_facts *f)
{
	if (!is_array(f->owners, f->owner_count) || !is_array(f->secret_failures, f->secret_failure_count) ||
	    (f->gateway && !is_array(f->gateway->pods, f->gateway->pod_count)) ||
	    (f->agent && !is_array(f->agent->pods, f->agent->pod_count)) ||
	    (f->gateway_flow && !is_array(f->gateway_flow->findings, f->gateway_flow->count)) ||
	    (f->agent_flow && !is_array(f->agent_flow->findings, f->agent_flow->count)))
		return false;
	return (unsigned)f->lock <= TEL_LOCK_UNREADABLE && (!f->gateway || (unsigned)f->gateway->state <= TEL_WORKLOAD_ERROR) &&
	       (!f->agent || (unsigned)f->agent->state <= TEL_WORKLOAD_ERROR);
}

tel_err tel_status_judge(const tel_pipeline_set *set, const tel_status_facts *facts, const tel_alloc *alloc,
                         tel_status **ret_status)
{
	tel_workload_facts workloads[2] = { TEL_WORKLOAD_FACTS_INIT, TEL_WORKLOAD_FACTS_INIT };
	tel_flow_facts flows[2] = { TEL_FLOW_FACTS_INIT, TEL_FLOW_FACTS_INIT };
	const tel_alloc *a = tel__alloc_or_default(alloc);
	tel_status_facts given = TEL_STATUS_FACTS_INIT;
	tel__doc d = { NULL, false };
	tel_status *status;
	tel_slice now;
	tel_err rc;

	if (!set || !facts)
		return TEL_ERR_ARG;
	take_facts(facts, &given, workloads, flows);
	if (!in_range(&given))
		return TEL_ERR_ARG;
	status = tel__mem_zero(a, 1, sizeof(*status));
	if (!status)
		return TEL_ERR_NOMEM;
	status->alloc = *a;
	status->paused = given.paused;
	status->cluster_unreadable = given.cluster_unreadable;
	rc = tel__arena_new(&status->alloc, ARENA_CAP, NULL, &status->arena);
	d.arena = status->arena;
	if (rc == TEL_OK && (!sort_findings(d.arena, &flows[0]) || !sort_findings(d.arena, &flows[1])))
		rc = TEL_ERR_NOMEM;
	if (rc == TEL_OK) {
		now = time_text(&d, given.now_unix_ns);
		rc = judge_pipelines(&d, set, &given, now, status);
		if (rc == TEL_OK)
			rc = judge_telemetries(&d, set, &given, now, status);
	}
	if (rc == TEL_OK && d.failed)
		rc = TEL_ERR_NOMEM;
	if (rc == TEL_ERR_NOMEM && status->arena && tel__arena_error(status->arena) == TEL_ERR_LIMIT)
		rc = TEL_ERR_LIMIT;
	if (rc == TEL_OK)
		*ret_status = status;
	else
		tel_status_free(status);
	return rc;
}

void tel_status_free(tel_status *status)
{
	tel_alloc alloc;

	if (!status)
		return;
	alloc = status->alloc;
	tel__arena_unref(status->arena);
	tel__mem_free(&alloc, status, 1, sizeof(*status));
}

/* ---- asking ---- */

static bool is_active(const tel__judged_pipeline *p)
{
	return !p->untouched && (p->judgement.verdict == TEL_PIPELINE_VERDICT_OK ||
		p->judgement.verdict == TEL_PIPELINE_VERDICT_EXPIRING);
}

bool tel__status_is_active(const tel_status *status, const tel_pipeline_set *set, size_t index)
{
	return !status || (index < status->pipeline_count && status->pipelines[index].pipeline == set->pipelines[index] &&
	                   is_active(&status->pipelines[index]));
}

tel_err tel_status_pipeline(const tel_status *status, size_t index, tel_pipeline_status *ret_pipeline)
{
	tel_pipeline_status found = TEL_PIPELINE_STATUS_INIT;
	const tel__judged_pipeline *p;

	if (index >= status->pipeline_count)
		return TEL_ERR_NOT_FOUND;
	p = &status->pipelines[index];
	found.size = ret_pipeline->size;
	found.name = tel__pipeline_name(p->pipeline);
	found.verdict = p->judgement.verdict;
	found.reason = p->judgement.reason;
	found.active = is_active(p);
	found.needs_agent = p->needs_agent;
	found.untouched = p->untouched;
	found.changed = p->conditions.changed;
	found.recheck_s = p->judgement.recheck_s;
	found.condition_count = p->conditions.count;
	memcpy(ret_pipeline, &found, found.size < sizeof(found) ? found.size : sizeof(found));
	return TEL_OK;
}

tel_err tel_status_plan(const tel_status *status, tel_status_actions *ret_actions)
{
	tel_status_actions found = TEL_STATUS_ACTIONS_INIT;
	bool active = false, agent = false;

	found.size = ret_actions->size;
	found.retry = status->cluster_unreadable && !status->paused;
	for (size_t i = 0; i < status->pipeline_count; i++) {
		const tel__judged_pipeline *p = &status->pipelines[i];

		found.retry = found.retry || (!p->untouched && p->judgement.verdict == TEL_PIPELINE_VERDICT_API);
		active = active || is_active(p);
		agent = agent || (is_active(p) && p->needs_agent);
		if (p->judgement.recheck_s && (!found.recheck_s || p->judgement.recheck_s < found.recheck_s))
			found.recheck_s = p->judgement.recheck_s;
	}
	if (!status->paused && !found.retry) {
		found.gateway = active ? TEL_WORKLOAD_APPLY : TEL_WORKLOAD_DELETE;
		found.agent = agent ? TEL_WORKLOAD_APPLY : TEL_WORKLOAD_DELETE;
	}
	memcpy(ret_actions, &found, found.size < sizeof(found) ? found.size : sizeof(found));
	return TEL_OK;
}

static tel_err take_condition(const tel__conditions *c, size_t number, tel_condition *ret_condition)
{
	if (number >= c->count)
		return TEL_ERR_NOT_FOUND;
	*ret_condition = c->items[number];
	return TEL_OK;
}

tel_err tel_status_condition(const tel_status *status, size_t index, size_t number, tel_condition *ret_condition)
{
	return index < status->pipeline_count ? take_condition(&status->pipelines[index].conditions, number, ret_condition)
	                                      : TEL_ERR_NOT_FOUND;
}

tel_err tel_status_telemetry(const tel_status *status, size_t index, tel_telemetry_status *ret_telemetry)
{
	tel_telemetry_status found = TEL_TELEMETRY_STATUS_INIT;
	const tel__judged_telemetry *t;

	if (index >= status->telemetry_count)
		return TEL_ERR_NOT_FOUND;
	t = &status->telemetries[index];
	found.size = ret_telemetry->size;
	found.name = t->telemetry->metadata ? t->telemetry->metadata->name : TEL_SLICE_LIT("");
	found.state = t->state;
	found.grpc_endpoint = t->grpc_endpoint;
	found.http_endpoint = t->http_endpoint;
	found.changed = t->changed;
	found.condition_count = t->conditions.count;
	memcpy(ret_telemetry, &found, found.size < sizeof(found) ? found.size : sizeof(found));
	return TEL_OK;
}

tel_err tel_status_telemetry_condition(const tel_status *status, size_t index, size_t number, tel_condition *ret_condition)
{
	return index < status->telemetry_count ? take_condition(&status->telemetries[index].conditions, number, ret_condition)
	                                       : TEL_ERR_NOT_FOUND;
}
