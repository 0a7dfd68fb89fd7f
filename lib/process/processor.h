/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_PROCESSOR_H
#define TEL_PROCESS_PROCESSOR_H
/*
 * What a processor is to the graph: a function from a batch to the same batch, edited. It has no effect outside the batch
 * and the run: counters and state go into the run and become real when the plan is committed (design.md 5).
 */
#include <telemetry/crypto.h>
#include <telemetry/log.h>
#include <telemetry/metrics.h>

#include "base/arena.h"
#include "base/budget.h"
#include "base/keys.h"

TEL_PRIVATE_BEGIN

typedef struct tel__processor tel__processor;
struct tel_origin;
struct tel__batch_options;

typedef struct tel__processor_env {
	const tel_alloc *alloc;
	const tel_log_sink *log;   /* may be NULL */
	tel__budget *budget;       /* of the process, for memory_limiter; may be NULL */
	size_t total_memory_bytes; /* of the machine or container; 0 = unknown */
	size_t baseline_bytes;     /* what the process needs when idle, beside the budget (design.md 6) */
	const tel_crypto_ops *crypto; /* may be NULL; outlives the processor */
	uint64_t unix_ns;          /* now; 0 = unknown: the first run's */
	struct tel_kube *kube;     /* what is known of the cluster; may be NULL */
	tel_slice id, pipeline;    /* pipeline is empty for a shared instance */
} tel__processor_env;

/* A change of state that waits for commit. The node lives in the run's arena. */
typedef struct tel__staged {
	struct tel__staged *next;
	void (*apply)(tel__processor *p, struct tel__staged *self);
	tel__processor *processor;
	void (*drop)(tel__processor *p, struct tel__staged *self); /* the plan is not committed; newest first. May be NULL */
} tel__staged;

typedef struct tel__run {
	tel__arena *arena;              /* scratch, lives until commit or reset */
	uint64_t unix_ns, mono_ns;      /* now, as the caller says */
	const struct tel_origin *origin; /* never NULL */
	tel__staged *staged;            /* newest first; the graph reverses. Several plans may be open at a time */
	uint64_t created;               /* 0 before each processor, which adds the points that it made */
} tel__run;

typedef struct tel__processor_ops {
	tel_err (*make)(const tel__processor_env *env, const void *options, tel__processor **ret_processor, tel_error *err);
	void (*free)(tel__processor *p);
	/* TEL_OK, also when nothing is left in the batch; open edits are closed. TEL_ERR_REFUSED: the whole request is
	 * refused, retryable; TEL_ERR_NOMEM and TEL_ERR_BUDGET likewise. Anything else refuses it for good. */
	tel_err (*run)(tel__processor *p, tel_metrics *batch, tel__run *run, tel_error *err);
	bool mutates;
	bool shared;                    /* one instance per configuration entry, not per pipeline */
	bool items_counters;            /* feeds otelcol_processor_{incoming,outgoing}_items */
	bool points_counters;           /* feeds otelcol_processor_{accepted,refused}_metric_points (memory_limiter) */
	bool filtered_counter;          /* feeds otelcol_processor_filter_datapoints_filtered (filter) */
	/* batch: the graph folds it instead of running it; make, free and run are NULL then. NULL for others. */
	const struct tel__batch_options *(*folds)(const void *options);
} tel__processor_ops;

struct tel__processor {
	const tel__processor_ops *ops;
};

typedef struct tel__connector tel__connector;

/* Where a connector puts the parts of a batch. */
typedef struct tel__parts {
	/* For the pipeline at a position of those that list the connector. Takes the batch, also on failure. */
	tel_err (*add)(struct tel__parts *self, uint32_t pipeline, tel_metrics *batch);
} tel__parts;

/* tel__component.impl of a connector row. */
typedef struct tel__connector_ops {
	bool forwards; /* each batch goes to every pipeline that lists the connector as a receiver; the rest is NULL then */
	/* One instance per configuration entry; pipelines: ids of those that list it. */
	tel_err (*make)(const tel__processor_env *env, const void *options, const tel_slice *pipelines, size_t count,
	                tel__connector **ret_connector, tel_error *err);
	void (*free)(tel__connector *c);
	/* Sorts a batch, which it takes, into parts. An error refuses the request as that of a processor does; the parts that
	 * were added then go nowhere. */
	tel_err (*route)(tel__connector *c, tel_metrics *batch, tel__run *run, tel__parts *parts, tel_error *err);
} tel__connector_ops;

struct tel__connector {
	const tel__connector_ops *ops;
};

TEL_PRIVATE_END
#endif
