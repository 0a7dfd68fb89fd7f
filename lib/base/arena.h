/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_ARENA_H
#define TEL_BASE_ARENA_H
/*
 * Bump allocator. Everything in it goes at once. A batch owns one or more; finished arenas are shared by reference.
 * Not thread-safe, except tel__arena_ref/unref.
 */
#include <telemetry/alloc.h>
#include <telemetry/error.h>
#include <telemetry/slice.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

struct tel_budget;
typedef struct tel__arena tel__arena;

/* cap_bytes limits the sum of blocks (0 = no limit); budget may be NULL, blocks are then not charged. No block is taken
 * before the first allocation. */
tel_err tel__arena_new(const tel_alloc *alloc, size_t cap_bytes, struct tel_budget *budget, tel__arena **ret_arena);
/* For secrets: blocks are zeroed before they are given back. */
void tel__arena_set_wipe(tel__arena *arena);
tel__arena *tel__arena_ref(tel__arena *arena);
void tel__arena_unref(tel__arena *arena);

/* NULL when the cap, the budget or the allocator refuses; which of them: tel__arena_error(). Aligned to 8. */
void *tel__arena_alloc(tel__arena *arena, size_t size);
void *tel__arena_array(tel__arena *arena, size_t count, size_t size); /* overflow-checked */
/* Grows the newest allocation in place when possible, else copies. */
void *tel__arena_grow(tel__arena *arena, void *ptr, size_t old_size, size_t new_size);
bool tel__arena_copy(tel__arena *arena, tel_slice bytes, tel_slice *ret_copy);
tel_err tel__arena_error(const tel__arena *arena); /* TEL_OK, TEL_ERR_LIMIT, TEL_ERR_BUDGET or TEL_ERR_NOMEM */
size_t tel__arena_bytes(const tel__arena *arena);  /* sum of blocks held */
bool tel__arena_holds(const tel__arena *arena, const void *ptr); /* ptr lies in a block; O(blocks) */
void tel__arena_reset(tel__arena *arena);          /* forget the content, keep the largest block up to 64 KiB */

TEL_PRIVATE_END
#endif
