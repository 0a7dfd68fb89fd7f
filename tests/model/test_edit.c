/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <telemetry/builder.h>
#include <telemetry/otlp.h>

#include "base/mem.h"
#include "base/slice_i.h"
#include "model/edit.h"
#include "model/metrics_i.h"
#include "model/random_otlp.h"
#include "torture/torture.h"
#include "wire/pb.h"

enum { ROUNDS = 300 };

static tel_metrics *decode(tel_buf *payload)
{
	tel_metrics *m = NULL;

	assert_int_equal(tel_otlp_decode(payload, NULL, &m, NULL, NULL), TEL_OK);
	return m;
}

static tel_metrics *round_trip(const tel_metrics *m)
{
	tel_buf *buf = NULL;
	tel_metrics *back;

	assert_int_equal(tel_otlp_encode(m, &buf, NULL), TEL_OK);
	back = decode(buf);
	tel_buf_unref(buf);
	return back;
}

static void assert_equal(const tel_metrics *a, const tel_metrics *b)
{
	char difference[256] = "";

	if (!tel_metrics_equal(a, b, difference))
		fail_msg("they differ at %s", difference);
}

static const tel_value VALUE = { .type = TEL_VALUE_STRING, .u.bytes = { "set", 3 } };

/* Visits every node; each of the flags says what to do with it. */
enum { OPEN = 1, MARK = 2, SET = 4 };

static tel_err open_all(tel_metrics *m, unsigned what)
{
	tel__envelope_edit *envelope;
	tel__metric_edit *metric;
	tel__arena *arena;
	tel_err e = tel__metrics_arena(m, &arena);

	for (uint32_t r = 0; !e && r < m->count; r++) {
		e = tel__metrics_open_resource(m, r, &envelope);
		if (e)
			break;
		envelope->changed = what & MARK;
		if (what & SET)
			e = tel__kvs_set(arena, &m->alloc, &envelope->attributes, TEL_SLICE_LIT("key"), &VALUE);
		for (uint32_t s = 0; !e && s < m->resources[r].e.count; s++) {
			e = tel__metrics_open_scope(m, r, s, &envelope);
			if (e)
				break;
			envelope->changed = what & MARK;
			for (uint32_t k = 0; !e && k < m->resources[r].scopes[s].e.count; k++) {
				e = tel__metrics_open_metric(m, r, s, k, &metric);
				if (!e)
					e = tel__metric_open_points(m, metric);
				if (e)
					break;
				metric->changed = what & MARK;
				for (uint32_t i = 0; !e && i < metric->count; i++) {
					e = tel__point_open(m, metric, &metric->points[i]);
					metric->points[i].changed = what & MARK;
					if (!e && what & SET)
						e = tel__kvs_set(arena, &m->alloc, &metric->points[i].attributes, TEL_SLICE_LIT("key"), &VALUE);
				}
			}
		}
	}
	return e ? e : tel__metrics_close(m);
}

static void looking_at_everything_changes_nothing(void **state)
{
	random_otlp r = { .state = 11 };

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		tel_buf *payload = random_request(&r), *back = NULL;
		tel_metrics *m = decode(payload);

		assert_int_equal(open_all(m, OPEN), TEL_OK);
		assert_int_equal(tel_otlp_encode(m, &back, NULL), TEL_OK);
		assert_ptr_equal(back, payload);
		tel_metrics_free(m);
		tel_buf_unref(back);
		tel_buf_unref(payload);
	}
}

static void rewriting_everything_keeps_every_value(void **state)
{
	random_otlp r = { .state = 12 };

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		tel_buf *payload = random_request(&r);
		tel_metrics *m = decode(payload), *shared = NULL, *once, *twice;

		assert_int_equal(tel_metrics_share(m, &shared), TEL_OK);
		assert_int_equal(open_all(shared, MARK), TEL_OK);
		assert_int_equal(shared->points, m->points);
		assert_int_equal(shared->metrics, m->metrics);
		assert_equal(shared, m);
		/* rewriting is a fixed point, and what the batch says is what its bytes say */
		once = round_trip(shared);
		assert_equal(once, shared);
		assert_int_equal(open_all(once, MARK), TEL_OK);
		assert_equal(once, shared);
		twice = round_trip(once);
		assert_equal(twice, shared);
		tel_metrics_free(once);
		tel_metrics_free(twice);
		tel_metrics_free(shared);
		/* the other branch saw nothing */
		once = decode(payload);
		assert_equal(once, m);
		tel_metrics_free(once);
		tel_metrics_free(m);
		tel_buf_unref(payload);
	}
}

/* One resource with two attributes, one scope, a gauge "temperature" with three points. */
static tel_metrics *small(void)
{
	tel_builder *b = NULL;
	tel_metrics *m = NULL;
	tel_error err = TEL_ERROR_INIT;

	assert_int_equal(tel_builder_new(NULL, 0, &b), TEL_OK);
	tel_builder_resource(b, "https://example.com/schema");
	tel_builder_attr_str(b, "service.name", "shop");
	tel_builder_attr_int(b, "replicas", 3);
	tel_builder_scope(b, "meter", "1.0", NULL);
	tel_builder_gauge(b, "temperature", "Cel", "of the room");
	for (int i = 0; i < 3; i++) {
		tel_builder_point_double(b, 20.5 + i, NULL);
		tel_builder_attr_int(b, "room", i);
	}
	if (tel_builder_finish(b, &m, &err) != TEL_OK)
		fail_msg("%s", err.msg);
	tel_builder_free(b);
	return m;
}

static tel_value value_of(const tel__kvs *kvs, const char *key)
{
	uint32_t i = tel__kvs_find(kvs, tel__slice_str(key));
	tel_value v = { .type = TEL_VALUE_EMPTY };

	if (i != TEL__KV_NONE)
		tel__kv_get(&kvs->at[i], &v);
	return v;
}

static void resource_attributes_are_set_and_removed(void **state)
{
	tel_metrics *m = small(), *back;
	tel__envelope_edit *edit = NULL, *again = NULL;
	tel__arena *arena = NULL;

	(void)state;
	assert_int_equal(tel__metrics_arena(m, &arena), TEL_OK);
	assert_int_equal(tel__metrics_open_resource(m, 0, &edit), TEL_OK);
	assert_int_equal(value_of(&edit->attributes, "replicas").u.integer, 3);
	assert_int_equal(tel__kvs_set(arena, &m->alloc, &edit->attributes, TEL_SLICE_LIT("added"), &VALUE), TEL_OK);
	assert_int_equal(tel__kvs_set(arena, &m->alloc, &edit->attributes, TEL_SLICE_LIT("replicas"), &VALUE), TEL_OK);
	tel__kvs_remove(&edit->attributes, tel__kvs_find(&edit->attributes, TEL_SLICE_LIT("service.name")));
	assert_int_equal(tel__metrics_open_resource(m, 0, &again), TEL_OK);
	assert_ptr_equal(again, edit);
	assert_int_equal(tel__metrics_close(m), TEL_OK);

	back = round_trip(m);
	assert_equal(back, m);
	assert_int_equal(tel__metrics_open_resource(back, 0, &edit), TEL_OK);
	assert_int_equal(edit->attributes.count, 2);
	assert_int_equal(value_of(&edit->attributes, "service.name").type, TEL_VALUE_EMPTY);
	assert_true(tel__slice_is(value_of(&edit->attributes, "replicas").u.bytes, "set"));
	assert_true(tel__slice_is(value_of(&edit->attributes, "added").u.bytes, "set"));
	assert_true(tel__slice_is(edit->schema_url, "https://example.com/schema"));
	tel_metrics_free(back);
	tel_metrics_free(m);
}

static void a_renamed_metric_keeps_its_points_where_they_are(void **state)
{
	tel_metrics *m = small(), *back;
	tel__metric_edit *edit = NULL;
	const char *points = tel__metric_run(&m->resources[0].scopes[0].metrics[0]).ptr;

	(void)state;
	assert_int_equal(tel__metrics_open_metric(m, 0, 0, 0, &edit), TEL_OK);
	assert_true(tel__slice_is(edit->name, "temperature"));
	assert_true(tel__slice_is(edit->unit, "Cel"));
	edit->name = TEL_SLICE_LIT("room.temperature");
	edit->changed = true;
	assert_int_equal(tel__metrics_close(m), TEL_OK);
	assert_true(tel__slice_is(m->resources[0].scopes[0].metrics[0].name, "room.temperature"));
	assert_ptr_equal(tel__metric_run(&m->resources[0].scopes[0].metrics[0]).ptr, points);
	back = round_trip(m);
	assert_equal(back, m);
	assert_true(tel__slice_is(back->resources[0].scopes[0].metrics[0].name, "room.temperature"));
	assert_int_equal(back->points, 3);
	tel_metrics_free(back);
	tel_metrics_free(m);
}

static void points_change_one_by_one(void **state)
{
	tel_metrics *m = small(), *back;
	tel__metric_edit *edit = NULL;
	tel__point *fresh = NULL;

	(void)state;
	assert_int_equal(tel__metrics_open_metric(m, 0, 0, 0, &edit), TEL_OK);
	assert_int_equal(tel__metric_open_points(m, edit), TEL_OK);
	assert_int_equal(edit->count, 3);
	assert_int_equal(tel__point_open(m, edit, &edit->points[1]), TEL_OK);
	assert_true(edit->points[1].as_double == 21.5);
	edit->points[1].has = TEL_HAS_INT;
	edit->points[1].as_int = -7;
	edit->points[1].changed = true;
	edit->points[0].dropped = true;
	assert_int_equal(tel__metric_add_point(m, edit, &fresh), TEL_OK);
	fresh->has = TEL_HAS_DOUBLE;
	fresh->as_double = -0.0;
	assert_int_equal(tel__metrics_close(m), TEL_OK);
	assert_int_equal(m->points, 3);

	back = round_trip(m);
	assert_equal(back, m);
	assert_int_equal(tel__metrics_open_metric(back, 0, 0, 0, &edit), TEL_OK);
	assert_int_equal(tel__metric_open_points(back, edit), TEL_OK);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(tel__point_open(back, edit, &edit->points[i]), TEL_OK);
	assert_int_equal(edit->points[0].has, TEL_HAS_INT);
	assert_int_equal(edit->points[0].as_int, -7);
	assert_int_equal(value_of(&edit->points[0].attributes, "room").u.integer, 1);
	assert_true(edit->points[1].as_double == 22.5);
	assert_int_equal(edit->points[2].has, TEL_HAS_DOUBLE);
	assert_int_equal(edit->points[2].attributes.count, 0);
	tel_metrics_free(back);
	tel_metrics_free(m);
}

static void a_metric_whose_points_are_all_dropped_goes_with_its_envelopes(void **state)
{
	tel_metrics *m = small();
	tel__metric_edit *edit = NULL;

	(void)state;
	assert_int_equal(tel__metrics_open_metric(m, 0, 0, 0, &edit), TEL_OK);
	assert_int_equal(tel__metric_open_points(m, edit), TEL_OK);
	for (uint32_t i = 0; i < 3; i++)
		edit->points[i].dropped = true;
	assert_int_equal(tel__metrics_close(m), TEL_OK);
	assert_int_equal(m->count, 0);
	assert_int_equal(m->points, 0);
	tel_metrics_free(m);
}

static void a_metric_is_added_behind_the_others(void **state)
{
	tel_metrics *m = small(), *back;
	tel__metric_edit *edit = NULL;
	tel__point *point = NULL;
	uint32_t k = 0;

	(void)state;
	assert_int_equal(tel__metrics_add_metric(m, 0, 0, &edit, &k), TEL_OK);
	assert_int_equal(k, 1);
	edit->name = TEL_SLICE_LIT("sum");
	edit->type = TEL__METRIC_SUM;
	edit->temporality = TEL_CUMULATIVE;
	edit->monotonic = true;
	assert_int_equal(tel__metric_add_point(m, edit, &point), TEL_OK);
	point->has = TEL_HAS_INT;
	point->as_int = 5;
	assert_int_equal(tel__metrics_close(m), TEL_OK);
	assert_int_equal(m->metrics, 2);
	assert_int_equal(m->points, 4);
	back = round_trip(m);
	assert_equal(back, m);
	assert_int_equal(tel__metrics_open_metric(back, 0, 0, 1, &edit), TEL_OK);
	assert_true(edit->monotonic);
	assert_int_equal(edit->temporality, TEL_CUMULATIVE);
	tel_metrics_free(back);
	tel_metrics_free(m);
}

static void many_metrics_are_added_in_linear_memory(void **state)
{
	enum { ADDED = 3000 };
	tel_metrics *m = small(), *back;
	tel__metric_edit *edit = NULL;
	tel__point *point = NULL;

	(void)state;
	for (int i = 0; i < ADDED; i++) {
		assert_int_equal(tel__metrics_add_metric(m, 0, 0, &edit, NULL), TEL_OK);
		edit->name = TEL_SLICE_LIT("more");
		edit->type = TEL__METRIC_GAUGE;
		assert_int_equal(tel__metric_add_point(m, edit, &point), TEL_OK);
	}
	assert_int_equal(tel__metrics_close(m), TEL_OK);
	assert_int_equal(m->metrics, 1 + ADDED);
	/* point, edit, metric and what they are closed to, with room to grow */
	assert_true(tel__arena_bytes(m->arena) < ADDED * (size_t)2048);
	back = round_trip(m);
	assert_equal(back, m);
	tel_metrics_free(back);
	tel_metrics_free(m);
}

/* resource { scope { metric "b", its name behind its data; metric "a" } }: only "a" is changed, both are opened. */
static void what_was_only_read_is_written_as_it_came(void **state)
{
	static const char bytes[] = "\x0a\x15\x12\x13\x12\x0a*\x05\x0a\x00\xd8\x09\x01\x0a\x01" "b\x12\x05\x0a\x01" "a*\x00";
	static const char changed[] = "\x0a\x15\x12\x13\x12\x0a*\x05\x0a\x00\xd8\x09\x01\x0a\x01" "b\x12\x05\x0a\x01" "c*\x00";
	tel__metric_edit *edit = NULL;
	tel_buf *buf = NULL;
	tel_metrics *m;

	(void)state;
	assert_int_equal(tel_buf_copy(NULL, (tel_slice){ bytes, sizeof bytes - 1 }, &buf), TEL_OK);
	m = decode(buf);
	tel_buf_unref(buf);
	assert_int_equal(tel__metrics_open_metric(m, 0, 0, 0, &edit), TEL_OK);
	assert_int_equal(tel__metric_open_points(m, edit), TEL_OK);
	assert_int_equal(tel__metrics_open_metric(m, 0, 0, 1, &edit), TEL_OK);
	edit->name = TEL_SLICE_LIT("c");
	edit->changed = true;
	assert_int_equal(tel__metrics_close(m), TEL_OK);
	assert_int_equal(tel_otlp_encode(m, &buf, NULL), TEL_OK);
	assert_int_equal(tel_buf_get(buf).len, sizeof changed - 1);
	assert_memory_equal(tel_buf_get(buf).ptr, changed, sizeof changed - 1);
	tel_buf_unref(buf);
	/* one that loses its data has no points */
	assert_int_equal(tel__metrics_open_metric(m, 0, 0, 0, &edit), TEL_OK);
	edit->type = TEL__METRIC_EMPTY;
	edit->changed = true;
	assert_int_equal(tel__metrics_close(m), TEL_OK);
	assert_int_equal(m->metrics, 1);
	assert_int_equal(m->points, 0);
	/* and one that was looked at goes all the same when it is dropped */
	assert_int_equal(tel__metrics_open_metric(m, 0, 0, 0, &edit), TEL_OK);
	assert_int_equal(tel__metrics_drop_metric(m, 0, 0, 0), TEL_OK);
	assert_int_equal(tel__metrics_close(m), TEL_OK);
	assert_int_equal(m->metrics, 0);
	tel_metrics_free(m);
}

/* metric { gauge { fill, 20,000 times } } in a resource and a scope */
static tel_metrics *repeated(uint32_t field_of_point, tel_slice fill)
{
	tel__dynbuf b;
	tel_buf *buf = NULL;
	tel_metrics *m;
	size_t resource, scope, metric, gauge, point = 0;

	tel__dynbuf_init(&b, &tel__alloc_libc, 1 << 20);
	resource = tel__pb_add_open(&b, 1);
	scope = tel__pb_add_open(&b, 2);
	metric = tel__pb_add_open(&b, 2);
	gauge = tel__pb_add_open(&b, 5);
	if (field_of_point)
		point = tel__pb_add_open(&b, field_of_point);
	for (int i = 0; i < 20000; i++)
		tel__dynbuf_slice(&b, fill);
	if (field_of_point)
		tel__pb_add_close(&b, point);
	tel__pb_add_close(&b, gauge);
	tel__pb_add_close(&b, metric);
	tel__pb_add_close(&b, scope);
	tel__pb_add_close(&b, resource);
	assert_int_equal(tel__dynbuf_take(&b, &buf), TEL_OK);
	m = decode(buf);
	tel_buf_unref(buf);
	return m;
}

static void masses_of_empty_points_or_attributes_stay_closed(void **state)
{
	tel_metrics *points = repeated(0, TEL_SLICE_LIT("\x0a\x00")), *attributes = repeated(1, TEL_SLICE_LIT(":\x00"));
	tel__metric_edit *edit = NULL;

	(void)state;
	assert_int_equal(points->points, 20000);
	assert_int_equal(tel__metrics_open_metric(points, 0, 0, 0, &edit), TEL_OK);
	assert_int_equal(tel__metric_open_points(points, edit), TEL_ERR_LIMIT);
	assert_int_equal(tel__metrics_close(points), TEL_OK);
	assert_int_equal(tel__metrics_open_metric(attributes, 0, 0, 0, &edit), TEL_OK);
	assert_int_equal(tel__metric_open_points(attributes, edit), TEL_OK);
	assert_int_equal(tel__point_open(attributes, edit, &edit->points[0]), TEL_ERR_LIMIT);
	assert_int_equal(tel__metrics_close(attributes), TEL_OK);
	tel_metrics_free(points);
	tel_metrics_free(attributes);
}

static tel_err edit_scenario(const tel_alloc *alloc, void *user)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_metrics *m = NULL, *shared = NULL;
	tel_buf *out = NULL;
	tel_err e;

	opts.alloc = alloc;
	e = tel_otlp_decode(user, &opts, &m, NULL, NULL);
	if (!e)
		e = tel_metrics_share(m, &shared);
	if (!e)
		e = open_all(shared, MARK | SET);
	if (!e)
		e = tel_otlp_encode(shared, &out, NULL);
	tel_buf_unref(out);
	tel_metrics_free(m);
	tel_metrics_free(shared);
	return e;
}

static void edits_survive_every_failing_allocation(void **state)
{
	random_otlp r = { .state = 13 };

	(void)state;
	for (int i = 0; i < 5; i++) {
		tel_buf *payload = random_request(&r);

		torture_alloc(edit_scenario, payload);
		tel_buf_unref(payload);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(looking_at_everything_changes_nothing),
		cmocka_unit_test(rewriting_everything_keeps_every_value),
		cmocka_unit_test(resource_attributes_are_set_and_removed),
		cmocka_unit_test(a_renamed_metric_keeps_its_points_where_they_are),
		cmocka_unit_test(points_change_one_by_one),
		cmocka_unit_test(a_metric_whose_points_are_all_dropped_goes_with_its_envelopes),
		cmocka_unit_test(a_metric_is_added_behind_the_others),
		cmocka_unit_test(many_metrics_are_added_in_linear_memory),
		cmocka_unit_test(what_was_only_read_is_written_as_it_came),
		cmocka_unit_test(masses_of_empty_points_or_attributes_stay_closed),
		cmocka_unit_test(edits_survive_every_failing_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
