/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h" /* feature macros: before the first system header */

#include "base/mem.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/limits.h"

/* Under the address sanitizer every block comes from its heap, where overruns and leaks are seen. */
#if defined(__SANITIZE_ADDRESS__)
#define MEM_MAPS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MEM_MAPS 0
#endif
#endif
#ifndef MEM_MAPS
#define MEM_MAPS 1
#endif

/* Bodies of the usual size are filled at once: one call that maps their pages costs half of a fault for each. Larger ones
 * may stay empty for long, or for ever, and get a page when it is written. */
enum { MEM_POPULATE_BYTES = 256 * 1024 };

static bool is_mapped(size_t size)
{
	return MEM_MAPS && size >= (size_t)TEL_LIMIT_MAP_BYTES;
}

static void *take(size_t size)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	void *ptr;

	if (!is_mapped(size))
		return malloc(size);
	if (size <= MEM_POPULATE_BYTES)
		flags |= MAP_POPULATE;
	ptr = mmap(NULL, size, PROT_READ | PROT_WRITE, flags, -1, 0);
	return ptr == MAP_FAILED ? NULL : ptr;
}

static void give_back(void *ptr, size_t size)
{
	if (is_mapped(size))
		(void)munmap(ptr, size); /* the kernel rounds the length up to pages, as it did in mmap */
	else
		free(ptr);
}

static void *move_block(void *ptr, size_t old_size, size_t new_size)
{
	void *fresh;

	if (is_mapped(old_size) && is_mapped(new_size)) {
		fresh = mremap(ptr, old_size, new_size, MREMAP_MAYMOVE);
		return fresh == MAP_FAILED ? NULL : fresh;
	}
	if (!is_mapped(old_size) && !is_mapped(new_size))
		return realloc(ptr, new_size);
	fresh = take(new_size);
	if (fresh) {
		memcpy(fresh, ptr, old_size < new_size ? old_size : new_size);
		give_back(ptr, old_size);
	}
	return fresh;
}

static void *libc_resize(void *user, void *ptr, size_t old_size, size_t new_size)
{
	(void)user;
	if (new_size > PTRDIFF_MAX)
		return NULL;
	if (!ptr)
		return new_size ? take(new_size) : NULL;
	if (new_size == 0) {
		give_back(ptr, old_size);
		return NULL;
	}
	return move_block(ptr, old_size, new_size);
}

const tel_alloc tel__alloc_libc = { libc_resize, NULL };

const tel_alloc *tel__alloc_or_default(const tel_alloc *alloc)
{
	return alloc ? alloc : &tel__alloc_libc;
}

bool tel__size_add(size_t a, size_t b, size_t *ret)
{
	size_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return false;
	*ret = sum;
	return true;
}

bool tel__size_mul(size_t a, size_t b, size_t *ret)
{
	size_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return false;
	*ret = product;
	return true;
}

void *tel__mem_new(const tel_alloc *alloc, size_t count, size_t size)
{
	size_t bytes;

	if (!tel__size_mul(count, size, &bytes))
		return NULL;
	assert(bytes > 0);
	alloc = tel__alloc_or_default(alloc);
	return alloc->resize(alloc->user, NULL, 0, bytes);
}

void *tel__mem_zero(const tel_alloc *alloc, size_t count, size_t size)
{
	void *ptr = tel__mem_new(alloc, count, size);

	if (ptr)
		memset(ptr, 0, count * size);
	return ptr;
}

void *tel__mem_resize(const tel_alloc *alloc, void *ptr, size_t old_count, size_t new_count, size_t size)
{
	size_t bytes;

	if (!tel__size_mul(new_count, size, &bytes))
		return NULL;
	assert(bytes > 0);
	alloc = tel__alloc_or_default(alloc);
	return alloc->resize(alloc->user, ptr, ptr ? old_count * size : 0, bytes);
}

void tel__mem_free(const tel_alloc *alloc, void *ptr, size_t count, size_t size)
{
	if (!ptr)
		return;
	alloc = tel__alloc_or_default(alloc);
	(void)alloc->resize(alloc->user, ptr, count * size, 0);
}
