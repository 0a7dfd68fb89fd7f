/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SINK_OPTIONS_H
#define TEL_SINK_OPTIONS_H
/* Key tables that exporters share: retry_on_failure, sending_queue, compression (otel-processing.md 9.2 - 9.4). */
#include "base/keys.h"
#include "net/tls_options.h"
#include "sink/retry.h"
#include "store/queue.h"

typedef struct tel__queue_batch_options {
	int64_t flush_timeout, min_size, max_size;
	int32_t sizer;             /* tel__queue_sizer */
	bool sizer_seen;
	struct tel__partition_options {
		tel__key_strings metadata_keys;
	} partition;
} tel__queue_batch_options;

/* NULL pointer in an exporter's options = `enabled: false`. */
typedef struct tel__queue_options {
	bool enabled;
	int64_t num_consumers, queue_size;
	int32_t sizer;             /* tel__queue_sizer */
	bool sizer_seen;
	bool block_on_overflow, wait_for_result;
	tel_slice storage;
	tel__queue_batch_options *batch; /* NULL = off */
} tel__queue_options;

TEL_PRIVATE_BEGIN

extern const tel__key_table tel__retry_keys, tel__queue_keys;
extern const char *const tel__compression_words[];

/* The unit in which a batch of the sending queue counts. */
tel__queue_sizer tel__queue_batch_sizer(const tel__queue_options *queue);
const char *tel__queue_sizer_name(int32_t sizer); /* as the file writes it */

/* Content-Encoding or grpc-encoding of a word, by its index; NULL = none. The sender knows which of them it can write. */
const char *tel__compression_coding(int32_t word);

TEL_PRIVATE_END
#endif
