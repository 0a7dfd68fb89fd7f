/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SOURCE_OTLP_I_H
#define TEL_SOURCE_OTLP_I_H
/* Inside of the otlp receiver: two doors (gRPC, HTTP) that differ in how they read a head and word an answer, and one
 * path from a body to a receipt. */
#include <telemetry/otlp.h>

#include "base/dynbuf.h"
#include "net/http_server.h"
#include "source/otlp.h"
#include "wire/coding.h"

enum {
	TEL__OTLP_ANSWER_BYTES = 4096,  /* ceiling of an answer's body; longer messages are shortened */
	TEL__OTLP_RESPONSE_HEADERS = 30 /* most of response_headers */
};

struct tel__otlp_door;

typedef struct tel__otlp_door_ops {
	/* Answers the request of a settled receipt; cut: points that decoding cut out (partial success). */
	void (*answer)(struct tel__otlp_door *door, tel__http_request *req, const tel_outcome *outcome, uint64_t cut_points,
	               const char *cut_message);
	/* The head of a request that may pass: take its body, or answer. */
	void (*proceed)(struct tel__otlp_door *door, tel__http_request *req);
	/* Refuses a body before it became a batch. */
	void (*refuse)(struct tel__otlp_door *door, tel__http_request *req, tel__refusal reason, const tel_error *err);
} tel__otlp_door_ops;

/* One request at the gate of a door, whose credentials take time to check. */
typedef struct tel__otlp_gate {
	tel__auth_check check;
	struct tel__otlp_door *door;
	tel__http_request *req;
	struct tel__otlp_gate *prev, *next;
} tel__otlp_gate;

typedef struct tel__otlp_door {
	const tel__otlp_door_ops *ops;
	struct tel__otlp_receiver *receiver;
	tel__http_server *server;
	tel__tls_ctx *tls; /* NULL = plaintext */
	const tel__auth *auth; /* NULL = everybody may send */
	tel__otlp_gate *gates, *spare_gate; /* waiting; one that is kept */
	size_t max_bytes; /* of a message, after decompression */
	tel_slice endpoint; /* the configuration's */
	tel_slice path;   /* owned by the receiver */
	uint32_t codings; /* bit 1 << tel__coding: what bodies may be packed with */
	tel__key_pairs response_headers; /* of HTTP; the configuration's */
	tel__receiver_stats stats;
} tel__otlp_door;

struct tel_receipt {
	tel_alloc alloc;        /* a copy: a receipt may outlive the context, too */
	tel__otlp_door *door;   /* NULL: the receiver was freed before the receipt was settled */
	tel__http_request *req; /* NULL: the peer went away */
	tel_origin origin;
	uint64_t points, cut_points;
	void (*on_gone)(void *user); /* of the flow */
	void *gone_user;
	void (*on_lost)(void *user, tel_err why); /* of a host */
	void *lost_user;
	struct tel_receipt *prev, *next;
	bool settled;
	char peer[64];
	char cut_message[256];
};

typedef struct tel__otlp_receiver {
	tel_ctx *ctx;
	tel__receiver_env env;
	tel__coder *coder;
	tel__otlp_door grpc, http;
	char *path;              /* metrics_url_path with its leading slash */
	size_t path_size;
	tel_receipt *open;       /* receipts not settled yet */
	tel_receipt *spare, *spare_end; /* settled ones, bounded; the oldest is used first */
	size_t spare_count, open_count;
} tel__otlp_receiver;

/* NULL: no memory. */
tel_receipt *tel__receipt_open(tel__otlp_door *door, tel__http_request *req);
/* The peer went away, or its deadline passed and it was told so: whoever watches is told. */
void tel__receipt_lost(tel_receipt *receipt);
/* Open receipts lose their receiver, and nobody is told: settling them answers nobody. */
void tel__receipts_orphan(tel__otlp_receiver *r);
void tel__receipts_free(tel__otlp_receiver *r); /* those that are settled */

/* The coding that a header names, if the door takes it. */
bool tel__otlp_coding(const tel__otlp_door *door, tel_slice name, tel__coding *ret_coding);
/* From a complete body to on_metrics. json: OTLP/JSON. */
void tel__otlp_take(tel__otlp_door *door, tel__http_request *req, tel_buf *body, tel__coding coding, bool json);
void tel__otlp_refused(tel__otlp_door *door, tel__http_request *req, tel__refusal reason, const tel_error *err);
tel__refusal tel__otlp_refusal_of(tel_err code);

/* Bodies of answers: partial success when points were cut out (else nothing), google.rpc.Status. */
void tel__otlp_encode_success(uint64_t cut_points, const char *cut_message, tel__dynbuf *out);
void tel__otlp_encode_status(int32_t code, tel_slice message, uint64_t retry_after_ns, tel__dynbuf *out);

/* otlp_gate.c: credentials are judged by the head alone, before anything else of it is looked at and before a byte of the
 * body is taken, unpacked or reserved (security.md S14). Ends in proceed or refuse, now or later. */
void tel__otlp_gate_enter(tel__otlp_door *door, tel__http_request *req);
/* true: req waited at the gate; it is forgotten there. */
bool tel__otlp_gate_leave(tel__otlp_door *door, const tel__http_request *req);
void tel__otlp_gate_fini(tel__otlp_door *door);

/* service handlers share these */
void tel__otlp_on_head(void *user, tel__http_request *req);
void tel__otlp_on_abort(void *user, tel__http_request *req);
void tel__otlp_on_body_error(void *user, tel__http_request *req, const tel_error *err);

extern const tel__receiver_ops tel__otlp_receiver_ops;
extern const tel__otlp_door_ops tel__otlp_grpc_door;
extern const tel__otlp_door_ops tel__otlp_http_door;
void tel__otlp_grpc_service(tel__otlp_door *door, tel__http_service *ret_service);
void tel__otlp_http_service(tel__otlp_door *door, tel__http_service *ret_service);

#endif
