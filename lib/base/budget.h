/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_BUDGET_H
#define TEL_BASE_BUDGET_H
/*
 * The memory budget of a process (design.md 6): bytes are reserved before they are read. Atomic; shared by everything
 * in the process that takes it. limit 0 means no limit (still counted).
 */
#include <telemetry/alloc.h>
#include <telemetry/error.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

typedef struct tel_budget tel__budget;

typedef struct tel__budget_stats {
	size_t limit, reserved, peak; /* bytes */
	size_t held;                  /* of reserved: messages that have not come completely, which can be given up */
	uint64_t refused;             /* reservations that were refused */
} tel__budget_stats;

tel_err tel__budget_new(const tel_alloc *alloc, size_t limit_bytes, tel__budget **ret_budget);
tel__budget *tel__budget_ref(tel__budget *budget);
void tel__budget_unref(tel__budget *budget);
void tel__budget_set_limit(tel__budget *budget, size_t limit_bytes);
/* All or nothing; false = no room. NULL budget always has room. */
bool tel__budget_reserve(tel__budget *budget, size_t bytes);
/* Takes the bytes even over the limit: for what exists already (baseline, a buffer that has to be finished). */
void tel__budget_force(tel__budget *budget, size_t bytes);
void tel__budget_release(tel__budget *budget, size_t bytes);
/* Notes that so many of the reserved bytes are held, or not any more. */
void tel__budget_hold(tel__budget *budget, size_t bytes);
void tel__budget_unhold(tel__budget *budget, size_t bytes);
void tel__budget_get(const tel__budget *budget, tel__budget_stats *ret_stats);

TEL_PRIVATE_END
#endif
