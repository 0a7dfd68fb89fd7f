/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SINK_OPTIONS_H
#define TEL_SINK_OPTIONS_H
/* Key tables that exporters share: retry_on_failure, sending_queue, tls, compression (otel-processing.md 9.2 - 9.4). */
#include "base/keys.h"
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

typedef struct tel__tls_options {
	tel_slice ca_file, ca_pem, cert_file, cert_pem, key_file, key_pem;
	bool include_system_ca_certs_pool, insecure, insecure_skip_verify;
	tel_slice min_version, max_version, server_name_override;
	tel__key_strings cipher_suites, curve_preferences;
	int64_t reload_interval;
} tel__tls_options;

TEL_PRIVATE_BEGIN

extern const tel__key_table tel__retry_keys, tel__queue_keys, tel__tls_keys;
extern const char *const tel__compression_words[];

/* The unit in which a batch of the sending queue counts. */
tel__queue_sizer tel__queue_batch_sizer(const tel__queue_options *queue);

/* Content-Encoding or grpc-encoding of a word, by its index; NULL = none. The sender knows which of them it can write. */
const char *tel__compression_coding(int32_t word);

/* Names the first TLS key that asks for what comes with TLS files; NULL = none is set. */
const char *tel__tls_needs(const tel__tls_options *tls);

TEL_PRIVATE_END
#endif
