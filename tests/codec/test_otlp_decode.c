/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <telemetry/otlp.h>

#include "base/dynbuf.h"
#include "base/budget.h"
#include "base/mem.h"
#include "base/slice_i.h"
#include "codec/otlp_decode.h"
#include "seams/cm.h"
#include "seams/conformance.h"
#include "seams/failalloc.h"
#include "wire/pb.h"

static tel_buf *copy(tel_slice s)
{
	tel_buf *buf = NULL;

	assert_int_equal(tel_buf_copy(NULL, s, &buf), TEL_OK);
	return buf;
}

/* Calls fn with each protobuf request of the conformance set; false when the set is absent. */
static bool each_request(void (*fn)(const char *name, tel_buf *payload))
{
	conformance set;
	unsigned seen = 0;

	if (!conformance_open(&set, "otlp"))
		return false;
	for (size_t i = 0; i < set.count; i++) {
		conformance_file bytes;
		tel_buf *payload;

		if (!conformance_ends(set.names[i], ".bin"))
			continue;
		bytes = conformance_read(&set, set.names[i]);
		payload = copy((tel_slice){ bytes.ptr, bytes.len });
		fn(set.names[i], payload);
		tel_buf_unref(payload);
		free(bytes.ptr);
		seen++;
	}
	conformance_close(&set);
	assert_true(seen >= 106);
	return true;
}

static void assert_bytes_back(const tel_metrics *m, tel_slice want, const char *name)
{
	tel_buf *back = NULL;

	assert_int_equal(tel_otlp_encode(m, &back, NULL), TEL_OK);
	if (!tel__slice_eq(tel_buf_get(back), want))
		fail_msg("%s: other bytes came back", name);
	tel_buf_unref(back);
}

static void round_trip(const char *name, tel_buf *payload)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_metrics *m = NULL;
	tel_error err = TEL_ERROR_INIT;

	opts.flags = TEL_OTLP_FORWARD_BAD_UTF8;
	if (tel_otlp_decode(payload, &opts, &m, NULL, &err) != TEL_OK)
		fail_msg("%s: %s at %llu", name, err.msg, (unsigned long long)err.offset);
	assert_bytes_back(m, tel_buf_get(payload), name);
	tel_metrics_free(m);
}

static void sdk_requests_come_back_byte_for_byte(void **state)
{
	(void)state;
	if (!each_request(round_trip))
		skip();
}

/* An attribute whose value has nothing set crashed another implementation (conformance/regressions). */
static void a_request_that_broke_another_decoder_is_read(void **state)
{
	tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;
	conformance set;
	conformance_file file;
	tel_metrics *m = NULL;
	tel_buf *payload;

	(void)state;
	if (!conformance_open(&set, "regressions"))
		skip();
	file = conformance_read(&set, "otlp_null_label_histogram.bin");
	payload = copy((tel_slice){ file.ptr, file.len });
	assert_int_equal(tel_otlp_decode(payload, NULL, &m, NULL, NULL), TEL_OK);
	tel_metrics_count(m, &counts);
	assert_int_equal(counts.points, 1);
	assert_bytes_back(m, tel_buf_get(payload), "otlp_null_label_histogram.bin");
	tel_metrics_free(m);
	tel_buf_unref(payload);
	free(file.ptr);
	conformance_close(&set);
}

/* Merged with itself, everything is there twice and the first half of the bytes is the input. */
static void merge_with_itself(const char *name, tel_buf *payload)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_metrics *m = NULL, *same = NULL;
	tel_buf *back = NULL;
	tel_metrics_counts all = TEL_METRICS_COUNTS_INIT, counts = TEL_METRICS_COUNTS_INIT;

	(void)name;
	opts.flags = TEL_OTLP_FORWARD_BAD_UTF8;
	assert_int_equal(tel_otlp_decode(payload, &opts, &m, NULL, NULL), TEL_OK);
	tel_metrics_count(m, &all);
	assert_int_equal(tel_metrics_share(m, &same), TEL_OK);
	assert_int_equal(tel_metrics_merge(m, same), TEL_OK);
	tel_metrics_count(m, &counts);
	assert_int_equal(counts.points, 2 * all.points);
	assert_int_equal(counts.metrics, 2 * all.metrics);
	assert_int_equal(counts.scopes, 2 * all.scopes);
	assert_int_equal(counts.resources, 2 * all.resources);
	assert_int_equal(counts.live_bytes, 2 * all.live_bytes);
	assert_int_equal(tel_otlp_encode(m, &back, NULL), TEL_OK);
	assert_int_equal(tel_buf_get(back).len, 2 * tel_buf_get(payload).len);
	assert_memory_equal(tel_buf_get(back).ptr, tel_buf_get(payload).ptr, tel_buf_get(payload).len);
	tel_buf_unref(back);
	tel_metrics_free(same);
	tel_metrics_free(m);
}

static void merging_concatenates(void **state)
{
	(void)state;
	if (!each_request(merge_with_itself))
		skip();
}

static void trusted_like_untrusted(const char *name, tel_buf *payload)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_metrics *full = NULL, *trusted = NULL;
	tel_metrics_counts a = TEL_METRICS_COUNTS_INIT, b = TEL_METRICS_COUNTS_INIT;

	opts.flags = TEL_OTLP_FORWARD_BAD_UTF8;
	assert_int_equal(tel_otlp_decode(payload, &opts, &full, NULL, NULL), TEL_OK);
	opts.flags = TEL_OTLP_TRUSTED;
	assert_int_equal(tel_otlp_decode(payload, &opts, &trusted, NULL, NULL), TEL_OK);
	tel_metrics_count(full, &a);
	tel_metrics_count(trusted, &b);
	assert_memory_equal(&a, &b, sizeof a);
	if (!tel_metrics_equal(full, trusted, NULL))
		fail_msg("%s: not the same", name);
	tel_metrics_free(full);
	tel_metrics_free(trusted);
}

static void trusted_bytes_give_the_same_batch(void **state)
{
	(void)state;
	if (!each_request(trusted_like_untrusted))
		skip();
}

static void cut_everywhere(const char *name, tel_buf *payload)
{
	tel_slice bytes = tel_buf_get(payload);

	(void)name;
	if (bytes.len > 2000)
		return;
	for (size_t n = 0; n < bytes.len; n++) {
		tel_buf *part = copy((tel_slice){ bytes.ptr, n });
		tel_metrics *m = NULL;
		tel_error err = TEL_ERROR_INIT;

		if (tel_otlp_decode(part, NULL, &m, NULL, &err) != TEL_OK) {
			assert_int_equal(err.code, TEL_ERR_MALFORMED);
			assert_true(err.offset <= n);
			assert_null(m);
		}
		tel_metrics_free(m);
		tel_buf_unref(part);
	}
}

static void requests_cut_at_every_byte_are_refused_with_an_offset(void **state)
{
	(void)state;
	if (!each_request(cut_everywhere))
		skip();
}

/* ---- damage ---- */

typedef struct {
	int line;
	const char *bytes;
	size_t len;
	tel_err code;
	uint64_t offset;
} damage;
#define DAMAGE(text, code, offset) { __LINE__, text, sizeof(text) - 1, code, offset }

/* The way down to a point: resource 0A, scope 12, metric 12, gauge 2A, point 0A. */
static const damage damages[] = {
	DAMAGE("\x0a", TEL_ERR_MALFORMED, 0),                      /* no length */
	DAMAGE("\x0a\x05", TEL_ERR_MALFORMED, 0),                  /* length past the end */
	DAMAGE("\x0a\x00\x00", TEL_ERR_MALFORMED, 2),              /* tag 0 */
	DAMAGE("\x07", TEL_ERR_MALFORMED, 0),                      /* field 0, wire type 7 */
	DAMAGE("\x0b\x0c", TEL_ERR_MALFORMED, 0),                  /* a group */
	DAMAGE("\x0c", TEL_ERR_MALFORMED, 0),                      /* the end of one */
	DAMAGE("\x0e", TEL_ERR_MALFORMED, 0),                      /* wire type 6 */
	DAMAGE("\x0f", TEL_ERR_MALFORMED, 0),                      /* wire type 7 */
	DAMAGE("\x80\x80\x80\x80\x10\x00", TEL_ERR_MALFORMED, 0),  /* field number 2^29 */
	DAMAGE("\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", TEL_ERR_MALFORMED, 0), /* 65 bits */
	DAMAGE("\x10\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", TEL_ERR_MALFORMED, 0), /* 11 bytes */
	DAMAGE("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", TEL_ERR_MALFORMED, 0), /* 2^64-1 long */
	DAMAGE("\x15\x00\x00\x00", TEL_ERR_MALFORMED, 0),          /* fixed32 cut off */
	DAMAGE("\x11\x00\x00\x00\x00\x00\x00\x00", TEL_ERR_MALFORMED, 0), /* fixed64 cut off */
	DAMAGE("\x0a\x02\x12\x01", TEL_ERR_MALFORMED, 2),          /* scope past its resource */
	DAMAGE("\x0a\x02\x0a\x01", TEL_ERR_MALFORMED, 2),          /* Resource past its resource */
	DAMAGE("\x0a\x04\x12\x02\x12\x01", TEL_ERR_MALFORMED, 4),  /* metric past its scope */
	DAMAGE("\x0a\x06\x12\x04\x12\x02*\x01", TEL_ERR_MALFORMED, 6), /* gauge past its metric */
	DAMAGE("\x0a\x08\x12\x06\x12\x04*\x02\x0a\x01", TEL_ERR_MALFORMED, 8), /* point past its gauge */
	DAMAGE("\x0a\x0a\x12\x08\x12\x06*\x04\x0a\x02:\x01", TEL_ERR_MALFORMED, 10), /* attribute past its point */
	DAMAGE("\x0a\x0a\x12\x08\x12\x06*\x04\x0a\x02\x11\x00", TEL_ERR_MALFORMED, 10), /* start cut off */
	DAMAGE("\x0a\x0a\x12\x08\x12\x06*\x04\x0a\x02\x0b\x00", TEL_ERR_MALFORMED, 10), /* group in a point */
	DAMAGE("\x0a\x0b\x12\x09\x12\x07J\x05\x0a\x03""2\x01\x00", TEL_ERR_MALFORMED, 10), /* packed, not by 8 */
	/* packed bucket_counts of 2^61 numbers */
	DAMAGE("\x0a\x13\x12\x11\x12\x0fJ\x0d\x0a\x0b""2\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", TEL_ERR_MALFORMED, 10),
	/* exponential histogram: a packed varint that does not end */
	DAMAGE("\x0a\x0d\x12\x0b\x12\x09R\x07\x0a\x05""B\x03\x12\x01\x80", TEL_ERR_MALFORMED, 14),
};

static void damage_is_refused_with_its_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
		const damage *d = &damages[i];
		tel_buf *payload = copy((tel_slice){ d->bytes, d->len });
		tel_metrics *m = NULL;
		tel_error err = TEL_ERROR_INIT;
		tel_err e = tel_otlp_decode(payload, NULL, &m, NULL, &err);

		if (e != d->code || err.offset != d->offset || !err.msg[0] || m)
			fail_msg("line %d: code %d at %llu: %s", d->line, e, (unsigned long long)err.offset, err.msg);
		tel_buf_unref(payload);
	}
}

/* ---- requests made by hand ---- */

enum { ROOM = 1 << 26 };

/* Resource, scope, metric "m", gauge, point opened; the caller writes fields of the point. */
typedef struct {
	tel__dynbuf b;
	size_t opened[5];
} maker;

static maker open_point(const char *name)
{
	static const uint8_t way[5] = { 1, 2, 2, 5, 1 };
	maker w;

	tel__dynbuf_init(&w.b, &tel__alloc_libc, ROOM);
	for (int i = 0; i < 5; i++) {
		w.opened[i] = tel__pb_add_open(&w.b, way[i]);
		if (i == 2)
			tel__pb_add_bytes(&w.b, 1, tel__slice_str(name));
	}
	return w;
}

static tel_buf *close_point(maker *w)
{
	tel_buf *buf = NULL;

	for (int i = 5; i--;)
		tel__pb_add_close(&w->b, w->opened[i]);
	assert_int_equal(tel__dynbuf_take(&w->b, &buf), TEL_OK);
	return buf;
}

/* An attribute whose value is nested: depth levels of AnyValue, arrays and lists in turn. Written from the inside. */
static tel_buf *nested(unsigned depth)
{
	maker w = open_point("m");
	tel__dynbuf value, outer;
	size_t kv;

	tel__dynbuf_init(&value, &tel__alloc_libc, ROOM);
	for (unsigned level = 1; level < depth; level++) {
		size_t list, item;

		tel__dynbuf_init(&outer, &tel__alloc_libc, ROOM);
		list = tel__pb_add_open(&outer, level & 1 ? 5 : 6);
		if (level & 1) {
			tel__pb_add_bytes(&outer, 1, tel__dynbuf_get(&value));
		} else {
			item = tel__pb_add_open(&outer, 1);
			tel__pb_add_bytes(&outer, 2, tel__dynbuf_get(&value));
			tel__pb_add_close(&outer, item);
		}
		tel__pb_add_close(&outer, list);
		tel__dynbuf_fini(&value);
		value = outer;
	}
	kv = tel__pb_add_open(&w.b, 7);
	tel__pb_add_bytes(&w.b, 2, tel__dynbuf_get(&value));
	tel__pb_add_close(&w.b, kv);
	tel__dynbuf_fini(&value);
	return close_point(&w);
}

static tel_err decode_error(tel_buf *payload, uint32_t max_depth, size_t max_bytes)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_metrics *m = NULL;
	tel_error err = TEL_ERROR_INIT;
	tel_err e;

	opts.max_depth = max_depth;
	opts.max_bytes = max_bytes;
	e = tel_otlp_decode(payload, &opts, &m, NULL, &err);
	assert_true(err.offset <= tel_buf_get(payload).len);
	tel_metrics_free(m);
	return e;
}

static void values_nest_64_levels_and_not_one_more(void **state)
{
	static const struct { unsigned depth; uint32_t max; tel_err want; } rows[] = {
		{ 1, 1, TEL_OK }, { 2, 1, TEL_ERR_LIMIT }, { 64, 0, TEL_OK }, { 65, 0, TEL_ERR_LIMIT }, { 64, 63, TEL_ERR_LIMIT },
		{ 2000, 0, TEL_ERR_LIMIT }, { 1, 65, TEL_ERR_ARG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		tel_buf *payload = nested(rows[i].depth);

		if (decode_error(payload, rows[i].max, 0) != rows[i].want)
			fail_msg("row %zu", i);
		tel_buf_unref(payload);
	}
}

static void amplification_is_refused_before_memory_is_taken(void **state)
{
	enum { SIZE = 20 << 20 };
	char *bytes = malloc(SIZE);
	tel_buf *payload;

	(void)state;
	assert_non_null(bytes);
	for (size_t i = 0; i < SIZE; i += 2) {
		bytes[i] = 0x0a;
		bytes[i + 1] = 0;
	}
	payload = copy((tel_slice){ bytes, SIZE });
	free(bytes);
	assert_int_equal(decode_error(payload, 0, 0), TEL_ERR_LIMIT);
	tel_buf_unref(payload);
	payload = copy(TEL_SLICE_LIT("\x0a\x00\x0a\x00"));
	assert_int_equal(decode_error(payload, 0, 100), TEL_ERR_LIMIT);
	assert_int_equal(decode_error(payload, 0, 0), TEL_OK);
	tel_buf_unref(payload);
}

/* resource { scope {} }, many times: 248 bytes of records for 4 of payload */
static tel_buf *empty_scopes(size_t count)
{
	tel__dynbuf b;
	tel_buf *buf = NULL;

	tel__dynbuf_init(&b, &tel__alloc_libc, 1 << 24);
	for (size_t i = 0; i < count; i++)
		tel__dynbuf_slice(&b, TEL_SLICE_LIT("\x0a\x02\x12\x00"));
	assert_int_equal(tel__dynbuf_take(&b, &buf), TEL_OK);
	return buf;
}

/* security.md S7: count x element size is charged before it is taken. */
static void the_index_is_charged_to_the_budget_for_as_long_as_it_lives(void **state)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_buf *few = empty_scopes(10), *many = empty_scopes(5000);
	tel_metrics *m = NULL, *branch = NULL, *head = NULL;
	tel__budget *budget = NULL;
	tel__budget_stats stats;
	size_t before;

	(void)state;
	opts.max_bytes = 1 << 24;
	assert_int_equal(tel__budget_new(NULL, 100 << 10, &budget), TEL_OK);
	assert_int_equal(tel__otlp_decode(many, &opts, budget, &m, NULL, NULL), TEL_ERR_BUDGET);
	tel__budget_get(budget, &stats);
	assert_int_equal(stats.reserved, 0);
	assert_true(stats.peak <= stats.limit);
	assert_int_equal(tel__otlp_decode(few, &opts, budget, &m, NULL, NULL), TEL_OK);
	tel__budget_get(budget, &stats);
	assert_true(stats.reserved >= 10 * 128);
	assert_int_equal(tel_metrics_share(m, &branch), TEL_OK);
	tel_metrics_free(m);
	tel__budget_get(budget, &stats);
	assert_true(stats.reserved >= 10 * 128);
	before = stats.reserved;
	assert_int_equal(tel_metrics_share(branch, &m), TEL_OK);
	assert_int_equal(tel_metrics_split(m, 1, &head), TEL_OK);
	assert_int_equal(tel_metrics_merge(branch, head), TEL_OK); /* writes: an arena of its own */
	tel__budget_get(budget, &stats);
	assert_true(stats.reserved > before);
	tel_metrics_free(head);
	tel_metrics_free(m);
	assert_int_equal(tel_metrics_compact(branch), TEL_OK);
	tel__budget_get(budget, &stats);
	assert_true(stats.reserved >= 20 * 128);
	tel_metrics_free(branch);
	tel__budget_get(budget, &stats);
	assert_int_equal(stats.reserved, 0);
	tel__budget_unref(budget);
	tel_buf_unref(few);
	tel_buf_unref(many);
}

/* A filter may leave the nodes and take what was between them: such bytes are read again behind the queue. */
static void bytes_that_were_validated_have_no_ceiling(void **state)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_buf *payload = empty_scopes(5000);
	tel_metrics *m = NULL;

	(void)state;
	assert_int_equal(decode_error(payload, 0, 0), TEL_ERR_LIMIT);
	opts.flags = TEL_OTLP_TRUSTED;
	assert_int_equal(tel_otlp_decode(payload, &opts, &m, NULL, NULL), TEL_OK);
	tel_metrics_free(m);
	opts.max_bytes = 1000;
	assert_int_equal(tel_otlp_decode(payload, &opts, &m, NULL, NULL), TEL_ERR_LIMIT);
	tel_buf_unref(payload);
}

static void an_empty_request_is_an_empty_batch(void **state)
{
	tel_buf *payload = copy((tel_slice){ NULL, 0 });
	tel_metrics *m = NULL;
	tel_otlp_report report = TEL_OTLP_REPORT_INIT;

	(void)state;
	assert_int_equal(tel_otlp_decode(payload, NULL, &m, &report, NULL), TEL_OK);
	assert_int_equal(report.rejected_nodes, 0);
	assert_bytes_back(m, (tel_slice){ NULL, 0 }, "empty");
	tel_metrics_free(m);
	tel_buf_unref(payload);
}

/* ---- text ---- */

typedef struct {
	int line;
	const char *bytes; /* one resource with two scopes, the damaged text in one node; a whole request */
	size_t len;
	uint64_t nodes, points; /* cut out */
	const char *left;
	size_t left_len;
} bad_text;
#define BAD(text, nodes, points, left) { __LINE__, text, sizeof(text) - 1, nodes, points, left, sizeof(left) - 1 }
/* metric { name, gauge { point } } */
#define GOOD "\x12\x07\x0a\x01" "a*\x02\x0a\x00"

static const bad_text bad_texts[] = {
	/* name */
	BAD("\x0a\x14\x12\x12" GOOD "\x12\x07\x0a\x01\xff*\x02\x0a\x00", 1, 1, "\x0a\x0b\x12\x09" GOOD),
	/* description, of the first */
	BAD("\x0a\x12\x12\x10" "\x12\x05\x12\x03\xed\xa0\x80" GOOD, 1, 0, "\x0a\x0b\x12\x09" GOOD),
	/* unit, overlong */
	BAD("\x0a\x11\x12\x0f" "\x12\x04\x1a\x02\xc0\x80" GOOD, 1, 0, "\x0a\x0b\x12\x09" GOOD),
	/* key of an attribute that is plain */
	BAD("\x0a\x1c\x12\x1a" GOOD "\x12\x0f*\x0d\x0a\x0b:\x09\x0a\x01\xff\x12\x04\x0a\x02" "ok", 1, 1,
	    "\x0a\x0b\x12\x09" GOOD),
	/* value of one */
	BAD("\x0a\x1c\x12\x1a" GOOD "\x12\x0f*\x0d\x0a\x0b:\x09\x0a\x01k\x12\x04\x0a\x02" "o\x80", 1, 1,
	    "\x0a\x0b\x12\x09" GOOD),
	/* in an array */
	BAD("\x0a\x1c\x12\x1a" GOOD "\x12\x0f*\x0d\x0a\x0b:\x09\x12\x07*\x05\x0a\x03\x0a\x01\xff", 1, 1,
	    "\x0a\x0b\x12\x09" GOOD),
	/* metadata */
	BAD("\x0a\x12\x12\x10" GOOD "\x12\x05" "b\x03\x0a\x01\xff", 1, 0, "\x0a\x0b\x12\x09" GOOD),
	/* the only metric: its envelopes go too */
	BAD("\x0a\x0b\x12\x09\x12\x07\x0a\x01\xff*\x02\x0a\x00", 1, 1, ""),
	/* name of a scope; the other scope stays */
	BAD("\x0a\x1b\x12\x0e\x0a\x03\x0a\x01\xff" GOOD "\x12\x09" GOOD, 1, 1, "\x0a\x0b\x12\x09" GOOD),
	/* schema URL of a scope */
	BAD("\x0a\x19\x12\x0c" GOOD "\x1a\x01\xff\x12\x09" GOOD, 1, 1, "\x0a\x0b\x12\x09" GOOD),
	/* attribute of a resource; the other resource stays */
	BAD("\x0a\x12\x0a\x05\x0a\x03\x0a\x01\xff\x12\x09" GOOD "\x0a\x0b\x12\x09" GOOD, 1, 1, "\x0a\x0b\x12\x09" GOOD),
	/* id key of an entity */
	BAD("\x0a\x12\x0a\x05\x1a\x03\x1a\x01\xff\x12\x09" GOOD "\x0a\x0b\x12\x09" GOOD, 1, 1, "\x0a\x0b\x12\x09" GOOD),
	/* bytes and unknown fields are not text */
	BAD("\x0a\x16\x12\x14\x12\x12*\x10\x0a\x0e:\x05\x12\x03:\x01\xff\xa2\x06\x04\xff\xff\xff\xff", 0, 0,
	    "\x0a\x16\x12\x14\x12\x12*\x10\x0a\x0e:\x05\x12\x03:\x01\xff\xa2\x06\x04\xff\xff\xff\xff"),
};

static void the_node_with_bad_text_is_cut_out_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad_texts / sizeof *bad_texts; i++) {
		const bad_text *t = &bad_texts[i];
		tel_buf *payload = copy((tel_slice){ t->bytes, t->len }), *back = NULL;
		tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
		tel_otlp_report report = TEL_OTLP_REPORT_INIT;
		tel_metrics *m = NULL;
		tel_error err = TEL_ERROR_INIT;

		if (tel_otlp_decode(payload, NULL, &m, &report, &err) != TEL_OK)
			fail_msg("line %d: %s at %llu", t->line, err.msg, (unsigned long long)err.offset);
		if (report.rejected_nodes != t->nodes || report.rejected_points != t->points ||
		    (t->nodes != 0) != (report.message[0] != 0))
			fail_msg("line %d: %llu nodes, %llu points: %s", t->line, (unsigned long long)report.rejected_nodes,
			         (unsigned long long)report.rejected_points, report.message);
		assert_int_equal(tel_otlp_encode(m, &back, NULL), TEL_OK);
		if (!tel__slice_eq(tel_buf_get(back), (tel_slice){ t->left, t->left_len }))
			fail_msg("line %d: something else is left", t->line);
		tel_metrics_free(m);
		tel_buf_unref(back);

		opts.flags = TEL_OTLP_FORWARD_BAD_UTF8;
		assert_int_equal(tel_otlp_decode(payload, &opts, &m, &report, NULL), TEL_OK);
		assert_int_equal(report.rejected_nodes, 0);
		assert_bytes_back(m, tel_buf_get(payload), "forwarded");
		tel_metrics_free(m);
		tel_buf_unref(payload);
	}
}

/* ---- proto3's merge rule ---- */

typedef struct {
	int line;
	const char *bytes, *merged;
	size_t len, merged_len;
} merge;
#define MERGE(text, merged) { __LINE__, text, merged, sizeof(text) - 1, sizeof(merged) - 1 }

static const merge merges[] = {
	/* Resource twice: attributes a and b */
	MERGE("\x0a\x0e\x0a\x05\x0a\x03\x0a\x01" "a\x0a\x05\x0a\x03\x0a\x01" "b",
	      "\x0a\x0c\x0a\x0a\x0a\x03\x0a\x01" "a\x0a\x03\x0a\x01" "b"),
	/* gauge twice: the points of both */
	MERGE("\x0a\x0e\x12\x0c\x12\x0a*\x02\x0a\x00*\x04\x0a\x00\x0a\x00",
	      "\x0a\x0c\x12\x0a\x12\x08*\x06\x0a\x00\x0a\x00\x0a\x00"),
	/* gauge, then sum: the sum */
	MERGE("\x0a\x0e\x12\x0c\x12\x0a*\x02\x0a\x00:\x04\x0a\x00\x0a\x00", "\x0a\x0a\x12\x08\x12\x06:\x04\x0a\x00\x0a\x00"),
	/* as_double, then as_int */
	MERGE("\x0a\x1a\x12\x18\x12\x16*\x14\x0a\x12\x21........1........", "\x0a\x11\x12\x0f\x12\x0d*\x0b\x0a\x09""1........"),
	/* KeyValue.value twice: array [int 1] and array [int 2] */
	MERGE("\x0a\x1a\x12\x18\x12\x16*\x14\x0a\x12:\x10\x12\x06*\x04\x0a\x02\x18\x01\x12\x06*\x04\x0a\x02\x18\x02",
	      "\x0a\x16\x12\x14\x12\x12*\x10\x0a\x0e:\x0c\x12\x0a*\x08\x0a\x02\x18\x01\x0a\x02\x18\x02"),
	/* AnyValue: int, then string */
	MERGE("\x0a\x11\x12\x0f\x12\x0d*\x0b\x0a\x09:\x07\x12\x05\x18\x01\x0a\x01x", "\x0a\x0f\x12\x0d\x12\x0b*\x09\x0a\x07:\x05\x12\x03\x0a\x01x"),
};

static void singular_messages_that_come_twice_are_merged(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof merges / sizeof *merges; i++) {
		const merge *t = &merges[i];
		tel_buf *payload = copy((tel_slice){ t->bytes, t->len }), *back = NULL;
		tel_otlp_report report = TEL_OTLP_REPORT_INIT;
		tel_metrics *m = NULL;
		tel_error err = TEL_ERROR_INIT;

		if (tel_otlp_decode(payload, NULL, &m, &report, &err) != TEL_OK)
			fail_msg("line %d: %s at %llu", t->line, err.msg, (unsigned long long)err.offset);
		assert_int_equal(report.merged_nodes, 1);
		assert_int_equal(tel_otlp_encode(m, &back, NULL), TEL_OK);
		if (!tel__slice_eq(tel_buf_get(back), (tel_slice){ t->merged, t->merged_len }))
			fail_msg("line %d: merged to something else", t->line);
		tel_metrics_free(m);
		tel_buf_unref(back);
		tel_buf_unref(payload);
	}
}

/* Each level of nesting needs joining, and the big part is innermost: copies of copies must not pile up. */
static void nested_merging_takes_bounded_memory(void **state)
{
	failalloc f;
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	maker w = open_point("m");
	tel__dynbuf value, outer;
	tel_metrics *m = NULL;
	tel_buf *payload;
	tel_err e;

	(void)state;
	tel__dynbuf_init(&value, &tel__alloc_libc, ROOM);
	for (int i = 0; i < 10000; i++)
		tel__pb_add_bytes(&value, 7, TEL_SLICE_LIT("0123456789"));
	for (int level = 0; level < 60; level++) {
		size_t list;

		tel__dynbuf_init(&outer, &tel__alloc_libc, ROOM);
		list = tel__pb_add_open(&outer, 5); /* an empty array, and one with the rest */
		tel__pb_add_close(&outer, list);
		list = tel__pb_add_open(&outer, 5);
		tel__pb_add_bytes(&outer, 1, tel__dynbuf_get(&value));
		tel__pb_add_close(&outer, list);
		tel__dynbuf_fini(&value);
		value = outer;
	}
	size_t kv = tel__pb_add_open(&w.b, 7);
	tel__pb_add_bytes(&w.b, 2, tel__dynbuf_get(&value));
	tel__pb_add_close(&w.b, kv);
	tel__dynbuf_fini(&value);
	payload = close_point(&w);
	failalloc_init(&f);
	opts.alloc = &f.alloc;
	e = tel_otlp_decode(payload, &opts, &m, NULL, NULL);
	assert_true(e == TEL_OK || e == TEL_ERR_LIMIT);
	assert_true(f.peak_bytes < 16 * tel_buf_get(payload).len);
	tel_metrics_free(m);
	assert_true(failalloc_is_clean(&f));
	tel_buf_unref(payload);
}

static void unknown_fields_of_the_request_stay_when_the_rest_changes(void **state)
{
	/* unknown 2, resource, unknown 3, resource, unknown 2 */
	tel_buf *payload = copy(TEL_SLICE_LIT("\x10\x01\x0a\x00\x18\x02\x0a\x00\x10\x03")), *back = NULL;
	tel_otlp_report report = TEL_OTLP_REPORT_INIT;
	tel_metrics *m = NULL, *head = NULL;

	(void)state;
	assert_int_equal(tel_otlp_decode(payload, NULL, &m, &report, NULL), TEL_OK);
	assert_int_equal(report.unknown_fields, 3);
	assert_int_equal(tel_metrics_share(m, &head), TEL_OK);
	assert_int_equal(tel_metrics_merge(m, head), TEL_OK);
	assert_int_equal(tel_otlp_encode(m, &back, NULL), TEL_OK);
	assert_true(tel__slice_eq(tel_buf_get(back), TEL_SLICE_LIT("\x0a\x00\x0a\x00\x0a\x00\x0a\x00"
	                                                           "\x10\x01\x18\x02\x10\x03\x10\x01\x18\x02\x10\x03")));
	tel_buf_unref(back);
	tel_metrics_free(head);
	tel_metrics_free(m);
	tel_buf_unref(payload);
}

static void arguments_are_checked(void **state)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_buf *payload = copy((tel_slice){ NULL, 0 });
	tel_metrics *m = NULL;

	(void)state;
	opts.flags = 4;
	assert_int_equal(tel_otlp_decode(payload, &opts, &m, NULL, NULL), TEL_ERR_ARG);
	assert_int_equal(tel_otlp_decode(NULL, NULL, &m, NULL, NULL), TEL_ERR_ARG);
	assert_int_equal(tel_otlp_decode(payload, NULL, NULL, NULL, NULL), TEL_ERR_ARG);
	assert_null(m);
	assert_int_equal(tel_otlp_encode(NULL, &payload, NULL), TEL_ERR_ARG);
	tel_buf_unref(payload);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sdk_requests_come_back_byte_for_byte),
		cmocka_unit_test(a_request_that_broke_another_decoder_is_read),
		cmocka_unit_test(merging_concatenates),
		cmocka_unit_test(trusted_bytes_give_the_same_batch),
		cmocka_unit_test(requests_cut_at_every_byte_are_refused_with_an_offset),
		cmocka_unit_test(damage_is_refused_with_its_place),
		cmocka_unit_test(values_nest_64_levels_and_not_one_more),
		cmocka_unit_test(amplification_is_refused_before_memory_is_taken),
		cmocka_unit_test(the_index_is_charged_to_the_budget_for_as_long_as_it_lives),
		cmocka_unit_test(bytes_that_were_validated_have_no_ceiling),
		cmocka_unit_test(an_empty_request_is_an_empty_batch),
		cmocka_unit_test(the_node_with_bad_text_is_cut_out_alone),
		cmocka_unit_test(singular_messages_that_come_twice_are_merged),
		cmocka_unit_test(nested_merging_takes_bounded_memory),
		cmocka_unit_test(unknown_fields_of_the_request_stay_when_the_rest_changes),
		cmocka_unit_test(arguments_are_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
