/* SPDX-License-Identifier: Apache-2.0 */
/* Why each component of a rendered configuration is there: the notes of a render, each with the fields of its part. */
#include <telemetry/render.h>

#include "base/mem.h"
#include "base/slice_i.h"
#include "config/explanation.h"
#include "control/pipeline_set.h"
#include "control/render.h"

#define TELEMETRY "Telemetry:"

typedef struct explainer {
	tel_explanation *e;
	const tel_pipeline_set *set;
} explainer;

/* ---- fields of documents ---- */

/* A field below a node: it, or what stands nearest above it. */
typedef struct place {
	const tel__node *value; /* NULL: the field is not there */
	uint16_t source;
	uint32_t line, column;
} place;

/* Names are separated by dots; a name that has dots itself comes last. */
static place find_field(const tel__node *node, tel_slice field)
{
	place at = { .value = NULL };

	if (!node)
		return at;
	at = (place){ .value = node, .source = node->source, .line = node->line, .column = node->column };
	while (field.len && at.value) {
		const tel__node_entry *entry = tel__node_find(at.value, field);
		size_t cut = entry ? field.len : tel__slice_find(field, '.');

		entry = entry ? entry : tel__node_find(at.value, tel__slice_sub(field, 0, cut));
		if (entry)
			at = (place){ entry->value, entry->source, entry->line, entry->column };
		else
			at.value = NULL;
		field = cut < field.len ? tel__slice_sub(field, cut + 1, field.len - cut - 1) : (tel_slice){ NULL, 0 };
	}
	if (at.value && at.value->type == TEL__NODE_NULL)
		at.value = NULL;
	return at;
}

static void set_place(const explainer *x, const place *at, tel_reason *r)
{
	r->written = at->value != NULL;
	if (at->line && at->source < x->set->source_count)
		r->source = x->set->sources[at->source].name;
	r->line = at->line;
	r->column = at->column;
	if (at->value && at->value->type != TEL__NODE_MAP && at->value->type != TEL__NODE_LIST)
		r->value = at->value->text;
}

/* What a field means that is not written: the webhook's defaults and those of the code (kyma-metrics.md 1.7, 1.8). */
static tel_slice default_of(tel_slice field)
{
	static const struct {
		const char *start, *end, *def;
	} rows[] = {
		{ "spec.input.otlp", ".enabled", "true" },
		{ "spec.input.otlp", ".disabled", "false" },
		{ "spec.input.runtime.resources", ".enabled", "true" },
		{ "spec.input", ".enabled", "false" },
		{ "spec.input", ".namespaces", "exclude kyma-system, kube-system, istio-system" },
		{ "spec.output.otlp", ".protocol", "grpc" },
		{ "spec.output.otlp", ".compression", "gzip" },
		{ "metadata.annotations", "/service-enrichment", "kyma-legacy" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (tel__slice_starts(field, tel__slice_str(rows[i].start)) && tel__slice_ends(field, tel__slice_str(rows[i].end)))
			return tel__slice_str(rows[i].def);
	return TEL_SLICE_LIT("");
}

/* ---- MetricPipelines ---- */

static bool wants_volume(const tel__metric_pipeline *p)
{
	return tel__pipeline_runtime_of(p, TEL__RUNTIME_VOLUME);
}

/* Does this pipeline ask for what all pipelines share? */
static bool asks(const tel__metric_pipeline *p, tel_slice field)
{
	static const struct {
		const char *field;
		bool (*wants)(const tel__metric_pipeline *p);
	} rows[] = {
		{ "spec.input.runtime.resources.volume.enabled", wants_volume },
		{ "spec.input.runtime.enabled", tel__pipeline_runtime },
		{ "spec.input.prometheus.enabled", tel__pipeline_prometheus },
		{ "spec.input.istio.enabled", tel__pipeline_istio },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (tel__slice_is(field, rows[i].field))
			return rows[i].wants(p);
	return true;
}

/* A reason in a MetricPipeline; one that only shapes counts when it is written. Says whether it was given. */
static bool give_pipeline(const explainer *x, const tel__render *r, tel__explained *c, tel_reason_kind kind, tel_slice field,
                          const tel__metric_pipeline *p)
{
	tel_reason reason = TEL_REASON_INIT;
	tel_slice name = tel__pipeline_name(p);
	tel__doc *d = (tel__doc *)(uintptr_t)&r->doc; /* texts of this render */
	place at;

	if (tel__slice_is(field, "spec.input.otlp.enabled") && tel__slice_ends(p->api_version, TEL_SLICE_LIT("/v1alpha1")))
		field = TEL_SLICE_LIT("spec.input.otlp.disabled");
	at = find_field(p->at, field);
	if (kind == TEL_REASON_SHAPED && !at.value)
		return false;
	reason.kind = kind;
	reason.resource = tel__doc_fmt(d, "MetricPipeline/%.*s", (int)name.len, name.ptr);
	reason.field = field;
	reason.def = default_of(field);
	set_place(x, &at, &reason);
	tel__explain_reason(x->e, c, &reason);
	return true;
}

/* ---- Telemetry, RenderFacts ---- */

/* What RenderFacts calls it. */
static tel_slice name_in_facts(tel_slice field)
{
	static const char *const rows[][2] = {
		{ "metadata.annotations.telemetry.kyma-project.io/service-enrichment", "serviceEnrichment" },
		{ "spec.enrichments.cluster.name", "cluster.name" },
		{ "spec.metric.runtime.collectionInterval", "collectionIntervals.runtime" },
		{ "spec.metric.prometheus.collectionInterval", "collectionIntervals.prometheus" },
		{ "spec.metric.istio.collectionInterval", "collectionIntervals.istio" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (tel__slice_is(field, rows[i][0]))
			return tel__slice_str(rows[i][1]);
	return (tel_slice){ NULL, 0 };
}

/* The Telemetry resource named "default" that has the field; else where it would stand. */
static place find_in_telemetry(const tel_pipeline_set *set, tel_slice field)
{
	place at = { .value = NULL };

	for (size_t i = 0; i < set->telemetry_count; i++) {
		const tel__telemetry *t = set->telemetries[i];
		place here;

		if (!t->metadata || !tel__slice_is(t->metadata->name, "default"))
			continue;
		here = find_field(t->at, field);
		if (here.value || !at.value)
			at = here;
	}
	return at;
}

static bool give_telemetry(const explainer *x, const tel__render *r, tel__explained *c, tel_reason_kind kind, tel_slice field)
{
	tel_reason reason = TEL_REASON_INIT;
	tel_slice short_name = name_in_facts(field);
	place at = { .value = NULL };

	reason.kind = kind;
	reason.resource = TEL_SLICE_LIT("RenderFacts");
	reason.field = short_name;
	reason.def = default_of(field);
	if (x->set->facts && short_name.ptr)
		at = find_field(x->set->facts->at, short_name);
	if (!at.value) {
		at = find_in_telemetry(x->set, field);
		reason.resource = TEL_SLICE_LIT("Telemetry/default");
		reason.field = field;
	}
	if (kind == TEL_REASON_SHAPED && !at.value)
		return false;
	set_place(x, &at, &reason);
	if (!at.value && r->facts->otel_service_enrichment) { /* who renders said so */
		reason = (tel_reason)TEL_REASON_INIT;
		reason.kind = kind;
		reason.resource = TEL_SLICE_LIT("facts");
		reason.field = TEL_SLICE_LIT("otel_service_enrichment");
		reason.value = TEL_SLICE_LIT("true");
		reason.written = true;
	}
	tel__explain_reason(x->e, c, &reason);
	return true;
}

/* ---- notes ---- */

static bool give(const explainer *x, const tel__render *r, tel__explained *c, tel_reason_kind kind, tel_slice field,
                 const tel__note *note)
{
	tel_slice asking = tel__slice_str(note->part->field ? note->part->field : "");
	bool given = false;

	if (tel__slice_starts(field, TEL_SLICE_LIT(TELEMETRY)))
		return give_telemetry(x, r, c, kind, tel__slice_sub(field, sizeof(TELEMETRY) - 1, field.len - (sizeof(TELEMETRY) - 1)));
	if (note->pipeline)
		return give_pipeline(x, r, c, kind, field, note->pipeline);
	for (size_t i = 0; i < r->count; i++)
		if (asks(r->pipelines[i], asking))
			given = give_pipeline(x, r, c, kind, field, r->pipelines[i]) || given;
	return given;
}

/* Fields that say what is in it: of "a|b" the first that is written. */
static void give_also(const explainer *x, const tel__render *r, tel__explained *c, const tel__note *note)
{
	tel_slice rest = tel__slice_str(note->part->also ? note->part->also : ""), word, field;

	while (tel__slice_next(&rest, ' ', &word)) {
		bool given = word.len == 0;

		while (!given && tel__slice_next(&word, '|', &field))
			given = give(x, r, c, TEL_REASON_SHAPED, field, note);
	}
}

static void take_note(const tel__render *r, const tel__note *note, void *user)
{
	const explainer *x = user;
	tel__explained *c = tel__explain(x->e, note->kind, note->id, tel__slice_str(note->part->help));
	tel_reason always = TEL_REASON_INIT;

	tel__explain_use(x->e, c, note->chain);
	if (note->part->field)
		give(x, r, c, TEL_REASON_ASKED, tel__slice_str(note->part->field), note);
	else
		tel__explain_reason(x->e, c, &always);
	give_also(x, r, c, note);
}

tel_err tel_render_explain(const tel_pipeline_set *set, const tel_render_facts *facts, tel_render_target target,
                           const tel_alloc *alloc, tel_explanation **ret_explanation)
{
	const tel_alloc *a = tel__alloc_or_default(alloc);
	explainer x = { .set = set };
	tel__render_job job = { .render = { .note = take_note, .note_user = &x } };
	tel_err rc;

	if (target != TEL_RENDER_GATEWAY && target != TEL_RENDER_AGENT)
		return TEL_ERR_ARG;
	rc = tel__explanation_new(a, &x.e);
	if (rc != TEL_OK)
		return rc;
	rc = tel__render_run(&job, set, facts, a, target == TEL_RENDER_AGENT);
	tel__arena_unref(job.render.doc.arena);
	if (rc == TEL_OK)
		return tel__explanation_finish(x.e, ret_explanation);
	tel_explanation_free(x.e);
	return rc;
}
