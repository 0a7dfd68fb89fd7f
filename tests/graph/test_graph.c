/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include <telemetry/builder.h>
#include <telemetry/graph.h>

#include "base/slice_i.h"
#include "graph/graph_i.h"
#include "graph/handmade.h"
#include "seams/cm.h"
#include "seams/failalloc.h"
#include "torture/torture.h"

static tel_err batch_make(const tel_alloc *alloc, unsigned resources, unsigned metrics, unsigned points,
                          tel_metrics **ret_batch)
{
	tel_builder *b = NULL;
	tel_err e = tel_builder_new(alloc, 0, &b);
	if (e)
		return e;
	for (unsigned r = 0; r < resources; r++) {
		tel_builder_resource(b, NULL);
		tel_builder_attr_int(b, "r", r);
		for (unsigned m = 0; m < metrics; m++) {
			tel_builder_gauge(b, "m", "1", NULL);
			for (unsigned p = 0; p < points; p++)
				tel_builder_point_int(b, p, NULL);
		}
	}
	e = tel_builder_finish(b, ret_batch, NULL);
	tel_builder_free(b);
	return e;
}

static tel_metrics *batch_of(unsigned resources, unsigned metrics, unsigned points)
{
	tel_metrics *batch = NULL;
	assert_ok(batch_make(NULL, resources, metrics, points, &batch));
	return batch;
}

typedef struct bench {
	handmade h;
	tel_graph *graph;
	tel_plan *plan;
} bench;

static void bench_init_env(bench *b, const char *text, const tel__graph_env *env)
{
	handmade_init(&b->h, text);
	b->graph = NULL;
	b->plan = NULL;
	assert_ok(tel__graph_new(&b->h.config, env, &b->graph, NULL));
	assert_ok(tel_plan_new(b->graph, &b->plan, NULL));
}

static void bench_init(bench *b, const char *text)
{
	bench_init_env(b, text, &(tel__graph_env){ 0 });
}

static void bench_fini(bench *b)
{
	tel_graph_free(b->graph);
	tel_plan_free(b->plan); /* after the graph: a plan keeps it */
	assert_int_equal(b->h.config.refs, 1);
}

static tel_err run(bench *b, tel_metrics *batch, tel_error *err)
{
	return tel_graph_run(b->graph, TEL_SLICE_LIT("otlp"), batch, NULL, 7, 8, b->plan, err);
}

static uint64_t points_to(const tel_plan *plan, const char *exporter)
{
	uint64_t points = 0;
	for (size_t i = 0; i < tel_plan_count(plan); i++) {
		const tel_plan_entry *entry = tel_plan_get(plan, i);
		tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;
		tel_metrics_count(entry->metrics, &counts);
		assert_int_equal(counts.points, entry->points);
		if (tel__slice_is(entry->exporter, exporter))
			points += entry->points;
	}
	return points;
}

static void batch_reaches_every_exporter(void **state)
{
	(void)state;
	bench b;
	bench_init(&b, "metrics: otlp > > x y; metrics/2: otlp > > y");
	assert_ok(run(&b, batch_of(2, 3, 4), NULL));
	assert_int_equal(tel_plan_count(b.plan), 3);
	assert_int_equal(tel_plan_outcome_get(b.plan), TEL_PLAN_OK);
	assert_int_equal(points_to(b.plan, "x"), 24);
	assert_int_equal(points_to(b.plan, "y"), 48);
	assert_null(tel_plan_get(b.plan, 3));
	bench_fini(&b);
}

static void branches_do_not_see_each_others_edits(void **state)
{
	(void)state;
	bench b;
	bench_init(&b, "a: otlp > test/keep_one > x; b: otlp > > y; c: otlp > test/drop_random > z; d: otlp > > y");
	tel_metrics *batch = batch_of(3, 3, 3), *before = NULL;
	assert_ok(tel_metrics_share(batch, &before));
	assert_ok(run(&b, batch, NULL));
	assert_int_equal(points_to(b.plan, "x"), 1);
	assert_int_equal(points_to(b.plan, "y"), 54);
	for (size_t i = 0; i < tel_plan_count(b.plan); i++)
		if (tel__slice_is(tel_plan_get(b.plan, i)->exporter, "y"))
			assert_true(tel_metrics_equal(tel_plan_get(b.plan, i)->metrics, before, NULL));
	tel_metrics_free(before);
	bench_fini(&b);
}

static void forward_chains_pipelines(void **state)
{
	(void)state;
	bench b;
	bench_init(&b, "in: otlp > test/double > forward x; one: forward > test/keep_one > y; two: forward > > y z");
	assert_ok(run(&b, batch_of(1, 1, 5), NULL));
	assert_int_equal(points_to(b.plan, "x"), 10);
	assert_int_equal(points_to(b.plan, "y"), 11);
	assert_int_equal(points_to(b.plan, "z"), 10);
	tel__graph_counts counts;
	tel__plan_pipeline_counts(b.plan, 0, &counts);
	assert_int_equal(counts.incoming, 5);
	assert_int_equal(counts.created, 5);
	assert_int_equal(counts.outgoing, 10);
	bench_fini(&b);
}

static void nothing_left_ends_a_branch(void **state)
{
	(void)state;
	bench b;
	bench_init(&b, "a: otlp > test/drop_all test/refuse > x; b: otlp > test/pass > y");
	assert_ok(run(&b, batch_of(1, 1, 5), NULL));
	assert_int_equal(tel_plan_count(b.plan), 1);
	assert_int_equal(points_to(b.plan, "y"), 5);
	bench_fini(&b);
	bench_init(&b, "a: otlp > test/drop_all > x");
	assert_ok(run(&b, batch_of(1, 1, 5), NULL));
	assert_int_equal(tel_plan_count(b.plan), 0);
	assert_int_equal(tel_plan_outcome_get(b.plan), TEL_PLAN_FILTERED);
	tel_plan_commit(b.plan);
	assert_int_equal(tel__graph_processor_get(b.graph, 0)->counts.removed, 5);
	bench_fini(&b);
}

static void permanent_failure_decides_before_a_retryable_one(void **state)
{
	(void)state;
	const struct {
		const char *config;
		tel_err code;
		tel_plan_outcome outcome;
		const char *msg;
	} rows[] = {
		{ "a: otlp > test/refuse > x; b: otlp > > y", TEL_ERR_REFUSED, TEL_PLAN_RETRY, "the test refuses" },
		{ "a: otlp > test/refuse > x; b: otlp > test/reject > y", TEL_ERR_REJECTED, TEL_PLAN_PERMANENT,
		  "the test rejects" },
		{ "a: otlp > test/reject > x; b: otlp > test/refuse > y", TEL_ERR_REJECTED, TEL_PLAN_PERMANENT,
		  "the test rejects" },
		{ "a: otlp > > y; b: otlp > test/fault > x", TEL_ERR_REJECTED, TEL_PLAN_PERMANENT, "TEL_ERR_TYPE" },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bench b;
		tel_error err = TEL_ERROR_INIT;
		bench_init(&b, rows[i].config);
		assert_err(run(&b, batch_of(1, 1, 5), &err), rows[i].code);
		assert_string_equal(err.msg, rows[i].msg);
		assert_int_equal(tel_plan_outcome_get(b.plan), rows[i].outcome);
		assert_int_equal(tel_plan_count(b.plan), 0);
		bench_fini(&b);
	}
}

static void refused_points_count_although_nothing_is_committed(void **state)
{
	(void)state;
	bench b;
	bench_init(&b, "a: otlp > test/pass_1 test/refuse > x; b: otlp > test/pass_2 > y");
	assert_err(run(&b, batch_of(1, 1, 5), NULL), TEL_ERR_REFUSED);
	tel_plan_commit(b.plan);
	for (size_t i = 0; i < tel__graph_processor_count(b.graph); i++) {
		const tel__graph_processor *p = tel__graph_processor_get(b.graph, i);
		assert_int_equal(p->counts.refused, tel__slice_is(p->id, "test/refuse") ? 5 : 0);
		assert_int_equal(p->counts.incoming, 0);
	}
	bench_fini(&b);
}

static void run_refuses_what_does_not_belong_together(void **state)
{
	(void)state;
	bench a, b;
	tel_error err = TEL_ERROR_INIT;
	bench_init(&a, "a: otlp > > x");
	bench_init(&b, "a: otlp > > x");
	assert_err(tel_graph_run(a.graph, TEL_SLICE_LIT("otlp"), batch_of(1, 1, 1), NULL, 1, 1, b.plan, NULL), TEL_ERR_ARG);
	assert_err(tel_graph_run(a.graph, TEL_SLICE_LIT("ot\nlp"), batch_of(1, 1, 1), NULL, 1, 1, a.plan, &err),
	           TEL_ERR_NOT_FOUND);
	assert_string_equal(err.msg, "no pipeline has the receiver \"ot\\x0alp\"");
	bench_fini(&a);
	bench_fini(&b);
}

static void last_batch_is_folded_into_send_groups(void **state)
{
	(void)state;
	bench b;
	bench_init(&b, "a: otlp > batch test/pass > x; b: otlp > test/pass batch/b > y x; c: otlp > > y; d: otlp > batch > z");
	assert_int_equal(tel_graph_exporter_count(b.graph), 3);
	assert_slice(tel_graph_exporter(b.graph, 0), "x");
	assert_slice(tel_graph_exporter(b.graph, 3), "");
	const tel__graph_exporter *x = tel__graph_exporter_get(b.graph, 0), *y = tel__graph_exporter_get(b.graph, 1);
	assert_int_equal(x->group_count, 2);
	assert_slice(x->groups[0].pipeline, "a");
	assert_null(x->groups[0].batch); /* another processor follows */
	assert_slice(x->groups[1].pipeline, "b");
	assert_slice(x->groups[1].batch_id, "batch/b");
	assert_ptr_equal(x->groups[1].batch, &b.h.batch);
	assert_int_equal(y->group_count, 2);
	assert_slice(y->groups[1].pipeline, "c");
	assert_null(y->groups[1].batch);
	assert_ok(run(&b, batch_of(1, 1, 5), NULL));
	for (size_t i = 0; i < tel_plan_count(b.plan); i++) {
		const tel_plan_entry *entry = tel_plan_get(b.plan, i);
		const tel__graph_exporter *e = tel__graph_exporter_get(b.graph, entry->exporter_index);
		assert_true(tel__slice_eq(e->id, entry->exporter));
		assert_true(tel__slice_eq(e->groups[entry->group].pipeline, entry->pipeline));
	}
	bench_fini(&b);
}

static void keep_log(void *user, const tel_log_entry *entry)
{
	char *log = user;
	size_t at = strlen(log);
	snprintf(log + at, 1024 - at, TEL_SLICE_FMT "/" TEL_SLICE_FMT ": " TEL_SLICE_FMT "\n",
	         TEL_SLICE_ARG(entry->pipeline_id), TEL_SLICE_ARG(entry->component_id), TEL_SLICE_ARG(entry->msg));
}

static void batch_that_is_not_folded_says_so(void **state)
{
	(void)state;
	bench b;
	char log[1024] = "";
	tel_log_sink sink = { keep_log, log, TEL_LOG_WARN };
	bench_init_env(&b, "a: otlp > batch test/pass > x; b: otlp > batch > y; c: otlp > batch > forward; d: forward > > y",
	               &(tel__graph_env){ .log = &sink });
	assert_string_equal(log, "a/batch: Not the last processor of its pipeline: batches pass through unchanged.\n"
	                         "c/batch: Batches for a connector pass through unchanged.\n");
	bench_fini(&b);
}

static void metadata_keys_of_a_batch_are_said_to_be_unused(void **state)
{
	(void)state;
	static const tel_slice keys[] = { TEL_SLICE_LIT("tenant") };
	handmade h;
	tel_graph *graph = NULL;
	char log[1024] = "";
	tel_log_sink sink = { keep_log, log, TEL_LOG_WARN };
	handmade_init(&h, "a: otlp > batch > y");
	h.batch.metadata_keys = (tel__key_strings){ keys, 1 };
	assert_ok(tel__graph_new(&h.config, &(tel__graph_env){ .log = &sink }, &graph, NULL));
	assert_string_equal(log, "a/batch: metadata_keys are not used: batches are not kept apart by them.\n");
	tel_graph_free(graph);
	assert_int_equal(h.config.refs, 1);
}

static void one_memory_limiter_serves_all_pipelines(void **state)
{
	(void)state;
	bench b;
	char log[1024] = "";
	tel_log_sink sink = { keep_log, log, TEL_LOG_INFO };
	tel__budget *budget = NULL;
	assert_ok(tel__budget_new(NULL, 0, &budget));
	bench_init_env(&b, "a: otlp > memory_limiter > x; b: otlp > memory_limiter > y",
	               &(tel__graph_env){ .log = &sink, .budget = budget });
	assert_string_equal(log, "/memory_limiter: Memory limiter configured\n");
	assert_ok(run(&b, batch_of(1, 1, 5), NULL));
	tel_plan_commit(b.plan);
	tel__budget_force(budget, 90 << 20);
	tel_error err = TEL_ERROR_INIT;
	assert_err(run(&b, batch_of(1, 1, 5), &err), TEL_ERR_REFUSED);
	assert_string_equal(err.msg, "data refused due to high memory usage");
	for (size_t i = 0; i < 2; i++) {
		const tel__graph_processor *p = tel__graph_processor_get(b.graph, i);
		assert_true(p->points_counters);
		assert_int_equal(p->counts.incoming, 5);
		assert_int_equal(p->counts.outgoing, 5);
		assert_int_equal(p->counts.refused, 5);
	}
	tel__budget_release(budget, 90 << 20);
	bench_fini(&b);
	tel__budget_unref(budget);
}

static void graph_is_refused(const char *text, tel_err code, const char *msg)
{
	handmade h;
	tel_graph *graph = NULL;
	tel_error err = TEL_ERROR_INIT;
	handmade_init(&h, text);
	assert_err(tel_graph_new(&h.config, NULL, &graph, &err), code);
	assert_null(graph);
	assert_string_equal(err.msg, msg);
	assert_int_equal(h.config.refs, 1);
}

static void graph_refuses_what_cannot_run(void **state)
{
	(void)state;
	graph_is_refused("a: otlp > none > x", TEL_ERR_CONFIG, "the configuration was loaded without components");
	graph_is_refused("a: otlp > > forward", TEL_ERR_CONFIG, "failed to build pipelines: connector \"forward\" used as exporter "
	                 "in [a] pipeline but not used in any supported receiver pipeline");
	graph_is_refused("a: otlp forward > > forward x", TEL_ERR_CONFIG, "failed to build pipelines: pipeline \"a\" is part of a "
	                 "cycle, or of a chain of more than 64 pipelines");
	graph_is_refused("a: otlp > > ", TEL_ERR_CONFIG, "pipeline \"a\" has no exporter");
	assert_err(tel_graph_new(NULL, NULL, NULL, NULL), TEL_ERR_ARG);
}

static void memory_percentage_needs_the_total(void **state)
{
	(void)state;
	handmade h;
	tel_graph *graph = NULL;
	tel_error err = TEL_ERROR_INIT;
	handmade_init(&h, "a: otlp > memory_limiter > x");
	h.limiter = (tel__memory_limiter_options){ .check_interval_ns = 1, .limit_percentage = 75 };
	assert_err(tel_graph_new(&h.config, NULL, &graph, &err), TEL_ERR_CONFIG);
	assert_string_equal(err.msg, "failed to build pipelines: failed to create \"memory_limiter\" processor, in pipeline \"a\": "
	                             "'limit_percentage' needs the total memory, which is not known");
	tel_graph_opts opts = TEL_GRAPH_OPTS_INIT;
	opts.total_memory_bytes = 1 << 30;
	assert_ok(tel_graph_new(&h.config, &opts, &graph, NULL));
	tel_graph_free(graph);
}

/* Properties over random graphs. */

static uint64_t rnd(uint64_t *state, uint64_t below)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (*state >> 33) % below;
}

enum { RANDOM_PIPELINES = 5 };

/* Pipelines 0..4; a connector leads only to later ones. */
static void random_config(uint64_t *seed, char *out, size_t cap)
{
	static const char *const names[] = { "pass", "keep_one", "drop_random", "double", "drop_random_b" };
	size_t at = 0;
#define ADD(...) at += (size_t)snprintf(out + at, cap - at, __VA_ARGS__)
	for (unsigned p = 0; p < RANDOM_PIPELINES; p++) {
		ADD("%sp%u: %s forward/%u >", p ? ";" : "", p, p == 0 || rnd(seed, 2) ? "otlp" : "", p);
		for (uint64_t i = rnd(seed, 4); i; i--)
			ADD(" test/%s%u_%u", names[rnd(seed, 5)], p, (unsigned)i);
		ADD(" %s > x%u", rnd(seed, 2) ? "batch" : "", (unsigned)rnd(seed, 3));
		for (unsigned q = p + 1; q < RANDOM_PIPELINES; q++)
			if (rnd(seed, 3) == 0)
				ADD(" forward/%u", q);
	}
#undef ADD
}

typedef struct totals {
	tel__graph_counts processors[HANDMADE_MAX], pipelines[RANDOM_PIPELINES];
} totals;

static void totals_of_graph(const tel_graph *graph, totals *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < tel__graph_processor_count(graph); i++)
		out->processors[i] = tel__graph_processor_get(graph, i)->counts;
	for (size_t i = 0; i < tel__graph_pipeline_count(graph); i++)
		out->pipelines[i] = tel__graph_pipeline_get(graph, i)->counts;
}

static void totals_of_plan(const tel_graph *graph, const tel_plan *plan, totals *out)
{
	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < tel__graph_processor_count(graph); i++)
		tel__plan_processor_counts(plan, i, &out->processors[i]);
	for (size_t i = 0; i < tel__graph_pipeline_count(graph); i++)
		tel__plan_pipeline_counts(plan, i, &out->pipelines[i]);
}

static void counts_are_sum(const tel__graph_counts *sum, const tel__graph_counts *a, const tel__graph_counts *b)
{
	assert_int_equal(sum->incoming, a->incoming + b->incoming);
	assert_int_equal(sum->outgoing, a->outgoing + b->outgoing);
	assert_int_equal(sum->created, a->created + b->created);
	assert_int_equal(sum->removed, a->removed + b->removed);
	assert_int_equal(sum->refused, a->refused + b->refused);
}

static bool list_has(const uint32_t *items, uint32_t count, uint32_t value)
{
	while (count--)
		if (items[count] == value)
			return true;
	return false;
}

/* What a pipeline must have received: the batch, and what the pipelines before it sent out. */
static uint64_t expected_incoming(const handmade *h, const totals *t, uint32_t p, uint64_t points)
{
	const tel__config_pipeline *pipeline = &h->pipelines[p];
	uint64_t sum = list_has(pipeline->receivers, pipeline->receiver_count, handmade_find(h, "otlp")) ? points : 0;
	for (uint32_t q = 0; q < h->config.pipeline_count; q++)
		for (uint32_t r = 0; r < pipeline->receiver_count; r++)
			if (list_has(h->pipelines[q].exporters, h->pipelines[q].exporter_count, pipeline->receivers[r]))
				sum += t->pipelines[q].outgoing;
	return sum;
}

static void check_identity(const bench *b, const totals *t, uint64_t points)
{
	for (uint32_t p = 0; p < b->h.config.pipeline_count; p++) {
		const tel__graph_counts *counts = &t->pipelines[p];
		const tel__graph_pipeline *pipeline = tel__graph_pipeline_get(b->graph, p);
		uint64_t created = 0, removed = 0, planned = 0;
		assert_int_equal(counts->incoming, expected_incoming(&b->h, t, p, points));
		for (uint32_t i = 0; i < pipeline->processor_count; i++) {
			const tel__graph_counts *c = &t->processors[pipeline->first_processor + i];
			assert_int_equal(c->incoming + c->created, c->outgoing + c->removed);
			created += c->created;
			removed += c->removed;
		}
		assert_int_equal(counts->created, created);
		assert_int_equal(counts->removed, removed);
		for (size_t i = 0; i < tel_plan_count(b->plan); i++)
			if (tel__slice_eq(tel_plan_get(b->plan, i)->pipeline, pipeline->id))
				planned += tel_plan_get(b->plan, i)->points;
		assert_int_equal(counts->incoming + created, planned + removed);
	}
}

static void received_and_created_is_planned_and_removed(void **state)
{
	(void)state;
	for (uint64_t round = 0; round < 300; round++) {
		uint64_t seed = round;
		char text[4096];
		random_config(&seed, text, sizeof(text));
		bench b;
		bench_init(&b, text);
		totals before, plan, after;
		totals_of_graph(b.graph, &before);
		for (unsigned i = 0; i < 4; i++) {
			unsigned r = (unsigned)rnd(&seed, 4), m = 1 + (unsigned)rnd(&seed, 4), p = 1 + (unsigned)rnd(&seed, 3);
			assert_ok(tel_graph_run(b.graph, TEL_SLICE_LIT("otlp"), batch_of(r, m, p), NULL, seed, 0, b.plan, NULL));
			totals_of_plan(b.graph, b.plan, &plan);
			check_identity(&b, &plan, (uint64_t)r * m * p);
			totals_of_graph(b.graph, &after);
			assert_memory_equal(&before, &after, sizeof(before));
			if (rnd(&seed, 2))
				continue; /* not committed: nothing has happened */
			tel_plan_commit(b.plan);
			tel_plan_commit(b.plan);
			totals_of_graph(b.graph, &after);
			for (size_t k = 0; k < HANDMADE_MAX; k++)
				counts_are_sum(&after.processors[k], &before.processors[k], &plan.processors[k]);
			for (size_t k = 0; k < RANDOM_PIPELINES; k++)
				counts_are_sum(&after.pipelines[k], &before.pipelines[k], &plan.pipelines[k]);
			before = after;
		}
		bench_fini(&b);
	}
}

static void plan_that_is_not_committed_leaves_no_trace(void **state)
{
	(void)state;
	for (uint64_t round = 0; round < 100; round++) {
		uint64_t seed = round * 77 + 1, committed = 0;
		char text[4096];
		failalloc f;
		failalloc_init(&f);
		random_config(&seed, text, sizeof(text));
		bench b;
		handmade_init(&b.h, text);
		for (size_t i = 0; i < HANDMADE_MAX; i++)
			b.h.test[i].committed = &committed;
		b.graph = NULL;
		b.plan = NULL;
		assert_ok(tel__graph_new(&b.h.config, &(tel__graph_env){ .alloc = &f.alloc }, &b.graph, NULL));
		assert_ok(tel_plan_new(b.graph, &b.plan, NULL));
		tel_metrics *batch = batch_of(2, 2, 2), *share = NULL;
		totals before, after;
		totals_of_graph(b.graph, &before);
		/* The first run fills what is kept for reuse. */
		assert_ok(tel_metrics_share(batch, &share));
		assert_ok(run(&b, share, NULL));
		tel_plan_reset(b.plan);
		size_t held = f.live_bytes;
		assert_ok(tel_metrics_share(batch, &share));
		assert_ok(run(&b, share, NULL));
		tel_plan_reset(b.plan);
		assert_int_equal(f.live_bytes, held);
		assert_int_equal(committed, 0);
		totals_of_graph(b.graph, &after);
		assert_memory_equal(&before, &after, sizeof(before));
		assert_int_equal(tel_plan_count(b.plan), 0);
		tel_metrics_free(batch);
		bench_fini(&b);
		assert_true(failalloc_is_clean(&f));
	}
}

static void staged_state_is_applied_once_at_commit(void **state)
{
	(void)state;
	bench b;
	uint64_t committed = 0;
	handmade_init(&b.h, "a: otlp > test/pass_1 test/double test/pass_2 > x");
	for (size_t i = 0; i < HANDMADE_MAX; i++)
		b.h.test[i].committed = &committed;
	assert_ok(tel__graph_new(&b.h.config, &(tel__graph_env){ 0 }, &b.graph, NULL));
	assert_ok(tel_plan_new(b.graph, &b.plan, NULL));
	assert_ok(run(&b, batch_of(1, 1, 3), NULL));
	assert_int_equal(committed, 0);
	tel_plan_commit(b.plan);
	tel_plan_commit(b.plan);
	assert_int_equal(committed, 3 + 3 + 6);
	bench_fini(&b);
}

static void reused_plan_needs_no_memory(void **state)
{
	(void)state;
	bench b;
	failalloc f;
	failalloc_init(&f);
	bench_init_env(&b, "a: otlp > memory_limiter test/pass batch > x", &(tel__graph_env){ .alloc = &f.alloc });
	assert_ok(run(&b, batch_of(1, 1, 3), NULL));
	uint64_t calls = f.calls;
	for (unsigned i = 0; i < 10; i++) {
		assert_ok(run(&b, batch_of(1, 1, 3), NULL));
		tel_plan_commit(b.plan);
	}
	assert_int_equal(f.calls, calls);
	bench_fini(&b);
}

static tel_err whole_life(const tel_alloc *alloc, void *user)
{
	static const char text[] = "in: otlp > memory_limiter test/double > forward x; one: forward > test/keep_one batch > y;"
	                           "two: forward > test/drop_random batch > y z";
	handmade h;
	tel_graph *graph = NULL;
	tel_plan *plan = NULL;
	tel_metrics *batch = NULL;
	uint64_t committed = 0;
	(void)user;
	handmade_init(&h, text);
	for (size_t i = 0; i < HANDMADE_MAX; i++)
		h.test[i].committed = &committed;
	tel_err e = tel__graph_new(&h.config, &(tel__graph_env){ .alloc = alloc }, &graph, NULL);
	if (!e)
		e = tel_plan_new(graph, &plan, NULL);
	if (!e)
		e = batch_make(alloc, 2, 2, 2, &batch);
	if (!e) {
		e = tel_graph_run(graph, TEL_SLICE_LIT("otlp"), batch, NULL, 1, 1, plan, NULL);
		if (e) {
			assert_int_equal(tel_plan_count(plan), 0);
			assert_int_equal(tel_plan_outcome_get(plan), TEL_PLAN_RETRY);
			tel_plan_commit(plan);
			assert_int_equal(committed, 0);
			assert_int_equal(tel__graph_pipeline_get(graph, 0)->counts.incoming, 0);
		} else {
			assert_int_equal(points_to(plan, "x"), 16);
			tel_plan_commit(plan);
			assert_int_equal(tel__graph_pipeline_get(graph, 0)->counts.incoming, 8);
		}
	}
	tel_plan_free(plan);
	tel_graph_free(graph);
	assert_int_equal(h.config.refs, 1);
	return e;
}

static void graph_survives_refused_allocations(void **state)
{
	(void)state;
	torture_alloc(whole_life, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(batch_reaches_every_exporter),
		cmocka_unit_test(branches_do_not_see_each_others_edits),
		cmocka_unit_test(forward_chains_pipelines),
		cmocka_unit_test(nothing_left_ends_a_branch),
		cmocka_unit_test(permanent_failure_decides_before_a_retryable_one),
		cmocka_unit_test(refused_points_count_although_nothing_is_committed),
		cmocka_unit_test(run_refuses_what_does_not_belong_together),
		cmocka_unit_test(last_batch_is_folded_into_send_groups),
		cmocka_unit_test(batch_that_is_not_folded_says_so),
		cmocka_unit_test(metadata_keys_of_a_batch_are_said_to_be_unused),
		cmocka_unit_test(one_memory_limiter_serves_all_pipelines),
		cmocka_unit_test(graph_refuses_what_cannot_run),
		cmocka_unit_test(memory_percentage_needs_the_total),
		cmocka_unit_test(received_and_created_is_planned_and_removed),
		cmocka_unit_test(plan_that_is_not_committed_leaves_no_trace),
		cmocka_unit_test(staged_state_is_applied_once_at_commit),
		cmocka_unit_test(reused_plan_needs_no_memory),
		cmocka_unit_test(graph_survives_refused_allocations),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
