/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TELEMETRY_ALLOC_H
#define TELEMETRY_ALLOC_H
/**
 * @defgroup tel_alloc Allocator
 * Every object that allocates takes an allocator at creation; NULL means the C library's. The struct is copied.
 * @{
 */
#include <telemetry/api.h>

/** One function does malloc, realloc and free, as in C's realloc but with the old size. */
typedef struct tel_alloc {
	/**
	 * ptr NULL: allocate new_size bytes. new_size 0: free ptr and return NULL. Otherwise resize, keeping ptr valid
	 * when the answer is NULL. The answer is aligned for any type.
	 */
	void *(*resize)(void *user, void *ptr, size_t old_size, size_t new_size);
	void *user; /**< handed to resize */
} tel_alloc;

/** @} */
#endif
