/* SPDX-License-Identifier: Apache-2.0 */
/* The calls that take an allocator stand in the part of zstd.h that may change; these two have not since 1.0. */
#define ZSTD_STATIC_LINKING_ONLY
#include "wire/zstd.h"

#include <zstd.h>
#include <zstd_errors.h>

#include "base/buf_i.h"
#include "base/error_i.h"
#include "base/mem.h"
#include "wire/packed.h"
#include "wire/zstd_frame.h"

struct tel__zstd_ctx {
	tel_alloc alloc;
	ZSTD_DCtx *inflate; /* NULL until first used, as deflate */
	ZSTD_CCtx *deflate;
};

/* A larger window would take memory for repetitions that are not there: one batch fits. */
enum { WINDOW_LOG = 19 };

/* libzstd frees without a size: it stands in front of the block. */
typedef union zstd_block {
	size_t size;
	_Alignas(16) char align[16];
} zstd_block;

static void *zstd_take(void *opaque, size_t size)
{
	zstd_block *block;
	size_t bytes;

	if (!tel__size_add(size, sizeof(*block), &bytes))
		return NULL;
	block = tel__mem_new(opaque, bytes, 1);
	if (!block)
		return NULL;
	block->size = bytes;
	return block + 1;
}

static void zstd_give_back(void *opaque, void *ptr)
{
	zstd_block *block = (zstd_block *)ptr - 1;

	if (ptr)
		tel__mem_free(opaque, block, block->size, 1);
}

tel_err tel__zstd_new(const tel_alloc *alloc, tel__zstd_ctx **ret_ctx)
{
	tel__zstd_ctx *ctx = tel__mem_zero(alloc, 1, sizeof(*ctx));

	if (!ctx)
		return TEL_ERR_NOMEM;
	ctx->alloc = *tel__alloc_or_default(alloc);
	*ret_ctx = ctx;
	return TEL_OK;
}

void tel__zstd_free(tel__zstd_ctx *ctx)
{
	tel_alloc alloc;

	if (!ctx)
		return;
	(void)ZSTD_freeDCtx(ctx->inflate);
	(void)ZSTD_freeCCtx(ctx->deflate);
	alloc = ctx->alloc;
	tel__mem_free(&alloc, ctx, 1, sizeof(*ctx));
}

static tel_err failed(size_t code, tel_error *err)
{
	if (ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation)
		return tel__fail_nomem(err);
	return tel__fail(err, TEL_ERR_FATAL, "zstd: %s", ZSTD_getErrorName(code));
}

/* ---- unpacking ---- */

static tel_err too_large(size_t max_out, tel_error *err)
{
	return tel__fail(err, TEL_ERR_LIMIT, "zstd: body unpacks to more than %zu bytes", max_out);
}

/* Looks at every frame; *ret_room is enough for what they can unpack to, and never more than max_out. */
static tel_err measure(tel_slice in, size_t max_out, size_t *ret_room, tel_error *err)
{
	uint64_t sizes = 0, bounds = 0;
	size_t at = 0;

	do {
		tel__zstd_frame frame;
		tel_err rc = tel__zstd_frame_read(in, at, &frame, err);

		if (rc != TEL_OK)
			return rc;
		at += frame.len;
		if (frame.skippable)
			continue;
		if (frame.size != UINT64_MAX)
			sizes += frame.size;
		bounds += frame.size < frame.bound ? frame.size : frame.bound;
		if (sizes > max_out)
			return too_large(max_out, err);
	} while (at < in.len);
	*ret_room = bounds < max_out ? (size_t)bounds : max_out;
	return TEL_OK;
}

static tel_err unpack_frame(tel__zstd_ctx *ctx, tel_slice in, size_t at, size_t max_out, tel_buf *buf, size_t *len,
                            tel_error *err)
{
	char *room = tel__buf_room(buf);
	size_t n = ZSTD_decompressDCtx(ctx->inflate, room + *len, tel__buf_cap(buf) - *len, in.ptr, in.len);

	if (!ZSTD_isError(n)) {
		*len += n;
		return TEL_OK;
	}
	switch (ZSTD_getErrorCode(n)) {
	case ZSTD_error_memory_allocation:
		return tel__fail_nomem(err);
	case ZSTD_error_dstSize_tooSmall:
		if (tel__buf_cap(buf) == max_out)
			return too_large(max_out, err);
		break; /* a frame that says less than it holds */
	case ZSTD_error_checksum_wrong:
		return tel__fail_at(err, TEL_ERR_MALFORMED, at, "zstd: CRC check failed");
	default:
		break;
	}
	return tel__fail_at(err, TEL_ERR_MALFORMED, at, "zstd: corrupt input in the frame at offset %zu", at);
}

static tel_err unpack(tel__zstd_ctx *ctx, tel_slice in, size_t max_out, tel_buf *buf, size_t *len, tel_error *err)
{
	tel_err rc = TEL_OK;
	size_t at = 0;

	while (rc == TEL_OK && at < in.len) {
		tel__zstd_frame frame;

		rc = tel__zstd_frame_read(in, at, &frame, err);
		if (rc == TEL_OK && !frame.skippable)
			rc = unpack_frame(ctx, (tel_slice){ in.ptr + at, frame.len }, at, max_out, buf, len, err);
		if (rc == TEL_OK)
			at += frame.len;
	}
	return rc;
}

tel_err tel__zstd_inflate(tel__zstd_ctx *ctx, struct tel_budget *budget, tel_slice in, size_t max_out,
                          tel_buf **ret_buf, tel_error *err)
{
	const ZSTD_customMem mem = { zstd_take, zstd_give_back, &ctx->alloc };
	size_t room = 0, len = 0;
	tel_buf *buf;
	tel_err rc = measure(in, max_out, &room, err);

	if (rc != TEL_OK)
		return rc;
	if (!ctx->inflate)
		ctx->inflate = ZSTD_createDCtx_advanced(mem);
	if (!ctx->inflate)
		return tel__fail_nomem(err);
	rc = tel__packed_new(&ctx->alloc, budget, room, &buf, err);
	if (rc != TEL_OK)
		return rc;
	rc = unpack(ctx, in, max_out, buf, &len, err);
	if (rc != TEL_OK) {
		tel_buf_unref(buf);
		return rc;
	}
	tel__packed_finish(&buf, len);
	*ret_buf = buf;
	return TEL_OK;
}

/* ---- packing ---- */

static tel_err set(ZSTD_CCtx *z, ZSTD_cParameter key, int value, tel_error *err)
{
	size_t rc = ZSTD_CCtx_setParameter(z, key, value);

	return ZSTD_isError(rc) ? failed(rc, err) : TEL_OK;
}

static tel_err start_packing(tel__zstd_ctx *ctx, int level, size_t bytes, tel_error *err)
{
	const ZSTD_customMem mem = { zstd_take, zstd_give_back, &ctx->alloc };
	size_t code;
	tel_err rc;

	if (!ctx->deflate)
		ctx->deflate = ZSTD_createCCtx_advanced(mem);
	if (!ctx->deflate)
		return tel__fail_nomem(err);
	(void)ZSTD_CCtx_reset(ctx->deflate, ZSTD_reset_session_and_parameters);
	level = level < 1 ? 1 : level > TEL__ZSTD_LEVEL_MOST ? TEL__ZSTD_LEVEL_MOST : level;
	rc = set(ctx->deflate, ZSTD_c_compressionLevel, level, err);
	if (rc == TEL_OK)
		rc = set(ctx->deflate, ZSTD_c_checksumFlag, 1, err);
	if (rc == TEL_OK && bytes >> WINDOW_LOG)
		rc = set(ctx->deflate, ZSTD_c_windowLog, WINDOW_LOG, err);
	if (rc != TEL_OK)
		return rc;
	code = ZSTD_CCtx_setPledgedSrcSize(ctx->deflate, bytes);
	return ZSTD_isError(code) ? failed(code, err) : TEL_OK;
}

static tel_err pack_slice(tel__zstd_ctx *ctx, tel_slice in, bool last, tel_buf **buf, size_t *len, tel_error *err)
{
	ZSTD_inBuffer from = { in.ptr, in.len, 0 };

	for (;;) {
		size_t cap = tel__buf_cap(*buf), left;
		ZSTD_outBuffer to = { tel__buf_room(*buf), cap, *len };
		tel_err rc;

		left = ZSTD_compressStream2(ctx->deflate, &to, &from, last ? ZSTD_e_end : ZSTD_e_continue);
		*len = to.pos;
		if (ZSTD_isError(left))
			return failed(left, err);
		if (last ? left == 0 : from.pos == from.size)
			return TEL_OK;
		if (to.pos < cap)
			continue;
		rc = tel__packed_grow(buf, cap * 2, err);
		if (rc != TEL_OK)
			return rc;
	}
}

tel_err tel__zstd_deflate(tel__zstd_ctx *ctx, struct tel_budget *budget, const tel_slice *in, size_t count, int level,
                          tel_buf **ret_buf, tel_error *err)
{
	static const tel_slice nothing = { "", 0 };
	size_t bytes = 0, len = 0, i;
	tel_buf *buf;
	tel_err rc = tel__packed_sum(in, count, "zstd", &bytes, err);

	if (rc == TEL_OK)
		rc = start_packing(ctx, level, bytes, err);
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
