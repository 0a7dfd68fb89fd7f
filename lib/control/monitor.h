/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_CONTROL_MONITOR_H
#define TEL_CONTROL_MONITOR_H
/*
 * What is wrong with the flow through one workload, out of what its instances count: the alert rules of Kyma's self monitor
 * (kyma-metrics.md 8.3), evaluated here, and those that the gauges of our own programs allow (design.md 5). Feed it every
 * scrape, ask it every 30 s. Wall-clock times; nothing is read from a clock.
 */
#include <telemetry/status.h>

#include "base/visibility.h"

/* What a sample counts. */
typedef enum tel__flow_metric {
	TEL__FLOW_SENT,             /* counters, data points: otelcol_exporter_sent_metric_points_total */
	TEL__FLOW_SEND_FAILED,      /* otelcol_exporter_send_failed_metric_points_total */
	TEL__FLOW_ENQUEUE_FAILED,   /* otelcol_exporter_enqueue_failed_metric_points_total */
	TEL__FLOW_REFUSED,          /* otelcol_receiver_refused_metric_points_total */
	TEL__FLOW_QUEUE_SIZE,       /* gauges: otelcol_exporter_queue_size, any unit */
	TEL__FLOW_QUEUE_CAPACITY,   /* otelcol_exporter_queue_capacity, the same unit */
	TEL__FLOW_QUEUE_POINTS,     /* telemetry_exporter_queue_points */
	TEL__FLOW_OLDEST_UNSENT,    /* telemetry_exporter_oldest_unsent_seconds */
	TEL__FLOW_LAST_SUCCESS,     /* telemetry_exporter_last_success_seconds, Unix time, 0 = never */
	TEL__FLOW_METRICS
} tel__flow_metric;

/* One sample of a scrape. */
typedef struct tel__flow_sample {
	tel__flow_metric metric;
	tel_slice component; /* id of the exporter ("otlp_grpc/NAME") or receiver */
	tel_slice series;    /* what else tells series apart, such as the transport; may be empty */
	double value;
} tel__flow_sample;

typedef struct tel__monitor tel__monitor;

TEL_PRIVATE_BEGIN

/* TEL_OK, TEL_ERR_NOMEM. */
tel_err tel__monitor_new(const tel_alloc *alloc, tel__monitor **ret_monitor);
void tel__monitor_free(tel__monitor *m); /* NULL is fine */
/* Metric of that name, with or without "_total". false: not one of ours. */
bool tel__flow_metric_named(tel_slice name, tel__flow_metric *ret_metric);
/* One scrape of one instance (a Pod or a process). Samples that are no number are left out. TEL_OK; TEL_ERR_LIMIT: there are
 * too many series, the new ones were left out; TEL_ERR_NOMEM: some samples were left out. */
tel_err tel__monitor_add(tel__monitor *m, uint64_t unix_ns, tel_slice instance, const tel__flow_sample *samples,
                         size_t count);
/* What holds now; failed when no instance was scraped for five minutes. Findings are by name of their pipeline and borrowed
 * until the next call of anything. TEL_OK, TEL_ERR_NOMEM. */
tel_err tel__monitor_judge(tel__monitor *m, uint64_t unix_ns, tel_flow_facts *ret_flow);

TEL_PRIVATE_END
#endif
