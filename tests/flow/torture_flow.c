/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a request through the queue to the backend, with each allocation of the gateway failing in turn: every client is
 * answered, what was acknowledged arrives or is counted, nothing leaks. Client and backends live in a context of their
 * own, whose memory does not fail.
 */
#include "flow/flow_rig.h"

#include "flow/flow_i.h"
#include "flow/pages.h"
#include "net/grpc_server.h"
#include "seams/failalloc.h"
#include "torture/torture.h"

#define SECOND 1000000000ull
#define GIVE_UP (120 * SECOND)

enum { REQUESTS = 4, POINTS = 5 };

static flow_rig Peers; /* its flow is not used */

typedef struct scene {
	tel_config *const *reloads; /* NULL-terminated */
	const tel_alloc *alloc;
	fake_clock *clock;
	tel_ctx *ctx;
	tel_flow *flow;
	otlp_client client;
	otlp_answer answers[REQUESTS];
	bool drained;
	uint64_t unsent;
} scene;

static void turn(scene *s)
{
	for (int i = 0; i < 4; i++) {
		(void)tel_ctx_run_once(s->ctx, 0);
		(void)tel_ctx_run_once(Peers.ctx, 0);
	}
	fake_clock_advance(&Peers.clock, 20000000);
}

static bool all_answered(const scene *s)
{
	for (int i = 0; i < REQUESTS; i++)
		if (!s->answers[i].calls)
			return false;
	return true;
}

static void send_requests(scene *s, const tel_slice *plain, const tel_slice *packed)
{
	otlp_client_init(&s->client, Peers.ctx, &Peers.clock, tel_flow_port(s->flow, TEL_SLICE_LIT("otlp/grpc")),
	                 tel_flow_port(s->flow, TEL_SLICE_LIT("otlp/http")));
	s->client.extra[0] = (tel__http_header){ TEL_SLICE_LIT("authorization"), TEL_SLICE_LIT("Basic YWxpY2U6c2VjcmV0") };
	s->client.extra_count = 1; /* alice:secret, for whoever asks */
	otlp_export_start(&s->client, OTLP_METHOD, "gzip", packed, GIVE_UP, &s->answers[0]);
	otlp_export_start(&s->client, OTLP_METHOD, NULL, plain, GIVE_UP, &s->answers[1]);
	otlp_post_start(&s->client, "/v1/metrics", "application/x-protobuf", NULL, plain, &s->answers[2]);
	otlp_post_start(&s->client, "/v1/metrics", "application/x-protobuf", "gzip", packed, &s->answers[3]);
	for (uint64_t end = Peers.clock.mono_ns + 2 * GIVE_UP; !all_answered(s) && Peers.clock.mono_ns < end;)
		turn(s);
}

static const failalloc *faults(const scene *s)
{
	return (const failalloc *)(const void *)s->alloc; /* torture_alloc() hands out its first member */
}

/* While memory never comes back, a request may wait until the gateway stops; then it is answered. */
static void check_answered(const scene *s, bool stopped)
{
	for (int i = 0; i < REQUESTS; i++)
		if (!s->answers[i].calls && (stopped || !faults(s)->onwards))
			fail_msg("request %d was never answered (allocation %llu failed)", i, (unsigned long long)faults(s)->fail_at);
}

/* A client whose connection was refused or reset has an answer, too: it knows that nothing was taken. */
static unsigned acknowledged(const scene *s)
{
	unsigned ok = 0;

	for (int i = 0; i < REQUESTS; i++) {
		const otlp_answer *a = &s->answers[i];
		if (i < 2 && a->grpc && a->from_peer && a->grpc != TEL__GRPC_UNAVAILABLE && a->grpc != TEL__GRPC_RESOURCE_EXHAUSTED)
			fail_msg("gRPC request %d: status %d %s", i, a->grpc, a->message);
		if (i >= 2 && a->err == TEL_OK && a->status != 200 && a->status != 503 && a->status != 500)
			fail_msg("HTTP request %d: status %u %s", i, a->status, a->body);
		ok += i < 2 ? a->grpc == 0 : a->err == TEL_OK && a->status == 200;
	}
	return ok;
}

static void on_drained(void *user, uint64_t unsent)
{
	scene *s = user;
	s->drained = true;
	s->unsent = unsent;
}

static void drain(scene *s)
{
	tel_flow_drain(s->flow, Peers.clock.mono_ns + 60 * SECOND, on_drained, s);
	for (uint64_t end = Peers.clock.mono_ns + 90 * SECOND; !s->drained && Peers.clock.mono_ns < end;)
		turn(s);
	assert_true(s->drained);
}

static uint64_t isolated(const tel_flow *flow)
{
	uint64_t points = 0;

	for (const tel__flow_exporter *x = flow->exporters; x; x = x->next) {
		tel__sender_stats stats;
		uint64_t isolated_points;
		tel__flow_exporter_stats(x, &stats, &isolated_points);
		points += isolated_points;
	}
	return points;
}

/* Reloads in the middle of what was sent, there and back: each either happens or leaves what there was. */
static void reload(scene *s)
{
	uint64_t before = s->flow->now->number;

	for (size_t i = 0; i < 2 && s->reloads[i]; i++) {
		tel_err rc = tel_flow_reload(s->flow, s->reloads[i], NULL, NULL);
		assert_true(rc == TEL_OK || rc == TEL_ERR_NOMEM || rc == TEL_ERR_IO);
		assert_int_equal(s->flow->now->number, before + (rc == TEL_OK));
		before = s->flow->now->number;
		turn(s);
	}
}

/* Every page, whole or an error. */
static void read_pages(const scene *s)
{
	static const char *const paths[] = { "/", "/pipelines", "/queues" };

	for (size_t i = 0; i < 3; i++) {
		const tel__endpoint_request request = { .path = tel__slice_str(paths[i]) };
		tel__dynbuf body;
		tel__endpoint_answer answer = { 404, "", &body, NULL, 0 };
		tel__dynbuf_init(&body, s->alloc, 1 << 20);
		tel__pages_serve(s->flow, &request, &answer);
		if (tel__dynbuf_error(&body) == TEL_OK)
			assert_memory_equal(tel__dynbuf_get(&body).ptr + tel__dynbuf_get(&body).len - 2, "}\n", 2);
		else
			assert_int_equal(tel__dynbuf_error(&body), TEL_ERR_NOMEM);
		tel__dynbuf_fini(&body);
	}
}

static void use(scene *s, const tel_slice *plain, const tel_slice *packed)
{
	tel_buf *page = NULL;

	Peers.backends[FLOW_A].points = Peers.backends[FLOW_B].points = 0;
	send_requests(s, plain, packed);
	reload(s);
	check_answered(s, false);
	if (tel_flow_metrics(s->flow, &page) == TEL_OK)
		tel_buf_unref(page);
	read_pages(s);
	drain(s);
	for (int i = 0; i < 50 && !all_answered(s); i++)
		turn(s);
	check_answered(s, true);
	assert_true(Peers.backends[FLOW_A].points + Peers.backends[FLOW_B].points + s->unsent + isolated(s->flow) >=
	            (uint64_t)acknowledged(s) * POINTS * s->flow->now->outlet_count);
	otlp_client_fini(&s->client);
}

static tel_err scenario(const tel_alloc *alloc, void *user)
{
	tel_config *const *configs = user;
	scene s = { .reloads = configs + 1, .alloc = alloc, .clock = &Peers.clock };
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	tel_flow_opts flow_opts = TEL_FLOW_OPTS_INIT;
	tel_buf *plain = otlp_points("s", POINTS), *packed = otlp_packed(TEL__CODING_GZIP, tel_buf_get(plain));
	tel_slice bytes = tel_buf_get(plain), small = tel_buf_get(packed);
	tel_err rc;

	opts.alloc = *alloc;
	opts.clock = (tel_clock){ fake_clock_mono, fake_clock_unix, &Peers.clock };
	rc = tel_ctx_new(&opts, &s.ctx, NULL);
	if (!rc) {
		flow_opts.pages_endpoint = TEL_SLICE_LIT("127.0.0.1:0"); /* the flow starts with or without them */
		rc = tel_flow_new(s.ctx, configs[0], &flow_opts, &s.flow, NULL);
		if (!rc)
			use(&s, &bytes, &small);
		tel_flow_free(s.flow);
		tel_ctx_free(s.ctx);
	}
	for (int i = 0; i < 8; i++)
		(void)tel_ctx_run_once(Peers.ctx, 0); /* the backends see the end of the connections */
	tel_buf_unref(plain);
	tel_buf_unref(packed);
	return rc;
}

static void torture_reload(const char *text, const char *other)
{
	tel_config *configs[4] = { NULL };

	flow_rig_init(&Peers, NULL);
	configs[0] = flow_rig_load(&Peers, text);
	if (other) {
		configs[1] = flow_rig_load(&Peers, other);
		configs[2] = flow_rig_load(&Peers, text);
	}
	torture_alloc(scenario, configs);
	for (int i = 0; i < 3; i++)
		tel_config_free(configs[i]);
	flow_rig_fini(&Peers);
}

static void torture(const char *text)
{
	torture_reload(text, NULL);
}

static void one_queue_survives_any_failed_allocation(void **state)
{
	(void)state;
	torture(FLOW_ONE("", "", ""));
}

static void two_pipelines_with_a_batch_survive_any_failed_allocation(void **state)
{
	(void)state;
	torture(FLOW_TWO("", "", "test: {action: pass}, batch: {send_batch_size: 8, send_batch_max_size: 8, timeout: 1s}",
	                 "test, batch", ""));
}

static void waiting_for_the_backend_survives_any_failed_allocation(void **state)
{
	(void)state;
	torture(FLOW_ONE("enabled: false", "", ""));
}

static void parked_requests_survive_any_failed_allocation(void **state)
{
	(void)state;
	torture(FLOW_ONE("queue_size: 1, num_consumers: 1, block_on_overflow: true", "", ""));
}

static void grpc_exporter_survives_any_failed_allocation(void **state)
{
	(void)state;
	torture(FLOW_RECEIVER
	        "exporters: {otlp_grpc/a: {endpoint: '127.0.0.1:${env:GA}', tls: {insecure: true}, " FLOW_RETRY "}}\n"
	        "service: {telemetry: {metrics: {level: none}}, pipelines: {metrics/a: {receivers: [otlp], "
	        "exporters: [otlp_grpc/a]}}}\n");
}

static void gate_and_signing_exporter_survive_any_failed_allocation(void **state)
{
	(void)state;
	torture("extensions:\n"
	        "  basicauth/in: {htpasswd: {inline: 'alice:$$apr1$$saltsalt$$LrttParrLPdxvgutaSXWJ0'}}\n"
	        "  basicauth/out: {client_auth: {username: u, password: p}}\n"
	        "receivers: {otlp: {protocols: {grpc: {endpoint: '127.0.0.1:0', auth: {authenticator: basicauth/in}}, "
	        "http: {endpoint: '127.0.0.1:0', auth: {authenticator: basicauth/in}}}}}\n"
	        "exporters: {otlp_http/a: {endpoint: 'http://127.0.0.1:${env:A}', headers: {x-a: b}, auth: {authenticator: "
	        "basicauth/out}, " FLOW_RETRY "}}\n"
	        "service: {extensions: [basicauth/in, basicauth/out], telemetry: {metrics: {level: none}}, pipelines: {metrics/a: "
	        "{receivers: [otlp], exporters: [otlp_http/a]}}}\n");
}

static void reload_survives_any_failed_allocation(void **state)
{
	(void)state;
	torture_reload(FLOW_TWO("", "", "test: {action: pass}, batch: {send_batch_size: 8, timeout: 1s}", "test, batch", ""),
	               "receivers: {otlp: {protocols: {grpc: {endpoint: '127.0.0.1:0', max_recv_msg_size_mib: 1}, http: {endpoint: "
	               "'127.0.0.1:0'}}}}\n"
	               "exporters: {otlp_http/a: {endpoint: 'http://127.0.0.1:${env:B}', compression: gzip, " FLOW_RETRY "}, "
	               "otlp_http/b: {endpoint: 'http://127.0.0.1:${env:B}', sending_queue: {enabled: false}}}\n"
	               "extensions: {health_check: {endpoint: '127.0.0.1:0'}}\n"
	               "service: {extensions: [health_check], telemetry: {metrics: {level: none}}, "
	               "pipelines: {metrics/a: {receivers: [otlp], exporters: [otlp_http/a, otlp_http/b]}}}\n");
}

/* The endpoint for tokens says no, so that nothing is sent: what was acknowledged is counted when the flow stops. */
static void asking_for_a_token_survives_any_failed_allocation(void **state)
{
	(void)state;
	torture("extensions: {oauth2client: {client_id: i, client_secret: s, token_url: 'http://127.0.0.1:${env:B}/token', scopes: [a], "
	        "endpoint_params: {x: [y]}}}\n" FLOW_RECEIVER
	        "exporters: {otlp_http/a: {endpoint: 'http://127.0.0.1:${env:A}', auth: {authenticator: oauth2client}, " FLOW_RETRY "}}\n"
	        "service: {extensions: [oauth2client], telemetry: {metrics: {level: none}}, pipelines: {metrics/a: "
	        "{receivers: [otlp], exporters: [otlp_http/a]}}}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_queue_survives_any_failed_allocation),
		cmocka_unit_test(two_pipelines_with_a_batch_survive_any_failed_allocation),
		cmocka_unit_test(waiting_for_the_backend_survives_any_failed_allocation),
		cmocka_unit_test(parked_requests_survive_any_failed_allocation),
		cmocka_unit_test(grpc_exporter_survives_any_failed_allocation),
		cmocka_unit_test(gate_and_signing_exporter_survive_any_failed_allocation),
		cmocka_unit_test(asking_for_a_token_survives_any_failed_allocation),
		cmocka_unit_test(reload_survives_any_failed_allocation),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
