/* SPDX-License-Identifier: Apache-2.0 */
/* A reload by difference: what is told the same goes on untouched, nothing that was accepted is lost, nobody is refused. */
#include "flow/flow_rig.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/slice_i.h"
#include "net/grpc_server.h"
#include "net/renewals.h"

#define SECOND 1000000000ull
#define EXPORTER_A "exporter=\"otlp_http/a\""
#define EXPORTER_B "exporter=\"otlp_http/b\""
#define SENT "otelcol_exporter_sent_metric_points_total"
#define QUEUED "telemetry_exporter_queue_points"
#define DROPPED "telemetry_exporter_dropped_points_total"
#define PIPELINE "telemetry_pipeline_points_total"

static flow_rig R;

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

#define assert_value(family, label, wanted) assert_near(family, label, wanted, __LINE__)
static void assert_near(const char *family, const char *label, double wanted, int line)
{
	double is = value(family, label);

	if (is != wanted)
		fail_msg("line %d: %s{%s} is %g, not %g", line, family, label, is, wanted);
}

static void post(unsigned requests, unsigned points)
{
	for (unsigned i = 0; i < requests; i++)
		assert_int_equal(flow_rig_post(&R, points).status, 200);
}

/* One exporter with the endpoint of a backend and further keys. */
#define TO(port, more) \
	FLOW_RECEIVER "exporters: {otlp_http/a: {endpoint: 'http://127.0.0.1:${env:" port "}', compression: none, " FLOW_RETRY more "}}\n" \
	"service: {telemetry: {metrics: {level: none}}, pipelines: {metrics/a: {receivers: [otlp], exporters: [otlp_http/a]}}}\n"
#define ONE_CONSUMER ", sending_queue: {num_consumers: 1, queue_size: 50}"

/* ---- exporters ---- */

static void same_configuration_changes_nothing(void **state)
{
	(void)state;
	flow_rig_start(&R, TO("A", ""), NULL);
	post(2, 3);
	flow_rig_must_reload(&R, TO("A", ""));
	post(2, 3);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(R.backends[FLOW_A].points, 12);
	assert_value("telemetry_receiver_connections_accepted_total", "transport=\"http\"", 1); /* the client's has lived on */
	assert_value("telemetry_config_generation", "", 2);
	assert_value("telemetry_config_reloads_total", "result=\"success\"", 1);
	flow_rig_balance(&R, "metrics/a", EXPORTER_A);
}

static void renewed_credentials_are_counted_by_component_across_reloads(void **state)
{
	static const tel_slice otlp = { "otlp", 4 };
	(void)state;
	flow_rig_start(&R, TO("A", ""), NULL);
	tel__renewal_note(R.ctx, otlp, TEL__RENEWAL_TLS, false, false, false);
	tel__renewal_note(R.ctx, otlp, TEL__RENEWAL_TLS, false, false, true);
	assert_value("telemetry_credential_reloads_total", "result=\"failure\"", 2);
	assert_value("telemetry_credential_stale", "component=\"otlp\",kind=\"tls\"", 1);
	flow_rig_must_reload(&R, TO("B", ""));
	tel__renewal_note(R.ctx, otlp, TEL__RENEWAL_TLS, true, true, true);
	assert_value("telemetry_credential_reloads_total", "result=\"failure\"", 2);
	assert_value("telemetry_credential_reloads_total", "result=\"success\"", 1);
	assert_value("telemetry_credential_stale", "component=\"otlp\",kind=\"tls\"", 0);
}

static void new_endpoint_gets_the_queue_and_the_counters_go_on(void **state)
{
	(void)state;
	R.backends[FLOW_A].hold = true;
	flow_rig_start(&R, TO("A", ONE_CONSUMER), NULL);
	post(5, 2);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(R.backends[FLOW_A].held_count, 1);
	flow_rig_must_reload(&R, TO("B", ", headers: {x: y}, sending_queue: {num_consumers: 2, queue_size: 50}"));
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(R.backends[FLOW_B].points, 8);
	assert_value(QUEUED, EXPORTER_A, 2); /* what is at the old one may still be taken there */
	flow_rig_release(&R, FLOW_A, NULL);
	flow_rig_pass(&R, SECOND / 5);
	assert_value(SENT, EXPORTER_A, 10);
	post(1, 7);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(R.backends[FLOW_B].points, 15);
	flow_rig_balance(&R, "metrics/a", EXPORTER_A);
}

static void dead_endpoint_is_replaced_without_waiting(void **state)
{
	(void)state;
	flow_rig_kill(&R, FLOW_A);
	flow_rig_start(&R, TO("A", ""), NULL);
	post(5, 2);
	flow_rig_pass(&R, 5 * SECOND);
	flow_rig_must_reload(&R, TO("B", ""));
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(R.backends[FLOW_B].points, 10);
	flow_rig_balance(&R, "metrics/a", EXPORTER_A);
}

static void smaller_queue_keeps_what_it_holds(void **state)
{
	(void)state;
	R.backends[FLOW_A].hold = true;
	flow_rig_start(&R, TO("A", ONE_CONSUMER), NULL);
	post(5, 1);
	flow_rig_must_reload(&R, TO("A", ", sending_queue: {num_consumers: 1, queue_size: 2}"));
	assert_value("otelcol_exporter_queue_capacity", EXPORTER_A, 2);
	assert_value("otelcol_exporter_queue_size", EXPORTER_A, 5);
	assert_int_equal(flow_rig_post(&R, 1).status, 503);
	R.backends[FLOW_A].hold = false;
	flow_rig_release(&R, FLOW_A, NULL);
	flow_rig_pass(&R, SECOND / 5);
	post(1, 1);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(R.backends[FLOW_A].points, 6);
	flow_rig_balance(&R, "metrics/a", EXPORTER_A);
}

static void removed_exporter_is_sent_in_the_background_and_stays_in_the_sum(void **state)
{
	(void)state;
	R.backends[FLOW_B].hold = true;
	flow_rig_start(&R, FLOW_TWO("", "", "", "", ""), NULL);
	post(3, 2);
	flow_rig_pass(&R, SECOND / 5);
	flow_rig_must_reload(&R, FLOW_ONE("", "", ""));
	post(1, 1);
	assert_value(QUEUED, EXPORTER_B, 6);
	flow_rig_release(&R, FLOW_B, NULL);
	flow_rig_pass(&R, SECOND / 5);
	assert_value(QUEUED, EXPORTER_B, -1); /* gone, and counted with those that are gone */
	assert_value(QUEUED, "exporter=\"(removed)\"", 0);
	assert_value(DROPPED, "exporter=\"(removed)\"", 0);
	assert_value(PIPELINE, "event=\"outgoing\",otel_scope_name=\"telemetry\",otel_scope_schema_url=\"\","
	             "otel_scope_version=\"\",pipeline=\"(removed)\"", 6);
	assert_int_equal(R.backends[FLOW_A].points, 7);
	flow_rig_balance(&R, "metrics/a", EXPORTER_A);
}

static void removed_exporter_that_cannot_send_ends_at_its_deadline_with_a_reason(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_TWO("", "", "", "", ""), NULL);
	flow_rig_kill(&R, FLOW_B);
	post(3, 2);
	flow_rig_must_reload(&R, FLOW_ONE("", "", ""));
	flow_rig_pass(&R, 10 * SECOND);
	assert_value(QUEUED, EXPORTER_B, 6);
	flow_rig_pass(&R, 20 * SECOND);
	assert_value(DROPPED, "exporter=\"(removed)\",otel_scope_name=\"telemetry\",otel_scope_schema_url=\"\","
	             "otel_scope_version=\"\",reason=\"shutdown\"", 6);
}

static void exporter_that_comes_back_finds_its_queue(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_TWO("", "", "", "", ""), NULL);
	R.backends[FLOW_B].outcome.verdict = TEL_VERDICT_RETRY;
	post(3, 2);
	flow_rig_pass(&R, SECOND);
	flow_rig_must_reload(&R, FLOW_ONE("", "", ""));
	flow_rig_pass(&R, 3 * SECOND);
	flow_rig_must_reload(&R, FLOW_TWO("", "", "", "", ""));
	R.backends[FLOW_B].outcome.verdict = TEL_VERDICT_OK;
	post(1, 1);
	flow_rig_pass(&R, 40 * SECOND);
	assert_int_equal(R.backends[FLOW_B].points, 7);
	assert_value(SENT, EXPORTER_B, 7);
	assert_value(DROPPED, EXPORTER_B, 0);
}

static void added_exporter_gets_what_comes_from_now_on(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_ONE("", "", ""), NULL);
	post(1, 2);
	flow_rig_must_reload(&R, FLOW_TWO("", "", "", "", ""));
	post(1, 3);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(R.backends[FLOW_A].points, 5);
	assert_int_equal(R.backends[FLOW_B].points, 3);
	flow_rig_balance(&R, "metrics/b", EXPORTER_B);
}

static void exporter_that_gets_a_queue_answers_those_who_wait_and_counts_on(void **state)
{
	static otlp_answer waiting;
	tel_buf *body = otlp_points("s", 4);
	tel_slice bytes = tel_buf_get(body);

	(void)state;
	R.backends[FLOW_A].hold = true;
	flow_rig_start(&R, TO("A", ", sending_queue: {enabled: false}"), NULL);
	memset(&waiting, 0, sizeof(waiting));
	otlp_post_start(&R.client, "/v1/metrics", "application/x-protobuf", NULL, &bytes, &waiting);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(waiting.calls, 0);
	flow_rig_must_reload(&R, TO("A", ""));
	flow_rig_pass(&R, SECOND / 5);
	post(1, 1); /* is answered although the backend holds it */
	flow_rig_release(&R, FLOW_A, NULL);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(waiting.status, 200);
	flow_rig_release(&R, FLOW_A, NULL);
	flow_rig_pass(&R, SECOND / 5);
	assert_value(SENT, EXPORTER_A, 5); /* of both senders that have had the id */
	flow_rig_balance(&R, "metrics/a", EXPORTER_A);
	tel_buf_unref(body);
}

/* ---- groups and processors ---- */

static void batch_of_a_pipeline_that_is_no_more_is_sent_at_once(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_ONE("", "batch: {send_batch_size: 1000, timeout: 60s}", "batch"), NULL);
	post(3, 4);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(R.backends[FLOW_A].requests, 0);
	flow_rig_must_reload(&R, FLOW_RECEIVER "exporters:\n" FLOW_EXPORTER("a", "A", "")
	                     "processors: {batch: {send_batch_size: 1000, timeout: 60s}}\n"
	                     "service:\n  telemetry: {metrics: {level: none}}\n"
	                     "  pipelines: {metrics/other: {receivers: [otlp], processors: [batch], exporters: [otlp_http/a]}}\n");
	post(1, 5);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(R.backends[FLOW_A].requests, 1);
	assert_int_equal(R.backends[FLOW_A].points, 12);
	flow_rig_pass(&R, 61 * SECOND);
	assert_int_equal(R.backends[FLOW_A].points, 17);
	assert_value(SENT, EXPORTER_A, 17);
}

static void processors_and_batches_count_on(void **state)
{
#define MEASURED(size, pipelines) \
	FLOW_RECEIVER "exporters:\n" FLOW_EXPORTER("a", "A", "") FLOW_EXPORTER("b", "B", "") \
	"processors: {test: {action: keep_one}, batch: {send_batch_size: " size ", timeout: 1s}}\n" \
	"service: {telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: 127.0.0.1, port: 0}}}}]}}, pipelines: {" \
	pipelines "metrics/a: {receivers: [otlp], processors: [test, batch], exporters: [otlp_http/a]}}}\n"
	static const char *const texts[] = {
		MEASURED("2", "metrics/b: {receivers: [otlp], processors: [batch], exporters: [otlp_http/b]}, "), MEASURED("3", ""),
	};

	(void)state;
	flow_rig_start(&R, texts[0], NULL);
	post(4, 5);
	flow_rig_pass(&R, 3 * SECOND);
	assert_value("otelcol_processor_incoming_items_total", "processor=\"test\"", 20);
	assert_value("otelcol_processor_batch_batch_send_size_sum", "", 24);
	flow_rig_must_reload(&R, texts[1]);
	assert_value("otelcol_processor_incoming_items_total", "processor=\"test\"", 20);
	assert_value("otelcol_processor_batch_batch_send_size_sum", "", 24);
	post(1, 5);
	flow_rig_pass(&R, 3 * SECOND);
	assert_value("otelcol_processor_incoming_items_total", "processor=\"test\"", 25);
	assert_value("otelcol_processor_outgoing_items_total", "processor=\"test\"", 5);
	assert_value("otelcol_processor_batch_batch_send_size_sum", "", 25);
	flow_rig_balance(&R, "metrics/a", EXPORTER_A);
}

static void memory_limit_changes_with_the_limiter(void **state)
{
	double first, second;

	(void)state;
	flow_rig_start(&R, FLOW_ONE("", "memory_limiter: {check_interval: 1s, limit_mib: 100}", "memory_limiter"), NULL);
	first = value("telemetry_memory_budget_limit_bytes", "");
	flow_rig_must_reload(&R, FLOW_ONE("", "memory_limiter: {check_interval: 1s, limit_mib: 200}", "memory_limiter"));
	second = value("telemetry_memory_budget_limit_bytes", "");
	assert_true(first > 0);
	assert_true(second == first + 100 * 1048576.0); /* whatever is in the queues now: the baseline is that of the start */
	post(1, 1);
	assert_value("otelcol_processor_accepted_metric_points_total", "processor=\"memory_limiter\"", 1);
}

/* ---- receivers ---- */

#define LISTEN(http, more) "receivers: {otlp: {protocols: {http: {endpoint: '127.0.0.1:" http "'" more "}}}}\n" \
	"exporters: {otlp_http/a: {endpoint: 'http://127.0.0.1:${env:A}', compression: none}}\n" \
	"service: {telemetry: {metrics: {level: none}}, pipelines: {metrics/a: {receivers: [otlp], exporters: [otlp_http/a]}}}\n"

static void changed_limit_holds_for_new_connections_and_the_old_one_is_served_once_more(void **state)
{
	unsigned port;

	(void)state;
	flow_rig_start(&R, LISTEN("0", ""), NULL);
	port = tel_flow_port(R.flow, TEL_SLICE_LIT("otlp/http"));
	post(1, 50);
	flow_rig_must_reload(&R, LISTEN("0", ", max_request_body_size: 100"));
	assert_int_equal(tel_flow_port(R.flow, TEL_SLICE_LIT("otlp/http")), port);
	post(1, 50); /* by the connection that it has */
	assert_int_equal(flow_rig_post(&R, 50).status, 413);
	assert_value("telemetry_receiver_connections_accepted_total", "receiver=\"otlp\"", 2);
	assert_value("otelcol_receiver_accepted_metric_points_total", "receiver=\"otlp\"", 100);
	flow_rig_pass(&R, SECOND / 5);
	assert_value("otelcol_receiver_accepted_metric_points_total", "receiver=\"otlp\"", 100); /* also when the old one has gone */
}

static void other_port_is_open_before_the_old_one_closes_and_requests_inside_are_answered(void **state)
{
	static otlp_answer inside;
	tel_buf *body = otlp_points("s", 4);
	tel_slice bytes = tel_buf_get(body);
	unsigned old_port, free_port = 20000;
	char text[1024];

	(void)state;
	R.backends[FLOW_A].hold = true;
	snprintf(text, sizeof(text), LISTEN("%s", ""), "0");
	flow_rig_start(&R, "receivers: {otlp: {protocols: {http: {endpoint: '127.0.0.1:0'}}}}\n"
	               "exporters: {otlp_http/a: {endpoint: 'http://127.0.0.1:${env:A}', compression: none, sending_queue: {enabled: false}}}\n"
	               "service: {telemetry: {metrics: {level: none}}, pipelines: {metrics/a: {receivers: [otlp], exporters: [otlp_http/a]}}}\n",
	               NULL);
	old_port = tel_flow_port(R.flow, TEL_SLICE_LIT("otlp/http"));
	memset(&inside, 0, sizeof(inside));
	otlp_post_start(&R.client, "/v1/metrics", "application/x-protobuf", NULL, &bytes, &inside);
	flow_rig_pass(&R, SECOND / 5);
	do /* ports of other programs are in use */
		snprintf(text, sizeof(text), "receivers: {otlp: {protocols: {http: {endpoint: '127.0.0.1:%u'}}}}\n"
		         "exporters: {otlp_http/a: {endpoint: 'http://127.0.0.1:${env:A}', compression: none, sending_queue: {enabled: false}}}\n"
		         "service: {telemetry: {metrics: {level: none}}, pipelines: {metrics/a: {receivers: [otlp], exporters: [otlp_http/a]}}}\n",
		         ++free_port);
	while (free_port == old_port || flow_rig_reload(&R, text, NULL));
	assert_int_equal(tel_flow_port(R.flow, TEL_SLICE_LIT("otlp/http")), free_port);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(inside.calls, 0);
	flow_rig_release(&R, FLOW_A, NULL);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(inside.status, 200);
	R.backends[FLOW_A].hold = false;
	flow_rig_dial(&R);
	post(1, 3);
	assert_value("otelcol_receiver_accepted_metric_points_total", "receiver=\"otlp\"", 7);
	tel_buf_unref(body);
}

static void removed_receiver_ends_with_its_requests_through_its_own_pipeline(void **state)
{
	static otlp_answer inside;
	tel_buf *body = otlp_points("s", 4);
	tel_slice bytes = tel_buf_get(body);

	(void)state;
	R.backends[FLOW_B].hold = true;
	flow_rig_start(&R, "receivers: {otlp: {protocols: {http: {endpoint: '127.0.0.1:0'}}}, "
	               "otlp/two: {protocols: {http: {endpoint: '127.0.0.1:0'}}}}\n"
	               "exporters:\n" FLOW_EXPORTER("a", "A", "") FLOW_EXPORTER("b", "B", "enabled: false")
	               "service: {telemetry: {metrics: {level: none}}, pipelines: {metrics/b: {receivers: [otlp], exporters: [otlp_http/b]}, "
	               "metrics/a: {receivers: [otlp/two], exporters: [otlp_http/a]}}}\n", NULL);
	memset(&inside, 0, sizeof(inside));
	otlp_post_start(&R.client, "/v1/metrics", "application/x-protobuf", NULL, &bytes, &inside);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(R.backends[FLOW_B].held_count, 1);
	flow_rig_must_reload(&R, "receivers: {otlp/two: {protocols: {http: {endpoint: '127.0.0.1:0'}}}}\n"
	                     "exporters:\n" FLOW_EXPORTER("a", "A", "")
	                     "service: {telemetry: {metrics: {level: none}}, pipelines: {"
	                     "metrics/a: {receivers: [otlp/two], exporters: [otlp_http/a]}}}\n");
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(inside.calls, 0);
	flow_rig_release(&R, FLOW_B, NULL);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(inside.status, 200);
	flow_rig_pass(&R, 30 * SECOND);
	assert_value(QUEUED, EXPORTER_B, -1);
	assert_value(PIPELINE, "pipeline=\"metrics/b\"", -1);
	tel_buf_unref(body);
}

/* ---- authenticators ---- */

#define GATE(token) \
	"extensions: {bearertokenauth: {token: " token "}}\n" \
	"receivers: {otlp: {protocols: {http: {endpoint: '127.0.0.1:0', auth: {authenticator: bearertokenauth}}}}}\n" \
	"exporters: {otlp_http/a: {endpoint: 'http://127.0.0.1:${env:A}', compression: none}}\n" \
	"service: {extensions: [bearertokenauth], telemetry: {metrics: {level: none}}, pipelines: {metrics/a: {receivers: [otlp], " \
	"exporters: [otlp_http/a]}}}\n"

static unsigned post_with(const char *token)
{
	R.client.extra[0] = (tel__http_header){ TEL_SLICE_LIT("authorization"), tel__slice_str(token) };
	R.client.extra_count = 1;
	return flow_rig_post(&R, 1).status;
}

static void changed_token_is_asked_for_on_the_same_port(void **state)
{
	unsigned port;

	(void)state;
	flow_rig_start(&R, GATE("one"), NULL);
	port = tel_flow_port(R.flow, TEL_SLICE_LIT("otlp/http"));
	assert_int_equal(post_with("Bearer one"), 200);
	flow_rig_must_reload(&R, GATE("one")); /* the same authenticator: the receiver stays */
	assert_int_equal(post_with("Bearer one"), 200);
	assert_value("telemetry_receiver_connections_accepted_total", "receiver=\"otlp\"", 1);
	flow_rig_must_reload(&R, GATE("two"));
	assert_int_equal(tel_flow_port(R.flow, TEL_SLICE_LIT("otlp/http")), port);
	flow_rig_dial(&R);
	assert_int_equal(post_with("Bearer one"), 401);
	assert_int_equal(post_with("Bearer two"), 200);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(R.backends[FLOW_A].points, 3);
}

static void exporter_signs_with_what_its_authenticator_is_told_now(void **state)
{
	static const char text[] =
		"extensions: {bearertokenauth: {token: %s}}\n" FLOW_RECEIVER
		"exporters: {otlp_http/a: {endpoint: 'http://127.0.0.1:%u', compression: none, auth: {authenticator: bearertokenauth}, "
		FLOW_RETRY "}}\n"
		"service: {extensions: [bearertokenauth], telemetry: {metrics: {level: none}}, pipelines: {metrics/a: {receivers: [otlp], "
		"exporters: [otlp_http/a]}}}\n";
	tel_config *config;
	tel_flow *guard;
	char full[2048];
	unsigned port;

	(void)state;
	config = flow_rig_load(&R, GATE("new"));
	assert_ok(tel_flow_new(R.ctx, config, NULL, &guard, NULL));
	tel_config_free(config);
	port = tel_flow_port(guard, TEL_SLICE_LIT("otlp/http"));
	snprintf(full, sizeof(full), text, "old", port);
	flow_rig_start(&R, full, NULL);
	post(1, 2);
	flow_rig_pass(&R, SECOND);
	assert_int_equal(R.backends[FLOW_A].points, 0);
	assert_value(DROPPED, "reason=\"permanent\"", 2);
	snprintf(full, sizeof(full), text, "new", port);
	flow_rig_must_reload(&R, full);
	post(1, 3);
	flow_rig_pass(&R, SECOND);
	assert_int_equal(R.backends[FLOW_A].points, 3);
	flow_rig_balance(&R, "metrics/a", EXPORTER_A);
	tel_flow_free(guard);
}

/* ---- endpoints of our own ---- */

#define ENDPOINTS(health, host, flags) \
	FLOW_RECEIVER "exporters: {otlp_http/a: {endpoint: 'http://127.0.0.1:${env:A}', compression: none}}\n" \
	"extensions: {health_check: {endpoint: '127.0.0.1:0', response_body: {healthy: '" health "'}}}\n" \
	"service: {extensions: [health_check], telemetry: {metrics: {readers: [{pull: {exporter: {prometheus: {host: '" host "', port: 0" \
	flags "}}}}]}}, pipelines: {metrics/a: {receivers: [otlp], exporters: [otlp_http/a]}}}\n"

static void health_and_metrics_stay_where_they_are(void **state)
{
	unsigned health, metrics;

	(void)state;
	flow_rig_start(&R, ENDPOINTS("one", "127.0.0.1", ""), NULL);
	health = tel_flow_port(R.flow, TEL_SLICE_LIT("health"));
	metrics = tel_flow_port(R.flow, TEL_SLICE_LIT("metrics"));
	flow_rig_must_reload(&R, ENDPOINTS("two", "127.0.0.1", ", without_units: true"));
	assert_int_equal(tel_flow_port(R.flow, TEL_SLICE_LIT("health")), health);
	assert_int_equal(tel_flow_port(R.flow, TEL_SLICE_LIT("metrics")), metrics);
	flow_rig_pass(&R, SECOND / 5);
	flow_rig_must_reload(&R, ENDPOINTS("two", "127.0.0.1", ", without_units: true"));
	assert_int_equal(tel_flow_port(R.flow, TEL_SLICE_LIT("health")), health);
	flow_rig_must_reload(&R, FLOW_ONE("", "", ""));
	assert_int_equal(tel_flow_port(R.flow, TEL_SLICE_LIT("health")), 0);
	assert_int_equal(tel_flow_port(R.flow, TEL_SLICE_LIT("metrics")), 0);
}

/* ---- what fails ---- */

#define BAD_EXPORTER \
	FLOW_RECEIVER "exporters: {otlp_http/a: {endpoint: 'https://127.0.0.1:${env:B}', tls: {ca_file: /none}}}\n" \
	"service: {telemetry: {metrics: {level: none}}, pipelines: {metrics/a: {receivers: [otlp], exporters: [otlp_http/a]}}}\n"

static void refused_reload_leaves_everything_as_it_was(void **state)
{
	static const struct {
		const char *text, *why;
		tel_err err;
	} bad[] = {
		{ BAD_EXPORTER, "failed to start \"otlp_http/a\" exporter: failed to load", TEL_ERR_CONFIG },
		{ FLOW_RECEIVER "exporters: {otlp_http/a: {endpoint: 'http://127.0.0.1:${env:B}', sending_queue: {storage: x}}}\n"
		  "service: {pipelines: {metrics/a: {receivers: [otlp], exporters: [otlp_http/a]}}}\n",
		  "failed to start \"otlp_http/a\" exporter: no storage client extension found", TEL_ERR_UNSUPPORTED },
		{ "receivers: {otlp: {protocols: {http: {endpoint: '127.0.0.1:0', tls: {cert_file: /none, key_file: /none}}}}}\n"
		  "exporters: {otlp_http/a: {endpoint: 'http://127.0.0.1:${env:B}'}}\n"
		  "service: {telemetry: {metrics: {level: none}}, pipelines: {metrics/a: {receivers: [otlp], exporters: [otlp_http/a]}}}\n",
		  "failed to start \"otlp\" receiver: ", TEL_ERR_CONFIG },
		{ "receivers: {otlp: {protocols: {http: {endpoint: '127.0.0.1:${env:A}'}}}}\n"
		  "exporters: {otlp_http/a: {endpoint: 'http://127.0.0.1:${env:B}'}, otlp_http/c: {endpoint: 'http://127.0.0.1:1'}}\n"
		  "service: {telemetry: {metrics: {level: none}}, pipelines: {metrics/a: {receivers: [otlp], exporters: [otlp_http/a, otlp_http/c]}}}\n",
		  "failed to start \"otlp\" receiver: ", TEL_ERR_IO },
	};

	(void)state;
	R.backends[FLOW_A].hold = true;
	flow_rig_start(&R, TO("A", ONE_CONSUMER), NULL);
	post(3, 1);
	flow_rig_pass(&R, SECOND / 5);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		tel_error err = TEL_ERROR_INIT;
		assert_err(flow_rig_reload(&R, bad[i].text, &err), bad[i].err);
		if (strncmp(err.msg, bad[i].why, strlen(bad[i].why)) != 0)
			fail_msg("%zu: %s", i, err.msg);
		post(1, 1);
		flow_rig_pass(&R, SECOND / 5);
		assert_value("telemetry_config_last_reload_successful", "", 0);
	}
	assert_value("telemetry_config_reloads_total", "result=\"failure\"", 4);
	assert_value("telemetry_config_generation", "", 1);
	assert_value("otelcol_exporter_queue_capacity", EXPORTER_A, 50);
	R.backends[FLOW_A].hold = false;
	flow_rig_release(&R, FLOW_A, NULL);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(R.backends[FLOW_A].points, 7);
	assert_int_equal(R.backends[FLOW_B].points, 0);
	assert_value("telemetry_receiver_connections_accepted_total", "transport=\"http\"", 1);
	flow_rig_must_reload(&R, TO("A", ""));
	assert_value("telemetry_config_last_reload_successful", "", 1);
	flow_rig_balance(&R, "metrics/a", EXPORTER_A);
}

static size_t lines_in(const char *path)
{
	FILE *f = fopen(path, "r");
	size_t n = 0;

	assert_non_null(f);
	for (int c; (c = fgetc(f)) != EOF;)
		n += c == '\n';
	fclose(f);
	return n;
}

static void file_keeps_its_lines_whatever_becomes_of_a_reload(void **state)
{
	static const char text[] = FLOW_RECEIVER
		"exporters: {file: {path: '%s', flush_interval: %s}, otlp_http/a: {endpoint: 'https://127.0.0.1:1', tls: {%s}}}\n"
		"service: {telemetry: {metrics: {level: none}}, pipelines: {metrics/a: {receivers: [otlp], exporters: [file, otlp_http/a]}}}\n";
	char path[64], full[1024];

	(void)state;
	snprintf(path, sizeof(path), "%s/tel-reload-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	close(mkstemp(path));
	snprintf(full, sizeof(full), text, path, "1s", "");
	flow_rig_start(&R, full, NULL);
	post(2, 1);
	snprintf(full, sizeof(full), text, path, "2s", "ca_file: /none");
	assert_err(flow_rig_reload(&R, full, NULL), TEL_ERR_CONFIG);
	post(1, 1);
	assert_int_equal(lines_in(path), 3);
	snprintf(full, sizeof(full), text, path, "2s", "");
	flow_rig_must_reload(&R, full);
	post(1, 1);
	assert_int_equal(lines_in(path), 4);
	unlink(path);
}

static void configuration_that_the_host_cannot_load_counts_as_refused(void **state)
{
	tel_error err = TEL_ERROR_INIT;

	(void)state;
	flow_rig_start(&R, TO("A", ""), NULL);
	assert_err(tel_flow_reload(NULL, NULL, NULL, &err), TEL_ERR_ARG);
	assert_err(tel_flow_reload(R.flow, NULL, NULL, &err), TEL_ERR_CONFIG);
	assert_value("telemetry_config_last_reload_successful", "", 0);
	assert_value("telemetry_config_reloads_total", "result=\"failure\"", 1);
	post(1, 1);
}

static void flow_that_stops_takes_no_reload(void **state)
{
	tel_error err = TEL_ERROR_INIT;

	(void)state;
	flow_rig_start(&R, TO("A", ""), NULL);
	flow_rig_drain(&R, SECOND);
	assert_err(flow_rig_reload(&R, TO("B", ""), &err), TEL_ERR_STATE);
	flow_rig_pass(&R, SECOND);
	assert_true(R.drained);
}

/* ---- together with everything else ---- */

static void request_that_waits_for_room_gets_it_after_the_reload(void **state)
{
	static otlp_answer parked;
	tel_buf *body = otlp_points("s", 4);
	tel_slice bytes = tel_buf_get(body);

	(void)state;
	R.backends[FLOW_A].hold = true;
	flow_rig_start(&R, TO("A", ", sending_queue: {num_consumers: 1, queue_size: 1, block_on_overflow: true}"), NULL);
	post(1, 1);
	memset(&parked, 0, sizeof(parked));
	otlp_post_start(&R.client, "/v1/metrics", "application/x-protobuf", NULL, &bytes, &parked);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(parked.calls, 0);
	flow_rig_must_reload(&R, TO("B", ", sending_queue: {num_consumers: 1, queue_size: 5, block_on_overflow: true}"));
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(parked.status, 200); /* there is room now */
	flow_rig_release(&R, FLOW_A, NULL);
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(R.backends[FLOW_A].points + R.backends[FLOW_B].points, 5);
	flow_rig_balance(&R, "metrics/a", EXPORTER_A);
	tel_buf_unref(body);
}

static void request_that_waits_for_room_of_a_removed_exporter_is_answered(void **state)
{
	static otlp_answer parked;
	tel_buf *body = otlp_points("s", 4);
	tel_slice bytes = tel_buf_get(body);

	(void)state;
	R.backends[FLOW_A].hold = true;
	flow_rig_start(&R, TO("A", ", sending_queue: {num_consumers: 1, queue_size: 1, block_on_overflow: true}"), NULL);
	post(1, 1);
	memset(&parked, 0, sizeof(parked));
	otlp_post_start(&R.client, "/v1/metrics", "application/x-protobuf", NULL, &bytes, &parked);
	flow_rig_pass(&R, SECOND / 5);
	flow_rig_must_reload(&R, FLOW_RECEIVER "exporters:\n" FLOW_EXPORTER("b", "B", "")
	                     "service: {telemetry: {metrics: {level: none}}, pipelines: {metrics/a: {receivers: [otlp], "
	                     "exporters: [otlp_http/b]}}}\n");
	flow_rig_pass(&R, SECOND / 5);
	assert_int_equal(parked.calls, 0);
	R.backends[FLOW_A].hold = false;
	flow_rig_release(&R, FLOW_A, NULL);
	flow_rig_pass(&R, SECOND);
	assert_int_equal(parked.status, 200); /* what it had asked for while it could */
	assert_int_equal(R.backends[FLOW_A].points, 5);
	assert_value(QUEUED, EXPORTER_A, -1);
	tel_buf_unref(body);
}

static void stop_takes_along_what_is_still_leaving(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_TWO("", "", "", "", ""), NULL);
	R.backends[FLOW_B].hold = true;
	post(2, 1);
	flow_rig_pass(&R, SECOND / 5);
	flow_rig_must_reload(&R, LISTEN("0", ", max_request_body_size: 1000"));
	flow_rig_drain(&R, 10 * SECOND);
	flow_rig_pass(&R, SECOND);
	assert_false(R.drained);
	flow_rig_release(&R, FLOW_B, NULL);
	flow_rig_pass(&R, SECOND);
	assert_true(R.drained);
	assert_int_equal(R.unsent, 0);
}

static void free_in_the_middle_of_leaving_is_silent(void **state)
{
	(void)state;
	flow_rig_start(&R, FLOW_TWO("", "", "", "", ""), NULL);
	R.backends[FLOW_A].hold = R.backends[FLOW_B].hold = true;
	post(2, 1);
	flow_rig_pass(&R, SECOND / 5);
	flow_rig_must_reload(&R, LISTEN("0", ", max_request_body_size: 1000"));
	flow_rig_must_reload(&R, FLOW_TWO("", "", "", "", ""));
}

static unsigned open_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void a_thousand_reloads_leave_no_memory_and_no_descriptor(void **state)
{
	static const char *const texts[] = {
		TO("A", ""), TO("B", ", headers: {a: b}"), FLOW_TWO("queue_size: 7", "", "batch: {timeout: 10ms}", "batch", ""),
		BAD_EXPORTER, LISTEN("0", ", max_request_body_size: 5000"), ENDPOINTS("x", "127.0.0.1", ""),
	};
	size_t blocks = 0, bytes = 0;
	unsigned fds = 0;

	(void)state;
	flow_rig_start(&R, texts[0], NULL);
	for (unsigned i = 1; i <= 1020; i++) {
		(void)flow_rig_reload(&R, texts[i % 6], NULL);
		flow_rig_pass(&R, SECOND / 50);
		post(i % 3 == 0, 1);
		if (i != 60 && i != 1020)
			continue;
		flow_rig_pass(&R, 30 * SECOND); /* everything has left */
		if (i == 60) {
			blocks = R.mem.live_blocks;
			bytes = R.mem.live_bytes;
			fds = open_descriptors();
		}
	}
	assert_true(R.mem.live_blocks <= blocks + 8); /* pools may have grown by a record */
	assert_true(R.mem.live_bytes <= bytes + 4096);
	assert_true(open_descriptors() <= fds);
	assert_value("telemetry_config_reloads_total", "result=\"failure\"", 170);
	assert_value("telemetry_config_reloads_total", "result=\"success\"", 850);
	flow_rig_balance(&R, "metrics/a", EXPORTER_A);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(same_configuration_changes_nothing),
		CASE(renewed_credentials_are_counted_by_component_across_reloads),
		CASE(new_endpoint_gets_the_queue_and_the_counters_go_on),
		CASE(dead_endpoint_is_replaced_without_waiting),
		CASE(smaller_queue_keeps_what_it_holds),
		CASE(removed_exporter_is_sent_in_the_background_and_stays_in_the_sum),
		CASE(removed_exporter_that_cannot_send_ends_at_its_deadline_with_a_reason),
		CASE(exporter_that_comes_back_finds_its_queue),
		CASE(added_exporter_gets_what_comes_from_now_on),
		CASE(exporter_that_gets_a_queue_answers_those_who_wait_and_counts_on),
		CASE(batch_of_a_pipeline_that_is_no_more_is_sent_at_once),
		CASE(processors_and_batches_count_on),
		CASE(memory_limit_changes_with_the_limiter),
		CASE(changed_limit_holds_for_new_connections_and_the_old_one_is_served_once_more),
		CASE(other_port_is_open_before_the_old_one_closes_and_requests_inside_are_answered),
		CASE(removed_receiver_ends_with_its_requests_through_its_own_pipeline),
		CASE(changed_token_is_asked_for_on_the_same_port),
		CASE(exporter_signs_with_what_its_authenticator_is_told_now),
		CASE(health_and_metrics_stay_where_they_are),
		CASE(refused_reload_leaves_everything_as_it_was),
		CASE(file_keeps_its_lines_whatever_becomes_of_a_reload),
		CASE(configuration_that_the_host_cannot_load_counts_as_refused),
		CASE(flow_that_stops_takes_no_reload),
		CASE(request_that_waits_for_room_gets_it_after_the_reload),
		CASE(request_that_waits_for_room_of_a_removed_exporter_is_answered),
		CASE(stop_takes_along_what_is_still_leaving),
		CASE(free_in_the_middle_of_leaving_is_silent),
		CASE(a_thousand_reloads_leave_no_memory_and_no_descriptor),
	};
	return cmocka_run_group_tests_name("flow/reload", tests, NULL, NULL);
}
