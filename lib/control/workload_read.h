/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONTROL_WORKLOAD_READ_H
#define TEL_CONTROL_WORKLOAD_READ_H
/* Facts about a workload out of objects as the API server gives them, parsed (JSON is YAML); kyma-metrics.md 7.5. */
#include <telemetry/status.h>

#include "base/arena.h"
#include "wire/yaml.h"

typedef struct tel__workload_objects {
	const tel__node *workload;     /* Deployment or DaemonSet; NULL: there is none */
	const tel__node *replica_sets; /* List of those of the namespace; of a Deployment only */
	const tel__node *pods;         /* List of those of the namespace, or more */
} tel__workload_objects;

TEL_PRIVATE_BEGIN

/* Fills facts, whose texts point into the objects. false: memory is short. */
bool tel__workload_read(tel__arena *arena, const tel__workload_objects *objects, bool daemon_set,
                        tel_workload_facts *ret_facts);

TEL_PRIVATE_END
#endif
