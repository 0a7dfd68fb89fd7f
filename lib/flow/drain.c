/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a flow: the door closes first, then what is at the door is answered, then the queues are sent, and at the
 * deadline the rest is counted (delivery.md, issues 14 and 15).
 */
#include "flow/flow_i.h"

/* While requests are still being answered the door is looked at this often. */
#define DOOR_POLL_NS 5000000ull

size_t tel__flow_open(const tel_flow *flow)
{
	size_t open = 0;

	for (size_t i = 0; i < flow->now->receiver_count; i++)
		open += flow->now->receivers[i]->ops->open(flow->now->receivers[i]->impl);
	for (const tel__flow_receiver *r = flow->leaving_receivers; r; r = r->next)
		open += r->ops->open(r->impl);
	return open;
}

static uint64_t unsent_points(const tel_flow *flow)
{
	uint64_t unsent = 0;

	for (const tel__flow_exporter *x = flow->exporters; x; x = x->next) {
		tel__sender_stats stats;
		tel__sender_get_stats(x->sender, &stats);
		unsent += stats.dropped_points[TEL__DROP_SHUTDOWN] + stats.queued_points;
	}
	return unsent;
}

static void finish(tel_flow *flow)
{
	void (*drained)(void *, uint64_t) = flow->drained;

	flow->drained = NULL;
	flow->drain_busy = false;
	tel__ctx_busy(flow->ctx, -1);
	tel__log(tel__ctx_log(flow->ctx), TEL_LOG_INFO, NULL, "Stopping extensions...", NULL, 0);
	if (drained)
		drained(flow->drained_user, unsent_points(flow)); /* may free the flow */
}

static void on_sender_drained(void *user)
{
	tel_flow *flow = user;

	if (--flow->draining_senders == 0)
		finish(flow);
}

static void drain_senders(tel_flow *flow)
{
	tel__flow_accept_fini(flow); /* the queues take nothing from here on */
	for (const tel__flow_exporter *x = flow->exporters; x; x = x->next)
		flow->draining_senders++;
	if (flow->draining_senders == 0) {
		finish(flow);
		return;
	}
	for (tel__flow_exporter *x = flow->exporters; x; x = x->next) /* drained runs from the loop, never inside */
		tel__sender_drain(x->sender, flow->drain_deadline_mono_ns, on_sender_drained, flow);
}

static void on_door_timer(void *user)
{
	tel_flow *flow = user;
	uint64_t now = tel__ctx_mono_ns(flow->ctx);

	if (tel__flow_open(flow) > 0 && now < flow->door_deadline_mono_ns) {
		uint64_t next = now + DOOR_POLL_NS;
		tel__ctx_arm(flow->ctx, &flow->drain_timer, next < flow->door_deadline_mono_ns ? next : flow->door_deadline_mono_ns);
		return;
	}
	drain_senders(flow);
}

void tel_flow_drain(tel_flow *flow, uint64_t deadline_mono_ns, void (*done)(void *user, uint64_t unsent), void *user)
{
	uint64_t now = tel__ctx_mono_ns(flow->ctx);

	if (flow->state == TEL__FLOW_DRAINING)
		return;
	flow->state = TEL__FLOW_DRAINING;
	tel__flow_say_health(flow, "unavailable");
	flow->drained = done;
	flow->drained_user = user;
	flow->drain_deadline_mono_ns = deadline_mono_ns;
	/* Slow clients get a quarter of the time, the queues the rest. */
	flow->door_deadline_mono_ns = deadline_mono_ns > now ? now + (deadline_mono_ns - now) / 4 : now;
	for (size_t i = 0; i < flow->now->receiver_count; i++)
		flow->now->receivers[i]->ops->drain(flow->now->receivers[i]->impl);
	for (tel__flow_receiver *r = flow->leaving_receivers; r; r = r->next)
		r->ops->drain(r->impl);
	flow->drain_busy = true;
	tel__ctx_busy(flow->ctx, 1);
	tel__ctx_arm(flow->ctx, &flow->drain_timer, now);
}

tel_err tel__flow_drain_init(tel_flow *flow)
{
	return tel__ctx_timer_init(flow->ctx, &flow->drain_timer, on_door_timer, flow);
}

void tel__flow_drain_fini(tel_flow *flow)
{
	if (flow->drain_busy)
		tel__ctx_busy(flow->ctx, -1);
	tel__ctx_timer_fini(flow->ctx, &flow->drain_timer);
}
