/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SINK_EXPORTER_H
#define TEL_SINK_EXPORTER_H
/*
 * What an exporter component is to the sender: it takes one encoded batch and reports one outcome. Queue, batching,
 * compression, retry and counting are the sender's (sink/sender.h), once for all exporters.
 */
#include <telemetry/metrics.h>

#include "base/keys.h"
#include "net/ctx_i.h"

TEL_PRIVATE_BEGIN

typedef struct tel__exporter_impl tel__exporter_impl;

/* One attempt. Slices live until done or cancel. */
typedef struct tel__export_batch {
	const tel_slice *slices; /* OTLP bytes of one ExportMetricsServiceRequest, already compressed if coding says so */
	size_t slice_count;
	size_t bytes;
	uint64_t points;
	const char *coding;      /* "gzip", "zstd", ... or NULL */
	uint64_t attempt;        /* 1, 2, ... */
	uint64_t deadline_mono_ns; /* UINT64_MAX = none; the attempt's own timeout also holds */
} tel__export_batch;

typedef enum tel__export_verdict {
	TEL__EXPORT_OK,        /* the backend took it, perhaps partially: see rejected_points */
	TEL__EXPORT_RETRY,     /* by the tables of protocols.md 2.2 and 2.3 */
	TEL__EXPORT_PERMANENT
} tel__export_verdict;

typedef struct tel__export_outcome {
	tel__export_verdict verdict;
	uint64_t retry_after_ns;  /* hint of the server; 0 = none */
	uint64_t rejected_points; /* partial success, clamped to the batch */
	int32_t grpc_status;      /* for callers without a queue */
	tel_slice message;        /* "rpc error: code = Unavailable desc = ..." as otel-processing.md 9.3 words it */
} tel__export_outcome;

typedef struct tel__exporter_env {
	tel_ctx *ctx;
	tel_slice id;             /* "otlp_http/x" */
	tel_slice user_agent;
} tel__exporter_env;

/* tel__component.impl of an exporter row. */
typedef struct tel__exporter_ops {
	tel_err (*make)(const tel__exporter_env *env, const void *options, tel__exporter_impl **ret_impl, tel_error *err);
	/* done runs exactly once, from the loop, unless cancelled. */
	tel_err (*send)(tel__exporter_impl *x, const tel__export_batch *batch,
	                void (*done)(void *user, const tel__export_outcome *outcome), void *user, uint64_t *ret_id,
	                tel_error *err);
	void (*cancel)(tel__exporter_impl *x, uint64_t id); /* done will not run */
	void (*free)(tel__exporter_impl *x);
	/* Fields shared by all exporters, found in the options struct. */
	const struct tel__sender_options *(*sender_options)(const void *options);
} tel__exporter_ops;

TEL_PRIVATE_END
#endif
