/* SPDX-License-Identifier: Apache-2.0 */
#include <telemetry/offline.h>

#include "base/error_i.h"
#include "base/mem.h"
#include "graph/compiled.h"
#include "model/metrics_i.h"

/* What waits in a send group for more, as the Collector's batch processor would hold it (otel-processing.md 7.1). */
typedef struct holding {
	tel_metrics *metrics; /* NULL = nothing */
	tel_plan_entry entry; /* of the newest share */
	uint64_t fired_ns;    /* when the timer or the size let something out; 0 = nothing came yet */
} holding;

struct tel_offline {
	tel_alloc alloc;
	tel_graph *graph;
	tel_plan *plan;
	holding *holdings;    /* exporter by exporter, group by group */
	size_t *first;        /* by exporter: its first holding */
	size_t count;
	int (*emit)(const tel_plan_entry *entry, void *user);
	void *user;
};

static tel_err build(tel_offline *o)
{
	size_t exporters = o->graph->exporter_count;
	o->first = tel__mem_zero(&o->alloc, exporters + 1, sizeof(*o->first));
	if (!o->first)
		return TEL_ERR_NOMEM;
	for (size_t i = 0; i < exporters; i++) {
		o->first[i] = o->count;
		o->count += o->graph->exporters[i].group_count;
	}
	o->holdings = tel__mem_zero(&o->alloc, o->count + 1, sizeof(*o->holdings));
	return o->holdings ? TEL_OK : TEL_ERR_NOMEM;
}

tel_err tel_offline_new(tel_config *config, const tel_graph_opts *opts,
                        int (*emit)(const tel_plan_entry *entry, void *user), void *user, tel_offline **ret_offline,
                        tel_error *err)
{
	if (!emit || !ret_offline)
		return tel__fail(err, TEL_ERR_ARG, "an offline run needs a callback");
	tel_graph *graph = NULL;
	tel_err e = tel_graph_new(config, opts, &graph, err);
	if (e)
		return e;
	tel_offline *o = tel__mem_zero(&graph->alloc, 1, sizeof(*o));
	if (!o) {
		tel_graph_free(graph);
		return tel__fail_nomem(err);
	}
	o->alloc = graph->alloc;
	o->graph = graph;
	o->emit = emit;
	o->user = user;
	if (build(o) || tel_plan_new(graph, &o->plan, NULL)) {
		tel_offline_free(o);
		return tel__fail_nomem(err);
	}
	*ret_offline = o;
	return TEL_OK;
}

void tel_offline_free(tel_offline *offline)
{
	if (!offline)
		return;
	for (size_t i = 0; offline->holdings && i < offline->count; i++)
		tel_metrics_free(offline->holdings[i].metrics);
	if (offline->holdings)
		tel__mem_free(&offline->alloc, offline->holdings, offline->count + 1, sizeof(*offline->holdings));
	if (offline->first)
		tel__mem_free(&offline->alloc, offline->first, (size_t)offline->graph->exporter_count + 1, sizeof(*offline->first));
	tel_plan_free(offline->plan);
	tel_graph_free(offline->graph);
	tel_alloc alloc = offline->alloc;
	tel__mem_free(&alloc, offline, 1, sizeof(*offline));
}

static tel_err say(tel_offline *o, const tel_plan_entry *entry, tel_metrics *metrics, tel_error *err)
{
	tel_plan_entry out = *entry;
	out.metrics = metrics;
	out.points = metrics->points;
	int answer = o->emit(&out, o->user);
	if (!answer)
		return TEL_OK;
	tel_err e = tel__fail(err, TEL_ERR_CANCELLED, "stopped by the callback");
	if (err)
		err->detail = answer;
	return e;
}

/* Lets points out until fewer than enough are left; max 0 = all in one request. */
static tel_err let_out(tel_offline *o, holding *h, uint64_t enough, uint64_t max, tel_error *err)
{
	tel_err e = TEL_OK;
	while (!e && h->metrics && h->metrics->points >= enough) {
		tel_metrics *head = h->metrics;
		if (max && h->metrics->points > max)
			e = tel_metrics_split(h->metrics, max, &head);
		if (e)
			return tel__fail_nomem(err);
		if (head == h->metrics)
			h->metrics = NULL;
		e = say(o, &h->entry, head, err);
		tel_metrics_free(head);
	}
	return e;
}

/* The timer runs freely, from the last time that something went. */
static tel_err fire(tel_offline *o, holding *h, const tel__batch_options *batch, uint64_t now, tel_error *err)
{
	if (h->fired_ns == 0)
		h->fired_ns = now;
	if (now < h->fired_ns || now - h->fired_ns < (uint64_t)batch->timeout_ns)
		return TEL_OK;
	h->fired_ns = now;
	return let_out(o, h, 1, batch->send_batch_max_size, err);
}

static tel_err hold(tel_offline *o, holding *h, const tel_plan_entry *entry, const tel__batch_options *batch, uint64_t now,
                    tel_error *err)
{
	bool at_once = batch->timeout_ns == 0 || batch->send_batch_size == 0;
	tel_err e = at_once ? TEL_OK : fire(o, h, batch, now, err);
	if (e)
		return e;
	tel_metrics *share = NULL;
	if (tel_metrics_share(entry->metrics, &share))
		return tel__fail_nomem(err);
	if (h->metrics) {
		e = tel_metrics_merge(h->metrics, share);
		tel_metrics_free(share);
		if (e)
			return tel__fail_nomem(err);
	} else {
		h->metrics = share;
	}
	h->entry = *entry;
	uint64_t before = h->metrics->points;
	e = let_out(o, h, at_once ? 1 : batch->send_batch_size, batch->send_batch_max_size, err);
	if (!h->metrics || h->metrics->points < before)
		h->fired_ns = now;
	return e;
}

static tel_err pass_on(tel_offline *o, const tel_plan_entry *entry, uint64_t now, tel_error *err)
{
	const tel__graph_group *group = &o->graph->exporters[entry->exporter_index].groups[entry->group];
	if (!group->batch)
		return say(o, entry, entry->metrics, err);
	return hold(o, &o->holdings[o->first[entry->exporter_index] + entry->group], entry, group->batch, now, err);
}

tel_err tel_offline_run(tel_offline *offline, tel_slice entry, tel_metrics *batch, const tel_origin *origin,
                        uint64_t unix_ns, tel_error *err)
{
	if (!offline || !batch) {
		tel_metrics_free(batch);
		return tel__fail(err, TEL_ERR_ARG, "an offline run needs a batch");
	}
	if (!entry.len && offline->graph->pipeline_count)
		entry = offline->graph->pipelines[0].id;
	tel_err e = tel_graph_run(offline->graph, entry, batch, origin, unix_ns, unix_ns, offline->plan, err);
	if (e)
		return e;
	tel_plan_commit(offline->plan);
	for (size_t i = 0; !e && i < tel_plan_count(offline->plan); i++)
		e = pass_on(offline, tel_plan_get(offline->plan, i), unix_ns, err);
	tel_plan_reset(offline->plan);
	return e;
}

tel_err tel_offline_flush(tel_offline *offline, tel_error *err)
{
	tel_err e = TEL_OK;
	if (!offline)
		return tel__fail(err, TEL_ERR_ARG, "an offline run needs an object");
	for (size_t x = 0; x < offline->graph->exporter_count; x++) {
		const tel__graph_exporter *exporter = &offline->graph->exporters[x];
		for (uint32_t g = 0; !e && g < exporter->group_count; g++)
			if (exporter->groups[g].batch)
				e = let_out(offline, &offline->holdings[offline->first[x] + g], 1,
				            exporter->groups[g].batch->send_batch_max_size, err);
	}
	return e;
}

tel_slice tel_offline_component(const tel_offline *offline)
{
	return offline ? tel_plan_component(offline->plan) : (tel_slice){ NULL, 0 };
}
