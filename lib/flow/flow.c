/* SPDX-License-Identifier: Apache-2.0 */
/* Starting and stopping: exporters first, receivers last, and the other way round (otel-processing.md 10.5). */
#include <assert.h>
#include <string.h>

#include "base/error_i.h"
#include "base/mem.h"
#include "flow/flow_i.h"
#include "flow/health.h"
#include "flow/process_stats.h"
#include "process/memory_limiter.h"

static const char *copy_text(tel_flow *flow, tel_slice text)
{
	char *copy = tel__mem_new(flow->alloc, text.len + 1, 1);

	if (copy) {
		memcpy(copy, text.ptr, text.len);
		copy[text.len] = '\0';
	}
	return copy;
}

static void free_text(tel_flow *flow, const char *text)
{
	if (text)
		tel__mem_free(flow->alloc, (char *)(uintptr_t)text, strlen(text) + 1, 1);
}

/* ---- memory ---- */

/* The smallest limiter governs admission, else 80 % of the cgroup's limit; a machine without either has no budget. */
static tel_err set_budget(tel_flow *flow, size_t total, bool cgroup, size_t baseline, tel_error *err)
{
	const tel_config *config = flow->config;
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
	if (limit)
		tel__budget_set_limit(tel__ctx_budget(flow->ctx), limit > baseline ? limit - baseline : 1);
	return TEL_OK;
}

static tel_err make_graph(tel_flow *flow, tel_error *err)
{
	tel__process_stats stats;
	tel__graph_env env = { .alloc = flow->alloc, .log = tel__ctx_log(flow->ctx), .budget = tel__ctx_budget(flow->ctx) };
	bool cgroup = false;
	tel_err rc;

	tel__process_stats_read(flow->ctx, &stats);
	env.total_memory_bytes = tel__process_memory_limit(flow->ctx, &cgroup);
	env.baseline_bytes = stats.private_bytes;
	rc = set_budget(flow, env.total_memory_bytes, cgroup, env.baseline_bytes, err);
	if (!rc)
		rc = tel__graph_new(flow->config, &env, &flow->graph, err);
	return rc ? rc : tel_plan_new(flow->graph, &flow->plan, err);
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

static tel_err make_sender(tel_flow *flow, const tel__graph_exporter *x, tel__flow_exporter *out, tel_error *err)
{
	const tel__config_component *c = x->component;
	const tel__exporter_ops *ops = c->row ? c->row->impl : NULL;
	tel__exporter_env env = { .ctx = flow->ctx, .id = c->id, .user_agent = tel__slice_str(flow->user_agent) };
	tel__sender_opts opts = { .ctx = flow->ctx, .exporter = ops };
	tel__sender_settings settings = { 0 };
	tel__sender_group *groups;
	tel_err rc;

	if (!ops)
		return cannot_run(c, "exporter", err);
	groups = tel__mem_new(flow->alloc, x->group_count, sizeof(*groups));
	if (!groups)
		return tel__fail_nomem(err);
	fold_groups(x, groups);
	opts.source = (tel__log_source){ c->id, TEL_SLICE_LIT("exporter"), { NULL, 0 } };
	if (ops->settings)
		ops->settings(c->options, &settings);
	opts.settings = &settings;
	opts.groups = groups;
	opts.group_count = x->group_count;
	rc = ops->make(&env, c->options, &opts.impl, err);
	if (!rc) {
		rc = tel__sender_new(&opts, &out->sender, err);
		if (rc)
			ops->free(opts.impl);
	}
	tel__mem_free(flow->alloc, groups, x->group_count, sizeof(*groups));
	out->id = c->id;
	out->group_count = x->group_count;
	return blame(rc, c->id, "exporter", err);
}

static tel_err make_exporters(tel_flow *flow, tel_error *err)
{
	size_t count = tel_graph_exporter_count(flow->graph);

	flow->exporters = count ? tel__mem_zero(flow->alloc, count, sizeof(*flow->exporters)) : NULL;
	if (count && !flow->exporters)
		return tel__fail_nomem(err);
	flow->exporter_cap = count;
	for (size_t i = 0; i < count; i++) {
		tel_err rc = make_sender(flow, tel__graph_exporter_get(flow->graph, i), &flow->exporters[i], err);
		if (rc)
			return rc;
		flow->exporter_count++;
	}
	return TEL_OK;
}

/* ---- receivers ---- */

static tel_err make_receivers(tel_flow *flow, tel_error *err)
{
	const tel_config *config = flow->config;

	flow->receivers = tel__mem_zero(flow->alloc, config->component_count, sizeof(*flow->receivers));
	if (!flow->receivers)
		return tel__fail_nomem(err);
	flow->receiver_cap = config->component_count;
	for (size_t i = 0; i < config->component_count; i++) {
		const tel__config_component *c = &config->components[i];
		tel__flow_receiver *r = &flow->receivers[flow->receiver_count];
		tel__receiver_env env = { .ctx = flow->ctx, .id = c->id, .forward_bad_utf8 = flow->forward_bad_utf8,
			                      .on_metrics = tel__flow_on_metrics, .user = r };
		tel_err rc;

		if (c->kind != TEL__KIND_RECEIVER || !c->used)
			continue;
		r->flow = flow;
		r->id = c->id;
		r->ops = c->row ? c->row->impl : NULL;
		if (!r->ops)
			return cannot_run(c, "receiver", err);
		rc = r->ops->make(&env, c->options, &r->impl, err);
		if (rc)
			return blame(rc, c->id, "receiver", err);
		flow->receiver_count++;
	}
	return TEL_OK;
}

/* ---- endpoints: health_check and the metrics readers ---- */

static void serve_health(void *user, tel_slice path, tel__endpoint_answer *answer)
{
	const tel__flow_endpoint *e = user;
	const tel_flow *flow = e->flow;
	bool ready = flow->state == TEL__FLOW_READY;

	tel__health_answer(e->health, path, ready ? flow->started_unix_ns : 0,
	                   tel__ctx_mono_ns(flow->ctx) - flow->started_mono_ns, answer);
}

static void serve_metrics(void *user, tel_slice path, tel__endpoint_answer *answer)
{
	const tel__flow_endpoint *e = user;

	if (!tel__slice_is(path, "/metrics"))
		return;
	answer->status = 200;
	answer->content_type = "text/plain; version=0.0.4; charset=utf-8";
	tel__flow_write_metrics(e->flow, e->reader, answer->body);
}

static tel_err open_endpoint(tel_flow *flow, tel__flow_endpoint *e, tel_slice address, const tel__tls_options *tls,
                             bool any_method, tel__endpoint_serve *serve, tel_error *err)
{
	tel_err rc;

	e->flow = flow;
	rc = tel__endpoint_new(flow->ctx, address, tls, any_method, serve, e, &e->endpoint, err);
	if (!rc)
		flow->endpoint_count++;
	return rc;
}

static tel_err open_health(tel_flow *flow, tel_error *err)
{
	const tel_config *config = flow->config;

	for (size_t i = 0; i < config->extension_count; i++) {
		const tel__config_component *c = &config->components[config->extensions[i]];
		tel__flow_endpoint *e = &flow->endpoints[flow->endpoint_count];
		tel_err rc;

		if (!c->row || !c->row->impl)
			return cannot_run(c, "extension", err);
		e->health = c->options;
		rc = open_endpoint(flow, e, e->health->endpoint, e->health->tls, true, serve_health, err);
		if (rc)
			return blame(rc, c->id, "extension", err);
	}
	return TEL_OK;
}

static tel_err open_readers(tel_flow *flow, tel_error *err)
{
	const tel__config_telemetry *t = &flow->config->telemetry;

	for (size_t i = 0; t->metrics_level != TEL__METRICS_NONE && i < t->reader_count; i++) {
		tel__flow_endpoint *e = &flow->endpoints[flow->endpoint_count];
		tel__dynbuf address;
		tel_err rc;

		tel__dynbuf_init(&address, flow->alloc, 512);
		if (tel__slice_find(t->readers[i].host, ':') < t->readers[i].host.len && t->readers[i].host.ptr[0] != '[')
			tel__dynbuf_fmt(&address, "[" TEL_SLICE_FMT "]", TEL_SLICE_ARG(t->readers[i].host));
		else
			tel__dynbuf_slice(&address, t->readers[i].host);
		tel__dynbuf_byte(&address, ':');
		tel__dynbuf_i64(&address, t->readers[i].port);
		e->reader = &t->readers[i];
		rc = tel__dynbuf_error(&address);
		rc = rc ? tel__fail_nomem(err) : open_endpoint(flow, e, tel__dynbuf_get(&address), NULL, false, serve_metrics, err);
		rc = blame(rc, tel__dynbuf_get(&address), "metrics reader", err);
		tel__dynbuf_fini(&address);
		if (rc)
			return rc;
	}
	return TEL_OK;
}

/* ---- life ---- */

static void make_uuid(tel_flow *flow)
{
	static const char hex[] = "0123456789abcdef";
	uint64_t bits[2] = { tel__ctx_random(flow->ctx), tel__ctx_random(flow->ctx) };
	char *out = flow->instance_id;

	for (int i = 0; i < 32; i++) {
		unsigned nibble = (unsigned)(bits[i / 16] >> (i % 16 * 4)) & 15u;
		if (i == 8 || i == 12 || i == 16 || i == 20)
			*out++ = '-';
		if (i == 12)
			nibble = 4;
		if (i == 16)
			nibble = (nibble & 3) | 8;
		*out++ = hex[nibble];
	}
	*out = '\0';
}

static tel_err take_names(tel_flow *flow, const tel_flow_opts *opts, tel_error *err)
{
	tel_slice name = opts->service_name.len ? opts->service_name : TEL_SLICE_LIT("telemetry-gateway");
	tel_slice version = opts->service_version.len ? opts->service_version : tel__slice_str(tel_version());
	tel__dynbuf agent;

	if (opts->instance_id.len && opts->instance_id.len < sizeof(flow->instance_id))
		memcpy(flow->instance_id, opts->instance_id.ptr, opts->instance_id.len);
	else
		make_uuid(flow);
	tel__dynbuf_init(&agent, flow->alloc, 1024);
	tel__dynbuf_fmt(&agent, TEL_SLICE_FMT "/" TEL_SLICE_FMT " (linux)", TEL_SLICE_ARG(name), TEL_SLICE_ARG(version));
	flow->service_name = copy_text(flow, name);
	flow->service_version = copy_text(flow, version);
	flow->user_agent = tel__dynbuf_error(&agent) ? NULL : copy_text(flow, tel__dynbuf_get(&agent));
	tel__dynbuf_fini(&agent);
	if (!flow->service_name || !flow->service_version || !flow->user_agent)
		return tel__fail_nomem(err);
	return TEL_OK;
}

static tel_err start(tel_flow *flow, const tel_flow_opts *opts, tel_error *err)
{
	size_t endpoints = flow->config->extension_count + flow->config->telemetry.reader_count;
	tel_err rc = take_names(flow, opts, err);

	flow->endpoints = endpoints ? tel__mem_zero(flow->alloc, endpoints, sizeof(*flow->endpoints)) : NULL;
	if (endpoints && !flow->endpoints)
		return tel__fail_nomem(err);
	flow->endpoint_cap = endpoints;
	if (!rc)
		rc = make_graph(flow, err);
	if (!rc)
		rc = open_health(flow, err);
	if (!rc)
		rc = open_readers(flow, err);
	if (!rc)
		rc = make_exporters(flow, err);
	if (!rc)
		rc = make_receivers(flow, err);
	return rc;
}

static void say(const tel_flow *flow, const char *msg)
{
	tel__log(tel__ctx_log(flow->ctx), TEL_LOG_INFO, NULL, msg, NULL, 0);
}

tel_err tel_flow_new(tel_ctx *ctx, tel_config *config, const tel_flow_opts *opts, tel_flow **ret_flow, tel_error *err)
{
	static const tel_flow_opts defaults = TEL_FLOW_OPTS_INIT;
	tel_flow *flow;
	tel_err rc;

	if (!ctx || !config || !ret_flow)
		return tel__fail(err, TEL_ERR_ARG, "tel_flow_new: ctx, config and ret_flow are needed");
	if (!opts)
		opts = &defaults;
	flow = tel__mem_zero(tel__ctx_alloc(ctx), 1, sizeof(*flow));
	if (!flow)
		return tel__fail_nomem(err);
	flow->ctx = ctx;
	flow->alloc = tel__ctx_alloc(ctx);
	flow->config = tel_config_ref(config);
	flow->fanout_all = opts->fanout_all;
	flow->forward_bad_utf8 = opts->forward_bad_utf8;
	rc = tel__flow_drain_init(flow);
	if (rc)
		tel__fail_nomem(err);
	else
		rc = start(flow, opts, err);
	if (rc) {
		tel_flow_free(flow);
		return rc;
	}
	flow->started_unix_ns = tel__ctx_unix_ns(ctx);
	flow->started_mono_ns = tel__ctx_mono_ns(ctx);
	flow->state = TEL__FLOW_READY;
	say(flow, "Everything is ready. Begin running and processing data.");
	*ret_flow = flow;
	return TEL_OK;
}

void tel_flow_free(tel_flow *flow)
{
	if (!flow)
		return;
	flow->state = TEL__FLOW_DRAINING;
	tel__flow_accept_fini(flow);
	for (size_t i = 0; i < flow->receiver_count; i++)
		flow->receivers[i].ops->free(flow->receivers[i].impl);
	for (size_t i = 0; i < flow->exporter_count; i++)
		tel__sender_free(flow->exporters[i].sender);
	for (size_t i = 0; i < flow->endpoint_count; i++)
		tel__endpoint_free(flow->endpoints[i].endpoint);
	tel__flow_accept_free(flow);
	tel_plan_free(flow->plan);
	tel_graph_free(flow->graph);
	tel__flow_drain_fini(flow);
	if (flow->receivers)
		tel__mem_free(flow->alloc, flow->receivers, flow->receiver_cap, sizeof(*flow->receivers));
	if (flow->exporters)
		tel__mem_free(flow->alloc, flow->exporters, flow->exporter_cap, sizeof(*flow->exporters));
	if (flow->endpoints)
		tel__mem_free(flow->alloc, flow->endpoints, flow->endpoint_cap, sizeof(*flow->endpoints));
	free_text(flow, flow->service_name);
	free_text(flow, flow->service_version);
	free_text(flow, flow->user_agent);
	tel_config_free(flow->config);
	tel__mem_free(flow->alloc, flow, 1, sizeof(*flow));
}

unsigned tel_flow_port(const tel_flow *flow, tel_slice what)
{
	for (size_t i = 0; i < flow->receiver_count; i++) {
		const tel__flow_receiver *r = &flow->receivers[i];
		if (tel__slice_is(what, "otlp/grpc") && r->ops->port(r->impl, "grpc"))
			return r->ops->port(r->impl, "grpc");
		if (tel__slice_is(what, "otlp/http") && r->ops->port(r->impl, "http"))
			return r->ops->port(r->impl, "http");
	}
	for (size_t i = 0; i < flow->endpoint_count; i++) {
		const tel__flow_endpoint *e = &flow->endpoints[i];
		if ((tel__slice_is(what, "health") && e->health) || (tel__slice_is(what, "metrics") && e->reader))
			return tel__endpoint_port(e->endpoint);
	}
	return 0;
}

void tel_flow_log_settings(const tel_config *config, tel_log_level *ret_level, tel_log_encoding *ret_encoding)
{
	static const tel_log_level levels[] = { [TEL__LOGS_DEBUG] = TEL_LOG_DEBUG, [TEL__LOGS_INFO] = TEL_LOG_INFO,
		                                    [TEL__LOGS_WARN] = TEL_LOG_WARN, [TEL__LOGS_ERROR] = TEL_LOG_ERROR };

	*ret_level = levels[config->telemetry.logs_level];
	*ret_encoding = config->telemetry.logs_encoding == TEL__LOGS_JSON ? TEL_LOG_JSON : TEL_LOG_CONSOLE;
}

static uint64_t not_negative(int64_t n)
{
	return n > 0 ? (uint64_t)n : 0;
}

void tel_flow_log_sampling(const tel_config *config, uint64_t *ret_initial, uint64_t *ret_thereafter, uint64_t *ret_tick_ns)
{
	const tel__config_telemetry *t = &config->telemetry;

	*ret_initial = not_negative(t->sampling_initial);
	*ret_thereafter = not_negative(t->sampling_thereafter);
	*ret_tick_ns = t->sampling ? not_negative(t->sampling_tick_ns) : 0;
}
