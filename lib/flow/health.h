/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_FLOW_HEALTH_H
#define TEL_FLOW_HEALTH_H
/* The health_check extension. otel-processing.md 9.7. */
#include "base/keys.h"
#include "flow/endpoint.h"
#include "net/tls_options.h"

typedef struct tel__health_options {
	tel_slice endpoint, path;
	struct {
		tel_slice healthy, unhealthy;
	} response_body;
	tel__tls_options *tls; /* NULL = plaintext */
} tel__health_options;

TEL_PRIVATE_BEGIN

extern const tel__component tel__health_component;

/* since_unix_ns 0 = not ready. Fills the answer for any path when the configured one is "/", else for that path only. */
void tel__health_answer(const tel__health_options *o, tel_slice path, uint64_t since_unix_ns, uint64_t up_ns,
                        tel__endpoint_answer *answer);
/* RFC 3339 in UTC with nanoseconds, trailing zeros cut. */
void tel__rfc3339(uint64_t unix_ns, tel__dynbuf *out);

TEL_PRIVATE_END
#endif
