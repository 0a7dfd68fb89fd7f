/* SPDX-License-Identifier: Apache-2.0 */
#include "base/sized.h"

#include <stdalign.h>
#include <string.h>

#include "base/mem.h"

/* In front of each block; its size keeps the block aligned for any type. */
typedef struct sized_head {
	alignas(max_align_t) size_t size; /* of the whole allocation */
} sized_head;

void *tel__sized_realloc(void *ptr, size_t size, void *user)
{
	sized_head *head = ptr ? (sized_head *)ptr - 1 : NULL;
	size_t total;

	if (!tel__size_add(size, sizeof(*head), &total))
		return NULL;
	head = tel__mem_resize(user, head, head ? head->size : 0, total, 1);
	if (!head)
		return NULL;
	head->size = total;
	return head + 1;
}

void *tel__sized_malloc(size_t size, void *user)
{
	return tel__sized_realloc(NULL, size, user);
}

void *tel__sized_calloc(size_t count, size_t size, void *user)
{
	size_t total;
	void *ptr;

	if (!tel__size_mul(count, size, &total))
		return NULL;
	ptr = tel__sized_realloc(NULL, total, user);
	return ptr ? memset(ptr, 0, total) : NULL;
}

void tel__sized_free(void *ptr, void *user)
{
	sized_head *head = ptr ? (sized_head *)ptr - 1 : NULL;

	if (head)
		tel__mem_free(user, head, head->size, 1);
}
