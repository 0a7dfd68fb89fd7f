/* SPDX-License-Identifier: Apache-2.0 */
#define ZLIB_CONST
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "wire/gzip_engine.h"

enum { RAW_WINDOW = -15, ZLIB_WINDOW = 15, GZIP_WINDOW = 15 + 16, MEM_LEVEL = 8 };

typedef struct zlib_state {
	z_stream z;
	uint32_t crc;
	int level; /* deflate: what z was set up with, as the frame; 0 = not yet */
	tel__gzip_frame frame;
} zlib_state;

/* zlib frees without a size: it stands in front of the block. */
typedef union zlib_block {
	size_t size;
	_Alignas(16) char align[16];
} zlib_block;

static voidpf zlib_take(voidpf opaque, uInt count, uInt size)
{
	const tel_alloc *alloc = opaque;
	zlib_block *block;
	size_t bytes;

	if (!tel__size_mul(count, size, &bytes) || !tel__size_add(bytes, sizeof(*block), &bytes))
		return Z_NULL;
	block = tel__mem_zero(alloc, bytes, 1); /* deflate reads bytes of its window that it never wrote */
	if (!block)
		return Z_NULL;
	block->size = bytes;
	return block + 1;
}

static void zlib_give_back(voidpf opaque, voidpf ptr)
{
	zlib_block *block = (zlib_block *)ptr - 1;

	tel__mem_free(opaque, block, block->size, 1);
}

static zlib_state *zlib_state_new(const tel_alloc *alloc)
{
	zlib_state *s = tel__mem_zero(alloc, 1, sizeof(*s));

	if (s) {
		s->z.zalloc = zlib_take;
		s->z.zfree = zlib_give_back;
		s->z.opaque = (voidpf)(uintptr_t)alloc;
	}
	return s;
}

static void *zlib_inflate_new(const tel_alloc *alloc)
{
	zlib_state *s = zlib_state_new(alloc);

	if (s && inflateInit2(&s->z, RAW_WINDOW) != Z_OK) {
		tel__mem_free(alloc, s, 1, sizeof(*s));
		return NULL;
	}
	return s;
}

static void zlib_inflate_free(const tel_alloc *alloc, void *state)
{
	zlib_state *s = state;

	(void)inflateEnd(&s->z);
	tel__mem_free(alloc, s, 1, sizeof(*s));
}

static void zlib_inflate_start(void *state, bool whole)
{
	zlib_state *s = state;

	(void)whole;
	(void)inflateReset(&s->z);
	s->crc = 0;
}

static void zlib_lend(zlib_state *s, const tel__gzip_io *io)
{
	s->z.next_in = io->in;
	s->z.avail_in = (uInt)(io->in_len < UINT32_MAX ? io->in_len : UINT32_MAX);
	s->z.next_out = io->out;
	s->z.avail_out = (uInt)(io->out_len < UINT32_MAX ? io->out_len : UINT32_MAX);
}

static void zlib_collect(const zlib_state *s, tel__gzip_io *io)
{
	io->in_len -= (size_t)(s->z.next_in - io->in);
	io->in = s->z.next_in;
	io->out_len -= (size_t)(s->z.next_out - io->out);
	io->out = s->z.next_out;
}

static tel__gzip_status zlib_inflate(void *state, tel__gzip_io *io)
{
	zlib_state *s = state;
	const uint8_t *from = io->out;
	int rc;

	zlib_lend(s, io);
	rc = inflate(&s->z, Z_NO_FLUSH);
	zlib_collect(s, io);
	s->crc = (uint32_t)crc32_z(s->crc, from, (size_t)(io->out - from));
	io->crc = s->crc;
	if (rc == Z_STREAM_END)
		return TEL__GZIP_DONE;
	if (rc == Z_MEM_ERROR)
		return TEL__GZIP_NOMEM;
	if (rc != Z_OK && rc != Z_BUF_ERROR)
		return TEL__GZIP_DAMAGED;
	return s->z.avail_out == 0 ? TEL__GZIP_ROOM : TEL__GZIP_INPUT;
}

static void *zlib_deflate_new(const tel_alloc *alloc)
{
	return zlib_state_new(alloc); /* deflate_start() knows the frame */
}

static void zlib_deflate_free(const tel_alloc *alloc, void *state)
{
	zlib_state *s = state;

	if (s->level)
		(void)deflateEnd(&s->z);
	tel__mem_free(alloc, s, 1, sizeof(*s));
}

/* zlib fixes the frame for the life of a stream: another one needs a new stream. */
static bool zlib_begin(zlib_state *s, tel__gzip_frame frame, int level)
{
	int window = frame == TEL__GZIP_FRAME_ZLIB ? ZLIB_WINDOW : GZIP_WINDOW;

	if (s->level)
		(void)deflateEnd(&s->z);
	s->level = 0;
	if (deflateInit2(&s->z, level, Z_DEFLATED, window, MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	s->frame = frame;
	s->level = level;
	return true;
}

static bool zlib_deflate_start(const tel_alloc *alloc, void *state, tel__gzip_frame frame, int level, size_t bytes)
{
	zlib_state *s = state;

	(void)alloc;
	(void)bytes;
	if (level == 0)
		level = 1;
	if (s->level == 0 || s->frame != frame)
		return zlib_begin(s, frame, level);
	(void)deflateReset(&s->z);
	if (level != s->level && deflateParams(&s->z, level, Z_DEFAULT_STRATEGY) != Z_OK)
		return false;
	s->level = level;
	return true;
}

static tel__gzip_status zlib_deflate(void *state, tel__gzip_io *io, bool last)
{
	zlib_state *s = state;
	int rc;

	zlib_lend(s, io);
	rc = deflate(&s->z, last ? Z_FINISH : Z_NO_FLUSH);
	zlib_collect(s, io);
	if (rc == Z_STREAM_END)
		return TEL__GZIP_DONE;
	return s->z.avail_out == 0 ? TEL__GZIP_ROOM : TEL__GZIP_INPUT;
}

uint32_t tel__gzip_adler32(const uint8_t *bytes, size_t len)
{
	return (uint32_t)adler32_z(1, bytes, len);
}

const tel__gzip_engine_ops tel__gzip_zlib = {
	zlib_inflate_new, zlib_inflate_free, zlib_inflate_start, zlib_inflate,
	zlib_deflate_new, zlib_deflate_free, zlib_deflate_start, zlib_deflate,
};
