/* SPDX-License-Identifier: Apache-2.0 */
/* What a MetricPipeline means: defaults of the webhook (kyma-metrics.md 1.7), conversion (1.6), absent values (1.8). */
#include "base/slice_i.h"
#include "control/metric_pipeline.h"
#include "control/rules.h"

/* ---- predicates ---- */

tel_slice tel__pipeline_name(const tel__metric_pipeline *p)
{
	return p->metadata && p->metadata->name.ptr ? p->metadata->name : TEL_SLICE_LIT("");
}

static const tel__pipeline_input *input_of(const tel__metric_pipeline *p)
{
	return p->spec ? p->spec->input : NULL;
}

static bool is_on(const tel__switch *s)
{
	return s && s->enabled == TEL__YES;
}

bool tel__pipeline_otlp(const tel__metric_pipeline *p)
{
	const tel__pipeline_input *input = input_of(p);

	return !input || !input->otlp || input->otlp->enabled != TEL__NO;
}

bool tel__pipeline_prometheus(const tel__metric_pipeline *p)
{
	const tel__pipeline_input *input = input_of(p);

	return input && input->prometheus && input->prometheus->enabled == TEL__YES;
}

bool tel__pipeline_istio(const tel__metric_pipeline *p)
{
	const tel__pipeline_input *input = input_of(p);

	return input && input->istio && input->istio->enabled == TEL__YES;
}

bool tel__pipeline_runtime(const tel__metric_pipeline *p)
{
	const tel__pipeline_input *input = input_of(p);

	return input && input->runtime && input->runtime->enabled == TEL__YES;
}

bool tel__pipeline_runtime_of(const tel__metric_pipeline *p, tel__runtime_resource resource)
{
	const tel__runtime_resources *r = tel__pipeline_runtime(p) ? p->spec->input->runtime->resources : NULL;
	const tel__switch *s = r ? r->of[resource] : NULL;

	return tel__pipeline_runtime(p) && (!s || s->enabled != TEL__NO);
}

bool tel__pipeline_diagnostics_prometheus(const tel__metric_pipeline *p)
{
	return tel__pipeline_prometheus(p) && is_on(p->spec->input->prometheus->diagnostic_metrics);
}

bool tel__pipeline_diagnostics_istio(const tel__metric_pipeline *p)
{
	return tel__pipeline_istio(p) && is_on(p->spec->input->istio->diagnostic_metrics);
}

bool tel__pipeline_envoy(const tel__metric_pipeline *p)
{
	return tel__pipeline_istio(p) && is_on(p->spec->input->istio->envoy_metrics);
}

bool tel__pipeline_needs_agent(const tel__metric_pipeline *p)
{
	return tel__pipeline_runtime(p) || tel__pipeline_prometheus(p) || tel__pipeline_istio(p);
}

bool tel__namespaces_filter(const tel__namespaces *n)
{
	return n && (n->include.count > 0 || n->exclude.count > 0);
}

const tel__otlp_output *tel__pipeline_backend(const tel__metric_pipeline *p)
{
	return p->spec && p->spec->output ? p->spec->output->otlp : NULL;
}

bool tel__value_is_set(const tel__value *v)
{
	const tel__secret_ref *ref = v && v->value_from ? v->value_from->secret_key_ref : NULL;

	return v && (v->value.len > 0 || (ref && ref->name.len > 0 && ref->space.len > 0 && ref->key.len > 0));
}

/* ---- conversion ---- */

/* Entries that v1beta1 would refuse go silently. */
static void sanitise(tel__list *list)
{
	enum { LABEL_MAX = 63 };
	tel_slice *items = list->items;
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++)
		if (items[i].len <= LABEL_MAX && tel__is_dns_label(items[i]))
			items[kept++] = items[i];
	list->count = kept;
}

static void sanitise_namespaces(tel__namespaces *n)
{
	if (!n)
		return;
	sanitise(&n->include);
	sanitise(&n->exclude);
}

void tel__metric_pipeline_to_beta(tel__metric_pipeline *p)
{
	tel__pipeline_input *input = p->spec ? p->spec->input : NULL;

	if (input && input->otlp) {
		input->otlp->enabled = input->otlp->disabled == TEL__YES ? TEL__NO : TEL__YES;
		input->otlp->disabled = TEL__UNSET;
		sanitise_namespaces(input->otlp->namespaces);
	}
	if (input && input->runtime)
		sanitise_namespaces(input->runtime->namespaces);
}

/* Copies what the conversion is going to change. */
typedef struct copier {
	tel__arena *arena;
	bool failed;
} copier;

/* NULL stays NULL. */
static void *copy_of(copier *c, const void *part, size_t size)
{
	void *copy = part && !c->failed ? tel__arena_alloc(c->arena, size) : NULL;

	if (copy)
		memcpy(copy, part, size);
	c->failed = c->failed || (part && !copy);
	return copy;
}
#define OWN(c, part) ((part) = copy_of(c, part, sizeof(*(part))))

static tel__namespaces *copy_namespaces(copier *c, const tel__namespaces *n)
{
	tel__namespaces *copy = copy_of(c, n, sizeof(*n));

	if (!copy)
		return NULL;
	copy->include.items = copy_of(c, n->include.items, n->include.count * sizeof(tel_slice));
	copy->exclude.items = copy_of(c, n->exclude.items, n->exclude.count * sizeof(tel_slice));
	return copy;
}

bool tel__metric_pipeline_to_alpha(tel__arena *arena, const tel__metric_pipeline *p, tel__metric_pipeline *ret_alpha)
{
	copier c = { arena, false };
	tel__pipeline_spec *spec;
	tel__otlp_input *input = NULL;
	tel__otlp_output *output = NULL;

	*ret_alpha = *p;
	spec = OWN(&c, ret_alpha->spec);
	if (spec && OWN(&c, spec->input))
		input = OWN(&c, spec->input->otlp);
	if (spec && OWN(&c, spec->output))
		output = OWN(&c, spec->output->otlp);
	if (input) {
		input->disabled = input->enabled == TEL__NO ? TEL__YES : TEL__NO;
		input->enabled = TEL__UNSET;
		input->namespaces = copy_namespaces(&c, input->namespaces);
	}
	if (c.failed)
		return false;
	sanitise_namespaces(input ? input->namespaces : NULL);
	if (output)
		output->compression = (tel_slice){ NULL, 0 };
	return true;
}

/* ---- defaults ---- */

static void *new_part(tel__schema_reader *r, size_t size)
{
	void *part = tel__arena_alloc(r->arena, size);

	if (!part)
		r->fatal = TEL_ERR_NOMEM;
	else
		memset(part, 0, size);
	return part;
}

static void default_switch(tel__schema_reader *r, tel__switch **s, tel__maybe enabled)
{
	if (*s)
		return;
	*s = new_part(r, sizeof(**s));
	if (*s)
		(*s)->enabled = enabled;
}

/* everywhere: an empty selector; else all but the namespaces of the system itself. */
static void default_namespaces(tel__schema_reader *r, tel__namespaces **n, bool everywhere)
{
	static const tel_slice names[] = { { "kyma-system", 11 }, { "kube-system", 11 }, { "istio-system", 12 } };
	tel_slice *items;

	if (*n)
		return;
	*n = new_part(r, sizeof(**n));
	items = *n && !everywhere ? new_part(r, sizeof(names)) : NULL;
	if (!items)
		return;
	memcpy(items, names, sizeof(names));
	(*n)->exclude = (tel__list){ items, sizeof(names) / sizeof(names[0]), true };
}

static void default_runtime(tel__schema_reader *r, tel__runtime_input *runtime)
{
	if (!runtime->resources)
		runtime->resources = new_part(r, sizeof(*runtime->resources));
	for (size_t i = 0; runtime->resources && i < TEL__RUNTIME_RESOURCES; i++)
		default_switch(r, &runtime->resources->of[i], TEL__YES);
	default_namespaces(r, &runtime->namespaces, false);
}

static void default_otlp(tel__schema_reader *r, tel__pipeline_input *input, bool alpha)
{
	if (!input->otlp)
		input->otlp = new_part(r, sizeof(*input->otlp));
	if (!input->otlp)
		return;
	if (!alpha && input->otlp->enabled == TEL__UNSET)
		input->otlp->enabled = TEL__YES;
	if (alpha || input->otlp->enabled == TEL__YES)
		default_namespaces(r, &input->otlp->namespaces, true);
}

void tel__metric_pipeline_default(tel__schema_reader *r, tel__metric_pipeline *p, bool alpha)
{
	tel__pipeline_input *input;

	if (!p->spec)
		p->spec = new_part(r, sizeof(*p->spec));
	if (p->spec && !p->spec->input)
		p->spec->input = new_part(r, sizeof(*p->spec->input));
	if (!p->spec || !p->spec->input)
		return;
	input = p->spec->input;
	if (tel__pipeline_prometheus(p)) {
		default_namespaces(r, &input->prometheus->namespaces, false);
		default_switch(r, &input->prometheus->diagnostic_metrics, TEL__NO);
	}
	if (tel__pipeline_istio(p)) {
		default_namespaces(r, &input->istio->namespaces, false);
		default_switch(r, &input->istio->envoy_metrics, TEL__NO);
		default_switch(r, &input->istio->diagnostic_metrics, TEL__NO);
	}
	if (tel__pipeline_runtime(p))
		default_runtime(r, input->runtime);
	default_otlp(r, input, alpha);
	if (p->spec->output && p->spec->output->otlp && p->spec->output->otlp->protocol.len == 0)
		p->spec->output->otlp->protocol = TEL_SLICE_LIT("grpc");
}
