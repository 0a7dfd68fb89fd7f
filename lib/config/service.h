/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONFIG_SERVICE_H
#define TEL_CONFIG_SERVICE_H
/* Options of the service section as decoded; config_i.h holds what upper floors use of them. */
#include "config/loader.h"

typedef struct tel__service_metrics {
	int32_t level;
	tel__key_list readers;
	const tel__node *views;
} tel__service_metrics;

typedef struct tel__service_logs {
	int32_t level, encoding;
	bool sampling;
	int64_t sampling_initial, sampling_thereafter, sampling_tick_ns;
	const tel__node *initial_fields;
} tel__service_logs;

typedef struct tel__service_telemetry {
	tel__service_metrics metrics;
	tel__service_logs logs;
	const tel__node *resource;
} tel__service_telemetry;

typedef struct tel__service_options {
	tel__key_strings extensions;
	const tel__node *pipelines;
	tel__service_telemetry telemetry;
} tel__service_options;

TEL_PRIVATE_BEGIN
extern const tel__key_table tel__service_keys;
TEL_PRIVATE_END
#endif
