/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* accept4 */
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "net/system.h"

static int sys_socket(void *user, int domain, int type, int protocol)
{
	(void)user;
	return socket(domain, type, protocol);
}

static int sys_connect(void *user, int fd, const struct sockaddr *addr, socklen_t len)
{
	(void)user;
	return connect(fd, addr, len);
}

static int sys_accept(void *user, int fd, struct sockaddr *addr, socklen_t *len)
{
	(void)user;
	return accept4(fd, addr, len, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

static ssize_t sys_recv(void *user, int fd, void *buf, size_t len)
{
	(void)user;
	return recv(fd, buf, len, 0);
}

static ssize_t sys_sendv(void *user, int fd, const struct iovec *iov, int count)
{
	struct msghdr msg = { .msg_iov = (struct iovec *)(uintptr_t)iov, .msg_iovlen = (size_t)count };
	(void)user;
	return sendmsg(fd, &msg, MSG_NOSIGNAL); /* the host needs no SIGPIPE handling */
}

static int sys_shutdown(void *user, int fd, int how)
{
	(void)user;
	return shutdown(fd, how);
}

static int sys_close(void *user, int fd)
{
	(void)user;
	return close(fd);
}

const tel__sock_ops tel__sock_system = {
	sys_socket, sys_connect, sys_accept, sys_recv, sys_sendv, sys_shutdown, sys_close, NULL,
};

static int sys_open(void *user, const char *path, int flags, unsigned mode)
{
	(void)user;
	return open(path, flags | O_CLOEXEC, (mode_t)mode);
}

static ssize_t sys_read(void *user, int fd, void *buf, size_t len)
{
	(void)user;
	return read(fd, buf, len);
}

static ssize_t sys_writev(void *user, int fd, const struct iovec *iov, int count)
{
	(void)user;
	return writev(fd, iov, count);
}

static int sys_fdatasync(void *user, int fd)
{
	(void)user;
	return fdatasync(fd);
}

static int sys_rename(void *user, const char *from, const char *to)
{
	(void)user;
	return rename(from, to);
}

static int sys_unlink(void *user, const char *path)
{
	(void)user;
	return unlink(path);
}

const tel__fs_ops tel__fs_system = {
	sys_open, sys_read, sys_writev, sys_fdatasync, sys_close, sys_rename, sys_unlink, NULL,
};

static uint64_t clock_read(clockid_t id)
{
	struct timespec now = { 0, 0 };
	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t sys_mono_ns(void *user)
{
	(void)user;
	return clock_read(CLOCK_MONOTONIC);
}

static uint64_t sys_unix_ns(void *user)
{
	(void)user;
	return clock_read(CLOCK_REALTIME);
}

const tel_clock tel__clock_system = { sys_mono_ns, sys_unix_ns, NULL };

static uint64_t sys_random(void *user)
{
	uint64_t v;
	ssize_t n;
	(void)user;
	do
		n = getrandom(&v, sizeof(v), 0);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(v)) /* a sandbox that forbids the call: jitter still has to differ between processes */
		v = (clock_read(CLOCK_REALTIME) ^ (uint64_t)getpid() << 32) * 0x9e3779b97f4a7c15u;
	return v;
}

const tel_random tel__random_system = { sys_random, NULL };
