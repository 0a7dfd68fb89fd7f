/* SPDX-License-Identifier: Apache-2.0 */
/* A whole flow: delivery.md 1.3, design.md 5, faults.md 7.2. */
#include "flow/flow_rig.h"

#include <stdio.h>

#include "net/grpc_server.h"

static flow_rig R;

#define SECOND 1000000000ull

static int set_up(void **state)
{
	(void)state;
	flow_rig_init(&R, NULL);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	flow_rig_fini(&R);
	return 0;
}

static double value(const char *family, const char *label)
{
	flow_rig_read(&R);
	return flow_rig_value(&R, family, label);
}

#define EXPORTER_A "exporter=\"otlp_http/a\""
#define EXPORTER_B "exporter=\"otlp_http/b\""

#define REFUSED "telemetry_refused_points_total"

static void balance_both(void)
{
	flow_rig_balance(&R, "pipeline=\"metrics/a\"", EXPORTER_A);
	flow_rig_balance(&R, "pipeline=\"metrics/b\"", EXPORTER_B);
}

/* ---- the straight way ---- */

static void request_reaches_every_backend(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_TWO("", "", "", "", ""), NULL);
	assert_int_equal(flow_rig_post(&R, 5).status, 200);
	assert_int_equal(flow_rig_export(&R, 7).grpc, TEL__GRPC_OK);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(R.backends[FLOW_A].points, 12);
	assert_int_equal(R.backends[FLOW_B].points, 12);
	balance_both();
	assert_true(flow_rig_value(&R, "otelcol_receiver_accepted_metric_points_total", "transport=\"http\"") == 5);
	assert_true(flow_rig_value(&R, "otelcol_receiver_accepted_metric_points_total", "transport=\"grpc\"") == 7);
	assert_true(flow_rig_value(&R, "otelcol_exporter_sent_metric_points_total", EXPORTER_A) == 12);
	assert_true(flow_rig_value(&R, "otelcol_exporter_send_failed_metric_points_total", "") == -1); /* not before the first */
}

static void grpc_exporter_reaches_a_grpc_backend(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_RECEIVER
	               "exporters: {otlp_grpc/a: {endpoint: '127.0.0.1:${env:GA}', tls: {insecure: true}}}\n"
	               "service: {telemetry: {metrics: {level: none}}, pipelines: {metrics/a: {receivers: [otlp], "
	               "exporters: [otlp_grpc/a]}}}\n", NULL);
	assert_int_equal(flow_rig_export(&R, 3).grpc, TEL__GRPC_OK);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(R.backends[FLOW_A].points, 3);
	flow_rig_balance(&R, "pipeline=\"metrics/a\"", "exporter=\"otlp_grpc/a\"");
}

static void branches_see_only_their_own_processors(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_TWO("", "", "test/one: {action: keep_one}, test/two: {action: double}", "test/one", "test/two"),
	               NULL);
	assert_int_equal(flow_rig_post(&R, 5).status, 200);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(R.backends[FLOW_A].points, 1);
	assert_int_equal(R.backends[FLOW_B].points, 10);
	balance_both();
	assert_true(flow_rig_value(&R, "telemetry_pipeline_points_total", "event=\"removed\",otel_scope_name=\"telemetry\","
	            "otel_scope_schema_url=\"\",otel_scope_version=\"\",pipeline=\"metrics/a\"") == 4);
}

static void request_with_nothing_left_is_success(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_ONE("", "test: {action: drop_all}", "test"), NULL);
	otlp_answer a = flow_rig_post(&R, 5);
	assert_int_equal(a.status, 200);
	assert_int_equal(a.body_len, 0);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(R.backends[FLOW_A].requests, 0);
	flow_rig_balance(&R, "metrics/a", EXPORTER_A);
	assert_true(flow_rig_value(&R, "otelcol_receiver_accepted_metric_points_total", "") == 5);
}

static void batch_is_folded_behind_the_queue(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_ONE("", "batch: {send_batch_size: 10, send_batch_max_size: 10, timeout: 1s}", "batch"), NULL);
	for (int i = 0; i < 5; i++)
		assert_int_equal(flow_rig_post(&R, 5).status, 200);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(R.backends[FLOW_A].requests, 2);
	assert_int_equal(R.backends[FLOW_A].points, 20);
	flow_rig_pass(&R, SECOND);
	assert_int_equal(R.backends[FLOW_A].points, 25);
	flow_rig_balance(&R, "metrics/a", EXPORTER_A);
}

/* ---- full queues ---- */

#define SMALL "queue_size: 2, num_consumers: 1"

/* Leaves exporter a with a full queue: one request at the backend, one waiting. */
static void fill_a(void)
{
	R.backends[FLOW_A].hold = true;
	assert_int_equal(flow_rig_post(&R, 1).status, 200);
	assert_int_equal(flow_rig_post(&R, 1).status, 200);
	flow_rig_pass(&R, SECOND / 10);
}

static void full_queue_of_one_pipeline_costs_the_other_nothing(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_TWO(SMALL, "", "", "", ""), NULL);
	fill_a();
	for (int i = 0; i < 10; i++)
		assert_int_equal(flow_rig_export(&R, 3).grpc, TEL__GRPC_OK);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(R.backends[FLOW_B].points, 32);
	assert_true(value("telemetry_exporter_isolated_points_total", EXPORTER_A) == 30);
	assert_true(value("telemetry_exporter_isolated_points_total", EXPORTER_B) == 0);
	assert_true(value("otelcol_exporter_enqueue_failed_metric_points_total", EXPORTER_A) == 30);
	assert_true(value("otelcol_exporter_enqueue_failed_metric_points_total", EXPORTER_B) == -1);
	assert_true(value("otelcol_receiver_accepted_metric_points_total", "grpc") == 30);
	assert_true(value("otelcol_exporter_queue_size", EXPORTER_A) == 2);
	balance_both();
}

static void option_fanout_all_refuses_when_one_queue_is_full(void **state)
{
	(void)state;
	tel_flow_opts opts = TEL_FLOW_OPTS_INIT;
	opts.fanout_all = true;
	flow_rig_start(&R, FLOW_TWO(SMALL, "", "", "", ""), &opts);
	fill_a();
	otlp_answer a = flow_rig_export(&R, 3);
	assert_int_equal(a.grpc, TEL__GRPC_UNAVAILABLE);
	assert_string_equal(a.message, "sending queue is full");
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(R.backends[FLOW_B].points, 2); /* and no duplicates later */
	assert_true(value("telemetry_exporter_isolated_points_total", EXPORTER_A) == 0);
	balance_both();
}

static void option_fanout_all_refuses_for_good_what_one_queue_can_never_take(void **state)
{
	(void)state;
	tel_flow_opts opts = TEL_FLOW_OPTS_INIT;
	opts.fanout_all = true;
	flow_rig_start(&R, FLOW_TWO("sizer: bytes, queue_size: 300", "", "", "", ""), &opts);
	otlp_answer a = flow_rig_export(&R, 100);
	assert_int_equal(a.grpc, TEL__GRPC_RESOURCE_EXHAUSTED);
	assert_string_equal(a.message, "element size too large");
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(R.backends[FLOW_B].points, 0);
}

static void request_that_no_queue_takes_is_refused_retryably(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_TWO(SMALL, SMALL, "", "", ""), NULL);
	R.backends[FLOW_B].hold = true;
	fill_a();
	otlp_answer grpc = flow_rig_export(&R, 3), http = flow_rig_post(&R, 3);
	assert_int_equal(grpc.grpc, TEL__GRPC_UNAVAILABLE);
	assert_string_equal(grpc.message, "sending queue is full");
	assert_true(grpc.has_retry && grpc.retry_ns == SECOND);
	assert_string_equal(http.retry_after, "1");
	assert_int_equal(http.status, 503);
	assert_int_equal(http.code, TEL__GRPC_UNAVAILABLE);
	assert_string_equal(http.message, "sending queue is full");
	assert_true(value("otelcol_receiver_refused_metric_points_total", "") == 6);
	assert_true(value(REFUSED, "queue_full") == 6);
	assert_true(value("telemetry_exporter_isolated_points_total", "") == 0);
	balance_both();
}

static void element_above_the_capacity_is_refused_for_good(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_ONE("sizer: bytes, queue_size: 300", "", ""), NULL);
	assert_int_equal(flow_rig_export(&R, 1).grpc, TEL__GRPC_OK);
	otlp_answer a = flow_rig_export(&R, 100);
	assert_int_equal(a.grpc, TEL__GRPC_RESOURCE_EXHAUSTED);
	assert_string_equal(a.message, "element size too large");
	assert_false(a.has_retry); /* so that clients do not try again */
	assert_true(value(REFUSED, "too_large") == 100);
	flow_rig_pass(&R, SECOND / 5);
	flow_rig_balance(&R, "metrics/a", EXPORTER_A);
}

#define BLOCKING "queue_size: 1, num_consumers: 1, block_on_overflow: true"

static void parked_request_goes_on_when_there_is_room(void **state)
{
	(void)state;
	static otlp_answer parked[3];
	tel_buf *body = otlp_points("s", 2);
	tel_slice bytes = tel_buf_get(body);
	flow_rig_start(&R, FLOW_ONE(BLOCKING, "", ""), NULL);
	R.backends[FLOW_A].hold = true;
	assert_int_equal(flow_rig_export(&R, 1).grpc, TEL__GRPC_OK);
	for (int i = 0; i < 3; i++)
		otlp_export_start(&R.client, OTLP_METHOD, NULL, &bytes, 0, &parked[i]);
	flow_rig_pass(&R, SECOND);
	assert_int_equal(parked[0].calls + parked[1].calls + parked[2].calls, 0);
	for (unsigned i = 0; i < 3; i++) {
		flow_rig_release(&R, FLOW_A, NULL);
		flow_rig_pass(&R, SECOND / 10);
		for (unsigned k = 0; k < 3; k++)
			assert_int_equal(parked[k].calls, k <= i); /* in order */
		assert_int_equal(parked[i].grpc, TEL__GRPC_OK);
	}
	flow_rig_release(&R, FLOW_A, NULL);
	flow_rig_pass(&R, SECOND / 10);
	assert_int_equal(R.backends[FLOW_A].points, 7);
	flow_rig_balance(&R, "metrics/a", EXPORTER_A);
	assert_true(flow_rig_value(&R, "otelcol_exporter_enqueue_failed_metric_points_total", "") == -1);
	tel_buf_unref(body);
}

static void parked_request_whose_client_left_is_given_up(void **state)
{
	(void)state;
	static otlp_answer parked;
	tel_buf *body = otlp_points("s", 2);
	tel_slice bytes = tel_buf_get(body);
	flow_rig_start(&R, FLOW_ONE(BLOCKING, "", ""), NULL);
	R.backends[FLOW_A].hold = true;
	assert_int_equal(flow_rig_export(&R, 1).grpc, TEL__GRPC_OK);
	otlp_export_start(&R.client, OTLP_METHOD, NULL, &bytes, 0, &parked);
	flow_rig_pass(&R, SECOND / 10);
	tel__grpc_client_cancel(R.client.grpc, R.client.id);
	flow_rig_pass(&R, SECOND / 10);
	for (int i = 0; i < 2; i++) {
		flow_rig_release(&R, FLOW_A, NULL);
		flow_rig_pass(&R, SECOND / 10);
	}
	assert_int_equal(parked.calls, 0);
	assert_int_equal(R.backends[FLOW_A].points, 1); /* the client sends it again: no duplicate */
	flow_rig_balance(&R, "metrics/a", EXPORTER_A);
	assert_true(flow_rig_value(&R, REFUSED, "client_gone") == 2);
	assert_true(flow_rig_value(&R, "telemetry_exporter_queue_points", EXPORTER_A) == 0);
	tel_buf_unref(body);
}

/* ---- without a queue ---- */

#define NO_QUEUE "enabled: false"

static void without_a_queue_the_backends_verdict_travels_back(void **state)
{
	(void)state;
	static const struct {
		tel_verdict verdict;
		int32_t status;
		unsigned http;
		int32_t grpc;
	} rows[] = {
		{ TEL_VERDICT_OK, 0, 200, TEL__GRPC_OK },
		{ TEL_VERDICT_PERMANENT, TEL__GRPC_INVALID_ARGUMENT, 400, TEL__GRPC_INVALID_ARGUMENT },
		{ TEL_VERDICT_PERMANENT, TEL__GRPC_PERMISSION_DENIED, 403, TEL__GRPC_PERMISSION_DENIED },
		{ TEL_VERDICT_PERMANENT, TEL__GRPC_INTERNAL, 500, TEL__GRPC_UNKNOWN }, /* HTTP has one 500 for both */
	};
	flow_rig_start(&R, FLOW_ONE(NO_QUEUE, "", ""), NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		R.backends[FLOW_A].outcome.verdict = rows[i].verdict;
		R.backends[FLOW_A].outcome.grpc_status = rows[i].status;
		R.backends[FLOW_A].outcome.message = TEL_SLICE_LIT("the backend says so");
		otlp_answer grpc = flow_rig_export(&R, 2), http = flow_rig_post(&R, 3);
		assert_int_equal(http.status, rows[i].http);
		assert_int_equal(grpc.grpc, rows[i].grpc);
		assert_true(rows[i].verdict == TEL_VERDICT_OK || strstr(grpc.message, "the backend says so") != NULL);
		flow_rig_balance(&R, "metrics/a", EXPORTER_A);
	}
	assert_true(flow_rig_value(&R, "telemetry_exporter_returned_points_total", EXPORTER_A) == 15);
	assert_true(flow_rig_value(&R, "otelcol_receiver_accepted_metric_points_total", "") == 5);
	assert_true(flow_rig_value(&R, "otelcol_receiver_refused_metric_points_total", "") == 15);
	assert_true(flow_rig_value(&R, REFUSED, "backend") == 15);
}

static void without_a_queue_the_answer_waits_for_the_backend(void **state)
{
	(void)state;
	otlp_answer a;
	tel_buf *body = otlp_points("s", 2);
	tel_slice bytes = tel_buf_get(body);
	flow_rig_start(&R, FLOW_ONE(NO_QUEUE, "", ""), NULL);
	R.backends[FLOW_A].hold = true;
	otlp_export_start(&R.client, OTLP_METHOD, NULL, &bytes, 0, &a);
	flow_rig_pass(&R, SECOND);
	assert_int_equal(a.calls, 0);
	flow_rig_release(&R, FLOW_A, NULL);
	otlp_wait(&R.client, &a);
	assert_int_equal(a.grpc, TEL__GRPC_OK);
	tel_buf_unref(body);
}

static void without_a_queue_one_backend_that_took_it_is_enough(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_TWO(NO_QUEUE, "", "", "", ""), NULL);
	R.backends[FLOW_A].outcome.verdict = TEL_VERDICT_PERMANENT;
	assert_int_equal(flow_rig_export(&R, 2).grpc, TEL__GRPC_OK);
	flow_rig_pass(&R, SECOND / 10);
	assert_int_equal(R.backends[FLOW_B].points, 2);
	balance_both();
}

static void permanent_failure_decides_before_a_retryable_one(void **state)
{
	(void)state;
	otlp_answer a;
	tel_buf *body = otlp_points("s", 2);
	tel_slice bytes = tel_buf_get(body);
	flow_rig_start(&R, FLOW_TWO(NO_QUEUE, NO_QUEUE, "", "", ""), NULL);
	R.backends[FLOW_A].outcome.verdict = TEL_VERDICT_RETRY;
	R.backends[FLOW_B].outcome.verdict = TEL_VERDICT_PERMANENT;
	R.backends[FLOW_B].outcome.grpc_status = TEL__GRPC_INVALID_ARGUMENT;
	otlp_export_start(&R.client, OTLP_METHOD, NULL, &bytes, 3 * SECOND, &a);
	flow_rig_pass(&R, 4 * SECOND); /* a retries until the client's deadline */
	otlp_wait(&R.client, &a);
	assert_int_equal(a.grpc, TEL__GRPC_DEADLINE_EXCEEDED); /* the client's own clock is first here */
	balance_both();
	tel_buf_unref(body);
}

/* ---- processors that refuse ---- */

static void processor_that_refuses_is_told_retryably(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_ONE("", "test: {action: refuse}", "test"), NULL);
	otlp_answer grpc = flow_rig_export(&R, 3), http = flow_rig_post(&R, 3);
	assert_int_equal(grpc.grpc, TEL__GRPC_UNAVAILABLE);
	assert_string_equal(grpc.message, "the test refuses");
	assert_int_equal(http.status, 503);
	assert_string_equal(http.message, "the test refuses");
	assert_true(value(REFUSED, "processor") == 6);
	assert_true(value("otelcol_receiver_refused_metric_points_total", "") == 6);
	flow_rig_balance(&R, "metrics/a", EXPORTER_A);
}

static void processor_that_rejects_is_told_for_good(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_TWO("", "", "test: {action: reject}", "", "test"), NULL);
	otlp_answer grpc = flow_rig_export(&R, 3), http = flow_rig_post(&R, 3);
	assert_int_equal(grpc.grpc, TEL__GRPC_INTERNAL);
	assert_string_equal(grpc.message, "the test rejects");
	assert_int_equal(http.status, 500);
	flow_rig_pass(&R, SECOND / 10);
	assert_int_equal(R.backends[FLOW_A].points, 0); /* it decides for the whole request */
	balance_both();
}

/* ---- backends that fail ---- */

static void dead_backend_keeps_its_data_and_gets_it_later(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_TWO("", "", "", "", ""), NULL);
	R.backends[FLOW_A].outcome.verdict = TEL_VERDICT_RETRY;
	for (int i = 0; i < 5; i++)
		assert_int_equal(flow_rig_export(&R, 2).grpc, TEL__GRPC_OK);
	flow_rig_pass(&R, 5 * SECOND);
	assert_int_equal(R.backends[FLOW_B].points, 10);
	assert_int_equal(R.backends[FLOW_A].points, 0);
	assert_true(value("telemetry_exporter_queue_points", EXPORTER_A) == 10);
	assert_true(value("telemetry_exporter_oldest_unsent_seconds", EXPORTER_A) >= 5);
	balance_both();
	R.backends[FLOW_A].outcome.verdict = TEL_VERDICT_OK;
	flow_rig_pass(&R, 60 * SECOND);
	assert_int_equal(R.backends[FLOW_A].points, 10);
	balance_both();
}

static void what_a_backend_rejects_is_counted_as_rejected_and_sent(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_ONE("", "", ""), NULL);
	R.backends[FLOW_A].outcome.rejected_points = 2;
	R.backends[FLOW_A].outcome.message = TEL_SLICE_LIT("too old");
	assert_int_equal(flow_rig_export(&R, 5).grpc, TEL__GRPC_OK);
	flow_rig_pass(&R, SECOND / 5);
	assert_true(value("telemetry_exporter_rejected_points_total", EXPORTER_A) == 2);
	assert_true(value("otelcol_exporter_sent_metric_points_total", EXPORTER_A) == 5);
	flow_rig_balance(&R, "metrics/a", EXPORTER_A);
}

static void permanent_refusal_of_a_queued_batch_is_counted_as_dropped(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_ONE("", "", ""), NULL);
	R.backends[FLOW_A].outcome.verdict = TEL_VERDICT_PERMANENT;
	assert_int_equal(flow_rig_export(&R, 5).grpc, TEL__GRPC_OK);
	flow_rig_pass(&R, SECOND / 5);
	assert_true(value("telemetry_exporter_dropped_points_total", "reason=\"permanent\"") == 5);
	assert_true(value("otelcol_exporter_send_failed_metric_points_total", EXPORTER_A) == 5);
	flow_rig_balance(&R, "metrics/a", EXPORTER_A);
}

/* ---- the end ---- */

static void full_queue_beside_a_blocked_one_is_counted_once(void **state)
{
	static otlp_answer parked;
	tel_buf *body = otlp_points("s", 3);
	tel_slice bytes = tel_buf_get(body);

	(void)state;
	flow_rig_start(&R, FLOW_TWO("queue_size: 1, num_consumers: 1", "queue_size: 1, num_consumers: 1, block_on_overflow: true",
	                            "", "", ""), NULL);
	R.backends[FLOW_A].hold = R.backends[FLOW_B].hold = true;
	assert_int_equal(flow_rig_post(&R, 1).status, 200);
	flow_rig_pass(&R, SECOND / 10);
	memset(&parked, 0, sizeof(parked));
	otlp_post_start(&R.client, "/v1/metrics", "application/x-protobuf", NULL, &bytes, &parked);
	flow_rig_pass(&R, SECOND / 10);
	assert_int_equal(parked.calls, 0);
	assert_true(value("otelcol_exporter_enqueue_failed_metric_points_total", EXPORTER_A) == -1); /* it may fit yet */
	flow_rig_release(&R, FLOW_B, NULL);
	flow_rig_pass(&R, SECOND / 10);
	assert_int_equal(parked.status, 200);
	assert_true(value("otelcol_exporter_enqueue_failed_metric_points_total", EXPORTER_A) == 3);
	balance_both();
	tel_buf_unref(body);
}

#define TWICE(queue) \
	FLOW_RECEIVER "exporters:\n" FLOW_EXPORTER("a", "A", queue) \
	"service: {telemetry: {metrics: {level: none}}, pipelines: {metrics/a: {receivers: [otlp], exporters: [otlp_http/a]}, " \
	"metrics/b: {receivers: [otlp], exporters: [otlp_http/a]}}}\n"

static void queue_too_small_for_all_pipelines_at_once_takes_their_request(void **state)
{
	static const char *const texts[] = { TWICE("queue_size: 1, num_consumers: 1"),
		TWICE("queue_size: 1, num_consumers: 1, block_on_overflow: true"), TWICE("queue_size: 6, sizer: items") };

	for (size_t i = 0; i < 3; i++) {
		if (i) {
			tear_down(state);
			set_up(state);
		}
		flow_rig_start(&R, texts[i], NULL);
		for (int k = 0; k < 3; k++) {
			assert_int_equal(flow_rig_post(&R, 5).status, 200);
			flow_rig_pass(&R, SECOND / 10);
		}
		assert_int_equal(R.backends[FLOW_A].points, 30);
		assert_true(value("telemetry_exporter_isolated_points_total", EXPORTER_A) == 0);
	}
}

static void what_a_client_is_not_told_of_is_dropped_with_a_reason(void **state)
{
	tel_flow_opts opts = TEL_FLOW_OPTS_INIT;

	R.backends[FLOW_B].outcome.verdict = TEL_VERDICT_PERMANENT;
	flow_rig_start(&R, FLOW_TWO("", "enabled: false", "", "", ""), NULL);
	assert_int_equal(flow_rig_post(&R, 5).status, 200); /* a took it */
	assert_true(value("telemetry_exporter_dropped_points_total", "reason=\"untold\"") == 5);
	assert_true(value("telemetry_exporter_returned_points_total", EXPORTER_B) == 0);
	flow_rig_pass(&R, SECOND / 10);
	balance_both();
	tear_down(state);
	set_up(state);
	/* As the Collector: any branch that fails is told. */
	R.backends[FLOW_B].outcome.verdict = TEL_VERDICT_PERMANENT;
	opts.fanout_all = true;
	flow_rig_start(&R, FLOW_TWO("", "enabled: false", "", "", ""), &opts);
	assert_int_equal(flow_rig_post(&R, 5).status, 500);
	assert_true(value("telemetry_exporter_dropped_points_total", "reason=\"untold\"") == 0);
	assert_true(value("telemetry_exporter_returned_points_total", EXPORTER_B) == 5);
	flow_rig_pass(&R, SECOND / 10);
	balance_both();
}

static void drain_sends_everything_before_it_is_done(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_TWO("", "", "batch: {send_batch_size: 1000, timeout: 60s}", "batch", ""), NULL);
	for (int i = 0; i < 10; i++)
		assert_int_equal(flow_rig_export(&R, 2).grpc, TEL__GRPC_OK);
	flow_rig_pass(&R, SECOND / 10);
	assert_int_equal(R.backends[FLOW_A].points, 0); /* waits for more */
	flow_rig_drain(&R, 10 * SECOND);
	flow_rig_pass(&R, SECOND / 2);
	assert_true(R.drained);
	assert_int_equal(R.unsent, 0);
	assert_int_equal(R.backends[FLOW_A].points, 20);
	assert_int_equal(R.backends[FLOW_B].points, 20);
	balance_both();
}

static void drain_counts_what_it_could_not_send_until_the_deadline(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_TWO("", "", "", "", ""), NULL);
	flow_rig_kill(&R, FLOW_A);
	for (int i = 0; i < 10; i++)
		assert_int_equal(flow_rig_export(&R, 2).grpc, TEL__GRPC_OK);
	flow_rig_pass(&R, SECOND / 10);
	flow_rig_drain(&R, 5 * SECOND);
	flow_rig_pass(&R, 6 * SECOND);
	assert_true(R.drained);
	assert_int_equal(R.unsent, 20);
	assert_int_equal(R.backends[FLOW_B].points, 20);
	assert_true(value("telemetry_exporter_dropped_points_total", "reason=\"shutdown\"") == 20);
	balance_both();
}

static void drain_at_once_without_anything_to_send_ends_at_once(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_ONE("", "", ""), NULL);
	tel_flow_drain(R.flow, 0, NULL, NULL);
	flow_rig_pass(&R, SECOND / 10);
	tel_flow_drain(R.flow, 0, NULL, NULL); /* a second call does nothing */
}

static void drain_closes_the_door_and_answers_who_is_inside(void **state)
{
	(void)state;
	static otlp_answer parked, late;
	tel_buf *body = otlp_points("s", 2);
	tel_slice bytes = tel_buf_get(body);
	flow_rig_start(&R, FLOW_ONE(BLOCKING, "", ""), NULL);
	R.backends[FLOW_A].hold = true;
	assert_int_equal(flow_rig_export(&R, 1).grpc, TEL__GRPC_OK);
	otlp_export_start(&R.client, OTLP_METHOD, NULL, &bytes, 0, &parked);
	flow_rig_pass(&R, SECOND / 10);
	flow_rig_drain(&R, 4 * SECOND);
	otlp_post_start(&R.client, "/v1/metrics", "application/x-protobuf", NULL, &bytes, &late);
	flow_rig_pass(&R, SECOND / 2);
	assert_int_equal(late.err, TEL_ERR_TRANSPORT);
	assert_int_equal(parked.calls, 0); /* a quarter of the time is for slow answers */
	flow_rig_pass(&R, SECOND);
	assert_int_equal(parked.calls, 1);
	assert_int_equal(parked.grpc, TEL__GRPC_UNAVAILABLE);
	assert_string_equal(parked.message, "the server is stopping");
	assert_true(value(REFUSED, "stopping") == 2);
	flow_rig_release(&R, FLOW_A, NULL);
	flow_rig_pass(&R, SECOND);
	assert_true(R.drained);
	assert_int_equal(R.unsent, 0);
	tel_buf_unref(body);
}

static void flow_may_be_freed_with_requests_everywhere(void **state)
{
	(void)state;
	static otlp_answer waiting[3];
	tel_buf *body = otlp_points("s", 2);
	tel_slice bytes = tel_buf_get(body);
	flow_rig_start(&R, FLOW_TWO(BLOCKING, NO_QUEUE, "test: {action: drop_random}", "test", ""), NULL);
	R.backends[FLOW_A].hold = R.backends[FLOW_B].hold = true;
	for (int i = 0; i < 3; i++)
		otlp_export_start(&R.client, OTLP_METHOD, NULL, &bytes, 0, &waiting[i]);
	flow_rig_pass(&R, SECOND / 10);
	tel_flow_free(R.flow);
	R.flow = NULL;
	for (int i = 0; i < 3; i++)
		otlp_wait(&R.client, &waiting[i]);
	tel_buf_unref(body); /* leaks are found in tear_down */
}

static void flow_may_be_freed_while_it_drains(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_ONE("", "", ""), NULL);
	flow_rig_kill(&R, FLOW_A);
	assert_int_equal(flow_rig_export(&R, 2).grpc, TEL__GRPC_OK);
	flow_rig_drain(&R, 100 * SECOND);
	flow_rig_pass(&R, SECOND);
	assert_false(R.drained);
	tel_flow_free(R.flow);
	R.flow = NULL;
	assert_ok(tel_ctx_run_until_idle(R.ctx, SECOND)); /* nothing counts as busy any more */
	assert_false(R.drained);
}

/* ---- anything, by seed ---- */

static uint64_t random_state;

static unsigned pick(unsigned below)
{
	random_state = random_state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)((random_state >> 33) % below);
}

static void disturb(flow_backend *b)
{
	static const tel_verdict verdicts[] = { TEL_VERDICT_OK, TEL_VERDICT_OK, TEL_VERDICT_RETRY, TEL_VERDICT_PERMANENT,
		                                    TEL_VERDICT_ABORT };
	b->outcome = (tel_outcome)TEL_OUTCOME_INIT;
	b->outcome.verdict = verdicts[pick(5)];
	b->outcome.message = TEL_SLICE_LIT("by chance");
	if (b->outcome.verdict == TEL_VERDICT_OK)
		b->outcome.rejected_points = pick(2); /* every request has at least one point */
}

/* Points that clients were told are taken. */
static uint64_t send_one(void)
{
	unsigned count = 1 + pick(20);
	otlp_answer a = pick(2) ? flow_rig_post(&R, count) : flow_rig_export(&R, count);

	assert_true(a.err == TEL_OK);
	return a.status == 200 || (a.status == 0 && a.grpc == 0) ? count : 0;
}

static void check_backend(unsigned i, const char *exporter)
{
	flow_rig_read(&R);
	double sent = flow_rig_value(&R, "otelcol_exporter_sent_metric_points_total", exporter);
	double rejected = flow_rig_value(&R, "telemetry_exporter_rejected_points_total", exporter);
	if ((double)R.backends[i].points != (sent < 0 ? 0 : sent) - rejected)
		fail_msg("%s: sent %g, rejected %g, arrived %llu", exporter, sent, rejected,
		         (unsigned long long)R.backends[i].points);
}

static void disturbed_run(uint64_t seed)
{
	uint64_t acknowledged = 0;

	random_state = seed;
	flow_rig_start(&R, FLOW_TWO("queue_size: 5, num_consumers: 2", "sizer: items, queue_size: 100, num_consumers: 3",
	                            "test/a: {action: drop_random}, test/b: {action: double}, "
	                            "batch: {send_batch_size: 30, send_batch_max_size: 40, timeout: 300ms}",
	                            "test/a, batch", "test/b"), NULL);
	for (int step = 0; step < 150; step++) {
		if (pick(5) == 0)
			disturb(&R.backends[pick(2)]);
		acknowledged += send_one();
		if (pick(3) == 0)
			flow_rig_pass(&R, pick(2) * SECOND + SECOND / 50);
		balance_both();
	}
	assert_true(value("otelcol_receiver_accepted_metric_points_total", "") == (double)acknowledged);
	assert_true(flow_rig_value(&R, "otelcol_receiver_refused_metric_points_total", "") ==
	            flow_rig_value(&R, REFUSED, ""));
	R.backends[FLOW_A].outcome = R.backends[FLOW_B].outcome = (tel_outcome)TEL_OUTCOME_INIT;
	flow_rig_drain(&R, 60 * SECOND);
	flow_rig_pass(&R, 30 * SECOND);
	assert_true(R.drained);
	assert_int_equal(R.unsent, 0);
	balance_both();
	check_backend(FLOW_A, EXPORTER_A);
	check_backend(FLOW_B, EXPORTER_B);
	print_message("# seed %llu: %g accepted, %g refused, %g isolated, %g dropped, %g rejected, %g retries\n",
	              (unsigned long long)seed, (double)acknowledged, flow_rig_value(&R, REFUSED, ""),
	              flow_rig_value(&R, "telemetry_exporter_isolated_points_total", ""),
	              flow_rig_value(&R, "telemetry_exporter_dropped_points_total", ""),
	              flow_rig_value(&R, "telemetry_exporter_rejected_points_total", ""),
	              flow_rig_value(&R, "telemetry_exporter_retries_total", ""));
}

static void ledger_is_exact_however_backends_behave(void **state)
{
	for (uint64_t seed = 1; seed <= 8; seed++) {
		disturbed_run(seed);
		tear_down(state);
		set_up(state);
	}
}

/* ---- start ---- */

static void component_that_cannot_run_is_an_error_and_nothing_stays_open(void **state)
{
	(void)state;
	tel_error err = TEL_ERROR_INIT;
	char text[1024];
	snprintf(text, sizeof(text), "receivers: {otlp: {protocols: {http: {endpoint: '127.0.0.1:%s'}}}}\n"
	         "exporters: {nop: {}}\nservice: {telemetry: {metrics: {level: none}}, "
	         "pipelines: {metrics: {receivers: [otlp], exporters: [nop]}}}\n", R.backends[FLOW_A].port);
	assert_err(flow_rig_try(&R, text, NULL, &err), TEL_ERR_IO);
	assert_true(strstr(err.msg, R.backends[FLOW_A].port) != NULL);
	assert_null(R.flow);
}

static void limiter_sets_the_budget_and_refuses_by_it(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_ONE("", "memory_limiter: {check_interval: 1s, limit_mib: 4000, spike_limit_mib: 8}",
	                            "memory_limiter"), NULL);
	tel__budget_stats stats;
	assert_int_equal(flow_rig_export(&R, 3).grpc, TEL__GRPC_OK); /* the connection costs, too */
	flow_rig_pass(&R, SECOND / 10);
	tel__budget_get(tel__ctx_budget(R.ctx), &stats);
	assert_true(stats.limit > 0 && stats.limit < (size_t)4000 << 20);
	assert_true(value("telemetry_memory_budget_limit_bytes", "") == (double)stats.limit);
	tel__budget_force(tel__ctx_budget(R.ctx), stats.limit - stats.reserved - 2000);
	otlp_answer a = flow_rig_export(&R, 3);
	assert_int_equal(a.grpc, TEL__GRPC_UNAVAILABLE);
	assert_string_equal(a.message, "data refused due to high memory usage");
	assert_true(value(REFUSED, "processor") == 3);
	assert_true(value("otelcol_processor_refused_metric_points_total", "memory_limiter") == 3);
	tel__budget_release(tel__ctx_budget(R.ctx), stats.limit - stats.reserved - 2000);
	assert_int_equal(flow_rig_export(&R, 3).grpc, TEL__GRPC_OK);
	flow_rig_pass(&R, SECOND / 10);
	flow_rig_balance(&R, "metrics/a", EXPORTER_A);
}

static void get_page(unsigned port, const char *path, otlp_answer *a)
{
	R.client.http_port = port;
	tel_slice none = { NULL, 0 };
	otlp_post_start(&R.client, path, "text/plain", NULL, &none, a);
	otlp_wait(&R.client, a);
}

static void health_and_own_metrics_have_their_ports(void **state)
{
	(void)state;
	otlp_answer a;
	flow_rig_start(&R, FLOW_RECEIVER
	               "exporters: {nop: {}}\n"
	               "extensions: {health_check: {endpoint: '127.0.0.1:0'}}\n"
	               "service:\n"
	               "  extensions: [health_check]\n"
	               "  telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: 0}}}}]}}\n"
	               "  pipelines: {metrics: {receivers: [otlp], exporters: [nop]}}\n", NULL);
	unsigned health = tel_flow_port(R.flow, TEL_SLICE_LIT("health")),
	         metrics = tel_flow_port(R.flow, TEL_SLICE_LIT("metrics"));
	assert_true(health && metrics && health != metrics);
	assert_int_equal(tel_flow_port(R.flow, TEL_SLICE_LIT("pages")), 0);
	get_page(health, "/any/path", &a); /* with any method, as the Collector */
	assert_int_equal(a.status, 200);
	assert_true(strstr(a.body, "{\"status\":\"Server available\",\"upSince\":\"2023-") == a.body);
	/* A budget that the queue has used up: a probe that fails now would cost the queue. */
	tel__budget_set_limit(tel__ctx_budget(R.ctx), 1);
	get_page(metrics, "/metrics", &a);
	assert_int_equal(a.status, 405);
	flow_rig_drain(&R, 100 * SECOND);
	get_page(health, "/", &a);
	assert_true(a.err || a.status == 503); /* not ready from the moment that shutdown begins */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(request_reaches_every_backend),
		TEST(grpc_exporter_reaches_a_grpc_backend),
		TEST(branches_see_only_their_own_processors),
		TEST(request_with_nothing_left_is_success),
		TEST(batch_is_folded_behind_the_queue),
		TEST(full_queue_of_one_pipeline_costs_the_other_nothing),
		TEST(option_fanout_all_refuses_when_one_queue_is_full),
		TEST(option_fanout_all_refuses_for_good_what_one_queue_can_never_take),
		TEST(request_that_no_queue_takes_is_refused_retryably),
		TEST(element_above_the_capacity_is_refused_for_good),
		TEST(parked_request_goes_on_when_there_is_room),
		TEST(parked_request_whose_client_left_is_given_up),
		TEST(without_a_queue_the_backends_verdict_travels_back),
		TEST(without_a_queue_the_answer_waits_for_the_backend),
		TEST(without_a_queue_one_backend_that_took_it_is_enough),
		TEST(permanent_failure_decides_before_a_retryable_one),
		TEST(processor_that_refuses_is_told_retryably),
		TEST(processor_that_rejects_is_told_for_good),
		TEST(dead_backend_keeps_its_data_and_gets_it_later),
		TEST(what_a_backend_rejects_is_counted_as_rejected_and_sent),
		TEST(permanent_refusal_of_a_queued_batch_is_counted_as_dropped),
		TEST(full_queue_beside_a_blocked_one_is_counted_once),
		TEST(queue_too_small_for_all_pipelines_at_once_takes_their_request),
		TEST(what_a_client_is_not_told_of_is_dropped_with_a_reason),
		TEST(drain_sends_everything_before_it_is_done),
		TEST(drain_counts_what_it_could_not_send_until_the_deadline),
		TEST(drain_at_once_without_anything_to_send_ends_at_once),
		TEST(drain_closes_the_door_and_answers_who_is_inside),
		TEST(flow_may_be_freed_with_requests_everywhere),
		TEST(flow_may_be_freed_while_it_drains),
		TEST(ledger_is_exact_however_backends_behave),
		TEST(component_that_cannot_run_is_an_error_and_nothing_stays_open),
		TEST(limiter_sets_the_budget_and_refuses_by_it),
		TEST(health_and_own_metrics_have_their_ports),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
