/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, defaults and checks of k8s_attributes: otel-processing.md 8.1, 8.3, 8.5. */
#include <stdio.h>

#include "base/error_i.h"
#include "base/slice_i.h"
#include "process/k8s_attributes.h"
#include "wire/regex.h"
#include "wire/regex_keys.h"

#define ROW(type, member) .offset = offsetof(type, member)

const char *const tel__k8s_field_names[TEL__K8S_FIELD_COUNT] = {
	"k8s.pod.name", "k8s.pod.uid", "k8s.pod.start_time", "k8s.pod.hostname", "k8s.pod.ip",
	"k8s.namespace.name", "k8s.node.name", "k8s.node.uid", "k8s.cluster.uid",
	"k8s.deployment.name", "k8s.deployment.uid", "k8s.replicaset.name", "k8s.replicaset.uid",
	"k8s.daemonset.name", "k8s.daemonset.uid", "k8s.statefulset.name", "k8s.statefulset.uid",
	"k8s.job.name", "k8s.job.uid", "k8s.cronjob.name", "k8s.cronjob.uid",
	"k8s.container.name", "container.id", "container.image.name", "container.image.tag", "container.image.repo_digests",
	"service.namespace", "service.name", "service.version", "service.instance.id",
};

static const char *const from_words[] = { "pod", "namespace", "node", "deployment", "statefulset", "daemonset", "job", NULL };

static size_t field_of(tel_slice name)
{
	for (size_t i = 0; i < TEL__K8S_FIELD_COUNT; i++)
		if (tel__slice_is(name, tel__k8s_field_names[i]))
			return i;
	return TEL__K8S_FIELD_COUNT;
}

uint64_t tel__k8s_fields(const tel__k8s_extract *extract)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < extract->metadata.count; i++) {
		size_t field = field_of(extract->metadata.items[i]);

		if (field < TEL__K8S_FIELD_COUNT)
			bits |= (uint64_t)1 << field;
	}
	return bits;
}

static tel_err verify_rule(const tel__key_check *c)
{
	const tel__k8s_rule *rule = c->options;

	return rule->key_regex.len && !rule->key.len ? tel__regex_verify(c, rule->key_regex, TEL__REGEX_WHOLE, "|key_regex") : TEL_OK;
}

static const tel__key rule_keys[] = {
	{ .name = "tag_name", .type = TEL__KEY_STRING, ROW(tel__k8s_rule, tag_name),
	  .help = "attribute to set; none = k8s.<kind>.labels.<key> and the like" },
	{ .name = "key", .type = TEL__KEY_STRING, ROW(tel__k8s_rule, key), .help = "label or annotation to read" },
	{ .name = "key_regex", .type = TEL__KEY_STRING, ROW(tel__k8s_rule, key_regex), .verify = verify_rule,
	  .help = "those whose whole key matches; $1 in tag_name is its first group" },
	{ .name = "from", .type = TEL__KEY_ENUM, ROW(tel__k8s_rule, from), .def = "pod", .words = from_words,
	  .bad = "{} is not a valid choice for From. Must be one of: pod, namespace, deployment, statefulset, daemonset, job, node",
	  .help = "whose labels or annotations" },
};

static void check_rule(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__k8s_rule *rule = options;
	char key[80], regex[80];
	tel_error text = TEL_ERROR_INIT;

	if (!rule->key.len || !rule->key_regex.len)
		return;
	(void)tel__fail(&text, TEL_ERR_CONFIG, "Out of Key or KeyRegex only one option is expected to be configured at a time, "
	                "currently Key:%s and KeyRegex:%s", tel__slice_printable(rule->key, key, sizeof(key)),
	                tel__slice_printable(rule->key_regex, regex, sizeof(regex)));
	report(user, "|key", text.msg);
}

static const tel__key_table rule_table = { .go_name = "k8sattributesprocessor.FieldExtractConfig",
	.size = sizeof(tel__k8s_rule), .keys = rule_keys, .key_count = TEL__KEY_COUNT(rule_keys), .check = check_rule };

static const tel__key extract_keys[] = {
	{ .name = "metadata", .type = TEL__KEY_STRINGS, ROW(tel__k8s_extract, metadata),
	  .def = "[k8s.namespace.name, k8s.pod.name, k8s.pod.uid, k8s.pod.start_time, k8s.deployment.name, k8s.node.name, "
	         "container.image.name, container.image.tag]",
	  .help = "attributes to set; a list replaces the default" },
	{ .name = "labels", .type = TEL__KEY_SECTIONS, ROW(tel__k8s_extract, labels), .section = &rule_table,
	  .help = "labels to set as attributes" },
	{ .name = "annotations", .type = TEL__KEY_SECTIONS, ROW(tel__k8s_extract, annotations), .section = &rule_table,
	  .help = "annotations to set as attributes" },
	{ .name = "otel_annotations", .type = TEL__KEY_BOOL, ROW(tel__k8s_extract, otel_annotations), .def = "false",
	  .help = "pod annotations resource.opentelemetry.io/X are attributes X" },
	{ .name = "deployment_name_from_replicaset", .type = TEL__KEY_BOOL,
	  ROW(tel__k8s_extract, deployment_name_from_replicaset), .def = "false",
	  .help = "take the Deployment's name from the ReplicaSet's, without asking for ReplicaSets" },
};

static void check_extract(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__k8s_extract *extract = options;

	for (size_t i = 0; i < extract->metadata.count; i++) {
		tel_error text = TEL_ERROR_INIT;
		char name[100], path[48];

		if (field_of(extract->metadata.items[i]) < TEL__K8S_FIELD_COUNT)
			continue;
		(void)tel__fail(&text, TEL_ERR_CONFIG, "\"%s\" is not a supported metadata field",
		                tel__slice_printable(extract->metadata.items[i], name, sizeof(name)));
		snprintf(path, sizeof(path), "|metadata::%zu", i);
		report(user, path, text.msg);
	}
}

static const tel__key_table extract_table = { .go_name = "k8sattributesprocessor.ExtractConfig",
	.size = sizeof(tel__k8s_extract), .keys = extract_keys, .key_count = TEL__KEY_COUNT(extract_keys), .check = check_extract };

static const tel__key field_filter_keys[] = {
	{ .name = "key", .type = TEL__KEY_STRING, ROW(tel__k8s_field_filter, key), .help = "label or field" },
	{ .name = "value", .type = TEL__KEY_STRING, ROW(tel__k8s_field_filter, value), .help = "what it is compared with" },
	{ .name = "op", .type = TEL__KEY_STRING, ROW(tel__k8s_field_filter, op),
	  .help = "equals (default), not-equals, exists, does-not-exist" },
};

static const tel__key_table field_filter_table = { .go_name = "k8sattributesprocessor.FieldFilterConfig",
	.size = sizeof(tel__k8s_field_filter), .keys = field_filter_keys, .key_count = TEL__KEY_COUNT(field_filter_keys) };

static const tel__key filter_keys[] = {
	{ .name = "node", .type = TEL__KEY_STRING, ROW(tel__k8s_filter, node), .help = "pods of one node only" },
	{ .name = "node_from_env_var", .type = TEL__KEY_STRING, ROW(tel__k8s_filter, node_from_env_var),
	  .help = "the same, named by an environment variable" },
	{ .name = "namespace", .type = TEL__KEY_STRING, ROW(tel__k8s_filter, namespace), .help = "pods of one namespace only" },
	{ .name = "fields", .type = TEL__KEY_SECTIONS, ROW(tel__k8s_filter, fields), .section = &field_filter_table,
	  .help = "field selectors" },
	{ .name = "labels", .type = TEL__KEY_SECTIONS, ROW(tel__k8s_filter, labels), .section = &field_filter_table,
	  .help = "label selectors" },
};

static const tel__key_table filter_table = { .go_name = "k8sattributesprocessor.FilterConfig",
	.size = sizeof(tel__k8s_filter), .keys = filter_keys, .key_count = TEL__KEY_COUNT(filter_keys) };

static const tel__key source_keys[] = {
	{ .name = "from", .type = TEL__KEY_STRING, ROW(tel__k8s_source, from), .help = "resource_attribute or connection" },
	{ .name = "name", .type = TEL__KEY_STRING, ROW(tel__k8s_source, name), .help = "of the attribute" },
};

static const tel__key_table source_table = { .go_name = "k8sattributesprocessor.PodAssociationSourceConfig",
	.size = sizeof(tel__k8s_source), .keys = source_keys, .key_count = TEL__KEY_COUNT(source_keys) };

static const tel__key association_keys[] = {
	{ .name = "sources", .type = TEL__KEY_SECTIONS, ROW(tel__k8s_association, sources), .section = &source_table,
	  .help = "what all has to be there, and names the pod together" },
};

static const tel__key_table association_table = { .go_name = "k8sattributesprocessor.PodAssociationConfig",
	.size = sizeof(tel__k8s_association), .keys = association_keys, .key_count = TEL__KEY_COUNT(association_keys) };

static const tel__key exclude_keys[] = {
	{ .name = "name", .type = TEL__KEY_STRING, ROW(tel__k8s_exclude, name), .help = "regular expression, found anywhere in the name" },
};

static const tel__key_table exclude_table = { .go_name = "k8sattributesprocessor.ExcludePodConfig",
	.size = sizeof(tel__k8s_exclude), .keys = exclude_keys, .key_count = TEL__KEY_COUNT(exclude_keys) };

static const tel__key excludes_keys[] = {
	{ .name = "pods", .type = TEL__KEY_SECTIONS, ROW(tel__k8s_excludes, pods), .section = &exclude_table,
	  .help = "pods that are never found; none = jaeger-agent and jaeger-collector" },
};

static const tel__key_table excludes_table = { .go_name = "k8sattributesprocessor.ExcludeConfig",
	.size = sizeof(tel__k8s_excludes), .keys = excludes_keys, .key_count = TEL__KEY_COUNT(excludes_keys) };

static tel_err verify_excludes(const tel__key_check *c)
{
	const tel__k8s_options *o = c->options;
	const tel__k8s_exclude *excludes = o->exclude.pods.items;
	tel_err rc = TEL_OK;

	for (size_t i = 0; !rc && i < o->exclude.pods.count; i++) {
		char path[64];

		snprintf(path, sizeof(path), "|exclude::pods::%zu::name", i);
		rc = tel__regex_verify(c, excludes[i].name, 0, path);
	}
	return rc;
}

static const tel__key k8s_keys[] = {
	{ .name = "apiconfig", .type = TEL__KEY_SQUASH, ROW(tel__k8s_options, api), .section = &tel__kube_api_keys, .help = "" },
	{ .name = "passthrough", .type = TEL__KEY_BOOL, ROW(tel__k8s_options, passthrough), .def = "false",
	  .help = "only note the client's address as k8s.pod.ip, for a later one of these" },
	{ .name = "extract", .type = TEL__KEY_SECTION, ROW(tel__k8s_options, extract), .section = &extract_table,
	  .help = "what to set" },
	{ .name = "filter", .type = TEL__KEY_SECTION, ROW(tel__k8s_options, filter), .section = &filter_table,
	  .help = "which pods to know" },
	{ .name = "pod_association", .type = TEL__KEY_SECTIONS, ROW(tel__k8s_options, pod_association),
	  .section = &association_table, .help = "how a resource names its pod: the first entry that is complete decides" },
	{ .name = "exclude", .type = TEL__KEY_SECTION, ROW(tel__k8s_options, exclude), .section = &excludes_table,
	  .verify = verify_excludes, .help = "pods that are never found" },
	{ .name = "wait_for_metadata", .type = TEL__KEY_BOOL, ROW(tel__k8s_options, wait_for_metadata), .def = "false",
	  .help = "start only when the pods are known" },
	{ .name = "wait_for_metadata_timeout", .type = TEL__KEY_DURATION,
	  ROW(tel__k8s_options, wait_for_metadata_timeout_ns), .def = "10s", .help = "how long that may take" },
};

static void check_k8s(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__k8s_options *o = options;
	const tel__k8s_association *associations = o->pod_association.items;

	for (size_t i = 0; i < o->pod_association.count; i++) {
		char path[48];

		snprintf(path, sizeof(path), "|pod_association::%zu", i);
		if (associations[i].sources.count > TEL__K8S_SOURCES_MAX)
			report(user, path, "too many association sources. limit is 4");
	}
}

const tel__key_table tel__k8s_table = { .go_name = "k8sattributesprocessor.Config", .size = sizeof(tel__k8s_options),
	.keys = k8s_keys, .key_count = TEL__KEY_COUNT(k8s_keys), .check = check_k8s };
