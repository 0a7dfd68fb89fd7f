/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one request is made of. Records of a group are concatenated as they stand (concatenated OTLP requests are one
 * request) until the group's size is reached; the record at the border is cut by decoding its index, and the rest opens
 * the group's next batch. Sizes on the wire are those of the Collector's batch processor (otel-processing.md 7.1).
 */
#include <telemetry/otlp.h>

#include "base/buf_i.h"
#include "base/mem.h"
#include "sink/sender_i.h"

static uint64_t add_time(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

bool tel__group_ready(const tel__sender *s, uint32_t group, uint64_t now, uint64_t *ret_due, bool *ret_by_time)
{
	const tel__group *g = &s->groups[group];
	tel__queue_waiting w;
	s->queue->ops->waiting(s->queue, group, &w);
	bool any = w.records > 0 || g->carry_load;
	uint64_t amount = g->opts.by_bytes ? w.bytes : w.points, oldest = w.oldest_mono_ns;
	if (g->carry_load) {
		amount += g->opts.by_bytes ? g->carry_bytes : g->carry_points;
		oldest = g->carry_mono_ns;
	}
	*ret_by_time = false;
	*ret_due = UINT64_MAX;
	if (!any)
		return false;
	if (!g->opts.batches || s->draining || g->retired || g->opts.min_size == 0 || g->opts.timeout_ns == 0 ||
	    amount >= g->opts.min_size)
		return true;
	*ret_due = add_time(oldest, g->opts.timeout_ns);
	*ret_by_time = *ret_due <= now;
	return *ret_by_time;
}

/* ---- cutting ---- */

/* The record as one buffer; its memory stays lent until the record is acked, which outlives every cut of it. */
static tel_err item_buf(tel__sender *s, const tel_slice *slices, size_t count, size_t bytes, tel_buf **ret_buf)
{
	if (count == 1)
		return tel_buf_wrap(s->alloc, slices[0].ptr, slices[0].len, NULL, NULL, ret_buf);
	tel_err e = tel__buf_new(s->alloc, bytes, NULL, ret_buf);
	if (e)
		return e;
	char *to = tel__buf_room(*ret_buf);
	for (size_t i = 0; i < count; i++) {
		if (slices[i].len)
			memcpy(to, slices[i].ptr, slices[i].len);
		to += slices[i].len;
	}
	tel__buf_set_len(*ret_buf, bytes);
	return TEL_OK;
}

/* Decodes our own bytes. TEL_ERR_MALFORMED also when the points are not those that were counted at the door. */
static tel_err decode(tel__sender *s, const tel_slice *slices, size_t count, size_t bytes, uint64_t points,
                      tel_metrics **ret_metrics)
{
	tel_buf *buf;
	tel_metrics *m;
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;
	opts.flags = TEL_OTLP_TRUSTED;
	opts.alloc = s->alloc;
	tel_err e = item_buf(s, slices, count, bytes, &buf);
	if (e)
		return e;
	e = tel_otlp_decode(buf, &opts, &m, NULL, NULL);
	tel_buf_unref(buf);
	if (e)
		return e;
	tel_metrics_count(m, &counts);
	if (counts.points != points) {
		tel_metrics_free(m);
		return TEL_ERR_MALFORMED;
	}
	*ret_metrics = m;
	return TEL_OK;
}

/* Takes max points off m as encoded bytes. On failure m may be short of them: for callers that still hold the bytes. */
static tel_err cut(tel_metrics *m, uint64_t max, tel_buf **ret_head)
{
	tel_metrics *head;
	tel_err e = tel_metrics_split(m, max, &head);
	if (e)
		return e;
	e = tel_otlp_encode(head, ret_head, NULL);
	tel_metrics_free(head);
	return e;
}

/* How many of the points at hand fit into the request, by the group's size and by the request's limit. An empty request
 * takes at least one. */
static uint64_t room_points(const tel__sender *s, const tel__group *g, const tel__flight *f, size_t bytes, uint64_t points)
{
	uint64_t fits = points;
	uint64_t max_bytes = s->rules.max_request_bytes ? s->rules.max_request_bytes : UINT64_MAX;
	if (g->opts.batches && g->opts.max_size && g->opts.by_bytes && g->opts.max_size < max_bytes)
		max_bytes = g->opts.max_size;
	if (g->opts.batches && g->opts.max_size && !g->opts.by_bytes) {
		uint64_t left = g->opts.max_size > f->points ? g->opts.max_size - f->points : 0;
		fits = fits < left ? fits : left;
	}
	uint64_t left_bytes = max_bytes > f->bytes ? max_bytes - f->bytes : 0;
	if (bytes > left_bytes) {
		uint64_t by_bytes = (uint64_t)((double)points * ((double)left_bytes / (double)bytes));
		fits = fits < by_bytes ? fits : by_bytes;
	}
	return fits == 0 && f->points == 0 && points ? 1 : fits;
}

/* Room for it was made before: cannot fail. */
static void add_buf(tel__flight *f, tel_buf *buf)
{
	tel_slice bytes = tel_buf_get(buf);
	tel__flight_add_slices(f, &bytes, 1);
	f->bufs[f->bufs[0] ? 1 : 0] = buf;
}

static void note_age(tel__flight *f, uint64_t mono_ns)
{
	if (f->mono_ns == 0 || mono_ns < f->mono_ns)
		f->mono_ns = mono_ns;
}

/* ---- taking ---- */

typedef enum took { TOOK_MORE, TOOK_FULL, TOOK_NOTHING, TOOK_NOMEM } took;

/* Splits the piece to send off the carry. It stays in the group until it is encoded, so that running out of memory in
 * between loses nothing. */
static bool split_carry(tel__sender *s, tel__group *g, const tel__flight *f)
{
	if (g->head)
		return true;
	uint64_t fits = room_points(s, g, f, g->carry_bytes, g->carry_points);
	if (fits >= g->carry_points) {
		g->head = g->carry;
		g->carry = NULL;
	} else if (tel_metrics_split(g->carry, fits, &g->head) != TEL_OK) {
		return false;
	}
	g->head_points = fits;
	return true;
}

static took take_carry(tel__sender *s, tel__group *g, tel__flight *f)
{
	tel_buf *buf;
	if (!tel__flight_reserve(s, f, 1) || !split_carry(s, g, f) || tel_otlp_encode(g->head, &buf, NULL) != TEL_OK)
		return TOOK_NOMEM;
	add_buf(f, buf);
	tel_metrics_free(g->head);
	g->head = NULL;
	f->points += g->head_points;
	note_age(f, g->carry_mono_ns);
	f->loads[f->load_count++] = g->carry_load;
	if (!g->carry) {
		g->carry_load = NULL;
		return TOOK_MORE;
	}
	g->carry_load->refs++;
	g->carry_bytes -= (size_t)((double)g->carry_bytes * ((double)g->head_points / (double)g->carry_points));
	g->carry_points -= g->head_points;
	return TOOK_FULL;
}

/* Cuts a record: its head goes into the flight, the rest becomes the carry. false = no memory, or bytes that are not what
 * was counted; nothing happened. */
static bool take_cut(tel__sender *s, tel__group *g, tel__flight *f, const tel__queue_item *item, uint64_t fits)
{
	size_t count;
	const tel_slice *slices = tel__queue_item_slices(item, &count);
	tel_metrics *m = NULL;
	tel_buf *head = NULL;
	tel__load *l = tel__load_get(s);
	if (!l)
		return false;
	if (!tel__load_add(s, l, item) || !tel__flight_reserve(s, f, 1) ||
	    decode(s, slices, count, item->bytes, item->points, &m) != TEL_OK || cut(m, fits, &head) != TEL_OK) {
		tel_metrics_free(m);
		tel__load_put(s, l);
		return false;
	}
	add_buf(f, head);
	l->refs = 2; /* the flight and the carry */
	f->loads[f->load_count++] = l;
	f->points += fits;
	note_age(f, item->mono_ns);
	g->carry = m;
	g->carry_load = l;
	g->carry_points = item->points - fits;
	g->carry_bytes = item->bytes - (size_t)((double)item->bytes * ((double)fits / (double)item->points));
	g->carry_mono_ns = item->mono_ns;
	return true;
}

static took take_whole(tel__sender *s, tel__flight *f, const tel__queue_item *item, tel__load **own)
{
	size_t count;
	const tel_slice *slices = tel__queue_item_slices(item, &count);
	if (!*own && !(*own = tel__load_get(s)))
		return TOOK_NOMEM;
	if (!tel__flight_reserve(s, f, count) || !tel__load_add(s, *own, item))
		return TOOK_NOMEM;
	tel__flight_add_slices(f, slices, count);
	f->points += item->points;
	note_age(f, item->mono_ns);
	return TOOK_MORE;
}

/* A record whose caller took it back or has given up is settled unsent. */
static bool settle_stale(tel__sender *s, const tel__waiter *w, const tel__queue_item *item, uint64_t now)
{
	if (w->cancelled)
		tel__settle_item(s, item, TEL__DROP_CANCELLED);
	else if (w->deadline_mono_ns <= now)
		tel__settle_item(s, item, TEL__DROP_ELAPSED);
	else
		return false;
	return true;
}

/* Records of senders that wait come one by one, because each has its caller. true = the item was settled here. */
static bool take_waiter(tel__sender *s, tel__group *g, tel__flight *f, const tel__queue_item *item)
{
	tel__waiter *w = tel__waiters_at(&g->waiters, item->first_id);
	if (!w)
		return false;
	if (settle_stale(s, w, item, tel__ctx_mono_ns(s->ctx)))
		return true;
	/* A batch is tried as long as somebody waits for it. */
	if (f->slice_count == 0 || (f->deadline_mono_ns != UINT64_MAX && w->deadline_mono_ns > f->deadline_mono_ns))
		f->deadline_mono_ns = w->deadline_mono_ns;
	return false;
}

uint64_t tel__batch_purge(tel__sender *s, uint32_t group, uint64_t now)
{
	static const tel__queue_want one = { .records = 1 };
	tel__queue_item item;
	while (s->queue->ops->next(s->queue, group, &one, &item)) {
		const tel__waiter *w = tel__waiters_at(&s->groups[group].waiters, item.first_id);
		if (w && settle_stale(s, w, &item, now))
			continue;
		s->queue->ops->nack(s->queue, item.first_id, 1);
		return w ? w->deadline_mono_ns : UINT64_MAX;
	}
	return UINT64_MAX;
}

static took take_item(tel__sender *s, uint32_t group, tel__flight *f, const tel__queue_want *want, tel__load **own)
{
	tel__group *g = &s->groups[group];
	tel__queue_item item;
	if (!s->queue->ops->next(s->queue, group, want, &item))
		return TOOK_NOTHING;
	uint64_t fits = room_points(s, g, f, item.bytes, item.points);
	if (fits < item.points && fits == 0) { /* the record starts the next batch */
		s->queue->ops->nack(s->queue, item.first_id, item.records);
		return TOOK_FULL;
	}
	if (s->rules.waits && take_waiter(s, g, f, &item))
		return TOOK_MORE;
	if (fits < item.points && take_cut(s, g, f, &item, fits))
		return TOOK_FULL;
	/* What cannot be cut goes whole: too large a request is better than a lost one. */
	took t = take_whole(s, f, &item, own);
	if (t == TOOK_NOMEM)
		s->queue->ops->nack(s->queue, item.first_id, item.records);
	return t;
}

/* How much more the batch wants; false = enough. */
static bool wants_more(const tel__sender *s, const tel__group *g, const tel__flight *f, tel__queue_want *ret_want)
{
	bool each = !g->opts.batches || g->opts.min_size == 0 || g->opts.timeout_ns == 0;
	uint64_t target = each ? 1 : g->opts.min_size, have = g->opts.by_bytes ? f->bytes : f->points;
	if (f->slice_count && (each || have >= target))
		return false;
	uint64_t left = target - (have < target ? have : target);
	size_t room = s->rules.max_request_bytes > f->bytes ? s->rules.max_request_bytes - f->bytes : 1;
	*ret_want = (tel__queue_want){ 0, s->rules.max_request_bytes ? room : 0, s->rules.waits || each ? 1 : 0 };
	if (!each && g->opts.by_bytes)
		ret_want->bytes = ret_want->bytes && ret_want->bytes < left ? ret_want->bytes : left;
	else if (!each)
		ret_want->points = left;
	return true;
}

static void count_batch(tel__group *g, uint64_t points, bool by_time)
{
	size_t i = 0;
	if (!g->opts.batches)
		return;
	while (i < TEL__BATCH_BOUNDS && points > tel__batch_bounds[i])
		i++;
	g->stats.histogram[i]++;
	g->stats.batches++;
	g->stats.batch_points += points;
	*(by_time ? &g->stats.timeout_triggers : &g->stats.size_triggers) += 1;
}

tel__flight *tel__batch_take(tel__sender *s, uint32_t group, bool by_time, uint64_t now)
{
	tel__group *g = &s->groups[group];
	tel__flight *f = tel__flight_get(s);
	tel__load *own = NULL;
	tel__queue_want want;
	took t = f ? TOOK_MORE : TOOK_NOMEM;
	if (f && g->carry_load)
		t = take_carry(s, g, f);
	while (t == TOOK_MORE && f->load_count < TEL__FLIGHT_LOADS && wants_more(s, g, f, &want))
		t = take_item(s, group, f, &want, &own);
	s->stuck |= t == TOOK_NOMEM;
	if (!f)
		return NULL;
	if (own && own->run_count)
		f->loads[f->load_count++] = own;
	else if (own)
		tel__load_put(s, own);
	if (f->slice_count == 0) {
		tel__flight_put(s, f);
		return NULL;
	}
	f->group = group;
	f->next_mono_ns = now;
	count_batch(g, f->points, by_time);
	(void)tel__batch_body(s, f, NULL); /* what it lacks now is tried again when it is sent */
	return f;
}

/* ---- halves after HTTP 413 ---- */

static tel_err halve_bytes(tel__sender *s, tel__flight *f, uint64_t half, tel_buf **ret_head, tel_buf **ret_tail)
{
	tel_metrics *m;
	tel_buf *head;
	tel_err e = decode(s, f->slices, f->slice_count, f->bytes, f->points, &m);
	if (e)
		return e;
	e = cut(m, half, &head);
	if (e == TEL_OK) {
		e = tel_otlp_encode(m, ret_tail, NULL);
		if (e)
			tel_buf_unref(head);
		else
			*ret_head = head;
	}
	tel_metrics_free(m);
	return e;
}

static void replace_bytes(tel__flight *f, tel_buf *buf)
{
	tel_buf_unref(f->bufs[0]);
	tel_buf_unref(f->bufs[1]);
	tel_buf_unref(f->wire);
	f->bufs[0] = buf;
	f->bufs[1] = f->wire = NULL;
	f->slices[0] = tel_buf_get(buf); /* a flight has at least one slice */
	f->slice_count = 1;
	f->bytes = f->slices[0].len;
}

tel_err tel__batch_halve(tel__sender *s, tel__flight *f, uint64_t now)
{
	tel_buf *head, *tail;
	tel_slice slice;
	if (f->points < 2)
		return TEL_ERR_LIMIT;
	tel__flight *other = tel__flight_get(s);
	if (!other)
		return TEL_ERR_NOMEM;
	tel_err e = tel__flight_reserve(s, other, 1) ? halve_bytes(s, f, f->points / 2, &head, &tail) : TEL_ERR_NOMEM;
	if (e) {
		tel__flight_put(s, other);
		return e;
	}
	slice = tel_buf_get(tail);
	tel__flight_add_slices(other, &slice, 1);
	other->bufs[0] = tail;
	other->points = f->points - f->points / 2;
	other->group = f->group;
	other->load_count = f->load_count;
	for (uint32_t i = 0; i < f->load_count; i++) {
		other->loads[i] = f->loads[i];
		other->loads[i]->refs++;
	}
	other->deadline_mono_ns = f->deadline_mono_ns;
	other->mono_ns = f->mono_ns;
	other->next_mono_ns = f->next_mono_ns = now;
	replace_bytes(f, head);
	f->points /= 2;
	(void)tel__batch_body(s, f, NULL);
	(void)tel__batch_body(s, other, NULL);
	return TEL_OK;
}
