/* SPDX-License-Identifier: Apache-2.0 */
#include "control/workload_read.h"

#include "base/slice_i.h"

#define HASH_LABEL "pod-template-hash"

/* ---- walking ---- */

/* Below node along names, which end with NULL. NULL: something is missing. */
static const tel__node *at(const tel__node *node, const char *const *names)
{
	for (; node && *names; names++)
		node = tel__node_get(node, *names);
	return node;
}

#define AT(node, ...) at(node, (const char *const[]){ __VA_ARGS__, NULL })

static tel_slice text(const tel__node *node)
{
	return node && node->type == TEL__NODE_STRING ? node->text : TEL_SLICE_LIT("");
}

static int64_t number(const tel__node *node, int64_t absent)
{
	return node && node->type == TEL__NODE_INT ? node->v.i : absent;
}

static size_t count_items(const tel__node *list)
{
	return list && list->type == TEL__NODE_LIST ? list->v.list.count : 0;
}

/* ---- which ReplicaSet ---- */

/* Maps that are absent, null or empty are the same. */
static bool is_empty(const tel__node *node)
{
	return !node || node->type == TEL__NODE_NULL || (node->type == TEL__NODE_MAP && node->v.map.count == 0);
}

static bool equal(const tel__node *a, const tel__node *b)
{
	return is_empty(a) || is_empty(b) ? is_empty(a) && is_empty(b) : tel__node_equal(a, b);
}

/* Has b every label of a, but the one that ReplicaSets add? */
static bool covers(const tel__node *a, const tel__node *b)
{
	for (uint32_t i = 0; a && a->type == TEL__NODE_MAP && i < a->v.map.count; i++) {
		const tel__node_entry *label = &a->v.map.entries[i], *same = b ? tel__node_find(b, label->key) : NULL;

		if (!tel__slice_is(label->key, HASH_LABEL) && (!same || !tel__node_equal(label->value, same->value)))
			return false;
	}
	return true;
}

static bool same_template(const tel__node *a, const tel__node *b)
{
	const tel__node *x = AT(a, "metadata", "labels"), *y = AT(b, "metadata", "labels");

	return covers(x, y) && covers(y, x) && equal(AT(a, "metadata", "annotations"), AT(b, "metadata", "annotations")) &&
	       equal(AT(a, "spec"), AT(b, "spec"));
}

static bool is_controlled(const tel__node *object, tel_slice uid)
{
	const tel__node *owners = AT(object, "metadata", "ownerReferences");

	for (size_t i = 0; i < count_items(owners); i++) {
		const tel__node *owner = owners->v.list.items[i], *controller = tel__node_get(owner, "controller");

		if (controller && controller->type == TEL__NODE_BOOL && controller->v.b && tel__slice_eq(text(tel__node_get(owner, "uid")), uid))
			return true;
	}
	return false;
}

/* The message does not tell which one it is, so it is enough that there is one. */
static bool has_revision(const tel__node *deployment, const tel__node *replica_sets)
{
	const tel__node *items = replica_sets ? tel__node_get(replica_sets, "items") : NULL;
	tel_slice uid = text(AT(deployment, "metadata", "uid"));

	for (size_t i = 0; i < count_items(items); i++)
		if (is_controlled(items->v.list.items[i], uid) &&
		    same_template(AT(deployment, "spec", "template"), AT(items->v.list.items[i], "spec", "template")))
			return true;
	return false;
}

/* ---- Pods ---- */

/* Is it a Pod of the workload's namespace and selector? */
static bool is_selected(const tel__node *workload, const tel__node *pod)
{
	const tel__node *wanted = AT(workload, "spec", "selector", "matchLabels"), *labels = AT(pod, "metadata", "labels");

	return tel__slice_eq(text(AT(workload, "metadata", "namespace")), text(AT(pod, "metadata", "namespace"))) &&
	       covers(wanted, labels);
}

static const tel__node *find_condition(const tel__node *pod, const char *type)
{
	const tel__node *conditions = AT(pod, "status", "conditions");

	for (size_t i = 0; i < count_items(conditions); i++)
		if (tel__slice_is(text(tel__node_get(conditions->v.list.items[i], "type")), type))
			return conditions->v.list.items[i];
	return NULL;
}

static bool is_object(const tel__node *node)
{
	return node && node->type == TEL__NODE_MAP;
}

static bool read_containers(tel__arena *arena, const tel__node *pod, tel_pod_facts *facts)
{
	const tel__node *statuses = AT(pod, "status", "containerStatuses");
	size_t count = count_items(statuses);
	tel_container_facts *containers = tel__arena_array(arena, count + 1, sizeof(*containers));

	if (!containers)
		return false;
	for (size_t i = 0; i < count; i++) {
		const tel__node *status = statuses->v.list.items[i], *waiting = AT(status, "state", "waiting");
		const tel__node *terminated = AT(status, "lastState", "terminated");

		containers[i] = (tel_container_facts){ text(tel__node_get(status, "name")), is_object(waiting), is_object(terminated),
			                                   text(AT(waiting, "reason")), text(AT(waiting, "message")),
			                                   text(AT(terminated, "reason")) };
	}
	facts->containers = containers;
	facts->container_count = count;
	return true;
}

static bool read_pod(tel__arena *arena, const tel__node *pod, tel_pod_facts *facts)
{
	const tel__node *ready = find_condition(pod, "Ready"), *scheduled = find_condition(pod, "PodScheduled");

	*facts = (tel_pod_facts){ .name = text(AT(pod, "metadata", "name")), .phase = text(AT(pod, "status", "phase")),
		                      .message = text(AT(pod, "status", "message")) };
	facts->ready = ready && tel__slice_is(text(tel__node_get(ready, "status")), "True");
	facts->unscheduled = scheduled && tel__slice_is(text(tel__node_get(scheduled, "status")), "False");
	if (facts->unscheduled)
		facts->unscheduled_message = text(tel__node_get(scheduled, "message"));
	return read_containers(arena, pod, facts);
}

static bool read_pods(tel__arena *arena, const tel__workload_objects *objects, tel_workload_facts *facts)
{
	const tel__node *items = objects->pods ? tel__node_get(objects->pods, "items") : NULL;
	tel_pod_facts *pods = tel__arena_array(arena, count_items(items) + 1, sizeof(*pods));
	size_t count = 0;

	if (!pods)
		return false;
	for (size_t i = 0; i < count_items(items); i++)
		if (is_selected(objects->workload, items->v.list.items[i]) && !read_pod(arena, items->v.list.items[i], &pods[count++]))
			return false;
	facts->pods = pods;
	facts->pod_count = count;
	return true;
}

bool tel__workload_read(tel__arena *arena, const tel__workload_objects *objects, bool daemon_set,
                        tel_workload_facts *ret_facts)
{
	tel_workload_facts facts = TEL_WORKLOAD_FACTS_INIT;
	const tel__node *w = objects->workload;

	if (!w) {
		facts.state = TEL_WORKLOAD_MISSING;
	} else if (daemon_set) {
		facts.desired = number(AT(w, "status", "desiredNumberScheduled"), 0);
		facts.ready = number(AT(w, "status", "numberReady"), 0);
		facts.updated = number(AT(w, "status", "updatedNumberScheduled"), 0);
	} else {
		facts.desired = number(AT(w, "spec", "replicas"), 1);
		facts.ready = number(AT(w, "status", "readyReplicas"), 0);
		facts.state = has_revision(w, objects->replica_sets) ? TEL_WORKLOAD_FOUND : TEL_WORKLOAD_NO_REVISION;
	}
	if (w && !read_pods(arena, objects, &facts))
		return false;
	*ret_facts = facts;
	return true;
}
