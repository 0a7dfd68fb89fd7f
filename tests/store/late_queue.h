/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_TESTS_STORE_LATE_QUEUE_H
#define TEL_TESTS_STORE_LATE_QUEUE_H
/*
 * A queue that completes commit when the test says so: late, out of order, with errors. What a durable queue will do to
 * its users (design.md 5). Records that were completed with TEL_OK are in a memory queue behind it.
 */
#include "store/queue.h"

/* opts as for tel__queue_memory_new(). */
tel__queue *late_queue_new(const tel__queue_opts *opts);

/* Commits that wait, oldest first. */
size_t late_queue_pending(const tel__queue *q);
/* Points of the pending commit number index. */
uint64_t late_queue_pending_points(const tel__queue *q, size_t index);
/* Completes one pending commit; result TEL_OK puts the record into the queue. */
void late_queue_step(tel__queue *q, size_t index, tel_err result);
/* Completes all, in order. */
void late_queue_step_all(tel__queue *q, tel_err result);
/* The next count calls of reserve answer with result. */
void late_queue_refuse(tel__queue *q, unsigned count, tel_err result);
/* Freeing a queue with pending commits completes them with TEL_ERR_CANCELLED. */

#endif
