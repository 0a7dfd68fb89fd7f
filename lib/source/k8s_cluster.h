/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SOURCE_K8S_CLUSTER_H
#define TEL_SOURCE_K8S_CLUSTER_H
/* Receiver k8s_cluster: the state of the objects of a cluster. otel-scraping.md 8. */
#include "base/kube_keys.h"
#include "source/scraper_keys.h"

/* X(constant, name, on by default), in the order in which they are written. */
#define TEL__CLUSTER_METRICS(X) \
	X(K8S_CONTAINER_CPU_LIMIT, "k8s.container.cpu_limit", "true") \
	X(K8S_CONTAINER_CPU_REQUEST, "k8s.container.cpu_request", "true") \
	X(K8S_CONTAINER_EPHEMERALSTORAGE_LIMIT, "k8s.container.ephemeralstorage_limit", "true") \
	X(K8S_CONTAINER_EPHEMERALSTORAGE_REQUEST, "k8s.container.ephemeralstorage_request", "true") \
	X(K8S_CONTAINER_MEMORY_LIMIT, "k8s.container.memory_limit", "true") \
	X(K8S_CONTAINER_MEMORY_REQUEST, "k8s.container.memory_request", "true") \
	X(K8S_CONTAINER_READY, "k8s.container.ready", "true") \
	X(K8S_CONTAINER_RESTARTS, "k8s.container.restarts", "true") \
	X(K8S_CONTAINER_STATUS_REASON, "k8s.container.status.reason", "false") \
	X(K8S_CONTAINER_STATUS_STATE, "k8s.container.status.state", "false") \
	X(K8S_CONTAINER_STORAGE_LIMIT, "k8s.container.storage_limit", "true") \
	X(K8S_CONTAINER_STORAGE_REQUEST, "k8s.container.storage_request", "true") \
	X(K8S_CRONJOB_ACTIVE_JOBS, "k8s.cronjob.active_jobs", "true") \
	X(K8S_DAEMONSET_CURRENT_SCHEDULED_NODES, "k8s.daemonset.current_scheduled_nodes", "true") \
	X(K8S_DAEMONSET_DESIRED_SCHEDULED_NODES, "k8s.daemonset.desired_scheduled_nodes", "true") \
	X(K8S_DAEMONSET_MISSCHEDULED_NODES, "k8s.daemonset.misscheduled_nodes", "true") \
	X(K8S_DAEMONSET_READY_NODES, "k8s.daemonset.ready_nodes", "true") \
	X(K8S_DEPLOYMENT_AVAILABLE, "k8s.deployment.available", "true") \
	X(K8S_DEPLOYMENT_DESIRED, "k8s.deployment.desired", "true") \
	X(K8S_HPA_CURRENT_REPLICAS, "k8s.hpa.current_replicas", "true") \
	X(K8S_HPA_DESIRED_REPLICAS, "k8s.hpa.desired_replicas", "true") \
	X(K8S_HPA_MAX_REPLICAS, "k8s.hpa.max_replicas", "true") \
	X(K8S_HPA_MIN_REPLICAS, "k8s.hpa.min_replicas", "true") \
	X(K8S_JOB_ACTIVE_PODS, "k8s.job.active_pods", "true") \
	X(K8S_JOB_DESIRED_SUCCESSFUL_PODS, "k8s.job.desired_successful_pods", "true") \
	X(K8S_JOB_FAILED_PODS, "k8s.job.failed_pods", "true") \
	X(K8S_JOB_MAX_PARALLEL_PODS, "k8s.job.max_parallel_pods", "true") \
	X(K8S_JOB_SUCCESSFUL_PODS, "k8s.job.successful_pods", "true") \
	X(K8S_NAMESPACE_PHASE, "k8s.namespace.phase", "true") \
	X(K8S_NODE_CONDITION, "k8s.node.condition", "false") \
	X(K8S_POD_PHASE, "k8s.pod.phase", "true") \
	X(K8S_POD_STATUS_REASON, "k8s.pod.status_reason", "false") \
	X(K8S_REPLICASET_AVAILABLE, "k8s.replicaset.available", "true") \
	X(K8S_REPLICASET_DESIRED, "k8s.replicaset.desired", "true") \
	X(K8S_REPLICATION_CONTROLLER_AVAILABLE, "k8s.replication_controller.available", "true") \
	X(K8S_REPLICATION_CONTROLLER_DESIRED, "k8s.replication_controller.desired", "true") \
	X(K8S_RESOURCE_QUOTA_HARD_LIMIT, "k8s.resource_quota.hard_limit", "true") \
	X(K8S_RESOURCE_QUOTA_USED, "k8s.resource_quota.used", "true") \
	X(K8S_SERVICE_ENDPOINT_COUNT, "k8s.service.endpoint.count", "false") \
	X(K8S_SERVICE_LOAD_BALANCER_INGRESS_COUNT, "k8s.service.load_balancer.ingress.count", "false") \
	X(K8S_STATEFULSET_CURRENT_PODS, "k8s.statefulset.current_pods", "true") \
	X(K8S_STATEFULSET_DESIRED_PODS, "k8s.statefulset.desired_pods", "true") \
	X(K8S_STATEFULSET_READY_PODS, "k8s.statefulset.ready_pods", "true") \
	X(K8S_STATEFULSET_UPDATED_PODS, "k8s.statefulset.updated_pods", "true") \
	X(OPENSHIFT_APPLIEDCLUSTERQUOTA_LIMIT, "openshift.appliedclusterquota.limit", "true") \
	X(OPENSHIFT_APPLIEDCLUSTERQUOTA_USED, "openshift.appliedclusterquota.used", "true") \
	X(OPENSHIFT_CLUSTERQUOTA_LIMIT, "openshift.clusterquota.limit", "true") \
	X(OPENSHIFT_CLUSTERQUOTA_USED, "openshift.clusterquota.used", "true")

#define TEL__CLUSTER_ATTRIBUTES(X) \
	X(CONTAINER_ID, "container.id", "true") \
	X(CONTAINER_IMAGE_NAME, "container.image.name", "true") \
	X(CONTAINER_IMAGE_TAG, "container.image.tag", "true") \
	X(CONTAINER_RUNTIME, "container.runtime", "false") \
	X(CONTAINER_RUNTIME_VERSION, "container.runtime.version", "false") \
	X(K8S_CONTAINER_NAME, "k8s.container.name", "true") \
	X(K8S_CONTAINER_STATUS_LAST_TERMINATED_REASON, "k8s.container.status.last_terminated_reason", "false") \
	X(K8S_CRONJOB_NAME, "k8s.cronjob.name", "true") \
	X(K8S_CRONJOB_UID, "k8s.cronjob.uid", "true") \
	X(K8S_DAEMONSET_NAME, "k8s.daemonset.name", "true") \
	X(K8S_DAEMONSET_UID, "k8s.daemonset.uid", "true") \
	X(K8S_DEPLOYMENT_NAME, "k8s.deployment.name", "true") \
	X(K8S_DEPLOYMENT_UID, "k8s.deployment.uid", "true") \
	X(K8S_HPA_NAME, "k8s.hpa.name", "true") \
	X(K8S_HPA_SCALETARGETREF_APIVERSION, "k8s.hpa.scaletargetref.apiversion", "false") \
	X(K8S_HPA_SCALETARGETREF_KIND, "k8s.hpa.scaletargetref.kind", "false") \
	X(K8S_HPA_SCALETARGETREF_NAME, "k8s.hpa.scaletargetref.name", "false") \
	X(K8S_HPA_UID, "k8s.hpa.uid", "true") \
	X(K8S_JOB_NAME, "k8s.job.name", "true") \
	X(K8S_JOB_UID, "k8s.job.uid", "true") \
	X(K8S_KUBELET_VERSION, "k8s.kubelet.version", "false") \
	X(K8S_NAMESPACE_NAME, "k8s.namespace.name", "true") \
	X(K8S_NAMESPACE_UID, "k8s.namespace.uid", "true") \
	X(K8S_NODE_NAME, "k8s.node.name", "true") \
	X(K8S_NODE_UID, "k8s.node.uid", "true") \
	X(K8S_POD_NAME, "k8s.pod.name", "true") \
	X(K8S_POD_QOS_CLASS, "k8s.pod.qos_class", "false") \
	X(K8S_POD_UID, "k8s.pod.uid", "true") \
	X(K8S_REPLICASET_NAME, "k8s.replicaset.name", "true") \
	X(K8S_REPLICASET_UID, "k8s.replicaset.uid", "true") \
	X(K8S_REPLICATIONCONTROLLER_NAME, "k8s.replicationcontroller.name", "true") \
	X(K8S_REPLICATIONCONTROLLER_UID, "k8s.replicationcontroller.uid", "true") \
	X(K8S_RESOURCEQUOTA_NAME, "k8s.resourcequota.name", "true") \
	X(K8S_RESOURCEQUOTA_UID, "k8s.resourcequota.uid", "true") \
	X(K8S_SERVICE_NAME, "k8s.service.name", "true") \
	X(K8S_SERVICE_PUBLISH_NOT_READY_ADDRESSES, "k8s.service.publish_not_ready_addresses", "false") \
	X(K8S_SERVICE_TRAFFIC_DISTRIBUTION, "k8s.service.traffic_distribution", "false") \
	X(K8S_SERVICE_TYPE, "k8s.service.type", "true") \
	X(K8S_SERVICE_UID, "k8s.service.uid", "true") \
	X(K8S_STATEFULSET_NAME, "k8s.statefulset.name", "true") \
	X(K8S_STATEFULSET_UID, "k8s.statefulset.uid", "true") \
	X(OPENSHIFT_CLUSTERQUOTA_NAME, "openshift.clusterquota.name", "true") \
	X(OPENSHIFT_CLUSTERQUOTA_UID, "openshift.clusterquota.uid", "true") \
	X(OS_DESCRIPTION, "os.description", "false") \
	X(OS_TYPE, "os.type", "false")

#define METRIC(constant, name, on) TEL__CLUSTER_##constant,
typedef enum tel__cluster_metric { TEL__CLUSTER_METRICS(METRIC) TEL__CLUSTER_METRIC_COUNT } tel__cluster_metric;
#undef METRIC
#define ATTRIBUTE(constant, name, on) TEL__CLUSTER_AT_##constant,
typedef enum tel__cluster_attribute { TEL__CLUSTER_ATTRIBUTES(ATTRIBUTE) TEL__CLUSTER_ATTRIBUTE_COUNT } tel__cluster_attribute;
#undef ATTRIBUTE

typedef struct tel__cluster_options {
	tel__kube_api_options api;
	int64_t collection_interval_ns, metadata_collection_interval_ns;
	tel__key_strings node_conditions_to_report, allocatable_types_to_report, metadata_exporters, namespaces;
	tel_slice distribution, namespace_, leader; /* leader: id of an extension; empty = always active */
	tel__metric_switch metrics[TEL__CLUSTER_METRIC_COUNT];
	tel__attribute_switch resource_attributes[TEL__CLUSTER_ATTRIBUTE_COUNT];
} tel__cluster_options;

TEL_PRIVATE_BEGIN

extern const tel__component tel__k8s_cluster;

TEL_PRIVATE_END

#endif
