/* SPDX-License-Identifier: Apache-2.0 */
/* Several threads, each with a context of its own, with nothing shared but what is made to be: batches handed over, a budget,
 * the wake-up. Run under a thread sanitizer by tests/run.sh sanitize. */
#include "abi/host_rig.h"

#include <pthread.h>
#include <stdio.h>

#include <telemetry/otlp.h>

enum { THREADS = 4, ROUNDS = 40 };

/* cmocka is for one thread: the others note what did not hold. */
typedef struct worker {
	pthread_t thread;
	const host_kind *kind;
	tel_budget *budget;
	tel_metrics *shared;
	unsigned sent;
	int failed_line;
} worker;

#define HOLDS(condition) do { if (!(condition)) { w->failed_line = __LINE__; return NULL; } } while (0)

static void on_sent(void *user, const tel_export_result *r)
{
	worker *w = user;
	if (r->code == TEL_OK)
		w->sent++;
}

static void on_metrics(tel_receipt *receipt, tel_metrics *metrics, void *user)
{
	(void)user;
	tel_metrics_free(metrics);
	(void)tel_receipt_settle(receipt, NULL);
}

static void *work(void *arg)
{
	worker *w = arg;
	tel_ctx_opts co = TEL_CTX_OPTS_INIT;
	tel_receiver_opts ro = TEL_RECEIVER_OPTS_INIT;
	tel_exporter_opts eo = TEL_EXPORTER_OPTS_INIT;
	tel_receiver *r;
	tel_exporter *x;
	tel_ctx *ctx;
	unsigned grpc, http;
	char url[64];

	co.budget = w->budget;
	HOLDS(tel_ctx_new(&co, &ctx, NULL) == TEL_OK);
	ro.grpc_endpoint = ro.http_endpoint = TEL_SLICE_LIT("127.0.0.1:0");
	HOLDS(tel_receiver_new(ctx, &ro, on_metrics, NULL, &r, NULL) == TEL_OK);
	tel_receiver_ports(r, &grpc, &http);
	eo.protocol = w->kind->protocol;
	eo.endpoint.len = (size_t)snprintf(url, sizeof(url), "http://127.0.0.1:%u", eo.protocol == TEL_EXPORTER_GRPC ? grpc : http);
	eo.endpoint.ptr = url;
	HOLDS(tel_exporter_new(ctx, &eo, &x, NULL) == TEL_OK);
	for (unsigned i = 0; i < ROUNDS; i++) {
		tel_metrics *mine;
		HOLDS(tel_metrics_share(w->shared, &mine) == TEL_OK); /* its buffers are everybody's */
		HOLDS(tel_export_submit(x, mine, on_sent, w, NULL, NULL) == TEL_OK);
		HOLDS(tel_ctx_run_until_idle(ctx, 60000000000u) == TEL_OK);
	}
	tel_exporter_free(x);
	tel_receiver_free(r);
	tel_ctx_free(ctx);
	tel_metrics_free(w->shared);
	return NULL;
}

static void threads_with_contexts_of_their_own_share_what_they_may(void **state)
{
	(void)state;
	static worker workers[THREADS];
	tel_budget_state s = TEL_BUDGET_STATE_INIT;
	tel_metrics *m, *built = host_batch(500);
	tel_budget *budget;
	tel_buf *bytes;

	assert_ok(tel_otlp_encode(built, &bytes, NULL));
	tel_metrics_free(built);
	assert_ok(tel_budget_new(NULL, 256 << 20, &budget));
	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = (worker){ .kind = &host_kinds[i % 2], .budget = budget };
		assert_ok(tel_otlp_decode(bytes, NULL, &m, NULL, NULL));
		workers[i].shared = m;
		assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	tel_buf_unref(bytes);
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
		if (workers[i].failed_line)
			fail_msg("thread %u: line %d does not hold", i, workers[i].failed_line);
		assert_int_equal(workers[i].sent, ROUNDS);
	}
	assert_ok(tel_budget_get(budget, &s));
	assert_int_equal(s.reserved_bytes, 0);
	assert_true(s.peak_bytes > 0);
	tel_budget_unref(budget);
}

/* A batch goes from thread to thread: decoded here, edited and freed there. */
static void *take_over(void *arg)
{
	worker *w = arg;
	tel_metrics *head;

	HOLDS(tel_metrics_split(w->shared, 3, &head) == TEL_OK);
	tel_metrics_free(w->shared);
	HOLDS(tel_metrics_compact(head) == TEL_OK);
	tel_metrics_free(head);
	w->sent++;
	return NULL;
}

static void a_batch_may_change_threads(void **state)
{
	(void)state;
	static worker workers[THREADS];
	tel_metrics *m = host_batch(100);

	for (unsigned i = 0; i < THREADS; i++) {
		workers[i] = (worker){ .kind = NULL };
		assert_ok(tel_metrics_share(m, &workers[i].shared));
		assert_int_equal(pthread_create(&workers[i].thread, NULL, take_over, &workers[i]), 0);
	}
	tel_metrics_free(m);
	for (unsigned i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
		assert_int_equal(workers[i].failed_line, 0);
		assert_int_equal(workers[i].sent, 1);
	}
}

static void *wake(void *arg)
{
	for (int i = 0; i < 1000; i++)
		tel_ctx_wakeup(arg);
	return NULL;
}

static void any_thread_may_wake_a_context(void **state)
{
	(void)state;
	pthread_t threads[THREADS];
	host h;

	host_open(&h, &host_kinds[0], NULL, NULL);
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, wake, h.ctx), 0);
	for (int i = 0; i < 50; i++)
		assert_ok(host_send(&h, 1));
	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	host_close(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_with_contexts_of_their_own_share_what_they_may),
		cmocka_unit_test(a_batch_may_change_threads),
		cmocka_unit_test(any_thread_may_wake_a_context),
	};
	return cmocka_run_group_tests_name("abi/threads", tests, NULL, NULL);
}
