/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SINK_EXPORTER_H
#define TEL_SINK_EXPORTER_H
/*
 * What an exporter component is to the sender: it takes one encoded batch and reports one outcome. Queue, batching,
 * compression, retry and counting are the sender's (sink/sender.h), once for all exporters.
 */
#include <telemetry/metrics.h>

#include "base/keys.h"
#include "net/auth.h"

TEL_PRIVATE_BEGIN

typedef struct tel__exporter_impl tel__exporter_impl;

/* One attempt. It and its slices live until done or cancel. */
typedef struct tel__export_batch {
	const tel_slice *slices; /* one ExportMetricsServiceRequest, in JSON if settings say so, compressed if coding does */
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
	TEL__EXPORT_PERMANENT,
	TEL__EXPORT_TOO_BIG    /* HTTP 413: the sender splits the batch and tries the halves */
} tel__export_verdict;

typedef struct tel__export_outcome {
	tel__export_verdict verdict;
	uint64_t retry_after_ns;  /* hint of the server; 0 = none */
	uint64_t rejected_points; /* partial success; the sender clamps it to the batch */
	int32_t grpc_status;      /* for callers without a queue */
	/* "rpc error: code = Unavailable desc = ..." as otel-processing.md 9.3 words it; with TEL__EXPORT_OK the backend's
	 * partial success message or a warning of ours, empty = nothing to say. */
	tel_slice message;
} tel__export_outcome;

typedef struct tel__exporter_env {
	tel_ctx *ctx;
	tel_slice id;             /* "otlp_http/x" */
	const struct tel__proxies *proxies; /* of the environment; NULL = none */
	bool beside;              /* made while another configuration runs, perhaps never to be used: no effect on the world */
	tel_slice user_agent;     /* "<distribution description>/<version> (<os>/<arch>)" */
	const tel__auth_book *auth; /* NULL: there are no authenticators; what it finds outlives the exporter */
} tel__exporter_env;

/* What the sender needs to know of an exporter's options; slices and pointers live as long as the options. */
typedef struct tel__sender_settings {
	const struct tel__retry_options *retry;     /* NULL = never retry */
	const struct tel__queue_options *queue;     /* NULL = none: the result travels back to the caller */
	const char *coding;                         /* compression of the wire body, NULL = none */
	size_t max_request_bytes;                   /* before compression; 0 = no limit. Larger batches are split */
	int level;                                  /* of the compressor; 0 = the fastest that suits */
	bool json;                                  /* the body is OTLP/JSON */
} tel__sender_settings;

/* tel__component.impl of an exporter row. The options outlive the exporter. */
typedef struct tel__exporter_ops {
	tel_err (*make)(const tel__exporter_env *env, const void *options, tel__exporter_impl **ret_impl, tel_error *err);
	/* done runs exactly once, from the loop and never inside send, unless cancelled. The outcome is borrowed during it. */
	tel_err (*send)(tel__exporter_impl *x, const tel__export_batch *batch,
	                void (*done)(void *user, const tel__export_outcome *outcome), void *user, uint64_t *ret_id,
	                tel_error *err);
	void (*cancel)(tel__exporter_impl *x, uint64_t id); /* done will not run */
	void (*free)(tel__exporter_impl *x);
	/* What the exporter's options say about queue, retry and compression. NULL = nothing: no queue, no retry. */
	void (*settings)(const void *options, tel__sender_settings *ret_settings);
} tel__exporter_ops;

TEL_PRIVATE_END
#endif
