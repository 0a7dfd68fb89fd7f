/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/gzip.h"

#include <assert.h>

#include "base/budget.h"
#include "base/buf_i.h"
#include "base/error_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "config.h"
#include "wire/gzip_engine.h"
#include "wire/packed.h"

struct tel__gzip_ctx {
	tel_alloc alloc;
	const tel__gzip_engine_ops *engine;
	void *inflate, *deflate; /* NULL until first used */
	uint32_t ratio;
};

enum {
	HEADER_BYTES = 10,
	TRAILER_BYTES = 8,
	SLACK = 320,              /* room behind the end lets the engines run their fast loops to it */
	BELIEVED_TIMES = 20,      /* a trailer may claim so many times the body ... */
	BELIEVED_BYTES = 1 << 20, /* ... or so much, before anything is proven */
	RATIO_FROM = 1 << 20, /* security.md S1 */
	ZLIB_HEADER_BYTES = 2,
	ZLIB_TRAILER_BYTES = 4,
	GUESSED_TIMES = 16        /* zlib says nothing about its size: what OTLP packs to */
};

static const tel__gzip_engine_ops *engine_ops(tel__gzip_engine engine)
{
	if (engine == TEL__GZIP_ZLIB)
		return &tel__gzip_zlib;
#ifdef HAVE_ISAL
	return &tel__gzip_isal;
#else
	return engine == TEL__GZIP_BEST ? &tel__gzip_zlib : NULL;
#endif
}

tel_err tel__gzip_new_engine(const tel_alloc *alloc, tel__gzip_engine engine, tel__gzip_ctx **ret_ctx)
{
	const tel__gzip_engine_ops *ops = engine_ops(engine);
	tel__gzip_ctx *ctx;

	if (!ops)
		return TEL_ERR_UNSUPPORTED;
	ctx = tel__mem_zero(alloc, 1, sizeof(*ctx));
	if (!ctx)
		return TEL_ERR_NOMEM;
	ctx->alloc = *tel__alloc_or_default(alloc);
	ctx->engine = ops;
	*ret_ctx = ctx;
	return TEL_OK;
}

tel_err tel__gzip_new(const tel_alloc *alloc, tel__gzip_ctx **ret_ctx)
{
	return tel__gzip_new_engine(alloc, TEL__GZIP_BEST, ret_ctx);
}

void tel__gzip_free(tel__gzip_ctx *ctx)
{
	tel_alloc alloc;

	if (!ctx)
		return;
	if (ctx->inflate)
		ctx->engine->inflate_free(&ctx->alloc, ctx->inflate);
	if (ctx->deflate)
		ctx->engine->deflate_free(&ctx->alloc, ctx->deflate);
	alloc = ctx->alloc;
	tel__mem_free(&alloc, ctx, 1, sizeof(*ctx));
}

void tel__gzip_set_ratio(tel__gzip_ctx *ctx, uint32_t ratio)
{
	ctx->ratio = ratio;
}

/* One body on its way out. */
typedef struct unpacking {
	tel__gzip_ctx *ctx;
	tel__gzip_frame frame;
	tel_slice in;
	size_t at;      /* in what was read of it */
	size_t max_out;
	size_t max_cap; /* of the buffer: a little more than max_out */
	tel_buf *buf;
	size_t len;     /* what was written to it */
	tel_error *err;
} unpacking;

static uint32_t get_le32(const char *p)
{
	const uint8_t *b = (const uint8_t *)p;

	return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static tel_err cut_short(unpacking *u)
{
	return tel__fail_at(u->err, TEL_ERR_MALFORMED, u->in.len, u->in.len ? "unexpected EOF" : "EOF");
}

static tel_err bad_header(unpacking *u, size_t at)
{
	return tel__fail_at(u->err, TEL_ERR_MALFORMED, at, "gzip: invalid header");
}

/* Moves behind a NUL-terminated field. */
static bool skip_text(unpacking *u)
{
	tel_slice rest = tel__slice_sub(u->in, u->at, u->in.len - u->at);
	size_t nul = tel__slice_find(rest, '\0');

	if (nul == rest.len)
		return false;
	u->at += nul + 1;
	return true;
}

/* RFC 1952 section 2.3. The header's own checksum is skipped: the body's covers what matters. */
static tel_err read_header(unpacking *u)
{
	enum { F_HCRC = 2, F_EXTRA = 4, F_NAME = 8, F_COMMENT = 16, F_RESERVED = 0xe0 };
	const uint8_t *h = (const uint8_t *)u->in.ptr + u->at;
	size_t left = u->in.len - u->at, start = u->at;
	unsigned flags;

	if (left < HEADER_BYTES)
		return cut_short(u);
	flags = h[3];
	if (h[0] != 0x1f || h[1] != 0x8b || h[2] != 8 || (flags & F_RESERVED))
		return bad_header(u, start);
	u->at += HEADER_BYTES;
	if (flags & F_EXTRA) {
		left -= HEADER_BYTES;
		if (left < 2 || left - 2 < (size_t)(h[10] | h[11] << 8))
			return cut_short(u);
		u->at += 2 + (size_t)(h[10] | h[11] << 8);
	}
	if (((flags & F_NAME) && !skip_text(u)) || ((flags & F_COMMENT) && !skip_text(u)))
		return cut_short(u);
	if (flags & F_HCRC) {
		if (u->in.len - u->at < 2)
			return cut_short(u);
		u->at += 2;
	}
	return TEL_OK;
}

/* RFC 1950 section 2.2. Dictionaries are agreed upon beforehand; nobody did. */
static tel_err read_zlib_header(unpacking *u)
{
	enum { M_DEFLATE = 8, MOST_WINDOW = 7, F_DICT = 0x20 };
	const uint8_t *h = (const uint8_t *)u->in.ptr;

	if (u->in.len < ZLIB_HEADER_BYTES)
		return cut_short(u);
	if ((h[0] & 0xf) != M_DEFLATE || h[0] >> 4 > MOST_WINDOW || (h[0] << 8 | h[1]) % 31 != 0)
		return tel__fail_at(u->err, TEL_ERR_MALFORMED, 0, "zlib: invalid header");
	if (h[1] & F_DICT)
		return tel__fail_at(u->err, TEL_ERR_MALFORMED, 1, "zlib: invalid dictionary");
	u->at = ZLIB_HEADER_BYTES;
	return TEL_OK;
}

static const char *frame_name(const unpacking *u)
{
	return u->frame == TEL__GZIP_FRAME_ZLIB ? "zlib" : "gzip";
}

static tel_err check_limits(unpacking *u)
{
	if (u->len > u->max_out)
		return tel__fail(u->err, TEL_ERR_LIMIT, "%s: body unpacks to more than %zu bytes", frame_name(u),
		                 u->max_out);
	if (u->ctx->ratio && u->len > RATIO_FROM && u->len / u->ctx->ratio > u->in.len)
		return tel__fail(u->err, TEL_ERR_LIMIT, "%s: body unpacks to more than %u times its size", frame_name(u),
		                 u->ctx->ratio);
	return TEL_OK;
}

static tel_err more_room(unpacking *u)
{
	size_t cap = tel__buf_cap(u->buf), wanted = cap < u->max_cap / 2 ? cap * 2 : u->max_cap;

	assert(cap < u->max_cap); /* a full buffer of max_cap is over the limit */
	return tel__packed_grow(&u->buf, wanted, u->err);
}

static tel_err read_stream(unpacking *u, bool whole, uint32_t *ret_crc)
{
	const uint8_t *base = (const uint8_t *)u->in.ptr;
	tel__gzip_io io = { .in = base + u->at, .in_len = u->in.len - u->at };
	tel__gzip_status status;
	tel_err rc;

	u->ctx->engine->inflate_start(u->ctx->inflate, whole);
	for (;;) {
		uint8_t *room = (uint8_t *)tel__buf_room(u->buf);

		io.out = room + u->len;
		io.out_len = tel__buf_cap(u->buf) - u->len;
		status = u->ctx->engine->inflate(u->ctx->inflate, &io);
		u->at = (size_t)(io.in - base);
		u->len = (size_t)(io.out - room);
		rc = check_limits(u);
		if (rc != TEL_OK)
			return rc;
		switch (status) {
		case TEL__GZIP_DONE:
			*ret_crc = io.crc;
			return TEL_OK;
		case TEL__GZIP_ROOM:
			rc = u->len == tel__buf_cap(u->buf) ? more_room(u) : TEL_OK;
			if (rc != TEL_OK)
				return rc;
			break;
		case TEL__GZIP_INPUT:
			return cut_short(u);
		case TEL__GZIP_DAMAGED:
			return tel__fail_at(u->err, TEL_ERR_MALFORMED, u->at, "flate: corrupt input before offset %zu",
			                    u->at);
		case TEL__GZIP_NOMEM:
			return tel__fail_nomem(u->err);
		}
	}
}

static tel_err read_member(unpacking *u, bool whole)
{
	size_t start = u->len;
	const char *trailer;
	uint32_t crc = 0;
	tel_err rc = read_header(u);

	if (rc == TEL_OK)
		rc = read_stream(u, whole, &crc);
	if (rc != TEL_OK)
		return rc;
	if (u->in.len - u->at < TRAILER_BYTES)
		return cut_short(u);
	trailer = u->in.ptr + u->at;
	if (get_le32(trailer) != crc || get_le32(trailer + 4) != (uint32_t)(u->len - start))
		return tel__fail_at(u->err, TEL_ERR_MALFORMED, u->at, "gzip: invalid checksum");
	u->at += TRAILER_BYTES;
	return TEL_OK;
}

static tel_err read_zlib(unpacking *u)
{
	const uint8_t *t;
	uint32_t crc = 0, adler;
	tel_err rc = read_zlib_header(u);

	if (rc == TEL_OK)
		rc = read_stream(u, false, &crc);
	if (rc != TEL_OK)
		return rc;
	if (u->in.len - u->at < ZLIB_TRAILER_BYTES)
		return cut_short(u);
	t = (const uint8_t *)u->in.ptr + u->at;
	adler = (uint32_t)t[0] << 24 | (uint32_t)t[1] << 16 | (uint32_t)t[2] << 8 | (uint32_t)t[3];
	if (adler != tel__gzip_adler32((const uint8_t *)tel__buf_room(u->buf), u->len))
		return tel__fail_at(u->err, TEL_ERR_MALFORMED, u->at, "zlib: invalid checksum");
	u->at += ZLIB_TRAILER_BYTES;
	if (u->at < u->in.len)
		return tel__fail_at(u->err, TEL_ERR_MALFORMED, u->at, "zlib: bytes behind the end of the stream");
	return TEL_OK;
}

/* Buffer for the size that the trailer claims. A claim is cheap, so it is believed within bounds only. */
static tel_err first_room(unpacking *u, tel__budget *budget, bool *ret_whole)
{
	size_t claim = u->in.len >= 4 ? get_le32(u->in.ptr + u->in.len - 4) : 0;
	size_t most = u->in.len < SIZE_MAX / BELIEVED_TIMES ? u->in.len * BELIEVED_TIMES : SIZE_MAX;
	size_t cap;

	if (u->frame == TEL__GZIP_FRAME_ZLIB)
		claim = u->in.len < SIZE_MAX / GUESSED_TIMES ? u->in.len * GUESSED_TIMES : SIZE_MAX;
	if (most < BELIEVED_BYTES)
		most = BELIEVED_BYTES;
	if (most > u->max_out)
		most = u->max_out;
	*ret_whole = claim <= most;
	cap = (claim < most ? claim : most) + SLACK;
	return tel__packed_new(&u->ctx->alloc, budget, cap, &u->buf, u->err);
}

static tel_err read_gzip(unpacking *u, bool whole)
{
	tel_err rc;

	do {
		rc = read_member(u, whole);
		whole = false;
	} while (rc == TEL_OK && u->at < u->in.len);
	return rc;
}

tel_err tel__gzip_inflate(tel__gzip_ctx *ctx, struct tel_budget *budget, tel_slice in, size_t max_out,
                          tel_buf **ret_buf, tel_error *err)
{
	return tel__gzip_inflate_frame(ctx, TEL__GZIP_FRAME_GZIP, budget, in, max_out, ret_buf, err);
}

tel_err tel__gzip_inflate_frame(tel__gzip_ctx *ctx, tel__gzip_frame frame, struct tel_budget *budget, tel_slice in,
                                size_t max_out, tel_buf **ret_buf, tel_error *err)
{
	unpacking u = { .ctx = ctx, .frame = frame, .in = in, .max_out = max_out, .err = err };
	bool whole = false;
	tel_err rc;

	if (u.max_out > PTRDIFF_MAX - SLACK)
		u.max_out = PTRDIFF_MAX - SLACK;
	u.max_cap = u.max_out + SLACK;
	if (!ctx->inflate)
		ctx->inflate = ctx->engine->inflate_new(&ctx->alloc);
	if (!ctx->inflate)
		return tel__fail_nomem(err);
	if (in.len > UINT32_MAX)
		return tel__fail(err, TEL_ERR_LIMIT, "%s: body of %zu bytes is too large", frame_name(&u), in.len);
	if (in.len < (frame == TEL__GZIP_FRAME_ZLIB ? ZLIB_HEADER_BYTES : HEADER_BYTES))
		return cut_short(&u);
	rc = first_room(&u, budget, &whole);
	if (rc != TEL_OK)
		return rc;
	rc = frame == TEL__GZIP_FRAME_ZLIB ? read_zlib(&u) : read_gzip(&u, whole);
	if (rc != TEL_OK) {
		tel_buf_unref(u.buf);
		return rc;
	}
	tel__packed_finish(&u.buf, u.len);
	*ret_buf = u.buf;
	return TEL_OK;
}

/* Packs one slice; grows the buffer as needed. */
static tel_err pack_slice(tel__gzip_ctx *ctx, tel_slice in, bool last, tel_buf **buf, size_t *len, tel_error *err)
{
	tel__gzip_io io = { .in = (const uint8_t *)in.ptr, .in_len = in.len };
	tel__gzip_status status;
	tel_err rc;

	for (;;) {
		size_t cap = tel__buf_cap(*buf);
		uint8_t *room = (uint8_t *)tel__buf_room(*buf);

		io.out = room + *len;
		io.out_len = cap - *len;
		status = ctx->engine->deflate(ctx->deflate, &io, last);
		*len = (size_t)(io.out - room);
		if (status == TEL__GZIP_DONE || (status == TEL__GZIP_INPUT && !last))
			return TEL_OK;
		if (status != TEL__GZIP_ROOM)
			return tel__fail(err, TEL_ERR_FATAL, "the deflate compressor failed");
		rc = tel__packed_grow(buf, cap * 2, err);
		if (rc != TEL_OK)
			return rc;
	}
}

static tel_err start_packing(tel__gzip_ctx *ctx, tel__gzip_frame frame, int level, size_t bytes, tel_error *err)
{
	if (!ctx->deflate)
		ctx->deflate = ctx->engine->deflate_new(&ctx->alloc);
	if (!ctx->deflate || !ctx->engine->deflate_start(&ctx->alloc, ctx->deflate, frame, level, bytes))
		return tel__fail_nomem(err);
	return TEL_OK;
}

tel_err tel__gzip_deflate(tel__gzip_ctx *ctx, struct tel_budget *budget, const tel_slice *in, size_t count, int level,
                          tel_buf **ret_buf, tel_error *err)
{
	return tel__gzip_deflate_frame(ctx, TEL__GZIP_FRAME_GZIP, budget, in, count, level, ret_buf, err);
}

tel_err tel__gzip_deflate_frame(tel__gzip_ctx *ctx, tel__gzip_frame frame, struct tel_budget *budget,
                                const tel_slice *in, size_t count, int level, tel_buf **ret_buf, tel_error *err)
{
	static const tel_slice nothing = { "", 0 };
	size_t bytes = 0, len = 0, i;
	tel_buf *buf = NULL;
	tel_err rc;

	assert(level >= 0 && level <= 9);
	rc = tel__packed_sum(in, count, frame == TEL__GZIP_FRAME_ZLIB ? "zlib" : "gzip", &bytes, err);
	if (rc == TEL_OK)
		rc = start_packing(ctx, frame, level, bytes, err);
	if (rc == TEL_OK)
		rc = tel__packed_new(&ctx->alloc, budget, tel__packed_guess(bytes), &buf, err);
	if (rc != TEL_OK)
		return rc;
	for (i = 0; i + 1 < count && rc == TEL_OK; i++)
		if (in[i].len)
			rc = pack_slice(ctx, in[i], false, &buf, &len, err);
	if (rc == TEL_OK)
		rc = pack_slice(ctx, count ? in[count - 1] : nothing, true, &buf, &len, err);
	if (rc != TEL_OK) {
		tel_buf_unref(buf);
		return rc;
	}
	tel__packed_finish(&buf, len);
	*ret_buf = buf;
	return TEL_OK;
}
