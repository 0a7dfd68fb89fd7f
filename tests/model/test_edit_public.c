/* SPDX-License-Identifier: Apache-2.0 */
/* Editing as a program does it: a cursor names the place, only what is touched changes. */
#include "seams/cm.h"

#include <stdio.h>

#include <telemetry/builder.h>
#include <telemetry/edit.h>
#include <telemetry/format.h>
#include <telemetry/otlp.h>

#include "base/slice_i.h"
#include "model/random_otlp.h"
#include "torture/torture.h"

static tel_value text_value(const char *text)
{
	return (tel_value){ .type = TEL_VALUE_STRING, .u.bytes = tel__slice_str(text) };
}

/* Two resources; the first has two scopes, with gauges a (3 points) and b (1), and a histogram h. */
static tel_metrics *sample_in(const tel_alloc *alloc)
{
	static const double bounds[] = { 1, 2 };
	static const uint64_t counts[] = { 1, 2, 3 };
	tel_histogram h = TEL_HISTOGRAM_INIT;
	tel_builder *b = NULL;
	tel_metrics *m = NULL;

	h.count = 6;
	h.bound_count = 2;
	h.bounds = bounds;
	h.bucket_counts = counts;
	if (tel_builder_new(alloc, 0, &b))
		return NULL;
	tel_builder_times(b, 1, 2);
	tel_builder_resource(b, "schema");
	tel_builder_attr_str(b, "host", "one");
	tel_builder_attr_int(b, "n", 5);
	tel_builder_scope(b, "s1", "v1", NULL);
	tel_builder_gauge(b, "a", "1", "about a");
	for (int i = 0; i < 3; i++) {
		tel_builder_point_int(b, i, NULL);
		tel_builder_attr_int(b, "i", i);
	}
	tel_builder_gauge(b, "b", "", "");
	tel_builder_point_double(b, 0.5, NULL);
	tel_builder_scope(b, "s2", "", NULL);
	tel_builder_histogram(b, "h", "ms", "", TEL_DELTA);
	tel_builder_point_histogram(b, &h, NULL);
	tel_builder_resource(b, NULL);
	tel_builder_gauge(b, "c", "", "");
	tel_builder_point_int(b, 9, NULL);
	(void)tel_builder_finish(b, &m, NULL);
	tel_builder_free(b);
	return m;
}

static tel_metrics *sample(void)
{
	tel_metrics *m = sample_in(NULL);
	assert_non_null(m);
	return m;
}

/* The batch as compact text, by way of its bytes: "{host=one,n=5}s1:a(i=0,i=1,i=2)..." */
static void describe(const tel_metrics *batch, char *out, size_t cap)
{
	tel_resource_view resource;
	tel_scope_view scope;
	tel_metric_view metric;
	tel_point_view point;
	tel_pair pair;
	tel_cursor c;
	tel_metrics *m;
	tel_buf *bytes;
	size_t n = 0;

	out[0] = '\0';
	assert_ok(tel_otlp_encode(batch, &bytes, NULL));
	assert_ok(tel_otlp_decode(bytes, NULL, &m, NULL, NULL));
	assert_true(tel_metrics_equal(batch, m, NULL)); /* what the batch says is what its bytes say */
#define SAY(...) do { n += (size_t)snprintf(out + n, cap - n, __VA_ARGS__); assert_true(n < cap); } while (0)
#define ATTRS(run) while (tel_attr_next(&(run), &pair)) { \
		SAY(TEL_SLICE_FMT "=", TEL_SLICE_ARG(pair.key)); \
		if (pair.value.type == TEL_VALUE_INT) SAY("%d,", (int)pair.value.u.integer); \
		else SAY(TEL_SLICE_FMT ",", TEL_SLICE_ARG(pair.value.u.bytes)); }
	tel_cursor_init(&c, m);
	while (tel_cursor_next_resource(&c, &resource)) {
		SAY("{");
		ATTRS(resource.attributes)
		SAY("}");
		while (tel_cursor_next_scope(&c, &scope)) {
			SAY(TEL_SLICE_FMT "[", TEL_SLICE_ARG(scope.name));
			ATTRS(scope.attributes)
			SAY("]");
			while (tel_cursor_next_metric(&c, &metric)) {
				SAY(" " TEL_SLICE_FMT "/" TEL_SLICE_FMT "/" TEL_SLICE_FMT "(", TEL_SLICE_ARG(metric.name),
				    TEL_SLICE_ARG(metric.unit), TEL_SLICE_ARG(metric.description));
				while (tel_cursor_next_point(&c, &point)) {
					ATTRS(point.attributes)
					SAY(";");
				}
				SAY(")");
			}
		}
	}
	tel_metrics_free(m);
	tel_buf_unref(bytes);
}

static void assert_says(const tel_metrics *m, const char *text)
{
	char said[2048];
	describe(m, said, sizeof said);
	assert_string_equal(said, text);
}

#define WHOLE "{host=one,n=5,}s1[] a/1/about a(i=0,;i=1,;i=2,;) b//(;)s2[] h/ms/(;){}[] c//(;)"

/* Stands at a resource, scope, metric and point, each counted from 1; 0 = not so deep. */
static void go(tel_cursor *c, const tel_metrics *m, int resource, int scope, int metric, int point)
{
	tel_cursor_init(c, m);
	while (resource-- > 0)
		assert_true(tel_cursor_next_resource(c, NULL));
	while (scope-- > 0)
		assert_true(tel_cursor_next_scope(c, NULL));
	while (metric-- > 0)
		assert_true(tel_cursor_next_metric(c, NULL));
	while (point-- > 0)
		assert_true(tel_cursor_next_point(c, NULL));
}

static void attributes_are_set_replaced_and_removed_at_each_level(void **state)
{
	(void)state;
	tel_value two = text_value("two"), nine = { .type = TEL_VALUE_INT, .u.integer = 9 };
	tel_metrics *m = sample();
	tel_cursor c;

	assert_says(m, WHOLE);
	go(&c, m, 1, 1, 1, 2);
	assert_ok(tel_edit_resource_attr(m, &c, TEL_SLICE_LIT("host"), &two));
	assert_ok(tel_edit_resource_attr(m, &c, TEL_SLICE_LIT("new"), &nine));
	assert_ok(tel_edit_resource_attr(m, &c, TEL_SLICE_LIT("n"), NULL));
	assert_ok(tel_edit_resource_attr(m, &c, TEL_SLICE_LIT("never there"), NULL));
	assert_ok(tel_edit_scope_attr(m, &c, TEL_SLICE_LIT("env"), &two));
	assert_ok(tel_edit_point_attr(m, &c, TEL_SLICE_LIT("i"), &nine));
	assert_true(tel_cursor_next_point(&c, NULL)); /* reading goes on */
	assert_ok(tel_edit_point_attr(m, &c, TEL_SLICE_LIT("i"), NULL));
	assert_ok(tel_edit_point_attr(m, &c, TEL_SLICE_LIT("k"), &two));
	go(&c, m, 2, 1, 1, 1);
	assert_ok(tel_edit_resource_attr(m, &c, TEL_SLICE_LIT("first"), &two));
	assert_ok(tel_edit_finish(m));
	assert_says(m, "{host=two,new=9,}s1[env=two,] a/1/about a(i=0,;i=9,;k=two,;) b//(;)s2[] h/ms/(;){first=two,}[] c//(;)");
	tel_metrics_free(m);
}

static void every_attribute_of_a_key_is_removed(void **state)
{
	(void)state;
	tel_builder *b;
	tel_metrics *m;
	tel_cursor c;

	assert_ok(tel_builder_new(NULL, 0, &b));
	tel_builder_resource(b, NULL);
	tel_builder_attr_str(b, "k", "1");
	tel_builder_attr_str(b, "l", "2");
	tel_builder_attr_str(b, "k", "3");
	tel_builder_gauge(b, "g", "", "");
	tel_builder_point_int(b, 1, NULL);
	assert_ok(tel_builder_finish(b, &m, NULL));
	tel_builder_free(b);
	go(&c, m, 1, 0, 0, 0);
	assert_ok(tel_edit_resource_attr(m, &c, TEL_SLICE_LIT("k"), NULL));
	assert_ok(tel_edit_finish(m));
	assert_says(m, "{l=2,}[] g//(;)");
	tel_metrics_free(m);
}

static void metrics_are_renamed_and_described(void **state)
{
	(void)state;
	char name[] = "renamed";
	tel_metrics *m = sample();
	tel_cursor c;

	go(&c, m, 1, 1, 1, 0);
	assert_ok(tel_edit_metric_name(m, &c, tel__slice_str(name)));
	memset(name, 'x', sizeof name - 1); /* it was copied */
	assert_ok(tel_edit_metric_unit(m, &c, TEL_SLICE_LIT("By")));
	assert_ok(tel_edit_metric_description(m, &c, (tel_slice){ NULL, 0 }));
	go(&c, m, 1, 2, 1, 0);
	assert_ok(tel_edit_metric_description(m, &c, TEL_SLICE_LIT("latency")));
	assert_ok(tel_edit_finish(m));
	assert_says(m, "{host=one,n=5,}s1[] renamed/By/(i=0,;i=1,;i=2,;) b//(;)s2[] h/ms/latency(;){}[] c//(;)");
	tel_metrics_free(m);
}

static void what_is_dropped_goes_and_what_becomes_empty_too(void **state)
{
	(void)state;
	static const struct {
		tel_err (*drop)(tel_metrics *m, const tel_cursor *at);
		int place[4];
		const char *says;
	} rows[] = {
		{ tel_edit_drop_point, { 1, 1, 1, 2 }, "{host=one,n=5,}s1[] a/1/about a(i=0,;i=2,;) b//(;)s2[] h/ms/(;){}[] c//(;)" },
		{ tel_edit_drop_point, { 1, 1, 2, 1 }, "{host=one,n=5,}s1[] a/1/about a(i=0,;i=1,;i=2,;)s2[] h/ms/(;){}[] c//(;)" },
		{ tel_edit_drop_point, { 2, 1, 1, 1 }, "{host=one,n=5,}s1[] a/1/about a(i=0,;i=1,;i=2,;) b//(;)s2[] h/ms/(;)" },
		{ tel_edit_drop_metric, { 1, 1, 1, 0 }, "{host=one,n=5,}s1[] b//(;)s2[] h/ms/(;){}[] c//(;)" },
		{ tel_edit_drop_metric, { 1, 2, 1, 1 }, "{host=one,n=5,}s1[] a/1/about a(i=0,;i=1,;i=2,;) b//(;){}[] c//(;)" },
		{ tel_edit_drop_scope, { 1, 1, 0, 0 }, "{host=one,n=5,}s2[] h/ms/(;){}[] c//(;)" },
		{ tel_edit_drop_scope, { 2, 1, 1, 0 }, "{host=one,n=5,}s1[] a/1/about a(i=0,;i=1,;i=2,;) b//(;)s2[] h/ms/(;)" },
		{ tel_edit_drop_resource, { 1, 0, 0, 0 }, "{}[] c//(;)" },
	};
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		const int *p = rows[i].place;
		tel_metrics *m = sample();
		tel_cursor c;

		go(&c, m, p[0], p[1], p[2], p[3]);
		assert_ok(rows[i].drop(m, &c));
		assert_ok(rows[i].drop(m, &c));
		assert_ok(tel_edit_finish(m));
		assert_says(m, rows[i].says);
		tel_metrics_free(m);
	}
}

static void everything_may_be_dropped(void **state)
{
	(void)state;
	tel_metrics *m = sample();
	tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;
	tel_cursor c;

	tel_cursor_init(&c, m);
	while (tel_cursor_next_resource(&c, NULL))
		while (tel_cursor_next_scope(&c, NULL))
			while (tel_cursor_next_metric(&c, NULL))
				while (tel_cursor_next_point(&c, NULL))
					assert_ok(tel_edit_drop_point(m, &c));
	assert_ok(tel_edit_finish(m));
	assert_says(m, "");
	tel_metrics_count(m, &counts);
	assert_int_equal(counts.resources + counts.points, 0);
	tel_metrics_free(m);
}

static void a_shared_batch_is_edited_alone(void **state)
{
	(void)state;
	tel_metrics *m = sample(), *other;
	tel_value two = text_value("two");
	tel_cursor c;

	assert_ok(tel_metrics_share(m, &other));
	go(&c, other, 1, 1, 1, 1);
	assert_ok(tel_edit_resource_attr(other, &c, TEL_SLICE_LIT("host"), &two));
	assert_ok(tel_edit_metric_name(other, &c, TEL_SLICE_LIT("z")));
	assert_ok(tel_edit_drop_point(other, &c));
	assert_ok(tel_edit_finish(other));
	assert_says(m, WHOLE);
	assert_says(other, "{host=two,n=5,}s1[] z/1/about a(i=1,;i=2,;) b//(;)s2[] h/ms/(;){}[] c//(;)");
	tel_metrics_free(m);
	assert_says(other, "{host=two,n=5,}s1[] z/1/about a(i=1,;i=2,;) b//(;)s2[] h/ms/(;){}[] c//(;)");
	tel_metrics_free(other);
}

static void a_pass_that_is_open_is_not_encoded(void **state)
{
	(void)state;
	tel_metrics *m = sample(), *head;
	tel_error err = TEL_ERROR_INIT;
	tel_buf *buf = NULL;
	tel_cursor c;

	go(&c, m, 1, 1, 1, 0);
	assert_ok(tel_edit_metric_name(m, &c, TEL_SLICE_LIT("z")));
	assert_err(tel_otlp_encode(m, &buf, &err), TEL_ERR_STATE);
	assert_string_equal(err.msg, "tel_otlp_encode: an editing pass was not ended by tel_edit_finish");
	assert_null(buf);
	assert_ok(tel_metrics_split(m, 4, &head)); /* ends it */
	assert_says(head, "{host=one,n=5,}s1[] z/1/about a(i=0,;i=1,;i=2,;) b//(;)");
	tel_metrics_free(head);
	go(&c, m, 1, 0, 0, 0);
	assert_ok(tel_edit_drop_resource(m, &c));
	assert_err(tel_otlp_encode(m, &buf, NULL), TEL_ERR_STATE);
	tel_metrics_free(m); /* in the middle of it */
}

static void a_wrong_place_or_value_is_an_error_and_changes_nothing(void **state)
{
	(void)state;
	tel_metrics *m = sample(), *other = sample();
	tel_value two = text_value("two"), bad = text_value("\xff"), unknown = { .type = (tel_value_type)99 };
	tel_slice key = TEL_SLICE_LIT("k");
	tel_cursor c;

	tel_cursor_init(&c, m);
	assert_err(tel_edit_resource_attr(m, &c, key, &two), TEL_ERR_STATE); /* before the first */
	assert_err(tel_edit_drop_resource(m, &c), TEL_ERR_STATE);
	go(&c, m, 1, 0, 0, 0);
	assert_err(tel_edit_scope_attr(m, &c, key, &two), TEL_ERR_STATE);
	assert_err(tel_edit_drop_scope(m, &c), TEL_ERR_STATE);
	assert_err(tel_edit_resource_attr(other, &c, key, &two), TEL_ERR_ARG);
	assert_err(tel_edit_resource_attr(NULL, &c, key, &two), TEL_ERR_ARG);
	assert_err(tel_edit_resource_attr(m, NULL, key, &two), TEL_ERR_ARG);
	assert_err(tel_edit_resource_attr(m, &c, (tel_slice){ NULL, 3 }, &two), TEL_ERR_ARG);
	assert_err(tel_edit_resource_attr(m, &c, TEL_SLICE_LIT("\xff"), &two), TEL_ERR_ARG);
	assert_err(tel_edit_resource_attr(m, &c, key, &bad), TEL_ERR_ARG);
	assert_err(tel_edit_resource_attr(m, &c, key, &unknown), TEL_ERR_ARG);
	go(&c, m, 1, 1, 0, 0);
	assert_err(tel_edit_metric_name(m, &c, key), TEL_ERR_STATE);
	assert_err(tel_edit_drop_metric(m, &c), TEL_ERR_STATE);
	go(&c, m, 1, 1, 1, 0);
	assert_err(tel_edit_metric_name(m, &c, (tel_slice){ NULL, 0 }), TEL_ERR_ARG);
	assert_err(tel_edit_metric_name(m, &c, TEL_SLICE_LIT("\xff")), TEL_ERR_ARG);
	assert_err(tel_edit_metric_unit(m, &c, (tel_slice){ NULL, 1 }), TEL_ERR_ARG);
	assert_err(tel_edit_point_attr(m, &c, key, &two), TEL_ERR_STATE);
	assert_err(tel_edit_drop_point(m, &c), TEL_ERR_STATE);
	while (tel_cursor_next_point(&c, NULL))
		assert_err(tel_edit_point_attr(m, &c, key, &bad), TEL_ERR_ARG);
	assert_err(tel_edit_drop_point(m, &c), TEL_ERR_STATE); /* behind the last */
	while (tel_cursor_next_resource(&c, NULL))
		;
	assert_err(tel_edit_drop_resource(m, &c), TEL_ERR_STATE);
	assert_ok(tel_edit_finish(m));
	assert_err(tel_edit_finish(NULL), TEL_ERR_ARG);
	assert_says(m, WHOLE);
	tel_metrics_free(m);
	tel_metrics_free(other);
}

/* Whatever a request looks like: set an attribute everywhere, take it away again, and nothing is left of it. */
static void setting_and_removing_everywhere_leaves_the_values(void **state)
{
	random_otlp r = { .state = 5 };
	tel_value value = text_value("v");

	(void)state;
	for (int i = 0; i < 200; i++) {
		tel_buf *payload = random_request(&r);
		tel_metrics *m, *shared;
		char difference[256] = "";
		tel_slice key = TEL_SLICE_LIT("a key that nobody has");

		assert_ok(tel_otlp_decode(payload, NULL, &m, NULL, NULL));
		assert_ok(tel_metrics_share(m, &shared));
		tel_cursor c;
		tel_cursor_init(&c, shared);
		while (tel_cursor_next_resource(&c, NULL)) {
			assert_ok(tel_edit_resource_attr(shared, &c, key, &value));
			assert_ok(tel_edit_resource_attr(shared, &c, key, NULL));
			while (tel_cursor_next_scope(&c, NULL)) {
				assert_ok(tel_edit_scope_attr(shared, &c, key, &value));
				assert_ok(tel_edit_scope_attr(shared, &c, key, NULL));
				while (tel_cursor_next_metric(&c, NULL))
					while (tel_cursor_next_point(&c, NULL)) {
						assert_ok(tel_edit_point_attr(shared, &c, key, &value));
						assert_ok(tel_edit_point_attr(shared, &c, key, NULL));
					}
			}
		}
		assert_ok(tel_edit_finish(shared));
		if (!tel_metrics_equal(m, shared, difference))
			fail_msg("they differ at %s", difference);
		tel_metrics_free(shared);
		tel_metrics_free(m);
		tel_buf_unref(payload);
	}
}

static tel_metrics *edited; /* what comes out of it */

static tel_err edit_life(const tel_alloc *alloc, void *user)
{
	tel_value two = text_value("two");
	tel_slice key = TEL_SLICE_LIT("k");
	tel_metrics *m = sample_in(alloc), *shared = NULL;
	tel_cursor c;
	tel_err e;

	if (!m)
		return TEL_ERR_NOMEM;
	e = tel_metrics_share(m, &shared);
	if (!e) {
		go(&c, shared, 1, 1, 1, 2);
		e = tel_edit_resource_attr(shared, &c, key, &two);
		e = e ? e : tel_edit_scope_attr(shared, &c, key, &two);
		e = e ? e : tel_edit_metric_name(shared, &c, key);
		e = e ? e : tel_edit_point_attr(shared, &c, key, &two);
		go(&c, shared, 1, 1, 1, 3);
		e = e ? e : tel_edit_drop_point(shared, &c);
		go(&c, shared, 2, 1, 1, 0);
		e = e ? e : tel_edit_drop_metric(shared, &c);
		e = e ? e : tel_edit_finish(shared);
	}
	assert_true(tel_metrics_equal(m, *(tel_metrics *const *)user, NULL)); /* the other handle saw nothing */
	if (!e && edited)
		assert_true(tel_metrics_equal(shared, edited, NULL));
	else if (!e)
		assert_ok(tel_metrics_share(shared, &edited));
	tel_metrics_free(shared);
	tel_metrics_free(m);
	return e;
}

static void every_allocation_may_fail(void **state)
{
	tel_metrics *whole = sample();

	(void)state;
	assert_ok(edit_life(NULL, &whole));
	assert_says(edited, "{host=one,n=5,k=two,}s1[k=two,] k/1/about a(i=0,;i=1,k=two,;) b//(;)s2[] h/ms/(;)");
	torture_alloc(edit_life, &whole);
	tel_metrics_free(edited);
	tel_metrics_free(whole);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(attributes_are_set_replaced_and_removed_at_each_level),
		cmocka_unit_test(every_attribute_of_a_key_is_removed),
		cmocka_unit_test(metrics_are_renamed_and_described),
		cmocka_unit_test(what_is_dropped_goes_and_what_becomes_empty_too),
		cmocka_unit_test(everything_may_be_dropped),
		cmocka_unit_test(a_shared_batch_is_edited_alone),
		cmocka_unit_test(a_pass_that_is_open_is_not_encoded),
		cmocka_unit_test(a_wrong_place_or_value_is_an_error_and_changes_nothing),
		cmocka_unit_test(setting_and_removing_everywhere_leaves_the_values),
		cmocka_unit_test(every_allocation_may_fail),
	};
	return cmocka_run_group_tests_name("model/edit_public", tests, NULL, NULL);
}
