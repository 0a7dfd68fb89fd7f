/* SPDX-License-Identifier: Apache-2.0 */
/* Pools: in steady state a request allocates nothing. What an idle flight or load keeps are its arrays. */
#include "base/mem.h"
#include "base/slice_i.h"
#include "sink/sender_i.h"

static void list_remove(tel__flight_list *list, tel__flight *f)
{
	*(f->prev ? &f->prev->next : &list->head) = f->next;
	*(f->next ? &f->next->prev : &list->tail) = f->prev;
	f->next = f->prev = NULL;
	list->count--;
}

static void list_append(tel__flight_list *list, tel__flight *f)
{
	f->prev = list->tail;
	f->next = NULL;
	*(list->tail ? &list->tail->next : &list->head) = f;
	list->tail = f;
	list->count++;
}

static tel__flight_list *list_of(tel__sender *s, tel__flight_state state)
{
	return state == TEL__FLIGHT_SENDING ? &s->sending : state == TEL__FLIGHT_WAITING ? &s->waiting : &s->idle;
}

void tel__flight_move(tel__sender *s, tel__flight *f, tel__flight_state state)
{
	list_remove(list_of(s, f->state), f);
	f->state = state;
	list_append(list_of(s, state), f);
}

tel__flight *tel__flight_get(tel__sender *s)
{
	tel__flight *f = s->idle.tail; /* the one used last is warm in the cache */
	if (f) {
		tel_slice *slices = f->slices;
		size_t cap = f->slice_cap;
		list_remove(&s->idle, f);
		*f = (tel__flight){ .slices = slices, .slice_cap = cap };
	} else {
		f = tel__mem_zero(s->alloc, 1, sizeof *f);
		if (!f)
			return NULL;
	}
	f->sender = s;
	f->state = TEL__FLIGHT_WAITING;
	f->deadline_mono_ns = UINT64_MAX;
	list_append(&s->waiting, f);
	return f;
}

void tel__flight_put(tel__sender *s, tel__flight *f)
{
	for (size_t i = 0; i < sizeof f->bufs / sizeof f->bufs[0]; i++)
		tel_buf_unref(f->bufs[i]);
	tel_buf_unref(f->wire);
	f->bufs[0] = f->bufs[1] = f->wire = NULL;
	f->slice_count = 0;
	f->load_count = 0;
	tel__flight_move(s, f, TEL__FLIGHT_FREE);
}

void tel__flight_drop(tel__sender *s, tel__flight *f)
{
	for (uint32_t i = 0; i < f->load_count; i++)
		if (--f->loads[i]->refs == 0)
			tel__load_put(s, f->loads[i]);
	tel__flight_put(s, f);
}

bool tel__flight_reserve(tel__sender *s, tel__flight *f, size_t count)
{
	if (f->slice_cap - f->slice_count >= count)
		return true;
	size_t cap = f->slice_cap ? f->slice_cap : 4;
	while (cap - f->slice_count < count)
		cap *= 2;
	tel_slice *grown = tel__mem_resize(s->alloc, f->slices, f->slice_cap, cap, sizeof *grown);
	if (!grown)
		return false;
	f->slices = grown;
	f->slice_cap = cap;
	return true;
}

void tel__flight_add_slices(tel__flight *f, const tel_slice *slices, size_t count)
{
	for (size_t i = 0; i < count; i++)
		f->bytes += slices[i].len;
	memcpy(f->slices + f->slice_count, slices, count * sizeof *slices);
	f->slice_count += count;
}

tel__load *tel__load_get(tel__sender *s)
{
	tel__load *l = s->idle_loads;
	if (l) {
		s->idle_loads = l->next;
		*l = (tel__load){ .runs = l->runs, .run_cap = l->run_cap };
	} else {
		l = tel__mem_zero(s->alloc, 1, sizeof *l);
	}
	if (l)
		l->refs = 1;
	return l;
}

bool tel__load_add(tel__sender *s, tel__load *l, const tel__queue_item *item)
{
	tel__load_run *last = l->run_count ? &l->runs[l->run_count - 1] : NULL;
	if (last && last->first_id + last->records == item->first_id) {
		last->records += item->records;
		last->points += item->points;
	} else {
		if (l->run_count == l->run_cap) {
			uint32_t cap = l->run_cap ? 2 * l->run_cap : 2;
			tel__load_run *grown = tel__mem_resize(s->alloc, l->runs, l->run_cap, cap, sizeof *grown);
			if (!grown)
				return false;
			l->runs = grown;
			l->run_cap = cap;
		}
		l->runs[l->run_count++] = (tel__load_run){ item->first_id, item->points, item->records, item->group };
	}
	l->points += item->points;
	if (l->mono_ns == 0 || item->mono_ns < l->mono_ns)
		l->mono_ns = item->mono_ns;
	return true;
}

void tel__load_put(tel__sender *s, tel__load *l)
{
	l->next = s->idle_loads;
	s->idle_loads = l;
}

static void flight_list_fini(tel__sender *s, tel__flight_list *list)
{
	for (tel__flight *f = list->head, *next; f; f = next) {
		next = f->next;
		tel__mem_free(s->alloc, f->slices, f->slice_cap, sizeof *f->slices);
		tel__mem_free(s->alloc, f, 1, sizeof *f);
	}
	*list = (tel__flight_list){ NULL, NULL, 0 };
}

void tel__flight_pools_fini(tel__sender *s)
{
	flight_list_fini(s, &s->idle);
	for (tel__load *l = s->idle_loads, *next; l; l = next) {
		next = l->next;
		tel__mem_free(s->alloc, l->runs, l->run_cap, sizeof *l->runs);
		tel__mem_free(s->alloc, l, 1, sizeof *l);
	}
	s->idle_loads = NULL;
}
