/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_LOG_SAMPLER_H
#define TEL_BASE_LOG_SAMPLER_H
/*
 * Thins repeated log lines: per tick the first ones of a message pass, then every n-th. A dead backend must not cost more in
 * lines than in requests (security.md S65; otel-processing.md 9.5, service.telemetry.logs.sampling). A message is its level, its
 * text and the component that says it. Messages that share a counter are thinned together.
 */
#include <telemetry/log.h>

#include "base/visibility.h"

enum { TEL__LOG_COUNTERS = 512 };

typedef struct tel__log_counter {
	uint64_t since_mono_ns, count;
} tel__log_counter;

/* Zero is a sampler that lets everything pass. */
typedef struct tel__log_sampler {
	uint64_t initial, thereafter, tick_ns; /* tick 0 = everything passes; thereafter 0 = nothing after the first ones */
	uint64_t suppressed;                   /* lines that did not pass, ever */
	tel__log_counter counters[TEL__LOG_COUNTERS];
} tel__log_sampler;

TEL_PRIVATE_BEGIN
/* Counts from the next line on by new rules; with the same rules nothing changes. suppressed stays. */
void tel__log_sampler_set(tel__log_sampler *s, uint64_t initial, uint64_t thereafter, uint64_t tick_ns);
bool tel__log_sampler_pass(tel__log_sampler *s, const tel_log_entry *entry, uint64_t mono_ns);
TEL_PRIVATE_END
#endif
