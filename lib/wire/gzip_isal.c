/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#ifdef HAVE_ISAL
#include <isa-l/igzip_lib.h>

#include "base/mem.h"
#include "wire/gzip_engine.h"

typedef struct isal_inflate_state {
	struct inflate_state z;
	bool whole; /* try to unpack in one go first */
} isal_inflate_state;

typedef struct isal_deflate_state {
	struct isal_zstream z;
	uint8_t *tokens;
	size_t tokens_len;
} isal_deflate_state;

static void *isal_engine_inflate_new(const tel_alloc *alloc)
{
	return tel__mem_zero(alloc, 1, sizeof(isal_inflate_state));
}

static void isal_engine_inflate_free(const tel_alloc *alloc, void *state)
{
	tel__mem_free(alloc, state, 1, sizeof(isal_inflate_state));
}

static void isal_engine_inflate_start(void *state, bool whole)
{
	isal_inflate_state *s = state;

	isal_inflate_init(&s->z);
	s->z.crc_flag = ISAL_GZIP_NO_HDR; /* the checksum is computed, the frame is gzip.c's */
	s->whole = whole;
}

static void isal_lend(struct inflate_state *z, const tel__gzip_io *io)
{
	z->next_in = (uint8_t *)(uintptr_t)io->in; /* the library does not write to it */
	z->avail_in = (uint32_t)(io->in_len < UINT32_MAX ? io->in_len : UINT32_MAX);
	z->next_out = io->out;
	z->avail_out = (uint32_t)(io->out_len < UINT32_MAX ? io->out_len : UINT32_MAX);
}

static void isal_collect(const struct inflate_state *z, tel__gzip_io *io)
{
	/* whole bytes in the bit buffer were not part of the stream; 0 when the library has put them back itself */
	const uint8_t *in = z->next_in;

	if (z->block_state == ISAL_BLOCK_FINISH && z->read_in_length > 0)
		in -= z->read_in_length / 8;
	io->in_len -= (size_t)(in - io->in);
	io->in = in;
	io->out_len -= (size_t)(z->next_out - io->out);
	io->out = z->next_out;
	io->crc = z->crc;
}

static tel__gzip_status isal_engine_inflate(void *state, tel__gzip_io *io)
{
	isal_inflate_state *s = state;
	int rc;

	isal_lend(&s->z, io);
	if (s->whole) {
		/* In one go it writes straight into out; the streaming call takes a detour through its window. */
		s->whole = false;
		rc = isal_inflate_stateless(&s->z);
		if (rc == ISAL_OUT_OVERFLOW) { /* the size was a guess or a lie: begin again */
			isal_engine_inflate_start(s, false);
			isal_lend(&s->z, io);
			rc = isal_inflate(&s->z);
		}
	} else {
		rc = isal_inflate(&s->z);
	}
	isal_collect(&s->z, io);
	if (rc < 0 || rc == ISAL_NEED_DICT)
		return TEL__GZIP_DAMAGED;
	if (rc == ISAL_DECOMP_OK && s->z.block_state == ISAL_BLOCK_FINISH)
		return TEL__GZIP_DONE;
	if (rc == ISAL_OUT_OVERFLOW || s->z.avail_out == 0)
		return TEL__GZIP_ROOM;
	return TEL__GZIP_INPUT;
}

static void *isal_engine_deflate_new(const tel_alloc *alloc)
{
	return tel__mem_zero(alloc, 1, sizeof(isal_deflate_state));
}

static void isal_engine_deflate_free(const tel_alloc *alloc, void *state)
{
	isal_deflate_state *s = state;

	tel__mem_free(alloc, s->tokens, s->tokens_len, 1);
	tel__mem_free(alloc, s, 1, sizeof(*s));
}

/* zlib's 1-9 to ISA-L's 0-3. Small bodies do not earn back the code tables that level 1 builds (performance.md L8). */
static uint32_t isal_level(int level, size_t bytes)
{
	if (level == 0)
		return bytes <= 8 * 1024 ? 0 : 1;
	return level == 1 ? 1 : level < 6 ? 2 : 3;
}

static bool isal_engine_deflate_start(const tel_alloc *alloc, void *state, tel__gzip_frame frame, int level,
                                      size_t bytes)
{
	static const size_t needs[] = { 0, ISAL_DEF_LVL1_DEFAULT, ISAL_DEF_LVL2_DEFAULT, ISAL_DEF_LVL3_DEFAULT };
	isal_deflate_state *s = state;
	uint32_t mapped = isal_level(level, bytes);

	if (s->tokens_len < needs[mapped]) {
		uint8_t *tokens = tel__mem_resize(alloc, s->tokens, s->tokens_len, needs[mapped], 1);

		if (!tokens)
			return false;
		s->tokens = tokens;
		s->tokens_len = needs[mapped];
	}
	isal_deflate_init(&s->z);
	s->z.gzip_flag = frame == TEL__GZIP_FRAME_ZLIB ? IGZIP_ZLIB : IGZIP_GZIP;
	s->z.level = mapped;
	s->z.level_buf = s->tokens;
	s->z.level_buf_size = (uint32_t)needs[mapped];
	return true;
}

static tel__gzip_status isal_engine_deflate(void *state, tel__gzip_io *io, bool last)
{
	isal_deflate_state *s = state;
	int rc;

	s->z.next_in = (uint8_t *)(uintptr_t)io->in;
	s->z.avail_in = (uint32_t)io->in_len;
	s->z.next_out = io->out;
	s->z.avail_out = (uint32_t)(io->out_len < UINT32_MAX ? io->out_len : UINT32_MAX);
	s->z.end_of_stream = last;
	rc = isal_deflate(&s->z);
	io->in_len = s->z.avail_in;
	io->in = s->z.next_in;
	io->out_len -= (size_t)(s->z.next_out - io->out);
	io->out = s->z.next_out;
	if (rc != COMP_OK)
		return TEL__GZIP_DAMAGED;
	if (s->z.internal_state.state == ZSTATE_END)
		return TEL__GZIP_DONE;
	return s->z.avail_out == 0 ? TEL__GZIP_ROOM : TEL__GZIP_INPUT;
}

const tel__gzip_engine_ops tel__gzip_isal = {
	isal_engine_inflate_new, isal_engine_inflate_free, isal_engine_inflate_start, isal_engine_inflate,
	isal_engine_deflate_new, isal_engine_deflate_free, isal_engine_deflate_start, isal_engine_deflate,
};
#endif
