/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DAEMONS_TELEMETRYCTL_GENERATE_H
#define DAEMONS_TELEMETRYCTL_GENERATE_H
/* Metrics to send: a gauge with ten attributes per point, about 380 bytes each, as applications send them. */
#include <stdint.h>

#include <telemetry/metrics.h>

/* points numbered from first; source NULL = no ledger attributes. NULL = out of memory. */
tel_metrics *generate_points(const char *source, uint64_t first, unsigned long points, uint64_t unix_ns);

#endif
