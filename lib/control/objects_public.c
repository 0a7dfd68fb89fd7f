/* SPDX-License-Identifier: Apache-2.0 */
/* The public calls of objects: render them, name what must not exist, write them. */
#include <telemetry/render.h>

#include "base/error_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "control/endpoint.h"
#include "control/objects.h"

enum { TEXT_MAX = 256 << 20, SHOWN = 128, WORKLOADS = 2 };

typedef struct rendered {
	const tel__object_row *row;
	tel_slice name, space;
	tel__node *root;
} rendered;

struct tel_objects {
	tel_alloc alloc;
	tel__arena *arena;
	tel_buf *configs[WORKLOADS]; /* which the nodes borrow from */
	rendered *items;
	size_t count, cap;
};

/* ---- the list ---- */

void tel_objects_free(tel_objects *objects)
{
	tel_alloc alloc;

	if (!objects)
		return;
	alloc = objects->alloc;
	for (size_t i = 0; i < WORKLOADS; i++)
		tel_buf_unref(objects->configs[i]);
	tel__arena_unref(objects->arena);
	tel__mem_free(&alloc, objects, 1, sizeof(*objects));
}

static size_t count_rows(void)
{
	size_t n = 0;

	while (tel__object_rows[n].kind)
		n++;
	return n;
}

static tel_err objects_new(const tel_alloc *alloc, tel_objects **ret_objects)
{
	const tel_alloc *a = tel__alloc_or_default(alloc);
	tel_objects *objects = tel__mem_zero(a, 1, sizeof(*objects));
	tel_err rc;

	if (!objects)
		return TEL_ERR_NOMEM;
	objects->alloc = *a;
	rc = tel__arena_new(&objects->alloc, 0, NULL, &objects->arena);
	if (rc == TEL_OK) {
		tel__arena_set_wipe(objects->arena);
		objects->cap = WORKLOADS * count_rows();
		objects->items = tel__arena_array(objects->arena, objects->cap, sizeof(*objects->items));
		rc = objects->items ? TEL_OK : TEL_ERR_NOMEM;
	}
	if (rc != TEL_OK) {
		tel_objects_free(objects);
		return rc;
	}
	*ret_objects = objects;
	return TEL_OK;
}

/* ---- one object ---- */

static rendered *add(tel__object_render *r, tel_objects *objects, const tel__object_row *row)
{
	rendered *item = &objects->items[objects->count++];

	*item = (rendered){ row, tel__object_name(&r->base.doc, row, r->workload), TEL_SLICE_LIT(""), NULL };
	if (!row->of_cluster)
		item->space = r->base.facts->target_namespace;
	return item;
}

/* Pipelines that an API server knows own what is made for them: with the last one everything goes. */
static void put_owners(tel__object_render *r, tel__node *metadata)
{
	tel__doc *d = &r->base.doc;
	tel__node *owners = NULL;

	for (size_t i = 0; i < r->base.count; i++) {
		const tel__metadata *m = r->base.pipelines[i]->metadata;
		tel__node *owner;

		if (!m || m->uid.len == 0 || m->deletion_timestamp.len)
			continue;
		owners = owners ? owners : tel__doc_list(d, metadata, "ownerReferences");
		owner = tel__doc_append_map(d, owners);
		tel__doc_text(d, owner, "apiVersion", "telemetry.kyma-project.io/v1beta1");
		tel__doc_text(d, owner, "kind", "MetricPipeline");
		tel__doc_slice(d, owner, "name", tel__doc_copy(d, m->name));
		tel__doc_slice(d, owner, "uid", tel__doc_copy(d, m->uid));
	}
}

static tel__node *put_head(tel__object_render *r, rendered *item)
{
	tel__node *root = tel__doc_new_map(&r->base.doc), *metadata;

	tel__doc_text(&r->base.doc, root, "apiVersion", item->row->api_version);
	tel__doc_text(&r->base.doc, root, "kind", item->row->kind);
	metadata = tel__doc_map(&r->base.doc, root, "metadata");
	tel__doc_slice(&r->base.doc, metadata, "name", item->name);
	if (!item->row->of_cluster || !r->ours) /* Kyma writes one on what belongs to the cluster as well */
		tel__doc_slice(&r->base.doc, metadata, "namespace", r->base.facts->target_namespace);
	item->root = root;
	return root;
}

static void render_object(tel__object_render *r, tel_objects *objects, const tel__object_row *row)
{
	rendered *item = add(r, objects, row);
	tel__node *root = put_head(r, item), *metadata = tel__doc_at(root, "metadata");

	if (!metadata)
		return; /* out of memory, which the document knows */
	tel__put_default_labels(r, tel__doc_map(&r->base.doc, metadata, "labels"));
	row->fill(r, root, metadata);
	tel__doc_sort_bytes(tel__doc_at(metadata, "labels"));
	put_owners(r, metadata);
}

/* ---- one workload ---- */

/* What a Secret can hold: one bad name would have an API server refuse the variables of everybody. */
static bool is_secret_key(tel_slice key)
{
	for (size_t i = 0; i < key.len; i++) {
		char c = key.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'))
			return false;
	}
	return key.len > 0 && key.len <= 253;
}

static void drop_bad_names(tel__node *map)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; map && i < map->v.map.count; i++)
		if (is_secret_key(map->v.map.entries[i].key))
			map->v.map.entries[kept++] = map->v.map.entries[i];
	if (map)
		map->v.map.count = kept;
}

static void sort_variables(tel__object_render *r)
{
	tel__doc *d = &r->base.doc;

	r->variables = tel__doc_new_map(d);
	if (r->of->env)
		tel__put_pairs(r, r->variables, r->of->env, r->of->env_count);
	for (size_t i = 0; !r->of->env && i < r->base.count && !d->failed; i++)
		tel__pipeline_variables(d, r->base.set, r->base.pipelines[i], r->variables);
	drop_bad_names(r->variables);
	tel__doc_sort_bytes(r->variables);
}

/* What both calls know of a workload. d->failed: memory. */
static void init(tel__object_render *r, const tel_pipeline_set *set, const tel_render_facts *facts, const tel_object_facts *of,
                 tel__workload workload)
{
	const tel__metric_pipeline **pipelines = tel__arena_array(r->base.doc.arena, set->pipeline_count + 1, sizeof(*pipelines));

	r->workload = workload;
	r->base.set = set;
	r->base.facts = facts;
	r->of = of;
	r->ours = of->form != TEL_OBJECTS_KYMA;
	r->stored = r->ours && (of->storage_claim.len || !tel__slice_is(of->storage_size, "0"));
	r->base.doc.failed = r->base.doc.failed || !pipelines;
	if (!pipelines)
		return;
	r->base.pipelines = pipelines;
	r->base.count = tel__render_pipelines(set, facts->status, workload == TEL__AGENT, pipelines);
	if (r->base.count)
		sort_variables(r);
}

static bool is_wanted(const tel__object_render *r, const tel__object_row *row)
{
	return r->base.count > 0 && (row->workloads & r->workload) && (!row->wanted || row->wanted(r));
}

/* The configuration that goes along. */
static tel_err render_config(tel__object_render *r, tel_objects *objects)
{
	tel_buf **config = &objects->configs[r->workload == TEL__AGENT];
	tel_err rc;

	r->config = r->of->config_text;
	if (r->config.ptr)
		return TEL_OK;
	rc = (r->workload == TEL__AGENT ? tel_render_agent : tel_render_gateway)(r->base.set, r->base.facts, r->alloc, config);
	if (rc == TEL_OK)
		r->config = tel_buf_get(*config);
	else if (rc == TEL_ERR_LIMIT)
		tel__fail(r->err, rc, "the configuration of the %s is too large", tel__workload_component(r->workload));
	return rc;
}

static tel_err check_facts(const tel_object_facts *of, tel_error *err)
{
	if (of->form == TEL_OBJECTS_KYMA && !of->gateway_image.ptr)
		return tel__fail(err, TEL_ERR_ARG, "images: Kyma's form of objects needs the image of a collector");
	for (size_t i = 0; of->pod_labels && i < of->pod_label_count; i++)
		if (tel__slice_is(of->pod_labels[i].key, "app.kubernetes.io/name"))
			return tel__fail(err, TEL_ERR_ARG, "podLabels: app.kubernetes.io/name selects the pods and cannot be set");
	return TEL_OK;
}

static tel_err render_workload(tel__object_render *r, tel_objects *objects)
{
	tel_err rc = TEL_OK;

	if (r->base.count && !r->base.doc.failed)
		rc = render_config(r, objects);
	for (const tel__object_row *row = tel__object_rows; row->kind && rc == TEL_OK && !r->base.doc.failed; row++) {
		if (is_wanted(r, row))
			render_object(r, objects, row);
		rc = r->rc;
	}
	return rc;
}

static void name_unwanted(tel__object_render *r, tel_objects *objects)
{
	for (size_t i = count_rows(); i-- > 0 && !r->base.doc.failed;) {
		const tel__object_row *row = &tel__object_rows[i];

		if ((row->workloads & r->workload) && !is_wanted(r, row))
			put_head(r, add(r, objects, row));
	}
}

/* ---- the calls ---- */

/* Facts for one call: everything that objects keep is copied. */
static void fill(tel__doc *d, const tel_render_facts *given, tel_render_facts *facts, tel_object_facts *of)
{
	if (given)
		memcpy(facts, given, given->size < sizeof(*facts) ? given->size : sizeof(*facts));
	facts->size = sizeof(*facts);
	facts->target_namespace = facts->target_namespace.len ? tel__doc_copy(d, facts->target_namespace)
	                                                      : TEL_SLICE_LIT("kyma-system");
	tel__object_facts_fill(d, facts->objects, of);
}

static tel_err finish(tel_objects *objects, tel_err rc, const tel__doc *d, tel_objects **ret_objects, tel_error *err)
{
	if (rc == TEL_OK && d->failed)
		rc = TEL_ERR_NOMEM;
	if (rc == TEL_OK) {
		*ret_objects = objects;
		return TEL_OK;
	}
	tel_objects_free(objects);
	return rc == TEL_ERR_NOMEM ? tel__fail_nomem(err) : rc;
}

tel_err tel_render_objects(const tel_pipeline_set *set, const tel_render_facts *facts, const tel_alloc *alloc,
                           tel_objects **ret_objects, tel_error *err)
{
	tel_render_facts given = TEL_RENDER_FACTS_INIT;
	tel_objects *objects = NULL;
	tel__doc d = { NULL, false };
	tel_object_facts of;
	tel_err rc = objects_new(alloc, &objects);

	if (rc != TEL_OK)
		return tel__fail_nomem(err);
	d.arena = objects->arena;
	fill(&d, facts, &given, &of);
	rc = d.failed ? TEL_ERR_NOMEM : check_facts(&of, err);
	for (tel__workload w = TEL__GATEWAY; w <= TEL__AGENT && rc == TEL_OK && !d.failed; w++) {
		tel__object_render r = { .base.doc = d, .alloc = &objects->alloc, .err = err };

		init(&r, set, &given, &of, w);
		rc = render_workload(&r, objects);
		d.failed = r.base.doc.failed;
	}
	return finish(objects, rc, &d, ret_objects, err);
}

tel_err tel_render_unwanted(const tel_pipeline_set *set, const tel_render_facts *facts, const tel_alloc *alloc,
                            tel_objects **ret_objects)
{
	tel_render_facts given = TEL_RENDER_FACTS_INIT;
	tel_objects *objects = NULL;
	tel__doc d = { NULL, false };
	tel_object_facts of;
	tel_err rc = objects_new(alloc, &objects);

	if (rc != TEL_OK)
		return rc;
	d.arena = objects->arena;
	fill(&d, facts, &given, &of);
	for (tel__workload w = TEL__AGENT; w >= TEL__GATEWAY && !d.failed; w--) {
		tel__object_render r = { .base.doc = d, .alloc = &objects->alloc };

		init(&r, set, &given, &of, w);
		name_unwanted(&r, objects);
		d.failed = r.base.doc.failed;
	}
	return finish(objects, TEL_OK, &d, ret_objects, NULL);
}

size_t tel_objects_count(const tel_objects *objects)
{
	return objects->count;
}

tel_err tel_objects_get(const tel_objects *objects, size_t index, tel_object_id *id)
{
	const rendered *item = objects->items + index;
	tel_object_id found;

	if (index >= objects->count)
		return TEL_ERR_NOT_FOUND;
	found = (tel_object_id){ id->size, tel__slice_str(item->row->api_version), tel__slice_str(item->row->kind),
		                     tel__slice_str(item->row->resource), item->space, item->name };
	memcpy(id, &found, id->size < sizeof(found) ? id->size : sizeof(found));
	return TEL_OK;
}

static tel_err write_items(const tel_objects *objects, size_t from, size_t to, bool json, const tel_alloc *alloc,
                           tel_buf **ret_text)
{
	tel__dynbuf text;
	tel_err rc;

	tel__dynbuf_init(&text, tel__alloc_or_default(alloc), TEXT_MAX);
	for (size_t i = from; i < to; i++) {
		tel__dynbuf_puts(&text, i > from ? "---\n" : "");
		(json ? tel__doc_write_json : tel__doc_write)(objects->items[i].root, &text);
	}
	rc = tel__dynbuf_take(&text, ret_text);
	tel__dynbuf_fini(&text);
	return rc;
}

tel_err tel_objects_json(const tel_objects *objects, size_t index, const tel_alloc *alloc, tel_buf **ret_text)
{
	return index < objects->count ? write_items(objects, index, index + 1, true, alloc, ret_text) : TEL_ERR_NOT_FOUND;
}

tel_err tel_objects_yaml(const tel_objects *objects, const tel_alloc *alloc, tel_buf **ret_text)
{
	return write_items(objects, 0, objects->count, false, alloc, ret_text);
}
