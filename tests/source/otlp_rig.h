/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SOURCE_OTLP_RIG_H
#define TESTS_SOURCE_OTLP_RIG_H
/* OTLP bodies and a client of both protocols on loopback, in the context that the server under test lives in. */
#include "seams/cm.h"

#include <telemetry/buf.h>

#include "net/fake_clock.h"
#include "net/grpc_client.h"
#include "net/http_client.h"
#include "wire/coding.h"

/* What came back. */
typedef struct otlp_answer {
	unsigned calls;
	tel_err err;             /* HTTP: TEL_OK = an answer */
	unsigned status;         /* HTTP */
	char type[64], retry_after[16];
	int32_t grpc;            /* gRPC status */
	bool from_peer, has_retry;
	char message[512];       /* of the google.rpc.Status in body (HTTP) or grpc-message */
	int32_t code;            /* of the google.rpc.Status in body (HTTP) or details (gRPC), else -1 */
	uint64_t retry_ns;
	char body[4096];
	size_t body_len;
	int64_t rejected;        /* partial success, else 0 */
	char rejected_message[512];
} otlp_answer;

typedef struct otlp_client {
	tel_ctx *ctx;
	fake_clock *clock;
	tel__http_client *http;
	tel__grpc_client *grpc;
	unsigned http_port, grpc_port;
	char url[128];
	uint64_t id;             /* of the newest call */
	tel__http_header extra[2]; /* sent with each request; names in lower case */
	size_t extra_count;
} otlp_client;

/* One resource with "service.name" = name and count gauge points "m" of value 1..count. Never NULL. */
tel_buf *otlp_points(const char *name, unsigned count);
/* The same with an attribute of pad bytes at each point. */
tel_buf *otlp_padded(unsigned count, size_t pad);
tel_buf *otlp_packed(tel__coding coding, tel_slice plain);

void otlp_client_init(otlp_client *c, tel_ctx *ctx, fake_clock *clock, unsigned grpc_port, unsigned http_port);
void otlp_client_fini(otlp_client *c);
/* Starts a request; body must live until the answer. encoding: "gzip" or NULL. */
void otlp_post_start(otlp_client *c, const char *path, const char *type, const char *encoding, const tel_slice *body,
                     otlp_answer *a);
void otlp_export_start(otlp_client *c, const char *method, const char *encoding, const tel_slice *body,
                       uint64_t timeout_ns, otlp_answer *a);
/* Runs the context until the answer is there. */
void otlp_wait(otlp_client *c, const otlp_answer *a);
/* Both: start and wait, with the usual path and type. */
otlp_answer otlp_post(otlp_client *c, tel_slice body);
otlp_answer otlp_export(otlp_client *c, tel_slice body);

#define OTLP_METHOD "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export"
#endif
