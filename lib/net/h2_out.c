/* SPDX-License-Identifier: Apache-2.0 */
#include "net/h2_out.h"

#include <assert.h>

#include "base/mem.h"

void tel__h2_batch_init(tel__h2_batch *b, char *scratch, size_t cap)
{
	b->count = 0;
	b->copy = scratch;
	b->copy_len = 0;
	b->copy_cap = cap;
}

bool tel__h2_batch_room(const tel__h2_batch *b, int pieces)
{
	return b->copy_cap - b->copy_len >= TEL__H2_OUT_CHUNK && TEL__H2_OUT_PIECES - b->count >= pieces;
}

void tel__h2_batch_copy(tel__h2_batch *b, const void *bytes, size_t len)
{
	char *to = b->copy + b->copy_len;
	struct iovec *last = b->count ? &b->pieces[b->count - 1] : NULL;

	assert(len <= b->copy_cap - b->copy_len);
	if (len == 0)
		return;
	memcpy(to, bytes, len);
	b->copy_len += len;
	if (last && b->owners[b->count - 1] == 0 && (char *)last->iov_base + last->iov_len == to) {
		last->iov_len += len;
		return;
	}
	b->pieces[b->count] = (struct iovec){ to, len };
	b->owners[b->count++] = 0;
}

void tel__h2_batch_refer(tel__h2_batch *b, tel_slice bytes, uint32_t owner)
{
	assert(b->count < TEL__H2_OUT_PIECES && owner != 0);
	b->pieces[b->count] = (struct iovec){ (void *)(uintptr_t)bytes.ptr, bytes.len };
	b->owners[b->count++] = owner;
}

/* Drops n written bytes from the front of pieces[*at...]. */
static void skip(struct iovec *pieces, int count, int *at, size_t n)
{
	while (*at < count && n >= pieces[*at].iov_len)
		n -= pieces[(*at)++].iov_len;
	if (n) {
		pieces[*at].iov_base = (char *)pieces[*at].iov_base + n;
		pieces[*at].iov_len -= n;
	}
}

/* Writes until the stream is full or everything is gone. */
static tel_err write_pieces(tel__stream *s, struct iovec *pieces, int count, int *at, size_t *ret_n)
{
	*ret_n = 0;
	while (*at < count) {
		size_t n = 0;
		tel_err code = tel__stream_writev(s, pieces + *at, count - *at, &n);

		if (code != TEL_OK)
			return code;
		*ret_n += n;
		skip(pieces, count, at, n);
	}
	return TEL_OK;
}

/* New rest out of pieces: copied ones and those of detach are copied, the others stay references. */
static tel_err rest_build(tel__h2_rest *rest, const tel_alloc *alloc, const struct iovec *pieces, const uint32_t *owners,
                          int count, uint32_t detach)
{
	const size_t each = sizeof(struct iovec) + sizeof(uint32_t);
	size_t bytes = 0;
	char *to;
	int i;

	for (i = 0; i < count; i++)
		if (owners[i] == 0 || owners[i] == detach)
			bytes += pieces[i].iov_len;
	rest->size = (size_t)count * each + bytes;
	rest->pieces = tel__mem_new(alloc, rest->size, 1);
	if (!rest->pieces) {
		*rest = (tel__h2_rest){ 0 };
		return TEL_ERR_NOMEM;
	}
	rest->owners = (uint32_t *)(rest->pieces + count);
	rest->count = count;
	rest->at = 0;
	to = (char *)(rest->owners + count);
	for (i = 0; i < count; i++) {
		rest->pieces[i] = pieces[i];
		rest->owners[i] = owners[i] == detach ? 0 : owners[i];
		if (rest->owners[i])
			continue;
		memcpy(to, pieces[i].iov_base, pieces[i].iov_len);
		rest->pieces[i].iov_base = to;
		to += pieces[i].iov_len;
	}
	return TEL_OK;
}

tel_err tel__h2_batch_write(tel__h2_batch *b, tel__stream *s, const tel_alloc *alloc, tel__h2_rest *rest)
{
	int at = 0;
	size_t n;
	tel_err code = write_pieces(s, b->pieces, b->count, &at, &n);

	assert(tel__h2_rest_empty(rest));
	if (code == TEL_ERR_AGAIN && rest_build(rest, alloc, b->pieces + at, b->owners + at, b->count - at, 0) != TEL_OK)
		code = TEL_ERR_NOMEM;
	b->count = 0;
	b->copy_len = 0;
	return code;
}

tel_err tel__h2_rest_write(tel__h2_rest *rest, tel__stream *s, const tel_alloc *alloc, size_t *ret_n)
{
	tel_err code = write_pieces(s, rest->pieces, rest->count, &rest->at, ret_n);

	if (code == TEL_OK)
		tel__h2_rest_fini(rest, alloc);
	return code;
}

tel_err tel__h2_rest_detach(tel__h2_rest *rest, const tel_alloc *alloc, uint32_t owner)
{
	tel__h2_rest old = *rest;
	tel_err code;
	int i;

	for (i = rest->at; i < rest->count && rest->owners[i] != owner; i++)
		;
	if (i == rest->count)
		return TEL_OK;
	code = rest_build(rest, alloc, old.pieces + old.at, old.owners + old.at, old.count - old.at, owner);
	tel__h2_rest_fini(&old, alloc);
	return code;
}

bool tel__h2_rest_empty(const tel__h2_rest *rest)
{
	return rest->at == rest->count;
}

void tel__h2_rest_fini(tel__h2_rest *rest, const tel_alloc *alloc)
{
	if (rest->pieces)
		tel__mem_free(alloc, rest->pieces, rest->size, 1);
	*rest = (tel__h2_rest){ 0 };
}
