/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_MEM_H
#define TEL_BASE_MEM_H
/* Allocation through a tel_alloc: sizes are checked for overflow here and nowhere else. */
#include <telemetry/alloc.h>
#include <telemetry/error.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

/* The C library's allocator, as a struct. Blocks of TEL_LIMIT_MAP_BYTES and more are mapped and unmapped one by one,
 * so that a big body goes back to the system when it is freed. */
extern const tel_alloc tel__alloc_libc;

/* alloc, or the C library's when alloc is NULL. */
const tel_alloc *tel__alloc_or_default(const tel_alloc *alloc);

/* NULL when count * size overflows or the allocator refuses. size 0 is not allowed. */
void *tel__mem_new(const tel_alloc *alloc, size_t count, size_t size);
void *tel__mem_zero(const tel_alloc *alloc, size_t count, size_t size);
void *tel__mem_resize(const tel_alloc *alloc, void *ptr, size_t old_count, size_t new_count, size_t size);
void tel__mem_free(const tel_alloc *alloc, void *ptr, size_t count, size_t size);

/* a + b and a * b without wrap; false = overflow, *ret untouched. */
bool tel__size_add(size_t a, size_t b, size_t *ret);
bool tel__size_mul(size_t a, size_t b, size_t *ret);

TEL_PRIVATE_END
#endif
