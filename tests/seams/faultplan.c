/* SPDX-License-Identifier: Apache-2.0 */
#include "seams/faultplan.h"

#include <stdlib.h>
#include <sys/uio.h>

const fault *faultplan_call(faultplan *plan, unsigned op)
{
	uint64_t call;
	size_t i;

	if (op >= FAULT_OPS_MOST)
		abort();
	call = ++plan->calls[op];
	for (i = 0; i < plan->count; i++) {
		const fault *f = &plan->faults[i];

		if (f->op != op || f->nth == 0 || (f->onwards ? call < f->nth : call != f->nth))
			continue;
		plan->hits++;
		return f;
	}
	return NULL;
}

int faultplan_cut(const struct iovec *iov, int count, size_t bytes, struct iovec *out)
{
	int i;

	for (i = 0; i < count && i < FAULT_IOV_MOST && bytes; i++) {
		out[i] = iov[i];
		if (out[i].iov_len > bytes)
			out[i].iov_len = bytes;
		bytes -= out[i].iov_len;
	}
	return i;
}

size_t faultplan_sum(const struct iovec *iov, int count)
{
	size_t sum = 0;
	int i;

	for (i = 0; i < count; i++)
		sum += iov[i].iov_len;
	return sum;
}
