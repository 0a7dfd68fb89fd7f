/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_FLOW_FLOW_I_H
#define TEL_FLOW_FLOW_I_H
/*
 * Inside of a flow: receivers in front, a graph in the middle, a sender per exporter behind it. One request goes through
 * accept.c; self_metrics.c reads everybody's counters; drain.c ends it.
 */
#include <telemetry/flow.h>
#include <telemetry/graph.h>
#include <telemetry/receiver.h>

#include "config/config_i.h"
#include "flow/auths.h"
#include "flow/endpoint.h"
#include "graph/graph_i.h"
#include "sink/sender.h"
#include "source/receiver.h"

/* Why a decoded request was not taken: refused{reason} of the ledger (design.md 5). */
typedef enum tel__flow_refusal {
	TEL__FLOW_QUEUE_FULL,
	TEL__FLOW_TOO_LARGE,  /* never fits into the queue */
	TEL__FLOW_MEMORY,     /* budget, or the allocator */
	TEL__FLOW_STOPPING,
	TEL__FLOW_PROCESSOR,
	TEL__FLOW_BACKEND,    /* without a queue: the backend did not take it */
	TEL__FLOW_GONE,       /* the client left while the request waited for room */
	TEL__FLOW_REFUSALS
} tel__flow_refusal;

/*
 * Receivers, exporters and endpoints outlive the generation that they were made in: a reload hands on what is told the
 * same. component is what they were told last, in the configuration that they keep alive. doc/internals/reload.md.
 */
typedef struct tel__flow_receiver {
	struct tel__flow_receiver *next;         /* among those that leave */
	tel_flow *flow;
	struct tel__flow_generation *generation; /* whose graph its requests run through */
	tel_config *config;
	const tel__config_component *component;
	tel_slice id;
	const tel__receiver_ops *ops;
	tel__receiver_impl *impl;
	tel__flow_auth_user auth;
	uint64_t leave_mono_ns;                  /* it leaves: at the latest then */
	tel__receiver_stats base[TEL__RECEIVER_DOORS]; /* of those that have had its id, by transport */
	size_t base_count;
} tel__flow_receiver;

/* A sender, with what the flow counts beside it. */
typedef struct tel__flow_exporter {
	struct tel__flow_exporter *next;
	tel_flow *flow;
	tel_config *config;
	const tel__config_component *component;
	tel_slice id;
	tel__sender *sender;
	tel__flow_auth_user *auth; /* of the sender's transport, which frees it */
	uint32_t users;           /* generations with it in their graph; 0 = it leaves */
	bool linked;              /* among flow->exporters */
	uint64_t isolated_points; /* shares that were given up because another pipeline took the request */
	uint64_t handed_points;   /* given to the sender's commit: what it did not keep of them was not taken either */
	tel__sender_stats base;   /* of senders that have had its id */
} tel__flow_exporter;

/* Where an exporter of the graph leads. */
typedef struct tel__flow_outlet {
	tel__flow_exporter *exporter;
	uint32_t *groups;              /* by group of the graph: its number in the sender */
	uint32_t group_count;
	tel__sender_change *change;    /* until the generation starts */
	tel__flow_auth_user *auth;     /* of the transport that change brings; NULL = it brings none */
} tel__flow_outlet;

/* What otelcol_processor_batch_* of an id has beside the groups that are there now. */
typedef struct tel__flow_batch {
	tel_slice id;
	tel__group_stats base;
} tel__flow_batch;

/* A small HTTP endpoint: one of health, reader and pages is set. */
typedef struct tel__flow_endpoint {
	struct tel__flow_endpoint *next;         /* among those that leave */
	tel_flow *flow;
	struct tel__flow_generation *generation; /* that has it; NULL = the host's pages */
	tel_config *config;
	const tel__config_component *component;  /* NULL for readers */
	tel__endpoint *endpoint;
	const struct tel__health_options *health;
	const tel__config_reader *reader;
	bool pages;
	uint64_t leave_mono_ns;
} tel__flow_endpoint;

/* What one configuration runs. */
typedef struct tel__flow_generation {
	tel_flow *flow;
	uint64_t number;                /* 1, 2, ... */
	uint32_t users;                 /* being the newest, receivers that leave, parked requests */
	tel_config *config;
	tel_graph *graph;
	tel_plan *plan;                 /* of the request at hand */
	size_t budget_bytes;            /* limit of the memory budget; 0 = none */
	tel__flow_receiver **receivers;
	size_t receiver_count, receiver_cap;
	tel__flow_outlet *outlets;      /* by exporter_index of a plan entry */
	size_t outlet_count, outlet_cap;
	tel__flow_auths auths;
	tel__flow_batch *batches;
	size_t batch_count, batch_cap;
	tel__flow_endpoint **endpoints; /* extensions, then metrics readers */
	size_t endpoint_count, endpoint_cap;
	/* while it is made beside another one */
	struct tel__flow_generation *from;
	tel__http_before before;        /* servers of from that will go */
	tel__http_server **before_servers;
	size_t before_cap;
} tel__flow_generation;

/* What the queue of one plan entry answered. */
typedef struct tel__flow_seat {
	tel__queue_room room;
	tel_err err;
} tel__flow_seat;

/* What a request gave to an exporter whose callers wait for the result. */
typedef struct tel__share {
	struct tel__share *next;     /* of the same request, or spare */
	struct tel__pending *pending;
	tel__flow_exporter *exporter; /* may be gone when it has failed */
	uint64_t points;
	bool failed;
} tel__share;

/* One request between commit and the last settled share. */
typedef struct tel__pending {
	tel_flow *flow;
	tel_receipt *receipt;
	uint32_t waiting;            /* shares not settled, plus one while accept.c still commits */
	bool taken;                  /* some share is safe */
	tel__share *shares;          /* of exporters that have callers wait */
	tel_outcome outcome;         /* of the worst share; told when none is safe, with fanout=all in any case */
	tel__flow_refusal refusal;   /* and what to count it as */
	char message[256];
	struct tel__pending *prev, *next; /* open or spare list */
} tel__pending;

/* A request that waits for room (block_on_overflow). */
typedef struct tel__parked {
	tel__flow_generation *generation;
	tel_receipt *receipt;
	tel_plan *plan;
	tel__sender *sender;         /* whose room it waits for */
	tel__room_waiter waiter;
	struct tel__parked *prev, *next;
} tel__parked;

typedef enum tel__flow_state { TEL__FLOW_STARTING, TEL__FLOW_READY, TEL__FLOW_DRAINING } tel__flow_state;

/* What reloads leave behind. */
typedef struct tel__flow_history {
	uint64_t number;                 /* of the newest generation */
	uint64_t succeeded, failed;      /* reloads */
	uint64_t last_success_unix_ns;
	bool last_failed;
	uint64_t leave_ns;               /* time that what leaves has */
	tel__graph_counts gone_pipelines; /* of pipelines that are no more */
	tel__sender_stats gone_exporters;
	uint64_t gone_isolated;
} tel__flow_history;

struct tel_flow {
	tel_ctx *ctx;
	const tel_alloc *alloc;
	tel__flow_generation *now;   /* takes what comes in */
	tel__flow_exporter *exporters; /* all of them, in the order of their start, with those that leave */
	tel__flow_receiver *leaving_receivers;
	tel__flow_endpoint *leaving_endpoints;
	size_t generations;          /* alive */
	tel__timer leave_timer;
	tel__flow_history history;
	size_t baseline_bytes;       /* private memory before anything was taken in */
	tel__flow_endpoint *pages;   /* at pages_endpoint, while the configuration has no extension zpages; or NULL */
	const char *pages_endpoint;  /* "" = none */
	tel__flow_state state;
	bool fanout_all, forward_bad_utf8, strict_json, drop_auth_failures;
	uint32_t connections_per_peer;
	uint64_t started_unix_ns, started_mono_ns;
	const char *service_name, *service_version, *user_agent;
	char instance_id[40];
	/* of the request at hand, one per plan entry */
	tel__flow_seat *seats;
	size_t seat_cap;
	tel__pending *open, *spare;
	tel__share *spare_shares;
	tel__parked *parked;
	uint64_t refused_points[TEL__FLOW_REFUSALS];
	/* drain */
	tel__timer drain_timer;
	uint64_t drain_deadline_mono_ns, door_deadline_mono_ns;
	size_t draining_senders;
	bool drain_busy;
	void (*drained)(void *user, uint64_t unsent);
	void *drained_user;
};

TEL_PRIVATE_BEGIN

/* flow.c: what the configuration says of the flow itself, log sampling and pages. After each change of flow->now. */
void tel__flow_adjust(tel_flow *flow);
/* generation.c: made beside from (NULL = the first) without an effect, then started, which cannot fail */
tel_err tel__flow_generation_new(tel_flow *flow, tel_config *config, tel__flow_generation *from,
                                 tel__flow_generation **ret_generation, tel_error *err);
void tel__flow_generation_start(tel__flow_generation *g);
void tel__flow_generation_free(tel__flow_generation *g); /* of one that did not start; NULL is fine */
void tel__flow_generation_release(tel__flow_generation *g); /* one user less */
/* After requests ran through g: what they counted belongs to the newest one. */
void tel__flow_generation_settle(tel__flow_generation *g);
/* Who it was that could not start: otel-processing.md 9.2, late errors. */
tel_err tel__flow_blame(tel_err rc, tel_slice id, const char *kind, tel_error *err);
/* outlets.c */
tel_err tel__flow_make_outlets(tel__flow_generation *g, tel_error *err);
void tel__flow_start_outlets(tel__flow_generation *g);
void tel__flow_free_outlets(tel__flow_generation *g); /* those that started: releases their exporters */
void tel__flow_exporter_free(tel__flow_exporter *x);
/* With what its predecessors counted. isolated: shares that did not get in although the request did. */
void tel__flow_exporter_stats(const tel__flow_exporter *x, tel__sender_stats *ret_stats, uint64_t *ret_isolated);
void tel__flow_stats_add(tel__sender_stats *to, const tel__sender_stats *from);
/* receivers.c */
void tel__flow_keep_receivers(tel__flow_generation *g); /* first: which of them stay */
tel_err tel__flow_make_receivers(tel__flow_generation *g, tel_error *err);
void tel__flow_start_receivers(tel__flow_generation *g);
void tel__flow_free_receivers(tel__flow_generation *g);
void tel__flow_receiver_free(tel__flow_receiver *r);
/* Rows of stats, with what predecessors counted, and those that leave. */
size_t tel__flow_receiver_stats(const tel__flow_receiver *r, tel__receiver_stats *ret_stats, size_t cap);
/* endpoints.c */
void tel__flow_keep_endpoints(tel__flow_generation *g);
tel_err tel__flow_make_endpoints(tel__flow_generation *g, tel_error *err);
void tel__flow_start_endpoints(tel__flow_generation *g);
void tel__flow_free_endpoints(tel__flow_generation *g);
void tel__flow_say_health(const tel_flow *flow, const char *status); /* to the log */
void tel__flow_endpoint_free(tel__flow_endpoint *e); /* may be NULL */
/* leave.c */
tel_err tel__flow_leave_init(tel_flow *flow);
void tel__flow_leave_fini(tel_flow *flow); /* frees what is still leaving */
void tel__flow_leave_receiver(tel__flow_receiver *r);
void tel__flow_leave_endpoint(tel__flow_endpoint *e);
void tel__flow_leave_exporter(tel__flow_exporter *x);
/* Opens the pages of a host that asked for them, and closes them where the configuration says where they are. */
void tel__flow_pages_adjust(tel_flow *flow);
/* accept.c: what receivers call; user is a tel__flow_receiver. */
void tel__flow_on_metrics(tel_receipt *receipt, tel_metrics *metrics, void *user);
void tel__flow_accept_fini(tel_flow *flow); /* answers parked requests */
void tel__flow_accept_free(tel_flow *flow); /* after the senders, whose shares will not be settled any more */
/* self_metrics.c */
const char *tel__flow_refusal_name(tel__flow_refusal reason); /* label value */
tel_err tel__flow_write_metrics(const tel_flow *flow, const tel__config_reader *reader, tel__dynbuf *out);
/* drain.c */
tel_err tel__flow_drain_init(tel_flow *flow);
void tel__flow_drain_fini(tel_flow *flow);
size_t tel__flow_open(const tel_flow *flow); /* requests not answered */

TEL_PRIVATE_END
#endif
