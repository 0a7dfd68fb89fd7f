/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_STORE_QUEUE_H
#define TEL_STORE_QUEUE_H
/*
 * The queue between accepting and sending (design.md 5). Asynchronous from the first day: commit answers when the record
 * is as safe as the queue's level promises, which for memory is at once and for a disk is later, perhaps with an error.
 * A queue knows bytes, points and groups, not metrics. Groups are never merged; order within a group is kept.
 *
 * Records are numbered: the ids of a group grow by one per record, so a run of records is (first id, count). A sender
 * that batches takes runs: next lends as many neighbours as lie contiguous in memory, which for small records is a whole
 * chunk at a time, and ack and nack take any part of a run back.
 */
#include <telemetry/buf.h>

#include "base/budget.h"
#include "base/slice_i.h"

TEL_PRIVATE_BEGIN

typedef struct tel__queue tel__queue;

/* What one commit carries: encoded OTLP, as slices of buffers that the caller holds during the call. The queue either
 * copies the slices or takes references to all of bufs (design.md 2, compaction at the queue door). */
typedef struct tel__queue_record {
	const tel_slice *slices;
	size_t slice_count;
	tel_buf *const *bufs;  /* buffers behind the slices */
	size_t buf_count;
	size_t bytes;          /* sum of the slices */
	size_t pinned_bytes;   /* memory behind bufs */
	size_t charged_bytes;  /* of pinned_bytes: what the bufs charge to the queue's budget by themselves (tel__buf_new) */
	bool must_copy;        /* some slices lie outside of bufs: references would not keep them alive */
	uint64_t points;
	uint32_t group;        /* send group */
	uint64_t mono_ns;      /* now: for age */
} tel__queue_record;

/* How much next may lend at once. At least one record is lent, however large. 0 = no limit. */
typedef struct tel__queue_want {
	uint64_t points, bytes;
	uint32_t records;
} tel__queue_want;

/* A run of records lent to the sender until each is acked or nacked. Concatenated OTLP requests are one request, so the
 * bytes of a run are a request as they stand. Read the bytes through tel__queue_item_slices(). */
typedef struct tel__queue_item {
	uint64_t first_id;       /* the run is first_id .. first_id + records - 1 */
	uint32_t records;
	uint32_t group;
	uint64_t points;         /* sums over the run */
	size_t bytes;
	uint64_t mono_ns;        /* of the oldest record, rounded down by less than 2 ms */
	tel_slice run;           /* the bytes when they are contiguous (more than one record: always) */
	const tel_slice *slices; /* else the slices of the one record; NULL = see run */
	size_t slice_count;
} tel__queue_item;

/* The slices are valid until the records are acked or nacked, the array as long as item too. */
TEL_INLINE const tel_slice *tel__queue_item_slices(const tel__queue_item *item, size_t *ret_count)
{
	*ret_count = item->slices ? item->slice_count : 1;
	return item->slices ? item->slices : &item->run;
}

/* What one group holds that is not lent. */
typedef struct tel__queue_waiting {
	uint64_t records, points, bytes;
	uint64_t oldest_mono_ns; /* 0 = nothing waits */
} tel__queue_waiting;

typedef struct tel__queue_stats {
	uint64_t size, capacity;         /* in the unit of the configuration file (requests, items or bytes) */
	uint64_t points, bytes, records; /* held, in flight included */
	uint64_t lent_points, lent_records; /* of these, lent to the sender */
	uint64_t charged_bytes;          /* memory charged to the budget: data, bookkeeping and room held */
	uint64_t oldest_mono_ns;         /* of the oldest record, in flight included; 0 = empty */
	uint64_t refused_records, refused_points; /* reserve said no */
} tel__queue_stats;

/* Room that reserve took, for one record; zero when unused. */
typedef struct tel__queue_room {
	size_t bytes;
	uint64_t points;
	uint32_t group;
	bool held;
} tel__queue_room;

typedef enum tel__queue_sizer { TEL__SIZER_REQUESTS, TEL__SIZER_ITEMS, TEL__SIZER_BYTES } tel__queue_sizer;

#define TEL__QUEUE_RETIRED UINT64_MAX /* in batch_points: the group only empties, nobody counts on its capacity */

/* What a queue is measured by. */
typedef struct tel__queue_size {
	tel__queue_sizer sizer;
	uint64_t capacity;            /* queue_size of the file */
	const uint64_t *batch_points; /* one per group, as in tel__queue_opts; read during the call only */
} tel__queue_size;

typedef struct tel__queue_ops {
	/* TEL_OK; TEL_ERR_FULL; TEL_ERR_BUDGET; TEL_ERR_LIMIT (a single record above the capacity, never fits);
	 * TEL_ERR_STATE (a durable queue that is closing). */
	tel_err (*reserve)(tel__queue *q, size_t bytes, uint64_t points, uint32_t group, tel__queue_room *ret_room);
	/* As reserve, for a queue that holds no record: what a request reserved in it before, for its other shares, does not
	 * count. A queue that is too small for all shares of a request at once must take it none the less. */
	tel_err (*reserve_over)(tel__queue *q, size_t bytes, uint64_t points, uint32_t group, tel__queue_room *ret_room);
	/* Gives unused room back; does nothing when room->held is false. */
	void (*unreserve)(tel__queue *q, tel__queue_room *room);
	/* Uses the room up; bytes, points and group of the record are at most those of the room. done runs exactly once,
	 * perhaps inside the call, with TEL_OK or why the record is not safe (TEL_ERR_IO, TEL_ERR_NOMEM): it is then not in
	 * the queue. After TEL_OK next offers it. */
	void (*commit)(tel__queue *q, tel__queue_room *room, const tel__queue_record *record,
	               void (*done)(void *user, tel_err err), void *user);
	/* Lends the oldest record of the group that is not lent, and its neighbours as far as they are contiguous, not lent
	 * and within want (NULL = one record); false = none. */
	bool (*next)(tel__queue *q, uint32_t group, const tel__queue_want *want, tel__queue_item *ret_item);
	/* For batching: what next would find. */
	void (*waiting)(tel__queue *q, uint32_t group, tel__queue_waiting *ret_waiting);
	/* Done with these lent records, for good; runs may be acked out of order and in parts. */
	void (*ack)(tel__queue *q, uint64_t first_id, uint32_t records);
	/* These lent records go back to where they were; next offers them again. */
	void (*nack)(tel__queue *q, uint64_t first_id, uint32_t records);
	void (*stats)(tel__queue *q, tel__queue_stats *ret_stats);
	/* A reload in two steps. grow makes room for that many groups in all, which changes nothing yet: TEL_OK;
	 * TEL_ERR_NOMEM. resize cannot fail: what is held stays, whatever the capacity; new records wait until it fits. */
	tel_err (*grow)(tel__queue *q, uint32_t groups);
	void (*resize)(tel__queue *q, const tel__queue_size *size);
	void (*free)(tel__queue *q);
} tel__queue_ops;

struct tel__queue {
	const tel__queue_ops *ops;
};

TEL_INLINE void tel__queue_free(tel__queue *q)
{
	if (q)
		q->ops->free(q);
}

typedef struct tel__queue_opts {
	const tel_alloc *alloc;
	tel__budget *budget;      /* what is held is charged here; NULL = not */
	tel__queue_sizer sizer;
	uint64_t capacity;        /* queue_size of the file */
	uint32_t groups;          /* at least 1 */
	/* Folded batch, one number per group (NULL = no group is folded, 0 = this one is not): with sizer requests such a
	 * group holds capacity x batch_points points for itself, whatever the number of its records, and counts
	 * ceil(points / batch_points) requests in stats; groups that are not folded share capacity requests. With the other
	 * sizers all groups share capacity. stats.capacity is the sum of these shares. Copied. */
	const uint64_t *batch_points;
} tel__queue_opts;

/* TEL_ERR_ARG (capacity or groups 0), TEL_ERR_NOMEM. Level L0 of design.md 5: commit completes inside the call. */
tel_err tel__queue_memory_new(const tel__queue_opts *opts, tel__queue **ret_queue, tel_error *err);

TEL_PRIVATE_END
#endif
