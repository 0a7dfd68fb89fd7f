/* SPDX-License-Identifier: Apache-2.0 */
/* Deployment, DaemonSet, the pods that they make, and what scales and protects these (kyma-metrics.md 5.1, 5.3, 5.4). */
#include "control/objects.h"

#include "base/slice_i.h"
#include "control/quantity.h"

#define CONFIG_DIR "/conf"
#define STORAGE_DIR "/var/lib/telemetry"
#define CERTS_DIR "/etc/istio-output-certs"
#define MI (UINT64_C(1) << 20)

enum { USER_ID = 10001, PORT_HEALTH = 13133, MODE_OWNER_AND_GROUP = 0440 };

/* In what the pods of the two differ. */
typedef struct pod_kind {
	const char *cpu;
	uint64_t memory_bytes; /* asked for */
	const char *program;   /* ours */
	const char *const *labels;
	const char *const *istio_annotations;
} pod_kind;

static const char *const gateway_labels[] = {
	"sidecar.istio.io/inject", "true", "telemetry.kyma-project.io/metric-export", "true",
	"telemetry.kyma-project.io/metric-ingest", "true", NULL,
};
static const char *const agent_labels[] = {
	"networking.kyma-project.io/metrics-scraping", "allowed", "sidecar.istio.io/inject", "true",
	"telemetry.kyma-project.io/metric-export", "true", "telemetry.kyma-project.io/metric-scrape", "true", NULL,
};
static const char *const gateway_annotations[] = { "sidecar.istio.io/interceptionMode", "TPROXY",
	                                               "traffic.sidecar.istio.io/excludeInboundPorts", "8888", NULL };
static const char *const agent_annotations[] = {
	"proxy.istio.io/config", "# configure an env variable OUTPUT_CERTS to write certificates to the given folder\n"
	"proxyMetadata:\n  OUTPUT_CERTS: " CERTS_DIR "\n",
	"sidecar.istio.io/userVolumeMount", "[{\"name\": \"istio-certs\", \"mountPath\": \"" CERTS_DIR "\"}]",
	"traffic.sidecar.istio.io/excludeInboundPorts", "8888",
	"traffic.sidecar.istio.io/includeOutboundIPRanges", "", NULL,
};
static const pod_kind gateway_pod = { "25m", 32 * MI, "telemetry-gateway", gateway_labels, gateway_annotations };
static const pod_kind agent_pod = { "15m", 64 * MI, "telemetry-agent", agent_labels, agent_annotations };

static const pod_kind *kind_of(const tel__object_render *r)
{
	return r->workload == TEL__AGENT ? &agent_pod : &gateway_pod;
}

static tel_slice image_of(const tel__object_render *r)
{
	return r->workload == TEL__AGENT ? r->of->agent_image : r->of->gateway_image;
}

static bool has_claim(const tel__object_render *r)
{
	return r->stored && r->of->storage_claim.len > 0;
}

/* ---- container ---- */

static tel__node *put_named(tel__object_render *r, tel__node *list, const char *name)
{
	tel__node *map = tel__doc_append_map(&r->base.doc, list);

	tel__doc_text(&r->base.doc, map, "name", name);
	return map;
}

static void put_field_variable(tel__object_render *r, tel__node *list, const char *name, const char *field)
{
	tel__node *from = tel__doc_map(&r->base.doc, put_named(r, list, name), "valueFrom");
	tel__node *ref = tel__doc_map(&r->base.doc, from, "fieldRef");

	tel__doc_text(&r->base.doc, ref, "apiVersion", "v1");
	tel__doc_text(&r->base.doc, ref, "fieldPath", field);
}

static void put_environment(tel__object_render *r, tel__node *container)
{
	tel__doc *d = &r->base.doc;
	tel__node *env = tel__doc_list(d, container, "env"), *secret;

	put_field_variable(r, env, "MY_POD_IP", "status.podIP");
	put_field_variable(r, env, "MY_NODE_NAME", "spec.nodeName");
	if (r->ours) {
		if (r->of->fips)
			tel__doc_text(d, put_named(r, env, "OPENSSL_CONF"), "value", CONFIG_DIR "/openssl.cnf");
		return;
	}
	tel__doc_text(d, put_named(r, env, "GODEBUG"), "value", r->of->fips ? "fips140=only,tlsmlkem=0" : "fips140=off");
	secret = tel__doc_map(d, tel__doc_append_map(d, tel__doc_list(d, container, "envFrom")), "secretRef");
	tel__doc_text(d, secret, "name", tel__workload_name(r->workload));
	tel__doc_bool(d, secret, "optional", true);
}

static tel__node *put_arguments(tel__object_render *r, tel__node *container)
{
	tel__node *args;

	if (r->ours)
		tel__doc_words(&r->base.doc, container, "command", kind_of(r)->program);
	args = tel__doc_list(&r->base.doc, container, "args");
	tel__doc_append_text(&r->base.doc, args, "--config=" CONFIG_DIR "/relay.conf");
	if (!r->ours)
		return args;
	tel__doc_append_text(&r->base.doc, args, "--env-dir=" CONFIG_DIR);
	if (r->stored)
		tel__doc_append_text(&r->base.doc, args, "--storage=" STORAGE_DIR);
	if (r->workload == TEL__AGENT)
		tel__doc_append_text(&r->base.doc, args, "--option=scrape.target_guard=on");
	return args;
}

static void put_probe(tel__object_render *r, tel__node *container, const char *name)
{
	tel__node *get = tel__doc_map(&r->base.doc, tel__doc_map(&r->base.doc, container, name), "httpGet");

	tel__doc_text(&r->base.doc, get, "path", "/");
	tel__doc_int(&r->base.doc, get, "port", PORT_HEALTH);
}

static void put_memory(tel__object_render *r, tel__node *map, uint64_t bytes)
{
	char text[TEL__QUANTITY_MAX];
	size_t n = tel__quantity_format(bytes, text);

	tel__doc_slice(&r->base.doc, map, "memory", tel__doc_copy(&r->base.doc, (tel_slice){ text, n }));
}

/* The gateway's grows with the pipelines; the agent's is fixed, or starts small where it is scaled. */
static uint64_t memory_limit(const tel__object_render *r)
{
	uint64_t more = r->of->resource_multiplier == UINT32_MAX ? r->base.count : r->of->resource_multiplier;

	if (r->workload == TEL__AGENT)
		return r->base.facts->vpa_active ? 2 * agent_pod.memory_bytes : 1200 * MI;
	return 512 * MI * (1 + more);
}

static void put_resources(tel__object_render *r, tel__node *container)
{
	tel__node *resources = tel__doc_map(&r->base.doc, container, "resources"), *requests;

	put_memory(r, tel__doc_map(&r->base.doc, resources, "limits"), memory_limit(r));
	requests = tel__doc_map(&r->base.doc, resources, "requests");
	tel__doc_text(&r->base.doc, requests, "cpu", kind_of(r)->cpu);
	put_memory(r, requests, kind_of(r)->memory_bytes);
}

/* What container and pod have in common. */
static void put_user(tel__object_render *r, tel__node *context)
{
	tel__doc_bool(&r->base.doc, context, "runAsNonRoot", true);
	tel__doc_int(&r->base.doc, context, "runAsUser", USER_ID);
	if (r->ours)
		tel__doc_int(&r->base.doc, context, "runAsGroup", USER_ID);
	tel__doc_text(&r->base.doc, tel__doc_map(&r->base.doc, context, "seccompProfile"), "type", "RuntimeDefault");
}

static void put_security(tel__object_render *r, tel__node *container)
{
	tel__node *context = tel__doc_map(&r->base.doc, container, "securityContext");

	tel__doc_bool(&r->base.doc, context, "allowPrivilegeEscalation", false);
	tel__doc_words(&r->base.doc, tel__doc_map(&r->base.doc, context, "capabilities"), "drop", "ALL");
	tel__doc_bool(&r->base.doc, context, "privileged", false);
	tel__doc_bool(&r->base.doc, context, "readOnlyRootFilesystem", true);
	put_user(r, context);
}

/* ---- volumes ---- */

static bool has_certs(const tel__object_render *r)
{
	return r->workload == TEL__AGENT && (r->base.facts->istio_active || !r->ours);
}

static tel__node *put_mount(tel__object_render *r, tel__node *mounts, const char *name, const char *path, bool read_only)
{
	tel__node *map = put_named(r, mounts, name);

	tel__doc_text(&r->base.doc, map, "mountPath", path);
	if (read_only)
		tel__doc_bool(&r->base.doc, map, "readOnly", true);
	return map;
}

static void put_mounts(tel__object_render *r, tel__node *container)
{
	tel__node *mounts = tel__doc_list(&r->base.doc, container, "volumeMounts"), *storage;

	put_mount(r, mounts, "config", CONFIG_DIR, r->ours);
	if (has_certs(r))
		put_mount(r, mounts, "istio-certs", CERTS_DIR, true);
	if (r->of->cluster_trust_bundle.len)
		put_mount(r, mounts, "custom-ca-bundle", "/etc/ssl/certs", true);
	if (!r->stored)
		return;
	storage = put_mount(r, mounts, "storage", STORAGE_DIR, false);
	if (has_claim(r)) /* one directory per node: who comes after this pod finds what it left */
		tel__doc_slice(&r->base.doc, storage, "subPathExpr",
		               tel__doc_fmt(&r->base.doc, "%s/$(MY_NODE_NAME)", tel__workload_name(r->workload)));
}

/* Kyma's: the configuration alone; the Secret is in the environment. */
static void put_kyma_config(tel__object_render *r, tel__node *volumes)
{
	tel__node *map = tel__doc_map(&r->base.doc, put_named(r, volumes, "config"), "configMap"), *item;

	tel__doc_text(&r->base.doc, map, "name", tel__workload_name(r->workload));
	item = tel__doc_append_map(&r->base.doc, tel__doc_list(&r->base.doc, map, "items"));
	tel__doc_text(&r->base.doc, item, "key", "relay.conf");
	tel__doc_text(&r->base.doc, item, "path", "relay.conf");
}

/* Ours: configuration and variables in one directory, so that they change in one step. */
static void put_own_config(tel__object_render *r, tel__node *volumes)
{
	tel__doc *d = &r->base.doc;
	tel__node *map = tel__doc_map(d, put_named(r, volumes, "config"), "projected"), *sources, *secret;

	tel__doc_int(d, map, "defaultMode", MODE_OWNER_AND_GROUP);
	sources = tel__doc_list(d, map, "sources");
	tel__doc_text(d, tel__doc_map(d, tel__doc_append_map(d, sources), "configMap"), "name", tel__workload_name(r->workload));
	secret = tel__doc_map(d, tel__doc_append_map(d, sources), "secret");
	tel__doc_text(d, secret, "name", tel__workload_name(r->workload));
	tel__doc_bool(d, secret, "optional", true);
}

static void put_storage(tel__object_render *r, tel__node *volumes)
{
	tel__node *volume = put_named(r, volumes, "storage");

	if (has_claim(r))
		tel__doc_slice(&r->base.doc, tel__doc_map(&r->base.doc, volume, "persistentVolumeClaim"), "claimName",
		               r->of->storage_claim);
	else
		tel__doc_slice(&r->base.doc, tel__doc_map(&r->base.doc, volume, "emptyDir"), "sizeLimit", r->of->storage_size);
}

static void put_volumes(tel__object_render *r, tel__node *spec)
{
	tel__doc *d = &r->base.doc;
	tel__node *volumes = tel__doc_list(d, spec, "volumes"), *bundle;

	if (r->ours)
		put_own_config(r, volumes);
	else
		put_kyma_config(r, volumes);
	if (has_certs(r))
		tel__doc_map(d, put_named(r, volumes, "istio-certs"), "emptyDir");
	if (r->of->cluster_trust_bundle.len) {
		bundle = tel__doc_map(d, put_named(r, volumes, "custom-ca-bundle"), "projected");
		bundle = tel__doc_map(d, tel__doc_append_map(d, tel__doc_list(d, bundle, "sources")), "clusterTrustBundle");
		tel__doc_slice(d, bundle, "name", r->of->cluster_trust_bundle);
		tel__doc_text(d, bundle, "path", "ca-certificates.crt");
	}
	if (r->stored)
		put_storage(r, volumes);
}

/* ---- pod ---- */

/* Returns the arguments. */
static tel__node *put_container(tel__object_render *r, tel__node *spec)
{
	tel__node *container = put_named(r, tel__doc_list(&r->base.doc, spec, "containers"), "collector"), *args;

	tel__doc_slice(&r->base.doc, container, "image", image_of(r));
	args = put_arguments(r, container);
	put_environment(r, container);
	put_probe(r, container, "livenessProbe");
	put_probe(r, container, "readinessProbe");
	put_resources(r, container);
	put_security(r, container);
	put_mounts(r, container);
	return args;
}

/* Pods of the gateway keep apart; on a claim they have to, because a node's directory has one user. */
static void put_affinity(tel__object_render *r, tel__node *spec)
{
	static const char *const topologies[] = { "kubernetes.io/hostname", "topology.kubernetes.io/zone" };
	tel__doc *d = &r->base.doc;
	tel__node *apart = tel__doc_map(d, tel__doc_map(d, spec, "affinity"), "podAntiAffinity"), *list, *term;
	size_t i = 0;

	if (has_claim(r)) {
		term = tel__doc_append_map(d, tel__doc_list(d, apart, "requiredDuringSchedulingIgnoredDuringExecution"));
		tel__put_match_labels(r, term, "labelSelector");
		tel__doc_text(d, term, "topologyKey", topologies[i++]);
	}
	list = tel__doc_list(d, apart, "preferredDuringSchedulingIgnoredDuringExecution");
	for (; i < 2; i++) {
		tel__node *weighted = tel__doc_append_map(d, list);

		term = tel__doc_map(d, weighted, "podAffinityTerm");
		tel__put_match_labels(r, term, "labelSelector");
		tel__doc_text(d, term, "topologyKey", topologies[i]);
		tel__doc_int(d, weighted, "weight", 100);
	}
}

/* The agent runs on every node, whatever keeps others away. */
static void put_tolerations(tel__object_render *r, tel__node *spec)
{
	static const char *const effects[] = { "NoExecute", "NoSchedule" };
	tel__node *list = tel__doc_list(&r->base.doc, spec, "tolerations");

	for (size_t i = 0; i < 2; i++) {
		tel__node *map = tel__doc_append_map(&r->base.doc, list);

		tel__doc_text(&r->base.doc, map, "effect", effects[i]);
		tel__doc_text(&r->base.doc, map, "operator", "Exists");
	}
}

/* Returns the arguments of the container. */
static tel__node *put_pod_spec(tel__object_render *r, tel__node *template)
{
	tel__doc *d = &r->base.doc;
	tel__node *spec = tel__doc_map(d, template, "spec"), *args, *context;
	tel_slice priority = r->workload == TEL__AGENT ? r->of->high_priority_class : r->of->priority_class;

	if (r->workload == TEL__GATEWAY)
		put_affinity(r, spec);
	args = put_container(r, spec);
	if (r->of->image_pull_secret.len)
		tel__doc_slice(d, tel__doc_append_map(d, tel__doc_list(d, spec, "imagePullSecrets")), "name", r->of->image_pull_secret);
	if (priority.len)
		tel__doc_slice(d, spec, "priorityClassName", priority);
	context = tel__doc_map(d, spec, "securityContext");
	put_user(r, context);
	if (r->ours) { /* whose files the volumes are */
		tel__doc_int(d, context, "fsGroup", USER_ID);
		tel__doc_text(d, context, "fsGroupChangePolicy", "OnRootMismatch");
	}
	tel__doc_text(d, spec, "serviceAccountName", tel__workload_name(r->workload));
	if (r->workload == TEL__AGENT)
		put_tolerations(r, spec);
	put_volumes(r, spec);
	return args;
}

static void put_template(tel__object_render *r, tel__node *spec)
{
	tel__doc *d = &r->base.doc;
	tel__node *template = tel__doc_map(d, spec, "template"), *metadata = tel__doc_map(d, template, "metadata");
	tel__node *annotations = tel__doc_map(d, metadata, "annotations"), *labels = tel__doc_map(d, metadata, "labels"), *args;

	args = put_pod_spec(r, template);
	tel__put_pairs(r, annotations, r->of->pod_annotations, r->of->pod_annotation_count);
	tel__doc_slice(d, annotations, "checksum/config", tel__object_checksum(r, image_of(r), args));
	if (r->base.facts->istio_active)
		tel__put_texts(r, annotations, kind_of(r)->istio_annotations);
	if (r->base.facts->istio_active && r->workload == TEL__AGENT)
		tel__doc_slice(d, annotations, "traffic.sidecar.istio.io/includeOutboundPorts", tel__backend_ports(r));
	tel__doc_sort_bytes(annotations);
	tel__put_default_labels(r, labels);
	tel__put_pairs(r, labels, r->of->pod_labels, r->of->pod_label_count);
	tel__put_texts(r, labels, kind_of(r)->labels);
	tel__doc_sort_bytes(labels);
}

/* ---- objects ---- */

/* What was asked for; in labels, what is always there comes last and stays. */
static void put_workload_metadata(tel__object_render *r, tel__node *metadata)
{
	tel__node *labels = tel__doc_at(metadata, "labels"), *annotations;

	tel__put_pairs(r, labels, r->of->labels, r->of->label_count);
	tel__put_default_labels(r, labels);
	if (r->of->annotation_count == 0)
		return;
	annotations = tel__doc_map(&r->base.doc, metadata, "annotations");
	tel__put_pairs(r, annotations, r->of->annotations, r->of->annotation_count);
	tel__doc_sort_bytes(annotations);
}

/* On a claim, a pod goes before the next one comes: they would wait for the same directory. */
static void put_strategy(tel__object_render *r, tel__node *spec)
{
	tel__node *update;

	if (!has_claim(r))
		return;
	update = tel__doc_map(&r->base.doc, tel__doc_map(&r->base.doc, spec, "strategy"), "rollingUpdate");
	tel__doc_int(&r->base.doc, update, "maxSurge", 0);
	tel__doc_int(&r->base.doc, update, "maxUnavailable", 1);
}

void tel__fill_deployment(tel__object_render *r, tel__node *object, tel__node *metadata)
{
	tel__node *spec = tel__doc_map(&r->base.doc, object, "spec");

	put_workload_metadata(r, metadata);
	tel__doc_int(&r->base.doc, spec, "replicas", r->of->replicas);
	tel__put_match_labels(r, spec, "selector");
	put_strategy(r, spec);
	put_template(r, spec);
	if (r->ours)
		return;
	tel__doc_map(&r->base.doc, spec, "strategy"); /* as Go writes what is empty */
	tel__doc_map(&r->base.doc, object, "status");
}

void tel__fill_daemon_set(tel__object_render *r, tel__node *object, tel__node *metadata)
{
	static const char *const counts[] = { "currentNumberScheduled", "desiredNumberScheduled", "numberMisscheduled",
		                                  "numberReady" };
	tel__node *spec = tel__doc_map(&r->base.doc, object, "spec"), *status;

	put_workload_metadata(r, metadata);
	tel__put_match_labels(r, spec, "selector");
	put_template(r, spec);
	if (r->ours)
		return;
	tel__doc_map(&r->base.doc, spec, "updateStrategy");
	status = tel__doc_map(&r->base.doc, object, "status");
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
		tel__doc_int(&r->base.doc, status, counts[i], 0);
}

void tel__fill_autoscaler(tel__object_render *r, tel__node *object, tel__node *metadata)
{
	tel__doc *d = &r->base.doc;
	tel__node *spec = tel__doc_map(d, object, "spec"), *policy, *target;
	uint64_t node = r->of->node_memory_bytes, most = (node / 10 * 3 + node % 10 * 3 / 10) / 1024 * 1024;

	(void)metadata;
	policy = tel__doc_append_map(d, tel__doc_list(d, tel__doc_map(d, spec, "resourcePolicy"), "containerPolicies"));
	tel__doc_text(d, policy, "containerName", "collector");
	tel__doc_words(&r->base.doc, policy, "controlledResources", "memory");
	tel__doc_text(d, policy, "controlledValues", "RequestsAndLimits");
	put_memory(r, tel__doc_map(d, policy, "minAllowed"), agent_pod.memory_bytes);
	put_memory(r, tel__doc_map(d, policy, "maxAllowed"), most > agent_pod.memory_bytes ? most : agent_pod.memory_bytes);
	target = tel__doc_map(d, spec, "targetRef");
	tel__doc_text(d, target, "apiVersion", "apps/v1");
	tel__doc_text(d, target, "kind", "DaemonSet");
	tel__doc_text(d, target, "name", tel__workload_name(r->workload));
	tel__doc_text(d, tel__doc_map(d, spec, "updatePolicy"), "updateMode", "InPlaceOrRecreate");
	if (!r->ours)
		tel__doc_map(d, object, "status");
}

/* Whoever empties nodes takes one gateway at a time. */
void tel__fill_disruption_budget(tel__object_render *r, tel__node *object, tel__node *metadata)
{
	tel__node *spec = tel__doc_map(&r->base.doc, object, "spec");

	(void)metadata;
	tel__doc_int(&r->base.doc, spec, "maxUnavailable", 1);
	tel__put_match_labels(r, spec, "selector");
}
