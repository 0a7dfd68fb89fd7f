/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_KUBE_H
#define TEL_PROCESS_KUBE_H
/*
 * Objects of a cluster, with the fields that k8s_attributes reads. An object is one block of memory and never changes;
 * who fills a cluster (a list of kubectl, later the informers of lib/kube) hands in one that points anywhere.
 */
#include <telemetry/kube.h>

#include "base/keys.h"
#include "base/visibility.h"

typedef enum tel__kube_kind {
	TEL__KUBE_POD, TEL__KUBE_NODE, TEL__KUBE_NAMESPACE, TEL__KUBE_REPLICASET, TEL__KUBE_DEPLOYMENT, TEL__KUBE_STATEFULSET,
	TEL__KUBE_DAEMONSET, TEL__KUBE_JOB, TEL__KUBE_KIND_COUNT
} tel__kube_kind;

typedef struct tel__kube_owner {
	tel_slice kind, name, uid;
} tel__kube_owner;

/* Of spec.containers and spec.initContainers. */
typedef struct tel__kube_container {
	tel_slice name, image;
	bool init;
} tel__kube_container;

typedef struct tel__kube_status {
	tel_slice name, id, image_id; /* id as it stands: "containerd://..." */
	int64_t restarts;
} tel__kube_status;

typedef struct tel__kube_object {
	size_t bytes;          /* of the block */
	tel__kube_kind kind;
	tel_slice name, namespace, uid, created;
	tel__key_pairs labels, annotations;
	const tel__kube_owner *owners;
	/* pod */
	tel_slice hostname, node, ip, started;
	const tel__kube_container *containers;
	const tel__kube_status *statuses;
	uint32_t owner_count, container_count, status_count;
	bool host_network;
} tel__kube_object;

TEL_PRIVATE_BEGIN

/* TEL__KUBE_KIND_COUNT: nobody asks for it. */
tel__kube_kind tel__kube_kind_of(tel_slice name);

tel_kube *tel__kube_ref(tel_kube *kube);
const tel_alloc *tel__kube_alloc(const tel_kube *kube);
/* A copy of the object takes its place, by kind and uid. TEL_OK or TEL_ERR_NOMEM. */
tel_err tel__kube_put(tel_kube *kube, const tel__kube_object *object);
/* Grows with each change. */
uint64_t tel__kube_generation(const tel_kube *kube);
/* Whether any object of the kind was ever told. */
bool tel__kube_knows(const tel_kube *kube, tel__kube_kind kind);
/* NULL: unknown. Nodes and namespaces by name, the others by uid. Borrowed until the next change. */
const tel__kube_object *tel__kube_get(const tel_kube *kube, tel__kube_kind kind, tel_slice key);
/* *cursor starts at 0; NULL at the end. */
const tel__kube_object *tel__kube_next(const tel_kube *kube, tel__kube_kind kind, size_t *cursor);

TEL_PRIVATE_END
#endif
