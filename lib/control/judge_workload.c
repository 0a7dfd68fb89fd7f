/* SPDX-License-Identifier: Apache-2.0 */
/* Is a workload ready, and if it is not, why (kyma-metrics.md 7.5)? */
#include "base/slice_i.h"
#include "control/judge.h"

static tel_slice not_running(tel__doc *d, tel_slice container, tel_slice why)
{
	return tel__doc_fmt(d, "Pod is in the pending state because container: %.*s is not running due to: %.*s. "
	                       "Please check the container: %.*s logs.", TEL_SLICE_ARG(container), TEL_SLICE_ARG(why),
	                    TEL_SLICE_ARG(container));
}

static const tel_container_facts *first_waiting(const tel_pod_facts *pod)
{
	for (size_t i = 0; i < pod->container_count; i++)
		if (pod->containers[i].waiting)
			return &pod->containers[i];
	return NULL;
}

static bool is_starting(const tel_pod_facts *pod)
{
	for (size_t i = 0; i < pod->container_count; i++)
		if (pod->containers[i].waiting && (tel__slice_is(pod->containers[i].waiting_reason, "PodInitializing") ||
		                                   tel__slice_is(pod->containers[i].waiting_reason, "ContainerCreating")))
			return true;
	return false;
}

/* What a container waits for. Of one that ended before, why it did is worth more than that it is started again later. */
static tel_slice why_waiting(const tel_container_facts *c, bool running)
{
	if (!running)
		return c->waiting_reason.len ? c->waiting_reason : c->waiting_message;
	if (c->terminated_before && c->terminated_reason.len)
		return c->terminated_reason;
	return c->waiting_message.len ? c->waiting_message : c->waiting_reason;
}

/* false: nothing to say of this Pod. */
static bool look_at_pod(tel__doc *d, const tel_pod_facts *pod, tel_slice *ret_message)
{
	bool pending = tel__slice_is(pod->phase, "Pending"), running = tel__slice_is(pod->phase, "Running");
	const tel_container_facts *waiting = pending || running ? first_waiting(pod) : NULL;

	if (running && pod->ready)
		return false;
	if (pending && pod->unscheduled)
		*ret_message = not_running(d, TEL_SLICE_LIT(""), pod->unscheduled_message);
	else if (tel__slice_is(pod->phase, "Failed"))
		*ret_message = tel__doc_fmt(d, "Pod is in the failed state due to: %.*s", TEL_SLICE_ARG(pod->message));
	else if (waiting && !(pending && is_starting(pod)))
		*ret_message = not_running(d, waiting->name, why_waiting(waiting, running));
	else
		return false;
	return true;
}

static bool is_complete(const tel_workload_facts *f, bool daemon_set)
{
	return f->ready >= f->desired && (!daemon_set || f->updated == f->desired);
}

tel__health tel__workload_judge(tel__doc *d, const tel_workload_facts *facts, bool daemon_set, tel_slice *ret_message)
{
	const char *kind = daemon_set ? "DaemonSet" : "Deployment";

	switch (facts->state) {
	case TEL_WORKLOAD_MISSING:
		*ret_message = tel__doc_fmt(d, "%s is not yet created", kind);
		return TEL__HEALTH_NOT_READY;
	case TEL_WORKLOAD_NO_REVISION:
		*ret_message = TEL_SLICE_LIT("Failed to get latest ReplicaSets");
		return TEL__HEALTH_NOT_READY;
	case TEL_WORKLOAD_ERROR:
		*ret_message = tel__capitalised(d, facts->error);
		if (facts->error.len)
			return TEL__HEALTH_NOT_READY;
		/* fall through */
	case TEL_WORKLOAD_UNREADABLE:
		*ret_message = tel__doc_fmt(d, "Failed to get %s", kind);
		return TEL__HEALTH_NOT_READY;
	default:
		break;
	}
	if (is_complete(facts, daemon_set))
		return TEL__HEALTH_READY;
	*ret_message = TEL_SLICE_LIT("No Pods deployed");
	if (facts->pod_count == 0)
		return TEL__HEALTH_NOT_READY;
	for (size_t i = 0; i < facts->pod_count; i++)
		if (look_at_pod(d, &facts->pods[i], ret_message))
			return TEL__HEALTH_NOT_READY;
	return TEL__HEALTH_ROLLOUT;
}
