/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_STORE_QUEUE_H
#define TEL_STORE_QUEUE_H
/*
 * The queue between accepting and sending (design.md 5). Asynchronous from the first day: commit answers when the record
 * is as safe as the queue's level promises, which for memory is at once and for a disk is later, perhaps with an error.
 * A queue knows bytes, points and groups, not metrics. Groups are never merged; order within a group is kept.
 */
#include <telemetry/buf.h>

#include "base/budget.h"
#include "base/slice_i.h"

TEL_PRIVATE_BEGIN

typedef struct tel__queue tel__queue;

/* What one commit carries: encoded OTLP, as slices of buffers that the caller holds. */
typedef struct tel__queue_record {
	const tel_slice *slices;
	size_t slice_count;
	tel_buf *const *bufs;  /* buffers behind the slices; the queue takes references if it keeps slices uncopied */
	size_t buf_count;
	size_t bytes;          /* sum of the slices */
	size_t pinned_bytes;   /* memory behind bufs */
	uint64_t points;
	uint32_t group;        /* send group */
	uint64_t mono_ns;      /* now: for age */
} tel__queue_record;

/* A record lent to the sender until ack or nack. */
typedef struct tel__queue_item {
	uint64_t id;
	const tel_slice *slices;
	size_t slice_count;
	size_t bytes;
	uint64_t points;
	uint32_t group;
	uint64_t mono_ns;
} tel__queue_item;

typedef struct tel__queue_stats {
	uint64_t size, capacity;         /* in the unit of the configuration file (requests, items or bytes) */
	uint64_t points, bytes, records; /* held, in flight included */
	uint64_t pinned_bytes;
	uint64_t oldest_mono_ns;         /* of the oldest record, 0 = empty */
	uint64_t refused_records, refused_points; /* reserve said no */
} tel__queue_stats;

/* Room that reserve took, for one record; zero when unused. */
typedef struct tel__queue_room {
	size_t bytes;
	uint64_t points;
	uint32_t group;
	bool held;
} tel__queue_room;

typedef struct tel__queue_ops {
	/* TEL_OK; TEL_ERR_FULL; TEL_ERR_BUDGET; TEL_ERR_LIMIT (a single record above the capacity); TEL_ERR_STATE (closing). */
	tel_err (*reserve)(tel__queue *q, size_t bytes, uint64_t points, uint32_t group, tel__queue_room *ret_room);
	void (*unreserve)(tel__queue *q, tel__queue_room *room);
	/* Uses the room up. done runs exactly once, perhaps inside the call, with TEL_OK or why the record is not safe
	 * (TEL_ERR_IO, TEL_ERR_NOMEM): it is then not in the queue. */
	void (*commit)(tel__queue *q, tel__queue_room *room, const tel__queue_record *record,
	               void (*done)(void *user, tel_err err), void *user);
	/* Oldest record of the group that is not lent; false = none. */
	bool (*next)(tel__queue *q, uint32_t group, tel__queue_item *ret_item);
	/* Points and age of what is not lent in a group, for batching. */
	void (*waiting)(tel__queue *q, uint32_t group, uint64_t *ret_points, uint64_t *ret_records, uint64_t *ret_oldest_mono_ns);
	void (*ack)(tel__queue *q, uint64_t id);  /* done with it, for good; out of order is fine */
	void (*nack)(tel__queue *q, uint64_t id); /* back to where it was */
	void (*stats)(tel__queue *q, tel__queue_stats *ret_stats);
	void (*free)(tel__queue *q);
} tel__queue_ops;

struct tel__queue {
	const tel__queue_ops *ops;
};

typedef enum tel__queue_sizer { TEL__SIZER_REQUESTS, TEL__SIZER_ITEMS, TEL__SIZER_BYTES } tel__queue_sizer;

typedef struct tel__queue_opts {
	const tel_alloc *alloc;
	tel__budget *budget;      /* what is held is charged here; NULL = not */
	tel__queue_sizer sizer;
	uint64_t capacity;        /* queue_size of the file */
	/* Folded batch: with sizer requests a group holds capacity x batch_points points instead of capacity records
	 * (design.md 5); 0 = not folded. Reported size is ceil(points / batch_points). */
	uint64_t batch_points;
	uint32_t groups;
} tel__queue_opts;

tel_err tel__queue_memory_new(const tel__queue_opts *opts, tel__queue **ret_queue, tel_error *err);

TEL_PRIVATE_END
#endif
