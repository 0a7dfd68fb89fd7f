/* SPDX-License-Identifier: Apache-2.0 */
#include "source/kubeletstats.h"

#include <stddef.h>
#include <stdio.h>

#include "base/error_i.h"
#include "base/slice_i.h"

#define FIELD(name) .offset = offsetof(tel__kubelet_options, name)

typedef void report_fn(void *user, const char *path, const char *msg);

#define METRIC(constant, name, on) TEL__METRIC_ROW(tel__kubelet_options, metrics[TEL__KUBELET_##constant], name, on),
static const tel__key metric_keys[] = { TEL__KUBELET_METRICS(METRIC) };
#undef METRIC
static const tel__key_table metric_table = { "metadata.MetricsConfig", sizeof(tel__kubelet_options), metric_keys,
	                                         TEL__KEY_COUNT(metric_keys), NULL };

#define ATTRIBUTE(constant, name, on) \
	TEL__ATTRIBUTE_ROW(tel__kubelet_options, resource_attributes[TEL__KUBELET_AT_##constant], name, on),
static const tel__key attribute_keys[] = { TEL__KUBELET_ATTRIBUTES(ATTRIBUTE) };
#undef ATTRIBUTE
static const tel__key_table attribute_table = { "metadata.ResourceAttributesConfig", sizeof(tel__kubelet_options),
	                                            attribute_keys, TEL__KEY_COUNT(attribute_keys), NULL };

static const tel__key interface_keys[] = {
	{ .name = "pod", .type = TEL__KEY_BOOL, .offset = offsetof(tel__kubelet_interfaces, pod), .help = "of pods" },
	{ .name = "node", .type = TEL__KEY_BOOL, .offset = offsetof(tel__kubelet_interfaces, node), .help = "of the node" },
};
static const tel__key_table interface_table = { "kubeletstatsreceiver.NetworkInterfacesEnablerConfig",
	                                            sizeof(tel__kubelet_interfaces), interface_keys,
	                                            TEL__KEY_COUNT(interface_keys), NULL };

static const tel__key dialer_keys[] = {
	{ .name = "timeout", .type = TEL__KEY_DURATION, .def = "0s", .help = "time limit of connecting; 0 = none" },
};
static const tel__key_table dialer_table = { "confignet.DialerConfig", sizeof(int64_t), dialer_keys,
	                                         TEL__KEY_COUNT(dialer_keys), NULL };

static const char *const group_words[] = { "container", "pod", "node", "volume" };

static unsigned group_bit(tel_slice word)
{
	for (unsigned i = 0; i < 4; i++)
		if (tel__slice_is(word, group_words[i]))
			return 1u << i;
	return 0;
}

unsigned tel__kubelet_groups(const tel__kubelet_options *o)
{
	unsigned bits = 0;

	for (size_t i = 0; i < o->metric_groups.count; i++)
		bits |= group_bit(o->metric_groups.items[i]);
	return bits;
}

static void check_labels(const tel__kubelet_options *o, report_fn *report, void *user)
{
	static const char *const known[] = { "container.id", "k8s.volume.type" };
	char msg[128], path[48], shown[64];
	unsigned seen = 0, bit;

	for (size_t i = 0; i < o->extra_metadata_labels.count; i++) {
		tel_slice label = o->extra_metadata_labels.items[i];

		bit = tel__slice_is(label, known[0]) ? 1 : tel__slice_is(label, known[1]) ? 2 : 0;
		if (bit && !(seen & bit)) {
			seen |= bit;
			continue;
		}
		tel__slice_printable(label, shown, sizeof(shown));
		snprintf(msg, sizeof(msg), bit ? "duplicate metadata label: \"%s\"" : "label \"%s\" is not supported", shown);
		snprintf(path, sizeof(path), "|extra_metadata_labels::%zu", i);
		report(user, path, msg);
	}
}

/* Metrics that compare with the node need its name. */
static void check_node(const tel__kubelet_options *o, report_fn *report, void *user)
{
	static const struct {
		int metric;
		const char *name;
	} rows[] = {
		{ TEL__KUBELET_K8S_CONTAINER_CPU_NODE_UTILIZATION, "k8s.container.cpu.node.utilization" },
		{ TEL__KUBELET_K8S_POD_CPU_NODE_UTILIZATION, "k8s.pod.cpu.node.utilization" },
		{ TEL__KUBELET_K8S_CONTAINER_MEMORY_NODE_UTILIZATION, "k8s.container.memory.node.utilization" },
		{ TEL__KUBELET_K8S_POD_MEMORY_NODE_UTILIZATION, "k8s.pod.memory.node.utilization" },
	};
	char msg[192], path[96];

	for (size_t i = 0; !o->node.len && i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (!o->metrics[rows[i].metric].enabled)
			continue;
		snprintf(msg, sizeof(msg), "for %s node setting is required. Check the readme on how to set the required setting",
		         rows[i].name);
		snprintf(path, sizeof(path), "|metrics::%s", rows[i].name);
		report(user, path, msg);
	}
}

static void check_receiver(const void *options, report_fn *report, void *user)
{
	const tel__kubelet_options *o = options;
	char path[48];

	check_labels(o, report, user);
	for (size_t i = 0; i < o->metric_groups.count; i++) {
		if (group_bit(o->metric_groups.items[i]))
			continue;
		snprintf(path, sizeof(path), "|metric_groups::%zu", i);
		report(user, path, "invalid entry in metric_groups");
	}
	check_node(o, report, user);
}

static const tel__key receiver_keys[] = {
	{ .name = "controllerconfig", .type = TEL__KEY_SQUASH, FIELD(scraper), .section = &tel__scraper_keys,
	  .def = "{collection_interval: 10s}", .help = "" },
	{ .name = "apiconfig", .type = TEL__KEY_SQUASH, FIELD(api), .section = &tel__kube_api_keys, .def = "{auth_type: tls}",
	  .help = "" },
	{ .type = TEL__KEY_SQUASH, FIELD(tls), .section = &tel__tls_shared_keys, .help = "" },
	{ .name = "insecure_skip_verify", .type = TEL__KEY_BOOL, FIELD(tls.insecure_skip_verify),
	  .help = "do not verify the kubelet's certificate" },
	{ .name = "endpoint", .type = TEL__KEY_STRING, FIELD(endpoint),
	  .help = "address of the kubelet; none = this host, port 10250; the name of the node with auth_type kubeConfig" },
	{ .name = "dialer", .type = TEL__KEY_SECTION, FIELD(dial_timeout_ns), .section = &dialer_table, .help = "connecting" },
	{ .name = "extra_metadata_labels", .type = TEL__KEY_STRINGS, FIELD(extra_metadata_labels),
	  .help = "resource attributes that cost a second request: container.id, k8s.volume.type" },
	{ .name = "metric_groups", .type = TEL__KEY_STRINGS, FIELD(metric_groups), .def = "[container, pod, node]",
	  .help = "what is reported: container, pod, node, volume" },
	{ .name = "k8s_api_config", .type = TEL__KEY_OPTIONAL, FIELD(k8s_api_config), .section = &tel__kube_api_keys,
	  .help = "API server, for details of claims and the size of the node" },
	{ .name = "node", .type = TEL__KEY_STRING, FIELD(node), .help = "name of the node, for utilization of it" },
	{ .name = "collect_all_network_interfaces", .type = TEL__KEY_SECTION, FIELD(collect_all_network_interfaces),
	  .section = &interface_table, .help = "all interfaces, not only the default one" },
	{ .name = "metrics", .type = TEL__KEY_SECTION, .section = &metric_table, .help = "switches of metrics" },
	{ .name = "resource_attributes", .type = TEL__KEY_SECTION, .section = &attribute_table,
	  .help = "switches of resource attributes" },
};
static const tel__key_table receiver_table = { "kubeletstatsreceiver.Config", sizeof(tel__kubelet_options), receiver_keys,
	                                           TEL__KEY_COUNT(receiver_keys), check_receiver };

const tel__component tel__kubeletstats = {
	.type = "kubeletstats",
	.kind = TEL__KIND_RECEIVER,
	.keys = &receiver_table,
	.help = "what the kubelet of a node says of it, its pods, containers and volumes",
};
