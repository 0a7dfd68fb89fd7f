/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_K8S_VIEW_H
#define TEL_PROCESS_K8S_VIEW_H
/*
 * A cluster as one configuration of k8s_attributes sees it: which pod a resource is, and the attributes that are to be set,
 * already encoded. Built anew when the cluster changed; the attributes of a pod when it is first asked for.
 */
#include <telemetry/value.h>

#include "base/arena.h"
#include "process/k8s_attributes.h"
#include "process/kube.h"
#include "wire/regex.h"

/* One attribute to set. */
typedef struct tel__k8s_piece {
	uint32_t hash;
	bool empty;       /* its text is empty: whoever comes later sets the key again */
	bool when_absent; /* only where there is no such key, be its value empty or not */
	tel_slice key;
	tel_slice value;  /* encoded AnyValue */
	tel_slice field;  /* the whole field of Resource */
} tel__k8s_piece;

typedef struct tel__k8s_pieces {
	tel__k8s_piece *at;
	uint32_t count, cap;
	bool built;
} tel__k8s_pieces;

/* A container of a pod. */
typedef struct tel__k8s_container {
	tel_slice name, id;  /* id of its first status */
	tel_slice image;
	bool has_status;     /* without one it has neither name nor id yet, and an init container does not count */
	bool init;
	tel__k8s_pieces pieces; /* but container.id and digests */
} tel__k8s_container;

typedef struct tel__k8s_pod {
	const tel__kube_object *object;
	bool ignored;
	tel__k8s_pieces pieces;
	tel__k8s_container *containers;
	uint32_t container_count;
	tel_slice owner_uids[TEL__K8S_FROM_COUNT]; /* of workloads */
} tel__k8s_pod;

/* A label or annotation rule. */
typedef struct tel__k8s_compiled_rule {
	const tel__k8s_rule *rule;
	tel__regex *regex;  /* NULL: exact key */
	bool annotations, expands;
} tel__k8s_compiled_rule;

typedef struct tel__k8s_view {
	tel_alloc alloc;
	const tel__k8s_options *options;
	tel_kube *kube;
	uint64_t fields;              /* bits of tel__k8s_field */
	tel__k8s_compiled_rule *rules;
	size_t rule_count;
	tel__regex **excludes;
	size_t exclude_count;
	tel__regex_run *regex_run;
	bool watches_replicasets, watches_nodes, has_annotation_rules;
	/* of one generation */
	uint64_t generation;          /* 0: none */
	tel__arena *arena;
	struct tel__map *pods;        /* identifier -> tel__k8s_pod */
	struct tel__map *groups;      /* kind and key -> tel__k8s_pieces of namespaces, nodes, workloads */
} tel__k8s_view;

enum { TEL__K8S_IDENTIFIER_MAX = 1024 };

/* Builds the name under which a pod is found: sources in their order. */
typedef struct tel__k8s_identifier {
	size_t len; /* over the maximum: found nowhere */
	char text[TEL__K8S_IDENTIFIER_MAX];
} tel__k8s_identifier;

TEL_PRIVATE_BEGIN

tel_err tel__k8s_view_new(const tel__processor_env *env, const tel__k8s_options *options, tel__k8s_view **ret_view,
                          tel_error *err);
void tel__k8s_view_free(tel__k8s_view *view);
/* Brings the index up to date. TEL_OK or TEL_ERR_NOMEM: the index is empty then, and built at the next call. */
tel_err tel__k8s_view_refresh(tel__k8s_view *view);

void tel__k8s_identifier_add(tel__k8s_identifier *id, bool connection, tel_slice name, tel_slice value);
/* NULL: no such pod, or one to ignore. */
tel__k8s_pod *tel__k8s_find(const tel__k8s_view *view, const tel__k8s_identifier *id);

/* TEL_OK, TEL_ERR_NOMEM, or what a regular expression failed with. */
tel_err tel__k8s_pod_build(tel__k8s_view *view, tel__k8s_pod *pod);
tel_err tel__k8s_container_build(tel__k8s_view *view, const tel__k8s_pod *pod, tel__k8s_container *container);
/* Labels and annotations of an object that is not a pod; a node has its uid too. *ret_pieces NULL: there are none. */
tel_err tel__k8s_group(tel__k8s_view *view, tel__k8s_from from, tel_slice key, const tel__k8s_pieces **ret_pieces);

/* Adds a text, over an earlier one of that key. */
tel_err tel__k8s_put(tel__arena *arena, const tel_alloc *alloc, tel__k8s_pieces *pieces, tel_slice key, const tel_value *value);
uint32_t tel__k8s_hash(tel_slice key);
/* "containerd://ID" or ID. */
tel_slice tel__k8s_without_scheme(tel_slice text);

TEL_PRIVATE_END

TEL_INLINE bool tel__k8s_extracts(const tel__k8s_view *view, tel__k8s_field field)
{
	return view->fields >> field & 1;
}
#endif
