/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one configuration runs: made beside the one before it, without an effect, then started in one step. Exporters
 * first, receivers last (otel-processing.md 10.5). doc/internals/reload.md.
 */
#include "base/error_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "flow/flow_i.h"
#include "flow/process_stats.h"
#include "process/memory_limiter.h"

/* ---- memory ---- */

/* The smallest limiter governs admission, else 80 % of the cgroup's limit; a machine without either has no budget. */
static tel_err find_budget(tel__flow_generation *g, size_t total, bool cgroup, tel_error *err)
{
	const tel_config *config = g->config;
	size_t baseline = g->flow->baseline_bytes;
	size_t limit = cgroup ? total / 10 * 8 : 0;
	bool limited = false;

	for (size_t i = 0; i < config->component_count; i++) {
		const tel__config_component *c = &config->components[i];
		size_t hard, soft;
		tel_err rc;

		if (c->row != &tel__memory_limiter || !c->used)
			continue;
		rc = tel__memory_limiter_limits(c->options, total, &hard, &soft, err);
		if (rc)
			return rc;
		if (!limited || hard < limit)
			limit = hard;
		limited = true;
	}
	g->budget_bytes = !limit ? 0 : limit > baseline ? limit - baseline : 1;
	return TEL_OK;
}

static tel_err make_graph(tel__flow_generation *g, tel_error *err)
{
	tel_flow *flow = g->flow;
	tel__graph_env env = { .alloc = flow->alloc, .log = tel__ctx_log(flow->ctx), .budget = tel__ctx_budget(flow->ctx),
		                   .baseline_bytes = flow->baseline_bytes, .crypto = tel_crypto_openssl(),
		                   .unix_ns = tel__ctx_unix_ns(flow->ctx) };
	bool cgroup = false;
	tel_err rc;

	env.total_memory_bytes = tel__process_memory_limit(flow->ctx, &cgroup);
	rc = find_budget(g, env.total_memory_bytes, cgroup, err);
	if (!rc)
		rc = tel__graph_new(g->config, &env, &g->graph, err);
	return rc ? rc : tel_plan_new(g->graph, &g->plan, err);
}

/* ---- what everybody needs ---- */

tel_err tel__flow_blame(tel_err rc, tel_slice id, const char *kind, tel_error *err)
{
	tel_error cause;

	if (!rc || !err)
		return rc;
	cause = *err;
	(void)tel__fail(err, rc, "failed to start \"" TEL_SLICE_FMT "\" %s: %s", TEL_SLICE_ARG(id), kind, cause.msg);
	err->detail = cause.detail;
	return rc;
}

static tel_err make_auths(tel__flow_generation *g, tel_error *err)
{
	const tel__flow_auths *before = g->from ? &g->from->auths : NULL;
	const tel__config_component *culprit = NULL;
	tel_err rc = tel__flow_auths_make(&g->auths, g->flow->ctx, tel__slice_str(g->flow->user_agent), g->config, before, &culprit, err);

	return culprit ? tel__flow_blame(rc, culprit->id, "extension", err) : rc;
}

/* ---- servers that will go ---- */

static void add_before(tel__flow_generation *g, tel__http_server *const *servers, size_t count)
{
	for (size_t i = 0; i < count && g->before.count < g->before_cap; i++)
		g->before_servers[g->before.count++] = servers[i];
}

/* After it is known who stays. */
static tel_err list_before(tel__flow_generation *g, tel_error *err)
{
	const tel__flow_generation *from = g->from;
	tel__http_server *servers[TEL__RECEIVER_DOORS];

	g->before_cap = from->receiver_count * TEL__RECEIVER_DOORS + from->endpoint_count + 1;
	g->before_servers = tel__mem_new(g->flow->alloc, g->before_cap, sizeof(tel__http_server *));
	if (!g->before_servers)
		return tel__fail_nomem(err);
	g->before.servers = g->before_servers;
	for (size_t i = 0; i < from->receiver_count; i++) {
		const tel__flow_receiver *r = from->receivers[i];
		bool stays = false;
		for (size_t k = 0; k < g->receiver_cap; k++)
			stays = stays || g->receivers[k] == r;
		if (!stays)
			add_before(g, servers, r->ops->servers(r->impl, servers, TEL__RECEIVER_DOORS));
	}
	for (size_t i = 0; i < from->endpoint_count; i++) {
		const tel__flow_endpoint *e = from->endpoints[i];
		bool stays = false;
		for (size_t k = 0; k < g->endpoint_cap; k++)
			stays = stays || g->endpoints[k] == e;
		servers[0] = tel__endpoint_server(e->endpoint);
		if (!stays)
			add_before(g, servers, 1);
	}
	if (g->flow->pages) { /* goes if this generation has pages of its own, and nobody else asks for its address */
		servers[0] = tel__endpoint_server(g->flow->pages->endpoint);
		add_before(g, servers, 1);
	}
	return TEL_OK;
}

/* ---- life ---- */

static tel_err take_arrays(tel__flow_generation *g, tel_error *err)
{
	const tel_config *config = g->config;
	const tel_alloc *alloc = g->flow->alloc;
	size_t endpoints = config->extension_count + config->telemetry.reader_count;

	g->receivers = tel__mem_zero(alloc, config->component_count + 1, sizeof(tel__flow_receiver *));
	g->endpoints = tel__mem_zero(alloc, endpoints + 1, sizeof(tel__flow_endpoint *));
	if (g->receivers)
		g->receiver_cap = config->component_count + 1;
	if (g->endpoints)
		g->endpoint_cap = endpoints + 1;
	return g->receivers && g->endpoints ? TEL_OK : tel__fail_nomem(err);
}

static tel_err make(tel__flow_generation *g, tel_error *err)
{
	tel_err rc = tel__config_runnable(g->config, TEL__RUNS_ALL, err);

	if (!rc)
		rc = take_arrays(g, err);
	if (!rc)
		rc = make_graph(g, err);
	if (!rc)
		rc = make_auths(g, err);
	if (!rc && g->from) {
		tel__flow_keep_receivers(g);
		tel__flow_keep_endpoints(g);
		rc = list_before(g, err);
	}
	if (!rc)
		rc = tel__flow_make_endpoints(g, err);
	if (!rc)
		rc = tel__flow_make_outlets(g, err);
	if (!rc)
		rc = tel__flow_make_receivers(g, err);
	return rc;
}

tel_err tel__flow_generation_new(tel_flow *flow, tel_config *config, tel__flow_generation *from,
                                 tel__flow_generation **ret_generation, tel_error *err)
{
	tel__flow_generation *g = tel__mem_zero(flow->alloc, 1, sizeof(*g));
	tel_err rc;

	if (!g)
		return tel__fail_nomem(err);
	g->flow = flow;
	g->config = tel_config_ref(config);
	g->from = from;
	flow->generations++;
	rc = make(g, err);
	if (rc) {
		tel__flow_generation_free(g);
		return rc;
	}
	*ret_generation = g;
	return TEL_OK;
}

static void drop_before(tel__flow_generation *g)
{
	if (g->before_servers)
		tel__mem_free(g->flow->alloc, g->before_servers, g->before_cap, sizeof(tel__http_server *));
	g->before_servers = NULL;
	g->before = (tel__http_before){ NULL, 0, NULL };
	g->from = NULL;
}

void tel__flow_generation_start(tel__flow_generation *g)
{
	tel_flow *flow = g->flow;
	tel__flow_generation *from = g->from;

	g->users = 1;
	g->number = ++flow->history.number;
	flow->now = g;
	tel__budget_set_limit(tel__ctx_budget(flow->ctx), g->budget_bytes);
	tel__flow_start_outlets(g);
	if (from)
		tel__graph_inherit(g->graph, from->graph, &flow->history.gone_pipelines);
	tel__flow_start_receivers(g);
	tel__flow_start_endpoints(g);
	drop_before(g);
	if (from)
		tel__flow_generation_release(from);
}

void tel__flow_generation_free(tel__flow_generation *g)
{
	const tel_alloc *alloc;

	if (!g)
		return;
	alloc = g->flow->alloc;
	tel__flow_free_receivers(g);
	tel__flow_free_outlets(g);
	tel__flow_free_endpoints(g);
	drop_before(g);
	tel__flow_auths_fini(&g->auths, g->flow->ctx);
	tel_plan_free(g->plan);
	tel_graph_free(g->graph);
	if (g->receivers)
		tel__mem_free(alloc, g->receivers, g->receiver_cap, sizeof(tel__flow_receiver *));
	if (g->endpoints)
		tel__mem_free(alloc, g->endpoints, g->endpoint_cap, sizeof(tel__flow_endpoint *));
	if (g->batches)
		tel__mem_free(alloc, g->batches, g->batch_cap, sizeof(*g->batches));
	g->flow->generations--;
	tel_config_free(g->config);
	tel__mem_free(alloc, g, 1, sizeof(*g));
}

void tel__flow_generation_release(tel__flow_generation *g)
{
	if (g && --g->users == 0)
		tel__flow_generation_free(g);
}

void tel__flow_generation_settle(tel__flow_generation *g)
{
	if (g != g->flow->now)
		tel__graph_inherit(g->flow->now->graph, g->graph, &g->flow->history.gone_pipelines);
}
