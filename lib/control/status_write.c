/* SPDX-License-Identifier: Apache-2.0 */
/* A status as documents, the way the status subresource takes them. */
#include "base/mem.h"
#include "base/slice_i.h"
#include "control/status.h"

enum { TEXT_MAX = 64 << 20 };

static tel__node *new_resource(tel__doc *d, const char *api_version, const char *kind, const tel__metadata *metadata)
{
	tel__node *root = tel__doc_new_map(d), *into;

	tel__doc_text(d, root, "apiVersion", api_version);
	tel__doc_text(d, root, "kind", kind);
	into = tel__doc_map(d, root, "metadata");
	tel__doc_slice(d, into, "name", metadata ? metadata->name : TEL_SLICE_LIT(""));
	if (metadata && metadata->space.len)
		tel__doc_slice(d, into, "namespace", metadata->space);
	return root;
}

static tel__node *pipeline_document(tel__doc *d, const tel__judged_pipeline *p)
{
	tel__node *root = new_resource(d, "telemetry.kyma-project.io/v1beta1", "MetricPipeline", p->pipeline->metadata);

	tel__conditions_write(d, &p->conditions, tel__doc_map(d, root, "status"));
	return root;
}

/* Endpoints of other signals stay. */
static void add_endpoints(tel__doc *d, const tel__judged_telemetry *t, tel__node *status)
{
	const tel__node *old = t->telemetry->status ? tel__node_get(t->telemetry->status, "endpoints") : NULL;
	tel__node *endpoints = tel__doc_new_map(d), *metrics = NULL;

	if (t->grpc_endpoint.len || t->http_endpoint.len)
		metrics = tel__doc_map(d, endpoints, "metrics");
	if (t->grpc_endpoint.len)
		tel__doc_slice(d, metrics, "grpc", t->grpc_endpoint);
	if (t->http_endpoint.len)
		tel__doc_slice(d, metrics, "http", t->http_endpoint);
	for (uint32_t i = 0; old && old->type == TEL__NODE_MAP && i < old->v.map.count; i++)
		if (!tel__slice_is(old->v.map.entries[i].key, "metrics"))
			tel__doc_add_slice(d, endpoints, old->v.map.entries[i].key, old->v.map.entries[i].value);
	if (endpoints && endpoints->v.map.count)
		tel__doc_add(d, status, "endpoints", endpoints);
}

static tel__node *telemetry_document(tel__doc *d, const tel__judged_telemetry *t)
{
	tel__node *root = new_resource(d, "operator.kyma-project.io/v1beta1", "Telemetry", t->telemetry->metadata);
	tel__node *status = tel__doc_map(d, root, "status");

	tel__conditions_write(d, &t->conditions, status);
	add_endpoints(d, t, status);
	tel__doc_slice(d, status, "state", t->state);
	return root;
}

static void write_document(const tel__node *root, tel_status_format format, bool first, tel__dynbuf *out)
{
	if (!first)
		tel__dynbuf_puts(out, format == TEL_STATUS_JSON ? "," : "---\n");
	if (format == TEL_STATUS_JSON)
		tel__doc_write_json(root, out);
	else
		tel__doc_write(root, out);
}

/* Documents are written one by one, so that the arena holds one at a time. */
static void write_all(tel__doc *d, const tel_status *status, tel_status_format format, tel__dynbuf *out)
{
	bool first = true;

	if (format == TEL_STATUS_JSON)
		tel__dynbuf_puts(out, "{\"apiVersion\":\"v1\",\"items\":[");
	for (size_t i = 0; i < status->pipeline_count + status->telemetry_count && !d->failed; i++) {
		bool is_pipeline = i < status->pipeline_count;
		tel__node *root;

		if (is_pipeline && status->pipelines[i].untouched)
			continue;
		root = is_pipeline ? pipeline_document(d, &status->pipelines[i])
		                   : telemetry_document(d, &status->telemetries[i - status->pipeline_count]);
		if (d->failed)
			return;
		write_document(root, format, first, out);
		first = false;
		tel__arena_reset(d->arena);
	}
	if (format == TEL_STATUS_JSON)
		tel__dynbuf_puts(out, "],\"kind\":\"List\"}");
}

static void write_one(tel__doc *d, const tel_status *status, tel_status_part part, size_t index, tel_status_format format,
                      tel__dynbuf *out)
{
	tel__node *root = part == TEL_STATUS_PIPELINE ? pipeline_document(d, &status->pipelines[index])
	                                              : telemetry_document(d, &status->telemetries[index]);

	if (!d->failed)
		write_document(root, format, true, out);
}

tel_err tel_status_write(const tel_status *status, tel_status_part part, size_t index, tel_status_format format,
                         const tel_alloc *alloc, tel_buf **ret_text)
{
	const tel_alloc *a = tel__alloc_or_default(alloc);
	tel__doc d = { NULL, false };
	tel__dynbuf out;
	tel_err rc;

	if ((unsigned)part > TEL_STATUS_TELEMETRY || (unsigned)format > TEL_STATUS_JSON)
		return TEL_ERR_ARG;
	if ((part == TEL_STATUS_PIPELINE && index >= status->pipeline_count) ||
	    (part == TEL_STATUS_TELEMETRY && index >= status->telemetry_count))
		return TEL_ERR_NOT_FOUND;
	rc = tel__arena_new(a, 0, NULL, &d.arena);
	if (rc != TEL_OK)
		return rc;
	tel__dynbuf_init(&out, a, TEXT_MAX);
	if (part == TEL_STATUS_ALL)
		write_all(&d, status, format, &out);
	else
		write_one(&d, status, part, index, format, &out);
	rc = d.failed ? TEL_ERR_NOMEM : tel__dynbuf_take(&out, ret_text);
	tel__dynbuf_fini(&out);
	tel__arena_unref(d.arena);
	return rc;
}
