/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_DELTA_STATE_H
#define TEL_PROCESS_DELTA_STATE_H
/*
 * What cumulativetodelta remembers: one small record per series, found by its key, oldest first. Records stand in pages, the
 * table holds their numbers: 48 bytes and 5 to 11 per series, beside the key. The number of series is bounded; the one that
 * was not seen for the longest time makes room.
 */
#include <telemetry/alloc.h>
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/visibility.h"

/* The last value of a histogram. Counts are those of the positive buckets, then those of the negative ones. */
typedef struct tel__delta_buckets {
	uint64_t count, zero_count, bounds_hash;
	double sum, zero_threshold;
	int32_t scale, positive_offset, negative_offset;
	uint32_t positive, negative; /* how many counts */
	uint64_t counts[];
} tel__delta_buckets;

struct tel__delta_change;

typedef struct tel__delta_series {
	char *key;                         /* length in 4 bytes, then the bytes */
	uint64_t time_unix_ns;             /* of the last point */
	union {
		int64_t integer;
		double real;
		tel__delta_buckets *buckets;   /* owned */
	} value;
	struct tel__delta_change *pending; /* newest change of a plan that is open; NULL = none */
	uint32_t hash;
	uint32_t older, newer;             /* numbers; TEL__DELTA_NONE at the ends */
	uint32_t seen : 30;                /* second of the last commit, from the state's epoch */
	uint32_t known : 1;                /* there is a value: a plan with the series was committed */
	uint32_t buckets : 1;              /* which member of value */
} tel__delta_series;

typedef struct tel__delta_state tel__delta_state;

enum { TEL__DELTA_NONE = 0xffffffff };

TEL_PRIVATE_BEGIN

tel_err tel__delta_state_new(const tel_alloc *alloc, size_t max_series, tel__delta_state **ret_state);
void tel__delta_state_free(tel__delta_state *state);
/* The series of a key, made when there is none; it is the newest then. TEL_OK; TEL_ERR_NOMEM; TEL_ERR_REFUSED: all series
 * are part of plans that are open. */
tel_err tel__delta_get(tel__delta_state *state, tel_slice key, tel__delta_series **ret_series);
void tel__delta_remove(tel__delta_state *state, tel__delta_series *series);
/* Makes it the newest. */
void tel__delta_touch(tel__delta_state *state, tel__delta_series *series, uint32_t second);
/* Removes what was last seen before that second and is in no open plan. */
void tel__delta_expire(tel__delta_state *state, uint32_t second);
size_t tel__delta_count(const tel__delta_state *state);
/* Memory but for keys and buckets. */
size_t tel__delta_bytes(const tel__delta_state *state);

tel__delta_buckets *tel__delta_buckets_new(const tel_alloc *alloc, size_t counts); /* zeroed; NULL: no memory */
void tel__delta_buckets_free(const tel_alloc *alloc, tel__delta_buckets *buckets); /* NULL is fine */

TEL_PRIVATE_END
#endif
