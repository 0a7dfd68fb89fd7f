/* SPDX-License-Identifier: Apache-2.0 */
/* The end of data: counted, acked, told to who waits. One place, so that the ledger of sink/sender.h stays exact. */
#include "sink/sender_i.h"

static void count_end(tel__sender *s, uint64_t points, tel__end end, tel__drop reason, uint64_t rejected)
{
	tel__sender_stats *st = &s->stats;
	if (end == TEL__END_KEPT)
		return;
	if (end == TEL__END_SENT) {
		st->sent_points += points - rejected;
		st->rejected_points += rejected;
		return;
	}
	if (reason != TEL__DROP_CANCELLED)
		st->send_failed_points += points;
	if (s->rules.waits && reason != TEL__DROP_CANCELLED)
		st->returned_points += points;
	else
		st->dropped_points[reason] += points;
}

static tel_err code_of(tel__end end, tel__drop reason)
{
	if (end == TEL__END_SENT)
		return TEL_OK;
	return reason == TEL__DROP_PERMANENT || reason == TEL__DROP_TOO_LARGE ? TEL_ERR_REJECTED : TEL_ERR_REFUSED;
}

/* Several flights may carry parts of one record: a permanent failure outweighs a retryable one (design.md 5). */
static void load_result(tel__load *l, tel_err err, const tel__export_outcome *outcome)
{
	if (err == TEL_OK && (l->err || !outcome || !outcome->rejected_points))
		return;
	if (l->err == TEL_ERR_REJECTED || (l->err && err == TEL_ERR_REFUSED))
		return;
	l->err = err;
	l->has_outcome = outcome != NULL;
	if (!outcome)
		return;
	size_t n = outcome->message.len < sizeof l->text ? outcome->message.len : sizeof l->text;
	memcpy(l->text, outcome->message.ptr, n);
	l->outcome = *outcome;
	l->outcome.message = (tel_slice){ l->text, n };
}

static void answer(tel__sender *s, uint32_t group, uint64_t id, tel_err err, const tel__export_outcome *outcome)
{
	tel__waiters *ring = &s->groups[group].waiters;
	tel__waiter *w = tel__waiters_at(ring, id);
	if (!w || w->done)
		return;
	tel__waiter copy = *w; /* the callback may commit, which may move the ring */
	w->done = true;
	tel__waiters_trim(ring);
	if (!copy.cancelled)
		copy.settled(copy.user, err, outcome);
}

/* Drops one flight's (or the carry's) reference. The last one acks the records and answers who waits for them. */
static void load_release(tel__sender *s, tel__load *l, bool kept)
{
	if (--l->refs)
		return;
	for (uint32_t i = 0; i < l->run_count; i++) {
		const tel__load_run *r = &l->runs[i];
		(kept ? s->queue->ops->nack : s->queue->ops->ack)(s->queue, r->first_id, r->records);
	}
	s->partly_done_points -= l->points;
	s->room_freed = true;
	for (uint32_t i = 0; s->rules.waits && i < l->run_count; i++)
		for (uint32_t k = 0; k < l->runs[i].records; k++)
			answer(s, l->runs[i].group, l->runs[i].first_id + k, l->err, l->has_outcome ? &l->outcome : NULL);
	tel__load_put(s, l);
}

void tel__settle_flight(tel__sender *s, tel__flight *f, tel__end end, tel__drop reason,
                        const tel__export_outcome *outcome)
{
	tel__load *loads[TEL__FLIGHT_LOADS];
	uint32_t count = f->load_count;
	uint64_t rejected = end == TEL__END_SENT && outcome ? outcome->rejected_points : 0;
	count_end(s, f->points, end, reason, rejected > f->points ? f->points : rejected);
	s->partly_done_points += f->points;
	for (uint32_t i = 0; i < count; i++) {
		loads[i] = f->loads[i];
		if (end != TEL__END_KEPT)
			load_result(loads[i], code_of(end, reason), outcome);
	}
	tel__flight_put(s, f);
	for (uint32_t i = 0; i < count; i++)
		load_release(s, loads[i], end == TEL__END_KEPT);
}

void tel__settle_carry(tel__sender *s, tel__group *g, tel__end end, tel__drop reason)
{
	tel__load *l = g->carry_load;
	if (!l)
		return;
	count_end(s, g->carry_points, end, reason, 0);
	s->partly_done_points += g->carry_points;
	if (end != TEL__END_KEPT)
		load_result(l, code_of(end, reason), NULL);
	tel_metrics_free(g->head);
	tel_metrics_free(g->carry);
	g->head = g->carry = NULL;
	g->carry_load = NULL;
	load_release(s, l, end == TEL__END_KEPT);
}

void tel__settle_item(tel__sender *s, const tel__queue_item *item, tel__drop reason)
{
	tel__queue_item it = *item;
	count_end(s, it.points, TEL__END_DROPPED, reason, 0);
	s->queue->ops->ack(s->queue, it.first_id, it.records);
	s->room_freed = true;
	for (uint32_t k = 0; s->rules.waits && k < it.records; k++)
		answer(s, it.group, it.first_id + k, code_of(TEL__END_DROPPED, reason), NULL);
}
