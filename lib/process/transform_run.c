/* SPDX-License-Identifier: Apache-2.0 */
/* Processor transform at work: otel-processing.md 4.2. */
#include "base/error_i.h"
#include "base/mem.h"
#include "model/edit.h"
#include "model/metrics_i.h"
#include "process/ottl_units.h"
#include "process/transform.h"

typedef struct transform {
	tel__processor processor;
	tel_alloc alloc;
	tel__ottl_bench bench; /* one unit per entry */
} transform;

static tel_err add_entry(transform *t, const tel__processor_env *env, const tel__transform_options *o,
                         const tel__transform_entry *entry, tel_error *err)
{
	tel_ottl_opts opts = TEL_OTTL_OPTS_INIT;

	opts.place = TEL_OTTL_TRANSFORM;
	opts.context = entry->has_context ? tel__entry_context_ottl(entry->context) : TEL_OTTL_INFER;
	return tel__ottl_bench_add(&t->bench, env, &entry->statements, &entry->conditions, &opts,
	                           (tel__ottl_error_mode)(entry->has_error_mode ? entry->error_mode : o->error_mode), err);
}

static void transform_free(tel__processor *p)
{
	transform *t = (transform *)(void *)p;
	tel_alloc alloc = t->alloc;

	tel__ottl_bench_fini(&t->bench);
	tel__mem_free(&alloc, t, 1, sizeof *t);
}

static tel_err transform_make(const tel__processor_env *env, const void *options, tel__processor **ret_processor,
                              tel_error *err)
{
	const tel__transform_options *o = options;
	const tel__transform_entry *entries = o->metric_statements.items;
	transform *t = tel__mem_zero(env->alloc, 1, sizeof *t);
	tel_err rc;

	if (!t)
		return tel__fail_nomem(err);
	t->alloc = *tel__alloc_or_default(env->alloc);
	rc = tel__ottl_bench_init(&t->bench, env, "processor", err);
	for (size_t i = 0; rc == TEL_OK && i < o->metric_statements.count; i++)
		rc = add_entry(t, env, o, &entries[i], err);
	if (rc != TEL_OK) {
		transform_free(&t->processor);
		return rc;
	}
	*ret_processor = &t->processor;
	return TEL_OK;
}

/* All items pass entry 1 before any passes entry 2; what is opened stays open until the end. */
static tel_err transform_run(tel__processor *p, tel_metrics *batch, tel__run *run, tel_error *err)
{
	transform *t = (transform *)(void *)p;
	tel__ottl_counts counts = { 0, 0 };
	bool ok = true;

	tel__ottl_bench_begin(&t->bench, batch, run);
	for (uint32_t i = 0; ok && i < t->bench.count; i++)
		ok = tel__ottl_apply(t->bench.machine, t->bench.units[i].program, t->bench.units[i].memos, t->bench.units[i].mode,
		                     &t->bench.source, &counts);
	run->created += t->bench.machine->created;
	if (ok)
		return tel__metrics_close(batch) == TEL_OK ? TEL_OK : tel__fail_nomem(err);
	return tel__ottl_outcome(t->bench.machine, err);
}

const tel__processor_ops tel__transform_ops = {
	.make = transform_make,
	.free = transform_free,
	.run = transform_run,
	.mutates = true,
	.items_counters = true,
};
