/* SPDX-License-Identifier: Apache-2.0 */
/* The status of a Telemetry resource (kyma-metrics.md 2.4, 7.7). Conditions of logs and traces are somebody else's. */
#include "base/slice_i.h"
#include "control/status.h"

#define TYPE "MetricComponentsHealthy"
#define SERVICE "telemetry-otlp-metrics"

static bool is_expiring(const tel_condition *c)
{
	return tel__slice_is(c->reason, "TLSCertificateAboutToExpire");
}

/* The condition of a pipeline that is worth telling: one that is False, in the order of types, then one that is about to
 * be. NULL: there is none. */
static const tel_condition *worst(const tel_status *status)
{
	for (const char *const *type = tel__pipeline_condition_types; *type; type++)
		for (size_t i = 0; i < status->pipeline_count; i++) {
			const tel_condition *c = tel__conditions_find(&status->pipelines[i].conditions, *type);

			if (c && tel__slice_is(c->status, "False"))
				return c;
		}
	for (size_t i = 0; i < status->pipeline_count; i++) {
		const tel_condition *c = tel__conditions_find(&status->pipelines[i].conditions, "ConfigurationGenerated");

		if (c && is_expiring(c))
			return c;
	}
	return NULL;
}

static tel_slice blocked_message(tel__doc *d, const tel_status *status)
{
	static const char before[] = "The deletion of the module is blocked. To unblock the deletion, delete the following "
	                             "resources: MetricPipelines (";
	size_t len = sizeof(before) + 1, n = sizeof(before) - 1;
	char *text;

	for (size_t i = 0; i < status->pipeline_count; i++)
		len += tel__pipeline_name(status->pipelines[i].pipeline).len + 1;
	text = tel__arena_alloc(d->arena, len);
	if (!text) {
		d->failed = true;
		return TEL_SLICE_LIT("");
	}
	memcpy(text, before, n);
	for (size_t i = 0; i < status->pipeline_count; i++) { /* by name already */
		tel_slice name = tel__pipeline_name(status->pipelines[i].pipeline);

		if (i > 0)
			text[n++] = ',';
		if (name.len)
			memcpy(text + n, name.ptr, name.len);
		n += name.len;
	}
	text[n++] = ')';
	return (tel_slice){ text, n };
}

static void set(tel__doc *d, tel__judged_telemetry *t, const char *status, const char *reason, tel_slice message)
{
	tel__conditions_set(d, &t->conditions, TYPE, status, tel__slice_str(reason), message);
}

static void set_components(tel__doc *d, const tel_status *status, bool deleting, tel__judged_telemetry *t)
{
	const tel_condition *found = worst(status);

	if (deleting && status->pipeline_count)
		set(d, t, "False", "ResourceBlocksDeletion", blocked_message(d, status));
	else if (status->pipeline_count == 0)
		set(d, t, "True", "NoPipelineDeployed", TEL_SLICE_LIT("No pipelines have been deployed"));
	else if (found)
		tel__conditions_set(d, &t->conditions, TYPE, tel__slice_is(found->status, "False") ? "False" : "True", found->reason,
		                    found->message);
	else
		set(d, t, "True", "ComponentsRunning", TEL_SLICE_LIT("All metric components are running"));
}

static const char *state_of(const tel_status *status, bool deleting, const tel__conditions *c)
{
	if (deleting)
		return status->pipeline_count ? "Warning" : "Deleting";
	for (size_t i = 0; i < c->count; i++)
		if (tel__slice_is(c->items[i].status, "False") || is_expiring(&c->items[i]))
			return "Warning";
	return "Ready";
}

static tel_slice endpoint(tel__doc *d, const tel_pipeline_set *set, const tel_status_facts *facts, bool grpc)
{
	tel_slice own = grpc ? facts->grpc_endpoint : facts->http_endpoint, space = facts->target_namespace;

	if (own.len)
		return own;
	if (!facts->has_service)
		return TEL_SLICE_LIT("");
	if (space.len == 0 && set->facts)
		space = set->facts->space;
	if (space.len == 0)
		space = TEL_SLICE_LIT("kyma-system");
	return tel__doc_fmt(d, "http://" SERVICE ".%.*s:%d", TEL_SLICE_ARG(space), grpc ? 4317 : 4318);
}

static bool has_text(const tel__node *map, const char *key, tel_slice text)
{
	const tel__node *node = map ? tel__node_get(map, key) : NULL;

	return node && node->type == TEL__NODE_STRING ? tel__slice_eq(node->text, text) : text.len == 0;
}

void tel__telemetry_judge(tel__doc *d, const tel_status *status, const tel_pipeline_set *set_of, const tel_status_facts *facts,
                          tel__judged_telemetry *t)
{
	static const char *const own[] = { TYPE, NULL };
	const tel__metadata *metadata = t->telemetry->metadata;
	const tel__node *old = t->telemetry->status, *endpoints = old ? tel__node_get(old, "endpoints") : NULL;
	const tel__node *metrics = endpoints ? tel__node_get(endpoints, "metrics") : NULL;
	bool deleting = metadata && metadata->deletion_timestamp.len > 0;

	t->conditions.generation = metadata ? metadata->generation : 0;
	tel__conditions_read(d, old, own, &t->conditions);
	if (d->failed)
		return;
	set_components(d, status, deleting, t);
	t->state = tel__slice_str(state_of(status, deleting, &t->conditions));
	t->grpc_endpoint = endpoint(d, set_of, facts, true);
	t->http_endpoint = endpoint(d, set_of, facts, false);
	t->changed = t->conditions.changed || !has_text(old, "state", t->state) || !has_text(metrics, "grpc", t->grpc_endpoint) ||
	             !has_text(metrics, "http", t->http_endpoint);
}
