/* SPDX-License-Identifier: Apache-2.0 */
/* What objects must know: from the resources of a set, and filled in for rendering. */
#include "base/slice_i.h"
#include "control/objects.h"
#include "control/quantity.h"

/* ---- out of a set ---- */

static void take_text(tel_slice *to, tel_slice from)
{
	if (from.ptr)
		*to = from;
}

/* A list that is there replaces what was given. */
static bool take_pairs(tel__arena *arena, const tel__list *list, const tel_render_pair **to, size_t *count)
{
	const tel__key_pair *items = list->items;
	tel_render_pair *pairs;

	if (!list->present)
		return true;
	pairs = tel__arena_array(arena, list->count + 1, sizeof(*pairs));
	if (!pairs)
		return false;
	for (size_t i = 0; i < list->count; i++)
		pairs[i] = (tel_render_pair){ items[i].key, items[i].value };
	*to = pairs;
	*count = list->count;
	return true;
}

static bool take_ports(tel__arena *arena, const tel__node *list, tel_object_facts *facts)
{
	uint16_t *ports;

	if (!list)
		return true;
	ports = tel__arena_array(arena, list->v.list.count + 1, sizeof(*ports));
	if (!ports)
		return false;
	for (uint32_t i = 0; i < list->v.list.count; i++)
		ports[i] = (uint16_t)list->v.list.items[i]->v.i;
	facts->backend_ports = ports;
	facts->backend_port_count = list->v.list.count;
	return true;
}

static void take_telemetry(const tel__telemetry *t, tel_object_facts *facts)
{
	const tel__gateway_spec *gateway;
	const tel__scaling *scaling;

	if (!t->metadata || !tel__slice_is(t->metadata->name, "default"))
		return;
	gateway = t->spec && t->spec->metric ? t->spec->metric->gateway : NULL;
	scaling = gateway ? gateway->scaling : NULL;
	if (scaling && tel__slice_is(scaling->type, "Static") && scaling->fixed && scaling->fixed->replicas > 0)
		facts->replicas = (uint32_t)(scaling->fixed->replicas < INT32_MAX ? scaling->fixed->replicas : INT32_MAX);
}

static bool take_document(tel__arena *arena, const tel__render_facts_doc *doc, tel_object_facts *facts)
{
	if (doc->objects.ptr)
		facts->form = tel__slice_is(doc->objects, "kyma") ? TEL_OBJECTS_KYMA : TEL_OBJECTS_OWN;
	if (doc->images) {
		take_text(&facts->gateway_image, doc->images->gateway);
		take_text(&facts->agent_image, doc->images->agent);
	}
	if (doc->storage) { /* one of the two replaces both */
		facts->storage_size = doc->storage->size_limit;
		facts->storage_claim = doc->storage->claim;
	}
	take_text(&facts->image_pull_secret, doc->image_pull_secret);
	take_text(&facts->priority_class, doc->priority_class);
	take_text(&facts->high_priority_class, doc->high_priority_class);
	take_text(&facts->cluster_trust_bundle, doc->cluster_trust_bundle);
	take_text(&facts->config_text, doc->config_text);
	if (doc->vpa_installed != TEL__UNSET)
		facts->vpa_installed = doc->vpa_installed == TEL__YES;
	if (doc->fips != TEL__UNSET)
		facts->fips = doc->fips == TEL__YES;
	if (doc->replicas)
		facts->replicas = (uint32_t)doc->replicas->v.i;
	if (doc->resource_multiplier)
		facts->resource_multiplier = (uint32_t)doc->resource_multiplier->v.i;
	if (doc->node_memory.ptr)
		tel__quantity_parse(doc->node_memory, &facts->node_memory_bytes);
	return take_pairs(arena, &doc->labels, &facts->labels, &facts->label_count) &&
	       take_pairs(arena, &doc->annotations, &facts->annotations, &facts->annotation_count) &&
	       take_pairs(arena, &doc->pod_labels, &facts->pod_labels, &facts->pod_label_count) &&
	       take_pairs(arena, &doc->pod_annotations, &facts->pod_annotations, &facts->pod_annotation_count) &&
	       take_pairs(arena, &doc->env, &facts->env, &facts->env_count) && take_ports(arena, doc->backend_ports, facts);
}

static void take_given(const tel_object_facts *given, tel_object_facts *ret_facts)
{
	*ret_facts = (tel_object_facts)TEL_OBJECT_FACTS_INIT;
	if (given)
		memcpy(ret_facts, given, given->size < sizeof(*ret_facts) ? given->size : sizeof(*ret_facts));
	ret_facts->size = sizeof(*ret_facts);
}

tel_err tel__object_facts_of(tel_pipeline_set *set, const tel_object_facts *given, const tel_object_facts **ret_facts)
{
	tel_object_facts *facts = tel__arena_alloc(set->arena, sizeof(*facts));

	if (!facts)
		return TEL_ERR_NOMEM;
	take_given(given, facts);
	for (size_t i = 0; i < set->telemetry_count; i++)
		take_telemetry(set->telemetries[i], facts);
	if (set->facts && !take_document(set->arena, set->facts, facts))
		return TEL_ERR_NOMEM;
	*ret_facts = facts;
	return TEL_OK;
}

/* ---- for rendering ---- */

static const tel_render_pair *copy_pairs(tel__doc *d, const tel_render_pair *pairs, size_t count)
{
	tel_render_pair *copy;

	if (!pairs)
		return NULL;
	copy = tel__arena_array(d->arena, count + 1, sizeof(*copy));
	if (!copy) {
		d->failed = true;
		return NULL;
	}
	for (size_t i = 0; i < count; i++)
		copy[i] = (tel_render_pair){ tel__doc_copy(d, pairs[i].key), tel__doc_copy(d, pairs[i].value) };
	return copy;
}

void tel__object_facts_fill(tel__doc *d, const tel_object_facts *given, tel_object_facts *ret_facts)
{
	tel_slice *texts[] = { &ret_facts->gateway_image, &ret_facts->agent_image, &ret_facts->image_pull_secret,
		                   &ret_facts->priority_class, &ret_facts->high_priority_class, &ret_facts->cluster_trust_bundle,
		                   &ret_facts->storage_size, &ret_facts->storage_claim, &ret_facts->config_text };
	bool own;

	take_given(given, ret_facts);
	own = ret_facts->form != TEL_OBJECTS_KYMA;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i]->ptr)
			*texts[i] = tel__doc_copy(d, *texts[i]);
	if (!ret_facts->high_priority_class.ptr)
		ret_facts->high_priority_class = ret_facts->priority_class;
	if (!ret_facts->storage_size.ptr)
		ret_facts->storage_size = TEL_SLICE_LIT("1Gi");
	if (!ret_facts->gateway_image.ptr)
		ret_facts->gateway_image = ret_facts->agent_image;
	if (!ret_facts->gateway_image.ptr && own)
		ret_facts->gateway_image = tel__doc_fmt(d, "telemetry:%s", tel_version());
	if (!ret_facts->agent_image.ptr)
		ret_facts->agent_image = ret_facts->gateway_image;
	if (ret_facts->replicas == 0)
		ret_facts->replicas = 2;
	ret_facts->labels = copy_pairs(d, ret_facts->labels, ret_facts->label_count);
	ret_facts->annotations = copy_pairs(d, ret_facts->annotations, ret_facts->annotation_count);
	ret_facts->pod_labels = copy_pairs(d, ret_facts->pod_labels, ret_facts->pod_label_count);
	ret_facts->pod_annotations = copy_pairs(d, ret_facts->pod_annotations, ret_facts->pod_annotation_count);
	ret_facts->env = copy_pairs(d, ret_facts->env, ret_facts->env_count);
	if (ret_facts->config_text.ptr && !ret_facts->env)
		ret_facts->env = tel__arena_alloc(d->arena, sizeof(*ret_facts->env)); /* a text of its own needs none of ours */
	d->failed = d->failed || (ret_facts->config_text.ptr && !ret_facts->env);
}
