/* SPDX-License-Identifier: Apache-2.0 */
/* What a queue in front of a dead backend costs: design.md 2 (compaction at the queue door) and 6. */
#include "flow/flow_rig.h"

#include <stdio.h>
#include <unistd.h>

#include <telemetry/builder.h>
#include <telemetry/otlp.h>

static flow_rig R;

#define MIB ((size_t)1 << 20)
#define NEVER "retry_on_failure: {initial_interval: 1000s, max_interval: 1000s, max_elapsed_time: 0s}"
#define DEAD(queue, limit) \
	"receivers: {otlp: {protocols: {grpc: {endpoint: '127.0.0.1:0', max_recv_msg_size_mib: 4}}}}\n" \
	"exporters: {otlp_http/a: {endpoint: 'http://127.0.0.1:${env:A}', compression: none, sending_queue: {" queue "}, " \
	NEVER "}}\n" \
	"processors: {memory_limiter: {check_interval: 1s, limit_mib: " limit "}, test: {action: keep_one}}\n" \
	"service: {telemetry: {metrics: {level: none}}, pipelines: {metrics: {receivers: [otlp], " \
	"processors: [memory_limiter, test], exporters: [otlp_http/a]}}}\n"

static size_t rss(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	unsigned long total = 0, resident = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%lu %lu", &total, &resident), 2);
	fclose(f);
	return (size_t)resident * (size_t)sysconf(_SC_PAGESIZE);
}

static size_t reserved(void)
{
	tel__budget_stats stats;

	tel__budget_get(tel__ctx_budget(R.ctx), &stats);
	return stats.reserved;
}

/* AddressSanitizer keeps freed memory for a while: resident memory says nothing then. */
#if defined(__SANITIZE_ADDRESS__)
enum { SANITIZED = 1 };
#else
enum { SANITIZED = 0 };
#endif

static void send_all(tel_slice body, unsigned count)
{
	enum { OPEN = 64 };
	static otlp_answer answers[OPEN];
	unsigned open = body.len > MIB ? 1 : count < OPEN ? count : OPEN;

	for (unsigned sent = 0; sent < count; sent += open) {
		for (unsigned i = 0; i < open; i++)
			otlp_export_start(&R.client, OTLP_METHOD, NULL, &body, 0, &answers[i]);
		for (unsigned i = 0; i < open; i++) {
			for (int turn = 0; turn < 100000 && !answers[i].calls; turn++)
				(void)tel_ctx_run_once(R.ctx, 0);
			assert_int_equal(answers[i].calls, 1);
			if (answers[i].grpc)
				fail_msg("%d %s", answers[i].grpc, answers[i].message);
		}
	}
}

static void start(const char *text)
{
	static const tel_alloc libc = { NULL, NULL };
	flow_rig_init(&R, &libc);
	flow_rig_kill(&R, FLOW_A);
	flow_rig_start(&R, text, NULL);
}

static unsigned scale(unsigned full)
{
	const char *budget = getenv("TEL_BUDGET");
	return SANITIZED || (budget && strcmp(budget, "short") == 0) ? full / 20 : full;
}

static void one_point_of_each_large_request_does_not_pin_the_request(void **state)
{
	(void)state;
	unsigned count = scale(1000);
	tel_buf *body = otlp_padded(4000, 1000);
	tel_slice bytes = tel_buf_get(body);
	assert_true(bytes.len > 3 * MIB && bytes.len < 4 * MIB);
	start(DEAD("queue_size: 100000", "200"));
	send_all(bytes, 3); /* connections, scratch, the first chunk */

	size_t before = rss(), charged = reserved();
	send_all(bytes, count);

	size_t grown = rss() - before;
	print_message("# %u requests of %zu bytes: resident +%zu KiB, charged +%zu KiB\n", count, bytes.len, grown >> 10,
	              (reserved() - charged) >> 10);
	assert_true(reserved() - charged < 16 * MIB);
	assert_true(SANITIZED || (ssize_t)grown < (ssize_t)(16 * MIB));
	flow_rig_balance(&R, "pipeline=\"metrics\"", "exporter=\"otlp_http/a\"");
	assert_true(flow_rig_value(&R, "telemetry_exporter_queue_points", "") == count + 3);
	tel_buf_unref(body);
	flow_rig_fini(&R);
}

/* One point with the attributes that a pod's SDK and the enrichment give it. */
static tel_buf *pod_point(void)
{
	static const char *const attrs[][2] = {
		{ "service.name", "checkout" }, { "k8s.namespace.name", "shop" }, { "k8s.pod.name", "checkout-7d9c5b8f6-x2x4z" },
		{ "k8s.node.name", "node-3" }, { "k8s.deployment.name", "checkout" }, { "telemetry.sdk.language", "go" },
	};
	tel_builder *b = NULL;
	tel_metrics *m = NULL;
	tel_buf *buf = NULL;

	assert_ok(tel_builder_new(NULL, 0, &b));
	tel_builder_times(b, 1700000000000000000u, 1700000001000000000u);
	tel_builder_resource(b, NULL);
	for (size_t i = 0; i < sizeof(attrs) / sizeof(attrs[0]); i++)
		tel_builder_attr_str(b, attrs[i][0], attrs[i][1]);
	tel_builder_scope(b, "otelhttp", "0.60.0", NULL);
	tel_builder_counter(b, "http.server.requests", "1", NULL, TEL_CUMULATIVE);
	tel_builder_point_int(b, 42, NULL);
	tel_builder_attr_str(b, "http.route", "/cart/{id}");
	assert_ok(tel_builder_finish(b, &m, NULL));
	assert_ok(tel_otlp_encode(m, &buf, NULL));
	tel_metrics_free(m);
	tel_builder_free(b);
	return buf;
}

static void small_requests_cost_little_more_than_their_bytes(void **state)
{
	(void)state;
	unsigned count = scale(getenv("TEL_LONG") ? 1000000 : 100000);
	tel_buf *body = pod_point();
	tel_slice bytes = tel_buf_get(body);
	start(DEAD("queue_size: 2000000", "2000"));
	send_all(bytes, 64);

	size_t before = rss(), charged = reserved();
	send_all(bytes, count / 64 * 64);

	size_t live = bytes.len * (count / 64 * 64), grown = rss() - before, charge = reserved() - charged;
	print_message("# %u requests of %zu bytes: resident x %.3f, charged x %.3f\n", count, bytes.len,
	              (double)grown / (double)live, (double)charge / (double)live);
	assert_true((double)charge <= 1.3 * (double)live);
	assert_true(SANITIZED || (double)grown <= 1.3 * (double)live + (double)MIB);
	flow_rig_balance(&R, "pipeline=\"metrics\"", "exporter=\"otlp_http/a\"");
	tel_buf_unref(body);
	flow_rig_fini(&R);
}

static void body_that_is_kept_whole_is_charged_once(void **state)
{
	(void)state;
	enum { COUNT = 16 };
	tel_buf *body = otlp_padded(100, 1000);
	tel_slice bytes = tel_buf_get(body);
	static const tel_alloc libc = { NULL, NULL };
	flow_rig_init(&R, &libc);
	flow_rig_kill(&R, FLOW_A);
	flow_rig_kill(&R, FLOW_B);
	flow_rig_start(&R, FLOW_TWO("", "", "", "", ""), NULL);
	send_all(bytes, 1);
	size_t charged = reserved();
	for (int i = 0; i < COUNT; i++)
		send_all(bytes, 1);
	size_t each = (reserved() - charged) / COUNT;
	print_message("# a body of %zu bytes in two queues is charged %zu bytes\n", bytes.len, each);
	assert_true(each < bytes.len + 16 * 1024);
	tel_buf_unref(body);
	flow_rig_fini(&R);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_point_of_each_large_request_does_not_pin_the_request),
		cmocka_unit_test(small_requests_cost_little_more_than_their_bytes),
		cmocka_unit_test(body_that_is_kept_whole_is_charged_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
