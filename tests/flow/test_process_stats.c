/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/process_stats.h"

#include <errno.h>
#include <unistd.h>

#include "seams/cm.h"
#include "seams/fakefs.h"

/* Files that only exist here: path and content; read gives step bytes at once. */
typedef struct memory_file {
	const char *path, *text;
	size_t at;
} memory_file;

typedef struct memory_fs {
	memory_file files[3];
	size_t step;
	int fail_read; /* errno of the second read, 0 = none */
	unsigned reads, open;
} memory_fs;

static int memory_open(void *user, const char *path, int flags, unsigned mode)
{
	memory_fs *fs = user;

	(void)flags, (void)mode;
	for (int i = 0; i < 3; i++) {
		if (fs->files[i].path && strcmp(fs->files[i].path, path) == 0) {
			fs->files[i].at = 0;
			fs->reads = 0;
			fs->open++;
			return i;
		}
	}
	errno = ENOENT;
	return -1;
}

static ssize_t memory_read(void *user, int fd, void *buf, size_t len)
{
	memory_fs *fs = user;
	memory_file *f = &fs->files[fd];
	size_t left = strlen(f->text) - f->at;

	if (++fs->reads == 2 && fs->fail_read) {
		errno = fs->fail_read;
		return -1;
	}
	len = len < fs->step ? len : fs->step;
	len = len < left ? len : left;
	memcpy(buf, f->text + f->at, len);
	f->at += len;
	return (ssize_t)len;
}

static int memory_close(void *user, int fd)
{
	(void)fd;
	((memory_fs *)user)->open--;
	return 0;
}

#define STATM "/proc/self/statm"
#define STAT "/proc/self/stat"
#define V2 "/sys/fs/cgroup/memory.max"
#define V1 "/sys/fs/cgroup/memory/memory.limit_in_bytes"

static tel__process_stats stats_of(memory_fs *fs)
{
	const tel__fs_ops ops = { .open = memory_open, .read = memory_read, .close = memory_close, .user = fs };
	tel__process_stats stats;
	tel_ctx *ctx = NULL;

	assert_ok(tel_ctx_new(NULL, &ctx, NULL));
	tel__ctx_set_seams(ctx, NULL, &ops, NULL);
	tel__process_stats_read(ctx, &stats);
	tel_ctx_free(ctx);
	assert_int_equal(fs->open, 0);
	return stats;
}

static size_t limit_of(memory_fs *fs, bool *ret_cgroup)
{
	const tel__fs_ops ops = { .open = memory_open, .read = memory_read, .close = memory_close, .user = fs };
	tel_ctx *ctx = NULL;

	assert_ok(tel_ctx_new(NULL, &ctx, NULL));
	tel__ctx_set_seams(ctx, NULL, &ops, NULL);
	size_t limit = tel__process_memory_limit(ctx, ret_cgroup);
	tel_ctx_free(ctx);
	return limit;
}

/* A name with blanks and a parenthesis, as a program may give itself. */
#define STAT_LINE "77 (odd ) name) S 1 77 77 0 -1 4194560 1000 0 0 0 150 50 0 0 20 0 1 0 1234 1 2\n"

static void numbers_come_from_proc(void **state)
{
	(void)state;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	double ticks = (double)sysconf(_SC_CLK_TCK);
	for (size_t step = 1; step < 100; step += 7) { /* however the file is read */
		memory_fs fs = { { { STATM, "1000 300 100 10 0 200 0\n", 0 }, { STAT, STAT_LINE, 0 } }, step, 0, 0, 0 };
		tel__process_stats s = stats_of(&fs);
		assert_int_equal(s.virtual_bytes, 1000 * page);
		assert_int_equal(s.rss_bytes, 300 * page);
		assert_int_equal(s.private_bytes, 200 * page);
		assert_true(s.cpu_seconds == 200 / ticks);
	}
}

static void what_cannot_be_read_is_zero(void **state)
{
	(void)state;
	static const char *const texts[] = { "", "\n", "x y z", "1000", "1000 99999999999999999999 1", ")", "77 (x)" };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		memory_fs fs = { { { STATM, texts[i], 0 }, { STAT, texts[i], 0 } }, 100, 0, 0, 0 };
		tel__process_stats s = stats_of(&fs);
		assert_int_equal(s.rss_bytes, 0);
		assert_int_equal(s.private_bytes, 0);
		assert_true(s.cpu_seconds == 0);
	}
	memory_fs none = { .step = 1 };
	assert_int_equal(stats_of(&none).virtual_bytes, 0);
}

static void half_a_file_is_nothing_and_an_interrupted_read_goes_on(void **state)
{
	(void)state;
	memory_fs fs = { { { STATM, "1000 300 100\n", 0 } }, 6, EIO, 0, 0 };
	assert_int_equal(stats_of(&fs).virtual_bytes, 0);
	fs.fail_read = EINTR;
	assert_int_equal(stats_of(&fs).rss_bytes, 300 * (size_t)sysconf(_SC_PAGESIZE));
}

static void shared_pages_above_the_resident_ones_leave_nothing_private(void **state)
{
	(void)state;
	memory_fs fs = { { { STATM, "1000 300 301\n", 0 } }, 100, 0, 0, 0 };
	assert_int_equal(stats_of(&fs).private_bytes, 0);
}

static void limit_is_the_cgroups_of_either_version(void **state)
{
	(void)state;
	bool cgroup = false;
	memory_fs v2 = { { { V2, "536870912\n", 0 }, { V1, "1\n", 0 } }, 100, 0, 0, 0 };
	assert_int_equal(limit_of(&v2, &cgroup), 536870912);
	assert_true(cgroup);
	memory_fs v1 = { { { V1, "1073741824\n", 0 } }, 100, 0, 0, 0 };
	assert_int_equal(limit_of(&v1, &cgroup), 1073741824);
	assert_true(cgroup);
}

static void no_limit_means_the_machines_memory(void **state)
{
	(void)state;
	size_t machine = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
	memory_fs rows[] = {
		{ .step = 100 },
		{ { { V2, "max\n", 0 } }, 100, 0, 0, 0 },
		{ { { V1, "9223372036854771712\n", 0 } }, 100, 0, 0, 0 },
		{ { { V2, "", 0 } }, 100, 0, 0, 0 },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		bool cgroup = true;
		assert_int_equal(limit_of(&rows[i], &cgroup), machine);
		assert_false(cgroup);
	}
}

static void this_process_has_numbers(void **state)
{
	(void)state;
	tel__process_stats s;
	tel_ctx *ctx = NULL;
	fakefs fs;

	assert_ok(tel_ctx_new(NULL, &ctx, NULL));
	fakefs_init(&fs); /* the real files */
	tel__ctx_set_seams(ctx, NULL, &fs.ops, NULL);
	tel__process_stats_read(ctx, &s);
	assert_true(s.rss_bytes > 100000 && s.virtual_bytes > s.rss_bytes && s.private_bytes < s.rss_bytes);
	tel_ctx_free(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_come_from_proc),
		cmocka_unit_test(what_cannot_be_read_is_zero),
		cmocka_unit_test(half_a_file_is_nothing_and_an_interrupted_read_goes_on),
		cmocka_unit_test(shared_pages_above_the_resident_ones_leave_nothing_private),
		cmocka_unit_test(limit_is_the_cgroups_of_either_version),
		cmocka_unit_test(no_limit_means_the_machines_memory),
		cmocka_unit_test(this_process_has_numbers),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
