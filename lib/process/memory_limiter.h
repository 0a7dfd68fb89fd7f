/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_MEMORY_LIMITER_H
#define TEL_PROCESS_MEMORY_LIMITER_H
/*
 * Processor memory_limiter, on the budget of the process: it compares the reserved bytes at each request instead of the
 * heap at an interval (otel-processing.md 7.2; doc/differences.md). The hard limit is the budget's: flow sets it from
 * tel__memory_limiter_limits(), the smallest limiter governs.
 */
#include "process/processor.h"

typedef struct tel__memory_limiter_options {
	int64_t check_interval_ns;
	uint32_t limit_mib, spike_limit_mib;
	uint32_t limit_percentage, spike_limit_percentage;
	int64_t min_gc_interval_soft_ns, min_gc_interval_hard_ns; /* there is no collector of garbage: checked, not used */
} tel__memory_limiter_options;

TEL_PRIVATE_BEGIN

extern const tel__key_table tel__memory_limiter_keys;
extern const tel__component tel__memory_limiter;

/* Limits in bytes. TEL_ERR_CONFIG: a percentage, and total_bytes is 0. */
tel_err tel__memory_limiter_limits(const tel__memory_limiter_options *options, size_t total_bytes, size_t *ret_hard,
                                   size_t *ret_soft, tel_error *err);

TEL_PRIVATE_END
#endif
