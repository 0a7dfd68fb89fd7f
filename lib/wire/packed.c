/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/packed.h"

#include "base/buf_i.h"
#include "base/error_i.h"
#include "base/mem.h"

enum { FIRST_PACKED = 512, WORTH_A_CALL = 1024 };

size_t tel__packed_guess(size_t bytes)
{
	return FIRST_PACKED + bytes / 8;
}

static tel_err no_memory(tel_error *err, tel_err rc, size_t bytes)
{
	if (rc == TEL_ERR_BUDGET)
		return tel__fail(err, rc, "no room in the memory budget for %zu bytes", bytes);
	return tel__fail_nomem(err);
}

tel_err tel__packed_new(const tel_alloc *alloc, struct tel_budget *budget, size_t cap, tel_buf **ret_buf, tel_error *err)
{
	tel_err rc = tel__buf_new(alloc, cap, budget, ret_buf);

	return rc == TEL_OK ? rc : no_memory(err, rc, cap);
}

tel_err tel__packed_grow(tel_buf **buf, size_t cap, tel_error *err)
{
	size_t old = tel__buf_cap(*buf);
	tel_err rc = tel__buf_resize(buf, cap);

	return rc == TEL_OK ? rc : no_memory(err, rc, cap - old);
}

void tel__packed_finish(tel_buf **buf, size_t len)
{
	size_t cap = tel__buf_cap(*buf);

	tel__buf_set_len(*buf, len);
	if (cap - len > WORTH_A_CALL && cap - len > len / 8)
		(void)tel__buf_resize(buf, len); /* a refusal leaves the buffer as it is */
}

tel_err tel__packed_sum(const tel_slice *in, size_t count, const char *coding, size_t *ret_bytes, tel_error *err)
{
	size_t bytes = 0, i;

	for (i = 0; i < count; i++)
		if (!tel__size_add(bytes, in[i].len, &bytes) || bytes > UINT32_MAX)
			return tel__fail(err, TEL_ERR_LIMIT, "%s: a body of 4 GiB and more cannot be packed", coding);
	*ret_bytes = bytes;
	return TEL_OK;
}
