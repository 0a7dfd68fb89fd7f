/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts: what stands between a request and its answer. */
#include <string.h>

#include "base/mem.h"
#include "base/slice_i.h"
#include "net/grpc_server.h"
#include "source/otlp_i.h"

/* A settled receipt rests before it is used again, so that settling it twice is noticed and does not answer somebody else. */
enum { SPARE_MAX = 256, SPARE_REST = 16 };

static void free_receipt(tel_receipt *receipt)
{
	tel_alloc alloc = receipt->alloc; /* the block that holds it goes */

	tel__mem_free(&alloc, receipt, 1, sizeof(*receipt));
}

static tel_receipt *take_spare(tel__otlp_receiver *r)
{
	tel_receipt *receipt = r->spare;

	r->spare = receipt->next;
	if (!r->spare)
		r->spare_end = NULL;
	r->spare_count--;
	return receipt;
}

static void put_spare(tel__otlp_receiver *r, tel_receipt *receipt)
{
	receipt->next = NULL;
	if (r->spare_end)
		r->spare_end->next = receipt;
	else
		r->spare = receipt;
	r->spare_end = receipt;
	r->spare_count++;
}

tel_receipt *tel__receipt_open(tel__otlp_door *door, tel__http_request *req)
{
	tel__otlp_receiver *r = door->receiver;
	tel_receipt *receipt = r->spare_count > SPARE_REST ? take_spare(r) : tel__mem_new(tel__ctx_alloc(r->ctx), 1, sizeof(*receipt));

	if (!receipt)
		return NULL;
	receipt->alloc = *tel__ctx_alloc(r->ctx);
	receipt->door = door;
	receipt->req = req;
	receipt->points = receipt->cut_points = 0;
	receipt->on_gone = NULL;
	receipt->on_lost = NULL;
	receipt->settled = false;
	receipt->cut_message[0] = '\0';
	receipt->prev = NULL;
	receipt->next = r->open;
	if (r->open)
		r->open->prev = receipt;
	r->open = receipt;
	r->open_count++;
	memcpy(receipt->peer, tel__http_peer(req), sizeof(receipt->peer) - 1);
	receipt->peer[sizeof(receipt->peer) - 1] = '\0';
	receipt->origin = (tel_origin)TEL_ORIGIN_INIT;
	receipt->origin.peer = tel__slice_str(receipt->peer);
	receipt->origin.transport = tel__slice_str(door->stats.transport);
	receipt->origin.deadline_mono_ns = tel__http_deadline(req);
	tel__http_set_data(req, receipt);
	return receipt;
}

static void unwatch(tel_receipt *receipt)
{
	receipt->on_lost = NULL;
	receipt->on_gone = NULL;
}

static void receipt_close(tel_receipt *receipt)
{
	tel__otlp_receiver *r = receipt->door->receiver;

	unwatch(receipt);
	if (receipt->prev)
		receipt->prev->next = receipt->next;
	else
		r->open = receipt->next;
	if (receipt->next)
		receipt->next->prev = receipt->prev;
	r->open_count--;
	receipt->settled = true;
	receipt->req = NULL;
	put_spare(r, receipt);
	if (r->spare_count > SPARE_MAX)
		free_receipt(take_spare(r));
}

uint64_t tel__receipt_points(const tel_receipt *receipt)
{
	return receipt->points;
}

void tel__receipt_watch(tel_receipt *receipt, void (*on_gone)(void *user), void *user)
{
	receipt->on_gone = on_gone;
	receipt->gone_user = user;
}

/* Both may settle the receipt: nothing is touched after them. A flow's receipt has no other watcher. */
void tel__receipt_lost(tel_receipt *receipt)
{
	void (*on_gone)(void *) = receipt->on_gone;
	void (*on_lost)(void *, tel_err) = receipt->on_lost;
	uint64_t now = tel__ctx_mono_ns(receipt->door->receiver->ctx);

	receipt->req = NULL; /* the batch is on its way; only the answer has nobody to go to */
	unwatch(receipt);
	if (on_gone)
		on_gone(receipt->gone_user);
	else if (on_lost)
		on_lost(receipt->lost_user, now >= receipt->origin.deadline_mono_ns ? TEL_ERR_TIMEOUT : TEL_ERR_CLOSED);
}

tel_err tel_receipt_watch(tel_receipt *receipt, void (*on_lost)(void *user, tel_err why), void *user)
{
	tel_err rc;

	if (!receipt)
		return TEL_ERR_ARG;
	if (receipt->settled)
		return TEL_ERR_STATE;
	if (!receipt->door || !receipt->req)
		return TEL_ERR_CLOSED;
	rc = tel__ctx_check(receipt->door->receiver->ctx, NULL);
	if (rc)
		return rc;
	receipt->on_lost = on_lost;
	receipt->lost_user = user;
	return TEL_OK;
}

const tel_origin *tel_receipt_origin(const tel_receipt *receipt)
{
	return &receipt->origin;
}

/* What decoding cut out and what the host rejected are one partial success. */
static void answer(tel_receipt *receipt, tel__http_request *req, const tel_outcome *outcome)
{
	static const tel__http_response reset = { .reset = true };
	uint64_t rejected = outcome->rejected_points < receipt->points ? outcome->rejected_points : receipt->points;

	if (outcome->verdict == TEL_VERDICT_ABORT) {
		tel__http_respond(req, &reset);
		return;
	}
	if (rejected && !receipt->cut_points) {
		tel_slice text = tel__slice_cut(outcome->message, sizeof(receipt->cut_message) - 1);
		if (text.len)
			memcpy(receipt->cut_message, text.ptr, text.len);
		receipt->cut_message[text.len] = '\0';
	}
	receipt->door->ops->answer(receipt->door, req, outcome, receipt->cut_points + rejected, receipt->cut_message);
}

static void count_points(tel__receiver_stats *stats, uint64_t points, const tel_outcome *outcome)
{
	bool taken = outcome->verdict == TEL_VERDICT_OK || outcome->verdict == TEL_VERDICT_FILTERED;
	uint64_t rejected = !taken || outcome->rejected_points > points ? points : outcome->rejected_points;

	stats->accepted_points += points - rejected;
	stats->refused_points += rejected;
}

/* What the caller knows of the outcome. */
static tel_err view_outcome(const tel_outcome *outcome, tel_outcome *ret_view)
{
	tel_outcome view = TEL_OUTCOME_INIT;

	if (outcome) {
		if (outcome->size < sizeof(view.size))
			return TEL_ERR_ARG;
		memcpy(&view, outcome, outcome->size < sizeof(view) ? outcome->size : sizeof(view));
		if ((unsigned)view.verdict > TEL_VERDICT_ABORT || view.grpc_status < 0 || view.grpc_status > TEL__GRPC_UNAUTHENTICATED)
			return TEL_ERR_ARG;
	}
	*ret_view = view;
	return TEL_OK;
}

tel_err tel_receipt_settle(tel_receipt *receipt, const tel_outcome *outcome)
{
	tel__otlp_door *door;
	tel__http_request *req;
	tel_outcome view;
	tel_err rc = receipt ? view_outcome(outcome, &view) : TEL_ERR_ARG;

	if (rc)
		return rc;
	if (receipt->settled)
		return TEL_ERR_STATE;
	door = receipt->door;
	if (!door) {
		free_receipt(receipt);
		return TEL_ERR_CLOSED;
	}
	rc = tel__ctx_check(door->receiver->ctx, NULL);
	if (rc)
		return rc;
	req = receipt->req;
	count_points(&door->stats, receipt->points, &view);
	if (req) {
		tel__http_set_data(req, NULL);
		answer(receipt, req, &view);
	}
	receipt_close(receipt);
	return req ? TEL_OK : TEL_ERR_CLOSED;
}

void tel__receipts_orphan(tel__otlp_receiver *r)
{
	tel_receipt *receipt, *next;

	for (receipt = r->open; receipt; receipt = next) {
		next = receipt->next;
		unwatch(receipt);
		if (receipt->req)
			tel__http_set_data(receipt->req, NULL);
		receipt->req = NULL;
		receipt->door = NULL;
	}
	r->open = NULL;
	r->open_count = 0;
}

void tel__receipts_free(tel__otlp_receiver *r)
{
	while (r->spare)
		free_receipt(take_spare(r));
}
