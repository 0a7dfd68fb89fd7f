/* SPDX-License-Identifier: Apache-2.0 */
#include "base/budget.h"

#include <assert.h>
#include <stdatomic.h>

#include "base/mem.h"

/* Relaxed order everywhere: the numbers stand for themselves, nothing else is published through them. */
struct tel_budget {
	tel_alloc alloc;
	atomic_uint refs;
	atomic_size_t limit, reserved, peak, held;
	_Atomic uint64_t refused;
};

tel_err tel__budget_new(const tel_alloc *alloc, size_t limit_bytes, tel__budget **ret_budget)
{
	tel__budget *budget = tel__mem_zero(alloc, 1, sizeof(*budget));

	if (!budget)
		return TEL_ERR_NOMEM;
	budget->alloc = *tel__alloc_or_default(alloc);
	atomic_init(&budget->refs, 1);
	atomic_init(&budget->limit, limit_bytes);
	*ret_budget = budget;
	return TEL_OK;
}

tel__budget *tel__budget_ref(tel__budget *budget)
{
	if (budget)
		atomic_fetch_add_explicit(&budget->refs, 1, memory_order_relaxed);
	return budget;
}

void tel__budget_unref(tel__budget *budget)
{
	tel_alloc alloc;

	if (!budget || atomic_fetch_sub_explicit(&budget->refs, 1, memory_order_acq_rel) != 1)
		return;
	alloc = budget->alloc;
	tel__mem_free(&alloc, budget, 1, sizeof(*budget));
}

void tel__budget_set_limit(tel__budget *budget, size_t limit_bytes)
{
	atomic_store_explicit(&budget->limit, limit_bytes, memory_order_relaxed);
}

static void raise_peak(tel__budget *budget, size_t reserved)
{
	size_t peak = atomic_load_explicit(&budget->peak, memory_order_relaxed);

	while (peak < reserved && !atomic_compare_exchange_weak_explicit(&budget->peak, &peak, reserved,
	                                                                 memory_order_relaxed, memory_order_relaxed))
		;
}

bool tel__budget_reserve(tel__budget *budget, size_t bytes)
{
	size_t now, limit, after;

	if (!budget)
		return true;
	limit = atomic_load_explicit(&budget->limit, memory_order_relaxed);
	if (limit == 0)
		limit = SIZE_MAX;
	now = atomic_load_explicit(&budget->reserved, memory_order_relaxed);
	do {
		if (!tel__size_add(now, bytes, &after) || after > limit) {
			atomic_fetch_add_explicit(&budget->refused, 1, memory_order_relaxed);
			return false;
		}
	} while (!atomic_compare_exchange_weak_explicit(&budget->reserved, &now, after, memory_order_relaxed,
	                                                memory_order_relaxed));
	raise_peak(budget, after);
	return true;
}

void tel__budget_force(tel__budget *budget, size_t bytes)
{
	if (!budget)
		return;
	raise_peak(budget, bytes + atomic_fetch_add_explicit(&budget->reserved, bytes, memory_order_relaxed));
}

void tel__budget_release(tel__budget *budget, size_t bytes)
{
	size_t before;

	if (!budget)
		return;
	before = atomic_fetch_sub_explicit(&budget->reserved, bytes, memory_order_relaxed);
	assert(before >= bytes);
	(void)before;
}

void tel__budget_hold(tel__budget *budget, size_t bytes)
{
	if (budget)
		atomic_fetch_add_explicit(&budget->held, bytes, memory_order_relaxed);
}

void tel__budget_unhold(tel__budget *budget, size_t bytes)
{
	if (budget)
		atomic_fetch_sub_explicit(&budget->held, bytes, memory_order_relaxed);
}

void tel__budget_get(const tel__budget *budget, tel__budget_stats *ret_stats)
{
	ret_stats->limit = atomic_load_explicit(&budget->limit, memory_order_relaxed);
	ret_stats->reserved = atomic_load_explicit(&budget->reserved, memory_order_relaxed);
	ret_stats->held = atomic_load_explicit(&budget->held, memory_order_relaxed);
	ret_stats->peak = atomic_load_explicit(&budget->peak, memory_order_relaxed);
	ret_stats->refused = atomic_load_explicit(&budget->refused, memory_order_relaxed);
}
