/* SPDX-License-Identifier: Apache-2.0 */
/* k8s_attributes and lists of kubectl beside what is recorded: otel-processing.md 8. */
#include <stdio.h>

#include <telemetry/cursor.h>
#include <telemetry/offline.h>
#include <telemetry/otlp.h>

#include "base/slice_i.h"
#include "process/ends.h"
#include "process/kube.h"
#include "seams/cm.h"
#include "torture/torture.h"

#define POD(name, uid, meta, spec, status) "{\"kind\":\"Pod\",\"metadata\":{\"name\":\"" name "\",\"namespace\":\"shop\",\"uid\":\"" uid \
	"\",\"creationTimestamp\":\"2026-01-01T00:00:00Z\"" meta "},\"spec\":{\"nodeName\":\"n1\"" spec "},\"status\":{" status "}}"
#define OWNER(kind, name, uid) ",\"ownerReferences\":[{\"kind\":\"" kind "\",\"name\":\"" name "\",\"uid\":\"" uid "\"}]"
#define IP(ip, start) "\"podIP\":\"" ip "\",\"startTime\":\"" start "\""

static const char cluster[] =
	"{\"apiVersion\":\"v1\",\"items\":["
	POD("web-57d8f5dd5b-x", "u1", OWNER("ReplicaSet", "web-57d8f5dd5b", "r1") ",\"labels\":{\"app\":\"web\",\"empty\":\"\","
	    "\"app.kubernetes.io/name\":\"n\",\"app.kubernetes.io/instance\":\"inst\"},\"annotations\":{"
	    "\"resource.opentelemetry.io/team\":\"blue\",\"resource.opentelemetry.io/service.name\":\"other\"}",
	    ",\"containers\":[{\"name\":\"main\",\"image\":\"host:5000/a/b:1.2@sha256:00\"},{\"name\":\"side\",\"image\":\"c\"}]",
	    IP("10.0.0.1", "2026-01-01T00:00:00Z") ",\"containerStatuses\":[{\"name\":\"main\",\"containerID\":\"containerd://c1\","
	    "\"restartCount\":2},{\"name\":\"side\",\"containerID\":\"containerd://c2\",\"restartCount\":0}]") ","
	POD("web-7c9f8-y", "u2", OWNER("ReplicaSet", "web-7c9f8", "r9"), "", IP("10.0.0.2", "2026-01-01T00:00:00Z")) ","
	POD("job-7-z", "u3", OWNER("Job", "load-7", "j1"), "", IP("10.0.0.3", "2026-01-01T00:00:00Z")) ","
	POD("host", "u4", "", ",\"hostNetwork\":true", IP("10.9.0.1", "2026-01-01T00:00:00Z")) ","
	POD("old", "u5", "", "", IP("10.0.0.5", "2026-01-01T00:00:00Z")) ","
	POD("new", "u6", "", "", IP("10.0.0.5", "2026-02-01T00:00:00Z")) ","
	POD("older", "u7", "", "", IP("10.0.0.5", "2025-02-01T00:00:00Z")) ","
	POD("jaeger-agent-1", "u8", "", "", IP("10.0.0.8", "2026-01-01T00:00:00Z")) ","
	POD("ignored", "u9", ",\"annotations\":{\"opentelemetry.io/k8s-processor/ignore\":\" TRUE \"}", "",
	    IP("10.0.0.9", "2026-01-01T00:00:00Z")) ","
	"{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\",\"uid\":\"nu\",\"labels\":{\"zone\":\"z\"}}},"
	"{\"kind\":\"Namespace\",\"metadata\":{\"name\":\"shop\",\"uid\":\"su\",\"labels\":{\"team\":\"t\"}}},"
	"{\"kind\":\"Namespace\",\"metadata\":{\"name\":\"kube-system\",\"uid\":\"cu\"}},"
	"{\"kind\":\"DaemonSet\",\"metadata\":{\"name\":\"d\",\"uid\":\"du\",\"labels\":{\"l\":\"v\"}}},"
	"{\"kind\":\"Service\",\"metadata\":{\"name\":\"s\"}}"
	"],\"kind\":\"List\"}";

static const char replicasets[] =
	"{\"kind\":\"ReplicaSetList\",\"items\":[{\"metadata\":{\"name\":\"web-57d8f5dd5b\",\"uid\":\"r1\"" OWNER("Deployment", "web", "d1") "}},"
	"{\"metadata\":{\"name\":\"web-7c9f8\",\"uid\":\"r9\"" OWNER("Deployment", "web", "d1") "}}]}";

static tel_config *load(const char *options)
{
	char text[4096], why[512];
	snprintf(text, sizeof text, "receivers: {in: {}}\nexporters: {out: {}}\nprocessors:\n  k8s_attributes: %s\nservice:\n"
	         "  pipelines:\n    metrics: {receivers: [in], processors: [k8s_attributes], exporters: [out]}\n", options);
	tel_config *config = ends_load(text, strlen(text), why, sizeof why);
	if (!config)
		fail_msg("%s", why);
	return config;
}

/* "key=value key=value", in the order of the resource; other than strings as "?". */
static int list_attributes(const tel_plan_entry *entry, void *user)
{
	char *text = user;
	tel_cursor cursor;
	tel_resource_view view;
	tel_pair pair;
	size_t at = 0;
	tel_cursor_init(&cursor, entry->metrics);
	assert_true(tel_cursor_next_resource(&cursor, &view));
	text[0] = 0;
	while (tel_attr_next(&view.attributes, &pair))
		at += (size_t)snprintf(text + at, 4096 - at, "%s" TEL_SLICE_FMT "=%.*s", at ? " " : "", TEL_SLICE_ARG(pair.key),
		                       pair.value.type == TEL_VALUE_STRING ? (int)pair.value.u.bytes.len : 1,
		                       pair.value.type == TEL_VALUE_STRING ? pair.value.u.bytes.ptr : "?");
	return 0;
}

/* attributes: "key=value key=value", the resource as it comes. */
static tel_err resource_of(const tel_alloc *alloc, const char *attributes, tel_metrics **ret_metrics)
{
	char text[2048];
	size_t at = (size_t)snprintf(text, sizeof text, "{\"resourceMetrics\":[{\"schemaUrl\":\"u\",\"resource\":{\"attributes\":[");
	tel_slice rest = tel__slice_str(attributes), item;
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	bool first = true;
	while (rest.len && tel__slice_next(&rest, ' ', &item)) {
		size_t n = tel__slice_find(item, '=');
		at += (size_t)snprintf(text + at, sizeof text - at, "%s{\"key\":\"%.*s\",\"value\":{\"stringValue\":\"%.*s\"}}", first ? "" : ",",
		                       (int)n, item.ptr, (int)(item.len - n - 1), item.ptr + n + 1);
		first = false;
	}
	snprintf(text + at, sizeof text - at, "]},\"scopeMetrics\":[{\"metrics\":[{\"name\":\"m\",\"gauge\":{\"dataPoints\":[{}]}}]}]}]}");
	opts.alloc = alloc;
	return tel_otlp_json_decode(tel__slice_str(text), &opts, ret_metrics, NULL, NULL);
}

static tel_kube *make_cluster(bool with_replicasets)
{
	tel_kube *kube = NULL;
	assert_ok(tel_kube_new(NULL, &kube));
	assert_ok(tel_kube_read(kube, tel__slice_str(cluster), NULL));
	if (with_replicasets)
		assert_ok(tel_kube_read(kube, tel__slice_str(replicasets), NULL));
	return kube;
}

#define BY_IP "pod_association: [{sources: [{from: resource_attribute, name: k8s.pod.ip}]}]"

static const struct row {
	const char *options, *peer, *attributes, *out;
	bool with_replicasets;
} rows[] = {
	/* owners */
	{ "{extract: {metadata: [k8s.deployment.name, k8s.deployment.uid, service.name]}}", "10.0.0.1", "",
	  "service.name=inst k8s.deployment.name=web k8s.deployment.uid=d1", true },
	{ "{extract: {metadata: [k8s.deployment.name, service.name]}}", "10.0.0.2:99", "", "service.name=web k8s.deployment.name=web", true },
	{ "{extract: {metadata: [k8s.deployment.name, service.name], deployment_name_from_replicaset: true}}", "10.0.0.2", "",
	  "service.name=web-7c9f8", true },
	{ "{extract: {metadata: [k8s.deployment.name]}}", "10.0.0.1", "", "k8s.deployment.name=web", false },
	{ "{extract: {metadata: [k8s.cronjob.name, k8s.job.uid, service.name]}}", "[::ffff:10.0.0.3]:1", "",
	  "service.name=load k8s.job.uid=j1 k8s.cronjob.name=load", false },
	/* identifiers */
	{ "{extract: {metadata: [k8s.pod.name]}, pod_association: [{sources: [{from: resource_attribute, name: k8s.pod.ip}]}, "
	  "{sources: [{from: connection}]}]}", "10.0.0.1", "k8s.pod.ip=1.2.3.4", "k8s.pod.ip=1.2.3.4", false },
	{ "{extract: {metadata: [k8s.pod.name]}, pod_association: [{sources: [{from: resource_attribute, name: k8s.pod.name}, "
	  "{from: resource_attribute, name: k8s.namespace.name}]}]}", "", "k8s.pod.name=old k8s.namespace.name=shop",
	  "k8s.pod.name=old k8s.namespace.name=shop", false },
	{ "{extract: {metadata: [k8s.pod.uid]}, pod_association: [{sources: [{from: resource_attribute, name: container.id}]}]}", "",
	  "container.id=c2", "container.id=c2 k8s.pod.uid=u1", false },
	{ "{extract: {metadata: [k8s.pod.uid], labels: [{key: app, tag_name: app}]}, pod_association: [{sources: [{from: "
	  "resource_attribute, name: app}]}]}", "", "app=web", "app=web k8s.pod.uid=u1", false },
	{ "{extract: {metadata: [k8s.pod.name]}}", "10.9.0.1", "", "", false },
	{ "{extract: {metadata: [k8s.pod.name]}, " BY_IP "}", "", "k8s.pod.ip=10.9.0.1", "k8s.pod.ip=10.9.0.1 k8s.pod.name=host", false },
	{ "{extract: {metadata: [k8s.pod.name]}}", "10.0.0.5", "", "k8s.pod.name=new", false },
	{ "{extract: {metadata: [k8s.pod.name]}}", "10.0.0.8", "", "", false },
	{ "{extract: {metadata: [k8s.pod.name]}, exclude: {pods: [{name: '^x'}]}}", "10.0.0.8", "", "k8s.pod.name=jaeger-agent-1", false },
	{ "{extract: {metadata: [k8s.pod.name]}}", "10.0.0.9", "", "k8s.pod.name=ignored", false },
	{ "{extract: {metadata: [k8s.pod.name], otel_annotations: true}}", "10.0.0.9", "", "", false },
	{ "{extract: {metadata: [k8s.pod.name]}}", "", "host.name=10.0.0.1", "host.name=10.0.0.1 k8s.pod.name=web-57d8f5dd5b-x", false },
	{ "{extract: {metadata: [k8s.pod.name]}}", "", "host.name=n1", "host.name=n1", false },
	{ "{passthrough: true}", "1.2.3.4:5", "", "k8s.pod.ip=1.2.3.4", false },
	{ "{extract: {metadata: [k8s.pod.ip]}, pod_association: [{sources: [{from: connection}]}]}", "1.2.3.4:5", "a=b",
	  "a=b k8s.pod.ip=1.2.3.4", false },
	/* where it is set */
	{ "{extract: {metadata: [k8s.pod.name, k8s.pod.uid]}}", "10.0.0.1", "k8s.pod.name=mine k8s.pod.uid=",
	  "k8s.pod.name=mine k8s.pod.uid=u1", false },
	/* rules */
	{ "{extract: {metadata: [], labels: [{key: app}, {key: empty}, {key_regex: 'app(.*)'}, {key_regex: 'a(.)p', tag_name: x.$$1}, "
	  "{from: node, key: zone}, {from: namespace, key: team}]}}", "10.0.0.1", "",
	  "k8s.pod.labels.app=web k8s.pod.labels.empty= k8s.pod.labels.app.kubernetes.io/name=n "
	  "k8s.pod.labels.app.kubernetes.io/instance=inst x.p=web k8s.namespace.labels.team=t", false },
	{ "{extract: {metadata: [k8s.node.name], labels: [{from: node, key: zone}]}}", "10.0.0.1", "",
	  "k8s.node.name=n1 k8s.node.labels.zone=z k8s.node.uid=nu", false },
	{ "{extract: {metadata: [], labels: [{from: node, key: zone}, {from: daemonset, key: l}]}}", "",
	  "k8s.node.name=n1 k8s.daemonset.uid=du",
	  "k8s.node.name=n1 k8s.daemonset.uid=du k8s.node.labels.zone=z k8s.node.uid=nu k8s.daemonset.label.l=v", false },
	{ "{extract: {metadata: [service.name], otel_annotations: true}}", "10.0.0.1", "", "service.name=inst team=blue", false },
	{ "{extract: {metadata: [service.namespace, k8s.cluster.uid]}}", "", "k8s.namespace.name=gone",
	  "k8s.namespace.name=gone service.namespace=gone", false },
	{ "{extract: {metadata: [k8s.cluster.uid]}}", "10.0.0.1", "", "k8s.cluster.uid=cu", false },
	/* containers */
	{ "{extract: {metadata: [container.image.name, container.image.tag, service.version, service.instance.id, container.id]}}",
	  "10.0.0.1", "k8s.container.name=main", "k8s.container.name=main container.image.name=host:5000/a/b container.image.tag=1.2 "
	  "service.version=1.2@sha256:00 service.instance.id=shop.web-57d8f5dd5b-x.main container.id=c1", false },
	{ "{extract: {metadata: [container.image.name, container.image.tag, service.version]}}", "10.0.0.1", "container.id=c2",
	  "container.id=c2 container.image.name=c container.image.tag=latest", false },
	{ "{extract: {metadata: [container.image.name]}}", "10.0.0.1", "", "", false },
	{ "{extract: {metadata: [container.id]}}", "10.0.0.1", "k8s.container.name=main k8s.container.restart_count=1",
	  "k8s.container.name=main k8s.container.restart_count=1", false },
};

static void resources_get_what_the_specification_says(void **state)
{
	(void)state;
	unsigned failed = 0;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tel_graph_opts opts = TEL_GRAPH_OPTS_INIT;
		tel_origin origin = TEL_ORIGIN_INIT;
		tel_offline *offline = NULL;
		tel_metrics *batch = NULL;
		char text[4096] = "";
		tel_config *config = load(rows[i].options);
		opts.kube = make_cluster(rows[i].with_replicasets);
		assert_ok(tel_offline_new(config, &opts, list_attributes, text, &offline, NULL));
		tel_kube_free(opts.kube);
		tel_config_free(config);
		origin.peer = tel__slice_str(rows[i].peer);
		assert_ok(resource_of(NULL, rows[i].attributes, &batch));
		assert_ok(tel_offline_run(offline, (tel_slice){ NULL, 0 }, batch, &origin, 1, NULL));
		if (strcmp(text, rows[i].out) != 0)
			print_message("%s (%s, %s)\n is     \"%s\"\n is not \"%s\"\n", rows[i].options, rows[i].peer, rows[i].attributes,
			              text, rows[i].out);
		failed += strcmp(text, rows[i].out) != 0;
		tel_offline_free(offline);
	}
	assert_int_equal(failed, 0);
}

static void a_change_of_the_cluster_is_seen(void **state)
{
	(void)state;
	tel_graph_opts opts = TEL_GRAPH_OPTS_INIT;
	tel_origin origin = TEL_ORIGIN_INIT;
	tel_offline *offline = NULL;
	tel_metrics *batch = NULL;
	char text[4096] = "";
	tel_config *config = load("{extract: {metadata: [k8s.pod.name]}}");
	opts.kube = make_cluster(false);
	assert_ok(tel_offline_new(config, &opts, list_attributes, text, &offline, NULL));
	tel_config_free(config);
	origin.peer = TEL_SLICE_LIT("10.0.0.77");
	assert_ok(resource_of(NULL, "", &batch));
	assert_ok(tel_offline_run(offline, (tel_slice){ NULL, 0 }, batch, &origin, 1, NULL));
	assert_string_equal(text, "");
	assert_ok(tel_kube_read(opts.kube, TEL_SLICE_LIT(POD("late", "u77", "", "", IP("10.0.0.77", ""))), NULL));
	assert_ok(resource_of(NULL, "", &batch));
	assert_ok(tel_offline_run(offline, (tel_slice){ NULL, 0 }, batch, &origin, 1, NULL));
	assert_string_equal(text, "k8s.pod.name=late");
	tel_kube_free(opts.kube);
	tel_offline_free(offline);
}

static void damaged_lists_say_where(void **state)
{
	(void)state;
	const struct {
		const char *text, *msg;
	} bad[] = {
		{ "", "JSON: empty text at line 1, column 1" },
		{ "[]", "not a Kubernetes object or list of objects" },
		{ "{}", "not a Kubernetes object: it has no kind" },
		{ "{\"kind\":\"List\",\"items\":[1]}", "not a Kubernetes object or list of objects" },
		{ "{\"kind\":\"List\",\"items\":[{\"kind\":\"Pod\",}]}", NULL },
		{ "{\"kind\":\"List\",\"items\":[{\"kind\":\"Pod\"}]} x", NULL },
	};
	const char *const good[] = { "{\"kind\":\"List\",\"items\":null}", "{\"kind\":\"List\",\"items\":[]}", "{\"items\":[]}",
		                         "{\"kind\":\"Pod\"}", "{\"kind\":\"Pod\",\"metadata\":null,\"spec\":[1],\"status\":\"x\"}",
		                         "{\"kind\":\"Pod\",\"metadata\":{\"name\":7,\"labels\":[],\"ownerReferences\":{}}}" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		tel_kube *kube = NULL;
		tel_error err = TEL_ERROR_INIT;
		assert_ok(tel_kube_new(NULL, &kube));
		assert_err(tel_kube_read(kube, tel__slice_str(bad[i].text), &err), TEL_ERR_MALFORMED);
		if (bad[i].msg)
			assert_string_equal(err.msg, bad[i].msg);
		tel_kube_free(kube);
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		tel_kube *kube = NULL;
		assert_ok(tel_kube_new(NULL, &kube));
		assert_ok(tel_kube_read(kube, tel__slice_str(good[i]), NULL));
		tel_kube_free(kube);
	}
}

static tel_err enrich_without_memory(const tel_alloc *alloc, void *user)
{
	tel_graph_opts opts = TEL_GRAPH_OPTS_INIT;
	tel_origin origin = TEL_ORIGIN_INIT;
	tel_offline *offline = NULL;
	tel_metrics *batch = NULL;
	char text[4096] = "";
	tel_err e = tel_kube_new(alloc, &opts.kube);
	opts.alloc = alloc;
	origin.peer = TEL_SLICE_LIT("10.0.0.1");
	if (!e)
		e = tel_kube_read(opts.kube, tel__slice_str(cluster), NULL);
	if (!e)
		e = tel_offline_new(user, &opts, list_attributes, text, &offline, NULL);
	if (!e)
		e = resource_of(alloc, "k8s.pod.uid= k8s.container.name=main", &batch);
	if (!e)
		e = tel_offline_run(offline, (tel_slice){ NULL, 0 }, batch, &origin, 1, NULL);
	if (!e)
		assert_string_equal(text, "k8s.pod.uid=u1 k8s.container.name=main k8s.deployment.name=web k8s.pod.labels.app=web "
		                    "service.instance.id=shop.web-57d8f5dd5b-x.main k8s.namespace.labels.team=t");
	tel_offline_free(offline);
	tel_kube_free(opts.kube);
	return e;
}

static void torture_of_a_cluster(void **state)
{
	(void)state;
	tel_config *config = load("{extract: {metadata: [k8s.pod.uid, k8s.deployment.name, service.instance.id], labels: [{key_regex: "
	                          "'ap(.)', tag_name: k8s.pod.labels.ap$$1}, {from: namespace, key: team}]}}");
	torture_alloc(enrich_without_memory, config);
	tel_config_free(config);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(resources_get_what_the_specification_says),
		cmocka_unit_test(a_change_of_the_cluster_is_seen),
		cmocka_unit_test(damaged_lists_say_where),
		cmocka_unit_test(torture_of_a_cluster),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
