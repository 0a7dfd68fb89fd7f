/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_STORE_CHUNK_H
#define TEL_STORE_CHUNK_H
/*
 * Where the bytes of queued records lie: many small records copied one behind the other, or one big record held by
 * references to the buffers it arrived in.
 */
#include "store/queue.h"

TEL_PRIVATE_BEGIN

typedef struct tel__chunk {
	struct tel__chunk *prev, *next; /* all chunks of the queue */
	size_t alloc_bytes;             /* of this block */
	size_t cap, used;               /* data bytes; a chunk of references: bytes of the record */
	size_t pinned_bytes;            /* memory that it keeps alive: cap, or what the buffers pin */
	size_t charge;                  /* what it costs the budget */
	size_t live_bytes;              /* of records not acked */
	uint64_t first_seq, last_seq;   /* records in here lie between these numbers of the group's ring */
	uint32_t live, lent;            /* records not acked; of these, lent */
	uint32_t slice_count, buf_count; /* chunk of references; slice_count 0 = data */
} tel__chunk;

tel_err tel__chunk_new(const tel_alloc *alloc, size_t cap, tel__chunk **ret_chunk);
/* Holds the record by references. */
tel_err tel__chunk_new_refs(const tel_alloc *alloc, const tel__queue_record *record, tel__chunk **ret_chunk);
void tel__chunk_free(const tel_alloc *alloc, tel__chunk *chunk);
char *tel__chunk_data(tel__chunk *chunk);
const tel_slice *tel__chunk_slices(const tel__chunk *chunk);
/* Appends the slices; there must be room. Returns the offset. */
size_t tel__chunk_append(tel__chunk *chunk, const tel_slice *slices, size_t count);
/* Whether a record is cheaper as a copy than as references (design.md 2, compaction at the queue door). */
bool tel__chunk_copies(const tel__queue_record *record);
/* Data bytes of a chunk for small records: with its header TEL_LIMIT_CHUNK_BYTES. */
size_t tel__chunk_small_cap(void);

TEL_PRIVATE_END
#endif
