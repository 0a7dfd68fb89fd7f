/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_FLOW_PAGES_H
#define TEL_FLOW_PAGES_H
/*
 * The pages: what an operator asks about pipelines and queues, as JSON and as one static HTML page over each. The HTML
 * holds no data; its script fetches the JSON and sets text, never markup (security.md S66). doc/pages.md has the fields.
 */
#include "flow/endpoint.h"
#include "flow/flow_i.h"

TEL_PRIVATE_BEGIN

/* Serves a path: "/", "/pipelines", "/queues", and where the Collector's zpages have the same. HTML when the request
 * prefers it (Accept names text/html, or ?format=html), else JSON (also by ?format=json). */
void tel__pages_serve(const tel_flow *flow, const tel__endpoint_request *request, tel__endpoint_answer *answer);

/* pages_json.c: the three documents. */
void tel__pages_json_index(const tel_flow *flow, tel__dynbuf *out);
void tel__pages_json_pipelines(const tel_flow *flow, tel__dynbuf *out);
void tel__pages_json_queues(const tel_flow *flow, tel__dynbuf *out);

TEL_PRIVATE_END
#endif
