/* SPDX-License-Identifier: Apache-2.0 */
/* The documents of the pages, written straight from everybody's counters. doc/pages.md describes each member. */
#include "base/slice_i.h"
#include "flow/health.h"
#include "flow/pages.h"
#include "wire/json_text.h"

#define SECOND 1e9

enum { MAX_DOORS = 4 }; /* transports of one receiver */

/* A document under construction: the comma is put before everything that is not the first of its object or array. */
typedef struct writer {
	tel__dynbuf *out;
	bool first;
} writer;

static void comma(writer *w)
{
	if (!w->first)
		tel__dynbuf_byte(w->out, ',');
	w->first = false;
}

static void put_key(writer *w, const char *name)
{
	comma(w);
	tel__json_string(w->out, tel__slice_str(name));
	tel__dynbuf_byte(w->out, ':');
}

/* name NULL: an element of an array, or the document itself. */
static void begin(writer *w, const char *name, char bracket)
{
	if (name)
		put_key(w, name);
	else
		comma(w);
	tel__dynbuf_byte(w->out, bracket);
	w->first = true;
}

static void end(writer *w, char bracket)
{
	tel__dynbuf_byte(w->out, bracket);
	w->first = false;
}

static void put_text(writer *w, const char *name, tel_slice value)
{
	put_key(w, name);
	tel__json_string(w->out, value);
}

static void put_count(writer *w, const char *name, uint64_t value)
{
	put_key(w, name);
	tel__dynbuf_u64(w->out, value);
}

static void put_seconds(writer *w, const char *name, uint64_t ns)
{
	put_key(w, name);
	tel__json_double(w->out, (double)ns / SECOND);
}

static void put_null(writer *w, const char *name)
{
	put_key(w, name);
	tel__dynbuf_puts(w->out, "null");
}

static void put_bool(writer *w, const char *name, bool value)
{
	put_key(w, name);
	tel__dynbuf_puts(w->out, value ? "true" : "false");
}

/* 0 = never. */
static void put_time(writer *w, const char *name, uint64_t unix_ns)
{
	if (unix_ns == 0) {
		put_null(w, name);
		return;
	}
	put_key(w, name);
	tel__dynbuf_byte(w->out, '"');
	tel__rfc3339(unix_ns, w->out);
	tel__dynbuf_byte(w->out, '"');
}

static void put_id(writer *w, tel_slice id)
{
	comma(w);
	tel__json_string(w->out, id);
}

/* What every document begins with: uptime_seconds is the clock for rates between two fetches. */
static writer open_document(const tel_flow *flow, tel__dynbuf *out)
{
	static const char *const states[] = { "starting", "ready", "draining" };
	writer w = { out, true };

	begin(&w, NULL, '{');
	put_time(&w, "time", tel__ctx_unix_ns(flow->ctx));
	put_seconds(&w, "uptime_seconds", tel__ctx_mono_ns(flow->ctx) - flow->started_mono_ns);
	put_text(&w, "state", tel__slice_str(states[flow->state]));
	return w;
}

static void close_document(writer *w)
{
	end(w, '}');
	tel__dynbuf_byte(w->out, '\n');
}

/* ---- / ---- */

void tel__pages_json_index(const tel_flow *flow, tel__dynbuf *out)
{
	writer w = open_document(flow, out);
	tel__budget_stats budget;

	tel__budget_get(tel__ctx_budget(flow->ctx), &budget);
	begin(&w, "service", '{');
	put_text(&w, "name", tel__slice_str(flow->service_name));
	put_text(&w, "version", tel__slice_str(flow->service_version));
	put_text(&w, "instance_id", tel__slice_str(flow->instance_id));
	put_time(&w, "started", flow->started_unix_ns);
	end(&w, '}');
	begin(&w, "memory", '{');
	put_count(&w, "budget_bytes", budget.limit);
	put_count(&w, "reserved_bytes", budget.reserved);
	end(&w, '}');
	begin(&w, "pages", '[');
	put_id(&w, TEL_SLICE_LIT("/pipelines"));
	put_id(&w, TEL_SLICE_LIT("/queues"));
	end(&w, ']');
	close_document(&w);
}

/* ---- /pipelines ---- */

static void write_counts(writer *w, const tel__graph_counts *counts, const char *in, const char *out)
{
	put_count(w, in, counts->incoming);
	put_count(w, "created", counts->created);
	put_count(w, "removed", counts->removed);
	put_count(w, out, counts->outgoing);
	put_count(w, "refused", counts->refused);
}

static void write_ids(writer *w, const tel_config *config, const char *name, const uint32_t *indexes, uint32_t count)
{
	begin(w, name, '[');
	for (uint32_t i = 0; i < count; i++)
		put_id(w, config->components[indexes[i]].id);
	end(w, ']');
}

static const tel__config_pipeline *find_pipeline(const tel_config *config, tel_slice id)
{
	for (size_t i = 0; i < config->pipeline_count; i++)
		if (tel__slice_eq(config->pipelines[i].id, id))
			return &config->pipelines[i];
	return NULL;
}

static void write_drops(writer *w, const tel__sender_stats *stats)
{
	begin(w, "dropped", '{');
	for (tel__drop d = 0; d < TEL__DROP_COUNT; d++)
		put_count(w, tel__drop_name(d), stats->dropped_points[d]);
	end(w, '}');
}

static void write_pipeline(writer *w, const tel__flow_generation *g, size_t index)
{
	const tel__graph_pipeline *p = tel__graph_pipeline_get(g->graph, index);
	const tel__config_pipeline *c = find_pipeline(g->config, p->id);

	begin(w, NULL, '{');
	put_text(w, "id", p->id);
	if (c) {
		write_ids(w, g->config, "receivers", c->receivers, c->receiver_count);
		write_ids(w, g->config, "exporters", c->exporters, c->exporter_count);
	}
	begin(w, "points", '{');
	write_counts(w, &p->counts, "received", "outgoing");
	end(w, '}');
	begin(w, "processors", '[');
	for (uint32_t i = 0; i < p->processor_count; i++) {
		const tel__graph_processor *x = tel__graph_processor_get(g->graph, p->first_processor + i);
		begin(w, NULL, '{');
		put_text(w, "id", x->id);
		write_counts(w, &x->counts, "incoming", "outgoing");
		end(w, '}');
	}
	end(w, ']');
	end(w, '}');
}

static void write_door(writer *w, tel_slice id, const tel__receiver_stats *stats)
{
	begin(w, NULL, '{');
	put_text(w, "id", id);
	put_text(w, "transport", tel__slice_str(stats->transport));
	put_count(w, "requests", stats->requests);
	put_count(w, "received_bytes", stats->received_bytes);
	put_count(w, "accepted_points", stats->accepted_points);
	put_count(w, "refused_points", stats->refused_points);
	put_count(w, "cut_points", stats->cut_points);
	begin(w, "refused_requests", '{');
	for (tel__refusal r = 0; r < TEL__REFUSAL_COUNT; r++)
		put_count(w, tel__refusal_name(r), stats->refused_requests[r]);
	end(w, '}');
	end(w, '}');
}

static void write_receivers(writer *w, const tel__flow_generation *g)
{
	begin(w, "receivers", '[');
	for (size_t i = 0; i < g->receiver_count; i++) {
		const tel__flow_receiver *r = g->receivers[i];
		tel__receiver_stats stats[MAX_DOORS];
		size_t n = tel__flow_receiver_stats(r, stats, MAX_DOORS);
		for (size_t k = 0; k < n; k++)
			write_door(w, r->id, &stats[k]);
	}
	end(w, ']');
}

void tel__pages_json_pipelines(const tel_flow *flow, tel__dynbuf *out)
{
	writer w = open_document(flow, out);

	begin(&w, "pipelines", '[');
	for (size_t i = 0; i < tel__graph_pipeline_count(flow->now->graph); i++)
		write_pipeline(&w, flow->now, i);
	end(&w, ']');
	write_receivers(&w, flow->now);
	begin(&w, "refused_points", '{');
	for (size_t i = 0; i < TEL__FLOW_REFUSALS; i++)
		put_count(&w, tel__flow_refusal_name(i), flow->refused_points[i]);
	end(&w, '}');
	begin(&w, "exporters", '[');
	for (const tel__flow_exporter *x = flow->exporters; x; x = x->next) {
		tel__sender_stats stats;
		uint64_t isolated;
		tel__flow_exporter_stats(x, &stats, &isolated);
		begin(&w, NULL, '{');
		put_text(&w, "id", x->id);
		put_count(&w, "sent", stats.sent_points);
		put_count(&w, "queued", stats.queued_points);
		put_count(&w, "rejected", stats.rejected_points);
		put_count(&w, "returned", stats.returned_points);
		put_count(&w, "isolated", isolated);
		write_drops(&w, &stats);
		end(&w, '}');
	}
	end(&w, ']');
	close_document(&w);
}

/* ---- /queues ---- */

static const char *state_name(const tel__sender_stats *stats)
{
	if (stats->circuit_open)
		return "unreachable";
	if (stats->backing_off)
		return "retrying";
	return stats->in_flight || stats->queued_points ? "sending" : "idle";
}

static void write_queue(writer *w, const tel_flow *flow, const tel__flow_exporter *x)
{
	uint64_t now = tel__ctx_mono_ns(flow->ctx);
	tel__sender_stats s;
	uint64_t isolated;

	tel__flow_exporter_stats(x, &s, &isolated);
	begin(w, NULL, '{');
	put_text(w, "exporter", x->id);
	put_text(w, "state", tel__slice_str(state_name(&s)));
	put_bool(w, "queue", s.queue_unit != NULL);
	if (s.queue_unit) {
		put_text(w, "unit", tel__slice_str(s.queue_unit));
		put_count(w, "size", s.queue.size);
		put_count(w, "capacity", s.queue.capacity);
	}
	put_count(w, "points", s.queued_points);
	put_count(w, "bytes", s.queue.charged_bytes);
	put_seconds(w, "oldest_seconds", s.oldest_mono_ns && now > s.oldest_mono_ns ? now - s.oldest_mono_ns : 0);
	put_count(w, "in_flight", s.in_flight);
	put_count(w, "backing_off", s.backing_off);
	put_count(w, "requests", s.requests);
	put_count(w, "retries", s.retries);
	put_count(w, "sent", s.sent_points);
	put_count(w, "rejected", s.rejected_points);
	put_count(w, "returned", s.returned_points);
	put_count(w, "enqueue_failed", s.enqueue_failed_points);
	put_count(w, "isolated", isolated);
	write_drops(w, &s);
	put_time(w, "last_success", s.last_success_unix_ns);
	put_text(w, "last_error", tel__slice_str(s.last_error));
	put_text(w, "first_rejection", tel__slice_str(s.first_rejection));
	end(w, '}');
}

void tel__pages_json_queues(const tel_flow *flow, tel__dynbuf *out)
{
	writer w = open_document(flow, out);

	begin(&w, "queues", '[');
	for (const tel__flow_exporter *x = flow->exporters; x; x = x->next)
		write_queue(&w, flow, x);
	end(&w, ']');
	close_document(&w);
}
