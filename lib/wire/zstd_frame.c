/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/zstd_frame.h"

#include "base/error_i.h"
#include "wire/zstd.h"

enum {
	MAGIC_BYTES = 4,
	SKIPPABLE_BYTES = 8,
	BLOCK_HEADER_BYTES = 3,
	BLOCK_MOST = 128 * 1024,
	CHECKSUM_BYTES = 4
};
#define MAGIC 0xfd2fb528u
#define SKIPPABLE_MAGIC 0x184d2a50u

typedef struct header {
	size_t len;
	uint64_t window, size;
	bool checksum;
} header;

static uint64_t get_le(const uint8_t *p, size_t bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

static tel_err cut_short(tel_slice in, tel_error *err)
{
	return tel__fail_at(err, TEL_ERR_MALFORMED, in.len, in.len ? "unexpected EOF" : "EOF");
}

static tel_err bad(tel_error *err, size_t at, const char *what)
{
	return tel__fail_at(err, TEL_ERR_MALFORMED, at, "zstd: %s", what);
}

static uint64_t window_of(uint8_t descriptor)
{
	uint64_t base = (uint64_t)1 << (10 + (descriptor >> 3));

	return base + base / 8 * (descriptor & 7u);
}

/* From the descriptor byte behind the magic number; section 3.1.1.1. */
static tel_err read_header(tel_slice in, size_t at, header *h, tel_error *err)
{
	enum { F_CHECKSUM = 4, F_RESERVED = 8, F_SINGLE = 0x20 };
	static const uint8_t dict_bytes[] = { 0, 1, 2, 4 };
	const uint8_t *p = (const uint8_t *)in.ptr + at;
	size_t left = in.len - at, window_at = 1, dict_at, size_at, size_bytes;

	if (left < 1)
		return cut_short(in, err);
	size_bytes = p[0] >> 6 ? (size_t)1 << (p[0] >> 6) : p[0] & F_SINGLE ? 1 : 0;
	dict_at = window_at + (p[0] & F_SINGLE ? 0 : 1);
	size_at = dict_at + dict_bytes[p[0] & 3];
	h->len = size_at + size_bytes;
	h->checksum = p[0] & F_CHECKSUM;
	if (p[0] & F_RESERVED)
		return bad(err, at, "reserved bit of the frame header is set");
	if (left < h->len)
		return cut_short(in, err);
	if (get_le(p + dict_at, dict_bytes[p[0] & 3]))
		return bad(err, at + dict_at, "unknown dictionary");
	h->size = size_bytes ? get_le(p + size_at, size_bytes) + (size_bytes == 2 ? 256 : 0) : UINT64_MAX;
	h->window = p[0] & F_SINGLE ? h->size : window_of(p[window_at]);
	if (h->window > TEL__ZSTD_WINDOW_MOST)
		return bad(err, at, "window size exceeded");
	return TEL_OK;
}

/* Adds up what the blocks can unpack to; section 3.1.1.2. at moves behind the last one. */
static tel_err read_blocks(tel_slice in, size_t *at, uint64_t window, uint64_t *bound, tel_error *err)
{
	enum { RAW, RLE, PACKED, RESERVED };
	uint64_t most = window < BLOCK_MOST ? window : BLOCK_MOST;
	bool last = false;

	while (!last) {
		uint64_t block, size, content;

		if (in.len - *at < BLOCK_HEADER_BYTES)
			return cut_short(in, err);
		block = get_le((const uint8_t *)in.ptr + *at, BLOCK_HEADER_BYTES);
		last = block & 1;
		size = block >> 3;
		content = (block >> 1 & 3) == RLE ? 1 : size;
		if ((block >> 1 & 3) == RESERVED)
			return bad(err, *at, "invalid input: reserved block type encountered");
		if (size > most)
			return bad(err, *at, "invalid input: block is larger than the window allows");
		*at += BLOCK_HEADER_BYTES;
		if (in.len - *at < content)
			return cut_short(in, err);
		*at += (size_t)content;
		*bound += (block >> 1 & 3) == PACKED ? most : size;
	}
	return TEL_OK;
}

static tel_err read_skippable(tel_slice in, size_t at, tel__zstd_frame *frame, tel_error *err)
{
	uint64_t size;

	if (in.len - at < SKIPPABLE_BYTES)
		return cut_short(in, err);
	size = get_le((const uint8_t *)in.ptr + at + MAGIC_BYTES, SKIPPABLE_BYTES - MAGIC_BYTES);
	if (in.len - at - SKIPPABLE_BYTES < size)
		return cut_short(in, err);
	*frame = (tel__zstd_frame){ .len = SKIPPABLE_BYTES + (size_t)size, .skippable = true };
	return TEL_OK;
}

tel_err tel__zstd_frame_read(tel_slice in, size_t at, tel__zstd_frame *ret_frame, tel_error *err)
{
	size_t end = at + MAGIC_BYTES;
	uint64_t bound = 0, magic;
	header h = { 0 };
	tel_err rc;

	if (in.len - at < MAGIC_BYTES)
		return cut_short(in, err);
	magic = get_le((const uint8_t *)in.ptr + at, MAGIC_BYTES);
	if ((magic & ~(uint64_t)0xf) == SKIPPABLE_MAGIC)
		return read_skippable(in, at, ret_frame, err);
	if (magic != MAGIC)
		return bad(err, at, "invalid input: magic number mismatch");
	rc = read_header(in, end, &h, err);
	if (rc != TEL_OK)
		return rc;
	end += h.len;
	rc = read_blocks(in, &end, h.window, &bound, err);
	if (rc != TEL_OK)
		return rc;
	if (h.checksum && in.len - end < CHECKSUM_BYTES)
		return cut_short(in, err);
	end += h.checksum ? CHECKSUM_BYTES : 0;
	if (h.size != UINT64_MAX && h.size > bound)
		return bad(err, at, "frame size does not match size on stream");
	*ret_frame = (tel__zstd_frame){ end - at, bound, h.size, false };
	return TEL_OK;
}
