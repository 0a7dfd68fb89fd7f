/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#ifdef HAVE_SNAPPY
#include <dlfcn.h>
#include <snappy-c.h>

#include "base/buf_i.h"
#include "base/crc32c.h"
#include "base/error_i.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "wire/packed.h"
#include "wire/snappy.h"

enum {
	CHUNK_MOST = 64 * 1024, /* content of one chunk; framing format 4.2 */
	CHUNK_HEADER = 4,
	CHECKSUM = 4,
	CHUNK_PACKED = 0x00,
	CHUNK_PLAIN = 0x01,
	CHUNK_SKIPPABLE = 0x80, /* from here on, unless known */
	CHUNK_STREAM = 0xff,
	EXPANDS_MOST = 22 /* three bytes copy 64 at most */
};
#define STREAM_START ((tel_slice){ "\xff\x06\x00\x00sNaPpY", 10 })

struct tel__snappy_ctx {
	tel_alloc alloc;
	void *library;
	__typeof__(&snappy_compress) compress;
	__typeof__(&snappy_uncompress) uncompress;
	__typeof__(&snappy_uncompressed_length) uncompressed_length;
	__typeof__(&snappy_max_compressed_length) max_compressed_length;
};

static bool load(tel__snappy_ctx *ctx)
{
	const struct {
		const char *name;
		void *into; /* dlsym() hands out functions as data pointers; POSIX has them of one size */
	} wanted[] = {
		{ "snappy_compress", &ctx->compress },
		{ "snappy_uncompress", &ctx->uncompress },
		{ "snappy_uncompressed_length", &ctx->uncompressed_length },
		{ "snappy_max_compressed_length", &ctx->max_compressed_length },
	};
	size_t i;

	ctx->library = dlopen("libsnappy.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!ctx->library)
		return false;
	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		void *found = dlsym(ctx->library, wanted[i].name);

		if (!found)
			return false;
		memcpy(wanted[i].into, &found, sizeof(found));
	}
	return true;
}

tel_err tel__snappy_new(const tel_alloc *alloc, tel__snappy_ctx **ret_ctx, tel_error *err)
{
	tel__snappy_ctx *ctx = tel__mem_zero(alloc, 1, sizeof(*ctx));

	if (!ctx)
		return tel__fail_nomem(err);
	ctx->alloc = *tel__alloc_or_default(alloc);
	if (!load(ctx)) {
		tel__snappy_free(ctx);
		return tel__fail(err, TEL_ERR_UNSUPPORTED, "compression snappy needs libsnappy.so.1, which cannot be loaded");
	}
	*ret_ctx = ctx;
	return TEL_OK;
}

void tel__snappy_free(tel__snappy_ctx *ctx)
{
	tel_alloc alloc;

	if (!ctx)
		return;
	if (ctx->library)
		(void)dlclose(ctx->library);
	alloc = ctx->alloc;
	tel__mem_free(&alloc, ctx, 1, sizeof(*ctx));
}

static tel_err corrupt(size_t at, tel_error *err)
{
	return tel__fail_at(err, TEL_ERR_MALFORMED, at, "snappy: corrupt input at offset %zu", at);
}

static tel_err too_large(size_t max_out, tel_error *err)
{
	return tel__fail(err, TEL_ERR_LIMIT, "snappy: body unpacks to more than %zu bytes", max_out);
}

/* The length in front of a block, if the block can hold so much at all. */
static bool block_length(const tel__snappy_ctx *ctx, tel_slice block, size_t *ret_len)
{
	return ctx->uncompressed_length(block.ptr, block.len, ret_len) == SNAPPY_OK;
}

static bool is_believable(tel_slice block, size_t len)
{
	return len / EXPANDS_MOST <= block.len;
}

/* ---- unpacking ---- */

static tel_err unpack_block(tel__snappy_ctx *ctx, struct tel_budget *budget, tel_slice in, size_t max_out,
                            tel_buf **ret_buf, tel_error *err)
{
	size_t len = 0;
	tel_buf *buf;
	tel_err rc;

	if (!block_length(ctx, in, &len))
		return corrupt(0, err);
	if (len > max_out) /* before memory is taken: security.md S2 */
		return too_large(max_out, err);
	if (!is_believable(in, len))
		return corrupt(0, err);
	rc = tel__packed_new(&ctx->alloc, budget, len, &buf, err);
	if (rc != TEL_OK)
		return rc;
	if (ctx->uncompress(in.ptr, in.len, tel__buf_room(buf), &len) != SNAPPY_OK) {
		tel_buf_unref(buf);
		return corrupt(0, err);
	}
	tel__packed_finish(&buf, len);
	*ret_buf = buf;
	return TEL_OK;
}

typedef struct chunk {
	size_t end;        /* of it in the body */
	tel_slice content; /* behind header and checksum */
	size_t len;        /* unpacked */
	uint32_t crc;
	bool packed, skipped;
} chunk;

static uint32_t get_le(tel_slice in, size_t at, size_t bytes)
{
	uint32_t v = 0;

	while (bytes--)
		v = v << 8 | (uint8_t)in.ptr[at + bytes];
	return v;
}

/* The chunk at in[at]; the format's sections 4.1 to 4.6. */
static tel_err read_chunk(const tel__snappy_ctx *ctx, tel_slice in, size_t at, chunk *ret_chunk, tel_error *err)
{
	chunk c = { .skipped = true };
	unsigned type;
	size_t len;

	if (in.len - at < CHUNK_HEADER)
		return corrupt(at, err);
	type = (uint8_t)in.ptr[at];
	len = get_le(in, at + 1, CHUNK_HEADER - 1);
	if (in.len - at - CHUNK_HEADER < len)
		return corrupt(at, err);
	c.end = at + CHUNK_HEADER + len;
	if (type == CHUNK_STREAM) {
		if (!tel__slice_eq(tel__slice_sub(in, at, CHUNK_HEADER + len), STREAM_START))
			return corrupt(at, err);
	} else if (type == CHUNK_PACKED || type == CHUNK_PLAIN) {
		if (len < CHECKSUM)
			return corrupt(at, err);
		c.skipped = false;
		c.packed = type == CHUNK_PACKED;
		c.crc = get_le(in, at + CHUNK_HEADER, CHECKSUM);
		c.content = tel__slice_sub(in, at + CHUNK_HEADER + CHECKSUM, len - CHECKSUM);
		c.len = c.content.len;
		if (c.packed && (!block_length(ctx, c.content, &c.len) || !is_believable(c.content, c.len)))
			return corrupt(at, err);
		if (c.len > CHUNK_MOST)
			return corrupt(at, err);
	} else if (type < CHUNK_SKIPPABLE) {
		return tel__fail_at(err, TEL_ERR_MALFORMED, at, "snappy: unsupported input at offset %zu", at);
	}
	*ret_chunk = c;
	return TEL_OK;
}

static uint32_t masked_crc(tel_slice bytes)
{
	uint32_t crc = tel__crc32c(0, bytes);

	return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

static tel_err measure(const tel__snappy_ctx *ctx, tel_slice in, size_t max_out, size_t *ret_bytes, tel_error *err)
{
	size_t at = 0, bytes = 0;
	tel_err rc;

	while (at < in.len) {
		chunk c;

		rc = read_chunk(ctx, in, at, &c, err);
		if (rc != TEL_OK)
			return rc;
		bytes += c.len;
		if (bytes > max_out)
			return too_large(max_out, err);
		at = c.end;
	}
	*ret_bytes = bytes;
	return TEL_OK;
}

static tel_err unpack_chunks(const tel__snappy_ctx *ctx, tel_slice in, char *room, tel_error *err)
{
	size_t at = 0;

	while (at < in.len) {
		chunk c;
		tel_err rc = read_chunk(ctx, in, at, &c, err);

		if (rc != TEL_OK)
			return rc;
		if (!c.skipped) {
			if (!c.packed && c.len)
				memcpy(room, c.content.ptr, c.len);
			else if (c.packed && ctx->uncompress(c.content.ptr, c.content.len, room, &c.len) != SNAPPY_OK)
				return corrupt(at, err);
			if (masked_crc((tel_slice){ room, c.len }) != c.crc)
				return corrupt(at, err);
			room += c.len;
		}
		at = c.end;
	}
	return TEL_OK;
}

static tel_err unpack_stream(tel__snappy_ctx *ctx, struct tel_budget *budget, tel_slice in, size_t max_out,
                             tel_buf **ret_buf, tel_error *err)
{
	size_t bytes = 0;
	tel_buf *buf;
	tel_err rc = measure(ctx, in, max_out, &bytes, err);

	if (rc == TEL_OK)
		rc = tel__packed_new(&ctx->alloc, budget, bytes, &buf, err);
	if (rc != TEL_OK)
		return rc;
	rc = unpack_chunks(ctx, in, tel__buf_room(buf), err);
	if (rc != TEL_OK) {
		tel_buf_unref(buf);
		return rc;
	}
	tel__packed_finish(&buf, bytes);
	*ret_buf = buf;
	return TEL_OK;
}

tel_err tel__snappy_inflate(tel__snappy_ctx *ctx, bool framed, struct tel_budget *budget, tel_slice in,
                            size_t max_out, tel_buf **ret_buf, tel_error *err)
{
	if (tel__slice_starts(in, STREAM_START))
		return unpack_stream(ctx, budget, in, max_out, ret_buf, err);
	if (framed)
		return corrupt(0, err);
	return unpack_block(ctx, budget, in, max_out, ret_buf, err);
}

/* ---- packing ---- */

/* A walk over slices that hands out runs of at most CHUNK_MOST bytes, copied only where they span two slices. */
typedef struct walk {
	const tel_slice *in;
	size_t at; /* within in[0] */
	size_t left;
	char *scratch;
} walk;

static void walk_skip(walk *w, size_t n)
{
	w->at += n;
	w->left -= n;
	while (w->left && w->at == w->in->len) {
		w->in++;
		w->at = 0;
	}
}

static tel_slice walk_next(walk *w)
{
	size_t want = w->left < CHUNK_MOST ? w->left : CHUNK_MOST, got = 0;

	walk_skip(w, 0);
	if (w->in->len - w->at >= want) {
		tel_slice whole = tel__slice_sub(*w->in, w->at, want);

		walk_skip(w, want);
		return whole;
	}
	while (got < want) {
		size_t n = w->in->len - w->at < want - got ? w->in->len - w->at : want - got;

		memcpy(w->scratch + got, w->in->ptr + w->at, n);
		got += n;
		walk_skip(w, n);
	}
	return (tel_slice){ w->scratch, want };
}

static void put_le(char *p, uint32_t v, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		p[i] = (char)(v >> 8 * i);
}

/* Writes one chunk; content that does not shrink by an eighth goes as it is. Returns its length. */
static size_t pack_chunk(const tel__snappy_ctx *ctx, tel_slice content, char *out)
{
	char *to = out + CHUNK_HEADER + CHECKSUM;
	size_t len = ctx->max_compressed_length(content.len);
	bool packed = ctx->compress(content.ptr, content.len, to, &len) == SNAPPY_OK && len < content.len - content.len / 8;

	if (!packed) {
		memcpy(to, content.ptr, content.len);
		len = content.len;
	}
	out[0] = packed ? CHUNK_PACKED : CHUNK_PLAIN;
	put_le(out + 1, (uint32_t)(len + CHECKSUM), CHUNK_HEADER - 1);
	put_le(out + CHUNK_HEADER, masked_crc(content), CHECKSUM);
	return CHUNK_HEADER + CHECKSUM + len;
}

static tel_err pack_stream(const tel__snappy_ctx *ctx, walk *w, tel_buf **buf, size_t *ret_len, tel_error *err)
{
	const size_t most = CHUNK_HEADER + CHECKSUM + ctx->max_compressed_length(CHUNK_MOST);
	size_t len = STREAM_START.len;

	memcpy(tel__buf_room(*buf), STREAM_START.ptr, STREAM_START.len);
	while (w->left) {
		size_t cap = tel__buf_cap(*buf);

		if (cap - len < most) {
			tel_err rc = tel__packed_grow(buf, cap + (cap > most ? cap : most), err);

			if (rc != TEL_OK)
				return rc;
		}
		len += pack_chunk(ctx, walk_next(w), tel__buf_room(*buf) + len);
	}
	*ret_len = len;
	return TEL_OK;
}

/* The block format packs one run of bytes: several slices are joined first. */
static tel_err pack_block(const tel__snappy_ctx *ctx, walk *w, size_t bytes, tel_buf **buf, size_t *ret_len, tel_error *err)
{
	size_t len = tel__buf_cap(*buf), at = 0;

	walk_skip(w, 0);
	while (w->left) {
		size_t n = w->in->len - w->at;

		if (n >= bytes) { /* one slice holds it all */
			w->scratch = (char *)(uintptr_t)w->in->ptr;
			break;
		}
		memcpy(w->scratch + at, w->in->ptr, n);
		at += n;
		walk_skip(w, n);
	}
	if (ctx->compress(bytes ? w->scratch : "", bytes, tel__buf_room(*buf), &len) != SNAPPY_OK)
		return tel__fail(err, TEL_ERR_FATAL, "snappy: the compressor failed");
	*ret_len = len;
	return TEL_OK;
}

static bool is_one_run(const tel_slice *in, size_t count, size_t bytes)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (in[i].len == bytes)
			return true;
	return bytes == 0;
}

tel_err tel__snappy_deflate(tel__snappy_ctx *ctx, bool framed, struct tel_budget *budget, const tel_slice *in,
                            size_t count, tel_buf **ret_buf, tel_error *err)
{
	tel_buf *buf = NULL, *scratch = NULL;
	size_t bytes = 0, len = 0, cap;
	walk w = { .in = in };
	tel_err rc = tel__packed_sum(in, count, "snappy", &bytes, err);

	if (rc != TEL_OK)
		return rc;
	w.left = bytes;
	cap = framed ? tel__packed_guess(bytes) : ctx->max_compressed_length(bytes);
	if (!is_one_run(in, count, bytes))
		rc = tel__packed_new(&ctx->alloc, budget, framed ? CHUNK_MOST : bytes, &scratch, err);
	if (rc == TEL_OK)
		rc = tel__packed_new(&ctx->alloc, budget, cap, &buf, err);
	if (rc == TEL_OK) {
		w.scratch = scratch ? tel__buf_room(scratch) : NULL;
		rc = framed ? pack_stream(ctx, &w, &buf, &len, err) : pack_block(ctx, &w, bytes, &buf, &len, err);
	}
	tel_buf_unref(scratch);
	if (rc != TEL_OK) {
		tel_buf_unref(buf);
		return rc;
	}
	tel__packed_finish(&buf, len);
	*ret_buf = buf;
	return TEL_OK;
}
#else
typedef int tel__snappy_is_not_built_in; /* a file of nothing is no C */
#endif
