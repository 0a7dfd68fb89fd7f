/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONTROL_OBJECTS_H
#define TEL_CONTROL_OBJECTS_H
/*
 * Kubernetes objects that run gateway and agent (kyma-metrics.md 5). One row per object (objects.c) says what it is called,
 * who has it, when it is wanted and which function fills it; rows stand in the order in which they are applied. What is
 * wanted by nobody is what must not exist, from the same rows.
 */
#include <telemetry/render.h>

#include "control/pipeline_set.h"
#include "control/render.h"

/* The two workloads, as bits, so that a row or a rule can be of both. */
typedef enum tel__workload { TEL__GATEWAY = 1, TEL__AGENT = 2, TEL__BOTH = 3 } tel__workload;

/* One workload while its objects are made. */
typedef struct tel__object_render {
	tel__render base;          /* document, facts, set, the pipelines of this workload */
	const tel_object_facts *of;
	const tel_alloc *alloc;
	tel__workload workload;
	tel_slice config;          /* its configuration */
	tel__node *variables;      /* name: text, sorted */
	bool stored;               /* own form: queues are on a volume */
	bool ours;                 /* own form */
	tel_err rc;                /* first failure that is not one of memory */
	tel_error *err;
} tel__object_render;

typedef struct tel__object_row {
	const char *api_version, *kind, *resource;
	const char *name;          /* "%" is the name of the workload */
	bool of_cluster;           /* belongs to no namespace */
	unsigned workloads;
	bool (*wanted)(const tel__object_render *r); /* NULL: always */
	void (*fill)(tel__object_render *r, tel__node *object, tel__node *metadata);
} tel__object_row;

TEL_PRIVATE_BEGIN

/* objects.c */
extern const tel__object_row tel__object_rows[]; /* ends with a kind of NULL */
const char *tel__workload_name(tel__workload workload);      /* "telemetry-metric-gateway" */
const char *tel__workload_component(tel__workload workload); /* "gateway" */
tel_slice tel__object_name(tel__doc *d, const tel__object_row *row, tel__workload workload);
/* {app.kubernetes.io/name: ...} under key; the only label that selects. */
void tel__put_selector(tel__object_render *r, tel__node *map, const char *key);
void tel__put_match_labels(tel__object_render *r, tel__node *map, const char *key); /* below matchLabels */
/* Labels that every object has. */
void tel__put_default_labels(tel__object_render *r, tel__node *labels);
void tel__put_pairs(tel__object_render *r, tel__node *map, const tel_render_pair *pairs, size_t count);
/* Items of constant arrays of keys and values that end with NULL. */
void tel__put_texts(tel__object_render *r, tel__node *map, const char *const *pairs);

/* object_facts.c: facts of a set, into its arena; and filled in, with copies of all texts in d. */
tel_err tel__object_facts_of(tel_pipeline_set *set, const tel_object_facts *given, const tel_object_facts **ret_facts);
void tel__object_facts_fill(tel__doc *d, const tel_object_facts *given, tel_object_facts *ret_facts);

/* objects_access.c */
void tel__fill_account(tel__object_render *r, tel__node *object, tel__node *metadata);
void tel__fill_cluster_role(tel__object_render *r, tel__node *object, tel__node *metadata);
void tel__fill_cluster_role_binding(tel__object_render *r, tel__node *object, tel__node *metadata);
void tel__fill_role(tel__object_render *r, tel__node *object, tel__node *metadata);
void tel__fill_role_binding(tel__object_render *r, tel__node *object, tel__node *metadata);
/* What a manager must be allowed to do, and what it may grant; cluster: in all namespaces. */
void tel__put_manager_rules(tel__doc *d, tel__node *rules, tel_object_form form, bool cluster);

/* objects_net.c */
void tel__fill_metrics_service(tel__object_render *r, tel__node *object, tel__node *metadata);
void tel__fill_otlp_service(tel__object_render *r, tel__node *object, tel__node *metadata);
void tel__fill_policy(tel__object_render *r, tel__node *object, tel__node *metadata);
void tel__fill_metrics_policy(tel__object_render *r, tel__node *object, tel__node *metadata);
void tel__fill_peer_authentication(tel__object_render *r, tel__node *object, tel__node *metadata);
/* "4317,9090": sorted as texts, each once. */
tel_slice tel__backend_ports(tel__object_render *r);

/* objects_data.c */
void tel__fill_config_map(tel__object_render *r, tel__node *object, tel__node *metadata);
void tel__fill_secret(tel__object_render *r, tel__node *object, tel__node *metadata);
/* Digest of configuration and variables (5.8), or in our own form of image and arguments; a failure goes to r. */
tel_slice tel__object_checksum(tel__object_render *r, tel_slice image, const tel__node *args);

/* objects_pod.c */
void tel__fill_deployment(tel__object_render *r, tel__node *object, tel__node *metadata);
void tel__fill_daemon_set(tel__object_render *r, tel__node *object, tel__node *metadata);
void tel__fill_autoscaler(tel__object_render *r, tel__node *object, tel__node *metadata);
void tel__fill_disruption_budget(tel__object_render *r, tel__node *object, tel__node *metadata);

TEL_PRIVATE_END
#endif
