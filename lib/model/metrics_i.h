/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_MODEL_METRICS_I_H
#define TEL_MODEL_METRICS_I_H
/*
 * The inside of a batch: an index over OTLP bytes (design.md 2, doc/internals/model.md).
 *
 * For readers (cursor, columns, equal, encode): walk resources[0..count), scopes[0..e.count), metrics[0..e.count).
 * A reader never sees an open edit or a dropped node: whoever edits ends with tel__metrics_close() (model/edit.h).
 * All slices point into the buffers and arenas listed in pins, which the batch holds.
 *
 * For writers: an array of nodes may be written only by the batch whose open arena it was taken from
 * (node array's `arena` == metrics->arena); otherwise copy it first with tel__metrics_own_*(). That is all of path
 * copying: tel_metrics_share() retires the open arena to pins, and nothing is writable any more.
 */
#include <telemetry/buf.h>
#include <telemetry/metrics.h>

#include "base/arena.h"
#include "base/budget.h"
#include "base/visibility.h"

/* The member of Metric.data; the values are its field numbers. */
typedef enum tel__metric_type {
	TEL__METRIC_EMPTY = 0,
	TEL__METRIC_GAUGE = 5,
	TEL__METRIC_SUM = 7,
	TEL__METRIC_HISTOGRAM = 9,
	TEL__METRIC_EXP_HISTOGRAM = 10,
	TEL__METRIC_SUMMARY = 11
} tel__metric_type;

/* A metric that was split, lost points or was rewritten: its data message is in two pieces. */
typedef struct tel__metric_cut {
	tel_slice fields; /* of the data message, but the points (temporality, is_monotonic, unknown) */
	tel_slice points; /* point fields with their tags, nothing else, one run */
} tel__metric_cut;

/*
 * raw is the payload of Metric, one run of bytes; of a cut metric it is that without the data field. Readers parse raw
 * for name, description, unit and metadata, tel__metric_data() for what the data message says besides points, and
 * tel__metric_run() for the points (field 1; other fields in it are to be skipped).
 */
typedef struct tel__metric {
	tel_slice raw;   /* payload of Metric, without tag and length */
	tel_slice name;  /* in raw */
	uint32_t data;   /* offset in raw of the payload of the data message (Gauge, Sum, ...); 0 when type is EMPTY */
	uint32_t data_len;
	uint32_t points; /* number of data points */
	uint8_t type;    /* tel__metric_type */
	uint8_t lead;    /* bytes of tag and length that stand right before raw; 0 = none, the encoder makes them */
	bool dropped;    /* only between edits and close */
	bool touched;    /* points were dropped or the metric was edited: goes when empty */
	const tel__metric_cut *cut;    /* NULL = data lies in raw */
	struct tel__metric_edit *edit; /* not NULL only while open */
} tel__metric;

/* What ResourceMetrics and ScopeMetrics have in common: a self message (field 1), children (field 2), schema_url (3). */
typedef struct tel__envelope {
	tel_slice raw;        /* payload as received; the encoding when whole */
	tel_slice head, tail; /* fields before the first and after the last child. Encoding when not whole: head, children, tail */
	tel_slice self;       /* payload of Resource or InstrumentationScope, inside head or tail; ptr NULL = absent */
	tel_slice schema_url; /* inside head or tail; len 0 = absent or empty */
	uint64_t points;      /* of all children */
	uint32_t count;       /* children */
	uint8_t lead;         /* bytes of tag and length right before raw; 0 = none */
	bool whole;           /* nothing below changed since decoding */
	bool dropped;         /* only between edits and close */
	bool touched;         /* children were dropped: goes when empty */
	const tel__arena *arena; /* where the array of children was taken from */
	struct tel__envelope_edit *edit; /* self is open; not NULL only while open */
} tel__envelope;

typedef struct tel__scope {
	tel__envelope e;
	tel__metric *metrics; /* e.count of them */
	uint32_t cap;         /* room in metrics, for whoever may write it */
} tel__scope;

typedef struct tel__resource {
	tel__envelope e;
	tel__scope *scopes; /* e.count of them */
	uint64_t metrics;   /* of all scopes */
} tel__resource;

/* What a batch keeps alive: one of the two is set. */
typedef struct tel__pin {
	tel_buf *buf;
	tel__arena *arena;
} tel__pin;

struct tel_metrics {
	tel_alloc alloc;                 /* a copy, so that the host's struct need not outlive the batch */
	tel__budget *budget;             /* what the open arena is charged to; NULL = nothing */
	tel__arena *arena;               /* open: what this batch alone may write; NULL = none yet */
	tel__resource *resources;
	uint32_t count, cap;             /* of resources */
	const tel__arena *resources_arena; /* where resources was taken from */
	tel_buf *whole;                  /* input whose bytes are exactly the encoding; borrowed from pins; NULL = none */
	tel_slice rest;                  /* unknown fields of the request, kept behind the resources */
	const tel__arena *rest_arena;    /* where rest was joined, with room for rest_cap bytes; NULL = it was not */
	size_t rest_cap;
	uint64_t scopes, metrics, points; /* counts, current when nothing is open */
	tel__pin *pins;                  /* pins_few, or allocated */
	uint32_t pin_count, pin_cap;
	tel__pin pins_few[3];
	struct tel__metric_edit *open_metrics;     /* lists of what is open */
	struct tel__envelope_edit *open_envelopes;
	bool swept;                      /* false: dropped nodes wait for tel__metrics_close() */
};

TEL_PRIVATE_BEGIN

/* An empty batch. alloc may be NULL. */
tel_err tel__metrics_new(const tel_alloc *alloc, tel_metrics **ret_metrics);
/* The same with the allocator and the budget of another. */
tel_err tel__metrics_new_like(const tel_metrics *like, tel_metrics **ret_metrics);
void tel__metrics_moved(tel_metrics *m); /* after the struct was copied to another place */
/* The open arena, made when there is none. */
tel_err tel__metrics_arena(tel_metrics *m, tel__arena **ret_arena);
/* Takes a reference to what the batch holds; the caller keeps its own. */
tel_err tel__metrics_pin_buf(tel_metrics *m, tel_buf *buf);
tel_err tel__metrics_pin_arena(tel_metrics *m, tel__arena *arena);
/* References to everything that from holds; from must have no open arena. All or nothing. */
tel_err tel__metrics_pin_all(tel_metrics *m, const tel_metrics *from);
/* Ends writing: the open arena becomes a pin, so that nothing is writable any more. */
tel_err tel__metrics_freeze(tel_metrics *m);
/* Makes an array of nodes writable, by a copy when it is not. The path above must be writable already. */
tel_err tel__metrics_own_resources(tel_metrics *m);
tel_err tel__metrics_own_scopes(tel_metrics *m, tel__resource *resource);
tel_err tel__metrics_own_metrics(tel_metrics *m, tel__scope *scope);

/* Index one request whose bytes we wrote ourselves (builder, converters): what is below a metric is not looked into. */
tel_err tel__metrics_index(const tel_alloc *alloc, tel_buf *payload, tel_metrics **ret_metrics, tel_error *err);
/* The same with the allocator and the budget of another batch. */
tel_err tel__metrics_index_like(const tel_metrics *like, tel_buf *payload, tel_metrics **ret_metrics);

/* Encoded length of the batch. O(nodes that changed). */
uint64_t tel__metrics_live_bytes(const tel_metrics *m);
/* Memory behind the pins and the open arena. */
uint64_t tel__metrics_pinned_bytes(const tel_metrics *m);

TEL_PRIVATE_END

/* The payload of the data message; of a cut metric without the points. */
TEL_INLINE tel_slice tel__metric_data(const tel__metric *metric)
{
	return metric->cut ? metric->cut->fields : (tel_slice){ metric->raw.ptr + metric->data, metric->data_len };
}

/* Where the points are. */
TEL_INLINE tel_slice tel__metric_run(const tel__metric *metric)
{
	return metric->cut ? metric->cut->points : (tel_slice){ metric->raw.ptr + metric->data, metric->data_len };
}
#endif
