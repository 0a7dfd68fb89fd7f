/* SPDX-License-Identifier: Apache-2.0 */
/* The conformance set, decoded and written as OTLP/JSON, token by token against what an independent decoder read. Both
 * write members in the order of their field numbers. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <telemetry/otlp.h>

#include "base/mem.h"
#include "base/num.h"
#include "base/slice_i.h"
#include "codec/otlp_json_write.h"
#include "model/sample.h"
#include "torture/torture.h"

enum { JSON_MAX = 64 << 20 };

struct text {
	char *ptr;
	size_t len;
};

static struct text read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct text t;
	long size;

	if (!f)
		fail_msg("cannot open %s", path);
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	t.ptr = malloc((size_t)size + 1);
	assert_non_null(t.ptr);
	t.len = fread(t.ptr, 1, (size_t)size, f);
	assert_int_equal(t.len, size);
	t.ptr[t.len] = '\0';
	fclose(f);
	return t;
}

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

static tel_metrics *decode(const struct text *t)
{
	tel_metrics *m = NULL;
	tel_buf *buf = NULL;

	assert_int_equal(tel_buf_copy(NULL, (tel_slice){ t->ptr, t->len }, &buf), TEL_OK);
	assert_int_equal(tel_otlp_decode(buf, NULL, &m, NULL, NULL), TEL_OK);
	tel_buf_unref(buf);
	return m;
}

static void compare_batch(const char *name, const tel_metrics *m, const struct text *expected)
{
	tel__dynbuf json;

	tel__dynbuf_init(&json, &tel__alloc_libc, JSON_MAX);
	assert_int_equal(tel__otlp_json_write(m, &json), TEL_OK);
	tel__dynbuf_byte(&json, '\0');
	compare(name, json.ptr, expected->ptr);
	tel__dynbuf_fini(&json);
}

static tel_metrics *read_json(const char *name, const struct text *t)
{
	tel_error err = TEL_ERROR_INIT;
	tel_metrics *m = NULL;

	if (tel_otlp_json_decode((tel_slice){ t->ptr, t->len }, NULL, &m, NULL, &err) != TEL_OK)
		fail_msg("%s: %s", name, err.msg);
	return m;
}

/* name without its suffix, and another one behind; false = there is no such file. */
static bool read_beside(const char *dir, const char *name, size_t suffix, const char *other, struct text *ret_text)
{
	char path[1024];
	FILE *f;

	snprintf(path, sizeof path, "%s/%.*s%s", dir, (int)(strlen(name) - suffix), name, other);
	f = fopen(path, "rb");
	if (!f)
		return false;
	fclose(f);
	*ret_text = read_file(path);
	return true;
}

static void check_protobuf(const char *dir, const char *name)
{
	struct text bytes, expected;
	tel_metrics *m, *back;

	assert_true(read_beside(dir, name, 4, ".bin", &bytes));
	assert_true(read_beside(dir, name, 4, ".expected.json", &expected));
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
}

/* Where the Collector accepts a body, so do we; what we accept reads as expected. */
static void check_json(const char *dir, const char *name)
{
	struct text body, expected, verdict;
	tel_error err = TEL_ERROR_INIT;
	tel_metrics *m = NULL;
	bool known, accepted;

	assert_true(read_beside(dir, name, 5, ".json", &body));
	assert_true(read_beside(dir, name, 5, ".collector.json", &verdict));
	known = read_beside(dir, name, 5, ".collector-expected.json", &expected) ||
	        read_beside(dir, name, 5, ".expected.json", &expected);
	accepted = strstr(verdict.ptr, "\"accepted\"") != NULL;
	assert_true(known || !accepted);
	if (tel_otlp_json_decode((tel_slice){ body.ptr, body.len }, NULL, &m, NULL, &err) != TEL_OK && known)
		fail_msg("%s: %s", name, err.msg);
	if (m && !known)
		fail_msg("%s: no independent decoder takes it", name);
	if (m)
		compare_batch(name, m, &expected);
	tel_metrics_free(m);
	free(body.ptr);
	free(verdict.ptr);
	if (known)
		free(expected.ptr);
}

static bool ends(const char *name, const char *suffix)
{
	return tel__slice_ends(tel__slice_str(name), tel__slice_str(suffix));
}

static bool is_json_body(const char *name)
{
	return strstr(name, "-json-") && ends(name, ".json") && !ends(name, ".headers.json") &&
	       !ends(name, ".collector.json") && !ends(name, "expected.json");
}

static bool is_protobuf_body(const char *name)
{
	return ends(name, ".bin");
}

static void check_each(bool (*is_case)(const char *name), void (*check)(const char *dir, const char *name), unsigned least)
{
	const char *shared = getenv("TEL_SHARED");
	struct dirent *entry;
	unsigned seen = 0;
	char dir[512];
	DIR *d;

	snprintf(dir, sizeof dir, "%s/conformance/otlp", shared ? shared : "");
	d = opendir(dir);
	if (!d)
		skip(); /* the conformance set is not there: TEL_SHARED */
	while ((entry = readdir(d))) {
		if (!is_case(entry->d_name))
			continue;
		check(dir, entry->d_name);
		seen++;
	}
	closedir(d);
	assert_true(seen >= least);
}

static void every_request_of_the_set_reads_as_expected(void **state)
{
	(void)state;
	check_each(is_protobuf_body, check_protobuf, 100);
}

static void every_json_request_of_the_set_gets_the_collectors_verdict(void **state)
{
	(void)state;
	check_each(is_json_body, check_json, 20);
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
	struct text t;
	tel_buf *buf;

	(void)state;
	tel__dynbuf_init(&direct, &tel__alloc_libc, JSON_MAX);
	tel__dynbuf_init(&decoded, &tel__alloc_libc, JSON_MAX);
	for (unsigned i = 0; i < 5; i++) {
		assert_int_equal(tel_metrics_split(m, 2, &head), TEL_OK);
		assert_int_equal(tel_otlp_encode(head, &buf, NULL), TEL_OK);
		t = (struct text){ (char *)(uintptr_t)tel_buf_get(buf).ptr, tel_buf_get(buf).len };
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
		cmocka_unit_test(all_kinds_of_fields_have_their_form),
		cmocka_unit_test(text_that_is_not_utf8_becomes_replacement_characters),
		cmocka_unit_test(batches_that_were_split_are_written_as_if_they_were_whole),
		cmocka_unit_test(requests_in_pieces_are_written_and_each_allocation_may_fail),
		cmocka_unit_test(the_ceiling_of_the_output_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
