/* SPDX-License-Identifier: Apache-2.0 */
#include "seams/failalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seams/fakerandom.h"

typedef struct header {
	_Alignas(16) uint64_t magic;
	size_t size;
} header;

enum { FRESH = 0xa5, GONE = 0x5a };
#define MAGIC UINT64_C(0x6b6f6f6c6220656d)

static header *header_of(void *ptr, size_t old_size)
{
	header *h = (header *)ptr - 1;

	if (h->magic != MAGIC || h->size != old_size) {
		fprintf(stderr, "# failalloc: block %p given back with size %zu, taken with %zu%s\n", ptr, old_size,
		        h->size, h->magic == MAGIC ? "" : " (not a live block)");
		abort();
	}
	return h;
}

static bool refuses(failalloc *f)
{
	bool refused;

	f->calls++;
	refused = f->fail_at && (f->onwards ? f->calls >= f->fail_at : f->calls == f->fail_at);
	if (f->per_million)
		refused = refused || splitmix64(&f->random) % 1000000 < f->per_million;
	f->failed += refused;
	return refused;
}

static void *take(failalloc *f, size_t size)
{
	header *h = size > SIZE_MAX / 2 ? NULL : malloc(sizeof(*h) + size);

	if (!h)
		return NULL;
	h->magic = MAGIC;
	h->size = size;
	memset(h + 1, FRESH, size);
	f->live_blocks++;
	f->live_bytes += size;
	if (f->peak_bytes < f->live_bytes)
		f->peak_bytes = f->live_bytes;
	if (f->largest < size)
		f->largest = size;
	return h + 1;
}

static void give_back(failalloc *f, header *h)
{
	f->live_blocks--;
	f->live_bytes -= h->size;
	h->magic = ~MAGIC;
	memset(h + 1, GONE, h->size);
	free(h);
}

static void *failalloc_resize(void *user, void *ptr, size_t old_size, size_t new_size)
{
	failalloc *f = user;
	header *h = ptr ? header_of(ptr, old_size) : NULL;
	void *fresh = NULL;

	if (new_size) {
		fresh = refuses(f) ? NULL : take(f, new_size);
		if (!fresh)
			return NULL;
		if (h)
			memcpy(fresh, ptr, old_size < new_size ? old_size : new_size);
	}
	if (h)
		give_back(f, h);
	return fresh;
}

void failalloc_init(failalloc *f)
{
	*f = (failalloc){ .alloc = { failalloc_resize, f } };
}

void failalloc_fail_at(failalloc *f, uint64_t n, bool onwards)
{
	f->calls = 0;
	f->failed = 0;
	f->fail_at = n;
	f->onwards = onwards;
	f->per_million = 0;
}

void failalloc_fail_some(failalloc *f, uint32_t per_million, uint64_t seed)
{
	failalloc_fail_at(f, 0, false);
	f->per_million = per_million;
	f->random = seed;
}

bool failalloc_is_clean(const failalloc *f)
{
	return f->live_blocks == 0 && f->live_bytes == 0;
}
