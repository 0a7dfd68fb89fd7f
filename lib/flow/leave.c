/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a reload took out of service ends in its own time: receivers when their last connection is closed, exporters when
 * their queue is sent, at the latest at a deadline. What they counted stays with their successor, or in history.
 */
#include "base/slice_i.h"
#include "flow/flow_i.h"

enum { POLL_NS = 20000000 };

static uint64_t deadline_of(tel_flow *flow)
{
	uint64_t now = tel__ctx_mono_ns(flow->ctx), ns = flow->history.leave_ns;

	return ns > UINT64_MAX - now ? UINT64_MAX : now + ns;
}

static void poll_soon(tel_flow *flow)
{
	if (flow->leaving_receivers || flow->leaving_endpoints)
		tel__ctx_arm(flow->ctx, &flow->leave_timer, tel__ctx_mono_ns(flow->ctx) + POLL_NS);
	else
		tel__ctx_disarm(flow->ctx, &flow->leave_timer);
}

/* ---- receivers ---- */

static size_t connections_of(tel__http_server *const *servers, size_t count)
{
	size_t open = 0;

	for (size_t i = 0; i < count; i++) {
		tel__http_stats stats;
		tel__http_server_stats(servers[i], &stats);
		open += stats.open;
	}
	return open;
}

static bool receiver_is_done(const tel__flow_receiver *r)
{
	tel__http_server *servers[TEL__RECEIVER_DOORS];
	size_t count = r->ops->servers(r->impl, servers, TEL__RECEIVER_DOORS);

	return r->ops->open(r->impl) == 0 && connections_of(servers, count) == 0;
}

void tel__flow_leave_receiver(tel__flow_receiver *r)
{
	tel_flow *flow = r->flow;

	r->leave_mono_ns = deadline_of(flow);
	r->next = flow->leaving_receivers;
	flow->leaving_receivers = r;
	r->ops->retire(r->impl);
	poll_soon(flow);
}

static void end_receivers(tel_flow *flow, uint64_t now)
{
	for (tel__flow_receiver **at = &flow->leaving_receivers; *at;) {
		tel__flow_receiver *r = *at;
		if (now < r->leave_mono_ns && !receiver_is_done(r)) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		tel__flow_receiver_free(r);
	}
}

/* ---- endpoints ---- */

void tel__flow_leave_endpoint(tel__flow_endpoint *e)
{
	tel_flow *flow = e->flow;

	e->leave_mono_ns = deadline_of(flow);
	e->next = flow->leaving_endpoints;
	flow->leaving_endpoints = e;
	tel__http_server_retire(tel__endpoint_server(e->endpoint));
	poll_soon(flow);
}

static void end_endpoints(tel_flow *flow, uint64_t now)
{
	for (tel__flow_endpoint **at = &flow->leaving_endpoints; *at;) {
		tel__flow_endpoint *e = *at;
		tel__http_server *server = tel__endpoint_server(e->endpoint);
		if (now < e->leave_mono_ns && connections_of(&server, 1) > 0) {
			at = &e->next;
			continue;
		}
		*at = e->next;
		tel__flow_endpoint_free(e);
	}
}

/* ---- exporters ---- */

static void bequeath(const tel__flow_exporter *x)
{
	tel__sender_stats stats;
	uint64_t isolated;

	tel__flow_exporter_stats(x, &stats, &isolated);
	stats.queue = (tel__queue_stats){ 0 };
	for (tel__flow_exporter *heir = x->flow->exporters; heir; heir = heir->next) {
		if (heir == x || !tel__slice_eq(heir->id, x->id))
			continue;
		tel__flow_stats_add(&heir->base, &stats);
		heir->isolated_points += isolated;
		return;
	}
	tel__flow_stats_add(&x->flow->history.gone_exporters, &stats);
	x->flow->history.gone_isolated += isolated;
}

static void say_lost(const tel__flow_exporter *x)
{
	tel__sender_stats stats;
	const tel__log_source source = { x->id, TEL_SLICE_LIT("exporter"), { NULL, 0 } };
	tel_log_field field;

	tel__sender_get_stats(x->sender, &stats);
	field = (tel_log_field)TEL__LOG_NUM("dropped_points", (double)stats.dropped_points[TEL__DROP_SHUTDOWN]);
	if (stats.dropped_points[TEL__DROP_SHUTDOWN])
		tel__log(tel__ctx_log(x->flow->ctx), TEL_LOG_WARN, &source,
		         "Points of an exporter that was removed were not sent before the deadline", &field, 1);
}

static void on_empty(void *user)
{
	tel__flow_exporter *x = user;

	say_lost(x);
	bequeath(x);
	tel__flow_exporter_free(x);
}

void tel__flow_leave_exporter(tel__flow_exporter *x)
{
	if (x->flow->state == TEL__FLOW_DRAINING)
		return; /* everybody leaves, by another clock */
	tel__sender_drain(x->sender, deadline_of(x->flow), on_empty, x);
}

/* ---- life ---- */

static void on_poll(void *user)
{
	tel_flow *flow = user;
	uint64_t now = tel__ctx_mono_ns(flow->ctx);

	end_receivers(flow, now);
	end_endpoints(flow, now);
	poll_soon(flow);
}

tel_err tel__flow_leave_init(tel_flow *flow)
{
	return tel__ctx_timer_init(flow->ctx, &flow->leave_timer, on_poll, flow);
}

void tel__flow_leave_fini(tel_flow *flow)
{
	end_receivers(flow, UINT64_MAX);
	end_endpoints(flow, UINT64_MAX);
	tel__ctx_timer_fini(flow->ctx, &flow->leave_timer);
}
