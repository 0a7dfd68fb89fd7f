/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>

#include "base/budget.h"
#include "base/buf_i.h"
#include "base/dynbuf.h"
#include "base/slice_i.h"
#include "seams/cm.h"
#include "seams/failalloc.h"
#include "seams/fakerandom.h"
#include "torture/torture.h"
#include "wire/coding.h"
#include "wire/coding_fixtures.h"

static const tel__coding all[] = { TEL__CODING_GZIP, TEL__CODING_ZLIB,   TEL__CODING_DEFLATE,
	                           TEL__CODING_ZSTD, TEL__CODING_SNAPPY, TEL__CODING_SNAPPY_FRAMED };
enum { CODINGS = sizeof(all) / sizeof(all[0]) };

/* Runs the body with each coding of this build. */
#define WITH_EACH_CODING(coding)                                     \
	for (size_t coding##_at = 0; coding##_at < CODINGS; coding##_at++) \
		for (tel__coding coding = all[coding##_at]; coding && tel__coding_is_offered(coding); coding = 0)

static tel__coder *coder_new(void)
{
	tel__coder *c = NULL;

	assert_ok(tel__coder_new(NULL, &c));
	return c;
}

/* Text that packs like metrics do, with some noise; kind 1 is noise alone, kind 2 zeros. */
static char *sample(size_t len, uint64_t seed, int kind)
{
	static const char *const words[] = { "http.server.request.duration", "service.name", "checkout", "container_cpu" };
	char *text = calloc(1, len + 64);
	size_t at = 0;

	assert_non_null(text);
	while (at < len && kind != 2) {
		const char *word = words[splitmix64(&seed) % 4];

		if (kind == 0) {
			memcpy(text + at, word, strlen(word));
			at += strlen(word);
		}
		text[at++] = (char)splitmix64(&seed);
	}
	return text;
}

static tel_buf *packed(tel__coder *c, tel__coding coding, tel_slice in, int level)
{
	tel_buf *buf = NULL;

	assert_ok(tel__coder_deflate(c, coding, NULL, &in, 1, level, &buf, NULL));
	return buf;
}

static void same(tel_slice a, tel_slice b)
{
	assert_int_equal(a.len, b.len);
	assert_true(a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static void coding_is_found_by_its_name(void **state)
{
	tel__coding c = TEL__CODING_LZ4;
	int i;

	(void)state;
	for (i = 0; i < TEL__CODING_COUNT; i++) {
		assert_true(tel__coding_find(tel__slice_str(tel__coding_name((tel__coding)i)), &c));
		assert_int_equal(c, i);
	}
	assert_true(tel__coding_find(TEL_SLICE_LIT(""), &c) && c == TEL__CODING_NONE);
	assert_true(tel__coding_find(TEL_SLICE_LIT("identity"), &c) && c == TEL__CODING_NONE);
	assert_false(tel__coding_find(TEL_SLICE_LIT("br"), &c));
	assert_false(tel__coding_find(TEL_SLICE_LIT("GZIP"), &c));
	assert_false(tel__coding_find(TEL_SLICE_LIT("gzip, zstd"), &c));
}

static void coding_says_what_it_does_not_offer(void **state)
{
	tel_error err = TEL_ERROR_INIT;
	tel__coder *c = coder_new();
	tel_buf *out = NULL;

	(void)state;
	assert_err(tel__coding_check(TEL__CODING_LZ4, &err), TEL_ERR_ARG);
	assert_string_equal(err.msg, "unsupported compression type \"lz4\"");
	assert_err(tel__coder_inflate(c, TEL__CODING_LZ4, NULL, TEL_SLICE_LIT("x"), 10, &out, &err), TEL_ERR_ARG);
	assert_err(tel__coder_deflate(c, TEL__CODING_LZ4, NULL, NULL, 0, 0, &out, &err), TEL_ERR_ARG);
	assert_null(out);
	if (!tel__coding_is_offered(TEL__CODING_SNAPPY)) {
		assert_err(tel__coding_check(TEL__CODING_SNAPPY, &err), TEL_ERR_UNSUPPORTED);
		assert_string_equal(err.msg, "compression snappy needs libsnappy, which this build is without");
	}
	tel__coder_free(c);
}

static void coding_unpacks_what_others_packed(void **state)
{
	tel__coder *c = coder_new();
	size_t i;

	(void)state;
	for (i = 0; i < coding_fixture_count; i++) {
		const coding_fixture *f = &coding_fixtures[i];
		tel_buf *out = NULL;

		if (!tel__coding_is_offered(f->coding))
			continue;
		if (tel__coder_inflate(c, f->coding, NULL, f->body, coding_fixture_text.len, &out, NULL) != TEL_OK)
			fail_msg("%s", f->name);
		same(tel_buf_get(out), coding_fixture_text);
		tel_buf_unref(out);
		out = NULL;
		assert_err(tel__coder_inflate(c, f->coding, NULL, f->body, coding_fixture_text.len - 1, &out, NULL),
		           TEL_ERR_LIMIT);
		assert_null(out);
	}
	tel__coder_free(c);
}

static void coding_round_trips_sizes_levels_and_kinds(void **state)
{
	static const size_t sizes[] = { 0, 1, 7, 500, 8192, 65535, 65536, 65537, 131073, 700001, 3 << 20 };
	tel__coder *c = coder_new();
	size_t i;
	int kind, level;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (kind = 0; kind < 3; kind++) {
			char *text = sample(sizes[i], i, kind);
			tel_slice in = { text, sizes[i] };

			WITH_EACH_CODING(coding) {
				for (level = -1; level <= 22; level += sizes[i] > 100000 ? 23 : 5) {
					tel_buf *small = packed(c, coding, in, level), *out = NULL;

					assert_ok(tel__coder_inflate(c, coding, NULL, tel_buf_get(small), sizes[i], &out, NULL));
					same(tel_buf_get(out), in);
					if (sizes[i] > 1000 && kind != 1)
						assert_true(tel_buf_get(small).len < sizes[i] / 2);
					if (kind == 1 && tel_buf_get(small).len > sizes[i] + sizes[i] / 2 + 160)
						fail_msg("%s packs %zu to %zu", tel__coding_name(coding), sizes[i], tel_buf_get(small).len);
					tel_buf_unref(small);
					tel_buf_unref(out);
				}
			}
			free(text);
		}
	}
	tel__coder_free(c);
}

static void coding_packs_slices_as_their_concatenation(void **state)
{
	enum { LEN = 200000 };
	char *text = sample(LEN, 3, 0);
	tel__coder *c = coder_new();
	size_t cut;

	(void)state;
	WITH_EACH_CODING(coding) {
		for (cut = 0; cut <= LEN; cut += 12500) {
			tel_slice in[6] = { { NULL, 0 }, { text, cut / 2 }, { NULL, 0 }, { text + cut / 2, cut - cut / 2 },
				            { text + cut, LEN - cut }, { NULL, 0 } };
			tel_buf *small = NULL, *out = NULL;

			assert_ok(tel__coder_deflate(c, coding, NULL, in, 6, 0, &small, NULL));
			assert_ok(tel__coder_inflate(c, coding, NULL, tel_buf_get(small), LEN, &out, NULL));
			same(tel_buf_get(out), (tel_slice){ text, LEN });
			tel_buf_unref(small);
			tel_buf_unref(out);
		}
	}
	tel__coder_free(c);
	free(text);
}

/* Cut anywhere: refused, and never more than a prefix where the format has no end mark. */
static void coding_refuses_bodies_cut_at_every_byte(void **state)
{
	tel__coder *c = coder_new();
	size_t i, cut;

	(void)state;
	for (i = 0; i < coding_fixture_count; i++) {
		const coding_fixture *f = &coding_fixtures[i];

		for (cut = 0; cut < f->body.len && tel__coding_is_offered(f->coding); cut++) {
			char *exact = malloc(cut ? cut : 1); /* so that a sanitizer sees a read behind the end */
			tel_error err = TEL_ERROR_INIT;
			tel_buf *out = NULL;
			tel_err rc;

			memcpy(exact, f->body.ptr, cut);
			rc = tel__coder_inflate(c, f->coding, NULL, (tel_slice){ exact, cut }, 1000, &out, &err);
			if (rc == TEL_OK && f->open_ended && cut == 10)
				assert_int_equal(tel_buf_get(out).len, 0);
			else if (rc != TEL_ERR_MALFORMED || out || !err.msg[0] || err.offset > cut)
				fail_msg("%s cut at %zu: %d %s", f->name, cut, rc, err.msg);
			tel_buf_unref(out);
			free(exact);
		}
	}
	tel__coder_free(c);
}

static void coding_refuses_bytes_behind_the_end(void **state)
{
	static const char *const tails[] = { "x", "garbage", "\0\0\0\0\0\0\0\0", "\x28\xb5\x2f\xfd" };
	tel__coder *c = coder_new();
	size_t i, t;

	(void)state;
	for (i = 0; i < coding_fixture_count; i++) {
		const coding_fixture *f = &coding_fixtures[i];

		for (t = 0; t < 4 && tel__coding_is_offered(f->coding); t++) {
			size_t tail = t == 2 ? 8 : strlen(tails[t]);
			tel_error err = TEL_ERROR_INIT;
			char body[512];
			tel_buf *out = NULL;

			memcpy(body, f->body.ptr, f->body.len);
			memcpy(body + f->body.len, tails[t], tail);
			if (tel__coder_inflate(c, f->coding, NULL, (tel_slice){ body, f->body.len + tail }, 1000, &out, &err) !=
			    TEL_ERR_MALFORMED)
				fail_msg("%s with tail %zu: %s", f->name, t, err.msg);
			assert_null(out);
		}
	}
	tel__coder_free(c);
}

/* What a format may hold several times is joined; zlib and a snappy block may not. */
static void coding_joins_members_by_rule(void **state)
{
	tel__coder *c = coder_new();
	size_t i;

	(void)state;
	for (i = 0; i < coding_fixture_count; i++) {
		const coding_fixture *f = &coding_fixtures[i];
		bool once = f->coding == TEL__CODING_ZLIB || f->coding == TEL__CODING_DEFLATE ||
		            (f->coding == TEL__CODING_SNAPPY && !f->open_ended);
		char body[512];
		tel_buf *out = NULL;
		tel_err rc;

		if (!tel__coding_is_offered(f->coding))
			continue;
		memcpy(body, f->body.ptr, f->body.len);
		memcpy(body + f->body.len, f->body.ptr, f->body.len);
		rc = tel__coder_inflate(c, f->coding, NULL, (tel_slice){ body, f->body.len * 2 }, 1000, &out, NULL);
		assert_int_equal(rc, once ? TEL_ERR_MALFORMED : TEL_OK);
		if (once)
			continue;
		assert_int_equal(tel_buf_get(out).len, coding_fixture_text.len * 2);
		same(tel__slice_sub(tel_buf_get(out), coding_fixture_text.len, coding_fixture_text.len), coding_fixture_text);
		tel_buf_unref(out);
	}
	tel__coder_free(c);
}

typedef struct damage_row {
	tel__coding coding;
	tel_slice body;
	tel_err rc;
	const char *msg;
} damage_row;
#define BYTES(text) { text, sizeof(text) - 1 }
#define ZSTD "\x28\xb5\x2f\xfd"
#define STREAM "\xff\x06\x00\x00sNaPpY"
static const damage_row damage[] = {
	{ TEL__CODING_ZLIB, BYTES("\x79\x9c"), TEL_ERR_MALFORMED, "zlib: invalid header" },
	{ TEL__CODING_ZLIB, BYTES("\x78\x9d"), TEL_ERR_MALFORMED, "zlib: invalid header" },
	{ TEL__CODING_ZLIB, BYTES("\x78\xbb\0\0\0\0"), TEL_ERR_MALFORMED, "zlib: invalid dictionary" },
	{ TEL__CODING_DEFLATE, BYTES("\xcb\x48\xcd\xc9\xc9\x07\x00"), TEL_ERR_MALFORMED, "zlib: invalid header" },
	{ TEL__CODING_ZSTD, BYTES(""), TEL_ERR_MALFORMED, "EOF" },
	{ TEL__CODING_ZSTD, BYTES("nothing of the kind"), TEL_ERR_MALFORMED, "zstd: invalid input: magic number mismatch" },
	{ TEL__CODING_ZSTD, BYTES(ZSTD "\x08\x00\x01\0\0"), TEL_ERR_MALFORMED,
	  "zstd: reserved bit of the frame header is set" },
	{ TEL__CODING_ZSTD, BYTES(ZSTD "\x01\x00\x07\x01\0\0"), TEL_ERR_MALFORMED, "zstd: unknown dictionary" },
	/* a window of 2 GiB, and 8 GiB of content that 3 bytes cannot hold: security.md S2 */
	{ TEL__CODING_ZSTD, BYTES(ZSTD "\x00\xa8\x01\0\0"), TEL_ERR_MALFORMED, "zstd: window size exceeded" },
	{ TEL__CODING_ZSTD, BYTES(ZSTD "\xc0\x38\0\0\0\0\2\0\0\0\x01\0\0"), TEL_ERR_MALFORMED,
	  "zstd: frame size does not match size on stream" },
	{ TEL__CODING_ZSTD, BYTES(ZSTD "\x00\x00\x07\0\0"), TEL_ERR_MALFORMED,
	  "zstd: invalid input: reserved block type encountered" },
	{ TEL__CODING_ZSTD, BYTES(ZSTD "\x00\x00\x0b\x20\0x"), TEL_ERR_MALFORMED,
	  "zstd: invalid input: block is larger than the window allows" },
	{ TEL__CODING_ZSTD, BYTES(ZSTD "\x20\x05\x03\0\0"), TEL_ERR_MALFORMED, "unexpected EOF" },
	{ TEL__CODING_ZSTD, BYTES(ZSTD "\x20\x02\x29\0\0hello"), TEL_ERR_MALFORMED,
	  "zstd: invalid input: block is larger than the window allows" },
	{ TEL__CODING_ZSTD, BYTES(ZSTD "\x40\x00\x00\0\x29\0\0hello"), TEL_ERR_MALFORMED,
	  "zstd: frame size does not match size on stream" },
	{ TEL__CODING_SNAPPY, BYTES(""), TEL_ERR_MALFORMED, "snappy: corrupt input at offset 0" },
	{ TEL__CODING_SNAPPY, BYTES("\xff\xff\xff\xff\x0f\0\0\0\0\0"), TEL_ERR_LIMIT,
	  "snappy: body unpacks to more than 1048576 bytes" },
	{ TEL__CODING_SNAPPY, BYTES("\x80\x80\x3f\x00x"), TEL_ERR_MALFORMED, "snappy: corrupt input at offset 0" },
	{ TEL__CODING_SNAPPY, BYTES("\x05\x10hell"), TEL_ERR_MALFORMED, "snappy: corrupt input at offset 0" },
	{ TEL__CODING_SNAPPY_FRAMED, BYTES("\x05\x10hello"), TEL_ERR_MALFORMED, "snappy: corrupt input at offset 0" },
	{ TEL__CODING_SNAPPY, BYTES(STREAM "\x02\x00\x00\x00"), TEL_ERR_MALFORMED,
	  "snappy: unsupported input at offset 10" },
	{ TEL__CODING_SNAPPY, BYTES(STREAM "\x01\x03\x00\x00xxx"), TEL_ERR_MALFORMED, "snappy: corrupt input at offset 10" },
	{ TEL__CODING_SNAPPY, BYTES(STREAM "\x01\x0a\x00\x00wronghello"), TEL_ERR_MALFORMED,
	  "snappy: corrupt input at offset 10" },
	{ TEL__CODING_SNAPPY, BYTES(STREAM "\xff\x06\x00\x00sNaPpy"), TEL_ERR_MALFORMED,
	  "snappy: corrupt input at offset 10" },
	{ TEL__CODING_SNAPPY, BYTES(STREAM "\x00\x07\x00\x00" "crc.\x81\x80\x04"), TEL_ERR_MALFORMED,
	  "snappy: corrupt input at offset 10" },
};

static void coding_refuses_damage_and_says_what(void **state)
{
	tel__coder *c = coder_new();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(damage) / sizeof(damage[0]); i++) {
		const damage_row *d = &damage[i];
		tel_error err = TEL_ERROR_INIT;
		tel_buf *out = NULL;
		tel__budget *b;
		tel__budget_stats s;

		if (!tel__coding_is_offered(d->coding))
			continue;
		assert_ok(tel__budget_new(NULL, 0, &b));
		if (tel__coder_inflate(c, d->coding, b, d->body, 1 << 20, &out, &err) != d->rc || strcmp(err.msg, d->msg) != 0)
			fail_msg("row %zu: %s", i, err.msg);
		assert_null(out);
		tel__budget_get(b, &s);
		assert_int_equal(s.reserved, 0);
		assert_true(s.peak <= 4096); /* nobody was believed */
		tel__budget_unref(b);
	}
	tel__coder_free(c);
}

static void coding_skips_what_says_to_be_skipped(void **state)
{
	static const char zstd[] = "\x52\x2a\x4d\x18\x03\0\0\0abc" ZSTD "\x20\x05\x29\0\0hello" "\x50\x2a\x4d\x18\0\0\0\0";
	static const char snappy[] = STREAM "\x80\x03\0\0abc" "\xfe\x00\0\0";
	tel__coder *c = coder_new();
	tel_buf *out = NULL;

	(void)state;
	assert_ok(tel__coder_inflate(c, TEL__CODING_ZSTD, NULL, (tel_slice){ zstd, sizeof(zstd) - 1 }, 5, &out, NULL));
	assert_slice(tel_buf_get(out), "hello");
	tel_buf_unref(out);
	if (tel__coding_is_offered(TEL__CODING_SNAPPY)) {
		assert_ok(tel__coder_inflate(c, TEL__CODING_SNAPPY, NULL, (tel_slice){ snappy, sizeof(snappy) - 1 }, 0, &out,
		                             NULL));
		assert_int_equal(tel_buf_get(out).len, 0);
		tel_buf_unref(out);
	}
	tel__coder_free(c);
}

/* 64 MiB of zeros: memory follows the limit, not the bomb; security.md S1, faults.md E5. */
static void coding_bomb_stops_at_the_limit(void **state)
{
	enum { BOMB = 64 << 20, MOST = 1 << 20 };
	char *zeros = calloc(1, BOMB);
	tel__coder *c = coder_new();

	(void)state;
	assert_non_null(zeros);
	WITH_EACH_CODING(coding) {
		tel_buf *bomb = packed(c, coding, (tel_slice){ zeros, BOMB }, 1), *out = NULL;
		tel_error err = TEL_ERROR_INIT;
		tel__budget_stats s;
		tel__budget *b;

		assert_true(tel_buf_get(bomb).len < BOMB / 20);
		assert_ok(tel__budget_new(NULL, 0, &b));
		assert_err(tel__coder_inflate(c, coding, b, tel_buf_get(bomb), MOST, &out, &err), TEL_ERR_LIMIT);
		assert_non_null(strstr(err.msg, "body unpacks to more than 1048576 bytes"));
		assert_null(out);
		tel__budget_get(b, &s);
		assert_int_equal(s.reserved, 0);
		assert_true(s.peak <= MOST + 4096);
		tel__budget_unref(b);
		tel_buf_unref(bomb);
	}
	tel__coder_free(c);
	free(zeros);
}

/* A zstd frame that does not say its size, of blocks that each unpack to as much as they may. */
static void coding_zstd_without_a_size_is_bounded_by_its_blocks(void **state)
{
	enum { BLOCKS = 1000 };
	static const char head[] = ZSTD "\x00\x38"; /* window 128 KiB */
	tel__coder *c = coder_new();
	tel_error err = TEL_ERROR_INIT;
	tel_buf *out = NULL;
	tel__budget_stats s;
	tel__budget *b;
	tel__dynbuf d;
	int i;

	(void)state;
	tel__dynbuf_init(&d, NULL, 1 << 20);
	tel__dynbuf_put(&d, head, sizeof(head) - 1);
	for (i = 0; i < BLOCKS; i++)
		tel__dynbuf_put(&d, i + 1 < BLOCKS ? "\x02\x00\x10x" : "\x03\x00\x10x", 4); /* RLE, 128 KiB */
	assert_ok(tel__budget_new(NULL, 0, &b));
	assert_err(tel__coder_inflate(c, TEL__CODING_ZSTD, b, tel__dynbuf_get(&d), 4 << 20, &out, &err), TEL_ERR_LIMIT);
	assert_string_equal(err.msg, "zstd: body unpacks to more than 4194304 bytes");
	tel__budget_get(b, &s);
	assert_int_equal(s.peak, 4 << 20);
	assert_ok(tel__coder_inflate(c, TEL__CODING_ZSTD, b, tel__dynbuf_get(&d), BLOCKS << 17, &out, &err));
	assert_int_equal(tel_buf_get(out).len, BLOCKS << 17);
	tel_buf_unref(out);
	tel__budget_unref(b);
	tel__dynbuf_fini(&d);
	tel__coder_free(c);
}

static void coding_budget_refuses_before_memory_is_taken(void **state)
{
	char *text = sample(100000, 5, 0);
	tel_slice in = { text, 100000 };
	tel__coder *c = coder_new();

	(void)state;
	WITH_EACH_CODING(coding) {
		tel_buf *small = packed(c, coding, in, 0), *out = NULL;
		tel_error err = TEL_ERROR_INIT;
		tel__budget *b;

		assert_ok(tel__budget_new(NULL, 50000, &b));
		assert_err(tel__coder_inflate(c, coding, b, tel_buf_get(small), 1 << 20, &out, &err), TEL_ERR_BUDGET);
		tel__budget_set_limit(b, 1000);
		assert_err(tel__coder_deflate(c, coding, b, &in, 1, 0, &out, &err), TEL_ERR_BUDGET);
		assert_null(out);
		tel__budget_set_limit(b, 0);
		assert_ok(tel__coder_inflate(c, coding, b, tel_buf_get(small), 1 << 20, &out, &err));
		tel_buf_unref(out);
		tel__budget_unref(b);
		tel_buf_unref(small);
	}
	tel__coder_free(c);
	free(text);
}

/* Any single bit: refused, or (in parts of a header that mean nothing) the same content. */
static void coding_bit_flips_are_found_where_there_is_a_checksum(void **state)
{
	tel__coder *c = coder_new();
	size_t i, bit;

	(void)state;
	for (i = 0; i < coding_fixture_count; i++) {
		const coding_fixture *f = &coding_fixtures[i];
		bool checked = !strstr(f->name, "without_checksum") && (f->coding != TEL__CODING_SNAPPY || f->open_ended);
		char body[512];

		memcpy(body, f->body.ptr, f->body.len);
		for (bit = 0; bit < f->body.len * 8 && tel__coding_is_offered(f->coding); bit++) {
			tel_buf *out = NULL;
			tel_err rc;

			body[bit / 8] = (char)(body[bit / 8] ^ (1 << bit % 8));
			rc = tel__coder_inflate(c, f->coding, NULL, (tel_slice){ body, f->body.len }, 1 << 16, &out, NULL);
			body[bit / 8] = (char)(body[bit / 8] ^ (1 << bit % 8));
			assert_true(rc == TEL_OK || rc == TEL_ERR_MALFORMED || rc == TEL_ERR_LIMIT);
			if (rc == TEL_OK && checked && tel_buf_get(out).len)
				same(tel_buf_get(out), coding_fixture_text);
			tel_buf_unref(out);
		}
	}
	tel__coder_free(c);
}

static void *distinct_bodies(void *user)
{
	uint64_t seed = *(uint64_t *)user;
	tel__coder *c = coder_new();
	int i;

	for (i = 0; i < 30; i++) {
		size_t len = 1000 + (size_t)(splitmix64(&seed) % 100000);
		char *text = sample(len, seed, 0);
		tel_slice in = { text, len };

		WITH_EACH_CODING(coding) {
			tel_buf *small = packed(c, coding, in, 0), *out = NULL;
			tel_slice body = tel_buf_get(small), half = { body.ptr, body.len / 2 };

			if (i % 2 && tel__coder_inflate(c, coding, NULL, half, len, &out, NULL) == TEL_OK)
				tel_buf_unref(out);
			assert_ok(tel__coder_inflate(c, coding, NULL, body, len, &out, NULL));
			same(tel_buf_get(out), in);
			tel_buf_unref(small);
			tel_buf_unref(out);
		}
		free(text);
	}
	tel__coder_free(c);
	return NULL;
}

/* security.md S3: reused state never mixes bodies, whatever failed before. */
static void coding_reuse_keeps_bodies_apart(void **state)
{
	pthread_t threads[8];
	uint64_t seeds[8];
	size_t i;

	(void)state;
	for (i = 0; i < 8; i++) {
		seeds[i] = i + 1;
		assert_int_equal(pthread_create(&threads[i], NULL, distinct_bodies, &seeds[i]), 0);
	}
	for (i = 0; i < 8; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

static void coding_takes_few_blocks_per_body_once_it_is_warm(void **state)
{
	char *text = sample(100000, 5, 0);
	tel_slice in = { text, 100000 };

	(void)state;
	WITH_EACH_CODING(coding) {
		tel_buf *small = NULL, *out = NULL;
		tel__coder *c;
		failalloc f;
		int round;

		failalloc_init(&f);
		assert_ok(tel__coder_new(&f.alloc, &c));
		assert_int_equal(f.calls, 1);
		for (round = 0; round < 2; round++) {
			f.calls = 0;
			assert_ok(tel__coder_deflate(c, coding, NULL, &in, 1, 0, &small, NULL));
			if (round)
				assert_in_range(f.calls, 1, 4);
			f.calls = 0;
			assert_ok(tel__coder_inflate(c, coding, NULL, tel_buf_get(small), 1 << 20, &out, NULL));
			if (round)
				assert_in_range(f.calls, 1, 2);
			tel_buf_unref(small);
			tel_buf_unref(out);
		}
		tel__coder_free(c);
		assert_true(failalloc_is_clean(&f));
	}
	free(text);
}

typedef struct case_ {
	tel__coding coding;
	tel_slice text;
} case_;

static tel_err pack_and_unpack(const tel_alloc *alloc, void *user)
{
	const case_ *k = user;
	tel_slice in[2] = { { k->text.ptr, 100 }, { k->text.ptr + 100, k->text.len - 100 } };
	tel_buf *small = NULL, *out = NULL;
	tel_error err = TEL_ERROR_INIT;
	tel__coder *c = NULL;
	tel_err rc = tel__coder_new(alloc, &c);

	if (rc != TEL_OK)
		return rc;
	rc = tel__coder_deflate(c, k->coding, NULL, in, 2, 6, &small, &err);
	if (rc == TEL_OK)
		rc = tel__coder_inflate(c, k->coding, NULL, tel_buf_get(small), 1 << 20, &out, &err);
	if (rc == TEL_OK)
		same(tel_buf_get(out), k->text);
	else
		assert_err(err.code, rc);
	tel_buf_unref(small);
	tel_buf_unref(out);
	tel__coder_free(c);
	return rc;
}

static void coding_survives_every_allocation_failing(void **state)
{
	char *text = sample(50000, 5, 0);

	(void)state;
	WITH_EACH_CODING(coding) {
		case_ k = { coding, { text, 50000 } };

		torture_alloc(pack_and_unpack, &k);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(coding_is_found_by_its_name),
		cmocka_unit_test(coding_says_what_it_does_not_offer),
		cmocka_unit_test(coding_unpacks_what_others_packed),
		cmocka_unit_test(coding_round_trips_sizes_levels_and_kinds),
		cmocka_unit_test(coding_packs_slices_as_their_concatenation),
		cmocka_unit_test(coding_refuses_bodies_cut_at_every_byte),
		cmocka_unit_test(coding_refuses_bytes_behind_the_end),
		cmocka_unit_test(coding_joins_members_by_rule),
		cmocka_unit_test(coding_refuses_damage_and_says_what),
		cmocka_unit_test(coding_skips_what_says_to_be_skipped),
		cmocka_unit_test(coding_bomb_stops_at_the_limit),
		cmocka_unit_test(coding_zstd_without_a_size_is_bounded_by_its_blocks),
		cmocka_unit_test(coding_budget_refuses_before_memory_is_taken),
		cmocka_unit_test(coding_bit_flips_are_found_where_there_is_a_checksum),
		cmocka_unit_test(coding_reuse_keeps_bodies_apart),
		cmocka_unit_test(coding_takes_few_blocks_per_body_once_it_is_warm),
		cmocka_unit_test(coding_survives_every_allocation_failing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
