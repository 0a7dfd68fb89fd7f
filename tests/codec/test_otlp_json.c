/* SPDX-License-Identifier: Apache-2.0 */
/* The conformance set, decoded and written as OTLP/JSON, token by token against what an independent decoder read. Both
 * write members in the order of their field numbers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <telemetry/otlp.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "codec/otlp_json_write.h"
#include "model/sample.h"
#include "seams/cm.h"
#include "seams/conformance.h"
#include "torture/torture.h"

enum { JSON_MAX = 64 << 20 };

/* A token: punctuation as it stands, a string unescaped, a number as its bits. */
struct token {
	char kind; /* one of {}[],: or s for a string, n for a number, w for a word, 0 at the end */
	double number;
	tel__dynbuf string;
};

static unsigned hex4(const char *p)
{
	unsigned v = 0;

	for (int i = 0; i < 4; i++)
		v = v << 4 | (unsigned)(p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
	return v;
}

static void put_utf8(tel__dynbuf *out, unsigned c)
{
	if (c < 0x80) {
		tel__dynbuf_byte(out, (char)c);
	} else if (c < 0x800) {
		tel__dynbuf_byte(out, (char)(0xc0 | c >> 6));
		tel__dynbuf_byte(out, (char)(0x80 | (c & 63)));
	} else {
		if (c >= 0x10000) {
			tel__dynbuf_byte(out, (char)(0xf0 | c >> 18));
			tel__dynbuf_byte(out, (char)(0x80 | (c >> 12 & 63)));
		} else {
			tel__dynbuf_byte(out, (char)(0xe0 | c >> 12));
		}
		tel__dynbuf_byte(out, (char)(0x80 | (c >> 6 & 63)));
		tel__dynbuf_byte(out, (char)(0x80 | (c & 63)));
	}
}

static const char *read_escape(const char *p, tel__dynbuf *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *found;
	unsigned c;

	if (*p != 'u') {
		found = strchr(from, *p);
		assert_non_null(found);
		tel__dynbuf_byte(out, to[found - from]);
		return p + 1;
	}
	c = hex4(p + 1);
	p += 5;
	if (c >= 0xd800 && c < 0xdc00) {
		assert_true(p[0] == '\\' && p[1] == 'u');
		c = 0x10000 + ((c - 0xd800) << 10) + (hex4(p + 2) - 0xdc00);
		p += 6;
	}
	put_utf8(out, c);
	return p;
}

static const char *next_token(const char *p, struct token *t)
{
	const char *start;

	tel__dynbuf_reset(&t->string);
	while (*p && strchr(" \n\r\t", *p))
		p++;
	t->kind = *p;
	if (*p == '\0' || strchr("{}[],:", *p))
		return *p ? p + 1 : p;
	if (*p == '"') {
		t->kind = 's';
		for (p++; *p != '"';) {
			assert_true((unsigned char)*p >= 0x20);
			if (*p == '\\')
				p = read_escape(p + 1, &t->string);
			else
				tel__dynbuf_byte(&t->string, *p++);
		}
		return p + 1;
	}
	for (start = p; *p && !strchr(" \n\r\t{}[],:", *p); p++)
		;
	t->kind = 'w';
	tel__dynbuf_put(&t->string, start, (size_t)(p - start));
	if (*start == '-' || (*start >= '0' && *start <= '9')) {
		t->kind = 'n';
		assert_int_equal(tel__num_parse_double(tel__dynbuf_get(&t->string), &t->number), TEL_OK);
	}
	return p;
}

static void init_token(struct token *t)
{
	t->kind = 0;
	tel__dynbuf_init(&t->string, &tel__alloc_libc, JSON_MAX);
}

static void compare(const char *name, const char *ours, const char *theirs)
{
	struct token a, b;
	const char *at;

	init_token(&a);
	init_token(&b);
	do {
		at = ours;
		ours = next_token(ours, &a);
		theirs = next_token(theirs, &b);
		if (a.kind != b.kind || (a.kind == 'n' ? memcmp(&a.number, &b.number, sizeof a.number) != 0
		                                       : !tel__slice_eq(tel__dynbuf_get(&a.string), tel__dynbuf_get(&b.string))))
			fail_msg("%s: ours has %.60s where %.*s is expected", name, at, (int)b.string.len, b.string.ptr);
	} while (a.kind);
	tel__dynbuf_fini(&a.string);
	tel__dynbuf_fini(&b.string);
}

static tel_metrics *decode(const conformance_file *t)
{
	tel_metrics *m = NULL;
	tel_buf *buf = NULL;

	assert_int_equal(tel_buf_copy(NULL, (tel_slice){ t->ptr, t->len }, &buf), TEL_OK);
	assert_int_equal(tel_otlp_decode(buf, NULL, &m, NULL, NULL), TEL_OK);
	tel_buf_unref(buf);
	return m;
}

static void compare_batch(const char *name, const tel_metrics *m, const conformance_file *expected)
{
	tel__dynbuf json;

	tel__dynbuf_init(&json, &tel__alloc_libc, JSON_MAX);
	assert_int_equal(tel__otlp_json_write(m, &json), TEL_OK);
	tel__dynbuf_byte(&json, '\0');
	compare(name, json.ptr, expected->ptr);
	tel__dynbuf_fini(&json);
}

static tel_metrics *read_json(const char *name, const conformance_file *t)
{
	tel_error err = TEL_ERROR_INIT;
	tel_metrics *m = NULL;

	if (tel_otlp_json_decode((tel_slice){ t->ptr, t->len }, NULL, &m, NULL, &err) != TEL_OK)
		fail_msg("%s: %s", name, err.msg);
	return m;
}

static conformance set;

/* What the Collector refuses and we take, on purpose (doc/differences.md). Nothing that it takes is refused here. */
static const struct {
	const char *name, *why;
} accepted_here[] = {
	{ "node-json-gauges.json", "null for a number: NaN and infinities of Node" },
	{ "node-json-observables.json", "null for a number: NaN of Node" },
	{ "rust-json-unicode.json", "null for a number: NaN in attributes of Rust" },
};
enum { ACCEPTED_HERE = sizeof accepted_here / sizeof accepted_here[0] };

static struct figures {
	unsigned protobuf, json, both_accept, both_refuse, only_here;
} seen;

static void check_protobuf(const char *name)
{
	conformance_file bytes = conformance_read(&set, name), expected;
	tel_metrics *m, *back;

	assert_true(conformance_beside(&set, name, conformance_stem(name), ".expected.json", &expected));
	m = decode(&bytes);
	compare_batch(name, m, &expected);
	/* and the other way: what the independent decoder wrote reads as the same; but for the bits of a NaN */
	back = read_json(name, &expected);
	compare_batch(name, back, &expected);
	if (!strstr(expected.ptr, "\"NaN\"") && !tel_metrics_equal(m, back, NULL))
		fail_msg("%s: not equal", name);
	tel_metrics_free(back);
	tel_metrics_free(m);
	free(bytes.ptr);
	free(expected.ptr);
	seen.protobuf++;
}

static bool is_accepted_here(const char *name)
{
	for (size_t i = 0; i < ACCEPTED_HERE; i++)
		if (strcmp(accepted_here[i].name, name) == 0)
			return true;
	return false;
}

/* Our verdict is the Collector's, but for the list above; what we accept reads as expected. */
static void check_json(const char *name)
{
	size_t stem = conformance_stem(name);
	conformance_file body = conformance_read(&set, name), expected = { NULL, 0 }, verdict;
	tel_error err = TEL_ERROR_INIT;
	tel_metrics *m = NULL;
	bool theirs;

	assert_true(conformance_beside(&set, name, stem, ".collector.json", &verdict));
	theirs = strstr(verdict.ptr, "\"accepted\"") != NULL;
	assert_true(theirs || strstr(verdict.ptr, "\"rejected\""));
	(void)tel_otlp_json_decode((tel_slice){ body.ptr, body.len }, NULL, &m, NULL, &err);
	if ((m != NULL) != (theirs || is_accepted_here(name)))
		fail_msg("%s: the Collector %s it, we %s it: %s", name, theirs ? "accepts" : "refuses", m ? "accept" : "refuse", err.msg);
	if (m) {
		if (!conformance_beside(&set, name, stem, ".collector-expected.json", &expected) &&
		    !conformance_beside(&set, name, stem, ".expected.json", &expected))
			fail_msg("%s: no independent decoder takes it", name);
		compare_batch(name, m, &expected);
	}
	seen.both_accept += m && theirs;
	seen.both_refuse += !m && !theirs;
	seen.only_here += m && !theirs;
	seen.json++;
	tel_metrics_free(m);
	free(body.ptr);
	free(verdict.ptr);
	free(expected.ptr);
}

static const char *const companions[] = { ".headers.json", ".expected.json", ".collector.json", ".collector-expected.json" };

static bool is_companion(const char *name)
{
	for (size_t i = 0; i < sizeof companions / sizeof companions[0]; i++)
		if (conformance_ends(name, companions[i]))
			return true;
	return false;
}

static void every_request_of_the_set_reads_as_expected(void **state)
{
	(void)state;
	if (!set.count)
		skip();
	for (size_t i = 0; i < set.count; i++)
		if (conformance_ends(set.names[i], ".bin"))
			check_protobuf(set.names[i]);
	assert_true(seen.protobuf >= 106);
}

static void every_json_request_of_the_set_gets_the_collectors_verdict(void **state)
{
	(void)state;
	if (!set.count)
		skip();
	for (size_t i = 0; i < set.count; i++)
		if (strstr(set.names[i], "-json-") && !is_companion(set.names[i]))
			check_json(set.names[i]);
	assert_int_equal(seen.only_here, ACCEPTED_HERE);
	assert_true(seen.json >= 20);
}

/* The example of the OTLP project is written for people: blanks, and members in an order of its own. */
static void the_example_of_the_project_reads_as_what_it_is_written_as(void **state)
{
	conformance_file text;
	tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;
	tel_metrics *m, *back;
	tel__dynbuf json;

	(void)state;
	if (!set.count)
		skip();
	text = conformance_read(&set, "examples-metrics.json");
	m = read_json("examples-metrics.json", &text);
	tel_metrics_count(m, &counts);
	assert_int_equal(counts.metrics, 4);
	assert_int_equal(counts.points, 4);
	tel__dynbuf_init(&json, &tel__alloc_libc, JSON_MAX);
	assert_int_equal(tel__otlp_json_write(m, &json), TEL_OK);
	assert_int_equal(tel_otlp_json_decode(tel__dynbuf_get(&json), NULL, &back, NULL, NULL), TEL_OK);
	assert_true(tel_metrics_equal(m, back, NULL));
	tel__dynbuf_fini(&json);
	tel_metrics_free(back);
	tel_metrics_free(m);
	free(text.ptr);
}

/* Requests seen by the tests above, files beside them, and the example are all that there is. */
static void every_file_of_the_set_is_used(void **state)
{
	size_t beside = 0;

	(void)state;
	if (!set.count)
		skip();
	for (size_t i = 0; i < set.count; i++) {
		const char *name = set.names[i];
		conformance_file body;
		if (!is_companion(name))
			continue;
		if (!conformance_beside(&set, name, conformance_stem(name), ".bin", &body) &&
		    !conformance_beside(&set, name, conformance_stem(name), ".json", &body))
			fail_msg("%s: beside nothing", name);
		free(body.ptr);
		beside++;
	}
	assert_int_equal(seen.protobuf + seen.json + beside + 1, set.count);
	print_message("# otlp: %u protobuf and %u JSON requests, %zu files beside them, 1 example, of %zu; JSON: %u accepted as by the "
	              "Collector, %u refused as by it, %u accepted only here\n",
	              seen.protobuf, seen.json, beside, set.count, seen.both_accept, seen.both_refuse, seen.only_here);
}

static int open_set(void **state)
{
	(void)state;
	(void)conformance_open(&set, "otlp");
	return 0;
}

static int close_set(void **state)
{
	(void)state;
	conformance_close(&set);
	return 0;
}

static tel_metrics *sample(void)
{
	tel_builder *b = NULL;
	tel_metrics *m = NULL;

	assert_int_equal(tel_builder_new(NULL, 0, &b), TEL_OK);
	sample_build(b);
	assert_int_equal(tel_builder_finish(b, &m, NULL), TEL_OK);
	tel_builder_free(b);
	return m;
}

static void all_kinds_of_fields_have_their_form(void **state)
{
	static const char *const parts[] = {
		"\"schemaUrl\":\"https://schema/1\"",
		"{\"key\":\"inner\",\"value\":{\"boolValue\":true}}",
		"{\"arrayValue\":{\"values\":[{\"intValue\":\"-1\"},{\"stringValue\":\"two\"},{}]}}",
		"\"droppedAttributesCount\":3",
		"\"description\":\"Temperature \\\"now\\\"\"",
		"\"metadata\":[{\"key\":\"source\",\"value\":{\"bytesValue\":\"AAH/\"}}]",
		"\"stringValue\":\"k\xc3\xbc" "che\\n\"",
		"\"spanId\":\"0102030405060708\",\"traceId\":\"30313233343536373839616263646566\"",
		"\"asDouble\":-0,\"flags\":2",
		"\"asInt\":\"-9223372036854775808\"",
		"\"aggregationTemporality\":2,\"isMonotonic\":true",
		"\"count\":\"301\",\"sum\":12.5,\"bucketCounts\":[\"1\",\"0\",\"300\",\"1099511627776\"],\"explicitBounds\":[0.5,1,10]",
		"\"scale\":-3,\"zeroCount\":\"2\",\"positive\":{\"offset\":-11,\"bucketCounts\":[\"1\",\"0\",\"300\",\"1099511627776\"]}",
		"\"negative\":{\"offset\":5}",
		"\"quantileValues\":[{\"quantile\":0.5,\"value\":2},{\"quantile\":0.99,\"value\":3.25}]",
		"{\"name\":\"empty\",\"gauge\":{}}",
	};
	tel_metrics *m = sample();
	tel__dynbuf json;

	(void)state;
	tel__dynbuf_init(&json, &tel__alloc_libc, JSON_MAX);
	assert_int_equal(tel__otlp_json_write(m, &json), TEL_OK);
	tel__dynbuf_byte(&json, '\0');
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
		if (!strstr(json.ptr, parts[i]))
			fail_msg("no %s in %s", parts[i], json.ptr);
	tel__dynbuf_fini(&json);
	tel_metrics_free(m);
}

static void text_that_is_not_utf8_becomes_replacement_characters(void **state)
{
	static const char bytes[] = "\x0a\x0a\x0a\x08\x0a\x06\x0a\x04" "a\xff\x01\x7f";
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_metrics *m = NULL;
	tel_buf *buf = NULL;
	tel__dynbuf json;

	(void)state;
	opts.flags = TEL_OTLP_FORWARD_BAD_UTF8;
	assert_int_equal(tel_buf_copy(NULL, (tel_slice){ bytes, sizeof bytes - 1 }, &buf), TEL_OK);
	assert_int_equal(tel_otlp_decode(buf, &opts, &m, NULL, NULL), TEL_OK);
	tel_buf_unref(buf);
	tel__dynbuf_init(&json, &tel__alloc_libc, JSON_MAX);
	assert_int_equal(tel__otlp_json_write(m, &json), TEL_OK);
	tel__dynbuf_byte(&json, '\0');
	assert_non_null(strstr(json.ptr, "\"key\":\"a\\ufffd\\u0001\\u007f\""));
	tel__dynbuf_fini(&json);
	tel_metrics_free(m);
}

/* What split leaves in two pieces reads like what was encoded and decoded again. */
static void batches_that_were_split_are_written_as_if_they_were_whole(void **state)
{
	tel_metrics *m = sample(), *head = NULL, *again;
	tel__dynbuf direct, decoded;
	conformance_file t;
	tel_buf *buf;

	(void)state;
	tel__dynbuf_init(&direct, &tel__alloc_libc, JSON_MAX);
	tel__dynbuf_init(&decoded, &tel__alloc_libc, JSON_MAX);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(tel_metrics_split(m, 2, &head), TEL_OK);
		assert_int_equal(tel_otlp_encode(head, &buf, NULL), TEL_OK);
		t = (conformance_file){ (char *)(uintptr_t)tel_buf_get(buf).ptr, tel_buf_get(buf).len };
		again = decode(&t);
		tel__dynbuf_reset(&direct);
		tel__dynbuf_reset(&decoded);
		assert_int_equal(tel__otlp_json_write(head, &direct), TEL_OK);
		assert_int_equal(tel__otlp_json_write(again, &decoded), TEL_OK);
		assert_int_equal(direct.len, decoded.len);
		assert_memory_equal(direct.ptr, decoded.ptr, direct.len);
		assert_true(tel_metrics_equal(head, again, NULL));
		tel_buf_unref(buf);
		tel_metrics_free(again);
		tel_metrics_free(head);
	}
	tel__dynbuf_fini(&direct);
	tel__dynbuf_fini(&decoded);
	tel_metrics_free(m);
}

static void the_ceiling_of_the_output_is_kept(void **state)
{
	tel_metrics *m = sample();
	tel__dynbuf json;

	(void)state;
	tel__dynbuf_init(&json, &tel__alloc_libc, 100);
	assert_int_equal(tel__otlp_json_write(m, &json), TEL_ERR_LIMIT);
	tel__dynbuf_fini(&json);
	tel_metrics_free(m);
}

static tel_err write_bytes(const tel_alloc *alloc, void *user)
{
	tel_slice whole = tel_buf_get(user), pieces[2] = { tel__slice_sub(whole, 0, 7), tel__slice_sub(whole, 7, whole.len - 7) };
	tel_error err = TEL_ERROR_INIT;
	tel__dynbuf json;
	tel_err e;

	tel__dynbuf_init(&json, alloc, JSON_MAX);
	e = tel__otlp_json_write_bytes(pieces, 2, &json, &err);
	assert_true(e == TEL_OK ? json.len > 1000 : err.msg[0] != '\0');
	tel__dynbuf_fini(&json);
	return e;
}

static void requests_in_pieces_are_written_and_each_allocation_may_fail(void **state)
{
	tel_metrics *m = sample();
	tel_buf *buf = NULL;

	(void)state;
	assert_int_equal(tel_otlp_encode(m, &buf, NULL), TEL_OK);
	torture_alloc(write_bytes, buf);
	tel_buf_unref(buf);
	tel_metrics_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_request_of_the_set_reads_as_expected),
		cmocka_unit_test(every_json_request_of_the_set_gets_the_collectors_verdict),
		cmocka_unit_test(the_example_of_the_project_reads_as_what_it_is_written_as),
		cmocka_unit_test(every_file_of_the_set_is_used),
		cmocka_unit_test(all_kinds_of_fields_have_their_form),
		cmocka_unit_test(text_that_is_not_utf8_becomes_replacement_characters),
		cmocka_unit_test(batches_that_were_split_are_written_as_if_they_were_whole),
		cmocka_unit_test(requests_in_pieces_are_written_and_each_allocation_may_fail),
		cmocka_unit_test(the_ceiling_of_the_output_is_kept),
	};

	return cmocka_run_group_tests(tests, open_set, close_set);
}
