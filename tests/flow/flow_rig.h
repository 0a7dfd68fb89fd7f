/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FLOW_FLOW_RIG_H
#define TESTS_FLOW_FLOW_RIG_H
/*
 * A whole flow from configuration text, with two backends and a client, in one context on a clock that the test owns.
 * ${A} and ${B} in the text are the ports of the backends' HTTP side, ${GA} and ${GB} of their gRPC side. The components
 * are all of the library, processor "test" (tests/process/test_processor.h), and receiver "absent", which has no code.
 */
#include "source/otlp_rig.h"

#include <telemetry/flow.h>
#include <telemetry/receiver.h>

#include "seams/failalloc.h"

enum { FLOW_HELD = 64, FLOW_A = 0, FLOW_B = 1 };

typedef struct flow_backend {
	tel_receiver *receiver;
	tel_outcome outcome;       /* of each request */
	bool hold;                 /* keeps requests until flow_rig_release() */
	tel_receipt *held[FLOW_HELD];
	unsigned held_count, requests;
	uint64_t points;           /* taken */
	char port[8], grpc_port[8];
} flow_backend;

typedef struct flow_rig {
	fake_clock clock;
	failalloc mem;
	tel_ctx *ctx;
	flow_backend backends[2];
	tel_flow *flow;
	otlp_client client;
	char *page;                /* own metrics as last read */
	bool drained;
	uint64_t unsent;
} flow_rig;

/* alloc NULL = counting, checked for leaks at the end. */
void flow_rig_init(flow_rig *r, const tel_alloc *alloc);
void flow_rig_fini(flow_rig *r);
tel_config *flow_rig_load(flow_rig *r, const char *text); /* without a flow; drop with tel_config_free() */
tel_err flow_rig_try(flow_rig *r, const char *text, const tel_flow_opts *opts, tel_error *err);
void flow_rig_start(flow_rig *r, const char *text, const tel_flow_opts *opts);
/* A reload; err may be NULL. The client keeps its connections. */
tel_err flow_rig_reload(flow_rig *r, const char *text, tel_error *err);
void flow_rig_must_reload(flow_rig *r, const char *text);
void flow_rig_dial(flow_rig *r); /* a fresh client for the ports that are open now */
/* Lets time pass in steps, with everything that happens meanwhile. */
void flow_rig_pass(flow_rig *r, uint64_t ns);
void flow_rig_release(flow_rig *r, unsigned backend, const tel_outcome *outcome); /* the held requests */
void flow_rig_kill(flow_rig *r, unsigned backend); /* its ports are closed from now on */
void flow_rig_drain(flow_rig *r, uint64_t ns);     /* starts it; drained and unsent tell */
/* Requests of count points; the answer is there on return. */
otlp_answer flow_rig_post(flow_rig *r, unsigned count);
otlp_answer flow_rig_export(flow_rig *r, unsigned count);

/* Reads the page. Then: sum of the samples of a family whose labels contain label (may be ""); -1 = there is none. */
void flow_rig_read(flow_rig *r);
double flow_rig_value(const flow_rig *r, const char *family, const char *label);
/* Checks the ledger identity (design.md 5) of one exporter that gets everything from one pipeline. */
void flow_rig_balance(flow_rig *r, const char *pipeline, const char *exporter);

#define FLOW_RECEIVER \
	"receivers: {otlp: {protocols: {grpc: {endpoint: '127.0.0.1:0'}, http: {endpoint: '127.0.0.1:0'}}}}\n"
#define FLOW_RETRY "retry_on_failure: {initial_interval: 1s, randomization_factor: 0, multiplier: 1, max_elapsed_time: 0s}"
#define FLOW_EXPORTER(name, port, queue) \
	"  otlp_http/" name ": {endpoint: 'http://127.0.0.1:${env:" port "}', compression: none, sending_queue: {" queue "}, " \
	FLOW_RETRY "}\n"
/* Two pipelines with an exporter each; a pipeline's processors are a YAML list without brackets. */
#define FLOW_TWO(queue_a, queue_b, processors, in_a, in_b) \
	FLOW_RECEIVER "exporters:\n" FLOW_EXPORTER("a", "A", queue_a) FLOW_EXPORTER("b", "B", queue_b) \
	"processors: {" processors "}\n" \
	"service:\n" \
	"  telemetry: {metrics: {level: none}}\n" \
	"  pipelines:\n" \
	"    metrics/a: {receivers: [otlp], processors: [" in_a "], exporters: [otlp_http/a]}\n" \
	"    metrics/b: {receivers: [otlp], processors: [" in_b "], exporters: [otlp_http/b]}\n"
#define FLOW_ONE(queue_a, processors, in_a) \
	FLOW_RECEIVER "exporters:\n" FLOW_EXPORTER("a", "A", queue_a) \
	"processors: {" processors "}\n" \
	"service:\n" \
	"  telemetry: {metrics: {level: none}}\n" \
	"  pipelines:\n" \
	"    metrics/a: {receivers: [otlp], processors: [" in_a "], exporters: [otlp_http/a]}\n"

#endif
