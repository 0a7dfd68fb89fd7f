/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_CONTROL_SAME_H
#define TESTS_CONTROL_SAME_H
/* Whether resources that were read say the same, field by field: positions and spellings do not count, absent is not empty. */
#include "control/pipeline_set.h"

/* false: *where names the field that differs. */
bool same_struct(const tel__object *object, const void *a, const void *b, const char **where);
bool same_pipeline(const tel__metric_pipeline *a, const tel__metric_pipeline *b, const char **where);
bool same_telemetry(const tel__telemetry *a, const tel__telemetry *b, const char **where);

#endif
