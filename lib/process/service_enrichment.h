/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_SERVICE_ENRICHMENT_H
#define TEL_PROCESS_SERVICE_ENRICHMENT_H
/* Processor service_enrichment (Kyma's): gives a resource without a real service.name the name of what it runs in.
 * otel-scraping.md 9.2, kyma-metrics.md 14.3. */
#include "process/processor.h"

typedef struct tel__service_enrichment_options {
	tel__key_strings resource_attributes; /* candidates before the workload's names */
} tel__service_enrichment_options;

TEL_PRIVATE_BEGIN
extern const tel__component tel__service_enrichment;
TEL_PRIVATE_END
#endif
