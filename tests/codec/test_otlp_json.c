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

static void check_case(const char *dir, const char *name)
{
	char path[1024];
	struct text bytes, expected;
	tel__dynbuf json;
	tel_metrics *m;
	int stem = (int)strlen(name) - 4;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	bytes = read_file(path);
	snprintf(path, sizeof path, "%s/%.*s.expected.json", dir, stem, name);
	expected = read_file(path);
	m = decode(&bytes);
	tel__dynbuf_init(&json, &tel__alloc_libc, JSON_MAX);
	assert_int_equal(tel__otlp_json_write(m, &json), TEL_OK);
	tel__dynbuf_byte(&json, '\0');
	compare(name, json.ptr, expected.ptr);
	tel__dynbuf_fini(&json);
	tel_metrics_free(m);
	free(bytes.ptr);
	free(expected.ptr);
}

static void every_request_of_the_set_reads_as_expected(void **state)
{
	const char *shared = getenv("TEL_SHARED");
	struct dirent *entry;
	unsigned seen = 0;
	char dir[512];
	size_t n;
	DIR *d;

	(void)state;
	snprintf(dir, sizeof dir, "%s/conformance/otlp", shared ? shared : "");
	d = opendir(dir);
	if (!d)
		skip(); /* the conformance set is not there: TEL_SHARED */
	while ((entry = readdir(d))) {
		n = strlen(entry->d_name);
		if (n < 4 || strcmp(entry->d_name + n - 4, ".bin") != 0)
			continue;
		check_case(dir, entry->d_name);
		seen++;
	}
	closedir(d);
	assert_true(seen > 100);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_request_of_the_set_reads_as_expected),
		cmocka_unit_test(all_kinds_of_fields_have_their_form),
		cmocka_unit_test(text_that_is_not_utf8_becomes_replacement_characters),
		cmocka_unit_test(batches_that_were_split_are_written_as_if_they_were_whole),
		cmocka_unit_test(the_ceiling_of_the_output_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
