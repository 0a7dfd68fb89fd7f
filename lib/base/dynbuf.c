/* SPDX-License-Identifier: Apache-2.0 */
#include "base/dynbuf.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf_i.h"
#include "base/mem.h"
#include "base/num.h"

enum { DYNBUF_FIRST = 256 };

void tel__dynbuf_init(tel__dynbuf *b, const tel_alloc *alloc, size_t max)
{
	*b = (tel__dynbuf){ NULL, 0, 0, max, tel__alloc_or_default(alloc), TEL_OK };
}

void tel__dynbuf_fini(tel__dynbuf *b)
{
	tel__mem_free(b->alloc, b->ptr, b->cap, 1);
	b->ptr = NULL;
	b->len = b->cap = 0;
}

void tel__dynbuf_reset(tel__dynbuf *b)
{
	b->len = 0;
	b->error = TEL_OK;
}

static bool grow(tel__dynbuf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : (size_t)DYNBUF_FIRST;
	char *moved;

	while (cap < need)
		cap = cap > b->max / 2 ? b->max : cap * 2;
	if (cap > b->max)
		cap = b->max;
	moved = tel__mem_resize(b->alloc, b->ptr, b->cap, cap, 1);
	if (!moved) {
		b->error = TEL_ERR_NOMEM;
		return false;
	}
	b->ptr = moved;
	b->cap = cap;
	return true;
}

char *tel__dynbuf_room(tel__dynbuf *b, size_t extra)
{
	if (TEL_UNLIKELY(b->error != TEL_OK))
		return NULL;
	if (TEL_UNLIKELY(extra > b->max - b->len)) {
		b->error = TEL_ERR_LIMIT;
		return NULL;
	}
	if (TEL_UNLIKELY(extra > b->cap - b->len) && !grow(b, b->len + extra))
		return NULL;
	return b->ptr ? b->ptr + b->len : (char *)(uintptr_t)""; /* no room was asked for, and none is there */
}

void tel__dynbuf_advance(tel__dynbuf *b, size_t written)
{
	assert(written <= b->cap - b->len);
	b->len += written;
}

void tel__dynbuf_put(tel__dynbuf *b, const void *bytes, size_t len)
{
	char *room;

	if (len == 0)
		return;
	room = tel__dynbuf_room(b, len);
	if (room) {
		memcpy(room, bytes, len);
		b->len += len;
	}
}

void tel__dynbuf_puts(tel__dynbuf *b, const char *text)
{
	tel__dynbuf_put(b, text, strlen(text));
}

void tel__dynbuf_slice(tel__dynbuf *b, tel_slice s)
{
	tel__dynbuf_put(b, s.ptr, s.len);
}

void tel__dynbuf_byte(tel__dynbuf *b, char c)
{
	char *room = tel__dynbuf_room(b, 1);

	if (room) {
		*room = c;
		b->len++;
	}
}

void tel__dynbuf_fmt(tel__dynbuf *b, const char *fmt, ...)
{
	char small[128], *room;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(small, sizeof(small), fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->error = b->error ? b->error : TEL_ERR_ARG;
		return;
	}
	if ((size_t)n < sizeof(small)) {
		tel__dynbuf_put(b, small, (size_t)n);
		return;
	}
	room = tel__dynbuf_room(b, (size_t)n + 1); /* vsnprintf writes a NUL behind; it is not part of the content */
	if (!room)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(room, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

void tel__dynbuf_u64(tel__dynbuf *b, uint64_t v)
{
	char text[TEL__NUM_INT_MAX];

	tel__dynbuf_put(b, text, tel__num_format_u64(v, text));
}

void tel__dynbuf_i64(tel__dynbuf *b, int64_t v)
{
	char text[TEL__NUM_INT_MAX];

	tel__dynbuf_put(b, text, tel__num_format_i64(v, text));
}

void tel__dynbuf_double(tel__dynbuf *b, double v)
{
	char text[TEL__NUM_DOUBLE_MAX];

	tel__dynbuf_put(b, text, tel__num_format_double(v, text));
}

tel_slice tel__dynbuf_get(const tel__dynbuf *b)
{
	return (tel_slice){ b->ptr, b->len };
}

tel_err tel__dynbuf_error(const tel__dynbuf *b)
{
	return b->error;
}

tel_err tel__dynbuf_take(tel__dynbuf *b, tel_buf **ret_buf)
{
	tel_err rc = b->error;

	if (rc == TEL_OK)
		rc = tel__buf_adopt(b->alloc, b->ptr, b->len, b->cap, ret_buf);
	if (rc == TEL_OK)
		tel__dynbuf_init(b, b->alloc, b->max);
	return rc;
}
