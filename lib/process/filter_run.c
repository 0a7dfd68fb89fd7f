/* SPDX-License-Identifier: Apache-2.0 */
/* Processor filter at work: otel-processing.md 5.2. */
#include "base/error_i.h"
#include "base/mem.h"
#include "model/cut.h"
#include "model/edit.h"
#include "model/metrics_i.h"
#include "process/filter.h"
#include "process/filter_match.h"
#include "process/ottl_units.h"

/* The conditions of one entry, by context: numbers of units + 1; 0: none. */
typedef struct pass {
	uint32_t unit[TEL__OTTL_LEVELS];
} pass;

typedef struct filter {
	tel__processor processor;
	tel_alloc alloc;
	tel__ottl_bench bench;
	pass *passes;
	uint32_t count, cap;
	tel__filter_matcher *include, *exclude;
	/* of the run */
	tel_error *err;
	bool failed;             /* a condition did, under propagate: err says which */
	tel_err rc;              /* memory */
} filter;

static void filter_free(tel__processor *p)
{
	filter *f = (filter *)(void *)p;
	tel_alloc alloc = f->alloc;

	tel__ottl_bench_fini(&f->bench);
	tel__filter_matcher_free(f->include);
	tel__filter_matcher_free(f->exclude);
	if (f->passes)
		tel__mem_free(&alloc, f->passes, f->cap, sizeof *f->passes);
	tel__mem_free(&alloc, f, 1, sizeof *f);
}

/* Making. */

typedef struct maker {
	filter *f;
	const tel__processor_env *env;
	tel__ottl_error_mode mode;
	tel_error *err;
} maker;

static tel_err add_pass(maker *k)
{
	filter *f = k->f;

	if (f->count == f->cap) {
		uint32_t cap = f->cap ? 2 * f->cap : 2;
		pass *grown = tel__mem_resize(&f->alloc, f->passes, f->cap, cap, sizeof *grown);

		if (!grown)
			return tel__fail_nomem(k->err);
		f->passes = grown;
		f->cap = cap;
	}
	f->passes[f->count++] = (pass){ { 0 } };
	return TEL_OK;
}

/* Conditions of one context behind those of the pass. */
static tel_err add_list(maker *k, tel_ottl_context context, const tel__key_strings *conditions, bool prefix_optional)
{
	tel_ottl_opts opts = TEL_OTTL_OPTS_INIT;
	tel_err rc;

	if (!conditions->count)
		return TEL_OK;
	opts.place = TEL_OTTL_FILTER;
	opts.context = context;
	opts.prefix_optional = prefix_optional;
	rc = tel__ottl_bench_add(&k->f->bench, k->env, NULL, conditions, &opts, k->mode, k->err);
	if (rc == TEL_OK)
		k->f->passes[k->f->count - 1].unit[context] = k->f->bench.count;
	return rc;
}

/* Each condition has the context that it needs: they are sorted into lists. */
static tel_err sort_conditions(maker *k, const tel__key_strings *all, tel_slice *sorted, uint8_t *contexts)
{
	for (size_t i = 0; i < all->count; i++) {
		tel_ottl_opts opts = TEL_OTTL_OPTS_INIT;
		tel_ottl_context context;
		tel_err rc;

		opts.place = TEL_OTTL_FILTER;
		opts.alloc = &k->f->alloc;
		rc = tel_ottl_check_group(NULL, 0, &all->items[i], 1, &opts, &context, NULL, k->err);
		if (rc != TEL_OK)
			return rc;
		contexts[i] = (uint8_t)context;
	}
	for (unsigned c = TEL_OTTL_RESOURCE; c <= TEL_OTTL_DATAPOINT; c++) {
		tel__key_strings list = { sorted, 0 };
		tel_err rc;

		for (size_t i = 0; i < all->count; i++)
			if (contexts[i] == c)
				sorted[list.count++] = all->items[i];
		rc = add_list(k, (tel_ottl_context)c, &list, false);
		if (rc != TEL_OK)
			return rc;
	}
	return TEL_OK;
}

static tel_err add_entry(maker *k, const tel__filter_entry *entry)
{
	size_t n = entry->conditions.count + 1;
	tel_slice *sorted;
	uint8_t *contexts;
	tel_err rc = add_pass(k);

	if (rc != TEL_OK)
		return rc;
	if (entry->has_context)
		return add_list(k, tel__entry_context_ottl(entry->context), &entry->conditions, false);
	sorted = tel__mem_zero(&k->f->alloc, n, sizeof *sorted);
	contexts = tel__mem_zero(&k->f->alloc, n, sizeof *contexts);
	rc = sorted && contexts ? sort_conditions(k, &entry->conditions, sorted, contexts) : tel__fail_nomem(k->err);
	if (sorted)
		tel__mem_free(&k->f->alloc, sorted, n, sizeof *sorted);
	if (contexts)
		tel__mem_free(&k->f->alloc, contexts, n, sizeof *contexts);
	return rc;
}

static tel_err add_old_lists(maker *k, const tel__filter_metrics *m)
{
	tel_err rc;

	if (!m->resource.count && !m->metric.count && !m->datapoint.count)
		return TEL_OK;
	rc = add_pass(k);
	if (rc == TEL_OK)
		rc = add_list(k, TEL_OTTL_RESOURCE, &m->resource, true);
	if (rc == TEL_OK)
		rc = add_list(k, TEL_OTTL_METRIC, &m->metric, true);
	return rc == TEL_OK ? add_list(k, TEL_OTTL_DATAPOINT, &m->datapoint, true) : rc;
}

static tel_err fill(maker *k, const tel__filter_options *o)
{
	const tel__filter_entry *entries = o->metric_conditions.items;
	tel_err rc = tel__ottl_bench_init(&k->f->bench, k->env, "processor", k->err);

	for (size_t i = 0; rc == TEL_OK && i < o->metric_conditions.count; i++) {
		k->mode = (tel__ottl_error_mode)(entries[i].has_error_mode ? entries[i].error_mode : o->error_mode);
		rc = add_entry(k, &entries[i]);
	}
	k->mode = (tel__ottl_error_mode)o->error_mode;
	if (rc == TEL_OK)
		rc = add_old_lists(k, &o->metrics);
	if (rc == TEL_OK && o->metrics.include)
		rc = tel__filter_matcher_new(&k->f->alloc, o->metrics.include, &k->f->include, k->err);
	if (rc == TEL_OK && o->metrics.exclude)
		rc = tel__filter_matcher_new(&k->f->alloc, o->metrics.exclude, &k->f->exclude, k->err);
	return rc;
}

static tel_err filter_make(const tel__processor_env *env, const void *options, tel__processor **ret_processor, tel_error *err)
{
	filter *f = tel__mem_zero(env->alloc, 1, sizeof *f);
	maker k = { .f = f, .env = env, .err = err };
	tel_err rc;

	if (!f)
		return tel__fail_nomem(err);
	f->alloc = *tel__alloc_or_default(env->alloc);
	rc = fill(&k, options);
	if (rc != TEL_OK) {
		filter_free(&f->processor);
		return rc;
	}
	*ret_processor = &f->processor;
	return TEL_OK;
}

/* Deciding. */

/* A failed condition under propagate: what it was about stays, the rest goes on, and the batch is refused in the end. */
static bool refused(filter *f)
{
	if (f->bench.machine->rc != TEL_OK) {
		f->rc = f->bench.machine->rc;
	} else if (!f->failed) {
		f->failed = true;
		(void)tel__ottl_outcome(f->bench.machine, f->err);
	}
	return false;
}

/* Whether the list of a context wants the item gone. */
static bool drops(filter *f, const pass *p, tel_ottl_context context)
{
	const tel__ottl_unit *unit = p->unit[context] ? &f->bench.units[p->unit[context] - 1] : NULL;
	tel__ottl_answer answer;

	if (!unit || f->rc != TEL_OK)
		return false;
	tel__ottl_machine_reset(f->bench.machine);
	tel__ottl_bench_use(&f->bench, unit);
	answer = tel__ottl_run_conditions(f->bench.machine, unit->program, unit->mode, &f->bench.source);
	return answer == TEL__OTTL_FAILED ? refused(f) : answer == TEL__OTTL_YES;
}

static bool note(filter *f, tel_err rc)
{
	if (f->rc == TEL_OK)
		f->rc = rc;
	return f->rc == TEL_OK;
}

typedef struct points {
	filter *f;
	const pass *p;
} points;

static bool keep_point(void *user, tel_slice payload)
{
	points *k = user;

	tel__ottl_enter_point(&k->f->bench.item, payload);
	return !drops(k->f, k->p, TEL_OTTL_DATAPOINT);
}

/* Removes points; whether any is left. A metric without a type is kept. */
static bool filter_points(filter *f, const pass *p)
{
	const tel__ottl_unit *unit = &f->bench.units[p->unit[TEL_OTTL_DATAPOINT] - 1];
	tel__ottl_item *item = &f->bench.item;
	const tel__metric *metric = &item->batch->resources[item->r].scopes[item->s].metrics[item->k];
	points k = { f, p };
	tel__ottl_answer answer;

	if (metric->type == TEL__METRIC_EMPTY)
		return true;
	if (!metric->points)
		return false;
	tel__ottl_machine_reset(f->bench.machine);
	tel__ottl_bench_use(&f->bench, unit);
	answer = tel__ottl_foresee_conditions(f->bench.machine, unit->program, TEL_OTTL_METRIC);
	if (answer != TEL__OTTL_UNKNOWN)
		return answer == TEL__OTTL_NO;
	item->p = TEL__NO_NODE;
	if (!note(f, tel__metrics_keep_points(item->batch, item->r, item->s, item->k, keep_point, &k, NULL)))
		return true;
	return item->batch->resources[item->r].scopes[item->s].metrics[item->k].points > 0;
}

/* Whether the metric where the item stands stays. */
static bool stays(filter *f, const pass *p)
{
	if (drops(f, p, TEL_OTTL_METRIC))
		return false;
	return !p->unit[TEL_OTTL_DATAPOINT] || filter_points(f, p);
}

static void filter_scope(filter *f, const pass *p, uint32_t s, uint32_t *ret_kept)
{
	tel__ottl_item *item = &f->bench.item;
	tel_metrics *m = item->batch;
	uint32_t count = m->resources[item->r].scopes[s].e.count, kept = 0;

	tel__ottl_enter_scope(item, s);
	if (drops(f, p, TEL_OTTL_SCOPE)) {
		(void)note(f, tel__metrics_drop_scope(m, item->r, s));
		return;
	}
	if (!p->unit[TEL_OTTL_METRIC] && !p->unit[TEL_OTTL_DATAPOINT]) {
		kept = count;
	} else {
		for (uint32_t k = 0; k < count && f->rc == TEL_OK; k++) {
			tel__ottl_enter_metric(item, k);
			if (stays(f, p))
				kept++;
			else
				(void)note(f, tel__metrics_drop_metric(m, item->r, s, k));
		}
	}
	if (kept)
		++*ret_kept;
	else
		(void)note(f, tel__metrics_drop_scope(m, item->r, s));
}

static void filter_resource(filter *f, const pass *p, uint32_t r)
{
	tel__ottl_item *item = &f->bench.item;
	tel_metrics *m = item->batch;
	uint32_t count = m->resources[r].e.count, kept = 0;

	tel__ottl_enter_resource(item, r);
	if (drops(f, p, TEL_OTTL_RESOURCE)) {
		(void)note(f, tel__metrics_drop_resource(m, r));
		return;
	}
	if (!p->unit[TEL_OTTL_SCOPE] && !p->unit[TEL_OTTL_METRIC] && !p->unit[TEL_OTTL_DATAPOINT])
		kept = count;
	else
		for (uint32_t s = 0; s < count && f->rc == TEL_OK; s++)
			filter_scope(f, p, s, &kept);
	if (!kept)
		(void)note(f, tel__metrics_drop_resource(m, r));
}

/* include and exclude, 5.4 */

static bool matcher_wants(filter *f, tel__filter_matcher *m, bool attributes, tel_slice name, const tel__ottl_value *of, bool *ret)
{
	tel_error err = TEL_ERROR_INIT;
	tel_err rc = attributes ? tel__filter_matcher_resource(m, of, ret, &err) : tel__filter_matcher_name(m, name, ret, &err);

	if (rc == TEL_ERR_NOMEM)
		return note(f, rc);
	if (rc != TEL_OK && !f->failed) {
		f->failed = true;
		(void)tel__fail(f->err, TEL_ERR_REFUSED, "%s", err.msg);
	}
	return rc == TEL_OK;
}

static bool match_drops(filter *f, bool attributes, tel_slice name, const tel__ottl_value *of)
{
	bool (*has)(const tel__filter_matcher *) = attributes ? tel__filter_matcher_has_attributes : tel__filter_matcher_has_names;
	bool yes;

	if (has(f->include) && matcher_wants(f, f->include, attributes, name, of, &yes) && !yes)
		return true;
	return has(f->exclude) && matcher_wants(f, f->exclude, attributes, name, of, &yes) && yes;
}

static void match_scope(filter *f, uint32_t r, uint32_t s, uint32_t *ret_kept)
{
	tel_metrics *m = f->bench.item.batch;
	uint32_t kept = 0;

	for (uint32_t k = 0; k < m->resources[r].scopes[s].e.count; k++) {
		if (!match_drops(f, false, m->resources[r].scopes[s].metrics[k].name, NULL))
			kept++;
		else
			(void)note(f, tel__metrics_drop_metric(m, r, s, k));
	}
	if (kept)
		++*ret_kept;
	else
		(void)note(f, tel__metrics_drop_scope(m, r, s));
}

static void match_resource(filter *f, uint32_t r)
{
	tel_metrics *m = f->bench.item.batch;
	tel__ottl_value attributes;
	uint32_t kept = 0;

	tel__ottl_enter_resource(&f->bench.item, r);
	attributes = tel__ottl_map_of(tel__ottl_resource_view(&f->bench.item)->attributes);
	if (match_drops(f, true, (tel_slice){ NULL, 0 }, &attributes)) {
		(void)note(f, tel__metrics_drop_resource(m, r));
		return;
	}
	for (uint32_t s = 0; s < m->resources[r].e.count && f->rc == TEL_OK; s++)
		match_scope(f, r, s, &kept);
	if (!kept)
		(void)note(f, tel__metrics_drop_resource(m, r));
}

static tel_err filter_run(tel__processor *p, tel_metrics *batch, tel__run *run, tel_error *err)
{
	filter *f = (filter *)(void *)p;

	if (!f->count && !f->include && !f->exclude)
		return TEL_OK;
	f->err = err;
	f->failed = false;
	f->rc = TEL_OK;
	tel__ottl_bench_begin(&f->bench, batch, run);
	for (uint32_t i = 0; f->rc == TEL_OK && i < f->count; i++) {
		for (uint32_t r = 0; f->rc == TEL_OK && r < batch->count; r++)
			filter_resource(f, &f->passes[i], r);
		(void)note(f, tel__metrics_close(batch));
	}
	if (f->rc == TEL_OK && (f->include || f->exclude)) {
		for (uint32_t r = 0; f->rc == TEL_OK && r < batch->count; r++)
			match_resource(f, r);
		(void)note(f, tel__metrics_close(batch));
	}
	if (f->rc != TEL_OK)
		return f->rc == TEL_ERR_NOMEM ? tel__fail_nomem(err) : tel__fail(err, f->rc, "no room in the memory budget");
	return f->failed && batch->count ? TEL_ERR_REFUSED : TEL_OK;
}

const tel__processor_ops tel__filter_ops = {
	.make = filter_make,
	.free = filter_free,
	.run = filter_run,
	.mutates = true,
	.items_counters = true,
	.filtered_counter = true,
};
