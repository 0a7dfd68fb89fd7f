/* SPDX-License-Identifier: Apache-2.0 */
#include "base/budget.h"
#include "base/buf_i.h"
#include "base/dynbuf.h"
#include "seams/cm.h"
#include "seams/failalloc.h"
#include "seams/fakerandom.h"
#include "torture/torture.h"
#include "wire/gzip.h"

static const tel__gzip_engine engines[] = { TEL__GZIP_ISAL, TEL__GZIP_ZLIB };

/* Runs body(ctx) with each engine that is built in. */
#define WITH_EACH_ENGINE(ctx)                                                                               \
	for (size_t ctx##_at = 0; ctx##_at < 2; ctx##_at++)                                                 \
		for (tel__gzip_ctx *ctx = engine_ctx(engines[ctx##_at]); ctx; tel__gzip_free(ctx), ctx = NULL)

static tel__gzip_ctx *engine_ctx(tel__gzip_engine engine)
{
	tel__gzip_ctx *ctx = NULL;
	tel_err rc = tel__gzip_new_engine(NULL, engine, &ctx);

	assert_true(rc == TEL_OK || (rc == TEL_ERR_UNSUPPORTED && engine == TEL__GZIP_ISAL));
	return ctx;
}

/* "hello" by gzip -n. */
static const char hello[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00"
			    "\x86\xa6\x10\x36\x05\x00\x00\x00";
#define HELLO ((tel_slice){ hello, sizeof(hello) - 1 })

/* Text that packs like metrics do: words from a small set, and numbers. */
static char *sample(size_t len, uint64_t seed)
{
	static const char *const words[] = { "http.server.request.duration", "service.name", "checkout", "pod",
		                             "container_cpu", "\x0a\x12\x1a\x22", "\x01\x02\x03", "node-1", "method=GET" };
	char *text = malloc(len + 64);
	size_t at = 0;

	assert_non_null(text);
	while (at < len) {
		const char *word = words[splitmix64(&seed) % 9];

		memcpy(text + at, word, strlen(word));
		at += strlen(word);
		if (splitmix64(&seed) % 4 == 0)
			text[at++] = (char)splitmix64(&seed);
	}
	return text;
}

static tel_buf *packed(tel__gzip_ctx *ctx, tel_slice in, int level)
{
	tel_buf *buf = NULL;

	assert_ok(tel__gzip_deflate(ctx, NULL, &in, 1, level, &buf, NULL));
	return buf;
}

static void same(tel_slice a, tel_slice b)
{
	assert_int_equal(a.len, b.len);
	assert_true(a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static void gzip_unpacks_what_gzip_packed(void **state)
{
	(void)state;
	WITH_EACH_ENGINE(ctx) {
		tel_buf *out = NULL;

		assert_ok(tel__gzip_inflate(ctx, NULL, HELLO, 5, &out, NULL));
		assert_slice(tel_buf_get(out), "hello");
		tel_buf_unref(out);
	}
}

static void gzip_round_trips_across_engines_sizes_and_levels(void **state)
{
	static const size_t sizes[] = { 0, 1, 100, 4095, 8192, 8193, 32768, 65536, 139000, 1 << 20, 3 << 20 };
	size_t i;
	int level;

	(void)state;
	WITH_EACH_ENGINE(packer) {
		WITH_EACH_ENGINE(unpacker) {
			for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
				char *text = sample(sizes[i], i);
				tel_slice in = { text, sizes[i] };

				for (level = 0; level <= 9; level += sizes[i] > 200000 ? 9 : 3) {
					tel_buf *small = packed(packer, in, level), *out = NULL;

					assert_ok(tel__gzip_inflate(unpacker, NULL, tel_buf_get(small), sizes[i],
					                            &out, NULL));
					same(tel_buf_get(out), in);
					if (sizes[i] > 1000)
						assert_true(tel_buf_get(small).len < sizes[i] / 2);
					tel_buf_unref(small);
					tel_buf_unref(out);
				}
				free(text);
			}
		}
	}
}

static void gzip_packs_slices_as_their_concatenation(void **state)
{
	char *text = sample(200000, 3);
	size_t cut;

	(void)state;
	WITH_EACH_ENGINE(ctx) {
		for (cut = 0; cut <= 200000; cut += 25000) {
			tel_slice in[5] = { { text, cut / 2 }, { NULL, 0 }, { text + cut / 2, cut - cut / 2 },
				            { text + cut, 200000 - cut }, { NULL, 0 } };
			tel_buf *small = NULL, *out = NULL;

			assert_ok(tel__gzip_deflate(ctx, NULL, in, 5, TEL__GZIP_LEVEL_AUTO, &small, NULL));
			assert_ok(tel__gzip_inflate(ctx, NULL, tel_buf_get(small), 200000, &out, NULL));
			same(tel_buf_get(out), (tel_slice){ text, 200000 });
			tel_buf_unref(small);
			tel_buf_unref(out);
		}
	}
	free(text);
}

static void gzip_packs_nothing_and_noise(void **state)
{
	uint64_t seed = 1;
	char noise[70000];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(noise); i++)
		noise[i] = (char)splitmix64(&seed);
	WITH_EACH_ENGINE(ctx) {
		tel_buf *small = NULL, *out = NULL;

		assert_ok(tel__gzip_deflate(ctx, NULL, NULL, 0, 0, &small, NULL));
		assert_ok(tel__gzip_inflate(ctx, NULL, tel_buf_get(small), 0, &out, NULL));
		assert_int_equal(tel_buf_get(out).len, 0);
		tel_buf_unref(small);
		tel_buf_unref(out);
		for (i = 1; i < sizeof(noise); i = i * 3 + 1) {
			small = packed(ctx, (tel_slice){ noise, i }, 0);
			assert_ok(tel__gzip_inflate(ctx, NULL, tel_buf_get(small), i, &out, NULL));
			same(tel_buf_get(out), (tel_slice){ noise, i });
			tel_buf_unref(small);
			tel_buf_unref(out);
		}
	}
}

static void gzip_reads_all_optional_header_fields(void **state)
{
	static const char head[] = "\x1f\x8b\x08\x1e\x01\x02\x03\x04\x02\x03" /* extra, name, comment, header crc */
				   "\x03\x00" "abc" "name\0" "comment\0" "\x12\x34";
	char body[100];
	size_t head_len = sizeof(head) - 1, len = head_len + HELLO.len - 10, cut;
	tel_error err = TEL_ERROR_INIT;

	(void)state;
	memcpy(body, head, head_len);
	memcpy(body + head_len, hello + 10, HELLO.len - 10);
	WITH_EACH_ENGINE(ctx) {
		tel_buf *out = NULL;

		assert_ok(tel__gzip_inflate(ctx, NULL, (tel_slice){ body, len }, 100, &out, NULL));
		assert_slice(tel_buf_get(out), "hello");
		tel_buf_unref(out);
		for (cut = 0; cut < len; cut++) {
			char *exact = malloc(cut ? cut : 1); /* so that a sanitizer sees a read behind the end */

			memcpy(exact, body, cut);
			out = NULL;
			assert_err(tel__gzip_inflate(ctx, NULL, (tel_slice){ exact, cut }, 100,
			                             &out, &err), TEL_ERR_MALFORMED);
			assert_string_equal(err.msg, cut ? "unexpected EOF" : "EOF");
			assert_null(out);
			free(exact);
		}
	}
}

static void gzip_joins_members(void **state)
{
	char *text = sample(100000, 9);

	(void)state;
	WITH_EACH_ENGINE(ctx) {
		tel_buf *big = packed(ctx, (tel_slice){ text, 100000 }, 0), *out = NULL;
		tel__dynbuf all;
		tel_slice got;

		tel__dynbuf_init(&all, NULL, 1 << 20);
		tel__dynbuf_slice(&all, HELLO);
		tel__dynbuf_slice(&all, tel_buf_get(big));
		tel__dynbuf_slice(&all, HELLO);
		assert_ok(tel__gzip_inflate(ctx, NULL, tel__dynbuf_get(&all), 100010, &out, NULL));
		got = tel_buf_get(out);
		assert_int_equal(got.len, 100010);
		assert_memory_equal(got.ptr, "hello", 5);
		assert_memory_equal(got.ptr + 5, text, 100000);
		assert_memory_equal(got.ptr + 100005, "hello", 5);
		tel_buf_unref(out);
		out = NULL;
		assert_err(tel__gzip_inflate(ctx, NULL, tel__dynbuf_get(&all), 100009, &out, NULL), TEL_ERR_LIMIT);
		assert_null(out);
		tel__dynbuf_fini(&all);
		tel_buf_unref(big);
	}
	free(text);
}

static void gzip_refuses_damage_and_says_what(void **state)
{
	static const struct {
		size_t at;
		char byte;
		const char *msg;
	} rows[] = {
		{ 0, 'x', "gzip: invalid header" },
		{ 2, 7, "gzip: invalid header" },
		{ 3, (char)0x80, "gzip: invalid header" },
		{ 10, 0x07, "flate: corrupt input before offset" },
		{ 11, 0x49, "gzip: invalid checksum" },
		{ 17, 0x00, "gzip: invalid checksum" },
		{ 21, 0x06, "gzip: invalid checksum" },
	};
	tel_error err = TEL_ERROR_INIT;
	char body[64];
	size_t i;

	(void)state;
	WITH_EACH_ENGINE(ctx) {
		tel_buf *out = NULL;

		for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			memcpy(body, hello, HELLO.len);
			body[rows[i].at] = rows[i].byte;
			assert_err(tel__gzip_inflate(ctx, NULL, (tel_slice){ body, HELLO.len }, 100,
			                             &out, &err), TEL_ERR_MALFORMED);
			if (strncmp(err.msg, rows[i].msg, strlen(rows[i].msg)) != 0)
				fail_msg("row %zu: %s", i, err.msg);
			assert_true(err.offset <= HELLO.len);
		}
		memcpy(body, hello, HELLO.len);
		memcpy(body + HELLO.len, "trailing garbage", 16);
		assert_err(tel__gzip_inflate(ctx, NULL, (tel_slice){ body, HELLO.len + 16 }, 100,
		                             &out, &err), TEL_ERR_MALFORMED);
		assert_string_equal(err.msg, "gzip: invalid header");
		assert_int_equal(err.offset, HELLO.len);
		assert_err(tel__gzip_inflate(ctx, NULL, (tel_slice){ body, HELLO.len + 1 }, 100,
		                             &out, &err), TEL_ERR_MALFORMED);
		assert_string_equal(err.msg, "unexpected EOF");
		assert_null(out);
		assert_ok(tel__gzip_inflate(ctx, NULL, HELLO, 100, &out, &err)); /* the context is as good as new */
		tel_buf_unref(out);
	}
}

static size_t peak_of(tel__budget *b)
{
	tel__budget_stats s;

	tel__budget_get(b, &s);
	assert_int_equal(s.reserved, 0);
	return s.peak;
}

/* 64 MiB of zeros in 64 KiB, with an honest trailer, a lying one and as two members: memory follows max_out. */
static void gzip_bomb_stops_at_the_limit(void **state)
{
	enum { BOMB = 64 << 20, MOST = 1 << 20 };
	char *zeros = calloc(1, BOMB);
	size_t round;

	(void)state;
	assert_non_null(zeros);
	WITH_EACH_ENGINE(ctx) {
		tel_buf *bomb = packed(ctx, (tel_slice){ zeros, BOMB }, 1), *out = NULL;
		char *body = malloc(tel_buf_get(bomb).len);
		size_t len = tel_buf_get(bomb).len;

		assert_true(len < BOMB / 100);
		memcpy(body, tel_buf_get(bomb).ptr, len);
		for (round = 0; round < 3; round++) {
			tel_error err = TEL_ERROR_INIT;
			tel__budget *b;

			if (round == 1)
				memcpy(body + len - 4, "\x05\0\0\0", 4);
			if (round == 2)
				memcpy(body + len - 4, "\xff\xff\xff\xff", 4);
			assert_ok(tel__budget_new(NULL, 0, &b));
			assert_err(tel__gzip_inflate(ctx, b, (tel_slice){ body, len }, MOST,
			                             &out, &err), TEL_ERR_LIMIT);
			assert_string_equal(err.msg, "gzip: body unpacks to more than 1048576 bytes");
			assert_null(out);
			assert_true(peak_of(b) <= MOST + 4096);
			tel__budget_unref(b);
		}
		free(body);
		tel_buf_unref(bomb);
	}
	free(zeros);
}

static void gzip_ratio_is_refused_only_when_asked(void **state)
{
	enum { BOMB = 8 << 20 };
	char *zeros = calloc(1, BOMB);
	tel_error err = TEL_ERROR_INIT;

	(void)state;
	assert_non_null(zeros);
	WITH_EACH_ENGINE(ctx) {
		tel_buf *bomb = packed(ctx, (tel_slice){ zeros, BOMB }, 1), *small = packed(ctx, (tel_slice){ zeros, 1 << 20 }, 1);
		tel_buf *out = NULL;

		assert_ok(tel__gzip_inflate(ctx, NULL, tel_buf_get(bomb), BOMB, &out, NULL));
		tel_buf_unref(out);
		tel__gzip_set_ratio(ctx, 50);
		out = NULL;
		assert_err(tel__gzip_inflate(ctx, NULL, tel_buf_get(bomb), BOMB, &out, &err), TEL_ERR_LIMIT);
		assert_string_equal(err.msg, "gzip: body unpacks to more than 50 times its size");
		assert_null(out);
		assert_ok(tel__gzip_inflate(ctx, NULL, tel_buf_get(small), BOMB, &out, NULL)); /* up to 1 MiB nobody minds */
		tel_buf_unref(out);
		tel_buf_unref(bomb);
		tel_buf_unref(small);
	}
	free(zeros);
}

static void gzip_budget_refuses_before_memory_is_taken(void **state)
{
	char *text = sample(100000, 5);

	(void)state;
	WITH_EACH_ENGINE(ctx) {
		tel_buf *small = packed(ctx, (tel_slice){ text, 100000 }, 0), *out = NULL;
		tel_slice in = { text, 100000 };
		tel_error err = TEL_ERROR_INIT;
		tel__budget *b;

		assert_ok(tel__budget_new(NULL, 50000, &b));
		assert_err(tel__gzip_inflate(ctx, b, tel_buf_get(small), 1 << 20, &out, &err), TEL_ERR_BUDGET);
		assert_int_equal(peak_of(b), 0);
		tel__budget_set_limit(b, 100000 + 1000);
		assert_ok(tel__gzip_inflate(ctx, b, tel_buf_get(small), 1 << 20, &out, &err));
		tel_buf_unref(out);
		tel__budget_set_limit(b, 1000);
		out = NULL;
		assert_err(tel__gzip_deflate(ctx, b, &in, 1, 0, &out, &err), TEL_ERR_BUDGET);
		assert_null(out);
		assert_true(peak_of(b) > 0);
		tel__budget_unref(b);
		tel_buf_unref(small);
	}
	free(text);
}

static void gzip_takes_one_block_per_body_once_it_is_warm(void **state)
{
	char *text = sample(100000, 5);
	size_t e;

	(void)state;
	for (e = 0; e < 2; e++) {
		tel_slice in = { text, 100000 };
		tel_buf *small = NULL, *out = NULL;
		tel__gzip_ctx *ctx;
		failalloc f;
		int round;

		failalloc_init(&f);
		if (tel__gzip_new_engine(&f.alloc, engines[e], &ctx) != TEL_OK)
			continue;
		for (round = 0; round < 2; round++) {
			f.calls = 0;
			assert_ok(tel__gzip_deflate(ctx, NULL, &in, 1, 0, &small, NULL));
			if (round)
				assert_in_range(f.calls, 1, 3);
			f.calls = 0;
			assert_ok(tel__gzip_inflate(ctx, NULL, tel_buf_get(small), 1 << 20, &out, NULL));
			if (round)
				assert_int_equal(f.calls, 1);
			tel_buf_unref(small);
			tel_buf_unref(out);
		}
		tel__gzip_free(ctx);
		assert_true(failalloc_is_clean(&f));
	}
	free(text);
}

typedef struct case_ {
	tel__gzip_engine engine;
	tel_slice text;
} case_;

static tel_err pack_and_unpack(const tel_alloc *alloc, void *user)
{
	const case_ *c = user;
	tel_buf *small = NULL, *out = NULL;
	tel__gzip_ctx *ctx = NULL;
	tel_error err = TEL_ERROR_INIT;
	tel_err rc = tel__gzip_new_engine(alloc, c->engine, &ctx);

	if (rc != TEL_OK)
		return rc;
	rc = tel__gzip_deflate(ctx, NULL, &c->text, 1, 6, &small, &err);
	if (rc == TEL_OK)
		rc = tel__gzip_inflate(ctx, NULL, tel_buf_get(small), 1 << 20, &out, &err);
	if (rc == TEL_OK)
		same(tel_buf_get(out), c->text);
	else
		assert_err(err.code, rc);
	tel_buf_unref(small);
	tel_buf_unref(out);
	tel__gzip_free(ctx);
	return rc;
}

static void gzip_survives_every_allocation_failing(void **state)
{
	char *text = sample(50000, 5);
	size_t e;

	(void)state;
	for (e = 0; e < 2; e++) {
		case_ c = { engines[e], { text, 50000 } };
		tel__gzip_ctx *ctx = engine_ctx(engines[e]);

		if (ctx)
			torture_alloc(pack_and_unpack, &c);
		tel__gzip_free(ctx);
	}
	free(text);
}

/* Any single bit: refused, or (in parts of the header that mean nothing) the same content. Engines agree. */
static void gzip_bit_flips_never_change_the_content(void **state)
{
	char *text = sample(3000, 8);
	tel_slice in = { text, 3000 };
	size_t bit;

	(void)state;
	WITH_EACH_ENGINE(ctx) {
		tel_buf *small = packed(ctx, in, 0);
		size_t len = tel_buf_get(small).len;
		char *body = malloc(len);

		memcpy(body, tel_buf_get(small).ptr, len);
		for (bit = 0; bit < len * 8; bit++) {
			tel_buf *out = NULL;
			tel_err rc;

			body[bit / 8] = (char)(body[bit / 8] ^ (1 << bit % 8));
			rc = tel__gzip_inflate(ctx, NULL, (tel_slice){ body, len }, 1 << 20, &out, NULL);
			body[bit / 8] = (char)(body[bit / 8] ^ (1 << bit % 8));
			assert_true(rc == TEL_OK || rc == TEL_ERR_MALFORMED || rc == TEL_ERR_LIMIT);
			if (rc == TEL_OK)
				same(tel_buf_get(out), in);
			tel_buf_unref(out);
		}
		free(body);
		tel_buf_unref(small);
	}
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gzip_unpacks_what_gzip_packed),
		cmocka_unit_test(gzip_round_trips_across_engines_sizes_and_levels),
		cmocka_unit_test(gzip_packs_slices_as_their_concatenation),
		cmocka_unit_test(gzip_packs_nothing_and_noise),
		cmocka_unit_test(gzip_reads_all_optional_header_fields),
		cmocka_unit_test(gzip_joins_members),
		cmocka_unit_test(gzip_refuses_damage_and_says_what),
		cmocka_unit_test(gzip_bomb_stops_at_the_limit),
		cmocka_unit_test(gzip_ratio_is_refused_only_when_asked),
		cmocka_unit_test(gzip_budget_refuses_before_memory_is_taken),
		cmocka_unit_test(gzip_takes_one_block_per_body_once_it_is_warm),
		cmocka_unit_test(gzip_survives_every_allocation_failing),
		cmocka_unit_test(gzip_bit_flips_never_change_the_content),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
