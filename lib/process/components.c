/* SPDX-License-Identifier: Apache-2.0 */
#include <telemetry/graph.h>

#include "process/batch.h"
#include "process/forward.h"
#include "process/memory_limiter.h"

static const tel__component *const core_rows[] = {
	&tel__batch,
	&tel__forward,
	&tel__memory_limiter,
};

static const tel_components core = { .rows = core_rows, .count = sizeof(core_rows) / sizeof(core_rows[0]) };

const tel_components *tel_components_core(void)
{
	return &core;
}
