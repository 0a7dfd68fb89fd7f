/* SPDX-License-Identifier: Apache-2.0 */
#include "source/k8s_cluster.h"

#include <stddef.h>
#include <stdio.h>

#include "base/error_i.h"
#include "base/slice_i.h"

#define FIELD(name) .offset = offsetof(tel__cluster_options, name)

typedef void report_fn(void *user, const char *path, const char *msg);

#define METRIC(constant, name, on) TEL__METRIC_ROW(tel__cluster_options, metrics[TEL__CLUSTER_##constant], name, on),
static const tel__key metric_keys[] = { TEL__CLUSTER_METRICS(METRIC) };
#undef METRIC
static const tel__key_table metric_table = { "metadata.MetricsConfig", sizeof(tel__cluster_options), metric_keys,
	                                         TEL__KEY_COUNT(metric_keys), NULL };

#define ATTRIBUTE(constant, name, on) \
	TEL__ATTRIBUTE_ROW(tel__cluster_options, resource_attributes[TEL__CLUSTER_AT_##constant], name, on),
static const tel__key attribute_keys[] = { TEL__CLUSTER_ATTRIBUTES(ATTRIBUTE) };
#undef ATTRIBUTE
static const tel__key_table attribute_table = { "metadata.ResourceAttributesConfig", sizeof(tel__cluster_options),
	                                            attribute_keys, TEL__KEY_COUNT(attribute_keys), NULL };

static void check_receiver(const void *options, report_fn *report, void *user)
{
	const tel__cluster_options *o = options;
	char msg[192], shown[64];

	if (o->api.auth_type == TEL__KUBE_AUTH_TLS)
		report(user, "|auth_type", "invalid authType for kubernetes: tls");
	if (!tel__slice_is(o->distribution, "kubernetes") && !tel__slice_is(o->distribution, "openshift")) {
		snprintf(msg, sizeof(msg), "\"%s\" is not a supported distribution. Must be one of: \"openshift\", \"kubernetes\"",
		         tel__slice_printable(o->distribution, shown, sizeof(shown)));
		report(user, "|distribution", msg);
	}
	if (o->collection_interval_ns <= 0) /* the Collector's ticker would crash */
		report(user, "|collection_interval", "\"collection_interval\": requires positive value");
}

static tel_err warn_entities(const tel__key_check *c)
{
	const tel__cluster_options *o = c->options;

	if (o->metadata_exporters.count > 0)
		c->report(c, true, "metadata_exporters", TEL_SLICE_LIT("has no effect: entity metadata are not collected"));
	return TEL_OK;
}

static const tel__key receiver_keys[] = {
	{ .name = "apiconfig", .type = TEL__KEY_SQUASH, FIELD(api), .section = &tel__kube_api_keys, .help = "" },
	{ .name = "collection_interval", .type = TEL__KEY_DURATION, FIELD(collection_interval_ns), .def = "10s",
	  .help = "time between two reports" },
	{ .name = "node_conditions_to_report", .type = TEL__KEY_STRINGS, FIELD(node_conditions_to_report), .def = "[Ready]",
	  .help = "conditions of nodes with a metric each" },
	{ .name = "allocatable_types_to_report", .type = TEL__KEY_STRINGS, FIELD(allocatable_types_to_report),
	  .help = "allocatable resources of nodes with a metric each" },
	{ .name = "metadata_exporters", .type = TEL__KEY_STRINGS, FIELD(metadata_exporters), .verify = warn_entities,
	  .help = "accepted; entity metadata are not collected" },
	{ .name = "distribution", .type = TEL__KEY_STRING, FIELD(distribution), .def = "kubernetes",
	  .help = "kubernetes or openshift, whose cluster quotas are reported too" },
	{ .name = "metadata_collection_interval", .type = TEL__KEY_DURATION, FIELD(metadata_collection_interval_ns), .def = "5m",
	  .help = "accepted; entity metadata are not collected" },
	{ .name = "namespace", .type = TEL__KEY_STRING, FIELD(namespace_), .help = "older form of namespaces" },
	{ .name = "namespaces", .type = TEL__KEY_STRINGS, FIELD(namespaces),
	  .help = "namespaces to watch; none = all, with nodes and namespaces themselves" },
	{ .name = "metrics", .type = TEL__KEY_SECTION, .section = &metric_table, .help = "switches of metrics" },
	{ .name = "resource_attributes", .type = TEL__KEY_SECTION, .section = &attribute_table,
	  .help = "switches of resource attributes" },
	TEL__LEADER_KEY(tel__cluster_options, leader),
};
static const tel__key_table receiver_table = { "k8sclusterreceiver.Config", sizeof(tel__cluster_options), receiver_keys,
	                                           TEL__KEY_COUNT(receiver_keys), check_receiver };

const tel__component tel__k8s_cluster = {
	.type = "k8s_cluster",
	.kind = TEL__KIND_RECEIVER,
	.keys = &receiver_table,
	.help = "the state of the objects of a cluster",
};
