/* SPDX-License-Identifier: Apache-2.0 */
/* conformance/kubernetes/pairs/attributes: what the Collector set in a real cluster, in three configurations. */
#include <dirent.h>
#include <stdio.h>

#include <telemetry/offline.h>
#include <telemetry/otlp.h>

#include "base/slice_i.h"
#include "process/alike.h"
#include "process/ends.h"
#include "seams/cm.h"
#include "seams/conformance.h"

/* The objects of that cluster: those beside the cases, and those of the kinds that are recorded elsewhere only. */
static const char *const lists[] = { "attributes/objects-pods.json", "attributes/objects-node.json",
	                                 "cluster/objects-replicasets.json", "cluster/objects-namespaces.json",
	                                 "cluster/objects-jobs.json" };

static const struct {
	const char *suffix, *pipeline;
} ways[] = {
	{ ".kyma.otlp.json", "metrics/kyma" },
	{ ".and-service-kyma.otlp.json", "metrics/service" },
	{ ".all.otlp.json", "metrics/all" },
};

/* The processors of collector.yaml as they stand there, in pipelines of ours. */
static tel_config *load(const conformance *pairs)
{
	conformance_file file = conformance_read(pairs, "collector.yaml");
	char *from = strstr(file.ptr, "\nprocessors:\n"), *to = from ? strstr(from, "\nexporters:\n") : NULL, text[16384], why[512];
	assert_non_null(to);
	snprintf(text, sizeof text, "receivers: {in: {}}\nexporters: {out: {}}%.*s\nservice:\n  pipelines:\n"
	         "    metrics/kyma: {receivers: [in], processors: [k8s_attributes], exporters: [out]}\n"
	         "    metrics/service: {receivers: [in], processors: [k8s_attributes, service_enrichment], exporters: [out]}\n"
	         "    metrics/all: {receivers: [in], processors: [k8s_attributes/all], exporters: [out]}\n",
	         (int)(to - from), from);
	tel_config *config = ends_load(text, strlen(text), why, sizeof why);
	if (!config)
		fail_msg("%s", why);
	free(file.ptr);
	return config;
}

static tel_kube *cluster(const conformance *pairs)
{
	tel_kube *kube = NULL;
	assert_ok(tel_kube_new(NULL, &kube));
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		conformance_file file = conformance_read(pairs, lists[i]);
		tel_error err = TEL_ERROR_INIT;
		if (tel_kube_read(kube, (tel_slice){ file.ptr, file.len }, &err))
			fail_msg("%s: %s", lists[i], err.msg);
		free(file.ptr);
	}
	return kube;
}

static int keep(const tel_plan_entry *entry, void *user)
{
	return tel_metrics_share(entry->metrics, user) != TEL_OK;
}

static tel_metrics *decode(conformance_file *file)
{
	tel_metrics *m = NULL;
	assert_ok(tel_otlp_json_decode((tel_slice){ file->ptr, file->len }, NULL, &m, NULL, NULL));
	free(file->ptr);
	return m;
}

/* "peer": "ADDRESS" */
static tel_slice peer_of(const conformance_file *file)
{
	char *at = strrchr(file->ptr, '"');
	assert_non_null(at);
	*at = 0;
	at = strrchr(file->ptr, '"');
	assert_non_null(at);
	return tel__slice_str(at + 1);
}

/* How the cases came out. */
typedef struct tally {
	size_t files, passed, failed;
	tel_metrics *got;
} tally;

static void run_way(const conformance *cases, tel_offline *offline, const char *name, size_t stem, size_t way, tally *t)
{
	conformance_file input, peer, wanted;
	tel_origin origin = TEL_ORIGIN_INIT;
	char where[256] = "nothing came out";
	assert_true(conformance_beside(cases, name, stem, ".input.json", &input));
	assert_true(conformance_beside(cases, name, stem, ".peer.json", &peer));
	if (!conformance_beside(cases, name, stem, ways[way].suffix, &wanted))
		fail_msg("%.*s%s is not there", (int)stem, name, ways[way].suffix);
	origin.peer = peer_of(&peer);
	t->got = NULL;
	assert_ok(tel_offline_run(offline, tel__slice_str(ways[way].pipeline), decode(&input), &origin, 1, NULL));
	tel_metrics *want = decode(&wanted);
	bool same = t->got && alike(t->got, want, 0, where);
	if (!same)
		print_message("%.*s%s: %s\n", (int)stem, name, ways[way].suffix, where);
	t->files++;
	t->passed += same;
	t->failed += !same;
	tel_metrics_free(t->got);
	tel_metrics_free(want);
	free(peer.ptr);
}

static void resources_get_what_the_Collector_gave_them(void **state)
{
	(void)state;
	conformance pairs, cases;
	tally t = { .files = 0 };
	size_t inputs = 0;
	if (!conformance_open(&pairs, "kubernetes/pairs")) {
		print_message("no conformance/kubernetes/pairs\n");
		skip();
	}
	assert_true(conformance_open(&cases, "kubernetes/pairs/attributes"));
	tel_graph_opts opts = TEL_GRAPH_OPTS_INIT;
	tel_config *config = load(&pairs);
	tel_offline *offline = NULL;
	opts.kube = cluster(&pairs);
	assert_ok(tel_offline_new(config, &opts, keep, &t.got, &offline, NULL));
	tel_kube_free(opts.kube);
	tel_config_free(config);
	for (size_t i = 0; i < cases.count; i++) {
		t.files += strncmp(cases.names[i], "objects-", 8) == 0;
		if (!conformance_ends(cases.names[i], ".input.json"))
			continue;
		t.files += 2; /* input and peer */
		inputs++;
		for (size_t way = 0; way < sizeof(ways) / sizeof(ways[0]); way++)
			run_way(&cases, offline, cases.names[i], conformance_stem(cases.names[i]), way, &t);
	}
	print_message("k8s_attributes: %zu of %zu recorded results of %zu inputs\n", t.passed, t.passed + t.failed, inputs);
	assert_int_equal(t.files, cases.count);
	assert_int_equal(t.failed, 0);
	tel_offline_free(offline);
	conformance_close(&cases);
	conformance_close(&pairs);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(resources_get_what_the_Collector_gave_them) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
