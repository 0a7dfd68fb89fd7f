/* SPDX-License-Identifier: Apache-2.0 */
#include "process/k8s_attributes.h"

#include <telemetry/graph.h>

#include "base/error_i.h"
#include "base/ip.h"
#include "base/mem.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "model/append.h"
#include "model/edit.h"
#include "model/metrics_i.h"
#include "model/walk.h"
#include "process/k8s_view.h"

static const char *const old_names[] = { "k8sattributes", NULL };

typedef struct k8s_processor {
	tel__processor processor;
	tel_alloc alloc;
	tel__k8s_view *view;
} k8s_processor;

static tel_err k8s_make(const tel__processor_env *env, const void *options, tel__processor **ret_processor, tel_error *err)
{
	k8s_processor *x = tel__mem_zero(env->alloc, 1, sizeof(*x));
	tel_err e;

	if (!x)
		return tel__fail_nomem(err);
	x->alloc = *tel__alloc_or_default(env->alloc);
	e = tel__k8s_view_new(env, options, &x->view, err);
	if (e) {
		tel__mem_free(env->alloc, x, 1, sizeof(*x));
		return e;
	}
	*ret_processor = &x->processor;
	return TEL_OK;
}

static void k8s_free(tel__processor *p)
{
	k8s_processor *x = (k8s_processor *)(void *)p;
	tel_alloc alloc = x->alloc;

	tel__k8s_view_free(x->view);
	tel__mem_free(&alloc, x, 1, sizeof(*x));
}

/* ---- one resource ---- */

/* A key of the resource: as it came, or set by a piece. */
typedef struct known {
	uint32_t hash;
	bool empty;
	const tel__k8s_piece *piece; /* NULL: as it came */
	tel_pair pair;
} known;

typedef struct work {
	tel__k8s_view *view;
	tel_metrics *batch;
	tel__run *run;
	tel_slice peer;              /* IP of the client; empty: unknown */
	known *keys;
	uint32_t received, count, cap;
	bool replaces;               /* a key that came is set anew */
} work;

static bool has_no_text(const tel_value *v)
{
	return v->type == TEL_VALUE_EMPTY || ((v->type == TEL_VALUE_STRING || v->type == TEL_VALUE_BYTES) && !v->u.bytes.len);
}

static known *new_key(work *w)
{
	if (w->count == w->cap) {
		uint32_t cap = w->cap ? 2 * w->cap : 32;
		known *keys = tel__arena_grow(w->run->arena, w->keys, w->cap * sizeof(*keys), cap * sizeof(*keys));

		if (!keys)
			return NULL;
		w->keys = keys;
		w->cap = cap;
	}
	w->keys[w->count] = (known){ .piece = NULL };
	return &w->keys[w->count++];
}

static bool read_keys(work *w, const tel__envelope *e)
{
	tel_resource_view view;
	tel_pair pair;

	w->count = 0;
	w->replaces = false;
	tel__resource_read(e, &view);
	while (tel__attr_next(&view.attributes, &pair)) {
		known *k = new_key(w);

		if (!k)
			return false;
		k->hash = tel__k8s_hash(pair.key);
		k->empty = has_no_text(&pair.value);
		k->pair = pair;
	}
	w->received = w->count;
	return true;
}

static known *key_find(const work *w, uint32_t hash, tel_slice key)
{
	for (uint32_t i = 0; i < w->count; i++)
		if (w->keys[i].hash == hash && tel__slice_eq(w->keys[i].pair.key, key))
			return &w->keys[i];
	return NULL;
}

/* A string attribute as it came, or as it was set since; empty: none. */
static tel_slice string_of(const work *w, const char *name)
{
	tel_slice key = tel__slice_str(name);
	const known *k = key_find(w, tel__k8s_hash(key), key);
	tel_value value;

	if (!k)
		return (tel_slice){ NULL, 0 };
	value = k->pair.value;
	if (k->piece)
		tel__value_read(k->piece->value, &value);
	return value.type == TEL_VALUE_STRING ? value.u.bytes : (tel_slice){ NULL, 0 };
}

/* Only where the key is missing, or its text is empty. */
static bool set_piece(work *w, const tel__k8s_piece *piece)
{
	known *k = key_find(w, piece->hash, piece->key);

	if (k && (piece->when_absent || !k->empty))
		return true;
	if (k)
		w->replaces |= k < w->keys + w->received;
	else
		k = new_key(w);
	if (!k)
		return false;
	k->hash = piece->hash;
	k->empty = piece->empty;
	k->piece = piece;
	k->pair.key = piece->key;
	return true;
}

static bool set_pieces(work *w, const tel__k8s_pieces *pieces)
{
	for (uint32_t i = 0; pieces && i < pieces->count; i++)
		if (!set_piece(w, &pieces->at[i]))
			return false;
	return true;
}

/* A value that is known only now. */
static tel_err set_value(work *w, const char *name, const tel_value *value, bool when_absent)
{
	tel__k8s_pieces one = { .at = NULL };
	tel_err e = tel__k8s_put(w->run->arena, &w->view->alloc, &one, tel__slice_str(name), value);

	for (uint32_t i = 0; i < one.count; i++)
		one.at[i].when_absent = when_absent;
	return e || set_pieces(w, &one) ? e : TEL_ERR_NOMEM;
}

static tel_err set_text(work *w, const char *name, tel_slice text)
{
	return set_value(w, name, &(tel_value){ .type = TEL_VALUE_STRING, .u.bytes = text }, false);
}

/* ---- identifiers ---- */

/* What a source of pod_association says; empty: it does not resolve. */
static tel_slice resolve(const work *w, const tel__k8s_source *source, char name[64])
{
	tel_slice value;

	if (tel__slice_is(source->from, "connection"))
		return w->peer;
	if (source->name.len >= 64)
		value = (tel_slice){ NULL, 0 };
	else {
		memcpy(name, source->name.len ? source->name.ptr : "", source->name.len);
		name[source->name.len] = '\0';
		value = string_of(w, name);
	}
	if (tel__slice_is(source->name, "host.name") && !tel__ip_is(value))
		return (tel_slice){ NULL, 0 };
	return value;
}

/* The first entry that is complete decides, also when it finds nothing. */
static bool identify_by(const work *w, const tel__k8s_association *entry, tel__k8s_identifier *id, tel_slice *ret_connection)
{
	const tel__k8s_source *sources = entry->sources.items;
	char name[64];

	id->len = 0;
	*ret_connection = (tel_slice){ NULL, 0 };
	for (size_t i = 0; i < entry->sources.count; i++) {
		bool connection = tel__slice_is(sources[i].from, "connection");
		tel_slice value = resolve(w, &sources[i], name);

		if (!value.len)
			return false;
		if (connection)
			*ret_connection = value;
		tel__k8s_identifier_add(id, connection, sources[i].name, value);
	}
	return true;
}

/* Without pod_association: whatever looks like an address, as if it were the connection's. */
static void identify_usually(const work *w, tel__k8s_identifier *id, tel_slice *ret_connection)
{
	tel_slice address = string_of(w, "k8s.pod.ip");

	if (!address.len)
		address = string_of(w, "ip");
	if (!address.len)
		address = w->peer;
	if (!address.len && tel__ip_is(string_of(w, "host.name")))
		address = string_of(w, "host.name");
	*ret_connection = address;
	if (address.len)
		tel__k8s_identifier_add(id, true, address, address);
}

static void identify(const work *w, tel__k8s_identifier *id, tel_slice *ret_connection)
{
	const tel__key_list *list = &w->view->options->pod_association;
	const tel__k8s_association *entries = list->items;

	id->len = 0;
	*ret_connection = (tel_slice){ NULL, 0 };
	if (!list->count) {
		identify_usually(w, id, ret_connection);
		return;
	}
	for (size_t i = 0; i < list->count; i++)
		if (identify_by(w, &entries[i], id, ret_connection))
			return;
	id->len = 0;
	*ret_connection = (tel_slice){ NULL, 0 };
}

/* ---- containers ---- */

static tel__k8s_container *choose_container(const work *w, tel__k8s_pod *pod)
{
	tel_slice name = string_of(w, "k8s.container.name"), id = string_of(w, "container.id");
	tel__k8s_container *only = NULL, *named = NULL;
	uint32_t with_status = 0, names = 0;

	for (uint32_t i = 0; i < pod->container_count; i++) {
		tel__k8s_container *c = &pod->containers[i];

		if (name.len ? tel__slice_eq(c->name, name) : id.len && c->has_status && tel__slice_eq(c->id, id))
			return c;
		if (c->has_status && with_status++ == 0)
			only = c;
		if ((c->has_status || !c->init) && names++ == 0)
			named = c;
	}
	if (name.len || id.len)
		return NULL;
	if (with_status)
		return with_status == 1 ? only : NULL;
	return names == 1 ? named : NULL;
}

/* Restart count that the resource names; -1: none. */
static int64_t restarts_of(const work *w)
{
	static const tel_slice key = TEL_SLICE_LIT("k8s.container.restart_count");
	const known *k = key_find(w, tel__k8s_hash(key), key);
	int64_t count = -1;

	if (k && k->pair.value.type == TEL_VALUE_INT)
		return k->pair.value.u.integer;
	if (k && k->pair.value.type == TEL_VALUE_STRING && tel__num_parse_i64(k->pair.value.u.bytes, &count))
		return -1;
	return count;
}

/* The status with that restart count, or with the highest. */
static const tel__kube_status *choose_status(const work *w, const tel__k8s_pod *pod, tel_slice container)
{
	const tel__kube_status *best = NULL;
	int64_t wanted = restarts_of(w);

	for (uint32_t i = 0; i < pod->object->status_count; i++) {
		const tel__kube_status *s = &pod->object->statuses[i];

		if (!tel__slice_eq(s->name, container) || (wanted >= 0 && s->restarts != wanted))
			continue;
		if (!best || s->restarts >= best->restarts)
			best = s;
	}
	return best;
}

static tel_err set_digests(work *w, const tel__kube_status *status)
{
	tel_value digest = { .type = TEL_VALUE_STRING, .u.bytes = tel__k8s_without_scheme(status->image_id) }, list;
	size_t at;

	at = tel__slice_find(digest.u.bytes, '@');
	if (at == digest.u.bytes.len || !at)
		return TEL_OK;
	list = (tel_value){ .type = TEL_VALUE_ITEMS, .count = 1, .u.items = &digest };
	return set_value(w, "container.image.repo_digests", &list, true);
}

static tel_err set_container(work *w, tel__k8s_pod *pod)
{
	static const uint64_t wanted = (uint64_t)1 << TEL__K8S_CONTAINER_NAME | (uint64_t)1 << TEL__K8S_CONTAINER_ID |
		(uint64_t)1 << TEL__K8S_IMAGE_NAME | (uint64_t)1 << TEL__K8S_IMAGE_TAG | (uint64_t)1 << TEL__K8S_IMAGE_DIGESTS |
		(uint64_t)1 << TEL__K8S_SERVICE_VERSION | (uint64_t)1 << TEL__K8S_SERVICE_INSTANCE_ID;
	tel__k8s_container *container = w->view->fields & wanted ? choose_container(w, pod) : NULL;
	const tel__kube_status *status;
	tel_slice id;
	tel_err e;

	if (!container)
		return TEL_OK;
	e = tel__k8s_container_build(w->view, pod, container);
	if (e || !set_pieces(w, &container->pieces))
		return e ? e : TEL_ERR_NOMEM;
	status = choose_status(w, pod, container->name);
	id = status ? tel__k8s_without_scheme(status->id) : (tel_slice){ NULL, 0 };
	if (id.len && tel__k8s_extracts(w->view, TEL__K8S_CONTAINER_ID))
		e = set_value(w, "container.id", &(tel_value){ .type = TEL_VALUE_STRING, .u.bytes = id }, true);
	if (!e && status && tel__k8s_extracts(w->view, TEL__K8S_IMAGE_DIGESTS))
		e = set_digests(w, status);
	return e;
}

/* ---- steps ---- */

static tel_err set_group(work *w, tel__k8s_from from, tel_slice key)
{
	const tel__k8s_pieces *pieces;
	tel_err e = w->view->generation ? tel__k8s_group(w->view, from, key, &pieces) : TEL_OK;

	if (e || !w->view->generation)
		return e;
	return set_pieces(w, pieces) ? TEL_OK : TEL_ERR_NOMEM;
}

static tel_err set_workloads(work *w, const tel__k8s_pod *pod)
{
	static const struct {
		tel__k8s_from from;
		const char *uid;
	} kinds[] = {
		{ TEL__K8S_FROM_DEPLOYMENT, "k8s.deployment.uid" }, { TEL__K8S_FROM_STATEFULSET, "k8s.statefulset.uid" },
		{ TEL__K8S_FROM_DAEMONSET, "k8s.daemonset.uid" }, { TEL__K8S_FROM_JOB, "k8s.job.uid" },
	};
	tel_err e = TEL_OK;

	for (size_t i = 0; !e && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		tel_slice uid = pod ? pod->owner_uids[kinds[i].from] : (tel_slice){ NULL, 0 };

		e = set_group(w, kinds[i].from, uid.len ? uid : string_of(w, kinds[i].uid));
	}
	return e;
}

static tel_err set_pod(work *w, tel__k8s_pod *pod)
{
	tel_err e = tel__k8s_pod_build(w->view, pod);

	if (!e && !set_pieces(w, &pod->pieces))
		e = TEL_ERR_NOMEM;
	return e ? e : set_container(w, pod);
}

/* The steps of otel-processing.md 8.2. */
static tel_err decide(work *w)
{
	const tel__k8s_view *v = w->view;
	bool node_remembered = tel__k8s_extracts(v, TEL__K8S_NODE_NAME) || tel__k8s_extracts(v, TEL__K8S_NODE_UID);
	tel__k8s_identifier id;
	tel_slice connection, namespace, node;
	tel__k8s_pod *pod;
	tel_err e = TEL_OK;

	identify(w, &id, &connection);
	if (connection.len && (v->options->passthrough || tel__k8s_extracts(v, TEL__K8S_POD_IP)))
		e = set_text(w, "k8s.pod.ip", connection);
	if (e || v->options->passthrough)
		return e;
	pod = tel__k8s_find(v, &id);
	if (pod)
		e = set_pod(w, pod);
	namespace = pod && pod->object->namespace.len ? pod->object->namespace : string_of(w, "k8s.namespace.name");
	if (!e)
		e = set_group(w, TEL__K8S_FROM_NAMESPACE, namespace);
	if (!e && namespace.len && tel__k8s_extracts(v, TEL__K8S_SERVICE_NAMESPACE))
		e = set_text(w, "service.namespace", namespace);
	node = pod && node_remembered && pod->object->node.len ? pod->object->node : string_of(w, "k8s.node.name");
	if (!e)
		e = set_group(w, TEL__K8S_FROM_NODE, node);
	return e ? e : set_workloads(w, pod);
}

/* ---- writing ---- */

/* All new keys go behind the others. */
static tel_err append(const work *w, uint32_t r)
{
	uint32_t count = w->count - w->received;
	tel_slice *fields = tel__arena_array(w->run->arena, count + 1u, sizeof(*fields));

	if (!fields)
		return TEL_ERR_NOMEM;
	for (uint32_t i = 0; i < count; i++)
		fields[i] = w->keys[w->received + i].piece->field;
	return tel__metrics_append_attributes(w->batch, r, fields, count);
}

/* A key that came without a text gets one, at its place. */
static tel_err replace(const work *w, uint32_t r)
{
	tel__envelope_edit *edit;
	tel_err e = tel__metrics_open_resource(w->batch, r, &edit);

	for (uint32_t i = 0; !e && i < w->count; i++) {
		const tel__k8s_piece *piece = w->keys[i].piece;

		if (piece)
			e = tel__kvs_set_encoded(w->batch->arena, &edit->attributes, piece->key, piece->value);
	}
	return e;
}

static tel_err enrich(work *w, uint32_t r)
{
	tel_err e;

	if (!read_keys(w, &w->batch->resources[r].e))
		return TEL_ERR_NOMEM;
	e = decide(w);
	if (e)
		return e;
	if (w->replaces)
		return replace(w, r);
	return w->count > w->received ? append(w, r) : TEL_OK;
}

static tel_err k8s_run(tel__processor *p, tel_metrics *batch, tel__run *run, tel_error *err)
{
	tel__k8s_view *view = ((k8s_processor *)(void *)p)->view;
	char peer[TEL__IP_TEXT_MAX];
	work w = { .view = view, .batch = batch, .run = run };
	tel_err e = view->options->passthrough ? TEL_OK : tel__k8s_view_refresh(view);

	w.peer = (tel_slice){ peer, tel__ip_of_peer(run->origin->peer, peer) };
	for (uint32_t r = 0; !e && r < batch->count; r++)
		e = enrich(&w, r);
	if (!e)
		e = tel__metrics_close(batch);
	return e ? tel__fail(err, e, "attributes of Kubernetes cannot be set: %s", tel_err_name(e)) : TEL_OK;
}

static const tel__processor_ops k8s_ops = {
	.make = k8s_make,
	.free = k8s_free,
	.run = k8s_run,
	.mutates = true,
	.items_counters = true,
};

const tel__component tel__k8s_attributes = {
	.type = "k8s_attributes",
	.old_names = old_names,
	.kind = TEL__KIND_PROCESSOR,
	.keys = &tel__k8s_table,
	.help = "sets what Kubernetes knows of the pod that sent the data",
	.impl = &k8s_ops,
};
