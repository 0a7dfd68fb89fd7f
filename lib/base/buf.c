/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <stdatomic.h>
#include <string.h>

#include "base/budget.h"
#include "base/buf_i.h"
#include "base/mem.h"

typedef enum buf_kind {
	BUF_INLINE,  /* storage follows the header, one block */
	BUF_ADOPTED, /* storage is a block of its own from the same allocator */
	BUF_WRAPPED  /* storage is the host's */
} buf_kind;

struct tel_buf {
	tel_alloc alloc;
	atomic_uint refs;
	buf_kind kind;
	char *ptr;
	size_t len, cap;
	tel__budget *budget; /* cap bytes of it are ours */
	void (*release)(void *user, const void *ptr, size_t len);
	void *user;
};

static tel_buf *new_header(const tel_alloc *alloc, buf_kind kind, size_t extra)
{
	size_t size;
	tel_buf *buf;

	if (!tel__size_add(sizeof(*buf), extra, &size))
		return NULL;
	buf = tel__mem_new(alloc, size, 1);
	if (!buf)
		return NULL;
	memset(buf, 0, sizeof(*buf));
	buf->alloc = *tel__alloc_or_default(alloc);
	atomic_init(&buf->refs, 1);
	buf->kind = kind;
	return buf;
}

tel_err tel__buf_new(const tel_alloc *alloc, size_t cap, struct tel_budget *budget, tel_buf **ret_buf)
{
	tel_buf *buf;

	if (!tel__budget_reserve(budget, cap))
		return TEL_ERR_BUDGET;
	buf = new_header(alloc, BUF_INLINE, cap);
	if (!buf) {
		tel__budget_release(budget, cap);
		return TEL_ERR_NOMEM;
	}
	buf->ptr = (char *)(buf + 1);
	buf->cap = cap;
	buf->budget = tel__budget_ref(budget);
	*ret_buf = buf;
	return TEL_OK;
}

tel_err tel__buf_adopt(const tel_alloc *alloc, char *block, size_t len, size_t cap, tel_buf **ret_buf)
{
	tel_buf *buf = new_header(alloc, BUF_ADOPTED, 0);

	assert(len <= cap);
	if (!buf)
		return TEL_ERR_NOMEM;
	buf->ptr = block;
	buf->len = len;
	buf->cap = cap;
	*ret_buf = buf;
	return TEL_OK;
}

tel_err tel_buf_wrap(const tel_alloc *alloc, const void *ptr, size_t len,
                     void (*release)(void *user, const void *ptr, size_t len), void *user, tel_buf **ret_buf)
{
	tel_buf *buf;

	if (!ret_buf || (!ptr && len > 0))
		return TEL_ERR_ARG;
	buf = new_header(alloc, BUF_WRAPPED, 0);
	if (!buf)
		return TEL_ERR_NOMEM;
	buf->ptr = (char *)(uintptr_t)ptr; /* only ever read: tel__buf_room() refuses wrapped memory */
	buf->len = len;
	buf->cap = len;
	buf->release = release;
	buf->user = user;
	*ret_buf = buf;
	return TEL_OK;
}

tel_err tel_buf_copy(const tel_alloc *alloc, tel_slice bytes, tel_buf **ret_buf)
{
	tel_buf *buf;
	tel_err rc;

	if (!ret_buf || (!bytes.ptr && bytes.len > 0))
		return TEL_ERR_ARG;
	rc = tel__buf_new(alloc, bytes.len, NULL, &buf);
	if (rc != TEL_OK)
		return rc;
	if (bytes.len)
		memcpy(buf->ptr, bytes.ptr, bytes.len);
	buf->len = bytes.len;
	*ret_buf = buf;
	return TEL_OK;
}

tel_buf *tel_buf_ref(tel_buf *buf)
{
	if (buf)
		atomic_fetch_add_explicit(&buf->refs, 1, memory_order_relaxed);
	return buf;
}

void tel_buf_unref(tel_buf *buf)
{
	tel__budget *budget;
	tel_alloc alloc;
	size_t cap, size;

	if (!buf || atomic_fetch_sub_explicit(&buf->refs, 1, memory_order_acq_rel) != 1)
		return;
	alloc = buf->alloc;
	budget = buf->budget;
	cap = buf->cap;
	if (buf->release)
		buf->release(buf->user, buf->ptr, buf->len);
	if (buf->kind == BUF_ADOPTED)
		tel__mem_free(&alloc, buf->ptr, cap, 1);
	size = sizeof(*buf) + (buf->kind == BUF_INLINE ? cap : 0);
	tel__mem_free(&alloc, buf, size, 1);
	tel__budget_release(budget, cap); /* after the memory is gone, never before */
	tel__budget_unref(budget);
}

tel_slice tel_buf_get(const tel_buf *buf)
{
	return (tel_slice){ buf->ptr, buf->len };
}

char *tel__buf_room(tel_buf *buf)
{
	assert(buf->kind != BUF_WRAPPED);
	return buf->ptr;
}

size_t tel__buf_cap(const tel_buf *buf)
{
	return buf->cap;
}

void tel__buf_set_len(tel_buf *buf, size_t len)
{
	assert(len <= buf->cap);
	buf->len = len;
}

size_t tel__buf_charged(const tel_buf *buf, const struct tel_budget *budget)
{
	return budget && buf->budget == budget ? buf->cap : 0;
}

bool tel__buf_is_shared(const tel_buf *buf)
{
	return atomic_load_explicit(&buf->refs, memory_order_acquire) > 1;
}

static tel_buf *resize_inline(tel_buf *buf, size_t new_cap)
{
	tel_alloc alloc = buf->alloc;
	size_t size;
	tel_buf *moved;

	if (!tel__size_add(sizeof(*buf), new_cap, &size))
		return NULL;
	moved = tel__mem_resize(&alloc, buf, sizeof(*buf) + buf->cap, size, 1);
	if (moved)
		moved->ptr = (char *)(moved + 1);
	return moved;
}

static tel_buf *resize_adopted(tel_buf *buf, size_t new_cap)
{
	char *block = NULL;

	if (new_cap == 0)
		tel__mem_free(&buf->alloc, buf->ptr, buf->cap, 1);
	else
		block = tel__mem_resize(&buf->alloc, buf->ptr, buf->cap, new_cap, 1);
	if (!block && new_cap)
		return NULL;
	buf->ptr = block;
	return buf;
}

tel_err tel__buf_resize(tel_buf **buf, size_t new_cap)
{
	tel_buf *old = *buf, *moved;
	size_t old_cap = old->cap;
	tel__budget *budget = old->budget;

	if (old->kind == BUF_WRAPPED || tel__buf_is_shared(old))
		return TEL_ERR_STATE;
	if (new_cap == old_cap)
		return TEL_OK;
	if (new_cap > old_cap && !tel__budget_reserve(budget, new_cap - old_cap))
		return TEL_ERR_BUDGET;
	moved = old->kind == BUF_INLINE ? resize_inline(old, new_cap) : resize_adopted(old, new_cap);
	if (!moved) {
		if (new_cap > old_cap)
			tel__budget_release(budget, new_cap - old_cap);
		return TEL_ERR_NOMEM;
	}
	if (new_cap < old_cap)
		tel__budget_release(budget, old_cap - new_cap);
	moved->cap = new_cap;
	if (moved->len > new_cap)
		moved->len = new_cap;
	*buf = moved;
	return TEL_OK;
}
