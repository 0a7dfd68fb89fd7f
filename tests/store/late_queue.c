/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "store/late_queue.h"

typedef struct pending {
	tel__queue_room room;
	char *bytes;
	size_t len;
	uint64_t points, mono_ns;
	uint32_t group;
	void (*done)(void *user, tel_err err);
	void *user;
} pending;

typedef struct late {
	tel__queue q;
	tel__queue *inner;
	pending *items;
	size_t count, cap;
	unsigned refuse;
	tel_err refuse_with;
} late;

static late *late_of(const tel__queue *q)
{
	return (late *)(void *)(uintptr_t)q;
}

static tel_err late_reserve(tel__queue *q, size_t bytes, uint64_t points, uint32_t group, tel__queue_room *ret_room)
{
	late *l = late_of(q);
	if (l->refuse) {
		l->refuse--;
		return l->refuse_with;
	}
	return l->inner->ops->reserve(l->inner, bytes, points, group, ret_room);
}

static tel_err late_reserve_over(tel__queue *q, size_t bytes, uint64_t points, uint32_t group, tel__queue_room *ret_room)
{
	return late_of(q)->inner->ops->reserve_over(late_of(q)->inner, bytes, points, group, ret_room);
}

static void late_unreserve(tel__queue *q, tel__queue_room *room)
{
	late_of(q)->inner->ops->unreserve(late_of(q)->inner, room);
}

static void late_commit(tel__queue *q, tel__queue_room *room, const tel__queue_record *record,
                        void (*done)(void *user, tel_err err), void *user)
{
	late *l = late_of(q);
	if (l->count == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 16;
		l->items = realloc(l->items, l->cap * sizeof(l->items[0]));
	}
	pending *p = &l->items[l->count++];
	*p = (pending){ .room = *room, .bytes = malloc(record->bytes + 1), .points = record->points,
	                .mono_ns = record->mono_ns, .group = record->group, .done = done, .user = user };
	for (size_t i = 0; i < record->slice_count; i++) {
		if (record->slices[i].len)
			memcpy(p->bytes + p->len, record->slices[i].ptr, record->slices[i].len);
		p->len += record->slices[i].len;
	}
	room->held = false;
}

size_t late_queue_pending(const tel__queue *q)
{
	return late_of(q)->count;
}

uint64_t late_queue_pending_points(const tel__queue *q, size_t index)
{
	return late_of(q)->items[index].points;
}

void late_queue_step(tel__queue *q, size_t index, tel_err result)
{
	late *l = late_of(q);
	pending p = l->items[index];
	memmove(l->items + index, l->items + index + 1, (l->count - index - 1) * sizeof(p));
	l->count--;
	if (result) {
		l->inner->ops->unreserve(l->inner, &p.room);
		p.done(p.user, result);
	} else {
		tel_slice bytes = { p.bytes, p.len };
		tel__queue_record record = { .slices = &bytes, .slice_count = 1, .bytes = p.len, .must_copy = true,
		                             .points = p.points, .group = p.group, .mono_ns = p.mono_ns };
		l->inner->ops->commit(l->inner, &p.room, &record, p.done, p.user);
	}
	free(p.bytes);
}

void late_queue_step_all(tel__queue *q, tel_err result)
{
	while (late_queue_pending(q))
		late_queue_step(q, 0, result);
}

void late_queue_refuse(tel__queue *q, unsigned count, tel_err result)
{
	late_of(q)->refuse = count;
	late_of(q)->refuse_with = result;
}

static bool late_next(tel__queue *q, uint32_t group, const tel__queue_want *want, tel__queue_item *ret_item)
{
	return late_of(q)->inner->ops->next(late_of(q)->inner, group, want, ret_item);
}

static void late_waiting(tel__queue *q, uint32_t group, tel__queue_waiting *ret_waiting)
{
	late_of(q)->inner->ops->waiting(late_of(q)->inner, group, ret_waiting);
}

static tel_err late_grow(tel__queue *q, uint32_t groups)
{
	return late_of(q)->inner->ops->grow(late_of(q)->inner, groups);
}

static void late_resize(tel__queue *q, const tel__queue_size *size)
{
	late_of(q)->inner->ops->resize(late_of(q)->inner, size);
}

static void late_ack(tel__queue *q, uint64_t first_id, uint32_t records)
{
	late_of(q)->inner->ops->ack(late_of(q)->inner, first_id, records);
}

static void late_nack(tel__queue *q, uint64_t first_id, uint32_t records)
{
	late_of(q)->inner->ops->nack(late_of(q)->inner, first_id, records);
}

static void late_stats(tel__queue *q, tel__queue_stats *ret_stats)
{
	late_of(q)->inner->ops->stats(late_of(q)->inner, ret_stats);
}

static void late_free(tel__queue *q)
{
	late *l = late_of(q);
	late_queue_step_all(q, TEL_ERR_CANCELLED);
	tel__queue_free(l->inner);
	free(l->items);
	free(l);
}

static const tel__queue_ops late_ops = {
	.reserve = late_reserve,
	.reserve_over = late_reserve_over,
	.unreserve = late_unreserve,
	.commit = late_commit,
	.next = late_next,
	.waiting = late_waiting,
	.ack = late_ack,
	.nack = late_nack,
	.stats = late_stats,
	.grow = late_grow,
	.resize = late_resize,
	.free = late_free,
};

tel__queue *late_queue_new(const tel__queue_opts *opts)
{
	late *l = calloc(1, sizeof(*l));
	l->q.ops = &late_ops;
	if (tel__queue_memory_new(opts, &l->inner, NULL)) {
		free(l);
		return NULL;
	}
	return &l->q;
}
