/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_MODEL_BUILDER_I_H
#define TEL_MODEL_BUILDER_I_H
/*
 * The inside of a builder: the bytes written so far and the stack of messages that are open in them. A message is
 * entered with a guess of how many bytes its length takes; leaving it moves the payload when the guess was wrong, so
 * each byte moves at most once per level.
 */
#include <telemetry/builder.h>

#include "base/dynbuf.h"
#include "base/visibility.h"
#include "model/otlp_fields.h"
#include "wire/pb.h"

/* What can be open, from the outside in. A resource and its scopes are siblings, as are a scope and its metrics. */
enum tel__builder_level { ROOT, RESOURCE_METRICS, RESOURCE, SCOPE_METRICS, SCOPE, METRIC, DATA, POINT, EXEMPLAR };

/* An open message: where its payload starts, and how many bytes stand before it for the length. */
struct tel__builder_frame {
	size_t start;
	uint8_t level;
	uint8_t reserved;
};

struct tel_builder {
	tel_alloc alloc;
	tel__dynbuf out;
	uint64_t start_ns, time_ns;
	struct {
		tel_metric_type type;
		tel_temporality temporality;
		bool monotonic;
	} metric; /* the one that was begun last */
	size_t name_at, name_len; /* of the open metric, in out; stays put while the metric is open */
	size_t usual; /* length of the batch before: room that is taken at once for the next one */
	size_t depth;
	struct tel__builder_frame frames[EXEMPLAR];
	tel_error error; /* first failure */
};

enum { TEL__BUILDER_HEAD_MAX = 1 + 5 }; /* tag and length of a message */

TEL_INLINE bool tel__builder_failed(const tel_builder *b)
{
	return b->error.code != TEL_OK || b->out.error != TEL_OK;
}

TEL_INLINE enum tel__builder_level tel__builder_top(const tel_builder *b)
{
	return b->depth ? (enum tel__builder_level)b->frames[b->depth - 1].level : ROOT;
}

TEL_INLINE void tel__builder_enter(tel_builder *b, enum tel__builder_level level, uint32_t field, uint8_t reserved)
{
	uint8_t *p = (uint8_t *)tel__dynbuf_room(&b->out, TEL__BUILDER_HEAD_MAX);

	if (!p)
		return;
	*p = (uint8_t)TEL__PB_TAG(field, TEL__PB_LEN);
	tel__dynbuf_advance(&b->out, 1u + reserved);
	b->frames[b->depth++] = (struct tel__builder_frame){ b->out.len, (uint8_t)level, reserved };
}

TEL_PRIVATE_BEGIN

/* Records the first failure, with the name of the open metric. */
void tel__builder_refuse(tel_builder *b, tel_err code, const char *what);
/* Closes the innermost message. */
void tel__builder_leave(tel_builder *b);
/* Opens the data message of the metric that was begun and writes its own fields. */
void tel__builder_open_data(tel_builder *b);

TEL_PRIVATE_END

/* Field of a point's attributes; 0 for a metric without data. */
TEL_INLINE uint32_t tel__builder_point_attributes(tel_metric_type type)
{
	switch (type) {
	case TEL_METRIC_HISTOGRAM:
		return TEL__HIST_ATTRIBUTES;
	case TEL_METRIC_EXP_HISTOGRAM:
		return TEL__EXP_ATTRIBUTES;
	default: /* gauge, sum and summary agree */
		return TEL__NUMBER_ATTRIBUTES;
	}
}

TEL_INLINE void tel__builder_unwind(tel_builder *b, enum tel__builder_level level)
{
	while (!tel__builder_failed(b) && tel__builder_top(b) > level)
		tel__builder_leave(b);
}
#endif
