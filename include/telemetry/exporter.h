/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_EXPORTER_H
#define TELEMETRY_EXPORTER_H
/**
 * @defgroup tel_exporter Exporter
 * Sends batches to one OTLP backend: queue, batching, compression, retry.
 * @{
 */
#include <telemetry/ctx.h>
#include <telemetry/metrics.h>

TEL_BEGIN_DECLS

typedef struct tel_exporter tel_exporter;

TEL_END_DECLS
/** @} */
#endif
