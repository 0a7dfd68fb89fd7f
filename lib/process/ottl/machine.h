/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_OTTL_MACHINE_H
#define TEL_PROCESS_OTTL_MACHINE_H
/*
 * What evaluation works on. An item is where a walk over a batch stands, with views of the nodes that were read; whoever
 * walks enters nodes, and programs of any context read from it. A machine is what one user needs while programs run: room
 * for temporaries, the message of the error, budgets. Neither is shared; programs are.
 */
#include <telemetry/clock.h>
#include <telemetry/graph.h>
#include <telemetry/ottl.h>

#include "base/crypto.h"
#include "model/edit.h"
#include "process/ottl/value.h"
#include "wire/regex.h"

enum { TEL__OTTL_LEVELS = TEL_OTTL_DATAPOINT + 1 };

typedef struct tel__ottl_item {
	tel_metrics *batch;
	uint32_t r, s, k, p;             /* where it stands; p: index of the point in its metric */
	/* A number for each level that changes when another node is entered, or one at this level or above was edited. */
	uint64_t stamp[TEL__OTTL_LEVELS];
	uint64_t clock;
	uint8_t edited;                  /* lowest level that the statement which runs has edited; TEL__OTTL_LEVELS: none */
	tel_slice field;                 /* the point as a field with tag and length, unless it is open */
	tel_fields points;               /* what is left to walk of the points of a metric that is not open */
	/* Views, valid for the stamp beside them. */
	uint64_t seen[TEL__OTTL_LEVELS];
	tel_resource_view resource;
	tel_scope_view scope;
	tel_metric_view metric;
	tel_point_view point;
	const tel__point *opened;        /* the point is open: read this instead of point */
} tel__ottl_item;

/* What a part of a condition or an attribute came to, as long as the stamp of its level is the same. */
typedef struct tel__ottl_memo_slot {
	uint64_t stamp;
	uint8_t answer;        /* tel__ottl_answer; of an attribute: whether there is one */
	tel__ottl_value value; /* of the attribute */
} tel__ottl_memo_slot;

typedef struct tel__ottl_machine {
	tel_alloc alloc;
	const tel_log_sink *log;         /* may be NULL */
	const tel_crypto_ops *crypto;    /* may be NULL */
	tel__ottl_item *item;
	tel__arena *scratch;             /* temporaries, gone with the item */
	bool dirty;                      /* scratch holds something, or cache */
	tel__kvs cache;                  /* 2.5 */
	tel__dynbuf message;             /* why the evaluation failed */
	tel__dynbuf out;                 /* texts and messages while they are written */
	tel__regex_run *regex;
	tel_err rc;                      /* not TEL_OK: memory ran out, nothing goes on */
	uint64_t steps;                  /* left for this batch */
	size_t room;                     /* bytes that the batch's arena may hold at most */
	uint64_t unix_ns;
	const struct tel_origin *origin;
	const tel_random *random;        /* for UUID(); NULL: from the time and a counter */
	uint64_t counter;
	uint8_t limit;                   /* highest level that may be read: above it a condition is unknown */
	tel__ottl_memo_slot *memos;      /* of the program that runs */
	uint64_t failures;               /* statements and conditions that failed and were passed over */
	bool edited;                     /* an editor ran */
	uint64_t created;                /* points that editors made */
	tel__ottl_value hole;            /* what a function gets that an editor was given by name */
} tel__ottl_machine;

typedef enum tel__ottl_answer { TEL__OTTL_NO, TEL__OTTL_YES, TEL__OTTL_UNKNOWN, TEL__OTTL_FAILED } tel__ottl_answer;

TEL_PRIVATE_BEGIN

/* alloc NULL = the C library's. */
tel_err tel__ottl_machine_new(const tel_alloc *alloc, tel__ottl_machine **ret_machine);
void tel__ottl_machine_free(tel__ottl_machine *m);
/* Starts a batch: budgets, time. */
void tel__ottl_machine_begin(tel__ottl_machine *m, tel__ottl_item *item, uint64_t unix_ns, const struct tel_origin *origin);
/* Forgets temporaries and the cache: before each item. */
void tel__ottl_machine_reset(tel__ottl_machine *m);

/* Each of these gives up the evaluation: false, with the reason in message. */
bool tel__ottl_fail(tel__ottl_machine *m, const char *text);
bool tel__ottl_fail_fmt(tel__ottl_machine *m, const char *fmt, ...) TEL_PRINTF(2, 3);
/* expected X but got T */
bool tel__ottl_fail_type(tel__ottl_machine *m, const char *expected, const tel__ottl_value *got);
bool tel__ottl_fail_nomem(tel__ottl_machine *m);

/* Temporary memory, NULL: failed. */
void *tel__ottl_take(tel__ottl_machine *m, size_t size);
/* What was written to m->out from a position on, as temporary text; out is as long as before. */
bool tel__ottl_keep(tel__ottl_machine *m, size_t from, tel_slice *ret_text);
/* The same into the batch's arena, where it lives as long as the batch. */
bool tel__ottl_keep_in_batch(tel__ottl_machine *m, size_t from, tel_slice *ret_text);
/* A failed call of the model. */
bool tel__ottl_model(tel__ottl_machine *m, tel_err rc);

/* Walking: each forgets what is below. The item is the caller's, zeroed before its first batch. */
void tel__ottl_item_init(tel__ottl_item *item, tel_metrics *batch);
void tel__ottl_enter_resource(tel__ottl_item *item, uint32_t r);
void tel__ottl_enter_scope(tel__ottl_item *item, uint32_t s);
void tel__ottl_enter_metric(tel__ottl_item *item, uint32_t k);
/* Points one by one, whether the metric is open or not, or becomes open on the way. */
bool tel__ottl_next_point(tel__ottl_item *item);
/* A point that somebody else walks over. */
void tel__ottl_enter_point(tel__ottl_item *item, tel_slice payload);
/* Something at this level is about to change: nothing of it is remembered until tel__ottl_settle(). */
void tel__ottl_touch(tel__ottl_item *item, unsigned level);
/* What was touched has changed. */
void tel__ottl_settle(tel__ottl_item *item);

/* Views of where the item stands. Those of open nodes: the edit. */
const tel__envelope_edit *tel__ottl_open_of_resource(const tel__ottl_item *item);
const tel__envelope_edit *tel__ottl_open_of_scope(const tel__ottl_item *item);
const tel__metric_edit *tel__ottl_open_of_metric(const tel__ottl_item *item);
const tel_resource_view *tel__ottl_resource_view(tel__ottl_item *item);
const tel_scope_view *tel__ottl_scope_view(tel__ottl_item *item);
const tel_metric_view *tel__ottl_metric_view(tel__ottl_item *item);
const tel_point_view *tel__ottl_point_view(tel__ottl_item *item); /* NULL: the point is open, item->opened */
unsigned tel__ottl_metric_type_of(const tel__ottl_item *item);    /* tel_metric_type */

/* Opens nodes for writing; NULL: failed. */
tel__envelope_edit *tel__ottl_edit_resource(tel__ottl_machine *m);
tel__envelope_edit *tel__ottl_edit_scope(tel__ottl_machine *m);
tel__metric_edit *tel__ottl_edit_metric(tel__ottl_machine *m);
tel__point *tel__ottl_edit_point(tel__ottl_machine *m);
/* All points of the metric, opened. */
tel__metric_edit *tel__ottl_edit_points(tel__ottl_machine *m);

TEL_PRIVATE_END
#endif
