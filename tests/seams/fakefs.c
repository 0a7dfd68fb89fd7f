/* SPDX-License-Identifier: Apache-2.0 */
#include "seams/fakefs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

/* 0 when the call goes through, -1 with errno when the plan fails it. */
static int gate(fakefs *fs, unsigned op)
{
	const fault *f = faultplan_call(&fs->plan, op);

	if (!f || !f->errnum)
		return 0;
	errno = f->errnum;
	return -1;
}

static int fakefs_open(void *user, const char *path, int flags, unsigned mode)
{
	return gate(user, FAKEFS_OPEN) ? -1 : open(path, flags, (mode_t)mode);
}

static ssize_t fakefs_read(void *user, int fd, void *buf, size_t len)
{
	const fault *f = faultplan_call(&((fakefs *)user)->plan, FAKEFS_READ);

	if (f && f->errnum) {
		errno = f->errnum;
		return -1;
	}
	return read(fd, buf, f && f->bytes < len ? f->bytes : len);
}

/* Writes at most most bytes. */
static ssize_t write_some(fakefs *fs, int fd, const struct iovec *iov, int count, size_t most)
{
	struct iovec cut[FAULT_IOV_MOST];
	ssize_t n;

	n = writev(fd, cut, faultplan_cut(iov, count, most, cut));
	if (n > 0 && fs->room != SIZE_MAX)
		fs->room -= (size_t)n;
	return n;
}

static ssize_t fakefs_writev(void *user, int fd, const struct iovec *iov, int count)
{
	fakefs *fs = user;
	const fault *f = faultplan_call(&fs->plan, FAKEFS_WRITE);
	size_t most = faultplan_sum(iov, count);

	if (f && f->bytes < most)
		most = f->bytes;
	if (f && f->errnum) {
		if (f->bytes)
			(void)write_some(fs, fd, iov, count, most); /* torn: bytes are there, nobody is told */
		errno = f->errnum;
		return -1;
	}
	if (most && fs->room == 0) {
		errno = ENOSPC;
		return -1;
	}
	return write_some(fs, fd, iov, count, most < fs->room ? most : fs->room);
}

static int fakefs_fdatasync(void *user, int fd)
{
	const fault *f = faultplan_call(&((fakefs *)user)->plan, FAKEFS_SYNC);

	if (!f)
		return fdatasync(fd);
	errno = f->errnum;
	return f->errnum ? -1 : 0;
}

static int fakefs_close(void *user, int fd)
{
	int rc = gate(user, FAKEFS_CLOSE), saved = errno;

	if (close(fd) != 0)
		return -1;
	errno = saved; /* Linux closes the descriptor even when close fails */
	return rc;
}

static int fakefs_rename(void *user, const char *from, const char *to)
{
	return gate(user, FAKEFS_RENAME) ? -1 : rename(from, to);
}

static int fakefs_unlink(void *user, const char *path)
{
	return gate(user, FAKEFS_UNLINK) ? -1 : unlink(path);
}

void fakefs_init(fakefs *fs)
{
	*fs = (fakefs){ .ops = { fakefs_open, fakefs_read, fakefs_writev, fakefs_fdatasync, fakefs_close, fakefs_rename,
	                         fakefs_unlink, fs },
	                .room = SIZE_MAX };
}

void fakefs_plan(fakefs *fs, const fault *faults, size_t count)
{
	fs->plan = (faultplan){ .faults = faults, .count = count };
}
