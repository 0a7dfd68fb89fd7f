/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include <telemetry/builder.h>
#include <telemetry/offline.h>

#include "base/slice_i.h"
#include "graph/handmade.h"
#include "seams/cm.h"
#include "torture/torture.h"

enum { MS = 1000000 };

/* What came out, as "exporter/pipeline:points " each. */
typedef struct heard {
	char text[512];
	int answer;
} heard;

static int hear(const tel_plan_entry *entry, void *user)
{
	heard *h = user;
	size_t at = strlen(h->text);
	snprintf(h->text + at, sizeof h->text - at, TEL_SLICE_FMT "/" TEL_SLICE_FMT ":%llu ", TEL_SLICE_ARG(entry->exporter),
	         TEL_SLICE_ARG(entry->pipeline), (unsigned long long)entry->points);
	return h->answer;
}

static tel_err batch_of(const tel_alloc *alloc, int points, tel_metrics **ret_metrics)
{
	tel_builder *b = NULL;
	tel_err e = tel_builder_new(alloc, 0, &b);
	if (e)
		return e;
	tel_builder_gauge(b, "m", "1", "");
	for (int i = 0; i < points; i++)
		tel_builder_point_int(b, i, NULL);
	e = tel_builder_finish(b, ret_metrics, NULL);
	tel_builder_free(b);
	return e;
}

static tel_metrics *points(int count)
{
	tel_metrics *m = NULL;
	assert_ok(batch_of(NULL, count, &m));
	return m;
}

static tel_offline *make(handmade *h, heard *out)
{
	tel_offline *o = NULL;
	assert_ok(tel_offline_new(&h->config, NULL, hear, out, &o, NULL));
	return o;
}

static tel_err run_at(tel_offline *o, const char *entry, int count, uint64_t ns)
{
	return tel_offline_run(o, tel__slice_str(entry), points(count), NULL, ns, NULL);
}

static void what_comes_out_names_exporter_and_pipeline(void **state)
{
	(void)state;
	handmade h;
	heard out = { { 0 }, 0 };
	handmade_init(&h, "metrics/a: in > > x y; metrics/b: in > test/keep_one > x");
	tel_offline *o = make(&h, &out);
	assert_ok(run_at(o, "in", 3, 1));
	assert_string_equal(out.text, "x/metrics/a:3 y/metrics/a:3 x/metrics/b:1 ");
	out.text[0] = 0;
	assert_ok(run_at(o, "metrics/b", 3, 1));
	assert_string_equal(out.text, "x/metrics/b:1 ");
	out.text[0] = 0;
	assert_ok(run_at(o, "", 3, 1));
	assert_string_equal(out.text, "x/metrics/a:3 y/metrics/a:3 ");
	assert_err(run_at(o, "nowhere", 3, 1), TEL_ERR_NOT_FOUND);
	tel_offline_free(o);
}

static void a_refusal_names_the_component(void **state)
{
	(void)state;
	handmade h;
	heard out = { { 0 }, 0 };
	handmade_init(&h, "metrics: in > test/refuse > x; metrics/b: in > test/reject > x");
	tel_offline *o = make(&h, &out);
	assert_err(run_at(o, "in", 3, 1), TEL_ERR_REJECTED);
	assert_slice(tel_offline_component(o), "test/reject");
	assert_err(run_at(o, "metrics", 3, 1), TEL_ERR_REFUSED);
	assert_slice(tel_offline_component(o), "test/refuse");
	assert_string_equal(out.text, "");
	tel_offline_free(o);
}

static void a_batch_holds_until_size_time_or_end(void **state)
{
	(void)state;
	handmade h;
	heard out = { { 0 }, 0 };
	handmade_init(&h, "m: in > batch > x");
	h.batch = (tel__batch_options){ .timeout_ns = 100 * MS, .send_batch_size = 4, .send_batch_max_size = 5 };
	tel_offline *o = make(&h, &out);
	assert_ok(run_at(o, "in", 3, 1));
	assert_string_equal(out.text, "");
	assert_ok(run_at(o, "in", 9, 2));
	assert_string_equal(out.text, "x/m:5 x/m:5 "); /* 2 are left */
	assert_ok(run_at(o, "in", 1, 2 + 99 * MS));
	assert_string_equal(out.text, "x/m:5 x/m:5 ");
	assert_ok(run_at(o, "in", 1, 2 + 100 * MS));
	assert_string_equal(out.text, "x/m:5 x/m:5 x/m:3 ");
	assert_ok(tel_offline_flush(o, NULL));
	assert_string_equal(out.text, "x/m:5 x/m:5 x/m:3 x/m:1 ");
	assert_ok(tel_offline_flush(o, NULL));
	assert_string_equal(out.text, "x/m:5 x/m:5 x/m:3 x/m:1 ");
	tel_offline_free(o);
}

static void a_batch_without_timer_sends_at_once(void **state)
{
	(void)state;
	handmade h;
	heard out = { { 0 }, 0 };
	handmade_init(&h, "m: in > batch > x");
	h.batch = (tel__batch_options){ .send_batch_size = 100, .send_batch_max_size = 100 };
	tel_offline *o = make(&h, &out);
	assert_ok(run_at(o, "in", 3, 1));
	assert_ok(run_at(o, "in", 101, 1));
	assert_string_equal(out.text, "x/m:3 x/m:100 x/m:1 ");
	tel_offline_free(o);
}

static void the_callback_may_stop_a_run(void **state)
{
	(void)state;
	handmade h;
	heard out = { { 0 }, 7 };
	tel_error err = TEL_ERROR_INIT;
	handmade_init(&h, "m: in > > x y");
	tel_offline *o = make(&h, &out);
	assert_err(tel_offline_run(o, TEL_SLICE_LIT("in"), points(1), NULL, 1, &err), TEL_ERR_CANCELLED);
	assert_int_equal(err.detail, 7);
	assert_string_equal(out.text, "x/m:1 ");
	tel_offline_free(o);
}

static tel_err batches_without_memory(const tel_alloc *alloc, void *user)
{
	handmade *h = user;
	heard out = { { 0 }, 0 };
	tel_graph_opts opts = TEL_GRAPH_OPTS_INIT;
	tel_offline *o = NULL;
	tel_metrics *m = NULL;
	opts.alloc = alloc;
	tel_err e = tel_offline_new(&h->config, &opts, hear, &out, &o, NULL);
	for (int i = 0; !e && i < 3; i++) {
		e = batch_of(alloc, 3, &m);
		if (!e)
			e = tel_offline_run(o, TEL_SLICE_LIT("in"), m, NULL, 1, NULL);
	}
	if (!e)
		e = tel_offline_flush(o, NULL);
	if (!e)
		assert_string_equal(out.text, "x/m:4 x/m:4 x/m:1 ");
	tel_offline_free(o);
	return e;
}

static void torture_of_batches(void **state)
{
	(void)state;
	handmade h;
	handmade_init(&h, "m: in > batch > x");
	h.batch = (tel__batch_options){ .timeout_ns = MS, .send_batch_size = 4, .send_batch_max_size = 4 };
	torture_alloc(batches_without_memory, &h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_comes_out_names_exporter_and_pipeline),
		cmocka_unit_test(a_refusal_names_the_component),
		cmocka_unit_test(a_batch_holds_until_size_time_or_end),
		cmocka_unit_test(a_batch_without_timer_sends_at_once),
		cmocka_unit_test(the_callback_may_stop_a_run),
		cmocka_unit_test(torture_of_batches),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
