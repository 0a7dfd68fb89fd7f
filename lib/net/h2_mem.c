/* SPDX-License-Identifier: Apache-2.0 */
#include "net/h2_mem.h"

#include <stdalign.h>
#include <string.h>

#include "base/mem.h"

/* In front of each block; its size keeps the block aligned for any type. */
typedef struct mem_head {
	alignas(max_align_t) size_t size; /* of the whole allocation */
} mem_head;

static void *mem_resize(void *ptr, size_t size, void *user)
{
	mem_head *head = ptr ? (mem_head *)ptr - 1 : NULL;
	size_t total;

	if (!tel__size_add(size, sizeof(*head), &total))
		return NULL;
	head = tel__mem_resize(user, head, head ? head->size : 0, total, 1);
	if (!head)
		return NULL;
	head->size = total;
	return head + 1;
}

static void *mem_malloc(size_t size, void *user)
{
	return mem_resize(NULL, size, user);
}

static void *mem_calloc(size_t count, size_t size, void *user)
{
	size_t total;
	void *ptr;

	if (!tel__size_mul(count, size, &total))
		return NULL;
	ptr = mem_resize(NULL, total, user);
	return ptr ? memset(ptr, 0, total) : NULL;
}

static void mem_free(void *ptr, void *user)
{
	mem_head *head = ptr ? (mem_head *)ptr - 1 : NULL;

	if (head)
		tel__mem_free(user, head, head->size, 1);
}

void tel__h2_mem_init(nghttp2_mem *ret_mem, const tel_alloc *alloc)
{
	*ret_mem = (nghttp2_mem){ (void *)(uintptr_t)alloc, mem_malloc, mem_free, mem_calloc, mem_resize };
}
