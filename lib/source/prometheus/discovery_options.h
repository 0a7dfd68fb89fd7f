/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SOURCE_PROMETHEUS_DISCOVERY_OPTIONS_H
#define TEL_SOURCE_PROMETHEUS_DISCOVERY_OPTIONS_H
/* Where a scrape job finds its targets: static_configs and the *_sd_configs. otel-scraping.md 2.3, 2.10. */
#include "base/keys.h"
#include "source/prometheus/http_options.h"

typedef enum tel__sd_role {
	TEL__SD_POD,
	TEL__SD_SERVICE,
	TEL__SD_ENDPOINTS,
	TEL__SD_ENDPOINT_SLICE,
	TEL__SD_NODE,
	TEL__SD_INGRESS,
	TEL__SD_NO_ROLE
} tel__sd_role;

typedef struct tel__static_targets {
	tel__key_strings targets;
	tel__key_pairs labels;
} tel__static_targets;

typedef struct tel__file_sd {
	tel__key_strings files;
	tel_slice refresh_interval; /* as Prometheus writes durations */
} tel__file_sd;

typedef struct tel__http_sd {
	tel_slice url, refresh_interval;
	tel__prom_http_options http;
} tel__http_sd;

typedef struct tel__dns_sd {
	tel__key_strings names;
	tel_slice type, refresh_interval;
	int64_t port;
} tel__dns_sd;

typedef struct tel__kubernetes_selector {
	tel_slice role, label, field;
} tel__kubernetes_selector;

typedef struct tel__kubernetes_namespaces {
	tel__key_strings names;
	bool own_namespace;
} tel__kubernetes_namespaces;

typedef struct tel__kubernetes_metadata {
	bool node, namespace_;
} tel__kubernetes_metadata;

typedef struct tel__kubernetes_sd {
	tel_slice role, api_server, kubeconfig_file;
	tel__kubernetes_namespaces namespaces;
	tel__key_list selectors; /* tel__kubernetes_selector */
	tel__kubernetes_metadata attach_metadata;
	tel__prom_http_options http;
} tel__kubernetes_sd;

/* Of one job. */
typedef struct tel__discovery_options {
	tel__key_list static_configs;        /* tel__static_targets */
	tel__key_list file_sd_configs;       /* tel__file_sd */
	tel__key_list http_sd_configs;       /* tel__http_sd */
	tel__key_list dns_sd_configs;        /* tel__dns_sd */
	tel__key_list kubernetes_sd_configs; /* tel__kubernetes_sd */
	const struct tel__node *others[32];  /* kinds that are not supported */
} tel__discovery_options;

TEL_PRIVATE_BEGIN

extern const tel__key_table tel__discovery_keys; /* to be squashed */

/* TEL__SD_NO_ROLE: unknown. */
tel__sd_role tel__sd_role_of(tel_slice text);
/* The check hook of a key that holds a duration of Prometheus: a tel_slice. */
tel_err tel__prom_duration_check(const void *field, tel_error *err);

TEL_PRIVATE_END
#endif
