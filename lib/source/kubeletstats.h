/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SOURCE_KUBELETSTATS_H
#define TEL_SOURCE_KUBELETSTATS_H
/* Receiver kubeletstats: what the kubelet of a node says of it, its pods, containers and volumes. otel-scraping.md 7. */
#include "base/kube_keys.h"
#include "net/tls_options.h"
#include "source/scraper_keys.h"

/* X(constant, name, on by default), in the order in which they are written. */
#define TEL__KUBELET_METRICS(X) \
	X(CONTAINER_CPU_TIME, "container.cpu.time", "true") \
	X(CONTAINER_CPU_USAGE, "container.cpu.usage", "true") \
	X(CONTAINER_FILESYSTEM_AVAILABLE, "container.filesystem.available", "true") \
	X(CONTAINER_FILESYSTEM_CAPACITY, "container.filesystem.capacity", "true") \
	X(CONTAINER_FILESYSTEM_USAGE, "container.filesystem.usage", "true") \
	X(CONTAINER_MEMORY_AVAILABLE, "container.memory.available", "true") \
	X(CONTAINER_MEMORY_MAJOR_PAGE_FAULTS, "container.memory.major_page_faults", "true") \
	X(CONTAINER_MEMORY_PAGE_FAULTS, "container.memory.page_faults", "true") \
	X(CONTAINER_MEMORY_RSS, "container.memory.rss", "true") \
	X(CONTAINER_MEMORY_USAGE, "container.memory.usage", "true") \
	X(CONTAINER_MEMORY_WORKING_SET, "container.memory.working_set", "true") \
	X(CONTAINER_UPTIME, "container.uptime", "false") \
	X(K8S_CONTAINER_CPU_NODE_UTILIZATION, "k8s.container.cpu.node.utilization", "false") \
	X(K8S_CONTAINER_CPU_LIMIT_UTILIZATION, "k8s.container.cpu_limit_utilization", "false") \
	X(K8S_CONTAINER_CPU_REQUEST_UTILIZATION, "k8s.container.cpu_request_utilization", "false") \
	X(K8S_CONTAINER_MEMORY_NODE_UTILIZATION, "k8s.container.memory.node.utilization", "false") \
	X(K8S_CONTAINER_MEMORY_LIMIT_UTILIZATION, "k8s.container.memory_limit_utilization", "false") \
	X(K8S_CONTAINER_MEMORY_REQUEST_UTILIZATION, "k8s.container.memory_request_utilization", "false") \
	X(K8S_NODE_CPU_TIME, "k8s.node.cpu.time", "true") \
	X(K8S_NODE_CPU_USAGE, "k8s.node.cpu.usage", "true") \
	X(K8S_NODE_FILESYSTEM_AVAILABLE, "k8s.node.filesystem.available", "true") \
	X(K8S_NODE_FILESYSTEM_CAPACITY, "k8s.node.filesystem.capacity", "true") \
	X(K8S_NODE_FILESYSTEM_USAGE, "k8s.node.filesystem.usage", "true") \
	X(K8S_NODE_MEMORY_AVAILABLE, "k8s.node.memory.available", "true") \
	X(K8S_NODE_MEMORY_MAJOR_PAGE_FAULTS, "k8s.node.memory.major_page_faults", "true") \
	X(K8S_NODE_MEMORY_PAGE_FAULTS, "k8s.node.memory.page_faults", "true") \
	X(K8S_NODE_MEMORY_RSS, "k8s.node.memory.rss", "true") \
	X(K8S_NODE_MEMORY_USAGE, "k8s.node.memory.usage", "true") \
	X(K8S_NODE_MEMORY_WORKING_SET, "k8s.node.memory.working_set", "true") \
	X(K8S_NODE_NETWORK_ERRORS, "k8s.node.network.errors", "true") \
	X(K8S_NODE_NETWORK_IO, "k8s.node.network.io", "true") \
	X(K8S_NODE_UPTIME, "k8s.node.uptime", "false") \
	X(K8S_POD_CPU_NODE_UTILIZATION, "k8s.pod.cpu.node.utilization", "false") \
	X(K8S_POD_CPU_TIME, "k8s.pod.cpu.time", "true") \
	X(K8S_POD_CPU_USAGE, "k8s.pod.cpu.usage", "true") \
	X(K8S_POD_CPU_LIMIT_UTILIZATION, "k8s.pod.cpu_limit_utilization", "false") \
	X(K8S_POD_CPU_REQUEST_UTILIZATION, "k8s.pod.cpu_request_utilization", "false") \
	X(K8S_POD_FILESYSTEM_AVAILABLE, "k8s.pod.filesystem.available", "true") \
	X(K8S_POD_FILESYSTEM_CAPACITY, "k8s.pod.filesystem.capacity", "true") \
	X(K8S_POD_FILESYSTEM_USAGE, "k8s.pod.filesystem.usage", "true") \
	X(K8S_POD_MEMORY_AVAILABLE, "k8s.pod.memory.available", "true") \
	X(K8S_POD_MEMORY_MAJOR_PAGE_FAULTS, "k8s.pod.memory.major_page_faults", "true") \
	X(K8S_POD_MEMORY_NODE_UTILIZATION, "k8s.pod.memory.node.utilization", "false") \
	X(K8S_POD_MEMORY_PAGE_FAULTS, "k8s.pod.memory.page_faults", "true") \
	X(K8S_POD_MEMORY_RSS, "k8s.pod.memory.rss", "true") \
	X(K8S_POD_MEMORY_USAGE, "k8s.pod.memory.usage", "true") \
	X(K8S_POD_MEMORY_WORKING_SET, "k8s.pod.memory.working_set", "true") \
	X(K8S_POD_MEMORY_LIMIT_UTILIZATION, "k8s.pod.memory_limit_utilization", "false") \
	X(K8S_POD_MEMORY_REQUEST_UTILIZATION, "k8s.pod.memory_request_utilization", "false") \
	X(K8S_POD_NETWORK_ERRORS, "k8s.pod.network.errors", "true") \
	X(K8S_POD_NETWORK_IO, "k8s.pod.network.io", "true") \
	X(K8S_POD_UPTIME, "k8s.pod.uptime", "false") \
	X(K8S_POD_VOLUME_USAGE, "k8s.pod.volume.usage", "false") \
	X(K8S_VOLUME_AVAILABLE, "k8s.volume.available", "true") \
	X(K8S_VOLUME_CAPACITY, "k8s.volume.capacity", "true") \
	X(K8S_VOLUME_INODES, "k8s.volume.inodes", "true") \
	X(K8S_VOLUME_INODES_FREE, "k8s.volume.inodes.free", "true") \
	X(K8S_VOLUME_INODES_USED, "k8s.volume.inodes.used", "true")

#define TEL__KUBELET_ATTRIBUTES(X) \
	X(AWS_VOLUME_ID, "aws.volume.id", "true") \
	X(CONTAINER_ID, "container.id", "true") \
	X(FS_TYPE, "fs.type", "true") \
	X(GCE_PD_NAME, "gce.pd.name", "true") \
	X(GLUSTERFS_ENDPOINTS_NAME, "glusterfs.endpoints.name", "true") \
	X(GLUSTERFS_PATH, "glusterfs.path", "true") \
	X(K8S_CONTAINER_NAME, "k8s.container.name", "true") \
	X(K8S_NAMESPACE_NAME, "k8s.namespace.name", "true") \
	X(K8S_NODE_NAME, "k8s.node.name", "true") \
	X(K8S_PERSISTENTVOLUMECLAIM_NAME, "k8s.persistentvolumeclaim.name", "true") \
	X(K8S_POD_NAME, "k8s.pod.name", "true") \
	X(K8S_POD_UID, "k8s.pod.uid", "true") \
	X(K8S_VOLUME_NAME, "k8s.volume.name", "true") \
	X(K8S_VOLUME_TYPE, "k8s.volume.type", "true") \
	X(PARTITION, "partition", "true")

#define METRIC(constant, name, on) TEL__KUBELET_##constant,
typedef enum tel__kubelet_metric { TEL__KUBELET_METRICS(METRIC) TEL__KUBELET_METRIC_COUNT } tel__kubelet_metric;
#undef METRIC
#define ATTRIBUTE(constant, name, on) TEL__KUBELET_AT_##constant,
typedef enum tel__kubelet_attribute { TEL__KUBELET_ATTRIBUTES(ATTRIBUTE) TEL__KUBELET_ATTRIBUTE_COUNT } tel__kubelet_attribute;
#undef ATTRIBUTE

enum { /* metric_groups; bits of tel__kubelet_groups() */
	TEL__KUBELET_CONTAINER = 1,
	TEL__KUBELET_POD = 2,
	TEL__KUBELET_NODE = 4,
	TEL__KUBELET_VOLUME = 8
};

typedef struct tel__kubelet_interfaces {
	bool pod, node;
} tel__kubelet_interfaces;

typedef struct tel__kubelet_options {
	tel__scraper_options scraper;
	tel__kube_api_options api;       /* auth_type tls by default */
	tel__tls_options tls;
	tel_slice endpoint;              /* empty: this host */
	int64_t dial_timeout_ns;
	tel__key_strings extra_metadata_labels, metric_groups;
	tel__kube_api_options *k8s_api_config; /* NULL: the API server is not asked */
	tel_slice node;
	tel__kubelet_interfaces collect_all_network_interfaces;
	tel__metric_switch metrics[TEL__KUBELET_METRIC_COUNT];
	tel__attribute_switch resource_attributes[TEL__KUBELET_ATTRIBUTE_COUNT];
} tel__kubelet_options;

TEL_PRIVATE_BEGIN

extern const tel__component tel__kubeletstats;

/* metric_groups as bits. */
unsigned tel__kubelet_groups(const tel__kubelet_options *o);

TEL_PRIVATE_END

#endif
