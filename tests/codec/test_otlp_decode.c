/* SPDX-License-Identifier: Apache-2.0 */
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

#include "base/slice_i.h"
#include "torture/torture.h"

static tel_buf *copy(tel_slice s)
{
	tel_buf *buf = NULL;

	assert_int_equal(tel_buf_copy(NULL, s, &buf), TEL_OK);
	return buf;
}

static tel_buf *read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *bytes;
	long size;
	tel_buf *buf;

	assert_non_null(f);
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	bytes = malloc((size_t)size + 1);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, (size_t)size, f), size);
	fclose(f);
	buf = copy((tel_slice){ bytes, (size_t)size });
	free(bytes);
	return buf;
}

static bool conformance_dir(char *out, size_t cap)
{
	const char *shared = getenv("TEL_SHARED");
	DIR *d;

	if (!shared)
		return false;
	snprintf(out, cap, "%s/conformance/otlp", shared);
	d = opendir(out);
	if (!d)
		return false;
	closedir(d);
	return true;
}

/* Calls fn with each request of the conformance set; false when the set is absent. */
static bool each_request(void (*fn)(const char *name, tel_buf *payload))
{
	char dir[512], path[1024];
	struct dirent *entry;
	unsigned seen = 0;
	DIR *d;

	if (!conformance_dir(dir, sizeof dir))
		return false;
	d = opendir(dir);
	assert_non_null(d);
	while ((entry = readdir(d))) {
		size_t n = strlen(entry->d_name);
		tel_buf *payload;

		if (n < 4 || strcmp(entry->d_name + n - 4, ".bin") != 0)
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
		payload = read_file(path);
		fn(entry->d_name, payload);
		tel_buf_unref(payload);
		seen++;
	}
	closedir(d);
	assert_true(seen > 50);
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

static void without_whole(const char *name, tel_buf *payload)
{
	tel_otlp_decode_opts opts = TEL_OTLP_DECODE_OPTS_INIT;
	tel_metrics *m = NULL, *head = NULL;
	tel_buf *a = NULL, *b = NULL;
	tel_metrics_counts all = TEL_METRICS_COUNTS_INIT, counts = TEL_METRICS_COUNTS_INIT;

	(void)name;
	opts.flags = TEL_OTLP_FORWARD_BAD_UTF8;
	assert_int_equal(tel_otlp_decode(payload, &opts, &m, NULL, NULL), TEL_OK);
	tel_metrics_count(m, &all);
	/* merging with itself doubles everything, and the first half of the bytes is the input */
	assert_int_equal(tel_metrics_share(m, &head), TEL_OK);
	assert_int_equal(tel_metrics_merge(m, head), TEL_OK);
	tel_metrics_count(m, &counts);
	assert_int_equal(counts.points, 2 * all.points);
	assert_int_equal(counts.metrics, 2 * all.metrics);
	assert_int_equal(counts.scopes, 2 * all.scopes);
	assert_int_equal(counts.resources, 2 * all.resources);
	assert_int_equal(counts.live_bytes, 2 * all.live_bytes);
	assert_int_equal(tel_otlp_encode(m, &a, NULL), TEL_OK);
	assert_int_equal(tel_buf_get(a).len, 2 * tel_buf_get(payload).len);
	assert_memory_equal(tel_buf_get(a).ptr, tel_buf_get(payload).ptr, tel_buf_get(payload).len);
	tel_buf_unref(a);
	tel_buf_unref(b);
	tel_metrics_free(head);
	tel_metrics_free(m);
}

static void merging_concatenates(void **state)
{
	(void)state;
	if (!each_request(without_whole))
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sdk_requests_come_back_byte_for_byte),
		cmocka_unit_test(merging_concatenates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
