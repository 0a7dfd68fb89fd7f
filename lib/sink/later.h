/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_SINK_LATER_H
#define TEL_SINK_LATER_H
/* Answers from the loop of exporters that know the outcome at once: done never runs inside send. */
#include "sink/exporter.h"

TEL_PRIVATE_BEGIN

typedef struct tel__later_entry {
	void (*done)(void *user, const tel__export_outcome *outcome); /* NULL = cancelled */
	void *user;
	tel__export_outcome outcome; /* message is static text */
} tel__later_entry;

typedef struct tel__later {
	tel_ctx *ctx;
	tel__deferred deferred;
	tel__later_entry *ring; /* of cap, a power of two */
	size_t cap;
	uint64_t first_id, next_id;
	bool *freed;            /* told when fini runs inside of done */
} tel__later;

void tel__later_init(tel__later *l, tel_ctx *ctx);
tel_err tel__later_push(tel__later *l, const tel__export_outcome *outcome,
                        void (*done)(void *user, const tel__export_outcome *outcome), void *user, uint64_t *ret_id,
                        tel_error *err);
void tel__later_cancel(tel__later *l, uint64_t id);
void tel__later_fini(tel__later *l); /* silent */

TEL_PRIVATE_END
#endif
