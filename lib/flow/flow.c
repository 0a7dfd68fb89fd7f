/* SPDX-License-Identifier: Apache-2.0 */
/* Starting and stopping: exporters first, receivers last, and the other way round (otel-processing.md 10.5). */
#include <string.h>

#include "base/error_i.h"
#include "base/mem.h"
#include "flow/flow_i.h"
#include "flow/process_stats.h"

/* What a reload takes out of service has as long as a stop has. */
#define LEAVE_NS 25000000000ull

static const char *copy_text(tel_flow *flow, tel_slice text)
{
	char *copy = tel__mem_new(flow->alloc, text.len + 1, 1);

	if (copy) {
		if (text.len)
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
	flow->pages_endpoint = copy_text(flow, opts->pages_endpoint);
	tel__dynbuf_fini(&agent);
	if (!flow->service_name || !flow->service_version || !flow->user_agent || !flow->pages_endpoint)
		return tel__fail_nomem(err);
	return TEL_OK;
}

/* What the process needs for itself: the budget governs what comes on top of it. */
static size_t private_bytes(tel_ctx *ctx)
{
	tel__process_stats stats;

	tel__process_stats_read(ctx, &stats);
	return stats.private_bytes;
}

static void say(const tel_flow *flow, const char *msg)
{
	tel__log(tel__ctx_log(flow->ctx), TEL_LOG_INFO, NULL, msg, NULL, 0);
}

static uint64_t not_negative(int64_t n)
{
	return n > 0 ? (uint64_t)n : 0;
}

void tel__flow_adjust(tel_flow *flow)
{
	const tel__config_telemetry *t = &flow->now->config->telemetry;

	tel__ctx_log_sampling(flow->ctx, not_negative(t->sampling_initial), not_negative(t->sampling_thereafter),
	                      t->sampling ? not_negative(t->sampling_tick_ns) : 0);
	tel__flow_pages_adjust(flow);
}

tel_err tel_flow_new(tel_ctx *ctx, tel_config *config, const tel_flow_opts *opts, tel_flow **ret_flow, tel_error *err)
{
	tel_flow_opts view = TEL_FLOW_OPTS_INIT;
	tel__flow_generation *g = NULL;
	tel_flow *flow;
	tel_err rc;

	if (!ctx || !config || !ret_flow)
		return tel__fail(err, TEL_ERR_ARG, "tel_flow_new: ctx, config and ret_flow are needed");
	if (opts) /* what the caller knows of them */
		memcpy(&view, opts, opts->size < sizeof(view) ? opts->size : sizeof(view));
	opts = &view;
	flow = tel__mem_zero(tel__ctx_alloc(ctx), 1, sizeof(*flow));
	if (!flow)
		return tel__fail_nomem(err);
	flow->ctx = ctx;
	flow->alloc = tel__ctx_alloc(ctx);
	flow->fanout_all = opts->fanout_all;
	flow->forward_bad_utf8 = opts->forward_bad_utf8;
	flow->strict_json = opts->strict_json;
	flow->connections_per_peer = opts->connections_per_peer;
	flow->drop_auth_failures = opts->drop_auth_failures;
	flow->baseline_bytes = private_bytes(ctx);
	flow->history.leave_ns = LEAVE_NS;
	rc = tel__flow_drain_init(flow);
	if (!rc)
		rc = tel__flow_leave_init(flow);
	if (rc)
		tel__fail_nomem(err);
	else
		rc = take_names(flow, opts, err);
	if (!rc)
		rc = tel__flow_generation_new(flow, config, NULL, &g, err);
	if (rc) {
		tel_flow_free(flow);
		return rc;
	}
	tel__flow_generation_start(g);
	flow->history.last_success_unix_ns = tel__ctx_unix_ns(ctx);
	flow->started_unix_ns = tel__ctx_unix_ns(ctx);
	flow->started_mono_ns = tel__ctx_mono_ns(ctx);
	flow->state = TEL__FLOW_READY;
	tel__flow_adjust(flow);
	tel__flow_say_health(flow, "ready");
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
	tel__flow_endpoint_free(flow->pages);
	tel__flow_leave_fini(flow);
	tel__flow_generation_free(flow->now);
	while (flow->exporters)
		tel__flow_exporter_free(flow->exporters);
	tel__flow_accept_free(flow);
	tel__flow_drain_fini(flow);
	free_text(flow, flow->service_name);
	free_text(flow, flow->service_version);
	free_text(flow, flow->user_agent);
	free_text(flow, flow->pages_endpoint);
	tel__mem_free(flow->alloc, flow, 1, sizeof(*flow));
}

unsigned tel_flow_port(const tel_flow *flow, tel_slice what)
{
	const tel__flow_generation *g = flow->now;

	for (size_t i = 0; i < g->receiver_count; i++) {
		const tel__flow_receiver *r = g->receivers[i];
		if (tel__slice_is(what, "otlp/grpc") && r->ops->port(r->impl, "grpc"))
			return r->ops->port(r->impl, "grpc");
		if (tel__slice_is(what, "otlp/http") && r->ops->port(r->impl, "http"))
			return r->ops->port(r->impl, "http");
	}
	for (size_t i = 0; i < g->endpoint_count; i++) {
		const tel__flow_endpoint *e = g->endpoints[i];
		if ((tel__slice_is(what, "health") && e->health) || (tel__slice_is(what, "metrics") && e->reader) ||
		    (tel__slice_is(what, "pages") && e->pages))
			return tel__endpoint_port(e->endpoint);
	}
	if (tel__slice_is(what, "pages") && flow->pages)
		return tel__endpoint_port(flow->pages->endpoint);
	return 0;
}

/* The configuration's value of an attribute, when it has one; null takes the program's own away. */
static void replace(const tel__key_pairs *resource, const char *key, tel_slice *value)
{
	for (size_t i = 0; i < resource->count; i++)
		if (tel__slice_is(resource->items[i].key, key))
			*value = resource->items[i].value;
}

void tel_flow_log_settings(const tel_config *config, tel_log_level *ret_level, tel_log_style *style)
{
	static const tel_log_level levels[] = { [TEL__LOGS_DEBUG] = TEL_LOG_DEBUG, [TEL__LOGS_INFO] = TEL_LOG_INFO,
		                                    [TEL__LOGS_WARN] = TEL_LOG_WARN, [TEL__LOGS_ERROR] = TEL_LOG_ERROR };
	const tel__config_telemetry *t = &config->telemetry;

	*ret_level = levels[t->logs_level];
	style->encoding = t->logs_encoding == TEL__LOGS_JSON ? TEL_LOG_JSON : TEL_LOG_CONSOLE;
	replace(&t->resource, "service.name", &style->service_name);
	replace(&t->resource, "service.version", &style->service_version);
	replace(&t->resource, "service.instance.id", &style->instance_id);
	style->resource = t->log_resource;
	style->resource_count = t->log_resource_count;
	style->fields = t->log_fields;
	style->field_count = t->log_field_count;
}
