/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SOURCE_RECEIVER_H
#define TEL_SOURCE_RECEIVER_H
/* What a receiver component is to the flow. */
#include <telemetry/receiver.h>

#include "base/keys.h"
#include "net/auth.h"

TEL_PRIVATE_BEGIN

#define TEL__RETRY_HINT_NS 1000000000ull /* in retryable refusals for want of room */

typedef struct tel__receiver_impl tel__receiver_impl;

typedef struct tel__receiver_env {
	tel_ctx *ctx;
	tel_slice id;          /* "otlp", "otlp/x" */
	bool forward_bad_utf8; /* option otlp.utf8=forward */
	bool strict_json;      /* option otlp.json=strict */
	uint32_t connections_per_peer; /* option connections.per_peer; 0 = any */
	const tel__auth_book *auth; /* NULL: there are no authenticators; what it finds outlives the receiver */
	void (*on_metrics)(tel_receipt *receipt, tel_metrics *metrics, void *user);
	void *user;
	/* A reload: the servers that will go when this receiver starts, and the receiver that has had its id. NULL = it starts
	 * at once. */
	const tel__http_before *before;
	tel__receiver_impl *predecessor;
} tel__receiver_env;

/* Why a request was refused before it was decoded, for telemetry_receiver_refused_requests_total{reason}. */
typedef enum tel__refusal {
	TEL__REFUSED_TOO_LARGE,
	TEL__REFUSED_BUDGET,
	TEL__REFUSED_MALFORMED,    /* body, framing or compression */
	TEL__REFUSED_UNSUPPORTED,  /* method, path, media type, encoding */
	TEL__REFUSED_ABORTED,      /* the peer went away */
	TEL__REFUSED_UNAUTHENTICATED, /* no credentials, or wrong ones */
	TEL__REFUSED_AUTH_BUSY,    /* too many credentials wait to be checked */
	TEL__REFUSAL_COUNT
} tel__refusal;

typedef struct tel__receiver_stats {
	const char *transport;               /* "grpc" or "http" */
	uint64_t requests;                   /* heads seen */
	uint64_t accepted_points, refused_points, failed_points;
	uint64_t cut_points;                 /* bad UTF-8, reported by partial success */
	uint64_t refused_requests[TEL__REFUSAL_COUNT];
	uint64_t received_bytes;             /* bodies as they came */
	tel__http_stats connections;
	bool seen;                           /* a first operation happened: the Collector shows the series from then on */
} tel__receiver_stats;

/* tel__component.impl of a receiver row. */
typedef struct tel__receiver_ops {
	tel_err (*make)(const tel__receiver_env *env, const void *options, tel__receiver_impl **ret_impl, tel_error *err);
	void (*start)(tel__receiver_impl *r);             /* made with before: takes over; cannot fail */
	void (*drain)(tel__receiver_impl *r);             /* no new requests */
	void (*retire)(tel__receiver_impl *r);            /* as drain, unhurried: tel__http_server_retire() */
	size_t (*servers)(const tel__receiver_impl *r, tel__http_server **ret_servers, size_t cap); /* how many were written */
	size_t (*open)(const tel__receiver_impl *r);      /* requests not answered yet */
	size_t (*stats)(const tel__receiver_impl *r, tel__receiver_stats *ret_stats, size_t cap); /* rows written */
	unsigned (*port)(const tel__receiver_impl *r, const char *transport);
	void (*free)(tel__receiver_impl *r);
} tel__receiver_ops;

enum { TEL__RECEIVER_DOORS = 4 }; /* servers and rows of stats that one receiver may have */
/* Adds the counters of a receiver that went to those of its successor; of the same transport. */
void tel__receiver_stats_add(tel__receiver_stats *to, const tel__receiver_stats *from);

/* Data points of the batch that came with a receipt. */
uint64_t tel__receipt_points(const tel_receipt *receipt);
/* on_gone runs once, from the loop, when the client goes away before the receipt is settled; it may settle. NULL = nobody
 * wants to know any more. */
void tel__receipt_watch(tel_receipt *receipt, void (*on_gone)(void *user), void *user);

/* Name of a refusal as a label value. */
const char *tel__refusal_name(tel__refusal reason);

TEL_PRIVATE_END
#endif
