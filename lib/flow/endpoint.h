/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_FLOW_ENDPOINT_H
#define TEL_FLOW_ENDPOINT_H
/*
 * Small read-only HTTP endpoints of the flow itself: health, own metrics and pages. GET and HEAD (health: any method), no
 * body is read, answers are built at once. security.md S11, S30.
 */
#include <telemetry/ctx.h>

#include "base/dynbuf.h"
#include "net/http_server.h"

TEL_PRIVATE_BEGIN

typedef struct tel__endpoint tel__endpoint;

/* What an answer may depend on; borrowed. */
typedef struct tel__endpoint_request {
	tel_slice path, query; /* without '?' */
	tel_slice accept;      /* header Accept; empty when there is none */
} tel__endpoint_request;

typedef struct tel__endpoint_answer {
	unsigned status;
	const char *content_type;
	tel__dynbuf *body;
	const tel__http_header *headers; /* further ones; static */
	size_t header_count;             /* at most TEL__ENDPOINT_HEADERS */
} tel__endpoint_answer;

enum { TEL__ENDPOINT_HEADERS = 8 };

/* Fills answer for a request; status 404 is the default. */
typedef void tel__endpoint_serve(void *user, const tel__endpoint_request *request, tel__endpoint_answer *answer);

typedef struct tel__endpoint_opts {
	tel_slice address;
	tel_slice id;                  /* of the extension that it belongs to; may be empty */
	const tel__tls_options *tls;   /* NULL = plaintext; borrowed */
	bool any_method;
	/* On a loopback address only requests for localhost or for an address are answered: a name that was made to point here
	 * (DNS rebinding) would let any web page that somebody on this machine looks at read the answers. */
	bool guards_loopback;
	const tel__http_before *before; /* a reload: its server is started by hand; NULL = at once */
} tel__endpoint_opts;

tel_err tel__endpoint_new(tel_ctx *ctx, const tel__endpoint_opts *opts, tel__endpoint_serve *serve, void *user,
                          tel__endpoint **ret_endpoint, tel_error *err);
tel__http_server *tel__endpoint_server(const tel__endpoint *e);
unsigned tel__endpoint_port(const tel__endpoint *e);
void tel__endpoint_free(tel__endpoint *e);

TEL_PRIVATE_END
#endif
