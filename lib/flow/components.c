/* SPDX-License-Identifier: Apache-2.0 */
/* Every component: a new one adds its row here, and nothing else outside of its own files. */
#include <telemetry/flow.h>
#include <telemetry/graph.h>

#include "flow/health.h"
#include "sink/exporters.h"
#include "source/otlp.h"

static const tel__component *const rows[] = {
	&tel__otlp_receiver_component,
	&tel__otlp_http_exporter,
	&tel__otlp_grpc_exporter,
	&tel__debug_exporter,
	&tel__file_exporter,
	&tel__nop_exporter,
	&tel__health_component,
};

static struct tel_components all = { rows, sizeof(rows) / sizeof(rows[0]), NULL };

const tel_components *tel_components_all(void)
{
	return &all;
}
