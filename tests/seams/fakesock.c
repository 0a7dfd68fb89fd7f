/* SPDX-License-Identifier: Apache-2.0 */
#include "seams/fakesock.h"

#include <errno.h>

static int gate(fakesock *s, unsigned op)
{
	const fault *f = faultplan_call(&s->plan, op);

	if (!f || !f->errnum)
		return 0;
	errno = f->errnum;
	return -1;
}

static int fakesock_socket(void *user, int domain, int type, int protocol)
{
	fakesock *s = user;

	return gate(s, FAKESOCK_SOCKET) ? -1 : s->inner->socket(s->inner->user, domain, type, protocol);
}

static int fakesock_connect(void *user, int fd, const struct sockaddr *addr, socklen_t len)
{
	fakesock *s = user;

	return gate(s, FAKESOCK_CONNECT) ? -1 : s->inner->connect(s->inner->user, fd, addr, len);
}

static int fakesock_accept(void *user, int fd, struct sockaddr *addr, socklen_t *len)
{
	fakesock *s = user;

	return gate(s, FAKESOCK_ACCEPT) ? -1 : s->inner->accept(s->inner->user, fd, addr, len);
}

/* How many bytes this transfer may move; -1 with errno when it fails. */
static ssize_t allowance(fakesock *s, unsigned op, size_t len, size_t most)
{
	const fault *f = faultplan_call(&s->plan, op);

	if (f && f->errnum) {
		errno = f->errnum;
		return -1;
	}
	if (s->again_every && ++s->transfers % s->again_every == 0) {
		errno = EAGAIN;
		return -1;
	}
	if (f && f->bytes < most)
		most = f->bytes;
	return (ssize_t)(len < most ? len : most);
}

static ssize_t fakesock_recv(void *user, int fd, void *buf, size_t len)
{
	fakesock *s = user;
	ssize_t most = allowance(s, FAKESOCK_RECV, len, s->recv_most);

	return most < 0 ? -1 : s->inner->recv(s->inner->user, fd, buf, (size_t)most);
}

static ssize_t fakesock_sendv(void *user, int fd, const struct iovec *iov, int count)
{
	fakesock *s = user;
	struct iovec cut[FAULT_IOV_MOST];
	ssize_t most = allowance(s, FAKESOCK_SEND, faultplan_sum(iov, count), s->send_most);

	if (most < 0)
		return -1;
	return s->inner->sendv(s->inner->user, fd, cut, faultplan_cut(iov, count, (size_t)most, cut));
}

static int fakesock_shutdown(void *user, int fd, int how)
{
	fakesock *s = user;

	return gate(s, FAKESOCK_SHUTDOWN) ? -1 : s->inner->shutdown(s->inner->user, fd, how);
}

static int fakesock_close(void *user, int fd)
{
	fakesock *s = user;
	int rc = gate(s, FAKESOCK_CLOSE), saved = errno;

	if (s->inner->close(s->inner->user, fd) != 0)
		return -1;
	errno = saved; /* Linux closes the descriptor even when close fails */
	return rc;
}

void fakesock_init(fakesock *s, const tel__sock_ops *inner)
{
	*s = (fakesock){ .ops = { fakesock_socket, fakesock_connect, fakesock_accept, fakesock_recv, fakesock_sendv,
	                          fakesock_shutdown, fakesock_close, s },
	                 .inner = inner,
	                 .recv_most = SIZE_MAX,
	                 .send_most = SIZE_MAX };
}

void fakesock_plan(fakesock *s, const fault *faults, size_t count)
{
	s->plan = (faultplan){ .faults = faults, .count = count };
}
