/* SPDX-License-Identifier: Apache-2.0 */
/* The sender's door: reserve, commit, take back, wait for room; and what it tells about itself. */
#include "base/mem.h"
#include "sink/sender_i.h"

bool tel__sender_waits(const tel__sender *s)
{
	return s->rules.waits;
}

static tel_err refuse(tel__sender *s, uint64_t points, tel_err e)
{
	static const struct {
		tel_err err;
		const char *text;
	} texts[] = {
		{ TEL_ERR_FULL, "sending queue is full" },
		{ TEL_ERR_LIMIT, "element size too large" },
		{ TEL_ERR_BUDGET, "no room in the memory budget" },
		{ TEL_ERR_STATE, "interrupted due to shutdown" },
	};
	const char *text = "the queue cannot keep the data";
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		if (texts[i].err == e)
			text = texts[i].text;
	s->stats.enqueue_failed_points += points;
	tel_log_field fields[] = {
		TEL__LOG_STR("error", tel__slice_str(text)),
		TEL__LOG_NUM("rejected_items", points),
	};
	tel__sender_log(s, TEL_LOG_ERROR, "Exporting failed. Rejecting data.", fields, 2);
	return e;
}

static bool is_empty(const tel__sender *s)
{
	tel__queue_stats q;
	s->queue->ops->stats(s->queue, &q);
	return q.records == 0;
}

tel_err tel__sender_try(tel__sender *s, uint32_t group, size_t bytes, uint64_t points, bool again,
                        tel__queue_room *ret_room)
{
	if (s->draining)
		return TEL_ERR_STATE;
	bool over = again && !s->commits && is_empty(s);
	tel_err e = (over ? s->queue->ops->reserve_over : s->queue->ops->reserve)(s->queue, bytes, points, group, ret_room);
	return e == TEL_ERR_FULL && s->rules.blocks ? TEL_ERR_AGAIN : e;
}

void tel__sender_refused(tel__sender *s, uint64_t points, tel_err err)
{
	(void)refuse(s, points, err);
}

void tel__sender_untold(tel__sender *s, uint64_t points)
{
	uint64_t n = points < s->stats.returned_points ? points : s->stats.returned_points;
	s->stats.returned_points -= n;
	s->stats.dropped_points[TEL__DROP_UNTOLD] += n;
}

tel_err tel__sender_reserve(tel__sender *s, uint32_t group, size_t bytes, uint64_t points, tel__queue_room *ret_room)
{
	tel_err e = tel__sender_try(s, group, bytes, points, false, ret_room);
	return e == TEL_OK || e == TEL_ERR_AGAIN ? e : refuse(s, points, e);
}

void tel__sender_unreserve(tel__sender *s, tel__queue_room *room)
{
	if (!room->held)
		return;
	s->queue->ops->unreserve(s->queue, room);
	s->room_freed = true;
	if (s->room_first)
		tel__sender_kick(s);
}

void tel__sender_wait_room(tel__sender *s, tel__room_waiter *w)
{
	w->next = NULL;
	w->waiting = true;
	*(s->room_last ? &s->room_last->next : &s->room_first) = w;
	s->room_last = w;
	s->rooms_queued++;
}

void tel__sender_unwait_room(tel__sender *s, tel__room_waiter *w)
{
	tel__room_waiter *before = NULL;
	if (!w->waiting)
		return;
	for (tel__room_waiter *at = s->room_first; at && at != w; at = at->next)
		before = at;
	*(before ? &before->next : &s->room_first) = w->next;
	if (s->room_last == w)
		s->room_last = before;
	w->waiting = false;
}

/* ---- commits ---- */

static tel__commit *commit_get(tel__sender *s)
{
	tel__commit *c = s->idle_commits;
	if (c)
		s->idle_commits = c->next;
	else
		c = tel__mem_new(s->alloc, 1, sizeof *c);
	if (!c)
		return NULL;
	*c = (tel__commit){ .next = s->commits };
	if (c->next)
		c->next->prev = c;
	s->commits = c;
	return c;
}

static void commit_put(tel__sender *s, tel__commit *c)
{
	*(c->prev ? &c->prev->next : &s->commits) = c->next;
	if (c->next)
		c->next->prev = c->prev;
	c->next = s->idle_commits;
	s->idle_commits = c;
}

void tel__commits_fini(tel__sender *s)
{
	while (s->commits)
		commit_put(s, s->commits);
	for (tel__commit *c = s->idle_commits, *next; c; c = next) {
		next = c->next;
		tel__mem_free(s->alloc, c, 1, sizeof *c);
	}
	s->idle_commits = NULL;
}

static void on_committed(void *user, tel_err err)
{
	tel__commit *c = user, copy = *c;
	tel__sender *s = copy.sender;
	commit_put(s, c);
	if (s->freeing)
		return;
	tel__sender_kick(s); /* also without data: a drain may wait for the answer */
	if (err == TEL_OK)
		s->stats.committed_points += copy.points;
	else if (s->rules.waits)
		tel__waiters_pop_last(&s->groups[copy.group].waiters);
	if (err)
		refuse(s, copy.points, err);
	if (err || !s->rules.waits)
		copy.settled(copy.user, err, NULL);
}

void tel__sender_commit(tel__sender *s, tel__queue_room *room, const tel__queue_record *record,
                        uint64_t deadline_mono_ns, tel__sender_settled *settled, void *user)
{
	tel__waiters *ring = &s->groups[record->group].waiters;
	if (record->bytes == 0) { /* an element of size 0 is dropped with success: otel-processing.md 9.3 */
		tel__sender_unreserve(s, room);
		settled(user, TEL_OK, NULL);
		return;
	}
	tel__waiter w = { .settled = settled, .user = user, .deadline_mono_ns = deadline_mono_ns };
	tel__commit *c = commit_get(s);
	if (!c || (s->rules.waits && !tel__waiters_push(s, ring, &w))) {
		if (c)
			commit_put(s, c);
		tel__sender_unreserve(s, room);
		refuse(s, record->points, TEL_ERR_NOMEM);
		settled(user, TEL_ERR_NOMEM, NULL);
		return;
	}
	c->sender = s;
	c->settled = settled;
	c->user = user;
	c->points = record->points;
	c->group = record->group;
	s->queue->ops->commit(s->queue, room, record, on_committed, c);
}

bool tel__sender_cancel(tel__sender *s, uint32_t group, tel__sender_settled *settled, void *user)
{
	tel__waiters *ring = &s->groups[group].waiters;
	for (size_t i = 0; i < ring->count; i++) {
		tel__waiter *w = tel__waiters_nth(ring, i);
		if (w->settled != settled || w->user != user || w->done || w->cancelled)
			continue;
		w->cancelled = true;
		tel__sender_kick(s);
		return true;
	}
	return false;
}

/* ---- what it tells ---- */

void tel__sender_get_stats(const tel__sender *s, tel__sender_stats *ret_stats)
{
	*ret_stats = s->stats;
	s->queue->ops->stats(s->queue, &ret_stats->queue);
	ret_stats->queued_points = ret_stats->queue.points - s->partly_done_points;
	ret_stats->queue_unit = s->rules.queue_unit;
	ret_stats->in_flight = s->sending.count;
	ret_stats->backing_off = s->waiting.count;
	ret_stats->circuit_open = tel__circuit_open(s);
	ret_stats->auth_refused = s->circuit.auth_failures > 0;
	ret_stats->oldest_mono_ns = ret_stats->queue.oldest_mono_ns;
}

void tel__sender_get_group_stats(const tel__sender *s, uint32_t group, tel__group_stats *ret_stats)
{
	*ret_stats = s->groups[group].stats;
}

void tel__group_stats_add(tel__group_stats *to, const tel__group_stats *from)
{
	to->size_triggers += from->size_triggers;
	to->timeout_triggers += from->timeout_triggers;
	to->batches += from->batches;
	to->batch_points += from->batch_points;
	for (size_t i = 0; i <= TEL__BATCH_BOUNDS; i++)
		to->histogram[i] += from->histogram[i];
}

void tel__sender_take_group_stats(tel__sender *s, uint32_t group, tel__group_stats *ret_stats)
{
	*ret_stats = s->groups[group].stats;
	s->groups[group].stats = (tel__group_stats){ 0 };
}
