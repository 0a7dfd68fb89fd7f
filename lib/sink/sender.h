/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SINK_SENDER_H
#define TEL_SINK_SENDER_H
/*
 * The engine behind every exporter: a queue, send groups (a folded batch processor or sending_queue.batch), requests in
 * flight, retry, one circuit per destination, counters. design.md 5; doc/internals/sender.md.
 *
 * The caller plans, reserves room in every sender of the plan, then commits all; settled tells when a share is safe
 * (with a queue) or delivered (without one, or with wait_for_result). Nothing is sent inside a call: requests start from
 * the loop.
 *
 * Ledger, exact after every call, in data points:
 *   committed = sent + rejected + dropped[*] + returned + queued.
 */
#include <telemetry/config.h>

#include "base/log_i.h"
#include "sink/exporter.h"
#include "sink/options.h"
#include "sink/retry.h"
#include "store/queue.h"

TEL_PRIVATE_BEGIN

typedef struct tel__sender tel__sender;

/* A send group: one folded batch instance of one exporter. Zero = one record per request. */
typedef struct tel__sender_group {
	bool batches;
	bool by_bytes;       /* sizes below count bytes, not points (sending_queue.batch.sizer) */
	uint64_t min_size;   /* send_batch_size: ready when this much waits; 0 = whatever arrived, at once */
	uint64_t max_size;   /* send_batch_max_size: one request holds at most this; 0 = no limit */
	uint64_t timeout_ns; /* ready when the oldest waits this long; 0 = at once */
} tel__sender_group;

typedef struct tel__sender_opts {
	tel_ctx *ctx;
	tel__log_source source;                  /* borrowed, lives as long as the sender */
	const tel__exporter_ops *exporter;
	tel__exporter_impl *impl;                /* owned by the sender after success */
	const tel__sender_settings *settings;    /* copied; what it points to is borrowed */
	const tel__sender_group *groups;         /* copied; overruled by sending_queue.batch */
	uint32_t group_count;                    /* 0 = one group that does not batch */
	const tel_slice *names;                  /* one per group: who it is across reloads, its pipeline; NULL = they have none */
	tel__queue *queue;                       /* owned after success; NULL = a memory queue by the settings */
	tel_config *config;                      /* what the borrowed things lie in: a reference is kept; may be NULL */
	void (*exporter_freed)(void *user);      /* after impl was freed, whenever that is; NULL = nobody wants to know */
	void *exporter_user;
	bool reuse_groups;                       /* tel__sender_prepare: nobody can commit into retired groups any more */
	bool keeps_queue;                        /* the queue survives the process: stopping drops nothing */
	bool drops_auth_failures;                /* else such a queue holds what the backend refuses for its credentials */
} tel__sender_opts;

/* Why points were dropped; names for the label by tel__drop_name(). */
typedef enum tel__drop {
	TEL__DROP_PERMANENT,     /* the backend refused for good */
	TEL__DROP_ELAPSED,       /* no more retries left */
	TEL__DROP_NO_RETRY,      /* retryable, but retry_on_failure is off */
	TEL__DROP_TOO_LARGE,     /* refused for its size and cannot be split further */
	TEL__DROP_SHUTDOWN,      /* drain reached its deadline */
	TEL__DROP_CANCELLED,     /* the submitter took it back before it was sent */
	TEL__DROP_UNTOLD,        /* not delivered without a queue, and the client heard success from another pipeline */
	TEL__DROP_COUNT
} tel__drop;

enum { TEL__BATCH_BOUNDS = 22 }; /* bounds of otelcol_processor_batch_batch_send_size, otel-processing.md 7.1 */
extern const uint32_t tel__batch_bounds[TEL__BATCH_BOUNDS];

/* otelcol_processor_batch_* of one send group. */
typedef struct tel__group_stats {
	uint64_t size_triggers, timeout_triggers;        /* batches taken because of size, because of time */
	uint64_t batches, batch_points;                  /* count and sum of the histogram */
	uint64_t histogram[TEL__BATCH_BOUNDS + 1];       /* batches by points; the last is above all bounds */
} tel__group_stats;

typedef struct tel__sender_stats {
	uint64_t committed_points;       /* taken by the queue */
	uint64_t sent_points;            /* the backend took them; otelcol_exporter_sent = sent + rejected */
	uint64_t rejected_points;        /* rejected_by_backend: partial success */
	uint64_t dropped_points[TEL__DROP_COUNT];
	uint64_t returned_points;        /* not delivered, and the caller that waited for the result knows */
	uint64_t send_failed_points;     /* final failures: otelcol_exporter_send_failed */
	uint64_t enqueue_failed_points;  /* reserve or commit said no */
	uint64_t queued_points;          /* waiting and in flight, without what was settled in parts */
	uint64_t requests, retries;      /* attempts, and how many of them were not the first */
	uint32_t in_flight;              /* requests at the backend */
	uint32_t backing_off;            /* requests that wait for their next attempt */
	bool circuit_open;               /* one probe at a time */
	bool auth_refused;               /* the backend refused our credentials last */
	uint64_t oldest_mono_ns;         /* of the oldest unsent record; 0 = nothing is queued */
	uint64_t last_success_unix_ns;   /* 0 = never */
	const char *queue_unit;          /* of queue.size: "requests", "items", "bytes"; NULL = there is no sending_queue */
	tel__queue_stats queue;
	char last_error[256];            /* of the newest failed attempt; empty after a success */
	char first_rejection[256];       /* first partial success message */
} tel__sender_stats;

/* What becomes of a share. Exactly once per commit. TEL_OK: queued, or delivered when the sender waits for results.
 * TEL_ERR_IO, TEL_ERR_NOMEM: the queue could not keep it (may run inside commit). TEL_ERR_REFUSED: not delivered, try
 * again; TEL_ERR_REJECTED: not delivered, never try again. outcome: the backend's last word, else NULL. It may reserve and
 * commit, and must not free the sender. */
typedef void tel__sender_settled(void *user, tel_err err, const tel__export_outcome *outcome);

/* Waits for room when reserve said TEL_ERR_AGAIN; the struct lives in its owner. */
typedef struct tel__room_waiter {
	void (*on_room)(void *user); /* once, from the loop: reserve again */
	void *user;
	struct tel__room_waiter *next;
	bool waiting;
} tel__room_waiter;

/* TEL_ERR_UNSUPPORTED (coding), TEL_ERR_ARG, TEL_ERR_NOMEM. On failure impl and queue stay the caller's. */
tel_err tel__sender_new(const tel__sender_opts *opts, tel__sender **ret_sender, tel_error *err);
/* At once and silent: requests are cancelled, settled does not run any more. */
void tel__sender_free(tel__sender *s);

/* Settled runs when the data is delivered, not when it is queued. */
bool tel__sender_waits(const tel__sender *s);

/* TEL_OK; TEL_ERR_FULL, TEL_ERR_BUDGET; TEL_ERR_LIMIT (never fits); TEL_ERR_STATE (draining);
 * TEL_ERR_AGAIN (block_on_overflow: wait for room). All but AGAIN count enqueue_failed. */
tel_err tel__sender_reserve(tel__sender *s, uint32_t group, size_t bytes, uint64_t points, tel__queue_room *ret_room);
/* The same without counting: for a plan that may be tried again. What comes of it is told once by tel__sender_refused().
 * again: the same request holds room in s already; a queue with nothing else in it takes the rest of it, too. */
tel_err tel__sender_try(tel__sender *s, uint32_t group, size_t bytes, uint64_t points, bool again,
                        tel__queue_room *ret_room);
void tel__sender_refused(tel__sender *s, uint64_t points, tel_err err);
/* Points that were returned to a caller who did not tell: they are dropped. */
void tel__sender_untold(tel__sender *s, uint64_t points);
void tel__sender_unreserve(tel__sender *s, tel__queue_room *room);
void tel__sender_wait_room(tel__sender *s, tel__room_waiter *w);
void tel__sender_unwait_room(tel__sender *s, tel__room_waiter *w);

/* Uses the room up. deadline_mono_ns: when the caller gives up, for senders that wait; UINT64_MAX = never. */
void tel__sender_commit(tel__sender *s, tel__queue_room *room, const tel__queue_record *record,
                        uint64_t deadline_mono_ns, tel__sender_settled *settled, void *user);
/* Takes back what (settled, user) committed and is not at the backend yet; settled will not run. Only for senders that
 * wait. false = nothing waits under that name. */
bool tel__sender_cancel(tel__sender *s, uint32_t group, tel__sender_settled *settled, void *user);

/* No new data; everything is ready to send whatever its size. drained runs once from the loop when nothing is left or at
 * the deadline, when the rest is counted as dropped (kept when the queue survives). It may free the sender. */
void tel__sender_drain(tel__sender *s, uint64_t deadline_mono_ns, void (*drained)(void *user), void *user);

/*
 * A reload, in two steps: prepare does all that can fail and has no effect, apply cannot fail. Queue, requests, counters
 * and who waits stay. opts as for tel__sender_new(), queue NULL; impl NULL keeps the exporter, because it is told the same. Another
 * exporter takes over with the next attempt, requests that are out finish with the old one. Groups are the same by their
 * name; one that is not in opts retires and is sent at once. ret_groups[i] is the number of opts->groups[i] from apply on.
 * A sender that drains is in service again. Errors as tel__sender_new(); impl stays the caller's on failure, and after
 * abandon it is freed.
 */
typedef struct tel__sender_change tel__sender_change;
tel_err tel__sender_prepare(tel__sender *s, const tel__sender_opts *opts, uint32_t *ret_groups,
                            tel__sender_change **ret_change, tel_error *err);
void tel__sender_apply(tel__sender_change *change);
void tel__sender_abandon(tel__sender_change *change); /* NULL is fine */
/* Whether s can be changed into that: not from one whose callers wait for the result to one whose do not, or back. */
bool tel__sender_suits(const tel__sender *s, const tel__sender_opts *opts);
/* Counters of a group, which are zero from then on. */
void tel__sender_take_group_stats(tel__sender *s, uint32_t group, tel__group_stats *ret_stats);

void tel__sender_get_stats(const tel__sender *s, tel__sender_stats *ret_stats);
void tel__group_stats_add(tel__group_stats *to, const tel__group_stats *from);
void tel__sender_get_group_stats(const tel__sender *s, uint32_t group, tel__group_stats *ret_stats);
const char *tel__drop_name(tel__drop reason);

TEL_PRIVATE_END
#endif
