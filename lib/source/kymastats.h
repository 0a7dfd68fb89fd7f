/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SOURCE_KYMASTATS_H
#define TEL_SOURCE_KYMASTATS_H
/* Receiver kymastats: the status of Kyma's resources as metrics. otel-scraping.md 9.1. */
#include "base/kube_keys.h"
#include "source/scraper_keys.h"

typedef struct tel__kymastats_resource {
	tel_slice group, version, resource; /* group empty: the core one */
} tel__kymastats_resource;

typedef struct tel__kymastats_metrics {
	tel__metric_switch conditions, state;
} tel__kymastats_metrics;

typedef struct tel__kymastats_attributes {
	tel__attribute_switch namespace_name, group, kind, name, version;
} tel__kymastats_attributes;

typedef struct tel__kymastats_options {
	tel__scraper_options scraper;
	tel__kube_api_options api;
	tel__kymastats_metrics metrics;
	tel__kymastats_attributes resource_attributes;
	tel__key_list resources; /* of tel__kymastats_resource */
	tel_slice leader;        /* id of an extension; empty = always active */
} tel__kymastats_options;

TEL_PRIVATE_BEGIN

extern const tel__component tel__kymastats; /* type "kymastats" */

TEL_PRIVATE_END
#endif
