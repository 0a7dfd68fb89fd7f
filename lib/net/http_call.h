/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_NET_HTTP_CALL_H
#define TEL_NET_HTTP_CALL_H
/* One exchange of the HTTP client: what is set on an easy handle of curl, and what comes back. */
#include <curl/curl.h>

#include "base/dynbuf.h"
#include "net/body.h"
#include "net/http_client.h"

TEL_PRIVATE_BEGIN

typedef struct tel__http_exchange {
	struct tel__http_exchange *prev, *next;
	tel_ctx *ctx;
	tel__http_client *client;
	uint64_t id;
	void (*done)(void *user, const tel__http_answer *answer);
	void *user;
	tel__timer timer; /* of the whole exchange, on the context's clock */
	CURL *easy;
	struct curl_slist *headers;
	tel_slice *body;
	size_t body_count, body_index, body_offset; /* next byte to send */
	uint64_t body_bytes;
	const tel__proxy *proxy;
	char *joined; /* a short body of several slices, as one */
	/* answer */
	tel__dynbuf head; /* names and values, one behind the other */
	tel__http_header *fields; /* only the lengths count until the answer is complete */
	size_t field_count, field_cap;
	size_t head_bytes;
	tel__body received;
	tel_error error; /* why a callback stopped curl */
	char curl_error[CURL_ERROR_SIZE];
	CURLcode code; /* once it finished */
	bool in_multi;
} tel__http_exchange;

/* Sets the call on x->easy. TEL_ERR_ARG, TEL_ERR_NOMEM. */
tel_err tel__http_exchange_setup(tel__http_exchange *x, const tel__http_call *call, const tel__http_client_opts *opts,
                                 tel_error *err);
/* Fills an answer out of what curl reports; the answer borrows from x. */
void tel__http_exchange_answer(tel__http_exchange *x, CURLcode code, tel_buf **ret_buf, tel__http_answer *ret_answer);
/* Everything but the easy handle. */
void tel__http_exchange_fini(tel__http_exchange *x);

TEL_PRIVATE_END
#endif
