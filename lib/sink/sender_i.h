/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SINK_SENDER_I_H
#define TEL_SINK_SENDER_I_H
/*
 * Inside of a sender. Three objects travel:
 *   flight  one request: bytes, attempts, backoff. It is sending (at the exporter) or waiting (for its next attempt).
 *   load    runs of queue records that are acked together, when every flight that carries a part of them is done.
 *           Usually one load = one flight; a cut record or the halves after HTTP 413 share a load.
 *   carry   the rest of a record that was cut at max_size: it opens the next batch of its group.
 */
#include <telemetry/metrics.h>

#include "sink/sender.h"

enum {
	TEL__FLIGHT_LOADS = 3,        /* carry, own records, newly cut record */
	TEL__CIRCUIT_FAILURES = 3,    /* consecutive failures that open the circuit: protocols.md 2.5 */
	TEL__SENDER_BATCH_QUEUE = 1000, /* batches that a folded batch holds in front of an exporter without a queue */
	TEL__SENDER_MAX_FLIGHTS = 1000, /* requests in flight of a sender without a queue */
	TEL__SENDER_MIN_DELAY_NS = 1000000, /* between two attempts, so that initial_interval 0 does not spin */
	TEL__SENDER_STUCK_NS = 100000000    /* pause after the allocator refused */
};

typedef struct tel__load_run {
	uint64_t first_id, points;
	uint32_t records, group;
} tel__load_run;

typedef struct tel__load {
	struct tel__load *next;       /* free list */
	tel__load_run *runs;
	uint32_t run_count, run_cap, refs;
	uint64_t points;              /* of the records */
	uint64_t mono_ns;             /* age of the oldest */
	tel_err err;                  /* worst result of its flights so far */
	bool has_outcome;
	tel__export_outcome outcome;  /* that result; message points to text */
	char text[256];
} tel__load;

typedef enum tel__flight_state { TEL__FLIGHT_FREE, TEL__FLIGHT_WAITING, TEL__FLIGHT_SENDING } tel__flight_state;

typedef struct tel__flight {
	struct tel__flight *next, *prev; /* in its state's list */
	tel__sender *sender;
	tel__flight_state state;
	uint32_t group, load_count;
	tel__load *loads[TEL__FLIGHT_LOADS];
	tel_slice *slices;            /* OTLP bytes: of the queue's records and of bufs */
	size_t slice_count, slice_cap;
	tel_buf *bufs[2];             /* encoded pieces of cut records */
	tel_buf *wire;                /* body in JSON or compressed, kept until the last attempt */
	tel_slice wire_slice;
	const char *wire_coding;      /* NULL = not compressed */
	size_t bytes;
	uint64_t points;
	uint64_t attempts, first_mono_ns, next_mono_ns;
	uint64_t hint_mono_ns;        /* the server asked not to come before */
	bool held;                    /* refused for our credentials: its age does not count */
	uint64_t deadline_mono_ns;
	uint64_t mono_ns;             /* age of the oldest record */
	tel__backoff backoff;
	uint64_t body_epoch;          /* wire was made by the rules of then */
	tel__export_batch batch;
	struct tel__transport *transport; /* while it is sending */
	uint64_t call_id;
	tel__export_outcome last;     /* of the newest failed attempt; message points to text */
	char text[256];
} tel__flight;

typedef struct tel__flight_list {
	tel__flight *head, *tail;
	uint32_t count;
} tel__flight_list;

/* Who waits for the result of a record; ring, indexed by record id from first_id. */
typedef struct tel__waiter {
	tel__sender_settled *settled;
	void *user;
	uint64_t deadline_mono_ns;
	bool cancelled; /* taken back before it was sent */
	bool done;      /* answered */
} tel__waiter;

typedef struct tel__waiters {
	tel__waiter *ring;
	size_t cap, head, count;      /* cap is a power of two */
	uint64_t first_id;            /* of ring[head]; learned at the first lend */
	bool known;
} tel__waiters;

typedef struct tel__group {
	tel__sender_group opts;
	tel_slice name;
	bool retired;                 /* by a reload: what is in it goes at once */
	tel__load *carry_load;        /* rest of a cut record: holds a reference; NULL = none */
	tel_metrics *head, *carry;    /* its next piece if split off already, and what lies behind */
	uint64_t carry_points, head_points, carry_mono_ns; /* carry_points includes the head's */
	size_t carry_bytes;           /* estimate, by share of points */
	tel__waiters waiters;
	tel__group_stats stats;
} tel__group;

/* A commit that the queue has not answered yet. */
typedef struct tel__commit {
	struct tel__commit *next, *prev;
	tel__sender *sender;
	tel__sender_settled *settled;
	void *user;
	uint64_t points, deadline_mono_ns;
	uint32_t group;
} tel__commit;

typedef struct tel__circuit {
	uint32_t failures, auth_failures; /* consecutive */
	tel__backoff backoff;
	uint64_t probe_mono_ns;           /* not before, while open */
} tel__circuit;

/* An exporter, with the requests that are on their way through it. A reload replaces it; the old one ends with its last
 * request. */
typedef struct tel__transport {
	struct tel__transport *next;
	const tel__exporter_ops *exporter;
	tel__exporter_impl *impl;
	tel_config *config;               /* its options lie in it */
	void (*freed)(void *user);
	void *user;
	uint32_t flights;
} tel__transport;

/* What the configuration says of how to send. */
typedef struct tel__sender_rules {
	tel__retry_options retry;
	const char *coding;
	int level;                        /* of the compressor */
	size_t max_request_bytes;
	uint32_t max_flights;
	bool waits, blocks, has_queue;
	bool json;                        /* bodies are OTLP/JSON */
	const char *queue_unit;           /* of the queue's size and capacity; NULL = there is no queue */
} tel__sender_rules;

struct tel__sender {
	tel_ctx *ctx;
	const tel_alloc *alloc;
	tel__log_source source;
	tel_config *config;               /* names lie in it */
	tel__transport *transport;        /* for what is sent from now on */
	tel__transport *old_transports;
	tel__queue *queue;
	tel__sender_rules rules;
	uint64_t body_epoch;              /* grows when bodies have to look different */
	bool keeps_queue, holds_auth_failures;
	struct tel__coder *coder;         /* reused for every body */
	tel__group *groups;
	uint32_t group_count, next_group; /* round robin */
	tel__flight_list sending, waiting, idle;
	tel__load *idle_loads;
	tel__commit *commits, *idle_commits;
	tel__room_waiter *room_first, *room_last;
	tel__circuit circuit;
	tel__timer timer;
	tel__deferred deferred;
	bool draining, stuck;             /* stuck: out of memory, pump again soon */
	bool room_freed;                  /* since room waiters were last told */
	bool freeing;
	bool probed_old;                  /* the last probe was a batch that had failed before */
	uint64_t rooms_queued;            /* calls of wait_room, ever */
	uint64_t drain_deadline_ns;
	void (*on_drained)(void *user);
	void *drained_user;
	uint64_t partly_done_points;      /* settled points of records that are still in the queue */
	tel__sender_stats stats;
};

/* flight.c: pools and life of flights and loads */
tel__flight *tel__flight_get(tel__sender *s);
void tel__flight_put(tel__sender *s, tel__flight *f);      /* frees its bytes, drops no loads */
void tel__flight_drop(tel__sender *s, tel__flight *f);     /* with its share of the loads, silently: the end of the sender */
void tel__flight_move(tel__sender *s, tel__flight *f, tel__flight_state state);
bool tel__flight_reserve(tel__sender *s, tel__flight *f, size_t count); /* room for more slices */
void tel__flight_add_slices(tel__flight *f, const tel_slice *slices, size_t count); /* after reserve */
tel__load *tel__load_get(tel__sender *s);
bool tel__load_add(tel__sender *s, tel__load *l, const tel__queue_item *item);
void tel__load_put(tel__sender *s, tel__load *l);          /* back to the pool; its records are acked or nacked already */
void tel__flight_pools_fini(tel__sender *s);

/* batch.c: what a request is made of */
bool tel__group_ready(const tel__sender *s, uint32_t group, uint64_t now, uint64_t *ret_due, bool *ret_by_time);
tel__flight *tel__batch_take(tel__sender *s, uint32_t group, bool by_time, uint64_t now);
/* For senders that wait and cannot send now: answers the oldest records whose callers are gone. Returns the deadline of
 * the first that is still waited for. */
uint64_t tel__batch_purge(tel__sender *s, uint32_t group, uint64_t now);
/* Halves of a flight for HTTP 413: the flight keeps the first half, the other is a new flight that waits for now.
 * TEL_ERR_LIMIT: it is one point; TEL_ERR_NOMEM; TEL_ERR_MALFORMED. */
tel_err tel__batch_halve(tel__sender *s, tel__flight *f, uint64_t now);
/* Makes the wire body once. Without memory: not compressed, or, when it is JSON, TEL_ERR_NOMEM or TEL_ERR_BUDGET. */
tel_err tel__batch_body(tel__sender *s, tel__flight *f, tel_error *err);
/* NULL = not compressed: there is no coding, or no memory. */
tel_buf *tel__batch_compress(tel__sender *s, const tel_slice *slices, size_t count);
/* Makes ready for a coding beside those before; NULL = none. */
tel_err tel__batch_compress_init(tel__sender *s, const char *name, tel_error *err); /* TEL_ERR_UNSUPPORTED, TEL_ERR_ARG, TEL_ERR_NOMEM */
void tel__batch_compress_fini(tel__sender *s);

/* settle.c: results, counters, acks */
typedef enum tel__end { TEL__END_SENT, TEL__END_DROPPED, TEL__END_KEPT } tel__end;
void tel__settle_flight(tel__sender *s, tel__flight *f, tel__end end, tel__drop reason, const tel__export_outcome *outcome);
void tel__settle_carry(tel__sender *s, tel__group *g, tel__end end, tel__drop reason);
void tel__settle_item(tel__sender *s, const tel__queue_item *item, tel__drop reason); /* straight from the queue */

/* waiters.c */
bool tel__waiters_push(tel__sender *s, tel__waiters *w, const tel__waiter *waiter);
void tel__waiters_pop_last(tel__waiters *w);
tel__waiter *tel__waiters_nth(tel__waiters *w, size_t i);
tel__waiter *tel__waiters_at(tel__waiters *w, uint64_t id);
void tel__waiters_trim(tel__waiters *w); /* forget settled ones at the front */
void tel__waiters_fini(tel__sender *s, tel__waiters *w);

/* door.c */
void tel__commits_fini(tel__sender *s);

/* attempt.c: one attempt, what its answer means, the circuit */
void tel__attempt_start(tel__sender *s, tel__flight *f, uint64_t now);
bool tel__circuit_open(const tel__sender *s);
void tel__attempt_give_up(tel__sender *s, tel__flight *f, tel__drop reason);

/* layout.c: what options mean */
void tel__sender_rules_of(const tel__sender_opts *opts, tel__sender_rules *ret_rules);
tel_err tel__sender_check(const tel__sender_rules *rules, const tel__sender_opts *opts, tel_error *err);
tel__sender_group tel__sender_group_of(const tel__sender_opts *opts, uint32_t index);
tel_slice tel__sender_group_name(const tel__sender_opts *opts, uint32_t index);
uint32_t tel__sender_group_count(const tel__sender_opts *opts); /* at least 1 */
/* The queue's measure; batch_points is filled for these groups and must live as long as ret_size. */
void tel__sender_size_of(const tel__sender_rules *rules, const tel__sender_opts *opts, const tel__group *groups,
                         uint32_t count, uint64_t *batch_points, tel__queue_size *ret_size);

/* renew.c */
tel__transport *tel__transport_new(const tel__sender_opts *opts); /* takes impl over; NULL: no memory */
void tel__transport_free(tel__transport *t, const tel_alloc *alloc);
void tel__transports_trim(tel__sender *s); /* those whose last request is done */

/* sender.c */
void tel__sender_kick(tel__sender *s); /* pump from the loop */
void tel__sender_log(const tel__sender *s, tel_log_level level, const char *msg, const tel_log_field *fields, size_t count);

#endif
