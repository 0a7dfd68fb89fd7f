/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_BATCH_H
#define TEL_PROCESS_BATCH_H
/*
 * Processor batch. It never runs: the last one before exporters becomes a send group behind the exporter's queue, where
 * the sender merges and splits by these options; elsewhere it passes through (design.md 5, "batch is folded").
 */
#include "process/processor.h"

typedef struct tel__batch_options {
	int64_t timeout_ns;            /* 0 = no timer: every arrival is sent at once, split by the maximum */
	uint32_t send_batch_size;      /* points; 0 = no timer */
	uint32_t send_batch_max_size;  /* points; 0 = no limit */
	tel__key_strings metadata_keys;
	uint32_t metadata_cardinality_limit;
} tel__batch_options;

TEL_PRIVATE_BEGIN

extern const tel__key_table tel__batch_keys;
extern const tel__component tel__batch;

/* Points of one request on the wire: what queue_size counts in. */
uint64_t tel__batch_points(const tel__batch_options *options);

TEL_PRIVATE_END
#endif
