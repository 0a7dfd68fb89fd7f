/* SPDX-License-Identifier: Apache-2.0 */
/* Processors that gateway and agent share (kyma-metrics.md 3.5, 4.6). */
#include "base/slice_i.h"
#include "control/render.h"

#define NAMESPACE "resource.attributes[\"k8s.namespace.name\"]"

tel__node *tel__make_empty(tel__render *r, const tel__metric_pipeline *p)
{
	(void)p;
	return tel__doc_new_map(&r->doc);
}

tel__node *tel__make_memory_limiter(tel__render *r, const tel__metric_pipeline *p)
{
	tel__node *options = tel__doc_new_map(&r->doc);

	(void)p;
	tel__doc_text(&r->doc, options, "check_interval", "1s");
	tel__doc_int(&r->doc, options, "limit_percentage", 75);
	tel__doc_int(&r->doc, options, "spike_limit_percentage", 15);
	return options;
}

tel__node *tel__make_batch(tel__render *r, const tel__metric_pipeline *p)
{
	tel__node *options = tel__doc_new_map(&r->doc);

	(void)p;
	tel__doc_int(&r->doc, options, "send_batch_size", 1024);
	tel__doc_text(&r->doc, options, "timeout", "10s");
	tel__doc_int(&r->doc, options, "send_batch_max_size", 1024);
	return options;
}

/* ---- OTTL ---- */

static tel__node *new_processor(tel__render *r, const char *list, tel__node **ret_list)
{
	tel__node *options = tel__doc_new_map(&r->doc);

	tel__doc_text(&r->doc, options, "error_mode", "ignore");
	*ret_list = tel__doc_list(&r->doc, options, list);
	return options;
}

tel__node *tel__make_transform(tel__render *r, const tel_slice *statements, size_t count)
{
	tel__node *list, *options = new_processor(r, "metric_statements", &list);
	tel__node *group = tel__doc_append_map(&r->doc, list);

	tel__doc_append_slices(&r->doc, tel__doc_list(&r->doc, group, "statements"), statements, count);
	return options;
}

tel__node *tel__make_filter(tel__render *r, const tel_slice *conditions, size_t count)
{
	tel__node *list, *options = new_processor(r, "metric_conditions", &list);
	tel__node *group = tel__doc_append_map(&r->doc, list);

	tel__doc_append_slices(&r->doc, tel__doc_list(&r->doc, group, "conditions"), conditions, count);
	return options;
}

tel__node *tel__make_input_name(tel__render *r, const char *input)
{
	tel_slice statement = tel__doc_fmt(&r->doc, "set(resource.attributes[\"kyma.input.name\"], \"%s\")", input);

	return tel__make_transform(r, &statement, 1);
}

void tel__put_scope_statements(tel__render *r, tel_slice *statements, const char *upstream, const char *name)
{
	tel_slice version = r->facts->scope_version;

	statements[0] = tel__doc_fmt(&r->doc, "set(scope.version, \"%.*s\") where scope.name == \"%s\"", (int)version.len,
	                             version.ptr, upstream);
	statements[1] = tel__doc_fmt(&r->doc, "set(scope.name, \"io.kyma-project.telemetry/%s\") where scope.name == \"%s\"", name,
	                             upstream);
}

tel__node *tel__make_user_transform(tel__render *r, const tel__metric_pipeline *p)
{
	const tel__list *rules = p->spec ? &p->spec->transform : NULL;
	tel__node *list, *options;

	if (!rules || rules->count == 0)
		return NULL;
	options = new_processor(r, "metric_statements", &list);
	for (size_t i = 0; i < rules->count; i++) {
		const tel__user_rule *rule = (const tel__user_rule *)rules->items + i;
		tel__node *group = tel__doc_append_map(&r->doc, list);

		tel__doc_append_slices(&r->doc, tel__doc_list(&r->doc, group, "statements"), rule->statements.items,
		                       rule->statements.count);
		if (rule->conditions.count)
			tel__doc_append_slices(&r->doc, tel__doc_list(&r->doc, group, "conditions"), rule->conditions.items,
			                       rule->conditions.count);
	}
	return options;
}

/* An empty list still renders the processor, without the list. */
tel__node *tel__make_user_filter(tel__render *r, const tel__metric_pipeline *p)
{
	const tel__list *rules = p->spec ? &p->spec->filter : NULL;
	tel__node *list, *options;

	if (!rules || !rules->present)
		return NULL;
	if (rules->count == 0) {
		options = tel__doc_new_map(&r->doc);
		tel__doc_text(&r->doc, options, "error_mode", "ignore");
		return options;
	}
	options = new_processor(r, "metric_conditions", &list);
	for (size_t i = 0; i < rules->count; i++) {
		const tel__user_rule *rule = (const tel__user_rule *)rules->items + i;
		tel__node *group = tel__doc_append_map(&r->doc, list);

		if (rule->conditions.count)
			tel__doc_append_slices(&r->doc, tel__doc_list(&r->doc, group, "conditions"), rule->conditions.items,
			                       rule->conditions.count);
	}
	return options;
}

tel_slice tel__namespace_is(tel__render *r, const tel__list *names)
{
	const tel_slice *items = names->items;
	tel_slice text = TEL_SLICE_LIT("");

	for (size_t i = 0; i < names->count; i++)
		text = tel__doc_fmt(&r->doc, "%.*s%s" NAMESPACE " == \"%.*s\"", (int)text.len, text.ptr, i ? " or " : "",
		                    (int)items[i].len, items[i].ptr);
	return tel__doc_fmt(&r->doc, "(%.*s)", (int)text.len, text.ptr);
}

tel__node *tel__make_namespace_filter(tel__render *r, const tel__namespaces *n, const char *origin)
{
	tel_slice conditions[2], names;
	size_t count = 0;

	if (!tel__namespaces_filter(n))
		return NULL;
	if (n->exclude.count) {
		names = tel__namespace_is(r, &n->exclude);
		conditions[count++] = tel__doc_fmt(&r->doc, "%s and %.*s", origin, (int)names.len, names.ptr);
	}
	if (n->include.count) {
		names = tel__namespace_is(r, &n->include);
		conditions[count++] = tel__doc_fmt(&r->doc, "%s and " NAMESPACE " != nil and not%.*s", origin, (int)names.len,
		                                   names.ptr);
	}
	return tel__make_filter(r, conditions, count);
}

tel__node *tel__make_drop_kyma(tel__render *r, const tel__metric_pipeline *p)
{
	tel_slice statement = TEL_SLICE_LIT("delete_matching_keys(resource.attributes, \"kyma.*\")");

	(void)p;
	return tel__make_transform(r, &statement, 1);
}

static tel_slice set_if_empty(tel__render *r, const char *key, tel_slice value)
{
	return tel__doc_fmt(&r->doc, "set(resource.attributes[\"%s\"], \"%.*s\") where resource.attributes[\"%s\"] == nil or "
	                    "resource.attributes[\"%s\"] == \"\"", key, (int)value.len, value.ptr, key, key);
}

tel__node *tel__make_cluster_attributes(tel__render *r, const tel__metric_pipeline *p)
{
	tel_slice statements[3];
	size_t count = 0;

	(void)p;
	statements[count++] = set_if_empty(r, "k8s.cluster.name", r->facts->cluster_name);
	statements[count++] = set_if_empty(r, "k8s.cluster.uid", r->facts->cluster_uid);
	if (r->facts->cloud_provider.len)
		statements[count++] = set_if_empty(r, "cloud.provider", r->facts->cloud_provider);
	return tel__make_transform(r, statements, count);
}

/* ---- enrichment ---- */

tel__node *tel__make_drop_unknown_service(tel__render *r, const tel__metric_pipeline *p)
{
	tel_slice statement = TEL_SLICE_LIT("delete_key(resource.attributes, \"service.name\") where "
	                                    "resource.attributes[\"service.name\"] != nil and "
	                                    "HasPrefix(resource.attributes[\"service.name\"], \"unknown_service\")");

	(void)p;
	return r->facts->otel_service_enrichment ? tel__make_transform(r, &statement, 1) : NULL;
}

tel__node *tel__make_service_enrichment(tel__render *r, const tel__metric_pipeline *p)
{
	tel__node *options, *list;

	(void)p;
	if (r->facts->otel_service_enrichment)
		return NULL;
	options = tel__doc_new_map(&r->doc);
	list = tel__doc_list(&r->doc, options, "resource_attributes");
	tel__doc_append_text(&r->doc, list, "kyma.kubernetes_io_app_name");
	tel__doc_append_text(&r->doc, list, "kyma.app_name");
	return options;
}

static void put_label(tel__doc *d, tel__node *list, const char *from, const char *key, const char *tag)
{
	tel__node *label = tel__doc_append_map(d, list);

	tel__doc_text(d, label, "from", from);
	tel__doc_text(d, label, "key", key);
	tel__doc_text(d, label, "tag_name", tag);
}

/* Labels of pods that the Telemetry resource asks for; the key is no expression, but is used as one. */
static void put_pod_labels(tel__render *r, tel__node *list)
{
	tel__doc *d = &r->doc;

	for (size_t i = 0; i < r->facts->pod_label_count; i++) {
		const tel_render_pod_label *wanted = &r->facts->pod_labels[i];
		tel__node *label = tel__doc_append_map(d, list);

		tel__doc_text(d, label, "from", "pod");
		tel__doc_text(d, label, "tag_name", "k8s.pod.label.$0");
		tel__doc_slice(d, label, "key_regex", wanted->key.len
		               ? tel__doc_fmt(d, "(^%.*s$)", (int)wanted->key.len, wanted->key.ptr)
		               : tel__doc_fmt(d, "(%.*s.*)", (int)wanted->key_prefix.len, wanted->key_prefix.ptr));
	}
}

static void put_extract(tel__render *r, tel__node *extract)
{
	static const char *const metadata[] = { "k8s.pod.name", "k8s.node.name", "k8s.namespace.name", "k8s.deployment.name",
		                                    "k8s.statefulset.name", "k8s.daemonset.name", "k8s.cronjob.name", "k8s.job.name",
		                                    /* from here on with OpenTelemetry's rules only */
		                                    "service.namespace", "service.name", "service.version", "service.instance.id" };
	enum { ALL = sizeof(metadata) / sizeof(metadata[0]), LEGACY = ALL - 4 };
	tel__doc *d = &r->doc;
	bool otel = r->facts->otel_service_enrichment;
	tel__node *list = tel__doc_list(d, extract, "metadata");

	for (size_t i = 0; i < (otel ? (size_t)ALL : (size_t)LEGACY); i++)
		tel__doc_append_text(d, list, metadata[i]);
	list = tel__doc_list(d, extract, "labels");
	if (!otel) {
		put_label(d, list, "pod", "app.kubernetes.io/name", "kyma.kubernetes_io_app_name");
		put_label(d, list, "pod", "app", "kyma.app_name");
	}
	put_label(d, list, "node", "topology.kubernetes.io/region", "cloud.region");
	put_label(d, list, "node", "topology.kubernetes.io/zone", "cloud.availability_zone");
	put_label(d, list, "node", "node.kubernetes.io/instance-type", "host.type");
	put_label(d, list, "node", "kubernetes.io/arch", "host.arch");
	put_pod_labels(r, list);
	if (!otel)
		return;
	list = tel__doc_list(d, extract, "annotations");
	put_label(d, list, "pod", "resource.opentelemetry.io/service.name", "kyma.otel.annotation.service.name");
	put_label(d, list, "pod", "resource.opentelemetry.io/service.version", "kyma.otel.annotation.service.version");
	tel__doc_bool(d, extract, "otel_annotations", true);
	tel__doc_bool(d, extract, "deployment_name_from_replicaset", true);
}

static void put_association(tel__doc *d, tel__node *list, const char *from, const char *name)
{
	tel__node *source = tel__doc_append_map(d, tel__doc_list(d, tel__doc_append_map(d, list), "sources"));

	tel__doc_text(d, source, "from", from);
	if (name)
		tel__doc_text(d, source, "name", name);
}

tel__node *tel__make_k8s_attributes(tel__render *r, const tel__metric_pipeline *p)
{
	tel__doc *d = &r->doc;
	tel__node *options = tel__doc_new_map(d), *list;

	(void)p;
	tel__doc_text(d, options, "auth_type", "serviceAccount");
	tel__doc_bool(d, options, "passthrough", false);
	put_extract(r, tel__doc_map(d, options, "extract"));
	list = tel__doc_list(d, options, "pod_association");
	put_association(d, list, "resource_attribute", "k8s.pod.ip");
	put_association(d, list, "resource_attribute", "k8s.pod.uid");
	put_association(d, list, "connection", NULL);
	return options;
}
