/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SINK_RETRY_H
#define TEL_SINK_RETRY_H
/*
 * What an answer means and when to try again: pure, everything deterministic for given time and random bits. The one
 * place for all exporters (delivery.md, issues 28 and 29). Backoff is the Collector's: otel-processing.md 9.3.
 */
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "sink/exporter.h"

TEL_PRIVATE_BEGIN

/* A hint of a server is believed up to here: above it is taken for a mistake. */
#define TEL__RETRY_HINT_MAX_NS (UINT64_C(3600) * 1000000000)

/* `retry_on_failure` of the configuration file; durations in nanoseconds. */
typedef struct tel__retry_options {
	bool enabled;
	int64_t initial_interval, max_interval;
	int64_t max_elapsed_time; /* 0 = for ever */
	double randomization_factor, multiplier;
} tel__retry_options;

/* Delays of one request. Zero-initialised = before the first failure. */
typedef struct tel__backoff {
	uint64_t interval_ns;
	bool started;
} tel__backoff;

/* Next delay: interval +- randomization_factor, then the interval grows. random: 64 uniform bits. */
uint64_t tel__backoff_next(tel__backoff *b, const tel__retry_options *opts, uint64_t random);

/* When to try again after a failure now. false = give up: the next attempt would start after max_elapsed_time counted
 * from first_mono_ns, or after deadline_mono_ns. hint_ns: the server's, 0 = none. */
bool tel__retry_when(tel__backoff *b, const tel__retry_options *opts, uint64_t hint_ns, uint64_t first_mono_ns,
                     uint64_t now_mono_ns, uint64_t deadline_mono_ns, uint64_t random, uint64_t *ret_mono_ns);

/* The two status tables of protocols.md 2.2 and 2.3. */
tel__export_verdict tel__retry_grpc(int32_t status, bool has_retry_info);
tel__export_verdict tel__retry_http(unsigned status);
bool tel__retry_http_honours_hint(unsigned status); /* Retry-After counts with 429 and 503 only */

/* gRPC status that stands for an HTTP status in error texts and for callers without a queue. */
int32_t tel__retry_grpc_of_http(unsigned status);
const char *tel__retry_grpc_name(int32_t status); /* "Unavailable"; "Code(17)" values are "Unknown" */

/* Retry-After: seconds or one of the three HTTP dates. Negative or past = 0, clamped to TEL__RETRY_HINT_MAX_NS.
 * false = garbage, *ret_ns untouched. */
bool tel__retry_after_parse(tel_slice value, uint64_t unix_ns, uint64_t *ret_ns);

/* Error texts as otel-processing.md 9.3 words them, NUL-terminated and cut to cap. Foreign text is made printable. */
tel_slice tel__retry_text_grpc(char *out, size_t cap, int32_t status, tel_slice message);
tel_slice tel__retry_text_http(char *out, size_t cap, tel_slice url, unsigned status, bool has_status,
                               tel_slice status_message);
tel_slice tel__retry_text_network(char *out, size_t cap, tel_slice url, tel_slice cause);

TEL_PRIVATE_END
#endif
