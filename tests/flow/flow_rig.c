/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/flow_rig.h"

#include <stdio.h>

#include "base/slice_i.h"
#include "config/config_i.h"
#include "process/test_processor.h"

enum { STEP_NS = 10000000 };

/* ---- backends ---- */

static void on_metrics(tel_receipt *receipt, tel_metrics *metrics, void *user)
{
	flow_backend *b = user;
	tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;

	tel_metrics_count(metrics, &counts);
	tel_metrics_free(metrics);
	b->requests++;
	if (b->hold && b->held_count < FLOW_HELD) {
		b->held[b->held_count++] = receipt;
		b->points += counts.points;
		return;
	}
	if (b->outcome.verdict == TEL_VERDICT_OK)
		b->points += counts.points - b->outcome.rejected_points;
	tel_receipt_settle(receipt, &b->outcome);
}

static void open_backend(flow_rig *r, flow_backend *b)
{
	tel_receiver_opts opts = TEL_RECEIVER_OPTS_INIT;
	unsigned grpc, http;

	opts.grpc_endpoint = opts.http_endpoint = TEL_SLICE_LIT("127.0.0.1:0");
	b->outcome = (tel_outcome)TEL_OUTCOME_INIT;
	assert_ok(tel_receiver_new(r->ctx, &opts, on_metrics, b, &b->receiver, NULL));
	tel_receiver_ports(b->receiver, &grpc, &http);
	snprintf(b->port, sizeof(b->port), "%u", http);
	snprintf(b->grpc_port, sizeof(b->grpc_port), "%u", grpc);
}

void flow_rig_release(flow_rig *r, unsigned backend, const tel_outcome *outcome)
{
	flow_backend *b = &r->backends[backend];

	for (unsigned i = 0; i < b->held_count; i++)
		tel_receipt_settle(b->held[i], outcome);
	b->held_count = 0;
}

void flow_rig_kill(flow_rig *r, unsigned backend)
{
	flow_backend *b = &r->backends[backend];

	tel_receiver_free(b->receiver);
	b->receiver = NULL;
	flow_rig_release(r, backend, NULL);
}

/* ---- life ---- */

void flow_rig_init(flow_rig *r, const tel_alloc *alloc)
{
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;

	memset(r, 0, sizeof(*r));
	failalloc_init(&r->mem);
	opts.clock = fake_clock_ops(&r->clock);
	opts.alloc = alloc ? *alloc : r->mem.alloc;
	assert_ok(tel_ctx_new(&opts, &r->ctx, NULL));
	open_backend(r, &r->backends[FLOW_A]);
	open_backend(r, &r->backends[FLOW_B]);
}

void flow_rig_fini(flow_rig *r)
{
	tel__budget_stats budget;

	if (r->client.http)
		otlp_client_fini(&r->client);
	tel_flow_free(r->flow);
	flow_rig_kill(r, FLOW_A);
	flow_rig_kill(r, FLOW_B);
	tel__budget_get(tel__ctx_budget(r->ctx), &budget);
	assert_int_equal(budget.reserved, 0);
	tel_ctx_free(r->ctx);
	free(r->page);
	assert_true(failalloc_is_clean(&r->mem));
}

static tel_err lookup(void *user, tel_slice scheme, tel_slice name, tel_slice *ret_text)
{
	const flow_rig *r = user;

	(void)scheme;
	for (int i = 0; i < 2; i++) {
		if (name.len == 1 && name.ptr[0] == 'A' + i)
			return *ret_text = tel__slice_str(r->backends[i].port), TEL_OK;
		if (name.len == 2 && name.ptr[0] == 'G' && name.ptr[1] == 'A' + i)
			return *ret_text = tel__slice_str(r->backends[i].grpc_port), TEL_OK;
	}
	return TEL_ERR_NOT_FOUND;
}

/* Of components without code. */
typedef struct absent_options {
	char none;
} absent_options;
static const tel__key_table absent_keys = { .go_name = "absent.Config", .size = sizeof(absent_options) };
static const tel__component absent = { .type = "absent", .kind = TEL__KIND_RECEIVER, .keys = &absent_keys, .help = "no code" };

tel_config *flow_rig_load(flow_rig *r, const char *text)
{
	static const tel__component *const rows[] = { &test_processor, &absent };
	const tel_components table = { rows, TEL__KEY_COUNT(rows), tel_components_all() };
	const tel_config_env env = { .lookup = lookup, .user = r };
	const tel_config_source source = { TEL_SLICE_LIT("text"), tel__slice_str(text) };
	tel_config_opts opts = TEL_CONFIG_OPTS_INIT;
	tel_findings *findings = NULL;
	tel_config *config = NULL;

	opts.alloc = &r->mem.alloc; /* a reference too many shows at the end */
	assert_ok(tel_findings_new(NULL, &findings));
	if (tel_config_load(&source, 1, &table, &env, &opts, &config, findings)) {
		tel_finding f;
		assert_ok(tel_findings_get(findings, 0, &f));
		fail_msg(TEL_SLICE_FMT ": " TEL_SLICE_FMT, TEL_SLICE_ARG(f.path), TEL_SLICE_ARG(f.message));
	}
	tel_findings_free(findings);
	return config;
}

tel_err flow_rig_try(flow_rig *r, const char *text, const tel_flow_opts *opts, tel_error *err)
{
	tel_config *config = flow_rig_load(r, text);
	tel_err rc = tel_flow_new(r->ctx, config, opts, &r->flow, err);

	tel_config_free(config);
	return rc;
}

tel_err flow_rig_reload(flow_rig *r, const char *text, tel_error *err)
{
	tel_config *config = flow_rig_load(r, text);
	tel_err rc = tel_flow_reload(r->flow, config, NULL, err);

	tel_config_free(config);
	return rc;
}

void flow_rig_must_reload(flow_rig *r, const char *text)
{
	tel_error err = TEL_ERROR_INIT;

	if (flow_rig_reload(r, text, &err))
		fail_msg("%s", err.msg);
}

void flow_rig_start(flow_rig *r, const char *text, const tel_flow_opts *opts)
{
	tel_error err = TEL_ERROR_INIT;

	if (flow_rig_try(r, text, opts, &err))
		fail_msg("%s", err.msg);
	flow_rig_dial(r);
}

void flow_rig_dial(flow_rig *r)
{
	if (r->client.http)
		otlp_client_fini(&r->client);
	otlp_client_init(&r->client, r->ctx, &r->clock, tel_flow_port(r->flow, TEL_SLICE_LIT("otlp/grpc")),
	                 tel_flow_port(r->flow, TEL_SLICE_LIT("otlp/http")));
}

void flow_rig_pass(flow_rig *r, uint64_t ns)
{
	for (uint64_t passed = 0; passed <= ns; passed += STEP_NS) {
		for (int i = 0; i < 12; i++)
			(void)tel_ctx_run_once(r->ctx, 0);
		fake_clock_advance(&r->clock, STEP_NS);
	}
}

static void on_drained(void *user, uint64_t unsent)
{
	flow_rig *r = user;

	assert_false(r->drained);
	r->drained = true;
	r->unsent = unsent;
}

void flow_rig_drain(flow_rig *r, uint64_t ns)
{
	tel_flow_drain(r->flow, r->clock.mono_ns + ns, on_drained, r);
	assert_false(r->drained); /* never inside */
}

otlp_answer flow_rig_post(flow_rig *r, unsigned count)
{
	tel_buf *body = otlp_points("s", count);
	otlp_answer a = otlp_post(&r->client, tel_buf_get(body));
	tel_buf_unref(body);
	return a;
}

otlp_answer flow_rig_export(flow_rig *r, unsigned count)
{
	tel_buf *body = otlp_points("s", count);
	otlp_answer a = otlp_export(&r->client, tel_buf_get(body));
	tel_buf_unref(body);
	return a;
}

/* ---- the page ---- */

void flow_rig_read(flow_rig *r)
{
	tel_buf *buf = NULL;
	tel_slice text;

	assert_ok(tel_flow_metrics(r->flow, &buf));
	text = tel_buf_get(buf);
	free(r->page);
	r->page = malloc(text.len + 1);
	assert_non_null(r->page);
	memcpy(r->page, text.ptr, text.len);
	r->page[text.len] = '\0';
	tel_buf_unref(buf);
}

double flow_rig_value(const flow_rig *r, const char *family, const char *label)
{
	size_t len = strlen(family);
	double sum = -1;
	char line[1024];

	for (const char *at = r->page, *end; *at; at = end + 1) {
		end = strchr(at, '\n');
		if (strncmp(at, family, len) != 0 || (at[len] != '{' && at[len] != ' '))
			continue;
		snprintf(line, sizeof(line), "%.*s", (int)(end - at), at);
		if (strstr(line, label))
			sum = (sum < 0 ? 0 : sum) + strtod(strrchr(line, ' '), NULL);
	}
	return sum;
}

static double event(const flow_rig *r, const char *pipeline, const char *name)
{
	char label[128];

	snprintf(label, sizeof(label), "event=\"%s\",", name);
	double sum = 0;
	char line[1024];
	for (const char *at = r->page, *end; *at; at = end + 1) {
		end = strchr(at, '\n');
		snprintf(line, sizeof(line), "%.*s", (int)(end - at), at);
		if (strncmp(line, "telemetry_pipeline_points_total{", 32) == 0 && strstr(line, label) && strstr(line, pipeline))
			sum += strtod(strrchr(line, ' '), NULL);
	}
	return sum;
}

void flow_rig_balance(flow_rig *r, const char *pipeline, const char *exporter)
{
	double out, gone;

	flow_rig_read(r);
	out = event(r, pipeline, "outgoing");
	assert_true(event(r, pipeline, "received") + event(r, pipeline, "created") == out + event(r, pipeline, "removed"));
	gone = flow_rig_value(r, "telemetry_exporter_queue_points", exporter) +
	       flow_rig_value(r, "telemetry_exporter_dropped_points_total", exporter) +
	       flow_rig_value(r, "telemetry_exporter_returned_points_total", exporter) +
	       flow_rig_value(r, "telemetry_exporter_isolated_points_total", exporter);
	double sent = flow_rig_value(r, "otelcol_exporter_sent_metric_points_total", exporter);
	gone += sent < 0 ? 0 : sent; /* shown from the first operation on; what the backend rejected is in it */
	if (out != gone)
		fail_msg("%s gave %g points, %s has %g of them", pipeline, out, exporter, gone);
}
