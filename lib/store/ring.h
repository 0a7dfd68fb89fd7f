/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_STORE_RING_H
#define TEL_STORE_RING_H
/*
 * The records of one group in order of arrival, numbered without gaps. 25 bytes per record: what a queue of a million
 * one-point requests costs beside their bytes (issue 3). Segments come and go as the numbers move on.
 */
#include "store/chunk.h"

TEL_PRIVATE_BEGIN

enum { TEL__RING_SEGMENT = 256 };

typedef enum tel__ring_state { TEL__RING_GONE, TEL__RING_WAITING, TEL__RING_LENT } tel__ring_state;

typedef struct tel__ring_record {
	tel__chunk *chunk;
	uint32_t offset, bytes; /* in the chunk */
	uint32_t points;
	uint32_t age;           /* 2^20 ns after the segment's first record */
} tel__ring_record;

typedef struct tel__ring_segment {
	uint64_t base_mono_ns;
	uint32_t live, waiting;
	tel__ring_record records[TEL__RING_SEGMENT];
	uint8_t states[TEL__RING_SEGMENT];
} tel__ring_segment;

typedef struct tel__ring {
	const tel_alloc *alloc;
	tel__ring_segment **segments; /* by segment number modulo cap; NULL = all of it is gone */
	size_t cap;                   /* power of two, or 0 */
	uint64_t first, end;          /* numbers in [first, end) may be held */
	uint64_t scan;                /* nothing waits before it */
	size_t bytes;                 /* memory of segments and array */
} tel__ring;

void tel__ring_init(tel__ring *ring, const tel_alloc *alloc);
void tel__ring_fini(tel__ring *ring);
/* Makes sure that the next push succeeds. */
tel_err tel__ring_room(tel__ring *ring);
/* Numbers the record ring->end, waiting. After tel__ring_room(). */
void tel__ring_push(tel__ring *ring, const tel__ring_record *record, uint64_t mono_ns);
tel__ring_state tel__ring_state_of(const tel__ring *ring, uint64_t seq);
tel__ring_record *tel__ring_get(tel__ring *ring, uint64_t seq); /* of a record that is not gone */
uint64_t tel__ring_mono_ns(const tel__ring *ring, uint64_t seq);
bool tel__ring_find(tel__ring *ring, uint64_t *ret_seq); /* first that waits */
void tel__ring_lend(tel__ring *ring, uint64_t seq);
void tel__ring_return(tel__ring *ring, uint64_t seq);
void tel__ring_drop(tel__ring *ring, uint64_t seq);

TEL_PRIVATE_END
#endif
