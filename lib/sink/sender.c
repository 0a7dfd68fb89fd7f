/* SPDX-License-Identifier: Apache-2.0 */
#include "sink/sender.h"

#include "base/error_i.h"
#include "base/mem.h"
#include "sink/sender_i.h"

const uint32_t tel__batch_bounds[TEL__BATCH_BOUNDS] = { 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2000, 3000, 4000,
	                                                 5000, 6000, 7000, 8000, 9000, 10000, 20000, 30000, 50000, 100000 };

const char *tel__drop_name(tel__drop reason)
{
	static const char *const names[TEL__DROP_COUNT] = { "permanent", "max_elapsed_time", "retry_disabled",
		                                            "too_large", "shutdown", "cancelled", "untold" };
	return (unsigned)reason < TEL__DROP_COUNT ? names[reason] : "unknown";
}

void tel__sender_log(const tel__sender *s, tel_log_level level, const char *msg, const tel_log_field *fields, size_t count)
{
	tel__log(tel__ctx_log(s->ctx), level, &s->source, msg, fields, count);
}

/* ---- the pump: the only place from which requests start ---- */

void tel__sender_kick(tel__sender *s)
{
	tel__ctx_defer(s->ctx, &s->deferred);
}

/* When f would be given up although nothing answers: it waited past max_elapsed_time in the line of an open circuit. */
static uint64_t limit_of(const tel__sender *s, const tel__flight *f)
{
	uint64_t limit = f->deadline_mono_ns;
	if (f->attempts && !f->held && s->rules.retry.max_elapsed_time > 0) {
		uint64_t elapsed = (uint64_t)s->rules.retry.max_elapsed_time;
		uint64_t end = f->first_mono_ns > UINT64_MAX - elapsed ? UINT64_MAX : f->first_mono_ns + elapsed;
		limit = end < limit ? end : limit;
	}
	return limit;
}

static void expire(tel__sender *s, uint64_t now)
{
	for (tel__flight *f = s->waiting.head; f;) {
		tel__flight *next = f->next;
		if (limit_of(s, f) < now) {
			tel__attempt_give_up(s, f, TEL__DROP_ELAPSED);
			next = s->waiting.head; /* a callback may have changed the list */
		}
		f = next;
	}
}

static tel__flight *first_due(const tel__sender *s, uint64_t now)
{
	tel__flight *best = NULL;
	for (tel__flight *f = s->waiting.head; f; f = f->next)
		if (f->next_mono_ns <= now && (!best || f->next_mono_ns < best->next_mono_ns))
			best = f;
	return best;
}

static bool may_send(const tel__sender *s, uint64_t now)
{
	if (s->sending.count >= s->rules.max_flights)
		return false;
	if (tel__circuit_open(s))
		return s->sending.count == 0 && now >= s->circuit.probe_mono_ns;
	return s->circuit.auth_failures < TEL__CIRCUIT_FAILURES || s->sending.count == 0;
}

static tel__flight *take_new(tel__sender *s, uint64_t now)
{
	uint64_t due;
	bool by_time;
	if (s->sending.count + s->waiting.count >= s->rules.max_flights)
		return NULL;
	for (uint32_t i = 0; i < s->group_count; i++) {
		uint32_t group = (s->next_group + i) % s->group_count;
		if (!tel__group_ready(s, group, now, &due, &by_time))
			continue;
		s->next_group = (group + 1) % s->group_count;
		tel__flight *f = tel__batch_take(s, group, by_time, now);
		if (f || s->stuck)
			return f;
	}
	return NULL;
}

/* A batch that failed and a new one take turns as the probe of an open circuit: one poisoned batch must not keep the
 * destination looking dead. */
static tel__flight *choose(tel__sender *s, uint64_t now)
{
	tel__flight *f;
	if (tel__circuit_open(s) && s->probed_old) {
		s->probed_old = false;
		f = take_new(s, now);
		if (f)
			return f;
	}
	f = first_due(s, now);
	s->probed_old = f != NULL;
	return f ? f : take_new(s, now);
}

/* Who came first stays first: a waiter that still finds no room would stand at the end of the line now. */
static void last_to_front(tel__sender *s)
{
	tel__room_waiter *w = s->room_last;

	tel__sender_unwait_room(s, w);
	w->next = s->room_first;
	w->waiting = true;
	s->room_first = w;
	if (!s->room_last)
		s->room_last = w;
}

static void tell_room(tel__sender *s)
{
	while (s->room_freed && s->room_first) {
		tel__room_waiter *w = s->room_first;
		uint64_t queued = s->rooms_queued;
		tel__sender_unwait_room(s, w);
		w->on_room(w->user);
		if (s->rooms_queued != queued) { /* it still does not fit */
			last_to_front(s);
			break;
		}
	}
	s->room_freed = false;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Callers that wait behind a closed door must still hear in time that nothing came of it. */
static uint64_t purge(tel__sender *s, uint64_t now)
{
	uint64_t due = UINT64_MAX;
	for (uint32_t i = 0; s->rules.waits && i < s->group_count; i++)
		due = earlier(due, tel__batch_purge(s, i, now));
	return due;
}

static void arm(tel__sender *s, uint64_t now, uint64_t purge_due)
{
	bool open = tel__circuit_open(s), by_time;
	uint64_t when = earlier(s->draining && now < s->drain_deadline_ns ? s->drain_deadline_ns : UINT64_MAX, purge_due), due;
	uint64_t not_before = open ? s->circuit.probe_mono_ns : now;
	bool blocked = open ? s->sending.count > 0 : !may_send(s, now); /* then an answer wakes us */
	for (const tel__flight *f = s->waiting.head; f; f = f->next) {
		uint64_t next = f->next_mono_ns > not_before ? f->next_mono_ns : not_before;
		when = earlier(when, blocked ? UINT64_MAX : next);
		uint64_t limit = limit_of(s, f);
		when = earlier(when, limit == UINT64_MAX ? limit : limit + 1);
	}
	for (uint32_t i = 0; !blocked && i < s->group_count; i++) {
		if (s->sending.count + s->waiting.count >= s->rules.max_flights)
			break;
		bool ready = tel__group_ready(s, i, now, &due, &by_time);
		uint64_t next = ready ? not_before : due;
		when = earlier(when, next > not_before || next == UINT64_MAX ? next : not_before);
	}
	if (s->stuck)
		when = earlier(when, now + TEL__SENDER_STUCK_NS);
	if (when == UINT64_MAX)
		tel__ctx_disarm(s->ctx, &s->timer);
	else
		tel__ctx_arm(s->ctx, &s->timer, when);
}

/* ---- draining ---- */

static bool is_empty(const tel__sender *s)
{
	tel__queue_stats q;
	s->queue->ops->stats(s->queue, &q);
	return q.records == 0 && !s->commits && s->sending.count == 0 && s->waiting.count == 0;
}

static void cancel_calls(tel__sender *s)
{
	while (s->sending.head) {
		tel__flight *f = s->sending.head;
		f->transport->exporter->cancel(f->transport->impl, f->call_id);
		f->transport->flights--;
		tel__flight_move(s, f, TEL__FLIGHT_WAITING);
	}
}

static void stop(tel__sender *s)
{
	tel__queue_item item;
	cancel_calls(s);
	while (s->waiting.head)
		tel__attempt_give_up(s, s->waiting.head, TEL__DROP_SHUTDOWN);
	for (uint32_t i = 0; i < s->group_count; i++) {
		tel__settle_carry(s, &s->groups[i], s->keeps_queue ? TEL__END_KEPT : TEL__END_DROPPED, TEL__DROP_SHUTDOWN);
		while (!s->keeps_queue && s->queue->ops->next(s->queue, i, NULL, &item))
			tel__settle_item(s, &item, TEL__DROP_SHUTDOWN);
	}
}

/* The deadline passed, or the destination is dead and its next probe would come after the deadline. */
static bool must_stop(const tel__sender *s, uint64_t now)
{
	if (!s->draining)
		return false;
	return now >= s->drain_deadline_ns || (tel__circuit_open(s) && s->sending.count == 0 &&
	                                       s->circuit.probe_mono_ns >= s->drain_deadline_ns);
}

static void pump(void *user)
{
	tel__sender *s = user;
	uint64_t now = tel__ctx_mono_ns(s->ctx);
	tel__flight *f;
	s->stuck = false;
	tel__transports_trim(s);
	expire(s, now);
	while (!s->stuck && !must_stop(s, now) && may_send(s, now) && (f = choose(s, now)) != NULL)
		tel__attempt_start(s, f, now);
	uint64_t purge_due = purge(s, now);
	bool stopped = must_stop(s, now);
	if (stopped)
		stop(s);
	tell_room(s);
	if (s->on_drained && (stopped || is_empty(s))) {
		void (*done)(void *) = s->on_drained;
		tel__ctx_disarm(s->ctx, &s->timer);
		s->on_drained = NULL;
		done(s->drained_user); /* may free s */
		return;
	}
	arm(s, now, purge_due);
}

void tel__sender_drain(tel__sender *s, uint64_t deadline_mono_ns, void (*drained)(void *user), void *user)
{
	s->draining = true;
	s->drain_deadline_ns = deadline_mono_ns;
	s->on_drained = drained;
	s->drained_user = user;
	s->room_freed = true; /* who waits for room learns that the door is closed */
	tel__sender_kick(s);
}

/* ---- birth and death ---- */

static void fini(tel__sender *s)
{
	for (uint32_t i = 0; s->groups && i < s->group_count; i++)
		tel__waiters_fini(s, &s->groups[i].waiters);
	tel__mem_free(s->alloc, s->groups, s->group_count, sizeof *s->groups);
	tel__ctx_timer_fini(s->ctx, &s->timer);
	tel_config_free(s->config);
	tel__mem_free(s->alloc, s, 1, sizeof *s);
}

static tel_err set_groups(tel__sender *s, const tel__sender_opts *opts)
{
	uint32_t count = tel__sender_group_count(opts);
	s->groups = tel__mem_zero(s->alloc, count, sizeof *s->groups);
	if (!s->groups)
		return TEL_ERR_NOMEM;
	s->group_count = count;
	for (uint32_t i = 0; i < count; i++) {
		s->groups[i].opts = tel__sender_group_of(opts, i);
		s->groups[i].name = tel__sender_group_name(opts, i);
	}
	return TEL_OK;
}

static tel_err make_queue(tel__sender *s, const tel__sender_opts *opts, tel_error *err)
{
	uint64_t *batch_points = tel__mem_zero(s->alloc, s->group_count, sizeof *batch_points);
	tel__queue_size size;
	if (!batch_points)
		return tel__fail_nomem(err);
	tel__sender_size_of(&s->rules, opts, s->groups, s->group_count, batch_points, &size);
	tel__queue_opts qo = {
		.alloc = s->alloc,
		.budget = tel__ctx_budget(s->ctx),
		.sizer = size.sizer,
		.capacity = size.capacity,
		.groups = s->group_count,
		.batch_points = batch_points,
	};
	tel_err e = tel__queue_memory_new(&qo, &s->queue, err);
	tel__mem_free(s->alloc, batch_points, s->group_count, sizeof *batch_points);
	return e;
}

/* What can fail behind the first allocation; fini() undoes it. */
static tel_err make_parts(tel__sender *s, const tel__sender_opts *opts, tel_error *err)
{
	tel_err e = set_groups(s, opts);
	if (e)
		return tel__fail_nomem(err);
	e = tel__batch_compress_init(s, s->rules.coding, err);
	if (e == TEL_OK && !opts->queue)
		e = make_queue(s, opts, err);
	if (e)
		return e;
	s->transport = tel__transport_new(opts);
	return s->transport ? TEL_OK : tel__fail_nomem(err);
}

tel_err tel__sender_new(const tel__sender_opts *opts, tel__sender **ret_sender, tel_error *err)
{
	const tel_alloc *alloc = tel__ctx_alloc(opts->ctx);
	tel__sender *s = tel__mem_zero(alloc, 1, sizeof *s);
	if (!s)
		return tel__fail_nomem(err);
	s->alloc = alloc;
	s->ctx = opts->ctx;
	s->source = opts->source;
	s->keeps_queue = opts->keeps_queue;
	s->holds_auth_failures = opts->keeps_queue && !opts->drops_auth_failures;
	s->deferred = (tel__deferred){ .run = pump, .user = s };
	tel__sender_rules_of(opts, &s->rules);
	tel_err e = tel__sender_check(&s->rules, opts, err);
	if (e == TEL_OK && (e = tel__ctx_timer_init(s->ctx, &s->timer, pump, s)) != TEL_OK)
		tel__fail_nomem(err);
	if (e) {
		tel__mem_free(alloc, s, 1, sizeof *s);
		return e;
	}
	e = make_parts(s, opts, err);
	if (e) {
		tel__queue_free(s->queue);
		tel__batch_compress_fini(s);
		fini(s);
		return e;
	}
	if (opts->queue)
		s->queue = opts->queue;
	s->config = tel_config_ref(opts->config);
	*ret_sender = s;
	return TEL_OK;
}

void tel__sender_free(tel__sender *s)
{
	if (!s)
		return;
	s->freeing = true;
	cancel_calls(s);
	while (s->waiting.head)
		tel__flight_drop(s, s->waiting.head);
	for (uint32_t i = 0; i < s->group_count; i++) {
		tel__group *g = &s->groups[i];
		tel_metrics_free(g->head);
		tel_metrics_free(g->carry);
		if (g->carry_load && --g->carry_load->refs == 0)
			tel__load_put(s, g->carry_load);
	}
	tel__flight_pools_fini(s);
	tel__queue_free(s->queue);
	tel__commits_fini(s);
	tel__transport_free(s->transport, s->alloc);
	tel__transports_trim(s);
	tel__batch_compress_fini(s);
	tel__ctx_undefer(s->ctx, &s->deferred);
	fini(s);
}
