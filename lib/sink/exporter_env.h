/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SINK_EXPORTER_ENV_H
#define TEL_SINK_EXPORTER_ENV_H
/* OTEL_EXPORTER_OTLP_* as options: conventions.md 4.3. */
#include <telemetry/exporter.h>

#include "base/arena.h"

TEL_PRIVATE_BEGIN

/* The environment of the process. */
extern const tel_exporter_env tel__exporter_env_process;

/* Values are copied into the arena; what is ignored is logged. TEL_ERR_ARG, TEL_ERR_UNSUPPORTED, TEL_ERR_NOMEM; err names
 * the variable. When the options say disabled, nothing else was read. */
tel_err tel__exporter_env_read(const tel_exporter_env *env, tel__arena *arena, const tel_log_sink *log,
                               tel_exporter_opts *ret_opts, tel_error *err);

TEL_PRIVATE_END
#endif
