/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_MODEL_RANDOM_OTLP_H
#define TESTS_MODEL_RANDOM_OTLP_H
/* Seeded requests with everything that OTLP metrics may hold: all types, unknown fields, odd orders, empty envelopes. */
#include <telemetry/buf.h>
#include <telemetry/metrics.h>

#include "base/dynbuf.h"

typedef struct random_otlp {
	uint64_t state;
	bool plain; /* points with string attributes only, no oddities: what SDKs send */
} random_otlp;

uint32_t random_below(random_otlp *r, uint32_t bound);
/* A request with up to about 4 resources, 4 scopes each, 6 metrics each, 6 points each. */
tel_buf *random_request(random_otlp *r);

/* One line per point with everything that it belongs to, as bytes; what splitting and merging must keep. The caller
 * frees out. */
void flatten_points(const tel_metrics *m, tel__dynbuf *out);

#endif
