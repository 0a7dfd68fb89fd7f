/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_K8S_ATTRIBUTES_H
#define TEL_PROCESS_K8S_ATTRIBUTES_H
/* Processor k8s_attributes: what Kubernetes knows of the pod that a resource is. otel-processing.md 8. */
#include "base/kube_keys.h"
#include "process/processor.h"

/* Names of extract::metadata, in one order everywhere. */
typedef enum tel__k8s_field {
	TEL__K8S_POD_NAME, TEL__K8S_POD_UID, TEL__K8S_POD_START_TIME, TEL__K8S_POD_HOSTNAME, TEL__K8S_POD_IP,
	TEL__K8S_NAMESPACE_NAME, TEL__K8S_NODE_NAME, TEL__K8S_NODE_UID, TEL__K8S_CLUSTER_UID,
	TEL__K8S_DEPLOYMENT_NAME, TEL__K8S_DEPLOYMENT_UID, TEL__K8S_REPLICASET_NAME, TEL__K8S_REPLICASET_UID,
	TEL__K8S_DAEMONSET_NAME, TEL__K8S_DAEMONSET_UID, TEL__K8S_STATEFULSET_NAME, TEL__K8S_STATEFULSET_UID,
	TEL__K8S_JOB_NAME, TEL__K8S_JOB_UID, TEL__K8S_CRONJOB_NAME, TEL__K8S_CRONJOB_UID,
	TEL__K8S_CONTAINER_NAME, TEL__K8S_CONTAINER_ID, TEL__K8S_IMAGE_NAME, TEL__K8S_IMAGE_TAG, TEL__K8S_IMAGE_DIGESTS,
	TEL__K8S_SERVICE_NAMESPACE, TEL__K8S_SERVICE_NAME, TEL__K8S_SERVICE_VERSION, TEL__K8S_SERVICE_INSTANCE_ID,
	TEL__K8S_FIELD_COUNT
} tel__k8s_field;

/* Whose labels and annotations a rule reads. */
typedef enum tel__k8s_from {
	TEL__K8S_FROM_POD, TEL__K8S_FROM_NAMESPACE, TEL__K8S_FROM_NODE, TEL__K8S_FROM_DEPLOYMENT, TEL__K8S_FROM_STATEFULSET,
	TEL__K8S_FROM_DAEMONSET, TEL__K8S_FROM_JOB, TEL__K8S_FROM_COUNT
} tel__k8s_from;

typedef struct tel__k8s_rule {
	tel_slice tag_name, key, key_regex;
	int32_t from; /* tel__k8s_from */
} tel__k8s_rule;

typedef struct tel__k8s_field_filter {
	tel_slice key, value, op;
} tel__k8s_field_filter;

typedef struct tel__k8s_source {
	tel_slice from, name;
} tel__k8s_source;

typedef struct tel__k8s_association {
	tel__key_list sources; /* tel__k8s_source */
} tel__k8s_association;

typedef struct tel__k8s_exclude {
	tel_slice name;
} tel__k8s_exclude;

typedef struct tel__k8s_extract {
	tel__key_strings metadata;
	tel__key_list labels, annotations; /* tel__k8s_rule */
	bool otel_annotations, deployment_name_from_replicaset;
} tel__k8s_extract;

typedef struct tel__k8s_filter {
	tel_slice node, node_from_env_var, namespace;
	tel__key_list fields, labels; /* tel__k8s_field_filter */
} tel__k8s_filter;

typedef struct tel__k8s_excludes {
	tel__key_list pods; /* tel__k8s_exclude */
} tel__k8s_excludes;

typedef struct tel__k8s_options {
	tel__kube_api_options api;
	bool passthrough, wait_for_metadata;
	int64_t wait_for_metadata_timeout_ns;
	tel__k8s_extract extract;
	tel__k8s_filter filter;
	tel__key_list pod_association; /* tel__k8s_association */
	tel__k8s_excludes exclude;
} tel__k8s_options;

enum { TEL__K8S_SOURCES_MAX = 4 };

TEL_PRIVATE_BEGIN

extern const tel__key_table tel__k8s_table;
extern const tel__component tel__k8s_attributes;
extern const char *const tel__k8s_field_names[TEL__K8S_FIELD_COUNT];

/* Bits by tel__k8s_field. */
uint64_t tel__k8s_fields(const tel__k8s_extract *extract);

TEL_PRIVATE_END
#endif
