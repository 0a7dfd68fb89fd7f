/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The own metrics: the Collector's names, types, units and labels (otel-processing.md 9.6) from everybody's counters, and
 * ours under telemetry_*. Families stand in the order of their names.
 */
#include "base/error_i.h"
#include "base/limits.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "flow/flow_i.h"
#include "flow/process_stats.h"
#include "flow/prom_text.h"
#include "net/renewals.h"

#define SCOPE_EXPORTER "go.opentelemetry.io/collector/exporter/exporterhelper"
#define SCOPE_BATCH "go.opentelemetry.io/collector/processor/batchprocessor"
#define SCOPE_FILTER "github.com/open-telemetry/opentelemetry-collector-contrib/processor/filterprocessor"
#define SCOPE_LIMITER "go.opentelemetry.io/collector/processor/memorylimiterprocessor"
#define SCOPE_PROCESSOR "go.opentelemetry.io/collector/processor/processorhelper"
#define SCOPE_RECEIVER "go.opentelemetry.io/collector/receiver/receiverhelper"
#define SCOPE_SERVICE "go.opentelemetry.io/collector/service"
#define SCOPE_OWN TEL__PROM_SCOPE_OWN

#define COUNTER(n, h, s) (&(const tel__prom_family){ n, NULL, TEL__PROM_COUNTER, h, s })
#define GAUGE(n, u, h, s) (&(const tel__prom_family){ n, u, TEL__PROM_GAUGE, h, s })
#define NANO 1e-9
#define REMOVED "(removed)" /* no id can be this */

/* What one page needs of a sender, read once. */
typedef struct exporter_row {
	tel_slice id;
	tel__sender_stats stats;
	uint64_t isolated;
} exporter_row;

enum { MAX_DOORS = 64 }; /* receivers x transports on one page */

typedef struct door_row {
	tel_slice id;
	tel__receiver_stats stats;
} door_row;

typedef struct page {
	const tel_flow *flow;
	tel__prom_writer w;
	bool batch_metrics; /* level normal and above */
	exporter_row *exporters;
	size_t exporter_count;
	door_row doors[MAX_DOORS];
	size_t door_count;
} page;

static void labelled(page *p, const char *name, tel_slice value, double number)
{
	tel__prom_sample(&p->w, &(tel__prom_label){ name, value }, 1, number);
}

/* ---- exporters ---- */

static double sent_points(const tel__sender_stats *s)
{
	return (double)(s->sent_points + s->rejected_points);
}

static void write_exporter_queue(page *p, const tel__prom_family *family, bool capacity)
{
	tel__prom_begin(&p->w, family);
	for (size_t i = 0; i < p->exporter_count; i++) {
		const exporter_row *x = &p->exporters[i];
		const tel__prom_label labels[] = { { "exporter", x->id }, { "data_type", TEL_SLICE_LIT("metrics") } };
		if (x->stats.queue_unit)
			tel__prom_sample(&p->w, labels, 2, (double)(capacity ? x->stats.queue.capacity : x->stats.queue.size));
	}
}

static void write_exporters(page *p)
{
	size_t n = p->exporter_count;

	tel__prom_begin(&p->w, COUNTER("otelcol_exporter_enqueue_failed_metric_points",
	                               "Data points that the sending queue did not take. [Alpha]", SCOPE_EXPORTER));
	for (size_t i = 0; i < n; i++)
		if (p->exporters[i].stats.enqueue_failed_points)
			labelled(p, "exporter", p->exporters[i].id, (double)p->exporters[i].stats.enqueue_failed_points);
	write_exporter_queue(p, GAUGE("otelcol_exporter_queue_capacity", NULL,
	                              "What the sending queue can hold, in the unit of its sizer. [Alpha]", SCOPE_EXPORTER), true);
	write_exporter_queue(p, GAUGE("otelcol_exporter_queue_size", NULL,
	                              "What the sending queue holds, in the unit of its sizer. [Alpha]", SCOPE_EXPORTER), false);
	tel__prom_begin(&p->w, COUNTER("otelcol_exporter_send_failed_metric_points",
	                               "Data points that could not be delivered. [Alpha]", SCOPE_EXPORTER));
	for (size_t i = 0; i < n; i++)
		if (p->exporters[i].stats.send_failed_points)
			labelled(p, "exporter", p->exporters[i].id, (double)p->exporters[i].stats.send_failed_points);
	tel__prom_begin(&p->w, COUNTER("otelcol_exporter_sent_metric_points",
	                               "Data points that the backend took. [Alpha]", SCOPE_EXPORTER));
	for (size_t i = 0; i < n; i++)
		if (sent_points(&p->exporters[i].stats) > 0 || p->exporters[i].stats.send_failed_points)
			labelled(p, "exporter", p->exporters[i].id, sent_points(&p->exporters[i].stats));
}

/* ---- the process ---- */

static void write_process(page *p)
{
	tel__process_stats stats;
	tel__budget_stats budget;
	double taken = 0;

	tel__process_stats_read(p->flow->ctx, &stats);
	tel__budget_get(tel__ctx_budget(p->flow->ctx), &budget);
	for (size_t i = 0; i < p->door_count; i++)
		taken += (double)p->doors[i].stats.received_bytes;
	tel__prom_begin(&p->w, COUNTER("otelcol_process_cpu_seconds", "CPU time, user and system. [Alpha]", SCOPE_SERVICE));
	tel__prom_sample(&p->w, NULL, 0, stats.cpu_seconds);
	tel__prom_begin(&p->w, GAUGE("otelcol_process_memory_rss", "bytes", "Resident memory. [Alpha]", SCOPE_SERVICE));
	tel__prom_sample(&p->w, NULL, 0, (double)stats.rss_bytes);
	tel__prom_begin(&p->w, GAUGE("otelcol_process_runtime_heap_alloc_bytes", "bytes",
	                             "Bytes reserved in the memory budget. [Alpha]", SCOPE_SERVICE));
	tel__prom_sample(&p->w, NULL, 0, (double)budget.reserved);
	tel__prom_begin(&p->w, COUNTER("otelcol_process_runtime_total_alloc_bytes",
	                               "Bytes of request bodies taken in so far. [Alpha]", SCOPE_SERVICE));
	tel__prom_sample(&p->w, NULL, 0, taken);
	tel__prom_begin(&p->w, GAUGE("otelcol_process_runtime_total_sys_memory_bytes", "bytes",
	                             "Memory that is private to the process. [Alpha]", SCOPE_SERVICE));
	tel__prom_sample(&p->w, NULL, 0, (double)stats.private_bytes);
	tel__prom_begin(&p->w, &(const tel__prom_family){ "otelcol_process_uptime", "seconds", TEL__PROM_COUNTER,
	                                                  "Time since start. [Alpha]", SCOPE_SERVICE });
	tel__prom_sample(&p->w, NULL, 0, (double)(tel__ctx_mono_ns(p->flow->ctx) - p->flow->started_mono_ns) * NANO);
}

/* ---- processors: several pipelines with one processor id share a series ---- */

typedef double processor_value(const tel__graph_processor *x);

static double accepted(const tel__graph_processor *x) { return (double)x->counts.outgoing; }
static double refused(const tel__graph_processor *x) { return (double)x->counts.refused; }
static double incoming(const tel__graph_processor *x) { return (double)x->counts.incoming; }
static double outgoing(const tel__graph_processor *x) { return (double)x->counts.outgoing; }
static double removed(const tel__graph_processor *x) { return (double)x->counts.removed; }

static bool first_of_id(const tel_graph *graph, size_t index)
{
	tel_slice id = tel__graph_processor_get(graph, index)->id;

	for (size_t i = 0; i < index; i++)
		if (tel__slice_eq(tel__graph_processor_get(graph, i)->id, id))
			return false;
	return true;
}

static double sum_of_id(const tel_graph *graph, tel_slice id, processor_value *value)
{
	double sum = 0;

	for (size_t i = 0; i < tel__graph_processor_count(graph); i++)
		if (tel__slice_eq(tel__graph_processor_get(graph, i)->id, id))
			sum += value(tel__graph_processor_get(graph, i));
	return sum;
}

static void write_processor_family(page *p, const tel__prom_family *family, processor_value *value, bool points)
{
	const tel_graph *graph = p->flow->now->graph;

	tel__prom_begin(&p->w, family);
	for (size_t i = 0; i < tel__graph_processor_count(graph); i++) {
		const tel__graph_processor *x = tel__graph_processor_get(graph, i);
		const tel__prom_label labels[] = { { "processor", x->id }, { "otel_signal", TEL_SLICE_LIT("metrics") } };
		double sum;

		if (!(points ? x->points_counters : x->items_counters) || !first_of_id(graph, i))
			continue;
		sum = sum_of_id(graph, x->id, value);
		if (sum > 0)
			tel__prom_sample(&p->w, labels, points ? 1 : 2, sum);
	}
}

/* Points that a filter took away; also 0, once something came. */
static void write_filtered(page *p)
{
	const tel_graph *graph = p->flow->now->graph;

	tel__prom_begin(&p->w, COUNTER("otelcol_processor_filter_datapoints_filtered",
	                               "Number of metric data points dropped by the filter processor [Alpha]", SCOPE_FILTER));
	for (size_t i = 0; i < tel__graph_processor_count(graph); i++) {
		const tel__graph_processor *x = tel__graph_processor_get(graph, i);
		const tel__prom_label label = { "filter", x->id };

		if (x->filtered_counter && first_of_id(graph, i) && sum_of_id(graph, x->id, incoming) > 0)
			tel__prom_sample(&p->w, &label, 1, sum_of_id(graph, x->id, removed));
	}
}

/* ---- batch: fed from the send groups that it was folded into ---- */

static void add_groups(const tel_flow *flow, tel_slice id, tel__group_stats *sum)
{
	for (size_t i = 0; i < flow->now->outlet_count; i++) {
		const tel__graph_exporter *x = tel__graph_exporter_get(flow->now->graph, i);
		const tel__flow_outlet *outlet = &flow->now->outlets[i];
		for (uint32_t g = 0; g < x->group_count; g++) {
			tel__group_stats one;
			if (!x->groups[g].batch || !tel__slice_eq(x->groups[g].batch_id, id))
				continue;
			tel__sender_get_group_stats(outlet->exporter->sender, outlet->groups[g], &one);
			tel__group_stats_add(sum, &one);
		}
	}
}

typedef enum batch_part { BATCH_SIZES, BATCH_BY_SIZE, BATCH_CARDINALITY, BATCH_BY_TIME } batch_part;

static void write_batch_part(page *p, batch_part part, tel_slice id, const tel__group_stats *sum)
{
	const tel__prom_label label = { "processor", id };

	switch (part) {
	case BATCH_SIZES:
		tel__prom_histogram(&p->w, &label, 1, tel__batch_bounds, TEL__BATCH_BOUNDS, sum->histogram, (double)sum->batch_points);
		break;
	case BATCH_BY_SIZE:
		if (sum->size_triggers)
			tel__prom_sample(&p->w, &label, 1, (double)sum->size_triggers);
		break;
	case BATCH_CARDINALITY:
		tel__prom_sample(&p->w, &label, 1, 1);
		break;
	case BATCH_BY_TIME:
		if (sum->timeout_triggers)
			tel__prom_sample(&p->w, &label, 1, (double)sum->timeout_triggers);
		break;
	}
}

static void write_batch_family(page *p, const tel__prom_family *family, batch_part part)
{
	const tel__flow_generation *g = p->flow->now;

	tel__prom_begin(&p->w, family);
	for (size_t i = 0; i < g->batch_count; i++) {
		tel__group_stats sum = g->batches[i].base;
		add_groups(p->flow, g->batches[i].id, &sum);
		if (sum.batches)
			write_batch_part(p, part, g->batches[i].id, &sum);
	}
}

static void write_processors(page *p)
{
	write_processor_family(p, COUNTER("otelcol_processor_accepted_metric_points",
	                                  "Data points that the next component took. [Deprecated]", SCOPE_LIMITER), accepted, true);
	if (p->batch_metrics) {
		write_batch_family(p, &(const tel__prom_family){ "otelcol_processor_batch_batch_send_size", NULL, TEL__PROM_HISTOGRAM,
		                                                 "Data points per batch. [Development]", SCOPE_BATCH }, BATCH_SIZES);
		write_batch_family(p, COUNTER("otelcol_processor_batch_batch_size_trigger_send",
		                              "Batches sent because they were full. [Development]", SCOPE_BATCH), BATCH_BY_SIZE);
		write_batch_family(p, GAUGE("otelcol_processor_batch_metadata_cardinality", NULL,
		                            "Combinations of metadata values in use. [Development]", SCOPE_BATCH), BATCH_CARDINALITY);
		write_batch_family(p, COUNTER("otelcol_processor_batch_timeout_trigger_send",
		                              "Batches sent because of their age. [Development]", SCOPE_BATCH), BATCH_BY_TIME);
	}
	write_filtered(p);
	write_processor_family(p, COUNTER("otelcol_processor_incoming_items",
	                                  "Data points given to the processor. [Alpha]", SCOPE_PROCESSOR), incoming, false);
	write_processor_family(p, COUNTER("otelcol_processor_outgoing_items",
	                                  "Data points that left the processor. [Alpha]", SCOPE_PROCESSOR), outgoing, false);
	write_processor_family(p, COUNTER("otelcol_processor_refused_metric_points",
	                                  "Data points that were refused. [Deprecated]", SCOPE_LIMITER), refused, true);
}

/* ---- receivers ---- */

static void write_receiver_family(page *p, const tel__prom_family *family, size_t offset)
{
	tel__prom_begin(&p->w, family);
	for (size_t i = 0; i < p->door_count; i++) {
		const door_row *d = &p->doors[i];
		const tel__prom_label labels[] = { { "receiver", d->id }, { "transport", tel__slice_str(d->stats.transport) } };
		if (d->stats.seen)
			tel__prom_sample(&p->w, labels, 2, (double)*(const uint64_t *)(const void *)((const char *)&d->stats + offset));
	}
}

static void write_receivers(page *p)
{
	write_receiver_family(p, COUNTER("otelcol_receiver_accepted_metric_points",
	                                 "Data points that the pipelines took. [Alpha]", SCOPE_RECEIVER),
	                      offsetof(tel__receiver_stats, accepted_points));
	write_receiver_family(p, COUNTER("otelcol_receiver_failed_metric_points",
	                                 "Data points lost by an internal error. [Alpha]", SCOPE_RECEIVER),
	                      offsetof(tel__receiver_stats, failed_points));
	write_receiver_family(p, COUNTER("otelcol_receiver_refused_metric_points",
	                                 "Data points that the pipelines did not take. [Alpha]", SCOPE_RECEIVER),
	                      offsetof(tel__receiver_stats, refused_points));
}

/* ---- ours ---- */

static void write_own_exporters(page *p)
{
	size_t n = p->exporter_count;

	tel__prom_begin(&p->w, COUNTER("telemetry_exporter_dropped_points", "Accepted data points that were given up.", SCOPE_OWN));
	for (size_t i = 0; i < n; i++) {
		for (tel__drop d = 0; d < TEL__DROP_COUNT; d++) {
			const tel__prom_label labels[] = { { "exporter", p->exporters[i].id },
				                               { "reason", tel__slice_str(tel__drop_name(d)) } };
			tel__prom_sample(&p->w, labels, 2, (double)p->exporters[i].stats.dropped_points[d]);
		}
	}
	tel__prom_begin(&p->w, GAUGE("telemetry_exporter_credentials_refused", NULL,
	                             "1 while the backend refuses the credentials of this exporter.", SCOPE_OWN));
	for (size_t i = 0; i < n; i++)
		labelled(p, "exporter", p->exporters[i].id, p->exporters[i].stats.auth_refused);
	tel__prom_begin(&p->w, COUNTER("telemetry_exporter_isolated_points",
	                               "Data points that this exporter could not take while another one did.", SCOPE_OWN));
	for (size_t i = 0; i < n; i++)
		labelled(p, "exporter", p->exporters[i].id, (double)p->exporters[i].isolated);
	tel__prom_begin(&p->w, GAUGE("telemetry_exporter_last_success_seconds", NULL, "Unix time of the last success.", SCOPE_OWN));
	for (size_t i = 0; i < n; i++)
		labelled(p, "exporter", p->exporters[i].id, (double)p->exporters[i].stats.last_success_unix_ns * NANO);
	tel__prom_begin(&p->w, GAUGE("telemetry_exporter_oldest_unsent_seconds", NULL, "Age of the oldest unsent data.",
	                             SCOPE_OWN));
	for (size_t i = 0; i < n; i++) {
		uint64_t oldest = p->exporters[i].stats.oldest_mono_ns, now = tel__ctx_mono_ns(p->flow->ctx);
		labelled(p, "exporter", p->exporters[i].id, oldest && now > oldest ? (double)(now - oldest) * NANO : 0);
	}
	tel__prom_begin(&p->w, GAUGE("telemetry_exporter_queue_bytes", NULL, "Memory charged to the sending queue.", SCOPE_OWN));
	for (size_t i = 0; i < n; i++)
		labelled(p, "exporter", p->exporters[i].id, (double)p->exporters[i].stats.queue.charged_bytes);
	tel__prom_begin(&p->w, GAUGE("telemetry_exporter_queue_points", NULL, "Data points waiting or in flight.", SCOPE_OWN));
	for (size_t i = 0; i < n; i++)
		labelled(p, "exporter", p->exporters[i].id, (double)p->exporters[i].stats.queued_points);
	tel__prom_begin(&p->w, COUNTER("telemetry_exporter_rejected_points",
	                               "Data points that the backend rejected in partial successes.", SCOPE_OWN));
	for (size_t i = 0; i < n; i++)
		labelled(p, "exporter", p->exporters[i].id, (double)p->exporters[i].stats.rejected_points);
	tel__prom_begin(&p->w, COUNTER("telemetry_exporter_returned_points",
	                               "Data points not delivered whose client was told so, without a queue.", SCOPE_OWN));
	for (size_t i = 0; i < n; i++)
		labelled(p, "exporter", p->exporters[i].id, (double)p->exporters[i].stats.returned_points);
	tel__prom_begin(&p->w, COUNTER("telemetry_exporter_retries", "Attempts that were not the first.", SCOPE_OWN));
	for (size_t i = 0; i < n; i++)
		labelled(p, "exporter", p->exporters[i].id, (double)p->exporters[i].stats.retries);
}

static void write_pipeline(page *p, tel_slice id, const tel__graph_counts *counts)
{
	const struct {
		const char *event;
		uint64_t value;
	} rows[] = { { "created", counts->created }, { "outgoing", counts->outgoing }, { "received", counts->incoming },
		         { "refused", counts->refused }, { "removed", counts->removed } };

	for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
		const tel__prom_label labels[] = { { "pipeline", id }, { "event", tel__slice_str(rows[r].event) } };
		tel__prom_sample(&p->w, labels, 2, (double)rows[r].value);
	}
}

static void write_pipelines(page *p)
{
	const tel__graph_counts *gone = &p->flow->history.gone_pipelines;

	tel__prom_begin(&p->w, COUNTER("telemetry_pipeline_points", "Data points of a pipeline, by what happened.", SCOPE_OWN));
	for (size_t i = 0; i < tel__graph_pipeline_count(p->flow->now->graph); i++) {
		const tel__graph_pipeline *x = tel__graph_pipeline_get(p->flow->now->graph, i);
		write_pipeline(p, x->id, &x->counts);
	}
	if (gone->incoming || gone->refused)
		write_pipeline(p, TEL_SLICE_LIT(REMOVED), gone);
}

const char *tel__flow_refusal_name(tel__flow_refusal reason)
{
	static const char *const names[TEL__FLOW_REFUSALS] = {
		[TEL__FLOW_QUEUE_FULL] = "queue_full", [TEL__FLOW_TOO_LARGE] = "too_large", [TEL__FLOW_MEMORY] = "memory",
		[TEL__FLOW_STOPPING] = "stopping",     [TEL__FLOW_PROCESSOR] = "processor", [TEL__FLOW_BACKEND] = "backend",
		[TEL__FLOW_GONE] = "client_gone",
	};

	return names[reason];
}

static void write_refused(page *p)
{
	tel__prom_begin(&p->w, COUNTER("telemetry_refused_points", "Data points of decoded requests that were not taken.",
	                               SCOPE_OWN));
	for (size_t i = 0; i < TEL__FLOW_REFUSALS; i++)
		labelled(p, "reason", tel__slice_str(tel__flow_refusal_name(i)), (double)p->flow->refused_points[i]);
}

static void write_door(page *p, size_t i, double number)
{
	const tel__prom_label labels[] = { { "receiver", p->doors[i].id },
		                               { "transport", tel__slice_str(p->doors[i].stats.transport) } };

	tel__prom_sample(&p->w, labels, 2, number);
}

static void write_connections(page *p)
{
	tel__prom_begin(&p->w, GAUGE("telemetry_receiver_connections", NULL, "Open connections.", SCOPE_OWN));
	for (size_t i = 0; i < p->door_count; i++)
		write_door(p, i, (double)p->doors[i].stats.connections.open);
	tel__prom_begin(&p->w, COUNTER("telemetry_receiver_connections_accepted", "Connections that were let in.", SCOPE_OWN));
	for (size_t i = 0; i < p->door_count; i++)
		write_door(p, i, (double)p->doors[i].stats.connections.accepted);
	tel__prom_begin(&p->w, COUNTER("telemetry_receiver_connections_closed",
	                               "Connections, and streams of HTTP/2, that the receiver closed for this reason.", SCOPE_OWN));
	for (size_t i = 0; i < p->door_count; i++) {
		for (tel__http_closed why = 0; why < TEL__CLOSED_COUNT; why++) {
			const tel__prom_label labels[] = { { "receiver", p->doors[i].id },
				                               { "transport", tel__slice_str(p->doors[i].stats.transport) },
				                               { "reason", tel__slice_str(tel__http_closed_name(why)) } };
			tel__prom_sample(&p->w, labels, 3, (double)p->doors[i].stats.connections.closed[why]);
		}
	}
}

/* What exporters counted that no configuration has any more: nothing vanishes, and no series grows with each rename. */
static void add_gone_exporters(page *p)
{
	const tel__flow_history *h = &p->flow->history;

	if (h->gone_exporters.committed_points || h->gone_isolated)
		p->exporters[p->exporter_count++] = (exporter_row){ TEL_SLICE_LIT(REMOVED), h->gone_exporters, h->gone_isolated };
}

/* Reloads, as Prometheus names them. */
static void write_reloads(page *p)
{
	const tel__flow_history *h = &p->flow->history;

	tel__prom_begin(&p->w, GAUGE("telemetry_config_generation", NULL, "Configurations that were started, the first included.",
	                             SCOPE_OWN));
	tel__prom_sample(&p->w, NULL, 0, (double)h->number);
	tel__prom_begin(&p->w, GAUGE("telemetry_config_last_reload_success_timestamp", "seconds",
	                             "Unix time of the last configuration that was started.", SCOPE_OWN));
	tel__prom_sample(&p->w, NULL, 0, (double)h->last_success_unix_ns * NANO);
	tel__prom_begin(&p->w, GAUGE("telemetry_config_last_reload_successful", NULL,
	                             "0 = the last reload was refused and what ran before still runs.", SCOPE_OWN));
	tel__prom_sample(&p->w, NULL, 0, h->last_failed ? 0 : 1);
	tel__prom_begin(&p->w, COUNTER("telemetry_config_reloads", "Reloads, by what became of them.", SCOPE_OWN));
	labelled(p, "result", TEL_SLICE_LIT("failure"), (double)h->failed);
	labelled(p, "result", TEL_SLICE_LIT("success"), (double)h->succeeded);
}

/* Certificates and tokens that were read again while running. */
static void write_renewals(page *p)
{
	static const char *const kinds[TEL__RENEWAL_KINDS] = { [TEL__RENEWAL_TLS] = "tls", [TEL__RENEWAL_SECRET] = "secret" };
	const tel__renewal *first = tel__renewals(p->flow->ctx), *r;

	tel__prom_begin(&p->w, COUNTER("telemetry_credential_reloads",
	                               "Files of certificates, keys and secrets read again, by what became of it.", SCOPE_OWN));
	for (r = first; r; r = r->next) {
		tel__prom_label labels[] = { { "component", r->id }, { "kind", tel__slice_str(kinds[r->kind]) },
			{ "result", TEL_SLICE_LIT("failure") } };

		tel__prom_sample(&p->w, labels, 3, (double)r->failed);
		labels[2].value = TEL_SLICE_LIT("success");
		tel__prom_sample(&p->w, labels, 3, (double)r->renewed);
	}
	tel__prom_begin(&p->w, GAUGE("telemetry_credential_stale", NULL,
	                             "1 = the files cannot be used now, the last good ones stay in use.", SCOPE_OWN));
	for (r = first; r; r = r->next) {
		const tel__prom_label labels[] = { { "component", r->id }, { "kind", tel__slice_str(kinds[r->kind]) } };

		tel__prom_sample(&p->w, labels, 2, r->stale ? 1 : 0);
	}
}

static void write_own(page *p)
{
	tel__budget_stats budget;

	tel__budget_get(tel__ctx_budget(p->flow->ctx), &budget);
	write_reloads(p);
	write_renewals(p);
	add_gone_exporters(p);
	write_own_exporters(p);
	tel__prom_begin(&p->w, COUNTER("telemetry_log_suppressed_lines", "Log lines left out by sampling.", SCOPE_OWN));
	tel__prom_sample(&p->w, NULL, 0, (double)tel__ctx_log_suppressed(p->flow->ctx));
	tel__prom_begin(&p->w, GAUGE("telemetry_memory_budget_limit", "bytes",
	                             "Memory that may be reserved; 0 = no limit.", SCOPE_OWN));
	tel__prom_sample(&p->w, NULL, 0, (double)budget.limit);
	tel__prom_begin(&p->w, GAUGE("telemetry_memory_budget_reserved", "bytes", "Memory that is reserved.", SCOPE_OWN));
	tel__prom_sample(&p->w, NULL, 0, (double)budget.reserved);
	write_pipelines(p);
	tel__prom_begin(&p->w, COUNTER("telemetry_receiver_cut_points",
	                               "Data points cut out of requests because their text is not UTF-8.", SCOPE_OWN));
	for (size_t i = 0; i < p->door_count; i++)
		write_door(p, i, (double)p->doors[i].stats.cut_points);
	tel__prom_begin(&p->w, COUNTER("telemetry_receiver_refused_requests",
	                               "Requests refused before they were decoded.", SCOPE_OWN));
	for (size_t i = 0; i < p->door_count; i++) {
		for (tel__refusal r = 0; r < TEL__REFUSAL_COUNT; r++) {
			const tel__prom_label labels[] = { { "receiver", p->doors[i].id },
				                               { "transport", tel__slice_str(p->doors[i].stats.transport) },
				                               { "reason", tel__slice_str(tel__refusal_name(r)) } };
			tel__prom_sample(&p->w, labels, 3, (double)p->doors[i].stats.refused_requests[r]);
		}
	}
	write_connections(p);
	write_refused(p);
}

/* ---- who it is ---- */

static bool is_configured(const tel__key_pairs *resource, tel_slice key)
{
	for (size_t i = 0; i < resource->count; i++)
		if (tel__slice_eq(resource->items[i].key, key))
			return true;
	return false;
}

/* In the order of the names. */
static void add_attribute(tel__key_pair *attrs, size_t *count, tel_slice key, tel_slice value)
{
	size_t at = *count;

	for (; at > 0 && tel__slice_cmp(attrs[at - 1].key, key) > 0; at--)
		attrs[at] = attrs[at - 1];
	attrs[at] = (tel__key_pair){ key, value };
	++*count;
}

/* service.telemetry.resource over what the program says of itself; null takes an attribute away. */
static void write_target(page *p)
{
	const tel_flow *flow = p->flow;
	const tel__key_pairs *resource = &flow->now->config->telemetry.resource;
	const tel__key_pair own[] = { { TEL_SLICE_LIT("service.instance.id"), tel__slice_str(flow->instance_id) },
		                          { TEL_SLICE_LIT("service.name"), tel__slice_str(flow->service_name) },
		                          { TEL_SLICE_LIT("service.version"), tel__slice_str(flow->service_version) } };
	tel__key_pair attrs[TEL_LIMIT_RESOURCE_ATTRS + 3];
	size_t count = 0;

	for (size_t i = 0; i < 3; i++)
		if (!is_configured(resource, own[i].key))
			add_attribute(attrs, &count, own[i].key, own[i].value);
	for (size_t i = 0; i < resource->count; i++)
		if (resource->items[i].value.ptr)
			add_attribute(attrs, &count, resource->items[i].key, resource->items[i].value);
	tel__prom_begin(&p->w, GAUGE("target_info", NULL, "Target metadata", NULL));
	tel__prom_info(&p->w, attrs, count);
}

static void write_handler_errors(page *p)
{
	tel__prom_begin(&p->w, COUNTER("promhttp_metric_handler_errors", "Errors of this page itself.", NULL));
	labelled(p, "cause", TEL_SLICE_LIT("encoding"), 0);
	labelled(p, "cause", TEL_SLICE_LIT("gathering"), 0);
}

static void read_doors(page *p)
{
	for (size_t i = 0; i < p->flow->now->receiver_count; i++) {
		const tel__flow_receiver *r = p->flow->now->receivers[i];
		tel__receiver_stats stats[TEL__RECEIVER_DOORS];
		size_t n = tel__flow_receiver_stats(r, stats, TEL__RECEIVER_DOORS);
		for (size_t k = 0; k < n && p->door_count < MAX_DOORS; k++)
			p->doors[p->door_count++] = (door_row){ r->id, stats[k] };
	}
}

static exporter_row *row_of(page *p, tel_slice id)
{
	for (size_t i = 0; i < p->exporter_count; i++)
		if (tel__slice_eq(p->exporters[i].id, id))
			return &p->exporters[i];
	p->exporters[p->exporter_count].id = id;
	return &p->exporters[p->exporter_count++];
}

/* One row per id: beside an exporter there may be one that had its id and leaves. */
static void read_exporters(page *p)
{
	for (const tel__flow_exporter *x = p->flow->exporters; x; x = x->next) {
		exporter_row *row = row_of(p, x->id);
		tel__sender_stats stats, had = row->stats;
		uint64_t isolated;
		bool leads = x->users > 0 || !row->stats.queue_unit;
		tel__flow_exporter_stats(x, &stats, &isolated);
		row->stats = leads ? stats : had;
		tel__flow_stats_add(&row->stats, leads ? &had : &stats);
		row->isolated += isolated;
	}
}

static size_t count_exporters(const tel_flow *flow)
{
	size_t n = 0;

	for (const tel__flow_exporter *x = flow->exporters; x; x = x->next)
		n++;
	return n;
}

static void write_page(page *p, const tel__config_reader *reader)
{
	if (reader) {
		p->w.without_suffixes = reader->without_units && reader->without_type_suffix; /* one alone changes nothing there, too */
		p->w.without_scope = reader->without_scope_info;
	}
	p->batch_metrics = p->flow->now->config->telemetry.metrics_level >= TEL__METRICS_NORMAL;
	read_exporters(p);
	read_doors(p);
	write_exporters(p);
	write_process(p);
	write_processors(p);
	write_receivers(p);
	write_handler_errors(p);
	write_target(p);
	write_own(p);
}

tel_err tel__flow_write_metrics(const tel_flow *flow, const tel__config_reader *reader, tel__dynbuf *out)
{
	size_t n = count_exporters(flow) + 1;
	page *p = tel__mem_zero(flow->alloc, 1, sizeof(*p));
	tel_err rc = TEL_ERR_NOMEM;

	if (p)
		p->exporters = tel__mem_zero(flow->alloc, n, sizeof(*p->exporters));
	if (p && p->exporters) {
		p->flow = flow;
		p->w.out = out;
		write_page(p, reader);
		rc = tel__dynbuf_error(out);
	}
	if (p && p->exporters)
		tel__mem_free(flow->alloc, p->exporters, n, sizeof(*p->exporters));
	if (p)
		tel__mem_free(flow->alloc, p, 1, sizeof(*p));
	return rc;
}

tel_err tel_flow_metrics(const tel_flow *flow, tel_buf **ret_buf)
{
	tel__dynbuf out;
	tel_err rc;

	tel__dynbuf_init(&out, flow->alloc, 16 << 20);
	rc = tel__flow_write_metrics(flow, NULL, &out);
	if (!rc)
		rc = tel__dynbuf_take(&out, ret_buf);
	tel__dynbuf_fini(&out);
	return rc;
}
