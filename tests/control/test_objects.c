/* SPDX-License-Identifier: Apache-2.0 */
/* Objects: which there are, what each fact changes in them, what must not exist beside them. */
#include "control/rendered.h"

#include "seams/cm.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/slice_i.h"
#include "control/objects.h"
#include "control/quantity.h"
#include "torture/torture.h"

#define HEAD(name) "---\napiVersion: telemetry.kyma-project.io/v1beta1\nkind: MetricPipeline\nmetadata: {name: " name "}\n"
#define GATEWAY_ONLY HEAD("g") "spec: {output: {otlp: {endpoint: {value: 'http://b:4317'}}}}\n"
#define INPUT(name, input) HEAD(name) \
	"spec: {input: {" input ": {enabled: true}}, output: {otlp: {endpoint: {value: 'http://b:4317'}}}}\n"
#define RUNTIME INPUT("r", "runtime")
#define SCRAPING INPUT("s", "prometheus")
#define MESH INPUT("i", "istio")
#define KYMA "objects: kyma\nimages: {gateway: g, agent: a}\n"
#define TELEMETRY(rest) \
	"---\n{apiVersion: operator.kyma-project.io/v1beta1, kind: Telemetry, metadata: {name: default" rest "}\n"

#define DEPLOYMENT "Deployment/telemetry-metric-gateway"
#define DAEMONSET "DaemonSet/telemetry-metric-agent"
#define BUDGET_OBJECT "PodDisruptionBudget/telemetry-metric-gateway"
#define POD "spec|template|spec|"
#define CONTAINER POD "containers|collector|"
#define ANNOTATIONS "spec|template|metadata|annotations|"
#define LABELS "spec|template|metadata|labels|"

/* Resources, then facts: lines of a RenderFacts document. */
typedef struct value_row {
	const char *resources, *facts, *object, *path, *wanted;
} value_row;

static void render(rendered *r, const char *resources, const char *facts, rendered_what what)
{
	char text[8192];

	assert_true((size_t)snprintf(text, sizeof(text), "%s---\nkind: RenderFacts\n%s", resources, facts) < sizeof(text));
	rendered_init(r, text, what);
}

static void expect_values(const value_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		char name[64];
		rendered r;

		snprintf(name, sizeof(name), "row %zu", i);
		render(&r, rows[i].resources, rows[i].facts, RENDERED_OBJECTS);
		rendered_expect(&r, name, rows[i].object, rows[i].path, rows[i].wanted);
		rendered_fini(&r);
	}
}

#define EXPECT_VALUES(rows) expect_values(rows, sizeof(rows) / sizeof((rows)[0]))

/* ---- which objects ---- */

#define GATEWAY_HEAD "ServiceAccount/telemetry-metric-gateway\nClusterRole/telemetry-metric-gateway\n" \
	"ClusterRoleBinding/telemetry-metric-gateway\nRole/telemetry-metric-gateway\nRoleBinding/telemetry-metric-gateway\n" \
	"Service/telemetry-metric-gateway-metrics\nSecret/telemetry-metric-gateway\nConfigMap/telemetry-metric-gateway\n" \
	"NetworkPolicy/kyma-project.io--telemetry-metric-gateway\nNetworkPolicy/kyma-project.io--telemetry-metric-gateway-metrics\n"
#define BUDGET "PodDisruptionBudget/telemetry-metric-gateway\n"
#define GATEWAY_TAIL "Deployment/telemetry-metric-gateway\nService/telemetry-otlp-metrics\n"
#define PEERS "PeerAuthentication/telemetry-metric-gateway\n"
#define AGENT_ACCESS "ServiceAccount/telemetry-metric-agent\nClusterRole/telemetry-metric-agent\n" \
	"ClusterRoleBinding/telemetry-metric-agent\nRole/telemetry-metric-agent\nRoleBinding/telemetry-metric-agent\n" \
	"Service/telemetry-metric-agent-metrics\n"
#define AGENT_TAIL "ConfigMap/telemetry-metric-agent\n" \
	"NetworkPolicy/kyma-project.io--telemetry-metric-agent\nNetworkPolicy/kyma-project.io--telemetry-metric-agent-metrics\n" \
	"DaemonSet/telemetry-metric-agent\n"
#define AGENT AGENT_ACCESS "Secret/telemetry-metric-agent\n" AGENT_TAIL
#define SCALER "VerticalPodAutoscaler/telemetry-metric-agent\n"

typedef struct names_row {
	const char *resources, *facts, *wanted;
} names_row;

static void expect_names(const names_row *rows, size_t count, rendered_what what)
{
	for (size_t i = 0; i < count; i++) {
		char *names;
		rendered r;

		render(&r, rows[i].resources, rows[i].facts, what);
		names = rendered_names(&r);
		if (strcmp(names, rows[i].wanted) != 0)
			fail_msg("row %zu: these are\n%sinstead of\n%s", i, names, rows[i].wanted);
		free(names);
		rendered_fini(&r);
	}
}

static void objects_are_applied_in_their_order(void **state)
{
	static const names_row rows[] = {
		{ GATEWAY_ONLY, "", GATEWAY_HEAD BUDGET GATEWAY_TAIL },
		{ GATEWAY_ONLY, KYMA, GATEWAY_HEAD GATEWAY_TAIL },
		{ GATEWAY_ONLY, "istioActive: true\n", GATEWAY_HEAD BUDGET GATEWAY_TAIL PEERS },
		{ RUNTIME, "", GATEWAY_HEAD BUDGET GATEWAY_TAIL AGENT },
		{ GATEWAY_ONLY SCRAPING, KYMA "istioActive: true\n", GATEWAY_HEAD GATEWAY_TAIL PEERS AGENT },
		{ MESH, KYMA "vpaActive: true\n", GATEWAY_HEAD GATEWAY_TAIL AGENT SCALER },
		{ RUNTIME, "env: {}\n", GATEWAY_HEAD BUDGET GATEWAY_TAIL AGENT_ACCESS AGENT_TAIL },
		{ TELEMETRY("}"), "", "" },
	};

	(void)state;
	expect_names(rows, sizeof(rows) / sizeof(rows[0]), RENDERED_OBJECTS);
}

#define OLD_GATEWAY_POLICY "NetworkPolicy/telemetry-metric-gateway\n"
#define OLD_AGENT_POLICY "NetworkPolicy/telemetry-metric-agent\n"
#define GONE_AGENT SCALER "DaemonSet/telemetry-metric-agent\n" \
	"NetworkPolicy/kyma-project.io--telemetry-metric-agent-metrics\nNetworkPolicy/kyma-project.io--telemetry-metric-agent\n" \
	"ConfigMap/telemetry-metric-agent\nSecret/telemetry-metric-agent\n" OLD_AGENT_POLICY \
	"Service/telemetry-metric-agent-metrics\n" \
	"RoleBinding/telemetry-metric-agent\nRole/telemetry-metric-agent\nClusterRoleBinding/telemetry-metric-agent\n" \
	"ClusterRole/telemetry-metric-agent\nServiceAccount/telemetry-metric-agent\n"
#define GONE_GATEWAY PEERS "Service/telemetry-otlp-metrics\nDeployment/telemetry-metric-gateway\n" BUDGET \
	"NetworkPolicy/kyma-project.io--telemetry-metric-gateway-metrics\n" \
	"NetworkPolicy/kyma-project.io--telemetry-metric-gateway\nConfigMap/telemetry-metric-gateway\n" \
	"Secret/telemetry-metric-gateway\n" OLD_GATEWAY_POLICY \
	"Service/telemetry-metric-gateway-metrics\nRoleBinding/telemetry-metric-gateway\nRole/telemetry-metric-gateway\n" \
	"ClusterRoleBinding/telemetry-metric-gateway\nClusterRole/telemetry-metric-gateway\n" \
	"ServiceAccount/telemetry-metric-gateway\n"

/* The agent's Secret too, which Kyma leaves behind. */
static void what_is_not_rendered_must_not_exist(void **state)
{
	static const names_row rows[] = {
		{ TELEMETRY("}"), "", GONE_AGENT GONE_GATEWAY },
		{ GATEWAY_ONLY, "", GONE_AGENT PEERS OLD_GATEWAY_POLICY },
		{ GATEWAY_ONLY, KYMA, GONE_AGENT PEERS BUDGET OLD_GATEWAY_POLICY },
		{ RUNTIME, "istioActive: true\nvpaActive: true\n", OLD_AGENT_POLICY OLD_GATEWAY_POLICY },
		{ RUNTIME, "istioActive: true\n", SCALER OLD_AGENT_POLICY OLD_GATEWAY_POLICY },
		{ RUNTIME, "env: {}\nvpaActive: true\nistioActive: true\n",
		  "Secret/telemetry-metric-agent\n" OLD_AGENT_POLICY OLD_GATEWAY_POLICY },
	};

	(void)state;
	expect_names(rows, sizeof(rows) / sizeof(rows[0]), RENDERED_UNWANTED);
}

/* ---- our own form ---- */

static void our_programs_get_their_arguments(void **state)
{
	static const value_row rows[] = {
		{ RUNTIME, "", DEPLOYMENT, CONTAINER "image", "\"telemetry:0.1.0\"" },
		{ RUNTIME, "images: {agent: 'x:2'}\n", DAEMONSET, CONTAINER "image", "\"x:2\"" },
		{ RUNTIME, "images: {agent: 'x:2'}\n", DEPLOYMENT, CONTAINER "image", "\"x:2\"" },
		{ RUNTIME, "images: {gateway: 'x:1'}\n", DAEMONSET, CONTAINER "image", "\"x:1\"" },
		{ RUNTIME, "configText: c\n", "Secret/telemetry-metric-gateway", "data", "{}" },
		{ RUNTIME, "configText: c\nenv: {A: b}\n", "Secret/telemetry-metric-agent", "data", "{\"A\":\"Yg==\"}" },
		{ RUNTIME, "", DEPLOYMENT, CONTAINER "command", "[\"telemetry-gateway\"]" },
		{ RUNTIME, "", DAEMONSET, CONTAINER "command", "[\"telemetry-agent\"]" },
		{ RUNTIME, KYMA, DAEMONSET, CONTAINER "command", "-" },
		{ RUNTIME, "", DEPLOYMENT, CONTAINER "args",
		  "[\"--config=/conf/relay.conf\",\"--env-dir=/conf\",\"--storage=/var/lib/telemetry\"]" },
		{ RUNTIME, "", DAEMONSET, CONTAINER "args",
		  "[\"--config=/conf/relay.conf\",\"--env-dir=/conf\",\"--storage=/var/lib/telemetry\","
		  "\"--option=scrape.target_guard=on\"]" },
		{ RUNTIME, "storage: {sizeLimit: '0'}\n", DEPLOYMENT, CONTAINER "args",
		  "[\"--config=/conf/relay.conf\",\"--env-dir=/conf\"]" },
		{ RUNTIME, KYMA "storage: {claim: c}\n", DEPLOYMENT, CONTAINER "args", "[\"--config=/conf/relay.conf\"]" },
		{ RUNTIME, "", DEPLOYMENT, CONTAINER "env",
		  "[{\"name\":\"MY_POD_IP\",\"valueFrom\":{\"fieldRef\":{\"apiVersion\":\"v1\",\"fieldPath\":\"status.podIP\"}}},"
		  "{\"name\":\"MY_NODE_NAME\",\"valueFrom\":{\"fieldRef\":{\"apiVersion\":\"v1\",\"fieldPath\":\"spec.nodeName\"}}}]" },
		{ RUNTIME, "", DEPLOYMENT, CONTAINER "envFrom", "-" },
		{ RUNTIME, "", DEPLOYMENT, CONTAINER "livenessProbe", "{\"httpGet\":{\"path\":\"/\",\"port\":13133}}" },
		{ RUNTIME, "", DAEMONSET, CONTAINER "readinessProbe", "{\"httpGet\":{\"path\":\"/\",\"port\":13133}}" },
		{ RUNTIME, KYMA "fips: true\n", DAEMONSET, CONTAINER "env|GODEBUG|value", "\"fips140=only,tlsmlkem=0\"" },
		{ RUNTIME, "fips: true\n", DAEMONSET, CONTAINER "env|GODEBUG", "-" },
		{ RUNTIME, "fips: true\n", DAEMONSET, CONTAINER "env|OPENSSL_CONF|value", "\"/conf/openssl.cnf\"" },
		{ RUNTIME, "", "ConfigMap/telemetry-metric-agent", "data|openssl.cnf", "-" },
		{ RUNTIME, KYMA "fips: true\n", "ConfigMap/telemetry-metric-agent", "data|openssl.cnf", "-" },
	};

	(void)state;
	EXPECT_VALUES(rows);
}

static void files_are_mounted_as_directories(void **state)
{
	static const value_row rows[] = {
		{ RUNTIME, "", DEPLOYMENT, POD "volumes|config",
		  "{\"name\":\"config\",\"projected\":{\"defaultMode\":288,\"sources\":["
		  "{\"configMap\":{\"name\":\"telemetry-metric-gateway\"}},"
		  "{\"secret\":{\"name\":\"telemetry-metric-gateway\",\"optional\":true}}]}}" },
		{ RUNTIME, "", DAEMONSET, CONTAINER "volumeMounts|config",
		  "{\"name\":\"config\",\"mountPath\":\"/conf\",\"readOnly\":true}" },
		{ RUNTIME, "", DAEMONSET, CONTAINER "volumeMounts|istio-certs", "-" },
		{ RUNTIME, "istioActive: true\n", DAEMONSET, POD "volumes|istio-certs", "{\"name\":\"istio-certs\",\"emptyDir\":{}}" },
		{ RUNTIME, "istioActive: true\n", DEPLOYMENT, POD "volumes|istio-certs", "-" },
		{ RUNTIME, KYMA, DAEMONSET, POD "volumes|istio-certs", "{\"name\":\"istio-certs\",\"emptyDir\":{}}" },
		{ RUNTIME, "clusterTrustBundle: t\n", DAEMONSET, POD "volumes|custom-ca-bundle|projected|sources",
		  "[{\"clusterTrustBundle\":{\"name\":\"t\",\"path\":\"ca-certificates.crt\"}}]" },
		{ RUNTIME, "clusterTrustBundle: t\n", DEPLOYMENT, CONTAINER "volumeMounts|custom-ca-bundle|mountPath",
		  "\"/etc/ssl/certs\"" },
		{ RUNTIME, "", DEPLOYMENT, POD "volumes|custom-ca-bundle", "-" },
		{ RUNTIME, "", DEPLOYMENT, POD "volumes|storage|emptyDir", "{\"sizeLimit\":\"1Gi\"}" },
		{ RUNTIME, "storage: {sizeLimit: 512Mi}\n", DAEMONSET, POD "volumes|storage|emptyDir", "{\"sizeLimit\":\"512Mi\"}" },
		{ RUNTIME, "storage: {sizeLimit: '0'}\n", DAEMONSET, POD "volumes|storage", "-" },
		{ RUNTIME, KYMA, DAEMONSET, POD "volumes|storage", "-" },
		{ RUNTIME, "", DEPLOYMENT, CONTAINER "volumeMounts|storage",
		  "{\"name\":\"storage\",\"mountPath\":\"/var/lib/telemetry\"}" },
	};

	(void)state;
	EXPECT_VALUES(rows);
}

/* On a claim each node has a directory, and a directory has one pod at a time. */
static void a_claim_keeps_queues_beyond_pods(void **state)
{
	static const char claim[] = "storage: {claim: queues}\n";
	static const value_row rows[] = {
		{ RUNTIME, claim, DEPLOYMENT, POD "volumes|storage",
		  "{\"name\":\"storage\",\"persistentVolumeClaim\":{\"claimName\":\"queues\"}}" },
		{ RUNTIME, claim, DEPLOYMENT, CONTAINER "volumeMounts|storage|subPathExpr",
		  "\"telemetry-metric-gateway/$(MY_NODE_NAME)\"" },
		{ RUNTIME, claim, DAEMONSET, CONTAINER "volumeMounts|storage|subPathExpr",
		  "\"telemetry-metric-agent/$(MY_NODE_NAME)\"" },
		{ RUNTIME, claim, DEPLOYMENT, "spec|strategy", "{\"rollingUpdate\":{\"maxSurge\":0,\"maxUnavailable\":1}}" },
		{ RUNTIME, "", DEPLOYMENT, "spec|strategy", "-" },
		{ RUNTIME, claim, DEPLOYMENT, POD "affinity|podAntiAffinity|requiredDuringSchedulingIgnoredDuringExecution",
		  "[{\"labelSelector\":{\"matchLabels\":{\"app.kubernetes.io/name\":\"telemetry-metric-gateway\"}},"
		  "\"topologyKey\":\"kubernetes.io/hostname\"}]" },
		{ RUNTIME, claim, DEPLOYMENT, POD "affinity|podAntiAffinity|preferredDuringSchedulingIgnoredDuringExecution|1", "-" },
		{ RUNTIME, "", DEPLOYMENT,
		  POD "affinity|podAntiAffinity|preferredDuringSchedulingIgnoredDuringExecution|1|podAffinityTerm|topologyKey",
		  "\"topology.kubernetes.io/zone\"" },
		{ RUNTIME, "", DEPLOYMENT, POD "affinity|podAntiAffinity|requiredDuringSchedulingIgnoredDuringExecution", "-" },
	};

	(void)state;
	EXPECT_VALUES(rows);
}

static void pods_are_restricted(void **state)
{
	static const char container[] = "{\"allowPrivilegeEscalation\":false,\"capabilities\":{\"drop\":[\"ALL\"]},"
		"\"privileged\":false,"
		"\"readOnlyRootFilesystem\":true,\"runAsNonRoot\":true,\"runAsUser\":10001,\"runAsGroup\":10001,"
		"\"seccompProfile\":{\"type\":\"RuntimeDefault\"}}";
	static const char pod[] = "{\"runAsNonRoot\":true,\"runAsUser\":10001,\"runAsGroup\":10001,\"seccompProfile\":"
		"{\"type\":\"RuntimeDefault\"},\"fsGroup\":10001,\"fsGroupChangePolicy\":\"OnRootMismatch\"}";
	static const value_row rows[] = {
		{ RUNTIME, "", DEPLOYMENT, CONTAINER "securityContext", container },
		{ RUNTIME, "", DAEMONSET, CONTAINER "securityContext", container },
		{ RUNTIME, "", DEPLOYMENT, POD "securityContext", pod },
		{ RUNTIME, "", DAEMONSET, POD "securityContext", pod },
		{ RUNTIME, "", DAEMONSET, POD "serviceAccountName", "\"telemetry-metric-agent\"" },
		{ RUNTIME, "", DAEMONSET, POD "tolerations",
		  "[{\"effect\":\"NoExecute\",\"operator\":\"Exists\"},{\"effect\":\"NoSchedule\",\"operator\":\"Exists\"}]" },
		{ RUNTIME, "", DEPLOYMENT, POD "tolerations", "-" },
		{ RUNTIME, "", BUDGET_OBJECT, "spec",
		  "{\"maxUnavailable\":1,\"selector\":{\"matchLabels\":{\"app.kubernetes.io/name\":\"telemetry-metric-gateway\"}}}" },
	};

	(void)state;
	EXPECT_VALUES(rows);
}

/* ---- facts ---- */

static void sizes_follow_pipelines_and_scaling(void **state)
{
#define STATIC(n) TELEMETRY("}, spec: {metric: {gateway: {scaling: {type: Static, static: {replicas: " n "}}}}}")
#define MEMORY CONTAINER "resources|limits|memory"
	static const char many[] = HEAD("a") "spec: {output: {otlp: {endpoint: {value: b}}}}\n" GATEWAY_ONLY RUNTIME SCRAPING MESH;
	static const value_row rows[] = {
		{ RUNTIME, "", DEPLOYMENT, "spec|replicas", "2" },
		{ RUNTIME STATIC("5"), "", DEPLOYMENT, "spec|replicas", "5" },
		{ RUNTIME STATIC("5"), "replicas: 3\n", DEPLOYMENT, "spec|replicas", "3" },
		{ RUNTIME, KYMA, DEPLOYMENT, MEMORY, "\"1Gi\"" },
		{ GATEWAY_ONLY RUNTIME, "", DEPLOYMENT, MEMORY, "\"1536Mi\"" },
		{ many, "", DEPLOYMENT, MEMORY, "\"3Gi\"" },
		{ many, "resourceMultiplier: 0\n", DEPLOYMENT, MEMORY, "\"512Mi\"" },
		{ many, "resourceMultiplier: 2\n", DEPLOYMENT, MEMORY, "\"1536Mi\"" },
		{ RUNTIME, "", DEPLOYMENT, CONTAINER "resources|requests", "{\"cpu\":\"25m\",\"memory\":\"32Mi\"}" },
		{ many, "", DAEMONSET, CONTAINER "resources",
		  "{\"limits\":{\"memory\":\"1200Mi\"},\"requests\":{\"cpu\":\"15m\",\"memory\":\"64Mi\"}}" },
		{ many, "vpaActive: true\n", DAEMONSET, MEMORY, "\"128Mi\"" },
	};

	(void)state;
	EXPECT_VALUES(rows);
}

/* Who wants it says so on the Telemetry resource; the cluster has to know the kind. */
static void the_agent_is_scaled_where_it_is_wanted_and_known(void **state)
{
#define SCALED "VerticalPodAutoscaler/telemetry-metric-agent"
#define MOST "spec|resourcePolicy|containerPolicies|0|maxAllowed|memory"
#define WISH RUNTIME TELEMETRY(", annotations: {telemetry.kyma-project.io/enable-vpa: 'true'}}")
	static const value_row rows[] = {
		{ WISH, "vpaInstalled: true\n", SCALED, "spec|targetRef",
		  "{\"apiVersion\":\"apps/v1\",\"kind\":\"DaemonSet\",\"name\":\"telemetry-metric-agent\"}" },
		{ WISH, "", SCALED, "kind", "-" },
		{ WISH, "vpaInstalled: true\nvpaActive: false\n", SCALED, "kind", "-" },
		{ RUNTIME, "vpaInstalled: true\n", SCALED, "kind", "-" },
		{ RUNTIME TELEMETRY(", annotations: {telemetry.kyma-project.io/enable-vpa: 'yes'}}"), "vpaInstalled: true\n", SCALED,
		  "kind", "-" },
		{ WISH, "vpaInstalled: true\n", SCALED, MOST, "\"64Mi\"" },
		{ WISH, "vpaInstalled: true\nnodeMemory: 16Gi\n", SCALED, MOST, "\"5033164Ki\"" },
		{ WISH, "vpaInstalled: true\nnodeMemory: '3579139414'\n", SCALED, MOST, "\"1Gi\"" },
		{ WISH, "vpaInstalled: true\nnodeMemory: 100Mi\n", SCALED, MOST, "\"64Mi\"" },
		{ WISH, "vpaInstalled: true\n", SCALED, "spec|updatePolicy|updateMode", "\"InPlaceOrRecreate\"" },
	};

	(void)state;
	EXPECT_VALUES(rows);
}

static void labels_and_annotations_keep_their_order_of_precedence(void **state)
{
	static const char mine[] = "labels: {x: '1', app.kubernetes.io/part-of: mine}\nannotations: {z: '', a: b}\n"
		"podLabels: {x: '2', sidecar.istio.io/inject: 'false', app.kubernetes.io/component: mine}\n"
		"podAnnotations: {checksum/config: mine, note: 'a b'}\n";
	static const value_row rows[] = {
		{ RUNTIME, mine, DEPLOYMENT, "metadata|labels|x", "\"1\"" },
		{ RUNTIME, mine, DEPLOYMENT, "metadata|labels|app.kubernetes.io/part-of", "\"telemetry\"" },
		{ RUNTIME, mine, DAEMONSET, "metadata|annotations", "{\"a\":\"b\",\"z\":\"\"}" },
		{ RUNTIME, mine, DEPLOYMENT, LABELS "x", "\"2\"" },
		{ RUNTIME, mine, DEPLOYMENT, LABELS "sidecar.istio.io/inject", "\"true\"" },
		{ RUNTIME, mine, DEPLOYMENT, LABELS "app.kubernetes.io/component", "\"mine\"" },
		{ RUNTIME, mine, DEPLOYMENT, ANNOTATIONS "note", "\"a b\"" },
		{ RUNTIME, mine, "Service/telemetry-otlp-metrics", "metadata|labels|x", "-" },
		{ RUNTIME, "", DEPLOYMENT, "metadata|annotations", "-" },
		{ RUNTIME, "", DAEMONSET, "metadata|labels",
		  "{\"app.kubernetes.io/component\":\"agent\",\"app.kubernetes.io/managed-by\":\"telemetry-manager\","
		  "\"app.kubernetes.io/name\":\"telemetry-metric-agent\",\"app.kubernetes.io/part-of\":\"telemetry\","
		  "\"kyma-project.io/module\":\"telemetry\"}" },
		{ RUNTIME, "namespace: here\n", "Secret/telemetry-metric-gateway", "metadata|namespace", "\"here\"" },
		{ RUNTIME, "namespace: here\n", "ClusterRoleBinding/telemetry-metric-agent", "subjects|0|namespace", "\"here\"" },
		{ RUNTIME, "namespace: here\n", "ClusterRole/telemetry-metric-agent", "metadata|namespace", "-" },
		{ RUNTIME, KYMA "namespace: here\n", "ClusterRole/telemetry-metric-agent", "metadata|namespace", "\"here\"" },
		{ RUNTIME, "imagePullSecret: s\n", DAEMONSET, POD "imagePullSecrets", "[{\"name\":\"s\"}]" },
		{ RUNTIME, "priorityClass: n\n", DAEMONSET, POD "priorityClassName", "\"n\"" },
		{ RUNTIME, "priorityClass: n\nhighPriorityClass: h\n", DAEMONSET, POD "priorityClassName", "\"h\"" },
		{ RUNTIME, "priorityClass: n\nhighPriorityClass: h\n", DEPLOYMENT, POD "priorityClassName", "\"n\"" },
		{ RUNTIME, "priorityClass: n\nhighPriorityClass: ''\n", DAEMONSET, POD "priorityClassName", "-" },
		{ RUNTIME, "", DEPLOYMENT, POD "imagePullSecrets", "-" },
	};

	(void)state;
	EXPECT_VALUES(rows);
}

/* Whoever owns all pipelines owns what is made for them; the agent's objects belong to those that need it. */
static void pipelines_own_their_objects(void **state)
{
#define OWNED(name, uid, rest) "---\n{apiVersion: telemetry.kyma-project.io/v1beta1, kind: MetricPipeline, metadata: {" \
	"name: " name ", uid: " uid rest "}, spec: {input: {runtime: {enabled: true}}, output: {otlp: {endpoint: {value: b}}}}}\n"
#define OWNER(name, uid) "{\"apiVersion\":\"telemetry.kyma-project.io/v1beta1\",\"kind\":\"MetricPipeline\"," \
	"\"name\":\"" name "\",\"uid\":\"" uid "\"}"
	static const char three[] = OWNED("b", "u2", "") OWNED("a", "u1", "")
		OWNED("c", "u3", ", deletionTimestamp: '2026-01-01T00:00:00Z'")
		"---\n{apiVersion: telemetry.kyma-project.io/v1beta1, kind: MetricPipeline, metadata: {name: d, uid: u4}, "
		"spec: {output: {otlp: {endpoint: {value: b}}}}}\n";
	static const value_row rows[] = {
		{ three, "", DEPLOYMENT, "metadata|ownerReferences",
		  "[" OWNER("a", "u1") "," OWNER("b", "u2") "," OWNER("d", "u4") "]" },
		{ three, KYMA, "ClusterRole/telemetry-metric-agent", "metadata|ownerReferences",
		  "[" OWNER("a", "u1") "," OWNER("b", "u2") "]" },
		{ RUNTIME, "", DEPLOYMENT, "metadata|ownerReferences", "-" },
	};

	(void)state;
	EXPECT_VALUES(rows);
}

static void ports_of_backends_are_those_of_the_endpoints(void **state)
{
#define BACKEND(name, output) HEAD(name) "spec: {input: {runtime: {enabled: true}}, output: {otlp: {" output "}}}\n"
#define PORTS ANNOTATIONS "traffic.sidecar.istio.io/includeOutboundPorts"
#define ISTIO "istioActive: true\n"
	static const char four[] = BACKEND("a", "endpoint: {value: 'b:9090'}") BACKEND("b", "endpoint: {value: 'http://b:80'}")
		BACKEND("c", "endpoint: {value: 'https://c:7070/x'}, protocol: http") BACKEND("d", "endpoint: {value: 'd:4317'}")
		BACKEND("e", "endpoint: {value: '[::1]:4317'}") BACKEND("f", "endpoint: {value: 'a b:1'}")
		BACKEND("g", "endpoint: {value: 'https://g'}");
	static const char http[] = BACKEND("a", "endpoint: {value: 'https://b'}, protocol: http");
	static const value_row rows[] = {
		{ four, ISTIO, DAEMONSET, PORTS, "\"4317,7070,80,9090\"" },
		{ http, ISTIO KYMA, DAEMONSET, PORTS, "\"4318\"" },
		{ http, ISTIO, DAEMONSET, PORTS, "\"443\"" },
		{ BACKEND("a", "endpoint: {value: 'http://b'}, protocol: http"), ISTIO, DAEMONSET, PORTS, "\"80\"" },
		{ four, ISTIO "backendPorts: [9090, 4317, 9090]\n", DAEMONSET, PORTS, "\"4317,9090\"" },
		{ four, ISTIO "backendPorts: []\n", DAEMONSET, PORTS, "\"\"" },
		{ four, "", DAEMONSET, PORTS, "-" },
		{ four, ISTIO, DEPLOYMENT, PORTS, "-" },
		{ four, ISTIO, DEPLOYMENT, ANNOTATIONS "sidecar.istio.io/interceptionMode", "\"TPROXY\"" },
		{ four, ISTIO, "NetworkPolicy/kyma-project.io--telemetry-metric-agent-metrics", "spec|ingress|0|ports|1|port",
		  "15090" },
		{ four, "", "NetworkPolicy/kyma-project.io--telemetry-metric-agent-metrics", "spec|ingress|0|ports|1|port", "-" },
	};

	(void)state;
	EXPECT_VALUES(rows);
}

/* Nobody is granted what no pipeline makes him use. */
static void roles_hold_what_is_used(void **state)
{
#define RULES_OF "ClusterRole/telemetry-metric-agent"
#define R(group, resources, verbs) "{\"apiGroups\":[\"" group "\"],\"resources\":[" resources "],\"verbs\":[" verbs "]}"
#define ENRICHMENT R("", "\"namespaces\",\"nodes\",\"pods\"", "\"list\",\"watch\"") "," \
	R("apps", "\"replicasets\"", "\"list\",\"watch\"")
#define LEASE(name) "[" R("coordination.k8s.io", "\"leases\"", "\"create\"") ",{\"apiGroups\":[\"coordination.k8s.io\"]," \
	"\"resources\":[\"leases\"],\"resourceNames\":[\"" name "\"],\"verbs\":[\"get\",\"update\"]}]"
	static const char jobs_only[] = HEAD("r") "spec: {input: {runtime: {enabled: true, resources: {pod: {enabled: false}, "
		"deployment: {enabled: false}, daemonset: {enabled: false}, statefulset: {enabled: false}}}}, "
		"output: {otlp: {endpoint: {value: b}}}}\n";
	static const value_row rows[] = {
		{ MESH, "", RULES_OF, "rules", "[" ENRICHMENT "]" },
		{ SCRAPING, "", RULES_OF, "rules", "[" ENRICHMENT "," R("", "\"endpoints\",\"services\"", "\"list\",\"watch\"") "]" },
		{ jobs_only, "", RULES_OF, "rules",
		  "[" ENRICHMENT "," R("", "\"nodes/pods\",\"nodes/stats\"", "\"get\"") ","
		  R("batch", "\"jobs\"", "\"list\",\"watch\"") "]" },
		{ RUNTIME, "", RULES_OF, "rules|3|resources", "[\"daemonsets\"]" },
		{ RUNTIME, "", "Role/telemetry-metric-agent", "rules", LEASE("telemetry-metric-agent-k8scluster") },
		{ RUNTIME, "", "Role/telemetry-metric-gateway", "rules", LEASE("telemetry-metric-gateway-kymastats") },
	};

	(void)state;
	EXPECT_VALUES(rows);
}

/* A change of configuration or credentials is taken up by the running pod; a change of the pod is not. */
static void only_image_and_arguments_make_new_pods(void **state)
{
	static const struct {
		const char *resources, *facts;
		bool same;
	} rows[] = {
		{ RUNTIME SCRAPING, "", true },
		{ RUNTIME, "env: {A: b}\nconfigText: other\n", true },
		{ RUNTIME, "images: {gateway: other}\n", false },
		{ RUNTIME, "storage: {sizeLimit: '0'}\n", false },
	};
	rendered r;
	char *first, *other;

	(void)state;
	render(&r, RUNTIME, "", RENDERED_OBJECTS);
	first = rendered_value(&r, DEPLOYMENT, ANNOTATIONS "checksum/config");
	rendered_fini(&r);
	assert_int_equal(strlen(first), 66);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		render(&r, rows[i].resources, rows[i].facts, RENDERED_OBJECTS);
		other = rendered_value(&r, DEPLOYMENT, ANNOTATIONS "checksum/config");
		assert_true((strcmp(first, other) == 0) == rows[i].same);
		free(other);
		rendered_fini(&r);
	}
	free(first);
}

/* ---- the manager's roles ---- */

static bool has_words(const tel__node *list, const tel__node *wanted)
{
	for (uint32_t i = 0; i < wanted->v.list.count; i++) {
		bool found = false;

		for (uint32_t k = 0; list && k < list->v.list.count && !found; k++)
			found = tel__slice_eq(list->v.list.items[k]->text, wanted->v.list.items[i]->text);
		if (!found)
			return false;
	}
	return true;
}

/* One rule of the holder covers it, as an API server wants it of who grants. */
static bool is_covered(const tel__node *rules, const tel__node *granted)
{
	static const char *const keys[] = { "apiGroups", "resources", "nonResourceURLs", "verbs" };

	for (uint32_t i = 0; i < rules->v.list.count; i++) {
		const tel__node *rule = rules->v.list.items[i], *names = tel__node_get(rule, "resourceNames");
		const tel__node *granted_names = tel__node_get(granted, "resourceNames");
		bool covered = !names || (granted_names && has_words(names, granted_names));

		for (size_t k = 0; k < 4 && covered; k++) {
			const tel__node *words = tel__node_get(granted, keys[k]);

			covered = !words || has_words(tel__node_get(rule, keys[k]), words);
		}
		if (covered)
			return true;
	}
	return false;
}

/* The manager's rules: in all namespaces, and in its own. */
typedef struct manager_rules {
	tel__doc d;
	tel__node *cluster, *space;
} manager_rules;

static void rules_init(manager_rules *m, tel_object_form form)
{
	*m = (manager_rules){ .d = { NULL, false } };
	assert_ok(tel__arena_new(NULL, 0, NULL, &m->d.arena));
	m->cluster = tel__doc_new_list(&m->d);
	m->space = tel__doc_new_list(&m->d);
	tel__put_manager_rules(&m->d, m->cluster, form, true);
	tel__put_manager_rules(&m->d, m->space, form, false);
	assert_false(m->d.failed);
}

static void check_grants(const manager_rules *m, const rendered *r)
{
	static const char *const roles[] = { "ClusterRole/telemetry-metric-gateway", "ClusterRole/telemetry-metric-agent",
		                                 "Role/telemetry-metric-gateway", "Role/telemetry-metric-agent" };

	for (size_t i = 0; i < 4; i++) {
		const tel__node *grants = tel__node_get(rendered_find(r, roles[i]), "rules");

		for (uint32_t k = 0; k < grants->v.list.count; k++)
			if (!is_covered(i < 2 ? m->cluster : m->space, grants->v.list.items[k]))
				fail_msg("rule %u of %s is not the manager's", k, roles[i]);
	}
}

/* Watching, and applying and deleting by name, in the scope where the object lives. */
static void check_managed(const manager_rules *m, const rendered *r)
{
	for (size_t i = 0; i < 2 * tel_objects_count(r->objects); i++) {
		tel_object_id id = TEL_OBJECT_ID_INIT;
		tel__node *wanted = NULL;
		char text[512];
		size_t slash, n;

		assert_ok(tel_objects_get(r->objects, i / 2, &id));
		slash = tel__slice_find(id.api_version, '/');
		n = (size_t)snprintf(text, sizeof(text), "{apiGroups: ['%.*s'], resources: [%.*s], ",
		                     slash < id.api_version.len ? (int)slash : 0, id.api_version.ptr, (int)id.resource.len,
		                     id.resource.ptr);
		if (i % 2)
			snprintf(text + n, sizeof(text) - n, "verbs: [get, create, patch, delete], resourceNames: ['%.*s']}",
			         (int)id.name.len, id.name.ptr);
		else
			snprintf(text + n, sizeof(text) - n, "verbs: [list, watch]}");
		assert_ok(tel__yaml_parse(r->arena, NULL, tel__slice_str(text), 0, &wanted, NULL));
		if (!is_covered(id.target_namespace.len ? m->space : m->cluster, wanted))
			fail_msg("%s is not allowed", text);
	}
}

static void a_manager_may_do_what_it_does_and_grants(void **state)
{
	static const char *const forms[] = { "vpaActive: true\nistioActive: true\n", KYMA "vpaActive: true\nistioActive: true\n" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		manager_rules m;
		rendered r;

		rules_init(&m, i == 0 ? TEL_OBJECTS_OWN : TEL_OBJECTS_KYMA);
		render(&r, RUNTIME SCRAPING MESH, forms[i], RENDERED_OBJECTS);
		check_grants(&m, &r);
		check_managed(&m, &r);
		rendered_fini(&r);
		render(&r, TELEMETRY("}"), forms[i], RENDERED_UNWANTED);
		check_managed(&m, &r);
		rendered_fini(&r);
		tel__arena_unref(m.d.arena);
	}
}

/* Its own words in a rule would otherwise be granted by anybody who changes a table here. */
static void a_manager_may_apply_nothing_but_its_objects(void **state)
{
	manager_rules m;

	(void)state;
	rules_init(&m, TEL_OBJECTS_OWN);
	for (uint32_t i = 0; i < m.cluster->v.list.count + m.space->v.list.count; i++) {
		const tel__node *rule = i < m.cluster->v.list.count ? m.cluster->v.list.items[i]
		                                                    : m.space->v.list.items[i - m.cluster->v.list.count];
		const tel__node *verbs = tel__node_get(rule, "verbs");

		for (uint32_t k = 0; k < verbs->v.list.count; k++)
			if (tel__slice_is(verbs->v.list.items[k]->text, "patch") || tel__slice_is(verbs->v.list.items[k]->text, "delete"))
				assert_non_null(tel__node_get(rule, "resourceNames"));
	}
	tel__arena_unref(m.d.arena);
}

/* ---- refusals ---- */

static void facts_that_cannot_be_are_found(void **state)
{
	static const struct {
		const char *facts, *findings;
	} rows[] = {
		{ "replicas: 0\n", "E 2:1 : Invalid value: \"object\": 'replicas' must be a number above 0\n" },
		{ "replicas: two\n", "E 2:1 : Invalid value: \"object\": 'replicas' must be a number above 0\n" },
		{ "resourceMultiplier: -1\n", "E 2:1 : Invalid value: \"object\": 'resourceMultiplier' must be a number from 0 on\n" },
		{ "backendPorts: 4317\n", "E 2:1 : Invalid value: \"object\": 'backendPorts' must be a list of ports\n" },
		{ "backendPorts: [65536]\n", "E 2:1 : Invalid value: \"object\": 'backendPorts' must be a list of ports\n" },
		{ "nodeMemory: much\n", "E 2:1 : Invalid value: \"object\": 'nodeMemory' must be a quantity\n" },
		{ "storage: {sizeLimit: 1Gi, claim: c}\n",
		  "E 3:10 storage: Invalid value: \"object\": Only one of 'sizeLimit' and 'claim' can be defined\n" },
		{ "storage: {sizeLimit: big}\n", "E 3:10 storage: Invalid value: \"object\": 'sizeLimit' must be a quantity\n" },
		{ "objects: other\n", "E 3:10 objects: Unsupported value: \"other\": supported values: \"own\", \"kyma\"\n" },
		{ "labels: {a: 1}\n",
		  "E 3:13 labels.a: Invalid value: \"integer\": labels.a in body must be of type string: \"integer\"\n" },
		{ "image: x\n", "E 3:1 image: unknown field \"image\"; did you mean \"images\"?\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];
		parsed p;

		snprintf(text, sizeof(text), "---\nkind: RenderFacts\n%s", rows[i].facts);
		parsed_init(&p, text, true);
		parsed_expect(&p, rows[i].facts, rows[i].findings);
		parsed_fini(&p);
	}
}

static void what_is_missing_is_said(void **state)
{
	static const tel_render_pair selects[] = { { TEL_SLICE_LIT("app.kubernetes.io/name"), TEL_SLICE_LIT("x") } };
	tel_object_facts none = TEL_OBJECT_FACTS_INIT, kyma = TEL_OBJECT_FACTS_INIT, label = TEL_OBJECT_FACTS_INIT;
	const struct {
		const tel_object_facts *facts;
		tel_err rc;
		const char *message;
	} rows[] = {
		{ NULL, TEL_ERR_UNSUPPORTED, "SHA-256 is needed, and no cryptography was given (tel_crypto_ops)" },
		{ &none, TEL_ERR_UNSUPPORTED, "SHA-256 is needed, and no cryptography was given (tel_crypto_ops)" },
		{ &kyma, TEL_ERR_ARG, "images: Kyma's form of objects needs the image of a collector" },
		{ &label, TEL_ERR_ARG, "podLabels: app.kubernetes.io/name selects the pods and cannot be set" },
	};
	parsed p;

	(void)state;
	kyma.form = TEL_OBJECTS_KYMA;
	kyma.crypto = label.crypto = tel_crypto_openssl();
	label.pod_labels = selects;
	label.pod_label_count = 1;
	parsed_init(&p, RUNTIME, true);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		tel_render_facts facts = TEL_RENDER_FACTS_INIT;
		tel_objects *objects = NULL;
		tel_error err = TEL_ERROR_INIT;

		facts.objects = rows[i].facts;
		assert_int_equal(tel_render_objects(p.set, &facts, NULL, &objects, &err), rows[i].rc);
		assert_string_equal(err.msg, rows[i].message);
		assert_null(objects);
	}
	parsed_fini(&p);
}

/* Keys that a Secret cannot have would make an API server refuse the variables of all pipelines. */
static void a_header_that_no_secret_can_hold_harms_nobody_else(void **state)
{
	static const value_row rows[] = {
		{ HEAD("a") "spec: {output: {otlp: {endpoint: {value: b}, headers: [{name: 'X Y', value: v}, {name: 'X!', value: v}, "
		  "{name: X-1, value: v}]}}}\n", "", "Secret/telemetry-metric-gateway", "data",
		  "{\"HEADER_A_X_1\":\"dg==\",\"OTLP_ENDPOINT_A\":\"Yg==\"}" },
	};

	(void)state;
	EXPECT_VALUES(rows);
}

/* ---- amounts ---- */

static void amounts_are_read_and_written_as_kubernetes_does(void **state)
{
	static const struct {
		const char *text, *canonical; /* NULL: refused */
	} rows[] = {
		{ "0", "0" }, { "1", "1" }, { "1023", "1023" }, { "1024", "1Ki" }, { "512Mi", "512Mi" }, { "1024Mi", "1Gi" },
		{ "1536Mi", "1536Mi" }, { "1k", "1000" }, { "1.5Gi", "1536Mi" }, { "0.1", "1" }, { "2e3", "2000" }, { "2E3", "2000" },
		{ "7E", "6835937500000000Ki" }, { "15Ei", "15Ei" }, { "16Ei", NULL },
		{ "18446744073709551615", "18446744073709551615" },
		{ "18446744073709551616", NULL }, { "", NULL }, { "Mi", NULL }, { "1 Mi", NULL }, { "-1", NULL }, { "1mi", NULL },
		{ "1.", NULL }, { ".5", NULL }, { "1e", NULL }, { "1e99", NULL }, { "1.5.5", NULL }, { "1e3Ki", NULL },
		{ "0.00000000000000000000000001", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[TEL__QUANTITY_MAX] = "";
		uint64_t bytes = 0;
		bool ok = tel__quantity_parse(tel__slice_str(rows[i].text), &bytes);

		if (ok)
			tel__quantity_format(bytes, text);
		if (ok != (rows[i].canonical != NULL) || (ok && strcmp(text, rows[i].canonical) != 0))
			fail_msg("%s: %s", rows[i].text, ok ? text : "refused");
	}
}

/* ---- memory ---- */

static tel_err objects_scenario(const tel_alloc *alloc, void *user)
{
	tel_objects *objects = NULL;
	tel_error err = TEL_ERROR_INIT;
	tel_buf *text = NULL;
	rendered *r = user;
	tel_err rc = tel_render_objects(r->p.set, &r->facts, alloc, &objects, &err);

	assert_true((rc == TEL_OK) == (objects != NULL));
	assert_int_equal(rc, err.code);
	if (rc == TEL_OK)
		rc = tel_objects_yaml(objects, alloc, &text);
	assert_true((rc == TEL_OK) == (text != NULL));
	if (rc == TEL_OK)
		assert_true(tel__slice_eq(tel_buf_get(text), tel_buf_get(r->text)));
	tel_buf_unref(text);
	text = NULL;
	if (rc == TEL_OK)
		rc = tel_objects_json(objects, 0, alloc, &text);
	tel_buf_unref(text);
	tel_objects_free(objects);
	return rc;
}

static tel_err names_scenario(const tel_alloc *alloc, void *user)
{
	tel_objects *unwanted = NULL;
	rendered *r = user;
	tel_err rc = tel_render_unwanted(r->p.set, &r->facts, alloc, &unwanted);

	assert_true((rc == TEL_OK) == (unwanted != NULL));
	tel_objects_free(unwanted);
	return rc;
}

static void rendering_survives_every_failed_allocation(void **state)
{
	static const char *const forms[] = { "", KYMA };
	static const char more[] = "istioActive: true\nvpaActive: true\nlabels: {a: b}\npodLabels: {c: d}\nannotations: {e: f}\n"
		"podAnnotations: {g: h}\nbackendPorts: [1, 2]\nconfigText: short\nclusterTrustBundle: t\nimagePullSecret: i\n";

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		char facts[1024];
		rendered r;

		snprintf(facts, sizeof(facts), "%s%s", forms[i], more);
		render(&r, RUNTIME OWNED("x", "u1", ""), facts, RENDERED_OBJECTS);
		torture_alloc(objects_scenario, &r);
		torture_alloc(names_scenario, &r);
		rendered_fini(&r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_are_applied_in_their_order),
		cmocka_unit_test(what_is_not_rendered_must_not_exist),
		cmocka_unit_test(our_programs_get_their_arguments),
		cmocka_unit_test(files_are_mounted_as_directories),
		cmocka_unit_test(a_claim_keeps_queues_beyond_pods),
		cmocka_unit_test(pods_are_restricted),
		cmocka_unit_test(sizes_follow_pipelines_and_scaling),
		cmocka_unit_test(the_agent_is_scaled_where_it_is_wanted_and_known),
		cmocka_unit_test(labels_and_annotations_keep_their_order_of_precedence),
		cmocka_unit_test(pipelines_own_their_objects),
		cmocka_unit_test(ports_of_backends_are_those_of_the_endpoints),
		cmocka_unit_test(roles_hold_what_is_used),
		cmocka_unit_test(only_image_and_arguments_make_new_pods),
		cmocka_unit_test(a_manager_may_do_what_it_does_and_grants),
		cmocka_unit_test(a_manager_may_apply_nothing_but_its_objects),
		cmocka_unit_test(facts_that_cannot_be_are_found),
		cmocka_unit_test(what_is_missing_is_said),
		cmocka_unit_test(a_header_that_no_secret_can_hold_harms_nobody_else),
		cmocka_unit_test(amounts_are_read_and_written_as_kubernetes_does),
		cmocka_unit_test(rendering_survives_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
