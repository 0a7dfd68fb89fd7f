/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one configuration runs: exporters first, receivers last (otel-processing.md 10.5). doc/internals/reload.md.
 */
#include "base/error_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "flow/flow_i.h"
#include "flow/health.h"
#include "flow/pages.h"
#include "flow/process_stats.h"
#include "flow/zpages.h"
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
		                   .baseline_bytes = flow->baseline_bytes };
	bool cgroup = false;
	tel_err rc;

	env.total_memory_bytes = tel__process_memory_limit(flow->ctx, &cgroup);
	rc = find_budget(g, env.total_memory_bytes, cgroup, err);
	if (!rc)
		rc = tel__graph_new(g->config, &env, &g->graph, err);
	return rc ? rc : tel_plan_new(g->graph, &g->plan, err);
}

/* ---- exporters ---- */

static tel_err cannot_run(const tel__config_component *c, const char *kind, tel_error *err)
{
	return tel__fail(err, TEL_ERR_UNSUPPORTED,
	                 "failed to start \"" TEL_SLICE_FMT "\" %s: this release loads it but cannot run it",
	                 TEL_SLICE_ARG(c->id), kind);
}

/* Who it was that could not start: otel-processing.md 9.2, late errors. */
static tel_err blame(tel_err rc, tel_slice id, const char *kind, tel_error *err)
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
	const tel__flow_auths *before = g->flow->now ? &g->flow->now->auths : NULL;
	const tel__config_component *culprit = NULL;
	tel_err rc = tel__flow_auths_make(&g->auths, g->flow->ctx, tel__slice_str(g->flow->user_agent), g->config, before, &culprit, err);

	return culprit ? blame(rc, culprit->id, "extension", err) : rc;
}

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

static tel_err make_sender(tel__flow_exporter *x, const tel__graph_exporter *wanted, tel_error *err)
{
	const tel__config_component *c = wanted->component;
	const tel__exporter_ops *ops = c->row->impl;
	tel_flow *flow = x->flow;
	tel__exporter_env env = { .ctx = flow->ctx, .id = c->id, .user_agent = tel__slice_str(flow->user_agent),
		                      .auth = &x->auth.book };
	tel__sender_opts opts = { .ctx = flow->ctx, .exporter = ops };
	tel__sender_settings settings = { 0 };
	tel__sender_group *groups = tel__mem_new(flow->alloc, wanted->group_count, sizeof(*groups));
	tel_err rc;

	if (!groups)
		return tel__fail_nomem(err);
	fold_groups(wanted, groups);
	opts.source = (tel__log_source){ c->id, TEL_SLICE_LIT("exporter"), { NULL, 0 } };
	if (ops->settings)
		ops->settings(c->options, &settings);
	opts.settings = &settings;
	opts.groups = groups;
	opts.group_count = wanted->group_count;
	rc = ops->make(&env, c->options, &opts.impl, err);
	if (!rc) {
		rc = tel__sender_new(&opts, &x->sender, err);
		if (rc)
			ops->free(opts.impl);
	}
	tel__mem_free(flow->alloc, groups, wanted->group_count, sizeof(*groups));
	return rc;
}

static tel_err make_exporter(tel__flow_generation *g, const tel__graph_exporter *wanted, tel__flow_exporter **ret_exporter,
                             tel_error *err)
{
	const tel__config_component *c = wanted->component;
	tel_flow *flow = g->flow;
	tel__flow_exporter *x;
	tel_err rc;

	if (!c->row || !c->row->impl)
		return cannot_run(c, "exporter", err);
	x = tel__mem_zero(flow->alloc, 1, sizeof(*x));
	if (!x)
		return tel__fail_nomem(err);
	x->flow = flow;
	x->id = c->id;
	tel__flow_auth_user_init(&x->auth, &g->auths);
	rc = blame(make_sender(x, wanted, err), c->id, "exporter", err);
	if (rc) {
		tel__flow_auth_user_fini(&x->auth);
		tel__mem_free(flow->alloc, x, 1, sizeof(*x));
		return rc;
	}
	*ret_exporter = x;
	return TEL_OK;
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
	tel__flow_auth_user_fini(&x->auth);
	tel__mem_free(flow->alloc, x, 1, sizeof(*x));
}

uint64_t tel__flow_exporter_isolated(const tel__flow_exporter *x, const tel__sender_stats *stats)
{
	return x->isolated_points + x->handed_points - stats->committed_points;
}

static void append_exporter(tel__flow_exporter *x)
{
	tel__flow_exporter **at = &x->flow->exporters;

	while (*at)
		at = &(*at)->next;
	*at = x;
}

static tel_err make_exporters(tel__flow_generation *g, tel_error *err)
{
	size_t count = tel_graph_exporter_count(g->graph);

	g->outlets = count ? tel__mem_zero(g->flow->alloc, count, sizeof(*g->outlets)) : NULL;
	if (count && !g->outlets)
		return tel__fail_nomem(err);
	g->outlet_cap = count;
	for (size_t i = 0; i < count; i++) {
		tel_err rc = make_exporter(g, tel__graph_exporter_get(g->graph, i), &g->outlets[i].exporter, err);
		if (rc)
			return rc;
		append_exporter(g->outlets[i].exporter);
		g->outlet_count++;
	}
	return TEL_OK;
}

/* ---- receivers ---- */

static void free_receiver(tel__flow_receiver *r)
{
	if (r->impl)
		r->ops->free(r->impl);
	tel__flow_auth_user_fini(&r->auth);
	tel__mem_free(r->flow->alloc, r, 1, sizeof(*r));
}

static tel_err make_receiver(tel__flow_generation *g, const tel__config_component *c, tel__flow_receiver **ret_receiver,
                             tel_error *err)
{
	tel_flow *flow = g->flow;
	tel__receiver_env env = { .ctx = flow->ctx, .id = c->id, .forward_bad_utf8 = flow->forward_bad_utf8,
		                      .connections_per_peer = flow->connections_per_peer,
		                      .on_metrics = tel__flow_on_metrics };
	tel__flow_receiver *r;
	tel_err rc;

	if (!c->row || !c->row->impl)
		return cannot_run(c, "receiver", err);
	r = tel__mem_zero(flow->alloc, 1, sizeof(*r));
	if (!r)
		return tel__fail_nomem(err);
	r->flow = flow;
	r->generation = g;
	r->id = c->id;
	r->ops = c->row->impl;
	tel__flow_auth_user_init(&r->auth, &g->auths);
	env.auth = &r->auth.book;
	env.user = r;
	rc = r->ops->make(&env, c->options, &r->impl, err);
	if (rc) {
		free_receiver(r);
		return blame(rc, c->id, "receiver", err);
	}
	*ret_receiver = r;
	return TEL_OK;
}

static tel_err make_receivers(tel__flow_generation *g, tel_error *err)
{
	const tel_config *config = g->config;

	g->receivers = tel__mem_zero(g->flow->alloc, config->component_count, sizeof(*g->receivers));
	if (!g->receivers)
		return tel__fail_nomem(err);
	g->receiver_cap = config->component_count;
	for (size_t i = 0; i < config->component_count; i++) {
		const tel__config_component *c = &config->components[i];
		tel_err rc;

		if (c->kind != TEL__KIND_RECEIVER || !c->used)
			continue;
		rc = make_receiver(g, c, &g->receivers[g->receiver_count], err);
		if (rc)
			return rc;
		g->receiver_count++;
	}
	return TEL_OK;
}

/* ---- endpoints: extensions health_check and zpages, the metrics readers, the host's pages ---- */

static void serve_health(void *user, const tel__endpoint_request *request, tel__endpoint_answer *answer)
{
	const tel__flow_endpoint *e = user;
	const tel_flow *flow = e->flow;
	bool ready = flow->state == TEL__FLOW_READY;

	tel__health_answer(e->health, request->path, ready ? flow->started_unix_ns : 0,
	                   tel__ctx_mono_ns(flow->ctx) - flow->started_mono_ns, answer);
}

static void serve_metrics(void *user, const tel__endpoint_request *request, tel__endpoint_answer *answer)
{
	const tel__flow_endpoint *e = user;

	if (!tel__slice_is(request->path, "/metrics"))
		return;
	answer->status = 200;
	answer->content_type = "text/plain; version=0.0.4; charset=utf-8";
	tel__flow_write_metrics(e->flow, e->reader, answer->body);
}

static void serve_pages(void *user, const tel__endpoint_request *request, tel__endpoint_answer *answer)
{
	const tel__flow_endpoint *e = user;

	tel__pages_serve(e->flow, request, answer);
}

void tel__flow_endpoint_free(tel__flow_endpoint *e)
{
	if (!e)
		return;
	tel__endpoint_free(e->endpoint);
	tel__mem_free(e->flow->alloc, e, 1, sizeof(*e));
}

/* like says what it answers; its other fields are filled here. */
static tel_err make_endpoint(tel_flow *flow, const tel__flow_endpoint *like, tel_slice address, const tel__tls_options *tls,
                             tel__flow_endpoint **ret_endpoint, tel_error *err)
{
	tel__endpoint_serve *serve = like->health ? serve_health : like->reader ? serve_metrics : serve_pages;
	tel__flow_endpoint *e = tel__mem_zero(flow->alloc, 1, sizeof(*e));
	tel_err rc;

	if (!e)
		return tel__fail_nomem(err);
	*e = *like;
	e->flow = flow;
	rc = tel__endpoint_new(flow->ctx, address, tls, like->health != NULL, serve, e, &e->endpoint, err);
	if (rc)
		tel__flow_endpoint_free(e);
	else
		*ret_endpoint = e;
	return rc;
}

static tel_err open_endpoint(tel__flow_generation *g, const tel__flow_endpoint *like, tel_slice address,
                             const tel__tls_options *tls, tel_error *err)
{
	tel_err rc = make_endpoint(g->flow, like, address, tls, &g->endpoints[g->endpoint_count], err);

	if (!rc)
		g->endpoint_count++;
	return rc;
}

static tel_err open_extension(tel__flow_generation *g, const tel__config_component *c, tel_error *err)
{
	if (c->row == &tel__health_component) {
		const tel__health_options *o = c->options;
		return blame(open_endpoint(g, &(tel__flow_endpoint){ .health = o }, o->endpoint, o->tls, err), c->id, "extension", err);
	}
	if (c->row == &tel__zpages_component) {
		const tel__zpages_options *o = c->options;
		tel__flow_endpoint_free(g->flow->pages); /* it may be the same address */
		g->flow->pages = NULL;
		return blame(open_endpoint(g, &(tel__flow_endpoint){ .pages = true }, o->endpoint, o->tls, err), c->id, "extension",
		             err);
	}
	return tel__auth_ops_of(c->row) ? TEL_OK : cannot_run(c, "extension", err);
}

static bool has_pages(const tel__flow_generation *g)
{
	for (size_t i = 0; g && i < g->endpoint_count; i++)
		if (g->endpoints[i]->pages)
			return true;
	return false;
}

/* They must not keep a flow from starting: a second gateway on the machine finds the port taken. */
void tel__flow_pages_adjust(tel_flow *flow)
{
	tel_error err = TEL_ERROR_INIT;
	tel_log_field fields[2];

	if (has_pages(flow->now)) {
		tel__flow_endpoint_free(flow->pages);
		flow->pages = NULL;
		return;
	}
	if (flow->pages || !flow->pages_endpoint[0])
		return;
	if (make_endpoint(flow, &(tel__flow_endpoint){ .pages = true }, tel__slice_str(flow->pages_endpoint), NULL, &flow->pages,
	                  &err)) {
		fields[0] = TEL__LOG_STR("endpoint", tel__slice_str(flow->pages_endpoint));
		fields[1] = TEL__LOG_STR("error", tel__slice_str(err.msg));
		tel__log(tel__ctx_log(flow->ctx), TEL_LOG_WARN, NULL, "There are no pages: their address cannot be opened", fields, 2);
	}
}

static tel_err open_reader(tel__flow_generation *g, const tel__config_reader *reader, tel_error *err)
{
	tel__flow_endpoint like = { .reader = reader };
	tel__dynbuf address;
	tel_err rc;

	tel__dynbuf_init(&address, g->flow->alloc, 512);
	if (tel__slice_find(reader->host, ':') < reader->host.len && reader->host.ptr[0] != '[')
		tel__dynbuf_fmt(&address, "[" TEL_SLICE_FMT "]", TEL_SLICE_ARG(reader->host));
	else
		tel__dynbuf_slice(&address, reader->host);
	tel__dynbuf_byte(&address, ':');
	tel__dynbuf_i64(&address, reader->port);
	rc = tel__dynbuf_error(&address);
	rc = rc ? tel__fail_nomem(err) : open_endpoint(g, &like, tel__dynbuf_get(&address), NULL, err);
	rc = blame(rc, tel__dynbuf_get(&address), "metrics reader", err);
	tel__dynbuf_fini(&address);
	return rc;
}

static tel_err open_endpoints(tel__flow_generation *g, tel_error *err)
{
	const tel__config_telemetry *t = &g->config->telemetry;
	size_t count = g->config->extension_count + t->reader_count;
	tel_err rc;

	g->endpoints = count ? tel__mem_zero(g->flow->alloc, count, sizeof(tel__flow_endpoint *)) : NULL;
	if (count && !g->endpoints)
		return tel__fail_nomem(err);
	g->endpoint_cap = count;
	rc = TEL_OK;
	for (size_t i = 0; !rc && i < g->config->extension_count; i++)
		rc = open_extension(g, &g->config->components[g->config->extensions[i]], err);
	for (size_t i = 0; !rc && t->metrics_level != TEL__METRICS_NONE && i < t->reader_count; i++)
		rc = open_reader(g, &t->readers[i], err);
	return rc;
}

/* ---- life ---- */

tel_err tel__flow_generation_new(tel_flow *flow, tel_config *config, tel__flow_generation **ret_generation, tel_error *err)
{
	tel__flow_generation *g = tel__mem_zero(flow->alloc, 1, sizeof(*g));
	tel_err rc;

	if (!g)
		return tel__fail_nomem(err);
	g->flow = flow;
	g->config = tel_config_ref(config);
	rc = make_graph(g, err);
	if (!rc)
		tel__budget_set_limit(tel__ctx_budget(flow->ctx), g->budget_bytes);
	if (!rc)
		rc = open_endpoints(g, err);
	if (!rc)
		rc = make_auths(g, err);
	if (!rc)
		rc = make_exporters(g, err);
	if (!rc)
		rc = make_receivers(g, err);
	if (rc) {
		tel__flow_generation_free(g);
		return rc;
	}
	*ret_generation = g;
	return TEL_OK;
}

void tel__flow_generation_free(tel__flow_generation *g)
{
	const tel_alloc *alloc;

	if (!g)
		return;
	alloc = g->flow->alloc;
	for (size_t i = 0; i < g->receiver_count; i++)
		free_receiver(g->receivers[i]);
	for (size_t i = 0; i < g->outlet_count; i++)
		tel__flow_exporter_free(g->outlets[i].exporter);
	for (size_t i = 0; i < g->endpoint_count; i++)
		tel__flow_endpoint_free(g->endpoints[i]);
	tel__flow_auths_fini(&g->auths, g->flow->ctx);
	tel_plan_free(g->plan);
	tel_graph_free(g->graph);
	if (g->receivers)
		tel__mem_free(alloc, g->receivers, g->receiver_cap, sizeof(*g->receivers));
	if (g->outlets)
		tel__mem_free(alloc, g->outlets, g->outlet_cap, sizeof(*g->outlets));
	if (g->endpoints)
		tel__mem_free(alloc, g->endpoints, g->endpoint_cap, sizeof(tel__flow_endpoint *));
	tel_config_free(g->config);
	tel__mem_free(alloc, g, 1, sizeof(*g));
}
