/* SPDX-License-Identifier: Apache-2.0 */
#include "net/h2_mem.h"

#include "base/sized.h"

void tel__h2_mem_init(nghttp2_mem *ret_mem, const tel_alloc *alloc)
{
	*ret_mem = (nghttp2_mem){ (void *)(uintptr_t)alloc, tel__sized_malloc, tel__sized_free, tel__sized_calloc,
		                  tel__sized_realloc };
}
