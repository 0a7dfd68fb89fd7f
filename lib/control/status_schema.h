/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONTROL_STATUS_SCHEMA_H
#define TEL_CONTROL_STATUS_SCHEMA_H
/* What the status of our resources looks like (kyma-metrics.md 1.3, 2.4). For the schema alone: statuses are kept as they
 * stand, and the manager writes its own. */
#include "control/schema.h"

TEL_PRIVATE_BEGIN

extern const tel__object tel__pipeline_status_object, tel__telemetry_status_object;

TEL_PRIVATE_END
#endif
