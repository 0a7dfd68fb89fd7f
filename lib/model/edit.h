/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_MODEL_EDIT_H
#define TEL_MODEL_EDIT_H
/*
 * Changing a batch. Nodes are named by their indexes: r of the resource, s of the scope in it, k of the metric in that.
 * Indexes stay valid until tel__metrics_close(), which ends an editing pass: it writes opened nodes back into bytes,
 * removes what was dropped and what became empty by that, and brings the counts up to date.
 *
 * Opening turns one node into plain structs, once, however many statements touch it; opening it again gives the same
 * struct. Members may be changed freely; slices that are put in must live as long as the batch (its arena, a literal).
 * What was only read is written back as it was received. Every call copies the path to the node first when the batch does
 * not own it. A failed call changes nothing that can be seen.
 */
#include <telemetry/metrics.h>

#include "model/kvs.h"

/* An opened resource (s = TEL__NO_NODE) or scope. */
typedef struct tel__envelope_edit {
	struct tel__envelope_edit *next;
	uint32_t r, s;
	bool changed;          /* a member other than attributes was changed; the caller sets it */
	tel__kvs attributes;
	uint32_t dropped_attributes;
	tel_slice name, version; /* scope only */
	tel_slice schema_url;  /* of ResourceMetrics or ScopeMetrics */
	tel_slice self_rest;   /* other fields of Resource or InstrumentationScope, encoded */
	tel_slice rest;        /* other fields of ResourceMetrics or ScopeMetrics, encoded */
} tel__envelope_edit;

/* A point of an opened metric. The members from attributes on are there after tel__point_open(). */
typedef struct tel__point {
	tel_slice field;       /* as received, with tag and length; ptr NULL = new */
	bool open;
	bool changed;          /* the caller sets it, but for attributes */
	bool dropped;          /* the caller sets it */
	tel__kvs attributes;
	uint64_t start_unix_ns, time_unix_ns;
	uint32_t flags;
	uint32_t has;          /* TEL_HAS_* */
	int64_t as_int;
	double as_double;
	uint64_t count;        /* histograms and summary, as the next */
	double sum, min, max;
	tel_slice bucket_counts, bounds; /* histogram: 8 bytes each, little-endian */
	int32_t scale;         /* exponential histogram, as the rest of numbers */
	uint64_t zero_count;
	double zero_threshold;
	tel_slice positive, negative; /* payload of Buckets; ptr NULL = absent */
	tel_slice exemplars;   /* fields with tag and length, as the type of the metric numbers them */
	tel_slice quantiles;   /* summary: fields with tag and length */
	tel_slice rest;        /* unknown fields */
} tel__point;

/* An opened metric. The points are there after tel__metric_open_points(). */
typedef struct tel__metric_edit {
	struct tel__metric_edit *next;
	struct tel__metric *received; /* what comes back when nothing was changed; NULL = nothing */
	uint32_t r, s, k;
	bool changed;          /* a member other than metadata and points was changed; the caller sets it */
	uint8_t type;          /* tel__metric_type */
	bool monotonic;        /* sum */
	uint32_t temporality;  /* sum and histograms */
	tel_slice name, description, unit;
	tel__kvs metadata;
	tel_slice rest;        /* other fields of Metric, encoded */
	tel_slice data_rest;   /* other fields of the data message, encoded */
	bool points_open;
	tel__point *points;
	uint32_t count, cap;   /* of points */
} tel__metric_edit;

enum { TEL__NO_NODE = 0xffffffff };

TEL_PRIVATE_BEGIN

tel_err tel__metrics_drop_resource(tel_metrics *m, uint32_t r);
tel_err tel__metrics_drop_scope(tel_metrics *m, uint32_t r, uint32_t s);
tel_err tel__metrics_drop_metric(tel_metrics *m, uint32_t r, uint32_t s, uint32_t k);

/* TEL_OK; TEL_ERR_NOMEM; TEL_ERR_LIMIT when plain structs would take far more memory than the bytes can mean (millions
 * of empty points or attributes). The structs belong to the batch and go at close. */
tel_err tel__metrics_open_resource(tel_metrics *m, uint32_t r, tel__envelope_edit **ret_edit);
tel_err tel__metrics_open_scope(tel_metrics *m, uint32_t r, uint32_t s, tel__envelope_edit **ret_edit);
tel_err tel__metrics_open_metric(tel_metrics *m, uint32_t r, uint32_t s, uint32_t k, tel__metric_edit **ret_edit);
/* A new metric behind the others of the scope, opened, without points. *ret_k may be NULL. */
tel_err tel__metrics_add_metric(tel_metrics *m, uint32_t r, uint32_t s, tel__metric_edit **ret_edit, uint32_t *ret_k);
/* Lists the points; each is opened on its own, so that looking at some does not cost all. */
tel_err tel__metric_open_points(tel_metrics *m, tel__metric_edit *edit);
tel_err tel__point_open(tel_metrics *m, const tel__metric_edit *edit, tel__point *point);
/* A new point, open and empty. Pointers to points are void afterwards. */
tel_err tel__metric_add_point(tel_metrics *m, tel__metric_edit *edit, tel__point **ret_point);

/* Where members that are set may be kept: everything in it lives as long as the batch. */
tel_err tel__metrics_arena(tel_metrics *m, tel__arena **ret_arena);

/* TEL_OK; TEL_ERR_NOMEM: what is open stays open, and the call may be repeated. */
tel_err tel__metrics_close(tel_metrics *m);

TEL_PRIVATE_END
#endif
