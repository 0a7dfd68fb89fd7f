/* SPDX-License-Identifier: Apache-2.0 */
#include <telemetry/builder.h>
#include <telemetry/graph.h>
#include <telemetry/otlp.h>

#include "base/buf_i.h"
#include "base/slice_i.h"
#include "graph/graph_i.h"
#include "graph/handmade.h"
#include "model/encode.h"
#include "seams/cm.h"
#include "seams/failalloc.h"
#include "store/queue.h"

/* From a request through the graph into queues, as flow does it: plan, reserve, commit. */

/* An encoded request of one gauge with that many points; every point carries a text of 100 bytes. */
static tel_buf *body_of(unsigned points)
{
	static const char text[] = "0123456789012345678901234567890123456789012345678901234567890123456789"
	                           "012345678901234567890123456789";
	tel_builder *b = NULL;
	tel_metrics *batch = NULL;
	tel_buf *body = NULL;
	assert_ok(tel_builder_new(NULL, 0, &b));
	tel_builder_gauge(b, "m", "1", NULL);
	for (unsigned i = 0; i < points; i++) {
		tel_builder_point_int(b, i, NULL);
		tel_builder_attr_str(b, "text", text);
	}
	assert_ok(tel_builder_finish(b, &batch, NULL));
	assert_ok(tel_otlp_encode(batch, &body, NULL));
	tel_metrics_free(batch);
	tel_builder_free(b);
	return body;
}

/* What a receiver hands over: its own copy of the body, charged to the budget, decoded. */
static tel_metrics *receive(const tel_buf *body, const tel_alloc *alloc, tel__budget *budget)
{
	tel_buf *own = NULL;
	tel_metrics *batch = NULL;
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	opts.alloc = alloc;
	tel_slice bytes = tel_buf_get(body);
	assert_ok(tel__buf_new(alloc, bytes.len, budget, &own));
	memcpy(tel__buf_room(own), bytes.ptr, bytes.len);
	tel__buf_set_len(own, bytes.len);
	assert_ok(tel_otlp_decode(own, &opts, &batch, NULL, NULL));
	tel_buf_unref(own);
	return batch;
}

static void keep_err(void *user, tel_err err)
{
	*(tel_err *)user = err;
}

static tel_err reserve(tel__queue *q, const tel_plan_entry *entry, tel__queue_room *ret_room)
{
	tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;
	tel_metrics_count(entry->metrics, &counts);
	return q->ops->reserve(q, counts.live_bytes, entry->points, entry->group, ret_room);
}

static void commit(tel__queue *q, const tel_plan_entry *entry, tel__queue_room *room)
{
	tel__encoded e;
	tel_err rc = TEL_ERR_FATAL;
	assert_ok(tel__metrics_slices(entry->metrics, &e));
	tel__queue_record record = { .slices = e.slices, .slice_count = e.slice_count, .bufs = e.bufs,
	                             .buf_count = e.buf_count, .bytes = e.bytes, .pinned_bytes = e.pinned_bytes,
	                             .points = entry->points, .group = entry->group, .mono_ns = 1 };
	q->ops->commit(q, room, &record, keep_err, &rc);
	tel__encoded_fini(&e);
	assert_ok(rc);
}

typedef struct world {
	failalloc f;
	tel__budget *budget;
	handmade h;
	tel_graph *graph;
	tel_plan *plan;
	tel__queue *queues[2];
} world;

static void world_init(world *w, const char *text, uint64_t capacity)
{
	failalloc_init(&w->f);
	assert_ok(tel__budget_new(NULL, 0, &w->budget));
	handmade_init(&w->h, text);
	assert_ok(tel__graph_new(&w->h.config, &(tel__graph_env){ .alloc = &w->f.alloc, .budget = w->budget }, &w->graph, NULL));
	assert_ok(tel_plan_new(w->graph, &w->plan, NULL));
	for (size_t i = 0; i < 2; i++) {
		tel__queue_opts opts = { .alloc = &w->f.alloc, .budget = w->budget, .sizer = TEL__SIZER_ITEMS,
		                         .capacity = i ? capacity : 1000000, .groups = 4 };
		assert_ok(tel__queue_memory_new(&opts, &w->queues[i], NULL));
	}
}

static size_t world_reserved(const world *w)
{
	tel__budget_stats stats;
	tel__budget_get(w->budget, &stats);
	return stats.reserved;
}

static void world_fini(world *w)
{
	tel_plan_free(w->plan);
	tel_graph_free(w->graph);
	tel__queue_free(w->queues[0]);
	tel__queue_free(w->queues[1]);
	assert_int_equal(world_reserved(w), 0);
	tel__budget_unref(w->budget);
	assert_true(failalloc_is_clean(&w->f));
}

static tel_err run(world *w, const tel_buf *body)
{
	return tel_graph_run(w->graph, TEL_SLICE_LIT("otlp"), receive(body, &w->f.alloc, w->budget), NULL, 1, 1, w->plan, NULL);
}

static void plan_then_refused_reserve_leaves_no_trace(void **state)
{
	(void)state;
	world w;
	uint64_t staged = 0;
	tel_buf *body = body_of(20);
	world_init(&w, "a: otlp > test/pass > x; b: otlp > test/double > y", 39);
	/* One instance shows its staged state from here on. */
	w.h.test[handmade_find(&w.h, "test/pass")].committed = &staged;
	tel_plan_free(w.plan);
	tel_graph_free(w.graph);
	assert_ok(tel__graph_new(&w.h.config, &(tel__graph_env){ .alloc = &w.f.alloc }, &w.graph, NULL));
	assert_ok(tel_plan_new(w.graph, &w.plan, NULL));
	size_t held = 0, reserved = 0;
	for (unsigned i = 0; i < 5; i++) {
		tel__queue_room rooms[2] = { { 0 }, { 0 } };
		assert_ok(run(&w, body));
		assert_int_equal(tel_plan_count(w.plan), 2);
		assert_ok(reserve(w.queues[0], tel_plan_get(w.plan, 0), &rooms[0]));
		assert_err(reserve(w.queues[1], tel_plan_get(w.plan, 1), &rooms[1]), TEL_ERR_LIMIT);
		w.queues[0]->ops->unreserve(w.queues[0], &rooms[0]);
		tel_plan_reset(w.plan);
		/* The first round fills what is kept for reuse. */
		held = i ? held : w.f.live_bytes;
		reserved = i ? reserved : world_reserved(&w);
		assert_int_equal(w.f.live_bytes, held);
		assert_int_equal(world_reserved(&w), reserved);
	}
	tel__queue_stats stats;
	w.queues[0]->ops->stats(w.queues[0], &stats);
	assert_int_equal(stats.records, 0);
	assert_int_equal(stats.size, 0);
	assert_int_equal(staged, 0);
	assert_int_equal(tel__graph_pipeline_get(w.graph, 0)->counts.incoming, 0);
	assert_int_equal(tel__graph_processor_get(w.graph, 1)->counts.created, 0);
	tel_buf_unref(body);
	world_fini(&w);
}

static void a_point_does_not_pin_the_request_it_came_in(void **state)
{
	(void)state;
	world w;
	tel_buf *body = body_of(32000);
	assert_in_range(tel_buf_get(body).len, 3 << 20, 8 << 20);
	world_init(&w, "a: otlp > test/keep_one > x", 1);
	for (unsigned i = 0; i < 100; i++) {
		tel__queue_room room = { 0 };
		assert_ok(run(&w, body));
		assert_ok(reserve(w.queues[0], tel_plan_get(w.plan, 0), &room));
		tel_plan_commit(w.plan);
		commit(w.queues[0], tel_plan_get(w.plan, 0), &room);
	}
	tel_plan_reset(w.plan);
	assert_in_range(world_reserved(&w), 1, 256 * 1024);
	assert_in_range(w.f.live_bytes, 1, 256 * 1024);
	tel__queue_stats stats;
	w.queues[0]->ops->stats(w.queues[0], &stats);
	assert_int_equal(stats.points, 100);
	tel_buf_unref(body);
	world_fini(&w);
}

static void what_comes_out_of_the_queue_is_what_went_in(void **state)
{
	(void)state;
	world w;
	world_init(&w, "a: otlp > > x", 1);
	tel_buf *bodies[3] = { body_of(3), body_of(1000), body_of(7) };
	uint64_t points = 0;
	for (unsigned i = 0; i < 3; i++) {
		tel__queue_room room = { 0 };
		assert_ok(run(&w, bodies[i]));
		assert_ok(reserve(w.queues[0], tel_plan_get(w.plan, 0), &room));
		commit(w.queues[0], tel_plan_get(w.plan, 0), &room);
	}
	tel_plan_reset(w.plan);
	for (unsigned i = 0; i < 3; i++) {
		tel__queue_item item;
		size_t count, at = 0;
		assert_true(w.queues[0]->ops->next(w.queues[0], 0, NULL, &item));
		const tel_slice *slices = tel__queue_item_slices(&item, &count);
		for (size_t s = 0; s < count; s++) {
			assert_memory_equal(slices[s].ptr, tel_buf_get(bodies[i]).ptr + at, slices[s].len);
			at += slices[s].len;
		}
		assert_int_equal(at, tel_buf_get(bodies[i]).len);
		points += item.points;
		tel_buf_unref(bodies[i]);
	}
	assert_int_equal(points, 1010);
	world_fini(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plan_then_refused_reserve_leaves_no_trace),
		cmocka_unit_test(a_point_does_not_pin_the_request_it_came_in),
		cmocka_unit_test(what_comes_out_of_the_queue_is_what_went_in),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
