/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request from receipt to answer: run the graph into a plan, reserve room in every queue of the plan, commit
 * everything, settle when each share is as safe as its queue promises (design.md 5). Until reserve has answered nothing
 * is written, counted or advanced.
 */
#include <string.h>

#include "base/buf_i.h"
#include "base/error_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "flow/flow_i.h"
#include "model/encode.h"
#include "net/grpc_server.h"

static void refuse(tel_flow *flow, tel_receipt *receipt, tel__flow_refusal reason, tel_verdict verdict, int32_t status,
                   tel_slice message)
{
	tel_outcome outcome = TEL_OUTCOME_INIT;

	flow->refused_points[reason] += tel__receipt_points(receipt);
	/* Room comes back in about a second or not soon: a hint keeps clients from coming at once (delivery.md 1.3). */
	if (verdict == TEL_VERDICT_RETRY && (reason == TEL__FLOW_QUEUE_FULL || reason == TEL__FLOW_MEMORY))
		outcome.retry_after_ns = TEL__RETRY_HINT_NS;
	outcome.verdict = verdict;
	outcome.grpc_status = status;
	outcome.message = message;
	tel_receipt_settle(receipt, &outcome);
}

static void refuse_out_of_memory(tel_flow *flow, tel_receipt *receipt)
{
	refuse(flow, receipt, TEL__FLOW_MEMORY, TEL_VERDICT_RETRY, TEL__GRPC_UNAVAILABLE, TEL_SLICE_LIT("out of memory"));
}

static void refuse_stopping(tel_flow *flow, tel_receipt *receipt)
{
	refuse(flow, receipt, TEL__FLOW_STOPPING, TEL_VERDICT_RETRY, TEL__GRPC_UNAVAILABLE,
	       TEL_SLICE_LIT("the server is stopping"));
}

/* ---- pending: shares that are not settled yet ---- */

static tel__pending *pending_open(tel_flow *flow, tel_receipt *receipt)
{
	tel__pending *p = flow->spare;

	if (p)
		flow->spare = p->next;
	else if (!(p = tel__mem_new(flow->alloc, 1, sizeof(*p))))
		return NULL;
	p->flow = flow;
	p->receipt = receipt;
	p->waiting = 1;
	p->taken = false;
	p->shares = NULL;
	p->outcome = (tel_outcome)TEL_OUTCOME_INIT;
	p->prev = NULL;
	p->next = flow->open;
	if (flow->open)
		flow->open->prev = p;
	flow->open = p;
	return p;
}

static tel__share *share_open(tel__pending *p, tel__flow_exporter *x, uint64_t points)
{
	tel_flow *flow = p->flow;
	tel__share *share = flow->spare_shares;

	if (share)
		flow->spare_shares = share->next;
	else if (!(share = tel__mem_new(flow->alloc, 1, sizeof(*share))))
		return NULL;
	*share = (tel__share){ p->shares, p, x, points, false };
	p->shares = share;
	return share;
}

static void share_close(tel__share *share)
{
	tel_flow *flow = share->pending->flow;

	share->next = flow->spare_shares;
	flow->spare_shares = share;
}

/* The client hears success, because another pipeline took the request: what this exporter could not deliver is lost, not
 * returned. */
static void lose(tel_flow *flow, const tel__share *share)
{
	for (tel__flow_exporter *x = flow->exporters; x; x = x->next)
		if (x == share->exporter)
			tel__sender_untold(x->sender, share->points);
}

static void pending_close(tel__pending *p)
{
	tel_flow *flow = p->flow;
	bool failed = p->outcome.verdict != TEL_VERDICT_OK, taken = p->taken && !(failed && flow->fanout_all);
	tel__share *share;

	while ((share = p->shares)) {
		p->shares = share->next;
		if (taken && share->failed)
			lose(flow, share);
		share_close(share);
	}
	if (!taken)
		flow->refused_points[p->refusal] += tel__receipt_points(p->receipt);
	tel_receipt_settle(p->receipt, taken ? NULL : &p->outcome);
	if (p->prev)
		p->prev->next = p->next;
	else
		flow->open = p->next;
	if (p->next)
		p->next->prev = p->prev;
	p->next = flow->spare;
	flow->spare = p;
}

static void pending_drop(tel__pending *p)
{
	if (--p->waiting == 0)
		pending_close(p);
}

/* Keeps the worst outcome: permanent before retry, as the Collector combines the errors of a fan-out. */
static void pending_fail(tel__pending *p, tel__flow_refusal reason, tel_verdict verdict, int32_t status,
                         uint64_t retry_after_ns, tel_slice message)
{
	tel_slice text = tel__slice_cut(message, sizeof(p->message));

	if (p->outcome.verdict >= verdict)
		return;
	if (text.len)
		memcpy(p->message, text.ptr, text.len);
	p->refusal = reason;
	p->outcome.verdict = verdict;
	p->outcome.grpc_status = status;
	p->outcome.retry_after_ns = retry_after_ns;
	p->outcome.message = (tel_slice){ p->message, text.len };
}

static void on_settled(void *user, tel_err err, const tel__export_outcome *outcome)
{
	tel__pending *p = user;

	if (err == TEL_OK) {
		p->taken = true;
	} else {
		tel_verdict verdict = err == TEL_ERR_REJECTED ? TEL_VERDICT_PERMANENT : TEL_VERDICT_RETRY;
		tel_slice message = outcome ? outcome->message : TEL_SLICE_LIT("the queue could not keep the data");
		pending_fail(p, outcome ? TEL__FLOW_BACKEND : TEL__FLOW_MEMORY, verdict, outcome ? outcome->grpc_status : 0,
		             outcome ? outcome->retry_after_ns : 0, message);
	}
	pending_drop(p);
}

/* Of an exporter whose callers wait for the result. */
static void on_share_settled(void *user, tel_err err, const tel__export_outcome *outcome)
{
	tel__share *share = user;

	share->failed = err == TEL_ERR_REFUSED || err == TEL_ERR_REJECTED; /* else the sender never had it */
	on_settled(share->pending, err, outcome);
}

/* ---- reserve ---- */

static bool seats_for_entries(tel_flow *flow, size_t count)
{
	tel__flow_seat *seats;

	if (count <= flow->seat_cap)
		return true;
	seats = tel__mem_resize(flow->alloc, flow->seats, flow->seat_cap, count, sizeof(*seats));
	if (!seats)
		return false;
	flow->seats = seats;
	flow->seat_cap = count;
	return true;
}

static void give_back(tel__flow_generation *g, const tel_plan *plan, size_t count)
{
	tel_flow *flow = g->flow;

	for (size_t i = 0; i < count; i++) {
		if (flow->seats[i].room.held) {
			const tel_plan_entry *entry = tel_plan_get(plan, i);
			tel__sender_unreserve(g->outlets[entry->exporter_index].exporter->sender, &flow->seats[i].room);
		}
	}
}

static bool holds_room_in(const tel__flow_generation *g, const tel_plan *plan, size_t count, const tel__flow_exporter *x)
{
	for (size_t i = 0; i < count; i++)
		if (g->flow->seats[i].room.held && g->outlets[tel_plan_get(plan, i)->exporter_index].exporter == x)
			return true;
	return false;
}

/* How many shares got room. *ret_blocked: a sender to wait for (block_on_overflow); nothing is held then. Nothing is
 * counted: who waits comes back. */
static size_t reserve_all(tel__flow_generation *g, const tel_plan *plan, tel__sender **ret_blocked)
{
	tel_flow *flow = g->flow;
	size_t count = tel_plan_count(plan), held = 0;

	for (size_t i = 0; i < count; i++) {
		const tel_plan_entry *entry = tel_plan_get(plan, i);
		tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;
		const tel__flow_outlet *outlet = &g->outlets[entry->exporter_index];
		tel__sender *sender = outlet->exporter->sender;

		flow->seats[i].room.held = false;
		tel_metrics_count(entry->metrics, &counts);
		flow->seats[i].err = tel__sender_try(sender, outlet->groups[entry->group], counts.live_bytes, entry->points,
		                                     holds_room_in(g, plan, i, outlet->exporter), &flow->seats[i].room);
		if (flow->seats[i].err == TEL_OK) {
			held++;
		} else if (flow->seats[i].err == TEL_ERR_AGAIN) {
			give_back(g, plan, i);
			*ret_blocked = sender;
			return 0;
		}
	}
	return held;
}

/* What became of a plan is final: each queue that did not take its share counts it, once. */
static void count_refused(tel__flow_generation *g, const tel_plan *plan, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const tel_plan_entry *entry = tel_plan_get(plan, i);
		if (g->flow->seats[i].err)
			tel__sender_refused(g->outlets[entry->exporter_index].exporter->sender, entry->points, g->flow->seats[i].err);
	}
}

static void refuse_full(tel_flow *flow, tel_receipt *receipt, size_t count)
{
	bool never, memory = false, stopping = false;
	size_t too_large = 0;

	for (size_t i = 0; i < count; i++) {
		too_large += flow->seats[i].err == TEL_ERR_LIMIT;
		memory = memory || flow->seats[i].err == TEL_ERR_BUDGET;
		stopping = stopping || flow->seats[i].err == TEL_ERR_STATE;
	}
	never = flow->fanout_all ? too_large > 0 : too_large == count; /* trying again is of no use */
	if (never)
		refuse(flow, receipt, TEL__FLOW_TOO_LARGE, TEL_VERDICT_PERMANENT, TEL__GRPC_RESOURCE_EXHAUSTED,
		       TEL_SLICE_LIT("element size too large"));
	else if (stopping)
		refuse_stopping(flow, receipt);
	else if (memory)
		refuse(flow, receipt, TEL__FLOW_MEMORY, TEL_VERDICT_RETRY, TEL__GRPC_UNAVAILABLE,
		       TEL_SLICE_LIT("data refused due to high memory usage"));
	else
		refuse(flow, receipt, TEL__FLOW_QUEUE_FULL, TEL_VERDICT_RETRY, TEL__GRPC_UNAVAILABLE,
		       TEL_SLICE_LIT("sending queue is full"));
}

/* ---- commit ---- */

/* Bodies that a record refers to are charged already, by themselves: the queue must not charge them again. */
static size_t charged_bytes(const tel_flow *flow, const tel__encoded *encoded)
{
	size_t charged = 0;

	for (size_t i = 0; i < encoded->buf_count; i++)
		charged += tel__buf_charged(encoded->bufs[i], tel__ctx_budget(flow->ctx));
	return charged;
}

static tel_err commit_entry(tel__flow_exporter *x, const tel_plan_entry *entry, tel__queue_room *room,
                            uint64_t deadline_mono_ns, tel__pending *pending)
{
	tel__encoded encoded;
	tel__queue_record record;
	tel__share *share = NULL;
	tel_err rc = tel__metrics_slices(entry->metrics, &encoded);

	if (rc)
		return rc;
	if (tel__sender_waits(x->sender) && !(share = share_open(pending, x, entry->points))) {
		tel__encoded_fini(&encoded);
		return TEL_ERR_NOMEM;
	}
	record = (tel__queue_record){
		.slices = encoded.slices,
		.slice_count = encoded.slice_count,
		.bufs = encoded.bufs,
		.buf_count = encoded.buf_count,
		.bytes = encoded.bytes,
		.pinned_bytes = encoded.pinned_bytes,
		.charged_bytes = charged_bytes(x->flow, &encoded),
		.points = entry->points,
		.group = room->group,
		.mono_ns = tel__ctx_mono_ns(x->flow->ctx),
	};
	pending->waiting++;
	x->handed_points += entry->points;
	if (share)
		tel__sender_commit(x->sender, room, &record, deadline_mono_ns, on_share_settled, share);
	else
		tel__sender_commit(x->sender, room, &record, deadline_mono_ns, on_settled, pending);
	tel__encoded_fini(&encoded);
	return TEL_OK;
}

static void commit_all(tel__flow_generation *g, tel_plan *plan, tel_receipt *receipt, tel__pending *pending)
{
	tel_flow *flow = g->flow;
	uint64_t deadline = tel_receipt_origin(receipt)->deadline_mono_ns;
	size_t count = tel_plan_count(plan);

	tel_plan_commit(plan);
	for (size_t i = 0; i < count; i++) {
		const tel_plan_entry *entry = tel_plan_get(plan, i);
		tel__flow_exporter *x = g->outlets[entry->exporter_index].exporter;

		if (!flow->seats[i].room.held) {
			x->isolated_points += entry->points;
		} else if (commit_entry(x, entry, &flow->seats[i].room, deadline, pending)) {
			tel__sender_unreserve(x->sender, &flow->seats[i].room);
			pending_fail(pending, TEL__FLOW_MEMORY, TEL_VERDICT_RETRY, TEL__GRPC_UNAVAILABLE, 0,
			             TEL_SLICE_LIT("out of memory"));
			x->isolated_points += entry->points;
		}
	}
	pending_drop(pending);
}

/* ---- parked: block_on_overflow ---- */

static void accept_plan(tel__flow_generation *g, tel_plan **plan, tel_receipt *receipt);

static void parked_unlink(tel__parked *parked)
{
	if (parked->prev)
		parked->prev->next = parked->next;
	else
		parked->generation->flow->parked = parked->next;
	if (parked->next)
		parked->next->prev = parked->prev;
}

static void parked_free(tel__parked *parked)
{
	tel__flow_generation *g = parked->generation;

	tel_plan_free(parked->plan);
	tel__mem_free(g->flow->alloc, parked, 1, sizeof(*parked));
	tel__flow_generation_release(g);
}

static void on_room(void *user)
{
	tel__parked *parked = user;

	tel__receipt_watch(parked->receipt, NULL, NULL);
	parked_unlink(parked);
	accept_plan(parked->generation, &parked->plan, parked->receipt);
	tel__flow_generation_settle(parked->generation);
	parked_free(parked);
}

/* Nobody waits for the answer: sent later, the data would only be a duplicate of what the client sends again. */
static void on_gone(void *user)
{
	tel__parked *parked = user;

	tel__sender_unwait_room(parked->sender, &parked->waiter);
	parked_unlink(parked);
	refuse(parked->generation->flow, parked->receipt, TEL__FLOW_GONE, TEL_VERDICT_RETRY, 0, (tel_slice){ NULL, 0 });
	parked_free(parked);
}

/* Takes *plan over and leaves a fresh one, or none. */
static bool park(tel__flow_generation *g, tel_plan **plan, tel_receipt *receipt, tel__sender *sender)
{
	tel_flow *flow = g->flow;
	tel__parked *parked = tel__mem_zero(flow->alloc, 1, sizeof(*parked));
	tel_plan *fresh = NULL;

	if (!parked || tel_plan_new(g->graph, &fresh, NULL)) {
		if (parked)
			tel__mem_free(flow->alloc, parked, 1, sizeof(*parked));
		return false;
	}
	parked->generation = g;
	g->users++;
	parked->receipt = receipt;
	parked->plan = *plan;
	*plan = fresh;
	parked->sender = sender;
	parked->waiter.on_room = on_room;
	parked->waiter.user = parked;
	parked->next = flow->parked;
	if (flow->parked)
		flow->parked->prev = parked;
	flow->parked = parked;
	tel__sender_wait_room(sender, &parked->waiter);
	tel__receipt_watch(receipt, on_gone, parked);
	return true;
}

/* ---- the whole way ---- */

static void accept_plan(tel__flow_generation *g, tel_plan **plan, tel_receipt *receipt)
{
	tel_flow *flow = g->flow;
	size_t count = tel_plan_count(*plan), held;
	tel__sender *blocked = NULL;
	tel__pending *pending;

	if (count == 0) {
		tel_outcome filtered = TEL_OUTCOME_INIT;
		filtered.verdict = TEL_VERDICT_FILTERED;
		tel_plan_commit(*plan);
		tel_receipt_settle(receipt, &filtered);
		return;
	}
	if (!seats_for_entries(flow, count)) {
		refuse_out_of_memory(flow, receipt);
		return;
	}
	held = reserve_all(g, *plan, &blocked);
	if (blocked) {
		if (!park(g, plan, receipt, blocked))
			refuse_out_of_memory(flow, receipt);
		return;
	}
	if (held == 0 || (flow->fanout_all && held < count)) {
		give_back(g, *plan, count);
		count_refused(g, *plan, count);
		refuse_full(flow, receipt, count);
		return;
	}
	pending = pending_open(flow, receipt);
	if (!pending) {
		give_back(g, *plan, count);
		refuse_out_of_memory(flow, receipt);
		return;
	}
	count_refused(g, *plan, count);
	commit_all(g, *plan, receipt, pending);
}

void tel__flow_on_metrics(tel_receipt *receipt, tel_metrics *metrics, void *user)
{
	tel__flow_receiver *r = user;
	tel__flow_generation *g = r->generation;
	tel_flow *flow = r->flow;
	tel_error err = TEL_ERROR_INIT;
	tel_err rc;

	tel_plan_reset(g->plan);
	rc = tel_graph_run(g->graph, r->id, metrics, tel_receipt_origin(receipt), tel__ctx_unix_ns(flow->ctx),
	                   tel__ctx_mono_ns(flow->ctx), g->plan, &err);
	if (rc == TEL_OK) {
		accept_plan(g, &g->plan, receipt);
	} else {
		bool memory = rc == TEL_ERR_NOMEM || rc == TEL_ERR_BUDGET, retry = memory || rc == TEL_ERR_REFUSED;
		refuse(flow, receipt, memory ? TEL__FLOW_MEMORY : TEL__FLOW_PROCESSOR,
		       retry ? TEL_VERDICT_RETRY : TEL_VERDICT_PERMANENT, 0, tel__slice_str(err.msg));
	}
	tel__flow_generation_settle(g);
	tel_plan_reset(g->plan); /* lets the batch go now, not with the next request */
}

void tel__flow_accept_fini(tel_flow *flow)
{
	tel__parked *parked;

	while ((parked = flow->parked)) {
		tel__sender_unwait_room(parked->sender, &parked->waiter);
		parked_unlink(parked);
		refuse_stopping(flow, parked->receipt);
		parked_free(parked);
	}
}

void tel__flow_accept_free(tel_flow *flow)
{
	tel__share *share;
	tel__pending *p;

	while ((p = flow->open)) {
		pending_fail(p, TEL__FLOW_STOPPING, TEL_VERDICT_RETRY, TEL__GRPC_UNAVAILABLE, 0,
		             TEL_SLICE_LIT("the server is stopping"));
		pending_close(p);
	}
	while ((share = flow->spare_shares)) {
		flow->spare_shares = share->next;
		tel__mem_free(flow->alloc, share, 1, sizeof(*share));
	}
	while ((p = flow->spare)) {
		flow->spare = p->next;
		tel__mem_free(flow->alloc, p, 1, sizeof(*p));
	}
	if (flow->seat_cap)
		tel__mem_free(flow->alloc, flow->seats, flow->seat_cap, sizeof(*flow->seats));
}
