/* SPDX-License-Identifier: Apache-2.0 */
/* Workloads as a real API server tells of them (kyma-metrics.md 7.5). */
#include "seams/cm.h"

#include <stdio.h>

#include "base/slice_i.h"
#include "control/judge.h"
#include "control/workload_read.h"
#include "seams/conformance.h"
#include "torture/torture.h"

#define NOT_RUNNING(container, why) "Pod is in the pending state because container: " container " is not running due to: " why \
	". Please check the container: " container " logs."

static tel__node *parse(tel__arena *arena, const char *text)
{
	tel__node *root = NULL;

	assert_ok(tel__yaml_parse(arena, NULL, tel__slice_str(text), 0, &root, NULL));
	return root;
}

/* ---- which ReplicaSet, which Pods ---- */

#define DEPLOYMENT "{metadata: {name: g, namespace: n, uid: u}, spec: {replicas: 2, selector: {matchLabels: {app: g}}, template: {metadata: " \
	"{labels: {app: g}, annotations: {a: '1'}}, spec: {containers: [{name: c, image: i}]}}}, status: {readyReplicas: 1}}"
#define SET(owner, controller, labels, image) "{metadata: {ownerReferences: [{uid: " owner ", controller: " controller "}]}, spec: {template: {metadata: {labels: {" \
	labels "}, annotations: {a: '1'}}, spec: {containers: [{name: c, image: " image "}]}}}}"

static const struct {
	const char *name, *workload, *sets, *pods;
	bool daemon_set;
	tel_workload_state state;
	int64_t desired, ready, updated;
	size_t pod_count;
} rows[] = {
	{ "no Deployment", NULL, NULL, NULL, false, TEL_WORKLOAD_MISSING, 0, 0, 0, 0 },
	{ "no DaemonSet", NULL, NULL, NULL, true, TEL_WORKLOAD_MISSING, 0, 0, 0, 0 },
	{ "its ReplicaSet", DEPLOYMENT, "{items: [" SET("u", "true", "app: g, pod-template-hash: x", "i") "]}", NULL, false, TEL_WORKLOAD_FOUND, 2, 1, 0, 0 },
	{ "one of several", DEPLOYMENT, "{items: [" SET("u", "true", "app: g", "old") ", " SET("u", "true", "app: g", "i") "]}", NULL, false,
	  TEL_WORKLOAD_FOUND, 2, 1, 0, 0 },
	{ "no ReplicaSets", DEPLOYMENT, NULL, NULL, false, TEL_WORKLOAD_NO_REVISION, 2, 1, 0, 0 },
	{ "an empty list", DEPLOYMENT, "{items: null}", NULL, false, TEL_WORKLOAD_NO_REVISION, 2, 1, 0, 0 },
	{ "of the old image", DEPLOYMENT, "{items: [" SET("u", "true", "app: g", "old") "]}", NULL, false, TEL_WORKLOAD_NO_REVISION, 2, 1, 0, 0 },
	{ "of other labels", DEPLOYMENT, "{items: [" SET("u", "true", "app: h", "i") "]}", NULL, false, TEL_WORKLOAD_NO_REVISION, 2, 1, 0, 0 },
	{ "with one more label", DEPLOYMENT, "{items: [" SET("u", "true", "app: g, b: c", "i") "]}", NULL, false, TEL_WORKLOAD_NO_REVISION, 2, 1, 0, 0 },
	{ "of somebody else", DEPLOYMENT, "{items: [" SET("v", "true", "app: g", "i") "]}", NULL, false, TEL_WORKLOAD_NO_REVISION, 2, 1, 0, 0 },
	{ "owned, not controlled", DEPLOYMENT, "{items: [" SET("u", "false", "app: g", "i") "]}", NULL, false, TEL_WORKLOAD_NO_REVISION, 2, 1, 0, 0 },
	{ "replicas by default", "{spec: {template: {}}, metadata: {uid: u}}",
	  "{items: [{metadata: {ownerReferences: [{uid: u, controller: true}]}, spec: {template: {metadata: {labels: {pod-template-hash: x}}}}}]}", NULL, false,
	  TEL_WORKLOAD_FOUND, 1, 0, 0, 0 },
	{ "numbers of a DaemonSet", "{status: {desiredNumberScheduled: 3, numberReady: 2, updatedNumberScheduled: 1}}", NULL, NULL, true, TEL_WORKLOAD_FOUND, 3, 2, 1, 0 },
	{ "Pods of namespace and selector", "{metadata: {namespace: n}, spec: {selector: {matchLabels: {a: b}}}}", NULL,
	  "{items: [{metadata: {namespace: n, labels: {a: b, c: d}}}, {metadata: {namespace: m, labels: {a: b}}}, {metadata: {namespace: n, labels: {a: c}}}, "
	  "{metadata: {namespace: n}}, 7, {metadata: {namespace: n, labels: {a: b}}}]}", true, TEL_WORKLOAD_FOUND, 0, 0, 0, 2 },
	{ "nothing of it has its shape", "[1]", "{items: {a: b}}", "{items: [[], null]}", false, TEL_WORKLOAD_NO_REVISION, 1, 0, 0, 2 },
};

static void objects_become_facts(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tel__workload_objects objects = { NULL, NULL, NULL };
		tel_workload_facts facts;
		tel__arena *arena = NULL;

		assert_ok(tel__arena_new(NULL, 0, NULL, &arena));
		objects.workload = rows[i].workload ? parse(arena, rows[i].workload) : NULL;
		objects.replica_sets = rows[i].sets ? parse(arena, rows[i].sets) : NULL;
		objects.pods = rows[i].pods ? parse(arena, rows[i].pods) : NULL;
		assert_true(tel__workload_read(arena, &objects, rows[i].daemon_set, &facts));
		if (facts.state != rows[i].state || facts.desired != rows[i].desired || facts.ready != rows[i].ready ||
		    facts.updated != rows[i].updated || facts.pod_count != rows[i].pod_count)
			fail_msg("%s: state %d, %lld %lld %lld, %zu Pods", rows[i].name, (int)facts.state, (long long)facts.desired,
			         (long long)facts.ready, (long long)facts.updated, facts.pod_count);
		tel__arena_unref(arena);
	}
	print_message("# %zu workloads\n", sizeof(rows) / sizeof(rows[0]));
}

/* ---- recorded ---- */

static tel__node *parse_file(tel__arena *arena, const conformance *c, const char *name, conformance_file *ret_file)
{
	*ret_file = conformance_read(c, name);
	return parse(arena, ret_file->ptr);
}

static void recorded_deployments_have_their_replica_sets(void **state)
{
	conformance_file files[2];
	tel__arena *arena = NULL;
	const tel__node *deployments, *sets;
	conformance c;
	size_t count = 0;

	(void)state;
	if (!conformance_open(&c, "kubernetes/objects"))
		skip();
	assert_ok(tel__arena_new(NULL, 0, NULL, &arena));
	deployments = parse_file(arena, &c, "deployments.json", &files[0]);
	sets = parse_file(arena, &c, "replicasets.json", &files[1]);
	deployments = tel__node_get(deployments, "items");
	for (uint32_t i = 0; i < deployments->v.list.count; i++, count++) {
		tel__workload_objects objects = { deployments->v.list.items[i], sets, NULL };
		tel_workload_facts facts;

		assert_true(tel__workload_read(arena, &objects, false, &facts));
		assert_int_equal(facts.state, TEL_WORKLOAD_FOUND);
		assert_int_equal(facts.ready, facts.desired);
	}
	assert_true(count > 0);
	print_message("# %zu recorded Deployments\n", count);
	tel__arena_unref(arena);
	free(files[0].ptr);
	free(files[1].ptr);
	conformance_close(&c);
}

/* What is known to be wrong with them; of the others the phase tells. */
static const struct {
	const char *pod, *message;
} sick[] = {
	{ "crash", NOT_RUNNING("crash", "Error") },
	{ "oom", NOT_RUNNING("oom", "OOMKilled") },
	{ "no-image", NOT_RUNNING("no-image", "ErrImageNeverPull") },
};

static void expect_pod(tel__doc *d, const tel_pod_facts *pod)
{
	tel_workload_facts facts = TEL_WORKLOAD_FACTS_INIT;
	tel_slice message = { "", 0 }, wanted = { "", 0 };

	facts.desired = 1;
	facts.pods = pod;
	facts.pod_count = 1;
	if (tel__slice_is(pod->phase, "Failed"))
		wanted = tel__doc_fmt(d, "Pod is in the failed state due to: %.*s", TEL_SLICE_ARG(pod->message));
	else if (pod->unscheduled)
		wanted = tel__doc_fmt(d, NOT_RUNNING("", "%.*s"), TEL_SLICE_ARG(pod->unscheduled_message));
	for (size_t i = 0; i < sizeof(sick) / sizeof(sick[0]); i++)
		if (tel__slice_is(pod->name, sick[i].pod))
			wanted = tel__slice_str(sick[i].message);
	assert_int_equal(tel__workload_judge(d, &facts, false, &message), wanted.len ? TEL__HEALTH_NOT_READY : TEL__HEALTH_ROLLOUT);
	if (wanted.len && !tel__slice_eq(message, wanted))
		fail_msg("%.*s: %.*s", TEL_SLICE_ARG(pod->name), TEL_SLICE_ARG(message));
}

static size_t expect_pods(tel__arena *arena, const tel__node *list)
{
	tel__node *nowhere = parse(arena, "{metadata: {namespace: x}, status: {}}");
	const tel__node *items = tel__node_get(list, "items");
	tel__doc d = { arena, false };
	size_t count = 0;

	for (uint32_t i = 0; items && i < items->v.list.count; i++) {
		tel__workload_objects objects = { nowhere, NULL, list };
		tel_workload_facts facts;

		/* each Pod's namespace in turn */
		nowhere->v.map.entries[0].value->v.map.entries[0].value->text =
			tel__node_get(tel__node_get(items->v.list.items[i], "metadata"), "namespace")->text;
		assert_true(tel__workload_read(arena, &objects, true, &facts));
		for (size_t k = 0; k < facts.pod_count; k++)
			expect_pod(&d, &facts.pods[k]);
		count++;
	}
	return count;
}

static void recorded_pods_say_what_is_wrong_with_them(void **state)
{
	static const struct {
		const char *folder, *file;
	} lists[] = { { "kubernetes/objects", "pods-on-node.json" }, { "kubernetes/pairs/attributes", "objects-pods.json" },
		          { "kubernetes/pairs/cluster", "objects-pods.json" } };
	size_t count = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		tel__arena *arena = NULL;
		conformance_file file;
		conformance c;

		if (!conformance_open(&c, lists[i].folder))
			skip();
		assert_ok(tel__arena_new(NULL, 0, NULL, &arena));
		count += expect_pods(arena, parse_file(arena, &c, lists[i].file, &file));
		tel__arena_unref(arena);
		free(file.ptr);
		conformance_close(&c);
	}
	assert_true(count > 10);
	print_message("# %zu recorded Pods\n", count);
}

static tel_err read_scenario(const tel_alloc *alloc, void *user)
{
	tel_workload_facts facts;
	tel__arena *arena = NULL;
	tel_err rc = tel__arena_new(alloc, 0, NULL, &arena);

	if (rc == TEL_OK && !tel__workload_read(arena, user, false, &facts))
		rc = TEL_ERR_NOMEM;
	tel__arena_unref(arena);
	return rc;
}

static void reading_survives_every_failed_allocation(void **state)
{
	tel__workload_objects objects = { NULL, NULL, NULL };
	tel__arena *arena = NULL;

	(void)state;
	assert_ok(tel__arena_new(NULL, 0, NULL, &arena));
	objects.workload = parse(arena, "{metadata: {namespace: n}}");
	objects.pods = parse(arena, "{items: [{metadata: {namespace: n}, status: {containerStatuses: [{name: a}, {name: b}]}}]}");
	torture_alloc(read_scenario, &objects);
	tel__arena_unref(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_become_facts),
		cmocka_unit_test(recorded_deployments_have_their_replica_sets),
		cmocka_unit_test(recorded_pods_say_what_is_wrong_with_them),
		cmocka_unit_test(reading_survives_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
