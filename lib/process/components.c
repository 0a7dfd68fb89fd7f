/* SPDX-License-Identifier: Apache-2.0 */
#include <telemetry/graph.h>

#include "process/batch.h"
#include "process/components.h"
#include "process/cumulativetodelta.h"
#include "process/filter.h"
#include "process/forward.h"
#include "process/istio_noise_filter.h"
#include "process/k8s_attributes.h"
#include "process/memory_limiter.h"
#include "process/resource.h"
#include "process/routing.h"
#include "process/service_enrichment.h"
#include "process/transform.h"

static const tel__component *const core_rows[] = {
	&tel__attributes_processor,
	&tel__batch,
	&tel__cumulativetodelta,
	&tel__filter,
	&tel__forward,
	&tel__istio_noise_filter,
	&tel__k8s_attributes,
	&tel__memory_limiter,
	&tel__resource_processor,
	&tel__routing,
	&tel__service_enrichment,
	&tel__transform,
};

const struct tel_components tel__components_core = { .rows = core_rows, .count = TEL__KEY_COUNT(core_rows) };

const tel_components *tel_components_core(void)
{
	return &tel__components_core;
}
