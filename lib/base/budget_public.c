/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <telemetry/budget.h>

#include "base/budget.h"
#include "base/mem.h"

tel_err tel_budget_new(const tel_alloc *alloc, size_t limit_bytes, tel_budget **ret_budget)
{
	return ret_budget ? tel__budget_new(tel__alloc_or_default(alloc), limit_bytes, ret_budget) : TEL_ERR_ARG;
}

tel_budget *tel_budget_ref(tel_budget *budget)
{
	return tel__budget_ref(budget);
}

void tel_budget_unref(tel_budget *budget)
{
	tel__budget_unref(budget);
}

tel_err tel_budget_get(const tel_budget *budget, tel_budget_state *ret_state)
{
	tel_budget_state state = TEL_BUDGET_STATE_INIT;
	tel__budget_stats stats;

	if (!budget || !ret_state || ret_state->size < sizeof(state.size))
		return TEL_ERR_ARG;
	tel__budget_get(budget, &stats);
	state.size = ret_state->size;
	state.limit_bytes = stats.limit;
	state.reserved_bytes = stats.reserved;
	state.peak_bytes = stats.peak;
	state.refused = stats.refused;
	memcpy(ret_state, &state, state.size < sizeof(state) ? state.size : sizeof(state));
	return TEL_OK;
}
