/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_TESTS_SINK_OTLP_WORLD_H
#define TEL_TESTS_SINK_OTLP_WORLD_H
/* An OTLP backend on loopback, HTTP/1 and gRPC, that answers what the test says. Time is the test's. */
#include "net/fake_clock.h"
#include "net/grpc_server.h"
#include "seams/cm.h"
#include "seams/failalloc.h"

typedef struct otlp_world {
	tel_ctx *ctx;
	fake_clock clock;
	failalloc mem;
	tel__http_server *http, *grpc;
	char http_url[64], grpc_endpoint[64];

	/* What it answers. */
	unsigned status;
	const char *content_type, *retry_after;
	tel_slice body;
	int32_t grpc_status;
	tel_slice message, details;
	bool hang;
	bool answer_once; /* gRPC: the answer above once, then OK */

	/* What it saw. */
	unsigned requests;
	uint64_t points;
	char head[2048]; /* "POST /v1/metrics name=value;..." of the last request */
	tel__http_request *held[64];
	size_t held_count;
} otlp_world;

void otlp_world_init(otlp_world *w);
void otlp_world_fini(otlp_world *w);
/* Turns the loop until the condition holds, at most 20 s of the test's time. */
bool otlp_world_run(otlp_world *w, bool (*until)(void *user), void *user);
void otlp_world_spin(otlp_world *w, unsigned ms);

#endif
