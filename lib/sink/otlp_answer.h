/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SINK_OTLP_ANSWER_H
#define TEL_SINK_OTLP_ANSWER_H
/* What an OTLP backend's answer means: from the clients' answers to an outcome. Pure. protocols.md 2.1 - 2.3. */
#include "net/grpc_client.h"
#include "net/http_client.h"
#include "sink/exporter.h"

TEL_PRIVATE_BEGIN

enum { TEL__ANSWER_TEXT = 1400 }; /* room for the longest text */

/* The outcome's message points into text or is constant. unix_ns: now, for a Retry-After that is a date. */
void tel__otlp_answer_http(const tel__http_answer *answer, tel_slice url, uint64_t unix_ns, char text[TEL__ANSWER_TEXT],
                           tel__export_outcome *ret_outcome);
void tel__otlp_answer_grpc(const tel__grpc_answer *answer, char text[TEL__ANSWER_TEXT], tel__export_outcome *ret_outcome);

TEL_PRIVATE_END
#endif
