/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_HTTP_CLIENT_H
#define TEL_NET_HTTP_CLIENT_H
/* HTTP client on libcurl multi, driven by the context. No redirects. One connection pool per client object. */
#include "net/http_server.h" /* tel__http_header */
#include "net/proxy.h"
#include "net/tls.h"

TEL_PRIVATE_BEGIN

typedef struct tel__http_client tel__http_client;

typedef struct tel__http_client_opts {
	tel_slice user_agent;
	uint32_t max_connections;   /* 0 = no limit */
	uint64_t connect_timeout_ns; /* 0 = 30 s */
	tel__tls_ctx *tls; /* of https; NULL = as curl does it; borrowed */
	bool http2;        /* offer HTTP/2 over TLS (ALPN); plaintext stays HTTP/1.1 */
	const tel__proxy *proxy; /* NULL = directly, whatever the environment says; borrowed */
} tel__http_client_opts;

typedef struct tel__http_call {
	tel_slice method, url;
	const tel__http_header *headers;
	size_t header_count;
	const tel_slice *body; /* slices sent one after the other; must live until done or cancel */
	size_t body_count;
	size_t max_response_bytes; /* 0 = TEL_LIMIT_RESPONSE_BYTES */
	uint64_t timeout_ns;       /* whole exchange; 0 = none */
} tel__http_call;

typedef struct tel__http_answer {
	tel_err err;      /* TEL_OK: an answer came, whatever its status. Else TIMEOUT, DNS, TRANSPORT, TLS, LIMIT, BUDGET, NOMEM */
	char message[256];
	unsigned status;  /* also when the answer came but LIMIT, BUDGET or NOMEM kept us from reading it whole; 0 = none came */
	tel_slice body;
	const tel__http_header *headers;
	size_t header_count;
	tel_buf *buf; /* what body points into, NULL when there is none: take a reference to keep it */
} tel__http_answer;

/* First header of that name. */
bool tel__http_answer_header(const tel__http_answer *answer, const char *name, tel_slice *ret_value);

tel_err tel__http_client_new(tel_ctx *ctx, const tel__http_client_opts *opts, tel__http_client **ret_client, tel_error *err);
void tel__http_client_free(tel__http_client *c); /* cancels what is in flight, silently */
/* done runs once, from the loop; the answer is borrowed during it. It may send, cancel, and free the client.
 * TEL_ERR_ARG (method, URL or a header with bytes that would split the request), TEL_ERR_NOMEM, TEL_ERR_FORKED. */
tel_err tel__http_client_send(tel__http_client *c, const tel__http_call *call,
                              void (*done)(void *user, const tel__http_answer *answer), void *user, uint64_t *ret_id,
                              tel_error *err);
void tel__http_client_cancel(tel__http_client *c, uint64_t id); /* done will not run */

TEL_PRIVATE_END
#endif
