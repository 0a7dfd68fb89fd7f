/* SPDX-License-Identifier: Apache-2.0 */
#include "process/kube.h"

#include "base/map.h"
#include "base/mem.h"
#include "base/slice_i.h"

struct tel_kube {
	tel_alloc alloc;
	uint32_t refs;
	uint64_t generation;
	tel__map *objects[TEL__KUBE_KIND_COUNT]; /* by tel__kube_get()'s key */
};

tel__kube_kind tel__kube_kind_of(tel_slice name)
{
	static const char *const kinds[] = { "Pod", "Node", "Namespace", "ReplicaSet", "Deployment", "StatefulSet", "DaemonSet",
		                                 "Job" };
	int kind = 0;

	while (kind < TEL__KUBE_KIND_COUNT && !tel__slice_is(name, kinds[kind]))
		kind++;
	return (tel__kube_kind)kind;
}

tel_err tel_kube_new(const tel_alloc *alloc, tel_kube **ret_kube)
{
	tel_kube *kube = ret_kube ? tel__mem_zero(alloc, 1, sizeof(*kube)) : NULL;

	if (!kube)
		return ret_kube ? TEL_ERR_NOMEM : TEL_ERR_ARG;
	kube->alloc = *tel__alloc_or_default(alloc);
	kube->refs = 1;
	kube->generation = 1;
	for (int i = 0; i < TEL__KUBE_KIND_COUNT; i++) {
		if (tel__map_new(&kube->alloc, TEL__MAP_BORROW_KEYS, 0, &kube->objects[i])) {
			tel_kube_free(kube);
			return TEL_ERR_NOMEM;
		}
	}
	*ret_kube = kube;
	return TEL_OK;
}

tel_kube *tel__kube_ref(tel_kube *kube)
{
	if (kube)
		kube->refs++;
	return kube;
}

const tel_alloc *tel__kube_alloc(const tel_kube *kube)
{
	return &kube->alloc;
}

static void object_free(tel_kube *kube, tel__kube_object *object)
{
	tel__mem_free(&kube->alloc, object, object->bytes, 1);
}

void tel_kube_free(tel_kube *kube)
{
	tel_alloc alloc;

	if (!kube || --kube->refs)
		return;
	for (int i = 0; i < TEL__KUBE_KIND_COUNT; i++) {
		size_t cursor = 0;
		tel_slice key;
		void *object;

		while (kube->objects[i] && tel__map_next(kube->objects[i], &cursor, &key, &object))
			object_free(kube, object);
		tel__map_free(kube->objects[i]);
	}
	alloc = kube->alloc;
	tel__mem_free(&alloc, kube, 1, sizeof(*kube));
}

/* Copies texts behind each other; with at NULL it only counts. */
typedef struct packer {
	char *at;
	size_t bytes;
} packer;

static tel_slice pack_text(packer *p, tel_slice text)
{
	tel_slice copy = { p->at, text.len };

	p->bytes += text.len;
	if (!p->at)
		return text;
	if (text.len)
		memcpy(p->at, text.ptr, text.len);
	p->at += text.len;
	return copy;
}

/* Room for an array, which is aligned as long as arrays come before texts. */
static void *pack_array(packer *p, const void *from, size_t size)
{
	void *copy = p->at;

	p->bytes += size;
	if (!p->at)
		return (void *)(uintptr_t)from;
	if (size)
		memcpy(p->at, from, size);
	p->at += size;
	return copy;
}

static void pack_pairs(packer *p, tel__key_pair *pairs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		tel_slice key = pack_text(p, pairs[i].key), value = pack_text(p, pairs[i].value);

		if (p->at)
			pairs[i] = (tel__key_pair){ key, value };
	}
}

static void pack_lists(packer *p, const tel__kube_object *o, tel__kube_owner *owners, tel__kube_container *containers,
                       tel__kube_status *statuses)
{
	for (uint32_t i = 0; i < o->owner_count; i++) {
		tel__kube_owner x = { pack_text(p, owners[i].kind), pack_text(p, owners[i].name), pack_text(p, owners[i].uid) };
		if (p->at)
			owners[i] = x;
	}
	for (uint32_t i = 0; i < o->container_count; i++) {
		tel__kube_container x = { pack_text(p, containers[i].name), pack_text(p, containers[i].image),
			                      containers[i].init };
		if (p->at)
			containers[i] = x;
	}
	for (uint32_t i = 0; i < o->status_count; i++) {
		tel__kube_status x = { pack_text(p, statuses[i].name), pack_text(p, statuses[i].id),
			                   pack_text(p, statuses[i].image_id), statuses[i].restarts };
		if (p->at)
			statuses[i] = x;
	}
}

static void pack(packer *p, const tel__kube_object *from, tel__kube_object *to)
{
	tel__key_pair *labels, *annotations;
	tel__kube_owner *owners;
	tel__kube_container *containers;
	tel__kube_status *statuses;

	*to = *from;
	labels = pack_array(p, from->labels.items, from->labels.count * sizeof(*labels));
	annotations = pack_array(p, from->annotations.items, from->annotations.count * sizeof(*annotations));
	owners = pack_array(p, from->owners, from->owner_count * sizeof(*owners));
	containers = pack_array(p, from->containers, from->container_count * sizeof(*containers));
	statuses = pack_array(p, from->statuses, from->status_count * sizeof(*statuses));
	to->labels.items = labels;
	to->annotations.items = annotations;
	to->owners = owners;
	to->containers = containers;
	to->statuses = statuses;
	to->name = pack_text(p, from->name);
	to->namespace = pack_text(p, from->namespace);
	to->uid = pack_text(p, from->uid);
	to->created = pack_text(p, from->created);
	to->hostname = pack_text(p, from->hostname);
	to->node = pack_text(p, from->node);
	to->ip = pack_text(p, from->ip);
	to->started = pack_text(p, from->started);
	pack_pairs(p, labels, from->labels.count);
	pack_pairs(p, annotations, from->annotations.count);
	pack_lists(p, from, owners, containers, statuses);
}

tel_err tel__kube_put(tel_kube *kube, const tel__kube_object *object)
{
	bool by_name = object->kind == TEL__KUBE_NODE || object->kind == TEL__KUBE_NAMESPACE;
	packer size = { NULL, sizeof(tel__kube_object) };
	tel__kube_object counted, *copy;
	packer fill;
	void *old = NULL;

	pack(&size, object, &counted);
	copy = tel__mem_new(&kube->alloc, size.bytes, 1);
	if (!copy)
		return TEL_ERR_NOMEM;
	fill = (packer){ (char *)(copy + 1), 0 };
	pack(&fill, object, copy);
	copy->bytes = size.bytes;
	/* the map borrows its keys from the objects: what is replaced goes with its key */
	if (tel__map_remove(kube->objects[object->kind], by_name ? copy->name : copy->uid, &old))
		object_free(kube, old);
	kube->generation++;
	if (tel__map_put(kube->objects[object->kind], by_name ? copy->name : copy->uid, copy, NULL)) {
		object_free(kube, copy);
		return TEL_ERR_NOMEM;
	}
	return TEL_OK;
}

uint64_t tel__kube_generation(const tel_kube *kube)
{
	return kube->generation;
}

bool tel__kube_knows(const tel_kube *kube, tel__kube_kind kind)
{
	return tel__map_count(kube->objects[kind]) != 0;
}

const tel__kube_object *tel__kube_get(const tel_kube *kube, tel__kube_kind kind, tel_slice key)
{
	void *object = NULL;

	return tel__map_get(kube->objects[kind], key, &object) ? object : NULL;
}

const tel__kube_object *tel__kube_next(const tel_kube *kube, tel__kube_kind kind, size_t *cursor)
{
	tel_slice key;
	void *object = NULL;

	return tel__map_next(kube->objects[kind], cursor, &key, &object) ? object : NULL;
}
