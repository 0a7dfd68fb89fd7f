/* SPDX-License-Identifier: Apache-2.0 */
/* Every component: a new one adds its row here, and nothing else outside of its own files. */
#include <telemetry/flow.h>

#include "auth/auth.h"
#include "flow/health.h"
#include "flow/idle.h"
#include "flow/zpages.h"
#include "kube/leader_elector.h"
#include "process/components.h"
#include "sink/exporters.h"
#include "source/k8s_cluster.h"
#include "source/kubeletstats.h"
#include "source/kymastats.h"
#include "source/otlp.h"
#include "source/prometheus/options.h"

static const tel__component *const rows[] = {
	&tel__otlp_receiver_component,
	&tel__k8s_cluster,
	&tel__kubeletstats,
	&tel__kymastats,
	&tel__prometheus_receiver,
	&tel__otlp_http_exporter,
	&tel__otlp_grpc_exporter,
	&tel__debug_exporter,
	&tel__file_exporter,
	&tel__nop_exporter,
	&tel__health_component,
	&tel__basicauth,
	&tel__bearertokenauth,
	&tel__oauth2client,
	&tel__zpages_component,
	&tel__pprof_component,
	&tel__cgroup_runtime_component,
	&tel__leader_elector,
};

static const struct tel_components all = { rows, TEL__KEY_COUNT(rows), &tel__components_core };

const tel_components *tel_components_all(void)
{
	return &all;
}
