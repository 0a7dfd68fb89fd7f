/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONTROL_STATUS_H
#define TEL_CONTROL_STATUS_H
/* A status as tel_status_judge() leaves it. */
#include <telemetry/status.h>

#include "control/conditions.h"
#include "control/judge.h"

typedef struct tel__judged_pipeline {
	const tel__metric_pipeline *pipeline;
	tel__judgement judgement;
	tel__conditions conditions;
	bool needs_agent, untouched;
} tel__judged_pipeline;

typedef struct tel__judged_telemetry {
	const tel__telemetry *telemetry;
	tel__conditions conditions;
	tel_slice state, grpc_endpoint, http_endpoint;
	bool changed;
} tel__judged_telemetry;

struct tel_status {
	tel_alloc alloc;
	tel__arena *arena;
	tel__judged_pipeline *pipelines; /* as in the set */
	size_t pipeline_count;
	tel__judged_telemetry *telemetries;
	size_t telemetry_count;
	bool paused, cluster_unreadable;
};

TEL_PRIVATE_BEGIN

/* Is pipeline index of the set part of the configuration? NULL: all are. */
bool tel__status_is_active(const tel_status *status, const tel_pipeline_set *set, size_t index);
/* status_telemetry.c: after the pipelines were judged. */
void tel__telemetry_judge(tel__doc *d, const tel_status *status, const tel_pipeline_set *set, const tel_status_facts *facts,
                          tel__judged_telemetry *t);
/* status_pipeline.c: the four conditions of one pipeline whose judgement is known. */
void tel__pipeline_conditions(tel__doc *d, const tel_status_facts *facts, tel__judged_pipeline *p);
extern const char *const tel__pipeline_condition_types[]; /* in the order in which they are looked at; ends with NULL */

TEL_PRIVATE_END
#endif
