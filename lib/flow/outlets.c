/* SPDX-License-Identifier: Apache-2.0 */
/* The exporters of a generation: a sender that runs goes on with what it holds, whatever it is told (sink/renew.c). */
#include "base/error_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "config/same.h"
#include "flow/flow_i.h"

/* What a sender is to be told; slices and pointers are of the configuration and of the arrays. */
typedef struct sender_plan {
	tel__sender_opts opts;
	tel__sender_settings settings;
	tel__sender_group *groups;
	tel_slice *names;
} sender_plan;

static void fold_groups(const tel__graph_exporter *x, tel__sender_group *groups)
{
	for (uint32_t i = 0; i < x->group_count; i++) {
		const tel__batch_options *batch = x->groups[i].batch;

		groups[i] = (tel__sender_group){ 0 };
		if (!batch)
			continue;
		groups[i].batches = true;
		groups[i].max_size = batch->send_batch_max_size;
		/* no timer: whatever arrived is sent at once (otel-processing.md 7.1) */
		if (batch->timeout_ns > 0 && batch->send_batch_size > 0) {
			groups[i].min_size = batch->send_batch_size;
			groups[i].timeout_ns = (uint64_t)batch->timeout_ns;
		}
	}
}

static void free_plan(tel_flow *flow, sender_plan *p)
{
	if (p->groups)
		tel__mem_free(flow->alloc, p->groups, p->opts.group_count, sizeof(*p->groups));
	if (p->names)
		tel__mem_free(flow->alloc, p->names, p->opts.group_count, sizeof(*p->names));
}

static tel_err make_plan(tel__flow_generation *g, const tel__graph_exporter *wanted, sender_plan *p, tel_error *err)
{
	const tel__exporter_ops *ops = wanted->component->row->impl;

	*p = (sender_plan){ .opts = { .ctx = g->flow->ctx, .exporter = ops, .config = g->config, .group_count = wanted->group_count,
		                            .drops_auth_failures = g->flow->drop_auth_failures } };
	p->groups = tel__mem_new(g->flow->alloc, wanted->group_count, sizeof(*p->groups));
	p->names = tel__mem_new(g->flow->alloc, wanted->group_count, sizeof(*p->names));
	if (!p->groups || !p->names) {
		free_plan(g->flow, p);
		return tel__fail_nomem(err);
	}
	fold_groups(wanted, p->groups);
	for (uint32_t i = 0; i < wanted->group_count; i++)
		p->names[i] = wanted->groups[i].pipeline;
	p->opts.source = (tel__log_source){ wanted->id, TEL_SLICE_LIT("exporter"), { NULL, 0 } };
	if (ops->settings)
		ops->settings(wanted->component->options, &p->settings);
	p->opts.settings = &p->settings;
	p->opts.groups = p->groups;
	p->opts.names = p->names;
	/* a generation that still lives may commit into any group that it knows */
	p->opts.reuse_groups = g->flow->generations <= 2;
	return TEL_OK;
}

/* What an exporter needs of the authenticators lives as long as it does. */
typedef struct auth_user {
	tel__flow_auth_user user;
	tel_flow *flow;
} auth_user;

static void free_auth_user(void *user)
{
	auth_user *a = user;
	tel_flow *flow = a->flow;

	tel__flow_auth_user_fini(&a->user);
	tel__mem_free(flow->alloc, a, 1, sizeof(*a));
}

static tel_err make_impl(tel__flow_generation *g, const tel__config_component *c, sender_plan *p,
                         tel__flow_auth_user **ret_auth, tel_error *err)
{
	tel_flow *flow = g->flow;
	auth_user *a = tel__mem_zero(flow->alloc, 1, sizeof(*a));
	tel__exporter_env env = { .ctx = flow->ctx, .id = c->id, .user_agent = tel__slice_str(flow->user_agent),
		                      .beside = g->from != NULL };
	tel_err rc;

	if (!a)
		return tel__fail_nomem(err);
	a->flow = flow;
	tel__flow_auth_user_init(&a->user, &g->auths);
	env.auth = &a->user.book;
	env.proxies = tel__ctx_proxies(flow->ctx);
	rc = p->opts.exporter->make(&env, c->options, &p->opts.impl, err);
	if (rc) {
		free_auth_user(a);
		return rc;
	}
	p->opts.exporter_freed = free_auth_user;
	p->opts.exporter_user = a;
	*ret_auth = &a->user;
	return TEL_OK;
}

/* Of one that nobody took over. */
static void free_impl(sender_plan *p)
{
	if (!p->opts.impl)
		return;
	p->opts.exporter->free(p->opts.impl);
	free_auth_user(p->opts.exporter_user);
}

static void set_component(tel__flow_exporter *x, const tel__graph_exporter *wanted, tel_config *config)
{
	tel_config *old = x->config;

	x->config = tel_config_ref(config);
	x->component = wanted->component;
	x->id = wanted->component->id;
	tel_config_free(old);
}

static tel_err make_exporter(tel__flow_generation *g, const tel__graph_exporter *wanted, sender_plan *p,
                             tel__flow_outlet *outlet, tel_error *err)
{
	tel_flow *flow = g->flow;
	tel__flow_exporter *x = tel__mem_zero(flow->alloc, 1, sizeof(*x));
	tel_err rc;

	if (!x)
		return tel__fail_nomem(err);
	rc = make_impl(g, wanted->component, p, &x->auth, err);
	if (!rc) {
		rc = tel__sender_new(&p->opts, &x->sender, err);
		if (rc)
			free_impl(p);
	}
	if (rc) {
		tel__mem_free(flow->alloc, x, 1, sizeof(*x));
		return rc;
	}
	x->flow = flow;
	set_component(x, wanted, g->config);
	for (uint32_t i = 0; i < wanted->group_count; i++)
		outlet->groups[i] = i;
	outlet->exporter = x;
	return TEL_OK;
}

/* One of that id that can become what is wanted, perhaps while it leaves. */
static tel__flow_exporter *find_exporter(const tel_flow *flow, const tel__config_component *c, const tel__sender_opts *opts)
{
	tel__flow_exporter *leaving = NULL;

	for (tel__flow_exporter *x = flow->exporters; x; x = x->next) {
		if (!tel__slice_eq(x->id, c->id) || x->component->row != c->row || !tel__sender_suits(x->sender, opts))
			continue;
		if (x->users)
			return x;
		leaving = x;
	}
	return leaving;
}

static tel_err change_exporter(tel__flow_generation *g, const tel__graph_exporter *wanted, sender_plan *p,
                               tel__flow_exporter *x, tel__flow_outlet *outlet, tel_error *err)
{
	tel_err rc = TEL_OK;

	if (!tel__component_same(wanted->component, x->component) || !tel__flow_auth_user_same(x->auth, &g->auths))
		rc = make_impl(g, wanted->component, p, &outlet->auth, err);
	if (rc)
		return rc;
	rc = tel__sender_prepare(x->sender, &p->opts, outlet->groups, &outlet->change, err);
	if (rc)
		free_impl(p);
	else
		outlet->exporter = x;
	return rc;
}

static tel_err make_outlet(tel__flow_generation *g, const tel__graph_exporter *wanted, tel__flow_outlet *outlet,
                           tel_error *err)
{
	const tel__config_component *c = wanted->component;
	tel__flow_exporter *x;
	sender_plan p;
	tel_err rc;

	outlet->groups = tel__mem_new(g->flow->alloc, wanted->group_count, sizeof(*outlet->groups));
	if (!outlet->groups)
		return tel__fail_nomem(err);
	outlet->group_count = wanted->group_count;
	rc = make_plan(g, wanted, &p, err);
	if (rc)
		return rc;
	x = find_exporter(g->flow, c, &p.opts);
	rc = x ? change_exporter(g, wanted, &p, x, outlet, err) : make_exporter(g, wanted, &p, outlet, err);
	free_plan(g->flow, &p);
	return tel__flow_blame(rc, c->id, "exporter", err);
}

/* ---- batches ---- */

static tel__flow_batch *find_batch(tel__flow_generation *g, tel_slice id)
{
	for (size_t i = 0; i < g->batch_count; i++)
		if (tel__slice_eq(g->batches[i].id, id))
			return &g->batches[i];
	return NULL;
}

static tel_err list_batches(tel__flow_generation *g, tel_error *err)
{
	size_t cap = 0;

	for (size_t i = 0; i < g->outlet_cap; i++)
		cap += tel__graph_exporter_get(g->graph, i)->group_count;
	g->batches = cap ? tel__mem_zero(g->flow->alloc, cap, sizeof(*g->batches)) : NULL;
	if (cap && !g->batches)
		return tel__fail_nomem(err);
	g->batch_cap = cap;
	for (size_t i = 0; i < g->outlet_cap; i++) {
		const tel__graph_exporter *x = tel__graph_exporter_get(g->graph, i);
		for (uint32_t k = 0; k < x->group_count; k++)
			if (x->groups[k].batch && !find_batch(g, x->groups[k].batch_id))
				g->batches[g->batch_count++].id = x->groups[k].batch_id;
	}
	return TEL_OK;
}

/* Whether that group of that sender counts for the same id in the new graph. */
static bool goes_on(const tel__flow_generation *g, const tel__flow_exporter *x, uint32_t number, tel_slice batch_id)
{
	for (size_t i = 0; i < g->outlet_count; i++) {
		const tel__graph_exporter *wanted = tel__graph_exporter_get(g->graph, i);
		for (uint32_t k = 0; g->outlets[i].exporter == x && k < wanted->group_count; k++)
			if (g->outlets[i].groups[k] == number)
				return wanted->groups[k].batch && tel__slice_eq(wanted->groups[k].batch_id, batch_id);
	}
	return false;
}

/* Counters of a batch processor are those of the groups that it was folded into: what groups that end have counted. */
static void inherit_batches(tel__flow_generation *g, tel__flow_generation *from)
{
	for (size_t i = 0; i < from->batch_count; i++) {
		tel__flow_batch *to = find_batch(g, from->batches[i].id);
		if (to)
			tel__group_stats_add(&to->base, &from->batches[i].base);
	}
	for (size_t i = 0; i < from->outlet_count; i++) {
		const tel__graph_exporter *had = tel__graph_exporter_get(from->graph, i);
		const tel__flow_outlet *outlet = &from->outlets[i];
		for (uint32_t k = 0; k < had->group_count; k++) {
			tel__flow_batch *to = had->groups[k].batch ? find_batch(g, had->groups[k].batch_id) : NULL;
			tel__group_stats stats;
			if (goes_on(g, outlet->exporter, outlet->groups[k], had->groups[k].batch_id))
				continue;
			tel__sender_take_group_stats(outlet->exporter->sender, outlet->groups[k], &stats);
			if (to)
				tel__group_stats_add(&to->base, &stats);
		}
	}
}

/* ---- all of them ---- */

tel_err tel__flow_make_outlets(tel__flow_generation *g, tel_error *err)
{
	size_t count = tel_graph_exporter_count(g->graph);

	g->outlets = count ? tel__mem_zero(g->flow->alloc, count, sizeof(*g->outlets)) : NULL;
	if (count && !g->outlets)
		return tel__fail_nomem(err);
	g->outlet_cap = count;
	for (size_t i = 0; i < count; i++) {
		tel_err rc = make_outlet(g, tel__graph_exporter_get(g->graph, i), &g->outlets[i], err);
		g->outlet_count++; /* with what there is of it */
		if (rc)
			return rc;
	}
	return list_batches(g, err);
}

static void append_exporter(tel__flow_exporter *x)
{
	tel__flow_exporter **at = &x->flow->exporters;

	while (*at)
		at = &(*at)->next;
	*at = x;
	x->linked = true;
}

void tel__flow_start_outlets(tel__flow_generation *g)
{
	for (size_t i = 0; i < g->outlet_count; i++) {
		tel__flow_outlet *outlet = &g->outlets[i];
		tel__flow_exporter *x = outlet->exporter;
		if (!x->linked)
			append_exporter(x);
		if (outlet->change) {
			tel__sender_apply(outlet->change);
			outlet->change = NULL;
			x->auth = outlet->auth ? outlet->auth : x->auth;
			set_component(x, tel__graph_exporter_get(g->graph, i), g->config);
		}
		x->users++;
	}
	if (g->from)
		inherit_batches(g, g->from);
}

/* Before the start its changes are given up, after it its exporters have a user less. */
void tel__flow_free_outlets(tel__flow_generation *g)
{
	for (size_t i = 0; i < g->outlet_count; i++) {
		tel__flow_outlet *outlet = &g->outlets[i];
		tel__flow_exporter *x = outlet->exporter;
		tel__sender_abandon(outlet->change);
		if (x && !x->linked)
			tel__flow_exporter_free(x);
		else if (x && g->number && --x->users == 0)
			tel__flow_leave_exporter(x);
		if (outlet->groups)
			tel__mem_free(g->flow->alloc, outlet->groups, outlet->group_count, sizeof(*outlet->groups));
	}
	if (g->outlets)
		tel__mem_free(g->flow->alloc, g->outlets, g->outlet_cap, sizeof(*g->outlets));
	g->outlets = NULL;
	g->outlet_count = 0;
}

void tel__flow_exporter_free(tel__flow_exporter *x)
{
	tel_flow *flow = x->flow;
	tel__flow_exporter **at = &flow->exporters;

	while (*at && *at != x)
		at = &(*at)->next;
	if (*at)
		*at = x->next;
	tel__sender_free(x->sender);
	tel_config_free(x->config);
	tel__mem_free(flow->alloc, x, 1, sizeof(*x));
}

/* ---- counters ---- */

static uint64_t older(uint64_t a, uint64_t b)
{
	return !a || (b && b < a) ? b : a;
}

void tel__flow_stats_add(tel__sender_stats *to, const tel__sender_stats *from)
{
	to->committed_points += from->committed_points;
	to->sent_points += from->sent_points;
	to->rejected_points += from->rejected_points;
	for (size_t i = 0; i < TEL__DROP_COUNT; i++)
		to->dropped_points[i] += from->dropped_points[i];
	to->returned_points += from->returned_points;
	to->send_failed_points += from->send_failed_points;
	to->enqueue_failed_points += from->enqueue_failed_points;
	to->queued_points += from->queued_points;
	to->requests += from->requests;
	to->retries += from->retries;
	to->in_flight += from->in_flight;
	to->backing_off += from->backing_off;
	to->oldest_mono_ns = older(to->oldest_mono_ns, from->oldest_mono_ns);
	if (to->last_success_unix_ns < from->last_success_unix_ns)
		to->last_success_unix_ns = from->last_success_unix_ns;
	to->queue.size += from->queue.size; /* the capacity is that of who takes new data */
	to->queue.points += from->queue.points;
	to->queue.bytes += from->queue.bytes;
	to->queue.records += from->queue.records;
	to->queue.charged_bytes += from->queue.charged_bytes;
	if (!to->first_rejection[0])
		memcpy(to->first_rejection, from->first_rejection, sizeof(to->first_rejection));
}

void tel__flow_exporter_stats(const tel__flow_exporter *x, tel__sender_stats *ret_stats, uint64_t *ret_isolated)
{
	tel__sender_get_stats(x->sender, ret_stats);
	if (ret_isolated)
		*ret_isolated = x->isolated_points + x->handed_points - ret_stats->committed_points;
	tel__flow_stats_add(ret_stats, &x->base);
}
