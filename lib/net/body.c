/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <string.h>

#include "base/error_i.h"
#include "net/body.h"

enum { PREFIX_BYTES = 5, FIRST_BYTES = 4096, ANSWER_FREE_BYTES = 16 * 1024, SHORT_BYTES = 64 * 1024 };

void tel__body_init(tel__body *b, const tel_alloc *alloc, tel__budget *budget, tel__body_kind kind, size_t max)
{
	*b = (tel__body){ .alloc = alloc, .budget = budget, .kind = kind, .max = max };
}

void tel__body_init_answer(tel__body *b, const tel_alloc *alloc, tel__budget *budget, tel__body_kind kind, size_t max)
{
	tel__body_init(b, alloc, budget, kind, max);
	b->free_bytes = ANSWER_FREE_BYTES;
}

static size_t body_len(const tel__body *b)
{
	return b->buf ? tel_buf_get(b->buf).len : 0;
}

static tel_err fail_storage(tel_error *err, tel_err rc, size_t bytes)
{
	if (rc == TEL_ERR_BUDGET)
		return tel__fail(err, rc, "no room in the memory budget for %zu bytes of a message", bytes);
	return tel__fail_nomem(err);
}

/* gRPC clients know the text of grpc-go, and operators search for it. */
static tel_err fail_limit(const tel__body *b, size_t len, tel_error *err)
{
	if (b->kind == TEL__BODY_GRPC)
		return tel__fail(err, TEL_ERR_LIMIT, "grpc: received message larger than max (%zu vs. %zu)", len, b->max);
	return tel__fail(err, TEL_ERR_LIMIT, "message is larger than the limit of %zu bytes", b->max);
}

/* What a server's message has reserved counts as held until it is complete. */
static void note_held(tel__body *b, size_t bytes)
{
	if (!b->make_room || bytes == b->held)
		return;
	if (bytes > b->held)
		tel__budget_hold(b->budget, bytes - b->held);
	else
		tel__budget_unhold(b->budget, b->held - bytes);
	b->held = bytes;
}

/* A long message leaves an eighth of the limit to the short ones and to what they are decoded into. */
static bool has_headroom(const tel__body *b, size_t cap, size_t *ret_needed)
{
	tel__budget_stats stats;
	*ret_needed = cap;
	if (!b->make_room || !b->budget || cap <= SHORT_BYTES)
		return true;
	tel__budget_get(b->budget, &stats);
	if (!stats.limit)
		return true;
	*ret_needed = cap - b->held + stats.limit / 8;
	return stats.reserved <= stats.limit && stats.limit - stats.reserved >= *ret_needed;
}

static tel_err take(tel__body *b, size_t cap, bool charged, bool outgrown, tel_buf **fresh)
{
	if (b->buf && !outgrown)
		return tel__buf_resize(&b->buf, cap);
	return tel__buf_new(b->alloc, cap, charged ? b->budget : NULL, fresh);
}

static tel_err allocate(tel__body *b, size_t cap, tel_error *err)
{
	bool charged = cap > b->free_bytes || !b->free_bytes, outgrown = b->buf && charged && tel__buf_cap(b->buf) <= b->free_bytes;
	tel_buf *fresh = NULL;
	size_t needed;
	bool roomy = has_headroom(b, cap, &needed) || b->make_room(b->ctx, needed);
	tel_err rc = roomy ? take(b, cap, charged, outgrown, &fresh) : TEL_ERR_BUDGET;
	if (rc == TEL_ERR_BUDGET && roomy && b->make_room && b->make_room(b->ctx, needed))
		rc = take(b, cap, charged, outgrown, &fresh);
	if (rc != TEL_OK)
		return fail_storage(err, rc, cap);
	note_held(b, cap);
	if (b->buf && !outgrown)
		return TEL_OK;
	if (outgrown) {
		tel_slice old = tel_buf_get(b->buf);
		memcpy(tel__buf_room(fresh), old.ptr, old.len);
		tel__buf_set_len(fresh, old.len);
		tel_buf_unref(b->buf);
	}
	b->buf = fresh;
	return TEL_OK;
}

tel_err tel__body_expect(tel__body *b, size_t known_len, tel_error *err)
{
	if (b->kind == TEL__BODY_GRPC) /* the prefix tells the length of the message; this one can only refuse early */
		return known_len > PREFIX_BYTES && known_len - PREFIX_BYTES > b->max
			? fail_limit(b, known_len - PREFIX_BYTES, err) : TEL_OK;
	if (known_len > b->max)
		return fail_limit(b, known_len, err);
	return known_len ? allocate(b, known_len, err) : TEL_OK;
}

void *tel__body_room(tel__body *b, size_t *ret_cap)
{
	*ret_cap = 0;
	if (!b->buf)
		return NULL;
	size_t len = body_len(b);
	*ret_cap = tel__buf_cap(b->buf) - len;
	return tel__buf_room(b->buf) + len;
}

void tel__body_advance(tel__body *b, size_t n)
{
	tel__buf_set_len(b->buf, body_len(b) + n);
}

static tel_err append(tel__body *b, tel_slice bytes, tel_error *err)
{
	size_t len = body_len(b), cap = b->buf ? tel__buf_cap(b->buf) : 0;
	if (bytes.len > b->max - len)
		return fail_limit(b, len + bytes.len, err);
	if (bytes.len > cap - len) {
		size_t need = len + bytes.len, next = cap > b->max / 2 ? b->max : 2 * cap;
		if (next < FIRST_BYTES)
			next = FIRST_BYTES < b->max ? FIRST_BYTES : b->max;
		tel_err rc = allocate(b, next > need ? next : need, err);
		if (rc != TEL_OK)
			return rc;
	}
	memcpy(tel__buf_room(b->buf) + len, bytes.ptr, bytes.len);
	tel__buf_set_len(b->buf, len + bytes.len);
	return TEL_OK;
}

/* protocols.md 2.2: flag, then four bytes of length, big endian. */
static tel_err read_prefix(tel__body *b, tel_error *err)
{
	if (b->prefix[0] > 1)
		return tel__fail(err, TEL_ERR_MALFORMED, "gRPC message: compressed flag is %u", b->prefix[0]);
	b->compressed = b->prefix[0] == 1;
	b->want = (size_t)b->prefix[1] << 24 | (size_t)b->prefix[2] << 16 | (size_t)b->prefix[3] << 8 | b->prefix[4];
	if (b->want > b->max)
		return fail_limit(b, b->want, err);
	return b->want ? allocate(b, b->want, err) : TEL_OK;
}

static tel_err feed_grpc(tel__body *b, tel_slice bytes, tel_error *err)
{
	while (b->prefix_len < PREFIX_BYTES && bytes.len) {
		b->prefix[b->prefix_len++] = (uint8_t)*bytes.ptr;
		bytes = tel__slice_sub(bytes, 1, bytes.len - 1);
		tel_err rc = b->prefix_len == PREFIX_BYTES ? read_prefix(b, err) : TEL_OK;
		if (rc != TEL_OK)
			return rc;
	}
	if (!bytes.len)
		return TEL_OK;
	if (bytes.len > b->want - body_len(b))
		return tel__fail(err, TEL_ERR_MALFORMED, "gRPC message: bytes after the message of a unary call");
	return append(b, bytes, err);
}

tel_err tel__body_feed(tel__body *b, tel_slice bytes, tel_error *err)
{
	if (!bytes.len)
		return TEL_OK;
	return b->kind == TEL__BODY_GRPC ? feed_grpc(b, bytes, err) : append(b, bytes, err);
}

tel_err tel__body_finish(tel__body *b, tel_buf **ret_buf, tel_error *err)
{
	size_t len = body_len(b);
	if (b->kind == TEL__BODY_GRPC && (b->prefix_len < PREFIX_BYTES || len < b->want))
		return tel__fail(err, TEL_ERR_MALFORMED, "gRPC message: truncated after %zu bytes", b->prefix_len + len);
	if (!b->buf) {
		tel_err rc = allocate(b, 0, err);
		if (rc != TEL_OK)
			return rc;
	}
	/* What growth left over goes back; a shrink that fails leaves a good buffer. */
	if (tel__buf_cap(b->buf) - len > len / 4)
		(void)tel__buf_resize(&b->buf, len);
	note_held(b, 0);
	*ret_buf = b->buf;
	b->buf = NULL;
	return TEL_OK;
}

void tel__body_fini(tel__body *b)
{
	note_held(b, 0);
	tel_buf_unref(b->buf);
	b->buf = NULL;
}
