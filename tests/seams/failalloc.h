/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_SEAMS_FAILALLOC_H
#define TESTS_SEAMS_FAILALLOC_H
/*
 * An allocator that counts, and fails when told. Hand &f.alloc to the code under test. Every resize moves the block, so
 * that a stale pointer shows; a wrong old size or a foreign pointer aborts with a message. For one thread.
 */
#include <telemetry/alloc.h>

typedef struct failalloc {
	tel_alloc alloc;
	uint64_t calls;    /* requests for memory so far; frees do not count */
	uint64_t failed;   /* how many of them were refused */
	uint64_t fail_at;  /* 1-based call that fails, 0 = none */
	bool onwards;      /* and every later one */
	uint32_t per_million; /* chance of each call to fail */
	uint64_t random;
	size_t live_blocks, live_bytes, peak_bytes;
	size_t largest;    /* biggest single request that was granted */
} failalloc;

void failalloc_init(failalloc *f);
/* Restarts the counting of calls: the n-th from now fails, and with onwards all after it. 0 = none. */
void failalloc_fail_at(failalloc *f, uint64_t n, bool onwards);
void failalloc_fail_some(failalloc *f, uint32_t per_million, uint64_t seed);
/* True when everything was given back. */
bool failalloc_is_clean(const failalloc *f);

#endif
