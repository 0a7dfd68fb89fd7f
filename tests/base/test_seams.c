/* SPDX-License-Identifier: Apache-2.0 */
/* The fakes themselves: a fault that does not happen would make every test that relies on it pass. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "seams/cm.h"
#include "seams/crashpoint.h"
#include "seams/failalloc.h"
#include "seams/fakeclock.h"
#include "seams/fakefs.h"
#include "seams/fakesock.h"
#include "torture/torture.h"

static void failalloc_by_chance_is_the_same_for_the_same_seed(void **state)
{
	failalloc f;
	uint64_t pattern[2] = { 0, 0 };
	int round, i;

	(void)state;
	for (round = 0; round < 2; round++) {
		failalloc_init(&f);
		failalloc_fail_some(&f, 300000, 17);
		for (i = 0; i < 64; i++) {
			void *p = tel__mem_new(&f.alloc, 1, 1);

			pattern[round] = pattern[round] << 1 | (p != NULL);
			tel__mem_free(&f.alloc, p, 1, 1);
		}
		assert_in_range(f.failed, 8, 32);
	}
	assert_true(pattern[0] == pattern[1]);
}

static void fakeclock_moves_only_when_told(void **state)
{
	fakeclock c;

	(void)state;
	fakeclock_init(&c, 5, 1000);
	fakeclock_advance(&c, 10);
	fakeclock_step_unix(&c, -500);
	assert_int_equal(c.clock.mono_ns(c.clock.user), 15);
	assert_int_equal(c.clock.unix_ns(c.clock.user), 510);
}

static void fakefs_fails_as_planned(void **state)
{
	static const fault faults[] = {
		{ FAKEFS_WRITE, 1, false, 0, 3 },       /* short */
		{ FAKEFS_WRITE, 2, false, EINTR, 0 },
		{ FAKEFS_WRITE, 3, false, EIO, 2 },     /* torn */
		{ FAKEFS_SYNC, 1, true, EIO, 0 },
		{ FAKEFS_OPEN, 2, false, EMFILE, 0 },
	};
	char path[] = "/tmp/fakefs-XXXXXX", text[16], *to = text;
	struct iovec iov[2] = { { (char[]){ "ab" }, 2 }, { (char[]){ "cd" }, 2 } };
	fakefs fs;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
	fakefs_init(&fs);
	fakefs_plan(&fs, faults, 5);
	fd = fs.ops.open(fs.ops.user, path, O_RDWR, 0);
	assert_true(fd >= 0);
	assert_int_equal(fs.ops.open(fs.ops.user, path, O_RDWR, 0), -1);
	assert_int_equal(errno, EMFILE);
	assert_int_equal(fs.ops.writev(fs.ops.user, fd, iov, 2), 3);
	assert_int_equal(fs.ops.writev(fs.ops.user, fd, iov, 2), -1);
	assert_int_equal(errno, EINTR);
	assert_int_equal(fs.ops.writev(fs.ops.user, fd, iov, 2), -1);
	assert_int_equal(errno, EIO);
	fs.room = 1;
	assert_int_equal(fs.ops.writev(fs.ops.user, fd, iov, 2), 1);
	assert_int_equal(fs.ops.writev(fs.ops.user, fd, iov, 2), -1);
	assert_int_equal(errno, ENOSPC);
	assert_int_equal(fs.ops.fdatasync(fs.ops.user, fd), -1);
	assert_int_equal(fs.ops.fdatasync(fs.ops.user, fd), -1);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(fs.ops.read(fs.ops.user, fd, to, sizeof(text)), 6);
	assert_memory_equal(text, "abcaba", 6);
	assert_int_equal(fs.ops.close(fs.ops.user, fd), 0);
	assert_int_equal(fs.ops.unlink(fs.ops.user, path), 0);
	assert_int_equal(fs.plan.hits, 6);
}

static int no_close(void *user, int fd)
{
	(void)user;
	return close(fd);
}

static ssize_t plain_recv(void *user, int fd, void *buf, size_t len)
{
	(void)user;
	return recv(fd, buf, len, 0);
}

static ssize_t plain_sendv(void *user, int fd, const struct iovec *iov, int count)
{
	(void)user;
	return writev(fd, iov, count);
}

static void fakesock_slows_and_breaks_as_planned(void **state)
{
	static const tel__sock_ops inner = { NULL, NULL, NULL, plain_recv, plain_sendv, NULL, no_close, NULL };
	static const fault faults[] = { { FAKESOCK_RECV, 2, false, ECONNRESET, 0 } };
	struct iovec iov[2] = { { (char[]){ "ab" }, 2 }, { (char[]){ "cd" }, 2 } };
	char text[8];
	fakesock s;
	int fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	fakesock_init(&s, &inner);
	fakesock_plan(&s, faults, 1);
	s.send_most = 3;
	s.recv_most = 1;
	assert_int_equal(s.ops.sendv(s.ops.user, fd[0], iov, 2), 3);
	assert_int_equal(s.ops.recv(s.ops.user, fd[1], text, sizeof(text)), 1);
	assert_int_equal(s.ops.recv(s.ops.user, fd[1], text, sizeof(text)), -1);
	assert_int_equal(errno, ECONNRESET);
	s.again_every = 1;
	assert_int_equal(s.ops.recv(s.ops.user, fd[1], text, sizeof(text)), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(s.ops.close(s.ops.user, fd[0]), 0);
	assert_int_equal(s.ops.close(s.ops.user, fd[1]), 0);
}

static void crashpoint_ends_the_child_at_the_hit(void **state)
{
	crashpoint c;
	int status, i;
	pid_t child;

	(void)state;
	crashpoint_init(&c);
	TEL__CRASH_AT(&c.ops, "write");
	TEL__CRASH_AT(&c.ops, "sync");
	TEL__CRASH_AT(&c.ops, "write");
	assert_int_equal(c.count, 2);
	assert_int_equal(crashpoint_hits(&c, "write"), 2);
	assert_int_equal(crashpoint_hits(&c, "other"), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		crashpoint_init(&c);
		crashpoint_stop_at(&c, "write", 3);
		for (i = 0; i < 3; i++)
			TEL__CRASH_AT(&c.ops, "write");
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), CRASHPOINT_STATUS);
}

static tel_err take_three(const tel_alloc *alloc, void *user)
{
	void *p[3];
	tel_err rc = TEL_OK;
	int i;

	++*(int *)user;
	for (i = 0; i < 3; i++) {
		p[i] = tel__mem_new(alloc, 1, 10);
		rc = p[i] ? rc : TEL_ERR_NOMEM;
	}
	for (i = 0; i < 3; i++)
		tel__mem_free(alloc, p[i], 1, 10);
	return rc;
}

static void torture_runs_until_nothing_fails(void **state)
{
	int runs = 0;

	(void)state;
	torture_alloc(take_three, &runs);
	assert_int_equal(runs, 1 + 4 + 4);
}

static void join(const tel_slice *pieces, size_t count, void *user)
{
	char text[8];
	size_t len = 0, i;

	for (i = 0; i < count; i++) {
		memcpy(text + len, pieces[i].ptr, pieces[i].len);
		len += pieces[i].len;
	}
	assert_slice(((tel_slice){ text, len }), "abc");
	++*(int *)user;
}

static void torture_chunks_cut_everywhere(void **state)
{
	int runs = 0;

	(void)state;
	torture_chunks(TEL_SLICE_LIT("abc"), join, &runs);
	assert_int_equal(runs, 1 + 1 + 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failalloc_by_chance_is_the_same_for_the_same_seed),
		cmocka_unit_test(fakeclock_moves_only_when_told),
		cmocka_unit_test(fakefs_fails_as_planned),
		cmocka_unit_test(fakesock_slows_and_breaks_as_planned),
		cmocka_unit_test(crashpoint_ends_the_child_at_the_hit),
		cmocka_unit_test(torture_runs_until_nothing_fails),
		cmocka_unit_test(torture_chunks_cut_everywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
