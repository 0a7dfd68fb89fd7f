/* SPDX-License-Identifier: Apache-2.0 */
/* Exporters that need no network: file with its faults, debug, nop. */
#include "seams/cm.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <telemetry/otlp.h>

#include "base/slice_i.h"
#include "config/config_i.h"
#include "seams/failalloc.h"
#include "seams/fakefs.h"
#include "sink/exporters.h"
#include "sink/fake_exporter.h"

typedef struct local {
	failalloc mem;
	fakefs fs;
	tel_ctx *ctx;
	tel_config *config;
	tel__exporter_impl *impl;
	const tel__exporter_ops *ops;
	char path[64];
	unsigned answers;
	tel__export_verdict verdict;
	char log[1 << 16];
	size_t log_len;
	void (*handed)(void *arg); /* to the host's other thread, when it has one */
	void *handed_arg;
} local;

static void on_log(void *user, const tel_log_entry *e)
{
	local *l = user;
	l->log_len += (size_t)snprintf(l->log + l->log_len, sizeof l->log - l->log_len, TEL_SLICE_FMT, TEL_SLICE_ARG(e->msg));
	for (size_t i = 0; i < e->field_count; i++)
		l->log_len += (size_t)snprintf(l->log + l->log_len, sizeof l->log - l->log_len, " " TEL_SLICE_FMT "=%d",
		                               TEL_SLICE_ARG(e->fields[i].key), (int)e->fields[i].number);
	l->log_len += (size_t)snprintf(l->log + l->log_len, sizeof l->log - l->log_len, "\n");
	assert_true(l->log_len < sizeof l->log);
}

static const void *load(local *l, const char *type, const char *body)
{
	static const tel__key_table none = { .go_name = "none", .size = 1 };
	static const tel__component in = { .type = "in", .kind = TEL__KIND_RECEIVER, .keys = &none, .help = "none" };
	static const tel__component *const rows[] = { &in, &tel__debug_exporter, &tel__file_exporter, &tel__nop_exporter };
	static const tel_components table = { .rows = rows, .count = 4 };
	char text[1024];
	snprintf(text, sizeof text, "receivers: {in: }\nexporters: {%s: %s}\nservice: {pipelines: {metrics: {receivers: [in], "
	         "exporters: [%s]}}}\n", type, body, type);
	tel_config_source source = { TEL_SLICE_LIT("t"), tel__slice_str(text) };
	assert_ok(tel_config_load(&source, 1, &table, NULL, NULL, &l->config, NULL));
	const tel__config_component *c = tel__config_find(l->config, TEL__KIND_EXPORTER, tel__slice_str(type));
	l->ops = c->row->impl;
	return c->options;
}

static int hand_over(void *user, void (*fn)(void *arg), void *arg)
{
	local *l = user;
	l->handed = fn;
	l->handed_arg = arg;
	return 0;
}

static void local_init_in(local *l, const char *type, const char *body, bool thread)
{
	tel_ctx_opts opts = TEL_CTX_OPTS_INIT;
	tel_error err = TEL_ERROR_INIT;
	memset(l, 0, sizeof *l);
	failalloc_init(&l->mem);
	fakefs_init(&l->fs);
	opts.alloc = l->mem.alloc;
	opts.log = (tel_log_sink){ on_log, l, TEL_LOG_DEBUG };
	opts.offload = thread ? hand_over : NULL;
	opts.offload_user = l;
	assert_ok(tel_ctx_new(&opts, &l->ctx, NULL));
	tel__ctx_set_seams(l->ctx, NULL, &l->fs.ops, NULL);
	tel__exporter_env env = { .ctx = l->ctx, .id = tel__slice_str(type) };
	const void *options = load(l, type, body);
	if (l->ops->make(&env, options, &l->impl, &err) != TEL_OK)
		fail_msg("%s", err.msg);
}

static void local_init(local *l, const char *type, const char *body)
{
	local_init_in(l, type, body, false);
}

static void local_fini(local *l)
{
	l->ops->free(l->impl);
	tel_config_free(l->config);
	tel_ctx_free(l->ctx);
	assert_true(failalloc_is_clean(&l->mem));
}

static void on_done(void *user, const tel__export_outcome *o)
{
	local *l = user;
	l->answers++;
	l->verdict = o->verdict;
}

static uint64_t send_points(local *l, uint64_t points)
{
	uint64_t id;
	tel_buf *buf = fake_request(0, points);
	tel_slice all = tel_buf_get(buf);
	tel_slice parts[2] = { { all.ptr, all.len / 2 }, { all.ptr + all.len / 2, all.len - all.len / 2 } };
	tel__export_batch batch = { .slices = parts, .slice_count = 2, .bytes = all.len, .points = points, .attempt = 1,
		                    .deadline_mono_ns = UINT64_MAX };
	tel_error err = TEL_ERROR_INIT;
	if (l->ops->send(l->impl, &batch, on_done, l, &id, &err) != TEL_OK)
		fail_msg("%s", err.msg);
	tel_buf_unref(buf);
	return id;
}

static void turn(local *l)
{
	for (int i = 0; i < 5; i++)
		assert_ok(tel_ctx_run_once(l->ctx, 0));
}

/* ---- file ---- */

static void file_init(local *l, const char *more)
{
	char body[256];
	static unsigned number;
	char path[64];
	snprintf(path, sizeof path, "/tmp/tel-test-file-%d-%u", (int)getpid(), number++);
	snprintf(body, sizeof body, "{path: %s%s}", path, more);
	local_init(l, "file", body);
	snprintf(l->path, sizeof l->path, "%s", path);
}

static size_t read_file(const local *l, char *out, size_t cap)
{
	FILE *f = fopen(l->path, "rb");
	assert_non_null(f);
	size_t n = fread(out, 1, cap, f);
	fclose(f);
	return n;
}

/* Walks the length-delimited records; returns their number and the points of all. */
static unsigned read_records(const local *l, uint64_t *ret_points)
{
	static char bytes[1 << 20];
	size_t n = read_file(l, bytes, sizeof bytes), at = 0;
	unsigned records = 0;
	*ret_points = 0;
	while (at < n) {
		assert_true(n - at >= 4);
		const unsigned char *p = (const unsigned char *)bytes + at;
		size_t len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
		tel_buf *buf;
		tel_metrics *m;
		tel_metrics_counts counts = TEL_METRICS_COUNTS_INIT;
		assert_true(len <= n - at - 4);
		assert_ok(tel_buf_copy(NULL, (tel_slice){ bytes + at + 4, len }, &buf));
		assert_ok(tel_otlp_decode(buf, NULL, &m, NULL, NULL));
		tel_metrics_count(m, &counts);
		*ret_points += counts.points;
		tel_metrics_free(m);
		tel_buf_unref(buf);
		at += 4 + len;
		records++;
	}
	return records;
}

static void file_writes_length_delimited_records(void **state)
{
	(void)state;
	local l;
	uint64_t points;
	file_init(&l, ", format: proto");
	send_points(&l, 1);
	send_points(&l, 1000);
	assert_int_equal(l.answers, 0);
	turn(&l);
	assert_int_equal(l.answers, 2);
	assert_int_equal(read_records(&l, &points), 2);
	assert_int_equal(points, 1001);
	unlink(l.path);
	local_fini(&l);
}

static void file_writes_json_lines(void **state)
{
	(void)state;
	local l;
	static char text[1 << 20];
	file_init(&l, "");
	send_points(&l, 2);
	send_points(&l, 1);
	turn(&l);
	size_t n = read_file(&l, text, sizeof text);
	size_t lines = 0;
	for (size_t i = 0; i < n; i++)
		lines += text[i] == '\n';
	assert_int_equal(lines, 2);
	assert_memory_equal(text, "{\"resourceMetrics\":[", 20);
	assert_int_equal(text[n - 1], '\n');
	unlink(l.path);
	local_fini(&l);
}

static void file_survives_short_and_interrupted_writes(void **state)
{
	(void)state;
	local l;
	uint64_t points;
	static const fault faults[] = { { FAKEFS_WRITE, 1, false, 0, 3 }, { FAKEFS_WRITE, 2, false, EINTR, 0 },
		                        { FAKEFS_WRITE, 3, false, 0, 1 } };
	file_init(&l, ", format: proto");
	fakefs_plan(&l.fs, faults, 3);
	send_points(&l, 10);
	turn(&l);
	assert_int_equal(l.verdict, TEL__EXPORT_OK);
	assert_int_equal(read_records(&l, &points), 1);
	unlink(l.path);
	local_fini(&l);
}

static void a_record_that_broke_off_is_completed_before_the_next(void **state)
{
	(void)state;
	local l;
	uint64_t points;
	file_init(&l, ", format: proto");
	send_points(&l, 10);
	turn(&l);
	l.fs.room = 40; /* the disk is full in the middle of a record, and stays so */
	for (int i = 0; i < 3; i++) {
		send_points(&l, 20);
		turn(&l);
		assert_int_equal(l.verdict, TEL__EXPORT_RETRY);
	}
	l.fs.room = SIZE_MAX;
	send_points(&l, 20);
	turn(&l);
	assert_int_equal(l.verdict, TEL__EXPORT_OK);
	assert_int_equal(read_records(&l, &points), 3); /* the torn one, completed, and its repetition */
	assert_int_equal(points, 50);
	unlink(l.path);
	local_fini(&l);
}

static void file_says_nothing_after_cancel_and_frees_in_the_middle(void **state)
{
	(void)state;
	local l;
	file_init(&l, ", format: proto");
	uint64_t first = send_points(&l, 10), second = send_points(&l, 10);
	l.ops->cancel(l.impl, second);
	l.ops->cancel(l.impl, first);
	turn(&l);
	assert_int_equal(l.answers, 0);
	send_points(&l, 10);
	unlink(l.path);
	local_fini(&l);
	assert_int_equal(l.answers, 0);
}

static void a_write_that_outlives_its_exporter_is_given_back_with_the_context(void **state)
{
	(void)state;
	for (int turns = 0; turns < 2; turns++) {
		local l;
		char path[64], body[128];
		snprintf(path, sizeof path, "/tmp/tel-test-file-%d-thread", (int)getpid());
		snprintf(body, sizeof body, "{path: %s, format: proto}", path);
		local_init_in(&l, "file", body, true);
		snprintf(l.path, sizeof l.path, "%s", path);
		send_points(&l, 10);
		send_points(&l, 10); /* waits behind it */
		assert_non_null(l.handed);
		l.ops->free(l.impl);
		l.handed(l.handed_arg); /* the other thread is done now */
		if (turns) {
			tel_ctx_wakeup(l.ctx);
			turn(&l);
		}
		uint64_t points;
		assert_int_equal(read_records(&l, &points), 1);
		assert_int_equal(points, 10);
		tel_config_free(l.config);
		tel_ctx_free(l.ctx);
		assert_int_equal(l.answers, 0);
		assert_true(failalloc_is_clean(&l.mem));
		unlink(l.path);
	}
}

/* ---- debug, nop ---- */

static void debug_counts(void **state)
{
	(void)state;
	local l;
	local_init(&l, "debug", "{}");
	send_points(&l, 7);
	turn(&l);
	assert_int_equal(l.answers, 1);
	assert_string_equal(l.log, "Metrics resource metrics=1 metrics=1 data points=7\n");
	local_fini(&l);
}

static void debug_prints_when_asked(void **state)
{
	(void)state;
	local l;
	local_init(&l, "debug", "{verbosity: detailed}");
	send_points(&l, 2);
	turn(&l);
	assert_non_null(strstr(l.log, "a number that names the point"));
	local_fini(&l);
}

static void debug_samples(void **state)
{
	(void)state;
	local l;
	size_t lines = 0;
	local_init(&l, "debug", "{sampling_initial: 3, sampling_thereafter: 10}");
	for (int i = 0; i < 43; i++)
		send_points(&l, 1);
	turn(&l);
	for (size_t i = 0; i < l.log_len; i++)
		lines += l.log[i] == '\n';
	assert_in_range(lines, 7, 10); /* a new second may have begun */
	assert_int_equal(l.answers, 43);
	local_fini(&l);
}

static void nop_takes_everything(void **state)
{
	(void)state;
	local l;
	local_init(&l, "nop", "{}");
	for (int i = 0; i < 100; i++)
		send_points(&l, 1);
	uint64_t id = send_points(&l, 1);
	l.ops->cancel(l.impl, id);
	assert_int_equal(l.answers, 0);
	turn(&l);
	assert_int_equal(l.answers, 100);
	local_fini(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(file_writes_length_delimited_records),
		cmocka_unit_test(file_writes_json_lines),
		cmocka_unit_test(file_survives_short_and_interrupted_writes),
		cmocka_unit_test(a_record_that_broke_off_is_completed_before_the_next),
		cmocka_unit_test(file_says_nothing_after_cancel_and_frees_in_the_middle),
		cmocka_unit_test(a_write_that_outlives_its_exporter_is_given_back_with_the_context),
		cmocka_unit_test(debug_counts),
		cmocka_unit_test(debug_prints_when_asked),
		cmocka_unit_test(debug_samples),
		cmocka_unit_test(nop_takes_everything),
	};
	return cmocka_run_group_tests_name("sink/local", tests, NULL, NULL);
}
