/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_BUDGET_H
#define TELEMETRY_BUDGET_H
/**
 * @defgroup tel_budget Memory budget
 * One limit for the memory of many things: contexts, batches that are decoded, what is queued. Bytes are reserved before
 * they are read; where there is no room, the call fails with TEL_ERR_BUDGET and nothing is kept.
 * @{
 */
#include <telemetry/alloc.h>
#include <telemetry/error.h>

TEL_BEGIN_DECLS

/** A limit that is shared by reference. */
typedef struct tel_budget tel_budget;

/** State of a budget. Zero-initialise through TEL_BUDGET_STATE_INIT. */
typedef struct tel_budget_state {
	size_t size;           /**< sizeof of the caller's view */
	size_t limit_bytes;    /**< 0 = none */
	size_t reserved_bytes; /**< now */
	size_t peak_bytes;     /**< most so far */
	uint64_t refused;      /**< reservations for which there was no room */
} tel_budget_state;
/** Initial value of tel_budget_state. */
#define TEL_BUDGET_STATE_INIT { sizeof(tel_budget_state), 0, 0, 0, 0 }

/**
 * Make a budget.
 *
 * @param[in]  alloc        NULL for the C library's; copied
 * @param[in]  limit_bytes  0 = count without a limit
 * @param[out] ret_budget   new budget with one reference, drop with tel_budget_unref()
 * @return TEL_OK; TEL_ERR_ARG (ret_budget NULL); TEL_ERR_NOMEM.
 *
 * Cost:    one small allocation.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_budget_new(const tel_alloc *alloc, size_t limit_bytes, tel_budget **ret_budget);

/**
 * Take another reference.
 *
 * @param[in] budget  may be NULL
 * @return budget.
 *
 * Cost:    one atomic increment.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_budget *tel_budget_ref(tel_budget *budget);

/**
 * Drop a reference. What is charged to the budget holds references of its own.
 *
 * @param[in] budget  may be NULL
 *
 * Cost:    one atomic decrement.
 * Threads: any.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API void tel_budget_unref(tel_budget *budget);

/**
 * Read the state of a budget.
 *
 * @param[in]  budget     budget
 * @param[out] ret_state  filled as far as its size goes
 * @return TEL_OK; TEL_ERR_ARG (NULL, or a size that is none).
 *
 * Cost:    a few loads.
 * Threads: any; other threads may reserve meanwhile.
 * Callback-safe: yes.   Since: 0.1
 * Spec:    none.
 */
TEL_API tel_err tel_budget_get(const tel_budget *budget, tel_budget_state *ret_state);

TEL_END_DECLS
/** @} */
#endif
