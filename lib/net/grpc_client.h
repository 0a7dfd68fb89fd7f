/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_GRPC_CLIENT_H
#define TEL_NET_GRPC_CLIENT_H
/* gRPC unary client on nghttp2: one connection per client object, reconnects with backoff, all addresses of the name. */
#include "net/http_server.h" /* tel__http_header */
#include "net/proxy.h"
#include "net/tls.h"
#include "wire/grpc.h"

TEL_PRIVATE_BEGIN

typedef struct tel__grpc_client tel__grpc_client;

typedef struct tel__grpc_client_opts {
	tel_slice host;      /* name or address, without brackets */
	uint16_t port;
	tel_slice authority; /* empty = host:port */
	tel_slice user_agent;
	uint64_t keepalive_time_ns, keepalive_timeout_ns; /* 0 = no PING */
	tel__tls_ctx *tls;   /* NULL = plaintext; borrowed */
	const tel__proxy *proxy; /* NULL = directly; borrowed */
} tel__grpc_client_opts;

typedef struct tel__grpc_call {
	tel_slice path; /* "/package.Service/Method" */
	const tel__http_header *metadata;
	size_t metadata_count;
	tel_slice encoding;    /* "gzip" when the message is compressed, else empty */
	const tel_slice *body; /* the message without prefix; must live until done or cancel */
	size_t body_count;
	size_t max_response_bytes; /* 0 = TEL_LIMIT_RESPONSE_BYTES */
	uint64_t timeout_ns;       /* sent as grpc-timeout and kept; 0 = none */
} tel__grpc_call;

typedef struct tel__grpc_answer {
	int32_t status;         /* 0-16; transport failures are mapped as protocols.md 2.2 says */
	bool from_peer;         /* false: the status was made here, from a reset, a GOAWAY, a timeout, no connection */
	tel_slice message;      /* percent-decoded; with body_err, why */
	tel_slice details;      /* grpc-status-details-bin, decoded: a google.rpc.Status */
	tel_slice body;         /* response message */
	tel_err body_err;       /* of an OK: its message could not be read (LIMIT, BUDGET, NOMEM, MALFORMED); body is empty */
	bool body_compressed;
	tel_slice body_encoding; /* grpc-encoding of the answer */
} tel__grpc_answer;

tel_err tel__grpc_client_new(tel_ctx *ctx, const tel__grpc_client_opts *opts, tel__grpc_client **ret_client, tel_error *err);
void tel__grpc_client_free(tel__grpc_client *c); /* silent */
/* done runs once, from the loop. Calls made while there is no connection wait for the attempt that is under way, or for one
 * that begins at most 1.2 s later; when it fails they are UNAVAILABLE with the reason. */
tel_err tel__grpc_client_call(tel__grpc_client *c, const tel__grpc_call *call,
                              void (*done)(void *user, const tel__grpc_answer *answer), void *user, uint64_t *ret_id,
                              tel_error *err);
void tel__grpc_client_cancel(tel__grpc_client *c, uint64_t id);

TEL_PRIVATE_END
#endif
