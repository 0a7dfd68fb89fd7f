/* SPDX-License-Identifier: Apache-2.0 */
#include "net/h2_stream.h"

#include <assert.h>

#include "base/mem.h"

enum { FULL_CAP = TEL_LIMIT_HEADER_COUNT, FULL_BUFS = 2 * FULL_CAP + TEL__H2_PSEUDO_HEADERS };
static const size_t full_size = FULL_CAP * sizeof(tel__http_header) + FULL_BUFS * sizeof(nghttp2_rcbuf *);

void tel__h2_stream_init(tel__h2_stream *st, int32_t id, size_t header_limit)
{
	/* The arrays at the end need no clearing: most of the struct. */
	memset(st, 0, offsetof(tel__h2_stream, inline_headers));
	st->id = id;
	st->header_limit = header_limit;
	st->headers = st->inline_headers;
	st->bufs = st->inline_bufs;
	st->header_cap = TEL__H2_INLINE_HEADERS;
	st->answer = NULL;
	st->answer_size = st->body_len = st->body_sent = st->trailer_count = 0;
}

void tel__h2_stream_drop_headers(tel__h2_stream *st, const tel_alloc *alloc)
{
	size_t i;

	for (i = 0; i < st->buf_count; i++)
		nghttp2_rcbuf_decref(st->bufs[i]);
	st->buf_count = st->header_count = 0;
	if (st->headers != st->inline_headers)
		tel__mem_free(alloc, st->headers, full_size, 1);
	st->headers = st->inline_headers;
	st->bufs = st->inline_bufs;
	st->header_cap = TEL__H2_INLINE_HEADERS;
}

void tel__h2_stream_fini(tel__h2_stream *st, const tel_alloc *alloc)
{
	tel__h2_stream_drop_headers(st, alloc);
	if (st->has_early)
		tel__body_fini(&st->early);
	if (st->answer && st->answer != st->inline_answer)
		tel__mem_free(alloc, st->answer, st->answer_size, 1);
}

static tel_slice rcbuf_slice(nghttp2_rcbuf *buf)
{
	nghttp2_vec v = nghttp2_rcbuf_get_buf(buf);

	return (tel_slice){ (const char *)v.base, v.len };
}

static tel_slice keep(tel__h2_stream *st, nghttp2_rcbuf *buf)
{
	nghttp2_rcbuf_incref(buf);
	st->bufs[st->buf_count++] = buf;
	return rcbuf_slice(buf);
}

static tel_err grow_headers(tel__h2_stream *st, const tel_alloc *alloc)
{
	tel__http_header *headers = tel__mem_new(alloc, full_size, 1);

	if (!headers)
		return TEL_ERR_NOMEM;
	memcpy(headers, st->headers, st->header_count * sizeof(*headers));
	memcpy(headers + FULL_CAP, st->bufs, st->buf_count * sizeof(*st->bufs));
	st->headers = headers;
	st->bufs = (nghttp2_rcbuf **)(headers + FULL_CAP);
	st->header_cap = FULL_CAP;
	return TEL_OK;
}

tel_err tel__h2_stream_header(tel__h2_stream *st, const tel_alloc *alloc, nghttp2_rcbuf *name, nghttp2_rcbuf *value)
{
	tel_slice key = rcbuf_slice(name);

	/* Counted as decoded, before it is kept: a reference to a table entry costs the peer one byte (security.md S25). */
	st->header_bytes += key.len + rcbuf_slice(value).len + 32;
	if (st->header_bytes > st->header_limit || st->header_count == FULL_CAP)
		st->too_large = true;
	if (st->too_large) {
		tel__h2_stream_drop_headers(st, alloc);
		return TEL_OK;
	}
	if (tel__slice_is(key, ":method")) {
		st->method = keep(st, value);
		return TEL_OK;
	}
	if (tel__slice_is(key, ":path")) {
		st->target = keep(st, value);
		return TEL_OK;
	}
	if (tel__slice_is(key, ":authority"))
		key = TEL_SLICE_LIT("host");
	else if (key.len && key.ptr[0] == ':')
		return TEL_OK;
	if (st->header_count == st->header_cap && grow_headers(st, alloc) != TEL_OK)
		return TEL_ERR_NOMEM;
	if (key.ptr == rcbuf_slice(name).ptr)
		keep(st, name);
	st->headers[st->header_count++] = (tel__http_header){ key, keep(st, value) };
	return TEL_OK;
}

nghttp2_nv tel__h2_nv(tel_slice name, tel_slice value)
{
	return (nghttp2_nv){ (uint8_t *)(uintptr_t)name.ptr, (uint8_t *)(uintptr_t)value.ptr, name.len, value.len,
		NGHTTP2_NV_FLAG_NONE };
}

static tel_slice put(char **to, tel_slice s)
{
	tel_slice copy = { *to, s.len };

	if (s.len)
		memcpy(*to, s.ptr, s.len);
	*to += s.len;
	return copy;
}

tel_err tel__h2_stream_answer(tel__h2_stream *st, const tel_alloc *alloc, const tel__http_response *rsp)
{
	size_t size = rsp->body.len, i;
	char *to;

	assert(rsp->trailer_count <= TEL__H2_TRAILERS);
	for (i = 0; i < rsp->trailer_count; i++)
		size += rsp->trailers[i].name.len + rsp->trailers[i].value.len;
	st->answer = size <= sizeof(st->inline_answer) ? st->inline_answer : tel__mem_new(alloc, size, 1);
	if (!st->answer)
		return TEL_ERR_NOMEM;
	st->answer_size = size;
	to = st->answer;
	st->body_len = put(&to, rsp->body).len;
	for (i = 0; i < rsp->trailer_count; i++) {
		tel_slice name = put(&to, rsp->trailers[i].name);

		st->trailers[i] = tel__h2_nv(name, put(&to, rsp->trailers[i].value));
	}
	st->trailer_count = rsp->trailer_count;
	return TEL_OK;
}
