/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdatomic.h>
#include <string.h>

#include "base/budget.h"
#include "base/mem.h"

enum {
	BLOCK_FIRST = 4 * 1024, /* a request of one point costs one page */
	BLOCK_MOST = 64 * 1024,
	ALIGN = 8
};

typedef struct block {
	struct block *older;
	size_t size; /* with this header */
} block;
_Static_assert(sizeof(block) % ALIGN == 0, "what follows a block header is aligned");

struct tel__arena {
	tel_alloc alloc;
	tel__budget *budget;
	atomic_uint refs;
	tel_err error;
	size_t cap;    /* ceiling of held, SIZE_MAX = none */
	atomic_size_t held; /* sum of block sizes; whoever shares the arena may ask while its owner goes on */
	size_t next;   /* size of the next ordinary block */
	block *newest; /* the one that is being filled */
	char *at, *end;
	bool wipe;
};

tel_err tel__arena_new(const tel_alloc *alloc, size_t cap_bytes, struct tel_budget *budget, tel__arena **ret_arena)
{
	tel__arena *arena = tel__mem_zero(alloc, 1, sizeof(*arena));

	if (!arena)
		return TEL_ERR_NOMEM;
	arena->alloc = *tel__alloc_or_default(alloc);
	arena->budget = tel__budget_ref(budget);
	atomic_init(&arena->refs, 1);
	atomic_init(&arena->held, 0);
	arena->cap = cap_bytes ? cap_bytes : SIZE_MAX;
	arena->next = BLOCK_FIRST;
	*ret_arena = arena;
	return TEL_OK;
}

void tel__arena_set_wipe(tel__arena *arena)
{
	arena->wipe = true;
}

tel__arena *tel__arena_ref(tel__arena *arena)
{
	if (arena)
		atomic_fetch_add_explicit(&arena->refs, 1, memory_order_relaxed);
	return arena;
}

static void drop_block(tel__arena *arena, block *b)
{
	size_t size = b->size;

	if (arena->wipe)
		explicit_bzero(b, size);
	atomic_fetch_sub_explicit(&arena->held, size, memory_order_relaxed);
	tel__mem_free(&arena->alloc, b, size, 1);
	tel__budget_release(arena->budget, size);
}

void tel__arena_unref(tel__arena *arena)
{
	tel_alloc alloc;
	block *b, *older;

	if (!arena || atomic_fetch_sub_explicit(&arena->refs, 1, memory_order_acq_rel) != 1)
		return;
	for (b = arena->newest; b; b = older) {
		older = b->older;
		drop_block(arena, b);
	}
	tel__budget_unref(arena->budget);
	alloc = arena->alloc;
	tel__mem_free(&alloc, arena, 1, sizeof(*arena));
}

static void *fail(tel__arena *arena, tel_err code)
{
	if (arena->error == TEL_OK)
		arena->error = code;
	return NULL;
}

static tel_err take_block(tel__arena *arena, size_t size, block **ret_block)
{
	block *b;

	if (size > arena->cap - tel__arena_bytes(arena))
		return TEL_ERR_LIMIT;
	if (!tel__budget_reserve(arena->budget, size))
		return TEL_ERR_BUDGET;
	b = tel__mem_new(&arena->alloc, size, 1);
	if (!b) {
		tel__budget_release(arena->budget, size);
		return TEL_ERR_NOMEM;
	}
	b->size = size;
	atomic_fetch_add_explicit(&arena->held, size, memory_order_relaxed);
	*ret_block = b;
	return TEL_OK;
}

/* Opens a block with room for size bytes (rounded). Near the cap or the budget an exact block may still fit. */
static bool open_block(tel__arena *arena, size_t size)
{
	size_t exact = size + sizeof(block), wanted = exact > arena->next ? exact : arena->next;
	block *b = NULL;
	tel_err rc = take_block(arena, wanted, &b);

	if (rc != TEL_OK && wanted > exact)
		rc = take_block(arena, exact, &b);
	if (rc != TEL_OK) {
		(void)fail(arena, rc);
		return false;
	}
	if (arena->next < BLOCK_MOST)
		arena->next *= 2;
	b->older = arena->newest;
	arena->newest = b;
	arena->at = (char *)(b + 1);
	arena->end = (char *)b + b->size;
	return true;
}

static size_t rounded(size_t size)
{
	return size ? (size + ALIGN - 1) & ~(size_t)(ALIGN - 1) : ALIGN;
}

void *tel__arena_alloc(tel__arena *arena, size_t size)
{
	char *ptr;

	if (TEL_UNLIKELY(size > PTRDIFF_MAX - 64))
		return fail(arena, TEL_ERR_LIMIT);
	size = rounded(size);
	if (TEL_UNLIKELY(size > (size_t)(arena->end - arena->at)) && !open_block(arena, size))
		return NULL;
	ptr = arena->at;
	arena->at += size;
	return ptr;
}

void *tel__arena_array(tel__arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (!tel__size_mul(count, size, &bytes))
		return fail(arena, TEL_ERR_LIMIT);
	return tel__arena_alloc(arena, bytes);
}

void *tel__arena_grow(tel__arena *arena, void *ptr, size_t old_size, size_t new_size)
{
	char *old = ptr, *fresh;
	size_t had, extra;

	if (!ptr)
		return tel__arena_alloc(arena, new_size);
	had = rounded(old_size);
	if (new_size <= had)
		return ptr;
	if (new_size <= PTRDIFF_MAX - 64 && old + had == arena->at) {
		extra = rounded(new_size) - had;
		if (extra <= (size_t)(arena->end - arena->at)) {
			arena->at += extra;
			return ptr;
		}
	}
	fresh = tel__arena_alloc(arena, new_size);
	if (fresh && old_size)
		memcpy(fresh, old, old_size);
	return fresh;
}

bool tel__arena_copy(tel__arena *arena, tel_slice bytes, tel_slice *ret_copy)
{
	char *ptr = tel__arena_alloc(arena, bytes.len);

	if (!ptr)
		return false;
	if (bytes.len)
		memcpy(ptr, bytes.ptr, bytes.len);
	*ret_copy = (tel_slice){ ptr, bytes.len };
	return true;
}

tel_err tel__arena_error(const tel__arena *arena)
{
	return arena->error;
}

size_t tel__arena_bytes(const tel__arena *arena)
{
	return atomic_load_explicit(&arena->held, memory_order_relaxed);
}

bool tel__arena_holds(const tel__arena *arena, const void *ptr)
{
	for (const block *b = arena->newest; b; b = b->older)
		if ((uintptr_t)ptr >= (uintptr_t)b && (uintptr_t)ptr < (uintptr_t)b + b->size)
			return true;
	return false;
}

void tel__arena_reset(tel__arena *arena)
{
	block *b, *older, *keep = arena->newest;

	for (b = arena->newest; b; b = b->older)
		if (b->size > keep->size)
			keep = b;
	if (keep && keep->size > BLOCK_MOST) /* one large request would be held for good */
		keep = NULL;
	for (b = arena->newest; b; b = older) {
		older = b->older;
		if (b != keep)
			drop_block(arena, b);
	}
	arena->newest = keep;
	arena->error = TEL_OK;
	arena->at = arena->end = NULL;
	if (keep) {
		keep->older = NULL;
		arena->at = (char *)(keep + 1);
		arena->end = (char *)keep + keep->size;
	}
}
