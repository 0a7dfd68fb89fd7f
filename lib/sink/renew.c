/* SPDX-License-Identifier: Apache-2.0 */
/* A sender across a reload: queue, requests and counters stay, what surrounds them changes. doc/internals/reload.md. */
#include "base/error_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "sink/sender_i.h"

struct tel__sender_change {
	tel__sender *sender;
	tel__sender_rules rules;
	tel__transport *transport; /* NULL: the exporter stays */
	tel__group *groups;        /* what replaces the sender's array: its content is copied at apply */
	uint64_t *batch_points;
	uint32_t group_count;
	tel__queue_size size;
	tel__log_source source;
	tel_config *config;
};

/* ---- exporters ---- */

tel__transport *tel__transport_new(const tel__sender_opts *opts)
{
	tel__transport *t = tel__mem_zero(tel__ctx_alloc(opts->ctx), 1, sizeof *t);
	if (!t)
		return NULL;
	t->exporter = opts->exporter;
	t->impl = opts->impl;
	t->config = tel_config_ref(opts->config);
	t->freed = opts->exporter_freed;
	t->user = opts->exporter_user;
	return t;
}

void tel__transport_free(tel__transport *t, const tel_alloc *alloc)
{
	t->exporter->free(t->impl);
	if (t->freed)
		t->freed(t->user);
	tel_config_free(t->config);
	tel__mem_free(alloc, t, 1, sizeof *t);
}

void tel__transports_trim(tel__sender *s)
{
	for (tel__transport **at = &s->old_transports; *at;) {
		tel__transport *t = *at;
		if (t->flights) {
			at = &t->next;
			continue;
		}
		*at = t->next;
		tel__transport_free(t, s->alloc);
	}
}

/* ---- groups ---- */

static bool is_listed(const uint32_t *numbers, uint32_t count, uint32_t number)
{
	for (uint32_t i = 0; i < count; i++)
		if (numbers[i] == number)
			return true;
	return false;
}

static bool is_empty(const tel__sender *s, uint32_t group)
{
	const tel__group *g = &s->groups[group];
	tel__queue_waiting w;
	if (g->carry_load || g->waiters.count)
		return false;
	for (const tel__commit *c = s->commits; c; c = c->next)
		if (c->group == group)
			return false;
	for (const tel__flight_list *list = &s->sending;; list = &s->waiting) {
		for (const tel__flight *f = list->head; f; f = f->next)
			if (f->group == group)
				return false;
		if (list == &s->waiting)
			break;
	}
	s->queue->ops->waiting(s->queue, group, &w);
	return w.records == 0;
}

/* The group of that name, else one that nobody uses any more, else a new one behind all others. */
static uint32_t find_group(const tel__sender *s, const tel__sender_opts *opts, tel_slice name, const uint32_t *taken,
                           uint32_t taken_count, uint32_t *end)
{
	for (uint32_t i = 0; i < s->group_count; i++)
		if (!s->groups[i].retired && tel__slice_eq(s->groups[i].name, name) && !is_listed(taken, taken_count, i))
			return i;
	for (uint32_t i = 0; opts->reuse_groups && i < s->group_count; i++)
		if (s->groups[i].retired && !is_listed(taken, taken_count, i) && is_empty(s, i))
			return i;
	return (*end)++;
}

static tel_err plan_groups(tel__sender_change *c, const tel__sender_opts *opts, uint32_t *ret_groups)
{
	const tel__sender *s = c->sender;
	uint32_t count = tel__sender_group_count(opts), end = s->group_count;
	for (uint32_t i = 0; i < count; i++)
		ret_groups[i] = find_group(s, opts, tel__sender_group_name(opts, i), ret_groups, i, &end);
	c->groups = tel__mem_zero(s->alloc, end, sizeof *c->groups);
	c->batch_points = tel__mem_zero(s->alloc, end, sizeof *c->batch_points);
	c->group_count = end;
	if (!c->groups || !c->batch_points)
		return TEL_ERR_NOMEM;
	for (uint32_t i = 0; i < end; i++) {
		c->groups[i].retired = true;
		if (i < s->group_count)
			c->groups[i].opts = s->groups[i].opts; /* it retires with the sizes that it had */
	}
	for (uint32_t i = 0; i < count; i++) {
		c->groups[ret_groups[i]].opts = tel__sender_group_of(opts, i);
		c->groups[ret_groups[i]].name = tel__sender_group_name(opts, i);
		c->groups[ret_groups[i]].retired = false;
	}
	return s->queue->ops->grow(s->queue, end);
}

static void apply_groups(tel__sender *s, tel__sender_change *c)
{
	for (uint32_t i = 0; i < s->group_count; i++) {
		tel__group old = s->groups[i];
		old.opts = c->groups[i].opts;
		old.name = c->groups[i].name;
		old.retired = c->groups[i].retired;
		c->groups[i] = old;
	}
	tel__mem_free(s->alloc, s->groups, s->group_count, sizeof *s->groups);
	s->groups = c->groups;
	s->group_count = c->group_count;
	c->groups = NULL;
	s->queue->ops->resize(s->queue, &c->size);
}

/* ---- the two steps ---- */

bool tel__sender_suits(const tel__sender *s, const tel__sender_opts *opts)
{
	tel__sender_rules rules;
	tel__sender_rules_of(opts, &rules);
	return rules.waits == s->rules.waits;
}

static void change_free(tel__sender_change *c)
{
	const tel_alloc *alloc = c->sender->alloc;
	if (c->groups)
		tel__mem_free(alloc, c->groups, c->group_count, sizeof *c->groups);
	if (c->batch_points)
		tel__mem_free(alloc, c->batch_points, c->group_count, sizeof *c->batch_points);
	tel_config_free(c->config);
	tel__mem_free(alloc, c, 1, sizeof *c);
}

tel_err tel__sender_prepare(tel__sender *s, const tel__sender_opts *opts, uint32_t *ret_groups,
                            tel__sender_change **ret_change, tel_error *err)
{
	tel__sender_change *c = tel__mem_zero(s->alloc, 1, sizeof *c);
	if (!c)
		return tel__fail_nomem(err);
	c->sender = s;
	c->source = opts->source;
	c->config = tel_config_ref(opts->config);
	tel__sender_rules_of(opts, &c->rules);
	tel_err e = tel__sender_check(&c->rules, opts, err);
	if (e == TEL_OK)
		e = tel__batch_compress_init(s, c->rules.coding, err);
	if (e == TEL_OK && (e = plan_groups(c, opts, ret_groups)) != TEL_OK)
		tel__fail_nomem(err);
	if (e == TEL_OK && opts->impl && !(c->transport = tel__transport_new(opts)))
		e = tel__fail_nomem(err);
	if (e) {
		change_free(c);
		return e;
	}
	tel__sender_size_of(&c->rules, opts, c->groups, c->group_count, c->batch_points, &c->size);
	*ret_change = c;
	return TEL_OK;
}

void tel__sender_abandon(tel__sender_change *c)
{
	if (!c)
		return;
	if (c->transport)
		tel__transport_free(c->transport, c->sender->alloc);
	change_free(c);
}

/* The old destination's faults are not the new one's: what waited for another attempt goes at once. */
static void replace_transport(tel__sender *s, tel__transport *next)
{
	uint64_t now = tel__ctx_mono_ns(s->ctx);
	s->transport->next = s->old_transports;
	s->old_transports = s->transport;
	s->transport = next;
	s->circuit = (tel__circuit){ 0 };
	s->probed_old = false;
	for (tel__flight *f = s->waiting.head; f; f = f->next) {
		f->backoff = (tel__backoff){ 0, false };
		f->hint_mono_ns = 0;
		f->next_mono_ns = now;
	}
	tel__transports_trim(s);
}

static bool bodies_differ(const tel__sender_rules *a, const tel__sender_rules *b)
{
	return a->coding != b->coding || a->level != b->level || a->json != b->json;
}

void tel__sender_apply(tel__sender_change *c)
{
	tel__sender *s = c->sender;
	tel_config *config = s->config;
	if (c->transport)
		replace_transport(s, c->transport);
	if (bodies_differ(&s->rules, &c->rules))
		s->body_epoch++;
	s->rules = c->rules;
	s->source = c->source;
	apply_groups(s, c);
	s->config = c->config;
	c->config = config;
	s->draining = false;
	s->on_drained = NULL;
	s->room_freed = true; /* who waits for room asks by the new rules */
	change_free(c);
	tel__sender_kick(s);
}
