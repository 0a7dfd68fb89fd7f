/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>

#include "base/limits.h"
#include "base/mem.h"
#include "store/chunk.h"

/* What follows the struct is aligned for slices and pointers. */
_Static_assert(sizeof(tel__chunk) % sizeof(void *) == 0, "data of a chunk is aligned");

static size_t slices_bytes(const tel__chunk *chunk)
{
	return chunk->slice_count * sizeof(tel_slice);
}

static tel_buf **chunk_bufs(tel__chunk *chunk)
{
	return (tel_buf **)(void *)((char *)(chunk + 1) + slices_bytes(chunk));
}

size_t tel__chunk_small_cap(void)
{
	return TEL_LIMIT_CHUNK_BYTES - sizeof(tel__chunk);
}

char *tel__chunk_data(tel__chunk *chunk)
{
	return (char *)(chunk + 1);
}

const tel_slice *tel__chunk_slices(const tel__chunk *chunk)
{
	return (const tel_slice *)(const void *)(chunk + 1);
}

static tel__chunk *chunk_alloc(const tel_alloc *alloc, size_t extra)
{
	size_t bytes;
	if (!tel__size_add(sizeof(tel__chunk), extra, &bytes))
		return NULL;
	tel__chunk *chunk = tel__mem_new(alloc, 1, bytes);
	if (!chunk)
		return NULL;
	memset(chunk, 0, sizeof(*chunk));
	chunk->alloc_bytes = bytes;
	return chunk;
}

tel_err tel__chunk_new(const tel_alloc *alloc, size_t cap, tel__chunk **ret_chunk)
{
	tel__chunk *chunk = chunk_alloc(alloc, cap);
	if (!chunk)
		return TEL_ERR_NOMEM;
	chunk->cap = cap;
	chunk->pinned_bytes = cap;
	chunk->charge = chunk->alloc_bytes;
	*ret_chunk = chunk;
	return TEL_OK;
}

tel_err tel__chunk_new_refs(const tel_alloc *alloc, const tel__queue_record *record, tel__chunk **ret_chunk)
{
	size_t slices, bufs, extra;
	if (record->slice_count > UINT32_MAX || record->buf_count > UINT32_MAX ||
	    !tel__size_mul(record->slice_count, sizeof(tel_slice), &slices) ||
	    !tel__size_mul(record->buf_count, sizeof(tel_buf *), &bufs) || !tel__size_add(slices, bufs, &extra))
		return TEL_ERR_NOMEM;
	tel__chunk *chunk = chunk_alloc(alloc, extra);
	if (!chunk)
		return TEL_ERR_NOMEM;
	chunk->slice_count = (uint32_t)record->slice_count;
	chunk->buf_count = (uint32_t)record->buf_count;
	chunk->cap = chunk->used = record->bytes;
	chunk->pinned_bytes = record->pinned_bytes > record->bytes ? record->pinned_bytes : record->bytes;
	size_t foreign = chunk->pinned_bytes > record->charged_bytes ? chunk->pinned_bytes - record->charged_bytes : 0;
	chunk->charge = chunk->alloc_bytes + foreign;
	memcpy(chunk + 1, record->slices, slices);
	for (size_t i = 0; i < record->buf_count; i++)
		chunk_bufs(chunk)[i] = tel_buf_ref(record->bufs[i]);
	*ret_chunk = chunk;
	return TEL_OK;
}

void tel__chunk_free(const tel_alloc *alloc, tel__chunk *chunk)
{
	if (!chunk)
		return;
	for (size_t i = 0; i < chunk->buf_count; i++)
		tel_buf_unref(chunk_bufs(chunk)[i]);
	tel__mem_free(alloc, chunk, 1, chunk->alloc_bytes);
}

size_t tel__chunk_append(tel__chunk *chunk, const tel_slice *slices, size_t count)
{
	size_t at = chunk->used;
	for (size_t i = 0; i < count; i++) {
		assert(chunk->cap - chunk->used >= slices[i].len);
		if (slices[i].len)
			memcpy(tel__chunk_data(chunk) + chunk->used, slices[i].ptr, slices[i].len);
		chunk->used += slices[i].len;
	}
	return at;
}

bool tel__chunk_copies(const tel__queue_record *record)
{
	/* The array of slices may cost an eighth of the bytes, no more. */
	bool half_empty = record->pinned_bytes > record->bytes && record->pinned_bytes - record->bytes > record->bytes;
	return record->must_copy || record->bytes < TEL_LIMIT_COMPACT_BYTES || half_empty ||
	       record->slice_count > record->bytes / (8 * sizeof(tel_slice));
}
