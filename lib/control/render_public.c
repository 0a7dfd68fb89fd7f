/* SPDX-License-Identifier: Apache-2.0 */
/* The public calls of rendering: facts out of a set, and one configuration each for gateway and agent. */
#include <telemetry/render.h>

#include "base/dynbuf.h"
#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "control/objects.h"
#include "control/status.h"

enum { TEXT_MAX = 64 << 20 };
#define INTERVAL_NS INT64_C(30000000000)

static void take_text(tel_slice *to, tel_slice from)
{
	if (from.ptr)
		*to = from;
}

static void take_interval(int64_t *to, int64_t from)
{
	if (from > 0)
		*to = from;
}

static void facts_of_metric(const tel__telemetry_metric *metric, tel_render_facts *facts)
{
	int64_t *intervals[] = { &facts->runtime_interval_ns, &facts->prometheus_interval_ns, &facts->istio_interval_ns };
	const tel__interval *own[] = { metric->runtime, metric->prometheus, metric->istio };

	for (size_t i = 0; i < 3; i++) {
		take_interval(intervals[i], metric->collection_ns);
		if (own[i])
			take_interval(intervals[i], own[i]->collection_ns);
	}
}

static tel_err facts_of_labels(tel_pipeline_set *set, const tel__list *list, tel_render_facts *facts)
{
	const tel__pod_label *labels = list->items;
	tel_render_pod_label *out;

	if (list->count == 0)
		return TEL_OK;
	out = tel__arena_array(set->arena, list->count, sizeof(*out));
	if (!out)
		return TEL_ERR_NOMEM;
	for (size_t i = 0; i < list->count; i++)
		out[i] = (tel_render_pod_label){ labels[i].key, labels[i].key_prefix };
	facts->pod_labels = out;
	facts->pod_label_count = list->count;
	return TEL_OK;
}

/* Only the resource named "default" counts. */
static tel_err facts_of_telemetry(tel_pipeline_set *set, const tel__telemetry *t, tel_render_facts *facts)
{
	if (!t->metadata || !tel__slice_is(t->metadata->name, "default"))
		return TEL_OK;
	facts->otel_service_enrichment =
		tel__slice_is(tel__metadata_annotation(t->metadata, "telemetry.kyma-project.io/service-enrichment"), "otel");
	if (t->spec && t->spec->metric)
		facts_of_metric(t->spec->metric, facts);
	if (!t->spec || !t->spec->enrichments)
		return TEL_OK;
	if (t->spec->enrichments->cluster && t->spec->enrichments->cluster->name.len)
		facts->cluster_name = t->spec->enrichments->cluster->name;
	return facts_of_labels(set, &t->spec->enrichments->pod_labels, facts);
}

static void facts_of_document(const tel__render_facts_doc *doc, tel_render_facts *facts)
{
	if (doc->cluster) {
		take_text(&facts->cluster_name, doc->cluster->name);
		take_text(&facts->cluster_uid, doc->cluster->uid);
		take_text(&facts->cloud_provider, doc->cluster->cloud_provider);
	}
	take_text(&facts->scope_version, doc->scope_version);
	take_text(&facts->target_namespace, doc->space);
	take_text(&facts->istio_cert_path, doc->istio_cert_path);
	if (doc->service_enrichment.ptr)
		facts->otel_service_enrichment = tel__slice_is(doc->service_enrichment, "otel");
	if (doc->istio_active != TEL__UNSET)
		facts->istio_active = doc->istio_active == TEL__YES;
	if (!doc->intervals)
		return;
	take_interval(&facts->runtime_interval_ns, doc->intervals->runtime_ns);
	take_interval(&facts->prometheus_interval_ns, doc->intervals->prometheus_ns);
	take_interval(&facts->istio_interval_ns, doc->intervals->istio_ns);
}

/* The user's wish; it takes a cluster that knows the kind. */
static bool wants_scaling(const tel_pipeline_set *set)
{
	for (size_t i = 0; i < set->telemetry_count; i++) {
		const tel__metadata *m = set->telemetries[i]->metadata;

		if (m && tel__slice_is(m->name, "default") &&
		    tel__slice_is(tel__metadata_annotation(m, "telemetry.kyma-project.io/enable-vpa"), "true"))
			return true;
	}
	return false;
}

tel_err tel_render_facts_of(tel_pipeline_set *set, tel_render_facts *facts)
{
	tel_render_facts found = TEL_RENDER_FACTS_INIT;
	size_t size = facts->size < sizeof(found) ? facts->size : sizeof(found);
	tel_err rc = TEL_OK;

	memcpy(&found, facts, size);
	for (size_t i = 0; i < set->telemetry_count && rc == TEL_OK; i++)
		rc = facts_of_telemetry(set, set->telemetries[i], &found);
	if (rc == TEL_OK)
		rc = tel__object_facts_of(set, found.objects, &found.objects);
	if (rc != TEL_OK)
		return rc;
	if (set->facts)
		facts_of_document(set->facts, &found);
	found.vpa_active = found.vpa_active || (found.objects->vpa_installed && wants_scaling(set));
	if (set->facts && set->facts->vpa_active != TEL__UNSET)
		found.vpa_active = set->facts->vpa_active == TEL__YES;
	found.size = facts->size;
	memcpy(facts, &found, size);
	return TEL_OK;
}

size_t tel__render_pipelines(const tel_pipeline_set *set, const tel_status *status, bool agent,
                             const tel__metric_pipeline **out)
{
	size_t count = 0;

	for (size_t i = 0; i < set->pipeline_count; i++)
		if (tel__status_is_active(status, set, i) && (!agent || tel__pipeline_needs_agent(set->pipelines[i])))
			out[count++] = set->pipelines[i];
	return count;
}

static tel_err write_text(const tel__render *r, const tel_alloc *alloc, tel_buf **ret_text)
{
	tel__dynbuf text;
	tel_err rc;

	tel__dynbuf_init(&text, alloc, TEXT_MAX);
	tel__doc_write(r->root, &text);
	rc = tel__dynbuf_take(&text, ret_text);
	tel__dynbuf_fini(&text);
	return rc;
}

/* What nobody said. */
static void fill_facts(tel_render_facts *facts)
{
	int64_t *intervals[] = { &facts->runtime_interval_ns, &facts->prometheus_interval_ns, &facts->istio_interval_ns };

	if (!facts->cluster_name.ptr)
		facts->cluster_name = TEL_SLICE_LIT("${KUBERNETES_SERVICE_HOST}");
	if (!facts->istio_cert_path.ptr)
		facts->istio_cert_path = TEL_SLICE_LIT("/etc/istio-output-certs");
	for (size_t i = 0; i < 3; i++)
		if (*intervals[i] <= 0)
			*intervals[i] = INTERVAL_NS;
}

tel_err tel__render_run(tel__render_job *job, const tel_pipeline_set *set, const tel_render_facts *facts,
                        const tel_alloc *alloc, bool agent)
{
	tel__render *r = &job->render;
	const tel__metric_pipeline **pipelines;
	tel_err rc = tel__arena_new(alloc, 0, NULL, &r->doc.arena);

	if (rc != TEL_OK)
		return rc;
	job->facts = (tel_render_facts)TEL_RENDER_FACTS_INIT;
	if (facts)
		memcpy(&job->facts, facts, facts->size < sizeof(job->facts) ? facts->size : sizeof(job->facts));
	fill_facts(&job->facts);
	r->set = set;
	r->facts = &job->facts;
	pipelines = tel__arena_array(r->doc.arena, set->pipeline_count + 1, sizeof(*pipelines));
	if (pipelines) {
		r->pipelines = pipelines;
		r->count = tel__render_pipelines(set, r->facts->status, agent, pipelines);
		if (agent && r->count == 0) /* all of them when it is for none, as Kyma's builder has it */
			r->count = tel__render_pipelines(set, r->facts->status, false, pipelines);
		if (agent)
			tel__render_agent(r);
		else
			tel__render_gateway(r);
	}
	return !pipelines || r->doc.failed ? TEL_ERR_NOMEM : TEL_OK;
}

static tel_err render(const tel_pipeline_set *set, const tel_render_facts *facts, const tel_alloc *alloc, bool agent,
                      tel_buf **ret_text)
{
	const tel_alloc *a = tel__alloc_or_default(alloc);
	tel__render_job job = { .render = { .note = NULL } };
	tel_err rc = tel__render_run(&job, set, facts, a, agent);

	if (rc == TEL_OK)
		rc = write_text(&job.render, a, ret_text);
	tel__arena_unref(job.render.doc.arena);
	return rc;
}

tel_err tel_render_gateway(const tel_pipeline_set *set, const tel_render_facts *facts, const tel_alloc *alloc,
                           tel_buf **ret_text)
{
	return render(set, facts, alloc, false, ret_text);
}

tel_err tel_render_agent(const tel_pipeline_set *set, const tel_render_facts *facts, const tel_alloc *alloc,
                         tel_buf **ret_text)
{
	return render(set, facts, alloc, true, ret_text);
}
