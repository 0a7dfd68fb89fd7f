/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_PROCESS_DELTA_VALUE_H
#define TEL_PROCESS_DELTA_VALUE_H
/* The arithmetic of cumulativetodelta: a point minus the value before it. */
#include "model/edit.h"
#include "process/delta_state.h"

typedef enum tel__delta_verdict {
	TEL__DELTA_GOOD,
	TEL__DELTA_FELL,         /* the counter started anew, or cannot be compared */
	TEL__DELTA_OTHER_COUNT,  /* another number of buckets */
	TEL__DELTA_OTHER_BOUNDS
} tel__delta_verdict;

TEL_PRIVATE_BEGIN

/* The buckets of an opened point of a histogram; exponential = of an exponential one. TEL_OK, TEL_ERR_NOMEM. */
tel_err tel__delta_buckets_of(const tel_alloc *alloc, const tel__point *point, bool exponential,
                              tel__delta_buckets **ret_buckets);
/* Makes point the difference between now (its own buckets) and before. What it is given lives in arena. TEL_OK and a verdict:
 * but for TEL__DELTA_GOOD the point is as it was; or TEL_ERR_NOMEM. */
tel_err tel__delta_histogram(tel__arena *arena, tel__point *point, const tel__delta_buckets *before,
                             const tel__delta_buckets *now, tel__delta_verdict *ret_verdict);
tel_err tel__delta_exponential(tel__arena *arena, const tel_alloc *alloc, tel__point *point,
                               const tel__delta_buckets *before, const tel__delta_buckets *now,
                               tel__delta_verdict *ret_verdict);

TEL_PRIVATE_END
#endif
