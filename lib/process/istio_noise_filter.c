/* SPDX-License-Identifier: Apache-2.0 */
#include "process/istio_noise_filter.h"

#include "base/error_i.h"
#include "base/log_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "model/cut.h"
#include "model/edit.h"
#include "model/walk.h"

/* There is nothing to set. */
typedef struct noise_options {
	char none;
} noise_options;

static const tel__key_table noise_table = { .go_name = "istionoisefilter.Config", .size = sizeof(noise_options) };

typedef struct noise_filter {
	tel__processor processor;
	tel_alloc alloc;
	const tel_log_sink *log;
	tel__log_source source;
} noise_filter;

static tel_err noise_make(const tel__processor_env *env, const void *options, tel__processor **ret_processor, tel_error *err)
{
	noise_filter *x = tel__mem_zero(env->alloc, 1, sizeof(*x));

	(void)options;
	if (!x)
		return tel__fail_nomem(err);
	x->alloc = *tel__alloc_or_default(env->alloc);
	x->log = env->log;
	x->source = (tel__log_source){ env->id, TEL_SLICE_LIT("processor"), env->pipeline };
	*ret_processor = &x->processor;
	return TEL_OK;
}

static void noise_free(tel__processor *p)
{
	tel_alloc alloc = ((noise_filter *)(void *)p)->alloc;

	tel__mem_free(&alloc, p, 1, sizeof(noise_filter));
}

/* Of two attributes with the same key the first counts. */
static bool is_noise(tel_fields attributes)
{
	static const tel_slice source = TEL_SLICE_LIT("source_workload"), destination = TEL_SLICE_LIT("destination_workload");
	bool source_seen = false, destination_seen = false;
	tel_pair pair;

	while (tel__attr_next(&attributes, &pair)) {
		tel_slice text = pair.value.type == TEL_VALUE_STRING ? pair.value.u.bytes : (tel_slice){ NULL, 0 };

		if (!source_seen && tel__slice_eq(pair.key, source)) {
			source_seen = true;
			if (tel__slice_is(text, "telemetry-metric-agent"))
				return true;
		} else if (!destination_seen && tel__slice_eq(pair.key, destination)) {
			destination_seen = true;
			if (tel__slice_is(text, "telemetry-log-gateway") || tel__slice_is(text, "telemetry-metric-gateway") ||
			    tel__slice_is(text, "telemetry-trace-gateway"))
				return true;
		}
	}
	return false;
}

static bool keep_point(void *user, tel_slice point)
{
	const uint8_t *type = user;
	tel_point_view view;

	tel__point_read(point, *type, &view);
	return !is_noise(view.attributes);
}

static tel_err filter_metric(const noise_filter *x, tel_metrics *batch, uint32_t r, uint32_t s, uint32_t k)
{
	const tel__metric *metric = &batch->resources[r].scopes[s].metrics[k];
	uint8_t type = metric->type;

	if (type == TEL__METRIC_EMPTY) {
		tel__log(x->log, TEL_LOG_WARN, &x->source, "Unknown metric type encountered in processMetrics", NULL, 0);
		return TEL_OK;
	}
	if (!metric->points)
		return tel__metrics_drop_metric(batch, r, s, k);
	if (!tel__slice_starts(metric->name, TEL_SLICE_LIT("istio_")))
		return TEL_OK;
	return tel__metrics_keep_points(batch, r, s, k, keep_point, &type, NULL);
}

/* What arrived empty goes too. */
static tel_err filter_resource(const noise_filter *x, tel_metrics *batch, uint32_t r)
{
	tel_err e = TEL_OK;

	for (uint32_t s = 0; !e && s < batch->resources[r].e.count; s++) {
		uint32_t metrics = batch->resources[r].scopes[s].e.count;

		if (!metrics)
			e = tel__metrics_drop_scope(batch, r, s);
		for (uint32_t k = 0; !e && k < metrics; k++)
			e = filter_metric(x, batch, r, s, k);
	}
	if (!e && !batch->resources[r].e.count)
		e = tel__metrics_drop_resource(batch, r);
	return e;
}

static tel_err noise_run(tel__processor *p, tel_metrics *batch, tel__run *run, tel_error *err)
{
	tel_err e = TEL_OK;

	(void)run;
	for (uint32_t r = 0; !e && r < batch->count; r++)
		e = filter_resource((noise_filter *)(void *)p, batch, r);
	if (!e)
		e = tel__metrics_close(batch);
	return e ? tel__fail(err, e, "points cannot be dropped: %s", tel_err_name(e)) : TEL_OK;
}

static const tel__processor_ops noise_ops = {
	.make = noise_make,
	.free = noise_free,
	.run = noise_run,
	.mutates = true,
	.items_counters = true,
};

const tel__component tel__istio_noise_filter = {
	.type = "istio_noise_filter",
	.kind = TEL__KIND_PROCESSOR,
	.keys = &noise_table,
	.help = "drops what Istio measures of the telemetry module's own traffic",
	.impl = &noise_ops,
};
