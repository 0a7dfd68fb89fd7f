/* SPDX-License-Identifier: Apache-2.0 */
#include "base/pool.h"

#include <stdatomic.h>
#include <string.h>

#include "base/limits.h"
#include "base/mem.h"

enum { SLOTS = 32, BLOCK_MAX = 1 << 20 };

typedef struct kept_block {
	void *ptr;
	size_t size;
} kept_block;

struct tel__pool {
	atomic_flag busy;       /* held for a few instructions; who finds it held goes past the pool */
	_Atomic size_t refs;    /* the owner, and every block in use */
	_Atomic size_t kept;
	kept_block slots[SLOTS];
	size_t count;
};

static bool is_pooled(size_t size)
{
	return size >= (size_t)TEL_LIMIT_MAP_BYTES && size <= (size_t)BLOCK_MAX;
}

/* What a block of that size really holds: a function of the size, so that freeing needs no header. */
static size_t room_of(size_t size)
{
	size_t eighth;

	if (!is_pooled(size))
		return size;
	eighth = (size_t)1 << (63 - __builtin_clzll(size) - 3);
	return (size + eighth - 1) & ~(eighth - 1);
}

static void *raw(void *ptr, size_t old_size, size_t new_size)
{
	return tel__alloc_libc.resize(tel__alloc_libc.user, ptr, old_size, new_size);
}

static void unref(tel__pool *pool)
{
	if (atomic_fetch_sub_explicit(&pool->refs, 1, memory_order_acq_rel) != 1)
		return;
	tel__pool_trim(pool);
	raw(pool, sizeof(*pool), 0);
}

static void *take(tel__pool *pool, size_t size)
{
	size_t room = room_of(size);
	void *ptr = NULL;

	if (is_pooled(size) && !atomic_flag_test_and_set_explicit(&pool->busy, memory_order_acquire)) {
		for (size_t i = pool->count; i > 0 && !ptr; i--) { /* newest first: its lines are in the cache */
			if (pool->slots[i - 1].size == room) {
				ptr = pool->slots[i - 1].ptr;
				pool->count--;
				memmove(&pool->slots[i - 1], &pool->slots[i], (pool->count - (i - 1)) * sizeof(pool->slots[0]));
				atomic_fetch_sub_explicit(&pool->kept, room, memory_order_relaxed);
			}
		}
		atomic_flag_clear_explicit(&pool->busy, memory_order_release);
	}
	if (!ptr)
		ptr = raw(NULL, 0, room);
	if (ptr)
		atomic_fetch_add_explicit(&pool->refs, 1, memory_order_relaxed);
	return ptr;
}

/* Keeps a block, at the price of the oldest ones. */
static bool keep(tel__pool *pool, void *ptr, size_t room)
{
	if (atomic_flag_test_and_set_explicit(&pool->busy, memory_order_acquire))
		return false;
	while (pool->count && (pool->count == SLOTS || pool->kept + room > TEL_LIMIT_POOL_BYTES)) {
		kept_block oldest = pool->slots[0];
		pool->count--;
		memmove(&pool->slots[0], &pool->slots[1], pool->count * sizeof(pool->slots[0]));
		atomic_fetch_sub_explicit(&pool->kept, oldest.size, memory_order_relaxed);
		raw(oldest.ptr, oldest.size, 0);
	}
	pool->slots[pool->count++] = (kept_block){ ptr, room };
	atomic_fetch_add_explicit(&pool->kept, room, memory_order_relaxed);
	atomic_flag_clear_explicit(&pool->busy, memory_order_release);
	return true;
}

static void give_back(tel__pool *pool, void *ptr, size_t size)
{
	size_t room = room_of(size);

	if (!is_pooled(size) || !keep(pool, ptr, room))
		raw(ptr, room, 0);
	unref(pool);
}

static void *pool_resize(void *user, void *ptr, size_t old_size, size_t new_size)
{
	tel__pool *pool = user;
	size_t old_room = room_of(old_size), new_room = room_of(new_size);
	void *fresh;

	if (!ptr)
		return new_size ? take(pool, new_size) : NULL;
	if (new_size == 0) {
		give_back(pool, ptr, old_size);
		return NULL;
	}
	if (old_room == new_room)
		return ptr;
	if (!is_pooled(old_size) && !is_pooled(new_size))
		return raw(ptr, old_size, new_size);
	if (old_room >= (size_t)TEL_LIMIT_MAP_BYTES && new_room >= (size_t)TEL_LIMIT_MAP_BYTES)
		return raw(ptr, old_room, new_room); /* moves pages, copies nothing */
	fresh = take(pool, new_size);
	if (fresh) {
		memcpy(fresh, ptr, old_size < new_size ? old_size : new_size);
		give_back(pool, ptr, old_size);
	}
	return fresh;
}

tel_err tel__pool_new(tel__pool **ret_pool)
{
	tel__pool *pool = raw(NULL, 0, sizeof(*pool));

	if (!pool)
		return TEL_ERR_NOMEM;
	memset(pool, 0, sizeof(*pool));
	atomic_flag_clear(&pool->busy);
	atomic_init(&pool->refs, 1);
	*ret_pool = pool;
	return TEL_OK;
}

tel_alloc tel__pool_alloc(tel__pool *pool)
{
	return (tel_alloc){ pool_resize, pool };
}

void tel__pool_trim(tel__pool *pool)
{
	while (atomic_flag_test_and_set_explicit(&pool->busy, memory_order_acquire))
		;
	for (size_t i = 0; i < pool->count; i++)
		raw(pool->slots[i].ptr, pool->slots[i].size, 0);
	pool->count = 0;
	atomic_store_explicit(&pool->kept, 0, memory_order_relaxed);
	atomic_flag_clear_explicit(&pool->busy, memory_order_release);
}

size_t tel__pool_kept(const tel__pool *pool)
{
	return atomic_load_explicit(&pool->kept, memory_order_relaxed);
}

void tel__pool_unref(tel__pool *pool)
{
	if (pool)
		unref(pool);
}
