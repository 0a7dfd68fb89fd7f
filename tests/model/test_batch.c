/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <telemetry/otlp.h>

#include "base/mem.h"
#include "base/slice_i.h"
#include "model/cut.h"
#include "model/edit.h"
#include "model/encode.h"
#include "model/metrics_i.h"
#include "model/random_otlp.h"
#include "torture/torture.h"

enum { ROUNDS = 300 };

static tel_metrics *decode(tel_buf *payload)
{
	tel_metrics *m = NULL;
	tel_error err = TEL_ERROR_INIT;

	if (tel_otlp_decode(payload, NULL, &m, NULL, &err) != TEL_OK)
		fail_msg("%s at %llu", err.msg, (unsigned long long)err.offset);
	return m;
}

static tel_buf *encode(const tel_metrics *m)
{
	tel_buf *buf = NULL;

	assert_int_equal(tel_otlp_encode(m, &buf, NULL), TEL_OK);
	return buf;
}

static tel_metrics *round_trip(const tel_metrics *m)
{
	tel_buf *buf = encode(m);
	tel_metrics *back = decode(buf);

	tel_buf_unref(buf);
	return back;
}

static void assert_same_counts(const tel_metrics *m)
{
	uint64_t scopes = 0, metrics = 0, points = 0;

	for (uint32_t i = 0; i < m->count; i++) {
		uint64_t of_resource = 0, metrics_of = 0;

		for (uint32_t j = 0; j < m->resources[i].e.count; j++) {
			const tel__scope *s = &m->resources[i].scopes[j];
			uint64_t of_scope = 0;

			for (uint32_t k = 0; k < s->e.count; k++)
				of_scope += s->metrics[k].points;
			assert_int_equal(s->e.points, of_scope);
			of_resource += of_scope;
			metrics_of += s->e.count;
		}
		assert_int_equal(m->resources[i].e.points, of_resource);
		assert_int_equal(m->resources[i].metrics, metrics_of);
		scopes += m->resources[i].e.count;
		metrics += metrics_of;
		points += of_resource;
	}
	assert_int_equal(m->scopes, scopes);
	assert_int_equal(m->metrics, metrics);
	assert_int_equal(m->points, points);
}

/* Everything that a batch says about itself agrees with what its bytes decode to. */
static void assert_consistent(const tel_metrics *m)
{
	tel_metrics *back = round_trip(m);
	tel_metrics_counts a = TEL_METRICS_COUNTS_INIT, b = TEL_METRICS_COUNTS_INIT;
	tel__encoded list;
	tel_buf *run = encode(m);
	tel_slice bytes = tel_buf_get(run);
	size_t at = 0;

	assert_same_counts(m);
	tel_metrics_count(m, &a);
	tel_metrics_count(back, &b);
	assert_int_equal(a.resources, b.resources);
	assert_int_equal(a.scopes, b.scopes);
	assert_int_equal(a.metrics, b.metrics);
	assert_int_equal(a.points, b.points);
	assert_int_equal(a.live_bytes, bytes.len);
	assert_int_equal(tel__metrics_slices(m, &list), TEL_OK);
	assert_int_equal(list.bytes, bytes.len);
	for (size_t i = 0; i < list.slice_count; i++) {
		assert_memory_equal(list.slices[i].ptr, bytes.ptr + at, list.slices[i].len);
		at += list.slices[i].len;
	}
	assert_int_equal(at, bytes.len);
	assert_true(tel_metrics_equal(m, back, NULL));
	tel__encoded_fini(&list);
	tel_buf_unref(run);
	tel_metrics_free(back);
}

static void assert_same_text(tel__dynbuf *a, tel__dynbuf *b)
{
	assert_int_equal(a->len, b->len);
	if (a->len)
		assert_memory_equal(a->ptr, b->ptr, a->len);
}

static void assert_same_points(const tel_metrics *a, const tel_metrics *b)
{
	tel__dynbuf flat_a, flat_b;

	flatten_points(a, &flat_a);
	flatten_points(b, &flat_b);
	assert_same_text(&flat_a, &flat_b);
	tel__dynbuf_fini(&flat_a);
	tel__dynbuf_fini(&flat_b);
}

static void unedited_batches_encode_to_their_input(void **state)
{
	random_otlp r = { .state = 1 };

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		tel_buf *payload = random_request(&r), *back;
		tel_metrics *m = decode(payload);

		back = encode(m);
		assert_ptr_equal(back, payload);
		assert_consistent(m);
		tel_metrics_free(m);
		tel_buf_unref(back);
		tel_buf_unref(payload);
	}
}

static void split_keeps_every_point_in_order(void **state)
{
	random_otlp r = { .state = 2 };

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		tel_buf *payload = random_request(&r);
		tel_metrics *m = decode(payload), *whole = decode(payload), *frozen = NULL;
		tel__dynbuf all, flat;
		uint64_t points = whole->points;

		if (i % 2)
			assert_int_equal(tel_metrics_share(m, &frozen), TEL_OK);
		tel__dynbuf_init(&all, &whole->alloc, 1 << 28);
		for (;;) {
			uint64_t max = 1 + random_below(&r, i % 3 ? 5 : 50), before = m->points;
			tel_metrics *head = NULL;

			assert_int_equal(tel_metrics_split(m, max, &head), TEL_OK);
			assert_int_equal(head->points, before < max ? before : max);
			assert_int_equal(m->points, before - head->points);
			assert_consistent(head);
			assert_consistent(m);
			flatten_points(head, &flat);
			tel__dynbuf_slice(&all, tel__dynbuf_get(&flat));
			tel__dynbuf_fini(&flat);
			points -= head->points;
			tel_metrics_free(head);
			if (before <= max)
				break;
		}
		assert_int_equal(points, 0);
		flatten_points(whole, &flat);
		assert_same_text(&all, &flat);
		if (frozen)
			assert_same_points(frozen, whole);
		tel__dynbuf_fini(&all);
		tel__dynbuf_fini(&flat);
		tel_metrics_free(frozen);
		tel_metrics_free(m);
		tel_metrics_free(whole);
		tel_buf_unref(payload);
	}
}

static void merge_appends(void **state)
{
	random_otlp r = { .state = 3 };

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		tel_metrics *into = NULL;
		tel__dynbuf all, flat;

		assert_int_equal(tel__metrics_new(NULL, &into), TEL_OK);
		tel__dynbuf_init(&all, &into->alloc, 1 << 28);
		for (uint32_t n = 1 + random_below(&r, 6); n; n--) {
			tel_buf *payload = random_request(&r);
			tel_metrics *m = decode(payload), *head = NULL;

			if (random_below(&r, 2)) { /* a part of it */
				assert_int_equal(tel_metrics_split(m, 1 + random_below(&r, 20), &head), TEL_OK);
				tel_metrics_free(m);
				m = head;
			}
			flatten_points(m, &flat);
			tel__dynbuf_slice(&all, tel__dynbuf_get(&flat));
			tel__dynbuf_fini(&flat);
			assert_int_equal(tel_metrics_merge(into, m), TEL_OK);
			assert_int_equal(m->points, 0);
			assert_int_equal(m->count, 0);
			tel_metrics_free(m);
			tel_buf_unref(payload);
		}
		flatten_points(into, &flat);
		assert_same_text(&all, &flat);
		assert_consistent(into);
		if (i % 2) {
			assert_int_equal(tel_metrics_compact(into), TEL_OK);
			tel__dynbuf_fini(&flat);
			flatten_points(into, &flat);
			assert_same_text(&all, &flat);
			assert_consistent(into);
			assert_int_equal(into->pin_count, 1);
		}
		tel__dynbuf_fini(&all);
		tel__dynbuf_fini(&flat);
		tel_metrics_free(into);
	}
}

static bool keep_some(void *user, tel_slice point)
{
	(void)point;
	return random_below(user, 3) != 0;
}

/* A sequence of edits that depends on the seed and the content only. */
static void edit_somehow(tel_metrics *m, uint64_t seed)
{
	random_otlp r = { .state = seed };

	for (uint32_t i = 0; i < m->count; i++) {
		const tel__resource *res = &m->resources[i];

		if (random_below(&r, 6) == 0) {
			assert_int_equal(tel__metrics_drop_resource(m, i), TEL_OK);
			continue;
		}
		for (uint32_t j = 0; j < m->resources[i].e.count; j++) {
			res = &m->resources[i];
			if (random_below(&r, 6) == 0) {
				assert_int_equal(tel__metrics_drop_scope(m, i, j), TEL_OK);
				continue;
			}
			for (uint32_t k = 0; k < m->resources[i].scopes[j].e.count; k++) {
				if (random_below(&r, 4) == 0)
					assert_int_equal(tel__metrics_drop_metric(m, i, j, k), TEL_OK);
				else if (random_below(&r, 3) == 0)
					assert_int_equal(tel__metrics_keep_points(m, i, j, k, keep_some, &r, NULL), TEL_OK);
			}
		}
		(void)res;
	}
	assert_int_equal(tel__metrics_close(m), TEL_OK);
}

static void branches_with_edits_equal_edited_copies(void **state)
{
	enum { BRANCHES = 4 };
	random_otlp r = { .state = 4 };

	(void)state;
	for (int i = 0; i < ROUNDS; i++) {
		tel_buf *payload = random_request(&r);
		tel_metrics *m = decode(payload), *whole = decode(payload), *branch[BRANCHES];
		uint64_t seed = 1 + random_below(&r, 1u << 30);

		if (i % 3 == 0) { /* what is shared was edited before */
			edit_somehow(m, seed);
			edit_somehow(whole, seed);
		}
		for (int b = 0; b < BRANCHES; b++)
			assert_int_equal(tel_metrics_share(b ? branch[b - 1] : m, &branch[b]), TEL_OK);
		for (int b = 0; b < BRANCHES; b++)
			edit_somehow(branch[b], seed + (uint64_t)b + 1);
		assert_same_points(m, whole);
		for (int b = 0; b < BRANCHES; b++) {
			tel_metrics *copy = round_trip(whole);

			edit_somehow(copy, seed + (uint64_t)b + 1);
			assert_same_points(branch[b], copy);
			assert_consistent(branch[b]);
			assert_consistent(copy);
			tel_metrics_free(copy);
			tel_metrics_free(branch[b]);
		}
		assert_same_points(m, whole);
		tel_metrics_free(m);
		tel_metrics_free(whole);
		tel_buf_unref(payload);
	}
}

typedef struct {
	tel_metrics *m;
	uint64_t seed;
	uint64_t pinned; /* of the last count, so that it is not left out */
} branch_job;

/* Edits, takes parts off and puts them back, as flows do that share one request. */
static void *work_on_branch(void *user)
{
	branch_job *job = user;
	tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;
	tel_metrics *head = NULL;

	edit_somehow(job->m, job->seed);
	if (tel_metrics_split(job->m, 3, &head) == TEL_OK) {
		tel_metrics_count(head, &counts);
		if (tel_metrics_merge(head, job->m) == TEL_OK) {
			tel_metrics_free(job->m);
			job->m = head;
		}
	}
	tel_metrics_count(job->m, &counts);
	job->pinned = counts.pinned_bytes;
	return NULL;
}

/* A part that was split off goes to another thread while the batch writes on in the arena that the two have in common. */
static void *count_and_free(void *user)
{
	tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;

	for (int i = 0; i < 100; i++)
		tel_metrics_count(user, &counts);
	tel_metrics_free(user);
	return NULL;
}

/* Under the thread sanitizer this is also a race check. */
static void branches_live_on_threads_of_their_own(void **state)
{
	enum { BRANCHES = 3, RUNS = 20 };
	random_otlp r = { .state = 5 };

	(void)state;
	for (int i = 0; i < RUNS; i++) {
		tel_buf *payload = random_request(&r);
		tel_metrics *m = decode(payload), *head = NULL;
		branch_job jobs[BRANCHES];
		pthread_t threads[BRANCHES], other;

		for (int b = 0; b < BRANCHES; b++) {
			jobs[b] = (branch_job){ .seed = 100 * (uint64_t)i + (uint64_t)b + 1 };
			assert_int_equal(tel_metrics_share(m, &jobs[b].m), TEL_OK);
		}
		for (int b = 0; b < BRANCHES; b++)
			assert_int_equal(pthread_create(&threads[b], NULL, work_on_branch, &jobs[b]), 0);
		edit_somehow(m, 7);
		assert_int_equal(tel_metrics_split(m, 1, &head), TEL_OK);
		assert_int_equal(pthread_create(&other, NULL, count_and_free, head), 0);
		edit_somehow(m, 8);
		assert_int_equal(pthread_join(other, NULL), 0);
		assert_consistent(m);
		tel_metrics_free(m);
		for (int b = 0; b < BRANCHES; b++) {
			tel_metrics *copy = decode(payload);

			assert_int_equal(pthread_join(threads[b], NULL), 0);
			edit_somehow(copy, jobs[b].seed);
			assert_same_points(jobs[b].m, copy);
			assert_consistent(jobs[b].m);
			assert_true(jobs[b].pinned >= tel_buf_get(payload).len);
			tel_metrics_free(copy);
			tel_metrics_free(jobs[b].m);
		}
		tel_buf_unref(payload);
	}
}

/* resource { scope { metric "a" with two gauge points } }, twice, and unknown field 9 of the request with 4 bytes. */
static tel_metrics *two_resources(void)
{
	static const char one[] = "\x0a\x0f\x12\x0d\x12\x0b\x0a\x01" "a*\x06\x0a\x00\x0a\x02\x3a\x00";
	static const char rest[] = "\x4a\x02zz";
	tel__dynbuf b;
	tel_buf *buf = NULL;
	tel_metrics *m;

	tel__dynbuf_init(&b, &tel__alloc_libc, 1 << 10);
	tel__dynbuf_put(&b, one, sizeof one - 1);
	tel__dynbuf_put(&b, one, sizeof one - 1);
	tel__dynbuf_put(&b, rest, sizeof rest - 1);
	assert_int_equal(tel__dynbuf_take(&b, &buf), TEL_OK);
	m = decode(buf);
	tel_buf_unref(buf);
	return m;
}

static bool keep_none(void *user, tel_slice point)
{
	(void)user;
	(void)point;
	return false;
}

static bool keep_first(void *user, tel_slice point)
{
	(void)point;
	return (*(int *)user)++ == 0;
}

/* What the batch wrote before the split is its own no longer: it came back shared. */
static void a_part_that_comes_back_is_not_edited_in_its_branches(void **state)
{
	tel_metrics *m = two_resources(), *head = NULL, *branch = NULL;
	int seen = 0;

	(void)state;
	assert_int_equal(tel__metrics_keep_points(m, 0, 0, 0, keep_first, &seen, NULL), TEL_OK);
	assert_int_equal(tel_metrics_split(m, 1, &head), TEL_OK);
	assert_int_equal(head->points, 1);
	assert_int_equal(tel_metrics_share(head, &branch), TEL_OK);
	assert_int_equal(tel_metrics_merge(m, branch), TEL_OK);
	assert_int_equal(m->points, 3);
	assert_int_equal(tel__metrics_keep_points(m, 1, 0, 0, keep_none, NULL, NULL), TEL_OK);
	assert_int_equal(tel__metrics_close(m), TEL_OK);
	assert_int_equal(m->points, 2);
	assert_consistent(head);
	assert_int_equal(head->points, 1);
	assert_consistent(m);
	tel_metrics_free(branch);
	tel_metrics_free(m);
	assert_consistent(head);
	tel_metrics_free(head);
}

/* Unknown fields of merged requests are joined without copying what is there each time. */
static void merging_many_requests_with_unknown_fields_takes_linear_memory(void **state)
{
	enum { REQUESTS = 2000, FIELD = 4 };
	tel_metrics *into = NULL, *branch = NULL, *m;
	tel_buf *bytes;

	(void)state;
	assert_int_equal(tel__metrics_new(NULL, &into), TEL_OK);
	for (int i = 0; i < REQUESTS; i++) {
		m = two_resources();
		assert_int_equal(tel_metrics_merge(into, m), TEL_OK);
		tel_metrics_free(m);
		if (i == REQUESTS / 2)
			assert_int_equal(tel_metrics_share(into, &branch), TEL_OK);
	}
	assert_int_equal(into->rest.len, REQUESTS * FIELD);
	assert_int_equal(branch->rest.len, (REQUESTS / 2 + 1) * FIELD);
	assert_true(tel__arena_bytes(into->arena) < 16 * REQUESTS * sizeof(tel__resource));
	bytes = encode(into);
	assert_consistent(into);
	assert_consistent(branch);
	tel_buf_unref(bytes);
	tel_metrics_free(branch);
	tel_metrics_free(into);
}

static void emptied_envelopes_go_and_empty_ones_stay(void **state)
{
	/* resource { scope { metric "a" with a gauge point }, scope {} }, resource {} */
	static const char bytes[] = "\x0a\x0d\x12\x09\x12\x07\x0a\x01" "a*\x02\x0a\x00\x12\x00\x0a\x00";
	tel_buf *payload = NULL;
	tel_metrics *m;

	(void)state;
	assert_int_equal(tel_buf_copy(NULL, (tel_slice){ bytes, sizeof bytes - 1 }, &payload), TEL_OK);
	m = decode(payload);
	assert_int_equal(m->count, 2);
	assert_int_equal(m->scopes, 2);
	assert_int_equal(m->points, 1);
	assert_int_equal(tel__metrics_drop_metric(m, 0, 0, 0), TEL_OK);
	assert_int_equal(tel__metrics_close(m), TEL_OK);
	assert_int_equal(m->count, 2);
	assert_int_equal(m->scopes, 1);
	assert_int_equal(m->metrics, 0);
	assert_consistent(m);
	tel_metrics_free(m);
	tel_buf_unref(payload);
}

static tel_err everything(const tel_alloc *alloc, void *user)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_metrics *m = NULL, *other = NULL, *head = NULL;
	tel__encoded list;
	tel_buf *out = NULL;
	tel_err e;

	opts.alloc = alloc;
	e = tel_otlp_decode(user, &opts, &m, NULL, NULL);
	if (e) {
		assert_null(m);
		return e;
	}
	e = tel_metrics_share(m, &other);
	if (!e)
		e = tel__metrics_drop_metric(other, 0, 0, 0);
	if (!e)
		e = tel__metrics_close(other);
	if (!e)
		e = tel_metrics_split(m, m->points / 2 + 1, &head);
	if (!e)
		e = tel_metrics_merge(other, m);
	if (!e)
		e = tel_metrics_compact(other);
	if (!e)
		e = tel_otlp_encode(other, &out, NULL);
	if (!e) {
		e = tel__metrics_slices(head, &list);
		if (!e)
			tel__encoded_fini(&list);
	}
	tel_buf_unref(out);
	tel_metrics_free(m);
	tel_metrics_free(other);
	tel_metrics_free(head);
	return e;
}

static void survives_every_failing_allocation(void **state)
{
	random_otlp r = { .state = 5 };

	(void)state;
	for (int i = 0; i < 8;) {
		tel_buf *payload = random_request(&r);
		tel_metrics *m = decode(payload);

		if (m->count && m->resources[0].e.count && m->resources[0].scopes[0].e.count && m->points > 4) {
			torture_alloc(everything, payload);
			i++;
		}
		tel_metrics_free(m);
		tel_buf_unref(payload);
	}
}

/* An input that is spoiled when the last reference goes: who reads it then reads nonsense. */
typedef struct input {
	char *bytes;
	size_t len;
	bool gone;
} input;

static void spoil(void *user, const void *ptr, size_t len)
{
	input *in = user;

	(void)ptr;
	memset(in->bytes, 0xff, len); /* bytes has room for one more, so it is never NULL */
	in->gone = true;
}

enum { INPUTS = 40 };

static void a_head_of_many_inputs_keeps_its_own_alive_and_no_other(void **state)
{
	random_otlp r = { .state = 77 };

	(void)state;
	for (int round = 0; round < 60; round++) {
		input inputs[INPUTS];
		tel_metrics *all = NULL, *heads[3 * INPUTS], *expected[3 * INPUTS];
		uint32_t count = 0, gone = 0;

		for (uint32_t i = 0; i < INPUTS; i++) {
			tel_buf *payload = random_request(&r), *own;
			tel_metrics *m;

			inputs[i] = (input){ malloc(tel_buf_get(payload).len + 1), tel_buf_get(payload).len, false };
			if (inputs[i].len)
				memcpy(inputs[i].bytes, tel_buf_get(payload).ptr, inputs[i].len);
			tel_buf_unref(payload);
			assert_int_equal(tel_buf_wrap(NULL, inputs[i].bytes, inputs[i].len, spoil, &inputs[i], &own), TEL_OK);
			m = decode(own);
			tel_buf_unref(own);
			if (!all)
				all = m;
			else
				assert_int_equal(tel_metrics_merge(all, m), TEL_OK);
			if (all != m)
				tel_metrics_free(m);
		}
		while (count < 3 * INPUTS && all->points) {
			assert_int_equal(tel_metrics_split(all, 1 + random_below(&r, 40), &heads[count]), TEL_OK);
			expected[count] = round_trip(heads[count]);
			count++;
		}
		tel_metrics_free(all);
		/* every other head goes; what is left must still read as it did */
		for (uint32_t i = 0; i < count; i += 2)
			tel_metrics_free(heads[i]);
		for (uint32_t i = 1; i < count; i += 2) {
			char difference[256] = "";
			tel_metrics *back = round_trip(heads[i]);

			if (!tel_metrics_equal(back, expected[i], difference))
				fail_msg("round %d, head %u: %s", round, i, difference);
			tel_metrics_free(back);
		}
		for (uint32_t i = 0; i < count; i++)
			tel_metrics_free(expected[i]);
		for (uint32_t i = 3; i < count; i += 2) /* the first one alone is left */
			tel_metrics_free(heads[i]);
		for (uint32_t i = 0; i < INPUTS; i++)
			gone += inputs[i].gone;
		assert_true(gone >= INPUTS / 2); /* it does not hold what it does not show */
		if (count > 1)
			tel_metrics_free(heads[1]);
		for (uint32_t i = 0; i < INPUTS; i++) {
			assert_true(inputs[i].gone);
			free(inputs[i].bytes);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unedited_batches_encode_to_their_input),
		cmocka_unit_test(split_keeps_every_point_in_order),
		cmocka_unit_test(merge_appends),
		cmocka_unit_test(branches_with_edits_equal_edited_copies),
		cmocka_unit_test(branches_live_on_threads_of_their_own),
		cmocka_unit_test(a_part_that_comes_back_is_not_edited_in_its_branches),
		cmocka_unit_test(merging_many_requests_with_unknown_fields_takes_linear_memory),
		cmocka_unit_test(emptied_envelopes_go_and_empty_ones_stay),
		cmocka_unit_test(a_head_of_many_inputs_keeps_its_own_alive_and_no_other),
		cmocka_unit_test(survives_every_failing_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
