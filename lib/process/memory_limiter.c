/* SPDX-License-Identifier: Apache-2.0 */
#include "process/memory_limiter.h"

#include "base/error_i.h"
#include "base/log_i.h"
#include "base/mem.h"
#include "base/slice_i.h"

/* Keys, defaults, checks and texts: otel-processing.md 7.2. */

enum { MIB_SHIFT = 20, SPIKE_DEFAULT_PERCENT = 20 };

static const char out_of_percent[] = "'limit_percentage' and 'spike_limit_percentage' must be greater than zero and "
                                     "less than or equal to hundred";

static const tel__key limiter_keys[] = {
	{ .name = "check_interval", .type = TEL__KEY_DURATION,
	  .offset = offsetof(tel__memory_limiter_options, check_interval_ns), .def = "0s",
	  .help = "must be positive; the limits hold at every request, whatever it says" },
	{ .name = "limit_mib", .type = TEL__KEY_UINT32, .offset = offsetof(tel__memory_limiter_options, limit_mib),
	  .def = "0", .help = "hard limit; wins over limit_percentage" },
	{ .name = "spike_limit_mib", .type = TEL__KEY_UINT32,
	  .offset = offsetof(tel__memory_limiter_options, spike_limit_mib), .def = "0",
	  .help = "data is refused this much below the hard limit; 0 = 20 % of it" },
	{ .name = "limit_percentage", .type = TEL__KEY_UINT32,
	  .offset = offsetof(tel__memory_limiter_options, limit_percentage), .def = "0",
	  .help = "hard limit as a part of the memory of the container or machine" },
	{ .name = "spike_limit_percentage", .type = TEL__KEY_UINT32,
	  .offset = offsetof(tel__memory_limiter_options, spike_limit_percentage), .def = "0",
	  .help = "as spike_limit_mib, in percent; 0 = 20 % of the limit" },
	{ .name = "min_gc_interval_when_soft_limited", .type = TEL__KEY_DURATION,
	  .offset = offsetof(tel__memory_limiter_options, min_gc_interval_soft_ns), .def = "10s",
	  .help = "no effect: nothing is collected here" },
	{ .name = "min_gc_interval_when_hard_limited", .type = TEL__KEY_DURATION,
	  .offset = offsetof(tel__memory_limiter_options, min_gc_interval_hard_ns), .def = "0s",
	  .help = "no effect: nothing is collected here" },
};

static void check_limiter(const void *options, void (*report)(void *user, const char *path, const char *msg), void *user)
{
	const tel__memory_limiter_options *o = options;
	if (o->check_interval_ns <= 0)
		report(user, "|check_interval", "'check_interval' must be greater than zero");
	if (o->min_gc_interval_soft_ns < o->min_gc_interval_hard_ns)
		report(user, "|min_gc_interval_when_soft_limited", "'min_gc_interval_when_soft_limited' should be larger than "
		       "'min_gc_interval_when_hard_limited'");
	if (o->limit_mib == 0 && o->limit_percentage == 0)
		report(user, "", "'limit_mib' or 'limit_percentage' must be greater than zero");
	if (o->limit_percentage > 100 || o->spike_limit_percentage > 100)
		report(user, o->limit_percentage > 100 ? "|limit_percentage" : "|spike_limit_percentage", out_of_percent);
	if (o->limit_mib > 0 && o->spike_limit_mib >= o->limit_mib)
		report(user, "|spike_limit_mib", "'spike_limit_mib' must be smaller than 'limit_mib'");
	if (o->limit_percentage > 0 && o->spike_limit_percentage >= o->limit_percentage)
		report(user, "|spike_limit_percentage", "'spike_limit_percentage' must be smaller than 'limit_percentage'");
}

const tel__key_table tel__memory_limiter_keys = {
	.go_name = "memorylimiter.Config",
	.size = sizeof(tel__memory_limiter_options),
	.keys = limiter_keys,
	.key_count = TEL__KEY_COUNT(limiter_keys),
	.check = check_limiter,
};

static size_t percent_of(size_t total, uint32_t percent)
{
	return total / 100 * percent + total % 100 * percent / 100;
}

tel_err tel__memory_limiter_limits(const tel__memory_limiter_options *options, size_t total_bytes, size_t *ret_hard,
                                   size_t *ret_soft, tel_error *err)
{
	size_t hard, spike;
	if (options->limit_mib) {
		hard = (size_t)options->limit_mib << MIB_SHIFT;
		spike = (size_t)options->spike_limit_mib << MIB_SHIFT;
	} else if (total_bytes) {
		hard = percent_of(total_bytes, options->limit_percentage);
		spike = percent_of(total_bytes, options->spike_limit_percentage);
	} else {
		return tel__fail(err, TEL_ERR_CONFIG, "'limit_percentage' needs the total memory, which is not known");
	}
	if (spike == 0)
		spike = percent_of(hard, SPIKE_DEFAULT_PERCENT);
	*ret_hard = hard;
	*ret_soft = hard - spike;
	return TEL_OK;
}

typedef struct limiter {
	tel__processor processor;
	tel_alloc alloc;
	const tel_log_sink *log;
	tel__log_source source;
	tel__budget *budget;
	size_t soft_bytes, baseline_bytes;
	bool refusing; /* for the log alone */
} limiter;

static void log_start(const limiter *l, const tel__memory_limiter_options *o, size_t total, size_t hard, size_t soft)
{
	if (!o->limit_mib) {
		tel_log_field fields[] = {
			TEL__LOG_NUM("total_memory_mib", total >> MIB_SHIFT),
			TEL__LOG_NUM("limit_percentage", o->limit_percentage),
			TEL__LOG_NUM("spike_limit_percentage", o->spike_limit_percentage),
		};
		tel__log(l->log, TEL_LOG_INFO, &l->source, "Using percentage memory limiter", fields, 3);
	}
	tel_log_field fields[] = {
		TEL__LOG_NUM("limit_mib", hard >> MIB_SHIFT),
		TEL__LOG_NUM("spike_limit_mib", (hard - soft) >> MIB_SHIFT),
		TEL__LOG_NUM("check_interval", (double)o->check_interval_ns / 1e9),
	};
	tel__log(l->log, TEL_LOG_INFO, &l->source, "Memory limiter configured", fields, 3);
}

static tel_err limiter_make(const tel__processor_env *env, const void *options, tel__processor **ret_processor,
                            tel_error *err)
{
	size_t hard, soft;
	tel_err e = tel__memory_limiter_limits(options, env->total_memory_bytes, &hard, &soft, err);
	if (e)
		return e;
	limiter *l = tel__mem_zero(env->alloc, 1, sizeof(*l));
	if (!l)
		return tel__fail_nomem(err);
	l->alloc = *tel__alloc_or_default(env->alloc);
	l->log = env->log;
	l->source = (tel__log_source){ env->id, TEL_SLICE_LIT("processor"), env->pipeline };
	l->budget = tel__budget_ref(env->budget);
	l->soft_bytes = soft;
	l->baseline_bytes = env->baseline_bytes;
	log_start(l, options, env->total_memory_bytes, hard, soft);
	*ret_processor = &l->processor;
	return TEL_OK;
}

static void limiter_free(tel__processor *p)
{
	limiter *l = (limiter *)(void *)p;
	tel_alloc alloc = l->alloc;
	tel__budget_unref(l->budget);
	tel__mem_free(&alloc, l, 1, sizeof(*l));
}

static void log_change(limiter *l, bool refusing, size_t used)
{
	if (refusing == l->refusing)
		return;
	tel_log_field field = TEL__LOG_NUM("cur_mem_mib", used >> MIB_SHIFT);
	l->refusing = refusing;
	if (refusing)
		tel__log(l->log, TEL_LOG_WARN, &l->source, "Memory usage is above soft limit. Refusing data.", &field, 1);
	else
		tel__log(l->log, TEL_LOG_INFO, &l->source, "Memory usage back within limits. Resuming normal operation.",
		         &field, 1);
}

static tel_err limiter_run(tel__processor *p, tel_metrics *batch, tel__run *run, tel_error *err)
{
	limiter *l = (limiter *)(void *)p;
	tel__budget_stats stats;
	(void)batch;
	(void)run;
	if (!l->budget)
		return TEL_OK;
	tel__budget_get(l->budget, &stats);
	/* Half-sent messages do not count: they are given up for others when the room is needed (net/admission.h), and who
	 * only holds them must not be able to keep everybody else out. */
	size_t used = stats.reserved - (stats.held < stats.reserved ? stats.held : stats.reserved) + l->baseline_bytes;
	bool refusing = used >= l->soft_bytes;
	log_change(l, refusing, used);
	return refusing ? tel__fail(err, TEL_ERR_REFUSED, "data refused due to high memory usage") : TEL_OK;
}

static const tel__processor_ops limiter_ops = {
	.make = limiter_make,
	.free = limiter_free,
	.run = limiter_run,
	.shared = true, /* one limiter per entry is shared by all pipelines */
	.items_counters = true,
	.points_counters = true,
};

const tel__component tel__memory_limiter = {
	.type = "memory_limiter",
	.kind = TEL__KIND_PROCESSOR,
	.keys = &tel__memory_limiter_keys,
	.help = "refuses data while the memory budget is nearly used up",
	.impl = &limiter_ops,
};
