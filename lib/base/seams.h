/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEL_BASE_SEAMS_H
#define TEL_BASE_SEAMS_H
/*
 * What the library does to the outside world goes through these, so that a test can fail it at will and no test sleeps.
 * The allocator, clock and random seams are public (telemetry/alloc.h, clock.h); files, sockets and crash points are here.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <telemetry/clock.h>

#include "base/visibility.h"

TEL_PRIVATE_BEGIN

/* Return value and errno as the system call of the same name. */
typedef struct tel__sock_ops {
	int (*socket)(void *user, int domain, int type, int protocol);
	int (*connect)(void *user, int fd, const struct sockaddr *addr, socklen_t len);
	int (*accept)(void *user, int fd, struct sockaddr *addr, socklen_t *len); /* non-blocking, close-on-exec */
	ssize_t (*recv)(void *user, int fd, void *buf, size_t len);
	ssize_t (*sendv)(void *user, int fd, const struct iovec *iov, int count); /* MSG_NOSIGNAL */
	int (*shutdown)(void *user, int fd, int how);
	int (*close)(void *user, int fd);
	void *user;
} tel__sock_ops;

typedef struct tel__fs_ops {
	int (*open)(void *user, const char *path, int flags, unsigned mode);
	ssize_t (*read)(void *user, int fd, void *buf, size_t len);
	ssize_t (*writev)(void *user, int fd, const struct iovec *iov, int count);
	int (*fdatasync)(void *user, int fd);
	int (*close)(void *user, int fd);
	int (*rename)(void *user, const char *from, const char *to);
	int (*unlink)(void *user, const char *path);
	void *user;
} tel__fs_ops;

/* Named points at which a test may stop the world; user decides. hit == NULL does nothing. */
typedef struct tel__crash_ops {
	void (*hit)(void *user, const char *name);
	void *user;
} tel__crash_ops;
#define TEL__CRASH_AT(ops, name) ((ops) && (ops)->hit ? (ops)->hit((ops)->user, (name)) : (void)0)

/* The real ones belong to libtelemetry-io: net/system.h. */
TEL_PRIVATE_END
#endif
