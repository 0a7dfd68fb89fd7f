/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/process_stats.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/slice_i.h"

enum { SMALL_FILE = 2048 };

/* A small file; len 0 when it cannot be read. Half of it is nothing: a number that is cut is a wrong number. */
static tel_slice read_small(tel_ctx *ctx, const char *path, char *out)
{
	const tel__fs_ops *fs = tel__ctx_fs(ctx);
	int fd = fs->open(fs->user, path, O_RDONLY | O_CLOEXEC, 0);
	size_t len = 0;
	ssize_t n;

	if (fd < 0)
		return (tel_slice){ NULL, 0 };
	do {
		n = fs->read(fs->user, fd, out + len, SMALL_FILE - len);
		len += n > 0 ? (size_t)n : 0;
	} while ((n > 0 && len < SMALL_FILE) || (n < 0 && errno == EINTR));
	fs->close(fs->user, fd);
	return (tel_slice){ out, n < 0 ? 0 : len };
}

static uint64_t field(tel_slice text, size_t index)
{
	tel_slice word = { NULL, 0 };
	uint64_t value = 0;

	for (size_t i = 0; i <= index; i++)
		if (!tel__slice_next(&text, ' ', &word))
			return 0;
	return tel__num_parse_u64(tel__slice_trim(word), &value) ? 0 : value;
}

void tel__process_stats_read(tel_ctx *ctx, tel__process_stats *ret_stats)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), shared;
	double ticks = (double)sysconf(_SC_CLK_TCK);
	char text[SMALL_FILE];
	tel_slice statm, stat;

	memset(ret_stats, 0, sizeof(*ret_stats));
	statm = read_small(ctx, "/proc/self/statm", text);
	ret_stats->virtual_bytes = (size_t)field(statm, 0) * page;
	ret_stats->rss_bytes = (size_t)field(statm, 1) * page;
	shared = (size_t)field(statm, 2) * page;
	ret_stats->private_bytes = ret_stats->rss_bytes > shared ? ret_stats->rss_bytes - shared : 0;
	stat = read_small(ctx, "/proc/self/stat", text);
	/* The name in parentheses may hold blanks: count from behind it. utime and stime are fields 14 and 15. */
	for (size_t i = stat.len; i > 0; i--) {
		if (stat.ptr[i - 1] == ')') {
			tel_slice rest = i + 1 < stat.len ? tel__slice_sub(stat, i + 1, stat.len - i - 1) : (tel_slice){ NULL, 0 };
			ret_stats->cpu_seconds = (double)(field(rest, 11) + field(rest, 12)) / ticks;
			break;
		}
	}
}

/* "max", nothing, and the largest page-aligned number all mean: no limit. */
static size_t read_limit(tel_ctx *ctx, const char *path)
{
	char text[SMALL_FILE];
	uint64_t value = 0;
	tel_slice s = tel__slice_trim(read_small(ctx, path, text));

	if (s.len == 0 || tel__num_parse_u64(s, &value) || value >= 9223372036854771712ull)
		return 0;
	return (size_t)value;
}

size_t tel__process_memory_limit(tel_ctx *ctx, bool *ret_is_cgroup)
{
	size_t limit = read_limit(ctx, "/sys/fs/cgroup/memory.max");
	long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);

	if (limit == 0)
		limit = read_limit(ctx, "/sys/fs/cgroup/memory/memory.limit_in_bytes");
	*ret_is_cgroup = limit != 0;
	if (limit == 0 && pages > 0 && page > 0)
		limit = (size_t)pages * (size_t)page;
	return limit;
}
