/* SPDX-License-Identifier: Apache-2.0 */
#include "source/kymastats.h"

#include <stddef.h>

#define FIELD(name) .offset = offsetof(tel__kymastats_options, name)
#define RESOURCE(name) .offset = offsetof(tel__kymastats_resource, name)
#define ATTRIBUTE(field, name) TEL__ATTRIBUTE_ROW(tel__kymastats_attributes, field, name, "true")

static const tel__key resource_keys[] = {
	{ .name = "group", .type = TEL__KEY_STRING, RESOURCE(group), .help = "API group; empty = the core one" },
	{ .name = "version", .type = TEL__KEY_STRING, RESOURCE(version), .help = "API version" },
	{ .name = "resource", .type = TEL__KEY_STRING, RESOURCE(resource), .help = "name of the resource, in the plural" },
};
static const tel__key_table resource_table = { "kymastatsreceiver.ResourceConfig", sizeof(tel__kymastats_resource),
	                                           resource_keys, TEL__KEY_COUNT(resource_keys), NULL };

static const tel__key metric_keys[] = {
	TEL__METRIC_ROW(tel__kymastats_metrics, conditions, "kyma.resource.status.conditions", "true"),
	TEL__METRIC_ROW(tel__kymastats_metrics, state, "kyma.resource.status.state", "true"),
};
static const tel__key_table metric_table = { "metadata.MetricsConfig", sizeof(tel__kymastats_metrics), metric_keys,
	                                         TEL__KEY_COUNT(metric_keys), NULL };

static const tel__key attribute_keys[] = {
	ATTRIBUTE(namespace_name, "k8s.namespace.name"), ATTRIBUTE(group, "k8s.resource.group"),
	ATTRIBUTE(kind, "k8s.resource.kind"),            ATTRIBUTE(name, "k8s.resource.name"),
	ATTRIBUTE(version, "k8s.resource.version"),
};
static const tel__key_table attribute_table = { "metadata.ResourceAttributesConfig", sizeof(tel__kymastats_attributes),
	                                            attribute_keys, TEL__KEY_COUNT(attribute_keys), NULL };

static const tel__key stats_keys[] = {
	{ .name = "controllerconfig", .type = TEL__KEY_SQUASH, FIELD(scraper), .section = &tel__scraper_keys, .help = "" },
	{ .name = "apiconfig", .type = TEL__KEY_SQUASH, FIELD(api), .section = &tel__kube_api_keys, .help = "" },
	{ .name = "metrics", .type = TEL__KEY_SECTION, FIELD(metrics), .section = &metric_table, .help = "switches of metrics" },
	{ .name = "resource_attributes", .type = TEL__KEY_SECTION, FIELD(resource_attributes), .section = &attribute_table,
	  .help = "switches of resource attributes" },
	{ .name = "resources", .type = TEL__KEY_SECTIONS, FIELD(resources), .section = &resource_table,
	  .help = "what is listed, in all namespaces" },
	TEL__LEADER_KEY(tel__kymastats_options, leader),
};

static void check_stats(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__kymastats_options *o = options;

	if (o->api.auth_type == TEL__KUBE_AUTH_TLS)
		report(user, "|auth_type", "invalid authType for kubernetes: tls");
	if (o->resources.count == 0)
		report(user, "|resources", "empty resources");
}

static const tel__key_table stats_table = { "kymastatsreceiver.Config", sizeof(tel__kymastats_options), stats_keys,
	                                        TEL__KEY_COUNT(stats_keys), check_stats };

const tel__component tel__kymastats = {
	.type = "kymastats",
	.kind = TEL__KIND_RECEIVER,
	.keys = &stats_table,
	.help = "the status of Kyma's resources as metrics",
};
