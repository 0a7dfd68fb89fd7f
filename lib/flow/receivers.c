/* SPDX-License-Identifier: Apache-2.0 */
/* The receivers of a generation. One that is told the same stays as it is, with its connections. */
#include <string.h>

#include "base/error_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "config/same.h"
#include "flow/flow_i.h"

static tel__flow_receiver *find_receiver(const tel__flow_generation *g, tel_slice id)
{
	for (size_t i = 0; g && i < g->receiver_count; i++)
		if (g->receivers[i] && tel__slice_eq(g->receivers[i]->id, id))
			return g->receivers[i];
	return NULL;
}

static bool is_wanted(const tel__config_component *c)
{
	return c->kind == TEL__KIND_RECEIVER && c->used;
}

void tel__flow_keep_receivers(tel__flow_generation *g)
{
	size_t n = 0;

	for (size_t i = 0; i < g->config->component_count; i++) {
		const tel__config_component *c = &g->config->components[i];
		tel__flow_receiver *old = is_wanted(c) ? find_receiver(g->from, c->id) : NULL;
		if (old && tel__component_same(c, old->component) && tel__flow_auth_user_same(&old->auth, &g->auths))
			g->receivers[n] = old;
		n += is_wanted(c);
	}
}

static tel_err make_receiver(tel__flow_generation *g, const tel__config_component *c, tel__flow_receiver **ret_receiver,
                             tel_error *err)
{
	tel_flow *flow = g->flow;
	tel__flow_receiver *old = find_receiver(g->from, c->id), *r;
	tel__receiver_env env = { .ctx = flow->ctx, .id = c->id, .forward_bad_utf8 = flow->forward_bad_utf8,
		                      .strict_json = flow->strict_json,
		                      .connections_per_peer = flow->connections_per_peer,
		                      .on_metrics = tel__flow_on_metrics, .before = g->from ? &g->before : NULL };
	tel_err rc;

	if (old && old->component->row == c->row)
		env.predecessor = old->impl;
	r = tel__mem_zero(flow->alloc, 1, sizeof(*r));
	if (!r)
		return tel__fail_nomem(err);
	r->flow = flow;
	r->generation = g;
	r->config = tel_config_ref(g->config);
	r->component = c;
	r->id = c->id;
	r->ops = c->row->impl;
	env.user = r;
	tel__flow_auth_user_init(&r->auth, &g->auths);
	env.auth = &r->auth.book;
	rc = r->ops->make(&env, c->options, &r->impl, err);
	if (rc) {
		tel__flow_auth_user_fini(&r->auth);
		tel_config_free(r->config);
		tel__mem_free(flow->alloc, r, 1, sizeof(*r));
		return tel__flow_blame(rc, c->id, "receiver", err);
	}
	*ret_receiver = r;
	return TEL_OK;
}

tel_err tel__flow_make_receivers(tel__flow_generation *g, tel_error *err)
{
	const tel_config *config = g->config;

	for (size_t i = 0; i < config->component_count; i++) {
		tel__flow_receiver **at = &g->receivers[g->receiver_count];
		tel_err rc = TEL_OK;

		if (!is_wanted(&config->components[i]))
			continue;
		if (!*at)
			rc = make_receiver(g, &config->components[i], at, err);
		if (rc)
			return rc;
		g->receiver_count++;
	}
	return TEL_OK;
}

/* ---- the switch ---- */

static void hand_on(tel__flow_receiver *r, tel__flow_generation *g)
{
	tel__flow_generation *old = r->generation;

	g->users++;
	r->generation = g;
	tel__flow_generation_release(old);
}

/* What is still to come from one that leaves goes where the id goes now; without such a place it goes the old way. */
static void redirect_leaving(tel__flow_generation *g)
{
	for (tel__flow_receiver *r = g->flow->leaving_receivers; r; r = r->next)
		if (tel__graph_has_receiver(g->graph, r->id))
			hand_on(r, g);
}

static void dismiss(tel__flow_generation *g, tel__flow_generation *from)
{
	for (size_t i = 0; i < from->receiver_count; i++) {
		tel__flow_receiver *r = from->receivers[i];
		from->receivers[i] = NULL;
		if (r->generation == g)
			continue; /* it stays */
		from->users++; /* its own */
		tel__flow_leave_receiver(r);
		if (tel__graph_has_receiver(g->graph, r->id))
			hand_on(r, g);
	}
	from->receiver_count = 0;
}

void tel__flow_start_receivers(tel__flow_generation *g)
{
	tel__flow_generation *from = g->from;

	for (size_t i = 0; i < g->receiver_count; i++) {
		tel__flow_receiver *r = g->receivers[i];
		if (from && r->generation == g)
			r->ops->start(r->impl);
		r->generation = g;
	}
	redirect_leaving(g);
	if (from)
		dismiss(g, from);
}

void tel__flow_free_receivers(tel__flow_generation *g)
{
	for (size_t i = 0; i < g->receiver_cap && g->receivers; i++) {
		tel__flow_receiver *r = g->receivers[i];
		if (!r || r->generation != g)
			continue;
		g->receivers[i] = NULL;
		r->generation = NULL; /* which holds it, not the other way round */
		tel__flow_receiver_free(r);
	}
}

static void add_by_transport(tel__receiver_stats *rows, size_t *count, size_t cap, const tel__receiver_stats *from)
{
	for (size_t i = 0; i < *count; i++) {
		if (strcmp(rows[i].transport, from->transport) == 0) {
			tel__receiver_stats_add(&rows[i], from);
			return;
		}
	}
	if (*count < cap)
		rows[(*count)++] = *from;
}

static void bequeath(tel__flow_receiver *r)
{
	tel__flow_receiver *heir = find_receiver(r->flow->now, r->id);
	tel__receiver_stats rows[TEL__RECEIVER_DOORS];
	size_t n;

	if (!heir || heir == r)
		return;
	n = r->ops->stats(r->impl, rows, TEL__RECEIVER_DOORS);
	for (size_t i = 0; i < n; i++) {
		rows[i].connections.open = 0;
		add_by_transport(heir->base, &heir->base_count, TEL__RECEIVER_DOORS, &rows[i]);
	}
	for (size_t i = 0; i < r->base_count; i++)
		add_by_transport(heir->base, &heir->base_count, TEL__RECEIVER_DOORS, &r->base[i]);
}

void tel__flow_receiver_free(tel__flow_receiver *r)
{
	tel__flow_generation *g = r->generation;
	tel_flow *flow = r->flow;

	if (g)
		bequeath(r);
	r->ops->free(r->impl);
	tel__flow_auth_user_fini(&r->auth);
	tel_config_free(r->config);
	tel__mem_free(flow->alloc, r, 1, sizeof(*r));
	tel__flow_generation_release(g);
}

size_t tel__flow_receiver_stats(const tel__flow_receiver *r, tel__receiver_stats *ret_stats, size_t cap)
{
	size_t n = r->ops->stats(r->impl, ret_stats, cap);

	for (size_t i = 0; i < r->base_count; i++)
		add_by_transport(ret_stats, &n, cap, &r->base[i]);
	for (const tel__flow_receiver *old = r->flow->leaving_receivers; old; old = old->next) {
		tel__receiver_stats rows[TEL__RECEIVER_DOORS];
		size_t more = old != r && tel__slice_eq(old->id, r->id) ? old->ops->stats(old->impl, rows, TEL__RECEIVER_DOORS) : 0;
		for (size_t i = 0; i < more; i++)
			add_by_transport(ret_stats, &n, cap, &rows[i]);
		for (size_t i = 0; more && i < old->base_count; i++)
			add_by_transport(ret_stats, &n, cap, &old->base[i]);
	}
	return n;
}
